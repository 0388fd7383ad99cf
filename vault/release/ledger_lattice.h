/*
 * ledger_lattice.h - all combinations of the values that some releases speak of, and of "any other" and "all" for each column.
 *
 * Layer:   release, private.
 * Secrets: as ledger.h.
 * Format:  none.
 *
 * A place is a number: one combination. At the bottom no column is "all"; a place with "all" on some columns is the box of those below it.
 */
#ifndef VAULT_RELEASE_LEDGER_LATTICE_H
#define VAULT_RELEASE_LEDGER_LATTICE_H

#include "vault/release/ledger_priv.h"
#include "vault/release/web.h"

#define COLUMNS_MAX WEB_DIMS_MAX

struct axis {
    char key[KEY_MAX];
    const char **value;                 /* sorted; borrowed from the releases */
    size_t n, cap;
    size_t step;                        /* places: values, any other, all */
};

struct joint {
    const struct ledger_type **member;  /* that are read together; from the heap, what it points to is borrowed */
    size_t n_members;
    struct axis axis[COLUMNS_MAX];
    size_t n_axes;
    size_t n;                           /* places of the lattice; the last one is everybody */
};

/* From the members. *fits: false, too many columns or places (TABLE_JOINT_MAX). */
VAULT_CHECK vault_err lattice_make(struct joint *j, bool *fits);
/* The members' list too, not the members. */
void lattice_free(struct joint *j);

/* Two `const char *`, for bsearch. */
int lattice_by_text(const void *a, const void *b);
/* The number of a column; n_axes: there is no such. */
size_t lattice_axis(const struct joint *j, const char *key);
/* The number of a value: below n, or n for any other. */
size_t lattice_value(const struct axis *a, const char *value);
/* Where this place lies on column a: a value, n (any other) or n + 1 (all). */
size_t lattice_place(const struct joint *j, size_t at, size_t a);
bool lattice_is_all(const struct joint *j, size_t at, size_t a);

/* Narrows a box on one column. False: nobody is in it any more. */
bool lattice_narrow(const struct joint *j, size_t *box, size_t a, size_t value);
/* The box with all of column a. */
size_t lattice_parent(const struct joint *j, size_t box, size_t a);
/* Those of whom this type tells, by its conditions. False: nobody. */
bool lattice_box(const struct joint *j, const struct ledger_type *t, size_t *box);
/* The places at the bottom of a box, one after the other; *next is 0 at first. */
bool lattice_next(const struct joint *j, size_t box, size_t *next, size_t *out);

#endif
