/*
 * extract.c - the content of an attachment out of the vault: vault_extract.
 *
 * Nothing is read before the log holds an entry that says so.
 */
#include "vault/attachments.h"

#include <string.h>
#include "vault/base/files.h"
#include "vault/base/text.h"

#define SYNC_BYTES (16 * (uint64_t)FILE_CHUNK)  /* that the disk is given at a time */

struct extracting {
    const struct attachment *x;
    int fd;
    vault_progress_fn *progress;
    void *progress_ctx;
    uint64_t done;              /* bytes */
};

static vault_err
write_piece(void *ctx, const uint8_t *p, size_t n)
{
    struct extracting *e = ctx;
    vault_err err = fd_write_all(e->fd, p, n, "what was extracted");

    e->done += n;
    if (err == VAULT_OK && e->done % SYNC_BYTES == 0)
        fd_sync_begin(e->fd, e->done, SYNC_BYTES);
    if (err == VAULT_OK && e->progress != NULL &&
        e->progress(e->progress_ctx, e->done, e->x->view.file.size) != 0)
        err = err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted");
    return err;
}

vault_err
attachment_write(struct vault *v, const struct attachment *x, const struct vault_extract_options *to)
{
    struct extracting e = { .x = x, .fd = to->fd, .progress = to->progress, .progress_ctx = to->progress_ctx };

    return file_read_leaf(v->db, x->l, write_piece, &e);
}

/* ---- the call ---- */

static vault_err
log_extract(struct vault *v, const struct revision *rev, const struct attachment *x)
{
    struct detail d = {0};
    char id[CODE_LEN + 1], revision[2 * REVISION_ID_BYTES + 1];
    bool withheld = x->l->tier != LEAF_OPEN;
    vault_err err;

    code_of(id, rev->record);
    hex_of(revision, rev->id, REVISION_ID_BYTES);
    detail_text(&d, "id", id);
    detail_text(&d, "revision", revision);
    detail_text(&d, "field", x->f->name);
    detail_uint(&d, "attachment", x->number);
    err = session_note(v, withheld ? "extract-withheld" : "extract", withheld, &d);
    detail_free(&d);
    return err;
}

static void
fill_result(const struct attachment *x, struct vault_extracted *out)
{
    const struct file_value *f = &x->view.file;

    memset(out, 0, sizeof *out);
    memcpy(out->name, f->name.p, f->name.n);
    memcpy(out->type, f->type.p, f->type.n);
    hex_of(out->sha256, f->sha256, 32);
    out->size = f->size;
    out->withheld = x->l->tier != LEAF_OPEN;
}

/* It may be that it was not we who gave it. */
static vault_err
may_be_name(struct part name)
{
    struct buf scratch = BUF_INIT;
    vault_err err = VAULT_OK;

    if (!file_name_valid(&scratch, name))
        err = scratch.bad ? err_nomem() :
            err_say(VAULT_ERR_INPUT, "-o names the file", "the attachment has a name that is not allowed");
    buf_free(&scratch);
    return err;
}

/* The file is begun before the log is written to: what cannot be written is not noted. */
static vault_err
write_out(struct vault *v, const struct revision *rev, const struct attachment *x,
    const struct vault_extract_options *opt, struct vault_extracted *out)
{
    struct vault_extract_options to = *opt;
    struct vault_extracted result;
    struct output *file = NULL;
    unsigned wiped = 0;
    vault_err err = VAULT_OK;

    fill_result(x, &result);
    if (to.path == NULL && to.fd < 0) {
        err = may_be_name(x->view.file.name);
        to.path = result.name;
    }
    if (err == VAULT_OK && to.path != NULL)
        err = session_may_put(v, to.path);
    if (err == VAULT_OK && to.path != NULL) {
        err = output_open(&file, to.path);
        to.fd = err == VAULT_OK ? output_fd(file) : -1;
    }
    if (err == VAULT_OK && file != NULL)
        wiped = output_wipe_left(file);
    if (to.left != NULL)
        *to.left = wiped;
    if (err == VAULT_OK)
        err = log_extract(v, rev, x);
    if (err == VAULT_OK)
        err = attachment_write(v, x, &to);
    if (err == VAULT_OK && file != NULL)
        err = output_commit(&file);
    output_abort(&file);
    if (err == VAULT_OK)
        *out = result;
    return err;
}

/* The newest head, or the revision asked for, with what this tier may know of it. */
static vault_err
load(struct vault *v, const char *id, const char *revision, struct revision *rev, struct buf *extra)
{
    uint32_t first = 0, n = 0;
    vault_err err = session_find(v, id, &first);

    if (err == VAULT_OK)
        err = session_find_revision(v, first, revision, &n, NULL);
    if (err == VAULT_OK)
        err = recs_load(&v->recs, n, rev);
    if (err == VAULT_OK)
        err = recs_check_carried(&v->recs, n, rev);
    if (err == VAULT_OK && is_keeper(v))
        err = recs_look(&v->recs, n, rev, extra);
    return err;
}

static vault_err
must_be_known(const struct vault *v, const struct revision *rev, const struct attachment *x)
{
    enum gone_what what = recs_gone(&v->recs, rev, x->l);

    if (what == GONE_LEFT_OUT)
        return err_say(VAULT_ERR_NOT_FOUND, "ask who sent the record for it", "this attachment was left out when its record was sent here");
    if (what != GONE_NOT && what != GONE_LOST)
        return err_say(VAULT_ERR_NOT_FOUND, "'history' tells when", "this attachment was purged");
    if (x->l->tier != LEAF_OPEN && !is_keeper(v))
        return need_keeper(v, "extracting a withheld attachment");
    if (what == GONE_LOST || (x->known &&
            session_file_lost(v, rev->record, (enum leaf_tier)x->l->tier, x->l->file_first)))
        return err_say(VAULT_ERR_NOT_FOUND, "a backup from before the damage may have it",
            "the content of that attachment was lost before a repair");
    return x->known ? VAULT_OK : err_say(VAULT_ERR_DAMAGED, "'check' tells more",
        "the name and the key of this attachment cannot be read");
}

vault_err
vault_extract(vault *v, const char *id, const char *name, const struct vault_extract_options *opt,
    struct vault_extracted *out)
{
    struct buf extra = BUF_INIT;
    struct revision rev;
    struct attachment x;
    vault_err err;

    vault_clear_error();
    revision_init(&rev);
    err = load(v, id, opt->revision, &rev, &extra);
    if (err == VAULT_OK)
        err = attachment_find(v, &rev, name, &x);
    if (err == VAULT_OK)
        err = must_be_known(v, &rev, &x);
    if (err == VAULT_OK)
        err = write_out(v, &rev, &x, opt, out);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}
