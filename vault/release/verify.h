/*
 * verify.h - the folder of a release, judged by somebody who has nothing else: release verify.
 *
 * Layer:   release (base, jansson).
 * Secrets: none. Everything that is read here comes from strangers.
 * Format:  docs/format.md, section 29.
 */
#ifndef VAULT_RELEASE_VERIFY_H
#define VAULT_RELEASE_VERIFY_H

#include "vault/base/sha256.h"
#include "vault/release/page.h"

#define RELEASE_MANIFEST_MAX ((size_t)1 << 20)
#define RELEASE_FILE_MAX ((uint64_t)1 << 32)        /* bytes of one file */

struct release_listed {
    char name[RELEASE_NAME_MAX + 16];
    uint64_t size;
    uint8_t sha256[SHA256_BYTES];
};
struct release_manifest {
    bool of_release;                                /* its format begins as that of a release does; then the key is filled */
    char key[MINISIGN_KEY_CHARS + 1];
    uint8_t pk[32];
    bool understood;                                /* and it is this format: the rest is filled, too */
    char audience[RELEASE_AUDIENCE_MAX + 1], purpose[RELEASE_PURPOSE_MAX + 1];
    char expires[11], as_of[11];
    struct release_listed *file;
    size_t n_files;
};
/* Any bytes. VAULT_ERR_DAMAGED: no JSON object, a member twice, missing, of the wrong kind, or one that is not known; a name that no file of
 * a release has, or one twice. An object of another format is no error: see of_release. */
VAULT_CHECK vault_err release_manifest_read(struct release_manifest *out, struct part json);
void release_manifest_free(struct release_manifest *m);     /* usable again */

/*
 * The folder at dir: signature, size and SHA-256 of each file, and that there is nothing else in it. `key` (or NULL): the word it must be signed
 * with. *out is filled on success, and then the caller's to free. VAULT_ERR_DAMAGED: changed, missing, more than the manifest names,
 * not signed by its key or by `key`. VAULT_ERR_NOT_FOUND: no such folder. VAULT_ERR_INPUT: no release, of a newer format, `key` is no key.
 */
VAULT_CHECK vault_err release_verify(struct release_manifest *out, const char *dir, const char *key);

#endif
