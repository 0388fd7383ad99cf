/*
 * resolve.c - newest versions of one record that differ, before a person: vault_conflict, vault_resolve.
 *
 * Withheld values leave this file only after the log holds an entry that says so. What is written needs none of them.
 */
#include "vault/resolve.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/foreign.h"
#include "vault/record/combine.h"
#include "vault/view.h"

/* *out is the caller's, freed with done(); NULL where the heads do not differ. */
static vault_err
load(struct vault *v, uint32_t first, struct combine **out)
{
    uint32_t head = 0;
    bool conflict = false;
    vault_err err = recs_head(&v->recs, first, &head, &conflict);

    *out = NULL;
    if (err != VAULT_OK || !conflict)
        return err;
    *out = calloc(1, sizeof **out);
    return *out == NULL ? err_nomem() : combine_load(&v->recs, first, *out);
}

static void
done(struct combine *x)
{
    if (x != NULL)
        combine_free(x);
    free(x);
}

static bool
is_removal(struct part field)
{
    return field.n == strlen(REMOVED_FIELD) && memcmp(field.p, REMOVED_FIELD, field.n) == 0;
}

/* The field of a key, as the type of one of the sides has it; NULL: of a removal. */
static const struct field_def *
field_of(const struct combine *x, const struct combine_key *k)
{
    const struct field_def *f = NULL;

    for (size_t s = 0; f == NULL && s < x->n_sides; s++)
        if (x->side[s].type != NULL)
            f = type_field(x->side[s].type, k->field.p, k->field.n);
    return f;
}

/* Names of the fields in conflict, each once: keys of one field are neighbours. They live as long as the types. */
static size_t
names_in_conflict(const struct combine *x, const char **name, size_t max)
{
    size_t n = 0;

    for (size_t k = 0; k < x->n_keys && n < max; k++) {
        const struct field_def *f = field_of(x, &x->key[k]);
        const char *s = f != NULL ? f->name : is_removal(x->key[k].field) ? REMOVED_FIELD : NULL;
        bool in = x->key[k].winner < 0 || (x->whole && is_removal(x->key[k].field));
        if (in && s != NULL && (n == 0 || strcmp(name[n - 1], s) != 0))
            name[n++] = s;
    }
    return n;
}

vault_err
resolve_note(struct vault *v, uint32_t first, struct vault_record *r)
{
    const char *name[TYPE_FIELDS_MAX + 1];
    struct combine *x = NULL;
    vault_err err = load(v, first, &x);

    if (err == VAULT_OK && x != NULL) {
        r->conflict = true;
        r->n_conflicts = names_in_conflict(x, name, TYPE_FIELDS_MAX + 1);
        err = view_texts(r, name, r->n_conflicts, &r->conflicts);
    }
    done(x);
    return err;
}

/* ---- both sides, to be looked at ---- */

struct conflict_box {
    struct vault_conflict pub;      /* first: freed through it */
    struct pool pool;
};

void
vault_conflict_free(struct vault_conflict *c)
{
    struct conflict_box *b = (struct conflict_box *)c;

    if (b == NULL)
        return;
    pool_free(&b->pool);
    sodium_memzero(b, sizeof *b);
    free(b);
}

/* Who wrote it elsewhere, and is not known by evidence, is told by his key. */
static vault_err
name_author(struct vault *v, const struct combine_side *side, char out[static FOREIGN_NAME])
{
    char hex[2 * 8 + 1];
    vault_err err = foreign_author_name(v, side->n, &side->rev, out);

    if (err == VAULT_OK && strcmp(out, "unknown") == 0) {
        hex_of(hex, side->rev.author, 8);
        snprintf(out, FOREIGN_NAME, "key %s", hex);
    }
    return err;
}

static vault_err
tell_sides(struct vault *v, const struct combine *x, struct conflict_box *b)
{
    struct vault_side *side = pool_alloc(&b->pool, x->n_sides * sizeof *side);

    if (side == NULL)
        return err_nomem();
    for (size_t i = 0; i < x->n_sides; i++) {
        const struct revision *rev = &x->side[i].rev;
        char author[FOREIGN_NAME];
        vault_err err = name_author(v, &x->side[i], author);
        if (err != VAULT_OK)
            return err;
        hex_of(side[i].revision, rev->id, REVISION_ID_BYTES);
        side[i].time = rev->time;
        side[i].removed = revision_removed(rev);
        side[i].author = pool_text(&b->pool, PART(author, strlen(author)));
        if (side[i].author == NULL)
            return err_nomem();
    }
    b->pub.sides = side;
    b->pub.n_sides = x->n_sides;
    return VAULT_OK;
}

static vault_err
tell_dispute(struct vault *v, const struct combine *x, size_t key, bool reveal, struct conflict_box *b, struct vault_dispute *out)
{
    struct vault_side_value *value = pool_alloc(&b->pool, x->n_sides * sizeof *value);
    const struct field_def *f = field_of(x, &x->key[key]);
    vault_err err = VAULT_OK;

    if (value == NULL)
        return err_nomem();
    out->field = out->label = f->name;
    out->sides = value;
    for (size_t s = 0; err == VAULT_OK && s < x->n_sides; s++) {
        const struct leaf *l = combine_leaf(x, key, s);
        if (l == NULL)
            continue;
        value[s].has = true;
        err = view_value(v, &b->pool, &x->side[s].rev, l, reveal, &value[s].value);
        out->withheld = out->withheld || value[s].value.withheld;
        if (value[s].value.label != NULL)
            out->label = value[s].value.label;
    }
    return err;
}

static vault_err
tell_disputes(struct vault *v, const struct combine *x, bool reveal, struct conflict_box *b)
{
    struct vault_dispute *out = pool_alloc(&b->pool, (x->n_keys + 1) * sizeof *out);
    vault_err err = out == NULL ? err_nomem() : VAULT_OK;

    for (size_t k = 0; err == VAULT_OK && k < x->n_keys; k++)
        if (x->key[k].winner < 0 && field_of(x, &x->key[k]) != NULL)
            err = tell_dispute(v, x, k, reveal, b, &out[b->pub.n_disputes++]);
    b->pub.disputes = out;
    return err;
}

static vault_err
tell_conflict(struct vault *v, uint32_t first, bool reveal, struct conflict_box *b)
{
    struct combine *x = NULL;
    struct buf title = BUF_INIT;
    vault_err err = load(v, first, &x);

    code_of(b->pub.id, v->recs.index.pair[first].record);
    if (err == VAULT_OK)
        err = recs_title_of(&v->recs, first, &title);
    if (err == VAULT_OK)
        b->pub.label = pool_text(&b->pool, PART(title.p, title.n));
    if (err == VAULT_OK && b->pub.label == NULL)
        err = err_nomem();
    if (err == VAULT_OK && x != NULL) {
        b->pub.type = x->side[0].type == NULL ? "" : x->side[0].type->name;
        b->pub.whole = x->whole;
        err = tell_sides(v, x, b);
    }
    if (err == VAULT_OK && x != NULL)
        err = tell_disputes(v, x, reveal, b);
    buf_free(&title);
    done(x);
    return err;
}

static vault_err
log_reveal(struct vault *v, const struct vault_conflict *c)
{
    const char *name[TYPE_FIELDS_MAX];
    struct detail d = {0};
    size_t n = 0;
    vault_err err;

    for (size_t i = 0; i < c->n_disputes && n < TYPE_FIELDS_MAX; i++)
        if (c->disputes[i].withheld && (n == 0 || strcmp(name[n - 1], c->disputes[i].field) != 0))
            name[n++] = c->disputes[i].field;
    if (n == 0)
        return VAULT_OK;        /* nothing withheld is in conflict, and nothing was revealed */
    detail_text(&d, "id", c->id);
    detail_uint(&d, "versions", c->n_sides);
    detail_texts(&d, "fields", name, n);
    err = session_note(v, "reveal", true, &d);
    detail_free(&d);
    return err;
}

vault_err
vault_conflict(vault *v, const char *id, bool reveal, struct vault_conflict **out)
{
    struct conflict_box *b = NULL;
    uint32_t first = 0;
    vault_err err;

    vault_clear_error();
    err = reveal ? need_keeper(v, "revealing withheld values") : VAULT_OK;
    if (err == VAULT_OK)
        err = session_find(v, id, &first);
    if (err != VAULT_OK)
        return err;
    b = calloc(1, sizeof *b);
    if (b == NULL)
        return err_nomem();
    err = tell_conflict(v, first, reveal, b);
    if (err == VAULT_OK && reveal)
        err = log_reveal(v, &b->pub);
    if (err == VAULT_OK)
        *out = &b->pub;
    else
        vault_conflict_free(&b->pub);
    return err;
}

/* ---- the choice ---- */

static vault_err
find_side(const struct combine *x, const char *hex, size_t *out)
{
    size_t found = 0, n = strlen(hex);

    for (size_t s = 0; n >= 4 && s < x->n_sides; s++) {
        char full[2 * REVISION_ID_BYTES + 1];
        hex_of(full, x->side[s].rev.id, REVISION_ID_BYTES);
        if (n <= 2 * REVISION_ID_BYTES && strncasecmp(full, hex, n) == 0) {
            *out = s;
            found++;
        }
    }
    if (found == 1)
        return VAULT_OK;
    return found == 0 ?
        err_say(VAULT_ERR_NOT_FOUND, "'resolve ID --plan' shows them; at least four digits", "that is none of the newest versions") :
        err_say(VAULT_ERR_INPUT, "give more of it", "several versions begin like that");
}

static bool
names(const struct vault_choice *c, struct part field)
{
    return c->field != NULL && strlen(c->field) == field.n && memcmp(c->field, field.p, field.n) == 0;
}

/* A choice for something that nobody asked about is a mistake, and not passed over. */
static vault_err
must_be_in_conflict(const struct combine *x, const struct vault_choice *c)
{
    for (size_t k = 0; k < x->n_keys; k++)
        if (x->key[k].winner < 0 && names(c, x->key[k].field))
            return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "'resolve ID --plan' shows what is", "a field that was chosen is not in conflict");
}

/* The one for everything else; *given: there is one. */
static vault_err
find_default(const struct combine *x, const struct vault_choice *choice, size_t n, size_t *side, bool *given)
{
    vault_err err = VAULT_OK;

    *given = false;
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        if (choice[i].field != NULL)
            continue;
        if (*given)
            err = err_say(VAULT_ERR_INPUT, NULL, "two versions were chosen for everything");
        else
            err = find_side(x, choice[i].revision, side);
        *given = true;
    }
    return err;
}

static vault_err
choose_field(struct combine *x, const struct vault_choice *c)
{
    size_t side = 0;
    vault_err err = find_side(x, c->revision, &side);

    if (err == VAULT_OK)
        err = must_be_in_conflict(x, c);
    if (err == VAULT_OK && x->side[side].out)
        err = err_say(VAULT_ERR_INPUT, NULL, "a version that was not chosen cannot give the value of a field");
    for (size_t k = 0; err == VAULT_OK && k < x->n_keys; k++)
        if (x->key[k].winner < 0 && names(c, x->key[k].field)) {
            x->key[k].winner = (int)side;
            x->conflicts--;
        }
    return err;
}

static vault_err
choose(struct combine *x, const struct vault_choice *choice, size_t n)
{
    size_t side = 0;
    bool given = false;
    vault_err err = find_default(x, choice, n, &side, &given);

    if (err == VAULT_OK && x->whole && !given)
        err = err_say(VAULT_ERR_CONFLICT, "--take REV says which version stays",
            "one version removed this record, or is of another type; one of them is to be chosen as a whole");
    if (err == VAULT_OK && x->whole)
        combine_take_side(x, side);
    for (size_t i = 0; err == VAULT_OK && i < n; i++)
        if (choice[i].field != NULL)
            err = choose_field(x, &choice[i]);
    for (size_t k = 0; err == VAULT_OK && given && k < x->n_keys; k++)
        if (x->key[k].winner < 0) {
            x->key[k].winner = (int)side;
            x->conflicts--;
        }
    if (err == VAULT_OK && !combine_is_clean(x))
        err = err_say(VAULT_ERR_CONFLICT, "'resolve ID --plan' shows them; --take FIELD=REV for each, or --take REV for all",
            "%zu value%s still in conflict", x->conflicts, x->conflicts == 1 ? " is" : "s are");
    return err;
}

/* ---- the deed ---- */

static vault_err
store(struct vault *v, const struct combine *x, const char *const *field, size_t n_fields, struct vault_added *out)
{
    char hex[COMBINE_SIDES_MAX][2 * REVISION_ID_BYTES + 1];
    const char *version[COMBINE_SIDES_MAX];
    struct detail d = {0};
    struct commit what = { .action = "resolve", .detail = &d };
    struct revision rev;
    struct change c;
    vault_err err;

    for (size_t i = 0; i < x->n_sides; i++) {
        hex_of(hex[i], x->side[i].rev.id, REVISION_ID_BYTES);
        version[i] = hex[i];
    }
    revision_init(&rev);
    detail_texts(&d, "fields", field, n_fields);
    detail_texts(&d, "versions", version, x->n_sides);
    err = combine_draft(&v->recs, x, &rev);
    if (err == VAULT_OK)
        err = session_begin(v, &c);
    if (err == VAULT_OK)
        err = session_commit_one(v, &c, &rev, &what, out);
    detail_free(&d);
    revision_free(&rev);
    return err;
}

static vault_err
nothing_to_do(struct vault *v, uint32_t first, struct vault_added *out)
{
    struct revision rev;
    uint32_t head = 0;
    vault_err err;

    revision_init(&rev);
    err = recs_head(&v->recs, first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(&v->recs, head, &rev);
    if (err == VAULT_OK)
        err = session_result(v, &rev, false, out);
    revision_free(&rev);
    return err;
}

vault_err
vault_resolve(vault *v, const char *id, const struct vault_choice *choice, size_t n, struct vault_added *out)
{
    const char *field[TYPE_FIELDS_MAX + 1];
    struct combine *x = NULL;
    uint32_t first = 0;
    size_t n_fields = 0;
    vault_err err;

    vault_clear_error();
    err = session_find(v, id, &first);
    if (err == VAULT_OK)
        err = load(v, first, &x);
    if (err == VAULT_OK && x != NULL) {
        n_fields = names_in_conflict(x, field, TYPE_FIELDS_MAX + 1);
        err = choose(x, choice, n);
        if (err == VAULT_OK)
            err = store(v, x, field, n_fields, out);
    } else if (err == VAULT_OK) {
        err = nothing_to_do(v, first, out);
    }
    done(x);
    return err;
}
