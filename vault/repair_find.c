/*
 * repair_find.c - what of the rows that were saved is not what the log answers for; see repair.h.
 *
 * The log and the list of revisions are whole: so it is known what there was. Each revision is opened and compared
 * with its id, each withheld blob with its leaves, each attachment with its hash, as `check` does; what fails is
 * noted and goes on record.
 */
#include "vault/repair.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/record/value.h"

/* ---- notes ---- */

static vault_err
grow(void **p, size_t n, size_t *cap, size_t each)
{
    size_t want = *cap == 0 ? 64 : *cap * 2;
    void *more;

    if (n < *cap)
        return VAULT_OK;
    more = reallocarray(*p, want, each);
    if (more == NULL)
        return err_nomem();
    *p = more;
    *cap = want;
    return VAULT_OK;
}

vault_err
repair_tell(struct repairing *r, enum told_kind kind, uint32_t n, const char *fields, const char *what)
{
    struct told *t;
    vault_err err = grow((void **)&r->told, r->n_told, &r->cap_told, sizeof *r->told);

    if (err != VAULT_OK)
        return err;
    t = &r->told[r->n_told++];
    memset(t, 0, sizeof *t);
    t->kind = kind;
    if (kind == TOLD_DETAIL || kind == TOLD_LOG_END) {
        t->log_number = r->v->chain[n].number;
    } else {
        memcpy(t->record, r->v->recs.index.pair[n].record, sizeof t->record);
        memcpy(t->revision, r->v->recs.index.pair[n].revision, sizeof t->revision);
        t->pair = n;
    }
    t->what = strdup(what);
    t->fields = fields == NULL ? NULL : strdup(fields);
    return t->what == NULL || (fields != NULL && t->fields == NULL) ? err_nomem() : VAULT_OK;
}

vault_err
repair_note(struct repairing *r, enum loss_kind kind, const uint8_t *record, const void *bytes, size_t n)
{
    struct loss_item *i;
    vault_err err = grow((void **)&r->item, r->n_items, &r->cap_items, sizeof *r->item);

    if (err != VAULT_OK)
        return err;
    i = &r->item[r->n_items++];
    memset(i, 0, sizeof *i);
    memcpy(i->record, record, sizeof i->record);
    i->kind = kind;
    memcpy(i->bytes, bytes, n);
    return VAULT_OK;
}

/* ---- revisions ---- */

/* What it withholds may still be there, under a key of its own. Only what another revision carries on can be proven. */
static vault_err
rescue(struct repairing *r, uint32_t n)
{
    struct recs *recs = &r->v->recs;
    const struct pair *pair = &recs->index.pair[n];
    const struct pack *p = NULL;
    struct revision *rev;
    struct buf blob = BUF_INIT;
    uint8_t key[32], seed[32];
    vault_err err = recs_pack(recs, n, &p);

    if (err != VAULT_OK || !pack_can_read(p, n - p->first))
        return err == VAULT_ERR_DAMAGED ? VAULT_OK : err;
    memcpy(key, p->blob_key[n - p->first], sizeof key);
    err = grow((void **)&r->rescued, r->n_rescued, &r->cap_rescued, sizeof *r->rescued);
    if (err == VAULT_OK)
        err = db_get(recs->db, DB_WITHHELD_BLOB, n, &blob);
    if (err == VAULT_OK) {
        rev = &r->rescued[r->n_rescued];
        revision_init(rev);
        memcpy(rev->record, pair->record, sizeof rev->record);
        memcpy(rev->id, pair->revision, sizeof rev->id);
        err = unseal_blob(rev, seed, &recs->keys, key, LEAF_WITHHELD, PART(blob.p, blob.n));
        if (err == VAULT_OK)
            err = revision_rescue_withheld(rev, seed);
        if (err == VAULT_OK)
            r->n_rescued++;
        else
            revision_free(rev);
    }
    sodium_memzero(key, sizeof key);
    sodium_memzero(seed, sizeof seed);
    buf_free(&blob);
    return err == VAULT_ERR_DAMAGED || err == VAULT_ERR_NOT_FOUND ? VAULT_OK : err;
}

/* The record goes on without it; its reason is the sentence of the last error. */
static vault_err
doom(struct repairing *r, uint32_t n)
{
    const struct pair *p = &r->v->recs.index.pair[n];
    vault_err err = repair_tell(r, TOLD_REVISION, n, NULL, vault_last_error()->text);

    r->flag[n] |= DOOMED;
    r->report.lost_revisions++;
    if (err == VAULT_OK)
        err = rescue(r, n);
    if (err == VAULT_OK)
        vault_clear_error();
    return err != VAULT_OK ? err :
        repair_note(r, LOSS_REVISION, p->record, p->revision, REVISION_ID_BYTES);
}

static vault_err
not_as_signed(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "%s", what);
}

/* As recs_check_carried, but revisions that are doomed (always earlier ones) cannot be compared with. */
static vault_err
carried(struct repairing *r, uint32_t n, const struct revision *rev)
{
    struct recs *recs = &r->v->recs;
    struct revision from;
    uint32_t loaded = 0;
    vault_err err = VAULT_OK;

    revision_init(&from);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i], *m;
        uint32_t at = l->here ? 0 :
            index_revision(&recs->index, recs->index.pair[n].first, l->introduced);
        if (l->here || (at == 0 && index_was_lost(&recs->index, rev->record, l->introduced)) ||
            (at != 0 && (r->flag[at] & DOOMED) != 0))
            continue;
        if (at == 0 || at >= n) {
            err = not_as_signed("a withheld value names a revision that is missing");
            break;
        }
        if (at != loaded)
            err = recs_load(recs, at, &from);
        loaded = at;
        m = err != VAULT_OK ? NULL : revision_find(&from, l->field, l->element, l->n_element);
        if (err == VAULT_OK && (m == NULL || !m->here || m->tier != l->tier || memcmp(m->c, l->c, 32) != 0))
            err = not_as_signed("a withheld value is not the one that its revision introduced");
    }
    revision_free(&from);
    return err;
}

static vault_err
values_hold(struct repairing *r, const struct revision *rev)
{
    const struct type_def *t = type_set_by_hash(&r->v->recs.types, rev->type);
    struct buf scratch = BUF_INIT;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && t != NULL && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        if (f != NULL && l->value.n != 0 && !value_valid(&scratch, f, l->value))
            err = scratch.bad ? err_nomem() : not_as_signed("a value breaks the rules of its field");
    }
    buf_free(&scratch);
    return err;
}

void
repair_mark_older(struct repairing *r)
{
    const struct index *ix = &r->v->recs.index;

    for (size_t i = 0; i < r->n_told; i++) {
        struct told *t = &r->told[i];
        uint32_t first = t->kind == TOLD_REVISION ? index_record(ix, t->record) : 0, last = first;
        for (uint32_t n = first; n != 0; n = ix->pair[n].next)
            last = n;
        t->older = last != 0 && last < t->pair && t->record[0] != 0;
    }
}

/* ---- withheld values ---- */

/* "name, notes": field names are no secret here, as `show` tells them to everybody. */
static void
add_name(struct buf *b, struct part field)
{
    for (size_t at = 0; at < b->n;) {
        const char *have = (const char *)b->p + at, *end = memchr(have, ',', b->n - at);
        size_t n = end == NULL ? b->n - at : (size_t)(end - have);
        if (n == field.n && memcmp(have, field.p, n) == 0)
            return;
        at += n + 2;
    }
    buf_str(b, b->n == 0 ? "" : ", ");
    buf_put(b, field.p, field.n);
}

static vault_err
lose_withheld(struct repairing *r, uint32_t n, const struct revision *rev)
{
    struct buf names = BUF_INIT;
    char why[512];
    vault_err err = VAULT_OK;

    snprintf(why, sizeof why, "%s", vault_last_error()->text);
    r->flag[n] |= BLOB_LOST;
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        if (l->tier != LEAF_WITHHELD || !l->here ||
            recs_gone(&r->v->recs, rev, l) != GONE_NOT)
            continue;
        add_name(&names, l->field);
        r->report.lost_values++;
        err = repair_note(r, LOSS_LEAF, rev->record, l->c, 32);
        if (err == VAULT_OK)
            err = gone_add(&r->v->recs.gone, rev->record, l->c, GONE_LOST);
    }
    if (err == VAULT_OK)
        err = buf_cstr(&names) == NULL ? err_nomem() :
            repair_tell(r, TOLD_VALUES, n, (const char *)names.p, why);
    buf_free(&names);
    vault_clear_error();
    return err;
}

static vault_err
withheld(struct repairing *r, uint32_t n, struct revision *rev)
{
    struct recs *recs = &r->v->recs;
    const struct pack *p = NULL;
    bool wanted = revision_introduces(rev) && !recs_withheld_gone(recs, rev);
    vault_err err = recs_pack(recs, n, &p);

    if (err == VAULT_OK && p->names_hidden[n - p->first] && !recs_names_hidden(recs, rev))
        r->flag[n] |= HINT_WRONG;
    if (err == VAULT_OK && !wanted) {
        if (p->has_blob[n - p->first])
            r->flag[n] |= BLOB_LOST;    /* a key that no value needs */
        return VAULT_OK;
    }
    if (err == VAULT_OK)
        err = recs_load_withheld(recs, n, rev);
    return err == VAULT_ERR_DAMAGED ? lose_withheld(r, n, rev) : err;
}

/* ---- attachments ---- */

static vault_err
lose_file(struct repairing *r, uint32_t n, const char *field, enum leaf_tier tier, uint64_t first)
{
    uint8_t place[LOST_FILE_BYTES];

    place[0] = (uint8_t)tier;
    put_u64(place + 1, first);
    r->report.lost_attachments++;
    vault_err err = repair_tell(r, TOLD_ATTACHMENT, n, field,
        "the content of an attachment is damaged, or a part of it is missing");
    return err != VAULT_OK ? err :
        repair_note(r, LOSS_FILE, r->v->recs.index.pair[n].record, place, sizeof place);
}

static bool
lost_file(const struct repairing *r, const struct file_place *p)
{
    uint8_t place[LOST_FILE_BYTES];

    place[0] = p->rows.table == DB_OPEN_CHUNK ? LEAF_OPEN : LEAF_WITHHELD;
    put_u64(place + 1, (uint64_t)p->rows.first);
    for (size_t i = 0; i < r->n_items; i++)
        if (r->item[i].kind == LOSS_FILE && memcmp(r->item[i].bytes, place, sizeof place) == 0 &&
            memcmp(r->item[i].record, r->v->recs.index.pair[p->pair].record, RECORD_ID_BYTES) == 0)
            return true;
    return false;
}

/* Two records name the same pieces with the same key, as whoever can read them can write it: they are of the older revision. */
static vault_err
lose_shared(void *ctx, const struct file_place *a, const struct file_place *b)
{
    const struct file_place *late = a->pair > b->pair ? a : b;

    return lost_file(ctx, a) || lost_file(ctx, b) ? VAULT_OK : lose_file(ctx, late->pair, NULL,
        late->rows.table == DB_OPEN_CHUNK ? LEAF_OPEN : LEAF_WITHHELD, (uint64_t)late->rows.first);
}

vault_err
repair_files(struct repairing *r, uint32_t n, const struct revision *rev)
{
    vault_err err = file_places_add(&r->places, n, rev);

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        bool bad = false, again = false;
        char field[NAME_MAX_BYTES + 1];
        if (!l->here || l->file_key == NULL || !value_is_file(l->value) ||
            session_file_lost(r->v, rev->record, (enum leaf_tier)l->tier, l->file_first))
            continue;
        err = deep_check_file(&r->deep, l, &bad, &again);
        snprintf(field, sizeof field, "%.*s", (int)l->field.n, (const char *)l->field.p);
        if (err == VAULT_OK && bad && !again)
            err = lose_file(r, n, field, (enum leaf_tier)l->tier, l->file_first);
    }
    return err;
}

/* ---- tags ---- */

/* Those of a pack as they have to be, against those of the index. */
static vault_err
compare_tags(struct repairing *r, uint32_t first, const struct buf *tags)
{
    const struct index *ix = &r->v->recs.index;
    struct rd want = rd_of(tags->p, tags->n);
    bool same = true;

    for (uint32_t n = first; n < first + index_pack_size(ix, first); n++) {
        size_t count = rd_u8(&want);
        count |= (size_t)rd_u8(&want) << 8;
        const uint8_t *p = rd_take(&want, count * TAG_BYTES);
        same = same && count == ix->pair[n].n_tags && (count == 0 ||
            memcmp(p, ix->tag + (size_t)ix->pair[n].tags * TAG_BYTES, count * TAG_BYTES) == 0);
    }
    return same ? VAULT_OK : db_set_tags(r->v->db, first, PART(tags->p, tags->n));
}

static vault_err
put_tags(struct repairing *r, const struct revision *rev, struct buf *tags)
{
    size_t at = tags->n, n;
    vault_err err;

    buf_u8(tags, 0);
    buf_u8(tags, 0);
    err = rev == NULL ? VAULT_OK : recs_tags(&r->v->recs, rev, tags);
    if (err == VAULT_OK)
        err = buf_ok(tags);
    if (err != VAULT_OK)
        return err;
    n = (tags->n - at - 2) / TAG_BYTES;
    tags->p[at] = (uint8_t)n;
    tags->p[at + 1] = (uint8_t)(n >> 8);
    return VAULT_OK;
}

/* ---- all of them ---- */

static vault_err
one(struct repairing *r, uint32_t n, struct revision *rev, struct buf *tags)
{
    vault_err err = recs_load(&r->v->recs, n, rev);

    if (err == VAULT_OK)
        err = carried(r, n, rev);
    if (err == VAULT_OK)
        err = values_hold(r, rev);
    if (err == VAULT_ERR_DAMAGED) {
        err = doom(r, n);
        return err != VAULT_OK ? err : put_tags(r, NULL, tags);
    }
    if (err == VAULT_OK)
        err = withheld(r, n, rev);
    if (err == VAULT_OK) {
        err = values_hold(r, rev);
        if (err == VAULT_ERR_DAMAGED)
            err = lose_withheld(r, n, rev);
    }
    if (err == VAULT_OK && (r->flag[n] & BLOB_LOST) != 0)
        err = recs_load(&r->v->recs, n, rev);   /* without what was read of it */
    if (err == VAULT_OK)
        err = repair_files(r, n, rev);
    return err != VAULT_OK ? err : put_tags(r, rev, tags);
}

vault_err
repair_find(struct repairing *r)
{
    const struct index *ix = &r->v->recs.index;
    struct buf tags = BUF_INIT;
    struct revision rev;
    uint32_t pack = 1;
    vault_err err;

    revision_init(&rev);
    err = deep_check_begin(&r->deep, r->v, NULL);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        if (index_is_system(&ix->pair[n]) || index_purged(ix, n))
            err = put_tags(r, NULL, &tags);
        else
            err = one(r, n, &rev, &tags);
        if (err == VAULT_OK && (n == ix->n || ix->pair[n + 1].pack != pack)) {
            err = compare_tags(r, pack, &tags);
            buf_reset(&tags);
            pack = n + 1;
        }
    }
    if (err == VAULT_OK)
        err = file_places_shared(r->v, &r->places, lose_shared, r);
    revision_free(&rev);
    buf_free(&tags);
    return err;
}

vault_err
repair_find_system(struct repairing *r)
{
    struct recs *recs = &r->v->recs;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= recs->index.n; n++) {
        if (!index_is_system(&recs->index.pair[n]) || recs->index.pair[n].lost)
            continue;
        err = recs_load(recs, n, &rev);
        /*
         * Going on without it would undo what it says: a slot that was taken away is one again, a raised tier is low, what
         * was purged may come back. Whoever can write to the file could choose which. Without a contact no other one counts as verified
         * any more, as nobody knows whom the lost word was about.
         */
        if (err == VAULT_ERR_DAMAGED && recs->index.pair[n].record[1] == SYSTEM_CONTACT)
            err = doom(r, n);
        else if (err == VAULT_ERR_DAMAGED)
            err = err_say(err, "go back to a backup; keep the damaged folder", "what a keeper decided (%s) cannot be read, "
                "and the vault must not go on without it", type_system(recs->index.pair[n].record[1]) == NULL ? "?" :
                type_system(recs->index.pair[n].record[1])->name);
        else if (err == VAULT_OK)
            err = withheld(r, n, &rev);
    }
    revision_free(&rev);
    return err;
}

/* ---- the log's details ---- */

vault_err
repair_find_details(struct repairing *r)
{
    static const uint8_t LOG[RECORD_ID_BYTES];
    struct db_cursor *c = NULL;
    struct db_log_row row;
    struct buf out = BUF_INIT;
    struct log_entry e;
    uint8_t n[LOST_DETAIL_BYTES];
    bool got = true;
    vault_err err = db_scan_log(r->v->db, 1, &c);

    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        buf_reset(&out);
        err = entry_decode(&e, row.entry);
        if (err == VAULT_OK && !session_detail_lost(r->v, (uint32_t)row.n))
            err = session_open_detail(r->v, &e, row.detail, &out);
        if (err != VAULT_ERR_DAMAGED)
            continue;
        vault_clear_error();
        put_u32(n, (uint32_t)row.n);
        r->report.lost_details++;
        err = repair_tell(r, TOLD_DETAIL, (uint32_t)row.n, NULL, "the detail of a log entry does not open");
        if (err == VAULT_OK)
            err = repair_note(r, LOSS_DETAIL, LOG, n, sizeof n);
    }
    db_scan_end(c);
    buf_free(&out);
    return err;
}
