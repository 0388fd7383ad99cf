/*
 * purge.h - what is to be destroyed of a record: chosen, told, done.
 *
 * Layer:   session, private.
 * Secrets: folded withheld values that go, while a plan is made; in wiped buffers.
 * Format:  docs/format.md, sections 9, 11, 13, 14.
 */
#ifndef VAULT_PURGE_H
#define VAULT_PURGE_H

#include "vault/attachments.h"
#include "vault/base/text.h"
#include "vault/record/mention.h"

#define PURGE_FIELDS_MAX TYPE_FIELDS_MAX

struct purge_field {
    char name[NAME_MAX_BYTES];
    uint64_t open, withheld;
};

/* A file that goes. */
struct purge_file {
    struct file_rows rows;      /* zeros where its value cannot be read */
    enum leaf_tier tier;
    unsigned number;            /* as the newest revision has it; 0: an older one only */
    char field[NAME_MAX_BYTES], name[FILE_NAME_BYTES + 1];      /* name: of an open one, else "" */
};

struct purge {
    struct vault *v;
    const struct vault_purge *asked;
    enum gone_what what;
    uint32_t first;             /* of the record */
    struct buf c;               /* of the leaves that go: 32 bytes each, sorted, none twice */
    bool open;                  /* open values are among them: the record gets another key */
    char file_field[NAME_MAX_BYTES];    /* of the attachment asked for */
    uint64_t revisions, values, attachments, kept, unread;
    uint64_t strays;            /* from purge_strays: blobs of which pieces may stay behind */
    uint64_t left;              /* from purge_files: pieces that were named by what went, and stay */
    int64_t *row;               /* withheld pieces that both deleted */
    size_t n_row, cap_row;
    struct purge_field *field;  /* PURGE_FIELDS_MAX, or NULL: not counted, and no list of files is made */
    size_t n_fields;
    struct purge_file *file;
    size_t n_file, cap_file;
    struct mentions *mentions;  /* NULL, or receives the withheld texts that go */
};

/* Find the record and everything that goes. VAULT_ERR_REFUSED, VAULT_ERR_NOT_FOUND,
 * VAULT_ERR_INPUT. */
VAULT_CHECK vault_err purge_choose(struct purge *p);
/* Is this leaf among them (always, of a whole record)? */
bool purge_takes(const struct purge *p, const struct leaf *l);
/* Into p->file: one more. */
VAULT_CHECK vault_err purge_note_file(struct purge *p, const struct leaf *l, unsigned number);
void purge_free(struct purge *p);

/* ---- purge.c ---- */

/* The whole of a system record that a tombstone may name: an audience. */
VAULT_CHECK vault_err purge_system(struct vault *v, uint32_t first);

/* ---- purge_group.c ---- */

/*
 * The records that one order is about: of a whole record, or a field, also what was merged into it, which comes first; those
 * that were purged already are left out. Each has its own order, by its code.
 */
struct purge_group {            /* begin with zeros */
    struct purge_order { struct vault_purge what; char code[CODE_LEN + 1]; uint32_t first; } *order;
    size_t n;
};
VAULT_CHECK vault_err purge_group(struct vault *v, const struct vault_purge *what, struct purge_group *out);
void purge_group_free(struct purge_group *g);
/* Is it among them? */
bool purge_group_has(const struct purge_group *g, uint32_t first);
/* purge_choose of one of several: *none, and VAULT_OK, where that record has nothing in the field. */
VAULT_CHECK vault_err purge_choose_of(const struct purge_group *g, struct purge *p, bool *none);
vault_err purge_nothing(void);  /* so it was with all: VAULT_ERR_NOT_FOUND */

/* ---- purge_pieces.c ---- */

/* Within the transaction, before anything else of it: where a blob that goes does not open, nobody knows which
 * pieces its files have. Delete those that belong to no other; or, where another does not open either, count them. */
VAULT_CHECK vault_err purge_strays(struct purge *p);
/* Note a withheld piece that was deleted. */
VAULT_CHECK vault_err purge_note_row(struct purge *p, int64_t n);
/* Into the detail of the entry: where the withheld pieces lay that were deleted. Their numbers tell nothing, and join.c knows
 * by them which must not come back, as no blob names them any more. */
VAULT_CHECK vault_err purge_tell_pieces(const struct purge *p, struct detail *d);

/* ---- purge_files.c ---- */

/* Then, before a blob is touched: delete the pieces of the files that go, but no piece that is, or may be, another's. */
VAULT_CHECK vault_err purge_files(struct purge *p);

#endif
