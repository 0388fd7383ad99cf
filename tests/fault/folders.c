/* folders.c - folders and files of a test: read, written, copied, compared; see world.h. */
#include "tests/fault/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint8_t *
file_get(const char *folder, const char *name, size_t *n)
{
    char path[600];
    uint8_t *p = NULL;
    struct stat st;
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) != 0 || (p = malloc((size_t)st.st_size + 1)) == NULL ||
        read(fd, p, (size_t)st.st_size) != (ssize_t)st.st_size)
        die("cannot read %s", path);
    (void)close(fd);
    *n = (size_t)st.st_size;
    return p;
}

void
file_put(const char *folder, const char *name, const void *p, size_t n)
{
    char path[600];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (size_t at = 0; fd >= 0 && at < n;) {
        ssize_t put = write(fd, (const uint8_t *)p + at, n - at);
        if (put <= 0)
            die("cannot write %s", path);
        at += (size_t)put;
    }
    if (fd < 0 || close(fd) != 0)
        die("cannot write %s", path);
}

int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* *n names, sorted; each and the array are the caller's to free. */
char **
list_folder(const char *path, size_t *n)
{
    char **name = NULL;
    DIR *d = opendir(path);

    *n = 0;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (*n % 64 == 0 && (name = realloc(name, (*n + 64) * sizeof *name)) == NULL)
            abort();
        name[(*n)++] = strdup(e->d_name);
    }
    if (d != NULL)
        (void)closedir(d);
    if (*n > 0)
        qsort(name, *n, sizeof *name, by_text);
    return name;
}

void
free_list(char **name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(name[i]);
    free(name);
}

void
folder_names(const char *path, char *out, size_t n)
{
    size_t count, at = 0;
    char **name = list_folder(path, &count);

    out[0] = '\0';
    for (size_t i = 0; i < count && at < n; i++)
        at += (size_t)snprintf(out + at, n - at, "%s ", name[i]);
    free_list(name, count);
}

void
folder_remove(const char *path)
{
    size_t n;
    char **name = list_folder(path, &n), sub[800];

    for (size_t i = 0; i < n; i++) {
        snprintf(sub, sizeof sub, "%s/%s", path, name[i]);
        if (unlink(sub) != 0)
            folder_remove(sub);
    }
    free_list(name, n);
    (void)rmdir(path);
}

void
folder_copy(const char *from, const char *to)
{
    size_t n, size;
    char **name;

    folder_remove(to);
    if (mkdir(to, 0700) != 0)
        die("cannot make %s", to);
    name = list_folder(from, &n);
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = file_get(from, name[i], &size);
        file_put(to, name[i], p, size);
        free(p);
    }
    free_list(name, n);
}

bool
file_same(const char *a, const char *b, const char *name)
{
    size_t na = 0, nb = 0;
    uint8_t *p = file_get(a, name, &na), *q = file_get(b, name, &nb);
    bool same = p != NULL && q != NULL && na == nb && memcmp(p, q, na) == 0;

    free(p);
    free(q);
    return same;
}

bool
folder_same(const char *a, const char *b)
{
    char left[4000], right[4000], sub[2][900];
    size_t n;
    struct stat st;
    char **name;
    bool same;

    folder_names(a, left, sizeof left);
    folder_names(b, right, sizeof right);
    same = strcmp(left, right) == 0;
    name = list_folder(a, &n);
    for (size_t i = 0; same && i < n; i++) {
        snprintf(sub[0], sizeof sub[0], "%s/%s", a, name[i]);
        snprintf(sub[1], sizeof sub[1], "%s/%s", b, name[i]);
        if (stat(sub[0], &st) == 0 && S_ISDIR(st.st_mode))
            same = folder_same(sub[0], sub[1]);
        else
            same = file_same(a, b, name[i]);
    }
    free_list(name, n);
    return same;
}

const char *
world_open_mode(const char *path)
{
    static char found[600];
    struct stat st;
    const char *bad = NULL;
    size_t n;
    char **name = list_folder(path, &n);

    if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
        bad = path;
    for (size_t i = 0; i < n && bad == NULL; i++) {
        snprintf(found, sizeof found, "%s/%s", path, name[i]);
        if (stat(found, &st) != 0 || (st.st_mode & 077) != 0)
            bad = found;
    }
    free_list(name, n);
    return bad;
}
