/*
 * memory.c - every allocation of a deed fails once, or from there on for ever. What the opening takes is left to
 * the deed `open`, as it is the same for all.
 *
 * Each in a process of its own: SQLCipher is known to crash where its set-up of OpenSSL finds no memory. A crash
 * in somebody else's library counts as one more kill, a crash in our own code is an error.
 */
#include "tests/fault/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/fault/alloc.h"

#define CRASH_ELSEWHERE 97

/* What the child left: its last error, and where it crashed. */
struct left {
    char said[600];
    char where[600];
};
static struct left *left;

/* Whose is the crash? The first on the stack that is neither libc nor our shim decides. */
static void
crashed(int sig)
{
    static const char *const NOBODY[] = { "/libc.so", "/ld-linux" };
    void *frame[64];
    Dl_info at, own;
    size_t n = 0;
    int depth = backtrace(frame, 64);
    bool ours = true;

    alloc_arm(ALLOC_OFF, 0);
    (void)dladdr((void *)(uintptr_t)&crashed, &own);
    for (int i = 1; i < depth && dladdr(frame[i], &at) != 0; i++) {
        bool nobody = strstr(at.dli_fname, NOBODY[0]) != NULL || strstr(at.dli_fname, NOBODY[1]) != NULL ||
            (at.dli_sname != NULL && strcmp(at.dli_sname, "free") == 0);
        if (n < sizeof left->where - 100)
            n += (size_t)snprintf(left->where + n, 100, " %s+%zx",
                at.dli_sname == NULL ? "?" : at.dli_sname,
                (size_t)((uintptr_t)frame[i] - (uintptr_t)at.dli_fbase));
        if (nobody)
            continue;
        ours = at.dli_fbase == own.dli_fbase;
        break;
    }
    (void)sig;
    _exit(ours ? 98 : CRASH_ELSEWHERE);
}

static void
catch_crashes(void)
{
    static char stack[64 << 10];
    struct sigaction act = { .sa_handler = crashed, .sa_flags = SA_ONSTACK };
    const stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
    void *frame[1];

    (void)backtrace(frame, 1);          /* loads what it needs while there is memory */

    (void)sigaltstack(&alt, NULL);
    (void)sigaction(SIGSEGV, &act, NULL);
    (void)sigaction(SIGBUS, &act, NULL);
    (void)sigaction(SIGABRT, &act, NULL);
    (void)sigaction(SIGFPE, &act, NULL);
}

static struct {
    enum alloc_mode mode;
    long at;
} wanted;

static void
arm(void)
{
    alloc_arm(wanted.mode, wanted.at);
}

/* Exit code of the deed when allocations fail. */
static int
run_starved(struct world *w, const struct deed *d, enum alloc_mode mode, long at)
{
    int status = 0;
    pid_t pid;

    memset(left, 0, sizeof *left);
    (void)fflush(stdout);
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        vault_err err;
        catch_crashes();
        wanted.mode = mode;
        wanted.at = at;
        if (d->run == NULL || d->is_new || d->done != NULL)
            arm();
        else
            w->opened = arm;
        err = deed_do(w, d);
        alloc_arm(ALLOC_OFF, 0);
        snprintf(left->said, sizeof left->said, "%s", vault_last_error()->text);
        _exit((int)err);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct sweep {
    long points, done, refused, elsewhere, wrong;
};

static void
judge(struct sweep *s, const char *what, int code)
{
    if (code == VAULT_OK)
        s->done++;
    else if (code == VAULT_ERR_NO_SPACE)
        s->refused++;
    else if (code == CRASH_ELSEWHERE)
        printf("crash %ld in another library: %s:%s\n", ++s->elsewhere, what, left->where);
    else if (s->wrong++ < 20)
        printf("%s: exit code %d: %s %s\n", what, code, left->said, left->where);
    s->points++;
}

static long
count_all(struct world *w, const struct deed *d)
{
    deed_prepare(w, d);
    if (run_starved(w, d, ALLOC_COUNT, 0) != VAULT_OK)
        die("%s: it fails undisturbed", d->name);
    return alloc_count();
}

static void
sweep(struct world *w, const struct options *opt, enum alloc_mode mode, struct sweep *s)
{
    const struct deed *d = deed_find(opt->deed);
    long all = count_all(w, d), step = all / (long)opt->rounds;
    struct outcome o;
    char what[120];

    outcome_of(w, d, &o);
    if (step < 1)
        step = 1;
    /* From another beginning each time, so that short forms look everywhere in the end. */
    for (long n = 1 + (long)(opt->seed % (unsigned long)step); n <= all; n += step) {
        int code;
        snprintf(what, sizeof what, "%s, allocation %ld%s fails", opt->deed, n,
            mode == ALLOC_ONCE ? "" : " and each later one");
        deed_prepare(w, d);
        code = run_starved(w, d, mode, n);
        judge(s, what, code);
        /* What is as it was needs no further look. */
        if (d->is_new ? access(w->work, F_OK) == 0 : !folder_same(deed_base(w, d), w->work))
            (void)outcome_check(w, &o, what);
    }
    printf("%s: of %ld allocations each %ld. failed %s\n", opt->deed, all, step,
        mode == ALLOC_ONCE ? "once" : "with all later ones");
    outcome_free(&o);
}

void
test_memory(struct world *w, const struct options *opt)
{
    struct sweep s = {0};
    void *p = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        die("mmap");
    left = p;
    sweep(w, opt, ALLOC_ONCE, &s);
    sweep(w, opt, ALLOC_FROM, &s);
    printf("%s: %ld points: %ld done all the same, %ld refused for want of memory, "
        "%ld crashes in other libraries\n", opt->deed, s.points, s.done, s.refused, s.elsewhere);
    vault_clear_error();
    if (s.wrong != 0)
        die("%ld times it was told wrongly", s.wrong);
    if (s.refused < 3)
        die("so few refusals: the shim is not between");
}
