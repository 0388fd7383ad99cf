/*
 * tamper.c - bytes, pages and lengths of the two files changed from outside.
 *
 * Whatever is done: check finds it and says where; opening and reading either refuse it as damage or
 * give what was there; nothing is ever called a wrong passphrase; and no byte of the folder changes.
 */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <sodium.h>
#include <sqlcipher/sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/fault/sql.h"
#include "vault/base/bytes.h"

#define PAGE 16384u
#define KEYS 4096u

/* ---- what must hold ---- */

/* `work` was tampered with; `good` holds what it held. False: nothing is found, and nothing is different. */
bool
tamper_found(struct world *w, bool new_pass, const struct state *good, const char *what,
    struct problems *p)
{
    struct state now = {0};
    char before[300];
    vault_err err, checked;

    snprintf(before, sizeof before, "%s/tampered.vault", w->root);
    folder_copy(w->work, before);
    checked = world_check(w, w->work, new_pass, p);
    if (checked != VAULT_OK && checked != VAULT_ERR_DAMAGED)
        die("%s: check ends with %d", what, checked);
    if ((checked == VAULT_OK) != (p->n == 0))
        die("%s: check ends with %d and tells %u problems", what, checked, p->n);
    err = state_of(w, w->work, new_pass, true, &now);
    if (err != VAULT_OK && err != VAULT_ERR_DAMAGED)
        die("%s: opening and reading it ends with %d", what, err);
    if (err == VAULT_OK && (strcmp(now.text, good->text) != 0 || now.records != good->records))
        die("%s: it is read, and gives something else (check: %d)\n%s", what, checked, p->text);
    if (err != VAULT_OK && checked == VAULT_OK)
        die("%s: it cannot be read, and check finds nothing", what);
    if (!folder_same(before, w->work))
        die("%s: opening it changed the folder", what);
    free(now.text);
    return checked == VAULT_ERR_DAMAGED;
}

static void
must_find(struct world *w, bool new_pass, const struct state *good, const char *what,
    const char *where)
{
    struct problems p;

    if (!tamper_found(w, new_pass, good, what, &p))
        die("%s: check finds nothing", what);
    if (where != NULL && strstr(p.text, where) == NULL)
        die("%s: check does not say \"%s\" but:\n%s", what, where, p.text);
}

static void
good_state(struct world *w, const char *path, bool new_pass, struct state *out)
{
    if (state_of(w, path, new_pass, true, out) != VAULT_OK)
        die("%s cannot be read", path);
}

/* ---- keys ---- */

static int
no_slot(void *ctx, const struct vault_slot_info *s)
{
    (void)ctx;
    (void)s;
    return 0;
}

static void
put_byte(int fd, size_t at, uint8_t b)
{
    if (pwrite(fd, &b, 1, (off_t)at) != 1)
        die("pwrite");
}

static int
open_keys(struct world *w, uint8_t keys[static KEYS])
{
    char path[300];
    int fd;

    snprintf(path, sizeof path, "%s/keys", w->work);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || pread(fd, keys, KEYS, 0) != KEYS)
        die("cannot read keys");
    return fd;
}

/* Every bit, as an accident changes it: opening, list and check say damage, check says where. */
void
test_keys(struct world *w, const struct options *o)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    uint8_t keys[KEYS];
    struct problems p;
    vault *v = NULL;
    int fd;

    (void)o;
    folder_copy(w->base, w->work);
    fd = open_keys(w, keys);
    for (size_t bit = 0; bit < KEYS * 8; bit++) {
        vault_err opened, listed, checked;
        put_byte(fd, bit / 8, keys[bit / 8] ^ (uint8_t)(1 << bit % 8));
        opened = vault_open(&v, w->work, &cred);
        listed = vault_key_list(w->work, no_slot, NULL);
        checked = world_check(w, w->work, false, &p);
        if (opened != VAULT_ERR_DAMAGED || listed != VAULT_ERR_DAMAGED ||
            checked != VAULT_ERR_DAMAGED)
            die("bit %zu of byte %zu: open %d, key list %d, check %d", bit % 8, bit / 8, opened,
                listed, checked);
        if (p.n != 1 || strncmp(p.text, "keys: ", 6) != 0)
            die("bit %zu of byte %zu: check says %s", bit % 8, bit / 8, p.text);
        put_byte(fd, bit / 8, keys[bit / 8]);
    }
    (void)close(fd);
    if (!folder_same(w->base, w->work) || world_check(w, w->work, false, &p) != VAULT_OK)
        die("the vault was not left as it was");
    printf("keys: %u bits, each found\n", KEYS * 8);
}

/*
 * The same by somebody who makes the checksum fit, which needs no key. Where the passphrase's own
 * slot was changed (or what it is derived with), nobody can tell that from a wrong passphrase.
 */
void
test_forged(struct world *w, const struct options *o)
{
    unsigned damage = 0, wrong_key = 0, newer = 0;
    uint8_t keys[KEYS], sum[32];
    int fd;

    (void)o;
    folder_copy(w->base, w->work);
    fd = open_keys(w, keys);
    for (size_t bit = 0; bit < (KEYS - 32) * 8; bit++) {
        size_t at = bit / 8;
        bool derives = (at >= 24 && at < 72) || (at >= 104 && at < 104 + 56);
        bool version = at >= 16 && at < 20;
        vault_err err;
        keys[at] ^= (uint8_t)(1 << bit % 8);
        crypto_generichash_blake2b(sum, sizeof sum, keys, KEYS - 32, NULL, 0);
        if (pwrite(fd, keys + at, 1, (off_t)at) != 1 || pwrite(fd, sum, 32, KEYS - 32) != 32)
            die("pwrite");
        err = world_check(w, w->work, false, NULL);
        damage += err == VAULT_ERR_DAMAGED;
        wrong_key += err == VAULT_ERR_KEY;
        newer += err == VAULT_ERR_FAILED;
        if (!(err == VAULT_ERR_DAMAGED || (err == VAULT_ERR_KEY && derives) ||
            (err == VAULT_ERR_FAILED && version)))
            die("bit %zu of byte %zu, the checksum made to fit: check ends with %d", bit % 8, at, err);
        keys[at] ^= (uint8_t)(1 << bit % 8);
        put_byte(fd, at, keys[at]);
    }
    (void)close(fd);
    printf("keys with a checksum made to fit: %u damage, %u wrong passphrase, %u newer version\n",
        damage, wrong_key, newer);
}

/* ---- one byte of a page ---- */

static void
flip_in_page(struct world *w, const struct state *good, size_t page, size_t at)
{
    char path[300], what[100], where[32];
    uint8_t b;
    int fd;

    snprintf(path, sizeof path, "%s/records.db", w->work);
    snprintf(what, sizeof what, "byte %zu of page %zu", at, page);
    snprintf(where, sizeof where, "page %zu", page);
    fd = open(path, O_RDWR | O_CLOEXEC);
    at += (page - 1) * PAGE;
    if (fd < 0 || pread(fd, &b, 1, (off_t)at) != 1)
        die("cannot read %s", path);
    put_byte(fd, at, b ^ (uint8_t)(1 << at % 8));
    /* Page 1 is where opening begins: nothing more can be said than which file. */
    must_find(w, false, good, what, page == 1 ? "records.db" : where);
    put_byte(fd, at, b);
    (void)close(fd);
}

/* Bytes of the content; of page 1 all of the first 16 (the salt), the IV and the MAC, of each other page every fourth of these. */
void
test_bytes(struct world *w, const struct options *o)
{
    size_t n, times = 0, pages;
    struct state good;
    uint8_t *db;

    srand48((long)o->seed);
    folder_copy(w->base, w->work);
    good_state(w, w->work, false, &good);
    db = file_get(w->work, "records.db", &n);
    free(db);
    pages = n / PAGE;
    for (size_t page = 1; page <= pages; page++)
        for (size_t i = page == 1 ? 0 : (page + o->seed) % 4; i < 16 + 48 + 8 + o->rounds / pages; times++) {
            flip_in_page(w, &good, page, i < 16 ? i : i < 64 ? PAGE - 48 + i - 16 :
                (size_t)(drand48() * (PAGE - 48)));
            i += page == 1 || i >= 64 ? 1 : 4;
        }
    printf("records.db: %zu bytes flipped in %zu pages, each found (seed %u)\n", times, pages, o->seed);
    free(good.text);
}

/* ---- pages of an older copy ---- */

#define MOMENTS 8
#define PAGES_MAX 1024

struct past {
    uint8_t *db[MOMENTS], *keys[MOMENTS];
    size_t n[MOMENTS];
    bool new_pass[MOMENTS];
    unsigned count;
};

/* What `work` holds just now, and a past to take pages from. */
struct present {
    const struct past *past;
    unsigned m;                 /* the moment that is the present */
    bool new_pass;
    struct state good;
    char table[PAGES_MAX][64];
    char tables_seen[200], said[1 << 16];
};

static void
moment(struct world *w, struct past *past, bool new_pass)
{
    size_t n;

    past->db[past->count] = file_get(w->work, "records.db", &past->n[past->count]);
    past->keys[past->count] = file_get(w->work, "keys", &n);
    past->new_pass[past->count++] = new_pass;
}

static void
do_here(struct world *w, const char *deed, bool new_pass)
{
    vault *v = world_open(w, w->work, new_pass);

    if (deed_find(deed)->run(w, v) != VAULT_OK)
        die("%s fails", deed);
    vault_close(v);
}

static void
add_type(struct world *w)
{
    static const char TYPE[] = "{\"name\":\"ship\",\"version\":1,\"fields\":"
        "[{\"name\":\"sails\",\"kind\":\"date\",\"tier\":\"open\",\"role\":\"neutral\"}]}";
    vault *v = world_open(w, w->work, false);

    if (vault_type_add(v, TYPE, sizeof TYPE - 1) != VAULT_OK)
        die("type add fails");
    vault_close(v);
}

static void
live(struct world *w, struct past *past)
{
    memset(past, 0, sizeof *past);
    folder_copy(w->base, w->work);
    moment(w, past, false);
    add_type(w);
    moment(w, past, false);
    do_here(w, "add", false);
    moment(w, past, false);
    do_here(w, "edit", false);
    moment(w, past, false);
    do_here(w, "import", false);
    moment(w, past, false);
    do_here(w, "remove", false);
    do_here(w, "key-change", false);
    do_here(w, "reveal", true);
    moment(w, past, true);
}

static void
be_at(struct world *w, struct present *now, const struct past *past, unsigned m)
{
    memset(now, 0, sizeof *now);
    now->past = past;
    now->m = m;
    now->new_pass = past->new_pass[m];
    file_put(w->work, "keys", past->keys[m], KEYS);
    file_put(w->work, "records.db", past->db[m], past->n[m]);
    good_state(w, w->work, now->new_pass, &now->good);
    sql_tables(w, w->work, now->new_pass, now->table, PAGES_MAX);
}

/* Replace pages of the present by those of moment m, as `chosen` says; false: that changes nothing. */
static bool
put_back(struct world *w, const struct present *now, unsigned m, const bool *chosen)
{
    const struct past *past = now->past;
    size_t n = past->n[now->m];
    uint8_t *db = malloc(n);
    bool differs = false;

    if (db == NULL)
        abort();
    memcpy(db, past->db[now->m], n);
    for (size_t page = 0; page * PAGE < past->n[m]; page++)
        if (chosen[page] && memcmp(db + page * PAGE, past->db[m] + page * PAGE, PAGE) != 0) {
            memcpy(db + page * PAGE, past->db[m] + page * PAGE, PAGE);
            differs = true;
        }
    file_put(w->work, "records.db", db, n);
    free(db);
    return differs;
}

static bool
try_pages(struct world *w, struct present *now, const char *what)
{
    static struct problems p;
    bool found = tamper_found(w, now->new_pass, &now->good, what, &p);
    size_t at = strlen(now->said);

    if (found)
        snprintf(now->said + at, sizeof now->said - at, "%s", p.text);
    return found;
}

static void
note_table(struct present *now, const char *table)
{
    size_t n = strlen(now->tables_seen), more = strlen(table);

    if (n + more + 2 > sizeof now->tables_seen)
        die("too many tables");
    memcpy(now->tables_seen + n, table, more);
    memcpy(now->tables_seen + n + more, " ", 2);
}

static void
single_pages(struct world *w, struct present *now)
{
    unsigned found = 0, harmless = 0;
    char what[200];

    for (unsigned m = 0; m < now->m; m++)
        for (size_t page = 0; page * PAGE < now->past->n[m]; page++) {
            bool chosen[PAGES_MAX] = { false };
            const char *table = now->table[page];
            chosen[page] = true;
            if (!put_back(w, now, m, chosen))
                continue;
            snprintf(what, sizeof what, "page %zu (%s) of moment %u at moment %u", page + 1, table, m,
                now->m);
            if (try_pages(w, now, what)) {
                found++;
                if (strstr(now->tables_seen, table) == NULL)
                    note_table(now, table);
            } else {
                /* Its counter of changes differs, and nothing else. */
                printf("%s: not found; what is read is the newest\n", what);
                harmless++;
                if (page != 0)
                    die("only page 1 may be such");
            }
        }
    printf("moment %u, older images of single pages: %u found, %u without a difference; tables: %s\n",
        now->m, found, harmless, now->tables_seen);
}

static void
must_have(const struct present *now, const char *text, const char *const *all)
{
    for (; *all != NULL; all++)
        if (strstr(text, *all) == NULL)
            die("at moment %u this did not occur: %s; but\n%s", now->m, *all, text);
}

/* All pages of some tables at once: trees that fit together. */
static void
whole_tables(struct world *w, struct present *now)
{
    static const char *const NAME[] = { "log", "pair", "open", "withheld", "wrap" };
    unsigned times = 0;
    char what[200];

    for (unsigned m = 0; m < now->m; m++)
        for (unsigned set = 1; set <= 31; set++) {
            bool chosen[PAGES_MAX] = { false };
            for (size_t page = 0; page * PAGE < now->past->n[m]; page++)
                for (unsigned t = 0; t < 5; t++)
                    if ((set >> t & 1) != 0 && strcmp(now->table[page], NAME[t]) == 0)
                        chosen[page] = true;
            /* All five of the moment before: an older vault as a whole, with the newest page 1. */
            if (set == 31 || !put_back(w, now, m, chosen))
                continue;
            snprintf(what, sizeof what, "tables of set %x (log 1, pair 2, open 4, withheld 8, wrap 10) "
                "of moment %u at moment %u", set, m, now->m);
            if (!try_pages(w, now, what))
                die("%s: not found", what);
            times++;
        }
    printf("older images of whole tables: %u found\n", times);
}

static void
some_pages(struct world *w, struct present *now, const struct options *o)
{
    unsigned found = 0, harmless = 0;
    char what[200];

    for (unsigned i = 0; i < o->rounds * 2; i++) {
        unsigned m = (unsigned)(drand48() * now->m);
        double share = drand48();
        bool chosen[PAGES_MAX], all = true;
        for (size_t page = 0; page < PAGES_MAX; page++)
            chosen[page] = drand48() < share;
        for (size_t page = 1; page * PAGE < now->past->n[m]; page++)
            all &= chosen[page];
        if (all || !put_back(w, now, m, chosen))
            continue;           /* an older vault as a whole, or nothing */
        snprintf(what, sizeof what, "round %u: some pages of moment %u (seed %u)", i, m, o->seed);
        *(try_pages(w, now, what) ? &found : &harmless) += 1;
    }
    printf("older images of several pages: %u found, %u without a difference\n", found, harmless);
}

void
test_pages(struct world *w, const struct options *o)
{
    struct present *now = malloc(sizeof *now);
    struct past past;

    srand48((long)o->seed);
    if (now == NULL)
        abort();
    live(w, &past);
    for (unsigned m = 1; m < past.count; m++) {
        be_at(w, now, &past, m);
        single_pages(w, now);
        if (m == 1)             /* nothing but a type was added */
            must_have(now, now->said, (const char *const[]){ "system record (type)", NULL });
        if (m + 1 < past.count)
            free(now->good.text);
    }
    must_have(now, now->tables_seen,
        (const char *const[]){ "log", "pair", "open", "withheld", "wrap", NULL });
    whole_tables(w, now);
    some_pages(w, now, o);
    if (o->loud)
        printf("%s", now->said);
    for (unsigned m = 0; m < past.count; m++) {
        free(past.db[m]);
        free(past.keys[m]);
    }
    free(now->good.text);
    free(now);
}

/* ---- cut short ---- */

static void
cut_to(struct world *w, const struct state *good, const char *name, size_t n)
{
    char what[100];
    size_t had;
    uint8_t *p;

    folder_copy(w->base, w->work);
    p = file_get(w->work, name, &had);
    file_put(w->work, name, p, n);
    free(p);
    snprintf(what, sizeof what, "%s cut from %zu to %zu bytes", name, had, n);
    must_find(w, false, good, what, name);
}

static void
lengthen(struct world *w, const struct state *good, const char *name, size_t by, uint8_t with)
{
    struct problems p;
    char what[100];
    size_t n;
    uint8_t *had, *longer;

    folder_copy(w->base, w->work);
    had = file_get(w->work, name, &n);
    longer = malloc(n + by);
    if (longer == NULL)
        abort();
    memcpy(longer, had, n);
    memset(longer + n, with, by);
    file_put(w->work, name, longer, n + by);
    snprintf(what, sizeof what, "%s, %zu bytes %02x added", name, by, with);
    if (!tamper_found(w, false, good, what, &p))
        printf("%s: not found; what is read is the same\n", what);
    free(had);
    free(longer);
}

void
test_cut(struct world *w, const struct options *o)
{
    static const size_t AROUND[] = { 0, 1, 15, 16, 512, 8192, 16383 };
    struct state good;
    size_t n, times = 0;

    (void)o;
    folder_copy(w->base, w->work);
    good_state(w, w->work, false, &good);
    free(file_get(w->work, "records.db", &n));
    for (size_t page = 0; page < n / PAGE; page++)
        for (size_t i = 0; i < sizeof AROUND / sizeof AROUND[0]; i++, times++)
            cut_to(w, &good, "records.db", page * PAGE + AROUND[i]);
    for (size_t i = 0; i < KEYS; i += i < 64 || i > 4000 ? 1 : 61, times++)
        cut_to(w, &good, "keys", i);
    for (size_t by = 1; by <= 3 * PAGE; by = by * 3 + 1, times += 4) {
        lengthen(w, &good, "records.db", by, 0);
        lengthen(w, &good, "records.db", by, 0xa5);
        lengthen(w, &good, "keys", by, 0);
        lengthen(w, &good, "keys", by, 0xa5);
    }
    lengthen(w, &good, "records.db", PAGE, 0);
    lengthen(w, &good, "records.db", PAGE, 0xa5);
    printf("%zu wrong lengths\n", times);
    free(good.text);
}

/* ---- another file in its place ---- */

static void
foreign(struct world *w, const struct state *good, const char *what)
{
    must_find(w, false, good, what, NULL);
}

static void
make_plain(struct world *w)
{
    static const char SQL[] = "PRAGMA application_id=2003332196; PRAGMA user_version=2; CREATE TABLE log"
        "(n INTEGER PRIMARY KEY, entry BLOB NOT NULL, sigs BLOB NOT NULL, detail BLOB NOT NULL);";
    char path[300];
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/records.db", w->work);
    (void)unlink(path);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, SQL, NULL, NULL, NULL) != SQLITE_OK)
        die("cannot make a plain database");
    sqlite3_close(db);
    (void)chmod(path, 0600);
}

/* Special files are judged by the exit code alone. */
static void
special(struct world *w, const char *name)
{
    static const char *const KIND[] = { "nothing", "a folder", "a FIFO", "a link to the real one",
        "a link to nowhere", "a link to /dev/null" };
    char path[300], elsewhere[320], what[100];
    vault_err err;

    snprintf(path, sizeof path, "%s/%s", w->work, name);
    snprintf(elsewhere, sizeof elsewhere, "%s/%s", w->base, name);
    for (int kind = 0; kind < 6; kind++) {
        folder_copy(w->base, w->work);
        (void)unlink(path);
        if ((kind == 1 && mkdir(path, 0700) != 0) || (kind == 2 && mkfifo(path, 0600) != 0) ||
            (kind >= 3 && symlink(kind == 3 ? elsewhere : kind == 4 ? "/nowhere" : "/dev/null",
                path) != 0))
            die("cannot make %s", KIND[kind]);
        snprintf(what, sizeof what, "%s is %s", name, KIND[kind]);
        err = world_check(w, w->work, false, NULL);
        if (err != VAULT_ERR_DAMAGED)
            die("%s: check ends with %d", what, err);
        (void)rmdir(path);
    }
}

void
test_foreign(struct world *w, const struct options *o)
{
    struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    char other[300];
    struct state good;
    size_t n, m;
    uint8_t *p, *q;

    (void)o;
    if (state_of(w, w->base, false, true, &good) != VAULT_OK)
        die("base cannot be read");
    snprintf(other, sizeof other, "%s/other.vault", w->root);
    if (vault_create(other, w->old_pass, &opt) != VAULT_OK)
        die("cannot make a second vault");
    p = file_get(w->base, "records.db", &n);
    folder_copy(w->base, w->work);
    q = file_get(other, "records.db", &m);
    file_put(w->work, "records.db", q, m);
    free(q);
    foreign(w, &good, "records.db of another vault with the same passphrase");
    folder_copy(w->base, w->work);
    q = file_get(other, "keys", &m);
    file_put(w->work, "keys", q, m);
    foreign(w, &good, "keys of another vault with the same passphrase");
    file_put(w->work, "keys", p, KEYS);
    foreign(w, &good, "keys that is the beginning of records.db");
    folder_copy(w->base, w->work);
    file_put(w->work, "records.db", q, m);
    foreign(w, &good, "records.db that is keys");
    randombytes_buf(p, n);
    file_put(w->work, "records.db", p, n);
    foreign(w, &good, "records.db of random bytes");
    memset(p, 0, n);
    file_put(w->work, "records.db", p, n);
    foreign(w, &good, "records.db of zeros");
    make_plain(w);
    foreign(w, &good, "records.db that is not encrypted");
    special(w, "records.db");
    special(w, "keys");
    free(p);
    free(q);
    free(good.text);
}

/* ---- what a change of keys leaves, put there by somebody else ---- */

/* The present passphrase opens it as if nothing lay there, the one of before is wrong; then it is gone. */
static void
plant(struct world *w, const struct state *good, const char *name, const void *p, size_t n,
    const char *what)
{
    struct vault_credentials old = world_cred(w->old_pass);
    char planted[300], names[400];
    struct problems problems;
    struct state now = {0};
    vault *v = NULL;
    vault_err err;

    snprintf(planted, sizeof planted, "%s/planted.vault", w->root);
    folder_copy(planted, w->work);
    file_put(w->work, name, p, n);
    err = vault_open(&v, w->work, &old);
    vault_close(v);
    if (err != VAULT_ERR_KEY)
        die("%s is %s: the former passphrase ends with %d", name, what, err);
    if (world_check(w, w->work, true, &problems) != VAULT_OK)
        die("%s is %s: check finds\n%s", name, what, problems.text);
    if (state_of(w, w->work, true, true, &now) != VAULT_OK || strcmp(now.text, good->text) != 0)
        die("%s is %s: it does not hold what it held", name, what);
    free(now.text);
    folder_names(w->work, names, sizeof names);
    if (strcmp(names, "keys records.db ") != 0)
        die("%s is %s: in the folder there is %s", name, what, names);
}

void
test_planted(struct world *w, const struct options *o)
{
    static const char *const NAME[] = { "keys.new", "records.db.new" };
    struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    char planted[300], other[300];
    uint8_t *old, *foreign_keys, noise[5000];
    struct state good;
    size_t n;

    (void)o;
    snprintf(planted, sizeof planted, "%s/planted.vault", w->root);
    snprintf(other, sizeof other, "%s/other.vault", w->root);
    deed_prepare(w, deed_find("key-change"));
    if (deed_do(w, deed_find("key-change")) != VAULT_OK ||
        vault_create(other, w->new_pass, &opt) != VAULT_OK)
        die("cannot prepare");
    folder_copy(w->work, planted);
    good_state(w, planted, true, &good);
    old = file_get(w->base, "keys", &n);
    foreign_keys = file_get(other, "keys", &n);
    randombytes_buf(noise, sizeof noise);
    for (int i = 0; i < 2; i++) {
        plant(w, &good, NAME[i], old, KEYS, "the keys of before");
        plant(w, &good, NAME[i], foreign_keys, KEYS, "those of another vault");
        plant(w, &good, NAME[i], noise, KEYS, "noise");
        plant(w, &good, NAME[i], noise, sizeof noise, "longer noise");
        plant(w, &good, NAME[i], old, KEYS - 1, "cut short");
        plant(w, &good, NAME[i], old, 0, "empty");
    }
    printf("planted files: each without effect, and gone\n");
    free(old);
    free(foreign_keys);
    free(good.text);
}
