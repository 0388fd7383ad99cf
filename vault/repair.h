/*
 * repair.h - a new vault out of what is whole of a damaged one; shared by repair*.c.
 *
 * Layer:   session, private.
 * Secrets: record keys that move to another pack, in a wiped buffer.
 * Format:  docs/format.md, section 13: `_lost`.
 */
#ifndef VAULT_REPAIR_H
#define VAULT_REPAIR_H

#include "vault/check_deep.h"
#include "vault/check_files.h"
#include "vault/store/salvage.h"

/* What was lost, as it is told at the end. */
struct told {
    enum told_kind { TOLD_REVISION, TOLD_VALUES, TOLD_ATTACHMENT, TOLD_DETAIL, TOLD_LOG_END } kind;
    uint8_t record[RECORD_ID_BYTES], revision[REVISION_ID_BYTES];
    uint64_t log_number;        /* of a detail; of the last entry, where later ones may be missing */
    bool older;                 /* a revision that was the newest: an older one is shown now */
    uint32_t pair;
    char *fields, *what;        /* own memory; fields may be NULL */
};

/* What goes into a _lost record. */
struct loss_item {
    uint8_t record[RECORD_ID_BYTES];
    enum loss_kind { LOSS_REVISION, LOSS_LEAF, LOSS_FILE, LOSS_DETAIL } kind;
    uint8_t bytes[32];          /* as many as the field takes for one */
};

enum { DOOMED = 1, BLOB_LOST = 2, KEY_MOVED = 4, HINT_WRONG = 8 };

struct repairing {
    int from;                   /* the damaged folder */
    const char *keys_name;      /* its file `keys`, or keys.new */
    const struct vault_credentials *cred;
    const struct vault_repair_options *opt;
    struct vault *v;            /* of the new folder: the keys, and rows that are not verified yet */
    struct change change;
    struct salvage_count pages;
    bool wrong_keys;            /* records.db names another file `keys` */
    bool new_root;              /* log key and tag key are lost */
    bool log_cut;               /* entries after this number may be missing */
    uint64_t log_end;
    uint32_t before;            /* revisions there were */

    uint8_t *flag;              /* of revision n */
    struct buf moved;           /* record keys of records whose first revision is lost: number 4 | key 32 */
    struct file_places places;
    struct deep_check deep;
    struct vault_deep_check deep_out;

    struct revision *rescued;   /* withheld values of revisions that are doomed: others may carry them on */
    size_t n_rescued, cap_rescued;
    struct loss_item *item;
    size_t n_items, cap_items;
    struct told *told;
    size_t n_told, cap_told;
    struct vault_repair_report report;
    char problem[256];          /* the first that verifying told */
};

/* ---- repair_rows.c ---- */

/* Every row that is whole into a new database at v's place. */
VAULT_CHECK vault_err repair_take_rows(struct repairing *r);

/* ---- repair_find.c ---- */

/* System revisions first, as they say how to read the others, and what keepers decided: each has to be whole. Then the others; what is
 * lost is noted, and gets flags. */
VAULT_CHECK vault_err repair_find_system(struct repairing *r);
VAULT_CHECK vault_err repair_find(struct repairing *r);
VAULT_CHECK vault_err repair_find_details(struct repairing *r);
/* The attachments of a revision whose values are at hand: where they are, and whether they are whole. */
VAULT_CHECK vault_err repair_files(struct repairing *r, uint32_t n, const struct revision *rev);
/* Both copy. fields may be NULL. n: of the revision; of what is of the log, its row there. */
VAULT_CHECK vault_err repair_tell(struct repairing *r, enum told_kind kind, uint32_t n,
    const char *fields, const char *what);
VAULT_CHECK vault_err repair_note(struct repairing *r, enum loss_kind kind, const uint8_t *record,
    const void *bytes, size_t n);

/* After repair_drop: of which records an older revision is shown now. */
void repair_mark_older(struct repairing *r);

/* ---- repair_write.c ---- */

/* Take what has flags out of index, packs and tables, within a transaction; flags are cleared. */
VAULT_CHECK vault_err repair_drop(struct repairing *r);
/* Rows that nothing names any more. */
VAULT_CHECK vault_err repair_drop_rest(struct repairing *r);
/* Records that lost revisions get a new one, where without it their present state would not be clear. */
VAULT_CHECK vault_err repair_join(struct repairing *r);
VAULT_CHECK vault_err repair_add_losses(struct repairing *r);
/* Everything of a head that can be read, as values of the new revision; values that went with a lost revision are told. */
VAULT_CHECK vault_err repair_read_head(struct repairing *r, uint32_t head, struct revision *from, struct buf *extra);
VAULT_CHECK vault_err repair_take_over(struct revision *to, const struct revision *from);

#endif
