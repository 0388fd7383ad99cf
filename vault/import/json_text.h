/*
 * json_text.h - what an object in JSON is made of: places, texts, numbers, words (RFC 8259, strictly).
 *
 * Layer:   import, private to the reader of JSON.
 * Secrets: values stay in the window of the rows; escapes are resolved in place.
 * Format:  RFC 8259.
 */
#ifndef VAULT_IMPORT_JSON_TEXT_H
#define VAULT_IMPORT_JSON_TEXT_H

#include "vault/import/reader.h"

struct json {
    struct rows *r;
    const char *cut;            /* as in raw_row */
    uint8_t *p, *end;
    const uint8_t *mark;        /* `at` is the place of this byte, not after p */
    struct place at;
    const struct column *column;    /* the present one, for sentences */
};

/* How many characters there are from p to end. */
uint64_t json_characters(const uint8_t *p, const uint8_t *end);
/* Line and column of p. Must be asked before the bytes in front of p are changed. */
struct place json_place(struct json *j);
/* Say what is wrong at p. Returns VAULT_ERR_INPUT. */
vault_err json_wrong(struct json *j, const char *what);
/* The next byte that is not white space, not taken; -1 at the end. */
int json_peek(struct json *j);
/* The same, taken where it is c. */
bool json_take(struct json *j, int c);

/* A text, of which json_peek saw the quote; borrowed from the window. VAULT_ERR_INPUT. */
VAULT_CHECK vault_err json_read_string(struct json *j, struct part *out);
/* Text, number, true, false or null. */
VAULT_CHECK vault_err json_read_scalar(struct json *j, enum cell_kind *kind, struct part *out);

#endif
