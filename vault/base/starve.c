/* starve.c - see starve.h. */
#include "vault/base/starve.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static _Thread_local bool seen;

static void *
get(size_t n, const char *file, int line)
{
    void *p = n == 0 ? NULL : malloc(n);

    (void)file;
    (void)line;
    seen = seen || (p == NULL && n != 0);
    return p;
}

static void *
get_again(void *old, size_t n, const char *file, int line)
{
    void *p;

    (void)file;
    (void)line;
    if (n == 0) {
        free(old);
        return NULL;
    }
    p = realloc(old, n);
    seen = seen || p == NULL;
    return p;
}

static void
give(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

void
starve_watch(void)
{
    (void)CRYPTO_set_mem_functions(get, get_again, give);
}

bool
starve_seen(void)
{
    bool was = seen;

    seen = false;
    return was;
}
