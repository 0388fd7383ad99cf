/* cmd_share.c - records that go to a contact whenever they change: share, unshare. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/handoff.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/share.h"
#include "cli/term.h"

#define CONTACTS_MAX 64u

static const char *
many(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- what is shared ---- */

static int
print_share(void *ctx, const struct vault_standing *s)
{
    struct json *j = ctx;

    if (j != NULL) {
        js_object(j);
        js_pair(j, "id", s->id);
        js_pair(j, "label", s->label);
        js_pair(j, "contact", s->contact);
        js_pair_bool(j, "verified", s->verified);
        js_pair_bool(j, "names", s->names);
        js_pair_bool(j, "purged", s->purged);
        js_pair(j, "held", s->held);
        js_end(j);
        return 0;
    }
    print_code(s->id);
    putchar(' ');
    out_text(s->purged ? "(purged)" : s->label);
    fputs("  with ", stdout);
    out_text(s->contact);
    if (s->names)
        fputs(", WITH NAMES", stdout);
    if (s->held != NULL)
        printf(" (nothing goes: %s)", s->held);
    else if (!s->verified)
        fputs(" (not verified)", stdout);
    putchar('\n');
    return 0;
}

static int
print_with(void *ctx, const struct vault_standing *s)
{
    (void)ctx;
    fputs("shared with ", stdout);
    out_text(s->contact);
    printf("%s%s%s%s\n", s->names ? ", WITH NAMES" : "", s->held == NULL ? "" : " (nothing goes: ", s->held == NULL ? "" : s->held,
        s->held == NULL ? "" : ")");
    return 0;
}

static int
note_one(void *ctx, const struct vault_standing *s)
{
    (void)s;
    *(bool *)ctx = true;
    return 1;
}

vault_err
share_tell(const struct call *c, const char *id, struct json *j)
{
    bool any = false;
    vault_err err;

    if (j == NULL)
        return kept(vault_standing_list(c->app->vault, id, print_with, NULL));
    err = kept(vault_standing_list(c->app->vault, id, note_one, &any));
    if (err != VAULT_OK || !any)
        return err;
    js_key(j, "shared");
    js_array(j);
    err = kept(vault_standing_list(c->app->vault, id, print_share, j));
    js_end(j);
    return err;
}

static vault_err
list(struct call *c)
{
    struct json j = { .to = stdout };
    vault_err err = open_vault(c);

    if (err == VAULT_OK && c->json)
        js_array(&j);
    if (err == VAULT_OK)
        err = kept(vault_standing_list(c->app->vault, NULL, print_share, c->json ? &j : NULL));
    if (err == VAULT_OK && c->json)
        js_end(&j);
    return err;
}

/* ---- share ---- */

static int
show_contact(void *ctx, const struct vault_contact *x)
{
    bool names = *(const bool *)ctx;

    term_say("with: %s%s", x->name, x->verified ? " (verified)" : "");
    /* The words of one that is not verified are to be heard from its owner, and not read here. */
    if (x->verified)
        term_say("    %s", x->words);
    else
        term_warn("%s is not verified: nobody compared the words of that card with its owner, so %s may go to anybody (`contact verify`)",
            x->name, names ? "NAMES" : "this");
    return 0;
}

static vault_err
read_contacts(const struct call *c, const char *name[static CONTACTS_MAX], size_t *n)
{
    size_t at = 0;

    for (const char *w; (w = call_next(c, "with", &at)) != NULL; name[(*n)++] = w)
        if (*n == CONTACTS_MAX)
            return fail(VAULT_ERR_INPUT, NULL, "more than %u contacts", CONTACTS_MAX);
    return *n > 0 ? VAULT_OK : fail(VAULT_ERR_INPUT, "--with NAME, a contact", "say with whom");
}

static vault_err
look_and_share(const struct call *c, struct vault_handoff *what)
{
    struct vault_handoff_plan plan;
    uint64_t changed = 0;
    vault_err err = kept(vault_handoff_look(c->app->vault, what, &plan));

    for (size_t i = 0; err == VAULT_OK && i < what->n_contacts; i++)
        err = kept(vault_contact(c->app->vault, what->contacts[i], show_contact, &what->names));
    if (err == VAULT_OK) {
        handoff_show_plan(&plan, what->names, true);
        term_say("they go with the next `handoff sync`, and again whenever they change: whoever has them keeps them");
        err = handoff_ask(c, "type yes to share them from now on: ", &what->confirmed);
    }
    if (err == VAULT_OK)
        err = kept(vault_share(c->app->vault, what, &changed));
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        struct json j = { .to = stdout };

        js_object(&j);
        js_pair_uint(&j, "records", plan.records);
        js_pair_uint(&j, "changed", changed);
        js_pair_bool(&j, "names", what->names);
        js_end(&j);
    } else if (changed == 0) {
        term_say("that is so already");
    } else {
        term_say("shared %s", what->names ? "WITH NAMES" : "without names");
    }
    return VAULT_OK;
}

static vault_err
share_run(struct call *c)
{
    const char *name[CONTACTS_MAX];
    struct vault_handoff what = { .ids = (const char *const *)c->args, .n_ids = c->n_args, .contacts = name,
        .names = call_has(c, "with-names"), .linked = call_has(c, "with-linked") };
    vault_err err;

    if (c->n_args == 0 && !call_has(c, "with"))
        return list(c);
    err = c->n_args == 0 ? fail(VAULT_ERR_INPUT, "or nothing at all, to see what is shared", "name a record") : VAULT_OK;
    if (err == VAULT_OK)
        err = read_contacts(c, name, &what.n_contacts);
    if (err == VAULT_OK)
        err = handoff_may_be_asked(c);
    if (err == VAULT_OK)
        err = open_vault(c);
    return err == VAULT_OK ? look_and_share(c, &what) : err;
}

const struct cmd cmd_share = {
    .name = "share",
    .args = "[ID... --with NAME... [--with-names] [--with-linked]]",
    .summary = "keep records up to date at a contact's, by `handoff sync`",
    .examples = "share C-7 --with-linked --with anna\nshare C-7 K-12 --with-names --with anna\nshare\n",
    .about =
        "From then on each `handoff sync` sends what is new of these records, with all their history. Withheld\n"
        "values and attachments are left out, unless --with-names is given (keeper): then only keepers there\n"
        "open them. Records that come to be linked later are not shared by themselves. Who gets it and what is shown\n"
        "first; then `yes` is to be typed, or --accept send given. Shared again without --with-names, names do not\n"
        "go any more. Where the contact gets another card nothing goes until a keeper verified that. Logged.\n"
        "Without ID it lists what is shared: --json: [{\"id\",\"label\",\"contact\",\"verified\",\"names\",\"purged\",\n"
        "\"held\"}]; held says why nothing goes, or null. With ID: {\"records\",\"changed\",\"names\"}\n",
    .opts = (const struct opt[]){
        { "with", 0, true, "NAME", "the contact; can be repeated" },
        { "with-names", 0, false, NULL, "with withheld values and attachments (keeper)" },
        { "with-linked", 0, false, NULL, "with the records that these link to" },
        { NULL, 0, false, NULL, NULL } },
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .run = share_run,
};

/* ---- unshare ---- */

static vault_err
unshare_run(struct call *c)
{
    const char *name[CONTACTS_MAX];
    size_t n = 0;
    uint64_t changed = 0, total = 0;
    vault_err err = read_contacts(c, name, &n);

    if (err == VAULT_OK)
        err = open_vault(c);
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        err = kept(vault_unshare(c->app->vault, (const char *const *)c->args, c->n_args, name[i], &changed));
        total += changed;
    }
    if (err != VAULT_OK)
        return err;
    if (c->json) {
        struct json j = { .to = stdout };

        js_object(&j);
        js_pair_uint(&j, "changed", total);
        js_end(&j);
    } else {
        term_say("%" PRIu64 " record%s no longer go%s there; what went stays there. The next `handoff sync` takes back what still lies in its folder",
            total, many(total), total == 1 ? "es" : "");
    }
    return VAULT_OK;
}

const struct cmd cmd_unshare = {
    .name = "unshare",
    .args = "ID... --with NAME...",
    .summary = "no longer send records to a contact",
    .examples = "unshare C-7 --with anna\n",
    .about = "Anybody who opens the vault may. What the contact has it keeps. Logged. --json: {\"changed\"}\n",
    .opts = (const struct opt[]){
        { "with", 0, true, "NAME", "the contact; can be repeated" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .run = unshare_run,
};
