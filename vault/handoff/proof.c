/* proof.c - see proof.h. Form first, then who may have signed, then the signatures, which cost most. */
#include "vault/handoff/proof_priv.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/sign.h"

/* The key in force at an entry: that of the last card before it (the first card: of its own entry); an entry that brings
 * another card names both. *now is the number of cards in entries with a lower number, and only grows. */
static bool
keepers_fit(const struct proof_reading *r, uint32_t entry, size_t *now)
{
    const struct proof_more *m = &r->more[entry];
    uint64_t number = r->p->entry[entry].number;

    while (*now < r->n_cards && r->p->entry[r->card[*now].entry].number < number)
        ++*now;
    if (m->n_keepers == 0)
        return true;
    if (*now < r->n_cards && r->p->entry[r->card[*now].entry].number == number)
        return r->card[*now].entry == entry;        /* judged with the cards */
    return m->n_keepers == 1 && *now > 0 && memcmp(m->keeper[0], r->card[*now - 1].pk, 32) == 0;
}

static vault_err
judge_signatures(const struct proof_reading *r, uint32_t entry)
{
    const struct proof_entry *e = &r->p->entry[entry];
    const struct proof_more *m = &r->more[entry];
    uint8_t sig[1 + ENTRY_KEEPERS_MAX][64];
    vault_err err = entry_sigs_decode(sig, 1 + m->n_keepers, m->sigs);

    if (err != VAULT_OK)
        return err;
    if (!sign_verify(sig[0], e->author, ENTRY_LABEL, e->hash))
        return proof_damaged("the signature of an entry is not valid");
    for (size_t i = 0; i < m->n_keepers; i++)
        if (!sign_verify(sig[1 + i], m->keeper[i], ENTRY_LABEL, e->hash))
            return proof_damaged("the keeper's signature of an entry is not valid");
    return VAULT_OK;
}

static vault_err
judge_entries(const struct proof_reading *r)
{
    const struct proof *p = r->p;
    const struct proof_registration *reg;
    size_t now = 0;
    vault_err err = VAULT_OK;

    for (uint32_t i = 0; err == VAULT_OK && i < p->n_entries; i++) {
        if (!keepers_fit(r, i, &now))
            return proof_damaged("an entry names a keeper key that was not the keeper's then");
        if (!p->entry[i].keeper && entry_needs_keeper(p->entry[i].action))
            return proof_damaged("an entry lacks the keeper's signature, which it needs");
        err = proof_signer(r, i, &reg);
    }
    for (uint32_t i = 0; err == VAULT_OK && i < p->n_entries; i++)
        err = judge_signatures(r, i);
    return err;
}

static vault_err
keep_authors(struct proof_reading *r)
{
    struct proof *p = r->p;

    p->author = calloc(r->n_regs + 1, sizeof *p->author);
    if (p->author == NULL)
        return err_nomem();
    for (size_t i = 0; i < r->n_regs; i++)
        p->author[p->n_authors++] = r->reg[i].a;
    return VAULT_OK;
}

vault_err
proof_verify(struct proof *out, struct part evidence)
{
    struct proof_reading r = { .p = out };
    vault_err err;

    memset(out, 0, sizeof *out);
    err = proof_read(&r, evidence);
    if (err == VAULT_OK)
        err = proof_read_system(&r);
    if (err == VAULT_OK)
        err = judge_entries(&r);
    if (err == VAULT_OK)
        err = keep_authors(&r);
    if (err != VAULT_OK)
        proof_free(out);
    proof_reading_free(&r);
    return err;
}

void
proof_free(struct proof *p)
{
    free(p->cards);
    free(p->entry);
    free(p->told);
    free(p->author);
    buf_free(&p->card_bytes);
    memset(p, 0, sizeof *p);
}

const struct proof_entry *
proof_find(const struct proof *p, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t revision[static REVISION_ID_BYTES])
{
    size_t at = proof_place(p, record, revision);

    return at == p->n_told ? NULL : &p->entry[p->told[at].entry];
}

const struct proof_author *
proof_author(const struct proof *p, const uint8_t pk[static 32])
{
    for (size_t i = 0; i < p->n_authors; i++)
        if (p->author[i].until == PROOF_NOT_ENDED && memcmp(p->author[i].pk, pk, 32) == 0)
            return &p->author[i];
    return NULL;
}
