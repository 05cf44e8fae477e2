/*
 * match: Lua's patterns (the manual's 6.4.1) with every step counted, so that
 * a pattern that would search for hours ends with its budget instead. The
 * string library's find, match, gmatch and gsub, also behind s:match.
 */
#ifndef SCRIPT_MATCH_H
#define SCRIPT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#define MATCH_CAPTURES 32

/* Nested tries: each may take its part of the C stack. */
#define MATCH_DEPTH 200

#define MATCH_OPEN     (-1) /* a capture whose ) was not reached yet */
#define MATCH_POSITION (-2) /* (): where, not what */

struct match_capture {
    const char *start;
    ptrdiff_t n; /* bytes, MATCH_OPEN or MATCH_POSITION */
};

/* One pattern on one subject. */
struct match {
    lua_State *L;
    const char *text, *text_end, *pattern_end;
    int64_t steps; /* left; below 0 the call is over */
    int depth;
    int captures;
    struct match_capture capture[MATCH_CAPTURES];
    const char *set; /* the last set that was asked, and what is known of it:
                        of each character two bits, asked and in it */
    uint64_t asked[4], inside[4];
};

/* Try the pattern from p at exactly s: the end of the match, or NULL. A Lua
 * error on a malformed pattern; sandbox_stop when the steps are used up. */
const char *match_at(struct match *m, const char *s, const char *p);

/* string.find, match, gmatch, gsub (match_words.c). */
extern const luaL_Reg match_words[];

#endif
