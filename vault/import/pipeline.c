/*
 * pipeline.c - see import.h.
 *
 * Parsing and hashing take about as long as sealing and SQLCipher's work, so they run beside it. The
 * index belongs to the producing thread, the database to the calling one; a producer that must
 * read the database first waits until everything queued is stored (recs.quiesce). What is queued is
 * plaintext: it is bounded in bytes as well, and large rooms are given back as soon as it is stored.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "vault/import/import.h"

#define RING 256u           /* revisions waiting at most... */
#define RING_BYTES ((size_t)8 << 20)        /* ...and of plaintext, when more is handed over */
#define PUBLISH 32u         /* handed over at a time... */
#define PUBLISH_BYTES ((size_t)1 << 20)     /* ...or fewer, when they are large */

struct pipeline {
    struct change *c;
    vault_err (*produce)(void *ctx, struct pipeline *p);
    void *ctx;
    struct ready ring[RING];
    uint32_t made;          /* by the producer, not all published */
    uint32_t published, stored;
    size_t fresh;           /* bytes of plaintext that are not published */
    size_t waiting;         /* bytes published and not stored */
    bool end, failed;       /* producer has ended; consumer has failed */
    vault_err err;          /* the producer's */
    struct vault_error said;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static void
publish(struct pipeline *p)
{
    pthread_mutex_lock(&p->lock);
    p->published = p->made;
    p->waiting += p->fresh;
    p->fresh = 0;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* Wait until no more than so many revisions and bytes are queued. All were published. */
static vault_err
wait_for_room(struct pipeline *p, uint32_t left, size_t bytes)
{
    bool failed;

    pthread_mutex_lock(&p->lock);
    while ((p->made - p->stored > left || p->waiting > bytes) && !p->failed)
        pthread_cond_wait(&p->changed, &p->lock);
    failed = p->failed;
    pthread_mutex_unlock(&p->lock);
    /* The consumer's own error is the one that counts; this only ends the producer. */
    return failed ? VAULT_ERR_FAILED : VAULT_OK;
}

static vault_err
quiesce(void *ctx)
{
    struct pipeline *p = ctx;

    publish(p);
    return wait_for_room(p, 0, 0);
}

static size_t
plaintext(const struct ready *x)
{
    return x->rev.open.n + x->rev.withheld.n;
}

vault_err
pipeline_put(struct pipeline *p, struct revision *rev)
{
    struct ready *x = &p->ring[p->made % RING];
    vault_err err = VAULT_OK;

    /* Whenever this lets the producer go on, there is room for PUBLISH more. */
    if (p->made - p->published == PUBLISH || p->fresh >= PUBLISH_BYTES) {
        publish(p);
        err = wait_for_room(p, RING - PUBLISH, RING_BYTES);
    }
    if (err == VAULT_OK)
        err = change_ready(p->c, rev, x);
    if (err == VAULT_OK) {
        p->made++;
        p->fresh += plaintext(x);
    }
    revision_trim(rev);
    return err;
}

static void *
second_thread(void *arg)
{
    struct pipeline *p = arg;
    vault_err err = p->produce(p->ctx, p);

    publish(p);
    pthread_mutex_lock(&p->lock);
    p->err = err;
    p->said = *vault_last_error();
    p->end = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Next range to store; false at the end. */
static bool
next_range(struct pipeline *p, uint32_t *upto)
{
    pthread_mutex_lock(&p->lock);
    while (p->published == p->stored && !p->end)
        pthread_cond_wait(&p->changed, &p->lock);
    *upto = p->published;
    pthread_mutex_unlock(&p->lock);
    return *upto != p->stored;
}

static void
note_stored(struct pipeline *p, uint32_t upto, size_t bytes, vault_err err)
{
    pthread_mutex_lock(&p->lock);
    p->stored = upto;
    p->waiting -= bytes;
    p->failed = err != VAULT_OK;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static vault_err
consume(struct pipeline *p)
{
    uint32_t upto = 0;
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && next_range(p, &upto)) {
        size_t bytes = 0;
        for (uint32_t i = p->stored; err == VAULT_OK && i != upto; i++) {
            struct ready *x = &p->ring[i % RING];
            bytes += plaintext(x);
            err = change_store(p->c, x);
            ready_reset(x);
        }
        note_stored(p, upto, bytes, err);
    }
    return err;
}

vault_err
pipeline_run(struct change *c, vault_err (*produce)(void *ctx, struct pipeline *p), void *ctx)
{
    struct pipeline *p = calloc(1, sizeof *p);
    struct vault_error said;
    pthread_t thread;
    vault_err err;

    if (p == NULL)
        return err_nomem();
    p->c = c;
    p->produce = produce;
    p->ctx = ctx;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    c->r->quiesce = quiesce;
    c->r->quiesce_ctx = p;
    if (pthread_create(&thread, NULL, second_thread, p) != 0) {
        err = err_nomem();
    } else {
        err = consume(p);
        said = *vault_last_error();
        (void)pthread_join(thread, NULL);
        if (err == VAULT_OK && p->err != VAULT_OK) {
            err = p->err;
            said = p->said;
        }
        if (err != VAULT_OK)
            err = err_say(err, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
    }
    c->r->quiesce = NULL;
    for (uint32_t i = 0; i < RING; i++)
        ready_free(&p->ring[i]);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
    return err;
}
