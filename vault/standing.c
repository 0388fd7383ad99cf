/*
 * standing.c - see standing.h; vault_share, vault_unshare, vault_standing_list.
 *
 * Anybody who may write can share what caseworkers may read, as he can hand it over, and end any of it. With names takes a keeper. That a case
 * holder can bring names down to none is no new right: he could end it.
 */
#include "vault/standing.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/handoff.h"
#include "vault/record/value.h"

#define RECORDS_AT_ONCE 8192u           /* in one _share record */

static const char *const STATES[] = { "ended", "shared", "names" };

void
standing_free(struct standing *s)
{
    for (size_t i = 0; i < s->n_names; i++)
        free(s->name[i]);
    free(s->name);
    free(s->said);
    memset(s, 0, sizeof *s);
}

/* ---- reading ---- */

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s", what);
}

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
name_place(struct standing *s, struct part name, uint32_t *out)
{
    char **p;

    for (size_t i = 0; i < s->n_names; i++)
        if (strlen(s->name[i]) == name.n && memcmp(s->name[i], name.p, name.n) == 0) {
            *out = (uint32_t)i;
            return VAULT_OK;
        }
    p = array_room(s->name, s->n_names, &s->cap_names, sizeof *p);
    if (p == NULL)
        return err_nomem();
    s->name = p;
    p[s->n_names] = strndup(name.p, name.n);
    if (p[s->n_names] == NULL)
        return err_nomem();
    *out = (uint32_t)s->n_names++;
    return VAULT_OK;
}

static vault_err
read_state(const struct revision *rev, enum standing_state *out)
{
    struct part state;

    if (!view_of(rev, "state", VALUE_TEXT, &state))
        return damaged("a share has a wrong form");
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++)
        if (strlen(STATES[i]) == state.n && memcmp(STATES[i], state.p, state.n) == 0) {
            *out = (enum standing_state)i;
            return VAULT_OK;
        }
    return damaged("a share has a wrong form");
}

static vault_err
note(struct standing *s, const struct standing_said *said, struct part records)
{
    vault_err err = VAULT_OK;

    for (size_t at = 0; err == VAULT_OK && at < records.n; at += RECORD_ID_BYTES) {
        struct standing_said *p = array_room(s->said, s->n, &s->cap, sizeof *p);

        if (p == NULL)
            return err_nomem();
        s->said = p;
        p += s->n;
        *p = *said;
        memcpy(p->record, (const uint8_t *)records.p + at, RECORD_ID_BYTES);
        err = p->record[0] == 0 ? damaged("a system record is shared") : VAULT_OK;
        s->n += err == VAULT_OK;
    }
    return err;
}

vault_err
standing_apply(struct vault *v, uint32_t n, const struct revision *rev)
{
    struct standing_said said = { .log = v->recs.index.pair[n].log };
    struct part records, name, card = PART(NULL, 0);
    vault_err err = read_state(rev, &said.state);

    if (err != VAULT_OK)
        return err;
    if (!view_of(rev, "records", VALUE_BYTES, &records) || records.n == 0 || records.n % RECORD_ID_BYTES != 0 ||
        !view_of(rev, "contact", VALUE_TEXT, &name) || name.n == 0 || name.n > CONTACT_NAME_MAX || rev->n_parents != 0 ||
        view_of(rev, "card", VALUE_BYTES, &card) != (said.state != STANDING_ENDED) || (card.n != 32 && card.n != 0))
        return damaged("a share has a wrong form");
    if (said.state == STANDING_NAMES && !v->chain[said.log].keeper)
        return damaged("a record was shared with names without the keeper's signature");
    if (card.n == 32)
        memcpy(said.card, card.p, 32);
    err = name_place(&v->standing, name, &said.contact);
    return err == VAULT_OK ? note(&v->standing, &said, records) : err;
}

/* ---- what holds ---- */

static int
compare(const void *a, const void *b)
{
    const struct standing_said *x = *(const struct standing_said *const *)a, *y = *(const struct standing_said *const *)b;
    int by_record = memcmp(x->record, y->record, RECORD_ID_BYTES);

    return x->contact != y->contact ? (x->contact < y->contact ? -1 : 1) : by_record != 0 ? by_record :
        x->log < y->log ? -1 : x->log > y->log;
}

static bool
is_same_pair(const struct standing_said *x, const struct standing_said *y)
{
    return x->contact == y->contact && memcmp(x->record, y->record, RECORD_ID_BYTES) == 0;
}

/* Statements of one record and contact: of those that nothing said later answers the safest holds. */
static vault_err
weigh(const struct vault *v, const struct standing_said *const *said, size_t n, struct standing_share *out, bool *holds)
{
    const struct standing_said *best = NULL;
    bool doubt = false;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        bool answered = false;

        for (size_t k = i + 1; err == VAULT_OK && !answered && k < n; k++)
            if (said[k]->log != said[i]->log)
                err = chain_precedes(v, said[i]->log, said[k]->log, &answered);
        if (answered)
            continue;
        doubt = doubt || (best != NULL && memcmp(best->card, said[i]->card, 32) != 0);
        if (best == NULL || said[i]->state < best->state)
            best = said[i];
    }
    *holds = err == VAULT_OK && best != NULL && best->state != STANDING_ENDED;
    if (!*holds)
        return err;
    memset(out, 0, sizeof *out);
    memcpy(out->record, best->record, RECORD_ID_BYTES);
    if (!doubt)
        memcpy(out->card, best->card, 32);
    out->contact = v->standing.name[best->contact];
    out->names = best->state == STANDING_NAMES;
    return VAULT_OK;
}

vault_err
standing_all(const struct vault *v, struct standing_share **out, size_t *n)
{
    const struct standing *s = &v->standing;
    const struct standing_said **said = calloc(s->n + 1, sizeof(struct standing_said *));
    vault_err err = VAULT_OK;

    *n = 0;
    *out = calloc(s->n + 1, sizeof **out);
    if (said == NULL || *out == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < s->n; i++)
        said[i] = &s->said[i];
    if (err == VAULT_OK && s->n > 1)
        qsort(said, s->n, sizeof(struct standing_said *), compare);
    for (size_t i = 0, end; err == VAULT_OK && i < s->n; i = end) {
        bool holds = false;

        for (end = i + 1; end < s->n && is_same_pair(said[i], said[end]);)
            end++;
        err = weigh(v, said + i, end - i, &(*out)[*n], &holds);
        *n += holds;
    }
    free(said);
    return err;
}

vault_err
standing_contact(struct vault *v, const struct standing_share *s, struct contact **out, const char **why)
{
    struct contact *c = NULL;
    vault_err err = contact_find(v, s->contact, &c);

    *out = NULL;
    *why = "the contact was removed";
    if (err == VAULT_ERR_NOT_FOUND) {
        vault_clear_error();
        return VAULT_OK;
    }
    if (err != VAULT_OK)
        return err;
    *why = "two cards stand under that name";
    if (c->contested)
        return VAULT_OK;
    *why = "the contact has another card now, which is not verified";
    if (c->state == CONTACT_VERIFIED || memcmp(c->hash, s->card, 32) == 0) {
        *out = c;
        *why = NULL;
    }
    return VAULT_OK;
}

/* ---- saying it ---- */

struct saying {
    struct vault *v;
    const char *contact;
    const uint8_t *card;                /* 32; NULL: it ends */
    enum standing_state state;
    uint8_t (*record)[RECORD_ID_BYTES];
    size_t n;
};

static int
by_record(const void *key, const void *at)
{
    return memcmp(key, ((const struct standing_share *)at)->record, RECORD_ID_BYTES);
}

/* Those of which that does not hold already. */
static vault_err
leave_new(struct saying *s)
{
    struct standing_share *all = NULL;
    size_t n = 0, from = 0, to = 0, left = 0;
    vault_err err = standing_all(s->v, &all, &n);

    while (err == VAULT_OK && from < n && strcmp(all[from].contact, s->contact) != 0)
        from++;
    for (to = from; err == VAULT_OK && to < n && strcmp(all[to].contact, s->contact) == 0;)
        to++;
    for (size_t i = 0; err == VAULT_OK && i < s->n; i++) {
        const struct standing_share *x = to == from ? NULL :
            bsearch(s->record[i], all + from, to - from, sizeof *all, by_record);

        if (s->state == STANDING_ENDED ? x != NULL :
            x == NULL || x->names != (s->state == STANDING_NAMES) || memcmp(x->card, s->card, 32) != 0)
            memmove(s->record[left++], s->record[i], RECORD_ID_BYTES);
    }
    s->n = left;
    free(all);
    return err;
}

static vault_err
add_all(const struct saying *s, struct change *c)
{
    struct share_parts p = { .contact = PART(s->contact, strlen(s->contact)), .state = STATES[s->state],
        .card = s->card == NULL ? PART(NULL, 0) : PART(s->card, 32) };
    vault_err err = VAULT_OK;

    for (size_t at = 0; err == VAULT_OK && at < s->n; at += RECORDS_AT_ONCE) {
        p.records = PART(s->record[at], (s->n - at < RECORDS_AT_ONCE ? s->n - at : RECORDS_AT_ONCE) * RECORD_ID_BYTES);
        err = system_add_share(s->v, c, &p);
    }
    return err;
}

/* Their codes, one after the other in *text, the caller's. */
static vault_err
codes_of(const struct saying *s, char (**text)[CODE_LEN + 1], const char ***at)
{
    *text = calloc(s->n + 1, CODE_LEN + 1);
    *at = calloc(s->n + 1, sizeof **at);
    if (*text == NULL || *at == NULL)
        return err_nomem();
    for (size_t i = 0; i < s->n; i++) {
        code_of((*text)[i], s->record[i]);
        (*at)[i] = (*text)[i];
    }
    return VAULT_OK;
}

static vault_err
say(struct saying *s)
{
    struct vault *v = s->v;
    struct detail d = {0};
    struct commit what = { .action = s->state == STANDING_ENDED ? "unshare" : "share", .keeper = is_keeper(v), .detail = &d };
    struct change c;
    char (*text)[CODE_LEN + 1] = NULL, hex[65];
    const char **at = NULL;
    vault_err err = codes_of(s, &text, &at);

    if (err == VAULT_OK) {
        detail_texts(&d, "ids", at, s->n);
        detail_text(&d, "state", STATES[s->state]);
        if (s->card != NULL) {
            hex_of(hex, s->card, 32);
            detail_text(&d, "card", hex);
        }
        err = session_begin(v, &c);
    }
    if (err == VAULT_OK) {
        err = add_all(s, &c);
        if (err == VAULT_OK)
            err = session_commit(v, &c, &what);
        else
            change_abort(&c);
    }
    detail_free(&d);
    free(text);
    free(at);
    return err;
}

/* ---- the calls ---- */

static vault_err
share_gathered(struct vault *v, const struct handoff *h, struct contact *const *to, size_t n, uint64_t *changed)
{
    uint8_t (*record)[RECORD_ID_BYTES] = calloc(h->n + 1, RECORD_ID_BYTES);
    vault_err err = record == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        struct saying s = { .v = v, .contact = to[i]->name, .card = to[i]->hash, .record = record, .n = h->n,
            .state = h->names ? STANDING_NAMES : STANDING_SHARED };

        for (size_t k = 0; k < h->n; k++)
            memcpy(record[k], v->recs.index.pair[h->item[k].first].record, RECORD_ID_BYTES);
        err = leave_new(&s);
        if (err == VAULT_OK && s.n > 0)
            err = say(&s);
        *changed += err == VAULT_OK ? s.n : 0;
    }
    free(record);
    return err;
}

vault_err
vault_share(vault *v, const struct vault_handoff *what, uint64_t *changed)
{
    struct handoff h = { .v = v, .names = what->names, .linked = what->linked, .history = true };
    struct contact **to = calloc(what->n_contacts + 1, sizeof(struct contact *));
    vault_err err;

    vault_clear_error();
    *changed = 0;
    err = to == NULL ? err_nomem() : what->names ? need_keeper(v, "sharing with names") : VAULT_OK;
    if (err == VAULT_OK && what->n_contacts == 0)
        err = err_say(VAULT_ERR_INPUT, "name a contact", "records are shared with somebody");
    for (size_t i = 0; err == VAULT_OK && i < what->n_contacts; i++) {
        err = contact_find(v, what->contacts[i], &to[i]);
        if (err == VAULT_OK)
            err = contact_usable(to[i]);
    }
    if (err == VAULT_OK)
        err = handoff_gather(&h, what->ids, what->n_ids);
    if (err == VAULT_OK && !what->confirmed && !session_accepts(v, "send"))
        err = err_refuse("send", "look at who gets it and what", "what goes out cannot be taken back; nothing was shared");
    if (err == VAULT_OK)
        err = share_gathered(v, &h, to, what->n_contacts, changed);
    handoff_free(&h);
    free(to);
    return err;
}

vault_err
vault_unshare(vault *v, const char *const *ids, size_t n, const char *contact, uint64_t *changed)
{
    uint8_t (*record)[RECORD_ID_BYTES] = calloc(n + 1, RECORD_ID_BYTES);
    struct buf name = BUF_INIT;
    vault_err err;

    vault_clear_error();
    *changed = 0;
    err = record == NULL ? err_nomem() : text_nfc(&name, contact, strlen(contact));
    if (err == VAULT_OK && buf_cstr(&name) == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        uint32_t first = 0;

        err = session_find(v, ids[i], &first);
        if (err == VAULT_OK)
            memcpy(record[i], v->recs.index.pair[first].record, RECORD_ID_BYTES);
    }
    if (err == VAULT_OK) {
        struct saying s = { .v = v, .contact = (const char *)name.p, .record = record, .n = n };

        err = leave_new(&s);
        if (err == VAULT_OK && s.n == 0)
            err = err_say(VAULT_ERR_NOT_FOUND, "`share` without an ID lists what is", "none of that is shared with such a contact");
        if (err == VAULT_OK)
            err = say(&s);
        *changed = err == VAULT_OK ? s.n : 0;
    }
    buf_free(&name);
    free(record);
    return err;
}

static vault_err
tell(struct vault *v, const struct standing_share *s, vault_standing_fn *fn, void *ctx, bool *more)
{
    uint32_t first = index_record(&v->recs.index, s->record);
    struct vault_standing x = { .contact = s->contact, .names = s->names, .label = "" };
    struct buf title = BUF_INIT;
    struct contact *c = NULL;
    vault_err err = standing_contact(v, s, &c, &x.held);

    code_of(x.id, s->record);
    x.verified = c != NULL && c->state == CONTACT_VERIFIED;
    x.purged = first == 0 || index_purged(&v->recs.index, first);
    if (err == VAULT_OK && !x.purged) {
        err = recs_title_of(&v->recs, first, &title);
        x.label = err == VAULT_OK ? buf_cstr(&title) : NULL;
        if (err == VAULT_OK && x.label == NULL)
            err = err_nomem();
    }
    if (err == VAULT_OK)
        *more = fn(ctx, &x) == 0;
    buf_free(&title);
    return err;
}

vault_err
vault_standing_list(vault *v, const char *id, vault_standing_fn *fn, void *ctx)
{
    struct standing_share *all = NULL;
    size_t n = 0;
    uint32_t first = 0;
    bool more = true;
    vault_err err;

    vault_clear_error();
    err = id == NULL ? VAULT_OK : session_find(v, id, &first);
    if (err == VAULT_OK)
        err = standing_all(v, &all, &n);
    for (size_t i = 0; err == VAULT_OK && more && i < n; i++)
        if (id == NULL || memcmp(all[i].record, v->recs.index.pair[first].record, RECORD_ID_BYTES) == 0)
            err = tell(v, &all[i], fn, ctx, &more);
    free(all);
    return err;
}
