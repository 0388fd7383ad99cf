/* alloc.c - see alloc.h. The real work is done by glibc under its other names. */
#include "tests/fault/alloc.h"

#include <errno.h>
#include <execinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *memalign(size_t align, size_t n);
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);
void __libc_free(void *p);

static struct {
    enum alloc_mode mode;
    long at;
} alloc;

/* Shared with children. */
static struct notes {
    long count;
    uint64_t place[ALLOC_NOTES];
} *notes;

__attribute__((constructor)) static void
make_notes(void)
{
    void *p = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        abort();
    notes = p;
}

void
alloc_arm(enum alloc_mode mode, long at)
{
    alloc.at = at;
    if (mode != ALLOC_OFF)
        __atomic_store_n(&notes->count, 0, __ATOMIC_SEQ_CST);
    alloc.mode = mode;
}

long
alloc_count(void)
{
    return __atomic_load_n(&notes->count, __ATOMIC_SEQ_CST);
}

uint64_t
alloc_place(long at)
{
    return at < 1 || at > ALLOC_NOTES ? 0 : notes->place[at - 1];
}

/* Of what unwinding itself takes no note is taken. */
static void
note_place(long at)
{
    static _Thread_local bool within;
    uint64_t hash = 0xcbf29ce484222325u;
    void *frame[64];
    int depth;

    if (within)
        return;
    within = true;
    depth = backtrace(frame, 64);
    within = false;
    for (int i = 2; i < depth && i < 2 + ALLOC_DEPTH; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frame[i]) * 0x100000001b3u;
    if (at <= ALLOC_NOTES)
        notes->place[at - 1] = hash;
}

/* False: this one must fail. */
static bool
go_on(void)
{
    long now;

    if (alloc.mode == ALLOC_OFF)
        return true;
    now = __atomic_add_fetch(&notes->count, 1, __ATOMIC_SEQ_CST);
    if (alloc.mode == ALLOC_NOTE)
        note_place(now);
    if ((alloc.mode == ALLOC_ONCE && now == alloc.at) ||
        (alloc.mode == ALLOC_FROM && now >= alloc.at)) {
        errno = ENOMEM;
        return false;
    }
    return true;
}

void *
malloc(size_t n)
{
    return go_on() ? __libc_malloc(n) : NULL;
}

void *
calloc(size_t n, size_t size)
{
    return go_on() ? __libc_calloc(n, size) : NULL;
}

void *
realloc(void *p, size_t n)
{
    return go_on() ? __libc_realloc(p, n) : NULL;
}

void *
reallocarray(void *p, size_t n, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(n, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, all);
}

void *
aligned_alloc(size_t align, size_t n)
{
    return go_on() ? __libc_memalign(align, n) : NULL;
}

void *
memalign(size_t align, size_t n)
{
    return aligned_alloc(align, n);
}

int
posix_memalign(void **out, size_t align, size_t n)
{
    void *p = aligned_alloc(align, n);

    if (p == NULL)
        return ENOMEM;
    *out = p;
    return 0;
}

void
free(void *p)
{
    __libc_free(p);
}

/* Files that are mapped and stacks of threads are not meant. */
void *
mmap(void *addr, size_t n, int prot, int flags, int fd, off_t at)
{
    if (notes != NULL && (flags & MAP_ANONYMOUS) != 0 && (flags & MAP_STACK) == 0 && !go_on())
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, addr, n, prot, flags, fd, at);
}
