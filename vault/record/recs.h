/*
 * recs.h - the records of an open vault: loading revisions, heads, withheld values, ids.
 *
 * Layer:   record.
 * Secrets: borrows the session's keys; owns the log and tag keys, unwrapped.
 * Format:  docs/format.md, sections 8 to 11 and 17.
 */
#ifndef VAULT_RECORD_RECS_H
#define VAULT_RECORD_RECS_H

#include "vault/record/gone.h"
#include "vault/record/index.h"
#include "vault/record/seal.h"
#include "vault/record/type_set.h"
#include "vault/store/db.h"

#define WRAP_ROW_ROOT 0         /* row of `wrap` with the log and tag keys */

struct recs {
    struct db *db;                  /* borrowed */
    struct seal_keys keys;          /* borrowed */
    struct secret *log_key, *tag_key;
    struct index index;
    struct type_set types;
    struct gone gone;               /* values that were purged or lost, by what the tombstones and repairs say */
    struct gone left;               /* values that did not come with a revision from elsewhere: by the first 16 bytes of its id */
    uint32_t gone_seen;             /* how many of them there were when heads were compared */
    uint8_t author[32];             /* who writes in this session */
    /* Author of the entry in a row of the log (32 bytes), set by the session; NULL: this session's. */
    const uint8_t *(*author_of)(void *ctx, uint32_t log);
    /* May the entry in that row have revisions by others than who signed it (a bundle that was taken in)? NULL: none may. */
    bool (*brings_others)(void *ctx, uint32_t log);
    void *author_ctx;
    bool intake_waits;              /* it could not be adopted when the vault was opened: it is not to blame */
    struct secret *cached;          /* a struct pack: the last one that was opened */
    const struct pack *pending;     /* keys of revisions that wait to be stored; NULL: none */
    /* While another thread writes to db (import): called before each read of it, to let that
     * thread finish what it has. NULL otherwise. */
    vault_err (*quiesce)(void *ctx);
    void *quiesce_ctx;
};

/* Wait for that other thread, before db is used otherwise; without one nothing to do. */
VAULT_CHECK vault_err recs_quiesce(struct recs *r);

VAULT_CHECK vault_err recs_init(struct recs *r, struct db *db, const struct seal_keys *keys,
    const uint8_t author[static 32]);
void recs_free(struct recs *r);

/* Fresh log and tag keys for a new vault, wrapped into row 0 (within a transaction). */
VAULT_CHECK vault_err recs_new_keys(struct recs *r);
/* Unwrap them. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err recs_open_keys(struct recs *r);

/* ---- loading: rev is initialised by the caller and reused ---- */

/* Open and verify revision of pair n. VAULT_ERR_DAMAGED; VAULT_ERR_NOT_FOUND: the record was
 * purged. */
VAULT_CHECK vault_err recs_load(struct recs *r, uint32_t n, struct revision *rev);
/* The same from a blob and the record's key at hand (a scan). */
VAULT_CHECK vault_err recs_load_from(struct recs *r, uint32_t n, const uint8_t key[static 32],
    struct part blob, struct revision *rev);
/*
 * Both blobs authentic, but the values not compared with the revision's id: enough to pass a
 * record over, not to show it. Who holds the case key could have written them without signing.
 */
VAULT_CHECK vault_err recs_glance_from(struct recs *r, uint32_t n, const uint8_t key[static 32],
    struct part blob, struct revision *rev);
VAULT_CHECK vault_err recs_glance_withheld(struct recs *r, const uint8_t key[static 32],
    struct part blob, struct revision *rev);
/* The same of the withheld blob alone: rev has its leaves and no others, and no type. */
VAULT_CHECK vault_err recs_glance_alone(struct recs *r, uint32_t n, const uint8_t key[static 32],
    struct part blob, struct revision *rev);
/* Withheld values from a blob and its key at hand. */
VAULT_CHECK vault_err recs_withheld_from(struct recs *r, const uint8_t key[static 32],
    struct part blob, struct revision *rev);
/* Values of the withheld leaves that this revision introduced. Needs the name key (VAULT_ERR_REFUSED).
 * VAULT_ERR_DAMAGED also where they are quarantined, or intake that does not open; VAULT_ERR_NO_SPACE: intake_waits.
 * On an error none of them is in rev. */
VAULT_CHECK vault_err recs_load_withheld(struct recs *r, uint32_t n, struct revision *rev);

/* What became of the value of this leaf, where it is not there: purged, lost, or (of a revision from elsewhere, and of what is carried on from one) left out. */
enum gone_what recs_gone(const struct recs *r, const struct revision *rev, const struct leaf *l);
/* Are all names of this revision (values of kind name) in its own withheld blob? Also where it has none. */
bool recs_names_hidden(const struct recs *r, const struct revision *rev);
/* Has it withheld values of its own, and were all of them purged? */
bool recs_withheld_gone(const struct recs *r, const struct revision *rev);
/* The sentence about a record that was purged. Returns VAULT_ERR_NOT_FOUND. */
vault_err recs_purged(void);
/* Say why withheld values that are there, sealed by name or (intake) not, have no key in this session: VAULT_ERR_DAMAGED,
 * VAULT_ERR_NO_SPACE. */
VAULT_CHECK vault_err recs_closed(const struct recs *r, bool intake, bool quarantined);
/* The same about a revision that was lost. */
vault_err recs_lost(void);

/* Every withheld value of a loaded revision, also those carried from ancestors; `extra` owns the memory of
 * the latter and must live as long. What was purged or is missing stays empty. */
VAULT_CHECK vault_err recs_reveal(struct recs *r, uint32_t n, struct revision *rev,
    struct buf *extra);

/* The same, but values that cannot be read (damaged, quarantined, intake that waits) stay unknown. unread: its code is
 * VAULT_OK, or it says why some do. */
VAULT_CHECK vault_err recs_reveal_some(struct recs *r, uint32_t n, struct revision *rev,
    struct buf *extra, struct vault_error *unread);
/* The same for those who only compare. */
VAULT_CHECK vault_err recs_look(struct recs *r, uint32_t n, struct revision *rev,
    struct buf *extra);

/* Carried leaves are really those of the ancestor they name. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err recs_check_carried(struct recs *r, uint32_t n, const struct revision *rev);

/* The opened pack that revision n is in; borrowed until the next call. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err recs_pack(struct recs *r, uint32_t n, const struct pack **out);
/* Forget the pack at hand (numbers that were given may be given again). */
void recs_forget_pack(struct recs *r);
/* The record key of the record whose first pair is `first`. VAULT_ERR_DAMAGED: it is missing. */
VAULT_CHECK vault_err recs_record_key(struct recs *r, uint32_t first, uint8_t key[static 32]);

/*
 * The head of a record, and whether it has several that differ. Of several the newest by time, then by id, so that it is the
 * same in every copy; of a system record, whose order is that of the log, the last. Heads with equal content (combine.h) are no
 * conflict. VAULT_ERR_NOT_FOUND: the record was purged.
 */
VAULT_CHECK vault_err recs_head(struct recs *r, uint32_t first, uint32_t *head, bool *conflict);
/* The sentence about one with several that differ. Returns VAULT_ERR_CONFLICT. */
vault_err recs_differ(const char *which);
/* All heads of a record whose head was chosen, that one first; at most `max` are put into out. Returns how many there are. */
size_t recs_heads(const struct recs *r, uint32_t first, uint32_t *out, size_t max);

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

/* Is this tag in the index at all (a hint; without reading records)? */
VAULT_CHECK vault_err recs_tag_seen(struct recs *r, unsigned which,
    const uint8_t tag[static TAG_BYTES], bool *seen);

/* Open value of a field as plain text, appended; nothing when absent. */
VAULT_CHECK vault_err recs_text(const struct revision *rev, const char *field, struct buf *out);
/* The same, but nothing where the type in force withholds the field: for what a person is shown. */
VAULT_CHECK vault_err recs_shown_text(struct recs *r, const struct revision *rev,
    const char *field, struct buf *out);
/* Tags of a finished revision: ref | label | links. System records: none. Appended to out. */
VAULT_CHECK vault_err recs_tags(struct recs *r, const struct revision *rev, struct buf *out);

/* What a person is shown as title: label, title, name and so on, never a withheld value. Appended,
 * zero-terminated by buf_cstr. */
VAULT_CHECK vault_err recs_title(struct recs *r, const struct revision *rev, struct buf *out);
/* Title of the record whose first pair is given (loads its head). */
VAULT_CHECK vault_err recs_title_of(struct recs *r, uint32_t first, struct buf *out);

#endif
