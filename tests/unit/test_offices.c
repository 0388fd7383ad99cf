/*
 * test_offices.c - offices that exchange bundles, as a property: random histories on two and three vaults, bundles in any order, lost and repeated.
 *
 * Beside them runs a model (offices_model.h). Whenever a vault changed, it says what the model says of what it has heard of (where conflicts were resolved in several
 * places, it may see one more, and never one less); at the end all say the same. ROUNDS histories (default 25); `make property` runs 10,000, on all processors. SEED
 * repeats a run.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/offices_model.h"
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/session.h"

#define BUNDLES 6u                  /* under way at once */
#define ANY UINT_MAX                /* value: by lot */
#define VAULTS_FOR 100u             /* histories that one set of vaults serves */

static const struct { const char *name; bool withheld; } FIELD[MODEL_FIELDS] = { { "residence", false }, { "occupation", false },
    { "citizenship", false }, { "name", true }, { "notes", true } };

struct bundle {
    bool there;
    unsigned from, to;
    uint64_t known;
    char path[360];
};

static char dir[256];
static vault *office[MODEL_OFFICES];
static const char *const NAME[MODEL_OFFICES] = { "anna", "boris", "clara" };
static uint64_t state;
static unsigned long at_history;    /* under way; 0: none */
static unsigned files;              /* made so far */

static struct history {
    char id[VAULT_CODE_LEN + 1];
    unsigned offices, values;
    bool names;                     /* all bundles have them */
    struct bundle bundle[BUNDLES];
} h;

static uint64_t conflicts_seen, more_seen /* by the vault alone */, merges_seen, bundles_seen, refused_seen, again_seen /* chosen again */,
    stayed_seen /* in conflict: nothing could be chosen */;

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
    for (unsigned i = 0; i < MODEL_OFFICES; i++) {
        vault_close(office[i]);
        office[i] = NULL;
    }
}

static void
open_all(unsigned generation)
{
    struct vault_card *card = calloc(1, sizeof *card);

    close_all();
    for (unsigned i = 0; i < MODEL_OFFICES; i++)
        office[i] = open_vault_of(i, generation);
    for (unsigned i = 0; i < MODEL_OFFICES; i++) {
        assert_int_equal(vault_card(office[i], card), VAULT_OK);
        for (unsigned k = 0; k < MODEL_OFFICES; k++)
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
    if (mkdtemp(dir) == NULL || vault_process_init() != VAULT_OK)
        return 1;
    open_all(0);
    return 0;
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

/* What the vault says; vault_show says the same (check_office), and takes longer. */
static bool
tells_any(unsigned who)
{
    uint32_t first = 0, head = 0;
    bool yes = false;

    assert_int_equal(session_find(office[who], h.id, &first), VAULT_OK);
    assert_int_equal(recs_head(&office[who]->recs, first, &head, &yes), VAULT_OK);
    return yes;
}

static void
text_of(unsigned field, unsigned value, char out[static 40])
{
    snprintf(out, 40, "%s%u", FIELD[field].withheld ? "HIDDEN-" : "PLAIN", value);
}

/* ---- what is promised, whenever a vault changed ---- */

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

    if (model.known[who] == 0)
        return;
    assert_int_equal(vault_show(office[who], h.id, NULL, true, &r), VAULT_OK);
    assert_int_equal(r->conflict, tells_any(who));
    if (all && (model_in_conflict(who) || !model.chosen))
        assert_int_equal(r->conflict, model_in_conflict(who));
    more_seen += all && r->conflict && !model_in_conflict(who);
    conflicts_seen += r->conflict;
    for (unsigned f = 0; f < MODEL_FIELDS; f++) {
        const struct vault_value *x = value_of(r, FIELD[f].name);
        unsigned value;
        char text[40];
        bool good = model_settled(who, f, &value);

        if (FIELD[f].withheld && !all)
            continue;
        if (!good || !model.chosen)
            assert_int_equal(tells_conflict(r, FIELD[f].name), !good);
        if (!good || r->conflict)
            continue;               /* one of the sides is shown */
        text_of(f, value, text);
        assert_true(value == 0 ? x == NULL : x != NULL && x->present && strcmp(x->text, text) == 0);
    }
    vault_record_free(r);
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
begin(unsigned offices, bool names, unsigned who)
{
    struct vault_added added;
    vault_fields *f = NULL;

    memset(&h, 0, sizeof h);
    memset(&model, 0, sizeof model);
    h.offices = offices;
    h.names = names;
    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    for (unsigned i = 0; i < MODEL_FIELDS; i++) {
        model_note_write(who, i, ++h.values);
        set(f, i, h.values);
    }
    assert_int_equal(vault_add(office[who], "person", f, &added), VAULT_OK);
    vault_fields_free(f);
    memcpy(h.id, added.id, sizeof h.id);
    check_office(who, h.names);
}

/* value[i] in the i-th of `n` fields from the one numbered `at` on. */
static void
write_values(unsigned who, unsigned at, unsigned n, const unsigned *value)
{
    struct vault_added added;
    vault_fields *f = NULL;
    bool refused = tells_any(who);
    vault_err err;

    if (!refused)
        model_note_same(who);
    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    for (unsigned i = 0; i < n; i++) {
        set(f, (at + i) % MODEL_FIELDS, value[i]);
        if (!refused)
            model_note_write(who, (at + i) % MODEL_FIELDS, value[i]);
    }
    err = vault_edit(office[who], h.id, f, &added);
    assert_int_equal(err, refused ? VAULT_ERR_CONFLICT : VAULT_OK);
    refused_seen += refused;
    vault_fields_free(f);
    check_office(who, h.names);
}

/* `n` fields, from the one numbered `at`. */
static void
edit(unsigned who, unsigned at, unsigned n)
{
    unsigned value[MODEL_FIELDS];

    if (model.known[who] == 0 || model.n + 30 > MODEL_WRITES)
        return;
    for (unsigned i = 0; i < n; i++)
        value[i] = draw(6) == 0 && !model_was_unset(who, (at + i) % MODEL_FIELDS) ? 0 : ++h.values;
    write_values(who, at, n, value);
}

static void
write_one(unsigned who, unsigned value)
{
    write_values(who, 0, 1, &value);
}

static unsigned
number_in(const struct vault_side_value *x, unsigned field)
{
    unsigned value = 0;

    if (x->has)
        assert_int_equal(sscanf(x->value.text, FIELD[field].withheld ? "HIDDEN-%u" : "PLAIN%u", &value), 1);
    return value;
}

static unsigned
number_of(const char *field)
{
    unsigned f = 0;

    while (strcmp(FIELD[f].name, field) != 0)
        f++;
    return f;
}

/* The values one may choose from: not that of a side that did not touch it (of three), which would be to go back to what was. In order of the values, as that of
 * the sides goes by ids, and a seed repeats a run. side[i] has the value[i]. */
static size_t
may_be_chosen(unsigned who, unsigned field, const struct vault_conflict *c, const struct vault_dispute *d, size_t side[static 16], unsigned value[static 16])
{
    size_t n = 0;

    for (size_t s = 0; s < c->n_sides; s++) {
        unsigned x = number_in(&d->sides[s], field);
        size_t at = n;

        if (!model_counts(who, field, x))
            continue;
        for (n++; at > 0 && value[at - 1] > x; at--) {
            value[at] = value[at - 1];
            side[at] = side[at - 1];
        }
        value[at] = x;
        side[at] = s;
    }
    return n;
}

/* False: nobody has anything there but what others wrote over or chose against. Such a conflict stays. */
static bool
choose(unsigned who, const struct vault_conflict *c, const struct vault_dispute *d, unsigned wanted, struct vault_choice *out)
{
    unsigned field = number_of(d->field), value[16];
    size_t side[16], n = may_be_chosen(who, field, c, d, side, value), at = n == 0 ? 0 : draw((unsigned)n);

    for (size_t i = 0; i < n; i++)
        if (value[i] == wanted)
            at = i;
    if (n == 0)
        return false;
    *out = (struct vault_choice){ FIELD[field].name, c->sides[side[at]].revision };
    model_note_choice(who, field, value[at]);
    again_seen += model.write[model.n - 1].past != 0;
    return true;
}

/* Choose for each field `wanted`, if it is there, or at random. */
static void
resolve(unsigned who, unsigned wanted)
{
    struct vault_conflict *c = NULL;
    struct vault_choice choice[MODEL_FIELDS];
    struct vault_added added;
    struct model before = model;
    bool all = true;

    if (model.known[who] == 0 || model.n + 30 > MODEL_WRITES || !tells_any(who))
        return;
    assert_int_equal(vault_conflict(office[who], h.id, true, &c), VAULT_OK);
    assert_true(c->n_sides >= 2 && c->n_sides <= 16 && c->n_disputes >= 1 && c->n_disputes <= MODEL_FIELDS && !c->whole);
    for (size_t i = 0; i < c->n_disputes; i++)
        all = choose(who, c, &c->disputes[i], wanted, &choice[i]) && all;
    if (all) {
        model_note_same(who);
        assert_int_equal(vault_resolve(office[who], h.id, choice, c->n_disputes, &added), VAULT_OK);
        assert_false(tells_any(who));
        check_office(who, h.names);
    } else {
        model = before;
        stayed_seen++;
    }
    vault_conflict_free(c);
}

static void
send(unsigned from, unsigned to, bool names, char path[static 360])
{
    const char *id = h.id, *contact = NAME[to];
    const struct vault_handoff what = { .ids = &id, .n_ids = 1, .contacts = &contact, .n_contacts = 1, .names = names, .confirmed = true };
    struct vault_handoff_sent sent;

    snprintf(path, 360, "%s/%u.bundle", dir, files++);
    assert_int_equal(vault_handoff_send(office[from], path, &what, &sent), VAULT_OK);
    bundles_seen++;
}

static void
post(unsigned from, unsigned to)
{
    struct bundle *b = &h.bundle[draw(BUNDLES)];

    if (model.known[from] == 0 || from == to)
        return;
    if (b->there)
        (void)unlink(b->path);      /* lost */
    *b = (struct bundle){ .there = true, .from = from, .to = to, .known = model.known[from] };
    send(from, to, h.names || draw(2) == 0, b->path);
}

static void
take(unsigned to, const char *path, uint64_t known, bool *changed)
{
    const struct vault_receive how = { .plan = false };
    struct vault_received got;

    assert_int_equal(vault_handoff_receive(office[to], path, &how, &got), VAULT_OK);
    model.known[to] |= known;
    merges_seen += got.merged;
    if (got.merged > 0)
        model_note_same(to);
    *changed = got.revisions + got.merged + got.arrived > 0;
    if (*changed)
        check_office(to, h.names);
}

/* At once, with names. */
static bool
give(unsigned from, unsigned to)
{
    char path[360];
    bool changed;

    send(from, to, true, path);
    take(to, path, model.known[from], &changed);
    (void)unlink(path);
    return changed;
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

/* ---- what is promised at the end ---- */

/* Every live value is in one of the newest versions: nothing was lost. */
static void
check_nothing_lost(unsigned who)
{
    struct vault_conflict *c = NULL;

    if (!model_in_conflict(who))
        return;
    assert_int_equal(vault_conflict(office[who], h.id, true, &c), VAULT_OK);
    for (unsigned w = 0; w < model.n; w++) {
        unsigned f = model.write[w].field, value;
        bool found = false;
        char text[40];

        if (!(model_live(who, f, true) >> w & 1) || model_settled(who, f, &value))
            continue;
        text_of(f, model.write[w].value, text);
        for (size_t i = 0; i < c->n_disputes; i++)
            for (size_t k = 0; strcmp(c->disputes[i].field, FIELD[f].name) == 0 && k < c->n_sides; k++) {
                const struct vault_side_value *x = &c->disputes[i].sides[k];

                found = found || (model.write[w].value == 0 ? !x->has : x->has && strcmp(x->value.text, text) == 0);
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

    if (model.known[who] == 0)
        return;
    revision_init(&rev);
    assert_int_equal(session_find(v, h.id, &first), VAULT_OK);
    for (uint32_t n = first; n != 0; n = v->recs.index.pair[n].next) {
        assert_int_equal(recs_load(&v->recs, n, &rev), VAULT_OK);
        assert_null(memmem(rev.open.p, rev.open.n, "HIDDEN", 6));
    }
    revision_free(&rev);
}

/* The ids of the newest versions of the record: what is promised to be equal everywhere. */
static int
by_id(const void *a, const void *b)
{
    return memcmp(a, b, REVISION_ID_BYTES);
}

static void
heads_of(unsigned who, struct buf *out)
{
    struct recs *r = &office[who]->recs;
    uint32_t first = 0, head = 0, n[MODEL_WRITES];
    size_t count;

    assert_int_equal(session_find(office[who], h.id, &first), VAULT_OK);
    assert_int_equal(recs_head(r, first, &head, NULL), VAULT_OK);
    count = recs_heads(r, first, n, MODEL_WRITES);
    assert_true(count >= 1 && count <= MODEL_WRITES);
    for (size_t i = 0; i < count; i++)
        buf_put(out, r->index.pair[n[i]].revision, REVISION_ID_BYTES);
    qsort(out->p, count, REVISION_ID_BYTES, by_id);
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
            for (unsigned k = 0; k < h.offices; k++)
                if (i != k && model.known[i] != 0)
                    any = give(i, k) || any;
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

/* All vaults know the same in the end, and say the same. */
static void
end_history(void)
{
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

static void
begin_by_lot(void)
{
    unsigned offices = 2 + draw(2);
    bool names = draw(5) != 0;
    unsigned who = draw(offices);

    begin(offices, names, who);
    /* Mostly everybody has it before anybody goes on. */
    for (unsigned i = 0; i < offices && draw(8) != 0; i++)
        if (i != who)
            (void)give(who, i);
}

static void
step_by_lot(void)
{
    unsigned who = draw(h.offices), to = (who + 1 + draw(h.offices - 1)) % h.offices, what = draw(10), at = draw(MODEL_FIELDS);

    if (what < 4)
        edit(who, at, 1 + draw(2));
    else if (what < 5 && h.names)
        resolve(who, ANY);
    else if (what < 7)
        post(who, to);
    else
        deliver();
}

/* About one field; whoever sees a conflict mostly ends it, and bundles mostly come at once. */
static void
quarrel_by_lot(void)
{
    unsigned who = draw(h.offices), to = (who + 1 + draw(h.offices - 1)) % h.offices, what = draw(10);

    if (model.known[who] != 0 && what < 7 && tells_any(who))
        resolve(who, ANY);
    else if (what < 4)
        edit(who, 0, 1);
    else if (what < 5)
        post(who, to);
    else if (what < 6)
        deliver();
    else if (model.known[who] != 0)
        (void)give(who, to);
}

static void
run_history(void)
{
    bool quarrel;

    begin_by_lot();
    quarrel = h.names && draw(4) == 0;      /* else hardly anybody chooses twice */
    for (unsigned step = 0, n = 10 + draw(20); step < n; step++)
        if (quarrel)
            quarrel_by_lot();
        else
            step_by_lot();
    end_history();
}

static unsigned long
number_from(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);

    return text == NULL || text[0] == '\0' ? otherwise : strtoul(text, NULL, 10);
}

/* Two in conflict, each of whom chose what the other did not; *a and *b are what they wrote. */
static void
choose_apart(unsigned *a, unsigned *b)
{
    begin(2, true, 0);
    (void)give(0, 1);
    edit(0, 0, 1);
    *a = model.write[model.n - 1].value;
    edit(1, 0, 1);
    *b = model.write[model.n - 1].value;
    (void)give(0, 1);
    (void)give(1, 0);
    resolve(0, *a);
    resolve(1, *b);
}

static void
assert_settled(unsigned who, unsigned wanted)
{
    unsigned value;

    assert_true(model_settled(who, 0, &value));
    assert_int_equal(value, wanted);
    assert_false(tells_any(who));
}

/* Two chose differently, and one of them, who knows of both, chooses again: that stands, in both vaults. */
static void
test_offices__a_choice_goes_over_those_it_knew_of(void **unused)
{
    (void)unused;

    for (unsigned i = 0; i < 2; i++) {
        unsigned a, b;

        state = 1;
        choose_apart(&a, &b);
        (void)give(1, 0);
        assert_true(model_in_conflict(0) && tells_any(0));
        resolve(0, i == 0 ? a : b);
        assert_settled(0, i == 0 ? a : b);
        end_history();
        assert_settled(1, i == 0 ? a : b);
    }
}

/* Both choose again, and differently again: of that none goes over the other. */
static void
test_offices__two_choices_that_knew_nothing_of_each_other_are_a_conflict(void **unused)
{
    unsigned a, b;
    (void)unused;

    state = 1;
    choose_apart(&a, &b);
    (void)give(1, 0);
    (void)give(0, 1);
    resolve(0, b);
    resolve(1, a);
    end_history();
    assert_true(model_in_conflict(0) && tells_any(0) && model_in_conflict(1) && tells_any(1));
}

/* The other wrote on the choice that was not taken, before he knew: that does not go over what was brought back, nor that over it. */
static void
test_offices__what_was_brought_back_is_not_written_over(void **unused)
{
    (void)unused;

    for (unsigned i = 0; i < 2; i++) {
        unsigned a, b, on_it;

        state = 1;
        choose_apart(&a, &b);
        (void)give(1, 0);
        edit(1, 0, 1);
        on_it = model.write[model.n - 1].value;
        resolve(0, i == 0 ? a : b);
        end_history();
        if (i == 0) {
            assert_true(model_in_conflict(0) && tells_any(0));
            resolve(1, a);          /* and who knows of both may have it so */
            end_history();
            assert_settled(0, a);
            assert_settled(1, a);
        } else {
            assert_settled(0, on_it);
        }
    }
}

/*
 * The first one removed a value and wrote another; the second removed it, too, for himself; the third, who knew only of the removals, had written something and chose none
 * instead. He is back where he and the first one parted, and the first one's value goes over that, as the rule says (docs/format.md: the nearest common ancestor has
 * none). Over the second one's removal alone it does not go, nor over a choice of what the first one never had.
 */
static void
test_offices__who_chose_what_was_before_is_written_over(void **unused)
{
    (void)unused;

    for (unsigned i = 0; i < 2; i++) {
        const unsigned removed = 0, later = 101, own = 102;

        state = 1;
        begin(3, true, 0);
        (void)give(0, 1);
        (void)give(0, 2);
        write_one(0, removed);
        if (i == 0)
            (void)give(0, 2);
        write_one(0, later);
        write_one(1, removed);
        write_one(2, own);
        (void)give(1, 2);
        assert_true(model_in_conflict(2) && tells_any(2));
        resolve(2, removed);
        (void)give(1, 0);
        assert_true(model_in_conflict(0) && tells_any(0));
        (void)give(0, 2);
        if (i == 0)
            assert_settled(2, later);
        else
            assert_true(model_in_conflict(2) && tells_any(2));
        end_history();
        if (i == 0)
            assert_settled(0, later);
        else
            assert_true(model_in_conflict(0) && tells_any(0));
    }
}

/* The same, where nobody chose it: what the second one chose over the third one's removal was removed by its author, and so brought together. */
static void
test_offices__what_comes_back_by_itself_is_written_over(void **unused)
{
    const unsigned removed = 0, chosen = 101, later = 102;
    (void)unused;

    state = 1;
    begin(3, true, 0);
    (void)give(0, 1);
    (void)give(0, 2);
    write_one(2, removed);
    (void)give(2, 1);
    write_one(0, chosen);
    (void)give(0, 1);
    resolve(1, chosen);
    write_one(0, removed);
    write_one(2, later);
    (void)give(0, 1);
    assert_settled(1, removed);
    (void)give(2, 1);
    assert_settled(1, later);
    end_history();
}

/*
 * Of a value and its removal the first one chose the value, and wrote another on it; the second chose the removal, and so did the third, who knew of both choices. Whoever
 * hears of it, in whatever order, has a conflict: where the first and the second parted there were two that differed, and so none that either of them left as it was.
 */
static void
test_offices__who_goes_on_from_one_choice_does_not_undo_the_other(void **unused)
{
    const unsigned removed = 0, chosen = 101, later = 102;
    (void)unused;

    state = 1;
    begin(3, true, 0);
    (void)give(0, 1);
    (void)give(0, 2);
    write_one(0, chosen);
    write_one(2, removed);
    (void)give(0, 2);
    (void)give(2, 0);
    resolve(0, chosen);
    resolve(2, removed);
    (void)give(0, 1);
    (void)give(2, 1);
    assert_true(model_in_conflict(1) && tells_any(1));
    write_one(0, later);
    (void)give(0, 2);
    assert_true(tells_any(2));
    resolve(1, removed);
    (void)give(1, 0);
    assert_true(model_in_conflict(0) && tells_any(0));
    (void)give(1, 2);
    assert_true(model_in_conflict(2) && tells_any(2));
    end_history();
}

/*
 * The second one chose his own removal over the first one's value; the first one, who knew nothing of that, his value over the third one's, which had been written over
 * another removal. What was itself put aside goes over nothing: it is removed.
 */
static void
test_offices__what_was_put_aside_goes_over_nothing(void **unused)
{
    const unsigned removed = 0, first = 101, third = 102;
    (void)unused;

    state = 1;
    begin(3, true, 0);
    (void)give(0, 1);
    (void)give(0, 2);
    write_one(1, removed);
    write_one(2, removed);
    (void)give(2, 0);
    write_one(0, first);
    write_one(2, third);
    (void)give(0, 1);
    resolve(1, removed);
    (void)give(2, 0);
    resolve(0, first);
    (void)give(0, 1);
    assert_settled(1, removed);
    end_history();
    assert_settled(2, removed);
}

static void
test_offices__all_end_equal_and_nothing_is_lost(void **unused)
{
    unsigned long rounds = number_from("ROUNDS", 25), seed = number_from("SEED", 1);
    (void)unused;

    for (unsigned long i = 0; i < rounds; i++) {
        if (i % VAULTS_FOR == 0)
            open_all((unsigned)(1 + i / VAULTS_FOR));
        state = (seed + i) * 0x9e3779b97f4a7c15u;
        at_history = seed + i;
        run_history();
        at_history = 0;
        if ((i + 1) % 500 == 0)
            fprintf(stderr, "%lu histories\n", i + 1);
    }
    for (unsigned i = 0; i < MODEL_OFFICES; i++)
        assert_int_equal(vault_check_open(office[i], NULL, NULL, NULL), VAULT_OK);
    printf("%lu histories from seed %lu: %llu bundles, %llu merges, %llu times a conflict was told (%llu of them by the vault alone), %llu edits refused for one, "
        "%llu choices made again, %llu conflicts that stayed\n", rounds, seed,
        (unsigned long long)bundles_seen, (unsigned long long)merges_seen, (unsigned long long)conflicts_seen, (unsigned long long)more_seen,
        (unsigned long long)refused_seen, (unsigned long long)again_seen, (unsigned long long)stayed_seen);
    assert_true(rounds < 200 || (conflicts_seen > 0 && merges_seen > 0 && refused_seen > 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offices__a_choice_goes_over_those_it_knew_of),
        cmocka_unit_test(test_offices__two_choices_that_knew_nothing_of_each_other_are_a_conflict),
        cmocka_unit_test(test_offices__what_was_brought_back_is_not_written_over),
        cmocka_unit_test(test_offices__who_chose_what_was_before_is_written_over),
        cmocka_unit_test(test_offices__what_comes_back_by_itself_is_written_over),
        cmocka_unit_test(test_offices__who_goes_on_from_one_choice_does_not_undo_the_other),
        cmocka_unit_test(test_offices__what_was_put_aside_goes_over_nothing),
        cmocka_unit_test(test_offices__all_end_equal_and_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
