/*
 * render.c - writes the data folder of a sample release, for suites that look at the finished files.
 *
 *     render press|case|hostile ROWS FOLDER       (the folder must be there, and empty)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/sample_release.h"
#include "vault/base/files.h"

static vault_err
write_all(const struct release_files *f, const char *path)
{
    int dir = -1;
    vault_err err = dir_open(&dir, path);

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++)
        err = file_create(dir, f->file[i].name, f->file[i].content.p, f->file[i].content.n);
    if (dir >= 0)
        (void)close(dir);
    return err;
}

static vault_err
render(enum sample_kind kind, size_t rows, const char *path)
{
    struct secret *seed = NULL;
    struct release_files f = {0};
    struct sample s;
    vault_err err = secret_process_init();

    if (err != VAULT_OK)
        return err;
    sample_make(&s, kind, rows);
    seed = sample_seed();
    err = release_render(&f, &s.doc);
    if (err == VAULT_OK)
        err = release_sign(&f, &s.doc, seed);
    if (err == VAULT_OK)
        err = write_all(&f, path);
    release_files_free(&f);
    secret_free(seed);
    sample_free(&s);
    return err;
}

int
main(int argc, char **argv)
{
    enum sample_kind kind = argc < 2 || strcmp(argv[1], "press") == 0 ? SAMPLE_PRESS : strcmp(argv[1], "case") == 0 ? SAMPLE_CASE : SAMPLE_HOSTILE;
    vault_err err;

    if (argc != 4) {
        fprintf(stderr, "usage: render press|case|hostile ROWS FOLDER\n");
        return 2;
    }
    err = render(kind, (size_t)strtoul(argv[2], NULL, 10), argv[3]);
    if (err != VAULT_OK)
        fprintf(stderr, "render: %s\n", vault_last_error()->text);
    return (int)err;
}
