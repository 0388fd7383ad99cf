/*
 * proof_seeds.c - beginnings for fuzz_proof: good evidence and disclosed revisions.
 *
 *     proof_seeds FOLDER      writes FOLDER/evidence/... and FOLDER/disclosed/...
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/made_log.h"
#include "vault/base/cbor.h"
#include "vault/record/value.h"

static const char *folder;

static void
put(const char *name, const void *p, size_t n)
{
    char path[400];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0)
        exit(1);
}

/* The first card and the first slot of evidence. */
static void
put_system(const struct buf *evidence)
{
    static const char *const NAME[] = { "disclosed/card", "disclosed/slot" };
    struct rd r = rd_of(evidence->p, evidence->n);

    (void)cbor_get_array(&r, 5);
    (void)cbor_get_item(&r);
    (void)cbor_get_item(&r);
    for (int i = 0; i < 2; i++) {
        struct part list = cbor_get_item(&r), one;
        struct rd in = rd_of(list.p, list.n);
        (void)cbor_get_array(&in, 100);
        one = cbor_get_bytes(&in, DISCLOSE_MAX);
        put(NAME[i], one.p, one.n);
    }
}

static void
add(struct revision *r, const char *field, enum leaf_tier tier, const struct buf *value)
{
    if (revision_add(r, PART(field, strlen(field)), tier, PART(value->p, value->n)) == NULL)
        exit(1);
}

/* A value of every kind, and one that is carried. */
static void
put_values(void)
{
    static const uint8_t id[32] = {7};
    static uint8_t salt[8][32];
    const struct file_value file = { id, 77, { "text/plain", 10 }, { "a.txt", 5 } };
    const struct provenance from = { .source = { id, 16 }, .certainty = { "doubtful", 8 } };
    struct buf text = BUF_INIT, number = BUF_INIT, yes = BUF_INIT, link = BUF_INIT, f = BUF_INIT, with = BUF_INIT, out = BUF_INIT;
    struct leaf carried = { .field = { "h", 1 }, .tier = LEAF_WITHHELD };
    struct revision r;

    revision_init(&r);
    cbor_text(&text, "Kim");
    cbor_int(&number, -5);
    cbor_bool(&yes, true);
    cbor_bytes(&link, id, 16);
    if (value_from_file(&f, &file, &from) != VAULT_OK || value_wrap(&with, PART(text.p, text.n), &from) != VAULT_OK)
        exit(1);
    add(&r, "a", LEAF_OPEN, &text);
    add(&r, "b", LEAF_OPEN, &number);
    add(&r, "c", LEAF_WITHHELD, &yes);
    add(&r, "d", LEAF_OPEN, &link);
    add(&r, "e", LEAF_WITHHELD, &f);
    add(&r, "f", LEAF_WITHHELD, &with);
    r.n_parents = 1;
    if (revision_carry(&r, &carried, id) == NULL || disclose_write(&out, &r, (const uint8_t (*)[32])salt, NULL, NULL) != VAULT_OK)
        exit(1);
    put("disclosed/values", out.p, out.n);
}

int
main(int argc, char **argv)
{
    struct spec small = GOOD;
    struct buf b = BUF_INIT;

    if (argc != 2 || secret_process_init() != VAULT_OK)
        return 1;
    folder = argv[1];
    (void)make_keys(NULL);
    make_evidence(&GOOD, &b);
    put("evidence/good", b.p, b.n);
    put_system(&b);
    memset(&small.entry[4], 0, 4 * sizeof small.entry[4]);
    make_evidence(&small, &b);
    put("evidence/small", b.p, b.n);
    put_values();
    buf_free(&b);
    (void)forget_keys(NULL);
    return 0;
}
