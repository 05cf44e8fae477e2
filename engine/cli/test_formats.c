/* The ways to tell what came of tests: see testing.h. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/out.h"
#include "cli/test_cover.h"
#include "cli/test_mutate.h"
#include "cli/testing.h"

static void
print(struct buf *out)
{
    fwrite(buf_str(out), 1, out->len, stdout);
    buf_free(out);
}

static void
indent(const struct buf *text, const char *by, struct buf *out)
{
    const char *line = buf_str(text);

    while (*line != '\0') {
        size_t n = strcspn(line, "\n");

        buf_addf(out, "%s%.*s\n", by, (int)n, line);
        line += n + (line[n] == '\n');
    }
}

/* Coverage and mutants, as far as they were asked for. */
static void
put_measures(const struct telling *t, struct buf *out)
{
    if (t->coverage != NULL)
        coverage_put(t->coverage, out);
    if (t->mutation != NULL)
        mutation_put(t->mutation, out);
}

/* --- pretty --- */

static void
pretty_failure(const struct suite *s, const struct trial_case *c,
               struct buf *out)
{
    struct buf why = {0};

    buf_addf(out, "%sfailed%s  %s\n        %s\n", out_colour(COLOUR_RED),
             out_colour(COLOUR_NONE), c->name, c->where);
    test_put_why(c, &why);
    indent(&why, "        ", out);
    buf_adds(out, "        alone: ");
    test_put_command(s, c, out);
    buf_addc(out, '\n');
    buf_free(&why);
}

void
test_tell_pretty(const struct telling *t)
{
    const struct suite *suites = t->suites;
    size_t count = t->count;
    struct buf out = {0};

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < suites[i].outcome->count; k++) {
            const struct trial_case *c = &suites[i].outcome->cases[k];

            if (c->passed)
                buf_addf(&out, "%sok%s      %s\n", out_colour(COLOUR_GREEN),
                         out_colour(COLOUR_NONE), c->name);
            else
                pretty_failure(&suites[i], c, &out);
        }
    put_measures(t, &out);
    print(&out);
}

/* --- tap: version 14, with a YAML block for what failed --- */

/* A number sign begins a directive, a backslash escapes; a name is a line. */
static void
tap_name(const char *name, struct buf *out)
{
    for (; *name != '\0'; name++) {
        if (*name == '#' || *name == '\\')
            buf_addc(out, '\\');
        buf_addc(out, *name == '\n' ? ' ' : *name);
    }
}

/* A JSON string is a YAML scalar. */
static void
tap_member(const char *key, const char *value, struct buf *out)
{
    buf_addf(out, "  %s: ", key);
    json_put_cstr(out, value);
    buf_addc(out, '\n');
}

static void
tap_failure(const struct suite *s, const struct trial_case *c, struct buf *out)
{
    struct buf text = {0};

    buf_adds(out, "  ---\n");
    tap_member("at", c->where, out);
    test_put_command(s, c, &text);
    tap_member("alone", buf_str(&text), out);
    buf_clear(&text);
    test_put_why(c, &text);
    buf_adds(out, "  why: |\n");
    indent(&text, "    ", out);
    buf_adds(out, "  ...\n");
    buf_free(&text);
}

void
test_tell_tap(const struct telling *t)
{
    const struct suite *suites = t->suites;
    size_t count = t->count;
    struct buf out = {0}, measures = {0};
    size_t number = 0, all = 0;

    for (size_t i = 0; i < count; i++)
        all += suites[i].outcome->count;
    buf_addf(&out, "TAP version 14\n1..%zu\n", all);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < suites[i].outcome->count; k++) {
            const struct trial_case *c = &suites[i].outcome->cases[k];

            buf_addf(&out, "%sok %zu - ", c->passed ? "" : "not ", ++number);
            tap_name(c->name, &out);
            buf_addc(&out, '\n');
            if (!c->passed)
                tap_failure(&suites[i], c, &out);
        }
    put_measures(t, &measures);
    indent(&measures, "# ", &out);
    buf_free(&measures);
    print(&out);
}

/* --- junit --- */

/* XML 1.0 has no way to say most control characters. */
static void
xml_text(const char *s, struct buf *out)
{
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '<')
            buf_adds(out, "&lt;");
        else if (c == '>')
            buf_adds(out, "&gt;");
        else if (c == '&')
            buf_adds(out, "&amp;");
        else if (c == '"')
            buf_adds(out, "&quot;");
        else if (c == '\n' || c == '\t')
            buf_addf(out, "&#%u;", c);
        else
            buf_addc(out, c < 0x20 || c == 0x7f ? '?' : *s);
    }
}

static void
xml_attribute(const char *name, const char *value, struct buf *out)
{
    buf_addf(out, " %s=\"", name);
    xml_text(value, out);
    buf_addc(out, '"');
}

/* A test that could not be judged is an error, not a failure. */
static void
junit_case(const struct suite *s, const struct trial_case *c, struct buf *out)
{
    bool error = c->failure[0] != '\0';
    const char *tag = error ? "error" : "failure";
    const json_t *first = json_array_get(c->differs, 0);
    const char *name = json_string_value(json_object_get(first, "name"));
    struct buf why = {0};

    buf_adds(out, "    <testcase");
    xml_attribute("name", c->name, out);
    xml_attribute("classname", c->where, out);
    if (c->passed) {
        buf_adds(out, "/>\n");
        return;
    }
    buf_addf(out, ">\n      <%s", tag);
    xml_attribute("message", error ? c->failure : name, out);
    xml_attribute("type", error ? "error" : "expectation", out);
    buf_addc(out, '>');
    test_put_why(c, &why);
    buf_adds(&why, "alone: ");
    test_put_command(s, c, &why);
    xml_text(buf_str(&why), out);
    buf_addf(out, "</%s>\n    </testcase>\n", tag);
    buf_free(&why);
}

static size_t
errors_of(const struct suite *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->outcome->count; i++)
        n += s->outcome->cases[i].failure[0] != '\0';
    return n;
}

static void
junit_counts(size_t tests, size_t failed, size_t errors, struct buf *out)
{
    buf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", tests,
             failed - errors, errors);
}

static void
junit_suite(const struct suite *s, struct buf *out)
{
    buf_adds(out, "  <testsuite");
    xml_attribute("name", s->dir, out);
    junit_counts(s->outcome->count, s->outcome->failed, errors_of(s), out);
    buf_adds(out, ">\n");
    for (size_t i = 0; i < s->outcome->count; i++)
        junit_case(s, &s->outcome->cases[i], out);
    buf_adds(out, "  </testsuite>\n");
}

void
test_tell_junit(const struct telling *t)
{
    const struct suite *suites = t->suites;
    size_t count = t->count;
    struct buf out = {0};
    size_t tests = 0, failed = 0, errors = 0;

    for (size_t i = 0; i < count; i++) {
        tests += suites[i].outcome->count;
        failed += suites[i].outcome->failed;
        errors += errors_of(&suites[i]);
    }
    buf_adds(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<testsuites name=\"usher test\"");
    junit_counts(tests, failed, errors, &out);
    buf_adds(&out, ">\n");
    for (size_t i = 0; i < count; i++)
        junit_suite(&suites[i], &out);
    buf_adds(&out, "</testsuites>\n");
    print(&out);
    /* The form has no place for these. */
    put_measures(t, &out);
    fputs(buf_str(&out), stderr);
    buf_free(&out);
}

/* --- json --- */

static json_t *
json_case(const struct suite *s, const struct trial_case *c)
{
    json_t *row = json_object();
    struct buf text = {0};

    json_object_set_new(row, "name", json_string(c->name));
    json_object_set_new(row, "where", json_string(c->where));
    json_object_set_new(row, "ok", json_boolean(c->passed));
    if (c->passed)
        return row;
    test_put_command(s, c, &text);
    json_object_set_new(row, "alone", json_string(buf_str(&text)));
    buf_clear(&text);
    test_put_why(c, &text);
    json_object_set_new(row, "diff", json_string(buf_str(&text)));
    if (c->failure[0] != '\0')
        json_object_set_new(row, "failure", json_string(c->failure));
    if (c->differs != NULL)
        json_object_set_new(row, "differs", json_deep_copy(c->differs));
    if (suite_decision(c) != NULL)
        json_object_set_new(row, "decision", json_deep_copy(suite_decision(c)));
    buf_free(&text);
    return row;
}

void
test_tell_json(const struct telling *t)
{
    const struct suite *suites = t->suites;
    size_t count = t->count;
    json_t *rows = json_array();
    struct buf out = {0};

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < suites[i].outcome->count; k++)
            json_array_append_new(
                rows, json_case(&suites[i], &suites[i].outcome->cases[k]));
    if (t->coverage != NULL || t->mutation != NULL)
        rows = json_pack("{s:o}", "tests", rows);
    if (t->coverage != NULL)
        json_object_set_new(rows, "coverage", coverage_json(t->coverage));
    if (t->mutation != NULL)
        json_object_set_new(rows, "mutation", mutation_json(t->mutation));
    json_write(&out, rows);
    buf_addc(&out, '\n');
    print(&out);
    json_decref(rows);
}
