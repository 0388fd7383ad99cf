/* world.c - see world.h. */
#include "tests/fault/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vault/keys/kdf.h"

static char owned[200];         /* the folder of this run, to be removed by the process that made it */
static pid_t owner;

_Noreturn void
die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vprintf(fmt, ap);
    va_end(ap);
    (void)printf("\n  last error: %d %s\n", vault_last_error()->code, vault_last_error()->text);
    (void)fflush(stdout);
    if (getpid() == owner && getenv("KEEP") == NULL)
        folder_remove(owned);
    else if (getpid() == owner)
        (void)printf("  kept: %s\n", owned);
    (void)fflush(stdout);
    _exit(1);
}

/* ---- a cheap derivation of keys ---- */

vault_err __wrap_kdf_derive(struct secret **out, const struct secret *pass,
    const uint8_t salt[static KDF_SALT_BYTES], const struct kdf_cost *cost);

vault_err
__wrap_kdf_derive(struct secret **out, const struct secret *pass,
    const uint8_t salt[static KDF_SALT_BYTES], const struct kdf_cost *cost)
{
    const uint32_t of_cost[] = { cost->mem_kib, cost->passes, cost->lanes };
    crypto_generichash_blake2b_state st;
    vault_err err = secret_new(out, 32);

    if (err != VAULT_OK)
        return err;
    (void)crypto_generichash_blake2b_init(&st, salt, KDF_SALT_BYTES, 32);
    (void)crypto_generichash_blake2b_update(&st, (const uint8_t *)of_cost, sizeof of_cost);
    (void)crypto_generichash_blake2b_update(&st, secret_bytes(pass), secret_len(pass));
    (void)crypto_generichash_blake2b_final(&st, secret_edit(*out), 32);
    return VAULT_OK;
}

/* ---- opening ---- */

struct vault_credentials
world_cred(const struct secret *pass)
{
    return (struct vault_credentials){ .passphrase = pass, .slot = -1 };
}

vault *
world_open(const struct world *w, const char *path, bool new_pass)
{
    struct vault_credentials cred = world_cred(new_pass ? w->new_pass : w->old_pass);
    vault *v = NULL;

    if (vault_open(&v, path, &cred) != VAULT_OK)
        die("%s does not open", path);
    return v;
}

bool
world_opens(const char *path, const struct vault_credentials *cred, const char *what)
{
    vault *v = NULL;
    vault_err err = vault_open(&v, path, cred);

    vault_close(v);
    if (err != VAULT_OK && err != VAULT_ERR_KEY && err != VAULT_ERR_NOT_FOUND)
        die("%s: %s is not opened", what, path);
    return err == VAULT_OK;
}

static int
tell(void *ctx, const struct vault_problem *p)
{
    struct problems *all = ctx;
    size_t at = strlen(all->text);

    all->n++;
    snprintf(all->text + at, sizeof all->text - at, "%s: %s\n", p->where, p->what);
    return 0;
}

vault_err
world_check(const struct world *w, const char *path, bool new_pass, struct problems *p)
{
    struct vault_credentials cred = world_cred(new_pass ? w->new_pass : w->old_pass);
    struct vault_deep_check deep = {0};
    struct problems own;

    if (p == NULL)
        p = &own;
    p->n = 0;
    p->text[0] = '\0';
    return vault_check_deep(path, &cred, tell, p, &deep);
}

/* ---- what a vault holds ---- */

struct lines {
    char **line;
    size_t n, cap;
    bool with_ids;
};

static int
add_line(void *ctx, const struct vault_list_item *item)
{
    struct lines *all = ctx;
    const struct vault_record *r = item->record;
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    if (f == NULL)
        abort();
    if (all->with_ids)
        fprintf(f, "%s %s %lld ", r->id, r->revision, (long long)r->time);
    fprintf(f, "%s", item->type);
    for (size_t i = 0; i < r->n_values; i++) {
        const struct vault_value *v = &r->values[i];
        /* A label that nobody gave is drawn by lot. */
        if (!all->with_ids && strcmp(v->field, "label") == 0)
            continue;
        fprintf(f, "|%s=%s%s", v->field, v->present ? "" : "(absent)", v->text);
    }
    for (size_t i = 0; i < r->n_attachments; i++) {
        const struct vault_attachment *a = &r->attachments[i];
        fprintf(f, "|%s %s %s", a->withheld ? "withheld" : "open", a->present ? a->name : "(absent)",
            a->present ? a->sha256 : "");
    }
    (void)fclose(f);
    if (all->n == all->cap) {
        all->cap = all->cap == 0 ? 64 : all->cap * 2;
        all->line = realloc(all->line, all->cap * sizeof *all->line);
        if (all->line == NULL)
            abort();
    }
    all->line[all->n++] = text;
    return 0;
}

static char *
joined(struct lines *all)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    if (f == NULL)
        abort();
    if (all->n != 0)
        qsort(all->line, all->n, sizeof *all->line, by_text);
    for (size_t i = 0; i < all->n; i++) {
        fprintf(f, "%s\n", all->line[i]);
        free(all->line[i]);
    }
    free(all->line);
    (void)fclose(f);
    return text;
}

vault_err
state_of(const struct world *w, const char *path, bool new_pass, bool with_ids, struct state *out)
{
    struct vault_list_query q = { .reveal = true, .full = true };
    struct vault_credentials cred = world_cred(new_pass ? w->new_pass : w->old_pass);
    struct lines all = { .with_ids = with_ids };
    struct vault_status st;
    char copy[300];
    vault *v = NULL;
    vault_err err;

    memset(out, 0, sizeof *out);
    snprintf(copy, sizeof copy, "%s/state.vault", w->root);
    folder_copy(path, copy);
    err = vault_open(&v, copy, &cred);
    if (err == VAULT_OK)
        err = vault_status(v, &st);
    if (err == VAULT_OK) {
        out->records = st.records;
        out->entries = st.log_entries;
        memcpy(out->head, st.log_head, sizeof out->head);
        out->new_pass = new_pass;
        err = vault_list(v, &q, add_line, &all);
    }
    vault_close(v);
    out->text = joined(&all);
    return err;
}

/* ---- raw bytes ---- */

/*
 * What stands in base or is brought by a deed; short names of fields as CBOR has them. None is under
 * six bytes: four given bytes stand in the noise of a vault once in thirty thousand looks.
 */
static const char *const NEEDLE[] = {
    OLD_PASS, NEW_PASS, CASE_PASS, ADDED_PASS, "Quuxander", "quuxander", "zebrafink", "Зимородок", "물총새", "Chabarowsk",
    "residence", "occupation", "citizenship", "other_names", "identifiers", "press_name", "next_step",
    "language", "definition", "slot_key", "\x65notes", "\x67" "address", "\x66" "family",
    "\x65label", "\x66person",
};

static size_t
as_utf16(const char *s, bool big, uint8_t *out)
{
    size_t n = 0;

    for (const uint8_t *p = (const uint8_t *)s; *p != 0;) {
        unsigned c = *p++;
        if (c >= 0xe0) {
            c = (c & 15) << 12 | (unsigned)(p[0] & 63) << 6 | (p[1] & 63);
            p += 2;
        } else if (c >= 0xc0) {
            c = (c & 31) << 6 | (p[0] & 63);
            p++;
        }
        out[n++] = (uint8_t)(big ? c >> 8 : c);
        out[n++] = (uint8_t)(big ? c : c >> 8);
    }
    return n;
}

/* Each needle in UTF-8 and both forms of UTF-16, found by its first two bytes. */
struct form {
    const char *of;
    uint8_t p[200];
    size_t n;
    const struct form *next;
};
#define FORMS (3 * sizeof NEEDLE / sizeof NEEDLE[0])

static uint8_t begins[65536 / 8];       /* bits: of two bytes, whether a form begins with them; smaller than the list, so faster */

static const struct form **
forms(void)
{
    static struct form form[FORMS];
    static const struct form *by_start[65536];
    static size_t n;

    for (size_t i = 0; n < FORMS; i++) {
        /* Of the CBOR forms only the name in UTF-16. */
        const char *s = NEEDLE[i], *name = *s < ' ' ? s + 1 : s;
        for (int k = 0; k < 3; k++, n++) {
            struct form *f = &form[n];
            f->of = s;
            f->n = k == 0 ? strlen(s) : as_utf16(name, k == 2, f->p);
            if (k == 0)
                memcpy(f->p, s, f->n);
            f->next = by_start[f->p[0] << 8 | f->p[1]];
            by_start[f->p[0] << 8 | f->p[1]] = f;
            begins[f->p[0] << 5 | f->p[1] >> 3] |= (uint8_t)(1 << (f->p[1] & 7));
        }
    }
    return by_start;
}

/* One pass for all: every fault is followed by a search of all bytes of the vault. */
static const char *
leak_in(const uint8_t *p, size_t n)
{
    const struct form **by_start = forms();

    for (size_t i = 0; i + 1 < n; i++) {
        if ((begins[p[i] << 5 | p[i + 1] >> 3] >> (p[i + 1] & 7) & 1) == 0)
            continue;
        for (const struct form *f = by_start[p[i] << 8 | p[i + 1]]; f != NULL; f = f->next)
            if (f->n <= n - i && memcmp(p + i, f->p, f->n) == 0)
                return f->of;
    }
    return NULL;
}

const char *
world_leak(const char *path)
{
    size_t n, size;
    char **name = list_folder(path, &n);
    struct stat st;
    uint8_t *whole = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? file_get("", path, &size) : NULL;
    const char *found = whole == NULL ? NULL : leak_in(whole, size);

    free(whole);

    for (size_t i = 0; i < n && found == NULL; i++) {
        uint8_t *p = file_get(path, name[i], &size);
        if (p != NULL)
            found = leak_in(p, size);
        free(p);
    }
    free_list(name, n);
    return found;
}

void
write_rows(const char *path, unsigned from, unsigned count, size_t filler)
{
    FILE *f = fopen(path, "w");

    if (f == NULL)
        die("cannot write %s", path);
    fprintf(f, "ref,residence,occupation,name,notes\n");
    for (unsigned i = from; i < from + count; i++) {
        fprintf(f, "P-%u,Quuxanderstadt %u,zebrafink %u,Зимородок 물총새 %u,", i, i, i, i);
        for (size_t k = 0; k < filler; k += 16)
            fprintf(f, "quuxander %09zu. ", k + i);
        fprintf(f, "\n");
    }
    if (fclose(f) != 0)
        die("cannot write %s", path);
}

/* ---- making it ---- */

/* Of a copy, as the log would grow. */
static void
make_backup(const struct world *w)
{
    struct vault_backup_options opt = { .split = 0 };
    struct vault_backup_report rep;
    vault *v;

    folder_copy(w->base, w->work);
    v = world_open(w, w->work, false);
    if (vault_backup(v, w->backup, &opt, &rep) != VAULT_OK)
        die("cannot make %s", w->backup);
    vault_close(v);
    folder_remove(w->work);
}

static struct secret *
secret_text(const char *s)
{
    struct secret *out = NULL;

    if (secret_copy(&out, s, strlen(s)) != VAULT_OK)
        die("no memory");
    return out;
}

/* Of two pieces, and of one in either tier. */
static const struct world_file SCAN = { "Quuxander scan.pdf", 270000, false },
    RULING = { "zebrafink ruling.txt", 3000, true }, NOTE = { "Quuxander note.txt", 900, false };

static char *
attached_text(size_t n)
{
    char *text = malloc(n + 64);
    size_t at = 0;

    while (text != NULL && at < n)
        at += (size_t)snprintf(text + at, 64, "quuxander %09zu zebrafink. ", at);
    if (text == NULL)
        die("no memory");
    return text;
}

bool
world_is_scan(const uint8_t *p, size_t n)
{
    char *text = attached_text(SCAN.n);
    bool same = n == SCAN.n && memcmp(p, text, n) == 0;

    free(text);
    return same;
}

void
world_attach(const struct world *w, vault *v, const char *id, const struct world_file *what)
{
    const struct vault_attach_options opt = { .open = what->open };
    struct vault_attach_file file = { .name = what->name };
    char path[300], *text = attached_text(what->n);
    struct vault_added out;

    file_put(w->root, "brought", text, what->n);
    snprintf(path, sizeof path, "%s/brought", w->root);
    file.path = path;
    if (vault_attach(v, id, &file, 1, &opt, &out) != VAULT_OK)
        die("cannot attach %s", what->name);
    (void)unlink(path);
    free(text);
}

static void
fill_base(struct world *w)
{
    struct vault_record *r = NULL;

    struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };
    char json[400], rows[300], code[32];
    vault *v;

    if (vault_create(w->base, w->old_pass, &opt) != VAULT_OK)
        die("cannot make %s", w->base);
    v = world_open(w, w->base, false);
    snprintf(rows, sizeof rows, "%s/first.csv", w->root);
    write_rows(rows, 1, 12, 64);
    snprintf(json, sizeof json, "{\"ref\":\"C-1\",\"title\":\"quuxander against Quuxander\","
        "\"person\":[\"P-1\"],"
        "\"notes\":\"zebrafink\"}");
    if (world_import(v, rows, NULL) != VAULT_OK ||
        world_add_json(v, "person", "{\"ref\":\"Q-1\",\"residence\":\"Chabarowsk\","
            "\"name\":\"Quuxander Senior\"}", w->person) != VAULT_OK ||
        world_add_json(v, "person", "{\"ref\":\"Q-2\",\"residence\":\"Chabarowsk\","
            "\"name\":\"Quuxander Junior\"}", w->other) != VAULT_OK ||
        vault_show(v, w->other, NULL, false, &r) != VAULT_OK ||
        world_add_json(v, "case", json, code) != VAULT_OK ||
        world_edit_json(v, w->other, "{\"residence\":\"Quuxanderburg\",\"notes\":\"quuxander\"}") != VAULT_OK ||
        world_edit_json(v, w->other, "{\"name\":\"Quuxander the Younger\"}") != VAULT_OK)
        die("cannot fill %s", w->base);
    snprintf(w->first, sizeof w->first, "%s", r->revision);
    vault_record_free(r);
    world_attach(w, v, w->person, &SCAN);
    world_attach(w, v, w->person, &RULING);
    world_attach(w, v, w->other, &NOTE);
    vault_close(v);
    unlink(rows);
}

void
world_make(struct world *w)
{
    const char *tmp = getenv("TMPDIR");

    memset(w, 0, sizeof *w);
    if (vault_process_init() != VAULT_OK)
        die("vault_process_init");
    snprintf(w->root, sizeof w->root, "%s/withheld-fault-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(w->root) == NULL)
        die("cannot make a folder: %s", strerror(errno));
    snprintf(owned, sizeof owned, "%s", w->root);
    owner = getpid();
    snprintf(w->base, sizeof w->base, "%s/base.vault", w->root);
    snprintf(w->work, sizeof w->work, "%s/work.vault", w->root);
    snprintf(w->csv, sizeof w->csv, "%s/rows.csv", w->root);
    snprintf(w->big, sizeof w->big, "%s/big.csv", w->root);
    snprintf(w->out, sizeof w->out, "%s/dumped", w->root);
    snprintf(w->backup, sizeof w->backup, "%s/base.backup", w->root);
    snprintf(w->made, sizeof w->made, "%s/made.backup", w->root);
    snprintf(w->road, sizeof w->road, "%s/road", w->root);
    snprintf(w->anchor, sizeof w->anchor, "%s/anchor", w->road);
    w->old_pass = secret_text(OLD_PASS);
    w->new_pass = secret_text(NEW_PASS);
    write_rows(w->csv, 7, 150, 400);        /* the first six revise */
    if (world_leak(w->root) == NULL || world_leak(w->csv) == NULL)
        die("the search for values finds nothing in a file of values");
    fill_base(w);
    make_backup(w);
    ways_make(w);
}

void
world_remove(struct world *w)
{
    folder_remove(w->root);
    vault_secret_free(w->old_pass);
    vault_secret_free(w->new_pass);
    ways_free(w);
}
