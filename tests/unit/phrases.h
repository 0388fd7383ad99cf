/*
 * phrases.h - passphrases that a vault takes without a warning (70 bits of chance, and 60).
 */
#ifndef TESTS_UNIT_PHRASES_H
#define TESTS_UNIT_PHRASES_H

#include "vault/vault.h"

#define PHRASE "picture visual platform grief lips national findings"   /* of the keeper, or of whoever there is */
#define OTHER_PHRASE "bishop agency alto involve clinic knit"           /* of a second person */
#define THIRD_PHRASE "daughter metric lips secret mayor theater"
#define NEXT_PHRASE "armed dictate iris minister explain peasant"       /* that one of them is changed to */
#define WRONG_PHRASE "plunge pink hybrid legal dress famous"

/* As it is typed. The caller frees it. */
struct secret *pass_of(const char *text);

#endif
