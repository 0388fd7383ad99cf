/* age_open.c - decrypting: see age.h. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/piece.h"
#include "vault/handoff/age.h"

#define SEALED (AGE_PIECE + PIECE_EXTRA)

struct age_open {
    struct age_source *from;        /* borrowed */
    struct buf text;                /* of the header */
    struct age_header header;
    struct secret *key;
    uint64_t number;                /* of the next piece */
    uint8_t *sealed;                /* room for one */
};

/* ---- the header ---- */

/* Everything up to the newline behind the MAC: no line of a stanza begins with a hyphen twice. */
static vault_err
read_header(struct buf *header, struct age_source *from)
{
    vault_err err = VAULT_OK;

    for (size_t at = 0; err == VAULT_OK; at = header->n) {
        const char *line;

        err = age_source_line(from, header, AGE_HEADER_MAX - at);
        if (err != VAULT_OK || header->n == at || header->p[header->n - 1] != '\n')
            break;
        line = (const char *)header->p + at;
        if (header->n - at >= 3 && line[0] == '-' && line[1] == '-' && line[2] == '-')
            break;
        /* Something else than an age file is not read to its end. */
        if (at == 0 && (header->n != sizeof AGE_LINE - 1 || memcmp(line, AGE_LINE, header->n) != 0))
            break;
    }
    return err;
}

static vault_err
by_identities(struct secret *file_key, bool *matched, const struct age_header *h,
    const struct age_identities *all)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && !*matched && i < all->n; i++)
        for (size_t k = 0; err == VAULT_OK && !*matched && k < h->n; k++)
            err = age_unwrap(file_key, matched, &h->stanza[k], &all->list[i]);
    return err;
}

static vault_err
no_match(const struct age_open *o, const struct age_identities *identities, const struct secret *passphrase)
{
    if (o->header.passphrase)
        return passphrase == NULL ?
            err_say(VAULT_ERR_KEY, "give the passphrase, and no private key", "that file is encrypted with a passphrase") :
            err_say(VAULT_ERR_KEY, "is Caps Lock on, or another keyboard layout in use?",
                "that is not the passphrase of that file");
    if (identities == NULL || identities->n == 0)
        return err_say(VAULT_ERR_KEY, "name the file that holds your private key",
            "that file is encrypted to recipients, not with a passphrase");
    return err_say(VAULT_ERR_KEY, "it was encrypted to others; ask for it again, to you",
        "no private key of yours opens that file");
}

static vault_err
find_key(struct secret *file_key, const struct age_open *o, const struct age_identities *identities,
    const struct secret *passphrase)
{
    bool matched = false;
    vault_err err = VAULT_OK;

    if (o->header.passphrase && passphrase != NULL)
        err = age_unwrap_passphrase(file_key, &matched, &o->header.stanza[0], passphrase);
    else if (!o->header.passphrase && identities != NULL)
        err = by_identities(file_key, &matched, &o->header, identities);
    return err == VAULT_OK && !matched ? no_match(o, identities, passphrase) : err;
}

static vault_err
judge_mac(const struct age_open *o, const struct secret *file_key)
{
    uint8_t mac[32];

    age_header_mac(mac, file_key, o->text.p, o->header.covered);
    return bytes_equal(mac, o->header.mac, sizeof mac) ? VAULT_OK :
        err_say(VAULT_ERR_DAMAGED, "ask for it to be sent again", "the header of the age file was changed");
}

static vault_err
begin_pieces(struct age_open *o, const struct secret *file_key)
{
    uint8_t nonce[AGE_NONCE_BYTES];
    size_t got = 0;
    vault_err err = age_source_read(o->from, nonce, sizeof nonce, &got);

    if (err == VAULT_OK && got < sizeof nonce)
        err = err_say(VAULT_ERR_DAMAGED, "ask for it to be sent again", "the age file ends behind its header");
    return err == VAULT_OK ? age_payload_key(&o->key, file_key, nonce) : err;
}

vault_err
age_open_unlock(struct age_open *o, const struct age_identities *identities, const struct secret *passphrase)
{
    struct secret *file_key = NULL;
    vault_err err = secret_new(&file_key, AGE_FILE_KEY_BYTES);

    if (err == VAULT_OK)
        err = find_key(file_key, o, identities, passphrase);
    if (err == VAULT_OK)
        err = judge_mac(o, file_key);
    if (err == VAULT_OK)
        err = begin_pieces(o, file_key);
    secret_free(file_key);
    return err;
}

bool
age_open_wants_passphrase(const struct age_open *o)
{
    return o->header.passphrase;
}

static vault_err
begin(struct age_open *o)
{
    vault_err err = o->sealed == NULL ? err_nomem() : read_header(&o->text, o->from);

    if (err == VAULT_OK)
        err = age_header_read(&o->header, o->text.n == 0 ? "" : (const char *)o->text.p, o->text.n);
    return err == VAULT_OK && o->header.passphrase ? age_judge_passphrase(&o->header.stanza[0]) : err;
}

vault_err
age_open_new(struct age_open **out, struct age_source *from)
{
    struct age_open *o = calloc(1, sizeof *o);
    vault_err err;

    if (o == NULL)
        return err_nomem();
    o->from = from;
    o->sealed = malloc(SEALED);
    err = begin(o);
    if (err != VAULT_OK) {
        age_open_free(o);
        return err;
    }
    *out = o;
    return VAULT_OK;
}

void
age_open_free(struct age_open *o)
{
    if (o == NULL)
        return;
    secret_free(o->key);
    age_header_free(&o->header);
    buf_free(&o->text);
    free(o->sealed);
    free(o);
}

/* ---- the pieces ---- */

/* got: bytes of the piece; 0: none came, and one should have. */
static vault_err
bad_piece(const struct age_open *o, size_t got)
{
    return err_say(VAULT_ERR_DAMAGED, "ask for it to be sent again", got < SEALED ?
        "the age file is damaged or cut off: good are only the first %llu bytes of what is in it" :
        "the age file is damaged: good are only the first %llu bytes of what is in it",
        (unsigned long long)(o->number * AGE_PIECE));
}

/* What a full piece says of itself need not be true of the file: something may have been cut off or put behind. It is
 * handed out all the same, as it stands where it was sealed. */
static bool
open_piece(const struct age_open *o, uint8_t *out, size_t n, bool *last)
{
    struct part sealed = PART(o->sealed, n);

    if (piece_open(out, secret_bytes(o->key), o->number, *last, sealed) == 0)
        return true;
    *last = !*last;
    return n == SEALED && piece_open(out, secret_bytes(o->key), o->number, *last, sealed) == 0;
}

/* Only an empty file ends in an empty piece. */
static vault_err
next_piece(struct age_open *o, struct buf *out, bool *end)
{
    size_t got = 0;
    bool last;
    uint8_t *at;
    vault_err err = age_source_read(o->from, o->sealed, SEALED, &got);

    if (err == VAULT_OK)
        err = age_source_at_end(o->from, end);
    if (err != VAULT_OK)
        return err;
    if (got < PIECE_EXTRA || (got == PIECE_EXTRA && o->number > 0))
        return bad_piece(o, got);
    at = buf_room(out, got);
    if (at == NULL)
        return err_nomem();
    last = *end;
    if (!open_piece(o, at, got, &last))
        return bad_piece(o, got);
    out->n += got - PIECE_EXTRA;
    o->number++;
    if (last == *end)
        return VAULT_OK;
    return last ? err_say(VAULT_ERR_DAMAGED, "ask for it to be sent again", "something stands behind the end of the age file") :
        bad_piece(o, 0);
}

vault_err
age_open_next(struct age_open *o, struct buf *out, size_t pieces, bool *end)
{
    vault_err err = VAULT_OK;

    for (*end = false; err == VAULT_OK && !*end && pieces > 0; pieces--)
        err = next_piece(o, out, end);
    return err;
}
