/*
 * list.c - an example of a program that uses libwithheld; docs/embedding.md explains it.
 *
 *     list VAULT [ID] < PASSPHRASE
 *
 * Prints code, type and title of every record; with ID, the open fields of that one. The passphrase
 * is one line of standard input.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <withheld/vault.h>

#define PASS_MAX 1024       /* bytes; the library takes no longer passphrase */

/* What the library says is safe to print: it never quotes values. */
static int
failed(void)
{
    const struct vault_error *e = vault_last_error();

    fprintf(stderr, "list: %s\n", e->text);
    if (e->hint[0] != '\0')
        fprintf(stderr, "hint: %s\n", e->hint);
    return (int)e->code;
}

/* What is stored may hold control characters that would steer the terminal. */
static void
print_safe(const char *text)
{
    char *safe = vault_escape(text, false);

    fputs(safe == NULL ? "(out of memory)" : safe, stdout);
    vault_free(safe);
}

/* read(2) into guarded memory: stdio would keep a copy of the passphrase in its buffer. */
static vault_err
read_passphrase(struct secret **out, int fd)
{
    struct secret *s = NULL;
    size_t n = 0;
    vault_err err = vault_secret_new(&s, PASS_MAX + 1);

    if (err != VAULT_OK)
        return err;
    while (n <= PASS_MAX) {
        ssize_t r = read(fd, vault_secret_edit(s) + n, 1);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0 || vault_secret_edit(s)[n] == '\n')
            break;
        n++;
    }
    vault_secret_set_len(s, n);
    *out = s;
    return VAULT_OK;
}

static int
print_item(void *ctx, const struct vault_list_item *item)
{
    (void)ctx;
    printf("%s  %-12s ", item->id, item->type);
    print_safe(item->label);
    putchar('\n');
    return 0;                   /* go on */
}

static vault_err
print_record(vault *v, const char *id)
{
    struct vault_record *r = NULL;
    vault_err err = vault_show(v, id, NULL, false, &r);     /* false: nothing withheld */

    if (err != VAULT_OK)
        return err;
    for (size_t i = 0; i < r->n_values; i++) {
        const struct vault_value *value = &r->values[i];

        printf("%s: ", value->field);
        print_safe(value->present ? value->text : "[withheld]");
        putchar('\n');
    }
    vault_record_free(r);       /* wipes it */
    return VAULT_OK;
}

int
main(int argc, char **argv)
{
    struct vault_list_query all = { .type = NULL };
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass = NULL;
    vault *v = NULL;
    vault_err err;
    int status;

    if (argc < 2 || argc > 3) {
        fputs("usage: list VAULT [ID] < PASSPHRASE\n", stderr);
        return VAULT_ERR_INPUT;
    }
    err = vault_process_init();                     /* first of all */
    if (err == VAULT_OK)
        err = read_passphrase(&pass, STDIN_FILENO);
    cred.passphrase = pass;
    if (err == VAULT_OK)
        err = vault_open(&v, argv[1], &cred);
    if (err == VAULT_OK && argc == 2)
        err = vault_list(v, &all, print_item, NULL);
    else if (err == VAULT_OK)
        err = print_record(v, argv[2]);
    status = err == VAULT_OK ? 0 : failed();
    vault_secret_free(pass);                        /* both wipe; NULL is fine */
    vault_close(v);
    return status;
}
