/* age.c - age files between descriptors, without a vault: vault_age_*. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vault/base/files.h"
#include "vault/base/relay.h"
#include "vault/base/text.h"
#include "vault/handoff/age.h"
#include "vault/own_age.h"

/* Pieces of age that travel together: few, for little memory; several, for few wake-ups. */
#define TOGETHER 4u
/* Of those to be encrypted every third load is sealed by the thread that writes, which else would wait for the other one. */
#define SHARE 3u

/* ---- from one descriptor to another: a thread makes what is written ---- */

struct stream {
    const struct vault_age_output *to;
    int in, out;
    bool ended;                         /* nothing more comes */
    pthread_mutex_t telling;            /* both threads ask whether to go on, one at a time */
    uint64_t written;
    bool broken;                        /* it could not be written: who waits for input need not */
    struct age_seal *seal;              /* encrypting, */
    struct buf plain;                   /* with what was read for it, */
    struct load {
        bool later;                     /* sealed where it is written, from piece `first` on */
        uint64_t first;
    } load[2 * RELAY_PIECES];           /* of the loads under way, by their number; */
    uint64_t made, taken;
    struct buf sealed;
    bool armored;
    struct age_open *open;              /* or decrypting, */
    vault_err failed;                   /* with what comes behind the last good piece */
    struct vault_error said;
};

static vault_err
may_go_on(struct stream *s, size_t more)
{
    int rc = 0;

    pthread_mutex_lock(&s->telling);
    s->written += more;
    if (s->broken)
        rc = 1;
    else if (s->to->progress != NULL)
        rc = s->to->progress(s->to->progress_ctx, s->written, 0);
    pthread_mutex_unlock(&s->telling);
    return rc == 0 ? VAULT_OK : err_say(VAULT_ERR_INTERRUPTED, NULL, "stopped");
}

/* `s`: NULL as long as nothing is made. Who waits for input that does not come can be stopped. */
static vault_err
read_some(int fd, struct stream *s, uint8_t *p, size_t n, size_t *got)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    vault_err err = VAULT_OK;
    ssize_t k = -1;

    while (err == VAULT_OK && s != NULL && poll(&ready, 1, 200) <= 0)
        err = may_go_on(s, 0);
    if (err != VAULT_OK)
        return err;
    do
        k = read(fd, p, n);
    while (k < 0 && errno == EINTR);
    if (k < 0 && errno == EISDIR)
        return err_say(VAULT_ERR_INPUT, NULL, "a folder cannot be read as a file");
    if (k < 0)
        return err_errno(errno, "cannot read the input");
    *got = (size_t)k;
    return VAULT_OK;
}

static vault_err
read_full(struct stream *s)
{
    size_t got = 1;
    vault_err err = VAULT_OK;

    s->plain.n = 0;                     /* overwritten, and wiped at the end */
    while (err == VAULT_OK && got > 0 && s->plain.n < TOGETHER * AGE_PIECE) {
        uint8_t *room = buf_room(&s->plain, TOGETHER * AGE_PIECE - s->plain.n);

        err = room == NULL ? err_nomem() : read_some(s->in, s, room, TOGETHER * AGE_PIECE - s->plain.n, &got);
        if (err == VAULT_OK)
            s->plain.n += got;
    }
    s->ended = got == 0;
    return err;
}

static vault_err
make_sealed(void *ctx, struct buf *piece, bool *end)
{
    struct stream *s = ctx;
    struct load *load;
    vault_err err;

    *end = s->ended;
    if (s->ended)
        return VAULT_OK;
    err = read_full(s);
    if (err != VAULT_OK)
        return err;
    load = &s->load[s->made++ % (2 * RELAY_PIECES)];
    load->later = !s->armored && !s->ended && s->made % SHARE == 0;
    if (load->later)
        return age_seal_later(s->seal, piece, &load->first, s->plain.p, s->plain.n);
    err = age_seal_add(s->seal, piece, s->plain.p, s->plain.n);
    return err == VAULT_OK && s->ended ? age_seal_end(s->seal, piece) : err;
}

/* Good pieces before a bad one are handed over with the others, and the failure comes behind them. */
static vault_err
make_opened(void *ctx, struct buf *piece, bool *end)
{
    struct stream *s = ctx;

    *end = s->ended;
    if (s->ended)
        return s->failed == VAULT_OK ? VAULT_OK : err_say(s->failed, s->said.hint, "%s", s->said.text);
    s->failed = age_open_next(s->open, piece, TOGETHER, &s->ended);
    if (s->failed != VAULT_OK) {
        s->said = *vault_last_error();
        s->ended = true;
    }
    return VAULT_OK;
}

static vault_err
take_piece(void *ctx, struct buf *piece)
{
    struct stream *s = ctx;
    const struct load *load = &s->load[s->taken++ % (2 * RELAY_PIECES)];
    const struct buf *from = piece;
    vault_err err = VAULT_OK;

    if (load->later) {
        s->sealed.n = 0;
        err = age_seal_now(s->seal, &s->sealed, load->first, piece);
        from = &s->sealed;
    }
    if (err == VAULT_OK)
        err = fd_write_all(s->out, from->p, from->n, s->to->path == NULL ? "the output" : s->to->path);

    if (err == VAULT_OK)
        return may_go_on(s, piece->n);
    pthread_mutex_lock(&s->telling);
    s->broken = true;
    pthread_mutex_unlock(&s->telling);
    return err;
}

/* `first`: what is written before everything else, or NULL. */
static vault_err
run(struct stream *s, const struct buf *first)
{
    const struct relay relay = {.make = s->seal != NULL ? make_sealed : make_opened, .take = take_piece, .ctx = s};
    struct output *file = NULL;
    vault_err err = VAULT_OK;

    s->out = s->to->fd;
    if (s->to->path != NULL) {
        err = output_open(&file, s->to->path);
        if (err == VAULT_OK)
            s->out = output_fd(file);
    }
    if (err == VAULT_OK && first != NULL)
        err = fd_write_all(s->out, first->p, first->n, s->to->path == NULL ? "the output" : s->to->path);
    pthread_mutex_init(&s->telling, NULL);
    if (err == VAULT_OK)
        err = relay_run(&relay);
    pthread_mutex_destroy(&s->telling);
    if (err == VAULT_OK && file != NULL)
        err = output_commit(&file);
    output_abort(&file);
    buf_free(&s->plain);
    buf_free(&s->sealed);
    return err;
}

/* ---- encrypting ---- */

vault_err
vault_age_encrypt(int in, const struct vault_age_to *to, const struct vault_age_output *out)
{
    struct age_to age = {.n = to->n_recipients, .passphrase = to->passphrase, .armor = to->armor};
    struct stream s = {.in = in, .to = out, .armored = to->armor};
    struct age_recipient *list = NULL;
    struct buf first = BUF_INIT;
    vault_err err;

    vault_clear_error();
    err = age_recipients_read(&list, to->recipients, to->n_recipients);
    age.recipient = list;
    if (err == VAULT_OK)
        err = age_seal_new(&s.seal, &first, &age);
    if (err == VAULT_OK)
        err = run(&s, &first);
    age_seal_free(s.seal);
    buf_free(&first);
    free(list);
    return err;
}

static vault_err
seal_whole(struct buf *file, const struct secret *content, const struct age_to *to)
{
    struct age_seal *seal = NULL;
    vault_err err = age_seal_new(&seal, file, to);

    if (err == VAULT_OK)
        err = age_seal_add(seal, file, secret_bytes(content), secret_len(content));
    if (err == VAULT_OK)
        err = age_seal_end(seal, file);
    age_seal_free(seal);
    return err;
}

vault_err
vault_age_put_file(const char *path, const struct secret *content, const struct vault_age_to *to)
{
    struct age_to age = {.n = to->n_recipients, .passphrase = to->passphrase, .armor = to->armor};
    struct age_recipient *list = NULL;
    struct output *file = NULL;
    struct buf sealed = BUF_INIT;
    vault_err err;

    vault_clear_error();
    err = age_recipients_read(&list, to->recipients, to->n_recipients);
    age.recipient = list;
    if (err == VAULT_OK)
        err = seal_whole(&sealed, content, &age);
    if (err == VAULT_OK)
        err = output_open(&file, path);
    if (err == VAULT_OK)
        err = fd_write_all(output_fd(file), sealed.p, sealed.n, path);
    if (err == VAULT_OK)
        err = output_commit(&file);
    output_abort(&file);
    buf_free(&sealed);
    free(list);
    return err;
}

vault_err
vault_age_recipient(const char *text, bool *post_quantum, char words[256])
{
    struct age_recipient r;
    struct buf b = BUF_INIT;
    uint8_t hash[32];
    vault_err err;

    vault_clear_error();
    err = age_recipient_read(&r, text, strlen(text));
    if (err != VAULT_OK)
        return err;
    if (words != NULL) {
        age_recipient_hash(hash, &r);
        words_of(&b, hash, sizeof hash, 12);
        err = buf_ok(&b);
        snprintf(words, 256, "%.*s", (int)b.n, b.n == 0 ? "" : (const char *)b.p);
        buf_free(&b);
    }
    *post_quantum = r.kind == AGE_HYBRID;
    return err;
}

/* ---- decrypting ---- */

struct vault_age {
    int in;
    struct stream *running;
    struct age_source *from;
    struct age_open *open;
};

static vault_err
read_in(void *ctx, uint8_t *p, size_t n, size_t *got)
{
    const struct vault_age *a = ctx;

    return read_some(a->in, a->running, p, n, got);
}

vault_err
vault_age_begin(vault_age **out, int in)
{
    struct vault_age *a;
    vault_err err;

    vault_clear_error();
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return err_nomem();
    a->in = in;
    err = age_source_new(&a->from, read_in, a);
    if (err == VAULT_OK)
        err = age_open_new(&a->open, a->from);
    if (err == VAULT_OK)
        *out = a;
    else
        vault_age_free(a);
    return err;
}

void
vault_age_free(vault_age *a)
{
    if (a == NULL)
        return;
    age_open_free(a->open);
    age_source_free(a->from);
    free(a);
}

bool
vault_age_wants_passphrase(const vault_age *a)
{
    return age_open_wants_passphrase(a->open);
}

vault_err
own_age_identities(struct age_identities *all, vault *v)
{
    vault_err err = age_identities_add(all, AGE_HYBRID, v->tree.case_seed);

    if (err == VAULT_OK && is_keeper(v))
        err = age_identities_add(all, AGE_HYBRID, v->tree.keeper_seed);
    for (uint32_t n = 1; err == VAULT_OK && n <= v->recs.index.n; n++) {
        struct secret *seed[2] = {NULL, NULL};

        if (!index_is_system(&v->recs.index.pair[n]) || v->recs.index.pair[n].record[1] != SYSTEM_FORMER ||
                v->recs.index.pair[n].lost)
            continue;
        err = system_former_recipients(v, n, &seed[0], &seed[1]);
        for (size_t i = 0; err == VAULT_OK && i < 2; i++)
            if (seed[i] != NULL)
                err = age_identities_add(all, AGE_HYBRID, seed[i]);
        secret_free(seed[0]);
        secret_free(seed[1]);
    }
    return err;
}

vault_err
vault_age_unlock(vault_age *a, const struct vault_age_with *with)
{
    struct age_identities all = {0};
    vault_err err = VAULT_OK;

    vault_clear_error();
    for (size_t i = 0; err == VAULT_OK && i < with->n_identities; i++)
        err = age_identities_read(&all, with->identities[i]);
    if (err == VAULT_OK && with->vault != NULL)
        err = own_age_identities(&all, with->vault);
    if (err == VAULT_OK)
        err = age_open_unlock(a->open, &all, with->passphrase);
    age_identities_free(&all);
    return err;
}

vault_err
vault_age_decrypt(vault_age *a, const struct vault_age_output *out)
{
    struct stream s = {.in = a->in, .open = a->open, .to = out};
    vault_err err;

    vault_clear_error();
    a->running = &s;
    err = run(&s, NULL);
    a->running = NULL;
    return err;
}

/* ---- keys ---- */

static vault_err
write_recipient(char **out, const struct age_identity *id)
{
    struct age_recipient r;
    char *text = malloc(AGE_RECIPIENT_ROOM);

    if (text == NULL)
        return err_nomem();
    age_identity_public(&r, id);
    age_recipient_write(text, &r);
    *out = text;
    return VAULT_OK;
}

vault_err
vault_age_keygen(bool post_quantum, struct secret **identity, char **recipient)
{
    struct age_identity id = {AGE_X25519, NULL};
    char *text = NULL;
    vault_err err;

    vault_clear_error();
    err = age_identity_new(&id, post_quantum ? AGE_HYBRID : AGE_X25519);
    if (err == VAULT_OK)
        err = write_recipient(&text, &id);
    if (err == VAULT_OK)
        err = age_identity_write(identity, &id);
    if (err == VAULT_OK)
        *recipient = text;
    else
        free(text);
    age_identity_free(&id);
    return err;
}

vault_err
vault_age_public(const struct secret *identities, vault_age_recipient_fn *fn, void *ctx)
{
    struct age_identities all = {0};
    char *text = NULL;
    bool more = true;
    vault_err err;

    vault_clear_error();
    err = age_identities_read(&all, identities);
    for (size_t i = 0; err == VAULT_OK && more && i < all.n; i++) {
        err = write_recipient(&text, &all.list[i]);
        if (err == VAULT_OK)
            more = fn(ctx, text) == 0;
        free(text);
        text = NULL;
    }
    age_identities_free(&all);
    return err;
}
