/*
 * err.h - error codes, and the one sentence that goes with them.
 *
 * Layer:   base. Part of the public interface: vault/vault.h includes it.
 * Secrets: none, and none may be put into a sentence: never quote a passphrase, a
 *          value of a record or anything else a person typed as data. Names of fields,
 *          files, commands, and line numbers are allowed.
 */
#ifndef VAULT_BASE_ERR_H
#define VAULT_BASE_ERR_H

/* The numbers are the exit codes of the program. */
typedef enum vault_err {
    VAULT_OK = 0,
    VAULT_ERR_FAILED = 1,       /* another reason: the sentence says which */
    VAULT_ERR_INPUT = 2,        /* wrong usage or wrong input */
    VAULT_ERR_KEY = 3,          /* passphrase or key does not open it */
    VAULT_ERR_DAMAGED = 4,      /* damaged, tampered with or rolled back */
    VAULT_ERR_BUSY = 5,         /* in use by another process */
    VAULT_ERR_REFUSED = 6,      /* refused by a safety rule */
    VAULT_ERR_NOT_FOUND = 7,
    VAULT_ERR_CONFLICT = 8,     /* two sides to be resolved by a person */
    VAULT_ERR_NO_SPACE = 9,     /* no memory or no disk space (or a read-only disk) */
    VAULT_ERR_INTERRUPTED = 130
} vault_err;

#if defined(__GNUC__)
#define VAULT_CHECK __attribute__((warn_unused_result))
#define VAULT_API __attribute__((visibility("default")))
#define VAULT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define VAULT_CHECK
#define VAULT_API
#define VAULT_PRINTF(f, a)
#endif

/* What went wrong last in this thread. Texts are empty strings when there is nothing to say. */
struct vault_error {
    vault_err code;
    char text[512];     /* lower case, one sentence, no full stop */
    char hint[256];     /* what the person can do */
    char accept[32];    /* the WORD that overrides a refusal, or "" */
};

/* The last error of this thread; never NULL, valid until the next call in this thread. */
VAULT_API const struct vault_error *vault_last_error(void);

/* Forget it (each public call does so on entry). */
VAULT_API void vault_clear_error(void);

/*
 * Remember `code` and a sentence (printf style); `hint` may be NULL. Returns `code`, so that a
 * function can end with `err = err_say(...)`. A later call overwrites an earlier one. The arguments
 * may be parts of the present error. A sentence that is too long is cut between two characters.
 */
vault_err err_say(vault_err code, const char *hint, const char *fmt, ...) VAULT_PRINTF(3, 4);

/* A refusal that `--accept word` overrides. */
vault_err err_refuse(const char *word, const char *hint, const char *fmt, ...)
    VAULT_PRINTF(3, 4);

/* The same for the error that was said last, whatever its code. */
void err_accept(const char *word);

/* Remember a sentence ("cannot write records.db") with the system's reason behind a colon.
 * ENOSPC, EDQUOT, EROFS, ENOMEM, EFBIG -> NO_SPACE; ENOENT -> NOT_FOUND; else FAILED. */
vault_err err_errno(int errnum, const char *fmt, ...) VAULT_PRINTF(2, 3);

/* Shorthand: out of memory. */
vault_err err_nomem(void);

/* Put a prefix (printf style, e.g. "line 3, column 2: ") before the present sentence. */
void err_prefix(const char *fmt, ...) VAULT_PRINTF(1, 2);

#endif
