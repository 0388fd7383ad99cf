/* tar archives, looked at with the stock program. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "vault/handoff/tar.h"

#define TIME 1795867200             /* 2026-11-28 12:00 UTC */

static char dir[256], path[300];

struct sink {
    int fd;
    uint64_t n;
};

/* Long runs of zeros become holes. */
static vault_err
put(void *ctx, const void *p, size_t n)
{
    struct sink *s = ctx;

    s->n += n;
    if (n > 65536)
        assert_true(lseek(s->fd, (off_t)n, SEEK_CUR) >= 0);
    else
        assert_int_equal(write(s->fd, p, n), (ssize_t)n);
    return VAULT_OK;
}

static struct tar
begin(struct sink *s)
{
    s->n = 0;
    s->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(s->fd >= 0);
    return (struct tar){ .put = put, .ctx = s, .time = TIME };
}

static void
add(struct tar *t, const char *name, const char *text)
{
    assert_int_equal(tar_file(t, name, strlen(text)), VAULT_OK);
    assert_int_equal(tar_data(t, text, strlen(text)), VAULT_OK);
    assert_int_equal(tar_file_end(t), VAULT_OK);
}

static void
end(struct tar *t, struct sink *s)
{
    assert_int_equal(tar_end(t), VAULT_OK);
    assert_int_equal(t->total, s->n);
    assert_int_equal(ftruncate(s->fd, (off_t)s->n), 0);
    assert_int_equal(close(s->fd), 0);
}

/* What a command prints: at most `max` bytes, zero-terminated. It must end well, and say nothing on standard error. */
static void
run(char *out, size_t max, const char *command)
{
    char whole[1024];
    FILE *f;
    size_t n;

    snprintf(whole, sizeof whole, "cd '%s' && LC_ALL=C.UTF-8 TZ=UTC %s 2>&1", dir, command);
    f = popen(whole, "r");
    assert_non_null(f);
    n = fread(out, 1, max - 1, f);
    out[n] = '\0';
    assert_int_equal(pclose(f), 0);
}

static void
test_tar__gnu_tar_lists_it_as_it_is(void **state)
{
    char out[2048];
    struct sink s;
    struct tar t = begin(&s);
    (void)state;

    assert_int_equal(tar_folder(&t, "h"), VAULT_OK);
    add(&t, "h/a.txt", "hello\n");
    add(&t, "h/empty", "");
    assert_int_equal(tar_folder(&t, "h/files"), VAULT_OK);
    add(&t, "h/files/0001-판결문.pdf", "k");
    add(&t, "h/files/0002-Свидетель.txt", "r");
    end(&t, &s);
    run(out, sizeof out, "tar --full-time -tvf x.tar");
    assert_string_equal(out,
        "drwx------ 0/0               0 2026-11-28 12:00:00 h/\n"
        "-rw------- 0/0               6 2026-11-28 12:00:00 h/a.txt\n"
        "-rw------- 0/0               0 2026-11-28 12:00:00 h/empty\n"
        "drwx------ 0/0               0 2026-11-28 12:00:00 h/files/\n"
        "-rw------- 0/0               1 2026-11-28 12:00:00 h/files/0001-판결문.pdf\n"
        "-rw------- 0/0               1 2026-11-28 12:00:00 h/files/0002-Свидетель.txt\n");
    run(out, sizeof out, "tar -xf x.tar && cat h/a.txt h/files/0001-판결문.pdf h/files/0002-Свидетель.txt && stat -c %s h/empty");
    assert_string_equal(out, "hello\nkr0\n");
}

/* No header of an extension where none is needed, and Python's reader agrees. */
static void
test_tar__plain_names_need_no_pax_header(void **state)
{
    char out[2048];
    struct sink s;
    struct tar t = begin(&s);
    (void)state;

    add(&t, "h/a.txt", "hello\n");
    assert_int_equal(s.n, 2 * TAR_BLOCK);
    end(&t, &s);
    assert_int_equal(s.n, 10240);
    run(out, sizeof out, "${PYTHON:-/usr/bin/python3} -c 'import tarfile\n"
        "m = tarfile.open(\"x.tar\").getmembers()[0]\n"
        "print(m.name, m.size, m.uid, m.gid, repr(m.uname), repr(m.gname), m.mtime, oct(m.mode), m.pax_headers)'");
    assert_string_equal(out, "h/a.txt 6 0 0 '' '' 1795867200 0o600 {}\n");
}

/* 1 to 400 bytes: what fits into the old fields, what is cut at a slash, what needs more. */
static void
test_tar__names_of_every_length(void **state)
{
    static char out[200000], want[200000];
    char name[512];
    size_t at = 0;
    struct sink s;
    struct tar t = begin(&s);
    (void)state;

    for (size_t n = 1; n <= 400; n++) {
        memset(name, 'x', n);
        name[n] = '\0';
        for (size_t i = 60; i + 1 < n; i += 60)
            name[i] = '/';
        snprintf(name, 8, "%03zu", n);
        if (n > 3)
            name[3] = 'x';
        name[n] = '\0';
        add(&t, name, "");
        at += (size_t)snprintf(want + at, sizeof want - at, "%s\n", name);
    }
    for (size_t n = 90; n <= 300; n++) {        /* no slash to cut at */
        memset(name, 'y', n);
        name[n] = '\0';
        add(&t, name, "");
        at += (size_t)snprintf(want + at, sizeof want - at, "%s\n", name);
    }
    end(&t, &s);
    run(out, sizeof out, "tar -tf x.tar");
    assert_string_equal(out, want);
}

static void
test_tar__over_eight_gigabytes(void **state)
{
    static uint8_t zeros[1 << 20];
    char out[1024];
    struct sink s;
    struct tar t = begin(&s);
    const uint64_t size = (uint64_t)9 << 30;
    (void)state;

    assert_int_equal(tar_file(&t, "h/large", size), VAULT_OK);
    for (uint64_t n = 0; n < size; n += sizeof zeros)
        assert_int_equal(tar_data(&t, zeros, sizeof zeros), VAULT_OK);
    assert_int_equal(tar_file_end(&t), VAULT_OK);
    add(&t, "h/after", "1");
    /* The padding of so much is left out here: it would be real blocks. */
    assert_int_equal(ftruncate(s.fd, (off_t)s.n + 1024), 0);
    assert_int_equal(close(s.fd), 0);
    run(out, sizeof out, "tar -tvf x.tar | tr -s ' ' | cut -d' ' -f 3,6");
    assert_string_equal(out, "9663676416 h/large\n1 h/after\n");
}

static void
test_tar__a_file_is_as_long_as_was_said(void **state)
{
    struct sink s;
    struct tar t = begin(&s);
    (void)state;

    assert_int_equal(tar_file(&t, "a", 3), VAULT_OK);
    assert_int_equal(tar_data(&t, "abcd", 4), VAULT_ERR_FAILED);
    assert_int_equal(tar_data(&t, "ab", 2), VAULT_OK);
    assert_int_equal(tar_file_end(&t), VAULT_ERR_FAILED);
    assert_int_equal(tar_file(&t, "b", 3), VAULT_ERR_FAILED);
    assert_int_equal(tar_data(&t, "c", 1), VAULT_OK);
    assert_int_equal(tar_file_end(&t), VAULT_OK);
    assert_int_equal(tar_file(&t, "", 0), VAULT_ERR_FAILED);
    assert_int_equal(close(s.fd), 0);
}

/* How large it is says only roughly how much is in it; and whole records of the stock program. */
static void
test_tar__is_padded(void **state)
{
    static char text[1 << 20];
    struct sink s;
    uint64_t before = 0;
    unsigned sizes = 0;
    (void)state;

    memset(text, 'x', sizeof text - 1);
    for (size_t n = 900000; n < 1000000; n += 5000) {
        struct tar t = begin(&s);

        assert_int_equal(tar_file(&t, "a", n), VAULT_OK);
        assert_int_equal(tar_data(&t, text, n), VAULT_OK);
        assert_int_equal(tar_file_end(&t), VAULT_OK);
        end(&t, &s);
        assert_int_equal(s.n % 10240, 0);
        assert_true(s.n < n + n / 10);
        sizes += s.n != before;
        before = s.n;
    }
    assert_true(sizes <= 8);     /* of 20 */
}

static vault_err
full(void *ctx, const void *p, size_t n)
{
    (void)ctx;
    (void)p;
    (void)n;
    return VAULT_ERR_NO_SPACE;
}

static void
test_tar__an_error_of_who_takes_it_is_handed_on(void **state)
{
    struct tar t = { .put = full };
    (void)state;

    assert_int_equal(tar_folder(&t, "a"), VAULT_ERR_NO_SPACE);
    assert_int_equal(tar_file(&t, "a", 0), VAULT_ERR_NO_SPACE);
    assert_int_equal(tar_end(&t), VAULT_ERR_NO_SPACE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tar__gnu_tar_lists_it_as_it_is),
        cmocka_unit_test(test_tar__plain_names_need_no_pax_header),
        cmocka_unit_test(test_tar__names_of_every_length),
        cmocka_unit_test(test_tar__over_eight_gigabytes),
        cmocka_unit_test(test_tar__a_file_is_as_long_as_was_said),
        cmocka_unit_test(test_tar__is_padded),
        cmocka_unit_test(test_tar__an_error_of_who_takes_it_is_handed_on),
    };
    const char *tmp = getenv("TMPDIR");
    char command[512];
    int failed;

    snprintf(dir, sizeof dir, "%.200s/tarXXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/x.tar", dir);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) != 0 || failed != 0;
}
