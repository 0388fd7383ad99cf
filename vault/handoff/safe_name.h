/*
 * safe_name.h - a name for a file that other people's systems unpack.
 *
 * Layer:   handoff (includes base/ only).
 * Secrets: a name may be one; nothing is kept.
 * Format:  docs/format.md, "Plain handoffs".
 */
#ifndef VAULT_HANDOFF_SAFE_NAME_H
#define VAULT_HANDOFF_SAFE_NAME_H

#include "vault/base/hash.h"

#define SAFE_NAME_ROOM 128u

/*
 * "0007-passport.pdf" out of number 7 and "../passport.pdf". Letters, marks and digits of every script stay, and single hyphens and
 * underscores; everything else becomes an underscore. The last dot stays where what follows is an ending of documents, pictures, sound or films that no
 * system starts as a program. The number makes it unlike all others of one archive, also where case or composition do not count, and
 * unlike the names that systems reserve. Zero-terminated.
 */
void safe_name(char out[static SAFE_NAME_ROOM], uint64_t number, struct part name);

#endif
