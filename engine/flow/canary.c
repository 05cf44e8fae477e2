#include "flow/canary.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"

#define TESTS       4
#define FIRST_LOOKS 5

static const char *const sides[CANARY_SIDES] = {
    [CANARY_LIVE] = "live",
    [CANARY_NEW] = "canary",
};

/* --- chance --- */

static double
log_choose(int64_t n, int64_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) -
           lgamma((double)(n - k) + 1);
}

double
canary_chance(const int64_t part[CANARY_SIDES],
              const int64_t whole[CANARY_SIDES])
{
    int64_t marked = part[0] + part[1], n = whole[CANARY_NEW];
    int64_t most = marked < n ? marked : n;
    double all = log_choose(whole[0] + whole[1], n), sum = 0;

    for (int64_t k = part[CANARY_NEW]; k <= most; k++)
        if (n - k <= whole[0] + whole[1] - marked)
            sum += exp(log_choose(marked, k) +
                       log_choose(whole[0] + whole[1] - marked, n - k) - all);
    return sum < 1 ? sum : 1;
}

/* --- what is looked at --- */

static struct canary_finding
compare(const struct canary_counts *c, const char *what, size_t part,
        size_t whole, bool less)
{
    struct canary_finding f = {.what = what};
    int64_t counted[CANARY_SIDES];

    for (size_t i = 0; i < CANARY_SIDES; i++) {
        const char *side = (const char *)&c->side[i];

        f.part[i] = *(const int64_t *)(const void *)(side + part);
        f.whole[i] = *(const int64_t *)(const void *)(side + whole);
        counted[i] = less ? f.whole[i] - f.part[i] : f.part[i];
    }
    f.chance = canary_chance(counted, f.whole);
    return f;
}

#define AT(member) offsetof(struct canary_side, member)

static const struct {
    const char *what;
    size_t part, whole;
    bool less;
    double share; /* of what may be wrong */
} tests[TESTS] = {
    {"hands over more", AT(handed_over), AT(conversations), false, 0.5},
    {"hands over fewer", AT(handed_over), AT(conversations), true, 0.2},
    {"its rules fail", AT(failed), AT(conversations), false, 0.15},
    {"is slower", AT(slow), AT(conversations), false, 0.15},
};

/* Of CANARY_ERROR, for the j-th look: these add up to 1. */
static double
share_of_look(int64_t j)
{
    /* 1/36 + 1/49 + 1/64 + ..., for ever */
    static const double rest = 0.18132295573711533;

    return j <= FIRST_LOOKS ? 0.5 / FIRST_LOOKS
                            : 0.5 / rest / ((double)j * (double)j);
}

static bool
is_expected(size_t test, const struct canary_expected *x)
{
    return (test == 0 && x->more) || (test == 1 && x->fewer);
}

bool
canary_trips(struct canary_counts *c, const struct canary_expected *x,
             struct canary_finding *out)
{
    double allowed;

    if (c->side[CANARY_NEW].decisions / CANARY_LOOK <= c->looks)
        return false;
    allowed = CANARY_ERROR * share_of_look(++c->looks);
    for (size_t i = 0; i < TESTS; i++) {
        if (is_expected(i, x))
            continue;
        *out = compare(c, tests[i].what, tests[i].part, tests[i].whole,
                       tests[i].less);
        if (out->chance < allowed * tests[i].share)
            return true;
    }
    return false;
}

void
canary_tell(const struct canary_finding *f, struct buf *out)
{
    buf_addf(out, "%s: %lld of %lld against %lld of %lld (chance %.1g)",
             f->what, (long long)f->part[CANARY_NEW],
             (long long)f->whole[CANARY_NEW], (long long)f->part[CANARY_LIVE],
             (long long)f->whole[CANARY_LIVE], f->chance);
}

/* --- who is dealt to it --- */

bool
canary_takes(const char *tenant, const char *conversation,
             const char *policy_hash, int64_t share)
{
    const char *parts[] = {tenant, conversation, policy_hash};
    struct digest *hash = digest_new();
    uint8_t sum[SHA256_SIZE];
    uint64_t n = 0;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        digest_add(hash, parts[i], strlen(parts[i]) + 1);
    digest_end(hash, sum);
    for (size_t i = 0; i < sizeof n; i++)
        n = n << 8 | sum[i];
    return n % 10000 < (uint64_t)share;
}

/* --- its form --- */

void
canary_json(const struct canary_counts *c, struct buf *out)
{
    buf_addc(out, '{');
    for (size_t i = 0; i < CANARY_SIDES; i++) {
        const struct canary_side *s = &c->side[i];

        json_put_key(out, sides[i]);
        buf_addc(out, '{');
#define X(name) json_put_member_int(out, #name, s->name);
        CANARY_COUNTS(X)
#undef X
        buf_addc(out, '}');
    }
    json_put_member_int(out, "looks", c->looks);
    buf_addc(out, '}');
}

static int64_t
count_of(const json_t *o, const char *key)
{
    int64_t n = json_integer_value(json_object_get(o, key));

    return n > 0 ? n : 0;
}

void
canary_from_json(struct canary_counts *c, const char *json)
{
    json_t *root = json != NULL ? json_read(json, strlen(json), NULL) : NULL;

    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < CANARY_SIDES; i++) {
        const json_t *o = json_object_get(root, sides[i]);
        struct canary_side *s = &c->side[i];

#define X(name) s->name = count_of(o, #name);
        CANARY_COUNTS(X)
#undef X
    }
    c->looks = count_of(root, "looks");
    json_decref(root);
}
