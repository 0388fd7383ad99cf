/*
 * page_table.c - tables of records, counts and public figures in index.html: see page.h.
 */
#include "vault/release/page_priv.h"

#include <inttypes.h>
#include <string.h>

#define CARDS_MAX 4u            /* so few records are shown one below the other, field by field */
#define LONG_TEXT 60u           /* bytes from which a column is given room */
#define SHORT_TEXT 24u          /* and up to which its cells stay on one line */
#define DIGITS_MAX 15u          /* of a count that has a bar: no product below overflows */

/* ---- cells ---- */

static bool
is_count(const char *s)
{
    size_t n = strspn(s, "0123456789");

    return n > 0 && n <= DIGITS_MAX && s[n] == '\0';
}

static uint64_t
count_of(const char *s)
{
    uint64_t n = 0;

    for (; *s != '\0'; s++)
        n = n * 10 + (uint64_t)(*s - '0');
    return n;
}

/* For a column: how its cells are to stand. */
static const char *
style_of(const struct sheet_column *c)
{
    bool counts = true, any = false;
    size_t longest = 0;

    for (uint32_t i = 0; i < c->n_values; i++) {
        const char *s = c->value[i];

        if (strlen(s) > LONG_TEXT || strchr(s, '\n') != NULL)
            return "long";
        if (s[0] == '\0' || strcmp(s, SHEET_SUPPRESSED) == 0)
            continue;
        any = true;
        counts = counts && is_count(s);
        if (strlen(s) > longest)
            longest = strlen(s);
    }
    return any && counts ? "n" : longest <= SHORT_TEXT ? "s" : "";
}

static const char *
shown(const char *s)
{
    return s[0] == '\0' ? "–" : strcmp(s, SHEET_SUPPRESSED) == 0 ? "kept back" : s;
}

static void
cell(struct buf *out, const char *s, const char *style, bool heading)
{
    const char *show = shown(s);
    const char *quiet = show == s ? "" : style[0] == '\0' ? "q" : " q";

    buf_str(out, heading ? "<th scope=\"row\"" : "<td");
    if (style[0] != '\0' || quiet[0] != '\0')
        buf_fmt(out, " class=\"%s%s\"", style, quiet);
    buf_str(out, ">");
    page_text(out, show);
    buf_str(out, heading ? "</th>" : "</td>");
}

static const char *
label_of(const struct release_doc *doc, const char *table, const char *field)
{
    for (size_t i = 0; i < doc->n_fields; i++)
        if (strcmp(doc->field[i].table, table) == 0 && strcmp(doc->field[i].field, field) == 0 && doc->field[i].label != NULL &&
            doc->field[i].label[0] != '\0')
            return doc->field[i].label;
    return field;
}

/* How a sheet is shown, found once for all of its rows. */
struct look {
    const struct sheet *s;
    size_t order[SHEET_COLUMNS_MAX];        /* columns, from left to right */
    const char *style[SHEET_COLUMNS_MAX];   /* by column */
};

static void
look_at(struct look *l, const struct sheet *s)
{
    l->s = s;
    for (size_t c = 0; c < s->n_columns; c++) {
        l->order[c] = c;
        l->style[c] = style_of(&s->column[c]);
    }
}

static void
headings(struct buf *out, const struct release_doc *doc, const struct look *l, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        size_t c = l->order[i];

        buf_str(out, strcmp(l->style[c], "n") == 0 ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
        page_text(out, label_of(doc, l->s->name, l->s->column[c].name));
        buf_str(out, "</th>");
    }
}

static void
cells(struct buf *out, const struct look *l, size_t row, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        cell(out, sheet_text(l->s, row, l->order[i]), l->style[l->order[i]], i == 0);
}

/* ---- frames ---- */

static void
begin_section(struct buf *out, const char *id, const char *what, const char *name)
{
    buf_fmt(out, "<section aria-labelledby=\"%s%s\">\n<h2 id=\"%s%s\">%s%s</h2>\n", id, name, id, name, what, name);
}

static void
begin_table(struct buf *out, const char *id, const char *name)
{
    buf_fmt(out, "<div class=\"wide\" role=\"region\" aria-labelledby=\"%s%s\" tabindex=\"0\">\n", id, name);
}

static size_t
rows_shown(const struct sheet *s)
{
    return s->n_rows < RELEASE_PAGE_ROWS ? s->n_rows : RELEASE_PAGE_ROWS;
}

/* Where not all rows are here: said before the table, for who never sees its end. */
static void
say_rows(struct buf *out, const struct sheet *s)
{
    if (s->n_rows == 0)
        buf_str(out, "<p>It has no rows.</p>\n");
    if (s->n_rows > RELEASE_PAGE_ROWS)
        buf_fmt(out, "<p>This page shows the first %u of %zu rows. All of them are in <a href=\"%s.csv\">%s.csv</a> and "
            "<a href=\"%s.json\">%s.json</a>.</p>\n", RELEASE_PAGE_ROWS, s->n_rows, s->name, s->name, s->name, s->name);
}

static void
caption(struct buf *out, const struct release_doc *doc, const struct sheet *s)
{
    if (s->n_rows > RELEASE_PAGE_ROWS)
        buf_fmt(out, "<caption>%s, the first %u of %zu rows, data as of ", s->name, RELEASE_PAGE_ROWS, s->n_rows);
    else
        buf_fmt(out, "<caption>%s, %zu row%s, data as of ", s->name, s->n_rows, s->n_rows == 1 ? "" : "s");
    page_text(out, doc->as_of);
    buf_str(out, "</caption>\n");
}

/* ---- records ---- */

static void
one_card(struct buf *out, const struct release_doc *doc, const struct sheet *s, size_t row)
{
    begin_table(out, "t-", s->name);
    buf_fmt(out, "<table class=\"card\">\n<caption>%s %zu of %zu</caption>\n<tbody>\n", s->name, row + 1, s->n_rows);
    for (size_t c = 0; c < s->n_columns; c++) {
        buf_str(out, "<tr><th scope=\"row\">");
        page_text(out, label_of(doc, s->name, s->column[c].name));
        buf_str(out, "</th>");
        cell(out, sheet_text(s, row, c), "", false);
        buf_str(out, "</tr>\n");
    }
    buf_str(out, "</tbody>\n</table>\n</div>\n");
}

static void
record_rows(struct buf *out, const struct release_doc *doc, const struct sheet *s)
{
    struct look l;

    look_at(&l, s);
    begin_table(out, "t-", s->name);
    buf_fmt(out, "<table data-rows=\"%s\">\n", s->name);
    caption(out, doc, s);
    buf_str(out, "<thead><tr>");
    headings(out, doc, &l, 0, s->n_columns);
    buf_str(out, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < rows_shown(s); r++) {
        buf_str(out, "<tr>");
        cells(out, &l, r, 0, s->n_columns);
        buf_str(out, "</tr>\n");
    }
    buf_str(out, "</tbody>\n</table>\n</div>\n");
}

void
page_sheet(struct buf *out, const struct release_doc *doc, const struct sheet *s)
{
    begin_section(out, "t-", "Records: ", s->name);
    say_rows(out, s);
    if (s->n_rows > CARDS_MAX)
        record_rows(out, doc, s);
    for (size_t r = 0; s->n_rows <= CARDS_MAX && r < s->n_rows; r++)
        one_card(out, doc, s, r);
    buf_str(out, "</section>\n");
}

/* ---- counts ---- */

/* Widths are classes: the policy of the page lets no element have a style of its own. */
static void
bar(struct buf *out, uint64_t part, uint64_t of)
{
    uint64_t w = of == 0 ? 0 : (part * 100 + of / 2) / of;

    if (w == 0 && part > 0)
        w = 1;
    buf_fmt(out, "<td class=\"bars\" aria-hidden=\"true\"><span class=\"b w%" PRIu64 "\"></span></td>", w > 100 ? 100 : w);
}

static bool
is_sum(const struct sheet *s, size_t row, size_t count)
{
    for (size_t c = 0; c < s->n_columns; c++)
        if (c != count && strcmp(sheet_text(s, row, c), "total") == 0)
            return true;
    return false;
}

static uint64_t
largest(const struct sheet *s, size_t count)
{
    uint64_t most = 0;

    for (size_t r = 0; r < s->n_rows; r++) {
        const char *text = sheet_text(s, r, count);

        if (is_count(text) && !is_sum(s, r, count) && count_of(text) > most)
            most = count_of(text);
    }
    return most;
}

static void
counts_row(struct buf *out, const struct look *l, size_t row, size_t count, uint64_t most)
{
    const char *text = sheet_text(l->s, row, count);
    bool sum = is_sum(l->s, row, count);

    buf_str(out, sum ? "<tr class=\"sum\">" : "<tr>");
    cells(out, l, row, 0, l->s->n_columns);
    if (sum || !is_count(text))
        buf_str(out, "<td class=\"bars\" aria-hidden=\"true\"></td>");
    else
        bar(out, count_of(text), most);
    buf_str(out, "</tr>\n");
}

static void
say_counts(struct buf *out, const struct release_table *t, size_t count)
{
    const struct sheet *s = t->sheet;

    buf_str(out, "<p>How many records of the type ");
    page_text(out, t->of);
    buf_str(out, s->n_columns > 1 ? ", by " : ".");
    for (size_t c = 0, told = 0; c < s->n_columns; c++)
        if (c != count) {
            buf_str(out, told++ == 0 ? "" : ", ");
            page_text(out, s->column[c].name);
        }
    buf_fmt(out, "%s Kept back are counts of fewer than %" PRIu64 ", and those from which they could be computed: %" PRIu64 " cell%s of this "
        "table.</p>\n", s->n_columns > 1 ? "." : "", t->min_count, t->n_suppressed, t->n_suppressed == 1 ? "" : "s");
}

void
page_counts(struct buf *out, const struct release_doc *doc, const struct release_table *t)
{
    const struct sheet *s = t->sheet;
    size_t count = 0;
    uint64_t most;
    struct look l;

    (void)sheet_find_column(s, "count", &count);
    most = largest(s, count);
    look_at(&l, s);
    begin_section(out, "t-", "Counts: ", s->name);
    say_counts(out, t, count);
    say_rows(out, s);
    begin_table(out, "t-", s->name);
    buf_fmt(out, "<table data-rows=\"%s\">\n", s->name);
    caption(out, doc, s);
    buf_str(out, "<thead><tr>");
    headings(out, doc, &l, 0, s->n_columns);
    buf_str(out, "<td></td></tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < rows_shown(s); r++)
        counts_row(out, &l, r, count, most);
    buf_str(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* ---- figures that were public before ---- */

/* In tenths of a per cent. */
static void
share(struct buf *out, const char *count, const char *of)
{
    uint64_t part, whole, tenths;

    if (!is_count(count) || !is_count(of) || count_of(of) == 0) {
        buf_str(out, "<td></td><td class=\"bars\" aria-hidden=\"true\"></td>");
        return;
    }
    part = count_of(count);
    whole = count_of(of);
    tenths = (part * 1000 + whole / 2) / whole;
    buf_fmt(out, "<td class=\"n\">%" PRIu64 ".%" PRIu64 " %%</td>", tenths / 10, tenths % 10);
    bar(out, part, whole);
}

/* What is counted and how much of it go first, and the bar follows them: on a narrow screen the rest may lie outside. How many those are. */
static size_t
figures_first(struct look *l)
{
    static const char *const first[] = { "measure", "count", "of" };
    size_t n = 0;

    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        size_t c, at;

        if (!sheet_find_column(l->s, first[i], &c))
            continue;
        for (at = n; l->order[at] != c; at++)
            ;
        memmove(&l->order[n + 1], &l->order[n], (at - n) * sizeof l->order[0]);
        l->order[n++] = c;
    }
    return n;
}

static void
figure_rows(struct buf *out, const struct look *l, size_t first)
{
    size_t count = 0, of = 0;
    bool bars = sheet_find_column(l->s, "count", &count) && sheet_find_column(l->s, "of", &of);

    for (size_t r = 0; r < rows_shown(l->s); r++) {
        buf_str(out, "<tr>");
        cells(out, l, r, 0, first);
        if (bars)
            share(out, sheet_text(l->s, r, count), sheet_text(l->s, r, of));
        cells(out, l, r, first, l->s->n_columns);
        buf_str(out, "</tr>\n");
    }
}

void
page_declared(struct buf *out, const struct release_doc *doc)
{
    const struct sheet *s = doc->declared;
    size_t first, at;
    struct look l;

    if (s == NULL)
        return;
    look_at(&l, s);
    first = figures_first(&l);
    begin_section(out, "public", "Public figures", "");
    buf_str(out, "<p>These were published before by the source that is named, and are not computed from the records of this release.</p>\n");
    say_rows(out, s);
    begin_table(out, "public", "");
    buf_fmt(out, "<table class=\"figures\">\n<caption>%s, %zu row%s</caption>\n<thead><tr>", s->name, s->n_rows, s->n_rows == 1 ? "" : "s");
    headings(out, doc, &l, 0, first);
    if (sheet_find_column(s, "count", &at) && sheet_find_column(s, "of", &at))
        buf_str(out, "<th scope=\"col\" class=\"n\">Share</th><td></td>");
    headings(out, doc, &l, first, s->n_columns);
    buf_str(out, "</tr></thead>\n<tbody>\n");
    figure_rows(out, &l, first);
    buf_str(out, "</tbody>\n</table>\n</div>\n</section>\n");
}
