/*
 * said: what one side of a conversation said, picked out of its messages and
 * told apart into words in one go, and how it was said. Nearly every rule of a
 * policy begins here.
 */
#ifndef SCRIPT_SAID_H
#define SCRIPT_SAID_H

#include <lauxlib.h>
#include <lua.h>

/*
 * Members of `text`:
 *
 *   text.said(messages, role, episode)  of the messages with that role, without
 *       those that a machine sent (auto), of the episode (nil: of all; a
 *       message without one belongs to each): their list, their texts, T of
 *       these (tokens.h); then whether one of them may hold a quoted line or a
 *       block of code, may be loud (more capitals than other letters, two of !
 *       and ? in a row), has a sentiment, an intent, a confidence; whether one
 *       with that role is a machine's, of whichever episode; whether there are
 *       some of them and no word in any
 *   text.shouting(s)           share of capitals in the ASCII letters of s, how
 *       many letters there are, and the longest run of "!" and "?"
 *   text.turns(list, count, ms)  the newest turns of a list of messages, newest
 *       first, `count` at most: where in the list each begins. A message that
 *       follows at once (its seq is the next one) and within ms milliseconds
 *       goes on with the turn
 */
extern const luaL_Reg said_words[];

/* Where in the list of messages at the index the last of the `count` newest
 * turns begins, from 1; the same turns as text.turns'. */
lua_Integer said_turn(lua_State *L, int list, lua_Integer count,
                      lua_Integer burst_ms);

#endif
