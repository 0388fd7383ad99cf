#include "cli/where.h"

#include <string.h>
#include "cli/fail.h"
#include "cli/open.h"

vault_err
wheres_read(struct wheres *w, const struct call *c)
{
    size_t at = 0;

    w->n = 0;
    for (char *s; (s = call_next(c, "where", &at)) != NULL; w->n++) {
        char *equals = strchr(s, '=');

        if (w->n == WHERE_MAX)
            return fail(VAULT_ERR_INPUT, NULL, "--where is given too often");
        if (equals == NULL || equals == s)
            return fail(VAULT_ERR_INPUT, "as in --where citizenship=KP",
                "--where takes FIELD=VALUE");
        *equals = '\0';
        w->where[w->n].field = s;
        w->where[w->n].value = equals + 1;
    }
    return VAULT_OK;
}

vault_err
wheres_refuse_withheld(const struct wheres *w, const struct call *c, const char *type)
{
    for (size_t i = 0; i < w->n; i++) {
        const char *path = w->where[i].field, *dot = strrchr(path, '.');
        bool withheld = false;
        vault_err err = kept(vault_where_withheld(c->app->vault, type, path, &withheld));

        if (err != VAULT_OK)
            return err;
        if (!withheld)
            continue;
        fail(VAULT_ERR_INPUT, NULL, "field '%s' is withheld: its value must not be an argument, "
            "where other programs and the shell's history can see it", path);
        fail_hint("`search --field %s` asks for the text on the terminal, or reads it from "
            "standard input", dot == NULL ? path : dot + 1);
        return VAULT_ERR_INPUT;
    }
    return VAULT_OK;
}
