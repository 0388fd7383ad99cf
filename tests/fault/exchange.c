/* exchange.c - deeds between two vaults: a bundle sent, one taken in, a receipt kept; see world.h. */
#include "tests/fault/fault.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SENT "sent.bundle"
#define RECEIPT "given.receipt"

/* The vault that such a deed begins with, the other side, what came from there: with a name, an attachment, another version of a record
 * that is here without names, and the receipt for what was sent there. All of them are made once. */
static char friends[256], office[256], given[256], acknowledged[256], shared[32];

static void
well(vault_err err, const char *what)
{
    if (err != VAULT_OK)
        die("%s: %s", what, vault_last_error()->text);
}

static void
knows(vault *v, const char *name, vault *other)
{
    static const char *const word[] = { "verify" };
    struct vault_card card;

    well(vault_card(other, &card), "card");
    well(vault_contact_add(v, name, card.text, strlen(card.text)), "contact");
    well(vault_accept(v, word, 1), "accept");
    well(vault_contact_verify(v, name, NULL), "contact verify");
    vault_free(card.text);
}

static vault_err
send_it(vault *v, const char *path, const char *to, const char *id, bool names)
{
    const struct vault_handoff what = { .ids = &id, .n_ids = 1, .contacts = &to, .n_contacts = 1, .names = names, .linked = true,
        .confirmed = true };
    struct vault_handoff_sent sent;

    return vault_handoff_send(v, path, &what, &sent);
}

static vault_err
take_it(vault *v, const char *path, const char *receipt, bool plan)
{
    const struct vault_receive how = { .receipt = receipt, .plan = plan };
    struct vault_received got;

    return vault_handoff_receive(v, path, &how, &got);
}

static void
attach_to(const struct world *w, vault *v)
{
    const struct world_file scan = { .name = "Quuxander.scan", .n = 3000 }, open = { .name = "zebrafink.txt", .n = 200, .open = true };

    world_attach(w, v, shared, &scan);
    world_attach(w, v, shared, &open);
}

/* What each step needs was made by the one before. */
static void
exchange(const struct world *w, vault *here, vault *there)
{
    char first[300];

    snprintf(first, sizeof first, "%s/first.bundle", w->root);
    well(world_add_json(there, "person", "{\"ref\":\"F-1\",\"residence\":\"Quuxandergrad\",\"name\":\"Quuxandra zebrafink\"}", shared), "add");
    attach_to(w, there);
    well(send_it(there, first, "anna", shared, false), "send");
    well(take_it(here, first, NULL, false), "receive");
    well(world_edit_json(here, shared, "{\"residence\":\"Zebrafinkowo\"}"), "edit");
    well(world_edit_json(there, shared, "{\"residence\":\"Quuxanderholm\",\"other_names\":[\"물총새\"]}"), "edit");
    well(send_it(there, given, "anna", shared, true), "send");
    (void)unlink(first);
    well(send_it(here, first, "office", w->person, true), "send");
    well(take_it(there, first, acknowledged, false), "receive");
    (void)unlink(first);
    if (access(acknowledged, F_OK) != 0)
        die("there is no receipt");
}

const char *
friends_base(const struct world *w)
{
    static const struct vault_create_options cheap = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    vault *here, *there;

    if (friends[0] != '\0')
        return friends;
    snprintf(friends, sizeof friends, "%s/friends.vault", w->root);
    snprintf(office, sizeof office, "%s/office.vault", w->root);
    snprintf(given, sizeof given, "%s/given.bundle", w->root);
    snprintf(acknowledged, sizeof acknowledged, "%s/acknowledged.receipt", w->root);
    folder_copy(w->base, friends);
    well(vault_create(office, w->old_pass, &cheap), "init");
    here = world_open(w, friends, false);
    there = world_open(w, office, false);
    knows(here, "office", there);
    knows(there, "anna", here);
    exchange(w, here, there);
    vault_close(here);
    vault_close(there);
    return friends;
}

/* ---- the deeds ---- */

vault_err
do_send(const struct world *w, vault *v)
{
    char path[300];

    snprintf(path, sizeof path, "%s/" SENT, w->road);
    return send_it(v, path, "office", w->person, true);
}

vault_err
do_receive(const struct world *w, vault *v)
{
    char path[300];

    snprintf(path, sizeof path, "%s/" RECEIPT, w->road);
    return take_it(v, given, path, false);
}

vault_err
do_receipt(const struct world *w, vault *v)
{
    struct vault_receipt got;

    (void)w;
    return vault_handoff_receipt(v, acknowledged, &got);
}

/* ---- and what lies about ---- */

static void
tidy(const struct world *w, const struct deed_end *end)
{
    if (hidden_names(w) > (end->may_litter ? 1 : 0))
        die("%s: a half-made file lies about", end->what);
    if (world_leak(w->road) != NULL)
        die("%s: %s lies about unencrypted", end->what, world_leak(w->road));
    if (world_open_mode(w->road) != NULL)
        die("%s: others may read it", end->what);
}

/* Does the other side take the file at `path`, as a bundle or as a receipt? */
static bool
is_taken(const struct world *w, const char *path, bool receipt)
{
    struct vault_receipt got;
    char copy[300];
    vault *there;
    vault_err err;

    snprintf(copy, sizeof copy, "%s/office-copy.vault", w->root);
    folder_copy(office, copy);
    there = world_open(w, copy, false);
    err = receipt ? vault_handoff_receipt(there, path, &got) : take_it(there, path, NULL, true);
    vault_close(there);
    folder_remove(copy);
    return err == VAULT_OK;
}

/* Logged first; then it is there whole, or not at all. */
void
also_send(const struct world *w, const struct deed_end *end)
{
    char path[300];
    bool there;

    snprintf(path, sizeof path, "%s/" SENT, w->road);
    there = access(path, F_OK) == 0;
    if (there && !end->after)
        die("%s: there is a bundle, and the log does not say so", end->what);
    if (!there && end->said_done)
        die("%s: it said done, and there is no bundle", end->what);
    if (there && !is_taken(w, path, false))
        die("%s: the bundle that is there is not whole", end->what);
    tidy(w, end);
}

/* Taken in first; the receipt may be wanting, as it can be had again. */
void
also_receive(const struct world *w, const struct deed_end *end)
{
    char path[300];
    bool there;

    snprintf(path, sizeof path, "%s/" RECEIPT, w->road);
    there = access(path, F_OK) == 0;
    if (there && !end->after)
        die("%s: there is a receipt, and nothing was taken in", end->what);
    if (there && !is_taken(w, path, true))
        die("%s: the receipt that is there is not whole", end->what);
    tidy(w, end);
}
