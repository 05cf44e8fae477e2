#include <stdio.h>
#include <string.h>

#include "cli/backtest_report.h"
#include "cli/out.h"
#include "cli/verbs.h"

int
report_tell(const char *verb, const struct report *r, bool json,
            const char *html)
{
    struct buf out = {0};
    struct err e = {0};
    int rc = 0;

    if (json)
        report_json(r, &out);
    else
        report_text(r, &out);
    fwrite(out.data, 1, out.len, stdout);
    if (html != NULL) {
        buf_clear(&out);
        report_html(r, &out);
        rc = out_write_file(html, &out, &e);
    }
    buf_free(&out);
    if (rc == 0)
        return EXIT_DONE;
    fprintf(stderr, "usher %s: %s\n", verb, e.text);
    return EXIT_FAILED;
}
