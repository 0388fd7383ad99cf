/*
 * contacts.h - other vaults that this one writes to: what _contact records say, and what follows.
 *
 * Layer:   vault (session).
 * Secrets: names of contacts are open fields: everybody who opens the vault sees them. Cards are public.
 * Format:  docs/format.md, section 13, `_contact`.
 */
#ifndef VAULT_CONTACTS_H
#define VAULT_CONTACTS_H

#include "vault/session.h"

#define CONTACT_NAME_MAX 128u           /* bytes */

/* In the order of the format's words for it. */
enum contact_state { CONTACT_ADDED, CONTACT_VERIFIED, CONTACT_REMOVED };

/* What somebody said of a name, and in which row of the log. */
struct contact_said {
    uint32_t pair, log;
    enum contact_state state;
    bool keeper;                        /* a keeper signed it */
    uint8_t hash[32];                   /* of the card; zeros where there is none */
};

struct contact {
    char *name;                         /* NFC, unique */
    struct contact_said *said;
    size_t n, cap;
    /* What follows from all of it. */
    enum contact_state state;
    bool contested;                     /* two cards, and nobody said after both which: not to be used */
    uint32_t pair;                      /* the statement with the card; 0 once it is removed */
    uint8_t hash[32];                   /* of the card */
};

/* Apply statement n of the log. VAULT_ERR_DAMAGED: of a wrong form, or one that needs a keeper without her signature. */
VAULT_CHECK vault_err contact_apply(struct vault *v, const struct revision *rev, uint32_t n, bool keeper);
void contacts_free(struct contacts *all);
/* A contact that is not removed, by its name. VAULT_ERR_NOT_FOUND. It may be contested (contact_usable). */
VAULT_CHECK vault_err contact_find(struct vault *v, const char *name, struct contact **out);
/* VAULT_ERR_CONFLICT: it is contested. */
VAULT_CHECK vault_err contact_usable(const struct contact *c);
/* Its card. */
VAULT_CHECK vault_err contact_card(struct vault *v, const struct contact *c, struct card *out);

#endif
