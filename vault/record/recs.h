/*
 * recs.h - the records of an open vault: loading revisions, heads, withheld values, ids.
 *
 * Layer:   record.
 * Secrets: borrows the session's keys; owns the log and tag keys, unwrapped.
 * Format:  docs/format.md, sections 8 to 11 and 17.
 */
#ifndef VAULT_RECORD_RECS_H
#define VAULT_RECORD_RECS_H

#include "vault/record/index.h"
#include "vault/record/seal.h"
#include "vault/record/type_set.h"
#include "vault/store/db.h"

/* Rows of `wrap` (format.md, "Wraps"). */
#define WRAP_ROW_LOG 0
#define WRAP_ROW_TAG 1
#define WRAP_ROW_RECORD(first) ((int64_t)(first) * 2)
#define WRAP_ROW_WITHHELD(n) ((int64_t)(n) * 2 + 1)

struct recs {
    struct db *db;                  /* borrowed */
    struct seal_keys keys;          /* borrowed */
    struct secret *log_key, *tag_key;
    struct index index;
    struct type_set types;
    uint8_t author[32];             /* who writes in this session */
    /* While another thread writes to db (import): called before each read of it, to let that
     * thread finish what it has. NULL otherwise. */
    vault_err (*quiesce)(void *ctx);
    void *quiesce_ctx;
};

VAULT_CHECK vault_err recs_init(struct recs *r, struct db *db, const struct seal_keys *keys,
    const uint8_t author[static 32]);
void recs_free(struct recs *r);

/* Fresh log and tag keys for a new vault, wrapped into rows 0 and 1 (within a transaction). */
VAULT_CHECK vault_err recs_new_keys(struct recs *r);
/* Unwrap them. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err recs_open_keys(struct recs *r);

/* ---- loading: rev is initialised by the caller and reused ---- */

/* Open and verify revision of pair n. VAULT_ERR_DAMAGED; VAULT_ERR_NOT_FOUND (no sentence): purged. */
VAULT_CHECK vault_err recs_load(struct recs *r, uint32_t n, struct revision *rev);
/* The same from a blob at hand, with the record key's wrap box (a scan). */
VAULT_CHECK vault_err recs_load_from(struct recs *r, uint32_t n, struct part wrap,
    struct part blob, struct revision *rev);
/* Values of the withheld leaves that this revision introduced. Needs the name key (VAULT_ERR_REFUSED).
 * VAULT_ERR_NOT_FOUND: purged, or intake not adopted yet. */
VAULT_CHECK vault_err recs_load_withheld(struct recs *r, uint32_t n, struct revision *rev);

/* Every withheld value of a loaded revision, also those carried from ancestors; `extra` owns the memory of
 * the latter and must live as long. What was purged or is missing stays empty. */
VAULT_CHECK vault_err recs_reveal(struct recs *r, uint32_t n, struct revision *rev,
    struct buf *extra);

/* Carried leaves are really those of the ancestor they name. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err recs_check_carried(struct recs *r, uint32_t n, const struct revision *rev);

/* The record key of the record whose first pair is `first`. */
VAULT_CHECK vault_err recs_record_key(struct recs *r, uint32_t first, uint8_t key[static 32]);

/* The head of a record (newest of several), and whether there are several. */
VAULT_CHECK vault_err recs_head(struct recs *r, uint32_t first, uint32_t *head, bool *conflict);

/* ---- finding ---- */

/* A tag: kind "ref", "label" (folded text) or "link" (id). */
VAULT_CHECK vault_err recs_tag_text(struct recs *r, const char *kind, struct part text,
    uint8_t tag[static TAG_BYTES]);
void recs_tag_link(struct recs *r, const uint8_t record[static RECORD_ID_BYTES],
    uint8_t tag[static TAG_BYTES]);

/*
 * The first pair of the record that a person names: ref, then label, then a code or a unique prefix of at least
 * four characters. VAULT_ERR_NOT_FOUND; VAULT_ERR_INPUT: several (says so).
 */
enum find_by { FIND_ANY, FIND_REF, FIND_LABEL };
VAULT_CHECK vault_err recs_find(struct recs *r, const char *id, size_t n, enum find_by by,
    uint32_t *first);
/* Is a label (or ref) already the head value of some record other than `except` (first pair, 0 none)? */
VAULT_CHECK vault_err recs_taken(struct recs *r, const char *kind, struct part text,
    uint32_t except, bool *taken);

/* ---- storing, within a transaction ---- */

/* Insert a sealed revision as the next pair; record_wrap is given for a new record. */
struct new_pair {
    const struct sealed *sealed;
    struct part record_wrap;        /* empty: the record exists */
    struct part tags;
    uint32_t log;
};
/* Into the index only / into the database only: an import does them on two threads. */
VAULT_CHECK vault_err recs_insert(struct recs *r, uint32_t n, const struct new_pair *p);

/* Is this tag in the index at all (a hint; without reading records)? */
VAULT_CHECK vault_err recs_tag_seen(struct recs *r, unsigned which,
    const uint8_t tag[static TAG_BYTES], bool *seen);

/* Open value of a field as plain text, appended; nothing when absent. */
VAULT_CHECK vault_err recs_text(const struct revision *rev, const char *field, struct buf *out);
/* Tags of a finished revision: ref | label | links. System records: none. Appended to out. */
VAULT_CHECK vault_err recs_tags(struct recs *r, const struct revision *rev, struct buf *out);

/* What a person is shown as title: label, title, name and so on, never a withheld value. Appended,
 * zero-terminated by buf_cstr. */
VAULT_CHECK vault_err recs_title(struct recs *r, const struct revision *rev, struct buf *out);
/* Title of the record whose first pair is given (loads its head). */
VAULT_CHECK vault_err recs_title_of(struct recs *r, uint32_t first, struct buf *out);

#endif
