/*
 * cmd_key_shares.c - a way in that trustees hold together: key shares.
 *
 * Nothing is changed until every share is where it belongs: written down and compared with the paper,
 * or on the disk. The library makes the slot only then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/place.h"
#include "cli/term.h"

#define TEXT_MAX 4096
#define FIRST_OWN_WORD 4        /* the first three are the same on every share of a set */

struct trustees {
    const char *dir;            /* NULL: one screen each */
    const char *to[16];         /* age recipients, one for each share; n_to 0: nothing is sealed */
    char words[16][256];        /* by which people know them */
    unsigned n_to;
    char fingerprint[256];      /* words of the vault */
    unsigned given;             /* shares that are where they belong */
    bool made_dir;
    vault_err err;              /* why it was stopped */
};

/* ---- the text of a share ------------------------------------------------------------------- */

struct text {
    struct secret *s;
    size_t n;
};

static void VAULT_PRINTF(2, 3)
add(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf((char *)vault_secret_edit(t->s) + t->n, TEXT_MAX - t->n, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->n += (size_t)n < TEXT_MAX - t->n ? (size_t)n : TEXT_MAX - t->n - 1;
}

/* The next word; *p goes behind it. Its length, 0: there is none. */
static int
next_word(const char **p, const char **word)
{
    *p += strspn(*p, " ");
    *word = *p;
    *p += strcspn(*p, " ");
    return (int)(*p - *word);
}

/* Numbered, five in a row. */
static void
add_words(struct text *t, const char *words)
{
    const char *word;
    int n;

    for (unsigned i = 1; (n = next_word(&words, &word)) > 0; i++)
        add(t, "%s%2u %-10.*s", i % 5 == 1 ? "\n  " : " ", i, n, word);
    add(t, "\n");
}

static void
add_head(struct text *t, const char *mark, const struct vault_trustee_share *s,
    const struct trustees *all)
{
    size_t half = strlen(all->fingerprint) / 2;     /* a screen takes it in two lines */

    half += strcspn(all->fingerprint + half, " ");
    add(t, "%sShare %u of %u. Any %u of the %u open the vault, with all names.\n", mark, s->number,
        s->count, s->threshold, s->count);
    add(t, "%sThe vault is: %.*s%s%s\n", mark, (int)half, all->fingerprint,
        mark[0] == '\0' ? "\n             " : "", all->fingerprint + half);
}

static void
add_advice(struct text *t, const char *mark)
{
    add(t, "%sKeep it on paper, apart from the other shares and from the vault. No photograph, no\n"
        "%scopy in a computer or telephone. Give it to nobody but the keeper whom you know, after\n"
        "%syou have heard from that person in another way, too. Tell if it is lost or was seen.\n",
        mark, mark, mark);
}

static vault_err
text_new(struct text *t)
{
    t->n = 0;
    return kept(vault_secret_new(&t->s, TEXT_MAX));
}

/* ---- one screen each ----------------------------------------------------------------------- */

static vault_err
show(const struct vault_trustee_share *s, const struct trustees *all)
{
    struct text t = { NULL, 0 };
    struct secret *answer = NULL;
    vault_err err = text_new(&t);

    if (err != VAULT_OK)
        return err;
    add_head(&t, "", s, all);
    add_words(&t, s->words);
    add(&t, "\nWrite on one sheet: which share of how many, how many are needed, the words of the\n"
        "vault, and these words with their numbers. The trustee is to know:\n\n");
    add_advice(&t, "  ");
    add(&t, "\n");
    err = term_ask(&answer, &(struct term_question){ .echo = TERM_SHOWN, .max = 16,
        .page = (const char *)vault_secret_edit(t.s),
        .prompt = "Enter when it is written down (Ctrl-C: stop, and nothing is changed): " });
    vault_secret_free(answer);
    vault_secret_free(t.s);
    return err;
}

static unsigned
count_words(const char *words)
{
    const char *word;
    unsigned n = 0;

    while (next_word(&words, &word) > 0)
        n++;
    return n;
}

/* Two places among the words that this share has for itself, in their order. */
static vault_err
pick_places(unsigned place[2], unsigned count)
{
    unsigned char random[2];
    unsigned own = count - FIRST_OWN_WORD + 1;

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return fail(VAULT_ERR_FAILED, NULL, "the system gives no random numbers");
    place[0] = FIRST_OWN_WORD + random[0] % own;
    place[1] = FIRST_OWN_WORD + (place[0] - FIRST_OWN_WORD + 1 + random[1] % (own - 1)) % own;
    if (place[0] > place[1]) {
        unsigned first = place[1];

        place[1] = place[0];
        place[0] = first;
    }
    return VAULT_OK;
}

/* Is the next typed word (four letters are enough) word number `place` of the share? */
static bool
is_word(const char **typed, const char *words, unsigned place)
{
    const char *word = NULL, *t;
    int n = 0, m = next_word(typed, &t);
    const char *whole = m < 4 ? NULL : vault_share_word(t, (size_t)m);

    while (place-- > 0)
        n = next_word(&words, &word);
    return whole != NULL && (int)strlen(whole) == n && strncmp(whole, word, (size_t)n) == 0;
}

/* From the paper: the screen is empty again. *same: it says what the share says. */
static vault_err
compare(const struct vault_trustee_share *s, bool *same)
{
    struct secret *answer = NULL;
    unsigned place[2] = { 0 };
    char prompt[128];
    const char *typed;
    vault_err err = pick_places(place, count_words(s->words));

    if (err != VAULT_OK)
        return err;
    snprintf(prompt, sizeof prompt, "share %u, from the paper: words %u and %u (Tab shows them): ",
        s->number, place[0], place[1]);
    err = term_ask(&answer, &(struct term_question){ .prompt = prompt, .echo = TERM_HIDDEN,
        .max = 64, .complete = vault_share_word });
    if (err != VAULT_OK)
        return err;
    typed = (const char *)vault_secret_edit(answer);
    *same = is_word(&typed, s->words, place[0]) && is_word(&typed, s->words, place[1]);
    vault_secret_free(answer);
    return VAULT_OK;
}

static vault_err
write_down(const struct vault_trustee_share *s, const struct trustees *all)
{
    bool same = false;
    vault_err err;

    do {
        err = show(s, all);
        if (err == VAULT_OK)
            err = compare(s, &same);
        if (err == VAULT_OK && !same)
            term_say("that is not what share %u says: here it is again, compare every word",
                s->number);
    } while (err == VAULT_OK && !same);
    return err;
}

/* ---- files --------------------------------------------------------------------------------- */

static vault_err
make_folder(struct trustees *all)
{
    if (all->made_dir)
        return VAULT_OK;
    if (mkdir(all->dir, 0700) != 0)
        return fail_errno(errno, "cannot make the folder %s", all->dir);
    all->made_dir = true;
    return VAULT_OK;
}

/* The names in a folder are on the disk. */
static vault_err
sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

    if (fd >= 0)
        (void)close(fd);
    return synced ? VAULT_OK : fail_errno(errno, "cannot write %s", path);
}

static void
share_path(char *out, size_t room, const struct trustees *all, unsigned number)
{
    snprintf(out, room, "%s/share-%u.%s", all->dir, number, all->n_to == 0 ? "txt" : "age");
}

/* Sealed to its trustee, or plain. */
static vault_err
write_share(const char *path, struct text *t, const struct trustees *all, unsigned number)
{
    const struct vault_age_to to = { .recipients = &all->to[number - 1], .n_recipients = 1, .armor = true };

    vault_secret_set_len(t->s, t->n);
    return kept(all->n_to == 0 ? vault_put_file(path, t->s) : vault_age_put_file(path, t->s, &to));
}

/* The set that was there before opens nothing once the new slot is made: the folder of its successor must not be lost by then. */
static vault_err
sync_parent(const struct trustees *all)
{
    char parent[4096];

    snprintf(parent, sizeof parent, "%s/..", all->dir);
    return sync_folder(parent);
}

static vault_err
write_file(const struct vault_trustee_share *s, struct trustees *all)
{
    struct text t = { NULL, 0 };
    char path[4096];
    vault_err err = make_folder(all);

    if (err == VAULT_OK)
        err = text_new(&t);
    if (err != VAULT_OK)
        return err;
    add_head(&t, "# ", s, all);
    add_advice(&t, "# ");
    add(&t, "%s\n", s->words);
    share_path(path, sizeof path, all, s->number);
    err = write_share(path, &t, all, s->number);
    if (err == VAULT_OK)
        err = sync_parent(all);
    vault_secret_free(t.s);
    return err;
}

/* They open nothing. Overwritten, for what that is worth, and gone. */
static void
take_files_back(const struct trustees *all, unsigned count)
{
    static const char zeros[TEXT_MAX];
    char path[4096];

    for (unsigned i = 1; i <= count; i++) {
        int fd;

        share_path(path, sizeof path, all, i);
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            continue;
        if (write(fd, zeros, sizeof zeros) > 0)
            (void)fsync(fd);
        close(fd);
        (void)unlink(path);
    }
    (void)rmdir(all->dir);
}

/* ---- the command --------------------------------------------------------------------------- */

static int
give(void *ctx, const struct vault_trustee_share *s)
{
    struct trustees *all = ctx;

    all->err = all->dir != NULL ? write_file(s, all) : write_down(s, all);
    if (all->err == VAULT_OK)
        all->given++;
    return all->err != VAULT_OK;
}

/* One for each share, in their order. */
static vault_err
read_recipients(struct trustees *all, const struct call *c)
{
    bool pq = true;
    size_t at = 0;
    vault_err err = VAULT_OK;

    for (const char *r; err == VAULT_OK && (r = call_next(c, "to", &at)) != NULL;) {
        if (all->n_to == sizeof all->to / sizeof all->to[0])
            return fail(VAULT_ERR_INPUT, NULL, "--to is given more than 16 times");
        err = kept(vault_age_recipient(r, &pq, all->words[all->n_to]));
        for (unsigned i = 0; err == VAULT_OK && i < all->n_to; i++)
            if (strcmp(all->words[i], all->words[all->n_to]) == 0)
                err = fail(VAULT_ERR_INPUT, "each trustee has a recipient of his own", "the same recipient would get two shares");
        all->to[all->n_to++] = r;
        if (err == VAULT_OK && !pq)
            term_warn("share %u goes to a recipient that quantum computers will open; one that begins with age1pq1 is better",
                all->n_to);
    }
    return err;
}

static vault_err
read_numbers(struct vault_key_shares_options *opt, const struct call *c, unsigned n_to)
{
    long threshold = 0, count = n_to;
    vault_err err = call_number(c, "threshold", 1, 16, &threshold);

    if (err == VAULT_OK)
        err = call_number(c, "count", 1, 16, &count);
    if (err != VAULT_OK)
        return err;
    if (threshold == 0 || count == 0)
        return fail(VAULT_ERR_INPUT, "as in `key shares --threshold 3 --count 5`: any 3 of 5 trustees open it",
            "`key shares` needs --threshold and --count");
    if (n_to != 0 && count != (long)n_to)
        return fail(VAULT_ERR_INPUT, "one --to for each share", "there are %ld shares and %u recipients", count, n_to);
    if (threshold > count)
        return fail(VAULT_ERR_INPUT, NULL, "--threshold cannot be more than --count");
    if (threshold == 1 && count > 1)
        return fail(VAULT_ERR_INPUT, "take 2, or make 1 of 1",
            "with --threshold 1 each of several shares would open the vault alone");
    opt->threshold = (unsigned)threshold;
    opt->count = (unsigned)count;
    return VAULT_OK;
}

/* Where they go: judged before a passphrase is asked for. */
static vault_err
read_way(const struct call *c, const char *dir)
{
    if (call_has(c, "to") && dir == NULL)
        return fail(VAULT_ERR_INPUT, "with -o DIR, a new folder", "say where the files for the trustees shall lie");
    if (dir != NULL)
        return place_new(c->app->folder, dir);
    if (!term_asks())
        return fail(VAULT_ERR_INPUT, "run it at a terminal; `-o DIR` writes plain files, which --accept plain-shares allows",
            "shares are shown on a terminal, and there is none");
    if (!term_pages())
        return fail(VAULT_ERR_INPUT, "use another terminal",
            "this terminal (TERM) cannot be cleared after a share");
    return VAULT_OK;
}

/* The sentence of what went wrong. After the last share the change may be in force, so files stay. */
static vault_err
explain(const struct trustees *all, unsigned count, vault_err err)
{
    if (all->err != VAULT_OK && all->err != VAULT_ERR_INTERRUPTED)
        err = all->err;                 /* it is remembered already */
    else
        err = kept(err);
    if (all->dir != NULL && all->made_dir && all->given < count)
        take_files_back(all, count);
    else if (all->dir != NULL && all->made_dir)
        fail_hint("keep %s until you have seen which shares open the vault: `check --shares-fd`",
            all->dir);
    return err;
}

static void
tell(const struct call *c, const struct vault_key_shares_options *opt, const struct trustees *all,
    int slot)
{
    struct json j = { .to = stdout };

    if (c->json) {
        js_object(&j);
        js_pair_int(&j, "slot", slot);
        js_pair_uint(&j, "threshold", opt->threshold);
        js_pair_uint(&j, "count", opt->count);
        js_pair(&j, "vault", all->fingerprint);
        js_end(&j);
    } else {
        printf("%d\n", slot);
    }
    for (unsigned i = 0; i < all->n_to; i++)
        term_say("share %u is for: %s", i + 1, all->words[i]);
    if (all->n_to != 0)
        term_say("compare these words with each trustee, by voice or face to face, before the vault rests on the shares\n"
            "each file in %s opens with its trustee's private key: `age -d -i KEY share-1.age`, or `withheld age decrypt`", all->dir);
    else if (all->dir != NULL)
        term_say("%s is not encrypted: hand the files over, then destroy the folder", all->dir);
    term_say("slot %d opens with any %u of these %u shares (`--slot %d`, or --shares-fd), and with no older set\n"
        "an old copy of `keys` still opens with the shares of its time: `key rekey` shuts that out\n"
        "destroy older shares, and try the new ones once, with everybody at the table",
        slot, opt->threshold, opt->count, slot);
}

static vault_err
shares_run(struct call *c)
{
    struct vault_key_shares_options opt = { .threshold = 0 };
    struct trustees all = { .dir = call_value(c, "output") };
    int slot = -1;
    vault_err err = read_recipients(&all, c);

    if (err == VAULT_OK)
        err = read_numbers(&opt, c, all.n_to);
    opt.plain = all.dir != NULL && all.n_to == 0;
    if (err == VAULT_OK)
        err = read_way(c, all.dir);
    if (err == VAULT_OK)
        err = open_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_fingerprint(c->app->folder, all.fingerprint));
    if (err != VAULT_OK)
        return err;
    err = vault_key_shares(c->app->vault, &opt, give, &all, &slot);
    if (err != VAULT_OK)
        return explain(&all, opt.count, err);
    tell(c, &opt, &all, slot);
    return VAULT_OK;
}

const struct cmd cmd_key_shares = {
    .name = "key shares",
    .args = "--threshold K --count N [[--to RECIPIENT]... -o DIR]",
    .summary = "a way in that several trustees hold together, on paper",
    .examples =
        "key shares --threshold 3 --count 5\n"
        "key shares --threshold 2 --count 3 --to age1pq1... --to age1pq1... --to age1pq1... -o shares\n"
        "key shares --threshold 2 --count 3 -o /media/stick/shares --accept plain-shares\n",
    .about =
        "Needs a keeper. Makes N shares of 33 words; any K of them open the vault as a keeper, fewer\n"
        "tell nothing. Each share is shown on a screen of its own, to be written down; then two of\n"
        "its words are asked for from the paper. Nothing is changed before the last one is\n"
        "confirmed, and a new set takes the place of the old one. The scrolled lines of the terminal\n"
        "are cleared. With --to, once for each trustee, each share is written into the new folder DIR as an\n"
        "age file that only that trustee opens; with -o alone, as plain files.\n"
        "To open with shares: `--slot N` of their slot, or --shares-fd.\n",
    .opts = (const struct opt[]){
        { "threshold", 0, false, "K", "how many shares are needed, at most 16" },
        { "count", 0, false, "N", "how many are made, at most 16" },
        { "to", 0, true, "RECIPIENT", "of age, of one trustee; as often as there are shares" },
        { "output", 'o', false, "DIR", "files in this new folder; plain ones need --accept plain-shares" },
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_VAULT,
    .again = CMD_AGAIN_ALWAYS,
    .writes = { .option = "output" },
    .run = shares_run,
};
