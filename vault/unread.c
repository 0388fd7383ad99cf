/* unread.c - see unread.h. */
#include "vault/unread.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"

vault_err
unread_add(struct unread *u, const struct index *index, uint32_t n)
{
    const struct vault_error *why = vault_last_error();
    uint32_t first = index->pair[n].first;

    u->index = index;
    if (u->seen == NULL)
        u->seen = calloc((size_t)index->n + 1, sizeof *u->seen);
    if (u->seen == NULL)
        return err_nomem();
    if (why->code == VAULT_OK) {        /* a bug of ours: it must not pass for success */
        (void)err_say(VAULT_ERR_DAMAGED, NULL, "nobody knows why");
        why = vault_last_error();
    }
    if (u->count == 0 || (why->code == VAULT_ERR_DAMAGED && u->why.code != VAULT_ERR_DAMAGED))
        u->why = *why;
    if (u->seen[first])
        return VAULT_OK;
    u->seen[first] = true;
    if (u->count < UNREAD_NAMED)
        u->named[u->count] = first;
    u->count++;
    return VAULT_OK;
}

bool
unread_value(const struct recs *r, const struct revision *rev, const struct leaf *l)
{
    return l->value.n == 0 && recs_gone(r, rev, l) == GONE_NOT;
}

static vault_err
name_all(const struct unread *u, struct buf *out)
{
    char code[CODE_LEN + 1];

    for (size_t i = 0; i < u->count && i < UNREAD_NAMED; i++) {
        code_of(code, u->index->pair[u->named[i]].record);
        buf_fmt(out, "%s%s", i == 0 ? "" : ", ", code);
    }
    if (u->count > UNREAD_NAMED)
        buf_fmt(out, " and %llu more", (unsigned long long)(u->count - UNREAD_NAMED));
    return buf_cstr(out) == NULL ? err_nomem() : VAULT_OK;
}

vault_err
unread_say(const struct unread *u, uint64_t *count)
{
    static const char ELSE[] = "everything else was read; 'check' says what is wrong with each";
    struct buf names = BUF_INIT;
    vault_err err;

    if (u->count == 0)
        return VAULT_OK;
    err = name_all(u, &names);
    if (err == VAULT_OK && u->count == 1)
        err = err_say(u->why.code, ELSE, "record %s could not be read whole: %s",
            (const char *)names.p, u->why.text);
    else if (err == VAULT_OK)
        err = err_say(u->why.code, ELSE, "%llu records could not be read whole: %s",
            (unsigned long long)u->count, (const char *)names.p);
    if (count != NULL)
        *count = u->count;
    buf_free(&names);
    return err;
}

void
unread_reset(struct unread *u)
{
    free(u->seen);
    memset(u, 0, sizeof *u);
}
