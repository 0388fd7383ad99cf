/* Rows of a database read page by page, against what SQLite reads from the same file; a journal; pages that are hurt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "vault/base/files.h"
#include "vault/store/pages.h"
#include "vault/store/salvage.h"

#define TABLE_NUMBERS 20

/* What was seen: rows of each table, and a sum over numbers and bytes that does not depend on the order. */
struct seen { uint64_t rows[TABLE_NUMBERS], sum[TABLE_NUMBERS]; };

static uint64_t
digest(int64_t n, struct part a, struct part b)
{
    uint64_t h = (uint64_t)n * 0x9E3779B97F4A7C15u;

    for (size_t i = 0; i < a.n; i++)
        h = (h ^ ((const uint8_t *)a.p)[i]) * 0x100000001B3u;
    for (size_t i = 0; i < b.n; i++)
        h = (h ^ ((const uint8_t *)b.p)[i]) * 0x100000001B3u;
    return h;
}

static vault_err
note(void *ctx, const struct salvaged_row *row)
{
    struct seen *s = ctx;

    s->rows[row->table]++;
    s->sum[row->table] += row->table == SALVAGE_LOG ? digest(row->log.n, row->log.entry, row->log.detail) :
        row->table == SALVAGE_PAIR ? digest(row->pair.n * 7 + row->pair.log, row->pair.ids, row->pair.tags) :
        digest(row->n, row->blob, PART(NULL, 0));
    return VAULT_OK;
}

/* The same by SQLite. */
static struct seen
by_sqlite(void)
{
    struct seen s = {0};
    struct db_cursor *c = NULL;
    struct salvaged_row row;
    bool got = true;

    for (int t = 0; t < DB_TABLES; t++) {
        assert_int_equal(db_scan(v->db, (enum db_table)t, INT64_MIN, &c), VAULT_OK);
        for (;;) {
            row = (struct salvaged_row){ .table = t };
            assert_int_equal(db_next(c, &row.n, &row.blob, &got), VAULT_OK);
            if (!got)
                break;
            assert_int_equal(note(&s, &row), VAULT_OK);
        }
        db_scan_end(c);
    }
    assert_int_equal(db_scan_log(v->db, INT64_MIN, &c), VAULT_OK);
    for (row.table = SALVAGE_LOG;; (void)note(&s, &row)) {
        assert_int_equal(db_next_log(c, &row.log, &got), VAULT_OK);
        if (!got)
            break;
    }
    db_scan_end(c);
    assert_int_equal(db_scan_pair(v->db, INT64_MIN, &c), VAULT_OK);
    for (row.table = SALVAGE_PAIR;; (void)note(&s, &row)) {
        assert_int_equal(db_next_pair(c, &row.pair, &got), VAULT_OK);
        if (!got)
            break;
    }
    db_scan_end(c);
    return s;
}

static struct seen
by_pages(struct salvage_count *count)
{
    struct seen s = {0};
    struct secret *key = NULL;

    assert_int_equal(tree_db_key(&key, &v->tree, v->kf.db_salt), VAULT_OK);
    assert_int_equal(salvage_rows(v->dir, "copy.db", key, note, &s, count), VAULT_OK);
    secret_free(key);
    return s;
}

/* ---- the vault of the suite, and a copy of its database beside it ---- */

static void
copy_file(const char *from, const char *to)
{
    struct buf b = BUF_INIT;

    (void)unlinkat(v->dir, to, 0);
    assert_int_equal(file_read(&b, v->dir, from, (size_t)1 << 28), VAULT_OK);
    assert_int_equal(file_create(v->dir, to, b.p, b.n), VAULT_OK);
    buf_free(&b);
}

static void
hurt(uint32_t page, size_t at)
{
    int fd = openat(v->dir, "copy.db", O_RDWR | O_CLOEXEC);
    off_t where = ((off_t)page - 1) * PAGE_BYTES + (off_t)at;
    uint8_t b = 0;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &b, 1, where), 1);
    b ^= 1;
    assert_int_equal(pwrite(fd, &b, 1, where), 1);
    (void)close(fd);
}

static void
put_large(enum db_table t, int64_t n, size_t size)
{
    uint8_t *p = malloc(size);

    memset(p, (int)(n & 0xff), size);
    assert_int_equal(db_put(v->db, t, n, PART(p, size)), VAULT_OK);
    free(p);
}

static int
fill_vault(void **state)
{
    char text[1000], ref[16];
    struct vault_added added;

    if (make_vault(state) != 0)
        return -1;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(db_begin(v->db), VAULT_OK);
    /* Rows that go over many pages, one that just fits a page, and one that just does not. */
    for (size_t n = 16200; n < 16300; n++)
        put_large(DB_WITHHELD_BLOB, (int64_t)n, n);
    for (int i = 0; i < 6; i++)
        put_large(DB_WITHHELD_CHUNK, (int64_t)1 << (40 + 3 * i), (size_t)(300000 + i * 4099));
    assert_int_equal(db_commit(v->db), VAULT_OK);
    for (int i = 0; i < 120; i++) {
        snprintf(ref, sizeof ref, "R-%d", i);
        vault_fields *f = fields("ref", ref, "notes", text, NULL);
        assert_int_equal(vault_add(v, "person", f, &added), VAULT_OK);
        vault_fields_free(f);
    }
    return 0;
}

static int
empty_vault(void **state)
{
    (void)unlinkat(v->dir, "copy.db", 0);
    (void)unlinkat(v->dir, "copy.db-journal", 0);
    return remove_vault(state);
}

/* ---- the promises ---- */

static void
test_salvage__finds_every_row_that_sqlite_finds(void **state)
{
    struct salvage_count count;
    struct seen want = by_sqlite(), got;
    (void)state;

    copy_file(DB_NAME, "copy.db");
    got = by_pages(&count);
    assert_memory_equal(&got, &want, sizeof got);
    assert_int_equal(count.bad, 0);
    assert_int_equal(count.cut, 0);
    assert_int_equal(count.log_missing, 0);
}

/* A root, or another page that only leads to others: its leaves are found, and told apart. */
static void
test_salvage__a_bad_page_costs_its_own_rows_alone(void **state)
{
    struct salvage_count count;
    struct seen want = by_sqlite(), got;
    uint32_t pages;
    (void)state;

    copy_file(DB_NAME, "copy.db");
    (void)by_pages(&count);
    pages = count.pages;
    for (uint32_t page = 1; page <= pages; page++) {
        uint64_t lost = 0, tables = 0;
        hurt(page, 3000);
        got = by_pages(&count);
        assert_int_equal(count.bad, 1);
        assert_true((count.log_missing != 0) == (got.rows[SALVAGE_LOG] < want.rows[SALVAGE_LOG]));
        for (int t = 0; t < TABLE_NUMBERS; t++) {
            assert_true(got.rows[t] <= want.rows[t]);
            lost += want.rows[t] - got.rows[t];
            tables += want.rows[t] != got.rows[t];
            if (got.rows[t] == want.rows[t])
                assert_int_equal(got.sum[t], want.sum[t]);
        }
        if (lost > 200 || tables > 1)       /* a page of packs of one revision holds more than a hundred */
            fail_msg("page %u: %llu rows are lost", page, (unsigned long long)lost);
        hurt(page, 3000);
    }
    assert_true(pages > 150);
}

static void
test_salvage__a_journal_that_was_left_takes_the_transaction_back(void **state)
{
    struct salvage_count count;
    struct seen want = by_sqlite(), got, torn;
    (void)state;

    /* A small cache makes SQLite write pages before the transaction ends. */
    assert_int_equal(db_exec(v->db, "PRAGMA cache_size = 4"), VAULT_OK);
    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_exec(v->db, "UPDATE withheld SET blob = zeroblob(length(blob)); DELETE FROM open;"
        "INSERT INTO open_chunk VALUES(5, zeroblob(900000))"), VAULT_OK);
    copy_file(DB_NAME, "copy.db");
    torn = by_pages(&count);
    assert_memory_not_equal(&torn, &want, sizeof torn);
    copy_file(DB_NAME "-journal", "copy.db-journal");
    db_rollback(v->db);
    got = by_pages(&count);
    assert_memory_equal(&got, &want, sizeof got);
    /* What is no journal changes nothing. */
    (void)unlinkat(v->dir, "copy.db-journal", 0);
    assert_int_equal(file_create(v->dir, "copy.db-journal", "no journal", 10), VAULT_OK);
    copy_file(DB_NAME, "copy.db");
    got = by_pages(&count);
    assert_memory_equal(&got, &want, sizeof got);
    (void)unlinkat(v->dir, "copy.db-journal", 0);
}

static void
test_salvage__a_file_cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
    struct salvage_count count;
    struct seen want = by_sqlite(), got;
    struct buf b = BUF_INIT;
    (void)state;

    assert_int_equal(file_read(&b, v->dir, DB_NAME, (size_t)1 << 28), VAULT_OK);
    for (size_t n = PAGE_BYTES; n < b.n; n += PAGE_BYTES * 13 + 1001) {
        (void)unlinkat(v->dir, "copy.db", 0);
        assert_int_equal(file_create(v->dir, "copy.db", b.p, n), VAULT_OK);
        got = by_pages(&count);
        assert_int_equal(count.pages, n / PAGE_BYTES);
        for (int t = 0; t < TABLE_NUMBERS; t++)
            assert_true(got.rows[t] <= want.rows[t]);
        assert_true(count.log_missing != 0 || got.rows[SALVAGE_LOG] == want.rows[SALVAGE_LOG]);
    }
    buf_free(&b);
}

static void
test_salvage__another_key_opens_nothing(void **state)
{
    struct salvage_count count;
    struct secret *key = NULL;
    struct seen s = {0};
    (void)state;

    copy_file(DB_NAME, "copy.db");
    assert_int_equal(tree_db_key(&key, &v->tree, v->kf.argon_salt), VAULT_OK);
    assert_int_equal(salvage_rows(v->dir, "copy.db", key, note, &s, &count), VAULT_ERR_DAMAGED);
    assert_int_equal(salvage_rows(v->dir, "missing.db", key, note, &s, &count), VAULT_ERR_DAMAGED);
    secret_free(key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_salvage__finds_every_row_that_sqlite_finds),
        cmocka_unit_test(test_salvage__a_bad_page_costs_its_own_rows_alone),
        cmocka_unit_test(test_salvage__a_journal_that_was_left_takes_the_transaction_back),
        cmocka_unit_test(test_salvage__a_file_cut_anywhere_is_read_as_far_as_it_goes),
        cmocka_unit_test(test_salvage__another_key_opens_nothing),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, fill_vault, empty_vault);
}
