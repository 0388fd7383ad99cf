/*
 * test_mapping.c - the file given by --mapping: what it may say, and each thing it may not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vault/import/mapping.h"

static struct field_def fields[] = {
    {.name = "ref", .kind = FIELD_IDENTIFIER, .tier = LEAF_OPEN},
    {.name = "name", .kind = FIELD_NAME, .tier = LEAF_WITHHELD},
    {.name = "other_names", .kind = FIELD_NAME, .tier = LEAF_WITHHELD, .repeats = true},
    {.name = "person", .kind = FIELD_LINK, .tier = LEAF_OPEN, .repeats = true, .target = "person"},
    {.name = "case", .kind = FIELD_LINK, .tier = LEAF_OPEN, .target = "case"},
};
static const struct type_def type = {
    .name = "thing", .version = 1, .field = fields, .n_fields = sizeof fields / sizeof fields[0],
};

static void
check_refused(const char *json, const char *words)
{
    struct mapping m = {.n = 77};

    vault_clear_error();
    assert_int_equal(mapping_parse(&m, json, strlen(json), &type), VAULT_ERR_INPUT);
    assert_int_equal(m.n, 77);
    if (strstr(vault_last_error()->text, words) == NULL)
        fail_msg("expected '%s' in '%s'", words, vault_last_error()->text);
}

static void
test_mapping__reads_rules(void **state)
{
    const char *json = "{\"Full name\":\"name\", "
        "\"Known as\":{\"field\":\"other_names\",\"split\":\";\"},"
        "\"Whom\":{\"link\":\"ref\",\"field\":\"person\",\"split\":\"\"},"
        "\"Case\":{\"field\":\"case\",\"link\":\"\"}}";
    const struct map_rule *rule;
    struct mapping m;

    (void)state;
    assert_int_equal(mapping_parse(&m, json, strlen(json), &type), VAULT_OK);
    assert_int_equal(m.n, 4);
    rule = mapping_find(&m, "Full name");
    assert_non_null(rule);
    assert_string_equal(rule->column, "Full name");
    assert_string_equal(rule->field, "name");
    assert_null(rule->split);
    assert_string_equal(rule->link, "");
    assert_false(rule->ignore);
    rule = mapping_find(&m, "Known as");
    assert_string_equal(rule->field, "other_names");
    assert_string_equal(rule->split, ";");
    rule = mapping_find(&m, "Whom");
    assert_string_equal(rule->field, "person");
    assert_string_equal(rule->link, "ref");
    assert_string_equal(rule->split, "");
    assert_string_equal(mapping_find(&m, "Case")->link, "");
    assert_null(mapping_find(&m, "full name"));
    mapping_free(&m);
    assert_null(mapping_find(&m, "Full name"));
}

static void
test_mapping__leaves_out_null_and_empty(void **state)
{
    const char *json = "{\"a\":null,\"b\":\"\"}";
    struct mapping m;

    (void)state;
    assert_int_equal(mapping_parse(&m, json, strlen(json), &type), VAULT_OK);
    assert_true(mapping_find(&m, "a")->ignore);
    assert_true(mapping_find(&m, "b")->ignore);
    mapping_free(&m);
}

static void
test_mapping__takes_an_empty_one(void **state)
{
    struct mapping m;

    (void)state;
    assert_int_equal(mapping_parse(&m, "{}", 2, &type), VAULT_OK);
    assert_int_equal(m.n, 0);
    mapping_free(&m);
}

static void
test_mapping__refuses_what_is_not_json(void **state)
{
    (void)state;
    check_refused("", "mapping: line 1, column 0: the file ends too early");
    check_refused("{\"a\":\n", "mapping: line 2, column 0: the file ends too early");
    check_refused("{\"a\":\"name\",\n}", "mapping: line 2, column 1: not JSON");
    check_refused("{} x", "mapping: line 1, column 4: something follows the object");
    check_refused("{\"a\":\"\xFF\"}", "not UTF-8");
    check_refused("ref,name\nP1,Ada\n", "mapping: line 1");
}

static void
test_mapping__refuses_what_is_not_an_object(void **state)
{
    (void)state;
    check_refused("[]", "mapping: not an object of rules");
    check_refused("\"name\"", "mapping: not an object of rules");
}

static void
test_mapping__refuses_a_column_twice(void **state)
{
    (void)state;
    check_refused("{\"a\":\"name\",\"a\":null}", "the same name twice in one object");
    check_refused("{\"a\":{\"field\":\"name\",\"field\":\"ref\"}}",
        "the same name twice in one object");
}

static void
test_mapping__refuses_a_wrong_rule(void **state)
{
    static const char *const wrong[] = {"{\"Col\":1}", "{\"Col\":true}", "{\"Col\":[\"name\"]}"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_refused(wrong[i], "mapping: Col: a rule is the name of a field, an object with");
}

static void
test_mapping__refuses_an_unknown_member(void **state)
{
    (void)state;
    check_refused("{\"Col\":{\"field\":\"name\",\"sep\":\"|\"}}",
        "mapping: Col: a member that is not known");
}

static void
test_mapping__refuses_a_rule_without_field(void **state)
{
    (void)state;
    check_refused("{\"Col\":{}}", "mapping: Col: \"field\" is missing");
    check_refused("{\"Col\":{\"split\":\"|\"}}", "mapping: Col: \"field\" is missing");
    check_refused("{\"Col\":{\"field\":null}}", "mapping: Col: this is not the name of a field");
    check_refused("{\"Col\":{\"field\":\"\"}}", "mapping: Col: this is not the name of a field");
}

static void
test_mapping__names_the_nearest_field(void **state)
{
    (void)state;
    check_refused("{\"Col\":\"other_name\"}", "mapping: Col: ");
    assert_true(strstr(vault_last_error()->text, "other_names") != NULL
        || strstr(vault_last_error()->hint, "other_names") != NULL);
}

/* The data given in place of the mapping. */
static void
test_mapping__quotes_no_data_in_a_sentence(void **state)
{
    static const char *const data[] = {
        "{\"name\":\"Choe Myong Bok\"}", "{\"name\":{\"value\":\"Choe\"}}", "{\"name\":\"Choe\"",
        "{\"name\":Choe}", "{\"name\":{\"field\":\"Choe\"}}", "{\"name\":{\"link\":\"Choe\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
        check_refused(data[i], "mapping: ");
        assert_null(strstr(vault_last_error()->text, "Choe"));
        assert_null(strstr(vault_last_error()->hint, "Choe"));
    }
}

static void
test_mapping__refuses_split_for_a_single_field(void **state)
{
    (void)state;
    check_refused("{\"Col\":{\"field\":\"name\",\"split\":\"|\"}}",
        "mapping: Col: \"split\" needs a field that repeats, and 'name' does not");
    check_refused("{\"Col\":{\"field\":\"other_names\",\"split\":1}}",
        "mapping: Col: \"split\" is a text");
}

static void
test_mapping__refuses_link_for_a_field_that_is_none(void **state)
{
    (void)state;
    check_refused("{\"Col\":{\"field\":\"name\",\"link\":\"ref\"}}",
        "mapping: Col: \"link\" needs a field that links to a record, and 'name' does not");
    check_refused("{\"Col\":{\"field\":\"person\",\"link\":\"name\"}}",
        "mapping: Col: \"link\" is \"ref\", \"label\" or \"\" (any ID)");
}

static void
test_mapping__frees_what_it_never_parsed(void **state)
{
    struct mapping m = {0};

    (void)state;
    mapping_free(&m);
    mapping_free(&m);
    assert_null(mapping_find(&m, "a"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapping__reads_rules),
        cmocka_unit_test(test_mapping__leaves_out_null_and_empty),
        cmocka_unit_test(test_mapping__takes_an_empty_one),
        cmocka_unit_test(test_mapping__refuses_what_is_not_json),
        cmocka_unit_test(test_mapping__refuses_what_is_not_an_object),
        cmocka_unit_test(test_mapping__refuses_a_column_twice),
        cmocka_unit_test(test_mapping__refuses_a_wrong_rule),
        cmocka_unit_test(test_mapping__refuses_an_unknown_member),
        cmocka_unit_test(test_mapping__refuses_a_rule_without_field),
        cmocka_unit_test(test_mapping__names_the_nearest_field),
        cmocka_unit_test(test_mapping__quotes_no_data_in_a_sentence),
        cmocka_unit_test(test_mapping__refuses_split_for_a_single_field),
        cmocka_unit_test(test_mapping__refuses_link_for_a_field_that_is_none),
        cmocka_unit_test(test_mapping__frees_what_it_never_parsed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
