/* Keys and headers of age against the examples of its specification, and the stream at its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "vault/handoff/age.h"

/* The examples of age-encryption.org/v1: "The X25519 recipient type", and "The MLKEM768-X25519 ... recipient type". */
static const char x25519_identity[] = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
static const char x25519_recipient[] = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
static const char hybrid_identity[] = "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR";
static const char hybrid_begins[] = "age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87pzf5zrqtzdxz95paef6caq5aapdmwjjqpjfdyxn";
static const char hybrid_ends[] = "aeq0d3fzv49zc0k";

static void
test_age__the_specified_identities_have_the_specified_recipients(void **state)
{
    struct age_identity id;
    struct age_recipient r, again;
    struct secret *text = NULL;
    char out[AGE_RECIPIENT_ROOM];

    (void)state;
    assert_int_equal(age_identity_read(&id, x25519_identity, strlen(x25519_identity)), VAULT_OK);
    assert_int_equal(id.kind, AGE_X25519);
    age_identity_public(&r, &id);
    age_recipient_write(out, &r);
    assert_string_equal(out, x25519_recipient);
    assert_int_equal(age_identity_write(&text, &id), VAULT_OK);
    assert_string_equal((const char *)secret_bytes(text), x25519_identity);
    secret_free(text);
    age_identity_free(&id);

    assert_int_equal(age_identity_read(&id, hybrid_identity, strlen(hybrid_identity)), VAULT_OK);
    assert_int_equal(id.kind, AGE_HYBRID);
    age_identity_public(&r, &id);
    age_recipient_write(out, &r);
    assert_memory_equal(out, hybrid_begins, strlen(hybrid_begins));
    assert_string_equal(out + strlen(out) - strlen(hybrid_ends), hybrid_ends);
    assert_int_equal(strlen(out), AGE_RECIPIENT_ROOM - 1);
    assert_int_equal(age_recipient_read(&again, out, strlen(out)), VAULT_OK);
    assert_memory_equal(&again, &r, sizeof r);
    age_identity_free(&id);
}

/* One character more, less or other, wherever it is. */
static void
test_age__a_mistyped_recipient_is_noticed_at_every_place(void **state)
{
    char text[sizeof x25519_recipient];
    struct age_recipient r;

    (void)state;
    for (size_t i = 4; i < strlen(x25519_recipient); i++) {
        strcpy(text, x25519_recipient);
        text[i] = text[i] == 'q' ? 'p' : 'q';
        assert_int_equal(age_recipient_read(&r, text, strlen(text)), VAULT_ERR_INPUT);
        strcpy(text, x25519_recipient);
        if (text[i] >= 'a' && text[i] <= 'z') {
            text[i] = (char)(text[i] - 32);
            assert_int_equal(age_recipient_read(&r, text, strlen(text)), VAULT_ERR_INPUT);
        }
        assert_int_equal(age_recipient_read(&r, x25519_recipient, i), VAULT_ERR_INPUT);
    }
}

/* ---- a file in memory ---- */

struct memory {
    const uint8_t *p;
    size_t n, at_once;
};

static vault_err
read_memory(void *ctx, uint8_t *p, size_t n, size_t *got)
{
    struct memory *m = ctx;

    n = n < m->at_once ? n : m->at_once;
    *got = m->n < n ? m->n : n;
    memcpy(p, m->p, *got);
    m->p += *got;
    m->n -= *got;
    return VAULT_OK;
}

static void
seal(struct buf *file, const struct age_to *to, const uint8_t *p, size_t n, size_t at_once)
{
    struct age_seal *s = NULL;

    assert_int_equal(age_seal_new(&s, file, to), VAULT_OK);
    for (size_t at = 0; at < n; at += at_once)
        assert_int_equal(age_seal_add(s, file, p + at, n - at < at_once ? n - at : at_once), VAULT_OK);
    assert_int_equal(age_seal_end(s, file), VAULT_OK);
    age_seal_free(s);
}

static void
assert_opens(const struct buf *file, const struct age_identities *all, const uint8_t *p, size_t n, size_t at_once)
{
    struct memory m = {file->p, file->n, at_once};
    struct age_source *from = NULL;
    struct age_open *o = NULL;
    struct buf out = BUF_INIT;
    bool end = false;

    assert_int_equal(age_source_new(&from, read_memory, &m), VAULT_OK);
    assert_int_equal(age_open_new(&o, from), VAULT_OK);
    assert_false(age_open_wants_passphrase(o));
    assert_int_equal(age_open_unlock(o, all, NULL), VAULT_OK);
    while (!end)
        assert_int_equal(age_open_next(o, &out, 1, &end), VAULT_OK);
    assert_int_equal(out.n, n);
    assert_true(n == 0 || memcmp(out.p, p, n) == 0);
    age_open_free(o);
    age_source_free(from);
    buf_free(&out);
}

/* Whatever pieces it is given and read in. */
static void
test_age__sizes_around_chunks_in_all_pieces(void **state)
{
    static const size_t sizes[] = {0, 1, 47, 48, 49, 65535, 65536, 65537, 131072, 200001};
    static const size_t pieces[] = {1000, 65535, 65536, 65537, 300000};
    uint8_t *content = malloc(300000);
    struct age_identities all = {0};
    struct age_recipient r;

    (void)state;
    assert_non_null(content);
    randombytes_buf(content, 300000);
    all.list = array_room(NULL, 0, &all.cap, sizeof *all.list);
    assert_non_null(all.list);
    assert_int_equal(age_identity_new(&all.list[0], AGE_HYBRID), VAULT_OK);
    all.n = 1;
    age_identity_public(&r, &all.list[0]);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t k = 0; k < 2 * sizeof pieces / sizeof pieces[0]; k++) {
            const struct age_to to = {.recipient = &r, .n = 1, .armor = k % 2 == 1};
            struct buf file = BUF_INIT;

            seal(&file, &to, content, sizes[i], pieces[k / 2]);
            if (to.armor)
                assert_memory_equal(file.p, ARMOR_BEGIN "\n", sizeof ARMOR_BEGIN);
            assert_opens(&file, &all, content, sizes[i], pieces[k / 2]);
            assert_opens(&file, &all, content, sizes[i], 97);
            buf_free(&file);
        }
    age_identities_free(&all);
    free(content);
}

/* The same plaintext twice has nothing in common but the first line. */
static void
test_age__two_files_of_one_plaintext_share_nothing(void **state)
{
    struct age_recipient r;
    const struct age_to to = {.recipient = &r, .n = 1};
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct age_identity id;

    (void)state;
    assert_int_equal(age_identity_new(&id, AGE_X25519), VAULT_OK);
    age_identity_public(&r, &id);
    seal(&a, &to, (const uint8_t *)"name", 4, 4);
    seal(&b, &to, (const uint8_t *)"name", 4, 4);
    assert_int_equal(a.n, b.n);
    /* Stanza, MAC, nonce and chunk are all drawn anew: chance makes some bytes equal, never sixteen in a row. */
    for (size_t i = strlen(AGE_LINE) + 10, same = 0; i < a.n; i++) {
        same = a.p[i] == b.p[i] ? same + 1 : 0;
        assert_true(same < 16);
    }
    buf_free(&a);
    buf_free(&b);
    age_identity_free(&id);
}

static void
test_age__a_file_is_for_somebody_and_for_one_kind(void **state)
{
    struct age_recipient r[2] = {{0}};
    struct age_seal *s = NULL;
    struct secret *pass = NULL;
    struct buf file = BUF_INIT;
    struct age_identity id;

    (void)state;
    assert_int_equal(age_identity_new(&id, AGE_X25519), VAULT_OK);
    age_identity_public(&r[0], &id);
    age_identity_free(&id);
    assert_int_equal(age_identity_new(&id, AGE_HYBRID), VAULT_OK);
    age_identity_public(&r[1], &id);
    age_identity_free(&id);
    assert_int_equal(secret_copy(&pass, "passphrase", 10), VAULT_OK);
    assert_int_equal(age_seal_new(&s, &file, &(struct age_to){.n = 0}), VAULT_ERR_INPUT);
    assert_int_equal(age_seal_new(&s, &file, &(struct age_to){.recipient = r, .n = 2}), VAULT_ERR_INPUT);
    assert_int_equal(age_seal_new(&s, &file, &(struct age_to){.recipient = r, .n = 1, .passphrase = pass}), VAULT_ERR_INPUT);
    assert_null(s);
    assert_int_equal(file.n, 0);
    secret_free(pass);
}

static int
set_up(void **state)
{
    (void)state;
    return secret_process_init() == VAULT_OK ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_age__the_specified_identities_have_the_specified_recipients),
        cmocka_unit_test(test_age__a_mistyped_recipient_is_noticed_at_every_place),
        cmocka_unit_test(test_age__sizes_around_chunks_in_all_pieces),
        cmocka_unit_test(test_age__two_files_of_one_plaintext_share_nothing),
        cmocka_unit_test(test_age__a_file_is_for_somebody_and_for_one_kind),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
