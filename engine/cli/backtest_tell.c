#include <stdio.h>
#include <string.h>

#include "cli/backtest_report.h"
#include "cli/verbs.h"

/* Beside it first, so that a reader never finds half of one. */
static int
write_file(const char *path, const struct buf *text, struct err *e)
{
    struct buf beside = {0};
    FILE *f;
    int rc = 0;

    buf_addf(&beside, "%s.new", path);
    f = fopen(buf_str(&beside), "we");
    if (f == NULL) {
        rc = err_sys(e, "%s", buf_str(&beside));
        goto out;
    }
    if (fwrite(text->data, 1, text->len, f) != text->len)
        rc = err_sys(e, "writing %s", buf_str(&beside));
    if (fclose(f) != 0 && rc == 0)
        rc = err_sys(e, "writing %s", buf_str(&beside));
    if (rc == 0 && rename(buf_str(&beside), path) != 0)
        rc = err_sys(e, "%s", path);
out:
    buf_free(&beside);
    return rc;
}

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
        rc = write_file(html, &out, &e);
    }
    buf_free(&out);
    if (rc == 0)
        return EXIT_DONE;
    fprintf(stderr, "usher %s: %s\n", verb, e.text);
    return EXIT_FAILED;
}
