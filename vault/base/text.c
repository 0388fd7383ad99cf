/*
 * Validity and normal forms.
 *
 * utf8proc supplies the tables; the walk over the text is ours, for three reasons. Passphrases must
 * not pass through its malloc. Its canonical ordering takes quadratic time, so that one hostile
 * megabyte of combining marks would stop the program. And versions before 2.11.2 lose U+11A7 after
 * an LV syllable, which would give a passphrase two meanings in two versions.
 */
#include <sodium.h>
#include <string.h>
#include <utf8proc.h>
#include "vault/base/text.h"
#include "vault/base/utf8.h"

#define PASSPHRASE_MAX 1024u
#define NFC ((utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE))
#define NFKC ((utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE | UTF8PROC_COMPAT | \
    UTF8PROC_REJECTNA))
#define DECOMP_MAX 24       /* the longest, U+FDFA, has 18 */
#define HANGUL_O_YAE 0x11A7

/* ---- validity ---- */

/*
 * One table look-up and one shift for each byte, and no branch that depends on the text: in
 * writings that are not ASCII those cannot be foreseen. A state is the place in a table entry where
 * the next state stands, six bits wide; 0, WRONG, is never left.
 */
enum {
    WRONG,
    START = 6,              /* between code points */
    ONE = 12, TWO = 18, THREE = 24,     /* so many bytes are missing */
    AFTER_E0 = 30, AFTER_ED = 36, AFTER_F0 = 42, AFTER_F4 = 48
};
#define TO(from, to) ((uint64_t)(to) << (from))
#define IN_ANY (TO(ONE, START) | TO(TWO, ONE) | TO(THREE, TWO))
static const uint64_t step[256] = {
    [0x01 ... 0x7F] = TO(START, START),
    [0x80 ... 0x8F] = IN_ANY | TO(AFTER_ED, ONE) | TO(AFTER_F4, TWO),
    [0x90 ... 0x9F] = IN_ANY | TO(AFTER_ED, ONE) | TO(AFTER_F0, TWO),
    [0xA0 ... 0xBF] = IN_ANY | TO(AFTER_E0, ONE) | TO(AFTER_F0, TWO),
    [0xC2 ... 0xDF] = TO(START, ONE),
    [0xE0] = TO(START, AFTER_E0),
    [0xE1 ... 0xEC] = TO(START, TWO),
    [0xED] = TO(START, AFTER_ED),
    [0xEE ... 0xEF] = TO(START, TWO),
    [0xF0] = TO(START, AFTER_F0),
    [0xF1 ... 0xF3] = TO(START, THREE),
    [0xF4] = TO(START, AFTER_F4),
};

static unsigned
steps(unsigned state, const uint8_t *p, size_t n)
{
    uint64_t s = state;

    for (size_t i = 0; i < n; i++)
        s = step[p[i]] >> (s & 63);
    return s & 63;
}

static size_t
find_wrong(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        int32_t cp;
        size_t len = u8_read(&cp, p + i, n - i);

        if (len == 0 || cp == 0)
            break;
        i += len;
    }
    return i;
}

bool
text_valid(const char *s, size_t n, size_t *bad_at)
{
    const uint8_t *p = (const uint8_t *)s;
    unsigned state = START;
    size_t i = 0;

    while (n - i >= 16) {
        if (state != START || !all_ascii(word_at(p + i)) || !all_ascii(word_at(p + i + 8)))
            state = steps(state, p + i, 16);
        i += 16;
    }
    if (n - i >= 8 && state == START && all_ascii(word_at(p + i)))
        i += 8;
    /* What is left, and some of what was seen already. */
    if (n >= 8 && n - i < 8 && state == START && all_ascii(word_at(p + n - 8)))
        return true;
    if (n == i ? state == START : steps(state, p + i, n - i) == START)
        return true;
    if (bad_at != NULL)
        *bad_at = find_wrong(p, n);
    return false;
}

/* ---- canonical order and composition ---- */

static int
mark_class(int32_t cp)
{
    return cp < 0x300 ? 0 : utf8proc_get_property(cp)->combining_class;
}

static size_t
run_of_marks(const int32_t *cp, size_t n)
{
    size_t i = 0;

    while (i < n && mark_class(cp[i]) != 0)
        i++;
    return i;
}

static void
insertion_sort(int32_t *cp, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        int32_t x = cp[i];
        size_t j = i;

        for (; j > 0 && mark_class(cp[j - 1]) > mark_class(x); j--)
            cp[j] = cp[j - 1];
        cp[j] = x;
    }
}

static void
counting_sort(int32_t *cp, size_t n, int32_t *scratch)
{
    size_t start[257] = {0};

    for (size_t i = 0; i < n; i++)
        start[mark_class(cp[i]) + 1]++;
    for (size_t c = 1; c < 257; c++)
        start[c] += start[c - 1];
    for (size_t i = 0; i < n; i++)
        scratch[start[mark_class(cp[i])]++] = cp[i];
    memcpy(cp, scratch, n * sizeof *cp);
}

/* A run longer than this is no writing of any people. */
#define LONG_RUN 64u

static size_t
longest_run(const int32_t *cp, size_t n)
{
    size_t longest = 0;

    for (size_t i = 0; i < n; i++) {
        size_t run = run_of_marks(cp + i, n - i);

        if (run > longest)
            longest = run;
        i += run;
    }
    return longest;
}

/* Stable order by combining class within each run of marks. Without scratch (as long as the
 * longest run) long runs are sorted slowly. */
static void
order_marks(int32_t *cp, size_t n, int32_t *scratch)
{
    for (size_t i = 0; i < n; i++) {
        size_t run = run_of_marks(cp + i, n - i);

        if (run > LONG_RUN && scratch != NULL)
            counting_sort(cp + i, run, scratch);
        else if (run > 1)
            insertion_sort(cp + i, run);
        i += run;
    }
}

/* U+11A7 composes with nothing: what stands before and after it is composed apart, so that
 * utf8proc's mistake with it is never reached. */
static size_t
compose(int32_t *cp, size_t n)
{
    size_t to = 0, from = 0;

    while (from < n) {
        size_t end = from;
        utf8proc_ssize_t len;

        while (end < n && cp[end] != HANGUL_O_YAE)
            end++;
        len = utf8proc_normalize_utf32(cp + from, (utf8proc_ssize_t)(end - from), NFC);
        memmove(cp + to, cp + from, (size_t)len * sizeof *cp);
        to += (size_t)len;
        if (end < n)
            cp[to++] = HANGUL_O_YAE;
        from = end + 1;
    }
    return to;
}

/* ---- NFC ---- */

/* Letters that are their own NFC, have combining class 0 and are never the second half of a
 * composition: a stretch of them is copied as it is. Most of what people write; sorted. */
static const struct { uint16_t first, last; } alone[] = {
    {0x0001, 0x02FF}, {0x0388, 0x03CE}, {0x0400, 0x0482}, {0x048A, 0x052F}, {0x0561, 0x0586},
    {0x05D0, 0x05EA}, {0x0620, 0x064A}, {0x0671, 0x06D3}, {0x0904, 0x0939}, {0x0E01, 0x0E30},
    {0x0E40, 0x0E46}, {0x10D0, 0x10FA}, {0x1E00, 0x1EFF}, {0x2010, 0x2027}, {0x3001, 0x3029},
    {0x3041, 0x3096}, {0x30A1, 0x30FA},
};

static bool
stands_alone(int32_t cp)
{
    if (cp >= 0x4E00)
        return cp <= 0x9FFF || (cp >= 0xAC00 && cp <= 0xD7A3);
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
        if (cp <= alone[i].last)
            return cp >= alone[i].first;
    return false;
}

/* The same for what is most common, told by the first bytes: the length of one code point, or 8 for
 * ASCII, or 0: look closer. */
static size_t
alone_at(const uint8_t *p, size_t n)
{
    uint8_t c = p[0];

    if (n < 8)
        return 0;
    if (c < 0x80)
        return all_ascii(word_at(p)) ? 8 : 0;
    if ((p[1] & 0xC0) != 0x80)
        return 0;
    if (c == 0xD0 || c == 0xD1)             /* U+0400 to U+047F */
        return 2;
    if (c >= 0xE4 && c <= 0xED && (p[2] & 0xC0) == 0x80)
        return stands_alone((c & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F)) ? 3 : 0;
    return 0;
}

/* Decompose from p on until a code point that stands alone follows one that does not. Returns the
 * bytes read; 0: not UTF-8. */
static size_t
decompose_stretch(struct buf *cps, const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        int32_t cp, seq[DECOMP_MAX];
        utf8proc_ssize_t got;
        int bound = 0;
        size_t len = u8_read(&cp, p + i, n - i);

        if (len == 0 || cp == 0)
            return 0;
        if (i > 0 && stands_alone(cp))
            break;
        got = utf8proc_decompose_char(cp, seq, DECOMP_MAX, NFC, &bound);
        if (got < 0 || got > DECOMP_MAX)
            return 0;
        buf_put(cps, seq, (size_t)got * sizeof *seq);
        i += len;
    }
    return i;
}

static vault_err
put_composed(struct buf *out, struct buf *cps)
{
    struct buf scratch = BUF_INIT;
    size_t n = cps->n / sizeof(int32_t);
    int32_t *cp = (int32_t *)(void *)cps->p;
    size_t longest;
    vault_err err;

    err = buf_ok(cps);
    if (err != VAULT_OK)
        return err;
    longest = longest_run(cp, n);
    if (longest > LONG_RUN) {
        (void)buf_room(&scratch, longest * sizeof *cp);
        err = buf_ok(&scratch);
        if (err != VAULT_OK)
            goto done;
    }
    order_marks(cp, n, (int32_t *)(void *)scratch.p);
    n = compose(cp, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t u8[4];

        buf_put(out, u8, u8_write(u8, cp[i]));
    }
done:
    if (scratch.p != NULL)
        sodium_memzero(scratch.p, scratch.cap);
    buf_free(&scratch);
    return err;
}

static vault_err
not_utf8(void)
{
    return err_say(VAULT_ERR_INPUT, "save the text as utf-8 and try again",
        "the text is not valid utf-8");
}

vault_err
text_nfc(struct buf *out, const char *s, size_t n)
{
    const uint8_t *p = (const uint8_t *)s;
    struct buf cps = BUF_INIT;
    size_t before = out->n;
    size_t i = 0, copied = 0;       /* s[copied..i) is its own NFC and not yet in out */
    size_t last = 0;                /* where the latest code point of it began */
    vault_err err = VAULT_OK;

    while (i < n) {
        int32_t cp;
        size_t len;

        len = alone_at(p + i, n - i);
        if (len > 0) {
            last = len == 8 ? i + 7 : i;
            i += len;
            continue;
        }
        len = u8_read(&cp, p + i, n - i);
        if (len == 0 || cp == 0) {
            err = not_utf8();
            goto done;
        }
        if (stands_alone(cp)) {
            last = i;
            i += len;
            continue;
        }
        /* It may join the one before. */
        if (i == copied)
            last = i;
        buf_put(out, p + copied, last - copied);
        cps.n = 0;
        len = decompose_stretch(&cps, p + last, n - last);
        if (len == 0) {
            err = not_utf8();
            goto done;
        }
        err = put_composed(out, &cps);
        if (err != VAULT_OK)
            goto done;
        i = copied = last + len;
    }
    buf_put(out, p + copied, n - copied);
    err = buf_ok(out);
done:
    if (err != VAULT_OK)
        buf_cut(out, before);
    buf_free(&cps);
    return err;
}

/* ---- passphrases ---- */

/* NFKD of valid UTF-8 into cp (NULL: only count). False: an unassigned code point. */
static bool
decompose_passphrase(int32_t *cp, size_t *count, const uint8_t *p, size_t n)
{
    struct { int32_t one, seq[DECOMP_MAX]; } tmp;
    bool fine = false;
    int bound = 0;

    *count = 0;
    for (size_t i = 0; i < n; ) {
        utf8proc_ssize_t got;

        i += u8_read(&tmp.one, p + i, n - i);
        got = utf8proc_decompose_char(tmp.one, tmp.seq, DECOMP_MAX, NFKC, &bound);
        if (got < 0 || got > DECOMP_MAX)
            goto done;
        if (cp != NULL)
            memcpy(cp + *count, tmp.seq, (size_t)got * sizeof *cp);
        *count += (size_t)got;
    }
    fine = true;
done:
    sodium_memzero(&tmp, sizeof tmp);
    return fine;
}

/* Into `out` (NULL: only count); returns the bytes. */
static size_t
encode_passphrase(uint8_t *out, const int32_t *cp, size_t n)
{
    uint8_t u8[4];
    size_t total = 0;

    for (size_t i = 0; i < n; i++) {
        size_t len = u8_write(u8, cp[i]);

        if (out != NULL)
            memcpy(out + total, u8, len);
        total += len;
    }
    sodium_memzero(u8, sizeof u8);
    return total;
}

static vault_err
check_passphrase(const uint8_t *p, size_t n)
{
    if (n == 0)
        return err_say(VAULT_ERR_INPUT, NULL, "the passphrase is empty");
    if (n > PASSPHRASE_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "the passphrase is longer than %u bytes",
            PASSPHRASE_MAX);
    if (!text_valid((const char *)p, n, NULL))
        return err_say(VAULT_ERR_INPUT, "set the terminal to utf-8",
            "the passphrase is not valid utf-8");
    return VAULT_OK;
}

vault_err
text_passphrase(struct secret **out, const struct secret *typed)
{
    struct secret *wide = NULL;
    struct secret *pass = NULL;
    const uint8_t *p = secret_bytes(typed);
    size_t n = secret_len(typed);
    size_t count = 0;
    int32_t *cp;
    vault_err err;

    err = check_passphrase(p, n);
    if (err != VAULT_OK)
        goto done;
    if (!decompose_passphrase(NULL, &count, p, n)) {
        /* A later Unicode may give it a decomposition, and the passphrase would change. */
        err = err_say(VAULT_ERR_INPUT, NULL,
            "the passphrase has a character that this version does not know");
        goto done;
    }
    err = secret_new(&wide, count * sizeof *cp);
    if (err != VAULT_OK)
        goto done;
    /* Aligned: guarded memory ends with a page, and its size is a multiple of four. */
    cp = (int32_t *)(void *)secret_edit(wide);
    (void)decompose_passphrase(cp, &count, p, n);
    order_marks(cp, count, NULL);
    count = compose(cp, count);
    err = secret_new(&pass, encode_passphrase(NULL, cp, count));
    if (err != VAULT_OK)
        goto done;
    (void)encode_passphrase(secret_edit(pass), cp, count);
    *out = secret_take(&pass);
done:
    secret_free(pass);
    secret_free(wide);
    sodium_stackzero(512);      /* single code points in the frames of utf8proc */
    return err;
}
