/*
 * compact.c - the database written anew without what was freed in it: vault_compact.
 *
 * Row by row into a second file under another database salt, wrapped keys pack by pack; the
 * master key and the epoch stay. So no page of the old file is one of the new, and nothing that
 * was deleted is in it.
 */
#include "vault/session.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

static uint64_t
size_now(const struct vault *v)
{
    struct stat st;

    return fstatat(v->dir, DB_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_size : 0;
}

vault_err
vault_compact(vault *v, struct vault_compacted *out)
{
    struct second s = { .what = { .action = "compact" }, .kf = v->kf, .tree = &v->tree, .e = v->e,
        .epoch = v->epoch, .keys = session_seal_keys(v) };
    struct vault_compacted sizes = { .before = size_now(v) };
    vault_err err;

    vault_clear_error();
    err = session_may_write(v);
    randombytes_buf(s.kf.db_salt, sizeof s.kf.db_salt);
    if (err == VAULT_OK)
        err = session_second(v, &s);
    if (err == VAULT_OK) {
        sizes.after = size_now(v);
        *out = sizes;
    }
    return err;
}
