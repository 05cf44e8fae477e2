/* The way out: see push.h. */
#include "script/push.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/pack.h"
#include "base/str.h"
#include "script/order.h"
#include "script/sandbox_inside.h"

/* A trace nests conditions in conditions; the engine reads 64 levels. */
#define TRACE_DEPTH    40
#define TRACE_BYTES    64 /* for each node it may have */
#define PATH_MAX_STEPS 64

/* One step of the way to a value: a member's name or an item's number. */
struct step {
    const char *key; /* NULL: an item */
    size_t key_n;
    size_t item;
};

/* What a part of the result may still use. */
struct allowance {
    size_t nodes, bytes;
    unsigned depth;
};

struct packer {
    lua_State *L;
    struct sandbox *s;
    struct buf *out;
    struct allowance left;
    struct step path[PATH_MAX_STEPS];
    unsigned depth;
};

/* --- refusing --- */

static size_t
print_step(const struct step *step, char *out, size_t n)
{
    int len;

    if (step->key)
        len = snprintf(out, n, ".%.*s",
                       (int)(step->key_n < 60 ? step->key_n : 60), step->key);
    else
        len = snprintf(out, n, "[%zu]", step->item);
    return (size_t)len < n ? (size_t)len : n - 1;
}

static _Noreturn void
refuse(struct packer *k, const char *why)
{
    char path[512];
    size_t at = 0;

    path[0] = '\0';
    for (unsigned i = 0; i < k->depth && at < sizeof path - 1; i++)
        at += print_step(&k->path[i], path + at, sizeof path - at);
    lua_pushfstring(k->L, "the result%s: %s", path, why);
    sandbox_fail(k->L, SCRIPT_BAD_RESULT);
}

static void
spend_bytes(struct packer *k, size_t bytes)
{
    if (k->left.bytes < bytes)
        refuse(k, "too long");
    k->left.bytes -= bytes;
}

/* One value of at most so many bytes. */
static void
spend(struct packer *k, size_t bytes)
{
    if (k->left.nodes == 0)
        refuse(k, "too many values");
    k->left.nodes--;
    spend_bytes(k, bytes);
}

/* --- scalars --- */

static void
write_text(struct packer *k, const char *p, size_t n)
{
    if (!utf8_valid(p, n))
        refuse(k, "text that is not UTF-8");
    pack_str(k->out, p, n);
}

static void
write_string(struct packer *k)
{
    size_t n;
    const char *p = lua_tolstring(k->L, -1, &n);

    spend(k, n + 5);
    write_text(k, p, n);
}

static void
write_number(struct packer *k)
{
    spend(k, 9);
    if (lua_isinteger(k->L, -1)) {
        pack_int(k->out, lua_tointeger(k->L, -1));
        return;
    }
    if (!isfinite(lua_tonumber(k->L, -1)))
        refuse(k, "a number that is not finite");
    pack_num(k->out, lua_tonumber(k->L, -1));
}

/* --- tables --- */

static void write_any(struct packer *k);

static void
enter(struct packer *k, size_t n)
{
    if (n > k->left.nodes)
        refuse(k, "too many values");
    if (k->left.depth == 0 || k->depth == PATH_MAX_STEPS)
        refuse(k, "nested too deeply");
    k->left.depth--;
    k->depth++;
    luaL_checkstack(k->L, 8, "nested too deeply");
}

static void
leave(struct packer *k)
{
    k->left.depth++;
    k->depth--;
}

static void
write_list(struct packer *k, size_t n)
{
    struct step *step;

    pack_array(k->out, n);
    enter(k, n);
    step = &k->path[k->depth - 1];
    for (size_t i = 1; i <= n; i++) {
        *step = (struct step){.item = i};
        lua_rawgeti(k->L, -1, (lua_Integer)i);
        write_any(k);
        lua_pop(k->L, 1);
    }
    leave(k);
}

/* The trace of a decision is long where the decision itself is short. */
static bool
has_own_cap(const struct packer *k, const struct order_key *key)
{
    return k->depth == 1 && k->s->limits.trace_nodes > 0 && key->len == 5 &&
           memcmp(key->p, "trace", 5) == 0;
}

static void
write_capped(struct packer *k)
{
    struct allowance outer = k->left;
    size_t nodes = k->s->limits.trace_nodes;

    k->left = (struct allowance){nodes, nodes * TRACE_BYTES, TRACE_DEPTH};
    write_any(k);
    k->left = outer;
}

static void
write_member(struct packer *k, size_t at)
{
    struct order_key key = k->s->keys.items[at];

    k->path[k->depth - 1] = (struct step){.key = key.p, .key_n = key.len};
    spend_bytes(k, key.len + 5);
    write_text(k, key.p, key.len);
    order_push(k->L, &key);
    lua_rawget(k->L, -2);
    if (has_own_cap(k, &key))
        write_capped(k);
    else
        write_any(k);
    lua_pop(k->L, 1);
}

static void
write_members(struct packer *k, size_t n)
{
    size_t base = k->s->keys.count;

    pack_map(k->out, n);
    enter(k, n);
    order_add(k->L, -1, &k->s->keys);
    for (size_t i = 0; i < n; i++)
        write_member(k, base + i);
    k->s->keys.count = base;
    leave(k);
}

static void
write_table(struct packer *k)
{
    bool marked = push_is_marked(k->L, -1);
    size_t n;

    if (!marked && lua_getmetatable(k->L, -1))
        refuse(k, "a table with a metatable");
    spend(k, 5);
    switch (order_shape(k->L, -1, &n)) {
    case ORDER_EMPTY:
        marked ? write_list(k, 0) : write_members(k, 0);
        return;
    case ORDER_LIST:
        write_list(k, n);
        return;
    case ORDER_MAP:
        write_members(k, n);
        return;
    case ORDER_MIXED:
    case ORDER_ODD:
        refuse(k, "a table that is neither a list (1, 2, 3 ...) nor a map "
                  "with names only");
    }
}

static void
write_any(struct packer *k)
{
    switch (lua_type(k->L, -1)) {
    case LUA_TNIL:
        spend(k, 1);
        pack_nil(k->out);
        return;
    case LUA_TBOOLEAN:
        spend(k, 1);
        pack_bool(k->out, lua_toboolean(k->L, -1));
        return;
    case LUA_TNUMBER:
        write_number(k);
        return;
    case LUA_TSTRING:
        write_string(k);
        return;
    case LUA_TTABLE:
        write_table(k);
        return;
    case LUA_TLIGHTUSERDATA:
        spend(k, 1);
        pack_nil(k->out);
        return;
    default:
        refuse(k, "a function");
    }
}

void
push_result(lua_State *L, struct buf *out)
{
    struct sandbox *s = sandbox_of(L);
    struct packer k = {.L = L, .s = s, .out = out};

    sandbox_keys(L);
    k.left =
        (struct allowance){s->limits.nodes, s->limits.result, s->limits.depth};
    write_any(&k);
}
