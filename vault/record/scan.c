/*
 * scan.c - see scan.h.
 *
 * The calling thread, which owns the database connection, steps through `open` and `withheld` side by
 * side in order of number (never point reads: those are ten times slower) and fills batches. Before a revision goes into
 * one, its pack of keys and that of its record are opened, into guarded memory: 64 bytes for each revision. To
 * decrypt and verify is most of the work: both threads take items of a batch as they find time.
 * The second thread then calls back for one after the other, in order. Revisions whose withheld
 * values were introduced by an earlier revision need reads of their own and come last.
 *
 * Who looks for names goes through twice, with the same keys: first through withheld blobs alone, for sift_names, then through what that left,
 * where rows that lie far apart are looked up.
 */
#include "vault/record/scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/record/keyring.h"

#define BATCH_ITEMS 128u
#define BATCH_BYTES ((size_t)2 << 20)
#define TAKEN_AT_ONCE 8u
#define FAR 64          /* rows: over more of them one is looked up, not stepped to */

struct piece { size_t at, n; bool there; };

struct item {
    uint32_t n;
    struct piece open, withheld;
    struct revision rev;    /* small rooms serve one batch after the other, large ones are given back */
    bool loaded;            /* into rev; else to be tried again by who can tell of the error */
    bool dim;               /* loaded but for its withheld values */
    bool passed_over;       /* sift does not want it */
};

struct batch {
    struct item item[BATCH_ITEMS];
    uint32_t n;
    struct buf mem;         /* ciphertext */
    bool full;              /* handed over, not yet done */
    atomic_uint next;       /* first item that nobody has taken for loading */
    atomic_uint done;       /* items that were loaded, or were found not to load */
};

struct work {
    struct scan *s;
    struct keyring *ring;
    struct batch batch[2];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool end;               /* no more batches come */
    vault_err err;
    struct vault_error said;
    uint32_t *later;        /* revisions with carried withheld values */
    size_t n_later, cap_later;
    bool (*wants)(struct scan *s, uint32_t n);
    bool names;             /* for sift_names: withheld blobs alone */
};

/* ---- one revision ---- */

static struct part
piece_part(const struct batch *b, struct piece p)
{
    return PART(p.there ? b->mem.p + p.at : NULL, p.n);
}

static bool
has_carried(const struct revision *rev)
{
    for (size_t i = 0; i < rev->n_leaves; i++)
        if (!rev->leaf[i].here)
            return true;
    return false;
}

static vault_err
put_off(struct work *w, uint32_t n)
{
    if (w->n_later == w->cap_later) {
        size_t cap = w->cap_later == 0 ? 256 : w->cap_later * 2;
        uint32_t *p = reallocarray(w->later, cap, sizeof *p);
        if (p == NULL)
            return err_nomem();
        w->later = p;
        w->cap_later = cap;
    }
    w->later[w->n_later++] = n;
    return VAULT_OK;
}

static vault_err
missing(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "%s is missing", what);
}

/* The keys and blobs of an item. */
struct sources {
    const uint8_t *record, *blob;
    bool closed, marked;    /* no key in this session; quarantined */
    bool intake;
    struct part open, withheld;
};

static vault_err
find_sources(const struct work *w, const struct batch *b, const struct item *i,
    struct sources *out)
{
    const struct key_pair *own = &w->ring->key[i->n];
    const struct key_pair *first = &w->ring->key[w->s->r->index.pair[i->n].first];

    if (!i->open.there)
        return missing("the content of a revision");
    if (first->shut)
        return err_say(VAULT_ERR_DAMAGED, NULL, "wrapped keys do not open");
    if (!first->has_record)
        return missing("the key of a record");
    out->record = first->record;
    out->blob = i->withheld.there && own->has_blob ? own->blob : NULL;
    out->closed = own->closed;
    out->marked = own->marked;
    out->intake = own->intake;
    out->open = piece_part(b, i->open);
    out->withheld = piece_part(b, i->withheld);
    return VAULT_OK;
}

static vault_err
need_blob(const struct work *w, const struct sources *src)
{
    if (src->closed)
        return recs_closed(w->s->r, src->intake, src->marked);
    return src->blob != NULL ? VAULT_OK : missing("the withheld content of a revision");
}

/* Are withheld values of this one asked for? Its open ones are known. */
static bool
looks_behind(const struct scan *s, const struct revision *rev)
{
    return s->withheld && (s->hidden == NULL || s->hidden(s, rev));
}

/* Is there withheld content to be read: asked for, introduced here and not purged? */
static bool
has_withheld(const struct scan *s, const struct sources *src, const struct revision *rev)
{
    return looks_behind(s, rev) && revision_introduces(rev) &&
        !(src->blob == NULL && recs_withheld_gone(s->r, rev));
}

/* False: its withheld values cannot be read; loading it says why. */
static bool
glance_withheld(struct work *w, const struct sources *src, struct revision *rev)
{
    return !has_withheld(w->s, src, rev) || (need_blob(w, src) == VAULT_OK &&
        recs_glance_withheld(w->s->r, src->blob, src->withheld, rev) == VAULT_OK);
}

static vault_err
sift_item(struct work *w, const struct sources *src, struct item *i, unsigned thread)
{
    struct scan *s = w->s;
    bool wanted = true;
    vault_err err = recs_glance_from(s->r, i->n, src->record, src->open, &i->rev);

    if (err == VAULT_OK && glance_withheld(w, src, &i->rev) &&
        !(!s->own_only && has_carried(&i->rev) && looks_behind(s, &i->rev)))
        err = s->sift(s, thread, &i->rev, &wanted);
    i->passed_over = err == VAULT_OK && !wanted;
    return err;
}

/* What cannot be read is not passed over: it comes again, and is told then. */
static vault_err
sift_names(struct work *w, const struct batch *b, struct item *i, unsigned thread)
{
    struct scan *s = w->s;
    bool wanted = true;
    vault_err err;

    if (!i->withheld.there ||
        recs_glance_alone(s->r, i->n, w->ring->key[i->n].blob, piece_part(b, i->withheld), &i->rev) != VAULT_OK)
        return VAULT_OK;
    err = s->sift_names(s, thread, &i->rev, &wanted);
    s->passed[i->n] = err == VAULT_OK && !wanted;
    return err;
}

/* On either thread: reads what does not change during a scan, writes i->rev, and what is known of revision n alone. */
static vault_err
load_item(struct work *w, const struct batch *b, struct item *i, unsigned thread)
{
    struct scan *s = w->s;
    struct sources src = {0};
    vault_err err;

    i->passed_over = i->dim = false;
    if (w->names)
        return sift_names(w, b, i, thread);
    err = find_sources(w, b, i, &src);
    if (err == VAULT_OK && s->sift != NULL && !(s->withheld && s->doubt != NULL && s->doubt(s, i->n)))
        err = sift_item(w, &src, i, thread);
    if (err != VAULT_OK || i->passed_over)
        return err;
    err = recs_load_from(s->r, i->n, src.record, src.open, &i->rev);
    if (err != VAULT_OK || !has_withheld(s, &src, &i->rev))
        return err;
    err = need_blob(w, &src);
    if (err == VAULT_OK)
        err = recs_withheld_from(s->r, src.blob, src.withheld, &i->rev);
    i->dim = src.closed || err == VAULT_ERR_DAMAGED;
    return err;
}

/* Load some items that nobody has taken yet; false: there are none. */
static bool
load_some(struct work *w, struct batch *b, unsigned thread)
{
    uint32_t from = atomic_fetch_add(&b->next, TAKEN_AT_ONCE);
    uint32_t to = from + TAKEN_AT_ONCE < b->n ? from + TAKEN_AT_ONCE : b->n;

    if (from >= b->n)
        return false;
    for (uint32_t i = from; i < to; i++)
        b->item[i].loaded = load_item(w, b, &b->item[i], thread) == VAULT_OK;
    if (atomic_fetch_add(&b->done, to - from) + to - from == b->n) {
        pthread_mutex_lock(&w->lock);
        pthread_cond_broadcast(&w->changed);
        pthread_mutex_unlock(&w->lock);
    }
    return true;
}

/* ---- the second thread ---- */

/* rev: what could be read of it, or NULL. */
static vault_err
judge(struct scan *s, uint32_t n, vault_err err, const struct revision *rev)
{
    char code[CODE_LEN + 1];

    if (s->tolerate && (err == VAULT_ERR_DAMAGED || rev != NULL))
        return s->bad(s, n, rev);
    if (err == VAULT_ERR_DAMAGED) {
        code_of(code, s->r->index.pair[n].record);
        err_prefix("record %s: ", code);
    }
    return err;
}

static vault_err
do_item(struct work *w, const struct batch *b, struct item *i)
{
    struct scan *s = w->s;
    vault_err err = i->loaded ? VAULT_OK : load_item(w, b, i, 1);
    bool there = err == VAULT_OK || i->dim;

    if (there && (i->passed_over || w->names))
        return VAULT_OK;
    if (there && !s->all && revision_removed(&i->rev))
        return VAULT_OK;
    if (there && !s->own_only && has_carried(&i->rev) && looks_behind(s, &i->rev))
        return put_off(w, i->n);
    if (err != VAULT_OK)
        err = judge(s, i->n, err, i->dim ? &i->rev : NULL);
    if (err != VAULT_OK || !there)
        return err;
    return s->fn(s, i->n, &i->rev);
}

static vault_err
do_batch(struct work *w, struct batch *b)
{
    vault_err err = VAULT_OK;

    while (load_some(w, b, 1))
        ;
    pthread_mutex_lock(&w->lock);
    while (atomic_load(&b->done) < b->n)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
    for (uint32_t i = 0; i < b->n; i++) {
        if (err == VAULT_OK && !w->s->stop)
            err = do_item(w, b, &b->item[i]);
        revision_trim(&b->item[i].rev);
    }
    return err;
}

static void *
second_thread(void *arg)
{
    struct work *w = arg;
    unsigned turn = 0;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        struct batch *b = &w->batch[turn];
        vault_err err;
        while (!b->full && !w->end)
            pthread_cond_wait(&w->changed, &w->lock);
        if (!b->full)
            break;
        pthread_mutex_unlock(&w->lock);
        err = do_batch(w, b);
        pthread_mutex_lock(&w->lock);
        if (err != VAULT_OK && w->err == VAULT_OK) {
            w->err = err;
            w->said = *vault_last_error();
        }
        b->full = false;
        turn ^= 1;
        pthread_cond_broadcast(&w->changed);
        if (w->err != VAULT_OK)
            break;
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- the calling thread ---- */

/* One table, read in step with the others. */
struct stream {
    struct db_cursor *c;
    int64_t n;
    struct part blob;
    bool got, started;
};

static vault_err
stream_to(struct stream *s, int64_t n)
{
    vault_err err = VAULT_OK;

    if (s->started ? s->got && n - s->n > FAR : n > FAR) {
        err = db_seek(s->c, n);
        s->started = false;
    }
    while (err == VAULT_OK && (!s->started || (s->got && s->n < n))) {
        err = db_next(s->c, &s->n, &s->blob, &s->got);
        s->started = true;
    }
    return err;
}

static void
keep_part(struct batch *b, struct piece *p, struct part blob)
{
    p->at = b->mem.n;
    p->n = blob.n;
    p->there = true;
    buf_put(&b->mem, blob.p, blob.n);
}

static vault_err
keep_row(struct batch *b, struct stream *s, int64_t n, struct piece *p)
{
    vault_err err = stream_to(s, n);

    if (err == VAULT_OK && s->got && s->n == n)
        keep_part(b, p, s->blob);
    return err;
}

struct streams { struct stream open, withheld; };

static vault_err
gather(struct work *w, struct batch *b, struct streams *st, uint32_t n)
{
    struct item *i = &b->item[b->n];
    vault_err err;

    i->n = n;
    i->open.there = i->withheld.there = i->loaded = false;
    err = keyring_open(w->ring, w->s->r, w->s->r->index.pair[n].first, w->s->tolerate);
    if (err == VAULT_OK)
        err = keyring_open(w->ring, w->s->r, n, w->s->tolerate);
    if (err == VAULT_OK && w->names && !(w->ring->key[n].names_hidden && w->ring->key[n].has_blob))
        return VAULT_OK;
    if (err == VAULT_OK && !w->names)
        err = keep_row(b, &st->open, n, &i->open);
    if (err == VAULT_OK && w->s->withheld)
        err = keep_row(b, &st->withheld, n, &i->withheld);
    b->n++;
    return err != VAULT_OK ? err : buf_ok(&b->mem);
}

/* Empty this batch. Until the other thread has done with it, help with what is to be loaded. */
static vault_err
take_batch(struct work *w, unsigned turn)
{
    struct batch *b = &w->batch[turn];
    vault_err err;

    pthread_mutex_lock(&w->lock);
    while (b->full && w->err == VAULT_OK) {
        bool helped;
        pthread_mutex_unlock(&w->lock);
        helped = load_some(w, b, 0) || load_some(w, &w->batch[turn ^ 1], 0);
        pthread_mutex_lock(&w->lock);
        if (!helped && b->full && w->err == VAULT_OK)
            pthread_cond_wait(&w->changed, &w->lock);
    }
    err = w->err;
    pthread_mutex_unlock(&w->lock);
    b->n = 0;
    b->mem.n = 0;           /* ciphertext: nothing to wipe */
    if (b->mem.cap > 2 * BATCH_BYTES)
        buf_free(&b->mem);
    return err;
}

static void
hand_over(struct work *w, unsigned turn)
{
    pthread_mutex_lock(&w->lock);
    atomic_store(&w->batch[turn].done, 0);
    atomic_store(&w->batch[turn].next, 0);
    w->batch[turn].full = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static vault_err
read_rows(struct work *w, struct streams *st)
{
    const uint32_t last = w->s->r->index.n;
    unsigned turn = 0;
    vault_err err = take_batch(w, turn);

    for (uint32_t n = 1; err == VAULT_OK && n <= last && !w->s->stop; n++) {
        struct batch *b = &w->batch[turn];
        if (!w->wants(w->s, n))
            continue;
        err = gather(w, b, st, n);
        if (err != VAULT_OK || (b->n < BATCH_ITEMS && b->mem.n < BATCH_BYTES))
            continue;
        hand_over(w, turn);
        turn ^= 1;
        err = take_batch(w, turn);
    }
    if (err == VAULT_OK && w->batch[turn].n != 0)
        hand_over(w, turn);
    return err;
}

static vault_err
open_streams(struct scan *s, struct streams *st)
{
    vault_err err;

    err = db_scan(s->r->db, DB_OPEN_BLOB, 1, &st->open.c);
    if (err == VAULT_OK && s->withheld)
        err = db_scan(s->r->db, DB_WITHHELD_BLOB, 1, &st->withheld.c);
    return err;
}

/* ---- what comes last ---- */

/* One with carried values. */
static vault_err
do_late_one(struct scan *s, uint32_t n, struct revision *rev, struct buf *extra)
{
    struct vault_error unread = { .code = VAULT_OK };
    vault_err err;

    buf_reset(extra);
    err = recs_load(s->r, n, rev);
    if (err == VAULT_OK)
        err = recs_reveal_some(s->r, n, rev, extra, &unread);
    if (err != VAULT_OK)
        return judge(s, n, err, NULL);
    if (unread.code != VAULT_OK)
        err = judge(s, n, err_say(unread.code, unread.hint[0] == '\0' ? NULL : unread.hint, "%s", unread.text), rev);
    return err != VAULT_OK ? err : s->fn(s, n, rev);
}

static vault_err
do_later(struct work *w)
{
    struct buf extra = BUF_INIT;
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t i = 0; err == VAULT_OK && i < w->n_later && !w->s->stop; i++)
        err = do_late_one(w->s, w->later[i], &rev, &extra);
    revision_free(&rev);
    buf_free(&extra);
    return err;
}

/* names: for sift_names. */
static vault_err
go_through(struct scan *s, struct keyring *ring, bool (*wants)(struct scan *s, uint32_t n), bool names)
{
    struct work *w = calloc(1, sizeof *w);
    struct streams st;
    pthread_t thread;
    vault_err err;

    if (w == NULL)
        return err_nomem();
    memset(&st, 0, sizeof st);
    w->s = s;
    w->wants = wants;
    w->ring = ring;
    w->names = names;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    err = open_streams(s, &st);
    if (err == VAULT_OK && pthread_create(&thread, NULL, second_thread, w) != 0)
        err = err_nomem();
    else if (err == VAULT_OK) {
        err = read_rows(w, &st);
        pthread_mutex_lock(&w->lock);
        w->end = true;
        pthread_cond_broadcast(&w->changed);
        pthread_mutex_unlock(&w->lock);
        (void)pthread_join(thread, NULL);
        if (w->err != VAULT_OK)
            err = err_say(w->err, w->said.hint[0] == '\0' ? NULL : w->said.hint, "%s", w->said.text);
    }
    db_scan_end(st.open.c);
    db_scan_end(st.withheld.c);
    if (err == VAULT_OK)
        err = do_later(w);
    if (err == VAULT_OK)
        vault_clear_error();        /* of items that the other thread told, or that sift looked at */
    for (unsigned k = 0; k < 2; k++) {
        buf_free(&w->batch[k].mem);
        for (unsigned i = 0; i < BATCH_ITEMS; i++)
            revision_free(&w->batch[k].item[i].rev);
    }
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w->later);
    free(w);
    return err;
}

vault_err
scan_these(struct scan *s, bool (*wants)(struct scan *s, uint32_t n))
{
    struct keyring ring = { NULL };
    vault_err err = keyring_make(&ring, s->r);

    if (err == VAULT_OK)
        err = go_through(s, &ring, wants, false);
    keyring_free(&ring);
    return err;
}

static bool
wanted(struct scan *s, uint32_t n)
{
    const struct pair *p = &s->r->index.pair[n];

    return !(s->passed != NULL && s->passed[n]) && (s->system || !index_is_system(p)) && (s->all || index_is_head(p)) &&
        !index_purged(&s->r->index, n) && !(s->broken != NULL && s->broken[p->first]);
}

static bool
wanted_for_names(struct scan *s, uint32_t n)
{
    return wanted(s, n) && !(s->doubt != NULL && s->doubt(s, n));
}

/* First those that can be passed over by their withheld blob alone, which is half of the work. */
static vault_err
scan_names(struct scan *s)
{
    struct keyring ring = { NULL };
    vault_err err = keyring_make(&ring, s->r);

    s->passed = calloc((size_t)s->r->index.n + 1, sizeof *s->passed);
    if (err == VAULT_OK && s->passed == NULL)
        err = err_nomem();
    if (err == VAULT_OK)
        err = go_through(s, &ring, wanted_for_names, true);
    if (err == VAULT_OK)
        err = go_through(s, &ring, wanted, false);
    keyring_free(&ring);
    free(s->passed);
    s->passed = NULL;
    return err;
}

vault_err
scan_run(struct scan *s)
{
    vault_err err = VAULT_OK;

    if (s->tolerate) {
        s->broken = calloc((size_t)s->r->index.n + 1, sizeof *s->broken);
        if (s->broken == NULL)
            return err_nomem();
    }
    if (!s->all)
        err = scan_heads_for(s);
    if (err == VAULT_OK)
        err = s->sift_names != NULL && s->withheld ? scan_names(s) : scan_these(s, wanted);
    free(s->broken);
    s->broken = NULL;
    return err;
}
