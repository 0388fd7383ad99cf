/*
 * gate_strings.c - known strings in a row of letters, whatever stands between them.
 *
 * The first bytes are looked up in a filter that fits into the cache; the rest is hashed only where a string may begin. A string needs to
 * begin and end with a word of the text, unless it is so long that it does not arise by chance.
 */
#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

#define ANYWHERE_LETTERS 10u
#define ANYWHERE_SEMITIC 7u
#define ANYWHERE_UNPARTED 3u
#define NUMBER_WITH_GAPS 8u
#define SPLIT_LETTERS 8u
#define LOOSE_LETTERS 6u

struct match {
    struct search *s;
    const struct layer *l;
    const struct letters *t;
    size_t from, to;            /* letters */
    uint32_t records;           /* that have the string */
    bool starts, ends;
    unsigned gaps, cells, starts_in;
    bool capital, capitals;     /* at the beginning; and of each word */
};

static void
look_inside(struct match *m)
{
    const uint8_t *f = m->t->flags;

    m->starts = (f[m->from] & LETTER_STARTS) != 0;
    m->ends = m->to >= m->t->n || (f[m->to] & LETTER_STARTS) != 0;
    m->capital = m->capitals = (f[m->from] & LETTER_CAPITAL) != 0;
    m->gaps = m->cells = m->starts_in = 0;
    for (size_t i = m->from + 1; i < m->to; i++) {
        m->gaps += (f[i] & LETTER_AFTER_GAP) != 0;
        m->cells += (f[i] & LETTER_AFTER_CELL) != 0;
        m->starts_in += (f[i] & LETTER_STARTS) != 0;
        if ((f[i] & LETTER_STARTS) != 0 && (f[i] & LETTER_CAPITAL) == 0)
            m->capitals = false;
    }
}

static bool
name_counts(const struct match *m, const struct item *i)
{
    if ((i->flags & ITEM_COMMON) != 0 && !m->capitals)
        return false;
    if (m->l->loose && i->letters < LOOSE_LETTERS && (i->flags & ITEM_UNPARTED) == 0)
        return false;
    if ((i->flags & ITEM_UNPARTED) != 0)
        return i->letters >= ANYWHERE_UNPARTED || m->starts;
    return (m->starts && m->ends) || i->letters >= ANYWHERE_LETTERS ||
        ((i->flags & ITEM_SEMITIC) != 0 && i->letters >= ANYWHERE_SEMITIC && m->ends);
}

static bool
identifier_counts(const struct match *m, const struct item *i)
{
    bool digits = (i->flags & ITEM_DIGITS) != 0;

    if (!m->ends || (!m->starts && !(digits && i->letters > NUMBER_WITH_GAPS)))
        return false;
    if (digits && i->letters < NUMBER_WITH_GAPS && m->gaps > 0)
        return false;
    return m->cells == 0 || (i->letters >= SPLIT_LETTERS && m->cells <= 2);
}

/* Of a kind, and what it is told as. */
static bool
counts(const struct match *m, const struct item *i, enum gate_class *what)
{
    switch ((enum item_kind)i->kind) {
    case ITEM_NAME:
        *what = (i->flags & ITEM_UNPARTED) != 0 && i->letters < ANYWHERE_UNPARTED && !(m->starts && m->ends) ?
            GATE_LONE_NAME : GATE_FULL_NAME;
        return name_counts(m, i);
    case ITEM_GIVEN:
        *what = GATE_LONE_NAME;
        return m->starts && m->ends && !m->l->loose && m->cells == 0 && (m->capital || i->letters >= 7 || (i->flags & ITEM_UNPARTED) != 0) &&
            ((i->flags & ITEM_COMMON) == 0 || m->capital);
    case ITEM_IDENTIFIER:
        *what = GATE_VALUE;
        return identifier_counts(m, i);
    case ITEM_TEXT:
        *what = GATE_VALUE;
        return m->starts && m->ends && m->records < GATE_TEXT_RECORDS;
    case ITEM_WORD:
        break;
    }
    return false;
}

/* A row may hold one item of each kind, or more: each kind is told once. */
static void
take(struct match *m, const struct dict *d, const struct item *first)
{
    const struct letters *t = m->t;
    unsigned done = 0;
    struct place_in p = { m->l, t->at[m->from], 0, "" };
    int32_t c;

    look_inside(m);
    m->records = first->count;
    p.end = t->at[m->to - 1];
    p.end += p.end < m->l->n ? u8_read(&c, m->l->p + p.end, m->l->n - p.end) : 0;
    p.how = m->cells > 0 ? "split over cells" : 2 * m->starts_in > m->to - m->from ? "with its letters apart" : "";
    for (const struct item *i = first;; i = &d->item[i->next - 1]) {
        enum gate_class what = GATE_VALUE;
        if ((done & 1u << i->kind) == 0 && counts(m, i, &what)) {
            done |= 1u << i->kind;
            found_item(m->s, &p, what, d, first, i->kind);
        }
        if (i->next == 0)
            break;
    }
}

/* All strings of up to `most` bytes that begin at letter i. */
static void
look_from(struct match *m, size_t i, size_t most)
{
    const struct gate *g = m->s->g;
    const struct letters *t = m->t;
    uint64_t h = g->seed;

    for (size_t k = 0; k < most && i + k < t->n; k++) {
        const struct item *item;
        h = (h ^ t->byte[i + k]) * GATE_PRIME;
        if (g->lengths[k + 1] == 0 || (i + k + 1 < t->n && (t->flags[i + k + 1] & LETTER_GOES_ON) != 0))
            continue;
        item = dict_find(&g->strings, h);
        if (item == NULL)
            continue;
        m->from = i;
        m->to = i + k + 1;
        take(m, &g->strings, item);
    }
}

static bool
passes(const uint8_t *filter, uint64_t eight)
{
    uint32_t bit = filter_bit(eight);

    return (filter[bit >> 3] >> (bit & 7) & 1) != 0;
}

void
strings_look(struct search *s, const struct layer *l, const struct letters *t, size_t end)
{
    struct match m = { .s = s, .l = l, .t = t };
    uint8_t *const *filter = s->g->filter;

    for (size_t i = 0; i < end && !s->full; i++) {
        uint64_t eight = get_u64(t->byte + i);
        if ((t->flags[i] & LETTER_GOES_ON) != 0)
            continue;
        if (passes(filter[FILTER_LONG], eight) || ((t->flags[i] & LETTER_STARTS) != 0 && passes(filter[FILTER_TEXT], eight)))
            look_from(&m, i, STRING_BYTES_MAX);
        else if (passes(filter[FILTER_SHORT], first_five(eight)))
            look_from(&m, i, FILTER_BYTES - 1);
    }
}
