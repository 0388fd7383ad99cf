/*
 * common.h - what is tried first in Russian and Korean, which libzxcvbn does not know.
 *
 * Layer:   keys (includes base/ only).
 * Secrets: none.
 */
#ifndef VAULT_KEYS_COMMON_H
#define VAULT_KEYS_COMMON_H

/* The words as they sound and as they are typed on a Latin keyboard (spelling.h), in ASCII, the
 * most common first; ends with NULL. For libzxcvbn, which changes neither the list nor the words.
 * Made at first use; from any thread. */
const char **common_words(void);

#endif
