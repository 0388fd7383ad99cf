#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "vault/import/mapping.h"
#include "vault/import/reader.h"

#define MAPPING_MAX ((size_t)1 << 20)

/* Jansson's own sentence quotes the input, which may be the data given in place of the mapping. */
static vault_err
say_not_json(const json_error_t *e)
{
    const char *what = "not JSON";

    switch (json_error_code(e)) {
    case json_error_duplicate_key:
        what = "the same name twice in one object";
        break;
    case json_error_invalid_utf8:
        what = "not UTF-8";
        break;
    case json_error_premature_end_of_input:
        what = "the file ends too early";
        break;
    case json_error_end_of_input_expected:
        what = "something follows the object";
        break;
    case json_error_out_of_memory:
        return err_nomem();
    default:
        break;
    }
    return err_say(VAULT_ERR_INPUT, NULL, "mapping: line %d, column %d: %s", e->line, e->column,
        what);
}

/* Could this be the name of a field? If not it is not shown either: see say_not_json. */
static bool
is_field_name(const char *s, size_t n)
{
    if (n == 0 || n >= NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || s[i] == '_' || (s[i] >= '0' && s[i] <= '9')))
            return false;
    return true;
}

static vault_err
set_field(struct map_rule *rule, const json_t *value, const struct type_def *type)
{
    const char *s = json_string_value(value);
    size_t n = json_string_length(value);

    if (s == NULL || !is_field_name(s, n))
        return err_say(VAULT_ERR_INPUT, NULL, "this is not the name of a field");
    if (type_field(type, s, n) == NULL)
        return type_no_field(type, s, n);
    memcpy(rule->field, s, n + 1);
    return VAULT_OK;
}

static vault_err
set_split(struct map_rule *rule, const json_t *value)
{
    const char *s = json_string_value(value);

    if (s == NULL)
        return err_say(VAULT_ERR_INPUT, NULL, "\"split\" is a text");
    rule->split = strdup(s);
    return rule->split == NULL ? err_nomem() : VAULT_OK;
}

static vault_err
set_link(struct map_rule *rule, const json_t *value)
{
    const char *s = json_string_value(value);

    if (s == NULL || (strcmp(s, "ref") != 0 && strcmp(s, "label") != 0 && s[0] != '\0'))
        return err_say(VAULT_ERR_INPUT, NULL, "\"link\" is \"ref\", \"label\" or \"\" (any ID)");
    memcpy(rule->link, s, strlen(s) + 1);
    return VAULT_OK;
}

/* {"field":..,"split":..,"link":..} */
static vault_err
set_members(struct map_rule *rule, json_t *object, const struct type_def *type)
{
    static const char *const known[] = {"field", "split", "link"};
    const char *key;
    json_t *value;
    vault_err err = VAULT_OK;

    json_object_foreach(object, key, value) {
        if (strcmp(key, known[0]) == 0)
            err = set_field(rule, value, type);
        else if (strcmp(key, known[1]) == 0)
            err = set_split(rule, value);
        else if (strcmp(key, known[2]) == 0)
            err = set_link(rule, value);
        else
            err = err_say(VAULT_ERR_INPUT, "a rule has \"field\", \"split\" and \"link\"",
                "a member that is not known");
        if (err != VAULT_OK)
            return err;
    }
    if (rule->field[0] == '\0')
        return err_say(VAULT_ERR_INPUT, NULL, "\"field\" is missing");
    return VAULT_OK;
}

static vault_err
check_rule(const struct map_rule *rule, const json_t *link, const struct type_def *type)
{
    const struct field_def *f = type_field(type, rule->field, strlen(rule->field));

    if (rule->split != NULL && !f->repeats)
        return err_say(VAULT_ERR_INPUT, NULL,
            "\"split\" needs a field that repeats, and '%s' does not", f->name);
    if (link != NULL && f->kind != FIELD_LINK)
        return err_say(VAULT_ERR_INPUT, NULL,
            "\"link\" needs a field that links to a record, and '%s' does not", f->name);
    return VAULT_OK;
}

static vault_err
set_rule(struct map_rule *rule, json_t *value, const struct type_def *type)
{
    vault_err err;

    if (json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0)) {
        rule->ignore = true;
        return VAULT_OK;
    }
    if (json_is_string(value))
        return set_field(rule, value, type);
    if (!json_is_object(value))
        return err_say(VAULT_ERR_INPUT, NULL,
            "a rule is the name of a field, an object with \"field\", or null");
    err = set_members(rule, value, type);
    return err == VAULT_OK ? check_rule(rule, json_object_get(value, "link"), type) : err;
}

static vault_err
set_rules(struct mapping *m, json_t *object, const struct type_def *type)
{
    char shown[ROWS_SHOWN_MAX];
    const char *column;
    json_t *value;
    vault_err err;

    m->rule = calloc(json_object_size(object) + 1, sizeof *m->rule);
    if (m->rule == NULL)
        return err_nomem();
    json_object_foreach(object, column, value) {
        struct map_rule *rule = &m->rule[m->n++];

        rule->column = strdup(column);
        if (rule->column == NULL)
            return err_nomem();
        err = set_rule(rule, value, type);
        if (err != VAULT_OK) {
            rows_show_name(shown, column, strlen(column));
            err_prefix("mapping: %s: ", shown);
            return err;
        }
    }
    return VAULT_OK;
}

vault_err
mapping_parse(struct mapping *out, const char *json, size_t n, const struct type_def *type)
{
    struct mapping m = {0};
    json_t *root = NULL;
    json_error_t error;
    vault_err err;

    if (n > MAPPING_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "mapping: larger than %zu MiB", MAPPING_MAX >> 20);
    root = json_loadb(json, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL)
        return say_not_json(&error);
    if (!json_is_object(root)) {
        err = err_say(VAULT_ERR_INPUT, "{\"column\": \"field\", \"other column\": null}",
            "mapping: not an object of rules");
        goto done;
    }
    err = set_rules(&m, root, type);
    if (err != VAULT_OK)
        goto done;
    *out = m;
    m = (struct mapping){0};
done:
    mapping_free(&m);
    json_decref(root);
    return err;
}

void
mapping_free(struct mapping *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->rule[i].column);
        free(m->rule[i].split);
    }
    free(m->rule);
    *m = (struct mapping){0};
}

const struct map_rule *
mapping_find(const struct mapping *m, const char *column)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->rule[i].column, column) == 0)
            return &m->rule[i];
    return NULL;
}
