/* name.c - the parts of a name, and their keys. */
#include <string.h>

#include "vault/names/name.h"

/* ---- words that are no part of it ---- */

static void
remove_word(struct words *w, uint8_t at)
{
    w->n--;
    memmove(&w->word[at], &w->word[at + 1], (size_t)(w->n - at) * sizeof w->word[0]);
    if (at < w->comma)
        w->comma--;
}

/* Pan Ki-mun: a title that is his surname. */
static bool
is_korean_surname(const struct words *w, uint8_t at)
{
    const struct table_surname *s = table_surname(w->word[at].letter, w->word[at].n);
    struct korean k;

    if (s == NULL)
        return false;
    korean_read(&k, w);
    for (uint8_t i = 0; i < k.n; i++)
        if (k.reading[i].surname == s)
            return true;
    return false;
}

static void
remove_titles(struct words *w)
{
    for (uint8_t i = 0; i < w->n && w->n > 2;) {
        if (table_title(w->word[i].letter, w->word[i].n) && !is_korean_surname(w, i))
            remove_word(w, i);
        else
            i++;
    }
    if (w->comma == w->n)
        w->comma = 0;
}

/* ---- the father's name ---- */

static bool
ends_as_father(const struct word *w)
{
    return table_ending(ENDING_PATRONYMIC, w->letter, w->n) != NULL;
}

static void
set_father(struct name *name, uint8_t at, size_t n_letters)
{
    const struct word *w = &name->words.word[at];

    name->father = (uint8_t)(at + 1);
    sounds_of(&name->stem, w->letter, n_letters, sound_habit(w->letter, w->n));
    for (uint8_t i = 0; i < name->stem.n; i++)
        sound_stem(name->stem.key[i]);
    name->father_initial = name->stem.n > 0 ? name->stem.key[0][0] : '\0';
}

/* Ali Hasan oglu: the word before it, and it goes. */
static bool
find_son(struct name *name)
{
    struct words *w = &name->words;

    for (uint8_t i = 2; i < w->n; i++)
        if (table_ending(ENDING_SON, w->word[i].letter, w->word[i].n) != NULL && i > w->comma) {
            remove_word(w, i);
            set_father(name, (uint8_t)(i - 1), w->word[i - 1].n);
            return true;
        }
    return false;
}

/*
 * A word that ends in -ovich may be a surname as well. With a comma it is not where it stands behind it and is not alone;
 * otherwise three words are needed, and it follows one that does not end so, or begins what follows the comma.
 */
static void
find_father(struct name *name)
{
    const struct words *w = &name->words;
    uint8_t first = w->comma > 0 ? w->comma : 1;

    if (find_son(name))
        return;
    if (w->comma > 0 ? w->n - w->comma < 2 : w->n < 3)
        return;
    for (uint8_t i = w->n; i-- > first;) {
        const struct table_ending *e = table_ending(ENDING_PATRONYMIC, w->word[i].letter,
            w->word[i].n);
        if (e == NULL || (w->comma == 0 && ends_as_father(&w->word[i - 1])))
            continue;
        set_father(name, i, (size_t)(w->word[i].n - e->n));
        return;
    }
}

/* ---- keys of a word ---- */

/* "V", "V.", "Yu.": not where it is all there is of Korean. */
static bool
is_initial(const struct word *w)
{
    if ((w->scripts & (SCRIPT_HANGUL | SCRIPT_OTHER | SCRIPT_CYRILLIC_MORE)) != 0)
        return false;
    return w->n == 1 || (w->dot && w->n == 2);
}

/* As a surname; `plain` (NULL: not known) is how the same letters sound without that. */
static void
family_sounds(struct sounds *out, const uint8_t *letters, size_t n, const struct sounds *plain)
{
    const struct table_ending *e = table_ending(ENDING_SURNAME, letters, n);
    uint8_t changed[NAME_WORDS_MAX * WORD_LETTERS_MAX];

    if (e == NULL && plain != NULL) {
        out->n = plain->n;
        memcpy(out->key, plain->key, plain->n * sizeof out->key[0]);
    } else if (e == NULL) {
        sounds_of(out, letters, n, sound_habit(letters, n));
    } else {
        memcpy(changed, letters, n - e->n);
        memcpy(changed + n - e->n, e->as, e->n_as);
        sounds_of(out, changed, n - e->n + e->n_as, sound_habit(letters, n));
    }
}

void
name_family_sounds(struct sounds *out, const uint8_t *letters, size_t n)
{
    family_sounds(out, letters, n, NULL);
}

static void
know_given(struct name *name, struct name_word *w)
{
    for (uint8_t i = 0; i < SOUNDS_MAX; i++) {
        w->known[i] = i < w->given.n ? table_given(w->given.key[i]) : NULL;
        name->known_given = name->known_given || w->known[i] != NULL;
    }
}

/* What stands before the comma: one surname, of however many words. */
static void
add_family(struct name *name)
{
    struct name_word *w = &name->word[name->n];
    uint8_t letters[NAME_WORDS_MAX * WORD_LETTERS_MAX];
    size_t n = 0;

    for (uint8_t i = 0; i < name->words.comma; i++) {
        memcpy(letters + n, name->words.word[i].letter, name->words.word[i].n);
        n += name->words.word[i].n;
    }
    *w = (struct name_word){ .may_be_family = true };
    family_sounds(&w->family, letters, n, NULL);
    w->korean = table_surname(letters, n);
    name->at[name->n++] = 0;
}

static void
add_word(struct name *name, uint8_t at)
{
    const struct word *from = &name->words.word[at];
    struct name_word *w = &name->word[name->n];

    if (is_initial(from) && name->n > 0 && name->word[name->n - 1].initial && name->father == 0) {
        struct sounds s;
        sounds_of(&s, from->letter, from->n, HABIT_NONE);
        name->father_initial = s.n > 0 ? s.key[0][0] : '\0';
        return;                             /* V.A.: the second is the father's */
    }
    w->may_be_given = true;
    w->may_be_family = name->words.comma == 0;
    w->initial = is_initial(from);
    sounds_of(&w->given, from->letter, from->n, sound_habit(from->letter, from->n));
    know_given(name, w);
    w->family.n = 0;
    w->korean = NULL;
    if (w->may_be_family) {
        family_sounds(&w->family, from->letter, from->n, &w->given);
        w->korean = table_surname(from->letter, from->n);
    }
    name->at[name->n++] = at;
}

static void
add_keys(struct name *name)
{
    const struct words *w = &name->words;

    name->n = 0;
    name->known_given = false;
    name->mixed = false;
    if (w->comma > 0)
        add_family(name);
    for (uint8_t i = w->comma; i < w->n; i++)
        if (i + 1 != name->father)
            add_word(name, i);
    for (uint8_t i = 0; i < w->n; i++)
        name->mixed = name->mixed || w->word[i].mixed;
}

/* Everything but the words. */
static void
read_parts(struct name *out)
{
    korean_read(&out->korean, &out->words);
    out->father = 0;
    out->father_initial = '\0';
    out->stem.n = 0;
    find_father(out);
    add_keys(out);
}

static enum words_fault
read_words(struct name *out, const char *s, size_t n)
{
    enum words_fault fault = words_read(&out->words, s, n);

    if (fault == WORDS_OK)
        remove_titles(&out->words);
    return fault;
}

bool
name_try(struct name *out, const char *s, size_t n)
{
    if (read_words(out, s, n) != WORDS_OK)
        return false;
    read_parts(out);
    return true;
}

bool
name_try_like(struct name *out, const char *s, size_t n, const struct name_filter *f)
{
    if (!name_filter_glance(f, s, n) || read_words(out, s, n) != WORDS_OK || !name_filter_passes(f, &out->words))
        return false;
    read_parts(out);
    return true;
}

vault_err
name_read(struct name *out, const char *s, size_t n)
{
    switch (read_words(out, s, n)) {
    case WORDS_OK:
        read_parts(out);
        return VAULT_OK;
    case WORDS_NOT_UTF8:
        return err_say(VAULT_ERR_INPUT, NULL, "a name is not valid UTF-8");
    case WORDS_TOO_LONG:
        return err_say(VAULT_ERR_INPUT, NULL, "a name has at most %d bytes in %d words of %d letters",
            NAME_BYTES_MAX, NAME_WORDS_MAX, WORD_LETTERS_MAX);
    case WORDS_NONE:
        return err_say(VAULT_ERR_INPUT, NULL, "a name is empty: it has no letter");
    case WORDS_NO_MEMORY:
        break;
    }
    return err_nomem();
}

bool
name_family_at(const struct name *name, uint8_t i)
{
    uint8_t last = name->n;

    if (!name->word[i].may_be_family || name->word[i].initial)
        return false;
    while (last > 1 && name->words.word[name->at[last - 1]].joined)
        last--;
    return i == 0 || i + 1 == last || i + 1 == name->n;
}

/* ---- the key as a text ---- */

static void
append(char *out, size_t room, const char *s)
{
    size_t n = strlen(out), more = strlen(s);

    if (n + more < room)
        memcpy(out + n, s, more + 1);
}

static void
key_of_sounds(char out[static NAME_KEY_BYTES], const struct sounds *s, bool without)
{
    char key[SOUND_BYTES];

    if (s->n == 0)
        return;
    memcpy(key, s->key[0], SOUND_BYTES);
    if (without)
        (void)sound_skeleton(key, s->key[0]);
    if (out[0] != '\0')
        append(out, NAME_KEY_BYTES, " ");
    append(out, NAME_KEY_BYTES, key);
}

void
name_key(char out[static NAME_KEY_BYTES], const struct name *name, bool without)
{
    out[0] = '\0';
    if (name->korean.n > 0 && !name->known_given) {
        char given[KOREAN_KEY_BYTES];
        const struct reading *r = &name->korean.reading[0];

        korean_key(given, r, without);
        append(out, NAME_KEY_BYTES, table_surname_hangul(r->surname->of[0]));
        append(out, NAME_KEY_BYTES, " ");
        append(out, NAME_KEY_BYTES, given);
        return;
    }
    for (uint8_t i = 0; i < name->n; i++) {
        const struct name_word *w = &name->word[i];
        if ((w->may_be_family && !w->may_be_given ? &w->family : &w->given)->n > 0) {
            key_of_sounds(out, w->may_be_given ? &w->given : &w->family, without);
        } else {
            char text[WORD_LETTERS_MAX * 4];
            word_show(text, sizeof text, &name->words.word[name->at[i]]);
            append(out, NAME_KEY_BYTES, out[0] == '\0' ? "" : " ");
            append(out, NAME_KEY_BYTES, text);
        }
    }
}
