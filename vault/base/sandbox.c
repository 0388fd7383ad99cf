/*
 * Two fences. Landlock knows paths; seccomp knows system calls, and closes what Landlock leaves.
 *
 * The filter of system calls is a list of what is allowed, as a list of what is forbidden misses
 * whatever the next kernel brings. What is on no list gets ENOSYS: a newer libc that tries a newer
 * call then falls back to the older one, as on an older kernel, and nothing breaks with it. Two
 * lists give another answer. `refused` gets EPERM: sockets and programs, which a library may well
 * ask for (syslog, name lookups) and must be able to do without. `hostile` kills the process: no
 * library of ours ever makes these calls, so somebody else's code is running here.
 *
 * Against Landlock's gaps, which it has in the kernels of today:
 *   - changing mode, owner, times or attributes by path is possible anywhere: not allowed at all;
 *   - below ABI 3 truncating by path is possible anywhere: truncate(2) is not allowed, nor is
 *     open(2) for reading with O_TRUNC;
 *   - /dev/tty was open before: TIOCSTI would type commands into the shell that started us. Of the
 *     ioctls only those are allowed that stdio and a prompt need.
 *
 * Both are built before anything is enforced, so that most failures change nothing.
 *
 * In a build with sanitizers the leak check must still be able to do its work, which is that of a
 * debugger: such a build is open to /proc, child processes and ptrace, and not for use.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "vault/base/sandbox.h"

#include <asm/termbits.h>       /* struct termios2, which the number of TCGETS2 holds the size of */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define CHECKED_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define CHECKED_BUILD 1
#endif
#endif
#ifndef CHECKED_BUILD
#define CHECKED_BUILD 0
#endif

static atomic_bool entered;

/* ---- Landlock ----------------------------------------------------------------------------- */

/* Written out, as the headers of Debian 12 end with ABI 2 and its newer kernels do not. */
#define FS_EXECUTE      (UINT64_C(1) << 0)
#define FS_WRITE_FILE   (UINT64_C(1) << 1)
#define FS_READ_FILE    (UINT64_C(1) << 2)
#define FS_READ_DIR     (UINT64_C(1) << 3)
#define FS_REMOVE_DIR   (UINT64_C(1) << 4)
#define FS_REMOVE_FILE  (UINT64_C(1) << 5)
#define FS_MAKE_DIR     (UINT64_C(1) << 7)
#define FS_MAKE_REG     (UINT64_C(1) << 8)
#define FS_REFER        (UINT64_C(1) << 13)
#define FS_TRUNCATE     (UINT64_C(1) << 14)
#define FS_IOCTL_DEV    (UINT64_C(1) << 15)
#define NET_ALL         UINT64_C(3)     /* bind and connect, TCP */
#define SCOPE_ALL       UINT64_C(3)     /* abstract sockets and signals stay inside */

#define RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1
#define RESTRICT_LOG_OFF (1u << 0)      /* refusals, with the paths, stay out of the audit log */
#define RESTRICT_TSYNC   (1u << 3)      /* all threads of the process */

#define READ_RIGHTS (FS_READ_FILE | FS_READ_DIR)
#define WRITE_RIGHTS (READ_RIGHTS | FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_MAKE_DIR | \
    FS_REMOVE_FILE | FS_REMOVE_DIR | FS_REFER)
/* The rights that a rule for a single file may hold. */
#define FILE_RIGHTS (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

struct ruleset_attr {
    uint64_t fs;
    uint64_t net;       /* from ABI 4 */
    uint64_t scoped;    /* from ABI 6 */
};
struct path_attr {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

/* What every process of ours needs, wherever the vault lies; what is missing here is left out. */
static const struct {
    const char *path;
    uint64_t rights;
} common[] = {
    {"/dev/tty", FS_READ_FILE | FS_WRITE_FILE | FS_IOCTL_DEV},
    {"/dev/null", FS_READ_FILE | FS_WRITE_FILE},    /* SQLite plugs closed descriptors with it */
    {"/dev/urandom", FS_READ_FILE},                 /* SQLite seeds its file names from it */
    {"/proc/meminfo", FS_READ_FILE},                /* key derivation: how much memory is there? */
    {"/proc/self/cgroup", FS_READ_FILE},
    {"/sys/fs/cgroup", FS_READ_FILE},
#if CHECKED_BUILD
    {"/proc", READ_RIGHTS},
#endif
};

int
sandbox_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);

    if (abi < 0)
        return 0;       /* not built in, not started, or kept from us by a container */
    return abi > SANDBOX_ABI_LATEST ? SANDBOX_ABI_LATEST : (int)abi;
}

/* All rights that this ABI knows: what is not handled is not denied. */
static uint64_t
handled_fs(int abi)
{
    unsigned bits = abi >= 9 ? 17 : abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;

    return (UINT64_C(1) << bits) - 1;
}

static size_t
attr_size(int abi)
{
    if (abi >= 6)
        return sizeof(struct ruleset_attr);
    return abi >= 4 ? offsetof(struct ruleset_attr, scoped) : offsetof(struct ruleset_attr, net);
}

static vault_err
allow_path(int rules, int fd, uint64_t rights, const char *path)
{
    struct path_attr rule = {.allowed = rights, .fd = fd};

    if (syscall(SYS_landlock_add_rule, rules, RULE_PATH_BENEATH, &rule, 0) != 0)
        return err_errno(errno, "the sandbox cannot be opened for %s", path);
    return VAULT_OK;
}

static vault_err
allow_folders(int rules, const char *const *dirs, uint64_t rights)
{
    vault_err err = VAULT_OK;

    for (; err == VAULT_OK && dirs != NULL && *dirs != NULL; dirs++) {
        int fd = open(*dirs, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0 && errno == ENOTDIR)
            return err_say(VAULT_ERR_INPUT, NULL, "%s is not a folder", *dirs);
        if (fd < 0)
            return err_errno(errno, "cannot open %s", *dirs);
        if (rules >= 0)
            err = allow_path(rules, fd, rights, *dirs);
        (void)close(fd);
    }
    return err;
}

static vault_err
allow_common(int rules, uint64_t handled)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < sizeof common / sizeof common[0]; i++) {
        uint64_t rights = common[i].rights & handled;
        struct stat st;
        int fd = open(common[i].path, O_PATH | O_CLOEXEC);

        if (fd < 0)
            continue;
        if (fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode))
            rights &= FILE_RIGHTS;
        err = allow_path(rules, fd, rights, common[i].path);
        (void)close(fd);
    }
    return err;
}

/* *rules is -1 when abi is 0; the folders are looked at all the same. */
static vault_err
landlock_build(int *rules, int abi, const char *const *read_dirs, const char *const *write_dirs)
{
    struct ruleset_attr attr = {.fs = handled_fs(abi), .net = NET_ALL, .scoped = SCOPE_ALL};
    int fd = -1;
    vault_err err = VAULT_OK;

    if (abi > 0) {
        fd = (int)syscall(SYS_landlock_create_ruleset, &attr, attr_size(abi), 0);
        if (fd < 0)
            return err_errno(errno, "the sandbox cannot be set up");
        err = allow_common(fd, attr.fs);
    }
    if (err == VAULT_OK)
        err = allow_folders(fd, read_dirs, READ_RIGHTS & attr.fs);
    if (err == VAULT_OK)
        err = allow_folders(fd, write_dirs, WRITE_RIGHTS & attr.fs);
    if (err == VAULT_OK)
        *rules = fd;
    else if (fd >= 0)
        (void)close(fd);
    return err;
}

static vault_err
landlock_enforce(int rules, int abi)
{
    unsigned flags = (abi >= 7 ? RESTRICT_LOG_OFF : 0) | (abi >= 8 ? RESTRICT_TSYNC : 0);

    if (syscall(SYS_landlock_restrict_self, rules, flags) != 0)
        return err_errno(errno, "the sandbox cannot be entered");
    return VAULT_OK;
}

/* ---- seccomp ------------------------------------------------------------------------------ */

static const char *const allowed[] = {
    /* files; how they are opened is looked at below */
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "close", "close_range", "lseek", "_llseek", "stat", "fstat", "lstat", "newfstatat",
    "stat64", "fstat64", "lstat64", "fstatat64", "statx", "statfs", "fstatfs", "statfs64",
    "fstatfs64", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents",
    "getdents64", "getcwd", "fsync", "fdatasync", "sync_file_range", "sync_file_range2",
    "ftruncate", "ftruncate64", "fallocate", "fadvise64", "fadvise64_64", "arm_fadvise64_64",
    "flock", "dup", "dup2", "dup3", "pipe", "pipe2", "copy_file_range", "mkdir", "mkdirat", "rmdir",
    "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "fchmod", "fchown",
    "fchown32", "umask",
    /* memory; what could be executed is looked at below */
    "brk", "munmap", "mremap", "madvise", "mincore", "msync", "mlock", "mlock2", "munlock",
    "mlockall", "munlockall", "membarrier", "mseal", "map_shadow_stack", "riscv_flush_icache",
    "getrandom",
    /* threads and time */
    "futex", "futex_time64", "futex_waitv", "futex_wake", "futex_wait", "futex_requeue",
    "set_robust_list", "get_robust_list", "set_tid_address", "set_thread_area", "set_tls", "rseq",
    "arch_prctl", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
    "sched_get_priority_max", "sched_get_priority_min", "getcpu", "gettid", "exit", "exit_group",
    "restart_syscall", "time", "gettimeofday", "clock_gettime", "clock_gettime64", "clock_getres",
    "clock_getres_time64", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "alarm",
    "getitimer", "setitimer", "timer_create", "timer_settime", "timer_settime64", "timer_gettime",
    "timer_gettime64", "timer_getoverrun", "timer_delete", "times",
    /* signals and waiting */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigpending",
    "rt_sigtimedwait", "rt_sigtimedwait_time64", "sigaction", "sigprocmask", "sigreturn",
    "sigaltstack", "pause", "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6",
    "pselect6_time64",
    /* who and where we are */
    "getpid", "getppid", "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32",
    "getegid", "getegid32", "getresuid", "getresuid32", "getresgid", "getresgid32", "getgroups",
    "getgroups32", "getpgrp", "getpgid", "getsid", "getpriority", "getrlimit", "ugetrlimit",
    "setrlimit", "getrusage", "uname", "sysinfo",
};

static const char *const refused[] = {
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg",
    "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "getsockopt", "setsockopt",
    "getsockname", "getpeername", "shutdown", "socketcall", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "execve", "execveat", "uselib",
    /* where Landlock does not look */
    "truncate", "truncate64", "chmod", "fchmodat", "fchmodat2", "chown", "chown32", "lchown",
    "lchown32", "fchownat", "utime", "utimes", "futimesat", "utimensat", "utimensat_time64",
    "setxattr", "lsetxattr", "setxattrat", "removexattr", "lremovexattr", "removexattrat",
};

/* Refused, but in a build with sanitizers. */
static const char *const of_debuggers[] = {"fork", "vfork", "wait4", "waitid", "waitpid"};

static const char *const hostile[] = {
    /* other processes and the kernel */
    "process_vm_readv", "process_vm_writev", "pidfd_getfd", "bpf", "perf_event_open",
    "userfaultfd", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
    "reboot", "swapon", "swapoff", "acct", "settimeofday", "clock_settime", "clock_settime64",
    "iopl", "ioperm", "modify_ldt", "personality", "add_key", "request_key", "keyctl",
    /* another view of the file system */
    "mount", "umount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree",
    "open_tree_attr", "move_mount", "mount_setattr", "fsopen", "fsconfig", "fsmount", "fspick",
    "open_by_handle_at",
};

/* One condition: the bits of `mask` in argument `arg` are `bits`. */
struct when {
    unsigned arg;
    uint64_t mask, bits;
};

/* Kernels take flags, commands and process ids as 32 bits, whatever stands above them. */
#define IS(n) UINT32_MAX, (uint32_t)(n)
#define NAMESPACES ((uint64_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME))
#if defined(__s390__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif
#define OPEN_BITS ((uint64_t)(O_ACCMODE | O_TRUNC))
#define FCNTL_FIRST_8 UINT32_MAX - 7, 0     /* flags and locks; from F_SETOWN on, signals */

static const struct {
    const char *call;
    uint32_t action;
    struct when when;
} judged[] = {
    {"open", SCMP_ACT_ALLOW, {1, O_TRUNC, 0}},
    {"open", SCMP_ACT_ALLOW, {1, OPEN_BITS, O_TRUNC | O_WRONLY}},
    {"open", SCMP_ACT_ALLOW, {1, OPEN_BITS, O_TRUNC | O_RDWR}},
    {"open", SCMP_ACT_ERRNO(EPERM), {1, OPEN_BITS, O_TRUNC | O_RDONLY}},
    {"openat", SCMP_ACT_ALLOW, {2, O_TRUNC, 0}},
    {"openat", SCMP_ACT_ALLOW, {2, OPEN_BITS, O_TRUNC | O_WRONLY}},
    {"openat", SCMP_ACT_ALLOW, {2, OPEN_BITS, O_TRUNC | O_RDWR}},
    {"openat", SCMP_ACT_ERRNO(EPERM), {2, OPEN_BITS, O_TRUNC | O_RDONLY}},

    {"fcntl", SCMP_ACT_ALLOW, {1, FCNTL_FIRST_8}},
    {"fcntl", SCMP_ACT_ALLOW, {1, IS(F_DUPFD_CLOEXEC)}},
    {"fcntl", SCMP_ACT_ALLOW, {1, IS(F_OFD_GETLK)}},
    {"fcntl", SCMP_ACT_ALLOW, {1, IS(F_OFD_SETLK)}},
    {"fcntl", SCMP_ACT_ALLOW, {1, IS(F_OFD_SETLKW)}},
#if !defined(__LP64__)
    {"fcntl64", SCMP_ACT_ALLOW, {1, FCNTL_FIRST_8}},
    {"fcntl64", SCMP_ACT_ALLOW, {1, IS(F_GETLK64)}},
    {"fcntl64", SCMP_ACT_ALLOW, {1, IS(F_SETLK64)}},
    {"fcntl64", SCMP_ACT_ALLOW, {1, IS(F_SETLKW64)}},
    {"fcntl64", SCMP_ACT_ALLOW, {1, IS(F_DUPFD_CLOEXEC)}},
#endif

    {"mmap2", SCMP_ACT_ALLOW, {2, PROT_EXEC, 0}},
    {"mmap2", SCMP_ACT_ERRNO(EPERM), {2, PROT_EXEC, PROT_EXEC}},
#if defined(__LP64__) && !defined(__s390__)     /* elsewhere mmap has its arguments in memory */
    {"mmap", SCMP_ACT_ALLOW, {2, PROT_EXEC, 0}},
    {"mmap", SCMP_ACT_ERRNO(EPERM), {2, PROT_EXEC, PROT_EXEC}},
#elif defined(__s390__)
    {"mmap", SCMP_ACT_ALLOW, {2, 0, 0}},
#endif
    {"mprotect", SCMP_ACT_ALLOW, {2, PROT_EXEC, 0}},
    {"mprotect", SCMP_ACT_ERRNO(EPERM), {2, PROT_EXEC, PROT_EXEC}},

    /* A thread, in no namespace of its own. (clone3 hides its flags in memory: as it gets ENOSYS,
     * libc comes here.) */
    {"clone", SCMP_ACT_ALLOW, {CLONE_FLAGS, CLONE_THREAD | NAMESPACES, CLONE_THREAD}},
    {"clone", CHECKED_BUILD ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM),
        {CLONE_FLAGS, CLONE_THREAD, 0}},
    {"prlimit64", SCMP_ACT_ALLOW, {0, IS(0)}},

    {"prctl", SCMP_ACT_ALLOW, {0, IS(PR_SET_NAME)}},
    {"prctl", SCMP_ACT_ALLOW, {0, IS(PR_GET_NAME)}},
    {"prctl", SCMP_ACT_ALLOW, {0, IS(PR_GET_DUMPABLE)}},
    {"prctl", SCMP_ACT_ALLOW, {0, IS(PR_GET_SECCOMP)}},
    {"prctl", SCMP_ACT_ALLOW, {0, IS(PR_GET_NO_NEW_PRIVS)}},
    {"prctl", SCMP_ACT_ALLOW, {0, IS(PR_SET_VMA)}},     /* glibc names its memory */

    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCGETS)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCSETS)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCSETSW)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCSETSF)}},
#ifdef TCGETS2      /* glibc 2.42 */
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCGETS2)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCSETS2)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCSETSW2)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCSETSF2)}},
#endif
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCFLSH)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TCSBRK)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TIOCGWINSZ)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(TIOCGPGRP)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(FIONREAD)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(FIONBIO)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(FIOCLEX)}},
    {"ioctl", SCMP_ACT_ALLOW, {1, IS(FIONCLEX)}},
};

/* Remembers the first failure; the rest is then skipped. */
struct filter {
    scmp_filter_ctx ctx;
    int rc;
};

static void
add(struct filter *f, uint32_t action, const char *call, const struct when *when)
{
    int nr = seccomp_syscall_resolve_name(call);
    struct scmp_arg_cmp cmp = {.op = SCMP_CMP_MASKED_EQ};

    /* A name that this machine, or this libseccomp, does not have gets the default. */
    if (f->rc != 0 || nr == __NR_SCMP_ERROR)
        return;
    if (when == NULL) {
        f->rc = seccomp_rule_add_array(f->ctx, action, nr, 0, NULL);
        return;
    }
    cmp.arg = when->arg;
    cmp.datum_a = when->mask;
    cmp.datum_b = when->bits;
    f->rc = seccomp_rule_add_array(f->ctx, action, nr, 1, &cmp);
}

#define ADD_ALL(f, action, names) do { \
    for (size_t i_ = 0; i_ < sizeof(names) / sizeof(names)[0]; i_++) \
        add(f, action, (names)[i_], NULL); \
} while (0)

static uint32_t
deadly(void)
{
    return seccomp_api_get() >= 3 ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_KILL_THREAD;
}

static void
add_rules(struct filter *f)
{
    const struct when to_us = {0, IS(getpid())};

    ADD_ALL(f, SCMP_ACT_ALLOW, allowed);
    ADD_ALL(f, SCMP_ACT_ERRNO(EPERM), refused);
    ADD_ALL(f, CHECKED_BUILD ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM), of_debuggers);
    ADD_ALL(f, deadly(), hostile);
    add(f, CHECKED_BUILD ? SCMP_ACT_ALLOW : deadly(), "ptrace", NULL);
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++)
        add(f, judged[i].action, judged[i].call, &judged[i].when);
    if (CHECKED_BUILD)
        add(f, SCMP_ACT_ALLOW, "prctl", NULL);      /* whatever its argument */
    /* raise and abort; with no children the id is ours for good. */
    add(f, SCMP_ACT_ALLOW, "tgkill", &to_us);
    add(f, SCMP_ACT_ALLOW, "kill", &to_us);
}

static void
set(struct filter *f, enum scmp_filter_attr what, uint32_t value)
{
    if (f->rc == 0)
        f->rc = seccomp_attr_set(f->ctx, what, value);
}

/* *ctx is NULL when the kernel has no seccomp. */
static vault_err
seccomp_build(scmp_filter_ctx *ctx)
{
    struct filter f = {.rc = 0};

    /* The kernel looks for the filter where there is none: it knows what a filter is. */
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == 0 || errno != EFAULT) {
        *ctx = NULL;
        return VAULT_OK;
    }
    f.ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (f.ctx == NULL)
        return err_say(VAULT_ERR_FAILED, NULL, "the sandbox cannot be set up");
    set(&f, SCMP_FLTATR_ACT_BADARCH, deadly());     /* also x32 */
    set(&f, SCMP_FLTATR_CTL_NNP, 1);
    set(&f, SCMP_FLTATR_CTL_TSYNC, 1);
    set(&f, SCMP_FLTATR_API_SYSRAWRC, 1);
    add_rules(&f);
    if (f.rc != 0) {
        seccomp_release(f.ctx);
        return err_errno(-f.rc, "the sandbox cannot be set up");
    }
    *ctx = f.ctx;
    return VAULT_OK;
}

static vault_err
seccomp_enforce(scmp_filter_ctx ctx)
{
    int rc = seccomp_load(ctx);

    if (rc != 0)
        return err_errno(-rc, "the sandbox cannot be entered");
    /* Offline is not assumed: ask for a socket. */
    if (syscall(SYS_socket, 1 /* AF_UNIX */, 1 /* SOCK_STREAM */, 0) != -1 || errno != EPERM)
        return err_say(VAULT_ERR_FAILED, NULL, "the sandbox was entered, but does not hold");
    return VAULT_OK;
}

/* ---- entering ----------------------------------------------------------------------------- */

/* The folder of our threads has a link for each, and two of its own. A thread that was joined can
 * still be there for a moment. Where /proc is missing, the answer is yes: then seccomp, which binds
 * all threads in any case, is what those others get. */
static bool
is_single_threaded(void)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    struct stat st;

    for (int i = 0; i < 100; i++) {
        if (stat("/proc/self/task", &st) != 0 || st.st_nlink <= 3)
            return true;
        (void)nanosleep(&moment, NULL);
    }
    return false;
}

/* What libc loads only when it is first needed must be there before. pthread_exit, with which
 * libargon2 ends its threads, wants libgcc_s, as backtrace does, and aborts without it. */
static void
load_the_late(void)
{
    void *frame;

    (void)backtrace(&frame, 1);
}

static vault_err
entered_already(void)
{
    return err_say(VAULT_ERR_FAILED, NULL, "this process is in its sandbox already");
}

static vault_err
enforce(scmp_filter_ctx ctx, int rules, int abi)
{
    vault_err err = VAULT_OK;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_errno(errno, "the sandbox cannot be entered");
    if (rules >= 0)
        err = landlock_enforce(rules, abi);
    if (err == VAULT_OK && ctx != NULL)
        err = seccomp_enforce(ctx);
    return err;
}

vault_err
sandbox_enter_abi(int max_abi, const char *const *read_dirs, const char *const *write_dirs,
    int *level)
{
    scmp_filter_ctx ctx = NULL;
    int rules = -1;
    int abi = sandbox_abi();
    vault_err err;

    if (atomic_load(&entered))
        return entered_already();
    if (abi > max_abi)
        abi = max_abi;
    if (abi > 0 && abi < 8 && !is_single_threaded())
        return err_say(VAULT_ERR_FAILED, NULL,
            "the sandbox must be entered before other threads are started");
    err = landlock_build(&rules, abi, read_dirs, write_dirs);
    if (err != VAULT_OK)
        goto done;
    err = seccomp_build(&ctx);
    if (err != VAULT_OK)
        goto done;
    load_the_late();

    if (atomic_exchange(&entered, true)) {
        err = entered_already();
        goto done;
    }
    err = enforce(ctx, rules, abi);
    if (err == VAULT_OK)
        *level = ctx == NULL ? SANDBOX_NONE : rules < 0 ? SANDBOX_SECCOMP : SANDBOX_BOTH;
done:
    if (ctx != NULL)
        seccomp_release(ctx);
    if (rules >= 0)
        (void)close(rules);
    return err;
}

vault_err
sandbox_enter(const char *const *read_dirs, const char *const *write_dirs, int *level)
{
    return sandbox_enter_abi(SANDBOX_ABI_LATEST, read_dirs, write_dirs, level);
}
