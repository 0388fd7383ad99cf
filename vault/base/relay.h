/*
 * relay.h - a stream in pieces: one thread makes them, another takes them.
 *
 * Layer:   base.
 * Secrets: pieces lie in wiped buffers; few of them at a time.
 * Format:  none.
 */
#ifndef VAULT_BASE_RELAY_H
#define VAULT_BASE_RELAY_H

#include <stdbool.h>
#include "vault/base/bytes.h"

#define RELAY_PIECES 8          /* under way at most */

struct relay {
    /* On a thread of its own: the next piece into the empty `piece`. *end: there is none. */
    vault_err (*make)(void *ctx, struct buf *piece, bool *end);
    /* On the calling thread, in the same order. It may take the piece's memory and leave another's. */
    vault_err (*take)(void *ctx, struct buf *piece);
    void *ctx;
};
/* Until `make` has ended or failed and all that it made was taken, or `take` fails: the error, and its sentence.
 * Neither runs any more when this returns. */
VAULT_CHECK vault_err relay_run(const struct relay *r);

#endif
