/*
 * foreign.h - revisions that other vaults wrote: who did, by the evidence that came with them.
 *
 * Layer:   vault (session).
 * Secrets: none: ids, public keys, signatures; names of contacts.
 * Format:  docs/format.md, sections 13 (`_origin`) and 25.
 */
#ifndef VAULT_FOREIGN_H
#define VAULT_FOREIGN_H

#include "vault/handoff/proof.h"
#include "vault/session.h"

/* All evidence that came with the bundle which one row of the log took in, verified. Begin with zeros. */
struct foreign_row {
    uint32_t row;               /* 0: none is loaded */
    struct buf *bytes;
    struct proof *proof;
    size_t n;
};
/* That of another row in its place. VAULT_ERR_DAMAGED; so is evidence that pretends to be of this vault. */
VAULT_CHECK vault_err foreign_load(struct foreign_row *f, struct vault *v, uint32_t row);
/* Evidence proves itself: that there is a vault of that id in which it is so. Where it has the id of this vault: is it this one? (Its first entry
 * is that of our log.) */
bool foreign_fits(const struct vault *v, const struct proof *p);
void foreign_free(struct foreign_row *f);
/* Is it proven that the author whom the revision names wrote it? The entry there, and (where who is not NULL) the evidence; or NULL. */
const struct proof_entry *foreign_find(const struct foreign_row *f, const struct revision *rev, const struct proof **who);

/* Who wrote revision n (loaded), for people: "slot 0 (keeper)", "anna, slot 1 (case)"; of what came from elsewhere without proof "unknown". */
#define FOREIGN_NAME 200
VAULT_CHECK vault_err foreign_author_name(struct vault *v, uint32_t n, const struct revision *rev, char out[static FOREIGN_NAME]);

#endif
