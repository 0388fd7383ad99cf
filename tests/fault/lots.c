/* lots.c - see lots.h. */
#include "tests/fault/lots.h"

#include <dlfcn.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool fixed;
    uint64_t seed, now, n;
} lots;

static int (*rand_bytes)(unsigned char *p, int n);

/* Before anything counts allocations. */
__attribute__((constructor)) static void
find_rand_bytes(void)
{
    void *p = dlsym(RTLD_NEXT, "RAND_bytes");

    if (p == NULL)
        abort();
    memcpy(&rand_bytes, &p, sizeof rand_bytes);
}

void
lots_begin(unsigned seed)
{
    lots.seed = seed;
    lots.now = (uint64_t)time(NULL);
}

void
lots_fix(unsigned of)
{
    lots.n = (lots.seed << 32) + ((uint64_t)of << 28);
    lots.fixed = true;
}

/* SplitMix64: good enough for bytes of which only this is asked, that they do not occur twice. */
static uint64_t
next(void)
{
    uint64_t x = (__atomic_fetch_add(&lots.n, 1, __ATOMIC_SEQ_CST) + 1) * 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void
draw(void *p, size_t n)
{
    for (size_t at = 0; at < n; at += 8) {
        const uint64_t x = next();
        memcpy((uint8_t *)p + at, &x, n - at < 8 ? n - at : 8);
    }
}

ssize_t
getrandom(void *p, size_t n, unsigned flags)
{
    if (!lots.fixed)
        return syscall(SYS_getrandom, p, n, flags);
    draw(p, n);
    return (ssize_t)n;
}

/* OpenSSL draws all the same, as it takes memory for that. */
int
RAND_bytes(unsigned char *p, int n)
{
    int rc = rand_bytes(p, n);

    if (rc == 1 && lots.fixed && n > 0)
        draw(p, (size_t)n);
    return rc;
}

bool
lots_read(int fd, void *p, size_t n)
{
    struct stat st;

    if (!lots.fixed || n > 256 || fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode) || major(st.st_rdev) != 1 ||
        minor(st.st_rdev) != 9)
        return false;
    draw(p, n);
    return true;
}

time_t
time(time_t *out)
{
    struct timespec t = { .tv_sec = (time_t)lots.now };

    if (!lots.fixed)
        (void)clock_gettime(CLOCK_REALTIME, &t);
    if (out != NULL)
        *out = t.tv_sec;
    return t.tv_sec;
}
