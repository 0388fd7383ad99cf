/* test_release_verify.c - the folder of a release, as it was made and after somebody was there; see vault/release/verify.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#include "tests/unit/sample_release.h"
#include "vault/base/files.h"
#include "vault/base/sign.h"
#include "vault/release/verify.h"
#include "vault/vault.h"

#define DIR_NAME "data"

static char home[256], key[MINISIGN_KEY_CHARS + 1];
static struct secret *seed;
static struct sample s;
static struct release_files files;

static int
set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    uint8_t pk[32];
    (void)state;

    snprintf(home, sizeof home, "%s/withheld-unit-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (secret_process_init() != VAULT_OK || mkdtemp(home) == NULL || chdir(home) != 0)
        return -1;
    seed = sample_seed();
    sample_make(&s, SAMPLE_CASE, 1);
    if (sign_public(pk, seed) != VAULT_OK || release_render(&files, &s.doc) != VAULT_OK || release_sign(&files, &s.doc, seed) != VAULT_OK)
        return -1;
    minisign_key(key, pk);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    release_files_free(&files);
    sample_free(&s);
    secret_free(seed);
    return chdir("/") != 0 ? -1 : rmdir(home);
}

static void
put(const char *name, const void *p, size_t n)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, DIR_NAME "/%s", name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static int
write_folder(void **state)
{
    (void)state;
    assert_int_equal(mkdir(DIR_NAME, 0700), 0);
    for (size_t i = 0; i < files.n; i++)
        put(files.file[i].name, files.file[i].content.p, files.file[i].content.n);
    return 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    return system("rm -rf " DIR_NAME);
}

static vault_err
verify(const char *with)
{
    struct release_manifest m = {0};
    vault_err err = release_verify(&m, DIR_NAME, with);

    assert_true((err == VAULT_OK) == (m.n_files > 0));
    release_manifest_free(&m);
    return err;
}

static void
fails(vault_err code, const char *says)
{
    assert_int_equal(verify(NULL), code);
    if (strstr(vault_last_error()->text, says) == NULL)
        fail_msg("%s", vault_last_error()->text);
    assert_true(vault_last_error()->hint[0] != '\0');
}

static void
test_release_verify__what_was_made_holds(void **state)
{
    struct vault_release_verified v;
    (void)state;

    assert_int_equal(vault_release_verify(DIR_NAME, NULL, &v), VAULT_OK);
    assert_string_equal(v.audience, "press-2026-autumn");
    assert_string_equal(v.as_of, "2026-10");
    assert_string_equal(v.expires, "2027-01-31");
    assert_int_equal(v.files, files.n - 2);
    assert_string_equal(v.key, key);
    assert_int_equal(strspn(v.words, "abcdefghijklmnopqrstuvwxyz "), strlen(v.words));
    assert_int_equal(vault_release_verify(DIR_NAME "/", key, &v), VAULT_OK);
}

static void
test_release_verify__a_changed_byte_in_any_file_fails(void **state)
{
    (void)state;

    for (size_t i = 0; i < files.n; i++) {
        const struct buf *whole = &files.file[i].content;
        struct buf changed = BUF_INIT;

        buf_put(&changed, whole->p, whole->n);
        for (unsigned k = 0; k < 24; k++) {
            size_t at = randombytes_uniform((uint32_t)whole->n);
            uint8_t by = (uint8_t)(1 + randombytes_uniform(255));

            changed.p[at] ^= by;
            put(files.file[i].name, changed.p, changed.n);
            if (verify(NULL) != VAULT_ERR_DAMAGED)
                fail_msg("%s: byte %zu changed by %02x is %d", files.file[i].name, at, by, (int)vault_last_error()->code);
            changed.p[at] ^= by;
        }
        put(files.file[i].name, whole->p, whole->n - 1);
        assert_int_equal(verify(NULL), VAULT_ERR_DAMAGED);
        buf_u8(&changed, '\n');
        put(files.file[i].name, changed.p, changed.n);
        assert_int_equal(verify(NULL), VAULT_ERR_DAMAGED);
        put(files.file[i].name, whole->p, whole->n);
        buf_free(&changed);
    }
    assert_int_equal(verify(NULL), VAULT_OK);
}

static void
test_release_verify__a_missing_file_is_named(void **state)
{
    char path[128];
    (void)state;

    for (size_t i = 0; i < files.n; i++) {
        snprintf(path, sizeof path, DIR_NAME "/%s", files.file[i].name);
        assert_int_equal(unlink(path), 0);
        snprintf(path, sizeof path, "%s is missing", files.file[i].name);
        fails(VAULT_ERR_DAMAGED, path);
        put(files.file[i].name, files.file[i].content.p, files.file[i].content.n);
    }
}

static void
test_release_verify__anything_else_in_the_folder_is_named(void **state)
{
    static const char *const other[] = { "note.txt", ".hidden", "Person.csv", "person.csv~", "\xff" };
    char says[64];
    (void)state;

    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        char path[64];

        put(other[i], "x", 1);
        snprintf(says, sizeof says, "%s is in the folder, and the manifest does not name it", other[i]);
        fails(VAULT_ERR_DAMAGED, says);
        snprintf(path, sizeof path, DIR_NAME "/%s", other[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(mkdir(DIR_NAME "/sub", 0700), 0);
    fails(VAULT_ERR_DAMAGED, "sub is in the folder");
    assert_int_equal(rmdir(DIR_NAME "/sub"), 0);
    assert_int_equal(symlink("person.csv", DIR_NAME "/link.csv"), 0);
    fails(VAULT_ERR_DAMAGED, "link.csv is in the folder");
}

static void
test_release_verify__a_link_or_a_folder_in_place_of_a_file_fails(void **state)
{
    static const char *const name[] = { "person.csv", "manifest.json", "manifest.json.minisig" };
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        char path[64], away[64];

        snprintf(path, sizeof path, DIR_NAME "/%s", name[i]);
        snprintf(away, sizeof away, "moved-%s", name[i]);
        assert_int_equal(rename(path, away), 0);
        snprintf(away, sizeof away, "../moved-%s", name[i]);
        assert_int_equal(symlink(away, path), 0);
        fails(VAULT_ERR_DAMAGED, name[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        fails(VAULT_ERR_DAMAGED, name[i]);
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        fails(VAULT_ERR_DAMAGED, name[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rename(away + 3, path), 0);
    }
    assert_int_equal(verify(NULL), VAULT_OK);
}

static void
test_release_verify__something_else_is_no_release(void **state)
{
    (void)state;

    assert_int_equal(release_verify(&(struct release_manifest){0}, "nowhere", NULL), VAULT_ERR_NOT_FOUND);
    assert_int_equal(release_verify(&(struct release_manifest){0}, DIR_NAME "/person.csv", NULL), VAULT_ERR_INPUT);
    assert_int_equal(unlink(DIR_NAME "/" RELEASE_SIGNATURE), 0);
    put(RELEASE_MANIFEST, "{\"format\": \"withheld-handoff/1\"}", 32);
    fails(VAULT_ERR_INPUT, "not a release");
    put(RELEASE_MANIFEST, "no JSON", 7);
    fails(VAULT_ERR_INPUT, "not a release");
    assert_int_equal(truncate(DIR_NAME "/" RELEASE_MANIFEST, 64 << 20), 0);
    fails(VAULT_ERR_INPUT, "not a release");
    assert_int_equal(unlink(DIR_NAME "/" RELEASE_MANIFEST), 0);
    fails(VAULT_ERR_INPUT, "not a release");
}

/* ---- keys ---- */

static void
test_release_verify__another_key_is_told_from_the_one_asked_for(void **state)
{
    struct release_files theirs = {0};
    struct secret *other = NULL;
    uint8_t pk[32];
    char other_key[MINISIGN_KEY_CHARS + 1];
    (void)state;

    assert_int_equal(verify(key), VAULT_OK);
    assert_int_equal(verify("RW"), VAULT_ERR_INPUT);
    assert_int_equal(secret_random(&other, 32), VAULT_OK);
    assert_int_equal(sign_public(pk, other), VAULT_OK);
    minisign_key(other_key, pk);
    assert_int_equal(verify(other_key), VAULT_ERR_DAMAGED);
    assert_int_equal(release_render(&theirs, &s.doc), VAULT_OK);
    assert_int_equal(release_sign(&theirs, &s.doc, other), VAULT_OK);
    put(RELEASE_SIGNATURE, theirs.file[theirs.n - 1].content.p, theirs.file[theirs.n - 1].content.n);
    fails(VAULT_ERR_DAMAGED, "signature of manifest.json is not valid");
    put(RELEASE_MANIFEST, theirs.file[theirs.n - 2].content.p, theirs.file[theirs.n - 2].content.n);
    assert_int_equal(verify(NULL), VAULT_OK);
    assert_int_equal(verify(key), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, "another key"));
    release_files_free(&theirs);
    secret_free(other);
}

/* ---- manifests ---- */

/* Sign any text as the manifest, as somebody with a key of his own could. */
static void
put_signed(const char *json, const char *comment)
{
    struct buf sig = BUF_INIT;
    uint8_t hash[64];

    crypto_generichash_blake2b(hash, sizeof hash, (const uint8_t *)json, strlen(json), NULL, 0);
    assert_int_equal(minisign_sign(&sig, seed, hash, comment), VAULT_OK);
    put(RELEASE_MANIFEST, json, strlen(json));
    put(RELEASE_SIGNATURE, sig.p, sig.n);
    buf_free(&sig);
}

/* The true manifest with `what` replaced by `by`. */
static char *
with(const char *what, const char *by)
{
    char *json = buf_cstr(&files.file[files.n - 2].content), *at = strstr(json, what), *out = NULL;

    assert_non_null(at);
    assert_true(asprintf(&out, "%.*s%s%s", (int)(at - json), json, by, at + strlen(what)) > 0);
    return out;
}

#define COMMENT "withheld release, data as of 2026-10, for press-2026-autumn"

static void
test_release_verify__a_manifest_that_says_too_much_or_too_little_is_refused_whoever_signed_it(void **state)
{
    static const char *const change[][2] = {
        { "\"person.csv\"", "\"../person.csv\"" }, { "\"person.csv\"", "\"sub/person.csv\"" }, { "\"person.csv\"", "\"/etc/passwd\"" },
        { "\"person.csv\"", "\"person.json\"" }, { "\"person.csv\"", "\"manifest.json\"" }, { "\"person.csv\"", "\"person.exe\"" },
        { "\"person.csv\"", "\"\"" }, { "\"person.csv\"", "\".csv\"" }, { "\"person.csv\"", "7" }, { "\"size\": ", "\"size\": -" },
        { "\"size\": ", "\"size\": 1.5, \"x\": " }, { "\"size\": ", "\"size\": 99999999999" }, { "\"size\": ", "\"more\": 1, \"size\": " },
        { "\"sha256\": \"", "\"sha256\": \"0" }, { "\"sha256\": \"", "\"sha256\": \"zz" }, { "\"files\": [", "\"files\": [[]," },
        { "\"files\": [", "\"files\": {}, \"x\": [" }, { "\"files\": [", "\"other\": [" }, { "\"audience\": \"", "\"audience\": \"\\n" },
        { "\"expires\": \"2027-01-31\"", "\"expires\": 2027" }, { "\"as_of\": \"2026-10\"", "\"as_of\": \"2026-10-0100\"" },
        { "{\n", "{\n\"more\": 1,\n" }, { "{\n", "{\n\"audience\": \"x\",\n" }, { "\"key\": \"R", "\"key\": \"r" }, { "}\n  ]", "},\n  ]" } };
    (void)state;

    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        char *json = with(change[i][0], change[i][1]);

        put_signed(json, COMMENT);
        if (verify(NULL) != VAULT_ERR_DAMAGED || strncmp(vault_last_error()->text, "manifest.json ", 14) != 0)
            fail_msg("%s for %s: %s", change[i][1], change[i][0], vault_last_error()->text);
        free(json);
    }
}

static void
test_release_verify__the_signed_comment_is_that_of_this_manifest(void **state)
{
    char *json = with("\"purpose\": \"One man", "\"purpose\": \"One woman");
    (void)state;

    put_signed(json, COMMENT);
    assert_int_equal(verify(NULL), VAULT_OK);
    put_signed(json, "withheld release, data as of 2026-11, for press-2026-autumn");
    fails(VAULT_ERR_DAMAGED, "signature of manifest.json is not valid");
    free(json);
}

static void
test_release_verify__a_newer_format_is_told_from_a_changed_one(void **state)
{
    char *json = with("withheld-release/1", "withheld-release/2");
    (void)state;

    put(RELEASE_MANIFEST, json, strlen(json));
    fails(VAULT_ERR_DAMAGED, "signature of manifest.json is not valid");
    put_signed(json, COMMENT);
    fails(VAULT_ERR_INPUT, "does not know");
    free(json);
}

static void
test_release_verify__files_are_signed_as_they_are_then(void **state)
{
    struct release_files f = {0};
    (void)state;

    assert_int_equal(release_render(&f, &s.doc), VAULT_OK);
    buf_str(&f.file[f.n - 1].content, "\nOne line more.\n");
    assert_int_equal(release_sign(&f, &s.doc, seed), VAULT_OK);
    for (size_t i = 0; i < f.n; i++)
        put(f.file[i].name, f.file[i].content.p, f.file[i].content.n);
    assert_int_equal(verify(NULL), VAULT_OK);
    release_files_free(&f);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, write_folder, remove_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_release_verify__what_was_made_holds),
        EACH(test_release_verify__a_changed_byte_in_any_file_fails),
        EACH(test_release_verify__a_missing_file_is_named),
        EACH(test_release_verify__anything_else_in_the_folder_is_named),
        EACH(test_release_verify__a_link_or_a_folder_in_place_of_a_file_fails),
        EACH(test_release_verify__something_else_is_no_release),
        EACH(test_release_verify__another_key_is_told_from_the_one_asked_for),
        EACH(test_release_verify__a_manifest_that_says_too_much_or_too_little_is_refused_whoever_signed_it),
        EACH(test_release_verify__the_signed_comment_is_that_of_this_manifest),
        EACH(test_release_verify__a_newer_format_is_told_from_a_changed_one),
        EACH(test_release_verify__files_are_signed_as_they_are_then),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
