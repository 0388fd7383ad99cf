/*
 * date.c - dates as sources give them.
 *
 * Text is read into `struct edtf` (date_read.c), and everything else works on that structure.
 * Canonical text is what edtf_write makes of it, so text is canonical exactly when reading and
 * writing it gives the same bytes.
 */
#include "vault/record/date.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#include "vault/record/date_edtf.h"

enum { DAY_SECONDS = 86400 };

struct edtf
edtf_empty(void)
{
    const struct point p = {.month = NONE, .day = NONE, .hour = NONE, .second = NONE,
        .zone = NONE_ZONE};

    return (struct edtf){.a = p, .b = p};
}

/* ---- the calendar (proleptic Gregorian; the year before 0001 is 0000) ---- */

int
days_in_month(int year, int month)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days since 1970-01-01. Years are counted from March, so that the leap day comes last, in eras of
 * 400 years = 146097 days. */
static int32_t
day_number(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int of_era = y - era * 400;
    int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* And back. */
static void
day_parts(struct point *out, int32_t number)
{
    int32_t z = number + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int day = z - era * 146097;
    int of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    int march = (5 * of_year + 2) / 153;

    out->day = of_year - (153 * march + 2) / 5 + 1;
    out->month = march < 10 ? march + 3 : march - 9;
    out->year = of_era + era * 400 + (out->month <= 2 ? 1 : 0);
}

/* ---- first and last day ---- */

static int32_t
first_day(const struct point *p)
{
    if (p->month == NONE || p->month == XX)
        return day_number(p->year, 1, 1);       /* hidden digits stand as zeros */
    if (p->month >= SPRING)
        return day_number(p->year, 3 * (p->month - SPRING) + 3, 1);
    return day_number(p->year, p->month, p->day < 1 ? 1 : p->day);
}

static int32_t
last_day(const struct point *p)
{
    static const int widest[] = {0, 9, 99};
    int year = p->year + widest[p->hidden];
    int month = p->month;

    if (month == NONE || month == XX)
        return day_number(year, 12, 31);
    if (month == WINTER)
        return day_number(year + 1, 3, 1) - 1;  /* from December to the end of February */
    if (month >= SPRING)
        month = 3 * (month - SPRING) + 5;
    return day_number(year, month, p->day < 1 ? days_in_month(year, month) : p->day);
}

struct date_span
edtf_span(const struct edtf *e)
{
    const struct point *last = e->interval ? &e->b : &e->a;

    return (struct date_span){
        .from = e->from == SIDE_POINT ? first_day(&e->a) : INT32_MIN,
        .to = e->to == SIDE_POINT ? last_day(last) : INT32_MAX,
    };
}

/* ---- writing ---- */

static char *
write_digits(char *p, int value, int width)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + width;
}

/* "-05", "-XX" */
static char *
write_part(char *p, int value)
{
    *p++ = '-';
    if (value != XX)
        return write_digits(p, value, 2);
    *p++ = 'X';
    *p++ = 'X';
    return p;
}

static char *
write_time(char *p, const struct point *t)
{
    int zone = t->zone < 0 ? -t->zone : t->zone;

    *p++ = 'T';
    p = write_digits(p, t->hour, 2);
    *p++ = ':';
    p = write_digits(p, t->minute, 2);
    if (t->second != NONE) {
        *p++ = ':';
        p = write_digits(p, t->second, 2);
    }
    if (t->zone == 0)
        *p++ = 'Z';
    if (t->zone == 0 || t->zone == NONE_ZONE)
        return p;
    *p++ = t->zone < 0 ? '-' : '+';
    p = write_digits(p, zone / 60, 2);
    *p++ = ':';
    return write_digits(p, zone % 60, 2);
}

static char *
write_point(char *p, const struct point *t)
{
    if (t->year < 0)
        *p++ = '-';
    p = write_digits(p, t->year < 0 ? -t->year : t->year, 4);
    for (int i = 1; i <= t->hidden; i++)
        p[-i] = 'X';
    if (t->month != NONE)
        p = write_part(p, t->month);
    if (t->day != NONE)
        p = write_part(p, t->day);
    if (t->hour != NONE)
        p = write_time(p, t);
    if (t->mark != 0)
        *p++ = t->mark;
    return p;
}

static char *
write_side(char *p, enum side side, const struct point *t)
{
    if (side == SIDE_POINT)
        return write_point(p, t);
    if (side == SIDE_OPEN) {
        *p++ = '.';
        *p++ = '.';
    }
    return p;
}

/* The longest is "-0044-03-15~/-0044-03-15~". */
size_t
edtf_write(char out[static DATE_MAX], const struct edtf *e)
{
    char *p = write_side(out, e->from, &e->a);

    if (e->interval) {
        *p++ = '/';
        p = write_side(p, e->to, &e->b);
    }
    *p = '\0';
    return (size_t)(p - out);
}

/* ---- text ---- */

vault_err
date_parse(char out[static DATE_MAX], const char *s, size_t n)
{
    struct { struct edtf date; } tmp;
    const char *why = edtf_read_typed(&tmp.date, s, n);
    vault_err err = VAULT_OK;

    if (why != NULL)
        err = err_say(VAULT_ERR_INPUT, "31.01.2017, 31/01/2017, 2017.01.31 and "
            "2017년 1월 31일 are understood as well; ~ is about, ? uncertain, % both",
            "%s; write it as 2002, 1999-01, 2017-01-31, 1997~, 199X or 2015/2016", why);
    else
        (void)edtf_write(out, &tmp.date);
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}

static bool
read_canonical(struct edtf *out, const char *s, size_t n)
{
    char again[DATE_MAX];

    if (n == 0 || n >= DATE_MAX || edtf_read(out, s, n) != NULL)
        return false;
    return edtf_write(again, out) == n && memcmp(again, s, n) == 0;
}

bool
date_is_canonical(const char *s, size_t n)
{
    struct edtf e;

    return read_canonical(&e, s, n);
}

bool
date_span(struct date_span *out, const char *s, size_t n)
{
    struct edtf e;

    if (!read_canonical(&e, s, n))
        return false;
    *out = edtf_span(&e);
    return true;
}

/* ---- order ---- */

struct order {
    int rank;           /* 0 dated, 1 not canonical, 2 undated */
    int32_t from;
    int32_t time;       /* seconds, in UTC where the zone is known; days without time come first */
    int32_t to;
};

static struct order
order_of(const char *s, size_t n)
{
    struct order o = {.rank = n == 0 ? 2 : 1};
    struct date_span span;
    struct edtf e;

    if (!read_canonical(&e, s, n))
        return o;
    span = edtf_span(&e);
    o = (struct order){.from = span.from, .time = INT32_MIN, .to = span.to};
    if (e.a.hour != NONE) {
        o.time = e.a.hour * 3600 + e.a.minute * 60 + (e.a.second == NONE ? 0 : e.a.second);
        if (e.a.zone != NONE_ZONE)
            o.time -= e.a.zone * 60;
    }
    return o;
}

int
date_compare(const char *a, size_t an, const char *b, size_t bn)
{
    struct order x = order_of(a, an);
    struct order y = order_of(b, bn);
    int order;

    if (x.rank != y.rank)
        return x.rank < y.rank ? -1 : 1;
    if (x.from != y.from)
        return x.from < y.from ? -1 : 1;
    if (x.time != y.time)
        return x.time < y.time ? -1 : 1;
    if (x.to != y.to)
        return x.to < y.to ? -1 : 1;
    order = an == 0 || bn == 0 ? 0 : memcmp(a, b, an < bn ? an : bn);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (an > bn) - (an < bn);
}

/* ---- the clock ---- */

static struct edtf
edtf_at(int64_t seconds)
{
    /* What four digits of a year can say. */
    const int64_t least = (int64_t)day_number(-9999, 1, 1) * DAY_SECONDS;
    const int64_t most = ((int64_t)day_number(9999, 12, 31) + 1) * DAY_SECONDS - 1;
    struct edtf e = edtf_empty();
    int rest;

    if (seconds < least)
        seconds = least;
    if (seconds > most)
        seconds = most;
    rest = (int)((seconds % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS);
    day_parts(&e.a, (int32_t)((seconds - rest) / DAY_SECONDS));
    e.a.hour = rest / 3600;
    e.a.minute = rest / 60 % 60;
    e.a.second = rest % 60;
    e.a.zone = 0;
    return e;
}

void
date_stamp(char out[static DATE_MAX], int64_t seconds)
{
    struct edtf e = edtf_at(seconds);

    (void)edtf_write(out, &e);
}

void
date_today(char out[static DATE_MAX])
{
    struct edtf e = edtf_at((int64_t)time(NULL));

    e.a.hour = NONE;
    (void)edtf_write(out, &e);
}
