/*
 * outside.c - deeds that write files outside of the vault which must hold by themselves: a statement, an anchor. What must hold of
 * each beside what holds of every deed.
 */
#include "tests/fault/world.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATEMENT "told"

/* ---- a statement ---- */

vault_err
do_statement(const struct world *w, vault *v)
{
    const struct vault_statement_options opt = { .reveal = false };     /* else two entries */
    struct vault_statement told;
    char dir[300];

    snprintf(dir, sizeof dir, "%s/" STATEMENT, w->road);
    return vault_statement(v, w->person, dir, &opt, &told);
}

/* By the script that lies in it, as somebody without the vault would. */
static bool
convinces(const char *dir)
{
    const char *python = getenv("PYTHON");
    char command[1100];

    snprintf(command, sizeof command, "%s '%s/check_statement.py' '%s' > /dev/null 2>&1",
        python != NULL ? python : "python3", dir, dir);
    return system(command) == 0;
}

void
also_statement(const struct world *w, const struct deed_end *end)
{
    DIR *d = opendir(w->road);
    unsigned others = 0;
    bool there = false;
    char dir[300];

    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        there = there || strcmp(e->d_name, STATEMENT) == 0;
        others += e->d_name[0] != '.' || strncmp(e->d_name, ".withheld-", 10) == 0;
    }
    if (d != NULL)
        (void)closedir(d);
    if (others - there > (end->may_litter ? 1 : 0))
        die("%s: a half-made statement lies about", end->what);
    if (there && !end->after)
        die("%s: there is a statement, and the log does not say so", end->what);
    if (!there && end->said_done)
        die("%s: it said done, and there is no statement", end->what);
    snprintf(dir, sizeof dir, "%s/" STATEMENT, w->road);
    if (there && !convinces(dir))
        die("%s: the statement that is there does not hold", end->what);
    world_clear_road(w);
}

/* ---- an anchor: written when it is made, and when a session ends ---- */

/* The same deed as add, by somebody who keeps one. */
vault_err
do_anchored(const struct world *w, vault *v)
{
    (void)w;
    return world_add(v);
}

/* That of the vault as it is before the deed. */
void
anchor_prepare(const struct world *w)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    vault *v = NULL;

    cred.anchor = w->anchor;
    if (vault_open(&v, w->work, &cred) != VAULT_OK)
        die("cannot make %s", w->anchor);
    vault_close(v);
}

/* It never runs ahead of the vault: that would be told as a rollback ever after. Looked at with copies of both. */
void
also_anchored(const struct world *w, const struct deed_end *end)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    char copy[300], anchor[300];
    size_t n = 0;
    uint8_t *text = file_get(w->road, "anchor", &n);
    vault *v = NULL;

    if (text == NULL)
        die("%s: the anchor is gone", end->what);
    file_put(w->road, "looked", text, n);
    free(text);
    snprintf(copy, sizeof copy, "%s/looked.vault", w->root);
    snprintf(anchor, sizeof anchor, "%s/looked", w->road);
    folder_copy(w->work, copy);
    cred.anchor = anchor;
    if (vault_open(&v, copy, &cred) != VAULT_OK)
        die("%s: with its anchor: %s", end->what, vault_last_error()->text);
    vault_close(v);
    folder_remove(copy);
}
