/*
 * place.h - where files of a person lie: taken already, on a disk, or in memory.
 *
 * Layer:   cli.
 * Secrets: what is shown lies in memory-backed storage, in a folder of its own, and is overwritten.
 */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include <stdbool.h>
#include "vault/vault.h"

/* Nothing of that name is there, and it is not in the folder of the vault `home` (NULL: of any vault). The library looks again; this is for the
 * person who would type a passphrase for nothing. VAULT_ERR_INPUT, VAULT_ERR_REFUSED. */
VAULT_CHECK vault_err place_new(const char *home, const char *path);

/* Is the folder that path lies in kept in memory only? (It may still reach the swap space.) */
bool place_in_memory(const char *path);
/* Is fd a file on a disk, or a disk: not in memory, a pipe or a terminal? */
bool place_is_disk(int fd);

/*
 * A folder of our own in memory-backed storage, made where it is not there; what an earlier run was killed over, or a
 * viewer left, is overwritten and removed, unless it may be of a view that another run shows. It stays, empty: the sandbox would not let us remove it. Before the sandbox, which leaves it open;
 * in a shell once more for each command.
 * VAULT_ERR_REFUSED: there is no such storage, or the folder is not ours.
 */
VAULT_CHECK vault_err place_memory_make(void);
const char *place_memory(void);                 /* its path once it is made, else NULL */

/* A new file of 0600 in it, open for reading and writing. The caller frees *path. */
VAULT_CHECK vault_err place_memory_file(char **path, int *fd);
/* Give it another end of its name ("pdf"), so that a viewer knows it: *path is replaced. */
VAULT_CHECK vault_err place_memory_name(char **path, const char *end);
/* Overwrite, remove, close, free; and likewise what viewers put beside it: copies of names that it is a part of, and where no
 * other run shows a file, everything. */
void place_memory_wipe(char *path, int fd);

#endif
