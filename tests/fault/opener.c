/* opener.c - see opener.h. */
#include "tests/fault/opener.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/fault/alloc.h"
#include "tests/fault/lots.h"

static struct {
    pid_t pid;                  /* 0: none */
    int ask, asked, tell, told; /* ends of two pipes */
    ino_t keys, db;             /* the files that it knows */
    void (*arm)(const struct hurt *p);
} opener;

#define SAID_MAX 600

static char *
said(void)
{
    static char *shared;

    if (shared == NULL) {
        void *p = mmap(NULL, SAID_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            die("mmap");
        shared = p;
    }
    return shared;
}

const char *
opener_said(void)
{
    return said();
}

int
wait_status(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid");
    return status;
}

/* In the child: do it and end. */
_Noreturn static void
end_with(vault_err err)
{
    alloc_arm(ALLOC_OFF, 0);
    snprintf(said(), SAID_MAX, "%s", vault_last_error()->text);
    _exit((int)err);
}

/* Between the opening and the deed: returns in a child for each that is asked for. */
static void
serve(void)
{
    struct hurt p;

    (void)close(opener.ask);
    (void)close(opener.told);
    for (;;) {
        pid_t pid;
        int status;
        if (read(opener.asked, &p, sizeof p) != (ssize_t)sizeof p)
            _exit(0);
        pid = fork();
        if (pid == 0) {
            lots_fix(0);
            opener.arm(&p);
            return;
        }
        status = pid < 0 ? 99 << 8 : wait_status(pid);
        if (write(opener.tell, &status, sizeof status) != (ssize_t)sizeof status)
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
opener_start(struct world *w, const struct deed *d, void (*arm)(const struct hurt *p))
{
    int down[2], up[2];

    if (pipe(down) != 0 || pipe(up) != 0)
        die("pipe");
    opener.asked = down[0];
    opener.ask = down[1];
    opener.told = up[0];
    opener.tell = up[1];
    opener.arm = arm;
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
    (void)signal(SIGPIPE, SIG_IGN);     /* where it is gone, ask_opener says so */
}

void
opener_stop(void)
{
    if (opener.pid == 0)
        return;
    (void)close(opener.ask);
    (void)close(opener.told);
    (void)wait_status(opener.pid);
    opener.pid = 0;
}

bool
opener_has_it(void)
{
    return opener.pid != 0;
}

static int
ask_opener(const struct hurt *p)
{
    int status;

    if (write(opener.ask, p, sizeof *p) != (ssize_t)sizeof *p ||
        read(opener.told, &status, sizeof status) != (ssize_t)sizeof status)
        die("the process that has the vault open is gone: %s", said());
    return status;
}

/* Of these the opening is, or has, a part that is tested. */
static bool
begins_closed(const struct deed *d)
{
    return d->run == NULL || d->is_new || d->anchored || d->done != NULL;
}

int
opener_run(struct world *w, const struct deed *d, const struct hurt *p, void (*arm)(const struct hurt *p))
{
    if (begins_closed(d))
        return opener_closed(w, d, p, arm);
    said()[0] = '\0';
    if (opener.pid == 0)
        opener_start(w, d, arm);
    return ask_opener(p);
}

int
opener_closed(struct world *w, const struct deed *d, const struct hurt *p, void (*arm)(const struct hurt *p))
{
    pid_t pid;

    said()[0] = '\0';
    (void)fflush(stdout);
    pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        lots_fix(0);
        arm(p);
        end_with(deed_do(w, d));
    }
    return wait_status(pid);
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
    return same && folder_same(base, w->work);
}

void
opener_prepare(const struct world *w, const struct deed *d)
{
    if (opener.pid != 0 && !put_back(w, d))
        opener_stop();
    if (opener.pid == 0)
        deed_prepare(w, d);
    else
        deed_prepare_outside(w, d);
}
