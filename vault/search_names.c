/*
 * search_names.c - names across spellings and scripts: vault_search_names.
 *
 * Hits are kept until all are here, as the best come first. A reason shows nothing of a withheld name but what follows from
 * the name that was asked for.
 */
#include "vault/search.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vault/names/name.h"

#define HITS_MAX 10000

struct kept {
    enum name_level level;
    uint8_t record[RECORD_ID_BYTES];
    char code[VAULT_CODE_LEN + 1];
    const char *type, *field;       /* of the type, which lives as long as the session */
    char *label;
    char why[NAME_WHY_BYTES];
};

struct names {
    struct name asked;
    struct name_filter filter;
    struct name other[2];           /* of the two threads of a scan */
    struct kept *kept;
    size_t n, room;
};

static bool
reads(const struct search *s, const struct field_def *f)
{
    (void)s;
    return f->kind == FIELD_NAME;
}

static enum name_level
compare(struct names *x, unsigned thread, const struct leaf *l, bool withheld, char *why)
{
    struct value_view view;

    if (value_read(&view, l->value) != VAULT_OK || view.shape != VALUE_TEXT ||
        !name_try_like(&x->other[thread], (const char *)view.text.p, view.text.n, &x->filter))
        return NAME_NONE;           /* or what nobody could type as a name */
    return name_compare(&x->asked, &x->other[thread], withheld ? NAME_SHOWS_KEYS : NAME_SHOWS_BOTH, why);
}

static vault_err
match(struct search *s, unsigned thread, const struct type_def *t, const struct revision *rev, bool *yes)
{
    *yes = false;
    for (size_t i = 0; !*yes && i < rev->n_leaves; i++)
        *yes = rev->leaf[i].value.n != 0 && search_reads(s, t, &rev->leaf[i]) &&
            compare(s->ctx, thread, &rev->leaf[i], true, NULL) != NAME_NONE;
    return VAULT_OK;
}

static vault_err
make_room(struct names *x)
{
    size_t room = x->room == 0 ? 64 : 2 * x->room;
    struct kept *more;

    if (x->n < x->room)
        return VAULT_OK;
    if (x->n == HITS_MAX)
        return err_say(VAULT_ERR_INPUT, "ask for one type only, or add a condition",
            "over %d names are alike", HITS_MAX);
    more = realloc(x->kept, room * sizeof *more);
    if (more == NULL)
        return err_nomem();
    x->kept = more;
    x->room = room;
    return VAULT_OK;
}

static vault_err
keep(struct search *s, const struct type_def *t, const struct revision *rev, const struct kept *found)
{
    struct names *x = s->ctx;
    struct vault_hit h = {0};
    struct kept *k;
    vault_err err = make_room(x);

    if (err != VAULT_OK)
        return err;
    k = &x->kept[x->n];
    *k = *found;
    memcpy(k->record, rev->record, sizeof k->record);
    err = search_describe(s, t, rev, k->code, &h);
    if (err != VAULT_OK)
        return err;
    k->type = h.type;
    k->label = strdup(h.label);
    x->n += k->label != NULL;
    return k->label == NULL ? err_nomem() : VAULT_OK;
}

/* One hit for a record: the name that agrees best. */
static vault_err
found(struct search *s, const struct type_def *t, const struct revision *rev)
{
    struct kept best = { .level = NAME_NONE };

    for (size_t i = 0; i < rev->n_leaves; i++) {
        const struct leaf *l = &rev->leaf[i];
        char why[NAME_WHY_BYTES];
        enum name_level level;

        if (l->value.n == 0 || !search_reads(s, t, l))
            continue;
        level = compare(s->ctx, 1, l, search_withheld(s, t, l), why);
        if (level <= best.level)
            continue;
        best.level = level;
        best.field = type_field(t, l->field.p, l->field.n)->name;
        memcpy(best.why, why, sizeof why);
    }
    return best.level == NAME_NONE ? VAULT_OK : keep(s, t, rev, &best);
}

static int
best_first(const void *pa, const void *pb)
{
    const struct kept *a = pa, *b = pb;

    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    return strcmp(a->label, b->label) != 0 ? strcmp(a->label, b->label) : strcmp(a->code, b->code);
}

static vault_err
tell(struct search *s)
{
    struct names *x = s->ctx;
    vault_err err = VAULT_OK;

    if (x->n > 0)
        qsort(x->kept, x->n, sizeof x->kept[0], best_first);
    for (size_t i = 0; err == VAULT_OK && i < x->n && !s->stop; i++) {
        const struct kept *k = &x->kept[i];
        struct vault_hit h = { .id = k->code, .type = k->type, .label = k->label, .field = k->field,
            .level = name_level_text(k->level), .why = k->why };
        err = search_tell(s, k->record, &h);
    }
    return err;
}

vault_err
vault_search_names(vault *v, const struct vault_search_query *q, vault_hit_fn *fn, void *ctx)
{
    struct names *x;
    struct search s = { .v = v, .q = q, .fn = fn, .fn_ctx = ctx, .reads = reads, .match = match, .found = found };
    vault_err err;

    vault_clear_error();
    s.ctx = x = calloc(1, sizeof *x);
    if (x == NULL)
        return err_nomem();
    err = name_read(&x->asked, q->text, strlen(q->text));
    if (err == VAULT_OK)
        name_filter_make(&x->filter, &x->asked);
    if (err == VAULT_OK)
        err = search_run(&s, tell);
    for (size_t i = 0; i < x->n; i++)
        free(x->kept[i].label);
    if (x->kept != NULL)
        sodium_memzero(x->kept, x->room * sizeof x->kept[0]);
    free(x->kept);
    sodium_memzero(x, sizeof *x);
    free(x);
    return err;
}
