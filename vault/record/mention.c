/* mention.c - see mention.h. */
#include "vault/record/mention.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include "vault/base/text.h"
#include "vault/base/word.h"

void
mentions_free(struct mentions *m)
{
    buf_free(&m->mem);
    free(m->text);
    memset(m, 0, sizeof *m);
}

/* ---- where a word may end ---- */

static bool
bounded(const uint8_t *p, size_t n, size_t at, size_t len)
{
    int32_t before = word_code_before(p, at), after = word_code_at(p + at + len, n - at - len);
    bool left = before < 0 || !word_has(before) || word_unparted(before);
    bool right = after < 0 || !word_has(after) || (word_unparted(after) && !word_goes_on(after));

    return left && right;
}

static bool
stands_in(const uint8_t *p, size_t n, const uint8_t *word, size_t len)
{
    for (size_t at = 0; at + len <= n;) {
        const uint8_t *hit = memmem(p + at, n - at, word, len);
        if (hit == NULL)
            return false;
        if (bounded(p, n, (size_t)(hit - p), len))
            return true;
        at = (size_t)(hit - p) + 1;
    }
    return false;
}

/* ---- the texts ---- */

static bool
says_something(const uint8_t *p, size_t n)
{
    utf8proc_int32_t c;

    for (size_t at = 0; at < n;) {
        utf8proc_ssize_t len = utf8proc_iterate(p + at, (utf8proc_ssize_t)(n - at), &c);
        if (len <= 0)
            return false;
        if (word_has(c))
            return true;
        at += (size_t)len;
    }
    return false;
}

static bool
known(const struct mentions *m, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->text[i].n == n && memcmp(m->mem.p + m->text[i].at, p, n) == 0)
            return true;
    return false;
}

vault_err
mentions_add(struct mentions *m, struct part text)
{
    size_t at = m->mem.n;
    vault_err err = text_fold(&m->mem, text.p, text.n);

    if (err != VAULT_OK)
        return err;
    if (!says_something(m->mem.p + at, m->mem.n - at) ||
        known(m, m->mem.p + at, m->mem.n - at)) {
        buf_cut(&m->mem, at);
        return VAULT_OK;
    }
    if (m->n == m->cap) {
        size_t cap = m->cap == 0 ? 16 : m->cap * 2;
        void *p = reallocarray(m->text, cap, sizeof *m->text);
        if (p == NULL)
            return err_nomem();
        m->text = p;
        m->cap = cap;
    }
    m->text[m->n].at = at;
    m->text[m->n++].n = m->mem.n - at;
    return VAULT_OK;
}

vault_err
mentions_in(const struct mentions *m, struct part text, struct buf *fold, bool *yes)
{
    vault_err err;

    *yes = false;
    buf_reset(fold);
    err = text_fold(fold, text.p, text.n);
    for (size_t i = 0; err == VAULT_OK && !*yes && fold->n != 0 && i < m->n; i++)
        *yes = stands_in(fold->p, fold->n, m->mem.p + m->text[i].at, m->text[i].n);
    return err;
}
