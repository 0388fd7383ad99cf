/*
 * date_edtf.h - a date in pieces: what reading makes of text, and writing makes text of.
 *
 * Layer:   record, for date*.c.
 * Secrets: none kept.
 * Format:  docs/format.md, "Records": a date value is canonical EDTF text.
 */
#ifndef VAULT_RECORD_DATE_EDTF_H
#define VAULT_RECORD_DATE_EDTF_H

#include <limits.h>

#include "vault/record/date.h"

enum { NONE = -2, XX = -1 };            /* a part not given; a part written XX */
enum { SPRING = 21, WINTER = 24 };      /* seasons stand in the place of the month */
#define NONE_ZONE INT_MAX

/* A date that stands alone, or one side of an interval. */
struct point {
    int year;           /* the year before 0001 is 0000 */
    int hidden;         /* last digits of the year written X (here zeros): 0, 1, 2 */
    int month;          /* NONE, XX, 1 to 12, a season */
    int day;            /* NONE, XX, 1 to 31 */
    int hour;           /* NONE */
    int minute;
    int second;         /* NONE */
    int zone;           /* minutes east of Greenwich, NONE_ZONE */
    char mark;          /* ~ ? % or 0 */
};

enum side { SIDE_POINT, SIDE_OPEN /* .. */, SIDE_UNKNOWN /* nothing */ };

struct edtf {
    bool interval;
    enum side from, to;
    struct point a, b;  /* b in intervals only */
};

struct edtf edtf_empty(void);

/* Read what was typed, in any of the forms of date.h. Returns why it is refused (half a sentence
 * that does not quote it), or NULL. */
const char *edtf_read_typed(struct edtf *out, const char *s, size_t n);
/* The same without folding: for canonical text, and to find out whether it is that. */
const char *edtf_read(struct edtf *out, const char *s, size_t n);

/* Write it canonically; returns the length. */
size_t edtf_write(char out[static DATE_MAX], const struct edtf *e);

struct date_span edtf_span(const struct edtf *e);
int days_in_month(int year, int month);

#endif
