/*
 * lasting.c - does what a deed writes outside of the vault's folder outlast a power cut, once the deed said done?
 *
 * power.c has a model of the disk for the vault's folder alone. Of backups, new vaults, copies, dumps, ... it is asked here whether all
 * was synced that must be: each file after it was last written, each folder after the last name in it, and, where something was given its
 * lasting name by renaming it, all of that below it before, or the name could outlast what it stands for.
 */
#include "tests/fault/fault.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "tests/fault/opener.h"
#include "tests/fault/shim.h"
#include "tests/fault/watch.h"

static void
watched(const struct hurt *p)
{
    shim_arm((enum shim_mode)p->mode, p->at, p->error);
}

/* Of what lies in one place. */
struct place {
    const char *except;         /* a folder that is not looked at, or NULL */
    unsigned files;             /* that were written */
};

/* by: when it, or the first folder above it that was renamed, was given its name; 0: never. */
static void
has_lasted(struct place *in, const char *path, const struct stat *st, const struct watched *is, long by)
{
    if (is->synced < is->changed)
        die("%s: %s", path, S_ISDIR(st->st_mode) ? "a name was made in it, and it was not synced after that" :
            "it was written, and not synced after that");
    if (by != 0 && is->synced > by)
        die("%s: it was synced when it had its name, or that of the folder in which it is, already", path);
    in->files += S_ISREG(st->st_mode) && is->changed != 0;
}

static void
look_at(struct place *in, const char *path, long by)
{
    const struct watched *is;
    struct stat st;
    char sub[900];
    size_t n;
    char **name;

    if (lstat(path, &st) != 0)
        die("%s is not there", path);
    is = watch_of(st.st_ino);
    if (is != NULL && is->renamed != 0 && by == 0)
        by = is->renamed;
    if (is != NULL)
        has_lasted(in, path, &st, is, by);
    if (!S_ISDIR(st.st_mode))
        return;
    name = list_folder(path, &n);
    for (size_t i = 0; i < n; i++) {
        snprintf(sub, sizeof sub, "%s/%s", path, name[i]);
        if (in->except == NULL || strcmp(sub, in->except) != 0)
            look_at(in, sub, by);
    }
    free_list(name, n);
}

void
test_lasting(struct world *w, const struct options *opt)
{
    const struct deed *d = deed_find(opt->deed);
    const struct hurt none = { .mode = SHIM_WATCH };
    struct place in = { .except = d->is_new ? NULL : w->work };
    struct state before, after;
    int status;

    deed_states(w, d, &before, &after);     /* also makes what it needs */
    deed_prepare(w, d);
    watch_start();
    status = opener_closed(w, d, &none, watched);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("%s fails undisturbed: %s", d->name, opener_said());
    look_at(&in, w->root, 0);
    if (in.files == 0)
        die("%s wrote nothing outside of the vault", d->name);
    printf("%s: %u files that it wrote outside of the vault were synced, and their folders\n", d->name, in.files);
    free(before.text);
    free(after.text);
}
