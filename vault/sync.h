/*
 * sync.h - what vault_sync works with: the files of a folder, and what each is to this vault.
 *
 * Layer:   session, private.
 * Secrets: the vault's age identities until sync_free.
 * Format:  docs/format.md, section 27.
 */
#ifndef VAULT_SYNC_H
#define VAULT_SYNC_H

#include "vault/bundle_in.h"
#include "vault/sent.h"

enum sync_kind {
    SYNC_NEW,               /* not looked into yet, or refused so far */
    SYNC_OURS,              /* a bundle that this vault wrote */
    SYNC_BUNDLE,            /* one that it took in */
    SYNC_RECEIPT,           /* one for a bundle of ours, taken in */
    SYNC_OWN_RECEIPT,       /* one that this vault gave */
    SYNC_OTHERS,            /* does not open here */
    SYNC_INCOMPLETE,        /* its name is not the hash of its content */
    SYNC_GONE
};

struct sync_file {
    char name[CONTENT_NAME_ROOM];
    uint8_t hash[32];       /* as its name says */
    uint8_t mark[32];
    enum sync_kind kind;
    uint8_t bundle[32];     /* id: of BUNDLE; of OWN_RECEIPT that for which it is */
    bool has_receipt;       /* BUNDLE: ours for it lies there */
    bool keep;              /* OURS: it is needed still */
    bool waits;
    struct vault_error *why;        /* refused; NULL: not */
};

struct sync {
    struct vault *v;
    const char *folder;
    int dir;
    struct sync_file *file;
    size_t n, cap;
    struct sents sents;
    struct age_identities mine;
    vault_sync_fn *fn;
    void *ctx;
    struct vault_synced *out;
};

/* ---- sync_folder.c ---- */

/* The files whose names may be hashes, each with its mark. VAULT_ERR_NOT_FOUND, VAULT_ERR_INPUT: no folder. */
VAULT_CHECK vault_err sync_look(struct sync *s);
/* Is its content what its name says? A file that is gone becomes SYNC_GONE, and is not. */
VAULT_CHECK vault_err sync_is_whole(const struct sync *s, struct sync_file *f, bool *whole);
/* Of that name in the folder, as text (a zero byte behind it), replaced. */
VAULT_CHECK vault_err sync_path(const struct sync *s, const char *name, struct buf *out);
VAULT_CHECK vault_err sync_remove(struct sync *s, struct sync_file *f);
void sync_free(struct sync *s);
/* To whoever listens. VAULT_ERR_INTERRUPTED. */
VAULT_CHECK vault_err sync_tell(struct sync *s, const struct vault_sync_item *x);
/* Does this error end the whole work, and not only that with one file? */
bool sync_ends(const struct sync *s, vault_err err);

/* ---- sync_out.c ---- */

/* Of each contact: what it has not got yet, in a new bundle, unless one that lies there has it all. Marks those of ours that are to stay. */
VAULT_CHECK vault_err sync_send(struct sync *s);

#endif
