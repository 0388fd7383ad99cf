/* salvage.c - see salvage.h. */
#include "vault/store/salvage.h"

#include <stdlib.h>
#include <string.h>
#include "vault/store/pages.h"

#define LEAF 13                 /* SQLite's types of pages of a table */
#define INTERIOR 5
#define ROW_MAX ((size_t)36 << 20)      /* more than any row we write */
#define COLUMNS_MAX 5
#define DEPTH_MAX 20            /* of a tree: SQLite's own limit */
#define RESERVED_AT 20          /* in page 1: bytes at the end of each page that SQLite leaves alone... */
#define RESERVED 80             /* ...as SQLCipher sets it before it is told of a shorter MAC */
#define SIZE_AT 28              /* in page 1: how many pages there are */

static const struct { const char *name; int table; } TABLE[] = {
    { "log", SALVAGE_LOG }, { "pair", SALVAGE_PAIR }, { "open", DB_OPEN_BLOB },
    { "withheld", DB_WITHHELD_BLOB }, { "wrap", DB_WRAP }, { "intake", DB_INTAKE },
    { "open_chunk", DB_OPEN_CHUNK }, { "withheld_chunk", DB_WITHHELD_CHUNK },
};
#define TABLES (sizeof TABLE / sizeof TABLE[0])
#define LOG 0                   /* place of `log` in TABLE */

struct salvage {
    struct pages *pages;
    uint32_t n;
    uint32_t behind;            /* pages that page 1 counts and the file does not have */
    uint32_t usable;            /* of a page, for SQLite */
    uint8_t *owner;             /* of page i: 1 + place in TABLE; 0: not known */
    uint32_t *todo;             /* pages whose children are to be looked at */
    uint32_t n_todo;
    bool guessed;               /* page 1 is bad: the roots are where a new database has them */
    uint8_t *depth;             /* of page i in the tree of its table */
    uint8_t leaves[TABLES];     /* 1 + the depth at which the leaves of a table lie; 0: none was seen */
    uint8_t bad[TABLES];        /* 1 + the least depth of a page that is bad, or behind the end of the file; 0: none is */
    uint32_t bad_log[DEPTH_MAX + 2];    /* of the log: how many are, by 1 + depth */
    uint64_t log_rows;          /* rows of the log that were told */
    uint32_t strays;            /* bad pages, but the first, that nothing leads to */
    uint8_t page[PAGE_BYTES], over[PAGE_BYTES];
    struct buf payload;
    uint64_t steps;             /* pages of chains that were followed */
    salvage_fn *fn;
    void *ctx;
    struct salvage_count *count;
};

/* ---- SQLite's numbers ---- */

static uint32_t
be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
be32(const uint8_t *p)
{
    return be16(p) << 16 | be16(p + 2);
}

/* One to nine bytes. */
static uint64_t
rd_varint(struct rd *r)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++) {
        uint8_t b = rd_u8(r);
        v = v << 7 | (b & 0x7f);
        if ((b & 0x80) == 0)
            return v;
    }
    return v << 8 | rd_u8(r);
}

static int64_t
rd_int(struct rd *r, size_t n)
{
    const uint8_t *p = rd_take(r, n);
    uint64_t v = p != NULL && n > 0 && (p[0] & 0x80) != 0 ? UINT64_MAX : 0;

    for (size_t i = 0; p != NULL && i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

/* ---- rows ---- */

struct column { bool is_blob, is_int; int64_t i; struct part blob; };

static size_t
stored_bytes(uint64_t type)
{
    static const uint8_t BYTES[12] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0 };

    return type < 12 ? BYTES[type] : (size_t)((type - 12) / 2);
}

static void
read_column(struct rd *body, uint64_t type, struct column *c)
{
    size_t n = stored_bytes(type);

    memset(c, 0, sizeof *c);
    if (type >= 12) {
        c->is_blob = true;      /* or text, in the schema */
        c->blob = PART(rd_take(body, n), n);
    } else if (type == 8 || type == 9) {
        c->is_int = true;
        c->i = type == 9;
    } else {
        c->is_int = n != 0 && type != 7;
        c->i = rd_int(body, n);
    }
}

/* Values of a record; 0: it is none. Of one that is cut the kinds alone count: its head is there. */
static size_t
read_record(struct part payload, bool whole, struct column out[static COLUMNS_MAX])
{
    struct rd r = rd_of(payload.p, payload.n), head, body;
    uint64_t n = rd_varint(&r);
    size_t used = payload.n - r.n, count = 0;

    if (r.bad || n < used || n > payload.n)
        return 0;
    head = rd_of(r.p, (size_t)n - used);
    body = rd_of((const uint8_t *)payload.p + n, payload.n - (size_t)n);
    while (head.n > 0 && !head.bad && count < COLUMNS_MAX)
        read_column(&body, rd_varint(&head), &out[count++]);
    return rd_end(&head) && (!whole || rd_end(&body)) ? count : 0;
}

/* The rest of a row lies in a chain of pages of its own. *whole false: one of them is lost. */
static vault_err
follow(struct salvage *s, uint32_t page, size_t left, bool *whole)
{
    vault_err err = VAULT_OK;

    *whole = true;
    while (err == VAULT_OK && *whole && left > 0) {
        size_t n = left < s->usable - 4 ? left : s->usable - 4;
        /* A page is in one chain. Cells that share one, or a chain that bites its tail, must not keep us for hours. */
        if (++s->steps > 8 * (uint64_t)s->n + 4096)
            *whole = false;
        if (!*whole)
            break;
        err = pages_read(s->pages, page, s->over, whole);
        if (err != VAULT_OK || !*whole)
            break;
        buf_put(&s->payload, s->over + 4, n);
        page = be32(s->over);
        left -= n;
    }
    return err != VAULT_OK || !*whole ? err : buf_ok(&s->payload);
}

struct cell { int64_t n; uint64_t size; const uint8_t *p; size_t local; uint32_t rest; bool whole; };

/* How much of a payload lies on the leaf itself: SQLite's file format, "B-tree Cell Format". */
static bool
read_cell(const struct salvage *s, size_t at, struct cell *c)
{
    const uint64_t most = s->usable - 35, least = (s->usable - 12) * 32 / 255 - 23;
    struct rd r = rd_of(s->page + at, s->usable - at);
    uint64_t local;

    c->size = rd_varint(&r);
    c->n = (int64_t)rd_varint(&r);
    if (r.bad || c->size > ROW_MAX)
        return false;
    local = c->size;
    if (c->size > most) {
        local = least + (c->size - least) % (s->usable - 4);
        if (local > most)
            local = least;
    }
    c->local = (size_t)local;
    c->p = rd_take(&r, c->local);
    c->rest = 0;
    if (c->size > most) {
        const uint8_t *next = rd_take(&r, 4);
        c->rest = next == NULL ? 0 : be32(next);
    }
    return !r.bad;
}

/* Cells of a leaf or an interior page; 0 where it cannot be one. */
static size_t
cells(const struct salvage *s, size_t head, size_t *first)
{
    size_t n = be16(s->page + head + 3);

    *first = head + (s->page[head] == LEAF ? 8 : 12);
    return *first + 2 * n <= s->usable ? n : 0;
}

static vault_err
each_row(struct salvage *s, size_t head, vault_err (*fn)(struct salvage *s, const struct cell *c, void *ctx),
    void *ctx)
{
    size_t first, n = cells(s, head, &first);
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        size_t at = be16(s->page + first + 2 * i);
        struct cell c;
        if (at >= s->usable || at < first + 2 * n || !read_cell(s, at, &c))
            continue;           /* not a row: the page is no leaf of ours */
        buf_reset(&s->payload);
        buf_put(&s->payload, c.p, c.local);
        err = buf_ok(&s->payload);
        c.whole = true;
        if (err == VAULT_OK && c.rest != 0)
            err = follow(s, c.rest, (size_t)c.size - c.local, &c.whole);
        if (err == VAULT_OK)
            err = fn(s, &c, ctx);
        s->count->cut += !c.whole;
    }
    return err;
}

/* ---- which pages are whose ---- */

static void
note_bad(struct salvage *s, uint8_t owner, uint8_t depth)
{
    uint8_t table = (uint8_t)(owner - 1);

    depth++;
    if (s->bad[table] == 0 || depth < s->bad[table])
        s->bad[table] = depth;
    if (table == LOG)
        s->bad_log[depth]++;
}

static void
own(struct salvage *s, uint32_t page, uint8_t owner, uint8_t depth)
{
    if (page < 2 || depth > DEPTH_MAX)
        return;
    if (page > s->n)
        note_bad(s, owner, depth);      /* the file was cut short */
    if (page > s->n || s->owner[page] != 0)
        return;
    s->owner[page] = owner;
    s->depth[page] = depth;
    s->todo[s->n_todo++] = page;
}

static vault_err
take_schema(struct salvage *s, const struct cell *c, void *ctx)
{
    struct column col[COLUMNS_MAX];
    size_t n = c->whole ? read_record(PART(s->payload.p, s->payload.n), true, col) : 0;

    (void)ctx;
    if (n != 5 || !col[1].is_blob || !col[3].is_int)
        return VAULT_OK;
    for (size_t i = 0; i < TABLES; i++)
        if (col[1].blob.n == strlen(TABLE[i].name) &&
            memcmp(col[1].blob.p, TABLE[i].name, col[1].blob.n) == 0 && col[3].i <= UINT32_MAX)
            own(s, (uint32_t)col[3].i, (uint8_t)(i + 1), 0);
    return VAULT_OK;
}

/* The roots, as page 1 names them. A new database gives its tables the pages from 2 on, in their order. */
static vault_err
find_roots(struct salvage *s)
{
    bool ok = false;
    vault_err err = pages_read(s->pages, 1, s->page, &ok);

    s->usable = PAGE_BYTES - (ok && s->page[RESERVED_AT] >= PAGE_BYTES - PAGE_PLAIN ? s->page[RESERVED_AT] : RESERVED);
    if (err == VAULT_OK && ok && be32(s->page + SIZE_AT) > s->n)
        s->behind = be32(s->page + SIZE_AT) - s->n;
    if (err == VAULT_OK && ok && s->page[100] == LEAF)
        err = each_row(s, 100, take_schema, NULL);
    s->guessed = s->n_todo == 0;
    for (uint32_t i = 0; err == VAULT_OK && s->guessed && i < TABLES; i++)
        own(s, i + 2, (uint8_t)(i + 1), 0);
    return err;
}

static void
own_children(struct salvage *s, uint32_t page)
{
    uint8_t owner = s->owner[page], depth = (uint8_t)(s->depth[page] + 1);
    size_t first, n = cells(s, 0, &first);

    for (size_t i = 0; i < n; i++) {
        size_t at = be16(s->page + first + 2 * i);
        if (at + 4 <= s->usable)
            own(s, be32(s->page + at), owner, depth);
    }
    own(s, be32(s->page + 8), owner, depth);
}

static void
note_page(struct salvage *s, uint32_t page, bool ok)
{
    if (ok && s->page[0] == INTERIOR)
        own_children(s, page);
    else if (ok && s->page[0] == LEAF)
        s->leaves[s->owner[page] - 1] = (uint8_t)(s->depth[page] + 1);
    else if (!ok)
        note_bad(s, s->owner[page], s->depth[page]);
}

/* May there be leaves of this table that nothing leads to? All leaves of a tree lie at one depth. */
static bool
is_broken(const struct salvage *s, size_t table)
{
    return s->guessed || (s->bad[table] != 0 && (s->leaves[table] == 0 || s->bad[table] < s->leaves[table]));
}

/* Was it a leaf of the log that is bad at this depth (and one more)? Where none was led to, the highest that are bad stood above
 * those that were found all the same. */
static bool
was_leaf(const struct salvage *s, uint8_t depth)
{
    if (s->leaves[LOG] != 0)
        return depth >= s->leaves[LOG];
    return depth > s->bad[LOG] || s->log_rows == 0;
}

/* Who looks at names is in the log, and one bad page may be all that hides it: a log that lacks its end is as good a chain as a whole one. */
static void
count_missing(struct salvage *s)
{
    uint64_t *missing = &s->count->log_missing;

    for (uint8_t depth = 1; depth < DEPTH_MAX + 2; depth++)
        if (was_leaf(s, depth))
            *missing += s->bad_log[depth];
    if (is_broken(s, LOG))
        *missing += (uint64_t)s->strays + s->behind;
    if (s->guessed && s->bad[LOG] != 0)
        ++*missing;             /* how long the file was nobody knows either */
}

static vault_err
walk(struct salvage *s)
{
    vault_err err = find_roots(s);

    while (err == VAULT_OK && s->n_todo > 0) {
        uint32_t page = s->todo[--s->n_todo];
        bool ok = false;
        err = pages_read(s->pages, page, s->page, &ok);
        if (err == VAULT_OK)
            note_page(s, page, ok);
    }
    return err;
}

/* ---- telling ---- */

static bool
is_key(const struct column *c)
{
    return !c->is_blob && !c->is_int;       /* NULL: it is the row's number */
}

/* By its columns. A table of one blob stays unsure, but for what only one of them can have. */
static int
shape(const struct column *c, size_t n)
{
    if (n == 4 && is_key(c) && c[1].is_blob && c[2].is_blob && c[3].is_blob)
        return SALVAGE_LOG;
    if (n == 4 && is_key(c) && c[1].is_int && c[2].is_blob && c[3].is_blob)
        return SALVAGE_PAIR;
    return n == 2 && is_key(c) && c[1].is_blob ? SALVAGE_UNSURE : -1;
}

/* Numbers of chunks are drawn below 2^62; all others count from 1. An X-Wing ciphertext has 1120 bytes. */
static bool
fits(int table, const struct salvaged_row *row)
{
    bool drawn = row->n > UINT32_MAX;

    switch (table) {
    case DB_OPEN_CHUNK:
    case DB_WITHHELD_CHUNK:
        return drawn;
    case DB_INTAKE:
        return !drawn && row->blob.n == 1120;
    case DB_OPEN_BLOB:
    case DB_WITHHELD_BLOB:
    case DB_WRAP:
        return !drawn;
    default:
        return false;
    }
}

/* A leaf that nothing leads to belongs to a table of which a page above the leaves is bad. */
static void
guess(const struct salvage *s, struct salvaged_row *row)
{
    unsigned n = 0;

    for (size_t i = 0; i < TABLES; i++)
        if (is_broken(s, i) && fits(TABLE[i].table, row)) {
            row->may_be |= 1u << TABLE[i].table;
            row->table = TABLE[i].table;
            n++;
        }
    if (n != 1)
        row->table = SALVAGE_UNSURE;
}

struct telling { uint32_t page; int table; };

static vault_err
tell_row(struct salvage *s, const struct cell *cell, void *ctx)
{
    const struct telling *t = ctx;
    struct column c[COLUMNS_MAX];
    struct salvaged_row row = { .page = t->page, .n = cell->n };
    int is = shape(c, read_record(PART(s->payload.p, s->payload.n), cell->whole, c));

    if (!cell->whole) {
        s->count->log_missing += (t->table >= 0 ? t->table : is) == SALVAGE_LOG;
        return VAULT_OK;
    }
    if (is < 0 || (t->table >= 0 && (is == SALVAGE_UNSURE ? t->table >= SALVAGE_LOG : is != t->table)))
        return VAULT_OK;        /* whoever has the key of the database can write anything: judged like what is not there */
    row.table = t->table >= 0 ? t->table : is;
    if (is == SALVAGE_LOG)
        row.log = (struct db_log_row){ .n = cell->n, .entry = c[1].blob, .sigs = c[2].blob, .detail = c[3].blob };
    else if (is == SALVAGE_PAIR)
        row.pair = (struct db_pair_row){ .n = cell->n, .log = c[1].i, .ids = c[2].blob, .tags = c[3].blob };
    else
        row.blob = c[1].blob;
    if (row.table == SALVAGE_UNSURE)
        guess(s, &row);
    s->count->rows++;
    s->log_rows += row.table == SALVAGE_LOG;
    return s->fn(s->ctx, &row);
}

static vault_err
tell_pages(struct salvage *s)
{
    vault_err err = VAULT_OK;

    for (uint32_t i = 1; err == VAULT_OK && i <= s->n; i++) {
        struct telling t = { .page = i, .table = s->owner[i] == 0 ? -1 : TABLE[s->owner[i] - 1].table };
        bool ok = false;
        err = pages_read(s->pages, i, s->page, &ok);
        s->count->bad += err == VAULT_OK && !ok;
        s->strays += err == VAULT_OK && !ok && i > 1 && s->owner[i] == 0;
        if (err == VAULT_OK && ok && i > 1 && s->page[0] == LEAF)
            err = each_row(s, 0, tell_row, &t);
    }
    return err;
}

vault_err
salvage_rows(int dir, const char *name, const struct secret *key, salvage_fn *fn, void *ctx,
    struct salvage_count *count)
{
    struct salvage *s = calloc(1, sizeof *s);
    vault_err err;

    if (s == NULL)
        return err_nomem();
    memset(count, 0, sizeof *count);
    s->fn = fn;
    s->ctx = ctx;
    s->count = count;
    err = pages_open(&s->pages, dir, name, key);
    if (err == VAULT_OK) {
        s->n = count->pages = pages_count(s->pages);
        s->owner = calloc((size_t)s->n + 1, 1);
        s->todo = calloc((size_t)s->n + 1, sizeof *s->todo);
        s->depth = calloc((size_t)s->n + 1, 1);
        err = s->owner == NULL || s->todo == NULL || s->depth == NULL ? err_nomem() : VAULT_OK;
    }
    if (err == VAULT_OK)
        err = walk(s);
    if (err == VAULT_OK)
        err = tell_pages(s);
    if (err == VAULT_OK)
        count_missing(s);
    if (err == VAULT_OK && count->bad == count->pages)
        err = err_say(VAULT_ERR_DAMAGED, "use the file keys that belongs to this records.db",
            "no page of records.db opens with the key that keys holds");
    pages_close(s->pages);
    buf_free(&s->payload);
    free(s->owner);
    free(s->depth);
    free(s->todo);
    free(s);
    return err;
}
