#include "vault/record/type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/base/cbor.h"
#include "vault/base/text.h"
#include "vault/record/type_build.h"
#include "vault/record/value_text.h"

const char *const field_kind_names[] = {NULL, "text", "narrative", "name", "date", "number",
    "choice", "place", "identifier", "yes/no", "link", "file", "bytes"};
const char *const leaf_tier_names[] = {NULL, "open", "withheld"};
const char *const field_role_names[] = {NULL, "direct", "quasi", "sensitive", "neutral"};

const char *
field_kind_name(enum field_kind k)
{
    return k >= FIELD_TEXT && k <= FIELD_BYTES ? field_kind_names[k] : "unknown";
}

const char *
leaf_tier_name(enum leaf_tier t)
{
    return t >= LEAF_OPEN && t <= LEAF_WITHHELD ? leaf_tier_names[t] : "unknown";
}

const char *
field_role_name(enum field_role r)
{
    return r >= ROLE_DIRECT && r <= ROLE_NEUTRAL ? field_role_names[r] : "unknown";
}

static void
free_labels(struct label *label, size_t n)
{
    for (size_t i = 0; label != NULL && i < n; i++)
        free(label[i].text);
    free(label);
}

static void
free_field(struct field_def *f)
{
    free_labels(f->label, f->n_labels);
    for (size_t i = 0; f->choice != NULL && i < f->n_choices; i++)
        free(f->choice[i]);
    free(f->choice);
}

void
type_free(struct type_def *t)
{
    if (t == NULL)
        return;
    free_labels(t->label, t->n_labels);
    for (size_t i = 0; t->field != NULL && i < t->n_fields; i++)
        free_field(&t->field[i]);
    free(t->field);
    free(t);
}

/* ---- the rules ---- */

bool
type_name_ok(const char *s, size_t n)
{
    if (n == 0 || n >= NAME_MAX_BYTES || s[0] < 'a' || s[0] > 'z')
        return false;
    for (size_t i = 1; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '_'))
            return false;
    return true;
}

int
type_lang_order(const char *a, const char *b)
{
    size_t an = strlen(a), bn = strlen(b);

    return an != bn ? (an > bn) - (an < bn) : strcmp(a, b);
}

/* Two to eight of a-z, 0-9 and hyphen, beginning with a letter: "en", "zh-hant". */
static bool
lang_ok(const char *lang)
{
    size_t n = strlen(lang);

    if (n < 2 || lang[0] < 'a' || lang[0] > 'z')
        return false;
    return strspn(lang, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static bool
line_ok(struct buf *scratch, const char *s)
{
    size_t n = strlen(s);

    return n <= TYPE_LINE_MAX && value_text_is_canonical(scratch, s, n, TEXT_ONE_LINE);
}

static const char *
labels_flaw(struct buf *scratch, const struct label *label, size_t n)
{
    if (n > TYPE_LABELS_MAX)
        return "it has labels in too many languages";
    for (size_t i = 0; i < n; i++) {
        if (!lang_ok(label[i].lang))
            return "a label's language is not a short lower-case code";
        if (i > 0 && type_lang_order(label[i - 1].lang, label[i].lang) >= 0)
            return "its labels are not in order, or one language stands twice";
        if (!line_ok(scratch, label[i].text))
            return "a label is empty, longer than 256 bytes or not one line of text";
    }
    return NULL;
}

static const char *
choices_flaw(struct buf *scratch, const struct field_def *f)
{
    if (f->n_choices > 0 && f->kind != FIELD_CHOICE)
        return "only fields of kind choice have choices";
    if (f->n_choices > TYPE_CHOICES_MAX)
        return "it has more than 256 choices";
    for (size_t i = 0; i < f->n_choices; i++) {
        if (!line_ok(scratch, f->choice[i]))
            return "a choice is empty, longer than 256 bytes or not one line of text";
        for (size_t j = 0; j < i; j++)
            if (strcmp(f->choice[j], f->choice[i]) == 0)
                return "a choice stands twice";
    }
    return NULL;
}

static const char *
field_flaw(struct buf *scratch, const struct type_def *t, size_t at)
{
    const struct field_def *f = &t->field[at];
    const char *flaw;

    if (!type_name_ok(f->name, strlen(f->name)))
        return "its name is not a-z, 0-9 and _, beginning with a letter, at most 32 characters";
    for (size_t i = 0; i < at; i++)
        if (strcmp(t->field[i].name, f->name) == 0)
            return "its name is that of another field";
    if (f->kind == FIELD_BYTES)
        return "only system records have bytes";
    if (f->kind < FIELD_TEXT || f->kind > FIELD_BYTES)
        return "its kind is unknown";
    if (f->tier != LEAF_OPEN && f->tier != LEAF_WITHHELD)
        return "its tier is unknown";
    if (f->role < ROLE_DIRECT || f->role > ROLE_NEUTRAL)
        return "its role is unknown";
    flaw = labels_flaw(scratch, f->label, f->n_labels);
    if (flaw == NULL)
        flaw = choices_flaw(scratch, f);
    if (flaw != NULL)
        return flaw;
    if (f->target[0] != '\0' && f->kind != FIELD_LINK)
        return "only links have a target";
    if (f->target[0] != '\0' && !type_name_ok(f->target, strlen(f->target)))
        return "its target is not the name of a type";
    return NULL;
}

static const char *
first_flaw(struct buf *scratch, size_t *field, const struct type_def *t)
{
    const char *flaw;

    *field = t->n_fields;
    if (!type_name_ok(t->name, strlen(t->name)))
        return "its name is not a-z, 0-9 and _, beginning with a letter, at most 32 characters";
    if (t->version == 0)
        return "versions begin with 1";
    if (t->n_fields == 0)
        return "it has no fields";
    if (t->n_fields > TYPE_FIELDS_MAX)
        return "it has more than 256 fields";
    flaw = labels_flaw(scratch, t->label, t->n_labels);
    for (size_t i = 0; flaw == NULL && i < t->n_fields; i++) {
        *field = i;
        flaw = field_flaw(scratch, t, i);
    }
    return flaw;
}

vault_err
type_flaw(const char **flaw, size_t *field, const struct type_def *t)
{
    struct buf scratch = BUF_INIT;
    vault_err err;

    *flaw = first_flaw(&scratch, field, t);
    err = buf_ok(&scratch);
    buf_free(&scratch);
    return err;
}

/* ---- encoding ---- */

static void
put_labels(struct buf *out, const struct label *label, size_t n)
{
    cbor_map(out, n);
    for (size_t i = 0; i < n; i++) {
        cbor_text(out, label[i].lang);
        cbor_text(out, label[i].text);
    }
}

static void
put_field(struct buf *out, const struct field_def *f)
{
    cbor_array(out, 8);
    cbor_text(out, f->name);
    cbor_uint(out, f->kind);
    cbor_uint(out, f->tier);
    cbor_bool(out, f->repeats);
    cbor_uint(out, f->role);
    put_labels(out, f->label, f->n_labels);
    cbor_array(out, f->n_choices);
    for (size_t i = 0; i < f->n_choices; i++)
        cbor_text(out, f->choice[i]);
    cbor_text(out, f->target);
}

vault_err
type_encode(struct buf *out, const struct type_def *t)
{
    cbor_array(out, 4);
    cbor_text(out, t->name);
    cbor_uint(out, t->version);
    put_labels(out, t->label, t->n_labels);
    cbor_array(out, t->n_fields);
    for (size_t i = 0; i < t->n_fields; i++)
        put_field(out, &t->field[i]);
    return buf_ok(out);
}

static void
hash_type(uint8_t hash[static 32], const void *cbor, size_t n)
{
    struct part whole = PART(cbor, n);

    hash_parts(hash, "withheld:type:1", &whole, 1);
}

vault_err
type_seal(struct type_def *t)
{
    struct buf cbor = BUF_INIT;
    vault_err err;

    err = type_encode(&cbor, t);
    if (err != VAULT_OK)
        goto done;
    if (cbor.n > TYPE_CBOR_MAX) {
        err = err_say(VAULT_ERR_INPUT, NULL, "the type is larger than 1 MiB");
        goto done;
    }
    hash_type(t->hash, cbor.p, cbor.n);
done:
    buf_free(&cbor);
    return err;
}

/* ---- decoding ---- */

struct decoder {
    struct rd r;
    bool nomem;
};

/* Counts are compared with the limits before they come here. */
static void *
new_array(struct decoder *d, size_t count, size_t size)
{
    void *p = count == 0 ? NULL : calloc(count, size);

    if (count > 0 && p == NULL)
        d->nomem = true;
    return p;
}

static void
get_name(struct decoder *d, char *name, size_t room)
{
    struct part s = cbor_get_text(&d->r, room - 1);

    memcpy(name, s.p, s.n);
    name[s.n] = '\0';
}

static char *
get_line(struct decoder *d)
{
    struct part s = cbor_get_text(&d->r, TYPE_LINE_MAX);
    char *line = strndup(s.p, s.n);     /* valid text has no zero inside */

    if (line == NULL)
        d->nomem = true;
    return line;
}

static bool
going(const struct decoder *d)
{
    return !d->r.bad && !d->nomem;
}

static struct label *
get_labels(struct decoder *d, size_t *n)
{
    size_t count = cbor_get_map(&d->r, TYPE_LABELS_MAX);
    struct label *label = new_array(d, count, sizeof *label);

    *n = label == NULL ? 0 : count;
    for (size_t i = 0; i < *n && going(d); i++) {
        get_name(d, label[i].lang, sizeof label[i].lang);
        label[i].text = get_line(d);
    }
    return label;
}

static void
get_choices(struct decoder *d, struct field_def *f)
{
    size_t count = cbor_get_array(&d->r, TYPE_CHOICES_MAX);

    f->choice = new_array(d, count, sizeof *f->choice);
    f->n_choices = f->choice == NULL ? 0 : count;
    for (size_t i = 0; i < f->n_choices && going(d); i++)
        f->choice[i] = get_line(d);
}

static void
get_field(struct decoder *d, struct field_def *f)
{
    if (cbor_get_array(&d->r, 8) != 8)
        d->r.bad = true;
    get_name(d, f->name, sizeof f->name);
    f->kind = (enum field_kind)cbor_get_uint(&d->r, FIELD_BYTES);
    f->tier = (enum leaf_tier)cbor_get_uint(&d->r, LEAF_WITHHELD);
    f->repeats = cbor_get_bool(&d->r);
    f->role = (enum field_role)cbor_get_uint(&d->r, ROLE_NEUTRAL);
    f->label = get_labels(d, &f->n_labels);
    get_choices(d, f);
    get_name(d, f->target, sizeof f->target);
}

static void
get_type(struct decoder *d, struct type_def *t)
{
    size_t count;

    if (cbor_get_array(&d->r, 4) != 4)
        d->r.bad = true;
    get_name(d, t->name, sizeof t->name);
    t->version = (uint32_t)cbor_get_uint(&d->r, UINT32_MAX);
    t->label = get_labels(d, &t->n_labels);
    count = cbor_get_array(&d->r, TYPE_FIELDS_MAX);
    t->field = new_array(d, count, sizeof *t->field);
    t->n_fields = t->field == NULL ? 0 : count;
    for (size_t i = 0; i < t->n_fields && going(d); i++)
        get_field(d, &t->field[i]);
}

static vault_err
damaged(const char *why)
{
    return err_say(VAULT_ERR_DAMAGED, NULL, "a record type is damaged: %s", why);
}

vault_err
type_decode(struct type_def **out, const void *cbor, size_t n)
{
    struct decoder d = {.r = rd_of(cbor, n)};
    struct type_def *t = NULL;
    const char *flaw;
    size_t field;
    vault_err err;

    /* cbor_valid also sees to the order of the labels. */
    if (n > TYPE_CBOR_MAX || !cbor_valid(cbor, n))
        return damaged("it is not well-formed");
    t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_nomem();
    get_type(&d, t);
    if (d.nomem) {
        err = err_nomem();
        goto done;
    }
    if (!rd_end(&d.r)) {
        err = damaged("it is not well-formed");
        goto done;
    }
    err = type_flaw(&flaw, &field, t);
    if (err == VAULT_OK && flaw != NULL)
        err = damaged(flaw);
    if (err != VAULT_OK)
        goto done;
    hash_type(t->hash, cbor, n);
    *out = t;
    t = NULL;
done:
    type_free(t);
    return err;
}

/* ---- versions ---- */

static const char *
change_refused(const struct field_def *now, const struct field_def *next)
{
    if (next == NULL)
        return "is gone; keep it, nobody has to fill it in";
    if (next->kind != now->kind)
        return "has another kind; make a new field of that kind";
    if (next->repeats != now->repeats)
        return now->repeats ? "no longer repeats" : "repeats now; make a new field for that";
    if (next->tier < now->tier)
        return "would no longer be withheld; a tier may rise, never fall";
    return NULL;
}

vault_err
type_may_follow(const struct type_def *now, const struct type_def *next)
{
    if (strcmp(now->name, next->name) != 0)
        return err_say(VAULT_ERR_REFUSED, NULL, "type %s cannot follow type %s", next->name,
            now->name);
    if (now->version == UINT32_MAX || next->version != now->version + 1)
        return err_say(VAULT_ERR_REFUSED, NULL,
            "type %s: version %u cannot follow version %u", now->name, next->version,
            now->version);
    for (size_t i = 0; i < now->n_fields; i++) {
        const struct field_def *f = &now->field[i];
        const char *why = change_refused(f, type_field(next, f->name, strlen(f->name)));
        if (why != NULL)
            return err_say(VAULT_ERR_REFUSED, NULL, "type %s: field %s %s", now->name, f->name,
                why);
    }
    return VAULT_OK;
}

/* ---- fields by name ---- */

const struct field_def *
type_field(const struct type_def *t, const char *name, size_t n)
{
    if (n == 0 || n >= NAME_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < t->n_fields; i++) {
        const char *have = t->field[i].name;
        if (have[0] == name[0] && memcmp(have, name, n) == 0 && have[n] == '\0')
            return &t->field[i];
    }
    return NULL;
}

/* What was taken for a name may be data (a CSV file without a heading line), so it is not
 * repeated; the nearest name or all of them are. */
vault_err
type_no_field(const struct type_def *t, const char *name, size_t n)
{
    const char *names[TYPE_FIELDS_MAX];
    char typed[2 * NAME_MAX_BYTES] = {0};
    const char *near = NULL;
    char hint[256];
    size_t at = 0;

    for (size_t i = 0; i < t->n_fields; i++)
        names[i] = t->field[i].name;
    if (n < sizeof typed && text_valid(name, n, NULL)) {
        memcpy(typed, name, n);
        near = text_nearest(typed, names, t->n_fields);
    }
    if (near != NULL)
        snprintf(hint, sizeof hint, "did you mean %s?", near);
    for (size_t i = 0; near == NULL && i < t->n_fields && at < sizeof hint; i++)
        at += (size_t)snprintf(hint + at, sizeof hint - at, "%s%s", i == 0 ? "its fields: " : ", ",
            names[i]);
    memset(typed, 0, sizeof typed);
    return err_say(VAULT_ERR_INPUT, hint, "type %s has no field of that name", t->name);
}
