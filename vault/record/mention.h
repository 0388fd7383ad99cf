/*
 * mention.h - is one of these texts mentioned in that one: whole words, after the search fold.
 *
 * Layer:   record.
 * Secrets: texts lie folded in wiped buffers.
 * Format:  docs/format.md, "Names for people": the search fold.
 */
#ifndef VAULT_RECORD_MENTION_H
#define VAULT_RECORD_MENTION_H

#include <stdbool.h>
#include "vault/base/bytes.h"
#include "vault/base/hash.h"

struct mentions {
    struct buf mem;             /* folded texts, one after the other */
    struct { size_t at, n; } *text;
    size_t n, cap;
};
void mentions_free(struct mentions *m);
/* A text to look for; one that is there already, or has no letter or digit, changes nothing. */
VAULT_CHECK vault_err mentions_add(struct mentions *m, struct part text);
/*
 * Does the text mention one of them? `fold` is room of the caller's. Scripts that put no space
 * between words (Chinese, Japanese) or hang endings on them (Korean) have no whole words: there
 * a syllable that is whole is enough.
 */
VAULT_CHECK vault_err mentions_in(const struct mentions *m, struct part text, struct buf *fold,
    bool *yes);

#endif
