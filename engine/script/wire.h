/*
 * wire: what engine, zygote and worker say to each other. All three are the
 * same binary on the same machine, so plain structs travel; the engine still
 * checks every length and number that a worker sends.
 */
#ifndef SCRIPT_WIRE_H
#define SCRIPT_WIRE_H

#include <stdint.h>

#include "script/pool.h"

/* engine -> worker: 4 bytes length (big-endian, base/pack.h), one of these,
 * then bytes as told. */
enum wire_kind {
    WIRE_LIMITS = 1,
    WIRE_SET,
    WIRE_DROP,
    WIRE_CALL,
    /* Behind the function's name frames (base/pack.h): the result to go on
     * after, what the calls share (or nothing), then the arguments of each. */
    WIRE_SERIES
};

struct wire_call {
    uint8_t kind;        /* enum wire_kind */
    uint8_t call_kind;   /* enum script_kind */
    uint16_t slot;       /* of the set */
    uint32_t id;         /* of the call */
    uint32_t function_n; /* bytes of the name; then the packed arguments */
};

/* worker -> engine: length, this, where, text, packed result. */
struct wire_result {
    uint32_t id;
    uint8_t class; /* enum script_class */
    uint8_t pad[3];
    uint16_t where_n, text_n;
    uint32_t cpu_us;
    uint32_t index; /* of a series: the call this is the result of */
    int64_t instructions;
    uint64_t peak;
};

#define WIRE_RESULT_MAX (8u << 20) /* more is a lie */

/* engine -> zygote: a slot number with a descriptor; zygote -> engine: */
struct wire_birth {
    int32_t slot;
    int32_t pid;
    int32_t status; /* of waitpid when dead, -1: just born */
};

/* What all workers begin with, once in the zygote: they share its memory. */
void worker_prepare(void);

/* The worker's life on this socket; never returns. */
_Noreturn void worker_main(int fd);

#endif
