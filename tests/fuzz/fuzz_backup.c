/*
 * fuzz_backup.c - libFuzzer target: files of backups, as a stranger gives them and as somebody with the key makes them.
 *
 * The first byte says how the rest is taken: as a whole file; as what lies behind a good header; or as plaintext, in sealed pieces
 * behind a good header, which is how anything beyond the first look is reached. Whatever the input, reading ends with an
 * error of its own or with rows that ascend and lie within their limits; and rows that were read can be written again and
 * are then read as the same.
 *
 * tests/fuzz/run.sh backup builds and runs it (make fuzz T=backup).
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/backup.h"
#include "vault/base/fd.h"
#include "vault/base/piece.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[200], path[300], again[300];
static struct secret *k_backup;
static uint8_t header[BACKUP_HEADER_BYTES], stream_key[32];

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_backup: %s\n", what);
    abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct backup_header h = { .id = {1}, .nonce = {2} };
    const struct part covered = PART(header, sizeof header - 32);
    const char *tmp = getenv("TMPDIR");
    (void)argc;
    (void)argv;

    must(sodium_init() >= 0 && secret_new(&k_backup, 32) == VAULT_OK, "set-up");
    snprintf(dir, sizeof dir, "%s/fuzz-backup-XXXXXX", tmp != NULL ? tmp : "/tmp");
    must(mkdtemp(dir) != NULL, "folder");
    snprintf(path, sizeof path, "%s/in", dir);
    snprintf(again, sizeof again, "%s/out", dir);
    backup_header_encode(header, &h);
    mac_parts(stream_key, secret_bytes(k_backup), "withheld:backup:1", &covered, 1);
    return 0;
}

static void
put_file(unsigned how, const uint8_t *data, size_t n)
{
    static uint8_t sealed[BACKUP_PIECE + PIECE_EXTRA];
    int fd = fd_open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC);

    must(fd >= 0, "file");
    if (how != 0)
        must(fd_write_all(fd, header, sizeof header, "header") == VAULT_OK, "write");
    if (how < 2)
        must(fd_write_all(fd, data, n, "data") == VAULT_OK, "write");
    for (uint64_t i = 0; how == 2 && (i == 0 || i * BACKUP_PIECE < n); i++) {
        size_t left = n - (size_t)i * BACKUP_PIECE, step = left < BACKUP_PIECE ? left : BACKUP_PIECE;
        piece_seal(sealed, stream_key, i, step == left, PART(data + i * BACKUP_PIECE, step));
        must(fd_write_all(fd, sealed, step + PIECE_EXTRA, "piece") == VAULT_OK, "write");
    }
    close(fd);
}

/* Every row, its shape judged; and, where to is given, written there. A hash of all in out. */
static vault_err
read_file(const char *name, const char *to, uint8_t out[static 32])
{
    crypto_generichash_blake2b_state st;
    struct backup_in *in = NULL;
    struct backup_out *o = NULL;
    struct parts *file = NULL;
    struct parts *back = NULL;
    struct parts_new *made = NULL;
    struct backup_item it = { .n = -1 }, last = { .n = -1 };
    bool got = true;
    vault_err err = parts_open(&file, name);

    vault_clear_error();
    crypto_generichash_blake2b_init(&st, NULL, 0, 32);
    if (err == VAULT_OK)
        err = backup_in_new(&in, file);
    if (err == VAULT_OK)
        err = backup_in_start(in, k_backup, NULL);
    if (err == VAULT_OK && to != NULL) {
        must(parts_create(&made, to, 0) == VAULT_OK, "create");
        must(backup_out_new(&o, made, backup_in_header(in), k_backup, backup_in_state(in), NULL) ==
            VAULT_OK, "a state that was read cannot be written");
    }
    while (err == VAULT_OK && got) {
        err = backup_next(in, &it, &got);
        if (err != VAULT_OK || !got)
            break;
        must(it.kind > BACKUP_WITHHELD_RUN && it.kind < BACKUP_END, "a row of a kind that is none");
        must(it.kind > last.kind || (it.kind == last.kind && it.n > last.n), "rows that do not ascend");
        crypto_generichash_blake2b_update(&st, (const uint8_t *)&it.kind, sizeof it.kind);
        crypto_generichash_blake2b_update(&st, (const uint8_t *)&it.n, sizeof it.n);
        for (unsigned i = 0; i < (it.kind == BACKUP_LOG || it.kind == BACKUP_PAIR ? 3u : 1u); i++) {
            must(it.column[i].n <= BACKUP_COLUMN_MAX, "a column over its limit");
            crypto_generichash_blake2b_update(&st, it.column[i].p, it.column[i].n);
        }
        if (o != NULL)
            must(backup_put(o, &it) == VAULT_OK, "a row that was read cannot be written");
        last = it;
    }
    must(err == VAULT_OK || err == VAULT_ERR_DAMAGED || err == VAULT_ERR_INPUT ||
        err == VAULT_ERR_FAILED, "an error that is not about the file");
    must(err == VAULT_OK || vault_last_error()->text[0] != '\0', "an error without a sentence");
    crypto_generichash_blake2b_final(&st, out, 32);
    if (err == VAULT_OK && o != NULL) {
        must(backup_out_end(o) == VAULT_OK && parts_read_back(made, &back) == VAULT_OK, "end");
        parts_close(back);
        must(parts_commit(&made) == VAULT_OK, "commit");
    }
    parts_abort(&made);
    backup_out_free(o);
    backup_in_free(in);
    return err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t one[32], two[32];

    if (n < 2)
        return 0;
    put_file(data[0] % 3, data + 1, n - 1);
    (void)unlink(again);
    if (read_file(path, again, one) == VAULT_OK)
        must(read_file(again, NULL, two) == VAULT_OK && memcmp(one, two, sizeof one) == 0,
            "what was written again is read as something else");
    (void)unlink(again);
    return 0;
}
