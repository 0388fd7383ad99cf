/*
 * copy_rows.h - a whole copy of this vault on its way to another one: its key and rows as frames.
 *
 * Layer:   session, private.
 * Secrets: the key that opens the wrapped keys of the rows, in guarded memory; what else passes is ciphertext of the inner layer, ids and keyed tags.
 * Format:  docs/format.md, section 28.
 */
#ifndef VAULT_COPY_ROWS_H
#define VAULT_COPY_ROWS_H

#include "vault/bundle_in.h"

/* What stands first: the key under which the wrapped keys are sealed, and to whom a receipt is sealed. */
struct copy_head {
    struct secret *key;                     /* 32; whoever read it frees */
    uint8_t recipient[HPKE_PK_BYTES];
};
VAULT_CHECK vault_err copy_head_put(struct frames_out *f, const struct copy_head *h);
/* VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err copy_head_read(struct copy_head *out, struct part p);

VAULT_CHECK vault_err copy_row_put(struct frames_out *f, const struct copy_row *row);
/* Parts of `out` are borrowed from p. `before`: the row that came before it (kind 0: none), which it has to follow. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err copy_row_read(struct copy_row *out, const struct copy_row *before, struct part p);

/* ---- copy_receive.c ---- */

/*
 * A read file with a copy (b->m.kind) into b->v, or what it would do (how->plan). Everything is verified before anything is kept. *out is filled, but for `receipt`;
 * to: to whom a receipt is sealed. Errors as for vault_handoff_receive. Afterwards the vault can be used on, unless nothing can be written (v->uncertain).
 */
VAULT_CHECK vault_err copy_receive(struct bundle_in *b, const struct vault_receive *how, struct vault_received *out,
    uint8_t to[static HPKE_PK_BYTES]);

#endif
