/*
 * page.h - what a reader of a release gets: the files of its data folder, as bytes.
 *
 * Layer:   release (base).
 * Secrets: what the gate has not passed yet lies in buffers that are wiped when freed. Nothing is added to what the document says.
 * Format:  docs/format.md, section 29.
 *
 * The same document gives the same bytes: no time, path, host, user, version or language of this machine is in them.
 */
#ifndef VAULT_RELEASE_PAGE_H
#define VAULT_RELEASE_PAGE_H

#include "vault/base/minisign.h"
#include "vault/release/sheet.h"

#define RELEASE_FORMAT "withheld-release/1"
#define RELEASE_AUDIENCE_MAX 200u       /* bytes */
#define RELEASE_PURPOSE_MAX 500u
#define RELEASE_NAME_MAX 64u            /* of a table: a-z, 0-9, _ and -, first a letter */
#define RELEASE_FILES_MAX 1024u
#define RELEASE_PAGE_ROWS 1000u         /* of one table in index.html; CSV and JSON have all */
#define RELEASE_MANIFEST "manifest.json"
#define RELEASE_SIGNATURE "manifest.json.minisig"

/* One column of a table, for the codebook and as the heading on the page. label and note may be NULL. */
struct release_field {
    const char *table, *field, *label;
    const char *treatment;              /* what became of it, as text: "kept", "band of 10 years" */
    const char *note;                   /* small letters, no full stop */
};

/* A risk figure. `lenient` may be NULL where there is one reading. command: what a reader types in the folder to get it again; NULL: none. */
struct release_figure {
    const char *table, *name, *strict, *lenient, *meaning, *command;
};

/* A table of counts. Its sheet: the dimensions, then "count"; "total" stands in a dimension for all of its values, "*" as count for one kept back. */
struct release_table {
    const struct sheet *sheet;          /* its name is the table's */
    const char *of;                     /* "case": what is counted */
    uint64_t min_count;                 /* smaller counts are kept back */
    uint64_t n_suppressed;              /* cells */
};

/* Everything is borrowed. Text is one line of UTF-8. */
struct release_doc {
    const char *audience, *purpose, *expires;
    const char *as_of;                  /* YYYY-MM-DD or YYYY-MM */
    bool single_case;                   /* chosen by what they show, and consented to; not a sample */
    bool formulas_with_apostrophe;      /* sheet_write_csv */
    const struct sheet *sheet;
    size_t n_sheets;
    const struct release_table *table;
    size_t n_tables;
    const struct sheet *declared;       /* figures that were public before; columns count and of make a bar. NULL: none */
    const struct release_field *field;
    size_t n_fields;
    const struct release_figure *figure;
    size_t n_figures;
    const char *const *note;            /* sentences, with full stop: suppression, small counts, consent */
    size_t n_notes;
};

struct release_file {
    char name[RELEASE_NAME_MAX + 16];
    struct buf content;
};
struct release_files {
    struct release_file *file;
    size_t n, cap;
};
void release_files_free(struct release_files *f);           /* wipes; usable again */

/*
 * index.html; NAME.csv and NAME.json of each sheet, of each table, of `declared`; codebook.csv; method.md; in this order, into the empty *out,
 * which is empty again on error. VAULT_ERR_INPUT: a name of a table that is none or there twice, text that is empty, too long or not
 * one printable line, as_of or expires that is no date. VAULT_ERR_REFUSED: `formula` (sheet.h).
 */
VAULT_CHECK vault_err release_render(struct release_files *out, const struct release_doc *doc);

/*
 * Behind them: manifest.json, which names them with size and SHA-256, and manifest.json.minisig under this seed. Files that were added
 * to f or changed since release_render are named as they are now. VAULT_ERR_INPUT as above.
 */
VAULT_CHECK vault_err release_sign(struct release_files *f, const struct release_doc *doc, const struct secret *seed);

/* The twelve words by which people compare a key that signs releases. */
void release_key_words(struct buf *out, const uint8_t pk[static 32]);

#endif
