/*
 * second.c - a whole second database whose rename is the commit: what a rekey and a compact
 * have in common.
 *
 * records.db.new is written beside the old database: every row copied, wrapped keys sealed
 * anew. Then keys.new is staged, and the entry that names it is committed inside the new
 * database. Its rename over the old one puts both in force: until then the old files are as
 * they were, and the next opening wipes what was begun; after it that opening finishes the
 * rename of keys.new.
 */
#include "vault/session.h"

#include <stdio.h>
#include <stdlib.h>
#include "vault/base/files.h"

struct writing {
    struct vault *v;
    struct second *s;
    struct db *db;
    char *path;                 /* of records.db.new */
};

static vault_err
open_new(struct writing *w)
{
    struct secret *key = NULL;
    vault_err err = session_wipe_unfinished(w->v);

    if (err == VAULT_OK && asprintf(&w->path, "%s.new", w->v->db_path) < 0) {
        w->path = NULL;
        err = err_nomem();
    }
    if (err == VAULT_OK)
        err = tree_db_key(&key, w->s->tree, w->s->kf.db_salt);
    if (err == VAULT_OK)
        err = db_open(&w->db, w->path, key, DB_CREATE);
    secret_free(key);
    return err;
}

static vault_err
fill_new(struct writing *w)
{
    vault_err err = db_begin(w->db);

    if (err == VAULT_OK)
        err = session_copy(&w->v->recs, w->db, &w->s->keys, COPY_ALL);
    if (err == VAULT_OK)
        return db_commit(w->db);
    db_rollback(w->db);
    return err;
}

/* The entry, written into the new database; the session works on that one for the moment. */
static vault_err
write_entry(struct writing *w, const uint8_t hash[static 32])
{
    struct vault *v = w->v;
    struct second *s = w->s;
    struct db *old_db = v->db;
    struct seal_keys old_keys = v->recs.keys;
    struct change c;
    vault_err err;

    s->what.keys_hash = hash;
    s->what.keys_sequence = s->kf.sequence;
    v->db = v->recs.db = w->db;
    v->recs.keys = s->keys;
    recs_forget_pack(&v->recs);
    err = session_begin(v, &c);
    if (err == VAULT_OK) {
        err = s->add == NULL ? VAULT_OK : s->add(v, &c, s->ctx);
        if (err == VAULT_OK)
            err = session_commit(v, &c, &s->what);
        else
            change_abort(&c);
    }
    v->db = v->recs.db = old_db;
    v->recs.keys = old_keys;
    recs_forget_pack(&v->recs);
    return err;
}

/* Both databases closed, the new one renamed over the old: from here on the new files hold. */
static vault_err
put_in_force(struct writing *w)
{
    struct vault *v = w->v;
    struct vault_error said;
    vault_err err, keys;
    bool renamed;

    db_close(w->db);
    w->db = NULL;
    db_close(v->db);
    v->db = v->recs.db = NULL;
    err = file_swap(v->dir, DB_NEW, DB_NAME, &renamed);
    if (!renamed)
        return err;             /* the old files hold */
    err = session_swapped(v, err, DB_NAME);
    said = *vault_last_error();
    keys = session_swap_keys(v);
    return err == VAULT_OK ? keys : err_say(err, said.hint, "%s", said.text);
}

/* On a full disk the room is given back at once; keeps the last error. */
static void
drop_new(struct writing *w)
{
    struct vault_error said = *vault_last_error();

    db_close(w->db);
    w->db = NULL;
    if (session_wipe_unfinished(w->v) != VAULT_OK)
        vault_clear_error();
    (void)err_say(said.code, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
}

vault_err
session_second(struct vault *v, struct second *s)
{
    struct writing w = { .v = v, .s = s };
    uint8_t hash[32];
    bool staged = false;
    vault_err err = open_new(&w);

    if (err == VAULT_OK)
        err = fill_new(&w);
    if (err == VAULT_OK)
        err = session_stage_keys(v, &s->kf, s->tree, s->epoch, s->e, hash);
    staged = err == VAULT_OK;
    if (err == VAULT_OK) {
        err = write_entry(&w, hash);
        v->uncertain = true;            /* whatever happened, this handle is of the old files */
    }
    if (err == VAULT_OK)
        err = session_keys_there(v);
    if (err == VAULT_OK) {
        err = put_in_force(&w);
    } else {
        drop_new(&w);
        if (staged)
            session_unstage_keys(v);
    }
    free(w.path);
    return err;
}
