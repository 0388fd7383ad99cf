/*
 * alone.c - a target without libFuzzer: every file that is named, and ROUNDS changes of each by lot, for compilers that have
 * none. The short form in make check.
 *
 *     PROGRAM ROUNDS SEED FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
#pragma weak LLVMFuzzerInitialize

#define ROOM 70000u

static uint32_t lot;

static uint32_t
next_lot(uint32_t below)
{
    lot = lot * 1664525u + 1013904223u;
    return (lot >> 8) % below;
}

/* One to eight changes: a bit, a byte of the kind that texts have, a cut, a piece repeated. */
static size_t
change(uint8_t *p, size_t n)
{
    static const char often[] = "\n\r -=/+0AZaz1qQ:~\x7f\xff";

    for (uint32_t k = 1 + next_lot(8); k > 0 && n > 0; k--) {
        uint32_t at = next_lot((uint32_t)n), much = next_lot(200);

        switch (next_lot(5)) {
        case 0: p[at] ^= (uint8_t)(1u << next_lot(8)); break;
        case 1: p[at] = (uint8_t)often[next_lot(sizeof often - 1)]; break;
        case 2: n = next_lot(4) == 0 ? at : n; break;
        case 3:
            much = at + much > n ? (uint32_t)n - at : much;
            memmove(p + at, p + at + much, n - at - much);
            n -= much;
            break;
        default:
            if (n + much > ROOM || at + much > n)
                break;
            memmove(p + at + much, p + at, n - at);
            n += much;
        }
    }
    return n;
}

int
main(int argc, char **argv)
{
    static uint8_t whole[ROOM], changed[ROOM];
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 0;

    lot = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;
    if (LLVMFuzzerInitialize != NULL)
        (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 3; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        size_t n = f == NULL ? 0 : fread(whole, 1, sizeof whole, f);

        if (f == NULL)
            return 1;
        fclose(f);
        (void)LLVMFuzzerTestOneInput(whole, n);
        for (unsigned k = 0; k < rounds; k++) {
            memcpy(changed, whole, n);
            (void)LLVMFuzzerTestOneInput(changed, change(changed, n));
        }
    }
    printf("%d files, %u changes of each\n", argc - 3, rounds);
    return argc > 3 ? 0 : 1;
}
