/*
 * tsv.h - for the programs that make C of the tables: rows, and a sentence with file and line when one is wrong.
 *
 * Layer:   a tool of the build; sees letters.h.
 * Secrets: none.
 * Format:  UTF-8, columns set apart by tabs, # begins a comment line; the last column is the source.
 */
#ifndef VAULT_NAMES_TABLES_TSV_H
#define VAULT_NAMES_TABLES_TSV_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/utf8.h"
#include "vault/names/letters.h"

#define TSV_COLUMNS_MAX 6

struct tsv {
    const char *path;
    FILE *f;
    unsigned line;
    char text[4096];
    char *column[TSV_COLUMNS_MAX];
};

static inline void
tsv_fail(const struct tsv *t, const char *why, const char *what)
{
    fprintf(stderr, "%s:%u: %s%s%s\n", t->path, t->line, why, what == NULL ? "" : ": ",
        what == NULL ? "" : what);
    exit(1);
}

static inline void
tsv_open(struct tsv *t, const char *folder, const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    *t = (struct tsv){ .path = path, .f = fopen(path, "r") };
    if (t->f == NULL) {
        perror(path);
        exit(1);
    }
}

/* The next row of exactly n columns, none but the last but two empty. False at the end, where the file is closed. */
static inline int
tsv_row(struct tsv *t, size_t n)
{
    do {
        t->line++;
        if (fgets(t->text, sizeof t->text, t->f) == NULL) {
            fclose(t->f);
            return 0;
        }
        if (strchr(t->text, '\n') == NULL)
            tsv_fail(t, "the line is too long, or not ended", NULL);
        t->text[strcspn(t->text, "\r\n")] = '\0';
    } while (t->text[0] == '#' || t->text[0] == '\0');
    t->column[0] = t->text;
    for (size_t i = 1; i < n; i++) {
        char *tab = strchr(t->column[i - 1], '\t');
        if (tab == NULL)
            tsv_fail(t, "a column is missing (they are set apart by tabs)", NULL);
        *tab = '\0';
        t->column[i] = tab + 1;
    }
    if (strchr(t->column[n - 1], '\t') != NULL)
        tsv_fail(t, "there is a column too many", NULL);
    if (t->column[n - 1][0] == '\0')
        tsv_fail(t, "the row names no source", NULL);
    return 1;
}

/* The next word of a column, or NULL; the column is taken apart. */
static inline char *
tsv_word(char **column)
{
    char *p = *column + strspn(*column, " ");
    size_t n = strcspn(p, " ");

    if (n == 0)
        return NULL;
    *column = p + n + (p[n] != '\0');
    p[n] = '\0';
    return p;
}

static inline void
tsv_bytes(const uint8_t *p, size_t n)
{
    putchar('"');
    for (size_t i = 0; i < n; i++)
        printf(p[i] >= 0x20 && p[i] < 0x7F && p[i] != '"' && p[i] != '\\' ? "%c" : "\\%03o", p[i]);
    putchar('"');
}

#endif
