/* kill.c - SIGKILL, a full disk and a broken one at every moment of a deed. */
#include "tests/fault/fault.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/fault/alloc.h"
#include "tests/fault/lots.h"
#include "tests/fault/opener.h"
#include "tests/fault/shim.h"

/* ---- doing it in a child ---- */

static void
arm(const struct hurt *p)
{
    shim_arm((enum shim_mode)p->mode, p->at, p->error);
}

/* True: it ended by itself. */
static bool
run_killed(struct world *w, const struct deed *d, enum shim_mode mode, long at, const char *what)
{
    int status = opener_run(w, d, &(struct hurt){ .mode = (int)mode, .at = at }, arm);

    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return false;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("%s: it ended with status %x", what, (unsigned)status);
    return true;
}

/* A vault that was not made is not there; making it then works. */
static bool
check_init(struct world *w, struct outcome *o, const char *what)
{
    if (access(w->work, F_OK) == 0)
        return outcome_check(w, o, what);
    if (o->deed->outside)
        outcome_count(w, o, false, what);
    else
        o->n_before++;
    if (!outcome_first(w, o))
        return false;           /* with the same left-overs (or none) it was made already */
    if (deed_do(w, o->deed) != VAULT_OK)
        die("%s: a second init fails", what);
    if (world_check(w, w->work, false, NULL) != VAULT_OK)
        die("%s: after a second init check finds something", what);
    return false;
}

static bool
check(struct world *w, struct outcome *o, const char *what)
{
    o->in_use = opener_has_it();
    outcome_beside(w, o, what);
    return o->deed->is_new ? check_init(w, o, what) : outcome_check(w, o, what);
}

static void
report(const struct outcome *o, const char *how, long n)
{
    printf("%s, %s: %ld times; %u held the old, %u the new state\n", o->deed->name, how, n,
        o->n_before, o->n_after);
}

/* ---- at every call; in a short run at the first ones and every eighth of the others, each time from another beginning ---- */

#define EACH 1000000            /* rounds: nothing is left out */
#define THOROUGH 1000           /* of second faults: so that each way has its turn */

/* thin: every fourth will do, but for those who want each. */
static long
next_call(const struct options *opt, long n, bool thin)
{
    long step = opt->rounds < 40 ? 8 : thin && opt->rounds < EACH ? 4 : 1;

    return n < 9 ? n + 1 : n == 9 ? n + 1 + (long)opt->seed % step : n + step;
}

static void
every_call(struct world *w, const struct options *opt, enum shim_mode mode, bool clean)
{
    const char *how = mode == SHIM_TORN ? "killed within each call" : "killed before each call";
    struct outcome o;
    char what[100];
    bool ended = false;
    long n = 0, done = 0;

    outcome_of(w, deed_find(opt->deed), &o);
    o.clean = o.clean || clean;
    for (; !ended; done++) {
        n = next_call(opt, n, false);
        snprintf(what, sizeof what, "%s, %s (call %ld)", opt->deed, how, n);
        opener_prepare(w, o.deed);
        ended = run_killed(w, o.deed, mode, n, what);
        o.end.said_done = ended;
        o.end.may_litter = !ended;
        if (!check(w, &o, what) && ended)
            die("%s: it said done, and it is not", what);
    }
    opener_stop();
    report(&o, how, done - 1);
    if (done < 8)
        die("so few calls: the shim is not between");
    if (o.n_after < 1 || o.n_before < 2)
        die("both states must occur");
    outcome_free(&o);
}

void
test_kill(struct world *w, const struct options *opt)
{
    every_call(w, opt, SHIM_KILL, false);
}

void
test_clean(struct world *w, const struct options *opt)
{
    every_call(w, opt, SHIM_KILL, true);
}

void
test_torn(struct world *w, const struct options *opt)
{
    every_call(w, opt, SHIM_TORN, false);
}

/* ---- while the first opening puts it right, again ---- */

static bool
lies_about(const char *folder)
{
    char names[400];

    folder_names(folder, names, sizeof names);
    return strcmp(names, "keys records.db ") != 0;
}

/* How an opening is hurt that puts right what a killed deed left. */
struct second {
    enum shim_mode mode;        /* SHIM_OFF: no call, but memory, as `starved` says */
    int error;
    const char *how;
    enum alloc_mode starved;
};

/* What such an opening may say: never that this is a wrong passphrase, where it is not; damage only for EIO, as in told_right. */
static bool
may_say(int code, const struct second *s, bool right_pass)
{
    return code == VAULT_OK || code == VAULT_ERR_NO_SPACE || (code == CRASH_ELSEWHERE && s->mode == SHIM_OFF) ||
        (s->error == EIO && (code == VAULT_ERR_FAILED || code == VAULT_ERR_DAMAGED)) || (code == VAULT_ERR_KEY && !right_pass);
}

static void
arm_second(const struct second *s, long at)
{
    if (s->mode == SHIM_OFF)
        memory_starve(&(struct hurt){ .mode = (int)s->starved, .at = at });
    else
        shim_arm(s->mode, at, s->error);
}

/* A child opens it. False: the call, or allocation, number `at` did not come. */
static bool
open_hurt(struct world *w, bool new_pass, bool right_pass, const struct second *s, long at, const char *what)
{
    struct vault_credentials cred = world_cred(new_pass ? w->new_pass : w->old_pass);
    vault *v = NULL;
    int status;
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        lots_fix(1);
        arm_second(s, at);
        status = (int)vault_open(&v, w->work, &cred);
        vault_close(v);
        _exit(status);
    }
    status = wait_status(pid);
    if (s->mode == SHIM_KILL && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    if (!WIFEXITED(status) || !may_say(WEXITSTATUS(status), s, right_pass))
        die("%s: it ended with status %x", what, (unsigned)status);
    return (s->mode == SHIM_OFF ? alloc_count() : shim_count()) >= at;
}

/* ---- kinds of what a killed deed left: which files there are, which are as before, does the journal look in force ---- */

#define KINDS_MAX 64

struct kinds {
    struct kind { char is[500]; long seen; } kind[KINDS_MAX];
    size_t n;
};

/* How many of this kind there were, with this one. */
static long
count_kind(struct kinds *k, const struct world *w, const struct deed *d)
{
    const char *base = deed_base(w, d);
    char names[400], is[500];
    size_t i = 0, size = 0;
    uint8_t *journal = file_get(w->work, "records.db-journal", &size);

    folder_names(w->work, names, sizeof names);
    snprintf(is, sizeof is, "%s%d%d%d", names, file_same(base, w->work, "keys"), file_same(base, w->work, "records.db"),
        journal != NULL && size > 0 && journal[0] != 0);
    free(journal);
    while (i < k->n && strcmp(k->kind[i].is, is) != 0)
        i++;
    if (i == KINDS_MAX)
        die("more than %d kinds of what is left", KINDS_MAX);
    if (i == k->n)
        snprintf(k->kind[k->n++].is, sizeof is, "%s", is);
    return ++k->kind[i].seen;
}

/* Of the allocations of an opening, of which there are thousands: some, after the first two of a kind. 0: none. */
static long
memory_step(const struct options *opt, long seen)
{
    if (seen > 2)
        return 0;
    return opt->rounds >= EACH ? 20 : opt->rounds < THOROUGH ? 999 : 499;
}

/*
 * Of the calls of an opening every how many-th is hurt, each time from another beginning: most after the first of a kind, then fewer,
 * as those differ in how much of a journal or a new database was written.
 */
static long
step_of(const struct options *opt, enum shim_mode mode, long seen)
{
    static const struct { long up_to, kill, full, fail, read; } STEP[] = {
        { 4, 1, 2, 3, 9 }, { 20, 3, 5, 12, 36 }, { LONG_MAX, 12, 18, 36, 108 } };
    long thin = opt->rounds < THOROUGH ? 3 : 1;
    size_t i = 0;

    if (mode == SHIM_OFF)
        return memory_step(opt, seen);
    if (opt->rounds >= EACH)
        return 1;
    while (seen > STEP[i].up_to)
        i++;
    switch (mode) {
    case SHIM_KILL: return thin * STEP[i].kill;
    case SHIM_FAIL_FROM: return thin * STEP[i].full;
    case SHIM_READ: return thin * STEP[i].read;
    default: return thin * STEP[i].fail;
    }
}

/* What the deed, killed before call n, left: a folder, and whether it was done, as an opening finds that nothing hurts. */
struct half {
    const char *folder;
    long n;
    bool after;
};

/* How often openings were hurt, and what the vault held then. */
struct hurts {
    long times, after;
};

/*
 * At those of its calls that are chosen; w->work is made from the half. What was done stays done, and what was not stays that, but
 * where an opening may do it.
 */
static void
hurt_openings(struct world *w, struct outcome *o, const struct second *s, const struct half *half, long step, long begin,
    struct hurts *count)
{
    char what[160];

    for (int new_pass = 0; new_pass <= o->deed->changes_pass; new_pass++)
        for (long m = begin;; m += step, count->times++) {
            bool right_pass = new_pass == (o->deed->changes_pass && half->after), after;
            snprintf(what, sizeof what, "%s, killed before call %ld, then opening %s %ld", o->deed->name, half->n, s->how, m);
            folder_copy(half->folder, w->work);
            if (!open_hurt(w, new_pass, right_pass, s, m, what))
                break;
            after = outcome_check(w, o, what);
            if (after != half->after && (half->after || o->deed->done == NULL))
                die("%s: it holds the %s state, and the %s without that", what, after ? "new" : "old", after ? "old" : "new");
            count->after += after;
        }
}

/* In each of these ways; kills are counted for themselves. */
static const struct second SECOND[] = {
    { SHIM_KILL, 0, "killed before its call", ALLOC_OFF },
    { SHIM_FAIL_FROM, ENOSPC, "on a disk that is full from its call", ALLOC_OFF },
    { SHIM_FAIL_ANY, EIO, "on a disk with an error at its call", ALLOC_OFF },
    { SHIM_READ, EIO, "on a disk with an error at its reading", ALLOC_OFF },
    { SHIM_OFF, 0, "without memory at its allocation", ALLOC_ONCE },
    { SHIM_OFF, 0, "without memory from its allocation", ALLOC_FROM } };
#define SECONDS (sizeof SECOND / sizeof SECOND[0])

/* One line for kills, one for all else; `halves`: how many different things were left. */
static void
report_twice(const struct options *opt, const char *deed, const struct hurts twice[SECONDS], long halves)
{
    struct hurts sum[2] = { { 0, 0 } };

    for (size_t i = 0; i < SECONDS; i++) {
        struct hurts *all = &sum[SECOND[i].mode == SHIM_KILL];
        printf("  %ld opening %s\n", twice[i].times, SECOND[i].how);
        all->times += twice[i].times;
        all->after += twice[i].after;
        if (opt->rounds >= THOROUGH && halves > 0 && twice[i].times == 0)
            die("%ld different things were put right, and never %s", halves, SECOND[i].how);
    }
    for (int kill = 0; kill < 2; kill++) {
        printf("%s, %s while what that left was put right: %ld times; %ld held the old, %ld the new state\n", deed,
            kill ? "killed, and again" : "stopped, and failing", sum[kill].times, sum[kill].times - sum[kill].after, sum[kill].after);
        if (sum[kill].times == 0 && halves >= (opt->rounds < THOROUGH ? 5 : 14))
            die("so few faults: nothing had to be put right");
        if (opt->rounds >= THOROUGH && sum[kill].after == 0)
            die("nothing was hurt that was done already");
    }
}

/* The deed is killed at each call, in a short run at some; the opening that puts it right is hurt at those of its own. */
void
test_twice(struct world *w, const struct options *opt)
{
    const struct deed *d = deed_find(opt->deed);
    struct hurts twice[SECONDS] = { { 0, 0 } };
    long halves = 0, halves_after = 0, each = opt->rounds < THOROUGH ? 3 : 1;
    struct kinds *kinds = calloc(1, sizeof *kinds);
    struct world aside;         /* `work` may be open for the next deed */
    struct outcome o;
    bool ended = false;

    if (kinds == NULL)
        abort();
    memory_begin();
    outcome_of(w, d, &o);
    aside = *w;
    snprintf(aside.work, sizeof aside.work, "%s/second.vault", w->root);
    for (long n = 1 + (long)opt->seed % each; !ended; n += each) {
        struct half half = { .folder = w->work, .n = n };
        long seen;
        opener_prepare(w, d);
        ended = run_killed(w, d, SHIM_KILL, n, opt->deed);
        if (!lies_about(w->work) || !outcome_first(w, &o))
            continue;           /* nothing is to be put right, or all that follows was done */
        folder_copy(w->work, aside.work);
        half.after = outcome_check(&aside, &o, "killed, and opened");
        halves++;
        halves_after += half.after;
        seen = count_kind(kinds, w, d);
        for (size_t i = 0; i < SECONDS; i++) {
            long step = step_of(opt, SECOND[i].mode, seen);
            if (step == 0)
                continue;
            hurt_openings(&aside, &o, &SECOND[i], &half, step, 1 + (seen + (long)opt->seed) % step, &twice[i]);
        }
    }
    opener_stop();
    printf("  %ld different things were left, of %zu kinds, %ld of them by a deed that was done\n", halves, kinds->n, halves_after);
    report_twice(opt, d->name, twice, halves);
    free(kinds);
    outcome_free(&o);
}

/* ---- at any time ---- */

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The whole deed, its opening too, in a child that says when it begins. */
static pid_t
start(struct world *w, const struct deed *d, int ready)
{
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid != 0)
        return pid;
    /* Who kills it must come first, also where all of this has real-time priority. */
    if (sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 }) != 0 || write(ready, "", 1) != 1)
        _exit(99);
    lots_fix(0);
    shim_arm(SHIM_OFF, 0, 0);
    _exit((int)deed_do(w, d));
}

/* After `wait` seconds, if it is still there. False: it was not, and then it must have ended well. */
static bool
kill_after(pid_t pid, double wait, const char *what)
{
    double from = now();
    pid_t reaped = 0;
    int status = 0;

    while (now() - from < wait && (reaped = waitpid(pid, &status, WNOHANG)) == 0)
        (void)usleep(20);
    if (reaped == 0) {
        (void)kill(pid, SIGKILL);
        status = wait_status(pid);
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("%s: it ended with status %x before that", what, (unsigned)status);
    return false;
}

/* Spread over the time that it takes, measured anew as the machine is also busy otherwise. */
void
test_random(struct world *w, const struct options *opt)
{
    double takes = 0, from;
    unsigned survived = 0, killed = 0;
    struct outcome o;
    char what[120], byte;
    bool ended;
    int ready[2];

    srand48((long)opt->seed);
    outcome_of(w, deed_find(opt->deed), &o);
    /* On a machine that is busy otherwise the time it takes changes: go on until half of them were really killed. */
    for (unsigned i = 0; i <= opt->rounds || (killed <= opt->rounds / 2 && i <= 4 * opt->rounds);
            i++) {
        double wait = i == 0 ? 1e9 : drand48() * 1.05 * takes;
        pid_t pid;
        if (pipe(ready) != 0)
            die("pipe");
        deed_prepare(w, o.deed);
        pid = start(w, o.deed, ready[1]);
        if (read(ready[0], &byte, 1) != 1)
            die("the child did not start");
        (void)close(ready[0]);
        (void)close(ready[1]);
        snprintf(what, sizeof what, "%s, killed after %.6f of %.6f s (seed %u)", opt->deed, wait,
            takes, opt->seed);
        from = now();
        ended = !kill_after(pid, wait, what);
        if (ended)
            takes = takes == 0 ? now() - from : 0.8 * takes + 0.2 * (now() - from);
        survived += ended && i > 0;
        killed += !ended;
        o.end.said_done = ended;
        o.end.may_litter = !ended;
        if (!check(w, &o, what) && ended)
            die("%s: it said done before that, and it is not", what);
    }
    printf("%u of them ended before the kill\n", survived);
    report(&o, "killed at random", (long)killed);
    if (killed <= opt->rounds / 2)
        die("most ended before they were killed");
    outcome_free(&o);
}

/* ---- a disk that is full, or broken ---- */

static bool
reads(enum shim_mode mode)
{
    return mode == SHIM_READ || mode == SHIM_READ_FROM;
}

/* Exit code of the deed when calls fail. */
static int
run_failing(struct world *w, const struct deed *d, enum shim_mode mode, long at, int error)
{
    const struct hurt hurt = { .mode = (int)mode, .at = at, .error = error };
    /* What is read is read when it is opened. */
    int status = reads(mode) ? opener_closed(w, d, &hurt, arm) : opener_run(w, d, &hurt, arm);

    if (!WIFEXITED(status))
        die("%s, %s at call %ld: it ended with status %x", d->name, strerror(error), at,
            (unsigned)status);
    return WEXITSTATUS(status);
}

/*
 * Was it told as it is? Never a wrong passphrase; damage only for EIO, which is also how SQLCipher
 * tells a page that was changed. Done means done, and what failed for want of space changed nothing
 * (but where the entry comes first, or only the wiping of the old keys was left; or where half of the
 * zeros came into the journal's header, which is the commit).
 */
static bool
told_right(const struct deed *d, enum shim_mode mode, int error, int code, bool after,
    const char *what)
{
    bool may_be_done = d->may_be_done || mode == SHIM_FAIL_TORN || mode == SHIM_SHORT;
    bool fits = code == VAULT_OK || code == VAULT_ERR_NO_SPACE ||
        (d->may_fail_after && after && code == VAULT_ERR_FAILED) ||
        (error == EIO && (code == VAULT_ERR_FAILED || code == VAULT_ERR_DAMAGED));

    if (!fits)
        printf("%s: exit code %d: %s\n", what, code, opener_said());
    else if (code == VAULT_OK && !after && !d->may_wait)
        printf("%s: it said done, and it is not\n", what);
    else if (code != VAULT_OK && after && error == ENOSPC && !may_be_done)
        printf("%s: it failed, and it was done: %s\n", what, opener_said());
    else
        return true;
    return false;
}

/*
 * Each call fails once, as on a broken disk, also to read; at each there is no space from it on, or for the second half of a write. The rest
 * at every fourth: no space once, a write that comes short before there is none, and a disk that is broken from there on or in the middle of a write.
 */
static bool
is_thin(enum shim_mode mode, int error)
{
    if (reads(mode))
        return mode == SHIM_READ_FROM;
    return mode == SHIM_SHORT || (error == EIO) != (mode == SHIM_FAIL);
}

static void
every_failure(struct world *w, const struct options *opt, enum shim_mode mode, int error)
{
    static const char *const HOW[] = { [SHIM_FAIL] = "", [SHIM_READ] = "",
        [SHIM_FAIL_TORN] = ", half of it done", [SHIM_SHORT] = ", after a short count", [SHIM_FAIL_FROM] = " and later",
        [SHIM_READ_FROM] = " and later" };
    const struct deed *d = deed_find(opt->deed);
    unsigned refused = 0, wrong = 0;
    struct outcome o;
    char what[120];
    bool ended = false, after;
    long n = 0, done = 0;

    outcome_of(w, d, &o);
    for (; !ended; done++) {
        int code;

        n = next_call(opt, n, is_thin(mode, error));
        snprintf(what, sizeof what, "%s, %s at %s %ld%s", opt->deed, strerror(error),
            reads(mode) ? "reading" : "call", n, HOW[mode]);
        opener_prepare(w, d);
        code = run_failing(w, d, mode, n, error);
        ended = shim_count() < n;
        o.end.said_done = code == VAULT_OK;
        o.end.may_litter = (mode == SHIM_FAIL_FROM || mode == SHIM_READ_FROM) && error != ENOSPC;
        after = check(w, &o, what);
        wrong += !told_right(d, mode, error, code, after, what);
        refused += code != VAULT_OK || !after;
    }
    opener_stop();
    report(&o, strerror(error), done - 1);
    vault_clear_error();
    if (wrong != 0)
        die("%u times it was told wrongly", wrong);
    if (refused < 3)
        die("so few failures: the shim is not between");
    outcome_free(&o);
}

/* Writing goes wrong once, after half of it, or from then on (of a full disk also with a short count before); opt->way picks one of these. */
static void
every_way(struct world *w, const struct options *opt, int error)
{
    static const struct {
        const char *name;
        enum shim_mode mode;
    } WAY[] = { { "once", SHIM_FAIL }, { "half", SHIM_FAIL_TORN }, { "on", SHIM_FAIL_FROM }, { "short", SHIM_SHORT } };

    for (size_t i = 0; i < sizeof WAY / sizeof WAY[0]; i++)
        if ((WAY[i].mode != SHIM_SHORT || error == ENOSPC) && (opt->way == NULL || strcmp(opt->way, WAY[i].name) == 0))
            every_failure(w, opt, WAY[i].mode, error);
}

void
test_full(struct world *w, const struct options *opt)
{
    every_way(w, opt, ENOSPC);
}

void
test_broken(struct world *w, const struct options *opt)
{
    every_way(w, opt, EIO);
}

void
test_unreadable(struct world *w, const struct options *opt)
{
    every_failure(w, opt, SHIM_READ, EIO);
    every_failure(w, opt, SHIM_READ_FROM, EIO);
}

/* ---- a journal of another time ---- */

struct later {
    char path[300];
    struct state holds;
};

static void
make_later(struct world *w, const char *deed, struct later *l)
{
    const struct deed *d = deed_find(deed);

    snprintf(l->path, sizeof l->path, "%s/after-%s.vault", w->root, deed);
    deed_prepare(w, d);
    if (deed_do(w, d) != VAULT_OK)
        die("%s fails", deed);
    folder_copy(w->work, l->path);
    if (state_of(w, l->path, d->changes_pass, true, &l->holds) != VAULT_OK)
        die("after %s it cannot be read", deed);
}

/*
 * SQLite plays a journal back into whatever database it lies beside. Then the vault is damaged, or
 * holds what it held, or is as a whole the older one: nothing in between. Returns which (0 1 2).
 */
static int
with_journal(struct world *w, const struct later *l, const struct state *older,
    const uint8_t *p, size_t n, const char *what)
{
    struct state now = {0};
    vault_err err, checked;
    int which = 0;

    folder_copy(l->path, w->work);
    file_put(w->work, "records.db-journal", p, n);
    err = state_of(w, w->work, l->holds.new_pass, true, &now);
    checked = world_check(w, w->work, l->holds.new_pass, NULL);
    if ((err != VAULT_OK && err != VAULT_ERR_DAMAGED) ||
        (checked != VAULT_OK && checked != VAULT_ERR_DAMAGED) ||
        (err != VAULT_OK && checked == VAULT_OK))
        die("%s: reading ends with %d, check with %d", what, err, checked);
    if (err == VAULT_OK) {
        which = strcmp(now.text, l->holds.text) == 0 ? 1 : 2;
        if (which == 2 && (strcmp(now.text, older->text) != 0 || now.entries != older->entries))
            die("%s: it is read, and gives something else", what);
        if (checked != VAULT_OK)
            which = 0;
    }
    free(now.text);
    return which;
}

void
test_journal(struct world *w, const struct options *o)
{
    static const char *const DEED[] = { "edit", "import", "key-change", "add", "remove" };
    struct later later[5];
    struct state older;
    unsigned count[3] = { 0 };
    bool ended = false;
    char what[120];
    size_t size;

    srand48((long)o->seed);
    if (state_of(w, w->base, false, true, &older) != VAULT_OK)
        die("base cannot be read");
    for (int i = 0; i < 5; i++)
        make_later(w, DEED[i], &later[i]);
    for (long n = 1; !ended; n++) {
        uint8_t *p;
        deed_prepare(w, deed_find("add"));
        ended = run_killed(w, deed_find("add"), SHIM_KILL, n, "add");
        opener_stop();          /* `work` is made anew below */
        p = file_get(w->work, "records.db-journal", &size);
        for (int i = 0; p != NULL && i < 5; i++) {
            snprintf(what, sizeof what, "the journal of add, killed before call %ld, after %s", n,
                DEED[i]);
            count[with_journal(w, &later[i], &older, p, size, what)]++;
        }
        free(p);
    }
    for (unsigned i = 0; i < o->rounds; i++) {
        uint8_t noise[5000];
        size = (size_t)(drand48() * sizeof noise);
        for (size_t k = 0; k < size; k++)
            noise[k] = (uint8_t)(drand48() * 256);
        if (i % 2 == 0 && size >= 8)
            memcpy(noise, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
        snprintf(what, sizeof what, "a journal of noise, round %u (seed %u)", i, o->seed);
        if (with_journal(w, &later[i % 5], &older, noise, size, what) == 2)
            die("%s: an older vault", what);
    }
    printf("journals of another time: %u found, %u without a difference, "
        "%u the older vault as a whole\n", count[0], count[1], count[2]);
    if (count[0] == 0)
        die("no journal was hot");
    for (int i = 0; i < 5; i++)
        free(later[i].holds.text);
    free(older.text);
}
