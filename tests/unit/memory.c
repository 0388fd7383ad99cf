#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#include "tests/unit/memory.h"

#define CHUNK ((size_t)1 << 20)
/* AddressSanitizer's shadow is terabytes of nothing. */
#define REGION_MAX ((uint64_t)4 << 30)

void
make_marker(volatile uint8_t *masked)
{
    for (size_t i = 0; i < MARKER; i++)
        masked[i] = (uint8_t)('a' + randombytes_uniform(26)) ^ MASK;
}

struct secret *
unmasked(const volatile uint8_t *masked)
{
    struct secret *s = NULL;
    uint8_t *p;

    assert_int_equal(vault_secret_new(&s, MARKER), VAULT_OK);
    p = vault_secret_edit(s);
    for (size_t i = 0; i < MARKER; i++)
        p[i] = masked[i] ^ MASK;
    return s;
}

size_t
count_in(const uint8_t *p, size_t n, const volatile uint8_t *masked)
{
    size_t found = 0;

    for (size_t i = 0; i + MARKER <= n; i++) {
        size_t k = 0;
        while (k < MARKER && p[i + k] == (uint8_t)(masked[k] ^ MASK))
            k++;
        found += k == MARKER;
    }
    return found;
}

struct search {
    uint8_t *window;            /* where memory is read to; not searched itself */
    uint64_t read;              /* bytes */
    size_t found;
};

static void
search_region(struct search *s, uint64_t from, uint64_t to, const volatile uint8_t *masked)
{
    for (uint64_t at = from; at < to; at += CHUNK) {
        size_t n = to - at < CHUNK + MARKER ? (size_t)(to - at) : CHUNK + MARKER;
        struct iovec here = { s->window, n }, there = { (void *)(uintptr_t)at, n };
        ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
        if (got <= 0)
            continue;
        s->read += (uint64_t)got;
        s->found += count_in(s->window, (size_t)got, masked);
    }
}

size_t
search_memory(const volatile uint8_t *masked)
{
    static char line[512];
    struct search s = { .window = mmap(NULL, CHUNK + 4096, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };
    uint64_t own = (uint64_t)(uintptr_t)s.window;
    FILE *f = fopen("/proc/self/maps", "re");

    assert_ptr_not_equal(s.window, MAP_FAILED);
    assert_non_null(f);
    setvbuf(f, NULL, _IONBF, 0);
    while (fgets(line, sizeof line, f) != NULL) {
        uint64_t from = 0, to = 0;
        char rights[5] = "";
        assert_int_equal(sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, rights), 3);
        if (rights[0] != 'r' || rights[1] != 'w' || to - from > REGION_MAX)
            continue;
        /* The kernel joins neighbours: leave our window out wherever it lies. */
        if (own >= from && own < to) {
            search_region(&s, from, own, masked);
            from = own + CHUNK + 4096;
        }
        if (from < to)
            search_region(&s, from, to, masked);
    }
    fclose(f);
    munmap(s.window, CHUNK + 4096);
    assert_true(s.read > 100000);
    return s.found;
}
