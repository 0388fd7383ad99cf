/*
 * test_combine.c - several heads of one record: the rule, on revisions made up here; then on a vault, against a second, slow
 * way to say the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "tests/unit/phrases.h"
#include "vault/base/cbor.h"
#include "vault/base/secret.h"
#include "vault/base/text.h"
#include "vault/record/combine.h"
#include "vault/record/draft.h"
#include "vault/record/scan.h"

/* ---- the rule, on words ---- */

/*
 * A revision is written as words: `title=a` an open value, `title~b` a withheld one that cannot be read (b stands for its c),
 * `title=a~b` one that can; `person/1=x` an element of a field that repeats.
 */
static struct combine x;
static struct gone gone;
static uint8_t salt;            /* each open value has a c of its own */

static void
add_word(struct revision *r, const char *word)
{
    size_t n = strcspn(word, "/=~");
    const char *value = strchr(word, '='), *c = strchr(word, '~');
    struct leaf *l = revision_add(r, PART(word, n), c == NULL ? LEAF_OPEN : LEAF_WITHHELD, PART(NULL, 0));

    assert_non_null(l);
    if (word[n] == '/') {
        l->n_element = ELEMENT_BYTES;
        memset(l->element, word[n + 1], ELEMENT_BYTES);
    }
    if (value != NULL)
        l->value = PART(value + 1, strcspn(value + 1, "~ "));
    memset(l->c, c == NULL ? ++salt : c[1], sizeof l->c);
}

static int
by_leaf(const void *a, const void *b)
{
    return leaf_compare(a, b);
}

/* The words stay where they are: every caller has them as constants. */
static void
says(struct revision *r, const char *text)
{
    revision_init(r);
    while (*text != '\0') {
        char *word = strndup(text, strcspn(text, " "));     /* kept: the leaf borrows it */
        assert_non_null(word);
        add_word(r, word);
        text += strcspn(text, " ");
        text += strspn(text, " ");
    }
    if (r->n_leaves != 0)
        qsort(r->leaf, r->n_leaves, sizeof *r->leaf, by_leaf);
}

static void
forget(struct revision *r)
{
    for (size_t i = 0; i < r->n_leaves; i++)
        free((void *)(uintptr_t)r->leaf[i].field.p);
    revision_free(r);
}

static void
heads(const char *a, const char *b, const char *c)
{
    const char *text[] = { a, b, c };

    memset(&x, 0, sizeof x);
    x.gone = &gone;
    for (x.n_sides = 0; x.n_sides < 3 && text[x.n_sides] != NULL; x.n_sides++)
        says(&x.side[x.n_sides].rev, text[x.n_sides]);
    assert_int_equal(combine_keys(&x), VAULT_OK);
}

static void
ancestor(size_t i, size_t j, const char *text)
{
    struct revision r;

    if (text == NULL) {
        combine_ancestor(&x, i, j, NULL);
        return;
    }
    says(&r, text);
    combine_ancestor(&x, i, j, &r);
    forget(&r);
}

/* What comes of it, as words; `?` where it is in conflict, `!` first where a whole side is to be chosen. */
static void
gives(const char *want)
{
    struct buf got = BUF_INIT;

    combine_judge(&x);
    buf_str(&got, x.whole ? "!" : "");
    for (size_t k = 0; k < x.n_keys; k++) {
        const struct combine_key *key = &x.key[k];
        const struct leaf *l = key->winner < 0 ? NULL : combine_leaf(&x, k, (size_t)key->winner);
        if (key->winner >= 0 && l == NULL)
            continue;
        buf_str(&got, got.n <= (size_t)x.whole ? "" : " ");
        buf_put(&got, key->field.p, key->field.n);
        if (key->n_element != 0)
            buf_fmt(&got, "/%c", key->element[0]);
        if (l == NULL)
            buf_str(&got, "?");
        else if (l->value.n != 0)
            buf_fmt(&got, "=%.*s", (int)l->value.n, (const char *)l->value.p);
        else
            buf_fmt(&got, "~%c", l->c[0]);
    }
    assert_non_null(buf_cstr(&got));
    assert_string_equal((char *)got.p, want);
    buf_free(&got);
    for (size_t i = 0; i < x.n_sides; i++)
        forget(&x.side[i].rev);
    x.n_sides = 0;
    combine_free(&x);
}

static void
test_combine__different_fields_come_together(void **state)
{
    (void)state;

    heads("title=b kind=k", "title=a kind=l", NULL);
    ancestor(0, 1, "title=a kind=k");
    gives("kind=l title=b");
    heads("title=a status=s", "title=a country=c", NULL);       /* added on either side */
    ancestor(0, 1, "title=a");
    gives("title=a status=s country=c");
}

static void
test_combine__the_same_value_is_no_conflict(void **state)
{
    (void)state;

    heads("title=b", "title=b", NULL);
    ancestor(0, 1, "title=a");
    gives("title=b");
    heads("title=b", "title=b", NULL);
    ancestor(0, 1, NULL);
    gives("title=b");
}

static void
test_combine__two_values_are_a_conflict(void **state)
{
    (void)state;

    heads("title=b kind=k", "title=c kind=k", NULL);
    ancestor(0, 1, "title=a kind=k");
    gives("kind=k title?");
    heads("title=b", "title=c", NULL);      /* without anything in common */
    ancestor(0, 1, NULL);
    gives("title?");
}

static void
test_combine__removed_against_changed(void **state)
{
    (void)state;

    heads("title=a", "", NULL);             /* taken away on one side: taken away */
    ancestor(0, 1, "title=a");
    gives("");
    heads("title=b", "", NULL);
    ancestor(0, 1, "title=a");
    gives("title?");
}

static void
test_combine__elements_are_added_and_removed_on_both_sides(void **state)
{
    (void)state;

    heads("person/1=p person/2=q person/4=s", "person/2=q person/3=r person/5=t", NULL);
    ancestor(0, 1, "person/1=p person/2=q person/3=r");
    gives("person/2=q person/4=s person/5=t");
    heads("person/1=p", "person/1=q", NULL);
    ancestor(0, 1, "person/1=o");
    gives("person/1?");
}

/* As `heads` in x, of what both had: these came from `from`. */
static void
together(const char *a, const char *b, const char *from)
{
    struct combine was = x, y;

    heads(a, b, NULL);
    ancestor(0, 1, from);
    combine_judge(&x);
    y = x;
    x = was;
    assert_true(combine_is_open(&x, 0, 1));
    combine_together(&x, 0, 1, &y);
    for (size_t i = 0; i < y.n_sides; i++)
        forget(&y.side[i].rev);
    y.n_sides = 0;
    combine_free(&y);
}

/* Both brought two versions together, each in its own way. What comes of the two decides who has changed something, and if they are in conflict, nothing does. */
static void
test_combine__criss_cross(void **state)
{
    (void)state;

    heads("title=a", "title=b", NULL);      /* one went back to what an ancestor had, the other to what the other had */
    ancestor(0, 1, "title=a");
    ancestor(0, 1, "title=b");
    gives("title?");
    heads("title=a", "title=c", NULL);      /* a was chosen, and c was written by who chose, for all one knows, b */
    ancestor(0, 1, "title=a");
    ancestor(0, 1, "title=b");
    together("title=a", "title=b", "title=o");
    gives("title?");
    heads("title=a", "title=c", NULL);      /* a it is that had come of them */
    ancestor(0, 1, "title=a");
    ancestor(0, 1, "title=b");
    together("title=a", "title=b", "title=b");
    gives("title=c");
    heads("title=a", "title=c", NULL);      /* who has a went back to it */
    ancestor(0, 1, "title=a");
    ancestor(0, 1, "title=b");
    together("title=a", "title=b", "title=a");
    gives("title?");
    heads("kind=k title=a", "title=c", NULL);   /* each key by itself */
    ancestor(0, 1, "kind=k title=a");
    ancestor(0, 1, "kind=l title=a");
    together("kind=k title=a", "kind=l title=a", "kind=l title=a");
    gives("title=c");
    heads("title=c", "title=d", NULL);
    ancestor(0, 1, "title=a");
    ancestor(0, 1, "title=b");
    gives("title?");
}

static void
test_combine__three_heads(void **state)
{
    (void)state;

    heads("title=b kind=k status=s", "title=a kind=l status=s", "title=a kind=k status=t");
    ancestor(0, 1, "title=a kind=k status=s");
    ancestor(0, 2, "title=a kind=k status=s");
    ancestor(1, 2, "title=a kind=k status=s");
    gives("kind=l title=b status=t");
    /* b gives way to c, since they branched at b; a has another history. */
    heads("title=a", "title=b", "title=c");
    ancestor(0, 1, "title=a");
    ancestor(0, 2, "title=a");
    ancestor(1, 2, "title=b");
    gives("title=c");
    heads("title=a", "title=b", "title=c");
    ancestor(0, 1, "title=a");
    ancestor(0, 2, "title=a");
    ancestor(1, 2, "title=a");
    gives("title?");
}

/* Who cannot read them goes by their c: carried on it is the same; written anew it is another, whatever it says. */
static void
test_combine__withheld_values(void **state)
{
    (void)state;

    heads("notes~1 title=b", "notes~2 title=a", NULL);
    ancestor(0, 1, "notes~1 title=a");
    gives("notes~2 title=b");
    heads("notes~2", "notes~3", NULL);
    ancestor(0, 1, "notes~1");
    gives("notes?");
    heads("notes=x~2", "notes=x~3", NULL);      /* a keeper sees that they are the same */
    ancestor(0, 1, "notes=w~1");
    gives("notes=x");
    heads("notes=x~2", "notes~2", NULL);        /* one was not read: then the c tells */
    ancestor(0, 1, "notes=w~1");
    gives("notes=x");
    heads("notes=x", "notes=x~2", NULL);        /* withheld since: the open one gives way */
    ancestor(0, 1, "notes=x");
    combine_judge(&x);
    assert_int_equal(x.key[0].winner, 1);
    gives("notes=x");
    heads("notes=x", "notes=x~2", NULL);
    ancestor(0, 1, NULL);
    gives("notes?");
}

static void
test_combine__a_removed_record_beside_content_is_a_conflict(void **state)
{
    (void)state;

    heads("_removed=1", "title=b", NULL);
    ancestor(0, 1, "title=a");
    gives("!title? _removed=1");
    heads("_removed=1", "title=a kind=k", NULL);    /* nothing is changed, something is added */
    ancestor(0, 1, "title=a");
    gives("!kind=k _removed=1");
    heads("_removed=1", "title=a", NULL);           /* the other side did nothing */
    ancestor(0, 1, "title=a");
    gives("_removed=1");
    heads("_removed=1", "title=b", NULL);           /* brought back */
    ancestor(0, 1, "_removed=1");
    gives("title=b");
    heads("_removed=1", "_removed=1", NULL);
    ancestor(0, 1, "title=a");
    gives("_removed=1");
}

/* A person says which; the rule then goes by the others of that kind. */
static void
test_combine__a_side_taken_as_a_whole(void **state)
{
    (void)state;

    for (size_t take = 0; take < 3; take++) {
        heads("_removed=1", "title=b kind=k", "title=c kind=k");
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < i; j++)
                ancestor(i, j, "title=a kind=k");
        combine_judge(&x);
        assert_true(x.whole);
        combine_take_side(&x, take);
        assert_false(x.whole);
        assert_int_equal(x.conflicts, take == 0 ? 0 : 1);
        gives(take == 0 ? "_removed=1" : "kind=k title?");
    }
}

/* What was purged is none, wherever it stands. */
static void
test_combine__what_was_purged_is_none(void **state)
{
    uint8_t c[32];
    (void)state;

    memset(c, '1', sizeof c);
    heads("notes~1 title=a", "notes~2 title=a", NULL);
    assert_int_equal(gone_add(&gone, x.side[0].rev.record, c, GONE_FIELD), VAULT_OK);
    forget(&x.side[0].rev);
    forget(&x.side[1].rev);
    combine_free(&x);
    heads("notes~1 title=a", "notes~2 title=a", NULL);
    ancestor(0, 1, "notes~1 title=a");
    gives("notes~2 title=a");
    heads("notes~1 title=a", "title=b", NULL);
    ancestor(0, 1, "notes~1 title=a");
    gives("title=b");
    gone_free(&gone);
}

/* ---- on a vault: random histories, and the rule said in another way ---- */

#define REVS 12
#define KEYS 6                  /* title, country, status, two persons, notes */
#define NOTES 5
#define ROUNDS 1000

static uint64_t lot = 88172645463325252u;

static unsigned
draw(unsigned n)
{
    lot ^= lot << 13;
    lot ^= lot >> 7;
    lot ^= lot << 17;
    return (unsigned)((lot >> 33) % n);
}

/* One record: who follows whom, and what each says; 0: nothing. Of notes without a keeper: which of all was written. */
struct model {
    unsigned n, parent[REVS][3], n_parents[REVS];
    unsigned state[REVS][KEYS];
    unsigned under[REVS];       /* bit a: a is an ancestor */
    uint32_t number[REVS];
    uint8_t id[REVS][32];
};
static struct model m;
static unsigned written;

static struct part
key_field(unsigned k)
{
    static const char *const NAME[KEYS] = { "title", "country", "status", "person", "person", "notes" };

    return PART(NAME[k], strlen(NAME[k]));
}

static void
put_value(struct buf *b, unsigned k, unsigned s)
{
    uint8_t id[16];
    char text[16];

    memset(id, (int)s, sizeof id);
    snprintf(text, sizeof text, "v%u", s);
    if (k == 3 || k == 4)
        cbor_bytes(b, id, sizeof id);
    else
        cbor_text(b, text);
}

/* The leaf of an ancestor that has these notes. */
static void
carry_notes(struct revision *rev, unsigned from)
{
    struct revision old;

    revision_init(&old);
    assert_int_equal(recs_load(&v->recs, m.number[from], &old), VAULT_OK);
    for (size_t i = 0; i < old.n_leaves; i++) {
        const struct leaf *l = &old.leaf[i];
        struct leaf *c;
        if (l->tier != LEAF_WITHHELD)
            continue;
        c = revision_carry(rev, l, l->here ? old.id : l->introduced);
        assert_non_null(c);
        c->field = key_field(NOTES);
    }
    revision_free(&old);
}

static void
store_revision(struct change *c, const uint8_t record[16], unsigned r, bool fresh_notes)
{
    const struct type_def *t = type_set_current(&v->recs.types, "case");
    struct buf value[KEYS];
    struct revision rev;

    revision_init(&rev);
    draft_begin(&v->recs, &rev, t->hash);
    memcpy(rev.record, record, 16);
    for (unsigned i = 0; i < m.n_parents[r]; i++)
        memcpy(rev.parent[rev.n_parents++], m.id[m.parent[r][i]], 32);
    for (unsigned k = 0; k < KEYS; k++) {
        struct leaf *l;
        value[k] = (struct buf)BUF_INIT;
        if (m.state[r][k] == 0 || (k == NOTES && !fresh_notes))
            continue;
        put_value(&value[k], k, m.state[r][k]);
        l = revision_add(&rev, key_field(k), k == NOTES ? LEAF_WITHHELD : LEAF_OPEN, PART(value[k].p, value[k].n));
        assert_non_null(l);
        if (k == 3 || k == 4) {
            l->n_element = ELEMENT_BYTES;
            memset(l->element, (int)k, ELEMENT_BYTES);
        }
    }
    if (m.state[r][NOTES] != 0 && !fresh_notes)
        carry_notes(&rev, m.parent[r][0]);
    assert_int_equal(change_add(c, &rev), VAULT_OK);
    m.number[r] = v->recs.index.n;
    memcpy(m.id[r], rev.id, 32);
    for (unsigned k = 0; k < KEYS; k++)
        buf_free(&value[k]);
    revision_free(&rev);
}

static void
draw_parents(unsigned r)
{
    static const unsigned MANY[] = { 1, 1, 1, 1, 1, 2, 2, 3 };

    m.n_parents[r] = m.under[r] = 0;
    for (unsigned left = r == 0 || draw(12) == 0 ? 0 : MANY[draw(8)]; left > 0; left--) {     /* a second beginning, too */
        unsigned p = r - 1 - draw(r < 5 ? r : 5);
        if (m.under[r] >> p & 1)
            continue;           /* known through another already */
        m.parent[r][m.n_parents[r]++] = p;
        m.under[r] |= m.under[p] | 1u << p;
    }
}

/* A history by lot: mostly of what the first parent says, with some of it changed. There always is a title: without an open value
 * two revisions could be one and the same. */
static uint32_t
draw_history(struct change *c)
{
    uint8_t record[16];

    for (unsigned i = 0; i < sizeof record; i++)
        record[i] = (uint8_t)(1 + draw(255));
    m.n = 3 + draw(REVS - 3);
    for (unsigned r = 0; r < m.n; r++) {
        bool root, fresh;
        draw_parents(r);
        root = m.n_parents[r] == 0;
        for (unsigned k = 0; k < KEYS; k++) {
            m.state[r][k] = root ? 0 : m.state[m.parent[r][0]][k];
            if (k == NOTES || (!root && draw(4) != 0))
                continue;
            m.state[r][k] = k == 0 ? 1 + draw(3) : draw(4);
        }
        fresh = root || draw(4) == 0;
        if (fresh)
            m.state[r][NOTES] = is_keeper(v) ? draw(4) : draw(4) == 0 ? 0 : ++written;
        store_revision(c, record, r, fresh);
    }
    return m.number[0];
}

static bool
is_parent(unsigned a)
{
    for (unsigned r = 0; r < m.n; r++)
        for (unsigned i = 0; i < m.n_parents[r]; i++)
            if (m.parent[r][i] == a)
                return true;
    return false;
}

static int model_winner(const unsigned *head, unsigned n, unsigned k);

/* Ancestors of both that nothing else of this kind follows. */
static unsigned
model_nearest(unsigned i, unsigned j, unsigned out[static REVS])
{
    unsigned common = m.under[i] & m.under[j], n = 0;

    for (unsigned a = 0; a < m.n; a++) {
        bool follows = false;
        if (!(common >> a & 1))
            continue;
        for (unsigned b = 0; b < m.n; b++)
            follows = follows || ((common >> b & 1) && (m.under[b] >> a & 1));
        if (!follows)
            out[n++] = a;
    }
    return n;
}

/* Does s give way to t between heads i and j? By looking at all of them. */
static bool
model_gives_way(unsigned i, unsigned j, unsigned k, unsigned s, unsigned t)
{
    unsigned nearest[REVS], n = model_nearest(i, j, nearest);

    if (n == 0)
        return s == 0 && t != 0;
    for (unsigned a = 0; a < n; a++)
        if (m.state[nearest[a]][k] == t)
            return false;
    return model_winner(nearest, n, k) == (int)s;
}

/* The state that wins, or -1. */
static int
model_winner(const unsigned *head, unsigned n, unsigned k)
{
    int found = -1;

    for (unsigned i = 0; i < n; i++) {
        bool wins = true;
        for (unsigned j = 0; j < n; j++) {
            unsigned s = m.state[head[i]][k], t = m.state[head[j]][k];
            wins = wins && (s == t || model_gives_way(head[i], head[j], k, t, s));
        }
        if (!wins)
            continue;
        assert_true(found < 0 || found == (int)m.state[head[i]][k]);
        found = (int)m.state[head[i]][k];
    }
    return found;
}

/* Had both heads that state before they parted? Without a common past they had nothing. */
static bool
had_in_common(unsigned i, unsigned j, unsigned k, unsigned s)
{
    unsigned common = m.under[i] & m.under[j];

    for (unsigned a = 0; a < m.n; a++)
        if ((common >> a & 1) && m.state[a][k] == s)
            return true;
    return common == 0 && s == 0;
}

/* Neither lost nor hidden: what one head says and the result does not, some head that has the result knew, and changed. */
static void
assert_nothing_is_lost(const unsigned *head, unsigned n, unsigned k, int winner)
{
    for (unsigned i = 0; winner >= 0 && i < n; i++) {
        bool known = m.state[head[i]][k] == (unsigned)winner;
        for (unsigned j = 0; j < n; j++)
            known = known || (m.state[head[j]][k] == (unsigned)winner &&
                had_in_common(head[i], head[j], k, m.state[head[i]][k]));
        assert_true(known);
    }
}

static unsigned
model_heads(unsigned *head)
{
    unsigned n = 0;

    for (unsigned r = 0; r < m.n; r++)
        if (!is_parent(r))
            head[n++] = r;
    return n;
}

static size_t
side_of(const struct combine *c, unsigned r)
{
    for (size_t s = 0; s < c->n_sides; s++)
        if (c->side[s].n == m.number[r])
            return s;
    fail();
    return 0;
}

/* The key in c, or -1 where no head has anything there. */
static int
key_of(const struct combine *c, unsigned k)
{
    for (size_t i = 0; i < c->n_keys; i++)
        if (c->key[i].field.n == key_field(k).n && memcmp(c->key[i].field.p, key_field(k).p, key_field(k).n) == 0 &&
            (c->key[i].n_element == 0 || c->key[i].element[0] == k))
            return (int)i;
    return -1;
}

/* What c found at key k, as the model has it. */
static int
found(const struct combine *c, const unsigned *head, unsigned n, unsigned k)
{
    int i = key_of(c, k);

    if (i < 0)
        return 0;
    if (c->key[i].winner < 0)
        return -1;
    for (unsigned h = 0; h < n; h++)
        if (side_of(c, head[h]) == (size_t)c->key[i].winner)
            return (int)m.state[head[h]][k];
    return -2;
}

/* The same heads in another order. */
static void
assert_order_does_not_matter(const struct combine *c, const unsigned *head, unsigned n)
{
    struct combine *y = calloc(1, sizeof *y);
    unsigned turn = draw(n);

    assert_non_null(y);
    y->gone = c->gone;
    y->n_sides = n;
    for (size_t s = 0; s < n; s++)
        y->side[s] = c->side[n - 1 - (s + turn) % n];
    assert_int_equal(combine_keys(y), VAULT_OK);
    assert_int_equal(y->n_keys, c->n_keys);
    for (size_t k = 0; k < y->n_keys; k++)
        for (size_t s = 0; s < n; s++)
            for (size_t to = 0; to < n; to++)
                for (int other = 0; other < 2; other++) {
                    const uint16_t *from = other ? c->other : c->held;

                    if (from[k * n + (n - 1 - (s + turn) % n)] >> (n - 1 - (to + turn) % n) & 1)
                        (other ? y->other : y->held)[k * n + s] |= (uint16_t)(1u << to);
                }
    combine_judge(y);
    for (unsigned k = 0; k < KEYS; k++)
        assert_int_equal(found(y, head, n, k), found(c, head, n, k));
    free(y->key);
    free(y->leaf);
    free(y->held);
    free(y->other);
    free(y);
}

static bool
model_equal(const unsigned *head, unsigned n)
{
    for (unsigned i = 1; i < n; i++)
        for (unsigned k = 0; k < KEYS; k++)
            if (m.state[head[i]][k] != m.state[head[0]][k])
                return false;
    return true;
}

/* Heads that were brought together: one head, with just the winners. */
static void
assert_combined(uint32_t first, const unsigned *head, unsigned n)
{
    struct revision rev;
    struct buf extra = BUF_INIT;
    uint32_t at = 0;
    bool conflict = true;

    revision_init(&rev);
    assert_int_equal(recs_head(&v->recs, first, &at, &conflict), VAULT_OK);
    assert_false(conflict);
    assert_int_equal(at, v->recs.index.n);
    assert_int_equal(recs_heads(&v->recs, first, NULL, 0), 1);
    assert_int_equal(recs_load(&v->recs, at, &rev), VAULT_OK);
    assert_int_equal(recs_check_carried(&v->recs, at, &rev), VAULT_OK);
    if (is_keeper(v))
        assert_int_equal(recs_reveal(&v->recs, at, &rev, &extra), VAULT_OK);
    assert_int_equal(rev.n_parents, n);
    assert_false(revision_introduces(&rev));
    for (unsigned k = 0, seen = 0; k < KEYS; k++) {
        uint8_t element[ELEMENT_BYTES];
        const struct leaf *l;
        struct buf want = BUF_INIT;
        int w = model_winner(head, n, k);
        memset(element, (int)k, sizeof element);
        l = revision_find(&rev, key_field(k), element, k == 3 || k == 4 ? ELEMENT_BYTES : 0);
        assert_true((l != NULL) == (w > 0));
        seen += l != NULL;
        if (l != NULL && (k != NOTES || is_keeper(v))) {
            put_value(&want, k, (unsigned)w);
            assert_int_equal(l->value.n, want.n);
            assert_memory_equal(l->value.p, want.p, want.n);
        }
        buf_free(&want);
        if (k == KEYS - 1)
            assert_int_equal(rev.n_leaves, seen);
    }
    revision_free(&rev);
    buf_free(&extra);
}

static void
one_history(struct change *c, unsigned *clean, unsigned *contested)
{
    unsigned head[REVS], n, conflicts = 0;
    struct combine *y = calloc(1, sizeof *y);
    uint32_t first = draw_history(c), at = 0;
    bool conflict = false, merged = false;

    assert_non_null(y);
    n = model_heads(head);
    assert_int_equal(recs_head(&v->recs, first, &at, &conflict), VAULT_OK);
    assert_int_equal(recs_heads(&v->recs, first, NULL, 0), n);
    assert_int_equal(conflict, !model_equal(head, n));
    assert_int_equal(combine_load(&v->recs, first, y), VAULT_OK);
    assert_int_equal(y->side[0].n, at);
    assert_false(y->whole);
    for (unsigned k = 0; k < KEYS; k++) {
        int w = model_winner(head, n, k);
        assert_int_equal(found(y, head, n, k), w);
        assert_nothing_is_lost(head, n, k, w);
        conflicts += w < 0;
    }
    assert_int_equal(y->conflicts, conflicts);
    assert_order_does_not_matter(y, head, n);
    combine_free(y);
    free(y);
    assert_int_equal(session_combine(v, c, first, &merged), VAULT_OK);
    assert_int_equal(merged, conflict && conflicts == 0);
    if (merged)
        assert_combined(first, head, n);
    *clean += merged;
    *contested += conflicts != 0;
}

static void
random_histories(void)
{
    unsigned clean = 0, contested = 0;
    struct change c;
    uint32_t before = v->recs.index.n;

    assert_int_equal(session_begin(v, &c), VAULT_OK);
    for (unsigned i = 0; i < ROUNDS; i++)
        one_history(&c, &clean, &contested);
    change_abort(&c);
    assert_int_equal(v->recs.index.n, before);
    assert_true(clean > ROUNDS / 20 && contested > ROUNDS / 20);
}

static void
test_combine__random_histories_by_a_keeper(void **state)
{
    (void)state;
    reopen();
    random_histories();
}

/* Who cannot read withheld values brings them together all the same. */
static void
test_combine__random_histories_by_a_caseworker(void **state)
{
    (void)state;
    reopen_as(OTHER_PHRASE);
    random_histories();
    reopen();
}

/* ---- which head stands for the record ---- */

/* Another revision of a case; `on` NULL: the first. */
static uint32_t
add_case(struct change *c, const uint8_t record[16], const uint8_t *on, const char *title, int64_t at)
{
    struct buf value = BUF_INIT;
    struct revision rev;

    revision_init(&rev);
    draft_begin(&v->recs, &rev, type_set_current(&v->recs.types, "case")->hash);
    memcpy(rev.record, record, 16);
    rev.time = at;
    if (on != NULL)
        memcpy(rev.parent[rev.n_parents++], on, 32);
    cbor_text(&value, title);
    assert_non_null(revision_add(&rev, key_field(0), LEAF_OPEN, PART(value.p, value.n)));
    assert_int_equal(change_add(c, &rev), VAULT_OK);
    buf_free(&value);
    revision_free(&rev);
    return v->recs.index.n;
}

/* A record of two heads that say so and were written then; committed. Its first number; *head: those of both. */
static uint32_t
two_heads(uint8_t mark, const char *a, int64_t at_a, const char *b, int64_t at_b, uint32_t head[2])
{
    struct commit what = { .action = "edit" };
    uint8_t record[16];
    struct change c;
    uint32_t first;

    memset(record, mark, sizeof record);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    first = add_case(&c, record, NULL, "before", 1000);
    head[0] = add_case(&c, record, v->recs.index.pair[first].revision, a, at_a);
    head[1] = add_case(&c, record, v->recs.index.pair[first].revision, b, at_b);
    assert_int_equal(session_commit(v, &c, &what), VAULT_OK);
    return first;
}

static void
assert_head(uint32_t first, uint32_t want, bool conflict)
{
    uint32_t head = 0;
    bool got = !conflict;

    assert_int_equal(recs_head(&v->recs, first, &head, &got), VAULT_OK);
    assert_int_equal(head, want);
    assert_int_equal(got, conflict);
}

/* Whichever came first. */
static void
test_combine__of_several_heads_the_newest_counts_then_the_id(void **state)
{
    uint32_t h[2], first;
    (void)state;

    for (int again = 0; again < 2; again++) {
        first = two_heads((uint8_t)(0x11 + again), "a", 3000, "b", 2000, h);
        assert_head(first, h[0], true);
        first = two_heads((uint8_t)(0x21 + again), "a", 2000, "b", 3000, h);
        assert_head(first, h[1], true);
        first = two_heads((uint8_t)(0x31 + again), "a", 2000, "b", 2000, h);
        assert_head(first, memcmp(v->recs.index.pair[h[0]].revision, v->recs.index.pair[h[1]].revision, 32) > 0 ?
            h[0] : h[1], true);
        reopen();       /* the same from what is stored */
        assert_int_equal(index_record(&v->recs.index, v->recs.index.pair[first].record), first);
    }
}

struct count { uint32_t first; unsigned n; };

static vault_err
count_one(struct scan *s, uint32_t n, struct revision *rev)
{
    struct count *c = s->ctx;

    (void)rev;
    c->n += v->recs.index.pair[n].first == c->first;
    return VAULT_OK;
}

static unsigned
scanned(uint32_t first)
{
    struct count c = { .first = first };
    struct scan s = { .r = &v->recs, .fn = count_one, .ctx = &c };

    assert_int_equal(scan_run(&s), VAULT_OK);
    return c.n;
}

/* Two offices merged the same two sides, each for itself: that is one record, seen once, and it becomes one again. */
static void
test_combine__equal_heads_are_one_record(void **state)
{
    struct vault_added added;
    struct vault_status st;
    struct vault_record *r = NULL;
    uint64_t records;
    uint32_t h[2], n[4], first;
    bool conflict = true, merged = true;
    char code[CODE_LEN + 1];
    struct change c;
    vault_fields *f;
    (void)state;

    first = two_heads(0x41, "the same", 2000, "the same", 3000, h);
    for (int again = 0; again < 2; again++) {
        assert_head(first, h[1], false);
        assert_int_equal(recs_heads(&v->recs, first, n, 4), 2);
        assert_int_equal(n[0], h[1]);
        assert_int_equal(n[1], h[0]);
        reopen();
        assert_int_equal(scanned(first), 1);        /* before anybody asked for this record */
    }
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    records = st.records;
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    assert_int_equal(session_combine(v, &c, first, &merged), VAULT_OK);
    assert_false(merged);                           /* nothing to do, for ever */
    change_abort(&c);
    code_of(code, v->recs.index.pair[first].record);
    f = fields("title", "another", NULL);
    assert_int_equal(vault_edit(v, code, f, &added), VAULT_OK);
    vault_fields_free(f);
    assert_int_equal(recs_head(&v->recs, first, &h[0], &conflict), VAULT_OK);
    assert_int_equal(recs_heads(&v->recs, first, n, 4), 1);
    assert_int_equal(vault_show(v, code, NULL, false, &r), VAULT_OK);
    assert_false(r->conflict);
    vault_record_free(r);
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_int_equal(st.records, records);
}

/* Every way to write on top of them takes both along. */
static void
test_combine__whatever_follows_equal_heads_follows_both(void **state)
{
    struct vault_added added;
    uint32_t h[2], first, n[4];
    char code[CODE_LEN + 1], hex[2 * 32 + 1];
    (void)state;

    first = two_heads(0x51, "the same", 2000, "the same", 3000, h);
    code_of(code, v->recs.index.pair[first].record);
    hex_of(hex, v->recs.index.pair[first].revision, 32);
    assert_int_equal(vault_revert(v, code, hex, &added), VAULT_OK);
    assert_head(first, v->recs.index.n, false);
    assert_int_equal(recs_heads(&v->recs, first, n, 4), 1);
    first = two_heads(0x52, "the same", 2000, "the same", 3000, h);
    code_of(code, v->recs.index.pair[first].record);
    assert_int_equal(vault_remove(v, code, &added), VAULT_OK);
    assert_head(first, v->recs.index.n, false);
    assert_int_equal(recs_heads(&v->recs, first, n, 4), 1);
}

/* Until somebody chooses, both are seen. */
static void
test_combine__heads_that_differ_are_both_seen(void **state)
{
    struct vault_added added;
    uint32_t h[2], first;
    char code[CODE_LEN + 1];
    vault_fields *f;
    (void)state;

    first = two_heads(0x61, "one", 2000, "other", 3000, h);
    assert_int_equal(scanned(first), 2);
    code_of(code, v->recs.index.pair[first].record);
    f = fields("title", "third", NULL);
    assert_int_equal(vault_edit(v, code, f, &added), VAULT_ERR_CONFLICT);
    assert_non_null(strstr(vault_last_error()->hint, "resolve"));
    vault_fields_free(f);
}

/* More heads than a revision has parents are brought together in turns. */
static void
test_combine__many_heads(void **state)
{
    const struct type_def *t = type_set_current(&v->recs.types, "case");
    uint8_t record[16], root[32];
    struct revision rev;
    uint32_t first = 0, head = 0;
    bool merged = false;
    struct change c;
    (void)state;

    memset(record, 0x81, sizeof record);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    first = add_case(&c, record, NULL, "before", 1000);
    memcpy(root, v->recs.index.pair[first].revision, 32);
    for (unsigned i = 0; i < 40; i++) {     /* each adds a person */
        struct buf value = BUF_INIT, title = BUF_INIT;
        struct leaf *l;
        revision_init(&rev);
        draft_begin(&v->recs, &rev, t->hash);
        memcpy(rev.record, record, 16);
        memcpy(rev.parent[rev.n_parents++], root, 32);
        put_value(&value, 3, i + 1);
        cbor_text(&title, "before");
        assert_non_null(revision_add(&rev, key_field(0), LEAF_OPEN, PART(title.p, title.n)));
        l = revision_add(&rev, key_field(3), LEAF_OPEN, PART(value.p, value.n));
        assert_non_null(l);
        l->n_element = ELEMENT_BYTES;
        memset(l->element, (int)i, ELEMENT_BYTES);
        assert_int_equal(change_add(&c, &rev), VAULT_OK);
        buf_free(&value);
        buf_free(&title);
        revision_free(&rev);
    }
    assert_int_equal(recs_head(&v->recs, first, &head, NULL), VAULT_OK);
    assert_int_equal(recs_heads(&v->recs, first, NULL, 0), 40);
    assert_int_equal(session_combine(v, &c, first, &merged), VAULT_OK);
    assert_true(merged);
    assert_int_equal(recs_head(&v->recs, first, &head, NULL), VAULT_OK);
    assert_int_equal(recs_heads(&v->recs, first, NULL, 0), 1);
    revision_init(&rev);
    assert_int_equal(recs_load(&v->recs, head, &rev), VAULT_OK);
    assert_int_equal(rev.n_leaves, 41);
    revision_free(&rev);
    change_abort(&c);
}

/* A field was purged: what was different in it is no difference any more. */
static void
test_combine__a_purge_can_make_heads_equal(void **state)
{
    struct vault_purged done;
    struct vault_purge what = { .field = "title" };
    uint32_t h[2], first;
    char code[CODE_LEN + 1];
    (void)state;

    first = two_heads(0x71, "one", 2000, "other", 3000, h);
    assert_head(first, h[1], true);
    code_of(code, v->recs.index.pair[first].record);
    what.id = code;
    assert_int_equal(vault_purge(v, &what, &done), VAULT_OK);
    assert_head(first, h[1], false);
    reopen();
    assert_head(first, h[1], false);
}

/* ---- ancestors that differ, on a vault ---- */

static int64_t clock_of_nodes;          /* each is of another time, and so another revision */

/* A revision on these, which says `title` and `country` (NULL: nothing; "": it is removed). Its number. */
static uint32_t
add_node(struct change *c, const uint8_t record[16], const uint32_t *on, size_t n, const char *title, const char *country)
{
    const struct { const char *field, *text; } said[] = { { "title", title }, { "country", country } };
    struct buf value[2] = { BUF_INIT, BUF_INIT };
    struct revision rev;

    revision_init(&rev);
    draft_begin(&v->recs, &rev, type_set_current(&v->recs.types, "case")->hash);
    memcpy(rev.record, record, 16);
    rev.time = ++clock_of_nodes;
    for (size_t i = 0; i < n; i++)
        memcpy(rev.parent[rev.n_parents++], v->recs.index.pair[on[i]].revision, 32);
    for (size_t i = 0; i < 2; i++) {
        bool removed = said[i].text != NULL && said[i].text[0] == '\0';
        const char *field = removed ? REMOVED_FIELD : said[i].field;

        if (said[i].text == NULL)
            continue;
        if (removed)
            cbor_bool(&value[i], true);
        else
            cbor_text(&value[i], said[i].text);
        assert_non_null(revision_add(&rev, PART(field, strlen(field)), LEAF_OPEN, PART(value[i].p, value[i].n)));
    }
    assert_int_equal(change_add(c, &rev), VAULT_OK);
    buf_free(&value[0]);
    buf_free(&value[1]);
    revision_free(&rev);
    return v->recs.index.n;
}

static bool
comes_together(struct change *c, uint32_t first)
{
    bool merged = false;

    assert_int_equal(session_combine(v, c, first, &merged), VAULT_OK);
    return merged;
}

/* Both merge the same two, over and over; each time one changes the title, and the other does not. What comes of it is known as far back as anybody looks. */
static bool
crosses(unsigned times)
{
    struct change c;
    uint8_t record[16];
    uint32_t first, both[2], next[2];
    char now[16] = "o", then[16];
    bool yes;

    memset(record, 0x90 + (int)times, sizeof record);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    first = add_node(&c, record, NULL, 0, now, NULL);
    both[0] = both[1] = first;
    for (unsigned i = 0; i < times; i++) {
        memcpy(then, now, sizeof then);
        snprintf(now, sizeof now, "v%u", i);
        next[0] = add_node(&c, record, both, i == 0 ? 1 : 2, now, NULL);
        next[1] = add_node(&c, record, both, i == 0 ? 1 : 2, then, NULL);
        memcpy(both, next, sizeof both);
    }
    yes = comes_together(&c, first);
    change_abort(&c);
    return yes;
}

static void
test_combine__looks_back_so_far_and_no_further(void **state)
{
    (void)state;

    assert_true(crosses(1));
    assert_true(crosses(2));
    assert_true(crosses(9));
    assert_false(crosses(10));
}

/* `n` that two heads have both merged, in two steps each, as a revision has not so many parents; one of the n changed the title. */
static bool
many_ancestors(unsigned n)
{
    struct change c;
    uint8_t record[16];
    uint32_t first, ancestor[20], half[2], head;
    bool yes;

    memset(record, 0xa0 + (int)n, sizeof record);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    first = add_node(&c, record, NULL, 0, "o", NULL);
    for (unsigned i = 0; i < n; i++)
        ancestor[i] = add_node(&c, record, &first, 1, i == 0 ? "changed" : "o", NULL);
    for (unsigned side = 0; side < 2; side++) {
        half[0] = add_node(&c, record, ancestor, n / 2, "changed", NULL);
        half[1] = add_node(&c, record, ancestor + n / 2, n - n / 2, "changed", NULL);
        head = add_node(&c, record, half, 2, side == 0 ? "changed" : "changed again", NULL);
        assert_int_equal(head, v->recs.index.n);
    }
    yes = comes_together(&c, first);
    change_abort(&c);
    return yes;
}

static void
test_combine__more_ancestors_than_sides_are_a_conflict(void **state)
{
    (void)state;

    assert_true(many_ancestors(16));
    assert_false(many_ancestors(17));
}

/* One ancestor removed the record that the other added to: nothing comes of that, also not of the title, which by itself would be gone. */
static bool
removed_before(bool added)
{
    struct change c;
    uint8_t record[16];
    uint32_t first, both[2];
    bool yes;

    memset(record, 0xb0 + added, sizeof record);
    assert_int_equal(session_begin(v, &c), VAULT_OK);
    first = add_node(&c, record, NULL, 0, "o", NULL);
    both[0] = add_node(&c, record, &first, 1, added ? "" : NULL, added ? NULL : "KZ");
    both[1] = add_node(&c, record, &first, 1, "o", "KP");
    (void)add_node(&c, record, both, 2, NULL, "RU");
    (void)add_node(&c, record, both, 2, "other", "RU");
    yes = comes_together(&c, first);
    change_abort(&c);
    return yes;
}

static void
test_combine__a_removal_among_the_ancestors_is_a_conflict(void **state)
{
    (void)state;

    assert_true(removed_before(false));
    assert_false(removed_before(true));
}

int
main(void)
{
#define T(name) cmocka_unit_test(test_combine__##name)
    const struct CMUnitTest tests[] = {
        T(different_fields_come_together),
        T(the_same_value_is_no_conflict),
        T(two_values_are_a_conflict),
        T(removed_against_changed),
        T(elements_are_added_and_removed_on_both_sides),
        T(criss_cross),
        T(three_heads),
        T(withheld_values),
        T(a_removed_record_beside_content_is_a_conflict),
        T(a_side_taken_as_a_whole),
        T(what_was_purged_is_none),
        T(random_histories_by_a_keeper),
        T(random_histories_by_a_caseworker),
        T(of_several_heads_the_newest_counts_then_the_id),
        T(equal_heads_are_one_record),
        T(whatever_follows_equal_heads_follows_both),
        T(heads_that_differ_are_both_seen),
        T(many_heads),
        T(a_purge_can_make_heads_equal),
        T(looks_back_so_far_and_no_further),
        T(more_ancestors_than_sides_are_a_conflict),
        T(a_removal_among_the_ancestors_is_a_conflict),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_two_tiers, remove_vault);
}
