/*
 * handoff_log.c - what the log says of a handoff, before anything leaves: see handoff.h.
 */
#include "vault/handoff.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"

/* n texts of `room` bytes each, and where each begins. Everything is in *text, the caller's to free. */
static vault_err
texts_new(char **text, const char ***at, size_t n, size_t room)
{
    *text = calloc(n + 1, room);
    *at = calloc(n + 1, sizeof **at);
    if (*text == NULL || *at == NULL)
        return err_nomem();
    for (size_t i = 0; i < n; i++)
        (*at)[i] = *text + i * room;
    return VAULT_OK;
}

static vault_err
detail_ids(struct detail *d, const struct handoff *h)
{
    char *text = NULL;
    const char **at = NULL;
    vault_err err = texts_new(&text, &at, h->n, CODE_LEN + 1);

    for (size_t i = 0; err == VAULT_OK && i < h->n; i++)
        code_of(text + i * (CODE_LEN + 1), h->v->recs.index.pair[h->item[i].first].record);
    if (err == VAULT_OK)
        detail_texts(d, "ids", at, h->n);
    free(at);
    free(text);
    return err;
}

static vault_err
detail_recipients(struct detail *d, const struct handoff_logged *l)
{
    char *text = NULL;
    const char **at = NULL;
    vault_err err = VAULT_OK;

    if (l->to != NULL) {
        detail_text(d, "to", l->to);
        return VAULT_OK;
    }
    err = texts_new(&text, &at, l->n, 65);
    for (size_t i = 0; err == VAULT_OK && i < l->n; i++)
        hex_of(text + i * 65, l->recipient[i], 32);
    if (err == VAULT_OK)
        detail_texts(d, "recipients", at, l->n);
    free(at);
    free(text);
    return err;
}

static void
detail_counts(struct detail *d, const struct handoff *h)
{
    detail_uint(d, "records", h->plan.records);
    detail_uint(d, "attachments", h->plan.attachments);
    if (h->names) {
        detail_uint(d, "revealed", h->plan.revealed + h->plan.attachments_revealed);
        detail_texts(d, "fields", h->revealed, h->n_revealed);
    }
}

static vault_err
note(struct vault *v, struct commit *what, const struct handoff_logged *l)
{
    struct change c;
    vault_err err = session_begin(v, &c);

    if (err != VAULT_OK)
        return err;
    if (l->fill != NULL)
        err = l->fill(v, &c, l->ctx);
    if (err == VAULT_OK)
        return session_commit(v, &c, what);
    change_abort(&c);
    return err;
}

vault_err
handoff_log(struct handoff *h, const struct handoff_logged *l)
{
    struct vault *v = h->v;
    struct detail d = {0};
    struct log_entry e;
    char tag[33];
    vault_err err = detail_ids(&d, h);

    if (err == VAULT_OK)
        err = detail_recipients(&d, l);
    detail_text(&d, "form", l->form);
    if (l->tag != NULL) {
        hex_of(tag, l->tag, 16);
        detail_text(&d, "tag", tag);
    }
    detail_counts(&d, h);
    if (err == VAULT_OK)
        err = note(v, &(struct commit){ .action = h->names ? "handoff-names" : "handoff", .keeper = h->names, .detail = &d }, l);
    detail_free(&d);
    if (err == VAULT_OK)
        err = session_read_entry(v, v->n_log, &e, NULL);
    if (err == VAULT_OK) {
        h->time = e.time;
        h->log_number = e.number;
        memcpy(h->log_head, v->chain[v->n_log].hash, 32);
    }
    return err;
}
