/* test_resolve.c - two copies of a vault that changed one record, and a person who chooses: vault_conflict, vault_resolve, vault_show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/base/text.h"
#include "vault/record/draft.h"

/* ---- the other copy ---- */

static char copy[320], third[320];
static vault *other;

static void
copy_to(const char *from, const char *to)
{
    char cmd[1200];

    snprintf(cmd, sizeof cmd, "rm -rf '%s' && cp -r '%s' '%s'", to, from, to);
    assert_int_equal(system(cmd), 0);
}

static vault *
opened(const char *at, const char *phrase)
{
    struct secret *pass = pass_of(phrase);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *out = NULL;

    assert_int_equal(vault_open(&out, at, &cred), VAULT_OK);
    secret_free(pass);
    return out;
}

static void
edit_in(vault *in, const char *ref, const char *field, const char *text)
{
    vault_fields *f = fields(field, text, NULL);
    struct vault_added out;

    assert_int_equal(vault_edit(in, ref, f, &out), VAULT_OK);
    vault_fields_free(f);
}

/* What the other copy wrote comes in, and v is open again as `phrase`. */
static void
join(const char *phrase)
{
    vault_close(v);
    v = opened(path, phrase);
    assert_int_equal(session_join(v, other), VAULT_OK);
    vault_close(other);
    other = NULL;
    reopen_as(phrase);
}

/* ---- looking ---- */

static struct vault_record *
shown(const char *ref, bool reveal)
{
    struct vault_record *r = NULL;

    assert_int_equal(vault_show(v, ref, NULL, reveal, &r), VAULT_OK);
    return r;
}

static void
assert_value(const char *ref, const char *field, const char *want)
{
    struct vault_record *r = shown(ref, is_keeper(v));
    const char *got = "";

    assert_false(r->conflict);
    for (size_t i = 0; i < r->n_values; i++)
        if (strcmp(r->values[i].field, field) == 0)
            got = r->values[i].text;
    assert_string_equal(got, want);
    vault_record_free(r);
}

static struct vault_conflict *
conflict_of(const char *ref, bool reveal)
{
    struct vault_conflict *c = NULL;

    assert_int_equal(vault_conflict(v, ref, reveal, &c), VAULT_OK);
    return c;
}

/* The version in which this dispute has that text. */
static const char *
version_with(const struct vault_conflict *c, const char *field, const char *text)
{
    for (size_t i = 0; i < c->n_disputes; i++)
        for (size_t s = 0; strcmp(c->disputes[i].field, field) == 0 && s < c->n_sides; s++)
            if (c->disputes[i].sides[s].has && strcmp(c->disputes[i].sides[s].value.text, text) == 0)
                return c->sides[s].revision;
    fail_msg("no version has that");
    return NULL;
}

static vault_err
resolve(const char *ref, const char *field, const char *revision)
{
    const struct vault_choice choice = { .field = field, .revision = revision };
    struct vault_added out;

    return vault_resolve(v, ref, &choice, 1, &out);
}

static void
assert_clean(void)
{
    struct buf found = BUF_INIT;

    problems(&found);
    assert_string_equal((char *)found.p, "");
    buf_free(&found);
}

static int
last_action(void *ctx, const struct vault_log_item *i)
{
    snprintf(ctx, 600, "%s %s %s", i->action, i->keeper_signed ? "keeper" : "-", i->detail);
    return 0;
}

/* ---- tests ---- */

/* A person with residence changed on both sides, occupation here, citizenship there. `who` writes here, a caseworker there. */
static void
differ_by(const char *who, const char *ref, const char *here, const char *there)
{
    snprintf(copy, sizeof copy, "%s/other.vault", dir);
    snprintf(third, sizeof third, "%s/third.vault", dir);
    reopen();
    add_person(ref, "Choi Myung-bok");
    edit_person(ref, "residence", "Omsk");
    vault_close(v);
    v = NULL;
    copy_to(path, copy);
    v = opened(path, who);
    other = opened(copy, OTHER_PHRASE);
    edit_in(v, ref, "residence", here);
    edit_in(v, ref, "occupation", "cook");
    edit_in(other, ref, "residence", there);
    edit_in(other, ref, "citizenship", "KP");
}

static void
differ(const char *ref, const char *here, const char *there)
{
    differ_by(PHRASE, ref, here, there);
}

static void
test_resolve__a_choice_for_each_field(void **state)
{
    struct vault_conflict *c;
    struct vault_record *r;
    char said[600];
    (void)state;

    differ("P-1", "Kem", "Vladivostok");
    join(PHRASE);
    r = shown("P-1", false);
    assert_true(r->conflict);
    assert_int_equal(r->n_conflicts, 1);
    assert_string_equal(r->conflicts[0], "residence");
    vault_record_free(r);

    c = conflict_of("P-1", false);
    assert_int_equal(c->n_sides, 2);
    assert_int_equal(c->n_disputes, 1);
    assert_false(c->whole);
    assert_string_equal(c->disputes[0].field, "residence");
    assert_int_equal(resolve("P-1", "occupation", version_with(c, "residence", "Kem")), VAULT_ERR_INPUT);
    assert_int_equal(resolve("P-1", "residence", "abcd"), VAULT_ERR_NOT_FOUND);
    assert_int_equal(resolve("P-1", "residence", "ab"), VAULT_ERR_NOT_FOUND);
    assert_int_equal(vault_resolve(v, "P-1", NULL, 0, &(struct vault_added){ .same = 0 }), VAULT_ERR_CONFLICT);
    assert_int_equal(resolve("P-1", "residence", version_with(c, "residence", "Kem")), VAULT_OK);
    vault_conflict_free(c);
    assert_int_equal(vault_log(v, last_action, said), VAULT_OK);
    assert_non_null(strstr(said, "resolve - "));
    assert_non_null(strstr(said, "\"fields\":[\"residence\"]"));
    assert_null(strstr(said, "Kem"));
    assert_value("P-1", "residence", "Kem");
    assert_value("P-1", "occupation", "cook");
    assert_value("P-1", "citizenship", "KP");
    assert_value("P-1", "name", "Choi Myung-bok");
    assert_clean();
    reopen();
    assert_value("P-1", "residence", "Kem");
    edit_person("P-1", "residence", "Tomsk");
    assert_value("P-1", "residence", "Tomsk");
}

/* Nobody has to choose: it is only to be written. Then there is nothing to do. */
static void
test_resolve__what_differs_in_different_fields(void **state)
{
    struct vault_conflict *c;
    struct vault_added out;
    struct vault_record *r;
    (void)state;

    differ("P-2", "Kem", "Kem");
    join(PHRASE);
    r = shown("P-2", false);
    assert_true(r->conflict);
    assert_int_equal(r->n_conflicts, 0);
    vault_record_free(r);
    c = conflict_of("P-2", false);
    assert_int_equal(c->n_sides, 2);
    assert_int_equal(c->n_disputes, 0);
    vault_conflict_free(c);
    assert_int_equal(vault_resolve(v, "P-2", NULL, 0, &out), VAULT_OK);
    assert_true(out.changed);
    assert_value("P-2", "residence", "Kem");
    assert_value("P-2", "occupation", "cook");
    assert_value("P-2", "citizenship", "KP");
    c = conflict_of("P-2", false);
    assert_int_equal(c->n_sides, 0);
    vault_conflict_free(c);
    assert_int_equal(vault_resolve(v, "P-2", NULL, 0, &out), VAULT_OK);
    assert_false(out.changed);
    assert_clean();
}

/* A caseworker chooses between names that he cannot read; they stay sealed, and are carried on as they were. */
static void
test_resolve__withheld_values_are_chosen_unseen(void **state)
{
    struct vault_conflict *c;
    char here[VAULT_HASH_LEN + 1] = "";
    char said[600];
    (void)state;

    differ("P-3", "Kem", "Kem");
    edit_in(v, "P-3", "name", "Choe Here");
    edit_in(other, "P-3", "name", "Choe There");
    join(PHRASE);

    c = conflict_of("P-3", true);           /* the keeper looks first */
    snprintf(here, sizeof here, "%s", version_with(c, "name", "Choe Here"));
    (void)version_with(c, "name", "Choe There");
    vault_conflict_free(c);
    assert_int_equal(vault_log(v, last_action, said), VAULT_OK);
    assert_non_null(strstr(said, "reveal keeper "));
    assert_non_null(strstr(said, "\"fields\":[\"name\"]"));
    assert_null(strstr(said, "Choe"));
    c = conflict_of("P-3", false);
    for (size_t s = 0; s < c->n_sides; s++)
        assert_string_equal(c->disputes[0].sides[s].value.text, "");
    vault_conflict_free(c);

    reopen_as(OTHER_PHRASE);
    c = NULL;
    assert_int_equal(vault_conflict(v, "P-3", true, &c), VAULT_ERR_REFUSED);
    c = conflict_of("P-3", false);
    assert_int_equal(c->n_disputes, 1);
    assert_true(c->disputes[0].withheld);
    for (size_t s = 0; s < c->n_sides; s++) {
        assert_true(c->disputes[0].sides[s].has);
        assert_false(c->disputes[0].sides[s].value.present);
        assert_string_equal(c->disputes[0].sides[s].value.text, "");
    }
    vault_conflict_free(c);
    assert_int_equal(resolve("P-3", "name", here), VAULT_OK);
    reopen();
    assert_value("P-3", "name", "Choe Here");
    assert_value("P-3", "citizenship", "KP");
    assert_clean();
}

/* One removed what the other changed: one of the two, as a whole. */
static void
test_resolve__a_removal_against_a_change(void **state)
{
    struct vault_conflict *c;
    struct vault_added out;
    struct vault_record *r;
    (void)state;

    for (int keep = 0; keep < 2; keep++) {
        const char *ref = keep ? "P-4" : "P-5";
        char code[VAULT_CODE_LEN + 1];
        differ(ref, "Kem", "Tomsk");
        assert_int_equal(vault_remove(other, ref, &out), VAULT_OK);
        snprintf(code, sizeof code, "%s", out.id);
        join(PHRASE);
        r = shown(code, false);
        assert_true(r->conflict);
        assert_int_equal(r->n_conflicts, 2);
        assert_string_equal(r->conflicts[0], "_removed");
        assert_string_equal(r->conflicts[1], "residence");
        vault_record_free(r);
        c = conflict_of(code, false);
        assert_true(c->whole);
        assert_int_equal(resolve(code, "residence", c->sides[0].revision), VAULT_ERR_CONFLICT);
        for (size_t s = 0; s < c->n_sides; s++)
            if (c->sides[s].removed == (keep == 0))
                assert_int_equal(resolve(code, NULL, c->sides[s].revision), VAULT_OK);
        vault_conflict_free(c);
        r = shown(code, false);
        assert_false(r->conflict);
        assert_int_equal(r->removed, keep == 0);
        vault_record_free(r);
        if (keep)
            assert_value(code, "residence", "Kem");
        assert_clean();
    }
}

/* Attachments of both sides are there afterwards, with their bytes. */
static void
test_resolve__attachments_of_both_sides_stay(void **state)
{
    const struct vault_attach_options open = { .open = true }, held = { .open = false };
    const struct vault_extract_options opt = { .path = NULL, .fd = -1 };
    struct vault_extract_options to = opt;
    char file[320], out[320], cmd[1200];
    struct vault_attach_file in = { .path = file };
    struct vault_extracted got;
    struct vault_added added;
    FILE *f;
    (void)state;

    snprintf(file, sizeof file, "%s/rows.csv", dir);
    snprintf(out, sizeof out, "%s/out", dir);
    f = fopen(file, "w");
    assert_non_null(f);
    fprintf(f, "bytes of a file\n");
    assert_int_equal(fclose(f), 0);
    differ("P-6", "Kem", "Kem");
    in.name = "open-here.txt";
    assert_int_equal(vault_attach(v, "P-6", &in, 1, &open, &added), VAULT_OK);
    in.name = "held-there.txt";
    assert_int_equal(vault_attach(other, "P-6", &in, 1, &held, &added), VAULT_OK);
    in.name = "open-there.txt";
    assert_int_equal(vault_attach(other, "P-6", &in, 1, &open, &added), VAULT_OK);
    join(PHRASE);
    assert_int_equal(vault_resolve(v, "P-6", NULL, 0, &added), VAULT_OK);
    to.path = out;
    for (int i = 0; i < 3; i++) {
        static const char *const NAME[] = { "open-here.txt", "held-there.txt", "open-there.txt" };
        assert_int_equal(vault_extract(v, "P-6", NAME[i], &to, &got), VAULT_OK);
        snprintf(cmd, sizeof cmd, "cmp '%s' '%s' && rm '%s'", file, out, out);
        assert_int_equal(system(cmd), 0);
    }
    assert_clean();
}

/* What `from` holds comes into `to`. */
static void
take_in(const char *to, const char *from)
{
    vault *a = opened(to, OTHER_PHRASE), *b = opened(from, OTHER_PHRASE);

    assert_int_equal(session_join(a, b), VAULT_OK);
    vault_close(b);
    vault_close(a);
}

/* The revision that is shown of P-7 or P-8, and whether it is in conflict. */
static void
assert_shows(const char *at, const char *ref, bool conflict, char revision[VAULT_HASH_LEN + 1])
{
    struct vault_record *r;

    vault_close(v);
    v = opened(at, OTHER_PHRASE);
    r = shown(ref, false);
    assert_int_equal(r->conflict, conflict);
    snprintf(revision, VAULT_HASH_LEN + 1, "%s", r->revision);
    vault_record_free(r);
}

static void
close_both(void)
{
    vault_close(v);
    vault_close(other);
    v = other = NULL;
}

/* Which of two is shown is the same, whoever took in whose. Both copies then bring the two sides together, each for itself, and meet:
 * the same content, and no conflict. */
static void
test_resolve__two_who_merged_for_themselves_agree(void **state)
{
    struct vault_added out;
    char here[VAULT_HASH_LEN + 1], there[VAULT_HASH_LEN + 1];
    uint32_t first = 0, n[4];
    (void)state;

    differ_by(OTHER_PHRASE, "P-7", "Kem", "Kem");       /* what a keeper writes elsewhere does not come home */
    edit_in(other, "P-7", "name", "Choe Three");        /* withheld, and on one side alone */
    close_both();
    copy_to(path, third);
    take_in(path, copy);
    take_in(copy, third);
    assert_shows(path, "P-7", true, here);
    assert_shows(copy, "P-7", true, there);
    assert_string_equal(here, there);
    close_both();

    v = opened(copy, OTHER_PHRASE);
    assert_int_equal(vault_resolve(v, "P-7", NULL, 0, &out), VAULT_OK);
    close_both();
    v = opened(path, OTHER_PHRASE);
    assert_int_equal(vault_resolve(v, "P-7", NULL, 0, &out), VAULT_OK);
    assert_shows(path, "P-7", false, here);
    assert_shows(copy, "P-7", false, there);
    assert_string_not_equal(here, there);
    close_both();
    copy_to(path, third);
    take_in(path, copy);
    take_in(copy, third);
    assert_shows(path, "P-7", false, here);
    assert_int_equal(session_find(v, "P-7", &first), VAULT_OK);
    assert_int_equal(recs_heads(&v->recs, first, n, 4), 2);
    assert_shows(copy, "P-7", false, there);
    assert_string_equal(here, there);
    reopen();
    assert_value("P-7", "name", "Choe Three");
    assert_value("P-7", "occupation", "cook");
    assert_value("P-7", "citizenship", "KP");
    assert_clean();
}

/* A caseworker's choice of that residence, in a vault that shows two. */
static void
choose_residence(const char *at, const char *ref, const char *text)
{
    struct vault_conflict *c;

    vault_close(v);
    v = opened(at, OTHER_PHRASE);
    c = conflict_of(ref, false);
    assert_int_equal(resolve(ref, "residence", version_with(c, "residence", text)), VAULT_OK);
    vault_conflict_free(c);
    assert_value(ref, "residence", text);
    vault_close(v);
    v = NULL;
}

/* A person in both copies, chosen differently in each; `third` is what the other one had then, and it wrote on. */
static void
choose_apart(const char *ref)
{
    differ_by(OTHER_PHRASE, ref, "Kem", "Tomsk");
    close_both();
    copy_to(path, third);
    take_in(path, copy);
    take_in(copy, third);
    choose_residence(path, ref, "Kem");
    choose_residence(copy, ref, "Tomsk");
    copy_to(copy, third);
    other = opened(copy, OTHER_PHRASE);
    edit_in(other, ref, "residence", "Perm");
    close_both();
    take_in(path, third);
}

/* Who knows of both choices and chooses again ends the conflict. What was written meanwhile on the choice that he took goes on from there; on the one that he did
 * not take it is in conflict with his, though his value is older: neither is overwritten. */
static void
test_resolve__chosen_apart_and_chosen_again(void **state)
{
    static const char *const CHOSEN[] = { "Tomsk", "Kem" };
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        const char *ref = i == 0 ? "P-9" : "P-10";
        struct vault_conflict *c;
        struct vault_added out;
        uint32_t first = 0, n[4];

        choose_apart(ref);
        choose_residence(path, ref, CHOSEN[i]);
        v = opened(path, OTHER_PHRASE);
        assert_int_equal(session_find(v, ref, &first), VAULT_OK);
        assert_value(ref, "residence", CHOSEN[i]);
        assert_int_equal(recs_heads(&v->recs, first, n, 4), 1);
        vault_close(v);
        take_in(path, copy);
        v = opened(path, OTHER_PHRASE);
        c = conflict_of(ref, false);
        assert_int_equal(c->n_sides, 2);
        assert_int_equal(c->n_disputes, i);
        if (i == 1) {
            (void)version_with(c, "residence", "Kem");
            (void)version_with(c, "residence", "Perm");
        }
        vault_conflict_free(c);
        if (i == 0) {
            assert_int_equal(vault_resolve(v, ref, NULL, 0, &out), VAULT_OK);
            assert_value(ref, "residence", "Perm");
        }
        assert_clean();
    }
}

static int
remove_all(void **state)
{
    char cmd[600];

    vault_close(other);
    snprintf(cmd, sizeof cmd, "rm -rf '%s/other.vault' '%s/third.vault'", dir, dir);
    return system(cmd) != 0 ? -1 : remove_vault(state);
}

int
main(void)
{
#define T(name) cmocka_unit_test(test_resolve__##name)
    const struct CMUnitTest tests[] = {
        T(a_choice_for_each_field),
        T(what_differs_in_different_fields),
        T(withheld_values_are_chosen_unseen),
        T(a_removal_against_a_change),
        T(attachments_of_both_sides_stay),
        T(two_who_merged_for_themselves_agree),
        T(chosen_apart_and_chosen_again),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_two_tiers, remove_all);
}
