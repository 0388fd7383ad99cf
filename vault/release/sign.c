/*
 * sign.c - the signed list of the files of a release: see page.h. It is read in manifest.c.
 */
#include "vault/release/page_priv.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/json_out.h"
#include "vault/base/sha256.h"
#include "vault/base/sign.h"

static void
pair(struct buf *out, const char *key, const char *s)
{
    buf_fmt(out, "  \"%s\": ", key);
    json_string(out, PART(s, strlen(s)));
    buf_str(out, ",\n");
}

static vault_err
file_entry(struct buf *out, const struct release_file *f, struct sha256 *sha)
{
    uint8_t digest[SHA256_BYTES];
    vault_err err = sha256_add(sha, f->content.p, f->content.n);

    if (err == VAULT_OK)
        err = sha256_end(sha, digest);
    if (err != VAULT_OK)
        return err;
    buf_str(out, "    {\"name\": ");
    json_string(out, PART(f->name, strlen(f->name)));
    buf_fmt(out, ", \"size\": %zu, \"sha256\": ", f->content.n);
    json_hex(out, PART(digest, sizeof digest));
    buf_u8(out, '}');
    return VAULT_OK;
}

static vault_err
write_manifest(struct buf *out, const struct release_files *f, const struct release_doc *doc, const char *key)
{
    struct sha256 *sha = NULL;
    vault_err err = sha256_new(&sha);

    buf_str(out, "{\n");
    pair(out, "format", RELEASE_FORMAT);
    pair(out, "audience", doc->audience);
    pair(out, "purpose", doc->purpose);
    pair(out, "expires", doc->expires);
    pair(out, "as_of", doc->as_of);
    pair(out, "key", key);
    buf_str(out, "  \"files\": [\n");
    for (size_t i = 0; err == VAULT_OK && i < f->n; i++) {
        err = file_entry(out, &f->file[i], sha);
        buf_str(out, i + 1 < f->n ? ",\n" : "\n");
    }
    buf_str(out, "  ]\n}\n");
    sha256_free(sha);
    return err == VAULT_OK ? buf_ok(out) : err;
}

static vault_err
sign_manifest(struct buf *out, const struct buf *manifest, const struct release_doc *doc, const struct secret *seed)
{
    char comment[RELEASE_COMMENT_ROOM];
    uint8_t hash[64];

    crypto_generichash_blake2b(hash, sizeof hash, manifest->p, manifest->n, NULL, 0);
    release_comment(comment, doc->audience, doc->as_of);
    return minisign_sign(out, seed, hash, comment);
}

static vault_err
make_both(struct buf *manifest, struct buf *sig, const struct release_files *f, const struct release_doc *doc, const struct secret *seed)
{
    char key[MINISIGN_KEY_CHARS + 1];
    uint8_t pk[32];
    vault_err err = sign_public(pk, seed);

    if (err != VAULT_OK)
        return err;
    minisign_key(key, pk);
    err = write_manifest(manifest, f, doc, key);
    return err == VAULT_OK ? sign_manifest(sig, manifest, doc, seed) : err;
}

/* The buffer becomes the file's. */
static vault_err
add_made(struct release_files *f, const char *name, struct buf *made)
{
    struct buf *content;
    vault_err err = release_add_file(f, name, "", &content);

    if (err == VAULT_OK) {
        *content = *made;
        *made = (struct buf)BUF_INIT;
    }
    return err;
}

vault_err
release_sign(struct release_files *f, const struct release_doc *doc, const struct secret *seed)
{
    struct buf manifest = BUF_INIT, sig = BUF_INIT;
    vault_err err = release_judge(doc);

    if (err == VAULT_OK && f->n + 2 > RELEASE_FILES_MAX)
        err = err_say(VAULT_ERR_INPUT, NULL, "more than %u files", RELEASE_FILES_MAX);
    if (err == VAULT_OK)
        err = make_both(&manifest, &sig, f, doc, seed);
    if (err == VAULT_OK)
        err = add_made(f, RELEASE_MANIFEST, &manifest);
    if (err == VAULT_OK)
        err = add_made(f, RELEASE_SIGNATURE, &sig);
    buf_free(&sig);
    buf_free(&manifest);
    return err;
}
