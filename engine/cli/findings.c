#include "cli/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/findings_inside.h"

const char *
finding_text(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));

    return s != NULL ? s : "";
}

const json_t *
findings_page(const struct findings *f, const char *code)
{
    const json_t *page;
    size_t i;

    json_array_foreach(f->codes, i, page)
    {
        if (strcmp(finding_text(page, "code"), code) == 0)
            return page;
    }
    return NULL;
}

/* "rules/a.lua:12" -> file and line; without a number the line is 1. */
static void
set_place(const struct findings *f, json_t *finding, const char *where)
{
    const char *colon = strrchr(where, ':');
    long line = colon != NULL ? strtol(colon + 1, NULL, 10) : 0;
    size_t n = line > 0 ? (size_t)(colon - where) : strlen(where);
    const char *slash = f->config != NULL ? strrchr(f->config, '/') : NULL;

    if (slash != NULL && strlen(slash + 1) == n &&
        strncmp(slash + 1, where, n) == 0)
        json_object_set_new(finding, "file", json_string(f->config));
    else
        json_object_set_new(finding, "file", json_stringn(where, n));
    json_object_set_new(finding, "line", json_integer(line > 0 ? line : 1));
}

void
findings_add(struct findings *f, const json_t *found)
{
    static const char *const copied[] = {"code", "severity", "title", "message",
                                         "fix"};
    const json_t *one;
    size_t i;

    json_array_foreach(found, i, one)
    {
        json_t *finding = json_object();

        for (size_t k = 0; k < sizeof copied / sizeof *copied; k++)
            json_object_set(finding, copied[k],
                            json_object_get(one, copied[k]));
        set_place(f, finding, finding_text(one, "where"));
        json_array_append_new(f->list, finding);
    }
}

void
findings_add_paged(struct findings *f, const char *code, const char *where,
                   const char *message)
{
    const json_t *page = findings_page(f, code);
    json_t *found = json_array();

    json_array_append_new(
        found, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "code", code,
                         "severity", finding_text(page, "severity"), "title",
                         finding_text(page, "title"), "message", message, "fix",
                         finding_text(page, "fix"), "where", where));
    findings_add(f, found);
    json_decref(found);
}

/* --- a policy that does not load --- */

/* What the language says when it refuses something; see rules/std/10-core. */
static const struct {
    const char *says, *code;
} complaints[] = {
    {"there is no calendar \"", "U0205"},
    {"' is not in groups", "U0206"},
    {"' is not in tags", "U0207"},
    {"' is not in the configured helpdesks", "U0208"},
    {"' is none of ", "U0210"},
    {"escalate needs reason", "U0301"},
    {"escalate needs next_step", "U0302"},
};

void
findings_add_failure(struct findings *f, const char *complaint,
                     const char *otherwise)
{
    const char *space = strstr(complaint, ": "), *code = otherwise;
    struct buf where = {0};

    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++)
        if (strstr(complaint, complaints[i].says) != NULL)
            code = complaints[i].code;
    if (space != NULL)
        buf_add(&where, complaint, (size_t)(space - complaint));
    findings_add_paged(f, code, buf_str(&where),
                       space != NULL ? space + 2 : complaint);
    buf_free(&where);
}

/* --- order and numbers --- */

static int
by_place(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    json_int_t one = json_integer_value(json_object_get(x, "line"));
    json_int_t other = json_integer_value(json_object_get(y, "line"));
    int order = strcmp(finding_text(x, "file"), finding_text(y, "file"));

    if (order == 0)
        order = (one > other) - (one < other);
    if (order == 0)
        order = strcmp(finding_text(x, "code"), finding_text(y, "code"));
    return order != 0
               ? order
               : strcmp(finding_text(x, "message"), finding_text(y, "message"));
}

void
findings_sort(struct findings *f)
{
    size_t n = json_array_size(f->list);
    json_t **all = mem_alloc((n + 1) * sizeof(json_t *));

    for (size_t i = 0; i < n; i++)
        all[i] = json_incref(json_array_get(f->list, i));
    qsort(all, n, sizeof(json_t *), by_place);
    json_array_clear(f->list);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(f->list, all[i]);
    free(all);
}

size_t
findings_count(const struct findings *f, const char *severity)
{
    const json_t *one;
    size_t i, n = 0;

    json_array_foreach(f->list, i, one)
    {
        n += json_object_get(one, "allowed") == NULL &&
             strcmp(finding_text(one, "severity"), severity) == 0;
    }
    return n;
}

void
findings_clear(struct findings *f)
{
    json_decref(f->list);
    f->list = NULL;
}
