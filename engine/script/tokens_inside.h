/*
 * tokens_inside: what the tokens' files share. tokens.c makes them and tells
 * where their strings stand, tokens_find.c looks for phrases in them,
 * tokens_alike.c compares their strings.
 */
#ifndef SCRIPT_TOKENS_INSIDE_H
#define SCRIPT_TOKENS_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/tokens.h"
#include "script/vocabulary.h"

/* A named word that was said: its first and its newest position, from 1. */
struct said {
    number name; /* 0: free */
    uint32_t first, last;
};

/* What was said. Behind it: hash[count], said[slots], then number[count],
 * next[count], start[strings + 1], kept[strings]: the places where more is
 * known of a string (memo.h), 0: nowhere. What is said when somebody first asks
 * where a named word stands. */
struct tokens {
    const void *kind;
    uint32_t count, strings;
    uint32_t slots;  /* a power of two */
    bool mapped;     /* said and next are filled in */
    bool remembered; /* more is known of a string */
    uint64_t hash[];
};

/* --- layout --- */

static inline struct said *
token_said(struct tokens *t)
{
    return (struct said *)(void *)(t->hash + t->count);
}

static inline number *
token_numbers(struct tokens *t)
{
    return (number *)(void *)(token_said(t) + t->slots);
}

/* The next position of the same named word, 0: none. */
static inline uint32_t *
token_next(struct tokens *t)
{
    return token_numbers(t) + t->count;
}

static inline uint32_t *
token_start(struct tokens *t)
{
    return token_next(t) + t->count;
}

static inline uint32_t *
token_kept(struct tokens *t)
{
    return token_start(t) + t->strings + 1;
}

/* --- arguments --- */

/* The first bytes of tokens: see phrases_of_kind. */
extern const char tokens_kind;

/* Those at an index; argument 1. */
struct tokens *tokens_at(lua_State *L, int index);
struct tokens *tokens_check(lua_State *L);

/* The number of a string, from 1; here from 0. */
uint32_t tokens_check_string(lua_State *L, int index, const struct tokens *t);

/* Positions from 0, `to` exclusive. */
struct tokens_range {
    uint32_t from, to;
};

/* The two positions from the index on: all when left out. */
struct tokens_range tokens_check_range(lua_State *L, int index,
                                       const struct tokens *t);

/* The string (from 0) that position i lies in. */
uint32_t tokens_string_at(struct tokens *t, uint32_t i);

extern const luaL_Reg tokens_find_words[], tokens_alike_words[];

#endif
