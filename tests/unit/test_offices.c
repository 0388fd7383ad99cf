/*
 * test_offices.c - offices that exchange bundles, as a property: random histories on two and three vaults, bundles in any order, lost and repeated.
 *
 * Beside them runs a model that knows nothing of revisions: writes, and which ones their author saw when he wrote. A write that nobody wrote over is live; a field
 * with two different live ones is in conflict, and nothing else is. Who resolves a conflict writes nothing, but says which of the values are not to be. At every step a
 * vault says what the model says of what it has heard of (where conflicts were resolved in several places, it may see one more, and never one less);
 * at the end all say the same. ROUNDS histories (default 25); `make property` runs 10,000. SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/session.h"

#define OFFICES 3
#define FIELDS 5
#define WRITES 64u                  /* of one history: a bit each */
#define BUNDLES 6u                  /* under way at once */
#define VAULTS_FOR 200u             /* histories that one set of vaults serves */

static const struct { const char *name; bool withheld; } FIELD[FIELDS] = { { "residence", false }, { "occupation", false },
    { "citizenship", false }, { "name", true }, { "notes", true } };

struct write {
    unsigned field, value;          /* value 0: none */
    uint64_t over;                  /* the writes that it replaced */
    bool choice;                    /* no write, but a choice: those that were not chosen */
    uint64_t same;                  /* no write: somebody saw these, of one value, and went on: who writes over one, does over all */
};
struct bundle {
    bool there;
    unsigned from, to;
    uint64_t known;
    char path[360];
};

static char dir[256];
static vault *office[OFFICES];
static const char *const NAME[OFFICES] = { "anna", "boris", "clara" };
static uint64_t state;
static unsigned long at_history;    /* under way; 0: none */

static struct history {
    char id[VAULT_CODE_LEN + 1];
    unsigned offices, n, values;
    bool names;                     /* all bundles have them */
    bool chosen;                    /* somebody resolved something */
    struct write write[WRITES];
    uint64_t known[OFFICES];
    struct bundle bundle[BUNDLES];
    unsigned files;
} h;

static uint64_t conflicts_seen, more_seen /* by the vault alone */, merges_seen, bundles_seen, refused_seen;

static unsigned
draw(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

/* ---- vaults ---- */

static vault *
open_vault_of(unsigned i, unsigned generation)
{
    static const struct vault_create_options cheap = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    struct secret *s = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = s, .slot = -1 };
    char path[320];
    vault *v = NULL;

    snprintf(path, sizeof path, "%s/%s%u.vault", dir, NAME[i], generation);
    assert_int_equal(vault_create(path, s, &cheap), VAULT_OK);
    assert_int_equal(vault_open(&v, path, &cred), VAULT_OK);
    secret_free(s);
    return v;
}

static void
close_all(void)
{
    for (unsigned i = 0; i < OFFICES; i++) {
        vault_close(office[i]);
        office[i] = NULL;
    }
}

static void
open_all(unsigned generation)
{
    struct vault_card *card = calloc(1, sizeof *card);

    close_all();
    for (unsigned i = 0; i < OFFICES; i++)
        office[i] = open_vault_of(i, generation);
    for (unsigned i = 0; i < OFFICES; i++) {
        assert_int_equal(vault_card(office[i], card), VAULT_OK);
        for (unsigned k = 0; k < OFFICES; k++)
            if (k != i)
                assert_int_equal(vault_contact_add(office[k], NAME[i], card->text, strlen(card->text)), VAULT_OK);
        vault_free(card->text);
    }
    free(card);
}

static int
make_dir(void **unused)
{
    const char *tmp = getenv("TMPDIR");
    (void)unused;

    snprintf(dir, sizeof dir, "%s/withheld-offices-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    return mkdtemp(dir) == NULL || vault_process_init() != VAULT_OK;
}

static int
remove_dir(void **unused)
{
    char command[300];
    (void)unused;

    if (at_history != 0)
        printf("it was history %lu: SEED=%lu ROUNDS=1\n", at_history, at_history);
    close_all();
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    return system(command);
}

/* ---- the model ---- */

/* Writes that nobody wrote over (and nobody chose against). */
static uint64_t
live(unsigned who, unsigned field, bool choices)
{
    uint64_t gone = 0, all = 0;

    for (unsigned w = 0; w < h.n; w++) {
        const struct write *x = &h.write[w];

        if (!(h.known[who] >> w & 1) || x->field != field)
            continue;
        if (!x->choice && x->same == 0)
            all |= (uint64_t)1 << w;
        if (!x->choice || choices)
            gone |= x->over;
    }
    for (unsigned w = 0; w < 2 * h.n; w++) {        /* twice: one may lead to an earlier one */
        const struct write *x = &h.write[w % h.n];

        if (h.known[who] >> w % h.n & 1 && (x->same & gone) != 0)
            gone |= x->same;
    }
    return all & ~gone;
}

/* The one value of these writes, or (two that differ) false. */
static bool
one_value(uint64_t writes, unsigned *value)
{
    bool first = true;

    *value = 0;
    for (unsigned w = 0; w < h.n; w++) {
        if (!(writes >> w & 1))
            continue;
        if (!first && h.write[w].value != *value)
            return false;
        *value = h.write[w].value;
        first = false;
    }
    return true;
}

/* Where everything was chosen against by somebody, it is as if nobody had. */
static bool
settled(unsigned who, unsigned field, unsigned *value)
{
    uint64_t l = live(who, field, true);

    return one_value(l != 0 ? l : live(who, field, false), value);
}

static bool
in_conflict(unsigned who)
{
    unsigned value;
    bool any = false;

    for (unsigned f = 0; f < FIELDS; f++)
        any = any || !settled(who, f, &value);
    return any;
}

/* What the vault says. */
static bool
tells_any(unsigned who)
{
    struct vault_record *r = NULL;
    bool yes;

    assert_int_equal(vault_show(office[who], h.id, NULL, false, &r), VAULT_OK);
    yes = r->conflict;
    vault_record_free(r);
    return yes;
}

static void
note_write(unsigned office_, unsigned field, unsigned value)
{
    struct write *w = &h.write[h.n];

    *w = (struct write){ field, value, live(office_, field, false), false, 0 };
    h.known[office_] |= (uint64_t)1 << h.n++;
}

/* It goes on from all that it has: values that are the same on several sides are one from here on. */
static void
note_same(unsigned who)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        uint64_t l = live(who, f, true);
        unsigned value;

        if ((l & (l - 1)) == 0 || !one_value(l, &value))
            continue;
        assert_true(h.n < WRITES);
        h.write[h.n] = (struct write){ f, value, 0, false, l };
        h.known[who] |= (uint64_t)1 << h.n++;
    }
}

static void
note_choice(unsigned who, unsigned field, unsigned value)
{
    struct write *x = &h.write[h.n];
    uint64_t l = live(who, field, false);

    *x = (struct write){ field, value, 0, true, 0 };
    for (unsigned w = 0; w < h.n; w++)
        if (l >> w & 1 && h.write[w].value != value)
            x->over |= (uint64_t)1 << w;
    h.known[who] |= (uint64_t)1 << h.n++;
    h.chosen = true;
}

static void
text_of(unsigned field, unsigned value, char out[static 40])
{
    snprintf(out, 40, "%s-%u", FIELD[field].withheld ? "HIDDEN" : "PLAIN", value);
}

/* ---- deeds ---- */

static void
set(vault_fields *f, unsigned field, unsigned value)
{
    char text[40];

    if (value == 0) {
        assert_int_equal(vault_fields_unset(f, FIELD[field].name), VAULT_OK);
        return;
    }
    text_of(field, value, text);
    assert_int_equal(vault_fields_add(f, FIELD[field].name, text, strlen(text)), VAULT_OK);
}

static void
begin(void)
{
    struct vault_added added;
    vault_fields *f = NULL;
    unsigned who;

    memset(&h, 0, sizeof h);
    h.offices = 2 + draw(2);
    h.names = draw(5) != 0;
    who = draw(h.offices);
    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    for (unsigned i = 0; i < FIELDS; i++) {
        note_write(who, i, ++h.values);
        set(f, i, h.values);
    }
    assert_int_equal(vault_add(office[who], "person", f, &added), VAULT_OK);
    vault_fields_free(f);
    memcpy(h.id, added.id, sizeof h.id);
}

/* Had the field no value before, as far as he knows? Who goes back to what was changes nothing, and such histories are left out: all other values differ. */
static bool
was_unset(unsigned who, unsigned field)
{
    for (unsigned w = 0; w < h.n; w++)
        if (h.known[who] >> w & 1 && h.write[w].field == field && h.write[w].value == 0 && h.write[w].same == 0)
            return true;
    return false;
}

static void
edit(unsigned who)
{
    struct vault_added added;
    vault_fields *f = NULL;
    bool refused;
    vault_err err;

    if (h.known[who] == 0 || h.n + 30 > WRITES)
        return;
    refused = tells_any(who);
    if (!refused)
        note_same(who);
    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    for (unsigned i = 0, n = 1 + draw(2), at = draw(FIELDS); i < n; i++, at = (at + 1) % FIELDS) {
        unsigned value = draw(6) == 0 && !was_unset(who, at) ? 0 : ++h.values;

        set(f, at, value);
        if (!refused)
            note_write(who, at, value);
    }
    err = vault_edit(office[who], h.id, f, &added);
    assert_int_equal(err, refused ? VAULT_ERR_CONFLICT : VAULT_OK);
    refused_seen += refused;
    vault_fields_free(f);
}

static unsigned
number_in(const struct vault_side_value *x, unsigned field)
{
    unsigned value = 0;

    if (x->has)
        assert_int_equal(sscanf(x->value.text, FIELD[field].withheld ? "HIDDEN-%u" : "PLAIN-%u", &value), 1);
    return value;
}

static bool
is_live(unsigned who, unsigned field, unsigned value)
{
    for (unsigned w = 0; w < h.n; w++)
        if (live(who, field, true) >> w & 1 && h.write[w].value == value)
            return true;
    return false;
}

/* Choose at random for each field, but not the side that did not touch it (of three): that would be to go back to what was. */
static void
resolve(unsigned who)
{
    struct vault_conflict *c = NULL;
    struct vault_choice choice[FIELDS];
    struct vault_added added;
    char revision[FIELDS][VAULT_HASH_LEN + 1];
    size_t n = 0;

    if (h.known[who] == 0 || h.n + 30 > WRITES || !tells_any(who))
        return;
    assert_int_equal(vault_conflict(office[who], h.id, true, &c), VAULT_OK);
    assert_true(c->n_sides >= 2 && c->n_disputes >= 1 && c->n_disputes <= FIELDS && !c->whole);
    for (size_t i = 0; i < c->n_disputes; i++) {
        size_t side = draw((unsigned)c->n_sides);
        unsigned field = 0;

        while (strcmp(FIELD[field].name, c->disputes[i].field) != 0)
            field++;
        for (size_t k = 0; k < c->n_sides && !is_live(who, field, number_in(&c->disputes[i].sides[side], field)); k++)
            side = (side + 1) % c->n_sides;
        memcpy(revision[n], c->sides[side].revision, sizeof revision[n]);
        choice[n] = (struct vault_choice){ FIELD[field].name, revision[n] };
        n++;
        note_choice(who, field, number_in(&c->disputes[i].sides[side], field));
    }
    note_same(who);
    assert_int_equal(vault_resolve(office[who], h.id, choice, n, &added), VAULT_OK);
    vault_conflict_free(c);
    assert_false(tells_any(who));
}

static void
send(unsigned from, unsigned to, bool names, char path[static 360])
{
    const char *id = h.id, *contact = NAME[to];
    const struct vault_handoff what = { .ids = &id, .n_ids = 1, .contacts = &contact, .n_contacts = 1, .names = names, .confirmed = true };
    struct vault_handoff_sent sent;

    snprintf(path, 360, "%s/%u.bundle", dir, h.files++);
    assert_int_equal(vault_handoff_send(office[from], path, &what, &sent), VAULT_OK);
    bundles_seen++;
}

static void
post(unsigned from, unsigned to)
{
    struct bundle *b = &h.bundle[draw(BUNDLES)];

    if (h.known[from] == 0 || from == to)
        return;
    if (b->there)
        (void)unlink(b->path);      /* lost */
    *b = (struct bundle){ .there = true, .from = from, .to = to, .known = h.known[from] };
    send(from, to, h.names || draw(2) == 0, b->path);
}

static void
take(unsigned to, const char *path, uint64_t known, bool *changed)
{
    const struct vault_receive how = { .plan = false };
    struct vault_received got;

    assert_int_equal(vault_handoff_receive(office[to], path, &how, &got), VAULT_OK);
    h.known[to] |= known;
    merges_seen += got.merged;
    if (got.merged > 0)
        note_same(to);
    *changed = got.revisions + got.merged + got.arrived > 0;
}

static void
deliver(void)
{
    struct bundle *b = NULL;
    bool changed, again;

    for (unsigned i = 0, at = draw(BUNDLES); b == NULL && i < BUNDLES; i++)
        if (h.bundle[(at + i) % BUNDLES].there)
            b = &h.bundle[(at + i) % BUNDLES];
    if (b == NULL)
        return;
    take(b->to, b->path, b->known, &changed);
    if (draw(3) == 0) {
        take(b->to, b->path, b->known, &again);
        assert_false(again);        /* twice changes nothing */
    }
    if (draw(2) == 0) {
        (void)unlink(b->path);
        b->there = false;
    }
}

/* ---- what is promised ---- */

static const struct vault_value *
value_of(const struct vault_record *r, const char *field)
{
    for (size_t i = 0; i < r->n_values; i++)
        if (strcmp(r->values[i].field, field) == 0)
            return &r->values[i];
    return NULL;
}

static bool
tells_conflict(const struct vault_record *r, const char *field)
{
    for (size_t i = 0; i < r->n_conflicts; i++)
        if (strcmp(r->conflicts[i], field) == 0)
            return true;
    return false;
}

/* What the vault says is what the model says; of withheld fields where all bundles had names. */
static void
check_office(unsigned who, bool all)
{
    struct vault_record *r = NULL;

    if (h.known[who] == 0)
        return;
    assert_int_equal(vault_show(office[who], h.id, NULL, true, &r), VAULT_OK);
    if (all && (in_conflict(who) || !h.chosen))
        assert_int_equal(r->conflict, in_conflict(who));
    more_seen += all && r->conflict && !in_conflict(who);
    conflicts_seen += r->conflict;
    for (unsigned f = 0; f < FIELDS; f++) {
        const struct vault_value *x = value_of(r, FIELD[f].name);
        unsigned value;
        char text[40];
        bool good = settled(who, f, &value);

        if (FIELD[f].withheld && !all)
            continue;
        if (!good || !h.chosen)
            assert_int_equal(tells_conflict(r, FIELD[f].name), !good);
        if (!good || r->conflict)
            continue;               /* one of the sides is shown */
        text_of(f, value, text);
        assert_true(value == 0 ? x == NULL : x != NULL && x->present && strcmp(x->text, text) == 0);
    }
    vault_record_free(r);
}

/* Every live value is in one of the newest versions: nothing was lost. */
static void
check_nothing_lost(unsigned who)
{
    struct vault_conflict *c = NULL;

    if (!in_conflict(who))
        return;
    assert_int_equal(vault_conflict(office[who], h.id, true, &c), VAULT_OK);
    for (unsigned w = 0; w < h.n; w++) {
        unsigned f = h.write[w].field, value;
        bool found = false;
        char text[40];

        if (!(live(who, f, true) >> w & 1) || settled(who, f, &value))
            continue;
        text_of(f, h.write[w].value, text);
        for (size_t i = 0; i < c->n_disputes; i++)
            for (size_t k = 0; strcmp(c->disputes[i].field, FIELD[f].name) == 0 && k < c->n_sides; k++) {
                const struct vault_side_value *x = &c->disputes[i].sides[k];

                found = found || (h.write[w].value == 0 ? !x->has : x->has && strcmp(x->value.text, text) == 0);
            }
        assert_true(found);
    }
    vault_conflict_free(c);
}

/* No withheld value stands in an open blob, of any revision. */
static void
check_open_blobs(unsigned who)
{
    struct vault *v = office[who];
    struct revision rev;
    uint32_t first = 0;

    if (h.known[who] == 0)
        return;
    revision_init(&rev);
    assert_int_equal(session_find(v, h.id, &first), VAULT_OK);
    for (uint32_t n = first; n != 0; n = v->recs.index.pair[n].next) {
        assert_int_equal(recs_load(&v->recs, n, &rev), VAULT_OK);
        assert_null(memmem(rev.open.p, rev.open.n, "HIDDEN", 6));
    }
    revision_free(&rev);
}

/* The newest versions of the record, as one text: what is promised to be equal everywhere. */
static int
note_head(void *ctx, const struct vault_history_item *x)
{
    struct buf *b = ctx;

    if (x->head)
        buf_fmt(b, "%s\n", x->revision);
    return 0;
}

static int
by_text(const void *a, const void *b)
{
    return memcmp(a, b, VAULT_HASH_LEN + 1);
}

static void
heads_of(unsigned who, struct buf *out)
{
    assert_int_equal(vault_history(office[who], h.id, note_head, out), VAULT_OK);
    qsort(out->p, out->n / (VAULT_HASH_LEN + 1), VAULT_HASH_LEN + 1, by_text);
}

/* Everybody to everybody, until nothing is new to anybody. */
static void
settle_all(void)
{
    bool any = true;

    for (unsigned round = 0; any; round++) {
        assert_true(round < 6);     /* it comes to an end */
        any = false;
        for (unsigned i = 0; i < h.offices; i++)
            for (unsigned k = 0; k < h.offices; k++) {
                char path[360];
                bool changed;

                if (i == k || h.known[i] == 0)
                    continue;
                send(i, k, true, path);
                take(k, path, h.known[i], &changed);
                any = any || changed;
                (void)unlink(path);
            }
    }
}

static void
check_equal(void)
{
    struct buf first = BUF_INIT, other = BUF_INIT;

    heads_of(0, &first);
    for (unsigned i = 1; i < h.offices; i++) {
        buf_reset(&other);
        heads_of(i, &other);
        assert_int_equal(first.n, other.n);
        assert_memory_equal(first.p, other.p, first.n);
    }
    buf_free(&first);
    buf_free(&other);
}

static void
run_history(void)
{
    begin();
    /* Mostly everybody has it before anybody goes on. */
    for (unsigned i = 0, who = h.known[0] != 0 ? 0 : h.known[1] != 0 ? 1 : 2; i < h.offices && draw(8) != 0; i++)
        if (i != who) {
            char path[360];
            bool changed;

            send(who, i, true, path);
            take(i, path, h.known[who], &changed);
            (void)unlink(path);
        }
    for (unsigned step = 0, n = 10 + draw(20); step < n; step++) {
        unsigned who = draw(h.offices), what = draw(10);

        if (what < 4)
            edit(who);
        else if (what < 5 && h.names)
            resolve(who);
        else if (what < 7)
            post(who, (who + 1 + draw(h.offices - 1)) % h.offices);
        else
            deliver();
        check_office(who, h.names);
    }
    settle_all();
    for (unsigned i = 0; i < h.offices; i++) {
        check_office(i, true);
        check_nothing_lost(i);
        check_open_blobs(i);
    }
    check_equal();
    for (unsigned i = 0; i < BUNDLES; i++)
        if (h.bundle[i].there)
            (void)unlink(h.bundle[i].path);
}

static unsigned long
number_from(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);

    return text == NULL || text[0] == '\0' ? otherwise : strtoul(text, NULL, 10);
}

static void
test_offices__all_end_equal_and_nothing_is_lost(void **unused)
{
    unsigned long rounds = number_from("ROUNDS", 25), seed = number_from("SEED", 1);
    (void)unused;

    for (unsigned long i = 0; i < rounds; i++) {
        if (i % VAULTS_FOR == 0)
            open_all((unsigned)(i / VAULTS_FOR));
        state = (seed + i) * 0x9e3779b97f4a7c15u;
        at_history = seed + i;
        run_history();
        at_history = 0;
        if ((i + 1) % 500 == 0)
            fprintf(stderr, "%lu histories\n", i + 1);
    }
    for (unsigned i = 0; i < OFFICES; i++)
        assert_int_equal(vault_check_open(office[i], NULL, NULL, NULL), VAULT_OK);
    printf("%lu histories from seed %lu: %llu bundles, %llu merges, %llu times a conflict was told (%llu of them by the vault alone), %llu edits refused for one\n", rounds, seed,
        (unsigned long long)bundles_seen, (unsigned long long)merges_seen, (unsigned long long)conflicts_seen, (unsigned long long)more_seen,
        (unsigned long long)refused_seen);
    assert_true(rounds < 200 || (conflicts_seen > 0 && merges_seen > 0 && refused_seen > 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offices__all_end_equal_and_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
