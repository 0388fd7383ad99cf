/*
 * pipeline.c - see import.h.
 *
 * Parsing and hashing take about as long as sealing and SQLCipher's work, so they run beside it. The
 * index belongs to the producing thread, the database to the calling one; a producer that must
 * read the database first waits until everything queued is stored (recs.quiesce).
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "vault/import/import.h"

#define RING 256u           /* revisions waiting at most */
#define PUBLISH 32u         /* handed over at a time */

struct pipeline {
    struct change *c;
    vault_err (*produce)(void *ctx, struct pipeline *p);
    void *ctx;
    struct ready ring[RING];
    uint32_t made;          /* by the producer, not all published */
    uint32_t published, stored;
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
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* Wait until no more than `left` are queued. */
static vault_err
wait_for_room(struct pipeline *p, uint32_t left)
{
    bool failed;

    pthread_mutex_lock(&p->lock);
    while (p->made - p->stored > left && !p->failed)
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
    return wait_for_room(p, 0);
}

vault_err
pipeline_put(struct pipeline *p, struct revision *rev)
{
    vault_err err = VAULT_OK;

    if (p->made - p->published == PUBLISH || p->made - p->published >= RING / 2)
        publish(p);
    if (p->made % PUBLISH == 0)
        err = wait_for_room(p, RING - PUBLISH);
    if (err == VAULT_OK)
        err = change_ready(p->c, rev, &p->ring[p->made % RING]);
    if (err == VAULT_OK)
        p->made++;
    return err;
}

static void *
second_thread(void *arg)
{
    struct pipeline *p = arg;
    vault_err err = p->produce(p->ctx, p);

    pthread_mutex_lock(&p->lock);
    p->published = p->made;
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
note_stored(struct pipeline *p, uint32_t upto, vault_err err)
{
    pthread_mutex_lock(&p->lock);
    p->stored = upto;
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
        for (uint32_t i = p->stored; err == VAULT_OK && i != upto; i++) {
            struct ready *x = &p->ring[i % RING];
            err = change_store(p->c, x);
            revision_reset(&x->rev);
        }
        note_stored(p, upto, err);
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
