/*
 * commit.c - one transaction, one entry of the log: session_begin, session_commit, details.
 *
 * The entry is built and signed inside the database transaction, so a vault never holds a revision
 * without the entry that answers for it, nor an entry without its revisions.
 */
#include "vault/session.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "vault/base/cbor.h"
#include "vault/base/sign.h"

/* ---- details ---- */

static struct detail_item *
detail_new(struct detail *d, const char *key)
{
    struct detail_item *i;

    if (d->n == sizeof d->item / sizeof d->item[0]) {
        d->mem.bad = true;      /* a bug of ours; the commit fails closed */
        return NULL;
    }
    i = &d->item[d->n++];
    i->key = key;
    i->at = d->mem.n;
    return i;
}

static void
detail_end(struct detail *d, struct detail_item *i)
{
    if (i != NULL)
        i->n = d->mem.n - i->at;
}

void
detail_uint(struct detail *d, const char *key, uint64_t v)
{
    struct detail_item *i = detail_new(d, key);

    cbor_uint(&d->mem, v);
    detail_end(d, i);
}

void
detail_text(struct detail *d, const char *key, const char *text)
{
    struct detail_item *i = detail_new(d, key);

    cbor_text(&d->mem, text);
    detail_end(d, i);
}

void
detail_texts(struct detail *d, const char *key, const char *const *text, size_t n)
{
    struct detail_item *i = detail_new(d, key);

    cbor_array(&d->mem, n);
    for (size_t k = 0; k < n; k++)
        cbor_text(&d->mem, text[k]);
    detail_end(d, i);
}

void
detail_free(struct detail *d)
{
    buf_free(&d->mem);
    memset(d, 0, sizeof *d);
}

static int
compare_items(const void *a, const void *b)
{
    const char *x = ((const struct detail_item *)a)->key, *y = ((const struct detail_item *)b)->key;
    size_t n = strlen(x), m = strlen(y);

    return n != m ? (n < m ? -1 : 1) : strcmp(x, y);
}

static void
add_accepted(struct vault *v, struct detail *d)
{
    const char *word[16];
    size_t n = 0;

    for (size_t at = 0; at < v->used.n && n < 16; at += strlen(word[n - 1]) + 1)
        word[n++] = (const char *)v->used.p + at;
    if (n != 0)
        detail_texts(d, "accepted", word, n);
}

static void
write_map(struct detail *d, struct buf *out)
{
    qsort(d->item, d->n, sizeof d->item[0], compare_items);
    cbor_map(out, d->n);
    for (size_t i = 0; i < d->n; i++) {
        cbor_text(out, d->item[i].key);
        buf_put(out, d->mem.p + d->item[i].at, d->item[i].n);
    }
}

#define DETAIL_AAD_MAX (32 + VAULT_ID_BYTES + 32)

static struct part
detail_aad(uint8_t aad[static DETAIL_AAD_MAX], const uint8_t *vault_id, const uint8_t *commitment)
{
    static const char LABEL[] = "withheld:detail:1";

    memcpy(aad, LABEL, sizeof LABEL);
    memcpy(aad + sizeof LABEL, vault_id, VAULT_ID_BYTES);
    memcpy(aad + sizeof LABEL + VAULT_ID_BYTES, commitment, 32);
    return PART(aad, sizeof LABEL + VAULT_ID_BYTES + 32);
}

/* Commitment and box of a detail. */
static vault_err
seal_detail(struct vault *v, struct detail *d, uint8_t commitment[static 32], struct buf *box)
{
    struct buf plain = BUF_INIT;
    uint8_t salt[32], aad[DETAIL_AAD_MAX];
    uint8_t *p;
    size_t at;
    vault_err err;

    add_accepted(v, d);
    randombytes_buf(salt, sizeof salt);
    cbor_array(&plain, 2);
    cbor_bytes(&plain, salt, sizeof salt);
    at = plain.n;
    write_map(d, &plain);
    err = d->mem.bad ? err_nomem() : buf_ok(&plain);
    if (err != VAULT_OK)
        goto done;
    crypto_generichash_blake2b(commitment, 32, plain.p + at, plain.n - at, salt, sizeof salt);
    p = buf_add(box, plain.n + BOX_EXTRA);
    if (p == NULL) {
        err = err_nomem();
        goto done;
    }
    box_seal(p, secret_bytes(v->recs.log_key), detail_aad(aad, v->kf.vault_id, commitment),
        PART(plain.p, plain.n));
done:
    sodium_memzero(salt, sizeof salt);
    buf_free(&plain);
    return err;
}

static vault_err
bad_detail(void)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "the detail of a log entry does not open");
}

vault_err
session_open_detail(struct vault *v, const struct log_entry *e, struct part box, struct buf *out)
{
    struct buf plain = BUF_INIT;
    uint8_t aad[DETAIL_AAD_MAX], salt[32], c[32];
    struct part map;
    struct rd r;
    uint8_t *p;
    vault_err err = VAULT_OK;

    if (box.n <= BOX_EXTRA || box.n > BLOB_MAX)
        return bad_detail();
    p = buf_add(&plain, box.n - BOX_EXTRA);
    if (p == NULL)
        return err_nomem();
    if (box_open(p, secret_bytes(v->recs.log_key), detail_aad(aad, v->kf.vault_id,
            e->commitment), box) != 0) {
        err = bad_detail();
        goto done;
    }
    r = rd_of(plain.p, plain.n);
    if (cbor_get_array(&r, 2) != 2)
        r.bad = true;
    cbor_get_fixed(&r, salt, sizeof salt);
    map = cbor_get_item(&r);
    if (!rd_end(&r)) {
        err = bad_detail();
        goto done;
    }
    crypto_generichash_blake2b(c, 32, map.p, map.n, salt, sizeof salt);
    if (!bytes_equal(c, e->commitment, 32)) {
        err = bad_detail();
        goto done;
    }
    buf_put(out, map.p, map.n);
    err = buf_ok(out);
done:
    buf_free(&plain);
    return err;
}

/* ---- the entry ---- */

/* In the case tier withheld values are sealed to the card: one encapsulation for each transaction. */
static vault_err
new_intake(struct vault *v)
{
    vault_err err;

    secret_free(v->intake);
    v->intake = NULL;
    v->recs.keys.intake_key = NULL;
    if (is_keeper(v) || v->n_keepers == 0)
        return VAULT_OK;
    err = intake_encapsulate(&v->intake, v->intake_enc, &v->card);
    v->recs.keys.intake_key = v->intake;
    v->recs.keys.intake_enc = v->intake_enc;
    return err;
}

vault_err
session_may_write(const struct vault *v)
{
    if (!v->uncertain)
        return VAULT_OK;
    return err_say(VAULT_ERR_FAILED, "close the vault and open it again",
        "an earlier change could not be finished");
}

vault_err
session_begin(struct vault *v, struct change *c)
{
    vault_err err = session_may_write(v);

    if (err == VAULT_OK)
        err = new_intake(v);
    return err != VAULT_OK ? err : change_begin(c, &v->recs, v->n_log + 1);
}

static void
fill_entry(struct vault *v, const struct change *c, const struct commit *what, struct log_entry *e)
{
    memset(e, 0, sizeof *e);
    memcpy(e->vault_id, v->kf.vault_id, sizeof e->vault_id);
    memcpy(e->copy_id, v->copy_id, sizeof e->copy_id);
    if (v->n_log != 0) {
        const struct chain_entry *head = &v->chain[v->n_log];
        e->number = head->number + 1;
        memcpy(e->parent[0], head->hash, 32);
        e->n_parents = 1;
    }
    if (what->other != NULL) {
        memcpy(e->parent[e->n_parents++], what->other->hash, 32);
        if (what->other->number >= e->number)
            e->number = what->other->number + 1;
    }
    e->time = (int64_t)time(NULL);
    memcpy(e->slot, v->kf.slot[v->slot].head.id, sizeof e->slot);
    memcpy(e->author, v->me.author_pk, sizeof e->author);
    if (what->keeper) {
        memcpy(e->keeper[0], v->tree.keeper_pk, 32);
        e->n_keepers = 1;
    }
    if (what->next != NULL) {
        memcpy(e->keeper[1], what->next->keeper_pk, 32);
        e->n_keepers = 2;
    }
    strncpy(e->action, what->action, ENTRY_ACTION_MAX);
    merkle_root(e->root, &c->tree);
    e->count = c->tree.count;
    if (what->keys_hash != NULL) {
        e->has_keys = true;
        e->keys_sequence = what->keys_sequence;
        memcpy(e->keys_hash, what->keys_hash, 32);
    }
}

static vault_err
sign_entry(struct vault *v, const struct commit *what, const struct log_entry *e,
    const uint8_t hash[static 32], struct buf *out)
{
    uint8_t sig[1 + ENTRY_KEEPERS_MAX][64];
    vault_err err;

    err = sign_hash(sig[0], v->me.author_seed, ENTRY_LABEL, hash);
    if (err == VAULT_OK && e->n_keepers != 0)
        err = sign_hash(sig[1], v->tree.keeper_sign_seed, ENTRY_LABEL, hash);
    if (err == VAULT_OK && what->next != NULL)
        err = sign_hash(sig[2], what->next->keeper_sign_seed, ENTRY_LABEL, hash);
    if (err == VAULT_OK)
        entry_sigs_encode(out, (const uint8_t (*)[64])sig, 1 + e->n_keepers);
    return err != VAULT_OK ? err : buf_ok(out);
}

/* Room for one more, before the database commits: afterwards nothing may fail. */
static vault_err
chain_room(struct vault *v)
{
    uint32_t cap = v->cap_log == 0 ? 64 : v->cap_log * 2;
    struct chain_entry *p;

    if (v->n_log + 1 < v->cap_log)
        return VAULT_OK;
    p = reallocarray(v->chain, cap, sizeof *p);
    if (p == NULL)
        return err_nomem();
    v->chain = p;
    v->cap_log = cap;
    return VAULT_OK;
}

bool
session_says_backup(const char *action)
{
    return strcmp(action, "backup-done") == 0 || strcmp(action, "restore") == 0;
}

static void
chain_push(struct vault *v, const struct log_entry *e, const uint8_t hash[static 32])
{
    struct chain_entry *c = &v->chain[v->n_log + 1];

    memset(c, 0, sizeof *c);
    memcpy(c->hash, hash, 32);
    memcpy(c->root, e->root, 32);
    c->number = e->number;
    c->count = e->count;
    c->n_parents = v->n_log == 0 ? 0 : 1;
    c->parent[0] = v->n_log;
    memcpy(c->author, e->author, sizeof c->author);
    c->keeper = e->n_keepers != 0;
    c->names_keys = e->has_keys;
    c->receive = strcmp(e->action, "receive") == 0;
    c->backup = session_says_backup(e->action);
    c->own = true;
    c->verified = true;
    v->n_log++;
    if (e->has_keys) {
        v->have_keys_entry = true;
        v->keys_sequence = e->keys_sequence;
        memcpy(v->keys_named, e->keys_hash, 32);
    }
}

static vault_err
write_entry(struct vault *v, struct change *c, const struct commit *what, struct log_entry *e,
    uint8_t hash[static 32])
{
    struct buf entry = BUF_INIT, sigs = BUF_INIT, box = BUF_INIT;
    struct detail none = {0};
    struct detail *d = what->detail != NULL ? what->detail : &none;
    struct db_log_row row;
    vault_err err;

    fill_entry(v, c, what, e);
    err = seal_detail(v, d, e->commitment, &box);
    if (err == VAULT_OK) {
        entry_encode(&entry, e);
        err = buf_ok(&entry);
    }
    if (err == VAULT_OK) {
        entry_hash(hash, PART(entry.p, entry.n));
        err = sign_entry(v, what, e, hash, &sigs);
    }
    if (err == VAULT_OK) {
        row = (struct db_log_row){ .n = c->log, .entry = PART(entry.p, entry.n),
            .sigs = PART(sigs.p, sigs.n), .detail = PART(box.p, box.n) };
        err = db_put_log(v->db, &row);
    }
    detail_free(&none);
    buf_free(&box);
    buf_free(&sigs);
    buf_free(&entry);
    return err;
}

vault_err
session_commit(struct vault *v, struct change *c, const struct commit *what)
{
    struct log_entry e;
    uint8_t hash[32];
    uint32_t first = c->first;
    vault_err err;

    err = what->keeper ? need_keeper(v, what->action) : VAULT_OK;
    if (err == VAULT_OK)
        err = change_flush(c);
    if (err == VAULT_OK)
        err = chain_room(v);
    if (err == VAULT_OK)
        err = write_entry(v, c, what, &e, hash);
    if (err == VAULT_OK) {
        err = db_commit(v->db);
        v->uncertain = err != VAULT_OK;     /* an error after the journal was deleted is still a commit */
    }
    if (err != VAULT_OK) {
        change_abort(c);
        return err;
    }
    change_done(c);
    secret_free(v->intake);
    v->intake = NULL;
    v->recs.keys.intake_key = NULL;
    chain_push(v, &e, hash);
    buf_reset(&v->used);
    if (what->other != NULL)
        return VAULT_OK;                    /* entries that came with it are not in the chain: it is to be opened anew */
    err = verify_new_system(v, first);
    v->uncertain = err != VAULT_OK;         /* it stands in the database; this session cannot follow */
    return err;
}

vault_err
session_note(struct vault *v, const char *action, bool keeper, struct detail *d)
{
    struct commit what = { .action = action, .keeper = keeper, .detail = d };
    struct change c;
    vault_err err;

    err = session_begin(v, &c);
    if (err != VAULT_OK)
        return err;
    return session_commit(v, &c, &what);
}
