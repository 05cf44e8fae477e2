#include "cli/test_cover.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "base/pack.h"
#include "base/value.h"
#include "cli/testing.h"
#include "flow/policy.h"
#include "script/pool.h"

enum kind {
    KIND_RULE,
    KIND_MODIFIER,
    KIND_CONDITION
};

/* Something that tests can see happen. */
struct part {
    enum kind kind;
    const char *name; /* the rule's or modifier's; a condition's text */
    const char *where;
    const struct part *owner; /* of a condition */
    size_t yes, no;           /* times: decided or applied; held, did not */
    size_t cases;             /* tests in which the rule matched */
    size_t last_case;         /* the last of these, from 1 */
};

struct coverage {
    struct arena *arena;
    struct part **parts;
    size_t count, room;
    struct map *by_path; /* of the suite in hand: "name\npath" */
    size_t cases;
    size_t left; /* of the call */
    json_t *listed;
    struct err error;
    struct buf key;
};

#define PATH_MAX_CHARS 256 /* "1.2.1": the depth of conditions is limited */

struct coverage *
coverage_new(void)
{
    struct coverage *c = mem_zero(sizeof *c);

    c->arena = arena_new(4096);
    return c;
}

void
coverage_free(struct coverage *c)
{
    if (c == NULL)
        return;
    free(c->parts);
    buf_free(&c->key);
    arena_free(c->arena);
    free(c);
}

/* --- the parts of a policy --- */

/* Good until the next one. */
static const char *
key_of(struct coverage *c, const char *name, const char *path)
{
    buf_clear(&c->key);
    buf_addf(&c->key, "%s\n%s", name, path);
    return c->key.data;
}

static struct part *
add_part(struct coverage *c, enum kind kind, const json_t *row,
         const char *name, const struct part *owner)
{
    struct part *p = arena_alloc(c->arena, sizeof *p);

    *p = (struct part){.kind = kind, .owner = owner};
    p->name = arena_str(c->arena, name);
    p->where = arena_str(c->arena, json_str_or(row, "where", ""));
    if (c->count == c->room) {
        c->room = c->room * 2 + 32;
        c->parts = mem_grow(c->parts, c->room * sizeof *c->parts);
    }
    c->parts[c->count++] = p;
    map_put(c->by_path,
            key_of(c, owner != NULL ? owner->name : name,
                   json_str_or(row, "path", "")),
            p);
    return p;
}

static void
add_parts(struct coverage *c, const json_t *row)
{
    bool rule = strcmp(json_str_or(row, "kind", ""), "rule") == 0;
    const struct part *owner =
        add_part(c, rule ? KIND_RULE : KIND_MODIFIER, row,
                 json_str_or(row, "name", ""), NULL);
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(row, "conditions"), i, one)
        add_part(c, KIND_CONDITION, one, json_str_or(one, "expr", ""), owner);
}

static void
on_parts(void *arg, const struct script_result *r)
{
    struct coverage *c = arg;

    c->left = 0;
    if (r->class == SCRIPT_OK)
        c->listed = value_json(r->value);
    else
        err_set(&c->error, ERR_SCRIPT, "%s", r->text);
}

static int
list_parts(struct coverage *c, struct suite *s, struct err *e)
{
    struct buf args = {0};

    c->left = 1;
    c->listed = NULL;
    pack_array(&args, 0);
    pool_call(s->opened.pool, s->opened.policy->set, "parts", SCRIPT_TEST,
              &args, on_parts, c);
    buf_free(&args);
    if (pool_wait(s->opened.pool, &c->left, -1, e) != 0)
        return -1;
    if (c->listed == NULL)
        *e = c->error;
    return c->listed != NULL ? 0 : -1;
}

/* --- what the tests saw --- */

static void
see_condition(struct coverage *c, const char *owner, const json_t *trace,
              const char *path)
{
    struct part *p = map_get(c->by_path, key_of(c, owner, path));
    char deeper[PATH_MAX_CHARS];
    const json_t *one;
    size_t i;

    if (p == NULL)
        return;
    if (json_is_true(json_object_get(trace, "pass")))
        p->yes++;
    else
        p->no++;
    json_array_foreach(json_object_get(trace, "conditions"), i, one)
    {
        snprintf(deeper, sizeof deeper, "%s.%zu", path, i + 1);
        see_condition(c, owner, one, deeper);
    }
}

static void
see_rule(struct coverage *c, struct part *p, const json_t *row)
{
    p->yes += json_is_true(json_object_get(row, "decided"));
    if (json_is_true(json_object_get(row, "fired")) &&
        p->last_case != c->cases) {
        p->last_case = c->cases;
        p->cases++;
    }
}

static void
see_decision(struct coverage *c, const json_t *decision)
{
    bool keeps = strcmp(json_str_or(decision, "action", ""), "keep") == 0;
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(decision, "trace"), i, row)
    {
        bool rule = json_object_get(row, "rule") != NULL;
        const char *name = json_str_or(row, rule ? "rule" : "modifier", "");
        struct part *p = map_get(c->by_path, key_of(c, name, ""));

        if (p == NULL)
            continue;
        if (rule)
            see_rule(c, p, row);
        else
            p->yes += json_is_true(json_object_get(row, "fired")) && !keeps;
        see_condition(c, name,
                      json_array_get(json_object_get(row, "conditions"), 0),
                      "1");
    }
}

static void
see_cases(struct coverage *c, const struct suite *s)
{
    const json_t *one;
    size_t k;

    for (size_t i = 0; i < s->outcome->count; i++) {
        c->cases++;
        json_array_foreach(s->outcome->cases[i].decisions, k, one)
            see_decision(c, one);
    }
}

int
coverage_add(struct coverage *c, struct suite *s, struct err *e)
{
    const json_t *row;
    size_t i;

    if (list_parts(c, s, e) != 0)
        return -1;
    c->by_path = map_new();
    json_array_foreach(c->listed, i, row) add_parts(c, row);
    see_cases(c, s);
    map_free(c->by_path);
    json_decref(c->listed);
    return 0;
}

/* --- telling --- */

/* A condition is two things to see, a rule or a modifier one. */
static void
count_seen(const struct coverage *c, size_t *seen, size_t *all)
{
    *seen = *all = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct part *p = c->parts[i];

        *seen += p->yes > 0;
        *all += 1;
        if (p->kind == KIND_CONDITION) {
            *seen += p->no > 0;
            *all += 1;
        }
    }
}

unsigned
coverage_percent(const struct coverage *c)
{
    size_t seen, all;

    count_seen(c, &seen, &all);
    return all == 0 ? 100 : (unsigned)(seen * 100 / all);
}

static void
put_unseen_condition(const struct part *p, bool held, struct buf *out)
{
    buf_addf(out, "%s: %s %s in any test (%s \"%s\")\n", p->where, p->name,
             held ? "does not hold" : "is not false",
             p->owner->kind == KIND_RULE ? "rule" : "modifier", p->owner->name);
}

static void
put_unseen(const struct part *p, struct buf *out)
{
    if (p->kind == KIND_CONDITION) {
        if (p->yes == 0)
            put_unseen_condition(p, true, out);
        if (p->no == 0)
            put_unseen_condition(p, false, out);
    } else if (p->yes > 0) {
        return;
    } else if (p->kind == KIND_MODIFIER) {
        buf_addf(out, "%s: modifier \"%s\" is applied in no test\n", p->where,
                 p->name);
    } else if (p->cases > 0) {
        buf_addf(out,
                 "%s: rule \"%s\" always loses: matched in %zu %s, decided in "
                 "none\n",
                 p->where, p->name, p->cases, p->cases == 1 ? "case" : "cases");
    } else {
        buf_addf(out, "%s: rule \"%s\" decides in no test\n", p->where,
                 p->name);
    }
}

void
coverage_put(const struct coverage *c, struct buf *out)
{
    size_t seen, all;

    for (size_t i = 0; i < c->count; i++)
        put_unseen(c->parts[i], out);
    count_seen(c, &seen, &all);
    buf_addf(out, "coverage: %u %% (%zu of %zu)\n", coverage_percent(c), seen,
             all);
}

static json_t *
part_json(const struct part *p)
{
    static const char *const kinds[] = {"rule", "modifier", "condition"};
    json_t *row = json_pack("{s:s,s:s,s:s}", "kind", kinds[p->kind], "name",
                            p->name, "where", p->where);

    if (p->kind == KIND_CONDITION) {
        json_object_set_new(row, "of", json_string(p->owner->name));
        json_object_set_new(row, "held", json_integer((json_int_t)p->yes));
        json_object_set_new(row, "failed", json_integer((json_int_t)p->no));
        return row;
    }
    json_object_set_new(row, p->kind == KIND_RULE ? "decided" : "applied",
                        json_integer((json_int_t)p->yes));
    if (p->kind == KIND_RULE)
        json_object_set_new(row, "matched_in",
                            json_integer((json_int_t)p->cases));
    return row;
}

json_t *
coverage_json(const struct coverage *c)
{
    json_t *parts = json_array();
    size_t seen, all;

    for (size_t i = 0; i < c->count; i++)
        json_array_append_new(parts, part_json(c->parts[i]));
    count_seen(c, &seen, &all);
    return json_pack("{s:i,s:I,s:I,s:o}", "percent", (int)coverage_percent(c),
                     "seen", (json_int_t)seen, "all", (json_int_t)all, "parts",
                     parts);
}

/* --- lcov --- */

static size_t
file_length(const char *where)
{
    const char *colon = strrchr(where, ':');

    return colon != NULL ? (size_t)(colon - where) : strlen(where);
}

static bool
same_file(const struct part *a, const struct part *b)
{
    size_t n = file_length(a->where);

    return n == file_length(b->where) && memcmp(a->where, b->where, n) == 0;
}

static long
line_of(const struct part *p)
{
    size_t n = file_length(p->where);

    return p->where[n] == ':' ? strtol(p->where + n + 1, NULL, 10) : 0;
}

/* The parts of one file, by line; those of a line as they stand. */
static size_t
parts_of_file(const struct coverage *c, const struct part *first,
              const struct part **into)
{
    size_t n = 0;

    for (size_t i = 0; i < c->count; i++)
        if (same_file(c->parts[i], first))
            into[n++] = c->parts[i];
    for (size_t i = 1; i < n; i++) /* insertion: stable, and nearly in order */
        for (size_t k = i; k > 0 && line_of(into[k - 1]) > line_of(into[k]);
             k--) {
            const struct part *other = into[k];

            into[k] = into[k - 1];
            into[k - 1] = other;
        }
    return n;
}

static void
put_functions(const struct part *const *parts, size_t n, FILE *f)
{
    size_t found = 0, hit = 0;

    for (size_t i = 0; i < n; i++) {
        if (parts[i]->kind == KIND_CONDITION)
            continue;
        fprintf(f, "FN:%ld,%s\nFNDA:%zu,%s\n", line_of(parts[i]),
                parts[i]->name, parts[i]->yes, parts[i]->name);
        found++;
        hit += parts[i]->yes > 0;
    }
    fprintf(f, "FNF:%zu\nFNH:%zu\n", found, hit);
}

static void
put_branches(const struct part *const *parts, size_t n, FILE *f)
{
    size_t found = 0, hit = 0, block = 0;

    for (size_t i = 0; i < n; i++) {
        const struct part *p = parts[i];

        if (i > 0 && line_of(parts[i - 1]) != line_of(p))
            block = 0;
        if (p->kind != KIND_CONDITION)
            continue;
        if (p->yes + p->no == 0)
            fprintf(f, "BRDA:%ld,%zu,0,-\nBRDA:%ld,%zu,1,-\n", line_of(p),
                    block, line_of(p), block);
        else
            fprintf(f, "BRDA:%ld,%zu,0,%zu\nBRDA:%ld,%zu,1,%zu\n", line_of(p),
                    block, p->yes, line_of(p), block, p->no);
        block++;
        found += 2;
        hit += (size_t)(p->yes > 0) + (size_t)(p->no > 0);
    }
    fprintf(f, "BRF:%zu\nBRH:%zu\n", found, hit);
}

static void
put_lines(const struct part *const *parts, size_t n, FILE *f)
{
    size_t found = 0, hit = 0;

    for (size_t i = 0; i < n;) {
        long line = line_of(parts[i]);
        size_t times = 0;

        for (; i < n && line_of(parts[i]) == line; i++) {
            const struct part *p = parts[i];
            size_t seen = p->kind == KIND_CONDITION ? p->yes + p->no : p->yes;

            if (seen > times)
                times = seen;
        }
        fprintf(f, "DA:%ld,%zu\n", line, times);
        found++;
        hit += times > 0;
    }
    fprintf(f, "LF:%zu\nLH:%zu\n", found, hit);
}

static void
put_file(const struct part *const *parts, size_t n, FILE *f)
{
    char name[4096], *whole;

    snprintf(name, sizeof name, "%.*s", (int)file_length(parts[0]->where),
             parts[0]->where);
    whole = realpath(name, NULL);
    fprintf(f, "TN:\nSF:%s\n", whole != NULL ? whole : name);
    free(whole);
    put_functions(parts, n, f);
    put_branches(parts, n, f);
    put_lines(parts, n, f);
    fputs("end_of_record\n", f);
}

static bool
is_first_of_file(const struct coverage *c, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (same_file(c->parts[i], c->parts[at]))
            return false;
    return true;
}

int
coverage_write_lcov(const struct coverage *c, const char *path, struct err *e)
{
    FILE *f = fopen(path, "w");
    const struct part **parts = mem_zero((c->count + 1) * sizeof *parts);
    bool bad;

    if (f == NULL) {
        free(parts);
        return err_sys(e, "%s", path);
    }
    for (size_t i = 0; i < c->count; i++)
        if (is_first_of_file(c, i))
            put_file(parts, parts_of_file(c, c->parts[i], parts), f);
    free(parts);
    bad = ferror(f) != 0;
    if (fclose(f) != 0 || bad)
        return err_sys(e, "%s", path);
    return 0;
}
