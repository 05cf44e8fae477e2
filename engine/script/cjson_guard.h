/*
 * cjson_guard: the `json` of scripts. Reading is lua-cjson behind a guard:
 * numbers that are whole become integers, those past 2^53 (of which a float
 * knows only some) are refused, as are NaN, hexadecimal and more than 64
 * levels; null is left out of maps and is json.null in lists. Writing is our
 * own, because lua-cjson can neither sort keys nor write an empty list nor
 * more than 14 digits.
 *
 *   json.decode(s)   the value, or an error that says what is wrong
 *   json.encode(v)   compact text; keys sorted; an empty table is {} unless
 *                    it is marked as a list
 *   json.list(t)     marks t (or a new table) as a list and returns it
 *   json.null
 */
#ifndef SCRIPT_CJSON_GUARD_H
#define SCRIPT_CJSON_GUARD_H

#include <lua.h>

/* Push the table `json`. */
void cjson_guard_open(lua_State *L);

#endif
