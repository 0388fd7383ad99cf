/*
 * value.h - one value: from what a person types to canonical CBOR and back.
 *
 * Layer:   record.
 * Secrets: values may be names: they live in wiped buffers of the caller and in no sentence.
 * Format:  docs/format.md, "Records": value.
 */
#ifndef VAULT_RECORD_VALUE_H
#define VAULT_RECORD_VALUE_H

#include "vault/record/type.h"

#define VALUE_MAX ((size_t)1 << 20)             /* text of a value */
#define VALUE_CBOR_MAX (VALUE_MAX + 256)        /* with its head and provenance */

/* Where a value comes from; empty parts where not said. */
struct provenance {
    struct part source;         /* record id, 16 bytes, or empty */
    struct part as_of;          /* canonical date text */
    struct part certainty;      /* certain probable possible doubtful */
};

/*
 * Append the canonical CBOR of `text` for field `f` (not for links, files, bytes: VAULT_ERR_INPUT).
 * Text: valid UTF-8, put into NFC, no control characters but newline and tab (those two only in
 * narrative, where CR LF becomes newline), blanks at both ends removed, not empty. Date:
 * date_parse. Number: optional minus, digits, optional fraction; canonical (no leading zeros, no
 * trailing zeros in the fraction, no -0); integers in int64 become CBOR integers, others text.
 * Yes/no: yes no true false 1 0 да нет 예 아니요. Choice: one of the choices (nearest named when
 * wrong), any when there are none. At most VALUE_MAX bytes of text.
 * VAULT_ERR_INPUT otherwise, naming the field and never quoting the text. On failure what was
 * appended is taken back and wiped.
 */
VAULT_CHECK vault_err value_from_text(struct buf *out, const struct field_def *f, const char *text,
    size_t n, const struct provenance *prov /* may be NULL */);
/* A link, by the id of a record. */
VAULT_CHECK vault_err value_from_link(struct buf *out, const uint8_t id[static 16],
    const struct provenance *prov);

/* Does the CBOR follow the rules for this field? For reading: unknown kinds are refused. Says no
 * also when there is no memory to find out. */
bool value_valid(const struct field_def *f, struct part cbor);

/* A decoded view; parts are borrowed from the CBOR. */
enum value_shape { VALUE_TEXT, VALUE_INT, VALUE_BOOL, VALUE_BYTES };
struct value_view {
    enum value_shape shape;
    struct part text;           /* TEXT; BYTES */
    int64_t num;
    bool yes;
    struct provenance prov;
};
/* VAULT_ERR_DAMAGED: not a value of any kind. */
VAULT_CHECK vault_err value_read(struct value_view *out, struct part cbor);
/* Append plain text for people and for matching: text as it is, integers, yes/no; ids of links as
 * codes; other bytes as hex. */
VAULT_CHECK vault_err value_to_text(struct buf *out, struct part cbor);

#endif
