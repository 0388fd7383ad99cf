#include <openssl/crypto.h>
#include "vault/base/starve.h"
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "vault/base/secret.h"

#if defined(__SANITIZE_ADDRESS__)
#define CHECKED_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define CHECKED_BUILD 1
#endif
#endif
#ifndef CHECKED_BUILD
#define CHECKED_BUILD 0
#endif

#define SECRET_MAX ((size_t)1 << 20)

/* Size and length are public and stay out of the guarded pages, so that reading them is no
 * access to a secret. */
struct secret {
    uint8_t *bytes;
    size_t size, len;
};

static atomic_int lock_failed;
static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static vault_err init_result = VAULT_ERR_FAILED;
static const char *init_failure = "";

static void
init_process(void)
{
    const struct rlimit no_core = {0, 0};

    /* First: a configuration file named by OPENSSL_CONF loads foreign code at the first use. */
    starve_watch();
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1) {
        init_failure = "openssl could not be set up";
        return;
    }
    if (sodium_init() < 0) {
        init_failure = "libsodium could not be set up";
        return;
    }
    if (setrlimit(RLIMIT_CORE, &no_core) != 0) {
        init_failure = "core dumps could not be turned off";
        return;
    }
    (void)signal(SIGXFSZ, SIG_IGN);     /* a limit on file sizes is an error to tell, not a death */
    /* Nobody of the same user attaches a debugger or reads /proc/PID/mem. The leak checker of the
     * sanitizers is such a debugger. */
    if (!CHECKED_BUILD && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        init_failure = "this process could not be closed to debuggers";
        return;
    }
    init_result = VAULT_OK;
}

vault_err
secret_process_init(void)
{
    if (pthread_once(&init_once, init_process) != 0)
        return err_say(VAULT_ERR_FAILED, NULL, "the process could not be set up");
    if (init_result != VAULT_OK)
        return err_say(init_result, NULL, "%s", init_failure);
    return VAULT_OK;
}

vault_err
secret_new(struct secret **out, size_t size)
{
    struct secret *s;

    if (size == 0 || size > SECRET_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "a secret has 1 to %zu bytes", SECRET_MAX);
    s = malloc(sizeof *s);
    if (s == NULL)
        return err_nomem();
    s->bytes = sodium_malloc(size);
    if (s->bytes == NULL) {
        free(s);
        return err_nomem();
    }
    /* sodium_malloc locks the pages and ignores when it could not. To lock them again costs one
     * system call, counts once against the limit, and tells. */
    if (sodium_mlock(s->bytes, size) != 0)
        atomic_store(&lock_failed, 1);
    memset(s->bytes, 0, size);
    s->size = s->len = size;
    *out = s;
    return VAULT_OK;
}

vault_err
secret_copy(struct secret **out, const void *bytes, size_t n)
{
    struct secret *s = NULL;
    vault_err err = secret_new(&s, n);

    if (err != VAULT_OK)
        return err;
    memcpy(s->bytes, bytes, n);
    *out = s;
    return VAULT_OK;
}

vault_err
secret_random(struct secret **out, size_t n)
{
    struct secret *s = NULL;
    vault_err err = secret_new(&s, n);

    if (err != VAULT_OK)
        return err;
    randombytes_buf(s->bytes, n);
    *out = s;
    return VAULT_OK;
}

void
secret_free(struct secret *s)
{
    if (s == NULL)
        return;
    sodium_free(s->bytes);      /* wipes, and checks that nothing wrote before the first byte */
    free(s);
}

struct secret *
secret_take(struct secret **s)
{
    struct secret *taken = *s;

    *s = NULL;
    return taken;
}

const uint8_t *
secret_bytes(const struct secret *s)
{
    return s->bytes;
}

uint8_t *
secret_edit(struct secret *s)
{
    return s->bytes;
}

size_t
secret_size(const struct secret *s)
{
    return s->size;
}

size_t
secret_len(const struct secret *s)
{
    return s->len;
}

void
secret_set_len(struct secret *s, size_t n)
{
    if (n > s->size)
        abort();        /* a bug of ours; to go on would hand out bytes that are not there */
    s->len = n;
    sodium_memzero(s->bytes + n, s->size - n);
}

int
secret_equal(const struct secret *a, const struct secret *b)
{
    return a->len == b->len && sodium_memcmp(a->bytes, b->bytes, a->len) == 0;
}

int
secret_lock_failed(void)
{
    return atomic_load(&lock_failed);
}
