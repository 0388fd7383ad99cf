/* relay.c - see relay.h. */
#include "vault/base/relay.h"

#include <pthread.h>
#include <stdlib.h>

struct running {
    const struct relay *r;
    struct buf piece[RELAY_PIECES];
    size_t made, taken;
    bool end, failed;           /* the maker has ended; the taker has failed */
    vault_err err;              /* the maker's */
    struct vault_error said;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static void
tell(struct running *x, size_t *count)
{
    pthread_mutex_lock(&x->lock);
    (*count)++;
    pthread_cond_signal(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

/* False: the taker has failed, and wants no more. */
static bool
wait_for_room(struct running *x)
{
    bool failed;

    pthread_mutex_lock(&x->lock);
    while (x->made - x->taken == RELAY_PIECES && !x->failed)
        pthread_cond_wait(&x->changed, &x->lock);
    failed = x->failed;
    pthread_mutex_unlock(&x->lock);
    return !failed;
}

static void *
maker(void *arg)
{
    struct running *x = arg;
    vault_err err = VAULT_OK;
    bool end = false;

    while (err == VAULT_OK && wait_for_room(x)) {
        struct buf *piece = &x->piece[x->made % RELAY_PIECES];
        piece->n = 0;               /* what was in it is overwritten; all of its room is wiped at the end */
        err = x->r->make(x->r->ctx, piece, &end);
        if (err != VAULT_OK || end)
            break;
        tell(x, &x->made);
    }
    pthread_mutex_lock(&x->lock);
    x->err = err;
    x->said = *vault_last_error();
    x->end = true;
    pthread_cond_signal(&x->changed);
    pthread_mutex_unlock(&x->lock);
    return NULL;
}

/* False at the end. What the maker has made before it failed is taken: how far a stream got is not left to chance. */
static bool
wait_for_piece(struct running *x)
{
    bool there;

    pthread_mutex_lock(&x->lock);
    while (x->made == x->taken && !x->end)
        pthread_cond_wait(&x->changed, &x->lock);
    there = x->made != x->taken;
    pthread_mutex_unlock(&x->lock);
    return there;
}

static vault_err
take_all(struct running *x)
{
    vault_err err = VAULT_OK;

    while (err == VAULT_OK && wait_for_piece(x)) {
        err = x->r->take(x->r->ctx, &x->piece[x->taken % RELAY_PIECES]);
        tell(x, &x->taken);
    }
    pthread_mutex_lock(&x->lock);
    x->failed = err != VAULT_OK;
    pthread_cond_signal(&x->changed);
    pthread_mutex_unlock(&x->lock);
    return err;
}

static vault_err
both(struct running *x)
{
    struct vault_error said;
    pthread_t thread;
    vault_err err;

    if (pthread_create(&thread, NULL, maker, x) != 0)
        return err_nomem();
    err = take_all(x);
    said = *vault_last_error();
    (void)pthread_join(thread, NULL);
    if (err == VAULT_OK) {
        err = x->err;
        said = x->said;
    }
    return err == VAULT_OK ? VAULT_OK :
        err_say(err, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
}

vault_err
relay_run(const struct relay *r)
{
    struct running *x = calloc(1, sizeof *x);
    vault_err err;

    if (x == NULL)
        return err_nomem();
    x->r = r;
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->changed, NULL);
    err = both(x);
    for (size_t i = 0; i < RELAY_PIECES; i++)
        buf_free(&x->piece[i]);
    pthread_cond_destroy(&x->changed);
    pthread_mutex_destroy(&x->lock);
    free(x);
    return err;
}
