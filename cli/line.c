#include "cli/line.h"

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
        rub_out(l);
        break;
    case 0x15:          /* Ctrl-U */
        while (l->n > 0)
            rub_out(l);
        break;
    case 0x17:          /* Ctrl-W */
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
    else
        keep(l, (char)c);
}
