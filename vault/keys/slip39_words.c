/*
 * Words of shares. Which words they are is the secret, so looking them up may not show in time or
 * cache: the whole list is walked for each word, the whole text for each letter. That is a hundred
 * thousand small steps for a share, well below a millisecond.
 */
#include <sodium.h>
#include <string.h>
#include "vault/base/ct.h"
#include "vault/base/text.h"
#include "vault/keys/slip39_parts.h"

#define LETTERS 8u          /* of the longest word; they fit into 64 bits */
#define UNIQUE 4u           /* letters that tell all words apart */
#define NO_LETTER 0x7Fu     /* stands for a character that no word has */

static uint64_t
pack(const char *word)
{
    uint64_t letters = 0;

    for (unsigned i = 0; word[i] != '\0'; i++)
        letters |= (uint64_t)(uint8_t)word[i] << 8 * i;
    return letters;
}

/* ---- numbers to text ---- */

static uint64_t
word_of(uint32_t number)
{
    uint64_t letters = 0;

    for (uint32_t i = 0; i < 1024; i++)
        letters |= pack(words_1024[i]) & ct_wide(ct_equal(i, number));
    return letters;
}

/* Put c at *at and go on; nothing when c is 0. How long the words are is secret as they are. */
static void
put_letter(uint8_t text[static SLIP39_TEXT], uint32_t *at, uint32_t c)
{
    for (uint32_t i = 0; i < SLIP39_TEXT; i++)
        text[i] |= (uint8_t)(c & ct_equal(i, *at));
    *at += ~ct_zero(c) & 1;
}

void
slip39_write(uint8_t text[static SLIP39_TEXT], const struct slip39_numbers *numbers)
{
    uint64_t letters = 0;
    uint32_t at = 0;

    memset(text, 0, SLIP39_TEXT);
    for (unsigned w = 0; w < numbers->count; w++) {
        letters = word_of(numbers->at[w]);
        if (w > 0)
            put_letter(text, &at, ' ');
        for (unsigned i = 0; i < LETTERS; i++)
            put_letter(text, &at, (uint32_t)(letters >> 8 * i) & 0xFF);
    }
    sodium_memzero(&letters, sizeof letters);
}

/* ---- text to numbers ---- */

struct typed {
    uint64_t word[SLIP39_MAX_WORDS];    /* packed; never a word of the list if it was too long */
    uint32_t words;                     /* may be more than there is room for */
};

/* 0 for white space, lower case for letters. */
static uint32_t
letter_of(uint32_t c)
{
    uint32_t lower = c | 0x20;
    uint32_t blank = ct_equal(c, ' ') | ct_within(c, '\t', '\r');
    uint32_t letter = ct_within(lower, 'a', 'z');

    return (lower & letter) | (NO_LETTER & ~letter & ~blank);
}

/* The letter after `before` others of the word that is being read. */
static void
keep_letter(struct typed *t, uint32_t c, uint32_t before)
{
    uint32_t over = ~ct_within(before, 0, LETTERS - 1) & ~ct_zero(c);
    uint64_t at = (uint64_t)c << 8 * (before % LETTERS) | (NO_LETTER & over);

    for (uint32_t w = 0; w < SLIP39_MAX_WORDS; w++)
        t->word[w] |= at & ct_wide(ct_equal(w + 1, t->words));
}

static void
read_letters(struct typed *t, const char *text, size_t n)
{
    uint32_t inside = 0, letters = 0;   /* a mask; letters of this word so far */

    for (size_t i = 0; i < n; i++) {
        uint32_t c = letter_of((uint8_t)text[i]);
        uint32_t is_letter = ~ct_zero(c);

        t->words += is_letter & ~inside & 1;
        letters &= inside;
        keep_letter(t, c, letters);
        letters += is_letter & 1;
        inside = is_letter;
    }
}

/* The number of the word that these letters are, or begin; *known says whether there is one. */
static uint32_t
number_of(uint32_t *known, uint64_t letters)
{
    /* All ones in each byte that holds a letter (all are below 0x80). */
    uint64_t given = ((letters + 0x7F7F7F7F7F7F7F7Fu) & 0x8080808080808080u) / 0x80 * 0xFF;
    uint32_t number = 0, hit = 0;

    for (uint32_t i = 0; i < 1024; i++) {
        uint64_t rest = (pack(words_1024[i]) & given) ^ letters;
        uint32_t same = ct_zero((uint32_t)(rest | rest >> 32));

        number |= i & same;
        hit |= same;
    }
    *known = hit & ~ct_zero((uint32_t)(letters >> 8 * (UNIQUE - 1)) & 0xFF);
    return number;
}

/* From here on it is about a word that is none, and nothing is hidden any more. */
static vault_err
wrong_word(struct slip39_fault *fault, uint64_t letters, unsigned place)
{
    char word[LETTERS + 1] = {0};

    for (unsigned i = 0; i < LETTERS; i++)
        word[i] = (char)(letters >> 8 * i & 0xFF);
    fault->word = place;
    fault->nearest = text_nearest(word, words_1024, 1024);
    sodium_memzero(word, sizeof word);
    return err_say(VAULT_ERR_INPUT, "look at it again; the first four letters are enough",
        "word %u of the share is not one of the 1024 words", place);
}

static vault_err
find_numbers(struct slip39_numbers *out, const struct typed *t, struct slip39_fault *fault)
{
    for (unsigned w = 0; w < out->count; w++) {
        uint32_t known;

        out->at[w] = (uint16_t)number_of(&known, t->word[w]);
        if (ct_reveal(known, 1) == 0)
            return wrong_word(fault, t->word[w], w + 1);
    }
    return VAULT_OK;
}

vault_err
slip39_read(struct slip39_numbers *out, const char *text, size_t n, struct slip39_fault *fault)
{
    struct typed t = {0};
    vault_err err;

    if (n > SLIP39_TYPED_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "the share is longer than %u bytes",
            SLIP39_TYPED_MAX);
    read_letters(&t, text, n);
    out->count = ct_reveal(t.words, 16);
    if (out->count > SLIP39_MAX_WORDS)
        err = err_say(VAULT_ERR_INPUT, "a share has 20 to 33 words, each line one share",
            "the share has %u words", out->count);
    else
        err = find_numbers(out, &t, fault);
    sodium_memzero(&t, sizeof t);
    return err;
}

const char *
slip39_complete(const char *letters, size_t n)
{
    const char *found = NULL;

    for (unsigned i = 0; n > 0 && i < 1024; i++) {
        if (strncmp(words_1024[i], letters, n) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = words_1024[i];
    }
    return found;
}
