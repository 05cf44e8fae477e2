#include "bench/plain.h"

#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/arena.h"
#include "script/arena_alloc.h"
#include "script/push.h"
#include "script/sandbox_inside.h"
#include "script/sandbox_lib.h"
#include "script/sandbox_load.h"
#include "script/set.h"

struct plain {
    lua_State *L;
    struct sandbox words; /* what the words charge their work to; no limits */
    const char *function, *args;
    size_t args_n;
    struct buf *out;
};

/* The stock libraries in the place of the guarded ones. */
static void
open_stock(lua_State *L)
{
    static const luaL_Reg stock[] = {{"_G", luaopen_base},
                                     {LUA_STRLIBNAME, luaopen_string},
                                     {LUA_TABLIBNAME, luaopen_table},
                                     {LUA_MATHLIBNAME, luaopen_math},
                                     {LUA_UTF8LIBNAME, luaopen_utf8}};

    for (size_t i = 0; i < sizeof stock / sizeof stock[0]; i++) {
        luaL_requiref(L, stock[i].name, stock[i].func, 1);
        lua_pop(L, 1);
    }
}

static int
load_plain(lua_State *L)
{
    struct sandbox_loader *loader = lua_touserdata(L, 1);

    sandbox_lib_open(L);
    open_stock(L);
    sandbox_load_run(L, loader);
    return 0;
}

static int
load(struct plain *p, struct sandbox_loader *loader, struct err *e)
{
    p->L = luaL_newstate();
    *(struct sandbox **)lua_getextraspace(p->L) = &p->words;
    lua_pushcfunction(p->L, load_plain);
    lua_pushlightuserdata(p->L, loader);
    if (lua_pcall(p->L, 1, 0, 0) != LUA_OK)
        return err_set(e, ERR_INPUT, "%s", lua_tostring(p->L, -1));
    p->words.loader = NULL;
    return 0;
}

struct plain *
plain_new(const struct script_set *set, const char *function, struct err *e)
{
    struct plain *p = mem_zero(sizeof *p);
    struct arena *a = arena_new(0);
    struct sandbox_loader loader;
    struct buf packed = {0};
    int rc = -1;

    p->function = function;
    p->words.arena = mem_alloc((size_t)16 << 20);
    arena_alloc_reset(p->words.arena, (size_t)16 << 20);
    p->words.limits = script_limits_default[SCRIPT_DECIDE];
    p->words.limits.instructions = INT64_MAX;
    p->words.steps = INT64_MAX;
    script_set_pack(set, &packed);
    if (sandbox_load_read(&loader, a, packed.data, packed.len, e) == 0)
        rc = load(p, &loader, e);
    buf_free(&packed);
    arena_free(a);
    if (rc == 0)
        return p;
    plain_free(p);
    return NULL;
}

static int
call(lua_State *L)
{
    struct plain *p = lua_touserdata(L, 1);

    lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_key_entry);
    lua_getfield(L, -1, p->function);
    lua_call(L, push_arguments(L, p->args, p->args_n), 1);
    push_result(L, p->out);
    return 0;
}

bool
plain_call(struct plain *p, const char *args, size_t n, struct buf *out)
{
    bool good;

    buf_clear(out);
    p->args = args;
    p->args_n = n;
    p->out = out;
    p->words.steps = INT64_MAX;
    lua_pushcfunction(p->L, call);
    lua_pushlightuserdata(p->L, p);
    good = lua_pcall(p->L, 1, 0, 0) == LUA_OK;
    lua_settop(p->L, 0);
    return good;
}

void
plain_free(struct plain *p)
{
    if (p == NULL)
        return;
    if (p->L != NULL)
        lua_close(p->L);
    buf_free(&p->words.scratch);
    buf_free(&p->words.aside);
    buf_free(&p->words.strings);
    free(p->words.keys.items);
    free(p->words.arena);
    free(p);
}
