/* offices_model.c - see offices_model.h. */
#include "tests/unit/offices_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct model model;

static bool
has(uint64_t set, unsigned w)
{
    return (set >> w & 1) != 0;
}

static bool
knows(unsigned who, unsigned w)
{
    return has(model.known[who], w);
}

/* Of what is known: choices in this field that somebody, who knew of them, replaced by another. */
static uint64_t
past_choices(uint64_t known, unsigned field)
{
    uint64_t past = 0;

    for (unsigned w = 0; w < model.n; w++)
        if (has(known, w) && model.write[w].field == field)
            past |= model.write[w].past;
    return past;
}

static uint64_t counting_in(uint64_t known, unsigned field);

/*
 * Writes that one who did not know of w brought back, out of what both knew to be put aside: w does not go over these, as its author held them for done with, and
 * the other wanted them in spite of that. Nor does it go over what somebody chose who knew of it, and of whom its author did not.
 */
static uint64_t
brought_back(uint64_t known, unsigned field, unsigned w)
{
    uint64_t back = 0, past = past_choices(known, field);

    for (unsigned c = 0; c < model.n; c++) {
        const struct model_write *x = &model.write[c];

        if (c == w || !has(known, c) || x->field != field || !x->choice || has(past, c) || has(model.write[w].seen, c))
            continue;
        back |= has(x->seen, w) ? x->kept : x->kept & ~counting_in(x->seen & model.write[w].seen, field);
    }
    return back;
}

/*
 * Writes that somebody chose, or went on from, but of a value that counted when w was written, too, and that w goes over. Neither author knew of the other: from where
 * they parted the one who chose is where he was, and w is what changed. (No choice between what both knew is that: there the other one's word stands against it.)
 */
static uint64_t
gone_back_to(uint64_t known, unsigned field, unsigned w)
{
    const struct model_write *x = &model.write[w];
    uint64_t left = 0, past = past_choices(known, field);

    for (unsigned c = 0; c < model.n; c++) {
        const struct model_write *y = &model.write[c];
        uint64_t both = x->seen & y->seen;

        if (has(known, c) && y->field == field && (y->choice || y->same != 0) && !has(past, c) && !has(y->seen, w) && !has(x->seen, c) &&
            (x->over & y->alike & counting_in(both, field)) != 0 && (x->kept & counting_in(both, field)) == 0)
            left |= y->kept;
    }
    return left;
}

/* Who lost one of several writes that somebody saw as one has lost all of them. */
static uint64_t
with_same(uint64_t known, uint64_t gone)
{
    for (unsigned w = 0; w < 2 * model.n; w++) {        /* twice: one may lead to an earlier one */
        const struct model_write *x = &model.write[w % model.n];

        if (has(known, w % model.n) && (x->same & gone) != 0)
            gone |= x->same;
    }
    return gone;
}

/* Is it one of these writes, or the choice of one, or does one of them go on from it? What was itself put aside goes over nothing any more. */
static bool
lives_on(uint64_t live, unsigned w)
{
    bool lives = has(live, w) || (model.write[w].kept & live) != 0;

    for (unsigned u = 0; u < model.n && !lives; u++)
        lives = has(live, u) && has(model.write[u].seen, w);
    return lives;
}

/* Of what is known: writes that nobody wrote over (and nobody chose against). */
static uint64_t
live_in(uint64_t known, unsigned field, bool choices)
{
    uint64_t gone = 0, all = 0, back = 0, past = past_choices(known, field);

    for (unsigned w = 0; w < model.n; w++) {
        const struct model_write *x = &model.write[w];

        if (!has(known, w) || x->field != field)
            continue;
        if (!x->choice && x->same == 0)
            all |= (uint64_t)1 << w;
        if (!x->choice || (choices && !has(past, w)))
            gone |= x->over & ~brought_back(known, field, w);
    }
    gone = with_same(known, gone);
    for (unsigned w = 0; w < model.n && choices; w++)
        if (has(known, w) && model.write[w].field == field && !has(past, w) && lives_on(all & ~gone, w))
            back |= gone_back_to(known, field, w);
    return all & ~with_same(known, gone | back);
}

/* What counts. Where everything was chosen against by somebody, it is as if nobody had. */
static uint64_t
counting_in(uint64_t known, unsigned field)
{
    uint64_t l = live_in(known, field, true);

    return l != 0 ? l : live_in(known, field, false);
}

uint64_t
model_live(unsigned who, unsigned field, bool choices)
{
    return live_in(model.known[who], field, choices);
}

static uint64_t
counting(unsigned who, unsigned field)
{
    return counting_in(model.known[who], field);
}

/* The one value of these writes, or (two that differ) false. */
static bool
one_value(uint64_t writes, unsigned *value)
{
    bool first = true;

    *value = 0;
    for (unsigned w = 0; w < model.n; w++) {
        if (!has(writes, w))
            continue;
        if (!first && model.write[w].value != *value)
            return false;
        *value = model.write[w].value;
        first = false;
    }
    return true;
}

bool
model_settled(unsigned who, unsigned field, unsigned *value)
{
    return one_value(counting(who, field), value);
}

bool
model_in_conflict(unsigned who)
{
    unsigned value;
    bool any = false;

    for (unsigned f = 0; f < MODEL_FIELDS; f++)
        any = any || !model_settled(who, f, &value);
    return any;
}

void
model_note_write(unsigned who, unsigned field, unsigned value)
{
    struct model_write *w = &model.write[model.n];

    *w = (struct model_write){ .field = field, .value = value, .over = model_live(who, field, false), .seen = model.known[who] };
    model.known[who] |= (uint64_t)1 << model.n++;
}

/* All of that value that he knows of, written over or not. */
static uint64_t
alike(unsigned who, unsigned field, unsigned value)
{
    uint64_t all = 0;

    for (unsigned w = 0; w < model.n; w++) {
        const struct model_write *x = &model.write[w];

        if (knows(who, w) && x->field == field && !x->choice && x->same == 0 && x->value == value)
            all |= (uint64_t)1 << w;
    }
    return all;
}

static bool
is_noted(unsigned who, uint64_t same, uint64_t all)
{
    for (unsigned w = 0; w < model.n; w++)
        if (knows(who, w) && model.write[w].same == same && model.write[w].alike == all)
            return true;
    return false;
}

void
model_note_same(unsigned who)
{
    for (unsigned f = 0; f < MODEL_FIELDS; f++) {
        uint64_t l = model_live(who, f, true), all;
        unsigned value;

        if (l == 0 || !one_value(l, &value))
            continue;
        all = alike(who, f, value);
        if ((all & (all - 1)) == 0 || is_noted(who, l, all))
            continue;
        assert_true(model.n < MODEL_WRITES);
        model.write[model.n] = (struct model_write){ .field = f, .value = value, .same = l, .kept = l, .alike = all, .seen = model.known[who] };
        model.known[who] |= (uint64_t)1 << model.n++;
    }
}

void
model_note_choice(unsigned who, unsigned field, unsigned value)
{
    struct model_write *x = &model.write[model.n];
    uint64_t l = model_live(who, field, false);

    *x = (struct model_write){ .field = field, .value = value, .choice = true, .alike = alike(who, field, value), .seen = model.known[who] };
    for (unsigned w = 0; w < model.n; w++) {
        if (has(l, w) && model.write[w].value != value)
            x->over |= (uint64_t)1 << w;
        if (has(l, w) && model.write[w].value == value)
            x->kept |= (uint64_t)1 << w;
        if (knows(who, w) && model.write[w].field == field && model.write[w].choice)
            x->past |= (uint64_t)1 << w;
    }
    model.known[who] |= (uint64_t)1 << model.n++;
    model.chosen = true;
}

bool
model_was_unset(unsigned who, unsigned field)
{
    for (unsigned w = 0; w < model.n; w++)
        if (knows(who, w) && model.write[w].field == field && model.write[w].value == 0 && model.write[w].same == 0)
            return true;
    return false;
}

bool
model_counts(unsigned who, unsigned field, unsigned value)
{
    for (unsigned w = 0; w < model.n; w++)
        if (has(counting(who, field), w) && model.write[w].value == value)
            return true;
    return false;
}
