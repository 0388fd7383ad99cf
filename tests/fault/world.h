/*
 * world.h - vaults to be hurt: making them, copying them, and saying what they hold.
 *
 * Deriving a key takes a fifth of a second and is no part of what is tested here: the linker sends
 * kdf_derive to a plain hash instead, and opening a vault takes some milliseconds. The program itself
 * cannot open these vaults.
 */
#ifndef TESTS_FAULT_WORLD_H
#define TESTS_FAULT_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "vault/vault.h"

#define OLD_PASS "altes Wort: горизонт за рекой"
#define NEW_PASS "neues Wort: 지평선 저 너머"
#define CASE_PASS "der Helfer: мой далёкий 길잡이"
#define ADDED_PASS "noch jemand: сосед на перевале"

struct world {
    char root[200];
    char base[256];             /* the vault before the deed; never opened again */
    char work[256];             /* the one that is hurt */
    char csv[256];              /* rows to import */
    char big[256];              /* more than the database keeps in memory at once */
    char out[256];              /* where dump writes */
    char backup[256];           /* of base, for restore */
    char made[256];             /* where backup writes */
    char road[256];             /* a folder, where travel copies and statements come to lie */
    char anchor[300];           /* a file in it */
    char person[32], other[32]; /* codes of two records of base */
    char first[VAULT_HASH_LEN + 1];     /* the first revision of `other` */
    struct secret *old_pass, *new_pass;
    void (*opened)(void);       /* called between the opening and the deed; NULL: nothing */
    /* ways.c: base with a slot of the case tier and one of shares; the same with intake that waits for a keeper */
    char ways[256], waiting[256];
    struct secret *case_pass;
    uint64_t ways_records;
    uint64_t waiting_entries;   /* of the log, before a keeper comes */
};

/* What a vault holds. Two vaults hold the same if texts are equal. */
struct state {
    char *text;                 /* each record with its revealed values, sorted */
    uint64_t records, entries;
    char head[VAULT_HASH_LEN + 1];
    bool new_pass;              /* it opens with the new passphrase */
};

/* Makes a folder of its own below TMPDIR and `base` in it. Ends the program when that fails. */
void world_make(struct world *w);
void world_remove(struct world *w);

_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void folder_copy(const char *from, const char *to);     /* what was in `to` goes */
void folder_remove(const char *path);
/* The names in it, sorted, each with a blank behind it. */
void folder_names(const char *path, char *out, size_t n);
/* The same, one by one, n of them. The caller frees with free_list. */
int by_text(const void *a, const void *b);             /* for qsort */
char **list_folder(const char *path, size_t *n);
void free_list(char **name, size_t n);
bool folder_same(const char *a, const char *b);         /* with folders in them */
bool file_same(const char *a, const char *b, const char *name); /* of that name in both folders */

/* The caller frees; NULL: it is not there. */
uint8_t *file_get(const char *folder, const char *name, size_t *n);
void file_put(const char *folder, const char *name, const void *p, size_t n);

struct vault_credentials world_cred(const struct secret *pass);
/* Does it open with this? Any error but VAULT_ERR_KEY (or that no slot takes such a thing) ends the program. */
bool world_opens(const char *path, const struct vault_credentials *cred, const char *what);
/* Ends the program when it does not open. */
vault *world_open(const struct world *w, const char *path, bool new_pass);

/* with_ids: codes and revisions as well. Opens and reads a copy; the vault stays as it is. The caller
 * frees state->text. On failure the library's last error tells why. */
vault_err state_of(const struct world *w, const char *path, bool new_pass, bool with_ids,
    struct state *out);

/* Problems that vault_check_deep told, one a line: "where: what". */
struct problems {
    unsigned n;
    char text[16384];
};
vault_err world_check(const struct world *w, const char *path, bool new_pass, struct problems *p);

/* A value, name of a field or passphrase that stands in a file of the folder, or in the file: NULL or what it is. */
const char *world_leak(const char *path);
/* A file or the folder that others may read: NULL or its name. */
const char *world_open_mode(const char *path);

/* A new attachment of n bytes. Ends the program when that fails. */
struct world_file {
    const char *name;
    size_t n;
    bool open;
};
bool world_is_scan(const uint8_t *p, size_t n);         /* the bytes of the first attachment of `person`? */
void world_attach(const struct world *w, vault *v, const char *id, const struct world_file *what);

/* Rows to import: persons numbered from `from`, with so much text each. */
void write_rows(const char *path, unsigned from, unsigned count, size_t filler);

/* ---- deeds ---- */

/* The file `made`: NULL where it is not there, or restores to these records; else what is wrong. */
bool made_there(const struct world *w);
const char *made_wrong(const struct world *w, const struct state *before, bool *there);

/* code may be NULL. */
vault_err world_add_json(vault *v, const char *type, const char *json, char *code);
vault_err world_edit_json(vault *v, const char *id, const char *json);
vault_err world_import(vault *v, const char *path, const char *key);
vault_err world_add(vault *v);              /* a person who is in no other deed */

enum deed_from { FROM_BASE, FROM_WAYS, FROM_WAITING, FROM_KEPT, FROM_LARGE, FROM_EMPTY, FROM_HOME, FROM_FRIENDS };

/* How a deed ended. */
struct deed_end {
    bool after;                 /* the vault holds what it held after it */
    bool said_done;             /* it ended by itself, and well */
    bool may_litter;            /* it was killed, or could not tidy up */
    const char *what;           /* when, in words */
};

struct deed {
    const char *name;
    vault_err (*run)(const struct world *w, vault *v);  /* NULL: opening it is all */
    enum deed_from from;        /* the vault that it begins with */
    bool changes_pass, is_big;
    bool by_case;               /* who opens the vault has no names; the keeper who looks afterwards takes over what was written */
    bool moves;                 /* `prepare` makes what it destroys once it is stored */
    bool anchored;              /* the vault is opened with the anchor at w->anchor */
    bool is_new;                /* makes the vault; v is NULL */
    bool makes;                 /* the file `made`: done where it is there; notes in the log before and after */
    bool may_be_done;           /* although it failed for want of space: its entry was written first */
    bool may_fail_after;        /* VAULT_ERR_FAILED tells that it was done, and what comes after it was not */
    bool may_wait;              /* although opening said done: on a full disk a later opening does it */
    /* Or NULL. Was it done, looked at before a keeper opens the vault? (Where that opening would do it.) */
    bool (*done)(const struct world *w, const char *what);
    void (*prepare)(const struct world *w);     /* files outside of the vault, before each; or NULL */
    bool clean;                 /* it destroys: then no journal may be left, in which stands what was */
    bool outside;               /* `also` looks at what lies outside of the vault */
    /* Or NULL. What it looks at beside `work`, `out`, `made` and `road`: a text of it. */
    const char *(*also_of)(void);
    /* Or NULL: what else must hold, once the vault was opened again. Ends the program. */
    void (*also)(const struct world *w, const struct deed_end *end);
};
const struct deed *deed_find(const char *name);
extern const struct deed DEEDS[];
/* Of a backup, or a new vault, in the folder `root`, while it has not its own name. */
bool is_unfinished(const char *name);
void world_clear_road(const struct world *w);
const char *deed_base(const struct world *w, const struct deed *d);
/* `work` as it is before the deed. */
void deed_prepare(const struct world *w, const struct deed *d);
/* The same for all that lies outside of `work`. */
void deed_prepare_outside(const struct world *w, const struct deed *d);
/* Of this name in the folder `root`: was it there before, or is it what the deed is to make (whole or not)? */
bool deed_may_leave(const struct world *w, const struct deed *d, const char *name);
/* Open work and do it, as the program would. */
vault_err deed_do(const struct world *w, const struct deed *d);
/* What base holds before and after. */
void deed_states(const struct world *w, const struct deed *d, struct state *before,
    struct state *after);

/* ---- outside.c: deeds that write what must hold by itself ---- */

vault_err do_statement(const struct world *w, vault *v);
void also_statement(const struct world *w, const struct deed_end *end);
void anchor_prepare(const struct world *w);
vault_err do_anchored(const struct world *w, vault *v);
void also_anchored(const struct world *w, const struct deed_end *end);

/* ---- files.c: attachments, and dumps ---- */

unsigned hidden_names(const struct world *w);   /* of unfinished files, in `road` */

vault_err do_detach(const struct world *w, vault *v);
vault_err do_purge_field(const struct world *w, vault *v);
vault_err do_purge_file(const struct world *w, vault *v);
vault_err do_move(const struct world *w, vault *v);
vault_err do_extract(const struct world *w, vault *v);
vault_err do_import_dump(const struct world *w, vault *v);
vault_err do_dump(const struct world *w, vault *v);
void also_compact(const struct world *w, const struct deed_end *end);
void also_purge(const struct world *w, const struct deed_end *end);
void prepare_move(const struct world *w);
void prepare_dumped(const struct world *w);
void also_move(const struct world *w, const struct deed_end *end);
void prepare_handoff(const struct world *w);
vault_err do_handoff(const struct world *w, vault *v);
void also_handoff(const struct world *w, const struct deed_end *end);
void also_extract(const struct world *w, const struct deed_end *end);
void also_dump(const struct world *w, const struct deed_end *end);

/* ---- copies.c: backups, joining, repair ---- */

/* The vault that such a deed begins with. */
const char *copies_base(const struct world *w, enum deed_from from);
vault_err do_backup(const struct world *w, vault *v);
vault_err do_backup_since(const struct world *w, vault *v);
vault_err do_backup_split(const struct world *w, vault *v);
vault_err do_restore(const struct world *w, vault *v);
vault_err do_restore_second(const struct world *w, vault *v);
vault_err do_restore_chain(const struct world *w, vault *v);
vault_err do_join(const struct world *w, vault *v);
vault_err do_repair(const struct world *w, vault *v);
void prepare_chain(const struct world *w);
void prepare_join(const struct world *w);
void prepare_repair(const struct world *w);
const char *of_repair(void);
void also_repair(const struct world *w, const struct deed_end *end);

/* ---- exchange.c: bundles and receipts ---- */

const char *friends_base(const struct world *w);        /* for FROM_FRIENDS */
vault_err do_send(const struct world *w, vault *v);
vault_err do_receive(const struct world *w, vault *v);
vault_err do_receipt(const struct world *w, vault *v);
void also_send(const struct world *w, const struct deed_end *end);
void also_receive(const struct world *w, const struct deed_end *end);

/* ---- ways.c: deeds about ways in, and adoption ---- */

void ways_make(struct world *w);
void ways_free(struct world *w);
vault_err do_key_add(const struct world *w, vault *v);
vault_err do_key_remove(const struct world *w, vault *v);
vault_err do_key_shares(const struct world *w, vault *v);
vault_err do_travel(const struct world *w, vault *v);
vault_err do_adopt(const struct world *w, vault *v);
bool done_adopt(const struct world *w, const char *what);
void also_key_add(const struct world *w, const struct deed_end *end);
void also_key_remove(const struct world *w, const struct deed_end *end);
const char *of_key_shares(void);
void also_key_shares(const struct world *w, const struct deed_end *end);
void also_travel(const struct world *w, const struct deed_end *end);

#endif
