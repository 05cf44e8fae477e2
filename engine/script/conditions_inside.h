/*
 * conditions_inside: a program of conditions, as conditions.c compiles it and
 * conditions_hold.c asks it. For these two only.
 */
#ifndef SCRIPT_CONDITIONS_INSIDE_H
#define SCRIPT_CONDITIONS_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

#define CONDITIONS_KEYS    8  /* of a path */
#define CONDITIONS_ANSWERS 64 /* that are remembered */

enum condition_op {
    OP_TEST, /* the condition's own test(m) */
    OP_ALL,  /* groups */
    OP_ANY,
    OP_NONE,
    OP_MAY,
    OP_SAYS, /* of what was said */
    OP_SAYS_NEWEST,
    OP_BEGINS,
    OP_MEETS,
    OP_MAY_REPEAT,
    OP_SIGN,
    OP_CALENDAR,
    OP_ONE_OF, /* of what is at a path */
    OP_FOLDED,
    OP_HAS_NAME,
    OP_IS,
    OP_PRESENT,
    OP_MISSING,
    OP_BELOW, /* this and those behind it are of numbers */
    OP_AT_MOST,
    OP_ABOVE,
    OP_AT_LEAST
};

/* Where a path begins: conditions look at the conversation most, at the facts
 * else. */
enum condition_start {
    START_MOMENT,
    START_CONVERSATION,
    START_FACTS
};

/* What was said, by the function of the moment that gives it. */
#define CONDITIONS_SOURCES 3
extern const char *const conditions_sources[CONDITIONS_SOURCES];

/* One condition; those inside a group stand behind it. */
struct condition {
    uint8_t op;
    uint8_t keys;   /* of the path */
    uint8_t from;   /* which of the sources; of a path: enum condition_start */
    uint8_t answer; /* where it is remembered, from 1; 0: nowhere */
    bool quiet;     /* its test changes nothing that another looks at */
    uint32_t end;   /* the node behind it and all within it */
    /* Of the constants from 1: the condition (its check alone, if the test is
     * the language's own), then what it compares with, then the path. */
    uint32_t constant;
};

struct conditions {
    const void *kind;
    uint32_t count; /* of conditions that were asked for */
    uint32_t answers;
    struct condition nodes[];
};

extern const char conditions_kind;

/* The words: see conditions.h. */
int conditions_matching(lua_State *L);
int conditions_next(lua_State *L);

#endif
