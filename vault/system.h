/*
 * system.h - what system*.c share: values of system records, and what each kind says to the session.
 *
 * Layer:   session, private.
 * Secrets: revisions of slots and former keys hold keys, in buffers that are wiped; a slot key is compared on the stack, and wiped.
 * Format:  docs/format.md, section 13.
 */
#ifndef VAULT_SYSTEM_H
#define VAULT_SYSTEM_H

#include "vault/record/value.h"
#include "vault/session.h"

/* A sentence about a vault that was tampered with. Returns VAULT_ERR_DAMAGED. */
vault_err system_damaged(const char *what);

/* ---- values of a record: false where there is none of this shape ---- */

bool system_view(const struct revision *rev, const char *field, enum value_shape shape, struct value_view *out);
bool system_text_is(const struct revision *rev, const char *field, const char *text);
/* 0 to 255. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err system_num(const struct revision *rev, const char *field, unsigned *out);

/* ---- what a revision says, loaded; `log` is the row of its entry. VAULT_ERR_DAMAGED: it may not say that ---- */

/* A registration ends the one before; that of the same keys goes on from where it began. n: its number. */
VAULT_CHECK vault_err system_apply_slot(struct vault *v, const struct revision *rev, uint32_t n);
VAULT_CHECK vault_err system_apply_card(struct vault *v, const struct revision *rev, uint32_t log);
VAULT_CHECK vault_err system_apply_tombstone(struct vault *v, const struct revision *rev, uint32_t log);
VAULT_CHECK vault_err system_apply_lost(struct vault *v, const struct revision *rev, uint32_t log);
/* Former keys are read when they are needed; that they are those of their card is judged now. */
VAULT_CHECK vault_err system_judge_former(const struct revision *rev);

/* ---- once all were read; VAULT_ERR_DAMAGED: it is not so ---- */

/* The last card is the one that follows from the keeper's key, or that the slot was given. */
VAULT_CHECK vault_err system_judge_card(const struct vault *v);
/* The slot that opened must be one that the keeper registered and did not retire. */
VAULT_CHECK vault_err system_judge_own(struct vault *v);

#endif
