/* status.c - the state of an open vault: vault_status, vault_opened, vault_types, vault_type_json. */
#include <stdlib.h>
#include <string.h>

#include "vault/attachments.h"
#include "vault/record/scan.h"
#include "vault/session.h"
#include "vault/view.h"

/* Only a record with more than one revision can be a removed one. */
static vault_err
count_removed(struct vault *v, uint64_t *out)
{
    const struct index *ix = &v->recs.index;
    struct revision rev;
    vault_err err = scan_heads(&v->recs);

    *out = 0;
    revision_init(&rev);
    for (uint32_t n = 1; err == VAULT_OK && n <= ix->n; n++) {
        uint32_t head = 0;
        if (ix->pair[n].first != n || ix->pair[n].next == 0 || index_is_system(&ix->pair[n]) ||
            index_purged(ix, n))
            continue;
        err = recs_head(&v->recs, n, &head, NULL);
        if (err == VAULT_OK)
            err = recs_load(&v->recs, head, &rev);
        *out += err == VAULT_OK && revision_removed(&rev);
    }
    revision_free(&rev);
    return err;
}

/* ---- attachments ---- */

static vault_err
has_rows(struct vault *v, enum db_table t, bool *out)
{
    struct db_cursor *c = NULL;
    struct part data;
    int64_t n;
    vault_err err = *out ? VAULT_OK : db_scan(v->db, t, INT64_MIN, &c);

    if (c != NULL)
        err = db_next(c, &n, &data, out);
    db_scan_end(c);
    return err;
}

static vault_err
count_files(struct scan *s, uint32_t n, struct revision *rev)
{
    struct attachment_walk w = { .rev = rev, .type = type_set_by_hash(&s->r->types, rev->type) };
    struct attachment x;
    uint64_t *count = s->ctx;
    (void)n;

    while (w.type != NULL && attachment_next(&w, &x))
        *count += recs_gone(s->r, rev, x.l) == GONE_NOT;
    return VAULT_OK;
}

/* Of the newest revisions. Where no bytes of any are stored no record is read. */
static vault_err
count_attachments(struct vault *v, uint64_t *out)
{
    struct scan s = { .r = &v->recs, .fn = count_files, .ctx = out };
    bool any = false;
    vault_err err = has_rows(v, DB_OPEN_CHUNK, &any);

    if (err == VAULT_OK)
        err = has_rows(v, DB_WITHHELD_CHUNK, &any);
    return err == VAULT_OK && any ? scan_run(&s) : err;
}

/* ---- backups ---- */

/* Of this copy's own line. A vault that was restored has its backup from before: its time is that of the head it began from. */
static vault_err
last_backup(struct vault *v, struct vault_status *s)
{
    struct log_entry e;
    uint32_t row = v->n_log;
    vault_err err;

    for (; row > 0 && !(v->chain[row].backup && v->chain[row].own); row--)
        s->changes_since_backup += row > 1 && v->chain[row].count != 0;
    if (row == 0)
        return VAULT_OK;
    err = session_read_entry(v, row, &e, NULL);
    if (err == VAULT_OK && strcmp(e.action, "restore") == 0 && v->chain[row].n_parents != 0)
        err = session_read_entry(v, v->chain[row].parent[0], &e, NULL);
    if (err == VAULT_OK)
        s->last_backup = e.time;
    return err;
}

/* ---- the state ---- */

static void
warn_of_cost(const struct vault *v, struct vault_status *s)
{
    enum cost_state state = session_cost_state(v);

    if (state == COST_FINE || s->n_warnings == sizeof s->warnings / sizeof s->warnings[0])
        return;
    s->warnings[s->n_warnings++] = state == COST_CAN_RISE ?
        "guesses at your passphrase are cheap for a machine with so much memory: "
        "'key change --upgrade' makes them dearer" :
        "guesses at your passphrase are cheap for a machine with so much memory; a vault has at most two "
        "costs, so those whose slots have the lower one go first ('key list', 'key change --upgrade')";
}

static void
warn_of_anchor(const struct vault *v, struct vault_status *s)
{
    const char *said = v->anchor.state == VAULT_ANCHOR_MADE ? "the anchor was not there and was made anew: it shows what is "
        "rolled back from here on, nothing before" : v->anchor.state == VAULT_ANCHOR_OTHER_COPY ? "the anchor is that of another copy "
        "of this vault: it was compared and stays as it is" : NULL;

    if (said != NULL && s->n_warnings < sizeof s->warnings / sizeof s->warnings[0])
        s->warnings[s->n_warnings++] = said;
}

/* What repairs could not save: a vault that is whole and yet lacks something says so. */
static vault_err
repaired(struct vault *v, struct vault_status *s)
{
    struct log_entry e;
    vault_err err;

    if (v->losses.log == 0)
        return VAULT_OK;
    err = session_read_entry(v, v->losses.log, &e, NULL);
    s->repaired.time = err == VAULT_OK ? e.time : 0;
    s->repaired.revisions = v->recs.index.n_lost;
    s->repaired.values = v->losses.values;
    s->repaired.attachments = v->losses.files.n;
    s->repaired.details = v->losses.n_details;
    if (s->n_warnings < sizeof s->warnings / sizeof s->warnings[0])
        s->warnings[s->n_warnings++] = "before this vault was repaired parts of it were lost: 'show' and 'history' mark "
            "them, the log has the entry 'repair'; backups from before may have them";
    return err;
}

vault_err
vault_status(vault *v, struct vault_status *out)
{
    const struct slot_header *h = &v->kf.slot[v->slot].head;
    const struct chain_entry *head = &v->chain[v->n_log];
    struct vault_status s;
    uint64_t removed = 0, attachments = 0;
    vault_err err;

    vault_clear_error();
    err = count_removed(v, &removed);
    if (err == VAULT_OK)
        err = count_attachments(v, &attachments);
    if (err != VAULT_OK)
        return err;
    memset(&s, 0, sizeof s);
    hex_of(s.vault_id, v->kf.vault_id, VAULT_ID_BYTES);
    hex_of(s.copy_id, v->copy_id, sizeof v->copy_id);
    s.tier = is_keeper(v) ? VAULT_TIER_KEEPER : VAULT_TIER_CASE;
    s.records = v->recs.index.records - removed;
    s.attachments = attachments;
    s.log_entries = v->n_log;
    s.log_number = head->number;
    hex_of(s.log_head, head->hash, 32);
    s.cost = (struct vault_cost){ h->cost.mem_kib, h->cost.passes, h->cost.lanes };
    s.slot = (int)v->slot;
    s.adopted = v->adopted;
    s.quarantined = v->quarantined;
    memcpy(s.warnings, v->warning, sizeof s.warnings);
    s.n_warnings = v->n_warnings;
    warn_of_anchor(v, &s);
    warn_of_cost(v, &s);
    err = last_backup(v, &s);
    if (err == VAULT_OK)
        err = repaired(v, &s);
    if (err == VAULT_OK)
        *out = s;
    return err;
}

void
vault_opened(const vault *v, struct vault_opened *out)
{
    *out = (struct vault_opened){ .tier = is_keeper(v) ? VAULT_TIER_KEEPER : VAULT_TIER_CASE,
        .adopted = v->adopted, .quarantined = v->quarantined, .anchor = v->anchor.state,
        .key_file = v->kf.slot[v->slot].head.kind == SLOT_PASS_KEYFILE,
        .upgrade = session_cost_state(v) == COST_CAN_RISE, .old_left = v->old_left };
}

/* ---- types ---- */

static const char *
in_language(const struct label *l, size_t n, const char *lang, const char *other)
{
    const char *english = other;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(l[i].lang, lang) == 0)
            return l[i].text;
        if (strcmp(l[i].lang, "en") == 0)
            english = l[i].text;
    }
    return english;
}

static int
tell_type(const struct type_def *t, const char *lang, vault_type_fn *fn, void *ctx,
    vault_err *err)
{
    struct vault_field_info *f = calloc(t->n_fields + 1, sizeof *f);
    char hash[2 * 32 + 1];
    struct vault_type_info info = { .name = t->name, .hash = hash, .version = t->version,
        .fields = f, .n_fields = t->n_fields,
        .label = in_language(t->label, t->n_labels, lang, t->name) };
    int stop;

    if (f == NULL) {
        *err = err_nomem();
        return 1;
    }
    hex_of(hash, t->hash, sizeof t->hash);
    for (size_t i = 0; i < t->n_fields; i++) {
        const struct field_def *d = &t->field[i];
        f[i] = (struct vault_field_info){ .name = d->name, .kind = field_kind_name(d->kind),
            .withheld = d->tier == LEAF_WITHHELD, .repeats = d->repeats,
            .role = field_role_name(d->role),
            .label = in_language(d->label, d->n_labels, lang, d->name),
            .choices = (const char *const *)d->choice, .n_choices = d->n_choices,
            .target = d->target };
    }
    stop = fn(ctx, &info);
    free(f);
    return stop;
}

vault_err
vault_types(vault *v, const char *name, const char *lang, vault_type_fn *fn, void *ctx)
{
    const struct type_set *s = &v->recs.types;
    const struct type_def *t;
    vault_err err = VAULT_OK;

    vault_clear_error();
    if (name != NULL) {
        err = type_set_get(&t, s, name);
        if (err == VAULT_OK)
            (void)tell_type(t, lang, fn, ctx, &err);
        return err;
    }
    for (size_t i = 0; i < s->n; i++)
        if (type_set_current(s, s->type[i]->name) == s->type[i] &&
            tell_type(s->type[i], lang, fn, ctx, &err) != 0)
            break;
    return err;
}

vault_err
vault_type_json(vault *v, const char *name, char **json)
{
    const struct type_def *t;
    struct buf b = BUF_INIT;
    vault_err err;

    vault_clear_error();
    err = type_set_get(&t, &v->recs.types, name);
    if (err == VAULT_OK)
        err = type_to_json(&b, t);
    if (err == VAULT_OK && buf_cstr(&b) == NULL)
        err = err_nomem();
    if (err == VAULT_OK) {
        *json = strdup((const char *)b.p);
        if (*json == NULL)
            err = err_nomem();
    }
    buf_free(&b);
    return err;
}
