/*
 * bench_bundle.c - a bundle of 10,000 records, made and taken in, with names and without. Promised: 5,000 records a second, each. The records come from one
 * import, as an office that begins has them; SINGLE=N more were added one by one, each with an entry and signatures of its own to be verified.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/vault.h"

#define ROUNDS 3
#define PROMISED 5000.0

static char dir[] = "/tmp/withheld-bundle-XXXXXX";
static const struct vault_create_options CHEAP = { .kdf_mem_mib = 64, .kdf_passes = 3 };
static struct secret *pass;
static char **id;
static size_t n_ids;

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
need(vault_err err, const char *what)
{
    if (err == VAULT_OK)
        return;
    fprintf(stderr, "bench_bundle: %s: %s\n", what, vault_last_error()->text);
    exit(1);
}

static char *
in_dir(const char *name, char out[static 128])
{
    snprintf(out, 128, "%s/%s", dir, name);
    return out;
}

static vault *
made(const char *name)
{
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    char path[128];
    vault *v = NULL;

    need(vault_create(in_dir(name, path), pass, &CHEAP), "create");
    need(vault_open(&v, path, &cred), "open");
    return v;
}

static void
meet(vault *a, vault *b, const char *name)
{
    struct vault_card *card = calloc(1, sizeof *card);

    if (card == NULL)
        exit(1);
    need(vault_card(b, card), "card");
    need(vault_contact_add(a, name, card->text, strlen(card->text)), "contact");
    vault_free(card->text);
    free(card);
}

static void
fill(vault *v, unsigned rows, unsigned single)
{
    struct vault_import_options opt = { .type = "person" };
    struct vault_import_report report;
    char csv[128];
    FILE *f = fopen(in_dir("rows.csv", csv), "w");

    if (f == NULL)
        exit(1);
    fprintf(f, "ref,name,other_names,born,residence,notes\n");
    for (unsigned i = 0; i < rows; i++)
        fprintf(f, "R%u,Name %u Family %u,Other %u|Again %u,%u,Place %u,%0400u\n", i, i, i, i, i, 1930 + i % 70, i, i);
    if (fclose(f) != 0)
        exit(1);
    need(vault_import(v, csv, &opt, &report), "import");
    for (unsigned i = 0; i < single; i++) {
        struct vault_added added;
        vault_fields *fields = NULL;
        char ref[32];

        snprintf(ref, sizeof ref, "S%u", i);
        need(vault_fields_new(&fields), "fields");
        need(vault_fields_add(fields, "ref", ref, strlen(ref)), "fields");
        need(vault_fields_add(fields, "name", ref, strlen(ref)), "fields");
        need(vault_add(v, "person", fields, &added), "add");
        vault_fields_free(fields);
    }
}

static int
take_id(void *ctx, const struct vault_list_item *x)
{
    (void)ctx;
    id = reallocarray(id, n_ids + 1, sizeof *id);
    if (id == NULL || (id[n_ids++] = strdup(x->id)) == NULL)
        exit(1);
    return 0;
}

static void
exchange(vault *a, vault *b, bool names)
{
    const char *contact = "boris";
    const struct vault_handoff what = { .ids = (const char *const *)id, .n_ids = n_ids, .contacts = &contact, .n_contacts = 1, .names = names,
        .confirmed = true };
    const struct vault_receive how = { .plan = false };
    struct vault_handoff_sent sent;
    struct vault_received got;
    char path[128];
    double start = now(), send, receive;

    need(vault_handoff_send(a, in_dir(names ? "names" : "none", path), &what, &sent), "send");
    send = now() - start;
    start = now();
    need(vault_handoff_receive(b, path, &how, &got), "receive");
    receive = now() - start;
    printf("%zu records %s: made at %.0f a second, taken in at %.0f a second (promised %.0f); %.0f bytes each\n", n_ids, names ? "with names" :
        "without names", (double)n_ids / send, (double)n_ids / receive, PROMISED, (double)sent.size / (double)n_ids);
    if (got.records_new != n_ids) {
        fprintf(stderr, "bench_bundle: not all came\n");
        exit(1);
    }
    (void)unlink(path);
}

static unsigned
number(const char *name, unsigned otherwise)
{
    const char *s = getenv(name);

    return s == NULL ? otherwise : (unsigned)strtoul(s, NULL, 10);
}

int
main(void)
{
    struct rusage used;
    char cmd[160];
    vault *a, *b;

    need(vault_process_init(), "init");
    need(secret_copy(&pass, PHRASE, strlen(PHRASE)), "passphrase");
    if (mkdtemp(dir) == NULL)
        return 1;
    a = made("a.vault");
    fill(a, number("ROWS", 10000), number("SINGLE", 0));
    need(vault_list(a, &(struct vault_list_query){ .type = "person" }, take_id, NULL), "list");
    for (int i = 0; i < ROUNDS; i++)
        for (int names = 0; names < 2; names++) {
            char name[32];

            snprintf(name, sizeof name, "b%d%d.vault", i, names);
            b = made(name);
            if (i == 0 && names == 0)
                meet(a, b, "boris");
            else {
                need(vault_contact_remove(a, "boris"), "contact");
                need(vault_accept(a, &(const char *){ "new-card" }, 1), "accept");
                meet(a, b, "boris");
            }
            meet(b, a, "anna");
            exchange(a, b, names == 1);
            vault_close(b);
        }
    vault_close(a);
    if (getrusage(RUSAGE_SELF, &used) == 0)
        printf("most memory: %ld MiB\n", used.ru_maxrss / 1024);
    secret_free(pass);
    snprintf(cmd, sizeof cmd, "rm -r '%s'", dir);
    return system(cmd);
}
