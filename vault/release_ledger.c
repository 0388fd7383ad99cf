/*
 * release_ledger.c - this release beside every earlier one: see release.h and release/ledger.h.
 *
 * Single cases are not compared: what they tell was chosen, and agreed to, one by one.
 */
#include "vault/release.h"

#include <stdlib.h>
#include <string.h>
#include "vault/same.h"

struct comparing {
    struct release *r;
    struct ledger_type *type;
    struct ledger_where (*where)[LEDGER_WHERE_MAX];
    size_t n;
    struct ledger_record *earlier;          /* as they were kept */
    size_t *at;                             /* of each, its place in the list of releases */
    size_t n_earlier;
    bool by_itself;                         /* only the parts of this one are laid beside each other: nothing forces such a difference */
    struct ledger_release *list;            /* each part of each of them by itself, then the parts of this one that were compared */
    size_t n_list, cap_list;
};

/* ---- this one ---- */

static const struct release_all *
all_of(const struct release *r, const struct type_def *type)
{
    for (size_t i = 0; i < r->n_all; i++)
        if (r->all[i].type == type)
            return &r->all[i];
    return NULL;
}

/* A part of the release: rows, tables or both, of one type and condition. */
static vault_err
part_of(struct comparing *x, const struct type_def *type, const struct policy_where *where, size_t n, struct ledger_type **out)
{
    const struct release_all *all = all_of(x->r, type);
    struct ledger_type *t = &x->type[x->n];

    if (n > LEDGER_WHERE_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "policy: over %u conditions on one type", LEDGER_WHERE_MAX);
    for (size_t i = 0; i < x->n; i++) {
        bool same = strcmp(x->type[i].type, type->name) == 0 && x->type[i].n_where == n;

        for (size_t k = 0; same && k < n; k++)
            same = strcmp(x->where[i][k].column, where[k].field) == 0 && strcmp(x->where[i][k].value, where[k].value) == 0;
        if (same) {
            *out = &x->type[i];
            return VAULT_OK;
        }
    }
    for (size_t k = 0; k < n; k++)
        x->where[x->n][k] = (struct ledger_where){ where[k].field, where[k].value };
    *t = (struct ledger_type){ .type = type->name, .where = x->where[x->n], .n_where = n };
    if (all != NULL) {
        t->row = (const uint8_t (*)[LEDGER_ID])all->id;
        t->n_rows = all->n;
    }
    x->n++;
    *out = t;
    return VAULT_OK;
}

static vault_err
describe(struct comparing *x)
{
    struct release *r = x->r;
    struct ledger_type *t = NULL;
    vault_err err = VAULT_OK;

    x->type = calloc(r->n_sources + 1, sizeof *x->type);
    x->where = calloc(r->n_sources + 1, sizeof *x->where);
    if (x->type == NULL || x->where == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < r->n_sources && !r->p.single_case; i++) {
        const struct release_source *s = &r->source[i];

        if (s->kind != SOURCE_ROWS)
            continue;
        err = part_of(x, s->type, r->p.rows[s->at].where, r->p.rows[s->at].n_where, &t);
        if (err == VAULT_OK)
            t->sheet = &s->sheet;
    }
    for (size_t i = 0; err == VAULT_OK && i < r->n_groups; i++) {
        const struct release_group *g = &r->group[i];

        err = part_of(x, g->type, g->where, g->n_where, &t);
        if (err == VAULT_OK) {
            t->table = g->table;
            t->n_tables = g->n;
        }
    }
    return err;
}

/* ---- earlier ones ---- */

/* A later one that is the same, to the last byte, tells nothing more. */
static bool
told_again(const struct releases *all, size_t i)
{
    const struct buf *one = &all->list[i].snapshot;

    for (size_t k = i + 1; k < all->n; k++)
        if (all->list[k].snapshot.n == one->n && memcmp(all->list[k].snapshot.p, one->p, one->n) == 0)
            return true;
    return false;
}

/* A release may have several parts of one type, under other conditions: each counts. */
static vault_err
add_part(struct comparing *x, const struct ledger_release *of, size_t part)
{
    struct ledger_release *p = array_room(x->list, x->n_list, &x->cap_list, sizeof *p);

    if (p == NULL)
        return err_nomem();
    x->list = p;
    p += x->n_list++;
    *p = *of;
    p->type = &of->type[part];
    p->n_types = 1;
    return VAULT_OK;
}

static vault_err
read_earlier(struct comparing *x)
{
    const struct releases *all = &x->r->earlier;
    vault_err err = VAULT_OK;

    x->earlier = calloc(all->n + 1, sizeof *x->earlier);
    x->at = calloc(all->n + 1, sizeof *x->at);
    if (x->earlier == NULL || x->at == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < all->n; i++) {
        struct ledger_record *p = &x->earlier[x->n_earlier];

        if (all->list[i].snapshot.n == 0 || told_again(all, i))
            continue;
        err = ledger_decode(p, all->list[i].snapshot.p, all->list[i].snapshot.n);
        if (err == VAULT_OK)
            x->at[x->n_earlier++] = i;
        for (size_t k = 0; err == VAULT_OK && k < p->release.n_types; k++)
            err = add_part(x, &p->release, k);
    }
    return err;
}

static void
comparing_free(struct comparing *x)
{
    for (size_t i = 0; x->earlier != NULL && i < x->r->earlier.n; i++)
        ledger_record_free(&x->earlier[i]);
    free(x->earlier);
    free(x->at);
    free(x->list);
    free(x->type);
    free(x->where);
}

/* ---- what is found ---- */

/* Of each part the same may be found. */
static bool
was_told(const struct release *r, const char *where, const char *detail)
{
    for (size_t i = 0; i < r->refusals.n; i++) {
        const struct vault_refusal *x = &r->refusals.list[i];

        if (strcmp(x->rule, "difference") == 0 && strcmp(x->where, where) == 0 && strncmp(x->detail, detail, strlen(detail)) == 0)
            return true;
    }
    return false;
}

static vault_err
take(void *ctx, const struct ledger_finding *f)
{
    const struct comparing *x = ctx;
    struct release *r = x->r;
    bool may = f->rule != LEDGER_TOO_LARGE && !x->by_itself;
    const char *where = f->table[0] != '\0' ? f->table : f->type;

    if (was_told(r, where, f->detail))
        return VAULT_OK;
    if (may && session_accepts(r->v, f->word))
        return VAULT_OK;
    return refusal_add(&r->refusals, "difference", may ? release_keep_word(r, f->word) : NULL, where, "%s%s%s", f->detail,
        f->earlier[0] != '\0' ? ": earlier release " : "", f->earlier);
}

/* ---- rows: who is in them ---- */

static vault_err
refuse_persons(struct comparing *x, const struct ledger_release *earlier, size_t came, size_t went)
{
    struct buf detail = BUF_INIT;
    const struct ledger_finding f = { .rule = LEDGER_CHANGED, .word = "difference", .type = "person", .table = "", .earlier = earlier->name };
    struct ledger_finding told = f;
    vault_err err;

    buf_fmt(&detail, "since release %s %zu of type person came and %zu went, and fewer than %u can be told from the difference", earlier->name, came, went, x->r->p.k);
    told.detail = buf_cstr(&detail);
    err = told.detail == NULL ? err_nomem() : take(x, &told);
    buf_free(&detail);
    return err;
}

static bool
has_rows_of(const struct comparing *x, const struct ledger_release *earlier)
{
    for (size_t i = 0; i < x->n; i++)
        for (size_t k = 0; x->type[i].sheet != NULL && k < earlier->n_types; k++)
            if (earlier->type[k].sheet != NULL && strcmp(earlier->type[k].type, x->type[i].type) == 0)
                return true;
    return false;
}

/* Persons that only one of the two is about. mark: by first number, zeroed before and after. */
static void
count_persons(const struct release *r, const struct released *earlier, uint8_t *mark, size_t *came, size_t *went)
{
    const struct index *ix = &r->v->recs.index;

    *came = *went = 0;
    for (size_t i = 0; i < r->n_persons; i++)
        mark[r->person[i]] = 1;
    *came = r->n_persons;
    for (size_t at = 0; at + RECORD_ID_BYTES <= earlier->persons.n; at += RECORD_ID_BYTES) {
        uint32_t first = index_record(ix, earlier->persons.p + at), lead = first == 0 ? 0 : same_lead(&r->v->same, first);

        if (lead != 0 && mark[lead] == 1)
            (*came)--;
        else if (lead == 0 || mark[lead] == 0)
            (*went)++;
        if (lead != 0)
            mark[lead] = 2;
    }
    memset(mark, 0, (size_t)ix->n + 1);
}

/* Rows stand under pseudonyms: one that is in only one of two releases is a person whom a condition, or a change of the record, left out. */
static vault_err
compare_rows(struct comparing *x)
{
    const struct releases *all = &x->r->earlier;
    uint8_t *mark = calloc((size_t)x->r->v->recs.index.n + 1, 1);
    vault_err err = mark == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < x->n_earlier; i++) {
        const struct ledger_release *earlier = &x->earlier[i].release;
        size_t came, went;

        if (!has_rows_of(x, earlier))
            continue;
        count_persons(x->r, &all->list[x->at[i]], mark, &came, &went);
        if ((came > 0 && came < x->r->p.k) || (went > 0 && went < x->r->p.k))
            err = refuse_persons(x, earlier, came, went);
    }
    free(mark);
    return err;
}

/* ---- rows beside the tables of the same release ---- */

/* Records that are in a, and not in b. mark: as above. */
static size_t
count_only(const struct release *r, const struct release_source *a, const struct release_source *b, uint8_t *mark)
{
    size_t n = 0;

    for (size_t i = 0; i < b->sheet.n_rows; i++)
        mark[b->record[i]] = 1;
    for (size_t i = 0; i < a->sheet.n_rows; i++)
        n += mark[a->record[i]] == 0;
    memset(mark, 0, (size_t)r->v->recs.index.n + 1);
    return n;
}

static vault_err
compare_with_table(struct comparing *x, const struct release_source *rows, const struct release_source *table, uint8_t *mark)
{
    struct release *r = x->r;
    size_t more = count_only(r, rows, table, mark), less = count_only(r, table, rows, mark);

    if ((more == 0 || more >= r->p.k) && (less == 0 || less >= r->p.k))
        return VAULT_OK;
    return refusal_add(&r->refusals, "difference", NULL, table->sheet.name, "it counts %zu fewer and %zu others than the rows of type %s in this release: the difference tells of fewer than %u",
        more, less, rows->type->name, r->p.k);
}

static vault_err
compare_sources(struct comparing *x)
{
    struct release *r = x->r;
    uint8_t *mark = calloc((size_t)r->v->recs.index.n + 1, 1);
    vault_err err = mark == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; i < r->n_sources; i++)
        for (size_t k = 0; err == VAULT_OK && !r->p.single_case && r->source[i].kind == SOURCE_ROWS && k < r->n_sources; k++)
            if (r->source[k].kind == SOURCE_TABLE && r->source[k].type == r->source[i].type)
                err = compare_with_table(x, &r->source[i], &r->source[k], mark);
    free(mark);
    return err;
}

/* ---- all of it ---- */

static vault_err
compare_parts(struct comparing *x, const struct ledger_release *now)
{
    struct ledger_release self = *now;
    vault_err err = VAULT_OK;

    self.name = "(this one)";
    for (size_t i = 0; err == VAULT_OK && i < x->n; i++) {
        const struct ledger_release part = { .name = now->name, .audience = now->audience, .type = &x->type[i], .n_types = 1 };

        if (x->n_list > 0)
            err = ledger_compare(x->list, x->n_list, &part, x->r->p.k, LEDGER_WORK, take, x);
        if (err == VAULT_OK)
            err = add_part(x, &self, i);
    }
    return err;
}

vault_err
release_judge_ledger(struct release *r)
{
    struct comparing x = { .r = r };
    struct ledger_release now = { .name = r->p.purpose, .audience = r->p.audience };
    vault_err err = describe(&x);

    now.type = x.type;
    now.n_types = x.n;
    /* First by itself: what one part gives away of another needs no earlier release. */
    x.by_itself = true;
    if (err == VAULT_OK)
        err = compare_parts(&x, &now);
    x.by_itself = false;
    x.n_list = 0;
    if (err == VAULT_OK)
        err = read_earlier(&x);
    if (err == VAULT_OK && x.n_list > 0)
        err = compare_parts(&x, &now);
    if (err == VAULT_OK)
        err = compare_rows(&x);
    if (err == VAULT_OK)
        err = compare_sources(&x);
    if (err == VAULT_OK)
        err = ledger_encode(&r->snapshot, &now);
    comparing_free(&x);
    return err;
}
