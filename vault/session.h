/*
 * session.h - what an open vault is made of; shared by the files of this folder.
 *
 * Layer:   session: the only place where keys/ and store/ meet. Private to the library.
 * Secrets: the key tree, the slot's keys, K_case and E live here while the vault is open.
 * Format:  docs/format.md.
 */
#ifndef VAULT_SESSION_H
#define VAULT_SESSION_H

#include <sys/stat.h>
#include "vault/keys/card.h"
#include "vault/keys/keyfile.h"
#include "vault/record/change.h"
#include "vault/record/recs.h"
#include "vault/store/db.h"
#include "vault/store/entry.h"
#include "vault/vault.h"

#define KEYS_NAME "keys"
#define KEYS_NEW "keys.new"
#define DB_NAME "records.db"
#define DB_NEW "records.db.new"

/* An entry of the log, as far as a session needs it again. */
struct chain_entry {
    uint8_t hash[32];
    uint8_t root[32];
    uint8_t author[32];
    uint64_t number, count;
    uint32_t parent[ENTRY_PARENTS_MAX]; /* rows */
    uint8_t n_parents;
    bool keeper;                /* names the keeper key */
    bool names_keys;            /* a state of the file keys */
    bool travel;                /* began a copy without names */
    bool receive;               /* took in a bundle: its revisions may be by others than its signer */
    bool backup;                /* a backup was finished then, or this copy restored from one */
    bool own;                   /* on this copy's own line: first parents from the head */
    bool verified;              /* its signatures, or those of a descendant */
};

/* Who may write, and when: from the _slot records, one for each author key a slot ever had. */
struct author {
    uint8_t pk[32], slot_id[SLOT_ID_BYTES], x25519_pk[32];
    unsigned index, tier, kind;
    uint32_t since;             /* log row of the registration */
    uint32_t until;             /* row of the entry that retired or replaced it; 0: none */
    uint32_t pair;              /* the revision that says so last */
    bool active;
};

/* The keeper keys of all times: from the _card records. */
struct keeper_key {
    uint8_t pk[32];
    uint32_t since;             /* log row of the card */
};

/* What a keeper destroyed: from the _tombstone records. */
struct tombstone {
    uint8_t record[RECORD_ID_BYTES];
    enum gone_what what;
    char field[NAME_MAX_BYTES]; /* where one field was purged, else empty */
    uint32_t log;               /* row of the entry */
};

struct vault {
    char *path, *db_path;
    int dir;
    struct keyfile kf;
    uint8_t keys_hash[32];      /* BLAKE2b-256 of the file */
    unsigned slot;              /* the one that opened */
    struct slot_keys me;
    struct secret *x;           /* NSK or hash of the card, as it lies in box 2 */
    struct key_tree tree;
    struct secret *e, *k_case;
    uint64_t epoch;
    struct db *db;
    struct recs recs;
    struct card card;           /* the newest */
    uint8_t card_hash[32];
    struct keeper_key *keeper;
    size_t n_keepers;           /* 0: no card was found */
    struct tombstone *tomb;
    size_t n_tombs;
    struct losses {             /* from the _lost records: what repairs could not save */
        struct gone files;      /* attachments, by file_place_id */
        uint32_t *detail;       /* rows of the log whose details are lost */
        size_t n_details;
        uint64_t values;
        uint32_t log;           /* row of the newest repair that lost something */
    } losses;
    struct same {               /* from the _same and _apart records: see same.h */
        uint32_t *into;         /* by first number of a record: that of the record it was merged into; 0: none */
        uint32_t n;             /* numbers that it has room for */
        uint32_t merged;        /* how many are merged now */
        struct same_fact *fact; /* all merges and their ends, in order */
        size_t n_facts;
        struct gone apart;      /* pairs that are not the same, whatever they look like */
    } same;
    struct contacts {           /* from the _contact records: see contacts.h */
        struct contact *list;
        size_t n, cap;
        uint32_t lost;          /* row of the newest repair that lost one: nothing said above it verifies any more */
    } contacts;
    struct exchanges {          /* from the _receipt records: see exchange.h */
        struct exchange *list;
        size_t n, cap;
        uint32_t arrived;       /* row of the newest entry with which left-out values of known revisions came */
    } exchanges;
    struct standing {           /* from the _share records: see standing.h */
        struct standing_said *said;
        size_t n, cap;
        char **name;            /* of contacts, each once */
        size_t n_names, cap_names;
    } standing;
    struct secret *intake;      /* case tier: key of the transaction under way */
    uint8_t intake_enc[INTAKE_ENC_BYTES];

    struct chain_entry *chain;  /* chain[1..n_log] */
    uint32_t n_log, cap_log;
    uint32_t last_own, last_keeper; /* rows signed last by this slot, by the keeper key */
    struct author *author;
    size_t n_authors;
    uint8_t copy_id[16];        /* of the head entry */
    uint32_t travel_row;        /* of the entry that began this copy without names; 0: none */
    uint64_t keys_sequence;     /* named by the last key entry of this copy's own line */
    uint8_t keys_named[32];
    bool have_keys_entry;

    char **accept;
    size_t n_accept;
    struct buf used;            /* accepted words used since the last entry, each with its zero */
    struct buf new_names;       /* ids of records whose names came in, for vault_similar_new */
    uint64_t adopted, quarantined;  /* revisions of intake, when this session began */
    const char *warning[8];
    size_t n_warnings;
    struct {
        char *path;             /* NULL: none */
        enum vault_anchor state;
        uint8_t head[32];       /* as it stands in the file */
        char seen[256];         /* the head that was compared: hexadecimal, or the words from paper */
        uint64_t known;         /* its number */
    } anchor;
    bool swap_due;              /* keys.new is in force and could not be renamed yet */
    bool old_left;              /* a file that was replaced may not be overwritten: it has no name, but may be found on the disk */
    bool uncertain;             /* a commit failed: only opening anew tells what the database holds */
};

/* A keeper's session? */
static inline bool
is_keeper(const struct vault *v)
{
    return v->tree.nsk != NULL;
}
VAULT_CHECK vault_err need_keeper(const struct vault *v, const char *what);

/* Keys for the record layer out of the session's. */
struct seal_keys session_seal_keys(const struct vault *v);
void session_warn(struct vault *v, const char *text);   /* static text */
/* Does the person accept this refusal? Notes it for the log. */
bool session_accepts(struct vault *v, const char *word);

/* ---- passphrase.c ---- */

/* May this be the new passphrase of a slot? Notes `weak-passphrase` for the log where it was needed.
 * VAULT_ERR_REFUSED, VAULT_ERR_INPUT: as vault_passphrase_judge. */
VAULT_CHECK vault_err session_judge_passphrase(struct vault *v, const struct secret *typed);

/* ---- commit.c: one transaction, one entry ---- */

/* Details of an entry: a CBOR map built from named items. */
struct detail {
    struct detail_item { const char *key; size_t at, n; } item[16];
    size_t n;
    struct buf mem;
};
void detail_uint(struct detail *d, const char *key, uint64_t v);
void detail_text(struct detail *d, const char *key, const char *text);
void detail_texts(struct detail *d, const char *key, const char *const *text, size_t n);
void detail_free(struct detail *d);

/* Does an entry of this action tell that there is a backup of what stood before it? */
bool session_says_backup(const char *action);

/* Would a commit be tried at all? */
VAULT_CHECK vault_err session_may_write(const struct vault *v);
VAULT_CHECK vault_err session_begin(struct vault *v, struct change *c);
/*
 * Append the entry for what `c` holds and commit. `keeper`: sign with the keeper key as well. keys_hash (or NULL)
 * names the state of the file `keys` with sequence keys_seq. On failure everything is undone.
 */
struct commit {
    const char *action;
    bool keeper;
    struct detail *detail;      /* may be NULL */
    const uint8_t *keys_hash;
    uint64_t keys_sequence;
    const struct chain_entry *other;    /* second parent: the head of another copy; else NULL */
    const struct key_tree *next;    /* rekey: the tree whose keeper key signs as well; else NULL */
};
VAULT_CHECK vault_err session_commit(struct vault *v, struct change *c, const struct commit *what);
/* An entry that adds no revision (reveal, dump, ...). No entry, no deed. */
VAULT_CHECK vault_err session_note(struct vault *v, const char *action, bool keeper,
    struct detail *d);
/* Plaintext detail of a log row as CBOR map, appended. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err session_open_detail(struct vault *v, const struct log_entry *e,
    struct part box, struct buf *out);

/* ---- verify.c: the chain, against what the database holds ---- */

/* Problems are told to `fn`, or, where it is NULL, end the work with VAULT_ERR_DAMAGED. */
struct report {
    vault_problem_fn *fn;
    void *ctx;
    uint64_t count;
};
/* Turn an error into a problem at `where` when it is damage and there is a listener; else returns it. */
VAULT_CHECK vault_err report_damage(struct report *rep, vault_err err, const char *where);

/* A listener (vault_problem_fn) that keeps the first problem: ctx is one of these, zeros before. */
struct first_problem {
    char text[300];             /* where and what */
    uint64_t n;
    bool starved;               /* errno was ENOMEM: what finds no memory takes what it could not look at for damage */
};
int report_first(void *ctx, const struct vault_problem *p);

VAULT_CHECK vault_err verify_chain(struct vault *v, struct report *rep);      /* log and pairs */
VAULT_CHECK vault_err verify_signatures(struct vault *v, struct report *rep, bool all,
    uint64_t *done);
/* Does row precede `of` in the chain, or is it the same entry? The order of the rows alone shows nothing: whoever writes to
 * the file may put an entry of his own in a row above. */
VAULT_CHECK vault_err chain_precedes(const struct vault *v, uint32_t row, uint32_t of, bool *does);

/* ---- system.c: system records; system_slots.c, system_card.c, system_gone.c: authors, the card, what is gone ---- */

enum system_kind { SYSTEM_TYPE = 1, SYSTEM_SLOT = 2, SYSTEM_CARD = 3, SYSTEM_CONTACT = 5, SYSTEM_RECEIPT = 8,
    SYSTEM_TOMBSTONE = 9, SYSTEM_SAME = 10, SYSTEM_FORMER = 11, SYSTEM_LOST = 12, SYSTEM_APART = 13, SYSTEM_LEFT_OUT = 14,
    SYSTEM_ORIGIN = 15, SYSTEM_THEIR_TYPE = 16, SYSTEM_SHARE = 17, SYSTEM_SENT = 18,
    SYSTEM_RELEASE = 6, SYSTEM_AUDIENCE = 7, SYSTEM_JUDGED = 19 };

/* The bytes of a field of a system record. VAULT_ERR_DAMAGED: they are not there, or not n. */
VAULT_CHECK vault_err system_bytes(const struct revision *rev, const char *field, void *out, size_t n);

const char *gone_name(enum gone_what what);      /* as a tombstone has it: "record", ... */
VAULT_CHECK vault_err verify_system(struct vault *v, struct report *rep);
/* What earlier repairs say is lost. verify_system begins with it; a repair, too, before it looks at anything. */
VAULT_CHECK vault_err system_read_losses(struct vault *v, struct report *rep);
/* What the tombstone or _lost record n, loaded, says, where the log cannot be followed (repair). VAULT_ERR_DAMAGED: nothing. */
VAULT_CHECK vault_err system_apply_gone(struct vault *v, uint32_t n, const struct revision *rev);
/* Is the detail of the entry in this row lost? */
bool session_detail_lost(const struct vault *v, uint32_t row);
/* The bytes of a file, as gone.h takes them instead of a c. */
void file_place_id(uint8_t id[static 32], enum leaf_tier tier, uint64_t first);
bool session_file_lost(const struct vault *v, const uint8_t record[static RECORD_ID_BYTES],
    enum leaf_tier tier, uint64_t first);
/* Apply system revisions of a change just committed. */
VAULT_CHECK vault_err verify_new_system(struct vault *v, uint32_t first_pair);
/* The author registered for a slot now, or NULL. */
struct author *author_of_slot(struct vault *v, const uint8_t id[static SLOT_ID_BYTES]);
/* Does the log have a registration for what stands in this place of the file keys? Who has the case key can write there. */
bool session_slot_registered(struct vault *v, unsigned slot);
/* The last with this key, retired or not, or NULL. */
const struct author *author_by_pk(const struct vault *v, const uint8_t pk[static 32]);
/* Was it registered for this slot, and not retired, when row was written? *ended: the row that ended it since, or 0. */
bool author_may_sign(const struct vault *v, uint32_t row, const uint8_t pk[static 32],
    const uint8_t slot_id[static SLOT_ID_BYTES], uint32_t *ended);
/* Are these the keeper keys that an entry in row may name: none, that of its time, or two for a rekey?
 * *ended: the row that brought the next card, or 0. */
bool keeper_may_sign(const struct vault *v, uint32_t row, const uint8_t (*pk)[32], size_t n,
    uint32_t *ended);
/* The registered slot key (keeper). *out is the caller's. */
VAULT_CHECK vault_err system_slot_key(struct vault *v, const struct author *a,
    struct secret **out);

/* The intake seed of the names secret that former-keys revision n holds (keeper). *out is the caller's. */
VAULT_CHECK vault_err system_former_intake(struct vault *v, uint32_t n, struct secret **out);
/* The seeds of its recipients: the case one, and, to a keeper, the keeper's (else it stays NULL). The caller's. */
VAULT_CHECK vault_err system_former_recipients(struct vault *v, uint32_t n, struct secret **case_seed,
    struct secret **keeper_seed);

/* ---- system_write.c: one revision each, into an open change ---- */

void system_type_id(uint8_t id[static RECORD_ID_BYTES], const char *name);
VAULT_CHECK vault_err system_add_type(struct vault *v, struct change *c, const struct type_def *t);
struct slot_registration {
    const uint8_t *author_pk, *x25519_pk;   /* 32 each */
    const struct secret *slot_key;          /* NULL when retired */
};
VAULT_CHECK vault_err system_add_slot(struct vault *v, struct change *c,
    const struct slot_header *h, const struct slot_registration *r, bool active);
VAULT_CHECK vault_err system_add_card(struct vault *v, struct change *c,
    const struct key_tree *tree);
/* The secrets of a tree that a rekey replaces, for opening what was sealed to its card. */
VAULT_CHECK vault_err system_add_former(struct vault *v, struct change *c,
    const struct key_tree *tree);

/* `what` of a record: the field's name (or NULL), and the leaves as n sorted c of 32 bytes
 * (none for a whole record). */
struct purged {
    uint8_t record[RECORD_ID_BYTES];
    enum gone_what what;
    const char *field;
    const uint8_t *c;
    size_t n;
};
#define TOMBSTONE_LEAVES_MAX 32768u     /* a value has at most 1 MiB */

/* What is lost of a record, or (record all zero) of the log, as the bytes of the fields of a _lost record. */
#define LOST_FILE_BYTES 9u
#define LOST_DETAIL_BYTES 4u
struct lost_parts { struct part revisions, leaves, files, details; };
VAULT_CHECK vault_err system_add_lost(struct vault *v, struct change *c,
    const uint8_t record[static RECORD_ID_BYTES], const struct lost_parts *p);
VAULT_CHECK vault_err system_add_tombstone(struct vault *v, struct change *c, const struct purged *p);

/* That `record` is the same as `into` (NULL: no longer). */
VAULT_CHECK vault_err system_add_same(struct vault *v, struct change *c,
    const uint8_t record[static RECORD_ID_BYTES], const uint8_t *into);
/* That these two are not the same; in either order. */
VAULT_CHECK vault_err system_add_apart(struct vault *v, struct change *c,
    const uint8_t a[static RECORD_ID_BYTES], const uint8_t b[static RECORD_ID_BYTES]);

/* That records (ids of 16 bytes each) go to a contact, or (no card) no longer. */
struct share_parts { struct part records, contact, card; const char *state; };
VAULT_CHECK vault_err system_add_share(struct vault *v, struct change *c, const struct share_parts *p);
/* A part of what a bundle holds (sent.h). */
struct sent_parts { struct part tag, card, mark, items; const char *state; };
VAULT_CHECK vault_err system_add_sent(struct vault *v, struct change *c, const struct sent_parts *p);

/* A part of what the ledger knows of a release (ledger.h); an audience and its secret, under an id of the caller's (state `destroyed`: without
 * either); what a keeper judged. */
VAULT_CHECK vault_err system_add_release(struct vault *v, struct change *c, const uint8_t release[static 16], unsigned part, struct part content);
VAULT_CHECK vault_err system_add_audience(struct vault *v, struct change *c, const char *name, const struct secret *secret);
VAULT_CHECK vault_err system_add_judged(struct vault *v, struct change *c, const char *what, struct part subject, struct part text);

/* That another vault's card stands under a name; no card: that it does not any more. */
struct contact_parts { struct part name, card; const char *state; };
VAULT_CHECK vault_err system_add_contact(struct vault *v, struct change *c, const struct contact_parts *p);

/* ---- folder.c ---- */

/* Is this the name of a vault, and nothing there? */
VAULT_CHECK vault_err session_may_make(const char *path);
/* A new folder of plain files, whole or not at all; never overwrites. `fill` makes files of those names (NULL-terminated) in
 * `dir`, which lies at `path` until it is done. */
struct made_folder {
    const char *path, *what;
    const char *const *files;
    bool plain;                 /* anybody could read it: what comes to nothing is overwritten */
};
VAULT_CHECK vault_err session_make_folder(const struct made_folder *f,
    vault_err (*fill)(const char *path, int dir, void *ctx), void *ctx);
/* A new vault folder: `fill` makes its files in v->dir (v is otherwise empty) and is undone as a whole on failure. */
VAULT_CHECK vault_err session_new_folder(const char *path, vault_err (*fill)(vault *v, void *ctx),
    void *ctx);

/* Names of what a vault may have in its folder; a NULL ends them. */
extern const char *const session_files[];

/* ---- place.c ---- */

/* Does what the path names (or would name: only its folder must be there) lie in the folder of the vault, or below? */
VAULT_CHECK vault_err session_lies_inside(const vault *v, const char *path, bool *inside);
/* May a new file or folder be made there? VAULT_ERR_REFUSED: it would lie in the folder of the vault. Where its folder cannot be
 * looked at it is fine, and cannot be made. */
VAULT_CHECK vault_err session_may_put(const vault *v, const char *path);
/*
 * May a file that a person names be read, and with `move` removed? Asked before it is opened: to open and close a file of the
 * vault's would drop the locks that SQLite has on it. VAULT_ERR_REFUSED: it is the vault's, whatever leads there, or
 * (move) another vault's. What is not there is fine.
 */
VAULT_CHECK vault_err session_may_take(const vault *v, const char *path, bool move);
/* Is it one of the vault's files? */
bool session_owns(const vault *v, const struct stat *st);
vault_err session_is_own(const char *path);                 /* VAULT_ERR_REFUSED */

/* ---- cost.c ---- */

/* The cost that the options ask for, or a calibrated one. VAULT_ERR_INPUT: outside the limits. */
VAULT_CHECK vault_err session_pick_cost(struct kdf_cost *out, const struct vault_create_options *opt);
/* That of a slot that is added or changed: what is asked for, else that of the slot in use, else (opened by
 * shares) what a new vault would have. VAULT_ERR_REFUSED: it would be a third. */
VAULT_CHECK vault_err session_slot_cost(struct kdf_cost *out, const struct vault *v, unsigned slot,
    const struct vault_create_options *opt);
/* For the slot in use: what a new vault would have, if that is more (*more), else *out is its own. Measures.
 * VAULT_ERR_REFUSED: the other slots' costs are two and not higher. */
VAULT_CHECK vault_err session_higher_cost(struct kdf_cost *out, bool *more, const struct vault *v);
/* Is the cost of the slot in use much lower than that of a new vault, and can it be raised now? Looks only. */
enum cost_state { COST_FINE, COST_CAN_RISE, COST_LOW };
enum cost_state session_cost_state(const struct vault *v);

/* ---- open.c ---- */
/* Give the record layer what it needs of the session. */
VAULT_CHECK vault_err session_init_recs(vault *v);
VAULT_CHECK vault_err session_new(vault **out, const char *path);
/* Where the database really lies: SQLite follows no links. The folder must be there. */
VAULT_CHECK vault_err session_db_path(vault *v);
/* What a rekey that was cut short has left. */
VAULT_CHECK vault_err session_wipe_unfinished(vault *v);
VAULT_CHECK vault_err session_open(vault *v, const struct vault_credentials *cred,
    struct report *rep);

/*
 * Read and verify everything again that the session knows of the database, under the keys that it has, and adopt intake: after something was put there that
 * it cannot follow (session_join). On an error nothing can be written any more, and what can be read is not all.
 */
VAULT_CHECK vault_err session_read_anew(vault *v);

/* The same for a folder that has only its `keys` yet (v->dir may be open): once the keys are at hand, fn makes records.db,
 * which is then opened and verified like any other. */
struct session_fill {
    vault_err (*fn)(vault *v, void *ctx);
    void *ctx;
};
VAULT_CHECK vault_err session_open_filled(vault *v, const struct vault_credentials *cred,
    const struct session_fill *fill, struct report *rep);
/* Each slot in use, until fn returns non-zero, which is returned. */
int session_tell_slots(const struct keyfile *kf, vault_slot_fn *fn, void *ctx);

/* Hash of a key file. VAULT_ERR_NOT_FOUND, VAULT_ERR_INPUT. */
VAULT_CHECK vault_err session_key_file(const char *path, uint8_t hash[static 32]);

/* ---- anchor.c ---- */

/* The file of that path (NULL: none) against the verified chain; writes nothing. VAULT_ERR_DAMAGED: its head is not in the
 * chain, unless the word `anchor` is accepted. VAULT_ERR_INPUT, VAULT_ERR_REFUSED, VAULT_ERR_NOT_FOUND: no such place. */
VAULT_CHECK vault_err session_anchor_compare(vault *v, const char *path);
/* Before anything is shown: the entry for an accepted one, and the file where it is new. */
VAULT_CHECK vault_err session_anchor_begin(vault *v);
void session_anchor_forget(vault *v);           /* leaves the file as it is */
void session_anchor_end(vault *v);              /* brings it up to date if it can; keeps the last error */

/* ---- keyset.c ---- */

/* S of a passphrase as typed, with a key file (or NULL). *out is the caller's. */
VAULT_CHECK vault_err session_stretch(struct secret **out,
    const uint8_t salt[static KDF_SALT_BYTES], const struct secret *typed, const char *key_file,
    const struct kdf_cost *cost);
/* What box 2 of a slot of this tier holds besides VMK: NSK, or the hash of the tree's card. */
VAULT_CHECK vault_err session_slot_x(const struct vault *v, enum slot_tier tier,
    const struct key_tree *tree, struct secret **out);
/* Step 1 of a change of keys: keys.new with the next sequence number. kf receives it, hash the file's. */
VAULT_CHECK vault_err session_stage_keys(struct vault *v, struct keyfile *kf,
    const struct key_tree *tree, uint64_t epoch, const struct secret *e, uint8_t hash[static 32]);
void session_unstage_keys(struct vault *v);     /* keeps the last error */
/* What panic erased, in another process, must not come back by a change of keys in this one: asked before keys.new is
 * written, and again before it is renamed. VAULT_ERR_DAMAGED: `keys` is gone. */
VAULT_CHECK vault_err session_keys_there(const struct vault *v);
/* Steps 2 and 3: the entry that names the staged file, with what `fill` (or NULL) puts into its
 * transaction, and the rename. The entry stands, whatever is returned, where v->kf has the
 * sequence of kf afterwards. */
typedef vault_err session_fill_fn(struct vault *v, struct change *c, void *ctx);
VAULT_CHECK vault_err session_put_in_force(struct vault *v, const struct keyfile *kf,
    const struct commit *what, session_fill_fn *fill, void *ctx);
/* After file_swap renamed a new file that is in force: its error, with a sentence that says so. What was purged, or what somebody
 * who was shut out can open, may be all that lies in the old one: that it was not wiped must not pass for success, so v
 * keeps that, too. */
VAULT_CHECK vault_err session_swapped(struct vault *v, vault_err err, const char *name);
/* keys.new, which is in force, takes its name; or v->swap_due. Errors as of file_swap and session_swapped. */
VAULT_CHECK vault_err session_swap_keys(struct vault *v);
/* The first slot that is empty. VAULT_ERR_REFUSED: none. */
VAULT_CHECK vault_err session_free_slot(const struct vault *v, unsigned *out);
/* A new slot that S opens; head: kind, tier, cost and index are set, the id is drawn. `replaces`: the slot in whose place
 * it comes, or -1. */
VAULT_CHECK vault_err session_add_slot(struct vault *v, struct slot_header *head,
    const struct secret *s, int replaces, const char *action);

/* ---- confirm.c ---- */

/* S of the slot in use from what was typed (or the shares) again. *out is the caller's. VAULT_ERR_KEY. */
VAULT_CHECK vault_err session_own_secret(vault *v, const struct vault_credentials *cred,
    struct secret **out);

/* ---- copy.c ---- */

/* Everything of r's database into the open transaction of `to`, wrapped keys sealed anew under `keys`. COPY_OPEN: without
 * withheld values, their keys, and intake. */
enum copy_what { COPY_ALL, COPY_OPEN };
VAULT_CHECK vault_err session_copy(struct recs *r, struct db *to, const struct seal_keys *keys,
    enum copy_what what);

/* The same, row by row, in this order of kinds and of numbers within each. */
enum copy_kind { COPY_LOG = 1, COPY_PAIR, COPY_OPEN_BLOB, COPY_WITHHELD_BLOB, COPY_INTAKE, COPY_OPEN_CHUNK, COPY_WITHHELD_CHUNK,
    COPY_WRAP };
#define COPY_COLUMNS 3
struct copy_row {
    enum copy_kind kind;
    int64_t n;
    struct part column[COPY_COLUMNS];   /* LOG: entry, signatures, detail; PAIR: 8 bytes of the entry's row, ids, tags; else one */
};
struct copy_to {
    vault_err (*put)(void *ctx, const struct copy_row *row);
    void *ctx;
};
VAULT_CHECK vault_err session_copy_rows(struct recs *r, const struct copy_to *to, const struct seal_keys *keys, enum copy_what what);
/* Into a database. The column of a PAIR has its 8 bytes. */
VAULT_CHECK vault_err copy_row_store(struct db *db, const struct copy_row *row);

/* ---- second.c ---- */

/* A second database, in whose place the first one was, with the state of `keys` that opens it. */
struct second {
    struct commit what;         /* its entry; the state of `keys` is filled in */
    struct keyfile kf;          /* with the slots and the database salt of then; the sequence is filled in */
    const struct key_tree *tree;
    const struct secret *e;
    uint64_t epoch;
    struct seal_keys keys;      /* of that tree and E */
    session_fill_fn *add;       /* revisions of the entry; NULL: none */
    void *ctx;
};
/* Write it and put it in force. Afterwards v can only be closed, unless an error came before
 * the entry: then all is as it was. VAULT_ERR_NO_SPACE. An error also where the new files are in force, and the sentence says so, but
 * an old one could not be overwritten. */
VAULT_CHECK vault_err session_second(struct vault *v, struct second *s);

/* ---- join.c ---- */

/* What another copy of this vault wrote (travel), taken in here: both open. Afterwards v can only be closed; the next session
 * adopts intake, and shows conflicts. VAULT_ERR_REFUSED: entries by its keeper, or by who may not write here. */
VAULT_CHECK vault_err session_join(struct vault *v, struct vault *other);
/* Would it be taken in? *fresh (the caller's to free): by row of the other's log, whether v has not got it; *n: how many. Writes nothing.
 * Errors as session_join. */
VAULT_CHECK vault_err session_join_judge(struct vault *v, struct vault *other, bool **fresh, uint32_t *n);

/* ---- adopt.c ---- */

/* A keeper takes over what was sealed to the card since the last one did. Nothing in other sessions. */
VAULT_CHECK vault_err session_adopt(struct vault *v);

/* ---- links.c ---- */
/* Numbers of the revisions that link to the record with that first number, or to one that was merged into it, and are heads
 * now; by tag, so each is still to be read. *out is the caller's to free. */
VAULT_CHECK vault_err session_links(struct vault *v, uint32_t first, uint32_t **out, size_t *n);

/* ---- history.c ---- */
/* The entry in a row of the log; sig (or NULL) has room for 1 + ENTRY_KEEPERS_MAX signatures. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err session_read_entry(struct vault *v, uint32_t row, struct log_entry *e,
    uint8_t (*sig)[64]);

/* "slot 0 (keeper)" of an author. */
void author_name(const struct vault *v, const uint8_t pk[static 32], char out[static 40]);
/* "record 3f6kq2..., revision 0a1b2c..." */
void pair_name(const struct vault *v, uint32_t n, char out[static 96]);

/* ---- combine.c ---- */

/*
 * In an open change: where the record that begins with pair `first` has several heads that differ, and nobody has to choose (record/combine.h),
 * add the revision that brings them together, by this session. *merged: it was added. Where one has to choose, or they are equal, nothing happens.
 * Withheld values are carried on, so no keeper is needed. VAULT_ERR_DAMAGED: one of its revisions cannot be read.
 */
VAULT_CHECK vault_err session_combine(struct vault *v, struct change *c, uint32_t first, bool *merged);

/* ---- write.c ---- */

/* What came of a change, for the caller. */
VAULT_CHECK vault_err session_result(struct vault *v, const struct revision *rev, bool changed, struct vault_added *out);
/* The head to build on, loaded. VAULT_ERR_CONFLICT: there are two that differ, which must be resolved first. */
VAULT_CHECK vault_err session_load_head(struct vault *v, const char *id, uint32_t *n,
    struct revision *rev);
/* Store one drafted revision in the open change and commit, under an entry whose detail says which. Undone on failure. */
VAULT_CHECK vault_err session_commit_one(struct vault *v, struct change *c, struct revision *rev,
    const struct commit *what, struct vault_added *out);

/* Resolve a person's word for a record to its first pair and head. */
VAULT_CHECK vault_err session_find(struct vault *v, const char *id, uint32_t *first);
/* A revision of a record by hexadecimal prefix; NULL: the head. */
VAULT_CHECK vault_err session_find_revision(struct vault *v, uint32_t first, const char *hex,
    uint32_t *n, bool *conflict);

#endif
