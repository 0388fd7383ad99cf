/*
 * consent.c - a person takes her consent back: vault_consent_withdraw.
 *
 * What is out cannot be called back; but who has it can be told. So everything that went out with her in it is listed.
 */
#include "vault/releases.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/date.h"
#include "vault/record/value.h"
#include "vault/same.h"

#define CONSENT "consent"

/* ---- which consents ---- */

struct withdrawing {
    struct vault *v;
    uint32_t person;                /* first number of the lead; 0: the consent names nobody */
    char (*code)[CODE_LEN + 1];     /* consents that are to be withdrawn */
    size_t n, cap, conflicts;
    bool any;                       /* there are consents, withdrawn before or not */
    struct buf about;               /* codes of the person's records and of those that link to them, quoted as JSON has them */
    vault_consent_fn *fn;
    void *ctx;
};

static bool
is_type(const struct vault *v, const struct revision *rev, const char *name)
{
    const struct type_def *t = type_set_by_hash(&v->recs.types, rev->type);

    return t != NULL && strcmp(t->name, name) == 0;
}

static vault_err
take_consent(struct withdrawing *w, const struct revision *rev)
{
    const struct leaf *l = revision_leaf(rev, "withdrawn");
    char (*p)[CODE_LEN + 1];

    if (revision_removed(rev))
        return VAULT_OK;
    w->any = true;
    if (l != NULL && l->value.n != 0)
        return VAULT_OK;
    p = array_room(w->code, w->n, &w->cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    w->code = p;
    code_of(w->code[w->n++], rev->record);
    return VAULT_OK;
}

static void
note_about(struct withdrawing *w, const uint8_t *record)
{
    char code[CODE_LEN + 1];

    code_of(code, record);
    buf_fmt(&w->about, "\"%s\"", code);
    buf_u8(&w->about, '\0');
}

/* The consents among what links to the person; the rest of it is about the person. */
static vault_err
find_consents(struct withdrawing *w, bool take)
{
    struct revision rev;
    uint32_t *link = NULL, *member = NULL;
    size_t n = 0, members = 0;
    vault_err err = session_links(w->v, w->person, &link, &n);

    revision_init(&rev);
    if (err == VAULT_OK)
        err = same_members(w->v, w->person, &member, &members);
    note_about(w, w->v->recs.index.pair[w->person].record);
    for (size_t i = 0; err == VAULT_OK && i < members; i++)
        note_about(w, w->v->recs.index.pair[member[i]].record);
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        err = recs_load(&w->v->recs, link[i], &rev);
        if (err != VAULT_OK)
            break;
        if (!is_type(w->v, &rev, CONSENT))
            note_about(w, rev.record);
        else if (take)
            err = take_consent(w, &rev);
    }
    revision_free(&rev);
    free(member);
    free(link);
    return err == VAULT_OK ? buf_ok(&w->about) : err;
}

/* Of a consent by its own id: that one, and its person. */
static vault_err
find_one(struct withdrawing *w, const struct revision *rev)
{
    const struct leaf *l = revision_leaf(rev, "person");
    struct value_view view;
    vault_err err = take_consent(w, rev);

    if (err == VAULT_OK && l != NULL && l->value.n != 0 && value_read(&view, l->value) == VAULT_OK && view.text.n == RECORD_ID_BYTES)
        w->person = index_record(&w->v->recs.index, view.text.p);
    if (err != VAULT_OK || w->person == 0)
        return err;
    w->person = same_lead(&w->v->same, w->person);
    return find_consents(w, false);
}

static vault_err
find(struct withdrawing *w, const char *id)
{
    struct revision rev;
    uint32_t first = 0, head = 0;
    bool conflict = false;
    vault_err err = session_find(w->v, id, &first);

    revision_init(&rev);
    if (err == VAULT_OK)
        err = recs_head(&w->v->recs, first, &head, &conflict);
    if (err == VAULT_OK)
        err = recs_load(&w->v->recs, head, &rev);
    if (err == VAULT_OK && is_type(w->v, &rev, CONSENT)) {
        err = find_one(w, &rev);
    } else if (err == VAULT_OK) {
        w->person = same_lead(&w->v->same, first);
        err = find_consents(w, true);
    }
    if (err == VAULT_OK && !w->any)
        err = err_say(VAULT_ERR_NOT_FOUND, "`consent ID audience=...` records one", "there is no consent of that person");
    revision_free(&rev);
    return err;
}

static vault_err
withdraw(struct withdrawing *w, uint64_t *changed)
{
    vault_fields *f = NULL;
    struct vault_added added;
    char today[DATE_MAX];
    vault_err err = vault_fields_new(&f);

    date_today(today);
    if (err == VAULT_OK)
        err = vault_fields_add(f, "withdrawn", today, strlen(today));
    for (size_t i = 0; err == VAULT_OK && i < w->n; i++) {
        err = vault_edit(w->v, w->code[i], f, &added);
        *changed += err == VAULT_OK;
        if (err == VAULT_ERR_CONFLICT) {        /* the others are withdrawn all the same */
            w->conflicts++;
            vault_clear_error();
            err = VAULT_OK;
        }
    }
    vault_fields_free(f);
    return err;
}

/* ---- what went out ---- */

static bool
is_in(const struct withdrawing *w, const char *detail)
{
    for (size_t at = 0; at < w->about.n; at += strlen((const char *)w->about.p + at) + 1)
        if (strstr(detail, (const char *)w->about.p + at) != NULL)
            return true;
    return false;
}

static int
at_entry(void *ctx, const struct vault_log_item *e)
{
    struct withdrawing *w = ctx;
    const struct vault_consent_hit hit = { .kind = "handoff", .to = e->detail, .what = e->action, .time = e->time, .log = e->number,
        .names = strcmp(e->action, "handoff-names") == 0 };

    if (strncmp(e->action, "handoff", strlen("handoff")) != 0 || !is_in(w, e->detail))
        return 0;
    return w->fn(w->ctx, &hit);
}

static bool
has_person(const struct withdrawing *w, const struct released *x)
{
    const struct index *ix = &w->v->recs.index;

    for (size_t at = 0; at + RECORD_ID_BYTES <= x->persons.n; at += RECORD_ID_BYTES) {
        uint32_t first = index_record(ix, x->persons.p + at);

        if (first != 0 && same_lead(&w->v->same, first) == w->person)
            return true;
    }
    return false;
}

static vault_err
tell_releases(struct withdrawing *w)
{
    struct releases all = {0};
    struct log_entry e;
    vault_err err = releases_load(w->v, &all);

    for (size_t i = 0; err == VAULT_OK && i < all.n; i++) {
        struct vault_consent_hit hit = { .kind = "release", .to = (const char *)all.list[i].audience.p, .what = (const char *)all.list[i].folder.p };

        if (!has_person(w, &all.list[i]))
            continue;
        err = session_read_entry(w->v, all.list[i].log, &e, NULL);
        hit.time = e.time;
        hit.log = e.number;
        if (err == VAULT_OK && w->fn(w->ctx, &hit) != 0)
            break;
    }
    releases_free(&all);
    return err;
}

vault_err
vault_consent_withdraw(vault *v, const char *id, vault_consent_fn *fn, void *ctx, uint64_t *changed)
{
    struct withdrawing w = { .v = v, .fn = fn, .ctx = ctx };
    vault_err err;

    vault_clear_error();
    *changed = 0;
    err = find(&w, id);
    if (err == VAULT_OK)
        err = withdraw(&w, changed);
    if (err == VAULT_OK && w.person != 0 && is_keeper(v))
        err = tell_releases(&w);
    if (err == VAULT_OK && w.person != 0)
        err = vault_log(v, at_entry, &w);
    if (err == VAULT_OK && w.conflicts > 0)
        err = err_say(VAULT_ERR_CONFLICT, "`resolve` them and withdraw again; until then no release takes them for an agreement",
            "%zu of the consents are in conflict, and could not be withdrawn", w.conflicts);
    free(w.code);
    buf_free(&w.about);
    return err;
}
