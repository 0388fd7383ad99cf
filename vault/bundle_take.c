/*
 * bundle_take.c - see bundle_take.h.
 *
 * Revisions keep their ids: author, time, parents and every leaf are the sender's. What changes is where a value is kept: under keys of this
 * vault, and among the withheld ones where this vault's type says so.
 */
#include "vault/bundle_take.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"
#include "vault/exchange.h"
#include "vault/record/disclose.h"
#include "vault/record/file.h"

static vault_err
damaged(const char *what)
{
    return err_say(VAULT_ERR_DAMAGED, "do not use it; ask who sent it, in another way", "%s", what);
}

void
bundle_take_free(struct bundle_take *t)
{
    for (size_t i = 0; i < t->n_places; i++) {
        sodium_memzero(t->place[i], sizeof *t->place[i]);
        free(t->place[i]);
    }
    free(t->place);
    free(t->touched);
    buf_free(&t->left_out);
    buf_free(&t->arrived);
}

static void
note_again(struct bundle_take *t, const struct buf *list, enum gone_what what)
{
    for (size_t at = 0; at + LEFT_OUT_BYTES <= list->n; at += LEFT_OUT_BYTES) {
        const uint8_t *revision = list->p + at + RECORD_ID_BYTES;
        vault_err err = gone_add(&t->v->recs.left, revision, revision + REVISION_ID_BYTES, what);
        (void)err;              /* it is known: nothing is allocated */
    }
}

void
bundle_take_undo(struct bundle_take *t)
{
    change_abort(&t->change);
    type_set_cut_theirs(&t->v->recs.types, t->theirs_before);
    note_again(t, &t->left_out, GONE_NOT);
    note_again(t, &t->arrived, GONE_LEFT_OUT);
}

/* ---- records ---- */

static vault_err
touch(struct bundle_take *t, const uint8_t record[static RECORD_ID_BYTES], struct touched_record **out)
{
    struct touched_record *p = t->n_touched > 0 && memcmp(t->touched[t->n_touched - 1].record, record, RECORD_ID_BYTES) == 0 ?
        &t->touched[t->n_touched - 1] : NULL;

    if (p == NULL) {
        uint32_t first = index_record(&t->v->recs.index, record);

        p = array_room(t->touched, t->n_touched, &t->cap_touched, sizeof *p);
        if (p == NULL)
            return err_nomem();
        t->touched = p;
        p += t->n_touched++;
        memset(p, 0, sizeof *p);
        memcpy(p->record, record, RECORD_ID_BYTES);
        p->is_new = first == 0;
        p->purged_here = first != 0 && index_purged(&t->v->recs.index, first);
    }
    *out = p;
    return VAULT_OK;
}

/* ---- what is new ---- */

/* Is any value told that this vault is without so far? */
static vault_err
judge_known(struct bundle_take *t, struct told_revision *x)
{
    struct revision rev;
    vault_err err;

    revision_init(&rev);
    err = disclose_read(PART(x->bytes.p, x->bytes.n), &rev);
    for (size_t i = 0; err == VAULT_OK && i < rev.n_leaves; i++) {
        bool back = false;

        if (!rev.leaf[i].here || rev.leaf[i].value.n == 0 || gone_find(&t->v->recs.left, rev.id, rev.leaf[i].c) != GONE_LEFT_OUT)
            continue;
        err = bundle_comes_back(t, x, &rev, &rev.leaf[i], &back);
        x->arrives = x->arrives || !back;
    }
    revision_free(&rev);
    return err;
}

static int
by_record(const void *a, const void *b)
{
    return memcmp(a, b, RECORD_ID_BYTES);
}

/* Revisions of one record stand together: what is counted for each record would else count for nothing. */
static vault_err
judge_order(const struct bundle_take *t)
{
    uint8_t (*id)[RECORD_ID_BYTES] = calloc(t->n_touched + 1, sizeof *id);
    vault_err err = VAULT_OK;

    if (id == NULL)
        return err_nomem();
    for (size_t i = 0; i < t->n_touched; i++)
        memcpy(id[i], t->touched[i].record, sizeof *id);
    qsort(id, t->n_touched, sizeof *id, by_record);
    for (size_t i = 1; err == VAULT_OK && i < t->n_touched; i++)
        if (memcmp(id[i - 1], id[i], sizeof *id) == 0)
            err = damaged("the revisions of a record in it do not stand together");
    free(id);
    return err;
}

vault_err
bundle_judge(struct bundle_take *t)
{
    const struct index *ix = &t->v->recs.index;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < t->b->n_revs; i++) {
        struct told_revision *x = &t->b->rev[i];
        struct touched_record *r = NULL;
        uint32_t first = index_record(ix, x->record);

        err = touch(t, x->record, &r);
        if (err != VAULT_OK)
            break;
        x->touched = t->n_touched - 1;
        if (++r->told > BUNDLE_HISTORY_MAX)
            return damaged("a record in it has more revisions than a bundle may bring");
        x->purged_here = r->purged_here;
        x->here = first == 0 ? 0 : index_revision(ix, first, x->id);
        r->changed = r->changed || (x->here == 0 && !x->purged_here);
        if (x->here != 0 && !x->purged_here)
            err = judge_known(t, x);
    }
    return err == VAULT_OK ? judge_order(t) : err;
}

/* ---- types ---- */

/* Every field is here as well, and the same kind of thing: else a value of it could not be carried on. */
static vault_err
judge_fields(const struct type_def *ours, const struct type_def *theirs)
{
    for (size_t i = 0; i < theirs->n_fields; i++) {
        const struct field_def *g = &theirs->field[i], *f = type_field(ours, g->name, strlen(g->name));

        if (f == NULL || f->kind != g->kind || f->repeats != g->repeats)
            return err_say(VAULT_ERR_CONFLICT, "a keeper here adds that field to the type (`type add`), or there",
                "the type %s has the field %s there, and not (or another) here", theirs->name, g->name);
    }
    return VAULT_OK;
}

/* Is any revision of it in the bundle? Others would only be in the way of every look-up. */
static bool
is_used(const struct bundle_in *b, const struct type_def *theirs)
{
    for (size_t i = 0; i < b->n_revs; i++)
        if (memcmp(b->rev[i].type, theirs->hash, sizeof theirs->hash) == 0)
            return true;
    return false;
}

/*
 * A type that this vault does not know, for reading what was written by it: it is never in force here. Blobs name a type by the beginning of its hash, so that two of
 * one beginning would be taken for each other.
 */
static vault_err
take_type(struct bundle_take *t, const struct type_def *theirs)
{
    struct vault *v = t->v;
    const struct type_def *ours = type_set_current(&v->recs.types, theirs->name);
    struct type_def *copy = NULL;
    struct buf bytes = BUF_INIT;
    vault_err err;

    if (type_set_by_short(&v->recs.types, theirs->hash) != NULL)
        return damaged("a type in it passes itself off as another");
    if (ours == NULL)
        return err_say(VAULT_ERR_REFUSED, "the sender tells it (`type show NAME --json`), and a keeper here adds it (`type add`)",
            "it has records of the type %s, which this vault has not", theirs->name);
    err = judge_fields(ours, theirs);
    if (err == VAULT_OK)
        err = type_encode(&bytes, theirs);
    if (err == VAULT_OK)
        err = exchange_add_type(v, &t->change, PART(bytes.p, bytes.n));
    if (err == VAULT_OK)
        err = type_decode(&copy, bytes.p, bytes.n);
    if (err == VAULT_OK)
        err = type_set_add_theirs(&v->recs.types, copy);
    t->types_theirs += err == VAULT_OK;
    buf_free(&bytes);
    return err;
}

static vault_err
take_types(struct bundle_take *t)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < t->b->n_types; i++)
        if (type_set_by_hash(&t->v->recs.types, t->b->type[i]->hash) == NULL && is_used(t->b, t->b->type[i]))
            err = take_type(t, t->b->type[i]);
    return err;
}

/* ---- contents: where they will be ---- */

static vault_err
place_new(struct bundle_take *t, struct placement **out)
{
    struct placement **p = array_room(t->place, t->n_places, &t->cap_places, sizeof(struct placement *));

    if (p == NULL)
        return err_nomem();
    t->place = p;
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return err_nomem();
    p[t->n_places++] = *out;
    return VAULT_OK;
}

/* A file that a parent has openly in the same place is the same one, if it is: its content is not kept twice. */
static vault_err
find_in_parents(struct bundle_take *t, const struct revision *rev, const struct leaf *l, struct placement **out)
{
    const struct index *ix = &t->v->recs.index;
    uint32_t first = index_record(ix, rev->record);
    struct revision parent;
    vault_err err = VAULT_OK;

    revision_init(&parent);
    for (size_t i = 0; err == VAULT_OK && *out == NULL && first != 0 && i < rev->n_parents; i++) {
        uint32_t n = index_revision(ix, first, rev->parent[i]);
        const struct leaf *m;

        if (n == 0 || n > t->change.first)
            continue;           /* it came now, too: the same number says so */
        err = recs_load(&t->v->recs, n, &parent);
        m = err == VAULT_OK ? revision_find(&parent, l->field, l->element, l->n_element) : NULL;
        if (m == NULL || m->file_key == NULL || m->tier != LEAF_OPEN || m->value.n != l->value.n ||
            memcmp(m->value.p, l->value.p, l->value.n) != 0)
            continue;
        err = place_new(t, out);
        if (err == VAULT_OK) {
            memcpy((*out)->record, rev->record, RECORD_ID_BYTES);
            (*out)->tier = LEAF_OPEN;
            (*out)->first = m->file_first;
            memcpy((*out)->key, m->file_key, 32);
        }
    }
    revision_free(&parent);
    return err;
}

static vault_err
find_place(struct bundle_take *t, const struct revision *rev, const struct leaf *l, struct placement **out)
{
    size_t number = (size_t)l->file_first;
    vault_err err = l->tier == LEAF_OPEN ? find_in_parents(t, rev, l, out) : VAULT_OK;

    for (size_t i = t->n_places; err == VAULT_OK && *out == NULL && i > 0; i--) {
        struct placement *p = t->place[i - 1];

        if (p->number == number && p->tier == (enum leaf_tier)l->tier && memcmp(p->record, rev->record, RECORD_ID_BYTES) == 0)
            *out = p;
    }
    if (err != VAULT_OK || *out != NULL)
        return err;
    err = place_new(t, out);
    if (err == VAULT_OK) {
        (*out)->number = number;
        (*out)->tier = (enum leaf_tier)l->tier;
        (*out)->size = t->b->file[number - 1].size;
        memcpy((*out)->record, rev->record, RECORD_ID_BYTES);
        randombytes_buf((*out)->key, sizeof (*out)->key);
        randombytes_buf(&(*out)->first, sizeof (*out)->first);
        (*out)->first %= FILE_ROWS;
    }
    return err;
}

vault_err
bundle_take_file(struct bundle_take *t, const struct revision *rev, struct leaf *l)
{
    struct placement *p = NULL;
    struct value_view view;
    vault_err err = value_read(&view, l->value);

    if (err == VAULT_OK && (view.shape != VALUE_FILE || l->file_first == 0 || l->file_first > t->b->n_files ||
        t->b->file[l->file_first - 1].size != view.file.size ||
        memcmp(t->b->file[l->file_first - 1].sha256, view.file.sha256, 32) != 0))
        err = damaged("an attachment in it is not what its author signed, or is missing");
    if (err == VAULT_OK)
        err = find_place(t, rev, l, &p);
    if (err == VAULT_OK) {
        l->file_first = p->first;
        l->file_key = p->key;
    }
    return err;
}

/* ---- one revision ---- */

/* The field as both sides have it, and no value but of its kind. */
static vault_err
judge_leaf(const struct type_def *theirs, const struct revision *rev, const struct leaf *l, struct buf *scratch)
{
    const struct field_def *f = type_field(theirs, l->field.p, l->field.n);
    bool removal = f == NULL && rev->n_leaves == 1 && revision_removed(rev) && l->tier == LEAF_OPEN && l->here && l->n_element == 0;

    if (removal)
        return l->value.n == 1 && *(const uint8_t *)l->value.p == 0xf5 ? VAULT_OK : damaged("a removal in it has a wrong form");
    if (f == NULL)
        return damaged("a revision in it has a field that its type has not");
    if (f->kind != FIELD_FILE && l->tier < f->tier)
        return damaged("a revision in it holds openly what its own type withholds");
    if ((l->n_element != 0) != f->repeats || (!l->here && l->tier == LEAF_OPEN))
        return damaged("a value in it has a wrong form");
    if (l->value.n != 0 && !value_valid(scratch, f, l->value))
        return scratch->bad ? err_nomem() : damaged("a value in it is not what its field may hold");
    return VAULT_OK;
}

static vault_err
note_left_out(struct bundle_take *t, const struct revision *rev, const struct leaf *l)
{
    buf_put(&t->left_out, rev->record, RECORD_ID_BYTES);
    buf_put(&t->left_out, rev->id, REVISION_ID_BYTES);
    buf_put(&t->left_out, l->c, sizeof l->c);
    t->values_left_out++;
    return t->left_out.bad ? err_nomem() : gone_add(&t->v->recs.left, rev->id, l->c, GONE_LEFT_OUT);
}

/* Where it is kept here: the stricter of their tier and ours. What may come later is kept where it may always be. */
static vault_err
take_leaf(struct bundle_take *t, const struct told_revision *x, const struct type_def *theirs, const struct revision *rev, struct leaf *l)
{
    const struct type_set *s = &t->v->recs.types;
    const struct field_def *f = type_field(theirs, l->field.p, l->field.n);
    bool back = false;
    vault_err err;

    if (!l->here)
        return VAULT_OK;
    err = bundle_comes_back(t, x, rev, l, &back);
    if (err != VAULT_OK)
        return err;
    if (back) {
        l->value = PART(NULL, 0);
        l->salt = NULL;
        t->kept_out++;
    }
    if (gone_for_good(gone_find(&t->v->recs.gone, rev->record, l->c))) {
        l->value = PART(NULL, 0);       /* our purges stay */
        l->salt = NULL;
        return VAULT_OK;
    }
    if (l->tier == LEAF_OPEN && f != NULL && (l->value.n == 0 || type_set_tier(s, theirs, f, l->tier) == LEAF_WITHHELD)) {
        l->tier = LEAF_WITHHELD;
        l->raised = true;
        t->raised += l->value.n != 0;
    }
    if (l->value.n == 0)
        return note_left_out(t, rev, l);
    return value_is_file(l->value) ? bundle_take_file(t, rev, l) : VAULT_OK;
}

/* The type of what is here of a record already; NULL: nothing was. */
static vault_err
type_here(struct bundle_take *t, const uint8_t record[static RECORD_ID_BYTES], const struct type_def **out)
{
    uint32_t first = index_record(&t->v->recs.index, record), head = 0;
    struct revision rev;
    vault_err err;

    if (first == 0)
        return VAULT_OK;
    revision_init(&rev);
    err = recs_head(&t->v->recs, first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(&t->v->recs, head, &rev);
    if (err == VAULT_OK)
        *out = type_set_by_hash(&t->v->recs.types, rev.type);
    revision_free(&rev);
    return err;
}

/* All revisions of a record are of types of one name. */
static vault_err
judge_type(struct bundle_take *t, const struct told_revision *x, const struct revision *rev, const struct type_def **out)
{
    const struct type_def *theirs = type_set_by_hash(&t->v->recs.types, rev->type);
    struct touched_record *r = &t->touched[x->touched];
    vault_err err = VAULT_OK;

    if (theirs == NULL || theirs->name[0] == '_')
        return damaged("a revision in it is of a type that it does not tell");
    *out = theirs;
    if (r->type == NULL)
        err = type_here(t, rev->record, &r->type);
    if (err == VAULT_OK && r->type == NULL)
        r->type = theirs;
    if (err == VAULT_OK && strcmp(r->type->name, theirs->name) != 0)
        err = damaged("a record in it has the id of another record here, or changes its type");
    return err;
}

static vault_err
judge_parents(const struct bundle_take *t, const struct revision *rev)
{
    const struct index *ix = &t->v->recs.index;
    uint32_t first = index_record(ix, rev->record);

    for (size_t i = 0; i < rev->n_parents; i++)
        if ((first == 0 || index_revision(ix, first, rev->parent[i]) == 0) && !index_was_lost(ix, rev->record, rev->parent[i])) {
            t->b->waits = true;
            return err_say(VAULT_ERR_REFUSED, "take in the earlier bundle first, or ask for the whole record (`handoff send`)",
                "a revision in it builds on one that is not here");
        }
    return VAULT_OK;
}

/* Read as everything else will read it: what is taken in here must never be called damage later. */
static vault_err
read_back(struct bundle_take *t, struct revision *rev)
{
    struct recs *r = &t->v->recs;
    uint32_t n = r->index.n;
    vault_err err = recs_load(r, n, rev);

    if (err == VAULT_OK)
        err = recs_check_carried(r, n, rev);
    return err == VAULT_OK && is_keeper(t->v) && revision_introduces(rev) ? recs_load_withheld(r, n, rev) : err;
}

static vault_err
add_revision(struct bundle_take *t, const struct told_revision *x, struct revision *rev)
{
    const struct type_def *theirs = NULL;
    struct buf scratch = BUF_INIT;
    vault_err err = disclose_read(PART(x->bytes.p, x->bytes.n), rev);

    if (err == VAULT_OK)
        err = judge_type(t, x, rev, &theirs);
    if (err == VAULT_OK)
        err = judge_parents(t, rev);
    for (size_t i = 0; err == VAULT_OK && i < rev->n_leaves; i++) {
        err = judge_leaf(theirs, rev, &rev->leaf[i], &scratch);
        if (err == VAULT_OK)
            err = take_leaf(t, x, theirs, rev, &rev->leaf[i]);
    }
    rev->foreign = true;
    if (err == VAULT_OK)
        err = change_add(&t->change, rev);
    if (err == VAULT_OK)
        err = read_back(t, rev);
    t->revisions += err == VAULT_OK;
    buf_free(&scratch);
    return err;
}

static vault_err
add_revisions(struct bundle_take *t)
{
    struct revision rev;
    vault_err err = VAULT_OK;

    revision_init(&rev);
    for (size_t i = 0; err == VAULT_OK && i < t->b->n_revs; i++) {
        const struct told_revision *x = &t->b->rev[i];
        char code[CODE_LEN + 1];

        if (x->arrives && is_keeper(t->v)) {
            err = bundle_arrive(t, x);
            t->touched[x->touched].changed = true;
        }
        /* Twice in one bundle is once. */
        if (x->here != 0 || x->purged_here || (index_record(&t->v->recs.index, x->record) != 0 &&
            index_revision(&t->v->recs.index, index_record(&t->v->recs.index, x->record), x->id) != 0))
            ;
        else
            err = add_revision(t, x, &rev);
        if (err != VAULT_OK && err != VAULT_ERR_NO_SPACE) {
            code_of(code, x->record);
            err_prefix("record %s: ", code);
        }
    }
    revision_free(&rev);
    return err;
}

/* ---- the whole ---- */

static vault_err
add_records_of_it(struct bundle_take *t)
{
    const struct bundle_in *b = t->b;
    const struct receipt_parts parts = { .kind = EXCHANGE_TAKEN, .bundle = b->id, .card = b->card_hash, .file = b->file_hash };
    vault_err err = exchange_add_receipt(t->v, &t->change, &parts);

    for (size_t i = 0; err == VAULT_OK && i < b->n_evidence; i++)
        err = exchange_add_origin(t->v, &t->change, b->id, (unsigned)i, PART(b->evidence[i].p, b->evidence[i].n));
    return err;
}

static vault_err
combine_all(struct bundle_take *t)
{
    const struct index *ix = &t->v->recs.index;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < t->n_touched; i++) {
        struct touched_record *r = &t->touched[i];
        uint32_t first = index_record(ix, r->record), head = 0;
        bool merged = false;

        if (!r->changed || r->purged_here || first == 0)
            continue;
        err = session_combine(t->v, &t->change, first, &merged);
        t->merged += merged;
        if (err == VAULT_OK)
            err = recs_head(&t->v->recs, first, &head, &r->conflict);
    }
    return err;
}

vault_err
bundle_take_all(struct bundle_take *t)
{
    vault_err err = add_records_of_it(t);

    if (err == VAULT_OK)
        err = take_types(t);
    if (err == VAULT_OK)
        err = add_revisions(t);
    if (err == VAULT_OK)
        err = combine_all(t);
    if (err == VAULT_OK)
        err = exchange_add_left_out(t->v, &t->change, LEFT_OUT, PART(t->left_out.p, t->left_out.n));
    if (err == VAULT_OK)
        err = exchange_add_left_out(t->v, &t->change, LEFT_OUT_ARRIVED, PART(t->arrived.p, t->arrived.n));
    return err;
}

/* ---- contents: into their place ---- */

struct filling {
    struct bundle_take *t;
    struct buf plain, sealed;   /* less than a piece that waits */
    size_t number;
    uint64_t done;              /* pieces of the file */
};

static vault_err
store_piece(struct filling *f, const uint8_t *p, size_t n)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < f->t->n_places; i++) {
        const struct placement *x = f->t->place[i];
        uint64_t kept = file_kept(x->size, x->tier), pieces = file_pieces(kept);
        size_t whole;
        uint8_t *out;

        if (x->number != f->number || f->done >= pieces)
            continue;
        whole = file_piece_size(kept, f->done);
        buf_reset(&f->sealed);
        out = buf_add(&f->sealed, whole + FILE_TAG);        /* zeros */
        if (out == NULL)
            return err_nomem();
        if (n > whole)
            return damaged("an attachment in it is longer than it says");
        if (n != 0)
            memcpy(out, p, n);
        file_seal(out, &(struct file_piece){ x->key, f->done, f->done + 1 == pieces }, out, whole);
        err = db_put(f->t->v->db, x->tier == LEAF_OPEN ? DB_OPEN_CHUNK : DB_WITHHELD_CHUNK, (int64_t)(x->first + f->done),
            PART(f->sealed.p, f->sealed.n));
    }
    f->done++;
    return err;
}

/* The last pieces: what waits, and padding as far as the longest goes. */
static vault_err
finish_file(struct filling *f)
{
    uint64_t most = 1;
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < f->t->n_places; i++) {
        const struct placement *x = f->t->place[i];
        uint64_t pieces = x->number == f->number ? file_pieces(file_kept(x->size, x->tier)) : 0;

        most = pieces > most ? pieces : most;
    }
    while (err == VAULT_OK && f->done < most) {
        err = store_piece(f, f->plain.p, f->plain.n);
        buf_reset(&f->plain);
    }
    buf_reset(&f->plain);       /* of one that goes nowhere */
    f->done = 0;
    return err;
}

static vault_err
fill(void *ctx, size_t number, const uint8_t *p, size_t n)
{
    struct filling *f = ctx;
    vault_err err = VAULT_OK;

    f->number = number;
    if (n == 0)
        return finish_file(f);
    while (err == VAULT_OK && n > 0) {
        size_t part = FILE_CHUNK - f->plain.n < n ? FILE_CHUNK - f->plain.n : n;

        /* A full one is stored when more comes: the last piece is known by what follows it. */
        if (part == 0) {
            err = store_piece(f, f->plain.p, f->plain.n);
            buf_reset(&f->plain);
            continue;
        }
        buf_put(&f->plain, p, part);
        p += part;
        n -= part;
        err = buf_ok(&f->plain);
    }
    return err;
}

vault_err
bundle_take_contents(struct bundle_take *t)
{
    struct filling f = { .t = t };
    bool any = false;
    vault_err err = VAULT_OK;

    for (size_t i = 0; i < t->n_places; i++)
        any = any || t->place[i]->number != 0;
    if (any)
        err = bundle_contents(t->b, fill, &f);
    buf_free(&f.plain);
    buf_free(&f.sealed);
    return err;
}
