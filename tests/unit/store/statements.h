/*
 * statements: every SQL text of the engine's sources, found by reading them:
 * runs of neighbouring string literals that begin with a verb of SQL.
 */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct statement {
    char *text;
    char file[64];
};

struct statements {
    struct statement all[512];
    size_t count;
};

static inline bool
statement_is(const char *text)
{
    static const char *const verbs[] = {"SELECT ", "INSERT ", "UPDATE ",
                                        "DELETE ", "WITH ",   "REPLACE "};

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strncmp(text, verbs[i], strlen(verbs[i])) == 0)
            return strchr(text, ' ') != NULL && strlen(text) > 20;
    return false;
}

static inline const char *
skip_blank(const char *p)
{
    for (;;) {
        while (isspace((unsigned char)*p))
            p++;
        if (strncmp(p, "/*", 2) != 0)
            return p;
        p = strstr(p + 2, "*/");
        if (p == NULL)
            return "";
        p += 2;
    }
}

/* p stands on a quote; the literal's bytes go to out. */
static inline const char *
read_literal(const char *p, struct buf *out)
{
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\')
            p++;
        buf_addc(out, *p);
    }
    return *p == '"' ? p + 1 : p;
}

static inline void
find_statements(const char *source, const char *file, struct statements *found)
{
    const char *p = source;

    while (*(p = skip_blank(p)) != '\0') {
        struct buf text = {0};

        if (p[0] == '\'') { /* a character constant, perhaps of a quote */
            p += p[1] == '\\' ? 4 : 3;
            continue;
        }
        if (*p != '"') {
            p++;
            continue;
        }
        while (*p == '"') {
            p = read_literal(p, &text);
            p = skip_blank(p);
        }
        if (statement_is(buf_str(&text)) &&
            found->count < sizeof found->all / sizeof *found->all) {
            struct statement *s = &found->all[found->count++];

            s->text = strdup(buf_str(&text));
            snprintf(s->file, sizeof s->file, "%s", file);
        }
        buf_free(&text);
    }
}

static inline char *
read_source(const char *path)
{
    struct buf text = {0};
    FILE *f = fopen(path, "r");
    char part[4096];
    size_t n;

    if (f == NULL)
        return NULL;
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(&text, part, n);
    fclose(f);
    return buf_take(&text, NULL);
}

/* All of engine/flow and engine/store; count stays 0 where the sources are
 * not at hand. */
static inline void
statements_read(struct statements *found)
{
    static const char *const patterns[] = {"engine/flow/*.c",
                                           "engine/store/*.c"};
    glob_t files = {0};

    memset(found, 0, sizeof *found);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        glob(patterns[i], i > 0 ? GLOB_APPEND : 0, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *source = read_source(files.gl_pathv[i]);

        if (source != NULL)
            find_statements(source, files.gl_pathv[i], found);
        free(source);
    }
    globfree(&files);
}

static inline void
statements_free(struct statements *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->all[i].text);
}

#endif
