/*
 * gate_priv.h - the parts of the leak gate: dictionary, layers of a file, and the search through a layer.
 *
 * Layer:   release, private to gate*.c.
 * Secrets: as gate.h.
 * Format:  none.
 *
 * A file is searched as layers: its bytes, and what decoders make of them, again and again (gate_layers.c). In each layer gate_scan.c
 * looks for known strings, whatever stands between their letters, and hands words to gate_words.c, which knows all spellings.
 */
#ifndef VAULT_RELEASE_GATE_PRIV_H
#define VAULT_RELEASE_GATE_PRIV_H

#include "vault/base/bytes.h"
#include "vault/names/index.h"
#include "vault/release/gate.h"

/* ---- gate_fold.c: what a code point counts as ---- */

enum fold_class {
    FOLD_UNKNOWN,               /* not yet looked up */
    FOLD_BETWEEN,               /* no letter */
    FOLD_NOTHING,               /* never seen: as if it were not there */
    FOLD_APOSTROPHE,
    FOLD_SMALL, FOLD_CAPITAL,
    FOLD_UNCASED,               /* a letter of a script without capitals */
    FOLD_UNPARTED,              /* the same, of a script that puts no space between words */
    FOLD_DIGIT
};
struct fold {
    uint8_t what;               /* enum fold_class */
    uint8_t n_bare, n_word;
    uint8_t bare[6];            /* for strings: base letters, those that look alike made one, as UTF-8 */
    uint8_t word[7];            /* for names: a small letter with its marks, as UTF-8 */
};
#define FOLDS 0x10000u
const struct fold *fold_of(struct gate *g, int32_t cp, struct fold *room);

/* ---- gate_dict.c: hashes of what is looked for ---- */

enum item_kind { ITEM_NAME, ITEM_GIVEN, ITEM_IDENTIFIER, ITEM_TEXT, ITEM_WORD };
struct item {
    uint64_t key;
    uint32_t record, next;      /* next: item + 1, of another record with the same */
    uint32_t count, last;       /* of the first: how many records have it, and which was added last */
    uint16_t field;
    uint8_t kind, letters;
    uint8_t flags;
    uint8_t chain;              /* of the first: how many follow it */
};
enum {
    ITEM_COMMON = 1,            /* all its words are common ones */
    ITEM_DIGITS = 2,            /* digits alone */
    ITEM_UNPARTED = 4,
    ITEM_SEMITIC = 8            /* prefixes hang on its words */
};
struct dict {
    struct item *item;
    struct slot { uint32_t tag, item; } *slot;      /* item + 1; 0: empty */
    size_t n, room, n_slots, n_keys;
};
void dict_free(struct dict *d);
/* The first with this key, or NULL. */
const struct item *dict_find(const struct dict *d, uint64_t key);
VAULT_CHECK vault_err dict_add(struct dict *d, const struct item *item);

/* ---- gate.c ---- */

/* Of short strings the first five bytes, of others eight; of texts eight, but only where a word begins. */
enum { FILTER_SHORT, FILTER_LONG, FILTER_TEXT, FILTERS };
#define FILTER_BITS 24u
#define FILTER_BYTES 8u
#define STRING_BYTES_MIN 5u
#define STRING_BYTES_MAX 160u

struct value { uint32_t record; uint16_t field; bool one_word; };
struct gate {
    uint64_t seed;
    struct dict strings;        /* letters in a row */
    struct dict words;          /* words of names, letter by letter */
    struct dict family, given;  /* the same by sound */
    struct dict press;          /* record and its press name */
    struct dict common;         /* words that everybody writes */
    uint8_t *filter[FILTERS];   /* what a string may begin with */
    uint8_t lengths[STRING_BYTES_MAX + 1];
    bool surname[256];          /* rows of the table of Korean surnames that the names have */
    struct name_index *names;
    struct value *value;        /* by number in `names` */
    size_t n_values, room_values;
    char **field;
    size_t n_fields, room_fields;
    struct fold *fold;
    struct known_word *known;   /* words seen so far, gate_words.c */
    size_t n_known, n_known_slots;
    uint64_t *window;           /* rows of words that are no name, WINDOWS of them */
    struct letters *letters;    /* room for the search */
    struct name one, other;
};

/* FNV-1a with a seed of the gate's own, so that what stays in memory by mistake tells nothing. */
#define GATE_PRIME 0x100000001B3u
static inline uint64_t
hash_more(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;

    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * GATE_PRIME;
    return h;
}

static inline uint64_t
hash_end(uint64_t h)
{
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

/* Which bit of a filter the bytes that a string begins with are. */
static inline uint32_t
filter_bit(uint64_t eight)
{
    return (uint32_t)(eight * 0x9E3779B97F4A7C15u >> (64 - FILTER_BITS));
}

static inline uint64_t
first_five(uint64_t eight)
{
    return eight & 0xFFFFFFFFFFu;
}

/* ---- gate_common.c: words that everybody writes ---- */

extern const char gate_common_words[];           /* a blank after each */

/* ---- gate_layers.c: a file, and what it is when decoded ---- */

enum decoder {
    DECODE_ESCAPES, DECODE_QUOTED, DECODE_CSS, DECODE_BASE64, DECODE_HEX, DECODE_UTF16, DECODE_TAGS, DECODE_MEMBERS,
    DECODE_COLUMNS, DECODE_APART, DECODE_NORMAL, DECODE_OLD, DECODERS
};
/* Between pieces that have nothing to do with each other, and between cells, in the text of a layer. */
#define LAYER_BREAK 0x1E
#define LAYER_CELL 0x1F

struct layer {
    const uint8_t *p;
    size_t n;
    enum gate_file kind;
    const struct layer *from;   /* NULL: the file */
    enum decoder by;
    unsigned depth;
    bool loose;                 /* out of bytes that may be anything: only what is long enough counts */
    struct buf own;
    struct place { uint32_t at, source; } *place;   /* at: in this one; source: in `from`; between them both run on together */
    size_t n_places, room_places;
    bool bad;
};
/* n bytes behind the text, which stand at `source` of the layer it is made from. */
void layer_put(struct layer *l, size_t source, const void *p, size_t n);
void layer_put_code(struct layer *l, size_t source, int32_t cp);
void layer_break(struct layer *l, size_t source, uint8_t how);
/* Where in the file. */
size_t layer_source(const struct layer *l, size_t at);

/* Each appends to `to` what it makes of `from`: nothing where there is nothing to decode. */
void decode_escapes(struct layer *to, const struct layer *from);    /* percent, HTML entities, backslashes */
void decode_quoted(struct layer *to, const struct layer *from);     /* quoted-printable */
void decode_css(struct layer *to, const struct layer *from);
void decode_base64(struct layer *to, const struct layer *from);
void decode_hex(struct layer *to, const struct layer *from);
void decode_utf16(struct layer *to, const struct layer *from);
void decode_old(struct layer *to, const struct layer *from);        /* Windows-1251, KOI8-R and Latin-1 */
void decode_tags(struct layer *to, const struct layer *from);       /* HTML without its tags */
void decode_members(struct layer *to, const struct layer *from);    /* values of JSON */
void decode_columns(struct layer *to, const struct layer *from);    /* one under the other */
void decode_apart(struct layer *to, const struct layer *from);      /* letters set apart, as words */
void decode_normal(struct layer *to, const struct layer *from);     /* normal form */
/* The pieces of n decoded bytes that are text in UTF-8 or UTF-16; source[i]: where byte i comes from. `whole`: short pieces count if they are all. */
void put_plausible(struct layer *to, const uint8_t *p, const uint32_t *source, size_t n);
/* The code point of a named entity; its length (without &) in *used, 0: none. entities.c */
int32_t entity_code(const uint8_t *p, size_t n, size_t *used);

/* ---- a search: gate_found.c ---- */

struct found {
    size_t at, n;               /* in the file */
    uint64_t line;
    enum gate_class what;
    uint32_t record, more;
    uint16_t field;
    uint8_t pattern;
    bool excused, gone;         /* gone: another one is told for it */
    char how[100];
};
struct search {
    struct gate *g;
    const char *file;
    struct part bytes;
    struct found *found;
    size_t n_found, room_found;
    size_t derived, lookups;    /* spent */
    bool full;                  /* enough found */
    bool unsearched;
    vault_err err;
};
#define LOOKUPS_MAX 2000000u

/* What stands at [at, end) of a layer. */
struct place_in { const struct layer *layer; size_t at, end; const char *how; };
void found_add(struct search *s, const struct place_in *p, enum gate_class what, uint32_t record, uint32_t more, uint16_t field, uint8_t pattern);
/* The same for the first record with an item of this kind in the row, of those whose own press_name it is not. */
void found_item(struct search *s, const struct place_in *p, enum gate_class what, const struct dict *d, const struct item *item, uint8_t kind);
bool is_press_name(struct search *s, const struct place_in *p, uint32_t record);
void found_excused(struct search *s, const struct place_in *p, uint32_t record);

VAULT_CHECK vault_err found_tell(struct search *s, gate_hit_fn *fn, void *ctx);
void search_layers(struct search *s, const struct layer *l);
void scan_layer(struct search *s, const struct layer *l);
void scan_patterns(struct search *s, const struct layer *l);

/* The last letters of a layer, one behind the other, whatever stood between them. */
#define LETTERS 65536u
enum { LETTER_STARTS = 1, LETTER_AFTER_GAP = 2, LETTER_AFTER_CELL = 4, LETTER_CAPITAL = 8, LETTER_GOES_ON = 16 };
struct letters {
    size_t n;
    uint8_t byte[LETTERS + 16];     /* bare, as UTF-8 */
    uint8_t flags[LETTERS + 16];
    uint32_t at[LETTERS + 16];
};
/* Looks at those that begin before `end`; the strings may reach up to n. */
void strings_look(struct search *s, const struct layer *l, const struct letters *t, size_t end);

/* ---- gate_words.c ---- */

#define WINDOWS 0x40000u

enum gap { GAP_NONE, GAP_HYPHEN, GAP_SOFT, GAP_CELL, GAP_BREAK };
enum caps { CAPS_NONE, CAPS_FIRST, CAPS_ALL, CAPS_UNCASED };
#define TOKEN_BYTES 144u
struct token {
    uint64_t hash;              /* of its text */
    size_t at, end;
    enum gap gap;               /* before it */
    enum caps caps;
    bool begins;                /* a sentence or a cell */
    bool touches;               /* digits, or more letters, are next to it */
    bool touches_before, touches_after, slash;
    bool after_number;          /* digits stand between it and the word before */
    bool common;                /* a word that everybody writes */
    bool digits;                /* no word, but a number (in values only) */
    bool unparted;
    uint8_t letters;
    uint8_t n, n_bare;          /* 0: too long to be a word of a name */
    uint16_t flags;             /* of the known word */
    const struct dict *lone_in; /* where its lone item is; NULL: none */
    uint32_t lone;              /* item + 1 */
    uint8_t ending;             /* the case it may stand in, + 1 (gate_cases.c); 0: none */
    uint8_t text[TOKEN_BYTES], bare[TOKEN_BYTES];
};
#define WINDOW_TOKENS 5u
struct window {
    struct search *s;
    const struct layer *layer;
    struct token room[WINDOW_TOKENS], *token[WINDOW_TOKENS];     /* the first n of token[] are filled, in their order */
    size_t n;
};
void window_init(struct window *w, struct search *s, const struct layer *l);
/* A word behind the others; its gap says what stood before it. */
void window_push(struct window *w, struct token *t);
void window_break(struct window *w);
void words_free(struct gate *g);
bool is_common(const struct gate *g, const struct token *t);
/* A little word in names, which says nothing alone: al, bin, van. */
bool is_particle(const struct token *t);

/* ---- gate_cases.c ---- */

/* The word as a nominative, if its ending is the i-th; its bytes, 0: it is not. */
size_t cases_of(char out[static TOKEN_BYTES + 8], const struct token *t, size_t i);
size_t cases_count(void);

/* ---- gate_scan.c: values are read as layers are ---- */

typedef vault_err value_word_fn(void *ctx, const struct token *t);
/* Each word and number of a value. */
VAULT_CHECK vault_err value_words(struct gate *g, struct part value, value_word_fn *fn, void *ctx);

/* ---- gate_add.c ---- */

#define VALUE_WORDS 12u
struct words_of {
    struct token token[VALUE_WORDS];
    size_t n, all;              /* all: with those that found no room */
};
VAULT_CHECK vault_err add_name(struct gate *g, const struct item *like, struct part value);
VAULT_CHECK vault_err add_identifier(struct gate *g, const struct item *like, struct part value);
VAULT_CHECK vault_err add_text(struct gate *g, const struct item *like, struct part value);

#endif
