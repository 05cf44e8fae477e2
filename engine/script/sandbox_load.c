#include "script/sandbox_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/str.h"
#include "base/value.h"
#include "script/arena_alloc.h"
#include "script/nearest.h"
#include "script/order.h"
#include "script/push.h"
#include "script/sandbox_inside.h"
#include "script/sandbox_lib.h"
#include "script/set.h"

/* Values in a set's data: groups, routing, recordings of a policy's tests. */
#define GIVEN_NODES 1000000

/* Registry: what the files returned, and the globals user files see. Both are
 * dropped when the load is over. */
static const char key_values, key_user_globals;

/* --- reading the packed set --- */

static int
read_text(struct sandbox_file *file, const struct value *v)
{
    const struct embedded_file *embedded = embedded_find(file->name);
    struct str text = value_str(v);

    if (!value_is_str(v) && embedded == NULL)
        return -1;
    file->text = value_is_str(v) ? text.p : embedded->text;
    file->n = value_is_str(v) ? text.len : embedded->n;
    return 0;
}

static int
read_file(struct sandbox_file *file, struct arena *a, const struct value *v)
{
    struct str name = value_str(value_item(v, 0));

    if (value_count(v) != 3 || !value_is_str(value_item(v, 0)))
        return -1;
    file->name = arena_dup(a, name.p, name.len);
    if (read_text(file, value_item(v, 1)) != 0)
        return -1;
    file->prelude = value_bool(value_item(v, 2), false);
    return 0;
}

static void
keep_given(struct sandbox_loader *loader, struct arena *a,
           const struct value *given)
{
    struct buf b = {0};

    value_pack(&b, given);
    loader->given = arena_dup(a, b.data, b.len);
    loader->given_n = b.len;
    buf_free(&b);
}

int
sandbox_load_read(struct sandbox_loader *loader, struct arena *a,
                  const char *packed, size_t n, struct err *e)
{
    const struct value *set = value_read(a, packed, n, GIVEN_NODES, e);
    const struct value *files = value_get(set, "files");
    const struct value *given = value_get(set, "given");

    if (set == NULL)
        return err_wrap(e, "reading the script set");
    memset(loader, 0, sizeof *loader);
    loader->count = value_count(files);
    loader->files = arena_array(a, loader->count, sizeof *loader->files);
    for (size_t i = 0; i < loader->count; i++) {
        if (read_file(&loader->files[i], a, value_item(files, i)) < 0)
            return err_set(e, ERR_INPUT, "malformed script set");
    }
    if (given)
        keep_given(loader, a, given);
    return 0;
}

/* --- globals --- */

/* Upvalue: the globals that user files see. */
static int
refuse_write(lua_State *L)
{
    const char *name;

    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "globals have names");
    name = lua_tostring(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return luaL_error(L,
                          "'%s' is a word of the language and stays what it "
                          "is; choose another name or add local",
                          name);
    return luaL_error(L, "'%s' is not declared; add local before it", name);
}

static int
refuse_member(lua_State *L)
{
    return luaL_error(L, "this table belongs to the language and stays as it "
                         "is");
}

static void
find_nearest(lua_State *L, int index, struct nearest *near)
{
    struct order_keys *keys = sandbox_keys(L);
    size_t n;

    if (order_shape(L, index, &n) != ORDER_MAP)
        return;
    order_add(L, index, keys);
    for (size_t i = 0; i < keys->count; i++)
        nearest_try(near, keys->items[i].p, keys->items[i].len);
}

/* __index of the user globals: nobody's name. */
static int
unknown_word(lua_State *L)
{
    struct nearest near;
    const char *name;
    size_t n;

    if (lua_type(L, 2) != LUA_TSTRING)
        return 0;
    name = lua_tolstring(L, 2, &n);
    sandbox_charge(L, 500);
    nearest_begin(&near, name, n);
    find_nearest(L, 1, &near);
    if (near.best == NULL)
        return luaL_error(L, "unknown word '%s'", name);
    lua_pushlstring(L, near.best, near.best_n);
    return luaL_error(L, "unknown word '%s' (did you mean '%s'?)", name,
                      lua_tostring(L, -1));
}

/* Push { __index, __newindex, __metatable = false }; pops the two values. */
static void
make_guard(lua_State *L)
{
    lua_createtable(L, 0, 3);
    lua_insert(L, -3);
    lua_setfield(L, -3, "__newindex");
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

/* Replace the library at the top by an empty table that shows it. */
static void
guard_library(lua_State *L)
{
    lua_newtable(L);
    lua_insert(L, -2);
    lua_pushcfunction(L, refuse_member);
    make_guard(L);
    lua_setmetatable(L, -2);
}

/* Take words out of the globals on top. */
static void
take_words(lua_State *L, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, words[i]);
        lua_pushnil(L);
        lua_rawset(L, -3);
    }
}

/* Push a copy of the prelude's globals with guarded libraries, and without what
 * the prelude's files have among themselves. */
static void
push_user_globals(lua_State *L)
{
    static const char *const hidden[] = {"conditions", "rule_language"};

    lua_newtable(L);
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -5);
    }
    lua_pop(L, 1);
    for (const char *const *name = sandbox_library_names; *name; name++) {
        if (lua_getfield(L, -1, *name) == LUA_TTABLE) {
            guard_library(L);
            lua_setfield(L, -2, *name);
        } else {
            lua_pop(L, 1);
        }
    }
    take_words(L, hidden, sizeof hidden / sizeof hidden[0]);
}

/* Nobody adds a global any more: neither a prelude function (by mistake) ... */
static void
lock_globals(lua_State *L, int user)
{
    lua_pushglobaltable(L);
    lua_pushnil(L);
    lua_pushvalue(L, user);
    lua_pushcclosure(L, refuse_write, 1);
    make_guard(L);
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/* ... nor a user's file, whose _ENV is an empty table over the words. */
static void
lock(lua_State *L, struct sandbox_loader *loader)
{
    int user;

    push_user_globals(L);
    user = lua_gettop(L);
    lock_globals(L, user);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, unknown_word);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, user);
    lua_newtable(L);
    lua_pushvalue(L, user);
    lua_pushvalue(L, user);
    lua_pushcclosure(L, refuse_write, 1);
    make_guard(L);
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_user_globals);
    lua_settop(L, user - 1);
    loader->locked = true;
}

/* --- running files --- */

static void *
plain_alloc(void *ud, void *p, size_t old_n, size_t n)
{
    (void)ud;
    (void)old_n;
    if (n > 0)
        return realloc(p, n);
    free(p);
    return NULL;
}

static int
add_piece(lua_State *L, const void *p, size_t n, void *out)
{
    (void)L;
    buf_add(out, p, n);
    return 0;
}

/* Compile the text in a state of its own: the compiler's leavings stay out of
 * the image. The code has no lines and no names, which only errors need: the
 * language's tell the user's place, not its own. */
static int
compile_prelude(struct buf *code, const struct sandbox_file *file,
                struct err *e)
{
    lua_State *C = lua_newstate(plain_alloc, NULL);
    char name[SANDBOX_PLACE_MAX];
    int rc = -1;

    if (C == NULL)
        return err_set(e, ERR_SYSTEM, "%s: out of memory", file->name);
    snprintf(name, sizeof name, "=%s", file->name);
    if (luaL_loadbufferx(C, file->text, file->n, name, "t") != LUA_OK)
        err_set(e, ERR_INPUT, "%s", lua_tostring(C, -1));
    else
        rc = lua_dump(C, add_piece, code, 1);
    lua_close(C);
    return rc;
}

/* A user's file is compiled within the limits. */
static void
compile_file(lua_State *L, struct buf *code, const struct sandbox_file *file)
{
    lua_pushfstring(L, "@%s", file->name);
    if (luaL_loadbufferx(L, file->text, file->n, lua_tostring(L, -1), "t") !=
        LUA_OK)
        lua_error(L);
    lua_dump(L, add_piece, code, 0);
    lua_pop(L, 2);
}

/* Push the file as a function whose code no call copies. */
static void
push_chunk(lua_State *L, const struct sandbox_loader *loader,
           const struct sandbox_file *file)
{
    struct buf *code = sandbox_scratch(L);
    struct arena_alloc *arena = sandbox_of(L)->arena;
    struct err e;
    int status;

    sandbox_charge(L, file->n / 8);
    if (!file->prelude) {
        compile_file(L, code, file);
    } else if (compile_prelude(code, file, &e) != 0) {
        lua_pushstring(L, e.text);
        lua_error(L);
    }
    arena_alloc_aside(arena, loader->code);
    status = luaL_loadbufferx(L, code->data, code->len, file->name, "b");
    arena_alloc_aside(arena, NULL);
    if (status != LUA_OK)
        lua_error(L);
    if (file->prelude)
        return;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_user_globals);
    lua_setupvalue(L, -2, 1);
}

/* entry.NAME when it is a function. */
static bool
push_entry(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_key_entry);
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (lua_isfunction(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

static void
tell_loaded(lua_State *L, const struct sandbox_file *file, int value)
{
    if (file->prelude || !push_entry(L, "loaded"))
        return;
    lua_pushstring(L, file->name);
    lua_pushvalue(L, value);
    lua_call(L, 2, 0);
}

/* Push what file i returns, running it now if it has not run yet; a list's
 * text. */
static void
push_file(lua_State *L, struct sandbox_loader *loader, size_t i)
{
    struct sandbox_file *file = &loader->files[i];
    size_t outer = loader->current;
    int value;

    if (script_file_is_list(file->name)) {
        lua_pushlstring(L, file->text, file->n);
        return;
    }
    luaL_checkstack(L, 8, "too many files within files");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_values);
    if (file->state == SANDBOX_FILE_RAN) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        lua_remove(L, -2);
        return;
    }
    if (file->state == SANDBOX_FILE_RUNS)
        luaL_error(L, "%s requires itself, in a circle", file->name);
    file->state = SANDBOX_FILE_RUNS;
    loader->current = i;
    push_chunk(L, loader, file);
    lua_call(L, 0, 1);
    value = lua_gettop(L);
    lua_pushvalue(L, value);
    lua_rawseti(L, value - 1, (lua_Integer)i + 1);
    file->state = SANDBOX_FILE_RAN;
    tell_loaded(L, file, value);
    loader->current = outer;
    lua_remove(L, value - 1);
}

/* The first prelude file's value is the entry table. */
static void
keep_entry(lua_State *L, const struct sandbox_file *file)
{
    if (!lua_istable(L, -1)) {
        lua_pushfstring(L, "%s must return the entry table", file->name);
        sandbox_fail(L, SCRIPT_BAD_SET);
    }
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sandbox_key_entry);
}

static void
set_given(lua_State *L, const struct sandbox_loader *loader)
{
    if (loader->given_n == 0)
        return;
    push_value(L, loader->given, loader->given_n);
    lua_setglobal(L, "given");
}

/* Take the words of loading out of the globals on top. */
static void
drop_words(lua_State *L)
{
    static const char *const words[] = {"given", "require"};

    take_words(L, words, sizeof words / sizeof words[0]);
}

/* The image carries neither the data nor what files returned, except where a
 * script kept it. */
static void
forget(lua_State *L)
{
    lua_pushglobaltable(L);
    drop_words(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_user_globals);
    luaL_getmetafield(L, -1, "__index");
    drop_words(L);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_user_globals);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_values);
}

void
sandbox_load_run(lua_State *L, struct sandbox_loader *loader)
{
    sandbox_of(L)->loader = loader;
    if (loader->count == 0 || !loader->files[0].prelude) {
        lua_pushliteral(L, "the set has no prelude");
        sandbox_fail(L, SCRIPT_BAD_SET);
    }
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_values);
    set_given(L, loader);
    for (size_t i = 0; i < loader->count; i++) {
        if (script_file_is_list(loader->files[i].name))
            continue;
        if (!loader->files[i].prelude && !loader->locked)
            lock(L, loader);
        push_file(L, loader, i);
        if (i == 0)
            keep_entry(L, &loader->files[i]);
        lua_pop(L, 1);
    }
    if (!loader->locked)
        lock(L, loader);
    if (push_entry(L, "finish"))
        lua_call(L, 0, 0);
    forget(L);
}

const struct sandbox_file *
sandbox_load_find(const struct sandbox_loader *loader, const char *name)
{
    for (size_t i = 0; i < loader->count; i++)
        if (strcmp(loader->files[i].name, name) == 0)
            return &loader->files[i];
    return NULL;
}

/* --- require --- */

/* The name itself, with .lua behind it, and both beside the file that asks. */
static bool
matches(const struct sandbox_file *file, const char *asking, const char *name)
{
    const char *slash = strrchr(asking, '/');
    size_t folder = slash ? (size_t)(slash - asking) + 1 : 0, n = strlen(name);
    const char *rest = file->name;

    if (strncmp(rest, asking, folder) == 0 &&
        strncmp(rest + folder, name, n) == 0)
        rest += folder;
    else if (strncmp(rest, name, n) != 0)
        return false;
    return strcmp(rest + n, "") == 0 || strcmp(rest + n, ".lua") == 0;
}

int
sandbox_word_require(lua_State *L)
{
    struct sandbox_loader *loader = sandbox_of(L)->loader;
    const char *name = luaL_checkstring(L, 1);

    if (loader == NULL)
        return luaL_error(L, "require works while a set is loaded only");
    for (size_t i = 0; i < loader->count; i++) {
        const struct sandbox_file *file = &loader->files[i];

        if ((file->prelude != loader->locked ||
             script_file_is_list(file->name)) &&
            matches(file, loader->files[loader->current].name, name)) {
            push_file(L, loader, i);
            return 1;
        }
    }
    return luaL_error(L, "require: this set has no file '%s'", name);
}
