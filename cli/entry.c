#include "cli/entry.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/open.h"
#include "cli/term.h"

#define FROM_MAX (16 * INPUT_MIB)
#define ANSWER_MAX ((size_t)64 * 1024)  /* bytes typed for one value; --from takes more */

/* ---- arguments and --from ----------------------------------------------------------------- */

static vault_err
read_from(struct entry *e, const struct call *c, const char *path)
{
    struct input in = { 0 };
    vault_err err = open_before_reading(c, path);

    if (err == VAULT_OK)
        err = input_file(&in, path, FROM_MAX);
    if (err == VAULT_OK)
        err = kept(vault_fields_json(e->fields, in.p, in.n));
    if (err == VAULT_OK)
        e->given++;
    input_free(&in);
    return err;
}

static vault_err
look_at_words(const struct entry *e, const struct call *c)
{
    for (size_t i = 0; i < e->n_words; i++) {
        const char *equals = strchr(e->words[i], '=');

        if (equals == NULL && !term_asks())
            return fail(VAULT_ERR_INPUT, "give FIELD=VALUE, or --from FILE for withheld fields",
                "argument %zu has no `=`, and there is no terminal to ask for a value", i + 2);
        if (equals == e->words[i])
            return fail(VAULT_ERR_INPUT, "give FIELD=VALUE", "argument %zu names no field", i + 2);
        if (equals != NULL && equals[1] == '\0')
            return fail(VAULT_ERR_INPUT, strcmp(c->cmd->name, "edit") == 0 ?
                "--unset FIELD takes a field away" : "leave the field out",
                "the value of field '%.*s' is empty", (int)(equals - e->words[i]), e->words[i]);
    }
    return VAULT_OK;
}

vault_err
entry_read(struct entry *e, const struct call *c, size_t first)
{
    const char *from = call_value(c, "from"), *name;
    size_t at = 0;
    vault_err err;

    e->words = c->args + first;
    e->n_words = c->n_args - first;
    err = look_at_words(e, c);
    if (err == VAULT_OK)
        err = kept(vault_fields_new(&e->fields));
    while (err == VAULT_OK && (name = call_next(c, "unset", &at)) != NULL) {
        err = kept(vault_fields_unset(e->fields, name));
        e->given++;
    }
    if (err == VAULT_OK && from != NULL)
        err = read_from(e, c, from);
    return err;
}

void
entry_free(struct entry *e)
{
    vault_fields_free(e->fields);
    memset(e, 0, sizeof *e);
}

static vault_err
no_argument(const struct vault_field_info *f)
{
    fail(VAULT_ERR_INPUT, NULL, "field '%s' is withheld: its value must not be an argument, "
        "where other programs and the shell's history can see it", f->name);
    fail_hint("name it without a value (`%s`) to be asked, or pass JSON through `--from -`",
        f->name);
    return VAULT_ERR_INPUT;
}

bool
entry_is_blind(const vault *v)
{
    struct vault_opened o;

    vault_opened(v, &o);
    return o.tier == VAULT_TIER_CASE;
}

static bool
answers(struct secret *s, const char *word)
{
    size_t n = vault_secret_len(s);

    return n > 0 && n <= strlen(word) && strncasecmp((const char *)vault_secret_edit(s), word, n) == 0;
}

/* y or n, and nothing else; the screen forgets the value. */
static vault_err
yes_or_no(const char *prompt, bool *yes)
{
    struct term_question q = { .prompt = prompt, .echo = TERM_SHOWN, .wiped = true, .max = 8 };
    bool no = false;
    vault_err err = VAULT_OK;

    for (*yes = false; err == VAULT_OK && !*yes && !no;) {
        struct secret *s = NULL;

        err = term_ask(&s, &q);
        *yes = err == VAULT_OK && answers(s, "yes");
        no = err == VAULT_OK && answers(s, "no");
        vault_secret_free(s);
    }
    return err;
}

/* The last look at a value before it is sealed to somebody else. */
static vault_err
show_once(const struct vault_field_info *f, struct secret *value, bool *right)
{
    static const char TAIL[] = " - right? you cannot read it back later (y/n) ";
    size_t n = vault_secret_len(value), room = n + strlen(f->name) + sizeof TAIL + 4;
    struct secret *prompt = NULL;
    vault_err err = kept(vault_secret_new(&prompt, room));

    if (err != VAULT_OK)
        return err;
    snprintf((char *)vault_secret_edit(prompt), room, "%s: %.*s%s", f->name, (int)n,
        (const char *)vault_secret_edit(value), TAIL);
    err = yes_or_no((const char *)vault_secret_edit(prompt), right);
    vault_secret_free(prompt);
    return err;
}

static vault_err
add_answer(struct entry *e, const struct vault_field_info *f)
{
    struct secret *answer = NULL;
    bool right = true;
    vault_err err = entry_ask(&answer, f);

    if (err == VAULT_OK && vault_secret_len(answer) == 0)
        err = fail(VAULT_ERR_INPUT, NULL, "no value was given for field '%s'", f->name);
    while (err == VAULT_OK && e->blind && f->withheld) {
        err = show_once(f, answer, &right);
        if (err != VAULT_OK || right)
            break;
        vault_secret_free(answer);
        answer = NULL;
        err = entry_ask(&answer, f);
        if (err == VAULT_OK && vault_secret_len(answer) == 0)
            err = fail(VAULT_ERR_INPUT, NULL, "no value was given for field '%s', and nothing was written",
                f->name);
    }
    if (err == VAULT_OK)
        err = kept(vault_fields_add(e->fields, f->name,
            (const char *)vault_secret_edit(answer), vault_secret_len(answer)));
    vault_secret_free(answer);
    return err;
}

/* `word` is cut at its equals sign. */
static vault_err
add_word(struct entry *e, const struct fields *type, char *word)
{
    char *value = strchr(word, '=');
    const struct vault_field_info *f;

    if (value != NULL)
        *value++ = '\0';
    f = fields_find(type, word);
    if (f == NULL)
        return fields_unknown(type, word);
    if (value == NULL)
        return add_answer(e, f);
    if (f->withheld)
        return no_argument(f);
    return kept(vault_fields_add(e->fields, word, value, strlen(value)));
}

vault_err
entry_finish(struct entry *e, const struct fields *type)
{
    for (size_t i = 0; i < e->n_words; i++) {
        vault_err err = add_word(e, type, e->words[i]);

        if (err != VAULT_OK)
            return err;
        e->given++;
    }
    return VAULT_OK;
}

/* ---- questions ---------------------------------------------------------------------------- */

/* "Other names" says no more than other_names. */
static bool
same_words(const char *label, const char *name)
{
    for (; *label != '\0' && *name != '\0'; label++, name++)
        if ((*label == ' ' ? '_' : tolower((unsigned char)*label)) != *name)
            return false;
    return *label == *name;
}

/* "Date of birth (born) [date]: " */
static void
question(char *to, size_t room, const struct vault_field_info *f)
{
    size_t n = 0;

    if (same_words(f->label, f->name))
        snprintf(to, room, "%s [%s", f->name, f->kind);
    else
        snprintf(to, room, "%s (%s) [%s", f->label, f->name, f->kind);
    for (size_t i = 0; i < f->n_choices; i++) {
        n = strlen(to);
        snprintf(to + n, room - n, "%s%s", i == 0 ? ": " : ", ", f->choices[i]);
    }
    n = strlen(to);
    snprintf(to + n, room - n, "%s%s]: ", f->repeats ? ", several" : "",
        f->withheld ? ", withheld" : "");
}

vault_err
entry_ask(struct secret **out, const struct vault_field_info *f)
{
    char prompt[512];
    struct term_question q = { .prompt = prompt, .max = ANSWER_MAX,
        .echo = f->withheld ? TERM_HIDDEN : TERM_SHOWN,
        .lines = strcmp(f->kind, "narrative") == 0 };

    question(prompt, sizeof prompt, f);
    return term_ask(out, &q);
}

struct answer {
    const struct vault_field_info *field;
    struct secret *value;
};
struct interview {
    const struct fields *type;
    struct answer *answers;
    size_t n, room;
};

/* The answer belongs to the interview, whatever happens. */
static vault_err
take_answer(struct interview *iv, const struct vault_field_info *f, struct secret *value)
{
    if (iv->n == iv->room) {
        size_t room = iv->room == 0 ? 32 : iv->room * 2;
        struct answer *p = reallocarray(iv->answers, room, sizeof *p);

        if (p == NULL) {
            vault_secret_free(value);
            return fail_nomem();
        }
        iv->answers = p;
        iv->room = room;
    }
    iv->answers[iv->n].field = f;
    iv->answers[iv->n++].value = value;
    return VAULT_OK;
}

static vault_err
ask_field(struct interview *iv, const struct vault_field_info *f)
{
    do {
        struct secret *value = NULL;
        vault_err err = entry_ask(&value, f);

        if (err != VAULT_OK)
            return err;
        if (vault_secret_len(value) == 0) {
            vault_secret_free(value);
            return VAULT_OK;
        }
        err = take_answer(iv, f, value);
        if (err != VAULT_OK)
            return err;
    } while (f->repeats);
    return VAULT_OK;
}

static void
drop_answers(struct interview *iv, const struct vault_field_info *f)
{
    size_t kept_n = 0;

    for (size_t i = 0; i < iv->n; i++) {
        if (f != NULL && iv->answers[i].field != f)
            iv->answers[kept_n++] = iv->answers[i];
        else
            vault_secret_free(iv->answers[i].value);
    }
    iv->n = kept_n;
}

static vault_err
add_answers(struct vault_added *out, vault *v, const struct interview *iv)
{
    vault_fields *fields = NULL;
    vault_err err = kept(vault_fields_new(&fields));

    for (size_t i = 0; i < iv->n && err == VAULT_OK; i++) {
        struct secret *value = iv->answers[i].value;

        err = kept(vault_fields_add(fields, iv->answers[i].field->name,
            (const char *)vault_secret_edit(value), vault_secret_len(value)));
    }
    if (err == VAULT_OK)
        err = kept(vault_add(v, iv->type->type, fields, out));
    vault_fields_free(fields);
    return err;
}

/* The name of a field that the person types; NULL in *out: gives up. */
static vault_err
ask_which(const struct vault_field_info **out, const struct fields *type)
{
    struct term_question q = { .prompt = "which field is to be corrected? (empty: none) ",
        .echo = TERM_SHOWN, .max = 64 };
    char name[65];

    for (*out = NULL; *out == NULL;) {
        struct secret *s = NULL;
        size_t n;
        vault_err err = term_ask(&s, &q);

        if (err != VAULT_OK)
            return err;
        n = vault_secret_len(s);
        memcpy(name, vault_secret_edit(s), n);
        name[n] = '\0';
        vault_secret_free(s);
        if (n == 0)
            return VAULT_OK;
        *out = fields_find(type, name);
        if (*out == NULL)
            fail_report(fields_unknown(type, name), false);
    }
    return VAULT_OK;
}

/* Every withheld answer from the i-th on, once; of a field that is not right, all are asked for again. */
static vault_err
show_all(struct interview *iv, size_t i)
{
    while (i < iv->n) {
        const struct vault_field_info *f = iv->answers[i].field;
        bool right = true;
        vault_err err = f->withheld ? show_once(f, iv->answers[i].value, &right) : VAULT_OK;

        if (err != VAULT_OK)
            return err;
        if (right) {
            i++;
            continue;
        }
        while (i > 0 && iv->answers[i - 1].field == f)      /* those before it are asked for anew */
            i--;
        drop_answers(iv, f);
        err = ask_field(iv, f);         /* they come last, and are shown when their turn comes */
        if (err != VAULT_OK)
            return err;
    }
    return iv->n > 0 ? VAULT_OK :
        fail(VAULT_ERR_INPUT, NULL, "nothing was entered, and nothing was written");
}

/* A wrong date must not cost the other answers. Returns `err` when the person gives up. */
static vault_err
correct(struct interview *iv, bool blind, vault_err err)
{
    const struct vault_field_info *f = NULL;
    vault_err asked;
    size_t from;

    fail_report(err, false);
    asked = ask_which(&f, iv->type);
    if (asked != VAULT_OK)
        return asked;
    if (f == NULL)
        return fail(err, NULL, "nothing was written");
    drop_answers(iv, f);
    from = iv->n;
    asked = ask_field(iv, f);
    return asked == VAULT_OK && blind ? show_all(iv, from) : asked;
}

static vault_err
ask_all(struct interview *iv)
{
    vault_err err = VAULT_OK;

    term_say("empty skips a field, or ends one that takes several values; Ctrl-C writes nothing");
    for (size_t i = 0; i < iv->type->n && err == VAULT_OK; i++)
        if (strcmp(iv->type->field[i].kind, "file") != 0)       /* attachments have commands */
            err = ask_field(iv, &iv->type->field[i]);
    if (err == VAULT_OK && iv->n == 0)
        err = fail(VAULT_ERR_INPUT, NULL, "nothing was entered, and nothing was written");
    return err;
}

vault_err
entry_interview(struct vault_added *out, vault *v, const struct fields *type)
{
    struct interview iv = { .type = type };
    bool blind = entry_is_blind(v);
    vault_err err = ask_all(&iv);

    if (err == VAULT_OK && blind)
        err = show_all(&iv, 0);
    if (err == VAULT_ERR_INPUT)         /* nothing was entered */
        goto done;
    if (err == VAULT_OK)
        err = add_answers(out, v, &iv);
    while (err == VAULT_ERR_INPUT || err == VAULT_ERR_NOT_FOUND) {
        if (iv.n == 0)
            break;
        err = correct(&iv, blind, err);
        if (err != VAULT_OK)
            break;
        err = add_answers(out, v, &iv);
    }
done:
    drop_answers(&iv, NULL);
    free(iv.answers);
    return err;
}
