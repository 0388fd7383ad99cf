/* given.c - finding given names by their sound. A file of its own, as its table is made with what the others say. */
#include <string.h>

#include "vault/names/tables.h"

#include "vault/names/given.inc"

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

static const struct table_given *
find(const struct table_given *row, size_t high, const char *sound)
{
    size_t low = 0;

    while (low < high) {
        size_t mid = (low + high) / 2;
        int d = strcmp(row[mid].sound, sound);
        if (d == 0)
            return &row[mid];
        if (d < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct table_given *
table_given(const char *sound)
{
    return find(given, COUNT(given), sound);
}

const struct table_given *
table_father(const char *stem)
{
    return find(father, COUNT(father), stem);
}

const char *
table_given_name(unsigned row)
{
    row &= ~GIVEN_SHORT;
    return given_name[row < COUNT(given_name) ? row : 0];
}
