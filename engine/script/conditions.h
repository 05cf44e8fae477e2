/*
 * conditions: which rules match, found out in C. Most conditions of a policy
 * ask for phrases, for a name that is one of some or for a number against a
 * limit, and most do not hold: calling a Lua function for each would be most of
 * what a decision costs. Those that know no more than that are compiled, once,
 * when the rules have loaded; for all others, and wherever something is not of
 * the type that is expected, the condition's own test(m) is called. It is the
 * truth: what is compiled says the same, faster.
 */
#ifndef SCRIPT_CONDITIONS_H
#define SCRIPT_CONDITIONS_H

#include <lauxlib.h>
#include <lua.h>

/*
 * The words, members of `conditions`, which users' files do not see:
 *
 *   conditions.compile(list, own)  a program of a list of conditions; own: the
 *       language's own test, which asks the condition's member `check` alone,
 *       and changes nothing that others look at unless the condition is
 *       `opaque`: those that several rules share are asked once. The member
 *       `quick` of a condition says what it is: { "all" }, { "any" } or
 *       { "none" } of the list `inner`, or of the one that stands behind it;
 *       { "says", of, P, newest } for phrases (phrases.h) in what m[of]()
 * gives, or in the newest of it; { "may_say", of, P }: without one of them it
 *       does not hold, with one its test tells;
 *       { op, operand, key, ... } for what is at m[key]..., where nil or false
 *       on the way is nil: "one_of" a set, "is" a value, "below", "at_most",
 *       "above", "at_least" a number, "present" and "missing" (the operand is
 *       anything). Nil fits nothing but "missing"; what is no number and must
 *       be one is asked of the test. Without `quick` it is the test.
 *   conditions.matching(program, m)  the numbers, rising, of those that hold;
 *       nil when none does
 *   conditions.next(program, m, from)  the number of the first that holds, from
 *       that one on; nil
 */
extern const luaL_Reg conditions_words[];

#endif
