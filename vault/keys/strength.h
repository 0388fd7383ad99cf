/*
 * strength.h - how many tries somebody who knows people needs for a passphrase, in bits.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: borrows the passphrase. Copies of it lie in guarded memory, with one exception:
 *          libzxcvbn keeps a reversed copy in plain heap memory while it runs, and overwrites it. It
 *          frees lists of what it matched (places, lengths, ranks: they tell the words) as they
 *          are; the heap is made to overwrite them and the stack is wiped. What remains: for some
 *          milliseconds that memory is not locked and could reach the swap space. And glibc's
 *          M_PERTURB is 0 afterwards, whatever it was.
 *
 * libzxcvbn knows English words, Latin keyboards, dates and repetition; about bytes above 127 it
 * knows nothing and takes them for chance. So it is asked only about ASCII: the text as it sounds
 * and as it is typed (spelling.h), with lists of our own beside its (common.h), as a whole and word
 * by word, and the least counts. Words in other letters have a limit by their length, as it has no
 * list of them. So no text scores higher than the same in Latin letters. Words of the list that
 * passphrases are generated from are 10 bits each.
 *
 * An estimate assumes that chance chose. It is too high for a quotation, and for Russian or Korean
 * phrases in Latin letters.
 */
#ifndef VAULT_KEYS_STRENGTH_H
#define VAULT_KEYS_STRENGTH_H

#include "vault/base/secret.h"

#define STRENGTH_MAX 256        /* bytes that are looked at; what follows counts nothing */
#define STRENGTH_REASONS 7

struct strength {
    unsigned bits;                          /* rounded down */
    const char *why[STRENGTH_REASONS];      /* static sentences: what makes it weak */
    size_t n_why;                           /* at least one */
};

/* VAULT_ERR_INPUT: as text_passphrase. VAULT_ERR_NO_SPACE: no memory. */
VAULT_CHECK vault_err strength_of(struct strength *out, const struct secret *typed);

#endif
