/*
 * standing.h - which records go to which contacts whenever they change: what _share records say, and what follows.
 *
 * Layer:   vault (session).
 * Secrets: none: ids, names of contacts.
 * Format:  docs/format.md, section 13, `_share`, and section 27.
 */
#ifndef VAULT_STANDING_H
#define VAULT_STANDING_H

#include "vault/contacts.h"

/* In the order of the format's words; of what was said without knowledge of each other the first one holds, as the safest. */
enum standing_state { STANDING_ENDED, STANDING_SHARED, STANDING_NAMES };

struct standing_said {
    uint8_t record[RECORD_ID_BYTES];
    uint8_t card[32];                   /* of the contact then; zeros where it ended */
    uint32_t contact;                   /* its place in standing.name */
    uint32_t log;
    enum standing_state state;
};

/* What holds for a record and a contact. */
struct standing_share {
    uint8_t record[RECORD_ID_BYTES];
    uint8_t card[32];                   /* zeros where that is in doubt */
    const char *contact;
    bool names;
};

/* Apply statement n of the log. VAULT_ERR_DAMAGED: of a wrong form, or with names without a keeper's signature. */
VAULT_CHECK vault_err standing_apply(struct vault *v, uint32_t n, const struct revision *rev);
void standing_free(struct standing *s);
/* All that hold, by contact, then by record. The caller frees *out. */
VAULT_CHECK vault_err standing_all(const struct vault *v, struct standing_share **out, size_t *n);
/*
 * The contact to which a share goes now; NULL, with *why: to nobody. Its card is the one that it was said with, or a keeper verified the new one:
 * a record must not begin to go to another card by itself.
 */
VAULT_CHECK vault_err standing_contact(struct vault *v, const struct standing_share *s, struct contact **out, const char **why);

#endif
