/*
 * passphrase.c - passphrases made and judged.
 *
 * Why seven words. Each try costs an Argon2id of about a second and up to 1 GiB. Somebody with a
 * million such machines makes 2^20 tries a second, 2^45 a year, and needs half of all: 60 bits (six
 * words) take him 2^14 years, 70 bits 2^24. The bits that seem too many are for machines to come, for
 * vaults of the least cost (64 MiB, a tenth of the time), and because a stolen copy can be tried
 * for as long as anybody lives who is named in it.
 */
#include "vault/session.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/keys/strength.h"

#define LONGEST_WORD 8
#define WEAK "weak-passphrase"

vault_err
vault_passphrase_generate(struct secret **out, unsigned words)
{
    struct secret *s = NULL;
    char *p;
    size_t n = 0;
    vault_err err;

    vault_clear_error();
    if (words < VAULT_WORDS_MIN || words > VAULT_WORDS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "a passphrase has %d to %d words", VAULT_WORDS_MIN,
            VAULT_WORDS_MAX);
    err = secret_new(&s, words * (LONGEST_WORD + 1));
    if (err != VAULT_OK)
        return err;
    p = (char *)secret_edit(s);
    for (unsigned i = 0; i < words; i++) {
        const char *word = words_1024[randombytes_uniform(1024)];
        size_t len = strlen(word);

        if (i > 0)
            p[n++] = ' ';
        memcpy(p + n, word, len);
        n += len;
    }
    secret_set_len(s, n);       /* wipes what lies behind: at least one byte does */
    sodium_stackzero(256);
    *out = secret_take(&s);
    return VAULT_OK;
}

/* ---- judged ---- */

static vault_err
estimate(const struct secret *typed, struct vault_strength *out)
{
    struct strength st;
    vault_err err = strength_of(&st, typed);

    if (err != VAULT_OK)
        return err;
    *out = (struct vault_strength){ .bits = st.bits,
        .verdict = st.bits < VAULT_BITS_LEAST ? "refused" :
            st.bits < VAULT_BITS_GOOD ? "weak" : "good" };
    if (st.bits < VAULT_BITS_GOOD) {
        out->n_reasons = st.n_why;
        memcpy(out->reasons, st.why, st.n_why * sizeof st.why[0]);
    }
    return VAULT_OK;
}

vault_err
vault_passphrase_strength(const struct secret *passphrase, struct vault_strength *out)
{
    vault_clear_error();
    return estimate(passphrase, out);
}

static vault_err
refuse(const struct vault_strength *st)
{
    char why[sizeof ((struct vault_error *)0)->text] = "";

    for (size_t i = 0, n = 0; i < st->n_reasons && n < sizeof why; i++)
        n += (size_t)snprintf(why + n, sizeof why - n, "%s%s", i == 0 ? "" : "; ", st->reasons[i]);
    return err_refuse(WEAK, "'withheld passphrase generate' makes a good one",
        "this passphrase is too weak for a vault (about %u bits, and %d are the least): %s", st->bits,
        VAULT_BITS_LEAST, why);
}

vault_err
vault_passphrase_judge(const struct secret *passphrase, const char *const *accept,
    size_t n_accept, struct vault_strength *out)
{
    struct vault_strength st;
    bool accepted = false;
    vault_err err;

    vault_clear_error();
    err = estimate(passphrase, &st);
    for (size_t i = 0; i < n_accept; i++)
        accepted = accepted || strcmp(accept[i], WEAK) == 0;
    if (err == VAULT_OK && st.bits < VAULT_BITS_LEAST && !accepted)
        err = refuse(&st);
    if (err == VAULT_OK)
        *out = st;
    return err;
}

vault_err
session_judge_passphrase(struct vault *v, const struct secret *typed)
{
    struct vault_strength st;
    vault_err err = estimate(typed, &st);

    if (err == VAULT_OK && st.bits < VAULT_BITS_LEAST && !session_accepts(v, WEAK))
        err = refuse(&st);
    return err;
}
