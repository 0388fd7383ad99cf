/*
 * starve.h - did OpenSSL find no memory? SQLCipher hands out zeros for a page whose MAC it had no memory to verify, and may
 * call that success.
 *
 * Layer:   base.
 * Secrets: none.
 * Format:  none.
 */
#ifndef VAULT_BASE_STARVE_H
#define VAULT_BASE_STARVE_H

#include <stdbool.h>

/* Before OpenSSL's first allocation: from then on its failures are noted. Where something was allocated before, they are not. */
void starve_watch(void);
/* Was there one on this thread since it was asked last? */
bool starve_seen(void);

#endif
