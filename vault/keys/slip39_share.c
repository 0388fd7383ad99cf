#include <sodium.h>
#include <string.h>
#include "vault/base/ct.h"
#include "vault/keys/slip39_parts.h"

#define HEAD_WORDS 4u
#define SUM_WORDS 3u
#define WORD_BITS 10u

/* ---- the checksum: RS1024 ---- */

static uint32_t
add_number(uint32_t sum, uint32_t number)
{
    static const uint32_t generator[] = {0xE0E040, 0x1C1C080, 0x3838100, 0x7070200, 0xE0E0009,
        0x1C0C2412, 0x38086C24, 0x3090FC48, 0x21B1F890, 0x3F3F120};
    uint32_t top = sum >> 20;

    sum = (sum & 0xFFFFF) << 10 ^ number;
    for (unsigned i = 0; i < WORD_BITS; i++)
        sum ^= generator[i] & (0u - ct_hide(top >> i & 1));
    return sum;
}

/* Over what the share is for and the first n numbers; 1 when these end with their checksum. */
static uint32_t
sum_of(const struct slip39_numbers *numbers, size_t n, bool extendable)
{
    const char *use = extendable ? "shamir_extendable" : "shamir";
    uint32_t sum = 1;

    for (const char *c = use; *c != '\0'; c++)
        sum = add_number(sum, (uint8_t)*c);
    for (size_t i = 0; i < n; i++)
        sum = add_number(sum, numbers->at[i]);
    return sum;
}

static void
put_sum(struct slip39_numbers *numbers, bool extendable)
{
    uint16_t *at = numbers->at + numbers->count - SUM_WORDS;
    uint32_t sum;

    memset(at, 0, SUM_WORDS * sizeof *at);
    sum = sum_of(numbers, numbers->count, extendable) ^ 1;
    for (unsigned i = 0; i < SUM_WORDS; i++)
        at[i] = (uint16_t)(sum >> WORD_BITS * (SUM_WORDS - 1 - i) & 1023);
}

/* ---- the value ---- */

/* Bit number `at` of the words, from the most significant on, as its place in a word. */
static unsigned
shift_of(unsigned at)
{
    return WORD_BITS - 1 - at % WORD_BITS;
}

static void
put_value(uint16_t *words, const uint8_t *value, unsigned size, unsigned padding)
{
    for (unsigned i = 0; i < 8 * size; i++) {
        unsigned at = padding + i, bit = (unsigned)value[i / 8] >> (7 - i % 8) & 1u;

        words[at / WORD_BITS] |= (uint16_t)(bit << shift_of(at));
    }
}

/* Returns the bits in front of the value, which must be zero. */
static uint32_t
get_value(uint8_t *value, unsigned size, const uint16_t *words, unsigned padding)
{
    for (unsigned i = 0; i < 8 * size; i++) {
        unsigned at = padding + i;
        unsigned bit = (unsigned)words[at / WORD_BITS] >> shift_of(at) & 1u;

        value[i / 8] = (uint8_t)((unsigned)value[i / 8] << 1 | bit);
    }
    return (uint32_t)words[0] >> (WORD_BITS - padding);
}

/* ---- the head ---- */

static void
put_head(uint16_t words[static HEAD_WORDS], const struct slip39_share *s)
{
    const struct slip39_head *h = &s->head;
    unsigned groups = h->group_count - 1u;

    words[0] = (uint16_t)(h->id >> 5);
    words[1] = (uint16_t)((h->id & 31u) << 5 | (h->extendable ? 16u : 0u) | h->exponent);
    words[2] = (uint16_t)((unsigned)s->group << 6 | (h->group_threshold - 1u) << 2 | groups >> 2);
    words[3] = (uint16_t)((groups & 3u) << 8 | (unsigned)s->member << 4 | (s->threshold - 1u));
}

static void
get_head(struct slip39_share *s, const uint16_t *words)
{
    uint32_t w[HEAD_WORDS];

    for (unsigned i = 0; i < HEAD_WORDS; i++)
        w[i] = ct_reveal(words[i], WORD_BITS);
    s->head.id = (uint16_t)(w[0] << 5 | w[1] >> 5);
    s->head.extendable = (w[1] & 16) != 0;
    s->head.exponent = w[1] & 15;
    s->group = (uint8_t)(w[2] >> 6);
    s->head.group_threshold = (uint8_t)((w[2] >> 2 & 15) + 1);
    s->head.group_count = (uint8_t)(((w[2] & 3) << 2 | w[3] >> 8) + 1);
    s->member = w[3] >> 4 & 15;
    s->threshold = (uint8_t)((w[3] & 15) + 1);
}

/* ---- shares ---- */

void
slip39_encode(struct slip39_numbers *out, const struct slip39_share *share, const uint8_t *value)
{
    unsigned size = share->head.size, words = (8 * size + WORD_BITS - 1) / WORD_BITS;

    memset(out, 0, sizeof *out);
    out->count = HEAD_WORDS + words + SUM_WORDS;
    put_head(out->at, share);
    put_value(out->at + HEAD_WORDS, value, size, WORD_BITS * words - 8 * size);
    put_sum(out, share->head.extendable);
}

/* A value is a whole number of two bytes, and at most 8 bits stand before it. */
static vault_err
size_of(uint8_t *size, unsigned *padding, unsigned count)
{
    unsigned bits = count < SLIP39_MIN_WORDS ? 0 : WORD_BITS * (count - HEAD_WORDS - SUM_WORDS);

    if (bits == 0 || bits % 16 > 8)
        return err_say(VAULT_ERR_INPUT, "a share has 20 words (33 for a secret of 32 bytes)",
            "the share has %u word%s: some are missing, or there are too many", count,
            count == 1 ? "" : "s");
    *padding = bits % 16;
    *size = (uint8_t)(bits / 16 * 2);
    return VAULT_OK;
}

static vault_err
head_ok(const struct slip39_share *s)
{
    if (s->head.group_threshold > s->head.group_count)
        return err_say(VAULT_ERR_INPUT, NULL,
            "the share asks for more groups than there are: no program makes such a share");
    return VAULT_OK;
}

vault_err
slip39_decode(struct slip39_share *out, const struct slip39_numbers *numbers)
{
    struct slip39_share s = {0};
    unsigned padding = 0;
    vault_err err = size_of(&s.head.size, &padding, numbers->count);

    if (err != VAULT_OK)
        return err;
    get_head(&s, numbers->at);
    if (ct_reveal(ct_equal(sum_of(numbers, numbers->count, s.head.extendable), 1), 1) == 0)
        return err_say(VAULT_ERR_INPUT, "compare each word, and their order, with the paper",
            "the words of the share do not fit together (checksum)");
    err = head_ok(&s);
    if (err == VAULT_OK)
        err = secret_new(&s.value, s.head.size);
    if (err != VAULT_OK)
        return err;
    if (ct_reveal(ct_zero(get_value(secret_edit(s.value), s.head.size, numbers->at + HEAD_WORDS,
            padding)), 1) == 0) {
        secret_free(s.value);
        return err_say(VAULT_ERR_INPUT, NULL, "the share is not one of SLIP-0039 (padding)");
    }
    *out = s;
    return VAULT_OK;
}

vault_err
slip39_parse(struct slip39_share *out, const char *text, size_t n, struct slip39_fault *fault)
{
    struct slip39_numbers numbers = {0};
    struct slip39_fault ignored, *told = fault == NULL ? &ignored : fault;
    vault_err err;

    *told = (struct slip39_fault){0};
    err = slip39_read(&numbers, text, n, told);
    if (err == VAULT_OK)
        err = slip39_decode(out, &numbers);
    sodium_memzero(&numbers, sizeof numbers);
    return err;
}

void
slip39_share_free(struct slip39_share *share)
{
    secret_free(share->value);
    share->value = NULL;
}
