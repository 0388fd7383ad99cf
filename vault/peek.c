/*
 * peek.c - what the file keys says to anybody: vault_probe, vault_key_list, vault_fingerprint.
 */
#include "vault/candidate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "vault/base/files.h"
#include "vault/base/text.h"

static vault_err
peek(const char *path, struct candidate c[2], bool lock)
{
    int dir = -1;
    vault_err err;

    err = dir_open(&dir, path);
    if (err == VAULT_OK && lock)
        err = dir_lock(dir);
    if (err == VAULT_OK)
        err = candidates_read(dir, c);
    if (dir >= 0)
        (void)close(dir);
    return err;
}

vault_err
vault_probe(const char *path)
{
    struct candidate *c = calloc(2, sizeof *c);
    vault_err err;

    vault_clear_error();
    if (c == NULL)
        return err_nomem();
    err = peek(path, c, true);
    free(c);
    return err;
}

int
session_tell_slots(const struct keyfile *kf, vault_slot_fn *fn, void *ctx)
{
    static const char *const KIND[] = { "", "passphrase", "passphrase+keyfile", "shares" };

    for (unsigned i = 0; i < KEYFILE_SLOTS; i++) {
        const struct slot_header *h = &kf->slot[i].head;
        struct vault_slot_info info;
        int stop;
        if (h->kind == SLOT_EMPTY)
            continue;
        info = (struct vault_slot_info){ .index = (int)i, .kind = KIND[h->kind],
            .tier = h->tier == TIER_KEEPER ? VAULT_TIER_KEEPER : VAULT_TIER_CASE,
            .cost = { h->cost.mem_kib, h->cost.passes, h->cost.lanes } };
        hex_of(info.id, h->id, sizeof h->id);
        stop = fn(ctx, &info);
        if (stop != 0)
            return stop;
    }
    return 0;
}

vault_err
vault_key_list(const char *path, vault_slot_fn *fn, void *ctx)
{
    struct candidate *c = calloc(2, sizeof *c);
    vault_err err;

    vault_clear_error();
    if (c == NULL)
        return err_nomem();
    err = peek(path, c, false);
    if (err == VAULT_OK)
        (void)session_tell_slots(&c[0].kf, fn, ctx);
    free(c);
    return err;
}

vault_err
vault_fingerprint(const char *path, char words[256])
{
    struct candidate *c = calloc(2, sizeof *c);
    struct buf b = BUF_INIT;
    vault_err err;

    vault_clear_error();
    if (c == NULL)
        return err_nomem();
    err = peek(path, c, false);
    if (err == VAULT_OK) {
        words_of(&b, c[0].kf.vault_id, VAULT_ID_BYTES, 12);
        err = buf_ok(&b);
    }
    if (err == VAULT_OK)
        snprintf(words, 256, "%.*s", (int)b.n, (const char *)b.p);
    buf_free(&b);
    free(c);
    return err;
}
