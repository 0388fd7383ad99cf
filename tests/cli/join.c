/*
 * join.c - join VAULT OTHER: what another copy of a vault wrote comes into VAULT, as when it comes home. For tests that need a record
 * which two copies changed. The passphrase of each is the first line of descriptor 4 and of descriptor 5.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/secret.h"
#include "vault/session.h"

static vault *
opened(const char *path, int fd)
{
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass = NULL;
    char line[256] = "";
    FILE *from = fdopen(fd, "r");
    vault *v = NULL;

    if (from == NULL || fgets(line, sizeof line, from) == NULL)
        exit(2);
    line[strcspn(line, "\n")] = '\0';
    if (vault_secret_new(&pass, strlen(line)) != VAULT_OK)
        exit(9);
    memcpy(vault_secret_edit(pass), line, strlen(line));
    cred.passphrase = pass;
    if (vault_open(&v, path, &cred) != VAULT_OK)
        fprintf(stderr, "%s: %s\n", path, vault_last_error()->text);
    vault_secret_free(pass);
    return v;
}

int
main(int argc, char **argv)
{
    vault *v = NULL, *other = NULL;
    vault_err err = VAULT_ERR_INPUT;

    if (argc != 3 || secret_process_init() != VAULT_OK)
        return 2;
    v = opened(argv[1], 4);
    other = opened(argv[2], 5);
    if (v != NULL && other != NULL)
        err = session_join(v, other);
    if (v != NULL && other != NULL && err != VAULT_OK)
        fprintf(stderr, "join: %s\n", vault_last_error()->text);
    vault_close(other);
    vault_close(v);
    return (int)err;
}
