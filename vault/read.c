/*
 * read.c - one record for a person: vault_show.
 *
 * Withheld values leave this file only after the log holds an entry that says so.
 */
#include <string.h>

#include "vault/resolve.h"
#include "vault/view.h"

static vault_err
log_reveal(struct vault *v, const struct vault_record *r)
{
    const char *name[TYPE_FIELDS_MAX];
    struct detail d = {0};
    vault_err err;

    detail_text(&d, "id", r->id);
    detail_text(&d, "revision", r->revision);
    detail_texts(&d, "fields", name, view_withheld_fields(r, name, TYPE_FIELDS_MAX));
    err = session_note(v, "reveal", true, &d);
    detail_free(&d);
    return err;
}

vault_err
vault_show(vault *v, const char *id, const char *revision, bool reveal,
    struct vault_record **out)
{
    const struct view_options opt = { .reveal = reveal, .links = true };
    struct vault_record *r = NULL;
    struct revision rev;
    struct buf extra = BUF_INIT;
    uint32_t first = 0, n = 0;
    bool conflict = false;
    vault_err err;

    vault_clear_error();
    revision_init(&rev);
    err = reveal ? need_keeper(v, "revealing withheld values") : VAULT_OK;
    if (err == VAULT_OK)
        err = session_find(v, id, &first);
    if (err == VAULT_OK)
        err = session_find_revision(v, first, revision, &n, &conflict);
    if (err == VAULT_OK)
        err = recs_load(&v->recs, n, &rev);
    if (err == VAULT_OK)
        err = recs_check_carried(&v->recs, n, &rev);
    if (err == VAULT_OK && reveal)
        err = recs_reveal(&v->recs, n, &rev, &extra);
    if (err == VAULT_OK)
        err = view_build(v, &rev, &opt, &r);
    if (err == VAULT_OK && conflict)
        err = resolve_note(v, first, r);
    if (err == VAULT_OK && reveal)
        err = log_reveal(v, r);
    if (err == VAULT_OK) {
        *out = r;
        r = NULL;
    }
    vault_record_free(r);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}
