/*
 * adopt.c - what was taken in without a keeper: opened, compared, wrapped under the name key.
 *
 * A case session seals withheld values to the card. The first keeper's session after that opens each
 * pack of such intake, compares every value with the leaf that its author signed, and wraps the keys anew,
 * all in one transaction with one entry. What does not match, or does not open, is quarantined: it stays
 * where it is, is never shown, and reading it is an error.
 */
#include "vault/intake_keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"

#define IDS_LOGGED 256u
#define ROWS_OF_ENTRY 4u        /* an honest entry has one row of intake; each costs a walk through all its packs */

struct adopting {
    struct vault *v;
    struct change change;
    struct secret *home;        /* a struct pack: the one at hand */
    struct intake_keys enc;     /* of the encapsulation at hand */
    struct revision rev;
    uint64_t adopted, quarantined;
    uint64_t stored;            /* packs */
    char id[IDS_LOGGED][CODE_LEN + 1];  /* of the quarantined */
};

static struct pack *
at_hand(const struct adopting *a)
{
    return (struct pack *)(void *)secret_edit(a->home);
}

static void
quarantine(struct adopting *a, uint32_t n)
{
    if (a->quarantined < IDS_LOGGED)
        code_of(a->id[a->quarantined], a->v->recs.index.pair[n].record);
    a->quarantined++;
}

/* ---- one pack ---- */

/* Are the values those that the revision's leaves commit to? */
static vault_err
compare(struct adopting *a, uint32_t n, const uint8_t key[static 32], bool *same)
{
    struct recs *r = &a->v->recs;
    struct buf blob = BUF_INIT;
    vault_err err = recs_load(r, n, &a->rev);

    if (err == VAULT_OK)
        err = db_get(r->db, DB_WITHHELD_BLOB, n, &blob);
    if (err == VAULT_OK)
        err = recs_withheld_from(r, key, PART(blob.p, blob.n), &a->rev);
    buf_free(&blob);
    *same = err == VAULT_OK;
    return err == VAULT_ERR_DAMAGED || err == VAULT_ERR_NOT_FOUND ? VAULT_OK : err;
}

static void
note_adopted(struct adopting *a, uint32_t n)
{
    buf_put(&a->v->new_names, a->v->recs.index.pair[n].record, RECORD_ID_BYTES);
    a->adopted++;
}

static vault_err
compare_all(struct adopting *a)
{
    struct pack *p = at_hand(a);
    vault_err err = VAULT_OK;

    for (uint32_t i = 0; err == VAULT_OK && i < p->n; i++) {
        bool same = false;
        if (!p->has_blob[i])
            continue;
        err = compare(a, p->first + i, p->blob_key[i], &same);
        p->quarantined[i] = !same;
        if (same)
            note_adopted(a, p->first + i);
        else if (err == VAULT_OK)
            quarantine(a, p->first + i);
    }
    return err;
}

static vault_err
store(struct adopting *a)
{
    const struct pack *p = at_hand(a);
    struct buf box = BUF_INIT;
    vault_err err = pack_seal(&box, &a->v->recs.keys, p);

    if (err == VAULT_OK)
        err = db_put(a->v->db, DB_WRAP, p->first, PART(box.p, box.n));
    buf_free(&box);
    recs_forget_pack(&a->v->recs);
    a->stored += err == VAULT_OK;
    return err;
}

/* What a keeper adds she seals by name: somebody put this in its place, and once it were sealed by name it would pass for hers. */
static bool
stands_for_keepers(const struct vault *v, uint32_t first)
{
    const struct author *a = author_by_pk(v, v->chain[v->recs.index.pair[first].log].author);

    return a != NULL && a->tier == TIER_KEEPER;
}

/* *mine: this pack was sealed under the encapsulation at hand; *whole: and its keys opened. */
static vault_err
adopt_pack(struct adopting *a, uint32_t first, bool *mine, bool *whole)
{
    const struct pack *now = NULL;
    struct pack *p = at_hand(a);
    vault_err err = recs_pack(&a->v->recs, first, &now);

    *mine = *whole = false;
    if (err != VAULT_OK)
        return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;   /* told when it is read, and by check */
    if (now->how != WRAP_INTAKE || memcmp(now->enc_hash, a->enc.hash, 32) != 0)
        return VAULT_OK;
    *mine = true;
    memcpy(p, now, sizeof *p);
    err = stands_for_keepers(a->v, first) ? VAULT_ERR_DAMAGED : intake_keys_adopt(&a->enc, p, &a->v->recs.keys);
    if (err == VAULT_OK) {
        *whole = true;
        err = compare_all(a);
        return err != VAULT_OK ? err : store(a);
    }
    for (uint32_t i = 0; err == VAULT_ERR_DAMAGED && i < p->n; i++)
        if (p->has_blob[i])
            quarantine(a, p->first + i);
    return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
}

/* ---- one encapsulation ---- */

/*
 * All packs of the entry that the row stands at; wherever in it, or packs before the row would lose their key. A row
 * that somebody moved to another entry serves none there: it stays, and check tells it.
 */
static vault_err
adopt_entry(struct adopting *a, uint32_t n)
{
    const struct index *ix = &a->v->recs.index;
    bool all = true, any = false, mine, whole;
    struct buf enc = BUF_INIT;
    vault_err err;

    if (n < 1 || n > ix->n)
        return VAULT_OK;
    err = db_get(a->v->db, DB_INTAKE, n, &enc);
    if (err == VAULT_OK)
        err = intake_keys_open(&a->enc, a->v, PART(enc.p, enc.n));
    buf_free(&enc);
    for (uint32_t m = index_entry(ix, n), log = ix->pair[n].log;
            err == VAULT_OK && m <= ix->n && ix->pair[m].log == log;
            m += index_pack_size(ix, m)) {
        err = adopt_pack(a, m, &mine, &whole);
        any = any || mine;
        all = all && (!mine || whole);
    }
    /* Packs that did not open still name it. */
    if (err == VAULT_OK && any && all)
        err = db_delete(a->v->db, DB_INTAKE, n);
    return err;
}

/* ---- all of it ---- */

static vault_err
numbers(struct vault *v, uint32_t **out, size_t *n)
{
    struct db_cursor *c = NULL;
    struct part enc;
    size_t cap = 0;
    int64_t row;
    bool got = true;
    vault_err err = db_scan(v->db, DB_INTAKE, 1, &c);

    while (err == VAULT_OK) {
        err = db_next(c, &row, &enc, &got);
        if (err != VAULT_OK || !got)
            break;
        if (*n == cap) {
            uint32_t *p;
            cap = cap == 0 ? 64 : cap * 2;
            p = reallocarray(*out, cap, sizeof *p);
            if (p == NULL) {
                err = err_nomem();
                break;
            }
            *out = p;
        }
        if (row <= UINT32_MAX)
            (*out)[(*n)++] = (uint32_t)row;
    }
    db_scan_end(c);
    return err;
}

static vault_err
conclude(struct adopting *a)
{
    struct detail d = {0};
    struct commit what = { .action = "adopt", .keeper = true, .detail = &d };
    const char *ids[IDS_LOGGED];
    vault_err err;

    if (a->stored == 0) {       /* only what did not open before either: nothing changes */
        change_abort(&a->change);
        return VAULT_OK;
    }
    for (size_t i = 0; i < IDS_LOGGED; i++)
        ids[i] = a->id[i];
    detail_uint(&d, "adopted", a->adopted);
    if (a->quarantined != 0) {
        detail_uint(&d, "quarantined", a->quarantined);
        detail_texts(&d, "ids", ids, a->quarantined < IDS_LOGGED ? (size_t)a->quarantined :
            IDS_LOGGED);
    }
    err = session_commit(a->v, &a->change, &what);
    detail_free(&d);
    return err;
}

/* The entry that a row of intake stands at; 0: none. */
static uint32_t
log_of(const struct adopting *a, uint32_t n)
{
    const struct index *ix = &a->v->recs.index;

    return n < 1 || n > ix->n ? 0 : ix->pair[n].log;
}

static vault_err
run(struct adopting *a, const uint32_t *n, size_t count)
{
    vault_err err = secret_new(&a->home, sizeof(struct pack));

    if (err == VAULT_OK)
        err = session_begin(a->v, &a->change);
    if (err != VAULT_OK)
        return err;
    for (size_t i = 0, same = 0; err == VAULT_OK && i < count; i++) {
        same = i > 0 && log_of(a, n[i]) == log_of(a, n[i - 1]) ? same + 1 : 0;
        if (same < ROWS_OF_ENTRY)
            err = adopt_entry(a, n[i]);
    }
    if (err == VAULT_OK)
        return conclude(a);
    change_abort(&a->change);
    return err;
}

vault_err
session_adopt(struct vault *v)
{
    struct adopting *a;
    uint32_t *n = NULL;
    size_t count = 0;
    vault_err err;

    if (!is_keeper(v))
        return VAULT_OK;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return err_nomem();
    a->v = v;
    revision_init(&a->rev);
    err = numbers(v, &n, &count);
    if (err == VAULT_OK && count != 0)
        err = run(a, n, count);
    if (err == VAULT_OK) {
        v->adopted = a->adopted;
        v->quarantined = a->quarantined;
        vault_clear_error();    /* of what did not open: it is counted, and told when it is read */
    }
    secret_free(a->home);
    intake_keys_free(&a->enc);
    revision_free(&a->rev);
    free(n);
    free(a);
    return err;
}
