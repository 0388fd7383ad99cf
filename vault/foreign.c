/* foreign.c - see foreign.h. */
#include "vault/foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/contacts.h"
#include "vault/exchange.h"

void
foreign_free(struct foreign_row *f)
{
    for (size_t i = 0; i < f->n; i++) {
        proof_free(&f->proof[i]);
        buf_free(&f->bytes[i]);
    }
    free(f->bytes);
    free(f->proof);
    memset(f, 0, sizeof *f);
}

static vault_err
room(struct foreign_row *f)
{
    struct buf *b = reallocarray(f->bytes, f->n + 1, sizeof *b);
    struct proof *p;

    if (b == NULL)
        return err_nomem();
    f->bytes = b;
    p = reallocarray(f->proof, f->n + 1, sizeof *p);
    if (p == NULL)
        return err_nomem();
    f->proof = p;
    f->bytes[f->n] = (struct buf)BUF_INIT;
    memset(&f->proof[f->n], 0, sizeof *p);
    f->n++;
    return VAULT_OK;
}

bool
foreign_fits(const struct vault *v, const struct proof *p)
{
    return memcmp(p->vault_id, v->kf.vault_id, VAULT_ID_BYTES) != 0 || memcmp(p->entry[0].hash, v->chain[1].hash, 32) == 0;
}

/* With `only`, what is about that revision alone. */
static vault_err
load(struct foreign_row *f, struct vault *v, uint32_t row, proof_keep_fn *only, void *ctx)
{
    struct buf whole = BUF_INIT;
    vault_err err = VAULT_OK;

    foreign_free(f);
    for (uint32_t i = 0, at = 1; err == VAULT_OK; i++) {
        buf_reset(&whole);
        err = exchange_evidence(v, row, &at, &whole);
        if (err != VAULT_OK || whole.n == 0)
            break;
        err = room(f);
        if (err == VAULT_OK && only != NULL)
            err = proof_reduce(&f->bytes[i], PART(whole.p, whole.n), only, ctx);
        else if (err == VAULT_OK)
            buf_put(&f->bytes[i], whole.p, whole.n);
        if (err == VAULT_OK)
            err = buf_ok(&f->bytes[i]);
        if (err == VAULT_OK)
            err = proof_verify(&f->proof[i], PART(f->bytes[i].p, f->bytes[i].n));
        if (err == VAULT_OK && !foreign_fits(v, &f->proof[i]))
            err = err_say(VAULT_ERR_DAMAGED, NULL, "evidence in it pretends to be of this vault");
    }
    buf_free(&whole);
    if (err == VAULT_OK)
        f->row = row;
    else
        foreign_free(f);
    return err;
}

vault_err
foreign_load(struct foreign_row *f, struct vault *v, uint32_t row)
{
    return load(f, v, row, NULL, NULL);
}

const struct proof_entry *
foreign_find(const struct foreign_row *f, const struct revision *rev, const struct proof **who)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct proof_entry *e = proof_find(&f->proof[i], rev->record, rev->id);

        if (e != NULL && memcmp(e->author, rev->author, 32) == 0) {
            if (who != NULL)
                *who = &f->proof[i];
            return e;
        }
    }
    return NULL;
}

/* ---- for people ---- */

static bool
is_that(void *ctx, const uint8_t record[static RECORD_ID_BYTES], const uint8_t revision[static REVISION_ID_BYTES])
{
    const struct revision *rev = ctx;

    return memcmp(record, rev->record, RECORD_ID_BYTES) == 0 && memcmp(revision, rev->id, REVISION_ID_BYTES) == 0;
}

static vault_err
vault_name(struct vault *v, const uint8_t id[static VAULT_ID_BYTES], const char **out)
{
    vault_err err = VAULT_OK;

    *out = "a vault that is no contact";
    for (size_t i = 0; err == VAULT_OK && i < v->contacts.n; i++) {
        struct contact *c = &v->contacts.list[i];
        struct card card;

        if (c->state == CONTACT_REMOVED)
            continue;
        err = contact_card(v, c, &card);
        if (err == VAULT_OK && memcmp(card.vault_id, id, VAULT_ID_BYTES) == 0)
            *out = c->name;
    }
    return err;
}

/* Who has this key there. A key that a slot had twice is in the same slot. */
static const struct proof_author *
author_in(const struct proof *p, const uint8_t pk[static 32])
{
    for (size_t i = 0; i < p->n_authors; i++)
        if (memcmp(p->author[i].pk, pk, 32) == 0)
            return &p->author[i];
    return NULL;
}

vault_err
foreign_author_name(struct vault *v, uint32_t n, const struct revision *rev, char out[static FOREIGN_NAME])
{
    const struct proof *who = NULL;
    const struct proof_author *a;
    const char *name = "";
    struct foreign_row f = { .n = 0 };
    char own[40];
    vault_err err;

    author_name(v, rev->author, own);
    snprintf(out, FOREIGN_NAME, "%s", own);
    if (!rev->foreign)
        return VAULT_OK;
    err = load(&f, v, v->recs.index.pair[n].log, is_that, (void *)(uintptr_t)rev);
    if (err == VAULT_ERR_DAMAGED)
        err = VAULT_OK;         /* as if there were none; check tells it */
    if (err == VAULT_OK && foreign_find(&f, rev, &who) == NULL)
        snprintf(out, FOREIGN_NAME, "unknown");
    a = who == NULL ? NULL : author_in(who, rev->author);
    if (a != NULL && memcmp(who->vault_id, v->kf.vault_id, VAULT_ID_BYTES) != 0) {
        err = vault_name(v, who->vault_id, &name);
        snprintf(out, FOREIGN_NAME, "%s, slot %u (%s)", name, a->index, a->tier == TIER_KEEPER ? "keeper" : "case");
    }
    foreign_free(&f);
    return err;
}
