/* cmd_handoff.c - records for somebody else: handoff send. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/handoff.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/pass.h"
#include "cli/place.h"
#include "cli/progress.h"
#include "cli/term.h"

#define RECIPIENTS_MAX 64u
#define BRIEF_FIRST 12u
#define BRIEF_LAST 6u

/* ---- to whom ---- */

struct recipient {
    const char *text;           /* borrowed from the call; of a contact: `own` */
    const char *contact;        /* its name, or NULL */
    bool verified;
    char own[VAULT_RECIPIENT_ROOM];
    char brief[BRIEF_FIRST + BRIEF_LAST + 4];   /* "age1qyqszqgp...s3cret" */
    char words[256];
    bool post_quantum;
};
struct recipients {
    struct recipient list[RECIPIENTS_MAX];
    const char *text[RECIPIENTS_MAX];
    size_t n;
    bool home;                  /* to the other copies of this vault, and nobody else */
};

/* What --to names. The only place that knows what that may be: what cannot be the name of a contact is a recipient. */
static vault_err
read_recipient(struct recipient *out, const char *text)
{
    size_t n = strlen(text);
    vault_err err;

    if (n > 0 && strncasecmp(text, "age", 3) != 0 && strncasecmp(text, "ssh-", 4) != 0) {
        out->contact = text;
        out->post_quantum = true;
        return VAULT_OK;
    }
    err = kept(vault_age_recipient(text, &out->post_quantum, out->words));
    if (err != VAULT_OK)
        return err;
    out->text = text;
    snprintf(out->brief, sizeof out->brief, "%.*s...%s", (int)BRIEF_FIRST, text, text + n - BRIEF_LAST);
    return VAULT_OK;
}

static vault_err
read_recipients(struct recipients *all, const struct call *c)
{
    size_t at = 0;
    vault_err err = VAULT_OK;

    for (const char *r; err == VAULT_OK && (r = call_next(c, "to", &at)) != NULL;) {
        if (all->n == RECIPIENTS_MAX)
            return fail(VAULT_ERR_INPUT, NULL, "more than %u recipients", RECIPIENTS_MAX);
        err = read_recipient(&all->list[all->n], r);
        if (err == VAULT_OK && all->list[all->n].post_quantum != all->list[0].post_quantum)
            err = fail(VAULT_ERR_INPUT, "make two files", "recipients of two kinds do not go into one file: "
                "it would be no safer than the weaker one");
        if (err == VAULT_OK) {
            all->text[all->n] = all->list[all->n].text;
            all->n++;
        }
    }
    if (err == VAULT_OK && all->n == 0 && !call_has(c, "ask-passphrase"))
        err = fail(VAULT_ERR_INPUT, "--to RECIPIENT, which begins with age1, --to CONTACT, or --ask-passphrase", "say who may open it");
    if (err == VAULT_OK && all->n > 0 && call_has(c, "ask-passphrase"))
        err = fail(VAULT_ERR_INPUT, "make two files", "an age file is for recipients or for a passphrase, not for both");
    return err;
}

struct wanted {
    struct recipient *to;
    bool names, contested;
};

static int
take_contact(void *ctx, const struct vault_contact *x)
{
    struct wanted *w = ctx;

    w->contested = x->contested;
    w->to->verified = x->verified;
    snprintf(w->to->own, sizeof w->to->own, "%s", w->names ? x->keeper_recipient : x->case_recipient);
    w->to->text = w->to->own;
    snprintf(w->to->words, sizeof w->to->words, "%s", x->words);
    return 0;
}

/* The vault's own card, which its copies have as well. */
static vault_err
find_home(struct recipient *to, const struct call *c)
{
    struct vault_card card;
    vault_err err = kept(vault_card(c->app->vault, &card));

    if (err != VAULT_OK)
        return err;
    snprintf(to->words, sizeof to->words, "%s", card.words);
    to->verified = true;
    vault_free(card.text);
    return VAULT_OK;
}

/* Names go to the keepers of a contact only; what caseworkers may read, to both. */
static vault_err
find_contacts(struct recipients *all, const struct call *c, bool names)
{
    vault_err err = VAULT_OK;

    if (all->home)
        return find_home(&all->list[0], c);
    for (size_t i = 0; err == VAULT_OK && i < all->n; i++) {
        struct wanted w = { .to = &all->list[i], .names = names };

        if (w.to->contact == NULL)
            continue;
        err = kept(vault_contact(c->app->vault, w.to->contact, take_contact, &w));
        if (err == VAULT_OK && w.contested)
            err = fail(VAULT_ERR_CONFLICT, "a keeper decides: `contact add` with the right card and --accept new-card, or `contact remove`",
                "two cards stand under that name, from two copies of this vault");
        all->text[i] = w.to->text;
    }
    return err;
}

/* ---- what will be sent ---- */

static const char *
many(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void
show_recipients(const struct recipients *all)
{
    bool keys = false;

    if (all->n == 0)
        term_say("to: whoever has the passphrase");
    for (size_t i = 0; i < all->n; i++) {
        const struct recipient *r = &all->list[i];
        bool unverified = r->contact != NULL && !r->verified;

        /* The words of a contact that is not verified are to be heard from its owner, and not read here. */
        if (all->home)
            term_say("to: the other copies of this vault, which have this card");
        else
            term_say("to: %s%s", r->contact != NULL ? r->contact : r->brief, r->contact == NULL ? "" : r->verified ? " (verified)" : "");
        if (!unverified)
            term_say("    %s", r->words);
        else
            term_warn("%s is not verified: nobody compared the words of that card with its owner, so it may be anybody's "
                "(`contact verify`)", r->contact);
        keys = keys || r->contact == NULL;
    }
    if (keys)
        term_say("compare the words, or with somebody who has no withheld the SHA-256 of the key, in another way than it came to you");
    if (all->n == 0)
        term_warn("who keeps this file can go on guessing at the passphrase, and faster with a quantum computer one day; recipients that "
            "begin with age1pq1 do not have that weakness");
    else if (!all->list[0].post_quantum)
        term_warn("who keeps this file and has a quantum computer one day can open it; recipients that begin with age1pq1 do not have "
            "that weakness");
}

void
handoff_show_plan(const struct vault_handoff_plan *p, bool names, bool bundle)
{
    term_say("%" PRIu64 " record%s, %" PRIu64 " attachment%s (%" PRIu64 " bytes)", p->records, many(p->records), p->attachments,
        many(p->attachments), p->bytes);
    if (names)
        term_say("WITH NAMES: %" PRIu64 " withheld value%s and %" PRIu64 " withheld attachment%s are among them", p->revealed,
            many(p->revealed), p->attachments_revealed, many(p->attachments_revealed));
    else
        term_say("without names: %" PRIu64 " withheld value%s and %" PRIu64 " withheld attachment%s are left out; the names of their "
            "fields are told", p->withheld, many(p->withheld), p->attachments_withheld, many(p->attachments_withheld));
    if (p->attachments_gone > 0)
        term_say("%" PRIu64 " attachment%s purged or lost, or never came here, and cannot go", p->attachments_gone, p->attachments_gone == 1 ? " was" :
            "s were");
    if (p->linked > 0)
        term_say("%" PRIu64 " record%s that these link to, or were merged with, %s left out (--with-linked takes them)", p->linked,
            many(p->linked), p->linked == 1 ? "is" : "are");
    if (p->linking > 0)
        term_say("%" PRIu64 " record%s that link%s to these %s left out: name %s if %s should go", p->linking, many(p->linking),
            p->linking == 1 ? "s" : "", p->linking == 1 ? "is" : "are", p->linking == 1 ? "it" : "them", p->linking == 1 ? "it" : "they");
    if (p->conflicts > 0 && bundle)
        term_say("of %" PRIu64 " record%s there are two versions; both go", p->conflicts, many(p->conflicts));
    else if (p->conflicts > 0)
        term_warn("of %" PRIu64 " record%s there are two versions; the newer one goes, and says so", p->conflicts, many(p->conflicts));
}

/* Records that were named beside it change nothing. */
static void
show_copy(const struct vault_handoff_plan *p, size_t n_ids)
{
    term_say("%sthe whole copy goes: %" PRIu64 " record%s in %" PRIu64 " revision%s, %" PRIu64 " attachment%s (%" PRIu64 " bytes), the log", n_ids > 0 ?
        "not these records alone: " : "", p->records, many(p->records), p->revisions, many(p->revisions), p->attachments, many(p->attachments), p->bytes);
    term_say("names that it has stay sealed as they are: nobody needs a keeper here, nor to take it in");
}

/* ---- yes ---- */

static bool
is_accepted(const struct call *c)
{
    struct accepted words;

    if (call_accepted(&words, c) != VAULT_OK)
        return false;
    for (size_t i = 0; i < words.n; i++)
        if (strcmp(words.word[i], "send") == 0)
            return true;
    return false;
}

vault_err
handoff_may_be_asked(const struct call *c)
{
    if (is_accepted(c) || (term_asks() && !c->json && !c->app->quiet))
        return VAULT_OK;
    return fail(VAULT_ERR_REFUSED, "`--accept send`, or run it at a terminal without --json and --quiet, and look at it first",
        "nobody is there to say yes to what is sent; nothing was done");
}

vault_err
handoff_ask(const struct call *c, const char *prompt, bool *confirmed)
{
    struct secret *answer = NULL;
    bool yes;
    vault_err err;

    *confirmed = false;
    if (is_accepted(c))
        return VAULT_OK;
    err = term_ask(&answer, &(struct term_question){ .prompt = prompt, .echo = TERM_SHOWN, .max = 64 });
    yes = err == VAULT_OK && vault_secret_len(answer) == 3 && memcmp(vault_secret_edit(answer), "yes", 3) == 0;
    vault_secret_free(answer);
    if (err == VAULT_OK && !yes)
        err = fail(VAULT_ERR_REFUSED, NULL, "that was not yes; nothing was done");
    *confirmed = yes;
    return err;
}

/* ---- the command ---- */

static void
recipients_json(struct json *j, const struct recipients *all)
{
    js_key(j, "recipients");
    js_array(j);
    if (all->n == 0)
        js_text(j, "passphrase");
    for (size_t i = 0; i < all->n; i++) {
        js_object(j);
        js_pair(j, "recipient", all->list[i].contact != NULL ? all->list[i].contact : all->list[i].brief);
        if (all->list[i].contact != NULL)
            js_pair_bool(j, "verified", all->list[i].verified);
        js_pair(j, "words", all->list[i].words);
        js_pair_bool(j, "post_quantum", all->list[i].post_quantum);
        js_end(j);
    }
    js_end(j);
}

static void
tell_json(const char *path, const struct recipients *all, const struct vault_handoff_sent *sent)
{
    const struct vault_handoff_plan *p = &sent->plan;
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "path", path);
    js_pair_uint(&j, "records", p->records);
    js_pair_uint(&j, "attachments", p->attachments);
    js_pair_uint(&j, "bytes", sent->size);
    recipients_json(&j, all);
    js_key(&j, "signed_by");
    js_object(&j);
    js_pair(&j, "who", sent->keeper ? "keeper" : "case holder");
    js_pair(&j, "key", sent->key);
    js_end(&j);
    js_pair(&j, "bundle", sent->bundle);
    js_pair_uint(&j, "revealed", p->revealed);
    js_pair_uint(&j, "attachments_revealed", p->attachments_revealed);
    js_pair_uint(&j, "withheld", p->withheld);
    js_pair_uint(&j, "attachments_withheld", p->attachments_withheld);
    js_pair_uint(&j, "attachments_gone", p->attachments_gone);
    js_pair_uint(&j, "linked", p->linked);
    js_pair_uint(&j, "linking", p->linking);
    js_pair_uint(&j, "conflicts", p->conflicts);
    if (all->home)
        js_pair_uint(&j, "revisions", p->revisions);
    js_end(&j);
}

static void
tell(const struct call *c, const char *path, const struct recipients *all, const struct vault_handoff_sent *sent)
{
    if (c->json) {
        tell_json(path, all, sent);
        return;
    }
    printf("%s\n", path);
    if (all->home) {
        term_say("copy %s; at home it is taken in with `handoff receive`, and the receipt comes back here (`handoff receipt`)", sent->bundle);
        return;
    }
    if (!call_has(c, "plain")) {
        term_say("bundle %s, with the whole history of these records; the other side takes it in with `handoff receive` and sends a receipt back\n"
            "(`handoff receipt`)", sent->bundle);
        term_say("whoever takes it in has its content for good: nothing takes it back");
        return;
    }
    term_say("signed with the key %s (%s): tell it to the recipient in another way than the file goes\n"
        "the manifest is %s", sent->key, sent->keeper ? "the keeper's" : "of your own slot", sent->bundle);
    term_say("whoever opens the file has its content for good: nothing takes it back");
}

/* A bundle is for contacts, by their names. */
static vault_err
judge_contacts(struct recipients *all, const struct call *c)
{
    for (size_t i = 0; i < all->n; i++)
        all->home = all->home || (all->list[i].contact != NULL && strcmp(all->list[i].contact, VAULT_HOME) == 0);
    if (all->home && all->n > 1)
        return fail(VAULT_ERR_INPUT, "make two files", "--to home stands alone: the whole copy is for the copies of this vault only");
    if (all->home && (call_has(c, "with-names") || call_has(c, "with-linked")))
        return fail(VAULT_ERR_INPUT, NULL, "the whole copy goes home, names sealed as they are: --with-names and --with-linked choose nothing");
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].contact == NULL)
            return fail(VAULT_ERR_INPUT, "`contact add` its card; or --plain, for somebody who has no vault",
                "a bundle goes to a contact, not to an age recipient");
    return VAULT_OK;
}

/* The end of that day, here. */
static vault_err
read_expires(const struct call *c, int64_t *out)
{
    const char *text = call_value(c, "expires");
    struct tm tm = { .tm_isdst = -1, .tm_hour = 23, .tm_min = 59, .tm_sec = 59 }, back;
    int n = 0;
    time_t t;

    if (text == NULL)
        return VAULT_OK;
    if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &n) == 3 && n == 10 && text[n] == '\0') {
        tm.tm_year -= 1900;
        tm.tm_mon -= 1;
        back = tm;
        t = mktime(&back);
        if (t != (time_t)-1 && back.tm_mday == tm.tm_mday && back.tm_mon == tm.tm_mon) {
            *out = (int64_t)t;
            return VAULT_OK;
        }
    }
    return fail(VAULT_ERR_INPUT, "as in --expires 2027-01-31", "--expires takes a day");
}

static vault_err
send_it(const struct call *c, struct vault_handoff *what, struct vault_handoff_sent *sent)
{
    struct progress p;
    vault_err err;

    progress_begin(&p, "writing");
    what->progress = progress_step;
    what->progress_ctx = &p;
    err = kept((what->n_contacts > 0 || what->home ? vault_handoff_send : vault_handoff_plain)(c->app->vault, call_value(c, "output"), what, sent));
    progress_end(&p);
    return err;
}

/* Shown, typed, said yes to, sent. */
static vault_err
look_and_send(const struct call *c, struct vault_handoff *what, const struct recipients *all)
{
    struct vault_handoff_plan plan;
    struct vault_handoff_sent sent;
    struct secret *pass = NULL;
    vault_err err = kept(vault_handoff_look(c->app->vault, what, &plan));

    if (err == VAULT_OK) {
        show_recipients(all);
        if (what->home)
            show_copy(&plan, what->n_ids);
        else
            handoff_show_plan(&plan, what->names, what->n_contacts > 0);
    }
    if (err == VAULT_OK && call_has(c, "ask-passphrase"))
        err = pass_new(&pass, c, "passphrase for the file (Tab shows it): ");
    what->passphrase = pass;
    if (err == VAULT_OK)
        err = handoff_ask(c, "type yes to make this file: ", &what->confirmed);
    if (err == VAULT_OK)
        err = send_it(c, what, &sent);
    if (err == VAULT_OK)
        tell(c, call_value(c, "output"), all, &sent);
    vault_secret_free(pass);
    return err;
}

static vault_err
judge_options(const struct call *c)
{
    if (call_value(c, "output") == NULL)
        return fail(VAULT_ERR_INPUT, NULL, "name the new file with -o");
    if (!call_has(c, "plain") && (call_has(c, "ask-passphrase") || call_has(c, "new-passphrase-fd")))
        return fail(VAULT_ERR_INPUT, "--plain, for somebody who has no vault", "a bundle goes to a contact, not to a passphrase");
    if (call_has(c, "plain") && (call_has(c, "expires") || call_has(c, "split")))
        return fail(VAULT_ERR_INPUT, NULL, "--expires and --split do not go with --plain");
    return VAULT_OK;
}

static vault_err
send_run(struct call *c)
{
    struct recipients all = { .n = 0 };
    const char *names[RECIPIENTS_MAX];
    struct vault_handoff what = { .ids = (const char *const *)c->args, .n_ids = c->n_args, .names = call_has(c, "with-names"),
        .linked = call_has(c, "with-linked") };
    vault_err err = judge_options(c);

    if (err == VAULT_OK)
        err = read_recipients(&all, c);
    if (err == VAULT_OK && !call_has(c, "plain"))
        err = judge_contacts(&all, c);
    if (err == VAULT_OK && c->n_args == 0 && !all.home)
        err = fail(VAULT_ERR_INPUT, "name the records to send, or --to home", "`handoff send` has too few arguments");
    if (err == VAULT_OK)
        err = read_expires(c, &what.expires);
    if (err == VAULT_OK)
        err = call_size(c, "split", &what.part);
    if (err == VAULT_OK)
        err = handoff_may_be_asked(c);
    if (err == VAULT_OK)
        err = place_new(c->app->folder, call_value(c, "output"));
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = find_contacts(&all, c, what.names);
    for (size_t i = 0; i < all.n; i++)
        names[i] = all.list[i].contact;
    if (call_has(c, "plain")) {
        what.recipients = all.text;
        what.n_recipients = all.n;
    } else if (all.home) {
        what.home = true;
    } else {
        what.contacts = names;
        what.n_contacts = all.n;
    }
    return err == VAULT_OK ? look_and_send(c, &what, &all) : err;
}

const struct cmd cmd_handoff_send = {
    .name = "handoff send",
    .args = "(ID... (--to CONTACT... | --plain (--to RECIPIENT... | --ask-passphrase)) [--with-names] [--with-linked] | --to home) [--expires DATE] [--split SIZE] -o FILE",
    .summary = "give records to somebody else, in one encrypted file",
    .examples = "handoff send C-7 --with-linked --to anna -o /media/stick/c7.bundle\n"
        "handoff send C-7 K-12 --with-names --to anna --expires 2027-01-31 -o c7.bundle\n"
        "handoff send C-7 --with-linked --plain --to age1pq1... -o /media/stick/c7.age\n"
        "handoff send C-7 K-12 --with-names --plain --ask-passphrase -o c7.age\n"
        "handoff send --to home -o /media/stick/journey.copy\n",
    .about =
        "For a contact: a bundle that only that vault takes in (`handoff receive`), with all revisions of\n"
        "the records, who wrote them and the proof of it, and the attachments. With names it opens for keepers there only.\n"
        "It cannot be passed on as if it were for somebody else, and is refused after the day of --expires.\n"
        "--to home brings this copy of the vault (travel, cp, restore --second) back to the others: the whole of it each\n"
        "time, with what was written here and names as they are sealed. No keeper is needed on either side.\n"
        "--plain makes an age file that holds a tar archive of one folder: a page to read, the same as JSON,\n"
        "the attachments, instructions (English, Russian, Korean) and signatures. Whoever gets it needs only\n"
        "the programs age, tar and minisign, and no vault. RECIPIENT begins with age1; the other person makes\n"
        "it with `age-keygen`. It may also be the name of a contact, who opens it with `age decrypt -C VAULT`;\n"
        "one that is not verified is said. Withheld values and attachments are left out, and the names of their fields\n"
        "told, unless --with-names is given (keeper). A record that a link leads to and that is not sent is\n"
        "not named. First recipients and counts are shown; then `yes` is to be typed, or --accept send given.\n"
        "A passphrase is judged like one of a vault:\n"
        PASS_RULE
        "The log records it first. Nothing is ever overwritten, and a file that was not finished is not left.\n"
        "--json: {\"path\",\"records\",\"attachments\",\"bytes\",\"recipients\":[{\"recipient\",\"words\",\"post_quantum\"}] or\n"
        "[\"passphrase\"],\"signed_by\":{\"who\",\"key\"},\"bundle\",\"revealed\",\"attachments_revealed\",\"withheld\",\n"
        "\"attachments_withheld\",\"attachments_gone\",\"linked\",\"linking\",\"conflicts\"}, home also \"revisions\"; bundle is the SHA-256 of manifest.json\n",
    .opts = (const struct opt[]){
        { "plain", 0, false, NULL, "for somebody who has age, tar and minisign" },
        { "to", 0, true, "RECIPIENT", "who may open it; can be repeated" },
        { "ask-passphrase", 0, false, NULL, "a passphrase opens it" },
        { "new-passphrase-fd", 0, false, "N", "read that passphrase from this descriptor" },
        { "with-names", 0, false, NULL, "with withheld values and attachments (keeper)" },
        { "with-linked", 0, false, NULL, "with the records that these link to" },
        { "output", 'o', false, "FILE", "write to this new file" },
        { "expires", 0, false, "DATE", "a bundle is not taken in after this day" },
        { "split", 0, false, "SIZE", "a bundle in parts of this size, as 650M or 2G (at least 1M)" },
        { NULL, 0, false, NULL, NULL } },
    .min_args = 0,              /* judged by the command: --to home needs none */
    .max_args = CMD_ANY,
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_ALWAYS,
    .writes = { .option = "output" },
    .run = send_run,
};
