/* ledger_lattice.c - see ledger_lattice.h. */
#include "vault/release/ledger_lattice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- columns and their values ---- */

int
lattice_by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct axis *
find_axis(struct joint *j, const char *key)
{
    for (size_t i = 0; i < j->n_axes; i++)
        if (strcmp(j->axis[i].key, key) == 0)
            return &j->axis[i];
    return NULL;
}

/* NULL with *err VAULT_OK: too many. */
static struct axis *
need_axis(struct joint *j, const char *key)
{
    struct axis *a = find_axis(j, key);

    if (a == NULL && j->n_axes < COLUMNS_MAX) {
        a = &j->axis[j->n_axes++];
        (void)snprintf(a->key, sizeof a->key, "%s", key);
    }
    return a;
}

static vault_err
add_value(struct axis *a, const char *value)
{
    const char **more = array_room(a->value, a->n, &a->cap, sizeof *more);

    if (more == NULL)
        return err_nomem();
    a->value = more;
    a->value[a->n++] = value;
    return VAULT_OK;
}

static void
sort_values(struct axis *a)
{
    size_t n = 0;

    if (a->n > 0)
        qsort(a->value, a->n, sizeof *a->value, lattice_by_text);
    for (size_t i = 0; i < a->n; i++)
        if (n == 0 || strcmp(a->value[n - 1], a->value[i]) != 0)
            a->value[n++] = a->value[i];
    a->n = n;
}

static const char *
where_value(const struct ledger_where *w)
{
    return w->value[0] == '\0' ? TABLE_NOT_KNOWN : w->value;
}

static vault_err
add_axes(struct joint *j, const struct ledger_type *t, bool *fits)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < t->n_where; i++) {
        struct axis *a = need_axis(j, t->where[i].column);

        *fits = *fits && a != NULL;
        if (a != NULL)
            err = add_value(a, where_value(&t->where[i]));
    }
    for (size_t i = 0; i < t->n_tables; i++)
        for (size_t d = 0; err == VAULT_OK && d < t->table[i].n_dims; d++) {
            const struct table_dim *dim = &t->table[i].dim[d];
            char key[KEY_MAX];
            struct axis *a;

            ledger_key(key, dim);
            a = need_axis(j, key);
            *fits = *fits && a != NULL;
            for (uint32_t k = 0; err == VAULT_OK && a != NULL && k < dim->n; k++)
                err = add_value(a, dim->category[k]);
        }
    return err;
}

static int
by_axis(const void *a, const void *b)
{
    return strcmp(((const struct axis *)a)->key, ((const struct axis *)b)->key);
}

vault_err
lattice_make(struct joint *j, bool *fits)
{
    vault_err err = VAULT_OK;

    *fits = true;
    for (size_t i = 0; err == VAULT_OK && i < j->n_members; i++)
        err = add_axes(j, j->member[i], fits);
    if (j->n_axes > 0)          /* so that nothing depends on the order of releases (told_close_columns) */
        qsort(j->axis, j->n_axes, sizeof j->axis[0], by_axis);
    j->n = 1;
    for (size_t a = j->n_axes; err == VAULT_OK && a-- > 0; ) {
        sort_values(&j->axis[a]);
        j->axis[a].step = j->n;
        if (j->axis[a].n + 2 > TABLE_JOINT_MAX / j->n)
            *fits = false;
        else
            j->n *= j->axis[a].n + 2;
    }
    return err;
}

size_t
lattice_value(const struct axis *a, const char *value)
{
    const char **found = a->n == 0 ? NULL : bsearch(&value, a->value, a->n, sizeof *a->value, lattice_by_text);

    return found == NULL ? a->n : (size_t)(found - a->value);
}

size_t
lattice_place(const struct joint *j, size_t at, size_t a)
{
    return at / j->axis[a].step % (j->axis[a].n + 2);
}

bool
lattice_is_all(const struct joint *j, size_t at, size_t a)
{
    return lattice_place(j, at, a) == j->axis[a].n + 1;
}

/* ---- boxes ---- */

bool
lattice_narrow(const struct joint *j, size_t *box, size_t a, size_t value)
{
    size_t all = j->axis[a].n + 1, now = lattice_place(j, *box, a);

    if (now != all)
        return now == value;
    *box -= (all - value) * j->axis[a].step;
    return true;
}

size_t
lattice_axis(const struct joint *j, const char *key)
{
    size_t a = 0;

    while (a < j->n_axes && strcmp(j->axis[a].key, key) != 0)
        a++;
    return a;
}

bool
lattice_box(const struct joint *j, const struct ledger_type *t, size_t *box)
{
    bool some = true;

    *box = j->n - 1;
    for (size_t i = 0; i < t->n_where && some; i++) {
        size_t a = lattice_axis(j, t->where[i].column);

        some = lattice_narrow(j, box, a, lattice_value(&j->axis[a], where_value(&t->where[i])));
    }
    return some;
}

bool
lattice_next(const struct joint *j, size_t box, size_t *next, size_t *out)
{
    size_t rest = (*next)++, at = box;

    for (size_t a = 0; a < j->n_axes; a++)
        if (lattice_is_all(j, box, a)) {
            size_t places = j->axis[a].n + 1;

            at -= (places - rest % places) * j->axis[a].step;
            rest /= places;
        }
    *out = at;
    return rest == 0;
}

size_t
lattice_parent(const struct joint *j, size_t box, size_t a)
{
    return box + (j->axis[a].n + 1 - lattice_place(j, box, a)) * j->axis[a].step;
}

void
lattice_free(struct joint *j)
{
    for (size_t a = 0; a < j->n_axes; a++)
        free(j->axis[a].value);
    free(j->member);
}
