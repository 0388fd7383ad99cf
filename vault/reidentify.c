/*
 * reidentify.c - from pseudonyms back to persons, by a map: vault_reidentify.
 *
 * Only the asked rows leave this file. Whoever opens the map leaves a receipt, signed with a key that only the map holds; where a vault is open, its
 * log says so before anything is told.
 */
#include "vault/session.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/base/files.h"
#include "vault/base/json_out.h"
#include "vault/base/minisign.h"
#include "vault/own_age.h"
#include "vault/record/date.h"
#include "vault/release/map.h"

struct opening {
    vault *v;
    const struct vault_reidentify *what;
    struct age_identities by;
    struct buf plain;
    struct map_head head;
    struct sheet rows;
    uint8_t hash[64];               /* of the file */
};

/* ---- opening ---- */

static vault_err
gather_keys(struct opening *o)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < o->what->n_identities; i++)
        err = age_identities_read(&o->by, o->what->identities[i]);
    /* Of which kind the map is, its other recipients have decided. */
    if (err == VAULT_OK && o->what->shares != NULL)
        err = age_identities_add(&o->by, AGE_HYBRID, o->what->shares);
    if (err == VAULT_OK && o->what->shares != NULL)
        err = age_identities_add(&o->by, AGE_X25519, o->what->shares);
    if (err == VAULT_OK && o->v != NULL)
        err = own_age_identities(&o->by, o->v);
    return err;
}

static vault_err
hash_file(struct opening *o, int fd)
{
    crypto_generichash_blake2b_state s;
    uint8_t bytes[16384];
    ssize_t n;

    crypto_generichash_blake2b_init(&s, NULL, 0, sizeof o->hash);
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        crypto_generichash_blake2b_update(&s, bytes, (size_t)n);
    crypto_generichash_blake2b_final(&s, o->hash, sizeof o->hash);
    return n < 0 || lseek(fd, 0, SEEK_SET) != 0 ? err_say(VAULT_ERR_FAILED, NULL, "cannot read the map") : VAULT_OK;
}

static vault_err
open_map(struct opening *o)
{
    struct stat st;
    int fd = -1;
    vault_err err = fd_open_regular(&fd, &st, AT_FDCWD, o->what->map, O_RDONLY);

    if (err == VAULT_OK)
        err = hash_file(o, fd);
    if (err == VAULT_OK)
        err = gather_keys(o);
    if (err == VAULT_OK)
        err = map_open(&o->plain, fd, &o->by);
    if (err == VAULT_OK)
        err = map_read(&o->head, &o->rows, PART(o->plain.p, o->plain.n));
    if (fd >= 0)
        (void)close(fd);
    return err;
}

/* ---- the receipt ---- */

static void
receipt_text(const struct opening *o, struct buf *out)
{
    char when[DATE_MAX];

    date_stamp(when, time(NULL));
    buf_fmt(out, "{\"format\": \"withheld-reidentify-receipt/1\",\n\"time\": \"%s\", \"clock\": \"this computer's own clock\",\n\"release\": ", when);
    json_hex(out, PART(o->head.release, sizeof o->head.release));
    buf_str(out, ",\n\"audience\": ");
    json_string(out, PART(o->head.audience, strlen(o->head.audience)));
    buf_str(out, ",\n\"map_blake2b\": ");
    json_hex(out, PART(o->hash, sizeof o->hash));
    buf_str(out, ",\n\"asked\": [");
    for (size_t i = 0; i < o->what->n; i++) {
        buf_str(out, i == 0 ? "" : ", ");
        json_string(out, PART(o->what->pseudonyms[i], strlen(o->what->pseudonyms[i])));
    }
    buf_str(out, "]}\n");
}

static vault_err
write_new(const char *path, const struct buf *text)
{
    struct output *file = NULL;
    vault_err err = output_open(&file, path);

    if (err == VAULT_OK)
        err = fd_write_all(output_fd(file), text->p, text->n, "the receipt");
    if (err == VAULT_OK)
        err = output_commit(&file);
    output_abort(&file);
    return err;
}

static vault_err
write_receipt(const struct opening *o)
{
    struct buf text = BUF_INIT, sig = BUF_INIT;
    char *name = NULL;
    uint8_t hash[64];
    vault_err err;

    if (o->what->receipt == NULL)
        return VAULT_OK;
    receipt_text(o, &text);
    err = buf_ok(&text);
    if (err == VAULT_OK && asprintf(&name, "%s.minisig", o->what->receipt) < 0) {
        name = NULL;
        err = err_nomem();
    }
    if (err == VAULT_OK) {
        crypto_generichash_blake2b(hash, sizeof hash, text.p, text.n, NULL, 0);
        err = minisign_sign(&sig, o->head.receipt_seed, hash, "withheld reidentify receipt");
    }
    if (err == VAULT_OK)
        err = write_new(o->what->receipt, &text);
    if (err == VAULT_OK)
        err = write_new(name, &sig);
    free(name);
    buf_free(&text);
    buf_free(&sig);
    return err;
}

static vault_err
log_it(const struct opening *o)
{
    char release[2 * sizeof o->head.release + 1];
    struct detail d = {0};
    vault_err err;

    if (o->v == NULL)
        return VAULT_OK;
    hex_of(release, o->head.release, sizeof o->head.release);
    detail_text(&d, "release", release);
    detail_texts(&d, "pseudonyms", o->what->pseudonyms, o->what->n);
    err = session_note(o->v, "reidentify", true, &d);
    detail_free(&d);
    return err;
}

/* ---- telling ---- */

static bool
find_row(const struct sheet *rows, const char *pseudonym, size_t *row)
{
    uint32_t value;

    if (!sheet_find_value(&rows->column[0], PART(pseudonym, strlen(pseudonym)), &value))
        return false;
    for (*row = 0; *row < rows->n_rows; (*row)++)
        if (rows->column[0].cell[*row] == value)
            return true;
    return false;
}

static vault_err
tell(const struct opening *o, vault_person_fn *fn, void *ctx)
{
    const struct sheet *s = &o->rows;
    const char **text = calloc(2 * s->n_columns, sizeof *text);
    size_t missing = 0;
    bool stop = false;

    if (text == NULL)
        return err_nomem();
    for (size_t i = 0; !stop && i < o->what->n; i++) {
        struct vault_person p = { .pseudonym = o->what->pseudonyms[i], .field = text, .value = text + s->n_columns };
        size_t row;

        p.found = find_row(s, p.pseudonym, &row);
        missing += !p.found;
        for (size_t k = 1; p.found && k < s->n_columns; k++, p.n++) {
            text[p.n] = s->column[k].name;
            text[s->n_columns + p.n] = sheet_text(s, row, k);
        }
        stop = fn(ctx, &p) != 0;
    }
    free(text);
    if (missing > 0)
        return err_say(VAULT_ERR_NOT_FOUND, "pseudonyms of one audience are of no use with the map of another", "%zu of the pseudonyms are not in this map", missing);
    return VAULT_OK;
}

vault_err
vault_reidentify(vault *v, const struct vault_reidentify *what, vault_person_fn *fn, void *ctx)
{
    struct opening o = { .v = v, .what = what };
    vault_err err;

    vault_clear_error();
    sheet_init(&o.rows);
    err = v == NULL ? VAULT_OK : need_keeper(v, "re-identifying");
    if (err == VAULT_OK)
        err = open_map(&o);
    if (err == VAULT_OK)
        err = log_it(&o);
    if (err == VAULT_OK)
        err = write_receipt(&o);
    if (err == VAULT_OK)
        err = tell(&o, fn, ctx);
    age_identities_free(&o.by);
    sheet_free(&o.rows);
    map_head_free(&o.head);
    buf_free(&o.plain);
    return err;
}
