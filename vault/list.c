/* list.c - many records for a person: vault_list. */
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/conditions.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/same.h"
#include "vault/unread.h"
#include "vault/view.h"

#define IDS_LOGGED 256          /* a longer list is logged by its number alone */

struct listing {
    struct vault *v;
    const struct vault_list_query *q;
    struct conditions *where;
    vault_list_fn *fn;
    void *ctx;
    uint64_t matched;
    bool counting;              /* first pass of a reveal: what will be shown */
    char id[IDS_LOGGED][CODE_LEN + 1];
    struct buf title;
    struct unread unread;
    uint32_t *member;           /* heads that match, of records merged into others: told at the end */
    size_t n_members, cap_members;
};

/* Of the type in question, and meets all conditions? */
static vault_err
meets_all(struct listing *l, const struct revision *rev, bool *yes)
{
    const struct type_def *t = type_set_by_hash(&l->v->recs.types, rev->type);

    if (t == NULL)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the type of a record is missing");
    *yes = l->q->type == NULL || strcmp(t->name, l->q->type) == 0;
    return *yes ? conditions_meet(l->where, 1, t, rev, yes) : VAULT_OK;
}

/* ---- the scan ---- */

/* `lead`: first number of the record that it is the same as, or 0. */
static vault_err
tell(struct listing *l, const struct revision *rev, uint32_t lead, bool *stop)
{
    const struct view_options opt = { .reveal = l->q->reveal };
    const struct type_def *t = type_set_by_hash(&l->v->recs.types, rev->type);
    struct vault_record *full = NULL;
    char code[CODE_LEN + 1], other[CODE_LEN + 1];
    struct vault_list_item item = { .id = code, .type = t->name, .updated = rev->time };
    vault_err err;

    code_of(code, rev->record);
    buf_reset(&l->title);
    err = recs_title(&l->v->recs, rev, &l->title);
    item.label = buf_cstr(&l->title);
    if (err == VAULT_OK && item.label == NULL)
        err = err_nomem();
    if (lead != 0) {
        code_of(other, l->v->recs.index.pair[lead].record);
        item.same_as = other;
    }
    if (err == VAULT_OK && l->q->full)
        err = view_build(l->v, rev, &opt, &full);
    item.record = full;
    if (err == VAULT_OK && l->fn(l->ctx, &item) != 0)
        *stop = true;
    vault_record_free(full);
    return err;
}

static vault_err
take(struct listing *l, const struct revision *rev, uint32_t lead, bool *stop)
{
    if (l->counting && l->matched < IDS_LOGGED)
        code_of(l->id[l->matched], rev->record);
    l->matched++;
    return l->counting ? VAULT_OK : tell(l, rev, lead, stop);
}

static vault_err
hold(struct listing *l, uint32_t n)
{
    uint32_t *p = array_room(l->member, l->n_members, &l->cap_members, sizeof *p);

    if (p == NULL)
        return err_nomem();
    l->member = p;
    l->member[l->n_members++] = n;
    return VAULT_OK;
}

static vault_err
each(struct scan *s, uint32_t n, struct revision *rev)
{
    struct listing *l = s->ctx;
    bool yes = false, stop = false;
    vault_err err = meets_all(l, rev, &yes);

    if (err != VAULT_OK || !yes)
        return err;
    if (same_into(&l->v->same, l->v->recs.index.pair[n].first) != 0)
        return hold(l, n);
    err = take(l, rev, 0, &stop);
    if (stop)
        s->stop = true;
    return err;
}

/* ---- records that were merged into others: their person has one line ---- */

static vault_err
load(struct listing *l, uint32_t n, bool withheld, struct revision *rev, struct buf *extra)
{
    struct vault_error unread;
    vault_err err = recs_load(&l->v->recs, n, rev);

    buf_reset(extra);
    return err != VAULT_OK || !withheld ? err :
        recs_reveal_some(&l->v->recs, n, rev, extra, &unread);      /* that they cannot be read the scan has said */
}

/* Is the leading record in this list itself? */
static vault_err
lead_is_listed(struct listing *l, uint32_t lead, bool withheld, bool *yes)
{
    struct revision rev;
    struct buf extra = BUF_INIT;
    uint32_t head = 0;
    vault_err err = VAULT_OK;

    *yes = false;
    if (index_purged(&l->v->recs.index, lead))
        return VAULT_OK;
    revision_init(&rev);
    err = recs_head(&l->v->recs, lead, &head, NULL);
    if (err == VAULT_OK)
        err = load(l, head, withheld, &rev, &extra);
    if (err == VAULT_OK && !revision_removed(&rev))
        err = meets_all(l, &rev, yes);
    if (err == VAULT_ERR_DAMAGED) {     /* then it is not */
        vault_clear_error();
        err = VAULT_OK;
    }
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* Nobody is left out whose leading record is not there. */
static vault_err
take_members(struct listing *l, bool withheld)
{
    struct revision rev;
    struct buf extra = BUF_INIT;
    bool stop = false;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t i = 0; err == VAULT_OK && !stop && i < l->n_members; i++) {
        uint32_t lead = same_lead(&l->v->same, l->v->recs.index.pair[l->member[i]].first);
        bool there = false;
        err = lead_is_listed(l, lead, withheld, &there);
        if (err == VAULT_OK && !there)
            err = load(l, l->member[i], withheld, &rev, &extra);
        if (err == VAULT_OK && !there)
            err = take(l, &rev, lead, &stop);
    }
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

static vault_err
bad(struct scan *s, uint32_t n, const struct revision *rev)
{
    struct listing *l = s->ctx;
    const struct type_def *t = rev == NULL ? NULL :
        type_set_by_hash(&l->v->recs.types, rev->type);
    bool concerns = t == NULL || l->q->type == NULL || strcmp(t->name, l->q->type) == 0, unknown;
    vault_err err = t == NULL || !concerns ? VAULT_OK : conditions_may_meet(l->where, t, rev, &concerns, &unknown);

    if (err != VAULT_OK || !concerns)
        return err;
    return unread_add(&l->unread, &l->v->recs.index, n);
}

static vault_err
pass(struct listing *l, bool withheld)
{
    struct scan s = { .r = &l->v->recs, .withheld = withheld, .fn = each, .bad = bad,
        .tolerate = true, .ctx = l };
    vault_err err;

    l->matched = 0;
    l->n_members = 0;
    unread_reset(&l->unread);
    err = conditions_find(l->where, &l->unread);
    if (err == VAULT_OK)
        err = scan_run(&s);
    if (err == VAULT_OK && !s.stop)
        err = take_members(l, withheld);
    if (s.stop)
        unread_reset(&l->unread);       /* who has seen enough is not told about the rest */
    return err;
}

static vault_err
log_listing(struct listing *l)
{
    const char *ids[IDS_LOGGED];
    struct detail d = {0};
    vault_err err;

    for (size_t i = 0; i < IDS_LOGGED; i++)
        ids[i] = l->id[i];
    if (l->matched <= IDS_LOGGED)
        detail_texts(&d, "ids", ids, (size_t)l->matched);
    detail_uint(&d, "records", l->matched);
    if (l->q->type != NULL)
        detail_text(&d, "type", l->q->type);
    err = session_note(l->v, "reveal", true, &d);
    detail_free(&d);
    return err;
}

static vault_err
prepare(struct listing *l)
{
    const struct type_def *t;
    vault_err err = VAULT_OK;

    if (l->q->reveal)
        err = need_keeper(l->v, "revealing withheld values");
    if (err == VAULT_OK && l->q->type != NULL)
        err = type_set_get(&t, &l->v->recs.types, l->q->type);
    if (err == VAULT_OK)
        err = conditions_make(&l->where, l->v, l->q->type, l->q->where, l->q->n_where);
    return err;
}

vault_err
vault_list(vault *v, const struct vault_list_query *q, vault_list_fn *fn, void *ctx)
{
    struct listing *l;
    bool withheld;
    vault_err err;

    vault_clear_error();
    l = calloc(1, sizeof *l);
    if (l == NULL)
        return err_nomem();
    *l = (struct listing){ .v = v, .q = q, .fn = fn, .ctx = ctx };
    err = prepare(l);
    withheld = err == VAULT_OK && (q->reveal || conditions_withheld(l->where));
    if (err == VAULT_OK && q->reveal) {
        l->counting = true;         /* the entry says how many, and comes first */
        err = pass(l, withheld);
        l->counting = false;
        if (err == VAULT_OK)
            err = log_listing(l);
    }
    if (err == VAULT_OK)
        err = pass(l, withheld);
    if (err == VAULT_OK)
        err = unread_say(&l->unread, q->unread);
    unread_reset(&l->unread);
    conditions_free(l->where);
    buf_free(&l->title);
    free(l->member);
    free(l);
    return err;
}
