#include "script/pool.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

/*
 * A webhook's body may be 1 MiB, and a string of the same length needs its
 * header and a NUL besides: hence strings a little longer than a body.
 */
#define BODY_STRING (MIB(1) + KIB(4))

/* A build that checks itself is several times slower; what ends for lack of
 * memory there must not end by the clock first. */
#ifdef USHER_SANITIZED
#define WALL_MS(n) ((n)*10)
#else
#define WALL_MS(n) (n)
#endif

const struct script_limits script_limits_default[SCRIPT_KINDS] = {
    [SCRIPT_LOAD] = {.instructions = 20000000,
                     .pattern_steps = 20000000,
                     .wall_ms = WALL_MS(500),
                     .heap = MIB(16),
                     .string = BODY_STRING,
                     .block = MIB(4),
                     .result = MIB(1),
                     .depth = 16,
                     .nodes = 20000,
                     .trace_nodes = 0},
    [SCRIPT_READ] = {.instructions = 20000000,
                     .pattern_steps = 20000000,
                     .wall_ms = WALL_MS(250),
                     .heap = MIB(16),
                     .string = BODY_STRING,
                     .block = MIB(4),
                     .result = MIB(2),
                     .depth = 32,
                     .nodes = 100000,
                     .trace_nodes = 0},
    [SCRIPT_DECIDE] = {.instructions = 1000000,
                       .pattern_steps = 2000000,
                       .wall_ms = WALL_MS(50),
                       .heap = MIB(16),
                       .string = KIB(256),
                       .block = MIB(2),
                       .result = KIB(64),
                       .depth = 6,
                       .nodes = 500,
                       .trace_nodes = 20000},
    [SCRIPT_BUILD] = {.instructions = 20000000,
                      .pattern_steps = 20000000,
                      .wall_ms = WALL_MS(250),
                      .heap = MIB(16),
                      .string = BODY_STRING,
                      .block = MIB(4),
                      .result = MIB(2),
                      .depth = 32,
                      .nodes = 100000,
                      .trace_nodes = 0},
    [SCRIPT_TEST] = {.instructions = 100000000,
                     .pattern_steps = 20000000,
                     .wall_ms = WALL_MS(5000),
                     .heap = MIB(16),
                     .string = BODY_STRING,
                     .block = MIB(4),
                     .result = MIB(4),
                     .depth = 16,
                     .nodes = 100000,
                     .trace_nodes = 200000},
};

const char *script_class_name(enum script_class class)
{
    static const char *const names[] = {
        [SCRIPT_OK] = "ok",
        [SCRIPT_ERROR] = "error",
        [SCRIPT_BUDGET] = "budget",
        [SCRIPT_MEMORY] = "memory",
        [SCRIPT_WALL] = "wall",
        [SCRIPT_CRASH] = "crash",
        [SCRIPT_BAD_RESULT] = "bad_result",
        [SCRIPT_BAD_SET] = "bad_set",
    };

    return names[class];
}
