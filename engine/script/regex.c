#include "script/regex.h"

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "script/sandbox_inside.h"

#define PATTERN_MAX 4096 /* bytes */
#define CAPTURES    32   /* with the whole match */
#define DEPTH_MAX   20000
#define HEAP_MAX    1024 /* KiB of backtracking points */

/*
 * PCRE2 does not tell how many steps a match took, it only stops at a limit.
 * So the limit begins small, what it allowed is charged, and it grows: what is
 * charged stays within a few times of what was done.
 */
#define FIRST_STEPS    500
#define STEPS_GROWTH   4
#define STEPS_PER_WORK 8
#define USUAL_STEPS    60 /* of a match that ends within the first limit */
#define CALL_WORK      20

#define OPTIONS                                                                \
    (PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C)

/* Lies in the arena; the registry has its address. */
struct regex {
    pcre2_general_context *general;
    pcre2_compile_context *compile;
    pcre2_match_context *match;
    pcre2_match_data *data;
};

/* Registry: pattern -> light userdata. */
static const char key_patterns;

/* --- PCRE2's memory --- */

/* PCRE2 frees without a size: it stands in front, in a grain of its own. */
#define GRAIN 16

static void *
take(size_t n, void *arena)
{
    char *p = arena_alloc_take(arena, n + GRAIN);

    if (p == NULL)
        return NULL;
    memcpy(p, &n, sizeof n);
    return p + GRAIN;
}

static void
give(void *block, void *arena)
{
    char *p = block;
    size_t n;

    if (p == NULL)
        return;
    p -= GRAIN;
    memcpy(&n, p, sizeof n);
    arena_alloc_give(arena, p, n + GRAIN);
}

static void
set_limits(struct regex *r)
{
    pcre2_set_max_pattern_length(r->compile, PATTERN_MAX);
    pcre2_set_parens_nest_limit(r->compile, 100);
    pcre2_set_depth_limit(r->match, DEPTH_MAX);
    pcre2_set_heap_limit(r->match, HEAP_MAX);
}

void
regex_open(lua_State *L)
{
    struct arena_alloc *a = sandbox_of(L)->arena;
    struct regex *r = arena_alloc_take(a, sizeof *r);

    if (r == NULL) {
        luaL_error(L, "no memory for regular expressions");
        return;
    }
    r->general = pcre2_general_context_create(take, give, a);
    if (r->general == NULL)
        luaL_error(L, "no memory for regular expressions");
    r->compile = pcre2_compile_context_create(r->general);
    r->match = pcre2_match_context_create(r->general);
    r->data = pcre2_match_data_create(CAPTURES, r->general);
    if (r->compile == NULL || r->match == NULL || r->data == NULL)
        luaL_error(L, "no memory for regular expressions");
    set_limits(r);
    lua_pushlightuserdata(L, r);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_key_regex);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_patterns);
}

static struct regex *
regex_of(lua_State *L)
{
    struct regex *r;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_key_regex);
    r = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return r;
}

/* --- compiling --- */

/* Push why the pattern is none: "missing closing parenthesis (at 5)". */
static void
push_complaint(lua_State *L, int code, size_t at)
{
    char text[128];

    pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
    lua_pushfstring(L, "%s (at %I)", text, (LUAI_UACINT)at + 1);
}

/* The compiled form of the pattern at the index, kept for the next time; NULL
 * and a complaint pushed. */
static pcre2_code *
find_code(lua_State *L, int index)
{
    pcre2_code *code;
    size_t n, at;
    const char *pattern = luaL_checklstring(L, index, &n);
    int failure;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_patterns);
    lua_pushvalue(L, index);
    if (lua_rawget(L, -2) == LUA_TLIGHTUSERDATA) {
        code = lua_touserdata(L, -1);
        lua_pop(L, 2);
        return code;
    }
    sandbox_charge(L, 200 + n * 4);
    code = pcre2_compile((PCRE2_SPTR)pattern, n, OPTIONS, &failure, &at,
                         regex_of(L)->compile);
    sandbox_stop_again(L);
    if (code == NULL) {
        push_complaint(L, failure, at);
        return NULL;
    }
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, code);
    lua_rawset(L, -4);
    lua_pop(L, 2);
    return code;
}

/* --- matching --- */

/* One try within `steps`; what PCRE2 answers. */
static int
try_match(lua_State *L, const struct regex *r, const pcre2_code *code,
          const char *s, size_t n, int64_t steps)
{
    struct sandbox *sandbox = sandbox_of(L);

    if (sandbox->steps < steps)
        steps = sandbox->steps;
    if (steps <= 0)
        sandbox_stop(L, SCRIPT_BUDGET, "pattern steps");
    pcre2_set_match_limit(r->match, (uint32_t)steps);
    return pcre2_match(code, (PCRE2_SPTR)s, n, 0, 0, r->data, r->match);
}

/* Charge for a try that was allowed so many steps. One that ended in time
 * has used an unknown part of them. */
static void
charge_try(lua_State *L, int64_t steps, bool ended)
{
    struct sandbox *s = sandbox_of(L);

    if (ended)
        steps = steps == FIRST_STEPS ? USUAL_STEPS : steps / STEPS_GROWTH;
    s->steps -= steps < s->steps ? steps : s->steps;
    sandbox_charge(L, (size_t)steps / STEPS_PER_WORK);
}

static int
match(lua_State *L, const struct regex *r, const pcre2_code *code,
      const char *s, size_t n)
{
    int64_t steps = FIRST_STEPS;
    int found;

    sandbox_charge(L, CALL_WORK + n / 16);
    for (;;) {
        found = try_match(L, r, code, s, n, steps);
        charge_try(L, steps, found != PCRE2_ERROR_MATCHLIMIT);
        if (found != PCRE2_ERROR_MATCHLIMIT)
            break;
        steps *= STEPS_GROWTH;
    }
    sandbox_stop_again(L);
    if (found == PCRE2_ERROR_DEPTHLIMIT || found == PCRE2_ERROR_HEAPLIMIT)
        sandbox_stop(L, SCRIPT_BUDGET, "pattern depth");
    return found;
}

static void
push_group(lua_State *L, const char *s, const PCRE2_SIZE *pair)
{
    if (pair[0] == PCRE2_UNSET || pair[1] < pair[0])
        lua_pushnil(L);
    else
        lua_pushlstring(L, s + pair[0], pair[1] - pair[0]);
}

static int
word_match(lua_State *L)
{
    const struct regex *r = regex_of(L);
    size_t n;
    const char *s = luaL_checklstring(L, 2, &n);
    const pcre2_code *code = find_code(L, 1);
    const PCRE2_SIZE *pairs;
    uint32_t groups = 0;

    if (code == NULL)
        return luaL_error(L, "regular expression: %s", lua_tostring(L, -1));
    if (match(L, r, code, s, n) < 0) {
        lua_pushnil(L);
        return 1;
    }
    pairs = pcre2_get_ovector_pointer(r->data);
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    if (groups == 0) {
        push_group(L, s, pairs);
        return 1;
    }
    if (groups >= CAPTURES)
        groups = CAPTURES - 1;
    luaL_checkstack(L, CAPTURES, NULL);
    for (uint32_t i = 1; i <= groups; i++)
        push_group(L, s, pairs + 2 * i);
    return (int)groups;
}

static int
word_test(lua_State *L)
{
    if (find_code(L, 1)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

const luaL_Reg regex_words[] = {
    {"match", word_match},
    {"test", word_test},
    {NULL, NULL},
};
