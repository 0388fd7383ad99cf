/*
 * date.h - dates as sources give them: EDTF (ISO 8601-2), partial, uncertain, intervals.
 *
 * Layer:   record.
 * Secrets: none kept.
 * Format:  docs/format.md, "Records": a date value is canonical EDTF text.
 */
#ifndef VAULT_RECORD_DATE_H
#define VAULT_RECORD_DATE_H

#include <stdbool.h>
#include <stdint.h>
#include "vault/base/bytes.h"

#define DATE_MAX 96     /* bytes of canonical text, with its zero */

/*
 * Read a date as a person types it and write it canonically:
 *   EDTF: 2002  1999-01  2017-01-31  1997~  1962?  1984%  2004-06~  199X  19XX  2004-XX  2004-06-XX
 *         2001-21 (seasons 21 to 24)  -0044  2015/2016  2015-11/2016-02  ../2010  2010/..  /2010
 *         2010/  2017-01-31T14:30  ...T14:30:05Z  ...T14:30+03:00
 *   as well: 31.01.2017  31.1.2017  01.2017  31/01/2017 (day first, refused where the month would
 *         be over 12)  2017.01.31  2017. 1. 31.  2017/01/31  2017년 1월 31일  2017년 1월  2017년
 * Full-width characters and kinds of blanks are read as the plain ones. Real calendar days only;
 * an interval is between days, and its end may not surely lie before its start (2015-11/2015 may
 * be true).
 * VAULT_ERR_INPUT: not a date (the sentence names forms that work and does not quote the text).
 */
VAULT_CHECK vault_err date_parse(char out[static DATE_MAX], const char *s, size_t n);

/* Is this text canonical EDTF of our subset (what date_parse writes)? */
bool date_is_canonical(const char *s, size_t n);

/* Earliest and latest day that a canonical date may mean, as days since 1970-01-01 (proleptic
 * Gregorian); `~ ? %` widen nothing. Winter 2001 (2001-24) ends with February 2002. Days are
 * those of the date as written, whatever its zone. Open and unknown ends: INT32_MIN, INT32_MAX.
 * False: not canonical. */
struct date_span { int32_t from, to; };
bool date_span(struct date_span *out, const char *s, size_t n);

/* Order for timelines: by earliest day, then time of day (none first; UTC where the zone is known),
 * then latest day, then text. <0, 0, >0. What is not canonical sorts behind all dates, undated
 * (n = 0) last. */
int date_compare(const char *a, size_t an, const char *b, size_t bn);

/* Today (UTC) as "YYYY-MM-DD". */
void date_today(char out[static DATE_MAX]);
/* Seconds since 1970 as "2026-11-22T01:02:03Z". */
void date_stamp(char out[static DATE_MAX], int64_t seconds);

#endif
