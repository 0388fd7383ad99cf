/*
 * ways.c - deeds about ways in: another slot, a slot less, shares, a copy for the way; and adoption. What must hold of
 * each beside what holds of every deed: who gets in, and with what.
 */
#include "tests/fault/world.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CASE_SLOT 1
#define WAY "way.vault"

static const struct vault_create_options CHEAP = { .kdf_mem_mib = 64, .kdf_passes = 3 };

static struct secret *
secret_text(const char *s)
{
    struct secret *out = NULL;

    if (vault_secret_new(&out, strlen(s)) != VAULT_OK)
        die("no memory");
    memcpy(vault_secret_edit(out), s, strlen(s));
    return out;
}

/* ---- shares: a set of one is enough ---- */

#define SHARE_MAX 400

static struct secret *old_secret;       /* of the set that `ways` has */

/* Of the set that a child made, in memory of both. */
static char *
new_share(void)
{
    static char *shared;

    if (shared == NULL) {
        void *p = mmap(NULL, SHARE_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            die("mmap");
        shared = p;
    }
    return shared;
}

static int
keep_share(void *ctx, const struct vault_trustee_share *s)
{
    snprintf(ctx, SHARE_MAX, "%s", s->words);
    return 0;
}

static vault_err
make_shares(vault *v, char *words)
{
    const struct vault_key_shares_options opt = { .threshold = 1, .count = 1 };
    int slot = -1;

    return vault_key_shares(v, &opt, keep_share, words, &slot);
}

static struct secret *
secret_of(const char *words)
{
    struct secret *s = NULL;
    vault_shares *set = NULL;

    if (vault_shares_new(&set) != VAULT_OK ||
        vault_shares_add(set, words, strlen(words), NULL) != VAULT_OK ||
        vault_shares_secret(&s, set, NULL) != VAULT_OK)
        die("a share is none");
    vault_shares_free(set);
    return s;
}

static bool
opens_with(const char *path, const struct secret *shares, const char *what)
{
    return world_opens(path, &(struct vault_credentials){ .shares = shares, .slot = -1 }, what);
}

/* ---- the vaults ---- */

/* As that caseworker. */
static vault *
open_as_case(const struct world *w, const char *path)
{
    struct vault_credentials cred = world_cred(w->case_pass);
    vault *v = NULL;

    if (vault_open(&v, path, &cred) != VAULT_OK)
        die("%s does not open for the caseworker", path);
    return v;
}

void
ways_free(struct world *w)
{
    vault_secret_free(w->case_pass);
    vault_secret_free(old_secret);
}

void
ways_make(struct world *w)
{
    static const struct world_file WITHHELD = { "zebrafink on the way.txt", 700, false },
        OPEN = { "quuxander ruling.txt", 500, true };
    char share[SHARE_MAX];
    struct vault_status st;
    int slot = -1;
    vault *v;

    snprintf(w->ways, sizeof w->ways, "%s/ways.vault", w->root);
    snprintf(w->waiting, sizeof w->waiting, "%s/waiting.vault", w->root);
    w->case_pass = secret_text(CASE_PASS);
    folder_copy(w->base, w->ways);
    v = world_open(w, w->ways, false);
    if (vault_key_add(v, VAULT_TIER_CASE, w->case_pass, &CHEAP, &slot) != VAULT_OK ||
        slot != CASE_SLOT || make_shares(v, share) != VAULT_OK || vault_status(v, &st) != VAULT_OK)
        die("cannot make %s", w->ways);
    w->ways_records = st.records;
    old_secret = secret_of(share);
    vault_close(v);
    v = open_as_case(w, w->ways);
    world_attach(w, v, w->person, &WITHHELD);
    vault_close(v);
    vault_close(world_open(w, w->ways, false));     /* a keeper takes it over */
    folder_copy(w->ways, w->waiting);
    v = open_as_case(w, w->waiting);
    world_attach(w, v, w->other, &WITHHELD);
    world_attach(w, v, w->other, &OPEN);
    if (world_add(v) != VAULT_OK || world_add(v) != VAULT_OK || vault_status(v, &st) != VAULT_OK)
        die("cannot make %s", w->waiting);
    w->waiting_entries = st.log_entries;
    vault_close(v);
}

/* ---- another slot, and one less ---- */

vault_err
do_key_add(const struct world *w, vault *v)
{
    struct secret *pass = NULL;
    int slot = -1;
    vault_err err = vault_secret_new(&pass, sizeof ADDED_PASS - 1);     /* it may be out of memory */

    (void)w;
    if (err != VAULT_OK)
        return err;
    memcpy(vault_secret_edit(pass), ADDED_PASS, sizeof ADDED_PASS - 1);
    err = vault_key_add(v, VAULT_TIER_KEEPER, pass, &CHEAP, &slot);
    vault_secret_free(pass);
    return err;
}

void
also_key_add(const struct world *w, const struct deed_end *end)
{
    struct secret *pass = secret_text(ADDED_PASS);
    struct vault_credentials cred = world_cred(pass);

    if (world_opens(w->work, &cred, end->what) != end->after)
        die("%s: the added passphrase opens it, and the log has no such slot; or the reverse", end->what);
    vault_secret_free(pass);
}

vault_err
do_key_remove(const struct world *w, vault *v)
{
    (void)w;
    return vault_key_remove(v, CASE_SLOT);
}

void
also_key_remove(const struct world *w, const struct deed_end *end)
{
    struct vault_credentials cred = world_cred(w->case_pass);

    if (world_opens(w->work, &cred, end->what) == end->after)
        die("%s: who was removed gets in, or who was not does not", end->what);
}

/* ---- shares in place of those that are there ---- */

vault_err
do_key_shares(const struct world *w, vault *v)
{
    (void)w;
    new_share()[0] = '\0';
    return make_shares(v, new_share());
}

const char *
of_key_shares(void)
{
    return new_share();
}

void
also_key_shares(const struct world *w, const struct deed_end *end)
{
    struct secret *s = new_share()[0] == '\0' ? NULL : secret_of(new_share());
    bool old = opens_with(w->work, old_secret, end->what);
    bool new = s != NULL && opens_with(w->work, s, end->what);     /* NULL: it never came that far */

    vault_secret_free(s);
    if (old == new || new != end->after)
        die("%s: it opens with %s", end->what, old && new ? "both sets of shares" :
            !old && !new ? "neither set of shares" : "the wrong set of shares");
}

/* ---- a copy for the way ---- */

vault_err
do_travel(const struct world *w, vault *v)
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s", w->road, WAY);
    return vault_travel(v, path);
}

/*
 * The copy is whole: it opens for the caseworker alone, nothing is wrong with it, and it can be written. Looked at with a copy of it, as
 * it may be asked again.
 */
static void
copy_is_whole(const struct world *w, const char *made, const char *what)
{
    char path[300];
    struct vault_credentials keeper = world_cred(w->old_pass);
    struct vault_deep_check deep = {0};
    struct vault_status st;
    vault *v;

    snprintf(path, sizeof path, "%s/looked.vault", w->root);
    folder_copy(made, path);
    if (world_opens(path, &keeper, what) || opens_with(path, old_secret, what))
        die("%s: the copy opens for a keeper", what);
    v = open_as_case(w, path);
    if (vault_check_deep_open(v, NULL, NULL, &deep) != VAULT_OK)
        die("%s: something is wrong with the copy", what);
    if (vault_status(v, &st) != VAULT_OK || st.records != w->ways_records)
        die("%s: the copy lacks records", what);
    if (world_add(v) != VAULT_OK)
        die("%s: the copy cannot be written", what);
    vault_close(v);
}

void
also_travel(const struct world *w, const struct deed_end *end)
{
    DIR *d = opendir(w->road);
    unsigned others = 0;
    bool there = false;
    char path[600];

    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", w->road, e->d_name);
        if (world_leak(path) != NULL || world_open_mode(path) != NULL)
            die("%s: in %s stands a value, or others may read it", end->what, path);
        if (strcmp(e->d_name, WAY) == 0)
            there = true;
        else
            others++;
    }
    if (d != NULL)
        (void)closedir(d);
    if (others > (end->may_litter ? 1 : 0))
        die("%s: a half-made copy lies about", end->what);
    if (there && !end->after)
        die("%s: there is a copy, and the log at home does not say so", end->what);
    if (!there && end->said_done)
        die("%s: it said done, and there is no copy", end->what);
    snprintf(path, sizeof path, "%s/%s", w->road, WAY);
    if (there)
        copy_is_whole(w, path, end->what);
}

/* ---- adoption: the keeper's opening is the deed ---- */

vault_err
do_adopt(const struct world *w, vault *v)
{
    (void)w;
    (void)v;
    return VAULT_OK;
}

/* A caseworker looks, who adopts nothing. Next comes a keeper, and whatever was there before, then it must be done. */
bool
done_adopt(const struct world *w, const char *what)
{
    struct vault_credentials cred = world_cred(w->case_pass);
    struct vault_deep_check deep = {0};
    struct vault_status st;
    char copy[300];
    vault *v;

    snprintf(copy, sizeof copy, "%s/looked.vault", w->root);
    folder_copy(w->work, copy);
    if (vault_check_deep(copy, &cred, NULL, NULL, &deep) != VAULT_OK)
        die("%s: a caseworker's check finds something", what);
    v = open_as_case(w, copy);
    if (vault_status(v, &st) != VAULT_OK || st.log_entries < w->waiting_entries ||
        st.log_entries > w->waiting_entries + 1)
        die("%s: the log has %llu entries", what, (unsigned long long)st.log_entries);
    vault_close(v);
    return st.log_entries > w->waiting_entries;
}
