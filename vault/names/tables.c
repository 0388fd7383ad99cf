/* tables.c - finding rows. */
#include <string.h>

#include "vault/names/letters.h"
#include "vault/names/tables.h"

struct table_title {
    uint8_t n, letters[16];
};

#include "vault/names/tables.inc"

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

const struct table_latin *
table_latin(int32_t cp)
{
    size_t low = 0, high = COUNT(latin);

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (latin[mid].cp == cp)
            return &latin[mid];
        if (latin[mid].cp < cp)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

uint8_t
table_twin(uint8_t letter, bool to_latin)
{
    for (size_t i = 0; i < COUNT(twin); i++)
        if (twin[i][to_latin] == letter)
            return twin[i][!to_latin];
    return letter;
}

const struct table_sound *
table_sounds(uint8_t first, size_t *n)
{
    *n = (size_t)(sound_first[first + 1] - sound_first[first]);
    return sound + sound_first[first];
}

const struct table_part *
table_parts(enum syllable_part part, uint8_t first, size_t *n)
{
    static const struct table_part *const row[] = { onset, vowel, coda, slip };
    static const uint16_t *const begins[] = { onset_first, vowel_first, coda_first, slip_first };
    const uint16_t *at = begins[part];

    *n = (size_t)(at[first + 1] - at[first]);
    return row[part] + at[first];
}

unsigned
coda_sound(unsigned i)
{
    /* none, ㄱㄲㄳ ㄴㄵㄶ ㄷ ㄹㄺㄻㄼㄽㄾㄿㅀ ㅁ ㅂㅄ ㅅㅆ ㅇ ㅈㅊ ㅋ ㅌ ㅍ ㅎ */
    static const uint8_t sound_of[HANGUL_CODAS] = { CODA_NONE, CODA_K, CODA_K, CODA_K, CODA_N, CODA_N,
        CODA_N, CODA_T, CODA_L, CODA_K, CODA_M, CODA_L, CODA_L, CODA_L, CODA_P, CODA_L, CODA_M, CODA_P,
        CODA_P, CODA_T, CODA_T, CODA_NG, CODA_T, CODA_T, CODA_K, CODA_T, CODA_P, CODA_T };

    return i < HANGUL_CODAS ? sound_of[i] : (unsigned)CODA_NONE;
}

/* By bytes, then the shorter first: the order of make_tables. A loop, as words are short and most differ at once. */
static int
compare(const uint8_t *a, size_t na, const uint8_t *b, size_t nb)
{
    for (size_t i = 0; i < na && i < nb; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return (na > nb) - (na < nb);
}

const struct table_surname *
table_surname(const uint8_t *letters, size_t n)
{
    size_t low = 0, high = COUNT(surname);

    while (low < high) {
        size_t mid = (low + high) / 2;
        int d = compare(surname[mid].letters, surname[mid].n, letters, n);
        if (d == 0)
            return &surname[mid];
        if (d < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const char *
table_surname_hangul(unsigned row)
{
    return surname_hangul[row < COUNT(surname_hangul) ? row : 0];
}

void
table_surname_begins(unsigned row, bool begins[static 256], uint32_t then[static 26])
{
    for (size_t i = 0; i < COUNT(surname); i++)
        for (size_t k = 0; k < SURNAMES_OF_ONE && surname[i].of[k] != 0; k++) {
            uint8_t c = surname[i].letters[0], next = surname[i].letters[1];
            if (surname[i].of[k] != row)
                continue;
            begins[c] = true;
            if (surname[i].n > 1 && c >= 'a' && c <= 'z' && next >= 'a' && next <= 'z')
                then[c - 'a'] |= (uint32_t)1 << (next - 'a');
        }
}

bool
table_title(const uint8_t *letters, size_t n)
{
    size_t low = 0, high = COUNT(title);

    while (low < high) {
        size_t mid = (low + high) / 2;
        int d = compare(title[mid].letters, title[mid].n, letters, n);
        if (d == 0)
            return true;
        if (d < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* Rows are spelt from behind. */
static bool
ends_in(const uint8_t *letters, size_t n, const struct table_ending *e)
{
    if (n < e->n + (e->kind == ENDING_SON ? 0u : 2u) || (e->kind == ENDING_SON && n != e->n))
        return false;
    for (size_t i = 0; i < e->n; i++)
        if (letters[n - 1 - i] != e->letters[i])
            return false;
    return true;
}

const struct table_ending *
table_ending(enum ending_kind kind, const uint8_t *letters, size_t n)
{
    uint8_t last = n == 0 ? 0 : letters[n - 1];

    for (size_t i = ending_first[last]; i < ending_first[last + 1]; i++)
        if (ending[i].kind == kind && ends_in(letters, n, &ending[i]))
            return &ending[i];
    return NULL;
}
