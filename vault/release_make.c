/*
 * release_make.c - a release checked, logged and written: vault_release_check, vault_release_make, vault_release_list.
 *
 * The data goes into a folder of a working name beside the one that it is to be, the map into a hidden file beside its own; then the log says what is released;
 * then both take their names. So what is out is in the ledger.
 */
#include "vault/release.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/files.h"
#include "vault/base/text.h"
#include "vault/keys/slip39.h"
#include "vault/release/map.h"

/* ---- what is told ---- */

struct told {
    struct vault_release pub;               /* first, so that a pointer to it is one to this */
    struct refusals refusals;
    char **advice, **word;
    size_t n_advice, n_words;
    char *risk, *audience;
    char as_of[16], key[MINISIGN_KEY_CHARS + 1], words[256];
};

void
vault_release_free(struct vault_release *pub)
{
    struct told *t = (struct told *)pub;

    if (t == NULL)
        return;
    refusals_free(&t->refusals);
    for (size_t i = 0; i < t->n_advice; i++)
        free(t->advice[i]);
    for (size_t i = 0; i < t->n_words; i++)
        free(t->word[i]);
    free(t->advice);
    free(t->word);
    free(t->risk);
    free(t->audience);
    free(t);
}

/* Refusals, with their words, and advice move into it. */
static vault_err
tell(struct release *r, struct told **out)
{
    struct told *t = calloc(1, sizeof *t);
    const char *risk = r->risk.n == 0 ? "{}" : buf_cstr(&r->risk);

    if (t == NULL)
        return err_nomem();
    t->risk = risk == NULL ? NULL : strdup(risk);
    t->audience = strdup(r->p.audience);
    if (t->risk == NULL || t->audience == NULL) {
        vault_release_free(&t->pub);
        return err_nomem();
    }
    t->refusals = r->refusals;
    memset(&r->refusals, 0, sizeof r->refusals);
    t->advice = r->advice.text;
    t->n_advice = r->advice.n;
    memset(&r->advice, 0, sizeof r->advice);
    t->word = r->words.text;
    t->n_words = r->words.n;
    memset(&r->words, 0, sizeof r->words);
    snprintf(t->as_of, sizeof t->as_of, "%.15s", r->as_of);
    t->pub = (struct vault_release){ .refusals = t->refusals.list, .n_refusals = t->refusals.n, .advice = (const char *const *)t->advice,
        .n_advice = t->n_advice, .risk = t->risk, .audience = t->audience, .as_of = t->as_of, .persons = r->n_persons };
    for (size_t i = 0; i < r->n_sources; i++) {
        t->pub.rows += r->source[i].kind == SOURCE_ROWS ? r->source[i].sheet.n_rows : 0;
        t->pub.tables += r->source[i].kind == SOURCE_TABLE;
    }
    *out = t;
    return VAULT_OK;
}

/* The first reason is the sentence. */
static vault_err
refused(const struct told *t)
{
    const struct vault_refusal *first = t->refusals.list;

    if (t->refusals.n == 0)
        return VAULT_OK;
    return first->accept != NULL ? err_refuse(first->accept, "nothing was written", "%s: %s", first->where, first->detail) :
        err_say(VAULT_ERR_REFUSED, "nothing was written", "%s: %s", first->where, first->detail);
}

/* ---- checking ---- */

static vault_err
prepare(struct release *r, vault *v, const char *policy)
{
    vault_err err = release_open(r, v, policy);

    if (err == VAULT_OK)
        err = release_gather(r);
    if (err == VAULT_OK)
        err = release_judge_all(r);
    if (err == VAULT_OK)
        err = release_make_files(r);
    return err == VAULT_OK ? release_judge_leaks(r) : err;
}

static vault_err
write_report(struct release *r, const char *path)
{
    struct output *file = NULL;
    struct buf page = BUF_INIT;
    vault_err err = session_may_put(r->v, path);

    if (err == VAULT_OK)
        err = release_report(r, &page);
    if (err == VAULT_OK)
        err = output_open(&file, path);
    if (err == VAULT_OK)
        err = fd_write_all(output_fd(file), page.p, page.n, "the report");
    if (err == VAULT_OK)
        err = output_commit(&file);
    output_abort(&file);
    buf_free(&page);
    return err;
}

vault_err
vault_release_check(vault *v, const char *policy, const char *report, struct vault_release **out)
{
    struct release r = { .v = NULL };
    struct told *t = NULL;
    vault_err err;

    vault_clear_error();
    *out = NULL;
    err = prepare(&r, v, policy);
    if (err == VAULT_OK && report != NULL)
        err = write_report(&r, report);
    if (err == VAULT_OK)
        err = tell(&r, &t);
    if (err == VAULT_OK) {
        *out = &t->pub;
        err = refused(t);
    }
    release_close(&r);
    return err;
}

/* ---- where to ---- */

struct making {
    struct release *r;
    const struct vault_release_to *to;
    struct told *told;
    struct released entry;
    struct secret *receipt_seed;
    struct buf sealed;                      /* the map */
    struct output *map;
};

static char *
parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static const char *
last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* The folder as the system knows it, with a last part that need not be there. */
static bool
full_path(const char *path, char out[static PATH_MAX])
{
    char *parent = parent_of(path), folder[PATH_MAX];
    bool good = parent != NULL && realpath(parent, folder) != NULL &&
        snprintf(out, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, last_part(path)) < PATH_MAX;

    free(parent);
    return good;
}

static bool
is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Whoever is given the folder must not be given the way back with it. */
static vault_err
judge_places(struct making *m)
{
    char dir[PATH_MAX], map[PATH_MAX];
    const char *d = m->to->dir, *p = m->to->map;
    bool inside;
    size_t n = strlen(d);

    if (p == NULL)
        return VAULT_OK;
    inside = strncmp(p, d, n) == 0 && (p[n] == '/' || p[n] == '\0');
    if (!inside && full_path(d, dir) && full_path(p, map))
        inside = is_below(map, dir);
    if (inside)
        return refusal_add(&m->r->refusals, "destination", NULL, "map", "the map must not lie in the folder of the data: whoever gets that would get the way back");
    return VAULT_OK;
}

static bool
on_one_device(const struct making *m)
{
    char *a = parent_of(m->to->dir), *b = m->to->map == NULL ? NULL : parent_of(m->to->map);
    struct stat x, y;
    bool one = a != NULL && b != NULL && stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev;

    free(a);
    free(b);
    return one;
}

static vault_err
may_begin(struct making *m)
{
    const struct vault_release_to *to = m->to;
    struct stat st;
    vault_err err = session_may_put(m->r->v, to->dir);

    if (err == VAULT_OK && lstat(to->dir, &st) == 0)
        err = err_say(VAULT_ERR_INPUT, "choose another name; nothing is ever overwritten", "there is already something by the name of that folder");
    if (err == VAULT_OK && to->map != NULL)
        err = session_may_put(m->r->v, to->map);
    if (err == VAULT_OK && to->map == NULL && (to->n_recipients > 0 || to->count > 0))
        err = err_say(VAULT_ERR_INPUT, "name the file with --map", "there is somebody who could open a map, and no map");
    if (err == VAULT_OK && to->map != NULL && to->n_recipients == 0 && to->count == 0)
        err = err_say(VAULT_ERR_INPUT, "--map-to RECIPIENT, or --map-shares --threshold K --count N", "nobody could open the map");
    if (err == VAULT_OK && to->count > 0 && (to->threshold > to->count || to->count > SLIP39_MAX || to->threshold < 1 || (to->threshold == 1 && to->count > 1)))
        err = err_say(VAULT_ERR_INPUT, "as in --threshold 2 --count 3", "of N trustees, at most 16, K can open the map together: from 2 to N");
    if (err == VAULT_OK && to->map != NULL && m->r->p.n_map == 0)
        err = err_say(VAULT_ERR_INPUT, "as in \"map\": [\"name\", \"ref\"]", "the policy does not say which fields the map has");
    return err;
}

/* ---- the map ---- */

/* A key that only the shares hold; of the kind that the other recipients have, as a file has one kind. */
static vault_err
share_out(struct making *m, struct age_recipient *to, enum age_kind kind)
{
    const struct slip39_plan plan = { .threshold = m->to->threshold, .count = m->to->count, .exponent = 1 };
    struct age_identity id = { .kind = kind };
    struct secret *share[SLIP39_MAX] = { NULL };
    vault_err err = secret_random(&id.seed, 32);

    if (err == VAULT_OK)
        err = slip39_split(share, id.seed, &plan);
    if (err == VAULT_OK)
        age_identity_public(to, &id);
    for (unsigned i = 0; err == VAULT_OK && i < plan.count; i++) {
        const struct vault_trustee_share s = { .number = i + 1, .threshold = plan.threshold, .count = plan.count,
            .words = (const char *)secret_bytes(share[i]) };

        if (m->to->trustee(m->to->trustee_ctx, &s) != 0)
            err = err_say(VAULT_ERR_INTERRUPTED, NULL, "not all shares were confirmed; nothing was written, and they open nothing");
    }
    for (unsigned i = 0; i < SLIP39_MAX; i++)
        secret_free(share[i]);
    age_identity_free(&id);
    return err;
}

static const struct release_source *
mapped_source(const struct release *r)
{
    const struct release_source *first = NULL;

    for (size_t i = 0; i < r->n_sources; i++)
        if (r->source[i].kind == SOURCE_ROWS && (first == NULL || strcmp(r->source[i].sheet.name, "person") == 0))
            first = &r->source[i];
    return first;
}

static vault_err
map_plain(struct making *m, struct buf *plain)
{
    const struct release_source *s = mapped_source(m->r);
    struct map_head head = { .receipt_seed = m->receipt_seed };

    if (s == NULL)
        return err_say(VAULT_ERR_INPUT, "leave --map away", "a release of tables alone has no pseudonyms, and no map");
    snprintf(head.audience, sizeof head.audience, "%s", m->r->p.audience);
    memcpy(head.release, m->entry.id, sizeof head.release);
    return map_write(plain, &head, &s->sheet, 0, &s->map);
}

static vault_err
seal_map(struct making *m)
{
    const struct vault_release_to *to = m->to;
    struct age_recipient *all = NULL, *who = calloc(to->n_recipients + 1, sizeof *who);
    struct buf plain = BUF_INIT;
    size_t n = to->n_recipients;
    vault_err err = who == NULL ? err_nomem() : age_recipients_read(&all, to->recipients, n);

    if (err == VAULT_OK && n > 0)
        memcpy(who, all, n * sizeof *who);
    if (err == VAULT_OK)
        err = map_plain(m, &plain);
    if (err == VAULT_OK && to->count > 0)
        err = share_out(m, &who[n++], to->n_recipients > 0 ? who[0].kind : AGE_HYBRID);
    if (err == VAULT_OK)
        err = map_seal(&m->sealed, who, n, PART(plain.p, plain.n));
    buf_free(&plain);
    free(all);
    free(who);
    return err;
}

static vault_err
begin_map(struct making *m)
{
    struct sign_pair { uint8_t pk[32]; } pair;
    struct secret *sk = NULL;
    vault_err err;

    if (m->to->map == NULL)
        return VAULT_OK;
    err = secret_random(&m->receipt_seed, 32);
    if (err == VAULT_OK)
        err = secret_new(&sk, crypto_sign_SECRETKEYBYTES);
    if (err == VAULT_OK) {
        crypto_sign_seed_keypair(pair.pk, secret_edit(sk), secret_bytes(m->receipt_seed));
        memcpy(m->entry.receipt_pk, pair.pk, sizeof pair.pk);
        err = seal_map(m);
    }
    if (err == VAULT_OK)
        err = output_open(&m->map, m->to->map);
    if (err == VAULT_OK)
        err = fd_write_all(output_fd(m->map), m->sealed.p, m->sealed.n, "the map");
    secret_free(sk);
    return err;
}

/* ---- the log ---- */

static vault_err
fill_entry(struct making *m)
{
    struct release *r = m->r;
    struct released *e = &m->entry;

    buf_str(&e->audience, r->p.audience);
    buf_str(&e->purpose, r->p.purpose);
    buf_str(&e->expires, r->p.expires);
    buf_str(&e->folder, last_part(m->to->dir));
    buf_put(&e->policy, r->text.p, r->text.n);
    buf_put(&e->snapshot, r->snapshot.p, r->snapshot.n);
    for (size_t i = 0; i < r->files.n; i++)
        if (strcmp(r->files.file[i].name, RELEASE_MANIFEST) == 0)
            buf_put(&e->manifest, r->files.file[i].content.p, r->files.file[i].content.n);
    for (size_t i = 0; i < r->n_persons; i++)
        buf_put(&e->persons, r->v->recs.index.pair[r->person[i]].record, RECORD_ID_BYTES);
    return e->audience.bad || e->purpose.bad || e->expires.bad || e->folder.bad || e->policy.bad || e->snapshot.bad || e->manifest.bad ? err_nomem() : buf_ok(&e->persons);
}

static vault_err
log_it(struct making *m)
{
    struct vault *v = m->r->v;
    struct detail d = {0};
    struct change c;
    char id[2 * RELEASE_ID_BYTES + 1];
    vault_err err = fill_entry(m);

    hex_of(id, m->entry.id, sizeof m->entry.id);
    detail_text(&d, "release", id);
    detail_uint(&d, "persons", m->told->pub.persons);
    detail_uint(&d, "rows", m->told->pub.rows);
    detail_uint(&d, "tables", m->told->pub.tables);
    if (err == VAULT_OK)
        err = session_begin(v, &c);
    if (err != VAULT_OK)
        goto done;
    if (m->r->new_secret)
        err = system_add_audience(v, &c, m->r->p.audience, m->r->secret);
    if (err == VAULT_OK)
        err = released_add(v, &c, &m->entry);
    if (err == VAULT_OK)
        err = release_keep_judgements(m->r, &c);
    if (err == VAULT_OK)
        err = session_commit(v, &c, &(struct commit){ .action = "release", .keeper = true, .detail = &d });
    else
        change_abort(&c);
done:
    detail_free(&d);
    return err;
}

/* ---- the folder ---- */

static vault_err
fill(const char *path, int dir, void *ctx)
{
    struct making *m = ctx;
    const struct release_files *f = &m->r->files;
    vault_err err = VAULT_OK;
    (void)path;

    for (size_t i = 0; err == VAULT_OK && i < f->n; i++)
        err = file_create(dir, f->file[i].name, f->file[i].content.p, f->file[i].content.n);
    if (err == VAULT_OK)
        err = dir_sync(dir);
    if (err == VAULT_OK)
        err = log_it(m);
    return err == VAULT_OK && m->map != NULL ? output_commit(&m->map) : err;
}

static vault_err
write_folder(struct making *m)
{
    const struct release_files *f = &m->r->files;
    const char **name = calloc(f->n + 1, sizeof *name);
    const struct made_folder folder = { .path = m->to->dir, .what = "release", .files = name };
    vault_err err;

    if (name == NULL)
        return err_nomem();
    for (size_t i = 0; i < f->n; i++)
        name[i] = f->file[i].name;
    err = session_make_folder(&folder, fill, m);
    free(name);
    return err;
}

static void
tell_key(struct making *m)
{
    struct buf words = BUF_INIT;

    minisign_key(m->told->key, m->r->v->tree.keeper_pk);
    release_key_words(&words, m->r->v->tree.keeper_pk);
    snprintf(m->told->words, sizeof m->told->words, "%.*s", (int)words.n, words.p == NULL ? "" : (const char *)words.p);
    buf_free(&words);
    m->told->pub.key = m->told->key;
    m->told->pub.words = m->told->words;
    m->told->pub.files = m->r->files.n;
    m->told->pub.one_device = on_one_device(m);
}

static vault_err
make(struct making *m)
{
    vault_err err = release_sign_files(m->r);

    randombytes_buf(m->entry.id, sizeof m->entry.id);
    if (err == VAULT_OK)
        err = session_may_write(m->r->v);
    if (err == VAULT_OK)
        err = begin_map(m);
    if (err == VAULT_OK)
        err = write_folder(m);
    if (err == VAULT_OK)
        tell_key(m);
    output_abort(&m->map);
    secret_free(m->receipt_seed);
    buf_free(&m->sealed);
    released_free(&m->entry);
    return err;
}

/* Without the slashes behind it. The caller frees. */
static char *
trimmed(const char *dir)
{
    size_t n = strlen(dir);

    while (n > 1 && dir[n - 1] == '/')
        n--;
    return strndup(dir, n);
}

vault_err
vault_release_make(vault *v, const char *policy, const struct vault_release_to *to, struct vault_release **out)
{
    char *dir = trimmed(to->dir);
    struct vault_release_to where = *to;
    struct release r = { .v = v };
    struct making m = { .r = &r, .to = &where };
    vault_err err;

    vault_clear_error();
    *out = NULL;
    if (dir == NULL)
        return err_nomem();
    where.dir = dir;
    r.called = last_part(dir);
    err = prepare(&r, v, policy);
    if (err == VAULT_OK)
        err = may_begin(&m);
    if (err == VAULT_OK)
        err = judge_places(&m);
    if (err == VAULT_OK)
        err = tell(&r, &m.told);
    if (err == VAULT_OK) {
        err = refused(m.told);
        if (err == VAULT_OK)
            err = make(&m);
        if (err == VAULT_OK || m.told->refusals.n > 0)
            *out = &m.told->pub;
        else
            vault_release_free(&m.told->pub);
    }
    release_close(&r);
    free(dir);
    return err;
}

/* ---- what was made ---- */

static vault_err
tell_released(struct vault *v, const struct released *x, vault_released_fn *fn, void *ctx, bool *stop)
{
    static const uint8_t none[32];
    struct log_entry e;
    char id[2 * RELEASE_ID_BYTES + 1], key[MINISIGN_KEY_CHARS + 1];
    struct vault_released out = { .id = id, .audience = (const char *)x->audience.p, .purpose = (const char *)x->purpose.p,
        .expires = (const char *)x->expires.p, .folder = (const char *)x->folder.p, .persons = x->persons.n / RECORD_ID_BYTES,
        .map = memcmp(x->receipt_pk, none, 32) != 0 };
    vault_err err = session_read_entry(v, x->log, &e, NULL);

    if (err != VAULT_OK)
        return err;
    hex_of(id, x->id, sizeof x->id);
    minisign_key(key, x->receipt_pk);
    out.receipt_key = out.map ? key : NULL;
    out.time = e.time;
    out.log = e.number;
    *stop = fn(ctx, &out) != 0;
    return VAULT_OK;
}

vault_err
vault_release_list(vault *v, vault_released_fn *fn, void *ctx)
{
    struct releases all = {0};
    bool stop = false;
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "the list of releases");
    if (err == VAULT_OK)
        err = releases_load(v, &all);
    for (size_t i = 0; err == VAULT_OK && !stop && i < all.n; i++)
        err = tell_released(v, &all.list[i], fn, ctx, &stop);
    releases_free(&all);
    return err;
}

vault_err
vault_release_forget(vault *v, const char *audience)
{
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "destroying the secret of an audience");
    return err == VAULT_OK ? audience_destroy(v, audience) : err;
}
