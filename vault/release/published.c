/*
 * published.c - reading the attacker's file.
 */
#include "vault/release/published.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/files.h"
#include "vault/base/text.h"

void
published_free(struct published *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct published_fact *f = &p->fact[i];

        free(f->about);
        free(f->source);
        for (size_t j = 0; j < f->n_fields; j++) {
            free(f->field[j].name);
            free(f->field[j].text);
        }
    }
    free(p->fact);
    *p = (struct published){ 0 };
}

/* ---- one entry ---- */

static const char entry_hint[] = "an entry is {\"about\": text, \"source\": text, \"where\": {field: text, ...}}";

static vault_err
take_text(char **out, const json_t *value, const char *key)
{
    if (value == NULL)
        return err_say(VAULT_ERR_INPUT, entry_hint, "\"%s\" is missing", key);
    if (!json_is_string(value) || json_string_length(value) == 0)
        return err_say(VAULT_ERR_INPUT, entry_hint, "\"%s\" must be text that is not empty", key);
    if (json_string_length(value) > PUBLISHED_TEXT_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "\"%s\" is longer than %u bytes", key, PUBLISHED_TEXT_MAX);
    if (strlen(json_string_value(value)) != json_string_length(value))
        return err_say(VAULT_ERR_INPUT, NULL, "\"%s\" has a zero byte", key);
    *out = strdup(json_string_value(value));
    return *out == NULL ? err_nomem() : VAULT_OK;
}

static vault_err
take_where(struct published_fact *f, json_t *where)
{
    const char *key;
    json_t *value;
    vault_err err = VAULT_OK;

    if (!json_is_object(where) || json_object_size(where) == 0)
        return err_say(VAULT_ERR_INPUT, entry_hint, "\"where\" must be an object with at least one field");
    if (json_object_size(where) > PUBLISHED_FIELDS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "\"where\" has more than %u fields", PUBLISHED_FIELDS_MAX);
    json_object_foreach(where, key, value) {
        struct published_field *field = &f->field[f->n_fields++];

        if (key[0] == '\0' || strlen(key) > 256)
            err = err_say(VAULT_ERR_INPUT, NULL, "\"where\" has a field without a name, or with one over 256 bytes");
        field->name = strdup(key);
        if (err == VAULT_OK && field->name == NULL)
            err = err_nomem();
        if (err == VAULT_OK)
            err = take_text(&field->text, value, key);
        if (err != VAULT_OK)
            break;
    }
    return err;
}

static vault_err
take_fact(struct published_fact *f, json_t *entry)
{
    const char *key;
    json_t *value;
    vault_err err;

    if (!json_is_object(entry))
        return err_say(VAULT_ERR_INPUT, entry_hint, "this is not an object");
    json_object_foreach(entry, key, value)
        if (strcmp(key, "about") != 0 && strcmp(key, "source") != 0 && strcmp(key, "where") != 0)
            return err_say(VAULT_ERR_INPUT, entry_hint, "it has a key that is not known here");
    err = take_text(&f->about, json_object_get(entry, "about"), "about");
    if (err == VAULT_OK)
        err = take_text(&f->source, json_object_get(entry, "source"), "source");
    if (err == VAULT_OK)
        err = take_where(f, json_object_get(entry, "where"));
    return err;
}

/* ---- the file ---- */

static vault_err
take_facts(struct published *p, json_t *root)
{
    size_t n = json_array_size(root);
    vault_err err = VAULT_OK;

    if (!json_is_array(root))
        return err_say(VAULT_ERR_INPUT, entry_hint, "it is not an array of entries");
    if (n > PUBLISHED_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "more than %u entries", PUBLISHED_MAX);
    p->fact = calloc(n + 1, sizeof *p->fact);
    if (p->fact == NULL)
        return err_nomem();
    while (err == VAULT_OK && p->n < n) {
        err = take_fact(&p->fact[p->n], json_array_get(root, p->n));
        p->n++;
        if (err == VAULT_ERR_INPUT)
            err_prefix("entry %zu: ", p->n);
    }
    return err;
}

/* What jansson says itself may quote the file. It seldom says that memory ran out; it does not say where, then. */
static vault_err
say_not_json(const json_error_t *at)
{
    if (json_error_code(at) == json_error_out_of_memory || at->line < 0)
        return err_nomem();
    if (json_error_code(at) == json_error_duplicate_key)
        return err_say(VAULT_ERR_INPUT, NULL, "line %d, column %d: a key stands twice", at->line, at->column);
    return err_say(VAULT_ERR_INPUT, NULL, "line %d, column %d: this is not JSON", at->line, at->column);
}

vault_err
published_parse(struct published *out, const char *json, size_t n, const char *name)
{
    json_error_t at;
    json_t *root;
    vault_err err;

    *out = (struct published){ 0 };
    if (n > PUBLISHED_FILE_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "%s: larger than %zu MiB", name, PUBLISHED_FILE_MAX >> 20);
    root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &at);
    if (root == NULL)
        err = say_not_json(&at);
    else
        err = take_facts(out, root);
    if (err == VAULT_ERR_INPUT)
        err_prefix("%s: ", name);
    json_decref(root);
    return err;
}

vault_err
published_read(struct published *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct buf text = BUF_INIT;
    vault_err err = file_read(&text, AT_FDCWD, path, PUBLISHED_FILE_MAX);

    *out = (struct published){ 0 };
    if (err == VAULT_OK)
        err = published_parse(out, (const char *)text.p, text.n, slash == NULL ? path : slash + 1);
    buf_free(&text);
    return err;
}
