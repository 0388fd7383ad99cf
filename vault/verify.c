/*
 * verify.c - the chain against what the database holds; see session.h.
 *
 * SQLCipher authenticates each page but not which version of it: a page put back from an older
 * copy opens. So a session recomputes the hash chain and the Merkle root of each entry from the
 * narrow table of pairs before it believes anything, and reads revisions only under ids found there.
 */
#include "vault/session.h"

#include <sodium.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/cbor.h"
#include "vault/base/sign.h"
#include "vault/base/text.h"
#include "vault/record/value.h"

vault_err
report_damage(struct report *rep, vault_err err, const char *where)
{
    struct vault_problem p;

    if (err != VAULT_ERR_DAMAGED)
        return err;
    if (rep == NULL || rep->fn == NULL) {
        if (strstr(vault_last_error()->text, where) == NULL)
            err_prefix("%s: ", where);
        return err;
    }
    rep->count++;
    p.what = vault_last_error()->text;
    p.where = where;
    return rep->fn(rep->ctx, &p) != 0 ? err : VAULT_OK;
}

int
report_first(void *ctx, const struct vault_problem *p)
{
    struct first_problem *f = ctx;

    f->starved = f->starved || errno == ENOMEM;
    if (f->n++ == 0)
        snprintf(f->text, sizeof f->text, "%s: %s", p->where, p->what);
    return 0;
}

/* ---- pass 1: the entries ---- */

/* Rows by hash, so that parents are found. */
struct hash_table {
    uint32_t *slot;
    uint32_t mask;
};

static uint32_t
row_of(const struct vault *v, const struct hash_table *t, const uint8_t hash[static 32])
{
    for (uint32_t at = get_u32(hash) & t->mask; t->slot[at] != 0; at = (at + 1) & t->mask)
        if (memcmp(v->chain[t->slot[at]].hash, hash, 32) == 0)
            return t->slot[at];
    return 0;
}

static vault_err
table_grow(struct vault *v, struct hash_table *t)
{
    uint32_t size = t->slot == NULL ? 1024 : (t->mask + 1) * 4;
    uint32_t *s;

    if (t->slot != NULL && v->n_log < (t->mask + 1) / 2)
        return VAULT_OK;
    s = calloc(size, sizeof *s);
    if (s == NULL)
        return err_nomem();
    free(t->slot);
    t->slot = s;
    t->mask = size - 1;
    for (uint32_t i = 1; i <= v->n_log; i++) {
        uint32_t at = get_u32(v->chain[i].hash) & t->mask;
        while (s[at] != 0)
            at = (at + 1) & t->mask;
        s[at] = i;
    }
    return VAULT_OK;
}

static void
table_put(struct vault *v, struct hash_table *t, uint32_t row)
{
    uint32_t at = get_u32(v->chain[row].hash) & t->mask;

    while (t->slot[at] != 0)
        at = (at + 1) & t->mask;
    t->slot[at] = row;
}

static vault_err
chain_append(struct vault *v, const struct log_entry *e, const uint8_t hash[static 32])
{
    struct chain_entry *c;

    if (v->n_log + 1 >= v->cap_log) {
        uint32_t cap = v->cap_log == 0 ? 256 : v->cap_log * 2;
        c = reallocarray(v->chain, cap, sizeof *c);
        if (c == NULL)
            return err_nomem();
        v->chain = c;
        v->cap_log = cap;
    }
    c = &v->chain[++v->n_log];
    memset(c, 0, sizeof *c);
    memcpy(c->hash, hash, 32);
    memcpy(c->root, e->root, 32);
    c->number = e->number;
    c->count = e->count;
    memcpy(c->author, e->author, sizeof c->author);
    c->keeper = e->n_keepers != 0;
    c->names_keys = e->has_keys;
    c->travel = strcmp(e->action, "travel") == 0 && e->has_keys;
    c->receive = strcmp(e->action, "receive") == 0;
    c->backup = session_says_backup(e->action);
    if (memcmp(e->author, v->me.author_pk, 32) == 0)
        v->last_own = v->n_log;
    if (c->keeper)
        v->last_keeper = v->n_log;
    return VAULT_OK;
}

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "keep this folder as it is and go back to a backup", "%s",
        what);
}

/* Parents are earlier rows, the first of them this copy's previous entry; the number follows. */
static vault_err
link_parents(struct vault *v, struct hash_table *t, const struct log_entry *e)
{
    uint32_t row = v->n_log;
    struct chain_entry *c = &v->chain[row];
    uint64_t highest = 0;

    if (e->n_parents == 0)
        return row == 1 && e->number == 0 ? VAULT_OK : damaged("an entry has no parent");
    for (size_t i = 0; i < e->n_parents; i++) {
        uint32_t p = row_of(v, t, e->parent[i]);
        if (p == 0)
            return damaged("an earlier entry is missing or was changed");
        c->parent[i] = p;
        if (v->chain[p].number > highest)
            highest = v->chain[p].number;
    }
    c->n_parents = (uint8_t)e->n_parents;
    return e->number == highest + 1 ? VAULT_OK : damaged("an entry has a wrong number");
}

static vault_err
take_entry(struct vault *v, struct hash_table *t, const struct db_log_row *row)
{
    struct log_entry e;
    uint8_t hash[32];
    vault_err err;

    if (row->n != (int64_t)v->n_log + 1)
        return damaged("an entry is missing");
    err = entry_decode(&e, row->entry);
    if (err == VAULT_OK && memcmp(e.vault_id, v->kf.vault_id, VAULT_ID_BYTES) != 0)
        err = damaged("an entry belongs to another vault");
    if (err != VAULT_OK)
        return err;
    entry_hash(hash, row->entry);
    err = chain_append(v, &e, hash);
    if (err == VAULT_OK)
        err = table_grow(v, t);
    if (err != VAULT_OK)
        return err;
    err = link_parents(v, t, &e);
    table_put(v, t, v->n_log);
    memcpy(v->copy_id, e.copy_id, sizeof v->copy_id);
    return err;
}

/* This copy's own line, from the head along first parents: the last entry that names a state of `keys`, and
 * the one that began the copy without names. */
static vault_err
follow_own_line(struct vault *v)
{
    struct db_cursor *c = NULL;
    struct db_log_row r;
    struct log_entry e;
    uint32_t row = v->n_log, keys = 0;
    bool got = false;
    vault_err err = VAULT_OK;

    /* A vault that keepers open is no copy for the way, whatever an entry says: it could hide what somebody erased. */
    bool may_travel = !keyfile_has_keeper(&v->kf);

    v->travel_row = 0;
    for (; row != 0; row = v->chain[row].n_parents == 0 ? 0 : v->chain[row].parent[0]) {
        v->chain[row].own = true;
        if (keys == 0 && v->chain[row].names_keys)
            keys = row;
        if (may_travel && v->travel_row == 0 && v->chain[row].travel)
            v->travel_row = row;
    }
    if (keys == 0)
        return VAULT_OK;
    err = db_scan_log(v->db, keys, &c);
    if (err == VAULT_OK)
        err = db_next_log(c, &r, &got);
    if (err == VAULT_OK)
        err = got ? entry_decode(&e, r.entry) : damaged("an entry is missing");
    db_scan_end(c);
    if (err != VAULT_OK)
        return err;
    v->have_keys_entry = true;
    v->keys_sequence = e.keys_sequence;
    memcpy(v->keys_named, e.keys_hash, sizeof v->keys_named);
    return VAULT_OK;
}

/* Every entry but the last is an ancestor of the last. */
static vault_err
one_head(struct vault *v)
{
    uint8_t *seen;
    vault_err err = VAULT_OK;

    if (v->n_log == 0)
        return damaged("the log is empty");
    seen = calloc(v->n_log + 1, 1);
    if (seen == NULL)
        return err_nomem();
    for (uint32_t i = v->n_log; i > 0; i--) {
        if (i != v->n_log && !seen[i])
            err = damaged("an entry stands beside the chain");
        for (unsigned k = 0; k < v->chain[i].n_parents; k++)
            seen[v->chain[i].parent[k]] = 1;
    }
    free(seen);
    return err;
}

static vault_err
read_log(struct vault *v, struct report *rep)
{
    struct hash_table t = {0};
    struct db_cursor *c = NULL;
    struct db_log_row row;
    char where[48];
    bool got = true;
    vault_err err;

    v->n_log = 0;
    err = db_scan_log(v->db, INT64_MIN, &c);
    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = take_entry(v, &t, &row);
        snprintf(where, sizeof where, "log entry %lld", (long long)row.n - 1);
        err = report_damage(rep, err, where);
        if (v->n_log != (uint32_t)row.n)
            break;              /* what follows would only repeat this */
    }
    db_scan_end(c);
    free(t.slot);
    err = report_damage(rep, err, "the log");
    if (err == VAULT_OK)
        err = report_damage(rep, one_head(v), "the log");
    return err != VAULT_OK ? err : report_damage(rep, follow_own_line(v), "the log");
}

/* ---- pass 2: the pairs ---- */

struct pair_pass {
    struct vault *v;
    struct report *rep;
    struct merkle tree;
    uint32_t row;               /* entry whose pairs are being read */
};

static vault_err
finish_entry(struct pair_pass *p)
{
    const struct chain_entry *c;
    uint8_t root[32];
    char where[48];

    if (p->row == 0 || p->row > p->v->n_log)
        return VAULT_OK;
    c = &p->v->chain[p->row];
    merkle_root(root, &p->tree);
    if (c->count == p->tree.count && memcmp(c->root, root, sizeof root) == 0)
        return VAULT_OK;
    snprintf(where, sizeof where, "log entry %u", p->row - 1);
    return report_damage(p->rep, damaged(c->count != p->tree.count ?
        "revisions that it added are missing, or there are too many" :
        "revisions that it added were changed"), where);
}

static vault_err
go_to_entry(struct pair_pass *p, uint32_t row)
{
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && p->row < row) {
        err = finish_entry(p);
        merkle_init(&p->tree);
        p->row++;
    }
    return err;
}

/* Tags of one revision of the pack: count, then so many. */
static struct part
next_tags(struct rd *r)
{
    size_t n = rd_u8(r);

    n |= (size_t)rd_u8(r) << 8;
    return PART(rd_take(r, n * TAG_BYTES), n * TAG_BYTES);
}

static vault_err
take_pack(struct pair_pass *p, const struct db_pair_row *row)
{
    struct index *ix = &p->v->recs.index;
    struct rd tags = rd_of(row->tags.p, row->tags.n);
    size_t count = row->ids.n / PAIR_ID_BYTES;
    uint32_t first = ix->n + 1;
    vault_err err;

    if (row->n != (int64_t)first || row->ids.n % PAIR_ID_BYTES != 0 || count == 0 ||
        count > PACK_MAX)
        return damaged("a revision is missing from the list of revisions");
    if (row->log < p->row || row->log < 1 || row->log > p->v->n_log)
        return damaged("a revision belongs to no entry");
    if (row->log == p->row && p->tree.count % PACK_MAX != 0)
        return damaged("the list of revisions is cut into wrong pieces");
    err = go_to_entry(p, (uint32_t)row->log);
    for (size_t i = 0; err == VAULT_OK && i < count; i++) {
        const uint8_t *ids = (const uint8_t *)row->ids.p + i * PAIR_ID_BYTES;
        struct part t = next_tags(&tags);
        if (tags.bad)
            return damaged("the list of revisions has damaged tags");
        merkle_add(&p->tree, ids);
        err = index_add(ix, ids, (uint32_t)row->log, first, t);
    }
    if (err == VAULT_OK && !rd_end(&tags))
        err = damaged("the list of revisions has damaged tags");
    return err;
}

static vault_err
read_pairs(struct vault *v, struct report *rep)
{
    struct pair_pass p = { .v = v, .rep = rep };
    struct db_cursor *c = NULL;
    struct db_pair_row row;
    bool got = true;
    vault_err err;

    merkle_init(&p.tree);
    err = db_scan_pair(v->db, INT64_MIN, &c);
    while (err == VAULT_OK) {
        err = db_next_pair(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = take_pack(&p, &row);
        if (err != VAULT_OK) {
            /* Numbers no longer fit: what follows would only repeat this. */
            err = report_damage(rep, err, "the list of revisions");
            break;
        }
    }
    db_scan_end(c);
    if (err == VAULT_OK)
        err = go_to_entry(&p, v->n_log + 1);
    return report_damage(rep, err, "the list of revisions");
}

vault_err
verify_chain(struct vault *v, struct report *rep)
{
    vault_err err = read_log(v, rep);

    return err != VAULT_OK ? err : read_pairs(v, rep);
}

/* ---- signatures ---- */

vault_err
chain_precedes(const struct vault *v, uint32_t row, uint32_t of, bool *does)
{
    const struct chain_entry *c = v->chain;
    uint8_t *seen;

    *does = row == of || (row < of && c[row].own && c[of].own);
    if (*does || row > of)
        return VAULT_OK;
    seen = calloc(of + 1, 1);
    if (seen == NULL)
        return err_nomem();
    seen[of] = 1;
    for (uint32_t i = of; i > row; i--)
        for (unsigned k = 0; seen[i] && k < c[i].n_parents; k++)
            seen[c[i].parent[k]] = 1;
    *does = seen[row] != 0;
    free(seen);
    return VAULT_OK;
}

/* The entry that began a copy which came home adds nothing: its author may be one whose keys were replaced here meanwhile. */
static bool
began_copy(const struct vault *v, uint32_t row)
{
    const struct chain_entry *c = &v->chain[row];

    return c->travel && !c->own && c->count == 0 && author_by_pk(v, c->author) != NULL;
}

/* Whoever was registered then. One whose time is over must have signed before it was: somebody who was removed
 * could otherwise, with the help of one who was not, slip something in that looks as if it had been there. */
static vault_err
judge_signers(const struct vault *v, uint32_t row, const struct log_entry *e)
{
    uint32_t author_ended = 0, keeper_ended = 0;
    bool in_time = true;
    vault_err err = VAULT_OK;

    if (!author_may_sign(v, row, e->author, e->slot, &author_ended) && !began_copy(v, row))
        return damaged("it was signed by nobody who was registered then");
    if (!keeper_may_sign(v, row, (const uint8_t (*)[32])e->keeper, e->n_keepers, &keeper_ended))
        return damaged("it names a keeper key that was not the keeper's then");
    if (author_ended != 0 && !began_copy(v, row))
        err = chain_precedes(v, row, author_ended, &in_time);
    if (err == VAULT_OK && in_time && keeper_ended != 0)
        err = chain_precedes(v, row, keeper_ended, &in_time);
    return err != VAULT_OK || in_time ? err :
        damaged("it was put beside the entry that ended its signer's time");
}

/* Who may sign what; then the signatures themselves. */
static vault_err
check_entry(struct vault *v, uint32_t row, const struct db_log_row *r)
{
    struct log_entry e;
    uint8_t sig[1 + ENTRY_KEEPERS_MAX][64];
    vault_err err;

    err = entry_decode(&e, r->entry);
    if (err == VAULT_OK)
        err = entry_sigs_decode(sig, 1 + e.n_keepers, r->sigs);
    if (err != VAULT_OK)
        return err;
    err = judge_signers(v, row, &e);
    if (err != VAULT_OK)
        return err;
    if (entry_needs_keeper(e.action) && e.n_keepers == 0)
        return damaged("it lacks the keeper's signature, which such an entry needs");
    if (!sign_verify(sig[0], e.author, ENTRY_LABEL, v->chain[row].hash))
        return damaged("its signature is not valid");
    for (size_t i = 0; i < e.n_keepers; i++)
        if (!sign_verify(sig[1 + i], e.keeper[i], ENTRY_LABEL, v->chain[row].hash))
            return damaged("the keeper's signature is not valid");
    v->chain[row].verified = true;
    return VAULT_OK;
}

static vault_err
check_row(struct vault *v, struct report *rep, uint32_t row)
{
    struct db_cursor *c = NULL;
    struct db_log_row r;
    char where[48];
    bool got = false;
    vault_err err;

    err = db_scan_log(v->db, row, &c);
    if (err == VAULT_OK)
        err = db_next_log(c, &r, &got);
    if (err == VAULT_OK)
        err = got ? check_entry(v, row, &r) : damaged("it is missing");
    db_scan_end(c);
    snprintf(where, sizeof where, "log entry %u", row - 1);
    return report_damage(rep, err, where);
}

/* A signature answers for all ancestors of its entry: whoever signed had verified them. */
static void
cover_ancestors(struct vault *v)
{
    for (uint32_t i = v->n_log; i > 0; i--)
        for (unsigned k = 0; v->chain[i].verified && k < v->chain[i].n_parents; k++)
            v->chain[v->chain[i].parent[k]].verified = true;
}

vault_err
verify_signatures(struct vault *v, struct report *rep, bool all, uint64_t *done)
{
    vault_err err = VAULT_OK;

    *done = 0;
    if (!all) {
        if (v->last_own != 0)
            err = check_row(v, rep, v->last_own);
        if (err == VAULT_OK && v->last_keeper != 0 && v->last_keeper != v->last_own)
            err = check_row(v, rep, v->last_keeper);
        cover_ancestors(v);
    }
    for (uint32_t i = 1; err == VAULT_OK && i <= v->n_log; i++) {
        if (!all && v->chain[i].verified)
            continue;
        err = check_row(v, rep, i);
        ++*done;
    }
    return err;
}

/* ---- names for people ---- */

void
pair_name(const struct vault *v, uint32_t n, char out[static 96])
{
    static const char *const KIND[] = { "", "type", "slot", "card", "other", "contact", "other", "other",
        "other", "tombstone", "other", "former keys", "losses" };
    const struct pair *p = &v->recs.index.pair[n];
    char code[CODE_LEN + 1], hex[17];

    hex_of(hex, p->revision, 8);
    if (index_is_system(p)) {
        snprintf(out, 96, "system record (%s), revision %s",
            p->record[1] < sizeof KIND / sizeof KIND[0] ? KIND[p->record[1]] : "other", hex);
        return;
    }
    code_of(code, p->record);
    snprintf(out, 96, "record %s, revision %s", code, hex);
}
