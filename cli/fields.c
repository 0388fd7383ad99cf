#include "cli/fields.h"

#include <stdlib.h>
#include <string.h>
#include "cli/fail.h"

/* What the interview and the checks of arguments use; the rest stays NULL. */
static bool
copy_field(struct vault_field_info *to, const struct vault_field_info *from)
{
    char **choices = calloc(from->n_choices + 1, sizeof *choices);

    to->name = strdup(from->name);
    to->kind = strdup(from->kind);
    to->label = strdup(from->label);
    to->withheld = from->withheld;
    to->repeats = from->repeats;
    to->choices = (const char *const *)choices;
    if (choices == NULL)
        return false;
    for (size_t i = 0; i < from->n_choices; i++) {
        choices[i] = strdup(from->choices[i]);
        if (choices[i] == NULL)
            return false;
        to->n_choices++;
    }
    return to->name != NULL && to->kind != NULL && to->label != NULL;
}

static int
copy_type(void *ctx, const struct vault_type_info *t)
{
    struct fields *f = ctx;

    fields_free(f);
    f->type = strdup(t->name);
    f->field = calloc(t->n_fields + 1, sizeof *f->field);
    if (f->type == NULL || f->field == NULL)
        return 1;
    for (size_t i = 0; i < t->n_fields; i++) {
        f->n++;
        if (!copy_field(&f->field[i], &t->fields[i])) {
            free(f->type);
            f->type = NULL;     /* tells fields_load */
            return 1;
        }
    }
    return 0;
}

const char *
fields_language(void)
{
    static const char *const known[] = { "ru", "ko" };
    static const char *const where[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(where[i]);

        if (value == NULL || value[0] == '\0')
            continue;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            if (strncmp(value, known[k], 2) == 0 && strchr("_.@", value[2]) != NULL)
                return known[k];
        break;
    }
    return "en";
}

vault_err
fields_load(struct fields *out, vault *v, const char *type)
{
    struct fields f = { 0 };
    vault_err err = kept(vault_types(v, type, fields_language(), copy_type, &f));

    if (err == VAULT_OK && f.type == NULL)
        err = fail_nomem();
    if (err != VAULT_OK) {
        fields_free(&f);
        return err;
    }
    *out = f;
    return VAULT_OK;
}

void
fields_free(struct fields *f)
{
    for (size_t i = 0; i < f->n; i++) {
        struct vault_field_info *d = &f->field[i];

        for (size_t k = 0; k < d->n_choices; k++)
            free((char *)d->choices[k]);
        free((char **)d->choices);
        free((char *)d->name);
        free((char *)d->kind);
        free((char *)d->label);
    }
    free(f->field);
    free(f->type);
    memset(f, 0, sizeof *f);
}

const struct vault_field_info *
fields_find(const struct fields *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->field[i].name, name) == 0)
            return &f->field[i];
    return NULL;
}

vault_err
fields_unknown(const struct fields *f, const char *name)
{
    const char **names = calloc(f->n + 1, sizeof *names);
    const char *near;

    if (names == NULL)
        return fail_nomem();
    for (size_t i = 0; i < f->n; i++)
        names[i] = f->field[i].name;
    near = vault_nearest(name, names, f->n);
    free(names);
    fail(VAULT_ERR_INPUT, NULL, "type '%s' has no such field", f->type);
    if (near != NULL)
        fail_hint("did you mean '%s'?", near);
    else
        fail_hint("`withheld type show %s` lists the fields", f->type);
    return VAULT_ERR_INPUT;
}
