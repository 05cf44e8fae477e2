/*
 * regex: Perl-like expressions (PCRE2) for rules and slot patterns: UTF-8,
 * Unicode classes, no JIT. Everything PCRE2 allocates lies in the arena, so a
 * restored image brings its compiled patterns along and owns nothing else.
 *
 *   regex.match(pattern, s)  the captures (the whole match when the pattern
 *                            has none), nil for one that took no part, or
 *                            nil when it does not match
 *   regex.test(pattern)      true, or nil and what is wrong with it; a set
 *                            that tests its patterns while loading compiles
 *                            none in a call
 */
#ifndef SCRIPT_REGEX_H
#define SCRIPT_REGEX_H

#include <lauxlib.h>
#include <lua.h>

/* Prepare a fresh state: contexts and the table of compiled patterns. */
void regex_open(lua_State *L);

extern const luaL_Reg regex_words[];

#endif
