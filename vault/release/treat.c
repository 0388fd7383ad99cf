/*
 * treat.c - values made coarser.
 */
#include "vault/release/treat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/json_out.h"
#include "vault/record/date.h"

enum { DAY_SECONDS = 86400, NUMBER_MAX = 18 };

/* ---- texts into spans ---- */

struct day {
    int year, month;
};

static struct day
day_of(int64_t days)
{
    char text[DATE_MAX];
    struct day d;
    char *end;

    date_stamp(text, days * DAY_SECONDS);
    d.year = (int)strtol(text, &end, 10);
    d.month = (int)strtol(end + 1, NULL, 10);
    return d;
}

/* A whole number at *s, which moves behind it. */
static bool
read_whole(int64_t *out, const char **s)
{
    const char *digits = **s == '-' ? *s + 1 : *s;
    size_t n = strspn(digits, "0123456789");

    if (n == 0 || n > NUMBER_MAX)
        return false;
    *out = strtoll(*s, NULL, 10);
    *s = digits + n;
    return true;
}

/* 34, -2, 34.5: the whole number not above it. */
static bool
number_span(struct treat_span *out, const char *text)
{
    bool below = text[0] == '-', part = false;
    const char *s = text;

    if (!read_whole(&out->from, &s))
        return false;
    if (*s == '.') {
        size_t n = strspn(++s, "0123456789");

        part = n > 0 && strspn(s, "0") < n;
        s += n == 0 ? strlen(s) : n;
        if (n == 0)
            return false;
    }
    out->from -= part && below;
    out->to = out->from;
    out->days = false;
    return *s == '\0';
}

/* 1960-1969, or 1960 */
static bool
band_span(struct treat_span *out, const char *text)
{
    const char *s = text;

    out->days = false;
    if (!read_whole(&out->from, &s))
        return false;
    out->to = out->from;
    if (*s == '-') {
        s++;
        if (!read_whole(&out->to, &s))
            return false;
    }
    return *s == '\0' && out->from <= out->to;
}

/* From the first day of one year to the last of another. */
static bool
years_to_days(struct treat_span *span)
{
    char text[DATE_MAX];
    struct date_span from, to;

    if (span->from < -9999 || span->to > 9999)
        return false;
    (void)snprintf(text, sizeof text, span->from < 0 ? "%05" PRId64 : "%04" PRId64, span->from);
    if (!date_span(&from, text, strlen(text)))
        return false;
    (void)snprintf(text, sizeof text, span->to < 0 ? "%05" PRId64 : "%04" PRId64, span->to);
    if (!date_span(&to, text, strlen(text)))
        return false;
    *span = (struct treat_span){ .from = from.from, .to = to.to, .days = true };
    return true;
}

static bool
edtf_days(struct treat_span *out, const char *text)
{
    char typed[DATE_MAX];
    struct date_span span;
    size_t n = strlen(text);

    if (n == 0 || n >= DATE_MAX)
        return false;
    if (!date_span(&span, text, n)) {
        if (date_parse(typed, text, n) != VAULT_OK || !date_span(&span, typed, strlen(typed)))
            return false;
    }
    *out = (struct treat_span){ .from = span.from, .to = span.to, .days = true };
    return true;
}

/* 2016-Q2 */
static bool
quarter_span(struct treat_span *out, const char *text)
{
    const char *q = strstr(text, "-Q");
    char month[DATE_MAX];
    struct treat_span last;

    if (q == NULL || q - text > 5 || q[2] < '1' || q[2] > '4' || q[3] != '\0')
        return false;
    (void)snprintf(month, sizeof month, "%.*s-%02d", (int)(q - text), text, (q[2] - '1') * 3 + 1);
    if (!edtf_days(out, month))
        return false;
    (void)snprintf(month, sizeof month, "%.*s-%02d", (int)(q - text), text, (q[2] - '1') * 3 + 3);
    if (!edtf_days(&last, month))
        return false;
    out->to = last.to;
    return true;
}

static bool
is_kind(const char *kind, const char *name)
{
    return kind != NULL && strcmp(kind, name) == 0;
}

static bool
is_hidden(const char *text)
{
    return text[0] == '\0' || strcmp(text, SHEET_SUPPRESSED) == 0;
}

bool
treat_span(struct treat_span *out, const struct treatment *t, const char *kind, const char *text)
{
    if (is_hidden(text))
        return false;
    if (t->treat == TREAT_BAND)
        return band_span(out, text) && (!is_kind(kind, "date") || years_to_days(out));
    if (t->treat == TREAT_DATE || is_kind(kind, "date"))
        return quarter_span(out, text) || edtf_days(out, text);
    return is_kind(kind, "number") && number_span(out, text);
}

/* ---- spans into texts ---- */

static int64_t
band_of(int64_t n, int64_t width)
{
    int64_t low = n / width * width;

    return low > n ? low - width : low;
}

static void
suppress(struct buf *out)
{
    buf_str(out, SHEET_SUPPRESSED);
}

static void
put_band(struct buf *out, const struct treat_span *span, unsigned width)
{
    int64_t low = band_of(span->from, width);

    if (low != band_of(span->to, width))
        suppress(out);
    else if (width == 1)
        buf_fmt(out, "%" PRId64, low);
    else
        buf_fmt(out, "%" PRId64 "-%" PRId64, low, low + width - 1);
}

static bool
is_open(const struct treat_span *span)
{
    return span->from == INT32_MIN || span->to == INT32_MAX;
}

static void
put_date(struct buf *out, const struct treat_span *span, unsigned unit)
{
    struct day a, b;
    int in_unit = unit == TREAT_DATE_YEAR ? 12 : unit == TREAT_DATE_QUARTER ? 3 : 1;

    if (is_open(span)) {
        suppress(out);
        return;
    }
    a = day_of(span->from);
    b = day_of(span->to);
    if (a.year != b.year || (a.month - 1) / in_unit != (b.month - 1) / in_unit) {
        suppress(out);
        return;
    }
    buf_fmt(out, a.year < 0 ? "%05d" : "%04d", a.year);
    if (unit == TREAT_DATE_QUARTER)
        buf_fmt(out, "-Q%d", (a.month - 1) / 3 + 1);
    else if (unit == TREAT_DATE_MONTH)
        buf_fmt(out, "-%02d", a.month);
}

/* Days into years. */
static void
to_years(struct treat_span *span)
{
    if (!span->days)
        return;
    span->from = day_of(span->from).year;
    span->to = day_of(span->to).year;
    span->days = false;
}

static vault_err
put_span(struct buf *out, struct treat_span span, const struct treatment *to)
{
    if (to->treat == TREAT_DATE) {
        put_date(out, &span, to->arg);
    } else if (span.days && is_open(&span)) {
        suppress(out);
    } else {
        to_years(&span);
        put_band(out, &span, to->arg);
    }
    return buf_ok(out);
}

/* ---- places ---- */

unsigned
treat_place_parts(struct part part[TREAT_PLACE_MAX], const char *text)
{
    const char *end = text + strlen(text);
    struct part found[TREAT_PLACE_MAX];
    unsigned n = 0;

    while (end > text && n < TREAT_PLACE_MAX) {
        const char *from = end, *p, *q = end;

        while (from > text && (n + 1 == TREAT_PLACE_MAX || from[-1] != ','))
            from--;
        p = from;
        while (p < q && (*p == ' ' || *p == '\t'))
            p++;
        while (p < q && (q[-1] == ' ' || q[-1] == '\t'))
            q--;
        if (p < q)
            found[n++] = PART(p, (size_t)(q - p));
        end = from > text ? from - 1 : text;
    }
    for (unsigned i = 0; i < n; i++)
        part[i] = found[n - 1 - i];
    return n;
}

static vault_err
put_place(struct buf *out, const char *value, unsigned keep)
{
    struct part part[TREAT_PLACE_MAX];
    unsigned n = treat_place_parts(part, value);

    for (unsigned i = n > keep ? n - keep : 0; i < n; i++) {
        buf_put(out, part[i].p, part[i].n);
        if (i + 1 < n)
            buf_str(out, ", ");
    }
    return buf_ok(out);
}

/* ---- one value ---- */

static vault_err
put_level(struct buf *out, const struct hierarchy *h, unsigned from, unsigned to, const char *value)
{
    const char *text = h == NULL ? NULL : hierarchy_up(h, from, to, value);

    if (h == NULL || to >= hierarchy_levels(h))
        return err_say(VAULT_ERR_INPUT, "level 0 is the value itself", "the hierarchy has no such level");
    if (text == NULL)
        return err_say(VAULT_ERR_INPUT, "add a line for it to the hierarchy", "the hierarchy lacks this value");
    buf_str(out, text);
    return buf_ok(out);
}

static bool
arg_fits(enum treat t, unsigned arg)
{
    switch (t) {
    case TREAT_BAND:
        return arg >= 1 && arg <= TREAT_BAND_MAX;
    case TREAT_DATE:
        return arg <= TREAT_DATE_MONTH;
    case TREAT_PLACE:
        return arg >= 1 && arg < TREAT_PLACE_MAX;
    default:
        return true;
    }
}

static vault_err
put_coarse(struct buf *out, const struct treatment *t, const char *value)
{
    struct treat_span span;

    if (t->treat == TREAT_BAND && number_span(&span, value))
        return put_span(out, span, t);
    if (!edtf_days(&span, value))
        return err_say(VAULT_ERR_INPUT, NULL, t->treat == TREAT_BAND ? "this is neither a date nor a number" : "this is not a date");
    return put_span(out, span, t);
}

vault_err
treat_apply(struct buf *out, enum treat t, unsigned arg, const struct hierarchy *h, const char *value)
{
    const struct treatment to = { t, arg, h };

    if (!arg_fits(t, arg))
        return err_say(VAULT_ERR_INPUT, NULL, "a treatment by 0, or by more than there is");
    if (t == TREAT_PSEUDONYM || t == TREAT_REVIEWED)
        return err_say(VAULT_ERR_FAILED, NULL, "a pseudonym or a reviewed text is not made of the value alone");
    if (t == TREAT_DROP)
        return buf_ok(out);
    if (t == TREAT_KEEP || is_hidden(value)) {
        buf_str(out, value);
        return buf_ok(out);
    }
    switch (t) {
    case TREAT_PLACE:
        return put_place(out, value, arg);
    case TREAT_HIERARCHY:
        return put_level(out, h, 0, arg, value);
    default:
        return put_coarse(out, &to, value);
    }
}

vault_err
treat_again(struct buf *out, const struct treatment *from, const struct treatment *to, const char *text)
{
    struct treat_span span;

    if (from->treat == TREAT_KEEP || to->treat == TREAT_DROP || to->treat == TREAT_PLACE || is_hidden(text))
        return treat_apply(out, to->treat, to->arg, to->h, text);
    if (from->treat == TREAT_HIERARCHY && to->treat == TREAT_HIERARCHY)
        return put_level(out, to->h, from->arg, to->arg, text);
    if ((from->treat != TREAT_BAND && from->treat != TREAT_DATE) || (to->treat != TREAT_BAND && to->treat != TREAT_DATE) || !arg_fits(to->treat, to->arg))
        return err_say(VAULT_ERR_INPUT, NULL, "one of these treatments does not follow the other");
    if (!treat_span(&span, from, from->treat == TREAT_BAND && to->treat == TREAT_DATE ? "date" : NULL, text))
        return err_say(VAULT_ERR_INPUT, NULL, "this is not what the treatment makes");
    return put_span(out, span, to);
}

/* ---- a column ---- */

static size_t
row_with(const struct sheet *s, size_t column, uint32_t value)
{
    for (size_t r = 0; r < s->n_rows; r++)
        if (s->column[column].cell[r] == value)
            return r;
    return SIZE_MAX;
}

/* A value that no row has any more is passed over. */
static vault_err
treat_values(struct sheet_column *made, uint32_t *number, const struct sheet *s, size_t column, const struct treatment *from, const struct treatment *to,
    size_t *at_row)
{
    const struct sheet_column *c = &s->column[column];
    const struct treatment stored = { TREAT_KEEP, 0, NULL };
    struct buf text = BUF_INIT;
    vault_err err = VAULT_OK;

    for (uint32_t v = 0; err == VAULT_OK && v < c->n_values; v++) {
        buf_reset(&text);
        err = treat_again(&text, from == NULL ? &stored : from, to, c->value[v]);
        if (err == VAULT_ERR_INPUT) {
            *at_row = row_with(s, column, v);
            if (*at_row != SIZE_MAX)
                break;
            buf_reset(&text);
            err = VAULT_OK;
        }
        if (err == VAULT_OK)
            err = sheet_value(made, PART(text.p, text.n), &number[v]);
    }
    buf_free(&text);
    return err;
}

vault_err
treat_column(struct sheet *s, size_t column, const struct treatment *from, const struct treatment *to, size_t *at_row)
{
    struct sheet_column *c = &s->column[column], *made = NULL, keep;
    struct sheet other;
    uint32_t *number = malloc(((size_t)c->n_values + 1) * sizeof *number);
    vault_err err;

    *at_row = SIZE_MAX;
    sheet_init(&other);
    err = number == NULL ? err_nomem() : sheet_add_column(&other, c->name, &made);
    if (err == VAULT_OK)
        err = treat_values(made, number, s, column, from, to, at_row);
    if (err == VAULT_OK) {
        for (size_t r = 0; r < s->n_rows; r++)
            c->cell[r] = number[c->cell[r]];
        keep = *c;                      /* texts change places; what is old is wiped with `other` */
        c->value = made->value;
        c->n_values = made->n_values;
        c->slot = made->slot;
        c->n_slots = made->n_slots;
        c->cap_values = made->cap_values;
        made->value = keep.value;
        made->n_values = keep.n_values;
        made->slot = keep.slot;
        made->n_slots = keep.n_slots;
        made->cap_values = keep.cap_values;
        c->treat = to->treat;
        c->arg = to->arg;
    }
    sheet_free(&other);
    free(number);
    return err;
}

/* ---- coarser and coarser ---- */

/* Only a multiple of the old width has bands that take in whole old ones. */
static struct treatment
wider_band(unsigned width)
{
    static const unsigned usual[] = { 5, 10, 20, 50, 100 };

    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (usual[i] > width && usual[i] % width == 0)
            return (struct treatment){ TREAT_BAND, usual[i], NULL };
    if (width < 50)
        return (struct treatment){ TREAT_BAND, 2 * width, NULL };
    return (struct treatment){ TREAT_DROP, 0, NULL };
}

static struct treatment
coarser_date(unsigned unit)
{
    if (unit == TREAT_DATE_MONTH)
        return (struct treatment){ TREAT_DATE, TREAT_DATE_QUARTER, NULL };
    if (unit == TREAT_DATE_QUARTER)
        return (struct treatment){ TREAT_DATE, TREAT_DATE_YEAR, NULL };
    return (struct treatment){ TREAT_BAND, 5, NULL };
}

static struct treatment
fewer_parts(unsigned parts)
{
    if (parts <= 1)
        return (struct treatment){ TREAT_DROP, 0, NULL };
    return (struct treatment){ TREAT_PLACE, parts - 1, NULL };
}

static struct treatment
coarser_kept(const char *kind, unsigned parts)
{
    if (is_kind(kind, "date"))
        return (struct treatment){ TREAT_DATE, TREAT_DATE_MONTH, NULL };
    if (is_kind(kind, "number"))
        return (struct treatment){ TREAT_BAND, 5, NULL };
    if (is_kind(kind, "place"))
        return fewer_parts(parts);
    return (struct treatment){ TREAT_DROP, 0, NULL };
}

struct treatment
treat_coarser(const struct treatment *t, const char *kind, unsigned parts)
{
    switch (t->treat) {
    case TREAT_KEEP:
        return coarser_kept(kind, parts);
    case TREAT_BAND:
        return wider_band(t->arg);
    case TREAT_DATE:
        return coarser_date(t->arg);
    case TREAT_PLACE:
        return fewer_parts(parts > 0 && parts < t->arg ? parts : t->arg);
    case TREAT_HIERARCHY:
        if (t->h != NULL && t->arg + 1 < hierarchy_levels(t->h))
            return (struct treatment){ TREAT_HIERARCHY, t->arg + 1, t->h };
        return (struct treatment){ TREAT_DROP, 0, NULL };
    default:
        return (struct treatment){ TREAT_DROP, 0, NULL };
    }
}

vault_err
treat_json(struct buf *out, const struct treatment *t, const char *file)
{
    static const char *const unit[] = { "year", "quarter", "month" };

    switch (t->treat) {
    case TREAT_BAND:
        buf_fmt(out, "{\"band\": %u}", t->arg);
        break;
    case TREAT_DATE:
        buf_fmt(out, "{\"date\": \"%s\"}", unit[t->arg]);
        break;
    case TREAT_PLACE:
        buf_fmt(out, "{\"place\": %u}", t->arg);
        break;
    case TREAT_HIERARCHY:
        buf_str(out, "{\"hierarchy\": ");
        json_string(out, PART(file, strlen(file)));
        buf_fmt(out, ", \"level\": %u}", t->arg);
        break;
    case TREAT_KEEP:
        buf_str(out, "\"keep\"");
        break;
    case TREAT_PSEUDONYM:
        buf_str(out, "\"pseudonym\"");
        break;
    case TREAT_REVIEWED:
        buf_str(out, "\"reviewed\"");
        break;
    default:
        buf_str(out, "\"drop\"");
    }
    return buf_ok(out);
}
