/*
 * handoff_set.c - which records a handoff has, and what is told of each: see handoff.h.
 *
 * What somebody named goes, or it is an error. What was only linked to goes if it is there.
 */
#include "vault/handoff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vault/base/text.h"
#include "vault/handoff/safe_name.h"
#include "vault/same.h"

#define FOLDER "files"
#define PIECE ((size_t)64 << 10)

/* ---- one record ---- */

/* Everything that will be told of it. `revision` and `extra` own what the view was made of. */
static vault_err
load(struct handoff *h, const struct handoff_item *item, struct revision *rev, struct buf *extra, struct vault_record **view)
{
    const struct view_options opt = { .reveal = h->names };
    struct recs *r = &h->v->recs;
    char code[CODE_LEN + 1];
    vault_err err = recs_load(r, item->head, rev);

    if (err == VAULT_OK)
        err = recs_check_carried(r, item->head, rev);
    if (err == VAULT_OK && h->names && !revision_removed(rev))
        err = recs_reveal(r, item->head, rev, extra);
    if (err == VAULT_OK)
        err = view_build(h->v, rev, &opt, view);
    if (err == VAULT_ERR_DAMAGED) {
        code_of(code, r->index.pair[item->first].record);
        err_prefix("record %s: ", code);
    }
    return err;
}

vault_err
handoff_each(struct handoff *h, handoff_each_fn *fn, void *ctx)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < h->n; i++) {
        struct vault_record *view = NULL;
        struct buf extra = BUF_INIT;
        struct revision rev;

        revision_init(&rev);
        err = load(h, &h->item[i], &rev, &extra, &view);
        if (err == VAULT_OK) {
            const struct handoff_record r = { .item = &h->item[i], .rev = &rev, .view = view,
                .type = type_set_by_hash(&h->v->recs.types, rev.type) };
            err = fn(ctx, &r);
        }
        vault_record_free(view);
        revision_free(&rev);
        buf_free(&extra);
    }
    return err;
}

/* ---- which ---- */

static vault_err
take(struct handoff *h, uint32_t first)
{
    struct handoff_item *p;

    if (h->state[first] == HANDOFF_TAKEN || h->state[first] == HANDOFF_GONE)
        return VAULT_OK;
    p = array_room(h->item, h->n, &h->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    h->item = p;
    p[h->n++] = (struct handoff_item){ .first = first };
    h->state[first] = HANDOFF_TAKEN;
    return VAULT_OK;
}

enum handoff_state
handoff_state_of(const struct handoff *h, const char *code, uint32_t *first)
{
    const struct index *ix = &h->v->recs.index;
    uint8_t id[RECORD_ID_BYTES];
    unsigned bits = 0;

    *first = code_prefix(id, &bits, code) ? index_record(ix, id) : 0;
    if (*first == 0 || index_is_system(&ix->pair[*first]) || index_purged(ix, *first))
        return HANDOFF_GONE;
    return (enum handoff_state)h->state[*first];
}

/* Another record is named: it goes as well, or is counted. */
static vault_err
follow(struct handoff *h, const char *code)
{
    uint32_t first = 0;
    enum handoff_state s = code == NULL ? HANDOFF_GONE : handoff_state_of(h, code, &first);

    if (s != HANDOFF_UNKNOWN)
        return VAULT_OK;
    if (h->linked)
        return take(h, first);
    h->state[first] = HANDOFF_LEFT;
    return VAULT_OK;
}

static vault_err
follow_all(struct handoff *h, const struct handoff_item *item, const struct vault_record *r)
{
    uint32_t lead = same_lead(&h->v->same, item->first), *member = NULL;
    size_t n = 0;
    char code[CODE_LEN + 1];
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->n_values; i++) {
        const struct vault_value *x = &r->values[i];

        if (x->present && strcmp(x->kind, "link") == 0)
            err = follow(h, x->text);
        if (err == VAULT_OK && x->present)
            err = follow(h, x->source);
    }
    if (err == VAULT_OK)
        err = same_members(h->v, lead, &member, &n);
    for (size_t i = 0; err == VAULT_OK && i <= n; i++) {
        code_of(code, h->v->recs.index.pair[i == n ? lead : member[i]].record);
        err = follow(h, code);
    }
    free(member);
    return err;
}

/* ---- the plan ---- */

static vault_err
count_files(struct handoff *h, const struct vault_record *r)
{
    for (size_t i = 0; i < r->n_attachments; i++) {
        const struct vault_attachment *a = &r->attachments[i];

        if (handoff_file_goes(a)) {
            h->plan.attachments++;
            h->plan.attachments_revealed += a->withheld;
            h->plan.bytes += a->size;
        } else if (a->purged || a->lost || a->left_out) {
            h->plan.attachments_gone++;
        } else if (a->left_out || (a->withheld && !h->names)) {
            h->plan.attachments_withheld++;
        } else {
            return err_say(VAULT_ERR_DAMAGED, "'check' tells more", "record %s: name and key of an attachment cannot be read", r->id);
        }
    }
    return VAULT_OK;
}

static void
count_values(struct handoff *h, const struct vault_record *r)
{
    for (size_t i = 0; i < r->n_values; i++) {
        const struct vault_value *x = &r->values[i];

        if (x->withheld && x->present)
            h->plan.revealed++;
        else if (x->withheld && !x->purged && !x->lost)
            h->plan.withheld++;
    }
}

/* ---- who links to what goes ---- */

static int
by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, TAG_BYTES);
}

static void
add_tag(struct handoff *h, struct buf *tags, uint32_t first)
{
    uint8_t tag[TAG_BYTES];

    recs_tag_link(&h->v->recs, h->v->recs.index.pair[first].record, tag);
    buf_put(tags, tag, sizeof tag);
}

/* By which links to what goes are known, sorted: to each record, or to one that was merged into it. */
static vault_err
find_tags(struct handoff *h, struct buf *tags)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < h->n; i++) {
        uint32_t *member = NULL;
        size_t n = 0;

        add_tag(h, tags, h->item[i].first);
        err = same_members(h->v, h->item[i].first, &member, &n);
        for (size_t k = 0; err == VAULT_OK && k < n; k++)
            add_tag(h, tags, member[k]);
        free(member);
    }
    if (err == VAULT_OK)
        err = buf_ok(tags);
    if (err == VAULT_OK && tags->n != 0)
        qsort(tags->p, tags->n / TAG_BYTES, TAG_BYTES, by_bytes);
    return err;
}

static bool
links_to_one(const struct index *ix, uint32_t n, const struct buf *tags)
{
    const struct pair *p = &ix->pair[n];

    for (unsigned i = 2; i < p->n_tags; i++)        /* behind those of ref and label */
        if (bsearch(ix->tag + ((size_t)p->tags + i) * TAG_BYTES, tags->p, tags->n / TAG_BYTES, TAG_BYTES, by_bytes) != NULL)
            return true;
    return false;
}

/* How many records link to these that do not go: in one pass over all. */
static vault_err
count_linking(struct handoff *h)
{
    const struct index *ix = &h->v->recs.index;
    struct buf tags = BUF_INIT;
    vault_err err = find_tags(h, &tags);

    for (uint32_t n = 1; err == VAULT_OK && tags.n != 0 && n <= ix->n; n++) {
        uint32_t first = ix->pair[n].first, head = 0;

        if (ix->pair[n].n_tags <= 2 || h->state[first] == HANDOFF_TAKEN || h->state[first] == HANDOFF_LINKS || index_purged(ix, n) ||
            !links_to_one(ix, n, &tags))
            continue;
        err = recs_head(&h->v->recs, first, &head, NULL);
        if (err != VAULT_OK || head != n)
            continue;
        h->plan.linking++;
        h->state[first] = HANDOFF_LINKS;
    }
    buf_free(&tags);
    return err;
}

static vault_err
sum_up(struct handoff *h)
{
    h->plan.records = h->n;
    for (uint32_t i = 1; i <= h->v->recs.index.n; i++)
        h->plan.linked += h->state[i] == HANDOFF_LEFT;
    return count_linking(h);
}

static void
note_revealed(struct handoff *h, const struct revision *rev, const struct vault_record *view)
{
    const struct type_def *t = type_set_by_hash(&h->v->recs.types, rev->type);
    const char *name[TYPE_FIELDS_MAX];
    size_t n = handoff_gaps(view, HANDOFF_PROTECTED, name);

    for (size_t i = 0; t != NULL && i < n; i++) {
        const struct field_def *f = type_field(t, name[i], strlen(name[i]));
        bool again = f == NULL || h->n_revealed == TYPE_FIELDS_MAX;

        for (size_t k = 0; !again && k < h->n_revealed; k++)
            again = strcmp(h->revealed[k], f->name) == 0;
        if (!again)
            h->revealed[h->n_revealed++] = f->name;
    }
}

/* What was removed is not told: an error where somebody named it. */
static vault_err
drop_last_looked_at(struct handoff *h, size_t i, size_t named)
{
    if (i < named)
        return err_say(VAULT_ERR_NOT_FOUND, "'revert' brings it back", "a record that is to be sent was removed");
    h->state[h->item[i].first] = HANDOFF_GONE;
    h->n--;
    memmove(&h->item[i], &h->item[i + 1], (h->n - i) * sizeof h->item[i]);
    return VAULT_OK;
}

/* The record in place i, with what it leads to. *stays false: another is in its place now. */
static vault_err
look_at(struct handoff *h, size_t i, size_t named, bool *stays)
{
    struct vault_record *view = NULL;
    struct buf extra = BUF_INIT;
    struct revision rev;
    vault_err err;

    revision_init(&rev);
    *stays = true;
    err = recs_head(&h->v->recs, h->item[i].first, &h->item[i].head, &h->item[i].conflict);
    if (err == VAULT_OK)
        err = load(h, &h->item[i], &rev, &extra, &view);
    if (err == VAULT_OK && revision_removed(&rev) && !h->history) {
        *stays = false;
        err = drop_last_looked_at(h, i, named);
    }
    if (err == VAULT_OK && *stays) {
        h->item[i].file = h->plan.attachments + 1;
        h->plan.conflicts += h->item[i].conflict;
        count_values(h, view);
        note_revealed(h, &rev, view);
        err = count_files(h, view);
    }
    if (err == VAULT_OK && *stays)
        err = follow_all(h, &h->item[i], view);
    vault_record_free(view);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

static vault_err
look_at_all(struct handoff *h)
{
    size_t named = h->n;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < h->n;) {
        bool stays;

        err = look_at(h, i, named, &stays);
        i += stays;
    }
    return err;
}

vault_err
handoff_gather(struct handoff *h, const char *const *id, size_t n)
{
    vault_err err = n == 0 ? err_say(VAULT_ERR_INPUT, NULL, "no record is named") : VAULT_OK;

    h->state = calloc((size_t)h->v->recs.index.n + 1, 1);
    if (h->state == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        uint32_t first = 0;

        err = session_find(h->v, id[i], &first);
        if (err == VAULT_OK)
            err = take(h, first);
        else if (n > 1)
            err_prefix("record %zu of those named: ", i + 1);
    }
    if (err == VAULT_OK)
        err = look_at_all(h);
    return err != VAULT_OK ? err : sum_up(h);
}

vault_err
handoff_gather_numbers(struct handoff *h, const uint32_t *first, size_t n)
{
    vault_err err = VAULT_OK;

    h->state = calloc((size_t)h->v->recs.index.n + 1, 1);
    if (h->state == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = take(h, first[i]);
    if (err == VAULT_OK)
        err = look_at_all(h);
    h->plan.records = h->n;
    return err;
}

void
handoff_free(struct handoff *h)
{
    free(h->item);
    free(h->state);
    h->item = NULL;
    h->state = NULL;
}

/* ---- what is told of one ---- */

vault_err
handoff_flush(struct handoff_writing *w, bool all)
{
    vault_err err = buf_ok(&w->out);

    if (err == VAULT_OK && w->out.n > 0 && (all || w->out.n >= PIECE)) {
        err = w->put(w->ctx, w->out.p, w->out.n);
        buf_reset(&w->out);
    }
    return err;
}

void
handoff_file_path(char out[static HANDOFF_PATH_ROOM], uint64_t number, const char *name)
{
    char safe[SAFE_NAME_ROOM];

    safe_name(safe, number, PART(name, strlen(name)));
    snprintf(out, HANDOFF_PATH_ROOM, FOLDER "/%s", safe);
}

vault_err
handoff_same(const struct handoff *h, uint32_t first, uint32_t **out, size_t *n, size_t *left)
{
    uint32_t lead = same_lead(&h->v->same, first), *member = NULL, *list;
    size_t count = 0;
    vault_err err = same_members(h->v, lead, &member, &count);

    *out = NULL;
    *n = *left = 0;
    if (err != VAULT_OK || count == 0)
        return err;
    list = calloc(count + 1, sizeof *list);
    if (list == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i <= count; i++) {
        uint32_t other = i == 0 ? lead : member[i - 1];

        if (other == first)
            continue;
        if (h->state[other] == HANDOFF_TAKEN)
            list[(*n)++] = other;
        else
            ++*left;
    }
    free(member);
    *out = list;
    return err;
}

static bool
is_gap(enum handoff_gap gap, bool goes, bool withheld, bool purged, bool lost)
{
    switch (gap) {
    case HANDOFF_WITHHELD:
        return !goes && withheld && !purged && !lost;
    case HANDOFF_PURGED:
        return !goes && purged;
    case HANDOFF_LOST:
        return !goes && lost && !purged;
    default:
        return goes && withheld;
    }
}

static void
add_name(const char *name[static TYPE_FIELDS_MAX], size_t *n, const char *field)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(name[i], field) == 0)
            return;
    if (*n < TYPE_FIELDS_MAX)
        name[(*n)++] = field;
}

size_t
handoff_gaps(const struct vault_record *r, enum handoff_gap gap, const char *name[static TYPE_FIELDS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_values; i++) {
        const struct vault_value *x = &r->values[i];

        if (is_gap(gap, x->present, x->withheld, x->purged, x->lost))
            add_name(name, &n, x->field);
    }
    for (size_t i = 0; i < r->n_attachments; i++) {
        const struct vault_attachment *a = &r->attachments[i];

        if (is_gap(gap, handoff_file_goes(a), a->withheld, a->purged, a->lost))
            add_name(name, &n, a->field);
    }
    return n;
}

void
handoff_iso(char out[static HANDOFF_TIME], int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm = {0};

    if (gmtime_r(&t, &tm) == NULL || strftime(out, HANDOFF_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(out, HANDOFF_TIME, "?");
}
