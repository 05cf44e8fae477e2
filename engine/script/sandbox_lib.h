/*
 * sandbox_lib: the words that scripts have. An allow-list: what is not named
 * here does not exist. All of them charge their work to the call's budget and
 * none tells anything that could differ from one run to the next.
 *
 * As in stock Lua 5.4: assert error ipairs select tonumber type rawequal
 * rawget rawlen; math without random and randomseed; utf8; string without
 * dump, pack, packsize and unpack (find, match, gmatch and gsub count their
 * steps).
 *
 * As in stock Lua but stricter:
 *   pairs(t)         keys sorted: numbers, strings by bytes, false, true; a
 *                    table with other keys is an error; no __pairs
 *   next(t)          one argument: nil when empty, else the first key of pairs
 *   pcall, xpcall    never catch the end of a budget or of memory; xpcall
 *                    calls its handler after unwinding
 *   tostring(v)      "table" and "function" without addresses; __tostring works
 *   string.format    no %p
 *   setmetatable     refuses __gc, __mode and __metatable
 *   getmetatable(t)  tables only, nil otherwise
 *   rawset, table.*  raw, real lengths only (a table with __len is refused),
 *                    ranges up to 1,000,000; the libraries' own tables are
 *                    refused; table.sort is stable
 *
 * Of our own:
 *   where(level)     "file:line" of the function at that level (1: the one
 *                    that calls where, 2: its caller ...), or nil
 *   require(name)    a file of the same set: "lists" finds lists.lua; each
 *                    file runs once. There while the set is loaded only
 *   json.encode(v) json.decode(s) json.list(t) json.null     cjson_guard.h
 *   regex.match(pattern, s) regex.test(pattern)              regex.h
 *   text.fold(s)     case folded, accents removed
 *   text.words(s)    list of folded words
 *   text.phrases and other ways to lists of phrases            phrases.h
 *   text.tokens and those that look into them                  tokens.h
 *   text.clip(s, n)  the first n characters as people count them; true when
 *                    something was cut off
 *   text.trim(s)     without white space at both ends
 *   text.harmless(s) without control, bidi and invisible characters
 *   text.html_to_text(s)      blocks become lines, links "text (url)", list
 *                    items "- ", script and style vanish; 256 KiB at most
 *   text.markdown_to_text(s)  CommonMark to plain text; 256 KiB at most
 *   text.nearest(word, list)  the most similar name, nil when none is near
 *   time.format(ms)  "2026-11-21T03:15:01Z"; time.parse(s) -> ms or nil
 *   digest.hex_sha256(s) base64.encode(s) base64.decode(s) (nil when it is
 * none) url.encode(s)    all but letters, digits and "-._~" as %XX url.query(t)
 * "a=1&b=2", keys sorted, a list repeats its key
 */
#ifndef SCRIPT_SANDBOX_LIB_H
#define SCRIPT_SANDBOX_LIB_H

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"

struct sandbox;

/* Open the libraries in a fresh state: its globals become the words above. */
void sandbox_lib_open(lua_State *L);

/* Use every word once, so that what a library sets up at its first use (tables,
 * algorithms, files) is there before the process is confined. */
int sandbox_lib_warm(struct sandbox *s, struct err *e) MUST_CHECK;

/* The names of the globals that are libraries, not functions; NULL ends. */
extern const char *const sandbox_library_names[];

/* The functions of each library, by file. */
extern const luaL_Reg sandbox_words_base[];  /* globals */
extern const luaL_Reg sandbox_words_table[]; /* table */
extern const luaL_Reg sandbox_words_text[];
extern const luaL_Reg sandbox_words_time[];
extern const luaL_Reg sandbox_words_digest[];
extern const luaL_Reg sandbox_words_base64[];
extern const luaL_Reg sandbox_words_url[];

/* text.html_to_text, text.markdown_to_text, and their one argument: 256 KiB of
 * UTF-8 at most. */
const char *sandbox_document_argument(lua_State *L, size_t *n);
int sandbox_word_html_to_text(lua_State *L);
int sandbox_word_markdown_to_text(lua_State *L);

/* string.format over the stock function, which is its upvalue. */
int sandbox_word_format(lua_State *L);

/* Any stock function (the upvalue) that reads the whole of its first string. */
int sandbox_word_charged(lua_State *L);

/* The string argument at the index as valid UTF-8: replaced on the stack by
 * a cleaned copy when it is not. Charges for reading it. */
const char *sandbox_text_argument(lua_State *L, int index, size_t *n);

/* A Lua error when the table at the index is one of the libraries'. */
void sandbox_check_writable(lua_State *L, int index);

#endif
