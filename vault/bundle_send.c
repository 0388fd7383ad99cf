/*
 * bundle_send.c - a bundle for other vaults: vault_handoff_send.
 *
 * Nothing leaves before the log holds an entry that says so. The manifest names that entry and those for whom the bundle is, and the signature is
 * over both: who passes it on cannot make it look as if it had been for somebody else.
 */
#include "vault/bundle.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vault/base/minisign.h"
#include "vault/base/text.h"
#include "vault/contacts.h"
#include "vault/origin.h"

struct sending {
    struct bundle_out b;
    const struct vault_handoff *what;
    struct age_recipient *recipient;    /* n_contacts */
    uint8_t (*card)[32];                /* hashes of their cards */
    struct manifest m;
    struct buf mem;                     /* what the manifest points to */
    uint8_t id[32];
};

/* ---- who it is from ---- */

/* Our own card, as a system record has it. */
static vault_err
own_card(struct vault *v, struct buf *out)
{
    const struct index *ix = &v->recs.index;
    struct revision rev;
    vault_err err = VAULT_ERR_DAMAGED;

    revision_init(&rev);
    for (uint32_t n = ix->n; err == VAULT_ERR_DAMAGED && n > 0; n--) {
        const struct leaf *l;
        struct value_view view;

        if (!index_is_system(&ix->pair[n]) || ix->pair[n].record[1] != SYSTEM_CARD || ix->pair[n].lost)
            continue;
        err = recs_load(&v->recs, n, &rev);
        l = err == VAULT_OK ? revision_leaf(&rev, "card") : NULL;
        if (l != NULL)
            err = value_read(&view, l->value);
        if (l != NULL && err == VAULT_OK)
            buf_put(out, view.text.p, view.text.n);
    }
    revision_free(&rev);
    return err == VAULT_OK ? buf_ok(out) : err;
}

vault_err
bundle_sign_as(struct vault *v, struct manifest *m, struct buf *mem)
{
    struct buf evidence = BUF_INIT;
    size_t card = 0;
    vault_err err = own_card(v, mem);

    if (err == VAULT_OK) {
        card = mem->n;
        err = origin_of_author(v, &evidence);
    }
    if (err == VAULT_OK) {
        buf_put(mem, evidence.p, evidence.n);
        err = buf_ok(mem);
    }
    buf_free(&evidence);
    if (err != VAULT_OK)
        return err;
    m->card = PART(mem->p, card);
    m->evidence = PART(mem->p + card, mem->n - card);
    memcpy(m->author, v->me.author_pk, sizeof m->author);
    m->keeper = is_keeper(v);
    return VAULT_OK;
}

vault_err
bundle_put_manifest(struct vault *v, struct frames_out *f, const struct manifest *m, uint8_t id[static 32])
{
    struct buf bytes = BUF_INIT, sigs = BUF_INIT;
    vault_err err = manifest_write(&bytes, m);

    if (err == VAULT_OK) {
        manifest_id(id, PART(bytes.p, bytes.n));
        err = frames_put(f, FRAME_MANIFEST, PART(bytes.p, bytes.n), PART(NULL, 0));
    }
    if (err == VAULT_OK)
        err = manifest_sign(&sigs, id, v->me.author_seed, m->keeper ? v->tree.keeper_sign_seed : NULL);
    if (err == VAULT_OK)
        err = frames_put(f, FRAME_SIGNATURES, PART(sigs.p, sigs.n), PART(NULL, 0));
    buf_free(&bytes);
    buf_free(&sigs);
    return err;
}

/* ---- to whom ---- */

/* Names go to the keepers of a contact only; what caseworkers may read, to everybody there. */
static vault_err
find_contact(struct sending *s, size_t i)
{
    struct vault *v = s->b.h.v;
    struct contact *c = NULL;
    struct card card;
    uint8_t hash[32];
    vault_err err = contact_find(v, s->what->contacts[i], &c);

    if (err == VAULT_OK)
        err = contact_usable(c);
    if (err == VAULT_OK)
        err = contact_card(v, c, &card);
    if (err != VAULT_OK)
        return err;
    s->recipient[i].kind = AGE_HYBRID;
    memcpy(s->recipient[i].pk, s->b.h.names ? card.keeper_recipient : card.case_recipient, HPKE_PK_BYTES);
    memcpy(s->card[i], c->hash, 32);
    manifest_recipient(hash, &s->recipient[i]);
    return manifest_add_to(&s->m, hash);
}

static vault_err
find_contacts(struct sending *s)
{
    size_t n = s->what->n_contacts;
    vault_err err = n == 0 ? err_say(VAULT_ERR_INPUT, "name a contact", "a bundle is for somebody") : VAULT_OK;

    s->recipient = calloc(n + 1, sizeof *s->recipient);
    s->card = calloc(n + 1, sizeof *s->card);
    if (s->recipient == NULL || s->card == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        err = find_contact(s, i);
    return err;
}

/* ---- the call ---- */

vault_err
bundle_judge_sending(struct vault *v, const struct vault_handoff *what)
{
    if (!what->confirmed && !session_accepts(v, "send"))
        return err_refuse("send", "look at who gets it and what", "a handoff cannot be taken back; nothing was sent");
    if (what->expires != 0 && what->expires <= (int64_t)time(NULL))
        return err_say(VAULT_ERR_INPUT, "give a day that is to come", "this bundle would have expired already");
    return VAULT_OK;
}

/* The place and the recipients are good before the log says that something was sent. */
static vault_err
begin(struct sending *s, const char *path)
{
    const struct age_to to = { .recipient = s->recipient, .n = s->what->n_contacts };
    struct handoff_logged l = { .form = "bundle", .recipient = s->card, .n = s->what->n_contacts, .tag = s->m.tag };
    vault_err err = session_may_put(s->b.h.v, path);

    randombytes_buf(s->m.tag, sizeof s->m.tag);
    if (err == VAULT_OK)
        err = frames_create(&s->b.f, path, s->what->part, &to);
    s->b.f.progress = s->what->progress;
    s->b.f.progress_ctx = s->what->progress_ctx;
    return err == VAULT_OK ? handoff_log(&s->b.h, &l) : err;
}

vault_err
bundle_conclude(struct bundle_out *b, struct manifest *m, struct buf *mem, uint8_t id[static 32])
{
    const struct handoff *h = &b->h;
    vault_err err = bundle_sign_as(h->v, m, mem);

    m->time = h->time;
    m->names = h->names;
    m->log_number = h->log_number;
    memcpy(m->log_head, h->log_head, sizeof m->log_head);
    m->records = b->records;
    m->revisions = b->n_pairs;
    m->files = b->n_files;
    frames_content(&b->f, m->content, &m->length);
    return err == VAULT_OK ? bundle_put_manifest(h->v, &b->f, m, id) : err;
}

void
bundle_tell_sent(const struct vault *v, const uint8_t id[static 32], struct vault_handoff_sent *out)
{
    hex_of(out->bundle, id, 32);
    out->keeper = is_keeper(v);
    minisign_key(out->key, out->keeper ? v->tree.keeper_pk : v->me.author_pk);
}

static void
fill_sent(const struct sending *s, struct vault_handoff_sent *out)
{
    memset(out, 0, sizeof *out);
    out->plan = s->b.h.plan;
    out->size = s->b.f.written;
    bundle_tell_sent(s->b.h.v, s->id, out);
}

vault_err
vault_handoff_send(vault *v, const char *path, const struct vault_handoff *what, struct vault_handoff_sent *out)
{
    struct sending *s;
    vault_err err;

    vault_clear_error();
    if (what->home)
        return copy_send(v, path, what, out);
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_nomem();
    s->what = what;
    s->b.h = (struct handoff){ .v = v, .names = what->names, .linked = what->linked, .history = true };
    err = what->names ? need_keeper(v, "a handoff with names") : VAULT_OK;
    if (err == VAULT_OK)
        err = find_contacts(s);
    if (err == VAULT_OK)
        err = handoff_gather(&s->b.h, what->ids, what->n_ids);
    if (err == VAULT_OK)
        err = bundle_judge_sending(v, what);
    if (err == VAULT_OK)
        err = begin(s, path);
    if (err == VAULT_OK)
        err = bundle_put_all(&s->b, NULL, NULL);
    s->m.expires = what->expires;
    if (err == VAULT_OK)
        err = bundle_conclude(&s->b, &s->m, &s->mem, s->id);
    if (err == VAULT_OK)
        err = frames_commit(&s->b.f);
    if (err == VAULT_OK)
        fill_sent(s, out);
    bundle_out_free(&s->b);
    free(s->recipient);
    free(s->card);
    buf_free(&s->mem);
    free(s);
    return err;
}
