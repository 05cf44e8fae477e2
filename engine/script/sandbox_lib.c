#include "script/sandbox_lib.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/buf.h"
#include "base/pack.h"
#include "script/cjson_guard.h"
#include "script/conditions.h"
#include "script/match.h"
#include "script/phrases.h"
#include "script/regex.h"
#include "script/said.h"
#include "script/sandbox_inside.h"
#include "script/tokens_inside.h"

/* --- what is taken from stock Lua as it is --- */

struct stock {
    const char *library; /* NULL: the base functions */
    lua_CFunction open;
    const char *const *names;
    const char *const *charged; /* those that read a whole string */
};

static const char *const base_names[] = {"assert",   "ipairs", "select", "type",
                                         "rawequal", "rawget", "rawlen", NULL};
static const char *const base_charged[] = {"tonumber", NULL};
static const char *const string_names[] = {
    "byte", "char", "len", "lower", "rep", "reverse", "sub", "upper", NULL};
static const char *const math_names[] = {
    "abs", "acos",       "asin", "atan", "ceil", "cos", "deg",
    "exp", "floor",      "fmod", "huge", "log",  "max", "maxinteger",
    "min", "mininteger", "modf", "pi",   "rad",  "sin", "sqrt",
    "tan", "tointeger",  "type", "ult",  NULL};
static const char *const utf8_names[] = {"char", "charpattern", "codes", NULL};
static const char *const utf8_charged[] = {"codepoint", "len", "offset", NULL};
static const char *const none[] = {NULL};

static const struct stock stocks[] = {
    {NULL, luaopen_base, base_names, base_charged},
    {"string", luaopen_string, string_names, none},
    {"math", luaopen_math, math_names, none},
    {"utf8", luaopen_utf8, utf8_names, utf8_charged},
};

/* --- what is ours --- */

struct library {
    const char *name;
    const luaL_Reg *words;
};

static const struct library libraries[] = {
    {NULL, sandbox_words_base},       {"string", match_words},
    {"table", sandbox_words_table},   {"text", sandbox_words_text},
    {"time", sandbox_words_time},     {"digest", sandbox_words_digest},
    {"base64", sandbox_words_base64}, {"url", sandbox_words_url},
    {"regex", regex_words},           {"text", tokens_words},
    {"text", tokens_find_words},      {"text", tokens_alike_words},
    {"text", phrases_words},          {"text", said_words},
    {"conditions", conditions_words},
};

const char *const sandbox_library_names[] = {
    "string", "math",   "utf8", "table", "text", "time",
    "digest", "base64", "url",  "regex", "json", NULL};

/* Push the library's table, made when it is not there yet; the globals' for
 * NULL. Stack before: globals. */
static void
push_library(lua_State *L, int globals, const char *name)
{
    if (name == NULL) {
        lua_pushvalue(L, globals);
        return;
    }
    if (lua_getfield(L, globals, name) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, globals, name);
}

/* Stack: ..., stock table, our table. */
static void
copy_names(lua_State *L, const char *const *names, lua_CFunction wrapper)
{
    for (; *names; names++) {
        lua_getfield(L, -2, *names);
        if (wrapper)
            lua_pushcclosure(L, wrapper, 1);
        lua_setfield(L, -2, *names);
    }
}

static void
open_stock(lua_State *L, int globals, const struct stock *stock)
{
    lua_pushcfunction(L, stock->open);
    lua_call(L, 0, 1);
    push_library(L, globals, stock->library);
    copy_names(L, stock->names, NULL);
    copy_names(L, stock->charged, sandbox_word_charged);
    if (stock->open == luaopen_string) {
        static const char *const format[] = {"format", NULL};
        copy_names(L, format, sandbox_word_format);
    }
    lua_pop(L, 2);
}

/* s:match and its like go through the metatable of strings. It keeps the stock
 * arithmetic ("10" + 1). */
static void
point_string_methods(lua_State *L, int globals)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_getfield(L, globals, "string");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

/* The mark of a list is a metatable that says nothing. */
static void
make_list_mark(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_key_list);
}

/* A place for what calls share, so that none has to be made for it. */
static void
make_shared(lua_State *L)
{
    lua_pushboolean(L, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_key_shared);
}

void
sandbox_lib_open(lua_State *L)
{
    int globals;

    make_list_mark(L);
    make_shared(L);
    lua_newtable(L);
    globals = lua_gettop(L);
    for (size_t i = 0; i < sizeof stocks / sizeof stocks[0]; i++)
        open_stock(L, globals, &stocks[i]);
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        push_library(L, globals, libraries[i].name);
        luaL_setfuncs(L, libraries[i].words, 0);
        lua_pop(L, 1);
    }
    point_string_methods(L, globals);
    regex_open(L);
    cjson_guard_open(L);
    lua_setfield(L, globals, "json");
    lua_pushvalue(L, globals);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_settop(L, globals - 1);
}

/* --- warming up --- */

static const char warm_text[] =
    "local entry = {}\n"
    "function entry.run(s)\n"
    "  local o = { text.fold(s), text.words(s), text.clip(s, 2),\n"
    "    text.html_to_text('<p>a<b>b</b><ul><li>c</ul>'),\n"
    "    text.markdown_to_text('# a\\n\\n* b `c` [d](e)'),\n"
    "    regex.match('(?i)(a+)\\\\b.*?\\\\x{e9}', s), text.harmless(s),\n"
    "    digest.hex_sha256(s), base64.decode(base64.encode(s)),\n"
    "    time.format(0), time.parse('2026-01-01T00:00:00Z'),\n"
    "    json.encode(json.decode('{\"a\":[1,2.5,\"x\"]}')), url.query{a=s},\n"
    "    string.format('%5.2f %g %s %q', 1.5, 2.5, s, s), tonumber('0x1p4'),\n"
    "    pcall(error, 'x'), math.sin(1), math.log(2, 10), 2.5 ^ 0.5,\n"
    "    ('x'):rep(100000):upper() < s }\n"
    "  table.sort({ 3, 2, 1 })\n"
    "  for k in pairs(_ENV) do o[k] = true end\n"
    "  return true\n"
    "end\n"
    "return entry\n";

static void
pack_warm_set(struct buf *set, struct buf *args)
{
    pack_map(set, 2);
    pack_cstr(set, "name");
    pack_cstr(set, "warm");
    pack_cstr(set, "files");
    pack_array(set, 1);
    pack_array(set, 3);
    pack_cstr(set, "warm.lua");
    pack_cstr(set, warm_text);
    pack_bool(set, true);
    pack_array(args, 1);
    pack_cstr(args, "\xc3\x89"
                    "a \xf0\x9f\x91\x8d \xc3\xa9t\xc3\xa9 word");
}

int
sandbox_lib_warm(struct sandbox *s, struct err *e)
{
    const struct script_limits *limits = &script_limits_default[SCRIPT_LOAD];
    struct buf set = {0}, args = {0}, out = {0};
    struct sandbox_outcome outcome;
    struct sandbox_image *image;
    int result = 0;

    pack_warm_set(&set, &args);
    image = sandbox_load(s, set.data, set.len, limits, &outcome);
    if (image)
        sandbox_call(s, image, "run", args.data, args.len, limits, &out,
                     &outcome);
    if (outcome.class != SCRIPT_OK)
        result = err_set(e, ERR_SYSTEM, "warming up the script sandbox: %s",
                         outcome.text);
    sandbox_image_free(image);
    buf_free(&out);
    buf_free(&args);
    buf_free(&set);
    return result;
}
