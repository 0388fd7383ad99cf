/*
 * line.h - one line as it is typed, byte by byte.
 *
 * Layer:   cli. Reads and writes nothing.
 * Secrets: edits in place, in the caller's guarded memory; what is rubbed out is wiped.
 */
#ifndef CLI_LINE_H
#define CLI_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum line_state { LINE_PLAIN, LINE_ESCAPE, LINE_SEQUENCE };

/* What the end of a line does that is pasted, or typed as Ctrl-J. */
enum line_ends {
    LINE_ONE,       /* a blank when pasted */
    LINE_MANY,      /* it is text */
    LINE_DROP       /* nothing when pasted */
};

/* The only word that begins with these letters, or NULL. */
typedef const char *line_complete_fn(const char *letters, size_t n);

struct line {
    char *p;                /* room for max + 2 bytes */
    size_t n, max;
    enum line_ends ends;
    bool shown;             /* Tab turns it over */
    bool changed;           /* what is on the screen is old; the caller clears it */
    bool done, given_up;    /* Enter; Ctrl-D on an empty line */
    bool too_long;
    bool pasting;
    enum line_state state;  /* LINE_ESCAPE: the caller sets LINE_PLAIN when nothing follows soon */
    unsigned number;        /* within an escape sequence */
    /* Words that are complete after four letters, and are then completed; NULL: any text. Who types
     * on to the end of a word, and the blank, as it stands on the paper, changes nothing. */
    line_complete_fn *complete;
    const char *rest;       /* what completing added to the last word; NULL: that is settled */
    size_t typed;           /* letters of it that were typed since */
};

/* Take the byte that lies at p[n]. */
void line_key(struct line *l);

/* Where words are completed: how many there are, and the number of the first that is none (0: all are,
 * so far). */
unsigned line_words(const struct line *l, unsigned *wrong);

#endif
