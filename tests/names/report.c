/*
 * report.c - how well names are matched: report PAIRS.tsv SAME DIFFERENT [NAMES.tsv] [--misses]
 *
 * PAIRS.tsv: person, name, name, kind, with a line of headings. SAME and DIFFERENT are kinds. Names of persons come from NAMES.tsv
 * (person, then names) or from the pairs; all pairs of different persons are compared. Prints one line a figure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/names/name.h"

#define PERSONS_MAX 4000
#define NAMES_MAX 20

struct person {
    char id[64];
    char *text[NAMES_MAX];
    struct name *name[NAMES_MAX];
    size_t n;
};

static struct person person[PERSONS_MAX];
static size_t n_persons;
static bool misses;

static void
add_name(const char *id, const char *text)
{
    struct person *p = NULL;

    for (size_t i = 0; i < n_persons && p == NULL; i++)
        if (strcmp(person[i].id, id) == 0)
            p = &person[i];
    if (p == NULL) {
        if (n_persons == PERSONS_MAX)
            exit(3);
        p = &person[n_persons++];
        snprintf(p->id, sizeof p->id, "%s", id);
    }
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->text[i], text) == 0)
            return;
    if (p->n == NAMES_MAX)
        exit(3);
    p->text[p->n] = strdup(text);
    p->name[p->n] = malloc(sizeof *p->name[0]);
    if (p->text[p->n] == NULL || p->name[p->n] == NULL || name_read(p->name[p->n], text, strlen(text)) != VAULT_OK) {
        fprintf(stderr, "not a name: %s\n", text);
        exit(1);
    }
    p->n++;
}

static enum name_level
compare(const char *a, const char *b)
{
    static struct name na, nb;
    char why[NAME_WHY_BYTES];

    if (name_read(&na, a, strlen(a)) != VAULT_OK || name_read(&nb, b, strlen(b)) != VAULT_OK)
        exit(1);
    return name_compare(&na, &nb, NAME_SHOWS_BOTH, why);
}

static char *
column(char **line)
{
    char *p = *line;

    p[strcspn(p, "\r\n")] = '\0';
    *line = p + strcspn(p, "\t");
    if (**line != '\0')
        *(*line)++ = '\0';
    return p;
}

static void
read_pairs(const char *path, const char *same, const char *different, bool persons)
{
    FILE *f = fopen(path, "r");
    static char text[65536];
    size_t all[2] = {0}, fold[2] = {0}, skeleton[2] = {0}, exact = 0;

    if (f == NULL || fgets(text, sizeof text, f) == NULL)
        exit(2);
    while (fgets(text, sizeof text, f) != NULL) {
        char *line = text, *id = column(&line), *a = column(&line), *b = column(&line),
            *kind = column(&line);
        enum name_level level = compare(a, b);
        size_t k = strcmp(kind, same) == 0 ? 0 : 1;

        all[k]++;
        fold[k] += level >= NAME_FOLD;
        skeleton[k] += level >= NAME_SKELETON;
        exact += k == 0 && level == NAME_EXACT;
        if (misses && (k == 0 ? level < NAME_FOLD : level != NAME_NONE && strcmp(kind, different) == 0))
            printf("%s\t%s\t%s\t%s\n", k == 0 ? "miss" : "wrong", a, b, name_level_text(level));
        if (persons) {
            add_name(id, a);
            add_name(id, b);
        }
    }
    fclose(f);
    printf("same %zu exact %zu fold %zu fold-recall %.4f skeleton %zu skeleton-recall %.4f\n", all[0], exact,
        fold[0], (double)fold[0] / (double)all[0], skeleton[0], (double)skeleton[0] / (double)all[0]);
    printf("%s %zu fold %zu skeleton %zu\n", different, all[1], fold[1], skeleton[1]);
}

static void
read_names(const char *path)
{
    FILE *f = fopen(path, "r");
    static char text[65536];

    if (f == NULL)
        exit(2);
    while (fgets(text, sizeof text, f) != NULL) {
        char *line = text, *id = column(&line);
        while (*line != '\0')
            add_name(id, column(&line));
    }
    fclose(f);
}

static void
compare_persons(void)
{
    size_t pairs = 0, fold = 0, skeleton = 0;

    for (size_t i = 0; i < n_persons; i++)
        for (size_t j = i + 1; j < n_persons; j++) {
            enum name_level best = NAME_NONE;
            size_t ba = 0, bb = 0;
            for (size_t a = 0; a < person[i].n; a++)
                for (size_t b = 0; b < person[j].n; b++) {
                    enum name_level level = name_compare(person[i].name[a], person[j].name[b],
                        NAME_SHOWS_BOTH, NULL);
                    if (level > best) {
                        best = level;
                        ba = a;
                        bb = b;
                    }
                }
            pairs++;
            fold += best >= NAME_FOLD;
            skeleton += best >= NAME_SKELETON;
            if (misses && best != NAME_NONE)
                printf("false %s\t%s\t%s\n", name_level_text(best), person[i].text[ba],
                    person[j].text[bb]);
        }
    printf("persons %zu pairs %zu false-fold %zu false-percent %.4f false-skeleton %zu\n", n_persons, pairs, fold,
        100.0 * (double)fold / (double)pairs, skeleton);
}

int
main(int argc, char **argv)
{
    misses = strcmp(argv[argc - 1], "--misses") == 0;
    argc -= misses;
    if (argc < 4)
        return 2;
    read_pairs(argv[1], argv[2], argv[3], argc == 4);
    if (argc > 4)
        read_names(argv[4]);
    compare_persons();
    return 0;
}
