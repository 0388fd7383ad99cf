/*
 * Random people, treatments and facts. What passes - the measures, and the attacker's file - is gone over by a reader who knows everything about places,
 * words and dates, has only the released texts, and counts. ROUNDS and SEED in the environment give the long form (make property-release).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vault/release/advice.h"
#include "vault/release/suppress.h"

#define ROUNDS 400u
#define PEOPLE 120
#define FACTS 5
#define YEARS_FROM 1950
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { BORN, RESIDENCE, OCCUPATION, SEX, STATUS, COLUMNS };
static const char *const column_name[] = { "born", "residence", "occupation", "sex", "status" };
static const char *const column_kind[] = { "date", "place", "text", "choice", "text" };

static uint64_t lot;

static uint32_t
draw(uint32_t n)
{
    lot = lot * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(lot >> 33) % n;
}

/* ---- the world: trees of places and of words, three levels; a node is digits from the top ---- */

struct node {
    int at[3];
    int depth;                  /* 1 to 3; 0: unknown */
};

static bool
related(struct node a, struct node b)
{
    for (int i = 0; i < a.depth && i < b.depth; i++)
        if (a.at[i] != b.at[i])
            return false;
    return true;
}

static struct node
draw_node(int deepest)
{
    return (struct node){ { (int)draw(3), (int)draw(2), (int)draw(3) }, deepest };
}

/* "C1", "R12", "T123": the digits tell the way. */
static void
word(char *out, char letter, struct node n, int depth)
{
    *out++ = letter;
    for (int i = 0; i < depth; i++)
        *out++ = (char)('1' + n.at[i]);
    *out = '\0';
}

static struct node
read_word(const char *text)
{
    struct node n = { { 0 }, 0 };

    while (text[n.depth + 1] >= '1' && text[n.depth + 1] <= '9' && n.depth < 3) {
        n.at[n.depth] = text[n.depth + 1] - '1';
        n.depth++;
    }
    return n;
}

/* From depth `from` (the first part) up to depth `to`. */
static void
place(char out[64], struct node n, int from, int to)
{
    char part[8];

    out[0] = '\0';
    for (int d = from; d >= to; d--) {
        word(part, "?CRT"[d], n, d);
        strcat(out, part);
        if (d > to)
            strcat(out, ", ");
    }
}

/* ---- people ---- */

struct person {
    int from, to;               /* months since year 0; -1: unknown */
    char born[24];
    struct node home, work;
    char text[COLUMNS][64];
};

static void
draw_born(struct person *p)
{
    int year = YEARS_FROM + (int)draw(30), month = (int)draw(12), kind = (int)draw(40);

    kind = kind < 33 ? kind / 3 : kind == 39 ? 11 : 2;
    p->from = year * 12;
    p->to = year * 12 + 11;
    if (kind < 5) {
        snprintf(p->born, sizeof p->born, "%d%s", year, kind == 0 ? "~" : "");
    } else if (kind < 9) {
        p->from = p->to = year * 12 + month;
        snprintf(p->born, sizeof p->born, kind < 7 ? "%d-%02d-15" : "%d-%02d", year, month + 1);
    } else if (kind == 9) {
        p->from = year / 10 * 120;
        p->to = p->from + 119;
        snprintf(p->born, sizeof p->born, "%dX", year / 10);
    } else if (kind == 10) {
        p->to += 24;
        snprintf(p->born, sizeof p->born, "%d/%d", year, year + 2);
    } else {
        p->from = -1;
        p->born[0] = '\0';
    }
}

static void
draw_person(struct person *p, bool all_is_known)
{
    do
        draw_born(p);
    while (all_is_known && p->from < 0);
    p->home = draw_node(!all_is_known && draw(40) == 0 ? 0 : 1 + (int)draw(3));
    p->work = draw_node(!all_is_known && draw(40) == 0 ? 0 : 3);
    snprintf(p->text[BORN], sizeof p->text[BORN], "%s", p->born);
    p->text[RESIDENCE][0] = p->text[OCCUPATION][0] = '\0';
    if (p->home.depth > 0)
        place(p->text[RESIDENCE], p->home, p->home.depth, 1);
    if (p->work.depth > 0)
        word(p->text[OCCUPATION], 'o', p->work, 3);
    strcpy(p->text[SEX], draw(2) == 0 ? "female" : "male");
    snprintf(p->text[STATUS], sizeof p->text[STATUS], "s%u", draw(4));
}

/* ---- facts: something true of somebody, or not ---- */

struct known {
    int from, to;
    struct node home, work;
    char sex;
    char text[COLUMNS][64];     /* "" where nothing is known */
};

static void
know_born(struct known *k, const struct person *p)
{
    int year = (p->from < 0 || draw(8) == 0 ? YEARS_FROM * 12 + (int)draw(360) : p->from) / 12, kind = (int)draw(4);

    k->from = year * 12;
    k->to = k->from + 11;
    if (kind == 0) {
        k->from = year / 10 * 120;
        k->to = k->from + 119;
        snprintf(k->text[BORN], sizeof k->text[BORN], "%ds", year / 10 * 10);
    } else if (kind == 1) {
        k->from = k->to = year * 12 + (p->from == p->to ? p->from % 12 : (int)draw(12));
        snprintf(k->text[BORN], sizeof k->text[BORN], "%d-%02d", year, k->from % 12 + 1);
    } else {
        snprintf(k->text[BORN], sizeof k->text[BORN], "%d", year);
    }
}

static void
draw_known(struct known *k, const struct person *p)
{
    *k = (struct known){ .from = -1 };
    if (draw(2) == 0)
        know_born(k, p);
    if (draw(2) == 0) {
        k->home = draw(8) == 0 || p->home.depth == 0 ? draw_node(3) : p->home;
        k->home.depth = 1 + (int)draw((uint32_t)k->home.depth);
        place(k->text[RESIDENCE], k->home, k->home.depth, draw(2) == 0 ? 1 : 1 + (int)draw((uint32_t)k->home.depth));
    }
    if (draw(2) == 0) {
        k->work = draw(8) == 0 || p->work.depth == 0 ? draw_node(3) : p->work;
        k->work.depth = 1 + (int)draw(3);
        word(k->text[OCCUPATION], "?tgo"[k->work.depth], k->work, k->work.depth);
    }
    if (draw(2) == 0) {
        k->sex = p->text[SEX][0];
        strcpy(k->text[SEX], draw(2) == 0 ? p->text[SEX] : k->sex == 'm' ? "Male" : "FEMALE");
    }
}

static vault_err
facts_make(struct published *out, const struct known *k, size_t n)
{
    struct buf json = BUF_INIT;
    vault_err err;

    buf_str(&json, "[");
    for (size_t i = 0; i < n; i++) {
        bool any = false;

        buf_fmt(&json, "%s{\"about\":\"a\",\"source\":\"s\",\"where\":{", i == 0 ? "" : ",");
        for (size_t j = 0; j < COLUMNS; j++)
            if (k[i].text[j][0] != '\0') {
                buf_fmt(&json, "%s\"%s\":\"%s\"", any ? "," : "", column_name[j], k[i].text[j]);
                any = true;
            }
        buf_fmt(&json, "%s}}", any ? "" : "\"shoe size\":\"44\"");
    }
    buf_str(&json, "]");
    err = published_parse(out, (const char *)json.p, json.n, "p.json");
    buf_free(&json);
    return err;
}

/* ---- the reader: released texts, and all that there is to know ---- */

struct round {
    struct person person[PEOPLE];
    struct known known[FACTS];
    size_t people, facts;
    struct treatment t[COLUMNS];
    uint32_t k;
    unsigned l;
};

static bool
hidden(const char *text)
{
    return text[0] == '\0' || strcmp(text, "*") == 0;
}

/* What months a released text covers. `p` is asked only where what is stored was kept as it is. */
static void
read_born(int *from, int *to, const struct treatment *t, const char *text, const struct person *p)
{
    int a, b;

    if (t->treat == TREAT_KEEP) {
        *from = p->from;
        *to = p->to;
    } else if (t->treat == TREAT_BAND && sscanf(text, "%d-%d", &a, &b) == 2) {
        assert_int_equal(b - a + 1, t->arg);
        assert_int_equal(a % (int)t->arg, 0);
        *from = a * 12;
        *to = b * 12 + 11;
    } else if (t->treat == TREAT_BAND) {
        fail_msg("no band: %s", text);
    } else if (sscanf(text, "%d-Q%d", &a, &b) == 2) {
        assert_int_equal(t->arg, TREAT_DATE_QUARTER);
        *from = a * 12 + (b - 1) * 3;
        *to = *from + 2;
    } else if (sscanf(text, "%d-%d", &a, &b) == 2) {
        assert_int_equal(t->arg, TREAT_DATE_MONTH);
        *from = *to = a * 12 + b - 1;
    } else {
        assert_int_equal(sscanf(text, "%d", &a), 1);
        assert_int_equal(t->arg, TREAT_DATE_YEAR);
        *from = a * 12;
        *to = *from + 11;
    }
}

static bool
reader_fits(const struct round *w, const struct sheet *s, const struct treatment *t, size_t row, const struct known *k)
{
    const struct person *p = &w->person[row];
    const char *text;
    int from, to;

    text = sheet_text(s, row, BORN);
    if (k->from >= 0 && !hidden(text)) {
        read_born(&from, &to, &t[BORN], text, p);
        if (to < k->from || k->to < from)
            return false;
    }
    text = sheet_text(s, row, RESIDENCE);
    if (k->home.depth > 0 && !hidden(text) && !related(read_word(text), k->home))
        return false;
    text = sheet_text(s, row, OCCUPATION);
    if (k->work.depth > 0 && !hidden(text) && !related(read_word(text), k->work))
        return false;
    text = sheet_text(s, row, SEX);
    return k->sex == '\0' || hidden(text) || text[0] == k->sex;
}

static size_t
reader_counts(const struct round *w, const struct sheet *s, const struct treatment *t, const struct known *k)
{
    size_t n = 0;

    for (size_t r = 0; r < s->n_rows; r++)
        n += reader_fits(w, s, t, r, k);
    return n;
}

static bool
same(const struct sheet *s, size_t a, size_t b, bool lenient)
{
    for (size_t j = 0; j < STATUS; j++) {
        const char *x = sheet_text(s, a, j), *y = sheet_text(s, b, j);

        if (strcmp(x, y) != 0 && !(lenient && (hidden(x) || hidden(y))))
            return false;
    }
    return true;
}

/* k and l, row by row. */
static void
holds_for_rows(const struct round *w, const struct sheet *s)
{
    for (size_t a = 0; a < s->n_rows; a++)
        for (int lenient = 0; lenient < 2; lenient++) {
            unsigned n = 0, kinds = 0;

            for (size_t b = 0; b < s->n_rows; b++)
                if (same(s, a, b, lenient)) {
                    n++;
                    kinds |= 1u << (sheet_text(s, b, STATUS)[1] - '0');
                }
            assert_true(n >= w->k);
            assert_true((unsigned)__builtin_popcount(kinds) >= w->l);
        }
}

/* What is released of a date covers what is stored, and says no more than was promised. */
static void
holds_for_dates(const struct round *w, const struct sheet *s)
{
    for (size_t r = 0; r < s->n_rows; r++) {
        const char *text = sheet_text(s, r, BORN);
        int from, to;

        if (hidden(text))
            continue;
        read_born(&from, &to, &w->t[BORN], text, &w->person[r]);
        assert_true(from <= w->person[r].from && w->person[r].to <= to);
        assert_true(w->t[BORN].treat == TREAT_KEEP || strpbrk(text, "~?%") == NULL);
    }
}

/* ---- a round ---- */

static struct hierarchy *words;

static void
draw_policy(struct round *w)
{
    static const unsigned band[] = { 5, 5, 10, 20 };

    w->t[BORN] = (struct treatment){ TREAT_BAND, band[draw(4)], NULL };
    if (draw(3) == 0)
        w->t[BORN] = (struct treatment){ TREAT_DATE, draw(3), NULL };
    w->t[RESIDENCE] = (struct treatment){ TREAT_PLACE, 1 + draw(3), NULL };
    w->t[OCCUPATION] = (struct treatment){ TREAT_HIERARCHY, draw(3), words };
    for (size_t j = BORN; j < STATUS; j++)
        if (draw(5) == 0)
            w->t[j] = (struct treatment){ TREAT_DROP, 0, NULL };
    w->t[SEX] = (struct treatment){ draw(3) == 0 ? TREAT_DROP : TREAT_KEEP, 0, NULL };
    if (draw(20) == 0)
        w->t[BORN] = (struct treatment){ TREAT_KEEP, 0, NULL };
    w->t[STATUS] = (struct treatment){ TREAT_KEEP, 0, NULL };
    w->k = 2 + draw(11);
    w->l = draw(3) == 0 ? 2 : 0;
}

static void
stored(struct sheet *s, const struct round *w)
{
    sheet_init(s);
    for (size_t j = 0; j < COLUMNS; j++) {
        struct sheet_column *c;

        assert_int_equal(sheet_add_column(s, column_name[j], &c), VAULT_OK);
        c->kind = column_kind[j];
        c->role = j < STATUS ? SHEET_QUASI : SHEET_SENSITIVE;
    }
    for (size_t r = 0; r < w->people; r++) {
        assert_int_equal(sheet_add_row(s), VAULT_OK);
        for (size_t j = 0; j < COLUMNS; j++)
            assert_int_equal(sheet_set(s, r, j, PART(w->person[r].text[j], strlen(w->person[r].text[j]))), VAULT_OK);
    }
}

static void
treat_all(struct sheet *s, const struct treatment *t)
{
    size_t at;

    for (size_t j = 0; j < COLUMNS; j++)
        assert_int_equal(treat_column(s, j, NULL, &t[j], &at), VAULT_OK);
}

static const size_t quasi[] = { BORN, RESIDENCE, OCCUPATION, SEX };

static bool
measures_pass(const struct round *w, const struct sheet *s)
{
    const struct risk_ask ask = { .sheet = s, .quasi = quasi, .n_quasi = COUNT(quasi), .sensitive = w->l > 0 ? STATUS : RISK_NONE, .k = w->k };
    struct risk r;
    bool pass = true;

    assert_int_equal(risk_measure(&r, &ask), VAULT_OK);
    for (int i = 0; i < 2; i++)
        pass = pass && r.figures[i].min_class >= w->k && (w->l == 0 || r.figures[i].l_distinct_min >= w->l);
    risk_free(&r);
    return pass;
}

static void
suppress(const struct round *w, struct sheet *s)
{
    const struct suppress_ask ask = { .sheet = s, .quasi = quasi, .n_quasi = COUNT(quasi), .sensitive = w->l > 0 ? STATUS : SIZE_MAX, .k = w->k, .l = w->l, .m = 3 };
    struct suppressed out;
    vault_err err = suppress_auto(&out, &ask);

    assert_true(err == VAULT_OK || err == VAULT_ERR_REFUSED);
    assert_true(err != VAULT_OK || measures_pass(w, s));
    suppressed_free(&out);
}

/* Each advice, taken, passes for its fact, also with the reader. */
static void
advice_passes(const struct round *w, const struct replay_ask *ask, const struct finding *f, const struct sheet *plain)
{
    struct advices a;

    assert_int_equal(advise_fact(&a, ask, f, plain), VAULT_OK);
    assert_true(a.n > 0);
    for (size_t i = 0; i < a.n; i++) {
        struct treatment t[COLUMNS];
        struct sheet other;
        size_t n;

        memcpy(t, w->t, sizeof t);
        for (size_t j = 0; j < a.advice[i].n_steps; j++)
            t[a.advice[i].step[j].column] = a.advice[i].step[j].to;
        stored(&other, w);
        treat_all(&other, t);
        n = reader_counts(w, &other, t, &w->known[f->fact]);
        assert_true(n == 0 || n >= w->k);
        sheet_free(&other);
    }
    advices_free(&a);
}

struct tally {
    unsigned passed, refused, by_measures, advised;
};

static void
play(struct tally *tally, struct round *w)
{
    static const struct hierarchy *of[COLUMNS];
    struct published p;
    struct findings f;
    struct sheet s, plain;
    struct replay_ask ask = { .sheet = &s, .hierarchy = of, .published = &p, .k = w->k };
    size_t isolates = 0;
    bool suppressed_too = draw(2) == 0;

    of[OCCUPATION] = words;
    stored(&s, w);
    stored(&plain, w);
    treat_all(&s, w->t);
    holds_for_dates(w, &s);
    if (suppressed_too)
        suppress(w, &s);
    assert_int_equal(facts_make(&p, w->known, w->facts), VAULT_OK);
    assert_int_equal(replay(&f, &ask), VAULT_OK);
    for (size_t i = 0; i < f.n; i++) {
        isolates += f.found[i].kind == REPLAY_ISOLATES;
        if (f.found[i].kind == REPLAY_ISOLATES && !suppressed_too && draw(8) == 0) {
            advice_passes(w, &ask, &f.found[i], &plain);
            tally->advised++;
        }
    }
    if (isolates == 0)          /* whatever the measures say */
        for (size_t i = 0; i < w->facts; i++) {
            size_t n = reader_counts(w, &s, w->t, &w->known[i]);

            if (n > 0 && n < w->k)
                fail_msg("a fact leaves %zu of %zu, k %u: %s | %s | %s | %s", n, w->people, w->k, w->known[i].text[BORN], w->known[i].text[RESIDENCE],
                    w->known[i].text[OCCUPATION], w->known[i].text[SEX]);
        }
    if (measures_pass(w, &s))
        holds_for_rows(w, &s);
    else
        tally->by_measures++;
    *(isolates > 0 ? &tally->refused : &tally->passed) += 1;
    findings_free(&f);
    published_free(&p);
    sheet_free(&s);
    sheet_free(&plain);
}

static unsigned
number(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text == NULL || text[0] == '\0' ? otherwise : (unsigned)strtoul(text, NULL, 10);
}

static unsigned at_seed;                /* of the round at hand */

static void
test_release__what_passes_holds(void **state)
{
    static struct round w;
    unsigned rounds = number("ROUNDS", ROUNDS), seed = number("SEED", 1);
    struct tally tally = { 0 };

    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        at_seed = seed + i;
        lot = (uint64_t)at_seed << 32;
        for (int warm = 0; warm < 4; warm++)
            (void)draw(2);
        w = (struct round){ .people = 50 + draw(PEOPLE - 49), .facts = draw(FACTS + 1) };
        for (size_t r = 0; r < w.people; r++)
            draw_person(&w.person[r], at_seed % 2 == 0);
        for (size_t r = 0; r < w.facts; r++)
            draw_known(&w.known[r], &w.person[draw((uint32_t)w.people)]);
        draw_policy(&w);
        play(&tally, &w);
    }
    print_message("%u rounds from seed %u: %u passed the facts, %u refused by one, %u refused by measures, %u advised\n", rounds, seed, tally.passed, tally.refused,
        tally.by_measures, tally.advised);
    at_seed = 0;
    assert_true(rounds < 20 || (tally.passed > rounds / 10 && tally.refused > rounds / 10 && tally.by_measures < rounds));
}

static int
setup(void **state)
{
    char name[] = "/tmp/words-XXXXXX", a[8], b[8], c[8];
    int fd = mkstemp(name);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    vault_err err;

    (void)state;
    for (int i = 0; file != NULL && i < 18; i++) {
        struct node n = { { i / 6, i / 3 % 2, i % 3 }, 3 };

        word(a, 'o', n, 3);
        word(b, 'g', n, 2);
        word(c, 't', n, 1);
        fprintf(file, "%s;%s;%s\n", a, b, c);
    }
    if (file == NULL || fclose(file) != 0)
        return -1;
    err = hierarchy_read(&words, name);
    unlink(name);
    return err == VAULT_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    hierarchy_free(words);
    if (at_seed != 0)
        print_message("it was SEED=%u ROUNDS=1\n", at_seed);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_release__what_passes_holds),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
