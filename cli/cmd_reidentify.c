/* cmd_reidentify.c - from pseudonyms back to persons, with a map: reidentify. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/place.h"
#include "cli/shares.h"
#include "cli/term.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)
#define IDENTITIES_MAX 16

struct keys {
    struct secret *file[IDENTITIES_MAX];
    size_t n;
    struct secret *shares;
};

static vault_err
read_keys(struct keys *k, const struct call *c)
{
    vault_err err = VAULT_OK;
    size_t at = 0;

    for (const char *path; err == VAULT_OK && (path = call_next(c, "identity", &at)) != NULL;) {
        if (k->n == IDENTITIES_MAX)
            return fail(VAULT_ERR_INPUT, NULL, "-i is given too often");
        err = input_secret_file(&k->file[k->n], path, KEY_FILE_MAX);
        k->n += err == VAULT_OK;
    }
    if (err == VAULT_OK && call_has(c, "shares-fd"))
        err = shares_read(&k->shares, c);
    if (err == VAULT_OK && k->n == 0 && k->shares == NULL && !call_has(c, "vault"))
        err = fail(VAULT_ERR_INPUT, "-i FILE with a private key, or --shares-fd N", "nothing is given that could open the map");
    return err;
}

static void
keys_free(struct keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        vault_secret_free(k->file[i]);
    vault_secret_free(k->shares);
}

/* ---- telling ---- */

struct telling {
    const struct call *c;
    struct json j;
};

static int
tell(void *ctx, const struct vault_person *p)
{
    struct telling *t = ctx;

    if (!p->found)
        return 0;
    if (!t->c->json) {
        out_text(p->pseudonym);
        putchar('\n');
        for (size_t i = 0; i < p->n; i++) {
            printf("  ");
            out_cell(p->field[i], 12);
            out_lines(p->value[i], 15);
            putchar('\n');
        }
        return 0;
    }
    js_object(&t->j);
    js_pair(&t->j, "pseudonym", p->pseudonym);
    for (size_t i = 0; i < p->n; i++)
        js_pair(&t->j, p->field[i], p->value[i][0] == '\0' ? NULL : p->value[i]);
    js_end(&t->j);
    return 0;
}

/* ---- the receipt ---- */

/* MAP.receipt-1, -2 ...: beside the map, never over another. */
static char *
receipt_path(const struct call *c)
{
    const char *given = call_value(c, "receipt"), *map = call_value(c, "map");
    char *path = NULL;

    if (given != NULL)
        return strdup(given);
    for (unsigned i = 1; i < 10000; i++) {
        free(path);
        if (asprintf(&path, "%s.receipt-%u", map, i) < 0)
            return NULL;
        if (place_new(NULL, path) == VAULT_OK)
            return path;
    }
    return path;
}

static vault_err
reidentify_run(struct call *c)
{
    struct telling t = { .c = c, .j = { .to = stdout } };
    struct keys keys = { .n = 0 };
    struct vault_reidentify what = { .map = call_value(c, "map"), .pseudonyms = (const char *const *)c->args, .n = c->n_args };
    char *receipt = NULL;
    vault_err err;

    if (what.map == NULL)
        return fail(VAULT_ERR_INPUT, "the file that `release make` wrote with --map", "--map FILE is missing");
    err = read_keys(&keys, c);
    if (err == VAULT_OK)
        err = open_named_vault(c);
    if (err == VAULT_OK && (receipt = receipt_path(c)) == NULL)
        err = fail_nomem();
    what.identities = (const struct secret *const *)keys.file;
    what.n_identities = keys.n;
    what.shares = keys.shares;
    what.receipt = receipt;
    if (err == VAULT_OK && c->json)
        js_array(&t.j);
    if (err == VAULT_OK)
        err = kept(vault_reidentify(c->app->vault, &what, tell, &t));
    if (c->json && (err == VAULT_OK || err == VAULT_ERR_NOT_FOUND) && js_unfinished())
        js_end(&t.j);
    if (err == VAULT_OK || err == VAULT_ERR_NOT_FOUND)
        term_say("a signed receipt that says so is %s", receipt);
    free(receipt);
    keys_free(&keys);
    return err;
}

const struct cmd cmd_reidentify = {
    .name = "reidentify",
    .args = "--map FILE (-i IDENTITY... | --shares-fd N | -C VAULT) [--receipt FILE] PSEUDONYM...",
    .summary = "print who stands behind pseudonyms of a release",
    .examples = "reidentify --map press.map -i key.txt p7k3m9q2x4tvwh\n"
        "reidentify --map press.map --shares-fd 3 p7k3m9q2x4tvwh 3< shares.txt\n",
    .about = "Only the asked rows are printed. Beside the map (or as --receipt) a receipt is written of what was asked, signed\n"
        "with a key that is in the map alone: `release list` shows the public one. With -C VAULT the map may be for that\n"
        "vault's own recipients, and its log says what was asked before anything is told.\n"
        "--json: [{\"pseudonym\", fields of the map...}]. Exit code 7: a pseudonym is not in this map.\n",
    .opts = (const struct opt[]){
        { "map", 0, false, "FILE", "the map" },
        { "identity", 'i', true, "FILE", "a file with private keys; can be repeated" },
        { "receipt", 0, false, "FILE", "a new file for the receipt" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_NOTHING,
    .reads = { .option = "map" },
    .writes = { .option = "map" },
    .also_writes = { .option = "receipt" },
    .not_in_shell = true,
    .run = reidentify_run,
};
