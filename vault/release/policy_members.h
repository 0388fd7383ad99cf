/*
 * policy_members.h - the members of the objects in a policy, read strictly.
 *
 * Layer:   release, private.
 * Secrets: as policy.h.
 * Format:  docs/release.md.
 *
 * Each object has a table of the members that it may have; a member that is not in it is refused, as a threshold that was misspelt would
 * otherwise not hold. Whatever is wrong is VAULT_ERR_INPUT with a sentence that names the member.
 */
#ifndef VAULT_RELEASE_POLICY_MEMBERS_H
#define VAULT_RELEASE_POLICY_MEMBERS_H

#include "vault/release/policy.h"

/* What stands where in the file, for sentences: "rows.person.fields". */
struct at {
    const char *in, *name;
};
/* "policy: "rows.person.fields" ", and what is wrong with it. Returns VAULT_ERR_INPUT. */
vault_err member_wrong(const struct at *at, const char *what);

typedef vault_err member_fn(void *to, const json_t *value, const struct at *at);
struct member {
    const char *name;
    member_fn *fn;
    bool required;
};

VAULT_CHECK vault_err members_read(void *to, const json_t *object, const char *in, const struct member *known, size_t n);
#define MEMBERS(to, object, in, known) members_read(to, object, in, known, sizeof(known) / sizeof(known)[0])

/* ---- what stands there; texts and rooms are from the heap, the caller's ---- */

/* A text that is not empty, without control characters. */
VAULT_CHECK vault_err member_text(char **out, const json_t *value, const struct at *at);
VAULT_CHECK vault_err member_number(unsigned *out, const json_t *value, const struct at *at, unsigned min, unsigned max);
VAULT_CHECK vault_err member_bool(bool *out, const json_t *value, const struct at *at);
/* A file in the folder of the policy, or below: that folder alone can be read once the vault is open. */
VAULT_CHECK vault_err member_file(char **out, const json_t *value, const struct at *at);
/* The name of a type or field; with `file` also capitals and hyphens. */
bool member_is_name(const char *s, size_t n, bool file);
VAULT_CHECK vault_err member_name(char out[static NAME_MAX_BYTES], const json_t *value, const struct at *at);
/* Room for n things, zeroed. */
VAULT_CHECK vault_err member_room(void **out, size_t n, size_t each, const struct at *at);

#endif
