/*
 * handoff.h - what goes to somebody else: which records, and how they are told without a vault.
 *
 * Layer:   session, private.
 * Secrets: revealed values pass through, one record at a time, in wiped buffers and views.
 * Format:  docs/format.md, "Plain handoffs".
 */
#ifndef VAULT_HANDOFF_H
#define VAULT_HANDOFF_H

#include "vault/attachments.h"
#include "vault/view.h"

struct handoff_item {
    uint32_t first, head;       /* pairs */
    uint64_t file;              /* number of its first attachment in the handoff, from 1 */
    bool conflict;
};

/* Begin with v, names, linked and history, and zeros. */
struct handoff {
    struct vault *v;
    bool names, linked;
    bool history;               /* for another vault: all revisions go, so that what was removed goes as well */
    struct handoff_item *item;
    size_t n, cap;
    uint8_t *state;             /* of a record, by its first number: enum handoff_state */
    struct vault_handoff_plan plan;
    const char *revealed[TYPE_FIELDS_MAX];      /* fields of which withheld values go, each once; names of their types */
    size_t n_revealed;
    /* Of the entry that says so; known once that is written. */
    int64_t time;
    uint64_t log_number;
    uint8_t log_head[32];
};
enum handoff_state { HANDOFF_UNKNOWN, HANDOFF_TAKEN, HANDOFF_LEFT, HANDOFF_GONE, HANDOFF_LINKS /* to one that goes, and counted */ };

/* ---- handoff_set.c ---- */

/* Find what goes, and fill the plan. Everything that will be told is read once. VAULT_ERR_NOT_FOUND, VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err handoff_gather(struct handoff *h, const char *const *id, size_t n);
/* The same for records by their first numbers, which are there; what links to them is not counted. */
VAULT_CHECK vault_err handoff_gather_numbers(struct handoff *h, const uint32_t *first, size_t n);
void handoff_free(struct handoff *h);
/* Is the record of that code among them? *first: its first number; 0: not of this vault. */
enum handoff_state handoff_state_of(const struct handoff *h, const char *code, uint32_t *first);

/* ---- handoff_log.c ---- */

struct handoff_logged {
    const char *form;           /* "plain", "bundle" */
    uint8_t (*recipient)[32];   /* n hashes of those who may open it; or else */
    size_t n;
    const char *to;             /* "passphrase" */
    const uint8_t *tag;         /* 16 bytes by which a bundle is known, or NULL */
    session_fill_fn *fill;      /* system records of that entry; NULL: none */
    void *ctx;
};
/* The entry that says so; with names signed by the keeper. */
VAULT_CHECK vault_err handoff_log(struct handoff *h, const struct handoff_logged *l);

/* What `fn` is given, of one record; borrowed. */
struct handoff_record {
    const struct handoff_item *item;
    const struct revision *rev;
    const struct type_def *type;
    const struct vault_record *view;
};
typedef vault_err handoff_each_fn(void *ctx, const struct handoff_record *r);
VAULT_CHECK vault_err handoff_each(struct handoff *h, handoff_each_fn *fn, void *ctx);

/* Does its content go? */
static inline bool
handoff_file_goes(const struct vault_attachment *a)
{
    return a->present && !a->purged && !a->lost;
}
/* Its path in the folder. */
#define HANDOFF_PATH_ROOM 140
void handoff_file_path(char out[static HANDOFF_PATH_ROOM], uint64_t number, const char *name);

/* The other records of the same person or thing that go as well, as first numbers (the caller frees *out), and how many do not. */
VAULT_CHECK vault_err handoff_same(const struct handoff *h, uint32_t first, uint32_t **out, size_t *n, size_t *left);

/* Names of the fields of which something is not told, each once, and why. */
enum handoff_gap { HANDOFF_WITHHELD, HANDOFF_PURGED, HANDOFF_LOST, HANDOFF_PROTECTED /* told, and withheld in the vault */ };
size_t handoff_gaps(const struct vault_record *r, enum handoff_gap gap, const char *name[static TYPE_FIELDS_MAX]);

/* ---- handoff_json.c, handoff_page.c: the same for programs and for people ---- */

#define HANDOFF_FORMAT "withheld-plain-handoff/1"
typedef vault_err handoff_put_fn(void *ctx, const void *p, size_t n);
struct handoff_writing {
    const struct handoff *h;
    handoff_put_fn *put;
    void *ctx;
    struct buf out;             /* made, and not handed over yet */
    bool more;                  /* a record stands before */
};
/* Hand over what is there if it is a good deal, or (all) in any case. */
VAULT_CHECK vault_err handoff_flush(struct handoff_writing *w, bool all);
/* Piece by piece. Each time with the same bytes, so that they may be counted first. */
VAULT_CHECK vault_err handoff_json(struct handoff *h, handoff_put_fn *put, void *ctx);
VAULT_CHECK vault_err handoff_page(struct handoff *h, handoff_put_fn *put, void *ctx);

#define HANDOFF_TIME 24
void handoff_iso(char out[static HANDOFF_TIME], int64_t time);     /* 2026-11-28T12:00:00Z */

#endif
