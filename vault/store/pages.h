/*
 * pages.h - the pages of a database file, without SQLite: each decrypted and authenticated on its own.
 *
 * Layer:   store.
 * Secrets: the database's raw key and the one made of it for page MACs; pages hold ciphertext of the inner layer.
 * Format:  docs/format.md, "The database"; SQLCipher's page format (version 4) and SQLite's rollback journal.
 *
 * For a file that is damaged: SQLite gives up where one page of many is bad, and writes to what it opens. Nothing
 * is written here. Where a rollback journal tells of a transaction that was cut short, pages are as that says.
 */
#ifndef VAULT_STORE_PAGES_H
#define VAULT_STORE_PAGES_H

#include <stdbool.h>
#include "vault/base/secret.h"

#define PAGE_BYTES 16384u
#define PAGE_PLAIN (PAGE_BYTES - 48u)           /* before IV and MAC */

struct pages;
/* `name` in the folder `dir`; key as for db_open. VAULT_ERR_DAMAGED: not a file, or less than a page. */
VAULT_CHECK vault_err pages_open(struct pages **out, int dir, const char *name, const struct secret *key);
void pages_close(struct pages *p);
uint32_t pages_count(const struct pages *p);    /* numbered from 1 */
/* PAGE_PLAIN bytes of plaintext into `page` (PAGE_BYTES of room); the header of the file in page 1 included. *ok false:
 * it cannot be read or is not authentic. */
VAULT_CHECK vault_err pages_read(struct pages *p, uint32_t n, uint8_t page[static PAGE_BYTES], bool *ok);

#endif
