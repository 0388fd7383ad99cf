/*
 * make_given.c - C of the given names, by their sound: make_given FOLDER > given.inc
 *
 * Linked with the parts of vault/names/ that say what a word sounds like.
 */
#include "vault/names/sounds.h"
#include "vault/names/tables.h"
#include "vault/names/tables/tsv.h"

#define FORMS_MAX 8192
#define NAMES_MAX 1000

#define ROW 0x7FFFu
#define KEPT 0x10000u             /* a short form that counts beside a full one of the same sound */

struct form {
    char sound[SOUND_BYTES];
    unsigned of;                /* row, with GIVEN_SHORT and KEPT */
};

static struct form forms[FORMS_MAX];
static size_t n_forms;
static char names[NAMES_MAX][48];
static unsigned n_names;

static void
add(const struct tsv *t, const char *spelling, unsigned of)
{
    struct words w;
    struct sounds s;

    if (words_read(&w, spelling, strlen(spelling)) != WORDS_OK || w.n != 1)
        tsv_fail(t, "not one word", spelling);
    if (w.word[0].mixed)
        tsv_fail(t, "letters of two scripts in one word", spelling);
    sounds_of(&s, w.word[0].letter, w.word[0].n, sound_habit(w.word[0].letter, w.word[0].n));
    if (s.n == 0)
        tsv_fail(t, "letters without a sound in sounds.tsv", spelling);
    for (size_t i = 0; i < s.n; i++) {
        if (n_forms == FORMS_MAX)
            tsv_fail(t, "the table has too many forms", NULL);
        memcpy(forms[n_forms].sound, s.key[i], SOUND_BYTES);
        forms[n_forms++].of = of;
    }
}

static void
read_table(const char *folder)
{
    struct tsv t;

    tsv_open(&t, folder, "given_names.tsv");
    while (tsv_row(&t, 4)) {
        if (++n_names == NAMES_MAX || strlen(t.column[0]) >= sizeof names[0])
            tsv_fail(&t, "too many rows, or too long a name", NULL);
        strcpy(names[n_names], t.column[0]);
        add(&t, t.column[0], n_names);
        for (char *w; (w = tsv_word(&t.column[1])) != NULL;)
            add(&t, w, n_names);
        for (char *w; (w = tsv_word(&t.column[2])) != NULL;)
            add(&t, w[0] == '+' ? w + 1 : w, n_names | GIVEN_SHORT | (w[0] == '+' ? KEPT : 0));
    }
}

/* Full forms first, so that of one name they are kept. */
static int
by_sound(const void *pa, const void *pb)
{
    const struct form *a = pa, *b = pb;
    int d = strcmp(a->sound, b->sound);

    return d != 0 ? d : (int)a->of - (int)b->of;
}

static void
print(const char *name)
{
    qsort(forms, n_forms, sizeof forms[0], by_sound);
    printf("static const struct table_given %s[] = {\n", name);
    for (size_t i = 0; i < n_forms;) {
        const char *sound = forms[i].sound;
        unsigned of[GIVEN_OF_ONE], n = 0;

        for (; i < n_forms && strcmp(forms[i].sound, sound) == 0; i++) {
            bool known = false;
            for (unsigned k = 0; k < n; k++)
                known = known || ((of[k] ^ forms[i].of) & ROW) == 0;
            known = known || (n > 0 && (of[0] & GIVEN_SHORT) == 0 &&
                (forms[i].of & (GIVEN_SHORT | KEPT)) == GIVEN_SHORT);
            if (known)
                continue;
            if (n == GIVEN_OF_ONE) {
                fprintf(stderr, "given_names.tsv: over %d names sound like %s\n", GIVEN_OF_ONE, sound);
                exit(1);
            }
            of[n++] = forms[i].of & ~KEPT;
        }
        printf("    { \"%s\", {", sound);
        for (unsigned k = 0; k < n; k++)
            printf(" 0x%X,", of[k]);
        printf(" } },\n");
    }
    printf("};\n");
}

/* What -ovich and -ovna are added to: full forms without their last vowels. */
static void
keep_stems(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < n_forms; i++) {
        if ((forms[i].of & GIVEN_SHORT) != 0)
            continue;
        sound_stem(forms[i].sound);
        forms[kept++] = forms[i];
    }
    n_forms = kept;
}

int
main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    read_table(argv[1]);
    print("given");
    keep_stems();
    print("father");
    printf("static const char *const given_name[] = {\n    \"\",\n");
    for (unsigned i = 1; i <= n_names; i++)
        printf("    \"%s\",\n", names[i]);
    printf("};\n");
    return 0;
}
