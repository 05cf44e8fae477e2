#include "attack.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

/* --- scripts of our own --- */

static const char runner[] =
    "local attack, neighbour\n"
    "local entry = {}\n"
    "function entry.loaded(name, value)\n"
    "  if name == 'zz-neighbour.lua' then neighbour = value\n"
    "  elseif type(value) == 'function' then attack = value end\n"
    "end\n"
    "function entry.attack(c) return attack(c) end\n"
    "function entry.neighbour(c) return neighbour(c) end\n"
    "function entry.victim() return victim and victim() or 'clean' end\n"
    "function entry.harmless() return 'harmless' end\n"
    "return entry\n";

static const char neighbour[] =
    "return function(c)\n"
    "  local out = {}\n"
    "  local function put(...) for i = 1, select('#', ...) do\n"
    "    out[#out + 1] = tostring((select(i, ...))) end end\n"
    "  local list = { 5, 3, 9, 1 }\n"
    "  table.sort(list) table.insert(list, 2, 7)\n"
    "  put(table.concat(list, ','), table.remove(list), #list)\n"
    "  for k, v in pairs { b = 1, a = 2, [7] = 3 } do put(k, v) end\n"
    "  for i, v in ipairs { 'x', 'y' } do put(i, v) end\n"
    "  put(('Hello'):upper():rep(2, '-'), ('a1b22'):gsub('%d+', '#'))\n"
    "  put(string.format('%5.1f|%s|%q', 2.25, {}, 'q'))\n"
    "  put(json.encode { n = 1, list = { 1, 2 }, s = '\\u{e9}' })\n"
    "  put(json.decode('{\"a\":[1,2.5]}').a[2], json.null)\n"
    "  put(text.fold('\\u{c9}T\\u{c9}'), #text.words('one two'))\n"
    "  put(text.markdown_to_text('**b** c'), text.html_to_text('<p>x<b>y'))\n"
    "  put(regex.match('(\\\\d+)', 'abc 123'), url.query { b = 'c d', a = 1 "
    "})\n"
    "  put(digest.hex_sha256('x'), base64.encode('xyz'), time.format(0))\n"
    "  put(table.unpack { 1, 2, 3 }) put(math.floor(2.5), "
    "utf8.len('n\\u{e9}'))\n"
    "  put(type(pairs), rawequal(out, out), next {}, getmetatable('') == nil)\n"
    "  put(pcall(error, 'e', 0)) put(pcall(function() return no_such_word "
    "end))\n"
    "  put(setmetatable({}, { __index = function(_, k) return k end }).x)\n"
    "  put(c.plan, #c.messages, c.messages[1].text)\n"
    "  return table.concat(out, '\\n')\n"
    "end\n";

static const char neighbour_rules[] =
    "rule \"the neighbour's\" {\n"
    "  when = all { says { 'refund' }, turns(1) },\n"
    "  escalate = { reason = 'refund_review', next_step = 'look',\n"
    "    subject = '{plan} {first_question, 20}' },\n"
    "}\n";

struct script_set *
attack_set(const struct attack *a, bool rules)
{
    struct script_set *s = script_set_new("attack");
    const char *last = rules ? neighbour_rules : neighbour;
    struct err e = {0};
    int rc;

    if (rules)
        rc = script_set_prelude(s, "rules/std", &e);
    else
        rc = script_set_add_prelude(s, "runner.lua", runner, sizeof runner - 1,
                                    &e);
    if (rc == 0 && a != NULL && a->victim != NULL)
        rc = script_set_add_prelude(s, "victim.lua", a->victim,
                                    strlen(a->victim), &e);
    if (rc == 0 && a != NULL)
        rc = script_set_add(s, a->name, a->text, a->n, &e);
    if (rc == 0)
        rc = script_set_add(s, "zz-neighbour.lua", last, strlen(last), &e);
    if (rc != 0) {
        fprintf(stderr, "attack: %s: %s\n", a != NULL ? a->name : "calm",
                e.text);
        exit(2);
    }
    script_set_seal(s);
    return s;
}

/* --- files --- */

static bool
ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n >= m && strcmp(s + n - m, end) == 0;
}

/* The victim that an attack brings: the body of a function, in a long string.
 */
static char *
find_victim(const char *text)
{
    const char *from = strstr(text, "local victim = [[");
    const char *to = from != NULL ? strstr(from, "]]") : NULL;
    struct buf file = {0};

    if (to == NULL)
        return NULL;
    from += strlen("local victim = [[");
    buf_addf(&file, "victim = function() %.*s end", (int)(to - from), from);
    return file.data;
}

static bool
read_attack(const char *folder, const char *name, struct attack *a)
{
    FILE *f;
    const char *expect;

    memset(a, 0, sizeof *a);
    snprintf(a->path, sizeof a->path, "%s/%s", folder, name);
    snprintf(a->name, sizeof a->name, "%s", name);
    f = fopen(a->path, "rb");
    if (f == NULL)
        return false;
    a->text = mem_zero(SCRIPT_FILE_MAX + 1);
    a->n = fread(a->text, 1, SCRIPT_FILE_MAX, f);
    fclose(f);
    expect = strstr(a->text, "expect: ");
    if (expect == NULL || sscanf(expect + 8, "%95[^\n]", a->expect) != 1) {
        fprintf(stderr, "attack: %s does not say what to expect\n", a->path);
        exit(2);
    }
    a->victim = find_victim(a->text);
    a->rules = ends_with(name, "-rules.lua");
    a->loading = strstr(name, "loading") != NULL;
    return true;
}

size_t
attack_read_folder(const char *folder, struct attack *list, size_t count,
                   size_t max)
{
    DIR *d = opendir(folder);
    const struct dirent *entry;

    if (d == NULL) {
        fprintf(stderr, "attack: %s: no such folder\n", folder);
        exit(2);
    }
    while ((entry = readdir(d)) != NULL && count < max)
        if (ends_with(entry->d_name, ".lua") &&
            read_attack(folder, entry->d_name, &list[count]))
            count++;
    closedir(d);
    return count;
}

/* "budget or error": the classes that an attack may end with. One limit may
 * come before another, on another machine. */
bool
attack_may_end(const struct attack *a, enum script_class class)
{
    enum {
        LIMIT = 1u << SCRIPT_BUDGET | 1u << SCRIPT_MEMORY | 1u << SCRIPT_WALL,
        REFUSED =
            1u << SCRIPT_ERROR | 1u << SCRIPT_BAD_SET | 1u << SCRIPT_BAD_RESULT
    };
    static const struct {
        const char *word;
        unsigned classes;
    } words[] = {
        {"budget", LIMIT},
        {"memory", LIMIT},
        {"wall", 1u << SCRIPT_WALL},
        {"error", REFUSED},
        {"bad_set", 1u << SCRIPT_BAD_SET},
        {"bad_result", 1u << SCRIPT_BAD_RESULT},
        {"contained", LIMIT | REFUSED | 1u << SCRIPT_OK},
        {"deterministic", 1u << SCRIPT_OK},
        {"ok", 1u << SCRIPT_OK},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(a->expect, words[i].word) != NULL &&
            (words[i].classes & 1u << class) != 0)
            return true;
    return false;
}
