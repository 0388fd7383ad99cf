/*
 * test_names_hidden.c - what a keeper says beside the key of a withheld blob about where names are: said where it is so, believed by a
 * search for names, which finds the same without it; and a check and a repair when it is false.
 */
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

/* ---- records with names here and there ---- */

static const char WITNESS[] = "{\"name\":\"witness\",\"version\":1,\"fields\":["
    "{\"name\":\"alias\",\"kind\":\"name\",\"tier\":\"open\",\"role\":\"quasi\",\"repeats\":true},"
    "{\"name\":\"name\",\"kind\":\"name\"}]}";

/* A field called as one for names is, which holds none. */
static const char PRISON[] = "{\"name\":\"prison\",\"version\":1,\"fields\":["
    "{\"name\":\"name\",\"kind\":\"text\",\"tier\":\"open\",\"role\":\"quasi\"},"
    "{\"name\":\"guards\",\"kind\":\"text\",\"tier\":\"withheld\",\"role\":\"sensitive\"}]}";

static void
add(const char *type, vault_fields *f)
{
    struct vault_added out;

    assert_int_equal(vault_add(v, type, f, &out), VAULT_OK);
    vault_fields_free(f);
}

/* Which of them has the hint at its newest revision: those with a withheld blob of a keeper's, and all names in it. */
static const struct { const char *ref; bool hidden; } RECORDS[] = {
    { "plain", true }, { "others", true }, { "press", false }, { "press-only", false }, { "nameless", false },
    { "moved", false }, { "renamed", true }, { "half", false }, { "purged", true }, { "case", false }, { "office", false },
    { "alias", false }, { "real", true }, { "holder", false },
};
#define N_RECORDS (sizeof RECORDS / sizeof RECORDS[0])

static int
make_records(void **state)
{
    struct vault_purge what = { .id = "purged", .field = "other_names" };
    struct vault_purged gone;
    const char *word = "name-in-open";
    struct vault_added out;

    if (make_two_tiers(state) != 0)
        return -1;
    assert_int_equal(vault_accept(v, &word, 1), VAULT_OK);
    assert_int_equal(vault_type_add(v, WITNESS, strlen(WITNESS)), VAULT_OK);
    assert_int_equal(vault_type_add(v, PRISON, strlen(PRISON)), VAULT_OK);
    add_person("plain", "Choi Myung-bok");
    add("person", fields("ref", "others", "name", "Pak Chol-su", "other_names", "Choe Myong Bok", "other_names", "Yi Sun-hi", NULL));
    add("person", fields("ref", "press", "name", "Kim Yong-ho", "press_name", "Han Song-il", NULL));
    add("person", fields("ref", "press-only", "press_name", "Rim Kum-ok", NULL));
    add("person", fields("ref", "nameless", "born", "1970", NULL));
    add_person("moved", "Ri Jong-hwa");
    edit_person("moved", "residence", "Omsk");
    add_person("renamed", "So Chol");
    edit_person("renamed", "name", "Hwang Chol-min");
    add("person", fields("ref", "half", "name", "Kang Un-ju", "other_names", "Kwon Un-ju", NULL));
    edit_person("half", "name", "Kang Un-jong");
    add("person", fields("ref", "purged", "name", "Ryu Mi-sun", "other_names", "Oh Mi-sun", NULL));
    assert_int_equal(vault_purge(v, &what, &gone), VAULT_OK);
    add("case", fields("ref", "case", "title", "Choi Myung", NULL));
    add("organisation", fields("ref", "office", "name", "Myung-bok Choi", NULL));
    add("witness", fields("alias", "Nam Il-u", "name", "Jon Pong-gun", NULL));
    add("witness", fields("name", "Jang Kum-song", NULL));
    add("prison", fields("name", "Evin", "guards", "two", NULL));
    add_person("removed", "Choi Myung-bok");
    assert_int_equal(vault_remove(v, "removed", &out), VAULT_OK);
    reopen_as(OTHER_PHRASE);
    add_person("holder", "Choi Myong-bok");
    reopen();                   /* and it is adopted */
    return 0;
}

/* Of a witness: two were made, without a ref. */
static uint32_t
newest(size_t i)
{
    const struct index *ix = &v->recs.index;
    uint32_t first = 0, head = 0;

    if (strcmp(RECORDS[i].ref, "alias") != 0 && strcmp(RECORDS[i].ref, "real") != 0) {
        first = number_of(RECORDS[i].ref);
    } else {
        uint32_t office = number_of("office");
        first = office;
        for (int more = strcmp(RECORDS[i].ref, "alias") == 0 ? 1 : 2; more > 0; more--)
            do
                first++;
            while (index_is_system(&ix->pair[first]) || ix->pair[first].first != first);
    }
    assert_int_equal(recs_head(&v->recs, first, &head, NULL), VAULT_OK);
    return head;
}

static bool
says_hidden(uint32_t n)
{
    const struct pack *p = NULL;

    assert_int_equal(recs_pack(&v->recs, n, &p), VAULT_OK);
    return p->names_hidden[n - p->first];
}

/* As a keeper. */
static void
say_hidden(uint32_t n, bool yes)
{
    const struct pack *now = NULL;
    struct buf box = BUF_INIT;
    struct secret *home = NULL;
    struct pack *p;

    assert_int_equal(recs_pack(&v->recs, n, &now), VAULT_OK);
    assert_int_equal(secret_new(&home, sizeof *p), VAULT_OK);
    p = (struct pack *)(void *)secret_edit(home);
    *p = *now;
    p->names_hidden[n - p->first] = yes;
    assert_int_equal(pack_seal(&box, &v->recs.keys, p), VAULT_OK);
    put_row(DB_WRAP, p->first, &box);
    recs_forget_pack(&v->recs);
    secret_free(home);
    buf_free(&box);
}

/* ---- what is found ---- */

struct heard { char text[4096]; unsigned n; };

static int
hear(void *ctx, const struct vault_hit *h)
{
    struct heard *x = ctx;
    size_t at = strlen(x->text);

    x->n++;
    snprintf(x->text + at, sizeof x->text - at, "%s %s %s %s\n", h->id, h->field, h->level, h->why);
    return 0;
}

static struct heard
search(struct vault_search_query q, bool names, vault_err want)
{
    static struct heard x;

    memset(&x, 0, sizeof x);
    assert_int_equal((names ? vault_search_names : vault_search)(v, &q, hear, &x), want);
    return x;
}

static const struct vault_where OMSK = { "residence", "Omsk" };
static const struct { struct vault_search_query q; bool names; unsigned hits; } ASKED[] = {
    { { .text = "Ri Jong-hwa", .where = &OMSK, .n_where = 1 }, true, 1 },
    { { .text = "Choi Myung-bok", .where = &OMSK, .n_where = 1 }, true, 0 },
    { { .text = "최명복" }, true, 4 },                     /* plain, others, office, holder; not what was removed */
    { { .text = "Choi Myung-bok", .type = "person" }, true, 3 },
    { { .text = "Choi Myung-bok", .type = "organisation" }, true, 1 },
    { { .text = "Choi Myung-bok", .type = "witness" }, true, 0 },
    { { .text = "Choe Myong-bok", .field = "other_names" }, true, 1 },
    { { .text = "Han Song-il" }, true, 1 },
    { { .text = "Kim Yong-ho" }, true, 1 },
    { { .text = "Rim Kum-ok" }, true, 1 },
    { { .text = "Ri Jong-hwa" }, true, 1 },
    { { .text = "Hwang Chol-min" }, true, 1 },
    { { .text = "So Chol" }, true, 0 },
    { { .text = "Kwon Un-ju" }, true, 1 },
    { { .text = "Kang Un-jong" }, true, 1 },
    { { .text = "Kang Un-ju" }, true, 0 },
    { { .text = "Ryu Mi-sun" }, true, 1 },
    { { .text = "Oh Mi-sun" }, true, 0 },
    { { .text = "Nam Il-u" }, true, 1 },
    { { .text = "Jon Pong-gun" }, true, 1 },
    { { .text = "Jang Kum-song" }, true, 1 },
    { { .text = "choi", .field = "name" }, false, 3 },
    { { .text = "myong", .field = "other_names" }, false, 1 },
    { { .text = "han", .field = "press_name" }, false, 1 },
    { { .text = "Evin", .field = "name" }, false, 1 },
    { { .text = "Evin", .field = "name", .type = "prison" }, false, 1 },
    { { .text = "\"choi myung\"" }, false, 2 },       /* of any kind; labels are drawn, and may be like one word */
};
#define N_ASKED (sizeof ASKED / sizeof ASKED[0])

static void
test_names_hidden__is_said_where_it_is_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_RECORDS; i++) {
        if (says_hidden(newest(i)) != RECORDS[i].hidden)
            print_message("%s\n", RECORDS[i].ref);
        assert_int_equal(says_hidden(newest(i)), RECORDS[i].hidden);
    }
}

static void
test_names_hidden__a_search_finds_the_same_without_it(void **state)
{
    struct heard with[N_ASKED];
    (void)state;

    for (size_t i = 0; i < N_ASKED; i++) {
        with[i] = search(ASKED[i].q, ASKED[i].names, VAULT_OK);
        if (with[i].n != ASKED[i].hits)
            print_message("%s\n%s", ASKED[i].q.text, with[i].text);
        assert_int_equal(with[i].n, ASKED[i].hits);
    }
    for (size_t i = 0; i < N_RECORDS; i++)
        say_hidden(newest(i), false);
    for (size_t i = 0; i < N_ASKED; i++)
        assert_string_equal(search(ASKED[i].q, ASKED[i].names, VAULT_OK).text, with[i].text);
    for (size_t i = 0; i < N_RECORDS; i++)
        say_hidden(newest(i), RECORDS[i].hidden);
}

/* What is not read is not missed: the search is told by the withheld blob alone, and tells the rest when it would be a hit. */
static void
test_names_hidden__open_values_are_not_read_for_others(void **state)
{
    const struct vault_search_query han = { .text = "Han Song-il" }, choi = { .text = "Choi Myung-bok" },
        word = { .text = "\"han song-il\"" }, field = { .text = "choi", .field = "other_names" };
    uint32_t n = number_of("plain"), holder = number_of("holder");
    (void)state;

    flip_row(DB_OPEN_BLOB, n);
    assert_int_equal(search(han, true, VAULT_OK).n, 1);
    assert_int_equal(search(field, false, VAULT_OK).n, 0);
    assert_int_equal(search(choi, true, VAULT_ERR_DAMAGED).n, 3);
    assert_int_equal(search(word, false, VAULT_ERR_DAMAGED).n, 1);
    say_hidden(n, false);
    assert_int_equal(search(han, true, VAULT_ERR_DAMAGED).n, 1);
    say_hidden(n, true);
    flip_row(DB_OPEN_BLOB, n);
    /* Of what a case holder wrote everything is verified first: he knows the key. */
    flip_row(DB_OPEN_BLOB, holder);
    assert_int_equal(search(han, true, VAULT_ERR_DAMAGED).n, 1);
    flip_row(DB_OPEN_BLOB, holder);
}

static void
test_names_hidden__withheld_values_that_cannot_be_read_are_told(void **state)
{
    const struct vault_search_query han = { .text = "Han Song-il" };
    uint32_t n = number_of("plain");
    struct buf was = BUF_INIT;
    (void)state;

    assert_int_equal(db_get(v->db, DB_WITHHELD_BLOB, n, &was), VAULT_OK);
    flip_row(DB_WITHHELD_BLOB, n);
    assert_int_equal(search(han, true, VAULT_ERR_DAMAGED).n, 1);
    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_delete(v->db, DB_WITHHELD_BLOB, n), VAULT_OK);
    assert_int_equal(db_commit(v->db), VAULT_OK);
    assert_int_equal(search(han, true, VAULT_ERR_DAMAGED).n, 1);
    put_row(DB_WITHHELD_BLOB, n, &was);
    buf_free(&was);
}

/* A case holder's search needs no names, and finds what is open. */
static void
test_names_hidden__a_case_holder_finds_open_names(void **state)
{
    (void)state;
    reopen_as(OTHER_PHRASE);
    assert_int_equal(search((struct vault_search_query){ .text = "Han Song-il" }, true, VAULT_OK).n, 1);
    assert_int_equal(search((struct vault_search_query){ .text = "Choi Myung-bok" }, true, VAULT_OK).n, 1);
    reopen();
}

static void
test_names_hidden__a_false_one_is_damage_and_repair_takes_it_away(void **state)
{
    static const char SAYS[] = "beside its keys it says that names are not where they are";
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    struct vault_repair_options opt = {0};
    struct vault_repair_report report;
    struct buf out = BUF_INIT;
    unsigned told = 0;
    char mended[300], was[300], name[340];
    (void)state;

    problems(&out);
    assert_string_equal(out.p, "");
    for (size_t i = 0; i < N_RECORDS; i++) {
        const struct pack *p = NULL;
        uint32_t n = newest(i);
        assert_int_equal(recs_pack(&v->recs, n, &p), VAULT_OK);
        if (RECORDS[i].hidden || !p->has_blob[n - p->first] || strcmp(RECORDS[i].ref, "holder") == 0)
            continue;
        told++;
        say_hidden(n, true);
        problems(&out);
        assert_non_null(strstr((const char *)out.p, SAYS));
        say_hidden(newest(i), false);
    }
    assert_int_equal(told, 3);
    say_hidden(number_of("press"), true);
    reopen_as(OTHER_PHRASE);            /* who cannot read it is told nothing */
    problems(&out);
    assert_string_equal(out.p, "");
    vault_close(v);
    v = NULL;
    snprintf(mended, sizeof mended, "%.256s/mended.vault", dir);
    snprintf(was, sizeof was, "%s", path);
    assert_int_equal(vault_repair(path, mended, &cred, &opt, &report), VAULT_OK);
    assert_false(report.lost);
    snprintf(path, sizeof path, "%.299s", mended);
    reopen();
    problems(&out);
    assert_string_equal(out.p, "");
    assert_false(says_hidden(number_of("press")));
    assert_true(says_hidden(number_of("plain")));
    assert_int_equal(search((struct vault_search_query){ .text = "Han Song-il" }, true, VAULT_OK).n, 1);
    vault_close(v);
    v = NULL;
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%.320s/%s", mended, i == 0 ? "keys" : "records.db");
        assert_int_equal(unlink(name), 0);
    }
    assert_int_equal(rmdir(mended), 0);
    snprintf(path, sizeof path, "%s", was);
    reopen();
    say_hidden(number_of("press"), false);
    buf_free(&out);
    secret_free(pass);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_hidden__is_said_where_it_is_so),
        cmocka_unit_test(test_names_hidden__a_search_finds_the_same_without_it),
        cmocka_unit_test(test_names_hidden__open_values_are_not_read_for_others),
        cmocka_unit_test(test_names_hidden__withheld_values_that_cannot_be_read_are_told),
        cmocka_unit_test(test_names_hidden__a_case_holder_finds_open_names),
        cmocka_unit_test(test_names_hidden__a_false_one_is_damage_and_repair_takes_it_away),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_records, remove_vault);
}
