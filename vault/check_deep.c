/* check_deep.c - see check_deep.h. */
#include "vault/check_deep.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was read already ---- */

/* Open revisions repeat the place and key of what they carry on. Another key, place or hash is
 * another thing to read: whoever holds the case key could have written a false one. */
static void
name_file(uint8_t name[static 32], const struct leaf *l)
{
    static const char LABEL[] = "withheld:deep:1";
    crypto_generichash_blake2b_state s;
    uint8_t first[9];

    put_u64(first, l->file_first);
    first[8] = l->tier;
    (void)crypto_generichash_blake2b_init(&s, NULL, 0, 32);
    (void)crypto_generichash_blake2b_update(&s, (const uint8_t *)LABEL, sizeof LABEL);
    (void)crypto_generichash_blake2b_update(&s, first, sizeof first);
    (void)crypto_generichash_blake2b_update(&s, l->file_key, FILE_KEY_BYTES);
    (void)crypto_generichash_blake2b_update(&s, l->value.p, l->value.n);
    (void)crypto_generichash_blake2b_final(&s, name, 32);
    sodium_memzero(&s, sizeof s);
    name[0] |= 1;               /* never all zero: that is an empty place */
}

static struct deep_file *
place_of(const struct deep_check *d, const uint8_t name[static 32])
{
    size_t at = get_u32(name + 4) & (d->size - 1);

    while (d->seen[at].name[0] != 0 && memcmp(d->seen[at].name, name, 32) != 0)
        at = (at + 1) & (d->size - 1);
    return &d->seen[at];
}

static vault_err
grow(struct deep_check *d)
{
    struct deep_file *old = d->seen;
    size_t n = d->size;

    if (d->n < d->size / 2)
        return VAULT_OK;
    d->size = n == 0 ? 256 : n * 2;
    d->seen = calloc(d->size, sizeof *d->seen);
    if (d->seen == NULL) {
        d->seen = old;
        d->size = n;
        return err_nomem();
    }
    for (size_t i = 0; i < n; i++)
        if (old[i].name[0] != 0)
            *place_of(d, old[i].name) = old[i];
    free(old);
    return VAULT_OK;
}

/* ---- reading ---- */

static vault_err
step(void *ctx, const uint8_t *p, size_t n)
{
    struct deep_check *d = ctx;

    (void)p;
    d->out->bytes += n;
    d->done += n + FILE_TAG;
    if (d->out->progress != NULL &&
        d->out->progress(d->out->progress_ctx, d->done < d->total ? d->done : d->total, d->total) != 0)
        return err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
    return VAULT_OK;
}

vault_err
deep_check_file(struct deep_check *d, const struct leaf *l, bool *bad, bool *again)
{
    struct deep_file *f;
    uint8_t name[32];
    vault_err err = grow(d);

    if (err != VAULT_OK)
        return err;
    name_file(name, l);
    f = place_of(d, name);
    *again = f->name[0] != 0;
    if (!*again) {
        err = file_read_leaf(d->v->db, l, step, d);
        f->bad = err == VAULT_ERR_DAMAGED;
        if (f->bad)
            vault_clear_error();
        if (err != VAULT_OK && !f->bad)
            return err;
        memcpy(f->name, name, sizeof name);
        d->n++;
        d->out->attachments += !f->bad;
    }
    *bad = f->bad;
    return VAULT_OK;
}

static vault_err
read_file(struct deep_check *d, uint32_t pair, const struct leaf *l)
{
    char where[96];
    bool bad = false, again = false;
    vault_err err;

    if (session_file_lost(d->v, d->v->recs.index.pair[pair].record, (enum leaf_tier)l->tier, l->file_first))
        return VAULT_OK;        /* a repair said so */
    err = deep_check_file(d, l, &bad, &again);
    if (err != VAULT_OK || !bad || again)
        return err;
    pair_name(d->v, pair, where);
    return report_damage(d->rep, err_say(VAULT_ERR_DAMAGED, NULL,
        "the content of the attachment is damaged, or a part of it is missing"), where);
}

vault_err
deep_check_files(struct deep_check *d, uint32_t pair, const struct revision *rev)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; d->out != NULL && err == VAULT_OK && i < rev->n_leaves; i++)
        if (rev->leaf[i].here && rev->leaf[i].file_key != NULL && value_is_file(rev->leaf[i].value))
            err = read_file(d, pair, &rev->leaf[i]);
    return err;
}

/* ---- begin and end ---- */

static vault_err
stored(struct vault *v, enum db_table t, uint64_t *bytes)
{
    struct db_cursor *c = NULL;
    uint64_t size = 0;
    int64_t n;
    bool got = true;
    vault_err err = db_scan_sizes(v->db, t, INT64_MIN, &c);

    while (err == VAULT_OK && got) {
        err = db_next_size(c, &n, &size, &got);
        if (err == VAULT_OK && got)
            *bytes += size;
    }
    db_scan_end(c);
    return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;   /* told where the rows are compared */
}

vault_err
deep_check_begin(struct deep_check *d, struct vault *v, struct report *rep)
{
    uint64_t withheld = 0;
    vault_err err;

    if (d->out == NULL)
        return VAULT_OK;
    d->v = v;
    d->rep = rep;
    d->out->attachments = d->out->bytes = d->out->closed = 0;
    err = stored(v, DB_OPEN_CHUNK, &d->total);
    if (err == VAULT_OK)
        err = stored(v, DB_WITHHELD_CHUNK, &withheld);
    if (is_keeper(v))
        d->total += withheld;
    else
        d->out->closed = withheld;
    return err;
}

void
deep_check_free(struct deep_check *d)
{
    free(d->seen);
    d->seen = NULL;
    d->n = d->size = 0;
}
