/* cmd_release_review.c - read a text before it goes out: release review. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/term.h"

#define ANSWER_MAX ((size_t)64 << 10)

struct reviewing {
    const struct call *c;
    bool accept;                    /* --accept reviewed: as they are, but what names somebody */
    struct secret *answer;
    char *instead;
    uint64_t skipped;
    vault_err err;
};

static void
wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* Each known name in << >>. The caller wipes. */
static char *
marked(const struct vault_review *r)
{
    size_t n = strlen(r->text), room = n + 8 * r->n_names + 1, at = 0, to = 0;
    char *out = malloc(room);

    for (size_t i = 0; out != NULL && i < r->n_names; i++) {
        const struct vault_review_name *x = &r->names[i];

        if (x->at < at || x->at + x->n > n)
            continue;               /* within the one before */
        to += (size_t)snprintf(out + to, room - to, "%.*s<<%.*s>>", (int)(x->at - at), r->text + at, (int)x->n, r->text + x->at);
        at = x->at + x->n;
    }
    if (out != NULL)
        snprintf(out + to, room - to, "%s", r->text + at);
    return out;
}

/* Known names by what their persons are called in this release. NULL: no memory, or one is not in it. */
static char *
replaced(const struct vault_review *r)
{
    size_t n = strlen(r->text), room = n + 1, at = 0, to = 0;
    char *out;

    for (size_t i = 0; i < r->n_names; i++) {
        if (r->names[i].pseudonym == NULL)
            return NULL;
        room += strlen(r->names[i].pseudonym);
    }
    out = malloc(room);
    for (size_t i = 0; out != NULL && i < r->n_names; i++) {
        const struct vault_review_name *x = &r->names[i];

        if (x->at < at || x->at + x->n > n)
            continue;
        to += (size_t)snprintf(out + to, room - to, "%.*s%s", (int)(x->at - at), r->text + at, x->pseudonym);
        at = x->at + x->n;
    }
    if (out != NULL)
        snprintf(out + to, room - to, "%s", r->text + at);
    return out;
}

static void
show(const struct vault_review *r, const char *text)
{
    printf("\n%.8s  ", r->record);
    out_text(r->label);
    printf("  %s\n  ", r->field);
    out_lines(text, 2);
    putchar('\n');
    (void)fflush(stdout);
}

static bool
is(const struct secret *answer, const char *word)
{
    return vault_secret_len(answer) == strlen(word) && memcmp(vault_secret_edit((struct secret *)(uintptr_t)answer), word, strlen(word)) == 0;
}

static enum vault_review_answer
ask(struct reviewing *x, const struct vault_review *r, const char **instead)
{
    const char *prompt = r->n_names == 0 ? "may it go out as it is? yes, no, or a text that stands there instead: " :
        "known names are marked. no, `pseudonym` (they are replaced), or a text that stands there instead: ";

    vault_secret_free(x->answer);
    x->answer = NULL;
    x->err = term_ask(&x->answer, &(struct term_question){ .prompt = prompt, .echo = TERM_SHOWN, .max = ANSWER_MAX });
    if (x->err != VAULT_OK)
        return VAULT_REVIEW_STOP;
    if (is(x->answer, "yes") && r->n_names == 0)
        return VAULT_REVIEW_YES;
    if (is(x->answer, "no") || is(x->answer, "") || is(x->answer, "yes")) {
        x->skipped++;
        return VAULT_REVIEW_NO;
    }
    *instead = (const char *)vault_secret_edit(x->answer);
    if (is(x->answer, "pseudonym")) {
        x->instead = replaced(r);
        *instead = x->instead;
        if (x->instead == NULL) {
            term_say("somebody who is named there is not in this release, or has no lasting pseudonym: write another text");
            x->skipped++;
            return VAULT_REVIEW_NO;
        }
    }
    return VAULT_REVIEW_YES;
}

static enum vault_review_answer
review(void *ctx, const struct vault_review *r, const char **instead)
{
    struct reviewing *x = ctx;
    char *text = marked(r);
    enum vault_review_answer answer;

    wipe(x->instead);
    x->instead = NULL;
    if (text == NULL) {
        x->err = fail_nomem();
        return VAULT_REVIEW_STOP;
    }
    if (!x->c->json)
        show(r, text);
    if (x->accept) {
        answer = r->n_names == 0 ? VAULT_REVIEW_YES : VAULT_REVIEW_NO;
        if (r->n_names != 0 && (x->instead = replaced(r)) != NULL) {
            *instead = x->instead;
            answer = VAULT_REVIEW_YES;
        }
        x->skipped += answer == VAULT_REVIEW_NO;
    } else {
        answer = ask(x, r, instead);
    }
    wipe(text);
    return answer;
}

static vault_err
review_run(struct call *c)
{
    struct reviewing x = { .c = c };
    struct accepted accepted = { .n = 0 };
    struct json j = { .to = stdout };
    uint64_t agreed = 0;
    vault_err err = call_accepted(&accepted, c);

    for (size_t i = 0; i < accepted.n; i++)
        x.accept = x.accept || strcmp(accepted.word[i], "reviewed") == 0;
    if (err == VAULT_OK && !x.accept && !term_asks())
        err = fail(VAULT_ERR_REFUSED, "--accept reviewed: each text was read, and may go out", "there is nobody who could read the texts");
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_release_review(c->app->vault, c->args[0], review, &x, &agreed));
    if (x.err != VAULT_OK)
        err = x.err;
    if (err == VAULT_OK && c->json) {
        js_object(&j);
        js_pair_uint(&j, "agreed", agreed);
        js_pair_uint(&j, "left", x.skipped);
        js_end(&j);
    } else if (err == VAULT_OK) {
        term_say("%" PRIu64 " texts may go out, %" PRIu64 " may not", agreed, x.skipped);
    }
    vault_secret_free(x.answer);
    wipe(x.instead);
    return err;
}

const struct cmd cmd_release_review = {
    .name = "release review",
    .args = "POLICY.json",
    .summary = "read the texts that a policy lets out, one by one",
    .examples = "release review press.json\n",
    .about = "Shows each text of a field with the treatment \"reviewed\" that nobody has read yet, with the names that the\n"
        "vault knows marked <<so>>, and takes yes, no, `pseudonym` (each name becomes what its person is called in this\n"
        "release), or another text that stands there instead. That is remembered for this very text: one that\n"
        "was changed must be read again. --accept reviewed, where there is no terminal: all of them were read; in those\n"
        "that name somebody the names become pseudonyms, and what cannot be replaced does not go out.\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .reads = { .arg = 1 },
    .run = review_run,
};
