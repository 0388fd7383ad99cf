/*
 * page_method.c - method.md, and what it has in common with the page: see page.h.
 *
 * Only what holds of every release stands here; what one release did comes with the document.
 */
#include "vault/release/page_priv.h"

#include <inttypes.h>
#include <string.h>
#include "vault/base/text.h"

/* ---- sentences that the page says too ---- */

static void
say_table(struct buf *out, const struct release_table *t, page_say_fn *say)
{
    struct buf line = BUF_INIT;
    const char *text;

    buf_fmt(&line, "Table %s counts records of the type %s. Counts of fewer than %" PRIu64 " are kept back, and so is every count from which one "
        "of them could be computed: %" PRIu64 " cell%s.", t->sheet->name, t->of, t->min_count, t->n_suppressed, t->n_suppressed == 1 ? "" : "s");
    text = buf_cstr(&line);
    if (text == NULL)
        out->bad = true;
    else
        say(out, text);
    buf_free(&line);
}

void
page_method_sentences(struct buf *out, const struct release_doc *doc, page_say_fn *say)
{
    if (doc->single_case)
        say(out, "This is the release of a single case: what is told of it was chosen, and is no sample of anything.");
    if (doc->n_sheets > 0) {
        say(out, "No name, address, number of a document or contact is in the files, except where the codebook says that one is kept.");
        say(out, "Where a code stands for a person, it was computed with a secret that is kept for this audience alone. It says nothing about "
            "the person, and releases for two audiences cannot be joined by it.");
        say(out, "Which code stands for whom is known only to those who hold the map or the vault; neither is part of this folder.");
    }
    for (size_t i = 0; i < doc->n_tables; i++)
        say_table(out, &doc->table[i], say);
    if (doc->declared != NULL)
        say(out, "Public figures are repeated as their source published them.");
    for (size_t i = 0; i < doc->n_notes; i++)
        say(out, doc->note[i]);
    say(out, "Before these files were written, the finished text of each was searched for the names and numbers in the vault, across spellings, "
        "scripts and encodings.");
}

/* ---- Markdown ---- */

/* As text in every reader of Markdown, and still plain in an editor: only what would begin a tag, a link, code or emphasis is marked. */
static void
md(struct buf *out, const char *s)
{
    struct buf safe = BUF_INIT;

    text_escape(&safe, s, strlen(s), false);
    for (size_t i = 0; i < safe.n; i++) {
        if (safe.p[i] != '\0' && strchr("<>[]`*\\&|#", safe.p[i]) != NULL)
            buf_u8(out, '\\');
        buf_u8(out, safe.p[i]);
    }
    out->bad = out->bad || safe.bad;
    buf_free(&safe);
}

static void
item(struct buf *out, const char *sentence)
{
    buf_str(out, "- ");
    md(out, sentence);
    buf_u8(out, '\n');
}

static void
fact(struct buf *out, const char *what, const char *s)
{
    buf_fmt(out, "- %s: ", what);
    md(out, s);
    buf_u8(out, '\n');
}

static void
code(struct buf *out, const char *line)
{
    buf_str(out, "\n      ");
    text_escape(out, line, strlen(line), false);
    buf_str(out, "\n\n");
}

/* ---- sections ---- */

static void
figure(struct buf *out, const struct release_figure *f, bool same_command)
{
    buf_str(out, "- ");
    md(out, f->table);
    buf_str(out, ", ");
    md(out, f->name);
    buf_str(out, ": ");
    md(out, f->strict);
    if (f->lenient != NULL && f->lenient[0] != '\0') {
        buf_str(out, " strict, ");
        md(out, f->lenient);
        buf_str(out, " lenient");
    }
    buf_str(out, ". ");
    md(out, f->meaning);
    buf_u8(out, '\n');
    if (f->command != NULL && f->command[0] != '\0' && !same_command)
        code(out, f->command);
}

static bool
same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void
figures(struct buf *out, const struct release_doc *doc)
{
    if (doc->n_figures == 0)
        return;
    buf_str(out, "\n## Risk figures\n\nHow far a row points to a person, for somebody who knows the values that others can know. Strict: a value "
        "that is kept back\ncounts as a value of its own. Lenient: it may be any value. The command below a figure, typed in this folder, computes\n"
        "it again.\n\n");
    for (size_t i = 0; i < doc->n_figures; i++) {
        const struct release_figure *f = &doc->figure[i];

        /* Of figures that come from one command it stands below the last. */
        figure(out, f, i + 1 < doc->n_figures && same(f->command, doc->figure[i + 1].command));
    }
}

static void
codebook(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "\n## What was done to each column\n\n");
    for (size_t i = 0; i < doc->n_fields; i++) {
        const struct release_field *f = &doc->field[i];

        buf_str(out, "- ");
        md(out, f->table);
        buf_str(out, ", ");
        md(out, f->field);
        buf_str(out, ": ");
        md(out, f->treatment);
        if (f->note != NULL && f->note[0] != '\0') {
            buf_str(out, "; ");
            md(out, f->note);
        }
        buf_u8(out, '\n');
    }
}

static const char READING[] =
    "\n## How to read the files\n\n"
    "CSV: UTF-8, comma, a heading, lines end in CR LF. JSON: the same rows as objects, every value as text. `*` is a value or a count\n"
    "that is not released. An empty cell (null in JSON) is one of which nothing is recorded. `total` in a table of counts stands for\n"
    "all values of that column.\n";

static const char CHECKING[] =
    "\n## How to check the files\n\n"
    "`manifest.json` names each file with its size and SHA-256, and is signed. In this folder:\n"
    "\n    withheld release verify .\n\n"
    "or, with stock tools:\n"
    "\n    minisign -Vm manifest.json -P KEY\n    " RELEASE_COMPARE "\n\n"
    "KEY is the word that the sender told in another way than these files.\n";

static const char LIMITS[] =
    "\n## What must not be tried\n\n"
    "Do not try to find out who these people are, and do not join the files with other data about people. Small numbers, places and\n"
    "dates can lead to a person, and a name that gets out can cost a life. If you believe that somebody can be recognised, tell the\n"
    "sender and nobody else.\n";

void
page_method(struct buf *out, const struct release_doc *doc)
{
    buf_str(out, "# Method note\n\n");
    fact(out, "Purpose", doc->purpose);
    fact(out, "Released for", doc->audience);
    fact(out, "Data as of", doc->as_of);
    fact(out, "To be used until", doc->expires);
    buf_str(out, "\nPseudonymous; names withheld for safety.\n\n## How it was made\n\n");
    page_method_sentences(out, doc, item);
    if (doc->n_fields > 0)
        codebook(out, doc);
    figures(out, doc);
    buf_str(out, READING);
    buf_str(out, CHECKING);
    buf_str(out, LIMITS);
}
