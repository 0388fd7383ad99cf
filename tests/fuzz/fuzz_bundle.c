/*
 * fuzz_bundle.c - libFuzzer targets: what is inside a bundle or receipt, as a stranger's.
 *
 * TARGET 1, bundle: the plaintext, with padding behind it as it should be, through frames_next and bundle_read; no age file is around it
 * (age_open_next is wrapped, and frames_open). What is read is as large as what came; its manifest is written again as the same bytes; its
 * contents, read once more, are the same. TARGET 2, a manifest, 3, a type as another vault has it, and 4, frames of a copy of this vault: what is
 * read is written again as the same bytes.
 *
 * tests/fuzz/run.sh bundle manifest type copy builds and runs them.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/bundle_in.h"
#include "vault/copy_rows.h"
#include "vault/own_age.h"
#include "vault/record/type.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
vault_err __wrap_frames_open(struct frames_in *f, const char *path, const struct age_identities *mine);
vault_err __wrap_age_open_next(struct age_open *o, struct buf *out, size_t pieces, bool *end);

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_bundle: %s (%s)\n", what, vault_last_error()->text);
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

#if TARGET < 3
static void
same_manifest(const struct manifest *m, struct part bytes)
{
    struct buf again = BUF_INIT;

    must(manifest_write(&again, m) == VAULT_OK, "a manifest cannot be written again");
    must(again.n == bytes.n && memcmp(again.p, bytes.p, bytes.n) == 0, "a manifest is other bytes");
    buf_free(&again);
}
#endif

#if TARGET == 1

/* As system_gone.c has them, which needs all of a vault. */
const char *
gone_name(enum gone_what what)
{
    static const char *const WHAT[] = { "", "record", "field", "revision", "attachment" };

    return WHAT[what];
}

/* In place of an age file: the input, then zeros. */
static struct { const uint8_t *p; size_t n, at, whole, each; } feed;

vault_err
own_age_identities(struct age_identities *all, vault *v)
{
    (void)all;
    (void)v;
    return VAULT_OK;
}

vault_err
__wrap_frames_open(struct frames_in *f, const char *path, const struct age_identities *mine)
{
    (void)path;
    (void)mine;
    crypto_generichash_blake2b_init(&f->hash, NULL, 0, 32);
    feed.at = 0;
    return VAULT_OK;
}

vault_err
__wrap_age_open_next(struct age_open *o, struct buf *out, size_t pieces, bool *end)
{
    (void)o;
    (void)pieces;
    for (size_t k = 0; k < feed.each && feed.at < feed.whole; k++, feed.at++) {
        const uint8_t zero = 0;
        buf_put(out, feed.at < feed.n ? feed.p + feed.at : &zero, 1);
    }
    *end = feed.at == feed.whole;
    return buf_ok(out);
}

struct contents {
    const struct bundle_in *b;
    uint64_t size;
    size_t ended;
};

static vault_err
piece(void *ctx, size_t number, const uint8_t *p, size_t n)
{
    struct contents *c = ctx;

    must(number == c->ended + 1 && number <= c->b->n_files, "a piece of another file");
    if (p != NULL) {
        c->size += n;
        return VAULT_OK;
    }
    must(c->size == c->b->file[number - 1].size, "a file has another size");
    c->ended++;
    c->size = 0;
    return VAULT_OK;
}

static void
judge(struct bundle_in *b)
{
    struct contents c = { .b = b };

    must(b->length <= feed.n && b->held < 8 * (uint64_t)feed.n + 4096 * (b->n_revs + b->n_tombs + b->n_files + 1), "it holds more than came");
    same_manifest(&b->m, PART(b->manifest.p, b->manifest.n));
    for (size_t i = 0; i < b->n_revs; i++)
        must(b->rev[i].record[0] != 0 && b->rev[i].bytes.n != 0, "a revision out of nothing");
    for (size_t i = 0; i < b->n_types; i++)
        must(b->type[i]->name[0] != '_', "a system type");
    for (size_t i = 0; i < b->n_evidence; i++)
        must(b->evidence[i].n != 0, "evidence out of nothing");
    must(bundle_contents(b, piece, &c) == VAULT_OK, "its contents cannot be read again");
    must(c.ended == b->n_files, "files are not all there");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct vault *v = calloc(1, sizeof *v);
    struct bundle_in *b = calloc(1, sizeof *b);
    vault_err err;

    must(v != NULL && b != NULL, "memory");
    vault_clear_error();
    b->v = v;
    b->path = "none";
    feed.p = data;
    feed.n = n;
    feed.whole = pad_length(n);
    feed.each = 1 + n % 3000;
    err = bundle_read(b);
    if (err == VAULT_OK)
        judge(b);
    else
        must((err == VAULT_ERR_DAMAGED || err == VAULT_ERR_INPUT) && vault_last_error()->text[0] != '\0', "another error");
    bundle_in_free(b);
    free(b);
    free(v);
    return 0;
}

#elif TARGET == 2

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct manifest *m = calloc(1, sizeof *m);

    must(m != NULL, "memory");
    vault_clear_error();
    if (manifest_read(m, PART(data, n)) == VAULT_OK)
        same_manifest(m, PART(data, n));
    else
        must(vault_last_error()->code == VAULT_ERR_DAMAGED, "another error");
    free(m);
    return 0;
}

#elif TARGET == 4

/* What copy_rows.c would write into a file. */
static struct buf again = BUF_INIT;

vault_err
frames_put(struct frames_out *f, enum frame_kind kind, struct part head, struct part rest)
{
    (void)f;
    (void)kind;
    buf_put(&again, head.p, head.n);
    buf_put(&again, rest.p, rest.n);
    return buf_ok(&again);
}

static void
judge_row(const struct copy_row *before, const uint8_t *data, size_t n)
{
    struct copy_row row;

    if (copy_row_read(&row, before, PART(data, n)) != VAULT_OK) {
        must(vault_last_error()->code == VAULT_ERR_DAMAGED, "another error");
        return;
    }
    must(row.kind > before->kind || row.n > before->n, "a row goes back");
    must(copy_row_put(NULL, &row) == VAULT_OK && again.n == n && memcmp(again.p, data, n) == 0, "a row is other bytes");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct copy_row before[] = { { .kind = 0 }, { .kind = COPY_PAIR, .n = 7 }, { .kind = COPY_WRAP, .n = INT64_MAX } };
    struct copy_head head = { .key = NULL };

    vault_clear_error();
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        buf_reset(&again);
        judge_row(&before[i], data, n);
    }
    buf_reset(&again);
    if (copy_head_read(&head, PART(data, n)) == VAULT_OK)
        must(copy_head_put(NULL, &head) == VAULT_OK && again.n == n && memcmp(again.p, data, n) == 0, "a head is other bytes");
    secret_free(head.key);
    buf_free(&again);
    return 0;
}

#else

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct type_def *t = NULL;
    struct buf again = BUF_INIT;

    vault_clear_error();
    if (type_decode(&t, data, n) == VAULT_OK) {
        must(type_encode(&again, t) == VAULT_OK && again.n == n && memcmp(again.p, data, n) == 0, "a type is other bytes");
        type_free(t);
    } else {
        must(t == NULL && vault_last_error()->text[0] != '\0', "no reason");
    }
    buf_free(&again);
    return 0;
}

#endif
