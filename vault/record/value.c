/*
 * value.c - one value, from what a person types to canonical CBOR and back.
 *
 * Import puts hundreds of thousands of values through value_from_text: plain ASCII goes straight
 * into the caller's buffer, other text is normalised at its end and moved only when that changed
 * its length.
 */
#include "vault/record/value.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "vault/base/cbor.h"
#include "vault/base/text.h"
#include "vault/record/date.h"
#include "vault/record/file.h"
#include "vault/record/value_text.h"

enum { KEY_VALUE, KEY_SOURCE, KEY_AS_OF, KEY_CERTAINTY, KEYS };

static const char *const certainties[] = {"certain", "probable", "possible", "doubtful"};

static bool
is_certainty(struct part s)
{
    for (size_t i = 0; i < sizeof certainties / sizeof certainties[0]; i++)
        if (s.n == strlen(certainties[i]) && memcmp(s.p, certainties[i], s.n) == 0)
            return true;
    return false;
}

/* ---- provenance ---- */

static size_t
provenance_parts(const struct provenance *prov)
{
    if (prov == NULL)
        return 0;
    return (size_t)(prov->source.n > 0) + (prov->as_of.n > 0) + (prov->certainty.n > 0);
}

static vault_err
check_provenance(const struct provenance *prov)
{
    if (prov == NULL)
        return VAULT_OK;
    if (prov->source.n != 0 && prov->source.n != 16)
        return err_say(VAULT_ERR_INPUT, NULL, "the source is not the id of a record");
    if (prov->as_of.n != 0 && !date_is_canonical(prov->as_of.p, prov->as_of.n))
        return err_say(VAULT_ERR_INPUT, NULL, "the as-of date is not a date");
    if (prov->certainty.n != 0 && !is_certainty(prov->certainty))
        return err_say(VAULT_ERR_INPUT, NULL,
            "the certainty is not one of certain, probable, possible, doubtful");
    return VAULT_OK;
}

/* What stands before the value itself, and after it. */
static vault_err
open_value(struct buf *out, const struct provenance *prov)
{
    vault_err err = check_provenance(prov);
    size_t parts = provenance_parts(prov);

    if (err != VAULT_OK || parts == 0)
        return err;
    cbor_map(out, 1 + parts);
    cbor_uint(out, KEY_VALUE);
    return VAULT_OK;
}

static vault_err
close_value(struct buf *out, size_t start, const struct provenance *prov)
{
    if (provenance_parts(prov) > 0) {
        if (prov->source.n > 0) {
            cbor_uint(out, KEY_SOURCE);
            cbor_bytes(out, prov->source.p, prov->source.n);
        }
        if (prov->as_of.n > 0) {
            cbor_uint(out, KEY_AS_OF);
            cbor_textn(out, prov->as_of.p, prov->as_of.n);
        }
        if (prov->certainty.n > 0) {
            cbor_uint(out, KEY_CERTAINTY);
            cbor_textn(out, prov->certainty.p, prov->certainty.n);
        }
    }
    if (!out->bad && out->n - start > VALUE_CBOR_MAX)
        return err_say(VAULT_ERR_INPUT, "attach it as a file", "the value is larger than 1 MiB");
    return buf_ok(out);
}

/* ---- text, choices ---- */

static enum text_lines
lines_of(const struct field_def *f)
{
    return f->kind == FIELD_NARRATIVE ? TEXT_LINES : TEXT_ONE_LINE;
}

static vault_err
put_text(struct buf *out, const struct field_def *f, struct part t)
{
    struct buf changed = BUF_INIT;
    size_t start = out->n, body;
    vault_err err;

    /* The head comes first, and most text keeps its length. */
    cbor_text_head(out, t.n);
    if (value_text_is_plain(t.p, t.n)) {
        buf_put(out, t.p, t.n);
        return VAULT_OK;
    }
    body = out->n;
    err = value_text_put(out, t.p, t.n, lines_of(f));
    if (err != VAULT_OK || out->n - body == t.n)
        return err;
    buf_put(&changed, out->p + body, out->n - body);
    err = buf_ok(&changed);
    if (err == VAULT_OK) {
        buf_cut(out, start);
        cbor_textn(out, (const char *)changed.p, changed.n);
    }
    buf_free(&changed);
    return err;
}

static bool
is_choice(const struct field_def *f, struct part s)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (strlen(f->choice[i]) == s.n && memcmp(f->choice[i], s.p, s.n) == 0)
            return true;
    return f->n_choices == 0;
}

/* The nearest choice, else all of them as far as they fit; choices are open, the text is not. */
static vault_err
no_choice(const struct field_def *f, struct part s)
{
    struct { char text[64]; } tmp = {{0}};
    char hint[256];
    const char *near = NULL;
    size_t at = 0;

    if (s.n < sizeof tmp.text) {
        memcpy(tmp.text, s.p, s.n);
        near = text_nearest(tmp.text, (const char *const *)f->choice, f->n_choices);
    }
    if (near != NULL)
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", near);
    for (size_t i = 0; near == NULL && i < f->n_choices && at < sizeof hint; i++)
        at += (size_t)snprintf(hint + at, sizeof hint - at, "%s%s", i == 0 ? "choices: " : ", ",
            f->choice[i]);
    sodium_memzero(&tmp, sizeof tmp);
    return err_say(VAULT_ERR_INPUT, hint, "the text is not one of the choices");
}

static vault_err
put_choice(struct buf *out, const struct field_def *f, struct part t)
{
    size_t start = out->n;
    struct part canonical;
    struct rd r;
    vault_err err;

    err = put_text(out, f, t);
    if (err != VAULT_OK || out->bad)
        return err;
    r = rd_of(out->p + start, out->n - start);
    canonical = cbor_get_text(&r, VALUE_MAX);
    return is_choice(f, canonical) ? VAULT_OK : no_choice(f, canonical);
}

static vault_err
put_date(struct buf *out, struct part t)
{
    struct { char text[DATE_MAX]; } tmp;
    vault_err err = date_parse(tmp.text, t.p, t.n);

    if (err == VAULT_OK)
        cbor_text(out, tmp.text);
    sodium_memzero(&tmp, sizeof tmp);
    return err;
}

/* ---- numbers ---- */

/* The pieces of a decimal number that canonical text is made of; borrowed. */
struct decimal {
    bool negative;
    struct part whole;          /* no leading zeros; "0" alone is the last zero */
    struct part fraction;       /* no trailing zeros; empty in integers */
};

static size_t
count_digits(const char *s, const char *end)
{
    const char *p = s;

    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return (size_t)(p - s);
}

static bool
read_decimal(struct decimal *out, struct part t)
{
    const char *p = t.p;
    const char *end = p + t.n;
    bool negative = t.n > 0 && *p == '-';
    size_t whole, fraction = 0;

    p += negative ? 1 : 0;
    whole = count_digits(p, end);
    if (whole == 0)
        return false;
    for (; whole > 1 && *p == '0'; whole--)
        p++;
    out->whole = PART(p, whole);
    p += whole;
    if (p < end) {
        if (*p++ != '.')
            return false;
        fraction = count_digits(p, end);
        if (fraction == 0 || p + fraction != end)
            return false;
        while (fraction > 0 && p[fraction - 1] == '0')
            fraction--;
    }
    out->fraction = PART(p, fraction);
    out->negative = negative &&
        (fraction > 0 || whole > 1 || *(const char *)out->whole.p != '0');
    return true;
}

static bool
decimal_as_int(int64_t *out, const struct decimal *d)
{
    const char *digits = d->whole.p;
    uint64_t most = (uint64_t)INT64_MAX + (d->negative ? 1 : 0);
    uint64_t value = 0;

    if (d->fraction.n > 0 || d->whole.n > 19)
        return false;
    for (size_t i = 0; i < d->whole.n; i++)     /* 19 digits fit into 64 bits */
        value = value * 10 + (uint64_t)(digits[i] - '0');
    if (value > most)
        return false;
    *out = d->negative ? -(int64_t)(value - 1) - 1 : (int64_t)value;
    return true;
}

static size_t
decimal_length(const struct decimal *d)
{
    return (d->negative ? 1 : 0) + d->whole.n + (d->fraction.n > 0 ? 1 + d->fraction.n : 0);
}

static vault_err
put_number(struct buf *out, struct part t)
{
    struct buf text = BUF_INIT;
    struct decimal d;
    int64_t value;
    vault_err err;

    if (!read_decimal(&d, t))
        return err_say(VAULT_ERR_INPUT, "write 1234.5, with no blanks and no other signs",
            "the text is not a number");
    if (decimal_as_int(&value, &d)) {
        cbor_int(out, value);
        return VAULT_OK;
    }
    if (d.negative)
        buf_u8(&text, '-');
    buf_put(&text, d.whole.p, d.whole.n);
    if (d.fraction.n > 0)
        buf_u8(&text, '.');
    buf_put(&text, d.fraction.p, d.fraction.n);
    err = buf_ok(&text);
    if (err == VAULT_OK)
        cbor_textn(out, (const char *)text.p, text.n);
    buf_free(&text);
    return err;
}

/* Integers that have a shorter form are not canonical as text. */
static bool
is_number(const struct value_view *v)
{
    struct decimal d;
    int64_t value;

    if (v->shape == VALUE_INT)
        return true;
    return v->shape == VALUE_TEXT && read_decimal(&d, v->text) &&
        decimal_length(&d) == v->text.n && !decimal_as_int(&value, &d);
}

/* ---- yes and no ---- */

static bool
same_word(struct part t, const char *word)
{
    const char *s = t.p;

    if (t.n != strlen(word))
        return false;
    for (size_t i = 0; i < t.n; i++) {
        char c = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 0x20) : s[i];
        if (c != word[i])
            return false;
    }
    return true;
}

static vault_err
put_yes_no(struct buf *out, struct part t)
{
    static const char *const yes[] = {"yes", "true", "1", "да", "Да", "ДА", "예"};
    static const char *const no[] = {"no", "false", "0", "нет", "Нет", "НЕТ", "아니요", "아니오"};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (same_word(t, yes[i])) {
            cbor_bool(out, true);
            return VAULT_OK;
        }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (same_word(t, no[i])) {
            cbor_bool(out, false);
            return VAULT_OK;
        }
    return err_say(VAULT_ERR_INPUT, "write yes or no", "the text is neither yes nor no");
}

/* ---- writing ---- */

static vault_err
put_value(struct buf *out, const struct field_def *f, struct part t)
{
    if (t.n > VALUE_MAX)
        return err_say(VAULT_ERR_INPUT, "attach it as a file", "the value is larger than 1 MiB");
    if (t.n == 0)
        return err_say(VAULT_ERR_INPUT, NULL, "the text is empty");
    switch (f->kind) {
    case FIELD_TEXT:
    case FIELD_NARRATIVE:
    case FIELD_NAME:
    case FIELD_PLACE:
    case FIELD_IDENTIFIER:
        return put_text(out, f, t);
    case FIELD_CHOICE:
        return put_choice(out, f, t);
    case FIELD_DATE:
        return put_date(out, t);
    case FIELD_NUMBER:
        return put_number(out, t);
    case FIELD_YESNO:
        return put_yes_no(out, t);
    case FIELD_LINK:
        return err_say(VAULT_ERR_INPUT, NULL, "a link is the id of a record");
    case FIELD_FILE:
        return err_say(VAULT_ERR_INPUT, "use attach", "a file is attached, not written as text");
    case FIELD_BYTES:
        break;
    }
    return err_say(VAULT_ERR_INPUT, NULL, "this kind of field cannot be written as text");
}

vault_err
value_from_text(struct buf *out, const struct field_def *f, const char *text, size_t n,
    const struct provenance *prov)
{
    size_t start = out->n;
    vault_err err;

    err = open_value(out, prov);
    if (err == VAULT_OK)
        err = put_value(out, f, value_text_trim(text, n));
    if (err == VAULT_OK)
        err = close_value(out, start, prov);
    if (err != VAULT_OK) {
        buf_cut(out, start);
        if (err == VAULT_ERR_INPUT)
            err_prefix("field %s: ", f->name);
    }
    return err;
}

vault_err
value_wrap(struct buf *out, struct part bare, const struct provenance *prov)
{
    size_t start = out->n;
    vault_err err;

    err = open_value(out, prov);
    if (err == VAULT_OK) {
        buf_put(out, bare.p, bare.n);
        err = close_value(out, start, prov);
    }
    if (err != VAULT_OK)
        buf_cut(out, start);
    return err;
}

vault_err
value_from_link(struct buf *out, const uint8_t id[static 16], const struct provenance *prov)
{
    uint8_t cbor[17] = { 0x50 };        /* a byte string of 16 */

    memcpy(cbor + 1, id, 16);
    return value_wrap(out, PART(cbor, sizeof cbor), prov);
}

vault_err
value_from_file(struct buf *out, const struct file_value *file, const struct provenance *prov)
{
    struct buf bare = BUF_INIT;
    vault_err err;

    cbor_array(&bare, 4);
    cbor_bytes(&bare, file->sha256, 32);
    cbor_int(&bare, (int64_t)file->size);
    cbor_textn(&bare, file->type.p, file->type.n);
    cbor_textn(&bare, file->name.p, file->name.n);
    err = buf_ok(&bare);
    if (err == VAULT_OK)
        err = value_wrap(out, PART(bare.p, bare.n), prov);
    buf_free(&bare);
    return err;
}

/* ---- reading ---- */

static void
read_file(struct file_value *f, struct rd *r)
{
    struct part hash;

    if (cbor_get_array(r, 4) != 4)
        r->bad = true;
    hash = cbor_get_bytes(r, 32);
    f->sha256 = hash.p;
    f->size = cbor_get_uint(r, FILE_SIZE_MAX);
    f->type = cbor_get_text(r, FILE_TYPE_BYTES);
    f->name = cbor_get_text(r, FILE_NAME_BYTES);
    if (hash.n != 32 || f->type.n == 0 || f->name.n == 0)
        r->bad = true;
}

static void
read_bare(struct value_view *v, struct rd *r)
{
    switch (cbor_peek(r)) {
    case CBOR_TEXT:
        v->shape = VALUE_TEXT;
        v->text = cbor_get_text(r, VALUE_MAX);
        break;
    case CBOR_UINT:
    case CBOR_NEG:
        v->shape = VALUE_INT;
        v->num = cbor_get_int(r);
        break;
    case CBOR_BOOL:
        v->shape = VALUE_BOOL;
        v->yes = cbor_get_bool(r);
        break;
    case CBOR_BYTES:
        v->shape = VALUE_BYTES;
        v->text = cbor_get_bytes(r, VALUE_MAX);
        break;
    case CBOR_ARRAY:
        v->shape = VALUE_FILE;
        read_file(&v->file, r);
        break;
    case CBOR_MAP:
    case CBOR_BAD:
        r->bad = true;
    }
}

static void
read_provenance(struct provenance *prov, struct rd *r, size_t parts)
{
    uint64_t last = KEY_VALUE;

    for (size_t i = 0; i < parts && !r->bad; i++) {
        uint64_t key = cbor_get_uint(r, KEYS - 1);
        bool good = key > last;
        if (key == KEY_SOURCE) {
            prov->source = cbor_get_bytes(r, 16);
            good = good && prov->source.n == 16;
        } else if (key == KEY_AS_OF) {
            prov->as_of = cbor_get_text(r, DATE_MAX);
            good = good && date_is_canonical(prov->as_of.p, prov->as_of.n);
        } else {
            prov->certainty = cbor_get_text(r, DATE_MAX);
            good = good && is_certainty(prov->certainty);
        }
        if (!good)
            r->bad = true;
        last = key;
    }
}

static bool
read_view(struct value_view *out, struct part cbor)
{
    struct value_view v = {.shape = VALUE_TEXT};
    struct rd r = rd_of(cbor.p, cbor.n);

    if (cbor.n > VALUE_CBOR_MAX)
        return false;
    if (cbor_peek(&r) == CBOR_MAP) {
        size_t pairs = cbor_get_map(&r, KEYS);
        if (pairs < 2 || cbor_get_uint(&r, KEY_VALUE) != KEY_VALUE)
            return false;
        read_bare(&v, &r);
        read_provenance(&v.prov, &r, pairs - 1);
    } else {
        read_bare(&v, &r);
    }
    if (!rd_end(&r))
        return false;
    *out = v;
    return true;
}

vault_err
value_read(struct value_view *out, struct part cbor)
{
    if (!read_view(out, cbor))
        return err_say(VAULT_ERR_DAMAGED, NULL, "a value of a record is damaged");
    return VAULT_OK;
}

static bool
is_text(struct buf *scratch, const struct value_view *v, enum text_lines lines)
{
    return v->shape == VALUE_TEXT &&
        value_text_is_canonical(scratch, v->text.p, v->text.n, lines);
}

bool
value_valid(struct buf *scratch, const struct field_def *f, struct part cbor)
{
    struct value_view v;

    if (!read_view(&v, cbor))
        return false;
    switch (f->kind) {
    case FIELD_TEXT:
    case FIELD_NARRATIVE:
    case FIELD_NAME:
    case FIELD_PLACE:
    case FIELD_IDENTIFIER:
        return is_text(scratch, &v, lines_of(f));
    case FIELD_CHOICE:
        return is_text(scratch, &v, TEXT_ONE_LINE) && is_choice(f, v.text);
    case FIELD_DATE:
        return v.shape == VALUE_TEXT && date_is_canonical(v.text.p, v.text.n);
    case FIELD_NUMBER:
        return is_number(&v);
    case FIELD_YESNO:
        return v.shape == VALUE_BOOL;
    case FIELD_LINK:
        return v.shape == VALUE_BYTES && v.text.n == 16;
    case FIELD_BYTES:
        return v.shape == VALUE_BYTES;
    case FIELD_FILE:
        return v.shape == VALUE_FILE && file_name_valid(scratch, v.file.name);
    }
    return false;
}

vault_err
value_to_text(struct buf *out, struct part cbor)
{
    struct value_view v;
    char code[CODE_LEN + 1];
    vault_err err;

    err = value_read(&v, cbor);
    if (err != VAULT_OK)
        return err;
    switch (v.shape) {
    case VALUE_TEXT:
        buf_put(out, v.text.p, v.text.n);
        break;
    case VALUE_INT:
        buf_fmt(out, "%lld", (long long)v.num);
        break;
    case VALUE_BOOL:
        buf_str(out, v.yes ? "yes" : "no");
        break;
    case VALUE_FILE:
        buf_put(out, v.file.name.p, v.file.name.n);
        break;
    case VALUE_BYTES:
        if (v.text.n == 16) {
            code_of(code, v.text.p);
            buf_str(out, code);
            break;
        }
        for (size_t i = 0; i < v.text.n; i++)
            buf_fmt(out, "%02x", ((const uint8_t *)v.text.p)[i]);
    }
    return buf_ok(out);
}
