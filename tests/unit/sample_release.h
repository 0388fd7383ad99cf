/*
 * sample_release.h - documents as a policy would make them, for tests of what is released.
 */
#ifndef TESTS_SAMPLE_RELEASE_H
#define TESTS_SAMPLE_RELEASE_H

#include "vault/release/page.h"

enum sample_kind {
    SAMPLE_PRESS,       /* rows of persons, a table of counts, public figures */
    SAMPLE_CASE,        /* one person and what happened, public figures */
    SAMPLE_HOSTILE      /* the first, with values that want to be more than text */
};
struct sample {
    struct sheet sheet[2], counts, declared;
    struct release_table table;
    struct release_doc doc;
};

void sample_make(struct sample *s, enum sample_kind kind, size_t rows);     /* ends the program where it cannot */
void sample_free(struct sample *s);
struct secret *sample_seed(void);               /* always the same; the caller's */

/* What SAMPLE_HOSTILE has in its cells. */
extern const char *const sample_hostile[];
extern const size_t sample_n_hostile;

#endif
