#include "cli/out.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define SHOW_EVERY_US 200000

const char *
out_colour(enum colour c)
{
    static const char *const codes[] = {
        [COLOUR_NONE] = "\033[0m",   [COLOUR_RED] = "\033[31m",
        [COLOUR_GREEN] = "\033[32m", [COLOUR_YELLOW] = "\033[33m",
        [COLOUR_DIM] = "\033[2m",
    };

    if (isatty(1) == 0 || getenv("NO_COLOR") != NULL)
        return "";
    return codes[c];
}

void
progress_start(struct progress *p, const char *what, size_t total)
{
    *p = (struct progress){what, 0, total, clock_mono_us(), 0};
}

static void
show(const struct progress *p, int64_t now)
{
    double seconds = (double)(now - p->started_us) / 1e6;
    double rate = seconds > 0 ? (double)p->done / seconds : 0;

    fprintf(stderr, "\r%zu %s, %.0f/s", p->done, p->what, rate);
    if (p->total > p->done && rate > 0)
        fprintf(stderr, ", %.0f s left", (double)(p->total - p->done) / rate);
    fputs("\033[K", stderr);
}

void
progress_step(struct progress *p, size_t done)
{
    int64_t now;

    p->done = done;
    now = clock_mono_us();
    if (now - p->shown_us < SHOW_EVERY_US)
        return;
    p->shown_us = now;
    if (isatty(2) != 0)
        show(p, now);
}

void
progress_end(struct progress *p)
{
    if (isatty(2) == 0)
        return;
    show(p, clock_mono_us());
    fputc('\n', stderr);
}

int
out_write_file(const char *path, const struct buf *text, struct err *e)
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
