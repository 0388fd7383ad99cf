/*
 * anchor.c - is this vault the one it was, or an older one? --anchor, vault_anchor_update.
 *
 * Everything inside the folder can be put back together, so what tells lies outside: a small file with
 * the number and hash of a head that was seen. It holds as long as that entry is in our chain.
 */
#include "vault/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vault/base/files.h"
#include "vault/base/text.h"

#define ANCHOR_MAX 4096

#define WORDS 12

/* What the file says. */
struct anchor {
    enum { ANCHOR_FULL, ANCHOR_PRINTED, ANCHOR_PAPER } form;
    uint8_t vault_id[16], copy_id[16];  /* ANCHOR_FULL */
    uint8_t head[32];                   /* not in ANCHOR_PAPER */
    char words[256];                    /* ANCHOR_PAPER: with one blank between */
    uint64_t number;
};

/* ---- the file ---- */

static void
write_hex(struct buf *out, const char *key, const uint8_t *p, size_t n)
{
    buf_str(out, key);
    for (size_t i = 0; i < n; i++)
        buf_fmt(out, "%02x", p[i]);
}

static void
write_text(struct buf *out, const struct anchor *a)
{
    if (a->form == ANCHOR_PRINTED) {
        buf_fmt(out, "%" PRIu64 " ", a->number);
        write_hex(out, "", a->head, sizeof a->head);
        buf_u8(out, '\n');
    } else {
        buf_str(out, "withheld anchor 1\n");
        write_hex(out, "vault: ", a->vault_id, sizeof a->vault_id);
        write_hex(out, "\ncopy: ", a->copy_id, sizeof a->copy_id);
        buf_fmt(out, "\nnumber: %" PRIu64, a->number);
        write_hex(out, "\nhead: ", a->head, sizeof a->head);
        buf_str(out, "\nwords: ");
    }
    words_of(out, a->head, sizeof a->head, WORDS);
    buf_u8(out, '\n');
}

static bool
is_word(const char *s)
{
    for (size_t i = 0; i < 1024; i++)
        if (strcmp(s, words_1024[i]) == 0)
            return true;
    return false;
}

/* Number and words as a person typed them from a sheet, with whatever white space. `s` is cut up. */
static bool
scan_paper(struct anchor *a, char *s)
{
    char *at = NULL, *end = NULL, *word = strtok_r(s, " \t\r\n", &at);
    size_t n = 0;

    if (word == NULL || strspn(word, "0123456789") != strlen(word))
        return false;
    a->form = ANCHOR_PAPER;
    errno = 0;
    a->number = strtoull(word, &end, 10);
    while ((word = strtok_r(NULL, " \t\r\n", &at)) != NULL && n < WORDS + 1) {
        if (!is_word(word))
            return false;
        strcat(strcat(a->words, n++ == 0 ? "" : " "), word);    /* 13 of at most 8 letters */
    }
    return errno == 0 && n == WORDS;
}

static bool
scan_text(struct anchor *a, const char *s)
{
    char id[33] = "", copy[33] = "", number[21] = "", head[65] = "";

    if (sscanf(s, "%20[0-9] %64[0-9a-f]", number, head) == 2)
        a->form = ANCHOR_PRINTED;
    else if (sscanf(s, "withheld anchor 1\nvault: %32[0-9a-f]\ncopy: %32[0-9a-f]\n"
            "number: %20[0-9]\nhead: %64[0-9a-f]", id, copy, number, head) != 4)
        return false;
    errno = 0;
    a->number = strtoull(number, NULL, 10);
    return errno == 0 && hex_read(a->head, 32, head, strlen(head)) &&
        (a->form == ANCHOR_PRINTED || (hex_read(a->vault_id, 16, id, strlen(id)) &&
            hex_read(a->copy_id, 16, copy, strlen(copy))));
}

static vault_err
not_an_anchor(const char *path)
{
    return err_say(VAULT_ERR_INPUT, "compare `log head` with what you kept on paper; a new name "
        "for the file makes a new anchor", "%s is not an anchor, or damaged or mistyped", path);
}

/* What a program wrote must be exactly what it would write: the words answer for the digits. */
static vault_err
parse(struct anchor *a, struct buf *text, const char *path)
{
    struct buf again = BUF_INIT;
    char *s = buf_cstr(text);
    vault_err err = VAULT_OK;

    memset(a, 0, sizeof *a);
    if (s == NULL)
        return err_nomem();
    if (strlen(s) != text->n)
        return not_an_anchor(path);
    if (!scan_text(a, s)) {
        memset(a, 0, sizeof *a);
        return scan_paper(a, s) ? VAULT_OK : not_an_anchor(path);
    }
    write_text(&again, a);
    err = buf_ok(&again);
    if (err == VAULT_OK && (again.n != text->n || memcmp(again.p, text->p, text->n) != 0))
        err = not_an_anchor(path);
    buf_free(&again);
    return err;
}

/* *there false: no such file, in a folder that is there. */
static vault_err
read_anchor(struct anchor *a, bool *there, const char *path)
{
    struct buf text = BUF_INIT;
    vault_err err = file_read(&text, AT_FDCWD, path, ANCHOR_MAX);

    *there = err != VAULT_ERR_NOT_FOUND;
    if (!*there) {
        vault_clear_error();
        err = VAULT_OK;
    } else if (err == VAULT_OK) {
        err = parse(a, &text, path);
    }
    buf_free(&text);
    return err;
}

static vault_err
write_anchor(vault *v)
{
    const struct chain_entry *head = &v->chain[v->n_log];
    struct anchor a = { .number = head->number };
    struct buf text = BUF_INIT;
    vault_err err;

    memcpy(a.vault_id, v->kf.vault_id, sizeof a.vault_id);
    memcpy(a.copy_id, v->copy_id, sizeof a.copy_id);
    memcpy(a.head, head->hash, sizeof a.head);
    write_text(&text, &a);
    err = buf_ok(&text);
    if (err == VAULT_OK)
        err = file_replace(v->anchor.path, text.p, text.n);
    if (err == VAULT_OK)
        memcpy(v->anchor.head, a.head, sizeof a.head);
    else
        err_prefix("the anchor was not written: ");
    buf_free(&text);
    return err;
}

/* Inside the vault it would be put back together with it. */
static vault_err
judge_place(const vault *v, const char *path)
{
    size_t n = strlen(path);
    bool inside = false;
    vault_err err;

    if (n == 0 || path[n - 1] == '/')
        return err_say(VAULT_ERR_INPUT, NULL, "%s is not the name of a file", path);
    err = session_lies_inside(v, path, &inside);
    return err == VAULT_OK && inside ? err_say(VAULT_ERR_REFUSED, "keep it where whoever can reach the vault cannot",
        "an anchor in the folder of its vault would be rolled back with it") : err;
}

/* ---- comparing ---- */

static vault_err
has_words(const uint8_t hash[static 32], const char *words, bool *has)
{
    struct buf b = BUF_INIT;
    vault_err err;

    words_of(&b, hash, 32, WORDS);
    err = buf_ok(&b);
    *has = err == VAULT_OK && b.n == strlen(words) && memcmp(b.p, words, b.n) == 0;
    buf_free(&b);
    return err;
}

/* The row of the anchor's head; 0: not in our chain. */
static vault_err
find_row(const vault *v, const struct anchor *a, uint32_t *row)
{
    bool found = false;
    vault_err err = VAULT_OK;

    for (*row = v->n_log; *row > 0; --*row) {
        if (a->form == ANCHOR_PAPER)
            err = has_words(v->chain[*row].hash, a->words, &found);
        else
            found = memcmp(v->chain[*row].hash, a->head, 32) == 0;
        if (err != VAULT_OK || found)
            break;
    }
    return err;
}

/* Number of the last entry of this copy's own line that says it came from a backup; 0: none. */
static vault_err
last_restore(vault *v, uint64_t *number)
{
    struct db_cursor *c = NULL;
    struct db_log_row row;
    struct log_entry e;
    bool got = true;
    vault_err err = db_scan_log(v->db, 1, &c);

    *number = 0;
    while (err == VAULT_OK) {
        err = db_next_log(c, &row, &got);
        if (err != VAULT_OK || !got)
            break;
        err = entry_decode(&e, row.entry);
        if (err == VAULT_OK && v->chain[row.n].own && strcmp(e.action, "restore") == 0)
            *number = e.number;
    }
    db_scan_end(c);
    return err;
}

#define NOTHING "change nothing, and look for the newer vault; if you know why, and there is none:"

/* Its head is not in our chain: we lack entries, or have others. */
static vault_err
tell_difference(vault *v, const struct anchor *a)
{
    uint64_t ours = v->chain[v->n_log].number, restored = 0;
    vault_err err = last_restore(v, &restored);

    if (err != VAULT_OK)
        return err;
    if (a->number > ours)
        err = err_say(VAULT_ERR_DAMAGED, restored != 0 ?
            "it was restored from a backup; what came after that is missing. " NOTHING :
            "an old copy was put in its place, or the end of its log was cut off. " NOTHING,
            "this vault was rolled back: its log ends with entry %" PRIu64
            ", and the anchor knows entry %" PRIu64, ours, a->number);
    else if (restored != 0 && restored <= a->number)
        err = err_say(VAULT_ERR_DAMAGED,
            "what was written after the backup is missing, unless it is in another copy. " NOTHING,
            "this vault was rolled back: it was restored from a backup (entry %" PRIu64
            "), and entry %" PRIu64 " that the anchor knows is not in it", restored, a->number);
    else
        err = err_say(VAULT_ERR_DAMAGED, "two copies were written to apart from each other, "
            "or the log was made anew. Compare them by `log`; to go on with this one:",
            "this vault is another line than the anchor's: its entry %" PRIu64
            " is not the one that the anchor knows", a->number);
    err_accept("anchor");
    return err;
}

static vault_err
compare(vault *v, const struct anchor *a, const char *path)
{
    uint32_t row = 0;
    vault_err err = find_row(v, a, &row);

    if (err != VAULT_OK)
        return err;
    if (a->form == ANCHOR_FULL && memcmp(a->vault_id, v->kf.vault_id, sizeof a->vault_id) != 0)
        return err_say(VAULT_ERR_INPUT, "every vault, and every copy, has an anchor of its own",
            "%s is the anchor of another vault", path);
    if (row != 0 && v->chain[row].number != a->number)
        return not_an_anchor(path);
    memcpy(v->anchor.head, a->head, sizeof v->anchor.head);
    if (a->form == ANCHOR_PAPER)
        strcpy(v->anchor.seen, a->words);
    else
        hex_of(v->anchor.seen, a->head, sizeof a->head);
    v->anchor.known = a->number;
    if (row == 0 && !session_accepts(v, "anchor"))
        return tell_difference(v, a);
    v->anchor.state = row == 0 ? VAULT_ANCHOR_ACCEPTED : VAULT_ANCHOR_HOLDS;
    if (row != 0 && a->form == ANCHOR_FULL && memcmp(a->copy_id, v->copy_id, sizeof a->copy_id) != 0)
        v->anchor.state = VAULT_ANCHOR_OTHER_COPY;
    return VAULT_OK;
}

vault_err
session_anchor_compare(vault *v, const char *path)
{
    struct anchor a;
    bool there = false;
    vault_err err = VAULT_OK;

    if (path == NULL)
        return VAULT_OK;
    err = judge_place(v, path);
    if (err == VAULT_OK)
        err = read_anchor(&a, &there, path);
    v->anchor.state = VAULT_ANCHOR_MADE;
    if (err == VAULT_OK && there)
        err = compare(v, &a, path);
    if (err == VAULT_OK && (v->anchor.path = strdup(path)) == NULL)
        err = err_nomem();
    if (err != VAULT_OK)
        v->anchor.state = VAULT_ANCHOR_NONE;
    return err;
}

/* ---- keeping it ---- */

vault_err
session_anchor_begin(vault *v)
{
    struct detail d = {0};
    vault_err err = VAULT_OK;

    if (v->anchor.state != VAULT_ANCHOR_ACCEPTED && v->anchor.state != VAULT_ANCHOR_MADE)
        return VAULT_OK;
    if (v->anchor.state == VAULT_ANCHOR_ACCEPTED) {
        detail_text(&d, "head", v->anchor.seen);
        detail_uint(&d, "number", v->anchor.known);
        err = session_note(v, "anchor", false, &d);
        detail_free(&d);
    }
    if (err == VAULT_OK)
        err = write_anchor(v);
    if (err != VAULT_OK)
        session_anchor_forget(v);
    return err;
}

/* After a commit that failed, or new keys, only the next session knows what the database holds. */
static bool
is_behind(const vault *v)
{
    return v->anchor.path != NULL && !v->uncertain && v->anchor.state != VAULT_ANCHOR_OTHER_COPY &&
        memcmp(v->anchor.head, v->chain[v->n_log].hash, 32) != 0;
}

vault_err
vault_anchor_update(vault *v)
{
    vault_clear_error();
    return is_behind(v) ? write_anchor(v) : VAULT_OK;
}

/* Whoever wants to know whether it could be written has asked before. */
void
session_anchor_end(vault *v)
{
    struct vault_error said = *vault_last_error();

    if (is_behind(v) && write_anchor(v) != VAULT_OK)
        (void)err_say(said.code, said.hint[0] == '\0' ? NULL : said.hint, "%s", said.text);
    session_anchor_forget(v);
}

void
session_anchor_forget(vault *v)
{
    free(v->anchor.path);
    v->anchor.path = NULL;
}
