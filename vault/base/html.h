/*
 * html.h - text in a page of HTML.
 *
 * Layer:   base.
 * Secrets: none kept.
 * Format:  HTML 5, UTF-8; attributes stand in double quotes.
 */
#ifndef VAULT_BASE_HTML_H
#define VAULT_BASE_HTML_H

#include "vault/base/bytes.h"
#include "vault/base/hash.h"

/* Append text as text, in an element or an attribute. What cannot be seen or steers the direction of writing is shown
 * as <U+202E>, broken bytes as <0x80>; newlines and tabs stay. */
void html_text(struct buf *out, struct part text);
/* Append a relative path for href: every byte but letters, digits and -._/ as %XX. */
void html_path(struct buf *out, const char *path);

#endif
