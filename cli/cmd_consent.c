/* cmd_consent.c - what a person agreed to, and takes back: consent, consent withdraw. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "cli/cmd.h"
#include "cli/entry.h"
#include "cli/fail.h"
#include "cli/fields.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/term.h"

/* ---- consent ---- */

static vault_err
set(struct entry *e, const char *field, const char *value)
{
    e->given++;
    return kept(vault_fields_add(e->fields, field, value, strlen(value)));
}

/* release,court */
static vault_err
set_uses(struct entry *e, const char *list)
{
    vault_err err = VAULT_OK;

    for (const char *at = list; err == VAULT_OK && *at != '\0';) {
        size_t n = strcspn(at, ",");

        e->given++;
        err = kept(vault_fields_add(e->fields, "uses", at, n));
        at += n + (at[n] == ',');
    }
    return err;
}

static bool
is_given(const struct call *c, const char *field)
{
    size_t n = strlen(field);

    for (size_t i = 1; i < c->n_args; i++)
        if (strncmp(c->args[i], field, n) == 0 && (c->args[i][n] == '=' || c->args[i][n] == '\0'))
            return true;
    return false;
}

static vault_err
set_all(struct entry *e, const struct call *c)
{
    static const char *const FIELDS[] = { "audience", "given", "expires" };
    char today[16];
    time_t now = time(NULL);
    struct tm tm;
    const char *uses;
    size_t at = 0;
    bool any_use = is_given(c, "uses");
    vault_err err = set(e, "person", c->args[0]);

    for (size_t i = 0; err == VAULT_OK && i < sizeof FIELDS / sizeof FIELDS[0]; i++)
        if (call_value(c, FIELDS[i]) != NULL)
            err = set(e, FIELDS[i], call_value(c, FIELDS[i]));
    while (err == VAULT_OK && (uses = call_next(c, "uses", &at)) != NULL) {
        err = set_uses(e, uses);
        any_use = true;
    }
    if (err == VAULT_OK && !any_use && !call_has(c, "from"))
        err = set(e, "uses", "release");
    if (err == VAULT_OK && call_value(c, "given") == NULL && !is_given(c, "given") && !call_has(c, "from") && gmtime_r(&now, &tm) != NULL &&
        strftime(today, sizeof today, "%Y-%m-%d", &tm) != 0)
        err = set(e, "given", today);
    return err;
}

static vault_err
consent_run(struct call *c)
{
    struct vault_added added = { .changed = false };
    struct entry e = { .fields = NULL };
    struct fields type = { 0 };
    vault_err err;

    if (call_value(c, "audience") == NULL && !is_given(c, "audience") && !call_has(c, "from"))
        return fail(VAULT_ERR_INPUT, "as in --audience press-2026-autumn, or --audience any", "for whom is it? --audience is missing");
    err = entry_read(&e, c, 1);
    if (err == VAULT_OK)
        err = set_all(&e, c);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = fields_load(&type, c->app->vault, "consent");
    e.blind = err == VAULT_OK && entry_is_blind(c->app->vault);
    if (err == VAULT_OK)
        err = entry_finish(&e, &type);
    if (err == VAULT_OK)
        err = kept(vault_add(c->app->vault, "consent", e.fields, &added));
    if (err == VAULT_OK)
        print_new(c, &added, false);
    fields_free(&type);
    entry_free(&e);
    return err;
}

const struct cmd cmd_consent = {
    .name = "consent",
    .args = "PERSON --audience A [--uses release,court] [--given DATE] [--expires DATE] [FIELD=VALUE...]",
    .summary = "record what a person agreed to",
    .examples = "consent K-12 --audience press-2026-autumn --expires 2027-01-31\n"
        "consent K-12 --audience any --uses court,statistics\n",
    .about = "A record of type consent. A release asks for the use `release` (tables: `statistics` is enough), for its own\n"
        "audience or `any`, given and not expired. Without --uses it is for `release`, without --given from today.\n"
        "The paper that was signed is attached to the record that this prints: attach ID FILE.\n",
    .opts = (const struct opt[]){
        { "audience", 0, false, "A", "for whom: the audience of a policy, or `any`" },
        { "uses", 0, true, "U", "release, handoff, court, statistics; with commas, or repeated" },
        { "given", 0, false, "DATE", "when it was given (today)" },
        { "expires", 0, false, "DATE", "until when it holds" },
        ENTRY_FROM_OPT, { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .run = consent_run,
};

/* ---- consent withdraw ---- */

struct notices {
    const struct call *c;
    struct json j;
    uint64_t n;
};

static void
notice(const struct vault_consent_hit *h)
{
    char when[OUT_TIME];

    out_date(when, h->time);
    if (strcmp(h->kind, "release") == 0) {
        printf("release of %s to ", when);
        out_text(h->to);
        printf(" (folder ");
        out_text(h->what);
        printf(", log %" PRIu64 "): ask them to take down and destroy it; make a new release without this person\n", h->log);
    } else {
        printf("%s of %s (log %" PRIu64 "): tell the receivers that the consent was withdrawn: ", h->names ? "handoff with names" : "handoff", when, h->log);
        out_text(h->to);
        putchar('\n');
    }
}

static int
tell(void *ctx, const struct vault_consent_hit *h)
{
    struct notices *n = ctx;

    n->n++;
    if (!n->c->json) {
        notice(h);
        return 0;
    }
    js_object(&n->j);
    js_pair(&n->j, "kind", h->kind);
    if (strcmp(h->kind, "release") == 0) {
        js_pair(&n->j, "audience", h->to);
        js_pair(&n->j, "folder", h->what);
    } else {
        js_key(&n->j, "detail");
        js_raw(&n->j, h->to);
        js_pair_bool(&n->j, "names", h->names);
    }
    js_pair_time(&n->j, "time", h->time);
    js_pair_uint(&n->j, "log", h->log);
    js_end(&n->j);
    return 0;
}

static vault_err
withdraw_run(struct call *c)
{
    struct notices n = { .c = c, .j = { .to = stdout } };
    uint64_t changed = 0;
    vault_err err = open_vault(c);

    if (err == VAULT_OK && c->json) {
        js_object(&n.j);
        js_key(&n.j, "holds");
        js_array(&n.j);
    }
    if (err == VAULT_OK)
        err = kept(vault_consent_withdraw(c->app->vault, c->args[0], tell, &n, &changed));
    if (err != VAULT_OK && err != VAULT_ERR_CONFLICT)
        return err;
    if (c->json && js_unfinished()) {
        js_end(&n.j);
        js_pair_uint(&n.j, "withdrawn", changed);
        js_end(&n.j);
    }
    term_say("%" PRIu64 " consents were withdrawn; %" PRIu64 " releases and handoffs hold this person", changed, n.n);
    return err;
}

const struct cmd cmd_consent_withdraw = {
    .name = "consent withdraw",
    .args = "ID",
    .summary = "take a person's consent back, and list everything that went out",
    .examples = "consent withdraw K-12\n",
    .about = "ID is the person (all consents), or one consent. It counts from now on: no release takes this person in any more.\n"
        "Then every release (a keeper is told) and every handoff that holds the person, or a record about the person, is\n"
        "listed, with what has to be said to whom. What is out cannot be called back.\n"
        "--json: {\"holds\":[{\"kind\",...,\"time\",\"log\"}],\"withdrawn\"}\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = withdraw_run,
};
