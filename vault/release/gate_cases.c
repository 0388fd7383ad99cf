/*
 * gate_cases.c - names in the grammatical cases of Russian and Ukrainian: what a word may be in the nominative.
 *
 * The names module compares names as they stand in documents. In a text they are declined: "vmeste s Yelenoy Kogay".
 */
#include <string.h>

#include "vault/release/gate_priv.h"

#define STEM_BYTES 4u           /* two letters */

/* Longer endings first. */
static const struct { const char *from, *to; } ENDINGS[] = {
    { "ого", "ий" }, { "ого", "ый" }, { "ому", "ий" }, { "ому", "ый" }, { "ими", "ий" }, { "ової", "ова" }, { "ові", "" }, { "еві", "й" },
    { "ой", "а" }, { "ой", "ая" }, { "ою", "а" }, { "ої", "а" }, { "ую", "ая" }, { "ей", "а" }, { "ей", "я" }, { "ею", "я" }, { "ії", "ія" }, { "ии", "ия" },
    { "ию", "ия" }, { "ом", "" }, { "ем", "" }, { "ем", "й" }, { "ем", "ь" }, { "ём", "й" }, { "ым", "" }, { "им", "" }, { "им", "ий" }, { "ым", "ый" }, { "єм", "й" },
    { "ы", "а" }, { "и", "а" }, { "и", "я" }, { "и", "ь" }, { "е", "а" }, { "е", "я" }, { "е", "" }, { "е", "й" }, { "е", "ь" }, { "і", "а" }, { "у", "а" }, { "у", "" },
    { "ю", "я" }, { "ю", "й" }, { "ю", "ь" }, { "а", "" }, { "я", "й" }, { "я", "ь" },
};
#define COUNT (sizeof ENDINGS / sizeof ENDINGS[0])

size_t
cases_of(char out[static TOKEN_BYTES + 8], const struct token *t, size_t i)
{
    size_t from, to;

    if (i >= COUNT)
        return 0;
    from = strlen(ENDINGS[i].from);
    to = strlen(ENDINGS[i].to);
    if (t->n < from + STEM_BYTES || t->text[0] < 0xD0 || t->text[0] > 0xD3 || memcmp(t->text + t->n - from, ENDINGS[i].from, from) != 0)
        return 0;
    memcpy(out, t->text, t->n - from);
    memcpy(out + t->n - from, ENDINGS[i].to, to);
    return t->n - from + to;
}

size_t
cases_count(void)
{
    return COUNT;
}
