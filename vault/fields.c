/* fields.c - what a caller wants to set: vault_fields_*. Judged later, against a type. */
#include <stdlib.h>
#include <string.h>

#include "vault/base/text.h"
#include "vault/import/import.h"
#include "vault/record/fields.h"
#include "vault/session.h"

vault_err
vault_fields_new(vault_fields **out)
{
    vault_fields *f = malloc(sizeof *f);

    vault_clear_error();
    if (f == NULL)
        return err_nomem();
    fields_init(f);
    *out = f;
    return VAULT_OK;
}

void
vault_fields_free(vault_fields *f)
{
    if (f == NULL)
        return;
    fields_done(f);
    free(f);
}

vault_err
vault_fields_add(vault_fields *f, const char *field, const char *value, size_t n)
{
    struct field_input *in = NULL;
    vault_err err;

    vault_clear_error();
    if (!text_valid(value, n, NULL))
        return err_say(VAULT_ERR_INPUT, NULL, "the text is not valid UTF-8");
    err = fields_append(f, &in, field, strlen(field));
    if (err != VAULT_OK)
        return err;
    fields_text(f, &in->text, PART(value, n));
    return buf_ok(&f->mem);
}

vault_err
vault_fields_unset(vault_fields *f, const char *field)
{
    struct field_input *in = NULL;
    vault_err err;

    vault_clear_error();
    err = fields_append(f, &in, field, strlen(field));
    if (err == VAULT_OK)
        in->unset = true;
    return err;
}

vault_err
vault_fields_json(vault_fields *f, const char *json, size_t n)
{
    struct rows *rows = NULL;
    struct row row;
    vault_err err;

    vault_clear_error();
    err = rows_from_object(&rows, &row, json, n);
    for (size_t i = 0; err == VAULT_OK && i < row.n_cells; i++)
        err = import_cell(f, rows_column(rows, row.cell[i].column), &row.cell[i],
            row.cell[i].text);
    rows_close(rows);
    return err;
}
