#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/share.h"

/* The leading one comes first, where this is not it. */
static bool
is_member(const struct vault_record *r)
{
    return r->n_same > 0 && r->same[0].lead;
}

static void
same_json(struct json *j, const struct vault_record *r)
{
    js_pair(j, "lead", is_member(r) ? r->same[0].id : NULL);
    js_key(j, "same");
    js_array(j);
    for (size_t i = 0; i < r->n_same; i++) {
        js_object(j);
        js_pair(j, "id", r->same[i].id);
        js_pair(j, "label", r->same[i].label);
        js_end(j);
    }
    js_end(j);
}

static void
same_text(const struct vault_record *r)
{
    for (size_t i = 0; i < r->n_same; i++) {
        const struct vault_same *s = &r->same[i];

        fputs(i == 0 ? "the same as " : "        and ", stdout);
        print_code(s->id);
        putchar(' ');
        out_text(s->label);
        printf("%s%s\n", s->lead ? ", which leads" : "", s->removed ? " (removed)" : "");
    }
}

static vault_err
show_json(const struct call *c, const struct vault_record *r)
{
    struct json j = { .to = stdout };
    vault_err err;

    js_object(&j);
    js_pair(&j, "id", r->id);
    js_pair(&j, "type", r->type);
    js_pair(&j, "revision", r->revision);
    js_pair_time(&j, "time", r->time);
    js_pair(&j, "author", r->author);
    js_key(&j, "fields");
    print_fields_json(&j, r);
    js_key(&j, "withheld");
    print_withheld_json(&j, r);
    js_key(&j, "attachments");
    print_attachments_json(&j, r);
    js_key(&j, "links_here");
    js_array(&j);
    for (size_t i = 0; i < r->n_links_here; i++) {
        js_object(&j);
        js_pair(&j, "id", r->links_here[i].id);
        js_pair(&j, "type", r->links_here[i].type);
        js_pair(&j, "label", r->links_here[i].label);
        js_pair(&j, "field", r->links_here[i].field);
        js_end(&j);
    }
    js_end(&j);
    js_pair_bool(&j, "conflict", r->conflict);
    if (r->conflict) {
        js_key(&j, "conflicts");
        js_array(&j);
        for (size_t i = 0; i < r->n_conflicts; i++)
            js_text(&j, r->conflicts[i]);
        js_end(&j);
    }
    if (r->n_same > 0)
        same_json(&j, r);
    err = share_tell(c, r->id, &j);
    js_end(&j);
    return err;
}

static void
links_text(const struct vault_record *r)
{
    if (r->n_links_here > 0)
        fputs("\nlinked from\n", stdout);
    for (size_t i = 0; i < r->n_links_here; i++) {
        const struct vault_link *l = &r->links_here[i];

        fputs("  ", stdout);
        print_code(l->id);
        putchar(' ');
        out_text(l->label);
        fputs("  (", stdout);
        out_text(l->type);
        fputs(", ", stdout);
        out_text(l->field);
        fputs(")\n", stdout);
    }
}

/* There is another version, which says something else. */
static void
conflict_text(const struct vault_record *r)
{
    fputs("one of several newest versions", stdout);
    for (size_t i = 0; i < r->n_conflicts; i++) {
        bool removal = strcmp(r->conflicts[i], "_removed") == 0;
        fputs(i == 0 ? ", which differ in " : ", ", stdout);
        out_text(removal ? "whether the record is removed" : r->conflicts[i]);
    }
    printf("; `resolve %.*s` %s\n", PRINT_CODE, r->id,
        r->n_conflicts == 0 ? "brings them together" : "shows them, and keeps what you choose");
}

static vault_err
show_text(const struct call *c, const struct vault_record *r)
{
    char iso[OUT_TIME];
    vault_err err;

    out_iso(iso, r->time);
    out_style(OUT_BOLD);
    out_text(r->label);
    out_style(OUT_PLAIN);
    fputs("  ", stdout);
    out_text(r->type);
    printf("  %s\n%s by ", r->id, iso);
    out_text(r->author);
    printf(", revision %.12s\n", r->revision);
    if (r->removed)
        fputs("removed; `revert` brings it back\n", stdout);
    if (r->conflict)
        conflict_text(r);
    same_text(r);
    err = share_tell(c, r->id, NULL);
    putchar('\n');
    print_values(r, 2, false);
    print_attachments(r);
    links_text(r);
    return err;
}

static vault_err
show_run(struct call *c)
{
    struct vault_record *r = NULL;
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_show(c->app->vault, c->args[0], call_value(c, "rev"),
            call_has(c, "reveal"), &r));
    if (err != VAULT_OK)
        return err;
    err = c->json ? show_json(c, r) : show_text(c, r);
    vault_record_free(r);
    return err;
}

const struct cmd cmd_show = {
    .name = "show",
    .args = "ID [--reveal] [--rev R]",
    .summary = "show a record",
    .examples = "show K-12\nshow K-12 --reveal\nshow 3f6k --rev 0a1b2c\n",
    .about = "ID is the code, a prefix of it that fits no other, the record's ref or its label.\n"
        "Withheld fields print as [withheld]. --reveal needs a keeper, and the log records it.\n"
        "Of a record that others were merged into it lists those, and what links to any of them.\n"
        "Attachments stand with their numbers; #2 names the second where a name is asked for.\n"
        "--json: {\"id\",\"type\",\"revision\",\"time\",\"author\",\"fields\":{},\n"
        "\"withheld\":[name...],\n"
        "\"attachments\":[{\"number\",\"field\",\"name\",\"size\",\"type\",\"sha256\",\"tier\"}],\n"
        "\"links_here\":[{\"id\",\"type\",\"label\",\"field\"}],\n"
        "\"conflict\"}; where it is true also \"conflicts\":[field...], for `resolve`; of a merged record also \"lead\" (a code, or null: this one leads) and\n"
        "\"same\":[{\"id\",\"label\"}], the other records that are the same. \"shared\", where it is, is as `share` lists it.\n",
    .opts = (const struct opt[]){
        { "reveal", 0, false, NULL, "show withheld values as well; logged" },
        { "rev", 0, false, "R", "show this revision (see history), not the latest" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = show_run,
};
