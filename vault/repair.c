/*
 * repair.c - a new vault out of what is whole of a damaged one: vault_repair.
 *
 * The damaged folder is read and never written to. Its rows are taken page by page, without SQLite, into a new database
 * beside (repair_rows.c). Where the log and the list of revisions are whole they tell what there was: everything else is
 * compared with them (repair_find.c); what fails is taken out, and an entry that the keeper signs says so (repair_write.c).
 * Then the new vault is opened and verified like any other, every byte of it, before the folder gets its name.
 */
#include "vault/repair.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/files.h"
#include "vault/base/text.h"
#include "vault/contacts.h"
#include "vault/same.h"

/* ---- on rows that are not verified yet ---- */

static vault_err
must_name_keys(struct repairing *r)
{
    const struct vault *v = r->v;

    if (v->have_keys_entry && v->kf.sequence == v->keys_sequence &&
        memcmp(v->keys_hash, v->keys_named, 32) == 0)
        return VAULT_OK;
    r->wrong_keys = true;
    return err_say(VAULT_ERR_DAMAGED, "use the files keys and records.db that belong together",
        "keys is not the one that records.db names");
}

/* Without it no detail and no tag can be read: both keys are drawn anew. */
static vault_err
open_root(struct repairing *r)
{
    vault_err err = recs_open_keys(&r->v->recs);

    if (err != VAULT_ERR_DAMAGED)
        return err;
    vault_clear_error();
    r->new_root = true;
    err = db_begin(r->v->db);
    if (err == VAULT_OK)
        err = recs_new_keys(&r->v->recs);
    return err != VAULT_OK ? err : db_commit(r->v->db);
}

static vault_err
system_records(struct repairing *r)
{
    struct vault *v = r->v;
    uint64_t done = 0;
    vault_err err = system_read_losses(v, NULL);

    r->flag = err == VAULT_OK ? calloc((size_t)v->recs.index.n + 1, 1) : NULL;
    if (err == VAULT_OK && r->flag == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = repair_find_system(r);
    if (err == VAULT_OK)
        err = db_begin(v->db);
    if (err == VAULT_OK)
        err = repair_drop(r);
    if (err == VAULT_OK)
        err = db_commit(v->db);
    if (err == VAULT_OK)
        err = verify_system(v, NULL);
    if (err == VAULT_OK)
        err = verify_signatures(v, NULL, true, &done);
    return err;
}

/* Registrations whose slot key is lost: a keeper has that of the slot in use, and of no other. */
static vault_err
register_own(struct repairing *r)
{
    struct vault *v = r->v;
    const struct author *a = author_of_slot(v, v->kf.slot[v->slot].head.id);
    const struct slot_registration own = { v->me.author_pk, v->me.x25519_pk, v->me.slot_key };
    struct revision rev;
    bool gone = false;
    vault_err err;

    if (a == NULL)
        return VAULT_OK;
    revision_init(&rev);
    err = recs_load(&v->recs, a->pair, &rev);
    if (err == VAULT_OK)
        gone = recs_withheld_gone(&v->recs, &rev);
    if (err == VAULT_OK && gone)
        err = system_add_slot(v, &r->change, &v->kf.slot[v->slot].head, &own, true);
    revision_free(&rev);
    return err;
}

/* Types of ours that are lost are made anew: their hash is what revisions name. */
static vault_err
missing_types(struct repairing *r)
{
    const struct type_def *const *types = NULL;
    size_t n = types_builtin(&types), missing = 0;
    struct commit what = { .action = "type", .keeper = true };
    struct change c;
    vault_err err = types == NULL ? err_nomem() : VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        missing += type_set_current(&r->v->recs.types, types[i]->name) == NULL;
    if (err != VAULT_OK || missing == 0)
        return err;
    err = session_begin(r->v, &c);
    if (err != VAULT_OK)
        return err;
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        if (type_set_current(&r->v->recs.types, types[i]->name) == NULL)
            err = system_add_type(r->v, &c, types[i]);
    if (err == VAULT_OK)
        return session_commit(r->v, &c, &what);
    change_abort(&c);
    return err;
}

/* ---- the entry ---- */

static vault_err
commit(struct repairing *r)
{
    const struct vault_repair_report *p = &r->report;
    struct detail d = {0};
    struct commit what = { .action = "repair", .keeper = true, .detail = &d };
    vault_err err;

    detail_uint(&d, "pages", r->pages.pages);
    detail_uint(&d, "bad_pages", r->pages.bad);
    detail_uint(&d, "revisions", p->lost_revisions);
    detail_uint(&d, "values", p->lost_values);
    detail_uint(&d, "attachments", p->lost_attachments);
    detail_uint(&d, "details", p->lost_details);
    detail_uint(&d, "joined", p->joined);
    if (r->log_cut)
        detail_uint(&d, "log_end", r->log_end);
    err = session_commit(r->v, &r->change, &what);
    detail_free(&d);
    return err;
}

static vault_err
find_and_write(struct repairing *r)
{
    uint8_t *more = realloc(r->flag, (size_t)r->v->recs.index.n + 1);
    vault_err err = more == NULL ? err_nomem() : session_begin(r->v, &r->change);

    if (more != NULL) {
        r->flag = more;
        memset(more, 0, (size_t)r->v->recs.index.n + 1);
    }
    if (err != VAULT_OK)
        return err;
    err = repair_find(r);
    if (err == VAULT_OK)
        err = repair_find_details(r);
    if (err == VAULT_OK)
        err = repair_drop(r);
    if (err == VAULT_OK)
        repair_mark_older(r);
    if (err == VAULT_OK)
        err = repair_join(r);
    if (err == VAULT_OK)
        err = repair_drop_rest(r);
    if (err == VAULT_OK)
        err = register_own(r);
    if (err == VAULT_OK)
        err = repair_add_losses(r);
    if (err == VAULT_OK)
        return commit(r);
    change_abort(&r->change);
    return err;
}

/* Entries are a chain up to the last that was saved, so whatever is missing came after it. What they added would show in the list of
 * revisions, a change of keys in the file: only the page that is bad shows that somebody looked at names, or took a copy. */
static vault_err
find_end(struct repairing *r)
{
    const struct vault *v = r->v;

    if (r->pages.log_missing == 0)
        return VAULT_OK;
    r->log_cut = true;
    r->log_end = v->chain[v->n_log].number;
    return repair_tell(r, TOLD_LOG_END, v->n_log, NULL,
        "a page that held entries of the log, or may have held them, cannot be read");
}

/* The log and the list of revisions tell what there was: it goes on. */
static vault_err
go_on(struct repairing *r)
{
    struct vault *v = r->v;
    vault_err err = verify_chain(v, NULL);

    r->before = v->recs.index.n;
    if (err == VAULT_OK)
        err = must_name_keys(r);
    if (err == VAULT_OK)
        err = find_end(r);
    if (err == VAULT_OK)
        err = open_root(r);
    if (err == VAULT_OK)
        err = system_records(r);
    if (err == VAULT_OK)
        err = missing_types(r);
    if (err == VAULT_OK)
        err = session_adopt(v);
    return err != VAULT_OK ? err : find_and_write(r);
}

static vault_err
work(struct repairing *r)
{
    vault_err err = need_keeper(r->v, "a repair");

    if (err == VAULT_OK)
        err = repair_take_rows(r);
    if (err == VAULT_OK)
        err = session_init_recs(r->v);
    if (err == VAULT_OK)
        err = go_on(r);
    if (err == VAULT_ERR_DAMAGED && vault_last_error()->hint[0] == '\0')
        err = err_say(err, "go back to a backup; keep the damaged folder", "the log does not say any more what there was: %s",
            vault_last_error()->text);
    return err;
}

/* The keys are at hand. A session of its own works on the new database, and is put aside: what it believed on the
 * way is verified anew by the one that opens the result. */
static vault_err
fill_database(vault *v, void *ctx)
{
    struct repairing *r = ctx;
    struct vault *w = calloc(1, sizeof *w);
    vault_err err;

    if (w == NULL)
        return err_nomem();
    *w = *v;                    /* borrows the keys */
    r->v = w;
    r->deep.out = &r->deep_out;
    err = work(r);
    recs_free(&w->recs);
    db_close(w->db);
    secret_free(w->intake);
    buf_free(&w->used);
    free(w->chain);
    free(w->author);
    free(w->keeper);
    free(w->tomb);
    gone_free(&w->losses.files);
    free(w->losses.detail);
    same_free(&w->same);
    contacts_free(&w->contacts);
    sodium_memzero(w, sizeof *w);
    free(w);
    r->v = NULL;
    return err;
}

/* ---- verifying, and telling ---- */

static int
first_problem(void *ctx, const struct vault_problem *p)
{
    struct repairing *r = ctx;

    if (r->problem[0] == '\0')
        snprintf(r->problem, sizeof r->problem, "%s: %s", p->where, p->what);
    return 0;
}

static vault_err
verify(struct repairing *r, vault *v)
{
    const struct session_fill fill = { fill_database, r };
    struct report rep = { .fn = first_problem, .ctx = r };
    struct vault_deep_check deep = { .progress = r->opt->progress, .progress_ctx = r->opt->progress_ctx };
    vault_err err = session_open_filled(v, r->cred, &fill, &rep);

    if (err == VAULT_OK && rep.count == 0)
        err = vault_check_deep_open(v, first_problem, r, &deep);
    if (r->problem[0] == '\0')
        return err;
    return err_say(VAULT_ERR_DAMAGED, "keep the damaged folder as it is; another version may do better",
        "what could be saved does not make a whole vault, and nothing was made: %s", r->problem);
}

static const char *
type_of(vault *v, const uint8_t *record)
{
    uint32_t first = index_record(&v->recs.index, record), head = 0;
    const struct type_def *t = NULL;
    struct revision rev;

    if (record[0] == 0)
        return type_system(record[1]) == NULL ? NULL : type_system(record[1])->name;
    revision_init(&rev);
    if (first != 0 && recs_head(&v->recs, first, &head, NULL) == VAULT_OK &&
        recs_load(&v->recs, head, &rev) == VAULT_OK)
        t = type_set_by_hash(&v->recs.types, rev.type);
    revision_free(&rev);
    vault_clear_error();
    return t == NULL ? NULL : t->name;
}

static void
tell(struct repairing *r, vault *v)
{
    static const char *const KIND[] = { "revision", "values", "attachment", "log-detail", "log-end" };

    for (size_t i = 0; i < r->n_told && r->opt->fn != NULL; i++) {
        const struct told *t = &r->told[i];
        char code[CODE_LEN + 1], hex[2 * REVISION_ID_BYTES + 1];
        struct vault_loss l = { .kind = KIND[t->kind], .fields = t->fields, .what = t->what,
            .log_number = t->log_number, .older_shown = t->older };
        if (t->kind != TOLD_DETAIL && t->kind != TOLD_LOG_END) {
            code_of(code, t->record);
            hex_of(hex, t->revision, REVISION_ID_BYTES);
            l.record = code;
            l.revision = hex;
            l.type = type_of(v, t->record);
        }
        if (r->opt->fn(r->opt->ctx, &l) != 0)
            return;
    }
}

static vault_err
fill_report(struct repairing *r, vault *v)
{
    struct vault_repair_report *p = &r->report;
    struct vault_status now;
    vault_err err = vault_status(v, &now);

    if (err != VAULT_OK)
        return err;
    p->pages = r->pages.pages;
    p->bad_pages = r->pages.bad;
    p->records = now.records;
    p->log_entries = now.log_entries;
    p->revisions = v->recs.index.n - v->recs.index.n_lost;
    p->added = v->recs.index.n - r->before;
    hex_of(p->vault_id, v->kf.vault_id, VAULT_ID_BYTES);
    p->lost = r->n_told != 0 || p->dropped_rows != 0;
    return VAULT_OK;
}

/* ---- the folder ---- */

static vault_err
fill_folder(vault *v, void *ctx)
{
    struct repairing *r = ctx;
    struct buf keys = BUF_INIT;
    vault_err err = file_read(&keys, r->from, r->keys_name, KEYFILE_BYTES);

    if (err == VAULT_ERR_NOT_FOUND || err == VAULT_ERR_INPUT)
        err = err_say(VAULT_ERR_DAMAGED, "every backup holds a copy of it", "the file keys is missing or has a wrong size: "
            "without it nothing of the vault can be opened");
    if (err == VAULT_OK)
        err = file_create(v->dir, KEYS_NAME, keys.p, keys.n);
    if (err == VAULT_OK)
        err = verify(r, v);
    if (err == VAULT_OK)
        err = fill_report(r, v);
    if (err == VAULT_OK)
        err = dir_sync(v->dir);
    if (err == VAULT_OK)
        tell(r, v);
    buf_free(&keys);
    return err;
}

static void
forget(struct repairing *r)
{
    for (size_t i = 0; i < r->n_told; i++) {
        free(r->told[i].what);
        free(r->told[i].fields);
    }
    free(r->told);
    for (size_t i = 0; i < r->n_rescued; i++)
        revision_free(&r->rescued[i]);
    free(r->rescued);
    free(r->item);
    free(r->flag);
    buf_free(&r->moved);
    file_places_free(&r->places);
    deep_check_free(&r->deep);
}

static vault_err
repair_with(const struct repairing *from, const char *keys_name, const char *new_path, bool *wrong_keys,
    struct vault_repair_report *out)
{
    struct repairing r = *from;
    vault_err err;

    r.keys_name = keys_name;
    r.deep_out.progress = r.opt->progress;
    r.deep_out.progress_ctx = r.opt->progress_ctx;
    err = session_new_folder(new_path, fill_folder, &r);
    *wrong_keys = r.wrong_keys;
    if (err == VAULT_OK)
        *out = r.report;
    forget(&r);
    return err;
}

/* A change of keys that was cut short: the other file may be the one in force. If it is not, what was said before counts. */
static vault_err
repair_with_new(const struct repairing *from, const char *new_path, vault_err before,
    struct vault_repair_report *out)
{
    struct vault_error said = *vault_last_error();
    bool wrong_keys = false;
    vault_err err = repair_with(from, KEYS_NEW, new_path, &wrong_keys, out);

    return err == VAULT_OK || err == VAULT_ERR_NO_SPACE || err == VAULT_ERR_INTERRUPTED ? err :
        err_say(before, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
}

/* The new vault is not made in the folder of the damaged one, which is not written to. */
static vault_err
may_put(int dir, const char *new_path)
{
    struct vault *home = calloc(1, sizeof *home);
    vault_err err;

    if (home == NULL)
        return err_nomem();
    home->dir = dir;
    err = session_may_put(home, new_path);
    free(home);
    return err;
}

vault_err
vault_repair(const char *path, const char *new_path, const struct vault_credentials *cred,
    const struct vault_repair_options *opt, struct vault_repair_report *out)
{
    struct repairing r = { .from = -1, .cred = cred, .opt = opt };
    bool wrong_keys = false;
    vault_err err;

    vault_clear_error();
    err = session_may_make(new_path);
    if (err == VAULT_OK)
        err = dir_open(&r.from, path);
    if (err == VAULT_OK)
        err = dir_lock(r.from);
    if (err == VAULT_OK)
        err = may_put(r.from, new_path);
    if (err == VAULT_OK)
        err = repair_with(&r, KEYS_NAME, new_path, &wrong_keys, out);
    if ((err == VAULT_ERR_KEY || wrong_keys) && file_exists(r.from, KEYS_NEW))
        err = repair_with_new(&r, new_path, err, out);
    if (r.from >= 0)
        (void)close(r.from);
    return err;
}
