#include "cli/findings.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/findings_inside.h"
#include "cli/out.h"

static long long
line_of(const json_t *one)
{
    return (long long)json_integer_value(json_object_get(one, "line"));
}

static bool
is_allowed(const json_t *one)
{
    return json_object_get(one, "allowed") != NULL;
}

static const char *
colour_of(const char *severity)
{
    return out_colour(strcmp(severity, "error") == 0     ? COLOUR_RED
                      : strcmp(severity, "warning") == 0 ? COLOUR_YELLOW
                                                         : COLOUR_DIM);
}

void
findings_print_text(const struct findings *f)
{
    const json_t *one;
    size_t i;

    json_array_foreach(f->list, i, one)
    {
        const char *severity = finding_text(one, "severity");

        if (is_allowed(one))
            continue;
        printf("%s:%lld: %s%s %s%s: %s\n    %s\n", finding_text(one, "file"),
               line_of(one), colour_of(severity), severity,
               finding_text(one, "code"), out_colour(COLOUR_NONE),
               finding_text(one, "message"), finding_text(one, "fix"));
    }
}

/* One line each, for editors: file:line:column: severity: message [code] */
void
findings_print_gcc(const struct findings *f)
{
    const json_t *one;
    size_t i;

    json_array_foreach(f->list, i, one)
    {
        if (!is_allowed(one))
            printf("%s:%lld:1: %s: %s; %s [%s]\n", finding_text(one, "file"),
                   line_of(one), finding_text(one, "severity"),
                   finding_text(one, "message"), finding_text(one, "fix"),
                   finding_text(one, "code"));
    }
}

/* --- SARIF 2.1.0 (OASIS), what code hosts show beside a change --- */

static json_t *
message(const char *s)
{
    return json_pack("{s:s}", "text", s);
}

static json_t *
sarif_rule(const json_t *page)
{
    struct buf help = {0};
    json_t *rule;

    buf_addf(&help, "%s %s\n\nBefore:\n%s\n\nAfter:\n%s",
             finding_text(page, "why"), finding_text(page, "fix"),
             finding_text(page, "before"), finding_text(page, "after"));
    rule = json_pack("{s:s, s:o, s:o, s:o, s:{s:s}}", "id",
                     finding_text(page, "code"), "shortDescription",
                     message(finding_text(page, "title")), "fullDescription",
                     message(finding_text(page, "what")), "help",
                     message(buf_str(&help)), "defaultConfiguration", "level",
                     finding_text(page, "severity"));
    buf_free(&help);
    return rule;
}

static json_int_t
index_of(const struct findings *f, const char *code)
{
    const json_t *page;
    size_t i;

    json_array_foreach(f->codes, i, page)
    {
        if (strcmp(finding_text(page, "code"), code) == 0)
            return (json_int_t)i;
    }
    return -1;
}

static json_t *
sarif_result(const struct findings *f, const json_t *one)
{
    struct buf said = {0};
    json_t *result;

    buf_addf(&said, "%s. %s", finding_text(one, "message"),
             finding_text(one, "fix"));
    result = json_pack("{s:s, s:I, s:s, s:o, s:[{s:{s:{s:s}, s:{s:I}}}]}",
                       "ruleId", finding_text(one, "code"), "ruleIndex",
                       index_of(f, finding_text(one, "code")), "level",
                       finding_text(one, "severity"), "message",
                       message(buf_str(&said)), "locations", "physicalLocation",
                       "artifactLocation", "uri", finding_text(one, "file"),
                       "region", "startLine", line_of(one));
    if (is_allowed(one))
        json_object_set_new(result, "suppressions",
                            json_pack("[{s:s, s:s}]", "kind", "inSource",
                                      "justification",
                                      finding_text(one, "allowed")));
    buf_free(&said);
    return result;
}

void
findings_print_sarif(const struct findings *f)
{
    json_t *rules = json_array(), *results = json_array(), *root;
    struct buf out = {0};
    const json_t *one;
    size_t i;

    json_array_foreach(f->codes, i, one)
    {
        json_array_append_new(rules, sarif_rule(one));
    }
    json_array_foreach(f->list, i, one)
    {
        json_array_append_new(results, sarif_result(f, one));
    }
    root = json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o}]}",
                     "$schema", "https://json.schemastore.org/sarif-2.1.0.json",
                     "version", "2.1.0", "runs", "tool", "driver", "name",
                     "usher", "version", USHER_VERSION, "rules", rules,
                     "columnKind", "utf16CodeUnits", "results", results);
    json_write(&out, root);
    printf("%s\n", out.data);
    buf_free(&out);
    json_decref(root);
}
