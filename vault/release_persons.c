/*
 * release_persons.c - whom a release is about, and whether each agreed: see release.h.
 *
 * A row is about the person that it is, about the persons that its field `person` links to, about those of the case that its field `case` links
 * to; and about whoever any other link of it leads to, where the policy lets that link out, or where its type has neither of these two fields.
 */
#include "vault/release.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/date.h"
#include "vault/record/value.h"
#include "vault/same.h"

#define PERSON "person"
#define CASE "case"
#define CONSENT "consent"
#define ANY_AUDIENCE "any"
#define HOPS_MAX 4u                     /* document, case, person */
#define TOLD_MAX 100u                   /* refusals of one kind; the rest is counted */

enum { IS_PERSON = 1, IS_READ = 2 };    /* struct release: kind */
enum use { USE_RELEASE, USE_HANDOFF, USE_COURT, USE_STATISTICS };
static const char *const USES[] = { "release", "handoff", "court", "statistics" };

static bool
is_type(const struct type_def *t, const char *name)
{
    return strcmp(t->name, name) == 0;
}

bool
release_wants_type(const struct release *r, const struct type_def *t)
{
    (void)r;
    return is_type(t, PERSON) || is_type(t, CASE) || is_type(t, CONSENT);
}

/* ---- what revisions say ---- */

static bool
is_field(const struct leaf *l, const char *name)
{
    return l->field.n == strlen(name) && memcmp(l->field.p, name, l->field.n) == 0;
}

/* Does the policy let this link out, in rows of that type? */
static bool
is_let_out(const struct release *r, const struct type_def *t, const struct field_def *f)
{
    const struct policy_rows *rows = policy_rows_of(&r->p, t->name);
    const struct policy_field *pf = rows == NULL ? NULL : policy_field_of(rows, f->name);

    return pf != NULL && pf->treat != TREAT_DROP;
}

/* A person who was removed is one still. */
static vault_err
note_edge(struct release *r, uint32_t from, const struct field_def *f, struct part id)
{
    struct release_edge *p = array_room(r->edge, r->n_edges, &r->cap_edges, sizeof *p);
    uint32_t to = id.n == RECORD_ID_BYTES ? index_record(&r->v->recs.index, id.p) : 0;
    bool person = strcmp(f->target, PERSON) == 0;

    if (p == NULL)
        return err_nomem();
    r->edge = p;
    p[r->n_edges++] = (struct release_edge){ from, to, person || strcmp(f->target, CASE) == 0 };
    if (person && to != 0)
        r->kind[to] |= IS_PERSON;
    return VAULT_OK;
}

static bool
has_field(const struct type_def *t, const char *name)
{
    return type_field(t, name, strlen(name)) != NULL;
}

/* A type of somebody's own that has neither field is about whoever it links to. */
static vault_err
note_links(struct release *r, uint32_t first, const struct type_def *t, const struct revision *rev)
{
    bool says_whom = has_field(t, PERSON) || has_field(t, CASE);
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        const struct field_def *f = type_field(t, l->field.p, l->field.n);
        struct value_view view;

        if (f == NULL || f->kind != FIELD_LINK || l->value.n == 0 || value_read(&view, l->value) != VAULT_OK)
            continue;
        if (is_field(l, PERSON) || is_field(l, CASE) || is_let_out(r, t, f) || (!says_whom && strcmp(f->target, PERSON) == 0))
            err = note_edge(r, first, f, view.text);
    }
    return err;
}

/* The last, or the first day that a date may mean: INT32_MIN where it is not there. One that tells no such day never counts as missing. */
static int32_t
day_of(const struct revision *rev, const char *field, bool latest)
{
    const struct leaf *l = revision_leaf(rev, field);
    struct value_view view;
    struct date_span span;

    if (l == NULL || l->value.n == 0)
        return INT32_MIN;
    if (value_read(&view, l->value) != VAULT_OK || view.shape != VALUE_TEXT || !date_span(&span, view.text.p, view.text.n))
        return latest ? INT32_MAX : INT32_MIN + 1;
    return latest ? span.to : span.from == INT32_MIN ? INT32_MIN + 1 : span.from;
}

static bool
text_is(struct part p, const char *s)
{
    return p.n == strlen(s) && memcmp(p.p, s, p.n) == 0;
}

/* Equal as a search would take it. */
static vault_err
is_audience(const struct release *r, struct part text, bool *yes)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    vault_err err = text_fold(&a, text.p, text.n);

    if (err == VAULT_OK)
        err = text_fold(&b, r->p.audience, strlen(r->p.audience));
    *yes = err == VAULT_OK && a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
    buf_free(&a);
    buf_free(&b);
    return err;
}

static vault_err
read_consent(const struct release *r, const struct revision *rev, struct release_consent *c)
{
    vault_err err = VAULT_OK;

    c->given = day_of(rev, "given", true);
    c->expires = day_of(rev, "expires", false);
    c->withdrawn = day_of(rev, "withdrawn", true);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        struct value_view view;

        if (l->value.n == 0 || value_read(&view, l->value) != VAULT_OK || view.shape == VALUE_FILE)
            continue;
        if (is_field(l, "audience") && text_is(view.text, ANY_AUDIENCE))
            c->audience = true;
        else if (is_field(l, "audience"))
            err = is_audience(r, view.text, &c->audience);
        for (size_t k = 0; is_field(l, "uses") && k < sizeof USES / sizeof USES[0]; k++)
            c->uses[k] = c->uses[k] || text_is(view.text, USES[k]);
    }
    return err;
}

static vault_err
note_consent(struct release *r, uint32_t n, const struct revision *rev)
{
    struct release_consent *p = array_room(r->consent, r->n_consents, &r->cap_consents, sizeof *p);
    const struct leaf *l = revision_leaf(rev, PERSON);
    struct value_view view;

    if (p == NULL)
        return err_nomem();
    r->consent = p;
    p += r->n_consents;
    memset(p, 0, sizeof *p);
    p->n = n;
    if (l == NULL || l->value.n == 0 || value_read(&view, l->value) != VAULT_OK || view.text.n != RECORD_ID_BYTES)
        return VAULT_OK;
    p->person = index_record(&r->v->recs.index, view.text.p);
    if (p->person == 0)
        return VAULT_OK;
    p->person = same_lead(&r->v->same, p->person);
    p->conflict = release_in_conflict(r, r->v->recs.index.pair[n].first);
    r->n_consents++;
    return read_consent(r, rev, p);
}

vault_err
release_note(struct release *r, uint32_t n, const struct type_def *t, const struct revision *rev)
{
    uint32_t first = r->v->recs.index.pair[n].first;

    if (is_type(t, CONSENT))
        return note_consent(r, n, rev);
    r->kind[first] |= (uint8_t)(IS_READ | (is_type(t, PERSON) ? IS_PERSON : 0));
    return note_links(r, first, t, rev);
}

/* ---- who it is about ---- */

static vault_err
add_person(struct release *r, uint32_t first)
{
    uint32_t *p = array_room(r->person, r->n_persons, &r->cap_persons, sizeof *p);

    if (p == NULL)
        return err_nomem();
    r->person = p;
    p[r->n_persons++] = same_lead(&r->v->same, first);
    return VAULT_OK;
}

static int
compare_edges(const void *a, const void *b)
{
    const struct release_edge *x = a, *y = b;

    return x->from != y->from ? (x->from < y->from ? -1 : 1) : x->to < y->to ? -1 : x->to > y->to;
}

static const struct release_edge *
edges_of(const struct release *r, uint32_t from)
{
    size_t low = 0, high = r->n_edges;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (r->edge[mid].from < from)
            low = mid + 1;
        else
            high = mid;
    }
    return &r->edge[low];
}

static vault_err
add_persons_of(struct release *r, uint32_t first, unsigned hops)
{
    const struct release_edge *end = r->edge + r->n_edges;
    vault_err err = VAULT_OK;

    if ((r->kind[first] & IS_PERSON) != 0)
        return add_person(r, first);
    if (r->n_edges == 0 || hops == 0)
        return VAULT_OK;
    for (const struct release_edge *e = edges_of(r, first); err == VAULT_OK && e < end && e->from == first; e++)
        if (e->tells && (e->to == 0 || r->kind[e->to] == 0))
            r->n_strangers++;
        else if (e->to != 0)
            err = add_persons_of(r, e->to, hops - 1);
    return err;
}

static int
compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void
each_once(struct release *r)
{
    size_t n = 0;

    if (r->n_persons > 1)
        qsort(r->person, r->n_persons, sizeof *r->person, compare_numbers);
    for (size_t i = 0; i < r->n_persons; i++)
        if (n == 0 || r->person[n - 1] != r->person[i])
            r->person[n++] = r->person[i];
    r->n_persons = n;
}

/* Of rows, or of tables. */
static vault_err
find_persons(struct release *r, enum source_kind kind)
{
    vault_err err = VAULT_OK;

    r->n_persons = 0;
    for (size_t i = 0; err == VAULT_OK && i < r->n_sources; i++)
        for (size_t k = 0; err == VAULT_OK && r->source[i].kind == kind && k < r->source[i].sheet.n_rows; k++)
            err = add_persons_of(r, r->source[i].record[k], HOPS_MAX);
    each_once(r);
    return err;
}

/* ---- who agreed ---- */

static int
compare_consents(const void *a, const void *b)
{
    const struct release_consent *x = a, *y = b;

    return x->person != y->person ? (x->person < y->person ? -1 : 1) : 0;
}

enum verdict { AGREED, ABSENT, OTHER_AUDIENCE, OTHER_USE, NOT_YET, EXPIRED, IN_CONFLICT, WITHDRAWN };

/* One consent by itself. A withdrawal counts whatever its day is: who says no tomorrow must not be printed today. */
static enum verdict
judge_one(const struct release_consent *c, bool statistics, int32_t today)
{
    if (!c->audience)
        return OTHER_AUDIENCE;
    if (!c->uses[USE_RELEASE] && !(statistics && c->uses[USE_STATISTICS]))
        return OTHER_USE;
    if (c->withdrawn != INT32_MIN)
        return WITHDRAWN;
    if (c->conflict)                    /* nobody can tell what she agreed to */
        return IN_CONFLICT;
    if (c->expires != INT32_MIN && c->expires < today)
        return EXPIRED;
    return c->given == INT32_MIN || c->given > today ? NOT_YET : AGREED;
}

/* Of all that a person said the best counts; but nothing that was given before she withdrew anything of it. */
static enum verdict
judge_person(const struct release *r, uint32_t person, bool statistics, int32_t today)
{
    const struct release_consent key = { .person = person }, *c, *end = r->consent + r->n_consents;
    const struct release_consent *no = NULL, *yes = NULL;      /* the last of each */
    enum verdict best = ABSENT;

    c = r->n_consents == 0 ? NULL : bsearch(&key, r->consent, r->n_consents, sizeof key, compare_consents);
    if (c == NULL)
        return ABSENT;
    while (c > r->consent && c[-1].person == person)
        c--;
    for (; c < end && c->person == person; c++) {
        enum verdict one = judge_one(c, statistics, today);

        if (one == WITHDRAWN && (no == NULL || c->withdrawn > no->withdrawn || (c->withdrawn == no->withdrawn && c->n > no->n)))
            no = c;
        if (one == AGREED && (yes == NULL || c->given > yes->given || (c->given == yes->given && c->n > yes->n)))
            yes = c;
        if (best != AGREED && (one == AGREED || one > best))
            best = one;
    }
    return yes != NULL && no != NULL && (yes->given < no->withdrawn || (yes->given == no->withdrawn && yes->n < no->n)) ? WITHDRAWN : best;
}

static const char *
words_of_verdict(enum verdict v)
{
    static const char *const WORDS[] = { "", "no consent", "no consent for this audience", "no consent for this use", "the consent has no day on which it was given yet",
        "the consent has expired", "the record of the consent is in conflict: `resolve` it", "the consent was withdrawn" };

    return WORDS[v];
}

static vault_err
refuse_person(struct release *r, uint32_t person, enum verdict verdict)
{
    char code[CODE_LEN + 1];
    struct buf title = BUF_INIT;
    const char *text;
    vault_err err = recs_title_of(&r->v->recs, person, &title);

    code_of(code, r->v->recs.index.pair[person].record);
    text = buf_cstr(&title);
    if (err == VAULT_OK)
        err = text == NULL ? err_nomem() : refusal_add(&r->refusals, "consent", NULL, code, "%.8s (%s): %s", code, text, words_of_verdict(verdict));
    buf_free(&title);
    return err;
}

/* All in r->person. */
static vault_err
judge_persons(struct release *r, bool statistics)
{
    char today[DATE_MAX];
    struct date_span day;
    size_t more = 0, told = 0;
    vault_err err = VAULT_OK;

    date_today(today);
    if (!date_span(&day, today, strlen(today)))
        return err_say(VAULT_ERR_FAILED, NULL, "this computer's clock tells no day");
    for (size_t i = 0; err == VAULT_OK && i < r->n_persons; i++) {
        enum verdict verdict = judge_person(r, r->person[i], statistics, day.from);

        if (verdict == AGREED)
            continue;
        if (told < TOLD_MAX)
            err = refuse_person(r, r->person[i], verdict);
        more += told++ >= TOLD_MAX;
    }
    if (err == VAULT_OK && more > 0)
        err = refusal_add(&r->refusals, "consent", NULL, "persons", "%zu more have not agreed", more);
    return err;
}

vault_err
release_judge_consent(struct release *r)
{
    vault_err err;

    if (r->n_edges > 1)
        qsort(r->edge, r->n_edges, sizeof *r->edge, compare_edges);
    if (r->n_consents > 1)
        qsort(r->consent, r->n_consents, sizeof *r->consent, compare_consents);
    err = find_persons(r, SOURCE_ROWS);
    if (err == VAULT_OK)
        err = judge_persons(r, false);
    if (err != VAULT_OK)
        return err;
    /* Whoever is in a table only may have agreed to statistics alone. */
    if (r->n_persons == 0 || r->p.n_tables > 0) {
        uint32_t *rows = r->person;
        size_t n_rows = r->n_persons;

        r->person = NULL;
        r->n_persons = r->cap_persons = 0;
        err = find_persons(r, SOURCE_TABLE);
        if (err == VAULT_OK)
            err = judge_persons(r, true);
        for (size_t i = 0; err == VAULT_OK && i < n_rows; i++)
            err = add_person(r, rows[i]);
        each_once(r);
        free(rows);
    }
    if (err == VAULT_OK && r->n_strangers > 0)
        err = refusal_add(&r->refusals, "consent", NULL, "persons",
            "%zu rows are about a person or case that was removed, or is not in this vault: nobody can tell whether that person agreed", r->n_strangers);
    return err;
}
