#include "cli/findings.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/findings_inside.h"
#include "flow/file.h"
#include "script/set.h"

/* Comments that allow a finding:
 * -- usher: allow U0303 because the whole desk owns it
 * It stands at the end of the line that it is about, or above it. */

#define ALLOW "usher: allow"

struct allowance {
    const char *file;
    long at, line; /* of the comment, of what it is about */
    char code[8];
    char reason[200];
    bool used;
};

static bool
is_blank(const char *p, const char *end)
{
    while (p < end && isspace((unsigned char)*p))
        p++;
    return p == end;
}

static bool
is_comment(const char *p, const char *end)
{
    while (p < end && isspace((unsigned char)*p))
        p++;
    return end - p >= 2 && p[0] == '-' && p[1] == '-';
}

static const char *
line_end(const char *p, const char *end)
{
    const char *n = memchr(p, '\n', (size_t)(end - p));

    return n != NULL ? n : end;
}

/* The next line that holds code, behind the line that ends at p. */
static long
next_code(const char *p, const char *end, long line)
{
    while (p < end) {
        const char *from = p + 1, *to = from <= end ? line_end(from, end) : end;

        line++;
        if (!is_blank(from, to) && !is_comment(from, to))
            return line;
        p = to;
    }
    return line;
}

/* "U0303 because the whole desk owns it" */
static void
read_allowance(const char *p, const char *end, struct allowance *a)
{
    char text[512];
    char *because;

    snprintf(text, sizeof text, "%.*s", (int)(end - p), p);
    sscanf(text, " %5[U0-9]", a->code);
    because = strstr(text, "because");
    if (because == NULL)
        return;
    for (because += 7; isspace((unsigned char)*because); because++)
        ;
    snprintf(a->reason, sizeof a->reason, "%.*s", (int)strcspn(because, "\r\n"),
             because);
}

static void
take_allowance(struct findings *f, struct allowance *a)
{
    json_t *one;
    size_t i;

    if (strlen(a->code) != 5 || findings_page(f, a->code) == NULL ||
        a->reason[0] == '\0') {
        char where[4200];

        snprintf(where, sizeof where, "%s:%ld", a->file, a->at);
        findings_add_paged(f, "U0004", where,
                           a->reason[0] == '\0'
                               ? "an allowance says because, and why"
                               : "an allowance names the code of a finding");
        return;
    }
    json_array_foreach(f->list, i, one)
    {
        if (strcmp(finding_text(one, "code"), a->code) == 0 &&
            strcmp(finding_text(one, "file"), a->file) == 0 &&
            json_integer_value(json_object_get(one, "line")) == a->line) {
            json_object_set_new(one, "allowed", json_string(a->reason));
            a->used = true;
        }
    }
}

static void
allow_line(struct findings *f, const char *file, long line, const char *from,
           const char *to, const char *end)
{
    const char *dashes = memmem(from, (size_t)(to - from), "--", 2);
    const char *allow = dashes != NULL ? memmem(dashes, (size_t)(to - dashes),
                                                ALLOW, sizeof ALLOW - 1)
                                       : NULL;
    struct allowance a = {.file = file, .at = line, .line = line};

    if (allow == NULL)
        return;
    if (is_blank(from, dashes))
        a.line = next_code(to, end, line);
    read_allowance(allow + sizeof ALLOW - 1, to, &a);
    take_allowance(f, &a);
    if (!a.used && a.reason[0] != '\0' && findings_page(f, a.code) != NULL) {
        char where[4200], message[80];

        snprintf(where, sizeof where, "%s:%ld", file, line);
        snprintf(message, sizeof message, "there is no %s here to allow",
                 a.code);
        findings_add_paged(f, "U0003", where, message);
    }
}

static int
allow_file(struct findings *f, const char *path, struct err *e)
{
    struct buf text = {0};
    const char *p, *end;
    int rc = file_read(path, SCRIPT_FILE_MAX, &text, e);

    p = buf_str(&text);
    end = p + text.len;
    for (long line = 1; rc == 0 && p < end; line++) {
        const char *to = line_end(p, end);

        allow_line(f, path, line, p, to, end);
        p = to + 1;
    }
    buf_free(&text);
    return rc;
}

int
findings_allow(struct findings *f, const char *dir, struct err *e)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    char path[4096];
    int rc = 0;

    while (d != NULL && rc == 0 &&
           (entry = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe)
        const char *dot = strrchr(entry->d_name, '.');

        if (entry->d_name[0] == '.' || dot == NULL || strcmp(dot, ".lua") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        rc = allow_file(f, path, e);
    }
    if (d != NULL)
        closedir(d);
    return rc;
}
