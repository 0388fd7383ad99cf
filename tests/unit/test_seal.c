#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "vault/record/seal.h"

/*
 * Known answers: a Python program from docs/format.md, sections 8, 9 and 11 (hashlib and
 * python3-nacl), with vault id = a0..af, K_case = 40..5f, K_name = 60..7f, nonces 30..47 outside
 * and 09..20 inside.
 */
static const char known_by_name[] =
    "303132333435363738393a3b3c3d3e3f4041424344454647cc83eca2a508d767"
    "39e67d53874b155804e0c68fc66f3124983111b35589e715306d1b47cca1a9a0"
    "f6db357ccba0fe11738c65641b4f422c67fcfcedb88f089741a12fc99cb88b99"
    "2cc34cf1ed4590e346f6f2aa5ab9164be19bf56ebb7a5674050c6dedef157c2d"
    "f6c37938240c1eb279b9789109810ea256a3cf812c3135be471031e27089b394"
    "b01f63b901524f48ec26993c080c4254840581";
static const char known_root[] =
    "303132333435363738393a3b3c3d3e3f4041424344454647dc92fda6a10cd36b"
    "35ea7157834f116438dcfa8bc26b3528943d1db7518de3093f60106be08d8d84"
    "d2ff0940f79cda3557a849483763660843d8e04f0cea3a875df618f35415a18b"
    "d9b3319cabb01adf";
static const char known_open[] =
    "707172737475767778797a7b7c7d7e7f808182838485868785b689d3617f8c23"
    "9b2f32bef36f53a32803caa0e58dbd3ce7";
static const char known_open_keys[] =
    "a70a3e48ea6857ba0730c73184736076da2f813d6f6ca93573a65120ff1eda08"
    "613eb3da2095b7a582ffb8bbd8e4f8b049ba848fa8cc3c7648332ba34e6285f0";
static const char known_hide[] =
    "707172737475767778797a7b7c7d7e7f80818283848586879cd98cadcb79645d"
    "fe91c00f1c9d573937e5e8bb9fcde8c113";

static void
counting(uint8_t *out, size_t n, uint8_t first)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(first + i);
}

/* The 32 bytes first, first + 1, first + 2, ... */
static struct secret *
key_of(uint8_t first)
{
    struct secret *s = NULL;

    assert_int_equal(secret_new(&s, 32), VAULT_OK);
    counting(secret_edit(s), 32, first);
    return s;
}

static size_t
unhex(uint8_t *out, const char *hex)
{
    size_t n = strlen(hex) / 2;

    assert_true(hex_read(out, n, hex, strlen(hex)));
    return n;
}

/* The keys of a keeper, and of somebody of the case tier who has an encapsulation. */
struct keys {
    uint8_t vault_id[16], enc[INTAKE_ENC_BYTES];
    struct secret *k_case, *k_name, *intake;
    struct seal_keys keeper, case_tier;
};

static int
make_keys(void **state)
{
    struct keys *k = test_calloc(1, sizeof *k);

    counting(k->vault_id, sizeof k->vault_id, 0xa0);
    counting(k->enc, sizeof k->enc, 0x77);
    k->k_case = key_of(0x40);
    k->k_name = key_of(0x60);
    k->intake = key_of(0x90);
    k->keeper = (struct seal_keys){ .vault_id = k->vault_id, .k_case = k->k_case,
        .k_name = k->k_name };
    k->case_tier = (struct seal_keys){ .vault_id = k->vault_id, .k_case = k->k_case,
        .intake_key = k->intake, .intake_enc = k->enc };
    *state = k;
    return 0;
}

static int
free_keys(void **state)
{
    struct keys *k = *state;

    secret_free(k->k_case);
    secret_free(k->k_name);
    secret_free(k->intake);
    test_free(k);
    return 0;
}

/* n revisions; the first and every third bring a record key, every second a blob key. */
static void
pack_of(struct pack *p, uint32_t n, uint8_t how)
{
    memset(p, 0, sizeof *p);
    p->first = 5;
    p->n = n;
    p->how = how;
    for (uint32_t i = 0; i < n; i++) {
        counting(p->ids[i], PAIR_ID_BYTES, (uint8_t)(1 + 128 * i));
        p->ids[i][20] = (uint8_t)i;
        p->has_record[i] = i % 3 == 0;
        p->has_blob[i] = how != 0 && i % 2 == 0;
        if (p->has_record[i])
            counting(p->record_key[i], 32, (uint8_t)(0x10 + i));
        if (p->has_blob[i])
            counting(p->blob_key[i], 32, (uint8_t)(0xb0 + i));
    }
}

/* What a reader knows before it opens the wrap. */
static void
expecting(struct pack *p, const struct pack *sealed)
{
    memset(p, 0, sizeof *p);
    p->first = sealed->first;
    p->n = sealed->n;
    memcpy(p->ids, sealed->ids, sizeof p->ids);
}

static void
assert_same(const struct pack *got, const struct pack *want, bool readable)
{
    assert_int_equal(got->how, want->how);
    assert_int_equal(got->readable, readable);
    for (uint32_t i = 0; i < want->n; i++) {
        assert_int_equal(got->has_record[i], want->has_record[i]);
        assert_int_equal(got->has_blob[i], want->has_blob[i]);
        assert_memory_equal(got->record_key[i], want->record_key[i], 32);
        if (readable)
            assert_memory_equal(got->blob_key[i], want->blob_key[i], 32);
        else
            assert_true(sodium_is_zero(got->blob_key[i], 32));
    }
}

static struct buf
sealed(const struct seal_keys *k, const struct pack *p)
{
    struct buf b = BUF_INIT;

    assert_int_equal(pack_seal(&b, k, p), VAULT_OK);
    return b;
}

static void
assert_refused(const struct seal_keys *k, const struct pack *like, struct part box)
{
    struct pack p;

    expecting(&p, like);
    assert_int_equal(pack_open(&p, k, box), VAULT_ERR_DAMAGED);
    assert_false(p.readable);
}

/* ---- packs ---- */

static void
test_seal__pack_by_name_known_answer(void **state)
{
    struct keys *k = *state;
    struct pack want, got;
    uint8_t box[256];
    size_t n = unhex(box, known_by_name);

    memset(&want, 0, sizeof want);
    want.n = 2;
    want.how = WRAP_NAME;
    counting(want.ids[0], PAIR_ID_BYTES, 0x01);
    counting(want.ids[1], PAIR_ID_BYTES, 0x81);
    want.has_record[0] = want.has_blob[0] = want.has_blob[1] = true;
    counting(want.record_key[0], 32, 0x10);
    counting(want.blob_key[0], 32, 0xb0);
    counting(want.blob_key[1], 32, 0xd0);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->keeper, PART(box, n)), VAULT_OK);
    assert_same(&got, &want, true);
}

static void
test_seal__a_keeper_opens_packs_of_every_size(void **state)
{
    struct keys *k = *state;
    struct pack want, got;

    for (uint32_t n = 1; n <= PACK_MAX; n++) {
        struct buf b;
        pack_of(&want, n, WRAP_NAME);
        b = sealed(&k->keeper, &want);
        expecting(&got, &want);
        assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
        assert_same(&got, &want, true);
        buf_free(&b);
    }
}

static void
test_seal__the_largest_pack_by_intake_fits(void **state)
{
    struct keys *k = *state;
    struct pack want, got;
    struct buf b;

    pack_of(&want, PACK_MAX, WRAP_INTAKE);
    for (uint32_t i = 0; i < PACK_MAX; i++)
        want.has_record[i] = want.has_blob[i] = true;
    b = sealed(&k->case_tier, &want);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->case_tier, PART(b.p, b.n)), VAULT_OK);
    assert_same(&got, &want, false);
    buf_free(&b);
}

static void
test_seal__the_case_tier_reads_record_keys_and_no_blob_keys(void **state)
{
    struct keys *k = *state;
    struct pack want, got;
    struct buf b;

    pack_of(&want, 7, WRAP_NAME);
    b = sealed(&k->keeper, &want);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->case_tier, PART(b.p, b.n)), VAULT_OK);
    assert_same(&got, &want, false);
    buf_free(&b);
}

/* The blob keys lie in a box of their own: the case key alone shows none of their bytes. */
static void
test_seal__blob_keys_are_not_plain_inside_the_outer_box(void **state)
{
    struct keys *k = *state;
    uint8_t aad[16 + 16 + 32] = "withheld:wrap:1", plain[1024];
    struct pack p;
    struct buf b;
    struct part ids;

    pack_of(&p, 2, WRAP_NAME);
    b = sealed(&k->keeper, &p);
    ids = PART(p.ids, 2 * PAIR_ID_BYTES);
    memcpy(aad + 16, k->vault_id, 16);
    hash_parts(aad + 32, "withheld:pack:1", &ids, 1);
    assert_int_equal(box_open(plain, secret_bytes(k->k_case), PART(aad, sizeof aad),
        PART(b.p, b.n)), 0);
    assert_non_null(memmem(plain, b.n - BOX_EXTRA, p.record_key[0], 32));
    assert_null(memmem(plain, b.n - BOX_EXTRA, p.blob_key[0], 32));
    buf_free(&b);
}

static void
test_seal__by_intake_names_its_encapsulation(void **state)
{
    struct keys *k = *state;
    struct pack want, got;
    struct buf b;

    pack_of(&want, 4, WRAP_INTAKE);
    intake_enc_hash(want.enc_hash, k->enc);
    b = sealed(&k->case_tier, &want);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
    assert_same(&got, &want, false);
    assert_memory_equal(got.enc_hash, want.enc_hash, 32);
    buf_free(&b);
}

static void
test_seal__without_withheld_values_there_is_no_inner_wrap(void **state)
{
    struct keys *k = *state;
    struct pack want, got;
    struct buf b;

    pack_of(&want, 6, 0);
    b = sealed(&k->case_tier, &want);
    assert_int_equal(b.n, BOX_EXTRA + 1 + 6 + 2 * 32);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
    assert_same(&got, &want, false);
    buf_free(&b);
}

static void
test_seal__a_pack_belongs_to_its_ids(void **state)
{
    struct keys *k = *state;
    struct pack p, other;
    uint8_t id[PAIR_ID_BYTES];
    struct buf b;

    pack_of(&p, 5, WRAP_NAME);
    b = sealed(&k->keeper, &p);
    other = p;
    memcpy(id, other.ids[1], sizeof id);
    memcpy(other.ids[1], other.ids[2], sizeof id);
    memcpy(other.ids[2], id, sizeof id);
    assert_refused(&k->keeper, &other, PART(b.p, b.n));
    for (size_t i = 0; i < PAIR_ID_BYTES; i++) {
        other = p;
        other.ids[4][i] ^= 1;
        assert_refused(&k->keeper, &other, PART(b.p, b.n));
    }
    other = p;
    other.n = 4;
    assert_refused(&k->keeper, &other, PART(b.p, b.n));
    buf_free(&b);
}

static void
test_seal__a_pack_of_another_vault_is_refused(void **state)
{
    struct keys *k = *state;
    struct pack p;
    struct buf b;

    pack_of(&p, 3, WRAP_NAME);
    b = sealed(&k->keeper, &p);
    k->vault_id[15] ^= 1;
    assert_refused(&k->keeper, &p, PART(b.p, b.n));
    assert_refused(&k->case_tier, &p, PART(b.p, b.n));
    buf_free(&b);
}

static void
test_seal__a_wrong_key_is_refused(void **state)
{
    struct keys *k = *state;
    struct seal_keys wrong = k->keeper;
    struct secret *other = key_of(0xee);
    struct pack p;
    struct buf b;

    pack_of(&p, 3, WRAP_NAME);
    b = sealed(&k->keeper, &p);
    wrong.k_case = other;
    assert_refused(&wrong, &p, PART(b.p, b.n));
    buf_free(&b);
    secret_free(other);
}

/* An inner wrap that somebody with K_case spoiled, or that is of other keys: what it holds is shut, and nothing else. */
static void
test_seal__under_a_wrong_name_key_only_the_blob_keys_stay_shut(void **state)
{
    struct keys *k = *state;
    struct seal_keys wrong = k->keeper;
    struct secret *other = key_of(0xee);
    struct pack want, got;
    struct buf b, again = BUF_INIT;

    pack_of(&want, 3, WRAP_NAME);
    b = sealed(&k->keeper, &want);
    wrong.k_name = other;
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &wrong, PART(b.p, b.n)), VAULT_OK);
    assert_string_equal(vault_last_error()->text, "");
    assert_same(&got, &want, false);
    /* Sealed again it goes on as it is. */
    assert_int_equal(pack_seal(&again, &wrong, &got), VAULT_OK);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->keeper, PART(again.p, again.n)), VAULT_OK);
    assert_same(&got, &want, true);
    buf_free(&again);
    buf_free(&b);
    secret_free(other);
}

static void
test_seal__every_flipped_byte_of_a_pack_is_refused(void **state)
{
    struct keys *k = *state;
    struct pack p;
    struct buf b;

    pack_of(&p, 9, WRAP_NAME);
    b = sealed(&k->keeper, &p);
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] ^= 0x80;
        assert_refused(&k->keeper, &p, PART(b.p, b.n));
        assert_refused(&k->case_tier, &p, PART(b.p, b.n));
        b.p[i] ^= 0x80;
    }
    buf_free(&b);
}

static void
test_seal__a_pack_of_any_other_length_is_refused(void **state)
{
    struct keys *k = *state;
    struct pack p;
    struct buf b;

    pack_of(&p, 9, WRAP_NAME);
    b = sealed(&k->keeper, &p);
    for (size_t n = 0; n < b.n; n++)
        assert_refused(&k->keeper, &p, PART(b.p, n));
    buf_put(&b, "", 1);
    assert_refused(&k->keeper, &p, PART(b.p, b.n));
    assert_non_null(buf_add(&b, 8192));
    assert_refused(&k->keeper, &p, PART(b.p, b.n));
    buf_free(&b);
}

/* A record that was purged has no key any more, a purged value none either. */
static void
test_seal__purged_keys_stay_away(void **state)
{
    struct keys *k = *state;
    struct pack want, got;
    struct buf b;

    pack_of(&want, 8, WRAP_NAME);
    want.has_record[0] = want.has_record[3] = false;
    want.has_blob[4] = false;
    memset(want.record_key[0], 0, 32);
    memset(want.record_key[3], 0, 32);
    memset(want.blob_key[4], 0, 32);
    b = sealed(&k->keeper, &want);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
    assert_same(&got, &want, true);
    buf_free(&b);
}

/* ---- rules that only whoever has the keys can break ---- */

/* Seal any bytes as the outer box of a pack. */
static struct buf
forged(struct keys *k, const struct pack *p, const void *plain, size_t n)
{
    struct part ids = PART(p->ids, (size_t)p->n * PAIR_ID_BYTES);
    uint8_t aad[16 + 16 + 32] = "withheld:wrap:1";
    struct buf b = BUF_INIT;

    memcpy(aad + 16, k->vault_id, 16);
    hash_parts(aad + 32, "withheld:pack:1", &ids, 1);
    box_seal(buf_add(&b, n + BOX_EXTRA), secret_bytes(k->k_case), PART(aad, sizeof aad),
        PART(plain, n));
    return b;
}

static void
assert_forgery_refused(struct keys *k, const struct pack *p, const void *plain, size_t n)
{
    struct buf b = forged(k, p, plain, n);

    assert_refused(&k->keeper, p, PART(b.p, b.n));
    assert_refused(&k->case_tier, p, PART(b.p, b.n));
    buf_free(&b);
}

static void
test_seal__unknown_flags_and_ways_of_wrapping_are_refused(void **state)
{
    struct keys *k = *state;
    uint8_t plain[300] = {0};
    struct pack p, got;
    struct buf b;

    pack_of(&p, 2, 0);
    /* The forger's tool makes what is accepted when no rule is broken... */
    plain[1] = 1;
    b = forged(k, &p, plain, 3 + 32);
    expecting(&got, &p);
    assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
    buf_free(&b);
    /* ...and now each is broken: a flag, a way, a key too many or too few, an inner wrap that should not be. */
    for (unsigned bad = 8; bad < 256; bad *= 2) {
        plain[2] = (uint8_t)bad;
        assert_forgery_refused(k, &p, plain, 3 + 32);
    }
    plain[2] = 4;
    assert_forgery_refused(k, &p, plain, 3 + 32);
    plain[2] = 0;
    plain[0] = 3;
    assert_forgery_refused(k, &p, plain, 3 + 32);
    plain[0] = 0;
    assert_forgery_refused(k, &p, plain, 3 + 31);
    assert_forgery_refused(k, &p, plain, 3 + 33);
    assert_forgery_refused(k, &p, plain, 3 + 64);
    plain[2] = 2;
    assert_forgery_refused(k, &p, plain, 3 + 32);
    plain[2] = 0;
    plain[0] = WRAP_NAME;
    assert_forgery_refused(k, &p, plain, 3 + 32);
    assert_forgery_refused(k, &p, plain, 3 + 32 + BOX_EXTRA);
}

/* ---- what a keeper says of names ---- */

static void
assert_hints(const struct pack *got, uint32_t n, const char *want)
{
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(got->names_hidden[i], want[i] == '1');
}

static void
test_seal__hints_are_for_keepers_and_go_on_through_a_case_session(void **state)
{
    struct keys *k = *state;
    struct pack want, got, seen;
    struct buf b, again = BUF_INIT;

    pack_of(&want, 9, WRAP_NAME);
    want.names_hidden[0] = want.names_hidden[4] = want.names_hidden[6] = true;
    want.names_hidden[3] = true;        /* has no withheld blob: nothing is said of it */
    b = sealed(&k->keeper, &want);
    expecting(&got, &want);
    memset(got.names_hidden, 1, sizeof got.names_hidden);
    assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
    assert_same(&got, &want, true);
    assert_hints(&got, 9, "100010100");
    expecting(&seen, &want);
    memset(seen.names_hidden, 1, sizeof seen.names_hidden);
    assert_int_equal(pack_open(&seen, &k->case_tier, PART(b.p, b.n)), VAULT_OK);
    assert_hints(&seen, 9, "000000000");
    memset(seen.names_hidden, 1, sizeof seen.names_hidden);     /* he may say what he wants */
    assert_int_equal(pack_seal(&again, &k->case_tier, &seen), VAULT_OK);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->keeper, PART(again.p, again.n)), VAULT_OK);
    assert_hints(&got, 9, "100010100");
    pack_drop_blob(&got, 4);
    buf_reset(&again);
    assert_int_equal(pack_seal(&again, &k->keeper, &got), VAULT_OK);
    expecting(&got, &want);
    assert_int_equal(pack_open(&got, &k->keeper, PART(again.p, again.n)), VAULT_OK);
    assert_hints(&got, 9, "100000100");
    buf_free(&again);
    buf_free(&b);
}

/* A pack of two revisions, with these flags, whose inner wrap has this content. */
static struct buf
with_inner(struct keys *k, struct pack *p, uint8_t how, const struct secret *key, const char *flags, const uint8_t *content, size_t n)
{
    struct part ids;
    uint8_t aad[17 + 16 + 32] = "withheld:inner:1", plain[300] = {0};
    size_t at = 3;

    pack_of(p, 2, 0);
    ids = PART(p->ids, (size_t)p->n * PAIR_ID_BYTES);
    memcpy(aad + 17, k->vault_id, 16);
    hash_parts(aad + 33, "withheld:pack:1", &ids, 1);
    plain[0] = how;
    memcpy(plain + 1, flags, 2);
    at += how == WRAP_INTAKE ? 32 : 0;
    box_seal(plain + at, secret_bytes(key), PART(aad, sizeof aad), PART(content, n));
    return forged(k, p, plain, at + n + BOX_EXTRA);
}

static void
test_seal__an_inner_wrap_has_a_mark_for_each_revision_or_none(void **state)
{
    struct keys *k = *state;
    uint8_t content[2 * 32 + 4] = {0};
    struct pack p, got;
    struct buf b;

    /* As it was before there were hints. */
    b = with_inner(k, &p, WRAP_NAME, k->k_name, "\2\2", content, 64);
    expecting(&got, &p);
    assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
    assert_true(got.readable);
    assert_hints(&got, 2, "00");
    buf_free(&b);
    content[64] = 1;
    content[65] = 2;
    b = with_inner(k, &p, WRAP_NAME, k->k_name, "\2\2", content, 66);
    expecting(&got, &p);
    assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
    assert_true(got.readable);
    assert_hints(&got, 2, "01");
    buf_free(&b);
    /* One that is none, or of a revision without a key, or of another one: the keys stay shut, as where the wrap does not open. */
    static const struct { const char *flags; uint8_t mark[2]; size_t keys; } BAD[] = {
        { "\2\2", { 3, 1 }, 2 }, { "\2\2", { 1, 0 }, 2 }, { "\2\2", { 0, 0 }, 2 }, { "\2\0", { 0, 2 }, 1 }, { "\0\2", { 2, 0 }, 1 },
        { "\2\0", { 1, 1 }, 1 },
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        memcpy(content + 32 * BAD[i].keys, BAD[i].mark, 2);
        b = with_inner(k, &p, WRAP_NAME, k->k_name, BAD[i].flags, content, 32 * BAD[i].keys + 2);
        expecting(&got, &p);
        assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
        assert_false(got.readable);
        assert_hints(&got, 2, "00");
        buf_free(&b);
    }
    for (size_t n = 63; n <= 68; n++) {
        if (n == 64 || n == 66)
            continue;
        b = with_inner(k, &p, WRAP_NAME, k->k_name, "\2\2", content, n);
        assert_refused(&k->keeper, &p, PART(b.p, b.n));
        assert_refused(&k->case_tier, &p, PART(b.p, b.n));
        buf_free(&b);
    }
    /* What a case session seals has none. */
    b = with_inner(k, &p, WRAP_INTAKE, k->intake, "\2\2", content, 66);
    assert_refused(&k->keeper, &p, PART(b.p, b.n));
    buf_free(&b);
    b = with_inner(k, &p, WRAP_INTAKE, k->intake, "\2\2", content, 64);
    expecting(&got, &p);
    assert_int_equal(pack_open(&got, &k->keeper, PART(b.p, b.n)), VAULT_OK);
    memset(got.names_hidden, 1, sizeof got.names_hidden);
    assert_int_equal(pack_adopt(&got, &k->keeper, k->intake), VAULT_OK);
    assert_hints(&got, 2, "00");
    buf_free(&b);
}

/* ---- row 0 ---- */

static void
test_seal__root_keys_known_answer(void **state)
{
    struct keys *k = *state;
    struct secret *log = NULL, *tag = NULL, *want_log = key_of(0x11), *want_tag = key_of(0x22);
    uint8_t box[128];
    size_t n = unhex(box, known_root);

    assert_int_equal(root_open(&log, &tag, &k->case_tier, PART(box, n)), VAULT_OK);
    assert_true(secret_equal(log, want_log));
    assert_true(secret_equal(tag, want_tag));
    secret_free(log);
    secret_free(tag);
    secret_free(want_log);
    secret_free(want_tag);
}

static void
test_seal__damaged_root_keys_leave_outputs_alone(void **state)
{
    struct keys *k = *state;
    struct secret *log = NULL, *tag = NULL, *a = key_of(1), *z = key_of(2);
    struct buf b = BUF_INIT;

    assert_int_equal(root_seal(&b, &k->keeper, a, z), VAULT_OK);
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] ^= 1;
        assert_int_equal(root_open(&log, &tag, &k->keeper, PART(b.p, b.n)), VAULT_ERR_DAMAGED);
        b.p[i] ^= 1;
        assert_int_equal(root_open(&log, &tag, &k->keeper, PART(b.p, i)), VAULT_ERR_DAMAGED);
    }
    k->vault_id[0] ^= 1;
    assert_int_equal(root_open(&log, &tag, &k->keeper, PART(b.p, b.n)), VAULT_ERR_DAMAGED);
    assert_null(log);
    assert_null(tag);
    secret_free(a);
    secret_free(z);
    buf_free(&b);
}

/* ---- blobs ---- */

static void
blob_revision(struct revision *rev)
{
    revision_init(rev);
    counting(rev->record, sizeof rev->record, 0x01);
    counting(rev->id, sizeof rev->id, 0x33);
    buf_str(&rev->open, "plaintext");
    buf_str(&rev->withheld, "plaintext");
}

static void
test_seal__blob_known_answers(void **state)
{
    struct keys *k = *state;
    uint8_t own[32], nonce[24], want[64];
    struct blob_keys bk;
    struct revision rev;
    struct buf b = BUF_INIT;
    size_t n;

    counting(own, sizeof own, 0x50);
    counting(nonce, sizeof nonce, 0x70);
    blob_revision(&rev);
    blob_keys_derive(&bk, LEAF_OPEN, own, nonce);
    (void)unhex(want, known_open_keys);
    assert_memory_equal(bk.k, want, 32);
    assert_memory_equal(bk.seed, want + 32, 32);
    assert_int_equal(seal_blob(&b, &k->keeper, &bk, &rev, LEAF_OPEN), VAULT_OK);
    n = unhex(want, known_open);
    assert_int_equal(b.n, n);
    assert_memory_equal(b.p, want, n);

    buf_reset(&b);
    blob_keys_derive(&bk, LEAF_WITHHELD, own, nonce);
    assert_int_equal(seal_blob(&b, &k->keeper, &bk, &rev, LEAF_WITHHELD), VAULT_OK);
    n = unhex(want, known_hide);
    assert_int_equal(b.n, n);
    assert_memory_equal(b.p, want, n);
    buf_free(&b);
    revision_free(&rev);
}

struct one_blob {
    uint8_t own[32];
    struct blob_keys bk;
    struct revision rev;
    struct buf blob;
};

static void
seal_one(struct one_blob *o, const struct seal_keys *k, enum leaf_tier tier)
{
    uint8_t nonce[24];

    memset(o, 0, sizeof *o);
    counting(o->own, sizeof o->own, 0x50);
    counting(nonce, sizeof nonce, 0x70);
    blob_revision(&o->rev);
    blob_keys_derive(&o->bk, tier, o->own, nonce);
    assert_int_equal(seal_blob(&o->blob, k, &o->bk, &o->rev, tier), VAULT_OK);
}

static void
assert_blob_refused(struct one_blob *o, const struct seal_keys *k, enum leaf_tier tier,
    struct part blob)
{
    struct buf *plain = tier == LEAF_OPEN ? &o->rev.open : &o->rev.withheld;
    uint8_t seed[32];

    assert_int_equal(unseal_blob(&o->rev, seed, k, o->own, tier, blob), VAULT_ERR_DAMAGED);
    assert_true(plain->n == 0 || memmem(plain->p, plain->n, "plaintext", 9) != NULL);
}

static void
free_one(struct one_blob *o)
{
    buf_free(&o->blob);
    revision_free(&o->rev);
}

static void
test_seal__a_blob_opens_to_its_plaintext_and_seed(void **state)
{
    struct keys *k = *state;
    struct one_blob o;
    uint8_t seed[32];

    for (enum leaf_tier tier = LEAF_OPEN; tier <= LEAF_WITHHELD; tier++) {
        seal_one(&o, &k->keeper, tier);
        revision_reset(&o.rev);
        assert_int_equal(unseal_blob(&o.rev, seed, &k->case_tier, o.own, tier,
            PART(o.blob.p, o.blob.n)), VAULT_OK);
        struct buf *plain = tier == LEAF_OPEN ? &o.rev.open : &o.rev.withheld;
        assert_int_equal(plain->n, 9);
        assert_memory_equal(plain->p, "plaintext", 9);
        assert_memory_equal(seed, o.bk.seed, 32);
        free_one(&o);
    }
}

static void
test_seal__a_blob_belongs_to_its_place(void **state)
{
    struct keys *k = *state;
    struct one_blob o;
    struct part blob;

    seal_one(&o, &k->keeper, LEAF_OPEN);
    blob = PART(o.blob.p, o.blob.n);
    assert_blob_refused(&o, &k->keeper, LEAF_WITHHELD, blob);
    o.rev.record[3] ^= 1;
    assert_blob_refused(&o, &k->keeper, LEAF_OPEN, blob);
    o.rev.record[3] ^= 1;
    o.rev.id[31] ^= 1;
    assert_blob_refused(&o, &k->keeper, LEAF_OPEN, blob);
    o.rev.id[31] ^= 1;
    o.own[0] ^= 1;
    assert_blob_refused(&o, &k->keeper, LEAF_OPEN, blob);
    o.own[0] ^= 1;
    k->vault_id[7] ^= 1;
    assert_blob_refused(&o, &k->keeper, LEAF_OPEN, blob);
    free_one(&o);
}

static void
test_seal__every_flipped_byte_and_every_length_of_a_blob_is_refused(void **state)
{
    struct keys *k = *state;
    struct one_blob o;

    seal_one(&o, &k->keeper, LEAF_WITHHELD);
    for (size_t i = 0; i < o.blob.n; i++) {
        o.blob.p[i] ^= 4;
        assert_blob_refused(&o, &k->keeper, LEAF_WITHHELD, PART(o.blob.p, o.blob.n));
        o.blob.p[i] ^= 4;
        assert_blob_refused(&o, &k->keeper, LEAF_WITHHELD, PART(o.blob.p, i));
    }
    free_one(&o);
}

/* The length is judged before a byte is read or allocated. */
static void
test_seal__a_blob_over_the_limit_is_refused_by_its_length(void **state)
{
    struct keys *k = *state;
    struct one_blob o;

    seal_one(&o, &k->keeper, LEAF_OPEN);
    assert_blob_refused(&o, &k->keeper, LEAF_OPEN, PART(o.blob.p, BLOB_MAX + 1));
    assert_blob_refused(&o, &k->keeper, LEAF_OPEN, PART(o.blob.p, SIZE_MAX));
    free_one(&o);
}

#define WITH_KEYS(f) cmocka_unit_test_setup_teardown(f, make_keys, free_keys)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_KEYS(test_seal__pack_by_name_known_answer),
        WITH_KEYS(test_seal__a_keeper_opens_packs_of_every_size),
        WITH_KEYS(test_seal__the_largest_pack_by_intake_fits),
        WITH_KEYS(test_seal__the_case_tier_reads_record_keys_and_no_blob_keys),
        WITH_KEYS(test_seal__blob_keys_are_not_plain_inside_the_outer_box),
        WITH_KEYS(test_seal__by_intake_names_its_encapsulation),
        WITH_KEYS(test_seal__without_withheld_values_there_is_no_inner_wrap),
        WITH_KEYS(test_seal__a_pack_belongs_to_its_ids),
        WITH_KEYS(test_seal__a_pack_of_another_vault_is_refused),
        WITH_KEYS(test_seal__a_wrong_key_is_refused),
        WITH_KEYS(test_seal__under_a_wrong_name_key_only_the_blob_keys_stay_shut),
        WITH_KEYS(test_seal__every_flipped_byte_of_a_pack_is_refused),
        WITH_KEYS(test_seal__a_pack_of_any_other_length_is_refused),
        WITH_KEYS(test_seal__purged_keys_stay_away),
        WITH_KEYS(test_seal__unknown_flags_and_ways_of_wrapping_are_refused),
        WITH_KEYS(test_seal__hints_are_for_keepers_and_go_on_through_a_case_session),
        WITH_KEYS(test_seal__an_inner_wrap_has_a_mark_for_each_revision_or_none),
        WITH_KEYS(test_seal__root_keys_known_answer),
        WITH_KEYS(test_seal__damaged_root_keys_leave_outputs_alone),
        WITH_KEYS(test_seal__blob_known_answers),
        WITH_KEYS(test_seal__a_blob_opens_to_its_plaintext_and_seed),
        WITH_KEYS(test_seal__a_blob_belongs_to_its_place),
        WITH_KEYS(test_seal__every_flipped_byte_and_every_length_of_a_blob_is_refused),
        WITH_KEYS(test_seal__a_blob_over_the_limit_is_refused_by_its_length),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
