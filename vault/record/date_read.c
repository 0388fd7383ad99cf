/*
 * date_read.c - dates as people type them, into struct edtf.
 *
 * What was typed is first folded to a short line of ASCII: full-width forms and kinds of blanks
 * become plain, the Korean words for year, month and day become the bytes 1, 2 and 3. Then one
 * reader for each form works on that line. Every form ends in check_point or set_numbers, where
 * the calendar is asked.
 */
#include "vault/record/date_edtf.h"

#include <sodium.h>
#include <string.h>

enum { ZONE_EAST_MAX = 14 * 60, ZONE_WEST_MAX = 12 * 60 };     /* minutes */
enum { UNIT_YEAR = 1, UNIT_MONTH, UNIT_DAY };   /* 년 월 일 after folding */

/* Readers return why the text is refused, or NULL. */
static const char not_a_date[] = "this is not a date";
static const char no_such_day[] = "there is no such day in the calendar";

/* ---- folding what was typed ---- */

static const struct {
    const char *utf8;
    char plain;
} folded[] = {
    {"\u00A0", ' '}, {"\u202F", ' '}, {"\u3000", ' '},
    {"\uB144", UNIT_YEAR}, {"\u1102\u1167\u11AB", UNIT_YEAR},       /* composed, decomposed */
    {"\uC6D4", UNIT_MONTH}, {"\u110B\u116F\u11AF", UNIT_MONTH},
    {"\uC77C", UNIT_DAY}, {"\u110B\u1175\u11AF", UNIT_DAY},
};

/* One character from s; returns its bytes, 0 for one that no date contains. */
static size_t
fold_one(char *plain, const char *s, size_t n)
{
    unsigned char c = (unsigned char)s[0];

    if (c >= 0x20 && c < 0x7F) {
        *plain = c == 'x' || c == 't' || c == 'z' ? (char)(c - 0x20) : (char)c;
        return 1;
    }
    if (c >= '\t' && c <= '\r') {
        *plain = ' ';
        return 1;
    }
    /* U+FF01 to U+FF5E are the full-width forms of 0x21 to 0x7E. */
    if (n >= 3 && c == 0xEF) {
        int low = ((unsigned char)s[1] & 0x3F) << 6 | ((unsigned char)s[2] & 0x3F);
        char half;
        if (((unsigned char)s[1] >> 2) != 0x2F || ((unsigned char)s[2] >> 6) != 2 ||
            low < 0xF01 || low > 0xF5E)
            return 0;
        half = (char)(low - 0xF01 + 0x21);
        return fold_one(plain, &half, 1) ? 3 : 0;
    }
    for (size_t i = 0; i < sizeof folded / sizeof folded[0]; i++) {
        size_t len = strlen(folded[i].utf8);
        if (n >= len && memcmp(s, folded[i].utf8, len) == 0) {
            *plain = folded[i].plain;
            return len;
        }
    }
    return 0;
}

/* Runs of blanks become one, those at the ends none. */
static bool
fold(char plain[static DATE_MAX], size_t *plain_n, const char *s, size_t n)
{
    size_t have = 0;

    for (size_t used; n > 0; s += used, n -= used) {
        char c;
        used = fold_one(&c, s, n);
        if (used == 0)
            return false;
        if (c == ' ' && (have == 0 || plain[have - 1] == ' '))
            continue;
        if (have == DATE_MAX)
            return false;
        plain[have++] = c;
    }
    if (have > 0 && plain[have - 1] == ' ')
        have--;
    *plain_n = have;
    return true;
}

/* ---- reading: a cursor that remembers that something did not fit ---- */

struct cursor {
    const char *p, *end;
    bool bad;
};

static bool
next_is(struct cursor *c, char what)
{
    if (c->p == c->end || *c->p != what)
        return false;
    c->p++;
    return true;
}

static bool
at_digit(const struct cursor *c)
{
    return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

/* A number of 1 to 4 digits, and how many these were. */
static int
number(struct cursor *c, int *width)
{
    int value = 0;

    for (*width = 0; at_digit(c) && *width < 4; (*width)++)
        value = value * 10 + (*c->p++ - '0');
    if (*width == 0 || at_digit(c))
        c->bad = true;
    return value;
}

static int
two_digits(struct cursor *c)
{
    int value = 0;

    for (int i = 0; i < 2; i++) {
        if (!at_digit(c)) {
            c->bad = true;
            return 0;
        }
        value = value * 10 + (*c->p++ - '0');
    }
    return value;
}

static int
two_digits_or_xx(struct cursor *c)
{
    if (c->end - c->p >= 2 && c->p[0] == 'X' && c->p[1] == 'X') {
        c->p += 2;
        return XX;
    }
    return two_digits(c);
}

static void
expect(struct cursor *c, char what)
{
    if (!next_is(c, what))
        c->bad = true;
}

/* What all forms have in common: months that exist, days that exist. */
static const char *
check_point(const struct point *p)
{
    bool season = p->month >= SPRING && p->month <= WINTER;

    if (p->month == NONE)
        return NULL;
    if (p->hidden > 0)
        return not_a_date;                      /* 199X-05 */
    if (p->month != XX && !season && (p->month < 1 || p->month > 12))
        return "there is no such month";
    if (p->day == NONE)
        return NULL;
    if (season)
        return not_a_date;
    if (p->day == XX)
        return p->hour == NONE ? NULL : not_a_date;
    if (p->month == XX)
        return not_a_date;                      /* 1985-XX-05 */
    if (p->day < 1 || p->day > days_in_month(p->year, p->month))
        return no_such_day;
    return NULL;
}

static void
read_year(struct point *out, struct cursor *c)
{
    bool before = next_is(c, '-');
    int width = 0;

    for (; at_digit(c) && width < 4; width++)
        out->year = out->year * 10 + (*c->p++ - '0');
    for (; width >= 2 && width < 4 && next_is(c, 'X'); width++) {
        out->year *= 10;
        out->hidden++;
    }
    if (width != 4 || (before && (out->year == 0 || out->hidden > 0)))
        c->bad = true;
    if (before)
        out->year = -out->year;
}

/* +00:00 is Z; -00:00 says "zone not known" elsewhere, which is what leaving it out says here. */
static void
read_zone(struct point *out, struct cursor *c)
{
    bool west;

    if (next_is(c, 'Z')) {
        out->zone = 0;
        return;
    }
    west = next_is(c, '-');
    if (!west && !next_is(c, '+'))
        return;
    out->zone = two_digits(c) * 60;
    expect(c, ':');
    int minutes = two_digits(c);
    out->zone += minutes;
    if (minutes > 59 || out->zone > (west ? ZONE_WEST_MAX : ZONE_EAST_MAX) ||
        (west && out->zone == 0))
        c->bad = true;
    if (west)
        out->zone = -out->zone;
}

static void
read_time(struct point *out, struct cursor *c)
{
    out->hour = two_digits(c);
    expect(c, ':');
    out->minute = two_digits(c);
    if (next_is(c, ':'))
        out->second = two_digits(c);
    read_zone(out, c);
    if (out->hour > 23 || out->minute > 59 || out->second > 59)
        c->bad = true;
}

static const char *
read_iso(struct point *out, struct cursor c)
{
    read_year(out, &c);
    if (next_is(&c, '-')) {
        out->month = two_digits_or_xx(&c);
        if (next_is(&c, '-')) {
            out->day = two_digits_or_xx(&c);
            if (next_is(&c, 'T'))
                read_time(out, &c);
        }
    }
    if (c.bad || c.p != c.end)
        return not_a_date;
    return check_point(out);
}

/* Seasons and XX belong to the ISO form alone. */
static const char *
set_numbers(struct point *out, int year, int month, int day)
{
    out->year = year;
    out->month = month;
    out->day = day;
    if (month != NONE && (month < 1 || month > 12))
        return "there is no such month";
    if (day != NONE && (day < 1 || day > days_in_month(year, month)))
        return no_such_day;
    return NULL;
}

/* Numbers between points or strokes: 31.01.2017, 01.2017, 2017. 1. 31., 31/01/2017. */
static const char *
read_numbers(struct point *out, struct cursor c, char between)
{
    int value[3] = {0, NONE, NONE};
    int width[3] = {0};
    int count = 0;

    while (c.p < c.end && !c.bad && count < 3) {
        value[count] = number(&c, &width[count]);
        count++;
        if (c.p < c.end)
            expect(&c, between);        /* one after the last is fine, as Koreans write it */
        next_is(&c, ' ');
    }
    if (c.bad || c.p != c.end || count < 2 || (count == 2 && between == '/'))
        return not_a_date;

    if (width[0] == 4 && width[1] <= 2 && width[2] <= 2)
        return set_numbers(out, value[0], value[1], value[2]);
    if (count == 2 && width[0] <= 2 && width[1] == 4)
        return set_numbers(out, value[1], value[0], NONE);
    if (count == 3 && width[0] <= 2 && width[1] <= 2 && width[2] == 4) {
        if (value[1] > 12)
            return "the month would be over 12 (the day stands first)";
        return set_numbers(out, value[2], value[1], value[0]);
    }
    return count == 3 && width[2] == 2 ? "a year has four digits" : not_a_date;
}

/* 2017년 1월 31일 */
static const char *
read_korean(struct point *out, struct cursor c)
{
    int value[3] = {0, NONE, NONE};

    for (int i = 0; i < 3 && c.p < c.end && !c.bad; i++) {
        int width;
        value[i] = number(&c, &width);
        if (i == 0 ? width != 4 : width > 2)
            c.bad = true;
        next_is(&c, ' ');
        expect(&c, (char)(UNIT_YEAR + i));
        next_is(&c, ' ');
    }
    if (c.bad || c.p != c.end)
        return not_a_date;
    return set_numbers(out, value[0], value[1], value[2]);
}

static bool
is_mark(char c)
{
    return c == '~' || c == '?' || c == '%';
}

static const char *
read_point(struct point *out, struct cursor c)
{
    const char *why;
    size_t n = (size_t)(c.end - c.p);

    if (n > 0 && is_mark(c.end[-1])) {
        out->mark = *--c.end;
        n--;
    }
    if (n == 0)
        return not_a_date;
    if (memchr(c.p, '/', n) != NULL)
        why = read_numbers(out, c, '/');
    else if (memchr(c.p, '.', n) != NULL)
        why = read_numbers(out, c, '.');
    else if (memchr(c.p, UNIT_YEAR, n) != NULL)
        why = read_korean(out, c);
    else
        why = read_iso(out, c);
    if (why == NULL && out->mark != 0 && out->hour != NONE)
        why = "a time cannot be approximate";
    return why;
}

static const char *
read_side(enum side *side, struct point *out, struct cursor c)
{
    next_is(&c, ' ');
    if (c.p < c.end && c.end[-1] == ' ')
        c.end--;
    *side = c.p == c.end ? SIDE_UNKNOWN : SIDE_OPEN;
    if (c.p == c.end || (c.end - c.p == 2 && c.p[0] == '.' && c.p[1] == '.'))
        return NULL;
    *side = SIDE_POINT;
    return read_point(out, c);
}

/* ---- the whole ---- */

static const char *
read_interval(struct edtf *out, struct cursor c)
{
    const char *stroke = memchr(c.p, '/', (size_t)(c.end - c.p));
    const char *why;
    struct date_span span;

    out->interval = true;
    why = read_side(&out->from, &out->a, (struct cursor){c.p, stroke, false});
    if (why == NULL)
        why = read_side(&out->to, &out->b, (struct cursor){stroke + 1, c.end, false});
    if (why != NULL)
        return why;
    if (out->from != SIDE_POINT && out->to != SIDE_POINT)
        return "an interval needs a date on one side";
    if (out->a.hour != NONE || out->b.hour != NONE)
        return "an interval is between days, without times";
    /* Only what is surely before: 2015-11/2015 may be true. */
    span = edtf_span(out);
    return span.to < span.from ? "the end lies before the start" : NULL;
}

const char *
edtf_read(struct edtf *out, const char *s, size_t n)
{
    struct cursor c = {s, s + n, false};
    size_t strokes = 0;

    *out = edtf_empty();
    for (size_t i = 0; i < n; i++)
        strokes += s[i] == '/';
    if (strokes == 1)
        return read_interval(out, c);
    return read_point(&out->a, c);      /* two strokes: 31/01/2017 */
}

const char *
edtf_read_typed(struct edtf *out, const char *s, size_t n)
{
    struct { char plain[DATE_MAX]; } tmp;
    const char *why = not_a_date;
    size_t plain_n;

    if (fold(tmp.plain, &plain_n, s, n))
        why = edtf_read(out, tmp.plain, plain_n);
    sodium_memzero(&tmp, sizeof tmp);
    return why;
}
