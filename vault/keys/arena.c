/*
 * Pages. Argon2 reads its memory at random, one KiB at a time: with pages of 4 KiB nearly every
 * read misses the translation cache, and 1 GiB means 262,144 page faults. Huge pages need an
 * aligned start, hence 2 MiB more than asked for, which are never touched. MAP_POPULATE would
 * fault everything in on this one thread before four lanes begin, and with small pages, since the
 * advice comes after it. mlock faults in on one thread too, so it is called only where there is a
 * swap device to be kept from, and ordinary users are not allowed that much anyway. (mlock2 with
 * MLOCK_ONFAULT would cost nothing, but valgrind does not know it.)
 * MAP_NORESERVE would hide from us that memory is short, so it is not used.
 * Medians for 1 GiB, 1 pass, two cores:
 *
 *     libargon2 alone, one lane   2.2 s      huge pages               0.74 s
 *     small pages, four lanes     1.07 s     huge pages and mlock     0.88 s
 *     MAP_POPULATE, four lanes    1.28 s     the wipe, in all these   0.11 s
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "vault/keys/arena.h"

#define HUGE_PAGE ((size_t)2 << 20)
#define MIB_OF_KIB(kib) ((unsigned long long)(((kib) + 1023) / 1024))

/* ---- how much there is ---- */

/* The text of a small file of the kernel, cut at the size of `out`; empty when unreadable. */
static void
slurp(char *out, size_t room, const char *path)
{
    ssize_t got;
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && n < room - 1) {
        got = read(fd, out + n, room - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    out[n] = '\0';
    if (fd >= 0)
        (void)close(fd);
}

/* The number after `key` at the start of a line ("" for a file that is one number), or `other`. */
static uint64_t
number_after(const char *text, const char *key, uint64_t other)
{
    size_t n = strlen(key);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, n) != 0)
            continue;
        line += n + strspn(line + n, " \t");
        if (*line >= '0' && *line <= '9')
            return strtoull(line, NULL, 10);
        return other;       /* "max" */
    }
    return other;
}

/* One control group says how much memory it may use, does use, and could give back. */
struct control {
    const char *mount, *limit, *usage, *inactive, *active;
};
static const struct control control_v1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
    "memory.usage_in_bytes", "total_inactive_file ", "total_active_file "};
static const struct control control_v2 = {"/sys/fs/cgroup", "memory.max", "memory.current",
    "inactive_file ", "active_file "};

static uint64_t
control_number(const char *group, const char *file, const char *key, uint64_t other)
{
    char path[PATH_MAX], text[8192];
    int n = snprintf(path, sizeof path, "%s/%s", group, file);

    if (n < 0 || (size_t)n >= sizeof path)
        return other;
    slurp(text, sizeof text, path);
    return number_after(text, key, other);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void
look_at_group(struct memory *m, const struct control *c, const char *group)
{
    uint64_t limit = control_number(group, c->limit, "", UINT64_MAX);
    uint64_t used, cache;

    if (limit == UINT64_MAX)
        return;
    used = control_number(group, c->usage, "", 0);
    cache = control_number(group, "memory.stat", c->inactive, 0) +
        control_number(group, "memory.stat", c->active, 0);
    used -= least(used, cache);
    m->total = least(m->total, limit / 1024);
    m->available = least(m->available, (limit - least(limit, used)) / 1024);
}

/* Every group from ours up to the root can set a limit. Inside a container our path is often one
 * of the host and does not exist here; the mount point, which ends the walk, is then our group. */
static void
look_at_groups(struct memory *m, const struct control *c, const char *root, const char *path)
{
    char group[PATH_MAX];
    int n = snprintf(group, sizeof group, "%s%s%.*s", root, c->mount, (int)strcspn(path, "\n"),
        path);
    size_t stem = strlen(root) + strlen(c->mount);

    if (n < 0 || (size_t)n >= sizeof group)
        return;
    for (;;) {
        look_at_group(m, c, group);
        if (strlen(group) <= stem)
            return;
        *strrchr(group, '/') = '\0';
    }
}

/* Is `memory` one of the comma-separated names before the colon? */
static bool
names_memory(const char *list)
{
    while (*list != ':' && *list != '\n' && *list != '\0') {
        size_t n = strcspn(list, ",:\n");

        if (n == 6 && memcmp(list, "memory", 6) == 0)
            return true;
        list += n + (list[n] == ',');
    }
    return false;
}

/* Lines are `number:controllers:path`; no controllers means version 2. */
static void
look_at_controls(struct memory *m, const char *root)
{
    char path[PATH_MAX], text[8192];

    (void)snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    slurp(text, sizeof text, path);
    for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        const char *list, *where;

        line += *line == '\n';
        list = line + strcspn(line, ":\n");
        if (*list != ':')
            continue;
        list++;
        where = list + strcspn(list, ":\n");
        if (*where != ':' || where[1] != '/')
            continue;
        if (where == list)
            look_at_groups(m, &control_v2, root, where + 1);
        else if (names_memory(list))
            look_at_groups(m, &control_v1, root, where + 1);
    }
}

void
memory_look(struct memory *out, const char *root)
{
    char path[PATH_MAX], text[8192];

    (void)snprintf(path, sizeof path, "%s/proc/meminfo", root);
    slurp(text, sizeof text, path);
    out->total = number_after(text, "MemTotal:", UINT64_MAX);
    out->available = number_after(text, "MemAvailable:", UINT64_MAX);
    out->swap = number_after(text, "SwapTotal:", UINT64_MAX);
    look_at_controls(out, root);
}

/* ---- taking and giving back ---- */

static const char more_memory[] = "close other programs, or use a machine with more memory";

vault_err
arena_take(struct arena *out, uint64_t kib, const struct memory *m)
{
    struct arena a = ARENA_INIT;
    void *p;

    if (kib > m->available)
        return err_say(VAULT_ERR_NO_SPACE, more_memory,
            "deriving the key needs %llu MiB of memory, and %llu MiB can be had", MIB_OF_KIB(kib),
            (unsigned long long)(m->available / 1024));
    if (kib > (SIZE_MAX - HUGE_PAGE) / 1024)
        return err_say(VAULT_ERR_NO_SPACE, NULL,
            "deriving the key needs %llu MiB of memory, more than this machine can address",
            MIB_OF_KIB(kib));
    a.n = (size_t)kib * 1024;
    a.mapped = a.n + HUGE_PAGE;
    p = mmap(NULL, a.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return err_say(VAULT_ERR_NO_SPACE, more_memory,
            "deriving the key needs %llu MiB of memory, which cannot be had", MIB_OF_KIB(kib));
    a.mapping = p;
    a.p = (uint8_t *)p + (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;

    /* What these cannot do here is done without. */
    (void)madvise(p, a.mapped, MADV_DONTDUMP);
    (void)madvise(p, a.mapped, MADV_HUGEPAGE);
    if (m->swap > 0)
        (void)mlock(a.p, a.n);
    *out = a;
    return VAULT_OK;
}

void
arena_give(struct arena *a)
{
    if (a->dirty)
        sodium_memzero(a->p, a->n);
    if (a->mapping != NULL)
        (void)munmap(a->mapping, a->mapped);
    *a = (struct arena)ARENA_INIT;
}
