/* card_text.c - see card_text.h. */
#include "vault/handoff/card_text.h"

#include <sodium.h>
#include <string.h>
#include "vault/base/minisign.h"
#include "vault/base/text.h"
#include "vault/handoff/age_keys.h"

#define BEGIN "-----BEGIN WITHHELD CARD-----"
#define END "-----END WITHHELD CARD-----"
#define LINE_BYTES 48u

_Static_assert(CARD_RECIPIENT_ROOM == AGE_RECIPIENT_ROOM && XWING_PK_BYTES == HPKE_PK_BYTES, "one size");

void
card_words(struct buf *out, const uint8_t hash[static 32])
{
    words_of(out, hash, 32, CARD_WORDS);
}

void
card_recipient(char out[static CARD_RECIPIENT_ROOM], const struct card *c, enum card_recipient which)
{
    struct age_recipient r = {.kind = AGE_HYBRID};

    memcpy(r.pk, which == CARD_CASE ? c->case_recipient : c->keeper_recipient, sizeof r.pk);
    age_recipient_write(out, &r);
}

/* ---- writing ---- */

static void
put_for_people(struct buf *out, const struct card *c, const uint8_t hash[static 32])
{
    char recipient[CARD_RECIPIENT_ROOM], key[MINISIGN_KEY_CHARS + 1];

    buf_str(out, "The card of a withheld vault. It is public: send it to those who are to write to this vault.\n"
        "Whoever takes it compares these words with its owner, by voice or face to face, before a name is sent:\n\n    ");
    card_words(out, hash);
    buf_str(out, "\n\nOf what follows only the block at the end is read. The rest is for other programs.\n\n");
    card_recipient(recipient, c, CARD_CASE);
    buf_fmt(out, "age recipient, for what caseworkers may read:\n%s\n\n", recipient);
    card_recipient(recipient, c, CARD_KEEPER);
    buf_fmt(out, "age recipient, for names (keepers only):\n%s\n\n", recipient);
    minisign_key(key, c->keeper_pk);
    buf_fmt(out, "minisign key of its keepers:\n%s\n\n", key);
}

static void
put_block(struct buf *out, const uint8_t *p, size_t n)
{
    char line[sodium_base64_ENCODED_LEN(LINE_BYTES, sodium_base64_VARIANT_ORIGINAL)];

    buf_str(out, BEGIN "\n");
    for (size_t at = 0; at < n; at += LINE_BYTES) {
        sodium_bin2base64(line, sizeof line, p + at, n - at < LINE_BYTES ? n - at : LINE_BYTES,
            sodium_base64_VARIANT_ORIGINAL);
        buf_fmt(out, "%s\n", line);
    }
    buf_str(out, END "\n");
}

vault_err
card_text_write(struct buf *out, const void *card, size_t n)
{
    struct card c;
    uint8_t hash[32];
    vault_err err = card_read(&c, card, n);

    if (err != VAULT_OK)
        return err;
    card_hash(hash, card, n);
    put_for_people(out, &c, hash);
    put_block(out, card, n);
    return buf_ok(out);
}

/* ---- reading ---- */

/* Where `what` begins; n when it is not there. */
static size_t
find(const char *p, size_t n, const char *what)
{
    const char *at = n == 0 ? NULL : memmem(p, n, what, strlen(what));

    return at == NULL ? n : (size_t)(at - p);
}

static vault_err
not_a_card(const char *what)
{
    return err_say(VAULT_ERR_INPUT, "a card is what `card show` prints; ask for it again, whole", "%s", what);
}

static vault_err
read_block(struct buf *out, const char *p, size_t n)
{
    uint8_t *room = buf_room(out, CARD_BYTES_MAX);
    size_t got = 0;

    if (room == NULL)
        return err_nomem();
    if (sodium_base642bin(room, CARD_BYTES_MAX, p, n, " \t\r\n", &got, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return not_a_card("the card in that file is not whole");
    out->n += got;
    return VAULT_OK;
}

vault_err
card_text_read(struct buf *out, const char *text, size_t n)
{
    size_t begin = find(text, n, BEGIN), end, before = out->n;
    struct card c;
    vault_err err;

    if (n > CARD_TEXT_MAX || begin == n)
        return not_a_card("there is no card in that file");
    text += begin + strlen(BEGIN);
    n -= begin + strlen(BEGIN);
    end = find(text, n, END);
    if (end == n)
        return not_a_card("the card in that file is not whole");
    if (find(text + end, n - end, BEGIN) != n - end)
        return not_a_card("there are several cards in that file");
    err = read_block(out, text, end);
    if (err == VAULT_OK)
        err = card_read(&c, out->p + before, out->n - before);
    if (err == VAULT_ERR_DAMAGED)
        err = not_a_card("the card in that file was changed, or is of a newer version");
    if (err != VAULT_OK)
        buf_cut(out, before);
    return err;
}
