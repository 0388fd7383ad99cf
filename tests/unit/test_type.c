/* Record types: encoding, rules, JSON, versions, and the built-in ones byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vault/base/cbor.h"
#include "vault/record/type.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* A type to be spoilt: one field of each kind that matters to the rules. */
static const char sample_json[] =
    "{\"name\":\"visit\",\"labels\":{\"ru\":\"Визит\",\"en\":\"Visit\"},\"fields\":["
    "{\"name\":\"guest\",\"kind\":\"name\",\"labels\":{\"en\":\"Guest\"}},"
    "{\"name\":\"mood\",\"kind\":\"choice\",\"tier\":\"open\",\"role\":\"neutral\","
    "\"choices\":[\"good\",\"bad\"]},"
    "{\"name\":\"about\",\"kind\":\"link\",\"tier\":\"open\",\"role\":\"neutral\",\"repeats\":true,"
    "\"target\":\"case\"},"
    "{\"name\":\"note\",\"kind\":\"text\",\"tier\":\"open\",\"role\":\"sensitive\"}]}";
enum { GUEST, MOOD, ABOUT, NOTE };

static struct type_def *
from_json(const char *json)
{
    struct type_def *t = NULL;

    if (type_from_json(&t, json, strlen(json)) != VAULT_OK)
        fail_msg("%s", vault_last_error()->text);
    return t;
}

static struct type_def *
sample(void)
{
    return from_json(sample_json);
}

static vault_err
recode(struct type_def **out, const struct type_def *t)
{
    struct buf b = BUF_INIT;
    vault_err err;

    assert_int_equal(type_encode(&b, t), VAULT_OK);
    err = type_decode(out, b.p, b.n);
    buf_free(&b);
    return err;
}

/* ---- built in ---- */

/* Computed by a second implementation in Python (hashlib, own CBOR) as well. */
static const struct { const char *name, *hash; size_t fields; } known[] = {
    {"person", "93307665025fe5e6b58b5902df5b94d7266f59ea2253e34da50c3f6c1fc85684", 16},
    {"case", "f473048e968099fa9122a8d1d36f5ba1dcccab022c7e02f649ba2223e6b45083", 11},
    {"event", "339a161785a17b75ef1709a6caaf5b3b6f77cc84f4bed3c89ab100158d459d8f", 9},
    {"document", "2206a91167192f6280b5bd0afe558d289a093042ac91c268b242f37d91b13f47", 8},
    {"organisation", "59ff29a7735d641536e7e78dfe8d4ead1d96d56c0d41a5c411bdf1ff3b1b2402", 5},
    {"statistic", "75c7a86a8de3580493e657fab8a15067ce47f8044fe08ce29c32f6130c2d7572", 7},
    {"consent", "713949c271840de7a67301015e5a16a9e035f0071aa78838e369d5ed12a3ccd2", 8},
};

static const struct { const char *name, *hash; } known_system[] = {
    {"_type", "b01268f45d6d0b7b69649570819ae9bda685c5e71f3055e094e813d1bb9c2583"},
    {"_slot", "e79c6b8a4d1f23febd703467cc576cefb842ff2feb99368fb5404f4dad60b45f"},
    {"_card", "0826170dbc5ea5862d7b7c5162bc3dab54134bd416c8c8a9c8cb0688ca03b9c6"},
};

static void
assert_hash(const struct type_def *t, const char *expected)
{
    char hash[65];

    hex_of(hash, t->hash, sizeof t->hash);
    if (strcmp(hash, expected) != 0)
        fail_msg("type %s is now %s: vaults refer to types by hash", t->name, hash);
}

static void
test_type__builtin_hashes_do_not_change(void **state)
{
    const struct type_def *const *types;

    (void)state;
    assert_int_equal(types_builtin(&types), COUNT(known));
    for (size_t i = 0; i < COUNT(known); i++) {
        assert_string_equal(types[i]->name, known[i].name);
        assert_int_equal(types[i]->version, 1);
        assert_int_equal(types[i]->n_fields, known[i].fields);
        assert_hash(types[i], known[i].hash);
    }
}

static void
test_type__system_hashes_do_not_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known_system); i++) {
        const struct type_def *t = type_system((uint8_t)(i + 1));
        assert_non_null(t);
        assert_string_equal(t->name, known_system[i].name);
        assert_hash(t, known_system[i].hash);
    }
    assert_null(type_system(0));
    assert_null(type_system(4));
    assert_null(type_system(255));
    assert_hash(type_system(6),
        "a89b69651a49e5698b752b5d3acaedb3ee76173ea005a53bb752079c9b11a097");
    assert_hash(type_system(7),
        "fb7626afd6731c4d2bddd907fcca08343bd2f0f27996255944f61a7121495a7f");
    assert_hash(type_system(19),
        "c526c2b2b68e4da9d233023313ca108b2b44d4390309e6e675380801fd50d8f2");
    assert_string_equal(type_system(9)->name, "_tombstone");
    assert_hash(type_system(9),
        "fdb9e1202df517c53c9d3235a5c22342ea0b70557784bbbe9dd96a45f50836d5");
    assert_hash(type_system(10),
        "2907cfff405d58f06d40516b45915d788a87c7c850db997002612faf4f01149b");
    assert_hash(type_system(13),
        "24a7d85345f2bd9728c35ebe777e0d0184234726bbce49b40217907c53486f42");
}

static void
test_type__builtin_types_survive_their_encoding(void **state)
{
    const struct type_def *const *types;
    size_t n = types_builtin(&types);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct buf b = BUF_INIT, again = BUF_INIT;
        struct type_def *t = NULL;
        assert_int_equal(type_encode(&b, types[i]), VAULT_OK);
        assert_true(cbor_valid(b.p, b.n));
        assert_int_equal(type_decode(&t, b.p, b.n), VAULT_OK);
        assert_memory_equal(t->hash, types[i]->hash, 32);
        assert_int_equal(type_encode(&again, t), VAULT_OK);
        assert_int_equal(again.n, b.n);
        assert_memory_equal(again.p, b.p, b.n);
        buf_free(&b);
        buf_free(&again);
        type_free(t);
    }
}

static void
test_type__builtin_types_have_labels_in_three_languages(void **state)
{
    static const char *const langs[] = {"en", "ko", "ru"};
    const struct type_def *const *types;
    size_t n = types_builtin(&types);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(types[i]->field[0].name, "ref");
        for (size_t k = 0; k <= types[i]->n_fields; k++) {
            const struct label *l = k == 0 ? types[i]->label : types[i]->field[k - 1].label;
            assert_int_equal(k == 0 ? types[i]->n_labels : types[i]->field[k - 1].n_labels, 3);
            for (size_t m = 0; m < 3; m++)
                assert_string_equal(l[m].lang, langs[m]);
        }
    }
}

/* The point of the product: what can name a person is withheld, or was meant for the open. */
static void
test_type__direct_identifiers_are_withheld_unless_meant_to_be_open(void **state)
{
    static const char *const open[] = {"ref", "press_name"};
    const struct type_def *const *types;
    size_t n = types_builtin(&types);

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < types[i]->n_fields; k++) {
            const struct field_def *f = &types[i]->field[k];
            bool meant = strcmp(types[i]->name, "organisation") == 0;
            for (size_t m = 0; m < COUNT(open); m++)
                meant = meant || strcmp(f->name, open[m]) == 0;
            if (f->role == ROLE_DIRECT && f->tier != LEAF_WITHHELD && !meant)
                fail_msg("%s.%s", types[i]->name, f->name);
            if (f->kind == FIELD_FILE || strcmp(f->name, "notes") == 0)
                assert_int_equal(f->tier, LEAF_WITHHELD);
        }
}

static void
test_type__fields_of_person_are_those_of_the_design(void **state)
{
    static const struct {
        const char *name;
        enum field_kind kind;
        enum leaf_tier tier;
        bool repeats;
        enum field_role role;
    } fields[] = {
        {"ref", FIELD_IDENTIFIER, LEAF_OPEN, false, ROLE_DIRECT},
        {"label", FIELD_TEXT, LEAF_OPEN, false, ROLE_NEUTRAL},
        {"press_name", FIELD_NAME, LEAF_OPEN, false, ROLE_DIRECT},
        {"born", FIELD_DATE, LEAF_OPEN, false, ROLE_QUASI},
        {"citizenship", FIELD_CHOICE, LEAF_OPEN, false, ROLE_QUASI},
        {"sex", FIELD_CHOICE, LEAF_OPEN, false, ROLE_QUASI},
        {"residence", FIELD_PLACE, LEAF_OPEN, false, ROLE_QUASI},
        {"occupation", FIELD_TEXT, LEAF_OPEN, false, ROLE_QUASI},
        {"name", FIELD_NAME, LEAF_WITHHELD, false, ROLE_DIRECT},
        {"other_names", FIELD_NAME, LEAF_WITHHELD, true, ROLE_DIRECT},
        {"address", FIELD_TEXT, LEAF_WITHHELD, false, ROLE_DIRECT},
        {"family", FIELD_NARRATIVE, LEAF_WITHHELD, false, ROLE_SENSITIVE},
        {"identifiers", FIELD_IDENTIFIER, LEAF_WITHHELD, true, ROLE_DIRECT},
        {"contact", FIELD_TEXT, LEAF_WITHHELD, false, ROLE_DIRECT},
        {"notes", FIELD_NARRATIVE, LEAF_WITHHELD, false, ROLE_SENSITIVE},
        {"files", FIELD_FILE, LEAF_WITHHELD, true, ROLE_SENSITIVE},
    };
    const struct type_def *const *types;

    (void)state;
    assert_int_equal(types_builtin(&types), 7);
    assert_int_equal(types[0]->n_fields, COUNT(fields));
    for (size_t i = 0; i < COUNT(fields); i++) {
        const struct field_def *f = &types[0]->field[i];
        assert_string_equal(f->name, fields[i].name);
        assert_int_equal(f->kind, fields[i].kind);
        assert_int_equal(f->tier, fields[i].tier);
        assert_int_equal(f->repeats, fields[i].repeats);
        assert_int_equal(f->role, fields[i].role);
    }
}

/* ---- decoding ---- */

static void
test_type__round_trip(void **state)
{
    struct type_def *t = sample(), *back = NULL;

    (void)state;
    assert_int_equal(recode(&back, t), VAULT_OK);
    assert_memory_equal(back->hash, t->hash, 32);
    assert_string_equal(back->name, "visit");
    assert_int_equal(back->version, 1);
    assert_int_equal(back->n_labels, 2);
    assert_string_equal(back->label[0].lang, "en");
    assert_string_equal(back->label[1].text, "Визит");
    assert_int_equal(back->n_fields, 4);
    assert_int_equal(back->field[MOOD].n_choices, 2);
    assert_string_equal(back->field[MOOD].choice[1], "bad");
    assert_true(back->field[ABOUT].repeats);
    assert_string_equal(back->field[ABOUT].target, "case");
    type_free(t);
    type_free(back);
}

/* Each of these breaks one rule of format.md section 12 in the sample. */
static void no_name(struct type_def *t) { t->name[0] = '\0'; }
static void upper_name(struct type_def *t) { strcpy(t->name, "Visit"); }
static void reserved_name(struct type_def *t) { strcpy(t->name, "_visit"); }
static void digit_name(struct type_def *t) { strcpy(t->name, "1visit"); }
static void hyphen_name(struct type_def *t) { strcpy(t->name, "vi-sit"); }
static void no_version(struct type_def *t) { t->version = 0; }
static void no_fields(struct type_def *t) { t->n_fields = 0; }
static void label_order(struct type_def *t) { strcpy(t->label[0].lang, "sv"); }
static void label_twice(struct type_def *t) { strcpy(t->label[1].lang, "en"); }
static void label_lang(struct type_def *t) { strcpy(t->label[1].lang, "RU"); }
static void label_short(struct type_def *t) { strcpy(t->label[0].lang, "e"); }
static void label_empty(struct type_def *t) { t->label[0].text[0] = '\0'; }
static void label_line(struct type_def *t) { t->label[0].text[2] = '\n'; }
static void label_blank(struct type_def *t) { t->label[0].text[0] = ' '; }
static void field_no_name(struct type_def *t) { t->field[NOTE].name[0] = '\0'; }
static void field_upper(struct type_def *t) { strcpy(t->field[NOTE].name, "Note"); }
static void field_reserved(struct type_def *t) { strcpy(t->field[NOTE].name, "_removed"); }
static void field_twice(struct type_def *t) { strcpy(t->field[NOTE].name, "guest"); }
static void kind_zero(struct type_def *t) { t->field[NOTE].kind = (enum field_kind)0; }
static void kind_bytes(struct type_def *t) { t->field[NOTE].kind = FIELD_BYTES; }
static void kind_unknown(struct type_def *t) { t->field[NOTE].kind = (enum field_kind)13; }
static void tier_zero(struct type_def *t) { t->field[NOTE].tier = (enum leaf_tier)0; }
static void tier_unknown(struct type_def *t) { t->field[NOTE].tier = (enum leaf_tier)3; }
static void role_zero(struct type_def *t) { t->field[NOTE].role = (enum field_role)0; }
static void role_unknown(struct type_def *t) { t->field[NOTE].role = (enum field_role)5; }
static void field_label(struct type_def *t) { strcpy(t->field[GUEST].label[0].lang, "EN"); }
static void choice_empty(struct type_def *t) { t->field[MOOD].choice[1][0] = '\0'; }
static void choice_twice(struct type_def *t) { memcpy(t->field[MOOD].choice[0], "bad", 4); }
static void choice_control(struct type_def *t) { t->field[MOOD].choice[0][1] = '\t'; }
static void choice_elsewhere(struct type_def *t) { t->field[MOOD].kind = FIELD_TEXT; }
static void target_elsewhere(struct type_def *t) { t->field[ABOUT].kind = FIELD_TEXT; }
static void target_name(struct type_def *t) { strcpy(t->field[ABOUT].target, "Case"); }

static void
test_type__each_broken_rule_is_damage(void **state)
{
    static void (*const spoil[])(struct type_def *) = {
        no_name, upper_name, reserved_name, digit_name, hyphen_name, no_version, no_fields,
        label_order, label_twice, label_lang, label_short, label_empty, label_line, label_blank,
        field_no_name, field_upper, field_reserved, field_twice, kind_zero, kind_bytes,
        kind_unknown, tier_zero, tier_unknown, role_zero, role_unknown, field_label,
        choice_empty, choice_twice, choice_control, choice_elsewhere, target_elsewhere,
        target_name,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(spoil); i++) {
        struct type_def *t = sample(), *out = NULL;
        size_t fields = t->n_fields;
        spoil[i](t);
        if (recode(&out, t) != VAULT_ERR_DAMAGED || out != NULL)
            fail_msg("rule %zu", i);
        t->n_fields = fields;   /* so that all is freed */
        type_free(t);
    }
}

static void
test_type__encoding_is_strict(void **state)
{
    struct type_def *t = sample(), *out = NULL;
    struct buf b = BUF_INIT;

    (void)state;
    assert_int_equal(type_encode(&b, t), VAULT_OK);
    /* Every shorter text, every longer text. */
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(type_decode(&out, b.p, n), VAULT_ERR_DAMAGED);
    buf_u8(&b, 0);
    assert_int_equal(type_decode(&out, b.p, b.n), VAULT_ERR_DAMAGED);
    assert_null(out);
    buf_free(&b);
    type_free(t);
}

/* Any one byte changed: refused, or another type with another hash. */
static void
test_type__changed_bytes_change_the_hash(void **state)
{
    struct type_def *t = sample();
    struct buf b = BUF_INIT;

    (void)state;
    assert_int_equal(type_encode(&b, t), VAULT_OK);
    for (size_t i = 0; i < b.n; i++)
        for (unsigned x = 1; x < 256; x++) {
            struct type_def *out = NULL;
            b.p[i] ^= (uint8_t)x;
            if (type_decode(&out, b.p, b.n) == VAULT_OK)
                assert_memory_not_equal(out->hash, t->hash, 32);
            b.p[i] ^= (uint8_t)x;
            type_free(out);
        }
    buf_free(&b);
    type_free(t);
}

/* One text field with so many choices and labels of this length. */
struct shape { size_t fields, choices, labels, line, name; };

static vault_err
decode_shape(const struct shape *s)
{
    struct buf b = BUF_INIT;
    struct type_def *out = NULL;
    char text[1024];
    vault_err err;

    memset(text, 'x', sizeof text);
    cbor_array(&b, 4);
    cbor_textn(&b, text, s->name);
    cbor_uint(&b, 1);
    cbor_map(&b, s->labels);
    for (size_t i = 0; i < s->labels; i++) {
        char lang[32];
        snprintf(lang, sizeof lang, "l%03zu", i);
        cbor_text(&b, lang);
        cbor_textn(&b, text, s->line);
    }
    cbor_array(&b, s->fields);
    for (size_t i = 0; i < s->fields; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%zu", i);
        cbor_array(&b, 8);
        cbor_text(&b, name);
        cbor_uint(&b, FIELD_CHOICE);
        cbor_uint(&b, LEAF_OPEN);
        cbor_bool(&b, false);
        cbor_uint(&b, ROLE_NEUTRAL);
        cbor_map(&b, 0);
        cbor_array(&b, s->choices);
        for (size_t k = 0; k < s->choices; k++) {
            snprintf(text, 32, "%05zu", k);
            text[5] = 'x';
            cbor_textn(&b, text, s->line);
        }
        cbor_text(&b, "");
    }
    err = type_decode(&out, b.p, b.n);
    type_free(out);
    buf_free(&b);
    return err;
}

static void
test_type__limits(void **state)
{
    static const struct { struct shape shape; vault_err err; } limits[] = {
        {{1, 1, 1, 10, 32}, VAULT_OK}, {{1, 1, 1, 10, 33}, VAULT_ERR_DAMAGED},
        {{256, 1, 1, 10, 1}, VAULT_OK}, {{257, 1, 1, 10, 1}, VAULT_ERR_DAMAGED},
        {{1, 256, 1, 10, 1}, VAULT_OK}, {{1, 257, 1, 10, 1}, VAULT_ERR_DAMAGED},
        {{1, 1, 32, 10, 1}, VAULT_OK}, {{1, 1, 33, 10, 1}, VAULT_ERR_DAMAGED},
        {{1, 1, 1, 256, 1}, VAULT_OK}, {{1, 1, 1, 257, 1}, VAULT_ERR_DAMAGED},
        {{256, 256, 1, 10, 1}, VAULT_OK}, {{256, 256, 1, 20, 1}, VAULT_ERR_DAMAGED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++)
        if (decode_shape(&limits[i].shape) != limits[i].err)
            fail_msg("row %zu", i);
}

/* Counts that only pretend: nothing may be allocated by them. */
static void
test_type__pretended_counts_are_damage(void **state)
{
    static const char labels[] = "\x84\x61" "a\x01\xBB\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    static const char fields[] = "\x84\x61" "a\x01\xA0\x9B\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    struct type_def *out = NULL;

    (void)state;
    assert_int_equal(type_decode(&out, labels, sizeof labels - 1), VAULT_ERR_DAMAGED);
    assert_int_equal(type_decode(&out, fields, sizeof fields - 1), VAULT_ERR_DAMAGED);
    assert_int_equal(type_decode(&out, NULL, 0), VAULT_ERR_DAMAGED);
    assert_int_equal(type_decode(&out, "\x80", 1), VAULT_ERR_DAMAGED);
    assert_int_equal(type_decode(&out, "\x01", 1), VAULT_ERR_DAMAGED);
}

/* ---- JSON ---- */

#define FIELD_JSON(rest) "{\"name\":\"t\",\"fields\":[{\"name\":\"f\"," rest "}]}"

static void
test_type__json_defaults_protect_names(void **state)
{
    static const struct { const char *json; enum leaf_tier tier; enum field_role role; } rows[] = {
        {FIELD_JSON("\"kind\":\"name\""), LEAF_WITHHELD, ROLE_DIRECT},
        {FIELD_JSON("\"kind\":\"identifier\""), LEAF_WITHHELD, ROLE_DIRECT},
        {FIELD_JSON("\"kind\":\"file\""), LEAF_WITHHELD, ROLE_SENSITIVE},
        {FIELD_JSON("\"kind\":\"name\",\"tier\":\"open\",\"role\":\"quasi\""), LEAF_OPEN,
        ROLE_QUASI},
        {FIELD_JSON("\"kind\":\"yes/no\",\"tier\":\"open\",\"role\":\"neutral\""), LEAF_OPEN,
            ROLE_NEUTRAL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct type_def *t = from_json(rows[i].json);
        assert_int_equal(t->version, 1);
        assert_int_equal(t->field[0].tier, rows[i].tier);
        assert_int_equal(t->field[0].role, rows[i].role);
        assert_false(t->field[0].repeats);
        type_free(t);
    }
}

static void
test_type__json_texts_become_canonical(void **state)
{
    struct type_def *t = from_json("{\"name\":\"t\",\"labels\":{\"zh-hant\":\"b\","
        "\"ru\":\" Войнаи\u0306 \",\"en\":\"a\"},\"fields\":[{\"name\":\"f\",\"kind\":\"choice\","
        "\"tier\":\"open\","
        "\"role\":\"quasi\",\"choices\":[\" e\u0301 \"],\"labels\":{},\"target\":\"\"}]}");

    (void)state;
    assert_string_equal(t->label[0].lang, "en");
    assert_string_equal(t->label[1].text, "Войнай");
    assert_string_equal(t->label[2].lang, "zh-hant");
    assert_string_equal(t->field[0].choice[0], "é");
    type_free(t);
}

static void
test_type__json_mistakes_say_what_and_where(void **state)
{
    static const struct { const char *json, *says; } rows[] = {
        {"", "line 1"}, {"{", "line 1"}, {"{\"name\":\"t\",}", "line 1"}, {"{}x", "line 1"},
        {"{\n\"name\":\"t\",\n\"name\":\"u\"}", "line 3"}, {"[]", "object"}, {"\"t\"", "not JSON"},
        {"\xFF", "not JSON"},
        {"{\"fields\":[]}", "\"name\" is missing"}, {"{\"name\":\"t\"}", "\"fields\""},
        {"{\"name\":\"t\",\"fields\":[]}", "1 to 256"}, {"{\"name\":\"t\",\"fields\":{}}",
        "an array"},
        {"{\"name\":\"T\",\"fields\":[1]}", "a-z"}, {"{\"name\":1,\"fields\":[1]}", "a-z"},
        {"{\"name\":\"_type\",\"fields\":[1]}", "does not begin with _"},
        {"{\"name\":\"abcdefghijklmnopqrstuvwxyz1234567\",\"fields\":[1]}", "32"},
        {"{\"name\":\"t\",\"field\":[1]}", "not known"},
        {"{\"name\":\"t\",\"version\":0,\"fields\":[1]}", "\"version\""},
        {"{\"name\":\"t\",\"version\":4294967296,\"fields\":[1]}", "\"version\""},
        {"{\"name\":\"t\",\"version\":1.5,\"fields\":[1]}", "\"version\""},
        {"{\"name\":\"t\",\"labels\":[],\"fields\":[1]}", "\"labels\""},
        {"{\"name\":\"t\",\"labels\":{\"english\":1},\"fields\":[1]}", "\"labels\""},
        {"{\"name\":\"t\",\"labels\":{\"en\":\"\"},\"fields\":[1]}", "empty"},
        {"{\"name\":\"t\",\"labels\":{\"en\":\"a\\nb\"},\"fields\":[1]}", "line break"},
        {"{\"name\":\"t\",\"labels\":{\"EN\":\"a\"},\"fields\":[{\"name\":\"f\","
            "\"kind\":\"name\"}]}",
            "language"},
        {"{\"name\":\"t\",\"labels\":{\"languages\":\"a\"},\"fields\":[1]}", "short codes"},
        {"{\"name\":\"t\",\"fields\":[1]}", "field 1: it must be an object"},
        {"{\"name\":\"t\",\"fields\":[{\"kind\":\"name\"}]}", "field 1: \"name\" is missing"},
        {"{\"name\":\"t\",\"fields\":[{\"name\":\"_f\",\"kind\":\"name\"}]}", "field 1: "},
        {"{\"name\":\"t\",\"fields\":[{\"name\":\"f\",\"kind\":\"name\"},"
            "{\"name\":\"f\",\"kind\":\"name\"}]}",
            "field 2 (f): its name is that of another field"},
        {FIELD_JSON("\"tier\":\"open\""), "field 1 (f): \"kind\" is missing"},
        {FIELD_JSON("\"kind\":\"nmae\""), "must be one of text, narrative"},
        {FIELD_JSON("\"kind\":\"bytes\",\"tier\":\"open\",\"role\":\"neutral\""),
        "must be one of text"},
        {FIELD_JSON("\"kind\":2"), "must be one of text"},
        {FIELD_JSON("\"kind\":\"text\",\"role\":\"quasi\""), "\"tier\" is missing"},
        {FIELD_JSON("\"kind\":\"text\",\"tier\":\"open\""), "\"role\" is missing"},
        {FIELD_JSON("\"kind\":\"text\",\"tier\":\"secret\""), "open, withheld"},
        {FIELD_JSON("\"kind\":\"name\",\"role\":\"x\""), "direct, quasi, sensitive, neutral"},
        {FIELD_JSON("\"kind\":\"name\",\"repeats\":\"yes\""), "true or false"},
        {FIELD_JSON("\"kind\":\"name\",\"choices\":[\"a\"]"), "only fields of kind choice"},
        {FIELD_JSON("\"kind\":\"choice\",\"tier\":\"open\",\"role\":\"quasi\",\"choices\":\"a\""),
        "an array"},
        {FIELD_JSON("\"kind\":\"choice\",\"tier\":\"open\",\"role\":\"quasi\",\"choices\":[1]"),
        "must be text"},
        {FIELD_JSON("\"kind\":\"choice\",\"tier\":\"open\",\"role\":\"quasi\",\"choices\":[\"a\","
            "\" a\"]"),
            "a choice stands twice"},
        {FIELD_JSON("\"kind\":\"name\",\"target\":\"case\""), "only links"},
        {FIELD_JSON("\"kind\":\"name\",\"target\":5"), "\"target\""},
        {FIELD_JSON("\"kind\":\"link\",\"tier\":\"open\",\"role\":\"neutral\",\"target\":\"Case\""),
        "a-z"},
        {FIELD_JSON("\"kind\":\"name\",\"lables\":{}"), "not known"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct type_def *t = NULL;
        vault_err err = type_from_json(&t, rows[i].json, strlen(rows[i].json));
        if (err != VAULT_ERR_INPUT || t != NULL ||
            strstr(vault_last_error()->text, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].json, vault_last_error()->text);
    }
}

static void
test_type__json_reads_back_what_it_writes(void **state)
{
    const struct type_def *const *types;
    size_t n = types_builtin(&types);
    struct type_def *own = sample();

    (void)state;
    for (size_t i = 0; i <= n; i++) {
        const struct type_def *t = i < n ? types[i] : own;
        struct type_def *back = NULL;
        struct buf json = BUF_INIT;
        buf_str(&json, "  ");
        assert_int_equal(type_to_json(&json, t), VAULT_OK);
        assert_int_equal(type_from_json(&back, (const char *)json.p, json.n), VAULT_OK);
        assert_memory_equal(back->hash, t->hash, 32);
        buf_free(&json);
        type_free(back);
    }
    type_free(own);
}

static void
test_type__json_escapes_what_it_writes(void **state)
{
    struct type_def *t = from_json("{\"name\":\"t\",\"fields\":[{\"name\":\"f\","
        "\"kind\":\"choice\","
        "\"tier\":\"open\",\"role\":\"quasi\",\"choices\":[\"a \\\"b\\\"\",\"c\\\\\",\"/\"]}]}");
    struct type_def *back = NULL;
    struct buf json = BUF_INIT;

    (void)state;
    assert_string_equal(t->field[0].choice[0], "a \"b\"");
    assert_string_equal(t->field[0].choice[1], "c\\");
    assert_int_equal(type_to_json(&json, t), VAULT_OK);
    assert_int_equal(type_from_json(&back, (const char *)json.p, json.n), VAULT_OK);
    assert_memory_equal(back->hash, t->hash, 32);
    buf_free(&json);
    type_free(back);
    type_free(t);
}

static void
test_type__json_keeps_the_version(void **state)
{
    struct type_def *t = from_json("{\"name\":\"t\",\"version\":7,\"hash\":\"anything\","
        "\"fields\":["
        "{\"name\":\"f\",\"kind\":\"name\"}]}");

    (void)state;
    assert_int_equal(t->version, 7);
    type_free(t);
}

/* ---- versions ---- */

static struct type_def *
next_version(void)
{
    struct type_def *t = sample();

    t->version = 2;
    return t;
}

static void
test_type__later_version_may_raise_a_tier_and_add_fields(void **state)
{
    struct type_def *now = sample();
    struct type_def *next = from_json("{\"name\":\"visit\",\"version\":2,\"fields\":["
        "{\"name\":\"extra\",\"kind\":\"text\",\"tier\":\"open\",\"role\":\"quasi\"},"
        "{\"name\":\"note\",\"kind\":\"text\",\"tier\":\"withheld\",\"role\":\"direct\"},"
        "{\"name\":\"about\",\"kind\":\"link\",\"tier\":\"open\",\"role\":\"neutral\","
        "\"repeats\":true},"
        "{\"name\":\"mood\",\"kind\":\"choice\",\"tier\":\"open\",\"role\":\"neutral\"},"
        "{\"name\":\"guest\",\"kind\":\"name\"}]}");

    (void)state;
    assert_int_equal(type_may_follow(now, next), VAULT_OK);
    assert_int_equal(type_may_follow(next, now), VAULT_ERR_REFUSED);
    type_free(now);
    type_free(next);
}

static void lower_tier(struct type_def *t) { t->field[GUEST].tier = LEAF_OPEN; }
static void other_kind(struct type_def *t) { t->field[NOTE].kind = FIELD_NARRATIVE; }
static void no_repeats(struct type_def *t) { t->field[ABOUT].repeats = false; }
static void repeats_now(struct type_def *t) { t->field[NOTE].repeats = true; }
static void renamed(struct type_def *t) { strcpy(t->field[NOTE].name, "notes"); }
static void same_version(struct type_def *t) { t->version = 1; }
static void skipped_version(struct type_def *t) { t->version = 3; }
static void other_type(struct type_def *t) { strcpy(t->name, "visits"); }

static void
test_type__refuses_what_no_later_version_may_change(void **state)
{
    static const struct { void (*change)(struct type_def *); const char *says; } rows[] = {
        {lower_tier, "guest"}, {other_kind, "note"}, {no_repeats, "about"}, {repeats_now, "note"},
        {renamed, "note"}, {same_version, "version"}, {skipped_version, "version"},
        {other_type, "visits"},
    };
    struct type_def *now = sample();

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct type_def *next = next_version();
        assert_int_equal(type_may_follow(now, next), VAULT_OK);
        rows[i].change(next);
        assert_int_equal(type_may_follow(now, next), VAULT_ERR_REFUSED);
        assert_non_null(strstr(vault_last_error()->text, rows[i].says));
        type_free(next);
    }
    type_free(now);
}

static void
test_type__last_version_has_no_next(void **state)
{
    struct type_def *now = sample(), *next = sample();

    (void)state;
    now->version = UINT32_MAX;
    next->version = 0;
    assert_int_equal(type_may_follow(now, next), VAULT_ERR_REFUSED);
    type_free(now);
    type_free(next);
}

/* ---- fields by name ---- */

static void
test_type__fields_are_found_by_their_whole_name(void **state)
{
    const struct type_def *const *types;

    (void)state;
    assert_int_equal(types_builtin(&types), 7);
    assert_string_equal(type_field(types[0], "born", 4)->name, "born");
    assert_string_equal(type_field(types[0], "bornx", 4)->name, "born");
    assert_string_equal(type_field(types[0], "other_names", 11)->name, "other_names");
    assert_null(type_field(types[0], "bor", 3));
    assert_null(type_field(types[0], "born_", 5));
    assert_null(type_field(types[0], "Born", 4));
    assert_null(type_field(types[0], "", 0));
    assert_null(type_field(types[0], "born\0born", 9));
    assert_null(type_field(types[0], "name_that_is_longer_than_any_name_may_be", 40));
}

static void
test_type__unknown_field_is_not_quoted_but_the_nearest_is(void **state)
{
    const struct type_def *const *types;
    const struct vault_error *e = vault_last_error();
    char longest[300];

    (void)state;
    assert_int_equal(types_builtin(&types), 7);
    assert_int_equal(type_no_field(types[0], "bron", 4), VAULT_ERR_INPUT);
    assert_non_null(strstr(e->hint, "born"));
    assert_non_null(strstr(e->text, "person"));
    assert_int_equal(type_no_field(types[0], "Choe Myong Bok", 14), VAULT_ERR_INPUT);
    assert_null(strstr(e->text, "Choe"));
    assert_null(strstr(e->hint, "Choe"));
    assert_non_null(strstr(e->hint, "ref, label"));
    memset(longest, 'q', sizeof longest);
    assert_int_equal(type_no_field(types[0], longest, sizeof longest), VAULT_ERR_INPUT);
    assert_null(strstr(e->hint, "qq"));
    assert_int_equal(type_no_field(types[0], "\xFF\xFE", 2), VAULT_ERR_INPUT);
    assert_int_equal(type_no_field(types[0], "", 0), VAULT_ERR_INPUT);
}

static void
test_type__words(void **state)
{
    (void)state;
    assert_string_equal(field_kind_name(FIELD_TEXT), "text");
    assert_string_equal(field_kind_name(FIELD_YESNO), "yes/no");
    assert_string_equal(field_kind_name(FIELD_BYTES), "bytes");
    assert_string_equal(field_kind_name((enum field_kind)0), "unknown");
    assert_string_equal(field_kind_name((enum field_kind)13), "unknown");
    assert_string_equal(leaf_tier_name(LEAF_OPEN), "open");
    assert_string_equal(leaf_tier_name(LEAF_WITHHELD), "withheld");
    assert_string_equal(leaf_tier_name((enum leaf_tier)3), "unknown");
    assert_string_equal(field_role_name(ROLE_DIRECT), "direct");
    assert_string_equal(field_role_name(ROLE_NEUTRAL), "neutral");
    assert_string_equal(field_role_name((enum field_role)9), "unknown");
    type_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type__builtin_hashes_do_not_change),
        cmocka_unit_test(test_type__system_hashes_do_not_change),
        cmocka_unit_test(test_type__builtin_types_survive_their_encoding),
        cmocka_unit_test(test_type__builtin_types_have_labels_in_three_languages),
        cmocka_unit_test(test_type__direct_identifiers_are_withheld_unless_meant_to_be_open),
        cmocka_unit_test(test_type__fields_of_person_are_those_of_the_design),
        cmocka_unit_test(test_type__round_trip),
        cmocka_unit_test(test_type__each_broken_rule_is_damage),
        cmocka_unit_test(test_type__encoding_is_strict),
        cmocka_unit_test(test_type__changed_bytes_change_the_hash),
        cmocka_unit_test(test_type__limits),
        cmocka_unit_test(test_type__pretended_counts_are_damage),
        cmocka_unit_test(test_type__json_defaults_protect_names),
        cmocka_unit_test(test_type__json_texts_become_canonical),
        cmocka_unit_test(test_type__json_mistakes_say_what_and_where),
        cmocka_unit_test(test_type__json_reads_back_what_it_writes),
        cmocka_unit_test(test_type__json_escapes_what_it_writes),
        cmocka_unit_test(test_type__json_keeps_the_version),
        cmocka_unit_test(test_type__later_version_may_raise_a_tier_and_add_fields),
        cmocka_unit_test(test_type__refuses_what_no_later_version_may_change),
        cmocka_unit_test(test_type__last_version_has_no_next),
        cmocka_unit_test(test_type__fields_are_found_by_their_whole_name),
        cmocka_unit_test(test_type__unknown_field_is_not_quoted_but_the_nearest_is),
        cmocka_unit_test(test_type__words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
