/* fields.c - see fields.h. */
#include "vault/record/fields.h"

#include <stdlib.h>
#include <string.h>

void
fields_init(struct vault_fields *f)
{
    memset(f, 0, sizeof *f);
}

void
fields_reset(struct vault_fields *f)
{
    f->n = 0;
    buf_reset(&f->mem);
}

void
fields_done(struct vault_fields *f)
{
    buf_free(&f->mem);
    free(f->in);
    memset(f, 0, sizeof *f);
}

static bool
looks_like_name(const char *s, size_t n)
{
    if (n == 0 || n >= NAME_MAX_BYTES || s[0] < 'a' || s[0] > 'z')
        return false;
    for (size_t i = 1; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '_'))
            return false;
    return true;
}

vault_err
fields_append(struct vault_fields *f, struct field_input **out, const char *field, size_t n_field)
{
    struct field_input *in;

    /* What is no name is not repeated: it may be a value put in the wrong place. */
    if (!looks_like_name(field, n_field))
        return err_say(VAULT_ERR_INPUT, "fields are named with a-z, 0-9 and _",
            "that is not the name of a field");
    if (f->n >= FIELDS_MAX)
        return err_say(VAULT_ERR_INPUT, NULL, "too many values at once");
    in = array_room(f->in, f->n, &f->cap, sizeof *in);
    if (in == NULL)
        return err_nomem();
    f->in = in;
    in = &f->in[f->n++];
    memset(in, 0, sizeof *in);
    memcpy(in->field, field, n_field);
    *out = in;
    return VAULT_OK;
}

void
fields_text(struct vault_fields *f, struct span *s, struct part text)
{
    s->at = f->mem.n;
    s->n = text.n;
    buf_put(&f->mem, text.p, text.n);
}
