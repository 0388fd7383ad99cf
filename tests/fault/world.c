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

/* ---- folders and files ---- */

uint8_t *
file_get(const char *folder, const char *name, size_t *n)
{
    char path[600];
    uint8_t *p = NULL;
    struct stat st;
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) != 0 || (p = malloc((size_t)st.st_size + 1)) == NULL ||
        read(fd, p, (size_t)st.st_size) != (ssize_t)st.st_size)
        die("cannot read %s", path);
    (void)close(fd);
    *n = (size_t)st.st_size;
    return p;
}

void
file_put(const char *folder, const char *name, const void *p, size_t n)
{
    char path[600];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (size_t at = 0; fd >= 0 && at < n;) {
        ssize_t put = write(fd, (const uint8_t *)p + at, n - at);
        if (put <= 0)
            die("cannot write %s", path);
        at += (size_t)put;
    }
    if (fd < 0 || close(fd) != 0)
        die("cannot write %s", path);
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* *n names, sorted; each and the array are the caller's to free. */
static char **
list_folder(const char *path, size_t *n)
{
    char **name = calloc(64, sizeof *name);
    DIR *d = opendir(path);

    *n = 0;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && *n < 64)
            name[(*n)++] = strdup(e->d_name);
    if (d != NULL)
        (void)closedir(d);
    qsort(name, *n, sizeof *name, by_text);
    return name;
}

static void
free_list(char **name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(name[i]);
    free(name);
}

void
folder_names(const char *path, char *out, size_t n)
{
    size_t count, at = 0;
    char **name = list_folder(path, &count);

    out[0] = '\0';
    for (size_t i = 0; i < count && at < n; i++)
        at += (size_t)snprintf(out + at, n - at, "%s ", name[i]);
    free_list(name, count);
}

void
folder_remove(const char *path)
{
    size_t n;
    char **name = list_folder(path, &n), sub[800];

    for (size_t i = 0; i < n; i++) {
        snprintf(sub, sizeof sub, "%s/%s", path, name[i]);
        if (unlink(sub) != 0)
            folder_remove(sub);
    }
    free_list(name, n);
    (void)rmdir(path);
}

void
folder_copy(const char *from, const char *to)
{
    size_t n, size;
    char **name;

    folder_remove(to);
    if (mkdir(to, 0700) != 0)
        die("cannot make %s", to);
    name = list_folder(from, &n);
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = file_get(from, name[i], &size);
        file_put(to, name[i], p, size);
        free(p);
    }
    free_list(name, n);
}

bool
folder_same(const char *a, const char *b)
{
    char left[400], right[400];
    size_t n, na = 0, nb = 0;
    char **name;
    bool same;

    folder_names(a, left, sizeof left);
    folder_names(b, right, sizeof right);
    same = strcmp(left, right) == 0;
    name = list_folder(a, &n);
    for (size_t i = 0; same && i < n; i++) {
        uint8_t *p = file_get(a, name[i], &na), *q = file_get(b, name[i], &nb);
        same = na == nb && memcmp(p, q, na) == 0;
        free(p);
        free(q);
    }
    free_list(name, n);
    return same;
}

bool
tree_same(const char *a, const char *b)
{
    char left[4000], right[4000], sub[2][900];
    size_t n, na = 0, nb = 0;
    struct stat st;
    char **name;
    bool same;

    folder_names(a, left, sizeof left);
    folder_names(b, right, sizeof right);
    same = strcmp(left, right) == 0;
    name = list_folder(a, &n);
    for (size_t i = 0; same && i < n; i++) {
        snprintf(sub[0], sizeof sub[0], "%s/%s", a, name[i]);
        snprintf(sub[1], sizeof sub[1], "%s/%s", b, name[i]);
        if (stat(sub[0], &st) == 0 && S_ISDIR(st.st_mode)) {
            same = tree_same(sub[0], sub[1]);
        } else {
            uint8_t *p = file_get(a, name[i], &na), *q = file_get(b, name[i], &nb);
            same = p != NULL && q != NULL && na == nb && memcmp(p, q, na) == 0;
            free(p);
            free(q);
        }
    }
    free_list(name, n);
    return same;
}

const char *
world_open_mode(const char *path)
{
    static char found[600];
    struct stat st;
    const char *bad = NULL;
    size_t n;
    char **name = list_folder(path, &n);

    if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
        bad = path;
    for (size_t i = 0; i < n && bad == NULL; i++) {
        snprintf(found, sizeof found, "%s/%s", path, name[i]);
        if (stat(found, &st) != 0 || (st.st_mode & 077) != 0)
            bad = found;
    }
    free_list(name, n);
    return bad;
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
        }
    }
    return by_start;
}

/* One pass for all: every fault is followed by a search of all bytes of the vault. */
static const char *
leak_in(const uint8_t *p, size_t n)
{
    const struct form **by_start = forms();

    for (size_t i = 0; i + 1 < n; i++)
        for (const struct form *f = by_start[p[i] << 8 | p[i + 1]]; f != NULL; f = f->next)
            if (f->n <= n - i && memcmp(p + i, f->p, f->n) == 0)
                return f->of;
    return NULL;
}

const char *
world_leak(const char *path)
{
    size_t n, size;
    char **name = list_folder(path, &n);
    const char *found = NULL;

    for (size_t i = 0; i < n && found == NULL; i++) {
        uint8_t *p = file_get(path, name[i], &size);
        if (p != NULL)
            found = leak_in(p, size);
        free(p);
    }
    free_list(name, n);
    return found;
}

static void
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

/* ---- deeds ---- */

static vault_err
fields_of(vault_fields **f, const char *json)
{
    vault_err err = vault_fields_new(f);

    return err != VAULT_OK ? err : vault_fields_json(*f, json, strlen(json));
}

static vault_err
add(vault *v, const char *type, const char *json, char *code)
{
    struct vault_added out = {0};
    vault_fields *f = NULL;
    vault_err err = fields_of(&f, json);

    if (err == VAULT_OK)
        err = vault_add(v, type, f, &out);
    vault_fields_free(f);
    if (err == VAULT_OK && code != NULL)
        snprintf(code, 32, "%s", out.id);
    return err;
}

static vault_err
edit(vault *v, const char *id, const char *json)
{
    struct vault_added out = {0};
    vault_fields *f = NULL;
    vault_err err = fields_of(&f, json);

    if (err == VAULT_OK)
        err = vault_edit(v, id, f, &out);
    vault_fields_free(f);
    return err;
}

vault_err
world_add(vault *v)
{
    char code[32];

    return add(v, "person", "{\"residence\":\"Quuxander\",\"name\":\"Quuxander\"}", code);
}

static vault_err
do_add(const struct world *w, vault *v)
{
    char code[32];

    (void)w;
    return add(v, "person", "{\"ref\":\"Q-9\",\"residence\":\"Quuxandergrad\","
        "\"name\":\"Quuxanderina Зимородок\","
        "\"other_names\":[\"물총새\",\"zebrafink\"],\"notes\":\"quuxander said so\"}", code);
}

static vault_err
do_edit(const struct world *w, vault *v)
{
    return edit(v, w->person, "{\"residence\":\"Quuxanderholm\",\"name\":\"Quuxanderor zebrafink\","
        "\"born\":\"1971\"}");
}

static vault_err
import_file(vault *v, const char *path, const char *key)
{
    struct vault_import_options opt = { .type = "person", .key = key };
    struct vault_import_report rep;

    memset(&rep, 0, sizeof rep);
    return vault_import(v, path, &opt, &rep);
}

static vault_err
do_import(const struct world *w, vault *v)
{
    return import_file(v, w->csv, "ref");
}

static vault_err
do_import_big(const struct world *w, vault *v)
{
    return import_file(v, w->big, NULL);
}

static vault_err
do_key_change(const struct world *w, vault *v)
{
    struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };

    return vault_key_change(v, w->new_pass, &opt);
}

static vault_err
do_remove(const struct world *w, vault *v)
{
    struct vault_added out;

    return vault_remove(v, w->person, &out);
}

static vault_err
do_reveal(const struct world *w, vault *v)
{
    struct vault_record *r = NULL;
    vault_err err = vault_show(v, w->person, NULL, true, &r);

    vault_record_free(r);
    return err;
}

static vault_err
do_init(const struct world *w, vault *v)
{
    struct vault_create_options opt = { .kdf_mem_mib = 64, .kdf_passes = 3 };

    (void)v;
    return vault_create(w->work, w->old_pass, &opt);
}

static vault_err
do_rekey(const struct world *w, vault *v)
{
    struct vault_credentials own = world_cred(w->old_pass);

    return vault_key_rekey(v, &own);
}

/* Two files, one call: several pieces where they are large. */
static vault_err
attach(const struct world *w, vault *v, const char *path)
{
    const struct vault_attach_file file[] = { { path, "Quuxander.csv" }, { path, "zebrafink.csv" } };
    const struct vault_attach_options opt = {0};
    struct vault_added out;

    return vault_attach(v, w->person, file, 2, &opt, &out);
}

static vault_err
do_attach(const struct world *w, vault *v)
{
    return attach(w, v, w->csv);
}

static vault_err
do_attach_big(const struct world *w, vault *v)
{
    return attach(w, v, w->big);
}

static vault_err
do_compact(const struct world *w, vault *v)
{
    struct vault_compacted sizes;

    (void)w;
    return vault_compact(v, &sizes);
}

static vault_err
do_purge(const struct world *w, vault *v)
{
    struct vault_purge what = { .id = w->person };
    struct vault_purged done;

    return vault_purge(v, &what, &done);
}

/* Open and withheld values that later revisions do not have. */
static vault_err
do_purge_revision(const struct world *w, vault *v)
{
    struct vault_purge what = { .id = w->other, .revision = w->first };
    struct vault_purged done;

    return vault_purge(v, &what, &done);
}

const struct deed DEEDS[] = {
    { .name = "open" },
    { .name = "add", .run = do_add },
    { .name = "edit", .run = do_edit },
    { .name = "import", .run = do_import },
    { .name = "import-big", .run = do_import_big, .is_big = true },
    { .name = "attach", .run = do_attach },
    { .name = "attach-big", .run = do_attach_big, .is_big = true },
    { .name = "key-change", .run = do_key_change, .changes_pass = true, .may_be_done = true },
    { .name = "rekey", .run = do_rekey, .may_be_done = true },
    { .name = "compact", .run = do_compact, .may_be_done = true },
    { .name = "purge", .run = do_purge, .may_be_done = true },
    { .name = "purge-revision", .run = do_purge_revision, .may_be_done = true },
    { .name = "key-add", .run = do_key_add, .may_be_done = true, .also = also_key_add },
    { .name = "key-remove", .run = do_key_remove, .from = FROM_WAYS, .may_be_done = true,
        .also = also_key_remove },
    { .name = "key-shares", .run = do_key_shares, .from = FROM_WAYS, .may_be_done = true,
        .also = also_key_shares },
    { .name = "travel", .run = do_travel, .from = FROM_WAYS, .may_be_done = true, .outside = true,
        .also = also_travel },
    { .name = "adopt", .run = do_adopt, .from = FROM_WAITING, .may_wait = true, .done = done_adopt },
    { .name = "detach", .run = do_detach },
    { .name = "attach-move", .run = do_move, .may_be_done = true, .may_fail_after = true, .outside = true,
        .prepare = prepare_move, .also = also_move },
    { .name = "extract", .run = do_extract, .may_be_done = true, .outside = true, .also = also_extract },
    { .name = "purge-field", .run = do_purge_field, .may_be_done = true },
    { .name = "purge-file", .run = do_purge_file, .may_be_done = true },
    { .name = "import-dump", .run = do_import_dump, .from = FROM_EMPTY, .prepare = prepare_dumped },
    { .name = "join", .run = do_join, .from = FROM_HOME, .may_be_done = true, .prepare = prepare_join },
    { .name = "remove", .run = do_remove },
    { .name = "reveal", .run = do_reveal },
    { .name = "dump", .run = do_dump, .may_be_done = true, .outside = true,
        .prepare = prepare_dumped, .also = also_dump },
    { .name = "statement", .run = do_statement, .may_be_done = true, .outside = true,
        .also = also_statement },
    { .name = "anchored", .run = do_anchored, .anchored = true, .outside = true,
        .prepare = anchor_prepare, .also = also_anchored },
    { .name = "init", .run = do_init, .is_new = true },
    { .name = "backup", .run = do_backup, .makes = true, .may_be_done = true },
    { .name = "backup-since", .run = do_backup_since, .from = FROM_KEPT, .makes = true,
        .may_be_done = true },
    { .name = "backup-split", .run = do_backup_split, .from = FROM_LARGE, .makes = true,
        .may_be_done = true },
    { .name = "restore", .run = do_restore, .is_new = true },
    { .name = "restore-chain", .run = do_restore_chain, .is_new = true, .prepare = prepare_chain },
    { .name = "restore-second", .run = do_restore_second, .is_new = true },
    { .name = "repair", .run = do_repair, .is_new = true, .outside = true,
        .prepare = prepare_repair, .also = also_repair },
    { .name = NULL },
};

const struct deed *
deed_find(const char *name)
{
    const struct deed *d = DEEDS;

    while (d->name != NULL && strcmp(d->name, name) != 0)
        d++;
    if (d->name == NULL)
        die("there is no deed %s", name);
    return d;
}

/* The backup, and what a kill left of one under a hidden name. */
static void
remove_made(const struct world *w)
{
    size_t n;
    char **name = list_folder(w->root, &n), path[600];

    for (size_t i = 0; i < n; i++)
        if (strncmp(name[i], ".withheld-", 10) == 0) {
            snprintf(path, sizeof path, "%s/%s", w->root, name[i]);
            (void)unlink(path);
        }
    free_list(name, n);
    (void)unlink(w->made);
    for (int i = 1; i < 10; i++) {
        snprintf(path, sizeof path, "%s.%03d", w->made, i);
        (void)unlink(path);
    }
}

/* The file, or the first of its parts, which comes last. */
bool
made_there(const struct world *w)
{
    char first[300];

    snprintf(first, sizeof first, "%s.001", w->made);
    return access(w->made, F_OK) == 0 || access(first, F_OK) == 0;
}

const char *
made_wrong(const struct world *w, const struct state *before, bool *there)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    struct vault_restore_options opt = { .second = false };
    struct vault_restore_report rep;
    struct state now = {0};
    char path[300];
    const char *wrong = NULL;

    *there = made_there(w);
    if (!*there)
        return NULL;
    snprintf(path, sizeof path, "%s/restored.vault", w->root);
    if (vault_restore(w->made, path, &cred, &opt, &rep) != VAULT_OK)
        wrong = "the backup that is there is not whole";
    else if (world_check(w, path, false, NULL) != VAULT_OK)
        wrong = "check finds something in what was restored from it";
    else if (state_of(w, path, false, false, &now) != VAULT_OK)
        wrong = "what was restored from it cannot be read";
    else if (strcmp(now.text, before->text) != 0 || now.entries != before->entries + 2)
        wrong = "what was restored from it is something else";
    free(now.text);
    folder_remove(path);
    return wrong;
}

const char *
deed_base(const struct world *w, const struct deed *d)
{
    return d->from == FROM_WAYS ? w->ways : d->from == FROM_WAITING ? w->waiting :
        d->from == FROM_BASE ? w->base : copies_base(w, d->from);
}

void
world_clear_road(const struct world *w)
{
    folder_remove(w->road);
    if (mkdir(w->road, 0700) != 0)
        die("cannot make %s", w->road);
}

void
deed_prepare_outside(const struct world *w, const struct deed *d)
{
    folder_remove(w->out);
    remove_made(w);
    world_clear_road(w);
    if (d->prepare != NULL)
        d->prepare(w);
}

void
deed_prepare(const struct world *w, const struct deed *d)
{
    if (d->is_new)
        folder_remove(w->work);
    else
        folder_copy(deed_base(w, d), w->work);
    deed_prepare_outside(w, d);
}

vault_err
deed_do(const struct world *w, const struct deed *d)
{
    struct vault_credentials cred = world_cred(w->old_pass);
    vault *v = NULL;
    vault_err err = VAULT_OK;

    if (d->is_new)
        return d->run(w, NULL);
    cred.anchor = d->anchored ? w->anchor : NULL;
    err = vault_open(&v, w->work, &cred);
    if (err == VAULT_OK && w->opened != NULL)
        w->opened();
    if (err == VAULT_OK && d->run != NULL)
        err = d->run(w, v);
    vault_close(v);
    return err;
}

void
deed_states(const struct world *w, const struct deed *d, struct state *before, struct state *after)
{
    if (d->is_big)
        write_rows(w->big, 1000, 3400, 8000);
    deed_prepare(w, d);
    if (state_of(w, deed_base(w, d), false, false, before) != VAULT_OK)
        die("base cannot be read");
    if (deed_do(w, d) != VAULT_OK)
        die("%s does not even work undisturbed", d->name);
    if (state_of(w, w->work, d->changes_pass, false, after) != VAULT_OK)
        die("after %s the vault cannot be read", d->name);
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
    if (import_file(v, rows, NULL) != VAULT_OK ||
        add(v, "person", "{\"ref\":\"Q-1\",\"residence\":\"Chabarowsk\","
            "\"name\":\"Quuxander Senior\"}", w->person) != VAULT_OK ||
        add(v, "person", "{\"ref\":\"Q-2\",\"residence\":\"Chabarowsk\","
            "\"name\":\"Quuxander Junior\"}", w->other) != VAULT_OK ||
        vault_show(v, w->other, NULL, false, &r) != VAULT_OK ||
        add(v, "case", json, code) != VAULT_OK ||
        edit(v, w->other, "{\"residence\":\"Quuxanderburg\",\"notes\":\"quuxander\"}") != VAULT_OK ||
        edit(v, w->other, "{\"name\":\"Quuxander the Younger\"}") != VAULT_OK)
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
    if (world_leak(w->root) == NULL)
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
