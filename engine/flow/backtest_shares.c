#include "flow/backtest_shares.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"

#define HANDOFFS_LEAST 20 /* before a share of them says anything */
#define URGENT_ONE_IN  20

struct shares_inside {
    struct arena *arena;
    struct map *by_tag;
    size_t room;
};

struct shares *
shares_new(void)
{
    struct shares *s = mem_zero(sizeof *s);

    s->inside = mem_zero(sizeof *s->inside);
    s->inside->arena = arena_new(0);
    s->inside->by_tag = map_new();
    return s;
}

void
shares_free(struct shares *s)
{
    if (s == NULL)
        return;
    map_free(s->inside->by_tag);
    arena_free(s->inside->arena);
    free(s->inside);
    free(s->tags);
    free(s);
}

static struct tag_share *
tag_of(struct shares *s, const char *tag)
{
    struct shares_inside *in = s->inside;
    struct tag_share *one = map_get(in->by_tag, tag);

    if (one != NULL)
        return one;
    if (s->tag_count == in->room) {
        in->room = in->room * 2 + 16;
        s->tags = mem_grow(s->tags, in->room * sizeof *s->tags);
    }
    one = arena_alloc(in->arena, sizeof *one);
    *one = (struct tag_share){.tag = arena_str(in->arena, tag)};
    map_put(in->by_tag, one->tag, one);
    s->tags[s->tag_count++] = one;
    return one;
}

/* A rule may say a tag twice; its ticket bears it once. */
static bool
is_first(const struct decision *d, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(d->tags[k], d->tags[i]) == 0)
            return false;
    return true;
}

void
shares_add(struct shares *s, const struct decision *d, enum side side)
{
    s->handed_over[side]++;
    s->urgent[side] += d->priority == PRIORITY_URGENT;
    for (size_t i = 0; i < d->tag_count; i++)
        if (is_first(d, i))
            tag_of(s, d->tags[i])->count[side]++;
}

static int
by_count(const void *a, const void *b)
{
    const struct tag_share *x = *(const struct tag_share *const *)a;
    const struct tag_share *y = *(const struct tag_share *const *)b;
    size_t m = x->count[SIDE_OLD] + x->count[SIDE_NEW];
    size_t n = y->count[SIDE_OLD] + y->count[SIDE_NEW];

    if (m != n)
        return m > n ? -1 : 1;
    return strcmp(x->tag, y->tag);
}

void
shares_end(struct shares *s)
{
    if (s->tag_count > 1)
        qsort(s->tags, s->tag_count, sizeof *s->tags, by_count);
}

bool
shares_urgent_too_often(size_t urgent, size_t handed_over)
{
    return handed_over >= HANDOFFS_LEAST &&
           urgent * URGENT_ONE_IN > handed_over;
}

bool
shares_too_urgent(const struct shares *s, enum side side)
{
    return shares_urgent_too_often(s->urgent[side], s->handed_over[side]);
}

bool
shares_tells(const struct shares *s, const struct tag_share *tag)
{
    return tag->count[SIDE_OLD] != s->handed_over[SIDE_OLD] ||
           tag->count[SIDE_NEW] != s->handed_over[SIDE_NEW];
}
