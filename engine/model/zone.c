#include "model/zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/zone_rule.h"

#define HEADER_SIZE 44

/* RFC 9636, 3.2: no offset is outside of these. */
#define OFFSET_MIN (-89999)
#define OFFSET_MAX 93599

struct kind {
    int offset_s;
    bool dst;
    const char *abbreviation; /* in characters */
};

struct zone {
    char name[ZONE_NAME_MAX + 1];
    int64_t *times; /* of the transitions, ascending */
    uint8_t *kind_at;
    size_t time_count;
    struct kind *kinds;
    size_t kind_count;
    char *characters;
    bool has_rule;
    struct zone_rule rule; /* from the last transition on */
};

/* A file's block: where its parts begin and how many each has. */
struct block {
    char version;
    uint32_t ut_count, standard_count, leap_count, time_count, kind_count,
        character_count;
    size_t time_size; /* 4 or 8 bytes */
    const uint8_t *data;
    size_t size;
};

static uint32_t
read_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static int64_t
read_time(const uint8_t *p, size_t size)
{
    if (size == 4)
        return (int32_t)read_u32(p);
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

static int
broken(struct err *e, const char *what)
{
    return err_set(e, ERR_INPUT, "no zone file: %s", what);
}

/* Every size is below 2^36: no sum can overflow. */
static uint64_t
block_size(const struct block *b)
{
    return (uint64_t)b->time_count * (b->time_size + 1) +
           (uint64_t)b->kind_count * 6 + b->character_count +
           (uint64_t)b->leap_count * (b->time_size + 4) + b->standard_count +
           b->ut_count;
}

static int
read_block(const uint8_t *p, size_t n, size_t time_size, struct block *b,
           struct err *e)
{
    uint64_t size;

    if (n < HEADER_SIZE || memcmp(p, "TZif", 4) != 0)
        return broken(e, "it does not begin with \"TZif\"");
    b->version = (char)p[4];
    b->ut_count = read_u32(p + 20);
    b->standard_count = read_u32(p + 24);
    b->leap_count = read_u32(p + 28);
    b->time_count = read_u32(p + 32);
    b->kind_count = read_u32(p + 36);
    b->character_count = read_u32(p + 40);
    b->time_size = time_size;
    b->data = p + HEADER_SIZE;
    size = block_size(b);
    if (size > n - HEADER_SIZE)
        return broken(e, "it ends too early");
    b->size = (size_t)size;
    return 0;
}

static int
check_block(const struct block *b, struct err *e)
{
    if (b->leap_count > 0)
        return err_set(e, ERR_INPUT,
                       "it counts leap seconds; use the name without "
                       "\"right/\"");
    if (b->kind_count == 0 || b->kind_count > 256)
        return broken(e, "the number of its local time types is wrong");
    if (b->character_count == 0)
        return broken(e, "it has no abbreviations");
    if ((b->standard_count != 0 && b->standard_count != b->kind_count) ||
        (b->ut_count != 0 && b->ut_count != b->kind_count))
        return broken(e, "the number of its indicators is wrong");
    return 0;
}

static int
read_transitions(struct zone *z, const struct block *b, struct err *e)
{
    const uint8_t *kinds = b->data + (size_t)b->time_count * b->time_size;

    z->time_count = b->time_count;
    z->times = mem_zero(z->time_count * sizeof *z->times);
    z->kind_at = mem_zero(z->time_count);
    for (size_t i = 0; i < z->time_count; i++) {
        z->times[i] = read_time(b->data + i * b->time_size, b->time_size);
        z->kind_at[i] = kinds[i];
        if (i > 0 && z->times[i] <= z->times[i - 1])
            return broken(e, "its transitions are not in order");
        if (kinds[i] >= b->kind_count)
            return broken(e, "a transition leads to no local time type");
    }
    return 0;
}

static int
read_kinds(struct zone *z, const struct block *b, struct err *e)
{
    const uint8_t *p = b->data + (size_t)b->time_count * (b->time_size + 1);
    size_t characters = b->character_count;

    z->kind_count = b->kind_count;
    z->kinds = mem_zero(z->kind_count * sizeof *z->kinds);
    z->characters = mem_zero(characters + 1);
    memcpy(z->characters, p + z->kind_count * 6, characters);
    for (size_t i = 0; i < z->kind_count; i++, p += 6) {
        struct kind *k = &z->kinds[i];

        k->offset_s = (int32_t)read_u32(p);
        k->dst = p[4] == 1;
        if (k->offset_s < OFFSET_MIN || k->offset_s > OFFSET_MAX || p[4] > 1)
            return broken(e, "a local time type is wrong");
        if (p[5] >= characters)
            return broken(e, "an abbreviation is not there");
        k->abbreviation = z->characters + p[5];
    }
    return 0;
}

/* "\nTZ string\n"; an empty one says nothing. */
static int
read_footer(struct zone *z, const uint8_t *p, size_t n, struct err *e)
{
    const uint8_t *end;

    if (n == 0 || p[0] != '\n')
        return broken(e, "its footer does not begin");
    end = memchr(p + 1, '\n', n - 1);
    if (end == NULL)
        return broken(e, "its footer does not end");
    if (end == p + 1)
        return 0;
    z->has_rule = true;
    return zone_rule_read((const char *)p + 1, (size_t)(end - p) - 1, &z->rule,
                          e);
}

static int
read_zone(struct zone *z, const uint8_t *p, size_t n, struct err *e)
{
    struct block b;
    const uint8_t *end = p + n;
    bool has_second;

    if (read_block(p, n, 4, &b, e) != 0)
        return -1;
    has_second = b.version != '\0';
    if (has_second) {
        const uint8_t *second = b.data + b.size;

        if (b.version < '2' || b.version > '4')
            return broken(e, "its version is none of 1 to 4");
        if (read_block(second, (size_t)(end - second), 8, &b, e) != 0)
            return -1;
    }
    if (check_block(&b, e) != 0 || read_transitions(z, &b, e) != 0 ||
        read_kinds(z, &b, e) != 0)
        return -1;
    if (!has_second)
        return 0;
    return read_footer(z, b.data + b.size, (size_t)(end - (b.data + b.size)),
                       e);
}

struct zone *
zone_new(const char *name, const void *bytes, size_t n, struct err *e)
{
    struct zone *z = mem_zero(sizeof *z);

    strncpy(z->name, name, ZONE_NAME_MAX);
    if (n > ZONE_BYTES_MAX)
        err_set(e, ERR_INPUT, "no zone file: longer than %u bytes",
                ZONE_BYTES_MAX);
    else if (read_zone(z, bytes, n, e) == 0)
        return z;
    zone_free(z);
    return NULL;
}

void
zone_free(struct zone *z)
{
    if (z == NULL)
        return;
    free(z->times);
    free(z->kind_at);
    free(z->kinds);
    free(z->characters);
    free(z);
}

const char *
zone_name(const struct zone *z)
{
    return z->name;
}

/* How many transitions are at or before the instant. */
static size_t
passed(const struct zone *z, int64_t at_s)
{
    size_t low = 0, high = z->time_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (z->times[middle] <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t
clamp(int64_t s)
{
    return s < ZONE_TIME_MIN   ? ZONE_TIME_MIN
           : s > ZONE_TIME_MAX ? ZONE_TIME_MAX
                               : s;
}

struct zone_period
zone_period_at(const struct zone *z, int64_t at_s)
{
    int64_t s = clamp(at_s);
    size_t i = passed(z, s);
    const struct kind *k;
    struct zone_period p;

    if (i == z->time_count && z->has_rule) {
        p = zone_rule_at(&z->rule, s);
        if (i > 0 && p.from_s < z->times[i - 1])
            p.from_s = z->times[i - 1];
        return p;
    }
    k = &z->kinds[i > 0 ? z->kind_at[i - 1] : 0];
    p.from_s = i > 0 ? z->times[i - 1] : INT64_MIN;
    p.to_s = i < z->time_count ? z->times[i] : INT64_MAX;
    p.offset_s = k->offset_s;
    p.dst = k->dst;
    p.abbreviation = k->abbreviation;
    return p;
}

int64_t
zone_local(const struct zone *z, int64_t at_s)
{
    return clamp(at_s) + zone_period_at(z, at_s).offset_s;
}

/* The local time is looked for in every period that it can lie in. What is
 * found first is also the first instant at which the clock shows that time or
 * a later one: so order is kept, whatever the periods are. */
int64_t
zone_instant(const struct zone *z, int64_t local_s, enum zone_fold which)
{
    int64_t local = clamp(local_s), first = INT64_MIN, last = INT64_MIN;
    struct zone_period p = zone_period_at(z, local - OFFSET_MAX - 1);

    for (;;) {
        int64_t s = local - p.offset_s;

        if (first == INT64_MIN && s < p.to_s)
            first = s > p.from_s ? s : p.from_s; /* or behind a gap */
        if (first != INT64_MIN && which == ZONE_FIRST)
            return first;
        if (s >= p.from_s && s < p.to_s)
            last = s;
        if (p.to_s > local - OFFSET_MIN || p.to_s >= ZONE_TIME_MAX)
            break;
        p = zone_period_at(z, p.to_s);
    }
    if (last != INT64_MIN)
        return last;
    return first != INT64_MIN ? first : local;
}

bool
zone_name_valid(const char *name)
{
    static const char others[] = "+-_/";
    size_t n = strlen(name);

    if (n == 0 || n > ZONE_NAME_MAX || name[0] == '/' || name[n - 1] == '/')
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || strchr(others, c) != NULL))
            return false;
    }
    return strcmp(name, "localtime") != 0 && strcmp(name, "posixrules") != 0;
}
