/* files.c - deeds about attachments, and what goes in and out with them: sources that are moved, files that are extracted, dumps. */
#include "tests/fault/world.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/session.h"

#define SOURCE "Quuxander.csv"
#define TAKEN "taken"
#define SENT "sent.age"

vault_err
do_detach(const struct world *w, vault *v)
{
    struct vault_added out;

    return vault_detach(v, w->person, "#1", &out);
}

vault_err
do_purge_field(const struct world *w, vault *v)
{
    struct vault_purge what = { .id = w->other, .field = "notes" };
    struct vault_purged done;

    return vault_purge(v, &what, &done);
}

vault_err
do_purge_file(const struct world *w, vault *v)
{
    struct vault_purge what = { .id = w->person, .attachment = "#1" };
    struct vault_purged done;

    return vault_purge(v, &what, &done);
}

/* ---- a purge, and a compact: records.db as it was before, which somebody may have kept ---- */

/* A vault of the keys of now, and that. */
static void
make_mixed(const struct world *w, const char *path)
{
    size_t n;
    uint8_t *p = file_get(w->base, "records.db", &n);

    folder_copy(w->work, path);
    file_put(path, "records.db", p, n);
    free(p);
}

/* By no other means than its keys: of the database, and then of the first of its wraps, which all are under one. */
static bool
wraps_open(const struct world *w, const char *mixed, const char *what)
{
    vault *v = world_open(w, w->work, false);
    struct secret *key = NULL, *log_key = NULL, *tag_key = NULL;
    struct seal_keys keys = session_seal_keys(v);
    struct buf box = BUF_INIT;
    struct db *db = NULL;
    char path[400];
    size_t n;
    uint8_t *p = file_get(mixed, "records.db", &n);
    bool opens;

    snprintf(path, sizeof path, "%s/records.db", mixed);
    if (tree_db_key(&key, &v->tree, p) != VAULT_OK || db_open(&db, path, key, DB_OPEN) != VAULT_OK ||
        db_get(db, DB_WRAP, 0, &box) != VAULT_OK)
        die("%s: the database of before cannot be looked at", what);
    opens = root_open(&log_key, &tag_key, &keys, PART(box.p, box.n)) == VAULT_OK;
    secret_free(key);
    secret_free(log_key);
    secret_free(tag_key);
    buf_free(&box);
    db_close(db);
    vault_close(v);
    free(p);
    return opens;
}

/* With the keys of now it is no vault, and none can be made of it. */
void
also_compact(const struct world *w, const struct deed_end *end)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    struct vault_repair_options opt = { .fn = NULL };
    struct vault_repair_report rep;
    char mixed[300], made[300];
    vault *v = NULL;

    if (!end->after)
        return;
    snprintf(mixed, sizeof mixed, "%s/mixed.vault", w->root);
    snprintf(made, sizeof made, "%s/remade.vault", w->root);
    make_mixed(w, mixed);
    if (vault_open(&v, mixed, &cred) != VAULT_ERR_DAMAGED || vault_repair(mixed, made, &cred, &opt, &rep) != VAULT_ERR_DAMAGED)
        die("%s: records.db of before is taken for that of now", end->what);
    folder_remove(mixed);
}

/* Nor do its keys open: what was purged is gone for good. Where nothing was, they do, or this would say nothing. */
void
also_purge(const struct world *w, const struct deed_end *end)
{
    char mixed[300];

    also_compact(w, end);
    snprintf(mixed, sizeof mixed, "%s/mixed.vault", w->root);
    make_mixed(w, mixed);
    if (wraps_open(w, mixed, end->what) == end->after)
        die("%s: the keys of %s open records.db of before", end->what, end->after ? "after the purge" : "before it do not");
    folder_remove(mixed);
}

unsigned
hidden_names(const struct world *w)
{
    char names[2000];
    unsigned n = 0;

    folder_names(w->road, names, sizeof names);
    for (const char *p = names; (p = strstr(p, ".withheld-")) != NULL; p++)
        n++;
    return n;
}

/* ---- attach --move ---- */

static uint8_t *
source_bytes(const struct world *w, size_t *n)
{
    return file_get(w->root, "rows.csv", n);
}

void
prepare_move(const struct world *w)
{
    size_t n;
    uint8_t *p = source_bytes(w, &n);

    file_put(w->road, SOURCE, p, n);
    free(p);
}

vault_err
do_move(const struct world *w, vault *v)
{
    const struct vault_attach_options opt = { .move = true };
    struct vault_attach_file file = { .name = NULL };
    struct vault_added out;
    char path[300];

    snprintf(path, sizeof path, "%s/" SOURCE, w->road);
    file.path = path;
    return vault_attach(v, w->person, &file, 1, &opt, &out);
}

/* It is whole where it was, or it is stored: never neither. */
void
also_move(const struct world *w, const struct deed_end *end)
{
    size_t n = 0, is = 0;
    uint8_t *p = source_bytes(w, &n), *q = file_get(w->road, SOURCE, &is);
    bool whole = q != NULL && n == is && memcmp(p, q, n) == 0;

    if (!whole && !end->after)
        die("%s: the source is %s, and it is not stored", end->what, q == NULL ? "gone" : "not whole");
    if (q != NULL && end->said_done)
        die("%s: it said done, and the source is still there", end->what);
    free(p);
    free(q);
}

/* ---- extract to a file ---- */

vault_err
do_extract(const struct world *w, vault *v)
{
    struct vault_extract_options opt = { .fd = -1 };
    struct vault_extracted out;
    char path[300];

    snprintf(path, sizeof path, "%s/" TAKEN, w->road);
    opt.path = path;
    return vault_extract(v, w->person, "#1", &opt, &out);
}

/* Under its name it is whole, or not there. */
void
also_extract(const struct world *w, const struct deed_end *end)
{
    size_t n = 0;
    uint8_t *p = file_get(w->road, TAKEN, &n);

    if (p != NULL && !end->after)
        die("%s: there is a file, and the log does not say so", end->what);
    if (p == NULL && end->said_done)
        die("%s: it said done, and there is no file", end->what);
    if (p != NULL && !world_is_scan(p, n))
        die("%s: the file that is there is not whole", end->what);
    if (hidden_names(w) > (end->may_litter ? 1 : 0))
        die("%s: a half-made file lies about", end->what);
    if (world_open_mode(w->road) != NULL)
        die("%s: others may read it", end->what);
    free(p);
}

/* ---- a handoff ---- */

/* Of whoever gets it; made once, before anything is hurt. */
static struct secret *receiver;
static char *receives;

void
prepare_handoff(const struct world *w)
{
    (void)w;
    if (receiver == NULL && vault_age_keygen(false, &receiver, &receives) != VAULT_OK)
        die("cannot make a key: %s", vault_last_error()->text);
}

vault_err
do_handoff(const struct world *w, vault *v)
{
    const char *const id[] = { w->person, w->other };
    const struct vault_handoff what = { .ids = id, .n_ids = 2, .recipients = (const char *const *)&receives, .n_recipients = 1,
        .names = true, .linked = true, .confirmed = true };
    struct vault_handoff_sent sent;
    char path[300];

    snprintf(path, sizeof path, "%s/" SENT, w->road);
    return vault_handoff_plain(v, path, &what, &sent);
}

/* Does it open, to its last byte, and is it an archive? */
static bool
opens_whole(const struct world *w)
{
    const struct vault_age_with with = { .identities = (const struct secret *const *)&receiver, .n_identities = 1 };
    char path[300], tar[300], command[700];
    const struct vault_age_output to = { .path = tar };
    vault_age *a = NULL;
    FILE *f;
    bool whole;

    snprintf(path, sizeof path, "%s/" SENT, w->road);
    snprintf(tar, sizeof tar, "%s/" SENT ".tar", w->road);
    snprintf(command, sizeof command, "tar -xOf '%s' --wildcards '*/SHA256SUMS' > /dev/null 2>&1", tar);
    f = fopen(path, "re");
    whole = f != NULL && vault_age_begin(&a, fileno(f)) == VAULT_OK && vault_age_unlock(a, &with) == VAULT_OK && vault_age_decrypt(a, &to) == VAULT_OK &&
        system(command) == 0;
    vault_age_free(a);
    if (f != NULL)
        (void)fclose(f);
    (void)unlink(tar);
    return whole;
}

void
also_handoff(const struct world *w, const struct deed_end *end)
{
    size_t n = 0;
    uint8_t *p = file_get(w->road, SENT, &n);

    if (p != NULL && !end->after)
        die("%s: there is a handoff, and the log does not say so", end->what);
    if (p == NULL && end->said_done)
        die("%s: it said done, and there is no handoff", end->what);
    if (p != NULL && !opens_whole(w))
        die("%s: the handoff that is there is not whole", end->what);
    if (hidden_names(w) > (end->may_litter ? 1 : 0))
        die("%s: a half-made handoff lies about", end->what);
    if (world_leak(w->road) != NULL)
        die("%s: %s lies about unencrypted", end->what, world_leak(w->road));
    free(p);
}

/* ---- dump, and an import of one ---- */

/* The dump of base as it should be; made once. */
static const char *
dumped(const struct world *w)
{
    static char path[300];
    struct vault_dump_options opt = { .reveal = true };
    char copy[300];
    uint64_t n;
    vault *v;

    if (path[0] != '\0')
        return path;
    snprintf(path, sizeof path, "%s/dump-of-base", w->root);
    snprintf(copy, sizeof copy, "%s/dumped.vault", w->root);
    folder_copy(w->base, copy);
    v = world_open(w, copy, false);
    if (vault_dump(v, path, &opt, &n) != VAULT_OK)
        die("cannot dump %s", copy);
    vault_close(v);
    folder_remove(copy);
    return path;
}

void
prepare_dumped(const struct world *w)
{
    (void)dumped(w);
}

vault_err
do_import_dump(const struct world *w, vault *v)
{
    struct vault_import_options opt = { .type = "person" };
    struct vault_import_report rep;
    char path[400];

    snprintf(path, sizeof path, "%s/person.jsonl", dumped(w));
    memset(&rep, 0, sizeof rep);
    return vault_import(v, path, &opt, &rep);
}

vault_err
do_dump(const struct world *w, vault *v)
{
    struct vault_dump_options opt = { .reveal = true };
    uint64_t n;

    return vault_dump(v, w->out, &opt, &n);
}

/* Done: the whole of it. Failed: nothing. A kill leaves what was written until then, an empty folder if it was not logged. */
void
also_dump(const struct world *w, const struct deed_end *end)
{
    char names[4000];

    if (access(w->out, F_OK) == 0) {
        if (end->said_done && !folder_same(w->out, dumped(w)))
            die("%s: it said done, and something is missing", end->what);
        folder_names(w->out, names, sizeof names);
        if (!end->after && names[0] != '\0')
            die("%s: there is a dump, and the log does not say so", end->what);
        if (!end->said_done && !end->may_litter)
            die("%s: it failed, and a part of a dump is there", end->what);
        if (world_open_mode(w->out) != NULL)
            die("%s: others may read it", end->what);
    } else if (end->said_done)
        die("%s: it said done, and there is no dump", end->what);
}
