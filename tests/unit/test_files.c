/* test_files.c - on real files, in a folder of its own for each test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/failing_sync.h"
#include "vault/base/files.h"
#include "vault/base/secret.h"

/* ---- the folder ---- */

struct place {
    char path[256];
    int dir;
};

static int
set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct place *at = calloc(1, sizeof *at);

    if (at == NULL || secret_process_init() != VAULT_OK)
        return -1;
    snprintf(at->path, sizeof at->path, "%s/withheld-files-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(at->path) == NULL)
        return -1;
    at->dir = open(at->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = at;
    return at->dir < 0 ? -1 : 0;
}

/* Number of entries; with `remove`, they are removed. */
static int
entries(int dir, bool remove)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY);
    DIR *d = fdopendir(fd);
    int n = 0;

    if (d == NULL)
        return -1;
    for (struct dirent *e; (e = readdir(d)) != NULL; ) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        n++;
        if (remove && unlinkat(dir, e->d_name, 0) != 0)
            (void)unlinkat(dir, e->d_name, AT_REMOVEDIR);
    }
    closedir(d);
    return n;
}

static int
tear_down(void **state)
{
    struct place *at = *state;

    (void)entries(at->dir, true);
    close(at->dir);
    (void)rmdir(at->path);
    free(at);
    return 0;
}

static void
path_of(char out[512], const struct place *at, const char *name)
{
    snprintf(out, 512, "%s/%s", at->path, name);
}

static void
put_file(const struct place *at, const char *name, const char *content)
{
    int fd = openat(at->dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
}

static void
assert_content(const struct place *at, const char *name, const char *want)
{
    char got[256] = {0};
    int fd = openat(at->dir, name, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, sizeof got), strlen(want));
    assert_string_equal(got, want);
    close(fd);
}

static void
assert_absent(const struct place *at, const char *name)
{
    struct stat st;

    assert_int_equal(fstatat(at->dir, name, &st, AT_SYMLINK_NOFOLLOW), -1);
    assert_int_equal(errno, ENOENT);
}

static unsigned
mode_of(const struct place *at, const char *name)
{
    struct stat st;

    assert_int_equal(fstatat(at->dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    return st.st_mode & 07777;
}

/* What a child returned, or 1000 + the signal that ended it. */
static int
in_child(int (*f)(struct place *), struct place *at)
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(f(at));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- folders ---- */

static void
test_files__dir_make_is_private_and_open(void **state)
{
    struct place *at = *state;
    char path[512];
    int fd = -1;

    path_of(path, at, "v.vault/");      /* as the shell completes it */
    assert_int_equal(dir_make(&fd, path), VAULT_OK);
    assert_int_equal(mode_of(at, "v.vault"), 0700);
    assert_int_equal(file_create(fd, "keys", "k", 1), VAULT_OK);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(file_wipe(fd, "keys"), VAULT_OK);
    close(fd);
}

static void
test_files__dir_make_refuses_what_is_there(void **state)
{
    struct place *at = *state;
    char path[512];
    int fd = 77;

    path_of(path, at, "v");
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(dir_make(&fd, path), VAULT_ERR_REFUSED);
    assert_int_equal(mode_of(at, "v"), 0755);
    assert_int_equal(symlinkat("nowhere", at->dir, "link"), 0);
    path_of(path, at, "link");
    assert_int_equal(dir_make(&fd, path), VAULT_ERR_REFUSED);
    path_of(path, at, "no/such/parent");
    assert_int_equal(dir_make(&fd, path), VAULT_ERR_NOT_FOUND);
    assert_int_equal(fd, 77);
}

static void
test_files__dir_open_tells_missing_from_not_a_folder(void **state)
{
    struct place *at = *state;
    char path[512];
    int fd = 77;

    path_of(path, at, "x");
    assert_int_equal(dir_open(&fd, path), VAULT_ERR_NOT_FOUND);
    put_file(at, "x", "content");
    assert_int_equal(dir_open(&fd, path), VAULT_ERR_INPUT);
    assert_int_equal(fd, 77);
    assert_int_equal(dir_open(&fd, at->path), VAULT_OK);
    assert_int_equal(dir_sync(fd), VAULT_OK);
    close(fd);
}

static void
test_files__dir_is_closed_to_others(void **state)
{
    struct place *at = *state;
    struct stat st;
    int proc;

    assert_int_equal(fchmod(at->dir, 0755), 0);
    assert_false(dir_is_open_to_others(at->dir));
    assert_int_equal(fstat(at->dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    /* A folder whose mode nobody can change. */
    proc = open("/proc/self", O_RDONLY | O_DIRECTORY);
    assert_true(proc >= 0);
    assert_true(dir_is_open_to_others(proc));
    close(proc);
}

static void
test_files__second_lock_is_busy_until_the_first_closes(void **state)
{
    struct place *at = *state;
    int a = -1, b = -1;

    assert_int_equal(dir_open(&a, at->path), VAULT_OK);
    assert_int_equal(dir_open(&b, at->path), VAULT_OK);
    assert_int_equal(dir_lock(a), VAULT_OK);
    assert_int_equal(dir_lock(b), VAULT_ERR_BUSY);
    close(a);
    assert_int_equal(dir_lock(b), VAULT_OK);
    close(b);
}

/* ---- reading ---- */

static void
test_files__read_replaces_what_was_in_the_buffer(void **state)
{
    struct place *at = *state;
    struct buf b = BUF_INIT;

    put_file(at, "f", "content");
    buf_str(&b, "before");
    assert_int_equal(file_read(&b, at->dir, "f", 100), VAULT_OK);
    assert_string_equal(buf_cstr(&b), "content");
    put_file(at, "f", "");
    assert_int_equal(file_read(&b, at->dir, "f", 0), VAULT_OK);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void
test_files__read_refuses_one_byte_over_the_maximum(void **state)
{
    struct place *at = *state;
    struct buf b = BUF_INIT;

    put_file(at, "f", "12345678");
    assert_int_equal(file_read(&b, at->dir, "f", 8), VAULT_OK);
    assert_int_equal(b.n, 8);
    assert_int_equal(file_read(&b, at->dir, "f", 7), VAULT_ERR_INPUT);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void
test_files__read_large_file(void **state)
{
    struct place *at = *state;
    struct buf want = BUF_INIT, got = BUF_INIT;

    for (uint32_t i = 0; i < 300000; i++)
        buf_u32(&want, i);
    assert_int_equal(file_create(at->dir, "f", want.p, want.n), VAULT_OK);
    assert_int_equal(file_read(&got, at->dir, "f", want.n), VAULT_OK);
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p, want.p, want.n);
    buf_free(&want);
    buf_free(&got);
}

static void
test_files__read_of_a_file_without_a_size(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;        /* a file of the kernel: its size is said to be 0 */
    assert_int_equal(file_read(&b, AT_FDCWD, "/proc/self/status", 100000), VAULT_OK);
    assert_true(b.n > 100);
    assert_int_equal(file_read(&b, AT_FDCWD, "/proc/self/status", 100), VAULT_ERR_INPUT);
    buf_free(&b);
}

static void
test_files__read_refuses_symbolic_link(void **state)
{
    struct place *at = *state;
    struct buf b = BUF_INIT;

    put_file(at, "f", "content");
    assert_int_equal(symlinkat("f", at->dir, "link"), 0);
    assert_int_equal(file_read(&b, at->dir, "link", 100), VAULT_ERR_INPUT);
    assert_int_equal(b.n, 0);
    assert_false(file_exists(at->dir, "link"));
    buf_free(&b);
}

/* It would wait for a writer for ever. */
static void
test_files__read_refuses_fifo_at_once(void **state)
{
    struct place *at = *state;
    struct buf b = BUF_INIT;

    assert_int_equal(mkfifoat(at->dir, "fifo", 0600), 0);
    alarm(20);
    assert_int_equal(file_read(&b, at->dir, "fifo", 100), VAULT_ERR_INPUT);
    alarm(0);
    assert_false(file_exists(at->dir, "fifo"));
    buf_free(&b);
}

static void
test_files__read_refuses_devices_and_folders(void **state)
{
    struct place *at = *state;
    struct buf b = BUF_INIT;

    assert_int_equal(file_read(&b, AT_FDCWD, "/dev/zero", 100), VAULT_ERR_INPUT);
    assert_int_equal(mkdirat(at->dir, "folder", 0700), 0);
    assert_int_equal(file_read(&b, at->dir, "folder", 100), VAULT_ERR_INPUT);
    assert_false(file_exists(at->dir, "folder"));
    buf_free(&b);
}

static void
test_files__read_tells_missing(void **state)
{
    struct place *at = *state;
    struct buf b = BUF_INIT;

    assert_int_equal(file_read(&b, at->dir, "none", 100), VAULT_ERR_NOT_FOUND);
    assert_non_null(strstr(vault_last_error()->text, "none"));
    assert_false(file_exists(at->dir, "none"));
    buf_free(&b);
}

struct feed {
    int fd;
    size_t n;
};

/* Slowly, so that the other side meets an empty or a full pipe. */
static void *
write_slowly(void *arg)
{
    struct feed *f = arg;

    for (size_t i = 0; i < f->n; i++) {
        usleep(2000);
        (void)!write(f->fd, "0123456789", 10);
    }
    close(f->fd);
    return NULL;
}

static void *
read_slowly(void *arg)
{
    struct feed *f = arg;
    char part[10000];
    ssize_t got;

    while ((got = read(f->fd, part, sizeof part)) > 0) {
        f->n += (size_t)got;
        usleep(500);
    }
    return NULL;
}

static void
test_files__read_all_from_a_pipe_that_does_not_block(void **state)
{
    struct buf b = BUF_INIT;
    struct feed feed = {.n = 20};
    int ends[2];
    pthread_t t;

    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    feed.fd = ends[1];
    assert_int_equal(pthread_create(&t, NULL, write_slowly, &feed), 0);
    assert_int_equal(fd_read_all(&b, ends[0], 200), VAULT_OK);
    pthread_join(t, NULL);
    assert_int_equal(b.n, 200);
    assert_memory_equal(b.p + 190, "0123456789", 10);
    close(ends[0]);
    buf_free(&b);
}

static void
test_files__read_all_stops_at_its_maximum(void **state)
{
    struct buf b = BUF_INIT;
    int fd = open("/dev/zero", O_RDONLY);

    (void)state;
    assert_int_equal(fd_read_all(&b, fd, 1000000), VAULT_ERR_INPUT);
    assert_int_equal(b.n, 0);
    close(fd);
    buf_free(&b);
}

static void
test_files__write_all_goes_on_after_short_writes(void **state)
{
    static uint8_t big[1000000];
    struct feed feed = {0};
    int ends[2];
    pthread_t t;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    feed.fd = ends[0];
    assert_int_equal(pthread_create(&t, NULL, read_slowly, &feed), 0);
    assert_int_equal(fd_write_all(ends[1], big, sizeof big, "the pipe"), VAULT_OK);
    close(ends[1]);
    pthread_join(t, NULL);
    assert_int_equal(feed.n, sizeof big);
    close(ends[0]);
}

static void
test_files__write_all_reports_a_full_disk(void **state)
{
    int fd = open("/dev/full", O_WRONLY);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, "x", 1, "the file"), VAULT_ERR_NO_SPACE);
    assert_string_equal(vault_last_error()->text,
        "cannot write the file: no space left on device");
    close(fd);
}

/* ---- creating, swapping, wiping ---- */

static void
test_files__create_is_private(void **state)
{
    struct place *at = *state;
    mode_t before = umask(0);

    assert_int_equal(file_create(at->dir, "f", "content", 7), VAULT_OK);
    umask(before);
    assert_content(at, "f", "content");
    assert_int_equal(mode_of(at, "f"), 0600);
    assert_true(file_exists(at->dir, "f"));
}

static void
test_files__create_never_overwrites(void **state)
{
    struct place *at = *state;

    put_file(at, "f", "old");
    assert_int_equal(file_create(at->dir, "f", "new", 3), VAULT_ERR_REFUSED);
    assert_content(at, "f", "old");
    assert_int_equal(symlinkat("target", at->dir, "link"), 0);
    assert_int_equal(file_create(at->dir, "link", "new", 3), VAULT_ERR_REFUSED);
    assert_absent(at, "target");
}

/* No file of this process may grow beyond so many bytes: a disk that fills up while writing. */
static void
limit_file_size(rlim_t n)
{
    const struct rlimit limit = {n, n};

    signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
}

static int
create_on_a_full_disk(struct place *at)
{
    static uint8_t big[100000];

    limit_file_size(50000);
    return (int)file_create(at->dir, "f", big, sizeof big);
}

static void
test_files__create_leaves_nothing_when_the_disk_fills_up(void **state)
{
    struct place *at = *state;

    assert_int_equal(in_child(create_on_a_full_disk, at), VAULT_ERR_NO_SPACE);
    assert_int_equal(entries(at->dir, false), 0);
}

static void
test_files__replace_makes_and_replaces_and_leaves_nothing_else(void **state)
{
    struct place *at = *state;
    char name[512];

    path_of(name, at, "a");
    assert_int_equal(file_replace(name, "old", 3), VAULT_OK);
    assert_content(at, "a", "old");
    assert_int_equal(mode_of(at, "a"), 0600);
    assert_int_equal(file_replace(name, "newer", 5), VAULT_OK);
    assert_content(at, "a", "newer");
    assert_int_equal(entries(at->dir, false), 1);
}

static void
test_files__replace_takes_the_place_of_regular_files_only(void **state)
{
    struct place *at = *state;
    char name[512];

    put_file(at, "target", "kept");
    assert_int_equal(symlinkat("target", at->dir, "link"), 0);
    assert_int_equal(mkdirat(at->dir, "folder", 0700), 0);
    path_of(name, at, "link");
    assert_int_equal(file_replace(name, "new", 3), VAULT_ERR_INPUT);
    path_of(name, at, "folder");
    assert_int_equal(file_replace(name, "new", 3), VAULT_ERR_INPUT);
    path_of(name, at, "nowhere/a");
    assert_int_equal(file_replace(name, "new", 3), VAULT_ERR_NOT_FOUND);
    assert_content(at, "target", "kept");
    assert_int_equal(entries(at->dir, false), 3);
}

static void
test_files__swap_replaces_and_overwrites_the_old_content(void **state)
{
    struct place *at = *state;
    static const char zeros[10];
    char seen[11];
    bool renamed;
    int old;

    put_file(at, "keys", "old secret");
    old = openat(at->dir, "keys", O_RDONLY);
    assert_int_equal(file_stage(at->dir, "keys.new", "new secret!", 11), VAULT_OK);
    assert_content(at, "keys", "old secret");
    assert_content(at, "keys.new", "new secret!");
    assert_int_equal(mode_of(at, "keys.new"), 0600);
    assert_int_equal(file_swap(at->dir, "keys.new", "keys", &renamed), VAULT_OK);
    assert_true(renamed);
    assert_content(at, "keys", "new secret!");
    assert_absent(at, "keys.new");
    assert_int_equal(pread(old, seen, sizeof seen, 0), 10);
    assert_memory_equal(seen, zeros, 10);
    close(old);
}

static void
test_files__swap_into_a_missing_name(void **state)
{
    struct place *at = *state;
    bool renamed;

    assert_int_equal(file_stage(at->dir, "keys.new", "new", 3), VAULT_OK);
    assert_int_equal(file_swap(at->dir, "keys.new", "keys", &renamed), VAULT_OK);
    assert_true(renamed);
    assert_content(at, "keys", "new");
}

static void
test_files__swap_without_a_new_file_leaves_the_old_alone(void **state)
{
    struct place *at = *state;
    bool renamed;

    put_file(at, "keys", "old");
    assert_int_equal(file_swap(at->dir, "keys.new", "keys", &renamed), VAULT_ERR_NOT_FOUND);
    assert_false(renamed);
    assert_content(at, "keys", "old");
}

static void
test_files__swap_refuses_a_link_in_place_of_the_old(void **state)
{
    struct place *at = *state;
    bool renamed;

    put_file(at, "elsewhere", "precious");
    assert_int_equal(symlinkat("elsewhere", at->dir, "keys"), 0);
    assert_int_equal(file_stage(at->dir, "keys.new", "new", 3), VAULT_OK);
    assert_int_equal(file_swap(at->dir, "keys.new", "keys", &renamed), VAULT_ERR_INPUT);
    assert_false(renamed);
    assert_content(at, "elsewhere", "precious");
    assert_content(at, "keys.new", "new");
}

static void
test_files__stage_wipes_a_leftover_first(void **state)
{
    struct place *at = *state;
    char seen[4] = {1, 1, 1, 1};
    int left;

    put_file(at, "keys.new", "left");
    left = openat(at->dir, "keys.new", O_RDONLY);
    assert_int_equal(file_stage(at->dir, "keys.new", "new", 3), VAULT_OK);
    assert_content(at, "keys.new", "new");
    assert_int_equal(pread(left, seen, 4, 0), 4);
    assert_memory_equal(seen, "\0\0\0\0", 4);
    close(left);
}

static void
test_files__wipe_overwrites_and_removes(void **state)
{
    struct place *at = *state;
    uint8_t *big = malloc(200000), *seen = malloc(200000);
    int fd;

    assert_non_null(big);
    assert_non_null(seen);
    memset(big, 'x', 200000);
    assert_int_equal(file_create(at->dir, "f", big, 200000), VAULT_OK);
    fd = openat(at->dir, "f", O_RDONLY);
    assert_int_equal(file_wipe(at->dir, "f"), VAULT_OK);
    assert_absent(at, "f");
    assert_int_equal(read(fd, seen, 200000), 200000);
    memset(big, 0, 200000);
    assert_memory_equal(seen, big, 200000);
    close(fd);
    free(big);
    free(seen);
}

static void
test_files__wipe_of_a_missing_file_is_fine(void **state)
{
    struct place *at = *state;

    vault_clear_error();
    assert_int_equal(file_wipe(at->dir, "none"), VAULT_OK);
    assert_int_equal(vault_last_error()->code, VAULT_OK);
}

static void
test_files__wipe_removes_a_link_and_not_its_target(void **state)
{
    struct place *at = *state;

    put_file(at, "target", "precious");
    assert_int_equal(symlinkat("target", at->dir, "link"), 0);
    assert_int_equal(file_wipe(at->dir, "link"), VAULT_ERR_INPUT);
    assert_absent(at, "link");
    assert_content(at, "target", "precious");
}

/* ---- outputs ---- */

static void
test_files__output_appears_only_at_commit(void **state)
{
    struct place *at = *state;
    struct output *o = NULL;
    char path[512];

    path_of(path, at, "out.csv");
    assert_int_equal(output_open(&o, path), VAULT_OK);
    assert_int_equal(fd_write_all(output_fd(o), "content", 7, "it"), VAULT_OK);
    assert_absent(at, "out.csv");
    assert_int_equal(output_commit(&o), VAULT_OK);
    assert_null(o);
    assert_content(at, "out.csv", "content");
    assert_int_equal(mode_of(at, "out.csv"), 0600);
    assert_int_equal(entries(at->dir, false), 1);
}

static void
test_files__output_abort_leaves_nothing(void **state)
{
    struct place *at = *state;
    struct output *o = NULL;
    char path[512];

    path_of(path, at, "out");
    assert_int_equal(output_open(&o, path), VAULT_OK);
    assert_int_equal(fd_write_all(output_fd(o), "content", 7, "it"), VAULT_OK);
    output_abort(&o);
    assert_null(o);
    assert_int_equal(entries(at->dir, false), 0);
    output_abort(&o);
}

static void
test_files__output_abort_overwrites_what_was_written(void **state)
{
    struct place *at = *state;
    struct output *o = NULL;
    char path[512], seen[7];
    int fd;

    path_of(path, at, "out");
    assert_int_equal(output_open(&o, path), VAULT_OK);
    assert_int_equal(fd_write_all(output_fd(o), "content", 7, "it"), VAULT_OK);
    snprintf(path, sizeof path, "/proc/self/fd/%d", output_fd(o));
    fd = open(path, O_RDONLY);
    output_abort(&o);
    assert_int_equal(read(fd, seen, 7), 7);
    assert_memory_equal(seen, "\0\0\0\0\0\0\0", 7);
    close(fd);
}

static void
test_files__output_whose_folder_cannot_be_synced_is_taken_back(void **state)
{
    struct place *at = *state;
    struct output *o = NULL;
    char path[512], seen[7];
    vault_err err;
    int fd;

    path_of(path, at, "out");
    assert_int_equal(output_open(&o, path), VAULT_OK);
    assert_int_equal(fd_write_all(output_fd(o), "content", 7, "it"), VAULT_OK);
    snprintf(path, sizeof path, "/proc/self/fd/%d", output_fd(o));
    fd = open(path, O_RDONLY);
    folders_fail = true;
    err = output_commit(&o);
    folders_fail = false;
    assert_int_not_equal(err, VAULT_OK);
    assert_null(o);
    assert_int_equal(entries(at->dir, false), 0);
    assert_int_equal(read(fd, seen, 7), 7);
    assert_memory_equal(seen, "\0\0\0\0\0\0\0", 7);
    close(fd);
}

static void
test_files__output_refuses_an_existing_name(void **state)
{
    struct place *at = *state;
    struct output *o = NULL;
    char path[512];

    put_file(at, "out", "old");
    path_of(path, at, "out");
    assert_int_equal(output_open(&o, path), VAULT_ERR_INPUT);
    assert_null(o);
    assert_int_equal(symlinkat("nowhere", at->dir, "link"), 0);
    path_of(path, at, "link");
    assert_int_equal(output_open(&o, path), VAULT_ERR_INPUT);
    assert_content(at, "out", "old");
    assert_int_equal(entries(at->dir, false), 2);
}

static void
test_files__output_refuses_what_is_no_file_name(void **state)
{
    struct place *at = *state;
    struct output *o = NULL;
    char path[512];

    path_of(path, at, "");
    assert_int_equal(output_open(&o, path), VAULT_ERR_INPUT);
    assert_int_equal(output_open(&o, ""), VAULT_ERR_INPUT);
    path_of(path, at, "..");
    assert_int_equal(output_open(&o, path), VAULT_ERR_INPUT);
    path_of(path, at, "no/such/folder");
    assert_int_equal(output_open(&o, path), VAULT_ERR_NOT_FOUND);
    assert_null(o);
    assert_int_equal(entries(at->dir, false), 0);
}

/* Returns what output_commit said after the name was taken in the meantime. */
static int
commit_to_a_taken_name(struct place *at)
{
    struct output *o = NULL;
    char path[512];
    int fd;
    vault_err err;

    path_of(path, at, "taken");
    if (output_open(&o, path) != VAULT_OK)
        return 100;
    fd = openat(at->dir, "taken", O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, "theirs", 6) != 6)
        return 101;
    close(fd);
    err = output_commit(&o);
    return o == NULL ? (int)err : 102;
}

static int
commit_to_a_free_name(struct place *at)
{
    struct output *o = NULL;
    char path[512];

    path_of(path, at, "free");
    if (output_open(&o, path) != VAULT_OK)
        return 100;
    if (fd_write_all(output_fd(o), "ours", 4, "it") != VAULT_OK)
        return 101;
    return (int)output_commit(&o);
}

static void
assert_commits_well(struct place *at, int (*taken)(struct place *), int (*untaken)(struct place *))
{
    assert_int_equal(in_child(taken, at), VAULT_ERR_INPUT);
    assert_content(at, "taken", "theirs");
    assert_int_equal(entries(at->dir, false), 1);
    assert_int_equal(in_child(untaken, at), VAULT_OK);
    assert_content(at, "free", "ours");
    assert_int_equal(entries(at->dir, false), 2);
}

static void
test_files__output_commit_never_overwrites(void **state)
{
    assert_commits_well(*state, commit_to_a_taken_name, commit_to_a_free_name);
}

/* Make renameat2 with flags, and if asked linkat, fail in this process as on file systems that do
 * not know them. */
static int
forget_calls(bool links_too)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(links_too ? SYS_linkat : -1), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof code / sizeof code[0], code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return -1;
    /* Proof that the filter bites. */
    if (renameat2(-1, "a", -1, "b", RENAME_NOREPLACE) == 0 || errno != EINVAL)
        return -1;
    return links_too && (linkat(-1, "a", -1, "b", 0) == 0 || errno != EPERM) ? -1 : 0;
}

static int
taken_by_link(struct place *at)
{
    return forget_calls(false) == 0 ? commit_to_a_taken_name(at) : 110;
}

static int
free_by_link(struct place *at)
{
    return forget_calls(false) == 0 ? commit_to_a_free_name(at) : 110;
}

static int
taken_by_rename(struct place *at)
{
    return forget_calls(true) == 0 ? commit_to_a_taken_name(at) : 110;
}

static int
free_by_rename(struct place *at)
{
    return forget_calls(true) == 0 ? commit_to_a_free_name(at) : 110;
}

static void
test_files__output_commit_without_the_rename_flag(void **state)
{
    assert_commits_well(*state, taken_by_link, free_by_link);
}

static void
test_files__output_commit_without_the_rename_flag_and_links(void **state)
{
    assert_commits_well(*state, taken_by_rename, free_by_rename);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files__dir_make_is_private_and_open),
        TEST(test_files__dir_make_refuses_what_is_there),
        TEST(test_files__dir_open_tells_missing_from_not_a_folder),
        TEST(test_files__dir_is_closed_to_others),
        TEST(test_files__second_lock_is_busy_until_the_first_closes),
        TEST(test_files__read_replaces_what_was_in_the_buffer),
        TEST(test_files__read_refuses_one_byte_over_the_maximum),
        TEST(test_files__read_large_file),
        TEST(test_files__read_of_a_file_without_a_size),
        TEST(test_files__read_refuses_symbolic_link),
        TEST(test_files__read_refuses_fifo_at_once),
        TEST(test_files__read_refuses_devices_and_folders),
        TEST(test_files__read_tells_missing),
        TEST(test_files__read_all_from_a_pipe_that_does_not_block),
        TEST(test_files__read_all_stops_at_its_maximum),
        TEST(test_files__write_all_goes_on_after_short_writes),
        TEST(test_files__write_all_reports_a_full_disk),
        TEST(test_files__create_is_private),
        TEST(test_files__create_never_overwrites),
        TEST(test_files__replace_makes_and_replaces_and_leaves_nothing_else),
        TEST(test_files__replace_takes_the_place_of_regular_files_only),
        TEST(test_files__create_leaves_nothing_when_the_disk_fills_up),
        TEST(test_files__swap_replaces_and_overwrites_the_old_content),
        TEST(test_files__swap_into_a_missing_name),
        TEST(test_files__swap_without_a_new_file_leaves_the_old_alone),
        TEST(test_files__swap_refuses_a_link_in_place_of_the_old),
        TEST(test_files__stage_wipes_a_leftover_first),
        TEST(test_files__wipe_overwrites_and_removes),
        TEST(test_files__wipe_of_a_missing_file_is_fine),
        TEST(test_files__wipe_removes_a_link_and_not_its_target),
        TEST(test_files__output_appears_only_at_commit),
        TEST(test_files__output_abort_leaves_nothing),
        TEST(test_files__output_abort_overwrites_what_was_written),
        TEST(test_files__output_whose_folder_cannot_be_synced_is_taken_back),
        TEST(test_files__output_refuses_an_existing_name),
        TEST(test_files__output_refuses_what_is_no_file_name),
        TEST(test_files__output_commit_never_overwrites),
        TEST(test_files__output_commit_without_the_rename_flag),
        TEST(test_files__output_commit_without_the_rename_flag_and_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
