/* test_statement.c - statements that come to nothing: stopped at any point, or failing. What is in one that is made tests/cli/statement.bats shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/failing_sync.h"
#include "tests/unit/fixture.h"
#include "vault/base/secret.h"

/* What befalls it at a step. */
enum mishap { STOP, NAME_TAKEN, FOLDER_NOT_SYNCED };

struct meddling {
    enum mishap how;
    unsigned at, calls;
    int held[8];                /* its files, open */
    unsigned n;
};

static char *
told(void)
{
    static char name[300];

    snprintf(name, sizeof name, "%s/told", dir);
    return name;
}

/* The folder of the one being made, or NULL. */
static char *
half_made(void)
{
    static char name[600];
    DIR *d = opendir(dir);
    bool found = false;

    assert_non_null(d);
    for (struct dirent *e; !found && (e = readdir(d)) != NULL;) {
        found = strncmp(e->d_name, "told.new-", 9) == 0;
        snprintf(name, sizeof name, "%s/%s", dir, e->d_name);
    }
    (void)closedir(d);
    return found ? name : NULL;
}

static void
hold_all(struct meddling *m)
{
    DIR *d = opendir(half_made());

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL && m->n < 8;)
        if (e->d_name[0] != '.')
            m->held[m->n++] = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);
    (void)closedir(d);
}

static int
meddle(void *ctx, uint64_t done, uint64_t total)
{
    struct meddling *m = ctx;
    (void)done;
    (void)total;

    if (m->calls++ != m->at)
        return 0;
    hold_all(m);
    if (m->how == NAME_TAKEN)
        assert_int_equal(mkdir(told(), 0700), 0);
    folders_fail = m->how == FOLDER_NOT_SYNCED;
    return m->how == STOP;
}

static vault_err
make(struct meddling *m)
{
    const struct vault_statement_options opt = { .reveal = true, .progress = meddle, .progress_ctx = m };
    struct vault_statement made;
    vault_err err = vault_statement(v, "P-1", told(), &opt, &made);

    folders_fail = false;
    return err;
}

/* Every file that was seen has no name any more, and nothing in it. How many had content. */
static unsigned
assert_wiped(struct meddling *m)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < m->n; i++) {
        uint8_t b[4096];
        struct stat st;
        ssize_t n;

        assert_int_equal(fstat(m->held[i], &st), 0);
        assert_int_equal(st.st_nlink, 0);
        while ((n = read(m->held[i], b, sizeof b)) > 0)
            for (ssize_t k = 0; k < n; k++)
                assert_int_equal(b[k], 0);
        assert_int_equal(n, 0);
        (void)close(m->held[i]);
        seen += st.st_size > 0;
    }
    return seen;
}

static void
remove_told(void)
{
    char command[320];

    snprintf(command, sizeof command, "rm -r '%s'", told());
    assert_int_equal(system(command), 0);
}

/* How often the one that is made asks. */
static unsigned
steps(void)
{
    struct meddling m = { .at = UINT_MAX };

    assert_int_equal(make(&m), VAULT_OK);
    remove_told();
    return m.calls;
}

static int
last_action(void *ctx, const struct vault_log_item *e)
{
    snprintf(ctx, 64, "%s", e->action);
    return 0;
}

static void
test_statement__wherever_it_is_stopped_it_leaves_nothing_readable(void **state)
{
    unsigned seen = 0, n = steps();
    (void)state;

    assert_true(n >= 2 + 5);            /* each revision, each file */
    for (unsigned i = 0; i < n; i++) {
        struct meddling m = { .how = STOP, .at = i };

        assert_int_equal(make(&m), VAULT_ERR_INTERRUPTED);
        assert_non_null(strstr(vault_last_error()->text, "interrupted"));
        assert_int_not_equal(access(told(), F_OK), 0);
        assert_null(half_made());
        assert_int_equal(m.calls, i + 1);
        seen += assert_wiped(&m);
    }
    assert_int_equal(seen, 1 + 2 + 3 + 4 + 5);
}

static void
test_statement__stopped_before_it_begins_it_is_not_in_the_log(void **state)
{
    struct meddling m = { .how = STOP, .at = 0 };
    char last[64] = "";
    (void)state;

    edit_person("P-1", "notes", "again");
    assert_int_equal(make(&m), VAULT_ERR_INTERRUPTED);
    assert_int_equal(vault_log(v, last_action, last), VAULT_OK);
    assert_string_equal(last, "edit");
    (void)assert_wiped(&m);
}

static void
test_statement__one_that_fails_at_the_end_leaves_nothing_readable(void **state)
{
    unsigned last = steps() - 1;
    struct stat st;
    (void)state;

    for (enum mishap how = NAME_TAKEN; how <= FOLDER_NOT_SYNCED; how++) {
        struct meddling m = { .how = how, .at = last };

        assert_int_not_equal(make(&m), VAULT_OK);
        assert_null(strstr(vault_last_error()->text, "overwrite"));
        assert_null(half_made());
        assert_int_equal(assert_wiped(&m), 5);
        /* What took the name stays as it is; else nobody is told of a failure and finds it there. */
        assert_int_equal(stat(told(), &st) == 0, how == NAME_TAKEN);
        if (how == NAME_TAKEN)
            remove_told();
    }
}

static int
setup(void **state)
{
    if (make_vault(state) != 0)
        return -1;
    add_person("P-1", "Choi Myung-bok");
    edit_person("P-1", "notes", "came over the river");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statement__wherever_it_is_stopped_it_leaves_nothing_readable),
        cmocka_unit_test(test_statement__stopped_before_it_begins_it_is_not_in_the_log),
        cmocka_unit_test(test_statement__one_that_fails_at_the_end_leaves_nothing_readable),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, setup, remove_vault);
}
