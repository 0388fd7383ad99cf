/* test_db.c - real SQLCipher databases, each in a folder of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#include "vault/base/err.h"
#include "vault/store/db_priv.h"

#define PAGE 16384

struct place {
    char dir[256], path[300], journal[320];
    struct secret *key;
    struct db *db;
};

/* The text that tree_db_key would build, from a counting key. */
static struct secret *
key_text(uint8_t first)
{
    struct secret *s = NULL;
    char *p;

    assert_int_equal(secret_new(&s, 99), VAULT_OK);
    p = (char *)secret_edit(s);
    p[0] = 'x';
    p[1] = '\'';
    for (size_t i = 0; i < 96; i++)
        p[2 + i] = "0123456789abcdef"[(first + i * 7) % 16];
    p[98] = '\'';
    return s;
}

static int
set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct place *at = calloc(1, sizeof *at);

    snprintf(at->dir, sizeof at->dir, "%s/withheld-db-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(at->dir) == NULL)
        return -1;
    snprintf(at->path, sizeof at->path, "%s/records.db", at->dir);
    snprintf(at->journal, sizeof at->journal, "%s-journal", at->path);
    at->key = key_text(1);
    assert_int_equal(db_open(&at->db, at->path, at->key, DB_CREATE), VAULT_OK);
    *state = at;
    return 0;
}

static int
tear_down(void **state)
{
    struct place *at = *state;

    db_close(at->db);
    secret_free(at->key);
    (void)unlink(at->path);
    (void)unlink(at->journal);
    (void)rmdir(at->dir);
    free(at);
    return 0;
}

static void
close_db(struct place *at)
{
    db_close(at->db);
    at->db = NULL;
}

static void
reopen(struct place *at)
{
    close_db(at);
    assert_int_equal(db_open(&at->db, at->path, at->key, DB_OPEN), VAULT_OK);
}

/* Opening fails with `want` and gives nothing. */
static void
assert_opens_not(struct place *at, const struct secret *key, vault_err want)
{
    struct db *db = NULL;

    assert_int_equal(db_open(&db, at->path, key, DB_OPEN), want);
    assert_null(db);
    assert_string_not_equal(vault_last_error()->text, "");
}

static void
put(struct place *at, enum db_table t, int64_t n, const char *text)
{
    assert_int_equal(db_put(at->db, t, n, PART(text, strlen(text))), VAULT_OK);
}

static void
assert_row(struct place *at, enum db_table t, int64_t n, const char *text)
{
    struct buf b = BUF_INIT;
    vault_err err = db_get(at->db, t, n, &b);

    if (text == NULL) {
        assert_int_equal(err, VAULT_ERR_NOT_FOUND);
    } else {
        assert_int_equal(err, VAULT_OK);
        assert_int_equal(b.n, strlen(text));
        assert_memory_equal(b.p, text, b.n);
    }
    buf_free(&b);
}

static void
begin(struct place *at)
{
    assert_int_equal(db_begin(at->db), VAULT_OK);
}

static void
commit(struct place *at)
{
    assert_int_equal(db_commit(at->db), VAULT_OK);
}

/* ---- opening ---- */

static void
test_db__a_new_database_opens_again(void **state)
{
    struct place *at = *state;

    begin(at);
    put(at, DB_OPEN_BLOB, 1, "a blob");
    commit(at);
    reopen(at);
    assert_row(at, DB_OPEN_BLOB, 1, "a blob");
}

static void
test_db__nothing_of_it_is_plain(void **state)
{
    struct place *at = *state;
    uint8_t *all = malloc(1 << 20);
    FILE *f;
    size_t n;

    begin(at);
    put(at, DB_OPEN_BLOB, 1, "a marker that must be ciphertext on the disk");
    commit(at);
    close_db(at);
    f = fopen(at->path, "rb");
    assert_non_null(f);
    n = fread(all, 1, 1 << 20, f);
    fclose(f);
    assert_in_range(n, PAGE, 1 << 20);
    assert_null(memmem(all, n, "a marker that must", 18));
    assert_null(memmem(all, n, "SQLite format", 13));
    assert_null(memmem(all, n, "CREATE TABLE", 12));
    free(all);
}

static void
test_db__a_wrong_key_reads_as_damage(void **state)
{
    struct place *at = *state;
    struct secret *wrong = key_text(2);

    close_db(at);
    assert_opens_not(at, wrong, VAULT_ERR_DAMAGED);
    secret_free(wrong);
}

/* The salt is the last 32 digits of the key text; the file begins with it. */
static void
test_db__a_wrong_salt_reads_as_damage(void **state)
{
    struct place *at = *state;
    uint8_t *p = secret_edit(at->key);

    close_db(at);
    p[97] = p[97] == '0' ? '1' : '0';
    assert_opens_not(at, at->key, VAULT_ERR_DAMAGED);
}

static void
test_db__the_file_begins_with_the_salt_of_the_key(void **state)
{
    struct place *at = *state;
    uint8_t salt[16], got[16];
    int fd = open(at->path, O_RDONLY | O_CLOEXEC);

    assert_true(hex_read(salt, 16, (const char *)secret_bytes(at->key) + 66, 32));
    assert_int_equal(read(fd, got, 16), 16);
    close(fd);
    assert_memory_equal(got, salt, 16);
}

static void
test_db__one_that_is_missing_is_not_made(void **state)
{
    struct place *at = *state;

    close_db(at);
    assert_int_equal(unlink(at->path), 0);
    assert_opens_not(at, at->key, VAULT_ERR_NOT_FOUND);
    assert_int_equal(access(at->path, F_OK), -1);
}

static void
test_db__a_symbolic_link_is_not_followed(void **state)
{
    struct place *at = *state;
    char aside[320];
    struct db *db = NULL;

    close_db(at);
    snprintf(aside, sizeof aside, "%s/aside", at->dir);
    assert_int_equal(rename(at->path, aside), 0);
    assert_int_equal(symlink(aside, at->path), 0);
    assert_int_not_equal(db_open(&db, at->path, at->key, DB_OPEN), VAULT_OK);
    assert_null(db);
    assert_int_equal(unlink(aside), 0);
}

static void
test_db__an_empty_or_short_file_is_damage(void **state)
{
    struct place *at = *state;

    close_db(at);
    assert_int_equal(truncate(at->path, PAGE - 1), 0);
    assert_opens_not(at, at->key, VAULT_ERR_DAMAGED);
    assert_int_equal(truncate(at->path, 0), 0);
    assert_opens_not(at, at->key, VAULT_ERR_DAMAGED);
}

static void
test_db__another_application_id_is_damage(void **state)
{
    struct place *at = *state;

    assert_int_equal(db_exec(at->db, "PRAGMA application_id = 1"), VAULT_OK);
    close_db(at);
    assert_opens_not(at, at->key, VAULT_ERR_DAMAGED);
}

static void
test_db__a_newer_schema_is_refused(void **state)
{
    struct place *at = *state;

    assert_int_equal(db_exec(at->db, "PRAGMA user_version = 3"), VAULT_OK);
    close_db(at);
    assert_opens_not(at, at->key, VAULT_ERR_FAILED);
    assert_non_null(strstr(vault_last_error()->text, "newer version"));
}

static void
test_db__no_schema_version_is_damage(void **state)
{
    struct place *at = *state;

    assert_int_equal(db_exec(at->db, "PRAGMA user_version = 0"), VAULT_OK);
    close_db(at);
    assert_opens_not(at, at->key, VAULT_ERR_DAMAGED);
}

/* ---- one at a time ---- */

/* In a child: POSIX locks belong to a process. Returns the error of opening. */
static int
open_in_child(struct place *at)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        struct db *db = NULL;
        _exit((int)db_open(&db, at->path, at->key, DB_OPEN));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_db__a_second_process_is_told_it_is_busy(void **state)
{
    struct place *at = *state;

    reopen(at);
    assert_int_equal(open_in_child(at), VAULT_ERR_BUSY);
    close_db(at);
    assert_int_equal(open_in_child(at), VAULT_OK);
}

/* A reader beside us would see half of what we do, so we do not open either. */
static void
test_db__is_not_opened_beside_a_reader(void **state)
{
    struct place *at = *state;
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0x40000000 + 2,
        .l_len = 510 };
    int fd, gate[2];
    pid_t child;

    close_db(at);
    assert_int_equal(pipe(gate), 0);
    child = fork();
    if (child == 0) {
        fd = open(at->path, O_RDONLY);
        if (fcntl(fd, F_SETLK, &lock) != 0)
            _exit(1);
        (void)!write(gate[1], "x", 1);
        pause();
        _exit(0);
    }
    char c;
    assert_int_equal(read(gate[0], &c, 1), 1);
    assert_opens_not(at, at->key, VAULT_ERR_BUSY);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(gate[0]);
    close(gate[1]);
    reopen(at);
}

/* ---- rows ---- */

static void
test_db__rows_of_each_table_come_back(void **state)
{
    struct place *at = *state;

    begin(at);
    for (int t = 0; t < DB_TABLES; t++) {
        put(at, (enum db_table)t, 1, "one");
        put(at, (enum db_table)t, INT64_MAX, "last");
        put(at, (enum db_table)t, 2, "");
    }
    put(at, DB_WRAP, 0, "row 0");
    put(at, DB_WITHHELD_BLOB, 1, "replaced");
    assert_int_equal(db_delete(at->db, DB_INTAKE, 1), VAULT_OK);
    assert_int_equal(db_delete(at->db, DB_INTAKE, 99), VAULT_OK);
    commit(at);
    reopen(at);
    assert_row(at, DB_OPEN_BLOB, 1, "one");
    assert_row(at, DB_OPEN_BLOB, 2, "");
    assert_row(at, DB_OPEN_BLOB, 3, NULL);
    assert_row(at, DB_WITHHELD_BLOB, 1, "replaced");
    assert_row(at, DB_WRAP, 0, "row 0");
    assert_row(at, DB_WRAP, INT64_MAX, "last");
    assert_row(at, DB_INTAKE, 1, NULL);
    assert_row(at, DB_INTAKE, INT64_MAX, "last");
}

static void
test_db__a_row_over_many_pages_comes_back(void **state)
{
    struct place *at = *state;
    size_t n = 5 * PAGE + 17;
    uint8_t *big = malloc(n);
    struct buf b = BUF_INIT;

    randombytes_buf(big, n);
    begin(at);
    assert_int_equal(db_put(at->db, DB_OPEN_BLOB, 7, PART(big, n)), VAULT_OK);
    commit(at);
    reopen(at);
    assert_int_equal(db_get(at->db, DB_OPEN_BLOB, 7, &b), VAULT_OK);
    assert_int_equal(b.n, n);
    assert_memory_equal(b.p, big, n);
    buf_free(&b);
    free(big);
}

static void
test_db__a_row_that_is_not_there_leaves_the_buffer(void **state)
{
    struct place *at = *state;
    struct buf b = BUF_INIT;

    buf_str(&b, "was here");
    assert_int_equal(db_get(at->db, DB_OPEN_BLOB, 5, &b), VAULT_ERR_NOT_FOUND);
    assert_int_equal(b.n, 8);
    assert_memory_equal(b.p, "was here", 8);
    buf_free(&b);
}

static void
test_db__log_and_pair_rows_come_back_in_order(void **state)
{
    struct place *at = *state;
    struct db_cursor *c = NULL;
    struct db_log_row log;
    struct db_pair_row pair;
    bool got = false;

    begin(at);
    for (int64_t n = 3; n >= 1; n--) {
        const char digit[] = { (char)('0' + n), '\0' };
        log = (struct db_log_row){ n, PART(digit, 1), PART("sigs", 4), PART("detail", 6) };
        assert_int_equal(db_put_log(at->db, &log), VAULT_OK);
        pair = (struct db_pair_row){ n * 64, n, PART("ids", 3), PART(digit, 1) };
        assert_int_equal(db_put_pair(at->db, &pair), VAULT_OK);
    }
    commit(at);
    reopen(at);
    assert_int_equal(db_scan_log(at->db, 2, &c), VAULT_OK);
    for (int64_t n = 2; n <= 3; n++) {
        assert_int_equal(db_next_log(c, &log, &got), VAULT_OK);
        assert_true(got);
        assert_int_equal(log.n, n);
        assert_int_equal(log.entry.n, 1);
        assert_int_equal(*(const char *)log.entry.p, '0' + n);
        assert_memory_equal(log.sigs.p, "sigs", 4);
        assert_int_equal(log.sigs.n, 4);
        assert_memory_equal(log.detail.p, "detail", 6);
        assert_int_equal(log.detail.n, 6);
    }
    assert_int_equal(db_next_log(c, &log, &got), VAULT_OK);
    assert_false(got);
    db_scan_end(c);
    assert_int_equal(db_scan_pair(at->db, 1, &c), VAULT_OK);
    for (int64_t n = 1; n <= 3; n++) {
        assert_int_equal(db_next_pair(c, &pair, &got), VAULT_OK);
        assert_true(got);
        assert_int_equal(pair.n, n * 64);
        assert_int_equal(pair.log, n);
        assert_int_equal(pair.ids.n, 3);
        assert_memory_equal(pair.ids.p, "ids", 3);
        assert_int_equal(*(const char *)pair.tags.p, '0' + n);
    }
    db_scan_end(c);
}

/* A log is only ever added to. */
static void
test_db__log_and_pair_rows_are_never_replaced(void **state)
{
    struct place *at = *state;
    struct db_log_row log = { 1, PART("a", 1), PART("b", 1), PART("c", 1) };
    struct db_pair_row pair = { 1, 1, PART("i", 1), PART("t", 1) };

    begin(at);
    assert_int_equal(db_put_log(at->db, &log), VAULT_OK);
    assert_int_not_equal(db_put_log(at->db, &log), VAULT_OK);
    assert_int_equal(db_put_pair(at->db, &pair), VAULT_OK);
    assert_int_not_equal(db_put_pair(at->db, &pair), VAULT_OK);
    db_rollback(at->db);
}

static void
test_db__scan_goes_in_order_from_where_it_is_told(void **state)
{
    struct place *at = *state;
    static const int64_t ORDER[] = { 40, 7, 1000, 1, 300, 8 };
    static const int64_t WANT[] = { 8, 40, 300, 1000 };
    struct db_cursor *c = NULL;
    struct part blob;
    bool got = false;
    int64_t n;

    begin(at);
    for (size_t i = 0; i < 6; i++)
        put(at, DB_WITHHELD_BLOB, ORDER[i], "x");
    commit(at);
    assert_int_equal(db_scan(at->db, DB_WITHHELD_BLOB, 8, &c), VAULT_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(db_next(c, &n, &blob, &got), VAULT_OK);
        assert_true(got);
        assert_int_equal(n, WANT[i]);
        assert_int_equal(blob.n, 1);
    }
    assert_int_equal(db_next(c, &n, &blob, &got), VAULT_OK);
    assert_false(got);
    /* Forward or back, to a row or to the next one behind it, or behind all. */
    static const struct { int64_t to, n; } SEEK[] = { { 40, 40 }, { 301, 1000 }, { 0, 1 }, { 2, 7 }, { 1001, 0 }, { 8, 8 } };
    for (size_t i = 0; i < sizeof SEEK / sizeof SEEK[0]; i++) {
        assert_int_equal(db_seek(c, SEEK[i].to), VAULT_OK);
        assert_int_equal(db_next(c, &n, &blob, &got), VAULT_OK);
        assert_int_equal(got, SEEK[i].n != 0);
        if (got)
            assert_int_equal(n, SEEK[i].n);
    }
    assert_int_equal(db_next(c, &n, &blob, &got), VAULT_OK);
    assert_int_equal(n, 40);
    db_scan_end(c);
}

static void
test_db__one_cursor_for_each_table(void **state)
{
    struct place *at = *state;
    struct db_cursor *a = NULL, *b = NULL, *again = NULL;

    assert_int_equal(db_scan(at->db, DB_OPEN_BLOB, 1, &a), VAULT_OK);
    assert_int_equal(db_scan(at->db, DB_WITHHELD_BLOB, 1, &b), VAULT_OK);
    assert_int_equal(db_scan(at->db, DB_OPEN_BLOB, 1, &again), VAULT_ERR_FAILED);
    assert_null(again);
    db_scan_end(a);
    assert_int_equal(db_scan(at->db, DB_OPEN_BLOB, 1, &again), VAULT_OK);
    db_scan_end(again);
    db_scan_end(b);
    db_scan_end(NULL);
}

/* ---- transactions ---- */

static void
test_db__rollback_leaves_what_was(void **state)
{
    struct place *at = *state;

    begin(at);
    put(at, DB_OPEN_BLOB, 1, "kept");
    put(at, DB_OPEN_BLOB, 2, "kept too");
    commit(at);
    begin(at);
    put(at, DB_OPEN_BLOB, 1, "changed");
    put(at, DB_OPEN_BLOB, 3, "new");
    assert_int_equal(db_delete(at->db, DB_OPEN_BLOB, 2), VAULT_OK);
    db_rollback(at->db);
    db_rollback(at->db);
    assert_row(at, DB_OPEN_BLOB, 1, "kept");
    assert_row(at, DB_OPEN_BLOB, 2, "kept too");
    assert_row(at, DB_OPEN_BLOB, 3, NULL);
}

static void
test_db__closing_rolls_back(void **state)
{
    struct place *at = *state;

    begin(at);
    put(at, DB_OPEN_BLOB, 1, "never committed");
    reopen(at);
    assert_row(at, DB_OPEN_BLOB, 1, NULL);
    assert_int_equal(access(at->journal, F_OK), -1);
}

/* A process that dies within a transaction leaves a hot journal; it is played back. */
static void
test_db__a_hot_journal_is_played_back(void **state)
{
    struct place *at = *state;
    int status = -1;
    pid_t child;

    begin(at);
    for (int64_t n = 1; n <= 200; n++)
        put(at, DB_OPEN_BLOB, n, "before");
    commit(at);
    close_db(at);
    child = fork();
    if (child == 0) {
        uint8_t big[4000];
        memset(big, 'x', sizeof big);
        if (db_open(&at->db, at->path, at->key, DB_OPEN) != VAULT_OK ||
            db_exec(at->db, "PRAGMA cache_size = 2") != VAULT_OK || db_begin(at->db) != VAULT_OK)
            _exit(1);
        /* Far more than the cache: pages reach the file before the end. */
        for (int64_t n = 1; n <= 2000; n++)
            if (db_put(at->db, DB_OPEN_BLOB, n, PART(big, sizeof big)) != VAULT_OK)
                _exit(2);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(access(at->journal, F_OK), 0);
    reopen(at);
    assert_int_equal(access(at->journal, F_OK), -1);
    for (int64_t n = 1; n <= 200; n++)
        assert_row(at, DB_OPEN_BLOB, n, "before");
    assert_row(at, DB_OPEN_BLOB, 201, NULL);
}

/* Killed before the journal's header was written: it would never be played back, and stay. */
static void
test_db__a_cold_journal_left_behind_is_removed(void **state)
{
    struct place *at = *state;
    static const uint8_t zero[512];
    int fd;

    close_db(at);
    fd = open(at->journal, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, zero, sizeof zero), sizeof zero);
    close(fd);
    reopen(at);
    assert_int_equal(access(at->journal, F_OK), -1);
}

/* SQLite keeps the file while it has the exclusive lock, with its header zeroed: never hot. */
static void
test_db__a_transaction_leaves_no_hot_journal_and_closing_none(void **state)
{
    struct place *at = *state;
    uint8_t head[28] = {0};
    int fd;

    begin(at);
    put(at, DB_OPEN_BLOB, 1, "a");
    commit(at);
    fd = open(at->journal, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        assert_true(read(fd, head, sizeof head) >= 0);
        close(fd);
    }
    assert_true(sodium_is_zero(head, sizeof head));
    close_db(at);
    assert_int_equal(access(at->journal, F_OK), -1);
}

/* ---- a disk that cannot be written ---- */

/* Root may write everywhere; the promise then needs another user. */
static void
test_db__a_read_only_file_opens_for_reading(void **state)
{
    struct place *at = *state;
    int status = -1;
    pid_t child;

    begin(at);
    put(at, DB_OPEN_BLOB, 1, "readable");
    commit(at);
    close_db(at);
    assert_int_equal(chmod(at->path, 0444), 0);
    assert_int_equal(chmod(at->dir, 0555), 0);
    child = fork();
    if (child == 0) {
        struct buf b = BUF_INIT;
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(10);
        if (db_open(&at->db, at->path, at->key, DB_OPEN) != VAULT_OK)
            _exit(11);
        if (db_get(at->db, DB_OPEN_BLOB, 1, &b) != VAULT_OK || b.n != 8)
            _exit(12);
        if (db_begin(at->db) != VAULT_ERR_NO_SPACE || vault_last_error()->text[0] == '\0')
            _exit(13);
        _exit(db_get(at->db, DB_OPEN_BLOB, 1, &b) == VAULT_OK ? 0 : 14);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(at->dir, 0700), 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 11 && geteuid() == 0) {
        /* Folders above ours may be closed to that user. */
        struct stat st;
        char up[256];
        snprintf(up, sizeof up, "%s", at->dir);
        *strrchr(up, '/') = '\0';
        if (stat(up, &st) == 0 && (st.st_mode & 1) == 0)
            skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- damage ---- */

static void
count_problem(void *ctx, const char *what)
{
    assert_string_not_equal(what, "");
    assert_null(strchr(what, '\n'));
    ++*(int *)ctx;
}

static int
problems(struct place *at)
{
    int n = 0;

    assert_int_equal(db_check(at->db, count_problem, &n), VAULT_OK);
    return n;
}

static void
flip(const char *path, off_t at)
{
    uint8_t c;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 0x20;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

static void
fill(struct place *at)
{
    begin(at);
    for (int64_t n = 1; n <= 400; n++)
        put(at, DB_OPEN_BLOB, n, "filling filling filling filling filling filling filling filling "
            "filling filling filling filling filling filling filling filling filling filling");
    commit(at);
    close_db(at);
}

static void
test_db__check_finds_nothing_in_a_sound_one(void **state)
{
    struct place *at = *state;

    fill(at);
    reopen(at);
    assert_int_equal(problems(at), 0);
}

/* Anywhere but in the first page, whose damage already shows on opening. */
static void
test_db__check_finds_a_flipped_byte_of_any_page(void **state)
{
    struct place *at = *state;
    struct stat st;

    fill(at);
    assert_int_equal(stat(at->path, &st), 0);
    assert_true(st.st_size / PAGE >= 8);
    for (off_t page = 1; page < st.st_size / PAGE; page++) {
        off_t where = page * PAGE + (page * 4999) % PAGE;
        flip(at->path, where);
        reopen(at);
        assert_int_not_equal(problems(at), 0);
        close_db(at);
        flip(at->path, where);
    }
    reopen(at);
    assert_int_equal(problems(at), 0);
}

/* But for the salt in its first 16 bytes, which we take from the key and SQLCipher does not read. */
static void
test_db__a_flipped_byte_of_the_first_page_is_damage_on_opening(void **state)
{
    struct place *at = *state;

    fill(at);
    for (off_t where = 16; where < PAGE; where += 911) {
        flip(at->path, where);
        assert_opens_not(at, at->key, VAULT_ERR_DAMAGED);
        flip(at->path, where);
    }
    reopen(at);
}

/* A whole page taken from another place of the same file has a MAC of its own number. */
static void
test_db__swapped_pages_are_found(void **state)
{
    struct place *at = *state;
    uint8_t a[PAGE], b[PAGE];
    int fd;

    fill(at);
    fd = open(at->path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, a, PAGE, 3 * PAGE), PAGE);
    assert_int_equal(pread(fd, b, PAGE, 4 * PAGE), PAGE);
    assert_int_equal(pwrite(fd, b, PAGE, 3 * PAGE), PAGE);
    assert_int_equal(pwrite(fd, a, PAGE, 4 * PAGE), PAGE);
    close(fd);
    reopen(at);
    assert_int_not_equal(problems(at), 0);
}

static void
test_db__a_file_cut_short_is_found(void **state)
{
    struct place *at = *state;
    struct stat st;
    struct db *db = NULL;
    vault_err err;

    fill(at);
    assert_int_equal(stat(at->path, &st), 0);
    assert_int_equal(truncate(at->path, st.st_size - PAGE), 0);
    err = db_open(&db, at->path, at->key, DB_OPEN);
    if (err == VAULT_OK) {
        at->db = db;
        assert_int_not_equal(problems(at), 0);
    } else {
        assert_int_equal(err, VAULT_ERR_DAMAGED);
    }
}

static void
test_db__reading_a_damaged_row_is_damage(void **state)
{
    struct place *at = *state;
    struct buf b = BUF_INIT;
    struct stat st;
    int bad = 0;

    fill(at);
    assert_int_equal(stat(at->path, &st), 0);
    for (off_t page = 1; page < st.st_size / PAGE; page++)
        flip(at->path, page * PAGE + 100);
    reopen(at);
    for (int64_t n = 1; n <= 400; n++) {
        vault_err err = db_get(at->db, DB_OPEN_BLOB, n, &b);
        assert_int_equal(err, VAULT_ERR_DAMAGED);
        bad++;
    }
    assert_int_equal(bad, 400);
    buf_free(&b);
}

static void
test_db__versions_are_those_of_sqlcipher(void **state)
{
    (void)state;
    assert_true(db_cipher_version()[0] >= '4' && db_cipher_version()[0] <= '9');
    assert_null(strchr(db_cipher_version(), ' '));
    assert_int_equal(db_sqlite_version()[0], '3');
}

#define IN_PLACE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_db__a_new_database_opens_again),
        IN_PLACE(test_db__nothing_of_it_is_plain),
        IN_PLACE(test_db__a_wrong_key_reads_as_damage),
        IN_PLACE(test_db__a_wrong_salt_reads_as_damage),
        IN_PLACE(test_db__the_file_begins_with_the_salt_of_the_key),
        IN_PLACE(test_db__one_that_is_missing_is_not_made),
        IN_PLACE(test_db__a_symbolic_link_is_not_followed),
        IN_PLACE(test_db__an_empty_or_short_file_is_damage),
        IN_PLACE(test_db__another_application_id_is_damage),
        IN_PLACE(test_db__a_newer_schema_is_refused),
        IN_PLACE(test_db__no_schema_version_is_damage),
        IN_PLACE(test_db__a_second_process_is_told_it_is_busy),
        IN_PLACE(test_db__is_not_opened_beside_a_reader),
        IN_PLACE(test_db__rows_of_each_table_come_back),
        IN_PLACE(test_db__a_row_over_many_pages_comes_back),
        IN_PLACE(test_db__a_row_that_is_not_there_leaves_the_buffer),
        IN_PLACE(test_db__log_and_pair_rows_come_back_in_order),
        IN_PLACE(test_db__log_and_pair_rows_are_never_replaced),
        IN_PLACE(test_db__scan_goes_in_order_from_where_it_is_told),
        IN_PLACE(test_db__one_cursor_for_each_table),
        IN_PLACE(test_db__rollback_leaves_what_was),
        IN_PLACE(test_db__closing_rolls_back),
        IN_PLACE(test_db__a_hot_journal_is_played_back),
        IN_PLACE(test_db__a_cold_journal_left_behind_is_removed),
        IN_PLACE(test_db__a_transaction_leaves_no_hot_journal_and_closing_none),
        IN_PLACE(test_db__a_read_only_file_opens_for_reading),
        IN_PLACE(test_db__check_finds_nothing_in_a_sound_one),
        IN_PLACE(test_db__check_finds_a_flipped_byte_of_any_page),
        IN_PLACE(test_db__a_flipped_byte_of_the_first_page_is_damage_on_opening),
        IN_PLACE(test_db__swapped_pages_are_found),
        IN_PLACE(test_db__a_file_cut_short_is_found),
        IN_PLACE(test_db__reading_a_damaged_row_is_damage),
        cmocka_unit_test(test_db__versions_are_those_of_sqlcipher),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
