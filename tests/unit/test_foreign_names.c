/*
 * test_foreign_names.c - a file in a bundle whose name leads out of the folder: a sender whose program does not look at names.
 *
 * The link wraps file_name_put and file_name_valid (Makefile), so that the sender's vault, in this process, takes any name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/record/file.h"

static bool evil;               /* the sender's program runs */
static vault *sender;
static char other[340], bundle[340];

vault_err __real_file_name_put(struct buf *out, const char *name, size_t n);
vault_err __wrap_file_name_put(struct buf *out, const char *name, size_t n);
bool __real_file_name_valid(struct buf *scratch, struct part name);
bool __wrap_file_name_valid(struct buf *scratch, struct part name);

vault_err
__wrap_file_name_put(struct buf *out, const char *name, size_t n)
{
    if (!evil)
        return __real_file_name_put(out, name, n);
    buf_put(out, name, n);
    return buf_ok(out);
}

bool
__wrap_file_name_valid(struct buf *scratch, struct part name)
{
    return evil || __real_file_name_valid(scratch, name);
}

static void
know_each_other(void)
{
    struct vault_card *card = calloc(1, sizeof *card);

    assert_non_null(card);
    assert_int_equal(vault_card(sender, card), VAULT_OK);
    assert_int_equal(vault_contact_add(v, "sender", card->text, strlen(card->text)), VAULT_OK);
    assert_int_equal(vault_card(v, card), VAULT_OK);
    assert_int_equal(vault_contact_add(sender, "here", card->text, strlen(card->text)), VAULT_OK);
    free(card);
}

static int
make_both(void **state)
{
    static const struct vault_create_options cheap = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    struct vault_credentials cred = { .slot = -1 };
    struct secret *pass;

    if (make_vault(state) != 0)
        return -1;
    cred.passphrase = pass = pass_of(PHRASE);
    snprintf(other, sizeof other, "%s/sender.vault", dir);
    snprintf(bundle, sizeof bundle, "%s/bundle", dir);
    assert_int_equal(vault_create(other, pass, &cheap), VAULT_OK);
    assert_int_equal(vault_open(&sender, other, &cred), VAULT_OK);
    secret_free(pass);
    know_each_other();
    return 0;
}

static int
remove_both(void **state)
{
    static const char *const FILES[] = { "keys", "records.db" };
    char name[400];

    vault_close(sender);
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s/%s", other, FILES[i]);
        unlink(name);
    }
    rmdir(other);
    return remove_vault(state);
}

/* A record with an attachment of that name, sent by the sender. */
static void
send_file(const char *name, bool open)
{
    struct vault_attach_file file = { .path = bundle, .name = name };
    struct vault_attach_options opt = { .open = open };
    vault_fields *in = fields("born", "1962", NULL);
    struct vault_handoff_sent sent;
    struct vault_added added;
    const char *id = added.id, *to = "here";
    struct vault_handoff what = { .ids = &id, .n_ids = 1, .contacts = &to, .n_contacts = 1, .names = true, .confirmed = true };
    FILE *f = fopen(bundle, "w");

    assert_non_null(f);
    fputs("a scan\n", f);
    fclose(f);
    evil = true;
    assert_int_equal(vault_add(sender, "person", in, &added), VAULT_OK);
    assert_int_equal(vault_attach(sender, added.id, &file, 1, &opt, &added), VAULT_OK);
    unlink(bundle);
    assert_int_equal(vault_handoff_send(sender, bundle, &what, &sent), VAULT_OK);
    evil = false;
    vault_fields_free(in);
}

static void
assert_refused(const char *name, bool open)
{
    struct vault_receive how = { 0 };
    struct vault_received *got = calloc(1, sizeof *got);
    struct extent before = extent();

    assert_non_null(got);
    send_file(name, open);
    assert_int_equal(vault_handoff_receive(v, bundle, &how, got), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, "not what its field may hold"));
    assert_null(strstr(vault_last_error()->text, name));
    assert_extent(&before);
    unlink(bundle);
    free(got);
}

static void
test_foreign_names__a_path_is_refused_and_nothing_is_taken_in(void **state)
{
    static const char *const NAME[] = { "../../outside", "/etc/outside", "a/b", "..", "a\\b", "CON", "a\nb" };
    (void)state;

    for (size_t i = 0; i < sizeof NAME / sizeof NAME[0]; i++) {
        assert_refused(NAME[i], true);
        assert_refused(NAME[i], false);
    }
}

/* So it is the name that is refused above, and not how the sender sends. */
static void
test_foreign_names__a_good_name_of_the_same_sender_comes_in(void **state)
{
    struct vault_receive how = { 0 };
    struct vault_received *got = calloc(1, sizeof *got);
    (void)state;

    assert_non_null(got);
    send_file("scan.pdf", true);
    assert_int_equal(vault_handoff_receive(v, bundle, &how, got), VAULT_OK);
    unlink(bundle);
    free(got);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_names__a_path_is_refused_and_nothing_is_taken_in),
        cmocka_unit_test(test_foreign_names__a_good_name_of_the_same_sender_comes_in),
    };

    return vault_process_init() != VAULT_OK ? 1 : cmocka_run_group_tests(tests, make_both, remove_both);
}
