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
#define FILE_NAME_BYTES 255u                    /* of an attachment */
#define FILE_TYPE_BYTES 127u                    /* its media type */
#define FILE_SIZE_MAX ((uint64_t)1 << 50)

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

/* A file: what its content is, how large, of what media type, and its name. Parts are borrowed. */
struct file_value {
    const uint8_t *sha256;      /* 32 */
    uint64_t size;
    struct part type, name;
};
VAULT_CHECK vault_err value_from_file(struct buf *out, const struct file_value *file,
    const struct provenance *prov /* may be NULL */);
/* Is this the CBOR of a file's value? By its first bytes: it is the only one that is an array. */
static inline bool
value_is_file(struct part cbor)
{
    const uint8_t *p = cbor.p;

    return (cbor.n > 0 && p[0] >> 5 == 4) ||
        (cbor.n > 2 && p[0] >> 5 == 5 && p[1] == 0 && p[2] >> 5 == 4);
}
/* Append a bare value that is CBOR already, within its provenance where there is any. */
VAULT_CHECK vault_err value_wrap(struct buf *out, struct part bare, const struct provenance *prov);

/* Does the CBOR follow the rules for this field? For reading: unknown kinds are refused. `scratch` as for
 * value_text_is_canonical: where scratch->bad is set, no says only that there was no memory to find out. */
bool value_valid(struct buf *scratch, const struct field_def *f, struct part cbor);

/* A decoded view; parts are borrowed from the CBOR. */
enum value_shape { VALUE_TEXT, VALUE_INT, VALUE_BOOL, VALUE_BYTES, VALUE_FILE };
struct value_view {
    enum value_shape shape;
    struct part text;           /* TEXT; BYTES */
    int64_t num;
    bool yes;
    struct file_value file;
    struct provenance prov;
};
/* VAULT_ERR_DAMAGED: not a value of any kind. */
VAULT_CHECK vault_err value_read(struct value_view *out, struct part cbor);
/* Append plain text for people and for matching: text as it is, integers, yes/no; ids of links as
 * codes; a file's name; other bytes as hex. */
VAULT_CHECK vault_err value_to_text(struct buf *out, struct part cbor);

#endif
