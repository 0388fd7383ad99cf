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
#include "vault/record/value.h"

static const char *const STATES[] = { "added", "verified", "removed" };

void
contacts_free(struct contacts *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->list[i].name);
    free(all->list);
    *all = (struct contacts){ NULL, 0, 0 };
}

/* ---- what a statement says ---- */

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s", what);
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
    size_t k = 0;

    if (!view_of(rev, "name", VALUE_TEXT, &out->name) || !view_of(rev, "state", VALUE_TEXT, &state) ||
            out->name.n == 0 || out->name.n > CONTACT_NAME_MAX || rev->n_parents != 0)
        return damaged("a contact has a wrong form");
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

/* Of two copies that come together each may have one of that name, and the keeper's counts, or the first. But who knew of one and wrote another
 * beside it wanted to put his card in its place. */
static vault_err
judge_addition_by_case(const struct vault *v, const struct contact *c, const struct statement *s, uint32_t n)
{
    const struct pair *pair = v->recs.index.pair;
    uint8_t hash[32];
    bool knew = false;
    vault_err err;

    card_hash(hash, s->card.p, s->card.n);
    if (memcmp(hash, c->hash, sizeof hash) == 0)
        return VAULT_OK;
    err = chain_precedes(v, pair[c->first].log, pair[n].log, &knew);
    if (err == VAULT_OK && !knew)
        err = chain_precedes(v, pair[c->pair].log, pair[n].log, &knew);
    return err == VAULT_OK && knew ? damaged("the card of a contact was replaced without the keeper's signature") : err;
}

/* A keeper's newest statement counts; where there is none, the first of somebody else. */
vault_err
contact_apply(struct vault *v, const struct revision *rev, uint32_t n, bool keeper)
{
    struct statement s = { .state = CONTACT_ADDED };
    struct contact *c;
    struct card card;
    vault_err err = read_statement(&s, rev);

    if (err == VAULT_OK && !keeper && s.state != CONTACT_ADDED)
        err = damaged("a contact was verified or removed without the keeper's signature");
    if (err == VAULT_OK && s.state != CONTACT_REMOVED)
        err = card_read(&card, s.card.p, s.card.n);
    if (err != VAULT_OK)
        return err;
    c = by_name(&v->contacts, s.name);
    if (c != NULL && !keeper)
        return judge_addition_by_case(v, c, &s, n);
    if (c == NULL) {
        err = push(&v->contacts, s.name, &c);
        if (err != VAULT_OK)
            return err;
        c->first = n;
    }
    c->pair = n;
    c->state = s.state;
    c->keeper = keeper;
    memset(c->hash, 0, sizeof c->hash);
    if (s.state != CONTACT_REMOVED)
        card_hash(c->hash, s.card.p, s.card.n);
    return VAULT_OK;
}

/* ---- looking ---- */

/* One line without what is not seen, and nothing that --to would take for a recipient. */
static bool
may_be_name(const struct buf *name, const struct buf *safe)
{
    const char *p = (const char *)name->p;

    return name->n > 0 && name->n <= CONTACT_NAME_MAX && safe->n == name->n && memcmp(safe->p, p, name->n) == 0 &&
        p[0] != '-' && p[0] != ' ' && p[name->n - 1] != ' ' && (name->n < 4 || strncasecmp(p, "age1", 4) != 0);
}

/* NFC, as it is stored. */
static vault_err
stored_name(struct buf *out, const char *name)
{
    struct buf safe = BUF_INIT;
    vault_err err = text_nfc(out, name, strlen(name));

    if (err == VAULT_OK) {
        text_escape(&safe, out->n == 0 ? "" : (const char *)out->p, out->n, false);
        err = buf_ok(&safe);
    }
    if (err == VAULT_OK && !may_be_name(out, &safe))
        err = err_say(VAULT_ERR_INPUT, "a word or two, as in `contact add anna FILE`",
            "that cannot be the name of a contact");
    buf_free(&safe);
    return err;
}

/* Is there another name that people would take for this one? */
static vault_err
judge_alike(const struct contacts *all, const struct buf *name)
{
    struct buf folded = BUF_INIT, other = BUF_INIT;
    vault_err err = text_fold(&folded, (const char *)name->p, name->n);

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
    struct vault_contact pub = { .name = c->name, .verified = c->state == CONTACT_VERIFIED, .words = words,
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
    *same = c != NULL && c->state != CONTACT_REMOVED && memcmp(hash, c->hash, sizeof hash) == 0;
    if (memcmp(hash, v->card_hash, sizeof hash) == 0)
        return err_say(VAULT_ERR_INPUT, "a contact is another vault", "that is the card of this vault");
    if (c == NULL)
        return judge_alike(&v->contacts, name);
    if (*same)
        return VAULT_OK;
    if (!is_keeper(v))
        return need_keeper(v, c->state == CONTACT_REMOVED ? "adding a contact that was removed" : "replacing the card of a contact");
    if (c->state != CONTACT_REMOVED && !session_accepts(v, "new-card"))
        return err_refuse("new-card", "ask the contact, by voice or face to face, whether there is a new one, before you accept it",
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
    if (err != VAULT_OK || c->state == CONTACT_VERIFIED)
        return err;
    copy_words(words, c->hash);
    if (heard == NULL && !session_accepts(v, "verify"))
        return err_refuse("verify", "compare the twelve words by voice or face to face first, and give them",
            "nobody said that the words were compared");
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
