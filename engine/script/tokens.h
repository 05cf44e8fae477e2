/*
 * tokens: finding words and phrases in what was said. Every rule of a policy
 * looks at the same few messages for its own words, so the words that any rule
 * names are numbered once, while the rules load; a decision then tells its
 * messages' words apart once, in C, and every rule compares numbers.
 *
 * Both values are plain userdata that lie in the state's arena: an image
 * holds them like everything else, and a result may not contain them.
 */
#ifndef SCRIPT_TOKENS_H
#define SCRIPT_TOKENS_H

#include <lauxlib.h>
#include <lua.h>

/*
 * The words, members of `text`. P are phrases, T tokens; positions and string
 * numbers count from 1.
 *
 *   text.phrases(list)         P of strings, each one or more words once
 *                              folded; while the rules load only
 *   text.tokens(list)          T of strings, in order
 *   text.count(T)              how many words there are
 *   text.span(T, i)            first and last position of string i (last is
 *                              first - 1 when it holds no word)
 *   text.string_at(T, position)  the number of the string there
 *   text.find(T, P, from, to)  the first phrase of P's that stands between
 *                              the positions, and where: number, position, and
 *                              the number of the string; or nil. A phrase
 *                              never reaches from one string into the next.
 *                              from, to: all when left out
 *   text.places(T, P, from, to) list of the positions at which a phrase of
 *                              P's begins, rising; nil when there is none
 *   text.is(T, position, P)    whether a phrase of P's begins there
 *   text.alike(T, {i, ...}, P, share)  for each of up to 16 strings of T, how
 *                              many of them share at least that much of all
 *                              their words with it, itself included. Words of
 *                              P and of one byte do not count; a string with
 *                              fewer than three others is like nothing: 0
 *   text.shouting(s)           share of capitals in the ASCII letters of s, how
 *                              many letters there are, and the longest run
 *                              of "!" and "?"
 */
extern const luaL_Reg tokens_words[];

/* Names of the metatables, made by tokens_open. */
void tokens_open(lua_State *L);

#endif
