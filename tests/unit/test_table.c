/*
 * test_table.c - tables that a release publishes: counted, protected, and what readers reckon who try every table there can be.
 *
 * ROUNDS (60) random tables are protected and given to the oracle, which shares nothing with the library but the definition of the promise
 * (docs/tables.md): it goes through all tables in whole numbers that agree with what is published. SEED chooses them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "vault/base/sandbox.h"
#include "vault/base/secret.h"
#include "vault/release/table.h"
#include "vault/release/table_plan.h"

#define T(s) PART((s), strlen(s))

/* ---- making tables ---- */

static void
add_row(struct sheet *s, const char *const *text, size_t n)
{
    assert_int_equal(sheet_add_row(s), VAULT_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(sheet_set(s, s->n_rows - 1, i, T(text[i])), VAULT_OK);
}

static void
two_columns(struct sheet *s, const char *a, const char *b)
{
    sheet_init(s);
    assert_int_equal(sheet_add_column(s, a, NULL), VAULT_OK);
    assert_int_equal(sheet_add_column(s, b, NULL), VAULT_OK);
}

/* Rows for the counts of a table of two dimensions. */
static void
rows_of(struct sheet *s, const char *const *row, size_t rows, const char *const *column, size_t columns, const int *count)
{
    two_columns(s, "row", "column");
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            for (int k = 0; k < count[i * columns + j]; k++)
                add_row(s, (const char *const[]){ row[i], column[j] }, 2);
}

static void
count_two(struct table *t, const struct sheet *s, unsigned min_count)
{
    assert_int_equal(table_count(t, s, "t", (const char *const[]){ "row", "column" }, 2, min_count), VAULT_OK);
}

/* ---- counting ---- */

static void
test_table__counts_with_totals(void **state)
{
    static const char *const rows[][2] = { {"open", "RU"}, {"closed", "RU"}, {"open", ""}, {"open", "KZ"}, {"open", "RU"} };
    struct sheet s;
    struct table t = {0};
    /* closed, open, total x KZ, RU, not known, total */
    static const int64_t want[] = { 0, 1, 0, 1, 1, 2, 1, 4, 1, 3, 1, 5 };
    (void)state;

    two_columns(&s, "status", "country");
    for (size_t i = 0; i < 5; i++)
        add_row(&s, rows[i], 2);
    assert_int_equal(table_count(&t, &s, "outcomes", (const char *const[]){ "status", "country" }, 2, 5), VAULT_OK);
    assert_int_equal(t.n_cells, 12);
    assert_string_equal(t.dim[1].category[0], "KZ");
    assert_string_equal(t.dim[1].category[2], "not known");
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(t.count[i], want[i]);
    table_free(&t);
    sheet_free(&s);
}

static void
test_table__refuses_what_it_cannot_count(void **state)
{
    struct sheet s;
    struct table t = {0};
    (void)state;

    two_columns(&s, "a", "b");
    add_row(&s, (const char *const[]){ "total", "x" }, 2);
    add_row(&s, (const char *const[]){ "y", "not known" }, 2);
    add_row(&s, (const char *const[]){ "y", "" }, 2);
    assert_int_equal(table_count(&t, &s, "t", (const char *const[]){ "a" }, 1, 5), VAULT_ERR_INPUT);
    assert_int_equal(table_count(&t, &s, "t", (const char *const[]){ "b" }, 1, 5), VAULT_ERR_INPUT);
    assert_int_equal(table_count(&t, &s, "t", (const char *const[]){ "c" }, 1, 5), VAULT_ERR_NOT_FOUND);
    assert_int_equal(table_count(&t, &s, "t", (const char *const[]){ "a", "a" }, 2, 5), VAULT_ERR_INPUT);
    assert_int_equal(table_count(&t, &s, "t", (const char *const[]){ "a" }, 1, 0), VAULT_ERR_INPUT);
    assert_int_equal(table_count(&t, &s, "t", NULL, 0, 5), VAULT_ERR_INPUT);
    sheet_free(&s);
}

/* 400 x 400 values make over 160,000 cells, and are refused before there is memory for them. */
static void
test_table__has_a_limit(void **state)
{
    struct sheet s;
    struct table t = {0};
    char a[16];
    (void)state;

    two_columns(&s, "a", "b");
    for (int i = 0; i < 400; i++) {
        (void)snprintf(a, sizeof a, "v%d", i);
        add_row(&s, (const char *const[]){ a, a }, 2);
    }
    assert_int_equal(table_count(&t, &s, "t", (const char *const[]){ "a", "b" }, 2, 5), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "100000"));
    sheet_free(&s);
}

/* ---- known cases: ../shared/data/risk/tables.txt ---- */

static void
test_table__needs_three_more_in_the_known_case(void **state)
{
    static const char *const row[] = { "A", "B", "C", "D" }, *const column[] = { "female", "male" };
    static const int count[] = { 2, 18, 19, 14, 10, 12, 14, 11 };
    struct sheet s;
    struct table t = {0}, *set = &t;
    struct table_protection p;
    struct table_interval at[15];
    (void)state;

    rows_of(&s, row, 4, column, 2, count);
    count_two(&t, &s, 3);
    assert_int_equal(table_protect(&set, 1, &s, NULL, 0, &p), VAULT_OK);
    assert_int_equal(p.primary, 1);
    assert_int_equal(p.secondary, 3);
    assert_true(p.least);
    assert_int_equal(p.least_bound, 3);
    assert_int_equal(t.state[0], TABLE_PRIMARY);
    /* Of the choices of three the least sum: 18, 10 and 12. */
    assert_int_equal(p.secondary_sum, 40);
    assert_int_equal(table_audit(&set, 1, &s, NULL, 0, 0, at), VAULT_OK);
    assert_true(at[0].high - at[0].low >= 2 && at[0].high >= 3);
    table_free(&t);
    sheet_free(&s);
}

static void
test_table__two_in_each_line_are_not_enough(void **state)
{
    static const char *const row[] = { "w", "x", "y", "z" }, *const column[] = { "a", "b", "c", "d" };
    static const int count[] = { 30, 47, 64, 89, 90, 124, 5, 31, 92, 100, 59, 85, 800, 991, 651, 685 };
    static const size_t hidden[] = { 0, 1, 2, 5, 7, 11, 13, 16, 18 };
    struct sheet s;
    struct table t = {0}, *set = &t;
    struct table_interval at[25];
    (void)state;

    rows_of(&s, row, 4, column, 4, count);
    count_two(&t, &s, 1);
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        t.state[hidden[i]] = TABLE_SECONDARY;
    assert_int_equal(table_audit(&set, 1, &s, NULL, 0, 0, at), VAULT_OK);
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (hidden[i] == 1)
            assert_true(at[1].low == 47 && at[1].high == 47);
        else
            assert_true(at[hidden[i]].low < at[hidden[i]].high);
    table_free(&t);
    sheet_free(&s);
}

static void
test_table__is_published_in_order_with_stars(void **state)
{
    static const char *const row[] = { "A", "B", "C", "D" }, *const column[] = { "female", "male" };
    static const int count[] = { 2, 18, 19, 14, 10, 12, 14, 11 };
    static const char want[] = "row,column,count\r\nA,female,*\r\nA,male,*\r\nA,total,20\r\nB,female,19\r\nB,male,14\r\nB,total,33\r\n"
        "C,female,*\r\nC,male,*\r\nC,total,22\r\nD,female,14\r\nD,male,11\r\nD,total,25\r\ntotal,female,45\r\ntotal,male,55\r\n"
        "total,total,100\r\n";
    struct sheet s, out;
    struct table t = {0}, *set = &t;
    struct table_protection p;
    struct buf csv = BUF_INIT;
    (void)state;

    rows_of(&s, row, 4, column, 2, count);
    count_two(&t, &s, 3);
    assert_int_equal(table_protect(&set, 1, &s, NULL, 0, &p), VAULT_OK);
    sheet_init(&out);
    assert_int_equal(table_sheet(&out, &t), VAULT_OK);
    assert_int_equal(sheet_write_csv(&csv, &out, false), VAULT_OK);
    assert_string_equal(buf_cstr(&csv), want);
    buf_free(&csv);
    sheet_free(&out);
    table_free(&t);
    sheet_free(&s);
}

/* ---- the oracle ---- */

#define JOINT_MAX 36u
#define SHOWN_MAX 128u
#define TABLES 2

struct shown {
    uint64_t covers;            /* joint cells */
    int64_t count, k;
    bool hidden, finest, primary;
    int64_t low[2], high[2];    /* of all tables that were seen: plain, and where small counts are small */
    int64_t sum;                /* of the joint cells that have a value by now */
};

struct oracle {
    size_t n_joint;
    int64_t truth[JOINT_MAX], top, x[JOINT_MAX];
    struct shown shown[SHOWN_MAX];
    size_t n;
    bool varied[SHOWN_MAX][SHOWN_MAX];  /* [who is alone][count] */
    bool group[SHOWN_MAX][SHOWN_MAX];   /* [total][cell]: more than the cell was possible */
    size_t steps, most, seen;
    const struct table *t[TABLES];
    size_t n_tables;
    bool (*kept)(struct oracle *);
    bool stop;
};

static int64_t
sum_of(const struct oracle *o, uint64_t covers, const int64_t *x)
{
    int64_t sum = 0;

    for (size_t j = 0; j < o->n_joint; j++)
        if (covers >> j & 1)
            sum += x[j];
    return sum;
}

static void
see(struct oracle *o)
{
    int64_t sum[SHOWN_MAX];
    bool smalls = true;

    for (size_t i = 0; i < o->n; i++) {
        const struct shown *s = &o->shown[i];

        sum[i] = s->sum;
        smalls = smalls && !(s->hidden && s->finest && s->count > 0 && s->count < s->k && sum[i] >= s->k);
    }
    for (size_t i = 0; i < o->n; i++) {
        struct shown *s = &o->shown[i];

        for (size_t m = 0; m < (smalls ? 2 : 1); m++) {
            s->low[m] = sum[i] < s->low[m] ? sum[i] : s->low[m];
            s->high[m] = sum[i] > s->high[m] ? sum[i] : s->high[m];
        }
        for (size_t j = 0; j < o->n; j++) {
            if (s->hidden && s->count == 1 && sum[i] == 1 && sum[j] != o->shown[j].count)
                o->varied[i][j] = true;
            if (sum[i] > sum[j] && (o->shown[j].covers & ~s->covers) == 0)
                o->group[i][j] = true;
        }
    }
}

/* What is published bounds what is still open of it; so most branches end early. */
static bool
put(struct oracle *o, size_t j, int64_t x)
{
    bool ok = true;

    o->x[j] = x;
    for (size_t i = 0; i < o->n; i++) {
        struct shown *s = &o->shown[i];
        bool last = s->covers >> j == 1;

        if ((s->covers >> j & 1) == 0)
            continue;
        s->sum += x;
        ok = ok && (s->hidden ? !last || s->count == 0 || s->sum > 0 : last ? s->sum == s->count : s->sum <= s->count);
    }
    return ok;
}

static void
take_back(struct oracle *o, size_t j)
{
    for (size_t i = 0; i < o->n; i++)
        o->shown[i].sum -= o->shown[i].covers >> j & 1 ? o->x[j] : 0;
}

static void
go_through(struct oracle *o, size_t j)
{
    if (o->stop || ++o->steps > o->most)
        return;
    if (j == o->n_joint) {
        see(o);
        o->stop = ++o->seen % 256 == 0 && o->kept(o);
        return;
    }
    /* From the truth on outwards: what is near is found first. */
    for (int64_t by = 0; by <= o->truth[j] + o->top && !o->stop; by++) {
        for (int sign = 0; sign < (by == 0 ? 1 : 2); sign++) {
            int64_t x = o->truth[j] + (sign == 0 ? by : -by);

            if (x < 0 || by > o->top * (sign == 0) + o->truth[j] * (sign == 1))
                continue;
            if (put(o, j, x))
                go_through(o, j + 1);
            take_back(o, j);
        }
    }
}

static bool
is_group_line(const struct table *t, const uint32_t *place, size_t d, size_t *cell)
{
    uint32_t p[TABLE_DIMS_MAX];
    size_t filled = 0;
    bool fixed = false;

    memcpy(p, place, sizeof p);
    for (size_t e = 0; e < t->n_dims; e++)
        fixed = fixed || place[e] < t->dim[e].n;
    for (p[d] = 0; p[d] < t->dim[d].n; p[d]++)
        if (t->count[table_cell(t, p)] > 0) {
            filled++;
            *cell = table_cell(t, p);
        }
    return fixed && filled == 1 && t->dim[d].n > 1 && t->dim[d].role != SHEET_QUASI;
}

static size_t first_of[TABLES];         /* where the cells of each table begin in `shown` */

/* Lines of a table: what is kept back of one whose total is known must be min_count or more together; and groups. */
static bool
lines_kept(struct oracle *o, size_t which)
{
    const struct table *t = o->t[which];

    for (size_t cell = 0; cell < t->n_cells; cell++) {
        uint32_t place[TABLE_DIMS_MAX] = {0}, p[TABLE_DIMS_MAX];
        const struct shown *total = &o->shown[first_of[which] + cell];

        table_place(t, cell, place);
        for (size_t d = 0; d < t->n_dims; d++) {
            int64_t sum = 0;
            size_t one = 0;

            if (place[d] < t->dim[d].n)
                continue;
            memcpy(p, place, sizeof p);
            for (p[d] = 0; p[d] < t->dim[d].n; p[d]++)
                sum += t->state[table_cell(t, p)] != TABLE_PUBLISHED ? t->count[table_cell(t, p)] : 0;
            if (total->count >= total->k && !total->hidden && sum > 0 && sum < total->k)
                return false;
            if (is_group_line(t, place, d, &one) &&
                (t->state[one] != TABLE_PRIMARY || !o->group[first_of[which] + cell][first_of[which] + one]))
                return false;
        }
    }
    return true;
}

static bool
all_kept(struct oracle *o)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct shown *s = &o->shown[i];
        bool small = s->count > 0 && s->count < s->k;

        if (small && !s->hidden)
            return false;
        if (s->hidden && s->low[0] == s->high[0])
            return false;
        if (small && (s->high[0] - s->low[0] < s->k - 1 || s->high[0] < s->k))
            return false;
        if (small && s->k > 2 && s->low[1] == s->high[1])
            return false;
        for (size_t j = 0; s->hidden && s->finest && s->count == 1 && j < o->n; j++) {
            const struct shown *other = &o->shown[j];
            bool he = other->count == 1 && sum_of(o, s->covers & other->covers, o->truth) == 1;

            if (other->count > 0 && other->count < other->k && s->covers != other->covers && !he && !o->varied[i][j])
                return false;
        }
    }
    for (size_t i = 0; i < o->n_tables; i++)
        if (!lines_kept(o, i))
            return false;
    return true;
}

/* The cells of a table as sets of joint cells; the joint cells are counted by all columns, the last one fastest. */
static void
take_table(struct oracle *o, const struct table *t, const size_t *column, const size_t *n, size_t columns)
{
    first_of[o->n_tables] = o->n;
    o->t[o->n_tables++] = t;
    for (size_t cell = 0; cell < t->n_cells; cell++) {
        uint32_t place[TABLE_DIMS_MAX];
        struct shown *s = &o->shown[o->n++];

        assert_true(o->n <= SHOWN_MAX);
        table_place(t, cell, place);
        *s = (struct shown){ .count = t->count[cell], .k = t->min_count, .hidden = t->state[cell] != TABLE_PUBLISHED, .finest = true };
        s->low[0] = s->low[1] = s->high[0] = s->high[1] = s->count;
        for (size_t d = 0; d < t->n_dims; d++)
            s->finest = s->finest && place[d] < t->dim[d].n;
        for (size_t j = 0; j < o->n_joint; j++) {
            size_t rest = j, at[4];
            bool in = true;

            for (size_t c = columns; c-- > 0; rest /= n[c])
                at[c] = rest % n[c];
            for (size_t d = 0; d < t->n_dims; d++)
                in = in && (place[d] == t->dim[d].n || place[d] == at[column[d]]);
            s->covers |= in ? (uint64_t)1 << j : 0;
        }
    }
}

/* ---- random populations ---- */

static uint64_t lot;

static unsigned
draw(unsigned n)
{
    lot = lot * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(lot >> 33) % n;
}

struct population {
    struct sheet s;
    size_t columns, n[4], joint;
    int64_t count[JOINT_MAX];
};

static const char *const names[] = { "a", "b", "c", "d" }, *const values[] = { "0", "1", "2", "3", "4" };

/* Each value occurs once at least, so that categories are what the oracle takes them for. */
static void
draw_population(struct population *p, size_t columns, unsigned most)
{
    size_t at[4];

    *p = (struct population){ .columns = columns, .joint = 1 };
    sheet_init(&p->s);
    for (size_t c = 0; c < columns; c++) {
        struct sheet_column *column;

        p->n[c] = 2 + (columns < 3 ? draw(3) : draw(5) == 0);
        p->joint *= p->n[c];
        assert_int_equal(sheet_add_column(&p->s, names[c], &column), VAULT_OK);
        column->role = draw(3) == 0 ? SHEET_NEUTRAL : SHEET_QUASI;
    }
    for (size_t j = 0; j < p->joint; j++) {
        size_t rest = j;
        const char *text[4];
        bool needed;

        for (size_t c = columns; c-- > 0; rest /= p->n[c])
            at[c] = rest % p->n[c];
        needed = true;
        for (size_t c = 1; c < columns; c++)
            needed = needed && at[c] == at[0] % p->n[c];
        needed = needed || (at[0] == 0) || (at[0] == 1 && j % 2 == 0);
        p->count[j] = draw(4) == 0 ? draw(3) : draw(most);
        if (needed && p->count[j] == 0)
            p->count[j] = 1 + draw(most);
        for (size_t c = 0; c < columns; c++)
            text[c] = values[at[c]];
        for (int64_t k = 0; k < p->count[j]; k++)
            add_row(&p->s, text, columns);
    }
}

static void
start_oracle(struct oracle *o, const struct population *p, size_t most)
{
    memset(o, 0, sizeof *o);
    o->n_joint = p->joint;
    memcpy(o->truth, p->count, sizeof o->truth);
    o->most = most;
    o->kept = all_kept;
}

struct tally {
    size_t held, skipped, protected;
};

static struct oracle the_oracle;

/* Another order of the joint cells, so that others are varied first. */
static void
shuffle(struct oracle *o)
{
    for (size_t j = o->n_joint; j-- > 1; ) {
        size_t other = draw((unsigned)j + 1);
        int64_t held = o->truth[j];

        o->truth[j] = o->truth[other];
        o->truth[other] = held;
        for (size_t i = 0; i < o->n; i++) {
            uint64_t covers = o->shown[i].covers, differ = (covers >> j ^ covers >> other) & 1;

            o->shown[i].covers = covers ^ (differ << j | (other == j ? 0 : differ << other));
        }
    }
}

/* First what lies near, then all that the library looks at. */
static void
search(struct oracle *o, unsigned k)
{
    for (size_t turn = 0; turn < 7; turn++) {
        o->steps = 0;
        o->top = turn < 4 ? k + 1 : 8 * (int64_t)k + 8;
        go_through(o, 0);
        if (o->stop || (turn >= 4 && o->steps <= o->most))
            break;
        shuffle(o);
    }
    o->stop = o->stop || o->kept(o);
}

static size_t
from_environment(const char *name, size_t otherwise)
{
    const char *s = getenv(name);

    return s == NULL ? otherwise : (size_t)strtoul(s, NULL, 10);
}

static size_t at_seed;                  /* of the round at hand */

/* Each round has a lot of its own, so that one can be seen again by itself. */
static void
begin_round(size_t seed, uint64_t of_test)
{
    at_seed = seed;
    lot = (uint64_t)seed << 32 | of_test;
    for (int i = 0; i < 4; i++)
        (void)draw(2);
}

static size_t
first_seed(void)
{
    return from_environment("SEED", 1);
}

static int
say_seed(void **state)
{
    (void)state;
    if (at_seed != 0)
        print_message("it was SEED=%zu ROUNDS=1\n", at_seed);
    return 0;
}

static void
judge(struct oracle *o, struct tally *sum, unsigned k)
{
    search(o, k);
    if (o->stop)
        sum->held++;
    else if (o->steps > o->most)
        sum->skipped++;
    else
        fail_msg("a promise is broken");
}

static void
protect_one(size_t columns, struct tally *sum)
{
    struct population p;
    struct table t = {0}, *set = &t;
    struct table_protection out;
    unsigned k = 2 + draw(4);
    static const size_t in_order[] = { 0, 1, 2, 3 };

    draw_population(&p, columns, 2 + draw(12));
    assert_int_equal(table_count(&t, &p.s, "t", names, columns, k), VAULT_OK);
    if (table_protect(&set, 1, &p.s, NULL, 0, &out) != VAULT_OK)
        fail_msg("%s", vault_last_error()->text);
    sum->protected += out.primary > 0;
    start_oracle(&the_oracle, &p, 30000);
    take_table(&the_oracle, &t, in_order, p.n, columns);
    judge(&the_oracle, sum, k);
    table_free(&t);
    sheet_free(&p.s);
}

static void
test_table__keeps_its_promise_against_every_table_there_can_be(void **state)
{
    size_t rounds = from_environment("ROUNDS", 60);
    struct tally sum = {0};
    (void)state;

    for (size_t i = 0; i < rounds; i++) {
        begin_round(first_seed() + i, 0);
        protect_one(1 + at_seed % 3, &sum);
    }
    at_seed = 0;
    print_message("%zu tables, %zu with small counts: %zu held, %zu too large for the oracle\n", rounds, sum.protected, sum.held, sum.skipped);
    assert_true(rounds < 20 || (sum.protected > rounds / 3 && sum.skipped * 20 <= rounds));
}

/* Two tables that share a column, or are one a margin of the other. */
static void
protect_two(struct tally *sum)
{
    static const size_t column[][2] = { { 0, 1 }, { 1, 2 } };
    struct population p;
    struct table t[2] = {{0}}, *set[] = { &t[0], &t[1] };
    struct table_protection out;
    unsigned k = 2 + draw(3);
    bool margin = draw(3) == 0;
    vault_err err;

    draw_population(&p, 3, 2 + draw(6));
    assert_int_equal(table_count(&t[0], &p.s, "ab", names, 2, k), VAULT_OK);
    assert_int_equal(table_count(&t[1], &p.s, "bc", names + 1, margin ? 1 : 2, k), VAULT_OK);
    err = table_protect(set, 2, &p.s, NULL, 0, &out);
    if (err != VAULT_OK)
        fail_msg("%s", vault_last_error()->text);
    sum->protected += out.primary > 0;
    start_oracle(&the_oracle, &p, 30000);
    take_table(&the_oracle, &t[0], column[0], p.n, 3);
    take_table(&the_oracle, &t[1], column[1], p.n, 3);
    judge(&the_oracle, sum, k);
    table_free(&t[0]);
    table_free(&t[1]);
    sheet_free(&p.s);
}

static void
test_table__keeps_its_promise_over_tables_that_share_a_column(void **state)
{
    size_t rounds = (from_environment("ROUNDS", 60) + 2) / 3;
    struct tally sum = {0};
    (void)state;

    for (size_t i = 0; i < rounds; i++) {
        begin_round(first_seed() + i, 1);
        protect_two(&sum);
    }
    at_seed = 0;
    print_message("%zu pairs, %zu with small counts: %zu held, %zu too large for the oracle\n", rounds, sum.protected, sum.held, sum.skipped);
    assert_true(rounds < 20 || sum.skipped * 4 <= rounds);
}

/* ---- tables too large for the search ---- */

static void
quickly(size_t columns, struct tally *sum)
{
    static const size_t in_order[] = { 0, 1, 2, 3 };
    struct population p;
    struct table t = {0}, *set = &t;
    struct web w;
    struct reader r;

    draw_population(&p, columns, 2 + draw(12));
    assert_int_equal(table_count(&t, &p.s, "t", names, columns, 2 + draw(4)), VAULT_OK);
    assert_int_equal(web_build(&w, &set, 1, &p.s, NULL, 0, false), VAULT_OK);
    assert_int_equal(reader_open(&r, &w, 8 * (int64_t)t.min_count + 8), VAULT_OK);
    assert_int_equal(plan_quickly(&r), VAULT_OK);
    for (size_t cell = 0; cell < t.n_cells; cell++) {
        uint32_t v = web_of_cell(&w, &t, cell);

        t.state[cell] = v == 0 || !r.hidden[v - 1] ? TABLE_PUBLISHED : w.flag[v - 1] & WEB_PRIMARY ? TABLE_PRIMARY : TABLE_SECONDARY;
        sum->protected += t.state[cell] == TABLE_SECONDARY;
    }
    start_oracle(&the_oracle, &p, 30000);
    take_table(&the_oracle, &t, in_order, p.n, columns);
    judge(&the_oracle, sum, t.min_count);
    reader_close(&r);
    web_free(&w);
    table_free(&t);
    sheet_free(&p.s);
}

static void
test_table__keeps_its_promise_where_it_does_not_search(void **state)
{
    size_t rounds = (from_environment("ROUNDS", 60) + 2) / 3;
    struct tally sum = {0};
    (void)state;

    for (size_t i = 0; i < rounds; i++) {
        begin_round(first_seed() + i, 3);
        quickly(2 + at_seed % 2, &sum);
    }
    at_seed = 0;
    print_message("%zu tables, %zu further suppressions: %zu held, %zu too large for the oracle\n", rounds, sum.protected, sum.held, sum.skipped);
    assert_true(rounds < 20 || (sum.protected > 0 && sum.skipped * 4 <= rounds));
}

/* ---- facts, groups, who is alone ---- */

static void
test_table__reckons_with_what_is_public(void **state)
{
    static const char *const row[] = { "A", "B", "C", "D" }, *const column[] = { "female", "male" };
    static const int count[] = { 2, 18, 19, 14, 10, 12, 14, 11 };
    static const char *const of[] = { "row", "column" }, *const is[] = { "C", "female" }, *const small[] = { "A", "female" }, *const no[] = { "X", "female" };
    const struct table_fact fact[] = { { of, is, 2, 10 }, { of, no, 2, 4 }, { of, is, 2, 11 } };
    const struct table_fact known = { of, small, 2, 2 };
    struct sheet s;
    struct table t = {0}, *set = &t;
    struct table_protection p;
    (void)state;

    rows_of(&s, row, 4, column, 2, count);
    count_two(&t, &s, 3);
    /* C, female is the cheapest to keep back, and cannot be any more. */
    assert_int_equal(table_protect(&set, 1, &s, fact, 3, &p), VAULT_OK);
    assert_int_equal(p.facts_used, 1);
    assert_int_equal(p.secondary, 3);
    assert_int_equal(t.state[6], TABLE_PUBLISHED);
    /* A small count that everybody knows is no secret. */
    assert_int_equal(table_protect(&set, 1, &s, &known, 1, &p), VAULT_OK);
    assert_int_equal(p.primary + p.secondary, 0);
    table_free(&t);
    sheet_free(&s);
}

/* All of region A were sentenced: the zero beside them tells it, and goes; the zero of B does not. */
static void
test_table__does_not_tell_what_all_of_a_group_have_in_common(void **state)
{
    static const char *const row[] = { "A", "B", "C" }, *const column[] = { "acquitted", "let go", "sentenced" };
    static const int count[] = { 0, 0, 20, 0, 10, 12, 30, 31, 32 };
    struct sheet s;
    struct table t = {0}, *set = &t;
    struct table_protection p;
    struct table_interval at[16];
    (void)state;

    rows_of(&s, row, 3, column, 3, count);
    s.column[0].role = SHEET_QUASI;
    s.column[1].role = SHEET_SENSITIVE;
    count_two(&t, &s, 5);
    assert_int_equal(table_protect(&set, 1, &s, NULL, 0, &p), VAULT_OK);
    assert_int_equal(t.state[2], TABLE_PRIMARY);
    assert_true(t.state[0] != TABLE_PUBLISHED || t.state[1] != TABLE_PUBLISHED);
    assert_int_equal(t.state[4], TABLE_PUBLISHED);
    assert_int_equal(table_audit(&set, 1, &s, NULL, 0, 0, at), VAULT_OK);
    assert_true(at[2].low < at[2].high);
    assert_true(at[3].high > at[2].low);
    table_free(&t);
    sheet_free(&s);
}

/* Five of one each, five in all: a reader who sees that none is zero would know each. So their total goes, too. */
static void
test_table__five_times_one_is_not_five_stars(void **state)
{
    static const char *const row[] = { "A", "B" }, *const column[] = { "1", "2", "3", "4", "5" };
    static const int count[] = { 1, 1, 1, 1, 1, 20, 20, 20, 20, 20 };
    struct sheet s;
    struct table t = {0}, *set = &t;
    struct table_protection p;
    struct table_interval at[18];
    (void)state;

    rows_of(&s, row, 2, column, 5, count);
    count_two(&t, &s, 5);
    assert_int_equal(table_protect(&set, 1, &s, NULL, 0, &p), VAULT_OK);
    assert_int_equal(table_audit(&set, 1, &s, NULL, 0, 0, at), VAULT_OK);
    for (size_t i = 0; i < 5; i++)
        assert_true(at[i].high - at[i].low >= 4 && at[i].high >= 5);
    table_free(&t);
    sheet_free(&s);
}

static void
test_table__says_so_where_public_figures_leave_no_way(void **state)
{
    static const char *const row[] = { "A", "B" }, *const column[] = { "f", "m" };
    static const int count[] = { 2, 18, 19, 14 };
    static const char *const of[] = { "row", "column" };
    static const char *const is[][2] = { { "A", "m" }, { "B", "f" }, { "B", "m" } };
    static const char *const none[1];
    const struct table_fact fact[] = { { of, is[0], 2, 18 }, { of, is[1], 2, 19 }, { of, is[2], 2, 14 }, { none, none, 0, 53 } };
    struct sheet s;
    struct table t = {0}, *set = &t;
    struct table_protection p;
    (void)state;

    rows_of(&s, row, 2, column, 2, count);
    count_two(&t, &s, 5);
    assert_int_equal(table_protect(&set, 1, &s, fact, 4, &p), VAULT_ERR_REFUSED);
    for (size_t i = 0; i < t.n_cells; i++)
        assert_int_equal(t.state[i], TABLE_PRIMARY);
    table_free(&t);
    sheet_free(&s);
}

/* ---- the solver ---- */

static void
test_lp__a_mistake_is_an_error_and_the_next_program_works(void **state)
{
    static const double low[] = { 0, 0 }, high[] = { 3, 4 };
    struct lp_rows rows = {0};
    struct lp *lp = NULL, *other = NULL;
    (void)state;

    assert_int_equal(lp_row(&rows, 0, 5), VAULT_OK);
    assert_int_equal(lp_term(&rows, 0, 1), VAULT_OK);
    assert_int_equal(lp_term(&rows, 1, 1), VAULT_OK);
    assert_int_equal(lp_open(&lp, 2, low, high, &rows), VAULT_OK);
    assert_int_equal(lp_aim(lp, 1, 1), VAULT_OK);
    assert_int_equal(lp_solve(lp, true, true, 10), LP_BEST);
    assert_true(lp_best(lp) > 3.9 && lp_best(lp) < 4.1);
    assert_int_equal(lp_term(&rows, 7, 1), VAULT_OK);
    assert_int_equal(lp_open(&other, 2, low, high, &rows), VAULT_ERR_FAILED);
    assert_null(other);
    /* GLPK lost all it had; who goes on with the first program is told. */
    assert_int_equal(lp_solve(lp, true, false, 0), LP_UNSURE);
    assert_int_equal(lp_aim(lp, 0, 1), VAULT_ERR_FAILED);
    lp_close(lp);
    rows.n_terms--;
    rows.start[1]--;
    assert_int_equal(lp_open(&lp, 2, low, high, &rows), VAULT_OK);
    assert_int_equal(lp_solve(lp, true, false, 0), LP_BEST);
    lp_close(lp);
    lp_rows_free(&rows);
}

/* In a child, as there is no way out of the sandbox. */
static void
test_table__is_protected_in_the_sandbox(void **state)
{
    static const char *const row[] = { "A", "B", "C", "D" }, *const column[] = { "female", "male" };
    static const int count[] = { 2, 18, 19, 14, 10, 12, 14, 11 };
    struct sheet s;
    struct table t = {0}, *set = &t;
    struct table_protection p;
    int status = 0, level;
    pid_t child;
    (void)state;

    rows_of(&s, row, 4, column, 2, count);
    count_two(&t, &s, 3);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (sandbox_enter(NULL, NULL, &level) != VAULT_OK)
            _exit(2);
        _exit(table_protect(&set, 1, &s, NULL, 0, &p) == VAULT_OK && p.secondary == 3 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    table_free(&t);
    sheet_free(&s);
}

/* ---- the least ---- */

static bool
may_hide(const struct table *t, size_t cell)
{
    uint32_t place[TABLE_DIMS_MAX] = {0};
    size_t one = 0;
    bool may = t->count[cell] > 0;

    if (t->state[cell] == TABLE_PRIMARY)
        return false;
    table_place(t, cell, place);
    for (size_t d = 0; d < t->n_dims && !may; d++) {
        uint32_t p[TABLE_DIMS_MAX];

        memcpy(p, place, sizeof p);
        p[d] = t->dim[d].n;
        may = place[d] < t->dim[d].n && is_group_line(t, p, d, &one);
    }
    return may;
}

/* Does this choice of cells hold the promise? */
static bool
suffices(const struct population *p, struct table *t, const size_t *cell, size_t n, size_t chosen)
{
    static const size_t in_order[] = { 0, 1, 2, 3 };

    for (size_t i = 0; i < n; i++)
        t->state[cell[i]] = chosen >> i & 1 ? TABLE_SECONDARY : TABLE_PUBLISHED;
    start_oracle(&the_oracle, p, 20000);
    take_table(&the_oracle, t, in_order, p->n, p->columns);
    search(&the_oracle, t->min_count);
    return the_oracle.stop;
}

static void
try_less(void)
{
    struct population p;
    struct table t = {0}, *set = &t;
    struct table_protection out;
    size_t cell[20], n = 0;
    unsigned k = 2 + draw(3);

    draw_population(&p, 2, 3 + draw(8));
    assert_int_equal(table_count(&t, &p.s, "t", names, 2, k), VAULT_OK);
    assert_int_equal(table_protect(&set, 1, &p.s, NULL, 0, &out), VAULT_OK);
    assert_true(out.least);
    for (size_t i = 0; i < t.n_cells && n < 20; i++)
        if (may_hide(&t, i))
            cell[n++] = i;
    for (size_t chosen = 0; chosen < (size_t)1 << n && n < 12; chosen++) {
        size_t many = 0;
        int64_t sum = 0;

        for (size_t i = 0; i < n; i++) {
            many += chosen >> i & 1;
            sum += chosen >> i & 1 ? t.count[cell[i]] : 0;
        }
        if ((many < out.secondary || (many == out.secondary && sum < out.secondary_sum)) && suffices(&p, &t, cell, n, chosen))
            fail_msg("%zu of sum %d suffice, not %zu of %d", many, (int)sum, out.secondary, (int)out.secondary_sum);
    }
    table_free(&t);
    sheet_free(&p.s);
}

#define LEAST_MAX 100u          /* each goes through all choices of cells, and for each through all tables */

static void
test_table__keeps_back_the_least(void **state)
{
    size_t rounds = (from_environment("ROUNDS", 60) + 5) / 6;
    (void)state;

    rounds = rounds < LEAST_MAX ? rounds : LEAST_MAX;

    for (size_t i = 0; i < rounds; i++) {
        begin_round(first_seed() + i, 2);
        try_less();
    }
    at_seed = 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table__counts_with_totals),
        cmocka_unit_test(test_table__refuses_what_it_cannot_count),
        cmocka_unit_test(test_table__has_a_limit),
        cmocka_unit_test(test_table__needs_three_more_in_the_known_case),
        cmocka_unit_test(test_table__two_in_each_line_are_not_enough),
        cmocka_unit_test(test_table__is_published_in_order_with_stars),
        cmocka_unit_test(test_table__keeps_its_promise_against_every_table_there_can_be),
        cmocka_unit_test(test_table__keeps_its_promise_over_tables_that_share_a_column),
        cmocka_unit_test(test_table__keeps_its_promise_where_it_does_not_search),
        cmocka_unit_test(test_table__keeps_back_the_least),
        cmocka_unit_test(test_table__reckons_with_what_is_public),
        cmocka_unit_test(test_table__does_not_tell_what_all_of_a_group_have_in_common),
        cmocka_unit_test(test_table__five_times_one_is_not_five_stars),
        cmocka_unit_test(test_table__says_so_where_public_figures_leave_no_way),
        cmocka_unit_test(test_lp__a_mistake_is_an_error_and_the_next_program_works),
        cmocka_unit_test(test_table__is_protected_in_the_sandbox),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, say_seed);
}
