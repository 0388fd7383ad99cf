/* gate_found.c - what was found, gathered, and told in the order of the file. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/release/gate_priv.h"

/* ---- how it was hidden ---- */

static const char *const DECODER_TEXT[DECODERS] = {
    [DECODE_ESCAPES] = "escaped", [DECODE_QUOTED] = "in quoted-printable", [DECODE_CSS] = "in escapes of CSS", [DECODE_BASE64] = "in base64",
    [DECODE_HEX] = "in hexadecimal", [DECODE_UTF16] = "in UTF-16", [DECODE_TAGS] = "between tags", [DECODE_MEMBERS] = "over members",
    [DECODE_COLUMNS] = "over rows of a column", [DECODE_APART] = "with its letters apart", [DECODE_NORMAL] = "in another normal form",
    [DECODE_OLD] = "in another character set",
};

static void
say_how(char *out, size_t room, const struct place_in *p)
{
    size_t n = 0;

    out[0] = '\0';
    for (const struct layer *l = p->layer; l->from != NULL; l = l->from)
        if (n < room)
            n += (size_t)snprintf(out + n, room - n, "%s%s", n == 0 ? "" : ", ", DECODER_TEXT[l->by]);
    if (p->how[0] != '\0' && n < room)
        (void)snprintf(out + n, room - n, "%s%s", n == 0 ? "" : ", ", p->how);
}

/* ---- press names ---- */

/* Case and white space aside. */
static uint64_t
press_key(struct gate *g, uint32_t record, const char *p, size_t n)
{
    struct buf fold = BUF_INIT;
    uint64_t h = hash_more(g->seed, &record, sizeof record);
    size_t from = 0, to;

    if (text_fold(&fold, p, n) != VAULT_OK)
        vault_clear_error();
    to = fold.n;
    while (from < to && fold.p[from] == ' ')
        from++;
    while (to > from && fold.p[to - 1] == ' ')
        to--;
    h = to > from ? hash_more(h, fold.p + from, to - from) : 0;
    buf_free(&fold);
    return h;
}

vault_err
gate_add_public(struct gate *g, uint32_t record, struct part press_name)
{
    struct item item = { .key = press_key(g, record, press_name.p, press_name.n), .record = record };

    return item.key == 0 ? VAULT_OK : dict_add(&g->press, &item);
}

/* Of what goes over several cells one may be it: then the words of its neighbours have made a name of more. */
bool
is_press_name(struct search *s, const struct place_in *p, uint32_t record)
{
    const char *text = (const char *)p->layer->p + p->at, *end = (const char *)p->layer->p + p->end;

    if (s->g->press.n == 0 || p->end - p->at >= NAME_BYTES_MAX)
        return false;
    for (const char *cell = text, *next; cell < end; cell = next + 1) {
        next = memchr(cell, LAYER_CELL, (size_t)(end - cell));
        next = next == NULL ? end : next;
        if (dict_find(&s->g->press, press_key(s->g, record, cell, (size_t)(next - cell))) != NULL)
            return true;
    }
    return false;
}

/* ---- gathering ---- */

static struct found *
room_for(struct search *s)
{
    struct found *f;

    if (s->n_found >= GATE_HITS_MAX) {
        s->full = true;
        return NULL;
    }
    f = array_room(s->found, s->n_found, &s->room_found, sizeof *f);
    if (f == NULL) {
        s->err = err_nomem();
        s->full = true;
        return NULL;
    }
    s->found = f;
    f += s->n_found++;
    memset(f, 0, sizeof *f);
    return f;
}

/* The same thing in the same place is found in several layers: told once, as it was found first. */
static struct found *
known(const struct search *s, size_t at, const struct found *like)
{
    for (size_t i = s->n_found; i-- > 0;)
        if (s->found[i].at == at && s->found[i].what == like->what && s->found[i].record == like->record &&
            s->found[i].excused == like->excused)
            return &s->found[i];
    return NULL;
}

static void
gather(struct search *s, const struct place_in *p, const struct found *like)
{
    size_t at = layer_source(p->layer, p->at), end = layer_source(p->layer, p->end);
    size_t n = end > at ? end - at : 0;
    struct found *f = known(s, at, like);

    if (f != NULL) {
        f->n = f->n < n ? n : f->n;
        return;
    }
    f = room_for(s);
    if (f == NULL)
        return;
    *f = *like;
    f->at = at;
    f->n = n;
    say_how(f->how, sizeof f->how, p);
}

void
found_add(struct search *s, const struct place_in *p, enum gate_class what, uint32_t record, uint32_t more, uint16_t field, uint8_t pattern)
{
    struct found f = { .what = what, .record = record, .more = more, .field = field, .pattern = pattern };

    gather(s, p, &f);
}

void
found_excused(struct search *s, const struct place_in *p, uint32_t record)
{
    struct found f = { .what = GATE_FULL_NAME, .record = record, .excused = true };

    gather(s, p, &f);
}

void
found_item(struct search *s, const struct place_in *p, enum gate_class what, const struct dict *d, const struct item *item, uint8_t kind)
{
    const struct item *told = NULL;
    uint32_t excused = 0, count = item->count;

    for (const struct item *i = item;; i = &d->item[i->next - 1]) {
        if (i->kind == kind && is_press_name(s, p, i->record)) {
            excused++;
            if (what == GATE_FULL_NAME)
                found_excused(s, p, i->record);
        } else if (i->kind == kind && (told == NULL || i->record < told->record)) {
            told = i;
        }
        if (i->next == 0)
            break;
    }
    if (told == NULL && excused < count)
        told = item;                            /* one of those that were only counted */
    if (told != NULL)
        found_add(s, p, what, told->record, count - excused - 1, told->field, 0);
}

/* ---- telling ---- */

const char *
gate_class_text(enum gate_class what)
{
    static const char *const text[] = { "full name", "lone name", "withheld value", "pattern", "not searched to the end" };

    return text[what];
}

static int
by_place(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return x->record < y->record ? -1 : x->record > y->record;
}

static bool
meet(const struct found *a, const struct found *b)
{
    return a->at < b->at + b->n && b->at < a->at + a->n;
}

/*
 * Told, or excused, with another one: a lone name within a full one; and of one record what overlaps with the like of it, or with its own
 * press name.
 */
static bool
goes_with(const struct found *f, const struct found *other)
{
    bool within = other->at <= f->at && other->at + other->n >= f->at + f->n;

    if (!meet(f, other))
        return false;
    if (f->what == GATE_LONE_NAME && other->what == GATE_FULL_NAME && (within || (other->excused && other->record == f->record)))
        return true;
    return f->record == other->record && f->what == other->what && f->what != GATE_PATTERN && (other->excused || other < f);
}

#define NEAR 64u                /* places to either side that are looked at */

static bool
is_told(const struct search *s, size_t i)
{
    size_t from = i > NEAR ? i - NEAR : 0, to = i + NEAR < s->n_found ? i + NEAR : s->n_found;

    for (size_t k = from; k < to; k++)
        if (k != i && (s->found[k].excused || !s->found[k].gone) && goes_with(&s->found[i], &s->found[k]))
            return false;
    return !s->found[i].excused;
}

static void
make_id(char id[static GATE_ID_LEN + 1], const struct search *s, const struct found *f, size_t nth)
{
    uint8_t hash[32], number[32];
    char code[CODE_LEN + 1];
    struct part part[] = { PART(s->file, strlen(s->file) + 1), PART(number, sizeof number) };

    put_u64(number, f->line);
    put_u64(number + 8, nth);
    put_u64(number + 16, (uint64_t)f->what << 32 | f->pattern);
    put_u64(number + 24, f->record);
    hash_parts(hash, "withheld gate hit", part, 2);
    code_of(code, hash);
    memcpy(id, code, GATE_ID_LEN);
    id[GATE_ID_LEN] = '\0';
}

static vault_err
tell_one(struct search *s, size_t i, gate_hit_fn *fn, void *ctx)
{
    static const char *const patterns[] = { "", "passport", "phone", "mail" };
    const struct found *f = &s->found[i];
    struct gate_hit hit = { .file = s->file, .line = f->line, .at = f->at, .n = f->n, .what = f->what, .record = f->record,
        .more = f->more, .how = f->how };
    size_t nth = 0;

    for (size_t k = i; k-- > 0 && s->found[k].line == f->line;)
        nth += s->found[k].what == f->what && s->found[k].record == f->record;
    hit.field = f->what == GATE_PATTERN ? patterns[f->pattern] : f->what == GATE_UNSEARCHED ? "" : s->g->field[f->field];
    make_id(hit.id, s, f, nth);
    return fn(ctx, &hit);
}

vault_err
found_tell(struct search *s, gate_hit_fn *fn, void *ctx)
{
    const uint8_t *p = s->bytes.p;
    size_t at = 0;
    uint64_t line = 1;
    vault_err err = VAULT_OK;

    if (s->n_found > 1)
        qsort(s->found, s->n_found, sizeof *s->found, by_place);
    for (size_t i = 0; i < s->n_found; i++) {
        for (; at < s->found[i].at && at < s->bytes.n; at++)
            line += p[at] == '\n';
        s->found[i].line = line;
    }
    for (size_t i = 0; err == VAULT_OK && i < s->n_found; i++)
        if (is_told(s, i))
            err = tell_one(s, i, fn, ctx);
        else
            s->found[i].gone = true;
    return err;
}
