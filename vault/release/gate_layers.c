/* gate_layers.c - a file as layers: what it is, and what decoders make of it, again and again. */
#include <stdlib.h>

#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

#define DEPTH_MAX 5u
/* What decoding may yield in all before the gate gives up: so often the file, and so many bytes. */
#define DERIVED_TIMES 12u
#define DERIVED_MORE ((size_t)8 << 20)

/* ---- building one ---- */

static void
place(struct layer *l, size_t source)
{
    struct place *room;

    if (l->n_places > 0) {
        const struct place *p = &l->place[l->n_places - 1];
        if (l->own.n - p->at + p->source == source)
            return;
    }
    room = array_room(l->place, l->n_places, &l->room_places, sizeof *room);
    if (room == NULL) {
        l->bad = true;
        return;
    }
    l->place = room;
    room[l->n_places++] = (struct place){ (uint32_t)l->own.n, (uint32_t)source };
}

void
layer_put(struct layer *l, size_t source, const void *p, size_t n)
{
    if (n == 0)
        return;
    place(l, source);
    buf_put(&l->own, p, n);
}

void
layer_put_code(struct layer *l, size_t source, int32_t cp)
{
    uint8_t u8[4];

    layer_put(l, source, u8, u8_write(u8, cp));
}

void
layer_break(struct layer *l, size_t source, uint8_t how)
{
    if (l->own.n > 0 && l->own.p[l->own.n - 1] != how)
        layer_put(l, source, &how, 1);
}

size_t
layer_source(const struct layer *l, size_t at)
{
    for (; l->from != NULL; l = l->from) {
        size_t low = 0, high = l->n_places;
        while (high - low > 1) {
            size_t middle = low + (high - low) / 2;
            if (l->place[middle].at <= at)
                low = middle;
            else
                high = middle;
        }
        at = l->n_places == 0 ? 0 : l->place[low].source + (at - l->place[low].at);
        at = at > l->from->n ? l->from->n : at;
    }
    return at;
}

/* ---- which decoders ---- */

typedef void decode_fn(struct layer *to, const struct layer *from);

static const struct {
    decode_fn *run;
    unsigned often;             /* in each other */
    bool view;                  /* another order of the same text */
} DECODE[DECODERS] = {
    [DECODE_ESCAPES] = { decode_escapes, 3, false },
    [DECODE_QUOTED] = { decode_quoted, 1, false },
    [DECODE_CSS] = { decode_css, 1, false },
    [DECODE_BASE64] = { decode_base64, 3, false },
    [DECODE_HEX] = { decode_hex, 3, false },
    [DECODE_UTF16] = { decode_utf16, 2, false },
    [DECODE_TAGS] = { decode_tags, 1, true },
    [DECODE_MEMBERS] = { decode_members, 1, true },
    [DECODE_COLUMNS] = { decode_columns, 1, true },
    [DECODE_APART] = { decode_apart, 1, true },
    [DECODE_NORMAL] = { decode_normal, 1, false },
    [DECODE_OLD] = { decode_old, 1, false },
};

static bool
may_run(const struct layer *l, enum decoder d)
{
    unsigned often = 0;
    bool bytes = d == DECODE_BASE64 || d == DECODE_HEX || d == DECODE_UTF16 || d == DECODE_OLD;  /* found where they stand */

    if (l->depth >= DEPTH_MAX)
        return false;
    for (const struct layer *up = l; up->from != NULL; up = up->from) {
        often += up->by == d;
        if (up->by == DECODE_APART || (bytes && (up->by == DECODE_MEMBERS || up->by == DECODE_COLUMNS)) || (d == DECODE_COLUMNS && DECODE[up->by].view) || (d == DECODE_MEMBERS && up->by == DECODE_COLUMNS))
            return false;
    }
    return often < DECODE[d].often;
}

static void
start(struct layer *to, const struct layer *from, enum decoder by)
{
    bool bytes = by == DECODE_BASE64 || by == DECODE_HEX;

    *to = (struct layer){ .from = from, .by = by, .depth = from->depth + 1, .loose = from->loose || bytes,
        .kind = bytes || DECODE[by].view ? GATE_PLAIN : from->kind };
}

static void
go_down(struct search *s, const struct layer *from, enum decoder by)
{
    struct layer to;

    start(&to, from, by);
    DECODE[by].run(&to, from);
    to.p = to.own.p;
    to.n = to.own.n;
    if (to.bad || to.own.bad) {
        s->err = err_nomem();
        s->full = true;
    } else if (to.n > 0) {
        s->derived += to.n;
        if (s->derived > DERIVED_TIMES * s->bytes.n + DERIVED_MORE)
            s->unsearched = true;
        else
            search_layers(s, &to);
    }
    buf_free(&to.own);
    free(to.place);
}

void
search_layers(struct search *s, const struct layer *l)
{
    scan_layer(s, l);
    if (!l->loose && (l->from == NULL || !DECODE[l->by].view))
        scan_patterns(s, l);
    for (enum decoder d = 0; d < DECODERS && !s->full && !s->unsearched; d++)
        if (may_run(l, d))
            go_down(s, l, d);
}
