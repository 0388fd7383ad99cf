/* proof_write.c - evidence as bytes, and the same for fewer revisions. See proof.h. */
#include "vault/handoff/proof_priv.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"

void
proof_put_head(struct buf *out, const uint8_t vault_id[static VAULT_ID_BYTES])
{
    cbor_array(out, 5);
    cbor_uint(out, PROOF_VERSION);
    cbor_bytes(out, vault_id, VAULT_ID_BYTES);
}

void
proof_put_list(struct buf *out, const struct part *revision, size_t n)
{
    cbor_array(out, n);
    for (size_t i = 0; i < n; i++)
        cbor_bytes(out, revision[i].p, revision[i].n);
}

void
proof_put_entry(struct buf *out, const struct proof_parts *e)
{
    const uint8_t *hash = e->proof.p;

    cbor_array(out, 4);
    cbor_bytes(out, e->entry.p, e->entry.n);
    buf_put(out, e->sigs.p, e->sigs.n);
    cbor_array(out, e->k);
    for (size_t i = 0; i < e->k; i++) {
        cbor_array(out, 3);
        cbor_uint(out, e->index[i]);
        cbor_bytes(out, e->pair[i], RECORD_ID_BYTES);
        cbor_bytes(out, e->pair[i] + RECORD_ID_BYTES, REVISION_ID_BYTES);
    }
    cbor_array(out, e->proof.n / 32);
    for (size_t at = 0; at < e->proof.n; at += 32)
        cbor_bytes(out, hash + at, 32);
}

/* ---- fewer ---- */

/* What stays: revisions, and entries with what registered those who signed them, and so on. */
struct reduction {
    struct proof_reading r;
    bool *told, *entry;         /* by place: is it kept? */
    uint32_t *due;              /* kept entries whose signer has not been looked for */
    size_t n_due;
};

static void
keep_told(struct reduction *d, size_t place)
{
    uint32_t entry = d->r.p->told[place].entry;

    d->told[place] = true;
    if (d->entry[entry])
        return;
    d->entry[entry] = true;
    d->due[d->n_due++] = entry;
}

static vault_err
keep_signers(struct reduction *d)
{
    const struct proof_registration *reg;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && d->n_due > 0) {
        err = proof_signer(&d->r, d->due[--d->n_due], &reg);
        for (uint32_t i = err == VAULT_OK ? reg->first : UINT32_MAX; err == VAULT_OK && i <= reg->last; i++) {
            d->r.slot[i].kept = true;
            keep_told(d, d->r.slot[i].told);
        }
    }
    return err;
}

static vault_err
choose(struct reduction *d, proof_keep_fn *keep, void *ctx)
{
    static const uint8_t slot[2] = { 0, 2 }, card[2] = { 0, 3 };
    const struct proof *p = d->r.p;

    d->told = calloc(p->n_told + 1, sizeof *d->told);
    d->entry = calloc(p->n_entries + 1, sizeof *d->entry);
    d->due = calloc(p->n_entries + 1, sizeof *d->due);
    if (d->told == NULL || d->entry == NULL || d->due == NULL)
        return err_nomem();
    for (size_t i = 0; i < p->n_told; i++) {
        const struct proof_told *t = &p->told[i];
        if (memcmp(t->record, slot, sizeof slot) == 0)
            continue;           /* as it is needed */
        if (memcmp(t->record, card, sizeof card) == 0 || keep(ctx, t->record, t->revision))
            keep_told(d, i);
    }
    return keep_signers(d);
}

static int
compare_places(const void *a, const void *b)
{
    const struct proof_slot *x = a, *y = b;

    if (x->entry != y->entry)
        return x->entry < y->entry ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* In the order of their entries, as they came. Registrations are of no use any more. */
static vault_err
put_slots(struct reduction *d, struct buf *out)
{
    struct proof_slot *s = d->r.slot;
    struct part *list = calloc(d->r.n_slots + 1, sizeof *list);
    size_t n = 0;

    if (list == NULL)
        return err_nomem();
    if (d->r.n_slots > 1)
        qsort(s, d->r.n_slots, sizeof *s, compare_places);
    for (size_t i = 0; i < d->r.n_slots; i++)
        if (s[i].kept)
            list[n++] = s[i].bytes;
    proof_put_list(out, list, n);
    free(list);
    return buf_ok(out);
}

/* One entry, without the revisions that are not kept. */
static vault_err
put_entry(struct reduction *d, uint32_t entry, struct buf *out)
{
    const struct proof_more *m = &d->r.more[entry];
    struct proof_tail *t = &d->r.tail;
    struct rd rd = rd_of(m->rest.p, m->rest.n);
    struct buf proof = BUF_INIT;
    struct proof_parts parts = { .entry = m->bytes, .sigs = m->sigs };
    bool *keep = NULL;
    vault_err err = proof_read_tail(&rd, t);

    if (err == VAULT_OK && (keep = calloc(t->k + 1, sizeof *keep)) == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < t->k; i++)
        keep[i] = d->told[proof_place(d->r.p, t->pair[i], t->pair[i] + RECORD_ID_BYTES)];
    if (err == VAULT_OK) {
        const struct merkle_told told = { d->r.p->entry[entry].count, t->index, (const uint8_t (*)[32])t->leaf, t->k };
        err = merkle_proof_reduce(&proof, &told, (const uint8_t (*)[32])t->hash, t->n_hashes, keep);
    }
    for (size_t i = 0; err == VAULT_OK && i < t->k; i++) {
        if (!keep[i])
            continue;
        t->index[parts.k] = t->index[i];
        memmove(t->pair[parts.k++], t->pair[i], PAIR_BYTES);
    }
    parts.index = t->index;
    parts.pair = (const uint8_t (*)[PAIR_BYTES])t->pair;
    parts.proof = PART(proof.p, proof.n);
    if (err == VAULT_OK)
        proof_put_entry(out, &parts);
    buf_free(&proof);
    free(keep);
    return err;
}

static vault_err
put_all(struct reduction *d, struct buf *out)
{
    const struct proof *p = d->r.p;
    size_t n = 0;
    vault_err err;

    for (size_t i = 0; i < p->n_entries; i++)
        n += d->entry[i];
    proof_put_head(out, p->vault_id);
    buf_put(out, d->r.cards.p, d->r.cards.n);
    err = put_slots(d, out);
    cbor_array(out, n);
    for (uint32_t i = 0; err == VAULT_OK && i < p->n_entries; i++)
        if (d->entry[i])
            err = put_entry(d, i, out);
    return err != VAULT_OK ? err : buf_ok(out);
}

vault_err
proof_reduce(struct buf *out, struct part evidence, proof_keep_fn *keep, void *ctx)
{
    struct proof p = {0};
    struct reduction d = { .r = { .p = &p } };
    size_t mark = out->n;
    vault_err err = proof_read(&d.r, evidence);

    if (err == VAULT_OK)
        err = proof_read_system(&d.r);
    if (err == VAULT_OK)
        err = choose(&d, keep, ctx);
    if (err == VAULT_OK)
        err = put_all(&d, out);
    if (err != VAULT_OK)
        buf_cut(out, mark);
    free(d.told);
    free(d.entry);
    free(d.due);
    proof_reading_free(&d.r);
    proof_free(&p);
    return err;
}

/* ---- one revision ---- */

/* A proof of one leaf is its audit path in the order of the tree: what lies left comes first, from the root down; then what lies right, upwards. */
static vault_err
nearest_first(struct buf *out, const struct buf *proof, uint64_t n, uint64_t index)
{
    const uint8_t *hash[64];
    size_t from = 0, to = proof->n / 32, depth = 0;

    while (n > 1 && from < to && depth < 64) {
        uint64_t k = 1;
        while (k * 2 < n)
            k *= 2;
        hash[depth++] = proof->p + 32 * (index < k ? --to : from++);
        n = index < k ? k : n - k;
        index -= index < k ? 0 : k;
    }
    if (n != 1 || from != to)
        return proof_damaged("a path has a wrong length");
    while (depth > 0)
        buf_put(out, hash[--depth], 32);
    return buf_ok(out);
}

vault_err
proof_path(struct buf *out, struct part rest, uint64_t count, uint32_t index)
{
    struct proof_tail t = {0};
    struct rd rd = rd_of(rest.p, rest.n);
    struct buf proof = BUF_INIT;
    bool *keep = NULL, found = false;
    vault_err err = proof_read_tail(&rd, &t);

    if (err == VAULT_OK && (keep = calloc(t.k + 1, sizeof *keep)) == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < t.k; i++)
        found = (keep[i] = t.index[i] == index) || found;
    if (err == VAULT_OK && !found)
        err = proof_damaged("a revision is not told of");
    if (err == VAULT_OK) {
        const struct merkle_told told = { count, t.index, (const uint8_t (*)[32])t.leaf, t.k };
        err = merkle_proof_reduce(&proof, &told, (const uint8_t (*)[32])t.hash, t.n_hashes, keep);
    }
    if (err == VAULT_OK)
        err = nearest_first(out, &proof, count, index);
    buf_free(&proof);
    free(keep);
    proof_tail_free(&t);
    return err;
}
