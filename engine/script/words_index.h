/*
 * words_index: the word `text.words_index`, which every decision calls over
 * all of its messages: the words are told apart in C, so that Lua is asked for
 * each different word once and for each list of positions at its full length.
 */
#ifndef SCRIPT_WORDS_INDEX_H
#define SCRIPT_WORDS_INDEX_H

#include <lua.h>

/* text.words_index(strings) -> w: see sandbox_lib.h. */
int words_index_word(lua_State *L);

#endif
