/*
 * handoff_plain.c - records for somebody who has only age, tar and minisign: vault_handoff_look, vault_handoff_plain.
 *
 * An age file with a tar of one folder, made as a stream: nothing of it is on a disk unencrypted. Nothing leaves before the log holds an
 * entry that says so, and the manifest names that entry, and those for whom the file is: who passes it on cannot make it look as if
 * it had been for somebody else.
 */
#include "vault/bundle.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/files.h"
#include "vault/base/json_out.h"
#include "vault/base/minisign.h"
#include "vault/base/text.h"
#include "vault/handoff/age.h"
#include "vault/handoff/tar.h"

#define CLOCK "this computer's own clock"
#define FLUSH_AT ((size_t)256 << 10)
#define SYNC_AT ((uint64_t)4 << 20)
#define WORDS 12u

static const char OPEN_ME[] =
#include "vault/handoff_open_me.txt.inc"
;

struct sending {
    struct handoff h;
    const struct vault_handoff *what;
    struct age_recipient *recipient;
    struct output *file;
    struct age_seal *seal;
    struct buf out;                 /* sealed, and not written yet */
    uint64_t written;
    struct tar tar;
    char folder[48];
    crypto_hash_sha256_state hash;  /* of the file under way */
    struct buf list, sums;          /* of the files so far: for the manifest, for sha256sum */
    struct vault_handoff_sent *sent;
};

/* ---- from the archive to the disk ---- */

static vault_err
write_out(struct sending *s)
{
    uint64_t before = s->written / SYNC_AT;
    vault_err err = fd_write_all(output_fd(s->file), s->out.p, s->out.n, "the handoff");

    s->written += s->out.n;
    buf_reset(&s->out);
    if (err == VAULT_OK && s->written / SYNC_AT != before)
        fd_sync_begin(output_fd(s->file), s->written, SYNC_AT);
    if (err == VAULT_OK && s->what->progress != NULL && s->what->progress(s->what->progress_ctx, s->written, 0) != 0)
        err = err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
    return err;
}

static vault_err
seal(void *ctx, const void *p, size_t n)
{
    struct sending *s = ctx;
    vault_err err = age_seal_add(s->seal, &s->out, p, n);

    return err == VAULT_OK && s->out.n >= FLUSH_AT ? write_out(s) : err;
}

/* ---- files of the folder ---- */

static void
path_of(const struct sending *s, const char *name, char out[static HANDOFF_PATH_ROOM + 48])
{
    snprintf(out, HANDOFF_PATH_ROOM + 48, "%s/%s", s->folder, name);
}

static vault_err
begin_file(struct sending *s, const char *name, uint64_t size)
{
    char path[HANDOFF_PATH_ROOM + 48];

    path_of(s, name, path);
    crypto_hash_sha256_init(&s->hash);
    return tar_file(&s->tar, path, size);
}

static vault_err
add_bytes(void *ctx, const void *p, size_t n)
{
    struct sending *s = ctx;

    crypto_hash_sha256_update(&s->hash, p, n);
    return tar_data(&s->tar, p, n);
}

/* SHA-256 of the file under way, hexadecimal. */
static void
sum_of(struct sending *s, char sum[static 65])
{
    uint8_t hash[32];

    crypto_hash_sha256_final(&s->hash, hash);
    hex_of(sum, hash, sizeof hash);
}

/* Into both lists. */
static void
note_file(struct sending *s, const char *name, uint64_t size, const char *sum)
{
    buf_str(&s->list, s->list.n == 0 ? "\n {\"name\": " : ",\n {\"name\": ");
    json_string(&s->list, PART(name, strlen(name)));
    buf_fmt(&s->list, ", \"size\": %" PRIu64 ", \"sha256\": \"%s\"}", size, sum);
    buf_fmt(&s->sums, "%s  %s\n", sum, name);
}

static vault_err
end_file(struct sending *s, const char *name, uint64_t size)
{
    char sum[65];
    vault_err err = tar_file_end(&s->tar);

    if (err == VAULT_OK) {
        sum_of(s, sum);
        note_file(s, name, size, sum);
    }
    return err;
}

static vault_err
add_text(struct sending *s, const char *name, const void *p, size_t n)
{
    vault_err err = begin_file(s, name, n);

    if (err == VAULT_OK)
        err = add_bytes(s, p, n);
    return err == VAULT_OK ? end_file(s, name, n) : err;
}

static vault_err
count(void *ctx, const void *p, size_t n)
{
    (void)p;
    *(uint64_t *)ctx += n;
    return VAULT_OK;
}

/* Told twice: how long it is must be known before it begins. */
static vault_err
add_told(struct sending *s, const char *name, vault_err (*tell)(struct handoff *h, handoff_put_fn *put, void *ctx))
{
    uint64_t size = 0;
    vault_err err = tell(&s->h, count, &size);

    if (err == VAULT_OK)
        err = begin_file(s, name, size);
    if (err == VAULT_OK)
        err = tell(&s->h, add_bytes, s);
    return err == VAULT_OK ? end_file(s, name, size) : err;
}

/* ---- attachments ---- */

/* Not hashed again: reading it compares it with the hash of the value. */
static vault_err
add_piece(void *ctx, const uint8_t *p, size_t n)
{
    struct sending *s = ctx;

    return tar_data(&s->tar, p, n);
}

static vault_err
add_attachment(struct sending *s, uint64_t number, const struct attachment *x, const struct vault_attachment *a)
{
    char name[HANDOFF_PATH_ROOM];
    vault_err err;

    handoff_file_path(name, number, a->name);
    err = begin_file(s, name, a->size);
    if (err == VAULT_OK)
        err = file_read_leaf(s->h.v->db, x->l, add_piece, s);
    if (err == VAULT_OK)
        err = tar_file_end(&s->tar);
    if (err == VAULT_OK)
        note_file(s, name, a->size, a->sha256);
    return err;
}

/* The view tells which, and the revision how: both in the same order. */
static vault_err
add_attachments(void *ctx, const struct handoff_record *rec)
{
    struct sending *s = ctx;
    struct attachment_walk w = { .rev = rec->rev, .type = rec->type };
    uint64_t number = rec->item->file;
    struct attachment x;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < rec->view->n_attachments && attachment_next(&w, &x); i++)
        if (handoff_file_goes(&rec->view->attachments[i]))
            err = add_attachment(s, number++, &x, &rec->view->attachments[i]);
    if (err == VAULT_ERR_DAMAGED)
        err_prefix("record %s: ", rec->view->id);
    return err;
}

/* ---- who sends it ---- */

/* A keeper signs as the vault; a case holder with the key that signs his entries in the log. */
static const struct secret *
signing_seed(const struct vault *v)
{
    return is_keeper(v) ? v->tree.keeper_sign_seed : v->me.author_seed;
}

static const uint8_t *
signing_key(const struct vault *v)
{
    return is_keeper(v) ? v->tree.keeper_pk : v->me.author_pk;
}

static void
words_pair(struct buf *out, const char *before, const uint8_t *p, size_t n)
{
    struct buf words = BUF_INIT;

    words_of(&words, p, n, WORDS);
    buf_str(out, before);
    json_string(out, PART(words.p, words.n));
    out->bad = out->bad || words.bad;
    buf_free(&words);
}

static void
recipients_json(struct buf *out, const struct sending *s)
{
    if (s->what->n_recipients == 0) {
        buf_str(out, "\"passphrase\"");
        return;
    }
    for (size_t i = 0; i < s->what->n_recipients; i++) {
        uint8_t sha256[32], hash[32];

        age_recipient_sha256(sha256, &s->recipient[i]);
        age_recipient_hash(hash, &s->recipient[i]);
        buf_str(out, i == 0 ? "[\n {\"sha256\": " : ",\n {\"sha256\": ");
        json_hex(out, PART(sha256, sizeof sha256));
        words_pair(out, ", \"words\": ", hash, sizeof hash);
        buf_fmt(out, ", \"post_quantum\": %s}", s->recipient[i].kind == AGE_HYBRID ? "true" : "false");
    }
    buf_u8(out, ']');
}

static vault_err
write_manifest(const struct sending *s, struct buf *out)
{
    const struct vault *v = s->h.v;
    char when[HANDOFF_TIME];

    handoff_iso(when, s->h.time);
    buf_fmt(out, "{\"format\": \"" HANDOFF_FORMAT "\",\n\"time\": \"%s\", \"clock\": \"" CLOCK "\",\n\"names\": %s", when,
        s->h.names ? "true" : "false");
    words_pair(out, ",\n\"vault\": ", v->kf.vault_id, VAULT_ID_BYTES);
    buf_fmt(out, ",\n\"signed_by\": {\"who\": \"%s\", \"key\": \"%s\"},\n\"log\": {\"number\": %" PRIu64 ", \"head\": ",
        is_keeper(v) ? "keeper" : "case holder", s->sent->key, s->h.log_number);
    json_hex(out, PART(s->h.log_head, 32));
    words_pair(out, ", \"words\": ", s->h.log_head, 32);
    buf_str(out, "},\n\"recipients\": ");
    recipients_json(out, s);
    buf_str(out, ",\n\"files\": [");
    buf_put(out, s->list.p, s->list.n);
    buf_str(out, "]}\n");
    return s->list.bad ? err_nomem() : buf_ok(out);
}

/* A file, and NAME.minisig beside it. */
static vault_err
add_signed(struct sending *s, const char *name, const struct buf *text, char sum[static 65])
{
    char comment[120], hex[65], sig_name[32];
    struct buf sig = BUF_INIT;
    uint8_t hash[64];
    vault_err err = begin_file(s, name, text->n);

    if (err == VAULT_OK)
        err = add_bytes(s, text->p, text->n);
    if (err == VAULT_OK)
        err = tar_file_end(&s->tar);
    if (err != VAULT_OK)
        return err;
    sum_of(s, sum);
    note_file(s, name, text->n, sum);
    hex_of(hex, s->h.log_head, 32);
    snprintf(comment, sizeof comment, "withheld handoff, log entry %s", hex);
    snprintf(sig_name, sizeof sig_name, "%s.minisig", name);
    crypto_generichash_blake2b(hash, sizeof hash, text->p, text->n, NULL, 0);
    err = minisign_sign(&sig, signing_seed(s->h.v), hash, comment);
    if (err == VAULT_OK)
        err = add_text(s, sig_name, sig.p, sig.n);
    buf_free(&sig);
    return err;
}

/* What vouches for the files before it. SHA256SUMS is for those who check with one command; it covers the manifest. */
static vault_err
add_vouchers(struct sending *s)
{
    struct buf manifest = BUF_INIT, sums = BUF_INIT, key = BUF_INIT;
    char sum[65];
    vault_err err = write_manifest(s, &manifest);

    if (err == VAULT_OK)
        err = add_signed(s, "manifest.json", &manifest, s->sent->bundle);
    buf_put(&sums, s->sums.p, s->sums.n);
    if (err == VAULT_OK)
        err = s->sums.bad ? err_nomem() : buf_ok(&sums);
    if (err == VAULT_OK)
        err = add_signed(s, "SHA256SUMS", &sums, sum);
    minisign_public(&key, signing_key(s->h.v));
    if (err == VAULT_OK)
        err = buf_ok(&key);
    if (err == VAULT_OK)
        err = add_text(s, "minisign.pub", key.p, key.n);
    buf_free(&manifest);
    buf_free(&sums);
    buf_free(&key);
    return err;
}

static vault_err
write_all(struct sending *s)
{
    char files[HANDOFF_PATH_ROOM + 48];
    vault_err err = tar_folder(&s->tar, s->folder);

    path_of(s, "files", files);
    if (err == VAULT_OK)
        err = add_text(s, "OPEN-ME.txt", OPEN_ME, strlen(OPEN_ME));
    if (err == VAULT_OK)
        err = add_told(s, "index.html", handoff_page);
    if (err == VAULT_OK)
        err = add_told(s, "records.json", handoff_json);
    if (err == VAULT_OK && s->h.plan.attachments > 0)
        err = tar_folder(&s->tar, files);
    if (err == VAULT_OK)
        err = handoff_each(&s->h, add_attachments, s);
    if (err == VAULT_OK)
        err = add_vouchers(s);
    if (err == VAULT_OK)
        err = tar_end(&s->tar);
    if (err == VAULT_OK)
        err = age_seal_end(s->seal, &s->out);
    return err == VAULT_OK ? write_out(s) : err;
}

/* ---- the log ---- */

static vault_err
log_it(struct sending *s)
{
    struct handoff_logged l = { .form = "plain", .n = s->what->n_recipients, .to = s->what->n_recipients == 0 ? "passphrase" : NULL };
    vault_err err = VAULT_OK;

    l.recipient = calloc(l.n + 1, 32);
    if (l.recipient == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < l.n; i++)
        age_recipient_sha256(l.recipient[i], &s->recipient[i]);
    if (err == VAULT_OK)
        err = handoff_log(&s->h, &l);
    free(l.recipient);
    return err;
}

/* ---- the calls ---- */

static vault_err
gather(struct sending *s, vault *v, const struct vault_handoff *what)
{
    vault_err err = what->names ? need_keeper(v, "a handoff with names") : VAULT_OK;

    s->what = what;
    s->h = (struct handoff){ .v = v, .names = what->names, .linked = what->linked, .history = what->n_contacts > 0 };
    return err == VAULT_OK ? handoff_gather(&s->h, what->ids, what->n_ids) : err;
}

vault_err
vault_handoff_look(vault *v, const struct vault_handoff *what, struct vault_handoff_plan *out)
{
    struct sending s = { .recipient = NULL };
    vault_err err;

    vault_clear_error();
    if (what->home)
        return copy_look(v, what, out);
    err = gather(&s, v, what);
    if (err == VAULT_OK)
        *out = s.h.plan;
    handoff_free(&s.h);
    return err;
}

static vault_err
may_send(struct vault *v, const struct vault_handoff *what)
{
    if (what->confirmed || session_accepts(v, "send"))
        return VAULT_OK;
    return err_refuse("send", "look at who gets it and what", "a handoff cannot be taken back; nothing was sent");
}

/* The place, the recipients and the passphrase are good before the log says that something was sent. */
static vault_err
begin(struct sending *s, const char *path)
{
    struct vault *v = s->h.v;
    struct age_to to = { .n = s->what->n_recipients, .passphrase = s->what->passphrase };
    vault_err err = session_may_put(v, path);

    if (err == VAULT_OK)
        err = age_recipients_read(&s->recipient, s->what->recipients, to.n);
    if (err == VAULT_OK && to.passphrase != NULL)
        err = session_judge_passphrase(v, to.passphrase);
    to.recipient = s->recipient;
    if (err == VAULT_OK)
        err = age_seal_new(&s->seal, &s->out, &to);
    if (err == VAULT_OK)
        err = output_open(&s->file, path);
    if (err == VAULT_OK)
        (void)output_wipe_left(s->file);
    if (err == VAULT_OK)
        err = log_it(s);
    return err;
}

static void
name_folder(struct sending *s)
{
    char when[HANDOFF_TIME], hex[65];

    handoff_iso(when, s->h.time);
    hex_of(hex, s->h.log_head, 32);
    snprintf(s->folder, sizeof s->folder, "handoff-%.10s-%.6s", when, hex);
    s->tar = (struct tar){ .put = seal, .ctx = s, .time = s->h.time };
}

static void
end(struct sending *s)
{
    output_abort(&s->file);
    age_seal_free(s->seal);
    free(s->recipient);
    buf_free(&s->out);
    buf_free(&s->list);
    buf_free(&s->sums);
    sodium_memzero(&s->hash, sizeof s->hash);
    handoff_free(&s->h);
}

vault_err
vault_handoff_plain(vault *v, const char *path, const struct vault_handoff *what, struct vault_handoff_sent *out)
{
    struct vault_handoff_sent sent = { .keeper = is_keeper(v) };
    struct sending s = { .sent = &sent };
    vault_err err;

    vault_clear_error();
    minisign_key(sent.key, signing_key(v));
    err = gather(&s, v, what);
    if (err == VAULT_OK)
        err = may_send(v, what);
    if (err == VAULT_OK)
        err = begin(&s, path);
    if (err == VAULT_OK) {
        name_folder(&s);
        err = write_all(&s);
    }
    if (err == VAULT_OK)
        err = output_commit(&s.file);
    if (err == VAULT_OK) {
        sent.plan = s.h.plan;
        sent.size = s.written;
        *out = sent;
    }
    end(&s);
    return err;
}
