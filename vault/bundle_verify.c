/*
 * bundle_verify.c - is a bundle from whom it says, for us, in time, whole, and by authors who were registered? See bundle_in.h.
 *
 * Who sent it is known by the card of a contact; that its author may speak for that vault, by the evidence in the manifest.
 */
#include "vault/bundle_in.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vault/base/text.h"
#include "vault/foreign.h"
#include "vault/handoff/card_text.h"

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "do not use it; ask who sent it, in another way", "%s", what);
}

/* ---- for us ---- */

static vault_err
judge_recipients(const struct bundle_in *b)
{
    for (size_t i = 0; i < b->mine.n; i++) {
        struct age_recipient r;
        uint8_t hash[32];

        age_identity_public(&r, &b->mine.list[i]);
        manifest_recipient(hash, &r);
        if (manifest_is_to(&b->m, hash))
            return VAULT_OK;
    }
    return err_say(VAULT_ERR_REFUSED, "whoever gave you this passed on what was meant for somebody else: tell the sender",
        "this was made for another vault, and sealed anew for this one by somebody else");
}

static vault_err
judge_time(const struct bundle_in *b)
{
    int64_t now = (int64_t)time(NULL);

    if (b->m.expires != 0 && b->m.expires < now)
        return err_say(VAULT_ERR_REFUSED, "ask for a new one", "this bundle has expired");
    return VAULT_OK;
}

static vault_err
judge_content(const struct bundle_in *b)
{
    const struct manifest *m = &b->m;

    bool bare = b->n_revs + b->n_types + b->n_evidence + b->n_tombs + b->n_files == 0;

    if (m->kind == MANIFEST_RECEIPT)
        return bare && b->rows == 0 ? VAULT_OK : damaged("this receipt holds more than a receipt");
    if (m->kind == MANIFEST_COPY)
        return bare && !m->names && m->files == b->rows && m->length == b->length && memcmp(m->content, b->content, 32) == 0 ? VAULT_OK :
            damaged("what is in this copy is not what its sender signed");
    if (b->rows != 0)
        return damaged("this bundle holds more than a bundle");
    if (m->length != b->length || memcmp(m->content, b->content, 32) != 0 || m->revisions != b->n_revs || m->files != b->n_files)
        return damaged("what is in this bundle is not what its sender signed");
    return VAULT_OK;
}

/* ---- from whom ---- */

/* Its author is registered in the vault whose card it is, by the keeper of that card. */
static vault_err
judge_author(const struct vault *v, const struct manifest *m, const uint8_t id[static 32], struct part sigs, const struct card *card)
{
    uint8_t hash[32];
    struct proof p;
    vault_err err = proof_verify(&p, m->evidence);

    card_hash(hash, m->card.p, m->card.n);
    if (err == VAULT_OK && (memcmp(p.vault_id, card->vault_id, VAULT_ID_BYTES) != 0 || memcmp(p.card_hash, hash, sizeof hash) != 0))
        err = damaged("who signed it is registered in another vault than the one that it names");
    if (err == VAULT_OK && memcmp(p.vault_id, v->kf.vault_id, VAULT_ID_BYTES) == 0 &&
        (p.n_entries == 0 || memcmp(p.entry[0].hash, v->chain[1].hash, 32) != 0))
        err = damaged("somebody pretends to be a copy of this vault");
    if (err == VAULT_OK && proof_author(&p, m->author) == NULL)
        err = damaged("who signed it is not registered in the vault that it names");
    if (err == VAULT_OK && m->names && !m->keeper)
        err = damaged("it says that it has names, and no keeper signed it");
    if (err == VAULT_OK)
        err = manifest_verify(m, id, sigs, card->keeper_pk);
    proof_free(&p);
    return err;
}

/* Signatures, then the manifest; that says how many there are. */
static bool
split_receipt(struct part proof, struct manifest *m, size_t *n_sigs)
{
    for (size_t n = 64; n <= 128 && n < proof.n; n += 64) {
        if (manifest_read(m, PART((const uint8_t *)proof.p + n, proof.n - n)) == VAULT_OK && n == (m->keeper ? 128u : 64u)) {
            *n_sigs = n;
            return true;
        }
    }
    return false;
}

vault_err
bundle_verify_receipt(const struct vault *v, struct part proof, const uint8_t bundle[static 32], const uint8_t card[static 32])
{
    struct manifest *m = malloc(sizeof *m);
    uint8_t id[32], hash[32];
    struct card theirs;
    size_t n = 0;
    vault_err err = m == NULL ? err_nomem() : VAULT_OK;

    if (err == VAULT_OK && (!split_receipt(proof, m, &n) || m->kind != MANIFEST_RECEIPT || memcmp(m->content, bundle, 32) != 0))
        err = damaged("a receipt is not proven: what the other side signed is not of this bundle");
    if (err == VAULT_OK) {
        manifest_id(id, PART((const uint8_t *)proof.p + n, proof.n - n));
        card_hash(hash, m->card.p, m->card.n);
        err = memcmp(hash, card, sizeof hash) == 0 ? card_read(&theirs, m->card.p, m->card.n) :
            damaged("a receipt is not proven: it is of another vault than it says");
    }
    if (err == VAULT_OK)
        err = judge_author(v, m, id, PART(proof.p, n), &theirs);
    free(m);
    return err;
}

/* The contact with this card; or one with another card of the same vault (*other). */
static vault_err
look_up(struct bundle_in *b, const struct contact **other)
{
    struct vault *v = b->v;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < v->contacts.n; i++) {
        struct contact *c = &v->contacts.list[i];
        struct card card;

        if (c->state == CONTACT_REMOVED)
            continue;
        if (memcmp(c->hash, b->card_hash, sizeof b->card_hash) == 0) {
            b->from = c;
            return contact_usable(c);
        }
        err = contact_card(v, c, &card);
        if (err == VAULT_OK && memcmp(card.vault_id, b->card.vault_id, VAULT_ID_BYTES) == 0)
            *other = c;
    }
    return err;
}

static vault_err
judge_contact(struct bundle_in *b)
{
    const struct contact *other = NULL;
    struct buf words = BUF_INIT;
    vault_err err;

    if (memcmp(b->card.vault_id, b->v->kf.vault_id, VAULT_ID_BYTES) == 0) {
        /* A copy of this vault. Whoever was a keeper before a rekey could still say that he is one. */
        if (b->m.kind != MANIFEST_COPY && memcmp(b->card_hash, b->v->card_hash, sizeof b->card_hash) != 0)
            return err_say(VAULT_ERR_REFUSED, "bring that copy home (`handoff send --to home`)", "it is signed with keys of this vault that are not in force any more");
        return VAULT_OK;
    }
    if (b->m.kind == MANIFEST_COPY)
        return err_say(VAULT_ERR_REFUSED, "ask for the records that you need (`handoff send ID... --to`)",
            "this is a whole copy of another vault: only a copy of this one can come home to it");
    err = look_up(b, &other);
    if (err != VAULT_OK || b->from != NULL)
        return err;
    if (other != NULL)
        return err_say(VAULT_ERR_REFUSED, "ask for the new card (`card show`), compare its words, then `contact add` it",
            "%s has another card now than the one that is known here", other->name);
    if (session_accepts(b->v, "sender"))
        return VAULT_OK;
    card_words(&words, b->card_hash);
    err = buf_cstr(&words) == NULL ? err_nomem() : err_refuse("sender", "ask the sender for the card (`card show`), compare its words, then "
        "`contact add` it", "none of the contacts here has the card of the sender: %s", (const char *)words.p);
    buf_free(&words);
    return err;
}

vault_err
bundle_verify_sender(struct bundle_in *b)
{
    vault_err err = card_read(&b->card, b->m.card.p, b->m.card.n);

    card_hash(b->card_hash, b->m.card.p, b->m.card.n);
    if (err == VAULT_OK)
        err = judge_content(b);
    if (err == VAULT_OK)
        err = judge_author(b->v, &b->m, b->id, PART(b->sigs.p, b->sigs.n), &b->card);
    if (err == VAULT_OK)
        err = judge_recipients(b);
    if (err == VAULT_OK)
        err = judge_contact(b);
    return err == VAULT_OK ? judge_time(b) : err;
}

/* ---- who wrote what ---- */

static bool
has_card(const struct proof *p, const uint8_t hash[static 32])
{
    for (size_t i = 0; i < p->n_cards; i++)
        if (memcmp(p->cards[i], hash, 32) == 0)
            return true;
    return false;
}

/*
 * Evidence proves itself: that there is a vault of that id in which all this is so. That it is the vault which is known here under that id
 * is told by a card.
 */
static vault_err
judge_vault(struct bundle_in *b, const struct proof *p, bool *stranger)
{
    struct vault *v = b->v;
    vault_err err = VAULT_OK;

    *stranger = false;
    if (memcmp(p->vault_id, b->card.vault_id, VAULT_ID_BYTES) == 0)
        return memcmp(p->card_hash, b->card_hash, 32) == 0 ? VAULT_OK : damaged("evidence in it is of another card than the sender's");
    if (memcmp(p->vault_id, v->kf.vault_id, VAULT_ID_BYTES) == 0)
        return foreign_fits(v, p) ? VAULT_OK : damaged("somebody pretends to have written in this vault");
    *stranger = true;
    for (size_t i = 0; err == VAULT_OK && i < v->contacts.n; i++) {
        struct contact *c = &v->contacts.list[i];
        struct card card;

        if (c->state == CONTACT_REMOVED)
            continue;
        err = contact_card(v, c, &card);
        if (err != VAULT_OK || memcmp(card.vault_id, p->vault_id, VAULT_ID_BYTES) != 0)
            continue;
        if (!has_card(p, c->hash))
            return damaged("somebody pretends to have written in the vault of a contact");
        *stranger = false;
    }
    return err;
}

static vault_err
verify_all(struct bundle_in *b, bool *stranger)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < b->n_evidence; i++) {
        err = proof_verify(&b->proof[i], PART(b->evidence[i].p, b->evidence[i].n));
        if (err == VAULT_OK)
            err = judge_vault(b, &b->proof[i], &stranger[i]);
    }
    return err;
}

static vault_err
judge_revision(struct bundle_in *b, const struct told_revision *x, const bool *stranger)
{
    struct revision rev;
    bool proven = false;
    vault_err err;

    revision_init(&rev);
    err = disclose_read(PART(x->bytes.p, x->bytes.n), &rev);
    for (size_t i = 0; err == VAULT_OK && !proven && i < b->n_evidence; i++) {
        const struct proof_entry *e = proof_find(&b->proof[i], x->record, x->id);

        proven = e != NULL && memcmp(e->author, rev.author, 32) == 0;
        b->by_strangers += proven && stranger[i];
    }
    revision_free(&rev);
    if (err == VAULT_OK && !proven)
        err = damaged("a revision in it is by nobody who was registered in its vault, or nobody's evidence is there");
    return err;
}

vault_err
bundle_verify_authors(struct bundle_in *b)
{
    bool *stranger = calloc(b->n_evidence + 1, sizeof *stranger);
    vault_err err = stranger == NULL ? err_nomem() : VAULT_OK;

    b->proof = calloc(b->n_evidence + 1, sizeof *b->proof);
    if (b->proof == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = verify_all(b, stranger);
    for (size_t i = 0; err == VAULT_OK && i < b->n_revs; i++)
        err = judge_revision(b, &b->rev[i], stranger);
    free(stranger);
    return err;
}
