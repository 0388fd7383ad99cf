/* deeds.c - the deeds, in one table, and how each begins, is done and leaves a vault; see world.h. */
#include "tests/fault/opener.h"
#include "tests/fault/world.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/handoff/card_text.h"

static vault_err
world_fields(vault_fields **f, const char *json)
{
    vault_err err = vault_fields_new(f);

    return err != VAULT_OK ? err : vault_fields_json(*f, json, strlen(json));
}

vault_err
world_add_json(vault *v, const char *type, const char *json, char *code)
{
    struct vault_added out = {0};
    vault_fields *f = NULL;
    vault_err err = world_fields(&f, json);

    if (err == VAULT_OK)
        err = vault_add(v, type, f, &out);
    vault_fields_free(f);
    if (err == VAULT_OK && code != NULL)
        snprintf(code, 32, "%s", out.id);
    return err;
}

vault_err
world_edit_json(vault *v, const char *id, const char *json)
{
    struct vault_added out = {0};
    vault_fields *f = NULL;
    vault_err err = world_fields(&f, json);

    if (err == VAULT_OK)
        err = vault_edit(v, id, f, &out);
    vault_fields_free(f);
    return err;
}

vault_err
world_add(vault *v)
{
    char code[32];

    return world_add_json(v, "person", "{\"residence\":\"Chabarowsk\",\"name\":\"Quuxander\"}", code);
}

static vault_err
do_add(const struct world *w, vault *v)
{
    char code[32];

    (void)w;
    return world_add_json(v, "person", "{\"ref\":\"Q-9\",\"residence\":\"Quuxandergrad\","
        "\"name\":\"Quuxanderina Зимородок\","
        "\"other_names\":[\"물총새\",\"zebrafink\"],\"notes\":\"quuxander said so\"}", code);
}

static vault_err
do_edit(const struct world *w, vault *v)
{
    return world_edit_json(v, w->person, "{\"residence\":\"Quuxanderholm\",\"name\":\"Quuxanderor zebrafink\","
        "\"born\":\"1971\"}");
}

vault_err
world_import(vault *v, const char *path, const char *key)
{
    struct vault_import_options opt = { .type = "person", .key = key };
    struct vault_import_report rep;

    memset(&rep, 0, sizeof rep);
    return vault_import(v, path, &opt, &rep);
}

static vault_err
do_import(const struct world *w, vault *v)
{
    return world_import(v, w->csv, "ref");
}

static vault_err
do_import_big(const struct world *w, vault *v)
{
    return world_import(v, w->big, NULL);
}

static vault_err
do_key_change(const struct world *w, vault *v)
{
    struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };

    return vault_key_change(v, w->new_pass, &opt);
}

static vault_err
do_remove(const struct world *w, vault *v)
{
    struct vault_added out;

    return vault_remove(v, w->person, &out);
}

static vault_err
do_merge(const struct world *w, vault *v)
{
    struct vault_merged out;

    return vault_merge(v, w->person, w->other, &out);
}

static char other_card[16384];          /* of a vault that is nowhere */

static void
prepare_contact(const struct world *w)
{
    static const uint8_t id[VAULT_ID_BYTES] = { 9 };
    struct secret *vmk = NULL, *nsk = NULL;
    struct key_tree tree = {0};
    struct buf card = BUF_INIT, text = BUF_INIT;

    (void)w;
    if (other_card[0] != '\0')
        return;
    if (secret_random(&vmk, 32) != VAULT_OK || secret_random(&nsk, 32) != VAULT_OK ||
        tree_derive(&tree, &vmk, &nsk) != VAULT_OK || card_build(&card, &tree, id) != VAULT_OK ||
        card_text_write(&text, card.p, card.n) != VAULT_OK || text.n >= sizeof other_card)
        die("no card");
    memcpy(other_card, text.p, text.n);
    tree_free(&tree);
    buf_free(&card);
    buf_free(&text);
}

static vault_err
do_contact(const struct world *w, vault *v)
{
    (void)w;
    return vault_contact_add(v, "anna", other_card, strlen(other_card));
}

static vault_err
do_dismiss(const struct world *w, vault *v)
{
    return vault_dismiss(v, w->person, w->other);
}

static vault_err
do_reveal(const struct world *w, vault *v)
{
    struct vault_record *r = NULL;
    vault_err err = vault_show(v, w->person, NULL, true, &r);

    vault_record_free(r);
    return err;
}

static vault_err
do_init(const struct world *w, vault *v)
{
    struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };

    (void)v;
    return vault_create(w->work, w->old_pass, &opt);
}

static vault_err
do_rekey(const struct world *w, vault *v)
{
    struct vault_credentials own = world_cred(w->old_pass);

    return vault_key_rekey(v, &own);
}

/* Two files, one call: several pieces where they are large. */
static vault_err
attach(const struct world *w, vault *v, const char *path, bool open)
{
    const struct vault_attach_file file[] = { { path, "Quuxander.csv" }, { path, "zebrafink.csv" } };
    const struct vault_attach_options opt = { .open = open };
    struct vault_added out;

    return vault_attach(v, w->person, file, 2, &opt, &out);
}

static vault_err
do_attach(const struct world *w, vault *v)
{
    return attach(w, v, w->csv, false);
}

static vault_err
do_attach_open(const struct world *w, vault *v)
{
    return attach(w, v, w->csv, true);
}

static vault_err
do_attach_big(const struct world *w, vault *v)
{
    return attach(w, v, w->big, false);
}

static vault_err
do_compact(const struct world *w, vault *v)
{
    struct vault_compacted sizes;

    (void)w;
    return vault_compact(v, &sizes);
}

static vault_err
do_purge(const struct world *w, vault *v)
{
    struct vault_purge what = { .id = w->person };
    struct vault_purged done;

    return vault_purge(v, &what, &done);
}

/* Open and withheld values that later revisions do not have. */
static vault_err
do_purge_revision(const struct world *w, vault *v)
{
    struct vault_purge what = { .id = w->other, .revision = w->first };
    struct vault_purged done;

    return vault_purge(v, &what, &done);
}

const struct deed DEEDS[] = {
    { .name = "open" },
    { .name = "add", .run = do_add },
    { .name = "edit", .run = do_edit },
    { .name = "import", .run = do_import },
    { .name = "import-big", .run = do_import_big, .is_big = true },
    { .name = "attach", .run = do_attach },
    { .name = "attach-open", .run = do_attach_open },
    { .name = "attach-case", .run = do_attach, .from = FROM_WAYS, .by_case = true },
    { .name = "add-case", .run = do_add, .from = FROM_WAYS, .by_case = true },
    { .name = "attach-big", .run = do_attach_big, .is_big = true },
    { .name = "key-change", .run = do_key_change, .changes_pass = true, .may_be_done = true },
    { .name = "rekey", .run = do_rekey, .may_be_done = true },
    { .name = "compact", .run = do_compact, .may_be_done = true, .clean = true, .also = also_compact },
    { .name = "purge", .run = do_purge, .may_be_done = true, .clean = true, .also = also_purge },
    { .name = "purge-revision", .run = do_purge_revision, .may_be_done = true, .clean = true, .also = also_purge },
    { .name = "key-add", .run = do_key_add, .may_be_done = true, .also = also_key_add },
    { .name = "key-remove", .run = do_key_remove, .from = FROM_WAYS, .may_be_done = true,
        .also = also_key_remove },
    { .name = "key-shares", .run = do_key_shares, .from = FROM_WAYS, .may_be_done = true,
        .also = also_key_shares, .also_of = of_key_shares },
    { .name = "travel", .run = do_travel, .from = FROM_WAYS, .may_be_done = true, .outside = true,
        .also = also_travel },
    { .name = "adopt", .run = do_adopt, .from = FROM_WAITING, .may_wait = true, .done = done_adopt },
    { .name = "detach", .run = do_detach },
    { .name = "attach-move", .run = do_move, .may_be_done = true, .may_fail_after = true, .outside = true,
        .moves = true,
        .prepare = prepare_move, .also = also_move },
    { .name = "extract", .run = do_extract, .may_be_done = true, .outside = true, .also = also_extract },
    { .name = "purge-field", .run = do_purge_field, .may_be_done = true, .clean = true, .also = also_purge },
    { .name = "purge-file", .run = do_purge_file, .may_be_done = true, .clean = true, .also = also_purge },
    { .name = "import-dump", .run = do_import_dump, .from = FROM_EMPTY, .prepare = prepare_dumped },
    { .name = "join", .run = do_join, .from = FROM_HOME, .may_be_done = true, .prepare = prepare_join },
    { .name = "remove", .run = do_remove },
    { .name = "merge", .run = do_merge },
    { .name = "dismiss", .run = do_dismiss },
    { .name = "contact", .run = do_contact, .prepare = prepare_contact },
    { .name = "reveal", .run = do_reveal },
    { .name = "dump", .run = do_dump, .may_be_done = true, .outside = true,
        .prepare = prepare_dumped, .also = also_dump },
    { .name = "statement", .run = do_statement, .may_be_done = true, .outside = true,
        .also = also_statement },
    { .name = "handoff", .run = do_handoff, .may_be_done = true, .outside = true,
        .prepare = prepare_handoff, .also = also_handoff },
    { .name = "handoff-send", .run = do_send, .from = FROM_FRIENDS, .may_be_done = true, .outside = true, .also = also_send },
    { .name = "handoff-receive", .run = do_receive, .from = FROM_FRIENDS, .may_be_done = true, .outside = true, .also = also_receive },
    { .name = "handoff-receipt", .run = do_receipt, .from = FROM_FRIENDS },
    { .name = "anchored", .run = do_anchored, .anchored = true, .outside = true,
        .prepare = anchor_prepare, .also = also_anchored },
    { .name = "init", .run = do_init, .is_new = true },
    { .name = "backup", .run = do_backup, .makes = true, .may_be_done = true },
    { .name = "backup-since", .run = do_backup_since, .from = FROM_KEPT, .makes = true,
        .may_be_done = true },
    { .name = "backup-split", .run = do_backup_split, .from = FROM_LARGE, .makes = true,
        .may_be_done = true },
    { .name = "restore", .run = do_restore, .is_new = true },
    { .name = "restore-chain", .run = do_restore_chain, .is_new = true, .prepare = prepare_chain },
    { .name = "restore-second", .run = do_restore_second, .is_new = true },
    { .name = "repair", .run = do_repair, .is_new = true, .outside = true,
        .prepare = prepare_repair, .also = also_repair, .also_of = of_repair },
    { .name = NULL },
};

const struct deed *
deed_find(const char *name)
{
    const struct deed *d = DEEDS;

    while (d->name != NULL && strcmp(d->name, name) != 0)
        d++;
    if (d->name == NULL)
        die("there is no deed %s", name);
    return d;
}

bool
is_unfinished(const char *name)
{
    return strncmp(name, ".withheld-", 10) == 0 || strncmp(name, "work.vault.new-", 15) == 0;
}

/* The backup, and what a kill left of one or of a new vault under another name. */
static void
remove_made(const struct world *w)
{
    size_t n;
    char **name = list_folder(w->root, &n), path[600];

    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", w->root, name[i]);
        if (is_unfinished(name[i]) && unlink(path) != 0)
            folder_remove(path);
    }
    free_list(name, n);
    (void)unlink(w->made);
    for (int i = 1; i < 10; i++) {
        snprintf(path, sizeof path, "%s.%03d", w->made, i);
        (void)unlink(path);
    }
}

/* The file, or the first of its parts, which comes last. */
bool
made_there(const struct world *w)
{
    char first[300];

    snprintf(first, sizeof first, "%s.001", w->made);
    return access(w->made, F_OK) == 0 || access(first, F_OK) == 0;
}

const char *
made_wrong(const struct world *w, const struct state *before, bool *there)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    struct vault_restore_options opt = { .second = false };
    struct vault_restore_report rep;
    struct state now = {0};
    char path[300];
    const char *wrong = NULL;

    *there = made_there(w);
    if (!*there)
        return NULL;
    snprintf(path, sizeof path, "%s/restored.vault", w->root);
    if (vault_restore(w->made, path, &cred, &opt, &rep) != VAULT_OK)
        wrong = "the backup that is there is not whole";
    else if (world_check(w, path, false, NULL) != VAULT_OK)
        wrong = "check finds something in what was restored from it";
    else if (state_of(w, path, false, false, &now) != VAULT_OK)
        wrong = "what was restored from it cannot be read";
    else if (strcmp(now.text, before->text) != 0 || now.entries != before->entries + 2)
        wrong = "what was restored from it is something else";
    free(now.text);
    folder_remove(path);
    return wrong;
}

const char *
deed_base(const struct world *w, const struct deed *d)
{
    return d->from == FROM_WAYS ? w->ways : d->from == FROM_WAITING ? w->waiting :
        d->from == FROM_BASE ? w->base : d->from == FROM_FRIENDS ? friends_base(w) : copies_base(w, d->from);
}

void
world_clear_road(const struct world *w)
{
    folder_remove(w->road);
    if (mkdir(w->road, 0700) != 0)
        die("cannot make %s", w->road);
}

/* Names in the folder `root` when the deed begins. */
static char **known;
static size_t n_known;

void
deed_prepare_outside(const struct world *w, const struct deed *d)
{
    folder_remove(w->out);
    remove_made(w);
    world_clear_road(w);
    if (d->prepare != NULL)
        d->prepare(w);
    free_list(known, n_known);
    known = list_folder(w->root, &n_known);
}

static const char *
last_part(const char *path)
{
    return strrchr(path, '/') + 1;
}

bool
deed_may_leave(const struct world *w, const struct deed *d, const char *name)
{
    const char *made = last_part(w->made);

    for (size_t i = 0; i < n_known; i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return (d->is_new && strcmp(name, last_part(w->work)) == 0) || (d->run == do_dump && strcmp(name, last_part(w->out)) == 0) ||
        (d->makes && strncmp(name, made, strlen(made)) == 0);
}

void
deed_prepare(const struct world *w, const struct deed *d)
{
    if (opener_has_it())
        die("%s: somebody has `work` open", d->name);
    if (d->is_new)
        folder_remove(w->work);
    else
        folder_copy(deed_base(w, d), w->work);
    deed_prepare_outside(w, d);
}

vault_err
deed_do(const struct world *w, const struct deed *d)
{
    struct vault_credentials cred = world_cred(d->by_case ? w->case_pass : w->old_pass);
    vault *v = NULL;
    vault_err err = VAULT_OK;

    if (d->is_new)
        return d->run(w, NULL);
    cred.anchor = d->anchored ? w->anchor : NULL;
    err = vault_open(&v, w->work, &cred);
    if (err == VAULT_OK && w->opened != NULL)
        w->opened();
    if (err == VAULT_OK && d->run != NULL)
        err = d->run(w, v);
    vault_close(v);
    return err;
}

void
deed_states(const struct world *w, const struct deed *d, struct state *before, struct state *after)
{
    if (d->is_big)
        write_rows(w->big, 1000, 3400, 8000);
    deed_prepare(w, d);
    if (state_of(w, deed_base(w, d), false, false, before) != VAULT_OK)
        die("base cannot be read");
    if (deed_do(w, d) != VAULT_OK)
        die("%s does not even work undisturbed", d->name);
    if (state_of(w, w->work, d->changes_pass, false, after) != VAULT_OK)
        die("after %s the vault cannot be read", d->name);
}
