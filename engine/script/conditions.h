/*
 * conditions: which rules match, found out in C. Most conditions of a policy
 * ask for phrases, for a name that is one of some or for a number against a
 * limit, and most do not hold: calling a Lua function for each would be most of
 * what a decision costs. Those that know no more than that are compiled, once,
 * when the rules have loaded, and so is what others need to hold at all; for
 * these then, for the rest, and wherever something is not of the type that is
 * expected, the condition's own test(m) is called. It is the truth: what is
 * compiled says the same, faster.
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
 *       `opaque`. The member `quick` of a condition says what it is.
 *         { "all" }, { "any" } or { "none" } of the list `inner`, or of the one
 *       that stands behind it. { "may", list }: when none of these holds it
 *       does not, else its test tells.
 *         Of what m[of]() gives, which is called once, `of` being "customer",
 *       "ai" or "own", and P a list of phrases (phrases.h): { "says", of, P,
 *       newest }: one is said there, or in the newest message of it;
 *       { "begins", of, P }: the newest begins with one; { "meets", of, P, Q }:
 *       a message has one of each; { "sign", of, name }: its member `name` is
 *       true; { "may_repeat", of, P, share, count, ms }: there are two messages
 *       at least and some have an intent or those of the newest `count` turns
 *       (said_turn) may be alike (tokens_may_be_alike).
 *         { "calendar", name, open }: the facts know the calendar, or the group
 *       of that name its own, and it is open or not.
 *         { op, operand, key, ... } for what is at m[key]..., where nil or
 * false on the way is nil: "one_of" a set, "folded_one_of" a set as a folded
 *       text, "has_name" (a table whose keys, with "_" for "-" and in small
 *       letters, are in a set), "is" a value, "below", "at_most", "above",
 *       "at_least" a number, "present" and "missing" (the operand is anything).
 *       Nil fits nothing but "missing"; what is of another type than it must be
 *       is asked of the test.
 *         Without `quick` it is the test; where there is none either (within
 *       "may") it holds. A condition that comes several times is answered once,
 *       and so is a table `quick` that several have, until a test was called
 *       that may change something.
 *   conditions.matching(program, m)  the numbers, rising, of those that hold;
 *       nil when none does
 *   conditions.next(program, m, from)  the number of the first that holds, from
 *       that one on; nil
 */
extern const luaL_Reg conditions_words[];

#endif
