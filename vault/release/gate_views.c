/*
 * gate_views.c - the same text in another order: without tags, the values of JSON alone, columns from top to bottom, and letters that are set
 * apart put together.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

/* ---- neighbours: pieces that a name may be split over, in a new order ---- */

#define PAIRS 0x10000u
/* Longer ones were searched where they stand, and are no part of a name. */
#define CELL_MAX 80u

struct neighbours {
    struct layer *to;
    const struct layer *from;
    uint64_t *seen;             /* pairs, by hash: what stood next to each other before is not repeated */
    size_t at, n;               /* the last one; n is 0 where there is none */
    uint64_t hash;
    bool joined;                /* it stands at the end of the layer */
};

static bool
neighbours_begin(struct neighbours *x, struct layer *to, const struct layer *from)
{
    *x = (struct neighbours){ .to = to, .from = from, .seen = calloc(PAIRS, sizeof *x->seen) };
    to->bad = to->bad || x->seen == NULL;
    return x->seen != NULL;
}

/* The row ends here. */
static void
neighbours_part(struct neighbours *x)
{
    x->n = 0;
    x->joined = false;
}

/* Codes and the like, of letters and digits: none of a name or number that may be split. */
static bool
is_code(const uint8_t *p, size_t n)
{
    bool letters = false, digits = false;

    for (size_t i = 0; i < n; i++) {
        digits = digits || (p[i] >= '0' && p[i] <= '9');
        letters = letters || ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z') || p[i] >= 0x80;
    }
    return letters && digits;
}

static void
neighbours_add(struct neighbours *x, size_t at, size_t n)
{
    const uint8_t *p = x->from->p;
    uint64_t hash, pair;

    if (n == 0 || n > CELL_MAX || is_code(p + at, n)) {
        neighbours_part(x);
        return;
    }
    hash = hash_more(1, p + at, n);
    pair = hash_end(x->hash * 31 + hash);
    if (x->n == 0 || hash == x->hash || x->seen[pair & (PAIRS - 1)] == pair) {
        x->joined = false;
    } else {
        x->seen[pair & (PAIRS - 1)] = pair;
        if (!x->joined) {
            layer_break(x->to, x->at, LAYER_BREAK);
            layer_put(x->to, x->at, p + x->at, x->n);
        }
        layer_break(x->to, x->at, LAYER_CELL);
        layer_put(x->to, at, p + at, n);
        x->joined = true;
    }
    x->at = at;
    x->n = n;
    x->hash = hash;
}

/* ---- HTML without tags ---- */

static bool
is_alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Elements that stand within a word, or may. */
static bool
is_inline(const uint8_t *p, size_t n)
{
    static const char names[] = " a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd mark nobr q s samp script small span strike "
        "strong style sub sup time tt u var wbr ";
    char name[16] = " ";
    size_t k = 0;

    if (n > 0 && *p == '/')
        p++, n--;
    if (n > 0 && (*p == '!' || *p == '?'))
        return true;                        /* comments */
    while (k < n && k < 12 && (is_alpha(p[k]) || (p[k] >= '0' && p[k] <= '9'))) {
        name[k + 1] = (char)(p[k] | 0x20);
        k++;
    }
    name[k + 1] = ' ';
    name[k + 2] = '\0';
    return strstr(names, name) != NULL;
}

static bool
begins_tag(const struct layer *l, size_t at)
{
    return l->p[at] == '<' && at + 1 < l->n && (is_alpha(l->p[at + 1]) || l->p[at + 1] == '/' || l->p[at + 1] == '!' || l->p[at + 1] == '?');
}

/* Behind the tag: behind its >, or before the next <. */
static size_t
tag_end(const struct layer *l, size_t at)
{
    for (at++; at < l->n; at++) {
        if (l->p[at] == '>')
            return at + 1;
        if (l->p[at] == '<')
            return at;
    }
    return at;
}

/* The next < that begins a tag, or the end. */
static size_t
next_tag(const struct layer *l, size_t at)
{
    while (at < l->n) {
        const uint8_t *p = memchr(l->p + at, '<', l->n - at);
        if (p == NULL)
            break;
        at = (size_t)(p - l->p);
        if (begins_tag(l, at))
            return at;
        at++;
    }
    return l->n;
}

/* Behind what stands between two tags that end words: there *inside tells whether others are in it. */
static size_t
block_end(const struct layer *l, size_t at, bool *inside)
{
    size_t tag = next_tag(l, at), end;

    *inside = false;
    while (tag < l->n) {
        end = tag_end(l, tag);
        if (!is_inline(l->p + tag + 1, end - tag - 1))
            break;
        *inside = true;
        tag = next_tag(l, end);
    }
    return tag;
}

/* A block without its tags. */
static void
put_block(struct layer *to, const struct layer *from, size_t at, size_t end)
{
    layer_break(to, at, LAYER_CELL);
    while (at < end) {
        size_t tag = next_tag(from, at);
        tag = tag < end ? tag : end;
        layer_put(to, at, from->p + at, tag - at);
        at = tag < end ? tag_end(from, tag) : end;
    }
    layer_break(to, end, LAYER_CELL);
}

static void
trim(const struct layer *l, size_t *at, size_t *end)
{
    while (*at < *end && l->p[*at] <= ' ')
        ++*at;
    while (*end > *at && l->p[*end - 1] <= ' ')
        --*end;
}

void
decode_tags(struct layer *to, const struct layer *from)
{
    struct neighbours x;
    bool inside;

    if (next_tag(from, 0) == from->n || !neighbours_begin(&x, to, from))
        return;
    for (size_t at = 0; at < from->n;) {
        size_t tag = block_end(from, at, &inside), end = tag;
        trim(from, &at, &end);
        if (inside) {
            put_block(to, from, at, end);
            neighbours_part(&x);
        } else if (end > at) {
            neighbours_add(&x, at, end - at);
        }
        at = tag < from->n ? tag_end(from, tag) : tag;
    }
    free(x.seen);
}

/* ---- strings of JSON ---- */

/* Behind the closing quotation mark of a string that begins at `at`. */
static size_t
string_end(const struct layer *l, size_t at)
{
    for (at++; at < l->n; at++) {
        if (l->p[at] == '\\')
            at++;
        else if (l->p[at] == '"')
            return at + 1;
    }
    return l->n;
}

static bool
is_key(const struct layer *l, size_t end)
{
    while (end < l->n && (l->p[end] == ' ' || l->p[end] == '\n' || l->p[end] == '\r' || l->p[end] == '\t'))
        end++;
    return end < l->n && l->p[end] == ':';
}

static bool
has_members(const struct layer *l)
{
    return l->n > 4 && memmem(l->p, l->n, "\":", 2) != NULL;
}

void
decode_members(struct layer *to, const struct layer *from)
{
    struct neighbours x;

    if (from->kind == GATE_CSV || !has_members(from) || !neighbours_begin(&x, to, from))
        return;
    for (size_t at = 0; at < from->n;) {
        const uint8_t *p = memchr(from->p + at, '"', from->n - at);
        size_t begin, end;
        if (p == NULL)
            break;
        begin = (size_t)(p - from->p);
        end = string_end(from, begin);
        at = end;
        if (end - begin > 2 && !is_key(from, end))
            neighbours_add(&x, begin + 1, end - begin - 2);
    }
    free(x.seen);
}

/* ---- columns ---- */

#define COLUMNS 512u

struct cell { uint32_t at, n; };
struct cells {
    struct cell *cell;
    uint16_t *column;
    size_t n, room, room_columns;
    bool bad;
};

static void
add_cell(struct cells *c, const struct layer *l, size_t at, size_t end, size_t column)
{
    struct cell *cell;
    uint16_t *number;
    uint32_t n = end - at <= CELL_MAX ? (uint32_t)(end - at) : 0;

    if (column >= COLUMNS || c->bad)
        return;
    for (size_t i = at; n > 0 && i < end; i++)      /* numbers are not split over rows */
        if (l->p[i] >= '0' && l->p[i] <= '9')
            n = 0;
    cell = array_room(c->cell, c->n, &c->room, sizeof *cell);
    if (cell != NULL)
        c->cell = cell;
    number = array_room(c->column, c->n, &c->room_columns, sizeof *number);
    if (number != NULL)
        c->column = number;
    if (cell == NULL || number == NULL) {
        c->bad = true;
        return;
    }
    cell[c->n] = (struct cell){ (uint32_t)at, n };
    number[c->n++] = (uint16_t)column;
}

static uint8_t
separator_of(const struct layer *l)
{
    size_t count[3] = {0};
    static const uint8_t sign[3] = { ',', ';', '\t' };
    size_t best = 0;

    for (size_t i = 0; i < l->n && l->p[i] != '\n'; i++)
        for (size_t k = 0; k < 3; k++)
            count[k] += l->p[i] == sign[k];
    for (size_t k = 1; k < 3; k++)
        if (count[k] > count[best])
            best = k;
    return sign[best];
}

static size_t
csv_cell_end(const struct layer *l, size_t at, uint8_t separator)
{
    bool quoted = at < l->n && l->p[at] == '"';

    for (size_t i = at + quoted; i < l->n; i++) {
        if (quoted && l->p[i] == '"') {
            if (i + 1 < l->n && l->p[i + 1] == '"')
                i++;
            else
                quoted = false;
        } else if (!quoted && (l->p[i] == separator || l->p[i] == '\n')) {
            return i;
        }
    }
    return l->n;
}

static void
cells_of_csv(struct cells *c, const struct layer *l)
{
    uint8_t separator = separator_of(l);
    size_t column = 0;

    for (size_t at = 0; at < l->n;) {
        size_t end = csv_cell_end(l, at, separator);
        add_cell(c, l, at, end, column);
        column = end < l->n && l->p[end] == '\n' ? 0 : column + 1;
        at = end + 1;
    }
}

/* A cell of a table for each td and th; tr begins a row. */
static void
cells_of_html(struct cells *c, const struct layer *l)
{
    size_t column = 0;

    for (size_t at = next_tag(l, 0); at < l->n;) {
        size_t end = tag_end(l, at), next = next_tag(l, end);
        uint8_t a = at + 2 < l->n ? l->p[at + 1] | 0x20 : 0, b = at + 2 < l->n ? l->p[at + 2] | 0x20 : 0;
        if (a == 't' && b == 'r')
            column = 0;
        else if (a == 't' && (b == 'd' || b == 'h') && !(at + 3 < l->n && is_alpha(l->p[at + 3])))
            add_cell(c, l, end, next, column++);
        at = next;
    }
}

/* Members of the same name. Their number is that of a hash, as nothing is lost where two share one but the order. */
static void
cells_of_json(struct cells *c, const struct layer *l)
{
    size_t column = 0;

    for (size_t at = 0; at < l->n;) {
        const uint8_t *p = memchr(l->p + at, '"', l->n - at);
        size_t begin, end;
        if (p == NULL)
            break;
        begin = (size_t)(p - l->p);
        end = string_end(l, begin);
        if (is_key(l, end))
            column = (size_t)(hash_end(hash_more(0, l->p + begin, end - begin)) % COLUMNS);
        else if (end - begin >= 2)
            add_cell(c, l, begin + 1, end - 1, column);
        at = end;
    }
}

static void
put_columns(struct layer *to, const struct layer *from, const struct cells *c, const uint32_t *order)
{
    struct neighbours x;

    if (!neighbours_begin(&x, to, from))
        return;
    for (size_t i = 0; i < c->n; i++) {
        const struct cell *cell = &c->cell[order[i]];
        if (i > 0 && c->column[order[i]] != c->column[order[i - 1]])
            neighbours_part(&x);
        neighbours_add(&x, cell->at, cell->n);
    }
    free(x.seen);
}

/* The cells by column, each column from the top. */
static uint32_t *
by_column(const struct cells *c)
{
    uint32_t *order = calloc(c->n + 1, sizeof *order);
    size_t first[COLUMNS + 1] = {0};

    if (order == NULL)
        return NULL;
    for (size_t i = 0; i < c->n; i++)
        first[c->column[i] + 1]++;
    for (size_t i = 1; i <= COLUMNS; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < c->n; i++)
        order[first[c->column[i]]++] = (uint32_t)i;
    return order;
}

void
decode_columns(struct layer *to, const struct layer *from)
{
    struct cells c = { .n = 0 };
    uint32_t *order = NULL;

    if (from->kind == GATE_CSV)
        cells_of_csv(&c, from);
    else if (from->kind == GATE_JSON)
        cells_of_json(&c, from);
    else if (from->kind == GATE_HTML)
        cells_of_html(&c, from);
    if (c.n > 1 && !c.bad)
        order = by_column(&c);
    if (order != NULL)
        put_columns(to, from, &c, order);
    to->bad = to->bad || c.bad || (c.n > 1 && order == NULL);
    free(order);
    free(c.cell);
    free(c.column);
}

/* ---- letters set apart ---- */

#define APART_MIN 4u
#define APART_GAP 16u           /* bytes between two letters */

#define APART_MAX 96u

struct apart {
    uint32_t at[APART_MAX];     /* the letters */
    uint8_t n[APART_MAX];       /* bytes of each */
    uint64_t gap[APART_MAX];    /* what stands before each, as a hash */
    size_t count;
};

/* What stands between most letters; another gap parts words. */
static uint64_t
usual_gap(const struct apart *a)
{
    uint64_t usual = 0;
    size_t most = 0;

    for (size_t i = 1; i < a->count; i++) {
        size_t same = 0;
        for (size_t k = 1; k < a->count; k++)
            same += a->gap[k] == a->gap[i];
        if (same > most) {
            most = same;
            usual = a->gap[i];
        }
    }
    return usual;
}

static void
put_apart(struct layer *to, const struct layer *from, struct apart *a)
{
    uint64_t usual;

    if (a->count >= APART_MIN) {
        usual = usual_gap(a);
        for (size_t i = 0; i < a->count; i++) {
            if (i > 0 && a->gap[i] != usual)
                layer_put(to, a->at[i], " ", 1);
            layer_put(to, a->at[i], from->p + a->at[i], a->n[i]);
        }
        layer_put(to, a->at[a->count - 1], "\x1E", 1);
    }
    a->count = 0;
}

static bool
is_letter_code(int32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return c >= 0xC0 && c != 0xD7 && c != 0xF7 && !(c >= 0x2000 && c < 0x2E80) && !(c >= 0x3000 && c < 0xA000) && c != 0xFEFF && !(c >= 0x300 && c < 0x370);
}

struct setting {
    struct layer *to;
    const struct layer *from;
    struct apart a;
    size_t end;                 /* behind the last letter */
    bool inside;                /* a letter or digit stood just before */
    bool one;                   /* and it was alone */
};

/* What is longer than a letter ends the row, and its first letter was none of it. */
static void
end_apart(struct setting *s)
{
    if (s->one && s->a.count > 0)
        s->a.count--;
    s->one = false;
    put_apart(s->to, s->from, &s->a);
}

static void
take_apart(struct setting *s, size_t at, size_t len)
{
    struct apart *a = &s->a;

    if (s->inside) {
        end_apart(s);
    } else {
        if (a->count == APART_MAX || (a->count > 0 && (!s->one || at - s->end > APART_GAP)))
            put_apart(s->to, s->from, a);
        a->at[a->count] = (uint32_t)at;
        a->n[a->count] = (uint8_t)len;
        a->gap[a->count] = a->count == 0 ? 0 : hash_more(1, s->from->p + s->end, at - s->end);
        a->count++;
        s->one = true;
    }
    s->inside = true;
    s->end = at + len;
}

void
decode_apart(struct layer *to, const struct layer *from)
{
    struct setting s = { .to = to, .from = from };

    for (size_t at = 0, len; at < from->n; at += len) {
        int32_t c = 0;
        len = u8_read(&c, from->p + at, from->n - at);
        if (len > 0 && is_letter_code(c)) {
            take_apart(&s, at, len);
        } else if (c >= '0' && c <= '9') {
            if (s.inside)
                end_apart(&s);
            put_apart(to, from, &s.a);
            s.inside = true;
            s.one = false;
        } else {
            if (c == LAYER_BREAK)
                put_apart(to, from, &s.a);
            s.inside = false;
        }
        len = len == 0 ? 1 : len;
    }
    put_apart(to, from, &s.a);
}

/* ---- normal form ---- */

/* Combining marks, or Hangul in its parts. */
static bool
is_decomposed(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (p[i] == 0xCC || (p[i] == 0xCD && p[i + 1] < 0xB0) || (p[i] == 0xE1 && p[i + 1] >= 0x84 && p[i + 1] <= 0x87))
            return true;
    return false;
}

void
decode_normal(struct layer *to, const struct layer *from)
{
    struct buf normal = BUF_INIT;

    for (size_t at = 0; at < from->n;) {
        const uint8_t *p = memchr(from->p + at, '\n', from->n - at);
        size_t end = p == NULL ? from->n : (size_t)(p - from->p) + 1;
        if (is_decomposed(from->p + at, end - at)) {
            buf_reset(&normal);
            if (text_nfc(&normal, (const char *)from->p + at, end - at) == VAULT_OK)
                layer_put(to, at, normal.p, normal.n);
            else
                vault_clear_error();
        }
        at = end;
    }
    buf_free(&normal);
}
