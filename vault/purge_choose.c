/*
 * purge_choose.c - what a purge would destroy: see purge.h.
 *
 * A field: every value it ever had in the record. A revision: the values that it holds and no
 * newest revision does, wherever the record repeats them, for a value that a later revision
 * carried on would otherwise still be there.
 */
#include "vault/purge.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "vault/record/value.h"

/* Sets of hashes: of leaves, and of a field's name with a value. */
struct choosing {
    struct purge *p;
    struct revision rev;
    struct buf extra, text;
    struct buf held;            /* what the newest revisions hold */
    struct buf target;          /* what the revision named holds and they do not; or the c of an attachment */
    struct file_rows file;      /* where that can be read */
    bool by_rows;
    struct buf files;           /* of those that go: tier and first row of each, 9 bytes */
};

static int
compare_c(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* Each once: a revision that two copies took in from one bundle stands in the log twice. */
static void
set_sort(struct buf *set)
{
    size_t kept = 32;

    if (set->n == 0)
        return;
    qsort(set->p, set->n / 32, 32, compare_c);
    for (size_t at = 32; at < set->n; at += 32)
        if (memcmp(set->p + at, set->p + kept - 32, 32) != 0) {
            memmove(set->p + kept, set->p + at, 32);
            kept += 32;
        }
    buf_cut(set, kept);
}

static bool
set_has(const struct buf *set, const uint8_t h[static 32])
{
    return set->n != 0 && bsearch(h, set->p, set->n / 32, 32, compare_c) != NULL;
}

bool
purge_takes(const struct purge *p, const struct leaf *l)
{
    return p->what == GONE_RECORD || set_has(&p->c, l->c);
}

void
purge_free(struct purge *p)
{
    free(p->row);
    free(p->file);
    buf_free(&p->c);
}

/* ---- values ---- */

static bool
is_gone(const struct choosing *x, const struct leaf *l)
{
    return gone_for_good(gone_find(&x->p->v->recs.gone, x->rev.record, l->c));
}

/* Of a field with a value, whatever its provenance. */
static vault_err
hash_value(struct choosing *x, const struct leaf *l, uint8_t out[static 32])
{
    struct part both[] = { l->field, PART("", 1), PART(NULL, 0) };
    vault_err err;

    buf_reset(&x->text);
    if (value_is_file(l->value)) {
        buf_put(&x->text, l->value.p, l->value.n);
        err = buf_ok(&x->text);
    } else {
        err = value_to_text(&x->text, l->value);
    }
    both[2] = PART(x->text.p, x->text.n);
    if (err == VAULT_OK)
        hash_parts(out, "withheld:purge:1", both, 3);
    return err;
}

static vault_err
add_leaf(struct choosing *x, struct buf *set, const struct leaf *l)
{
    uint8_t h[32];
    vault_err err = VAULT_OK;

    buf_put(set, l->c, 32);
    if (l->value.n != 0)
        err = hash_value(x, l, h);
    if (err == VAULT_OK && l->value.n != 0)
        buf_put(set, h, sizeof h);
    return err != VAULT_OK ? err : buf_ok(set);
}

static vault_err
in_set(struct choosing *x, const struct buf *set, const struct leaf *l, bool *yes)
{
    uint8_t h[32];
    vault_err err = VAULT_OK;

    *yes = set_has(set, l->c);
    if (!*yes && l->value.n != 0) {
        err = hash_value(x, l, h);
        *yes = err == VAULT_OK && set_has(set, h);
    }
    return err;
}

/* ---- one revision named ---- */

/* Everything that it shows, also what it carries on. */
static vault_err
load_whole(struct choosing *x, uint32_t n)
{
    vault_err err = recs_load(&x->p->v->recs, n, &x->rev);

    buf_reset(&x->extra);
    return err != VAULT_OK ? err : recs_look(&x->p->v->recs, n, &x->rev, &x->extra);
}

static vault_err
learn_held(struct choosing *x)
{
    const struct index *ix = &x->p->v->recs.index;
    vault_err err = VAULT_OK;

    for (uint32_t n = x->p->first; err == VAULT_OK && n != 0; n = ix->pair[n].next) {
        if (ix->pair[n].superseded)
            continue;
        err = load_whole(x, n);
        for (size_t i = 0; err == VAULT_OK && i < x->rev.n_leaves; i++)
            err = add_leaf(x, &x->held, &x->rev.leaf[i]);
    }
    set_sort(&x->held);
    return err;
}

static bool
is_removal(const struct leaf *l)
{
    return l->field.n == strlen(REMOVED_FIELD) && memcmp(l->field.p, REMOVED_FIELD, l->field.n) == 0;
}

static vault_err
learn_target(struct choosing *x, uint32_t n)
{
    vault_err err = load_whole(x, n);

    for (size_t i = 0; err == VAULT_OK && i < x->rev.n_leaves; i++) {
        const struct leaf *l = &x->rev.leaf[i];
        bool stays = false;
        if (is_gone(x, l) || is_removal(l))
            continue;
        err = in_set(x, &x->held, l, &stays);
        x->p->kept += stays;
        if (err == VAULT_OK && !stays)
            err = add_leaf(x, &x->target, l);
    }
    set_sort(&x->target);
    return err;
}

static vault_err
aim_at_revision(struct choosing *x)
{
    struct vault *v = x->p->v;
    uint32_t n = 0, head = 0;
    vault_err err = recs_head(&v->recs, x->p->first, &head, NULL);

    if (err == VAULT_OK)
        err = session_find_revision(v, x->p->first, x->p->asked->revision, &n, NULL);
    if (err == VAULT_OK && !v->recs.index.pair[n].superseded)
        err = err_say(VAULT_ERR_REFUSED, "edit it first, or purge a field, or the whole record",
            "that is the present revision, which the record stands on");
    if (err == VAULT_OK)
        err = learn_held(x);
    return err != VAULT_OK ? err : learn_target(x, n);
}

/* ---- one attachment ---- */

/* An open one has another leaf in each revision, a withheld one that a repair took over has two; the same rows, key and
 * content in all. */
static vault_err
aim_at_attachment(struct choosing *x)
{
    struct purge *p = x->p;
    struct attachment a = {0};
    uint32_t head = 0;
    vault_err err = recs_head(&p->v->recs, p->first, &head, NULL);

    if (err == VAULT_OK)
        err = load_whole(x, head);
    if (err == VAULT_OK)
        err = attachment_find_surely(p->v, &x->rev, p->asked->attachment, &a);
    if (err == VAULT_ERR_NOT_FOUND)
        err = err_say(VAULT_ERR_NOT_FOUND, "'show' lists them; one that was detached goes with --rev of a revision that had it, one of the "
            "other revision of a conflict with --field", "the newest revision has no such attachment");
    if (err == VAULT_OK && is_gone(x, a.l))
        err = err_say(VAULT_ERR_NOT_FOUND, "'history' tells when and by whom",
            "that attachment was purged already");
    if (err != VAULT_OK)
        return err;
    buf_put(&x->target, a.l->c, 32);
    memcpy(p->file_field, a.f->name, sizeof p->file_field);
    x->by_rows = a.known;
    err = a.known ? file_rows_of(&x->file, a.l) : VAULT_OK;
    return err != VAULT_OK ? err : buf_ok(&x->target);
}

static vault_err
is_that_file(const struct choosing *x, const struct leaf *l, bool *yes)
{
    struct file_rows r;
    vault_err err;

    *yes = set_has(&x->target, l->c);
    if (*yes || !x->by_rows || l->file_key == NULL || !value_is_file(l->value))
        return VAULT_OK;
    err = file_rows_of(&r, l);
    *yes = err == VAULT_OK && r.table == x->file.table && r.first == x->file.first &&
        memcmp(r.id, x->file.id, sizeof r.id) == 0;
    return err;
}

/* ---- all revisions: what goes of each ---- */

static vault_err
goes(struct choosing *x, const struct leaf *l, bool *yes)
{
    const char *field = x->p->asked->field;

    *yes = false;
    if (!l->here || is_gone(x, l))
        return VAULT_OK;
    if (x->p->what == GONE_REVISION)
        return in_set(x, &x->target, l, yes);
    if (x->p->what == GONE_ATTACHMENT)
        return is_that_file(x, l, yes);
    *yes = x->p->what == GONE_RECORD ||
        (l->field.n == strlen(field) && memcmp(l->field.p, field, l->field.n) == 0);
    return VAULT_OK;
}

vault_err
purge_note_file(struct purge *p, const struct leaf *l, unsigned number)
{
    struct purge_file *f = array_room(p->file, p->n_file, &p->cap_file, sizeof *f);
    bool readable = l->file_key != NULL && value_is_file(l->value);
    struct value_view view;
    vault_err err;

    if (f == NULL)
        return err_nomem();
    p->file = f;
    f += p->n_file++;
    memset(f, 0, sizeof *f);
    f->tier = l->tier;
    f->number = number;
    memcpy(f->field, l->field.p, l->field.n < sizeof f->field ? l->field.n : sizeof f->field - 1);
    err = readable ? file_rows_of(&f->rows, l) : VAULT_OK;
    if (err == VAULT_OK && readable && l->tier == LEAF_OPEN)
        err = value_read(&view, l->value);
    if (err == VAULT_OK && readable && l->tier == LEAF_OPEN && view.file.name.n < sizeof f->name)
        memcpy(f->name, view.file.name.p, view.file.name.n);
    return err;
}

/* Open revisions repeat a file: its rows tell that it is the same. */
static vault_err
count_file(struct choosing *x, const struct leaf *l)
{
    uint8_t id[9] = { l->tier };

    if (l->file_key == NULL || !value_is_file(l->value))
        return VAULT_OK;
    put_u64(id + 1, l->file_first);
    for (size_t at = 0; at < x->files.n; at += sizeof id)
        if (memcmp(x->files.p + at, id, sizeof id) == 0)
            return VAULT_OK;
    buf_put(&x->files, id, sizeof id);
    x->p->attachments++;
    return x->p->field == NULL ? VAULT_OK : purge_note_file(x->p, l, 0);
}

static void
count(struct purge *p, const struct leaf *l)
{
    struct purge_field *f = p->field;
    size_t i = 0;

    p->values++;
    p->open = p->open || l->tier == LEAF_OPEN;
    while (f != NULL && i < p->n_fields && (strlen(f[i].name) != l->field.n ||
            memcmp(f[i].name, l->field.p, l->field.n) != 0))
        i++;
    if (f == NULL || i == PURGE_FIELDS_MAX || l->field.n >= sizeof f[i].name)
        return;
    if (i == p->n_fields) {
        memset(&f[i], 0, sizeof f[i]);
        memcpy(f[i].name, l->field.p, l->field.n);
        p->n_fields++;
    }
    *(l->tier == LEAF_OPEN ? &f[i].open : &f[i].withheld) += 1;
}

/* An attachment's name, without the end that tells its kind: so it is found with any end, and with none. */
static struct part
stem(struct part name)
{
    const uint8_t *p = name.p;

    for (size_t i = name.n; i > 1; i--)
        if (p[i - 1] == '.')
            return PART(p, i - 1);
    return name;
}

/* A withheld text that may stand elsewhere as well. Dates, numbers and choices stand everywhere. */
static vault_err
note_text(struct choosing *x, const struct type_def *t, const struct leaf *l)
{
    const struct field_def *f = t == NULL ? NULL : type_field(t, l->field.p, l->field.n);
    struct value_view view;

    if (x->p->mentions == NULL || l->value.n == 0 || f == NULL)
        return VAULT_OK;
    if (value_is_file(l->value))
        return l->tier == LEAF_WITHHELD && value_read(&view, l->value) == VAULT_OK ?
            mentions_add(x->p->mentions, stem(view.file.name)) : VAULT_OK;
    if (type_set_tier(&x->p->v->recs.types, t, f, l->tier) != LEAF_WITHHELD)
        return VAULT_OK;
    if (f->kind != FIELD_TEXT && f->kind != FIELD_NARRATIVE && f->kind != FIELD_NAME &&
        f->kind != FIELD_PLACE && f->kind != FIELD_IDENTIFIER)
        return VAULT_OK;
    if (value_read(&view, l->value) != VAULT_OK || view.shape != VALUE_TEXT)
        return VAULT_OK;
    return mentions_add(x->p->mentions, view.text);
}

static vault_err
take_leaves(struct choosing *x)
{
    const struct type_def *t = type_set_by_hash(&x->p->v->recs.types, x->rev.type);
    bool any = false, yes = false;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < x->rev.n_leaves; i++) {
        const struct leaf *l = &x->rev.leaf[i];
        err = goes(x, l, &yes);
        if (err != VAULT_OK || !yes)
            continue;
        any = true;
        count(x->p, l);
        err = count_file(x, l);
        if (x->p->what != GONE_RECORD)
            buf_put(&x->p->c, l->c, 32);
        if (err == VAULT_OK)
            err = note_text(x, t, l);
    }
    x->p->revisions += any && x->p->what != GONE_RECORD;
    if (err == VAULT_OK)
        err = buf_ok(&x->files);
    return err != VAULT_OK ? err : buf_ok(&x->p->c);
}

/* What belongs to it; withheld values that do not open stay unknown, their leaves are told by
 * the open blob. */
static vault_err
load_own(struct choosing *x, uint32_t n)
{
    struct recs *r = &x->p->v->recs;
    vault_err err = recs_load(r, n, &x->rev);

    if (err != VAULT_OK || !revision_introduces(&x->rev))
        return err;
    err = recs_load_withheld(r, n, &x->rev);
    if (err != VAULT_ERR_DAMAGED)
        return err;
    vault_clear_error();
    x->p->unread++;
    for (size_t i = 0; i < x->rev.n_leaves; i++)
        if (x->rev.leaf[i].tier == LEAF_WITHHELD)
            x->rev.leaf[i].value = PART(NULL, 0);
    return VAULT_OK;
}

/* A whole record goes even where it is damaged: only its counts are then unknown. */
static vault_err
take_revisions(struct choosing *x)
{
    const struct index *ix = &x->p->v->recs.index;
    bool whole = x->p->what == GONE_RECORD;
    vault_err err = VAULT_OK;

    for (uint32_t n = x->p->first; err == VAULT_OK && n != 0; n = ix->pair[n].next) {
        x->p->revisions += whole;
        if (whole && x->p->field == NULL)
            continue;
        err = load_own(x, n);
        if (err == VAULT_OK) {
            err = take_leaves(x);
        } else if (err == VAULT_ERR_DAMAGED && whole) {
            vault_clear_error();
            x->p->unread++;
            err = VAULT_OK;
        }
    }
    set_sort(&x->p->c);
    return err;
}

static vault_err
nothing(const struct purge *p)
{
    if (p->what == GONE_FIELD)
        return err_say(VAULT_ERR_NOT_FOUND, "'history' and 'show' tell its fields",
            "this record has no value in that field that could be purged");
    return err_say(VAULT_ERR_REFUSED, "change them first (edit), or purge a field, or the whole record",
        "every value of that revision is still one of the present ones, or gone already");
}

vault_err
purge_choose(struct purge *p)
{
    struct choosing x = { .p = p };
    vault_err err = need_keeper(p->v, "a purge");

    revision_init(&x.rev);
    p->what = p->asked->field != NULL ? GONE_FIELD : p->asked->revision != NULL ? GONE_REVISION :
        p->asked->attachment != NULL ? GONE_ATTACHMENT : GONE_RECORD;
    if (err == VAULT_OK && (p->asked->field != NULL) + (p->asked->revision != NULL) +
            (p->asked->attachment != NULL) > 1)
        err = err_say(VAULT_ERR_INPUT, NULL,
            "purge a field, a revision or an attachment, not several at once");
    if (err == VAULT_OK)
        err = p->first != 0 ? VAULT_OK : session_find(p->v, p->asked->id, &p->first);
    if (err == VAULT_OK && index_purged(&p->v->recs.index, p->first))
        err = recs_purged();
    if (err == VAULT_OK && p->what == GONE_REVISION)
        err = aim_at_revision(&x);
    if (err == VAULT_OK && p->what == GONE_ATTACHMENT)
        err = aim_at_attachment(&x);
    if (err == VAULT_OK)
        err = take_revisions(&x);
    if (err == VAULT_OK && p->what != GONE_RECORD && p->c.n == 0)
        err = nothing(p);
    revision_free(&x.rev);
    buf_free(&x.extra);
    buf_free(&x.text);
    buf_free(&x.held);
    buf_free(&x.target);
    buf_free(&x.files);
    return err;
}
