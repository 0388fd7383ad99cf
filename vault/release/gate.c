/* gate.c - see gate.h. */
#include "vault/release/gate.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/utf8.h"
#include "vault/release/gate_priv.h"

/* ---- made and freed ---- */

static vault_err
add_common(struct gate *g)
{
    vault_err err = VAULT_OK;

    for (const char *p = gate_common_words; err == VAULT_OK && *p != '\0';) {
        size_t n = strcspn(p, " ");
        struct item item = { .record = 0 };
        struct fold room;
        item.key = g->seed;
        for (size_t at = 0; at < n;) {
            int32_t c = 0;
            size_t len = u8_read(&c, (const uint8_t *)p + at, n - at);
            const struct fold *f = fold_of(g, c, &room);
            item.key = hash_more(item.key, f->bare, f->n_bare);
            at += len == 0 ? n : len;
        }
        err = dict_add(&g->common, &item);
        p += n + 1;
    }
    return err;
}

vault_err
gate_new(struct gate **out)
{
    struct gate *g = calloc(1, sizeof *g);
    vault_err err = VAULT_OK;

    if (g == NULL)
        return err_nomem();
    randombytes_buf(&g->seed, sizeof g->seed);
    for (size_t i = 0; i < FILTERS; i++)
        g->filter[i] = calloc((size_t)1 << (FILTER_BITS - 3), 1);
    g->fold = calloc(FOLDS, sizeof *g->fold);
    g->window = calloc(WINDOWS, sizeof *g->window);
    g->letters = calloc(1, sizeof *g->letters);
    if (g->filter[0] == NULL || g->filter[1] == NULL || g->filter[2] == NULL || g->fold == NULL || g->window == NULL || g->letters == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = name_index_new(&g->names);
    if (err == VAULT_OK)
        err = add_common(g);
    if (err != VAULT_OK) {
        gate_free(g);
        return err;
    }
    *out = g;
    return VAULT_OK;
}

void
gate_free(struct gate *g)
{
    if (g == NULL)
        return;
    dict_free(&g->strings);
    dict_free(&g->words);
    dict_free(&g->family);
    dict_free(&g->given);
    dict_free(&g->press);
    dict_free(&g->common);
    words_free(g);
    name_index_free(g->names);
    if (g->letters != NULL)
        sodium_memzero(g->letters, sizeof *g->letters);
    for (size_t i = 0; i < g->n_fields; i++)
        free(g->field[i]);
    free(g->field);
    free(g->value);
    for (size_t i = 0; i < FILTERS; i++)
        free(g->filter[i]);
    free(g->fold);
    free(g->window);
    free(g->letters);
    sodium_memzero(g, sizeof *g);
    free(g);
}

/* ---- filled ---- */

/* Fields are few: the last one is asked for most often. */
static vault_err
field_number(struct gate *g, const char *name, uint16_t *out)
{
    char **room;
    char *copy;

    for (size_t i = g->n_fields; i-- > 0;)
        if (strcmp(g->field[i], name) == 0) {
            *out = (uint16_t)i;
            return VAULT_OK;
        }
    if (g->n_fields > UINT16_MAX)
        return err_say(VAULT_ERR_NO_SPACE, NULL, "there are too many fields to look through");
    room = array_room(g->field, g->n_fields, &g->room_fields, sizeof *room);
    copy = room == NULL ? NULL : strdup(name);
    if (room != NULL)
        g->field = room;
    if (copy == NULL)
        return err_nomem();
    room[g->n_fields] = copy;
    *out = (uint16_t)g->n_fields++;
    return VAULT_OK;
}

/* What was found out about words before may change with a new name. */
static void
forget_known(struct gate *g)
{
    if (g->n_known == 0)
        return;
    words_free(g);
    memset(g->window, 0, WINDOWS * sizeof *g->window);
}

vault_err
gate_add(struct gate *g, enum gate_kind kind, uint32_t record, const char *field, struct part value)
{
    struct item like = { .record = record };
    vault_err err = field_number(g, field, &like.field);

    if (err != VAULT_OK || value.n == 0)
        return err;
    forget_known(g);
    switch (kind) {
    case GATE_NAME:
        return add_name(g, &like, value);
    case GATE_IDENTIFIER:
        return add_identifier(g, &like, value);
    case GATE_TEXT:
        break;
    }
    return add_text(g, &like, value);
}

/* ---- searched ---- */

vault_err
gate_search(struct gate *g, const char *file, enum gate_file kind, struct part bytes, gate_hit_fn *fn, void *ctx)
{
    struct search s = { .g = g, .file = file, .bytes = bytes };
    struct layer whole = { .p = bytes.p, .n = bytes.n, .kind = kind };
    vault_err err;

    if (bytes.n > GATE_FILE_MAX)
        return err_say(VAULT_ERR_INPUT, "release it in parts", "a file is too long to be searched");
    if (bytes.n > 0)
        search_layers(&s, &whole);
    err = s.err;
    if (err == VAULT_OK && (s.full || s.unsearched)) {
        struct place_in end = { &whole, bytes.n, bytes.n, "" };
        s.n_found -= s.n_found == GATE_HITS_MAX;
        found_add(&s, &end, GATE_UNSEARCHED, 0, 0, 0, 0);
        err = s.err;
    }
    if (err == VAULT_OK)
        err = found_tell(&s, fn, ctx);
    if (s.found != NULL)
        sodium_memzero(s.found, s.n_found * sizeof *s.found);
    free(s.found);
    sodium_memzero(g->letters->byte, sizeof g->letters->byte);
    return err;
}
