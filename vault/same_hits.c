/* same_hits.c - see same_hits.h. */
#include "vault/same_hits.h"

#include <stdlib.h>
#include <string.h>
#include "vault/base/text.h"

static const char *
keep(struct pool *p, const char *text, vault_err *err)
{
    char *s = pool_text(p, PART(text, strlen(text)));

    if (s == NULL)
        *err = err_nomem();
    return s;
}

vault_err
same_hits_hold(struct same_hits *s, const struct vault_hit *h, uint32_t lead)
{
    struct held_hit *x;
    vault_err err = VAULT_OK;

    x = array_room(s->held, s->n, &s->cap, sizeof *x);
    if (x == NULL)
        return err_nomem();
    s->held = x;
    x = &s->held[s->n];
    x->lead = lead;
    x->hit = *h;
    x->hit.id = keep(&s->pool, h->id, &err);
    x->hit.label = keep(&s->pool, h->label, &err);
    x->hit.field = keep(&s->pool, h->field, &err);
    x->hit.level = keep(&s->pool, h->level, &err);
    x->hit.why = keep(&s->pool, h->why, &err);
    s->n += err == VAULT_OK;
    return err;
}

static vault_err
name_lead(struct vault *v, uint32_t lead, struct buf *title)
{
    vault_err err = recs_title_of(&v->recs, lead, title);

    if (err == VAULT_ERR_DAMAGED) {     /* the hit is not the less for that */
        vault_clear_error();
        buf_reset(title);
        buf_str(title, "(damaged)");
        err = VAULT_OK;
    }
    return err == VAULT_OK && buf_cstr(title) == NULL ? err_nomem() : err;
}

vault_err
same_hits_tell(struct same_hits *s, struct vault *v, vault_hit_fn *fn, void *ctx)
{
    struct buf title = BUF_INIT;
    char code[CODE_LEN + 1];
    vault_err err = VAULT_OK;

    for (size_t i = 0; err == VAULT_OK && i < s->n; i++) {
        struct vault_hit *h = &s->held[i].hit;
        code_of(code, v->recs.index.pair[s->held[i].lead].record);
        buf_reset(&title);
        err = name_lead(v, s->held[i].lead, &title);
        h->same_as = code;
        h->same_label = (const char *)title.p;
        if (err == VAULT_OK && fn(ctx, h) != 0)
            break;
    }
    buf_free(&title);
    return err;
}

void
same_hits_free(struct same_hits *s)
{
    pool_free(&s->pool);
    free(s->held);
}
