/*
 * restore.c - a new vault from a backup: vault_restore.
 *
 * Whoever made the file could have written anything into it: he may be a stranger, or hold a case passphrase. So each
 * row is judged as it comes, goes into a new database (no file of his is opened by SQLite), and then the whole vault is
 * verified as `check` does, in a folder beside, before that gets its name. The first entry of its own tells from which head
 * it began, so that a restored vault always differs from what was lost.
 */
#include "vault/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/session.h"

#define CHAIN_MAX 100u

struct restoring {
    const char *path;               /* of the backup that was named */
    const struct vault_credentials *cred;
    const struct vault_restore_options *opt;
    struct backup_in *in[CHAIN_MAX];    /* in[0] was named, each next is what it continues */
    size_t n;
    struct backup_progress progress;
    struct first_problem found;
    struct vault_restore_report report;
};

/* ---- the files ---- */

/* Does this file of the folder begin like a backup with that id? Where it cannot be read, *why is the errno, else it stays. */
static bool
is_backup(int dir, const char *name, const uint8_t id[static BACKUP_ID_BYTES], int *why)
{
    uint8_t bytes[BACKUP_HEADER_BYTES];
    struct backup_header h;
    struct stat st;
    int fd = -1;
    ssize_t got = fd_open_regular(&fd, &st, dir, name, O_RDONLY) != VAULT_OK ? 0 :
        pread(fd, bytes, sizeof bytes, 0);
    bool is;

    if (got < 0)
        *why = errno;
    is = got == (ssize_t)sizeof bytes && backup_header_decode(&h, bytes, sizeof bytes, name) == VAULT_OK &&
        memcmp(h.id, id, BACKUP_ID_BYTES) == 0;

    fd_close(fd);
    return is;
}

/* The path of the backup with that id, in the folder of the one that was named. *out is the caller's. */
static vault_err
find_base(const struct restoring *r, const uint8_t id[static BACKUP_ID_BYTES], char **out)
{
    char *parent = NULL, hex[2 * BACKUP_ID_BYTES + 1];
    const char *name;
    int fd = fd_open_at(parts_dir(backup_in_file(r->in[0])), ".", O_RDONLY | O_DIRECTORY);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    vault_err err = path_split(&parent, &name, r->path);
    int why = 0;

    *out = NULL;
    for (struct dirent *e; err == VAULT_OK && d != NULL && *out == NULL && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.' && is_backup(dirfd(d), e->d_name, id, &why) &&
            asprintf(out, "%s/%s", parent, e->d_name) < 0) {
            *out = NULL;
            err = err_nomem();
        }
    if (d != NULL)
        (void)closedir(d);
    else
        fd_close(fd);
    free(parent);
    if (err != VAULT_OK || *out != NULL)
        return err;
    if (why != 0)
        return err_errno(why, "%s continues a backup, and a file beside it cannot be read", r->path);
    hex_of(hex, id, BACKUP_ID_BYTES);
    return err_say(VAULT_ERR_NOT_FOUND, "put all backups that follow each other into one folder",
        "%s continues the backup %.8s..., which is not in its folder", r->path, hex);
}

static vault_err
open_next(struct restoring *r, const char *path)
{
    struct parts *file = NULL;
    vault_err err;

    if (r->n == CHAIN_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "more than %u backups continue each other", CHAIN_MAX);
    err = parts_open(&file, path);
    if (err == VAULT_OK)
        err = backup_in_new(&r->in[r->n], file);
    if (err == VAULT_OK)
        r->n++;
    return err;
}

/* Is `base` what `in` continues, of the same vault under the same keys, and earlier? */
static vault_err
judge_pair(struct backup_in *in, struct backup_in *base)
{
    const struct backup_state *s = backup_in_state(in), *b = backup_in_state(base);

    if (s->epoch == b->epoch && s->log > b->log && s->revisions >= b->revisions)
        return VAULT_OK;
    return backup_damaged(in, "it cannot continue the backup that it names");
}

/* What the file that was named needs, back to a full one. */
static vault_err
open_chain(struct restoring *r, const struct secret *k_backup)
{
    vault_err err = backup_in_start(r->in[0], k_backup, &r->progress);

    while (err == VAULT_OK && !backup_is_full(backup_in_header(r->in[r->n - 1]))) {
        char *path = NULL;
        err = find_base(r, backup_in_header(r->in[r->n - 1])->base, &path);
        if (err == VAULT_OK)
            err = open_next(r, path);
        if (err == VAULT_OK)
            err = backup_in_start(r->in[r->n - 1], k_backup, &r->progress);
        if (err == VAULT_OK)
            err = judge_pair(r->in[r->n - 2], r->in[r->n - 1]);
        free(path);
    }
    r->progress.total = 0;
    for (size_t i = 0; i < r->n; i++)
        r->progress.total += parts_size(backup_in_file(r->in[i]));
    return err;
}

/* ---- rows ---- */

/* What one file may hold: numbers after the base, the chunks that are new, all of them. */
struct rows {
    struct restoring *r;
    struct db *db;
    size_t i;                       /* which file */
    struct backup_in *in;
    int64_t log, revisions;         /* of the base */
    struct runs fresh[2];
    size_t run[2];                  /* where in them */
    int64_t at[2];                  /* how many of that run are there */
};

/* The chunk that has to come now. */
static bool
is_next_chunk(struct rows *w, unsigned which, int64_t n)
{
    const struct runs *f = &w->fresh[which];

    if (w->run[which] == f->n || n != f->run[w->run[which]].first + w->at[which])
        return false;
    if (++w->at[which] == f->run[w->run[which]].count) {
        w->run[which]++;
        w->at[which] = 0;
    }
    return true;
}

static bool
may_be(struct rows *w, const struct backup_item *it)
{
    const struct backup_state *s = backup_in_state(w->in);
    int64_t log = (int64_t)s->log, revisions = (int64_t)s->revisions;

    switch (it->kind) {
    case BACKUP_LOG:
        return it->n == ++w->log && it->n <= log;
    case BACKUP_PAIR:
        return it->column[0].n == 8 && get_u64(it->column[0].p) <= (uint64_t)log &&
            it->n > w->revisions && it->n <= revisions;
    case BACKUP_OPEN:
    case BACKUP_WITHHELD:
        return it->n > w->revisions && it->n <= revisions;
    case BACKUP_WRAP:
    case BACKUP_INTAKE:
        return it->n <= revisions;
    case BACKUP_OPEN_CHUNK:
        return is_next_chunk(w, 0, it->n);
    case BACKUP_WITHHELD_CHUNK:
        return is_next_chunk(w, 1, it->n);
    default:
        return false;
    }
}

static vault_err
put_chunk(struct rows *w, unsigned which, const struct backup_item *it)
{
    /* One that is gone by the last backup is not wanted. */
    if (!runs_hold(&backup_in_state(w->r->in[0])->chunks[which], it->n))
        return VAULT_OK;
    return db_put(w->db, which == 0 ? DB_OPEN_CHUNK : DB_WITHHELD_CHUNK, it->n, it->column[0]);
}

static vault_err
put_row(struct rows *w, const struct backup_item *it)
{
    struct db_pair_row pair = { .n = it->n, .ids = it->column[1], .tags = it->column[2] };

    if (!may_be(w, it))
        return backup_damaged(w->in, "it holds a row that does not belong there");
    switch (it->kind) {
    case BACKUP_LOG:
        return db_put_log(w->db, &(struct db_log_row){ .n = it->n, .entry = it->column[0],
            .sigs = it->column[1], .detail = it->column[2] });
    case BACKUP_PAIR:
        pair.log = (int64_t)get_u64(it->column[0].p);
        return db_put_pair(w->db, &pair);
    case BACKUP_OPEN:
        return db_put(w->db, DB_OPEN_BLOB, it->n, it->column[0]);
    case BACKUP_WITHHELD:
        return db_put(w->db, DB_WITHHELD_BLOB, it->n, it->column[0]);
    /* Narrow tables are whole in each file: the last one counts. */
    case BACKUP_WRAP:
        return w->i != 0 ? VAULT_OK : db_put(w->db, DB_WRAP, it->n, it->column[0]);
    case BACKUP_INTAKE:
        return w->i != 0 ? VAULT_OK : db_put(w->db, DB_INTAKE, it->n, it->column[0]);
    case BACKUP_OPEN_CHUNK:
        return put_chunk(w, 0, it);
    default:
        return put_chunk(w, 1, it);
    }
}

static vault_err
put_rows(struct rows *w)
{
    struct backup_item it;
    bool got = true;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK) {
        err = backup_next(w->in, &it, &got);
        if (err != VAULT_OK || !got)
            break;
        err = put_row(w, &it);
    }
    if (err == VAULT_OK && ((uint64_t)w->log != backup_in_state(w->in)->log ||
            w->run[0] != w->fresh[0].n || w->run[1] != w->fresh[1].n))
        err = backup_damaged(w->in, "rows are missing in it");
    return err;
}

static vault_err
put_file(struct restoring *r, struct db *db, size_t i)
{
    static const struct runs none = {0};
    struct rows w = { .r = r, .db = db, .i = i, .in = r->in[i] };
    const struct backup_state *base = i + 1 < r->n ? backup_in_state(r->in[i + 1]) : NULL;
    vault_err err = VAULT_OK;

    if (base != NULL) {
        w.log = (int64_t)base->log;
        w.revisions = (int64_t)base->revisions;
    }
    for (unsigned k = 0; err == VAULT_OK && k < 2; k++)
        err = runs_subtract(&w.fresh[k], &backup_in_state(w.in)->chunks[k],
            base == NULL ? &none : &base->chunks[k]);
    if (err == VAULT_OK)
        err = put_rows(&w);
    runs_free(&w.fresh[0]);
    runs_free(&w.fresh[1]);
    return err;
}

/* All files, the oldest first, in one transaction. */
static vault_err
put_all(struct restoring *r, struct db *db)
{
    vault_err err = db_begin(db);

    for (size_t i = r->n; err == VAULT_OK && i > 0; i--)
        err = put_file(r, db, i - 1);
    return err != VAULT_OK ? err : db_commit(db);
}

/* The keys are at hand: make records.db. */
static vault_err
fill_database(vault *v, void *ctx)
{
    struct restoring *r = ctx;
    struct secret *key = NULL;
    struct db *db = NULL;
    vault_err err = open_chain(r, v->tree.k_backup);

    if (err == VAULT_OK)
        err = tree_db_key(&key, &v->tree, v->kf.db_salt);
    if (err == VAULT_OK)
        err = db_open(&db, v->db_path, key, DB_CREATE);
    secret_free(key);
    if (err == VAULT_OK)
        err = put_all(r, db);
    db_close(db);
    return err;
}

/* ---- verifying ---- */

/*
 * As `check` does. What only the checking finds was so in the vault that was backed up: whoever accepts that gets the folder, which
 * `repair` needs. What the opening finds was not, since a backup is made of a vault that opens.
 */
static vault_err
open_and_verify(struct restoring *r, vault *v)
{
    const struct session_fill fill = { fill_database, r };
    struct report rep = { .fn = report_first, .ctx = &r->found };
    struct vault_checked told;
    vault_err err;

    err = vault_accept(v, r->cred->accept, r->cred->n_accept);
    if (err != VAULT_OK)
        return err;
    errno = 0;
    err = session_open_filled(v, r->cred, &fill, &rep);
    if (err == VAULT_OK && rep.count == 0) {
        err = vault_check_open(v, report_first, &r->found, &told);
        r->report.unverified = told.unverified;
        if (err == VAULT_OK)
            return VAULT_OK;
        if (err == VAULT_ERR_DAMAGED && !r->found.starved && session_accepts(v, "damaged")) {
            r->report.problems = r->found.n;
            return VAULT_OK;
        }
        if (err == VAULT_ERR_DAMAGED && !r->found.starved)
            return err_say(VAULT_ERR_DAMAGED, "take another backup; or --accept damaged makes the folder all the same, for repair",
                "the vault in %s was damaged when it was backed up, and nothing was restored: %s", r->path, r->found.text);
    }
    if (err != VAULT_OK && r->found.n == 0)
        return err;
    if (r->found.starved)
        return err_nomem();
    return err_say(VAULT_ERR_DAMAGED, "take another backup, or copy this one again",
        "what is in %s is not a whole vault, and nothing was restored: %s", r->path, r->found.text);
}

static vault_err
judge_head(struct restoring *r, vault *v)
{
    const struct backup_state *s = backup_in_state(r->in[0]);
    struct db_cursor *c = NULL;
    struct db_log_row row;
    struct log_entry e;
    bool got = false;
    vault_err err = VAULT_OK;

    if (v->n_log != s->log || v->recs.index.n != s->revisions || v->epoch != s->epoch ||
        v->chain[v->n_log].number != s->number ||
        memcmp(v->chain[v->n_log].hash, s->head, sizeof s->head) != 0)
        err = backup_damaged(r->in[0], "its log does not end as it says");
    if (err == VAULT_OK)
        err = db_scan_log(v->db, v->n_log, &c);
    if (err == VAULT_OK)
        err = db_next_log(c, &row, &got);
    if (err == VAULT_OK)
        err = got ? entry_decode(&e, row.entry) : backup_damaged(r->in[0], "its log ends early");
    if (err == VAULT_OK)
        r->report.time = e.time;
    db_scan_end(c);
    return err;
}

/* ---- the whole ---- */

static vault_err
note(struct restoring *r, vault *v)
{
    struct detail d = {0};
    char id[2 * BACKUP_ID_BYTES + 1];
    vault_err err;

    hex_of(id, backup_in_header(r->in[0])->id, BACKUP_ID_BYTES);
    detail_text(&d, "backup", id);
    detail_uint(&d, "number", r->report.log_number);
    detail_text(&d, "head", r->report.log_head);
    if (r->opt->second)
        randombytes_buf(v->copy_id, sizeof v->copy_id);
    err = session_note(v, "restore", false, &d);
    detail_free(&d);
    return err;
}

static void
fill_report(struct restoring *r, const vault *v)
{
    const struct backup_state *s = backup_in_state(r->in[0]);

    r->report.files = (unsigned)r->n;
    r->report.log_number = s->number;
    hex_of(r->report.log_head, s->head, sizeof s->head);
    hex_of(r->report.vault_id, v->kf.vault_id, VAULT_ID_BYTES);
}

static vault_err
fill_folder(vault *v, void *ctx)
{
    struct restoring *r = ctx;
    struct vault_status now;
    vault_err err;

    err = file_create(v->dir, KEYS_NAME, backup_in_header(r->in[0])->keys, KEYFILE_BYTES);
    if (err == VAULT_OK)
        err = open_and_verify(r, v);
    if (err == VAULT_OK)
        err = judge_head(r, v);
    if (err == VAULT_OK) {
        fill_report(r, v);
        err = note(r, v);
    }
    if (err == VAULT_OK)
        err = vault_status(v, &now);
    if (err == VAULT_OK) {
        r->report.records = now.records;
        memcpy(r->report.copy_id, now.copy_id, sizeof now.copy_id);
        err = dir_sync(v->dir);
    }
    return err;
}

vault_err
vault_restore(const char *backup, const char *path, const struct vault_credentials *cred,
    const struct vault_restore_options *opt, struct vault_restore_report *out)
{
    struct restoring r = { .path = backup, .cred = cred, .opt = opt,
        .progress = { opt->progress, opt->progress_ctx, 0, 0 } };
    struct keyfile kf;
    vault_err err;

    vault_clear_error();
    err = session_may_make(path);
    if (err == VAULT_OK)
        err = open_next(&r, backup);
    if (err == VAULT_OK)
        err = backup_in_keys(r.in[0], &kf);
    if (err == VAULT_OK)
        err = session_new_folder(path, fill_folder, &r);
    for (size_t i = 0; i < r.n; i++)
        backup_in_free(r.in[i]);
    if (err == VAULT_OK)
        *out = r.report;
    return err;
}
