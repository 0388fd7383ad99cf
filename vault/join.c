/*
 * join.c - entries that another copy of this vault wrote come home: session_join.
 *
 * Entries, pairs and blobs go over as they are: their signatures and ids hold here as well. The wrapped keys
 * are sealed anew; what was sealed to the card on the way keeps its inner wrap, and the next keeper's session
 * adopts it. An entry with two parents, ours first, ties the two lines together.
 *
 * Of a record that was purged here only the ids are taken in. One that got another key by a
 * purge is sealed under that.
 */
#include "vault/attachments.h"
#include "vault/base/cbor.h"
#include "vault/record/reseal.h"
#include "vault/record/value.h"
#include "vault/exchange.h"
#include "vault/same.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct piece_range {
    int64_t first;
    uint64_t pieces;
};

struct joining {
    struct vault *v, *other;
    struct piece_range *purged; /* withheld pieces that were purged here */
    size_t n_purged;
    struct change change;
    struct secret *home;        /* a struct pack: the one at hand */
    bool *fresh;                /* by row of the other's log: we do not have it */
    uint32_t n_fresh;
    uint64_t revisions;
};

/* Copies have the same rows as far as they were one vault; beyond that the order may differ. */
static vault_err
find_fresh(struct joining *j)
{
    const struct vault *v = j->v, *o = j->other;
    uint32_t same = 0;

    j->fresh = calloc((size_t)o->n_log + 1, sizeof *j->fresh);
    if (j->fresh == NULL)
        return err_nomem();
    while (same < v->n_log && same < o->n_log && memcmp(v->chain[same + 1].hash, o->chain[same + 1].hash, 32) == 0)
        same++;
    for (uint32_t i = same + 1; i <= o->n_log; i++) {
        bool here = false;

        for (uint32_t k = v->n_log; !here && k > same; k--)
            here = memcmp(v->chain[k].hash, o->chain[i].hash, 32) == 0;
        j->fresh[i] = !here;
        j->n_fresh += !here;
    }
    return VAULT_OK;
}

/* Came revision n of the other copy with an entry that we do not have? */
static bool
is_fresh(const struct joining *j, uint32_t n)
{
    return j->fresh[j->other->recs.index.pair[n].log];
}

/*
 * What a keeper wrapped by name before a rekey here has to be wrapped anew, which takes both: her session there, a keeper's here. It
 * would come home as a value whose key nobody has.
 */
static vault_err
judge_names(struct joining *j)
{
    const struct index *ix = &j->other->recs.index;
    const struct pack *p = NULL;
    vault_err err = VAULT_OK;

    if (memcmp(j->v->card_hash, j->other->card_hash, sizeof j->v->card_hash) == 0)
        return VAULT_OK;
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n += index_pack_size(ix, n)) {
        if (!is_fresh(j, n))
            continue;
        err = recs_pack(&j->other->recs, n, &p);
        if (err == VAULT_OK && p->how == WRAP_NAME && !(p->readable && is_keeper(j->v)))
            err = err_say(VAULT_ERR_REFUSED, "open both as a keeper",
                "the other copy has names that a keeper wrote there before the keys were changed here");
    }
    return err;
}

static vault_err
keepers_own(void)
{
    return err_say(VAULT_ERR_REFUSED, "take them over by hand",
        "the other copy has changes by its keeper, which cannot be joined");
}

/* What a keeper signed there may come home where it adds nothing (she looked at names, say), where it says which records are the same or who a contact is,
 * and where it took in a bundle: under the key that is the keeper's here. */
static vault_err
judge_keeper(struct joining *j, uint32_t row)
{
    static const char *const TAKEN[] = { "merge", "unmerge", "dismiss", "contact-add", "contact-verify", "contact-remove", "receive", "share",
        "unshare" };
    struct log_entry e;
    bool taken = j->other->chain[row].count == 0;
    vault_err err = session_read_entry(j->other, row, &e, NULL);

    if (err != VAULT_OK)
        return err;
    for (size_t i = 0; i < sizeof TAKEN / sizeof TAKEN[0]; i++)
        taken = taken || strcmp(e.action, TAKEN[i]) == 0;
    if (!taken)
        return keepers_own();
    if (e.n_keepers != 1 || memcmp(e.keeper[0], j->v->card.keeper_pk, 32) != 0)
        return err_say(VAULT_ERR_REFUSED, "say the same here",
            "the other copy has merges of records, contacts or other things that a keeper signed before the keys were changed here");
    return VAULT_OK;
}

static vault_err
not_as_far(const char *hint, const char *where)
{
    return err_say(VAULT_ERR_REFUSED, hint, "both copies took in the same bundle, and values that had been left out of it came to %s only", where);
}

/* Values that had been left out and came there: of a revision that is here as well they have to have come here, too. */
static vault_err
judge_left_out(struct joining *j, uint32_t n, struct revision *rev)
{
    struct value_view view;
    const struct leaf *l;
    vault_err err = recs_load(&j->other->recs, n, rev);

    if (err != VAULT_OK || (l = revision_leaf(rev, "arrived")) == NULL)
        return err;
    err = value_read(&view, l->value);
    for (size_t at = 0; err == VAULT_OK && at + LEFT_OUT_BYTES <= view.text.n; at += LEFT_OUT_BYTES) {
        const uint8_t *p = (const uint8_t *)view.text.p + at;

        if (gone_find(&j->v->recs.left, p + RECORD_ID_BYTES, p + RECORD_ID_BYTES + REVISION_ID_BYTES) == GONE_LEFT_OUT)
            err = not_as_far("`handoff receive` the bundle with these values here first, as a keeper", "the other one");
    }
    return err;
}

/* The other way round. A revision that both took in is in the log twice from now on, and has to say the same in both places. */
static vault_err
judge_twice(struct joining *j)
{
    const struct index *ix = &j->other->recs.index, *here = &j->v->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        uint32_t first = index_is_system(&ix->pair[n]) || !is_fresh(j, n) ? 0 : index_record(here, ix->pair[n].record);

        if (first == 0 || index_revision(here, first, ix->pair[n].revision) == 0)
            continue;
        err = recs_load(&j->other->recs, n, &rev);
        for (size_t i = 0; err == VAULT_OK && i < rev.n_leaves; i++)
            if (gone_find(&j->other->recs.left, rev.id, rev.leaf[i].c) == GONE_LEFT_OUT &&
                    gone_find(&j->v->recs.left, rev.id, rev.leaf[i].c) != GONE_LEFT_OUT)
                err = not_as_far("`handoff receive` the bundle with these values there, too, as a keeper", "this one");
    }
    revision_free(&rev);
    return err;
}

/* System records that come home; whether the copies agree on which records are the same. */
static vault_err
judge_system(struct joining *j, uint32_t n, struct revision *rev, struct same_trial *t, bool *circle)
{
    vault_err err;

    switch (j->other->recs.index.pair[n].record[1]) {
    case SYSTEM_SAME:
        err = recs_load(&j->other->recs, n, rev);
        return err == VAULT_OK ? same_try(t, rev, circle) : err;
    case SYSTEM_LEFT_OUT:
        return judge_left_out(j, n, rev);
    case SYSTEM_APART:
    case SYSTEM_CONTACT:
    case SYSTEM_RECEIPT:
    case SYSTEM_ORIGIN:
    case SYSTEM_THEIR_TYPE:
    case SYSTEM_SHARE:
    case SYSTEM_SENT:
    case SYSTEM_RELEASE:
    case SYSTEM_AUDIENCE:
    case SYSTEM_JUDGED:
        return VAULT_OK;
    default:
        return keepers_own();
    }
}

/* Of merges ours first, then theirs: both sides may have said the opposite. */
static vault_err
judge_all_system(struct joining *j)
{
    const struct index *ix = &j->other->recs.index;
    struct same_trial t = {0};
    struct revision rev;
    bool circle = false;
    vault_err err;

    revision_init(&rev);
    err = same_try_begin(&t, j->v);
    for (uint32_t n = 1; err == VAULT_OK && !circle && n <= ix->n; n++)
        if (index_is_system(&ix->pair[n]) && is_fresh(j, n))
            err = judge_system(j, n, &rev, &t, &circle);
    if (err == VAULT_OK && circle)
        err = err_say(VAULT_ERR_CONFLICT, "'unmerge' it in one of the two",
            "the copies disagree on which of the same records leads");
    same_try_end(&t);
    revision_free(&rev);
    return err;
}

/* Written by somebody who may write here now, without the keeper's hand, or hers about what is the same. */
static vault_err
judge(struct joining *j)
{
    vault_err err = VAULT_OK;

    for (uint32_t i = 1; err == VAULT_OK && i <= j->other->n_log; i++) {
        const struct chain_entry *e = &j->other->chain[i];
        const struct author *a = author_by_pk(j->v, e->author);
        if (!j->fresh[i])
            continue;
        if (e->keeper)
            err = judge_keeper(j, i);
        if (err != VAULT_OK)
            return err;
        if (a == NULL || (a->until != 0 && !(e->travel && e->count == 0)))
            return err_say(VAULT_ERR_REFUSED, "a keeper can look at that copy on its own",
                "somebody wrote in the other copy who may not write here");
    }
    if (err == VAULT_OK)
        err = judge_all_system(j);
    if (err == VAULT_OK)
        err = judge_twice(j);
    return err != VAULT_OK ? err : judge_names(j);
}

/* ---- rows ---- */

static vault_err
copy_entry(struct joining *j, uint32_t from, uint32_t to)
{
    struct db_cursor *c = NULL;
    struct db_log_row row;
    bool got = false;
    vault_err err = db_scan_log(j->other->db, from, &c);

    if (err == VAULT_OK)
        err = db_next_log(c, &row, &got);
    if (err == VAULT_OK && !got)
        err = err_say(VAULT_ERR_DAMAGED, NULL, "an entry of the other copy is missing");
    row.n = to;
    if (err == VAULT_OK)
        err = db_put_log(j->v->db, &row);
    db_scan_end(c);
    return err;
}

/* A row of one table, where there is one. */
static vault_err
copy_blob(struct joining *j, enum db_table t, uint32_t from, uint32_t to)
{
    struct buf blob = BUF_INIT;
    vault_err err = db_get(j->other->db, t, from, &blob);

    if (err == VAULT_OK)
        err = db_put(j->v->db, t, to, PART(blob.p, blob.n));
    else if (err == VAULT_ERR_NOT_FOUND)
        err = VAULT_OK;
    buf_free(&blob);
    return err;
}

/* Was the record of these ids purged here? */
static bool
is_purged(const struct joining *j, const uint8_t *ids)
{
    uint32_t first = index_record(&j->v->recs.index, ids);

    return first != 0 && index_purged(&j->v->recs.index, first);
}

/* Its tags, but none of what was purged here. */
static void
copy_tags(const struct joining *j, const struct db_pair_row *row, struct buf *out)
{
    struct rd r = rd_of(row->tags.p, row->tags.n);

    for (size_t i = 0; i < row->ids.n / PAIR_ID_BYTES; i++) {
        size_t n = rd_u8(&r);
        n |= (size_t)rd_u8(&r) << 8;
        const uint8_t *p = rd_take(&r, n * TAG_BYTES);
        if (p == NULL || is_purged(j, (const uint8_t *)row->ids.p + i * PAIR_ID_BYTES))
            n = 0;
        buf_u8(out, (uint8_t)n);
        buf_u8(out, (uint8_t)(n >> 8));
        if (n != 0)
            buf_put(out, p, n * TAG_BYTES);
    }
}

static vault_err
copy_ids(struct joining *j, uint32_t from, uint32_t to, uint32_t log)
{
    struct index *ix = &j->v->recs.index;
    struct db_cursor *c = NULL;
    struct db_pair_row row;
    struct buf kept = BUF_INIT;
    struct rd tags;
    bool got = false;
    vault_err err = db_scan_pair(j->other->db, from, &c);

    if (err == VAULT_OK)
        err = db_next_pair(c, &row, &got);
    if (err == VAULT_OK && (!got || row.n != from))
        err = err_say(VAULT_ERR_DAMAGED, NULL, "revisions of the other copy are missing");
    if (err == VAULT_OK) {
        copy_tags(j, &row, &kept);
        err = buf_ok(&kept);
    }
    if (err == VAULT_OK) {
        row.tags = PART(kept.p, kept.n);
        tags = rd_of(kept.p, kept.n);
        row.n = to;
        row.log = log;
        err = db_put_pair(j->v->db, &row);
    }
    for (size_t i = 0; err == VAULT_OK && i < row.ids.n / PAIR_ID_BYTES; i++) {
        size_t n = rd_u8(&tags);
        n |= (size_t)rd_u8(&tags) << 8;
        err = index_add(ix, (const uint8_t *)row.ids.p + i * PAIR_ID_BYTES, log, to,
            PART(rd_take(&tags, n * TAG_BYTES), n * TAG_BYTES));
    }
    db_scan_end(c);
    buf_free(&kept);
    return err;
}

/* The open blob under the key that the record has here. */
static vault_err
reseal_open(struct joining *j, uint32_t from, uint32_t to, const uint8_t theirs[static 32],
    const uint8_t ours[static 32])
{
    struct buf blob = BUF_INIT, sealed = BUF_INIT;
    struct blob_keys old;
    struct revision rev;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&j->other->recs, from, &rev);
    if (err == VAULT_OK)
        err = db_get(j->other->db, DB_OPEN_BLOB, from, &blob);
    if (err == VAULT_OK) {
        blob_keys_derive(&old, LEAF_OPEN, theirs, blob.p);
        err = reseal_blob(&sealed, &j->v->recs.keys, &rev, LEAF_OPEN, old.seed, ours, NULL, NULL);
        sodium_memzero(&old, sizeof old);
    }
    if (err == VAULT_OK)
        err = db_put(j->v->db, DB_OPEN_BLOB, to, PART(sealed.p, sealed.n));
    buf_free(&blob);
    buf_free(&sealed);
    revision_free(&rev);
    return err;
}

static vault_err
copy_open(struct joining *j, uint32_t from, uint32_t to)
{
    uint32_t there = j->other->recs.index.pair[from].first;
    uint32_t here = j->v->recs.index.pair[to].first;
    struct { uint8_t theirs[32], ours[32]; } key;
    vault_err err;

    if (here == to)
        return copy_blob(j, DB_OPEN_BLOB, from, to);    /* its key comes with it */
    err = recs_record_key(&j->other->recs, there, key.theirs);
    if (err == VAULT_OK)
        err = recs_record_key(&j->v->recs, here, key.ours);
    if (err == VAULT_OK)
        err = bytes_equal(key.theirs, key.ours, 32) ? copy_blob(j, DB_OPEN_BLOB, from, to) :
            reseal_open(j, from, to, key.theirs, key.ours);
    sodium_memzero(&key, sizeof key);
    return err;
}

/* A record that is here already (both took in one bundle) keeps the key that it has here. */
static void
drop_record_keys(struct joining *j, struct pack *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (j->v->recs.index.pair[p->first + i].first != p->first + i) {
            p->has_record[i] = false;
            sodium_memzero(p->record_key[i], sizeof p->record_key[i]);
        }
}

static vault_err
copy_pack(struct joining *j, uint32_t from, uint32_t log)
{
    struct pack *p = (struct pack *)(void *)secret_edit(j->home);
    uint32_t to = j->v->recs.index.n + 1;
    const struct pack *theirs = NULL;
    struct buf box = BUF_INIT;
    vault_err err = recs_pack(&j->other->recs, from, &theirs);

    if (err == VAULT_OK) {
        memcpy(p, theirs, sizeof *p);
        p->first = to;
        /* The other copy is a keeper's session and this one is not: the inner wrap goes on as it is. */
        p->readable = p->readable && is_keeper(j->v);
        for (uint32_t i = 0; i < p->n; i++)
            if (is_purged(j, p->ids[i]))
                pack_drop_blob(p, i);
        err = copy_ids(j, from, to, log);
    }
    if (err == VAULT_OK)
        drop_record_keys(j, p);
    if (err == VAULT_OK)
        err = pack_seal(&box, &j->v->recs.keys, p);
    if (err == VAULT_OK)
        err = db_put(j->v->db, DB_WRAP, to, PART(box.p, box.n));
    for (uint32_t i = 0; err == VAULT_OK && i < p->n; i++) {
        err = copy_blob(j, DB_INTAKE, from + i, to + i);    /* wherever somebody moved it */
        if (err != VAULT_OK)
            break;
        if (is_purged(j, p->ids[i]))
            continue;
        err = copy_open(j, from + i, to + i);
        if (err == VAULT_OK)
            err = copy_blob(j, DB_WITHHELD_BLOB, from + i, to + i);
    }
    j->revisions += p->n;
    buf_free(&box);
    return err;
}

/* Entry by entry, with what each added: revisions stand in the order of their entries. */
static vault_err
copy_all(struct joining *j)
{
    const struct index *ix = &j->other->recs.index;
    uint32_t log = j->v->n_log, n = 1;
    vault_err err = VAULT_OK;

    for (uint32_t i = 1; err == VAULT_OK && i <= j->other->n_log; i++) {
        if (j->fresh[i])
            err = copy_entry(j, i, ++log);
        for (; err == VAULT_OK && n <= ix->n && ix->pair[n].log == i; n += index_pack_size(ix, n))
            if (j->fresh[i])
                err = copy_pack(j, n, log);
    }
    return err;
}

/* One piece that is not here. Their numbers are drawn, so they keep them; where one is taken,
 * it is by the same piece. */
static vault_err
copy_chunk(struct joining *j, enum db_table t, int64_t n)
{
    struct buf data = BUF_INIT;
    vault_err err = db_get(j->v->db, t, n, &data);

    if (err == VAULT_ERR_NOT_FOUND) {
        err = db_get(j->other->db, t, n, &data);
        if (err == VAULT_OK)
            err = db_put(j->v->db, t, n, PART(data.p, data.n));
        else if (err == VAULT_ERR_NOT_FOUND)
            err = VAULT_OK;     /* check tells it */
    }
    buf_free(&data);
    return err;
}

/* Those that revision n of the other copy names: what was purged here and nobody carried on
 * does not come back. */
static vault_err
copy_files_of(struct joining *j, uint32_t n, struct revision *rev)
{
    struct file_rows rows;
    vault_err err = recs_load(&j->other->recs, n, rev);

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (!l->here || l->file_key == NULL || !value_is_file(l->value))
            continue;
        err = file_rows_of(&rows, l);
        for (uint64_t k = 0; err == VAULT_OK && k < rows.pieces; k++)
            err = copy_chunk(j, rows.table, rows.first + (int64_t)k);
    }
    return err;
}

static vault_err
copy_open_files(struct joining *j)
{
    const struct index *ix = &j->other->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
        if (is_fresh(j, n) && !index_is_system(&ix->pair[n]) && !is_purged(j, ix->pair[n].record))
            err = copy_files_of(j, n, &rev);
    revision_free(&rev);
    return err;
}

/* ---- pieces that were purged here ---- */

/* "first+pieces" */
static bool
read_range(struct part text, struct piece_range *out)
{
    char s[48], *end = s;

    if (text.n >= sizeof s)
        return false;
    memcpy(s, text.p, text.n);
    s[text.n] = '\0';
    out->first = strtoll(s, &end, 10);
    if (*end != '+')
        return false;
    out->pieces = strtoull(end + 1, &end, 10);
    return *end == '\0';
}

static vault_err
add_range(struct joining *j, struct part text)
{
    struct piece_range *p = reallocarray(j->purged, j->n_purged + 1, sizeof *p);

    if (p == NULL)
        return err_nomem();
    j->purged = p;
    j->n_purged += read_range(text, &p[j->n_purged]);
    return VAULT_OK;
}

static vault_err
read_purge(struct joining *j, struct part detail)
{
    struct rd r = rd_of(detail.p, detail.n);
    vault_err err = VAULT_OK;

    for (size_t n = cbor_get_map(&r, SIZE_MAX); err == VAULT_OK && n > 0 && !r.bad; n--) {
        struct part key = cbor_get_text(&r, SIZE_MAX);
        if (key.n != strlen(PURGED_PIECES) || memcmp(key.p, PURGED_PIECES, key.n) != 0) {
            (void)cbor_get_item(&r);
            continue;
        }
        for (size_t k = cbor_get_array(&r, SIZE_MAX); err == VAULT_OK && k > 0 && !r.bad; k--)
            err = add_range(j, cbor_get_text(&r, SIZE_MAX));
    }
    return err;
}

/* What purges of ours deleted: the log says it, since nothing else does any more. */
static vault_err
find_purged(struct joining *j)
{
    struct buf detail = BUF_INIT;
    struct db_cursor *c = NULL;
    struct db_log_row row;
    struct log_entry e;
    bool got = true;
    vault_err err = db_scan_log(j->v->db, 1, &c);

    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = entry_decode(&e, row.entry);
        if (err != VAULT_OK || strcmp(e.action, "purge") != 0)
            continue;
        buf_reset(&detail);
        err = session_open_detail(j->v, &e, row.detail, &detail);
        if (err == VAULT_OK)
            err = read_purge(j, PART(detail.p, detail.n));
    }
    db_scan_end(c);
    buf_free(&detail);
    return err;
}

static bool
was_purged(const struct joining *j, int64_t n)
{
    for (size_t i = 0; i < j->n_purged; i++)
        if (n >= j->purged[i].first && (uint64_t)(n - j->purged[i].first) < j->purged[i].pieces)
            return true;
    return false;
}

/* Whose pieces these are cannot be told without a keeper: all that the other copy has come along, but those that were
 * purged here. */
static vault_err
copy_chunks(struct joining *j, enum db_table t)
{
    struct db_cursor *c = NULL;
    struct buf here = BUF_INIT;
    struct part data;
    int64_t n = 0;
    bool got = true;
    vault_err err = db_scan(j->other->db, t, INT64_MIN, &c);

    while (err == VAULT_OK) {
        err = db_next(c, &n, &data, &got);
        if (err != VAULT_OK || !got)
            break;
        if (was_purged(j, n))
            continue;
        err = db_get(j->v->db, t, n, &here);
        if (err == VAULT_ERR_NOT_FOUND)
            err = db_put(j->v->db, t, n, data);
    }
    db_scan_end(c);
    buf_free(&here);
    return err;
}

/* ---- the whole ---- */

static vault_err
conclude(struct joining *j)
{
    struct detail d = {0};
    struct commit what = { .action = "join", .detail = &d,
        .other = &j->other->chain[j->other->n_log] };
    vault_err err;

    detail_uint(&d, "entries", j->n_fresh);
    detail_uint(&d, "revisions", j->revisions);
    err = session_commit(j->v, &j->change, &what);
    detail_free(&d);
    return err;
}

static vault_err
run(struct joining *j)
{
    struct vault *v = j->v;
    vault_err err = secret_new(&j->home, sizeof(struct pack));

    if (err == VAULT_OK)
        err = change_begin(&j->change, &v->recs, v->n_log + j->n_fresh + 1);
    if (err != VAULT_OK)
        return err;
    err = copy_all(j);
    if (err == VAULT_OK)
        err = copy_open_files(j);
    if (err == VAULT_OK)
        err = find_purged(j);
    if (err == VAULT_OK)
        err = copy_chunks(j, DB_WITHHELD_CHUNK);
    if (err != VAULT_OK) {
        change_abort(&j->change);
        return err;
    }
    err = conclude(j);
    v->uncertain = true;        /* rows and chain no longer agree: to be opened anew */
    return err;
}

/* The caller frees j->fresh. */
static vault_err
look(struct joining *j)
{
    vault_err err = session_may_write(j->v);

    if (err == VAULT_OK && memcmp(j->v->kf.vault_id, j->other->kf.vault_id, VAULT_ID_BYTES) != 0)
        err = err_say(VAULT_ERR_INPUT, NULL, "that is not a copy of this vault");
    if (err == VAULT_OK)
        err = find_fresh(j);
    return err == VAULT_OK ? judge(j) : err;
}

vault_err
session_join_judge(struct vault *v, struct vault *other, bool **fresh, uint32_t *n)
{
    struct joining j = { .v = v, .other = other };
    vault_err err = look(&j);

    *fresh = j.fresh;
    *n = j.n_fresh;
    return err;
}

vault_err
session_join(struct vault *v, struct vault *other)
{
    struct joining j = { .v = v, .other = other };
    vault_err err = look(&j);

    if (err == VAULT_OK && j.n_fresh != 0)
        err = run(&j);
    secret_free(j.home);
    free(j.fresh);
    free(j.purged);
    return err;
}
