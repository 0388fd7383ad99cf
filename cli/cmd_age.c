/* cmd_age.c - age files, without a vault: age encrypt, age decrypt, age keygen. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/fail.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/pass.h"
#include "cli/place.h"
#include "cli/progress.h"
#include "cli/term.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)
#define RECIPIENTS_MAX 256u
#define RECIPIENTS_FILE_MAX ((size_t)1 << 20)

/* ---- where it comes from and goes to -------------------------------------------------------- */

static bool
is_dash(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

static vault_err
open_input(int *fd, const struct call *c)
{
    const char *path = c->n_args == 0 ? NULL : c->args[0];
    struct stat st;

    *fd = STDIN_FILENO;
    if (is_dash(path))
        return VAULT_OK;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd < 0)
        return fail_errno(errno, "cannot open %s", path);
    return fstat(*fd, &st) == 0 && S_ISDIR(st.st_mode) ? fail(VAULT_ERR_INPUT, NULL, "%s is a folder", path) : VAULT_OK;
}

static void
close_input(int fd)
{
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

/* `text`: what is written may be shown on a terminal. */
static vault_err
judge_output(const struct call *c, bool text)
{
    const char *path = call_value(c, "output");

    if (!is_dash(path))
        return place_new(NULL, path);
    if (c->json)
        return fail(VAULT_ERR_INPUT, "name a file with -o", "--json and the content would mix on standard output");
    if (!text && isatty(STDOUT_FILENO) == 1)
        return fail(VAULT_ERR_INPUT, "name a file with -o, or send it into a program",
            "the content is not shown on a terminal");
    return out_flush(VAULT_OK);
}

static struct vault_age_output
output_of(const struct call *c, struct progress *p)
{
    const char *path = call_value(c, "output");

    return (struct vault_age_output){ .path = is_dash(path) ? NULL : path, .fd = STDOUT_FILENO,
        .progress = progress_step, .progress_ctx = p };
}

static void
say_done(const struct call *c)
{
    struct json j = { .to = stdout };

    if (!c->json)
        return;
    js_object(&j);
    js_pair(&j, "path", call_value(c, "output"));
    js_end(&j);
}

/* ---- age encrypt ---------------------------------------------------------------------------- */

struct recipients {
    const char *list[RECIPIENTS_MAX];
    size_t n;
    struct input file[8];           /* the lines that some point into */
    size_t n_files;
};

static vault_err
add_recipient(struct recipients *all, const char *text)
{
    if (all->n == RECIPIENTS_MAX)
        return fail(VAULT_ERR_INPUT, NULL, "more than %u recipients", RECIPIENTS_MAX);
    all->list[all->n++] = text;
    return VAULT_OK;
}

/* One a line; blank lines and those that begin with # are left out. */
static vault_err
add_file(struct recipients *all, const char *path)
{
    struct input *in = &all->file[all->n_files];
    size_t before = all->n;
    vault_err err;
    char *rest = NULL;

    if (all->n_files == sizeof all->file / sizeof all->file[0])
        return fail(VAULT_ERR_INPUT, NULL, "too many files with recipients");
    err = input_file(in, path, RECIPIENTS_FILE_MAX);
    all->n_files++;
    if (err == VAULT_OK && (in->n == 0 || memchr(in->p, '\0', in->n) != NULL))
        err = fail(VAULT_ERR_INPUT, "one recipient a line", "%s is no file of recipients", path);
    for (char *line = err == VAULT_OK ? strtok_r(in->p, "\r\n", &rest) : NULL; line != NULL && err == VAULT_OK;
            line = strtok_r(NULL, "\r\n", &rest))
        if (line[0] != '#')
            err = add_recipient(all, line);
    return err == VAULT_OK && all->n == before ? fail(VAULT_ERR_INPUT, "one recipient a line", "there is no recipient in %s", path) : err;
}

static vault_err
read_recipients(struct recipients *all, const struct call *c)
{
    vault_err err = VAULT_OK;
    size_t at = 0;

    for (const char *r; err == VAULT_OK && (r = call_next(c, "recipient", &at)) != NULL;)
        err = add_recipient(all, r);
    at = 0;
    for (const char *f; err == VAULT_OK && (f = call_next(c, "recipients-file", &at)) != NULL;)
        err = is_dash(f) && (c->n_args == 0 || is_dash(c->args[0])) ? fail(VAULT_ERR_INPUT, NULL,
            "the recipients and the file cannot both come from standard input") : add_file(all, f);
    if (err == VAULT_OK && all->n == 0 && !call_has(c, "ask-passphrase"))
        err = fail(VAULT_ERR_INPUT, "-r RECIPIENT, -R FILE or -p", "say who may open it");
    if (err == VAULT_OK && all->n > 0 && call_has(c, "ask-passphrase"))
        err = fail(VAULT_ERR_INPUT, "make two files", "an age file is for recipients or for a passphrase, not for both");
    return err;
}

/* Before anything is typed or read. */
static vault_err
judge_recipients(const struct recipients *all)
{
    size_t n_pq = 0;
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < all->n; i++) {
        bool pq = false;

        err = kept(vault_age_recipient(all->list[i], &pq, NULL));
        if (err != VAULT_OK && all->n > 1)
            return fail(err, vault_last_error()->hint, "recipient %zu: %s", i + 1, vault_last_error()->text);
        n_pq += pq;
    }
    if (err == VAULT_OK && all->n > 0 && n_pq == 0)
        term_warn("who keeps this file and has a quantum computer one day can open it; recipients that begin with age1pq1 do not "
            "have that weakness");
    return err;
}

static vault_err
encrypt(const struct call *c, int in, const struct vault_age_to *to)
{
    struct progress p;
    struct vault_age_output out = output_of(c, &p);
    vault_err err;

    progress_begin(&p, "encrypting");
    err = kept(vault_age_encrypt(in, to, &out));
    progress_end(&p);
    return err;
}

static vault_err
encrypt_run(struct call *c)
{
    struct recipients all = { .n = 0 };
    struct vault_age_to to = { .armor = call_has(c, "armor") };
    struct secret *pass = NULL;
    int in = -1;
    vault_err err = read_recipients(&all, c);

    if (err == VAULT_OK)
        err = judge_recipients(&all);
    if (err == VAULT_OK)
        err = judge_output(c, to.armor);
    if (err == VAULT_OK)
        err = open_input(&in, c);
    if (err == VAULT_OK && call_has(c, "ask-passphrase"))
        err = pass_file(&pass, c, "passphrase for the file (Tab shows it): ");
    if (err == VAULT_OK)
        err = open_confine(c);
    to.recipients = all.list;
    to.n_recipients = all.n;
    to.passphrase = pass;
    if (err == VAULT_OK)
        err = encrypt(c, in, &to);
    if (err == VAULT_OK)
        say_done(c);
    vault_secret_free(pass);
    close_input(in);
    for (size_t i = 0; i < all.n_files; i++)
        input_free(&all.file[i]);
    return err;
}

const struct cmd cmd_age_encrypt = {
    .name = "age encrypt",
    .args = "(-r RECIPIENT... | -R FILE... | -p) [-a] [-o FILE] [IN]",
    .summary = "encrypt a file to recipients or with a passphrase",
    .examples = "age encrypt -r age1pq1... -o case.tar.age case.tar\n"
        "age encrypt -R lawyer.txt -o scan.age scan.pdf\n"
        "age encrypt -p -a -o note.age note.txt\n",
    .about =
        "The file is one of the open standard age (age-encryption.org/v1): the program `age` opens it,\n"
        "too. Recipients that begin with age1pq1 (age 1.3 and newer) are safe from who keeps the file\n"
        "until there are quantum computers; those that begin with age1 are not, which is said.\n"
        "Nothing tells the recipients' names or keys. Without IN, or with -, standard input is read;\n"
        "without -o the file goes to standard output. Nothing is ever overwritten.\n"
        "With -p the passphrase is asked for twice, or comes by --passphrase-fd.\n",
    .opts = (const struct opt[]){
        { "recipient", 'r', true, "RECIPIENT", "who may open it; can be repeated" },
        { "recipients-file", 'R', true, "FILE", "recipients, one a line; # begins a remark" },
        { "ask-passphrase", 'p', false, NULL, "a passphrase opens it" },
        { "armor", 'a', false, NULL, "as text, for mail" },
        { "output", 'o', false, "FILE", "write to this new file" },
        { NULL, 0, false, NULL, NULL } },
    .max_args = 1,
    .opens = CMD_OPENS_NOTHING,
    .writes = { .option = "output" },
    .not_in_shell = true,
    .run = encrypt_run,
};

/* ---- age decrypt ---------------------------------------------------------------------------- */

#define IDENTITIES_MAX 16

struct keys {
    struct secret *file[IDENTITIES_MAX];
    size_t n;
    struct secret *pass;
};

static vault_err
read_keys(struct keys *k, const struct call *c)
{
    vault_err err = VAULT_OK;
    size_t at = 0;

    for (const char *path; err == VAULT_OK && (path = call_next(c, "identity", &at)) != NULL;) {
        if (k->n == IDENTITIES_MAX)
            return fail(VAULT_ERR_INPUT, NULL, "-i is given too often");
        if (is_dash(path) && (c->n_args == 0 || is_dash(c->args[0])))
            return fail(VAULT_ERR_INPUT, NULL, "the file and the private key cannot both come from standard input");
        err = input_secret_file(&k->file[k->n], path, KEY_FILE_MAX);
        k->n += err == VAULT_OK;
    }
    return err;
}

static void
free_keys(struct keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        vault_secret_free(k->file[i]);
    vault_secret_free(k->pass);
}

static vault_err
decrypt(const struct call *c, vault_age *a, struct keys *k)
{
    struct progress p;
    struct vault_age_with with = { .identities = (const struct secret *const *)k->file, .n_identities = k->n,
        .vault = c->app->vault };
    struct vault_age_output out = output_of(c, &p);
    vault_err err = VAULT_OK;

    if (vault_age_wants_passphrase(a) && k->n == 0 && c->app->vault == NULL)
        err = pass_read(&k->pass, c, "passphrase of the file (Tab shows it): ");
    with.passphrase = k->pass;
    if (err == VAULT_OK)
        err = kept(vault_age_unlock(a, &with));         /* which may take long, and which any signal ends: nothing is made yet */
    if (err != VAULT_OK)
        return err;
    progress_begin(&p, "decrypting");
    err = kept(vault_age_decrypt(a, &out));
    progress_end(&p);
    return err;
}

static vault_err
decrypt_run(struct call *c)
{
    struct keys keys = { .n = 0 };
    vault_age *a = NULL;
    int in = -1;
    vault_err err = judge_output(c, false);

    if (err == VAULT_OK)
        err = read_keys(&keys, c);
    if (err == VAULT_OK)
        err = open_input(&in, c);
    if (err == VAULT_OK)
        err = open_named_vault(c);
    if (err == VAULT_OK)
        err = kept(vault_age_begin(&a, in));
    if (err == VAULT_OK)
        err = decrypt(c, a, &keys);
    if (err == VAULT_ERR_KEY && keys.n == 0 && a != NULL && !vault_age_wants_passphrase(a) && c->app->vault == NULL)
        fail_hint("with -i FILE, where FILE holds your private key");
    if (err == VAULT_OK)
        say_done(c);
    vault_age_free(a);
    free_keys(&keys);
    close_input(in);
    return err;
}

const struct cmd cmd_age_decrypt = {
    .name = "age decrypt",
    .args = "[-i FILE]... [-C VAULT] [-o FILE] [IN]",
    .summary = "decrypt an age file",
    .examples = "age decrypt -i key.txt -o case.tar case.tar.age\n"
        "age decrypt -o note.txt note.age\n"
        "age decrypt -i key.txt case.tar.age | tar t\n"
        "-C office.vault age decrypt -o letter.pdf letter.pdf.age\n",
    .about =
        "With -C the vault is opened, and its own recipients (`card show`) are tried, too, also those of before a\n"
        "`key rekey`. A travel copy has the card of home, and opens nothing that was sent there.\n"
        "Opens what the program `age` has made, too, in armor or not. A file for a passphrase asks for it.\n"
        "A file named by -o is whole or is not there: nothing of a file that is damaged, cut off or forged\n"
        "is left. What goes to a pipe comes piece by piece, each of them good, and is whole only when the\n"
        "exit code is 0. Nothing is ever overwritten.\n",
    .opts = (const struct opt[]){
        { "identity", 'i', true, "FILE", "a file with private keys (`age keygen`); can be repeated" },
        { "output", 'o', false, "FILE", "write to this new file" },
        { NULL, 0, false, NULL, NULL } },
    .max_args = 1,
    .opens = CMD_OPENS_NOTHING,
    .writes = { .option = "output" },
    .not_in_shell = true,
    .run = decrypt_run,
};

/* ---- age keygen ----------------------------------------------------------------------------- */

/* As the program `age-keygen` writes it. */
static vault_err
key_file(struct secret **out, struct secret *identity, const char *recipient)
{
    char when[OUT_TIME];
    size_t room = strlen(recipient) + vault_secret_len(identity) + 128;
    struct secret *s = NULL;
    vault_err err = kept(vault_secret_new(&s, room));
    int n;

    if (err != VAULT_OK)
        return err;
    out_iso(when, time(NULL));
    n = snprintf((char *)vault_secret_edit(s), room, "# created: %s\n# public key: %s\n%s\n", when, recipient,
        (const char *)vault_secret_edit(identity));
    vault_secret_set_len(s, (size_t)n);
    *out = s;
    return VAULT_OK;
}

static void
print_key(const struct call *c, struct secret *identity, struct secret *file, const char *recipient, const char *words)
{
    struct json j = { .to = stdout };
    const char *path = call_value(c, "output");

    if (c->json) {
        js_object(&j);
        js_pair(&j, "recipient", recipient);
        js_pair(&j, "words", words);
        if (is_dash(path))
            js_pair(&j, "identity", (const char *)vault_secret_edit(identity));
        else
            js_pair(&j, "path", path);
        js_end(&j);
    } else if (is_dash(path)) {
        (void)fwrite(vault_secret_edit(file), 1, vault_secret_len(file), stdout);
    } else {
        printf("%s\n", recipient);
    }
}

static vault_err
make_key(struct call *c)
{
    const char *path = call_value(c, "output");
    struct secret *identity = NULL, *file = NULL;
    char *recipient = NULL, words[256] = "";
    bool pq;
    vault_err err = kept(vault_age_keygen(call_has(c, "pq"), &identity, &recipient));

    if (err == VAULT_OK)
        err = kept(vault_age_recipient(recipient, &pq, words));
    if (err == VAULT_OK)
        err = key_file(&file, identity, recipient);
    if (err == VAULT_OK && !is_dash(path))
        err = kept(vault_put_file(path, file));
    if (err == VAULT_OK)
        print_key(c, identity, file, recipient, words);
    if (err == VAULT_OK && !is_dash(path))
        term_say("that line goes to the people who write to you (`withheld age keygen -y %s > FILE` has it again); they compare\n"
            "these twelve words with you, by voice or face to face: %s\n"
            "whoever has %s opens what they send", path, words, path);
    vault_secret_free(identity);
    vault_secret_free(file);
    vault_free(recipient);
    return err;
}

static int
print_recipient(void *ctx, const char *recipient)
{
    struct json *j = ctx;

    if (j != NULL)
        js_text(j, recipient);
    else
        puts(recipient);
    return 0;
}

static vault_err
print_public(const struct call *c, const char *path)
{
    struct json j = { .to = stdout };
    struct secret *file = NULL;
    vault_err err = input_secret_file(&file, path, KEY_FILE_MAX);

    if (err == VAULT_OK && c->json)
        js_array(&j);
    if (err == VAULT_OK)
        err = kept(vault_age_public(file, print_recipient, c->json ? &j : NULL));
    if (err == VAULT_OK && c->json)
        js_end(&j);
    vault_secret_free(file);
    return err;
}

static vault_err
keygen_run(struct call *c)
{
    const char *path = call_value(c, "output");
    vault_err err = VAULT_OK;

    if (call_has(c, "public"))
        return print_public(c, call_value(c, "public"));
    if (!is_dash(path))
        err = place_new(NULL, path);
    if (err == VAULT_OK)
        err = open_confine(c);
    return err == VAULT_OK ? make_key(c) : err;
}

const struct cmd cmd_age_keygen = {
    .name = "age keygen",
    .args = "[--pq] [-o FILE] | --public FILE",
    .summary = "make a pair of keys, so that others can write to you",
    .examples = "age keygen --pq -o key.txt\nage keygen --public key.txt\n",
    .about =
        "Prints the private key, or with -o writes it to a new file that only you can read, and prints the\n"
        "recipient, which is public. With --pq the keys stand quantum computers, and senders need age 1.3,\n"
        "or this program. Keep the file where nobody else comes; who loses it opens nothing any more.\n"
        "A vault has recipients of its own: `card show`.\n"
        "--json: {\"recipient\",\"words\",\"identity\"}, with -o {\"recipient\",\"words\",\"path\"}; --public: [\"recipient\",...]\n",
    .opts = (const struct opt[]){
        { "pq", 0, false, NULL, "post-quantum (ML-KEM-768 with X25519)" },
        { "public", 'y', false, "FILE", "the recipients of the private keys in this file" },
        { "output", 'o', false, "FILE", "write to this new file" },
        { NULL, 0, false, NULL, NULL } },
    .opens = CMD_OPENS_NOTHING,
    .writes = { .option = "output" },
    .not_in_shell = true,
    .run = keygen_run,
};
