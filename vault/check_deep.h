/*
 * check_deep.h - every byte of the attachments; for check.c.
 *
 * Layer:   session, private.
 * Secrets: a piece of plaintext at a time; hashes of keys of files.
 * Format:  docs/format.md, section 11.
 */
#ifndef VAULT_CHECK_DEEP_H
#define VAULT_CHECK_DEEP_H

#include "vault/attachments.h"

/* Begin with zeros and `out`; where that is NULL the calls do nothing. */
struct deep_check {
    struct vault_deep_check *out;
    struct vault *v;
    struct report *rep;
    uint64_t done, total;       /* stored bytes */
    struct deep_file {
        uint8_t name[32];
        bool bad;
    } *seen;                    /* what was read already, as a hash table; size a power of two */
    size_t n, size;
};
/* One of them. *bad: its content is damaged (and told to nobody). Of a file that was read before, what it was then. */
VAULT_CHECK vault_err deep_check_file(struct deep_check *d, const struct leaf *l, bool *bad, bool *again);
VAULT_CHECK vault_err deep_check_begin(struct deep_check *d, struct vault *v, struct report *rep);
/* Read the files whose values this revision has at hand, and that were not read for another. */
VAULT_CHECK vault_err deep_check_files(struct deep_check *d, uint32_t pair, const struct revision *rev);
void deep_check_free(struct deep_check *d);

#endif
