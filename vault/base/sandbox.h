/*
 * sandbox.h - shut this process in: no sockets, no programs, no files but those named.
 *
 * Layer:   base (Linux; libseccomp).
 * Secrets: none. File names do not reach the kernel's audit log where it can be told (ABI 7).
 * Format:  none.
 */
#ifndef VAULT_BASE_SANDBOX_H
#define VAULT_BASE_SANDBOX_H

#include "vault/base/err.h"

enum sandbox_level {
    SANDBOX_NONE = 0,           /* the kernel offers no seccomp */
    SANDBOX_SECCOMP = 1,        /* it offers no Landlock: no sockets, no programs, all files */
    SANDBOX_BOTH = 2
};

#define SANDBOX_ABI_LATEST 9    /* of Landlock, as far as we know it */

/*
 * Once, for the rest of the process; there is no way back. Both lists are of existing folders, end
 * with NULL, and may be NULL. From then on
 *   - below read_dirs files can be read and folders listed; below write_dirs files and folders can
 *     also be made, written, renamed and removed (no links to elsewhere, no devices). Elsewhere
 *     nothing can be opened but /dev/tty, /dev/null, /dev/urandom and what tells how much memory
 *     there is. What is open already stays usable;
 *   - there are no sockets, no programs, no child processes, no executable memory, no signals to
 *     other processes; threads can be started and are confined like all that run already.
 * On error *level is left alone. VAULT_ERR_NOT_FOUND, VAULT_ERR_INPUT: a folder is missing or is
 * none; nothing is changed. VAULT_ERR_FAILED: entered already; other threads run, which this kernel
 * cannot confine (below ABI 8); or the kernel refused halfway: the caller must not go on. What the
 * kernel does not offer is no error and shows in *level.
 */
VAULT_CHECK vault_err sandbox_enter(const char *const *read_dirs, const char *const *write_dirs,
    int *level);

/* The same with no more than Landlock ABI `max_abi` (0: none), as an older kernel has it. */
VAULT_CHECK vault_err sandbox_enter_abi(int max_abi, const char *const *read_dirs,
    const char *const *write_dirs, int *level);

/* Landlock's ABI in this kernel, at most SANDBOX_ABI_LATEST; 0: none, or not to be had. */
int sandbox_abi(void);

#endif
