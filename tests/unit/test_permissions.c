/*
 * test_permissions.c - who may do what, through vault.h, cell by cell.
 *
 * One row for each operation, one column for each holder. A refusal is VAULT_ERR_REFUSED and leaves both
 * files as they were. Whatever a case session is told, in any way, is collected and searched for values that
 * a keeper stored; so is its memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>
#include "tests/unit/memory.h"
#include "tests/unit/phrases.h"
#include "vault/base/bytes.h"
#include "vault/base/files.h"
#include "vault/base/secret.h"
#include "vault/handoff/card_text.h"
#include "vault/session.h"

#define OK VAULT_OK
#define NO VAULT_ERR_REFUSED

static const struct vault_create_options cheap = { .kdf_mem_mib = 64, .kdf_passes = 3 };
static char dir[128], path[160];

/* What a keeper stored: in a withheld field, in an older revision of it, in a removed record, in an open
 * field whose tier was raised later, and as name and content of an attachment. */
enum { NAME, OLD_NAME, REMOVED_NAME, RAISED, FILE_NAMED, FILE_CONTENT, N_MARKERS };
static volatile uint8_t marker[N_MARKERS][MARKER];

static char first_revision[VAULT_HASH_LEN + 1];     /* of P-1 */

/* ---- everything that was said ---- */

static struct buf said = BUF_INIT;

static void
hear(const char *s)
{
    if (s != NULL) {
        buf_str(&said, s);
        buf_str(&said, "\n");
    }
}

static void
hear_error(void)
{
    const struct vault_error *e = vault_last_error();

    hear(e->text);
    hear(e->hint);
    hear(e->accept);
}

static void
hear_added(const struct vault_added *a)
{
    hear(a->id);
    hear(a->revision);
    hear(a->label);
}

static void
hear_record(const struct vault_record *r)
{
    hear(r->id);
    hear(r->type);
    hear(r->label);
    hear(r->author);
    for (size_t i = 0; i < r->n_values; i++) {
        const struct vault_value *x = &r->values[i];
        hear(x->field);
        hear(x->label);
        hear(x->text);
        hear(x->link_label);
        hear(x->source);
        hear(x->as_of);
        hear(x->certainty);
    }
    for (size_t i = 0; i < r->n_attachments; i++) {
        hear(r->attachments[i].field);
        hear(r->attachments[i].name);
        hear(r->attachments[i].type);
        hear(r->attachments[i].sha256);
    }
    for (size_t i = 0; i < r->n_same; i++)
        hear(r->same[i].label);
    for (size_t i = 0; i < r->n_links_here; i++) {
        hear(r->links_here[i].label);
        hear(r->links_here[i].field);
    }
}

static int
hear_item(void *ctx, const struct vault_list_item *item)
{
    ++*(unsigned *)ctx;
    hear(item->id);
    hear(item->type);
    hear(item->label);
    if (item->record != NULL)
        hear_record(item->record);
    return 0;
}

static int
hear_hit(void *ctx, const struct vault_hit *h)
{
    ++*(unsigned *)ctx;
    hear(h->id);
    hear(h->type);
    hear(h->label);
    hear(h->field);
    hear(h->level);
    hear(h->why);
    hear(h->same_label);
    return 0;
}

static int
hear_duplicate(void *ctx, const struct vault_duplicate *d)
{
    ++*(unsigned *)ctx;
    hear(d->label_a);
    hear(d->label_b);
    hear(d->level);
    for (size_t i = 0; i < d->n_why; i++)
        hear(d->why[i]);
    return 0;
}

static int
hear_history(void *ctx, const struct vault_history_item *h)
{
    (void)ctx;
    hear(h->revision);
    hear(h->author);
    hear(h->action);
    for (size_t i = 0; i < h->n_fields; i++)
        hear(h->fields[i]);
    return 0;
}

static int
hear_event(void *ctx, const struct vault_event *e)
{
    (void)ctx;
    hear(e->label);
    hear(e->date);
    hear(e->kind);
    hear(e->place);
    hear(e->status);
    hear(e->summary);
    hear(e->about);
    return 0;
}

static int
hear_log(void *ctx, const struct vault_log_item *e)
{
    (void)ctx;
    hear(e->action);
    hear(e->author);
    hear(e->detail);
    return 0;
}

static int
hear_type(void *ctx, const struct vault_type_info *t)
{
    (void)ctx;
    hear(t->name);
    hear(t->label);
    return 0;
}

static int
hear_problem(void *ctx, const struct vault_problem *p)
{
    (void)ctx;
    hear(p->what);
    hear(p->where);
    return 0;
}

static int
hear_slot(void *ctx, const struct vault_slot_info *s)
{
    ++*(unsigned *)ctx;
    hear(s->id);
    return 0;
}

/* ---- helpers ---- */

static vault_err
try_open(vault **v, const char *text)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault_err err = vault_open(v, path, &cred);

    vault_secret_free(pass);
    return err;
}

static vault *
opened(const char *text)
{
    vault *v = NULL;

    assert_int_equal(try_open(&v, text), VAULT_OK);
    return v;
}

static vault_fields *
fields(const char *json)
{
    vault_fields *f = NULL;

    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    assert_int_equal(vault_fields_json(f, json, strlen(json)), VAULT_OK);
    return f;
}

static const char *
in_dir(const char *name)
{
    static char full[4][256];
    static unsigned turn;
    char *p = full[turn++ % 4];

    snprintf(p, sizeof full[0], "%s/%s", dir, name);
    return p;
}

/* Without a buffer, which would keep it in memory. */
static void
put_file(const char *name, const char *text)
{
    int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = (ssize_t)strlen(text);

    assert_true(fd >= 0);
    assert_true(write(fd, text, (size_t)n) == n);
    assert_int_equal(close(fd), 0);
}

static vault_err
add(vault *v, const char *type, const char *json)
{
    struct vault_added a = {0};
    vault_fields *f = fields(json);
    vault_err err = vault_add(v, type, f, &a);

    hear_added(&a);
    vault_fields_free(f);
    return err;
}

static vault_err
edit(vault *v, const char *id, const char *json)
{
    struct vault_added a = {0};
    vault_fields *f = fields(json);
    vault_err err = vault_edit(v, id, f, &a);

    hear_added(&a);
    vault_fields_free(f);
    return err;
}

static vault_fields *
marked(const char *ref, const char *field, int which)
{
    struct secret *value = unmasked(marker[which]);
    vault_fields *f = NULL;

    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    if (ref != NULL)
        assert_int_equal(vault_fields_add(f, "ref", ref, strlen(ref)), VAULT_OK);
    assert_int_equal(vault_fields_add(f, field, (const char *)vault_secret_edit(value), MARKER),
        VAULT_OK);
    vault_secret_free(value);
    return f;
}

static void
add_marked(vault *v, const char *type, const char *ref, const char *field, int which,
    struct vault_added *out)
{
    vault_fields *f = marked(ref, field, which);

    assert_int_equal(vault_add(v, type, f, out), VAULT_OK);
    vault_fields_free(f);
}

/* Around stdio, whose buffers are not ours to wipe. */
static void
put_marker_file(const char *name, int which)
{
    struct secret *content = unmasked(marker[which]);
    int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, vault_secret_edit(content), MARKER), MARKER);
    assert_int_equal(close(fd), 0);
    vault_secret_free(content);
}

static vault_err
attach(vault *v, const char *id, const char *file, const char *name, bool open_tier)
{
    const struct vault_attach_file one = { .path = in_dir(file), .name = name };
    const struct vault_attach_options opt = { .open = open_tier };
    struct vault_added a = {0};
    vault_err err = vault_attach(v, id, &one, 1, &opt, &a);

    hear_added(&a);
    return err;
}

static void
attach_marked(vault *v, const char *id)
{
    struct secret *name = NULL, *bare = unmasked(marker[FILE_NAMED]);

    assert_int_equal(vault_secret_new(&name, MARKER + 1), VAULT_OK);
    memcpy(vault_secret_edit(name), vault_secret_edit(bare), MARKER);
    put_marker_file("held", FILE_CONTENT);
    assert_int_equal(attach(v, id, "held", (const char *)vault_secret_edit(name), false), VAULT_OK);
    assert_int_equal(unlink(in_dir("held")), 0);
    vault_secret_free(name);
    vault_secret_free(bare);
}

/* Into a file, which is not read: what a keeper is given is his. */
static vault_err
extract(vault *v, const char *id, const char *name)
{
    const struct vault_extract_options opt = { .path = in_dir("out"), .fd = -1 };
    struct vault_extracted x = {0};
    vault_err err = vault_extract(v, id, name, &opt, &x);

    hear(x.name);
    hear(x.type);
    if (err == VAULT_OK)
        assert_int_equal(unlink(in_dir("out")), 0);
    else
        assert_int_equal(access(in_dir("out"), F_OK), -1);
    return err;
}

static vault_err
detach(vault *v, const char *id, const char *name)
{
    struct vault_added a = {0};
    vault_err err = vault_detach(v, id, name, &a);

    hear_added(&a);
    return err;
}

/* Without the library, which would forget its last error. */
static bool
hear_file(const char *name)
{
    FILE *f = fopen(in_dir(name), "re");
    char line[4096];
    size_t n;

    if (f == NULL)
        return false;
    while ((n = fread(line, 1, sizeof line, f)) > 0)
        buf_put(&said, line, n);
    assert_int_equal(fclose(f), 0);
    return true;
}

/* ---- the operations ---- */

static vault_err op_attach(vault *v)
{
    put_file("own.txt", "own content");
    return attach(v, "P-4", "own.txt", NULL, false);
}
static vault_err op_attach_open(vault *v) { return attach(v, "P-4", "own.txt", "open.txt", true); }
static vault_err op_extract_open(vault *v) { return extract(v, "P-1", "open.txt"); }
static vault_err op_extract_withheld(vault *v) { return extract(v, "P-1", "#1"); }
static vault_err op_extract_own(vault *v) { return extract(v, "P-4", "#1"); }
static vault_err op_detach_withheld(vault *v) { return detach(v, "P-4", "#1"); }
static vault_err op_detach_open(vault *v) { return detach(v, "P-4", "open.txt"); }

static vault_err
show(vault *v, const char *id, const char *revision, bool reveal)
{
    struct vault_record *r = NULL;
    vault_err err = vault_show(v, id, revision, reveal, &r);

    if (err == VAULT_OK)
        hear_record(r);
    else
        assert_null(r);
    vault_record_free(r);
    return err;
}

static vault_err op_show(vault *v) { return show(v, "P-1", NULL, false); }
static vault_err op_show_old(vault *v) { return show(v, "P-1", first_revision, false); }
static vault_err op_show_raised(vault *v) { return show(v, "L-1", NULL, false); }
static vault_err op_show_removed(vault *v) { return show(v, "P-2", NULL, false); }
static vault_err op_reveal(vault *v) { return show(v, "P-1", NULL, true); }
static vault_err op_reveal_old(vault *v) { return show(v, "P-1", first_revision, true); }

static vault_err
list(vault *v, const struct vault_list_query *q)
{
    unsigned n = 0;
    vault_err err = vault_list(v, q, hear_item, &n);

    if (err != VAULT_OK)
        assert_int_equal(n, 0);
    return err;
}

static vault_err op_list(vault *v) { return list(v, &(struct vault_list_query){ .full = true }); }
static vault_err op_list_reveal(vault *v)
{
    return list(v, &(struct vault_list_query){ .full = true, .reveal = true });
}
static vault_err op_list_reveal_titles(vault *v)
{
    return list(v, &(struct vault_list_query){ .type = "person", .reveal = true });
}

static vault_err
list_where(vault *v, const char *type, const char *field, const char *value)
{
    const struct vault_where w = { field, value };

    return list(v, &(struct vault_list_query){ .type = type, .where = &w, .n_where = 1,
        .full = true });
}

static vault_err op_where_open(vault *v) { return list_where(v, "person", "citizenship", "KP"); }
static vault_err op_where_withheld(vault *v) { return list_where(v, "person", "name", "x"); }
static vault_err op_where_any_type(vault *v) { return list_where(v, NULL, "notes", "x"); }
static vault_err op_where_raised(vault *v) { return list_where(v, "letter", "about", "x"); }
static vault_err op_where_path(vault *v) { return list_where(v, "event", "case.person.citizenship", "KP"); }
static vault_err op_where_path_withheld(vault *v) { return list_where(v, "event", "case.person.name", "x"); }
static vault_err op_where_path_back(vault *v) { return list_where(v, "person", "case:person.notes", "x"); }

static vault_err
search(vault *v, const char *text, const char *type, const char *field)
{
    unsigned n = 0;
    vault_err err = vault_search(v, &(struct vault_search_query){ .text = text, .type = type,
        .field = field }, hear_hit, &n);

    if (err != VAULT_OK)
        assert_int_equal(n, 0);
    return err;
}

static vault_err op_search(vault *v) { return search(v, "K", NULL, NULL); }
static vault_err op_search_open(vault *v) { return search(v, "K", "person", "residence"); }
static vault_err op_search_withheld(vault *v) { return search(v, "K", "person", "name"); }
static vault_err op_search_notes(vault *v) { return search(v, "K", NULL, "notes"); }
static vault_err op_search_raised(vault *v) { return search(v, "K", "letter", "about"); }

static vault_err
search_where(vault *v, const char *field, const char *value)
{
    const struct vault_where w = { field, value };
    unsigned n = 0;
    vault_err err = vault_search(v, &(struct vault_search_query){ .text = "K", .where = &w, .n_where = 1 }, hear_hit, &n);

    if (err != VAULT_OK)
        assert_int_equal(n, 0);
    return err;
}

static vault_err op_search_where(vault *v) { return search_where(v, "citizenship", "KP"); }
static vault_err op_search_where_withheld(vault *v) { return search_where(v, "name", "x"); }
static vault_err op_search_where_path(vault *v) { return search_where(v, "case.person.name", "x"); }
static vault_err op_search_where_raised(vault *v) { return search_where(v, "about", "x"); }

static vault_err op_history(vault *v) { return vault_history(v, "P-1", hear_history, NULL); }
static vault_err op_timeline(vault *v) { return vault_timeline(v, "P-1", hear_event, NULL); }
static vault_err op_agenda(vault *v) { return vault_agenda(v, NULL, hear_event, NULL); }
static vault_err op_log(vault *v) { return vault_log(v, hear_log, NULL); }
static vault_err op_types(vault *v) { return vault_types(v, NULL, "en", hear_type, NULL); }

static vault_err
op_log_head(vault *v)
{
    char hash[VAULT_HASH_LEN + 1], words[256];
    uint64_t number;

    return vault_log_head(v, &number, hash, words);
}

static vault_err
op_status(vault *v)
{
    struct vault_status s;

    return vault_status(v, &s);
}

static vault_err
op_check(vault *v)
{
    struct vault_checked unverified = { .unverified = 0 };

    return vault_check_open(v, hear_problem, NULL, &unverified);
}

/* The attachments beside a dump: their names, and what is in them. */
static void
hear_dumped_files(void)
{
    char command[300], line[400];
    FILE *list;

    snprintf(command, sizeof command, "cd '%s' && find plain/files -type f 2> /dev/null", dir);
    list = popen(command, "r");
    assert_non_null(list);
    while (fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        hear(line);
        assert_true(hear_file(line));
    }
    (void)pclose(list);
    snprintf(command, sizeof command, "rm -rf '%s/plain/files'", dir);
    assert_int_equal(system(command), 0);
}

static bool merged_dump;

/* Into a new folder; what lies there was said too. */
static vault_err
dump(vault *v, const char *format, bool reveal)
{
    static const char *const TYPES[] = { "person", "case", "event", "letter" };
    struct vault_dump_options opt = { .format = format, .reveal = reveal };
    char name[64];
    uint64_t records = 0;
    vault_err err = vault_dump(v, in_dir("plain"), &opt, &records);

    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        snprintf(name, sizeof name, "plain/%s.%s", TYPES[i], format);
        assert_int_equal(hear_file(name), err == VAULT_OK);
        (void)unlink(in_dir(name));
    }
    if (merged_dump) {
        assert_true(hear_file("plain/same-as.jsonl"));
        assert_int_equal(unlink(in_dir("plain/same-as.jsonl")), 0);
    }
    hear_dumped_files();
    if (err != VAULT_OK)
        assert_int_not_equal(rmdir(in_dir("plain")), 0);    /* nothing was made */
    else
        assert_int_equal(rmdir(in_dir("plain")), 0);
    return err;
}

/* Where something is merged the dump says so. */
static vault_err
op_dump_merged(vault *v)
{
    merged_dump = is_keeper(v);
    vault_err err = dump(v, "jsonl", false);
    merged_dump = false;
    return err;
}
static vault_err op_dump(vault *v) { return dump(v, "jsonl", false); }
static vault_err op_dump_csv(vault *v) { return dump(v, "csv", false); }
static vault_err op_dump_reveal(vault *v) { return dump(v, "jsonl", true); }
static vault_err op_dump_reveal_csv(vault *v) { return dump(v, "csv", true); }

static vault_err
statement(vault *v, bool reveal)
{
    static const char *const FILES[] = { "statement.json", "statement.json.minisig", "keeper.pub",
        "check_statement.py", "README.txt" };
    struct vault_statement_options opt = { .reveal = reveal };
    struct vault_statement made;
    char name[64];
    vault_err err = vault_statement(v, "P-1", in_dir("told"), &opt, &made);

    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        snprintf(name, sizeof name, "told/%s", FILES[i]);
        assert_int_equal(unlink(in_dir(name)) == 0, err == VAULT_OK);
    }
    assert_int_equal(rmdir(in_dir("told")) == 0, err == VAULT_OK);
    return err;
}

static vault_err op_statement(vault *v) { return statement(v, false); }
static vault_err op_statement_reveal(vault *v) { return statement(v, true); }

/* What lies in an age file, was said. */
static void
hear_sent(const struct secret *identity)
{
    const struct vault_age_with with = { .identities = &identity, .n_identities = 1 };
    const struct vault_age_output to = { .path = in_dir("sent.tar") };
    vault_age *a = NULL;
    FILE *f = fopen(in_dir("sent.age"), "re");

    assert_non_null(f);
    assert_int_equal(vault_age_begin(&a, fileno(f)), OK);
    assert_int_equal(vault_age_unlock(a, &with), OK);
    assert_int_equal(vault_age_decrypt(a, &to), OK);
    vault_age_free(a);
    assert_int_equal(fclose(f), 0);
    assert_true(hear_file("sent.tar"));
    assert_int_equal(unlink(in_dir("sent.tar")), 0);
    assert_int_equal(unlink(in_dir("sent.age")), 0);
}

/* To somebody who has only stock tools; refused, there is no file. */
static vault_err
handoff(vault *v, bool names)
{
    static const char *const IDS[] = { "P-1", "P-3", "L-1" };
    struct secret *identity = NULL;
    char *recipient = NULL, path_of[200];
    struct vault_handoff_plan plan;
    struct vault_handoff_sent sent;
    struct vault_handoff what = { .ids = IDS, .n_ids = 3, .n_recipients = 1, .names = names, .linked = true, .confirmed = true };
    vault_err err;

    snprintf(path_of, sizeof path_of, "%s", in_dir("sent.age"));
    assert_int_equal(vault_age_keygen(false, &identity, &recipient), OK);
    what.recipients = (const char *const *)&recipient;
    err = vault_handoff_look(v, &what, &plan);
    assert_int_equal(vault_handoff_plain(v, path_of, &what, &sent), err);
    if (err == VAULT_OK)
        hear_sent(identity);
    assert_int_equal(access(path_of, F_OK), -1);
    vault_secret_free(identity);
    vault_free(recipient);
    return err;
}

/* The whole copy, sent home and taken in again; what a case session finds in the file was said. */
static vault_err
op_home(vault *v)
{
    const struct vault_handoff what = { .home = true, .confirmed = true };
    const struct vault_age_with with = { .vault = v };
    char path_of[200], output[200], receipt[200];
    const struct vault_receive how = { .receipt = receipt };
    struct vault_handoff_sent sent;
    struct vault_received got;
    const struct vault_age_output out = { .path = output };
    vault_age *a = NULL;
    FILE *f;
    vault_err err;

    snprintf(path_of, sizeof path_of, "%s", in_dir("home.copy"));
    snprintf(receipt, sizeof receipt, "%s", in_dir("home.receipt"));
    snprintf(output, sizeof output, "%s", in_dir("home.frames"));
    err = vault_handoff_send(v, path_of, &what, &sent);
    if (err != VAULT_OK)
        return err;
    f = fopen(path_of, "re");
    assert_non_null(f);
    assert_int_equal(vault_age_begin(&a, fileno(f)), OK);
    assert_int_equal(vault_age_unlock(a, &with), OK);
    assert_int_equal(vault_age_decrypt(a, &out), OK);
    vault_age_free(a);
    assert_int_equal(fclose(f), 0);
    assert_true(hear_file("home.frames"));
    err = vault_handoff_receive(v, path_of, &how, &got);
    assert_int_equal(unlink(output), 0);
    assert_int_equal(unlink(path_of), 0);
    assert_int_equal(unlink(receipt), 0);
    return err;
}

static vault_err op_handoff(vault *v) { return handoff(v, false); }
static vault_err op_handoff_names(vault *v) { return handoff(v, true); }

static vault_err op_add_open(vault *v) { return add(v, "person", "{\"ref\":\"N-1\"}"); }
static vault_err op_add_withheld(vault *v)
{
    return add(v, "person", "{\"ref\":\"N-2\",\"name\":\"Own Typed\",\"other_names\":[\"A\",\"B\"]}");
}
static vault_err op_edit_open(vault *v) { return edit(v, "P-1", "{\"residence\":\"Omsk\"}"); }
static vault_err op_edit_withheld(vault *v) { return edit(v, "P-3", "{\"name\":\"Own Typed\"}"); }
static vault_err op_unset_withheld(vault *v) { return edit(v, "P-4", "{\"name\":null}"); }
static vault_err op_edit_back(vault *v) { return edit(v, "P-1", "{\"residence\":\"Kem\"}"); }

static vault_err
op_revert(vault *v)
{
    struct vault_added a = {0};
    vault_err err = vault_revert(v, "P-1", first_revision, &a);

    hear_added(&a);
    return err;
}

static vault_err
op_remove(vault *v)
{
    struct vault_added a = {0};
    vault_err err = vault_remove(v, "P-5", &a);

    hear_added(&a);
    return err;
}

static vault_err
import(vault *v, const char *csv, const char *key)
{
    struct vault_import_options opt = { .type = "person", .format = "csv", .key = key };
    struct vault_import_report report;

    put_file("in.csv", csv);
    return vault_import(v, in_dir("in.csv"), &opt, &report);
}

static vault_err op_import(vault *v) { return import(v, "ref,name\nI-1,Own One\nI-2,Own Two\n", NULL); }
static vault_err op_import_key(vault *v) { return import(v, "ref,name\nP-6,Own Three\n", "ref"); }
static vault_err
op_import_try(vault *v)
{
    struct vault_import_options opt = { .type = "person", .format = "csv", .dry_run = true };
    struct vault_import_report report;

    put_file("in.csv", "ref,name\nI-3,Own Four\n");
    return vault_import(v, in_dir("in.csv"), &opt, &report);
}
static vault_err op_import_withheld_key(vault *v) { return import(v, "name,residence\nX,Omsk\n", "name"); }

static vault_err
op_type_add(vault *v)
{
    static const char JSON[] = "{\"name\":\"tool\",\"fields\":[{\"name\":\"what\",\"kind\":\"text\","
        "\"tier\":\"open\",\"role\":\"neutral\"}]}";

    return vault_type_add(v, JSON, sizeof JSON - 1);
}

static vault_err
op_type_json(vault *v)
{
    char *json = NULL;
    vault_err err = vault_type_json(v, "person", &json);

    hear(json);
    vault_free(json);
    return err;
}

static int added_slot = -1;

static vault_err
key_add(vault *v, enum vault_tier tier)
{
    struct secret *pass = pass_of(THIRD_PHRASE);
    vault_err err = vault_key_add(v, tier, pass, NULL, &added_slot);

    vault_secret_free(pass);
    return err;
}

static vault_err op_key_add_case(vault *v) { return key_add(v, VAULT_TIER_CASE); }
static vault_err op_key_add_keeper(vault *v) { return key_add(v, VAULT_TIER_KEEPER); }
static vault_err op_key_remove(vault *v) { return vault_key_remove(v, added_slot < 0 ? 0 : added_slot); }
static vault_err op_key_remove_case(vault *v) { return vault_key_remove(v, 1); }

static int
take_share(void *ctx, const struct vault_trustee_share *share)
{
    (void)share;
    ++*(unsigned *)ctx;
    return 0;
}

static vault_err
key_shares(vault *v, bool plain)
{
    const struct vault_key_shares_options opt = { .threshold = 2, .count = 3, .plain = plain };
    unsigned shares = 0;
    int slot = -1;
    vault_err err = vault_key_shares(v, &opt, take_share, &shares, &slot);

    assert_int_equal(shares, err == VAULT_OK ? 3 : 0);
    return err;
}

static vault_err op_key_shares(vault *v) { return key_shares(v, false); }
static vault_err op_key_shares_plain(vault *v) { return key_shares(v, true); }

/* A copy for the way; refused, nothing is there. */
static vault_err
op_travel(vault *v)
{
    char command[256];
    vault_err err = vault_travel(v, in_dir("way.vault"));

    assert_int_equal(access(in_dir("way.vault"), F_OK), err == VAULT_OK ? 0 : -1);
    snprintf(command, sizeof command, "rm -rf %s", in_dir("way.vault"));
    assert_int_equal(system(command), 0);
    return err;
}

static vault_err
op_key_change(vault *v)
{
    struct secret *pass = pass_of(NEXT_PHRASE);
    vault_err err = vault_key_change(v, pass, NULL);

    vault_secret_free(pass);
    return err;
}

static vault_err
op_confirm(vault *v)
{
    struct secret *pass = pass_of(NEXT_PHRASE);
    vault_err err = vault_confirm(v, &(struct vault_credentials){ .passphrase = pass, .slot = -1 });

    vault_secret_free(pass);
    return err;
}

static vault_err
purge(vault *v, const char *id, const char *field, const char *revision)
{
    const struct vault_purge what = { .id = id, .field = field, .revision = revision };
    struct vault_purged done = {0};
    vault_err err = vault_purge(v, &what, &done);

    hear(done.id);
    return err;
}

static vault_err op_purge(vault *v) { return purge(v, "P-5", NULL, NULL); }
static vault_err op_purge_own(vault *v) { return purge(v, "N-2", NULL, NULL); }
static vault_err op_purge_field(vault *v) { return purge(v, "P-3", "name", NULL); }
static vault_err op_purge_open_field(vault *v) { return purge(v, "P-1", "residence", NULL); }

static int
first_of(void *ctx, const struct vault_history_item *h)
{
    snprintf(ctx, VAULT_HASH_LEN + 1, "%s", h->revision);
    return 1;
}

/* That of P-4 has a name, and the present one none. */
static vault_err
op_purge_revision(vault *v)
{
    char hex[VAULT_HASH_LEN + 1] = "";

    assert_int_equal(vault_history(v, "P-4", first_of, hex), OK);
    return purge(v, "P-4", NULL, hex);
}

static vault_err
op_purge_plan(vault *v)
{
    const struct vault_purge what = { .id = "P-1" };
    struct vault_purge_plan *p = NULL;
    vault_err err = vault_purge_plan(v, &what, &p);

    for (size_t i = 0; err == VAULT_OK && i < p->n_mentions; i++)
        hear(p->mentions[i].label);
    vault_purge_plan_free(p);
    return err;
}

/* The handle can only be closed afterwards. */
static vault_err
op_compact(vault *v)
{
    struct vault_compacted sizes;

    return vault_compact(v, &sizes);
}

/* Persons with one withheld name: whoever may not read it is not told of them either. */
static vault_err
op_duplicates(vault *v)
{
    struct vault_duplicates q = { .limit = 0 };
    unsigned told = 0;
    vault_err err = vault_find_duplicates(v, &q, hear_duplicate, &told);

    assert_int_equal(told != 0, is_keeper(v));
    return err;
}

static vault_err
op_similar(vault *v)
{
    unsigned told = 0;
    vault_err err = vault_similar(v, "P-3", hear_hit, &told);

    assert_int_equal(told != 0, is_keeper(v));
    return err;
}

static vault_err op_dismiss(vault *v) { return vault_dismiss(v, "P-4", "P-6"); }

static vault_err
op_merge(vault *v)
{
    struct vault_merged m = { .label = "" };
    vault_err err = vault_merge(v, "P-6", "P-1", &m);

    hear(m.label);
    return err;
}

static vault_err
op_unmerge(vault *v)
{
    struct vault_merged m = { .label = "" };

    return vault_unmerge(v, "P-6", &m);
}

/* ---- contacts: another vault's card ---- */

static char other_card[2][16384];       /* of two other vaults */

static int
hear_contact(void *ctx, const struct vault_contact *c)
{
    (void)ctx;
    hear(c->name);
    hear(c->words);
    return 0;
}

/* Of a key tree that belongs to no folder. */
static void
make_other_cards(void)
{
    for (uint8_t i = 0; i < 2; i++) {
        struct secret *vmk = NULL, *nsk = NULL;
        const uint8_t id[VAULT_ID_BYTES] = { 9, i };
        struct key_tree tree = {0};
        struct buf card = BUF_INIT, text = BUF_INIT;

        assert_int_equal(secret_random(&vmk, 32), VAULT_OK);
        assert_int_equal(secret_random(&nsk, 32), VAULT_OK);
        assert_int_equal(tree_derive(&tree, &vmk, &nsk), VAULT_OK);
        assert_int_equal(card_build(&card, &tree, id), VAULT_OK);
        assert_int_equal(card_text_write(&text, card.p, card.n), VAULT_OK);
        assert_true(text.n < sizeof other_card[i]);
        memcpy(other_card[i], text.p, text.n);
        other_card[i][text.n] = '\0';
        buf_free(&card);
        buf_free(&text);
        tree_free(&tree);
    }
}

static vault_err
add_contact(vault *v, const char *name, unsigned card)
{
    if (other_card[0][0] == '\0')
        make_other_cards();
    return vault_contact_add(v, name, other_card[card], strlen(other_card[card]));
}

static vault_err op_card(vault *v)
{
    struct vault_card card;
    vault_err err = vault_card(v, &card);

    if (err == VAULT_OK) {
        hear(card.text);
        vault_free(card.text);
    }
    return err;
}
static vault_err op_contact_add(vault *v) { return add_contact(v, "anna", 0); }
static vault_err op_contact_list(vault *v) { return vault_contact_list(v, hear_contact, NULL); }

/* Another card in its place: however a case holder accepts it. */
static vault_err op_contact_replace(vault *v) { return add_contact(v, "anna", 1); }
static vault_err op_contact_verify(vault *v) { return vault_contact_verify(v, "anna", NULL); }
static vault_err op_contact_remove(vault *v) { return vault_contact_remove(v, "anna"); }

/* ---- standing exchange ---- */

static const char *const ANNA = "anna";
static const char *const SHARED[] = { "P-1", "P-3", "L-1" };

static vault_err
share_with_anna(vault *v, bool names)
{
    const struct vault_handoff what = { .ids = SHARED, .n_ids = 3, .contacts = &ANNA, .n_contacts = 1, .names = names, .confirmed = true };
    uint64_t changed = 0;

    return vault_share(v, &what, &changed);
}

static int
hear_share(void *ctx, const struct vault_standing *s)
{
    (void)ctx;
    hear(s->contact);
    hear(s->label);
    return 0;
}

static vault_err op_share(vault *v) { return share_with_anna(v, false); }
static vault_err op_share_names(vault *v) { return share_with_anna(v, true); }
static vault_err op_share_list(vault *v) { return vault_standing_list(v, NULL, hear_share, NULL); }
static vault_err
op_unshare(vault *v)
{
    uint64_t changed = 0;

    return vault_unshare(v, SHARED, 3, ANNA, &changed);
}
/* ---- the table ---- */

/* In this order: what changes the record P-1 comes after what looks at it; what takes slots or keys away, last. */
static const struct cell {
    const char *what;
    vault_err (*run)(vault *v);
    vault_err as_case, as_keeper;
} table[] = {
    { "show", op_show, OK, OK },
    { "show an old revision", op_show_old, OK, OK },
    { "show a field that was raised", op_show_raised, OK, OK },
    { "show a removed record", op_show_removed, OK, OK },
    { "reveal", op_reveal, NO, OK },
    { "reveal an old revision", op_reveal_old, NO, OK },
    { "list", op_list, OK, OK },
    { "list, revealed", op_list_reveal, NO, OK },
    { "list titles, revealed", op_list_reveal_titles, NO, OK },
    { "list where an open field", op_where_open, OK, OK },
    { "list where a withheld field", op_where_withheld, NO, OK },
    { "list where withheld, of any type", op_where_any_type, NO, OK },
    { "list where a raised field", op_where_raised, NO, OK },
    { "list where, along links", op_where_path, OK, OK },
    { "list where withheld, along links", op_where_path_withheld, NO, OK },
    { "list where withheld, along links backwards", op_where_path_back, NO, OK },
    { "search", op_search, OK, OK },
    { "search where an open field", op_search_where, OK, OK },
    { "search where a withheld field", op_search_where_withheld, NO, OK },
    { "search where withheld, along links", op_search_where_path, NO, OK },
    { "search where a raised field", op_search_where_raised, NO, OK },
    { "search an open field", op_search_open, OK, OK },
    { "search a withheld field", op_search_withheld, NO, OK },
    { "search a withheld field of any type", op_search_notes, NO, OK },
    { "search a raised field", op_search_raised, NO, OK },
    { "history", op_history, OK, OK },
    { "statement", op_statement, NO, OK },
    { "statement, revealed", op_statement_reveal, NO, OK },
    { "handoff", op_handoff, OK, OK },
    { "handoff with names", op_handoff_names, NO, OK },
    { "handoff of the copy home, and back", op_home, OK, OK },
    { "timeline", op_timeline, OK, OK },
    { "agenda", op_agenda, OK, OK },
    { "log", op_log, OK, OK },
    { "log head", op_log_head, OK, OK },
    { "status", op_status, OK, OK },
    { "check", op_check, OK, OK },
    { "types", op_types, OK, OK },
    { "a type as JSON", op_type_json, OK, OK },
    { "dump", op_dump, OK, OK },
    { "dump as csv", op_dump_csv, OK, OK },
    { "dump, revealed", op_dump_reveal, NO, OK },
    { "dump as csv, revealed", op_dump_reveal_csv, NO, OK },
    { "add, open fields", op_add_open, OK, OK },
    { "add, withheld fields", op_add_withheld, OK, OK },
    { "extract an open attachment", op_extract_open, OK, OK },
    { "extract a withheld attachment", op_extract_withheld, NO, OK },
    { "attach, withheld", op_attach, OK, OK },
    { "attach, open", op_attach_open, OK, OK },
    { "extract what was attached just now", op_extract_own, NO, OK },
    { "detach a withheld attachment", op_detach_withheld, OK, OK },
    { "detach an open attachment", op_detach_open, OK, OK },
    { "edit an open field", op_edit_open, OK, OK },
    { "overwrite a withheld field", op_edit_withheld, OK, OK },
    { "take a withheld field away", op_unset_withheld, OK, OK },
    { "revert", op_revert, OK, OK },
    { "edit after it", op_edit_back, OK, OK },
    { "remove", op_remove, OK, OK },
    { "import withheld columns", op_import, OK, OK },
    { "import by an open key", op_import_key, OK, OK },
    { "import, only tried", op_import_try, OK, OK },
    { "import by a withheld key", op_import_withheld_key, NO, OK },
    { "duplicates", op_duplicates, OK, OK },
    { "similar names", op_similar, OK, OK },
    { "dismiss a pair", op_dismiss, NO, OK },
    { "merge", op_merge, NO, OK },
    { "show with a merged record", op_show, OK, OK },
    { "search with one", op_search, OK, OK },
    { "dump with one", op_dump_merged, OK, OK },
    { "unmerge", op_unmerge, NO, OK },
    { "show the card", op_card, OK, OK },
    { "add a contact", op_contact_add, OK, OK },
    { "add it again", op_contact_add, OK, OK },
    { "put another card in its place", op_contact_replace, NO, OK },
    { "verify a contact", op_contact_verify, NO, OK },
    { "list contacts", op_contact_list, OK, OK },
    { "share", op_share, OK, OK },
    { "share with names", op_share_names, NO, OK },
    { "list what is shared", op_share_list, OK, OK },
    { "no longer share", op_unshare, OK, OK },
    { "remove a contact", op_contact_remove, NO, OK },
    { "plan a purge", op_purge_plan, NO, OK },
    { "purge a removed record", op_purge, NO, OK },
    { "purge one's own record", op_purge_own, NO, OK },
    { "purge a withheld field", op_purge_field, NO, OK },
    { "purge an open field", op_purge_open_field, NO, OK },
    { "purge a revision", op_purge_revision, NO, OK },
    { "type add", op_type_add, NO, OK },
    { "key add, case", op_key_add_case, NO, OK },
    { "key remove", op_key_remove, NO, OK },
    { "key add, keeper", op_key_add_keeper, NO, OK },
    { "key shares", op_key_shares, NO, OK },
    { "key shares, plain", op_key_shares_plain, NO, OK },
    { "travel", op_travel, OK, OK },
    { "own passphrase", op_key_change, OK, OK },
    { "confirm it", op_confirm, OK, OK },
    { "key remove, the case slot", op_key_remove_case, NO, OK },
    { "check at the end", op_check, OK, OK },
    { "compact", op_compact, OK, OK },
};
#define N_CELLS (sizeof table / sizeof table[0])

/* ---- the vault of a test ---- */

static const char letter_open[] = "{\"name\":\"letter\",\"fields\":["
    "{\"name\":\"ref\",\"kind\":\"identifier\",\"tier\":\"open\",\"role\":\"direct\"},"
    "{\"name\":\"about\",\"kind\":\"text\",\"tier\":\"open\",\"role\":\"neutral\"},"
    "{\"name\":\"to\",\"kind\":\"link\",\"tier\":\"open\",\"role\":\"neutral\"}]}";
static const char letter_raised[] = "{\"name\":\"letter\",\"fields\":["
    "{\"name\":\"ref\",\"kind\":\"identifier\",\"tier\":\"open\",\"role\":\"direct\"},"
    "{\"name\":\"about\",\"kind\":\"text\",\"tier\":\"withheld\",\"role\":\"neutral\"},"
    "{\"name\":\"to\",\"kind\":\"link\",\"tier\":\"withheld\",\"role\":\"neutral\"}]}";

static void
fill(vault *v)
{
    struct vault_added a;
    struct secret *pass = pass_of(OTHER_PHRASE);
    char ref[8];
    vault_fields *f;
    int slot;

    add_marked(v, "person", "P-1", "name", OLD_NAME, &a);
    memcpy(first_revision, a.revision, sizeof first_revision);
    f = marked(NULL, "name", NAME);
    assert_int_equal(vault_edit(v, "P-1", f, &a), VAULT_OK);
    vault_fields_free(f);
    assert_int_equal(edit(v, "P-1", "{\"residence\":\"Kem\",\"citizenship\":\"KP\"}"), VAULT_OK);
    attach_marked(v, "P-1");
    put_file("open.txt", "open content");
    assert_int_equal(attach(v, "P-1", "open.txt", NULL, true), VAULT_OK);
    add_marked(v, "person", "P-2", "notes", REMOVED_NAME, &a);
    assert_int_equal(vault_remove(v, "P-2", &a), VAULT_OK);
    for (int i = 3; i <= 6; i++) {
        snprintf(ref, sizeof ref, "P-%d", i);
        add_marked(v, "person", ref, "name", NAME, &a);
    }
    assert_int_equal(add(v, "case", "{\"ref\":\"C-1\",\"person\":[\"P-1\"],\"next_step\":\"call\"}"),
        VAULT_OK);
    assert_int_equal(add(v, "event", "{\"case\":\"C-1\",\"date\":\"2027-01-31\",\"status\":\"planned\"}"),
        VAULT_OK);
    assert_int_equal(vault_type_add(v, letter_open, sizeof letter_open - 1), VAULT_OK);
    add_marked(v, "letter", "L-1", "about", RAISED, &a);
    assert_int_equal(edit(v, "L-1", "{\"to\":\"P-6\"}"), VAULT_OK);
    assert_int_equal(vault_type_add(v, letter_raised, sizeof letter_raised - 1), VAULT_OK);
    assert_int_equal(vault_key_add(v, VAULT_TIER_CASE, pass, NULL, &slot), VAULT_OK);
    assert_int_equal(slot, 1);
    vault_secret_free(pass);
}

static int
set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct secret *pass = pass_of(PHRASE);
    vault *v;
    (void)state;

    snprintf(dir, sizeof dir, "%.90s/permissions-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/a.vault", dir);
    for (int i = 0; i < N_MARKERS; i++)
        make_marker(marker[i]);
    added_slot = -1;
    assert_int_equal(vault_create(path, pass, &cheap), VAULT_OK);
    vault_secret_free(pass);
    v = opened(PHRASE);
    fill(v);
    vault_close(v);
    buf_reset(&said);
    return 0;
}

static int
tear_down(void **state)
{
    char command[256];
    (void)state;

    buf_free(&said);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

/* Of both files. */
static void
state_of_files(uint8_t hash[32])
{
    static const char *const NAMES[] = { "keys", "records.db" };
    crypto_generichash_blake2b_state st;
    struct buf b = BUF_INIT;
    char name[256];

    crypto_generichash_blake2b_init(&st, NULL, 0, 32);
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s/%s", path, NAMES[i]);
        assert_int_equal(file_read(&b, AT_FDCWD, name, (size_t)1 << 26), VAULT_OK);
        crypto_generichash_blake2b_update(&st, b.p, b.n);
    }
    crypto_generichash_blake2b_final(&st, hash, 32);
    buf_free(&b);
}

/* No word that overrides a refusal makes a keeper of a caseworker. */
static void
accept_everything(vault *v)
{
    static const char *const WORDS[] = { "plain-shares", "weak-passphrase", "press-name", "reviewed",
        "send", "new-card", "verify" };

    assert_int_equal(vault_accept(v, WORDS, sizeof WORDS / sizeof WORDS[0]), VAULT_OK);
}

static void
run_table(vault *v, bool keeper)
{
    accept_everything(v);
    for (size_t i = 0; i < N_CELLS; i++) {
        const struct cell *c = &table[i];
        vault_err want = keeper ? c->as_keeper : c->as_case, err;
        uint8_t before[32], after[32];

        state_of_files(before);
        err = c->run(v);
        if (err != want)
            print_error("%s: %d, not %d: %s\n", c->what, (int)err, (int)want,
                vault_last_error()->text);
        hear_error();
        assert_int_equal(err, want);
        if (err == VAULT_OK && vault_last_error()->text[0] != '\0')
            print_error("%s left: %s\n", c->what, vault_last_error()->text);
        assert_int_equal(vault_last_error()->code, err);
        assert_true((err == VAULT_OK) == (vault_last_error()->text[0] == '\0'));
        state_of_files(after);
        if (want != VAULT_OK)
            assert_memory_equal(before, after, sizeof before);
    }
}

static size_t
heard(int which)
{
    return count_in(said.p, said.n, marker[which]);
}

/* ---- tests ---- */

static void
test_permissions__a_case_holder_may_do_his_column_and_is_told_no_name(void **state)
{
    vault *v = opened(OTHER_PHRASE);
    (void)state;

    run_table(v, false);
    assert_true(said.n > 1000);
    for (int i = 0; i < N_MARKERS; i++) {
        assert_int_equal(heard(i), 0);
        if (i != RAISED)                    /* that one he could read until it was raised */
            assert_int_equal(search_memory(marker[i]), 0);
    }
    vault_close(v);
}

/* The same collection finds every one of them where a keeper asks: the search above looks at the right place. */
static void
test_permissions__a_keeper_may_do_everything(void **state)
{
    vault *v = opened(PHRASE);
    (void)state;

    run_table(v, true);
    assert_true(heard(NAME) > 0);
    assert_true(heard(OLD_NAME) > 0);
    assert_true(heard(RAISED) > 0);
    assert_true(heard(FILE_NAMED) > 0);
    vault_close(v);
}

/* Asking for the value itself is answered as if it were not there. */
static void
test_permissions__a_case_holder_cannot_guess_names_either(void **state)
{
    vault *v = opened(OTHER_PHRASE);
    (void)state;

    for (int i = 0; i < N_MARKERS; i++) {
        struct secret *value = unmasked(marker[i]);
        char text[MARKER + 1] = "";
        struct vault_search_query q = { .text = text };
        struct vault_record *r = NULL;
        unsigned n = 0;

        memcpy(text, vault_secret_edit(value), MARKER);
        assert_int_equal(vault_search(v, &q, hear_hit, &n), VAULT_OK);
        assert_int_equal(vault_list(v, &(struct vault_list_query){ .where =
            &(struct vault_where){ "press_name", text }, .n_where = 1 }, hear_item, &n), VAULT_OK);
        assert_int_equal(n, 0);
        assert_int_equal(vault_show(v, text, NULL, false, &r), VAULT_ERR_NOT_FOUND);
        vault_secret_free(value);
    }
    vault_close(v);
}

/* That a value equals the one that is there is not told: it is written, and counts as changed. */
static void
test_permissions__overwriting_does_not_compare(void **state)
{
    vault *v = opened(OTHER_PHRASE);
    struct vault_added a;
    vault_fields *f = marked(NULL, "name", NAME);
    (void)state;

    assert_int_equal(vault_edit(v, "P-3", f, &a), VAULT_OK);
    assert_true(a.changed);
    vault_fields_free(f);
    vault_close(v);
}

static void
test_permissions__what_a_case_holder_wrote_is_read_by_a_keeper(void **state)
{
    vault *v = opened(OTHER_PHRASE);
    struct vault_status s;
    (void)state;

    assert_int_equal(op_add_withheld(v), VAULT_OK);
    assert_int_equal(op_edit_withheld(v), VAULT_OK);
    assert_int_equal(op_import(v), VAULT_OK);
    /* Not even within the session that typed it. */
    assert_int_equal(show(v, "N-2", NULL, true), VAULT_ERR_REFUSED);
    buf_reset(&said);
    assert_int_equal(show(v, "N-2", NULL, false), VAULT_OK);
    assert_null(memmem(said.p, said.n, "Own", 3));
    vault_close(v);

    v = opened(PHRASE);
    assert_int_equal(vault_status(v, &s), VAULT_OK);
    assert_int_equal(s.adopted, 4);
    assert_int_equal(s.quarantined, 0);
    buf_reset(&said);
    assert_int_equal(show(v, "N-2", NULL, true), VAULT_OK);
    assert_int_equal(show(v, "P-3", NULL, true), VAULT_OK);
    assert_int_equal(show(v, "I-2", NULL, true), VAULT_OK);
    assert_non_null(memmem(said.p, said.n, "Own Typed", 9));
    assert_non_null(memmem(said.p, said.n, "Own Two", 7));
    assert_int_equal(count_in(said.p, said.n, marker[NAME]), 0);
    vault_close(v);
}

/* A link in a field that was raised to withheld is not told from its other end. */
static void
test_permissions__a_raised_link_is_not_shown_at_its_target(void **state)
{
    struct vault_record *r = NULL;
    vault *v = opened(OTHER_PHRASE);
    (void)state;

    assert_int_equal(vault_show(v, "P-6", NULL, false, &r), VAULT_OK);
    assert_int_equal(r->n_links_here, 0);
    vault_record_free(r);
    vault_close(v);
}

/* Whoever wrote it: a session of the case tier takes nothing over, and can read none of it. */
static void
test_permissions__intake_waits_for_a_keeper(void **state)
{
    struct vault_opened o;
    vault *v = opened(OTHER_PHRASE);
    (void)state;

    assert_int_equal(op_add_withheld(v), VAULT_OK);
    vault_close(v);
    for (int i = 0; i < 2; i++) {
        v = opened(OTHER_PHRASE);
        vault_opened(v, &o);
        assert_int_equal(o.tier, VAULT_TIER_CASE);
        assert_int_equal(o.adopted + o.quarantined, 0);
        assert_int_equal(session_adopt(v), VAULT_OK);
        assert_int_equal(op_check(v), VAULT_OK);
        assert_int_equal(show(v, "N-2", NULL, true), VAULT_ERR_REFUSED);
        vault_close(v);
    }
    v = opened(PHRASE);
    vault_opened(v, &o);
    assert_int_equal(o.tier, VAULT_TIER_KEEPER);
    assert_int_equal(o.adopted, 1);
    vault_close(v);
}

static vault *
opened_copy(const char *text)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL;

    assert_int_equal(vault_open(&v, in_dir("way.vault"), &cred), VAULT_OK);
    vault_secret_free(pass);
    return v;
}

static void
come_home(const char *who)
{
    vault *home = opened(who), *way;

    assert_int_equal(vault_travel(home, in_dir("way.vault")), VAULT_OK);
    way = opened_copy(OTHER_PHRASE);
    assert_int_equal(op_add_withheld(way), VAULT_OK);
    assert_int_equal(session_join(home, way), VAULT_OK);
    vault_close(way);
    vault_close(home);
}

/* ---- bundles between two vaults ---- */

static vault *
opened_at(const char *name, const char *text)
{
    struct secret *pass = pass_of(text);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL;

    assert_int_equal(vault_open(&v, in_dir(name), &cred), VAULT_OK);
    vault_secret_free(pass);
    return v;
}

static void
knows(vault *v, const char *name, vault *other)
{
    struct vault_card card;

    accept_everything(v);
    assert_int_equal(vault_card(other, &card), VAULT_OK);
    assert_int_equal(vault_contact_add(v, name, card.text, strlen(card.text)), VAULT_OK);
    assert_int_equal(vault_contact_verify(v, name, NULL), VAULT_OK);
    vault_free(card.text);
}

static vault_err
send_to(vault *v, const char *contact, const char *file, bool names)
{
    static const char *const ID[] = { "P-3" };
    const struct vault_handoff what = { .ids = ID, .n_ids = 1, .contacts = &contact, .n_contacts = 1, .names = names, .confirmed = true };
    struct vault_handoff_sent sent;
    vault_err err = vault_handoff_send(v, in_dir(file), &what, &sent);

    assert_int_equal(access(in_dir(file), F_OK) == 0, err == VAULT_OK);
    return err;
}

static vault_err
receive_at(vault *v, const char *file, const char *receipt, bool plan)
{
    char path_of[256] = "";
    const struct vault_receive how = { .receipt = receipt == NULL ? NULL : path_of, .plan = plan };
    struct vault_received got;

    if (receipt != NULL)
        snprintf(path_of, sizeof path_of, "%s", in_dir(receipt));
    return vault_handoff_receive(v, in_dir(file), &how, &got);
}

/*
 * Another office, to which P-3 went with its name; there and here it was changed since. From there: with names and without; and
 * the receipt for what went.
 */
static void
make_office(void)
{
    struct secret *pass = pass_of(PHRASE);
    vault *home = opened(PHRASE), *office;

    assert_int_equal(vault_create(in_dir("office.vault"), pass, &cheap), VAULT_OK);
    vault_secret_free(pass);
    office = opened_at("office.vault", PHRASE);
    knows(home, "office", office);
    knows(office, "anna", home);
    assert_int_equal(send_to(home, "office", "first", true), VAULT_OK);
    assert_int_equal(receive_at(office, "first", "receipt", false), VAULT_OK);
    assert_int_equal(edit(office, "P-3", "{\"residence\":\"Perm\",\"notes\":\"Theirs\"}"), VAULT_OK);
    assert_int_equal(edit(home, "P-3", "{\"residence\":\"Omsk\"}"), VAULT_OK);
    assert_int_equal(send_to(office, "anna", "with-names", true), VAULT_OK);
    assert_int_equal(send_to(office, "anna", "without", false), VAULT_OK);
    vault_close(office);
    vault_close(home);
    buf_reset(&said);
}

static vault_err op_send(vault *v) { return send_to(v, "office", "sent", false); }
static vault_err op_send_names(vault *v) { return send_to(v, "office", "sent-names", true); }
static vault_err op_receive_plan(vault *v) { return receive_at(v, "without", NULL, true); }
static vault_err op_receive(vault *v) { return receive_at(v, "without", "own-receipt", false); }
static vault_err op_receive_names_plan(vault *v) { return receive_at(v, "with-names", NULL, true); }
static vault_err op_receive_names(vault *v) { return receive_at(v, "with-names", NULL, false); }

static vault_err
op_receipt(vault *v)
{
    struct vault_receipt got;

    return vault_handoff_receipt(v, in_dir("receipt"), &got);
}

static vault_err
conflict(vault *v, bool reveal)
{
    struct vault_conflict *c = NULL;
    vault_err err = vault_conflict(v, "P-3", reveal, &c);

    for (size_t i = 0; err == VAULT_OK && i < c->n_sides; i++)
        hear(c->sides[i].revision);
    vault_conflict_free(c);
    return err;
}

static vault_err op_conflict(vault *v) { return conflict(v, false); }
static vault_err op_conflict_reveal(vault *v) { return conflict(v, true); }

/* Their residence, or ours. */
static vault_err
op_resolve(vault *v)
{
    struct vault_conflict *c = NULL;
    struct vault_choice choice = { .field = NULL };
    struct vault_added out;
    vault_err err = vault_conflict(v, "P-3", false, &c);

    assert_int_equal(err, VAULT_OK);
    assert_true(c->n_sides == 2);
    choice.revision = c->sides[1].revision;
    err = vault_resolve(v, "P-3", &choice, 1, &out);
    vault_conflict_free(c);
    return err;
}

/* What is for keepers only does not open to anybody else, and what was made for the vault at home does not open on the way. */
#define SHUT VAULT_ERR_KEY

static const struct exchange_cell {
    const char *what;
    vault_err (*run)(vault *v);
    vault_err as_case, as_keeper, on_the_way;
} exchange_table[] = {
    { "send", op_send, OK, OK, OK },
    { "send with names", op_send_names, NO, OK, NO },
    { "keep a receipt", op_receipt, OK, OK, SHUT },
    { "look at what came with names", op_receive_names_plan, SHUT, OK, SHUT },
    { "look at what came", op_receive_plan, OK, OK, SHUT },
    { "take it in", op_receive, OK, OK, SHUT },
    { "take in what has names", op_receive_names, SHUT, OK, SHUT },
    { "look at the versions", op_conflict, OK, OK, OK },
    { "look at the names of both", op_conflict_reveal, NO, OK, NO },
    { "choose one of them", op_resolve, OK, OK, OK },
    { "check", op_check, OK, OK, OK },
};

/* column: 0 a case holder, 1 a keeper, 2 somebody on the way. */
static void
run_exchange(vault *v, int column)
{
    accept_everything(v);
    for (size_t i = 0; i < sizeof exchange_table / sizeof exchange_table[0]; i++) {
        const struct exchange_cell *c = &exchange_table[i];
        vault_err want = column == 0 ? c->as_case : column == 1 ? c->as_keeper : c->on_the_way, err;
        uint8_t before[32], after[32];

        state_of_files(before);
        err = c->run(v);
        if (err != want)
            print_error("%s: %d, not %d: %s\n", c->what, (int)err, (int)want, vault_last_error()->text);
        hear_error();
        assert_int_equal(err, want);
        state_of_files(after);
        if (want != VAULT_OK)
            assert_memory_equal(before, after, sizeof before);
    }
}

static void
test_permissions__a_case_holder_exchanges_what_has_no_names(void **state)
{
    vault *v, *office;
    (void)state;

    make_office();
    v = opened(OTHER_PHRASE);
    run_exchange(v, 0);
    vault_close(v);
    for (int i = 0; i < N_MARKERS; i++)
        assert_int_equal(heard(i), 0);
    assert_null(memmem(said.p, said.n, "Theirs", 6));
    assert_int_equal(access(in_dir("own-receipt"), F_OK), 0);
    /* Nor does what he sends have any. */
    office = opened_at("office.vault", PHRASE);
    assert_int_equal(receive_at(office, "sent", NULL, false), VAULT_OK);
    vault_close(office);
}

static void
test_permissions__a_keeper_exchanges_names(void **state)
{
    vault *v;
    (void)state;

    make_office();
    v = opened(PHRASE);
    run_exchange(v, 1);
    assert_int_equal(show(v, "P-3", NULL, true), VAULT_OK);
    assert_non_null(memmem(said.p, said.n, "Theirs", 6));
    assert_true(heard(NAME) > 0);
    vault_close(v);
}

/* In a copy for the way: it has another card's keys, and no names of before. */
static void
test_permissions__on_the_way_nothing_opens_that_was_sent_home(void **state)
{
    char home_path[sizeof path];
    vault *v;
    (void)state;

    make_office();
    v = opened(OTHER_PHRASE);
    assert_int_equal(op_receive(v), VAULT_OK);
    assert_int_equal(unlink(in_dir("own-receipt")), 0);
    assert_int_equal(vault_travel(v, in_dir("way.vault")), VAULT_OK);
    vault_close(v);
    memcpy(home_path, path, sizeof path);
    snprintf(path, sizeof path, "%.100s/way.vault", dir);     /* whose files are looked at */
    v = opened(OTHER_PHRASE);
    run_exchange(v, 2);
    vault_close(v);
    memcpy(path, home_path, sizeof path);
    for (int i = 0; i < N_MARKERS; i++)
        assert_int_equal(heard(i), 0);
}

static void
test_permissions__coming_home_needs_no_keeper(void **state)
{
    vault *v;
    (void)state;

    come_home(OTHER_PHRASE);
    v = opened(OTHER_PHRASE);
    assert_int_equal(show(v, "N-2", NULL, false), VAULT_OK);
    assert_int_equal(show(v, "N-2", NULL, true), VAULT_ERR_REFUSED);
    vault_close(v);
    v = opened(PHRASE);
    buf_reset(&said);
    assert_int_equal(show(v, "N-2", NULL, true), VAULT_OK);
    assert_non_null(memmem(said.p, said.n, "Own Typed", 9));
    assert_int_equal(op_check(v), VAULT_OK);
    vault_close(v);
}

static void
test_permissions__a_keeper_may_bring_it_home_as_well(void **state)
{
    vault *v;
    (void)state;

    come_home(PHRASE);
    v = opened(PHRASE);
    assert_int_equal(show(v, "N-2", NULL, true), VAULT_OK);
    assert_int_equal(op_check(v), VAULT_OK);
    vault_close(v);
}

static struct vault_contact seen;           /* its texts are not kept */
static char seen_words[256];

static int
look(void *ctx, const struct vault_contact *c)
{
    (void)ctx;
    seen = *c;
    snprintf(seen_words, sizeof seen_words, "%s", c->words);
    return 0;
}

static vault_err look_at(vault *v) { return vault_contact(v, "anna", look, NULL); }

/* `from` into `to`, both folders, by a case holder; then as a keeper sees it. */
static vault *
joined(const char *to, const char *from)
{
    struct secret *pass = pass_of(OTHER_PHRASE), *keeper = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    vault *v = NULL, *other = NULL;

    assert_int_equal(vault_open(&v, to, &cred), VAULT_OK);
    assert_int_equal(vault_open(&other, from, &cred), VAULT_OK);
    assert_int_equal(session_join(v, other), VAULT_OK);
    vault_close(v);
    vault_close(other);
    cred.passphrase = keeper;
    assert_int_equal(vault_open(&v, to, &cred), VAULT_OK);
    assert_int_equal(op_check(v), VAULT_OK);
    vault_secret_free(pass);
    vault_secret_free(keeper);
    return v;
}

static void
copy_vault(const char *from, const char *to)
{
    char command[1024];

    snprintf(command, sizeof command, "rm -rf '%s' && cp -r '%s' '%s'", to, from, to);
    assert_int_equal(system(command), 0);
}

/* Two copies with a contact of one name and two cards, by case holders: neither is used until a keeper decides, in either direction. */
static void
test_permissions__a_contact_of_one_name_in_two_copies(void **state)
{
    char way[200], home[200];
    vault *v;
    (void)state;

    snprintf(way, sizeof way, "%s", in_dir("way.vault"));
    snprintf(home, sizeof home, "%s", in_dir("home.vault"));
    copy_vault(path, way);
    v = opened_copy(OTHER_PHRASE);
    assert_int_equal(add_contact(v, "anna", 1), VAULT_OK);
    vault_close(v);
    v = opened(OTHER_PHRASE);
    assert_int_equal(add_contact(v, "anna", 0), VAULT_OK);
    vault_close(v);
    copy_vault(path, home);
    for (int direction = 0; direction < 2; direction++) {
        v = direction == 0 ? joined(home, way) : joined(way, path);
        assert_int_equal(look_at(v), VAULT_OK);
        assert_true(seen.contested && !seen.verified);
        assert_int_equal(vault_contact_verify(v, "anna", seen_words), VAULT_ERR_CONFLICT);
        assert_int_equal(vault_accept(v, (const char *const[]){ "new-card" }, 1), VAULT_OK);
        assert_int_equal(add_contact(v, "anna", 0), VAULT_OK);
        assert_int_equal(look_at(v), VAULT_OK);
        assert_false(seen.contested);
        assert_int_equal(vault_contact_verify(v, "anna", seen_words), VAULT_OK);
        vault_close(v);
    }
}

/* In one copy a keeper verified it, in the other she removed it, neither knowing of the other: it is gone, whoever joins which into which. */
static void
test_permissions__a_removed_contact_does_not_come_back(void **state)
{
    char way[200], home[200];
    vault *v;
    (void)state;

    snprintf(way, sizeof way, "%s", in_dir("way.vault"));
    snprintf(home, sizeof home, "%s", in_dir("home.vault"));
    v = opened(PHRASE);
    assert_int_equal(add_contact(v, "anna", 0), VAULT_OK);
    vault_close(v);
    copy_vault(path, way);
    v = opened_copy(PHRASE);
    assert_int_equal(vault_accept(v, (const char *const[]){ "verify" }, 1), VAULT_OK);
    assert_int_equal(vault_contact_verify(v, "anna", NULL), VAULT_OK);
    vault_close(v);
    v = opened(PHRASE);
    assert_int_equal(vault_contact_remove(v, "anna"), VAULT_OK);
    vault_close(v);
    copy_vault(path, home);
    for (int direction = 0; direction < 2; direction++) {
        v = direction == 0 ? joined(home, way) : joined(way, path);
        assert_int_equal(look_at(v), VAULT_ERR_NOT_FOUND);
        vault_close(v);
    }
}

/* The same with another card that she accepted at home: neither is used. */
static void
test_permissions__an_old_card_does_not_come_back_verified(void **state)
{
    char way[200];
    vault *v;
    (void)state;

    snprintf(way, sizeof way, "%s", in_dir("way.vault"));
    v = opened(PHRASE);
    assert_int_equal(add_contact(v, "anna", 0), VAULT_OK);
    vault_close(v);
    copy_vault(path, way);
    v = opened_copy(PHRASE);
    assert_int_equal(vault_accept(v, (const char *const[]){ "verify" }, 1), VAULT_OK);
    assert_int_equal(vault_contact_verify(v, "anna", NULL), VAULT_OK);
    vault_close(v);
    v = opened(PHRASE);
    assert_int_equal(vault_accept(v, (const char *const[]){ "new-card" }, 1), VAULT_OK);
    assert_int_equal(add_contact(v, "anna", 1), VAULT_OK);
    vault_close(v);
    v = joined(path, way);
    assert_int_equal(look_at(v), VAULT_OK);
    assert_true(seen.contested && !seen.verified);
    vault_close(v);
}

/* A bad sector under a contact is no end of the vault; but nobody knows whom the lost word was about. */
static void
test_permissions__repair_leaves_a_lost_contact_out_and_no_other_verified(void **state)
{
    struct secret *pass = pass_of(PHRASE);
    struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    struct vault_repair_options opt = { .fn = NULL };
    struct vault_repair_report rep;
    struct buf blob = BUF_INIT;
    vault *v = opened(PHRASE);
    uint32_t hurt = 0;
    (void)state;

    assert_int_equal(vault_accept(v, (const char *const[]){ "verify" }, 1), VAULT_OK);
    assert_int_equal(add_contact(v, "anna", 0), VAULT_OK);
    assert_int_equal(vault_contact_verify(v, "anna", NULL), VAULT_OK);
    assert_int_equal(add_contact(v, "bert", 1), VAULT_OK);
    hurt = v->recs.index.n;
    assert_int_equal(v->recs.index.pair[hurt].record[1], SYSTEM_CONTACT);
    assert_int_equal(db_get(v->db, DB_OPEN_BLOB, hurt, &blob), VAULT_OK);
    blob.p[blob.n / 2] ^= 1;
    assert_int_equal(db_begin(v->db), VAULT_OK);
    assert_int_equal(db_put(v->db, DB_OPEN_BLOB, hurt, PART(blob.p, blob.n)), VAULT_OK);
    assert_int_equal(db_commit(v->db), VAULT_OK);
    vault_close(v);
    buf_free(&blob);

    assert_int_equal(try_open(&v, PHRASE), VAULT_ERR_DAMAGED);
    assert_int_equal(vault_repair(path, in_dir("way.vault"), &cred, &opt, &rep), VAULT_OK);
    assert_int_equal(rep.lost_revisions, 1);
    v = opened_copy(PHRASE);
    assert_int_equal(op_check(v), VAULT_OK);
    assert_int_equal(look_at(v), VAULT_OK);
    assert_false(seen.verified);
    assert_int_equal(vault_contact(v, "bert", look, NULL), VAULT_ERR_NOT_FOUND);
    assert_int_equal(vault_accept(v, (const char *const[]){ "verify" }, 1), VAULT_OK);
    assert_int_equal(vault_contact_verify(v, "anna", NULL), VAULT_OK);
    vault_close(v);
    v = opened_copy(PHRASE);
    assert_int_equal(look_at(v), VAULT_OK);
    assert_true(seen.verified);
    vault_close(v);
    secret_free(pass);
}

/* What a keeper decided in another copy does not come in by a caseworker's hand. */
static void
test_permissions__a_keepers_entries_of_another_copy_are_not_joined(void **state)
{
    char command[400];
    uint8_t before[32], after[32];
    vault *home, *other;
    (void)state;

    snprintf(command, sizeof command, "cp -r %s %s", path, in_dir("way.vault"));
    assert_int_equal(system(command), 0);
    other = opened_copy(PHRASE);
    assert_int_equal(op_type_add(other), VAULT_OK);
    home = opened(OTHER_PHRASE);
    state_of_files(before);
    assert_int_equal(session_join(home, other), VAULT_ERR_REFUSED);
    state_of_files(after);
    assert_memory_equal(before, after, sizeof before);
    vault_close(other);
    vault_close(home);
}

/* Without an open session, too: what a caseworker's check cannot verify is counted and not told. */
static void
test_permissions__check_opens_for_either_tier(void **state)
{
    static const char *const WHO[] = { OTHER_PHRASE, PHRASE };
    struct vault_checked told[2] = { { .unverified = 0 }, { .unverified = 0 } };
    (void)state;

    for (int i = 0; i < 2; i++) {
        struct secret *pass = pass_of(WHO[i]);
        struct vault_credentials cred = { .passphrase = pass, .slot = -1 };

        assert_int_equal(vault_check(path, &cred, hear_problem, NULL, &told[i]), VAULT_OK);
        assert_string_equal(vault_last_error()->text, "");
        vault_secret_free(pass);
    }
    assert_true(told[0].unverified > 0);
    assert_int_equal(told[1].unverified, 0);
    for (int i = 0; i < N_MARKERS; i++)
        assert_int_equal(heard(i), 0);
}

/* In a test of its own: the handle can only be closed afterwards, as after the last row of the table. */
static void
test_permissions__new_keys_are_for_a_keeper_to_make(void **state)
{
    static const char *const WHO[] = { OTHER_PHRASE, PHRASE };
    static const vault_err WANT[] = { NO, OK };
    uint8_t before[32], after[32];
    (void)state;

    for (int i = 0; i < 2; i++) {
        struct secret *pass = pass_of(WHO[i]);
        struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
        vault *v = opened(WHO[i]);

        state_of_files(before);
        assert_int_equal(vault_key_rekey(v, &cred), WANT[i]);
        vault_close(v);
        state_of_files(after);
        assert_int_equal(memcmp(before, after, sizeof before) == 0, WANT[i] != OK);
        vault_secret_free(pass);
    }
    for (int i = 0; i < 2; i++)
        vault_close(opened(WHO[i]));
}

static int
hear_words(void *ctx, const char *words)
{
    return vault_shares_add(ctx, words, strlen(words), NULL) != VAULT_OK;
}

/* The tools that need no vault. */
static void
use_tools(void)
{
    const struct vault_share_plan plan = { .threshold = 2, .count = 2 };
    struct secret *in = pass_of("sixteen letters!"), *out = NULL, *words = NULL;
    struct vault_strength strength;
    vault_shares *shares = NULL;

    assert_int_equal(vault_passphrase_generate(&words, VAULT_WORDS), VAULT_OK);
    assert_int_equal(vault_passphrase_strength(words, &strength), VAULT_OK);
    assert_int_equal(vault_shares_new(&shares), VAULT_OK);
    assert_int_equal(vault_shares_split(in, &plan, hear_words, shares), VAULT_OK);
    assert_int_equal(vault_shares_secret(&out, shares, NULL), VAULT_OK);
    assert_true(vault_secret_equal(in, out));
    vault_shares_free(shares);
    vault_secret_free(words);
    vault_secret_free(out);
    vault_secret_free(in);
}

static void
test_permissions__with_nothing_there_is_the_list_of_slots_and_panic(void **state)
{
    struct secret *wrong = pass_of(WRONG_PHRASE), *shares = pass_of("not of this vault, thirty-two by");
    struct vault_credentials cred = { .passphrase = wrong, .slot = -1 };
    uint8_t before[32], after[32];
    char words[256];
    unsigned slots = 0;
    vault *v = NULL;
    (void)state;

    state_of_files(before);
    use_tools();
    assert_int_equal(vault_key_list(path, hear_slot, &slots), VAULT_OK);
    assert_int_equal(slots, 2);
    assert_int_equal(vault_fingerprint(path, words), VAULT_OK);
    hear(words);
    assert_int_equal(vault_probe(path), VAULT_OK);
    assert_int_equal(try_open(&v, WRONG_PHRASE), VAULT_ERR_KEY);
    assert_null(v);
    assert_int_equal(vault_check(path, &cred, hear_problem, NULL, NULL), VAULT_ERR_KEY);
    hear_error();
    cred = (struct vault_credentials){ .shares = shares, .slot = -1 };
    assert_int_equal(vault_open(&v, path, &cred), VAULT_ERR_NOT_FOUND);
    hear_error();
    for (int i = 0; i < N_MARKERS; i++)
        assert_int_equal(heard(i), 0);
    state_of_files(after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(vault_panic(path), VAULT_OK);
    assert_int_equal(try_open(&v, PHRASE), VAULT_ERR_DAMAGED);
    vault_secret_free(shares);
    vault_secret_free(wrong);
}

#define WITH_VAULT(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_VAULT(test_permissions__a_case_holder_may_do_his_column_and_is_told_no_name),
        WITH_VAULT(test_permissions__a_keeper_may_do_everything),
        WITH_VAULT(test_permissions__a_case_holder_cannot_guess_names_either),
        WITH_VAULT(test_permissions__overwriting_does_not_compare),
        WITH_VAULT(test_permissions__what_a_case_holder_wrote_is_read_by_a_keeper),
        WITH_VAULT(test_permissions__a_raised_link_is_not_shown_at_its_target),
        WITH_VAULT(test_permissions__intake_waits_for_a_keeper),
        WITH_VAULT(test_permissions__a_case_holder_exchanges_what_has_no_names),
        WITH_VAULT(test_permissions__a_keeper_exchanges_names),
        WITH_VAULT(test_permissions__on_the_way_nothing_opens_that_was_sent_home),
        WITH_VAULT(test_permissions__coming_home_needs_no_keeper),
        WITH_VAULT(test_permissions__a_keeper_may_bring_it_home_as_well),
        WITH_VAULT(test_permissions__a_contact_of_one_name_in_two_copies),
        WITH_VAULT(test_permissions__a_removed_contact_does_not_come_back),
        WITH_VAULT(test_permissions__repair_leaves_a_lost_contact_out_and_no_other_verified),
        WITH_VAULT(test_permissions__an_old_card_does_not_come_back_verified),
        WITH_VAULT(test_permissions__a_keepers_entries_of_another_copy_are_not_joined),
        WITH_VAULT(test_permissions__check_opens_for_either_tier),
        WITH_VAULT(test_permissions__new_keys_are_for_a_keeper_to_make),
        WITH_VAULT(test_permissions__with_nothing_there_is_the_list_of_slots_and_panic),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
