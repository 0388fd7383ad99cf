/* map_write.c - the plaintext of a map: see map.h. */
#include "vault/release/map.h"

#include <string.h>
#include "vault/base/json_out.h"

static void
pad(struct buf *out)
{
    size_t n = pad_length(out->n);
    uint8_t *p = n > out->n ? buf_add(out, n - out->n) : NULL;

    if (p != NULL)
        memset(p, '\n', (size_t)(out->p + out->n - p));
}

static vault_err
write_rows(struct buf *out, const struct sheet *rows, size_t column, const struct sheet *names)
{
    struct sheet all;
    vault_err err;

    sheet_init(&all);
    err = sheet_add_column(&all, "pseudonym", NULL);
    for (size_t i = 0; err == VAULT_OK && i < names->n_columns; i++)
        err = sheet_add_column(&all, names->column[i].name, NULL);
    for (size_t r = 0; err == VAULT_OK && r < rows->n_rows; r++) {
        const char *text = sheet_text(rows, r, column);

        err = sheet_add_row(&all);
        if (err == VAULT_OK)
            err = sheet_set(&all, r, 0, PART(text, strlen(text)));
        for (size_t i = 0; err == VAULT_OK && i < names->n_columns; i++) {
            text = sheet_text(names, r, i);
            err = sheet_set(&all, r, i + 1, PART(text, strlen(text)));
        }
    }
    if (err == VAULT_OK)
        err = sheet_write_csv(out, &all, SHEET_AS_IT_IS);
    sheet_free(&all);
    return err;
}

vault_err
map_write(struct buf *out, const struct map_head *head, const struct sheet *rows, size_t column, const struct sheet *names)
{
    vault_err err;

    buf_str(out, "{\"format\": \"" MAP_FORMAT "\", \"audience\": ");
    json_string(out, PART(head->audience, strlen(head->audience)));
    buf_str(out, ", \"release\": ");
    json_hex(out, PART(head->release, sizeof head->release));
    buf_str(out, ", \"receipt_seed\": ");
    json_hex(out, PART(secret_bytes(head->receipt_seed), 32));
    buf_str(out, "}\n");
    err = write_rows(out, rows, column, names);
    if (err == VAULT_OK)
        pad(out);
    return err == VAULT_OK ? buf_ok(out) : err;
}
