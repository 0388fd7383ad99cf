/*
 * statement.c - the custody of one record for somebody who has no vault: vault_statement.
 *
 * Nothing leaves before the log holds an entry that says so; the folder appears whole or not at all.
 */
#include "vault/statement.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include "vault/base/files.h"
#include "vault/base/minisign.h"
#include "vault/base/text.h"

static const char CHECK_SCRIPT[] =
#include "vault/check_statement.py.inc"
;
static const char README[] =
#include "vault/statement_readme.txt.inc"
;

/* ---- the log ---- */

/* Names of the withheld fields that any revision has something in. */
static vault_err
withheld_fields(struct statement *s, const char **name, size_t *n)
{
    const struct index *ix = &s->v->recs.index;
    struct revision rev;
    vault_err err = VAULT_OK;

    *n = 0;
    revision_init(&rev);
    for (uint32_t i = s->first; err == VAULT_OK && i != 0; i = ix->pair[i].next) {
        const struct type_def *t;
        err = recs_load(&s->v->recs, i, &rev);
        if (err != VAULT_OK)
            break;
        t = type_set_by_hash(&s->v->recs.types, rev.type);
        for (size_t k = 0; t != NULL && k < rev.n_leaves; k++) {
            const struct field_def *f = type_field(t, rev.leaf[k].field.p, rev.leaf[k].field.n);
            bool again = f == NULL || rev.leaf[k].tier != LEAF_WITHHELD || *n == TYPE_FIELDS_MAX;
            for (size_t j = 0; !again && j < *n; j++)
                again = strcmp(name[j], f->name) == 0;
            if (!again)
                name[(*n)++] = f->name;
        }
    }
    revision_free(&rev);
    return err;
}

static vault_err
log_reveal(struct statement *s, const char *code)
{
    const char *name[TYPE_FIELDS_MAX];
    struct detail d = {0};
    size_t n = 0;
    vault_err err = withheld_fields(s, name, &n);

    detail_text(&d, "id", code);
    detail_texts(&d, "fields", name, n);
    if (err == VAULT_OK)
        err = session_note(s->v, "reveal", true, &d);
    detail_free(&d);
    return err;
}

/* Its own entry is the head that the statement names. */
static vault_err
log_statement(struct statement *s)
{
    struct detail d = {0};
    char code[CODE_LEN + 1];
    vault_err err = VAULT_OK;

    code_of(code, s->v->recs.index.pair[s->first].record);
    if (s->reveal)
        err = log_reveal(s, code);
    detail_text(&d, "id", code);
    if (err == VAULT_OK)
        err = session_note(s->v, "statement", true, &d);
    detail_free(&d);
    s->head = s->v->n_log;
    return err;
}

/* ---- the folder ---- */

vault_err
statement_step(const struct statement *s)
{
    if (s->progress == NULL || s->progress(s->progress_ctx, s->json.n, 0) == 0)
        return VAULT_OK;
    return err_say(VAULT_ERR_INTERRUPTED, NULL, "interrupted; nothing is left of the statement");
}

static vault_err
put(const struct statement *s, int dir, const char *name, const void *p, size_t n)
{
    vault_err err = file_create(dir, name, p, n);

    return err != VAULT_OK ? err : statement_step(s);
}

static vault_err
write_signature(const struct statement *s, int dir)
{
    struct buf sig = BUF_INIT, key = BUF_INIT;
    char comment[200], code[CODE_LEN + 1], hex[2 * 32 + 1];
    uint8_t hash[64];
    vault_err err;

    code_of(code, s->v->recs.index.pair[s->first].record);
    hex_of(hex, s->v->chain[s->head].hash, 32);
    snprintf(comment, sizeof comment, "withheld statement of record %s, made with log entry %s", code,
        hex);
    crypto_generichash_blake2b(hash, sizeof hash, s->json.p, s->json.n, NULL, 0);
    err = minisign_sign(&sig, s->v->tree.keeper_sign_seed, hash, comment);
    if (err == VAULT_OK)
        err = put(s, dir, "statement.json.minisig", sig.p, sig.n);
    minisign_public(&key, s->v->tree.keeper_pk);
    if (err == VAULT_OK)
        err = buf_ok(&key);
    if (err == VAULT_OK)
        err = put(s, dir, "keeper.pub", key.p, key.n);
    buf_free(&sig);
    buf_free(&key);
    return err;
}

/* The place is good before the log says that something was told. */
static vault_err
fill(const char *path, int dir, void *ctx)
{
    struct statement *s = ctx;
    vault_err err = statement_step(s);
    (void)path;

    if (err == VAULT_OK)
        err = log_statement(s);
    if (err == VAULT_OK)
        err = statement_write(s);
    if (err == VAULT_OK)
        err = put(s, dir, "statement.json", s->json.p, s->json.n);
    if (err == VAULT_OK)
        err = write_signature(s, dir);
    if (err == VAULT_OK)
        err = put(s, dir, "check_statement.py", CHECK_SCRIPT, strlen(CHECK_SCRIPT));
    if (err == VAULT_OK)
        err = put(s, dir, "README.txt", README, strlen(README));
    return err;
}

vault_err
vault_statement(vault *v, const char *id, const char *dir,
    const struct vault_statement_options *opt, struct vault_statement *out)
{
    static const char *const FILES[] = { "statement.json", "statement.json.minisig", "keeper.pub",
        "check_statement.py", "README.txt", NULL };
    const struct made_folder made = { .path = dir, .what = "statement", .files = FILES,
        .plain = true };
    struct statement s = { .v = v, .reveal = opt->reveal, .links = opt->links, .progress = opt->progress,
        .progress_ctx = opt->progress_ctx };
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "a statement");
    if (err == VAULT_OK)
        err = session_may_put(v, dir);
    if (err == VAULT_OK)
        err = session_find(v, id, &s.first);
    if (err == VAULT_OK)
        err = session_make_folder(&made, fill, &s);
    if (err == VAULT_OK) {
        *out = (struct vault_statement){ .revisions = s.revisions, .attachments = s.files,
            .left_out = s.left_out };
        minisign_key(out->key, v->tree.keeper_pk);
    }
    statement_free(&s);
    return err;
}
