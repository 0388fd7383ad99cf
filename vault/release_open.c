/* release_open.c - a policy out of its file, and what it asks for made ready: see release.h. */
#include "vault/release.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/base/fd.h"
#include "vault/record/date.h"

#define LABEL "label"                   /* what the vault itself calls somebody */

/* ---- refusals ---- */

vault_err
refusal_add(struct refusals *r, const char *rule, const char *accept, const char *where, const char *fmt, ...)
{
    struct vault_refusal *p = array_room(r->list, r->n, &r->cap, sizeof *p);
    char *detail = NULL, *place = strdup(where);
    va_list ap;

    if (p != NULL)
        r->list = p;
    va_start(ap, fmt);
    if (vasprintf(&detail, fmt, ap) < 0)
        detail = NULL;
    va_end(ap);
    if (p == NULL || detail == NULL || place == NULL) {
        free(detail);
        free(place);
        return err_nomem();
    }
    r->list[r->n++] = (struct vault_refusal){ .rule = rule, .where = place, .detail = detail, .accept = accept };
    return VAULT_OK;
}

void
refusals_free(struct refusals *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free((char *)(uintptr_t)r->list[i].where);
        free((char *)(uintptr_t)r->list[i].detail);
    }
    free(r->list);
    memset(r, 0, sizeof *r);
}

/* ---- files ---- */

vault_err
release_path(const struct release *r, const char *file, char **out)
{
    return asprintf(out, "%s/%s", r->folder, file) < 0 ? err_nomem() : VAULT_OK;
}

static vault_err
read_policy(struct release *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;
    int fd = -1;
    vault_err err = session_may_take(r->v, path, false);

    r->folder = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (r->folder == NULL)
        return err_nomem();
    if (err == VAULT_OK)
        err = fd_open_regular(&fd, &st, AT_FDCWD, path, O_RDONLY);
    if (err == VAULT_OK)
        err = fd_read_rest(&r->text, fd, POLICY_MAX, "the policy");
    if (err == VAULT_OK)
        err = policy_read(&r->p, (const char *)r->text.p, r->text.n);
    if (fd >= 0)
        (void)close(fd);
    return err;
}

/* ---- sources ---- */

static vault_err
make_where(struct release_source *s, struct vault *v, const struct policy_where *w, size_t n)
{
    struct vault_where *asked = calloc(n + 1, sizeof *asked);
    vault_err err;

    if (asked == NULL)
        return err_nomem();
    for (size_t i = 0; i < n; i++)
        asked[i] = (struct vault_where){ w[i].field, w[i].value };
    err = conditions_make(&s->where, v, s->type->name, asked, n);
    if (err != VAULT_OK && err != VAULT_ERR_NO_SPACE)
        err_prefix("policy, %s: ", s->type->name);
    free(asked);
    return err;
}

static enum sheet_role
role_of(const struct field_def *f)
{
    return f->role == ROLE_QUASI ? SHEET_QUASI : f->role == ROLE_SENSITIVE ? SHEET_SENSITIVE : SHEET_NEUTRAL;
}

static vault_err
add_column(struct release *r, struct release_source *s, const struct field_def *f, const struct policy_field *pf)
{
    struct release_column *c = &s->column[s->n_columns];
    struct sheet_column *sc = NULL;
    char *path = NULL;
    vault_err err = VAULT_OK;

    c->f = f;
    c->treat = pf == NULL || pf->treat == TREAT_DROP ? TREAT_KEEP : pf->treat;
    c->arg = pf == NULL ? 0 : pf->arg;
    if (c->treat == TREAT_HIERARCHY) {
        err = release_path(r, pf->hierarchy, &path);
        if (err == VAULT_OK)
            err = hierarchy_read(&c->h, path);
        free(path);
    }
    if (err == VAULT_OK)
        err = sheet_add_column(&s->sheet, f->name, &sc);
    if (err == VAULT_OK && s->kind == SOURCE_ROWS)
        err = sheet_add_column(&s->stored, f->name, NULL);
    if (err != VAULT_OK)
        return err;
    s->n_columns++;
    /* Narratives differ from row to row: a person has read them. Whatever else was read still tells rows apart. */
    sc->role = c->treat == TREAT_REVIEWED && f->kind == FIELD_NARRATIVE ? SHEET_NEUTRAL : role_of(f);
    sc->treat = c->treat;
    sc->arg = c->arg;
    sc->kind = field_kind_name(f->kind);
    return VAULT_OK;
}

/* Does the treatment suit the kind of field? */
static vault_err
judge_treatment(struct release *r, const struct type_def *t, const struct field_def *f, const struct policy_field *pf)
{
    char where[2 * NAME_MAX_BYTES + 2];

    snprintf(where, sizeof where, "%s.%s", t->name, f->name);
    if (pf->treat == TREAT_DROP)
        return VAULT_OK;
    if (f->kind == FIELD_FILE)
        return refusal_add(&r->refusals, "unlisted", NULL, where, "files are never released: drop it");
    if (f->kind == FIELD_LINK && (pf->treat == TREAT_KEEP || pf->treat == TREAT_PSEUDONYM)) {
        if (f->target[0] == '\0' || policy_rows_of(&r->p, f->target) == NULL)
            return refusal_add(&r->refusals, "unlisted", NULL, where, "it links to records that this policy does not release: drop it");
        return VAULT_OK;
    }
    if (f->kind == FIELD_LINK || (pf->treat == TREAT_DATE && f->kind != FIELD_DATE) || (pf->treat == TREAT_PLACE && f->kind != FIELD_PLACE) ||
        (pf->treat == TREAT_BAND && f->kind != FIELD_DATE && f->kind != FIELD_NUMBER))
        return err_say(VAULT_ERR_INPUT, NULL, "policy: %s is a %s, which that treatment does not suit", where, field_kind_name(f->kind));
    if (pf->treat == TREAT_KEEP && f->kind == FIELD_NARRATIVE)
        return refusal_add(&r->refusals, "unlisted", NULL, where, "free text is released only once a person has read it: \"reviewed\"");
    if (pf->treat == TREAT_PSEUDONYM && f->kind == FIELD_NAME)
        return VAULT_OK;            /* the pseudonym of the record itself stands there */
    if (pf->treat == TREAT_PSEUDONYM)
        return err_say(VAULT_ERR_INPUT, NULL, "policy: %s is a %s, which that treatment does not suit", where, field_kind_name(f->kind));
    if ((f->kind == FIELD_IDENTIFIER || strcmp(f->name, LABEL) == 0) && (pf->treat == TREAT_KEEP || pf->treat == TREAT_REVIEWED))
        return refusal_add(&r->refusals, "unlisted", NULL, where, "it is the same for every audience, and would tie releases to each other and to other files: drop it");
    if (f->role == ROLE_DIRECT && f->tier == LEAF_WITHHELD)
        return refusal_add(&r->refusals, "unlisted", NULL, where, "it tells who a person is, and is withheld: drop it");
    return VAULT_OK;
}

static vault_err
open_rows(struct release *r, struct release_source *s)
{
    const struct policy_rows *rows = &r->p.rows[s->at];
    char where[2 * NAME_MAX_BYTES + 2];
    vault_err err = sheet_add_column(&s->sheet, "pseudonym", NULL);

    if (err == VAULT_OK)
        err = sheet_add_column(&s->stored, "pseudonym", NULL);

    s->skip = 1;
    for (size_t i = 0; err == VAULT_OK && i < rows->n_fields; i++)
        if (type_field(s->type, rows->field[i].name, strlen(rows->field[i].name)) == NULL) {
            err = type_no_field(s->type, rows->field[i].name, strlen(rows->field[i].name));
            err_prefix("policy, %s: ", s->type->name);
        }
    for (size_t i = 0; err == VAULT_OK && i < s->type->n_fields; i++) {
        const struct field_def *f = &s->type->field[i];
        const struct policy_field *pf = policy_field_of(rows, f->name);

        snprintf(where, sizeof where, "%s.%s", s->type->name, f->name);
        if (pf == NULL) {
            err = refusal_add(&r->refusals, "unlisted", NULL, where, "the policy does not say what becomes of it");
            continue;
        }
        err = judge_treatment(r, s->type, f, pf);
        if (err == VAULT_OK && pf->treat != TREAT_DROP && f->kind != FIELD_FILE) {
            err = add_column(r, s, f, pf);
            if (err == VAULT_OK)
                s->column[s->n_columns - 1].link = f->kind == FIELD_LINK || pf->treat == TREAT_PSEUDONYM;
        }
    }
    s->map_field = calloc(r->p.n_map + 1, sizeof *s->map_field);
    if (err == VAULT_OK && s->map_field == NULL)
        err = err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < r->p.n_map; i++) {
        s->map_field[i] = type_field(s->type, r->p.map[i], strlen(r->p.map[i]));
        err = sheet_add_column(&s->map, r->p.map[i], NULL);
    }
    return err;
}

static vault_err
open_table(struct release *r, struct release_source *s)
{
    const struct policy_table *t = &r->p.table[s->at];
    const struct policy_rows *rows = policy_rows_of(&r->p, t->type);
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < t->n_by; i++) {
        const struct field_def *f = type_field(s->type, t->by[i], strlen(t->by[i]));

        if (f == NULL) {
            err = type_no_field(s->type, t->by[i], strlen(t->by[i]));
            err_prefix("policy, table %s: ", t->name);
        } else if (f->tier == LEAF_WITHHELD || f->kind == FIELD_LINK || f->kind == FIELD_FILE || f->kind == FIELD_NARRATIVE || f->role == ROLE_DIRECT) {
            err = err_say(VAULT_ERR_INPUT, "count by a field that tells of many people at once", "policy, table %s: it cannot count by %s", t->name, f->name);
        } else {
            err = add_column(r, s, f, rows == NULL ? NULL : policy_field_of(rows, f->name));
        }
    }
    return err;
}

static vault_err
open_public(struct release *r, struct release_source *s)
{
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->type->n_fields; i++) {
        const struct field_def *f = &s->type->field[i];

        if (f->tier == LEAF_WITHHELD || f->kind == FIELD_LINK || f->kind == FIELD_FILE || f->role == ROLE_DIRECT)
            continue;
        if (f->role != ROLE_NEUTRAL)
            return err_say(VAULT_ERR_INPUT, "only figures about many people can be, as in records of type statistic",
                "policy, declared_public: records of type %s are about persons", s->type->name);
        err = add_column(r, s, f, NULL);
    }
    return err;
}

static void
note_type(struct release *r, const struct type_def *type)
{
    for (size_t i = 0; i < r->n_all; i++)
        if (r->all[i].type == type)
            return;
    r->all[r->n_all++].type = type;
}

static vault_err
open_source(struct release *r, enum source_kind kind, size_t at)
{
    struct release_source *s = &r->source[r->n_sources++];
    const char *type = kind == SOURCE_ROWS ? r->p.rows[at].type : kind == SOURCE_TABLE ? r->p.table[at].type : r->p.declared[at].type;
    vault_err err;

    s->kind = kind;
    s->at = at;
    sheet_init(&s->sheet);
    sheet_init(&s->map);
    sheet_init(&s->stored);
    err = type_set_get(&s->type, &r->v->recs.types, type);
    if (err != VAULT_OK) {
        err_prefix("policy: ");
        return err;
    }
    if (kind != SOURCE_PUBLIC)
        note_type(r, s->type);
    s->column = calloc(s->type->n_fields + 1, sizeof *s->column);
    err = s->column == NULL ? err_nomem() : sheet_name(&s->sheet, kind == SOURCE_TABLE ? r->p.table[at].name : type);
    if (err == VAULT_OK)
        err = kind == SOURCE_ROWS ? open_rows(r, s) : kind == SOURCE_TABLE ? open_table(r, s) : open_public(r, s);
    if (err != VAULT_OK)
        return err;
    return kind == SOURCE_ROWS ? make_where(s, r->v, r->p.rows[at].where, r->p.rows[at].n_where) :
        kind == SOURCE_TABLE ? make_where(s, r->v, r->p.table[at].where, r->p.table[at].n_where) :
        make_where(s, r->v, r->p.declared[at].where, r->p.declared[at].n_where);
}

static vault_err
judge_policy(struct release *r)
{
    char today[DATE_MAX];

    date_today(today);
    if (strcmp(r->p.expires, today) <= 0)
        return refusal_add(&r->refusals, "expired", NULL, "expires", "the policy expired on %s", r->p.expires);
    return VAULT_OK;
}

vault_err
release_open(struct release *r, vault *v, const char *policy)
{
    vault_err err;

    r->v = v;
    err = need_keeper(v, "a release");
    if (err == VAULT_OK)
        err = read_policy(r, policy);
    if (err == VAULT_OK)
        err = judge_policy(r);
    if (err != VAULT_OK)
        return err;
    r->source = calloc(r->p.n_rows + r->p.n_tables + r->p.n_declared + 1, sizeof *r->source);
    r->kind = calloc((size_t)v->recs.index.n + 1, 1);
    if (r->source == NULL || r->kind == NULL)
        return err_nomem();
    r->all = calloc(r->p.n_rows + r->p.n_tables + 1, sizeof *r->all);
    if (r->all == NULL)
        return err_nomem();
    for (size_t i = 0; err == VAULT_OK && i < r->p.n_rows; i++)
        err = open_source(r, SOURCE_ROWS, i);
    for (size_t i = 0; err == VAULT_OK && i < r->p.n_tables; i++)
        err = open_source(r, SOURCE_TABLE, i);
    for (size_t i = 0; err == VAULT_OK && i < r->p.n_declared; i++)
        err = strcmp(r->p.declared[i].type, r->p.declared[0].type) == 0 ? open_source(r, SOURCE_PUBLIC, i) :
            err_say(VAULT_ERR_INPUT, NULL, "policy, declared_public: records of one type alone");
    if (err == VAULT_OK)
        err = judgements_load(v, &r->judged);
    return err == VAULT_OK ? releases_load(v, &r->earlier) : err;
}

static void
source_free(struct release_source *s)
{
    for (size_t i = 0; i < s->n_columns; i++)
        hierarchy_free(s->column[i].h);
    free(s->column);
    conditions_free(s->where);
    sheet_free(&s->sheet);
    sheet_free(&s->stored);
    sheet_free(&s->map);
    free(s->map_field);
    free(s->record);
    free(s->link);
    free(s->text);
}

void
release_close(struct release *r)
{
    for (size_t i = 0; i < r->n_sources; i++)
        source_free(&r->source[i]);
    free(r->source);
    release_groups_free(r);
    for (size_t i = 0; i < r->n_all; i++)
        free(r->all[i].id);
    free(r->all);
    buf_free(&r->snapshot);
    free(r->edge);
    free(r->consent);
    free(r->kind);
    free(r->person);
    judgements_free(&r->judged);
    releases_free(&r->earlier);
    secret_free(r->secret);
    refusals_free(&r->refusals);
    policy_free(&r->p);
    for (size_t i = 0; i < r->advice.n; i++)
        free(r->advice.text[i]);
    for (size_t i = 0; i < r->notes.n; i++)
        free(r->notes.text[i]);
    for (size_t i = 0; i < r->words.n; i++)
        free(r->words.text[i]);
    for (size_t i = 0; i < r->figures.n; i++) {
        free((char *)(uintptr_t)r->figures.list[i].strict);
        free((char *)(uintptr_t)r->figures.list[i].lenient);
        free((char *)(uintptr_t)r->figures.list[i].command);
    }
    free(r->figures.list);
    free(r->exposed);
    free(r->words.text);
    free(r->advice.text);
    free(r->notes.text);
    release_files_free(&r->files);
    known_free(&r->known);
    buf_free(&r->risk);
    buf_free(&r->text);
    buf_free(&r->value);
    buf_free(&r->joined);
    free(r->folder);
    memset(r, 0, sizeof *r);
}
