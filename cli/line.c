#include "cli/line.h"

#include <string.h>

#define ENOUGH 4            /* letters that tell a word */

/* Take away the last character; its bytes are wiped. */
static void
rub_out(struct line *l)
{
    while (l->n > 0) {
        char c = l->p[--l->n];

        l->p[l->n] = '\0';
        if (((unsigned char)c & 0xc0) != 0x80)
            break;
    }
    l->changed = true;
}

static void
rub_out_word(struct line *l)
{
    while (l->n > 0 && l->p[l->n - 1] == ' ')
        rub_out(l);
    while (l->n > 0 && l->p[l->n - 1] != ' ')
        rub_out(l);
}

/* The byte at p[n] stays, as c. */
static void
keep(struct line *l, char c)
{
    if (l->n >= l->max) {
        l->too_long = true;
        return;
    }
    l->p[l->n++] = c;
    l->changed = true;
}

/* ---- words that are completed ---- */

/* Where the word under way begins. */
static size_t
word_start(const struct line *l)
{
    size_t at = l->n;

    while (at > 0 && l->p[at - 1] != ' ')
        at--;
    return at;
}

static void
add_letter(struct line *l, char c)
{
    size_t start;
    const char *word;

    keep(l, c);
    start = word_start(l);
    if (l->n - start != ENOUGH || (word = l->complete(l->p + start, ENOUGH)) == NULL)
        return;
    for (const char *p = word + ENOUGH; *p != '\0'; p++)
        keep(l, *p);
    keep(l, ' ');
    l->rest = word + ENOUGH;
    l->typed = 0;
}

/* What looked like the rest of a word was the beginning of the next. */
static void
put_back(struct line *l)
{
    const char *rest = l->rest;
    size_t n = l->typed;

    l->rest = NULL;
    l->typed = 0;
    for (size_t i = 0; i < n; i++)
        add_letter(l, rest[i]);
}

static void
word_key(struct line *l, char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    if (l->rest != NULL && l->rest[l->typed] == c) {
        l->typed++;
    } else if (l->rest != NULL && c == ' ') {
        l->rest = NULL;             /* its blank stands there already */
    } else if (l->rest != NULL) {
        put_back(l);
        word_key(l, c);
    } else if (c == ' ') {
        keep(l, c);
    } else {
        add_letter(l, c);
    }
}

/* Backspace: a letter that changed nothing, or the whole word that was completed. */
static bool
rub_out_completed(struct line *l)
{
    if (l->rest == NULL)
        return false;
    if (l->typed > 0) {
        l->typed--;
    } else {
        l->rest = NULL;
        rub_out_word(l);
    }
    return true;
}

unsigned
line_words(const struct line *l, unsigned *wrong)
{
    unsigned count = 0;
    size_t n;

    *wrong = 0;
    for (size_t at = 0; at < l->n; at += n) {
        const char *gap = memchr(l->p + at, ' ', l->n - at);
        bool ended = gap != NULL;
        n = ended ? (size_t)(gap - l->p) - at : l->n - at;
        if (n == 0) {
            n = 1;
            continue;
        }
        count++;
        if (*wrong == 0 && (n >= ENOUGH || ended) &&
            (n < ENOUGH || l->complete(l->p + at, n) == NULL))
            *wrong = count;
    }
    return count;
}

/* ---- keys ---- */

static void
end_of_line(struct line *l)
{
    if (l->ends == LINE_MANY)
        keep(l, '\n');
    else if (!l->pasting)
        l->done = true;
    else if (l->ends == LINE_ONE)
        keep(l, ' ');
}

static void
control(struct line *l, unsigned char c)
{
    switch (c) {
    case '\r':
        if (l->pasting)
            end_of_line(l);
        else
            l->done = true;
        break;
    case '\n':
        end_of_line(l);
        break;
    case '\t':
        if (l->pasting) {
            keep(l, ' ');
            break;
        }
        l->shown = !l->shown;
        l->changed = true;
        break;
    case 0x7f:
    case '\b':
        if (!rub_out_completed(l))
            rub_out(l);
        break;
    case 0x15:          /* Ctrl-U */
        l->rest = NULL;
        while (l->n > 0)
            rub_out(l);
        break;
    case 0x17:          /* Ctrl-W */
        l->rest = NULL;
        rub_out_word(l);
        break;
    case 0x04:          /* Ctrl-D */
        l->given_up = l->n == 0;
        break;
    case 0x1b:
        l->state = LINE_ESCAPE;
        break;
    default:            /* other control characters are no text */
        break;
    }
}

/* A byte within an escape sequence: arrows and the like are dropped, marks of pasting heeded. */
static void
sequence(struct line *l, unsigned char c)
{
    if (l->state == LINE_ESCAPE) {
        l->state = c == '[' || c == 'O' ? LINE_SEQUENCE : LINE_PLAIN;
        l->number = 0;
        return;
    }
    if (c >= '0' && c <= '9' && l->number < 10000)
        l->number = l->number * 10 + (c - '0');
    if (c < 0x40 || c > 0x7e)
        return;
    if (c == '~' && (l->number == 200 || l->number == 201))
        l->pasting = l->number == 200;
    l->state = LINE_PLAIN;
}

void
line_key(struct line *l)
{
    unsigned char c = (unsigned char)l->p[l->n];

    l->p[l->n] = '\0';
    if (l->state != LINE_PLAIN)
        sequence(l, c);
    else if (c < 0x20 || c == 0x7f)
        control(l, c);
    else if (l->complete != NULL && !l->pasting)
        word_key(l, (char)c);
    else
        keep(l, (char)c);
    if (l->done)
        l->rest = NULL;
}
