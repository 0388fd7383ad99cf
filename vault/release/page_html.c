/*
 * page_html.c - index.html: one file that loads nothing, whole without scripts.
 *
 * Text of the document goes through html_text and stands between tags, or in attributes in double quotes. The browser runs the one script and
 * uses the one style whose hashes stand in the first lines, whatever else could get into the page.
 */
#include "vault/release/page_priv.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include "vault/base/html.h"
#include "vault/base/sha256.h"

static const char STYLE[] = "\n"
#include "vault/release/page.css.inc"
;
static const char SCRIPT[] = "\n"
#include "vault/release/page.js.inc"
;

void
page_text(struct buf *out, const char *s)
{
    html_text(out, PART(s, strlen(s)));
}

/* ---- the head ---- */

static vault_err
source_hash(struct buf *out, const char *directive, const char *text)
{
    char base64[sodium_base64_ENCODED_LEN(SHA256_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    uint8_t digest[SHA256_BYTES];
    struct sha256 *s = NULL;
    vault_err err = sha256_new(&s);

    if (err == VAULT_OK)
        err = sha256_add(s, text, strlen(text));
    if (err == VAULT_OK)
        err = sha256_end(s, digest);
    sha256_free(s);
    if (err != VAULT_OK)
        return err;
    sodium_bin2base64(base64, sizeof base64, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL);
    buf_fmt(out, "; %s 'sha256-%s'", directive, base64);
    return VAULT_OK;
}

static vault_err
head(struct buf *out, const struct release_doc *doc)
{
    vault_err err;

    /* An end tag of meta means nothing to a browser, but without it mat2 takes the policy for metadata. */
    buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"></meta>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'");
    err = source_hash(out, "style-src", STYLE);
    if (err == VAULT_OK)
        err = source_hash(out, "script-src", SCRIPT);
    buf_str(out, "; base-uri 'none'; form-action 'none'\"></meta>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></meta>\n"
        "<meta name=\"format-detection\" content=\"telephone=no\"></meta>\n<title>");
    page_text(out, doc->purpose);
    buf_str(out, "</title>\n<style>");
    buf_str(out, STYLE);
    buf_str(out, "</style>\n</head>\n<body>\n");
    return err;
}

/* ---- what stands before the data ---- */

static void
fact(struct buf *out, const char *what, const char *s)
{
    buf_fmt(out, "<dt>%s</dt><dd>", what);
    page_text(out, s);
    buf_str(out, "</dd>\n");
}

/* On each printed page. */
static void
running_head(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "<div class=\"run\"><span>Pseudonymous; names withheld for safety. Do not try to find these people. "
        "For: ");
    page_text(out, doc->audience);
    buf_str(out, ". ");
    page_text(out, doc->purpose);
    buf_str(out, ". Data as of ");
    page_text(out, doc->as_of);
    buf_str(out, ".</span></div>\n");
}

static void
title(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "<header>\n<h1>");
    page_text(out, doc->purpose);
    buf_str(out, "</h1>\n<dl class=\"key\">\n");
    fact(out, "Data as of", doc->as_of);
    fact(out, "Released for", doc->audience);
    fact(out, "To be used until", doc->expires);
    buf_str(out, "</dl>\n<div class=\"say\">\n<p><strong>Pseudonymous; names withheld for safety.</strong> ");
    buf_str(out, doc->single_case ? "This is about one case, and somebody who knew the people before might recognise them. "
        : "The people behind these rows are real. ");
    buf_str(out, "Do not try to find out who they are, and do not join this with other data about people: a name that gets out can cost "
        "a life.</p>\n</div>\n</header>\n");
}

static void
entry(struct buf *out, const char *kind, const char *name, const char *before)
{
    buf_fmt(out, "<li><a href=\"#%s-%s\">%s", kind, name, before);
    page_text(out, name);
    buf_str(out, "</a></li>\n");
}

static void
entries(struct buf *out, const struct release_doc *doc, bool records)
{
    for (size_t i = 0; records && i < doc->n_sheets; i++)
        entry(out, "t", doc->sheet[i].name, "Records: ");
    for (size_t i = 0; !records && i < doc->n_tables; i++)
        entry(out, "t", doc->table[i].sheet->name, "Counts: ");
    if (!records && doc->declared != NULL)
        buf_str(out, "<li><a href=\"#public\">Public figures</a></li>\n");
}

static void
contents(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "<nav aria-label=\"Contents\">\n<ul>\n<li><a href=\"#reading\">How to read it</a></li>\n");
    entries(out, doc, doc->single_case);
    entries(out, doc, !doc->single_case);
    if (doc->n_figures > 0)
        buf_str(out, "<li><a href=\"#risk\">Risk</a></li>\n");
    buf_str(out, "<li><a href=\"#method\">Method</a></li>\n<li><a href=\"#codebook\">Codebook</a></li>\n"
        "<li><a href=\"#files\">Files</a></li>\n</ul>\n</nav>\n");
}

static void
reading(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "<section aria-labelledby=\"reading\">\n<h2 id=\"reading\">How to read it</h2>\n<ul>\n");
    if (doc->n_sheets > 0)
        buf_str(out, "<li>Codes and press names stand in place of names. A code was made for this audience: for another the same person has "
            "another.</li>\n"
            "<li>Values were made coarser where the <a href=\"#codebook\">codebook</a> says so: a band of years in place of a date, a region "
            "in place of a town.</li>\n");
    buf_str(out, "<li><span class=\"q\">kept back</span> stands where a value or a count is not released (* in the files). It tells nothing of "
        "the value.</li>\n"
        "<li><span class=\"q\">–</span> stands where nothing is recorded (an empty cell in the files).</li>\n");
    if (doc->n_tables > 0)
        buf_str(out, "<li>Small counts are kept back, and so are some larger ones: otherwise the small ones could be computed from sums. "
            "Bars show counts; those of sums are left out.</li>\n");
    buf_str(out, "<li>The page needs no script and no network. Where scripts are allowed, tables can be searched, and sorted by their "
        "headings.</li>\n</ul>\n</section>\n");
}

/* ---- what stands behind them ---- */

void
page_line(struct buf *out, const char *const *cell)
{
    buf_str(out, "<tr>");
    for (size_t i = 0; cell[i] != NULL; i++) {
        bool none = cell[i][0] == '\0';

        buf_str(out, i == 0 ? "<th scope=\"row\">" : none ? "<td class=\"q\">" : "<td>");
        page_text(out, none ? "–" : cell[i]);
        buf_str(out, i == 0 ? "</th>" : "</td>");
    }
    buf_str(out, "</tr>\n");
}

static const char *
or_empty(const char *s)
{
    return s == NULL ? "" : s;
}

/* Each command once, though several figures come from one. */
static void
commands(struct buf *out, const struct release_doc *doc)
{
    const char *last = "";

    for (size_t i = 0; i < doc->n_figures; i++) {
        const char *command = or_empty(doc->figure[i].command);

        if (command[0] != '\0' && strcmp(command, last) != 0) {
            buf_str(out, last[0] == '\0' ? "<p>To compute them again, type in the folder of these files:</p>\n" : "");
            buf_str(out, "<pre tabindex=\"0\"><code>");
            page_text(out, command);
            buf_str(out, "</code></pre>\n");
            last = command;
        }
    }
}

static void
risk(struct buf *out, const struct release_doc *doc)
{
    if (doc->n_figures == 0)
        return;
    buf_str(out, "<section aria-labelledby=\"risk\">\n<h2 id=\"risk\">Risk figures</h2>\n"
        "<p>How far a row points to a person, for somebody who knows the values that others can know. Strict: a value that is kept back "
        "counts as a value of its own. Lenient: it may be any value.</p>\n"
        "<div class=\"wide\" role=\"region\" aria-labelledby=\"risk\" tabindex=\"0\">\n<table>\n<thead><tr><th scope=\"col\">Figure</th>"
        "<th scope=\"col\">Table</th><th scope=\"col\">Strict</th><th scope=\"col\">Lenient</th><th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < doc->n_figures; i++) {
        const struct release_figure *f = &doc->figure[i];

        page_line(out, (const char *const[]){ f->name, f->table, f->strict, or_empty(f->lenient), f->meaning, NULL });
    }
    buf_str(out, "</tbody>\n</table>\n</div>\n");
    commands(out, doc);
    buf_str(out, "</section>\n");
}

static void
say_item(struct buf *out, const char *sentence)
{
    buf_str(out, "<li>");
    page_text(out, sentence);
    buf_str(out, "</li>\n");
}

static void
method(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "<section aria-labelledby=\"method\">\n<h2 id=\"method\">Method</h2>\n<ul>\n");
    page_method_sentences(out, doc, say_item);
    buf_str(out, "</ul>\n</section>\n");
}

static void
codebook(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "<section aria-labelledby=\"codebook\">\n<h2 id=\"codebook\">Codebook</h2>\n"
        "<div class=\"wide\" role=\"region\" aria-labelledby=\"codebook\" tabindex=\"0\">\n<table>\n<thead><tr><th scope=\"col\">Column</th>"
        "<th scope=\"col\">Table</th><th scope=\"col\">Label</th><th scope=\"col\">What was done</th><th scope=\"col\">Note</th></tr></thead>\n"
        "<tbody>\n");
    for (size_t i = 0; i < doc->n_fields; i++) {
        const struct release_field *f = &doc->field[i];

        page_line(out, (const char *const[]){ f->field, f->table, or_empty(f->label), f->treatment, or_empty(f->note), NULL });
    }
    buf_str(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

static void
file_entry(struct buf *out, const char *name, uint64_t rows)
{
    buf_fmt(out, "<li><a href=\"%s.csv\">%s.csv</a>, <a href=\"%s.json\">%s.json</a>: %" PRIu64 " row%s</li>\n", name, name, name, name, rows,
        rows == 1 ? "" : "s");
}

static void
files(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "<section aria-labelledby=\"files\">\n<h2 id=\"files\">Files</h2>\n<ul>\n");
    for (size_t i = 0; i < doc->n_sheets; i++)
        file_entry(out, doc->sheet[i].name, doc->sheet[i].n_rows);
    for (size_t i = 0; i < doc->n_tables; i++)
        file_entry(out, doc->table[i].sheet->name, doc->table[i].sheet->n_rows);
    if (doc->declared != NULL)
        file_entry(out, doc->declared->name, doc->declared->n_rows);
    buf_str(out, "<li><a href=\"codebook.csv\">codebook.csv</a>: every column and what was done to it</li>\n"
        "<li><a href=\"method.md\">method.md</a>: the method note</li>\n"
        "<li><a href=\"manifest.json\">manifest.json</a>, manifest.json.minisig: size and SHA-256 of each file, signed</li>\n</ul>\n"
        "<p>To see that nothing was changed, type in the folder that this page lies in</p>\n"
        "<pre tabindex=\"0\"><code>withheld release verify .</code></pre>\n"
        "<p>or, with stock tools, of which the first verifies the manifest and the second compares the files with it:</p>\n"
        "<pre tabindex=\"0\"><code>minisign -Vm manifest.json -P KEY\n" RELEASE_COMPARE "</code></pre>\n"
        "<p>KEY is the word that the sender told you in another way than these files.</p>\n"
        "</section>\n");
}

/* ---- all of it ---- */

/* Of a single case what happened comes first; else counts, as a table of records may be long. */
static void
data(struct buf *out, const struct release_doc *doc, bool records)
{
    for (size_t i = 0; records && i < doc->n_sheets; i++)
        page_sheet(out, doc, &doc->sheet[i]);
    for (size_t i = 0; !records && i < doc->n_tables; i++)
        page_counts(out, doc, &doc->table[i]);
    if (!records)
        page_declared(out, doc);
}

vault_err
page_html(struct buf *out, const struct release_doc *doc)
{
    vault_err err = head(out, doc);

    if (err != VAULT_OK)
        return err;
    running_head(out, doc);
    buf_str(out, "<div class=\"in\">\n<a class=\"skip\" href=\"#main\">Skip to the data</a>\n");
    title(out, doc);
    contents(out, doc);
    reading(out, doc);
    buf_str(out, "<main id=\"main\">\n");
    data(out, doc, doc->single_case);
    data(out, doc, !doc->single_case);
    risk(out, doc);
    method(out, doc);
    codebook(out, doc);
    files(out, doc);
    buf_str(out, "</main>\n</div>\n<script>");
    buf_str(out, SCRIPT);
    buf_str(out, "</script>\n</body>\n</html>\n");
    return buf_ok(out);
}
