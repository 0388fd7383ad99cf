/*
 * backup.h - the file of a backup: its header, sealed pieces, and the rows in them. Shared by backup.c and restore.c.
 *
 * Layer:   session; private to the library. What is here needs no open vault.
 * Secrets: the key of a stream lives in guarded memory; what goes through is ciphertext of the inner layer, ids and
 *          keyed tags, and is wiped all the same.
 * Format:  docs/format.md, "Backups".
 */
#ifndef VAULT_BACKUP_H
#define VAULT_BACKUP_H

#include "vault/base/parts.h"
#include "vault/base/secret.h"
#include "vault/keys/keyfile.h"
#include "vault/store/db.h"
#include "vault/vault.h"

#define BACKUP_ID_BYTES 16
#define BACKUP_HEADER_BYTES 4224
#define BACKUP_PIECE ((size_t)64 << 10)
#define BACKUP_COLUMN_MAX ((size_t)17 << 20)
#define BACKUP_RUNS_MAX ((size_t)1 << 22)

/* ---- header ---- */

struct backup_header {
    uint8_t id[BACKUP_ID_BYTES];
    uint8_t base[BACKUP_ID_BYTES];      /* of the backup that it continues; zeros: full */
    uint8_t nonce[32];
    uint8_t keys[KEYFILE_BYTES];
};
bool backup_is_full(const struct backup_header *h);
void backup_header_encode(uint8_t out[static BACKUP_HEADER_BYTES], const struct backup_header *h);
/* Everything that needs no key, of a file called `name`; the key file in it is not judged. VAULT_ERR_INPUT: not a
 * backup. VAULT_ERR_DAMAGED. VAULT_ERR_FAILED: of a newer version. */
VAULT_CHECK vault_err backup_header_decode(struct backup_header *out, const uint8_t *bytes,
    size_t n, const char *name);

/* ---- numbers of chunks ---- */

struct run {
    int64_t first, count;
};
struct runs {
    struct run *run;        /* ascending, none touches the next */
    size_t n, cap;
};
void runs_free(struct runs *r);
/* VAULT_ERR_DAMAGED: not above what is there, or no numbers that rows can have. */
VAULT_CHECK vault_err runs_add(struct runs *r, int64_t first, int64_t count);
bool runs_hold(const struct runs *r, int64_t n);
/* What is in a and not in b; *out is empty before. */
VAULT_CHECK vault_err runs_subtract(struct runs *out, const struct runs *a, const struct runs *b);

/* ---- rows ---- */

/* In this order in every backup. */
enum backup_kind { BACKUP_STATE = 1, BACKUP_OPEN_RUN, BACKUP_WITHHELD_RUN, BACKUP_LOG, BACKUP_PAIR,
    BACKUP_OPEN, BACKUP_WITHHELD, BACKUP_WRAP, BACKUP_INTAKE, BACKUP_OPEN_CHUNK,
    BACKUP_WITHHELD_CHUNK, BACKUP_END };
#define BACKUP_COLUMNS 3

struct backup_item {
    enum backup_kind kind;
    int64_t n;
    struct part column[BACKUP_COLUMNS];
};

/* Of the whole vault, at the moment of the backup. */
struct backup_state {
    uint64_t number;            /* of the log's head */
    uint8_t head[32];
    uint64_t log, revisions;    /* rows; how many */
    uint64_t epoch;
    struct runs chunks[2];      /* open, withheld */
};
void backup_state_free(struct backup_state *s);

/* How far, told after each piece. */
struct backup_progress {
    vault_progress_fn *fn;      /* NULL: nobody asks */
    void *ctx;
    uint64_t done, total;       /* bytes; total 0: not known */
};
/* VAULT_ERR_INTERRUPTED: whoever was told wants no more. */
VAULT_CHECK vault_err backup_tell(struct backup_progress *p, uint64_t bytes);

/* ---- writing ---- */

struct backup_out;

/* Header and state into `file` (borrowed), under the vault's key for backups. Caller frees. `progress` may be NULL; it is
 * borrowed. */
VAULT_CHECK vault_err backup_out_new(struct backup_out **out, struct parts_new *file,
    const struct backup_header *h, const struct secret *k_backup, const struct backup_state *s,
    struct backup_progress *progress);
/* One row; columns as many as its kind has. */
VAULT_CHECK vault_err backup_put(struct backup_out *o, const struct backup_item *it);
/* The last row, with the counts, and the last piece. */
VAULT_CHECK vault_err backup_out_end(struct backup_out *o);
uint64_t backup_out_rows(const struct backup_out *o);
void backup_out_free(struct backup_out *o);         /* NULL is fine */

/* ---- reading: hostile until it says otherwise ---- */

struct backup_in;

/* Judge the header; no key is needed. `file` is taken over in any case. Errors as backup_header_decode. */
VAULT_CHECK vault_err backup_in_new(struct backup_in **out, struct parts *file);
void backup_in_free(struct backup_in *in);          /* NULL is fine */
const struct backup_header *backup_in_header(const struct backup_in *in);
/* The key file in it. VAULT_ERR_DAMAGED; VAULT_ERR_FAILED: of a newer version. */
VAULT_CHECK vault_err backup_in_keys(struct backup_in *in, struct keyfile *out);
struct parts *backup_in_file(const struct backup_in *in);

/* Read the state. VAULT_ERR_DAMAGED also where the key is that of another vault. */
VAULT_CHECK vault_err backup_in_start(struct backup_in *in, const struct secret *k_backup,
    struct backup_progress *progress);
const struct backup_state *backup_in_state(const struct backup_in *in);
/* Is its end the end, without reading all between? */
VAULT_CHECK vault_err backup_in_ends(struct backup_in *in);
/* The next row of the tables, borrowed until the next call; *got false at the end, when order, counts and head were right and
 * nothing follows. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err backup_next(struct backup_in *in, struct backup_item *it, bool *got);
uint64_t backup_in_rows(const struct backup_in *in);
/* This file is damaged: say so, and how. */
vault_err backup_damaged(struct backup_in *in, const char *how);

#endif
