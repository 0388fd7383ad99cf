/* test_parts.c - sealed pieces, and files in parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/failing_sync.h"
#include "vault/base/parts.h"
#include "vault/base/piece.h"

static char dir[256];
static char path[300];          /* of the file `whole` in it */

static int
make_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void)state;

    snprintf(dir, sizeof dir, "%s/withheld-parts-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/whole", dir);
    return 0;
}

/* How much is in the folder; and is there no more. */
static unsigned
count(bool clear)
{
    char name[600];
    DIR *d = opendir(dir);
    unsigned n = 0;

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        n++;
        snprintf(name, sizeof name, "%s/%s", dir, e->d_name);
        if (clear)
            assert_int_equal(unlink(name), 0);
    }
    closedir(d);
    return n;
}

static int
remove_folder(void **state)
{
    (void)state;
    (void)count(true);
    return rmdir(dir);
}

static int
clear_folder(void **state)
{
    (void)state;
    (void)count(true);
    return 0;
}

static void
file(const char *suffix, size_t n)
{
    char name[320];
    int fd;

    snprintf(name, sizeof name, "%s%s", path, suffix);
    fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)n), 0);
    close(fd);
}

/* Bytes 0, 1, 2, ... in parts of `each`. */
static void
make(uint64_t each, size_t n)
{
    struct parts_new *p = NULL;
    struct parts *back = NULL;
    uint8_t *bytes = malloc(n);

    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 7);
    assert_int_equal(parts_create(&p, path, each), VAULT_OK);
    for (size_t at = 0; at < n; at += 1000)
        assert_int_equal(parts_write(p, bytes + at, n - at < 1000 ? n - at : 1000), VAULT_OK);
    assert_int_equal(parts_read_back(p, &back), VAULT_OK);
    assert_int_equal(parts_size(back), n);
    parts_close(back);
    assert_int_equal(parts_commit(&p), VAULT_OK);
    assert_null(p);
    free(bytes);
}

static void
assert_reads(const char *name, size_t n)
{
    struct parts *p = NULL;
    uint8_t got[700];

    assert_int_equal(parts_open(&p, name), VAULT_OK);
    assert_int_equal(parts_size(p), n);
    for (size_t at = 0; at < n; at += sizeof got) {
        size_t step = n - at < sizeof got ? n - at : sizeof got;
        assert_int_equal(parts_read(p, at, got, step), VAULT_OK);
        for (size_t i = 0; i < step; i++)
            assert_int_equal(got[i], (uint8_t)((at + i) * 7));
    }
    assert_int_equal(parts_read(p, n - 1, got, 2), VAULT_ERR_DAMAGED);
    assert_int_equal(parts_read(p, UINT64_MAX, got, 1), VAULT_ERR_DAMAGED);
    parts_close(p);
}

/* ---- parts ---- */

static void
test_parts__a_whole_file(void **state)
{
    struct stat st;
    (void)state;

    make(0, 5000);
    assert_int_equal(count(false), 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_reads(path, 5000);
}

static void
test_parts__parts_are_a_pure_cut(void **state)
{
    char name[320];
    struct stat st;
    (void)state;

    make(1024, 5000);
    assert_int_equal(count(false), 5);
    snprintf(name, sizeof name, "%s.005", path);
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_size, 5000 - 4 * 1024);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_reads(path, 5000);
    assert_reads(name, 5000);           /* any part stands for all */
    (void)count(true);
    make(1000, 5000);                   /* ends with a full part */
    assert_int_equal(count(false), 5);
    assert_reads(path, 5000);
}

static void
assert_open_says(vault_err want, const char *part)
{
    struct parts *p = NULL;

    assert_int_equal(parts_open(&p, path), want);
    assert_null(p);
    assert_non_null(strstr(vault_last_error()->text, part));
}

static void
test_parts__a_missing_or_short_part_is_named(void **state)
{
    (void)state;

    assert_open_says(VAULT_ERR_NOT_FOUND, "whole");
    file(".002", 1000);
    assert_open_says(VAULT_ERR_DAMAGED, "whole.001 is missing");
    file(".001", 1000);
    file(".004", 10);
    assert_open_says(VAULT_ERR_DAMAGED, "whole.003 is missing");
    file(".003", 999);
    assert_open_says(VAULT_ERR_DAMAGED, "whole.003");
    file(".003", 1000);
    file(".004", 1001);
    assert_open_says(VAULT_ERR_DAMAGED, "whole.004");
}

static void
test_parts__nothing_is_overwritten_or_mistaken(void **state)
{
    struct parts_new *p = NULL;
    char part[320];
    (void)state;

    file("", 3);
    assert_int_equal(parts_create(&p, path, 0), VAULT_ERR_INPUT);
    assert_int_equal(parts_create(&p, path, 1024), VAULT_ERR_INPUT);
    (void)count(true);
    file(".007", 3);
    assert_int_equal(parts_create(&p, path, 1024), VAULT_ERR_INPUT);
    (void)count(true);
    snprintf(part, sizeof part, "%s.001", path);
    assert_int_equal(parts_create(&p, part, 0), VAULT_ERR_INPUT);
    snprintf(part, sizeof part, "%s/no/such", dir);
    assert_int_equal(parts_create(&p, part, 0), VAULT_ERR_NOT_FOUND);
    snprintf(part, sizeof part, "%s/", dir);
    assert_int_equal(parts_create(&p, part, 0), VAULT_ERR_INPUT);
    assert_null(p);
    assert_int_equal(count(false), 0);
    /* Taken while it was written: what is there stays, and nothing else. */
    assert_int_equal(parts_create(&p, path, 1024), VAULT_OK);
    assert_int_equal(parts_write(p, dir, 200), VAULT_OK);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(parts_write(p, dir, 200), VAULT_OK);
    file(".001", 3);
    assert_int_equal(parts_commit(&p), VAULT_ERR_INPUT);
    assert_null(p);
    assert_int_equal(count(false), 1);
}

static void
test_parts__a_folder_that_cannot_be_synced_keeps_nothing(void **state)
{
    static const uint64_t EACH[] = { 0, 1024 };
    (void)state;

    for (unsigned i = 0; i < 2; i++) {
        struct parts_new *p = NULL;
        uint8_t bytes[3000] = {0};
        vault_err err;

        assert_int_equal(parts_create(&p, path, EACH[i]), VAULT_OK);
        assert_int_equal(parts_write(p, bytes, sizeof bytes), VAULT_OK);
        folders_fail = true;
        err = parts_commit(&p);
        folders_fail = false;
        assert_int_not_equal(err, VAULT_OK);
        assert_null(p);
        assert_int_equal(count(false), 0);
    }
}

static void
test_parts__giving_up_leaves_nothing(void **state)
{
    struct parts_new *p = NULL;
    uint8_t bytes[2000] = {0};
    (void)state;

    assert_int_equal(parts_create(&p, path, 1), VAULT_OK);
    assert_int_equal(parts_write(p, bytes, PARTS_MAX), VAULT_OK);
    assert_int_equal(parts_write(p, bytes, 1), VAULT_ERR_INPUT);
    assert_int_equal(count(false), PARTS_MAX);
    parts_abort(&p);
    assert_null(p);
    assert_int_equal(count(false), 0);
    parts_abort(&p);
}

static void
test_parts__only_regular_files(void **state)
{
    struct parts *p = NULL;
    (void)state;

    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(parts_open(&p, path), VAULT_ERR_INPUT);
    (void)count(true);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(parts_open(&p, path), VAULT_ERR_INPUT);
    assert_int_equal(parts_open(&p, dir), VAULT_ERR_INPUT);
    assert_null(p);
}

/* ---- pieces ---- */

static void
test_piece__opens_in_its_place_only(void **state)
{
    static const uint8_t key[32] = {7}, other[32] = {8};
    uint8_t sealed[5 + PIECE_EXTRA], out[5];
    (void)state;

    piece_seal(sealed, key, 258, false, PART("hello", 5));
    assert_int_equal(piece_open(out, key, 258, false, PART(sealed, sizeof sealed)), 0);
    assert_memory_equal(out, "hello", 5);
    assert_int_equal(piece_open(out, key, 258, true, PART(sealed, sizeof sealed)), -1);
    assert_int_equal(piece_open(out, key, 257, false, PART(sealed, sizeof sealed)), -1);
    assert_int_equal(piece_open(out, other, 258, false, PART(sealed, sizeof sealed)), -1);
    assert_int_equal(piece_open(out, key, 258, false, PART(sealed, PIECE_EXTRA - 1)), -1);
    for (size_t i = 0; i < 8 * sizeof sealed; i++) {
        sealed[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(piece_open(out, key, 258, false, PART(sealed, sizeof sealed)), -1);
        sealed[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

/* The bytes: made with Python's ChaCha20Poly1305, nonce 00 00 00 00 00 00 00 00 00 01 02 | 01. */
static void
test_piece__known_answer(void **state)
{
    static const uint8_t want[] = { 0x42, 0x80, 0x90, 0x47, 0x28, 0x81, 0x4b, 0xb7, 0xe2, 0xf5, 0x6d,
        0x3b, 0x12, 0x9c, 0x06, 0xc3, 0x4b, 0x20, 0x6b, 0xa8, 0x39 };
    uint8_t key[32], sealed[5 + PIECE_EXTRA];
    (void)state;

    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    piece_seal(sealed, key, 258, true, PART("hello", 5));
    assert_memory_equal(sealed, want, sizeof sealed);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, clear_folder)
    const struct CMUnitTest tests[] = {
        TEST(test_parts__a_whole_file),
        TEST(test_parts__parts_are_a_pure_cut),
        TEST(test_parts__a_missing_or_short_part_is_named),
        TEST(test_parts__nothing_is_overwritten_or_mistaken),
        TEST(test_parts__a_folder_that_cannot_be_synced_keeps_nothing),
        TEST(test_parts__giving_up_leaves_nothing),
        TEST(test_parts__only_regular_files),
        TEST(test_piece__opens_in_its_place_only),
        TEST(test_piece__known_answer),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
