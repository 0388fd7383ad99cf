/*
 * vault.h - the public interface of libwithheld.
 *
 * An encrypted, offline vault for records whose names must not get out. One vault handle is one
 * unlocked session of one process; it is not for use from several threads at once.
 *
 * Conventions
 *   - Every function that can fail returns vault_err; VAULT_OK is 0. vault_last_error() gives the
 *     sentence and the hint; on error, outputs are left as they were and the vault is unchanged.
 *   - Text is UTF-8. IDs given by the caller may be a code, a unique prefix of one (at least four
 *     characters), a record's `ref` or its `label`; IDs that come back are full codes.
 *   - Secrets come in a struct secret (guarded memory) that the caller made and frees.
 *   - Callbacks return 0 to go on, anything else to stop (the function then returns VAULT_OK).
 *     What they are given is borrowed until they return. They may run on a thread of the library,
 *     one at a time, while the caller waits, and may not call the library with the same handle.
 */
#ifndef WITHHELD_VAULT_H
#define WITHHELD_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vault vault;

/* How far something long is, in bytes (total 0: not known); anything but 0 stops with VAULT_ERR_INTERRUPTED, and nothing is
 * changed. */
typedef int vault_progress_fn(void *ctx, uint64_t done, uint64_t total);

#define VAULT_CODE_LEN 26       /* characters of a record's code */
#define VAULT_HASH_LEN 64       /* hexadecimal characters of a revision id or log hash */

/* ---- process and secrets ------------------------------------------------------------------ */

struct secret;                  /* guarded, locked, wiped memory */

/* First of all, once, before any other call: no core dumps, not dumpable, umask 077, libraries set up, what
 * steers loaders and libraries (LD_*, SQLITE_*, OPENSSL_*) taken out of the environment. SIGXFSZ is ignored from then
 * on, so that a limit on file sizes is an error (VAULT_ERR_NO_SPACE) and does not kill in the middle of a commit.
 * VAULT_ERR_REFUSED: LD_PRELOAD or LD_AUDIT is set. */
VAULT_API VAULT_CHECK vault_err vault_process_init(void);
/* Once, after the vault is open and before other threads are started: deny sockets, program starts and new files outside `dirs` for the rest of the
 * process (Landlock, seccomp). Paths are of existing folders; NULL-terminated. *level: 2 both, 1 seccomp only,
 * 0 the kernel offers neither (a warning, not a failure). */
VAULT_API VAULT_CHECK vault_err vault_process_confine(const char *const *read_dirs,
    const char *const *write_dirs, int *level);
/* True when some secret could not be locked into memory. */
VAULT_API bool vault_memory_unlocked(void);

VAULT_API VAULT_CHECK vault_err vault_secret_new(struct secret **out, size_t size);
VAULT_API void vault_secret_free(struct secret *s);
VAULT_API uint8_t *vault_secret_edit(struct secret *s);             /* borrowed; size bytes */
VAULT_API void vault_secret_set_len(struct secret *s, size_t n);
VAULT_API size_t vault_secret_len(const struct secret *s);
VAULT_API bool vault_secret_equal(const struct secret *a, const struct secret *b);
/* A new secret from 2 or more hexadecimal digits (an even number), and back as text with a zero byte
 * behind it; in constant time. Caller frees *out. VAULT_ERR_INPUT: no such digits. */
VAULT_API VAULT_CHECK vault_err vault_secret_from_hex(struct secret **out, const char *hex,
    size_t n);
VAULT_API VAULT_CHECK vault_err vault_secret_to_hex(struct secret **out, const struct secret *s);

/* ---- passphrases -------------------------------------------------------------------------- */

#define VAULT_WORD_BITS 10          /* of each generated word */
#define VAULT_WORDS 7               /* 70 bits: see vault/passphrase.c */
#define VAULT_WORDS_MIN 4
#define VAULT_WORDS_MAX 24
#define VAULT_BITS_LEAST 40         /* below: no passphrase for a vault */
#define VAULT_BITS_GOOD 60          /* below: weak */

/* Words that chance chose, with blanks between, a zero byte behind. Caller frees *out.
 * VAULT_ERR_INPUT: fewer or more words than allowed. */
VAULT_API VAULT_CHECK vault_err vault_passphrase_generate(struct secret **out, unsigned words);

struct vault_strength {
    unsigned bits;                  /* how many tries it stands, estimated, as a power of two */
    const char *verdict;            /* "refused", "weak" or "good" */
    const char *reasons[8];         /* sentences, what makes it weak; none for a good one */
    size_t n_reasons;
};
/* Of the first 256 bytes; assumes somebody who knows people, their languages and keyboards.
 * VAULT_ERR_INPUT: it could not be a passphrase (empty, too long, not UTF-8). */
VAULT_API VAULT_CHECK vault_err vault_passphrase_strength(const struct secret *passphrase,
    struct vault_strength *out);
/*
 * The rule for a new passphrase of a slot. vault_create, vault_key_add and vault_key_change keep it
 * themselves; asked beforehand, a person can be told before a second typing, and warned where *out
 * says "weak". A key file besides the passphrase excuses nothing. `accept`: words that the person accepts.
 * VAULT_ERR_REFUSED: below VAULT_BITS_LEAST, and `weak-passphrase` is not accepted. VAULT_ERR_INPUT: as above.
 */
VAULT_API VAULT_CHECK vault_err vault_passphrase_judge(const struct secret *passphrase,
    const char *const *accept, size_t n_accept, struct vault_strength *out);

/* ---- creating and opening ----------------------------------------------------------------- */

struct vault_cost {
    uint32_t mem_kib, passes, lanes;
};

struct vault_create_options {
    uint32_t kdf_mem_mib;       /* both 0: calibrated */
    uint32_t kdf_passes;
    double kdf_seconds;         /* target of the calibration; 0: one second */
    const char *key_file;       /* path: needed besides the passphrase; NULL: none */
    /* Words that override refusals of vault_create. An open vault has its own: vault_accept. */
    const char *const *accept;
    size_t n_accept;
};

enum vault_tier { VAULT_TIER_CASE = 1, VAULT_TIER_KEEPER = 2 };

struct vault_credentials {
    const struct secret *passphrase;    /* as typed, UTF-8 */
    const char *key_file;               /* path or NULL */
    int slot;                           /* -1: all */
    /*
     * Path or NULL: a file outside the vault with the head of its log. Made where it is not there; else the head
     * must be in the log (VAULT_ERR_DAMAGED: rolled back, or another line; the word `anchor` accepts that), and the
     * present one takes its place when the session ends (vault_anchor_update). Number and hash, or number and
     * words, of vault_log_head are taken as well.
     */
    const char *anchor;
    /* What enough shares give (vault_shares_secret without a passphrase); then `passphrase` and
     * `key_file` are not looked at. NULL: none. */
    const struct secret *shares;
    /* Words that override refusals of vault_open. An open vault has its own: vault_accept. */
    const char *const *accept;
    size_t n_accept;
};

/* Make the vault folder `path` (name must end in .vault; never overwrites) with one keeper slot.
 * VAULT_ERR_REFUSED: a weak passphrase (vault_passphrase_judge). */
VAULT_API VAULT_CHECK vault_err vault_create(const char *path,
    const struct secret *passphrase, const struct vault_create_options *opt);

/*
 * Unlock and verify. Caller closes. VAULT_ERR_KEY, VAULT_ERR_DAMAGED, VAULT_ERR_BUSY,
 * VAULT_ERR_NOT_FOUND (also: no slot of that kind), VAULT_ERR_INPUT (not a vault, not its anchor), VAULT_ERR_REFUSED (an
 * anchor in the folder of the vault), VAULT_ERR_NO_SPACE (memory for the key derivation).
 */
VAULT_API VAULT_CHECK vault_err vault_open(vault **out, const char *path,
    const struct vault_credentials *cred);
VAULT_API void vault_close(vault *v);               /* wipes; NULL is fine; brings the anchor up to date if it can */
/* The present head into the anchor that the vault was opened with. Where that fails (a read-only stick) the file is as it
 * was, and still holds. Nothing to do without an anchor, with that of another copy, after a commit that failed. */
VAULT_API VAULT_CHECK vault_err vault_anchor_update(vault *v);

enum vault_anchor {
    VAULT_ANCHOR_NONE,
    VAULT_ANCHOR_HOLDS,
    VAULT_ANCHOR_MADE,          /* it was not there: shows only what happens from now on */
    VAULT_ANCHOR_OTHER_COPY,    /* holds, but belongs to another copy of the vault: left as it is */
    VAULT_ANCHOR_ACCEPTED       /* did not hold; logged */
};
/* What a program tells at once after opening. Costs next to nothing. */
struct vault_opened {
    enum vault_tier tier;
    uint64_t adopted, quarantined;      /* as in struct vault_status */
    enum vault_anchor anchor;
    bool key_file;                      /* the slot in use needs one */
    bool upgrade;                       /* guesses are much cheaper than in a new vault: offer vault_key_upgrade */
    bool old_left;                      /* a change of keys was finished, but the old file `keys` may still be found on the disk */
};
VAULT_API void vault_opened(const vault *v, struct vault_opened *out);

/* Ask again in a long session: does this passphrase (and key file) open the slot in use? Changes nothing.
 * VAULT_ERR_KEY: no. VAULT_ERR_REFUSED: the slot has none (shares). `slot` and `anchor` are not looked at. */
VAULT_API VAULT_CHECK vault_err vault_confirm(vault *v, const struct vault_credentials *cred);

struct vault_slot_info {
    int index;
    const char *kind;           /* "passphrase", "passphrase+keyfile", "shares" */
    enum vault_tier tier;
    char id[17];                /* hexadecimal */
    struct vault_cost cost;
};
typedef int vault_slot_fn(void *ctx, const struct vault_slot_info *s);
/* From the key file alone, without a passphrase. */
VAULT_API VAULT_CHECK vault_err vault_key_list(const char *path, vault_slot_fn *fn, void *ctx);

/* Twelve words that name the vault, the same for all its copies and after every change of keys. Public:
 * they stand in the key file, and are no proof of anything. No passphrase. words has room for 256 bytes. */
VAULT_API VAULT_CHECK vault_err vault_fingerprint(const char *path, char words[256]);

/* Is a prompt worth showing: exists, is a vault, not in use? The errors of vault_open that need no key. */
VAULT_API VAULT_CHECK vault_err vault_probe(const char *path);
/* May a new file or folder be made at `path`? VAULT_ERR_REFUSED: it would lie in the folder of the vault (vault_path NULL: of any vault), which is for the vault's own
 * files. All calls that write for a person ask this themselves; it is for asking early, and for those that write on their own. */
VAULT_API VAULT_CHECK vault_err vault_may_put(const char *vault_path, const char *path);

/*
 * Erase the key files (keys, keys.new) of a vault, without a key and without its lock: overwritten, synced, removed.
 * Nothing opens the folder then. Does not reach copies, processes that have it open, memory, nor blocks a
 * disk keeps. No link is followed. Fine when they are gone already, or damaged. On an error all that could be
 * erased is; the sentence says what was not. VAULT_ERR_NOT_FOUND, VAULT_ERR_INPUT: no such folder, not a vault.
 */
VAULT_API VAULT_CHECK vault_err vault_panic(const char *path);

/* Words that override refusals (--accept WORD) for the calls that follow; copied. */
VAULT_API VAULT_CHECK vault_err vault_accept(vault *v, const char *const *words, size_t n);

struct vault_status {
    char vault_id[33], copy_id[33];             /* hexadecimal */
    enum vault_tier tier;
    uint64_t records, attachments, log_entries;
    uint64_t log_number;                        /* of the head */
    char log_head[VAULT_HASH_LEN + 1];
    struct vault_cost cost;                     /* of the slot in use */
    int slot;
    int64_t last_backup;                        /* the last that was finished; seconds since 1970, 0: never */
    uint64_t changes_since_backup;              /* entries that added records since then, or ever */
    uint64_t adopted;                           /* revisions taken in without a keeper, adopted at unlock */
    uint64_t quarantined;                       /* and those that were not what their author signed */
    struct {
        int64_t time;                           /* of the last repair that could not save all; 0: none */
        uint64_t revisions, values, attachments, details;       /* lost, in all repairs */
    } repaired;
    const char *warnings[8];                    /* sentences; borrowed until close */
    size_t n_warnings;
};
VAULT_API VAULT_CHECK vault_err vault_status(vault *v, struct vault_status *out);

/* Another way in (keeper). opt as for create, NULL or zeros: the cost of the slot in use (opened by shares: a
 * calibrated one, or the higher of two that are there). *slot: its number; after an error -1 where nothing was changed, else the slot may be in force.
 * VAULT_ERR_REFUSED: all slots in use, a third cost, a weak passphrase, or the case tier. */
VAULT_API VAULT_CHECK vault_err vault_key_add(vault *v, enum vault_tier tier,
    const struct secret *passphrase, const struct vault_create_options *opt, int *slot);
/* Take a way in away (keeper). Shuts nobody out who has an old copy of the file keys: only rekey does.
 * Where it was the slot in use, the handle can only be closed. VAULT_ERR_REFUSED: the last keeper. */
VAULT_API VAULT_CHECK vault_err vault_key_remove(vault *v, int slot);
/*
 * New keys for everything (keeper): afterwards no old copy of the file keys opens the present records.db, whatever
 * passphrase comes with it. `own`: what opened this session, typed again. Other slots stay, with their passphrases.
 * Needs room for a second records.db. Whether it succeeds or not, the handle can only be closed. Errors as for vault_compact, and
 * VAULT_ERR_KEY: not the passphrase of the slot in use (the handle then stays good).
 */
VAULT_API VAULT_CHECK vault_err vault_key_rekey(vault *v, const struct vault_credentials *own);
struct vault_compacted {
    uint64_t before, after;     /* bytes of records.db */
};
/*
 * Write the database anew without what was freed in it; needs room for a second one, and no
 * keeper. Once it has begun the handle can only be closed. VAULT_ERR_NO_SPACE: the vault is as
 * it was. Where the sentence says that the new files are in force, they are, and an old one could not be overwritten.
 */
VAULT_API VAULT_CHECK vault_err vault_compact(vault *v, struct vault_compacted *out);
/*
 * A new vault folder `path` for the way: the case slots (all of them, made by a keeper; the own one, made by a case
 * holder) and nothing that is withheld, nor anything that opens it. What is taken in on the way is sealed to the
 * keepers at home. Logged. VAULT_ERR_REFUSED: there is no case slot.
 */
VAULT_API VAULT_CHECK vault_err vault_travel(vault *v, const char *path);
/* Change the passphrase (and cost, and key file) of the slot in use. opt as for add.
 * VAULT_ERR_REFUSED: a third cost, a weak passphrase, or a slot of shares. */
VAULT_API VAULT_CHECK vault_err vault_key_change(vault *v, const struct secret *new_passphrase,
    const struct vault_create_options *opt);
/*
 * Raise what unlocking the slot in use costs to what a new vault would have on this machine (or to another slot's cost
 * near that; all of a vault have at most two). Passphrase and key file stay: `own` is what opened this session, typed
 * again; it is not judged, as it is not new. *upgraded: false where nothing higher was found, and nothing was written.
 * VAULT_ERR_KEY: not the passphrase of the slot in use. VAULT_ERR_REFUSED: a slot of shares; the other slots have two costs, neither higher.
 */
VAULT_API VAULT_CHECK vault_err vault_key_upgrade(vault *v, const struct vault_credentials *own, bool *upgraded);

/* ---- backups ------------------------------------------------------------------------------ */

struct vault_backup_options {
    const char *since;          /* path of an earlier backup of this vault: only what came after it; NULL: everything */
    uint64_t split;             /* bytes of a part (FILE.001, FILE.002, ...), at least VAULT_SPLIT_MIN; 0: one file */
    vault_progress_fn *progress;        /* NULL: none */
    void *progress_ctx;
};
#define VAULT_SPLIT_MIN ((uint64_t)1 << 20)
struct vault_backup_report {
    char id[33], since[33];     /* hexadecimal; since "": everything */
    uint64_t bytes, rows;
    unsigned parts;
    uint64_t log_number;        /* of the head that it holds */
    char log_head[VAULT_HASH_LEN + 1];
    uint64_t problems;          /* that vault_check_open finds in the vault itself: vault_restore refuses such a backup */
    char problem[300];          /* the first of them */
    bool noted;                 /* the log says that it is done, too; false: there are problems, or it could not be written any more */
};
/*
 * One encrypted file with everything (or what is new since another), which the ways in of this moment open. Logged first; never
 * overwrites; read back completely from the disk and compared before it gets its name, and the vault is checked as by vault_check_open:
 * a damaged one is backed up, too, but is not called done. It opens nothing that the slot in
 * use does not open. VAULT_ERR_INPUT: something of that name is there; `since` is of another vault, or not of this
 * one's past. VAULT_ERR_DAMAGED: `since` is damaged; what was written could not be read back. VAULT_ERR_REFUSED: `since` was
 * made before keys were changed everywhere, something was purged or lost in a repair, or values that had been left out came: a full
 * one is needed.
 */
VAULT_API VAULT_CHECK vault_err vault_backup(vault *v, const char *path,
    const struct vault_backup_options *opt, struct vault_backup_report *out);

struct vault_backup_info {
    char id[33], since[33];     /* as in the report */
    char vault_id[33], words[256];      /* as vault_fingerprint */
    uint64_t bytes;
    unsigned parts;
    uint32_t mem_mib;           /* that deriving the key will need; 0: it opens by shares alone */
};
/* What a backup is and what opens it (each slot is told to fn, which may be NULL), without a key: nothing of this is
 * proven. `path`: the file, or a name whose parts are there. VAULT_ERR_NOT_FOUND, VAULT_ERR_INPUT (not a backup),
 * VAULT_ERR_DAMAGED, VAULT_ERR_FAILED (of a newer version). */
VAULT_API VAULT_CHECK vault_err vault_backup_info(const char *path, struct vault_backup_info *out,
    vault_slot_fn *fn, void *ctx);

struct vault_restore_options {
    bool second;                /* another copy beside one that lives on, not its continuation */
    vault_progress_fn *progress;        /* NULL: none */
    void *progress_ctx;
};
struct vault_restore_report {
    char vault_id[33], copy_id[33];
    unsigned files;             /* backups it was put together from */
    uint64_t records;
    uint64_t log_number;        /* of the head that the backup held */
    char log_head[VAULT_HASH_LEN + 1];
    int64_t time;               /* of that entry */
    uint64_t unverified;        /* as vault_check */
    uint64_t problems;          /* that were accepted */
};
/*
 * A new vault folder `path` from a backup and, where that holds only what was new, those it continues, which are looked for
 * in its folder. cred: of a way in that the vault had then. Everything is verified as by vault_check before the folder gets its name;
 * its log then says that and from which head it was restored. On any error nothing is left. VAULT_ERR_KEY,
 * VAULT_ERR_DAMAGED (the file; or the vault was damaged when it was backed up, which the word `damaged` accepts), VAULT_ERR_INPUT (name; something is there; not a backup), VAULT_ERR_NOT_FOUND (also: one that it continues).
 */
VAULT_API VAULT_CHECK vault_err vault_restore(const char *backup, const char *path,
    const struct vault_credentials *cred, const struct vault_restore_options *opt,
    struct vault_restore_report *out);

struct vault_trustee_share {
    unsigned number;            /* of this share, from 1 */
    unsigned threshold, count;
    const char *words;          /* of SLIP-0039, separated by blanks. SECRET; borrowed */
};
/* Returns 0 once the share is where it belongs (written down and compared, on the disk, ...). */
typedef int vault_trustee_fn(void *ctx, const struct vault_trustee_share *share);
struct vault_key_shares_options {
    unsigned threshold, count;  /* any `threshold` of `count` open; 1 of 1, or 2 and more, at most 16 */
    bool plain;                 /* they will lie somewhere unencrypted: needs the accepted word `plain-shares` */
};
/*
 * A slot that shares open (keeper), in place of the one that was there (whose shares still open an old copy of
 * the file keys: only rekey shuts that out). Each share is handed to fn, one
 * after the other, before anything is written; the slot comes into being once fn has returned 0 for the
 * last. *slot: its number. Where the session was opened by the shares replaced, the handle can only be
 * closed. VAULT_ERR_INTERRUPTED: fn returned something else; nothing is changed, and the shares open
 * nothing. VAULT_ERR_INPUT: numbers. VAULT_ERR_REFUSED: the tier, all slots in use, plain.
 */
VAULT_API VAULT_CHECK vault_err vault_key_shares(vault *v,
    const struct vault_key_shares_options *opt, vault_trustee_fn *fn, void *ctx, int *slot);

/* ---- types -------------------------------------------------------------------------------- */

struct vault_field_info {
    const char *name;
    const char *kind;           /* text narrative name date number choice place identifier yes/no link file */
    bool withheld, repeats;
    const char *role;           /* direct quasi sensitive neutral */
    const char *label;          /* in the asked language, else the name */
    const char *const *choices;
    size_t n_choices;
    const char *target;         /* of a link; "" any */
};
struct vault_type_info {
    const char *name;
    const char *label;
    const char *hash;           /* hexadecimal */
    uint32_t version;
    const struct vault_field_info *fields;
    size_t n_fields;
};
typedef int vault_type_fn(void *ctx, const struct vault_type_info *t);
/* All types (name NULL) or one (VAULT_ERR_NOT_FOUND with the nearest name). lang "en", "ru", "ko". */
VAULT_API VAULT_CHECK vault_err vault_types(vault *v, const char *name, const char *lang,
    vault_type_fn *fn, void *ctx);
/* The type as JSON, as vault_type_add reads it; *json is the caller's to free with vault_free. */
VAULT_API VAULT_CHECK vault_err vault_type_json(vault *v, const char *name, char **json);
VAULT_API VAULT_CHECK vault_err vault_type_add(vault *v, const char *json, size_t n);

/* ---- fields on their way in --------------------------------------------------------------- */

typedef struct vault_fields vault_fields;           /* a set of changes: field -> values */

VAULT_API VAULT_CHECK vault_err vault_fields_new(vault_fields **out);
VAULT_API void vault_fields_free(vault_fields *f);  /* wipes; NULL is fine */
/* Add one value (repeat the call for a repeating field). */
VAULT_API VAULT_CHECK vault_err vault_fields_add(vault_fields *f, const char *field,
    const char *value, size_t n);
/* Take the field away (edit). */
VAULT_API VAULT_CHECK vault_err vault_fields_unset(vault_fields *f, const char *field);
/*
 * One JSON object: text, numbers, true/false, null (unset), arrays for repeating fields, or
 * {"value":..,"source":ID,"as_of":DATE,"certainty":WORD}. VAULT_ERR_INPUT with line and column.
 */
VAULT_API VAULT_CHECK vault_err vault_fields_json(vault_fields *f, const char *json, size_t n);

/* ---- records ------------------------------------------------------------------------------ */

struct vault_added {
    char id[VAULT_CODE_LEN + 1];
    char revision[VAULT_HASH_LEN + 1];
    char label[128];            /* the record's title, never a withheld value */
    bool changed;               /* edit: false when nothing differed and nothing was written */
    unsigned same;              /* remove: other records of the same person, which stay */
};

/*
 * A keeper's vault_add, vault_edit and vault_import stop where a withheld name that the vault knows is typed, in any spelling, into an
 * open field: VAULT_ERR_REFUSED, accepted word `name-in-open`. A field for names may hold those of its own record.
 */
VAULT_API VAULT_CHECK vault_err vault_add(vault *v, const char *type, const vault_fields *f,
    struct vault_added *out);
/* Sets each named field to the given values (all of a repeating field), unsets the unset. */
VAULT_API VAULT_CHECK vault_err vault_edit(vault *v, const char *id, const vault_fields *f,
    struct vault_added *out);
/* A new revision with the content of an old one (hexadecimal, a unique prefix of at least 4). */
VAULT_API VAULT_CHECK vault_err vault_revert(vault *v, const char *id, const char *revision,
    struct vault_added *out);
VAULT_API VAULT_CHECK vault_err vault_remove(vault *v, const char *id, struct vault_added *out);

struct vault_value {
    const char *field;
    const char *label;          /* the field's, in English */
    const char *kind;
    bool withheld;              /* tier */
    bool present;               /* false: withheld and not revealed, purged, or left out: text is "" */
    bool purged;                /* a keeper destroyed it; present is false */
    bool lost;                  /* a repair could not save it; present is false */
    bool left_out;              /* who sent this record left it out; present is false */
    bool repeats;
    const char *text;           /* plain text; a link: the code of the record */
    const char *link_label;     /* a link: title of the record, else NULL */
    int is_number;              /* 1: text is a JSON integer; 2: text is "true" or "false"; else 0 */
    const char *source, *as_of, *certainty;     /* NULL where not said; source is a code */
};
struct vault_link {
    char id[VAULT_CODE_LEN + 1];
    const char *type, *label, *field;
};
/* Another record of the same person (vault_merge). */
struct vault_same {
    char id[VAULT_CODE_LEN + 1];
    const char *label;
    bool lead;                  /* the leading one */
    bool removed, purged;
};
struct vault_attachment {
    unsigned number;            /* from 1; "#3" names the third where a name is asked for */
    const char *field;
    bool withheld;              /* tier */
    bool present;               /* false: withheld and not revealed, or purged: nothing below is known */
    bool purged;                /* a keeper destroyed it */
    bool lost;                  /* a repair could not save it: its content, or (not present) name and all */
    bool left_out;              /* who sent this record left it out; present is false */
    const char *name, *type;    /* type: media type */
    uint64_t size;
    const char *sha256;         /* of its content, hexadecimal */
};
struct vault_record {
    char id[VAULT_CODE_LEN + 1];
    const char *type;
    const char *label;          /* title without withheld values */
    char revision[VAULT_HASH_LEN + 1];
    int64_t time;
    const char *author;         /* "slot 0 (keeper)" ... */
    const struct vault_value *values;   /* in the order of the type, repeating ones in order of entry */
    size_t n_values;
    const struct vault_link *links_here;        /* also what links to a record that was merged into this one */
    size_t n_links_here;
    const struct vault_same *same;              /* the other records of the same person, the leading one first */
    size_t n_same;
    const struct vault_attachment *attachments;     /* in order of their numbers */
    size_t n_attachments;
    bool conflict, removed;     /* conflict: it has several newest versions that differ; this is one of them */
    /* With conflict: the fields that vault_resolve needs a choice for; "_removed": one version removed the record. None: they
     * differ in different fields, and vault_resolve brings them together. */
    const char *const *conflicts;
    size_t n_conflicts;
};

/* One record at its head, or at `revision` (NULL: head). reveal needs a keeper and is logged first:
 * no entry, no reveal. The result is the caller's, freed (and wiped) with vault_record_free. */
VAULT_API VAULT_CHECK vault_err vault_show(vault *v, const char *id, const char *revision,
    bool reveal, struct vault_record **out);
VAULT_API void vault_record_free(struct vault_record *r);

/* ---- several newest versions of one record ------------------------------------------------- */

/* One of the newest versions of a record. They come about where two offices, or two copies, changed it without knowing of each other. */
struct vault_side {
    char revision[VAULT_HASH_LEN + 1];
    int64_t time;
    const char *author;         /* "slot 1 (case)"; written elsewhere: "anna, slot 0 (keeper)", without evidence "key 0a1b2c3d4e5f6071" */
    bool removed;               /* it removed the record */
};
/* What one version has in a field, or in one element of a repeating one. */
struct vault_side_value {
    bool has;                   /* false: nothing, and `value` is empty */
    struct vault_value value;
};
/* A field, or element, that two versions changed, each in its own way. */
struct vault_dispute {
    const char *field, *label;
    bool withheld;
    const struct vault_side_value *sides;       /* in the order of the versions */
};
struct vault_conflict {
    char id[VAULT_CODE_LEN + 1];
    const char *type, *label;
    const struct vault_side *sides;     /* the newest first */
    size_t n_sides;                     /* 0: there are no versions that differ, and nothing is to be done */
    const struct vault_dispute *disputes;
    size_t n_disputes;                  /* 0: they differ in different fields, and nobody has to choose */
    bool whole;                         /* one version is to be chosen as such: one removed the record that another changed */
};
/*
 * What a person is shown before vault_resolve. Of a record with more than 16 such versions, the newest 16. `reveal` needs a keeper and
 * is logged first: no entry, no reveal. The result is the caller's, freed (and wiped) with vault_conflict_free.
 */
VAULT_API VAULT_CHECK vault_err vault_conflict(vault *v, const char *id, bool reveal, struct vault_conflict **out);
VAULT_API void vault_conflict_free(struct vault_conflict *c);

struct vault_choice {
    const char *field;          /* NULL: everything in conflict that no other choice names */
    const char *revision;       /* of the version whose value stays: hexadecimal, a prefix of at least 4 that only one of them has */
};
/*
 * One revision that follows all those versions: values that only one side changed, and the chosen ones. Where nobody has to choose,
 * n may be 0. Withheld values are carried on without being read, so it needs no keeper. out->changed is false where
 * there was nothing to do. VAULT_ERR_CONFLICT: a choice is missing. VAULT_ERR_INPUT: a field that is not in conflict.
 * VAULT_ERR_NOT_FOUND: no such version.
 */
VAULT_API VAULT_CHECK vault_err vault_resolve(vault *v, const char *id, const struct vault_choice *choice, size_t n,
    struct vault_added *out);

/* ---- attachments -------------------------------------------------------------------------- */

struct vault_attach_file {
    const char *path;               /* of a regular file */
    const char *name;               /* to be stored; NULL: the last part of path */
};
struct vault_attach_options {
    const char *field;              /* NULL: "files" */
    bool open;                      /* readable with a case passphrase; else withheld */
    bool move;                      /* overwrite and remove the files once they are stored */
    vault_progress_fn *progress;    /* or NULL */
    void *progress_ctx;
    unsigned *empty;                /* or NULL: receives how many of the files were empty */
};
/*
 * Store n files with a record: one revision, one transaction. Nothing is read into memory as a whole. VAULT_ERR_INPUT: a
 * name that is not allowed, no regular file. VAULT_ERR_CONFLICT: the record has an attachment of that name (as far as this
 * tier knows). VAULT_ERR_REFUSED: a file is one of the vault's, or (move) of any vault's. VAULT_ERR_FAILED: a file changed while it was read; or, with *out filled, it was stored and
 * could not be removed, or was changed since and stays.
 */
VAULT_API VAULT_CHECK vault_err vault_attach(vault *v, const char *id,
    const struct vault_attach_file *file, size_t n, const struct vault_attach_options *opt,
    struct vault_added *out);

struct vault_extract_options {
    const char *path;               /* a new file (0600; whole or not at all; never overwrites); NULL: `fd` */
    int fd;                         /* where to write; with path NULL and -1: the attachment's name, in the current folder */
    const char *revision;           /* by hexadecimal prefix; NULL: the newest */
    unsigned *left;                 /* or NULL: receives how many files an extract that was killed had left in that folder,
                                     * half written; they are overwritten and removed */
    vault_progress_fn *progress;
    void *progress_ctx;
};
struct vault_extracted {
    char name[256], type[128];
    char sha256[65];
    uint64_t size;
    bool withheld;
};
/*
 * The content of an attachment of a revision, named by name or "#N". Logged first: no entry, no extract. What is written
 * to a descriptor is proven piece by piece, and as a whole only when VAULT_OK comes back. VAULT_ERR_NOT_FOUND;
 * VAULT_ERR_CONFLICT: two have that name; VAULT_ERR_REFUSED: withheld, and no keeper; VAULT_ERR_INPUT: path is taken.
 */
VAULT_API VAULT_CHECK vault_err vault_extract(vault *v, const char *id, const char *name,
    const struct vault_extract_options *opt, struct vault_extracted *out);
/* A new revision without it. Its bytes stay, for the revisions before. */
VAULT_API VAULT_CHECK vault_err vault_detach(vault *v, const char *id, const char *name,
    struct vault_added *out);

/* ---- lists and searches ------------------------------------------------------------------- */

struct vault_list_item {
    const char *id, *type, *label;
    int64_t updated;
    const char *same_as;                /* NULL, or the leading record's code: it was merged into that */
    const struct vault_record *record;  /* only when asked for with `full`: values, no links_here */
};
typedef int vault_list_fn(void *ctx, const struct vault_list_item *item);
/*
 * A condition. `field` is a field of the record, or a path: case.person.citizenship asks for the persons of the case that the record links
 * to, case:person.status for the cases whose `person` links to the record (TYPE:LINK). One record on the way is enough.
 * `value`: equal after folding; a date: overlaps (2005, 1999/2003, 1999..2003, ..2005, 2005..); a number: the same, or 10..20, 10..,
 * ..20; a place: parts of it, between commas; a link: a record.
 */
struct vault_where {
    const char *field, *value;
};
/* Is the last field of a condition's path withheld? Such a value is no argument of a program. VAULT_ERR_INPUT: no such type, field, link. */
VAULT_API VAULT_CHECK vault_err vault_where_withheld(vault *v, const char *type, const char *field, bool *withheld);

struct vault_list_query {
    const char *type;                   /* NULL: all */
    const struct vault_where *where;
    size_t n_where;
    bool reveal;                        /* logged once, with the count */
    bool full;
    uint64_t *unread;                   /* NULL, or set where records could not be read whole: how many */
};
/* A record that was merged into another comes only where its leading record does not, and at the end.
 * VAULT_ERR_DAMAGED with *unread set: everything that could be read was told; the sentence names the others. */
VAULT_API VAULT_CHECK vault_err vault_list(vault *v, const struct vault_list_query *q,
    vault_list_fn *fn, void *ctx);

struct vault_hit {
    const char *id, *type, *label, *field;
    const char *level;                  /* "text"; of names "exact", "fold", "skeleton" */
    const char *why;                    /* a sentence; shows no withheld value */
    const char *same_as, *same_label;   /* NULL, or code and title of the leading record: this one was merged into it */
};
typedef int vault_hit_fn(void *ctx, const struct vault_hit *h);
struct vault_search_query {
    /* Blank-separated words, all must occur in one record; word*: at the beginning of one; "a phrase" in quotes. */
    const char *text;
    const char *type, *field;           /* NULL: all */
    uint64_t *unread;                   /* as in a list: records that may hold the text and could not be read */
    const struct vault_where *where;
    size_t n_where;
};
VAULT_API VAULT_CHECK vault_err vault_search(vault *v, const struct vault_search_query *q,
    vault_hit_fn *fn, void *ctx);
/*
 * The same for `text` as a name: fields of kind name whose name may be that one in another spelling or script, one hit a
 * record, the best first; level "exact", "fold" or "skeleton". Nothing is found by a surname alone (vault_names_match of the
 * text with itself says why). VAULT_ERR_INPUT: not a name; over 10,000 records.
 */
VAULT_API VAULT_CHECK vault_err vault_search_names(vault *v, const struct vault_search_query *q,
    vault_hit_fn *fn, void *ctx);
/*
 * For keepers (others are told of nothing): records with a name like one of record `id`, at level fold or better, the best first;
 * not those that were merged with it or dismissed, and at most 64. `why` shows no withheld value.
 */
VAULT_API VAULT_CHECK vault_err vault_similar(vault *v, const char *id, vault_hit_fn *fn, void *ctx);
/* The same for every record that the last vault_import, or the adoption of intake when the session was opened, brought. Told once. */
typedef int vault_similar_fn(void *ctx, const char *id, const char *label, const struct vault_hit *h);
VAULT_API VAULT_CHECK vault_err vault_similar_new(vault *v, vault_similar_fn *fn, void *ctx);



/* An attachment that a revision brought. */
struct vault_history_file {
    const char *field;
    bool withheld;
    const char *name;                   /* NULL: withheld, or purged */
    const char *sha256;                 /* hexadecimal; of withheld ones for keepers only; NULL: not known here */
    uint64_t size;                      /* where sha256 is known */
};
struct vault_history_item {
    const char *revision;               /* NULL: no revision but a purge, of `fields` if they are named, or (other) a merge */
    int64_t time;
    const char *author, *action;
    uint64_t log_number;
    const char *const *fields;          /* changed against the first parent; names only */
    size_t n_fields;
    const struct vault_history_file *files;
    size_t n_files;
    const char *other;                  /* merge, unmerge: the code of the other record; else NULL */
    bool other_leads;                   /* this one was merged into that; else that into this one */
    bool head, removed;
    bool purged;                        /* a revision whose values, some or all, were destroyed */
    bool lost;                          /* a revision of which a repair could not save all values */
};
/* Where SHA-256 of withheld attachments are told to a keeper, that is logged first as a reveal. */
typedef int vault_history_fn(void *ctx, const struct vault_history_item *h);
VAULT_API VAULT_CHECK vault_err vault_history(vault *v, const char *id, vault_history_fn *fn,
    void *ctx);

struct vault_purge {
    const char *id;
    const char *field;                  /* all values of this field, or */
    const char *revision;               /* what this revision holds and no newest one does, or */
    const char *attachment;             /* one of the newest revision, by "N", "#N" or name, or (all NULL) all of it */
};
struct vault_purge_field {
    const char *name;
    uint64_t open, withheld;            /* values */
};
/* An attachment that goes. */
struct vault_purge_file {
    char id[VAULT_CODE_LEN + 1];
    unsigned number;                    /* from 1, as the newest revision has it; 0: an older one only */
    const char *field, *name;           /* name: of an open one, else NULL */
    bool withheld;                      /* tier */
};
struct vault_purge_mention {
    const char *id, *type, *label, *field;
    bool withheld;
};
/* Another record of the same person. What was merged into the one named goes with it, where a field or all of it goes. */
struct vault_purge_same {
    char id[VAULT_CODE_LEN + 1];
    const char *label;
    bool goes;
};
struct vault_purge_plan {
    char id[VAULT_CODE_LEN + 1];
    const char *label;                  /* title of the record */
    const char *what;                   /* "record", "field", "revision", "attachment" */
    uint64_t revisions, values;         /* that lose values (all of a record), and how many these are */
    uint64_t attachments;               /* files among the values, each counted once */
    uint64_t kept;                      /* values of the revision named that a newest one holds: they stay */
    uint64_t unread;                    /* revisions whose withheld values cannot be read, and were not searched for */
    const struct vault_purge_same *same;
    size_t n_same;
    const struct vault_purge_field *fields;
    size_t n_fields;
    const struct vault_purge_file *files;           /* in order of their numbers */
    size_t n_files;
    const struct vault_purge_mention *mentions;     /* of withheld values that go, elsewhere in this vault */
    size_t n_mentions;
};
/* What a purge would destroy (keeper); changes nothing. The result is the caller's, freed with
 * vault_purge_plan_free. Not searched, and not reached by a purge: backups, travel copies,
 * dumps, handoffs, old copies of the vault with their `keys`. VAULT_ERR_NOT_FOUND;
 * VAULT_ERR_REFUSED: the tier, a newest revision, or nothing would go. */
VAULT_API VAULT_CHECK vault_err vault_purge_plan(vault *v, const struct vault_purge *what,
    struct vault_purge_plan **out);
VAULT_API void vault_purge_plan_free(struct vault_purge_plan *p);
struct vault_purged {
    char id[VAULT_CODE_LEN + 1];
    uint64_t records;                   /* more than one where others were merged into it */
    uint64_t revisions, values;         /* a whole record: values 0, nobody looked */
    uint64_t strays;                    /* revisions that could not be read, of whose attachments pieces may be left, without a key */
    uint64_t left;                      /* pieces that it named and that are, or may be, another attachment's: they stay */
};
/*
 * Destroy it, for good (of merged records one after the other, the leading one last; on an error in between, what went is gone, and
 * the same call goes on): content and keys, and every copy of records.db from before is of no use
 * with the present `keys`. Ids and leaves stay, so that history and signatures hold. Logged.
 * Errors as for the plan.
 */
VAULT_API VAULT_CHECK vault_err vault_purge(vault *v, const struct vault_purge *what,
    struct vault_purged *out);
struct vault_statement_options {
    bool reveal;                        /* with withheld values; logged as a reveal as well */
    bool links;                         /* with the ids of other records that values name */
    vault_progress_fn *progress;        /* or NULL: bytes written, of a total that is not known (0) */
    void *progress_ctx;
};
struct vault_statement {
    uint64_t revisions, attachments;    /* told; attachments by their SHA-256, each once */
    uint64_t left_out;                  /* values of which only the commitment is told */
    char key[57];                       /* the keeper's public key, as `minisign -P` takes it */
};
/*
 * What can be shown of one record to somebody without the vault (keeper): the new folder `dir`, whole or not at all, with
 * statement.json, its minisign signature, the key, a script that checks it and a page that explains it. Logged first. What
 * comes to nothing is overwritten. VAULT_ERR_INPUT: something of that name is there. VAULT_ERR_INTERRUPTED.
 */
VAULT_API VAULT_CHECK vault_err vault_statement(vault *v, const char *id, const char *dir,
    const struct vault_statement_options *opt, struct vault_statement *out);

/* ---- one person, several records ---------------------------------------------------------- */

struct vault_merged {
    char id[VAULT_CODE_LEN + 1];
    char into[VAULT_CODE_LEN + 1];      /* what it was merged into, or no longer is */
    char lead[VAULT_CODE_LEN + 1];      /* the leading record of `id` now: itself, after unmerge */
    char label[128];                    /* title of that */
};
/*
 * Say that `id` is the same as `into`, which leads from now on (or what that was merged into) (keeper; logged). Neither
 * record is changed; vault_unmerge takes it back. Everybody who opens the vault sees it.
 * VAULT_ERR_CONFLICT: `id` is merged already, or `into` is merged into it. VAULT_ERR_INPUT: one record, two types, a
 * removed one.
 */
VAULT_API VAULT_CHECK vault_err vault_merge(vault *v, const char *id, const char *into,
    struct vault_merged *out);
/* VAULT_ERR_NOT_FOUND: it is not merged. */
VAULT_API VAULT_CHECK vault_err vault_unmerge(vault *v, const char *id, struct vault_merged *out);
/* Say that the two are not the same, so that they are not suggested again (keeper; logged, once).
 * VAULT_ERR_CONFLICT: they are merged. */
VAULT_API VAULT_CHECK vault_err vault_dismiss(vault *v, const char *a, const char *b);

struct vault_duplicate {
    const char *a, *b;                  /* codes; b is the newer one */
    const char *label_a, *label_b;
    unsigned score;
    const char *level;                  /* "strong", "likely", "possible" */
    const char *const *why;             /* sentences; they name fields and show no value */
    size_t n_why;
};
typedef int vault_duplicate_fn(void *ctx, const struct vault_duplicate *d);
struct vault_duplicates {
    size_t limit;                       /* how many to tell at most, the strongest; 0: 200 */
    uint64_t found;                     /* out: how many there are */
    uint64_t crowded;                   /* out: persons who share something with so many that not all of those were compared */
    uint64_t unread;                    /* out: records that could not be read whole */
};
/*
 * Pairs of persons who may be one, the strongest evidence first; without those that are merged, or were dismissed. A keeper's
 * session looks at withheld values as well. Nothing is merged by it.
 * VAULT_ERR_DAMAGED with `unread` set: all that could be read was told.
 */
VAULT_API VAULT_CHECK vault_err vault_find_duplicates(vault *v, struct vault_duplicates *q,
    vault_duplicate_fn *fn, void *ctx);

struct vault_event {
    const char *id, *type, *label;
    const char *date;                   /* EDTF or "" */
    const char *kind, *place, *status, *summary;    /* "" where not there */
    const char *about;                  /* the linked case's or person's title, or "" */
};
typedef int vault_event_fn(void *ctx, const struct vault_event *e);
/* Events linked to the record or to records that link to it (a person's cases' events), by date; of merged records those of
 * all. */
VAULT_API VAULT_CHECK vault_err vault_timeline(vault *v, const char *id, vault_event_fn *fn,
    void *ctx);
/* Planned events and next steps that fall due until a date (NULL: all), by date; undated last. */
VAULT_API VAULT_CHECK vault_err vault_agenda(vault *v, const char *until, vault_event_fn *fn,
    void *ctx);

/* ---- in and out --------------------------------------------------------------------------- */

struct vault_import_options {
    const char *type;
    const char *format;                 /* "csv", "json" or NULL: by the file's first byte and name */
    const char *mapping;                /* JSON text or NULL */
    const char *key;                    /* field that identifies existing records, or NULL */
    bool dry_run;
};
struct vault_import_report {
    uint64_t rows, added, changed, unchanged;
};
/* All or nothing. `path` "-" is standard input. VAULT_ERR_INPUT with line and column. */
VAULT_API VAULT_CHECK vault_err vault_import(vault *v, const char *path,
    const struct vault_import_options *opt, struct vault_import_report *out);

struct vault_dump_options {
    const char *format;                 /* "jsonl" (default) or "csv" */
    bool reveal;
    /* Each NULL, or receives a number of attachments: written; not written, as they are withheld. */
    uint64_t *attachments, *left_out;
    vault_progress_fn *progress;        /* or NULL: bytes written, of a total that is not known (0) */
    void *progress_ctx;
};
/* One file per type into the new folder `dir`, and one per attachment: files/ID/NAME. Never overwrites. Logged. All or
 * nothing: VAULT_ERR_DAMAGED names the first record that cannot be read, or whose attachment cannot, and there is no folder.
 * VAULT_ERR_INTERRUPTED: progress asked for a stop; what was written is overwritten and removed. */
VAULT_API VAULT_CHECK vault_err vault_dump(vault *v, const char *dir,
    const struct vault_dump_options *opt, uint64_t *records);

/* ---- cards and contacts: other vaults that this one writes to -------------------------------- */

#define VAULT_RECIPIENT_ROOM 1960       /* characters of a recipient, with a zero byte */

/* What others need to write to this vault, and to know that something is from it. All of it is public. */
struct vault_card {
    char words[256];                    /* twelve, of the fingerprint: others compare them with you before they send names */
    char fingerprint[65];               /* hexadecimal */
    char signing_key[57];               /* of the keepers, as `minisign -P` takes it */
    char case_recipient[VAULT_RECIPIENT_ROOM], keeper_recipient[VAULT_RECIPIENT_ROOM];     /* of age, post-quantum */
    char *text;                         /* the file to send; vault_free */
};
VAULT_API VAULT_CHECK vault_err vault_card(vault *v, struct vault_card *out);

struct vault_contact {
    const char *name;
    bool verified;                      /* a keeper compared the words with its owner */
    bool contested;                     /* two copies of this vault had two cards under that name: nothing is sent to it until a keeper decides */
    const char *words, *fingerprint;    /* of its card, as above */
    const char *vault_id;
    const char *case_recipient, *keeper_recipient;
};
typedef int vault_contact_fn(void *ctx, const struct vault_contact *c);
/* All, in the order in which they came; or one. VAULT_ERR_NOT_FOUND. */
VAULT_API VAULT_CHECK vault_err vault_contact_list(vault *v, vault_contact_fn *fn, void *ctx);
VAULT_API VAULT_CHECK vault_err vault_contact(vault *v, const char *name, vault_contact_fn *fn, void *ctx);
/*
 * The card in a text (what vault_card gave another vault) under a name of your own, unverified; logged. Names are seen by everybody who opens
 * the vault. Nothing happens where it is there already. VAULT_ERR_INPUT: no card, or this vault's; no name. VAULT_ERR_REFUSED: there is another
 * card under that name, or one was removed: a keeper may put this one there (the accepted word `new-card`), and it is unverified then.
 */
VAULT_API VAULT_CHECK vault_err vault_contact_add(vault *v, const char *name, const char *text, size_t n);
/*
 * `heard`: the twelve words as its owner reads them from his own `card show` (first four letters are enough); NULL: the words were compared
 * otherwise, which needs the accepted word `verify`. Keeper; logged. VAULT_ERR_REFUSED: they are others (also for one that is
 * verified already). VAULT_ERR_CONFLICT: it is contested.
 */
VAULT_API VAULT_CHECK vault_err vault_contact_verify(vault *v, const char *name, const char *heard);
/* Keeper; logged. What was said of it stays in the vault's history. */
VAULT_API VAULT_CHECK vault_err vault_contact_remove(vault *v, const char *name);

/* ---- records for somebody else -------------------------------------------------------------- */

#define VAULT_HOME "home"            /* cannot be the name of a contact: it stands for the other copies of this vault */
struct vault_handoff {
    const char *const *ids;             /* records */
    size_t n_ids;
    const char *const *contacts;        /* vault_handoff_send: to whom, by their names here */
    size_t n_contacts;
    bool home;                          /* vault_handoff_send: to the other copies of this vault, the whole copy; ids and contacts are not looked at */
    int64_t expires;                    /* vault_handoff_send: not taken in after that (seconds since 1970; 0: always) */
    uint64_t part;                      /* vault_handoff_send: bytes of a part of the file, as FAT sticks need; 0: one file */
    const char *const *recipients;      /* of age, all of one kind; or else */
    size_t n_recipients;
    const struct secret *passphrase;    /* as typed; judged like one of a slot */
    bool names;                         /* with withheld values and attachments (keeper) */
    bool linked;                        /* with the records that these link to, and so on, and what was merged with them */
    bool confirmed;                     /* a person saw the plan and said yes; else the word `send` must be accepted */
    vault_progress_fn *progress;        /* or NULL: bytes written, of a total that is not known (0) */
    void *progress_ctx;
};
struct vault_handoff_plan {
    uint64_t records, attachments;
    uint64_t bytes;                     /* of the attachments */
    uint64_t revealed, withheld;        /* withheld values that go, and that do not */
    uint64_t attachments_revealed, attachments_withheld;        /* likewise; the former are among `attachments` */
    uint64_t attachments_gone;          /* purged, lost, or never sent to this vault */
    uint64_t linked;                    /* records that the others link to, or were merged with, and that do not go */
    uint64_t linking;                   /* records that link to these, and do not go */
    uint64_t conflicts;                 /* records of which the newer of two versions goes (of vault_handoff_send: both) */
    uint64_t revisions;                 /* `home`: of all records; and bytes are those of all attachments, of both tiers, as they are stored */
};
/* What vault_handoff_plain (or, with contacts, vault_handoff_send) would send; writes nothing. Recipients, passphrase and progress are not looked at. VAULT_ERR_NOT_FOUND (also: removed,
 * purged), VAULT_ERR_REFUSED: names, and no keeper. VAULT_ERR_DAMAGED. */
VAULT_API VAULT_CHECK vault_err vault_handoff_look(vault *v, const struct vault_handoff *what, struct vault_handoff_plan *out);

struct vault_handoff_sent {
    struct vault_handoff_plan plan;
    uint64_t size;                      /* of the file */
    char bundle[VAULT_HASH_LEN + 1];    /* SHA-256 of its manifest; of vault_handoff_send: the id of the bundle; hexadecimal */
    char key[57];                       /* the public key that signed it, as `minisign -P` takes it */
    bool keeper;                        /* it is the vault's keeper key; else that of a case slot */
};
/*
 * A new file `path` (0600; whole or not at all; never overwrites) for somebody who has only `age`, `tar` and `minisign`. Logged first. Errors as
 * for vault_handoff_look, and VAULT_ERR_REFUSED: neither confirmed nor accepted, a weak passphrase, a place in the vault. VAULT_ERR_INPUT: the
 * recipients, something of that name is there. VAULT_ERR_INTERRUPTED, VAULT_ERR_NO_SPACE: nothing is left.
 */
VAULT_API VAULT_CHECK vault_err vault_handoff_plain(vault *v, const char *path, const struct vault_handoff *what,
    struct vault_handoff_sent *out);

/*
 * A bundle for other vaults: the records with all their revisions, who signed them and why they may, their attachments; signed, for these contacts
 * and nobody else. Without names for everybody there, with names for the keepers there. Logged first. `path` becomes a new file, whole or not
 * at all (with `part`: PATH.001 ...). Errors as for vault_handoff_plain; VAULT_ERR_CONFLICT: two cards stand under a contact's name.
 * With `home`: the whole of this copy for the others of this vault (that of which it is a travel copy, above all), at either end without a keeper;
 * what is withheld goes as it is sealed here.
 */
VAULT_API VAULT_CHECK vault_err vault_handoff_send(vault *v, const char *path, const struct vault_handoff *what,
    struct vault_handoff_sent *out);

/* What becomes of a record that a bundle brings or names. */
struct vault_receive_item {
    char id[VAULT_CODE_LEN + 1];
    const char *type, *label;           /* "" where the record is not here */
    const char *what;                   /* "new", "changed", "same" (nothing new), "conflict" (both sides are kept, `resolve`), "purged-here" (stays
                                           purged), "purge-asked" (the other side purged it: a keeper here may do the same) */
    const char *purged;                 /* purge-asked: "record", "field", "revision", "attachment" */
    const char *field;                  /* purge-asked: of a field or an attachment, else "" */
};
typedef int vault_receive_fn(void *ctx, const struct vault_receive_item *x);
struct vault_receive {
    bool plan;                          /* only tell; writes nothing */
    const char *receipt;                /* the receipt goes into this new file; NULL: none */
    vault_receive_fn *fn;               /* each record; NULL: nobody asks */
    void *ctx;
};
struct vault_received {
    char bundle[VAULT_HASH_LEN + 1];    /* its id, hexadecimal */
    char from[129];                     /* the contact; "" where none has that card (the word `sender` was accepted), or it is a copy of this vault */
    bool verified;                      /* that contact */
    bool own;                           /* another copy of this vault, as a whole: revisions and records are those that it has and this one had not */
    char words[256];                    /* of the sender's card */
    bool keeper;                        /* a keeper there signed it */
    bool names;                         /* made with names */
    bool again;                         /* it was taken in before: nothing changed */
    int64_t time, expires;              /* by the sender's clock; expires 0: never */
    uint64_t records_new, records_changed, conflicts;
    uint64_t revisions;                 /* new here */
    uint64_t merged;                    /* records of which both sides were brought together, without a conflict */
    uint64_t purged_here, purge_asked;
    uint64_t raised;                    /* values open there and withheld here */
    uint64_t left_out;                  /* values and attachments that did not come along, of what is new */
    uint64_t arrived;                   /* such as had been left out before */
    uint64_t attachments, bytes;        /* contents in it */
    uint64_t by_strangers;              /* revisions by vaults that are no contacts here, on the sender's word */
    uint64_t adopted;                   /* revisions with names taken in on the way, which this keeper's session took over now */
    bool receipt;                       /* was written */
};
/*
 * Take in a bundle, or see what it would do. Everything is verified before anything is kept; either all of it comes in or nothing. Logged. Not a
 * keeper's right, but for one with names. The same one again changes nothing. VAULT_ERR_KEY: not for this vault, or for its keepers only. VAULT_ERR_REFUSED: for another
 * vault, expired, from nobody who is a contact (accepted word `sender`), builds on what is not here. VAULT_ERR_DAMAGED: cut, changed, forged.
 * VAULT_ERR_CONFLICT: types that do not go together, a contact with two cards. VAULT_ERR_NOT_FOUND, VAULT_ERR_INPUT: no such file, no bundle. A receipt that cannot be written is no error
 * (`receipt` tells): taking the same bundle in again writes it.
 */
VAULT_API VAULT_CHECK vault_err vault_handoff_receive(vault *v, const char *path, const struct vault_receive *how, struct vault_received *out);

struct vault_receipt {
    char bundle[VAULT_HASH_LEN + 1];
    char from[129], words[256];         /* as above */
    bool verified, keeper;
    bool again;                         /* it is in the log already */
    int64_t time;                       /* when it was made, by their clock */
    uint64_t revisions, records;        /* taken in there */
    uint64_t log_number;                /* the head of their log then */
    char log_head[VAULT_HASH_LEN + 1];
};
/* The other side's receipt for a bundle of ours, into our log. Errors as above. */
VAULT_API VAULT_CHECK vault_err vault_handoff_receipt(vault *v, const char *path, struct vault_receipt *out);

/* ---- standing exchange: records that go to a contact whenever they change, through a folder that something else carries ---- */

/*
 * From now on the records in `what` (ids, linked) go to its contacts with each vault_sync; with names needs a keeper. `confirmed` and the word `send`
 * as for a handoff: it cannot be taken back. Logged. *changed: records for which that is new (0: nothing was written). What was shared with names and
 * is shared without goes without from then on. Errors as for vault_handoff_send.
 */
VAULT_API VAULT_CHECK vault_err vault_share(vault *v, const struct vault_handoff *what, uint64_t *changed);
/* No longer. What went stays there. Anybody may. VAULT_ERR_NOT_FOUND: no such record, or nothing of it is shared with that contact. */
VAULT_API VAULT_CHECK vault_err vault_unshare(vault *v, const char *const *ids, size_t n, const char *contact, uint64_t *changed);

struct vault_standing {
    char id[VAULT_CODE_LEN + 1];
    const char *label;                  /* "" where the record was purged */
    const char *contact;
    const char *held;                   /* why nothing goes to that contact now, or NULL */
    bool verified, names, purged;
};
typedef int vault_standing_fn(void *ctx, const struct vault_standing *s);
/* What is shared: all (id NULL), or one record. */
VAULT_API VAULT_CHECK vault_err vault_standing_list(vault *v, const char *id, vault_standing_fn *fn, void *ctx);

/* What happened in the folder. */
struct vault_sync_item {
    const char *what;                   /* "taken" (a bundle), "receipt" (for one of ours), "refused" (a file), "written" (a bundle), "held" (a contact:
                                           nothing goes to it) */
    const char *file;                   /* its name; "" for a contact */
    const char *contact;                /* from or to whom; "" where that is not known */
    bool verified;                      /* that contact */
    bool names;                         /* made with names */
    uint64_t records;                   /* taken: new or changed here; written: in it; receipt: taken in there */
    uint64_t conflicts, purge_asked, left_out;  /* taken: as in vault_received */
    vault_err code;                     /* refused: why */
    const char *reason, *hint;          /* refused, held: likewise, in words; else "" */
    bool waits;                         /* refused: it builds on what is not here yet */
};
typedef int vault_sync_fn(void *ctx, const struct vault_sync_item *x);
struct vault_synced {
    uint64_t taken, receipts, written, receipts_written, removed;
    uint64_t lie;                       /* bundles of ours that lie there, and no receipt for them has come yet */
    uint64_t waiting;                   /* files that build on what is not here yet; they are among the refused */
    uint64_t refused;
    uint64_t others;                    /* files that do not open here: for other vaults, or, for a case holder, for keepers of this one */
    uint64_t incomplete;                /* with a name like ours and another content: still on their way, or cut */
    uint64_t held;                      /* contacts to which something is shared and nothing goes */
    uint64_t names_later;               /* records shared with names of which a keeper has still to send the names */
};
/*
 * Through `folder`, which anything may carry to others: take in what is there for this vault, give receipts, take those of others, write what contacts have
 * not got yet of what is shared with them, and remove what is done with. A file is looked at if its name is the hash of its content, as all have that
 * this writes. Only files of this vault are removed. What is refused stays, and the rest goes on: afterwards the error of the first such file is returned
 * (*out is filled then as well). Twice in a row changes nothing, not even the log. VAULT_ERR_REFUSED: the folder is a vault's. VAULT_ERR_NOT_FOUND,
 * VAULT_ERR_INPUT: no folder. Others end the work where it is: VAULT_ERR_NO_SPACE, VAULT_ERR_INTERRUPTED.
 */
VAULT_API VAULT_CHECK vault_err vault_sync(vault *v, const char *folder, vault_sync_fn *fn, void *ctx, struct vault_synced *out);

/* ---- log and check ------------------------------------------------------------------------ */

struct vault_log_item {
    uint64_t number;
    const char *hash;
    int64_t time;
    const char *action;
    const char *author;                 /* "slot 0 (keeper)" */
    bool keeper_signed;
    uint64_t revisions;
    const char *detail;                 /* JSON object: ids, field names, counts */
    const char *const *parents;
    size_t n_parents;
};
typedef int vault_log_fn(void *ctx, const struct vault_log_item *e);
VAULT_API VAULT_CHECK vault_err vault_log(vault *v, vault_log_fn *fn, void *ctx);
/* Head as 12 words; words has room for 256 bytes. */
VAULT_API VAULT_CHECK vault_err vault_log_head(vault *v, uint64_t *number,
    char hash[VAULT_HASH_LEN + 1], char words[256]);

struct vault_problem {
    const char *what;                   /* a sentence */
    const char *where;                  /* "keys", "log entry 12", "record 3f6k..., revision 0a1b..." */
};
typedef int vault_problem_fn(void *ctx, const struct vault_problem *p);
/* Verify everything that this tier can. Needs no open handle, so that it can tell why a vault does
 * not open. Returns VAULT_OK when nothing is wrong, VAULT_ERR_DAMAGED after telling every problem
 * to fn. out may be NULL. */
struct vault_checked {
    uint64_t unverified;        /* what the tier cannot verify */
    enum vault_anchor anchor;   /* that cred names; one that is not there is made where nothing is wrong */
    bool old_left;              /* as in struct vault_opened, of what opens the vault by itself */
};
VAULT_API VAULT_CHECK vault_err vault_check(const char *path, const struct vault_credentials *cred,
    vault_problem_fn *fn, void *ctx, struct vault_checked *out);
/* The same within an open session (shell). */
VAULT_API VAULT_CHECK vault_err vault_check_open(vault *v, vault_problem_fn *fn, void *ctx,
    struct vault_checked *out);

struct vault_deep_check {
    vault_progress_fn *progress;        /* bytes read, bytes there; NULL: none */
    void *progress_ctx;
    struct vault_checked as;    /* out: as above */
    uint64_t attachments, bytes;        /* out: whose content was read and compared; of several with one content in one place, one */
    uint64_t closed;            /* out: stored bytes of withheld attachments, which only a keeper can verify */
};
/* The same, and every byte of every attachment against its hash. VAULT_ERR_INTERRUPTED: progress asked for it. */
VAULT_API VAULT_CHECK vault_err vault_check_deep(const char *path, const struct vault_credentials *cred,
    vault_problem_fn *fn, void *ctx, struct vault_deep_check *deep);
VAULT_API VAULT_CHECK vault_err vault_check_deep_open(vault *v, vault_problem_fn *fn, void *ctx,
    struct vault_deep_check *deep);

struct vault_loss {
    const char *kind;           /* "revision", "values", "attachment", "log-detail", "log-end" */
    const char *record, *revision;      /* code; hexadecimal. NULL: it is of the log */
    const char *type;           /* name; NULL: not known any more */
    const char *fields;         /* names, "name, notes"; NULL: all */
    uint64_t log_number;        /* of the entry, for a detail; for log-end of the last that was saved: any after it may be missing */
    bool older_shown;           /* it was the newest revision, and an older one is shown in its place now */
    const char *what;           /* a sentence */
};
typedef int vault_loss_fn(void *ctx, const struct vault_loss *l);
struct vault_repair_options {
    vault_loss_fn *fn;          /* each thing that is lost, at the end; NULL: nobody asks */
    void *ctx;
    vault_progress_fn *progress;        /* NULL: none */
    void *progress_ctx;
};
struct vault_repair_report {
    char vault_id[33];
    bool lost;                  /* anything at all */
    uint64_t pages, bad_pages;  /* of records.db; that are not authentic */
    uint64_t records, revisions, log_entries;   /* of the new vault */
    uint64_t lost_revisions, lost_values, lost_attachments, lost_details;
    uint64_t added;             /* revisions that the repair itself added: what it says, and those of `joined` */
    uint64_t joined;            /* records that got a new revision, as lost ones left their state unclear */
    uint64_t dropped_rows;      /* that belonged to nothing: planted, or of revisions that the log does not know (any more), or to what is lost */
};
/*
 * A new vault folder `new_path` with everything of the damaged vault at `path` that is whole, which is not written to. Needs a keeper
 * (VAULT_ERR_REFUSED). The result is verified as by vault_check_deep before it gets its name; on any error nothing is left.
 * VAULT_OK also where something was lost: see the report. VAULT_ERR_DAMAGED: nothing could be made of it, also where the log, the list of
 * revisions or a system record (other than a contact) is not whole.
 */
VAULT_API VAULT_CHECK vault_err vault_repair(const char *path, const char *new_path,
    const struct vault_credentials *cred, const struct vault_repair_options *opt,
    struct vault_repair_report *out);

/* ---- shares (SLIP-0039); without a vault -------------------------------------------------- */

struct vault_share_plan {
    unsigned threshold, count;          /* any `threshold` of `count` shares, at most 16 */
    unsigned exponent;                  /* of the iterations, 0 to 15: each step doubles the time */
    const struct secret *passphrase;    /* printable ASCII; NULL: none */
};
/* The words of one share, separated by blanks. */
typedef int vault_share_fn(void *ctx, const char *words);
/* Split a secret of 16 to 32 bytes (an even number). VAULT_ERR_INPUT: numbers, size, passphrase. */
VAULT_API VAULT_CHECK vault_err vault_shares_split(const struct secret *secret,
    const struct vault_share_plan *plan, vault_share_fn *fn, void *ctx);

typedef struct vault_shares vault_shares;           /* shares of one set, as they come */

VAULT_API VAULT_CHECK vault_err vault_shares_new(vault_shares **out);
VAULT_API void vault_shares_free(vault_shares *s);  /* wipes; NULL is fine */
struct vault_share_fault {
    unsigned word;              /* number of the word that is none, from 1; 0: the error is another */
    const char *nearest;        /* what it may have been, or NULL; as secret as the share */
};
/*
 * Add a share as it was typed (n bytes; either case, words may be cut after four letters). More than
 * are needed may be added. After an error the set is as before; `fault` may be NULL.
 * VAULT_ERR_INPUT: a wrong word, number of words or checksum; of another set; here already.
 * VAULT_ERR_KEY: with this one enough would be here, but they do not belong together.
 */
VAULT_API VAULT_CHECK vault_err vault_shares_add(vault_shares *s, const char *words, size_t n,
    struct vault_share_fault *fault);
/* How many shares are missing at least (0: none), and a sentence about it. */
VAULT_API unsigned vault_shares_missing(const vault_shares *s, char sentence[256]);
/* The secret. A wrong passphrase gives another secret, and no error. VAULT_ERR_KEY: shares are missing. */
VAULT_API VAULT_CHECK vault_err vault_shares_secret(struct secret **out, const vault_shares *s,
    const struct secret *passphrase);
/* The only word that begins with these n letters (four are always enough), or NULL. */
VAULT_API const char *vault_share_word(const char *letters, size_t n);

/* ---- age files (age-encryption.org/v1); without a vault ---------------------------------------- */

/* Where what is made goes. */
struct vault_age_output {
    const char *path;                   /* a new file (0600; whole or not at all; never overwrites); NULL: `fd` */
    int fd;
    vault_progress_fn *progress;        /* bytes read, of a total that is not known (0); NULL: none */
    void *progress_ctx;
};
struct vault_age_to {
    const char *const *recipients;      /* "age1pq1..." or "age1...", all of one kind; or else */
    size_t n_recipients;
    const struct secret *passphrase;    /* its bytes as they are */
    bool armor;                         /* text, for mail */
};
/* All that comes from the descriptor `in`, encrypted. VAULT_ERR_INPUT: recipients (what is wrong is said, and nothing quoted),
 * `path` is taken. */
VAULT_API VAULT_CHECK vault_err vault_age_encrypt(int in, const struct vault_age_to *to,
    const struct vault_age_output *out);
/* Something short, encrypted into a new file (as vault_put_file). */
VAULT_API VAULT_CHECK vault_err vault_age_put_file(const char *path, const struct secret *content,
    const struct vault_age_to *to);
/* Is that a recipient? *post_quantum: no quantum computer will open what is encrypted to it. `words` (or NULL): twelve, of its hash, by which
 * people know it: never by its end alone. VAULT_ERR_INPUT. */
VAULT_API VAULT_CHECK vault_err vault_age_recipient(const char *text, bool *post_quantum, char words[256]);

typedef struct vault_age vault_age;     /* a file that is to be opened */

/* Read its header from the descriptor `in`, which must stay open until vault_age_free. VAULT_ERR_DAMAGED: no age file of version 1. */
VAULT_API VAULT_CHECK vault_err vault_age_begin(vault_age **out, int in);
VAULT_API void vault_age_free(vault_age *a);                /* wipes; NULL is fine */
/* A passphrase opens it; else private keys do. */
VAULT_API bool vault_age_wants_passphrase(const vault_age *a);
struct vault_age_with {
    const struct secret *const *identities;     /* contents of files: private keys, one a line */
    size_t n_identities;
    const struct secret *passphrase;            /* or NULL */
    vault *vault;                               /* or NULL: one whose recipients (vault_card), now or before a rekey, it may be for; a
                                                 * case session's are the case recipients */
};
/* Find the key. VAULT_ERR_KEY: nothing of that opens it. VAULT_ERR_DAMAGED. VAULT_ERR_INPUT: no private keys in there. */
VAULT_API VAULT_CHECK vault_err vault_age_unlock(vault_age *a, const struct vault_age_with *with);
/*
 * Then decrypt everything, once. A path receives it whole or not at all; a descriptor piece after piece, each of
 * which is good, and only VAULT_OK says that it was all. VAULT_ERR_DAMAGED. VAULT_ERR_INPUT: `path` is taken.
 */
VAULT_API VAULT_CHECK vault_err vault_age_decrypt(vault_age *a, const struct vault_age_output *out);

/* A new pair of keys, as text with a zero byte: the private one (caller frees; the length is without that byte), and its
 * recipient (vault_free). */
VAULT_API VAULT_CHECK vault_err vault_age_keygen(bool post_quantum, struct secret **identity, char **recipient);
/* The recipients of the private keys in a file, in order. VAULT_ERR_INPUT: there are none. */
typedef int vault_age_recipient_fn(void *ctx, const char *recipient);
VAULT_API VAULT_CHECK vault_err vault_age_public(const struct secret *identities, vault_age_recipient_fn *fn,
    void *ctx);

/* ---- releases; without a vault ----------------------------------------------------------------- */

struct vault_release_verified {
    char audience[201], purpose[501], as_of[11], expires[11];
    uint64_t files;                     /* compared, besides the manifest and its signature */
    char key[57];                       /* it is signed with, as minisign has it: a word for -P */
    char words[256];                    /* twelve, by which people compare that key */
};
/*
 * Is the folder of a release as it was signed? Its signature, size and SHA-256 of each file, and that nothing else is there. Anybody can sign: who
 * did, only the key tells, compared with what the sender said. `key` (or NULL): the word that it must be signed with.
 * VAULT_ERR_DAMAGED: changed, missing, added, not signed, or with another key. VAULT_ERR_NOT_FOUND. VAULT_ERR_INPUT: not a release.
 */
VAULT_API VAULT_CHECK vault_err vault_release_verify(const char *dir, const char *key, struct vault_release_verified *out);
/* ---- releases; for keepers -------------------------------------------------------------------- */

/* Why something is not released. `rule`: unlisted, k, k_map, l, m, suppressed, published, difference, leak, consent, expired, formula, destination,
 * rows. `where`: a field, a record, or file:line. accept: the word that overrides it, or NULL. */
struct vault_refusal {
    const char *rule, *where, *detail, *accept;
};
struct vault_release {
    const struct vault_refusal *refusals;
    size_t n_refusals;
    const char *const *advice;          /* sentences */
    size_t n_advice;
    const char *risk;                   /* figures, as a JSON object */
    const char *audience, *as_of;
    uint64_t rows, persons, tables;
    /* Of vault_release_make: */
    uint64_t files;
    const char *key, *words;            /* that signed it */
    bool one_device;                    /* data and map lie on the same one */
};
/*
 * Everything that vault_release_make would find, and nothing is released. `report` (or NULL) becomes a new page for the keeper, with who is exposed by what. *out is the caller's to free (vault_release_free). VAULT_ERR_REFUSED with *out set: it is refused, the
 * first reason is the sentence. VAULT_ERR_INPUT: the policy, or a file that it names. VAULT_ERR_REFUSED without *out: no keeper.
 */
VAULT_API VAULT_CHECK vault_err vault_release_check(vault *v, const char *policy, const char *report, struct vault_release **out);
VAULT_API void vault_release_free(struct vault_release *r);         /* NULL is fine */

struct vault_release_to {
    const char *dir;                    /* a new folder */
    const char *map;                    /* a new file in another folder; NULL: no map */
    const char *const *recipients;      /* of age, who can open it */
    size_t n_recipients;
    unsigned threshold, count;          /* trustees who can open it together; count 0: none */
    vault_trustee_fn *trustee;          /* is told each share, before anything is written; not 0: stop */
    void *trustee_ctx;
};
/* Checked as above, logged, then written: whole or not at all. VAULT_ERR_INPUT: `dir` or `map` is there, or nobody could open the map. */
VAULT_API VAULT_CHECK vault_err vault_release_make(vault *v, const char *policy, const struct vault_release_to *to, struct vault_release **out);

struct vault_released {
    const char *id, *audience, *purpose, *expires, *folder; /* folder: its name when it was made */
    int64_t time;
    uint64_t log;                       /* number of its entry */
    uint64_t persons;
    bool map;
    const char *receipt_key;            /* of minisign, for the receipts of those who opened the map; NULL: there is none */
};
typedef int vault_released_fn(void *ctx, const struct vault_released *r);
/* Those made from this vault, in the order of the log. */
VAULT_API VAULT_CHECK vault_err vault_release_list(vault *v, vault_released_fn *fn, void *ctx);

/* Destroy the secret of an audience: from then on nobody tells from its pseudonyms who is who, but by their maps; a later release to it has others. Logged as a
 * purge. VAULT_ERR_NOT_FOUND. */
VAULT_API VAULT_CHECK vault_err vault_release_forget(vault *v, const char *audience);

/* A text that a policy lets out once somebody has read it. */
struct vault_review {
    const char *record, *label, *field, *text;
    const struct vault_review_name { size_t at, n; const char *pseudonym; } *names;     /* known names in it: bytes, and what its person is called in this release, or NULL */
    size_t n_names;
};
/* *instead: NULL: as it is; else what stands there (borrowed until the next call). */
enum vault_review_answer { VAULT_REVIEW_YES, VAULT_REVIEW_NO, VAULT_REVIEW_STOP };
typedef enum vault_review_answer vault_review_fn(void *ctx, const struct vault_review *r, const char **instead);
/* Each text that nobody has read yet; what was agreed to is remembered for that very text, logged. */
VAULT_API VAULT_CHECK vault_err vault_release_review(vault *v, const char *policy, vault_review_fn *fn, void *ctx, uint64_t *agreed);

struct vault_consent_hit {
    const char *kind;                   /* "release", "handoff" */
    const char *to, *what;              /* audience, or the words of recipients; folder, or form */
    int64_t time;
    uint64_t log;
    bool names;                         /* of a handoff: with names */
};
typedef int vault_consent_fn(void *ctx, const struct vault_consent_hit *h);
/*
 * Withdraw the consents of a person, or one consent (`id` names either), from today; *changed: how many were. Then everything that went out with the
 * person in it is told. Releases are known to keepers only. VAULT_ERR_NOT_FOUND: no consent.
 */
VAULT_API VAULT_CHECK vault_err vault_consent_withdraw(vault *v, const char *id, vault_consent_fn *fn, void *ctx, uint64_t *changed);

/* ---- the way back; without a vault, or with one, which logs it -------------------------------- */

struct vault_reidentify {
    const char *map;                    /* file */
    const struct secret *const *identities;     /* contents of files with private keys */
    size_t n_identities;
    const struct secret *shares;        /* what trustees' shares give, or NULL */
    const char *const *pseudonyms;
    size_t n;
    const char *receipt;                /* NULL, or a new file: who asked for what, signed; its signature beside it as NAME.minisig */
};
struct vault_person {
    const char *pseudonym;
    bool found;
    const char *const *field, *const *value;
    size_t n;
};
typedef int vault_person_fn(void *ctx, const struct vault_person *p);
/* The asked rows of a map. v: NULL, or logged there first (keeper). VAULT_ERR_KEY: nothing of that opens it. VAULT_ERR_NOT_FOUND: a pseudonym is not in it (the others
 * were told). */
VAULT_API VAULT_CHECK vault_err vault_reidentify(vault *v, const struct vault_reidentify *what, vault_person_fn *fn, void *ctx);

/* ---- names across spellings and scripts; without a vault ----------------------------------- */

struct vault_name_match {
    const char *level;                  /* "exact", "fold", "skeleton", "none" */
    char why[320];                      /* a sentence that shows words of both names */
};
/*
 * Do two names (na and nb bytes) agree? Suggestions only, and never by a surname alone. VAULT_ERR_INPUT: one is not UTF-8,
 * without a letter, or over 1024 bytes, 12 words or 48 letters in a word.
 */
VAULT_API VAULT_CHECK vault_err vault_names_match(const char *a, size_t na, const char *b, size_t nb,
    struct vault_name_match *out);

struct vault_name_fold {
    char key[160], skeleton[160];
    const char *read_as;                /* "korean", "sound", "letters" */
    bool mixed;                         /* letters of several scripts in one word: look-alikes, perhaps */
};
/* What a name is compared by: one key of several, for people to see why two do not agree. */
VAULT_API VAULT_CHECK vault_err vault_names_fold(const char *name, size_t n,
    struct vault_name_fold *out);

/* ---- how easily a table leads back to people; without a vault ------------------------------ */

struct vault_risk_ask {
    const char *data;                   /* path of a CSV file: a line of names, then a line for each row */
    const char *const *quasi;           /* columns by which people may be known; at least one */
    size_t n_quasi;
    const char *sensitive;              /* a column, or NULL */
    const char *weights;                /* column: how many people each row stands for; NULL: not known */
    const char *population;             /* path of a CSV file of everybody, with the columns of `quasi`; NULL: not known */
    const char *hierarchies;            /* folder with NAME.csv for each column whose level is not 0; NULL: none */
    const unsigned *levels;             /* for each of quasi; NULL: all 0 */
    char separator;                     /* 0: found from the header */
    const char *suppressed;             /* text of a cell that is kept back; NULL: "*". An empty cell counts as kept back as well */
    uint32_t k;
    unsigned m;                         /* sets of at most so many of `quasi` are looked at; 0: none */
};

struct vault_risk_figures {
    uint64_t records, classes, unique, min_class, below_k;
    double avg_class, prosecutor_max, prosecutor_avg;
    bool has_population;                /* or weights; otherwise the next five mean nothing */
    double journalist_max, marketer, k_map_min, delta_max, delta_min;
    bool has_sensitive;                 /* otherwise the next three mean nothing */
    uint64_t l_distinct_min;
    double l_entropy_min, t_max;
    uint64_t set_unique;                /* rows that are unique on some set of at most m columns */
};
struct vault_risk {
    struct vault_risk_figures lenient, strict;      /* a cell that is kept back fits anything; is a value of its own */
    uint64_t sets;                      /* 0: m was 0 */
};
/*
 * docs/risk.md tells what the figures mean. VAULT_ERR_INPUT, with file, line and column where there are: a column that is not there, ragged rows, no rows,
 * too many columns, weights that are not positive numbers, a population smaller than the release, a hierarchy with gaps, rings or
 * without a value. VAULT_ERR_NOT_FOUND.
 */
VAULT_API VAULT_CHECK vault_err vault_risk(struct vault_risk *out, const struct vault_risk_ask *ask);

/* ---- loose ends --------------------------------------------------------------------------- */

/* A new file for a person (0600; whole, synced, or not at all; never overwrites). VAULT_ERR_INPUT: something of that name is there. */
VAULT_API VAULT_CHECK vault_err vault_put_file(const char *path, const struct secret *content);

/* Free (and wipe) text that the library gave away. NULL is fine. */
VAULT_API void vault_free(char *text);
/* `s` made safe for a terminal; the caller frees with vault_free; NULL when out of memory. */
VAULT_API char *vault_escape(const char *s, bool multiline);
/* Columns of `s` on a terminal. */
VAULT_API size_t vault_width(const char *s);
/* Nearest of `count` names to `s`, or NULL. */
VAULT_API const char *vault_nearest(const char *s, const char *const *names, size_t count);

struct vault_library {
    const char *name, *version;
};
/* Name-NULL-terminated list: withheld, libsodium, sqlcipher, sqlite, argon2, jansson, utf8proc, openssl, seccomp, glpk. */
VAULT_API const struct vault_library *vault_libraries(void);

#ifdef __cplusplus
}
#endif
#endif
