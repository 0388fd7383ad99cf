/*
 * backup.c - everything, or what is new, in one encrypted file: vault_backup, vault_backup_info.
 *
 * The log says that a backup is made before there is one. The file is written under a hidden name, read back from
 * the disk and compared, and only then gets its name; then the log says that it is done. Two entries, so that one
 * that was cut short, or is of a damaged vault, is never taken for the last backup.
 */
#include "vault/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "vault/base/files.h"
#include "vault/base/text.h"
#include "vault/session.h"

struct making {
    struct vault *v;
    struct backup_header head;
    struct backup_state state;
    struct backup_in *base;         /* --since; NULL: everything */
    struct parts_new *file;
    struct backup_out *out;
    struct backup_progress progress;
    uint64_t rows, bytes;
    unsigned parts;
    struct first_problem found;     /* by the check of the vault itself */
};

/* ---- what it continues ---- */

static vault_err
full_one(const char *why)
{
    return err_say(VAULT_ERR_REFUSED, "make a full backup, without --since",
        "the vault no longer continues that backup: %s", why);
}

/* Without reading all of it: the beginning, which says what it holds, and the end. */
static vault_err
open_base(struct making *m, const char *path)
{
    struct parts *file = NULL;
    struct keyfile kf;
    vault_err err = parts_open(&file, path);

    if (err == VAULT_OK)
        err = backup_in_new(&m->base, file);
    if (err == VAULT_OK)
        err = backup_in_keys(m->base, &kf);
    if (err != VAULT_OK)
        return err;
    if (memcmp(kf.vault_id, m->v->kf.vault_id, VAULT_ID_BYTES) != 0)
        return err_say(VAULT_ERR_INPUT, "name one of this vault", "%s is a backup of another vault",
            path);
    if (memcmp(kf.db_salt, m->v->kf.db_salt, sizeof kf.db_salt) != 0)
        return full_one("its database was made anew since then (rekey, compact), or it is another copy");
    err = backup_in_start(m->base, m->v->tree.k_backup, NULL);
    if (err == VAULT_OK)
        err = backup_in_ends(m->base);
    return err;
}

/* Rows of revisions that it holds are as they were: of these only narrow tables are written again. */
static vault_err
judge_rewritten(const struct vault *v, const struct backup_state *s)
{
    if (s->epoch != v->epoch)
        return full_one("something was purged since then");
    if (v->losses.log > s->log)
        return full_one("it was repaired since then, and what was lost is in that backup");
    if (v->exchanges.arrived > s->log)
        return full_one("values that had been left out of a bundle have come since then");
    return VAULT_OK;
}

/* Its log is the beginning of ours: the head's hash stands for all before it. */
static vault_err
judge_base(struct making *m)
{
    const struct vault *v = m->v;
    const struct backup_state *s = backup_in_state(m->base);
    const struct index *ix = &v->recs.index;

    if (s->log < 1 || s->log > v->n_log || s->revisions > ix->n ||
        memcmp(v->chain[s->log].hash, s->head, sizeof s->head) != 0 ||
        (s->revisions > 0 && ix->pair[s->revisions].log > s->log) ||
        (s->revisions < ix->n && ix->pair[s->revisions + 1].log <= s->log))
        return err_say(VAULT_ERR_INPUT, "make a full backup, without --since",
            "that backup holds a log that is not part of this vault's");
    memcpy(m->head.base, backup_in_header(m->base)->id, BACKUP_ID_BYTES);
    return judge_rewritten(v, s);
}

/* ---- the state ---- */

/* The very bytes of the file in force. They are read: what panic erased must not come back. */
static vault_err
read_keys(struct making *m)
{
    static const char *const NAME[] = { KEYS_NAME, KEYS_NEW };
    struct buf b = BUF_INIT;
    uint8_t hash[32];
    vault_err err = VAULT_ERR_DAMAGED;

    for (size_t i = 0; err == VAULT_ERR_DAMAGED && i < 2; i++) {
        vault_err got = file_read(&b, m->v->dir, NAME[i], KEYFILE_BYTES);
        if (got == VAULT_ERR_NO_SPACE)
            err = got;
        if (got != VAULT_OK || b.n != KEYFILE_BYTES)
            continue;
        crypto_generichash_blake2b(hash, sizeof hash, b.p, b.n, NULL, 0);
        if (memcmp(hash, m->v->keys_hash, sizeof hash) == 0) {
            memcpy(m->head.keys, b.p, KEYFILE_BYTES);
            err = VAULT_OK;
        }
    }
    buf_free(&b);
    return err != VAULT_ERR_DAMAGED ? err : err_say(err, "close the vault and look at its folder",
        "the file keys was erased, lost or exchanged while the vault was open");
}

static vault_err
find_runs(struct db *db, enum db_table t, struct runs *out)
{
    struct db_cursor *c = NULL;
    int64_t n, first = 0, count = 0;
    uint64_t size;
    bool got = true;
    vault_err err = db_scan_sizes(db, t, INT64_MIN, &c);

    while (err == VAULT_OK && got) {
        err = db_next_size(c, &n, &size, &got);
        if (err == VAULT_OK && count != 0 && (!got || n != first + count)) {
            err = runs_add(out, first, count);
            count = 0;
        }
        if (err == VAULT_OK && got) {
            first = count == 0 ? n : first;
            count++;
        }
    }
    db_scan_end(c);
    return err;
}

static vault_err
take_state(struct making *m)
{
    const struct vault *v = m->v;
    vault_err err;

    m->state.number = v->chain[v->n_log].number;
    memcpy(m->state.head, v->chain[v->n_log].hash, sizeof m->state.head);
    m->state.log = v->n_log;
    m->state.revisions = v->recs.index.n;
    m->state.epoch = v->epoch;
    err = find_runs(v->db, DB_OPEN_CHUNK, &m->state.chunks[0]);
    return err != VAULT_OK ? err : find_runs(v->db, DB_WITHHELD_CHUNK, &m->state.chunks[1]);
}

/* ---- rows ---- */

static vault_err
put_log(struct making *m, int64_t from)
{
    struct db_cursor *c = NULL;
    struct db_log_row row;
    bool got = true;
    vault_err err = db_scan_log(m->v->db, from, &c);

    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = backup_put(m->out, &(struct backup_item){ .kind = BACKUP_LOG, .n = row.n,
            .column = { row.entry, row.sigs, row.detail } });
    }
    db_scan_end(c);
    return err;
}

static vault_err
put_pairs(struct making *m, int64_t from)
{
    struct db_cursor *c = NULL;
    struct db_pair_row row;
    uint8_t log[8];
    bool got = true;
    vault_err err = db_scan_pair(m->v->db, from, &c);

    while (err == VAULT_OK) {
        err = db_next_pair(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        put_u64(log, (uint64_t)row.log);
        err = backup_put(m->out, &(struct backup_item){ .kind = BACKUP_PAIR, .n = row.n,
            .column = { PART(log, sizeof log), row.ids, row.tags } });
    }
    db_scan_end(c);
    return err;
}

/* `count` rows from `from` on, or all. */
static vault_err
put_table(struct making *m, enum db_table t, enum backup_kind kind, int64_t from, int64_t count)
{
    struct db_cursor *c = NULL;
    struct backup_item it = { .kind = kind };
    bool got = true;
    vault_err err = db_scan(m->v->db, t, from, &c);

    while (err == VAULT_OK && count-- > 0) {
        err = db_next(c, &it.n, &it.column[0], &got);
        if (err != VAULT_OK || !got)
            break;
        err = backup_put(m->out, &it);
    }
    db_scan_end(c);
    return err;
}

/* Chunks that the base does not have. */
static vault_err
put_chunks(struct making *m, unsigned which)
{
    static const struct runs none = {0};
    struct runs fresh = {0};
    vault_err err = runs_subtract(&fresh, &m->state.chunks[which],
        m->base == NULL ? &none : &backup_in_state(m->base)->chunks[which]);

    for (size_t i = 0; err == VAULT_OK && i < fresh.n; i++)
        err = put_table(m, which == 0 ? DB_OPEN_CHUNK : DB_WITHHELD_CHUNK,
            which == 0 ? BACKUP_OPEN_CHUNK : BACKUP_WITHHELD_CHUNK, fresh.run[i].first,
            fresh.run[i].count);
    runs_free(&fresh);
    return err;
}

/* Narrow tables go whole: adoption rewrites rows of revisions that are long known. */
static vault_err
put_rows(struct making *m)
{
    const struct backup_state *s = m->base == NULL ? NULL : backup_in_state(m->base);
    int64_t log = s == NULL ? 1 : (int64_t)s->log + 1;
    int64_t revision = s == NULL ? 1 : (int64_t)s->revisions + 1;
    vault_err err = put_log(m, log);

    if (err == VAULT_OK)
        err = put_pairs(m, revision);
    if (err == VAULT_OK)
        err = put_table(m, DB_OPEN_BLOB, BACKUP_OPEN, revision, INT64_MAX);
    if (err == VAULT_OK)
        err = put_table(m, DB_WITHHELD_BLOB, BACKUP_WITHHELD, revision, INT64_MAX);
    if (err == VAULT_OK)
        err = put_table(m, DB_WRAP, BACKUP_WRAP, 0, INT64_MAX);
    if (err == VAULT_OK)
        err = put_table(m, DB_INTAKE, BACKUP_INTAKE, 0, INT64_MAX);
    if (err == VAULT_OK)
        err = put_chunks(m, 0);
    return err != VAULT_OK ? err : put_chunks(m, 1);
}

/* A guess of how much there is to be written and read back, for whoever waits. */
static uint64_t
about(const struct making *m)
{
    struct stat st;

    return m->base == NULL && fstatat(m->v->dir, DB_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 ?
        2 * (uint64_t)st.st_size : 0;
}

static vault_err
write_all(struct making *m)
{
    vault_err err;

    m->progress.total = about(m);
    err = backup_out_new(&m->out, m->file, &m->head, m->v->tree.k_backup, &m->state, &m->progress);
    if (err == VAULT_OK)
        err = put_rows(m);
    if (err == VAULT_OK)
        err = backup_out_end(m->out);
    if (err == VAULT_OK)
        m->rows = backup_out_rows(m->out);
    backup_out_free(m->out);
    m->out = NULL;
    return err;
}

/* ---- reading it back ---- */

static vault_err
read_all(struct making *m, struct backup_in *in)
{
    struct backup_item it;
    bool got = true;
    vault_err err;

    m->progress.total = 2 * m->bytes;
    err = backup_in_start(in, m->v->tree.k_backup, &m->progress);
    while (err == VAULT_OK && got)
        err = backup_next(in, &it, &got);
    if (err == VAULT_OK && (backup_in_rows(in) != m->rows ||
            memcmp(backup_in_state(in)->head, m->state.head, sizeof m->state.head) != 0))
        err = backup_damaged(in, "it does not hold what was written");
    return err;
}

static vault_err
verify(struct making *m)
{
    struct parts *back = NULL;
    struct backup_in *in = NULL;
    vault_err err = parts_read_back(m->file, &back);

    if (err != VAULT_OK)
        return err;
    m->bytes = parts_size(back);
    m->parts = parts_count(back);
    err = backup_in_new(&in, back);
    if (err == VAULT_OK)
        err = read_all(m, in);
    backup_in_free(in);
    if (err == VAULT_ERR_DAMAGED)
        err = err_say(VAULT_ERR_DAMAGED, "the disk or stick is not to be trusted: take another one",
            "the backup could not be read back as it was written, and was removed: %s",
            vault_last_error()->text);
    return err;
}

/* ---- the vault itself ---- */

/* A true copy of a damaged vault is better than none, but it is not what one goes back to: restore looks, as here. */
static vault_err
look(struct making *m)
{
    vault_err err;

    errno = 0;
    err = vault_check_open(m->v, report_first, &m->found, NULL);
    if (err == VAULT_ERR_DAMAGED && m->found.n != 0)
        err = m->found.starved ? err_nomem() : VAULT_OK;
    return err;
}

/* ---- the whole ---- */

static vault_err
note(struct making *m, const char *action)
{
    struct detail d = {0};
    char id[2 * BACKUP_ID_BYTES + 1], base[sizeof id];
    vault_err err;

    hex_of(id, m->head.id, BACKUP_ID_BYTES);
    hex_of(base, m->head.base, BACKUP_ID_BYTES);
    detail_text(&d, "backup", id);
    if (m->base != NULL)
        detail_text(&d, "since", base);
    if (m->rows != 0) {
        detail_uint(&d, "rows", m->rows);
        detail_uint(&d, "bytes", m->bytes);
    }
    err = session_note(m->v, action, false, &d);
    detail_free(&d);
    return err;
}

static vault_err
make(struct making *m)
{
    vault_err err = read_keys(m);

    if (err == VAULT_OK)
        err = note(m, "backup");
    if (err == VAULT_OK)
        err = take_state(m);
    if (err == VAULT_OK)
        err = write_all(m);
    if (err == VAULT_OK)
        err = verify(m);
    if (err == VAULT_OK)
        err = look(m);
    return err != VAULT_OK ? err : parts_commit(&m->file);
}

static void
fill_report(const struct making *m, struct vault_backup_report *out)
{
    memset(out, 0, sizeof *out);
    hex_of(out->id, m->head.id, BACKUP_ID_BYTES);
    if (m->base != NULL)
        hex_of(out->since, m->head.base, BACKUP_ID_BYTES);
    out->bytes = m->bytes;
    out->rows = m->rows;
    out->parts = m->parts;
    out->log_number = m->state.number;
    out->problems = m->found.n;
    snprintf(out->problem, sizeof out->problem, "%s", m->found.text);
    hex_of(out->log_head, m->state.head, sizeof m->state.head);
}

static vault_err
judge_options(const struct vault_backup_options *opt)
{
    if (opt->split == 0 || opt->split >= VAULT_SPLIT_MIN)
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "for example --split 2G", "parts have at least 1 MiB");
}

vault_err
vault_backup(vault *v, const char *path, const struct vault_backup_options *opt,
    struct vault_backup_report *out)
{
    struct making m = { .v = v, .progress = { opt->progress, opt->progress_ctx, 0, 0 } };
    vault_err err;

    vault_clear_error();
    randombytes_buf(m.head.id, sizeof m.head.id);
    randombytes_buf(m.head.nonce, sizeof m.head.nonce);
    err = judge_options(opt);
    if (err == VAULT_OK)
        err = session_may_write(v);
    if (err == VAULT_OK)
        err = session_may_put(v, path);
    if (err == VAULT_OK && opt->since != NULL)
        err = session_may_take(v, opt->since, false);
    if (err == VAULT_OK && opt->since != NULL)
        err = open_base(&m, opt->since);
    if (err == VAULT_OK && opt->since != NULL)
        err = judge_base(&m);
    if (err == VAULT_OK)
        err = parts_create(&m.file, path, opt->split);
    if (err == VAULT_OK)
        err = make(&m);
    parts_abort(&m.file);
    if (err == VAULT_OK) {
        fill_report(&m, out);
        /* The backup is there and good, whether or not this can still be written. */
        out->noted = m.found.n == 0 && note(&m, "backup-done") == VAULT_OK;
        vault_clear_error();
    }
    backup_in_free(m.base);
    backup_state_free(&m.state);
    return err;
}

/* ---- without a key ---- */

static void
tell_info(struct backup_in *in, const struct keyfile *kf, struct vault_backup_info *out)
{
    const struct backup_header *h = backup_in_header(in);
    uint32_t most = 0;

    memset(out, 0, sizeof *out);
    hex_of(out->id, h->id, BACKUP_ID_BYTES);
    if (!backup_is_full(h))
        hex_of(out->since, h->base, BACKUP_ID_BYTES);
    hex_of(out->vault_id, kf->vault_id, VAULT_ID_BYTES);
    out->bytes = parts_size(backup_in_file(in));
    out->parts = parts_count(backup_in_file(in));
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
        if (kf->slot[i].head.kind != SLOT_EMPTY && kf->slot[i].head.cost.mem_kib > most)
            most = kf->slot[i].head.cost.mem_kib;
    out->mem_mib = (most + 1023) / 1024;
}

vault_err
vault_backup_info(const char *path, struct vault_backup_info *out, vault_slot_fn *fn, void *ctx)
{
    struct parts *file = NULL;
    struct backup_in *in = NULL;
    struct buf words = BUF_INIT;
    struct keyfile kf;
    vault_err err;

    vault_clear_error();
    err = parts_open(&file, path);
    if (err == VAULT_OK)
        err = backup_in_new(&in, file);
    if (err == VAULT_OK)
        err = backup_in_keys(in, &kf);
    if (err == VAULT_OK) {
        words_of(&words, kf.vault_id, VAULT_ID_BYTES, 12);
        err = buf_ok(&words);
    }
    if (err == VAULT_OK) {
        tell_info(in, &kf, out);
        snprintf(out->words, sizeof out->words, "%.*s", (int)words.n, (const char *)words.p);
        if (fn != NULL)
            (void)session_tell_slots(&kf, fn, ctx);
    }
    buf_free(&words);
    backup_in_free(in);
    return err;
}
