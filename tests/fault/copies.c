/* copies.c - deeds that make another copy or take one in: backups that continue others or come in parts, restoring, joining, repair. */
#include "tests/fault/world.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/session.h"

static const struct world_file LATER = { "zebrafink later.txt", 1200, true };
/* More than the smallest part of a backup. */
static const struct world_file LARGE = { "quuxander film.txt", (1 << 20) + 100000, true };

static char kept[300], large[300], empty[300], home[300], away[300], damaged[300], chain[300];

/* ---- the vaults; made when a deed first asks for one ---- */

static vault_err
backup(const struct world *w, vault *v, const char *path, const char *since, uint64_t split)
{
    struct vault_backup_options opt = { .since = since, .split = split };
    struct vault_backup_report rep;

    (void)w;
    return vault_backup(v, path, &opt, &rep);
}

/* Base, of which w->backup was made, and what came since then. */
static void
make_kept(const struct world *w)
{
    vault *v;

    folder_copy(w->base, kept);
    v = world_open(w, kept, false);
    (void)unlink(w->backup);
    if (backup(w, v, w->backup, NULL, 0) != VAULT_OK || world_add(v) != VAULT_OK)
        die("cannot make %s", kept);
    world_attach(w, v, w->other, &LATER);
    vault_close(v);
}

static void
make_large(const struct world *w)
{
    vault *v;

    folder_copy(w->base, large);
    v = world_open(w, large, false);
    world_attach(w, v, w->person, &LARGE);
    vault_close(v);
}

/* Ways, and a copy without names in which a caseworker wrote. */
static void
make_home(const struct world *w)
{
    static const struct world_file NOTE = { "quuxander at home.txt", 800, false };
    struct vault_credentials cred = world_cred(w->case_pass);
    vault *v;

    folder_copy(w->ways, home);
    v = world_open(w, home, false);
    if (vault_travel(v, away) != VAULT_OK)
        die("cannot make %s", away);
    vault_close(v);
    if (vault_open(&v, away, &cred) != VAULT_OK || world_add(v) != VAULT_OK)
        die("cannot write %s", away);
    world_attach(w, v, w->person, &NOTE);
    world_attach(w, v, w->other, &LATER);
    vault_close(v);
}

const char *
copies_base(const struct world *w, enum deed_from from)
{
    static const struct vault_create_options cheap = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    const bool is_kept = from == FROM_KEPT, is_large = from == FROM_LARGE, is_empty = from == FROM_EMPTY;
    char *path = is_kept ? kept : is_large ? large : is_empty ? empty : home;

    if (path[0] != '\0')
        return path;
    snprintf(away, sizeof away, "%s/away.vault", w->root);
    snprintf(path, sizeof kept, "%s/%s.vault", w->root,
        is_kept ? "kept" : is_large ? "large" : is_empty ? "empty" : "home");
    if (is_kept)
        make_kept(w);
    else if (is_large)
        make_large(w);
    else if (is_empty && vault_create(empty, w->old_pass, &cheap) != VAULT_OK)
        die("cannot make %s", empty);
    else if (!is_empty)
        make_home(w);
    return path;
}

/* ---- backups ---- */

vault_err
do_backup(const struct world *w, vault *v)
{
    return backup(w, v, w->made, NULL, 0);
}

vault_err
do_backup_since(const struct world *w, vault *v)
{
    return backup(w, v, w->made, w->backup, 0);
}

vault_err
do_backup_split(const struct world *w, vault *v)
{
    return backup(w, v, w->made, NULL, VAULT_SPLIT_MIN);
}

/* ---- restoring ---- */

static vault_err
restore(const struct world *w, const char *from, bool second)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    struct vault_restore_options opt = { .second = second };
    struct vault_restore_report rep;

    return vault_restore(from, w->work, &cred, &opt, &rep);
}

vault_err
do_restore(const struct world *w, vault *v)
{
    (void)v;
    return restore(w, w->backup, false);
}

vault_err
do_restore_second(const struct world *w, vault *v)
{
    (void)v;
    return restore(w, w->backup, true);
}

void
prepare_chain(const struct world *w)
{
    char copy[300];
    vault *v;

    if (chain[0] != '\0')
        return;
    snprintf(chain, sizeof chain, "%s/chain.backup", w->root);
    snprintf(copy, sizeof copy, "%s/chained.vault", w->root);
    folder_copy(copies_base(w, FROM_KEPT), copy);
    v = world_open(w, copy, false);
    if (backup(w, v, chain, w->backup, 0) != VAULT_OK)
        die("cannot make %s", chain);
    vault_close(v);
    folder_remove(copy);
}

vault_err
do_restore_chain(const struct world *w, vault *v)
{
    (void)v;
    return restore(w, chain, false);
}

/* ---- what another copy wrote comes home ---- */

void
prepare_join(const struct world *w)
{
    char copy[300];

    snprintf(copy, sizeof copy, "%s/away.vault", w->road);
    (void)copies_base(w, FROM_HOME);
    folder_copy(away, copy);
}

vault_err
do_join(const struct world *w, vault *v)
{
    struct vault_credentials cred = world_cred(w->case_pass);
    vault *other = NULL;
    char copy[300];
    vault_err err;

    snprintf(copy, sizeof copy, "%s/away.vault", w->road);
    err = vault_open(&other, copy, &cred);
    if (err == VAULT_OK)
        err = session_join(v, other);
    vault_close(other);
    return err;
}

/* ---- a new vault out of a damaged one ---- */

void
prepare_repair(const struct world *w)
{
    size_t n;
    uint8_t *p;

    if (damaged[0] != '\0')
        return;
    snprintf(damaged, sizeof damaged, "%s/damaged.vault", w->root);
    folder_copy(w->base, damaged);
    p = file_get(damaged, "records.db", &n);
    p[n - 5000] ^= 1;
    file_put(damaged, "records.db", p, n);
    free(p);
}

vault_err
do_repair(const struct world *w, vault *v)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    struct vault_repair_options opt = { .fn = NULL };
    struct vault_repair_report rep;

    (void)v;
    return vault_repair(damaged, w->work, &cred, &opt, &rep);
}

const char *
of_repair(void)
{
    static char text[500];
    uint8_t hash[32];
    size_t n;
    uint8_t *p = file_get(damaged, "records.db", &n);

    (void)crypto_generichash(hash, sizeof hash, p, p == NULL ? 0 : n, NULL, 0);
    (void)sodium_bin2hex(text, 65, hash, sizeof hash);
    folder_names(damaged, text + 64, sizeof text - 64);
    free(p);
    return text;
}

/* Not a byte of the damaged one is another. */
void
also_repair(const struct world *w, const struct deed_end *end)
{
    char names[400];
    size_t n, was;
    uint8_t *p = file_get(damaged, "records.db", &n), *q = file_get(w->base, "records.db", &was);

    folder_names(damaged, names, sizeof names);
    if (p == NULL || n != was || strcmp(names, "keys records.db ") != 0)
        die("%s: the damaged vault was written to: %s", end->what, names);
    p[n - 5000] ^= 1;
    if (memcmp(p, q, n) != 0)
        die("%s: the damaged vault was written to", end->what);
    free(p);
    free(q);
}
