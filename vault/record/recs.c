/* recs.c - see recs.h. Finding by name is in find.c, titles in title.c. */
#include "vault/record/recs.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/record/file.h"

vault_err
recs_init(struct recs *r, struct db *db, const struct seal_keys *keys,
    const uint8_t author[static 32])
{
    memset(r, 0, sizeof *r);
    r->db = db;
    r->keys = *keys;
    memcpy(r->author, author, 32);
    index_init(&r->index);
    return VAULT_OK;
}

void
recs_free(struct recs *r)
{
    secret_free(r->log_key);
    secret_free(r->tag_key);
    secret_free(r->cached);
    index_free(&r->index);
    type_set_free(&r->types);
    gone_free(&r->gone);
    gone_free(&r->left);
    memset(r, 0, sizeof *r);
}

static vault_err
names_refused(void)
{
    return err_say(VAULT_ERR_REFUSED, "open the vault with a keeper's passphrase",
        "withheld values can only be read by a keeper");
}

/* ---- log and tag keys ---- */

vault_err
recs_new_keys(struct recs *r)
{
    struct buf box = BUF_INIT;
    vault_err err;

    err = secret_random(&r->log_key, 32);
    if (err == VAULT_OK)
        err = secret_random(&r->tag_key, 32);
    if (err == VAULT_OK)
        err = root_seal(&box, &r->keys, r->log_key, r->tag_key);
    if (err == VAULT_OK)
        err = db_put(r->db, DB_WRAP, WRAP_ROW_ROOT, PART(box.p, box.n));
    buf_free(&box);
    return err;
}

static vault_err
missing(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "%s is missing", what);
}

vault_err
recs_open_keys(struct recs *r)
{
    struct buf box = BUF_INIT;
    vault_err err;

    err = db_get(r->db, DB_WRAP, WRAP_ROW_ROOT, &box);
    if (err == VAULT_ERR_NOT_FOUND)
        err = missing("the key of the log");
    if (err == VAULT_OK)
        err = root_open(&r->log_key, &r->tag_key, &r->keys, PART(box.p, box.n));
    buf_free(&box);
    return err;
}

/* ---- packs ---- */

vault_err
recs_quiesce(struct recs *r)
{
    return r->quiesce == NULL ? VAULT_OK : r->quiesce(r->quiesce_ctx);
}

static bool
holds(const struct pack *p, uint32_t n)
{
    return p->n != 0 && n >= p->first && n - p->first < p->n;
}

static vault_err
read_pack(struct recs *r, uint32_t first, struct pack *p)
{
    struct buf box = BUF_INIT;
    vault_err err;

    p->first = first;
    p->n = index_pack_size(&r->index, first);
    for (uint32_t i = 0; i < p->n; i++) {
        memcpy(p->ids[i], r->index.pair[first + i].record, RECORD_ID_BYTES);
        memcpy(p->ids[i] + RECORD_ID_BYTES, r->index.pair[first + i].revision, REVISION_ID_BYTES);
    }
    err = recs_quiesce(r);
    if (err == VAULT_OK)
        err = db_get(r->db, DB_WRAP, first, &box);
    if (err == VAULT_ERR_NOT_FOUND)
        err = missing("the key of a record");
    if (err == VAULT_OK)
        err = pack_open(p, &r->keys, PART(box.p, box.n));
    /* A record's key stands at its first revision and nowhere else. Where it is missing,
     * reading that record says so. */
    for (uint32_t i = 0; err == VAULT_OK && i < p->n; i++)
        if (p->has_record[i] && r->index.pair[first + i].first != first + i)
            err = err_say(VAULT_ERR_DAMAGED, NULL, "the key of a record stands where it should not");
    if (err != VAULT_OK)
        p->n = 0;
    buf_free(&box);
    return err;
}

vault_err
recs_pack(struct recs *r, uint32_t n, const struct pack **out)
{
    struct pack *p;
    vault_err err = VAULT_OK;

    if (r->pending != NULL && holds(r->pending, n)) {
        *out = r->pending;
        return VAULT_OK;
    }
    if (r->cached == NULL)
        err = secret_new(&r->cached, sizeof *p);
    if (err != VAULT_OK)
        return err;
    p = (struct pack *)(void *)secret_edit(r->cached);
    if (!holds(p, n))
        err = read_pack(r, r->index.pair[n].pack, p);
    *out = p;
    return err;
}

void
recs_forget_pack(struct recs *r)
{
    secret_free(r->cached);
    r->cached = NULL;
}

vault_err
recs_record_key(struct recs *r, uint32_t first, uint8_t key[static 32])
{
    const struct pack *p = NULL;
    vault_err err = recs_pack(r, first, &p);

    if (err != VAULT_OK)
        return err;
    if (!p->has_record[first - p->first])
        return missing("the key of a record");
    memcpy(key, p->record_key[first - p->first], 32);
    return VAULT_OK;
}

/* ---- loading ---- */

/* What the index knows of revision n: ids, and who signed the entry that added it. */
static void
expect(struct recs *r, uint32_t n, struct revision *rev)
{
    const struct pair *p = &r->index.pair[n];
    const uint8_t *author = r->author_of == NULL ? NULL : r->author_of(r->author_ctx, p->log);

    revision_reset(rev);
    memcpy(rev->record, p->record, RECORD_ID_BYTES);
    memcpy(rev->id, p->revision, REVISION_ID_BYTES);
    memcpy(rev->author, author == NULL ? r->author : author, 32);
}

static bool
is_removal(const struct leaf *l)
{
    return l->field.n == strlen(REMOVED_FIELD) && memcmp(l->field.p, REMOVED_FIELD, l->field.n) == 0;
}

/* Parents are earlier revisions of the record; fields are those of the type, none more open than it says. */
static vault_err
judge_shape(struct recs *r, uint32_t n, const struct revision *rev, const struct type_def *t)
{
    const struct index *ix = &r->index;

    for (size_t i = 0; i < rev->n_parents; i++) {
        uint32_t m = index_revision(ix, ix->pair[n].first, rev->parent[i]);
        if ((m == 0 && !index_was_lost(ix, rev->record, rev->parent[i])) || m >= n)
            return missing("a revision that another follows");
    }
    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        if (is_removal(l) ? rev->n_leaves != 1 || l->tier != LEAF_OPEN : f == NULL)
            return err_say(VAULT_ERR_DAMAGED, NULL, "a revision has a field that its type has not");
        /* The tier of an attachment is its own. */
        if (f != NULL && l->tier < f->tier && f->kind != FIELD_FILE)
            return err_say(VAULT_ERR_DAMAGED, NULL,
                "a revision holds openly what its type withholds");
    }
    return VAULT_OK;
}

/* The blob names its type by the first bytes of the hash; the id then proves the rest. */
static vault_err
complete_type(struct recs *r, uint32_t n, struct revision *rev)
{
    vault_err err;
    const struct type_def *t = type_set_by_short(&r->types, rev->type);

    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    memcpy(rev->type, t->hash, sizeof rev->type);
    err = revision_check_id(rev);
    return err != VAULT_OK ? err : judge_shape(r, n, rev, t);
}

enum gone_what
recs_gone(const struct recs *r, const struct revision *rev, const struct leaf *l)
{
    enum gone_what what = gone_find(&r->gone, rev->record, l->c);

    if (what != GONE_NOT || (l->here && !rev->foreign))
        return what;
    return gone_find(&r->left, l->here ? rev->id : l->introduced, l->c);
}

static bool
is_gone(const struct recs *r, const struct revision *rev, const struct leaf *l)
{
    return recs_gone(r, rev, l) != GONE_NOT;
}

/*
 * Values of this tier that belong to the revision itself are here, but for those that a
 * tombstone names; these are not. Whoever has the case key can seal a blob anew without a
 * value, or put an old one back: only a keeper signs tombstones. What another vault left out may be missing, of what that vault wrote.
 */
static vault_err
judge_gone(const struct recs *r, const struct revision *rev, enum leaf_tier tier)
{
    for (size_t i = 0; (rev->partial || r->gone.n != 0 || r->left.n != 0) && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        bool gone;
        if (l->tier != tier || !l->here)
            continue;
        gone = is_gone(r, rev, l);
        if (gone && l->value.n != 0)
            return err_say(VAULT_ERR_DAMAGED, NULL, "a revision holds a value that was purged");
        if (!gone && l->value.n == 0)
            return err_say(VAULT_ERR_DAMAGED, NULL,
                "values of a revision are missing, and no entry says that they were purged");
    }
    return VAULT_OK;
}

/*
 * Only a bundle brings another author than the signer of the entry. That he is who he is said to be is for the evidence that came with it. Nor
 * may one be named elsewhere who is the signer: of what names its author values may have been left out, and whoever has the case key can seal a
 * blob anew.
 */
static vault_err
judge_author(const struct recs *r, uint32_t n, const struct revision *rev, const uint8_t signer[static 32])
{
    if ((rev->foreign || memcmp(rev->author, signer, 32) != 0) && !(r->brings_others != NULL &&
        r->brings_others(r->author_ctx, r->index.pair[n].log)))
        return err_say(VAULT_ERR_DAMAGED, NULL,
            "the author of a revision is not the signer of its log entry");
    return VAULT_OK;
}

bool
recs_names_hidden(const struct recs *r, const struct revision *rev)
{
    const struct type_def *t = type_set_by_hash(&r->types, rev->type);

    for (size_t i = 0; t != NULL && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        if (f != NULL && f->kind == FIELD_NAME && (l->tier != LEAF_WITHHELD || !l->here))
            return false;
    }
    return t != NULL;
}

bool
recs_withheld_gone(const struct recs *r, const struct revision *rev)
{
    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->tier == LEAF_WITHHELD && l->here && !is_gone(r, rev, l))
            return false;
    }
    return revision_introduces(rev);
}

vault_err
recs_purged(void)
{
    return err_say(VAULT_ERR_NOT_FOUND, "'history' tells what it was, when and by whom",
        "that record was purged: its content and its keys were destroyed");
}

vault_err
recs_lost(void)
{
    return err_say(VAULT_ERR_NOT_FOUND, "the log says which repair; the damaged vault and older backups may have it",
        "the content of that revision was lost before a repair");
}

vault_err
recs_load_from(struct recs *r, uint32_t n, const uint8_t key[static 32], struct part blob,
    struct revision *rev)
{
    uint8_t seed[32], signer[32];
    vault_err err;

    expect(r, n, rev);
    memcpy(signer, rev->author, sizeof signer);
    err = unseal_blob(rev, seed, &r->keys, key, LEAF_OPEN, blob);
    if (err == VAULT_OK)
        err = revision_read_open(rev, seed);
    sodium_memzero(seed, sizeof seed);
    if (err == VAULT_OK)
        err = judge_author(r, n, rev, signer);
    if (err == VAULT_OK)
        err = judge_gone(r, rev, LEAF_OPEN);
    return err != VAULT_OK ? err : complete_type(r, n, rev);
}

vault_err
recs_glance_from(struct recs *r, uint32_t n, const uint8_t key[static 32], struct part blob,
    struct revision *rev)
{
    uint8_t seed[32];
    const struct type_def *t;
    vault_err err;

    expect(r, n, rev);
    err = unseal_blob(rev, seed, &r->keys, key, LEAF_OPEN, blob);
    sodium_memzero(seed, sizeof seed);
    if (err == VAULT_OK)
        err = revision_read_open(rev, NULL);
    if (err != VAULT_OK)
        return err;
    t = type_set_by_short(&r->types, rev->type);
    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    memcpy(rev->type, t->hash, sizeof rev->type);
    return VAULT_OK;
}

vault_err
recs_glance_withheld(struct recs *r, const uint8_t key[static 32], struct part blob,
    struct revision *rev)
{
    uint8_t seed[32];
    vault_err err = unseal_blob(rev, seed, &r->keys, key, LEAF_WITHHELD, blob);

    sodium_memzero(seed, sizeof seed);
    return err != VAULT_OK ? err : revision_read_withheld(rev, NULL);
}

vault_err
recs_glance_alone(struct recs *r, uint32_t n, const uint8_t key[static 32], struct part blob,
    struct revision *rev)
{
    uint8_t seed[32];
    vault_err err;

    expect(r, n, rev);
    err = unseal_blob(rev, seed, &r->keys, key, LEAF_WITHHELD, blob);
    sodium_memzero(seed, sizeof seed);
    return err != VAULT_OK ? err : revision_rescue_withheld(rev, NULL);
}

vault_err
recs_load(struct recs *r, uint32_t n, struct revision *rev)
{
    struct buf blob = BUF_INIT;
    uint8_t key[32];
    vault_err err;

    if (r->index.pair[n].lost)
        return recs_lost();
    if (index_purged(&r->index, n))
        return recs_purged();
    err = recs_quiesce(r);
    if (err == VAULT_OK)
        err = db_get(r->db, DB_OPEN_BLOB, n, &blob);
    if (err == VAULT_ERR_NOT_FOUND)
        err = missing("the content of a revision");
    if (err == VAULT_OK)
        err = recs_record_key(r, r->index.pair[n].first, key);
    if (err == VAULT_OK)
        err = recs_load_from(r, n, key, PART(blob.p, blob.n), rev);
    sodium_memzero(key, sizeof key);
    buf_free(&blob);
    return err;
}

/* Of a blob that is not right nothing stays behind that somebody could show. */
static void
forget_withheld(struct revision *rev)
{
    for (size_t i = 0; i < rev->n_leaves; i++)
        if (rev->leaf[i].tier == LEAF_WITHHELD && rev->leaf[i].here) {
            rev->leaf[i].value = PART(NULL, 0);
            rev->leaf[i].file_key = NULL;
        }
    buf_reset(&rev->withheld);
}

vault_err
recs_withheld_from(struct recs *r, const uint8_t key[static 32], struct part blob,
    struct revision *rev)
{
    uint8_t seed[32];
    vault_err err;

    err = unseal_blob(rev, seed, &r->keys, key, LEAF_WITHHELD, blob);
    if (err == VAULT_OK)
        err = revision_read_withheld(rev, seed);
    sodium_memzero(seed, sizeof seed);
    if (err == VAULT_OK)
        err = judge_gone(r, rev, LEAF_WITHHELD);
    if (err != VAULT_OK)
        forget_withheld(rev);
    return err;
}

vault_err
recs_closed(const struct recs *r, bool intake, bool quarantined)
{
    static const char AGAIN[] = "ask for them again; 'history' says who wrote them";

    if (quarantined)
        return err_say(VAULT_ERR_DAMAGED, AGAIN,
            "these withheld values are quarantined: they are not what their author signed");
    if (r->intake_waits && intake)
        return err_say(VAULT_ERR_NO_SPACE, "open the vault where it can be written",
            "these withheld values were taken in without a keeper, and could not be taken over yet");
    return err_say(VAULT_ERR_DAMAGED, AGAIN,
        "these withheld values are quarantined: the key they were sealed with does not open");
}

/* Are there withheld values of revision n that this session has no key for? */
static vault_err
is_closed(struct recs *r, uint32_t n, bool *yes)
{
    const struct pack *p = NULL;
    vault_err err = recs_pack(r, n, &p);

    *yes = err == VAULT_OK && p->has_blob[n - p->first] && !pack_can_read(p, n - p->first);
    return err;
}

vault_err
recs_load_withheld(struct recs *r, uint32_t n, struct revision *rev)
{
    const struct pack *p = NULL;
    struct buf blob = BUF_INIT;
    uint8_t key[32] = {0};
    vault_err err;

    if (r->keys.k_name == NULL)
        return names_refused();
    if (recs_withheld_gone(r, rev))
        return VAULT_OK;
    err = recs_pack(r, n, &p);
    if (err == VAULT_OK && !p->has_blob[n - p->first])
        err = missing("the key of withheld values");
    if (err == VAULT_OK && !pack_can_read(p, n - p->first))
        err = recs_closed(r, p->how == WRAP_INTAKE, p->quarantined[n - p->first]);
    if (err == VAULT_OK) {
        memcpy(key, p->blob_key[n - p->first], sizeof key);
        err = db_get(r->db, DB_WITHHELD_BLOB, n, &blob);
    }
    if (err == VAULT_ERR_NOT_FOUND)
        err = missing("the withheld content of a revision");
    if (err == VAULT_OK)
        err = recs_withheld_from(r, key, PART(blob.p, blob.n), rev);
    sodium_memzero(key, sizeof key);
    buf_free(&blob);
    return err;
}

/* The same; with `unread` what cannot be read stays unknown, and the reason goes there: the first, or the first damage. */
static vault_err
load_or_leave(struct recs *r, uint32_t n, struct revision *rev, struct vault_error *unread)
{
    bool closed = false;
    vault_err err = is_closed(r, n, &closed);

    if (err == VAULT_OK)
        err = recs_load_withheld(r, n, rev);
    if (err == VAULT_OK || unread == NULL || (err != VAULT_ERR_DAMAGED && !closed))
        return err;
    if (unread->code != VAULT_ERR_DAMAGED && (unread->code == VAULT_OK || err == VAULT_ERR_DAMAGED))
        *unread = *vault_last_error();
    return VAULT_OK;
}

/* ---- carried leaves ---- */

/* The pair of the revision that introduced a carried leaf; it must be an older one of this record. 0: it was lost. */
static vault_err
introducer(struct recs *r, uint32_t n, const struct leaf *l, uint32_t *out)
{
    uint32_t first = r->index.pair[n].first;

    *out = index_revision(&r->index, first, l->introduced);
    if (*out != 0 ? *out != n : index_was_lost(&r->index, r->index.pair[n].record, l->introduced))
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, NULL, "a withheld value names a revision that is missing");
}

/* Does `from` introduce exactly this leaf? What its author had open may be carried on as withheld, where a vault withholds it. */
static const struct leaf *
same_leaf(const struct revision *from, const struct leaf *l)
{
    const struct leaf *m = revision_find(from, l->field, l->element, l->n_element);

    return m != NULL && m->here && m->tier <= l->tier && memcmp(m->c, l->c, 32) == 0 ? m : NULL;
}

static vault_err
not_same(void)
{
    return err_say(VAULT_ERR_DAMAGED, NULL,
        "a withheld value is not the one that its revision introduced");
}

vault_err
recs_check_carried(struct recs *r, uint32_t n, const struct revision *rev)
{
    struct revision from;
    uint32_t at = 0, loaded = 0;
    vault_err err = VAULT_OK;

    revision_init(&from);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->here)
            continue;
        err = introducer(r, n, l, &at);
        if (err == VAULT_OK && at == 0)
            continue;           /* with it went what could be compared */
        if (err == VAULT_OK && at != loaded) {
            err = recs_load(r, at, &from);
            loaded = at;
        }
        if (err == VAULT_OK && same_leaf(&from, l) == NULL)
            err = not_same();
    }
    revision_free(&from);
    return err;
}

/* Copy the values that `from` introduced into the leaves of rev that carry them. `extra` may move, so
 * offsets are kept in `at` (1 + offset) until the end. */
static vault_err
copy_carried(struct revision *rev, const uint8_t id[static 32], const struct revision *from,
    struct buf *extra, size_t *at)
{
    for (size_t i = 0; i < rev->n_leaves; i++) {
        struct leaf *l = &rev->leaf[i];
        const struct leaf *m;
        if (l->here || memcmp(l->introduced, id, 32) != 0)
            continue;
        m = same_leaf(from, l);
        if (m == NULL)
            return not_same();
        if (m->value.n == 0)
            continue;
        at[i] = 1 + extra->n;
        l->value.n = m->value.n;
        buf_put(extra, m->value.p, m->value.n);
        l->file_first = m->file_first;
        if (m->file_key != NULL)        /* behind the value */
            buf_put(extra, m->file_key, FILE_KEY_BYTES);
    }
    return buf_ok(extra);
}

/* Its value is at p now, and the key of a file behind it. */
static void
place_carried(struct leaf *l, const uint8_t *p)
{
    l->value.p = p;
    l->file_key = value_is_file(l->value) ? p + l->value.n : NULL;
}

static vault_err
load_carried(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra, size_t *at,
    struct vault_error *unread)
{
    struct revision from;
    vault_err err = VAULT_OK;
    uint32_t m;

    revision_init(&from);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->here || at[i] != 0)
            continue;
        err = introducer(r, n, l, &m);
        if (err == VAULT_OK && m == 0)
            continue;
        if (err == VAULT_OK)
            err = recs_load(r, m, &from);
        if (err == VAULT_OK && revision_introduces(&from))
            err = load_or_leave(r, m, &from, unread);
        if (err == VAULT_OK)
            err = copy_carried(rev, from.id, &from, extra, at);
    }
    revision_free(&from);
    return err;
}

static vault_err
reveal(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra,
    struct vault_error *unread)
{
    size_t *at = NULL;
    vault_err err = VAULT_OK;

    if (r->keys.k_name == NULL)
        return names_refused();
    if (revision_introduces(rev))
        err = load_or_leave(r, n, rev, unread);
    if (err != VAULT_OK)
        return err;
    at = calloc(rev->n_leaves + 1, sizeof *at);
    if (at == NULL)
        return err_nomem();
    err = load_carried(r, n, rev, extra, at, unread);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++)
        if (at[i] != 0)
            place_carried(&rev->leaf[i], extra->p + at[i] - 1);
    free(at);
    return err;
}

vault_err
recs_reveal(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra)
{
    return reveal(r, n, rev, extra, NULL);
}

vault_err
recs_reveal_some(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra,
    struct vault_error *unread)
{
    memset(unread, 0, sizeof *unread);
    return reveal(r, n, rev, extra, unread);
}

vault_err
recs_look(struct recs *r, uint32_t n, struct revision *rev, struct buf *extra)
{
    struct vault_error unread;
    vault_err err = recs_reveal_some(r, n, rev, extra, &unread);

    if (err == VAULT_OK)
        vault_clear_error();        /* of values that stay unknown */
    return err;
}
