/* gate_add.c - what is looked for, out of the values of a record. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

/* ---- strings ---- */

static void
let_begin(struct gate *g, const struct item *item, const uint8_t *p, size_t n)
{
    uint8_t first[FILTER_BYTES] = {0};
    uint64_t eight;
    uint32_t bit;
    unsigned which = n < FILTER_BYTES ? FILTER_SHORT : item->kind == ITEM_TEXT ? FILTER_TEXT : FILTER_LONG;

    memcpy(first, p, n < FILTER_BYTES ? n : FILTER_BYTES);
    eight = get_u64(first);
    bit = filter_bit(which == FILTER_SHORT ? first_five(eight) : eight);
    g->filter[which][bit >> 3] = (uint8_t)(g->filter[which][bit >> 3] | 1u << (bit & 7));
}

static vault_err
add_string(struct gate *g, const struct item *like, const uint8_t *p, size_t n)
{
    struct item item = *like;

    if (n < STRING_BYTES_MIN || n > STRING_BYTES_MAX)
        return VAULT_OK;
    item.key = hash_more(g->seed, p, n);
    g->lengths[n] = 1;
    let_begin(g, &item, p, n);
    return dict_add(&g->strings, &item);
}

/* ---- names ---- */

static vault_err
keep_token(void *ctx, const struct token *t)
{
    struct words_of *w = ctx;

    if (t->digits || t->n_bare == 0)
        return VAULT_OK;
    if (w->n < VALUE_WORDS)
        w->token[w->n++] = *t;
    w->all++;
    return VAULT_OK;
}

static bool
is_semitic(const struct token *t)
{
    return t->n_bare > 1 && t->bare[0] >= 0xD6 && t->bare[0] <= 0xDF;
}

/* Words in the order of at[] as one string. */
static vault_err
add_order(struct gate *g, const struct item *like, const struct words_of *w, const uint8_t *at, size_t n)
{
    uint8_t text[STRING_BYTES_MAX];
    struct item item = *like;
    size_t len = 0;
    unsigned letters = 0;
    bool common = true, unparted = true;
    vault_err err;

    for (size_t i = 0; i < n; i++) {
        const struct token *t = &w->token[at[i]];
        if (len + t->n_bare > sizeof text)
            return VAULT_OK;
        memcpy(text + len, t->bare, t->n_bare);
        len += t->n_bare;
        letters += t->letters;
        common = common && t->common;
        unparted = unparted && t->unparted;
    }
    item.letters = (uint8_t)(letters > UINT8_MAX ? UINT8_MAX : letters);
    item.flags = (uint8_t)((common ? ITEM_COMMON : 0) | (unparted ? ITEM_UNPARTED : 0) |
        (is_semitic(&w->token[at[0]]) ? ITEM_SEMITIC : 0));
    err = add_string(g, &item, text, len);
    sodium_memzero(text, sizeof text);
    return err;
}

/* As it is; with the surname at the other end; and with first and last alone. */
static vault_err
add_orders(struct gate *g, const struct item *like, const struct words_of *w, bool korean)
{
    uint8_t at[VALUE_WORDS] = {0};
    size_t n = w->n;
    vault_err err;

    for (uint8_t i = 0; i < n; i++)
        at[i] = i;
    err = add_order(g, like, w, at, n);
    if (err != VAULT_OK || n < 2)
        return err;
    for (uint8_t i = 0; i < n; i++)
        at[i] = (uint8_t)((i + 1u) % n);
    err = add_order(g, like, w, at, n);
    if (err != VAULT_OK || n < 3)
        return err;
    for (uint8_t i = 0; i < n; i++)
        at[i] = (uint8_t)((i + n - 1) % n);
    err = add_order(g, like, w, at, n);
    for (unsigned turned = 0; err == VAULT_OK && !korean && turned < 2; turned++) {
        for (size_t k = 1; err == VAULT_OK && k < n; k++) {
            at[turned] = 0;
            at[1 - turned] = (uint8_t)k;
            if (w->token[0].letters + w->token[k].letters > 6)
                err = add_order(g, like, w, at, 2);
        }
    }
    return err;
}

static vault_err
add_lone(struct gate *g, const struct item *like, const struct token *t)
{
    struct item item = *like;

    if (t->letters < 2 || is_particle(t))
        return VAULT_OK;
    item.kind = ITEM_WORD;
    item.key = hash_more(g->seed, t->bare, t->n_bare);
    return dict_add(&g->words, &item);
}

/* Of a Korean name the surname, and all of the given name: one syllable says nothing. */
static vault_err
add_lone_korean(struct gate *g, const struct item *like, const struct words_of *w)
{
    const struct name *name = &g->one;
    struct item item = *like;
    uint8_t at[VALUE_WORDS], n = 0, surname = 0;
    vault_err err = VAULT_OK;

    if (name->n > 1 && name->word[0].korean == NULL)
        surname = (uint8_t)(w->n - 1);
    for (uint8_t i = 0; i < w->n; i++)
        if (i != surname)
            at[n++] = i;
    err = add_lone(g, like, &w->token[surname]);
    item.kind = ITEM_GIVEN;
    if (err == VAULT_OK && n == 1 && w->token[at[0]].letters >= 4)
        err = add_lone(g, like, &w->token[at[0]]);
    else if (err == VAULT_OK && n > 0)
        err = add_order(g, &item, w, at, n);
    return err;
}

/* In one word of Hangul: what follows the first syllable. */
static vault_err
add_lone_hangul(struct gate *g, const struct item *like, const struct token *t)
{
    struct item item = *like;

    item.kind = ITEM_GIVEN;
    item.letters = (uint8_t)(t->letters - 1);
    item.flags = ITEM_UNPARTED;
    return t->letters == 3 && t->n_bare == 9 ? add_string(g, &item, t->bare + 3, 6) : VAULT_OK;
}

static vault_err
add_sounds(struct gate *g, const struct item *like)
{
    uint64_t key[NAME_WORD_KEYS_MAX];
    const struct name *name = &g->one;
    struct item item = *like;
    vault_err err = VAULT_OK;

    item.kind = ITEM_WORD;
    for (unsigned family = 0; family < 2; family++)
        for (uint8_t i = 0; i < name->n; i++) {
            size_t n = name_word_keys(key, name, i, family);
            for (size_t k = 0; err == VAULT_OK && k < n; k++) {
                item.key = key[k] ^ g->seed;
                err = dict_add(family ? &g->family : &g->given, &item);
            }
        }
    for (uint8_t r = 0; r < name->korean.n; r++)
        for (size_t i = 0; i < SURNAMES_OF_ONE; i++)
            g->surname[name->korean.reading[r].surname->of[i]] = true;
    return err;
}

static vault_err
add_to_index(struct gate *g, const struct item *like, struct part value)
{
    struct value *v = array_room(g->value, g->n_values, &g->room_values, sizeof *v);
    size_t before = name_index_count(g->names);
    vault_err err;

    if (v == NULL)
        return err_nomem();
    g->value = v;
    err = name_index_add(g->names, value.p, value.n, (uint32_t)g->n_values);
    if (err == VAULT_OK && name_index_count(g->names) > before) {
        v[g->n_values] = (struct value){ like->record, like->field, name_index_is_one_word(g->names, before) };
        g->n_values++;
    }
    return err;
}

static vault_err
add_lones(struct gate *g, const struct item *like, const struct words_of *w, bool korean)
{
    vault_err err = VAULT_OK;

    if (w->n == 1 && w->token[0].unparted)
        return korean ? add_lone_hangul(g, like, &w->token[0]) : VAULT_OK;
    if (korean && w->n > 1)
        return add_lone_korean(g, like, w);
    for (size_t i = 0; err == VAULT_OK && i < w->n; i++)
        err = add_lone(g, like, &w->token[i]);
    return err;
}

vault_err
add_name(struct gate *g, const struct item *like, struct part value)
{
    struct words_of w = { .n = 0 };
    struct item item = *like;
    bool korean = false;
    vault_err err = value_words(g, value, keep_token, &w);

    item.kind = ITEM_NAME;
    if (err != VAULT_OK || w.n == 0)
        goto done;
    if (value.n <= NAME_BYTES_MAX)
        err = add_to_index(g, like, value);
    if (err == VAULT_OK && name_try(&g->one, value.p, value.n)) {
        korean = g->one.korean.n > 0 && !g->one.known_given;
        err = add_sounds(g, like);
    }
    if (err == VAULT_OK)
        err = add_lones(g, like, &w, korean);
    if (err == VAULT_OK && (w.n > 1 || (w.token[0].unparted && w.token[0].letters > 1)))
        err = add_orders(g, &item, &w, korean);
done:
    sodium_memzero(&w, sizeof w);
    return err;
}

/* ---- identifiers ---- */

struct number {
    uint8_t text[STRING_BYTES_MAX];
    size_t n;
    unsigned letters;
    bool digits, too_long;
};

static void
read_number(struct gate *g, struct number *out, const uint8_t *p, size_t n)
{
    struct fold room;
    int32_t c;

    *out = (struct number){ .digits = true };
    for (size_t at = 0, len; at < n && (len = u8_read(&c, p + at, n - at)) > 0; at += len) {
        const struct fold *f = fold_of(g, c, &room);
        if (out->n + f->n_bare > sizeof out->text) {
            out->too_long = true;
            return;
        }
        if (f->n_bare == 0)
            continue;
        out->digits = out->digits && f->what == FOLD_DIGIT;
        memcpy(out->text + out->n, f->bare, f->n_bare);
        out->n += f->n_bare;
        out->letters++;
    }
}

/* A telephone number is written with or without what dials the country. */
#define NATIONAL 9u

/* +, 00, 0 or 8 before it. */
static bool
dials(const uint8_t *p, size_t n)
{
    size_t at = 0;

    while (at < n && (p[at] == ' ' || p[at] == '('))
        at++;
    return at < n && (p[at] == '+' || p[at] == '0' || p[at] == '8');
}

static vault_err
add_piece(struct gate *g, const struct item *like, const uint8_t *p, size_t n)
{
    struct number number;
    struct item item = *like;
    vault_err err = VAULT_OK;

    read_number(g, &number, p, n);
    item.kind = ITEM_IDENTIFIER;
    item.flags = number.digits ? ITEM_DIGITS : 0;
    item.letters = (uint8_t)number.letters;
    if (number.letters >= GATE_IDENTIFIER_MIN && !number.too_long)
        err = add_string(g, &item, number.text, number.n);
    if (err == VAULT_OK && number.digits && number.letters > NATIONAL && number.letters < 16 && !number.too_long && dials(p, n)) {
        item.letters = NATIONAL;
        err = add_string(g, &item, number.text + number.n - NATIONAL, NATIONAL);
    }
    sodium_memzero(&number, sizeof number);
    return err;
}

static bool
parts_values(uint8_t c)
{
    return c == ',' || c == ';' || c == '|' || c == '\n';
}

/* "tel. +7 921 1234567": what is a number, or has a @, also counts without the words around it. */
static vault_err
add_inner(struct gate *g, const struct item *like, const uint8_t *p, size_t n)
{
    vault_err err = VAULT_OK;

    for (size_t at = 0; err == VAULT_OK && at < n;) {
        size_t end = at;
        bool mail = false, digits = false;
        while (end < n && p[end] != ' ')
            mail = p[end++] == '@' || mail;
        if (!mail) {
            end = at;
            while (end < n && ((p[end] >= '0' && p[end] <= '9') || strchr("+-. ()/", p[end]) != NULL))
                digits = (p[end] >= '0' && p[end] <= '9') || digits, end++;
        }
        if (mail || digits)
            err = add_piece(g, like, p + at, end - at);
        if (end == at)
            while (end < n && p[end] != ' ')
                end++;
        at = end == at || (end < n && p[end] == ' ') ? end + 1 : end;
    }
    return err;
}

vault_err
add_identifier(struct gate *g, const struct item *like, struct part value)
{
    const uint8_t *p = value.p;
    vault_err err = VAULT_OK;

    for (size_t at = 0; err == VAULT_OK && at < value.n;) {
        size_t end = at;
        while (end < value.n && !parts_values(p[end]))
            end++;
        err = add_piece(g, like, p + at, end - at);
        if (err == VAULT_OK)
            err = add_inner(g, like, p + at, end - at);
        at = end + 1;
    }
    return err;
}

/* ---- other text ---- */

struct run {
    struct gate *g;
    const struct item *like;
    struct { uint8_t bare[TOKEN_BYTES]; uint8_t n, letters; bool says, number; } word[GATE_RUN_COMMON];
    size_t n, all;
};

/* Do n words say so much that they are looked for? `whole`: they are all of the value. */
static bool
says_enough(size_t n, bool whole, size_t says, size_t longest, unsigned letters)
{
    if (n >= GATE_RUN_COMMON)
        return true;
    if (!whole)
        return says >= 3;
    return letters >= GATE_TEXT_LETTERS_MIN && ((longest > 0 && says >= 2) || longest >= 7 || (n >= 4 && letters >= 20));
}

/* The last n words. */
static vault_err
add_run(struct run *r, size_t n, bool whole)
{
    uint8_t text[STRING_BYTES_MAX];
    struct item item = *r->like;
    size_t len = 0, says = 0, longest = 0;
    unsigned letters = 0;
    vault_err err = VAULT_OK;

    for (size_t i = r->n - n; i < r->n; i++) {
        if (len + r->word[i].n > sizeof text)
            return VAULT_OK;
        memcpy(text + len, r->word[i].bare, r->word[i].n);
        len += r->word[i].n;
        letters += r->word[i].letters;
        says += r->word[i].says;
        if (r->word[i].says && !r->word[i].number && r->word[i].letters > longest)
            longest = r->word[i].letters;
    }
    item.kind = ITEM_TEXT;
    item.letters = (uint8_t)(letters > UINT8_MAX ? UINT8_MAX : letters);
    if (says_enough(n, whole, says, longest, letters))
        err = add_string(r->g, &item, text, len);
    sodium_memzero(text, sizeof text);
    return err;
}

static vault_err
take_word(void *ctx, const struct token *t)
{
    struct run *r = ctx;
    vault_err err = VAULT_OK;
    size_t i;

    if (r->n == GATE_RUN_COMMON)
        memmove(&r->word[0], &r->word[1], --r->n * sizeof r->word[0]);
    i = r->n++;
    memcpy(r->word[i].bare, t->bare, t->n_bare);
    r->word[i].n = t->n_bare;
    r->word[i].letters = t->letters;
    r->word[i].number = t->digits;
    r->word[i].says = t->digits ? t->letters >= 2 : !t->common && t->letters >= 3;
    r->all++;
    if (r->n >= GATE_RUN_WORDS)
        err = add_run(r, GATE_RUN_WORDS, false);
    if (err == VAULT_OK && r->n == GATE_RUN_COMMON)
        err = add_run(r, GATE_RUN_COMMON, false);
    return err;
}

vault_err
add_text(struct gate *g, const struct item *like, struct part value)
{
    struct run r = { .g = g, .like = like };
    vault_err err = value_words(g, value, take_word, &r);

    if (err == VAULT_OK && r.all > 0 && r.all < GATE_RUN_COMMON)
        err = add_run(&r, r.n, true);
    sodium_memzero(&r, sizeof r);
    return err;
}
