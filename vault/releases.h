/*
 * releases.h - what was released before: the ledger, the secrets of audiences, and what keepers judged.
 *
 * Layer:   session, private.
 * Secrets: secrets of audiences, in guarded memory; who was in a release, in wiped buffers.
 * Format:  docs/format.md, section 13: `_release`, `_audience`, `_judged`; section 29.
 *
 * Nothing of it is read when a vault is opened: only when something is released, listed or withdrawn, by a keeper.
 */
#ifndef VAULT_RELEASES_H
#define VAULT_RELEASES_H

#include "vault/session.h"

#define RELEASE_ID_BYTES 16

/* One release, as it was made. Texts are zero-terminated. */
struct released {
    uint8_t id[RELEASE_ID_BYTES];
    uint32_t log;                   /* row of its entry */
    struct buf audience, purpose, expires, folder;  /* folder: the last part of its path, as it was called then */
    struct buf policy, manifest;    /* files */
    struct buf persons;             /* ids of records, 16 bytes each, sorted: whose consent it had */
    struct buf snapshot;            /* what later ones are compared with (release/ledger.h) */
    uint8_t receipt_pk[32];         /* who opens its map signs with the key of that; zeros: there is no map */
};
void released_free(struct released *r);

struct releases {
    struct released *list;          /* in the order of the log */
    size_t n, cap;
};
/* All of them. VAULT_ERR_DAMAGED: of a wrong form, or a part is missing. */
VAULT_CHECK vault_err releases_load(struct vault *v, struct releases *out);
void releases_free(struct releases *r);
/* Into an open change; log is not looked at. */
VAULT_CHECK vault_err released_add(struct vault *v, struct change *c, const struct released *r);

/* The secret of an audience; *out stays NULL where there is none yet. The caller frees. */
VAULT_CHECK vault_err audience_secret(struct vault *v, const char *name, struct secret **out);

/* Destroy it, for good (purge). VAULT_ERR_NOT_FOUND. */
VAULT_CHECK vault_err audience_destroy(struct vault *v, const char *name);

/* What was judged: each subject (32 bytes) once, with the text that a keeper put there, or none. */
#define JUDGED_BYTES 32u
struct judged { uint8_t what, subject[JUDGED_BYTES]; size_t at, n, order; };
enum judged_what { JUDGED_TEXT, JUDGED_PRESS_NAME };
struct judgements {
    struct judged *list;            /* the last word on each counts */
    size_t n, cap;
    struct buf text;
};
VAULT_CHECK vault_err judgements_load(struct vault *v, struct judgements *out);
void judgements_free(struct judgements *j);
/* *text: what stands there instead, empty: as it is. */
bool judged_find(const struct judgements *j, enum judged_what what, const uint8_t subject[static JUDGED_BYTES], struct part *text);
VAULT_CHECK vault_err judged_add(struct vault *v, struct change *c, enum judged_what what, const uint8_t subject[static JUDGED_BYTES], struct part text);

#endif
