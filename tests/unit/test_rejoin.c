/* test_rejoin.c - a whole copy that comes home as a file, made by those who may not send it, or of rows that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/bundle.h"
#include "vault/copy_rows.h"
#include "vault/own_age.h"

static char dir[256];
static const struct vault_create_options CHEAP = { .kdf_mem_mib = 64, .kdf_passes = 3 };

static char *
in_dir(const char *name, char out[static 320])
{
    snprintf(out, 320, "%s/%s", dir, name);
    return out;
}

static vault *
opened(const char *name, const char *phrase)
{
    struct secret *s = pass_of(phrase);
    const struct vault_credentials cred = { .passphrase = s, .slot = -1 };
    vault *v = NULL;
    char path[320];

    assert_int_equal(vault_open(&v, in_dir(name, path), &cred), VAULT_OK);
    secret_free(s);
    return v;
}

static void
created(const char *name, const char *phrase)
{
    struct secret *s = pass_of(phrase);
    char path[320];

    assert_int_equal(vault_create(in_dir(name, path), s, &CHEAP), VAULT_OK);
    secret_free(s);
}

static void
add_person(vault *v, const char *ref)
{
    vault_fields *f = NULL;
    struct vault_added added;

    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    assert_int_equal(vault_fields_add(f, "ref", ref, strlen(ref)), VAULT_OK);
    assert_int_equal(vault_add(v, "person", f, &added), VAULT_OK);
    vault_fields_free(f);
}

static void
copy_folder(const char *from, const char *to)
{
    char a[320], b[320], *command = NULL;

    assert_true(asprintf(&command, "cp -r '%s' '%s'", in_dir(from, a), in_dir(to, b)) > 0);
    assert_int_equal(system(command), 0);
    free(command);
}

/* home.vault, other.vault (a copy in which P-9 was added), and strange.vault. */
static int
make_vaults(void **state)
{
    const char *tmp = getenv("TMPDIR");
    vault *v;
    (void)state;

    snprintf(dir, sizeof dir, "%s/withheld-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    created("home.vault", PHRASE);
    v = opened("home.vault", PHRASE);
    add_person(v, "P-1");
    vault_close(v);
    copy_folder("home.vault", "other.vault");
    v = opened("other.vault", PHRASE);
    add_person(v, "P-9");
    vault_close(v);
    created("strange.vault", OTHER_PHRASE);
    return 0;
}

static int
remove_vaults(void **state)
{
    char *command = NULL;
    (void)state;

    assert_true(asprintf(&command, "rm -rf '%s'", dir) > 0);
    assert_int_equal(system(command), 0);
    free(command);
    return 0;
}

/* ---- forging ---- */

/* What is done to each row before it goes; false: it does not go. */
typedef bool alter_fn(struct copy_row *row, unsigned nth);

struct forging {
    struct frames_out f;
    alter_fn *alter;
    unsigned nth;
    uint64_t rows;
};

static vault_err
put_row(void *ctx, const struct copy_row *row)
{
    struct forging *g = ctx;
    struct copy_row now = *row;

    if (g->alter != NULL && !g->alter(&now, g->nth++))
        return VAULT_OK;
    g->rows++;
    return copy_row_put(&g->f, &now);
}

/* The copy of `from`, with rows altered, for the card of `to`, signed as the session `by`. */
static void
forge(const char *name, vault *from, vault *to, vault *by, alter_fn *alter)
{
    struct forging g = { .alter = alter };
    struct age_recipient r = { .kind = AGE_HYBRID };
    const struct age_to age = { .recipient = &r, .n = 1 };
    struct copy_head head = { .key = NULL };
    struct manifest m = { .kind = MANIFEST_COPY, .time = 1 };
    struct seal_keys keys = session_seal_keys(from);
    struct buf mem = BUF_INIT;
    uint8_t hash[32], id[32];
    char path[320];

    memcpy(r.pk, to->card.case_recipient, HPKE_PK_BYTES);
    manifest_recipient(hash, &r);
    assert_int_equal(manifest_add_to(&m, hash), VAULT_OK);
    assert_int_equal(secret_random(&head.key, 32), VAULT_OK);
    memcpy(head.recipient, r.pk, sizeof head.recipient);
    keys.k_case = head.key;
    if (frames_create(&g.f, in_dir(name, path), 0, &age) != VAULT_OK)
        fail_msg("%s", vault_last_error()->text);
    assert_int_equal(copy_head_put(&g.f, &head), VAULT_OK);
    assert_int_equal(session_copy_rows(&from->recs, &(struct copy_to){ put_row, &g }, &keys, COPY_ALL), VAULT_OK);
    assert_int_equal(bundle_sign_as(by, &m, &mem), VAULT_OK);
    m.files = g.rows + 1;
    memcpy(m.log_head, from->chain[from->n_log].hash, 32);
    frames_content(&g.f, m.content, &m.length);
    assert_int_equal(bundle_put_manifest(by, &g.f, &m, id), VAULT_OK);
    assert_int_equal(frames_commit(&g.f), VAULT_OK);
    frames_out_free(&g.f);
    secret_free(head.key);
    buf_free(&mem);
}

/* Nothing of it is left, and the vault is as it was. */
static void
assert_refuses(const char *name, vault *home, vault_err want, const char *sentence)
{
    const struct vault_receive how = { .receipt = NULL };
    struct vault_received got;
    char path[320], unfinished[400];
    uint32_t before = home->n_log;

    assert_int_equal(vault_handoff_receive(home, in_dir(name, path), &how, &got), want);
    if (strstr(vault_last_error()->text, sentence) == NULL)
        print_error("%s\n", vault_last_error()->text);
    assert_non_null(strstr(vault_last_error()->text, sentence));
    assert_int_equal(home->n_log, before);
    assert_false(home->uncertain);
    snprintf(unfinished, sizeof unfinished, "%s.new", home->db_path);
    assert_int_equal(access(unfinished, F_OK), -1);
    snprintf(unfinished, sizeof unfinished, "%s.new-journal", home->db_path);
    assert_int_equal(access(unfinished, F_OK), -1);
    assert_int_equal(unlink(path), 0);
}

/* ---- tests ---- */

static void
test_rejoin__a_stranger_cannot_send_a_copy(void **state)
{
    vault *home = opened("home.vault", PHRASE), *other = opened("other.vault", PHRASE), *stranger = opened("strange.vault", OTHER_PHRASE);
    (void)state;

    forge("x.copy", stranger, home, stranger, NULL);
    assert_refuses("x.copy", home, VAULT_ERR_REFUSED, "a whole copy of another vault");
    forge("x.copy", other, home, stranger, NULL);       /* our rows, his signature */
    assert_refuses("x.copy", home, VAULT_ERR_REFUSED, "a whole copy of another vault");
    forge("x.copy", stranger, home, other, NULL);       /* and the other way round */
    assert_refuses("x.copy", home, VAULT_ERR_DAMAGED, "not a whole copy");
    vault_close(stranger);
    vault_close(other);
    vault_close(home);
}

static void
test_rejoin__who_pretends_to_be_a_copy_of_this_vault_is_refused(void **state)
{
    vault *home = opened("home.vault", PHRASE), *stranger = opened("strange.vault", OTHER_PHRASE);
    struct bundle_in b = { .v = home };
    char path[320];
    uint8_t id[VAULT_ID_BYTES];
    (void)state;

    /* Everything of his is in order, but that it tells of a vault by another beginning: as if its id were ours. */
    forge("x.copy", stranger, home, stranger, NULL);
    b.path = in_dir("x.copy", path);
    assert_int_equal(bundle_read(&b), VAULT_OK);
    memcpy(id, home->kf.vault_id, sizeof id);
    memcpy(home->kf.vault_id, stranger->kf.vault_id, sizeof id);
    assert_int_equal(bundle_verify_sender(&b), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, "pretends to be a copy"));
    memcpy(home->kf.vault_id, id, sizeof id);
    assert_int_equal(unlink(path), 0);
    bundle_in_free(&b);
    vault_close(stranger);
    vault_close(home);
}

static bool
without_an_entry(struct copy_row *row, unsigned nth)
{
    (void)nth;
    return row->kind != COPY_LOG || row->n != 2;
}

static bool
without_a_revision(struct copy_row *row, unsigned nth)
{
    (void)nth;
    return row->kind != COPY_OPEN_BLOB || row->n != 10;
}

static bool
changed_blob(struct copy_row *row, unsigned nth)
{
    static uint8_t blob[4096];
    (void)nth;

    if (row->kind == COPY_OPEN_BLOB && row->n == 11 && row->column[0].n <= sizeof blob) {
        memcpy(blob, row->column[0].p, row->column[0].n);
        blob[row->column[0].n - 1] ^= 1;
        row->column[0].p = blob;
    }
    return true;
}

static bool
same_number_twice(struct copy_row *row, unsigned nth)
{
    (void)nth;
    if (row->kind == COPY_OPEN_BLOB && row->n == 4)
        row->n = 3;
    return true;
}

static bool
backwards(struct copy_row *row, unsigned nth)
{
    if (nth == 5) {
        row->kind = COPY_WRAP;
        row->column[0] = PART("x", 1);
    }
    return true;
}

static bool
unknown_kind(struct copy_row *row, unsigned nth)
{
    if (nth == 0) {
        row->kind = (enum copy_kind)99;
        row->column[0] = PART("x", 1);
    }
    return true;
}

static bool
short_entry_number(struct copy_row *row, unsigned nth)
{
    (void)nth;
    if (row->kind == COPY_PAIR)
        row->column[0].n = 7;
    return true;
}

/* Each by somebody who may send, to be caught by what it is. */
static void
test_rejoin__rows_that_are_no_copy_are_refused(void **state)
{
    static const struct {
        alter_fn *alter;
        const char *sentence;
    } CASES[] = {
        { without_an_entry, "not a whole copy" }, { without_a_revision, "not a whole copy" }, { changed_blob, "not a whole copy" },
        { same_number_twice, "does not belong" }, { backwards, "does not belong" }, { unknown_kind, "does not belong" },
        { short_entry_number, "wrong form" },
    };
    vault *home = opened("home.vault", PHRASE), *other = opened("other.vault", PHRASE);
    const struct vault_receive how = { .receipt = NULL };
    struct vault_received got;
    char path[320];
    (void)state;

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        forge("x.copy", other, home, other, CASES[i].alter);
        assert_refuses("x.copy", home, VAULT_ERR_DAMAGED, CASES[i].sentence);
    }
    forge("x.copy", other, home, other, NULL);          /* and untouched it is one */
    assert_int_equal(vault_handoff_receive(home, in_dir("x.copy", path), &how, &got), VAULT_OK);
    assert_true(got.own);
    assert_int_equal(got.records_new, 1);
    assert_int_equal(vault_check_open(home, NULL, NULL, NULL), VAULT_OK);
    add_person(home, "P-10");                           /* the session goes on */
    assert_int_equal(vault_check_open(home, NULL, NULL, NULL), VAULT_OK);
    vault_close(other);
    vault_close(home);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rejoin__a_stranger_cannot_send_a_copy),
        cmocka_unit_test(test_rejoin__who_pretends_to_be_a_copy_of_this_vault_is_refused),
        cmocka_unit_test(test_rejoin__rows_that_are_no_copy_are_refused),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_vaults, remove_vaults);
}
