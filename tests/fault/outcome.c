/* outcome.c - what must hold of a vault after a deed that was hurt; see fault.h. */
#include "tests/fault/fault.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
outcome_of(struct world *w, const struct deed *d, struct outcome *o)
{
    memset(o, 0, sizeof *o);
    o->deed = d;
    deed_states(w, d, &o->before, &o->after);
    o->end.may_litter = true;
    o->clean = d->clean;
    if (!d->is_new && d->run != NULL && strcmp(o->before.head, o->after.head) == 0)
        die("%s left no entry in the log", d->name);
}

void
outcome_free(struct outcome *o)
{
    free(o->before.text);
    free(o->after.text);
    free(o->seen);
}

/* ---- what was seen already: the same bytes in each file that is looked at ---- */

static void
hash_text(crypto_generichash_state *st, const char *s)
{
    (void)crypto_generichash_update(st, (const uint8_t *)s, strlen(s) + 1);
}

static void
hash_path(crypto_generichash_state *st, const char *folder, const char *name)
{
    struct stat is = { .st_mode = 0 };
    char path[900];
    size_t n = 0;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)stat(path, &is);
    hash_text(st, name);
    (void)crypto_generichash_update(st, (const uint8_t *)&is.st_mode, sizeof is.st_mode);
    if (S_ISDIR(is.st_mode)) {
        char **all = list_folder(path, &n);
        for (size_t i = 0; i < n; i++)
            hash_path(st, path, all[i]);
        free_list(all, n);
    } else if (S_ISREG(is.st_mode)) {
        uint8_t *p = file_get(folder, name, &n);
        (void)crypto_generichash_update(st, p, n);
        free(p);
    }
    (void)crypto_generichash_update(st, (const uint8_t *)&n, sizeof n);
}

/* Before the vault was opened again, or after, where it can also be told (or not) that the deed was done before. */
enum stage { CLOSED, OPENED, OPENED_DONE, HALF };

/* Of all that outcome_check asks: the vault, what lies outside of it, and how the deed ended. */
static void
hash_all(const struct world *w, const struct outcome *o, enum stage stage, uint8_t out[static SEEN_BYTES])
{
    const uint8_t end[] = { o->end.said_done, o->end.may_litter, (uint8_t)stage };
    crypto_generichash_state st;
    size_t n, made = strlen(w->made);
    char **name = list_folder(w->root, &n);

    (void)crypto_generichash_init(&st, NULL, 0, SEEN_BYTES);
    (void)crypto_generichash_update(&st, end, sizeof end);
    hash_text(&st, o->deed->also_of != NULL ? o->deed->also_of() : "");
    hash_path(&st, w->work, ".");
    hash_path(&st, w->out, ".");
    hash_path(&st, w->road, ".");
    made -= strlen(w->root) + 1;
    for (size_t i = 0; i < n; i++)
        if (strncmp(name[i], w->made + strlen(w->root) + 1, made) == 0 ||
            strncmp(name[i], "work.vault.new-", 15) == 0)
            hash_path(&st, w->root, name[i]);
    (void)crypto_generichash_final(&st, out, SEEN_BYTES);
    free_list(name, n);
}

/* False: it has not been seen. */
static bool
was_seen(struct outcome *o, const uint8_t hash[static SEEN_BYTES], bool *after)
{
    const struct seen *is = NULL;

    for (size_t i = 0; i < o->n_seen && is == NULL; i++)
        if (memcmp(o->seen[i].hash, hash, SEEN_BYTES) == 0)
            is = &o->seen[i];
    if (is == NULL)
        return false;
    *after = is->after;
    *(*after ? &o->n_after : &o->n_before) += 1;
    return true;
}

static void
note_seen(struct outcome *o, const uint8_t hash[static SEEN_BYTES], bool after)
{
    if (o->n_seen % 64 == 0)
        o->seen = realloc(o->seen, (o->n_seen + 64) * sizeof *o->seen);
    if (o->seen == NULL)
        abort();
    memcpy(o->seen[o->n_seen].hash, hash, SEEN_BYTES);
    o->seen[o->n_seen++].after = after;
}

bool
outcome_first(const struct world *w, struct outcome *o)
{
    uint8_t hash[SEEN_BYTES];

    hash_all(w, o, HALF, hash);
    for (size_t i = 0; i < o->n_seen; i++)
        if (memcmp(o->seen[i].hash, hash, SEEN_BYTES) == 0)
            return false;
    note_seen(o, hash, false);
    return true;
}

/* ---- asked in full ---- */

/* Exactly one of the passphrases opens it; the other is wrong, and is only that. */
static bool
which_pass(struct world *w, struct outcome *o, const char *what)
{
    bool first = o->deed->changes_pass && o->try_new_first++ % 2 == 1;
    bool opens[2];

    for (int i = 0; i < 2; i++) {
        bool is_new = (i == 1) != first;
        struct vault_credentials cred = world_cred(is_new ? w->new_pass : w->old_pass);
        vault *v = NULL;
        vault_err err;
        err = vault_open(&v, w->work, &cred);
        vault_close(v);
        opens[is_new] = err == VAULT_OK;
        if (err != VAULT_OK && err != VAULT_ERR_KEY)
            die("%s: %s passphrase", what, is_new ? "new" : "old");
    }
    if (opens[0] == opens[1])
        die("%s: %s passphrase opens it", what, opens[0] ? "either" : "neither");
    if (opens[1] && !o->deed->changes_pass)
        die("%s: the wrong passphrase opens it", what);
    return opens[1];
}

/* A journal that was never in force harms nothing; that it goes too is the promise of test_clean, and of deeds that destroy. */
static void
nothing_lies_about(struct world *w, struct outcome *o, const char *what)
{
    char names[400];

    folder_names(w->work, names, sizeof names);
    if (strcmp(names, "keys records.db records.db-journal ") == 0 && !o->clean)
        return;
    if (strcmp(names, "keys records.db ") != 0)
        die("%s: after opening there is in the folder: %s", what, names);
}

/* A vault that was put right can be written again. */
static void
write_again(struct world *w, bool new_pass, const char *what)
{
    vault *v = world_open(w, w->work, new_pass);
    vault_err err = world_add(v);

    vault_close(v);
    if (err != VAULT_OK || world_check(w, w->work, new_pass, NULL) != VAULT_OK)
        die("%s: it cannot be written any more", what);
}

/* A deed that makes a file, with an entry before and one after: it is done where the file is there, and then that is whole. */
static void
check_made(struct world *w, struct outcome *o, const struct state *now, const char *what,
    bool *done)
{
    const char *wrong = made_wrong(w, &o->before, done);

    if (wrong != NULL)
        die("%s: %s", what, wrong);
    if (now->entries < o->before.entries + *done || now->entries > o->after.entries ||
        (!*done && now->entries == o->after.entries) || strcmp(now->text, o->before.text) != 0)
        die("%s: %llu entries where there were %llu, and the file is %sthere", what,
            (unsigned long long)now->entries, (unsigned long long)o->before.entries,
            *done ? "" : "not ");
}

/* Beside a vault that is as it was, a journal whose first byte is none or zero: SQLite looks no further. */
static bool
is_dead_journal(const struct world *w, const struct deed *d)
{
    size_t n = 0;
    char names[400];
    uint8_t *p;
    bool dead;

    folder_names(w->work, names, sizeof names);
    if (strcmp(names, "keys records.db records.db-journal ") != 0)
        return false;
    p = file_get(w->work, "records.db-journal", &n);
    dead = p != NULL && (n == 0 || p[0] == 0) && file_same(deed_base(w, d), w->work, "keys") &&
        file_same(deed_base(w, d), w->work, "records.db");
    free(p);
    return dead;
}

#define DEAD_JOURNALS 3         /* that are opened and looked at in full, of each test */

bool
outcome_untouched(const struct world *w, struct outcome *o)
{
    if (o->deed->is_new || (o->deed->makes && made_there(w)))
        return false;
    if (folder_same(deed_base(w, o->deed), w->work))
        return true;
    return !o->clean && is_dead_journal(w, o->deed) && ++o->n_dead > DEAD_JOURNALS;
}

void
outcome_count(struct world *w, struct outcome *o, bool after, const char *what)
{
    *(after ? &o->n_after : &o->n_before) += 1;
    o->end.after = after;
    o->end.what = what;
    if (o->deed->also != NULL)
        o->deed->also(w, &o->end);
}

/* Once it was opened: all that needs it open. True: it holds what it held after. */
static bool
look_inside(struct world *w, struct outcome *o, bool new_pass, bool done, const char *what)
{
    const struct state *is;
    struct problems problems;
    struct state now;
    bool after;

    if (world_check(w, w->work, new_pass, &problems) != VAULT_OK)
        die("%s: check finds:\n%s", what, problems.text);
    if (state_of(w, w->work, new_pass, false, &now) != VAULT_OK)
        die("%s: it cannot be read", what);
    after = o->deed->is_new || now.entries == o->after.entries;
    is = after ? &o->after : &o->before;
    if (o->deed->makes)
        check_made(w, o, &now, what, &after);
    else if (now.entries != is->entries || now.records != is->records || now.new_pass != is->new_pass ||
        strcmp(now.text, is->text) != 0 || (!after && strcmp(now.head, is->head) != 0))
        die("%s: it holds neither the old nor the new state: "
            "%llu records, %llu entries, %s passphrase\n%s", what, (unsigned long long)now.records,
            (unsigned long long)now.entries, new_pass ? "new" : "old", now.text);
    after = o->deed->done != NULL ? done : after;
    outcome_count(w, o, after, what);
    write_again(w, new_pass, what);
    nothing_lies_about(w, o, what);
    free(now.text);
    return after;
}

/*
 * Ends the program when anything is wrong. Most of what is left behind is put right by the first opening, and then the files are
 * those of another time, byte for byte: the rest was asked of them.
 */
static bool
look(struct world *w, struct outcome *o, const char *what)
{
    const char *leak = world_leak(w->work), *open = world_open_mode(w->work);
    uint8_t hash[SEEN_BYTES];
    bool new_pass, after, done;

    if (leak != NULL)
        die("%s: in the folder stands: %s", what, leak);
    if (open != NULL)
        die("%s: others may read %s", what, open);
    done = o->deed->done != NULL && o->deed->done(w, what);
    new_pass = which_pass(w, o, what);
    nothing_lies_about(w, o, what);
    hash_all(w, o, done ? OPENED_DONE : OPENED, hash);
    if (!was_seen(o, hash, &after)) {
        after = look_inside(w, o, new_pass, done, what);
        note_seen(o, hash, after);
    }
    return after;
}

/* Parts of a backup that is not there: the deed took them back, where it could. */
static bool
is_part_of_none(const struct world *w, const char *name)
{
    const char *made = w->made + strlen(w->root) + 1;

    return strncmp(name, made, strlen(made)) == 0 && !made_there(w);
}

void
outcome_beside(const struct world *w, const struct outcome *o, const char *what)
{
    size_t n;
    char **name = list_folder(w->root, &n), path[600];
    const char *open = access(w->work, F_OK) == 0 ? world_open_mode(w->work) : NULL;

    if (open != NULL)           /* before anybody copies it, also where not a byte was changed */
        die("%s: others may read %s", what, open);
    for (size_t i = 0; i < n; i++) {
        const char *leak;
        bool unfinished = is_unfinished(name[i]);
        if (!unfinished && !deed_may_leave(w, o->deed, name[i]))
            die("%s: nobody asked for %s, which is beside the vault", what, name[i]);
        if (!unfinished && !is_part_of_none(w, name[i]))
            continue;
        if (!o->end.may_litter)
            die("%s: there is left beside the vault: %s", what, name[i]);
        snprintf(path, sizeof path, "%s/%s", w->root, name[i]);
        leak = world_leak(path);
        if (leak != NULL)
            die("%s: in %s, left beside the vault, stands: %s", what, name[i], leak);
    }
    free_list(name, n);
}

bool
outcome_check(struct world *w, struct outcome *o, const char *what)
{
    uint8_t hash[SEEN_BYTES];
    struct world aside;
    bool after;

    if (outcome_untouched(w, o)) {
        if (o->deed->outside)
            outcome_count(w, o, false, what);
        else
            o->n_before++;
        return false;
    }
    hash_all(w, o, CLOSED, hash);
    if (was_seen(o, hash, &after))
        return after;
    aside = *w;
    if (o->in_use) {
        snprintf(aside.work, sizeof aside.work, "%s/aside.vault", w->root);
        folder_copy(w->work, aside.work);
    }
    after = look(&aside, o, what);
    note_seen(o, hash, after);
    return after;
}
