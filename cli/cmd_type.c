#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/fields.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/term.h"

/* ---- type list ---------------------------------------------------------------------------- */

static int
type_json(void *ctx, const struct vault_type_info *t)
{
    struct json *j = ctx;

    js_object(j);
    js_pair(j, "name", t->name);
    js_pair(j, "label", t->label);
    js_pair_uint(j, "version", t->version);
    js_pair(j, "hash", t->hash);
    js_pair_uint(j, "fields", t->n_fields);
    js_end(j);
    return 0;
}

static int
type_text(void *ctx, const struct vault_type_info *t)
{
    (void)ctx;
    out_cell(t->name, 16);
    printf("%3zu fields  version %" PRIu32, t->n_fields, t->version);
    if (strcmp(t->label, t->name) != 0) {
        fputs("  ", stdout);
        out_text(t->label);
    }
    putchar('\n');
    return 0;
}

static vault_err
list_run(struct call *c)
{
    struct json j = { .to = stdout };
    vault_err err = open_vault(c);

    if (err != VAULT_OK)
        return err;
    if (!c->json)
        return kept(vault_types(c->app->vault, NULL, fields_language(), type_text, NULL));
    js_array(&j);
    err = kept(vault_types(c->app->vault, NULL, "en", type_json, &j));
    if (err == VAULT_OK)
        js_end(&j);
    return err;
}

const struct cmd cmd_type_list = {
    .name = "type list",
    .args = "",
    .summary = "the record types of the vault",
    .examples = "type list\n",
    .opens = CMD_OPENS_VAULT,
    .run = list_run,
};

/* ---- type show ---------------------------------------------------------------------------- */

static void
field_text(const struct vault_field_info *f)
{
    out_cell(f->name, 16);
    out_cell(f->kind, 10);
    printf("%-8s  %-9s  %-7s  ", f->withheld ? "withheld" : "open", f->role,
        f->repeats ? "several" : "");
    out_text(f->label);
    for (size_t i = 0; i < f->n_choices; i++) {
        fputs(i == 0 ? ": " : ", ", stdout);
        out_text(f->choices[i]);
    }
    if (strcmp(f->kind, "link") == 0 && f->target[0] != '\0') {
        fputs(" -> ", stdout);
        out_text(f->target);
    }
    putchar('\n');
}

static int
fields_text(void *ctx, const struct vault_type_info *t)
{
    (void)ctx;
    for (size_t i = 0; i < t->n_fields; i++)
        field_text(&t->fields[i]);
    return 0;
}

static vault_err
show_run(struct call *c)
{
    char *json = NULL;
    vault_err err = open_vault(c);

    if (err != VAULT_OK)
        return err;
    if (!c->json)
        return kept(vault_types(c->app->vault, c->args[0], fields_language(), fields_text,
            NULL));
    err = kept(vault_type_json(c->app->vault, c->args[0], &json));
    if (err == VAULT_OK)
        printf("%s\n", json);
    vault_free(json);
    return err;
}

const struct cmd cmd_type_show = {
    .name = "type show",
    .args = "TYPE",
    .summary = "the fields of a type",
    .examples = "type show person\ntype show person --json > person.json\n",
    .about = "One line per field: name, kind, tier, disclosure role, whether it takes several\n"
        "values, label. --json prints the type as `type add` reads it.\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = show_run,
};

/* ---- type add ----------------------------------------------------------------------------- */

static vault_err
add_run(struct call *c)
{
    struct input in = { 0 };
    vault_err err = open_before_reading(c, c->args[0]);

    if (err == VAULT_OK)
        err = input_file(&in, c->args[0], INPUT_MIB);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_type_add(c->app->vault, in.p, in.n));
    if (err == VAULT_OK) {
        if (c->json)
            fputs("{\"added\":true}\n", stdout);
        term_say("the type is added");
    }
    input_free(&in);
    return err;
}

const struct cmd cmd_type_add = {
    .name = "type add",
    .args = "FILE.json",
    .summary = "add a type, or a new version of one (keeper)",
    .examples = "type show person --json > person.json\ntype add person.json\n",
    .about = "A new version must keep every field; the tier of a field may rise, never fall.\n"
        "- is standard input.\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = add_run,
};
