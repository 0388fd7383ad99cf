/*
 * memory.c - every allocation of a deed fails once, or from there on for ever; with --places not every one of hundreds that come from
 * one place.
 *
 * Each in a process of its own: SQLCipher is known to crash where its set-up of OpenSSL finds no memory. A crash
 * in somebody else's library counts as one more kill, a crash in our own code is an error.
 */
#include "tests/fault/fault.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/fault/alloc.h"
#include "tests/fault/opener.h"

/* What the child left: where it crashed. */
struct left {
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

void
memory_begin(void)
{
    void *p = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        die("mmap");
    left = p;
    catch_crashes();            /* once here, so that not each child loads what it needs */
}

void
memory_starve(const struct hurt *p)
{
    memset(left, 0, sizeof *left);
    catch_crashes();
    alloc_arm((enum alloc_mode)p->mode, p->at);
}

/* Exit code of the deed when allocations fail. */
static int
run_starved(struct world *w, const struct deed *d, const struct hurt *p)
{
    int status = opener_run(w, d, p, memory_starve);

    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct sweep {
    long points, done, refused, elsewhere, wrong;
};

/* Done means done; `after`: it was. Of some deeds VAULT_ERR_FAILED tells what came after that. */
static void
judge(struct sweep *s, const struct deed *d, const char *what, int code, bool after)
{
    bool must_be = d->run != NULL && !d->may_wait;

    if (code == VAULT_OK && !after && must_be) {
        if (s->wrong++ < 20)
            printf("%s: it said done, and it is not\n", what);
    } else if (code == VAULT_OK || (code == VAULT_ERR_FAILED && after && d->may_fail_after))
        s->done++;
    else if (code == VAULT_ERR_NO_SPACE)
        s->refused++;
    else if (code == CRASH_ELSEWHERE)
        printf("crash %ld in another library: %s:%s\n", ++s->elsewhere, what, left->where);
    else if (s->wrong++ < 20)
        printf("%s: exit code %d: %s %s\n", what, code, opener_said(), left->where);
    s->points++;
}

static long
count_all(struct world *w, const struct deed *d)
{
    const struct hurt p = { .mode = ALLOC_NOTE };
    long n;

    opener_prepare(w, d);
    if (run_starved(w, d, &p) != VAULT_OK)
        die("%s: it fails undisturbed: %s", d->name, opener_said());
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
        const struct hurt p = { .mode = (int)mode, .at = n };
        int code;
        if (!chosen[n])
            continue;
        tried++;
        snprintf(what, sizeof what, "%s, allocation %ld%s fails", opt->deed, n,
            mode == ALLOC_ONCE ? "" : " and each later one");
        opener_prepare(w, d);
        code = run_starved(w, d, &p);
        o.end.said_done = code == VAULT_OK;
        o.end.may_litter = mode == ALLOC_FROM || code == CRASH_ELSEWHERE;
        outcome_beside(w, &o, what);
        if (d->is_new ? access(w->work, F_OK) != 0 : outcome_untouched(w, &o)) {
            if (d->outside && d->also != NULL)
                outcome_count(w, &o, false, what);
            judge(s, d, what, code, false);
            continue;
        }
        o.in_use = opener_has_it();
        judge(s, d, what, code, outcome_check(w, &o, what));
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

    memory_begin();
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
