/*
 * page_priv.h - the pieces of page.h: index.html, and texts that the page and the method note share.
 *
 * Layer:   release; page*.c, sign.c, manifest.c and verify.c only.
 * Secrets: as page.h.
 * Format:  as page.h.
 */
#ifndef VAULT_RELEASE_PAGE_PRIV_H
#define VAULT_RELEASE_PAGE_PRIV_H

#include "vault/release/page.h"

/* The files compared with the manifest by stock tools: each of its entries stands on a line of its own. Nothing in it needs escaping but quotes. */
#define RELEASE_COMPARE "sed -n 's/.*\"name\": \"\\([^\"]*\\)\".*\"sha256\": \"\\([0-9a-f]*\\)\".*/\\2  \\1/p' manifest.json | sha256sum -c"

/* page_html.c: the page, of a document that was judged. */
VAULT_CHECK vault_err page_html(struct buf *out, const struct release_doc *doc);
/* page_table.c: the sections with tables. `id` of a section is its kind and its table's name: "t-person". */
void page_sheet(struct buf *out, const struct release_doc *doc, const struct sheet *s);
void page_counts(struct buf *out, const struct release_doc *doc, const struct release_table *t);
void page_declared(struct buf *out, const struct release_doc *doc);
/* One line of <td> or <th> cells that the page itself says something in: `cell` in their order, NULL ends it. The first is a heading. */
void page_line(struct buf *out, const char *const *cell);
void page_text(struct buf *out, const char *s);             /* escaped */
/* page_method.c: method.md, and the sentences that the page has too: `say` gets each as plain text. */
void page_method(struct buf *out, const struct release_doc *doc);
typedef void page_say_fn(struct buf *out, const char *sentence);
void page_method_sentences(struct buf *out, const struct release_doc *doc, page_say_fn *say);

/* manifest.c: is it a name of a table? */
bool release_is_name(const char *s, size_t n);
/* The signed comment: one line about the release, of judged texts. */
#define RELEASE_COMMENT_ROOM (RELEASE_AUDIENCE_MAX + 64u)
void release_comment(char out[static RELEASE_COMMENT_ROOM], const char *audience, const char *as_of);
/* One printable line of 1 to max bytes? VAULT_ERR_INPUT (nothing is said): no. */
VAULT_CHECK vault_err release_line(const char *s, size_t max);
/* YYYY-MM or YYYY-MM-DD? Calendars are not asked. */
bool release_is_day(const char *s);
/* page.c: is the document one that can be released? Errors as release_render. */
VAULT_CHECK vault_err release_judge(const struct release_doc *doc);
/* An empty file behind the others; *content is good until the next. */
VAULT_CHECK vault_err release_add_file(struct release_files *f, const char *name, const char *end, struct buf **content);

#endif
