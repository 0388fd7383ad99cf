/*
 * fault.c - what becomes of a vault that is cut short or tampered with.
 *
 *     fault TEST [DEED] [--way once|half|on|short] [--rounds N] [--seed N] [--places] [--loud]
 *     fault deeds
 *
 * Exit code 0: every promise was kept; 77: that test is none for that deed; else the last lines tell which was broken, and how to see it
 * again. KEEP=1 keeps the folder.
 */
#include "tests/fault/fault.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tests/fault/lots.h"

/* What a test is about: one deed that changes a vault which is there, also one that makes a vault, or only opens one. */
enum { NO_DEED = 0, DEED = 1, NEW = 2, OPEN = 4 };

static const struct test {
    const char *name;
    void (*run)(struct world *w, const struct options *o);
    unsigned about;
} TESTS[] = {
    { "kill", test_kill, DEED | NEW },
    { "torn", test_torn, DEED | NEW },
    { "clean", test_clean, DEED },
    { "twice", test_twice, DEED },
    { "random", test_random, DEED | NEW },
    { "full", test_full, DEED | NEW },
    { "broken", test_broken, DEED | NEW },
    { "unreadable", test_unreadable, DEED | NEW },
    { "memory", test_memory, DEED | NEW | OPEN },
    { "power", test_power, DEED },
    { "lasting", test_lasting, DEED | NEW },
    { "keys", test_keys, NO_DEED },
    { "forged", test_forged, NO_DEED },
    { "bytes", test_bytes, NO_DEED },
    { "pages", test_pages, NO_DEED },
    { "cut", test_cut, NO_DEED },
    { "foreign", test_foreign, NO_DEED },
    { "planted", test_planted, NO_DEED },
    { "journal", test_journal, NO_DEED },
    { "rows", test_rows, NO_DEED },
};

static bool
applies(const struct test *t, const char *deed)
{
    const struct deed *d;

    if (t->about == NO_DEED)
        return true;
    d = deed_find(deed);
    if ((d->makes || d->anchored) && t->run == test_power)
        return false;           /* the model of the disk has the vault's folder alone */
    if (t->run == test_lasting && (d->moves || !(d->is_new || d->makes || d->anchored || d->outside)))
        return false;           /* it leaves nothing outside of the vault's folder */
    if (d->run == do_repair && t->run == test_unreadable)
        return false;           /* what cannot be read is lost to a repair, as what is damaged: it says so and makes less */
    return !(d->is_new && (t->about & NEW) == 0) && !(d->run == NULL && (t->about & OPEN) == 0);
}

static const struct test *
find(const char *name)
{
    for (size_t i = 0; i < sizeof TESTS / sizeof TESTS[0]; i++)
        if (strcmp(TESTS[i].name, name) == 0)
            return &TESTS[i];
    if (strcmp(name, "deeds") == 0) {
        for (const struct deed *d = DEEDS; d->name != NULL; d++)
            if (!d->is_big)
                printf("%s\n", d->name);
        exit(0);
    }
    printf("tests:");
    for (size_t i = 0; i < sizeof TESTS / sizeof TESTS[0]; i++)
        printf(" %s", TESTS[i].name);
    printf("\ndeeds:");
    for (const struct deed *d = DEEDS; d->name != NULL; d++)
        printf(" %s", d->name);
    printf("\n");
    exit(2);
}

int
main(int argc, char **argv)
{
    struct options o = { .deed = "add", .rounds = 60, .seed = (unsigned)time(NULL) };
    const struct test *t = find(argc > 1 ? argv[1] : "");
    struct world w;

    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            o.rounds = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            o.seed = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--way") == 0 && i + 1 < argc)
            o.way = argv[++i];
        else if (strcmp(argv[i], "--places") == 0)
            o.places = true;
        else if (strcmp(argv[i], "--loud") == 0)
            o.loud = true;
        else
            o.deed = argv[i];
    }
    if (!applies(t, o.deed))
        return 77;
    printf("seed %u\n", o.seed);
    world_make(&w);
    lots_begin(o.seed);
    t->run(&w, &o);
    world_remove(&w);
    return 0;
}
