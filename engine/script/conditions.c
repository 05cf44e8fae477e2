#include "script/conditions.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "script/phrases.h"
#include "script/sandbox_inside.h"
#include "script/tokens.h"

#define DEPTH_MAX 8 /* of groups in groups; below it is test's */
#define KEYS_MAX  8 /* of a path */
#define KNOWN_MAX 64

enum op {
    OP_TEST, /* the condition's own test(m) */
    OP_ALL,
    OP_ANY,
    OP_NONE,
    OP_SAYS,
    OP_SAYS_NEWEST,
    OP_MAY_SAY,
    OP_ONE_OF,
    OP_IS,
    OP_PRESENT,
    OP_MISSING,
    OP_BELOW, /* this and those behind it are of numbers */
    OP_AT_MOST,
    OP_ABOVE,
    OP_AT_LEAST
};

/* One condition; those inside a group stand behind it. */
struct node {
    uint8_t op, keys; /* of the path */
    uint8_t start;    /* the slot that the path begins at */
    uint8_t known;    /* from 1: its answer is kept there; 0: nowhere */
    bool checks;      /* what it asks are the language's own tests, which change
                         nothing */
    uint32_t end;     /* the node behind it and all within it */
    /* Of the constants from 1: the condition (its check alone, if the test is
     * the language's own), then what it compares with, then the path; of says
     * the function's name stands in the path's place. */
    uint32_t constant;
};

struct program {
    const void *kind;
    uint32_t count; /* of conditions that were asked for */
    struct node nodes[];
};

static const char kind_program;

enum slot {
    SLOT_PROGRAM = 1,
    SLOT_MOMENT,
    SLOT_CONSTANTS,
    SLOT_CONVERSATION, /* the moment's c */
    SLOT_FACTS,        /* the moment's facts */
    SLOT_MATCHING
};

/* --- compiling --- */

/* Where things stand on the compiler's stack. */
enum place {
    PLACE_LIST = 1,
    PLACE_TEST,      /* the language's own */
    PLACE_CONSTANTS, /* the table of them */
    PLACE_NODES      /* the first node of each condition, from 0 */
};

struct compiler {
    lua_State *L;
    uint32_t constant_count, node_count;
    uint8_t known;
    struct buf *nodes;
};

static enum op
op_named(const char *name)
{
    static const char *const names[] = {
        [OP_ALL] = "all",
        [OP_ANY] = "any",
        [OP_NONE] = "none",
        [OP_SAYS] = "says",
        [OP_MAY_SAY] = "may_say",
        [OP_ONE_OF] = "one_of",
        [OP_IS] = "is",
        [OP_PRESENT] = "present",
        [OP_MISSING] = "missing",
        [OP_BELOW] = "below",
        [OP_AT_MOST] = "at_most",
        [OP_ABOVE] = "above",
        [OP_AT_LEAST] = "at_least",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] != NULL && name != NULL && strcmp(names[i], name) == 0)
            return (enum op)i;
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
is_group(enum op op)
{
    return op == OP_ALL || op == OP_ANY || op == OP_NONE;
}

static bool
is_of_phrases(enum op op)
{
    return op == OP_SAYS || op == OP_MAY_SAY;
}

static void
keep_phrases(struct compiler *c, struct node *node)
{
    keep_member(c, 3);
    keep_member(c, 2);
    lua_rawgeti(c->L, -1, 4);
    if (node->op == OP_SAYS && lua_toboolean(c->L, -1))
        node->op = OP_SAYS_NEWEST;
    lua_pop(c->L, 1);
}

/* Where the path of the description on top begins: conditions look at the
 * conversation most, at the facts else. */
static enum slot
start_of(lua_State *L)
{
    enum slot start = SLOT_MOMENT;
    const char *key = NULL;

    if (lua_rawgeti(L, -1, 3) == LUA_TSTRING)
        key = lua_tostring(L, -1);
    if (key != NULL && strcmp(key, "c") == 0)
        start = SLOT_CONVERSATION;
    else if (key != NULL && strcmp(key, "facts") == 0)
        start = SLOT_FACTS;
    lua_pop(L, 1);
    return start;
}

/* The constants behind the condition itself; the description is on top. */
static void
keep_operands(struct compiler *c, struct node *node)
{
    int n = (int)lua_rawlen(c->L, -1);

    if (is_of_phrases((enum op)node->op)) {
        keep_phrases(c, node);
        return;
    }
    node->keys = (uint8_t)(n - 2);
    node->start = (uint8_t)start_of(c->L);
    for (int i = 2; i <= n; i++)
        keep_member(c, i);
}

/* Whether the description on top has what its operation needs. Who makes one
 * by hand may leave out anything. */
static bool
is_whole(lua_State *L, enum op op)
{
    int top = lua_gettop(L), n = (int)lua_rawlen(L, -1);
    int type = lua_rawgeti(L, -1, 2);
    bool whole;

    if (is_of_phrases(op))
        whole = type == LUA_TSTRING &&
                lua_rawgeti(L, top, 3) == LUA_TUSERDATA &&
                phrases_check(L, -1) != NULL;
    else if (op == OP_ONE_OF)
        whole = type == LUA_TTABLE;
    else
        whole = op < OP_BELOW || type == LUA_TNUMBER;
    lua_settop(L, top);
    return whole && (is_of_phrases(op) || (n > 2 && n <= KEYS_MAX + 2));
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
static enum op
op_of(lua_State *L, int depth)
{
    enum op op = OP_TEST;
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

/* Whether its test may have to be asked. */
static bool
may_ask(enum op op)
{
    return op == OP_TEST || op == OP_MAY_SAY || op >= OP_BELOW;
}

static struct node *
node_at(struct compiler *c, uint32_t i)
{
    return (struct node *)(void *)c->nodes->data + i;
}

/* Keep the condition on top, or its check. True: its check. */
static bool
keep_test(struct compiler *c)
{
    lua_State *L = c->L;
    bool own;

    push_member(L, "test");
    own = lua_rawequal(L, -1, PLACE_TEST);
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
    return own;
}

/* The condition on top is node i. Rules that share a condition ask it once: its
 * answer has a place from its second node on. */
static void
share(struct compiler *c, uint32_t i)
{
    lua_State *L = c->L;
    struct node *first;

    lua_pushvalue(L, -1);
    if (lua_rawget(L, PLACE_NODES) == LUA_TNIL) {
        lua_pushvalue(L, -2);
        lua_pushinteger(L, i);
        lua_rawset(L, PLACE_NODES);
    } else {
        first = node_at(c, (uint32_t)lua_tointeger(L, -1));
        if (first->checks && first->known == 0 && c->known < KNOWN_MAX)
            first->known = ++c->known;
        node_at(c, i)->known = first->known;
    }
    lua_pop(L, 1);
}

static bool compile(struct compiler *c, int depth);

/* True: all of them have the language's own tests. */
static bool
compile_inner(struct compiler *c, int depth)
{
    lua_State *L = c->L;
    bool checks = true;

    push_inner(L);
    for (lua_Unsigned i = 1, n = lua_rawlen(L, -1); i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        checks &= compile(c, depth);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return checks;
}

/* The condition on top, and what is in it. */
static bool
compile(struct compiler *c, int depth)
{
    lua_State *L = c->L;
    struct node node = {.constant = c->constant_count + 1};
    uint32_t place = c->node_count++;

    luaL_checkstack(L, 8, "conditions in conditions");
    sandbox_charge(L, 16);
    if (!lua_istable(L, -1))
        luaL_error(L, "a condition is a table");
    node.checks = keep_test(c);
    buf_add(c->nodes, &node, sizeof node);
    node.op = (uint8_t)op_of(L, depth);
    if (node.op != OP_TEST && !is_group(node.op))
        keep_operands(c, &node);
    if (is_group(node.op))
        node.checks = compile_inner(c, depth - 1);
    else if (!may_ask(node.op))
        node.checks = true;
    lua_pop(L, 1);
    node.end = c->node_count;
    *node_at(c, place) = node;
    share(c, place);
    return node.checks;
}

static int
word_compile(lua_State *L)
{
    struct compiler c = {.L = L, .nodes = sandbox_scratch(L)};
    struct program *p;
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
    p->kind = &kind_program;
    p->count = count;
    memcpy(p->nodes, buf_str(c.nodes), c.nodes->len);
    lua_pushvalue(L, PLACE_CONSTANTS);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

/* --- running --- */

/* What is known of the conditions that several rules share, while nothing runs
 * that could change what they look at. */
enum answer {
    ANSWER_UNKNOWN,
    ANSWER_NO,
    ANSWER_YES
};

struct run {
    lua_State *L;
    const struct node *all;
    uint8_t known[KNOWN_MAX + 1]; /* enum answer */
};

static bool holds(struct run *r, uint32_t i);

static void
push_constant(lua_State *L, const struct node *node, uint32_t i)
{
    lua_rawgeti(L, SLOT_CONSTANTS, (lua_Integer)node->constant + i);
}

static bool
test(lua_State *L, const struct node *node)
{
    bool pass;

    push_constant(L, node, 0);
    if (!node->checks) {
        lua_getfield(L, -1, "test");
        lua_insert(L, -2);
    }
    lua_pushvalue(L, SLOT_MOMENT);
    lua_call(L, node->checks ? 1 : 2, 1);
    pass = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return pass;
}

/* Whether one of those in the group holds (or, to find: does not). */
static bool
any_is(struct run *r, uint32_t i, bool find)
{
    for (uint32_t k = i + 1; k < r->all[i].end; k = r->all[k].end)
        if (holds(r, k) == find)
            return true;
    return false;
}

static bool
says(lua_State *L, const struct node *node)
{
    bool pass;

    push_constant(L, node, 2);
    lua_gettable(L, SLOT_MOMENT);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "tokens");
    push_constant(L, node, 1);
    pass = tokens_hold(L, -2, -1, node->op == OP_SAYS_NEWEST);
    lua_pop(L, 3);
    return pass;
}

/* Push what is at the path, and before it what is on the way. */
static void
push_value_at(lua_State *L, const struct node *node)
{
    lua_pushvalue(L, node->start);
    for (uint32_t i = node->start != SLOT_MOMENT; i < node->keys; i++) {
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
compares(lua_State *L, const struct node *node)
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
is_one_of(lua_State *L, const struct node *node)
{
    push_constant(L, node, 1);
    lua_insert(L, -2);
    lua_rawget(L, -2);
    return lua_toboolean(L, -1);
}

/* The value on top; what is not known fits nothing but `missing`. */
static bool
fits(lua_State *L, const struct node *node)
{
    if (lua_isnil(L, -1) || node->op == OP_MISSING)
        return lua_isnil(L, -1) && node->op == OP_MISSING;
    if (node->op >= OP_BELOW)
        return lua_type(L, -1) == LUA_TNUMBER ? compares(L, node)
                                              : test(L, node);
    if (node->op == OP_ONE_OF)
        return is_one_of(L, node);
    if (node->op == OP_IS) {
        push_constant(L, node, 1);
        return lua_rawequal(L, -1, -2);
    }
    return true; /* present */
}

static bool
value_fits(lua_State *L, const struct node *node)
{
    int top = lua_gettop(L);
    bool pass;

    push_value_at(L, node);
    pass = fits(L, node);
    lua_settop(L, top);
    return pass;
}

static bool
find_out(struct run *r, uint32_t i)
{
    const struct node *node = &r->all[i];
    lua_State *L = r->L;

    if (node->op == OP_TEST)
        return test(L, node);
    if (node->op == OP_ALL)
        return !any_is(r, i, false);
    if (node->op == OP_ANY || node->op == OP_NONE)
        return any_is(r, i, true) == (node->op == OP_ANY);
    if (node->op == OP_SAYS || node->op == OP_SAYS_NEWEST)
        return says(L, node);
    if (node->op == OP_MAY_SAY)
        return says(L, node) && test(L, node);
    return value_fits(L, node);
}

/* Node i, by its place. */
static bool
holds(struct run *r, uint32_t i)
{
    const struct node *node = &r->all[i];
    uint8_t *known = &r->known[node->known];
    bool pass;

    if (node->known != 0 && *known != ANSWER_UNKNOWN)
        return *known == ANSWER_YES;
    pass = find_out(r, i);
    if (!node->checks)
        memset(r->known, ANSWER_UNKNOWN, sizeof r->known);
    else if (node->known != 0)
        *known = pass ? ANSWER_YES : ANSWER_NO;
    return pass;
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
static const struct program *
begin(struct run *r, lua_State *L)
{
    const struct program *p = phrases_of_kind(L, SLOT_PROGRAM, &kind_program);

    luaL_argexpected(L, p != NULL, SLOT_PROGRAM, "program");
    luaL_checktype(L, SLOT_MOMENT, LUA_TTABLE);
    lua_settop(L, SLOT_MOMENT);
    luaL_checkstack(L, 8 + 2 * DEPTH_MAX + KEYS_MAX,
                    "conditions in conditions");
    lua_getiuservalue(L, SLOT_PROGRAM, 1);
    lua_getfield(L, SLOT_MOMENT, "c");
    lua_getfield(L, SLOT_MOMENT, "facts");
    *r = (struct run){.L = L, .all = p->nodes};
    return p;
}

/* Whether the condition at that place holds; the place becomes that of the one
 * behind it. */
static bool
holds_next(struct run *r, uint32_t *place)
{
    uint32_t i = *place;

    *place = r->all[i].end;
    sandbox_charge(r->L, *place - i);
    return holds(r, i);
}

static int
word_matching(lua_State *L)
{
    struct run r;
    const struct program *p = begin(&r, L);
    uint32_t place = 0;

    lua_pushnil(L);
    for (uint32_t i = 0; i < p->count; i++)
        if (holds_next(&r, &place))
            add_matching(L, (lua_Integer)i + 1);
    lua_settop(L, SLOT_MATCHING);
    return 1;
}

static int
word_next(lua_State *L)
{
    lua_Integer from = luaL_checkinteger(L, 3);
    struct run r;
    const struct program *p = begin(&r, L);
    uint32_t place = 0;

    for (uint32_t i = 1; i <= p->count; i++) {
        if ((lua_Integer)i < from) {
            place = p->nodes[place].end;
        } else if (holds_next(&r, &place)) {
            lua_pushinteger(L, i);
            return 1;
        }
    }
    lua_pushnil(L);
    return 1;
}

const luaL_Reg conditions_words[] = {
    {"compile", word_compile},
    {"matching", word_matching},
    {"next", word_next},
    {NULL, NULL},
};
