/*
 * dump.c - everything out, for leaving this program: vault_dump.
 *
 * One file a type in a folder made for it, and one an attachment (dump_files.c). With withheld values it is logged first, like every
 * reveal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vault/base/files.h"
#include "vault/base/json_out.h"
#include "vault/base/text.h"
#include "vault/dump_files.h"
#include "vault/dump_same.h"
#include "vault/record/scan.h"
#include "vault/record/value.h"
#include "vault/view.h"

#define FLUSH_AT ((size_t)256 << 10)

struct dump_file {
    const struct type_def *type;
    int fd;
    struct buf out;
};

struct dump {
    struct vault *v;
    int dir;
    bool csv, reveal, counting;
    struct dump_file *file;
    size_t n_files;
    struct dump_files files;
    uint64_t records;
    uint8_t *done;              /* by number: written, or being written */
};
#define DEPTH_MAX 64            /* links followed so that what is pointed at stands first */

/* ---- files ---- */

static void
file_name(const struct dump *d, const struct type_def *t, char out[static NAME_MAX_BYTES + 8])
{
    snprintf(out, NAME_MAX_BYTES + 8, "%s.%s", t->name, d->csv ? "csv" : "jsonl");
}

static vault_err
flush(struct dump *d, struct dump_file *f)
{
    vault_err err = fd_write_all(f->fd, f->out.p, f->out.n, "the dump");

    if (err == VAULT_OK)
        err = dump_step(&d->files, f->out.n);
    buf_reset(&f->out);
    return err;
}

static void csv_header(struct dump *d, struct dump_file *f);

static vault_err
file_of(struct dump *d, const struct type_def *t, struct dump_file **out)
{
    char name[NAME_MAX_BYTES + 8];
    struct dump_file *f;

    for (size_t i = 0; i < d->n_files; i++)
        if (strcmp(d->file[i].type->name, t->name) == 0) {
            *out = &d->file[i];
            return VAULT_OK;
        }
    f = reallocarray(d->file, d->n_files + 1, sizeof *f);
    if (f == NULL)
        return err_nomem();
    d->file = f;
    f = &d->file[d->n_files];
    /* Columns of the type in force: an older version has no others. */
    *f = (struct dump_file){ .type = type_set_current(&d->v->recs.types, t->name) };
    file_name(d, t, name);
    f->fd = openat(d->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0)
        return err_errno(errno, "cannot write into the folder of the dump");
    d->n_files++;
    if (d->csv)
        csv_header(d, f);
    *out = f;
    return VAULT_OK;
}

static vault_err
write_rest(struct dump *d)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < d->n_files; i++) {
        err = flush(d, &d->file[i]);
        if (err == VAULT_OK && fsync(d->file[i].fd) != 0)
            err = err_say(VAULT_ERR_NO_SPACE, NULL, "the dump could not be written to the disk");
    }
    return err == VAULT_OK ? dir_sync(d->dir) : err;
}

static void
end_tables(struct dump *d, vault_err err)
{
    char name[NAME_MAX_BYTES + 8];

    for (size_t i = 0; i < d->n_files; i++) {
        (void)close(d->file[i].fd);
        buf_free(&d->file[i].out);
        file_name(d, d->file[i].type, name);
        if (err != VAULT_OK)
            file_take_back(d->dir, name);
    }
    free(d->file);
}

/* ---- values ---- */

static bool
shown(const struct vault_value *x)
{
    return x->present && strcmp(x->kind, "file") != 0;
}

static vault_err
plain_text(struct dump *d, const struct vault_value *x, struct buf *out)
{
    buf_reset(out);
    if (strcmp(x->kind, "link") == 0)
        return dump_name(&d->v->recs, x->text, out);
    buf_str(out, x->text);
    return buf_ok(out);
}

/* ---- JSON lines ---- */

static void
json_pair(struct buf *out, const char *key, const char *text)
{
    buf_u8(out, ',');
    json_string(out, PART(key, strlen(key)));
    buf_u8(out, ':');
    json_string(out, PART(text, strlen(text)));
}

static vault_err
json_value(struct dump *d, const struct vault_value *x, struct buf *text, struct buf *out)
{
    bool prov = x->source != NULL || x->as_of != NULL || x->certainty != NULL;
    vault_err err = plain_text(d, x, text);

    if (prov)
        buf_str(out, "{\"value\":");
    if (x->is_number != 0)
        buf_put(out, text->p, text->n);
    else
        json_string(out, PART(text->p, text->n));
    if (x->source != NULL) {
        buf_reset(text);
        if (err == VAULT_OK)
            err = dump_name(&d->v->recs, x->source, text);
        json_pair(out, "source", buf_cstr(text) == NULL ? "" : (const char *)text->p);
    }
    if (x->as_of != NULL)
        json_pair(out, "as_of", x->as_of);
    if (x->certainty != NULL)
        json_pair(out, "certainty", x->certainty);
    if (prov)
        buf_u8(out, '}');
    return err;
}

static vault_err
json_line(struct dump *d, const struct revision *rev, const struct vault_record *r, struct buf *text,
    struct buf *out)
{
    const char *open = NULL;        /* field whose array is open */
    vault_err err = VAULT_OK;

    buf_str(out, "{\"_id\":");
    json_string(out, PART(r->id, strlen(r->id)));
    for (size_t i = 0; err == VAULT_OK && i < r->n_values; i++) {
        const struct vault_value *x = &r->values[i];
        bool next = open != NULL && strcmp(open, x->field) == 0;
        if (!shown(x))
            continue;
        if (open != NULL && !next) {
            buf_u8(out, ']');
            open = NULL;
        }
        buf_u8(out, ',');
        if (!next) {
            json_string(out, PART(x->field, strlen(x->field)));
            buf_str(out, x->repeats ? ":[" : ":");
        }
        err = json_value(d, x, text, out);
        if (x->repeats)
            open = x->field;
    }
    if (open != NULL)
        buf_u8(out, ']');
    if (err == VAULT_OK)
        err = dump_files_write(&d->files, rev, out);
    buf_str(out, "}\n");
    return err;
}

/* ---- CSV ---- */

static bool
has_column(const struct dump *d, const struct field_def *f)
{
    return f->kind != FIELD_FILE && (d->reveal || f->tier == LEAF_OPEN);
}

static void
csv_header(struct dump *d, struct dump_file *f)
{
    buf_str(&f->out, "_id");
    for (size_t i = 0; i < f->type->n_fields; i++)
        if (has_column(d, &f->type->field[i]))
            buf_fmt(&f->out, ",%s", f->type->field[i].name);
    buf_str(&f->out, "\r\n");
}

static void
csv_quoted(struct buf *out, struct part text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = ((const uint8_t *)text.p)[i];
        if (c == '"')
            buf_u8(out, '"');
        buf_u8(out, c);
    }
}

static vault_err
csv_cell(struct dump *d, const struct vault_record *r, const char *field, struct buf *text,
    struct buf *out)
{
    bool any = false;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < r->n_values; i++) {
        const struct vault_value *x = &r->values[i];
        if (!shown(x) || strcmp(x->field, field) != 0)
            continue;
        buf_u8(out, any ? '|' : '"');
        any = true;
        err = plain_text(d, x, text);
        csv_quoted(out, PART(text->p, text->n));
    }
    if (any)
        buf_u8(out, '"');
    return err;
}

static vault_err
csv_line(struct dump *d, struct dump_file *f, const struct revision *rev, const struct vault_record *r,
    struct buf *text)
{
    vault_err err = dump_files_write(&d->files, rev, NULL);

    buf_str(&f->out, r->id);
    for (size_t i = 0; err == VAULT_OK && i < f->type->n_fields; i++) {
        if (!has_column(d, &f->type->field[i]))
            continue;
        buf_u8(&f->out, ',');
        err = csv_cell(d, r, f->type->field[i].name, text, &f->out);
    }
    buf_str(&f->out, "\r\n");
    return err;
}

/* ---- the whole ---- */

static vault_err
one(struct dump *d, const struct revision *rev)
{
    const struct view_options opt = { .reveal = d->reveal };
    const struct type_def *t = type_set_by_hash(&d->v->recs.types, rev->type);
    struct vault_record *r = NULL;
    struct dump_file *f = NULL;
    struct buf text = BUF_INIT;
    vault_err err;

    err = view_build(d->v, rev, &opt, &r);
    if (err == VAULT_OK)
        err = file_of(d, t, &f);
    if (err == VAULT_OK)
        err = d->csv ? csv_line(d, f, rev, r, &text) : json_line(d, rev, r, &text, &f->out);
    if (err == VAULT_OK)
        err = buf_ok(&f->out);
    if (err == VAULT_OK && f->out.n >= FLUSH_AT)
        err = flush(d, f);
    buf_free(&text);
    vault_record_free(r);
    return err;
}

static vault_err emit(struct dump *d, uint32_t n, unsigned depth);

static vault_err
emit_target(struct dump *d, struct part id, unsigned depth)
{
    uint32_t first = id.n == RECORD_ID_BYTES ? index_record(&d->v->recs.index, id.p) : 0;
    uint32_t head = 0;
    vault_err err;

    /* System records are not dumped: no input makes a link to one, but an author with other tools could. */
    if (first == 0 || index_is_system(&d->v->recs.index.pair[first]) ||
        index_purged(&d->v->recs.index, first))
        return VAULT_OK;
    err = recs_head(&d->v->recs, first, &head, NULL);
    return err != VAULT_OK ? err : emit(d, head, depth + 1);
}

/* An import resolves a link only to what stands before it. (In a circle one link must stay open.) */
static vault_err
emit_targets(struct dump *d, const struct revision *rev, unsigned depth)
{
    struct value_view view;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && depth < DEPTH_MAX && i < rev->n_leaves; i++) {
        if (rev->leaf[i].value.n == 0)
            continue;
        err = value_read(&view, rev->leaf[i].value);
        if (err == VAULT_OK)
            err = emit_target(d, view.prov.source, depth);
        if (err == VAULT_OK && view.shape == VALUE_BYTES)
            err = emit_target(d, view.text, depth);
    }
    return err;
}

/* The damage was found in this record. */
static vault_err
name_it(struct dump *d, uint32_t n)
{
    char code[CODE_LEN + 1];

    code_of(code, d->v->recs.index.pair[n].record);
    err_prefix("record %s: ", code);
    return VAULT_ERR_DAMAGED;
}

static vault_err
emit(struct dump *d, uint32_t n, unsigned depth)
{
    struct recs *r = &d->v->recs;
    struct buf extra = BUF_INIT;
    struct revision rev;
    bool there;
    vault_err err;

    if (d->done[n])
        return VAULT_OK;
    d->done[n] = 1;
    revision_init(&rev);
    err = dump_step(&d->files, 0);
    if (err == VAULT_OK)
        err = recs_load(r, n, &rev);
    there = err == VAULT_OK && !revision_removed(&rev);
    d->records += there;
    if (there && d->counting)
        dump_files_count(&d->files, &rev);
    if (there && d->reveal)     /* also while counting: what cannot be read is found before anything is logged or written */
        err = recs_reveal(r, n, &rev, &extra);
    if (err == VAULT_ERR_DAMAGED)
        err = name_it(d, n);
    if (err == VAULT_OK && there && !d->counting) {
        err = emit_targets(d, &rev, depth);
        if (err == VAULT_OK)
            err = one(d, &rev);
    }
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* Heads by point reads: a link's name needs the database while the dump goes on. */
static vault_err
all(struct dump *d)
{
    struct index *ix = &d->v->recs.index;
    vault_err err = scan_heads(&d->v->recs);

    d->records = 0;
    d->done = calloc((size_t)ix->n + 1, 1);
    if (d->done == NULL)
        return err_nomem();
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++)
        if (!index_is_system(&ix->pair[n]) && index_is_head(&ix->pair[n]) && !index_purged(ix, n))
            err = emit(d, n, 0);
    free(d->done);
    return err;
}

static vault_err
log_dump(struct dump *d)
{
    struct detail det = {0};
    vault_err err;

    d->counting = true;
    err = all(d);
    d->counting = false;
    detail_uint(&det, "records", d->records);
    detail_uint(&det, "attachments", d->files.written);
    d->files.written = d->files.left_out = 0;
    detail_text(&det, "format", d->csv ? "csv" : "jsonl");
    if (err == VAULT_OK)
        err = session_note(d->v, d->reveal ? "dump-names" : "dump", d->reveal, &det);
    detail_free(&det);
    return err;
}

static void
tell(const struct dump *d, const struct vault_dump_options *opt, uint64_t *records)
{
    *records = d->records;
    if (opt->attachments != NULL)
        *opt->attachments = d->files.written;
    if (opt->left_out != NULL)
        *opt->left_out = d->files.left_out;
}

vault_err
vault_dump(vault *v, const char *dir, const struct vault_dump_options *opt, uint64_t *records)
{
    struct dump d = { .v = v, .dir = -1, .reveal = opt->reveal };
    bool same = false;
    vault_err err = VAULT_OK;

    vault_clear_error();
    if (opt->format != NULL && strcmp(opt->format, "csv") == 0)
        d.csv = true;
    else if (opt->format != NULL && strcmp(opt->format, "jsonl") != 0)
        return err_say(VAULT_ERR_INPUT, "jsonl or csv", "a dump has no such format");
    if (d.reveal)
        err = need_keeper(v, "a dump with withheld values");
    if (err == VAULT_OK)
        err = session_may_put(v, dir);
    if (err == VAULT_OK)
        err = dir_make(&d.dir, dir);
    if (err != VAULT_OK)
        return err;
    d.files = (struct dump_files){ .v = v, .dir = d.dir, .reveal = d.reveal, .files = -1,
        .progress = opt->progress, .progress_ctx = opt->progress_ctx };
    err = log_dump(&d);
    if (err == VAULT_OK)
        err = all(&d);
    if (err == VAULT_OK)
        err = dump_same(v, d.dir, d.csv, &same);
    if (err == VAULT_OK)
        err = write_rest(&d);
    /* Nothing can fail once the attachments are kept: what is left is all of it, or nothing. */
    err = dump_files_end(&d.files, err);
    end_tables(&d, err);
    if (err != VAULT_OK && same)
        dump_same_take_back(d.dir, d.csv);
    (void)close(d.dir);
    if (err != VAULT_OK)
        (void)rmdir(dir);
    else
        tell(&d, opt, records);
    if (err == VAULT_ERR_DAMAGED)
        err = err_say(err, "nothing is left of it; 'check' names all that cannot be read: write those values "
            "anew, detach those files, or remove the records", "%s", vault_last_error()->text);
    return err;
}
