/*
 * sandbox_inside: what the parts of the sandbox share: the one struct behind
 * every word, the budget that all work is charged to, and the way a call is
 * ended for good. For sandbox*.c and the words' files only.
 */
#ifndef SCRIPT_SANDBOX_INSIDE_H
#define SCRIPT_SANDBOX_INSIDE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/buf.h"
#include "script/arena_alloc.h"
#include "script/order.h"
#include "script/pool.h"
#include "script/sandbox.h"

/* A function so marked may leave by a Lua error: it holds nothing that needs
 * freeing when it calls or is called. */
#define MAY_LJMP

#define SANDBOX_TEXT_MAX  1024 /* bytes of an outcome's text */
#define SANDBOX_PLACE_MAX 128

struct memo;
struct sandbox_loader;
struct vocabulary;

struct sandbox {
    struct arena_alloc *arena;   /* of the set that is loaded or called */
    struct sandbox_rooms *rooms; /* sandbox.c's: where arenas lie */
    bool watches;                /* see sandbox_watch */
    struct script_limits limits; /* of the load or call that runs */
    int64_t steps;               /* pattern steps left */

    /* Once stop is set, no script code of this call runs on: see
     * sandbox_stop. */
    enum script_class stop;
    const char *why;           /* which budget, when stop is SCRIPT_BUDGET */
    enum script_class failing; /* class of the error being raised, or OK */

    /* See sandbox_try_uncounted. The state that runs uncounted, and whether
     * its time is over: the timer's handler reads one and writes the other. */
    bool tries_uncounted;
    lua_State *volatile uncounted;
    volatile sig_atomic_t late;

    char place[SANDBOX_PLACE_MAX]; /* "file:line" of what failed, or "" */
    char text[SANDBOX_TEXT_MAX + 1];

    uint32_t seed;      /* of C hash tables that no order is ever taken from */
    struct buf scratch; /* C memory of this process, of no image */
    struct buf aside;   /* the same, for a word that needs two */
    struct buf strings; /* the same, of the tokens that are being made */
    struct order_keys keys;        /* the same, for sorted keys */
    struct sandbox_loader *loader; /* while a set is being loaded */
    struct vocabulary *words;      /* of the set that is loaded or called; NULL:
                                      it names none */
    struct sandbox_image *shared;  /* see sandbox_share; NULL: nothing is */
    struct buf above;   /* what was pushed for it, behind the image */
    struct memo *memo;  /* of the series that runs; NULL: none does */
    struct memo *spare; /* the same one between series */
};

struct sandbox *sandbox_of(lua_State *L);

/* Charge units of work (one is about one VM instruction) before doing it. */
MAY_LJMP void sandbox_charge(lua_State *L, size_t work);

/* Whether a charge would leave the call going: whoever charges at once for what
 * would be charged bit by bit asks first. */
bool sandbox_affords(lua_State *L, size_t work);

/* Charge for reading n bytes: one unit for 64. */
MAY_LJMP void sandbox_charge_bytes(lua_State *L, size_t n);

/* End the call: no pcall of the script's gets hold of it, and every later
 * instruction (in a __close handler, say) ends it again. `why` is a constant
 * that names the budget. */
MAY_LJMP _Noreturn void sandbox_stop(lua_State *L, enum script_class class,
                                     const char *why);

/* To be called wherever an error was caught: goes on ending the call. */
MAY_LJMP void sandbox_stop_again(lua_State *L);

/* An error of the host's with a class of its own (SCRIPT_BAD_RESULT,
 * SCRIPT_BAD_SET); the message is on top of the stack. */
MAY_LJMP _Noreturn void sandbox_fail(lua_State *L, enum script_class class);

/* The sandbox's emptied buffer. Whoever fills it may call no script before
 * its bytes are in a Lua string. */
struct buf *sandbox_scratch(lua_State *L);

/* Push the scratch buffer's bytes, refusing what is too long for a string. */
MAY_LJMP void sandbox_push_scratch(lua_State *L);

/* The sandbox's emptied stack of keys: words never run within each other, so
 * what one left there when it failed is of no use to anybody. */
struct order_keys *sandbox_keys(lua_State *L);

/* "file:line" of the function at the level; false when it is not a script's. */
bool sandbox_place_at(lua_State *L, int level, char out[SANDBOX_PLACE_MAX]);

/* The same, or of the nearest script function above it. */
bool sandbox_place(lua_State *L, int level, char out[SANDBOX_PLACE_MAX]);

/* What a load or a call ended with: lua_pcall's status, and the error value on
 * L's stack when that is none. */
void sandbox_outcome_fill(struct sandbox *s, lua_State *L, int status,
                          struct sandbox_outcome *o);

/* The same bytes made printable and clipped, in s->text. */
void sandbox_outcome_text(struct sandbox *s, const char *p, size_t n);

/* Tables of the registry, by address. */
extern const char sandbox_key_entry, sandbox_key_list, sandbox_key_regex;
extern const char sandbox_key_shared;

#endif
