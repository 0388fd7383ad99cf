/*
 * exchange.h - what came from other vaults and what they acknowledged, as system records say it.
 *
 * Layer:   vault (session).
 * Secrets: none: ids, hashes, signatures.
 * Format:  docs/format.md, section 13: `_receipt`, `_left_out`, `_origin`, `_their_type`.
 */
#ifndef VAULT_EXCHANGE_H
#define VAULT_EXCHANGE_H

#include "vault/session.h"

/* In the order of the format's words: a bundle that was taken in here; the other side's receipt for one of ours. */
enum exchange_kind { EXCHANGE_TAKEN, EXCHANGE_ACKNOWLEDGED };

struct exchange {
    enum exchange_kind kind;
    uint8_t bundle[32];         /* its id */
    uint8_t card[32];           /* hash of the other side's card */
    uint8_t file[32];           /* hash of the file that it was, where it lay in a folder for standing exchange; else zeros */
    uint32_t pair, log;
};

void exchanges_free(struct exchanges *all);
/* May this system revision stand in an entry that no keeper signed? */
bool exchange_needs_no_keeper(const struct vault *v, uint32_t n);
/* What each says, loaded. VAULT_ERR_DAMAGED: of a wrong form. */
VAULT_CHECK vault_err exchange_apply_receipt(struct vault *v, uint32_t n, const struct revision *rev);
VAULT_CHECK vault_err exchange_apply_left_out(struct vault *v, uint32_t n, const struct revision *rev);
/* Its list of values that arrived (record id | c each), borrowed from rev; empty where there is none. */
struct part exchange_arrived(const struct revision *rev);
VAULT_CHECK vault_err exchange_judge_origin(const struct revision *rev);
/* What opening does not look at: the signatures of the other side. (That a bundle was taken in is our own word.) VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err exchange_judge_receipt(const struct vault *v, uint32_t n, const struct revision *rev);
VAULT_CHECK vault_err exchange_apply_type(struct vault *v, const struct revision *rev);
/* That of a bundle, or NULL. */
const struct exchange *exchange_find(const struct vault *v, enum exchange_kind kind, const uint8_t bundle[static 32]);

/* The one that lay in a file with this hash, or NULL. */
const struct exchange *exchange_by_file(const struct vault *v, const uint8_t file[static 32]);

/* ---- making them: one or more revisions into an open change ---- */

struct receipt_parts {
    enum exchange_kind kind;
    const uint8_t *bundle, *card;       /* 32 each */
    struct part proof;                  /* ACKNOWLEDGED: the receipt as it came; else empty */
    const uint8_t *file;                /* 32, or NULL */
};
VAULT_CHECK vault_err exchange_add_receipt(struct vault *v, struct change *c, const struct receipt_parts *p);
/* A list of record id | revision id | c for each value. */
#define LEFT_OUT_BYTES (RECORD_ID_BYTES + REVISION_ID_BYTES + 32u)
enum left_out_what { LEFT_OUT, LEFT_OUT_ARRIVED };
VAULT_CHECK vault_err exchange_add_left_out(struct vault *v, struct change *c, enum left_out_what what, struct part list);
/* Evidence number `number` of a bundle, in as many parts as it takes. */
VAULT_CHECK vault_err exchange_add_origin(struct vault *v, struct change *c, const uint8_t bundle[static 32], unsigned number,
    struct part evidence);
VAULT_CHECK vault_err exchange_add_type(struct vault *v, struct change *c, struct part definition);

/* ---- reading evidence back ---- */

/* The next evidence that came with the entry in a row of the log, appended; nothing where there is no more. Begin with *at 1. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err exchange_evidence(struct vault *v, uint32_t log, uint32_t *at, struct buf *out);

#endif
