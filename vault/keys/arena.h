/*
 * arena.h - the large working memory of Argon2: how much there is, taken, given back wiped.
 *
 * Layer:   keys (includes base/ only). Used by kdf.c alone.
 * Secrets: the memory holds what a passphrase can be tested against: not dumped, locked where there
 *          is swap and it may, and never given back to the system unwiped.
 * Format:  none.
 */
#ifndef VAULT_KEYS_ARENA_H
#define VAULT_KEYS_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vault/base/err.h"

/* In KiB; UINT64_MAX: nobody says. */
struct memory {
    uint64_t total;         /* of the machine, or of the control group we are in, if less */
    uint64_t available;     /* of that, what can be had now without swapping or being killed */
    uint64_t swap;          /* where memory may be written to a disk */
};

/* Look at /proc and /sys. `root` stands before both: "" but in tests. What cannot be read (a
 * sandbox, an old kernel) limits nothing. */
void memory_look(struct memory *out, const char *root);

struct arena {
    uint8_t *p;             /* n bytes, zero, on a boundary of huge pages */
    size_t n;
    bool dirty;             /* set by whoever writes: arena_give wipes */
    void *mapping;
    size_t mapped;
};
#define ARENA_INIT {0}

/*
 * Take `kib` KiB. Linux hands out memory that it does not have and kills the process that uses it,
 * so more than `m->available` is refused here, where it can still be said.
 * VAULT_ERR_NO_SPACE: the sentence says how much is needed.
 */
VAULT_CHECK vault_err arena_take(struct arena *out, uint64_t kib, const struct memory *m);

/* Wipe if dirty, unmap; empty is fine. */
void arena_give(struct arena *a);

#endif
