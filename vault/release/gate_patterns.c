/* gate_patterns.c - what looks like a mail address, a telephone number or the number of a passport, of whomever. */
#include <string.h>

#include "vault/release/gate_priv.h"

enum { PATTERN_PASSPORT = 1, PATTERN_PHONE, PATTERN_MAIL };

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool
is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool
is_alnum(uint8_t c)
{
    return is_digit(c) || is_capital(c) || (c >= 'a' && c <= 'z');
}

static void
tell(struct search *s, const struct layer *l, size_t at, size_t end, uint8_t pattern)
{
    struct place_in p = { l, at, end, "" };

    found_add(s, &p, GATE_PATTERN, 0, 0, 0, pattern);
}

/* ---- mail ---- */

static bool
in_local(uint8_t c)
{
    return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c >= 0x80;
}

static bool
in_domain(uint8_t c)
{
    return is_alnum(c) || c == '.' || c == '-' || c >= 0x80;
}

static void
look_for_mail(struct search *s, const struct layer *l, size_t sign)
{
    size_t at = sign, end = sign + 1, dot = 0;

    while (at > 0 && sign - at < 64 && in_local(l->p[at - 1]))
        at--;
    for (; end < l->n && end - sign < 255 && in_domain(l->p[end]); end++)
        if (l->p[end] == '.' && end + 2 < l->n && in_domain(l->p[end + 1]) && l->p[end + 1] != '.')
            dot = end;
    if (at < sign && dot > sign + 1 && end - dot > 2 && !is_digit(l->p[dot + 1]))
        tell(s, l, at, end, PATTERN_MAIL);
}

/* ---- numbers ---- */

#define GROUPS_MAX 8u

/* Digits from one place on, in groups: +7 (921) 123-45-67. */
struct number {
    size_t at, end, digits, n;      /* n groups */
    size_t group[GROUPS_MAX];       /* digits of each */
    uint8_t between[GROUPS_MAX];    /* what stands before each: the last sign */
    bool plus, brackets, letters;   /* letters: the next sign belongs to it as well, or it is no number of groups */
};

static void
read_number(struct number *out, const struct layer *l, size_t at)
{
    size_t i = at;

    memset(out, 0, sizeof *out);
    out->at = at;
    if (l->p[i] == '+')
        out->plus = true, i++;
    while (i < l->n && out->n < GROUPS_MAX) {
        size_t from = i, between = i;
        while (i < l->n && i - between < 3 && strchr(" -.()", l->p[i]) != NULL && l->p[i] != 0)
            out->brackets = l->p[i++] == '(' || out->brackets;
        from = i;
        while (i < l->n && is_digit(l->p[i]))
            i++;
        if (i == from)
            break;
        out->between[out->n] = from > between ? l->p[from - 1] : 0;
        out->group[out->n++] = i - from;
        out->digits += i - from;
        out->end = i;
    }
    out->letters = out->end < l->n && (is_alnum(l->p[out->end]) || l->p[out->end] == '_' || l->p[out->end] == '/' || l->p[out->end] == ':');
}

/* 8 921 123-45-67, 02-123-4567, (212) 555-0100, 89211234567: as they are written at home. */
static bool
is_national(const struct number *x, uint8_t first)
{
    if (x->n == 1)
        return x->digits == 11 && (first == '7' || first == '8') && !x->plus;
    if (x->n > 5 || x->digits < 9 || x->digits > 13)
        return false;
    if (first == '8' && x->group[0] == 1 && x->group[1] == 3)
        return x->digits == 11;
    if (first == '0' && x->group[0] <= 4 && x->n >= 3 && x->between[1] != '.')
        return x->group[x->n - 1] == 4 && x->group[x->n - 2] >= 3;
    if (first == '0' && x->group[0] == 2 && x->between[1] == ' ' && x->n == 5)
        return x->digits == 10;
    return x->brackets && x->n >= 3 && x->digits >= 10;
}

static bool
is_phone(const struct number *x, const struct layer *l)
{
    uint8_t first = l->p[x->at + x->plus];

    if (x->letters)
        return false;
    if (x->plus)
        return x->digits >= 9 && x->digits <= 15 && first != '0';
    if (x->n > 2 && x->group[0] == 2 && first == '0' && l->p[x->at + 1] == '0')
        return x->digits >= 11 && x->digits <= 17;
    return is_national(x, first);
}

/* Russian ones: 4507 123456, 45 07 123456; and abroad 71 1234567. */
static bool
is_passport(const struct number *x)
{
    if (x->plus || x->brackets || x->letters)
        return false;
    if (x->n == 2 && x->between[1] == ' ')
        return (x->group[0] == 4 && x->group[1] == 6) || (x->group[0] == 2 && x->group[1] == 7);
    return x->n == 3 && x->between[1] == ' ' && x->between[2] == ' ' && x->group[0] == 2 && x->group[1] == 2 && x->group[2] == 6;
}

/* M12345678, PS1234567: one or two capitals and seven to nine digits, as a word of its own. */
static bool
is_lettered(const struct layer *l, size_t at, size_t *end)
{
    size_t letters = 0, digits = 0, i = at;

    while (i < l->n && is_capital(l->p[i]))
        letters++, i++;
    if (i < l->n && l->p[i] == ' ' && letters == 2)
        i++;
    while (i < l->n && is_digit(l->p[i]))
        digits++, i++;
    *end = i;
    return letters >= 1 && letters <= 2 && digits >= 7 && digits <= 9 && !(i < l->n && (is_alnum(l->p[i]) || l->p[i] == '-' || l->p[i] == '_'));
}

/* 1997-2013, 2016-05-26 */
static bool
is_years(const struct number *x)
{
    return x->group[0] == 4 && x->n > 1 && (x->between[1] == '-' || x->between[1] == '.');
}

/* "passport no. 123456789": the word near before a number of six digits or more. */
static bool
is_named(const struct layer *l, size_t at)
{
    static const char *const word[] = { "assport", "\xD0\xB0\xD1\x81\xD0\xBF\xD0\xBE\xD1\x80\xD1\x82", "\xEC\x97\xAC\xEA\xB6\x8C" };
    size_t from = at > 32 ? at - 32 : 0;

    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
        if (memmem(l->p + from, at - from, word[i], strlen(word[i])) != NULL)
            return true;
    return false;
}

/* Returns how far it has read. */
static size_t
look_for_number(struct search *s, const struct layer *l, size_t at)
{
    struct number x;

    read_number(&x, l, at);
    if (x.n == 0)
        return at + 1;
    if (is_phone(&x, l))
        tell(s, l, at, x.end, PATTERN_PHONE);
    else if (is_passport(&x) || (x.n <= 3 && x.digits >= 6 && x.digits <= 10 && !x.letters && !is_years(&x) && is_named(l, at)))
        tell(s, l, at, x.end, PATTERN_PASSPORT);
    else
        return at + x.plus + x.group[0];
    return x.end;
}

void
scan_patterns(struct search *s, const struct layer *l)
{
    uint8_t before = ' ';

    for (size_t at = 0; at < l->n && !s->full;) {
        uint8_t c = l->p[at];
        size_t end = at + 1;
        bool begins = !is_alnum(before) && before != '.' && before != '-' && before != '/' && before != '_' && before < 0x80;

        if (c == '@')
            look_for_mail(s, l, at);
        else if (begins && (is_digit(c) || (c == '+' && at + 1 < l->n && is_digit(l->p[at + 1])) || (c == '(' && at + 1 < l->n && is_digit(l->p[at + 1]))))
            end = look_for_number(s, l, at);
        else if (begins && is_capital(c) && is_lettered(l, at, &end))
            tell(s, l, at, end, PATTERN_PASSPORT);
        at = end > at ? end : at + 1;
        before = l->p[at - 1];
    }
}
