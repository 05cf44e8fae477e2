#include "script/conditions.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "script/conditions_inside.h"
#include "script/phrases.h"
#include "script/sandbox_inside.h"

#define DEPTH_MAX 8 /* of groups in groups; below it is test's */

const char conditions_kind;
const char *const conditions_sources[CONDITIONS_SOURCES] = {"customer", "ai",
                                                            "own"};

/* --- compiling --- */

/* Where things stand on the compiler's stack. */
enum place {
    PLACE_LIST = 1,
    PLACE_TEST,      /* the language's own */
    PLACE_CONSTANTS, /* the table of them */
    PLACE_SEEN       /* the first node of each condition or description */
};

struct compiler {
    lua_State *L;
    uint32_t constant_count, node_count, answer_count;
    struct buf *nodes;
};

static enum condition_op
op_named(const char *name)
{
    static const char *const names[] = {
        [OP_ALL] = "all",           [OP_ANY] = "any",
        [OP_NONE] = "none",         [OP_MAY] = "may",
        [OP_SAYS] = "says",         [OP_BEGINS] = "begins",
        [OP_MEETS] = "meets",       [OP_MAY_REPEAT] = "may_repeat",
        [OP_SIGN] = "sign",         [OP_CALENDAR] = "calendar",
        [OP_ONE_OF] = "one_of",     [OP_FOLDED] = "folded_one_of",
        [OP_HAS_NAME] = "has_name", [OP_IS] = "is",
        [OP_PRESENT] = "present",   [OP_MISSING] = "missing",
        [OP_BELOW] = "below",       [OP_AT_MOST] = "at_most",
        [OP_ABOVE] = "above",       [OP_AT_LEAST] = "at_least",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] != NULL && name != NULL && strcmp(names[i], name) == 0)
            return (enum condition_op)i;
    return OP_TEST;
}

/* Keep the value on top, taking it. */
static void
keep_constant(struct compiler *c)
{
    lua_rawseti(c->L, PLACE_CONSTANTS, ++c->constant_count);
}

/* Member i of the description on top becomes a constant. */
static void
keep_member(struct compiler *c, int i)
{
    lua_rawgeti(c->L, -1, i);
    keep_constant(c);
}

/* Push the member of the table on top; no metamethods: what they would run
 * could use the buffer that is being filled. */
static int
push_member(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    return lua_rawget(L, -2);
}

static bool
is_group(enum condition_op op)
{
    return op >= OP_ALL && op <= OP_MAY;
}

static bool
is_of_said(enum condition_op op)
{
    return op >= OP_SAYS && op <= OP_SIGN;
}

/* The source that member 2 of the description on top names; CONDITIONS_SOURCES:
 * none. */
static uint8_t
source_of(lua_State *L)
{
    uint8_t i = 0;

    if (lua_rawgeti(L, -1, 2) == LUA_TSTRING)
        while (i < CONDITIONS_SOURCES &&
               strcmp(lua_tostring(L, -1), conditions_sources[i]) != 0)
            i++;
    else
        i = CONDITIONS_SOURCES;
    lua_pop(L, 1);
    return i;
}

static struct condition *
node_at(struct compiler *c, uint32_t i)
{
    return (struct condition *)(void *)c->nodes->data + i;
}

/* What comes several times is answered once; what it is known by is on top, and
 * taken. Its answer has a place from its second node on. */
static void
share_answer(struct compiler *c, struct condition *node, uint32_t place)
{
    struct condition *first;

    lua_pushvalue(c->L, -1);
    if (lua_rawget(c->L, PLACE_SEEN) == LUA_TNUMBER) {
        first = node_at(c, (uint32_t)lua_tointeger(c->L, -1));
        if (first->answer == 0 && c->answer_count < CONDITIONS_ANSWERS)
            first->answer = (uint8_t)++c->answer_count;
        node->answer = first->answer;
    } else {
        lua_pushvalue(c->L, -2);
        lua_pushinteger(c->L, place);
        lua_rawset(c->L, PLACE_SEEN);
    }
    lua_pop(c->L, 2);
}

/* The members of the description on top from i on become constants. */
static void
keep_members(struct compiler *c, int i)
{
    for (int n = (int)lua_rawlen(c->L, -1); i <= n; i++)
        keep_member(c, i);
}

static void
keep_of_said(struct compiler *c, struct condition *node)
{
    node->from = source_of(c->L);
    keep_members(c, 3);
    lua_rawgeti(c->L, -1, 4);
    if (node->op == OP_SAYS && lua_toboolean(c->L, -1))
        node->op = OP_SAYS_NEWEST;
    lua_pop(c->L, 1);
}

static enum condition_start
start_of(lua_State *L)
{
    enum condition_start start = START_MOMENT;
    const char *key = NULL;

    if (lua_rawgeti(L, -1, 3) == LUA_TSTRING)
        key = lua_tostring(L, -1);
    if (key != NULL && strcmp(key, "c") == 0)
        start = START_CONVERSATION;
    else if (key != NULL && strcmp(key, "facts") == 0)
        start = START_FACTS;
    lua_pop(L, 1);
    return start;
}

/* The path goes without what it starts with. */
static void
keep_path(struct compiler *c, struct condition *node)
{
    int n = (int)lua_rawlen(c->L, -1), first;

    keep_member(c, 2);
    node->from = (uint8_t)start_of(c->L);
    first = node->from == START_MOMENT ? 3 : 4;
    node->keys = (uint8_t)(n - first + 1);
    keep_members(c, first);
}

/* The constants behind the condition itself; the description is on top. */
static void
keep_operands(struct compiler *c, struct condition *node)
{
    if (is_of_said((enum condition_op)node->op))
        keep_of_said(c, node);
    else if (node->op == OP_CALENDAR)
        keep_members(c, 2);
    else
        keep_path(c, node);
}

static bool
has_phrases(lua_State *L, int i)
{
    bool has =
        lua_rawgeti(L, -1, i) == LUA_TUSERDATA && phrases_check(L, -1) != NULL;

    lua_pop(L, 1);
    return has;
}

static bool
has_type(lua_State *L, int i, int type)
{
    bool has = lua_rawgeti(L, -1, i) == type;

    lua_pop(L, 1);
    return has;
}

static bool
is_whole_of_said(lua_State *L, enum condition_op op)
{
    if (source_of(L) == CONDITIONS_SOURCES)
        return false;
    if (op == OP_SIGN)
        return has_type(L, 3, LUA_TSTRING);
    if (op == OP_MEETS)
        return has_phrases(L, 3) && has_phrases(L, 4);
    if (op == OP_MAY_REPEAT)
        return has_phrases(L, 3) && has_type(L, 4, LUA_TNUMBER) &&
               has_type(L, 5, LUA_TNUMBER) && has_type(L, 6, LUA_TNUMBER);
    return has_phrases(L, 3);
}

/* Whether the description on top has what its operation needs. Who makes one
 * by hand may leave out anything. */
static bool
is_whole(lua_State *L, enum condition_op op)
{
    int n = (int)lua_rawlen(L, -1);

    if (is_of_said(op))
        return is_whole_of_said(L, op);
    if (op == OP_CALENDAR)
        return has_type(L, 2, LUA_TSTRING) && has_type(L, 3, LUA_TBOOLEAN);
    if (n < 3 || n > CONDITIONS_KEYS + 2)
        return false;
    if (op == OP_ONE_OF || op == OP_FOLDED || op == OP_HAS_NAME)
        return has_type(L, 2, LUA_TTABLE);
    return op < OP_BELOW || has_type(L, 2, LUA_TNUMBER);
}

/* Push the conditions in a group; its description is on top of it. */
static int
push_inner(lua_State *L)
{
    if (lua_rawgeti(L, -1, 2) == LUA_TTABLE)
        return LUA_TTABLE;
    lua_pop(L, 1);
    lua_pushvalue(L, -2);
    push_member(L, "inner");
    lua_remove(L, -2);
    return lua_type(L, -1);
}

/* What the condition on top is: its `quick`, pushed, tells. */
static enum condition_op
op_of(lua_State *L, int depth)
{
    enum condition_op op = OP_TEST;
    bool whole;

    if (push_member(L, "quick") != LUA_TTABLE)
        return OP_TEST;
    lua_rawgeti(L, -1, 1);
    if (lua_type(L, -1) == LUA_TSTRING)
        op = op_named(lua_tostring(L, -1));
    lua_pop(L, 1);
    if (!is_group(op))
        return op != OP_TEST && is_whole(L, op) ? op : OP_TEST;
    whole = push_inner(L) == LUA_TTABLE;
    lua_pop(L, 1);
    return whole && depth > 0 ? op : OP_TEST;
}

/* Keep the condition on top, or its check where the language's own test asks
 * nothing else. True: what it asks changes nothing. */
static bool
keep_test(struct compiler *c)
{
    lua_State *L = c->L;
    bool none = push_member(L, "test") == LUA_TNIL;
    bool own = lua_rawequal(L, -1, PLACE_TEST);

    lua_pop(L, 1);
    push_member(L, "opaque");
    own = own && !lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (own && push_member(L, "check") != LUA_TFUNCTION) {
        lua_pop(L, 1);
        own = false;
    }
    if (!own)
        lua_pushvalue(L, -1);
    keep_constant(c);
    return own || none;
}

static void compile(struct compiler *c, int depth);

static void
compile_inner(struct compiler *c, int depth)
{
    lua_State *L = c->L;

    push_inner(L);
    for (lua_Unsigned i = 1, n = lua_rawlen(L, -1); i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        compile(c, depth);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* A group, and what ends with a test of its own, is known by the condition,
 * all else by its description. */
static bool
is_known_by_condition(enum condition_op op)
{
    return op == OP_TEST || is_group(op);
}

/* The condition on top, and what is in it. */
static void
compile(struct compiler *c, int depth)
{
    lua_State *L = c->L;
    struct condition node = {.constant = c->constant_count + 1};
    uint32_t place = c->node_count++;

    luaL_checkstack(L, 8, "conditions in conditions");
    sandbox_charge(L, 16);
    if (!lua_istable(L, -1))
        luaL_error(L, "a condition is a table");
    node.quiet = keep_test(c);
    buf_add(c->nodes, &node, sizeof node);
    node.op = (uint8_t)op_of(L, depth);
    if (is_group((enum condition_op)node.op))
        compile_inner(c, depth - 1);
    else if (node.op != OP_TEST)
        keep_operands(c, &node);
    lua_pushvalue(L,
                  is_known_by_condition((enum condition_op)node.op) ? -2 : -1);
    share_answer(c, &node, place);
    lua_pop(L, 1);
    node.end = c->node_count;
    *node_at(c, place) = node;
}

static int
word_compile(lua_State *L)
{
    struct compiler c = {.L = L, .nodes = sandbox_scratch(L)};
    struct conditions *p;
    uint32_t count;

    luaL_checktype(L, PLACE_LIST, LUA_TTABLE);
    luaL_checktype(L, PLACE_TEST, LUA_TFUNCTION);
    lua_settop(L, PLACE_TEST);
    lua_newtable(L);
    lua_newtable(L);
    count = (uint32_t)lua_rawlen(L, PLACE_LIST);
    for (uint32_t i = 1; i <= count; i++) {
        lua_rawgeti(L, PLACE_LIST, i);
        compile(&c, DEPTH_MAX);
        lua_pop(L, 1);
    }
    p = lua_newuserdatauv(L, sizeof *p + c.nodes->len, 1);
    p->kind = &conditions_kind;
    p->count = count;
    p->answers = c.answer_count;
    memcpy(p->nodes, buf_str(c.nodes), c.nodes->len);
    lua_pushvalue(L, PLACE_CONSTANTS);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

const luaL_Reg conditions_words[] = {
    {"compile", word_compile},
    {"matching", conditions_matching},
    {"next", conditions_next},
    {NULL, NULL},
};
