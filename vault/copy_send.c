/*
 * copy_send.c - the whole of this copy for the others of this vault: vault_handoff_send with `home`.
 *
 * Rows go as they lie here, but the wrapped keys under a key that is drawn for this file and goes with it. So neither VMK nor E of this copy
 * leaves it: whoever opens the file has what caseworkers can read here today, and what is withheld as it is sealed here, to the name key or to the card.
 */
#include "vault/bundle.h"
#include "vault/copy_rows.h"

#include <string.h>

struct sending_copy {
    struct vault *v;
    struct frames_out f;
    struct copy_head head;
    struct manifest m;
    struct buf mem;             /* what the manifest points to */
    struct handoff h;           /* what the log says */
    uint64_t rows;              /* with the head */
    uint8_t id[32];
};

/* ---- what goes ---- */

static vault_err
count_bytes(struct db *db, enum db_table t, uint64_t *bytes)
{
    struct db_cursor *c = NULL;
    uint64_t size = 0;
    int64_t n;
    bool got = true;
    vault_err err = db_scan_sizes(db, t, INT64_MIN, &c);

    while (err == VAULT_OK && got) {
        err = db_next_size(c, &n, &size, &got);
        if (err == VAULT_OK && got)
            *bytes += size;
    }
    db_scan_end(c);
    return err;
}

vault_err
copy_look(struct vault *v, const struct vault_handoff *what, struct vault_handoff_plan *out)
{
    struct vault_status now;
    vault_err err = what->names || what->linked ? err_say(VAULT_ERR_INPUT, "leave that away",
        "the whole copy goes, and names in it stay sealed: there is nothing to choose") : vault_status(v, &now);

    memset(out, 0, sizeof *out);
    if (err != VAULT_OK)
        return err;
    out->records = now.records;
    out->attachments = now.attachments;
    for (uint32_t n = 1; n <= v->recs.index.n; n++)
        out->revisions += !index_is_system(&v->recs.index.pair[n]);
    err = count_bytes(v->db, DB_OPEN_CHUNK, &out->bytes);
    return err == VAULT_OK ? count_bytes(v->db, DB_WITHHELD_CHUNK, &out->bytes) : err;
}

/* ---- making it ---- */

/* The receipt is for this copy, whose keys may be others than those of the card. */
static vault_err
make_head(struct sending_copy *s)
{
    const struct age_identity own = { .kind = AGE_HYBRID, .seed = s->v->tree.case_seed };
    struct age_recipient r;

    age_identity_public(&r, &own);
    memcpy(s->head.recipient, r.pk, sizeof s->head.recipient);
    return secret_random(&s->head.key, 32);
}

/* The place is good before the log says that something was sent. */
static vault_err
begin(struct sending_copy *s, const char *path, const struct vault_handoff *what)
{
    struct age_recipient to = { .kind = AGE_HYBRID };
    const struct age_to age = { .recipient = &to, .n = 1 };
    uint8_t hash[32];
    struct handoff_logged l = { .form = "copy", .recipient = &s->v->card_hash, .n = 1, .tag = s->m.tag };
    vault_err err = session_may_put(s->v, path);

    memcpy(to.pk, s->v->card.case_recipient, HPKE_PK_BYTES);
    manifest_recipient(hash, &to);
    randombytes_buf(s->m.tag, sizeof s->m.tag);
    if (err == VAULT_OK)
        err = manifest_add_to(&s->m, hash);
    if (err == VAULT_OK)
        err = frames_create(&s->f, path, what->part, &age);
    s->f.progress = what->progress;
    s->f.progress_ctx = what->progress_ctx;
    return err == VAULT_OK ? handoff_log(&s->h, &l) : err;
}

static vault_err
put_row(void *ctx, const struct copy_row *row)
{
    struct sending_copy *s = ctx;

    s->rows++;
    return copy_row_put(&s->f, row);
}

static vault_err
put_all(struct sending_copy *s)
{
    const struct copy_to to = { put_row, s };
    struct seal_keys keys = session_seal_keys(s->v);
    vault_err err = make_head(s);

    if (err == VAULT_OK)
        err = copy_head_put(&s->f, &s->head);
    s->rows = 1;
    keys.k_case = s->head.key;
    return err == VAULT_OK ? session_copy_rows(&s->v->recs, &to, &keys, COPY_ALL) : err;
}

static vault_err
conclude(struct sending_copy *s, const struct vault_handoff *what)
{
    struct manifest *m = &s->m;
    vault_err err = bundle_sign_as(s->v, m, &s->mem);

    m->kind = MANIFEST_COPY;
    m->time = s->h.time;
    m->expires = what->expires;
    m->log_number = s->h.log_number;
    memcpy(m->log_head, s->h.log_head, sizeof m->log_head);
    m->records = s->h.plan.records;
    m->revisions = s->h.plan.revisions;
    m->files = s->rows;
    frames_content(&s->f, m->content, &m->length);
    if (err == VAULT_OK)
        err = bundle_put_manifest(s->v, &s->f, m, s->id);
    return err == VAULT_OK ? frames_commit(&s->f) : err;
}

vault_err
copy_send(struct vault *v, const char *path, const struct vault_handoff *what, struct vault_handoff_sent *out)
{
    struct sending_copy s = { .v = v, .h = { .v = v } };
    vault_err err = copy_look(v, what, &s.h.plan);

    if (err == VAULT_OK)
        err = recs_quiesce(&v->recs);
    if (err == VAULT_OK)
        err = bundle_judge_sending(v, what);
    if (err == VAULT_OK)
        err = begin(&s, path, what);
    if (err == VAULT_OK)
        err = put_all(&s);
    if (err == VAULT_OK)
        err = conclude(&s, what);
    if (err == VAULT_OK) {
        memset(out, 0, sizeof *out);
        out->plan = s.h.plan;
        out->size = s.f.written;
        bundle_tell_sent(v, s.id, out);
    }
    frames_out_free(&s.f);
    secret_free(s.head.key);
    buf_free(&s.mem);
    return err;
}
