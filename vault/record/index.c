/*
 * index.c - see index.h. Open addressing with linear probing; record ids are random (system ids
 * are hashes or ids of slots), so a few of their bytes are the hash.
 */
#include "vault/record/index.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/bytes.h"

#define NO_TAG ((const uint8_t[TAG_BYTES]){ 0 })

void
index_init(struct index *ix)
{
    memset(ix, 0, sizeof *ix);
}

void
index_free(struct index *ix)
{
    free(ix->pair);
    free(ix->slot);
    free(ix->tag);
    free(ix->tag_slot);
    memset(ix, 0, sizeof *ix);
}

static uint32_t
hash_record(const uint8_t *id)
{
    /* The end differs for random ids, the middle for slots' ids (00 02 | slot id | zeros). */
    return get_u32(id + 12) ^ get_u32(id + 2) ^ (uint32_t)id[1] << 24;
}

static void
place(struct index *ix, uint32_t n)
{
    uint32_t mask = ix->n_slots - 1;
    uint32_t at = hash_record(ix->pair[n].record) & mask;

    while (ix->slot[at] != 0)
        at = (at + 1) & mask;
    ix->slot[at] = n;
}

static vault_err
grow_slots(struct index *ix)
{
    uint32_t want = ix->n_slots == 0 ? 256 : ix->n_slots * 4;
    uint32_t *s;

    if (ix->n_slots != 0 && ix->n < ix->n_slots / 2)
        return VAULT_OK;
    s = calloc(want, sizeof *s);
    if (s == NULL)
        return err_nomem();
    free(ix->slot);
    ix->slot = s;
    ix->n_slots = want;
    for (uint32_t n = 1; n <= ix->n; n++)
        if (ix->pair[n].first == n && !ix->pair[n].lost)
            place(ix, n);
    return VAULT_OK;
}

static vault_err
grow_pairs(struct index *ix)
{
    uint32_t cap = ix->cap == 0 ? 256 : ix->cap * 2;
    struct pair *p;

    if (ix->n + 1 < ix->cap)
        return VAULT_OK;
    if (ix->cap > UINT32_MAX / 4)
        return err_say(VAULT_ERR_NO_SPACE, NULL, "a vault cannot hold more revisions");
    p = reallocarray(ix->pair, cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    ix->pair = p;
    ix->cap = cap;
    return VAULT_OK;
}

static vault_err
grow_tags(struct index *ix, uint32_t more)
{
    uint32_t cap = ix->tag_cap == 0 ? 512 : ix->tag_cap;
    uint8_t *t;

    while (cap < ix->n_tags + more)
        cap *= 2;
    if (cap == ix->tag_cap)
        return VAULT_OK;
    t = reallocarray(ix->tag, cap, TAG_BYTES);
    if (t == NULL)
        return err_nomem();
    ix->tag = t;
    ix->tag_cap = cap;
    return VAULT_OK;
}

uint32_t
index_record(const struct index *ix, const uint8_t record[static RECORD_ID_BYTES])
{
    uint32_t mask = ix->n_slots - 1;

    if (ix->n_slots == 0)
        return 0;
    for (uint32_t at = hash_record(record) & mask; ix->slot[at] != 0; at = (at + 1) & mask)
        if (memcmp(ix->pair[ix->slot[at]].record, record, RECORD_ID_BYTES) == 0 &&
            !ix->pair[ix->slot[at]].lost)
            return ix->slot[at];
    return 0;
}

uint32_t
index_revision(const struct index *ix, uint32_t first,
    const uint8_t revision[static REVISION_ID_BYTES])
{
    for (uint32_t n = first; n != 0; n = ix->pair[n].next)
        if (memcmp(ix->pair[n].revision, revision, REVISION_ID_BYTES) == 0)
            return n;
    return 0;
}

static uint32_t
last_of(const struct index *ix, uint32_t first)
{
    uint32_t n = first;

    while (ix->pair[n].next != 0)
        n = ix->pair[n].next;
    return n;
}

vault_err
index_add(struct index *ix, const uint8_t ids[static PAIR_ID_BYTES], uint32_t log, uint32_t pack,
    struct part tags)
{
    const uint8_t *record = ids, *revision = ids + RECORD_ID_BYTES;
    uint32_t n_tags = (uint32_t)(tags.n / TAG_BYTES);
    uint32_t first;
    struct pair *p;
    vault_err err;

    if (tags.n % TAG_BYTES != 0 || n_tags > UINT16_MAX)
        return err_say(VAULT_ERR_DAMAGED, NULL, "the tags of a record are damaged");
    err = grow_pairs(ix);
    if (err == VAULT_OK)
        err = grow_slots(ix);
    if (err == VAULT_OK)
        err = grow_tags(ix, n_tags);
    if (err != VAULT_OK)
        return err;
    first = index_record(ix, record);
    p = &ix->pair[++ix->n];
    memset(p, 0, sizeof *p);
    memcpy(p->record, record, RECORD_ID_BYTES);
    memcpy(p->revision, revision, REVISION_ID_BYTES);
    p->log = log;
    p->pack = pack;
    p->tags = ix->n_tags;
    p->n_tags = (uint16_t)n_tags;
    if (tags.n != 0)
        memcpy(ix->tag + (size_t)ix->n_tags * TAG_BYTES, tags.p, tags.n);
    ix->n_tags += n_tags;
    p->first = first == 0 ? ix->n : first;
    if (first == 0) {
        p->heads_known = true;
        place(ix, ix->n);
        ix->records += !index_is_system(p);
    } else {
        ix->pair[last_of(ix, first)].next = ix->n;
        ix->pair[first].heads_known = false;
        ix->pair[first].head = 0;
    }
    return VAULT_OK;
}

uint32_t
index_pack_size(const struct index *ix, uint32_t pack)
{
    uint32_t n = pack;

    while (n <= ix->n && n - pack < PACK_MAX && ix->pair[n].pack == pack)
        n++;
    return n - pack;
}

static void
forget_tag_table(struct index *ix)
{
    free(ix->tag_slot);
    ix->tag_slot = NULL;
    ix->n_tag_slots = ix->tags_upto = ix->tags_held = 0;
}

uint32_t
index_entry(const struct index *ix, uint32_t n)
{
    uint32_t log = ix->pair[n].log;

    for (n = ix->pair[n].pack; n > 1 && ix->pair[n - 1].log == log;)
        n = ix->pair[n - 1].pack;
    return n;
}

void
index_truncate(struct index *ix, uint32_t n)
{
    if (n >= ix->n)
        return;
    ix->n_tags = ix->pair[n + 1].tags;
    ix->n = n;
    memset(ix->slot, 0, ix->n_slots * sizeof *ix->slot);
    ix->records = 0;
    for (uint32_t i = 1; i <= n; i++) {
        struct pair *p = &ix->pair[i];
        if (p->next > n)
            p->next = 0;
        if (p->first != i || p->lost)
            continue;
        place(ix, i);
        p->heads_known = p->next == 0;      /* else to be found again */
        p->head = 0;
        if (p->heads_known)
            p->superseded = false;
        ix->records += !index_is_system(p) && !p->purged;
    }
    forget_tag_table(ix);
}

void
index_purge(struct index *ix, uint32_t first)
{
    ix->records -= !ix->pair[first].purged;
    ix->pair[first].purged = true;
}

/* In the hash table: a lost one without successor stays where it is, and is passed over. */
static void
replace_slot(struct index *ix, uint32_t n, uint32_t by)
{
    uint32_t mask = ix->n_slots - 1;
    uint32_t at = hash_record(ix->pair[n].record) & mask;

    while (ix->slot[at] != n)
        at = (at + 1) & mask;
    if (by != 0)
        ix->slot[at] = by;
}

void
index_lose(struct index *ix, uint32_t n)
{
    struct pair *p = &ix->pair[n];
    uint32_t m = p->first, next = p->next;

    if (p->lost)
        return;
    if (m == n) {
        replace_slot(ix, n, next);
        ix->records -= next == 0 && !index_is_system(p) && !p->purged;
        for (m = next; m != 0; m = ix->pair[m].next)
            ix->pair[m].first = next;
        if (next != 0)
            ix->pair[next].purged = p->purged;
        m = next;
    } else {
        uint32_t before = m;
        while (ix->pair[before].next != n)
            before = ix->pair[before].next;
        ix->pair[before].next = next;
    }
    if (m != 0) {
        ix->pair[m].head = 0;
        ix->pair[m].heads_known = ix->pair[m].next == 0;
        ix->pair[m].superseded = ix->pair[m].superseded && !ix->pair[m].heads_known;
    }
    p->lost = p->purged = p->heads_known = true;
    p->first = n;
    p->next = 0;
    ix->n_lost++;
}

bool
index_was_lost(const struct index *ix, const uint8_t record[static RECORD_ID_BYTES],
    const uint8_t *revision)
{
    for (uint32_t n = 1; ix->n_lost != 0 && n <= ix->n; n++) {
        const struct pair *p = &ix->pair[n];
        if (p->lost && memcmp(p->record, record, RECORD_ID_BYTES) == 0 &&
            (revision == NULL || memcmp(p->revision, revision, REVISION_ID_BYTES) == 0))
            return true;
    }
    return false;
}

void
index_set_tags(struct index *ix, uint32_t n, struct part tags)
{
    struct pair *p = &ix->pair[n];
    uint16_t count = (uint16_t)(tags.n / TAG_BYTES);

    if (count > p->n_tags)
        return;
    p->n_tags = count;
    if (tags.n != 0)
        memcpy(ix->tag + (size_t)p->tags * TAG_BYTES, tags.p, tags.n);
    forget_tag_table(ix);
}

/* ---- tags ---- */

static const uint8_t *
tag_at(const struct index *ix, uint32_t n, unsigned i)
{
    return ix->tag + ((size_t)ix->pair[n].tags + i) * TAG_BYTES;
}

static uint32_t
hash_tag(const uint8_t *tag, unsigned which)
{
    return get_u32(tag) + which * 0x9E3779B9u;
}

/* An entry of the table is pair number * 2 + which. */
static void
tag_place(struct index *ix, uint32_t n, unsigned which)
{
    const uint8_t *tag = tag_at(ix, n, which);
    uint32_t mask = ix->n_tag_slots - 1;
    uint32_t at = hash_tag(tag, which) & mask;

    while (ix->tag_slot[at] != 0)
        at = (at + 1) & mask;
    ix->tag_slot[at] = n * 2 + which;
    ix->tags_held++;
}

static void
tag_place_pair(struct index *ix, uint32_t n)
{
    for (unsigned which = 0; which < 2 && which < ix->pair[n].n_tags; which++)
        if (memcmp(tag_at(ix, n, which), NO_TAG, TAG_BYTES) != 0)
            tag_place(ix, n, which);
}

/* Bring the table up to date with the pairs. */
static vault_err
tag_table(struct index *ix)
{
    if (ix->tag_slot == NULL || ix->tags_held + 2 * (ix->n - ix->tags_upto) >
            ix->n_tag_slots / 2) {
        uint32_t want = 1024;
        while (want / 4 < 2 * ix->n)
            want *= 2;
        free(ix->tag_slot);
        ix->n_tag_slots = ix->tags_upto = ix->tags_held = 0;
        ix->tag_slot = calloc(want, sizeof *ix->tag_slot);
        if (ix->tag_slot == NULL)
            return err_nomem();
        ix->n_tag_slots = want;
    }
    while (ix->tags_upto < ix->n)
        tag_place_pair(ix, ++ix->tags_upto);
    return VAULT_OK;
}

vault_err
index_by_tag(struct index *ix, unsigned which, const uint8_t tag[static TAG_BYTES],
    int (*fn)(void *ctx, uint32_t n), void *ctx)
{
    vault_err err = tag_table(ix);
    uint32_t mask;

    if (err != VAULT_OK)
        return err;
    mask = ix->n_tag_slots - 1;
    for (uint32_t at = hash_tag(tag, which) & mask; ix->tag_slot[at] != 0; at = (at + 1) & mask) {
        uint32_t n = ix->tag_slot[at] / 2;
        if (ix->tag_slot[at] % 2 != which || memcmp(tag_at(ix, n, which), tag, TAG_BYTES) != 0)
            continue;
        if (fn(ctx, n) != 0)
            break;
    }
    return VAULT_OK;
}

void
index_by_link(const struct index *ix, const uint8_t tag[static TAG_BYTES],
    int (*fn)(void *ctx, uint32_t n), void *ctx)
{
    for (uint32_t n = 1; n <= ix->n; n++)
        for (unsigned i = 2; i < ix->pair[n].n_tags; i++)
            if (memcmp(tag_at(ix, n, i), tag, TAG_BYTES) == 0) {
                if (fn(ctx, n) != 0)
                    return;
                break;
            }
}

static bool
prefix_is(const uint8_t *id, const uint8_t *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(id, prefix, whole) != 0)
        return false;
    return rest == 0 || ((id[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}

void
index_by_prefix(const struct index *ix, const uint8_t id[static RECORD_ID_BYTES], unsigned bits,
    int (*fn)(void *ctx, uint32_t n), void *ctx)
{
    if (bits >= 8 * RECORD_ID_BYTES) {      /* all of it */
        uint32_t first = index_record(ix, id);
        if (first != 0 && !index_is_system(&ix->pair[first]))
            (void)fn(ctx, first);
        return;
    }
    for (uint32_t n = 1; n <= ix->n; n++) {
        const struct pair *p = &ix->pair[n];
        if (p->first == n && !index_is_system(p) && prefix_is(p->record, id, bits) &&
            fn(ctx, n) != 0)
            return;
    }
}
