/*
 * The counted matcher against stock Lua's: the same results and the same
 * refusals on listed and on random patterns.
 */
#include "try.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* Both sides run this over { {op, s, p, x, y}, ... } and answer a list of
 * texts. Replacements that a text cannot say are named. */
#define RUNNER                                                                 \
    "local special = { UP = string.upper, NIL = function() end, TAB = { a = "  \
    "'A', ab = 1, [''] = 'e' }, FALSE = function() return false end }\n"       \
    "local function show(ok, ...)\n"                                           \
    "  if not ok then return 'error' end\n"                                    \
    "  local out = {}\n"                                                       \
    "  for i = 1, select('#', ...) do\n"                                       \
    "    local v = select(i, ...)\n"                                           \
    "    out[i] = math.type(v) or type(v)\n"                                   \
    "    out[i] = out[i] .. ':' .. tostring(v):gsub('[^%w%p ]', function(c) "  \
    "return ('<%d>'):format(c:byte()) end)\n"                                  \
    "  end\n"                                                                  \
    "  return table.concat(out, ',')\n"                                        \
    "end\n"                                                                    \
    "local function all(s, p, i)\n"                                            \
    "  local out = {}\n"                                                       \
    "  for a, b, c in s:gmatch(p, i) do\n"                                     \
    "    out[#out + 1] = tostring(a) .. '/' .. tostring(b) .. '/' .. "         \
    "tostring(c)\n"                                                            \
    "  end\n"                                                                  \
    "  return table.concat(out, ';')\n"                                        \
    "end\n"                                                                    \
    "local function one(case)\n"                                               \
    "  local op, s, p, x, y = case[1], case[2], case[3], case[4], case[5]\n"   \
    "  if op == 'gmatch' then return show(pcall(all, s, p, x)) end\n"          \
    "  if op == 'gsub' then x = special[x] or x end\n"                         \
    "  return show(pcall(string[op], s, p, x, y))\n"                           \
    "end\n"                                                                    \
    "local function run(cases)\n"                                              \
    "  local out = {}\n"                                                       \
    "  for i = 1, #cases do out[i] = one(cases[i]) end\n"                      \
    "  return out\n"                                                           \
    "end\n"

struct both {
    lua_State *stock;
    struct sandbox_image *image;
};

static int
open_both(void **state)
{
    static struct both both;
    static const struct try_file file = {"std.lua",
                                         RUNNER "return { run = run }", true};

    try_setup(state);
    try_limits = script_limits_default[SCRIPT_TEST];
    try_limits.depth = 10;
    try_limits.pattern_steps = INT64_MAX / 4;
    both.image = try_load(&file, 1, NULL);
    if (both.image == NULL)
        fail_msg("%s", try_say());
    both.stock = luaL_newstate();
    luaL_openlibs(both.stock);
    assert_int_equal(luaL_dostring(both.stock, RUNNER "return run"), LUA_OK);
    *state = &both;
    return 0;
}

static int
close_both(void **state)
{
    struct both *both = *state;

    lua_close(both->stock);
    sandbox_image_free(both->image);
    return try_teardown(state);
}

/* One operation with its arguments; x and y are text, an integer (x_is_n), or
 * not there. */
struct test {
    const char *op;
    struct str s, p, x;
    bool has_x, x_is_n, has_n;
    lua_Integer x_n, y_n;
};

static void
pack_test(struct buf *out, const struct test *t)
{
    pack_array(out, t->has_n ? 5 : t->has_x ? 4 : 3);
    pack_cstr(out, t->op);
    pack_str(out, t->s.p, t->s.len);
    pack_str(out, t->p.p, t->p.len);
    if (t->has_x && t->x_is_n)
        pack_int(out, t->x_n);
    else if (t->has_x)
        pack_str(out, t->x.p, t->x.len);
    if (t->has_n)
        pack_int(out, t->y_n);
}

static void
push_test(lua_State *L, const struct test *t)
{
    lua_newtable(L);
    lua_pushstring(L, t->op);
    lua_rawseti(L, -2, 1);
    lua_pushlstring(L, t->s.p, t->s.len);
    lua_rawseti(L, -2, 2);
    lua_pushlstring(L, t->p.p, t->p.len);
    lua_rawseti(L, -2, 3);
    if (t->has_x) {
        if (t->x_is_n)
            lua_pushinteger(L, t->x_n);
        else
            lua_pushlstring(L, t->x.p, t->x.len);
        lua_rawseti(L, -2, 4);
    }
    if (t->has_n) {
        lua_pushinteger(L, t->y_n);
        lua_rawseti(L, -2, 5);
    }
}

/* Run all tests on both sides and compare answer by answer. */
static void
compare(struct both *both, const struct test *tests, size_t n)
{
    struct buf args = {0}, out = {0};
    struct arena *a = arena_new(0);
    const struct value *answers;
    lua_State *L = both->stock;
    struct err e;

    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_createtable(L, (int)n, 0);
    pack_array(&args, 1);
    pack_array(&args, n);
    for (size_t i = 0; i < n; i++) {
        pack_test(&args, &tests[i]);
        push_test(L, &tests[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    assert_int_equal(lua_pcall(L, 1, 1, 0), LUA_OK);
    sandbox_call(try_sandbox, both->image, "run", args.data, args.len,
                 &try_limits, &out, &try_outcome);
    if (try_outcome.class != SCRIPT_OK)
        fail_msg("%s: %s", script_class_name(try_outcome.class),
                 try_outcome.text);
    answers = value_read(a, out.data, out.len, 1000000, &e);
    assert_int_equal(value_count(answers), n);
    for (size_t i = 0; i < n; i++) {
        struct str ours = value_str(value_item(answers, i));

        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        if (!str_is(ours, lua_tostring(L, -1)))
            fail_msg("%s(%.*s, %.*s, %.*s %lld, %lld): stock %s, ours %.*s",
                     tests[i].op, (int)tests[i].s.len, tests[i].s.p,
                     (int)tests[i].p.len, tests[i].p.p, (int)tests[i].x.len,
                     tests[i].x.p, tests[i].x_n, tests[i].y_n,
                     lua_tostring(L, -1), (int)ours.len, ours.p);
        lua_pop(L, 1);
    }
    lua_settop(L, 1);
    arena_free(a);
    buf_free(&args);
    buf_free(&out);
}

static const char *const subjects[] = {
    "",
    "a",
    "hello world from Lua",
    "THE (quick) fox",
    "key = value, k2=v2",
    "  trim me  ",
    "((a)(b(c)))",
    "aaa",
    "abab",
    "2026-11-21T03:15:01Z",
    "a.b-c+d*e?f[g]h^i$j%k",
    "\xc3\xa4\xc3\xb6 \xff",
    "line\nline\ttab\r",
    "]-^",
    "aXbXc",
};

static const char *const patterns[] = {
    "",
    "a",
    ".",
    "a*",
    "a+",
    "a-",
    "a?",
    ".-",
    "^a",
    "a$",
    "^$",
    "^a*$",
    "()",
    "(a)",
    "(a*)",
    "(a*(.)%w(%s*))",
    "%a+",
    "%s",
    "%S+",
    "[%w_]+",
    "[^%s]+",
    "[a-z]",
    "[a-]",
    "[]]",
    "[^]]",
    "[]-a]",
    "[%]]",
    "[a%-z]",
    "[^%a%s]",
    "%b()",
    "%bxy",
    "%f[%w]%w+",
    "%f[%A]",
    "%f[%z]",
    "(%w)(%w)",
    "(%w)%1",
    "(.)(.)%2%1",
    "()a()",
    "%d+-%d+",
    "(%d%d%d%d)-(%d%d)",
    "%.",
    "%%",
    "%^",
    "x*$",
    "$",
    "$a",
    "a$b",
    "^^",
    "%g+",
    "%u%l*",
    "%x+",
    "%p",
    "%c",
    "%C+",
    "[%a-z]",
    "[a-%%]",
    "[%",
    "[",
    "[^",
    "%",
    "(",
    ")",
    "(()",
    "a)",
    "%1",
    "(a%1)",
    "%b",
    "%bx",
    "%f",
    "%fa",
    "%0",
    "%9",
    "(.-)%s*=%s*(.-),",
    "^%s*(.-)%s*$",
    "[\xc3-\xff]",
    "a.-b",
    ".*b",
    "(a)(b)?",
    "-",
    "*",
    "+",
    "?",
    "a**",
    "%a?%d",
    "[[]",
    "[a]]",
    "(a?)(a?)(a?)aaa",
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const replacements[] = {
    "",   "x",  "%0", "%1",  "<%1>", "%2",    "%",
    "%%", "%a", "UP", "NIL", "TAB",  "FALSE", "%0%0",
};

static void
listed_patterns(void **state)
{
    static const char *const ops[] = {"find", "match", "gmatch"};
    struct test tests[COUNT(patterns) * 3 + 64];

    for (size_t s = 0; s < COUNT(subjects); s++) {
        size_t n = 0;

        for (size_t p = 0; p < COUNT(patterns); p++) {
            for (size_t o = 0; o < 3; o++)
                tests[n++] = (struct test){.op = ops[o],
                                           .s = str_of(subjects[s]),
                                           .p = str_of(patterns[p])};
        }
        compare(*state, tests, n);
    }
}

static void
listed_starts(void **state)
{
    static const lua_Integer starts[] = {0,
                                         1,
                                         2,
                                         3,
                                         4,
                                         5,
                                         100,
                                         -1,
                                         -2,
                                         -3,
                                         -100,
                                         LUA_MAXINTEGER,
                                         LUA_MININTEGER};
    static const char *const ops[] = {"find", "match", "gmatch"};
    struct test tests[3000];
    size_t n = 0;

    for (size_t p = 0; p < 20; p++) {
        for (size_t i = 0; i < COUNT(starts); i++) {
            for (size_t o = 0; o < 3; o++)
                tests[n++] = (struct test){.op = ops[o],
                                           .s = str_of("aaba"),
                                           .p = str_of(patterns[p]),
                                           .has_x = true,
                                           .x_is_n = true,
                                           .x_n = starts[i]};
            tests[n++] = (struct test){.op = "find",
                                       .s = str_of("a.ba.b"),
                                       .p = str_of(".b"),
                                       .has_x = true,
                                       .x_is_n = true,
                                       .x_n = starts[i],
                                       .has_n = true,
                                       .y_n = 1};
        }
    }
    compare(*state, tests, n);
}

static void
listed_replacements(void **state)
{
    struct test tests[COUNT(patterns) * COUNT(replacements)];

    for (size_t s = 0; s < COUNT(subjects); s++) {
        for (lua_Integer max = -1; max < 3; max++) {
            size_t n = 0;

            for (size_t p = 0; p < COUNT(patterns); p++) {
                for (size_t r = 0; r < COUNT(replacements); r++)
                    tests[n++] = (struct test){.op = "gsub",
                                               .s = str_of(subjects[s]),
                                               .p = str_of(patterns[p]),
                                               .x = str_of(replacements[r]),
                                               .has_x = true,
                                               .has_n = max >= 0,
                                               .y_n = max};
            }
            compare(*state, tests, n);
        }
    }
}

/* --- random --- */

static uint32_t
random_below(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

static struct str
random_text(uint32_t *seed, char *at, const char *const *pieces, size_t count,
            uint32_t most)
{
    uint32_t n = random_below(seed, most + 1);
    size_t len = 0;

    for (uint32_t i = 0; i < n; i++) {
        const char *piece = pieces[random_below(seed, (uint32_t)count)];

        memcpy(at + len, piece, strlen(piece));
        len += strlen(piece);
    }
    if (random_below(seed, 20) == 0)
        at[len++] = '\0';
    return (struct str){at, len};
}

static void
random_patterns(void **state)
{
    static const char *const letters[] = {"a", "b", "c", "1", " ",
                                          "(", ")", "]", "-", "ab"};
    static const char *const pieces[] = {
        "a",  "b",  ".", "%a", "%d", "[ab]", "[^a]",  "[a-c]", "%s", "*",
        "+",  "-",  "?", "(",  ")",  "()",   "%1",    "%2",    "^",  "$",
        "%b", "%f", "[", "]",  "%",  "%b()", "%f[a]", "1",     " ",  "%W"};
    static const char *const ops[] = {"find", "match", "gmatch", "gsub"};
    static char memory[500][3][128];
    struct test tests[500];
    uint32_t seed = 20261121;

    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < 500; i++) {
            tests[i] = (struct test){
                .op = ops[random_below(&seed, 4)],
                .s = random_text(&seed, memory[i][0], letters, 10, 12),
                .p = random_text(&seed, memory[i][1], pieces, 30, 7)};
            if (tests[i].op[1] == 's') {
                tests[i].has_x = true;
                tests[i].x = str_of(replacements[random_below(
                    &seed, (uint32_t)COUNT(replacements))]);
            }
        }
        compare(*state, tests, 500);
    }
}

static void
too_deep_is_refused_alike(void **state)
{
    static char text[2000], pattern[1300];
    struct test tests[8];

    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < 8; i++) {
        size_t n = 190 + i * 3;

        for (size_t k = 0; k < n; k++)
            memcpy(pattern + k * 2, "a?", 2);
        tests[i] = (struct test){
            .op = "find", .s = {text, 100}, .p = {pattern, n * 2}};
        compare(*state, &tests[i], 1);
    }
    for (size_t n = 30; n < 36; n++) {
        memset(pattern, '(', n);
        memset(pattern + n, ')', n);
        tests[0] = (struct test){
            .op = "find", .s = {text, 100}, .p = {pattern, n * 2}};
        compare(*state, &tests[0], 1);
    }
}

/* --- what stock does not have --- */

static void
functions_in_gsub_may_match_themselves(void **state)
{
    (void)state;
    assert_body("return (('a1b2'):gsub('%a', function(c) return (c .. c):gsub("
                "'(.)(.)', '%2%1!') end))",
                "\"aa!1bb!2\"");
    assert_body("local n = 0 for a in ('x y'):gmatch '%a' do for b in ('p q'):"
                "gmatch '%a' do n = n + 1 end end return n",
                "4");
    assert_body_begins("return ('x'):gsub('x', function() return {} end)",
                       "error: user.lua:1: invalid replacement value (a "
                       "table)");
    assert_body_begins("return ('x'):gsub('x', true)", "error: ");
}

static void
steps_are_one_budget_of_the_call(void **state)
{
    int64_t steps = try_limits.pattern_steps;

    (void)state;
    try_limits.pattern_steps = 10000;
    assert_body("local s = ('a'):rep(900) for i = 1, 5 do s:find 'b-c' end "
                "return 'within'",
                "\"within\"");
    assert_body_begins("local s = ('a'):rep(900) for i = 1, 50 do s:find 'b-c' "
                       "end",
                       "budget: ");
    assert_body_begins("local s = ('a'):rep(900) for i = 1, 50 do pcall("
                       "s.find, s, 'b-c') end",
                       "budget: ");
    assert_body_begins("return (('a'):rep(900):gsub('a-b', ''):gsub('a-b', '')"
                       ":gsub('a-b', ''))",
                       "budget: ");
    try_limits.pattern_steps = steps;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed_patterns),
        cmocka_unit_test(listed_starts),
        cmocka_unit_test(listed_replacements),
        cmocka_unit_test(random_patterns),
        cmocka_unit_test(too_deep_is_refused_alike),
        cmocka_unit_test(functions_in_gsub_may_match_themselves),
        cmocka_unit_test(steps_are_one_budget_of_the_call),
    };

    return cmocka_run_group_tests(tests, open_both, close_both);
}
