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

void
reopen_as(const char *text)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };

    vault_close(v);
    v = NULL;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    secret_free(pass);
}

void
reopen(void)
{
    reopen_as(PHRASE);
}

int
make_two_tiers(void **state)
{
    struct secret *pass = pass_of(OTHER_PHRASE);
    int slot = -1;

    if (make_vault(state) != 0)
        return -1;
    assert_int_equal(vault_key_add(v, VAULT_TIER_CASE, pass, NULL, &slot), VAULT_OK);
    secret_free(pass);
    return 0;
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
    reopen();
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

void
add_person(const char *ref, const char *name)
{
    vault_fields *f = fields("ref", ref, "name", name, NULL);
    struct vault_added out;

    assert_int_equal(vault_add(v, "person", f, &out), VAULT_OK);
    vault_fields_free(f);
}

void
edit_person(const char *ref, const char *field, const char *text)
{
    vault_fields *f = fields(field, text, NULL);
    struct vault_added out;

    assert_int_equal(vault_edit(v, ref, f, &out), VAULT_OK);
    vault_fields_free(f);
}

uint32_t
number_of(const char *ref)
{
    uint32_t first = 0;

    assert_int_equal(session_find(v, ref, &first), VAULT_OK);
    return first;
}

static int
note_problem(void *ctx, const struct vault_problem *p)
{
    buf_fmt(ctx, "%s: %s\n", p->where, p->what);
    return 0;
}

void
problems(struct buf *out)
{
    vault_err err;

    buf_reset(out);
    err = vault_check_open(v, note_problem, out, NULL);
    assert_int_equal(err, out->n == 0 ? VAULT_OK : VAULT_ERR_DAMAGED);
    assert_non_null(buf_cstr(out));
}

void
assert_no_error(void)
{
    assert_int_equal(vault_last_error()->code, VAULT_OK);
    assert_string_equal(vault_last_error()->text, "");
}

void
put_row(enum db_table t, uint32_t n, const struct buf *blob)
{
    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_put(v->db, t, n, PART(blob->p, blob->n)), VAULT_OK);
    assert_int_equal(db_commit(v->db), VAULT_OK);
}

void
flip_row(enum db_table t, uint32_t n)
{
    struct buf x = BUF_INIT;

    assert_int_equal(db_get(v->db, t, n, &x), VAULT_OK);
    x.p[x.n / 2] ^= 1;
    put_row(t, n, &x);
    buf_free(&x);
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
