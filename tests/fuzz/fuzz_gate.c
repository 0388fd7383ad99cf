/*
 * fuzz_gate.c - a libFuzzer target: files of a release, as hostile as they may be, through the leak gate.
 *
 * Whatever the bytes are, the search ends, tells places within the file in their order, and tells the same once more. The first byte says which
 * kind of file it is.
 *
 * tests/fuzz/run.sh gate builds and runs it (make fuzz T=gate).
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/release/gate.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct gate *gate;

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_gate: %s (%s)\n", what, vault_last_error()->text);
    abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const names[] = { "Choi Myung-bok", "최명복", "Цой Мён Бок", "Ryu En Nam", "Yelena Kogai", "Olga Tseytlina", "王小明", "محمد الحسيني" };

    (void)argc;
    (void)argv;
    must(sodium_init() >= 0 && gate_new(&gate) == VAULT_OK, "set-up");
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++)
        must(gate_add(gate, GATE_NAME, i, "name", PART(names[i], strlen(names[i]))) == VAULT_OK, "name");
    must(gate_add(gate, GATE_IDENTIFIER, 1, "identifiers", PART("45 07 123456", 12)) == VAULT_OK, "identifier");
    must(gate_add(gate, GATE_TEXT, 1, "address", PART("Nevsky prospekt 12, flat 5", 26)) == VAULT_OK, "text");
    must(gate_add_public(gate, 5, PART("Olga Tseytlina", 14)) == VAULT_OK, "press name");
    return 0;
}

struct told {
    size_t n, at, line, size;
    uint64_t sum;
};

static vault_err
on_hit(void *ctx, const struct gate_hit *hit)
{
    struct told *t = ctx;

    must(hit->at <= t->size && hit->n <= t->size - hit->at, "outside the file");
    must(hit->at >= t->at && hit->line >= t->line && hit->line > 0, "out of order");
    must(strlen(hit->id) == GATE_ID_LEN && hit->field != NULL && hit->how != NULL && gate_class_text(hit->what) != NULL, "not told in full");
    t->n++;
    t->at = hit->at;
    t->line = hit->line;
    t->sum = t->sum * 31 + hit->at * 7 + hit->what;
    return VAULT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct told first = { .size = n }, again = { .size = n };
    enum gate_file kind = n == 0 ? GATE_PLAIN : (enum gate_file)(data[0] % 5);

    vault_clear_error();
    must(gate_search(gate, "file", kind, PART(data, n), on_hit, &first) == VAULT_OK, "not searched");
    must(first.n <= GATE_HITS_MAX, "too many");
    must(gate_search(gate, "file", kind, PART(data, n), on_hit, &again) == VAULT_OK, "not searched again");
    must(first.n == again.n && first.sum == again.sum, "not the same again");
    return 0;
}
