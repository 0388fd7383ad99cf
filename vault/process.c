/*
 * The process as a whole, and those functions of vault.h that need no vault.
 */
#include <argon2.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include "vault/base/starve.h"
#include <pthread.h>
#include <glpk.h>
#include <seccomp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8proc.h>
#include "vault/base/files.h"
#include "vault/base/sandbox.h"
#include "vault/base/secret.h"
#include "vault/base/text.h"
#include "vault/store/db.h"
#include "vault/vault.h"

/* ---- the environment ---------------------------------------------------------------------- */

/* Valgrind reaches the program that it watches by a library of its own. */
static bool
is_valgrinds(const char *path, size_t n)
{
    static const char own[] = "vgpreload_";
    size_t from = n;

    while (from > 0 && path[from - 1] != '/')
        from--;
    return n - from >= sizeof own - 1 && memcmp(path + from, own, sizeof own - 1) == 0;
}

static bool
names_foreign_code(const char *list)
{
    for (;;) {
        size_t n;

        list += strspn(list, ": ");
        n = strcspn(list, ": ");
        if (n == 0)
            return false;
        if (!is_valgrinds(list, n))
            return true;
        list += n;
    }
}

/*
 * Libraries that somebody put into this process see every key. They run already, and one that means
 * harm would hide itself: this tells an honest person about an honest tool (a key logger of the
 * office, a desktop's helper), before a passphrase is typed.
 */
static vault_err
refuse_preloaded(void)
{
    static const struct {
        const char *name, *hint;
    } refused[] = {
        {"LD_PRELOAD", "start it as `env -u LD_PRELOAD withheld ...`"},
        {"LD_AUDIT", "start it as `env -u LD_AUDIT withheld ...`"},
    };

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const char *value = getenv(refused[i].name);

        if (value != NULL && names_foreign_code(value))
            return err_say(VAULT_ERR_REFUSED, refused[i].hint,
                "%s is set: a library of another program would run with the keys",
                refused[i].name);
    }
    return VAULT_OK;
}

/* Settings of libraries below us: where code, configuration and temporary files are looked for. */
static bool
is_meddling(const char *entry)
{
    static const char *const with[] = {"LD_", "SQLITE_", "OPENSSL_", "GCONV_PATH="};

    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        if (strncmp(entry, with[i], strlen(with[i])) == 0)
            return strchr(entry, '=') != NULL;
    return false;
}

static vault_err
clean_environment(void)
{
    char **e = environ;

    while (e != NULL && *e != NULL) {
        char *name;
        int rc;

        if (!is_meddling(*e)) {
            e++;
            continue;
        }
        name = strndup(*e, strcspn(*e, "="));
        if (name == NULL)
            return err_nomem();
        rc = unsetenv(name);
        free(name);
        if (rc != 0)
            return err_nomem();
        e = environ;
    }
    return VAULT_OK;
}

/* ---- the process -------------------------------------------------------------------------- */

vault_err
vault_process_init(void)
{
    vault_err err;

    vault_clear_error();
    err = refuse_preloaded();
    if (err != VAULT_OK)
        return err;
    err = clean_environment();      /* before OpenSSL looks at it */
    if (err != VAULT_OK)
        return err;
    (void)umask(077);               /* SQLite makes its files with 0644 */
    return secret_process_init();
}

vault_err
vault_process_confine(const char *const *read_dirs, const char *const *write_dirs, int *level)
{
    vault_clear_error();
    return sandbox_enter(read_dirs, write_dirs, level);
}

bool
vault_memory_unlocked(void)
{
    return secret_lock_failed() != 0;
}

/* ---- secrets ------------------------------------------------------------------------------ */

vault_err
vault_secret_new(struct secret **out, size_t size)
{
    vault_clear_error();
    return secret_new(out, size);
}

void
vault_secret_free(struct secret *s)
{
    secret_free(s);
}

uint8_t *
vault_secret_edit(struct secret *s)
{
    return secret_edit(s);
}

void
vault_secret_set_len(struct secret *s, size_t n)
{
    secret_set_len(s, n);
}

size_t
vault_secret_len(const struct secret *s)
{
    return secret_len(s);
}

bool
vault_secret_equal(const struct secret *a, const struct secret *b)
{
    return secret_equal(a, b) == 1;
}

vault_err
vault_secret_from_hex(struct secret **out, const char *hex, size_t n)
{
    struct secret *s = NULL;
    size_t read = 0;
    vault_err err;

    vault_clear_error();
    if (n == 0 || n % 2 != 0)
        return err_say(VAULT_ERR_INPUT, NULL, "hexadecimal digits come in pairs");
    err = secret_new(&s, n / 2);
    if (err != VAULT_OK)
        return err;
    if (sodium_hex2bin(secret_edit(s), n / 2, hex, n, NULL, &read, NULL) != 0 || read != n / 2) {
        secret_free(s);
        return err_say(VAULT_ERR_INPUT, NULL, "something else than hexadecimal digits");
    }
    *out = s;
    return VAULT_OK;
}

vault_err
vault_secret_to_hex(struct secret **out, const struct secret *s)
{
    struct secret *hex = NULL;
    size_t n = 2 * secret_len(s);
    vault_err err;

    vault_clear_error();
    err = secret_new(&hex, n + 1);
    if (err != VAULT_OK)
        return err;
    (void)sodium_bin2hex((char *)secret_edit(hex), n + 1, secret_bytes(s), secret_len(s));
    secret_set_len(hex, n);
    *out = hex;
    return VAULT_OK;
}

/* ---- files ------------------------------------------------------------------------------- */

vault_err
vault_put_file(const char *path, const struct secret *content)
{
    struct output *file = NULL;
    vault_err err;

    vault_clear_error();
    err = output_open(&file, path);
    if (err == VAULT_OK)
        err = fd_write_all(output_fd(file), secret_bytes(content), secret_len(content), path);
    if (err == VAULT_OK)
        err = output_commit(&file);
    output_abort(&file);
    return err;
}

/* ---- text --------------------------------------------------------------------------------- */

void
vault_free(char *text)
{
    if (text == NULL)
        return;
    sodium_memzero(text, strlen(text));
    free(text);
}

/* Leaves the last error alone: its sentence is what is often escaped. */
char *
vault_escape(const char *s, bool multiline)
{
    struct buf b = BUF_INIT;
    char *safe;

    text_escape(&b, s, strlen(s), multiline);
    safe = buf_cstr(&b);
    if (safe == NULL)
        buf_free(&b);
    return safe;
}

size_t
vault_width(const char *s)
{
    return text_width(s, strlen(s));
}

const char *
vault_nearest(const char *s, const char *const *names, size_t count)
{
    return text_nearest(s, names, count);
}

/* ---- versions ----------------------------------------------------------------------------- */

/* libargon2 does not tell its own version, but that of the algorithm. */
static char argon2_text[16], seccomp_text[48];
static struct vault_library libraries[] = {
    {"withheld", WITHHELD_VERSION},
    {"libsodium", NULL},
    {"sqlcipher", NULL},
    {"sqlite", NULL},
    {"argon2", argon2_text},
    {"jansson", NULL},
    {"utf8proc", NULL},
    {"openssl", NULL},
    {"seccomp", seccomp_text},
    {"glpk", NULL},
    {NULL, NULL},
};
static pthread_once_t libraries_once = PTHREAD_ONCE_INIT;

static void
ask_versions(void)
{
    const struct scmp_version *sc = seccomp_version();
    unsigned argon = ARGON2_VERSION_NUMBER;

    starve_watch();
    /* SQLCipher starts OpenSSL, and this may be called before vault_process_init. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    (void)snprintf(argon2_text, sizeof argon2_text, "%u.%u", argon >> 4, argon & 15);
    if (sc != NULL)
        (void)snprintf(seccomp_text, sizeof seccomp_text, "%u.%u.%u", sc->major, sc->minor,
            sc->micro);
    libraries[1].version = sodium_version_string();
    libraries[2].version = db_cipher_version();
    libraries[3].version = db_sqlite_version();
    libraries[5].version = jansson_version_str();
    libraries[6].version = utf8proc_version();
    libraries[9].version = glp_version();
    libraries[7].version = OpenSSL_version(OPENSSL_VERSION_STRING);
}

const struct vault_library *
vault_libraries(void)
{
    (void)pthread_once(&libraries_once, ask_versions);
    return libraries;
}
