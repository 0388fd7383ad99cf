#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "vault/base/secret.h"
#include "vault/record/draft.h"
#include "vault/record/value.h"

/* ---- helpers ---- */

static struct draft d;
static struct revision rev, base;
static struct buf extra;

static const struct type_def *
type(const char *name)
{
    return type_set_current(&v->recs.types, name);
}

static vault_err
draft_new(const char *type_name, vault_fields *f)
{
    vault_err err;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    err = draft_add(&d, type(type_name), f, &rev);
    vault_fields_free(f);
    return err;
}

/* The code of a record added with these fields. */
static const char *
added(const char *type_name, vault_fields *f)
{
    static struct vault_added out;

    assert_int_equal(vault_add(v, type_name, f, &out), VAULT_OK);
    vault_fields_free(f);
    return out.id;
}

/* The head of a record, with its withheld values, in `base`. */
static uint32_t
load_head(const char *id)
{
    uint32_t first = 0, head = 0;

    buf_reset(&extra);
    assert_int_equal(session_find(v, id, &first), VAULT_OK);
    assert_int_equal(recs_head(&v->recs, first, &head, NULL), VAULT_OK);
    assert_int_equal(recs_load(&v->recs, head, &base), VAULT_OK);
    assert_int_equal(recs_reveal(&v->recs, head, &base, &extra), VAULT_OK);
    return head;
}

/* Draft an edit of the head; `rev` is what it would become. */
static vault_err
draft_change(const char *id, vault_fields *f, bool *changed)
{
    uint32_t head = load_head(id);
    vault_err err;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    err = draft_edit(&d, head, &base, f, &rev, changed);
    vault_fields_free(f);
    return err;
}

static void
edit(const char *id, vault_fields *f)
{
    struct vault_added out;

    assert_int_equal(vault_edit(v, id, f, &out), VAULT_OK);
    assert_true(out.changed);
    vault_fields_free(f);
}

static const struct leaf *
leaf_with(const struct revision *r, const char *field, const char *value)
{
    struct buf text = BUF_INIT;
    const struct leaf *found = NULL;

    for (size_t i = 0; i < r->n_leaves; i++) {
        const struct leaf *l = &r->leaf[i];
        if (l->field.n != strlen(field) || memcmp(l->field.p, field, l->field.n) != 0 ||
            l->value.n == 0)
            continue;
        buf_reset(&text);
        assert_int_equal(value_to_text(&text, l->value), VAULT_OK);
        if (text.n == strlen(value) && memcmp(text.p, value, text.n) == 0) {
            assert_null(found);
            found = l;
        }
    }
    buf_free(&text);
    return found;
}

static size_t
count_of(const struct revision *r, const char *field)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_leaves; i++)
        n += r->leaf[i].field.n == strlen(field) &&
            memcmp(r->leaf[i].field.p, field, strlen(field)) == 0;
    return n;
}

static int
begin_test(void **state)
{
    (void)state;
    revision_init(&rev);
    revision_init(&base);
    return 0;
}

static int
end_test(void **state)
{
    (void)state;
    if (d.r != NULL)
        draft_done(&d);
    revision_free(&rev);
    revision_free(&base);
    buf_free(&extra);
    return 0;
}

/* ---- adding ---- */

static void
test_draft__a_new_record_has_a_random_id_and_a_label(void **state)
{
    uint8_t id[16];
    (void)state;

    assert_int_equal(draft_new("person", fields("name", "Anna", NULL)), VAULT_OK);
    assert_memory_equal(rev.type, type("person")->hash, 32);
    assert_memory_equal(rev.author, v->recs.author, 32);
    assert_int_equal(rev.n_parents, 0);
    assert_int_equal(rev.n_leaves, 2);
    assert_non_null(revision_leaf(&rev, "label"));
    assert_int_equal(revision_leaf(&rev, "label")->tier, LEAF_OPEN);
    assert_int_equal(revision_leaf(&rev, "name")->tier, LEAF_WITHHELD);
    assert_int_not_equal(rev.record[0], 0);
    memcpy(id, rev.record, sizeof id);
    draft_done(&d);
    assert_int_equal(draft_new("person", fields("name", "Anna", NULL)), VAULT_OK);
    assert_memory_not_equal(rev.record, id, sizeof id);
}

static void
test_draft__a_label_that_is_given_is_kept(void **state)
{
    (void)state;
    assert_int_equal(draft_new("person", fields("label", "blue-heron", NULL)), VAULT_OK);
    assert_int_equal(rev.n_leaves, 1);
    assert_non_null(leaf_with(&rev, "label", "blue-heron"));
}

static void
test_draft__what_cannot_be_stored_is_refused(void **state)
{
    (void)state;
    assert_int_equal(draft_new("person", fields(NULL, NULL)), VAULT_ERR_INPUT);
    draft_done(&d);
    assert_int_equal(draft_new("person", fields("nmae", "Anna", NULL)), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->hint, "name"));
    assert_null(strstr(vault_last_error()->text, "Anna"));
    draft_done(&d);
    assert_int_equal(draft_new("person", fields("name", "Anna", "name", "Bella", NULL)),
        VAULT_ERR_INPUT);
    draft_done(&d);
    assert_int_equal(draft_new("person", fields("born", "the 31st of June", NULL)), VAULT_ERR_INPUT);
    assert_null(strstr(vault_last_error()->text, "June"));
    draft_done(&d);
    assert_int_equal(draft_new("person", fields("files", "a", NULL)), VAULT_ERR_INPUT);
    draft_done(&d);
    assert_int_equal(draft_new("case", fields("person", "nobody-at-all", NULL)), VAULT_ERR_NOT_FOUND);
}

static void
test_draft__elements_are_in_order_of_entry(void **state)
{
    (void)state;
    assert_int_equal(draft_new("person", fields("other_names", "Z", "other_names", "A",
        "other_names", "M", NULL)), VAULT_OK);
    assert_int_equal(count_of(&rev, "other_names"), 3);
    assert_true(leaf_compare(leaf_with(&rev, "other_names", "Z"),
        leaf_with(&rev, "other_names", "A")) < 0);
    assert_true(leaf_compare(leaf_with(&rev, "other_names", "A"),
        leaf_with(&rev, "other_names", "M")) < 0);
}

static void
test_draft__a_ref_or_label_belongs_to_one_record(void **state)
{
    const char *id = added("person", fields("ref", "one-1", "label", "own-label", NULL));
    bool changed = false;
    (void)state;

    assert_int_equal(draft_new("person", fields("ref", "one-1", NULL)), VAULT_ERR_CONFLICT);
    draft_done(&d);
    assert_int_equal(draft_new("person", fields("ref", "ONE-1", NULL)), VAULT_ERR_CONFLICT);
    draft_done(&d);
    assert_int_equal(draft_new("person", fields("label", "own-label", NULL)), VAULT_ERR_CONFLICT);
    draft_done(&d);
    /* Its own record may keep it, and what it gave up is free. */
    assert_int_equal(draft_change(id, fields("ref", "one-1", "born", "1980", NULL), &changed),
        VAULT_OK);
    draft_done(&d);
    edit(id, fields("ref", "one-2", NULL));
    assert_int_equal(draft_new("person", fields("ref", "one-1", NULL)), VAULT_OK);
}

static void
test_draft__a_link_must_point_to_its_type(void **state)
{
    char person[VAULT_CODE_LEN + 1];
    (void)state;

    memcpy(person, added("person", fields("ref", "link-p", NULL)), sizeof person);
    (void)added("case", fields("ref", "link-c", "person", person, NULL));
    assert_int_equal(draft_new("case", fields("person", "link-p", NULL)), VAULT_OK);
    draft_done(&d);
    assert_int_equal(draft_new("case", fields("person", "link-c", NULL)), VAULT_ERR_INPUT);
    assert_non_null(strstr(vault_last_error()->text, "person"));
}

/* ---- editing ---- */

static void
test_draft__an_edit_keeps_elements_with_the_same_value(void **state)
{
    const char *id = added("person", fields("ref", "keep-1", "other_names", "Ann", "other_names",
        "Bell", "other_names", "Cat", NULL));
    struct leaf was;
    bool changed = false;
    (void)state;

    assert_int_equal(draft_change(id, fields("other_names", "Dora", "other_names", "Bell",
        NULL), &changed), VAULT_OK);
    assert_true(changed);
    assert_int_equal(rev.n_parents, 1);
    assert_memory_equal(rev.parent[0], base.id, 32);
    assert_memory_equal(rev.record, base.record, 16);
    assert_int_equal(count_of(&rev, "other_names"), 2);
    was = *leaf_with(&base, "other_names", "Bell");
    for (size_t i = 0; i < rev.n_leaves; i++) {
        const struct leaf *l = &rev.leaf[i];
        if (l->field.n != 11)
            continue;
        if (l->here) {
            /* Dora is new, and comes after all that were there. */
            assert_true(leaf_compare(l, leaf_with(&base, "other_names", "Cat")) > 0);
        } else {
            assert_true(leaf_is(l, &was));
            assert_memory_equal(l->c, was.c, 32);
            assert_memory_equal(l->introduced, base.id, 32);
            assert_int_equal(l->value.n, 0);
        }
    }
}

static void
test_draft__carried_leaves_keep_who_introduced_them(void **state)
{
    const char *id = added("person", fields("ref", "carry-1", "name", "Anna", NULL));
    uint8_t introduced[32], c[32];
    bool changed = false;
    (void)state;

    (void)load_head(id);
    memcpy(introduced, base.id, 32);
    memcpy(c, revision_leaf(&base, "name")->c, 32);
    edit(id, fields("born", "1980", NULL));
    edit(id, fields("born", "1981", NULL));
    assert_int_equal(draft_change(id, fields("born", "1982", NULL), &changed), VAULT_OK);
    assert_true(changed);
    assert_false(revision_leaf(&rev, "name")->here);
    assert_memory_equal(revision_leaf(&rev, "name")->introduced, introduced, 32);
    assert_memory_equal(revision_leaf(&rev, "name")->c, c, 32);
    assert_memory_not_equal(base.id, introduced, 32);
}

static void
test_draft__the_same_values_again_change_nothing(void **state)
{
    const char *id = added("person", fields("ref", "same-1", "name", "Anna", "other_names", "Ann",
        "other_names", "Bell", "born", "1980", NULL));
    bool changed = true;
    (void)state;

    assert_int_equal(draft_change(id, fields("name", "Anna", "other_names", "Bell", "other_names",
        "Ann", "born", "1980", NULL), &changed), VAULT_OK);
    assert_false(changed);
    draft_done(&d);
    assert_int_equal(draft_change(id, fields("name", "anna", NULL), &changed), VAULT_OK);
    assert_true(changed);
}

/* Two equal values are two elements: setting one of them takes the other away. */
static void
test_draft__equal_values_are_counted(void **state)
{
    const char *id = added("person", fields("ref", "equal-1", "other_names", "Ann", "other_names",
        "Ann", NULL));
    bool changed = false;
    (void)state;

    assert_int_equal(draft_change(id, fields("other_names", "Ann", NULL), &changed), VAULT_OK);
    assert_true(changed);
    assert_int_equal(count_of(&rev, "other_names"), 1);
}

static void
test_draft__unset_takes_a_field_away_and_leaves_the_rest(void **state)
{
    const char *id = added("person", fields("ref", "unset-1", "born", "1980", "name", "Anna",
        "other_names", "Ann", "other_names", "Bell", NULL));
    bool changed = false;
    (void)state;

    assert_int_equal(draft_change(id, fields("born", NULL, "other_names", NULL, NULL), &changed),
        VAULT_OK);
    assert_true(changed);
    assert_null(revision_leaf(&rev, "born"));
    assert_null(revision_leaf(&rev, "other_names"));
    assert_non_null(leaf_with(&rev, "ref", "unset-1"));
    assert_non_null(revision_leaf(&rev, "name"));
    assert_non_null(revision_leaf(&rev, "label"));
    draft_done(&d);
    assert_int_equal(draft_change(id, fields("residence", NULL, NULL), &changed), VAULT_OK);
    assert_false(changed);
}

/* ---- a tier that a later version of the type raised ---- */

#define THING(tier) "{\"name\":\"thing\",\"labels\":{\"en\":\"Thing\"},\"fields\":[" \
    "{\"name\":\"ref\",\"kind\":\"identifier\",\"tier\":\"open\",\"role\":\"neutral\"}," \
    "{\"name\":\"town\",\"kind\":\"place\",\"tier\":\"" tier "\",\"role\":\"quasi\"}," \
    "{\"name\":\"seen\",\"kind\":\"text\",\"tier\":\"" tier "\",\"role\":\"quasi\"," \
    "\"repeats\":true}]}"

static void
assert_withheld_now(const char *field, const char *value)
{
    const struct leaf *l = leaf_with(&rev, field, value);

    assert_non_null(l);
    assert_int_equal(l->tier, LEAF_WITHHELD);
    assert_true(l->here);
}

static void
test_draft__a_raised_tier_moves_open_values_with_the_next_edit(void **state)
{
    static const uint8_t seed[32];
    char id[VAULT_CODE_LEN + 1], old[VAULT_HASH_LEN + 1];
    struct vault_added out;
    struct leaf was;
    bool changed = false;
    (void)state;

    assert_int_equal(vault_type_add(v, THING("open"), strlen(THING("open"))), VAULT_OK);
    memcpy(id, added("thing", fields("ref", "raise-1", "town", "Vladivostok", "seen", "Monday",
        "seen", "Friday", NULL)), sizeof id);
    (void)load_head(id);
    hex_of(old, base.id, 32);
    assert_int_equal(vault_type_add(v, THING("withheld"), strlen(THING("withheld"))), VAULT_OK);

    /* An edit of another field... */
    assert_int_equal(draft_change(id, fields("ref", "raise-2", NULL), &changed), VAULT_OK);
    assert_true(changed);
    assert_memory_equal(rev.type, type("thing")->hash, 32);
    assert_int_equal(type("thing")->version, 2);
    assert_withheld_now("town", "Vladivostok");
    assert_withheld_now("seen", "Monday");
    was = *leaf_with(&base, "seen", "Monday");
    assert_true(leaf_is(leaf_with(&rev, "seen", "Monday"), &was));
    assert_int_equal(revision_finish(&rev, seed, seed), VAULT_OK);
    assert_null(memmem(rev.open.p, rev.open.n, "Vladivostok", 11));
    assert_non_null(memmem(rev.withheld.p, rev.withheld.n, "Vladivostok", 11));
    draft_done(&d);

    /* ...or of the field itself to the value that it has is such a move as well. */
    assert_int_equal(draft_change(id, fields("town", "Vladivostok", NULL), &changed), VAULT_OK);
    assert_true(changed);
    assert_withheld_now("town", "Vladivostok");
    draft_done(&d);

    /* Reverting to a revision from before does not bring it back into the open. */
    edit(id, fields("ref", "raise-3", NULL));
    assert_int_equal(vault_revert(v, id, old, &out), VAULT_OK);
    (void)load_head(id);
    assert_int_equal(leaf_with(&base, "town", "Vladivostok")->tier, LEAF_WITHHELD);
    assert_null(memmem(base.open.p, base.open.n, "Vladivostok", 11));
}

/* ---- removing, reverting ---- */

static void
test_draft__a_removal_is_one_leaf_and_is_not_edited(void **state)
{
    const char *id = added("person", fields("ref", "gone-1", "name", "Anna", NULL));
    struct vault_added out;
    bool changed = false;
    (void)state;

    (void)load_head(id);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(draft_copy(&d, &base, NULL, &rev), VAULT_OK);
    assert_true(revision_removed(&rev));
    assert_int_equal(rev.n_leaves, 1);
    assert_memory_equal(rev.parent[0], base.id, 32);
    draft_done(&d);
    assert_int_equal(vault_remove(v, id, &out), VAULT_OK);
    assert_int_equal(draft_change(id, fields("born", "1980", NULL), &changed), VAULT_ERR_INPUT);
    draft_done(&d);
    /* A removal is nothing to go back to. */
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(draft_copy(&d, &base, &base, &rev), VAULT_ERR_INPUT);
}

static void
test_draft__a_revert_carries_the_old_withheld_leaves(void **state)
{
    const char *id = added("person", fields("ref", "back-1", "name", "Anna", "born", "1980", NULL));
    struct revision old;
    (void)state;

    revision_init(&old);
    (void)load_head(id);
    assert_int_equal(recs_load(&v->recs, v->recs.index.n, &old), VAULT_OK);
    edit(id, fields("name", "Bella", "born", NULL, NULL));
    (void)load_head(id);
    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(draft_copy(&d, &base, &old, &rev), VAULT_OK);
    assert_memory_equal(rev.parent[0], base.id, 32);
    assert_non_null(leaf_with(&rev, "born", "1980"));
    assert_memory_equal(revision_leaf(&rev, "name")->introduced, old.id, 32);
    assert_memory_equal(revision_leaf(&rev, "name")->c, revision_leaf(&old, "name")->c, 32);
    revision_free(&old);
}

/* ---- system records ---- */

static void
test_draft__a_system_record_has_the_fields_of_its_type_only(void **state)
{
    static const uint8_t CARD[16] = { 0, 3 };
    struct system_value good = { "card", PART("\x41x", 2) }, bad = { "name", PART("\x41x", 2) };
    (void)state;

    assert_int_equal(draft_init(&d, &v->recs), VAULT_OK);
    assert_int_equal(draft_system(&d, CARD, NULL, &good, 1, &rev), VAULT_OK);
    assert_memory_equal(rev.record, CARD, 16);
    assert_memory_equal(rev.type, type_system(3)->hash, 32);
    assert_int_equal(draft_system(&d, CARD, NULL, &bad, 1, &rev), VAULT_ERR_FAILED);
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_draft__a_new_record_has_a_random_id_and_a_label),
        EACH(test_draft__a_label_that_is_given_is_kept),
        EACH(test_draft__what_cannot_be_stored_is_refused),
        EACH(test_draft__elements_are_in_order_of_entry),
        EACH(test_draft__a_ref_or_label_belongs_to_one_record),
        EACH(test_draft__a_link_must_point_to_its_type),
        EACH(test_draft__an_edit_keeps_elements_with_the_same_value),
        EACH(test_draft__carried_leaves_keep_who_introduced_them),
        EACH(test_draft__the_same_values_again_change_nothing),
        EACH(test_draft__equal_values_are_counted),
        EACH(test_draft__unset_takes_a_field_away_and_leaves_the_rest),
        EACH(test_draft__a_raised_tier_moves_open_values_with_the_next_edit),
        EACH(test_draft__a_removal_is_one_leaf_and_is_not_edited),
        EACH(test_draft__a_revert_carries_the_old_withheld_leaves),
        EACH(test_draft__a_system_record_has_the_fields_of_its_type_only),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_vault, remove_vault);
}
