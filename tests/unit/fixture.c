/* fixture.c - see fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"

char dir[256];
char path[300];
vault *v;

static void
open_vault(void)
{
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };

    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    secret_free(pass);
}

void
reopen(void)
{
    vault_close(v);
    v = NULL;
    open_vault();
}

int
make_vault(void **state)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    const char *tmp = getenv("TMPDIR");
    struct secret *pass = pass_of(PHRASE);
    (void)state;

    snprintf(dir, sizeof dir, "%s/withheld-unit-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/a.vault", dir);
    assert_int_equal(vault_create(path, pass, &opt), VAULT_OK);
    secret_free(pass);
    open_vault();
    return 0;
}

int
remove_vault(void **state)
{
    static const char *const FILES[] = { "a.vault/keys", "a.vault/records.db",
        "a.vault/records.db-journal", "rows.csv" };
    char name[320];
    (void)state;

    vault_close(v);
    v = NULL;
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", dir, FILES[i]);
        (void)unlink(name);
    }
    (void)rmdir(path);
    return rmdir(dir);
}

vault_fields *
fields(const char *field, ...)
{
    vault_fields *f = NULL;
    va_list ap;

    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    va_start(ap, field);
    for (; field != NULL; field = va_arg(ap, const char *)) {
        const char *text = va_arg(ap, const char *);
        assert_int_equal(text == NULL ? vault_fields_unset(f, field) :
            vault_fields_add(f, field, text, strlen(text)), VAULT_OK);
    }
    va_end(ap);
    return f;
}

struct extent
extent(void)
{
    struct extent x = { .n = v->recs.index.n, .records = v->recs.index.records, .log = v->n_log,
        .tags = v->recs.index.n_tags };

    for (int t = 0; t < DB_TABLES; t++) {
        struct db_cursor *c = NULL;
        struct part blob;
        bool got = true;
        int64_t n;
        assert_int_equal(db_scan(v->db, (enum db_table)t, 0, &c), VAULT_OK);
        for (;;) {
            assert_int_equal(db_next(c, &n, &blob, &got), VAULT_OK);
            if (!got)
                break;
            x.rows[t]++;
            x.last[t] = n;
        }
        db_scan_end(c);
    }
    return x;
}

void
assert_extent(const struct extent *want)
{
    struct extent got = extent();

    assert_memory_equal(&got, want, sizeof got);
    assert_null(v->recs.pending);
    assert_null(v->recs.quiesce);
}
