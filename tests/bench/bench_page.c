/*
 * bench_page.c - the files of a release of 100,000 rows in eight columns: rendered, signed, verified.
 *
 * ROWS=N changes the number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit/sample_release.h"
#include "vault/base/files.h"
#include "vault/release/verify.h"

static char dir_name[] = "/tmp/withheld-bench-XXXXXX";

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
need(vault_err err)
{
    if (err == VAULT_OK)
        return;
    fprintf(stderr, "bench_page: %s\n", vault_last_error()->text);
    exit(1);
}

static void
line(const char *what, double seconds, double promise)
{
    printf("%-40s %7.2f s", what, seconds);
    if (promise > 0)
        printf("   promised: at most %.0f s%s", promise, seconds > promise ? "   NOT KEPT" : "");
    putchar('\n');
}

static void
write_all(const struct release_files *f)
{
    int dir = -1;

    if (mkdtemp(dir_name) == NULL)
        exit(1);
    need(dir_open(&dir, dir_name));
    for (size_t i = 0; i < f->n; i++)
        need(file_create(dir, f->file[i].name, f->file[i].content.p, f->file[i].content.n));
    (void)close(dir);
}

static void
remove_all(const struct release_files *f)
{
    for (size_t i = 0; i < f->n; i++) {
        char path[256];

        snprintf(path, sizeof path, "%s/%s", dir_name, f->file[i].name);
        (void)unlink(path);
    }
    (void)rmdir(dir_name);
}

int
main(void)
{
    const char *asked = getenv("ROWS");
    size_t rows = asked == NULL ? 100000 : (size_t)strtoul(asked, NULL, 10), bytes = 0;
    struct release_files f = {0};
    struct release_manifest m = {0};
    struct secret *seed = NULL;
    struct sample s;
    double t;

    need(secret_process_init());
    seed = sample_seed();
    t = now();
    sample_make(&s, SAMPLE_PRESS, rows);
    line("sample put into a sheet", now() - t, 0);
    t = now();
    need(release_render(&f, &s.doc));
    line("page, CSV, JSON, codebook, method note", now() - t, 3);
    t = now();
    need(release_sign(&f, &s.doc, seed));
    line("manifest, signed", now() - t, 0);
    for (size_t i = 0; i < f.n; i++)
        bytes += f.file[i].content.n;
    write_all(&f);
    t = now();
    need(release_verify(&m, dir_name, NULL));
    line("release verify", now() - t, 0);
    printf("%zu rows, %zu files, %.1f MB; index.html %.0f KB\n", rows, f.n, (double)bytes / 1e6, (double)f.file[0].content.n / 1e3);
    remove_all(&f);
    release_manifest_free(&m);
    release_files_free(&f);
    secret_free(seed);
    sample_free(&s);
    return 0;
}
