/*
 * Two releases, one after the other: by people who came or went, by counts of the same people that differ, by rows that belong together.
 * What several tell together is in ledger_joint.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/release/ledger_priv.h"

#define TOLD_MAX 3u                     /* cells that one finding names */

/* ---- words ---- */

void
ledger_key(char out[static KEY_MAX], const struct table_dim *d)
{
    if (d->treat == TREAT_KEEP)
        (void)snprintf(out, KEY_MAX, "%s", d->name);
    else
        (void)snprintf(out, KEY_MAX, "%s\x1f%d %u", d->name, (int)d->treat, d->arg);
}

void
ledger_cell_name(struct buf *out, const struct table *t, size_t cell)
{
    uint32_t place[TABLE_DIMS_MAX];
    bool any = false;

    table_place(t, cell, place);
    for (size_t d = 0; d < t->n_dims; d++)
        if (place[d] < t->dim[d].n) {
            buf_fmt(out, "%s%s %s", any ? ", " : "", t->dim[d].name, t->dim[d].category[place[d]]);
            any = true;
        }
    buf_fmt(out, "%s of table %s", any ? "" : "the total", t->name);
}

vault_err
ledger_tell(const struct compare *c, struct ledger_finding f, struct buf *detail)
{
    vault_err err;

    f.detail = buf_cstr(detail);
    err = buf_ok(detail);
    f.word = f.rule == LEDGER_LINKED ? "linkage" : "difference";
    return err == VAULT_OK ? c->fn(c->ctx, &f) : err;
}

const struct ledger_type *
ledger_find_type(const struct ledger_release *r, const char *type)
{
    for (size_t i = 0; i < r->n_types; i++)
        if (strcmp(r->type[i].type, type) == 0)
            return &r->type[i];
    return NULL;
}

/* ---- people ---- */

static int
by_id(const void *a, const void *b)
{
    return memcmp(a, b, LEDGER_ID);
}

static vault_err
sorted_ids(uint8_t (**out)[LEDGER_ID], const struct ledger_type *t)
{
    uint8_t (*id)[LEDGER_ID] = calloc(t->n_rows + 1, LEDGER_ID);

    if (id == NULL)
        return err_nomem();
    if (t->n_rows > 0)
        memcpy(id, t->row, t->n_rows * LEDGER_ID);
    qsort(id, t->n_rows, LEDGER_ID, by_id);
    *out = id;
    return VAULT_OK;
}

struct change {
    size_t came, went;
};

static vault_err
people_changed(struct change *out, const struct ledger_type *before, const struct ledger_type *after)
{
    uint8_t (*a)[LEDGER_ID] = NULL, (*b)[LEDGER_ID] = NULL;
    size_t i = 0, j = 0;
    vault_err err = sorted_ids(&a, before);

    *out = (struct change){0};
    if (err == VAULT_OK)
        err = sorted_ids(&b, after);
    while (err == VAULT_OK && (i < before->n_rows || j < after->n_rows)) {
        int order = i == before->n_rows ? 1 : j == after->n_rows ? -1 : by_id(a[i], b[j]);

        out->went += order < 0;
        out->came += order > 0;
        i += order <= 0;
        j += order >= 0;
    }
    free(a);
    free(b);
    return err;
}

vault_err
ledger_same_people(bool *out, const struct ledger_type *a, const struct ledger_type *b)
{
    struct change change;
    vault_err err = VAULT_OK;

    *out = a->row == NULL || b->row == NULL || a == b;
    if (!*out) {
        err = people_changed(&change, a, b);
        *out = err == VAULT_OK && change.came == 0 && change.went == 0;
    }
    return err;
}

static bool
tells_something(const struct ledger_type *t)
{
    return t->n_tables > 0 || t->sheet != NULL;
}

/* Whoever has both releases subtracts one from the other: what remains is told of those who came, and of those who went. */
static vault_err
compare_people(const struct compare *c, const struct ledger_release *r, const struct ledger_type *before, const struct ledger_type *after)
{
    struct change change;
    struct buf detail = BUF_INIT;
    vault_err err;

    if (before->row == NULL || after->row == NULL || !tells_something(before) || !tells_something(after))
        return VAULT_OK;
    err = people_changed(&change, before, after);
    if (err == VAULT_OK && ((change.came > 0 && change.came < (size_t)c->k) || (change.went > 0 && change.went < (size_t)c->k))) {
        buf_fmt(&detail, "since release %s %zu of type %s came and %zu went, and fewer than %" PRId64 " can be told from the difference", r->name,
            change.came, after->type, change.went, c->k);
        err = ledger_tell(c, (struct ledger_finding){ .rule = LEDGER_CHANGED, .type = after->type, .table = "", .earlier = r->name }, &detail);
    }
    buf_free(&detail);
    return err;
}

/* ---- the same count in two releases ---- */

struct counted {
    uint8_t condition[32];
    const struct table *t;
    size_t cell;
};

struct counts {
    struct counted *at;
    size_t n, cap;
};

static int
by_condition(const void *a, const void *b)
{
    return memcmp(((const struct counted *)a)->condition, ((const struct counted *)b)->condition, 32);
}

static int
by_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* What a cell counts, in any order and however often it is said: a hash over sorted words "column US value". False: nothing can be so. */
static bool
condition_of(uint8_t out[static 32], const struct ledger_type *type, const struct table *t, size_t cell, vault_err *err)
{
    enum { WORD = KEY_MAX + TABLE_NAME_MAX + 2 };
    char (*word)[WORD] = calloc(LEDGER_WHERE_MAX + TABLE_DIMS_MAX, WORD);
    struct part part[LEDGER_WHERE_MAX + TABLE_DIMS_MAX];
    uint32_t place[TABLE_DIMS_MAX];
    size_t n = 0, many = 0;

    if (word == NULL) {
        *err = err_nomem();
        return false;
    }
    table_place(t, cell, place);
    for (size_t i = 0; i < type->n_where; i++)
        (void)snprintf(word[n++], WORD, "%s\x1e%.256s", type->where[i].column,
            type->where[i].value[0] == '\0' ? TABLE_NOT_KNOWN : type->where[i].value);
    for (size_t d = 0; d < t->n_dims; d++)
        if (place[d] < t->dim[d].n) {
            char key[KEY_MAX];

            ledger_key(key, &t->dim[d]);
            (void)snprintf(word[n++], WORD, "%s\x1e%.256s", key, t->dim[d].category[place[d]]);
        }
    qsort(word, n, WORD, by_words);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(word[i], word[i - 1]) != 0)
            part[many++] = PART(word[i], strlen(word[i]) + 1);
    hash_parts(out, "withheld ledger condition", part, many);
    free(word);
    return true;
}

static vault_err
add_counts(struct counts *c, const struct ledger_type *type)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < type->n_tables; i++)
        for (size_t cell = 0; err == VAULT_OK && cell < type->table[i].n_cells; cell++) {
            struct counted *more;

            if (type->table[i].state[cell] != TABLE_PUBLISHED)
                continue;
            more = array_room(c->at, c->n, &c->cap, sizeof *more);
            if (more == NULL)
                return err_nomem();
            c->at = more;
            c->at[c->n].t = &type->table[i];
            c->at[c->n].cell = cell;
            if (condition_of(c->at[c->n].condition, type, &type->table[i], cell, &err))
                c->n++;
        }
    if (err == VAULT_OK && c->n > 0)
        qsort(c->at, c->n, sizeof *c->at, by_condition);
    return err;
}

static const struct counted *
find_count(const struct counts *c, const struct counted *like)
{
    return c->n == 0 ? NULL : bsearch(like, c->at, c->n, sizeof *c->at, by_condition);
}

/* One finding for the two, with the first few cells; table: of the first. */
static vault_err
compare_counts(const struct compare *c, const struct ledger_release *r, const struct ledger_type *before, const struct ledger_type *after)
{
    struct counts old = {0}, fresh = {0};
    struct buf detail = BUF_INIT;
    const char *table = "";
    size_t found = 0;
    vault_err err = add_counts(&old, before);

    if (err == VAULT_OK)
        err = add_counts(&fresh, after);
    for (size_t i = 0; err == VAULT_OK && i < fresh.n; i++) {
        const struct counted *was = find_count(&old, &fresh.at[i]);
        int64_t now = fresh.at[i].t->count[fresh.at[i].cell], then = was == NULL ? now : was->t->count[was->cell];

        if (now == then || llabs(now - then) >= c->k)
            continue;
        if (found == 0)
            table = fresh.at[i].t->name;
        if (found++ < TOLD_MAX) {
            buf_str(&detail, found == 1 ? "" : "; ");
            ledger_cell_name(&detail, fresh.at[i].t, fresh.at[i].cell);
            buf_fmt(&detail, " is %" PRId64 " and was %" PRId64 " in table %s of release %s", now, then, was->t->name, r->name);
        }
    }
    if (err == VAULT_OK && found > 0) {
        if (found > TOLD_MAX)
            buf_fmt(&detail, "; and %zu more", found - TOLD_MAX);
        buf_fmt(&detail, ": the difference tells of fewer than %" PRId64, c->k);
        err = ledger_tell(c, (struct ledger_finding){ .rule = LEDGER_CHANGED, .type = after->type, .table = table, .earlier = r->name }, &detail);
    }
    buf_free(&detail);
    free(old.at);
    free(fresh.at);
    return err;
}

/* ---- rows for two audiences ---- */

struct row_key {
    uint8_t hash[32];
};

static int
by_hash(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* Columns that both have, treated alike; a pseudonym is another one for each audience. */
static size_t
common_columns(size_t (*out)[2], const struct sheet *a, const struct sheet *b)
{
    size_t n = 0, at;

    for (size_t i = 0; i < a->n_columns && n < SHEET_COLUMNS_MAX; i++) {
        const struct sheet_column *c = &a->column[i];

        if (c->treat == TREAT_PSEUDONYM || !sheet_find_column(b, c->name, &at) || b->column[at].treat != c->treat || b->column[at].arg != c->arg)
            continue;
        out[n][0] = i;
        out[n++][1] = at;
    }
    return n;
}

/* Sorted hashes of the rows by these columns. */
static vault_err
row_keys(struct row_key **out, const struct sheet *s, size_t (*column)[2], size_t n, size_t side)
{
    struct row_key *key = calloc(s->n_rows + 1, sizeof *key);
    struct part *part = calloc(n + 1, sizeof *part);
    vault_err err = key == NULL || part == NULL ? err_nomem() : VAULT_OK;

    for (size_t r = 0; err == VAULT_OK && r < s->n_rows; r++) {
        for (size_t i = 0; i < n; i++) {
            const char *text = sheet_text(s, r, column[i][side]);

            part[i] = PART(text, strlen(text) + 1);
        }
        hash_parts(key[r].hash, "withheld ledger row", part, n);
    }
    if (err == VAULT_OK) {
        qsort(key, s->n_rows, sizeof *key, by_hash);
        *out = key;
        key = NULL;
    }
    free(key);
    free(part);
    return err;
}

static bool
is_only_one(const struct row_key *key, size_t n, size_t i)
{
    return (i == 0 || by_hash(&key[i - 1], &key[i]) != 0) && (i + 1 == n || by_hash(&key[i + 1], &key[i]) != 0);
}

static size_t
only_in_both(const struct row_key *a, size_t n, const struct row_key *b, size_t m)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        const struct row_key *other = m == 0 ? NULL : bsearch(&a[i], b, m, sizeof *b, by_hash);

        found += other != NULL && is_only_one(a, n, i) && is_only_one(b, m, (size_t)(other - b));
    }
    return found;
}

static vault_err
compare_rows(const struct compare *c, const struct ledger_release *r, const struct ledger_type *before, const struct ledger_type *after)
{
    size_t (*column)[2], n, found;
    struct row_key *a = NULL, *b = NULL;
    struct buf detail = BUF_INIT;
    vault_err err;

    if (before->sheet == NULL || after->sheet == NULL || strcmp(r->audience, c->now->audience) == 0)
        return VAULT_OK;
    column = calloc(SHEET_COLUMNS_MAX, sizeof *column);
    if (column == NULL)
        return err_nomem();
    n = common_columns(column, before->sheet, after->sheet);
    err = n == 0 ? VAULT_OK : row_keys(&a, before->sheet, column, n, 0);
    if (err == VAULT_OK && n > 0)
        err = row_keys(&b, after->sheet, column, n, 1);
    found = err == VAULT_OK && n > 0 ? only_in_both(a, before->sheet->n_rows, b, after->sheet->n_rows) : 0;
    if (found > 0) {
        buf_fmt(&detail, "%zu rows of type %s have values in common with release %s, for audience %s, that no other row has: the two belong to one "
            "person for whoever has both", found, after->type, r->name, r->audience);
        err = ledger_tell(c, (struct ledger_finding){ .rule = LEDGER_LINKED, .type = after->type, .table = "", .earlier = r->name }, &detail);
    }
    buf_free(&detail);
    free(column);
    free(a);
    free(b);
    return err;
}

/* ---- all ---- */

static vault_err
check_release(const struct ledger_release *r)
{
    if (r->n_types > LEDGER_TYPES_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "release %s tells of more than %u types", r->name, LEDGER_TYPES_MAX);
    for (size_t i = 0; i < r->n_types; i++) {
        if (r->type[i].n_where > LEDGER_WHERE_MAX)
            return err_say(VAULT_ERR_INPUT, NULL, "release %s has more than %u conditions for one type", r->name, LEDGER_WHERE_MAX);
        if (r->type[i].n_tables > TABLE_SET_MAX || r->type[i].n_rows > SHEET_ROWS_MAX)
            return err_say(VAULT_ERR_INPUT, NULL, "release %s is over a limit", r->name);
    }
    return VAULT_OK;
}

static vault_err
compare_type(const struct compare *c, const struct ledger_type *now)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < c->n; i++) {
        const struct ledger_type *before = ledger_find_type(&c->earlier[i], now->type);

        if (before == NULL)
            continue;
        err = compare_people(c, &c->earlier[i], before, now);
        if (err == VAULT_OK)
            err = compare_counts(c, &c->earlier[i], before, now);
        if (err == VAULT_OK)
            err = compare_rows(c, &c->earlier[i], before, now);
    }
    return err == VAULT_OK && now->n_tables > 0 ? ledger_together(c, now) : err;
}

vault_err
ledger_compare(const struct ledger_release *earlier, size_t n, const struct ledger_release *now, unsigned k, uint64_t work,
    ledger_finding_fn *fn, void *ctx)
{
    struct compare c = { earlier, now, n, k, work, fn, ctx };
    vault_err err = check_release(now);

    if (k < 2 || k > TABLE_MIN_COUNT_MAX || n > LEDGER_RELEASES_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "releases are compared for k of 2 to %u, with at most %u earlier ones", TABLE_MIN_COUNT_MAX,
            LEDGER_RELEASES_MAX);
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = check_release(&earlier[i]);
    for (size_t i = 0; err == VAULT_OK && i < now->n_types; i++)
        err = compare_type(&c, &now->type[i]);
    return err;
}
