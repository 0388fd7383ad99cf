/* map.c - a map read, sealed and opened: see map.h. (Writing is in map_write.c, as jansson has a json_string, too.) */
#include "vault/release/map.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define PIECES 16u

/* ---- plaintext ---- */

static vault_err
damaged(void)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "this map is damaged");
}

static bool
hex_member(const json_t *o, const char *name, uint8_t *out, size_t n)
{
    const json_t *m = json_object_get(o, name);

    return json_is_string(m) && hex_read(out, n, json_string_value(m), json_string_length(m));
}

static vault_err
read_head(struct map_head *head, struct part line)
{
    json_t *o = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    const char *format = json_string_value(json_object_get(o, "format")), *audience = json_string_value(json_object_get(o, "audience"));
    vault_err err = secret_new(&head->receipt_seed, 32);

    if (err == VAULT_OK && (format == NULL || strcmp(format, MAP_FORMAT) != 0))
        err = err_say(VAULT_ERR_INPUT, "give the file that release make wrote with --map", "this is no map of a release");
    if (err == VAULT_OK && (audience == NULL || strlen(audience) >= sizeof head->audience || !hex_member(o, "release", head->release, sizeof head->release) ||
        !hex_member(o, "receipt_seed", secret_edit(head->receipt_seed), 32)))
        err = damaged();
    if (err == VAULT_OK)
        memcpy(head->audience, audience, strlen(audience) + 1);
    json_decref(o);
    return err;
}

/* One cell of CSV as sheet_write_csv makes it, from *p on; *last: a line ends behind it. */
static bool
read_cell(struct buf *out, const char **p, const char *end, bool *last)
{
    bool quoted = *p < end && **p == '"';
    const char *s = *p + quoted;

    buf_reset(out);
    for (; s < end; s++) {
        if (quoted && *s == '"') {
            if (s + 1 == end || s[1] != '"')
                break;
            s++;
        } else if (!quoted && (*s == ',' || *s == '\r')) {
            break;
        }
        buf_u8(out, (uint8_t)*s);
    }
    s += quoted && s < end;
    *last = end - s >= 2 && s[0] == '\r' && s[1] == '\n';
    if (!*last && (s >= end || *s != ','))
        return false;
    *p = s + (*last ? 2 : 1);
    return !out->bad;
}

static vault_err
read_line(struct sheet *rows, struct buf *cell, const char **p, const char *end)
{
    bool header = rows->n_columns == 0, last = false;
    vault_err err = header ? VAULT_OK : sheet_add_row(rows);

    for (size_t i = 0; err == VAULT_OK && !last; i++) {
        if (!read_cell(cell, p, end, &last) || (!header && (i >= rows->n_columns || last != (i + 1 == rows->n_columns))))
            return damaged();
        if (header)
            err = buf_cstr(cell) == NULL ? err_nomem() : sheet_add_column(rows, (const char *)cell->p, NULL);
        else
            err = sheet_set(rows, rows->n_rows - 1, i, PART(cell->p, cell->n));
    }
    return err;
}

vault_err
map_read(struct map_head *head, struct sheet *rows, struct part plain)
{
    const char *p = plain.p, *end = p + plain.n, *line = plain.n == 0 ? NULL : memchr(p, '\n', plain.n);
    struct buf cell = BUF_INIT;
    vault_err err = line == NULL ? damaged() : read_head(head, PART(p, (size_t)(line - p)));

    p = line == NULL ? end : line + 1;
    while (end > p && end[-1] == '\n' && !(end - p >= 2 && end[-2] == '\r'))
        end--;
    while (err == VAULT_OK && p < end)
        err = read_line(rows, &cell, &p, end);
    if (err == VAULT_OK && rows->n_columns == 0)
        err = damaged();
    buf_free(&cell);
    return err;
}

void
map_head_free(struct map_head *h)
{
    secret_free(h->receipt_seed);
    *h = (struct map_head){ .receipt_seed = NULL };
}

/* ---- the age file ---- */

vault_err
map_seal(struct buf *out, const struct age_recipient *to, size_t n, struct part plain)
{
    const struct age_to who = { .recipient = to, .n = n };
    struct age_seal *seal = NULL;
    vault_err err = age_seal_new(&seal, out, &who);

    if (err == VAULT_OK)
        err = age_seal_add(seal, out, plain.p, plain.n);
    if (err == VAULT_OK)
        err = age_seal_end(seal, out);
    age_seal_free(seal);
    return err;
}

static vault_err
read_fd(void *ctx, uint8_t *p, size_t n, size_t *got)
{
    ssize_t k;

    do
        k = read(*(const int *)ctx, p, n);
    while (k < 0 && errno == EINTR);
    if (k < 0)
        return err_errno(errno, "cannot read the map");
    *got = (size_t)k;
    return VAULT_OK;
}

vault_err
map_open(struct buf *plain, int fd, const struct age_identities *by)
{
    struct age_source *from = NULL;
    struct age_open *open = NULL;
    bool end = false;
    vault_err err = age_source_new(&from, read_fd, &fd);

    if (err == VAULT_OK)
        err = age_open_new(&open, from);
    if (err == VAULT_OK)
        err = age_open_unlock(open, by, NULL);
    while (err == VAULT_OK && !end) {
        err = age_open_next(open, plain, PIECES, &end);
        if (err == VAULT_OK && plain->n > MAP_MAX)
            err = err_say(VAULT_ERR_INPUT, NULL, "the map is larger than any that this program makes");
    }
    age_open_free(open);
    age_source_free(from);
    return err;
}
