/*
 * handoff_page.c - index.html of a plain handoff: see handoff.h.
 *
 * One page without a script, which a browser may fetch nothing for. All text of records goes through html_text; what comes from the vault
 * stands nowhere but between tags and in attributes that html_text or html_path wrote.
 */
#include "vault/handoff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "vault/base/html.h"
#include "vault/base/text.h"

/* ---- what the page itself says ---- */

struct phrase {
    const char *en, *ru, *ko;
};
static const struct phrase
    TITLE = { "Records handed over", "Переданные материалы", "전달된 기록" },
    TAKEN_OUT = { "These records were taken out of an encrypted vault to be handed over. They are not encrypted any more: keep this "
        "folder where nobody else can read it.",
        "Эти записи взяты из зашифрованного хранилища для передачи. Теперь они не зашифрованы: храните эту папку там, где её никто "
        "другой не прочтёт.",
        "이 기록은 전달하기 위해 암호화된 보관소에서 꺼낸 것입니다. 이제 암호화되어 있지 않으므로 다른 사람이 읽을 수 없는 곳에 이 폴더를 두십시오." },
    SEE_OPEN_ME = { "OPEN-ME.txt tells how to check that nothing was changed, and what that does not prove.",
        "В файле OPEN-ME.txt написано, как проверить, что ничего не изменено, и чего эта проверка не доказывает.",
        "내용이 바뀌지 않았는지 확인하는 방법과, 그 확인으로 증명되지 않는 것은 OPEN-ME.txt에 적혀 있습니다." },
    WITH_NAMES = { "Names and other confidential details are in this file. They are marked with ●.",
        "В этом файле есть имена и другие закрытые сведения. Они отмечены знаком ●.",
        "이 파일에는 이름과 그 밖의 비공개 정보가 들어 있습니다. 그러한 정보에는 ● 표시가 있습니다." },
    WITHOUT_NAMES = { "Withheld details are not in this file; only the names of their fields are.",
        "Закрытых сведений в этом файле нет; указаны только названия полей.",
        "비공개 정보는 이 파일에 없으며 항목의 이름만 적혀 있습니다." },
    MADE = { "Made (by the clock of the sender's computer)", "Создано (по часам компьютера отправителя)",
        "만든 때(보낸 사람 컴퓨터의 시계 기준)" },
    CONTENTS = { "Contents", "Содержание", "목차" },
    ATTACHMENTS = { "Attachments", "Приложения", "첨부 파일" },
    LEFT_OUT = { "Withheld, not in this file", "Закрыто, в этом файле нет", "비공개, 이 파일에 없음" },
    DESTROYED = { "Destroyed at the sender's", "Уничтожено у отправителя", "보낸 쪽에서 폐기함" },
    LOST = { "Lost at the sender's", "Утрачено у отправителя", "보낸 쪽에서 유실됨" },
    ELSEWHERE = { "a record that is not in this file", "запись, которой в этом файле нет", "이 파일에 없는 기록" },
    CONFLICT = { "There are two versions of this record that nobody has brought together yet. This is the newer one.",
        "Есть две версии этой записи, которые пока не сведены в одну. Здесь более новая.",
        "아직 하나로 합쳐지지 않은 두 가지 판이 있는 기록입니다. 여기 있는 것은 더 새로운 판입니다." },
    SAME = { "The sender says that these are the same person or thing", "По словам отправителя, это то же лицо или тот же предмет",
        "보낸 사람에 따르면 같은 사람 또는 같은 대상에 관한 기록" },
    SOURCE = { "source", "источник", "출처" }, AS_OF = { "as of", "по состоянию на", "기준 시점" },
    CERTAINTY = { "certainty", "достоверность", "확실한 정도" },
    LINKED = { "Records that these link to and that are not in this file", "Записи, на которые здесь есть ссылки и которых в этом файле нет",
        "여기서 가리키지만 이 파일에 없는 기록" };

static const char HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>\n"
    "body { font: 16px/1.5 sans-serif; max-width: 56em; margin: 1em auto; padding: 0 1em; color: #111; background: #fff }\n"
    "table { border-collapse: collapse; width: 100% } th, td { border: 1px solid #bbb; padding: .3em .6em; text-align: left; "
    "vertical-align: top; overflow-wrap: anywhere }\n"
    "th { width: 30%; font-weight: normal; background: #f2f2f2 } th b { display: block }\n"
    ".v { white-space: pre-wrap; unicode-bidi: isolate } .s, .o { color: #555; font-size: 85% } .p { color: #a00 }\n"
    "section { border-top: 3px solid #444; margin-top: 2em } code { overflow-wrap: anywhere }\n"
    "</style>\n<title>Records handed over</title>\n</head>\n<body>\n";

/* ---- pieces ---- */

static void
text(struct buf *out, const char *s)
{
    html_text(out, PART(s, strlen(s)));
}

static void
inline_phrase(struct buf *out, const struct phrase *p)
{
    buf_fmt(out, "%s · <span lang=\"ru\">%s</span> · <span lang=\"ko\">%s</span>", p->en, p->ru, p->ko);
}

static void
lines_phrase(struct buf *out, const struct phrase *p)
{
    buf_fmt(out, "<p>%s<br>\n<span lang=\"ru\">%s</span><br>\n<span lang=\"ko\">%s</span></p>\n", p->en, p->ru, p->ko);
}

static void
heading(struct buf *out, const char *tag, const struct phrase *p)
{
    buf_fmt(out, "<%s>", tag);
    inline_phrase(out, p);
    buf_fmt(out, "</%s>\n", tag);
}

/* In the three languages, as far as the type has them. */
static void
labels(struct buf *out, const struct label *l, size_t n, const char *name)
{
    static const char *const LANGS[] = { "en", "ru", "ko" };
    bool any = false;

    for (size_t k = 0; k < sizeof LANGS / sizeof LANGS[0]; k++)
        for (size_t i = 0; i < n; i++)
            if (strcmp(l[i].lang, LANGS[k]) == 0) {
                buf_fmt(out, "%s<span lang=\"%s\">", any ? " · " : "", LANGS[k]);
                text(out, l[i].text);
                buf_str(out, "</span>");
                any = true;
            }
    if (!any)
        text(out, name);
}

static void
field_label(struct buf *out, const struct type_def *t, const char *name)
{
    const struct field_def *f = type_field(t, name, strlen(name));

    labels(out, f == NULL ? NULL : f->label, f == NULL ? 0 : f->n_labels, name);
}

/* ---- links between records ---- */

static vault_err
link_to(const struct handoff *h, struct buf *out, const char *code)
{
    struct buf title = BUF_INIT;
    uint32_t first = 0;
    vault_err err = VAULT_OK;

    if (handoff_state_of(h, code, &first) != HANDOFF_TAKEN) {
        inline_phrase(out, &ELSEWHERE);
        return VAULT_OK;
    }
    err = recs_title_of(&h->v->recs, first, &title);
    if (err == VAULT_OK) {
        buf_fmt(out, "<a href=\"#r-%s\">", code);
        html_text(out, PART(title.p, title.n));
        buf_str(out, "</a>");
    }
    buf_free(&title);
    return err;
}

/* ---- values ---- */

static void
note(struct buf *out, const struct phrase *what, const char *s)
{
    buf_str(out, "<br><span class=\"s\">");
    inline_phrase(out, what);
    buf_str(out, ": <bdi>");
    text(out, s);
    buf_str(out, "</bdi></span>");
}

static vault_err
provenance(const struct handoff *h, struct buf *out, const struct vault_value *x)
{
    vault_err err = VAULT_OK;

    if (x->source != NULL) {
        buf_str(out, "<br><span class=\"s\">");
        inline_phrase(out, &SOURCE);
        buf_str(out, ": ");
        err = link_to(h, out, x->source);
        buf_str(out, "</span>");
    }
    if (x->as_of != NULL)
        note(out, &AS_OF, x->as_of);
    if (x->certainty != NULL)
        note(out, &CERTAINTY, x->certainty);
    return err;
}

static vault_err
one_value(const struct handoff *h, struct buf *out, const struct vault_value *x)
{
    vault_err err = VAULT_OK;

    buf_str(out, x->withheld ? "<div dir=\"auto\"><span class=\"p\">● </span><span class=\"v\">" :
        "<div dir=\"auto\"><span class=\"v\">");
    if (strcmp(x->kind, "link") == 0)
        err = link_to(h, out, x->text);
    else
        text(out, x->text);
    buf_str(out, "</span>");
    if (err == VAULT_OK)
        err = provenance(h, out, x);
    buf_str(out, "</div>\n");
    return err;
}

static vault_err
values(const struct handoff *h, struct buf *out, const struct handoff_record *rec)
{
    const struct vault_record *r = rec->view;
    const char *open = NULL;
    vault_err err = VAULT_OK;

    buf_str(out, "<table>\n");
    for (size_t i = 0; err == VAULT_OK && i < r->n_values; i++) {
        const struct vault_value *x = &r->values[i];

        if (!x->present)
            continue;
        if (open == NULL || strcmp(open, x->field) != 0) {
            buf_str(out, open == NULL ? "<tr><th>" : "</td></tr>\n<tr><th>");
            field_label(out, rec->type, x->field);
            buf_str(out, "</th><td>");
            open = x->field;
        }
        err = one_value(h, out, x);
    }
    buf_str(out, open == NULL ? "</table>\n" : "</td></tr>\n</table>\n");
    return err;
}

static void
gaps(struct buf *out, const struct handoff_record *rec, enum handoff_gap gap, const struct phrase *what)
{
    const char *name[TYPE_FIELDS_MAX];
    size_t n = handoff_gaps(rec->view, gap, name);

    if (n == 0)
        return;
    buf_str(out, "<p class=\"o\">");
    inline_phrase(out, what);
    for (size_t i = 0; i < n; i++) {
        buf_str(out, i == 0 ? ": " : "; ");
        field_label(out, rec->type, name[i]);
    }
    buf_str(out, "</p>\n");
}

static void
one_file(struct buf *out, const struct vault_attachment *a, uint64_t number)
{
    char path[HANDOFF_PATH_ROOM];

    handoff_file_path(path, number, a->name);
    buf_str(out, a->withheld ? "<li><span class=\"p\">● </span><a rel=\"noreferrer\" href=\"" : "<li><a rel=\"noreferrer\" href=\"");
    html_path(out, path);
    buf_str(out, "\"><bdi>");
    text(out, a->name);
    buf_str(out, "</bdi></a> <span class=\"s\"><code>");
    text(out, path);
    buf_fmt(out, "</code>, %" PRIu64 " bytes, ", a->size);
    text(out, a->type);
    buf_fmt(out, ", SHA-256 <code>%s</code></span></li>\n", a->sha256);
}

static void
files(struct buf *out, const struct handoff_record *rec)
{
    const struct vault_record *r = rec->view;
    uint64_t number = rec->item->file;

    for (size_t i = 0; i < r->n_attachments; i++) {
        if (!handoff_file_goes(&r->attachments[i]))
            continue;
        if (number == rec->item->file) {
            heading(out, "h3", &ATTACHMENTS);
            buf_str(out, "<ul>\n");
        }
        one_file(out, &r->attachments[i], number++);
    }
    if (number != rec->item->file)
        buf_str(out, "</ul>\n");
}

/* ---- a record ---- */

static vault_err
same(const struct handoff *h, struct buf *out, const struct handoff_record *rec)
{
    uint32_t *list = NULL;
    size_t n = 0, left = 0;
    char code[CODE_LEN + 1];
    vault_err err = handoff_same(h, rec->item->first, &list, &n, &left);

    if (err != VAULT_OK || n + left == 0)
        goto done;
    buf_str(out, "<p>");
    inline_phrase(out, &SAME);
    for (size_t i = 0; err == VAULT_OK && i < n; i++) {
        buf_str(out, i == 0 ? ": " : "; ");
        code_of(code, h->v->recs.index.pair[list[i]].record);
        err = link_to(h, out, code);
    }
    for (size_t i = 0; i < left; i++) {
        buf_str(out, n + i == 0 ? ": " : "; ");
        inline_phrase(out, &ELSEWHERE);
    }
    buf_str(out, "</p>\n");
done:
    free(list);
    return err;
}

static void
record_head(struct buf *out, const struct handoff_record *rec)
{
    const struct vault_record *r = rec->view;
    char when[HANDOFF_TIME];

    handoff_iso(when, r->time);
    buf_fmt(out, "<section id=\"r-%s\">\n<h2><bdi>", r->id);
    text(out, r->label);
    buf_str(out, "</bdi></h2>\n<p class=\"s\">");
    labels(out, rec->type->label, rec->type->n_labels, r->type);
    buf_fmt(out, " · <code>%s</code> · %s</p>\n", r->id, when);
    if (rec->item->conflict)
        lines_phrase(out, &CONFLICT);
}

static vault_err
record(void *ctx, const struct handoff_record *rec)
{
    struct handoff_writing *w = ctx;
    struct buf *out = &w->out;
    vault_err err;

    record_head(out, rec);
    err = same(w->h, out, rec);
    if (err == VAULT_OK)
        err = values(w->h, out, rec);
    gaps(out, rec, HANDOFF_WITHHELD, &LEFT_OUT);
    gaps(out, rec, HANDOFF_PURGED, &DESTROYED);
    gaps(out, rec, HANDOFF_LOST, &LOST);
    files(out, rec);
    buf_str(out, "</section>\n");
    return err == VAULT_OK ? handoff_flush(w, false) : err;
}

static vault_err
entry(void *ctx, const struct handoff_record *rec)
{
    struct handoff_writing *w = ctx;
    struct buf *out = &w->out;

    buf_fmt(out, "<li><a href=\"#r-%s\"><bdi>", rec->view->id);
    text(out, rec->view->label);
    buf_str(out, "</bdi></a> <span class=\"s\">");
    labels(out, rec->type->label, rec->type->n_labels, rec->view->type);
    buf_str(out, "</span></li>\n");
    return handoff_flush(w, false);
}

/* ---- the page ---- */

static void
page_head(const struct handoff *h, struct buf *out)
{
    char when[HANDOFF_TIME];

    buf_str(out, HEAD);
    heading(out, "h1", &TITLE);
    lines_phrase(out, &TAKEN_OUT);
    lines_phrase(out, h->names ? &WITH_NAMES : &WITHOUT_NAMES);
    lines_phrase(out, &SEE_OPEN_ME);
    handoff_iso(when, h->time);
    buf_str(out, "<p class=\"s\">");
    inline_phrase(out, &MADE);
    buf_fmt(out, ": %s</p>\n", when);
    if (h->plan.linked > 0) {
        buf_str(out, "<p class=\"s\">");
        inline_phrase(out, &LINKED);
        buf_fmt(out, ": %" PRIu64 "</p>\n", h->plan.linked);
    }
    heading(out, "h2", &CONTENTS);
    buf_str(out, "<ul>\n");
}

vault_err
handoff_page(struct handoff *h, handoff_put_fn *put, void *ctx)
{
    struct handoff_writing w = { .h = h, .put = put, .ctx = ctx };
    vault_err err;

    page_head(h, &w.out);
    err = handoff_each(h, entry, &w);
    buf_str(&w.out, "</ul>\n");
    if (err == VAULT_OK)
        err = handoff_each(h, record, &w);
    buf_str(&w.out, "</body>\n</html>\n");
    if (err == VAULT_OK)
        err = handoff_flush(&w, true);
    buf_free(&w.out);
    return err;
}
