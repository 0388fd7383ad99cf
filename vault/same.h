/*
 * same.h - which records are of one person: what a keeper said of it.
 *
 * A record that was merged into another is its *member*; a record that others lead to and that leads to none is their
 * *lead*. Nothing of either record is changed. Records are named by their first number; a lead may be a member in
 * turn, so there are chains, and no circles.
 *
 * Layer:   session, private.
 * Secrets: none: which records are the same is open to everybody who opens the vault.
 * Format:  docs/format.md, "System records": `_same`, `_apart`.
 */
#ifndef VAULT_SAME_H
#define VAULT_SAME_H

#include "vault/session.h"

/* One merge, or the end of one, as the log has it. */
struct same_fact {
    uint32_t record, into;      /* first numbers */
    uint32_t log;               /* row of the entry */
    bool merged;
};

void same_free(struct same *s);

/* What a revision of a _same or _apart record says, in a row of the log, takes effect. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err same_apply(struct vault *v, const struct revision *rev, uint32_t log);
VAULT_CHECK vault_err apart_apply(struct vault *v, const struct revision *rev);
/* What such a revision names, its form judged; *merged: it says `into`. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err same_read(const struct revision *rev, uint8_t record[static RECORD_ID_BYTES],
    uint8_t into[static RECORD_ID_BYTES], bool *merged);

/* The record that a record was merged into, as given; 0: none. */
static inline uint32_t
same_into(const struct same *s, uint32_t first)
{
    return first < s->n ? s->into[first] : 0;
}
/* Its lead: itself, where it is a member of nothing. */
static inline uint32_t
same_lead(const struct same *s, uint32_t first)
{
    while (same_into(s, first) != 0)
        first = s->into[first];
    return first;
}
/* Is it `above`, or a member of it (of a member, and so on)? */
static inline bool
same_is_under(const struct same *s, uint32_t first, uint32_t above)
{
    while (first != above && first != 0)
        first = same_into(s, first);
    return first != 0;
}
/* The same by ids: whatever leads to one and the same record. */
bool same_person(const struct vault *v, const uint8_t a[static RECORD_ID_BYTES],
    const uint8_t b[static RECORD_ID_BYTES]);
/* All that are under it, without itself, ascending. *out is the caller's to free (NULL: none). */
VAULT_CHECK vault_err same_members(const struct vault *v, uint32_t above, uint32_t **out, size_t *n);

/* Did a keeper say that these two are not the same? In either order. */
bool same_is_apart(const struct vault *v, uint32_t a, uint32_t b);

/* What would become of the merges here if statements of another copy were added, in order. Begin with zeros. */
struct same_trial {
    struct same_pair { uint8_t record[RECORD_ID_BYTES], into[RECORD_ID_BYTES]; } *pair;
    size_t n, cap;
};
VAULT_CHECK vault_err same_try_begin(struct same_trial *t, const struct vault *v);
/* *circle: this one would close a circle. VAULT_ERR_DAMAGED: it is none. */
VAULT_CHECK vault_err same_try(struct same_trial *t, const struct revision *rev, bool *circle);
void same_try_end(struct same_trial *t);

#endif
