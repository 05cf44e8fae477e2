#include "cli/page.h"

#include <string.h>

#include "base/str.h"
#include "cli/backtest_chart.h"
#include "cli/backtest_report.h"

static const char style[] =
    ":root{--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--page:#fff;"
    "--card:#f6f8fa;--old:#8a94a3;--new:#2563eb;--bad:#b42318;--good:#17713b}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa5b4;"
    "--line:#333c48;--page:#12161c;--card:#1a2029;--old:#7d8896;--new:#6ea0ff;"
    "--bad:#ff8a80;--good:#6fd394}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:68rem;padding:1rem;background:var(--page);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 "
    ".5rem}\n"
    "p,.note{color:var(--soft)}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr)"
    ");gap:.6rem}\n"
    ".card{background:var(--card);border:1px solid var(--line);"
    "border-radius:.5rem;padding:.6rem .8rem}\n"
    ".card "
    "b{display:block;font-size:1.4rem;font-variant-numeric:tabular-nums}\n"
    ".card span{color:var(--soft);font-size:.85rem}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}\n"
    "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid "
    "var(--line);vertical-align:top}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    "code{font:.85em ui-monospace,monospace;overflow-wrap:anywhere}\n"
    "details{border:1px solid var(--line);border-radius:.5rem;margin:.4rem 0;"
    "padding:.4rem .8rem;background:var(--card)}\n"
    "summary{cursor:pointer;overflow-wrap:anywhere}\n"
    ".bad{color:var(--bad)}.good{color:var(--good)}\n"
    "svg{width:100%;height:auto;display:block}\n"
    "svg text{fill:var(--soft);font:11px system-ui,sans-serif}\n"
    ".o{fill:var(--old)}.w{fill:var(--new)}.a{stroke:var(--line)}\n"
    ".key i{display:inline-block;width:.8rem;height:.8rem;border-radius:.2rem;"
    "margin:0 .3rem 0 .8rem}\n"
    "@media print{details{break-inside:avoid}}\n";

void
page_open(struct buf *out, const char *title)
{
    buf_addf(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
             "<meta charset=\"utf-8\"/>\n"
             "<meta name=\"viewport\" "
             "content=\"width=device-width, initial-scale=1\"/>\n"
             "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
             "<title>%s</title>\n<style>\n%s</style>\n</head>\n"
             "<body>\n",
             title, style);
}

void
page_close(struct buf *out)
{
    buf_adds(out, "</body>\n</html>\n");
}

void
page_text(struct buf *out, const char *s)
{
    chart_escape(out, s, strlen(s));
}

void
page_buf(struct buf *out, struct buf *text)
{
    chart_escape(out, buf_str(text), text->len);
    buf_free(text);
}

void
page_cell(struct buf *out, const char *s)
{
    buf_adds(out, "<td>");
    page_text(out, s);
    buf_adds(out, "</td>");
}

void
page_count(struct buf *out, size_t n)
{
    buf_adds(out, "<td class=\"n\">");
    report_number(n, out);
    buf_adds(out, "</td>");
}

void
page_decimal(struct buf *out, double v, int places)
{
    if (v < 0)
        buf_adds(out, "<td class=\"n\">-</td>");
    else
        buf_addf(out, "<td class=\"n\">%.*f</td>", places, v);
}

/* A table's beginning: "Name|#Number|..." */
void
page_table(struct buf *out, const char *columns)
{
    struct str rest = str_of(columns), one;

    buf_adds(out, "<div class=\"wide\"><table><thead><tr>");
    while (str_cut(&rest, '|', &one)) {
        bool number = one.len > 0 && one.p[0] == '#';

        buf_adds(out, number ? "<th class=\"n\">" : "<th>");
        buf_add(out, one.p + number, one.len - number);
        buf_adds(out, "</th>");
    }
    buf_adds(out, "</tr></thead><tbody>\n");
}

void
page_table_end(struct buf *out)
{
    buf_adds(out, "</tbody></table></div>\n");
}

void
page_card(struct buf *out, size_t n, const char *what, double percent)
{
    buf_adds(out, "<div class=\"card\"><b>");
    report_number(n, out);
    buf_addf(out, "</b><span>%s", what);
    if (percent >= 0)
        buf_addf(out, ", %.2f %%", percent);
    buf_adds(out, "</span></div>\n");
}
