/* watch.c - see watch.h. Numbers of inodes are used again: what is new is noted anew. */
#include "tests/fault/watch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "tests/fault/world.h"

#define WATCHED_MAX 512

static struct watch {
    long now;
    size_t n;
    bool too_many;
    struct watched is[WATCHED_MAX];
} *watch;

void
watch_start(void)
{
    if (watch == NULL) {
        void *p = mmap(NULL, sizeof *watch, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            die("mmap");
        watch = p;
    }
    memset(watch, 0, sizeof *watch);
}

static struct watched *
find(uint64_t inode)
{
    size_t i = 0;

    while (i < watch->n && watch->is[i].inode != inode)
        i++;
    return i < watch->n ? &watch->is[i] : NULL;
}

static struct watched *
find_or_make(uint64_t inode)
{
    struct watched *is = find(inode);

    if (is == NULL && watch->n == WATCHED_MAX) {
        watch->too_many = true;
        is = &watch->is[0];
    } else if (is == NULL) {
        is = &watch->is[watch->n++];
        is->inode = inode;
    }
    return is;
}

void
watch_changed(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0)
        find_or_make(st.st_ino)->changed = ++watch->now;
}

void
watch_synced(int fd)
{
    struct stat st;
    struct watched *is = fstat(fd, &st) == 0 ? find(st.st_ino) : NULL;

    if (is != NULL && is->synced < is->changed)
        is->synced = ++watch->now;
}

void
watch_named(int dir, const char *path, bool is_new)
{
    const char *slash = strrchr(path, '/');
    char folder[600] = ".";
    struct watched *is;
    struct stat st;

    if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
        die("%s was made, and is not there", path);
    is = find_or_make(st.st_ino);
    *is = is_new ? (struct watched){ .inode = is->inode } : *is;
    if (!is_new)
        is->renamed = ++watch->now;
    if (slash != NULL)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    if (fstatat(dir, folder, &st, 0) != 0)
        die("%s is in no folder", path);
    find_or_make(st.st_ino)->changed = ++watch->now;
}

const struct watched *
watch_of(uint64_t inode)
{
    if (watch->too_many)
        die("more than %d files were touched", WATCHED_MAX);
    return find(inode);
}
