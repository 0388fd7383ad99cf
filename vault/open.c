/*
 * open.c - unlocking a vault: vault_open, vault_close.
 *
 * The order is: lock the folder, judge `keys` and `keys.new` without a key, derive, open a slot,
 * open the database, let its last key entry decide which of the two files is in force, verify the
 * chain. Nothing is written before the last but one step, and then only to finish what a power cut
 * left half done.
 */
#include "vault/candidate.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/files.h"
#include "vault/base/text.h"
#include "vault/contacts.h"
#include "vault/exchange.h"
#include "vault/same.h"
#include "vault/standing.h"

#define CHECKPOINT_AFTER 256

/* ---- the handle ---- */

vault_err
session_new(vault **out, const char *path)
{
    vault *v = calloc(1, sizeof *v);

    if (v == NULL)
        return err_nomem();
    v->dir = -1;
    v->path = strdup(path);
    if (v->path == NULL) {
        vault_close(v);
        return err_nomem();
    }
    *out = v;
    return VAULT_OK;
}

vault_err
session_db_path(vault *v)
{
    char *real = realpath(v->path, NULL);
    vault_err err = VAULT_OK;

    if (real == NULL)
        return err_errno(errno, "cannot find the vault folder");
    free(v->db_path);
    if (asprintf(&v->db_path, "%s/%s", real, DB_NAME) < 0) {
        v->db_path = NULL;
        err = err_nomem();
    }
    free(real);
    return err;
}

static void
forget_keys(vault *v)
{
    slot_keys_free(&v->me);
    tree_free(&v->tree);
    secret_free(v->x);
    secret_free(v->e);
    secret_free(v->k_case);
    secret_free(v->intake);
    v->x = v->e = v->k_case = v->intake = NULL;
}

/* What was read out of the database. */
static void
forget_contents(vault *v)
{
    buf_free(&v->new_names);
    recs_free(&v->recs);
    free(v->chain);
    free(v->author);
    free(v->keeper);
    free(v->tomb);
    gone_free(&v->losses.files);
    free(v->losses.detail);
    same_free(&v->same);
    contacts_free(&v->contacts);
    exchanges_free(&v->exchanges);
    standing_free(&v->standing);
}

void
vault_close(vault *v)
{
    if (v == NULL)
        return;
    session_anchor_end(v);
    forget_contents(v);
    db_close(v->db);
    forget_keys(v);
    buf_free(&v->used);
    for (size_t i = 0; i < v->n_accept; i++)
        free(v->accept[i]);
    free(v->accept);
    free(v->path);
    free(v->db_path);
    if (v->dir >= 0)
        (void)close(v->dir);        /* last: this is the lock */
    sodium_memzero(v, sizeof *v);
    free(v);
}

struct seal_keys
session_seal_keys(const struct vault *v)
{
    return (struct seal_keys){ .vault_id = v->kf.vault_id, .k_case = v->k_case,
        .k_name = v->tree.k_name };
}

/* Who signed the entry in a row of the log; the row that is being written has none yet. */
static const uint8_t *
author_of(void *ctx, uint32_t row)
{
    const struct vault *v = ctx;

    return row >= 1 && row <= v->n_log ? v->chain[row].author : NULL;
}

/* The row that is being written is judged by who writes it. */
static bool
brings_others(void *ctx, uint32_t row)
{
    const struct vault *v = ctx;

    return row > v->n_log || v->chain[row].receive;
}

vault_err
session_init_recs(vault *v)
{
    struct seal_keys sk = session_seal_keys(v);
    vault_err err = recs_init(&v->recs, v->db, &sk, v->me.author_pk);

    v->recs.author_of = author_of;
    v->recs.brings_others = brings_others;
    v->recs.author_ctx = v;
    return err;
}

void
session_warn(struct vault *v, const char *text)
{
    if (v->n_warnings < sizeof v->warning / sizeof v->warning[0])
        v->warning[v->n_warnings++] = text;
}

vault_err
need_keeper(const struct vault *v, const char *what)
{
    if (is_keeper(v))
        return VAULT_OK;
    return err_say(VAULT_ERR_REFUSED, "open the vault with a keeper's passphrase",
        "%s needs a keeper", what);
}

/* ---- opening with one candidate ---- */

static vault_err
take_keys(vault *v, const struct candidate *c)
{
    struct secret *vmk = NULL, *x = NULL, *nsk = NULL;
    vault_err err;

    v->kf = c->kf;
    memcpy(v->keys_hash, c->hash, sizeof v->keys_hash);
    v->slot = (unsigned)c->slot;
    err = slot_open(&v->me, &vmk, &x, &c->kf.slot[c->slot], c->kf.vault_id, c->s);
    if (err == VAULT_OK && c->kf.slot[c->slot].head.tier == TIER_KEEPER)
        err = secret_copy(&nsk, secret_bytes(x), 32);
    if (err == VAULT_OK)
        err = tree_derive(&v->tree, &vmk, &nsk);
    if (err == VAULT_OK)
        err = keyfile_open_epoch(&v->epoch, &v->e, &v->kf, &v->tree);
    if (err == VAULT_OK)
        err = tree_k_case(&v->k_case, &v->tree, v->e);
    if (err == VAULT_OK)
        v->x = secret_take(&x);
    secret_free(vmk);
    secret_free(nsk);
    secret_free(x);
    return err;
}

/* A regular file that begins with the salt that `keys` names: SQLCipher, given the salt with the key,
 * never looks at those bytes, and SQLite would take an empty file for a new database. */
static vault_err
check_db_file(const vault *v)
{
    uint8_t head[16];
    struct stat st;
    ssize_t got = -1;
    int fd = openat(v->dir, DB_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 && errno != ENOENT && errno != ELOOP)
        return err_errno(errno, "cannot open records.db");
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        got = read(fd, head, sizeof head);
    if (fd >= 0)
        (void)close(fd);
    if (got == (ssize_t)sizeof head && memcmp(head, v->kf.db_salt, sizeof head) == 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup",
        fd < 0 ? "records.db is missing" : "records.db does not begin as keys says");
}

static vault_err
open_with(vault *v, const struct candidate *c, const struct session_fill *fill, struct report *rep)
{
    struct secret *key = NULL;
    vault_err err;

    err = report_damage(rep, take_keys(v, c), KEYS_NAME);
    if (err == VAULT_OK && v->k_case == NULL)
        return VAULT_ERR_DAMAGED;       /* told to the report; there is no going on */
    if (err == VAULT_OK && fill != NULL)
        err = fill->fn(v, fill->ctx);
    if (err == VAULT_OK)
        err = check_db_file(v);
    if (err == VAULT_OK)
        err = tree_db_key(&key, &v->tree, v->kf.db_salt);
    if (err == VAULT_OK)
        err = db_open(&v->db, v->db_path, key, DB_OPEN);
    secret_free(key);
    return err;
}

/* Which of the two files is in force: the one that the last key entry names. */
static vault_err
settle(vault *v, struct candidate c[2])
{
    int in_force = -1;

    for (int k = 0; k < 2; k++)
        if (c[k].there && v->have_keys_entry && c[k].kf.sequence == v->keys_sequence &&
            memcmp(c[k].hash, v->keys_named, 32) == 0)
            in_force = k;
    if (in_force < 0 && c[0].kf.sequence < v->keys_sequence)
        return err_say(VAULT_ERR_DAMAGED, "use the file keys that belongs to this records.db",
            "keys is older than records.db: an old copy was put in its place");
    if (in_force < 0 && c[0].kf.sequence > v->keys_sequence)
        return err_say(VAULT_ERR_DAMAGED, "use the records.db that belongs to this file keys",
            "records.db is older than keys: an old copy was put in its place");
    if (in_force < 0)
        return err_say(VAULT_ERR_DAMAGED, "use the files keys and records.db that belong together",
            "keys is not the one that records.db names");
    if (c[in_force].slot < 0)
        return candidate_wrong_key(&c[0]);
    if (in_force == 1 && session_swap_keys(v) != VAULT_OK)
        vault_clear_error();            /* a read-only disk: reading goes on, and v says what was not done */
    if (in_force == 1)
        return VAULT_OK;
    if (file_exists(v->dir, KEYS_NEW) && file_wipe(v->dir, KEYS_NEW) != VAULT_OK)
        vault_clear_error();            /* a read-only disk: it stays, and is never used */
    return VAULT_OK;
}

vault_err
session_wipe_unfinished(vault *v)
{
    static const char *const NAME[] = { DB_NEW, DB_NEW "-journal" };
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < sizeof NAME / sizeof NAME[0]; i++)
        if (file_exists(v->dir, NAME[i]))
            err = file_wipe(v->dir, NAME[i]);
    return err;
}

/* ---- the whole ---- */

/* Each step builds on the one before: after the first that found damage the rest would only echo it. */
static bool
goes_on(vault_err err, const struct report *rep)
{
    return err == VAULT_OK && (rep == NULL || rep->count == 0);
}

/* Keys of the file in force, where the passphrase had opened both (a change that was cut short). */
static vault_err
retake(vault *v, const struct candidate c[2])
{
    for (int k = 0; k < 2; k++)
        if (c[k].there && memcmp(c[k].hash, v->keys_named, 32) == 0 &&
            memcmp(c[k].hash, v->keys_hash, 32) != 0) {
            struct seal_keys sk;
            vault_err err;
            forget_keys(v);
            err = take_keys(v, &c[k]);
            sk = session_seal_keys(v);
            v->recs.keys = sk;
            return err;
        }
    return VAULT_OK;
}

/* *done: signatures that no later one of ours answered for. */
static vault_err
verify_all(vault *v, struct candidate c[2], struct report *rep, uint64_t *done)
{
    vault_err err;

    err = session_init_recs(v);
    if (err == VAULT_OK)
        err = verify_chain(v, rep);
    if (goes_on(err, rep))
        err = report_damage(rep, settle(v, c), KEYS_NAME);
    if (goes_on(err, rep))
        err = retake(v, c);             /* a purge changed the epoch: nothing below opens without it */
    if (goes_on(err, rep) && session_wipe_unfinished(v) != VAULT_OK)
        vault_clear_error();            /* a read-only disk: it stays, and is never used */
    if (goes_on(err, rep))
        err = report_damage(rep, recs_open_keys(&v->recs), "wrapped keys");
    if (goes_on(err, rep))
        err = verify_system(v, rep);
    if (goes_on(err, rep))
        err = verify_signatures(v, rep, false, done);
    return err;
}

/* What was taken in without a keeper. Whatever stands in the way, everything else can be read; next time. */
static void
adopt(vault *v)
{
    vault_err err = session_adopt(v);

    if (err == VAULT_OK)
        return;
    v->recs.intake_waits = err != VAULT_ERR_DAMAGED;
    session_warn(v, err == VAULT_ERR_DAMAGED ?
        "what was taken in without a keeper could not be taken over: it is damaged; 'check' tells" :
        "what was taken in without a keeper could not be taken over yet: no memory, or a disk that is full, read-only or failing");
    vault_clear_error();
}

/* What a session writes before anything is asked of it: nothing before the anchor was compared. */
static vault_err
begin_session(vault *v, const char *anchor, uint64_t done)
{
    vault_err err = session_anchor_compare(v, anchor);

    if (err == VAULT_OK)
        err = session_anchor_begin(v);
    if (err != VAULT_OK)
        return err;
    /* On a full or read-only disk this waits until next time. */
    if (done > CHECKPOINT_AFTER && session_note(v, "checkpoint", false, NULL) != VAULT_OK)
        vault_clear_error();
    adopt(v);
    return VAULT_OK;
}

static void
note_surroundings(vault *v)
{
    if (dir_is_open_to_others(v->dir))
        session_warn(v, "the vault folder can be read by other users of this machine, "
            "or lies on a file system without permissions");
    for (unsigned i = 0; i < KEYFILE_SLOTS; i++)
        if (v->kf.slot[i].head.kind != SLOT_EMPTY && !session_slot_registered(v, i)) {
            session_warn(v, "the file keys has a slot that no keeper made: somebody with a passphrase wrote it there; "
                "`key list` and `key remove`");
            break;
        }
    if (v->swap_due)
        session_warn(v, "a change of keys is not finished: keys.new could not be renamed to keys");
    if (v->old_left)
        session_warn(v, "a change of keys was finished now, but the old file keys may not be overwritten: wipe the free space of the disk");
    if (vault_memory_unlocked())
        session_warn(v, "memory could not be locked: secrets may reach the swap space; "
            "raise the limit (ulimit -l) or encrypt swap");
}

/* Open with the file that the passphrase opens; keys.new first only where keys itself did not open. */
static vault_err
open_candidates(vault *v, struct candidate c[2], const struct session_fill *fill,
    struct report *rep)
{
    int k = c[0].slot >= 0 ? 0 : 1;
    vault_err err = open_with(v, &c[k], fill, rep);

    if (err == VAULT_ERR_DAMAGED && k == 0 && c[1].slot >= 0 && v->db == NULL) {
        forget_keys(v);                 /* a rekey cut short: the database is the new one */
        vault_clear_error();
        err = open_with(v, &c[1], fill, rep);
    }
    return err;
}

vault_err
session_open(vault *v, const struct vault_credentials *cred, struct report *rep)
{
    return session_open_filled(v, cred, NULL, rep);
}

vault_err
session_open_filled(vault *v, const struct vault_credentials *cred,
    const struct session_fill *fill, struct report *rep)
{
    struct candidate *c = calloc(2, sizeof *c);
    uint64_t done = 0;
    vault_err err;

    if (c == NULL)
        return err_nomem();
    err = v->dir >= 0 ? VAULT_OK : dir_open(&v->dir, v->path);
    if (err == VAULT_OK)
        err = dir_lock(v->dir);
    if (err == VAULT_OK)
        err = session_db_path(v);
    if (err == VAULT_OK)
        err = candidates_read(v->dir, c);
    if (err == VAULT_OK)
        err = candidates_derive(c, cred);
    if (err == VAULT_OK)
        err = open_candidates(v, c, fill, rep);
    if (goes_on(err, rep))
        err = verify_all(v, c, rep, &done);
    if (goes_on(err, rep) && rep == NULL)
        err = begin_session(v, cred->anchor, done);
    if (goes_on(err, rep))
        note_surroundings(v);
    secret_free(c[0].s);
    secret_free(c[1].s);
    sodium_memzero(c, 2 * sizeof *c);
    free(c);
    return err;
}

vault_err
vault_open(vault **out, const char *path, const struct vault_credentials *cred)
{
    vault *v = NULL;
    vault_err err;

    vault_clear_error();
    err = session_new(&v, path);
    if (err == VAULT_OK)
        err = vault_accept(v, cred->accept, cred->n_accept);
    if (err == VAULT_OK)
        err = session_open(v, cred, NULL);
    if (err != VAULT_OK && v != NULL && v->old_left)        /* the next opening cannot know */
        err_prefix("a change of keys was finished, but the old file keys may not be overwritten (wipe the free space of the disk); then: ");
    if (err == VAULT_OK) {
        *out = v;
        v = NULL;
    }
    vault_close(v);
    return err;
}

/* ---- once more ---- */

/* As if nothing had been read. The chain keeps a first place: there are those who look at its head. */
static vault_err
begin_anew(vault *v)
{
    struct chain_entry *chain = calloc(2, sizeof *chain);

    if (chain == NULL)
        return err_nomem();
    forget_contents(v);
    v->recs = (struct recs){ .db = v->db };
    v->chain = chain;
    v->cap_log = 2;
    v->n_log = v->last_own = v->last_keeper = v->travel_row = 0;
    v->author = NULL;
    v->n_authors = 0;
    v->keeper = NULL;
    v->n_keepers = 0;
    v->tomb = NULL;
    v->n_tombs = 0;
    v->losses = (struct losses){ .detail = NULL };
    v->same = (struct same){ .into = NULL };
    v->new_names = (struct buf)BUF_INIT;
    v->have_keys_entry = false;
    return session_init_recs(v);
}

vault_err
session_read_anew(vault *v)
{
    uint64_t done = 0;
    vault_err err;

    v->uncertain = true;
    err = begin_anew(v);
    if (err == VAULT_OK)
        err = verify_chain(v, NULL);
    if (err == VAULT_OK && (!v->have_keys_entry || memcmp(v->keys_named, v->keys_hash, sizeof v->keys_named) != 0))
        err = err_say(VAULT_ERR_DAMAGED, "close the vault and look at its folder", "records.db no longer names the file keys");
    if (err == VAULT_OK)
        err = recs_open_keys(&v->recs);
    if (err == VAULT_OK)
        err = verify_system(v, NULL);
    if (err == VAULT_OK)
        err = verify_signatures(v, NULL, false, &done);
    if (err != VAULT_OK)
        return err;
    v->uncertain = false;
    v->adopted = v->quarantined = 0;
    adopt(v);
    return VAULT_OK;
}
