/*
 * fuzz_proof.c - libFuzzer targets: evidence of authorship, and disclosed revisions, as a stranger sends them.
 *
 * TARGET 1, evidence: every signature counts as good here (sign_verify is wrapped), so that changes get further than they could.
 * Whatever the input, it is refused as damaged or it holds: then what it tells is found, and a part of it holds as well, and is the same
 * when it is cut once more. TARGET 2, a disclosed revision: what is read is written again as the same bytes.
 *
 * tests/fuzz/run.sh evidence disclosed builds and runs them (make fuzz T='evidence disclosed').
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/sign.h"
#include "vault/handoff/proof.h"
#include "vault/record/value.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int __wrap_sign_verify(const uint8_t sig[static 64], const uint8_t pk[static 32], const char *label,
    const uint8_t hash[static 32]);

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_proof: %s (%s)\n", what, vault_last_error()->text);
    abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0 && type_system(3) != NULL, "set-up");
    return 0;
}

int
__wrap_sign_verify(const uint8_t sig[static 64], const uint8_t pk[static 32], const char *label,
    const uint8_t hash[static 32])
{
    (void)sig;
    (void)pk;
    (void)label;
    (void)hash;
    return 1;
}

#if TARGET == 1

static bool
keep_some(void *ctx, const uint8_t *record, const uint8_t *revision)
{
    const uint8_t *mask = ctx;

    (void)record;
    return (revision[0] & *mask) == 0;
}

static void
judge(const uint8_t *data, size_t n, struct buf *cut, uint8_t mask)
{
    struct proof p, part;
    struct buf again = BUF_INIT;
    uint8_t all = 0;

    if (proof_verify(&p, PART(data, n)) != VAULT_OK) {
        must(vault_last_error()->code == VAULT_ERR_DAMAGED && vault_last_error()->text[0] != '\0', "no reason");
        (void)!proof_reduce(cut, PART(data, n), keep_some, &mask);
        return;
    }
    for (size_t i = 0; i < p.n_told; i++)
        must(proof_find(&p, p.told[i].record, p.told[i].revision) == &p.entry[p.told[i].entry], "told and not found");
    must(proof_reduce(cut, PART(data, n), keep_some, &mask) == VAULT_OK, "what holds cannot be cut");
    must(proof_verify(&part, PART(cut->p, cut->n)) == VAULT_OK, "a part does not hold");
    must(part.n_told <= p.n_told && memcmp(part.card_hash, p.card_hash, 32) == 0, "a part tells of more");
    must(proof_reduce(&again, PART(cut->p, cut->n), keep_some, &all) == VAULT_OK, "a part cannot be cut");
    must(again.n == cut->n && memcmp(again.p, cut->p, cut->n) == 0, "cut again it is another one");
    buf_free(&again);
    proof_free(&p);
    proof_free(&part);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf cut = BUF_INIT;

    vault_clear_error();
    judge(data, n, &cut, (uint8_t)n);
    buf_free(&cut);
    return 0;
}

#else

static bool
as_read(void *ctx, const struct leaf *l, uint64_t *file)
{
    (void)ctx;
    *file = l->file_first;
    return l->salt != NULL;
}

static void
judge(const struct revision *rev, const uint8_t *data, size_t n)
{
    uint8_t (*salt)[32] = calloc(rev->n_leaves + 1, 32);
    struct buf again = BUF_INIT;

    must(salt != NULL, "memory");
    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        must((l->salt != NULL) == (l->value.n != 0) && (l->salt == NULL || l->here), "a value without a salt");
        must(l->file_key == NULL && (l->file_first == 0 || value_is_file(l->value)), "a file out of nothing");
        if (l->salt != NULL)
            memcpy(salt[i], l->salt, 32);
    }
    must(disclose_write(&again, rev, (const uint8_t (*)[32])salt, as_read, NULL) == VAULT_OK, "not written");
    must(again.n == n && memcmp(again.p, data, n) == 0, "other bytes");
    buf_free(&again);
    free(salt);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct revision rev;

    vault_clear_error();
    revision_init(&rev);
    if (disclose_read(PART(data, n), &rev) == VAULT_OK)
        judge(&rev, data, n);
    else
        must(vault_last_error()->code == VAULT_ERR_DAMAGED, "another error");
    revision_free(&rev);
    return 0;
}

#endif
