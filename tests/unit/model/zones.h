/*
 * zones: what the tests of time share: this machine's zones, and instants and
 * local times written as text. Each of these tests runs under three zones of
 * the host: none of them may matter.
 */
#ifndef UNIT_MODEL_ZONES_H
#define UNIT_MODEL_ZONES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "model/zone.h"

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))
#define ZONE_DIR       "/usr/share/zoneinfo"

static inline size_t
zone_bytes(const char *name, uint8_t *into, size_t room)
{
    char path[256];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, ZONE_DIR "/%s", name);
    f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("%s is not there (package tzdata)", path);
    n = fread(into, 1, room, f);
    fclose(f);
    return n;
}

static inline struct zone *
zone_of(const char *name)
{
    static uint8_t bytes[ZONE_BYTES_MAX];
    struct err e = {0};
    struct zone *z =
        zone_new(name, bytes, zone_bytes(name, bytes, sizeof bytes), &e);

    if (z == NULL)
        fail_msg("%s: %s", name, e.text);
    return z;
}

/* "2026-03-29T01:00:00Z", with any offset, in ms. */
static inline int64_t
at(const char *text)
{
    int64_t ms;

    if (!clock_parse(text, strlen(text), &ms))
        fail_msg("%s is no instant", text);
    return ms;
}

static inline int64_t
at_s(const char *text)
{
    return at(text) / 1000;
}

static inline const char *
shown(int64_t ms)
{
    static char ring[8][CLOCK_TEXT_MAX];
    static unsigned next;
    char *text = ring[next++ % 8];

    if (ms == INT64_MAX)
        return "never";
    clock_format(ms, text);
    return text;
}

#define assert_instant(got, want) assert_string_equal(shown(got), want)

/* A small generator of its own: the same numbers on every machine. */
static inline uint64_t
chance(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline int64_t
chance_between(uint64_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)(chance(state) % (uint64_t)(high - low));
}

/* main: the tests, under each zone of the host. */
#define RUN_ON_ANY_HOST(tests)                                                 \
    int main(void)                                                             \
    {                                                                          \
        static const char *const hosts[] = {"UTC", "America/New_York",         \
                                            "Australia/Lord_Howe"};            \
        int failed = 0;                                                        \
                                                                               \
        for (size_t i = 0; i < COUNT_OF(hosts); i++) {                         \
            setenv("TZ", hosts[i], 1);                                         \
            tzset();                                                           \
            failed +=                                                          \
                cmocka_run_group_tests_name(hosts[i], tests, NULL, NULL);      \
        }                                                                      \
        return failed;                                                         \
    }

#endif
