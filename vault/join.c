/*
 * join.c - entries that another copy of this vault wrote come home: session_join.
 *
 * Entries, pairs and blobs go over as they are: their signatures and ids hold here as well. The wrapped keys
 * are sealed anew; what was sealed to the card on the way keeps its inner wrap, and the next keeper's session
 * adopts it. An entry with two parents, ours first, ties the two lines together.
 *
 * Of a record that was purged here only the ids are taken in. One that got another key by a
 * purge is sealed under that.
 */
#include "vault/join.h"

#include <stdlib.h>
#include <string.h>

static vault_err
conclude(struct joining *j)
{
    struct detail d = {0};
    struct commit what = { .action = "join", .detail = &d,
        .other = &j->other->chain[j->other->n_log] };
    vault_err err;

    detail_uint(&d, "entries", j->n_fresh);
    detail_uint(&d, "revisions", j->revisions);
    err = session_commit(j->v, &j->change, &what);
    detail_free(&d);
    return err;
}

static vault_err
run(struct joining *j)
{
    struct vault *v = j->v;
    vault_err err = secret_new(&j->home, sizeof(struct pack));

    if (err == VAULT_OK)
        err = change_begin(&j->change, &v->recs, v->n_log + j->n_fresh + 1);
    if (err != VAULT_OK)
        return err;
    err = join_rows(j);
    if (err == VAULT_OK)
        err = join_pieces(j);
    if (err != VAULT_OK) {
        change_abort(&j->change);
        return err;
    }
    err = conclude(j);
    v->uncertain = true;        /* rows and chain no longer agree: to be opened anew */
    return err;
}

/* The caller frees j->fresh. */
static vault_err
look(struct joining *j)
{
    vault_err err = session_may_write(j->v);

    if (err == VAULT_OK && memcmp(j->v->kf.vault_id, j->other->kf.vault_id, VAULT_ID_BYTES) != 0)
        err = err_say(VAULT_ERR_INPUT, NULL, "that is not a copy of this vault");
    if (err == VAULT_OK)
        err = join_find_fresh(j);
    return err == VAULT_OK ? join_judge(j) : err;
}

vault_err
session_join_judge(struct vault *v, struct vault *other, bool **fresh, uint32_t *n)
{
    struct joining j = { .v = v, .other = other };
    vault_err err = look(&j);

    *fresh = j.fresh;
    *n = j.n_fresh;
    return err;
}

vault_err
session_join(struct vault *v, struct vault *other)
{
    struct joining j = { .v = v, .other = other };
    vault_err err = look(&j);

    if (err == VAULT_OK && j.n_fresh != 0)
        err = run(&j);
    secret_free(j.home);
    free(j.fresh);
    free(j.purged);
    return err;
}
