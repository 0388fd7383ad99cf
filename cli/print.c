#include "cli/print.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/out.h"
#include "cli/similar.h"

static void
bare_value_json(struct json *j, const struct vault_value *v)
{
    if (v->is_number != 0)
        js_raw(j, v->text);
    else
        js_text(j, v->text);
}

void
print_value_json(struct json *j, const struct vault_value *v)
{
    if (v->source == NULL && v->as_of == NULL && v->certainty == NULL) {
        bare_value_json(j, v);
        return;
    }
    js_object(j);
    js_key(j, "value");
    bare_value_json(j, v);
    if (v->source != NULL)
        js_pair(j, "source", v->source);
    if (v->as_of != NULL)
        js_pair(j, "as_of", v->as_of);
    if (v->certainty != NULL)
        js_pair(j, "certainty", v->certainty);
    js_end(j);
}

/* Values of one field stand together. */
static bool
same_field(const struct vault_record *r, size_t a, size_t b)
{
    return strcmp(r->values[a].field, r->values[b].field) == 0;
}

void
print_fields_json(struct json *j, const struct vault_record *r)
{
    js_object(j);
    for (size_t i = 0, next; i < r->n_values; i = next) {
        bool open = false;

        for (next = i; next < r->n_values && same_field(r, i, next); next++) {
            const struct vault_value *v = &r->values[next];

            if (!v->present || (open && !v->repeats))
                continue;
            if (!open) {
                js_key(j, v->field);
                if (v->repeats)
                    js_array(j);
            }
            open = true;
            print_value_json(j, v);
        }
        if (open && r->values[i].repeats)
            js_end(j);
    }
    js_end(j);
}

void
print_withheld_json(struct json *j, const struct vault_record *r)
{
    js_array(j);
    for (size_t i = 0; i < r->n_values; i++)
        if (r->values[i].withheld && (i == 0 || !same_field(r, i - 1, i)))
            js_text(j, r->values[i].field);
    js_end(j);
}

void
print_code(const char *code)
{
    printf("%.*s", PRINT_CODE, code);
}

static void
provenance(const struct vault_value *v)
{
    const char *comma = "";

    if (v->source == NULL && v->as_of == NULL && v->certainty == NULL)
        return;
    fputs("  (", stdout);
    if (v->source != NULL) {
        fputs("source ", stdout);
        print_code(v->source);
        comma = ", ";
    }
    if (v->as_of != NULL) {
        printf("%sas of ", comma);
        out_text(v->as_of);
        comma = ", ";
    }
    if (v->certainty != NULL) {
        fputs(comma, stdout);
        out_text(v->certainty);
    }
    putchar(')');
}

void
print_value(const struct vault_value *v, size_t indent)
{
    if (!v->present) {
        out_style(OUT_DIM);
        fputs(v->left_out ? "[not sent]" : v->lost ? "[lost]" : v->purged ? "[purged]" : v->withheld ? "[withheld]" : "[gone]", stdout);
        out_style(OUT_PLAIN);
    } else if (v->link_label != NULL) {
        print_code(v->text);
        putchar(' ');
        out_text(v->link_label);
    } else {
        out_lines(v->text, indent);
    }
    provenance(v);
    putchar('\n');
}

void
print_values(const struct vault_record *r, size_t indent, bool revealed)
{
    size_t wide = 0;

    for (size_t i = 0; i < r->n_values; i++)
        if (strlen(r->values[i].field) > wide)
            wide = strlen(r->values[i].field);
    for (size_t i = 0, last = r->n_values; i < r->n_values; i++) {
        const struct vault_value *v = &r->values[i];

        if (revealed && !(v->withheld && v->present))
            continue;
        printf("%*s%-*s  ", (int)indent, "", (int)wide,
            last < i && same_field(r, last, i) ? "" : v->field);
        print_value(v, indent + wide + 2);
        last = i;
    }
}

/* ---- attachments ---- */

void
print_size(FILE *to, uint64_t bytes)
{
    static const char *const unit[] = { "kB", "MB", "GB", "TB", "PB" };
    double n = (double)bytes / 1000;
    size_t i = 0;

    if (bytes < 1000) {
        fprintf(to, "%u byte%s", (unsigned)bytes, bytes == 1 ? "" : "s");
        return;
    }
    for (; n >= 999.95 && i + 1 < sizeof unit / sizeof unit[0]; i++)
        n /= 1000;
    fprintf(to, "%.1f %s", n, unit[i]);
}

void
print_attachments_json(struct json *j, const struct vault_record *r)
{
    js_array(j);
    for (size_t i = 0; i < r->n_attachments; i++) {
        const struct vault_attachment *a = &r->attachments[i];

        js_object(j);
        js_pair_uint(j, "number", a->number);
        js_pair(j, "field", a->field);
        js_pair(j, "name", a->present ? a->name : NULL);
        js_key(j, "size");
        if (a->present)
            js_uint(j, a->size);
        else
            js_null(j);
        js_pair(j, "type", a->present ? a->type : NULL);
        js_pair(j, "sha256", a->present ? a->sha256 : NULL);
        js_pair(j, "tier", a->withheld ? "withheld" : "open");
        js_end(j);
    }
    js_end(j);
}

void
print_attachments(const struct vault_record *r)
{
    if (r->n_attachments > 0)
        fputs("\nattachments\n", stdout);
    for (size_t i = 0; i < r->n_attachments; i++) {
        const struct vault_attachment *a = &r->attachments[i];

        printf("  #%-3u", a->number);
        if (a->present) {
            out_text(a->name);
            fputs("  ", stdout);
            print_size(stdout, a->size);
            fputs(a->withheld ? "" : "  (open)", stdout);
            fputs(a->lost ? "  (its content is lost)\n" : "\n", stdout);
            continue;
        }
        out_style(OUT_DIM);
        fputs(a->left_out ? "[not sent]" : a->lost ? "[lost]" : a->purged ? "[purged]" : a->withheld ? "[withheld]" : "[gone]", stdout);
        out_style(OUT_PLAIN);
        putchar('\n');
    }
}

void
print_new(const struct call *c, const struct vault_added *a, bool named)
{
    struct json j = { .to = stdout };

    if (c->json) {
        js_object(&j);
        js_pair(&j, "id", a->id);
        js_pair(&j, "revision", a->revision);
        if (named)
            similar_json(c, &j, a->id);
        else {
            js_key(&j, "similar");
            js_array(&j);
            js_end(&j);
        }
        js_end(&j);
        return;
    }
    fputs(a->id, stdout);
    if (isatty(STDOUT_FILENO) && a->label[0] != '\0') {     /* a script wants the id alone */
        fputs("  ", stdout);
        out_text(a->label);
    }
    putchar('\n');
    if (named)
        similar_say(c, a->id);
}

void
print_added(const struct vault_added *a)
{
    struct json j = { .to = stdout };

    js_object(&j);
    js_pair(&j, "id", a->id);
    js_pair(&j, "revision", a->revision);
    js_pair_bool(&j, "changed", a->changed);
    js_end(&j);
}
