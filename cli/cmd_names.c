/* cmd_names.c - two names compared, and what a name is compared by. */
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/out.h"

#define NAME_MAX_BYTES 16384u       /* of one that is typed; the library's limit is lower, and says so */
#define PAIRS_MAX (256 * INPUT_MIB)

/* ---- names, from arguments, the terminal or standard input ---- */

static vault_err
get_name(struct input *out, const struct call *c, size_t i, const char *prompt)
{
    if (c->n_args > i)
        return input_copy(out, c->args[i], strlen(c->args[i]));
    return input_ask(out, prompt, NAME_MAX_BYTES);
}

/* ---- names match ---- */

static void
print_match(const struct call *c, const struct vault_name_match *m)
{
    struct json j = { .to = stdout };

    if (!c->json) {
        printf("%s: ", m->level);
        out_text(m->why);
        putchar('\n');
        return;
    }
    js_object(&j);
    js_pair(&j, "match", m->level);
    js_pair(&j, "why", m->why);
    js_end(&j);
}

static vault_err
match_two(const struct call *c)
{
    struct input a = { 0 }, b = { 0 };
    struct vault_name_match m;
    vault_err err = get_name(&a, c, 0, "first name: ");

    if (err == VAULT_OK)
        err = get_name(&b, c, 1, "second name: ");
    if (err == VAULT_OK)
        err = kept(vault_names_match(a.p, a.n, b.p, b.n, &m));
    if (err == VAULT_OK)
        print_match(c, &m);
    input_free(&a);
    input_free(&b);
    return err;
}

static vault_err
match_line(const struct call *c, struct json *j, const char *line, size_t n, unsigned long number)
{
    const char *tab = memchr(line, '\t', n), *second, *more;
    struct vault_name_match m;
    vault_err err;

    if (tab == NULL)
        return fail(VAULT_ERR_INPUT, "two names, with a tab between them", "line %lu has no tab", number);
    second = tab + 1;
    n -= (size_t)(second - line);
    more = memchr(second, '\t', n);
    if (more != NULL)
        n = (size_t)(more - second);
    err = vault_names_match(line, (size_t)(tab - line), second, n, &m);
    if (err != VAULT_OK)
        return fail(err, NULL, "line %lu: %s", number, vault_last_error()->text);
    if (!c->json) {
        puts(m.level);
        return VAULT_OK;
    }
    js_object(j);
    js_pair(j, "match", m.level);
    js_pair(j, "why", m.why);
    js_end(j);
    return VAULT_OK;
}

static vault_err
match_pairs(const struct call *c, const char *path)
{
    struct input in = { 0 };
    struct json j = { .to = stdout };
    vault_err err = input_file(&in, path, PAIRS_MAX);
    unsigned long number = 0;

    if (err == VAULT_OK && c->json)
        js_array(&j);
    for (size_t at = 0; err == VAULT_OK && at < in.n;) {
        const char *line = in.p + at, *newline = memchr(line, '\n', in.n - at);
        size_t n = newline == NULL ? in.n - at : (size_t)(newline - line);

        at += n + 1;
        err = match_line(c, &j, line, n - (n > 0 && line[n - 1] == '\r'), ++number);
    }
    if (err == VAULT_OK && c->json)
        js_end(&j);
    input_free(&in);
    return err;
}

static vault_err
match_run(struct call *c)
{
    const char *path = call_value(c, "pairs");

    if (path != NULL && c->n_args > 0)
        return fail(VAULT_ERR_INPUT, NULL, "--pairs reads the names from the file: give no others");
    if (path == NULL && c->n_args == 1)
        return fail(VAULT_ERR_INPUT, "give two, or none: then it asks for them", "a name is missing");
    return path != NULL ? match_pairs(c, path) : match_two(c);
}

const struct cmd cmd_names_match = {
    .name = "names match",
    .args = "[A B] | --pairs FILE.tsv",
    .summary = "say whether two names may be one, across spellings and scripts",
    .examples =
        "names match\n"
        "names match 'Choi Myung-bok' 'Цой Мён Бок'\n"
        "names match --pairs pairs.tsv\n",
    .about =
        "Without names it asks for them, or reads two lines of standard input: do so when they must\n"
        "not be known, as others can see arguments. Levels: exact (the same letters), fold (another\n"
        "spelling or script, a form of the name, a short form), skeleton (the same but for vowels, an\n"
        "initial, or the fathers' names differ), none. A surname alone matches nobody.\n"
        "A match is a suggestion, never a proof. --pairs: two names a line, with a tab between them\n"
        "(further columns are left alone); prints one level a line.\n"
        "--json: {\"match\",\"why\"}; with --pairs an array. Exit code 0 also for none.\n",
    .opts = (const struct opt[]){
        { "pairs", 0, false, "FILE", "names from this file" },
        { NULL, 0, false, NULL, NULL } },
    .max_args = 2,
    .opens = CMD_OPENS_NOTHING,
    .reads = { .option = "pairs" },
    .run = match_run,
};

/* ---- names fold ---- */

static void
print_fold(const struct call *c, const struct vault_name_fold *f)
{
    struct json j = { .to = stdout };

    if (c->json) {
        js_object(&j);
        js_pair(&j, "key", f->key);
        js_pair(&j, "skeleton", f->skeleton);
        js_pair(&j, "read_as", f->read_as);
        js_pair_bool(&j, "mixed", f->mixed);
        js_end(&j);
        return;
    }
    out_text(f->key);
    fputs("\nwithout vowels: ", stdout);
    out_text(f->skeleton);
    printf("\nread as: %s\n", f->read_as);
    if (f->mixed)
        puts("a word mixes letters of several scripts: some may only look right");
}

static vault_err
fold_run(struct call *c)
{
    struct input name = { 0 };
    struct vault_name_fold f;
    vault_err err = get_name(&name, c, 0, "name: ");

    if (err == VAULT_OK)
        err = kept(vault_names_fold(name.p, name.n, &f));
    if (err == VAULT_OK)
        print_fold(c, &f);
    input_free(&name);
    return err;
}

const struct cmd cmd_names_fold = {
    .name = "names fold",
    .args = "[NAME]",
    .summary = "show what a name is compared by",
    .examples = "names fold\nnames fold 'Светлана Ганнушкина'\n",
    .about =
        "Without NAME it asks, or reads a line of standard input. Prints the key, the key without vowels,\n"
        "and how the name was read: korean, by its sound, or by its letters. Where a spelling may mean\n"
        "several things, the first is shown.\n"
        "--json: {\"key\",\"skeleton\",\"read_as\",\"mixed\"}\n",
    .max_args = 1,
    .opens = CMD_OPENS_NOTHING,
    .run = fold_run,
};
