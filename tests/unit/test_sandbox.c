/*
 * test_sandbox.c - what the sandbox closes, and what must still work inside.
 *
 * There is no way back out, so every case runs in a child of its own. What concerns files runs as
 * we are and, if that is root, also as nobody, each time as on kernels with Landlock ABI 1, 2, 3
 * and as on this one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>
#include "vault/base/sandbox.h"
#include "vault/keys/arena.h"
#include "vault/keys/kdf.h"
#include "vault/store/db.h"
#include "vault/vault.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define NOBODY 65534
#define KILLED (1000 + SIGSYS)

/* In a child: tell what did not hold, and end the case. */
#define HOLD(x) do { if (!(x)) { \
    fprintf(stderr, "test_sandbox.c:%d: %s does not hold (abi %d, uid %d, %s)\n", __LINE__, #x, \
        w->abi, (int)getuid(), strerror(errno)); \
    return 1; \
} } while (0)
/* `x` fails, for this reason. */
#define FAILS(x, e) HOLD((errno = 0, (x) == -1) && errno == (e))

/* What this machine can show. */
static bool no_seccomp;
static int kernel_abi;          /* of Landlock */

/* ---- a small world, for each case ---- */

struct world {
    int abi;
    bool as_nobody;
    char root[64];
    char in[80], other[80], ro[80], out[80];        /* may write, may write, may read, nothing */
    char in_file[96], ro_file[96], out_file[96], out_new[96];
};

static int
put_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ssize_t n = (ssize_t)strlen(text);

    if (fd < 0 || write(fd, text, (size_t)n) != n)
        return -1;
    return close(fd);
}

static long
size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static int
own(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return lchown(path, NOBODY, NOBODY);
}

/* Not below TMPDIR: nobody must be able to get there. */
static void
make_world(struct world *w)
{
    strcpy(w->root, "/tmp/withheld-sandbox-XXXXXX");
    assert_non_null(mkdtemp(w->root));
    snprintf(w->in, sizeof w->in, "%s/in", w->root);
    snprintf(w->other, sizeof w->other, "%s/other", w->root);
    snprintf(w->ro, sizeof w->ro, "%s/ro", w->root);
    snprintf(w->out, sizeof w->out, "%s/out", w->root);
    snprintf(w->in_file, sizeof w->in_file, "%s/file", w->in);
    snprintf(w->ro_file, sizeof w->ro_file, "%s/file", w->ro);
    snprintf(w->out_file, sizeof w->out_file, "%s/file", w->out);
    snprintf(w->out_new, sizeof w->out_new, "%s/new", w->out);
    assert_int_equal(mkdir(w->in, 0755) | mkdir(w->other, 0755) | mkdir(w->ro, 0755) |
        mkdir(w->out, 0755), 0);
    assert_int_equal(put_file(w->in_file, "inside") | put_file(w->ro_file, "readable") |
        put_file(w->out_file, "outside"), 0);
    if (w->as_nobody)
        assert_int_equal(nftw(w->root, own, 8, FTW_PHYS), 0);
}

static int
take_away(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int
become_nobody(void)
{
    return setgroups(0, NULL) | setresgid(NOBODY, NOBODY, NOBODY) |
        setresuid(NOBODY, NOBODY, NOBODY);
}

typedef int case_fn(const struct world *w);

/* What a child returned, or 1000 + the signal that ended it. */
static int
in_child(case_fn *f, const struct world *w)
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit none = {0, 0};

        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        signal(SIGILL, SIG_DFL);
        setrlimit(RLIMIT_CORE, &none);
        if (w->as_nobody && become_nobody() != 0)
            _exit(99);
        _exit(f(w));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int
once(case_fn *f, int abi, bool as_nobody)
{
    struct world w = {.abi = abi, .as_nobody = as_nobody};
    int result;

    make_world(&w);
    result = in_child(f, &w);
    assert_int_equal(nftw(w.root, take_away, 8, FTW_DEPTH | FTW_PHYS), 0);
    return result;
}

/* Here, with the newest of everything. */
static int
here(case_fn *f)
{
    return once(f, SANDBOX_ABI_LATEST, false);
}

/* Every kind of kernel from `abi` on, and every kind of user. */
static void
everywhere(case_fn *f, int abi)
{
    static const int kernels[] = {0, 1, 2, 3, SANDBOX_ABI_LATEST};

    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        if (kernels[i] < abi || (kernels[i] > kernel_abi && kernels[i] != SANDBOX_ABI_LATEST))
            continue;
        assert_int_equal(once(f, kernels[i], false), 0);
        if (getuid() == 0)
            assert_int_equal(once(f, kernels[i], true), 0);
    }
}

static int
enter(const struct world *w)
{
    const char *const reads[] = {w->ro, NULL}, *const writes[] = {w->in, w->other, NULL};
    int level = -1;
    vault_err err = sandbox_enter_abi(w->abi, reads, writes, &level);

    HOLD(err == VAULT_OK);
    HOLD(level == (w->abi > 0 && kernel_abi > 0 ? SANDBOX_BOTH : SANDBOX_SECCOMP));
    return 0;
}

static int
probe(void **state)
{
    (void)state;
    no_seccomp = prctl(PR_SET_SECCOMP, 2, NULL, 0, 0) == 0 || errno != EFAULT;
    kernel_abi = sandbox_abi();
    if (secret_process_init() != VAULT_OK)
        return -1;
    /* Valgrind writes programs of its own into memory, which the sandbox forbids. */
    if (RUNNING_ON_VALGRIND) {
        print_message("no sandbox under valgrind: nearly all is skipped\n");
        no_seccomp = true;
        return 0;
    }
    if (no_seccomp)
        print_message("no seccomp in this kernel: nearly all is skipped\n");
    if (kernel_abi == 0)
        print_message("no Landlock in this kernel: what concerns files is skipped\n");
    return 0;
}

static void
need_seccomp(void)
{
    if (no_seccomp)
        skip();
}

static void
need_landlock(void)
{
    if (no_seccomp || kernel_abi == 0)
        skip();
}

/* ---- sockets, programs, processes ---- */

static int
case_sockets(const struct world *w)
{
    char text[4] = "abc";
    struct iovec io = {text, sizeof text};
    struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
    int old[2], none[2];

    HOLD(socketpair(AF_UNIX, SOCK_STREAM, 0, old) == 0);
    HOLD(enter(w) == 0);
    FAILS(socket(AF_INET, SOCK_STREAM, 0), EPERM);
    FAILS(socket(AF_INET6, SOCK_DGRAM, 0), EPERM);
    FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
    FAILS(socket(AF_NETLINK, SOCK_RAW, 0), EPERM);
    FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, none), EPERM);
    FAILS(listen(old[0], 1), EPERM);
    FAILS(accept(old[0], NULL, NULL), EPERM);
    FAILS(send(old[0], text, 1, 0), EPERM);
    FAILS(recv(old[0], text, 1, MSG_DONTWAIT), EPERM);
    FAILS(sendmsg(old[0], &message, 0), EPERM);
    FAILS(recvmsg(old[0], &message, MSG_DONTWAIT), EPERM);
    FAILS(syscall(SYS_io_uring_setup, 1, NULL), EPERM);
    /* Standard input may be a socket. */
    HOLD(write(old[0], "x", 1) == 1 && read(old[1], text, 1) == 1 && text[0] == 'x');
    return 0;
}

static void
test_sandbox__there_are_no_sockets(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_sockets, 0);
}

static int
case_programs(const struct world *w)
{
    char *const argv[] = {"true", NULL};
    char *const envp[] = {NULL};
    pid_t pid;
    int fd = open("/bin/true", O_PATH | O_CLOEXEC);

    HOLD(fd >= 0 && enter(w) == 0);
    FAILS(execve("/bin/true", argv, envp), EPERM);
    FAILS(fexecve(fd, argv, envp), EPERM);
    if (!SANITIZED)
        HOLD(posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp) != 0);
    return 0;
}

static void
test_sandbox__there_are_no_programs(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_programs, 0);
}

static int
case_children(const struct world *w)
{
    uint64_t args[8] = {0};

    HOLD(enter(w) == 0);
    FAILS(syscall(SYS_clone3, args, sizeof args), ENOSYS);
    FAILS(syscall(SYS_clone, CLONE_NEWUSER | CLONE_THREAD | CLONE_VM | CLONE_SIGHAND, 0, 0, 0, 0),
        ENOSYS);
    if (SANITIZED)
        return 0;
    FAILS(fork(), EPERM);
    FAILS(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
#ifdef SYS_vfork
    FAILS(syscall(SYS_vfork), EPERM);
#endif
    return 0;
}

static void
test_sandbox__there_are_no_children(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_children, 0);
}

static volatile sig_atomic_t signals;

static void
count_signal(int sig)
{
    (void)sig;
    signals++;
}

static int
case_signals(const struct world *w)
{
    pid_t parent = getppid();

    signal(SIGUSR1, count_signal);
    HOLD(enter(w) == 0);
    HOLD(kill(parent, 0) == -1);
    HOLD(kill(-1, 0) == -1);
    HOLD(fcntl(STDERR_FILENO, F_SETOWN, parent) == -1);
    HOLD(raise(SIGUSR1) == 0 && signals == 1);
    HOLD(kill(getpid(), SIGUSR1) == 0 && signals == 2);
    HOLD(pthread_kill(pthread_self(), SIGUSR1) == 0 && signals == 3);
    abort();
}

static void
test_sandbox__signals_reach_only_ourselves(void **state)
{
    (void)state;
    need_seccomp();
    assert_int_equal(once(case_signals, 0, false), 1000 + SIGABRT);
    assert_int_equal(here(case_signals), 1000 + SIGABRT);
}

static int
case_executable_memory(const struct world *w)
{
    void *p;

    HOLD(enter(w) == 0);
    HOLD(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
        MAP_FAILED && errno == EPERM);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLD(p != MAP_FAILED);
    FAILS(mprotect(p, 4096, PROT_READ | PROT_EXEC), EPERM);
    HOLD(mprotect(p, 4096, PROT_READ) == 0);
    return 0;
}

static void
test_sandbox__no_memory_becomes_a_program(void **state)
{
    (void)state;
    need_seccomp();
    assert_int_equal(here(case_executable_memory), 0);
}

static int
case_dumpable(const struct world *w)
{
    HOLD(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && enter(w) == 0);
    HOLD(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1);
    HOLD(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    HOLD(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    HOLD(prctl(PR_SET_NAME, "name", 0, 0, 0) == 0);
    return 0;
}

static void
test_sandbox__process_stays_closed_to_debuggers(void **state)
{
    (void)state;
    need_seccomp();
    if (SANITIZED)
        skip();     /* its leak check is a debugger */
    assert_int_equal(here(case_dumpable), 0);
}

/* ---- calls that kill ---- */

#define HOSTILE(name, ...) \
    static int \
    hostile_##name(const struct world *w) \
    { \
        HOLD(enter(w) == 0); \
        HOLD(syscall(__VA_ARGS__) == 12345);    /* not reached */ \
        return 2; \
    }

HOSTILE(ptrace, SYS_ptrace, 0, 0, 0, 0)
HOSTILE(peek, SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)
HOSTILE(poke, SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0)
HOSTILE(mount, SYS_mount, "/tmp", "/tmp", NULL, 4096, NULL)
HOSTILE(umount, SYS_umount2, "/", 0)
HOSTILE(chroot, SYS_chroot, "/")
HOSTILE(pivot, SYS_pivot_root, "/", "/")
HOSTILE(unshare, SYS_unshare, 0)
HOSTILE(setns, SYS_setns, -1, 0)
HOSTILE(bpf, SYS_bpf, 0, NULL, 0)
HOSTILE(perf, SYS_perf_event_open, NULL, 0, 0, 0, 0)
HOSTILE(keyctl, SYS_keyctl, 0, 0, 0, 0, 0)
HOSTILE(add_key, SYS_add_key, "user", "x", "y", 1, 0)
HOSTILE(userfaultfd, SYS_userfaultfd, 0)
HOSTILE(module, SYS_finit_module, -1, "", 0)
HOSTILE(kexec, SYS_kexec_load, 0, 0, NULL, 0)
HOSTILE(personality, SYS_personality, 0x0400000)
HOSTILE(by_handle, SYS_open_by_handle_at, -1, NULL, 0)

static void
test_sandbox__hostile_calls_kill(void **state)
{
    static case_fn *const all[] = {hostile_peek, hostile_poke, hostile_mount, hostile_umount,
        hostile_chroot, hostile_pivot, hostile_unshare, hostile_setns, hostile_bpf, hostile_perf,
        hostile_keyctl, hostile_add_key, hostile_userfaultfd, hostile_module, hostile_kexec,
        hostile_personality, hostile_by_handle};

    (void)state;
    need_seccomp();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_int_equal(here(all[i]), KILLED);
    if (!SANITIZED)
        assert_int_equal(here(hostile_ptrace), KILLED);
}

#if defined(__x86_64__) && defined(__LP64__)
HOSTILE(x32, 0x40000000 | SYS_getpid)

/* getpid by the calls of 32-bit programs. */
static int
case_int80(const struct world *w)
{
    long nr = 20;

    HOLD(enter(w) == 0);
    __asm__ volatile("int $0x80" : "+a"(nr) : : "memory", "r8", "r9", "r10", "r11");
    HOLD(nr == 12345);      /* not reached */
    return 2;
}
#endif

static void
test_sandbox__other_architectures_kill(void **state)
{
    (void)state;
    need_seccomp();
#if defined(__x86_64__) && defined(__LP64__)
    int result = here(case_int80);

    assert_true(result == KILLED || result == 1000 + SIGSEGV);  /* the kernel has no such calls */
    assert_int_equal(here(hostile_x32), KILLED);
#else
    skip();
#endif
}

static int
case_unknown(const struct world *w)
{
    HOLD(enter(w) == 0);
    FAILS(syscall(1000), ENOSYS);       /* not given out yet */
    FAILS(syscall(SYS_memfd_create, "x", 0), ENOSYS);
    FAILS(syscall(SYS_openat2, AT_FDCWD, ".", NULL, 0), ENOSYS);
    return 0;
}

static void
test_sandbox__unknown_calls_are_as_on_an_older_kernel(void **state)
{
    (void)state;
    need_seccomp();
    assert_int_equal(here(case_unknown), 0);
}

/* ---- threads ---- */

static void *
inside(void *world)
{
    const struct world *w = world;
    bool confined = socket(AF_UNIX, SOCK_STREAM, 0) == -1 && errno == EPERM &&
        (w->abi == 0 || kernel_abi == 0 || open(w->out_file, O_RDONLY) == -1);

    pthread_exit(confined ? world : NULL);
}

static int
case_threads(const struct world *w)
{
    pthread_t thread[4];

    HOLD(enter(w) == 0);
    for (int i = 0; i < 4; i++)
        HOLD(pthread_create(&thread[i], NULL, inside, (void *)(uintptr_t)w) == 0);
    for (int i = 0; i < 4; i++) {
        void *confined = NULL;

        HOLD(pthread_join(thread[i], &confined) == 0 && confined != NULL);
    }
    return 0;
}

static void
test_sandbox__new_threads_work_and_are_confined(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_threads, 0);
}

static pthread_barrier_t barrier;

static void *
begin_outside(void *world)
{
    pthread_barrier_wait(&barrier);     /* it runs */
    pthread_barrier_wait(&barrier);     /* the sandbox was entered, or refused */
    return inside(world);
}

static int
case_old_thread(const struct world *w)
{
    pthread_t thread;
    void *confined = NULL;

    HOLD(pthread_barrier_init(&barrier, NULL, 2) == 0);
    HOLD(pthread_create(&thread, NULL, begin_outside, (void *)(uintptr_t)w) == 0);
    pthread_barrier_wait(&barrier);
    HOLD(enter(w) == 0);
    pthread_barrier_wait(&barrier);
    HOLD(pthread_join(thread, &confined) == 0 && confined != NULL);
    return 0;
}

static int
case_old_thread_refused(const struct world *w)
{
    int level = -1;
    pthread_t thread;

    HOLD(pthread_barrier_init(&barrier, NULL, 2) == 0);
    HOLD(pthread_create(&thread, NULL, begin_outside, (void *)(uintptr_t)w) == 0);
    pthread_barrier_wait(&barrier);
    HOLD(sandbox_enter_abi(w->abi, NULL, NULL, &level) == VAULT_ERR_FAILED && level == -1);
    HOLD(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);     /* nothing was begun */
    pthread_barrier_wait(&barrier);
    HOLD(pthread_join(thread, NULL) == 0);
    HOLD(enter(w) == 0);                            /* now we are alone */
    return 0;
}

static void
test_sandbox__no_thread_stays_outside(void **state)
{
    (void)state;
    need_seccomp();
    assert_int_equal(once(case_old_thread, 0, false), 0);
    need_landlock();
    assert_int_equal(here(kernel_abi >= 8 ? case_old_thread : case_old_thread_refused), 0);
    assert_int_equal(once(case_old_thread_refused, 2, false), 0);
}

/* ---- files ---- */

static int
case_outside(const struct world *w)
{
    char to[128];

    HOLD(enter(w) == 0);
    FAILS(open("/etc/passwd", O_RDONLY), EACCES);
    FAILS(open(w->out_file, O_RDONLY), EACCES);
    FAILS(open(w->out_file, O_WRONLY), EACCES);
    FAILS(open(w->out_new, O_WRONLY | O_CREAT, 0600), EACCES);
    FAILS(open(w->out, O_RDONLY | O_DIRECTORY), EACCES);
    FAILS(open(w->root, O_RDONLY | O_DIRECTORY), EACCES);
    FAILS(open("/", O_RDONLY | O_DIRECTORY), EACCES);
    FAILS(unlink(w->out_file), EACCES);
    FAILS(mkdir(w->out_new, 0700), EACCES);
    FAILS(rmdir(w->out), EACCES);
    HOLD(rename(w->out_file, w->out_new) == -1);
    HOLD(rename(w->in_file, w->out_new) == -1);
    HOLD(link(w->in_file, w->out_new) == -1);
    snprintf(to, sizeof to, "%s/taken", w->in);
    HOLD(rename(w->out_file, to) == -1);
    HOLD(link(w->out_file, to) == -1);
    HOLD(size_of(w->out_file) == 7 && size_of(w->out_new) == -1 && size_of(to) == -1);
    FAILS(open("/proc/self/environ", O_RDONLY), EACCES);
    FAILS(open("/proc/self/mem", O_RDWR), EACCES);
    FAILS(open("/dev/shm/withheld-test", O_RDWR | O_CREAT, 0600), EACCES);
    return 0;
}

static void
test_sandbox__nothing_outside_can_be_opened_or_made(void **state)
{
    (void)state;
    need_landlock();
    if (SANITIZED)
        skip();     /* its leak check needs /proc */
    everywhere(case_outside, 1);
}

/* Landlock has nothing to say about these, below ABI 3 or at all. */
static int
case_gaps(const struct world *w)
{
    const struct timespec past[2] = {{0}, {0}};

    HOLD(enter(w) == 0);
    FAILS(truncate(w->out_file, 0), EPERM);
    FAILS(open(w->out_file, O_RDONLY | O_TRUNC), EPERM);
    FAILS(chmod(w->out_file, 0777), EPERM);
    FAILS(chown(w->out_file, getuid(), getgid()), EPERM);
    FAILS(utimensat(AT_FDCWD, w->out_file, past, 0), EPERM);
    HOLD(size_of(w->out_file) == 7);
    return 0;
}

static void
test_sandbox__nothing_outside_can_be_cut_or_changed(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_gaps, 0);
}

static int
case_inside(const struct world *w)
{
    char a[128], b[128], dir[128];
    int fd, at;

    HOLD(enter(w) == 0);
    snprintf(a, sizeof a, "%s/a", w->in);
    snprintf(b, sizeof b, "%s/b", w->in);
    snprintf(dir, sizeof dir, "%s/dir", w->in);
    HOLD(put_file(a, "content") == 0 && size_of(a) == 7);
    HOLD(put_file(a, "new") == 0 && size_of(a) == 3);       /* with O_TRUNC */
    fd = open(a, O_RDWR);
    HOLD(fd >= 0 && ftruncate(fd, 1) == 0 && fsync(fd) == 0 && size_of(a) == 1);
    HOLD(fchmod(fd, 0600) == 0 && close(fd) == 0);
    HOLD(rename(a, b) == 0 && size_of(a) == -1 && size_of(b) == 1);
    HOLD(rename(b, w->in_file) == 0 && size_of(w->in_file) == 1);   /* over another */
    at = open(w->in, O_RDONLY | O_DIRECTORY);
    HOLD(at >= 0 && fsync(at) == 0);
    HOLD(linkat(at, "file", at, "second", 0) == 0 && unlinkat(at, "second", 0) == 0);
    HOLD(renameat2(at, "file", at, "third", RENAME_NOREPLACE) == 0);
    HOLD(unlinkat(at, "third", 0) == 0 && size_of(w->in_file) == -1);
    HOLD(mkdir(dir, 0700) == 0);
    snprintf(a, sizeof a, "%s/dir/a", w->in);
    HOLD(put_file(a, "deep") == 0 && unlink(a) == 0 && rmdir(dir) == 0);
    return 0;
}

static void
test_sandbox__allowed_folder_can_be_worked_in(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_inside, 0);
}

static int
case_across(const struct world *w)
{
    char to[128], dir[128];

    HOLD(enter(w) == 0);
    snprintf(to, sizeof to, "%s/moved", w->other);
    snprintf(dir, sizeof dir, "%s/dir", w->in);
    if (w->abi == 1) {
        FAILS(rename(w->in_file, to), EXDEV);
        return 0;
    }
    HOLD(rename(w->in_file, to) == 0 && size_of(to) == 6);
    HOLD(mkdir(dir, 0700) == 0);
    snprintf(dir, sizeof dir, "%s/dir/back", w->in);
    HOLD(rename(to, dir) == 0 && size_of(dir) == 6);
    return 0;
}

static void
test_sandbox__files_move_between_allowed_folders(void **state)
{
    (void)state;
    need_landlock();
    everywhere(case_across, 1);
}

static int
case_no_ways_out(const struct world *w)
{
    char path[128];

    snprintf(path, sizeof path, "%s/old", w->in);
    HOLD(symlink(w->out_file, path) == 0 && enter(w) == 0);
    FAILS(open(path, O_RDONLY), EACCES);
    snprintf(path, sizeof path, "%s/../out/file", w->in);
    FAILS(open(path, O_RDONLY), EACCES);
    snprintf(path, sizeof path, "%s/new", w->in);
    HOLD(symlink(w->out_file, path) == -1);
    HOLD(mkfifo(path, 0600) == -1);
    HOLD(mknod(path, S_IFCHR | 0600, (1 << 8) | 3) == -1);
    return 0;
}

static void
test_sandbox__allowed_folder_has_no_way_out(void **state)
{
    (void)state;
    need_landlock();
    everywhere(case_no_ways_out, 1);
}

static int
case_read_only(const struct world *w)
{
    char new[128], text[16];
    DIR *d;
    int fd;

    HOLD(enter(w) == 0);
    fd = open(w->ro_file, O_RDONLY);
    HOLD(fd >= 0 && read(fd, text, sizeof text) == 8);
    d = opendir(w->ro);
    HOLD(d != NULL && readdir(d) != NULL);
    closedir(d);
    FAILS(open(w->ro_file, O_WRONLY), EACCES);
    FAILS(open(w->ro_file, O_RDWR | O_TRUNC), EACCES);
    FAILS(unlink(w->ro_file), EACCES);
    snprintf(new, sizeof new, "%s/new", w->ro);
    FAILS(open(new, O_WRONLY | O_CREAT, 0600), EACCES);
    HOLD(rename(w->in_file, new) == -1 && size_of(new) == -1);
    HOLD(size_of(w->ro_file) == 8);
    return 0;
}

static void
test_sandbox__read_folder_can_only_be_read(void **state)
{
    (void)state;
    need_landlock();
    everywhere(case_read_only, 1);
}

static int
case_open_files(const struct world *w)
{
    int fd = open(w->out_file, O_RDWR), dir = open(w->out, O_RDONLY | O_DIRECTORY);
    char text[8];

    HOLD(fd >= 0 && dir >= 0 && enter(w) == 0);
    HOLD(read(fd, text, 7) == 7 && write(fd, "more", 4) == 4 && ftruncate(fd, 1) == 0);
    FAILS(openat(dir, "file", O_RDONLY), EACCES);   /* an open folder opens nothing more */
    return 0;
}

static void
test_sandbox__open_files_stay_usable(void **state)
{
    (void)state;
    need_landlock();
    everywhere(case_open_files, 1);
}

static int
case_terminal(const struct world *w)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave, tty;
    const char *name = master < 0 || unlockpt(master) != 0 ? NULL : ptsname(master);
    struct termios t;
    struct winsize size;
    char key = 'x';

    if (name == NULL)
        return 77;
    HOLD(setsid() != -1);
    slave = open(name, O_RDWR);
    HOLD(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0 && enter(w) == 0);
    tty = open("/dev/tty", O_RDWR | O_NOCTTY);
    HOLD(tty >= 0);
    for (int i = 0; i < 2; i++) {
        int fd = i == 0 ? slave : tty;

        HOLD(isatty(fd) == 1 && tcgetattr(fd, &t) == 0 && tcsetattr(fd, TCSANOW, &t) == 0);
        HOLD(ioctl(fd, TIOCGWINSZ, &size) == 0 && tcgetpgrp(fd) == getpgrp());
        HOLD(ioctl(fd, TIOCSTI, &key) == -1);       /* it would type into the shell */
        HOLD(syscall(SYS_ioctl, fd, (1UL << 32) | TIOCSTI, &key) == -1);
        HOLD(write(fd, "x", 1) == 1);
    }
    return 0;
}

static void
test_sandbox__terminal_can_be_asked_but_not_typed_into(void **state)
{
    (void)state;
    need_seccomp();
    if (here(case_terminal) == 77)
        skip();     /* no pseudo-terminals here */
    assert_int_equal(here(case_terminal), 0);
    assert_int_equal(once(case_terminal, 2, false), 0);
}

/* ---- what the library needs inside ---- */

static int
case_key_derivation(const struct world *w)
{
    static const uint8_t salt[KDF_SALT_BYTES] = {1};
    const struct kdf_cost cost = {.mem_kib = 1024, .passes = 1, .lanes = KDF_LANES};
    struct memory before, after;
    struct secret *pass = NULL, *outside = NULL, *key = NULL;

    HOLD(secret_new(&pass, 8) == VAULT_OK);
    memory_look(&before, "");
    HOLD(enter(w) == 0);
    /* Its threads end with pthread_exit, and none has before. */
    HOLD(kdf_derive(&key, pass, salt, &cost) == VAULT_OK && secret_len(key) == 32);
    HOLD(kdf_derive(&outside, pass, salt, &cost) == VAULT_OK && secret_equal(key, outside) == 1);
    memory_look(&after, "");
    HOLD(after.total == before.total && after.available != UINT64_MAX);
    secret_free(pass);
    secret_free(outside);
    secret_free(key);
    return 0;
}

static void
test_sandbox__keys_can_be_derived_inside(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_key_derivation, 0);
}

static int
put_rows(struct db *db, const struct world *w, int64_t from, int64_t n)
{
    static uint8_t blob[5000];

    HOLD(db_begin(db) == VAULT_OK);
    for (int64_t i = from; i < from + n; i++)
        HOLD(db_put(db, DB_OPEN_BLOB, i, (struct part){blob, sizeof blob}) == VAULT_OK);
    HOLD(db_commit(db) == VAULT_OK);
    return 0;
}

static int
case_database(const struct world *w)
{
    static const char text[] = "x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        "000102030405060708090a0b0c0d0e0f'";
    char path[128], second[128];
    struct secret *key = NULL;
    struct db *db = NULL, *made_inside = NULL;
    struct buf b = BUF_INIT;

    snprintf(path, sizeof path, "%s/records.db", w->in);
    snprintf(second, sizeof second, "%s/records.db.new", w->in);
    HOLD(secret_copy(&key, text, 99) == VAULT_OK);
    HOLD(db_open(&db, path, key, DB_CREATE) == VAULT_OK);
    HOLD(put_rows(db, w, 1, 10) == 0);
    HOLD(enter(w) == 0);
    HOLD(put_rows(db, w, 11, 100) == 0);
    HOLD(db_open(&made_inside, second, key, DB_CREATE) == VAULT_OK);
    HOLD(put_rows(made_inside, w, 1, 10) == 0);
    db_close(made_inside);
    db_close(db);
    HOLD(db_open(&db, path, key, DB_OPEN) == VAULT_OK);     /* as `check` does */
    HOLD(db_get(db, DB_OPEN_BLOB, 110, &b) == VAULT_OK && b.n == 5000);
    db_close(db);
    buf_free(&b);
    secret_free(key);
    return 0;
}

static void
test_sandbox__database_works_inside(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_database, 0);
}

/* ---- entering ---- */

static int
case_missing_folder(const struct world *w)
{
    const char *const missing[] = {w->in, w->out_new, NULL}, *const file[] = {w->in_file, NULL};
    int level = -1;

    HOLD(sandbox_enter_abi(w->abi, missing, NULL, &level) == VAULT_ERR_NOT_FOUND);
    HOLD(sandbox_enter_abi(w->abi, NULL, missing, &level) == VAULT_ERR_NOT_FOUND);
    HOLD(sandbox_enter_abi(w->abi, NULL, file, &level) == VAULT_ERR_INPUT);
    HOLD(vault_last_error()->text[0] != '\0');
    HOLD(level == -1 && socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    HOLD(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
    HOLD(enter(w) == 0);
    return 0;
}

static void
test_sandbox__wrong_folder_changes_nothing(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_missing_folder, 0);
}

static int
case_twice(const struct world *w)
{
    int level = -1;

    HOLD(enter(w) == 0);
    HOLD(sandbox_enter(NULL, NULL, &level) == VAULT_ERR_FAILED && level == -1);
    return 0;
}

static void
test_sandbox__second_entry_is_refused(void **state)
{
    (void)state;
    need_seccomp();
    everywhere(case_twice, 0);
}

static int
case_tight(const struct world *w)
{
    int level = -1;

    HOLD(sandbox_enter(NULL, NULL, &level) == VAULT_OK);
    HOLD(level == (kernel_abi == 0 ? SANDBOX_SECCOMP : SANDBOX_BOTH));
    HOLD(kernel_abi == 0 || open(w->in_file, O_RDONLY) == -1);
    return 0;
}

static void
test_sandbox__no_folder_is_needed(void **state)
{
    (void)state;
    need_seccomp();
    assert_int_equal(here(case_tight), 0);
}

/* ---- vault_process_* ---- */

static int
case_public(const struct world *w)
{
    const char *const dirs[] = {w->in, NULL}, *const none[] = {NULL}, *const missing[] = {"", NULL};
    int level = -1;

    HOLD(vault_process_init() == VAULT_OK);
    HOLD(vault_process_confine(none, missing, &level) == VAULT_ERR_NOT_FOUND);
    HOLD(vault_process_confine(none, dirs, &level) == VAULT_OK);
    HOLD(vault_last_error()->text[0] == '\0' && vault_last_error()->code == VAULT_OK);
    HOLD(level == (kernel_abi == 0 ? 1 : 2));
    FAILS(socket(AF_INET, SOCK_STREAM, 0), EPERM);
    HOLD(put_file(w->in_file, "x") == 0);
    return 0;
}

static void
test_process__confine_reports_its_level(void **state)
{
    (void)state;
    need_seccomp();
    assert_int_equal(here(case_public), 0);
}

static int
case_preload(const struct world *w)
{
    static const char *const names[] = {"LD_PRELOAD", "LD_AUDIT"};
    static const char *const bad[] = {"/usr/lib/libgtk3-nocsd.so", "x.so", ":/tmp/vgpreload_x/y.so",
        "/usr/libexec/valgrind/vgpreload_core-amd64-linux.so:/tmp/x.so"};

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            setenv(names[i], bad[k], 1);
            HOLD(vault_process_init() == VAULT_ERR_REFUSED);
            HOLD(strstr(vault_last_error()->text, names[i]) != NULL);
            HOLD(strstr(vault_last_error()->hint, names[i]) != NULL);
            HOLD(vault_last_error()->accept[0] == '\0');
            HOLD(strstr(vault_last_error()->text, bad[k]) == NULL);
        }
        unsetenv(names[i]);
    }
    setenv("LD_PRELOAD", "", 1);
    HOLD(vault_process_init() == VAULT_OK);
    setenv("LD_PRELOAD", "/usr/libexec/valgrind/vgpreload_core-amd64-linux.so:"
        "/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so", 1);
    HOLD(vault_process_init() == VAULT_OK);
    HOLD(vault_last_error()->text[0] == '\0');
    return 0;
}

static void
test_process__preloaded_libraries_are_refused(void **state)
{
    (void)state;
    assert_int_equal(here(case_preload), 0);
}

static int
case_environment(const struct world *w)
{
    static const char *const gone[] = {"LD_LIBRARY_PATH", "LD_DEBUG", "SQLITE_TMPDIR",
        "SQLITE_HISTORY", "OPENSSL_CONF", "OPENSSL_MODULES", "GCONV_PATH"};
    static const char *const kept[] = {"LANG", "TERM", "WITHHELD_VAULT", "OLD_PATH", "TMPDIR"};

    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        setenv(gone[i], "/tmp/x", 1);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        setenv(kept[i], "/tmp/x", 1);
    umask(0);
    HOLD(vault_process_init() == VAULT_OK);
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        HOLD(getenv(gone[i]) == NULL);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        HOLD(getenv(kept[i]) != NULL);
    HOLD(umask(0) == 077);
    return 0;
}

static void
test_process__environment_of_libraries_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(here(case_environment), 0);
}

static void
test_process__libraries_tell_their_versions(void **state)
{
    static const char *const names[] = {"withheld", "libsodium", "sqlcipher", "sqlite", "argon2",
        "jansson", "utf8proc", "openssl", "seccomp", "glpk"};
    const struct vault_library *l = vault_libraries();

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_string_equal(l[i].name, names[i]);
        assert_non_null(l[i].version);
        assert_true(l[i].version[0] >= '0' && l[i].version[0] <= '9');
        assert_non_null(strchr(l[i].version, '.'));
    }
    assert_null(l[sizeof names / sizeof names[0]].name);
    assert_ptr_equal(vault_libraries(), l);
}

static void
test_process__text_is_made_safe(void **state)
{
    static const char *const names[] = {"import", "init"};
    char *safe = vault_escape("a\033[2J\xe2\x80\xae\nb", false);

    (void)state;
    assert_non_null(safe);
    assert_null(strchr(safe, '\033'));
    assert_null(strchr(safe, '\n'));
    assert_null(strstr(safe, "\xe2\x80\xae"));
    vault_free(safe);
    safe = vault_escape("a\nb", true);
    assert_string_equal(safe, "a\nb");
    vault_free(safe);
    safe = vault_escape("", false);
    assert_string_equal(safe, "");
    vault_free(safe);
    vault_free(NULL);
    assert_int_equal(vault_width("\xea\xb0\x80x"), 3);
    assert_string_equal(vault_nearest("imprt", names, 2), "import");
    assert_null(vault_nearest("wholly", names, 2));
}

static void
test_process__escaping_keeps_the_error(void **state)
{
    struct secret *s = NULL;
    char *safe;

    (void)state;
    assert_int_equal(vault_secret_new(&s, 0), VAULT_ERR_INPUT);
    safe = vault_escape(vault_last_error()->text, false);
    assert_string_equal(safe, vault_last_error()->text);
    assert_true(safe[0] != '\0');
    vault_free(safe);
    assert_int_equal(vault_secret_new(&s, 4), VAULT_OK);
    assert_true(vault_last_error()->text[0] == '\0');
    assert_true(vault_secret_equal(s, s));
    vault_secret_set_len(s, 2);
    assert_int_equal(vault_secret_len(s), 2);
    vault_secret_free(s);
    vault_secret_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sandbox__there_are_no_sockets),
        cmocka_unit_test(test_sandbox__there_are_no_programs),
        cmocka_unit_test(test_sandbox__there_are_no_children),
        cmocka_unit_test(test_sandbox__signals_reach_only_ourselves),
        cmocka_unit_test(test_sandbox__no_memory_becomes_a_program),
        cmocka_unit_test(test_sandbox__process_stays_closed_to_debuggers),
        cmocka_unit_test(test_sandbox__hostile_calls_kill),
        cmocka_unit_test(test_sandbox__other_architectures_kill),
        cmocka_unit_test(test_sandbox__unknown_calls_are_as_on_an_older_kernel),
        cmocka_unit_test(test_sandbox__new_threads_work_and_are_confined),
        cmocka_unit_test(test_sandbox__no_thread_stays_outside),
        cmocka_unit_test(test_sandbox__nothing_outside_can_be_opened_or_made),
        cmocka_unit_test(test_sandbox__nothing_outside_can_be_cut_or_changed),
        cmocka_unit_test(test_sandbox__allowed_folder_can_be_worked_in),
        cmocka_unit_test(test_sandbox__files_move_between_allowed_folders),
        cmocka_unit_test(test_sandbox__allowed_folder_has_no_way_out),
        cmocka_unit_test(test_sandbox__read_folder_can_only_be_read),
        cmocka_unit_test(test_sandbox__open_files_stay_usable),
        cmocka_unit_test(test_sandbox__terminal_can_be_asked_but_not_typed_into),
        cmocka_unit_test(test_sandbox__keys_can_be_derived_inside),
        cmocka_unit_test(test_sandbox__database_works_inside),
        cmocka_unit_test(test_sandbox__wrong_folder_changes_nothing),
        cmocka_unit_test(test_sandbox__second_entry_is_refused),
        cmocka_unit_test(test_sandbox__no_folder_is_needed),
        cmocka_unit_test(test_process__confine_reports_its_level),
        cmocka_unit_test(test_process__preloaded_libraries_are_refused),
        cmocka_unit_test(test_process__environment_of_libraries_is_dropped),
        cmocka_unit_test(test_process__libraries_tell_their_versions),
        cmocka_unit_test(test_process__text_is_made_safe),
        cmocka_unit_test(test_process__escaping_keeps_the_error),
    };

    return cmocka_run_group_tests(tests, probe, NULL);
}
