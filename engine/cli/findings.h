/*
 * findings: what `usher check` found, each with a code, a place, a message and
 * what to do; the comments that allow one; and the ways to print them.
 */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct findings {
    json_t *list; /* array of objects: code, severity, file, line, message,
                     fix; allowed: the reason, when a comment allows it */
    const char *config; /* path of the configuration, whose complaints name the
                           file without its folder; or NULL */
    json_t *codes; /* array of pages (see rules/lint/20-codes.lua); borrowed */
};

/* From an answer of the checks: each with where = "file:line". */
void findings_add(struct findings *f, const json_t *found);

/* A complaint of loading, "file:line: what is wrong", as a finding: its code
 * goes by what it says, and is `otherwise` when that says nothing known. */
void findings_add_failure(struct findings *f, const char *complaint,
                          const char *otherwise);

/* Apply the comments "-- usher: allow CODE because ..." of a folder's scripts:
 * those that allow nothing or give no reason become findings. */
int findings_allow(struct findings *f, const char *dir,
                   struct err *e) MUST_CHECK;

/* By file, line and code. */
void findings_sort(struct findings *f);

/* Not allowed ones of this severity ("error", "warning", "note"). */
size_t findings_count(const struct findings *f, const char *severity);

void findings_print_text(const struct findings *f);
void findings_print_gcc(const struct findings *f);
void findings_print_sarif(const struct findings *f);

void findings_clear(struct findings *f);

#endif
