/*
 * fault.c - what becomes of a vault that is cut short or tampered with.
 *
 *     fault TEST [DEED] [--rounds N] [--seed N] [--loud]
 *
 * Exit code 0: every promise was kept; else the last lines tell which was broken, and how to see it
 * again. KEEP=1 keeps the folder.
 */
#include "tests/fault/fault.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct test {
    const char *name;
    void (*run)(struct world *w, const struct options *o);
} TESTS[] = {
    { "kill", test_kill }, { "clean", test_clean }, { "torn", test_torn }, { "kill-twice", test_kill_twice },
    { "fail-twice", test_fail_twice }, { "unreadable", test_unreadable },
    { "random", test_random }, { "full", test_full }, { "broken", test_broken },
    { "power", test_power }, { "keys", test_keys }, { "forged", test_forged },
    { "bytes", test_bytes }, { "pages", test_pages }, { "cut", test_cut }, { "foreign", test_foreign },
    { "planted", test_planted }, { "journal", test_journal }, { "rows", test_rows },
    { "memory", test_memory },
};

static const struct test *
find(const char *name)
{
    for (size_t i = 0; i < sizeof TESTS / sizeof TESTS[0]; i++)
        if (strcmp(TESTS[i].name, name) == 0)
            return &TESTS[i];
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
        else if (strcmp(argv[i], "--loud") == 0)
            o.loud = true;
        else
            o.deed = argv[i];
    }
    world_make(&w);
    t->run(&w, &o);
    world_remove(&w);
    return 0;
}
