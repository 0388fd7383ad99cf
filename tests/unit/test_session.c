/*
 * test_session.c - through vault.h: what stays in memory after vault_close, and what an error leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#include "tests/unit/memory.h"
#include "vault/base/secret.h"
#include "vault/vault.h"

static volatile uint8_t pass_masked[MARKER], name_masked[MARKER];
static char dir[256], path[300];

/* ---- memory that ends where the path is kept, before there is a session ---- */

static bool starved;

/* In place of the C library's. */
char *
strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = starved ? NULL : malloc(n);

    if (copy == NULL)
        errno = ENOMEM;
    else
        memcpy(copy, s, n);
    return copy;
}

/* ---- vaults ---- */

static void
create(struct secret *pass)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };

    assert_int_equal(vault_create(path, pass, &opt), VAULT_OK);
}

static vault *
opened(struct secret *pass)
{
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL;

    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    return v;
}

static vault_fields *
one_field(const char *field, const char *text, size_t n)
{
    vault_fields *f = NULL;

    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    assert_int_equal(vault_fields_add(f, field, text, n), VAULT_OK);
    return f;
}

static int
set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void)state;

    snprintf(dir, sizeof dir, "%s/withheld-session-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/a.vault", dir);
    make_marker(pass_masked);
    make_marker(name_masked);
    return 0;
}

static int
tear_down(void **state)
{
    static const char *const FILES[] = { "keys", "records.db", "records.db-journal" };
    char name[400];
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", path, FILES[i]);
        (void)unlink(name);
    }
    (void)rmdir(path);
    return rmdir(dir);
}

/* ---- nothing stays in memory ---- */

/* The search itself must be able to find: in the heap, on the stack, in a secret. */
static void
test_session__the_search_finds_what_is_there(void **state)
{
    uint8_t on_stack[MARKER];
    struct secret *s;
    char *in_heap;
    (void)state;

    assert_int_equal(search_memory(pass_masked), 0);
    s = unmasked(pass_masked);
    assert_int_equal(search_memory(pass_masked), 1);
    in_heap = malloc(MARKER);
    memcpy(in_heap, vault_secret_edit(s), MARKER);
    memcpy(on_stack, vault_secret_edit(s), MARKER);
    assert_int_equal(search_memory(pass_masked), 3);
    sodium_memzero(in_heap, MARKER);
    sodium_memzero(on_stack, MARKER);
    free(in_heap);
    vault_secret_free(s);
    assert_int_equal(search_memory(pass_masked), 0);
}

static void
test_session__the_passphrase_is_gone_after_close(void **state)
{
    struct secret *pass = unmasked(pass_masked);
    vault *v;
    (void)state;

    create(pass);
    v = opened(pass);
    /* The caller's own is the only one, even while the vault is open. */
    assert_int_equal(search_memory(pass_masked), 1);
    vault_secret_free(pass);
    assert_int_equal(search_memory(pass_masked), 0);
    vault_close(v);
    assert_int_equal(search_memory(pass_masked), 0);
}

static void
test_session__a_wrong_passphrase_is_gone_too(void **state)
{
    struct secret *right = unmasked(name_masked), *wrong = unmasked(pass_masked);
    struct vault_credentials cred = { .passphrase = wrong, .slot = -1 };
    vault *v = NULL;
    (void)state;

    create(right);
    assert_int_equal(vault_open(&v, path, &cred), VAULT_ERR_KEY);
    assert_null(v);
    vault_secret_free(right);
    vault_secret_free(wrong);
    assert_int_equal(search_memory(pass_masked), 0);
    assert_int_equal(search_memory(name_masked), 0);
}

static int
note_name(void *ctx, const struct vault_list_item *item)
{
    for (size_t i = 0; i < item->record->n_values; i++)
        if (strcmp(item->record->values[i].field, "name") == 0)
            *(size_t *)ctx += strlen(item->record->values[i].text);
    return 0;
}

static int
note_hit(void *ctx, const struct vault_hit *h)
{
    (void)h;
    ++*(size_t *)ctx;
    return 0;
}

/* Added, edited, shown, listed, searched for: then closed. */
static void
test_session__a_withheld_value_is_gone_after_close(void **state)
{
    struct secret *pass = unmasked(pass_masked), *name = unmasked(name_masked);
    const char *text = (const char *)vault_secret_edit(name);
    struct vault_where where = { "name", NULL };
    struct vault_list_query q = { .type = "person", .reveal = true, .full = true };
    struct vault_search_query sq = { .text = "born-marker" };
    struct vault_record *r = NULL;
    struct vault_added out;
    vault_fields *f;
    size_t seen = 0;
    char *typed;
    vault *v;
    (void)state;

    create(pass);
    v = opened(pass);
    f = one_field("name", text, MARKER);
    assert_int_equal(vault_add(v, "person", f, &out), VAULT_OK);
    vault_fields_free(f);
    f = one_field("ref", "m-1", 3);
    assert_int_equal(vault_fields_add(f, "name", text, MARKER), VAULT_OK);
    assert_int_equal(vault_edit(v, out.id, f, &out), VAULT_OK);
    assert_true(out.changed);
    vault_fields_free(f);
    assert_int_equal(vault_show(v, out.id, NULL, true, &r), VAULT_OK);
    assert_true(search_memory(name_masked) >= 2);       /* ours, and the one shown */
    vault_record_free(r);
    assert_int_equal(vault_list(v, &q, note_name, &seen), VAULT_OK);
    assert_int_equal(seen, MARKER);
    typed = malloc(MARKER + 1);
    memcpy(typed, text, MARKER);
    typed[MARKER] = '\0';
    where.value = typed;
    q.where = &where;
    q.n_where = 1;
    seen = 0;
    assert_int_equal(vault_list(v, &q, note_name, &seen), VAULT_OK);
    assert_int_equal(seen, MARKER);
    assert_int_equal(vault_search(v, &sq, note_hit, &seen), VAULT_OK);
    sodium_memzero(typed, MARKER);
    free(typed);
    vault_close(v);
    vault_secret_free(pass);
    vault_secret_free(name);
    assert_int_equal(search_memory(name_masked), 0);
    assert_int_equal(search_memory(pass_masked), 0);
}

/* An open vault that nobody asks to show a name does not hold one. */
static void
test_session__a_withheld_value_is_not_held_between_calls(void **state)
{
    struct secret *pass = unmasked(pass_masked), *name = unmasked(name_masked);
    struct vault_record *r = NULL;
    struct vault_added out;
    vault_fields *f;
    vault *v;
    (void)state;

    create(pass);
    v = opened(pass);
    f = one_field("name", (const char *)vault_secret_edit(name), MARKER);
    vault_secret_free(name);
    assert_int_equal(vault_add(v, "person", f, &out), VAULT_OK);
    vault_fields_free(f);
    assert_int_equal(search_memory(name_masked), 0);
    assert_int_equal(vault_show(v, out.id, NULL, true, &r), VAULT_OK);
    vault_record_free(r);
    assert_int_equal(search_memory(name_masked), 0);
    vault_close(v);
    vault_secret_free(pass);
}

/* ---- outputs are left as they were ---- */

static void
assert_as_was(const struct vault_added *out)
{
    struct vault_added was;

    memset(&was, 0xEE, sizeof was);
    assert_memory_equal(out, &was, sizeof was);
    assert_string_not_equal(vault_last_error()->text, "");
}

static uint64_t
entries(vault *v)
{
    struct vault_status st;

    assert_int_equal(vault_status(v, &st), VAULT_OK);
    return st.log_entries;
}

static void
test_session__errors_leave_outputs_and_vault_alone(void **state)
{
    struct secret *pass = unmasked(pass_masked);
    vault_fields *ref, *born, *unknown, *empty = NULL;
    struct vault_added first, second, out;
    uint64_t before;
    vault *v;
    (void)state;

    create(pass);
    v = opened(pass);
    vault_secret_free(pass);
    ref = one_field("ref", "P-1", 3);
    born = one_field("born", "not a date", 10);
    unknown = one_field("nmae", "x", 1);
    assert_int_equal(vault_fields_new(&empty), VAULT_OK);
    assert_int_equal(vault_add(v, "person", ref, &first), VAULT_OK);
    memset(&out, 0xEE, sizeof out);
    before = entries(v);

    assert_int_equal(vault_add(v, "persno", ref, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);
    assert_int_equal(vault_add(v, "person", ref, &out), VAULT_ERR_CONFLICT);
    assert_as_was(&out);
    assert_int_equal(vault_add(v, "person", born, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);
    assert_int_equal(vault_add(v, "person", empty, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);

    assert_int_equal(vault_edit(v, "P-2", ref, &out), VAULT_ERR_NOT_FOUND);
    assert_as_was(&out);
    assert_int_equal(vault_edit(v, "P-1", unknown, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);
    assert_int_equal(vault_edit(v, "P-1", born, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);
    assert_int_equal(vault_edit(v, "P-1", empty, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);

    assert_int_equal(vault_revert(v, "P-2", first.revision, &out), VAULT_ERR_NOT_FOUND);
    assert_as_was(&out);
    assert_int_equal(vault_revert(v, "P-1", "abc", &out), VAULT_ERR_INPUT);
    assert_as_was(&out);
    assert_int_equal(vault_revert(v, "P-1", "00000000000000", &out), VAULT_ERR_NOT_FOUND);
    assert_as_was(&out);
    assert_int_equal(vault_revert(v, "P-1", first.revision, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);

    assert_int_equal(vault_remove(v, "P-2", &out), VAULT_ERR_NOT_FOUND);
    assert_as_was(&out);
    assert_int_equal(entries(v), before);
    assert_int_equal(vault_remove(v, "P-1", &second), VAULT_OK);
    assert_string_equal(second.id, first.id);
    assert_int_equal(vault_remove(v, first.id, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);
    assert_int_equal(vault_edit(v, first.id, ref, &out), VAULT_ERR_INPUT);
    assert_as_was(&out);
    assert_int_equal(entries(v), before + 1);

    vault_fields_free(ref);
    vault_fields_free(born);
    vault_fields_free(unknown);
    vault_fields_free(empty);
    vault_close(v);
}

static void
test_session__an_edit_that_changes_nothing_writes_nothing(void **state)
{
    struct secret *pass = unmasked(pass_masked);
    struct vault_added first, out;
    vault_fields *f = one_field("name", "Anna", 4);
    uint64_t before;
    vault *v;
    (void)state;

    create(pass);
    v = opened(pass);
    assert_int_equal(vault_add(v, "person", f, &first), VAULT_OK);
    assert_true(first.changed);
    before = entries(v);
    assert_int_equal(vault_edit(v, first.id, f, &out), VAULT_OK);
    assert_false(out.changed);
    assert_string_equal(out.revision, first.revision);
    assert_int_equal(entries(v), before);
    vault_fields_free(f);
    vault_close(v);
    vault_secret_free(pass);
}

static void
test_session__a_vault_that_does_not_open_gives_none(void **state)
{
    struct secret *pass = unmasked(pass_masked);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL, *second = NULL;
    (void)state;

    assert_int_equal(vault_open(&v, path, &cred), VAULT_ERR_NOT_FOUND);
    assert_null(v);
    create(pass);
    v = opened(pass);
    assert_int_equal(vault_open(&second, path, &cred), VAULT_ERR_BUSY);
    assert_null(second);
    vault_close(v);
    v = opened(pass);
    vault_close(v);
    vault_close(NULL);
    vault_secret_free(pass);
}

/* ---- the last error ---- */

static int
pass_item(void *ctx, const struct vault_list_item *item)
{
    (void)ctx;
    (void)item;
    return 0;
}

static int
pass_slot(void *ctx, const struct vault_slot_info *s)
{
    (void)ctx;
    (void)s;
    return 0;
}

/* An error before it is forgotten, and nothing that went wrong within is left. */
#define LEAVES_NO_ERROR(call) do { \
        vault *none_ = NULL; \
        assert_int_equal(vault_open(&none_, "/nowhere/at.vault", &cred), VAULT_ERR_NOT_FOUND); \
        assert_int_equal(call, VAULT_OK); \
        assert_int_equal(vault_last_error()->code, VAULT_OK); \
        assert_string_equal(vault_last_error()->text, ""); \
        assert_string_equal(vault_last_error()->hint, ""); \
    } while (0)

static void
put_noise(const char *file)
{
    char name[400];
    FILE *f;

    snprintf(name, sizeof name, "%s/%s", path, file);
    f = fopen(name, "we");
    assert_non_null(f);
    fputs("what a change that was cut short left", f);
    assert_int_equal(fclose(f), 0);
}

static void
test_session__a_call_that_succeeds_leaves_no_error(void **state)
{
    const struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    struct secret *pass = unmasked(pass_masked);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault_fields *f = one_field("name", "Anna", 4);
    struct vault_added out;
    struct vault_status st;
    char words[256];
    vault *v = NULL;
    (void)state;

    LEAVES_NO_ERROR(vault_create(path, pass, &opt));
    LEAVES_NO_ERROR(vault_probe(path));
    LEAVES_NO_ERROR(vault_key_list(path, pass_slot, NULL));
    LEAVES_NO_ERROR(vault_fingerprint(path, words));
    put_noise("keys.new");
    put_noise("records.db.new");
    LEAVES_NO_ERROR(vault_open(&v, path, &cred));
    LEAVES_NO_ERROR(vault_add(v, "person", f, &out));
    LEAVES_NO_ERROR(vault_edit(v, out.id, f, &out));
    LEAVES_NO_ERROR(vault_list(v, &(struct vault_list_query){ .reveal = true }, pass_item, NULL));
    LEAVES_NO_ERROR(vault_status(v, &st));
    LEAVES_NO_ERROR(vault_check_open(v, NULL, NULL, NULL));
    LEAVES_NO_ERROR(vault_confirm(v, &cred));
    vault_close(v);
    assert_int_equal(vault_last_error()->code, VAULT_OK);
    LEAVES_NO_ERROR(vault_check(path, &cred, NULL, NULL, NULL));
    vault_fields_free(f);
    vault_secret_free(pass);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/*
 * The first call of a function that is bound late saves all vector registers on the stack, with what the
 * last memcpy left in them. The program is linked with -z now; a build with a sanitizer is not.
 */
static void
bind_now(char *argv[])
{
    if (getenv("LD_BIND_NOW") != NULL)
        return;
    (void)setenv("LD_BIND_NOW", "1", 1);
    (void)execv("/proc/self/exe", argv);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_SANITIZER 1
#endif
#if !defined(WITH_SANITIZER)
#define WITH_SANITIZER 0
#endif

static void
test_session__without_memory_for_a_session_there_is_none(void **state)
{
    struct secret *pass = unmasked(pass_masked);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    struct vault_deep_check deep = { .progress = NULL };
    struct vault_checked told;
    vault *v = NULL;
    (void)state;

    create(pass);
    starved = true;
    assert_int_equal(vault_open(&v, path, &cred), VAULT_ERR_NO_SPACE);
    assert_null(v);
    assert_int_equal(vault_check(path, &cred, NULL, NULL, &told), VAULT_ERR_NO_SPACE);
    assert_int_equal(vault_check_deep(path, &cred, NULL, NULL, &deep), VAULT_ERR_NO_SPACE);
    starved = false;
    assert_int_equal(vault_check(path, &cred, NULL, NULL, &told), VAULT_OK);
    vault_secret_free(pass);
}

int
main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_session__the_search_finds_what_is_there),
        IN_FOLDER(test_session__the_passphrase_is_gone_after_close),
        IN_FOLDER(test_session__a_wrong_passphrase_is_gone_too),
        IN_FOLDER(test_session__a_withheld_value_is_gone_after_close),
        IN_FOLDER(test_session__a_withheld_value_is_not_held_between_calls),
        IN_FOLDER(test_session__errors_leave_outputs_and_vault_alone),
        IN_FOLDER(test_session__an_edit_that_changes_nothing_writes_nothing),
        IN_FOLDER(test_session__a_vault_that_does_not_open_gives_none),
        IN_FOLDER(test_session__a_call_that_succeeds_leaves_no_error),
        IN_FOLDER(test_session__without_memory_for_a_session_there_is_none),
    };

    if (WITH_SANITIZER && argc > 0)
        bind_now(argv);
    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
