/*
 * tokens: finding words and phrases in what was said. Every rule of a policy
 * looks at the same few messages for its own words, so the words that any rule
 * names are numbered once, while the rules load (phrases.h); a decision then
 * tells its messages' words apart once, in C, and every rule compares numbers.
 *
 * Tokens are plain userdata that lie in the state's arena: an image holds them
 * like everything else, and a result may not contain them.
 */
#ifndef SCRIPT_TOKENS_H
#define SCRIPT_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

/*
 * The words, members of `text`. P are phrases (phrases.h), T tokens; positions
 * and string numbers count from 1.
 *
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
 *   text.is(T, position, P)    the number of P's longest phrase that begins
 *                              there and how many words it has; false if none
 *   text.alike(T, {i, ...}, P, share)  for each of up to 16 strings of T, which
 *                              of them share at least that much of all their
 *                              words with it, itself included: bit k - 1 for
 *                              the k-th. Words that a phrase of P begins with
 *                              and words of one byte do not count; a string
 *                              with fewer than three others is like nothing: 0
 *   text.unlike(T, i, k, P, share)  nil when two of the strings i to k, of
 *                              which there are 16 at most, are alike; else the
 *                              newest that says enough, 0 when none does
 */
extern const luaL_Reg tokens_words[];

/* Whether a phrase of the list at one index stands in the tokens at another:
 * in any of their strings, or in the last. Raises an error when they are none
 * of these. */
bool tokens_hold(lua_State *L, int tokens, int phrases, bool newest);

/* Whether the last string begins with a phrase of the list. */
bool tokens_newest_begins(lua_State *L, int tokens, int phrases);

/* Whether one of the strings holds a phrase of each list. */
bool tokens_meet(lua_State *L, int tokens, int phrases, int others);

/* Whether two of the strings from that one (from 1) on may be alike, as
 * text.alike tells: false is certain, true is worth a look. Of more than 16
 * those before the last 16 do not count. */
bool tokens_may_be_alike(lua_State *L, int tokens, int small, lua_Integer from,
                         double share);

/* Push T of the strings that were added since the beginning. They take the
 * scratch buffer. What is kept of a string from one call of a series to the
 * next has a byte for whoever adds it, 0 at first; NULL: nothing is kept.
 * tokens_push returns how many words they have. */
void tokens_begin(lua_State *L);
uint8_t *tokens_add(lua_State *L, const char *p, size_t n);
size_t tokens_push(lua_State *L);

#endif
