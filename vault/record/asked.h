/*
 * asked.h - a value that is asked for: made ready once, then compared with stored ones.
 *
 * Layer:   record.
 * Secrets: what is asked for and what it is compared with may be names: both in wiped buffers of the caller's.
 * Format:  none.
 */
#ifndef VAULT_RECORD_ASKED_H
#define VAULT_RECORD_ASKED_H

#include "vault/record/date.h"
#include "vault/record/value.h"

struct asked {                  /* begin with zeros */
    enum field_kind kind;
    struct buf text;            /* folded; of a place: its parts; of numbers: canonical, the least of them */
    struct buf most;            /* of numbers: the largest */
    bool no_least, no_most;
    struct date_span span;
    uint8_t link[16];
    /* NULL, or: are these two records one person's? */
    bool (*same)(const void *ctx, const uint8_t *a, const uint8_t *b);
    const void *same_ctx;
};

/* Room for comparing, of one thread; begin with zeros. */
struct asked_room {
    struct buf text, fold;
};

/*
 * Make ready what a person typed for field f, not a link. What fits it:
 *   date      a value that overlaps it: both may lie on one day (`~ ? %` widen nothing); also A..B, A.. and ..B
 *   number    the same number, however it is written; also A..B, A.. and ..B, their ends belong to it
 *   yes or no the same answer
 *   place     a value of which these are parts: parts stand between commas, those asked for side by side
 *   others    a value that is equal when both are folded
 * VAULT_ERR_INPUT: no such date, number, answer; names the field and does not quote the text. The caller frees in any case.
 */
VAULT_CHECK vault_err asked_make(struct asked *a, const struct field_def *f, const char *text, size_t n);
/* The same for a link to this record. */
void asked_link(struct asked *a, const uint8_t record[static 16]);
void asked_free(struct asked *a);
/* Does a stored value fit? VAULT_ERR_DAMAGED: it is none. */
VAULT_CHECK vault_err asked_meets(const struct asked *a, struct asked_room *room, struct part value, bool *yes);
void asked_room_free(struct asked_room *room);

#endif
