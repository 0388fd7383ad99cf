/*
 * type_json.c - types as people write them.
 *
 * Each value is checked where it is read, so that the sentence can say where it stands; the rules
 * that all types share are asked once at the end (type_flaw).
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/record/type.h"
#include "vault/record/type_build.h"
#include "vault/record/value_text.h"

#define JSON_MAX ((size_t)4 << 20)

/* "version" and "hash" are there in what type_to_json writes, so that it can be edited. */
static const char *const type_keys[] = {"name", "version", "hash", "labels", "fields", NULL};
static const char *const field_keys[] = {"name", "kind", "tier", "repeats", "role", "labels",
    "choices", "target", NULL};

static void
list_words(char *out, size_t room, const char *const *word, size_t n)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n && at < room; i++)
        at += (size_t)snprintf(out + at, room - at, "%s%s", i == 0 ? "" : ", ", word[i]);
}

static vault_err
check_keys(json_t *object, const char *const *allowed)
{
    char hint[256];
    const char *key;
    json_t *value;
    size_t n;

    for (n = 0; allowed[n] != NULL; n++)
        ;
    json_object_foreach(object, key, value) {
        size_t i = 0;
        while (i < n && strcmp(key, allowed[i]) != 0)
            i++;
        if (i < n)
            continue;
        list_words(hint, sizeof hint, allowed, n);
        return err_say(VAULT_ERR_INPUT, hint, "it has a key that is not known here");
    }
    return VAULT_OK;
}

/* ---- single values; what is not there leaves *out as it is ---- */

static vault_err
wrong(const char *key, const char *what)
{
    return err_say(VAULT_ERR_INPUT, NULL, "\"%s\" must be %s", key, what);
}

static vault_err
get_name(char out[static NAME_MAX_BYTES], const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);

    if (value == NULL)
        return VAULT_OK;
    if (s != NULL && s[0] == '_')
        return wrong(key, "a name that does not begin with _ (those are the program's own)");
    if (s == NULL || !type_name_ok(s, json_string_length(value)))
        return wrong(key, "a-z, 0-9 and _, beginning with a letter, at most 32 characters");
    memcpy(out, s, json_string_length(value) + 1);
    return VAULT_OK;
}

/* One of word[1..n); its number. */
static vault_err
get_word(unsigned *out, const json_t *object, const char *key, const char *const *word, unsigned n)
{
    const json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);
    char all[160];

    if (value == NULL)
        return VAULT_OK;
    for (unsigned i = 1; s != NULL && i < n; i++)
        if (strcmp(s, word[i]) == 0) {
            *out = i;
            return VAULT_OK;
        }
    list_words(all, sizeof all, word + 1, n - 1);
    return err_say(VAULT_ERR_INPUT, NULL, "\"%s\" must be one of %s", key, all);
}

static vault_err
get_bool(bool *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL)
        return VAULT_OK;
    if (!json_is_boolean(value))
        return wrong(key, "true or false");
    *out = json_is_true(value);
    return VAULT_OK;
}

static vault_err
get_version(uint32_t *out, const json_t *object)
{
    const json_t *value = json_object_get(object, "version");

    if (value == NULL)
        return VAULT_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 1 ||
        json_integer_value(value) > UINT32_MAX)
        return wrong("version", "a whole number from 1");
    *out = (uint32_t)json_integer_value(value);
    return VAULT_OK;
}

/* A label or a choice; the caller frees *out. */
static vault_err
get_line(char **out, const json_t *value, const char *key)
{
    struct buf line = BUF_INIT;
    vault_err err;

    if (!json_is_string(value))
        return wrong(key, "text");
    err = value_text_put(&line, json_string_value(value), json_string_length(value),
        TEXT_ONE_LINE);
    if (err == VAULT_ERR_INPUT)
        err_prefix("\"%s\": ", key);
    if (err != VAULT_OK)
        goto done;
    if (line.n > TYPE_LINE_MAX) {
        err = wrong(key, "at most 256 bytes long");
        goto done;
    }
    *out = strndup((const char *)line.p, line.n);
    if (*out == NULL)
        err = err_nomem();
done:
    buf_free(&line);
    return err;
}

/* ---- lists ---- */

static int
by_lang(const void *a, const void *b)
{
    return type_lang_order(((const struct label *)a)->lang, ((const struct label *)b)->lang);
}

static vault_err
get_labels(struct label **out, size_t *n, const json_t *object)
{
    json_t *labels = json_object_get(object, "labels");
    size_t count = json_object_size(labels);
    const char *lang;
    json_t *text;
    vault_err err;

    if (labels == NULL || (json_is_object(labels) && count == 0))
        return VAULT_OK;
    if (!json_is_object(labels) || count > TYPE_LABELS_MAX)
        return wrong("labels", "an object from at most 32 languages to text");
    *out = calloc(count, sizeof **out);
    if (*out == NULL)
        return err_nomem();
    json_object_foreach(labels, lang, text) {
        struct label *l = &(*out)[*n];
        if (strlen(lang) >= sizeof l->lang)
            return wrong("labels", "an object from short codes of languages to text");
        strcpy(l->lang, lang);
        err = get_line(&l->text, text, "labels");
        if (err != VAULT_OK)
            return err;
        (*n)++;
    }
    qsort(*out, *n, sizeof **out, by_lang);
    return VAULT_OK;
}

static vault_err
get_choices(struct field_def *f, const json_t *object)
{
    const json_t *choices = json_object_get(object, "choices");
    size_t count = json_array_size(choices);
    vault_err err;

    if (choices == NULL || (json_is_array(choices) && count == 0))
        return VAULT_OK;
    if (!json_is_array(choices) || count > TYPE_CHOICES_MAX)
        return wrong("choices", "an array of at most 256 texts");
    f->choice = calloc(count, sizeof *f->choice);
    if (f->choice == NULL)
        return err_nomem();
    for (; f->n_choices < count; f->n_choices++) {
        err = get_line(&f->choice[f->n_choices], json_array_get(choices, f->n_choices), "choices");
        if (err != VAULT_OK)
            return err;
    }
    return VAULT_OK;
}

/* ---- fields ---- */

static bool
protected_by_default(unsigned kind)
{
    return kind == FIELD_NAME || kind == FIELD_IDENTIFIER || kind == FIELD_FILE;
}

static vault_err
get_kind_tier_role(struct field_def *f, const json_t *object)
{
    unsigned kind = 0, tier = 0, role = 0;
    vault_err err;

    /* Not "bytes", the last: those are for system records. */
    err = get_word(&kind, object, "kind", field_kind_names, FIELD_BYTES);
    if (err == VAULT_OK)
        err = get_word(&tier, object, "tier", leaf_tier_names, LEAF_WITHHELD + 1);
    if (err == VAULT_OK)
        err = get_word(&role, object, "role", field_role_names, ROLE_NEUTRAL + 1);
    if (err != VAULT_OK)
        return err;
    if (kind == 0)
        return err_say(VAULT_ERR_INPUT, NULL, "\"kind\" is missing");
    if (tier == 0 && protected_by_default(kind))
        tier = LEAF_WITHHELD;
    if (role == 0 && protected_by_default(kind))
        role = kind == FIELD_FILE ? ROLE_SENSITIVE : ROLE_DIRECT;
    if (tier == 0)
        return err_say(VAULT_ERR_INPUT, "open or withheld", "\"tier\" is missing");
    if (role == 0)
        return err_say(VAULT_ERR_INPUT, "direct, quasi, sensitive or neutral",
            "\"role\" is missing");
    f->kind = (enum field_kind)kind;
    f->tier = (enum leaf_tier)tier;
    f->role = (enum field_role)role;
    return VAULT_OK;
}

/* "" stands for any type. */
static vault_err
get_target(struct field_def *f, const json_t *object)
{
    const json_t *target = json_object_get(object, "target");

    if (json_is_string(target) && json_string_length(target) == 0)
        return VAULT_OK;
    return get_name(f->target, object, "target");
}

static vault_err
get_field(struct field_def *f, json_t *object)
{
    vault_err err;

    if (!json_is_object(object))
        return err_say(VAULT_ERR_INPUT, NULL, "it must be an object");
    err = get_name(f->name, object, "name");
    if (err == VAULT_OK && f->name[0] == '\0')
        err = err_say(VAULT_ERR_INPUT, NULL, "\"name\" is missing");
    if (err == VAULT_OK)
        err = check_keys(object, field_keys);
    if (err == VAULT_OK)
        err = get_kind_tier_role(f, object);
    if (err == VAULT_OK)
        err = get_bool(&f->repeats, object, "repeats");
    if (err == VAULT_OK)
        err = get_labels(&f->label, &f->n_labels, object);
    if (err == VAULT_OK)
        err = get_choices(f, object);
    if (err == VAULT_OK)
        err = get_target(f, object);
    return err;
}

/* "field 3 (born): " before the sentence. */
static void
say_field(const struct type_def *t, size_t i)
{
    const char *name = t->field[i].name;

    if (name[0] == '\0')
        err_prefix("field %zu: ", i + 1);
    else
        err_prefix("field %zu (%s): ", i + 1, name);
}

static vault_err
get_fields(struct type_def *t, const json_t *object)
{
    const json_t *fields = json_object_get(object, "fields");
    size_t count = json_array_size(fields);
    vault_err err;

    if (count == 0 || count > TYPE_FIELDS_MAX)
        return wrong("fields", "an array of 1 to 256 fields");
    t->field = calloc(count, sizeof *t->field);
    if (t->field == NULL)
        return err_nomem();
    t->n_fields = count;
    for (size_t i = 0; i < count; i++) {
        err = get_field(&t->field[i], json_array_get(fields, i));
        if (err == VAULT_ERR_INPUT)
            say_field(t, i);
        if (err != VAULT_OK)
            return err;
    }
    return VAULT_OK;
}

static vault_err
check_rules(const struct type_def *t)
{
    const char *flaw;
    size_t field;
    vault_err err;

    err = type_flaw(&flaw, &field, t);
    if (err != VAULT_OK || flaw == NULL)
        return err;
    err = err_say(VAULT_ERR_INPUT, NULL, "%s", flaw);
    if (field < t->n_fields)
        say_field(t, field);
    return err;
}

static vault_err
get_type(struct type_def *t, json_t *root)
{
    vault_err err;

    if (!json_is_object(root))
        return err_say(VAULT_ERR_INPUT, NULL, "a type is a JSON object");
    err = get_name(t->name, root, "name");
    if (err == VAULT_OK && t->name[0] == '\0')
        err = err_say(VAULT_ERR_INPUT, NULL, "\"name\" is missing");
    if (err == VAULT_OK)
        err = check_keys(root, type_keys);
    if (err == VAULT_OK)
        err = get_version(&t->version, root);
    if (err == VAULT_OK)
        err = get_labels(&t->label, &t->n_labels, root);
    if (err == VAULT_OK)
        err = get_fields(t, root);
    if (err != VAULT_OK)
        return err;
    err = check_rules(t);
    return err == VAULT_OK ? type_seal(t) : err;
}

static vault_err
load(json_t **out, const char *json, size_t n)
{
    json_error_t at;

    if (n > JSON_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "the file is larger than 4 MiB");
    *out = json_loadb(json, n, JSON_REJECT_DUPLICATES, &at);
    if (*out != NULL)
        return VAULT_OK;
    /* jansson seldom says that memory ran out; it does not say where, then. */
    if (json_error_code(&at) == json_error_out_of_memory || at.line < 0)
        return err_nomem();
    switch (json_error_code(&at)) {
    case json_error_duplicate_key:
        return err_say(VAULT_ERR_INPUT, NULL, "line %d, column %d: a key stands twice", at.line,
            at.column);
    default:
        return err_say(VAULT_ERR_INPUT, NULL, "line %d, column %d: this is not JSON", at.line,
            at.column);
    }
}

vault_err
type_from_json(struct type_def **out, const char *json, size_t n)
{
    struct type_def *t = NULL;
    json_t *root = NULL;
    vault_err err;

    err = load(&root, json, n);
    if (err != VAULT_OK)
        goto done;
    t = calloc(1, sizeof *t);
    if (t == NULL) {
        err = err_nomem();
        goto done;
    }
    t->version = 1;
    err = get_type(t, root);
    if (err != VAULT_OK)
        goto done;
    *out = t;
    t = NULL;
done:
    type_free(t);
    json_decref(root);
    return err;
}

/* ---- writing; by hand, as json_dumps of jansson 2.14 loses pieces when memory runs out ---- */

/* Labels, choices and names are one line of text without control characters. */
static void
put_text(struct buf *out, const char *s)
{
    buf_u8(out, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\')
            buf_u8(out, '\\');
        buf_u8(out, (uint8_t)*s);
    }
    buf_u8(out, '"');
}

static void
put_key(struct buf *out, const char *before, const char *key)
{
    buf_str(out, before);
    put_text(out, key);
    buf_str(out, ": ");
}

static void
put_labels(struct buf *out, const struct label *label, size_t n)
{
    buf_u8(out, '{');
    for (size_t i = 0; i < n; i++) {
        put_key(out, i == 0 ? "" : ", ", label[i].lang);
        put_text(out, label[i].text);
    }
    buf_u8(out, '}');
}

static void
put_field(struct buf *out, const struct field_def *f)
{
    put_key(out, "    {", "name");
    put_text(out, f->name);
    put_key(out, ", ", "kind");
    put_text(out, field_kind_name(f->kind));
    put_key(out, ", ", "tier");
    put_text(out, leaf_tier_name(f->tier));
    put_key(out, ", ", "repeats");
    buf_str(out, f->repeats ? "true" : "false");
    put_key(out, ", ", "role");
    put_text(out, field_role_name(f->role));
    put_key(out, ",\n     ", "labels");
    put_labels(out, f->label, f->n_labels);
    if (f->n_choices > 0) {
        put_key(out, ",\n     ", "choices");
        for (size_t i = 0; i < f->n_choices; i++) {
            buf_str(out, i == 0 ? "[" : ", ");
            put_text(out, f->choice[i]);
        }
        buf_u8(out, ']');
    }
    if (f->target[0] != '\0') {
        put_key(out, ",\n     ", "target");
        put_text(out, f->target);
    }
    buf_u8(out, '}');
}

vault_err
type_to_json(struct buf *out, const struct type_def *t)
{
    char hash[2 * sizeof t->hash + 1];

    hex_of(hash, t->hash, sizeof t->hash);
    put_key(out, "{\n  ", "name");
    put_text(out, t->name);
    put_key(out, ",\n  ", "version");
    buf_fmt(out, "%u", (unsigned)t->version);
    put_key(out, ",\n  ", "hash");
    put_text(out, hash);
    put_key(out, ",\n  ", "labels");
    put_labels(out, t->label, t->n_labels);
    put_key(out, ",\n  ", "fields");
    buf_str(out, "[\n");
    for (size_t i = 0; i < t->n_fields; i++) {
        put_field(out, &t->field[i]);
        buf_str(out, i + 1 < t->n_fields ? ",\n" : "\n");
    }
    buf_str(out, "  ]\n}");
    return buf_ok(out);
}
