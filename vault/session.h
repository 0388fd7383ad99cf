/*
 * session.h - what an open vault is made of; shared by the files of this folder.
 *
 * Layer:   session: the only place where keys/ and store/ meet. Private to the library.
 * Secrets: the key tree, the slot's keys, K_case and E live here while the vault is open.
 * Format:  docs/format.md.
 */
#ifndef VAULT_SESSION_H
#define VAULT_SESSION_H

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
    bool verified;              /* its signatures, or those of a descendant */
};

/* Who may write: from the _slot records. */
struct author {
    uint8_t pk[32], slot_id[SLOT_ID_BYTES], x25519_pk[32];
    unsigned index, tier, kind;
    uint32_t since;             /* log row of the registration */
    bool active;
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
    struct card card;
    bool have_card;

    struct chain_entry *chain;  /* chain[1..n_log] */
    uint32_t n_log, cap_log;
    uint32_t last_own, last_keeper; /* rows signed last by this slot, by the keeper key */
    struct author *author;
    size_t n_authors;
    uint8_t copy_id[16];        /* of the head entry */
    uint64_t keys_sequence;     /* named by the last key entry */
    uint8_t keys_named[32];
    bool have_keys_entry;

    char **accept;
    size_t n_accept;
    struct buf used;            /* accepted words used since the last entry, each with its zero */
    const char *warning[8];
    size_t n_warnings;
    bool swap_due;              /* keys.new is in force and could not be renamed yet */
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

VAULT_CHECK vault_err verify_chain(struct vault *v, struct report *rep);      /* log and pairs */
VAULT_CHECK vault_err verify_system(struct vault *v, struct report *rep);     /* types, authors, card */
VAULT_CHECK vault_err verify_signatures(struct vault *v, struct report *rep, bool all,
    uint64_t *done);
/* Apply system revisions of a change just committed. */
VAULT_CHECK vault_err verify_new_system(struct vault *v, uint32_t first_pair);

/* ---- create.c ---- */
/* The cost that the options ask for, or a calibrated one. VAULT_ERR_INPUT: outside the limits. */
VAULT_CHECK vault_err session_pick_cost(struct kdf_cost *out, const struct vault_create_options *opt);

/* ---- open.c ---- */
/* Give the record layer what it needs of the session. */
VAULT_CHECK vault_err session_init_recs(vault *v);
VAULT_CHECK vault_err session_new(vault **out, const char *path);
/* Where the database really lies: SQLite follows no links. The folder must be there. */
VAULT_CHECK vault_err session_db_path(vault *v);
VAULT_CHECK vault_err session_open(vault *v, const struct vault_credentials *cred,
    struct report *rep);

/* ---- links.c ---- */
/* Numbers of the revisions that link to a record and are heads now; by tag, so each is still to be read. *out is
 * the caller's to free. */
VAULT_CHECK vault_err session_links(struct vault *v, const uint8_t record[static 16],
    uint32_t **out, size_t *n);

/* "slot 0 (keeper)" of an author. */
void author_name(const struct vault *v, const uint8_t pk[static 32], char out[static 40]);
/* "record 3f6kq2..., revision 0a1b2c..." */
void pair_name(const struct vault *v, uint32_t n, char out[static 96]);

/* Resolve a person's word for a record to its first pair and head. */
VAULT_CHECK vault_err session_find(struct vault *v, const char *id, uint32_t *first);
/* A revision of a record by hexadecimal prefix; NULL: the head. */
VAULT_CHECK vault_err session_find_revision(struct vault *v, uint32_t first, const char *hex,
    uint32_t *n, bool *conflict);

#endif
