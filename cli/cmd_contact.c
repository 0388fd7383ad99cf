/* cmd_contact.c - cards and contacts: card show; contact add, verify, list, remove. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/term.h"

#define CARD_FILE_MAX ((size_t)64 * 1024)

/* ---- card show ------------------------------------------------------------------------------ */

static void
card_json(const struct vault_card *card)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "words", card->words);
    js_pair(&j, "fingerprint", card->fingerprint);
    js_pair(&j, "case_recipient", card->case_recipient);
    js_pair(&j, "keeper_recipient", card->keeper_recipient);
    js_pair(&j, "signing_key", card->signing_key);
    js_pair(&j, "card", card->text);
    js_end(&j);
}

static vault_err
card_run(struct call *c)
{
    struct vault_card *card = calloc(1, sizeof *card);
    vault_err err = card == NULL ? fail_nomem() : open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_card(c->app->vault, card));
    if (err == VAULT_OK && c->json)
        card_json(card);
    else if (err == VAULT_OK)
        fputs(card->text, stdout);
    if (err == VAULT_OK)
        term_say("send this to those who are to write to you, and read them the twelve words by voice or face to face");
    if (card != NULL)
        vault_free(card->text);
    free(card);
    return err;
}

const struct cmd cmd_card_show = {
    .name = "card show",
    .args = "",
    .summary = "what others need to write to this vault; public",
    .examples = "card show > our.card\n",
    .about =
        "Prints the vault's card: its fingerprint as twelve words, two age recipients (for what caseworkers\n"
        "may read, and for names, which only keepers open), the key that its keepers sign with, and a block\n"
        "that `contact add` reads. None of it is secret, but it tells that there is a vault. After `key rekey`\n"
        "the card is another one: send it again. --json: {\"words\",\"fingerprint\",\"case_recipient\",\n"
        "\"keeper_recipient\",\"signing_key\",\"card\"}\n",
    .opens = CMD_OPENS_VAULT,
    .run = card_run,
};

/* ---- telling -------------------------------------------------------------------------------- */

static void
contact_json(struct json *j, const struct vault_contact *x)
{
    js_object(j);
    js_pair(j, "name", x->name);
    js_key(j, "verified");
    js_bool(j, x->verified);
    js_key(j, "contested");
    js_bool(j, x->contested);
    js_pair(j, "words", x->words);
    js_pair(j, "fingerprint", x->fingerprint);
    js_pair(j, "vault_id", x->vault_id);
    js_pair(j, "case_recipient", x->case_recipient);
    js_pair(j, "keeper_recipient", x->keeper_recipient);
    js_end(j);
}

static int
print_contact(void *ctx, const struct vault_contact *x)
{
    struct json *j = ctx;

    if (j != NULL) {
        contact_json(j, x);
        return 0;
    }
    /* The name comes last, as anybody can choose one that looks like a verdict; and the words only once they were heard from the owner. */
    printf("%s  ", x->contested ? "TWO CARDS    " : x->verified ? "verified     " : "not verified ");
    out_style(OUT_BOLD);
    out_text(x->name);
    out_style(OUT_PLAIN);
    putchar('\n');
    if (x->verified)
        printf("    %s\n", x->words);
    return 0;
}

static vault_err
tell_one(const struct call *c, const char *name)
{
    struct json j = { .to = stdout };

    return kept(vault_contact(c->app->vault, name, print_contact, c->json ? &j : NULL));
}

static int
is_verified(void *ctx, const struct vault_contact *x)
{
    *(bool *)ctx = x->verified;
    return 0;
}

/* ---- contact add ---------------------------------------------------------------------------- */

static vault_err
add_run(struct call *c)
{
    struct input in = { .p = NULL };
    bool verified = false;
    vault_err err = open_before_reading(c, c->args[1]);

    if (err == VAULT_OK)
        err = input_file(&in, c->args[1], CARD_FILE_MAX);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_contact_add(c->app->vault, c->args[0], in.p, in.n));
    input_free(&in);
    if (err == VAULT_OK)
        err = tell_one(c, c->args[0]);
    if (err == VAULT_OK)
        err = kept(vault_contact(c->app->vault, c->args[0], is_verified, &verified));
    if (err == VAULT_OK && !verified)
        term_say("anybody can make a card: until `contact verify` was told the words that its owner reads from his own\n"
            "`card show`, by voice or face to face, it is not known whose this is");
    return err;
}

const struct cmd cmd_contact_add = {
    .name = "contact add",
    .args = "NAME FILE",
    .summary = "take in the card of another vault, under a name of yours",
    .examples = "contact add anna anna.card\ncontact verify anna\n",
    .about =
        "FILE is what the other side's `card show` printed; - is standard input. NAME is yours to choose;\n"
        "everybody who opens this vault sees it. A contact is not verified until a keeper has compared the\n"
        "words, and that is said at each use. A card under a name that has another one is refused: a keeper\n"
        "may replace it with --accept new-card, and it is not verified then.\n"
        "--json: {\"name\",\"verified\",\"contested\",\"words\",\"fingerprint\",\"vault_id\",\"case_recipient\",\n"
        "\"keeper_recipient\"}\n",
    .min_args = 2,
    .max_args = 2,
    .opens = CMD_OPENS_VAULT,
    .run = add_run,
};

/* ---- contact verify ------------------------------------------------------------------------- */

static vault_err
join_words(const struct call *c, struct input *out)
{
    vault_err err = VAULT_OK;

    for (size_t i = 1; err == VAULT_OK && i < c->n_args; i++) {
        size_t n = strlen(c->args[i]);
        char *word = malloc(out->n + n + 2);
        struct input longer = { .p = NULL };

        if (word == NULL)
            return fail_nomem();
        snprintf(word, out->n + n + 2, "%s%s%s", out->n == 0 ? "" : out->p, out->n == 0 ? "" : " ", c->args[i]);
        err = input_copy(&longer, word, strlen(word));
        free(word);
        input_free(out);
        *out = longer;
    }
    return err;
}

static bool
accepts_verify(const struct call *c)
{
    size_t at = 0;

    for (const char *w; (w = call_next(c, "accept", &at)) != NULL;)
        if (strcmp(w, "verify") == 0)
            return true;
    return false;
}

/* Our words are not shown: who only looks at them would say yes. */
static vault_err
verify_run(struct call *c)
{
    struct input heard = { .p = NULL };
    bool asked = false;
    vault_err err = join_words(c, &heard);

    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK && heard.n == 0 && term_asks() && !accepts_verify(c)) {
        term_say("have the owner read the twelve words of his own `card show` to you, by voice or face to face");
        err = input_ask(&heard, "the words (four letters of each are enough): ", 1024);
        asked = true;
    }
    if (err == VAULT_OK && asked && heard.n == 0)
        err = fail(VAULT_ERR_INPUT, NULL, "no words: nothing was changed");
    if (err == VAULT_OK)
        err = kept(vault_contact_verify(c->app->vault, c->args[0], heard.n == 0 ? NULL : heard.p));
    input_free(&heard);
    return err == VAULT_OK ? tell_one(c, c->args[0]) : err;
}

const struct cmd cmd_contact_verify = {
    .name = "contact verify",
    .args = "NAME [WORD...]",
    .summary = "compare the words of a contact's card with its owner's",
    .examples = "contact verify anna\ncontact verify anna RIVER STONE ...   (all twelve words)\n",
    .about =
        "Needs a keeper. The owner reads the twelve words of his own `card show` to you; they are typed here,\n"
        "and compared. Do not take them from the message that brought the card: who can exchange a card can\n"
        "exchange its words. --accept verify says that they were compared otherwise. Signed, and in the log.\n"
        "--json: as `contact add`\n",
    .min_args = 1,
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .run = verify_run,
};

/* ---- contact list, remove ------------------------------------------------------------------- */

static vault_err
list_run(struct call *c)
{
    struct json j = { .to = stdout };
    vault_err err = open_vault(c);

    if (err == VAULT_OK && c->json)
        js_array(&j);
    if (err == VAULT_OK)
        err = kept(vault_contact_list(c->app->vault, print_contact, c->json ? &j : NULL));
    if (err == VAULT_OK && c->json)
        js_end(&j);
    return err;
}

const struct cmd cmd_contact_list = {
    .name = "contact list",
    .args = "",
    .summary = "the contacts, and whether they are verified",
    .examples = "contact list\n",
    .about = "TWO CARDS: two copies of this vault had different cards under one name; nothing is sent to it until a\n"
        "keeper puts the right one there (`contact add --accept new-card`) or removes it. The words are shown of\n"
        "verified ones only: they are to be heard from the owner. --json: an array of what `contact add` prints\n",
    .opens = CMD_OPENS_VAULT,
    .run = list_run,
};

static vault_err
remove_run(struct call *c)
{
    vault_err err = open_vault(c);

    if (err == VAULT_OK)
        err = kept(vault_contact_remove(c->app->vault, c->args[0]));
    if (err == VAULT_OK)
        term_say("nothing is sent to it any more; that it was here stays in the history of the vault");
    return err;
}

const struct cmd cmd_contact_remove = {
    .name = "contact remove",
    .args = "NAME",
    .summary = "no longer write to a contact",
    .examples = "contact remove anna\n",
    .about = "Needs a keeper. What was sent to it stays readable there. Only a keeper can add one of that name\n"
        "again. Its name and card stay in the vault's history, encrypted like everything else.\n",
    .min_args = 1,
    .max_args = 1,
    .opens = CMD_OPENS_VAULT,
    .run = remove_run,
};
