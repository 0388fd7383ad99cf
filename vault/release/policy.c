/*
 * policy.c - see policy.h. Each object has a table of the members that it may have (policy_members.h).
 */
#include "vault/release/policy.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/record/date.h"
#include "vault/release/policy_members.h"

#define K_DEFAULT 10u
#define K_MAP_DEFAULT 20u
#define L_DEFAULT 2u
#define M_DEFAULT 3u
#define SUPPRESSED_DEFAULT 100000u      /* of a million */
#define MILLION 1000000u
#define MIN_COUNT_DEFAULT 5u
#define THRESHOLD_MAX 1000000u
#define M_MAX 5u

/* ---- conditions ---- */

static vault_err
take_where(struct policy_where **out, size_t *n, const json_t *value, const struct at *at)
{
    const char *key;
    json_t *v;
    void *room;
    vault_err err;

    if (!json_is_object(value))
        return member_wrong(at, "is an object of fields and values");
    err = member_room(&room, json_object_size(value), sizeof **out, at);
    if (err != VAULT_OK)
        return err;
    *out = room;
    json_object_foreach((json_t *)(uintptr_t)value, key, v) {
        struct policy_where *w = &(*out)[(*n)++];

        w->field = strdup(key);
        if (w->field == NULL)
            return err_nomem();
        err = member_text(&w->value, v, at);
        if (err != VAULT_OK)
            return err;
    }
    return VAULT_OK;
}

static void
free_where(struct policy_where *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(w[i].field);
        if (w[i].value != NULL)
            sodium_memzero(w[i].value, strlen(w[i].value));
        free(w[i].value);
    }
    free(w);
}

/* ---- treatments ---- */

static vault_err
treat_word(struct policy_field *f, const char *word, const struct at *at)
{
    static const struct { const char *word; enum treat treat; } WORD[] = { { "drop", TREAT_DROP }, { "keep", TREAT_KEEP },
        { "pseudonym", TREAT_PSEUDONYM }, { "reviewed", TREAT_REVIEWED } };

    for (size_t i = 0; i < sizeof WORD / sizeof WORD[0]; i++)
        if (strcmp(word, WORD[i].word) == 0) {
            f->treat = WORD[i].treat;
            return VAULT_OK;
        }
    return member_wrong(at, "is no treatment: drop, keep, pseudonym, reviewed, {\"band\"}, {\"date\"}, {\"place\"}, {\"hierarchy\", \"level\"}");
}

static vault_err
treat_date(struct policy_field *f, const json_t *value, const struct at *at)
{
    static const char *const WORD[] = { "year", "quarter", "month" };
    const char *s = json_string_value(value);

    for (unsigned i = 0; s != NULL && i < 3; i++)
        if (strcmp(s, WORD[i]) == 0) {
            f->treat = TREAT_DATE;
            f->arg = i;
            return VAULT_OK;
        }
    return member_wrong(at, "is coarsened to a year, quarter or month");
}

static vault_err
treat_hierarchy(struct policy_field *f, const json_t *o, const struct at *at)
{
    vault_err err = member_file(&f->hierarchy, json_object_get(o, "hierarchy"), at);

    f->treat = TREAT_HIERARCHY;
    return err == VAULT_OK ? member_number(&f->arg, json_object_get(o, "level"), at, 0, 100) : err;
}

static vault_err
treat_object(struct policy_field *f, const json_t *o, const struct at *at)
{
    const json_t *band = json_object_get(o, "band"), *place = json_object_get(o, "place"), *date = json_object_get(o, "date");
    size_t n = json_object_size(o);

    if (n == 2 && json_object_get(o, "hierarchy") != NULL && json_object_get(o, "level") != NULL)
        return treat_hierarchy(f, o, at);
    f->treat = band != NULL ? TREAT_BAND : TREAT_PLACE;
    if (n == 1 && date != NULL)
        return treat_date(f, date, at);
    if (n == 1 && band != NULL)
        return member_number(&f->arg, band, at, 1, 1000);
    if (n == 1 && place != NULL)
        return member_number(&f->arg, place, at, 1, 100);
    return treat_word(f, "", at);
}

static vault_err
take_fields(struct policy_rows *r, const json_t *value, const struct at *at)
{
    const char *key;
    json_t *v;
    vault_err err = VAULT_OK;

    if (!json_is_object(value) || json_object_size(value) > TYPE_FIELDS_MAX)
        return member_wrong(at, "is an object of fields and treatments");
    r->field = calloc(json_object_size(value) + 1, sizeof *r->field);
    if (r->field == NULL)
        return err_nomem();
    json_object_foreach((json_t *)(uintptr_t)value, key, v) {
        struct policy_field *f = &r->field[r->n_fields];
        const struct at here = { at->in, key };

        if (!member_is_name(key, strlen(key), false))
            return member_wrong(&here, "is no field");
        memcpy(f->name, key, strlen(key) + 1);
        r->n_fields++;
        err = json_is_string(v) ? treat_word(f, json_string_value(v), &here) : json_is_object(v) ? treat_object(f, v, &here) : treat_word(f, "", &here);
        if (err != VAULT_OK)
            return err;
    }
    return VAULT_OK;
}

void
policy_treat_text(struct buf *out, const struct policy_field *f)
{
    static const char *const DATE[] = { "year", "quarter", "month" };
    static const char *const WORD[] = { "\"drop\"", "\"keep\"", "\"pseudonym\"", "\"reviewed\"" };

    switch (f->treat) {
    case TREAT_BAND:
        buf_fmt(out, "{\"band\": %u}", f->arg);
        break;
    case TREAT_DATE:
        buf_fmt(out, "{\"date\": \"%s\"}", DATE[f->arg % 3]);
        break;
    case TREAT_PLACE:
        buf_fmt(out, "{\"place\": %u}", f->arg);
        break;
    case TREAT_HIERARCHY:
        buf_fmt(out, "{\"hierarchy\": \"%s\", \"level\": %u}", f->hierarchy == NULL ? "" : f->hierarchy, f->arg);
        break;
    default:
        buf_str(out, WORD[f->treat]);
    }
}

/* ---- rows, tables, public figures ---- */

static vault_err
rows_where(void *to, const json_t *value, const struct at *at)
{
    struct policy_rows *r = to;

    return take_where(&r->where, &r->n_where, value, at);
}

static vault_err
rows_fields(void *to, const json_t *value, const struct at *at)
{
    return take_fields(to, value, at);
}

static vault_err
policy_rows(void *to, const json_t *value, const struct at *at)
{
    static const struct member KNOWN[] = { { "where", rows_where, false }, { "fields", rows_fields, true } };
    struct policy *p = to;
    const char *type;
    json_t *v;
    void *room;
    vault_err err;

    if (!json_is_object(value))
        return member_wrong(at, "is an object of types");
    err = member_room(&room, json_object_size(value), sizeof *p->rows, at);
    if (err != VAULT_OK)
        return err;
    p->rows = room;
    json_object_foreach((json_t *)(uintptr_t)value, type, v) {
        struct policy_rows *r = &p->rows[p->n_rows];

        if (!member_is_name(type, strlen(type), false) || type[0] == '_' || !json_is_object(v))
            return member_wrong(at, "has something that is no type");
        memcpy(r->type, type, strlen(type) + 1);
        p->n_rows++;
        err = MEMBERS(r, v, r->type, KNOWN);
        if (err != VAULT_OK)
            return err;
    }
    return VAULT_OK;
}

static vault_err
table_name(void *to, const json_t *value, const struct at *at)
{
    struct policy_table *t = to;

    if (!member_is_name(json_string_value(value), json_string_length(value), true))
        return member_wrong(at, "is a name for files: letters, digits, - and _");
    return member_text(&t->name, value, at);
}

static vault_err
table_of(void *to, const json_t *value, const struct at *at)
{
    return member_name(((struct policy_table *)to)->type, value, at);
}

static vault_err
table_by(void *to, const json_t *value, const struct at *at)
{
    struct policy_table *t = to;
    vault_err err = VAULT_OK;

    if (!json_is_array(value) || json_array_size(value) == 0 || json_array_size(value) > POLICY_BY_MAX)
        return member_wrong(at, "is a list of one to eight fields");
    for (; err == VAULT_OK && t->n_by < json_array_size(value); t->n_by++) {
        err = member_name(t->by[t->n_by], json_array_get(value, t->n_by), at);
        for (size_t i = 0; err == VAULT_OK && i < t->n_by; i++)
            if (strcmp(t->by[i], t->by[t->n_by]) == 0)
                err = member_wrong(at, "has a field twice");
    }
    return err;
}

static vault_err
table_min(void *to, const json_t *value, const struct at *at)
{
    return member_number(&((struct policy_table *)to)->min_count, value, at, 2, THRESHOLD_MAX);
}

static vault_err
table_where(void *to, const json_t *value, const struct at *at)
{
    struct policy_table *t = to;

    return take_where(&t->where, &t->n_where, value, at);
}

static vault_err
policy_tables(void *to, const json_t *value, const struct at *at)
{
    static const struct member KNOWN[] = { { "name", table_name, true }, { "of", table_of, true }, { "by", table_by, true },
        { "min_count", table_min, false }, { "where", table_where, false } };
    struct policy *p = to;
    void *room;
    vault_err err;

    if (!json_is_array(value))
        return member_wrong(at, "is a list");
    err = member_room(&room, json_array_size(value), sizeof *p->table, at);
    if (err != VAULT_OK)
        return err;
    p->table = room;
    while (err == VAULT_OK && p->n_tables < json_array_size(value)) {
        struct policy_table *t = &p->table[p->n_tables++];

        t->min_count = MIN_COUNT_DEFAULT;
        err = MEMBERS(t, json_array_get(value, p->n_tables - 1), "a table", KNOWN);
        for (size_t i = 0; err == VAULT_OK && i + 1 < p->n_tables; i++)
            if (strcmp(p->table[i].name, t->name) == 0)
                err = member_wrong(at, "has two of one name");
    }
    return err;
}

static vault_err
public_type(void *to, const json_t *value, const struct at *at)
{
    return member_name(((struct policy_public *)to)->type, value, at);
}

static vault_err
public_where(void *to, const json_t *value, const struct at *at)
{
    struct policy_public *d = to;

    return take_where(&d->where, &d->n_where, value, at);
}

static vault_err
counts_of(void *to, const json_t *value, const struct at *at)
{
    return member_name(((struct policy_public *)to)->of, value, at);
}

static vault_err
counts_where(void *to, const json_t *value, const struct at *at)
{
    struct policy_public *d = to;

    return take_where(&d->counted, &d->n_counted, value, at);
}

static vault_err
public_counts(void *to, const json_t *value, const struct at *at)
{
    static const struct member KNOWN[] = { { "of", counts_of, true }, { "where", counts_where, true } };

    return json_is_object(value) ? MEMBERS(to, value, at->name, KNOWN) : member_wrong(at, "is an object");
}

static vault_err
policy_declared(void *to, const json_t *value, const struct at *at)
{
    static const struct member KNOWN[] = { { "type", public_type, true }, { "where", public_where, false },
        { "counts", public_counts, false } };
    struct policy *p = to;
    void *room;
    vault_err err;

    if (!json_is_array(value))
        return member_wrong(at, "is a list");
    err = member_room(&room, json_array_size(value), sizeof *p->declared, at);
    if (err != VAULT_OK)
        return err;
    p->declared = room;
    while (err == VAULT_OK && p->n_declared < json_array_size(value)) {
        struct policy_public *d = &p->declared[p->n_declared++];

        err = MEMBERS(d, json_array_get(value, p->n_declared - 1), "declared_public", KNOWN);
    }
    return err;
}

/* ---- thresholds, pseudonyms ---- */

static vault_err
threshold_k(void *to, const json_t *value, const struct at *at)
{
    return member_number(&((struct policy *)to)->k, value, at, 2, THRESHOLD_MAX);
}

static vault_err
threshold_k_map(void *to, const json_t *value, const struct at *at)
{
    return member_number(&((struct policy *)to)->k_map, value, at, 2, THRESHOLD_MAX);
}

static vault_err
threshold_l(void *to, const json_t *value, const struct at *at)
{
    return member_number(&((struct policy *)to)->l, value, at, 1, THRESHOLD_MAX);
}

static vault_err
threshold_m(void *to, const json_t *value, const struct at *at)
{
    return member_number(&((struct policy *)to)->m, value, at, 1, M_MAX);
}

static vault_err
threshold_suppressed(void *to, const json_t *value, const struct at *at)
{
    double d = json_number_value(value);

    if (!json_is_number(value) || !(d >= 0 && d <= 1))
        return member_wrong(at, "is a part of all cells, from 0 to 1");
    ((struct policy *)to)->max_suppressed = (unsigned)(d * MILLION + 0.5);
    return VAULT_OK;
}

static vault_err
policy_thresholds(void *to, const json_t *value, const struct at *at)
{
    static const struct member KNOWN[] = { { "k", threshold_k, false }, { "k_map", threshold_k_map, false }, { "l", threshold_l, false },
        { "m", threshold_m, false }, { "max_suppressed", threshold_suppressed, false } };

    return json_is_object(value) ? MEMBERS(to, value, at->name, KNOWN) : member_wrong(at, "is an object");
}

static vault_err
pseudonym_style(void *to, const json_t *value, const struct at *at)
{
    const char *s = json_string_value(value);
    struct policy *p = to;

    if (s == NULL || (strcmp(s, "code") != 0 && strcmp(s, "press_name") != 0))
        return member_wrong(at, "is \"code\" or \"press_name\"");
    p->style = s[0] == 'c' ? STYLE_CODE : STYLE_PRESS_NAME;
    return VAULT_OK;
}

static vault_err
pseudonym_stable(void *to, const json_t *value, const struct at *at)
{
    return member_bool(&((struct policy *)to)->stable, value, at);
}

static vault_err
policy_pseudonym(void *to, const json_t *value, const struct at *at)
{
    static const struct member KNOWN[] = { { "style", pseudonym_style, false }, { "stable", pseudonym_stable, false } };

    return json_is_object(value) ? MEMBERS(to, value, at->name, KNOWN) : member_wrong(at, "is an object");
}

/* ---- the whole ---- */

static vault_err
policy_format(void *to, const json_t *value, const struct at *at)
{
    const char *s = json_string_value(value);
    (void)to;

    return s != NULL && strcmp(s, POLICY_FORMAT) == 0 ? VAULT_OK : member_wrong(at, "is \"" POLICY_FORMAT "\"");
}

static vault_err
policy_audience(void *to, const json_t *value, const struct at *at)
{
    return member_text(&((struct policy *)to)->audience, value, at);
}

static vault_err
policy_purpose(void *to, const json_t *value, const struct at *at)
{
    return member_text(&((struct policy *)to)->purpose, value, at);
}

/* A day: what counts is whether it is over. */
static vault_err
take_day(char **out, const json_t *value, const struct at *at)
{
    struct date_span span;
    vault_err err = member_text(out, value, at);

    if (err == VAULT_OK && (!date_span(&span, *out, strlen(*out)) || span.from != span.to || strlen(*out) != 10))
        err = member_wrong(at, "is a day, as 2027-01-31");
    return err;
}

static vault_err
policy_expires(void *to, const json_t *value, const struct at *at)
{
    return take_day(&((struct policy *)to)->expires, value, at);
}

static vault_err
policy_as_of(void *to, const json_t *value, const struct at *at)
{
    return take_day(&((struct policy *)to)->as_of, value, at);
}

static vault_err
policy_single(void *to, const json_t *value, const struct at *at)
{
    return member_bool(&((struct policy *)to)->single_case, value, at);
}

static vault_err
policy_suppress(void *to, const json_t *value, const struct at *at)
{
    const char *s = json_string_value(value);

    if (s == NULL || (strcmp(s, "auto") != 0 && strcmp(s, "none") != 0))
        return member_wrong(at, "is \"auto\" or \"none\"");
    ((struct policy *)to)->suppress_auto = s[0] == 'a';
    return VAULT_OK;
}

static vault_err
policy_map(void *to, const json_t *value, const struct at *at)
{
    struct policy *p = to;
    void *room;
    vault_err err;

    if (!json_is_array(value))
        return member_wrong(at, "is a list of fields");
    err = member_room(&room, json_array_size(value), sizeof *p->map, at);
    if (err != VAULT_OK)
        return err;
    p->map = room;
    for (; err == VAULT_OK && p->n_map < json_array_size(value); p->n_map++)
        err = member_name(p->map[p->n_map], json_array_get(value, p->n_map), at);
    return err;
}

static vault_err
policy_published(void *to, const json_t *value, const struct at *at)
{
    return member_file(&((struct policy *)to)->published, value, at);
}

static vault_err
policy_population(void *to, const json_t *value, const struct at *at)
{
    return member_file(&((struct policy *)to)->population, value, at);
}

static vault_err
read_object(struct policy *p, const json_t *object)
{
    static const struct member KNOWN[] = { { "format", policy_format, true }, { "audience", policy_audience, true },
        { "purpose", policy_purpose, true }, { "expires", policy_expires, true }, { "pseudonym", policy_pseudonym, true },
        { "as_of", policy_as_of, false }, { "thresholds", policy_thresholds, false }, { "rows", policy_rows, false },
        { "tables", policy_tables, false }, { "declared_public", policy_declared, false }, { "map", policy_map, false },
        { "published", policy_published, false }, { "population", policy_population, false }, { "single_case", policy_single, false },
        { "suppress", policy_suppress, false } };
    vault_err err = json_is_object(object) ? MEMBERS(p, object, "", KNOWN) : err_say(VAULT_ERR_INPUT, NULL, "policy: not an object");

    if (err == VAULT_OK && p->n_rows == 0 && p->n_tables == 0)
        err = err_say(VAULT_ERR_INPUT, "name what is to be released in \"rows\" or \"tables\"", "policy: it has neither rows nor tables");
    for (size_t i = 0; err == VAULT_OK && i < p->n_tables; i++)
        if (policy_rows_of(p, p->table[i].name) != NULL || strcmp(p->table[i].name, "codebook") == 0 || strcmp(p->table[i].name, "index") == 0)
            err = member_wrong(&(struct at){ "", "tables" }, "has one with the name of another file of the release");
    return err;
}

vault_err
policy_read(struct policy *p, const char *text, size_t n)
{
    json_error_t e;
    json_t *object;
    vault_err err;

    p->k = K_DEFAULT;
    p->k_map = K_MAP_DEFAULT;
    p->l = L_DEFAULT;
    p->m = M_DEFAULT;
    p->max_suppressed = SUPPRESSED_DEFAULT;
    p->stable = true;
    if (n > POLICY_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "policy: larger than 1 MiB");
    crypto_generichash_blake2b(p->hash, sizeof p->hash, (const uint8_t *)text, n, NULL, 0);
    object = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    if (object == NULL)
        return err_say(VAULT_ERR_INPUT, NULL, json_error_code(&e) == json_error_duplicate_key ?
            "policy: line %d, column %d: a member stands twice" : "policy: line %d, column %d: not JSON", e.line, e.column);
    err = read_object(p, object);
    json_decref(object);
    return err;
}

static void
free_declared(struct policy_public *d)
{
    free_where(d->where, d->n_where);
    free_where(d->counted, d->n_counted);
}

void
policy_free(struct policy *p)
{
    for (size_t i = 0; i < p->n_rows; i++) {
        for (size_t k = 0; k < p->rows[i].n_fields; k++)
            free(p->rows[i].field[k].hierarchy);
        free(p->rows[i].field);
        free_where(p->rows[i].where, p->rows[i].n_where);
    }
    for (size_t i = 0; i < p->n_tables; i++) {
        free(p->table[i].name);
        free_where(p->table[i].where, p->table[i].n_where);
    }
    for (size_t i = 0; i < p->n_declared; i++)
        free_declared(&p->declared[i]);
    free(p->rows);
    free(p->table);
    free(p->declared);
    free(p->map);
    free(p->audience);
    free(p->purpose);
    free(p->expires);
    free(p->as_of);
    free(p->published);
    free(p->population);
    *p = (struct policy){0};
}

const struct policy_rows *
policy_rows_of(const struct policy *p, const char *type)
{
    for (size_t i = 0; i < p->n_rows; i++)
        if (strcmp(p->rows[i].type, type) == 0)
            return &p->rows[i];
    return NULL;
}

const struct policy_field *
policy_field_of(const struct policy_rows *r, const char *field)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (strcmp(r->field[i].name, field) == 0)
            return &r->field[i];
    return NULL;
}
