/*
 * power.c - a power cut at every moment of a deed.
 *
 * The deed is done once and everything it did to files is noted (shim.h). From that follows what the
 * disk may hold after a power cut at any moment: what was synced, and of what was not synced any
 * part. What a folder was told stays in order (journalling file systems keep it), but its end may be
 * lost; a file and its name are lost or kept independently.
 */
#include "tests/fault/fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/fault/shim.h"

#define SECTOR 512

struct content {
    uint8_t *p;
    size_t n;
};

struct entry {
    char name[32];
    int file;                   /* -1: free */
};

struct disk {
    struct content file[TAPE_FILES];
    struct entry entry[16];
};

static void
resize(struct content *c, size_t n)
{
    if (n > c->n) {
        c->p = realloc(c->p, n);
        if (c->p == NULL)
            abort();
        memset(c->p + c->n, 0, n - c->n);
    }
    c->n = n;
}

static struct entry *
entry_of(struct disk *d, const char *name, bool make)
{
    struct entry *free_one = NULL;

    for (size_t i = 0; i < sizeof d->entry / sizeof d->entry[0]; i++) {
        struct entry *e = &d->entry[i];
        if (e->file >= 0 && strcmp(e->name, name) == 0)
            return e;
        if (e->file < 0 && free_one == NULL)
            free_one = e;
    }
    if (!make)
        return NULL;
    if (free_one == NULL)
        die("too many names");
    snprintf(free_one->name, sizeof free_one->name, "%s", name);
    return free_one;
}

static void
do_to_folder(struct disk *d, const struct tape_op *op)
{
    struct entry *e;
    int file = op->file;

    if (op->kind != TAPE_CREATE) {
        e = entry_of(d, op->name, false);
        if (e == NULL)
            die("the tape names %s, which is not there", op->name);
        file = e->file;
        e->file = -1;
    }
    if (op->kind == TAPE_UNLINK)
        return;
    e = entry_of(d, op->kind == TAPE_RENAME ? op->to : op->name, true);
    e->file = file;
}

/* How much of what was not synced arrives. */
enum luck { NOTHING, ALL, SOME };

static bool
arrives(enum luck luck)
{
    return luck == ALL || (luck == SOME && drand48() < 0.5);
}

static void
do_to_file(struct disk *d, const struct tape_op *op, enum luck luck)
{
    struct content *c = &d->file[op->file];
    const uint8_t *from = shim_tape()->bytes + op->data;

    if (op->kind == TAPE_SIZE) {
        if (arrives(luck))
            resize(c, (size_t)op->at);
        return;
    }
    for (size_t done = 0; done < op->n;) {
        size_t at = (size_t)op->at + done;
        size_t n = SECTOR - at % SECTOR;
        if (n > op->n - done)
            n = op->n - done;
        if (arrives(luck)) {
            if (c->n < at + n)
                resize(c, at + n);
            memcpy(c->p + at, from + done, n);
        } else if (luck == SOME && c->n < at + n && drand48() < 0.3) {
            resize(c, at + n);      /* the length arrives, the bytes do not */
        }
        done += n;
    }
}

static bool
is_folders(const struct tape_op *op)
{
    return op->kind == TAPE_CREATE || op->kind == TAPE_RENAME || op->kind == TAPE_UNLINK;
}

static bool
is_files(const struct tape_op *op, int file)
{
    return (op->kind == TAPE_WRITE || op->kind == TAPE_SIZE) && op->file == file;
}

/* The number of operations that are surely on the disk, of one file or (-1) of the folder. */
static size_t
synced(size_t cut, int file)
{
    const struct tape *t = shim_tape();

    for (size_t i = cut; i > 0; i--)
        if (file < 0 ? t->op[i - 1].kind == TAPE_SYNC_FOLDER :
            t->op[i - 1].kind == TAPE_SYNC && t->op[i - 1].file == file)
            return i;
    return 0;
}

static void
after_cut(struct disk *d, size_t cut, enum luck luck)
{
    const struct tape *t = shim_tape();
    size_t sure = synced(cut, -1), last = sure;

    if (luck == ALL)
        last = cut;
    else if (luck == SOME)
        last += (size_t)(drand48() * (double)(cut - sure + 1));
    for (size_t i = 0; i < last; i++)
        if (is_folders(&t->op[i]))
            do_to_folder(d, &t->op[i]);
    for (int f = 0; f < t->n_files; f++) {
        enum luck own = luck != SOME ? luck : (enum luck)(drand48() * 3);
        size_t firm = synced(cut, f);
        for (size_t i = 0; i < cut; i++)
            if (is_files(&t->op[i], f))
                do_to_file(d, &t->op[i], i < firm ? ALL : own);
    }
}

static void
disk_read(struct disk *d, const char *folder, const char *first, const char *second)
{
    const char *name[] = { first, second };

    memset(d, 0, sizeof *d);
    for (size_t i = 0; i < sizeof d->entry / sizeof d->entry[0]; i++)
        d->entry[i].file = -1;
    for (int i = 0; i < 2; i++) {
        d->file[i].p = file_get(folder, name[i], &d->file[i].n);
        entry_of(d, name[i], true)->file = i;
    }
}

static void
disk_write(const struct disk *d, const char *folder)
{
    folder_remove(folder);
    if (mkdir(folder, 0700) != 0)
        die("cannot make %s", folder);
    for (size_t i = 0; i < sizeof d->entry / sizeof d->entry[0]; i++)
        if (d->entry[i].file >= 0)
            file_put(folder, d->entry[i].name, d->file[d->entry[i].file].p,
                d->file[d->entry[i].file].n);
}

static void
disk_free(struct disk *d)
{
    for (int i = 0; i < TAPE_FILES; i++)
        free(d->file[i].p);
}

static void
record(struct world *w, const struct deed *d)
{
    int status = 0;
    pid_t pid;

    deed_prepare(w, d);
    shim_tape_start(w->work, "keys", "records.db");
    (void)fflush(stdout);
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        shim_arm(SHIM_RECORD, 0, 0);
        _exit((int)deed_do(w, d));
    }
    if (waitpid(pid, &status, 0) != pid || status != 0)
        die("%s failed while it was recorded: status %x", d->name, (unsigned)status);
    if (shim_tape()->too_long || shim_tape()->n_ops < 8)
        die("%s cannot be recorded: %zu operations", d->name, shim_tape()->n_ops);
}

/* The model itself: with all luck to the end it must give the very folder that the deed left. */
static void
try_model(struct world *w, const char *base)
{
    char copy[300];
    struct disk d;

    snprintf(copy, sizeof copy, "%s/model.vault", w->root);
    disk_read(&d, base, "keys", "records.db");
    after_cut(&d, shim_tape()->n_ops, ALL);
    disk_write(&d, copy);
    disk_free(&d);
    if (!folder_same(copy, w->work))
        die("the model of the disk does not do what the disk does");
}

/* Of a deed that moves, what it moves: whole until it is first touched, and then surely gone. */
static void
source_after(struct world *w, const struct deed *d, size_t cut)
{
    if (!d->moves)
        return;
    world_clear_road(w);
    if (cut < shim_tape()->elsewhere)
        d->prepare(w);
}

void
test_power(struct world *w, const struct options *opt)
{
    const struct deed *deed = deed_find(opt->deed);
    const char *base = deed_base(w, deed);
    unsigned each, times = 0;
    struct outcome o;
    struct disk d;
    char what[120];

    srand48((long)opt->seed);
    outcome_of(w, deed, &o);
    record(w, deed);
    try_model(w, base);
    if (deed->moves && shim_tape()->elsewhere > shim_tape()->n_ops)
        die("%s leaves its source alone", deed->name);
    world_clear_road(w);        /* the model knows the folder of the vault alone */
    folder_remove(w->out);
    each = 2 + opt->rounds / (unsigned)shim_tape()->n_ops;
    for (size_t cut = 0; cut <= shim_tape()->n_ops; cut++)
        for (unsigned i = 0; i <= each; i++, times++) {
            disk_read(&d, base, "keys", "records.db");
            after_cut(&d, cut, i == 0 ? NOTHING : i == 1 ? ALL : SOME);
            disk_write(&d, w->work);
            disk_free(&d);
            source_after(w, deed, cut);
            snprintf(what, sizeof what, "%s, power cut after %zu of %zu operations, way %u (seed %u)",
                opt->deed, cut, shim_tape()->n_ops, i, opt->seed);
            if (!outcome_check(w, &o, what) && cut == shim_tape()->n_ops)
                die("%s: it was done, and the power cut undid it", what);
        }
    printf("%s, power cut: %u times; %u held the old, %u the new state\n", deed->name, times,
        o.n_before, o.n_after);
    if (o.n_before < 2 || o.n_after < 1)
        die("both states must occur");
    outcome_free(&o);
}
