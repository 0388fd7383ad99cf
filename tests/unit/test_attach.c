/* test_attach.c - attachments through the library: in, out, carried on, and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/fixture.h"
#include "vault/attachments.h"
#include "vault/base/secret.h"

static char id[VAULT_CODE_LEN + 1];     /* of the record at hand */

/* ---- files ---- */

static char *
in_dir(const char *name)
{
    static char out[4][600];
    static unsigned at;

    at = (at + 1) % 4;
    snprintf(out[at], sizeof out[at], "%s/%s", dir, name);
    return out[at];
}

/* Content that repeats nowhere. */
static void
fill(uint8_t *p, size_t n, uint32_t seed)
{
    uint64_t x = seed + 1;

    for (size_t i = 0; i < n; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        p[i] = (uint8_t)(x >> 56);
    }
}

static void
write_file(const char *name, size_t n, uint32_t seed)
{
    uint8_t *p = malloc(n + 1);
    FILE *f = fopen(in_dir(name), "wb");

    assert_non_null(p);
    assert_non_null(f);
    fill(p, n, seed);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    free(p);
}

static void
assert_content_bytes(const char *name, size_t n, uint32_t seed)
{
    uint8_t *want = malloc(n + 1), *got = malloc(n + 2);
    FILE *f = fopen(in_dir(name), "rb");

    assert_non_null(f);
    assert_int_equal(fread(got, 1, n + 1, f), n);
    fill(want, n, seed);
    assert_memory_equal(got, want, n);
    (void)fclose(f);
    free(want);
    free(got);
}

/* The same, and private. */
static void
assert_content(const char *name, size_t n, uint32_t seed)
{
    struct stat st;

    assert_content_bytes(name, n, seed);
    assert_int_equal(stat(in_dir(name), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void
gone(const char *name)
{
    assert_int_equal(unlink(in_dir(name)), 0);
}

static void
assert_absent(const char *name)
{
    assert_int_not_equal(access(in_dir(name), F_OK), 0);
}

/* ---- the vault ---- */

static vault_err
attach_as(const char *file, const char *name, const struct vault_attach_options *opt)
{
    static const struct vault_attach_options NONE;
    const struct vault_attach_file one = { .path = in_dir(file), .name = name };
    struct vault_added added;

    return vault_attach(v, id, &one, 1, opt == NULL ? &NONE : opt, &added);
}

static vault_err
extract(const char *name, const char *to)
{
    const struct vault_extract_options opt = { .path = in_dir(to), .fd = -1 };
    struct vault_extracted x;

    return vault_extract(v, id, name, &opt, &x);
}

static void
assert_comes_out(const char *name, size_t n, uint32_t seed)
{
    assert_int_equal(extract(name, "out"), VAULT_OK);
    assert_content("out", n, seed);
    gone("out");
}

static struct vault_record *
shown(bool reveal)
{
    struct vault_record *r = NULL;

    assert_int_equal(vault_show(v, id, NULL, reveal, &r), VAULT_OK);
    return r;
}

static size_t
count(void)
{
    struct vault_record *r = shown(false);
    size_t n = r->n_attachments;

    vault_record_free(r);
    return n;
}

static int
new_record(void **state)
{
    vault_fields *f = fields("citizenship", "XX", NULL);
    struct vault_added added;
    (void)state;

    assert_int_equal(vault_add(v, "person", f, &added), VAULT_OK);
    vault_fields_free(f);
    memcpy(id, added.id, sizeof id);
    return 0;
}

static int
tell(void *ctx, const struct vault_problem *p)
{
    if (ctx == NULL)
        print_error("%s: %s\n", p->where, p->what);
    else
        snprintf(ctx, 200, "%s: %s", p->where, p->what);
    return 0;
}

static void
assert_whole(void)
{
    assert_int_equal(vault_check_open(v, tell, NULL, NULL), VAULT_OK);
}

/* ---- in and out ---- */

static void
test_attach__every_size_comes_out_as_it_went_in(void **state)
{
    static const size_t SIZE[] = { 0, 1, 255, 256, 257, FILE_CHUNK - 1, FILE_CHUNK, FILE_CHUNK + 1,
        2 * FILE_CHUNK, 5 * FILE_CHUNK + 7, 20 * FILE_CHUNK };
    (void)state;

    for (uint32_t i = 0; i < sizeof SIZE / sizeof SIZE[0]; i++)
        for (int open = 0; open < 2; open++) {
            struct vault_attach_options opt = { .open = open != 0 };
            char name[32];
            snprintf(name, sizeof name, "%u-%d.bin", i, open);
            write_file("in", SIZE[i], i);
            assert_int_equal(attach_as("in", name, &opt), VAULT_OK);
            gone("in");
            assert_comes_out(name, SIZE[i], i);
        }
    reopen();
    assert_int_equal(count(), 2 * sizeof SIZE / sizeof SIZE[0]);
    assert_comes_out("10-0.bin", 20 * FILE_CHUNK, 10);
    assert_comes_out("10-1.bin", 20 * FILE_CHUNK, 10);
    assert_whole();
}

static void
test_attach__rows_are_as_the_format_says(void **state)
{
    struct extent before = extent(), after;
    struct vault_attach_options open = { .open = true };
    (void)state;

    write_file("in", FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "a", &open), VAULT_OK);
    after = extent();
    assert_int_equal(after.rows[DB_OPEN_CHUNK] - before.rows[DB_OPEN_CHUNK], 1);
    assert_int_equal(after.rows[DB_WITHHELD_CHUNK], before.rows[DB_WITHHELD_CHUNK]);
    write_file("in", 10 * FILE_CHUNK + 1, 1);     /* padded to 11 pieces at most */
    assert_int_equal(attach_as("in", "b", NULL), VAULT_OK);
    gone("in");
    after = extent();
    assert_int_equal(after.rows[DB_WITHHELD_CHUNK] - before.rows[DB_WITHHELD_CHUNK],
        file_pieces(pad_length(10 * FILE_CHUNK + 1)));
}

static void
test_attach__several_files_are_one_revision_and_one_entry(void **state)
{
    struct vault_attach_file file[3] = { { .path = NULL } };
    struct vault_attach_options opt = {0};
    struct vault_added added;
    struct extent before, after;
    (void)state;

    write_file("one.pdf", 3 * FILE_CHUNK, 1);
    write_file("two.JPG", 10, 2);
    write_file("three", 0, 3);
    file[0].path = strdup(in_dir("one.pdf"));
    file[1].path = strdup(in_dir("two.JPG"));
    file[2].path = strdup(in_dir("three"));
    before = extent();
    assert_int_equal(vault_attach(v, id, file, 3, &opt, &added), VAULT_OK);
    after = extent();
    assert_int_equal(after.n, before.n + 1);
    assert_int_equal(after.log, before.log + 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(unlink(file[i].path), 0);
        free((void *)(uintptr_t)file[i].path);
    }
    assert_comes_out("one.pdf", 3 * FILE_CHUNK, 1);
    assert_comes_out("#2", 10, 2);
    assert_comes_out("three", 0, 3);
    struct vault_record *r = shown(true);
    assert_string_equal(r->attachments[0].type, "application/pdf");
    assert_string_equal(r->attachments[1].type, "image/jpeg");
    assert_string_equal(r->attachments[2].type, "application/octet-stream");
    assert_int_equal(r->attachments[0].size, 3 * FILE_CHUNK);
    vault_record_free(r);
}

static void
test_attach__what_show_tells_depends_on_the_tier(void **state)
{
    struct vault_attach_options open = { .open = true };
    struct vault_record *r;
    (void)state;

    write_file("held.txt", 5, 1);
    write_file("open.txt", 6, 2);
    assert_int_equal(attach_as("held.txt", NULL, NULL), VAULT_OK);
    assert_int_equal(attach_as("open.txt", NULL, &open), VAULT_OK);
    gone("held.txt");
    gone("open.txt");
    r = shown(false);
    assert_int_equal(r->n_attachments, 2);
    assert_int_equal(r->attachments[0].number, 1);
    assert_true(r->attachments[0].withheld);
    assert_false(r->attachments[0].present);
    assert_null(r->attachments[0].name);
    assert_null(r->attachments[0].sha256);
    assert_int_equal(r->attachments[0].size, 0);
    assert_false(r->attachments[1].withheld);
    assert_string_equal(r->attachments[1].name, "open.txt");
    for (size_t i = 0; i < r->n_values; i++)
        assert_string_not_equal(r->values[i].kind, "file");
    vault_record_free(r);
    r = shown(true);
    assert_string_equal(r->attachments[0].name, "held.txt");
    vault_record_free(r);
}

/* ---- carried on ---- */

static void
edit(const char *field, const char *text)
{
    vault_fields *f = fields(field, text, NULL);
    struct vault_added added;

    assert_int_equal(vault_edit(v, id, f, &added), VAULT_OK);
    vault_fields_free(f);
}

static void
test_attach__edit_remove_and_revert_carry_attachments(void **state)
{
    struct vault_attach_options open = { .open = true };
    struct vault_added added;
    char with[VAULT_HASH_LEN + 1];
    struct vault_record *r;
    (void)state;

    write_file("in", 3 * FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "held", NULL), VAULT_OK);
    assert_int_equal(attach_as("in", "open", &open), VAULT_OK);
    gone("in");
    edit("citizenship", "YY");
    edit("notes", "something");
    assert_comes_out("held", 3 * FILE_CHUNK, 1);
    assert_comes_out("open", 3 * FILE_CHUNK, 1);
    r = shown(false);
    memcpy(with, r->revision, sizeof with);
    vault_record_free(r);
    assert_int_equal(vault_remove(v, id, &added), VAULT_OK);
    assert_int_equal(extract("open", "out"), VAULT_ERR_NOT_FOUND);
    assert_int_equal(vault_revert(v, id, with, &added), VAULT_OK);
    assert_comes_out("held", 3 * FILE_CHUNK, 1);
    assert_comes_out("open", 3 * FILE_CHUNK, 1);
    r = shown(false);       /* each stays in the tier that was chosen for it */
    assert_true(r->attachments[0].withheld);
    assert_false(r->attachments[1].withheld);
    vault_record_free(r);
    edit("files", NULL);
    assert_int_equal(count(), 0);
    assert_whole();
}

static void
test_attach__detach_takes_one_away_and_revert_brings_it_back(void **state)
{
    struct vault_added added;
    char with[VAULT_HASH_LEN + 1];
    struct vault_record *r;
    (void)state;

    write_file("in", 7, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    assert_int_equal(attach_as("in", "b", NULL), VAULT_OK);
    gone("in");
    r = shown(false);
    memcpy(with, r->revision, sizeof with);
    vault_record_free(r);
    assert_int_equal(vault_detach(v, id, "c", &added), VAULT_ERR_NOT_FOUND);
    assert_int_equal(vault_detach(v, id, "#3", &added), VAULT_ERR_NOT_FOUND);
    assert_int_equal(vault_detach(v, id, "a", &added), VAULT_OK);
    assert_int_equal(count(), 1);
    assert_int_equal(extract("a", "out"), VAULT_ERR_NOT_FOUND);
    assert_comes_out("b", 7, 1);
    assert_int_equal(vault_revert(v, id, with, &added), VAULT_OK);
    assert_comes_out("a", 7, 1);
    assert_whole();
}

static void
test_attach__status_counts_those_of_the_newest_revisions(void **state)
{
    struct vault_status before, after;
    struct vault_added added;
    (void)state;

    write_file("in", 7, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    assert_int_equal(vault_status(v, &before), VAULT_OK);
    assert_int_equal(attach_as("in", "b", NULL), VAULT_OK);
    gone("in");
    assert_int_equal(vault_status(v, &after), VAULT_OK);
    assert_int_equal(after.attachments, before.attachments + 1);
    assert_int_equal(vault_detach(v, id, "b", &added), VAULT_OK);
    assert_int_equal(vault_status(v, &after), VAULT_OK);
    assert_int_equal(after.attachments, before.attachments);
}

/* ---- refusals ---- */

static void
test_attach__bad_names_are_refused(void **state)
{
    static const char *const BAD[] = { "", ".", "..", "a/b", "a\\b", "a\nb", "a\x7f", "dot.", "blank ",
        " blank", "CON", "nul.txt", "com1", "LPT9.pdf", "COM\u00b9", "aux .txt", "a\xff" };
    struct extent before;
    char longer[300];
    (void)state;

    write_file("in", 7, 1);
    before = extent();
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (attach_as("in", BAD[i], NULL) != VAULT_ERR_INPUT)
            fail_msg("taken: %zu", i);
        if (strchr(BAD[i], 't') != NULL && strstr(vault_last_error()->text, "txt") != NULL)
            fail_msg("repeated: %zu", i);
    }
    memset(longer, 'x', sizeof longer);
    longer[256] = '\0';
    assert_int_equal(attach_as("in", longer, NULL), VAULT_ERR_INPUT);
    assert_extent(&before);
    longer[255] = '\0';
    assert_int_equal(attach_as("in", longer, NULL), VAULT_OK);
    assert_int_equal(attach_as("in", "console.txt", NULL), VAULT_OK);
    assert_int_equal(attach_as("in", "com10", NULL), VAULT_OK);
    /* A decomposed name is stored composed, and found either way. */
    assert_int_equal(attach_as("in", "e\u0301", NULL), VAULT_OK);
    assert_comes_out("\u00e9", 7, 1);
    assert_comes_out("e\u0301", 7, 1);
    gone("in");
}

static void
test_attach__what_is_no_file_is_refused(void **state)
{
    struct extent before = extent();
    (void)state;

    assert_int_equal(mkdir(in_dir("folder"), 0700), 0);
    assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
    assert_int_equal(attach_as("folder", NULL, NULL), VAULT_ERR_INPUT);
    assert_int_equal(attach_as("pipe", NULL, NULL), VAULT_ERR_INPUT);
    assert_int_equal(attach_as("missing", NULL, NULL), VAULT_ERR_NOT_FOUND);
    assert_int_equal(attach_as("../../../../../../dev/null", NULL, NULL), VAULT_ERR_INPUT);
    assert_int_equal(rmdir(in_dir("folder")), 0);
    gone("pipe");
    assert_extent(&before);
}

static void
test_attach__a_name_used_twice_is_a_conflict(void **state)
{
    struct vault_attach_options open = { .open = true }, other = { .field = "notes" },
        none = { .field = "nothing" };
    struct vault_attach_file file[2];
    struct vault_added added;
    (void)state;

    write_file("in", 7, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_ERR_CONFLICT);
    assert_int_equal(attach_as("in", "a", &open), VAULT_ERR_CONFLICT);
    file[0] = file[1] = (struct vault_attach_file){ .path = in_dir("in") };
    assert_int_equal(vault_attach(v, id, file, 2, &open, &added), VAULT_ERR_CONFLICT);
    assert_int_equal(count(), 1);
    assert_int_equal(attach_as("in", "b", &other), VAULT_ERR_INPUT);
    assert_int_equal(attach_as("in", "b", &none), VAULT_ERR_INPUT);
    gone("in");
}

static int
grow_source(void *ctx, uint64_t done, uint64_t total)
{
    FILE *f;
    bool *grown = ctx;
    (void)done;
    (void)total;

    if (*grown)
        return 0;
    *grown = true;
    f = fopen(in_dir("in"), "ab");
    assert_non_null(f);
    fputc('x', f);
    assert_int_equal(fclose(f), 0);
    return 0;
}

static int
cut_source(void *ctx, uint64_t done, uint64_t total)
{
    (void)ctx;
    (void)done;
    (void)total;
    assert_int_equal(truncate(in_dir("in"), 100), 0);
    return 0;
}

static void
test_attach__a_file_that_changes_meanwhile_is_not_attached(void **state)
{
    bool grown = false;
    struct vault_attach_options opt = { .progress = grow_source, .progress_ctx = &grown };
    struct extent before = extent();
    (void)state;

    write_file("in", 40 * FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "a", &opt), VAULT_ERR_FAILED);
    assert_true(grown);
    assert_extent(&before);
    opt.progress = cut_source;
    write_file("in", 40 * FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "a", &opt), VAULT_ERR_FAILED);
    assert_extent(&before);
    gone("in");
    reopen();
    assert_whole();
}

static int
stop_at_third(void *ctx, uint64_t done, uint64_t total)
{
    (void)ctx;
    return done >= total / 3;
}

static void
test_attach__stopped_in_the_middle_nothing_is_there(void **state)
{
    struct vault_attach_options opt = { .progress = stop_at_third };
    struct vault_extract_options out = { .progress = stop_at_third, .fd = -1 };
    struct vault_extracted x;
    struct extent before = extent();
    (void)state;

    write_file("in", 60 * FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "a", &opt), VAULT_ERR_INTERRUPTED);
    assert_extent(&before);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    gone("in");
    out.path = in_dir("out");
    assert_int_equal(vault_extract(v, id, "a", &out, &x), VAULT_ERR_INTERRUPTED);
    assert_absent("out");
}

static void
test_attach__an_output_that_is_there_is_left_alone(void **state)
{
    struct extent before;
    (void)state;

    write_file("in", 9, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    before = extent();
    assert_int_equal(extract("a", "in"), VAULT_ERR_INPUT);
    assert_extent(&before);             /* not even noted */
    gone("in");
}

static void
test_attach__move_removes_the_source_and_only_then(void **state)
{
    struct vault_attach_options move = { .move = true };
    (void)state;

    write_file("in", 3 * FILE_CHUNK, 1);
    assert_int_equal(link(in_dir("in"), in_dir("in2")), 0);
    assert_int_equal(attach_as("in", "a", &move), VAULT_ERR_INPUT);     /* has another name */
    gone("in2");
    assert_int_equal(symlink(in_dir("in"), in_dir("in2")), 0);
    assert_int_equal(attach_as("in2", "a", &move), VAULT_ERR_INPUT);
    gone("in2");
    assert_int_equal(attach_as("in", "CON", &move), VAULT_ERR_INPUT);
    assert_int_equal(access(in_dir("in"), F_OK), 0);
    assert_int_equal(attach_as("in", "a", &move), VAULT_OK);
    assert_absent("in");
    assert_comes_out("a", 3 * FILE_CHUNK, 1);
}

/* What may happen to a source once its last byte was read. */
enum meddling { WRITE_INTO, APPEND, CUT, LINK, RENAME, EXCHANGE, MEDDLINGS };

static int
meddle(void *ctx, uint64_t done, uint64_t total)
{
    const enum meddling *how = ctx;
    FILE *f;

    if (done < total)
        return 0;
    if (*how == LINK)
        assert_int_equal(link(in_dir("in"), in_dir("in2")), 0);
    else if (*how == CUT)
        assert_int_equal(truncate(in_dir("in"), 100), 0);
    else if (*how == RENAME || *how == EXCHANGE)
        assert_int_equal(rename(in_dir("in"), in_dir("in2")), 0);
    if (*how == EXCHANGE)
        write_file("in", 200, 7);
    if (*how != WRITE_INTO && *how != APPEND)
        return 0;
    f = fopen(in_dir("in"), *how == APPEND ? "ab" : "r+b");
    assert_non_null(f);
    assert_int_equal(fwrite("never stored", 1, 12, f), 12);
    assert_int_equal(fclose(f), 0);
    return 0;
}

static bool
is_zeros(int fd, size_t n)
{
    uint8_t *p = malloc(n);
    bool zeros = true;

    assert_int_equal(pread(fd, p, n, 0), n);
    for (size_t i = 0; i < n; i++)
        zeros = zeros && p[i] == 0;
    free(p);
    return zeros;
}

static void
test_attach__move_leaves_what_was_changed_after_it_was_read(void **state)
{
    static const struct timespec LONG_AGO[2] = { { 1000, 0 }, { 1000, 0 } };
    enum meddling how;
    struct vault_attach_options move = { .move = true, .progress = meddle, .progress_ctx = &how };
    (void)state;

    for (how = WRITE_INTO; how < MEDDLINGS; how++) {
        struct stat before, after;
        char name[2] = { (char)('a' + how), '\0' };
        int held;

        write_file("in", 3 * FILE_CHUNK, 1);
        assert_int_equal(utimensat(AT_FDCWD, in_dir("in"), LONG_AGO, 0), 0);
        held = open(in_dir("in"), O_RDONLY | O_CLOEXEC);
        assert_int_equal(fstat(held, &before), 0);
        assert_int_equal(attach_as("in", name, &move), VAULT_ERR_FAILED);
        assert_non_null(strstr(vault_last_error()->text, "it is attached, but "));
        assert_non_null(strstr(vault_last_error()->text, "stays as it is"));
        assert_int_equal(fstat(held, &after), 0);
        assert_int_equal(after.st_nlink, how == LINK ? 2 : 1);
        assert_false(is_zeros(held, how == CUT ? 100 : 3 * FILE_CHUNK));
        if (how == APPEND)
            assert_int_equal(after.st_size, before.st_size + 12);
        if (how == EXCHANGE)
            assert_content_bytes("in", 200, 7);
        (void)close(held);
        (void)unlink(in_dir("in"));
        (void)unlink(in_dir("in2"));
        assert_comes_out(name, 3 * FILE_CHUNK, 1);
    }
}

/* Early, into the last piece, which nobody has read yet; and then the time of the last change is what it was. */
static int
meddle_unseen(void *ctx, uint64_t done, uint64_t total)
{
    bool *once = ctx;
    struct stat st;
    int fd;
    (void)done;
    (void)total;

    if (*once)
        return 0;
    *once = true;
    (void)usleep(50000);            /* clocks of file systems are coarse */
    fd = open(in_dir("in"), O_WRONLY | O_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pwrite(fd, "never stored", 12, st.st_size - 12), 12);
    assert_int_equal(futimens(fd, (struct timespec[2]){ st.st_atim, st.st_mtim }), 0);
    assert_int_equal(close(fd), 0);
    return 0;
}

static void
test_attach__a_change_is_noticed_that_set_its_time_back(void **state)
{
    bool once = false;
    struct vault_attach_options move = { .move = true, .progress = meddle_unseen, .progress_ctx = &once };
    uint8_t end[12];
    int held;
    (void)state;

    write_file("in", 80 * FILE_CHUNK, 1);
    held = open(in_dir("in"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(attach_as("in", "a", &move), VAULT_ERR_FAILED);
    assert_non_null(strstr(vault_last_error()->text, "changed while it was read; nothing was attached"));
    assert_int_equal(access(in_dir("in"), F_OK), 0);
    assert_int_equal(pread(held, end, 12, (off_t)(80 * FILE_CHUNK - 12)), 12);
    assert_memory_equal(end, "never stored", 12);
    (void)close(held);
}

static void
test_attach__move_overwrites_what_it_removes(void **state)
{
    struct vault_attach_options move = { .move = true };
    struct stat st;
    int held;
    (void)state;

    write_file("in", 3 * FILE_CHUNK + 5, 1);
    held = open(in_dir("in"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(attach_as("in", "a", &move), VAULT_OK);
    assert_absent("in");
    assert_int_equal(fstat(held, &st), 0);
    assert_int_equal(st.st_nlink, 0);
    assert_int_equal(st.st_size, 3 * FILE_CHUNK + 5);
    assert_true(is_zeros(held, 3 * FILE_CHUNK + 5));
    (void)close(held);
}

/* ---- a dump that is stopped ---- */

struct stopping {
    unsigned at, calls;         /* stop at this call; how many there were */
    int held[64];               /* every file of the dump that was seen, open */
    unsigned n;
};

static void
hold_all(struct stopping *s)
{
    DIR *d = opendir(in_dir("d"));
    struct dirent *e;

    while (d != NULL && (e = readdir(d)) != NULL && s->n < 64)
        if (strstr(e->d_name, ".jsonl") != NULL)
            s->held[s->n++] = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);
    if (d != NULL)
        (void)closedir(d);
    d = opendir(in_dir("d/files"));
    while (d != NULL && (e = readdir(d)) != NULL && s->n < 64) {
        char file[300];
        int fd;

        snprintf(file, sizeof file, "%s/a", e->d_name);
        fd = openat(dirfd(d), file, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            s->held[s->n++] = fd;
    }
    if (d != NULL)
        (void)closedir(d);
}

static int
stop_dump(void *ctx, uint64_t done, uint64_t total)
{
    struct stopping *s = ctx;
    (void)done;
    (void)total;

    if (s->calls++ < s->at)
        return 0;
    hold_all(s);
    return 1;
}

/* Wherever it is stopped. */
static void
test_attach__a_dump_that_is_stopped_leaves_nothing_readable(void **state)
{
    char command[700];
    struct stopping s = { 0 };
    struct vault_dump_options opt = { .reveal = true, .progress = stop_dump, .progress_ctx = &s };
    uint64_t records;
    unsigned stops, seen = 0;
    struct stat st;
    (void)state;

    write_file("in", 4 * FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    gone("in");
    for (stops = 0;; stops++) {
        vault_err err;

        s = (struct stopping){ .at = stops };
        err = vault_dump(v, in_dir("d"), &opt, &records);
        if (err == VAULT_OK)
            break;
        assert_int_equal(err, VAULT_ERR_INTERRUPTED);
        assert_absent("d");
        for (unsigned i = 0; i < s.n; i++) {
            assert_int_equal(fstat(s.held[i], &st), 0);
            assert_int_equal(st.st_nlink, 0);
            assert_true(st.st_size == 0 || is_zeros(s.held[i], (size_t)st.st_size));
            seen += st.st_size > 0;
            (void)close(s.held[i]);
        }
    }
    assert_true(stops >= 8);
    assert_true(seen >= 4);             /* it was stopped over files with content */
    snprintf(command, sizeof command, "rm -r '%s'", in_dir("d"));
    assert_int_equal(system(command), 0);
}

/* ---- the log ---- */

static int
last_detail(void *ctx, const struct vault_log_item *e)
{
    snprintf(ctx, 600, "%s %d %s", e->action, e->keeper_signed, e->detail);
    return 0;
}

static void
assert_logged(const char *action, int keeper)
{
    char last[600] = "", want[64];

    assert_int_equal(vault_log(v, last_detail, last), VAULT_OK);
    snprintf(want, sizeof want, "%s %d ", action, keeper);
    assert_memory_equal(last, want, strlen(want));
    assert_null(strstr(last, "Zeugenaussage"));
    assert_non_null(strstr(last, id));
}

static void
test_attach__each_deed_is_logged_without_names(void **state)
{
    struct vault_attach_options open = { .open = true };
    struct vault_added added;
    (void)state;

    write_file("Zeugenaussage", 9, 1);
    assert_int_equal(attach_as("Zeugenaussage", NULL, NULL), VAULT_OK);
    assert_logged("attach", 0);
    assert_comes_out("Zeugenaussage", 9, 1);
    assert_logged("extract-withheld", 1);
    assert_int_equal(vault_detach(v, id, "Zeugenaussage", &added), VAULT_OK);
    assert_logged("detach", 0);
    assert_int_equal(attach_as("Zeugenaussage", NULL, &open), VAULT_OK);
    assert_comes_out("Zeugenaussage", 9, 1);
    assert_logged("extract", 0);
    gone("Zeugenaussage");
}

static void
test_attach__no_entry_no_extract(void **state)
{
    struct extent before;
    (void)state;

    write_file("in", 9, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    gone("in");
    before = extent();
    v->uncertain = true;                /* the log cannot be written */
    assert_int_equal(extract("a", "out"), VAULT_ERR_FAILED);
    v->uncertain = false;
    assert_absent("out");
    assert_extent(&before);
}

/* ---- damage ---- */

/* First rows of the attachments of the record, by number. */
static int64_t
first_row(unsigned number)
{
    struct attachment_walk w = {0};
    struct attachment x;
    struct revision rev;
    struct buf extra = BUF_INIT;
    uint32_t first = 0, n = 0;
    int64_t row = -1;

    revision_init(&rev);
    assert_int_equal(session_find(v, id, &first), VAULT_OK);
    assert_int_equal(recs_head(&v->recs, first, &n, NULL), VAULT_OK);
    assert_int_equal(recs_load(&v->recs, n, &rev), VAULT_OK);
    assert_int_equal(recs_reveal(&v->recs, n, &rev, &extra), VAULT_OK);
    w.rev = &rev;
    w.type = type_set_by_hash(&v->recs.types, rev.type);
    while (attachment_next(&w, &x))
        if (x.number == number)
            row = (int64_t)x.l->file_first;
    revision_free(&rev);
    buf_free(&extra);
    assert_true(row >= 0);
    return row;
}

static struct buf
row_get(int64_t n)
{
    struct buf b = BUF_INIT;

    assert_int_equal(db_get(v->db, DB_WITHHELD_CHUNK, n, &b), VAULT_OK);
    return b;
}

static void
row_put(int64_t n, const struct buf *b)
{
    assert_int_equal(db_delete(v->db, DB_WITHHELD_CHUNK, n), VAULT_OK);
    if (b != NULL)
        assert_int_equal(db_put(v->db, DB_WITHHELD_CHUNK, n, PART(b->p, b->n)), VAULT_OK);
}

static void
assert_damaged(void)
{
    if (extract("a", "out") != VAULT_ERR_DAMAGED)
        fail_msg("not damaged: %s", vault_last_error()->text);
    assert_absent("out");
    assert_comes_out("b", 4 * FILE_CHUNK, 2);
}

static void
test_attach__damaged_pieces_are_found(void **state)
{
    struct buf keep[5], b, other;
    int64_t a;
    char said[200] = "";
    (void)state;

    write_file("in", 4 * FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    write_file("in", 4 * FILE_CHUNK, 2);
    assert_int_equal(attach_as("in", "b", NULL), VAULT_OK);
    gone("in");
    a = first_row(1);
    for (int i = 0; i < 4; i++)
        keep[i] = row_get(a + i);
    /* a flipped bit, in content, in the tag */
    for (size_t at = 0; at < keep[1].n; at += keep[1].n - 1) {
        keep[1].p[at] ^= 1;
        row_put(a + 1, &keep[1]);
        assert_damaged();
        keep[1].p[at] ^= 1;
    }
    row_put(a + 1, &keep[1]);
    /* two swapped */
    row_put(a, &keep[1]);
    row_put(a + 1, &keep[0]);
    assert_damaged();
    row_put(a, &keep[0]);
    row_put(a + 1, &keep[1]);
    /* one of another attachment */
    other = row_get(first_row(2) + 2);
    row_put(a + 2, &other);
    assert_damaged();
    row_put(a + 2, &keep[2]);
    buf_free(&other);
    /* the last one missing, one in the middle missing, all missing: check tells, too */
    for (int i = 3; i >= 0; i--) {
        row_put(a + i, NULL);
        assert_damaged();
        assert_int_equal(vault_check_open(v, tell, said, NULL), VAULT_ERR_DAMAGED);
        assert_non_null(strstr(said, "a part of an attachment is missing"));
    }
    for (int i = 0; i < 4; i++)
        row_put(a + i, &keep[i]);
    /* one cut short, the last doubled */
    b = row_get(a + 3);
    buf_cut(&b, b.n - 1);
    row_put(a + 3, &b);
    assert_damaged();
    assert_int_equal(vault_check_open(v, tell, said, NULL), VAULT_ERR_DAMAGED);
    row_put(a + 3, &keep[3]);
    row_put(a + 2, &keep[3]);
    assert_damaged();
    row_put(a + 2, &keep[2]);
    buf_free(&b);
    assert_comes_out("a", 4 * FILE_CHUNK, 1);
    assert_whole();
    /* rows that belong to nothing */
    row_put(a + 4, &keep[0]);
    assert_int_equal(vault_check_open(v, tell, said, NULL), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(said, "withheld_chunk: it holds a row that belongs to no attachment"));
    row_put(a + 4, NULL);
    assert_int_equal(db_put(v->db, DB_OPEN_CHUNK, 77, PART(keep[0].p, keep[0].n)), VAULT_OK);
    assert_int_equal(vault_check_open(v, tell, said, NULL), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(said, "open_chunk: it holds a row that belongs to no attachment"));
    assert_int_equal(db_delete(v->db, DB_OPEN_CHUNK, 77), VAULT_OK);
    for (int i = 0; i < 4; i++)
        buf_free(&keep[i]);
    assert_whole();
}

struct held {
    char path[600];
    int fd;
};

/* Opens a file as soon as a dump has made it. */
static void *
hold_dumped(void *ctx)
{
    struct held *h = ctx;

    for (int i = 0; i < 100000000 && h->fd < 0; i++)
        h->fd = open(h->path, O_RDONLY | O_CLOEXEC);
    return NULL;
}

/* Damage of a file shows when names are on the disk already: these are overwritten. */
static void
test_attach__what_a_dump_wrote_in_vain_is_overwritten(void **state)
{
    const struct vault_import_options import = { .type = "person", .format = "csv" };
    const struct vault_dump_options opt = { .reveal = true };
    struct vault_import_report report;
    char buffer[4096];
    uint64_t records = 0;
    struct buf keep;
    pthread_t other;
    ssize_t n, all = 0;
    FILE *f = fopen(in_dir("rows.csv"), "we");
    struct held held = { .fd = -1 };
    (void)state;

    assert_non_null(f);
    fputs("ref,name,notes\n", f);
    for (int i = 0; i < 2000; i++)
        fprintf(f, "I-%d,Hidden %d,%0300d\n", i, i, i);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(vault_import(v, in_dir("rows.csv"), &import, &report), VAULT_OK);
    write_file("in", FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    gone("in");
    keep = row_get(first_row(1));
    keep.p[5] ^= 1;
    row_put(first_row(1), &keep);
    buf_free(&keep);
    snprintf(held.path, sizeof held.path, "%s", in_dir("plain/person.jsonl"));
    assert_int_equal(pthread_create(&other, NULL, hold_dumped, &held), 0);
    assert_int_equal(vault_dump(v, in_dir("plain"), &opt, &records), VAULT_ERR_DAMAGED);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_absent("plain");
    assert_true(held.fd >= 0);
    while ((n = read(held.fd, buffer, sizeof buffer)) > 0) {
        all += n;
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(buffer[i], 0);
    }
    assert_true(all > 200000);          /* it had got so far */
    close(held.fd);
    gone("rows.csv");
}

static void
test_attach__a_damaged_one_is_named_and_nothing_dumped(void **state)
{
    uint64_t records = 0, written = 0, left_out = 0;
    const struct vault_dump_options opt = { .reveal = true, .attachments = &written, .left_out = &left_out };
    char cmd[300];
    struct buf keep;
    (void)state;

    write_file("in", FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "b", NULL), VAULT_OK);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    gone("in");
    keep = row_get(first_row(2));
    keep.p[5] ^= 1;
    row_put(first_row(2), &keep);
    assert_int_equal(vault_dump(v, in_dir("plain"), &opt, &records), VAULT_ERR_DAMAGED);
    assert_non_null(strstr(vault_last_error()->text, id));
    assert_absent("plain");
    keep.p[5] ^= 1;
    row_put(first_row(2), &keep);
    buf_free(&keep);
    assert_int_equal(vault_dump(v, in_dir("plain"), &opt, &records), VAULT_OK);
    assert_true(written >= 2);
    assert_int_equal(left_out, 0);
    snprintf(cmd, sizeof cmd, "rm -r '%s/plain'", dir);
    assert_int_equal(system(cmd), 0);
}

static vault_err
check_deep(char *said, struct vault_deep_check *deep)
{
    memset(deep, 0, sizeof *deep);
    said[0] = '\0';
    return vault_check_deep_open(v, tell, said, deep);
}

static void
test_attach__check_deep_reads_every_byte_and_check_does_not(void **state)
{
    static const size_t SIZE = 2 * FILE_CHUNK + 5;
    struct vault_attach_options open = { .open = true };
    struct vault_deep_check deep, before;
    vault_fields *f;
    struct vault_added added;
    struct buf keep = BUF_INIT;
    char said[200];
    int64_t rows[2];
    (void)state;

    assert_int_equal(check_deep(said, &before), VAULT_OK);
    write_file("in", SIZE, 1);
    assert_int_equal(attach_as("in", "withheld", NULL), VAULT_OK);
    assert_int_equal(attach_as("in", "open", &open), VAULT_OK);
    gone("in");
    /* Carried on: the open one's entry is repeated, its bytes are read once. */
    f = fields("citizenship", "YY", NULL);
    assert_int_equal(vault_edit(v, id, f, &added), VAULT_OK);
    vault_fields_free(f);
    assert_int_equal(check_deep(said, &deep), VAULT_OK);
    assert_int_equal(deep.attachments - before.attachments, 2);
    assert_int_equal(deep.bytes - before.bytes, 2 * SIZE);
    assert_int_equal(deep.closed, 0);
    rows[0] = first_row(1);
    rows[1] = first_row(2);
    for (int i = 0; i < 2; i++) {
        enum db_table t = i == 0 ? DB_WITHHELD_CHUNK : DB_OPEN_CHUNK;
        assert_int_equal(db_get(v->db, t, rows[i] + 1, &keep), VAULT_OK);
        keep.p[keep.n / 2] ^= 1;
        assert_int_equal(db_delete(v->db, t, rows[i] + 1), VAULT_OK);
        assert_int_equal(db_put(v->db, t, rows[i] + 1, PART(keep.p, keep.n)), VAULT_OK);
        assert_whole();         /* it looks at sizes only */
        assert_int_equal(check_deep(said, &deep), VAULT_ERR_DAMAGED);
        assert_non_null(strstr(said, "the content of the attachment is damaged"));
        assert_int_equal(deep.attachments - before.attachments, 1);
        keep.p[keep.n / 2] ^= 1;
        assert_int_equal(db_delete(v->db, t, rows[i] + 1), VAULT_OK);
        assert_int_equal(db_put(v->db, t, rows[i] + 1, PART(keep.p, keep.n)), VAULT_OK);
    }
    assert_int_equal(check_deep(said, &deep), VAULT_OK);
    buf_free(&keep);
}

static int
stop_soon(void *ctx, uint64_t done, uint64_t total)
{
    (void)ctx;
    assert_true(done <= total);
    return done > FILE_CHUNK;
}

static void
test_attach__check_deep_stops_when_it_is_asked_to(void **state)
{
    struct vault_deep_check deep = { .progress = stop_soon };
    (void)state;

    write_file("in", 3 * FILE_CHUNK, 1);
    assert_int_equal(attach_as("in", "a", NULL), VAULT_OK);
    gone("in");
    assert_int_equal(vault_check_deep_open(v, tell, NULL, &deep), VAULT_ERR_INTERRUPTED);
    assert_whole();
}

/* ---- the leaf ---- */

/* Known answers by Python's hashlib, from format.md: c from s2, hash, size and h alone. */
static void
test_attach__the_leaf_is_the_one_of_the_format(void **state)
{
    static const uint8_t SALT[32] = { 1, 2, 3 }, SHA[32] = { 9 }, ELEMENT[8] = { 0, 1 };
    const struct file_value f = { .sha256 = SHA, .size = 1000, .type = PART("text/plain", 10),
        .name = PART("a.txt", 5) };
    uint8_t c[32];
    char hex[65];
    struct buf b = BUF_INIT;
    (void)state;

    assert_int_equal(value_from_file(&b, &f, NULL), VAULT_OK);
    assert_true(value_is_file(PART(b.p, b.n)));
    assert_int_equal(file_commit(c, SALT, PART("files", 5), PART(ELEMENT, 8), PART(b.p, b.n)),
        VAULT_OK);
    hex_of(hex, c, 32);
    assert_string_equal(hex, "3a0c196a482e60c4f3ffd19f0989e51228fd45610c47e08a129257530487ec65");
    buf_reset(&b);
    const struct provenance prov = { .certainty = PART("possible", 8) };
    assert_int_equal(value_from_file(&b, &f, &prov), VAULT_OK);
    assert_true(value_is_file(PART(b.p, b.n)));
    assert_int_equal(file_commit(c, SALT, PART("files", 5), PART(ELEMENT, 8), PART(b.p, b.n)),
        VAULT_OK);
    hex_of(hex, c, 32);
    assert_string_equal(hex, "53aed44b3fb36b0f3c34e82ac0cb40fe56fff24c90b7d5f5199a52018d18a349");
    buf_free(&b);
}

/* Known answer by PyNaCl: piece 258 of an age payload under the key 00 01 02 ... */
static void
test_attach__a_piece_is_the_one_of_the_format(void **state)
{
    uint8_t key[32], out[5 + FILE_TAG], back[5];
    struct file_piece at = { .key = key, .i = 0x0102, .last = true };
    char hex[2 * sizeof out + 1];
    (void)state;

    for (uint8_t i = 0; i < 32; i++)
        key[i] = i;
    file_seal(out, &at, (const uint8_t *)"hello", 5);
    hex_of(hex, out, sizeof out);
    assert_string_equal(hex, "4280904728814bb7e2f56d3b129c06c34b206ba839");
    assert_int_equal(file_open_piece(back, &at, out, sizeof out), 0);
    assert_memory_equal(back, "hello", 5);
    at.last = false;
    assert_int_equal(file_open_piece(back, &at, out, sizeof out), -1);
    at.last = true;
    at.i++;
    assert_int_equal(file_open_piece(back, &at, out, sizeof out), -1);
}

#define T(name) cmocka_unit_test_setup(test_attach__##name, new_record)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_dump_that_is_stopped_leaves_nothing_readable),      /* first: at every point of a small one */
        T(every_size_comes_out_as_it_went_in),
        T(rows_are_as_the_format_says),
        T(several_files_are_one_revision_and_one_entry),
        T(what_show_tells_depends_on_the_tier),
        T(edit_remove_and_revert_carry_attachments),
        T(detach_takes_one_away_and_revert_brings_it_back),
        T(status_counts_those_of_the_newest_revisions),
        T(bad_names_are_refused),
        T(what_is_no_file_is_refused),
        T(a_name_used_twice_is_a_conflict),
        T(a_file_that_changes_meanwhile_is_not_attached),
        T(stopped_in_the_middle_nothing_is_there),
        T(an_output_that_is_there_is_left_alone),
        T(move_removes_the_source_and_only_then),
        T(move_leaves_what_was_changed_after_it_was_read),
        T(a_change_is_noticed_that_set_its_time_back),
        T(move_overwrites_what_it_removes),
        T(each_deed_is_logged_without_names),
        T(no_entry_no_extract),
        T(check_deep_reads_every_byte_and_check_does_not),
        T(check_deep_stops_when_it_is_asked_to),
        T(damaged_pieces_are_found),
        T(a_damaged_one_is_named_and_nothing_dumped),
        T(what_a_dump_wrote_in_vain_is_overwritten),
        T(the_leaf_is_the_one_of_the_format),
        T(a_piece_is_the_one_of_the_format),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_vault, remove_vault);
}
