/* test_backup.c - backups and restoring them, through the library; hostile files above all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/backup.h"
#include "vault/base/cbor.h"
#include "vault/base/piece.h"
#include "vault/base/secret.h"

static char file[320], later[320], target[320];

/* ---- what a test needs ---- */

static void
add(const char *ref, const char *name)
{
    struct vault_added added;
    vault_fields *f = fields("ref", ref, "name", name, NULL);

    assert_int_equal(vault_add(v, "person", f, &added), VAULT_OK);
    vault_fields_free(f);
}

static int
make_filled(void **state)
{
    int rc = make_vault(state);

    snprintf(file, sizeof file, "%s/one.backup", dir);
    snprintf(later, sizeof later, "%s/two.backup", dir);
    snprintf(target, sizeof target, "%s/b.vault", dir);
    if (rc == 0)
        add("P-1", "Choi Myung-bok");
    return rc;
}

/* Everything but the fixture's vault goes. */
static int
clear(void **state)
{
    char cmd[700];
    (void)state;

    snprintf(cmd, sizeof cmd,
        "find '%s' -mindepth 1 -maxdepth 1 ! -name a.vault -exec rm -rf {} +", dir);
    return system(cmd);
}

/* Names in the folder besides a.vault. */
static unsigned
others(void)
{
    DIR *d = opendir(dir);
    unsigned n = 0;

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
            strcmp(e->d_name, "a.vault") != 0;
    closedir(d);
    return n;
}

static vault_err
backup(const char *to, const char *since, struct vault_backup_report *out)
{
    struct vault_backup_options opt = { .since = since };
    struct vault_backup_report own;

    return vault_backup(v, to, &opt, out != NULL ? out : &own);
}

static vault_err
restore_with(const char *from, const char *typed, bool second, struct vault_restore_report *out)
{
    struct vault_restore_options opt = { .second = second };
    struct vault_restore_report own;
    struct secret *pass = NULL;
    struct vault_credentials cred = { .slot = -1 };
    vault_err err;

    assert_int_equal(secret_copy(&pass, typed, strlen(typed)), VAULT_OK);
    cred.passphrase = pass;
    err = vault_restore(from, target, &cred, &opt, out != NULL ? out : &own);
    secret_free(pass);
    return err;
}

static vault_err
restore(const char *from)
{
    return restore_with(from, PHRASE, false, NULL);
}

static vault *
open_target(void)
{
    struct secret *pass = NULL;
    struct vault_credentials cred = { .slot = -1 };
    vault *r = NULL;

    assert_int_equal(secret_copy(&pass, PHRASE, strlen(PHRASE)), VAULT_OK);
    cred.passphrase = pass;
    assert_int_equal(vault_open(&r, target, &cred), VAULT_OK);
    secret_free(pass);
    return r;
}

static int
tell(void *ctx, const struct vault_problem *p)
{
    (void)ctx;
    print_error("%s: %s\n", p->where, p->what);
    return 0;
}

static uint8_t *
slurp(const char *name, size_t *n)
{
    struct stat st;
    uint8_t *p;
    int fd = open(name, O_RDONLY);

    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    *n = (size_t)st.st_size;
    p = malloc(*n);
    assert_non_null(p);
    assert_int_equal(read(fd, p, *n), (ssize_t)*n);
    close(fd);
    return p;
}

static void
spit(const char *name, const uint8_t *p, size_t n)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
}

/* All rows of a file under the key of the fixture's vault. */
static vault_err
read_all(const char *name)
{
    struct parts *p = NULL;
    struct backup_in *in = NULL;
    struct backup_item it;
    bool got = true;
    vault_err err = parts_open(&p, name);

    if (err == VAULT_OK)
        err = backup_in_new(&in, p);
    if (err == VAULT_OK)
        err = backup_in_start(in, v->tree.k_backup, NULL);
    while (err == VAULT_OK && got)
        err = backup_next(in, &it, &got);
    backup_in_free(in);
    return err;
}

/* ---- numbers of chunks ---- */

static void
test_runs__rules(void **state)
{
    struct runs r = {0};
    (void)state;

    assert_int_equal(runs_add(&r, 10, 5), VAULT_OK);
    assert_int_equal(runs_add(&r, 15, 1), VAULT_ERR_DAMAGED);      /* touches */
    assert_int_equal(runs_add(&r, 3, 1), VAULT_ERR_DAMAGED);
    assert_int_equal(runs_add(&r, 20, 0), VAULT_ERR_DAMAGED);
    assert_int_equal(runs_add(&r, -1, 3), VAULT_ERR_DAMAGED);
    assert_int_equal(runs_add(&r, 20, INT64_MAX - 10), VAULT_ERR_DAMAGED);
    assert_int_equal(runs_add(&r, 20, 2), VAULT_OK);
    assert_false(runs_hold(&r, 9));
    assert_true(runs_hold(&r, 10));
    assert_true(runs_hold(&r, 14));
    assert_false(runs_hold(&r, 15));
    assert_true(runs_hold(&r, 21));
    assert_false(runs_hold(&r, 22));
    runs_free(&r);
    assert_false(runs_hold(&r, 10));
}

/* By every pair of sets of small numbers. */
static void
test_runs__subtract_is_that_of_sets(void **state)
{
    (void)state;

    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            struct runs r[3] = {{0}};
            for (unsigned i = 0; i < 2; i++)
                for (int64_t n = 0, k; n < 8; n += k + 1) {
                    for (k = 0; n + k < 8 && ((i == 0 ? a : b) >> (n + k) & 1) != 0;)
                        k++;
                    if (k != 0)
                        assert_int_equal(runs_add(&r[i], n, k), VAULT_OK);
                }
            assert_int_equal(runs_subtract(&r[2], &r[0], &r[1]), VAULT_OK);
            for (int64_t n = 0; n < 8; n++)
                assert_int_equal(runs_hold(&r[2], n), (a & ~b) >> n & 1);
            for (unsigned i = 0; i < 3; i++)
                runs_free(&r[i]);
        }
}

/* ---- there and back ---- */

/* The same rows in every table, but for the log's last. */
static void
assert_same_tables(vault *a, vault *b)
{
    for (int t = 0; t < DB_TABLES; t++) {
        struct db_cursor *c[2] = { NULL, NULL };
        struct part p[2];
        int64_t n[2];
        bool got[2] = { true, true };
        assert_int_equal(db_scan(a->db, (enum db_table)t, INT64_MIN, &c[0]), VAULT_OK);
        assert_int_equal(db_scan(b->db, (enum db_table)t, INT64_MIN, &c[1]), VAULT_OK);
        while (got[0]) {
            for (int i = 0; i < 2; i++)
                assert_int_equal(db_next(c[i], &n[i], &p[i], &got[i]), VAULT_OK);
            assert_int_equal(got[0], got[1]);
            if (!got[0])
                break;
            assert_int_equal(n[0], n[1]);
            assert_int_equal(p[0].n, p[1].n);
            assert_memory_equal(p[0].p, p[1].p, p[0].n);
        }
        db_scan_end(c[0]);
        db_scan_end(c[1]);
    }
}

static void
test_backup__restores_all_rows(void **state)
{
    struct vault_backup_report made;
    struct vault_restore_report back;
    struct stat st;
    vault *r;
    (void)state;

    assert_int_equal(backup(file, NULL, &made), VAULT_OK);
    assert_true(made.noted);
    assert_int_equal(made.parts, 1);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal((uint64_t)st.st_size, made.bytes);
    assert_int_equal(restore_with(file, PHRASE, false, &back), VAULT_OK);
    assert_int_equal(back.log_number, made.log_number);
    assert_string_equal(back.log_head, made.log_head);
    assert_int_equal(back.files, 1);
    assert_int_equal(back.unverified, 0);
    r = open_target();
    assert_same_tables(v, r);
    /* One entry of its own, and the original has one that this does not: they differ from now on. */
    assert_int_equal(r->chain[r->n_log].number, made.log_number + 1);
    assert_memory_equal(r->copy_id, v->copy_id, 16);
    assert_memory_not_equal(r->chain[r->n_log].hash, v->chain[v->n_log].hash, 32);
    assert_memory_equal(r->keys_hash, v->keys_hash, 32);
    vault_close(r);
    assert_int_equal(restore(file), VAULT_ERR_INPUT);       /* it is there */
}

static void
test_backup__a_second_copy_has_an_id_of_its_own(void **state)
{
    vault *r;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    assert_int_equal(restore_with(file, PHRASE, true, NULL), VAULT_OK);
    r = open_target();
    assert_memory_not_equal(r->copy_id, v->copy_id, 16);
    assert_int_equal(vault_check_open(r, tell, NULL, NULL), VAULT_OK);
    vault_close(r);
}

static void
test_backup__since_holds_what_is_new(void **state)
{
    struct vault_backup_report full, next;
    struct vault_restore_report back;
    char third[330];
    vault *r;
    (void)state;

    snprintf(third, sizeof third, "%s/three.backup", dir);
    assert_int_equal(backup(file, NULL, &full), VAULT_OK);
    add("S-1", "Kim");
    assert_int_equal(backup(later, file, &next), VAULT_OK);
    assert_string_equal(next.since, full.id);
    assert_true(next.rows < full.rows);
    add("S-2", "Lee");
    assert_int_equal(backup(third, later, NULL), VAULT_OK);
    assert_int_equal(restore_with(third, PHRASE, false, &back), VAULT_OK);
    assert_int_equal(back.files, 3);
    r = open_target();
    assert_same_tables(v, r);
    vault_close(r);
    (void)clear(NULL);
}

static void
test_backup__since_without_its_base_is_not_found(void **state)
{
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    add("S-3", "Pak");
    assert_int_equal(backup(later, file, NULL), VAULT_OK);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(restore(later), VAULT_ERR_NOT_FOUND);
    assert_int_equal(others(), 1);
}

/* What a case session took in is adopted between two backups: rows of old revisions change. */
static void
test_backup__rows_of_the_narrow_tables_go_whole(void **state)
{
    uint8_t enc[INTAKE_ENC_BYTES] = {1};
    struct parts *p = NULL;
    struct backup_in *in = NULL;
    struct backup_item it;
    bool got = true, seen = false;
    uint64_t wraps = 0;
    (void)state;

    assert_int_equal(db_put(v->db, DB_INTAKE, 1, PART(enc, sizeof enc)), VAULT_OK);
    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    assert_int_equal(db_delete(v->db, DB_INTAKE, 1), VAULT_OK);
    assert_int_equal(backup(later, file, NULL), VAULT_OK);
    assert_int_equal(parts_open(&p, later), VAULT_OK);
    assert_int_equal(backup_in_new(&in, p), VAULT_OK);
    assert_int_equal(backup_in_start(in, v->tree.k_backup, NULL), VAULT_OK);
    while (got) {
        assert_int_equal(backup_next(in, &it, &got), VAULT_OK);
        wraps += got && it.kind == BACKUP_WRAP;
        seen = seen || (got && it.kind == BACKUP_INTAKE);
    }
    backup_in_free(in);
    assert_true(wraps > 2);
    assert_false(seen);
    assert_int_equal(restore(later), VAULT_OK);
}

/* Only chunks that the base does not have. */
static void
test_backup__since_holds_the_chunks_that_are_new(void **state)
{
    static const int64_t OLD[] = { 7, 8, 9, 1000 }, NEW[] = { 10, 500, 501, (int64_t)1 << 61 };
    struct parts *p = NULL;
    struct backup_in *in = NULL;
    struct backup_item it;
    bool got = true;
    unsigned n = 0;
    (void)state;

    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(db_put(v->db, DB_OPEN_CHUNK, OLD[i], PART("old", 3)), VAULT_OK);
    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(db_put(v->db, DB_OPEN_CHUNK, NEW[i], PART("new", 3)), VAULT_OK);
    assert_int_equal(db_delete(v->db, DB_OPEN_CHUNK, 1000), VAULT_OK);
    assert_int_equal(backup(later, file, NULL), VAULT_OK);
    assert_int_equal(parts_open(&p, later), VAULT_OK);
    assert_int_equal(backup_in_new(&in, p), VAULT_OK);
    assert_int_equal(backup_in_start(in, v->tree.k_backup, NULL), VAULT_OK);
    assert_int_equal(backup_in_state(in)->chunks[0].n, 3);
    while (got) {
        assert_int_equal(backup_next(in, &it, &got), VAULT_OK);
        if (got && it.kind == BACKUP_OPEN_CHUNK) {
            assert_int_equal(it.n, NEW[n++]);
            assert_memory_equal(it.column[0].p, "new", 3);
        }
    }
    assert_int_equal(n, 4);
    backup_in_free(in);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(db_delete(v->db, DB_OPEN_CHUNK, OLD[i]), VAULT_OK);
        assert_int_equal(db_delete(v->db, DB_OPEN_CHUNK, NEW[i]), VAULT_OK);
    }
}

/* ---- what --since refuses ---- */

static void
test_backup__since_refuses_what_the_vault_does_not_continue(void **state)
{
    uint8_t salt;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    v->epoch++;                                             /* as after a purge */
    assert_int_equal(backup(later, file, NULL), VAULT_ERR_REFUSED);
    assert_non_null(strstr(vault_last_error()->hint, "full"));
    v->epoch--;
    salt = v->kf.db_salt[0]++;                              /* as after a rekey */
    assert_int_equal(backup(later, file, NULL), VAULT_ERR_REFUSED);
    v->kf.db_salt[0] = salt;
    v->kf.vault_id[0] ^= 1;
    assert_int_equal(backup(later, file, NULL), VAULT_ERR_INPUT);
    v->kf.vault_id[0] ^= 1;
    /* A log that is not the beginning of ours. */
    v->chain[v->n_log - 1].hash[0] ^= 1;
    assert_int_equal(backup(later, file, NULL), VAULT_ERR_INPUT);
    v->chain[v->n_log - 1].hash[0] ^= 1;
    assert_int_equal(others(), 1);
    assert_int_equal(backup(later, file, NULL), VAULT_OK);
}

static void
test_backup__since_refuses_one_that_is_damaged(void **state)
{
    uint8_t *p;
    size_t n;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    p = slurp(file, &n);
    spit(file, p, n - 1);
    assert_int_equal(backup(later, file, NULL), VAULT_ERR_DAMAGED);
    p[n - 1] ^= 1;
    spit(file, p, n);
    assert_int_equal(backup(later, file, NULL), VAULT_ERR_DAMAGED);
    free(p);
    assert_int_equal(others(), 1);
}

/* ---- the log, and what the status says ---- */

/* At the first call something is written, at the second read back. */
static int
stop(void *ctx, uint64_t done, uint64_t total)
{
    unsigned *left = ctx;

    (void)done;
    (void)total;
    return --*left == 0;
}

static void
test_backup__one_that_was_stopped_leaves_nothing_and_is_not_the_last(void **state)
{
    struct vault_status before, after;
    struct vault_backup_report r;
    (void)state;

    assert_int_equal(vault_status(v, &before), VAULT_OK);
    for (unsigned i = 0; i < 2; i++) {
        unsigned left = i + 1;
        struct vault_backup_options opt = { .progress = stop, .progress_ctx = &left };
        assert_int_equal(vault_backup(v, file, &opt, &r), VAULT_ERR_INTERRUPTED);
        assert_int_equal(others(), 0);
    }
    assert_int_equal(vault_status(v, &after), VAULT_OK);
    assert_int_equal(after.last_backup, before.last_backup);
    assert_int_equal(after.log_entries, before.log_entries + 2);    /* but the log knows */
}

static void
test_backup__the_status_tells_the_last_one(void **state)
{
    struct vault_status st;
    vault *r;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_true(st.last_backup > 0);
    assert_int_equal(st.changes_since_backup, 0);
    add("T-1", "Yun");
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_int_equal(st.changes_since_backup, 1);
    reopen();
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_true(st.last_backup > 0);
    assert_int_equal(st.changes_since_backup, 1);
    assert_int_equal(restore(file), VAULT_OK);
    r = open_target();
    assert_int_equal(vault_status(r, &st), VAULT_OK);
    assert_true(st.last_backup > 0);
    assert_int_equal(st.changes_since_backup, 0);
    vault_close(r);
}

static void
test_backup__keys_that_were_erased_do_not_come_back(void **state)
{
    char keys[320], aside[320];
    (void)state;

    snprintf(keys, sizeof keys, "%s/keys", path);
    snprintf(aside, sizeof aside, "%s/aside", dir);
    assert_int_equal(rename(keys, aside), 0);
    assert_int_equal(backup(file, NULL, NULL), VAULT_ERR_DAMAGED);
    assert_int_equal(others(), 1);
    assert_int_equal(rename(aside, keys), 0);
}

static void
test_backup__tells_what_opens_it_without_a_key(void **state)
{
    struct vault_backup_report made;
    struct vault_backup_info info;
    char words[256];
    (void)state;

    assert_int_equal(backup(file, NULL, &made), VAULT_OK);
    assert_int_equal(vault_backup_info(file, &info, NULL, NULL), VAULT_OK);
    assert_string_equal(info.id, made.id);
    assert_string_equal(info.since, "");
    assert_int_equal(info.mem_mib, 64);
    assert_int_equal(info.bytes, made.bytes);
    assert_int_equal(vault_fingerprint(path, words), VAULT_OK);
    assert_string_equal(info.words, words);
    assert_int_equal(vault_backup_info(path, &info, NULL, NULL), VAULT_ERR_INPUT);
    assert_int_equal(vault_backup_info(later, &info, NULL, NULL), VAULT_ERR_NOT_FOUND);
    spit(later, (const uint8_t *)"Dear Sir or Madam", 17);
    assert_int_equal(vault_backup_info(later, &info, NULL, NULL), VAULT_ERR_INPUT);
    assert_int_equal(backup(later, later, NULL), VAULT_ERR_INPUT);
}

static void
test_backup__a_wrong_passphrase_leaves_nothing(void **state)
{
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    assert_int_equal(restore_with(file, "wrong horse", false, NULL), VAULT_ERR_KEY);
    assert_int_equal(others(), 1);
}

/* ---- hostile files: bytes ---- */

static void
test_backup__each_byte_changed_is_damage(void **state)
{
    uint8_t *p;
    size_t n;
    int fd;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    assert_int_equal(read_all(file), VAULT_OK);
    p = slurp(file, &n);
    fd = open(file, O_WRONLY);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n; i++) {
        uint8_t changed = p[i] ^ (uint8_t)(1u << i % 8);
        assert_int_equal(pwrite(fd, &changed, 1, (off_t)i), 1);
        assert_int_equal(read_all(file), VAULT_ERR_DAMAGED);
        assert_int_equal(pwrite(fd, &p[i], 1, (off_t)i), 1);
    }
    close(fd);
    free(p);
}

static void
test_backup__cut_anywhere_is_damage(void **state)
{
    uint8_t *p;
    size_t n;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    p = slurp(file, &n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(truncate(file, (off_t)(n - 1 - i)), 0);
        assert_int_equal(read_all(file), VAULT_ERR_DAMAGED);
        if (n - 1 - i <= BACKUP_HEADER_BYTES + PIECE_EXTRA && i % 16 == 0)
            assert_int_equal(restore(file), VAULT_ERR_DAMAGED);
    }
    free(p);
    assert_int_equal(others(), 1);
}

/* The whole way, where the header says what the passphrase would open. */
static void
test_backup__restoring_what_was_changed_leaves_nothing(void **state)
{
    uint8_t *p;
    size_t n;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    p = slurp(file, &n);
    for (size_t i = BACKUP_HEADER_BYTES; i < n; i += n / 5) {
        p[i] ^= 0x10;
        spit(file, p, n);
        p[i] ^= 0x10;
        assert_int_equal(restore(file), VAULT_ERR_DAMAGED);
        assert_int_equal(others(), 1);
    }
    free(p);
}

/* A header that somebody made: its checksum is right. */
static void
test_backup__a_made_up_header(void **state)
{
    struct backup_header h;
    uint8_t *p, version[BACKUP_HEADER_BYTES];
    struct vault_backup_info info;
    size_t n;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    p = slurp(file, &n);
    assert_int_equal(backup_header_decode(&h, p, BACKUP_HEADER_BYTES, "x"), VAULT_OK);
    /* of a later version */
    memcpy(version, p, sizeof version);
    version[16] = 2;
    crypto_generichash_blake2b(version + sizeof version - 32, 32, version + 16, sizeof version - 48, NULL,
        0);
    spit(later, version, sizeof version);
    assert_int_equal(vault_backup_info(later, &info, NULL, NULL), VAULT_ERR_FAILED);
    /* another id, another nonce: nothing opens */
    h.nonce[0] ^= 1;
    backup_header_encode(p, &h);
    spit(later, p, n);
    assert_int_equal(restore(later), VAULT_ERR_DAMAGED);
    /* keys that are none */
    memset(h.keys, 0, sizeof h.keys);
    backup_header_encode(p, &h);
    spit(later, p, n);
    assert_int_equal(restore(later), VAULT_ERR_DAMAGED);
    assert_int_equal(others(), 2);
    free(p);
}

/* ---- hostile files: by somebody who has the key ---- */

/* Rows of a real backup, changed by fn (false: left out), sealed as they should be. `extra` goes before the end. */
struct forgery {
    bool (*change)(struct backup_item *it);
    const struct backup_item *extra;
    void (*state)(struct backup_state *s);
};

static void
forge(const struct forgery *f)
{
    struct parts *p = NULL;
    struct parts_new *to = NULL;
    struct parts *back = NULL;
    struct backup_in *in = NULL;
    struct backup_out *out = NULL;
    struct backup_state s;
    struct backup_item it;
    bool got = true;

    (void)unlink(file);
    (void)unlink(later);
    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    assert_int_equal(parts_open(&p, file), VAULT_OK);
    assert_int_equal(backup_in_new(&in, p), VAULT_OK);
    assert_int_equal(backup_in_start(in, v->tree.k_backup, NULL), VAULT_OK);
    s = *backup_in_state(in);
    if (f->state != NULL)
        f->state(&s);
    assert_int_equal(parts_create(&to, later, 0), VAULT_OK);
    assert_int_equal(backup_out_new(&out, to, backup_in_header(in), v->tree.k_backup, &s, NULL),
        VAULT_OK);
    while (got) {
        assert_int_equal(backup_next(in, &it, &got), VAULT_OK);
        if (got && (f->change == NULL || f->change(&it)))
            assert_int_equal(backup_put(out, &it), VAULT_OK);
    }
    if (f->extra != NULL)
        assert_int_equal(backup_put(out, f->extra), VAULT_OK);
    assert_int_equal(backup_out_end(out), VAULT_OK);
    backup_out_free(out);
    assert_int_equal(parts_read_back(to, &back), VAULT_OK);
    parts_close(back);
    assert_int_equal(parts_commit(&to), VAULT_OK);
    backup_in_free(in);
}

static void
assert_refused(const struct forgery *f)
{
    forge(f);
    assert_int_equal(restore(later), VAULT_ERR_DAMAGED);
    assert_int_equal(others(), 2);
}

static uint8_t junk[100000];

static bool
no_log(struct backup_item *it)
{
    return it->kind != BACKUP_LOG || it->n != 2;
}

static bool
no_open(struct backup_item *it)
{
    return it->kind != BACKUP_OPEN || it->n != 9;
}

static bool
no_wrap(struct backup_item *it)
{
    return it->kind != BACKUP_WRAP;
}

static bool
bad_blob(struct backup_item *it)
{
    if (it->kind == BACKUP_OPEN && it->n == 10)
        it->column[0] = PART(junk, sizeof junk);
    return true;
}

static bool
bad_withheld(struct backup_item *it)
{
    if (it->kind == BACKUP_WITHHELD && it->n == 10)
        it->column[0] = PART(junk, 0);
    return true;
}

static bool
bad_entry(struct backup_item *it)
{
    if (it->kind == BACKUP_LOG && it->n == 1)
        it->column[0] = PART(junk, sizeof junk);
    return true;
}

static bool
bad_tags(struct backup_item *it)
{
    if (it->kind == BACKUP_PAIR)
        it->column[2] = PART(junk, sizeof junk);
    return true;
}

static bool
bad_pair(struct backup_item *it)
{
    if (it->kind == BACKUP_PAIR)
        it->column[0] = PART(junk, 7);
    return true;
}

static bool
bad_ids(struct backup_item *it)
{
    if (it->kind == BACKUP_PAIR)
        it->column[1] = PART(junk, sizeof junk);
    return true;
}

static void
other_head(struct backup_state *s)
{
    s->head[0] ^= 1;
}

static void
other_count(struct backup_state *s)
{
    s->revisions++;
}

static void
other_epoch(struct backup_state *s)
{
    s->epoch++;
}

static void
more_log(struct backup_state *s)
{
    s->log++;
}

static void
test_backup__a_made_up_vault_is_not_restored(void **state)
{
    const struct forgery ALL[] = {
        { .change = no_log }, { .change = no_open }, { .change = no_wrap }, { .change = bad_blob },
        { .change = bad_withheld }, { .change = bad_entry }, { .change = bad_tags },
        { .change = bad_pair }, { .change = bad_ids },
        { .state = other_head }, { .state = other_count }, { .state = other_epoch },
        { .state = more_log },
        { .extra = &(struct backup_item){ .kind = BACKUP_OPEN_CHUNK, .n = 5, .column = { { junk, 9 } } } },
        { .extra = &(struct backup_item){ .kind = BACKUP_INTAKE, .n = 5, .column = { { junk, 9 } } } },
        { .extra = &(struct backup_item){ .kind = BACKUP_INTAKE, .n = INT64_MAX,
            .column = { { junk, 9 } } } },
    };
    (void)state;

    for (size_t i = 0; i < sizeof ALL / sizeof ALL[0]; i++)
        assert_refused(&ALL[i]);
    /* And unchanged it is one, so each of these was refused for its own sake. */
    forge(&(struct forgery){ .change = NULL });
    assert_int_equal(restore(later), VAULT_OK);
}

/* Plain bytes in one piece behind a good header. */
static vault_err
sealed(const uint8_t *plain, size_t n)
{
    uint8_t header[BACKUP_HEADER_BYTES], key[32], *all;
    struct backup_header h = { .id = {1} };
    size_t size;
    uint8_t *keys;
    char name[320];
    const struct part covered = PART(header, sizeof header - 32);
    vault_err err;

    snprintf(name, sizeof name, "%s/keys", path);
    keys = slurp(name, &size);
    memcpy(h.keys, keys, sizeof h.keys);
    free(keys);
    backup_header_encode(header, &h);
    mac_parts(key, secret_bytes(v->tree.k_backup), "withheld:backup:1", &covered, 1);
    all = malloc(sizeof header + n + PIECE_EXTRA);
    assert_non_null(all);
    memcpy(all, header, sizeof header);
    piece_seal(all + sizeof header, key, 0, true, PART(plain, n));
    spit(later, all, sizeof header + n + PIECE_EXTRA);
    free(all);
    err = read_all(later);
    sodium_memzero(key, sizeof key);
    return err;
}

static void
put_item(struct buf *b, unsigned kind, uint64_t n, uint32_t length, size_t bytes)
{
    buf_u8(b, (uint8_t)kind);
    buf_u64(b, n);
    buf_u32(b, length);
    buf_put(b, junk, bytes);
}

static void
put_state(struct buf *b)
{
    static const uint8_t head[32];
    struct buf c = BUF_INIT;

    cbor_array(&c, 5);
    cbor_uint(&c, 1);
    cbor_bytes(&c, head, sizeof head);
    cbor_uint(&c, 2);
    cbor_uint(&c, 3);
    cbor_uint(&c, 1);
    buf_u8(b, BACKUP_STATE);
    buf_u64(b, 0);
    buf_u32(b, (uint32_t)c.n);
    buf_put(b, c.p, c.n);
    buf_free(&c);
}

static void
test_backup__rows_that_break_the_rules(void **state)
{
    static const struct { unsigned kind; uint64_t n; uint32_t length; size_t bytes; } ROW[] = {
        { BACKUP_OPEN, 1, UINT32_MAX, 4 },                      /* lengths that lie */
        { BACKUP_OPEN, 1, (uint32_t)BACKUP_COLUMN_MAX, 4 },
        { BACKUP_OPEN, 1, (uint32_t)BACKUP_COLUMN_MAX + 1, 4 },
        { BACKUP_OPEN, 1, 5, 4 },
        { BACKUP_OPEN, 1, 3, 4 },
        { BACKUP_OPEN, UINT64_MAX, 4, 4 },                      /* numbers */
        { BACKUP_OPEN, (uint64_t)INT64_MAX + 1, 4, 4 },
        { BACKUP_STATE, 0, 4, 4 },                              /* kinds */
        { 0, 0, 4, 4 }, { BACKUP_END + 1, 0, 4, 4 }, { 255, 0, 4, 4 },
        { BACKUP_END, 1, 4, 4 }, { BACKUP_END, 0, 4, 4 },
        { BACKUP_OPEN_RUN, 5, 4, 4 }, { BACKUP_OPEN_RUN, 5, 8, 8 },
        { BACKUP_PAIR, 1, 0, 0 },                               /* ends within it */
    };
    struct buf b = BUF_INIT;
    (void)state;

    assert_int_equal(sealed(junk, 1), VAULT_ERR_DAMAGED);
    put_item(&b, BACKUP_OPEN, 1, 4, 4);                          /* no state */
    assert_int_equal(sealed(b.p, b.n), VAULT_ERR_DAMAGED);
    for (size_t i = 0; i < sizeof ROW / sizeof ROW[0]; i++) {
        buf_reset(&b);
        put_state(&b);
        put_item(&b, ROW[i].kind, ROW[i].n, ROW[i].length, ROW[i].bytes);
        assert_int_equal(sealed(b.p, b.n), VAULT_ERR_DAMAGED);
    }
    buf_reset(&b);                                              /* not in order */
    put_state(&b);
    put_item(&b, BACKUP_OPEN, 2, 1, 1);
    put_item(&b, BACKUP_OPEN, 2, 1, 1);
    assert_int_equal(sealed(b.p, b.n), VAULT_ERR_DAMAGED);
    buf_reset(&b);
    put_state(&b);
    put_item(&b, BACKUP_WITHHELD, 2, 1, 1);
    put_item(&b, BACKUP_OPEN, 3, 1, 1);
    assert_int_equal(sealed(b.p, b.n), VAULT_ERR_DAMAGED);
    buf_free(&b);
}

/* A chain that goes round, or is of two vaults' making, ends. */
static void
test_backup__a_chain_that_goes_round(void **state)
{
    struct backup_header h;
    uint8_t *p;
    size_t n;
    (void)state;

    assert_int_equal(backup(file, NULL, NULL), VAULT_OK);
    p = slurp(file, &n);
    assert_int_equal(backup_header_decode(&h, p, BACKUP_HEADER_BYTES, "x"), VAULT_OK);
    memcpy(h.base, h.id, sizeof h.base);
    free(p);
    /* sealed with that header by somebody who has the key */
    {
        struct parts *q = NULL;
        struct parts_new *to = NULL;
        struct parts *back = NULL;
        struct backup_in *in = NULL;
        struct backup_out *out = NULL;
        struct backup_item it;
        bool got = true;
        assert_int_equal(parts_open(&q, file), VAULT_OK);
        assert_int_equal(backup_in_new(&in, q), VAULT_OK);
        assert_int_equal(backup_in_start(in, v->tree.k_backup, NULL), VAULT_OK);
        assert_int_equal(parts_create(&to, later, 0), VAULT_OK);
        assert_int_equal(backup_out_new(&out, to, &h, v->tree.k_backup, backup_in_state(in), NULL),
            VAULT_OK);
        while (got) {
            assert_int_equal(backup_next(in, &it, &got), VAULT_OK);
            if (got)
                assert_int_equal(backup_put(out, &it), VAULT_OK);
        }
        assert_int_equal(backup_out_end(out), VAULT_OK);
        backup_out_free(out);
        assert_int_equal(parts_read_back(to, &back), VAULT_OK);
        parts_close(back);
        assert_int_equal(parts_commit(&to), VAULT_OK);
        backup_in_free(in);
    }
    assert_int_equal(unlink(file), 0);
    assert_int_equal(restore(later), VAULT_ERR_DAMAGED);
    assert_int_equal(others(), 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, clear)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs__rules),
        cmocka_unit_test(test_runs__subtract_is_that_of_sets),
        TEST(test_backup__one_that_was_stopped_leaves_nothing_and_is_not_the_last),
        TEST(test_backup__restores_all_rows),
        TEST(test_backup__a_second_copy_has_an_id_of_its_own),
        TEST(test_backup__since_holds_what_is_new),
        TEST(test_backup__since_without_its_base_is_not_found),
        TEST(test_backup__rows_of_the_narrow_tables_go_whole),
        TEST(test_backup__since_holds_the_chunks_that_are_new),
        TEST(test_backup__since_refuses_what_the_vault_does_not_continue),
        TEST(test_backup__since_refuses_one_that_is_damaged),
        TEST(test_backup__the_status_tells_the_last_one),
        TEST(test_backup__keys_that_were_erased_do_not_come_back),
        TEST(test_backup__tells_what_opens_it_without_a_key),
        TEST(test_backup__a_wrong_passphrase_leaves_nothing),
        TEST(test_backup__each_byte_changed_is_damage),
        TEST(test_backup__cut_anywhere_is_damage),
        TEST(test_backup__restoring_what_was_changed_leaves_nothing),
        TEST(test_backup__a_made_up_header),
        TEST(test_backup__a_made_up_vault_is_not_restored),
        TEST(test_backup__rows_that_break_the_rules),
        TEST(test_backup__a_chain_that_goes_round),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_filled, remove_vault);
}
