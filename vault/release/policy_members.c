/* policy_members.c - see policy_members.h. */
#include "vault/release/policy_members.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"

#define TEXT_MAX 4096u

vault_err
member_wrong(const struct at *at, const char *what)
{
    return err_say(VAULT_ERR_INPUT, "docs/release.md has examples", "policy: \"%s%s%s\" %s", at->in, at->in[0] == '\0' ? "" : ".", at->name, what);
}

static vault_err
unknown(const char *in, const char *key, const struct member *known, size_t n)
{
    const char *names[32], *near;

    for (size_t i = 0; i < n; i++)
        names[i] = known[i].name;
    near = text_nearest(key, names, n);
    if (near != NULL)
        return err_say(VAULT_ERR_INPUT, NULL, "policy: %s%shas a member that is not known: did you mean \"%s\"?", in, in[0] == '\0' ? "it " : " ", near);
    return err_say(VAULT_ERR_INPUT, "docs/release.md lists the members", "policy: %s%shas a member that is not known: \"%.40s\"", in,
        in[0] == '\0' ? "it " : " ", key);
}

vault_err
members_read(void *to, const json_t *object, const char *in, const struct member *known, size_t n)
{
    const char *key;
    json_t *value;
    vault_err err = VAULT_OK;

    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        size_t i = 0;

        while (i < n && strcmp(known[i].name, key) != 0)
            i++;
        err = i == n ? unknown(in, key, known, n) : known[i].fn(to, value, &(struct at){ in, known[i].name });
        if (err != VAULT_OK)
            return err;
    }
    for (size_t i = 0; i < n; i++)
        if (known[i].required && json_object_get(object, known[i].name) == NULL)
            return member_wrong(&(struct at){ in, known[i].name }, "is missing");
    return VAULT_OK;
}

/* ---- values ---- */

vault_err
member_text(char **out, const json_t *value, const struct at *at)
{
    const char *s = json_string_value(value);
    size_t n = s == NULL ? 0 : json_string_length(value);

    if (n == 0 || n > TEXT_MAX || strlen(s) != n)
        return member_wrong(at, "is a text that is not empty");
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < ' ')
            return member_wrong(at, "has a control character");
    *out = strdup(s);
    return *out == NULL ? err_nomem() : VAULT_OK;
}

vault_err
member_number(unsigned *out, const json_t *value, const struct at *at, unsigned min, unsigned max)
{
    json_int_t i = json_integer_value(value);

    if (!json_is_integer(value) || i < min || i > max)
        return err_say(VAULT_ERR_INPUT, NULL, "policy: \"%s%s%s\" is a whole number from %u to %u", at->in, at->in[0] == '\0' ? "" : ".", at->name, min, max);
    *out = (unsigned)i;
    return VAULT_OK;
}

vault_err
member_bool(bool *out, const json_t *value, const struct at *at)
{
    if (!json_is_boolean(value))
        return member_wrong(at, "is true or false");
    *out = json_is_true(value);
    return VAULT_OK;
}

vault_err
member_file(char **out, const json_t *value, const struct at *at)
{
    vault_err err = member_text(out, value, at);

    if (err != VAULT_OK)
        return err;
    if ((*out)[0] == '/' || strcmp(*out, "..") == 0 || strncmp(*out, "../", 3) == 0 || strstr(*out, "/../") != NULL)
        return member_wrong(at, "names a file that does not lie in the policy's folder");
    return VAULT_OK;
}

bool
member_is_name(const char *s, size_t n, bool file)
{
    if (s == NULL || n == 0 || n >= NAME_MAX_BYTES || strlen(s) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || s[i] == '_' || (s[i] >= '0' && s[i] <= '9') ||
            (file && ((s[i] >= 'A' && s[i] <= 'Z') || s[i] == '-'))))
            return false;
    return true;
}

vault_err
member_name(char out[static NAME_MAX_BYTES], const json_t *value, const struct at *at)
{
    const char *s = json_string_value(value);

    if (!member_is_name(s, json_string_length(value), false))
        return member_wrong(at, "is the name of a type or field");
    memcpy(out, s, strlen(s) + 1);
    return VAULT_OK;
}

vault_err
member_room(void **out, size_t n, size_t each, const struct at *at)
{
    if (n > POLICY_LIST_MAX)
        return member_wrong(at, "is too long");
    *out = calloc(n == 0 ? 1 : n, each);
    return *out == NULL ? err_nomem() : VAULT_OK;
}
