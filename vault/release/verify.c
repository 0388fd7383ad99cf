/*
 * verify.c - see verify.h.
 *
 * Order: the signature over the manifest's bytes, then what it says, then the files. Until the signature holds, nothing of the manifest is
 * believed but the key, which the person compares.
 */
#include "vault/release/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/release/page_priv.h"

#define BLOCK ((size_t)64 << 10)
#define ANOTHER_COPY "get the folder again from the sender, and do not use this one"

static vault_err
damaged(const char *what, const char *name)
{
    return err_say(VAULT_ERR_DAMAGED, ANOTHER_COPY, "%s %s", name, what);
}

/* ---- files ---- */

static vault_err
hash_file(uint8_t digest[static SHA256_BYTES], int fd, const struct release_listed *f)
{
    uint8_t *block = malloc(BLOCK);
    struct sha256 *sha = NULL;
    uint64_t left = f->size;
    vault_err err = block == NULL ? err_nomem() : sha256_new(&sha);

    while (err == VAULT_OK && left > 0) {
        ssize_t n = read(fd, block, left < BLOCK ? (size_t)left : BLOCK);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err = err_errno(errno, "cannot read %s", f->name);
        else if (n == 0)
            err = damaged("is shorter than the manifest says", f->name);
        else
            err = sha256_add(sha, block, (size_t)n);
        left -= n > 0 ? (uint64_t)n : 0;
    }
    if (err == VAULT_OK)
        err = sha256_end(sha, digest);
    sha256_free(sha);
    free(block);
    return err;
}

static vault_err
check_file(int dir, const struct release_listed *f)
{
    uint8_t digest[SHA256_BYTES];
    struct stat st;
    int fd = -1;
    vault_err err = fd_open_regular(&fd, &st, dir, f->name, O_RDONLY);

    if (err == VAULT_ERR_NOT_FOUND)
        err = damaged("is missing", f->name);
    else if (err == VAULT_ERR_INPUT)
        err = damaged("is not a regular file", f->name);
    else if (err == VAULT_OK && (uint64_t)st.st_size != f->size)
        err = damaged("has another size than the manifest says", f->name);
    if (err == VAULT_OK)
        err = hash_file(digest, fd, f);
    if (err == VAULT_OK && memcmp(digest, f->sha256, sizeof digest) != 0)
        err = damaged("was changed: its SHA-256 is another than the manifest says", f->name);
    fd_close(fd);
    return err;
}

static bool
is_named(const struct release_manifest *m, const char *name)
{
    if (strcmp(name, RELEASE_MANIFEST) == 0 || strcmp(name, RELEASE_SIGNATURE) == 0)
        return true;
    for (size_t i = 0; i < m->n_files; i++)
        if (strcmp(m->file[i].name, name) == 0)
            return true;
    return false;
}

/* What is named was opened as a regular file; so links and folders are among what is not named. */
static vault_err
nothing_else(int dir, const struct release_manifest *m)
{
    int copy = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *e;
    vault_err err = VAULT_OK;

    if (list == NULL) {
        err = err_errno(errno, "cannot list the folder");
        fd_close(copy);
        return err;
    }
    rewinddir(list);
    errno = 0;
    while (err == VAULT_OK && (e = readdir(list)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && !is_named(m, e->d_name))
            err = err_say(VAULT_ERR_DAMAGED, "it is not the sender's; take it away if you know where it comes from, and verify again",
                "%s is in the folder, and the manifest does not name it", e->d_name);
    if (err == VAULT_OK && errno != 0)
        err = err_errno(errno, "cannot list the folder");
    (void)closedir(list);
    return err;
}

/* ---- manifest and signature ---- */

enum there { ABSENT, THERE, ODD };      /* odd: no regular file, or larger than any of a release */
struct folder {
    int dir;
    struct buf manifest, sig;
    enum there has_manifest, has_sig;
};

static vault_err
read_if_there(struct buf *out, enum there *there, int dir, const char *name, size_t max)
{
    vault_err err = file_read(out, dir, name, max);

    *there = err == VAULT_OK ? THERE : err == VAULT_ERR_INPUT ? ODD : ABSENT;
    return err == VAULT_ERR_NOT_FOUND || err == VAULT_ERR_INPUT ? VAULT_OK : err;
}

static vault_err
read_both(struct folder *f, const char *path)
{
    vault_err err = dir_open(&f->dir, path);

    if (err == VAULT_OK)
        err = read_if_there(&f->manifest, &f->has_manifest, f->dir, RELEASE_MANIFEST, RELEASE_MANIFEST_MAX);
    return err == VAULT_OK ? read_if_there(&f->sig, &f->has_sig, f->dir, RELEASE_SIGNATURE, MINISIGN_FILE_MAX) : err;
}

/* Its signed comment says so; asked only to tell a damaged release from something else. */
static bool
looks_signed(const struct folder *f)
{
    static const char says[] = "\ntrusted comment: withheld release,";

    return f->has_sig == THERE && memmem(f->sig.p, f->sig.n, says, sizeof says - 1) != NULL;
}

static vault_err
no_release(void)
{
    return err_say(VAULT_ERR_INPUT, "name the folder that holds manifest.json and manifest.json.minisig", "this folder is not a release");
}

/* Is the signed comment the one of this manifest? Of a newer format it is not known. */
static bool
fits(const struct release_manifest *m, struct part said)
{
    char comment[RELEASE_COMMENT_ROOM];

    if (!m->understood)
        return true;
    release_comment(comment, m->audience, m->as_of);
    return said.n == strlen(comment) && memcmp(said.p, comment, said.n) == 0;
}

static vault_err
judge_signature(const struct folder *f, const struct release_manifest *m)
{
    struct part said = PART(NULL, 0);
    uint8_t hash[64];

    crypto_generichash_blake2b(hash, sizeof hash, f->manifest.p, f->manifest.n, NULL, 0);
    if (minisign_verify(PART(f->sig.p, f->sig.n), m->pk, hash, &said) && fits(m, said))
        return VAULT_OK;
    return err_say(VAULT_ERR_DAMAGED, ANOTHER_COPY, "the signature of manifest.json is not valid: one of the two was changed");
}

static vault_err
judge_key(const struct release_manifest *m, const char *key)
{
    uint8_t pk[32];

    if (key == NULL)
        return VAULT_OK;
    if (!minisign_key_read(pk, key))
        return err_say(VAULT_ERR_INPUT, "the word that the sender told you: 56 letters, digits, + and /, and it begins with RW",
            "that is not a key that signs releases");
    return strcmp(key, m->key) == 0 ? VAULT_OK :
        err_say(VAULT_ERR_DAMAGED, "it was made by somebody else than you think: ask the sender, and do not use it",
            "the release is signed with another key than the one you named");
}

/* What is there of the two is that of a release, or was before somebody changed it. */
static vault_err
read_manifest(struct release_manifest *m, const struct folder *f)
{
    vault_err err;

    if (f->has_manifest == ABSENT)
        err = damaged("is missing", RELEASE_MANIFEST);
    else if (f->has_manifest == ODD)
        err = damaged("is no regular file, or too large for one of a release", RELEASE_MANIFEST);
    else
        err = release_manifest_read(m, PART(f->manifest.p, f->manifest.n));
    if (err == VAULT_OK && !m->of_release)
        err = damaged("was changed: it is none of a release", RELEASE_MANIFEST);
    return err == VAULT_ERR_DAMAGED && !m->of_release && !looks_signed(f) ? no_release() : err;
}

static vault_err
judge_manifest(struct release_manifest *m, const struct folder *f, const char *key)
{
    vault_err err = read_manifest(m, f);

    if (err != VAULT_OK)
        return err;
    if (f->has_sig != THERE)
        return damaged(f->has_sig == ABSENT ? "is missing" : "is no regular file, or too large for one of a release", RELEASE_SIGNATURE);
    err = judge_signature(f, m);
    if (err == VAULT_OK && !m->understood)
        err = err_say(VAULT_ERR_INPUT, "get a newer version of this program", "the release has a format that this version does not know");
    return err == VAULT_OK ? judge_key(m, key) : err;
}

vault_err
release_verify(struct release_manifest *out, const char *dir, const char *key)
{
    struct folder f = { .dir = -1, .manifest = BUF_INIT, .sig = BUF_INIT };
    struct release_manifest m = {0};
    vault_err err = read_both(&f, dir);

    if (err == VAULT_OK)
        err = judge_manifest(&m, &f, key);
    for (size_t i = 0; err == VAULT_OK && i < m.n_files; i++)
        err = check_file(f.dir, &m.file[i]);
    if (err == VAULT_OK)
        err = nothing_else(f.dir, &m);
    if (err == VAULT_OK) {
        *out = m;
        m = (struct release_manifest){0};
    }
    release_manifest_free(&m);
    buf_free(&f.sig);
    buf_free(&f.manifest);
    fd_close(f.dir);
    return err;
}
