#include "script/conditions_inside.h"

#include <stdbool.h>
#include <string.h>

#include <lauxlib.h>

#include "base/str.h"
#include "script/phrases.h"
#include "script/said.h"
#include "script/sandbox_inside.h"
#include "script/sandbox_lib.h"
#include "script/tokens.h"

#define NAME_SIZE 64 /* of what may be a name of a set */

enum slot {
    SLOT_PROGRAM = 1,
    SLOT_MOMENT,
    SLOT_CONSTANTS,
    SLOT_CONVERSATION, /* the moment's c */
    SLOT_FACTS,        /* the moment's facts */
    SLOT_MATCHING,
    SLOT_SAID, /* once it is needed; so are its tokens */
    SLOT_TOKENS = SLOT_SAID + CONDITIONS_SOURCES,
    SLOT_LAST = SLOT_TOKENS + CONDITIONS_SOURCES - 1
};

/* What was said does not change while the conditions are asked: an answer about
 * it stays. All else may, by what a test of somebody's own does. */
struct answer {
    bool pass;
    uint32_t at; /* tests, when it was found; 0: not yet */
};

struct run {
    const struct condition *all;
    uint32_t tests; /* asked that are not quiet, and one */
    struct answer answers[CONDITIONS_ANSWERS + 1];
};

static bool holds(lua_State *L, struct run *r, uint32_t i);

static void
push_constant(lua_State *L, const struct condition *node, uint32_t i)
{
    lua_rawgeti(L, SLOT_CONSTANTS, (lua_Integer)node->constant + i);
}

/* A description within "may" has no test of its own: where it cannot tell, it
 * may be. */
static bool
test(lua_State *L, struct run *r, const struct condition *node)
{
    int top = lua_gettop(L);
    bool pass = true;

    r->tests += !node->quiet;
    push_constant(L, node, 0);
    if (lua_isfunction(L, -1)) {
        lua_pushvalue(L, SLOT_MOMENT);
        lua_call(L, 1, 1);
        pass = lua_toboolean(L, -1);
    } else if (lua_getfield(L, -1, "test") == LUA_TFUNCTION) {
        lua_insert(L, -2);
        lua_pushvalue(L, SLOT_MOMENT);
        lua_call(L, 2, 1);
        pass = lua_toboolean(L, -1);
    }
    lua_settop(L, top);
    return pass;
}

/* Whether one of those in the group holds (or, to find: does not). */
static bool
any_is(lua_State *L, struct run *r, uint32_t i, bool find)
{
    for (uint32_t k = i + 1; k < r->all[i].end; k = r->all[k].end)
        if (holds(L, r, k) == find)
            return true;
    return false;
}

/* --- of what was said --- */

/* What the node looks at, and its tokens, in their slots. */
static void
need_said(lua_State *L, const struct condition *node)
{
    int said = SLOT_SAID + node->from;

    if (!lua_isnil(L, said))
        return;
    lua_getfield(L, SLOT_MOMENT, conditions_sources[node->from]);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "tokens");
    lua_replace(L, SLOT_TOKENS + node->from);
    lua_replace(L, said);
}

static bool
has_sign(lua_State *L, const struct condition *node, const char *name)
{
    bool has;

    lua_getfield(L, SLOT_SAID + node->from, name);
    has = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return has;
}

/* The operands are on top: small words, the share, turns and burst. */
static bool
may_repeat(lua_State *L, const struct condition *node)
{
    lua_Integer count = lua_tointeger(L, -2), burst_ms = lua_tointeger(L, -1);
    lua_Integer from;

    lua_getfield(L, SLOT_SAID + node->from, "list");
    luaL_checktype(L, -1, LUA_TTABLE);
    if (lua_rawlen(L, -1) < 2)
        return false;
    if (has_sign(L, node, "intents"))
        return true;
    from = said_turn(L, lua_gettop(L), count, burst_ms);
    return tokens_may_be_alike(L, SLOT_TOKENS + node->from, -5, from,
                               lua_tonumber(L, -4));
}

static bool
look_at_said(lua_State *L, const struct condition *node)
{
    int tokens = SLOT_TOKENS + node->from;

    push_constant(L, node, 1);
    if (node->op == OP_SIGN)
        return has_sign(L, node, lua_tostring(L, -1));
    if (node->op == OP_BEGINS)
        return tokens_newest_begins(L, tokens, -1);
    if (node->op == OP_MEETS) {
        push_constant(L, node, 2);
        return tokens_meet(L, tokens, -2, -1);
    }
    if (node->op == OP_MAY_REPEAT) {
        for (uint32_t i = 2; i <= 4; i++)
            push_constant(L, node, i);
        return may_repeat(L, node);
    }
    return tokens_hold(L, tokens, -1, node->op == OP_SAYS_NEWEST);
}

static bool
is_of_said(const struct condition *node)
{
    return node->op >= OP_SAYS && node->op <= OP_SIGN;
}

static bool
is_said(lua_State *L, const struct condition *node)
{
    int top = lua_gettop(L);
    bool pass;

    need_said(L, node);
    pass = look_at_said(L, node);
    lua_settop(L, top);
    return pass;
}

/* --- calendars --- */

/* Push the member of the table on top that has the name of the operand; nil
 * when there is neither. */
static void
push_of_name(lua_State *L, const struct condition *node)
{
    if (!lua_toboolean(L, -1)) {
        lua_pushnil(L);
        return;
    }
    push_constant(L, node, 1);
    lua_gettable(L, -2);
}

/* Push what is known of the calendar, or of the one that the group of that
 * name has. */
static void
push_calendar(lua_State *L, const struct condition *node)
{
    int calendars;

    lua_getfield(L, SLOT_FACTS, "calendars");
    calendars = lua_gettop(L);
    push_of_name(L, node);
    if (lua_toboolean(L, -1) || !lua_toboolean(L, calendars))
        return;
    lua_getfield(L, SLOT_FACTS, "groups");
    push_of_name(L, node);
    if (!lua_toboolean(L, -1))
        return;
    lua_getfield(L, -1, "calendar");
    if (lua_toboolean(L, -1))
        lua_gettable(L, calendars);
    else
        lua_pushnil(L); /* its own name is none */
}

static bool
calendar_is(lua_State *L, const struct condition *node)
{
    int top = lua_gettop(L);
    bool pass = false;

    push_calendar(L, node);
    if (lua_toboolean(L, -1)) {
        lua_getfield(L, -1, "open");
        push_constant(L, node, 2);
        pass = lua_toboolean(L, -1) == lua_toboolean(L, -2);
    }
    lua_settop(L, top);
    return pass;
}

/* --- of what is at a path --- */

/* Push what is at the path, and all on the way to it. */
static void
push_value_at(lua_State *L, const struct condition *node)
{
    static const int starts[] = {
        [START_MOMENT] = SLOT_MOMENT,
        [START_CONVERSATION] = SLOT_CONVERSATION,
        [START_FACTS] = SLOT_FACTS,
    };

    lua_pushvalue(L, starts[node->from]);
    for (uint32_t i = 0; i < node->keys; i++) {
        if (!lua_toboolean(L, -1)) {
            lua_pushnil(L);
            return;
        }
        push_constant(L, node, 2 + i);
        lua_gettable(L, -2);
    }
}

/* The number on top against the limit. */
static bool
compares(lua_State *L, const struct condition *node)
{
    static const struct {
        int op;
        bool turned; /* the limit stands left */
    } how[] = {
        [OP_BELOW] = {LUA_OPLT, false},
        [OP_AT_MOST] = {LUA_OPLE, false},
        [OP_ABOVE] = {LUA_OPLT, true},
        [OP_AT_LEAST] = {LUA_OPLE, true},
    };
    bool turned = how[node->op].turned;

    push_constant(L, node, 1);
    return lua_compare(L, turned ? -1 : -2, turned ? -2 : -1, how[node->op].op);
}

static bool
is_one_of(lua_State *L, const struct condition *node)
{
    push_constant(L, node, 1);
    lua_insert(L, -2);
    lua_rawget(L, -2);
    return lua_toboolean(L, -1);
}

/* The text on top, folded. */
static bool
is_folded_one_of(lua_State *L, const struct condition *node)
{
    size_t n;
    const char *p = sandbox_text_argument(L, lua_gettop(L), &n);

    str_fold(sandbox_scratch(L), p, n);
    sandbox_push_scratch(L);
    return is_one_of(L, node);
}

/* Whether the name on top, with - or _ and in any case, is one of the set on
 * the stack at the index. */
static bool
is_name_of(lua_State *L, int set)
{
    char name[NAME_SIZE];
    size_t n;
    const char *p = lua_tolstring(L, -1, &n);
    bool is;

    if (n > sizeof name)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];

        name[i] = c == '-'               ? '_'
                  : c >= 'A' && c <= 'Z' ? (char)(c | 0x20)
                                         : p[i];
    }
    lua_pushlstring(L, name, n);
    lua_rawget(L, set);
    is = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is;
}

/* Whether a name in the table on top is one of the set. */
static bool
has_name_of(lua_State *L, struct run *r, const struct condition *node)
{
    int set;

    push_constant(L, node, 1);
    set = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, set - 1)) {
        sandbox_charge(L, 4);
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            return test(L, r, node);
        if (is_name_of(L, set))
            return true;
    }
    return false;
}

/* The value on top; what is not known fits nothing but `missing`. */
static bool
fits(lua_State *L, struct run *r, const struct condition *node)
{
    static const int type_of[] = {
        [OP_FOLDED] = LUA_TSTRING, [OP_HAS_NAME] = LUA_TTABLE,
        [OP_BELOW] = LUA_TNUMBER,  [OP_AT_MOST] = LUA_TNUMBER,
        [OP_ABOVE] = LUA_TNUMBER,  [OP_AT_LEAST] = LUA_TNUMBER,
    };

    if (lua_isnil(L, -1) || node->op == OP_MISSING)
        return lua_isnil(L, -1) && node->op == OP_MISSING;
    if (type_of[node->op] != 0 && lua_type(L, -1) != type_of[node->op])
        return test(L, r, node);
    if (node->op >= OP_BELOW)
        return compares(L, node);
    if (node->op == OP_FOLDED)
        return is_folded_one_of(L, node);
    if (node->op == OP_HAS_NAME)
        return has_name_of(L, r, node);
    if (node->op == OP_ONE_OF)
        return is_one_of(L, node);
    if (node->op == OP_IS) {
        push_constant(L, node, 1);
        return lua_rawequal(L, -1, -2);
    }
    return true; /* present */
}

static bool
value_fits(lua_State *L, struct run *r, const struct condition *node)
{
    int top = lua_gettop(L);
    bool pass;

    push_value_at(L, node);
    pass = fits(L, r, node);
    lua_settop(L, top);
    return pass;
}

/* --- all together --- */

static bool
find_out(lua_State *L, struct run *r, uint32_t i)
{
    const struct condition *node = &r->all[i];

    switch (node->op) {
    case OP_TEST:
        return test(L, r, node);
    case OP_ALL:
        return !any_is(L, r, i, false);
    case OP_ANY:
    case OP_NONE:
        return any_is(L, r, i, true) == (node->op == OP_ANY);
    case OP_MAY:
        return any_is(L, r, i, true) && test(L, r, node);
    case OP_CALENDAR:
        return calendar_is(L, node);
    default:
        return is_of_said(node) ? is_said(L, node) : value_fits(L, r, node);
    }
}

/* Node i, by its place. */
static bool
holds(lua_State *L, struct run *r, uint32_t i)
{
    const struct condition *node = &r->all[i];
    struct answer *a = &r->answers[node->answer];
    uint32_t now = r->tests;

    if (node->answer == 0)
        return find_out(L, r, i);
    if (a->at == now || (a->at != 0 && is_of_said(node)))
        return a->pass;
    a->pass = find_out(L, r, i);
    a->at = now; /* no more, when a test was asked meanwhile */
    return a->pass;
}

static void
add_matching(lua_State *L, lua_Integer number)
{
    if (lua_isnil(L, SLOT_MATCHING)) {
        lua_createtable(L, 2, 0);
        lua_replace(L, SLOT_MATCHING);
    }
    lua_pushinteger(L, number);
    lua_rawseti(L, SLOT_MATCHING,
                (lua_Integer)lua_rawlen(L, SLOT_MATCHING) + 1);
}

/* The program and the moment, and behind them what each condition needs. */
static const struct conditions *
begin(lua_State *L, struct run *r)
{
    const struct conditions *p =
        phrases_of_kind(L, SLOT_PROGRAM, &conditions_kind);

    luaL_argexpected(L, p != NULL, SLOT_PROGRAM, "program");
    luaL_checktype(L, SLOT_MOMENT, LUA_TTABLE);
    lua_settop(L, SLOT_MOMENT);
    luaL_checkstack(L, SLOT_LAST + CONDITIONS_KEYS + 16,
                    "conditions in conditions");
    lua_getiuservalue(L, SLOT_PROGRAM, 1);
    lua_getfield(L, SLOT_MOMENT, "c");
    lua_getfield(L, SLOT_MOMENT, "facts");
    lua_settop(L, SLOT_LAST);
    r->all = p->nodes;
    r->tests = 1;
    memset(r->answers, 0, (p->answers + 1) * sizeof r->answers[0]);
    return p;
}

/* Whether the condition at that place holds; the place becomes that of the one
 * behind it. */
static bool
holds_next(lua_State *L, struct run *r, uint32_t *place)
{
    uint32_t i = *place;

    *place = r->all[i].end;
    sandbox_charge(L, *place - i);
    return holds(L, r, i);
}

int
conditions_matching(lua_State *L)
{
    struct run r;
    const struct conditions *p = begin(L, &r);
    uint32_t place = 0;

    for (uint32_t i = 0; i < p->count; i++)
        if (holds_next(L, &r, &place))
            add_matching(L, (lua_Integer)i + 1);
    lua_settop(L, SLOT_MATCHING);
    return 1;
}

int
conditions_next(lua_State *L)
{
    lua_Integer from = luaL_checkinteger(L, 3);
    struct run r;
    const struct conditions *p = begin(L, &r);
    uint32_t place = 0;

    for (uint32_t i = 1; i <= p->count; i++) {
        if ((lua_Integer)i < from) {
            place = p->nodes[place].end;
        } else if (holds_next(L, &r, &place)) {
            lua_pushinteger(L, i);
            return 1;
        }
    }
    lua_pushnil(L);
    return 1;
}
