/* test_travel.c - rekey, travel copies and coming home, through the library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/unit/phrases.h"
#include "vault/base/secret.h"
#include "vault/handoff/proof.h"
#include "vault/origin.h"
#include "vault/session.h"

#define KEEPER PHRASE
#define CASE OTHER_PHRASE
#define OTHER THIRD_PHRASE
#define SECOND NEXT_PHRASE        /* of a second keeper, in one test */

static char dir[256];
static const struct vault_create_options CHEAP = { .kdf_mem_mib = 64, .kdf_passes = 3 };

static char *
in_dir(const char *name, char out[static 320])
{
    snprintf(out, 320, "%s/%s", dir, name);
    return out;
}

static vault_err
try_open(const char *name, const char *pass, vault **v)
{
    struct secret *s = pass_of(pass);
    struct vault_credentials cred = { .passphrase = s, .slot = -1 };
    char path[320];
    vault_err err = vault_open(v, in_dir(name, path), &cred);

    secret_free(s);
    return err;
}

static vault *
opened(const char *name, const char *pass)
{
    vault *v = NULL;

    assert_int_equal(try_open(name, pass, &v), VAULT_OK);
    return v;
}

static int
add_slot(vault *v, enum vault_tier tier, const char *pass)
{
    struct secret *s = pass_of(pass);
    int slot = -1;

    assert_int_equal(vault_key_add(v, tier, s, NULL, &slot), VAULT_OK);
    secret_free(s);
    return slot;
}

static void
add_person(vault *v, const char *ref, const char *name)
{
    vault_fields *f = NULL;
    struct vault_added added;

    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    assert_int_equal(vault_fields_add(f, "ref", ref, strlen(ref)), VAULT_OK);
    assert_int_equal(vault_fields_add(f, "name", name, strlen(name)), VAULT_OK);
    assert_int_equal(vault_add(v, "person", f, &added), VAULT_OK);
    vault_fields_free(f);
}

static void
edit_person(vault *v, const char *ref, const char *field, const char *value)
{
    vault_fields *f = NULL;
    struct vault_added added;

    assert_int_equal(vault_fields_new(&f), VAULT_OK);
    assert_int_equal(vault_fields_add(f, field, value, strlen(value)), VAULT_OK);
    assert_int_equal(vault_edit(v, ref, f, &added), VAULT_OK);
    vault_fields_free(f);
}

/* The value of a field as this session is shown it; "" where it is not. */
static void
assert_value(vault *v, const char *ref, const char *field, bool reveal, const char *want)
{
    struct vault_record *r = NULL;
    const char *got = "";

    assert_int_equal(vault_show(v, ref, NULL, reveal, &r), VAULT_OK);
    for (size_t i = 0; i < r->n_values; i++)
        if (strcmp(r->values[i].field, field) == 0)
            got = r->values[i].text;
    assert_string_equal(got, want);
    vault_record_free(r);
}

struct wanted { const char *revision[4]; size_t n; };

static int
note_head(void *ctx, const struct vault_history_item *h)
{
    struct wanted *w = ctx;

    if (h->head && w->n < 4)
        w->revision[w->n++] = strdup(h->revision);
    return 0;
}

/* One of the newest versions has this open value. */
static void
assert_a_version_says(vault *v, const char *ref, const char *field, const char *want)
{
    struct wanted w = { .n = 0 };
    bool says = false;

    assert_int_equal(vault_history(v, ref, note_head, &w), VAULT_OK);
    assert_true(w.n > 1);
    for (size_t k = 0; k < w.n; k++) {
        struct vault_record *r = NULL;
        assert_int_equal(vault_show(v, ref, w.revision[k], false, &r), VAULT_OK);
        for (size_t i = 0; i < r->n_values; i++)
            says = says || (strcmp(r->values[i].field, field) == 0 && strcmp(r->values[i].text, want) == 0);
        vault_record_free(r);
        free((void *)(uintptr_t)w.revision[k]);
    }
    assert_true(says);
}

/* A file of several pieces that says its own name. */
static void
attach_to(vault *v, const char *ref, const char *name, bool open)
{
    const struct vault_attach_options opt = { .open = open };
    char path[320];
    struct vault_attach_file file = { .path = in_dir(name, path) };
    struct vault_added added;
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    for (size_t i = 0; i < 60000; i++)
        fprintf(f, "%s %zu\n", name, i);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(vault_attach(v, ref, &file, 1, &opt, &added), VAULT_OK);
}

static void
assert_extracts(vault *v, const char *ref, const char *name)
{
    char path[320], out[320], cmd[700];
    const struct vault_extract_options opt = { .path = in_dir("extracted", out), .fd = -1 };
    struct vault_extracted x;

    if (vault_extract(v, ref, name, &opt, &x) != VAULT_OK)
        fail_msg("%s %s: %s", ref, name, vault_last_error()->text);
    snprintf(cmd, sizeof cmd, "cmp '%s' '%s'", in_dir(name, path), out);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(unlink(out), 0);
}

static void
assert_refuses(vault *v, const char *ref, const char *number)
{
    char out[320];
    const struct vault_extract_options opt = { .path = in_dir("extracted", out), .fd = -1 };
    struct vault_extracted x;

    assert_int_equal(vault_extract(v, ref, number, &opt, &x), VAULT_ERR_REFUSED);
    assert_int_equal(access(out, F_OK), -1);
}

static int
tell(void *ctx, const struct vault_problem *p)
{
    (void)ctx;
    print_error("%s: %s\n", p->where, p->what);
    return 0;
}

/* Whatever came together: somebody without the vault can be shown who wrote every revision in it. */
static void
assert_authors_proven(vault *v)
{
    const struct index *ix = &v->recs.index;
    uint32_t *number = calloc((size_t)ix->n + 1, sizeof *number);
    struct buf b = BUF_INIT;
    struct proof p;
    size_t n = 0;

    assert_non_null(number);
    for (uint32_t i = 1; i <= ix->n; i++)
        number[n++] = i;
    assert_int_equal(origin_gather(v, number, n, &b), VAULT_OK);
    if (proof_verify(&p, PART(b.p, b.n)) != VAULT_OK)
        fail_msg("%s", vault_last_error()->text);
    for (size_t i = 0; i < n; i++) {
        const struct pair *pair = &ix->pair[number[i]];
        const struct proof_entry *e = proof_find(&p, pair->record, pair->revision);
        assert_non_null(e);
        assert_memory_equal(e->hash, v->chain[pair->log].hash, 32);
        assert_memory_equal(e->author, v->chain[pair->log].author, 32);
    }
    assert_memory_equal(p.card_hash, v->card_hash, 32);
    proof_free(&p);
    buf_free(&b);
    free(number);
}

static void
assert_whole(vault *v)
{
    assert_int_equal(vault_check_open(v, tell, NULL, NULL), VAULT_OK);
    assert_authors_proven(v);
}

static void
copy_folder(const char *from, const char *to)
{
    char cmd[1024];

    snprintf(cmd, sizeof cmd, "rm -rf '%s/%s' && cp -r '%s/%s' '%s/%s'", dir, to, dir, from, dir, to);
    assert_int_equal(system(cmd), 0);
}

static void
copy_file(const char *from, const char *to)
{
    char cmd[1024];

    snprintf(cmd, sizeof cmd, "cp '%s/%s' '%s/%s'", dir, from, dir, to);
    assert_int_equal(system(cmd), 0);
}

static vault_err
rekey(vault *v, const char *pass)
{
    struct secret *s = pass_of(pass);
    struct vault_credentials own = { .passphrase = s, .slot = -1 };
    vault_err err = vault_key_rekey(v, &own);

    if (err != VAULT_OK && err != VAULT_ERR_KEY)
        print_error("rekey: %s\n", vault_last_error()->text);

    secret_free(s);
    return err;
}

/* home.vault: keeper, two caseworkers, one person by the keeper, one by a caseworker. */
static int
make_home(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct secret *s = pass_of(KEEPER);
    char path[320];
    vault *v;
    (void)state;

    snprintf(dir, sizeof dir, "%s/withheld-travel-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        return -1;
    assert_int_equal(vault_create(in_dir("home.vault", path), s, &CHEAP), VAULT_OK);
    secret_free(s);
    v = opened("home.vault", KEEPER);
    assert_int_equal(add_slot(v, VAULT_TIER_CASE, CASE), 1);
    assert_int_equal(add_slot(v, VAULT_TIER_CASE, OTHER), 2);
    add_person(v, "P-1", "Choi Myung-bok");
    attach_to(v, "P-1", "held.txt", false);
    attach_to(v, "P-1", "open.txt", true);
    vault_close(v);
    v = opened("home.vault", CASE);
    add_person(v, "P-2", "Kim");
    vault_close(v);
    return 0;
}

static int
remove_home(void **state)
{
    char cmd[600];
    (void)state;

    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

/* ---- two tiers ---- */

static void
test_travel__intake_is_adopted_by_the_next_keeper(void **state)
{
    struct vault_status st;
    vault *v;
    (void)state;

    v = opened("home.vault", KEEPER);
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_int_equal(st.adopted, 1);
    assert_int_equal(st.quarantined, 0);
    assert_value(v, "P-2", "name", true, "Kim");
    assert_whole(v);
    vault_close(v);
    v = opened("home.vault", KEEPER);       /* once and for all */
    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_int_equal(st.adopted, 0);
    vault_close(v);
}

/* ---- rekey ---- */

static void
test_travel__rekey_shuts_out_a_removed_slot_and_old_keys(void **state)
{
    vault *v;
    (void)state;

    copy_folder("home.vault", "old.vault");
    copy_folder("home.vault", "new.vault");
    v = opened("new.vault", KEEPER);
    assert_int_equal(vault_key_remove(v, 2), VAULT_OK);
    assert_int_equal(rekey(v, WRONG_PHRASE), VAULT_ERR_KEY);
    assert_int_equal(rekey(v, KEEPER), VAULT_OK);
    vault_close(v);
    /* Who stayed: their passphrases, all records. */
    v = opened("new.vault", CASE);
    assert_value(v, "P-1", "name", false, "");
    add_person(v, "P-3", "Lee");
    vault_close(v);
    v = opened("new.vault", KEEPER);
    assert_value(v, "P-1", "name", true, "Choi Myung-bok");
    assert_value(v, "P-3", "name", true, "Lee");
    assert_extracts(v, "P-1", "held.txt");
    assert_extracts(v, "P-1", "open.txt");
    assert_whole(v);
    vault_close(v);
    /* Who left: not with his passphrase, nor with it and the keys of his time; nor the rekeyer's own. */
    v = NULL;
    assert_int_equal(try_open("new.vault", OTHER, &v), VAULT_ERR_KEY);
    copy_file("old.vault/keys", "new.vault/keys");
    assert_int_equal(try_open("new.vault", OTHER, &v), VAULT_ERR_DAMAGED);
    assert_int_equal(try_open("new.vault", KEEPER, &v), VAULT_ERR_DAMAGED);
    assert_null(v);
}

/* ---- travel ---- */

/* Of these files nothing opens a name: there is no row of withheld values, and no key of one. */
static void
assert_without_names(vault *v)
{
    struct db_cursor *c = NULL;
    const struct pack *p = NULL;
    struct part blob;
    int64_t n;
    bool got = true;

    assert_int_equal(db_scan(v->db, DB_WITHHELD_BLOB, INT64_MIN, &c), VAULT_OK);
    assert_int_equal(db_next(c, &n, &blob, &got), VAULT_OK);
    assert_false(got);
    db_scan_end(c);
    assert_int_equal(db_scan(v->db, DB_INTAKE, INT64_MIN, &c), VAULT_OK);
    assert_int_equal(db_next(c, &n, &blob, &got), VAULT_OK);
    assert_false(got);
    db_scan_end(c);
    assert_int_equal(db_scan(v->db, DB_WITHHELD_CHUNK, INT64_MIN, &c), VAULT_OK);
    assert_int_equal(db_next(c, &n, &blob, &got), VAULT_OK);
    assert_false(got);
    db_scan_end(c);
    for (uint32_t m = 1; m <= v->recs.index.n; m++) {
        assert_int_equal(recs_pack(&v->recs, m, &p), VAULT_OK);
        assert_int_equal(p->how, 0);
        assert_int_equal(p->n_inner, 0);
    }
}

static void
travel(const char *home, const char *pass, const char *name)
{
    char path[320];
    vault *v = opened(home, pass);

    assert_int_equal(vault_travel(v, in_dir(name, path)), VAULT_OK);
    assert_whole(v);                        /* home goes on */
    edit_person(v, "P-1", "occupation", "carpenter");
    vault_close(v);
}

static void
test_travel__the_copy_holds_no_names_and_opens_for_caseworkers_only(void **state)
{
    vault *v = NULL;
    (void)state;

    copy_folder("home.vault", "h1.vault");
    travel("h1.vault", KEEPER, "t1.vault");
    assert_int_equal(try_open("t1.vault", KEEPER, &v), VAULT_ERR_KEY);
    v = opened("t1.vault", CASE);
    assert_without_names(v);
    assert_value(v, "P-1", "name", false, "");
    assert_extracts(v, "P-1", "open.txt");
    assert_refuses(v, "P-1", "#1");
    assert_whole(v);
    vault_close(v);
    v = opened("t1.vault", OTHER);
    vault_close(v);
    /* Not with the keys of home either: they belong to another database. */
    copy_folder("t1.vault", "mix.vault");
    copy_file("home.vault/keys", "mix.vault/keys");
    v = NULL;
    assert_int_equal(try_open("mix.vault", KEEPER, &v), VAULT_ERR_DAMAGED);
    assert_null(v);
}

static void
test_travel__a_case_holder_takes_his_own_slot(void **state)
{
    vault *v = NULL;
    (void)state;

    copy_folder("home.vault", "h2.vault");
    travel("h2.vault", CASE, "t2.vault");
    assert_int_equal(try_open("t2.vault", OTHER, &v), VAULT_ERR_KEY);
    v = opened("t2.vault", CASE);
    assert_without_names(v);
    vault_close(v);
}

static void
test_travel__without_a_case_slot_it_is_refused(void **state)
{
    char path[320];
    vault *v;
    (void)state;

    copy_folder("home.vault", "h3.vault");
    v = opened("h3.vault", KEEPER);
    assert_int_equal(vault_key_remove(v, 1), VAULT_OK);
    assert_int_equal(vault_key_remove(v, 2), VAULT_OK);
    assert_int_equal(vault_travel(v, in_dir("t3.vault", path)), VAULT_ERR_REFUSED);
    assert_int_equal(access(path, F_OK), -1);
    assert_whole(v);
    vault_close(v);
}

/* Join what the copy wrote into home, as the next session sees it. */
static void
come_home_by(const char *home, const char *who, const char *copy, const char *other)
{
    vault *v = opened(home, who), *o = opened(copy, other);

    assert_int_equal(session_join(v, o), VAULT_OK);
    vault_close(o);
    vault_close(v);
}

static void
come_home(const char *home, const char *copy)
{
    come_home_by(home, KEEPER, copy, CASE);
}

static void
assert_check(const char *name, const char *who)
{
    struct secret *pass = pass_of(who);
    const struct vault_credentials cred = { .passphrase = pass, .slot = -1 };
    char path[320];

    assert_int_equal(vault_check(in_dir(name, path), &cred, tell, NULL, NULL), VAULT_OK);
    secret_free(pass);
}

static void
write_on_the_way(const char *copy)
{
    vault *v = opened(copy, CASE);

    add_person(v, "P-9", "Anna Petrova");
    edit_person(v, "P-1", "residence", "Vladivostok");
    edit_person(v, "P-2", "name", "Kim Chol");
    attach_to(v, "P-9", "way-held.txt", false);
    attach_to(v, "P-9", "way-open.txt", true);
    assert_extracts(v, "P-9", "way-open.txt");
    assert_refuses(v, "P-9", "#1");
    assert_extracts(v, "P-1", "open.txt");      /* carried on by what was changed here */
    assert_whole(v);
    vault_close(v);
}

static void
assert_home(const char *home)
{
    struct vault_status st;
    vault *v = opened(home, KEEPER);

    assert_int_equal(vault_status(v, &st), VAULT_OK);
    assert_int_equal(st.adopted, 3);
    assert_int_equal(st.quarantined, 0);
    assert_extracts(v, "P-9", "way-held.txt");
    assert_extracts(v, "P-9", "way-open.txt");
    assert_value(v, "P-9", "name", true, "Anna Petrova");
    assert_value(v, "P-2", "name", true, "Kim Chol");
    assert_whole(v);
    vault_close(v);
}

static void
test_travel__what_was_written_on_the_way_comes_home(void **state)
{
    vault *v;
    (void)state;

    copy_folder("home.vault", "h4.vault");
    travel("h4.vault", KEEPER, "t4.vault");
    write_on_the_way("t4.vault");
    come_home("h4.vault", "t4.vault");
    assert_home("h4.vault");
    come_home("h4.vault", "t4.vault");      /* again: nothing is new */
    v = opened("h4.vault", CASE);
    assert_whole(v);
    vault_close(v);
}

/* Both sides changed P-1: two heads, to be resolved by a person. */
static void
test_travel__both_sides_are_kept(void **state)
{
    static const char *const ID = "P-1";
    const struct vault_handoff what = { .ids = &ID, .n_ids = 1 };
    struct vault_handoff_plan plan;
    struct vault_record *r = NULL;
    vault *v;
    (void)state;

    v = opened("h4.vault", KEEPER);
    assert_int_equal(vault_show(v, "P-1", NULL, false, &r), VAULT_OK);
    assert_true(r->conflict);
    vault_record_free(r);
    /* Who is sent it is told that there is another. */
    assert_int_equal(vault_handoff_look(v, &what, &plan), VAULT_OK);
    assert_int_equal(plan.conflicts, 1);
    vault_close(v);
}

/* What she wrote in another copy is wrapped under the name key already: the caseworker who brings it home has not got it. */
static void
test_travel__a_caseworker_brings_home_what_a_keeper_wrote_elsewhere(void **state)
{
    vault *v, *other;
    (void)state;

    copy_folder("home.vault", "h8.vault");
    copy_folder("home.vault", "o8.vault");
    other = opened("o8.vault", KEEPER);
    add_person(other, "P-8", "Kim Yong-nam");
    attach_to(other, "P-8", "held.txt", false);
    v = opened("h8.vault", CASE);
    assert_int_equal(session_join(v, other), VAULT_OK);
    vault_close(v);
    vault_close(other);
    v = opened("h8.vault", CASE);
    assert_whole(v);
    assert_value(v, "P-8", "ref", false, "P-8");
    vault_close(v);
    v = opened("h8.vault", KEEPER);
    assert_value(v, "P-8", "name", true, "Kim Yong-nam");
    assert_extracts(v, "P-8", "held.txt");
    assert_whole(v);
    vault_close(v);
}

/* Who is the same as whom, said by a keeper in another copy: whoever brings it home, as the keeper signed it. */
static void
test_travel__merges_come_home_and_never_as_a_circle(void **state)
{
    struct vault_merged m;
    vault *v, *other;
    (void)state;

    copy_folder("home.vault", "m.vault");
    v = opened("m.vault", KEEPER);
    add_person(v, "P-5", "Choe");
    vault_close(v);
    copy_folder("m.vault", "n.vault");
    copy_folder("m.vault", "q.vault");
    other = opened("n.vault", KEEPER);
    assert_int_equal(vault_merge(other, "P-1", "P-2", &m), VAULT_OK);
    assert_int_equal(vault_merge(other, "P-2", "P-5", &m), VAULT_OK);
    assert_int_equal(vault_unmerge(other, "P-1", &m), VAULT_OK);
    assert_int_equal(vault_dismiss(other, "P-1", "P-5"), VAULT_OK);
    v = opened("m.vault", CASE);
    assert_int_equal(session_join(v, other), VAULT_OK);
    vault_close(v);
    v = opened("m.vault", CASE);
    assert_int_equal(v->same.merged, 1);
    assert_int_equal(v->same.n_facts, 3);
    assert_int_equal(v->same.apart.n, 1);
    assert_whole(v);
    vault_close(v);

    v = opened("q.vault", KEEPER);      /* where the keeper said the opposite meanwhile */
    assert_int_equal(vault_merge(v, "P-5", "P-2", &m), VAULT_OK);
    assert_int_equal(session_join(v, other), VAULT_ERR_CONFLICT);
    assert_int_equal(vault_unmerge(v, "P-5", &m), VAULT_OK);
    assert_int_equal(session_join(v, other), VAULT_OK);
    vault_close(v);
    assert_check("q.vault", KEEPER);
    vault_close(other);
}

/* What a former keeper key signed would be damage here, and nothing of it comes home. */
static void
test_travel__merges_of_before_a_rekey_do_not_come_home(void **state)
{
    struct vault_merged m;
    uint32_t before;
    vault *v, *other;
    (void)state;

    copy_folder("home.vault", "r.vault");
    copy_folder("home.vault", "s.vault");
    other = opened("s.vault", KEEPER);
    assert_int_equal(vault_merge(other, "P-1", "P-2", &m), VAULT_OK);
    v = opened("r.vault", KEEPER);
    assert_int_equal(rekey(v, KEEPER), VAULT_OK);
    vault_close(v);
    v = opened("r.vault", KEEPER);
    before = v->n_log;
    assert_int_equal(session_join(v, other), VAULT_ERR_REFUSED);
    assert_int_equal(v->n_log, before);
    assert_whole(v);
    vault_close(v);
    vault_close(other);
}

/*
 * After a rekey: what a caseworker took in elsewhere before it comes home, and check believes it while it waits; what a keeper
 * wrapped by name there comes home only between two keepers.
 */
static void
test_travel__after_a_rekey_names_come_home_whole_or_not_at_all(void **state)
{
    vault *v, *other;
    (void)state;

    copy_folder("home.vault", "h9.vault");
    v = opened("h9.vault", KEEPER);
    assert_int_equal(add_slot(v, VAULT_TIER_KEEPER, SECOND), 3);    /* she stays; a rekey changes the key of its own slot */
    vault_close(v);
    copy_folder("h9.vault", "o9.vault");
    copy_folder("h9.vault", "i9.vault");
    other = opened("o9.vault", SECOND);
    add_person(other, "P-8", "Kim Yong-nam");
    vault_close(other);
    other = opened("i9.vault", CASE);
    add_person(other, "P-9", "Pak Chol");
    vault_close(other);
    v = opened("h9.vault", KEEPER);
    assert_int_equal(rekey(v, KEEPER), VAULT_OK);
    vault_close(v);
    for (int i = 0; i < 3; i++) {       /* neither of them, nor both, may be a caseworker */
        v = opened("h9.vault", i & 1 ? KEEPER : CASE);
        other = opened("o9.vault", i & 2 ? SECOND : CASE);
        assert_int_equal(session_join(v, other), VAULT_ERR_REFUSED);
        assert_string_equal(vault_last_error()->hint, "open both as a keeper");
        vault_close(other);
        vault_close(v);
    }
    v = opened("h9.vault", CASE);
    other = opened("i9.vault", CASE);
    assert_int_equal(session_join(v, other), VAULT_OK);
    vault_close(other);
    vault_close(v);
    assert_check("h9.vault", KEEPER);       /* before anybody adopts it */
    come_home_by("h9.vault", KEEPER, "o9.vault", SECOND);
    v = opened("h9.vault", KEEPER);
    assert_value(v, "P-8", "name", true, "Kim Yong-nam");
    assert_value(v, "P-9", "name", true, "Pak Chol");
    assert_whole(v);
    vault_close(v);
}

static vault_err
purge(vault *v, const char *id, const char *field)
{
    struct vault_purge what = { .id = id, .field = field };
    struct vault_purged done;

    return vault_purge(v, &what, &done);
}

/* Of a purged record the ids come home and nothing else; a record with another key since is
 * sealed under that. */
static void
test_travel__what_was_purged_at_home_does_not_come_back(void **state)
{
    struct vault_record *r = NULL;
    vault *v;
    (void)state;

    copy_folder("home.vault", "h7.vault");
    travel("h7.vault", KEEPER, "t7.vault");
    write_on_the_way("t7.vault");
    v = opened("h7.vault", KEEPER);
    edit_person(v, "P-1", "occupation", "cook");
    assert_int_equal(purge(v, "P-1", "occupation"), VAULT_OK);
    assert_int_equal(purge(v, "P-2", NULL), VAULT_OK);
    vault_close(v);
    come_home("h7.vault", "t7.vault");
    for (int i = 0; i < 2; i++) {
        v = opened("h7.vault", i == 0 ? KEEPER : CASE);
        assert_whole(v);
        assert_int_equal(vault_show(v, "P-2", NULL, false, &r), VAULT_ERR_NOT_FOUND);
        assert_a_version_says(v, "P-1", "residence", "Vladivostok");
        assert_value(v, "P-9", "ref", false, "P-9");
        vault_close(v);
    }
    v = opened("h7.vault", KEEPER);
    assert_value(v, "P-9", "name", true, "Anna Petrova");
    vault_close(v);
}

static void
test_travel__after_a_rekey_at_home_intake_of_the_way_is_still_adopted(void **state)
{
    vault *v;
    (void)state;

    copy_folder("home.vault", "h5.vault");
    travel("h5.vault", KEEPER, "t5.vault");
    write_on_the_way("t5.vault");
    for (int i = 0; i < 2; i++) {
        v = opened("h5.vault", KEEPER);
        assert_int_equal(rekey(v, KEEPER), VAULT_OK);
        vault_close(v);
    }
    come_home("h5.vault", "t5.vault");
    assert_home("h5.vault");
}

static void
test_travel__who_was_removed_meanwhile_is_not_taken_in(void **state)
{
    vault *v, *o;
    uint32_t before;
    (void)state;

    copy_folder("home.vault", "h6.vault");
    travel("h6.vault", KEEPER, "t6.vault");
    write_on_the_way("t6.vault");
    v = opened("h6.vault", KEEPER);
    assert_int_equal(vault_key_remove(v, 1), VAULT_OK);
    o = opened("t6.vault", CASE);
    before = v->n_log;
    assert_int_equal(session_join(v, o), VAULT_ERR_REFUSED);
    assert_int_equal(v->n_log, before);
    assert_whole(v);
    vault_close(o);
    vault_close(v);
}

/* Rows of withheld pieces. */
static size_t
pieces_of(vault *v)
{
    struct db_cursor *c = NULL;
    uint64_t size;
    int64_t n;
    size_t count = 0;
    bool got = true;

    assert_int_equal(db_scan_sizes(v->db, DB_WITHHELD_CHUNK, INT64_MIN, &c), VAULT_OK);
    for (;;) {
        assert_int_equal(db_next_size(c, &n, &size, &got), VAULT_OK);
        if (!got)
            break;
        count++;
    }
    db_scan_end(c);
    return count;
}

static void
purge_of(const char *home, const struct vault_purge *what)
{
    struct vault_purged purged;
    vault *v = opened(home, KEEPER);

    assert_int_equal(vault_purge(v, what, &purged), VAULT_OK);
    vault_close(v);
}

/* A copy by cp has the pieces still, and is brought home by a caseworker and by a keeper. */
static void
test_travel__pieces_that_were_purged_here_do_not_come_back(void **state)
{
    const struct vault_purge file = { .id = "P-1", .attachment = "held-01.txt" }, record = { .id = "P-7" };
    static const char *const PASS[] = { KEEPER, CASE };
    vault *v, *o;
    size_t before, one;
    (void)state;

    copy_folder("home.vault", "o10.vault");
    v = opened("o10.vault", KEEPER);
    before = pieces_of(v);
    attach_to(v, "P-1", "held-01.txt", false);
    one = pieces_of(v) - before;
    add_person(v, "P-7", "Maria Ivanova");
    attach_to(v, "P-7", "held-07.txt", false);
    assert_true(one > 1);
    vault_close(v);
    copy_folder("o10.vault", "h10.vault");
    purge_of("h10.vault", &file);
    purge_of("h10.vault", &record);
    v = opened("o10.vault", CASE);
    attach_to(v, "P-2", "held-09.txt", false);
    vault_close(v);
    copy_folder("h10.vault", "h11.vault");
    for (size_t i = 0; i < 2; i++) {
        const char *home = i == 0 ? "h10.vault" : "h11.vault";
        v = opened(home, PASS[i]);
        o = opened("o10.vault", CASE);
        assert_int_equal(pieces_of(v), before);
        assert_int_equal(pieces_of(o), before + 3 * one);
        assert_int_equal(session_join(v, o), VAULT_OK);
        vault_close(v);
        vault_close(o);
        v = opened(home, KEEPER);
        assert_int_equal(pieces_of(v), before + one);
        assert_extracts(v, "P-2", "held-09.txt");
        assert_whole(v);
        vault_close(v);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_travel__intake_is_adopted_by_the_next_keeper),
        cmocka_unit_test(test_travel__rekey_shuts_out_a_removed_slot_and_old_keys),
        cmocka_unit_test(test_travel__the_copy_holds_no_names_and_opens_for_caseworkers_only),
        cmocka_unit_test(test_travel__a_case_holder_takes_his_own_slot),
        cmocka_unit_test(test_travel__without_a_case_slot_it_is_refused),
        cmocka_unit_test(test_travel__what_was_written_on_the_way_comes_home),
        cmocka_unit_test(test_travel__both_sides_are_kept),
        cmocka_unit_test(test_travel__a_caseworker_brings_home_what_a_keeper_wrote_elsewhere),
        cmocka_unit_test(test_travel__merges_come_home_and_never_as_a_circle),
        cmocka_unit_test(test_travel__merges_of_before_a_rekey_do_not_come_home),
        cmocka_unit_test(test_travel__after_a_rekey_names_come_home_whole_or_not_at_all),
        cmocka_unit_test(test_travel__what_was_purged_at_home_does_not_come_back),
        cmocka_unit_test(test_travel__after_a_rekey_at_home_intake_of_the_way_is_still_adopted),
        cmocka_unit_test(test_travel__who_was_removed_meanwhile_is_not_taken_in),
        cmocka_unit_test(test_travel__pieces_that_were_purged_here_do_not_come_back),
    };

    if (secret_process_init() != VAULT_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
