/* Suppression: what is left passes in both readings, costs the least where that is proven, and touches nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vault/release/risk.h"
#include "vault/release/suppress_priv.h"

static uint32_t lot;

static uint32_t
draw(uint32_t n)
{
    lot = lot * 1664525u + 1013904223u;
    return (lot >> 8) % n;
}

static void
fill(struct sheet *s, size_t rows, size_t columns, uint32_t values, uint32_t kinds)
{
    char text[16] = "a";

    sheet_init(s);
    for (size_t j = 0; j <= columns; j++, text[0]++)
        assert_int_equal(sheet_add_column(s, text, NULL), VAULT_OK);
    for (size_t r = 0; r < rows; r++) {
        assert_int_equal(sheet_add_row(s), VAULT_OK);
        for (size_t j = 0; j <= columns; j++) {
            snprintf(text, sizeof text, "%u", j == columns ? draw(kinds) : draw(1 + draw(values)));
            if (j < columns && draw(20) == 0)
                strcpy(text, draw(2) == 0 ? "*" : "");
            assert_int_equal(sheet_set(s, r, j, PART(text, strlen(text))), VAULT_OK);
        }
    }
}

static void
passes(const struct sheet *s, const struct suppress_ask *a)
{
    const struct risk_ask ask = { .sheet = s, .quasi = a->quasi, .n_quasi = a->n_quasi, .sensitive = a->sensitive, .k = a->k };
    struct risk r;

    assert_int_equal(risk_measure(&r, &ask), VAULT_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(r.figures[i].below_k, 0);
        assert_true(a->l <= 1 || a->sensitive == SIZE_MAX || r.figures[i].l_distinct_min >= a->l);
    }
    risk_free(&r);
}

/* How many cells differ; those that do are suppressed now. */
static uint64_t
changed(const struct sheet *s, const struct sheet *was)
{
    uint64_t n = 0;

    for (size_t r = 0; r < s->n_rows; r++)
        for (size_t j = 0; j < s->n_columns; j++)
            if (strcmp(sheet_text(s, r, j), sheet_text(was, r, j)) != 0) {
                assert_string_equal(sheet_text(s, r, j), "*");
                n++;
            }
    return n;
}

static void
test_suppress__passes_and_counts(void **state)
{
    static const size_t quasi[] = { 0, 1, 2, 3 };
    uint64_t cells = 0, least = 0;

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        struct sheet s, was;
        struct suppress_ask ask = { .sheet = &s, .quasi = quasi, .k = 2 + draw(4), .l = draw(3), .m = 3 };
        struct suppressed out;
        size_t rows = 5 + draw(i % 4 == 0 ? 200 : 30);
        uint32_t values = 2 + draw(5), kinds = 3 + draw(3), seed;
        uint64_t sum = 0;
        vault_err err;

        ask.n_quasi = 1 + draw(4);
        ask.sensitive = draw(2) == 0 ? SIZE_MAX : ask.n_quasi;
        seed = lot;
        fill(&s, rows, ask.n_quasi, values, kinds);
        lot = seed;
        fill(&was, rows, ask.n_quasi, values, kinds);
        err = suppress_auto(&out, &ask);
        assert_true(err == VAULT_OK || err == VAULT_ERR_REFUSED);
        assert_int_equal(changed(&s, &was), out.cells);
        if (err == VAULT_OK) {
            passes(&s, &ask);
            for (size_t j = 0; j < ask.n_quasi; j++)
                sum += out.of_column[j];
            assert_int_equal(sum, out.cells);
            assert_true(out.at_least <= out.cells);
            cells += out.cells;
            least += out.at_least;
        }
        suppressed_free(&out);
        sheet_free(&s);
        sheet_free(&was);
    }
    print_message("%llu cells suppressed; no way suppresses fewer than %llu\n", (unsigned long long)cells, (unsigned long long)least);
}

/* ---- the least, by trying every set of cells ---- */

static bool
holds(const char cell[6][3], unsigned stars, unsigned rows, unsigned columns, uint32_t k)
{
    for (unsigned a = 0; a < rows; a++) {
        uint32_t same = 0;

        for (unsigned b = 0; b < rows; b++) {
            bool is = true;

            for (unsigned j = 0; j < columns; j++) {
                char x = stars >> (a * columns + j) & 1 ? '*' : cell[a][j], y = stars >> (b * columns + j) & 1 ? '*' : cell[b][j];

                is = is && x == y;
            }
            same += is;
        }
        if (same < k)
            return false;
    }
    return true;
}

static void
test_suppress__is_the_least_for_few_rows(void **state)
{
    static const size_t quasi[] = { 0, 1, 2 };

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        unsigned rows = 2 + draw(4), columns = 1 + draw(3), least = 99;
        struct suppress_ask ask = { .quasi = quasi, .n_quasi = columns, .sensitive = SIZE_MAX, .k = 2 + draw(2) };
        char cell[6][3], text[2] = "a";
        struct suppressed out;
        struct sheet s;
        vault_err err;

        sheet_init(&s);
        for (unsigned j = 0; j < columns; j++, text[0]++)
            assert_int_equal(sheet_add_column(&s, text, NULL), VAULT_OK);
        for (unsigned r = 0; r < rows; r++) {
            assert_int_equal(sheet_add_row(&s), VAULT_OK);
            for (unsigned j = 0; j < columns; j++) {
                text[0] = cell[r][j] = (char)('0' + draw(3));
                assert_int_equal(sheet_set(&s, r, j, PART(text, 1)), VAULT_OK);
            }
        }
        for (unsigned stars = 0; stars < 1u << rows * columns; stars++)
            if ((unsigned)__builtin_popcount(stars) < least && holds((const char (*)[3])cell, stars, rows, columns, ask.k))
                least = (unsigned)__builtin_popcount(stars);
        ask.sheet = &s;
        err = suppress_auto(&out, &ask);
        assert_int_equal(err, least == 99 ? VAULT_ERR_REFUSED : VAULT_OK);
        if (err == VAULT_OK) {
            assert_int_equal(out.cells, least);
            assert_true(out.proven);
        }
        suppressed_free(&out);
        sheet_free(&s);
    }
}

/* Each way does what it is to, and none beats the best. */
static void
test_suppress__greedy_beside_the_best(void **state)
{
    static const size_t quasi[] = { 0, 1, 2, 3 };
    static vault_err (*const way[])(struct plan *, bool *) = { plan_exactly, plan_by_levels, plan_by_sets, plan_by_nearest };
    uint64_t sum[5] = { 0 };

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        struct patterns p;
        struct sheet s;
        uint32_t star[4], k = 2 + draw(3);
        uint64_t cost[4], least = UINT64_MAX;

        fill(&s, 8 + draw(4), 4, 3, 1);
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(sheet_value(&s.column[j], PART("*", 1), &star[j]), VAULT_OK);
        assert_int_equal(patterns_make(&p, &(struct pattern_ask){ .sheet = &s, .column = quasi, .n_columns = 4 }), VAULT_OK);
        for (size_t w = 0; w < 4; w++) {
            struct plan g;
            bool done;

            assert_int_equal(plan_make(&g, &p, 4, star, NULL, k, 0), VAULT_OK);
            assert_true(plan_at_least(&g) <= (w == 0 ? UINT64_MAX : cost[0]));
            assert_int_equal(way[w](&g, &done), VAULT_OK);
            assert_true(done);
            for (uint32_t x = 0; x < g.n_groups; x++)
                assert_true(g.group[x].rows == 0 || plan_is_good(&g, &g.group[x]));
            cost[w] = plan_cost(&g);
            assert_true(cost[w] >= cost[0]);
            least = w > 0 && cost[w] < least ? cost[w] : least;
            sum[w] += cost[w];
            plan_free(&g);
        }
        sum[4] += least;
        patterns_free(&p);
        sheet_free(&s);
    }
    print_message("best %llu; by levels %llu, by sets %llu, by nearest %llu, best of these %llu\n", (unsigned long long)sum[0], (unsigned long long)sum[1],
        (unsigned long long)sum[2], (unsigned long long)sum[3], (unsigned long long)sum[4]);
}

static void
test_suppress__what_cannot_be_is_refused(void **state)
{
    static const size_t quasi[] = { 0 };
    struct sheet s;
    struct suppress_ask ask = { .sheet = &s, .quasi = quasi, .n_quasi = 1, .sensitive = SIZE_MAX, .k = 10 };
    struct suppressed out;

    (void)state;
    lot = 3;
    fill(&s, 9, 1, 5, 1);
    assert_int_equal(suppress_auto(&out, &ask), VAULT_ERR_REFUSED);
    suppressed_free(&out);
    sheet_free(&s);
    fill(&s, 30, 1, 5, 1);
    ask.sensitive = 1;
    ask.l = 2;
    assert_int_equal(suppress_auto(&out, &ask), VAULT_ERR_REFUSED);
    assert_int_equal(out.cells, 0);
    suppressed_free(&out);
    ask.l = 1;
    assert_int_equal(suppress_auto(&out, &ask), VAULT_OK);
    suppressed_free(&out);
    sheet_free(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suppress__passes_and_counts),
        cmocka_unit_test(test_suppress__is_the_least_for_few_rows),
        cmocka_unit_test(test_suppress__greedy_beside_the_best),
        cmocka_unit_test(test_suppress__what_cannot_be_is_refused),
    };

    lot = 8;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
