/* made_log.c - see made_log.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/made_log.h"
#include "vault/base/cbor.h"
#include "vault/base/sign.h"

#define ADDS(what, which) { .kind = (what), .of = (which) }
#define HIDES(which) { .kind = PLAIN, .of = (which), .untold = true }
#define REGISTERS(author, place) { .kind = SLOT, .of = (author), .slot = (place) }

const struct spec GOOD = { .entry = {
    { .number = 0, .slot = 1, .author = 0, .n_keepers = 1, .action = "init", .parentless = true,
        .rev = { HIDES(90), ADDS(CARD, 0), REGISTERS(0, 1) } },
    { .number = 1, .slot = 1, .author = 0, .n_keepers = 1, .action = "slot-add", .rev = { REGISTERS(1, 2) } },
    { .number = 2, .slot = 1, .author = 0, .n_keepers = 1, .action = "slot-add", .rev = { REGISTERS(3, 3) } },
    { .number = 3, .slot = 2, .author = 1, .action = "import",
        .rev = { ADDS(PLAIN, 1), HIDES(2), ADDS(PLAIN, 3), HIDES(4), ADDS(PLAIN, 5) } },
    { .number = 4, .slot = 1, .author = 0, .n_keepers = 1, .action = "slot-remove",
        .rev = { { .kind = SLOT, .of = 1, .slot = 2, .retired = true } } },
    { .number = 5, .slot = 1, .author = 0, .keeper = { 0, 1 }, .n_keepers = 2, .action = "rekey",
        .rev = { HIDES(91), ADDS(CARD, 1), REGISTERS(2, 1), REGISTERS(3, 3) } },
    { .number = 6, .slot = 3, .author = 3, .action = "edit", .rev = { ADDS(PLAIN, 6) } },
    { .number = 7, .slot = 1, .author = 2, .keeper = { 1 }, .n_keepers = 1, .action = "add", .rev = { ADDS(PLAIN, 7) } },
} };

static struct secret *author_seed[AUTHORS];
uint8_t author_pk[AUTHORS][32];
struct key_tree keeper[KEEPERS];
uint8_t vault_id[2][VAULT_ID_BYTES];

static struct secret *
key_of(uint8_t first)
{
    struct secret *s = NULL;

    assert_int_equal(secret_new(&s, 32), VAULT_OK);
    memset(secret_edit(s), first, 32);
    return s;
}

int
make_keys(void **state)
{
    (void)state;
    memset(vault_id[0], 0xa0, VAULT_ID_BYTES);
    memset(vault_id[1], 0xb0, VAULT_ID_BYTES);
    for (int i = 0; i < AUTHORS; i++) {
        author_seed[i] = key_of((uint8_t)(1 + i));
        assert_int_equal(sign_public(author_pk[i], author_seed[i]), VAULT_OK);
    }
    for (int i = 0; i < KEEPERS; i++) {
        struct secret *vmk = key_of((uint8_t)(0x40 + i)), *nsk = key_of((uint8_t)(0x50 + i));
        assert_int_equal(tree_derive(&keeper[i], &vmk, &nsk), VAULT_OK);
    }
    return 0;
}

int
forget_keys(void **state)
{
    (void)state;
    for (int i = 0; i < AUTHORS; i++)
        secret_free(author_seed[i]);
    for (int i = 0; i < KEEPERS; i++)
        tree_free(&keeper[i]);
    return 0;
}

/* ---- and as evidence ---- */

struct made {
    const struct spec *s;
    uint8_t pair[ENTRIES][REVS][PAIR_BYTES];
    size_t n_revs[ENTRIES];
    struct buf told[ENTRIES][REVS];     /* of cards and slots */
    struct buf entry[ENTRIES], sigs[ENTRIES];
    uint8_t hash[ENTRIES][32];
};

static void
add_value(struct revision *r, struct buf *b, const char *field)
{
    assert_false(b->bad);
    assert_non_null(revision_add(r, PART(field, strlen(field)), LEAF_OPEN, PART(b->p, b->n)));
}

static void
card_values(struct revision *r, struct buf *b, int of, int vault)
{
    struct buf card = BUF_INIT;

    r->record[1] = 3;
    assert_int_equal(card_build(&card, &keeper[of], vault_id[vault]), VAULT_OK);
    cbor_bytes(b, card.p, card.n);
    add_value(r, b, "card");
    buf_free(&card);
}

static void
slot_values(struct revision *r, struct buf *b, const struct spec_rev *s)
{
    struct leaf *l;

    r->record[1] = 2;
    memset(r->record + 2, s->slot, SLOT_ID_BYTES);
    cbor_bytes(&b[0], author_pk[s->of], s->wrong == 5 ? 64 : 32);
    add_value(r, &b[0], "author");
    cbor_uint(&b[1], (uint64_t)s->slot);
    add_value(r, &b[1], "index");
    cbor_uint(&b[2], 1);
    add_value(r, &b[2], "kind");
    cbor_text(&b[3], s->wrong == 3 ? "asleep" : s->retired ? "retired" : "active");
    add_value(r, &b[3], "state");
    cbor_uint(&b[4], s->wrong == 4 ? 3 : s->slot == 1 ? 2 : 1);
    add_value(r, &b[4], "tier");
    cbor_bytes(&b[5], author_pk[s->of], 32);
    add_value(r, &b[5], "x25519");
    if (s->retired)
        return;
    l = revision_add(r, PART("slot_key", 8), LEAF_WITHHELD, PART(b[5].p, b[5].n));
    assert_non_null(l);
}

void
plain_pair(uint8_t pair[static PAIR_BYTES], int number)
{
    memset(pair, 0x80 + number, PAIR_BYTES);
}

/* A revision of a card or a slot, disclosed but for what is withheld; its pair. */
static void
make_rev(struct made *m, size_t e, size_t k)
{
    static const uint8_t seed[32] = { 9 };
    const struct spec_entry *se = &m->s->entry[e];
    const struct spec_rev *s = &se->rev[k];
    uint8_t *pair = m->pair[e][k], salt[10][32], block[512];
    struct buf value[6] = {0};
    struct revision r;

    if (s->kind == PLAIN) {
        plain_pair(pair, s->of);
        return;
    }
    revision_init(&r);
    r.time = 1700000000 + (int64_t)se->number;
    memcpy(r.author, author_pk[s->by != 0 ? s->by - 1 : se->author], 32);
    memcpy(r.type, type_system((uint8_t)(s->wrong == 1 ? 1 : s->kind == CARD ? 3 : 2))->hash, 32);
    if (s->kind == CARD)
        card_values(&r, value, s->of, s->of == 1 && m->s->card_vault ? 1 : 0);
    else
        slot_values(&r, value, s);
    if (s->wrong == 2)
        r.record[15] = 1;
    assert_int_equal(revision_finish(&r, seed, seed), VAULT_OK);
    stream_bytes(block, sizeof block, 0, seed);
    for (size_t i = 0, at = 0; i < r.n_leaves; i++) {
        if (r.leaf[i].tier != LEAF_OPEN) {
            r.leaf[i].value = PART(NULL, 0);
            continue;
        }
        memcpy(salt[i], block + 32 * at++, 32);
    }
    assert_int_equal(disclose_write(&m->told[e][k], &r, (const uint8_t (*)[32])salt, NULL, NULL), VAULT_OK);
    memcpy(pair, r.record, RECORD_ID_BYTES);
    memcpy(pair + RECORD_ID_BYTES, r.id, REVISION_ID_BYTES);
    revision_free(&r);
    for (int i = 0; i < 6; i++)
        buf_free(&value[i]);
}

static void
make_entry(struct made *m, size_t at)
{
    const struct spec_entry *s = &m->s->entry[at];
    struct log_entry e;
    struct merkle tree;
    uint8_t sig[3][64];

    merkle_init(&tree);
    for (; m->n_revs[at] < REVS && s->rev[m->n_revs[at]].kind != NONE; m->n_revs[at]++) {
        make_rev(m, at, m->n_revs[at]);
        merkle_add(&tree, m->pair[at][m->n_revs[at]]);
    }
    memset(&e, 0, sizeof e);
    memcpy(e.vault_id, vault_id[s->other_vault], VAULT_ID_BYTES);
    e.number = s->number;
    e.n_parents = s->parentless ? 0 : 1;
    e.time = 1700000000 + (int64_t)s->number;
    memset(e.slot, s->slot, sizeof e.slot);
    memcpy(e.author, author_pk[s->author], 32);
    e.n_keepers = (size_t)s->n_keepers;
    for (size_t i = 0; i < e.n_keepers; i++)
        memcpy(e.keeper[i], keeper[s->keeper[i]].keeper_pk, 32);
    snprintf(e.action, sizeof e.action, "%s", s->action);
    merkle_root(e.root, &tree);
    e.count = tree.count;
    entry_encode(&m->entry[at], &e);
    entry_hash(m->hash[at], PART(m->entry[at].p, m->entry[at].n));
    assert_int_equal(sign_hash(sig[0], author_seed[s->forged == 1 ? 4 : s->author], ENTRY_LABEL, m->hash[at]), VAULT_OK);
    for (int i = 0; i < s->n_keepers; i++)
        assert_int_equal(sign_hash(sig[1 + i], keeper[s->forged == 2 + i ? 3 : s->keeper[i]].keeper_sign_seed, ENTRY_LABEL,
            m->hash[at]), VAULT_OK);
    entry_sigs_encode(&m->sigs[at], (const uint8_t (*)[64])sig, 1 + e.n_keepers);
}

static void
put_disclosed(struct made *m, const size_t *order, size_t n, enum kind kind, struct buf *out)
{
    struct part list[ENTRIES * REVS];
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m->n_revs[order[i]]; k++) {
            const struct spec_rev *s = &m->s->entry[order[i]].rev[k];
            const struct buf *b = &m->told[order[i]][k];
            if (s->kind == kind && !s->untold && !s->undisclosed)
                list[count++] = PART(b->p, b->n);
        }
    if (kind == CARD ? m->s->cards_swapped : m->s->slots_swapped) {
        struct part p = list[0];
        list[0] = list[1];
        list[1] = p;
    }
    proof_put_list(out, list, count);
}

static void
put_one(struct made *m, size_t e, struct buf *out)
{
    struct proof_parts p = { .entry = PART(m->entry[e].p, m->entry[e].n), .sigs = PART(m->sigs[e].p, m->sigs[e].n) };
    uint8_t all[REVS][32], pair[REVS][PAIR_BYTES];
    uint32_t index[REVS];
    struct buf proof = BUF_INIT;

    for (size_t k = 0; k < m->n_revs[e]; k++) {
        merkle_leaf(all[k], m->pair[e][k]);
        if (m->s->entry[e].rev[k].untold)
            continue;
        memcpy(pair[p.k], m->pair[e][k], PAIR_BYTES);
        index[p.k++] = (uint32_t)k;
    }
    const struct merkle_told t = { .n = m->n_revs[e], .index = index, .k = p.k };
    assert_int_equal(merkle_proof(&proof, &t, (const uint8_t (*)[32])all), p.k != 0 ? VAULT_OK : VAULT_ERR_DAMAGED);
    p.index = index;
    p.pair = (const uint8_t (*)[PAIR_BYTES])pair;
    p.proof = PART(proof.p, proof.n);
    proof_put_entry(out, &p);
    buf_free(&proof);
}

/* By number, then hash. */
static size_t
order_entries(const struct made *m, size_t *order)
{
    size_t n = 0;

    for (size_t i = 0; i < ENTRIES && m->s->entry[i].action != NULL; i++) {
        size_t at = n;
        if (m->s->entry[i].left_out)
            continue;
        for (; at > 0; at--) {
            const struct spec_entry *a = &m->s->entry[order[at - 1]], *b = &m->s->entry[i];
            if (a->number < b->number || (a->number == b->number && memcmp(m->hash[order[at - 1]], m->hash[i], 32) < 0))
                break;
            order[at] = order[at - 1];
        }
        order[at] = i;
        n++;
    }
    return n;
}

void
make_evidence(const struct spec *s, struct buf *out)
{
    static struct made m;
    size_t order[ENTRIES], n;

    memset(&m, 0, sizeof m);
    m.s = s;
    for (size_t i = 0; i < ENTRIES && s->entry[i].action != NULL; i++)
        make_entry(&m, i);
    n = order_entries(&m, order);
    buf_reset(out);
    proof_put_head(out, vault_id[0]);
    put_disclosed(&m, order, n, CARD, out);
    put_disclosed(&m, order, n, SLOT, out);
    cbor_array(out, n);
    for (size_t i = 0; i < n; i++)
        put_one(&m, order[i], out);
    assert_int_equal(buf_ok(out), VAULT_OK);
    for (size_t i = 0; i < ENTRIES; i++) {
        buf_free(&m.entry[i]);
        buf_free(&m.sigs[i]);
        for (size_t k = 0; k < REVS; k++)
            buf_free(&m.told[i][k]);
    }
}

