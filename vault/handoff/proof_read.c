/* proof_read.c - evidence from bytes: its form, its order, and that each revision is in its entry. See proof_priv.h. */
#include "vault/handoff/proof_priv.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"

vault_err
proof_damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "what is told of who wrote these revisions does not hold: %s", what);
}

/* ---- what an entry added ---- */

void
proof_tail_free(struct proof_tail *t)
{
    free(t->index);
    free(t->pair);
    free(t->leaf);
    free(t->hash);
}

static vault_err
tail_room(struct proof_tail *t)
{
    void *p = array_room(t->index, t->k, &t->cap_index, sizeof *t->index);

    if (p != NULL)
        t->index = p;
    if (p != NULL && (p = array_room(t->pair, t->k, &t->cap_pair, sizeof *t->pair)) != NULL)
        t->pair = p;
    if (p != NULL && (p = array_room(t->leaf, t->k, &t->cap_leaf, sizeof *t->leaf)) != NULL)
        t->leaf = p;
    return p != NULL ? VAULT_OK : err_nomem();
}

static vault_err
read_pairs(struct rd *r, struct proof_tail *t)
{
    size_t n = cbor_get_array(r, PROOF_REVISIONS_MAX);
    vault_err err = VAULT_OK;

    t->k = 0;
    for (size_t i = 0; err == VAULT_OK && i < n && !r->bad; i++) {
        err = tail_room(t);
        if (err != VAULT_OK)
            break;
        if (cbor_get_array(r, 3) != 3)
            r->bad = true;
        t->index[i] = (uint32_t)cbor_get_uint(r, MERKLE_LEAVES_MAX);
        cbor_get_fixed(r, t->pair[i], RECORD_ID_BYTES);
        cbor_get_fixed(r, t->pair[i] + RECORD_ID_BYTES, REVISION_ID_BYTES);
        merkle_leaf(t->leaf[i], t->pair[i]);
        t->k++;
    }
    return err;
}

vault_err
proof_read_tail(struct rd *r, struct proof_tail *t)
{
    size_t n;
    vault_err err = read_pairs(r, t);

    n = cbor_get_array(r, SIZE_MAX);
    for (t->n_hashes = 0; err == VAULT_OK && t->n_hashes < n && !r->bad; t->n_hashes++) {
        void *p = array_room(t->hash, t->n_hashes, &t->cap_hash, sizeof *t->hash);
        if (p == NULL)
            return err_nomem();
        t->hash = p;
        cbor_get_fixed(r, t->hash[t->n_hashes], 32);
    }
    return err == VAULT_OK && r->bad ? proof_damaged("an entry cannot be read") : err;
}

/* ---- an entry ---- */

static vault_err
note_told(struct proof_reading *r)
{
    struct proof *p = r->p;

    if (r->tail.k > PROOF_REVISIONS_MAX - p->n_told)
        return proof_damaged("there are too many revisions");
    for (size_t i = 0; i < r->tail.k; i++) {
        struct proof_told *t = array_room(p->told, p->n_told, &r->cap_told, sizeof *t);
        if (t == NULL)
            return err_nomem();
        p->told = t;
        t = &p->told[p->n_told++];
        memcpy(t->record, r->tail.pair[i], RECORD_ID_BYTES);
        memcpy(t->revision, r->tail.pair[i] + RECORD_ID_BYTES, REVISION_ID_BYTES);
        t->entry = (uint32_t)p->n_entries - 1;
        t->index = r->tail.index[i];
    }
    return VAULT_OK;
}

static vault_err
judge_root(struct proof_reading *r, const struct log_entry *e)
{
    const struct proof_tail *t = &r->tail;
    const struct merkle_told told = { e->count, t->index, (const uint8_t (*)[32])t->leaf, t->k };
    uint8_t root[32];
    vault_err err = merkle_proof_root(root, &told, (const uint8_t (*)[32])t->hash, t->n_hashes);

    if (err == VAULT_OK && memcmp(root, e->root, sizeof root) != 0)
        err = proof_damaged("a revision is not in its entry of the log");
    return err;
}

static vault_err
entry_room(struct proof_reading *r)
{
    struct proof_entry *e = array_room(r->p->entry, r->p->n_entries, &r->cap_entries, sizeof *e);
    struct proof_more *m;

    if (e == NULL)
        return err_nomem();
    r->p->entry = e;
    m = array_room(r->more, r->p->n_entries, &r->cap_more, sizeof *m);
    if (m == NULL)
        return err_nomem();
    r->more = m;
    return VAULT_OK;
}

static void
keep_entry(struct proof_reading *r, const struct log_entry *e, const struct proof_more *more)
{
    struct proof_entry *to = &r->p->entry[r->p->n_entries];
    struct proof_more *m = &r->more[r->p->n_entries++];

    memset(to, 0, sizeof *to);
    entry_hash(to->hash, more->bytes);
    memcpy(to->author, e->author, sizeof to->author);
    memcpy(to->slot, e->slot, sizeof to->slot);
    to->number = e->number;
    to->count = e->count;
    to->time = e->time;
    memcpy(to->action, e->action, sizeof to->action);
    to->keeper = e->n_keepers != 0;
    *m = *more;
    memcpy(m->keeper, e->keeper, sizeof m->keeper);
    m->n_keepers = e->n_keepers;
    m->first = e->n_parents == 0;
}

/* By number, then hash: none twice. */
static bool
in_order(const struct proof *p)
{
    const struct proof_entry *e = &p->entry[p->n_entries - 1];

    if (p->n_entries < 2 || e[-1].number < e->number)
        return true;
    return e[-1].number == e->number && memcmp(e[-1].hash, e->hash, sizeof e->hash) < 0;
}

static vault_err
read_entry(struct proof_reading *r, struct rd *rd)
{
    struct proof_more more;
    struct log_entry e;
    const uint8_t *start;
    vault_err err = VAULT_OK;

    memset(&more, 0, sizeof more);
    if (cbor_get_array(rd, 4) != 4)
        rd->bad = true;
    more.bytes = cbor_get_bytes(rd, ENTRY_MAX);
    more.sigs = cbor_get_item(rd);
    start = rd->p;
    if (rd->bad)
        return proof_damaged("an entry cannot be read");
    err = entry_decode(&e, more.bytes);
    if (err == VAULT_OK && memcmp(e.vault_id, r->p->vault_id, VAULT_ID_BYTES) != 0)
        err = proof_damaged("an entry belongs to another vault");
    if (err == VAULT_OK)
        err = proof_read_tail(rd, &r->tail);
    if (err == VAULT_OK)
        err = entry_room(r);
    if (err != VAULT_OK)
        return err;
    more.rest = PART(start, (size_t)(rd->p - start));
    keep_entry(r, &e, &more);
    if (!in_order(r->p))
        return proof_damaged("entries are out of order");
    err = judge_root(r, &e);
    return err != VAULT_OK ? err : note_told(r);
}

/* ---- all ---- */

static int
compare_told(const void *a, const void *b)
{
    const struct proof_told *x = a, *y = b;
    int d = memcmp(x->record, y->record, sizeof x->record);

    return d != 0 ? d : memcmp(x->revision, y->revision, sizeof x->revision);
}

static vault_err
order_told(struct proof *p)
{
    if (p->n_told > 1)
        qsort(p->told, p->n_told, sizeof *p->told, compare_told);
    for (size_t i = 1; i < p->n_told; i++)
        if (compare_told(&p->told[i - 1], &p->told[i]) == 0)
            return proof_damaged("a revision stands twice");
    return VAULT_OK;
}

size_t
proof_place(const struct proof *p, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t revision[static REVISION_ID_BYTES])
{
    struct proof_told key;
    const struct proof_told *t;

    memcpy(key.record, record, sizeof key.record);
    memcpy(key.revision, revision, sizeof key.revision);
    t = p->n_told == 0 ? NULL : bsearch(&key, p->told, p->n_told, sizeof *p->told, compare_told);
    return t == NULL ? p->n_told : (size_t)(t - p->told);
}

vault_err
proof_read(struct proof_reading *r, struct part evidence)
{
    struct rd rd = rd_of(evidence.p, evidence.n);
    size_t n;
    vault_err err = VAULT_OK;

    if (evidence.n > PROOF_BYTES_MAX)
        return proof_damaged("it is too large");
    if (cbor_get_array(&rd, 5) != 5 || cbor_get_uint(&rd, UINT64_MAX) != PROOF_VERSION)
        return proof_damaged("it is damaged, or of a newer format");
    cbor_get_fixed(&rd, r->p->vault_id, VAULT_ID_BYTES);
    r->cards = cbor_get_item(&rd);
    r->slots = cbor_get_item(&rd);
    n = cbor_get_array(&rd, PROOF_ENTRIES_MAX);
    for (size_t i = 0; err == VAULT_OK && !rd.bad && i < n; i++)
        err = read_entry(r, &rd);
    if (err == VAULT_OK && !rd_end(&rd))
        err = proof_damaged("it cannot be read");
    return err != VAULT_OK ? err : order_told(r->p);
}

void
proof_reading_free(struct proof_reading *r)
{
    free(r->more);
    free(r->card);
    free(r->slot);
    free(r->reg);
    proof_tail_free(&r->tail);
}
