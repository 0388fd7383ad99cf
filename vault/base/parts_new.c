/* parts_new.c - writing a file or its parts; see parts.h. */
#include "vault/base/parts_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct parts_new {
    int dir, fd;
    char *path;             /* as the person gave it */
    char *parent;
    const char *name;       /* in path */
    char hidden[PARTS_HIDDEN];
    uint64_t each, left;    /* of a part; of the one at hand */
    unsigned n;             /* parts begun */
};

static void
free_new(struct parts_new *p)
{
    fd_close(p->fd);
    fd_close(p->dir);
    free(p->parent);
    free(p->path);
    free(p);
}

/* Neither the whole nor a part may be there: reading would find it instead, or take it for one of ours. */
static vault_err
judge_name(struct parts_new *p)
{
    unsigned highest = 0;
    vault_err err;

    if (p->name[0] == '\0' || strcmp(p->name, ".") == 0 || strcmp(p->name, "..") == 0)
        return err_say(VAULT_ERR_INPUT, NULL, "%s is not the name of a file", p->path);
    if (parts_is_part(p->name))
        return err_say(VAULT_ERR_INPUT, "choose a name without a number at its end",
            "%s is how a part of a file is called", p->path);
    err = name_absent(p->dir, p->name, p->path);
    if (err == VAULT_OK)
        err = parts_highest(p->dir, p->name, &highest);
    if (err == VAULT_OK && highest != 0)
        err = err_say(VAULT_ERR_INPUT, "give another name; nothing is ever overwritten",
            "%s.%03u is already there", p->path, highest);
    return err;
}

vault_err
parts_create(struct parts_new **out, const char *path, uint64_t each)
{
    struct parts_new *p = calloc(1, sizeof *p);
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    vault_err err;

    if (p == NULL)
        return err_nomem();
    p->dir = p->fd = -1;
    p->each = each;
    randombytes_buf(random, sizeof random);
    hex_of(hex, random, sizeof random);
    snprintf(p->hidden, sizeof p->hidden, ".withheld-%s", hex);
    p->path = strdup(path);
    err = p->path == NULL ? err_nomem() : path_split(&p->parent, &p->name, p->path);
    if (err == VAULT_OK)
        err = dir_open(&p->dir, p->parent);
    if (err == VAULT_OK)
        err = judge_name(p);
    if (err == VAULT_OK)
        *out = p;
    else
        free_new(p);
    return err;
}

vault_err
parts_rename(struct parts_new *p, const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%.*s%s", (int)(p->name - p->path), p->path, name) < 0)
        return err_nomem();
    p->name = path + (p->name - p->path);
    free(p->path);
    p->path = path;
    return judge_name(p);
}

static vault_err
end_part(struct parts_new *p)
{
    vault_err err = VAULT_OK;

    if (p->fd >= 0 && fd_sync(p->fd) != 0)
        err = err_errno(errno, "cannot write %s", p->path);
    fd_close(p->fd);
    p->fd = -1;
    return err;
}

static vault_err
next_part(struct parts_new *p)
{
    char name[PARTS_NAME];
    vault_err err = end_part(p);

    if (err != VAULT_OK)
        return err;
    if (p->n == PARTS_MAX)
        return err_say(VAULT_ERR_INPUT, "choose a larger size for the parts",
            "that would be more than %u parts", PARTS_MAX);
    parts_name(name, p->hidden, p->each != 0, p->n + 1);
    p->fd = fd_open_at(p->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (p->fd < 0)
        return err_errno(errno, "cannot make %s", p->path);
    p->n++;
    p->left = p->each;
    return VAULT_OK;
}

vault_err
parts_write(struct parts_new *p, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && n > 0) {
        size_t step = n;
        if (p->fd < 0 || (p->each != 0 && p->left == 0))
            err = next_part(p);
        if (err != VAULT_OK)
            return err;
        if (p->each != 0 && step > p->left)
            step = (size_t)p->left;
        err = fd_write_all(p->fd, at, step, p->path);
        at += step;
        n -= step;
        p->left -= p->each != 0 ? step : 0;
    }
    return err;
}

vault_err
parts_read_back(struct parts_new *p, struct parts **back)
{
    vault_err err = end_part(p);

    if (err == VAULT_OK)
        err = dir_sync(p->dir);
    return err != VAULT_OK ? err : parts_open_hidden(back, p->path, p->hidden, p->each != 0, p->n);
}

/* Those from `from` on are hidden, those with their names are in front of no other: named from the last to the first. */
static void
remove_all(const struct parts_new *p, unsigned named_from)
{
    char name[PARTS_NAME];

    for (unsigned i = 1; i <= p->n; i++) {
        parts_name(name, i >= named_from ? p->name : p->hidden, p->each != 0, i);
        (void)unlinkat(p->dir, name, 0);
    }
}

vault_err
parts_commit(struct parts_new **out)
{
    struct parts_new *p = *out;
    char hidden[PARTS_NAME], name[PARTS_NAME], path[PARTS_NAME];
    unsigned i = p->n + 1;
    vault_err err = end_part(p);        /* or the name could outlast what it stands for */

    *out = NULL;
    /* The first comes last: without it a person and this program see that something is missing. */
    while (err == VAULT_OK && i > 1) {
        parts_name(hidden, p->hidden, p->each != 0, i - 1);
        parts_name(name, p->name, p->each != 0, i - 1);
        parts_name(path, p->path, p->each != 0, i - 1);
        err = name_appear(p->dir, hidden, name, path);
        i -= err == VAULT_OK;
    }
    if (err == VAULT_OK)
        err = dir_sync(p->dir);
    if (err != VAULT_OK)            /* nobody is told of a failure and finds the file there */
        remove_all(p, i);
    free_new(p);
    return err;
}

void
parts_abort(struct parts_new **out)
{
    struct parts_new *p = *out;

    if (p == NULL)
        return;
    *out = NULL;
    remove_all(p, p->n + 1);
    free_new(p);
}
