/*
 * seal.h - blobs and packs of wrapped keys: sealing and opening bytes.
 *
 * Layer:   record. Touches no database: what it makes and takes are bytes.
 * Secrets: borrows the session's keys; record and blob keys are raw bytes in memory that the caller wipes.
 * Format:  docs/format.md, "Wraps" and "Blobs".
 */
#ifndef VAULT_RECORD_SEAL_H
#define VAULT_RECORD_SEAL_H

#include "vault/keys/intake.h"
#include "vault/record/index.h"

/* What sealing and opening need; all borrowed. */
struct seal_keys {
    const uint8_t *vault_id;            /* 16 */
    const struct secret *k_case;
    const struct secret *k_name;        /* keeper; NULL in the case tier */
    const struct secret *intake_key;    /* case tier: this transaction's encapsulation */
    const uint8_t *intake_enc;
};

/* ---- blobs ---- */

/* k | seed of one blob, from its own key and nonce. The caller wipes it. */
struct blob_keys {
    uint8_t nonce[24];
    uint8_t k[32], seed[32];
};
void blob_keys_derive(struct blob_keys *out, enum leaf_tier tier, const uint8_t own[static 32],
    const uint8_t nonce[static 24]);

/* Plaintext of a finished revision (its open or withheld one) to a blob, appended to out. */
VAULT_CHECK vault_err seal_blob(struct buf *out, const struct seal_keys *k,
    const struct blob_keys *bk, const struct revision *rev, enum leaf_tier tier);
/* The same with another plaintext for it. */
VAULT_CHECK vault_err seal_plain(struct buf *out, const struct seal_keys *k,
    const struct blob_keys *bk, const struct revision *rev, enum leaf_tier tier, struct part plain);
/* A blob to plaintext in rev->open or rev->withheld; seed receives the blob's. VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err unseal_blob(struct revision *rev, uint8_t seed[static 32],
    const struct seal_keys *k, const uint8_t own[static 32], enum leaf_tier tier,
    struct part blob);

/* ---- packs of keys ---- */

#define INNER_MAX (PACK_MAX * 32 + PACK_MAX + BOX_EXTRA)     /* by name, the longer of the two */

/* The keys of up to 64 adjacent revisions. Wiped by its owner. */
struct pack {
    uint32_t first, n;                  /* numbers of its revisions */
    uint8_t ids[PACK_MAX][PAIR_ID_BYTES];
    uint8_t record_key[PACK_MAX][32], blob_key[PACK_MAX][32];
    bool has_record[PACK_MAX], has_blob[PACK_MAX];
    bool quarantined[PACK_MAX];         /* its withheld content did not match when it was adopted */
    /* Of names it has none but in its withheld blob (recs_names_hidden); false: not known. In the inner wrap by name, so that who has
     * K_case alone cannot say it, nor is told; only where has_blob is set. */
    bool names_hidden[PACK_MAX];
    bool readable;                      /* blob keys are at hand: by name, and the name key is */
    uint8_t how;                        /* 0, WRAP_NAME, WRAP_INTAKE */
    uint8_t enc_hash[32];               /* WRAP_INTAKE */
    uint8_t inner[INNER_MAX];           /* the inner wrap as it was read */
    size_t n_inner;                     /* 0: the pack was not read but made */
};

/* Withheld values of its i-th revision that this session could read. */
static inline bool
pack_can_read(const struct pack *p, uint32_t i)
{
    return p->has_blob[i] && p->readable && !p->quarantined[i];
}

/* The wrap row of a pack, appended to out. An inner wrap that could not be opened goes on as it is. */
VAULT_CHECK vault_err pack_seal(struct buf *out, const struct seal_keys *k, const struct pack *p);
/* Open one whose first, n and ids are set. Without the name key, or where the inner wrap does not open under it, blob keys
 * stay unread (`readable` says so). VAULT_ERR_DAMAGED. */
VAULT_CHECK vault_err pack_open(struct pack *p, const struct seal_keys *k, struct part box);
/* The blob keys of an opened pack of intake; it is then one wrapped by name. VAULT_ERR_DAMAGED: the key does not fit. */
VAULT_CHECK vault_err pack_adopt(struct pack *p, const struct seal_keys *k,
    const struct secret *intake_key);

/*
 * Take the blob key of its i-th revision out. Where the inner wrap could not be opened it can
 * only stay as it is, all of it: the key then counts as quarantined, and stands for a blob that
 * is gone.
 */
void pack_drop_blob(struct pack *p, uint32_t i);

/* Row 0: the log key and the tag key, 32 bytes each. */
VAULT_CHECK vault_err root_seal(struct buf *out, const struct seal_keys *k,
    const struct secret *log_key, const struct secret *tag_key);
VAULT_CHECK vault_err root_open(struct secret **log_key, struct secret **tag_key,
    const struct seal_keys *k, struct part box);

#endif
