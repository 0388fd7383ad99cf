/* statement_origin.c - see statement.h: who wrote what came from other vaults, as the log there says. */
#include "vault/statement.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/json_out.h"
#include "vault/foreign.h"
#include "vault/record/value.h"

/* One piece of evidence, cut to this record. A vault may stand in several: each bundle brought its own. */
struct statement_origin {
    uint32_t row;               /* of the entry `receive` that has it, and which of its pieces it is */
    size_t number;
    struct buf bytes;
    struct proof p;
    struct part cards, slots;   /* lists of disclosed revisions; borrowed from bytes, as all below */
    struct origin_entry {
        struct part entry, sigs, rest;
        bool used;
    } *entry;                   /* in the order of p.entry */
};

/* ---- finding it ---- */

static vault_err
add_foreign(struct statement *s, uint32_t n, size_t origin)
{
    struct statement_foreign *p = reallocarray(s->foreign, s->n_foreign + 1, sizeof *p);

    if (p == NULL)
        return err_nomem();
    s->foreign = p;
    s->foreign[s->n_foreign++] = (struct statement_foreign){ .n = n, .origin = origin };
    return VAULT_OK;
}

static vault_err
find_origin(struct statement *s, const struct foreign_row *f, uint32_t n, const struct revision *rev)
{
    const struct proof *who = NULL;
    struct statement_origin *p;
    size_t i = 0, number;

    if (foreign_find(f, rev, &who) == NULL)
        return err_say(VAULT_ERR_DAMAGED, "withheld check tells which", "nothing in the vault proves who wrote a revision that came from elsewhere");
    number = (size_t)(who - f->proof);
    while (i < s->n_origins && (s->origin[i].row != f->row || s->origin[i].number != number))
        i++;
    if (i == s->n_origins) {
        p = reallocarray(s->origin, i + 1, sizeof *p);
        if (p == NULL)
            return err_nomem();
        s->origin = p;
        memset(&p[i], 0, sizeof p[i]);
        p[i].row = f->row;
        p[i].number = number;
        s->n_origins++;
    }
    return add_foreign(s, n, i);
}

struct asked {
    const struct statement *s;
    size_t origin;
};

static bool
is_asked(void *ctx, const uint8_t record[static RECORD_ID_BYTES], const uint8_t revision[static REVISION_ID_BYTES])
{
    const struct asked *a = ctx;

    for (size_t i = 0; i < a->s->n_foreign; i++) {
        const struct statement_foreign *f = &a->s->foreign[i];
        if (f->origin == a->origin && memcmp(a->s->v->recs.index.pair[f->n].record, record, RECORD_ID_BYTES) == 0 &&
            memcmp(a->s->v->recs.index.pair[f->n].revision, revision, REVISION_ID_BYTES) == 0)
            return true;
    }
    return false;
}

/* Its parts; it was verified. */
static vault_err
take_apart(struct statement_origin *o)
{
    struct rd rd = rd_of(o->bytes.p, o->bytes.n);
    size_t n;

    (void)cbor_get_array(&rd, 5);
    (void)cbor_get_item(&rd);
    (void)cbor_get_item(&rd);
    o->cards = cbor_get_item(&rd);
    o->slots = cbor_get_item(&rd);
    n = cbor_get_array(&rd, PROOF_ENTRIES_MAX);
    o->entry = calloc(n + 1, sizeof *o->entry);
    if (o->entry == NULL)
        return err_nomem();
    for (size_t i = 0; i < n; i++) {
        const uint8_t *start;
        (void)cbor_get_array(&rd, 4);
        o->entry[i].entry = cbor_get_bytes(&rd, ENTRY_MAX);
        o->entry[i].sigs = cbor_get_item(&rd);
        start = rd.p;
        (void)cbor_get_item(&rd);
        (void)cbor_get_item(&rd);
        o->entry[i].rest = PART(start, (size_t)(rd.p - start));
    }
    return rd.bad || n != o->p.n_entries ? err_say(VAULT_ERR_DAMAGED, NULL, "evidence in it cannot be read") : VAULT_OK;
}

static vault_err
cut(struct statement *s, struct foreign_row *f, size_t i)
{
    struct statement_origin *o = &s->origin[i];
    struct asked asked = { s, i };
    vault_err err = f->row == o->row ? VAULT_OK : foreign_load(f, s->v, o->row);

    if (err == VAULT_OK)
        err = proof_reduce(&o->bytes, PART(f->bytes[o->number].p, f->bytes[o->number].n), is_asked, &asked);
    if (err == VAULT_OK)
        err = proof_verify(&o->p, PART(o->bytes.p, o->bytes.n));
    return err != VAULT_OK ? err : take_apart(o);
}

vault_err
statement_find_origins(struct statement *s)
{
    const struct index *ix = &s->v->recs.index;
    struct foreign_row f = { .n = 0 };
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = s->first; err == VAULT_OK && n != 0; n = ix->pair[n].next) {
        err = recs_load(&s->v->recs, n, &rev);
        if (err != VAULT_OK || !rev.foreign)
            continue;
        if (f.row != ix->pair[n].log)
            err = foreign_load(&f, s->v, ix->pair[n].log);
        if (err == VAULT_OK)
            err = find_origin(s, &f, n, &rev);
    }
    for (size_t i = 0; err == VAULT_OK && i < s->n_origins; i++)
        err = cut(s, &f, i);
    revision_free(&rev);
    foreign_free(&f);
    return err;
}

void
statement_free_origins(struct statement *s)
{
    for (size_t i = 0; i < s->n_origins; i++) {
        if (s->origin[i].entry != NULL)
            proof_free(&s->origin[i].p);
        buf_free(&s->origin[i].bytes);
        free(s->origin[i].entry);
    }
    free(s->origin);
    free(s->foreign);
}

/* ---- telling it ---- */

static const struct proof_told *
find_told(const struct proof *p, const uint8_t *record, const uint8_t *revision)
{
    for (size_t i = 0; i < p->n_told; i++)
        if (memcmp(p->told[i].record, record, RECORD_ID_BYTES) == 0 && memcmp(p->told[i].revision, revision, REVISION_ID_BYTES) == 0)
            return &p->told[i];
    return NULL;
}

static vault_err
write_place(struct statement *s, struct statement_origin *o, const struct proof_told *t)
{
    struct buf path = BUF_INIT;
    vault_err err = t == NULL ? err_say(VAULT_ERR_DAMAGED, NULL, "evidence in it does not tell of a revision") :
        proof_path(&path, o->entry[t->entry].rest, o->p.entry[t->entry].count, t->index);

    if (err == VAULT_OK) {
        o->entry[t->entry].used = true;
        statement_place(s, o->p.entry[t->entry].hash, t->index, &path);
    }
    buf_free(&path);
    return err;
}

vault_err
statement_origin_of(struct statement *s, uint32_t n)
{
    const struct pair *pair = &s->v->recs.index.pair[n];
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < s->n_foreign; i++) {
        struct statement_origin *o = &s->origin[s->foreign[i].origin];
        if (s->foreign[i].n != n)
            continue;
        buf_fmt(&s->json, ",\n \"origin\": {\"number\": %zu, ", s->foreign[i].origin);
        err = write_place(s, o, find_told(&o->p, pair->record, pair->revision));
        buf_u8(&s->json, '}');
        break;
    }
    return err;
}

/* Which of the disclosed revisions? Given the entry that added it. */
typedef bool choose_fn(const struct statement_origin *o, const struct revision *rev, uint32_t entry);

static bool
any(const struct statement_origin *o, const struct revision *rev, uint32_t entry)
{
    (void)o;
    (void)rev;
    (void)entry;
    return true;
}

static bool
is_text(struct part p, const char *text)
{
    return p.n == strlen(text) && memcmp(p.p, text, p.n) == 0;
}

/* Does this revision of a slot say that this is its author now? */
static bool
registers(const struct revision *rev, const uint8_t pk[static 32])
{
    bool active = false, his = false;
    struct value_view x;

    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->value.n == 0 || value_read(&x, l->value) != VAULT_OK)
            continue;
        active = active || (is_text(l->field, "state") && x.shape == VALUE_TEXT && is_text(x.text, "active"));
        his = his || (is_text(l->field, "author") && x.shape == VALUE_BYTES && x.text.n == 32 && memcmp(x.text.p, pk, 32) == 0);
    }
    return active && his;
}

static bool
begins(const struct statement_origin *o, const struct revision *rev, uint32_t entry)
{
    for (size_t i = 0; i < o->p.n_authors; i++) {
        const struct proof_author *a = &o->p.author[i];
        if (a->since == entry && memcmp(a->slot, rev->record + 2, SLOT_ID_BYTES) == 0 && registers(rev, a->pk))
            return true;
    }
    return false;
}

static bool
ends(const struct statement_origin *o, const struct revision *rev, uint32_t entry)
{
    for (size_t i = 0; i < o->p.n_authors; i++) {
        const struct proof_author *a = &o->p.author[i];
        if (a->until == entry && memcmp(a->slot, rev->record + 2, SLOT_ID_BYTES) == 0 && !registers(rev, a->pk))
            return true;
    }
    return false;
}

static vault_err
write_disclosed(struct statement *s, struct statement_origin *o, struct part list, choose_fn *choose)
{
    struct rd rd = rd_of(list.p, list.n);
    size_t n = cbor_get_array(&rd, PROOF_SLOTS_MAX);
    struct revision rev;
    bool first = true;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        const struct proof_told *t;
        err = disclose_read(cbor_get_bytes(&rd, DISCLOSE_MAX), &rev);
        if (err != VAULT_OK)
            break;
        t = find_told(&o->p, rev.record, rev.id);
        if (t == NULL || !choose(o, &rev, t->entry))
            continue;
        err = statement_disclosed(s, &rev, first);
        if (err == VAULT_OK)
            err = write_place(s, o, t);
        buf_u8(&s->json, '}');
        first = false;
    }
    revision_free(&rev);
    return err;
}

static vault_err
write_entries(struct statement *s, const struct statement_origin *o)
{
    bool first = true;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < o->p.n_entries; i++) {
        struct log_entry e;
        uint8_t sig[1 + ENTRY_KEEPERS_MAX][64];
        if (!o->entry[i].used)
            continue;
        err = entry_decode(&e, o->entry[i].entry);
        if (err == VAULT_OK)
            err = entry_sigs_decode(sig, 1 + e.n_keepers, o->entry[i].sigs);
        if (err == VAULT_OK)
            statement_entry(s, o->p.entry[i].hash, &e, (const uint8_t (*)[64])sig, first);
        first = false;
    }
    return err;
}

vault_err
statement_origins(struct statement *s)
{
    struct buf *b = &s->json;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->n_origins; i++) {
        struct statement_origin *o = &s->origin[i];
        buf_str(b, i == 0 ? "\n{\"vault\": " : ",\n{\"vault\": ");
        json_hex(b, PART(o->p.vault_id, VAULT_ID_BYTES));
        buf_str(b, ",\n\"authors\": [");
        err = write_disclosed(s, o, o->slots, begins);
        buf_str(b, "],\n\"ended\": [");
        if (err == VAULT_OK)
            err = write_disclosed(s, o, o->slots, ends);
        buf_str(b, "],\n\"keepers\": [");
        if (err == VAULT_OK)
            err = write_disclosed(s, o, o->cards, any);
        buf_str(b, "],\n\"entries\": [");
        if (err == VAULT_OK)
            err = write_entries(s, o);
        buf_str(b, "]}");
    }
    return err;
}
