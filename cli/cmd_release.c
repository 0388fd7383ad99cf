/* cmd_release.c - data for the press, a court, a statistics office: release check, make, list. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/place.h"
#include "cli/term.h"

#define RECIPIENTS_MAX 64u
#define TRUSTEES_MAX 16

/* ---- what was found ---- */

static void
refusals_json(struct json *j, const struct vault_release *r)
{
    js_key(j, "refusals");
    js_array(j);
    for (size_t i = 0; i < r->n_refusals; i++) {
        const struct vault_refusal *x = &r->refusals[i];

        js_object(j);
        js_pair(j, "rule", x->rule);
        js_pair(j, "where", x->where);
        js_pair(j, "detail", x->detail);
        js_pair(j, "accept", x->accept);
        js_end(j);
    }
    js_end(j);
}

static void
report_json(struct json *j, const struct vault_release *r)
{
    js_pair_bool(j, "ok", r->n_refusals == 0);
    refusals_json(j, r);
    js_key(j, "risk");
    js_raw(j, r->risk);
    js_key(j, "advice");
    js_array(j);
    for (size_t i = 0; i < r->n_advice; i++)
        js_text(j, r->advice[i]);
    js_end(j);
    js_pair(j, "audience", r->audience);
    js_pair(j, "as_of", r->as_of);
    js_pair_uint(j, "rows", r->rows);
    js_pair_uint(j, "persons", r->persons);
    js_pair_uint(j, "tables", r->tables);
}

static const char *
many(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void
report_text(const struct vault_release *r)
{
    for (size_t i = 0; i < r->n_refusals; i++) {
        const struct vault_refusal *x = &r->refusals[i];

        printf("refused (%s) ", x->rule);
        out_text(x->where);
        printf(": ");
        out_text(x->detail);
        if (x->accept != NULL)
            printf(" [--accept %s]", x->accept);
        putchar('\n');
    }
    for (size_t i = 0; i < r->n_advice; i++) {
        printf("advice: ");
        out_text(r->advice[i]);
        putchar('\n');
    }
    printf("%s for ", r->n_refusals == 0 ? "nothing speaks against a release" : "no release");
    out_text(r->audience);
    printf(": %" PRIu64 " row%s, %" PRIu64 " table%s, %" PRIu64 " person%s, data as of %s\n", r->rows, many(r->rows), r->tables,
        many(r->tables), r->persons, many(r->persons), r->as_of);
}

/* ---- release check ---- */

static vault_err
check_run(struct call *c)
{
    struct vault_release *r = NULL;
    struct json j = { .to = stdout };
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_release_check(c->app->vault, c->args[0], call_value(c, "report"), &r));
    if (r != NULL && c->json) {
        js_object(&j);
        report_json(&j, r);
        js_end(&j);
    } else if (r != NULL) {
        report_text(r);
    }
    vault_release_free(r);
    return err;
}

const struct cmd cmd_release_check = {
    .name = "release check",
    .args = "POLICY.json [--report FILE.html]",
    .summary = "say whether a policy would let anything out that leads back to a person",
    .examples = "release check press.json\n"
        "release check press.json --json\n",
    .about = "Everything that `release make` would find is found, and nothing is written: fields that the policy does\n"
        "not list, persons who have not agreed, rows that few others look like, what newspapers have printed\n"
        "already, earlier releases, and every name of the vault in the final bytes of every file.\n"
        "Exit code 6: refused; each reason is a line, with the word that overrides it where a person may.\n"
        "--report writes a page for the keeper: who is exposed by what, as a table and a picture. It names records by\n"
        "code and title, and is no part of a release.\n"
        "--json: {\"ok\",\"refusals\":[{\"rule\",\"where\",\"detail\",\"accept\"}],\"risk\",\"advice\",...}\n",
    .opts = (const struct opt[]){
        { "report", 0, false, "FILE", "a new page for the keeper" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .reads = { .arg = 1 },
    .writes = { .option = "report" },
    .run = check_run,
};

/* ---- trustees ---- */

struct shares {
    const struct call *c;
    struct secret *words[TRUSTEES_MAX];     /* kept for --json and pipes */
    unsigned n;
    vault_err err;
};

#define PAGE_MAX 2048

/* Numbered, five in a row. */
static void
put_words(char *page, const char *words)
{
    size_t at = strlen(page);

    for (unsigned i = 1; *words != '\0'; i++) {
        int n = (int)strcspn(words, " ");

        at += (size_t)snprintf(page + at, PAGE_MAX - at, "%s%2u %-10.*s", i % 5 == 1 ? "\n  " : " ", i, n, words);
        words += n + (words[n] == ' ');
    }
}

/* On a terminal each has a screen of its own, that is cleared. */
static vault_err
show_share(const struct vault_trustee_share *s)
{
    struct secret *page = NULL, *answer = NULL;
    vault_err err = kept(vault_secret_new(&page, PAGE_MAX));
    char *text;

    if (err != VAULT_OK)
        return err;
    text = (char *)vault_secret_edit(page);
    snprintf(text, PAGE_MAX, "Share %u of %u. Any %u of the %u open the map of this release.\n", s->number, s->count, s->threshold, s->count);
    put_words(text, s->words);
    strcat(text, "\n\nWrite down all words with their numbers, on one sheet, and give it to one trustee.\n\n");
    err = term_ask(&answer, &(struct term_question){ .echo = TERM_SHOWN, .max = 16, .page = (const char *)vault_secret_edit(page),
        .prompt = "Enter when it is written down (Ctrl-C: stop, and nothing is written): " });
    vault_secret_free(answer);
    vault_secret_free(page);
    return err;
}

static int
give(void *ctx, const struct vault_trustee_share *s)
{
    struct shares *all = ctx;
    size_t n = strlen(s->words);

    if (!all->c->json && term_pages()) {
        all->err = show_share(s);
    } else {
        all->err = kept(vault_secret_new(&all->words[all->n], n + 1));
        if (all->err == VAULT_OK)
            memcpy(vault_secret_edit(all->words[all->n++]), s->words, n + 1);
    }
    return all->err != VAULT_OK;
}

static void
shares_print(const struct shares *all, struct json *j)
{
    if (j != NULL && all->n > 0) {
        js_key(j, "shares");
        js_array(j);
    }
    for (unsigned i = 0; i < all->n; i++) {
        const char *words = (const char *)vault_secret_edit(all->words[i]);

        if (j != NULL)
            js_text(j, words);
        else
            puts(words);
    }
    if (j != NULL && all->n > 0)
        js_end(j);
}

static void
shares_free(struct shares *all)
{
    for (unsigned i = 0; i < all->n; i++)
        vault_secret_free(all->words[i]);
}

/* ---- release make ---- */

/* As it is typed; the library looks at where it really lies. The sandbox, which opens folders, would only say that there is none. */
static bool
map_is_inside(const struct vault_release_to *to)
{
    size_t n = strlen(to->dir);

    while (n > 1 && to->dir[n - 1] == '/')
        n--;
    return to->map != NULL && strncmp(to->map, to->dir, n) == 0 && to->map[n] == '/';
}

static vault_err
refuse_inside(const struct call *c)
{
    static const struct vault_refusal why = { "destination", "map", "the map must not lie in the folder of the data: whoever gets that would get the way back", NULL };
    const struct vault_release r = { .refusals = &why, .n_refusals = 1, .risk = "{}" };
    struct json j = { .to = stdout };

    if (c->json) {
        js_object(&j);
        report_json(&j, &r);
        js_end(&j);
    }
    return fail(VAULT_ERR_REFUSED, "nothing was written", "%s", why.detail);
}

/* Mistakes are told before a passphrase is asked for. */
static vault_err
read_options(struct vault_release_to *to, const char **recipient, const struct call *c)
{
    long threshold = 0, count = 0;
    size_t at = 0;
    vault_err err = VAULT_OK;

    to->dir = call_value(c, "output");
    to->map = call_value(c, "map");
    if (to->dir == NULL)
        return fail(VAULT_ERR_INPUT, "as in -o press-2026", "-o DIR is missing: where is the data to go?");
    for (const char *r; (r = call_next(c, "map-to", &at)) != NULL;) {
        if (to->n_recipients == RECIPIENTS_MAX)
            return fail(VAULT_ERR_INPUT, NULL, "--map-to is given too often");
        recipient[to->n_recipients++] = r;
    }
    to->recipients = recipient;
    for (size_t i = 0; err == VAULT_OK && i < to->n_recipients; i++) {
        bool pq;

        err = kept(vault_age_recipient(recipient[i], &pq, NULL));
    }
    if (err == VAULT_OK)
        err = call_number(c, "threshold", 1, TRUSTEES_MAX, &threshold);
    if (err == VAULT_OK)
        err = call_number(c, "count", 1, TRUSTEES_MAX, &count);
    if (err != VAULT_OK)
        return err;
    if (call_has(c, "map-shares") != (threshold != 0 && count != 0) || (threshold != 0) != (count != 0))
        return fail(VAULT_ERR_INPUT, "as in --map-shares --threshold 2 --count 3", "--map-shares, --threshold and --count belong together");
    if (threshold > count || (threshold == 1 && count > 1))
        return fail(VAULT_ERR_INPUT, "as in --threshold 2 --count 3", "--threshold is from 2 to --count: so many trustees open the map together");
    if (to->map == NULL && (to->n_recipients > 0 || count > 0))
        return fail(VAULT_ERR_INPUT, "name the file with --map", "there is somebody who could open a map, and no map");
    if (to->map != NULL && to->n_recipients == 0 && count == 0)
        return fail(VAULT_ERR_INPUT, "--map-to RECIPIENT, or --map-shares --threshold K --count N", "nobody could open the map: there is no trustee");
    to->threshold = (unsigned)threshold;
    to->count = (unsigned)count;
    return map_is_inside(to) ? refuse_inside(c) : VAULT_OK;
}

static void
made_text(const struct call *c, const struct vault_release *r, const struct shares *shares)
{
    shares_print(shares, NULL);
    term_say("%" PRIu64 " files in %s, for %s: %" PRIu64 " row%s, %" PRIu64 " table%s, %" PRIu64 " person%s", r->files, call_value(c, "output"), r->audience, r->rows,
        many(r->rows), r->tables, many(r->tables), r->persons, many(r->persons));
    term_say("signed with %s", r->key);
    term_say("its words: %s", r->words);
    if (call_value(c, "map") == NULL)
        term_say("no map was made: only this vault leads back to the persons");
    if (r->one_device)
        term_warn("data and map lie on one device: take the map away before you give the data to anybody");
}

static void
made_json(const struct call *c, const struct vault_release *r, const struct shares *shares)
{
    struct json j = { .to = stdout };

    js_object(&j);
    report_json(&j, r);
    js_pair(&j, "folder", call_value(c, "output"));
    js_pair(&j, "map", call_value(c, "map"));
    js_pair_uint(&j, "files", r->files);
    js_pair(&j, "key", r->key);
    js_pair(&j, "words", r->words);
    js_pair_bool(&j, "one_device", r->one_device);
    shares_print(shares, &j);
    js_end(&j);
}

static vault_err
make_run(struct call *c)
{
    const char *recipient[RECIPIENTS_MAX];
    struct shares shares = { .c = c };
    struct vault_release_to to = { .trustee = give, .trustee_ctx = &shares };
    struct vault_release *r = NULL;
    struct json j = { .to = stdout };
    vault_err err = read_options(&to, recipient, c);

    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_release_make(c->app->vault, c->args[0], &to, &r));
    if (shares.err != VAULT_OK)
        err = shares.err;
    if (err == VAULT_OK && c->json)
        made_json(c, r, &shares);
    else if (err == VAULT_OK)
        made_text(c, r, &shares);
    else if (r != NULL && c->json) {
        js_object(&j);
        report_json(&j, r);
        js_end(&j);
    } else if (r != NULL)
        report_text(r);
    shares_free(&shares);
    vault_release_free(r);
    return err;
}

const struct cmd cmd_release_make = {
    .name = "release make",
    .args = "POLICY.json -o DIR [--map FILE (--map-to RECIPIENT... | --map-shares --threshold K --count N)]",
    .summary = "write pseudonymous data for an audience, and the way back for its keepers",
    .examples = "release make press.json -o press-2026 --map /media/stick/press.map --map-to age1pq1...\n"
        "release make press.json -o press-2026 --map ../keep/press.map --map-shares --threshold 2 --count 3\n",
    .about = "Checks everything that `release check` does; where anything is refused nothing is written.\n"
        "DIR is a new folder: index.html, CSV and JSON for each type and table, codebook, method, and a manifest\n"
        "that `minisign` and `withheld release verify` check. The map leads from pseudonyms to what the policy\n"
        "names; it never lies in DIR. --map-shares: K of N trustees open it together. On a terminal each share has\n"
        "a screen of its own; otherwise they are printed, one a line.\n"
        "The log says that it was made, and to the ledger it is kept what later releases are compared with.\n",
    .opts = (const struct opt[]){
        { "output", 'o', false, "DIR", "a new folder for the data" },
        { "map", 0, false, "FILE", "a new file for the way back, in another folder" },
        { "map-to", 0, true, "RECIPIENT", "an age recipient who can open the map; can be repeated" },
        { "map-shares", 0, false, NULL, "trustees open the map together" },
        { "threshold", 0, false, "K", "how many of them" },
        { "count", 0, false, "N", "how many there are" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .reads = { .arg = 1 },
    .writes = { .option = "output" },
    .also_writes = { .option = "map" },
    .again = CMD_AGAIN_ALWAYS,
    .run = make_run,
};

/* ---- release list ---- */

struct listing {
    const struct call *c;
    struct json j;
    uint64_t n;
};

static int
list_one(void *ctx, const struct vault_released *r)
{
    struct listing *l = ctx;
    char when[OUT_TIME];

    l->n++;
    if (!l->c->json) {
        out_date(when, r->time);
        printf("%s  ", when);
        out_text(r->audience);
        printf("  %" PRIu64 " persons  ", r->persons);
        out_text(r->folder);
        printf("%s  log %" PRIu64 "\n", r->map ? "  with map" : "", r->log);
        return 0;
    }
    js_object(&l->j);
    js_pair(&l->j, "id", r->id);
    js_pair(&l->j, "audience", r->audience);
    js_pair(&l->j, "purpose", r->purpose);
    js_pair(&l->j, "expires", r->expires);
    js_pair(&l->j, "folder", r->folder);
    js_pair_time(&l->j, "time", r->time);
    js_pair_uint(&l->j, "log", r->log);
    js_pair_uint(&l->j, "persons", r->persons);
    js_pair_bool(&l->j, "map", r->map);
    js_pair(&l->j, "receipt_key", r->receipt_key);
    js_end(&l->j);
    return 0;
}

static vault_err
list_run(struct call *c)
{
    struct listing l = { .c = c, .j = { .to = stdout } };
    vault_err err = open_vault(c);

    if (err == VAULT_OK && c->json)
        js_array(&l.j);
    if (err == VAULT_OK)
        err = kept(vault_release_list(c->app->vault, list_one, &l));
    if (err == VAULT_OK && c->json)
        js_end(&l.j);
    if (err == VAULT_OK && l.n == 0)
        term_say("nothing was released from this vault");
    return err;
}

const struct cmd cmd_release_list = {
    .name = "release list",
    .summary = "list what was released, to whom",
    .examples = "release list\n",
    .about = "--json: [{\"id\",\"audience\",\"purpose\",\"expires\",\"folder\",\"time\",\"log\",\"persons\",\"map\",\"receipt_key\"}]; with\n"
        "receipt_key `minisign` checks the receipts of those who opened the map.\n",
    .opens = CMD_OPENS_VAULT,
    .run = list_run,
};

/* ---- release forget ---- */

static vault_err
forget_run(struct call *c)
{
    vault_err err;

    if (!call_has(c, "yes"))
        return fail(VAULT_ERR_REFUSED, "--yes says that you mean it", "this cannot be undone; nothing was done");
    err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_release_forget(c->app->vault, c->args[0]));
    if (err == VAULT_OK)
        term_say("the secret of that audience is destroyed; backups and older copies of this vault still have it");
    return err;
}

const struct cmd cmd_release_forget = {
    .name = "release forget",
    .args = "AUDIENCE --yes",
    .summary = "destroy the secret that an audience's pseudonyms come from",
    .examples = "release forget press-2026-autumn --yes\n",
    .about = "From then on this vault cannot tell who stands behind a pseudonym of that audience; a map still can. A later release\n"
        "to it has other pseudonyms, and cannot be laid over the earlier ones. Like a purge it does not reach backups and copies.\n",
    .opts = (const struct opt[]){
        { "yes", 0, false, NULL, "do it" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_ALWAYS,
    .run = forget_run,
};
