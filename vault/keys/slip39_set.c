/*
 * Shares of one set, as they come. Each is judged when it comes: against what the set is, then, when
 * its group becomes complete, by the digest of the group, and likewise for the groups.
 */
#include <stdio.h>
#include <string.h>
#include "vault/base/ct.h"
#include "vault/keys/slip39_parts.h"

/* ---- does it belong? ---- */

/* What differs between the heads of two shares; NULL: nothing. */
static const char *
difference(const struct slip39_head *a, const struct slip39_head *b)
{
    if (a->id != b->id || a->extendable != b->extendable)
        return "the identifier";
    if (a->exponent != b->exponent)
        return "the iteration exponent";
    if (a->group_threshold != b->group_threshold)
        return "the number of groups that are needed";
    if (a->group_count != b->group_count)
        return "the number of groups";
    if (a->size != b->size)
        return "the length";
    return NULL;
}

static vault_err
check_head(const struct slip39_set *set, const struct slip39_share *s)
{
    const char *what = set->head.group_count == 0 ? NULL : difference(&set->head, &s->head);

    if (what == NULL && s->group >= s->head.group_count)
        return err_say(VAULT_ERR_INPUT, NULL,
            "the share is of group %u, but says that there are fewer", s->group + 1u);
    if (what == NULL)
        return VAULT_OK;
    return err_say(VAULT_ERR_INPUT, "all shares of one set begin with the same two words",
        "the share is of another set than the first one: %s differs", what);
}

static vault_err
check_group(const struct slip39_set *set, const struct slip39_share *s)
{
    const struct slip39_group *g = &set->group[s->group];
    const struct secret *same = g->value[s->member];

    if (g->threshold != 0 && g->threshold != s->threshold)
        return err_say(VAULT_ERR_INPUT, NULL, "the share is of another set than the others of "
            "its group: the number of shares that are needed differs");
    if (same == NULL)
        return VAULT_OK;
    if (ct_reveal((uint32_t)secret_equal(same, s->value), 1) == 1)
        return err_say(VAULT_ERR_INPUT, "each share counts once",
            "share %u of group %u is here already", s->member + 1u, s->group + 1u);
    return err_say(VAULT_ERR_INPUT, NULL, "another share %u of group %u is here already: one of "
        "the two is of another set", s->member + 1u, s->group + 1u);
}

/* ---- completing ---- */

static vault_err
say_which(vault_err err, const char *what)
{
    if (err == VAULT_ERR_KEY)
        return err_say(err, "at least one of them is of another set; begin again, with others",
            "the %s do not belong together", what);
    return err;
}

/* The secret of the share's group, or NULL as long as shares are missing. */
static vault_err
group_secret(struct secret **out, const struct slip39_set *set, const struct slip39_share *s)
{
    const struct slip39_group *g = &set->group[s->group];
    struct shamir_point points[SLIP39_MAX];
    size_t n = 0;

    if (g->have + 1u < s->threshold)
        return VAULT_OK;
    for (unsigned i = 0; i < SLIP39_MAX; i++) {
        const struct secret *value = i == s->member ? s->value : g->value[i];

        if (value != NULL)
            points[n++] = (struct shamir_point){(uint8_t)i, secret_bytes(value)};
    }
    return say_which(shamir_recover(out, s->head.size, points, n, s->threshold),
        s->head.group_count == 1 ? "shares" : "shares of this group");
}

/* The encrypted secret, or NULL as long as groups are missing. `mine` is the group that has just
 * become complete, or NULL. */
static vault_err
master_secret(struct secret **out, const struct slip39_set *set, const struct slip39_share *s,
    const struct secret *mine)
{
    struct shamir_point points[SLIP39_MAX];
    size_t n = 0;

    for (unsigned i = 0; i < SLIP39_MAX; i++) {
        const struct secret *value = i == s->group ? mine : set->group[i].secret;

        if (value != NULL)
            points[n++] = (struct shamir_point){(uint8_t)i, secret_bytes(value)};
    }
    if (n < s->head.group_threshold)
        return VAULT_OK;
    return say_which(shamir_recover(out, s->head.size, points, n, s->head.group_threshold),
        "groups");
}

static void
replace(struct secret **old, struct secret **by)
{
    if (*by == NULL)
        return;
    secret_free(*old);
    *old = secret_take(by);
}

vault_err
slip39_set_add(struct slip39_set *set, const char *text, size_t n, struct slip39_fault *fault)
{
    struct slip39_share s = {.value = NULL};
    struct secret *group = NULL, *master = NULL;
    struct slip39_group *g;
    vault_err err = slip39_parse(&s, text, n, fault);

    if (err != VAULT_OK)
        return err;
    err = check_head(set, &s);
    if (err == VAULT_OK)
        err = check_group(set, &s);
    if (err == VAULT_OK)
        err = group_secret(&group, set, &s);
    if (err == VAULT_OK)
        err = master_secret(&master, set, &s, group);
    if (err != VAULT_OK)
        goto done;

    set->head = s.head;
    g = &set->group[s.group];
    g->threshold = s.threshold;
    g->have++;
    g->value[s.member] = secret_take(&s.value);
    replace(&g->secret, &group);
    replace(&set->master, &master);
done:
    secret_free(group);
    secret_free(master);
    slip39_share_free(&s);
    return err;
}

/* ---- what is missing ---- */

/* How many shares a group lacks; 1 at least where none has been seen. */
static unsigned
lacks(const struct slip39_group *g)
{
    if (g->threshold == 0)
        return 1;
    return g->have >= g->threshold ? 0 : (unsigned)(g->threshold - g->have);
}

static unsigned
complete_groups(const struct slip39_set *set)
{
    unsigned n = 0;

    for (unsigned i = 0; i < set->head.group_count; i++)
        n += lacks(&set->group[i]) == 0;
    return n;
}

unsigned
slip39_set_missing(const struct slip39_set *set)
{
    unsigned done = complete_groups(set), groups, missing = 0;

    if (set->head.group_count == 0)
        return 1;
    if (done >= set->head.group_threshold)
        return 0;
    groups = set->head.group_threshold - done;
    for (unsigned each = 1; each <= SLIP39_MAX && groups > 0; each++)   /* the cheapest first */
        for (unsigned i = 0; i < set->head.group_count && groups > 0; i++)
            if (lacks(&set->group[i]) == each) {
                missing += each;
                groups--;
            }
    return missing;
}

static void
describe_groups(char *out, size_t room, const struct slip39_set *set)
{
    unsigned done = complete_groups(set);
    int n = snprintf(out, room, "%u of the %u groups that are needed %s complete", done,
        set->head.group_threshold, done == 1 ? "is" : "are");

    for (unsigned i = 0; i < set->head.group_count; i++) {
        const struct slip39_group *g = &set->group[i];

        if (n < 0 || (size_t)n >= room)
            return;
        if (g->threshold == 0 || lacks(g) == 0)
            continue;
        n += snprintf(out + n, room - (size_t)n, ", group %u lacks %u", i + 1, lacks(g));
    }
}

void
slip39_set_describe(char *out, size_t room, const struct slip39_set *set)
{
    unsigned have = set->group[0].have;

    if (set->head.group_count == 0)
        (void)snprintf(out, room, "no share is here");
    else if (set->head.group_count > 1)
        describe_groups(out, room, set);
    else
        (void)snprintf(out, room, "%u of the %u shares that are needed %s here", have,
            set->group[0].threshold, have == 1 ? "is" : "are");
}

/* ---- opening ---- */

vault_err
slip39_set_open(struct secret **out, const struct slip39_set *set, const struct secret *passphrase)
{
    struct secret *secret = NULL;
    char what[400];
    vault_err err;

    if (set->master == NULL) {
        slip39_set_describe(what, sizeof what, set);
        return err_say(VAULT_ERR_KEY, "more shares are needed", "%s", what);
    }
    err = secret_new(&secret, set->head.size);
    if (err == VAULT_OK)
        err = slip39_crypt(secret_edit(secret), secret_bytes(set->master), &set->head, passphrase,
            SLIP39_DECRYPT);
    if (err == VAULT_OK)
        *out = secret_take(&secret);
    secret_free(secret);
    return err;
}

void
slip39_set_free(struct slip39_set *set)
{
    for (unsigned i = 0; i < SLIP39_MAX; i++) {
        for (unsigned m = 0; m < SLIP39_MAX; m++)
            secret_free(set->group[i].value[m]);
        secret_free(set->group[i].secret);
    }
    secret_free(set->master);
    *set = (struct slip39_set)SLIP39_SET_INIT;
}
