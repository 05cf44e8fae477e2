#include "script/nearest.h"

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void
nearest_begin(struct nearest *n, const char *word, size_t word_n)
{
    size_t third = word_n / 3, allowed = third > 2 ? third : 2;

    if (word_n < 4)
        allowed = 1;
    *n = (struct nearest){word, word_n, allowed + 1, NULL, 0};
}

/* Three rows of the usual table: this one, the last, the one before that. */
static size_t
distance(const char *a, size_t a_n, const char *b, size_t b_n)
{
    unsigned char rows[3][NEAREST_MAX + 1];
    unsigned char *before = rows[0], *last = rows[1], *now = rows[2], *free_row;

    for (size_t j = 0; j <= b_n; j++)
        last[j] = (unsigned char)j;
    for (size_t i = 1; i <= a_n; i++) {
        now[0] = (unsigned char)i;
        for (size_t j = 1; j <= b_n; j++) {
            size_t cost = last[j - 1] + (size_t)(a[i - 1] != b[j - 1]);

            cost = least(cost, least(last[j], now[j - 1]) + 1u);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost = least(cost, before[j - 2] + 1u);
            now[j] = (unsigned char)cost;
        }
        free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b_n];
}

void
nearest_try(struct nearest *n, const char *name, size_t name_n)
{
    size_t cost;

    if (name_n > NEAREST_MAX || n->word_n > NEAREST_MAX || n->word_n == 0)
        return;
    cost = distance(n->word, n->word_n, name, name_n);
    if (cost >= n->cost)
        return;
    n->cost = cost;
    n->best = name;
    n->best_n = name_n;
}
