/*
 * gate_words.c - names in all spellings, among the words of a layer.
 *
 * What a word may be is found out once for each different word. Only words that may be a surname next to words that may be a given name are
 * put together and asked for in the index of names, and rows of words that are no name are remembered.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

#define LOWER_LETTERS_MIN 8u        /* of a full name without capitals */
#define FULL_LETTERS_MIN 4u
#define LONE_LOWER_MIN 5u
#define LONE_SOUND_MIN 4u
#define LONE_TOUCHING_MIN 6u        /* next to digits, as in what is no text at all */
#define LONE_LOOSE_MIN 6u
#define SOUND_LENGTH_MIN 5u         /* of a key that tells a lone name */
#define JOINED_MIN 6u
#define TOUCHING_JOINED_MIN 10u
#define RECORDS_TOLD 8u             /* of one place */
#define KNOWN_MAX 0x100000u

enum {
    WORD_FAMILY = 1, WORD_GIVEN = 2, WORD_SURNAME = 4, WORD_SYLLABLES = 8,
    WORD_ALONE = 16,                /* is a full name by itself: Hangul, Han */
    WORD_JOINED = 32,               /* is one with its parts run together */
    WORD_LONE_SOUND = 64,           /* its lone item was found by sound, not by letters */
    WORD_COMMON = 128,
    WORD_PARTICLE = 256
};
#define WORD_OF_NAME (WORD_FAMILY | WORD_GIVEN | WORD_SURNAME | WORD_SYLLABLES)

struct known_word {
    uint64_t hash;
    const struct dict *lone_in;
    uint32_t lone;
    uint16_t flags;
    uint8_t ending;
    bool used;
};

void
words_free(struct gate *g)
{
    if (g->known != NULL)
        sodium_memzero(g->known, g->n_known_slots * sizeof *g->known);
    free(g->known);
    g->known = NULL;
    g->n_known = g->n_known_slots = 0;
}

bool
is_common(const struct gate *g, const struct token *t)
{
    return t->n_bare == 1 || dict_find(&g->common, hash_more(g->seed, t->bare, t->n_bare)) != NULL;
}

bool
is_particle(const struct token *t)
{
    static const char *const particle[] = { "al", "el", "bin", "ibn", "bint", "abu", "abd", "ben", "van", "von", "der", "den", "de", "del",
        "di", "da", "dos", "la", "le", "du", "des", "af", "ter", "zu", "und", "st", "mc", "mac", "san", "thi", "oglu", "ogly", "kyzy" };

    for (size_t i = 0; i < sizeof particle / sizeof particle[0]; i++)
        if (strlen(particle[i]) == t->n_bare && memcmp(particle[i], t->bare, t->n_bare) == 0)
            return true;
    return false;
}

/* ---- names in the index ---- */

struct asking {
    struct window *w;
    const struct place_in *place;   /* NULL: only whether there is one */
    enum gate_class what;
    unsigned told;
    bool hit;
};

static int
take_name(void *ctx, uint32_t number, enum name_level level, const char *why)
{
    struct asking *a = ctx;
    struct search *s = a->w->s;
    const struct value *v = &s->g->value[number];

    (void)level;
    (void)why;
    if (v->one_word)
        return 0;
    a->hit = true;
    if (a->place == NULL)
        return 1;
    if (is_press_name(s, a->place, v->record)) {
        found_excused(s, a->place, v->record);
        return 0;
    }
    found_add(s, a->place, a->what, v->record, 0, v->field, 0);
    return ++a->told >= RECORDS_TOLD;
}

static bool
ask(struct window *w, const char *text, size_t n, const struct place_in *place, enum gate_class what)
{
    struct asking a = { w, place, what, 0, false };
    struct gate *g = w->s->g;

    if (++w->s->lookups > LOOKUPS_MAX) {
        w->s->unsearched = true;
        return false;
    }
    if (name_try(&g->one, text, n))
        name_index_find(g->names, &g->one, NAME_SHOWS_KEYS, take_name, &a);
    return a.hit;
}

/* A word of Hangul with a particle behind the name: its first two to five syllables. */
static bool
ask_alone(struct window *w, const struct token *t, const struct place_in *place)
{
    const char *text = (const char *)t->text;
    bool hit = ask(w, text, t->n, place, GATE_FULL_NAME);
    int32_t c;

    for (size_t n = 0, k = 1; t->unparted && n < t->n && k <= 5; k++) {
        size_t len = u8_read(&c, t->text + n, t->n - n);
        if (len != 3 || c < HANGUL_FIRST || c >= HANGUL_FIRST + HANGUL_COUNT)
            break;
        n += len;
        if (k >= 2 && n < t->n)
            hit = ask(w, text, n, place, GATE_FULL_NAME) || hit;
    }
    return hit;
}

/* ---- run together: yelenakogai, choimyungbok ---- */

static bool
any_key(struct gate *g, const struct name *one, bool family)
{
    uint64_t key[NAME_WORD_KEYS_MAX];
    size_t n = one->n == 1 ? name_word_keys(key, one, 0, family) : 0;

    for (size_t i = 0; i < n; i++)
        if (dict_find(family ? &g->family : &g->given, key[i] ^ g->seed) != NULL)
            return true;
    return false;
}

static bool
is_surname(const struct gate *g, const struct name *one)
{
    const struct table_surname *s = one->n == 1 ? one->word[0].korean : NULL;

    for (size_t i = 0; s != NULL && i < SURNAMES_OF_ONE; i++)
        if (s->of[i] != 0 && g->surname[s->of[i]])
            return true;
    return false;
}

/* Two parts of a word, either of which may be the surname. */
static bool
may_part(struct gate *g, const char *text, size_t at, size_t n)
{
    bool family, given;

    if (!name_try(&g->other, text, at))
        return false;
    if (is_surname(g, &g->other))
        return true;
    family = any_key(g, &g->other, true);
    given = any_key(g, &g->other, false);
    if (!(family || given) && n - at > 5)
        return false;
    if (!name_try(&g->other, text + at, n - at))
        return false;
    return is_surname(g, &g->other) || (family && any_key(g, &g->other, false)) || (given && any_key(g, &g->other, true));
}

static bool
ask_joined(struct window *w, const struct token *t, const struct place_in *place)
{
    char parted[TOKEN_BYTES + 1];
    const char *text = (const char *)t->text;

    for (size_t at = 2; at + 2 <= t->n; at++) {
        if ((t->text[at] & 0xC0) == 0x80 || !may_part(w->s->g, text, at, t->n))
            continue;
        memcpy(parted, text, at);
        parted[at] = ' ';
        memcpy(parted + at + 1, text + at, t->n - at);
        if (ask(w, parted, t->n + 1u, place, GATE_FULL_NAME))
            return true;
    }
    return false;
}

/* ---- what a word may be ---- */

/* As the rest of a Korean name: read behind the commonest surname. */
static bool
is_syllables(struct gate *g, const void *word, size_t n_word)
{
    char text[TOKEN_BYTES + 16];
    uint8_t first = *(const uint8_t *)word;
    const char *kim = first >= 0xEA ? "\xEA\xB9\x80 " : first < 0x80 ? "kim " : "\xD0\xBA\xD0\xB8\xD0\xBC ";
    size_t n = strlen(kim);

    memcpy(text, kim, n);
    memcpy(text + n, word, n_word);
    return name_try(&g->other, text, n + n_word) && g->other.korean.n > 0;
}

static uint32_t
item_number(const struct dict *d, const struct item *i)
{
    return i == NULL ? 0 : (uint32_t)(i - d->item) + 1;
}

static bool
is_long(const struct sounds *s)
{
    for (uint8_t i = 0; i < s->n; i++)
        if (strlen(s->key[i]) >= SOUND_LENGTH_MIN)
            return true;
    return false;
}

/* By its sound as a surname or a given name, where that is long enough to mean something, or as a Korean surname. */
static void
find_sound(struct gate *g, struct known_word *k, const struct name *one, bool family)
{
    uint64_t key[NAME_WORD_KEYS_MAX];
    const struct dict *d = family ? &g->family : &g->given;
    const struct name_word *w = &one->word[0];
    size_t n = name_word_keys(key, one, 0, family);

    for (size_t i = 0; i < n; i++) {
        const struct item *item = dict_find(d, key[i] ^ g->seed);
        if (item == NULL)
            continue;
        k->flags |= family ? WORD_FAMILY : WORD_GIVEN;
        if (k->lone == 0 && (is_long(family ? &w->family : &w->given) || (family && w->korean != NULL))) {
            k->lone_in = d;
            k->lone = item_number(d, item);
            k->flags |= WORD_LONE_SOUND;
        }
    }
}

/* Its letters as a word of a name; NULL: there is none. */
static const struct item *
find_letters(struct gate *g, const char *text, size_t n)
{
    uint64_t key = g->seed;
    struct fold room;
    int32_t c;

    for (size_t at = 0, len; at < n && (len = u8_read(&c, (const uint8_t *)text + at, n - at)) > 0; at += len) {
        const struct fold *f = fold_of(g, c, &room);
        key = hash_more(key, f->bare, f->n_bare);
    }
    return dict_find(&g->words, key);
}

/* The best of those cases that it may stand in: a word of a name letter by letter, else by sound, else a syllable of a Korean one. */
static void
find_case(struct gate *g, struct known_word *k, const struct token *t)
{
    char text[TOKEN_BYTES + 8];
    unsigned best = 0;

    for (size_t i = 0, n; i < cases_count() && best < 3; i++) {
        const struct item *item;
        unsigned flags, good;
        if ((n = cases_of(text, t, i)) == 0 || !name_try(&g->one, text, n) || g->one.n != 1)
            continue;
        item = find_letters(g, text, n);
        flags = (any_key(g, &g->one, true) ? WORD_FAMILY : 0) | (any_key(g, &g->one, false) ? WORD_GIVEN : 0) | (is_surname(g, &g->one) ? WORD_SURNAME : 0);
        good = item != NULL ? 3 : flags != 0 ? 2 : is_syllables(g, text, n) ? 1 : 0;
        if (good <= best)
            continue;
        best = good;
        k->ending = (uint8_t)(i + 1);
        k->flags = (uint16_t)(k->flags | flags | (is_syllables(g, text, n) ? WORD_SYLLABLES : 0));
        if (item != NULL && k->lone == 0) {
            k->lone_in = &g->words;
            k->lone = item_number(&g->words, item);
        }
    }
}

static void
find_out(struct window *w, struct known_word *k, const struct token *t)
{
    struct gate *g = w->s->g;

    k->flags = (uint16_t)((is_common(g, t) ? WORD_COMMON : 0) | (is_particle(t) ? WORD_PARTICLE : 0));
    k->lone = item_number(&g->words, dict_find(&g->words, hash_more(g->seed, t->bare, t->n_bare)));
    k->lone_in = &g->words;
    if (t->n > 0 && name_try(&g->one, (const char *)t->text, t->n) && g->one.n == 1) {
        find_sound(g, k, &g->one, true);
        find_sound(g, k, &g->one, false);
        k->flags = (uint16_t)(k->flags | (is_surname(g, &g->one) ? WORD_SURNAME : 0) | (is_syllables(g, t->text, t->n) ? WORD_SYLLABLES : 0));
    }
    if (t->n > 0 && (k->lone == 0 || (k->flags & WORD_LONE_SOUND) != 0))
        find_case(g, k, t);
    if (t->unparted && t->letters >= 2 && ask_alone(w, t, NULL))
        k->flags |= WORD_ALONE;
    if (!t->unparted && t->letters >= JOINED_MIN && (k->flags & WORD_COMMON) == 0 && ask_joined(w, t, NULL))
        k->flags |= WORD_JOINED;
}

static bool
widen(struct gate *g)
{
    size_t n = g->n_known_slots == 0 ? 4096 : 2 * g->n_known_slots;
    struct known_word *old = g->known, *p;

    if (2 * g->n_known < g->n_known_slots)
        return true;
    if (g->n_known >= KNOWN_MAX) {              /* start again rather than grow for ever */
        sodium_memzero(g->known, g->n_known_slots * sizeof *g->known);
        g->n_known = 0;
        return true;
    }
    p = calloc(n, sizeof *p);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < g->n_known_slots; i++) {
        size_t at = (size_t)hash_end(old[i].hash) & (n - 1);
        if (!old[i].used)
            continue;
        while (p[at].used)
            at = (at + 1) & (n - 1);
        p[at] = old[i];
    }
    if (old != NULL)
        sodium_memzero(old, g->n_known_slots * sizeof *old);
    free(old);
    g->known = p;
    g->n_known_slots = n;
    return true;
}

static void
know(struct window *w, struct token *t)
{
    struct gate *g = w->s->g;
    struct known_word *k;
    size_t at;

    if (!widen(g)) {
        w->s->err = err_nomem();
        w->s->full = true;
        return;
    }
    for (at = (size_t)hash_end(t->hash) & (g->n_known_slots - 1); g->known[at].used && g->known[at].hash != t->hash;)
        at = (at + 1) & (g->n_known_slots - 1);
    k = &g->known[at];
    if (!k->used) {
        k->used = true;
        k->hash = t->hash;
        k->lone = 0;
        k->ending = 0;
        g->n_known++;
        find_out(w, k, t);
    }
    t->flags = k->flags;
    t->common = (k->flags & WORD_COMMON) != 0;
    t->lone = k->lone;
    t->lone_in = k->lone_in;
    t->ending = k->ending;
}

/* ---- one word ---- */

static bool
is_capital(const struct token *t)
{
    return t->caps == CAPS_FIRST || t->caps == CAPS_UNCASED || (t->caps == CAPS_ALL && t->letters > 2);
}

/* A given name or surname that stands alone: with a capital, or too rare a word to be anything else. */
static bool
is_lone(const struct window *w, const struct token *t, enum gap after)
{
    bool cell = t->gap >= GAP_CELL && after >= GAP_CELL;

    if (t->lone == 0 || t->letters < 2)
        return false;
    if (w->layer->loose && t->letters < LONE_LOOSE_MIN)
        return false;
    if (t->touches && (t->letters < LONE_TOUCHING_MIN || (t->flags & WORD_LONE_SOUND) != 0))
        return false;
    if (t->common)
        return t->caps == CAPS_FIRST && (!t->begins || cell) && (t->flags & WORD_LONE_SOUND) == 0;
    if ((t->flags & WORD_LONE_SOUND) != 0)
        return is_capital(t) && t->letters >= LONE_SOUND_MIN;
    return is_capital(t) || t->letters >= LONE_LOWER_MIN;
}

static void
look_at_one(struct window *w, enum gap after)
{
    const struct token *t = w->token[w->n - 1];
    struct place_in p = { w->layer, t->at, t->end, "" };

    if ((t->flags & WORD_ALONE) != 0)
        (void)ask_alone(w, t, &p);
    if ((t->flags & WORD_JOINED) != 0 && !t->touches && !(w->layer->loose && t->letters < LOWER_LETTERS_MIN))
        (void)ask_joined(w, t, &p);
    if (is_lone(w, t, after))
        found_item(w->s, &p, GATE_LONE_NAME, t->lone_in, &t->lone_in->item[t->lone - 1], ITEM_WORD);
}

/* ---- several ---- */

static bool
may_be_name(struct token *const *t, size_t n)
{
    size_t family = 0, given = 0, both = 0, syllables = 0;

    if ((t[0]->flags & WORD_OF_NAME) == 0)
        return false;

    for (size_t i = 0; i < n; i++) {
        family += (t[i]->flags & WORD_FAMILY) != 0;
        given += (t[i]->flags & WORD_GIVEN) != 0;
        both += (t[i]->flags & (WORD_FAMILY | WORD_GIVEN)) != 0;
        syllables += (t[i]->flags & WORD_SYLLABLES) != 0;
    }
    if (family > 0 && given > 0 && both > 1)
        return true;
    return ((t[0]->flags & WORD_SURNAME) != 0 && syllables - ((t[0]->flags & WORD_SYLLABLES) != 0) == n - 1) ||
        ((t[n - 1]->flags & WORD_SURNAME) != 0 && syllables - ((t[n - 1]->flags & WORD_SYLLABLES) != 0) == n - 1);
}

/* No digits stand in a name. */
static bool
has_number(struct token *const *t, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (t[i]->after_number)
            return true;
    return false;
}

/* A name that is split over cells fills them. */
static bool
fills_cells(struct token *const *t, size_t n, enum gap after)
{
    for (size_t i = 1; i < n; i++)
        if (t[i]->gap >= GAP_CELL)
            return t[0]->gap >= GAP_CELL && after >= GAP_CELL;
    return true;
}

/* Ordinary words sound like names now and then. *what: how it is told. */
static bool
is_written_as_name(struct token *const *t, size_t n, enum gate_class *what)
{
    size_t capitals = 0, commons = 0, letters = 0;
    bool joined = false, touching = t[0]->touches_before || t[n - 1]->touches_after;

    for (size_t i = 0; i < n; i++) {
        bool capital = t[i]->caps != CAPS_NONE;
        capitals += capital;
        commons += t[i]->common;
        joined = joined || (i > 0 && t[i]->gap == GAP_NONE);
        letters += t[i]->letters * (t[i]->unparted ? 3u : 1u);
    }
    *what = commons == n || (t[0]->common && t[0]->begins) ? GATE_LONE_NAME : GATE_FULL_NAME;
    if (letters < FULL_LETTERS_MIN || (commons == n && capitals < n))
        return false;
    if ((joined && letters < JOINED_MIN) || (touching && letters < (joined ? TOUCHING_JOINED_MIN : LOWER_LETTERS_MIN)))
        return false;
    for (size_t i = 0; i < n; i++)
        if (t[i]->caps == CAPS_NONE && t[i]->common && (t[i]->flags & WORD_PARTICLE) == 0 && (capitals > 0 || (i > 0 && i + 1 < n)))
            return false;
    return capitals > 0 || letters >= LOWER_LETTERS_MIN;
}

/* As they are, or each in the nominative where it may be another case. False: there is none. */
static bool
put_together(char *out, size_t *len, struct token *const *t, size_t n, bool nominative)
{
    size_t at = 0;
    bool any = !nominative;

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            out[at++] = t[i]->gap == GAP_HYPHEN ? '-' : ' ';
        if (nominative && t[i]->ending > 0) {
            at += cases_of(out + at, t[i], t[i]->ending - 1u);
            any = true;
        } else {
            memcpy(out + at, t[i]->text, t[i]->n);
            at += t[i]->n;
        }
    }
    *len = at;
    return any;
}

static void
look_at_some(struct window *w, struct token *const *t, size_t n, enum gap after)
{
    struct place_in p = { w->layer, t[0]->at, t[n - 1]->end, t[n - 1]->gap >= GAP_CELL ? "split over cells" : "" };
    char text[WINDOW_TOKENS * (TOKEN_BYTES + 8) + 8];
    enum gate_class what;
    uint64_t hash, *none;
    size_t len;
    bool hit;

    if (!may_be_name(t, n) || has_number(t, n) || !fills_cells(t, n, after) || !is_written_as_name(t, n, &what))
        return;
    (void)put_together(text, &len, t, n, false);
    hash = hash_more(w->s->g->seed, text, len);
    none = &w->s->g->window[hash_end(hash) & (WINDOWS - 1)];
    if (*none != hash) {
        hit = ask(w, text, len, &p, what);
        if (!hit && put_together(text, &len, t, n, true))
            hit = ask(w, text, len, &p, what);
        if (!hit)
            *none = hash;
    }
    sodium_memzero(text, sizeof text);
}

/* Those that end with the last word, now that it is known what comes behind it. */
static void
look(struct window *w, enum gap after)
{
    if (w->n == 0 || w->s->full)
        return;
    look_at_one(w, after);
    if ((w->token[w->n - 1]->flags & WORD_OF_NAME) == 0)
        return;
    for (size_t i = w->n - 1; i-- > 0 && !w->s->full;)
        look_at_some(w, &w->token[i], w->n - i, after);
}

void
window_init(struct window *w, struct search *s, const struct layer *l)
{
    w->s = s;
    w->layer = l;
    w->n = 0;
    for (size_t i = 0; i < WINDOW_TOKENS; i++)
        w->token[i] = &w->room[i];
}

/* Without the room that its texts do not fill. */
static void
copy_token(struct token *to, const struct token *from)
{
    memcpy(to, from, offsetof(struct token, text));
    memcpy(to->text, from->text, from->n);
    memcpy(to->bare, from->bare, from->n_bare);
}

void
window_push(struct window *w, struct token *t)
{
    look(w, t->gap);
    if (t->gap == GAP_BREAK || t->n == 0)
        w->n = 0;
    if (t->n == 0 || w->s->full)
        return;
    if (w->n == WINDOW_TOKENS) {
        struct token *oldest = w->token[0];
        memmove(&w->token[0], &w->token[1], (WINDOW_TOKENS - 1) * sizeof w->token[0]);
        w->token[--w->n] = oldest;
    }
    know(w, t);
    copy_token(w->token[w->n++], t);
}

void
window_break(struct window *w)
{
    look(w, GAP_BREAK);
    w->n = 0;
}
