/*
 * make_tables.c - C of every table but the given names: make_tables FOLDER > tables.inc
 *
 * Rows are sorted by their letters, so that tables.c can find them; what is wrong with one is told with file and line.
 */
#include "vault/names/tables.h"
#include "vault/names/tables/tsv.h"

#define ROWS_MAX 4096
#define LETTERS_MAX 15

struct row {
    uint8_t n, letters[LETTERS_MAX + 1];
    char rest[160];             /* C, after the letters */
    int order;                  /* among equal letters */
};

static struct row rows[ROWS_MAX];
static size_t n_rows;

/* A spelling as letters (letters.h); not by letters.c, which needs the tables that are made here. */
static size_t
spell(const struct tsv *t, uint8_t out[LETTERS_MAX], const char *s)
{
    size_t n = 0, left = strlen(s);

    while (left > 0) {
        int32_t cp = 0;
        size_t len = u8_read(&cp, (const uint8_t *)s, left);
        uint8_t c = letter_cyrillic(cp);

        if (len == 0 || n + 3 > LETTERS_MAX)
            tsv_fail(t, "broken or too long", s);
        if (cp >= HANGUL_FIRST && cp < HANGUL_FIRST + HANGUL_COUNT) {
            uint32_t i = (uint32_t)(cp - HANGUL_FIRST);
            out[n++] = (uint8_t)(LETTER_ONSET + i / (HANGUL_VOWELS * HANGUL_CODAS));
            out[n++] = (uint8_t)(LETTER_VOWEL + i / HANGUL_CODAS % HANGUL_VOWELS);
            out[n++] = (uint8_t)(LETTER_CODA + i % HANGUL_CODAS);
        } else if (c != 0 || cp == '\'' || (cp >= 'a' && cp <= 'z')) {
            out[n++] = c != 0 ? c : (uint8_t)cp;
        } else {
            tsv_fail(t, "not written in small Latin or Cyrillic letters or in Hangul", s);
        }
        s += len;
        left -= len;
    }
    return n;
}

static struct row *
add(const struct tsv *t, const char *spelling)
{
    struct row *r = &rows[n_rows];

    if (n_rows == ROWS_MAX)
        tsv_fail(t, "the table has too many rows", NULL);
    n_rows++;
    memset(r, 0, sizeof *r);
    r->n = (uint8_t)spell(t, r->letters, spelling);
    return r;
}

/* By first letter, then the longest first, then as they came. */
static int
by_first(const void *pa, const void *pb)
{
    const struct row *a = pa, *b = pb;

    if (a->letters[0] != b->letters[0])
        return a->letters[0] < b->letters[0] ? -1 : 1;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return a->order != b->order ? (a->order < b->order ? -1 : 1) :
        memcmp(a->letters, b->letters, a->n);
}

static int
by_letters(const void *pa, const void *pb)
{
    const struct row *a = pa, *b = pb;
    int d = memcmp(a->letters, b->letters, a->n < b->n ? a->n : b->n);

    return d != 0 ? d : a->n != b->n ? (a->n < b->n ? -1 : 1) : a->order - b->order;
}

static void
print_rows(const char *type, const char *name)
{
    printf("static const struct %s %s[] = {\n", type, name);
    for (size_t i = 0; i < n_rows; i++) {
        printf("    { %u, ", rows[i].n);
        tsv_bytes(rows[i].letters, rows[i].n);
        printf("%s },\n", rows[i].rest);
    }
    printf("};\n");
    n_rows = 0;
}

/* Where the rows of each first letter begin. */
static void
print_first(const char *type, const char *name)
{
    size_t at = 0, all = n_rows;
    static uint16_t first[257];

    qsort(rows, n_rows, sizeof rows[0], by_first);
    for (unsigned c = 0; c < 257; c++) {
        while (at < all && rows[at].letters[0] < c)
            at++;
        first[c] = (uint16_t)(c == 256 ? all : at);
    }
    print_rows(type, name);
    printf("static const uint16_t %s_first[257] = {", name);
    for (unsigned c = 0; c < 257; c++)
        printf("%s%u,", c % 16 == 0 ? "\n    " : " ", first[c]);
    printf("\n};\n");
}

/* ---- one table each ---- */

static void
latin(const char *folder)
{
    struct tsv t;
    int32_t last = 0;

    printf("static const struct table_latin latin[] = {\n");
    tsv_open(&t, folder, "latin_letters.tsv");
    while (tsv_row(&t, 3)) {
        int32_t cp = 0;
        uint8_t letters[LETTERS_MAX];
        size_t n = u8_read(&cp, (const uint8_t *)t.column[0], strlen(t.column[0]));

        if (n == 0 || t.column[0][n] != '\0')
            tsv_fail(&t, "not one letter", t.column[0]);
        if (cp <= last)
            tsv_fail(&t, "rows must be in the order of their code points, each once", t.column[0]);
        last = cp;
        n = spell(&t, letters, t.column[1]);
        printf("    { 0x%X, ", (unsigned)cp);
        tsv_bytes(letters, n);
        printf(" },\n");
    }
    printf("};\n");
}

static void
twins(const char *folder)
{
    struct tsv t;

    printf("static const uint8_t twin[][2] = {\n");
    tsv_open(&t, folder, "twins.tsv");
    while (tsv_row(&t, 3)) {
        uint8_t a[LETTERS_MAX], b[LETTERS_MAX];
        if (spell(&t, a, t.column[0]) != 1 || spell(&t, b, t.column[1]) != 1)
            tsv_fail(&t, "not one letter each", NULL);
        printf("    { %u, %u },\n", a[0], b[0]);
    }
    printf("};\n");
}

static void
sounds(const char *folder)
{
    static const char *const where[] = { "-", "end", "before-vowel", "before-front", "french",
        "german" };
    struct tsv t;

    tsv_open(&t, folder, "sounds.tsv");
    while (tsv_row(&t, 4)) {
        struct row *r = add(&t, t.column[0]);
        char *sound[3];
        int w = 0, n = 0;

        while (w < 6 && strcmp(where[w], t.column[1]) != 0)
            w++;
        if (w == 6)
            tsv_fail(&t, "an unknown condition", t.column[1]);
        while (n < 3 && (sound[n] = tsv_word(&t.column[2])) != NULL)
            n++;
        if (n == 0 || n == 3 || r->n == 0 || r->n > 7 || strlen(sound[0]) > 3)
            tsv_fail(&t, "one or two sounds of at most three letters", NULL);
        r->order = w == 0 ? 9 : 9 - w;
        snprintf(r->rest, sizeof r->rest, ", %d, %d, { \"%s\", \"%s\" }", w, n,
            strcmp(sound[0], "-") == 0 ? "" : sound[0],
            n == 1 || strcmp(sound[1], "-") == 0 ? "" : sound[1]);
    }
    print_first("table_sound", "sound");
}

static uint32_t
jamo(const struct tsv *t, enum syllable_part part, char *column)
{
    static const char *const order[2] = { "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ",
        "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ" };
    static const char coda[] = "ㄱㄴㄷㄹㅁㅂㅇ";
    const char *in = part == PART_CODA ? coda : order[part != PART_ONSET];
    uint32_t bits = 0;

    for (char *w; (w = tsv_word(&column)) != NULL;) {
        const char *at = strlen(w) == 3 ? strstr(in, w) : NULL;
        if (part == PART_CODA && strcmp(w, "-") == 0)
            bits |= 1;
        else if (at == NULL)
            tsv_fail(t, "not a jamo that can stand there", w);
        else
            bits |= 1u << ((at - in) / 3 + (part == PART_CODA));
    }
    if (bits == 0)
        tsv_fail(t, "no jamo", NULL);
    return bits;
}

static void
syllables(const char *folder, enum syllable_part part, const char *name)
{
    struct tsv t;

    tsv_open(&t, folder, "korean_syllables.tsv");
    while (tsv_row(&t, 4)) {
        struct row *r;
        if (strcmp(t.column[0], "onset") != 0 && strcmp(t.column[0], "vowel") != 0 &&
            strcmp(t.column[0], "coda") != 0 && strcmp(t.column[0], "slip") != 0)
            tsv_fail(&t, "neither onset, vowel, coda nor slip", t.column[0]);
        if (strcmp(t.column[0], name) != 0)
            continue;
        r = add(&t, t.column[1]);
        if (r->n == 0 || r->n > 4)
            tsv_fail(&t, "one to four letters", t.column[1]);
        snprintf(r->rest, sizeof r->rest, ", 0x%X", (unsigned)jamo(&t, part, t.column[2]));
    }
    print_first("table_part", name);
}

/* Rows with equal letters become one, which names all the rows of the file. */
static void
surnames(const char *folder)
{
    static char hangul[256][16];
    struct tsv t;
    unsigned id = 0, kept = 0;

    tsv_open(&t, folder, "korean_surnames.tsv");
    while (tsv_row(&t, 3)) {
        if (++id == 256 || strlen(t.column[0]) > 15)
            tsv_fail(&t, "too many rows, or too long a surname", NULL);
        strcpy(hangul[id], t.column[0]);
        add(&t, t.column[0])->order = (int)id;
        for (char *w; (w = tsv_word(&t.column[1])) != NULL;)
            add(&t, w)->order = (int)id;
    }
    qsort(rows, n_rows, sizeof rows[0], by_letters);
    for (size_t i = 0; i < n_rows;) {
        size_t n = 0, at = 0;
        struct row r = rows[i];

        at += (size_t)snprintf(r.rest, sizeof r.rest, ", {");
        for (; i < n_rows && rows[i].n == r.n && memcmp(rows[i].letters, r.letters, r.n) == 0; i++) {
            if (n > 0 && rows[i].order == rows[i - 1].order)
                continue;
            if (++n > SURNAMES_OF_ONE) {
                fprintf(stderr, "%s: a spelling stands in over %d rows, the last %s\n", t.path,
                    SURNAMES_OF_ONE, hangul[rows[i].order]);
                exit(1);
            }
            at += (size_t)snprintf(r.rest + at, sizeof r.rest - at, " %d,", rows[i].order);
        }
        snprintf(r.rest + at, sizeof r.rest - at, " }");
        rows[kept++] = r;
    }
    n_rows = kept;
    print_rows("table_surname", "surname");
    printf("static const char *const surname_hangul[] = {\n    \"\",\n");
    for (unsigned i = 1; i <= id; i++)
        printf("    \"%s\",\n", hangul[i]);
    printf("};\n");
}

static void
endings(const char *folder)
{
    static const char *const kinds[] = { "surname", "patronymic", "son", "family" };
    struct tsv t;

    tsv_open(&t, folder, "endings.tsv");
    while (tsv_row(&t, 4)) {
        struct row *r = add(&t, t.column[1]);
        uint8_t as[LETTERS_MAX];
        size_t n, at;
        int kind = 0;

        while (kind < 4 && strcmp(kinds[kind], t.column[0]) != 0)
            kind++;
        n = strcmp(t.column[2], "-") == 0 ? 0 : spell(&t, as, t.column[2]);
        if (kind == 4 || n > 4 || r->n == 0)
            tsv_fail(&t, "an unknown kind, or an ending of over four letters", NULL);
        at = (size_t)snprintf(r->rest, sizeof r->rest, ", %d, %zu, {", kind, n);
        for (size_t i = 0; i < n; i++)
            at += (size_t)snprintf(r->rest + at, sizeof r->rest - at, " %u,", as[i]);
        snprintf(r->rest + at, sizeof r->rest - at, "%s }", n == 0 ? " 0" : "");
        r->order = 0;
        /* by their last letter, as a word is looked at from behind */
        for (size_t i = 0; i < r->n / 2u; i++) {
            uint8_t c = r->letters[i];
            r->letters[i] = r->letters[r->n - 1u - i];
            r->letters[r->n - 1u - i] = c;
        }
    }
    print_first("table_ending", "ending");
}

static void
titles(const char *folder)
{
    struct tsv t;

    tsv_open(&t, folder, "titles.tsv");
    while (tsv_row(&t, 2))
        (void)add(&t, t.column[0]);
    qsort(rows, n_rows, sizeof rows[0], by_letters);
    print_rows("table_title", "title");
}

int
main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    latin(argv[1]);
    twins(argv[1]);
    sounds(argv[1]);
    syllables(argv[1], PART_ONSET, "onset");
    syllables(argv[1], PART_VOWEL, "vowel");
    syllables(argv[1], PART_CODA, "coda");
    syllables(argv[1], PART_SLIP, "slip");
    surnames(argv[1]);
    endings(argv[1]);
    titles(argv[1]);
    return 0;
}
