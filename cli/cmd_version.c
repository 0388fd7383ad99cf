#include <stdio.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/json.h"

static const char *
own_version(void)
{
    for (const struct vault_library *l = vault_libraries(); l->name != NULL; l++)
        if (strcmp(l->name, "withheld") == 0)
            return l->version;
    return "unknown";
}

static vault_err
version_run(struct call *c)
{
    struct json j = { .to = stdout };

    if (c->json) {
        js_object(&j);
        js_pair(&j, "withheld", own_version());
        js_key(&j, "libraries");
        js_object(&j);
    } else {
        printf("withheld %s\n", own_version());
    }
    for (const struct vault_library *l = vault_libraries(); l->name != NULL; l++) {
        if (strcmp(l->name, "withheld") == 0)
            continue;
        if (c->json)
            js_pair(&j, l->name, l->version);
        else
            printf("  %-10s %s\n", l->name, l->version);
    }
    if (c->json) {
        js_end(&j);
        js_end(&j);
    }
    return VAULT_OK;
}

const struct cmd cmd_version = {
    .name = "version",
    .args = "",
    .summary = "the program's version and its libraries'",
    .examples = "version\nversion --json\n",
    .about = "--json: {\"withheld\",\"libraries\":{name: version}}\n",
    .opens = CMD_OPENS_NOTHING,
    .run = version_run,
};
