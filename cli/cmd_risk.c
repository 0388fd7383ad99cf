/* risk: how easily the rows of a table lead back to people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"

#define COLUMNS_MAX 512

/* ---- lists that are set apart by commas ---- */

struct list {
    char *copy;
    const char *item[COLUMNS_MAX];
    size_t n;
};

static vault_err
split(struct list *out, const char *text, const char *option)
{
    char *p = out->copy = strdup(text);

    if (p == NULL)
        return fail_nomem();
    for (char *comma; p != NULL; p = comma) {
        comma = strchr(p, ',');
        if (comma != NULL)
            *comma++ = '\0';
        if (*p == '\0')
            return fail(VAULT_ERR_INPUT, "as in A,B,C", "--%s has nothing between two commas", option);
        if (out->n == COLUMNS_MAX)
            return fail(VAULT_ERR_INPUT, NULL, "--%s names more than %d columns", option, COLUMNS_MAX);
        out->item[out->n++] = p;
    }
    return VAULT_OK;
}

static vault_err
read_levels(unsigned *level, const struct list *quasi, const char *text)
{
    struct list l = { .n = 0 };
    vault_err err = split(&l, text, "levels");

    if (err == VAULT_OK && l.n != quasi->n)
        err = fail(VAULT_ERR_INPUT, "one for each column of --quasi, in the same order", "--levels has %zu numbers for %zu columns", l.n, quasi->n);
    for (size_t i = 0; err == VAULT_OK && i < l.n; i++) {
        if (l.item[i][strspn(l.item[i], "0123456789")] != '\0' || strlen(l.item[i]) > 3)
            err = fail(VAULT_ERR_INPUT, "as in --levels 1,0,2", "--levels takes whole numbers");
        else
            level[i] = (unsigned)atoi(l.item[i]);
    }
    free(l.copy);
    return err;
}

static vault_err
read_separator(char *out, const char *text)
{
    if (text == NULL)
        return VAULT_OK;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        *out = '\t';
    else if (strlen(text) == 1)
        *out = text[0];
    else
        return fail(VAULT_ERR_INPUT, "as in --separator ';' or --separator tab", "--separator takes one character");
    return VAULT_OK;
}

/* ---- figures as JSON ---- */

/* Nine digits: the same on every machine, whatever its library makes of the last. */
static void
put_real(struct json *j, const char *key, bool known, double x)
{
    char text[32];

    snprintf(text, sizeof text, "%.9g", x);
    js_key(j, key);
    js_raw(j, known ? text : "null");
}

static void
put_figures(struct json *j, const struct vault_risk_figures *g, bool sets)
{
    js_pair_uint(j, "records", g->records);
    js_pair_uint(j, "classes", g->classes);
    js_pair_uint(j, "unique", g->unique);
    js_pair_uint(j, "min_class", g->min_class);
    put_real(j, "avg_class", true, g->avg_class);
    put_real(j, "prosecutor_max", true, g->prosecutor_max);
    put_real(j, "prosecutor_avg", true, g->prosecutor_avg);
    put_real(j, "journalist_max", g->has_population, g->journalist_max);
    put_real(j, "marketer", g->has_population, g->marketer);
    js_pair_uint(j, "below_k", g->below_k);
    put_real(j, "k_map_min", g->has_population, g->k_map_min);
    put_real(j, "l_distinct_min", g->has_sensitive, (double)g->l_distinct_min);
    put_real(j, "l_entropy_min", g->has_sensitive, g->l_entropy_min);
    put_real(j, "t_max", g->has_sensitive, g->t_max);
    put_real(j, "delta_max", g->has_population, g->delta_max);
    if (sets)
        js_pair_uint(j, "set_unique", g->set_unique);
}

static void
print_json(const struct vault_risk *r)
{
    struct json j = { .to = stdout };

    js_object(&j);
    put_figures(&j, &r->lenient, r->sets > 0);
    if (r->sets > 0)
        js_pair_uint(&j, "sets", r->sets);
    js_key(&j, "strict");
    js_object(&j);
    put_figures(&j, &r->strict, r->sets > 0);
    js_end(&j);
    js_end(&j);
}

/* ---- figures for people ---- */

static void
line_count(const char *what, uint64_t lenient, uint64_t strict)
{
    printf("%-44s %14" PRIu64 " %14" PRIu64 "\n", what, lenient, strict);
}

static void
line_real(const char *what, double lenient, double strict)
{
    printf("%-44s %14.6g %14.6g\n", what, lenient, strict);
}

static void
print_population(const struct vault_risk_figures *a, const struct vault_risk_figures *b)
{
    line_real("least people who look like a row (k-map)", a->k_map_min, b->k_map_min);
    line_real("journalist risk, greatest", a->journalist_max, b->journalist_max);
    line_real("marketer risk", a->marketer, b->marketer);
    line_real("presence can be told to be at most (delta)", a->delta_max, b->delta_max);
    line_real("presence can be told to be at least", a->delta_min, b->delta_min);
}

static void
print_text(const struct vault_risk *r, const struct vault_risk_ask *ask)
{
    const struct vault_risk_figures *a = &r->lenient, *b = &r->strict;
    char what[64];

    printf("%-44s %14s %14s\n", "what is suppressed", "fits anything", "is a value");
    line_count("rows", a->records, b->records);
    line_count("different looks (classes)", a->classes, b->classes);
    line_count("rows that look like no other", a->unique, b->unique);
    line_count("least rows that look the same", a->min_class, b->min_class);
    line_real("rows that look the same, on average", a->avg_class, b->avg_class);
    snprintf(what, sizeof what, "rows below k = %" PRIu32, ask->k);
    line_count(what, a->below_k, b->below_k);
    line_real("prosecutor risk, greatest", a->prosecutor_max, b->prosecutor_max);
    line_real("prosecutor risk, average", a->prosecutor_avg, b->prosecutor_avg);
    if (a->has_population)
        print_population(a, b);
    if (a->has_sensitive) {
        line_count("least sensitive values in a class (l)", a->l_distinct_min, b->l_distinct_min);
        line_real("the same by entropy", a->l_entropy_min, b->l_entropy_min);
        line_real("farthest from the whole (t)", a->t_max, b->t_max);
    }
    if (r->sets > 0) {
        snprintf(what, sizeof what, "rows unique on one of %" PRIu64 " sets (m = %u)", r->sets, ask->m);
        line_count(what, a->set_unique, b->set_unique);
    }
}

/* ---- the command ---- */

static vault_err
read_numbers(const struct call *c, struct vault_risk_ask *ask)
{
    long k = ask->k, m = 0;
    vault_err err = call_number(c, "k", 1, 1000000, &k);

    if (err == VAULT_OK)
        err = call_number(c, "m", 1, 6, &m);
    ask->k = (uint32_t)k;
    ask->m = (unsigned)m;
    return err;
}

static vault_err
risk_run(struct call *c)
{
    struct list quasi = { .n = 0 };
    unsigned level[COLUMNS_MAX] = { 0 };
    const char *columns = call_value(c, "quasi"), *levels = call_value(c, "levels");
    struct vault_risk_ask ask = { .data = c->args[0], .sensitive = call_value(c, "sensitive"), .weights = call_value(c, "weights"),
        .population = call_value(c, "population"), .hierarchies = call_value(c, "hierarchies"), .suppressed = call_value(c, "suppressed"), .k = 10 };
    struct vault_risk r;
    vault_err err;

    if (columns == NULL)
        return fail(VAULT_ERR_INPUT, "as in --quasi born,town,sex", "name the columns by which people may be known");
    if ((levels == NULL) != (ask.hierarchies == NULL))
        return fail(VAULT_ERR_INPUT, "as in --hierarchies FOLDER --levels 1,0,2", "--hierarchies and --levels belong together");
    err = split(&quasi, columns, "quasi");
    if (err == VAULT_OK && levels != NULL)
        err = read_levels(level, &quasi, levels);
    if (err == VAULT_OK)
        err = read_separator(&ask.separator, call_value(c, "separator"));
    if (err == VAULT_OK)
        err = read_numbers(c, &ask);
    ask.quasi = quasi.item;
    ask.n_quasi = quasi.n;
    ask.levels = levels == NULL ? NULL : level;
    if (err == VAULT_OK)
        err = kept(vault_risk(&r, &ask));
    if (err == VAULT_OK && c->json)
        print_json(&r);
    else if (err == VAULT_OK)
        print_text(&r, &ask);
    free(quasi.copy);
    return err;
}

const struct cmd cmd_risk = {
    .name = "risk",
    .args = "DATA.csv --quasi A,B,C",
    .summary = "say how easily the rows of a table lead back to people",
    .examples =
        "risk person.csv --quasi born,residence,sex\n"
        "risk person.csv --quasi born,residence,sex --sensitive status --k 10 --m 3\n"
        "risk person.csv --quasi born,residence --population everybody.csv --json\n"
        "risk person.csv --quasi born,residence --hierarchies levels --levels 1,0\n",
    .about =
        "The table is a CSV file: a line of column names, then a line for each row. --quasi names the columns by\n"
        "which somebody may be known. All figures are given in two readings: a suppressed or empty cell fits\n"
        "anything, and it is a value of its own. A release is safe only if it is in both. docs/risk.md explains\n"
        "every figure.\n"
        "--hierarchies: a file NAME.csv for each column whose level is not 0, lines value;level1;level2...\n"
        "--json: {\"records\",\"classes\",\"unique\",\"min_class\",\"avg_class\",\"prosecutor_max\",\"prosecutor_avg\",\n"
        "\"journalist_max\",\"marketer\",\"below_k\",\"k_map_min\",\"l_distinct_min\",\"l_entropy_min\",\"t_max\",\"delta_max\",\n"
        "\"strict\":{...}}: the first reading, and within strict the second; null is what was not asked for. With --m\n"
        "also \"set_unique\", and \"sets\".\n",
    .opts = (const struct opt[]){
        { "quasi", 0, false, "A,B,C", "columns by which people may be known" },
        { "sensitive", 0, false, "S", "a column that must not be told of anybody" },
        { "weights", 0, false, "W", "a column: how many people the row stands for" },
        { "population", 0, false, "FILE", "CSV file of everybody, with the columns of --quasi" },
        { "hierarchies", 0, false, "DIR", "folder with NAME.csv for the columns that --levels raises" },
        { "levels", 0, false, "1,0,2", "the level of each column of --quasi" },
        { "k", 0, false, "K", "count rows below this class size; else 10" },
        { "m", 0, false, "M", "look at each set of at most M columns, too (1 to 6)" },
        { "suppressed", 0, false, "VALUE", "what stands in a cell that is kept back; else *" },
        { "separator", 0, false, "C", "what keeps columns apart; else found in the first line" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_NOTHING,
    .reads = { .arg = 1 },
    .run = risk_run,
};
