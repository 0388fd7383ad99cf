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

struct contact {
    char *name;                         /* NFC, unique */
    uint32_t pair;                      /* the statement that counts */
    uint32_t first;                     /* and the first there was */
    enum contact_state state;
    bool keeper;                        /* a keeper signed it */
    uint8_t hash[32];                   /* of the card; zeros once it is removed */
};

/* Apply statement n of the log. VAULT_ERR_DAMAGED: of a wrong form, or one that needs a keeper without her signature. */
VAULT_CHECK vault_err contact_apply(struct vault *v, const struct revision *rev, uint32_t n, bool keeper);
void contacts_free(struct contacts *all);
/* A contact that is not removed, by its name. VAULT_ERR_NOT_FOUND. */
VAULT_CHECK vault_err contact_find(struct vault *v, const char *name, struct contact **out);
/* Its card. */
VAULT_CHECK vault_err contact_card(struct vault *v, const struct contact *c, struct card *out);

#endif
