/* index.c - a hash table from keys to names, chained. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/bytes.h"
#include "vault/base/utf8.h"
#include "vault/names/index.h"

struct entry {
    uint32_t at, number;
    uint32_t seen;                  /* the search that compared it last */
    uint16_t n;
    bool one_word;
};

struct link {
    uint64_t key;
    uint32_t entry, next;           /* next: link + 1, 0 ends */
};

struct name_index {
    struct buf text;                /* the names, one after the other */
    struct entry *entry;
    struct link *link;
    uint32_t *head;                 /* by key: link + 1 */
    size_t n, room, n_links, room_links, n_heads;
    uint32_t search;
    struct name other, window;      /* room for one that is compared */
};

vault_err
name_index_new(struct name_index **out)
{
    struct name_index *x = calloc(1, sizeof *x);

    if (x == NULL)
        return err_nomem();
    *out = x;
    return VAULT_OK;
}

void
name_index_free(struct name_index *x)
{
    if (x == NULL)
        return;
    buf_free(&x->text);
    free(x->entry);
    free(x->link);
    free(x->head);
    sodium_memzero(x, sizeof *x);
    free(x);
}

size_t
name_index_count(const struct name_index *x)
{
    return x->n;
}

bool
name_index_is_one_word(const struct name_index *x, size_t i)
{
    return x->entry[i].one_word;
}

/* ---- growing ---- */

static void
hang(struct name_index *x, uint32_t i)
{
    uint32_t *head = &x->head[x->link[i].key & (x->n_heads - 1)];

    x->link[i].next = *head;
    *head = i + 1;
}

static vault_err
widen(struct name_index *x)
{
    size_t n = x->n_heads == 0 ? 1024 : 2 * x->n_heads;
    uint32_t *head;

    if (x->n_links < x->n_heads)
        return VAULT_OK;
    head = calloc(n, sizeof *head);
    if (head == NULL)
        return err_nomem();
    free(x->head);
    x->head = head;
    x->n_heads = n;
    for (size_t i = 0; i < x->n_links; i++)
        hang(x, (uint32_t)i);
    return VAULT_OK;
}

static vault_err
add_key(struct name_index *x, uint64_t key)
{
    struct link *link = array_room(x->link, x->n_links, &x->room_links, sizeof *link);
    vault_err err;

    if (link == NULL)
        return err_nomem();
    x->link = link;
    err = widen(x);
    if (err != VAULT_OK)
        return err;
    x->link[x->n_links] = (struct link){ .key = key, .entry = (uint32_t)x->n };
    hang(x, (uint32_t)x->n_links++);
    return VAULT_OK;
}

vault_err
name_index_add(struct name_index *x, const char *s, size_t n, uint32_t number)
{
    uint64_t key[NAME_KEYS_MAX];
    struct entry *entry;
    size_t n_keys;
    vault_err err;

    if (!name_try(&x->other, s, n))
        return VAULT_OK;
    if (x->n == UINT32_MAX / NAME_KEYS_MAX || x->text.n > UINT32_MAX - n)
        return err_say(VAULT_ERR_NO_SPACE, NULL, "there are too many names to compare");
    entry = array_room(x->entry, x->n, &x->room, sizeof *entry);
    if (entry == NULL)
        return err_nomem();
    x->entry = entry;
    entry[x->n] = (struct entry){ .at = (uint32_t)x->text.n, .n = (uint16_t)n, .number = number,
        .one_word = x->other.n < 2 && x->other.korean.n == 0 };
    buf_put(&x->text, s, n);
    err = buf_ok(&x->text);
    n_keys = name_keys(key, &x->other);
    for (size_t i = 0; err == VAULT_OK && i < n_keys; i++)
        err = add_key(x, key[i]);
    if (err == VAULT_OK)
        x->n++;
    return err;
}

/* ---- looking ---- */

struct finding {
    enum name_shows shows;
    bool reasons;
    name_skip_fn *skip;             /* NULL: none */
    name_found_fn *fn;
    void *ctx;
};

static bool
compare_one(struct name_index *x, struct entry *e, const struct name *asked, const struct finding *f)
{
    char why[NAME_WHY_BYTES];
    enum name_level level;

    e->seen = x->search;
    if (f->skip != NULL && f->skip(f->ctx, e->number))
        return false;
    if (!name_try(&x->other, (const char *)x->text.p + e->at, e->n))
        return false;
    level = name_compare(asked, &x->other, f->shows, f->reasons ? why : NULL);
    return level >= NAME_FOLD && f->fn(f->ctx, e->number, level, f->reasons ? why : "") != 0;
}

static void
find(struct name_index *x, const struct name *asked, const struct finding *f)
{
    uint64_t key[NAME_KEYS_MAX];
    size_t n = x->n_heads == 0 ? 0 : name_keys(key, asked);

    x->search++;
    for (size_t i = 0; i < n; i++)
        for (uint32_t at = x->head[key[i] & (x->n_heads - 1)]; at != 0; at = x->link[at - 1].next) {
            struct entry *e = &x->entry[x->link[at - 1].entry];
            if (x->link[at - 1].key == key[i] && e->seen != x->search && compare_one(x, e, asked, f))
                return;
        }
}

void
name_index_find(struct name_index *x, const struct name *asked, enum name_shows shows,
    name_found_fn *fn, void *ctx)
{
    struct finding f = { shows, true, NULL, fn, ctx };

    find(x, asked, &f);
}

void
name_index_find_entry(struct name_index *x, size_t i, enum name_shows shows, name_skip_fn *skip, name_found_fn *fn,
    void *ctx)
{
    const struct entry *e = &x->entry[i];
    struct finding f = { shows, true, skip, fn, ctx };

    if (name_try(&x->window, (const char *)x->text.p + e->at, e->n))
        find(x, &x->window, &f);
}

/* ---- in a text ---- */

#define WINDOW_WORDS 4
#define HANGUL_BYTES 3

struct scanning {
    struct name_index *x;
    const char *text;
    struct { size_t at, end; } word[WINDOW_WORDS];
    size_t n;                       /* words in the window */
    name_skip_fn *skip;
    name_place_fn *fn;
    void *ctx;
    struct name_place place;
    bool stop, hit;
};

static int
at_place(void *ctx, uint32_t number, enum name_level level, const char *why)
{
    struct scanning *s = ctx;

    (void)why;
    s->hit = true;
    s->place.number = number;
    s->place.level = level;
    s->stop = s->fn(s->ctx, &s->place) != 0;
    return s->stop;
}

static bool
is_skipped(void *ctx, uint32_t number)
{
    const struct scanning *s = ctx;

    return s->skip(s->ctx, number);
}

static void
look_at(struct scanning *s, size_t at, size_t end)
{
    struct finding f = { NAME_SHOWS_KEYS, false, s->skip == NULL ? NULL : is_skipped, at_place, s };

    if (end - at > 2 && s->text[end - 1] == 's' && s->text[end - 2] == '\'')
        end -= 2;                   /* Choi's */
    if (s->stop || !name_try(&s->x->window, s->text + at, end - at))
        return;
    s->place.at = at;
    s->place.n = end - at;
    find(s->x, &s->x->window, &f);
}

static bool
is_hangul(const char *p)
{
    int32_t cp = 0;

    return u8_read(&cp, (const uint8_t *)p, HANGUL_BYTES) == HANGUL_BYTES && cp >= HANGUL_FIRST &&
        cp < HANGUL_FIRST + HANGUL_COUNT;
}

/* A Korean name written in one word, with a particle behind it: its first two to five syllables. */
static void
look_at_hangul(struct scanning *s, size_t at, size_t end)
{
    for (size_t n = 2; n <= 5 && at + n * HANGUL_BYTES < end; n++) {
        for (size_t i = 0; i < n; i++)
            if (!is_hangul(s->text + at + i * HANGUL_BYTES))
                return;
        look_at(s, at, at + n * HANGUL_BYTES);
    }
}

/* The window's first word, alone and with those behind it. */
static void
look(struct scanning *s)
{
    for (size_t i = 0; i < s->n && !s->stop; i++)
        look_at(s, s->word[0].at, s->word[i].end);
    if (s->n > 0 && s->word[0].end - s->word[0].at > 2 * HANGUL_BYTES)
        look_at_hangul(s, s->word[0].at, s->word[0].end);
    if (s->n > 0)
        memmove(&s->word[0], &s->word[1], --s->n * sizeof s->word[0]);
}

static void
drain(struct scanning *s)
{
    while (s->n > 0 && !s->stop)
        look(s);
    s->n = 0;
}

/* Ends a word; and ends a row of words, so that no name reaches over it? */
static bool
is_between(int32_t cp, bool *ends_row)
{
    *ends_row = cp == '\n' || cp == ';' || cp == ':' || cp == '!' || cp == '?' || cp == '(' || cp == ')' ||
        cp == '"' || cp == '/' || cp == '|' || cp == '=' || cp == 0x2014 || cp == 0xAB || cp == 0xBB || (cp >= 0x201C && cp <= 0x201F) || cp == 0x3002;
    return *ends_row || cp == ' ' || cp == '.' || cp == '_' || cp == '\t' || cp == '\r' || cp == ',' || cp == 0xA0 || cp == 0x3000 ||
        cp == 0x2028 || cp == 0x2029;
}

void
name_index_in_text(struct name_index *x, const char *text, size_t n, name_skip_fn *skip, name_place_fn *fn, void *ctx)
{
    struct scanning s = { .x = x, .text = text, .skip = skip, .fn = fn, .ctx = ctx };
    size_t begun = 0;
    bool in_word = false;

    for (size_t at = 0; at < n && !s.stop;) {
        int32_t cp = 0;
        bool ends_row = false;
        size_t len = u8_read(&cp, (const uint8_t *)text + at, n - at);
        if (len == 0)
            break;
        if (is_between(cp, &ends_row)) {
            if (in_word)
                s.word[s.n - 1].end = at;
            in_word = false;
            if (ends_row)
                drain(&s);
        } else if (!in_word) {
            if (s.n == WINDOW_WORDS)
                look(&s);
            begun = at;
            s.word[s.n].at = begun;
            s.word[s.n++].end = n;
            in_word = true;
        }
        at += len;
    }
    if (in_word && s.n > 0)
        s.word[s.n - 1].end = n;
    drain(&s);
}
