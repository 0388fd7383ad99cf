/*
 * contacts.c - see contacts.h; vault_card, vault_contact_*.
 *
 * Whoever may write may add a contact, which is unverified. To call it verified, to put another card in its place and to
 * remove it takes a keeper: else a caseworker, or somebody who took the case passphrase, could lead names to himself.
 */
#include "vault/contacts.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/minisign.h"
#include "vault/base/text.h"
#include "vault/handoff/card_text.h"
#include "vault/names/name.h"
#include "vault/record/value.h"

static const char *const STATES[] = { "added", "verified", "removed" };

void
contacts_free(struct contacts *all)
{
    for (size_t i = 0; i < all->n; i++) {
        free(all->list[i].name);
        free(all->list[i].said);
    }
    free(all->list);
    *all = (struct contacts){ NULL, 0, 0, 0 };
}

/* ---- what a statement says ---- */

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s", what);
}

/* U+00A0, U+1680, U+2000 to U+200A, U+202F, U+205F, U+3000. */
static bool
has_other_space(const char *p, size_t n)
{
    static const char *const spaces[] = { "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80" };

    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        if (memmem(p, n, spaces[i], strlen(spaces[i])) != NULL)
            return true;
    for (size_t i = 0; i + 2 < n; i++)
        if (memcmp(p + i, "\xe2\x80", 2) == 0 && (uint8_t)p[i + 2] <= 0x8a)
            return true;
    return false;
}

/*
 * What a name may be, typed or stored: NFC, one line of what is seen, with single blanks between its words and no other white space, and
 * nothing that --to would take for a recipient.
 */
static vault_err
may_be_name(struct part name, bool *good)
{
    struct buf safe = BUF_INIT;
    const char *p = name.p;
    vault_err err = VAULT_OK;

    *good = name.n > 0 && name.n <= CONTACT_NAME_MAX && p[0] != '-' && p[0] != ' ' && p[name.n - 1] != ' ' &&
        memmem(p, name.n, "  ", 2) == NULL && (name.n < 4 || strncasecmp(p, "age1", 4) != 0);
    if (!*good)
        return VAULT_OK;
    text_escape(&safe, p, name.n, false);
    err = buf_ok(&safe);
    *good = err == VAULT_OK && safe.n == name.n && memcmp(safe.p, p, name.n) == 0 && !has_other_space(p, name.n);
    buf_reset(&safe);
    if (*good)
        err = text_nfc(&safe, p, name.n);
    *good = *good && err == VAULT_OK && safe.n == name.n && memcmp(safe.p, p, name.n) == 0;
    buf_free(&safe);
    return err == VAULT_ERR_INPUT ? VAULT_OK : err;
}

struct statement {
    struct part name, card;
    enum contact_state state;
};

static bool
view_of(const struct revision *rev, const char *field, enum value_shape shape, struct part *out)
{
    const struct leaf *l = revision_leaf(rev, field);
    struct value_view view;

    if (l == NULL || l->value.n == 0 || value_read(&view, l->value) != VAULT_OK || view.shape != shape)
        return false;
    *out = PART(view.text.p, view.text.n);
    return true;
}

static vault_err
read_statement(struct statement *out, const struct revision *rev)
{
    struct part state;
    bool good = false;
    size_t k = 0;
    vault_err err;

    if (!view_of(rev, "name", VALUE_TEXT, &out->name) || !view_of(rev, "state", VALUE_TEXT, &state) || rev->n_parents != 0)
        return damaged("a contact has a wrong form");
    err = may_be_name(out->name, &good);
    if (err != VAULT_OK)
        return err;
    if (!good)
        return damaged("a contact has a name that cannot be one");
    while (k < sizeof STATES / sizeof STATES[0] && (strlen(STATES[k]) != state.n || memcmp(STATES[k], state.p, state.n) != 0))
        k++;
    out->state = (enum contact_state)k;
    if (k == sizeof STATES / sizeof STATES[0] ||
            view_of(rev, "card", VALUE_BYTES, &out->card) != (out->state != CONTACT_REMOVED))
        return damaged("a contact has a wrong form");
    return VAULT_OK;
}

static struct contact *
by_name(const struct contacts *all, struct part name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strlen(all->list[i].name) == name.n && memcmp(all->list[i].name, name.p, name.n) == 0)
            return &all->list[i];
    return NULL;
}

static vault_err
push(struct contacts *all, struct part name, struct contact **out)
{
    struct contact *p = array_room(all->list, all->n, &all->cap, sizeof *p);

    if (p == NULL)
        return err_nomem();
    all->list = p;
    p += all->n;
    memset(p, 0, sizeof *p);
    p->name = strndup(name.p, name.n);
    if (p->name == NULL)
        return err_nomem();
    all->n++;
    *out = p;
    return VAULT_OK;
}

static vault_err
note(struct contact *c, const struct contact_said *said)
{
    struct contact_said *p = array_room(c->said, c->n, &c->cap, sizeof *p);

    if (p == NULL)
        return err_nomem();
    c->said = p;
    c->said[c->n++] = *said;
    return VAULT_OK;
}

/* ---- what follows from all that was said ---- */

/* Did nobody who could answer it say anything after? An answer comes from a keeper, or, to what is no keeper's, from anybody. */
static vault_err
is_last_word(const struct vault *v, const struct contact *c, size_t i, bool *last)
{
    vault_err err = VAULT_OK;

    *last = true;
    for (size_t k = 0; err == VAULT_OK && *last && k < c->n; k++) {
        bool before = false;

        if (k == i || c->said[k].log == c->said[i].log || (c->said[i].keeper && !c->said[k].keeper))
            continue;
        err = chain_precedes(v, c->said[i].log, c->said[k].log, &before);
        *last = !before;
    }
    return err;
}

/* Of two copies that come together each may have spoken without knowing of the other: then a removal holds, one card that both have is
 * as verified as either has it, and of two cards none is to be used. The order of rows decides nothing. */
static void
weigh(struct contact *c, const struct contact_said *s, bool first)
{
    bool other = !first && c->state != CONTACT_REMOVED && s->state != CONTACT_REMOVED && memcmp(c->hash, s->hash, 32) != 0;

    c->contested = c->contested || other;
    if (first || s->state == CONTACT_REMOVED ||
            (c->state == CONTACT_ADDED && s->state == CONTACT_VERIFIED && !c->contested)) {
        c->state = s->state;
        c->pair = s->pair;
        memcpy(c->hash, s->hash, sizeof c->hash);
    }
    if (c->contested && c->state == CONTACT_VERIFIED)
        c->state = CONTACT_ADDED;
}

static vault_err
conclude(const struct vault *v, struct contact *c)
{
    bool keeper = false, first = true;
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < c->n; i++)
        keeper = keeper || c->said[i].keeper;
    c->contested = false;
    for (size_t i = 0; err == VAULT_OK && i < c->n; i++) {
        bool last = false;

        if (keeper != c->said[i].keeper)
            continue;                   /* where a keeper spoke, others count for nothing */
        err = is_last_word(v, c, i, &last);
        if (err != VAULT_OK || !last || (!first && c->state == CONTACT_REMOVED))
            continue;
        weigh(c, &c->said[i], first);
        first = false;
    }
    if (c->state == CONTACT_REMOVED)
        c->contested = false;
    return err;
}

/* Who knew of a card and wrote another beside it wanted to put his in its place. */
static vault_err
judge_addition_by_case(const struct vault *v, const struct contact *c, const struct contact_said *s)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < c->n; i++) {
        bool knew = false;

        if (memcmp(c->said[i].hash, s->hash, sizeof s->hash) != 0)
            err = chain_precedes(v, c->said[i].log, s->log, &knew);
        if (err == VAULT_OK && knew)
            err = damaged("the card of a contact was replaced without the keeper's signature");
    }
    return err;
}

static vault_err
read_said(struct contact_said *out, const struct statement *s, uint32_t lost)
{
    struct card card;
    vault_err err;

    out->state = s->state == CONTACT_VERIFIED && out->log < lost ? CONTACT_ADDED : s->state;
    if (s->state == CONTACT_REMOVED)
        return VAULT_OK;
    err = card_read(&card, s->card.p, s->card.n);
    if (err == VAULT_OK)
        card_hash(out->hash, s->card.p, s->card.n);
    return err;
}

vault_err
contact_apply(struct vault *v, const struct revision *rev, uint32_t n, bool keeper)
{
    struct statement s = { .state = CONTACT_ADDED };
    struct contact_said said = { .pair = n, .log = v->recs.index.pair[n].log, .keeper = keeper };
    struct contact *c;
    vault_err err = read_statement(&s, rev);

    if (err == VAULT_OK && !keeper && s.state != CONTACT_ADDED)
        err = damaged("a contact was verified or removed without the keeper's signature");
    if (err == VAULT_OK)
        err = read_said(&said, &s, v->contacts.lost);
    if (err != VAULT_OK)
        return err;
    c = by_name(&v->contacts, s.name);
    if (c != NULL && !keeper)
        err = judge_addition_by_case(v, c, &said);
    if (err == VAULT_OK && c == NULL)
        err = push(&v->contacts, s.name, &c);
    if (err == VAULT_OK)
        err = note(c, &said);
    return err == VAULT_OK ? conclude(v, c) : err;
}

/* ---- looking ---- */

/* NFC, as it is stored. */
static vault_err
stored_name(struct buf *out, const char *name)
{
    vault_err err = text_nfc(out, name, strlen(name));
    bool good = false;

    if (err == VAULT_OK)
        err = may_be_name(PART(out->p, out->n), &good);
    return err != VAULT_OK || good ? err : err_say(VAULT_ERR_INPUT, "a word or two, as in `contact add anna FILE`",
        "that cannot be the name of a contact");
}

/* Is there another name that people would take for this one? */
static vault_err
judge_alike(const struct contacts *all, const struct buf *name)
{
    struct buf folded = BUF_INIT, other = BUF_INIT;
    struct name read;
    vault_err err;

    if (name_try(&read, (const char *)name->p, name->n) && read.mixed)
        return err_say(VAULT_ERR_INPUT, "write each word in one script", "that name mixes letters of two scripts, which look alike");
    err = text_fold(&folded, (const char *)name->p, name->n);

    for (size_t i = 0; err == VAULT_OK && i < all->n; i++) {
        const struct contact *c = &all->list[i];

        buf_reset(&other);
        err = text_fold(&other, c->name, strlen(c->name));
        if (err == VAULT_OK)
            err = buf_ok(&other);
        if (err == VAULT_OK && other.n == folded.n && memcmp(other.p, folded.p, other.n) == 0 &&
                (strlen(c->name) != name->n || memcmp(c->name, name->p, name->n) != 0))
            err = err_say(VAULT_ERR_INPUT, "choose a name that nobody confuses with it",
                "there is, or was, a contact whose name differs in capitals or marks only");
    }
    buf_free(&folded);
    buf_free(&other);
    return err;
}

vault_err
contact_find(struct vault *v, const char *name, struct contact **out)
{
    struct buf stored = BUF_INIT;
    struct contact *c = NULL;
    vault_err err = stored_name(&stored, name);

    if (err == VAULT_OK)
        c = by_name(&v->contacts, PART(stored.p, stored.n));
    if (err == VAULT_OK && (c == NULL || c->state == CONTACT_REMOVED))
        err = err_say(VAULT_ERR_NOT_FOUND, "`contact list` shows them", "there is no contact of that name");
    if (err == VAULT_OK)
        *out = c;
    buf_free(&stored);
    return err;
}

vault_err
contact_usable(const struct contact *c)
{
    return !c->contested ? VAULT_OK : err_say(VAULT_ERR_CONFLICT,
        "a keeper decides: `contact add` with the right card and --accept new-card, or `contact remove`",
        "two cards stand under that name, from two copies of this vault");
}

/* The bytes of the card in a statement, appended. */
static vault_err
card_bytes(struct vault *v, uint32_t pair, struct buf *out)
{
    struct revision rev;
    struct part card;
    vault_err err;

    revision_init(&rev);
    err = recs_load(&v->recs, pair, &rev);
    if (err == VAULT_OK && !view_of(&rev, "card", VALUE_BYTES, &card))
        err = damaged("a card is missing");
    if (err == VAULT_OK) {
        buf_put(out, card.p, card.n);
        err = buf_ok(out);
    }
    revision_free(&rev);
    return err;
}

vault_err
contact_card(struct vault *v, const struct contact *c, struct card *out)
{
    struct buf bytes = BUF_INIT;
    vault_err err = card_bytes(v, c->pair, &bytes);

    if (err == VAULT_OK)
        err = card_read(out, bytes.p, bytes.n);
    buf_free(&bytes);
    return err;
}

static void
copy_words(char words[static 256], const uint8_t hash[static 32])
{
    struct buf b = BUF_INIT;

    card_words(&b, hash);
    snprintf(words, 256, "%.*s", (int)b.n, b.n == 0 ? "" : (const char *)b.p);
    buf_free(&b);
}

/* ---- our own card ---- */

vault_err
vault_card(vault *v, struct vault_card *out)
{
    static const uint8_t id[RECORD_ID_BYTES] = { 0, SYSTEM_CARD };
    struct buf bytes = BUF_INIT, text = BUF_INIT;
    uint32_t head = 0;
    vault_err err;

    vault_clear_error();
    err = recs_head(&v->recs, index_record(&v->recs.index, id), &head, NULL);
    if (err == VAULT_OK)
        err = card_bytes(v, head, &bytes);
    if (err == VAULT_OK)
        err = card_text_write(&text, bytes.p, bytes.n);
    if (err == VAULT_OK) {
        memset(out, 0, sizeof *out);
        out->text = buf_cstr(&text);
        err = out->text == NULL ? err_nomem() : VAULT_OK;
    }
    if (err == VAULT_OK) {
        hex_of(out->fingerprint, v->card_hash, 32);
        copy_words(out->words, v->card_hash);
        minisign_key(out->signing_key, v->card.keeper_pk);
        card_recipient(out->case_recipient, &v->card, CARD_CASE);
        card_recipient(out->keeper_recipient, &v->card, CARD_KEEPER);
    } else {
        buf_free(&text);
    }
    buf_free(&bytes);
    return err;
}

/* ---- telling ---- */

static vault_err
tell(struct vault *v, const struct contact *c, vault_contact_fn *fn, void *ctx, bool *more)
{
    char recipient[2][CARD_RECIPIENT_ROOM], words[256], hex[65], id[2 * VAULT_ID_BYTES + 1];
    struct vault_contact pub = { .name = c->name, .verified = c->state == CONTACT_VERIFIED, .contested = c->contested, .words = words,
        .fingerprint = hex, .vault_id = id, .case_recipient = recipient[0], .keeper_recipient = recipient[1] };
    struct card card;
    vault_err err = contact_card(v, c, &card);

    if (err != VAULT_OK)
        return err;
    hex_of(hex, c->hash, 32);
    hex_of(id, card.vault_id, VAULT_ID_BYTES);
    copy_words(words, c->hash);
    card_recipient(recipient[0], &card, CARD_CASE);
    card_recipient(recipient[1], &card, CARD_KEEPER);
    *more = fn(ctx, &pub) == 0;
    return VAULT_OK;
}

vault_err
vault_contact_list(vault *v, vault_contact_fn *fn, void *ctx)
{
    bool more = true;
    vault_err err = VAULT_OK;

    vault_clear_error();
    for (size_t i = 0; err == VAULT_OK && more && i < v->contacts.n; i++)
        if (v->contacts.list[i].state != CONTACT_REMOVED)
            err = tell(v, &v->contacts.list[i], fn, ctx, &more);
    return err;
}

vault_err
vault_contact(vault *v, const char *name, vault_contact_fn *fn, void *ctx)
{
    struct contact *c = NULL;
    bool more;
    vault_err err;

    vault_clear_error();
    err = contact_find(v, name, &c);
    return err == VAULT_OK ? tell(v, c, fn, ctx, &more) : err;
}

/* ---- writing ---- */

/* `card`: NULL for one that is removed. */
static vault_err
say(struct vault *v, const char *action, const struct buf *name, enum contact_state state, const struct buf *card)
{
    struct detail d = {0};
    struct commit what = { .action = action, .keeper = is_keeper(v), .detail = &d };
    struct change c;
    uint8_t hash[32];
    char hex[65];
    vault_err err = session_begin(v, &c);

    if (err != VAULT_OK)
        return err;
    if (card != NULL) {
        card_hash(hash, card->p, card->n);
        hex_of(hex, hash, sizeof hash);
        detail_text(&d, "card", hex);
    }
    err = system_add_contact(v, &c, &(struct contact_parts){ .name = PART(name->p, name->n), .state = STATES[state],
        .card = card == NULL ? PART(NULL, 0) : PART(card->p, card->n) });
    if (err == VAULT_OK)
        err = session_commit(v, &c, &what);
    else
        change_abort(&c);
    detail_free(&d);
    return err;
}

/* May this card stand under that name? *same: it does already. */
static vault_err
judge_addition(struct vault *v, const struct buf *name, const struct buf *card, bool *same)
{
    const struct contact *c = by_name(&v->contacts, PART(name->p, name->n));
    uint8_t hash[32];

    card_hash(hash, card->p, card->n);
    *same = c != NULL && c->state != CONTACT_REMOVED && !c->contested && memcmp(hash, c->hash, sizeof hash) == 0;
    if (memcmp(hash, v->card_hash, sizeof hash) == 0)
        return err_say(VAULT_ERR_INPUT, "a contact is another vault; to the other copies of this one goes `handoff send --to home`",
            "that is the card of this vault");
    if (name->n == strlen(VAULT_HOME) && strncasecmp((const char *)name->p, VAULT_HOME, name->n) == 0)
        return err_say(VAULT_ERR_INPUT, "choose another name", "home stands for the other copies of this vault");
    if (c == NULL)
        return judge_alike(&v->contacts, name);
    if (*same)
        return VAULT_OK;
    if (!is_keeper(v))
        return need_keeper(v, c->state == CONTACT_REMOVED ? "adding a contact that was removed" : "replacing the card of a contact");
    if (!session_accepts(v, "new-card"))
        return err_refuse("new-card", "ask the contact, by voice or face to face, whether there is a new one, before you accept it",
            c->state == CONTACT_REMOVED ? "a contact of that name was removed" :
            "there is a contact of that name already, with another card");
    return VAULT_OK;
}

vault_err
vault_contact_add(vault *v, const char *name, const char *text, size_t n)
{
    struct buf stored = BUF_INIT, card = BUF_INIT;
    bool same = false;
    vault_err err;

    vault_clear_error();
    err = stored_name(&stored, name);
    if (err == VAULT_OK)
        err = card_text_read(&card, text, n);
    if (err == VAULT_OK)
        err = judge_addition(v, &stored, &card, &same);
    if (err == VAULT_OK && !same)
        err = say(v, "contact-add", &stored, CONTACT_ADDED, &card);
    buf_free(&stored);
    buf_free(&card);
    return err;
}

/* The words as they were heard: in any case, cut after four letters, whatever stands between them. */
static bool
words_fit(const char *heard, const char *words)
{
    while (*words != '\0') {
        size_t n = strcspn(words, " "), k;

        heard += strspn(heard, " \t,.;-\n");
        k = strcspn(heard, " \t,.;-\n");
        if (k > n || k < (n < 4 ? n : 4) || strncasecmp(heard, words, k) != 0)
            return false;
        heard += k;
        words += n + (words[n] == ' ');
    }
    return heard[strspn(heard, " \t,.;-\n")] == '\0';
}

vault_err
vault_contact_verify(vault *v, const char *name, const char *heard)
{
    struct buf stored = BUF_INIT, card = BUF_INIT;
    struct contact *c = NULL;
    char words[256];
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "verifying a contact");
    if (err == VAULT_OK)
        err = contact_find(v, name, &c);
    if (err == VAULT_OK)
        err = contact_usable(c);
    if (err != VAULT_OK)
        return err;
    copy_words(words, c->hash);
    if (heard == NULL && c->state == CONTACT_VERIFIED)
        return VAULT_OK;
    if (heard == NULL && !session_accepts(v, "verify"))
        return err_refuse("verify", "compare the twelve words by voice or face to face first, and give them",
            "nobody said that the words were compared");
    if (heard != NULL && words_fit(heard, words) && c->state == CONTACT_VERIFIED)
        return VAULT_OK;
    if (heard != NULL && !words_fit(heard, words))
        return err_say(VAULT_ERR_REFUSED, "if they were read to you so, somebody has exchanged the card on its way: remove "
            "this contact and have the card brought another way", "those are not the words of the card that is here");
    err = stored_name(&stored, name);
    if (err == VAULT_OK)
        err = card_bytes(v, c->pair, &card);
    if (err == VAULT_OK)
        err = say(v, "contact-verify", &stored, CONTACT_VERIFIED, &card);
    buf_free(&stored);
    buf_free(&card);
    return err;
}

vault_err
vault_contact_remove(vault *v, const char *name)
{
    struct buf stored = BUF_INIT;
    struct contact *c = NULL;
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "removing a contact");
    if (err == VAULT_OK)
        err = contact_find(v, name, &c);
    if (err == VAULT_OK)
        err = stored_name(&stored, name);
    if (err == VAULT_OK)
        err = say(v, "contact-remove", &stored, CONTACT_REMOVED, NULL);
    buf_free(&stored);
    return err;
}
