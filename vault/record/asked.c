/* asked.c - see asked.h. */
#include "vault/record/asked.h"

#include <string.h>
#include "vault/base/text.h"

void
asked_free(struct asked *a)
{
    buf_free(&a->text);
    buf_free(&a->most);
}

void
asked_room_free(struct asked_room *room)
{
    buf_free(&room->text);
    buf_free(&room->fold);
}

void
asked_link(struct asked *a, const uint8_t record[static 16])
{
    a->kind = FIELD_LINK;
    memcpy(a->link, record, sizeof a->link);
}

/* ---- ranges: A..B, A.., ..B ---- */

static const char *
dots(const char *s, size_t n)
{
    return n < 2 ? NULL : memmem(s, n, "..", 2);
}

/* EDTF has a slash between its ends, and its own dots beside one: ../2010. */
static vault_err
read_date(struct asked *a, const char *s, size_t n)
{
    const char *cut = memchr(s, '/', n) == NULL ? dots(s, n) : NULL;
    struct buf edtf = BUF_INIT;
    char date[DATE_MAX];
    vault_err err;

    if (cut != NULL) {
        size_t before = (size_t)(cut - s), after = n - before - 2;
        buf_put(&edtf, before == 0 ? ".." : s, before == 0 ? 2 : before);
        buf_u8(&edtf, '/');
        buf_put(&edtf, after == 0 ? ".." : cut + 2, after == 0 ? 2 : after);
    } else {
        buf_put(&edtf, s, n);
    }
    err = buf_ok(&edtf);
    if (err == VAULT_OK)
        err = date_parse(date, (const char *)edtf.p, edtf.n);
    if (err == VAULT_OK && !date_span(&a->span, date, strlen(date)))
        err = err_say(VAULT_ERR_INPUT, NULL, "that is not a date");
    buf_free(&edtf);
    return err;
}

/* As it is stored, and then as text. */
static vault_err
canonical(struct buf *out, const struct field_def *f, const char *s, size_t n)
{
    struct buf cbor = BUF_INIT;
    vault_err err = value_from_text(&cbor, f, s, n, NULL);

    if (err == VAULT_OK)
        err = value_to_text(out, PART(cbor.p, cbor.n));
    buf_free(&cbor);
    return err;
}

static vault_err
read_numbers(struct asked *a, const struct field_def *f, const char *s, size_t n)
{
    const char *cut = dots(s, n);
    size_t before = cut == NULL ? n : (size_t)(cut - s);
    const char *to = cut == NULL ? s : cut + 2;
    size_t after = cut == NULL ? n : n - before - 2;
    vault_err err = VAULT_OK;

    a->no_least = cut != NULL && before == 0;
    a->no_most = cut != NULL && after == 0;
    if (!a->no_least || a->no_most)         /* ".." alone is no number */
        err = canonical(&a->text, f, s, before);
    if (err == VAULT_OK && !a->no_most)
        err = canonical(&a->most, f, to, after);
    return err;
}

/* ---- places ---- */

/* "Omsk , Russia" as ",Omsk,Russia,". */
static void
put_parts(struct buf *out, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        const uint8_t *comma = memchr(p + i, ',', n - i);
        size_t end = comma == NULL ? n : (size_t)(comma - p), to = end;

        while (i < to && p[i] == ' ')
            i++;
        while (to > i && p[to - 1] == ' ')
            to--;
        if (to > i) {
            buf_put(out, ",", out->n == 0);
            buf_put(out, p + i, to - i);
            buf_u8(out, ',');
        }
        i = end + 1;
    }
}

static vault_err
fold_place(struct buf *out, struct buf *fold, struct part text)
{
    vault_err err;

    buf_reset(fold);
    err = text_fold(fold, text.p, text.n);
    if (err == VAULT_OK)
        put_parts(out, fold->p, fold->n);
    return err == VAULT_OK ? buf_ok(out) : err;
}

/* ---- making ---- */

vault_err
asked_make(struct asked *a, const struct field_def *f, const char *text, size_t n)
{
    struct buf fold = BUF_INIT;
    vault_err err;

    a->kind = f->kind;
    switch (f->kind) {
    case FIELD_DATE:
        err = read_date(a, text, n);
        if (err != VAULT_OK)
            err_prefix("field %s: ", f->name);
        break;
    case FIELD_NUMBER:
        err = read_numbers(a, f, text, n);
        break;
    case FIELD_YESNO:
        err = canonical(&a->text, f, text, n);
        break;
    case FIELD_PLACE:
        err = fold_place(&a->text, &fold, PART(text, n));
        break;
    default:
        err = text_fold(&a->text, text, n);
    }
    buf_free(&fold);
    return err;
}

/* ---- comparing ---- */

struct number {
    bool negative;
    struct part whole, fraction;
};

/* A field of this name may hold something else in another type. */
static bool
is_number(const struct buf *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (memchr("0123456789.-", b->p[i], 12) == NULL)
            return false;
    return b->n != 0;
}

/* Of canonical text: no leading zeros, none behind the fraction. */
static struct number
number_of(const struct buf *b)
{
    const char *p = (const char *)b->p;
    const char *point = memchr(p, '.', b->n);
    size_t sign = b->n > 0 && *p == '-';
    size_t whole = (point == NULL ? b->n : (size_t)(point - p)) - sign;
    size_t fraction = point == NULL ? 0 : b->n - sign - whole - 1;

    return (struct number){ sign != 0, PART(p + sign, whole), PART(point == NULL ? "" : point + 1, fraction) };
}

static int
compare_numbers(const struct buf *x, const struct buf *y)
{
    struct number a = number_of(x), b = number_of(y);
    int d;

    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    d = a.whole.n != b.whole.n ? (a.whole.n < b.whole.n ? -1 : 1) : memcmp(a.whole.p, b.whole.p, a.whole.n);
    if (d == 0)
        d = memcmp(a.fraction.p, b.fraction.p, a.fraction.n < b.fraction.n ? a.fraction.n : b.fraction.n);
    if (d == 0)
        d = (a.fraction.n > b.fraction.n) - (a.fraction.n < b.fraction.n);
    return a.negative ? -d : d;
}

static bool
same(const struct buf *a, const struct buf *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

static vault_err
text_meets(const struct asked *a, struct asked_room *room, struct part value, bool *yes)
{
    vault_err err;

    buf_reset(&room->text);
    buf_reset(&room->fold);
    err = value_to_text(&room->text, value);
    if (err != VAULT_OK)
        return err;
    if (a->kind == FIELD_NUMBER) {
        *yes = is_number(&room->text) && (a->no_least || compare_numbers(&room->text, &a->text) >= 0) &&
            (a->no_most || compare_numbers(&room->text, &a->most) <= 0);
        return VAULT_OK;
    }
    err = text_fold(&room->fold, (const char *)room->text.p, room->text.n);
    if (err == VAULT_OK && a->kind == FIELD_PLACE) {
        buf_reset(&room->text);
        put_parts(&room->text, room->fold.p, room->fold.n);
        err = buf_ok(&room->text);
        *yes = err == VAULT_OK && a->text.n != 0 && room->text.n != 0 &&
            memmem(room->text.p, room->text.n, a->text.p, a->text.n) != NULL;
        return err;
    }
    *yes = err == VAULT_OK && same(&room->fold, &a->text);
    return err;
}

vault_err
asked_meets(const struct asked *a, struct asked_room *room, struct part value, bool *yes)
{
    struct value_view view;
    struct date_span span;
    vault_err err = value_read(&view, value);

    *yes = false;
    if (err != VAULT_OK)
        return err;
    if (a->kind == FIELD_LINK) {
        *yes = view.shape == VALUE_BYTES && view.text.n == sizeof a->link &&
            (memcmp(view.text.p, a->link, sizeof a->link) == 0 ||
            (a->same != NULL && a->same(a->same_ctx, view.text.p, a->link)));
        return VAULT_OK;
    }
    if (a->kind == FIELD_DATE) {
        *yes = view.shape == VALUE_TEXT && date_span(&span, view.text.p, view.text.n) &&
            span.from <= a->span.to && a->span.from <= span.to;
        return VAULT_OK;
    }
    return text_meets(a, room, value, yes);
}
