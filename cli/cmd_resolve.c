/* cmd_resolve.c - newest versions of a record that differ, and which of them stays: resolve. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/term.h"

/* ---- the versions ---- */

static void
sides_json(struct json *j, const struct vault_conflict *x)
{
    js_key(j, "versions");
    js_array(j);
    for (size_t i = 0; i < x->n_sides; i++) {
        js_object(j);
        js_pair(j, "revision", x->sides[i].revision);
        js_pair_time(j, "time", x->sides[i].time);
        js_pair(j, "author", x->sides[i].author);
        js_pair_bool(j, "removed", x->sides[i].removed);
        js_end(j);
    }
    js_end(j);
}

static void
dispute_json(struct json *j, const struct vault_conflict *x, const struct vault_dispute *d)
{
    js_object(j);
    js_pair(j, "field", d->field);
    js_pair_bool(j, "withheld", d->withheld);
    js_key(j, "values");
    js_array(j);
    for (size_t i = 0; i < x->n_sides; i++) {
        js_object(j);
        js_pair_bool(j, "has", d->sides[i].has);
        js_key(j, "value");
        if (d->sides[i].value.present)
            print_value_json(j, &d->sides[i].value);
        else
            js_null(j);
        js_end(j);
    }
    js_end(j);
    js_end(j);
}

static void
conflict_json(const struct vault_conflict *x)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "id", x->id);
    js_pair(&j, "label", x->label);
    sides_json(&j, x);
    js_pair_bool(&j, "whole", x->whole);
    js_key(&j, "conflicts");
    js_array(&j);
    for (size_t i = 0; i < x->n_disputes; i++)
        dispute_json(&j, x, &x->disputes[i]);
    js_end(&j);
    js_end(&j);
}

static bool
begins_field(const struct vault_conflict *x, size_t i)
{
    return i == 0 || strcmp(x->disputes[i - 1].field, x->disputes[i].field) != 0;
}

static void
dispute_text(const struct vault_conflict *x, size_t i)
{
    const struct vault_dispute *d = &x->disputes[i];

    if (begins_field(x, i)) {
        out_text(d->field);
        putchar('\n');
    }
    for (size_t s = 0; s < x->n_sides; s++) {
        printf("  %zu  ", s + 1);
        if (d->sides[s].has)
            print_value(&d->sides[s].value, 5);
        else
            fputs("(nothing)\n", stdout);
    }
}

static void
conflict_text(const struct vault_conflict *x)
{
    print_code(x->id);
    putchar(' ');
    out_style(OUT_BOLD);
    out_text(x->label);
    out_style(OUT_PLAIN);
    printf("  %s\n", x->type);
    for (size_t s = 0; s < x->n_sides; s++) {
        char iso[OUT_TIME];

        out_iso(iso, x->sides[s].time);
        printf("  %zu  %.12s  %s by ", s + 1, x->sides[s].revision, iso);
        out_text(x->sides[s].author);
        fputs(x->sides[s].removed ? ", removed the record\n" : "\n", stdout);
    }
    for (size_t i = 0; i < x->n_disputes; i++)
        dispute_text(x, i);
    if (x->n_disputes == 0 && !x->whole)
        fputs("they differ in different fields: nobody has to choose\n", stdout);
}

/* ---- the choice ---- */

struct choices {
    struct vault_choice *list;
    size_t n;
};

static vault_err
add_choice(struct choices *all, const char *field, const char *revision)
{
    struct vault_choice *p = reallocarray(all->list, all->n + 1, sizeof *p);

    if (p == NULL)
        return fail_nomem();
    all->list = p;
    all->list[all->n++] = (struct vault_choice){ .field = field, .revision = revision };
    return VAULT_OK;
}

/* FIELD=REV, or REV. The words are cut in place. */
static vault_err
read_choices(struct choices *all, const struct call *c)
{
    vault_err err = VAULT_OK;
    size_t at = 0;

    for (char *word; err == VAULT_OK && (word = call_next(c, "take", &at)) != NULL;) {
        char *equals = strchr(word, '=');

        if (equals == NULL) {
            err = add_choice(all, NULL, word);
        } else {
            *equals = '\0';
            err = add_choice(all, word, equals + 1);
        }
    }
    return err;
}

/* *side: which of them was typed, from 0. Asks until it is one of them. */
static vault_err
ask_which(const char *what, size_t n, size_t *side)
{
    char prompt[128];
    vault_err err = VAULT_OK;

    snprintf(prompt, sizeof prompt, "%s: which one stays, 1 to %zu? ", what, n);
    for (size_t k = 0; err == VAULT_OK && k == 0;) {
        struct secret *answer = NULL;
        const char *text;
        char *end = NULL;

        err = term_ask(&answer, &(struct term_question){ .prompt = prompt, .echo = TERM_SHOWN, .max = 8 });
        if (err != VAULT_OK)
            return err;
        text = (const char *)vault_secret_edit(answer);
        if (text[0] >= '1' && text[0] <= '9')
            k = strtoul(text, &end, 10);
        if (k < 1 || k > n || *end != '\0')
            k = 0;
        *side = k - 1;
        vault_secret_free(answer);
    }
    return err;
}

static vault_err
ask_all(struct choices *all, const struct vault_conflict *x)
{
    size_t side = 0;
    vault_err err = VAULT_OK;

    if (x->whole) {
        err = ask_which("all of it", x->n_sides, &side);
        return err != VAULT_OK ? err : add_choice(all, NULL, x->sides[side].revision);
    }
    for (size_t i = 0; err == VAULT_OK && i < x->n_disputes; i++) {
        if (!begins_field(x, i))
            continue;
        err = ask_which(x->disputes[i].field, x->n_sides, &side);
        if (err == VAULT_OK)
            err = add_choice(all, x->disputes[i].field, x->sides[side].revision);
    }
    return err;
}

/* Who was not shown them cannot choose. */
static vault_err
choose(const struct call *c, const struct vault_conflict *x, struct choices *all)
{
    if (all->n > 0 || (x->n_disputes == 0 && !x->whole))
        return VAULT_OK;
    if (term_asks() && !c->json) {
        vault_err err = out_flush(VAULT_OK);        /* they are to be on the screen before the question */
        return err != VAULT_OK ? err : ask_all(all, x);
    }
    return fail(VAULT_ERR_CONFLICT, "`resolve ID --plan` shows them; --take FIELD=REV for each field, or --take REV for all",
        "nobody is there to say which version stays; nothing was changed");
}

/* ---- the command ---- */

static void
tell(const struct call *c, const struct vault_added *added)
{
    if (c->json)
        print_added(added);
    else
        printf("%s\n", added->id);
    if (added->changed)
        term_say("one version now; the others stay in `history`");
    else
        term_say("there are no versions that differ, and nothing was written");
}

/* Are the versions shown at all? Who has chosen has seen them. */
static bool
shows(const struct call *c, const struct choices *all)
{
    return call_has(c, "plan") || (!c->json && all->n == 0);
}

static vault_err
resolve(struct call *c, const struct vault_conflict *x, struct choices *all)
{
    struct vault_added added = { .changed = false };
    vault_err err;

    if (shows(c, all) && c->json)
        conflict_json(x);
    else if (shows(c, all) && x->n_sides > 0)
        conflict_text(x);
    if (call_has(c, "plan")) {
        if (x->n_sides == 0)
            term_say("there are no versions that differ");
        return VAULT_OK;
    }
    err = choose(c, x, all);
    if (err == VAULT_OK)
        err = kept(vault_resolve(c->app->vault, c->args[0], all->list, all->n, &added));
    if (err == VAULT_OK)
        tell(c, &added);
    return err;
}

static vault_err
resolve_run(struct call *c)
{
    struct vault_conflict *x = NULL;
    struct choices all = { NULL, 0 };
    vault_err err = read_choices(&all, c);

    if (err == VAULT_OK && call_has(c, "plan") && all.n > 0)
        err = fail(VAULT_ERR_INPUT, NULL, "--plan changes nothing, and takes no --take");
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_conflict(c->app->vault, c->args[0], call_has(c, "reveal") && shows(c, &all), &x));
    if (err == VAULT_OK)
        err = resolve(c, x, &all);
    vault_conflict_free(x);
    free(all.list);
    return err;
}

const struct cmd cmd_resolve = {
    .name = "resolve",
    .args = "ID [--reveal] [--plan | --take FIELD=REV... | --take REV]",
    .summary = "bring newest versions of a record together that differ",
    .examples = "resolve K-12\nresolve K-12 --plan\nresolve K-12 --take residence=0a1b2c --take born=9f8e7d\n"
        "resolve K-12 --take 0a1b2c\n",
    .about =
        "Two offices, or two copies of a vault, may change one record without knowing of each other. What\n"
        "only one side changed is kept. What both changed, each in its own way, is in conflict, and until it\n"
        "is resolved the record cannot be changed. Shows for each such field what each version has, who\n"
        "wrote that version and when, and asks which one stays. --take FIELD=REV chooses for one field (all\n"
        "that is in conflict in it), --take REV for everything that is left; REV is the beginning of a\n"
        "version's revision, at least four digits. Where one side removed the record, or is of another type,\n"
        "one of them is chosen as a whole. Nothing is lost: `history` lists all, `revert` goes back.\n"
        "Withheld values are shown to a keeper with --reveal, and the log records that. Without it they can\n"
        "be chosen unseen, by their version; so a caseworker can resolve, too.\n"
        "--json: {\"id\",\"revision\",\"changed\"}; with --plan {\"id\",\"label\",\n"
        "\"versions\":[{\"revision\",\"time\",\"author\",\"removed\"}],\"whole\",\n"
        "\"conflicts\":[{\"field\",\"withheld\",\"values\":[{\"has\",\"value\"}]}]}, values in the order of the versions\n",
    .opts = (const struct opt[]){
        { "reveal", 0, false, NULL, "show withheld values as well; logged" },
        { "plan", 0, false, NULL, "show the versions; change nothing" },
        { "take", 0, true, "FIELD=REV", "keep what this version has" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_REVEAL,
    .run = resolve_run,
};
