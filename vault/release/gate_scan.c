/* gate_scan.c - walks through a layer: letters for the strings, words for the names. */
#include <string.h>

#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

/* A path has slashes, and so has base64: there words of so few letters are none. */
#define SLASH_LETTERS 3u

struct walk {
    struct gate *g;
    const struct layer *layer;
    struct search *s;           /* NULL: a value is read */
    struct letters *letters;
    struct window *window;
    value_word_fn *fn;
    void *ctx;
    vault_err err;
    struct token t;             /* the word that is being read */
    bool open, small, apostrophe, too_long;
    uint8_t pending;            /* flags of the next letter */
    enum gap gap;
    bool begins, touches, slash, number;
    bool in_number;
};

/* ---- what stands between words ---- */

static bool
ends_cell(const struct layer *l, size_t at)
{
    uint8_t c = l->p[at];

    switch (l->kind) {
    case GATE_CSV:
        return c == '"' || c == ';' || c == '\t' || c == '\n' || (c == ',' && (at + 1 == l->n || l->p[at + 1] != ' '));
    case GATE_JSON:
        return c == '"' || c == '[' || c == ']' || c == '{' || c == '}' || c == '\n';
    case GATE_HTML:
        return c == '<' || c == '>' || c == '"';
    case GATE_PLAIN: case GATE_FILE_NAME:
        break;
    }
    return false;
}

static bool
begins_sentence(int32_t c)
{
    return c == '.' || c == '!' || c == '?' || c == ':' || c == '\n' || c == '"' || c == '(' || c == '>' || c == 0x3002 ||
        c == 0x2022 || (c >= 0x201C && c <= 0x201F) || c == 0xAB;
}

static bool
is_hyphen(int32_t c)
{
    return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

static void
widen_gap(struct walk *w, enum gap gap)
{
    if (w->gap < gap)
        w->gap = gap;
    w->pending |= LETTER_STARTS | LETTER_AFTER_GAP | (w->gap >= GAP_CELL ? LETTER_AFTER_CELL : 0);
}

/* ---- words ---- */

static void
open_word(struct walk *w, size_t at)
{
    struct token *t = &w->t;

    t->at = at;
    t->gap = w->gap;
    t->begins = w->begins || w->gap >= GAP_CELL;
    t->touches_before = w->touches;
    t->slash = w->slash;
    t->after_number = w->number;
    w->number = w->slash = false;
    t->caps = CAPS_UNCASED;
    t->digits = t->unparted = false;
    t->letters = t->n = t->n_bare = 0;
    w->open = true;
    w->small = w->apostrophe = w->too_long = false;
    w->gap = GAP_NONE;
    w->begins = false;
}

static void
close_word(struct walk *w, size_t at, bool touches)
{
    struct token *t = &w->t;

    if (!w->open)
        return;
    w->open = false;
    w->touches = touches;
    t->end = at;
    t->touches_after = touches;
    t->touches_before = t->touches_before || (t->slash && t->letters <= SLASH_LETTERS);
    t->touches = t->touches_before || touches;
    if (w->too_long)
        t->n = t->n_bare = 0;
    t->hash = hash_more(w->g->seed, t->text, t->n);
    if (w->fn != NULL)
        t->common = is_common(w->g, t);
    if (w->fn != NULL && w->err == VAULT_OK)
        w->err = w->fn(w->ctx, t);
    else if (w->window != NULL && !t->digits)
        window_push(w->window, t);
}

static void
add_to_word(struct walk *w, const struct fold *f)
{
    struct token *t = &w->t;

    if (t->n + f->n_word + 1u > TOKEN_BYTES || t->n_bare + f->n_bare > TOKEN_BYTES || t->letters == UINT8_MAX) {
        w->too_long = true;
        return;
    }
    if (w->apostrophe)
        t->text[t->n++] = '\'';
    w->apostrophe = false;
    memcpy(t->text + t->n, f->word, f->n_word);
    t->n = (uint8_t)(t->n + f->n_word);
    memcpy(t->bare + t->n_bare, f->bare, f->n_bare);
    t->n_bare = (uint8_t)(t->n_bare + f->n_bare);
    t->letters++;
}

static void
note_caps(struct walk *w, uint8_t what)
{
    struct token *t = &w->t;

    t->unparted = t->unparted || what == FOLD_UNPARTED;
    if (t->letters == 0)
        t->caps = what == FOLD_CAPITAL ? CAPS_ALL : what == FOLD_SMALL ? CAPS_NONE : CAPS_UNCASED;
    else if (t->caps == CAPS_ALL && what == FOLD_SMALL) {
        t->caps = CAPS_FIRST;
        t->touches_before = t->touches_before || t->letters > 1;    /* QXSu: hardly a word */
    }
    w->small = what == FOLD_SMALL;
}

/* ---- letters ---- */

static void
flush(struct walk *w, bool last)
{
    struct letters *t = w->letters;
    size_t keep = last || t->n < STRING_BYTES_MAX + 8 ? 0 : STRING_BYTES_MAX + 8, end = t->n - keep;

    while (keep > 0 && end > 0 && (t->flags[end] & LETTER_GOES_ON) != 0)
        end--;
    memset(t->byte + t->n, 0, 16);
    strings_look(w->s, w->layer, t, end);
    memmove(t->byte, t->byte + end, t->n - end);
    memmove(t->flags, t->flags + end, t->n - end);
    memmove(t->at, t->at + end, (t->n - end) * sizeof t->at[0]);
    t->n -= end;
}

static void
put_letter(struct walk *w, const struct fold *f, size_t at)
{
    struct letters *t = w->letters;
    uint8_t flags = (uint8_t)(w->pending | (f->what == FOLD_CAPITAL ? LETTER_CAPITAL : 0));

    if (t == NULL)
        return;
    if (t->n + f->n_bare > LETTERS)
        flush(w, false);
    for (uint8_t i = 0; i < f->n_bare; i++) {
        t->byte[t->n] = f->bare[i];
        t->flags[t->n] = flags;
        t->at[t->n++] = (uint32_t)at;
        flags = LETTER_GOES_ON;
    }
    w->pending = 0;
}

/* ---- code points ---- */

static void
read_letter(struct walk *w, const struct fold *f, size_t at)
{
    if (w->open && (w->t.digits || (f->what == FOLD_CAPITAL && w->small))) {
        close_word(w, at, true);            /* ChoiMyung, 12Choi */
        w->pending |= LETTER_STARTS;
    }
    if (w->open && w->t.unparted != (f->what == FOLD_UNPARTED)) {
        close_word(w, at, false);           /* another way of writing begins */
        w->pending |= LETTER_STARTS;
    }
    if (!w->open) {
        if (w->in_number)
            w->pending |= LETTER_STARTS;
        open_word(w, at);
    }
    w->in_number = false;
    note_caps(w, f->what);
    add_to_word(w, f);
    put_letter(w, f, at);
}

/* A number is a word of its own where values are read; for names it only stands between. */
static void
read_digit(struct walk *w, const struct fold *f, size_t at)
{
    if (w->open && !w->t.digits) {
        close_word(w, at, true);
        w->pending |= LETTER_STARTS;
    }
    if (w->fn != NULL) {
        if (!w->open)
            open_word(w, at);
        w->t.digits = true;
        add_to_word(w, f);
    } else {
        w->gap = GAP_SOFT;
        w->number = w->touches = true;
        w->begins = false;
    }
    w->in_number = true;
    put_letter(w, f, at);
}

static void
read_between(struct walk *w, int32_t c, size_t at)
{
    bool cell = c == LAYER_CELL || (c < 0x80 && ends_cell(w->layer, at));

    close_word(w, at, c == '+' || c == '=' || (c == '/' && w->layer->kind != GATE_FILE_NAME && w->t.letters <= SLASH_LETTERS));
    w->in_number = false;
    w->touches = c == '+' || c == '=';
    w->slash = c == '/' && w->layer->kind != GATE_FILE_NAME;
    w->begins = w->begins || begins_sentence(c);
    widen_gap(w, cell ? GAP_CELL : is_hyphen(c) && w->gap == GAP_NONE ? GAP_HYPHEN : GAP_SOFT);
}

static void
read_break(struct walk *w, size_t at)
{
    close_word(w, at, false);
    if (w->window != NULL)
        window_break(w->window);
    if (w->letters != NULL)
        flush(w, true);
    w->gap = GAP_BREAK;
    w->in_number = w->touches = w->slash = w->number = false;
    w->begins = true;
    w->pending = LETTER_STARTS;
}

static void
read_code(struct walk *w, int32_t c, size_t at)
{
    struct fold room;
    const struct fold *f = fold_of(w->g, c, &room);

    switch ((enum fold_class)f->what) {
    case FOLD_SMALL: case FOLD_CAPITAL: case FOLD_UNCASED: case FOLD_UNPARTED:
        read_letter(w, f, at);
        break;
    case FOLD_DIGIT:
        read_digit(w, f, at);
        break;
    case FOLD_APOSTROPHE:
        if (w->open && !w->t.digits && w->t.letters > 0)
            w->apostrophe = true;
        break;
    case FOLD_UNKNOWN: case FOLD_NOTHING:
        break;
    case FOLD_BETWEEN:
        if (c == LAYER_BREAK)
            read_break(w, at);
        else
            read_between(w, c, at);
        break;
    }
}

/* The rest of a word in small ASCII letters, which is what most text is: as read_letter does, but at once. Returns where it ends. */
static size_t
read_small(struct walk *w, size_t at)
{
    const struct layer *l = w->layer;
    struct token *t = &w->t;
    struct letters *letters = w->letters;
    size_t n = 0;

    if (!w->open || t->digits || t->unparted || w->apostrophe || w->pending != 0)
        return at;
    while (at + n < l->n && l->p[at + n] >= 'a' && l->p[at + n] <= 'z')
        n++;
    if (n == 0 || t->n + n >= TOKEN_BYTES || t->n_bare + n >= TOKEN_BYTES || (letters != NULL && letters->n + n > LETTERS))
        return at;
    memcpy(t->text + t->n, l->p + at, n);
    memcpy(t->bare + t->n_bare, l->p + at, n);
    t->n = (uint8_t)(t->n + n);
    t->n_bare = (uint8_t)(t->n_bare + n);
    note_caps(w, FOLD_SMALL);
    t->letters = (uint8_t)(t->letters + n);
    if (letters != NULL) {
        memcpy(letters->byte + letters->n, l->p + at, n);
        memset(letters->flags + letters->n, 0, n);
        for (size_t i = 0; i < n; i++)
            letters->at[letters->n + i] = (uint32_t)(at + i);
        letters->n += n;
    }
    return at + n;
}

static void
walk_through(struct walk *w)
{
    const struct layer *l = w->layer;

    w->gap = GAP_BREAK;
    w->begins = true;
    w->pending = LETTER_STARTS;
    for (size_t at = 0; at < l->n && w->err == VAULT_OK && (w->s == NULL || !w->s->full);) {
        int32_t c = 0;
        size_t len = u8_read(&c, l->p + at, l->n - at);
        if (len == 0) {                     /* no UTF-8: something between */
            c = 0xFFFD;
            len = 1;
        }
        read_code(w, c, at);
        at = read_small(w, at + len);
    }
    read_break(w, l->n);
}

void
scan_layer(struct search *s, const struct layer *l)
{
    struct window window;
    struct walk w = { .g = s->g, .layer = l, .s = s, .letters = s->g->letters, .window = &window };

    window_init(&window, s, l);
    w.letters->n = 0;
    walk_through(&w);
}

vault_err
value_words(struct gate *g, struct part value, value_word_fn *fn, void *ctx)
{
    struct layer l = { .p = value.p, .n = value.n, .kind = GATE_PLAIN };
    struct walk w = { .g = g, .layer = &l, .fn = fn, .ctx = ctx };

    walk_through(&w);
    return w.err;
}
