/*
 * phrases: the words that make lists of phrases while a set loads, and what
 * tokens needs of them: telling words apart. A list is plain userdata that
 * stands for one of the vocabulary's.
 */
#ifndef SCRIPT_PHRASES_H
#define SCRIPT_PHRASES_H

#include <stdbool.h>
#include <stddef.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/str.h"

struct phrases;

/*
 * Members of `text`; P is a list of phrases. The first three work while the
 * rules load only.
 *
 *   text.phrases(list)         P of strings, each one or more words once folded
 *   text.lexicon(name)         { section = P }: a list of the set (set.h) by
 *                              its full name, with phrases between commas or
 *                              line ends, "[section anything]" before them and
 *                              lines that begin with # left out; a section may
 *                              come several times
 *   text.join(P, P, ...)       P of all of them
 *   text.phrase(P, i)          the i-th phrase's words, folded
 */
extern const luaL_Reg phrases_words[];

/* The userdata at the index if its first bytes are the address `kind`, else
 * NULL. Scripts make no userdata and change none: this is as good as a
 * metatable, and one of many words that a rule says pays for it. */
void *phrases_of_kind(lua_State *L, int index, const void *kind);

const struct phrases *phrases_check(lua_State *L, int index);

/* The table of strings that is argument 1, and alone: how many. */
size_t phrases_check_strings(lua_State *L, const char *who);

/* The words of a text to the end of out, folded, each ended by '\n', and one
 * more '\n'. Returns how many words; a text that is no UTF-8 has none. */
size_t phrases_split(lua_State *L, struct buf *out, const char *p, size_t n);

/* The words of them all into the scratch buffer, folded, each ended by '\n'
 * and each string by one more. Returns how many words. */
size_t phrases_split_all(lua_State *L, size_t strings);

/* The next word of that; empty at a string's end. False at the end of all. */
bool phrases_next_word(struct str *rest, struct str *word);

#endif
