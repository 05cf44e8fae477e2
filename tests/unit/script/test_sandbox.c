/*
 * The sandbox's promises: limits that no script gets around, words that leak
 * nothing, sets that load in order, calls that know nothing of each other.
 * Acceptance: promise 3 (a rule can hurt nobody), the attack corpus in
 * process is test_attacks.c.
 */
#include "try.h"

#include <sys/wait.h>
#include <unistd.h>

#include "script/seccomp.h"

/* --- what a confined process can do --- */

/* Sorting many keys makes the C library ask for the size of the memory once,
 * which is the end of a confined process: it must have happened before. */
static int
sort_while_confined(void)
{
    struct err e;

    if (try_setup(NULL) != 0 || seccomp_confine(&e) != 0)
        return 2;
    try_body("local t = {} for i = 1, 3000 do t['k' .. i] = i end "
             "local n = 0 for _ in pairs(t) do n = n + 1 end return n");
    return strcmp(try_say(), "3000") == 0 ? 0 : 3;
}

/* Runs first: it needs a process that has sorted nothing yet. */
static void
large_tables_are_sorted_while_confined(void **state)
{
    int status = -1;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(sort_while_confined());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* --- limits --- */

static void
endless_loops_end_with_the_budget(void **state)
{
    (void)state;
    assert_body("while true do end",
                "budget: user.lua:1: too much work: the budget of "
                "instructions is used up");
    assert_string_equal(try_outcome.where, "user.lua:1");
    assert_in_range(try_outcome.instructions, 1000000, 1002000);
    assert_body_begins("::top:: goto top", "budget: ");
    assert_body_begins("for i = 1, math.maxinteger do end", "budget: ");
    assert_body_begins("for i = math.mininteger, math.maxinteger, 1 do end",
                       "budget: ");
}

static void
nothing_catches_the_end_of_the_budget(void **state)
{
    (void)state;
    assert_body_begins("local function f() while true do end end "
                       "while true do pcall(f) end",
                       "budget: ");
    assert_body_begins("xpcall(function() while true do end end, "
                       "function() while true do end end) return 'out'",
                       "budget: ");
    assert_body_begins("pcall(pcall, pcall, xpcall, function() while true do "
                       "end end, function() end) return 'out'",
                       "budget: ");
    assert_body_begins(
        "local t = setmetatable({}, { __index = function() while "
        "true do end end }) pcall(function() return t.x end) "
        "return 'out'",
        "budget: ");
    assert_body_begins("pcall(string.gsub, 'x', 'x', function() while true do "
                       "end end) return 'out'",
                       "budget: ");
    assert_body_begins("pcall(table.sort, { 1, 2 }, function() while true do "
                       "end end) return 'out'",
                       "budget: ");
}

/* Handlers of to-be-closed variables get no budget of their own. */
static void
close_handlers_end_with_it(void **state)
{
    (void)state;
    assert_body_begins(
        "local mt = { __close = function() while true do end end } "
        "local function deep(n) local g <close> = setmetatable({}, mt) "
        "if n > 0 then deep(n - 1) end while true do end end deep(60)",
        "budget: ");
    assert_in_range(try_outcome.instructions, 1000000, 1010000);
}

static void
library_work_is_charged(void **state)
{
    (void)state;
    assert_body_begins("local s = ('x'):rep(200000) while true do "
                       "s:find('y', 1, true) end",
                       "budget: ");
    assert_body_begins("local n = 0 while true do n = n + #('x'):rep(200000) "
                       "end",
                       "memory: "); /* nothing is collected that fast */
    assert_body_begins("local t = table.pack(('x'):rep(9000):byte(1, 9000)) "
                       "while true do table.sort(t) end",
                       "budget: ");
    assert_body_begins("local t = {} for i = 1, 9000 do t[i] = i end while "
                       "true do table.insert(t, 1, 0) table.remove(t, 1) end",
                       "budget: ");
    assert_body_begins("local s = ('<p>x</p>'):rep(20000) while true do "
                       "text.html_to_text(s) end",
                       "budget: ");
    assert_body_begins("local s = ('x '):rep(90000) while true do text.fold(s) "
                       "end",
                       "budget: ");
}

static void
ranges_are_refused(void **state)
{
    (void)state;
    assert_body("table.move({}, 1, 2 ^ 53 // 1 | 0, 2)",
                "error: user.lua:1: a range of more than 1000000");
    assert_body_begins("return table.concat({}, 'x', 1, math.maxinteger)",
                       "error: user.lua:1: a range of more than 1000000");
    assert_body_begins("return table.unpack({}, 1, 1e6)",
                       "error: user.lua:1: a range of more than 10000");
    assert_body_begins(
        "return table.unpack({}, math.mininteger, math.maxinteger)",
        "error: user.lua:1: a range of more than 10000");
}

static void
lengths_are_real(void **state)
{
    static const char *const calls[] = {
        "table.insert(t, 'x')", "table.insert(t, 1, 'x')", "table.remove(t)",
        "table.remove(t, 1)",   "table.concat(t)",         "table.unpack(t)",
        "table.sort(t)",        "table.sort(t, rawequal)",
    };

    (void)state;
    assert_body_begins("local t = setmetatable({}, { __len = function() return "
                       "2 ^ 40 // 1 | 0 end }) table.insert(t, 1, 'x')",
                       "error: user.lua:1: bad argument #1 to 'insert' (a "
                       "table with a __len of its own)");
    assert_body_begins("local t = setmetatable({}, { __len = function() return "
                       "2 ^ 30 // 1 | 0 end, __index = rawlen }) table.sort(t, "
                       "rawequal)",
                       "error: ");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char body[400];

        snprintf(body, sizeof body,
                 "local t = setmetatable({ 'a' }, { __len = function() return "
                 "2 ^ 40 // 1 | 0 end, __index = rawlen }) return %s",
                 calls[i]);
        assert_body_begins(body, "error: user.lua:1: bad argument #1 to ");
        assert_non_null(strstr(try_say(), "(a table with a __len of its own)"));
    }
    assert_body("local t = setmetatable({}, { __index = { n = 1 } }) "
                "table.insert(t, 'x') return #t + t.n",
                "2");
    assert_body("local t = setmetatable({ 'a' }, { __len = error }) "
                "return table.move(t, 1, 1, 2, {})[2]",
                "\"a\"");
}

static void
strings_have_a_longest(void **state)
{
    (void)state;
    assert_body_begins("local s = 'x' while true do s = s .. s end",
                       "memory: user.lua:1: a string of ");
    assert_body_begins("pcall(function() local s = 'x' while true do s = s .. "
                       "s end end) return 'out'",
                       "memory: ");
    assert_body("return #('x'):rep(262144)", "262144");
    assert_body_begins("return #('x'):rep(1000000000)", "memory: user.lua:1: ");
}

static void
tables_and_stacks_have_a_largest(void **state)
{
    (void)state;
    assert_body_begins("local t = {} for i = 1, 1e9 do t[i] = i end",
                       "memory: user.lua:1: a table or stack of ");
    assert_body_begins("while true do pcall(string.rep, 'x', 1e9 // 1 | 0) end",
                       "memory: ");
    assert_body_begins("local keep = {} for i = 1, 60000 do keep[i] = "
                       "('x'):rep(400) .. i end",
                       "memory: user.lua:1: out of memory: more than 16777216");
    assert_in_range(try_outcome.peak, 1, 16 << 20);
}

static void
after_memory_the_next_call_is_well(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_body_begins("local t = {} for i = 1, 1e9 do t[i] = i end",
                           "memory: ");
        assert_body("return 'fine'", "\"fine\"");
    }
}

/* A call that makes much garbage but keeps little goes on. */
static void
garbage_is_collected_when_it_must_be(void **state)
{
    (void)state;
    try_limits.instructions = 20000000;
    assert_body("local n = 0 for i = 1, 400000 do local t = { i } n = n + #t "
                "end return n",
                "400000");
    try_limits.instructions = 1000000;
}

static void
patterns_end_with_their_steps(void **state)
{
    (void)state;
    assert_body("local s = string.rep('a', 3000) "
                "return string.find(s, string.rep('a-', 8) .. 'b')",
                "budget: user.lua:1: too much work: the budget of pattern "
                "steps is used up");
    assert_body_begins("pcall(function() return ('x'):rep(2000):match(("
                       "'.-'):rep(7) .. 'y') end) return 'out'",
                       "budget: ");
    assert_body_begins("for w in ('x'):rep(2000):gmatch(('.-'):rep(7) .. 'y') "
                       "do end",
                       "budget: ");
    assert_body_begins("return ('x'):rep(2000):gsub(('x*'):rep(7) .. 'y', '')",
                       "budget: ");
}

static void
recursion_of_every_kind_ends(void **state)
{
    static const char *const bodies[] = {
        "local mt = {} mt.__index = function(t, k) return t[k .. 'x'] end "
        "return setmetatable({}, mt).a",
        "local function f() return (string.gsub('x', 'x', f)) end return f()",
        "local function f() table.sort({ 2, 1 }, function() f() end) end f()",
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = "
        "function(s) return tostring(s) end return tostring(t)",
        "local function f() return pcall(f) end return f()",
        "local function f() return xpcall(f, f) end return f()",
        "local t = {} for i = 1, 500 do t = { t } end return json.encode(t)",
    };

    (void)state;
    assert_body("local function f(n) return 1 + f(n + 1) end return f(1)",
                "error: user.lua:1: stack overflow: more than 5000 calls "
                "within calls");
    assert_body("local function f(n) return 1 + f(n + 1) end pcall(f, 1) "
                "return 'caught'",
                "\"caught\"");
    assert_body("local function f(n) if n == 0 then return 0 end return 1 + "
                "f(n - 1) end return f(4500)",
                "4500");
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        try_body(bodies[i]);
        assert_body("return 1", "1");
    }
}

/* --- errors --- */

static void
errors_say_where(void **state)
{
    (void)state;
    assert_body("error('no')", "error: user.lua:1: no");
    assert_string_equal(try_outcome.where, "user.lua:1");
    assert_body("error('no', 0)", "error: no");
    assert_string_equal(try_outcome.where, "user.lua:1");
    assert_body("local x = nil + 1",
                "error: user.lua:1: attempt to perform arithmetic on a nil "
                "value");
    assert_body("error({ message = 'told' })", "error: told");
    assert_string_equal(try_outcome.where, "user.lua:1");
    assert_body("error({})", "error: an error value without a message");
    assert_body("error()", "error: an error value without a message");
    assert_body("error(42)", "error: 42");
}

static void
error_values_are_opaque(void **state)
{
    (void)state;
    assert_body("error(setmetatable({}, { __tostring = function() while true "
                "do end end, __index = function() while true do end end, "
                "__name = ('n'):rep(5000) }))",
                "error: an error value without a message");
    assert_body("error(setmetatable({}, { __index = { message = 'x' } }))",
                "error: an error value without a message");
}

static void
error_text_is_short_and_printable(void **state)
{
    const char *said;

    (void)state;
    assert_body("error('a\\n\\27[2J\\0b\\r\\xff', 0)",
                "error: a\\n\\x1b[2J\\x00b\\x0d\xef\xbf\xbd");
    said = try_body("error(('\xc3\xa4'):rep(5000))");
    assert_in_range(strlen(try_outcome.text), 1000, 1024);
    assert_true(utf8_valid(said, strlen(said)));
    assert_body("error('a\\u{202e}b\\u{85}c', 0)", "error: abc");
}

static void
error_in_error_ends(void **state)
{
    (void)state;
    assert_body("local function h(e) error(e) end local function over(n) "
                "return over(n) end for _ = 1, 5 do xpcall(error, h, 'a') "
                "xpcall(error, error, 'b') end return 'done'",
                "\"done\"");
    assert_body("return select(2, xpcall(error, function(e) return e .. '!' "
                "end, 'a'))",
                "\"a!\"");
    assert_body("return (xpcall(error, function(e) error('again') end, 'a'))",
                "false");
    assert_body("return select('#', pcall(function(...) return ... end, 1, 2, "
                "3))",
                "4");
    assert_body("return select(3, xpcall(function(...) return ... end, error, "
                "7, 8))",
                "8");
}

/* --- words --- */

static void
words_that_do_not_exist(void **state)
{
    static const char *const names[] = {
        "io",      "os",       "debug",          "package",   "load",
        "dofile",  "loadfile", "loadstring",     "print",     "warn",
        "_G",      "_VERSION", "collectgarbage", "coroutine", "setfenv",
        "getfenv", "newproxy", "module",         "unpack",    "arg"};
    static const char *const members[] = {
        "string.dump",     "string.pack",
        "string.unpack",   "math.random",
        "math.randomseed", "string.packsize",
        "table.foreach",   "json.encode_keep_buffer"};
    char body[200];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(body, sizeof body, "return %s", names[i]);
        assert_body_begins(body, "error: user.lua:1: unknown word");
    }
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        snprintf(body, sizeof body, "return %s == nil", members[i]);
        assert_body(body, "true");
    }
}

/* Whatever can be reached from a user's file is on the list. */
static void
nothing_else_is_reachable(void **state)
{
    static const char walk[] =
        "local bad = {} for _, k in ipairs { 'io', 'os', 'debug', 'package', "
        "'load', 'loadstring', 'loadfile', 'dofile', 'dump', 'collectgarbage', "
        "'print', 'warn', 'popen', 'execute', 'getenv', 'sethook', "
        "'getregistry', 'setupvalue', 'randomseed' } do bad[k] = true end "
        "local seen, found = {}, {} "
        "local function look(t) if type(t) ~= 'table' or seen[t] then return "
        "end seen[t] = true for k, v in pairs(t) do if bad[k] then "
        "found[#found + 1] = k end look(v) end look(getmetatable(t)) end "
        "look(_ENV) look(string) look(getmetatable('')) "
        "return found";

    (void)state;
    assert_body(walk, "{}");
}

static void
pairs_is_sorted(void **state)
{
    (void)state;
    assert_body(
        "local o = {} for k in pairs { z = 1, a = 1, [2] = 1, [-1] = 1, "
        "[1.5] = 1, [true] = 1, [false] = 1, ab = 1, B = 1, [''] = 1, "
        "[math.maxinteger] = 1, [2 ^ 63] = 1, [-2 ^ 70] = 1 } do "
        "o[#o + 1] = tostring(k) end return table.concat(o, ' ')",
        "\"-1.1805916207174e+21 -1 1.5 2 9223372036854775807 "
        "9.2233720368548e+18  B a ab z false true\"");
    assert_body("local o = {} for k, v in pairs { 5, 6, 7 } do o[#o + 1] = k * "
                "v end return o",
                "[5,12,21]");
    assert_body("local t, o = { a = 1, b = 2, c = 3 }, '' for k in pairs(t) do "
                "t.b = nil o = o .. k end return o",
                "\"ac\"");
    assert_body_begins("for k in pairs { [{}] = 1 } do end",
                       "error: user.lua:1: bad argument #1 to 'pairs'");
    assert_body("for k in pairs(setmetatable({}, { __pairs = function() return "
                "function() return 1 end end })) do return 'used' end return "
                "'raw'",
                "\"raw\"");
    assert_body(
        "local n = 0 for i = 1, 3 do for k in pairs { x = 1, y = 2 } do "
        "for j in pairs { p = 1, q = 2 } do n = n + 1 end end end "
        "return n",
        "12");
}

static void
next_is_an_emptiness_test(void **state)
{
    (void)state;
    assert_body("return { next({}) == nil, next { a = 1 } ~= nil, (next { z = "
                "1, b = 2, y = 3 }), next { [{}] = 1 } }",
                "[true,true,\"b\",true]");
    assert_body_begins("return next({ a = 1 }, 'a')",
                       "error: user.lua:1: next");
}

static void
no_addresses(void **state)
{
    (void)state;
    assert_body("return { tostring({}), tostring(function() end), "
                "tostring(error), tostring(nil), tostring(2 ^ 53), "
                "tostring(json.null), tostring(true), ('%s|%10s|%-6s|'):format("
                "{}, error, true) }",
                "[\"table\",\"function\",\"function\",\"nil\","
                "\"9.007199254741e+15\",\"null\",\"true\","
                "\"table|  function|true  |\"]");
    assert_body("return tostring(setmetatable({}, { __tostring = function() "
                "return 'me' end }))",
                "\"me\"");
    assert_body("return tostring(setmetatable({}, { __name = 'odd' }))",
                "\"table\"");
    assert_body_begins("return ('%p'):format({})", "error: ");
    assert_body_begins("return ('%5p'):format({})", "error: ");
    assert_body_begins("return ('%1000d'):format(1)", "error: ");
    assert_body("return ('%5.1f|%d|%q|%%|%x'):format(2.25, 3, 'a', 255)",
                "\"  2.2|3|\\\"a\\\"|%|ff\"");
}

static void
metatables_are_bounded(void **state)
{
    (void)state;
    assert_body_begins("setmetatable({}, { __gc = function() end })",
                       "error: user.lua:1: setmetatable: __gc is not");
    assert_body_begins("setmetatable({}, { __mode = 'k' })", "error: ");
    assert_body_begins("setmetatable({}, { __metatable = false })", "error: ");
    assert_body("return getmetatable('') == nil and getmetatable(1) == nil",
                "true");
    assert_body("local mt = { __index = { x = 5 } } local t = setmetatable({}, "
                "mt) return t.x + (getmetatable(t) == mt and 1 or 0)",
                "6");
    assert_body("return ('10' + 1) * '3'", "33");
}

static void
libraries_stay_as_they_are(void **state)
{
    (void)state;
    assert_body_begins("string.lower = 1", "error: user.lua:1: this table");
    assert_body_begins("rawset(string, 'lower', 1)", "error: ");
    assert_body_begins("table.insert(string, 1)", "error: ");
    assert_body_begins("table.move({ 1 }, 1, 1, 1, math)", "error: ");
    assert_body_begins("setmetatable(string, {})", "error: ");
    assert_body_begins("rawset(_ENV, 'x', 1)", "error: ");
    assert_body_begins("setmetatable(_ENV, {})", "error: ");
    assert_body("return getmetatable(string) == nil and getmetatable(_ENV) == "
                "nil",
                "true");
    assert_body("return string.lower('A') .. ('B'):lower()", "\"ab\"");
}

static void
table_words_work(void **state)
{
    (void)state;
    assert_body("local t = { 3, 1, 2 } table.sort(t) table.insert(t, 4) "
                "table.insert(t, 1, 0) return t",
                "[0,1,2,3,4]");
    assert_body("local t = { 1, 2, 3 } return { table.remove(t), "
                "table.remove(t, 1), #t, table.remove({}) == nil }",
                "[3,1,1,true]");
    assert_body("local t = table.pack(1, nil, 3) return t.n", "3");
    assert_body("return { table.unpack({ 1, 2, 3 }, 2) }", "[2,3]");
    assert_body("return table.concat({ 1, 2.5, 'x' }, '-', 2, 3)", "\"2.5-x\"");
    assert_body_begins("return table.concat { {} }",
                       "error: user.lua:1: table.concat: item 1 is a table");
    assert_body("return table.move({ 1, 2, 3 }, 1, 3, 2)", "[1,1,2,3]");
    assert_body("return table.move({ 1, 2, 3 }, 2, 3, 1)", "[2,3,3]");
    assert_body("return table.move({ 1, 2, 3 }, 1, 3, 1, {})", "[1,2,3]");
    assert_body_begins("table.insert({}, 3, 1)", "error: user.lua:1: bad");
    assert_body_begins("table.insert({}, 1, 2, 3)", "error: ");
}

static void
sort_is_stable_and_unshaken(void **state)
{
    (void)state;
    assert_body("local t = {} for i = 1, 100 do t[i] = { i % 3, i } end "
                "table.sort(t, function(a, b) return a[1] < b[1] end) "
                "for i = 2, 100 do if t[i][1] == t[i - 1][1] and t[i][2] < "
                "t[i - 1][2] then return 'unstable' end end return 'stable'",
                "\"stable\"");
    assert_body(
        "local t, x = {}, 12345 for i = 1, 500 do x = (x * 1103515245 + "
        "12345) % 2147483648 t[i] = x end table.sort(t) for i = 2, 500 "
        "do if t[i] < t[i - 1] then return i end end return 'sorted'",
        "\"sorted\"");
    assert_body("local t = { 3, 1, 2 } table.sort(t, function() return true "
                "end) return #t",
                "3");
    assert_body("local t = { 3, 1, 2 } pcall(table.sort, t, function() "
                "t[#t + 1] = 1 error {} end) return t[1]",
                "3");
    assert_body_begins("table.sort { 1, 'a' }", "error: attempt to compare");
    assert_string_equal(try_outcome.where, "user.lua:1");
}

/* --- loading --- */

static const char *
load_says(const struct try_file *files, size_t count)
{
    struct sandbox_image *image = try_load(files, count, NULL);

    if (image == NULL)
        return try_say();
    sandbox_image_free(image);
    return "loaded";
}

static void
sets_load_in_order(void **state)
{
    static const struct try_file files[] = {
        {"a.lua",
         "local entry, log = {}, {}\n"
         "function entry.loaded(name, value) log[#log + 1] = name .. '=' .. "
         "tostring(value) end\n"
         "function entry.finish() log[#log + 1] = 'finish ' .. given.x end\n"
         "function entry.log() return log end\n"
         "function word() return undeclared_in_prelude == nil end\n"
         "return entry\n",
         true},
        {"b.lua", "second = word", true},
        {"rules/10.lua", "return require 'lists'", false},
        {"rules/20.lua", "return second() and require 'rules/10'", false},
        {"rules/lists.lua", "return given.x", false},
    };
    struct sandbox_image *image = try_load(files, 5, "{\"x\":7}");

    (void)state;
    assert_non_null(image);
    assert_string_equal(try_call(image, "log", "[]"),
                        "[\"rules/lists.lua=7\",\"rules/10.lua=7\","
                        "\"rules/20.lua=7\",\"finish 7\"]");
    sandbox_image_free(image);
}

/* A list runs never; whoever loads may read it, beside itself first. */
static void
lists_are_read_while_loading(void **state)
{
    static const struct try_file files[] = {
        {"a.lua",
         "local require = require\n"
         "function word(name) return require(name) end\n" TRY_PRELUDE,
         true},
        {"rules/10.lua",
         "local s = word 'names.txt' .. word 'other/names.txt'\n"
         "return function(now) return now and word(now) or s end",
         false},
        {"other/names.txt", "= not Lua (\n", false},
        {"rules/names.txt", "ana\n", false},
    };
    struct sandbox_image *image = try_load(files, 4, NULL);

    (void)state;
    assert_non_null(image);
    assert_string_equal(try_call(image, "run", "[]"),
                        "\"ana\\n= not Lua (\\n\"");
    assert_non_null(strstr(try_call(image, "run", "[\"names.txt\"]"),
                           "require works while a set is loaded only"));
    sandbox_image_free(image);
}

static void
given_and_require_end_with_the_load(void **state)
{
    static const struct try_file files[] = {
        {"a.lua", TRY_PRELUDE "function word() return given end\n", true},
        {"u.lua",
         "local kept = given return function() return { word() == nil, "
         "pcall(function() return given end), kept[1] } end",
         false},
        {"z.lua", "return nil", false},
    };
    struct sandbox_image *image;

    (void)state;
    image = try_load(files, 2, "[5]");
    assert_null(image); /* "return entry" must end the prelude file */
    assert_body("return (pcall(function() return require 'user' end))",
                "false");
    assert_body_begins("require 'user'",
                       "error: user.lua:1: unknown word 'require'");
}

static void
given_is_gone_in_a_call(void **state)
{
    static const struct try_file files[] = {
        {"a.lua", "function word() return given end\n" TRY_PRELUDE, true},
        {"u.lua",
         "local kept = given return function() return { word() == nil, "
         "(pcall(function() return given end)), kept[1] } end",
         false},
    };
    struct sandbox_image *image = try_load(files, 2, "[5]");

    (void)state;
    assert_non_null(image);
    assert_string_equal(try_call(image, "run", "[]"), "[true,false,5]");
    sandbox_image_free(image);
}

static void
sets_that_do_not_load(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"x = 1", "bad_set: u.lua:1: 'x' is not declared; add local before it"},
        {"local a\nfunction b() end",
         "bad_set: u.lua:2: 'b' is not declared; add local before it"},
        {"pairs = nil", "bad_set: u.lua:1: 'pairs' is a word of the language "
                        "and stays what it is; choose another name or add "
                        "local"},
        {"local x = tabel.pack()", "bad_set: u.lua:1: unknown word 'tabel' "
                                   "(did you mean 'table'?)"},
        {"local = 1", "bad_set: u.lua:1: <name> expected near '='"},
        {"\x1bLua", "bad_set: "},
        {"require 'u'", "bad_set: u.lua:1: u.lua requires itself, in a circle"},
        {"require 'v'", "bad_set: u.lua:1: require: this set has no file 'v'"},
        {"require 'std'",
         "bad_set: u.lua:1: require: this set has no file 'std'"},
        {"require '../u'", "bad_set: "},
        {"while true do end", "budget: u.lua:1: too much work"},
        {"local t = {} for i = 1, 1e9 do t[i] = i end", "memory: u.lua:1: "},
        {"error({})", "bad_set: an error value without a message"},
        {"local s = ('x'):rep(100000):rep(100)", "memory: u.lua:1: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct try_file files[] = {{"std.lua", TRY_PRELUDE, true},
                                         {"u.lua", cases[i].text, false}};
        const char *said = load_says(files, 2);

        if (strncmp(said, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: %s", cases[i].text, said);
    }
}

static void
sets_need_an_entry_table(void **state)
{
    static const struct try_file none[] = {{"u.lua", "return 1", false}};
    static const struct try_file odd[] = {{"std.lua", "return 1", true}};
    struct sandbox_outcome o;

    (void)state;
    assert_string_equal(load_says(none, 1), "bad_set: the set has no prelude");
    assert_string_equal(load_says(odd, 1),
                        "bad_set: std.lua must return the entry table");
    assert_string_equal(load_says(none, 0), "bad_set: the set has no prelude");
    assert_null(sandbox_load(try_sandbox, "\xc1garbage", 8, &try_limits, &o));
    assert_int_equal(o.class, SCRIPT_BAD_SET);
    assert_true(o.text[0] != '\0');
}

/* One user file cannot change what another one, or the prelude, reads. */
static void
files_do_not_change_each_other(void **state)
{
    static const struct try_file files[] = {
        {"std.lua",
         "function lower(s) return string.lower(s) end\n" TRY_PRELUDE, true},
        {"a.lua",
         "for _, f in ipairs { function() string.lower = 1 end, function() "
         "rawset(string, 'lower', 1) end, function() rawset(_ENV, 'lower', 1) "
         "end, function() setmetatable(_ENV, { __index = error }) end, "
         "function() getmetatable('').__index = {} end, function() lower = 1 "
         "end } do assert(not pcall(f)) end\n"
         "setmetatable(given.list, { __index = error })\n",
         false},
        {"b.lua",
         "return function() return lower 'A' .. string.lower 'B' .. "
         "('C'):lower() end",
         false},
    };
    struct sandbox_image *image = try_load(files, 3, "{\"list\":[1]}");

    (void)state;
    if (image == NULL)
        fail_msg("%s", try_say());
    assert_string_equal(try_call(image, "run", "[]"), "\"abc\"");
    sandbox_image_free(image);
}

static void
where_names_the_caller(void **state)
{
    static const struct try_file files[] = {
        {"std.lua",
         "function rule(name) return function(spec) spec.at = where(2) return "
         "spec end end\n" TRY_PRELUDE,
         true},
        {"rules/10.lua",
         "local r = rule 'x' {\n  a = 1 }\nreturn function() return { r.at, "
         "where(), where(1), where(0), where(60) } end",
         false},
    };
    struct sandbox_image *image = try_load(files, 2, NULL);

    (void)state;
    assert_non_null(image);
    assert_string_equal(try_call(image, "run", "[]"),
                        "[\"rules/10.lua:1\",\"rules/10.lua:3\","
                        "\"rules/10.lua:3\",\"rules/10.lua:3\"]");
    sandbox_image_free(image);
}

static void
unknown_functions_are_named(void **state)
{
    static const struct try_file files[] = {{"std.lua", TRY_PRELUDE, true}};
    struct sandbox_image *image = try_load(files, 1, NULL);

    (void)state;
    assert_non_null(image);
    assert_string_equal(try_call(image, "decide", "[]"),
                        "error: this set has no function 'decide'");
    sandbox_image_free(image);
}

/* --- calls and each other --- */

/* State left in upvalues, tables, metatables and globals is gone. */
static void
calls_know_nothing_of_each_other(void **state)
{
    static const struct try_file files[] = {
        {"std.lua",
         "counter = 0\nlocal up = 0\nlocal list = { 1 }\n"
         "local entry = {}\n"
         "function entry.run(x) up = up + 1 list[#list + 1] = x\n"
         "  counter = counter + 1\n"
         "  string.lower = function() return 'owned' end\n"
         "  rawset(entry, 'seen', (entry.seen or 0) + 1)\n"
         "  local big = {} for i = 1, 200 do big[i] = ('secret %d'):format(i) "
         "end\n"
         "  return { up, #list, counter, entry.seen, ('A'):lower() } end\n"
         "function entry.fail() up = 99 string.upper = nil error 'x' end\n"
         "function entry.spin() up = 99 while true do up = up + 1 end end\n"
         "function entry.fill() local t = {} for i = 1, 1e9 do t[i] = { i } "
         "end end\n"
         "return entry\n",
         true},
    };
    struct sandbox_image *image = try_load(files, 1, NULL);
    static const char *const spoilers[] = {"fail", "spin", "fill"};

    (void)state;
    assert_non_null(image);
    for (int i = 0; i < 60; i++) {
        assert_string_equal(try_call(image, "run", "[1]"),
                            "[1,2,1,1,\"owned\"]");
        try_call(image, spoilers[i % 3], "[]");
        assert_int_not_equal(try_outcome.class, SCRIPT_OK);
    }
    sandbox_image_free(image);
}

static void
images_live_side_by_side(void **state)
{
    struct sandbox_image *images[8];
    char text[200];

    (void)state;
    for (int i = 0; i < 8; i++) {
        struct try_file file = {"std.lua", text, true};
        snprintf(text, sizeof text,
                 "local t = {} for i = 1, %d do t[i] = 'item ' .. i end "
                 "return { run = function() return { %d, #t } end }",
                 1 + i * 37 % 5 * 400, i);
        images[i] = try_load(&file, 1, NULL);
        assert_non_null(images[i]);
    }
    for (int i = 0; i < 400; i++) {
        int which = i * 5 % 8;

        snprintf(text, sizeof text, "[%d,%d]", which, 1 + which * 37 % 5 * 400);
        assert_string_equal(try_call(images[which], "run", "[]"), text);
    }
    for (int i = 0; i < 8; i++)
        sandbox_image_free(images[i]);
}

/* Resident pages of this process. */
static long
resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size, pages;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &size, &pages), 2);
    fclose(f);
    return pages;
}

static void
a_hundred_thousand_restores_do_not_grow(void **state)
{
    static const struct try_file files[] = {
        {"std.lua",
         "return { run = function(x) local t = {} for i = 1, 20 do t[i] = x .. "
         "i end return json.encode(json.decode(json.encode(t))) end }",
         true},
    };
    struct sandbox_image *image = try_load(files, 1, NULL);
    long before = 0;

    (void)state;
    assert_non_null(image);
    for (int i = 0; i < 100000; i++) {
        try_call(image, "run", "[\"x\"]");
        assert_int_equal(try_outcome.class, SCRIPT_OK);
        if (i == 1000)
            before = resident();
    }
#ifndef USHER_SANITIZED
    assert_in_range(resident(), 1, before + 64);
#else
    (void)before; /* a sanitizer's own memory grows */
#endif
    sandbox_image_free(image);
}

/* --- determinism --- */

static const char mixed[] =
    "return { run = function(x)\n"
    "  local o, t = {}, {}\n"
    "  for w in ('the quick brown fox jumps over the lazy dog again'):gmatch "
    "'%a+' do t[w] = (t[w] or 0) + 1 end\n"
    "  t.fox = nil t[1] = 1 t[2.5] = 2 t[true] = 3\n"
    "  for k, v in pairs(t) do o[#o + 1] = tostring(k) .. tostring(v) end\n"
    "  o[#o + 1] = tostring(t) .. tostring(error) .. ('%s %.14g %5.2f'):format("
    "t, 0.1 + 0.2, x)\n"
    "  o[#o + 1] = text.count(text.tokens { 'b a b', 'c a' })\n"
    "  o[#o + 1] = (next(t))\n"
    "  local s = { 'b', 'a', 'c' } table.sort(s) o[#o + 1] = "
    "table.concat(s)\n"
    "  o[#o + 1] = regex.match('(?i)(F.X)', 'fox') o[#o + 1] = #t\n"
    "  return { list = o, map = t.nothing, where = where(1) }\n"
    "end }";

/* The result's bytes as hex, from a process of its own: other addresses,
 * another second, another seed. */
static void
run_elsewhere(char *out, size_t n, bool often)
{
    int pipe_ends[2];
    pid_t pid;
    size_t got = 0;

    assert_int_equal(pipe(pipe_ends), 0);
    pid = fork();
    if (pid == 0) {
        struct try_file file = {"std.lua", mixed, true};
        struct sandbox_image *image;

        try_setup(NULL);
        image = try_load(&file, 1, NULL);
        for (int i = 0; image && i < (often ? 10000 : 1); i++)
            try_call(image, "run", "[2.25]");
        if (write(pipe_ends[1], try_packed.data, try_packed.len) < 0)
            _exit(1);
        _exit(0);
    }
    close(pipe_ends[1]);
    for (ssize_t r; (r = read(pipe_ends[0], out + got, n - got)) > 0;)
        got += (size_t)r;
    memset(out + got, 0, n - got);
    close(pipe_ends[0]);
}

static void
results_are_the_same_everywhere(void **state)
{
    char first[2048], other[2048];

    (void)state;
    run_elsewhere(first, sizeof first, false);
    assert_in_range((unsigned char)first[0], 0x80, 0x8f);
    for (int i = 0; i < 5; i++) {
        run_elsewhere(other, sizeof other, i == 4);
        assert_memory_equal(first, other, sizeof first);
    }
}

static void
instructions_are_the_same_every_time(void **state)
{
    int64_t first;

    (void)state;
    try_body("local n = 0 for i = 1, 5000 do n = n + #tostring(i) end return "
             "n");
    first = try_outcome.instructions;
    for (int i = 0; i < 10; i++) {
        try_body("local n = 0 for i = 1, 5000 do n = n + #tostring(i) end "
                 "return n");
        assert_int_equal(try_outcome.instructions, first);
    }
}

static void
the_last_place_is_known(void **state)
{
    (void)state;
    try_body("while true do end");
    assert_string_equal(sandbox_last_place, "user.lua:1");
    try_body("return 1");
    assert_string_equal(sandbox_last_place, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_tables_are_sorted_while_confined),
        cmocka_unit_test(endless_loops_end_with_the_budget),
        cmocka_unit_test(nothing_catches_the_end_of_the_budget),
        cmocka_unit_test(close_handlers_end_with_it),
        cmocka_unit_test(library_work_is_charged),
        cmocka_unit_test(ranges_are_refused),
        cmocka_unit_test(lengths_are_real),
        cmocka_unit_test(strings_have_a_longest),
        cmocka_unit_test(tables_and_stacks_have_a_largest),
        cmocka_unit_test(after_memory_the_next_call_is_well),
        cmocka_unit_test(garbage_is_collected_when_it_must_be),
        cmocka_unit_test(patterns_end_with_their_steps),
        cmocka_unit_test(recursion_of_every_kind_ends),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(error_values_are_opaque),
        cmocka_unit_test(error_text_is_short_and_printable),
        cmocka_unit_test(error_in_error_ends),
        cmocka_unit_test(words_that_do_not_exist),
        cmocka_unit_test(nothing_else_is_reachable),
        cmocka_unit_test(pairs_is_sorted),
        cmocka_unit_test(next_is_an_emptiness_test),
        cmocka_unit_test(no_addresses),
        cmocka_unit_test(metatables_are_bounded),
        cmocka_unit_test(libraries_stay_as_they_are),
        cmocka_unit_test(table_words_work),
        cmocka_unit_test(sort_is_stable_and_unshaken),
        cmocka_unit_test(sets_load_in_order),
        cmocka_unit_test(lists_are_read_while_loading),
        cmocka_unit_test(given_and_require_end_with_the_load),
        cmocka_unit_test(given_is_gone_in_a_call),
        cmocka_unit_test(sets_that_do_not_load),
        cmocka_unit_test(sets_need_an_entry_table),
        cmocka_unit_test(files_do_not_change_each_other),
        cmocka_unit_test(where_names_the_caller),
        cmocka_unit_test(unknown_functions_are_named),
        cmocka_unit_test(calls_know_nothing_of_each_other),
        cmocka_unit_test(images_live_side_by_side),
        cmocka_unit_test(a_hundred_thousand_restores_do_not_grow),
        cmocka_unit_test(results_are_the_same_everywhere),
        cmocka_unit_test(instructions_are_the_same_every_time),
        cmocka_unit_test(the_last_place_is_known),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
