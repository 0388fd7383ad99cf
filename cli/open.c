#include "cli/open.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli/fail.h"
#include "cli/pass.h"
#include "cli/place.h"
#include "cli/shares.h"
#include "cli/similar.h"
#include "cli/term.h"

/* ---- which vault -------------------------------------------------------------------------- */

static bool
is_vault_name(const char *name)
{
    size_t n = strlen(name);
    struct stat st;

    return n > 6 && strcmp(name + n - 6, ".vault") == 0 && stat(name, &st) == 0 &&
        S_ISDIR(st.st_mode);
}

/* Add a name to a list for people, as long as there is room. */
static void
list_add(char *list, size_t room, const char *name)
{
    size_t n = strlen(list);

    snprintf(list + n, room - n, "%s%s", n == 0 ? "" : ", ", name);
}

static vault_err
only_one_here(char **out)
{
    DIR *dir = opendir(".");
    char names[256] = "";
    size_t count = 0;
    char *found = NULL;

    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        if (!is_vault_name(e->d_name))
            continue;
        if (++count == 1)
            found = strdup(e->d_name);
        list_add(names, sizeof names, e->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    if (count == 1) {
        *out = found;
        return found == NULL ? fail_nomem() : VAULT_OK;
    }
    free(found);
    if (count == 0)
        return fail(VAULT_ERR_NOT_FOUND,
            "name it with -C VAULT, or make one with `withheld init NAME.vault`",
            "there is no vault in this folder");
    return fail(VAULT_ERR_INPUT, "name one with -C VAULT", "there are several vaults here: %s",
        names);
}

vault_err
open_find(const struct call *c)
{
    const char *path = call_value(c, "vault");
    size_t n;

    if (c->app->folder != NULL)
        return VAULT_OK;
    if (path == NULL)
        path = getenv("WITHHELD_VAULT");
    if (path == NULL || path[0] == '\0')
        return only_one_here(&c->app->folder);
    n = strlen(path);
    while (n > 1 && path[n - 1] == '/')     /* as the completion of a shell leaves it */
        n--;
    c->app->folder = strndup(path, n);
    return c->app->folder == NULL ? fail_nomem() : VAULT_OK;
}

vault_err
open_backup(const struct call *c, const char *path)
{
    free(c->app->folder);
    c->app->folder = strdup(path);
    c->app->is_backup = true;
    return c->app->folder == NULL ? fail_nomem() : VAULT_OK;
}

/* The slots of the vault, or those of the backup. */
static vault_err
ways_in(const struct call *c, vault_slot_fn *fn, void *ctx)
{
    struct vault_backup_info info;

    if (c->app->is_backup)
        return vault_backup_info(c->app->folder, &info, fn, ctx);
    return vault_key_list(c->app->folder, fn, ctx);
}

/* ---- the sandbox -------------------------------------------------------------------------- */

/* The folder a path lies in; for a file that is there, and may be reached through links, the one where it really lies. */
static char *
folder_of(const char *path, bool links)
{
    char *real = links ? realpath(path, NULL) : NULL;
    char *p = real != NULL ? real : strdup(path);
    char *slash = NULL;

    if (p == NULL)
        return NULL;
    for (size_t n = strlen(p); n > 1 && p[n - 1] == '/'; n--)
        p[n - 1] = '\0';
    slash = strrchr(p, '/');
    if (slash == NULL)
        strcpy(p, ".");         /* the name has at least one character */
    else
        slash[slash == p] = '\0';
    return p;
}

/* Folders that stay open, our copies; a NULL ends them. */
struct folders {
    char **path;
    size_t n;
};

static void
folders_free(struct folders *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->path[i]);
    free(f->path);
}

/* Takes `path`; once is enough. */
static vault_err
folders_add(struct folders *f, char *path)
{
    char **more;

    if (path == NULL)
        return fail_nomem();
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->path[i], path) == 0) {
            free(path);
            return VAULT_OK;
        }
    more = reallocarray(f->path, f->n + 2, sizeof *more);
    if (more == NULL) {
        free(path);
        return fail_nomem();
    }
    f->path = more;
    f->path[f->n++] = path;
    f->path[f->n] = NULL;
    return VAULT_OK;
}

static vault_err
add_file(struct folders *f, const struct cmd_file *d, const char *path)
{
    if (path == NULL || path[0] == '\0' || strcmp(path, "-") == 0)
        return VAULT_OK;
    return folders_add(f, d->is_folder ? strdup(path) : folder_of(path, !d->no_links));
}

/* What the command has declared, as far as it is on this line. */
static vault_err
add_declared(struct folders *f, const struct call *c, const struct cmd_file *d)
{
    vault_err err = VAULT_OK;

    if (d->when != NULL && !call_has(c, d->when))
        return VAULT_OK;
    if (d->option != NULL && (call_has(c, d->option) || (d->otherwise == NULL && d->arg == 0)))
        return add_file(f, d, call_value(c, d->option));
    if (d->otherwise != NULL)
        return folders_add(f, strdup(d->otherwise));
    for (size_t i = d->arg; i > 0 && i <= c->n_args && err == VAULT_OK; i++) {
        err = add_file(f, d, c->args[i - 1]);
        if (!d->rest)
            break;
    }
    return err;
}

vault_err
open_confine(const struct call *c)
{
    static const struct cmd_file KEY_FILE = { .option = "key-file" };
    static const struct cmd_file ANCHOR = { .option = "anchor", .no_links = true };
    struct folders reads = { NULL, 0 }, writes = { NULL, 0 };
    vault_err err = add_declared(&reads, c, &c->cmd->reads);

    if (err == VAULT_OK)
        err = add_declared(&reads, c, &KEY_FILE);
    if (err == VAULT_OK && c->app->folder != NULL && !c->app->is_backup)
        err = folders_add(&writes, strdup(c->app->folder));
    if (err == VAULT_OK)
        err = add_declared(&writes, c, &c->cmd->writes);
    if (err == VAULT_OK)
        err = add_declared(&writes, c, &c->cmd->also_writes);
    if (err == VAULT_OK)
        err = add_declared(&writes, c, &ANCHOR);
    if (err == VAULT_OK && place_memory() != NULL)
        err = folders_add(&writes, strdup(place_memory()));
    if (err == VAULT_OK)
        err = kept(vault_process_confine((const char *const *)reads.path,
            (const char *const *)writes.path, &c->app->sandbox));
    folders_free(&reads);
    folders_free(&writes);
    return err;
}

/* ---- unlocking ---------------------------------------------------------------------------- */

static int
add_way_in(void *ctx, const struct vault_slot_info *s)
{
    char *list = ctx, way[80];

    snprintf(way, sizeof way, strcmp(s->kind, "shares") == 0 ?
        "slot %d (%s: --slot %d asks for them)" : "slot %d (%s)", s->index, s->kind, s->index);
    list_add(list, 512, way);
    return 0;
}

/* Is there a slot among those to be tried that takes something else than shares? */
struct only_shares {
    long slot;              /* -1: all */
    bool shares, others;
};

static int
look_for_shares(void *ctx, const struct vault_slot_info *s)
{
    struct only_shares *o = ctx;

    if (o->slot >= 0 && s->index != o->slot)
        return 0;
    if (strcmp(s->kind, "shares") == 0)
        o->shares = true;
    else
        o->others = true;
    return 0;
}

/* --shares-fd, or nothing else would open. */
static bool
by_shares(const struct call *c)
{
    struct only_shares o = { .slot = -1 };

    if (call_has(c, "shares-fd"))
        return true;
    if (call_has(c, "passphrase-fd") || call_has(c, "passphrase-file") || call_has(c, "key-file"))
        return false;
    return call_number(c, "slot", 0, 7, &o.slot) == VAULT_OK &&
        ways_in(c, look_for_shares, &o) == VAULT_OK && o.shares && !o.others;
}

void
open_explain(const struct call *c)
{
    char ways[512] = "";
    const char *file = "";

    if (ways_in(c, add_way_in, ways) != VAULT_OK)
        ways[0] = '\0';
    if (by_shares(c)) {
        fail_hint("each share has the words of its vault on it, and a new set replaces the older "
            "ones; this vault opens with %s", ways);
        return;
    }
    if (strstr(ways, "keyfile") != NULL && !call_has(c, "key-file"))
        file = ", and --key-file if the slot needs one";
    fail_hint("check the keyboard layout and Caps Lock%s%s%s%s", file,
        ways[0] == '\0' ? "" : "; this vault opens with ", ways,
        call_has(c, "slot") ? "; --slot tries one of them only" : "");
}

static int
is_slot(void *ctx, const struct vault_slot_info *s)
{
    long *wanted = ctx;

    if (s->index == *wanted)
        *wanted = -1;
    return 0;
}

/* *slot: the one to try, -1 for all. One that is not there needs no passphrase. */
static vault_err
read_slot(long *slot, const struct call *c)
{
    long left;
    vault_err err;

    *slot = -1;
    err = call_number(c, "slot", 0, 7, slot);
    if (err != VAULT_OK || *slot < 0)
        return err;
    left = *slot;
    err = kept(ways_in(c, is_slot, &left));
    if (err == VAULT_OK && left >= 0)
        err = fail(VAULT_ERR_NOT_FOUND, "`withheld key list` shows the slots",
            "this vault has no slot %ld", *slot);
    return err;
}

static vault_err
read_passphrase(struct secret **pass, const struct call *c)
{
    char prompt[300];
    const char *name = strrchr(c->app->folder, '/');

    snprintf(prompt, sizeof prompt, "passphrase for %s (Tab shows it): ",
        name == NULL ? c->app->folder : name + 1);
    return pass_read(pass, c, prompt);
}

static vault_err
read_credentials(struct vault_credentials *cred, struct secret **pass, const struct call *c)
{
    long slot;
    vault_err err = pass_source(c);

    if (err == VAULT_OK && !c->app->is_backup)
        err = kept(vault_probe(c->app->folder));
    if (err == VAULT_OK)
        err = read_slot(&slot, c);
    if (err != VAULT_OK)
        return err;
    if (by_shares(c)) {
        err = shares_read(pass, c);
        cred->shares = *pass;
    } else {
        err = read_passphrase(pass, c);
        cred->passphrase = *pass;
    }
    cred->key_file = call_value(c, "key-file");
    cred->slot = (int)slot;
    cred->anchor = call_value(c, "anchor");
    return err;
}

/* The sandbox comes before the vault's files are looked at: they may be somebody else's work. */
vault_err
open_credentials(struct vault_credentials *cred, struct secret **pass, const struct call *c)
{
    static struct accepted words;       /* of the call, which outlives the opening */
    vault_err err = call_accepted(&words, c);

    cred->accept = words.word;
    cred->n_accept = words.n;
    if (err == VAULT_OK)
        err = read_credentials(cred, pass, c);
    return err == VAULT_OK ? open_confine(c) : err;
}

static vault_err
accept_words(const struct call *c)
{
    struct accepted a;
    vault_err err = call_accepted(&a, c);

    return err == VAULT_OK ? kept(vault_accept(c->app->vault, a.word, a.n)) : err;
}

/* Time asleep counts: that is when somebody else may have sat down here. */
static long long
now(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (long long)t.tv_sec;
}

static bool
is_due(const struct call *c)
{
    const struct app *a = c->app;

    if (!a->typed_shell || c->cmd->again == CMD_AGAIN_NEVER ||
        (c->cmd->again == CMD_AGAIN_REVEAL && !call_has(c, "reveal")))
        return false;
    return now() - a->typed_at >= a->again_after;
}

/* What opened the session, once more. The caller frees *pass, which cred borrows. */
static vault_err
type_again(struct vault_credentials *cred, struct secret **pass, const struct call *c)
{
    bool shares = c->app->by_shares;
    vault_err err = shares ? shares_read(pass, c) : pass_again(pass);

    *cred = (struct vault_credentials){ .slot = -1, .key_file = c->app->key_file };
    *(shares ? &cred->shares : &cred->passphrase) = *pass;
    return err;
}

static vault_err
ask_again(const struct call *c)
{
    struct vault_credentials cred;
    struct secret *pass = NULL;
    vault_err err = type_again(&cred, &pass, c);

    if (err == VAULT_OK)
        err = kept(vault_confirm(c->app->vault, &cred));
    if (err == VAULT_OK)
        c->app->typed_at = now();
    vault_secret_free(pass);
    return err;
}

/* Whoever took the file away would like it to be made anew in silence. (`status --json` has it among its warnings.) */
void
open_tell_anchor(enum vault_anchor anchor, const char *path)
{
    if (anchor == VAULT_ANCHOR_MADE)
        term_alert("%s was not there, and is a new anchor now: it shows what is rolled back from here on, "
            "nothing before", path);
    else if (anchor == VAULT_ANCHOR_OTHER_COPY)
        term_alert("%s is the anchor of another copy of this vault: it was compared and stays as it is; "
            "give this copy one of its own", path);
    else if (anchor == VAULT_ANCHOR_ACCEPTED)
        term_say("the log records that the vault was taken as it is; %s has its head now", path);
}

/* What a passphrase opens that was taken back is not gone then. (`check --json` has it, too, and `status --json` among its
 * warnings, where they are the command that finished the change.) */
void
open_tell_left(bool old_left)
{
    if (old_left)
        term_alert("a change of keys that was cut short is finished now, but the old file keys may not be overwritten: "
            "wipe the free space of the disk");
}

/* A keeper should know what others took in, above all when it is not what they signed. */
static void
tell_opened(const struct call *c)
{
    struct vault_opened o;

    vault_opened(c->app->vault, &o);
    open_tell_anchor(o.anchor, call_value(c, "anchor"));
    open_tell_left(o.old_left);
    if (o.adopted != 0)
        term_say("taken over: %" PRIu64 " revision%s with names that were taken in without a keeper",
            o.adopted, o.adopted == 1 ? "" : "s");
    if (o.adopted != 0)
        similar_adopted_say(c);
    if (o.quarantined != 0)
        term_warn("quarantined: %" PRIu64 " revision%s taken in without a keeper %s not what the author "
            "signed; `check` names the records", o.quarantined, o.quarantined == 1 ? "" : "s",
            o.quarantined == 1 ? "is" : "are");
}

vault_err
open_unlock(const struct call *c, const struct vault_credentials *cred)
{
    vault_err err = kept(vault_open(&c->app->vault, c->app->folder, cred));

    if (err == VAULT_OK)
        tell_opened(c);
    if (err == VAULT_ERR_KEY)
        open_explain(c);
    return err;
}

static vault_err
unlock(struct vault_credentials *cred, struct secret **pass, const struct call *c)
{
    vault_err err = open_credentials(cred, pass, c);

    if (err == VAULT_OK)
        err = open_unlock(c, cred);
    else if (err == VAULT_ERR_KEY)
        open_explain(c);        /* too few shares */
    c->app->key_file = cred->key_file;
    c->app->by_shares = cred->shares != NULL;
    c->app->typed_at = now();
    return err;
}

vault_err
open_own(struct vault_credentials *cred, struct secret **pass, const struct call *c)
{
    vault_err err;

    *cred = (struct vault_credentials){ .slot = -1 };
    err = c->app->vault != NULL ? type_again(cred, pass, c) : unlock(cred, pass, c);
    return err == VAULT_OK ? accept_words(c) : err;
}

vault_err
open_before_reading(const struct call *c, const char *path)
{
    long fd = -1;
    vault_err err = call_number(c, "passphrase-fd", 0, INT_MAX, &fd);

    if (err == VAULT_OK)
        err = call_number(c, "shares-fd", 0, INT_MAX, &fd);
    return err == VAULT_OK && fd == STDIN_FILENO && strcmp(path, "-") == 0 ? open_vault(c) : err;
}

/* To who sits there and has just typed it; a script has no use for it, and `status` says it too. */
static void
offer_upgrade(const struct call *c)
{
    struct vault_opened o;

    vault_opened(c->app->vault, &o);
    if (o.upgrade && isatty(STDERR_FILENO) && !call_has(c, "passphrase-fd") && !call_has(c, "passphrase-file"))
        term_say("guesses at your passphrase are cheap for a machine with so much memory: "
            "`withheld key change --upgrade` makes them dearer");
}

vault_err
open_vault(const struct call *c)
{
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass = NULL;
    vault_err err;

    if (c->app->vault != NULL) {
        err = is_due(c) ? ask_again(c) : VAULT_OK;
        return err == VAULT_OK ? accept_words(c) : err;
    }
    err = unlock(&cred, &pass, c);
    vault_secret_free(pass);
    if (err == VAULT_OK)
        offer_upgrade(c);
    if (err == VAULT_OK)
        err = accept_words(c);
    if (err == VAULT_OK && vault_memory_unlocked())
        term_warn("some secrets could not be locked into memory and may reach the swap space");
    return err;
}

vault_err
open_named_vault(const struct call *c)
{
    vault_err err;

    if (!call_has(c, "vault"))
        return open_confine(c);
    err = open_find(c);
    return err == VAULT_OK ? open_vault(c) : err;
}
