/*
 * merge.c - one person in two records: vault_merge, vault_unmerge, vault_dismiss.
 *
 * Each writes one system record, which the keeper signs, and touches neither of the two: so it can be taken back,
 * and whoever wrote in them did not write anything else.
 */
#include "vault/same.h"

#include <string.h>
#include "vault/base/text.h"

/* ---- what may be merged ---- */

/* A record that a person names: there, and not removed. */
struct side {
    uint32_t first;
    uint8_t id[RECORD_ID_BYTES], type[32];
    char code[CODE_LEN + 1];
};

static vault_err
find_side(struct vault *v, const char *id, struct side *out)
{
    struct revision rev;
    uint32_t head = 0;
    vault_err err = session_find(v, id, &out->first);

    revision_init(&rev);
    if (err == VAULT_OK)
        err = recs_head(&v->recs, out->first, &head, NULL);
    if (err == VAULT_OK)
        err = recs_load(&v->recs, head, &rev);
    if (err == VAULT_OK && revision_removed(&rev))
        err = err_say(VAULT_ERR_INPUT, "'revert' brings it back", "one of them was removed");
    if (err == VAULT_OK) {
        memcpy(out->id, rev.record, sizeof out->id);
        memcpy(out->type, rev.type, sizeof out->type);
        code_of(out->code, rev.record);
    }
    revision_free(&rev);
    return err;
}

static vault_err
find_sides(struct vault *v, const char *a, const char *b, struct side out[static 2])
{
    const struct type_def *s, *t;
    vault_err err = find_side(v, a, &out[0]);

    if (err == VAULT_OK)
        err = find_side(v, b, &out[1]);
    if (err != VAULT_OK)
        return err;
    s = type_set_by_hash(&v->recs.types, out[0].type);
    t = type_set_by_hash(&v->recs.types, out[1].type);
    if (out[0].first == out[1].first)
        return err_say(VAULT_ERR_INPUT, NULL, "that is one and the same record");
    if (s == NULL || t == NULL || strcmp(s->name, t->name) != 0)
        return err_say(VAULT_ERR_INPUT, "a person with a person, a case with a case",
            "the two records are of different types");
    return VAULT_OK;
}

static vault_err
may_merge(const struct same *s, const struct side *a, const struct side *b)
{
    if (same_is_under(s, b->first, a->first))
        return err_say(VAULT_ERR_CONFLICT, "'unmerge' the other one first, if this one is to be a part of it",
            "the other record is merged into this one already");
    if (same_into(s, a->first) != 0)
        return err_say(VAULT_ERR_CONFLICT, "'show' says into which one; 'unmerge' takes that back",
            "this record is merged already");
    return VAULT_OK;
}

/* ---- writing ---- */

/* The records of an entry: what a _same or _apart says. */
struct saying {
    const char *action;
    const uint8_t *record, *other;      /* ids; other NULL: no longer the same */
    bool apart;
};

static vault_err
say(struct vault *v, const struct saying *x, struct detail *d)
{
    struct commit what = { .action = x->action, .keeper = true, .detail = d };
    struct change c;
    vault_err err = session_begin(v, &c);

    if (err != VAULT_OK)
        return err;
    err = x->apart ? system_add_apart(v, &c, x->record, x->other) :
        system_add_same(v, &c, x->record, x->other);
    if (err != VAULT_OK) {
        change_abort(&c);
        return err;
    }
    return session_commit(v, &c, &what);
}

static vault_err
tell(struct vault *v, uint32_t first, uint32_t into, struct vault_merged *out)
{
    const struct pair *p = v->recs.index.pair;
    uint32_t lead = same_lead(&v->same, first);
    struct buf title = BUF_INIT;
    vault_err err = recs_title_of(&v->recs, lead, &title);

    memset(out, 0, sizeof *out);
    code_of(out->id, p[first].record);
    code_of(out->into, p[into].record);
    code_of(out->lead, p[lead].record);
    if (err == VAULT_OK && title.n != 0)
        memcpy(out->label, title.p, title.n < sizeof out->label ? title.n : sizeof out->label - 1);
    buf_free(&title);
    return err;
}

vault_err
vault_merge(vault *v, const char *id, const char *into, struct vault_merged *out)
{
    struct saying x = { .action = "merge" };
    struct side s[2];
    struct detail d = {0};
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "merging records");
    if (err == VAULT_OK)
        err = find_sides(v, id, into, s);
    if (err == VAULT_OK)
        err = may_merge(&v->same, &s[0], &s[1]);
    if (err != VAULT_OK)
        return err;
    detail_text(&d, "id", s[0].code);
    detail_text(&d, "into", s[1].code);
    x.record = s[0].id;
    x.other = s[1].id;
    err = say(v, &x, &d);
    detail_free(&d);
    return err != VAULT_OK ? err : tell(v, s[0].first, s[1].first, out);
}

/* Also of one that was removed since, or purged. */
vault_err
vault_unmerge(vault *v, const char *id, struct vault_merged *out)
{
    struct saying x = { .action = "unmerge" };
    struct detail d = {0};
    uint8_t record[RECORD_ID_BYTES];
    char code[2][CODE_LEN + 1];
    uint32_t first = 0, into = 0;
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "taking a merge back");
    if (err == VAULT_OK)
        err = session_find(v, id, &first);
    if (err == VAULT_OK)
        into = same_into(&v->same, first);
    if (err == VAULT_OK && into == 0)
        err = err_say(VAULT_ERR_NOT_FOUND, "'show' lists the records that are the same as one; name one of those",
            "this record is not merged into another");
    if (err != VAULT_OK)
        return err;
    memcpy(record, v->recs.index.pair[first].record, sizeof record);
    x.record = record;
    code_of(code[0], record);
    code_of(code[1], v->recs.index.pair[into].record);
    detail_text(&d, "id", code[0]);
    detail_text(&d, "from", code[1]);
    err = say(v, &x, &d);
    detail_free(&d);
    return err != VAULT_OK ? err : tell(v, first, into, out);
}

vault_err
vault_dismiss(vault *v, const char *a, const char *b)
{
    struct saying x = { .action = "dismiss", .apart = true };
    struct side s[2];
    struct detail d = {0};
    vault_err err;

    vault_clear_error();
    err = need_keeper(v, "dismissing a pair");
    if (err == VAULT_OK)
        err = find_sides(v, a, b, s);
    if (err == VAULT_OK && same_person(v, s[0].id, s[1].id))
        err = err_say(VAULT_ERR_CONFLICT, "'unmerge' first, if they are not the same after all",
            "the two records are merged");
    if (err == VAULT_OK && same_is_apart(v, s[0].first, s[1].first))
        return VAULT_OK;
    if (err != VAULT_OK)
        return err;
    detail_text(&d, "id", s[0].code);
    detail_text(&d, "other", s[1].code);
    x.record = s[0].id;
    x.other = s[1].id;
    err = say(v, &x, &d);
    detail_free(&d);
    return err;
}
