/*
 * manifest.c - what may stand in a manifest (page_priv.h), and one that a stranger sends (verify.h).
 */
#include "vault/release/verify.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/release/page_priv.h"

#define FORMAT_NAME "withheld-release/"
#define WORDS_LABEL "withheld:release-key-words:1"
#define WORDS 12u

/* ---- what may stand in it ---- */

bool
release_is_name(const char *s, size_t n)
{
    if (n == 0 || n > RELEASE_NAME_MAX || s[0] < 'a' || s[0] > 'z')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '_' || s[i] == '-'))
            return false;
    return true;
}

vault_err
release_line(const char *s, size_t max)
{
    struct buf safe = BUF_INIT;
    size_t n = strlen(s);
    vault_err err;

    if (n == 0 || n > max)
        return VAULT_ERR_INPUT;
    text_escape(&safe, s, n, false);
    err = buf_ok(&safe);
    if (err == VAULT_OK && safe.n != n)
        err = VAULT_ERR_INPUT;
    buf_free(&safe);
    return err;
}

bool
release_is_day(const char *s)
{
    static const char shape[] = "dddd-dd-dd";
    size_t n = strlen(s);

    if (n != 7 && n != 10)
        return false;
    for (size_t i = 0; i < n; i++)
        if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
            return false;
    return true;
}

void
release_comment(char out[static RELEASE_COMMENT_ROOM], const char *audience, const char *as_of)
{
    snprintf(out, RELEASE_COMMENT_ROOM, "withheld release, data as of %s, for %s", as_of, audience);
}

void
release_key_words(struct buf *out, const uint8_t pk[static 32])
{
    struct part p = PART(pk, 32);
    uint8_t hash[32];

    hash_parts(hash, WORDS_LABEL, &p, 1);
    words_of(out, hash, sizeof hash, WORDS);
}

/* ---- reading ---- */

static vault_err
bad(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "get the folder again from the sender, and do not use this one", "manifest.json %s", what);
}

/* A text member of at most max bytes (out has one more). False: it is not there, no text, or longer. */
static bool
take_string(char *out, size_t max, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);
    size_t n = json_string_length(value);

    if (s == NULL || n > max)
        return false;
    memcpy(out, s, n + 1);
    return true;
}

/* NAME.csv and the like: nothing in it that leads elsewhere, or that means the same as another name. */
static bool
is_file_name(const char *s)
{
    static const char *const ends[] = { ".html", ".csv", ".json", ".md" };
    const char *dot = strchr(s, '.');

    if (dot == NULL || strcmp(s, RELEASE_MANIFEST) == 0 || !release_is_name(s, (size_t)(dot - s)))
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (strcmp(dot, ends[i]) == 0)
            return true;
    return false;
}

static bool
take_file(struct release_listed *f, const json_t *object)
{
    const json_t *size = json_object_get(object, "size");
    char hex[2 * SHA256_BYTES + 1];

    if (json_object_size(object) != 3 || !json_is_integer(size) || json_integer_value(size) < 0 ||
        (uint64_t)json_integer_value(size) > RELEASE_FILE_MAX)
        return false;
    f->size = (uint64_t)json_integer_value(size);
    return take_string(f->name, sizeof f->name - 1, object, "name") && is_file_name(f->name) &&
        take_string(hex, sizeof hex - 1, object, "sha256") && hex_read(f->sha256, sizeof f->sha256, hex, strlen(hex));
}

static bool
has_file(const struct release_manifest *m, const char *name)
{
    for (size_t i = 0; i < m->n_files; i++)
        if (strcmp(m->file[i].name, name) == 0)
            return true;
    return false;
}

static vault_err
take_files(struct release_manifest *m, const json_t *list)
{
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n == 0 || n > RELEASE_FILES_MAX)
        return bad("has no list of files, or one that is too long");
    m->file = calloc(n, sizeof *m->file);
    if (m->file == NULL)
        return err_nomem();
    for (size_t i = 0; i < n; i++) {
        if (!take_file(&m->file[i], json_array_get(list, i)))
            return bad("has an entry that names no file of a release");
        if (has_file(m, m->file[i].name))
            return bad("names a file twice");
        m->n_files++;
    }
    return VAULT_OK;
}

static vault_err
take_line(char *out, size_t max, const json_t *root, const char *key)
{
    vault_err err = take_string(out, max, root, key) ? release_line(out, max) : VAULT_ERR_INPUT;

    return err == VAULT_ERR_INPUT ? bad("lacks something, or says it wrongly") : err;
}

static vault_err
take_members(struct release_manifest *m, const json_t *root)
{
    vault_err err = take_line(m->audience, RELEASE_AUDIENCE_MAX, root, "audience");

    if (err == VAULT_OK)
        err = take_line(m->purpose, RELEASE_PURPOSE_MAX, root, "purpose");
    if (err != VAULT_OK)
        return err;
    if (json_object_size(root) != 7 || !take_string(m->expires, sizeof m->expires - 1, root, "expires") || !release_is_day(m->expires) ||
        !take_string(m->as_of, sizeof m->as_of - 1, root, "as_of") || !release_is_day(m->as_of))
        return bad("lacks something, or says it wrongly");
    return take_files(m, json_object_get(root, "files"));
}

static vault_err
take_root(struct release_manifest *m, const json_t *root)
{
    const char *format = json_string_value(json_object_get(root, "format"));

    m->of_release = format != NULL && strncmp(format, FORMAT_NAME, strlen(FORMAT_NAME)) == 0;
    m->understood = m->of_release && strcmp(format, RELEASE_FORMAT) == 0;
    if (!m->of_release)
        return VAULT_OK;
    if (!take_string(m->key, MINISIGN_KEY_CHARS, root, "key") || !minisign_key_read(m->pk, m->key))
        return bad("has no key that signs releases");
    return m->understood ? take_members(m, root) : VAULT_OK;
}

vault_err
release_manifest_read(struct release_manifest *out, struct part json)
{
    struct release_manifest m = {0};
    json_error_t error;
    json_t *root = json.n > RELEASE_MANIFEST_MAX ? NULL : json_loadb(json.p == NULL ? "" : json.p, json.n, JSON_REJECT_DUPLICATES, &error);
    vault_err err;

    if (json.n > RELEASE_MANIFEST_MAX)
        err = bad("is too large");
    else if (root == NULL)
        err = json_error_code(&error) == json_error_out_of_memory || error.line < 0 ? err_nomem() : bad("is no JSON, or has a name twice in one object");
    else
        err = json_is_object(root) ? take_root(&m, root) : bad("is no JSON object");
    if (err == VAULT_OK) {
        *out = m;
        m = (struct release_manifest){0};
    }
    release_manifest_free(&m);
    json_decref(root);
    return err;
}

void
release_manifest_free(struct release_manifest *m)
{
    free(m->file);
    *m = (struct release_manifest){0};
}
