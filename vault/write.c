/*
 * write.c - adding and changing records: vault_add, vault_edit, vault_revert, vault_remove,
 * vault_type_add, vault_accept; and finding what a person names.
 *
 * Each is one transaction with one entry. An edit by a keeper reads the withheld values of the
 * head to see which ones really change; that is not a reveal, nothing of it leaves this file.
 */
#include "vault/known.h"
#include "vault/session.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/text.h"
#include "vault/record/draft.h"
#include "vault/same.h"

/* ---- finding ---- */

vault_err
session_find(struct vault *v, const char *id, uint32_t *first)
{
    return recs_find(&v->recs, id, strlen(id), FIND_ANY, first);
}

static bool
hex_prefix_is(const uint8_t *id, const char *hex)
{
    char full[2 * REVISION_ID_BYTES + 1];

    hex_of(full, id, REVISION_ID_BYTES);
    return strncasecmp(full, hex, strlen(hex)) == 0;
}

vault_err
session_find_revision(struct vault *v, uint32_t first, const char *hex, uint32_t *n,
    bool *conflict)
{
    const struct index *ix = &v->recs.index;
    uint32_t found = 0;

    if (hex == NULL)
        return recs_head(&v->recs, first, n, conflict);
    if (strlen(hex) < 4 || strlen(hex) > 2 * REVISION_ID_BYTES)
        return err_say(VAULT_ERR_INPUT, "'history' shows the revisions",
            "a revision is named by at least four digits of its id");
    for (uint32_t m = first; m != 0; m = ix->pair[m].next) {
        if (!hex_prefix_is(ix->pair[m].revision, hex))
            continue;
        if (found != 0)
            return err_say(VAULT_ERR_INPUT, "give more of it", "several revisions begin like that");
        found = m;
    }
    if (found == 0)
        return err_say(VAULT_ERR_NOT_FOUND, "'history' shows the revisions",
            "this record has no such revision");
    *n = found;
    if (conflict != NULL)
        *conflict = false;
    return VAULT_OK;
}

vault_err
session_load_head(struct vault *v, const char *id, uint32_t *n, struct revision *rev)
{
    uint32_t first = 0;
    bool conflict = false;
    vault_err err;

    err = session_find(v, id, &first);
    if (err == VAULT_OK)
        err = recs_head(&v->recs, first, n, &conflict);
    if (err == VAULT_OK && conflict)
        err = recs_differ("this record");
    if (err == VAULT_OK)
        err = recs_load(&v->recs, *n, rev);
    return err;
}

/* ---- results and details ---- */

vault_err
session_result(struct vault *v, const struct revision *rev, bool changed, struct vault_added *out)
{
    struct buf title = BUF_INIT;
    vault_err err = recs_title(&v->recs, rev, &title);

    if (err == VAULT_OK) {
        memset(out, 0, sizeof *out);
        code_of(out->id, rev->record);
        hex_of(out->revision, rev->id, REVISION_ID_BYTES);
        out->changed = changed;
        memcpy(out->label, title.p, title.n < sizeof out->label - 1 ? title.n :
            sizeof out->label - 1);
    }
    buf_free(&title);
    return err;
}

static void
detail_fields(struct detail *d, const vault_fields *f)
{
    const char *name[64];
    size_t n = 0;

    for (size_t i = 0; i < f->n && n < 64; i++) {
        bool seen = false;
        for (size_t k = 0; k < n; k++)
            seen = seen || strcmp(name[k], f->in[i].field) == 0;
        if (!seen)
            name[n++] = f->in[i].field;
    }
    detail_texts(d, "fields", name, n);
}

vault_err
session_commit_one(struct vault *v, struct change *c, struct revision *rev,
    const struct commit *what, struct vault_added *out)
{
    struct vault_added result;
    vault_err err = change_add(c, rev);

    if (err == VAULT_OK)
        err = session_result(v, rev, true, &result);
    if (err == VAULT_OK) {
        detail_text(what->detail, "id", result.id);
        detail_text(what->detail, "revision", result.revision);
    }
    if (err != VAULT_OK) {
        change_abort(c);
        return err;
    }
    err = session_commit(v, c, what);
    if (err == VAULT_OK)
        *out = result;
    return err;
}

static vault_err
store(struct vault *v, struct revision *rev, const char *action, const char *type,
    const vault_fields *f, struct vault_added *out)
{
    struct detail d = {0};
    struct commit what = { .action = action, .detail = &d };
    struct change c;
    vault_err err;

    if (type != NULL)
        detail_text(&d, "type", type);
    if (f != NULL)
        detail_fields(&d, f);
    err = session_begin(v, &c);
    if (err == VAULT_OK)
        err = session_commit_one(v, &c, rev, &what, out);
    detail_free(&d);
    return err;
}

/* ---- the calls ---- */

vault_err
vault_add(vault *v, const char *type, const vault_fields *f, struct vault_added *out)
{
    const struct type_def *t = NULL;
    struct revision rev;
    struct draft d;
    vault_err err;

    vault_clear_error();
    revision_init(&rev);
    err = draft_init(&d, &v->recs);
    if (err == VAULT_OK)
        err = type_set_get(&t, &v->recs.types, type);
    if (err == VAULT_OK)
        err = draft_add(&d, t, f, &rev);
    if (err == VAULT_OK)
        err = known_check(v, &rev, NULL);
    if (err == VAULT_OK)
        err = store(v, &rev, "add", t->name, f, out);
    draft_done(&d);
    revision_free(&rev);
    return err;
}

vault_err
vault_edit(vault *v, const char *id, const vault_fields *f, struct vault_added *out)
{
    struct revision base, rev;
    struct buf extra = BUF_INIT;
    struct draft d;
    uint32_t n = 0;
    bool changed = false;
    vault_err err;

    vault_clear_error();
    revision_init(&base);
    revision_init(&rev);
    err = draft_init(&d, &v->recs);
    if (err == VAULT_OK)
        err = session_load_head(v, id, &n, &base);
    if (err == VAULT_OK && f->n == 0)
        err = err_say(VAULT_ERR_INPUT, "give FIELD=VALUE, --from or --unset", "nothing to change");
    if (err == VAULT_OK && is_keeper(v))
        err = recs_look(&v->recs, n, &base, &extra);
    if (err == VAULT_OK)
        err = draft_edit(&d, n, &base, f, &rev, &changed);
    if (err == VAULT_OK && changed)
        err = known_check(v, &rev, &base);
    if (err == VAULT_OK)
        err = changed ? store(v, &rev, "edit", NULL, f, out) : session_result(v, &base, false, out);
    draft_done(&d);
    revision_free(&base);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* Content that was destroyed cannot come back; a field or attachment that was purged on its own
 * is left out. */
static vault_err
may_come_back(const struct vault *v, const struct revision *old)
{
    bool any = false, refused = false;

    for (size_t i = 0; i < old->n_leaves; i++) {
        enum gone_what what = gone_find(&v->recs.gone, old->record, old->leaf[i].c);
        any = any || !gone_for_good(what);
        refused = refused || what == GONE_REVISION;
    }
    if (any && !refused)
        return VAULT_OK;
    return err_say(VAULT_ERR_REFUSED, "'show --rev' shows what is left of it",
        "values of that revision were purged, so it cannot be made the present one");
}

/* Revert (hex given) or remove (NULL): a copy on top of the head. */
static vault_err
copy_on_top(vault *v, const char *id, const char *hex, const char *action,
    struct vault_added *out)
{
    struct revision head, old, rev;
    struct draft d;
    uint32_t n = 0, m = 0;
    vault_err err;

    vault_clear_error();
    revision_init(&head);
    revision_init(&old);
    revision_init(&rev);
    err = draft_init(&d, &v->recs);
    if (err == VAULT_OK)
        err = session_load_head(v, id, &n, &head);
    if (err == VAULT_OK && hex == NULL && revision_removed(&head))
        err = err_say(VAULT_ERR_INPUT, "'revert' brings it back", "this record was removed already");
    if (err == VAULT_OK && hex != NULL)
        err = session_find_revision(v, v->recs.index.pair[n].first, hex, &m, NULL);
    if (err == VAULT_OK && hex != NULL && m == n)
        err = err_say(VAULT_ERR_INPUT, NULL, "that is the present revision");
    if (err == VAULT_OK && hex != NULL)
        err = recs_load(&v->recs, m, &old);
    if (err == VAULT_OK && hex != NULL)
        err = recs_check_carried(&v->recs, m, &old);
    if (err == VAULT_OK && hex != NULL)
        err = may_come_back(v, &old);
    if (err == VAULT_OK)
        err = draft_copy(&d, &head, hex == NULL ? NULL : &old, &rev);
    if (err == VAULT_OK && hex != NULL)
        err = known_check(v, &rev, &head);
    if (err == VAULT_OK)
        err = store(v, &rev, action, NULL, NULL, out);
    draft_done(&d);
    revision_free(&head);
    revision_free(&old);
    revision_free(&rev);
    return err;
}

vault_err
vault_revert(vault *v, const char *id, const char *revision, struct vault_added *out)
{
    return copy_on_top(v, id, revision, "revert", out);
}

vault_err
vault_remove(vault *v, const char *id, struct vault_added *out)
{
    uint32_t first = 0, *member = NULL;
    size_t n = 0;
    vault_err err;

    vault_clear_error();
    err = session_find(v, id, &first);
    if (err == VAULT_OK)
        err = same_members(v, same_lead(&v->same, first), &member, &n);
    free(member);
    if (err == VAULT_OK)
        err = copy_on_top(v, id, NULL, "remove", out);
    if (err == VAULT_OK)
        out->same = (unsigned)n;
    return err;
}

/* ---- types ---- */

static vault_err
store_type(vault *v, const struct type_def *t)
{
    struct detail det = {0};
    struct commit what = { .action = "type", .keeper = true, .detail = &det };
    struct change c;
    vault_err err;

    detail_text(&det, "type", t->name);
    detail_uint(&det, "version", t->version);
    err = session_begin(v, &c);
    if (err == VAULT_OK) {
        err = system_add_type(v, &c, t);
        if (err == VAULT_OK)
            err = session_commit(v, &c, &what);
        else
            change_abort(&c);
    }
    detail_free(&det);
    return err;
}

/* Nothing but the version differs: there is nothing to add. */
static vault_err
same_type(const struct type_def *now, struct type_def *t, bool *same)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    vault_err err = type_encode(&a, now);

    t->version = now->version;
    if (err == VAULT_OK)
        err = type_encode(&b, t);
    *same = err == VAULT_OK && a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
    buf_free(&a);
    buf_free(&b);
    return err;
}

vault_err
vault_type_add(vault *v, const char *json, size_t n)
{
    struct type_def *t = NULL;
    const struct type_def *now;
    bool same = false;
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "changing types");
    if (err == VAULT_OK)
        err = type_from_json(&t, json, n);
    if (err != VAULT_OK)
        return err;
    now = type_set_current(&v->recs.types, t->name);
    if (now != NULL) {
        err = same_type(now, t, &same);
        t->version = now->version + 1;
        if (err == VAULT_OK && !same)
            err = type_may_follow(now, t);
    }
    if (err == VAULT_OK && !same)
        err = store_type(v, t);
    type_free(t);
    return err;
}

/* ---- refusals ---- */

vault_err
vault_accept(vault *v, const char *const *words, size_t n)
{
    char **list = calloc(n + 1, sizeof *list);
    vault_err err = VAULT_OK;

    vault_clear_error();
    if (list == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        list[i] = strdup(words[i]);
        if (list[i] == NULL)
            err = err_nomem();
    }
    if (err != VAULT_OK) {
        for (size_t i = 0; i < n; i++)
            free(list[i]);
        free(list);
        return err;
    }
    for (size_t i = 0; i < v->n_accept; i++)
        free(v->accept[i]);
    free(v->accept);
    v->accept = list;
    v->n_accept = n;
    buf_reset(&v->used);        /* of calls that came to nothing */
    return VAULT_OK;
}

bool
session_accepts(struct vault *v, const char *word)
{
    for (size_t i = 0; i < v->n_accept; i++)
        if (strcmp(v->accept[i], word) == 0) {
            buf_put(&v->used, word, strlen(word) + 1);
            return true;
        }
    return false;
}
