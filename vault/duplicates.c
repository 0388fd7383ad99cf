/*
 * duplicates.c - persons who may be one: vault_find_duplicates.
 *
 * Pairs that share a clue (evidence.h) are scored by what agrees and what contradicts. Points:
 *
 *     the same identifying number                    6
 *     names alike: exact, fold, skeleton (where they were compared for one that is) 4, 3, 2
 *     records that link to both: one, more           2, 3
 *     born: the same day, may be the same            2, 1     contradict: -3
 *     sex, citizenship differ                        -2, -1
 *
 * Three are needed. Records that link to both say nothing by themselves (families have one case): they count beside a name
 * or a number; or for somebody without any name, where born, sex and citizenship fit.
 */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/alike.h"
#include "vault/base/text.h"
#include "vault/evidence.h"
#include "vault/same.h"

#define BLOCK_MAX 64u           /* who share one clue: all of them are compared */
#define CROWD_NEXT 16u          /* with how many of those born next somebody in a larger one is compared */
#define FOUND_MAX ((size_t)1 << 22)
#define LIMIT 200u
#define NEEDED 3
#define WHY_MAX 8
#define READY 4u               /* names of one person that are kept ready: pairs come in the order of their first */
#define WHY_BYTES 160

/* A pair that shares a clue: places among the persons, the lower one first. */
struct candidate {
    uint64_t pair;
    uint32_t kind;
};

struct scored {
    uint32_t a, b;              /* places; the older record first */
    uint32_t lead_a, lead_b;    /* first numbers of those that lead */
    int score;
};

struct comparing {
    struct vault *v;
    struct evidence e;
    struct candidate *candidate;
    size_t n, cap;
    struct scored *found;
    size_t n_found, cap_found;
    struct vault_duplicates *q;
    struct alike_name ready[READY];
};

/* ---- which pairs are looked at ---- */

static vault_err
add_candidate(struct comparing *x, uint32_t a, uint32_t b, uint32_t kind)
{
    struct candidate *p = array_room(x->candidate, x->n, &x->cap, sizeof *p);

    if (p == NULL)
        return err_nomem();
    x->candidate = p;
    x->candidate[x->n++] = (struct candidate){ .kind = kind,
        .pair = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a };
    return VAULT_OK;
}

static bool
born_fits(const struct trait *a, const struct trait *b)
{
    return a->has_born && b->has_born && a->born.from <= b->born.to && b->born.from <= a->born.to;
}

/* A name alone does not make up for a birth that contradicts, and there are many of those: they need not be looked at. */
static bool
hopeless(const struct trait *a, const struct trait *b, uint32_t kind)
{
    return kind == CLUE_NAME && a->has_born && b->has_born && !born_fits(a, b);
}

static vault_err
all_pairs(struct comparing *x, const struct clue *c, size_t n)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; err == VAULT_OK && k < n; k++)
            if (!hopeless(&x->e.trait[c[i].person], &x->e.trait[c[k].person], c->kind))
                err = add_candidate(x, c[i].person, c[k].person, c->kind);
    return err;
}

/* One who shares it, by day of birth. */
struct crowd_member { int32_t from, to; uint32_t person; };

static int
by_birth(const void *a, const void *b)
{
    const struct crowd_member *p = a, *q = b;

    if (p->from != q->from)
        return p->from < q->from ? -1 : 1;
    return (p->person > q->person) - (p->person < q->person);
}

/* A common name, a large case: those whose birth is known and fits, with the next in order. */
static vault_err
crowd(struct comparing *x, const struct clue *c, size_t n)
{
    struct crowd_member *m = calloc(n, sizeof *m);
    size_t known = 0;
    vault_err err = m == NULL ? err_nomem() : VAULT_OK;

    x->q->crowded += n;
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        const struct trait *t = &x->e.trait[c[i].person];
        if (t->has_born)
            m[known++] = (struct crowd_member){ t->born.from, t->born.to, c[i].person };
    }
    if (known != 0)
        qsort(m, known, sizeof *m, by_birth);
    for (size_t i = 0; i < known; i++)
        for (size_t k = i + 1; err == VAULT_OK && k < known && k <= i + CROWD_NEXT && m[k].from <= m[i].to; k++)
            err = add_candidate(x, m[i].person, m[k].person, c->kind);
    free(m);
    return err;
}

static int
by_pair(const void *a, const void *b)
{
    const struct candidate *p = a, *q = b;

    if (p->pair != q->pair)
        return p->pair < q->pair ? -1 : 1;
    return (p->kind > q->kind) - (p->kind < q->kind);
}

/* A name has several keys, and two that are alike share most of them: once is enough. */
static void
squeeze(struct comparing *x)
{
    size_t kept = 0;

    if (x->n != 0)
        qsort(x->candidate, x->n, sizeof *x->candidate, by_pair);
    for (size_t i = 0; i < x->n; i++)
        if (kept == 0 || x->candidate[i].kind != CLUE_NAME || by_pair(&x->candidate[kept - 1], &x->candidate[i]) != 0)
            x->candidate[kept++] = x->candidate[i];
    x->n = kept;
}

static vault_err
find_candidates(struct comparing *x)
{
    const struct clue *c = x->e.clue;
    bool full = false;
    vault_err err = VAULT_OK;

    for (size_t from = 0, to; err == VAULT_OK && from < x->e.n_clues && !full; from = to) {
        for (to = from; to < x->e.n_clues && c[to].kind == c[from].kind && c[to].key == c[from].key; to++)
            ;
        err = to - from <= BLOCK_MAX ? all_pairs(x, c + from, to - from) : crowd(x, c + from, to - from);
        if (x->n < FOUND_MAX)
            continue;
        squeeze(x);
        full = x->n > FOUND_MAX / 2;
    }
    if (full || x->q->crowded > x->e.n_traits)      /* who is in several of them was counted more than once */
        x->q->crowded = x->e.n_traits;
    squeeze(x);
    return err;
}

/* ---- how much agrees ---- */

struct agreement {
    unsigned links, identifiers;
    bool named;                 /* a clue of names is shared */
    enum name_level names;
    const struct field_def *field[2];
    enum { BORN_UNKNOWN, BORN_SAME_DAY, BORN_FITS, BORN_CONTRADICTS } born;
    bool sex_differs, citizenship_differs, sex_same, citizenship_same;
};

static void
compare_names(struct comparing *x, const struct trait *a, const struct trait *b, struct agreement *g)
{
    const struct evidence_name *name = x->e.name;
    const uint8_t *text = x->e.text.p;

    for (uint32_t i = a->name; i < a->name + a->n_names; i++)
        for (uint32_t k = b->name; k < b->name + b->n_names; k++) {
            enum name_level level = alike_names(&x->ready[i % READY], i, PART(text + name[i].at, name[i].n),
                PART(text + name[k].at, name[k].n));
            if (level > g->names) {
                g->names = level;
                g->field[0] = name[i].field;
                g->field[1] = name[k].field;
            }
        }
}

static void
compare(struct comparing *x, const struct trait *a, const struct trait *b, struct agreement *g)
{
    if (a->has_born && b->has_born)
        g->born = !born_fits(a, b) ? BORN_CONTRADICTS :
            a->born.from == a->born.to && b->born.from == b->born.to ? BORN_SAME_DAY : BORN_FITS;
    g->sex_same = a->sex != 0 && a->sex == b->sex;
    g->citizenship_same = a->citizenship != 0 && a->citizenship == b->citizenship;
    g->sex_differs = a->sex != 0 && b->sex != 0 && a->sex != b->sex;
    g->citizenship_differs = a->citizenship != 0 && b->citizenship != 0 && a->citizenship != b->citizenship;
    if (g->named || g->identifiers + g->links != 0)
        compare_names(x, a, b, g);
}

static int
points(const struct trait *a, const struct trait *b, const struct agreement *g)
{
    static const int NAMES[] = { 0, 2, 3, 4 }, BORN[] = { 0, 2, 1, -3 };
    bool fits = (g->born == BORN_SAME_DAY || g->born == BORN_FITS) && !g->sex_differs && !g->citizenship_differs;
    bool nameless = a->n_names == 0 || b->n_names == 0;

    if (g->names == NAME_NONE && g->identifiers == 0 && !(g->links != 0 && nameless && fits))
        return 0;
    return (g->identifiers != 0 ? 6 : 0) + NAMES[g->names] + (g->links > 1 ? 3 : g->links == 1 ? 2 : 0) +
        BORN[g->born] - (g->sex_differs ? 2 : 0) - (g->citizenship_differs ? 1 : 0);
}

/* What candidates from `at` on, all of one pair, have in common. *next: the first of another. */
static void
agree(struct comparing *x, size_t at, size_t *next, struct agreement *g)
{
    uint64_t pair = x->candidate[at].pair;
    size_t i = at;

    memset(g, 0, sizeof *g);
    for (; i < x->n && x->candidate[i].pair == pair; i++) {
        g->links += x->candidate[i].kind == CLUE_LINK;
        g->identifiers += x->candidate[i].kind == CLUE_IDENTIFIER;
        g->named = g->named || x->candidate[i].kind == CLUE_NAME;
    }
    *next = i;
    compare(x, &x->e.trait[pair >> 32], &x->e.trait[(uint32_t)pair], g);
}

static vault_err
keep(struct comparing *x, uint64_t pair, int score)
{
    struct scored s = { .a = (uint32_t)(pair >> 32), .b = (uint32_t)pair, .score = score };
    struct vault *v = x->v;
    uint32_t first_a = x->e.trait[s.a].first, first_b = x->e.trait[s.b].first;

    s.lead_a = same_lead(&v->same, first_a);
    s.lead_b = same_lead(&v->same, first_b);
    if (s.lead_a == s.lead_b || same_is_apart(v, first_a, first_b) || same_is_apart(v, s.lead_a, s.lead_b))
        return VAULT_OK;
    if (s.lead_a > s.lead_b)
        s = (struct scored){ s.b, s.a, s.lead_b, s.lead_a, score };
    struct scored *p = array_room(x->found, x->n_found, &x->cap_found, sizeof *p);
    if (p == NULL)
        return err_nomem();
    x->found = p;
    x->found[x->n_found++] = s;
    return VAULT_OK;
}

static int
by_leads(const void *a, const void *b)
{
    const struct scored *p = a, *q = b;

    if (p->lead_a != q->lead_a)
        return p->lead_a < q->lead_a ? -1 : 1;
    if (p->lead_b != q->lead_b)
        return p->lead_b < q->lead_b ? -1 : 1;
    return q->score - p->score;
}

static int
by_score(const void *a, const void *b)
{
    const struct scored *p = a, *q = b;

    return p->score != q->score ? q->score - p->score : by_leads(a, b);
}

/* Of several records of one person the pair that says most stands for all. */
static void
one_for_each_person(struct comparing *x)
{
    size_t kept = 0;

    if (x->n_found == 0)
        return;
    qsort(x->found, x->n_found, sizeof *x->found, by_leads);
    for (size_t i = 0; i < x->n_found; i++)
        if (kept == 0 || x->found[kept - 1].lead_a != x->found[i].lead_a ||
            x->found[kept - 1].lead_b != x->found[i].lead_b)
            x->found[kept++] = x->found[i];
    x->n_found = kept;
    qsort(x->found, kept, sizeof *x->found, by_score);
}

static vault_err
score_all(struct comparing *x)
{
    struct agreement g;
    vault_err err = VAULT_OK;

    for (size_t at = 0, next; err == VAULT_OK && at < x->n; at = next) {
        uint64_t pair = x->candidate[at].pair;
        agree(x, at, &next, &g);
        int score = points(&x->e.trait[pair >> 32], &x->e.trait[(uint32_t)pair], &g);
        if (score >= NEEDED)
            err = keep(x, pair, score);
    }
    one_for_each_person(x);
    return err;
}

/* ---- telling ---- */

struct reasons {
    char text[WHY_MAX][WHY_BYTES];
    const char *why[WHY_MAX];
    size_t n;
};

static void VAULT_PRINTF(2, 3)
because(struct reasons *r, const char *fmt, ...)
{
    va_list ap;

    if (r->n == WHY_MAX)
        return;
    va_start(ap, fmt);
    vsnprintf(r->text[r->n], WHY_BYTES, fmt, ap);
    va_end(ap);
    r->why[r->n] = r->text[r->n];
    r->n++;
}

static void
give_reasons(const struct agreement *g, struct reasons *r)
{
    r->n = 0;
    if (g->identifiers != 0)
        because(r, "they have an identifying number in common");
    if (g->names != NAME_NONE && g->field[0] == g->field[1])
        because(r, "names agree (%s) in %s", name_level_text(g->names), g->field[0]->name);
    else if (g->names != NAME_NONE)
        because(r, "names agree (%s): %s and %s", name_level_text(g->names), g->field[0]->name, g->field[1]->name);
    if (g->links != 0)
        because(r, g->links == 1 ? "%u record links to both" : "%u records link to both", g->links);
    if (g->born != BORN_UNKNOWN)
        because(r, g->born == BORN_SAME_DAY ? "born on the same day" : g->born == BORN_FITS ?
            "dates of birth may be the same" : "but dates of birth contradict");
    if (g->sex_same || g->sex_differs)
        because(r, g->sex_same ? "sex is the same" : "but sex differs");
    if (g->citizenship_same || g->citizenship_differs)
        because(r, g->citizenship_same ? "citizenship is the same" : "but citizenship differs");
}

static size_t
candidates_of(const struct comparing *x, const struct scored *s)
{
    uint64_t pair = s->a < s->b ? (uint64_t)s->a << 32 | s->b : (uint64_t)s->b << 32 | s->a;
    size_t low = 0, high = x->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (x->candidate[mid].pair < pair)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static vault_err
tell(struct comparing *x, const struct scored *s, vault_duplicate_fn *fn, void *ctx, bool *stop)
{
    const struct pair *p = x->v->recs.index.pair;
    struct buf title[2] = { BUF_INIT, BUF_INIT };
    char code[2][CODE_LEN + 1];
    struct agreement g;
    struct reasons why;
    size_t next;
    vault_err err;

    agree(x, candidates_of(x, s), &next, &g);
    code_of(code[0], p[s->lead_a].record);
    code_of(code[1], p[s->lead_b].record);
    err = recs_title_of(&x->v->recs, s->lead_a, &title[0]);
    if (err == VAULT_OK)
        err = recs_title_of(&x->v->recs, s->lead_b, &title[1]);
    if (err == VAULT_OK && (buf_cstr(&title[0]) == NULL || buf_cstr(&title[1]) == NULL))
        err = err_nomem();
    if (err == VAULT_OK) {
        give_reasons(&g, &why);
        struct vault_duplicate d = { .a = code[0], .b = code[1], .label_a = (const char *)title[0].p,
            .label_b = (const char *)title[1].p, .score = (unsigned)s->score, .why = why.why, .n_why = why.n,
            .level = s->score >= 6 ? "strong" : s->score >= 4 ? "likely" : "possible" };
        *stop = fn(ctx, &d) != 0;
    }
    buf_free(&title[0]);
    buf_free(&title[1]);
    return err;
}

vault_err
vault_find_duplicates(vault *v, struct vault_duplicates *q, vault_duplicate_fn *fn, void *ctx)
{
    struct comparing x = { .v = v, .q = q };
    size_t limit = q->limit == 0 ? LIMIT : q->limit;
    bool stop = false;
    vault_err err;

    vault_clear_error();
    q->found = q->crowded = q->unread = 0;
    err = evidence_gather(&x.e, v);
    if (err == VAULT_OK)
        err = find_candidates(&x);
    if (err == VAULT_OK)
        err = score_all(&x);
    q->found = x.n_found;
    for (size_t i = 0; err == VAULT_OK && !stop && i < x.n_found && i < limit; i++)
        err = tell(&x, &x.found[i], fn, ctx, &stop);
    if (err == VAULT_OK && !stop)
        err = unread_say(&x.e.unread, &q->unread);
    sodium_memzero(x.ready, sizeof x.ready);
    evidence_free(&x.e);
    free(x.candidate);
    free(x.found);
    return err;
}
