/*
 * fuzz_release.c - libFuzzer target: the manifest of a release, and its signature file, as a stranger sends them.
 *
 * What begins with { is a manifest: it is refused as damaged, or it says only what it may. Anything else is a signature file; libsodium's
 * verification counts as good here (it is wrapped), so that changes get further than they could.
 *
 * tests/fuzz/run.sh release builds and runs it (make fuzz T=release).
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/release/verify.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long n, const unsigned char *pk);

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_release: %s (%s)\n", what, vault_last_error()->text);
    abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0, "set-up");
    return 0;
}

int
__wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long n, const unsigned char *pk)
{
    (void)sig;
    (void)m;
    (void)n;
    (void)pk;
    return 0;
}

static void
judge_manifest(const uint8_t *data, size_t n)
{
    struct release_manifest m = {0};
    char key[MINISIGN_KEY_CHARS + 1];
    vault_err err = release_manifest_read(&m, PART(data, n));

    must(err == VAULT_OK || (err == VAULT_ERR_DAMAGED && m.file == NULL), "another error");
    must(!m.understood || m.of_release, "understood, and of something else");
    if (m.of_release) {
        minisign_key(key, m.pk);
        must(strcmp(key, m.key) == 0, "another key");
    }
    must(!m.understood || (m.n_files > 0 && m.n_files <= RELEASE_FILES_MAX && m.audience[0] != '\0'), "nothing in it");
    for (size_t i = 0; i < m.n_files; i++) {
        const char *name = m.file[i].name;

        must(name[0] >= 'a' && name[0] <= 'z' && strpbrk(name, "/\\ ") == NULL && strcmp(name, RELEASE_MANIFEST) != 0, "a bad name");
        for (size_t k = 0; k < i; k++)
            must(strcmp(name, m.file[k].name) != 0, "a name twice");
    }
    release_manifest_free(&m);
}

static void
judge_signature(const uint8_t *data, size_t n)
{
    static const uint8_t hash[64];
    struct part comment = PART(NULL, 0);
    uint8_t pk[32];

    for (size_t i = 0; i < sizeof pk; i++)
        pk[i] = (uint8_t)i;         /* that of release_seeds.py */
    if (!minisign_verify(PART(data, n), pk, hash, &comment)) {
        must(comment.p == NULL, "a comment of what is refused");
        return;
    }
    must(n <= MINISIGN_FILE_MAX && comment.n <= MINISIGN_COMMENT_MAX, "too long");
    must(memchr(comment.p, '\n', comment.n) == NULL && (const uint8_t *)comment.p > data && (const uint8_t *)comment.p + comment.n < data + n,
        "a comment that is no line of it");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    vault_clear_error();
    if (n > 0 && data[0] == '{')
        judge_manifest(data, n);
    else
        judge_signature(data, n);
    return 0;
}
