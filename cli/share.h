/*
 * share.h - with whom a record is shared, for `show`.
 *
 * Layer:   cli.
 * Secrets: none.
 */
#ifndef CLI_SHARE_H
#define CLI_SHARE_H

#include "cli/cmd.h"
#include "cli/json.h"

/* Its lines; or, with j, the key `shared` and its array, where it is shared at all. */
VAULT_CHECK vault_err share_tell(const struct call *c, const char *id, struct json *j);

#endif
