/*
 * memory.c - every allocation of a deed fails once, or from there on for ever; with --places not every one of hundreds that come from
 * one place. What the opening takes is left to the deed `open`, as it is the same for all.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/fault/alloc.h"
#include "tests/fault/lots.h"

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

struct point {
    enum alloc_mode mode;
    long at;
};

/* ---- the vault opened once for all points that leave it as it is ---- */

/*
 * Opening takes ten times what most points take, and is the same for all. So a process opens the vault, and each point is a
 * child of it that goes on from there. What that one changed is put back into the very files; where it replaced a file, the process
 * that has the old one open is ended, without closing anything.
 */
static struct {
    pid_t pid;                  /* 0: none */
    int ask, asked, tell, told; /* ends of two pipes */
    ino_t keys, db;             /* the files that it knows */
} opener;

static int
wait_for(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In the child: do it and end. */
_Noreturn static void
end_with(vault_err err)
{
    alloc_arm(ALLOC_OFF, 0);
    snprintf(left->said, sizeof left->said, "%s", vault_last_error()->text);
    _exit((int)err);
}

/* Between the opening and the deed: returns in a child for each point that is asked for. */
static void
serve(void)
{
    struct point p;

    (void)close(opener.ask);
    (void)close(opener.told);
    for (;;) {
        pid_t pid;
        int code;
        if (read(opener.asked, &p, sizeof p) != (ssize_t)sizeof p)
            _exit(0);
        pid = fork();
        if (pid == 0) {
            lots_fix(0);
            catch_crashes();
            alloc_arm(p.mode, p.at);
            return;
        }
        code = pid < 0 ? 99 : wait_for(pid);
        if (write(opener.tell, &code, sizeof code) != (ssize_t)sizeof code)
            _exit(99);
    }
}

static ino_t
inode_of(const struct world *w, const char *name)
{
    struct stat st = { .st_ino = 0 };
    char path[300];

    snprintf(path, sizeof path, "%s/%s", w->work, name);
    (void)stat(path, &st);
    return st.st_ino;
}

static void
opener_start(struct world *w, const struct deed *d)
{
    int down[2], up[2];

    if (pipe(down) != 0 || pipe(up) != 0)
        die("pipe");
    opener.asked = down[0];
    opener.ask = down[1];
    opener.told = up[0];
    opener.tell = up[1];
    opener.keys = inode_of(w, "keys");
    opener.db = inode_of(w, "records.db");
    (void)fflush(stdout);
    opener.pid = fork();
    if (opener.pid < 0)
        die("fork");
    if (opener.pid == 0) {
        w->opened = serve;
        end_with(deed_do(w, d));
    }
    (void)close(opener.asked);
    (void)close(opener.tell);
}

static void
opener_stop(void)
{
    if (opener.pid == 0)
        return;
    (void)close(opener.ask);
    (void)close(opener.told);
    (void)wait_for(opener.pid);
    opener.pid = 0;
}

static int
ask_opener(const struct point *p)
{
    int code;

    if (write(opener.ask, p, sizeof *p) != (ssize_t)sizeof *p ||
        read(opener.told, &code, sizeof code) != (ssize_t)sizeof code)
        die("the process that has the vault open is gone: %s", left->said);
    return code;
}

/* Of these the opening is, or has, a part that is tested. */
static bool
begins_closed(const struct deed *d)
{
    return d->run == NULL || d->is_new || d->anchored || d->done != NULL;
}

/* Exit code of the deed when allocations fail. `work` is as deed_prepare makes it, and may be open already. */
static int
run_starved(struct world *w, const struct deed *d, const struct point *p)
{
    pid_t pid;

    memset(left, 0, sizeof *left);
    if (!begins_closed(d)) {
        if (opener.pid == 0)
            opener_start(w, d);
        return ask_opener(p);
    }
    (void)fflush(stdout);
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        lots_fix(0);
        catch_crashes();
        alloc_arm(p->mode, p->at);
        end_with(deed_do(w, d));
    }
    return wait_for(pid);
}

/* `work` as it was, the files being those that the opener knows. False: they are not. */
static bool
put_back(const struct world *w, const struct deed *d)
{
    const char *base = deed_base(w, d);
    size_t n, size;
    char **name = list_folder(w->work, &n), path[800];
    bool same = inode_of(w, "keys") == opener.keys && inode_of(w, "records.db") == opener.db;

    for (size_t i = 0; same && i < n; i++) {
        uint8_t *p = file_get(base, name[i], &size);
        snprintf(path, sizeof path, "%s/%s", w->work, name[i]);
        if (p == NULL)
            (void)unlink(path);
        else if (!file_same(base, w->work, name[i]))
            file_put(w->work, name[i], p, size);
        free(p);
    }
    free_list(name, n);
    return same;
}

static void
prepare(struct world *w, const struct deed *d)
{
    if (opener.pid != 0 && !put_back(w, d))
        opener_stop();
    if (opener.pid == 0)
        deed_prepare(w, d);
    else
        deed_prepare_outside(w, d);
}

struct sweep {
    long points, done, refused, elsewhere, wrong;
};

/* late: the deed may say VAULT_ERR_FAILED for what comes after it, and it was done. */
static void
judge(struct sweep *s, const char *what, int code, bool late)
{
    if (code == VAULT_OK || (late && code == VAULT_ERR_FAILED))
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
    const struct point p = { ALLOC_NOTE, 0 };
    long n;

    prepare(w, d);
    if (run_starved(w, d, &p) != VAULT_OK)
        die("%s: it fails undisturbed: %s", d->name, left->said);
    n = alloc_count();
    opener_stop();
    return n;
}

/* ---- which of them ---- */

#define FEW 200                 /* so many are all tried */

struct at_place {
    uint64_t place;
    long at;
};

static int
by_place(const void *a, const void *b)
{
    const struct at_place *x = a, *y = b;

    return x->place != y->place ? (x->place < y->place ? -1 : 1) : x->at < y->at ? -1 : x->at > y->at;
}

/* Of the `all` that were noted: from each place the first, and (more) the last. *places: how many places there are. */
static void
choose_by_place(bool *chosen, long all, bool more, long *places)
{
    struct at_place *is = calloc((size_t)all, sizeof *is);

    if (is == NULL)
        abort();
    for (long i = 0; i < all; i++)
        is[i] = (struct at_place){ alloc_place(i + 1), i + 1 };
    qsort(is, (size_t)all, sizeof *is, by_place);
    for (long from = 0, to; from < all; from = to, ++*places) {
        for (to = from + 1; to < all && is[to].place == is[from].place; to++)
            ;
        chosen[is[from].at] = true;
        if (more)
            chosen[is[to - 1].at] = true;
    }
    free(is);
}

/* True at [n]: number n is tried. The caller frees. */
static bool *
choose(const struct options *opt, long all, bool more)
{
    bool *chosen = calloc((size_t)all + 1, sizeof *chosen);
    long step = all / (long)opt->rounds, places = 0;

    if (chosen == NULL)
        abort();
    step = step < 1 ? 1 : step;
    if (opt->places && all > FEW && all <= ALLOC_NOTES) {
        choose_by_place(chosen, all, more, &places);
        printf("%s: %ld allocations from %ld places\n", opt->deed, all, places);
    } else {
        /* From another beginning each time, so that short forms look everywhere in the end. */
        for (long n = 1 + (long)(opt->seed % (unsigned long)step); n <= all; n += step)
            chosen[n] = true;
    }
    return chosen;
}

static void
sweep(struct world *w, const struct options *opt, enum alloc_mode mode, struct sweep *s)
{
    const struct deed *d = deed_find(opt->deed);
    long all = count_all(w, d), tried = 0;
    bool *chosen = choose(opt, all, mode == ALLOC_ONCE);
    struct outcome o;
    char what[120];

    outcome_of(w, d, &o);
    for (long n = 1; n <= all; n++) {
        const struct point p = { mode, n };
        int code;
        if (!chosen[n])
            continue;
        tried++;
        snprintf(what, sizeof what, "%s, allocation %ld%s fails", opt->deed, n,
            mode == ALLOC_ONCE ? "" : " and each later one");
        prepare(w, d);
        code = run_starved(w, d, &p);
        o.end.said_done = code == VAULT_OK;
        o.end.may_litter = mode == ALLOC_FROM || code == CRASH_ELSEWHERE;
        if (d->is_new ? access(w->work, F_OK) != 0 : outcome_untouched(w, &o)) {
            if (d->outside && d->also != NULL)
                outcome_count(w, &o, false, what);
            judge(s, what, code, false);
            continue;
        }
        o.in_use = opener.pid != 0;
        judge(s, what, code, outcome_check(w, &o, what) && d->may_fail_after);
    }
    opener_stop();
    printf("%s: of %ld allocations %ld failed %s\n", opt->deed, all, tried,
        mode == ALLOC_ONCE ? "once" : "with all later ones");
    free(chosen);
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
    catch_crashes();            /* once here, so that not each child loads what it needs */
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
