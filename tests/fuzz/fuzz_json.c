/* Any text is refused or read, and what was read is written and read again;
 * the way without a tree takes what the way with one takes, and makes the same
 * of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/pack.h"
#include "base/pack_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
pack_both_ways(const char *text, size_t n, const json_t *tree)
{
    struct arena *a = arena_new(0);
    struct buf fast = {0}, slow = {0}, one = {0}, other = {0};
    struct err e = {0};
    int rc = pack_json_text(&fast, text, n, &e);

    if (rc == 0) {
        const struct value *v = value_read(a, fast.data, fast.len, 1000000, &e);

        if (v == NULL)
            abort();
        value_to_json(&one, v);
    }
    if (tree != NULL) {
        if (rc != 0)
            abort();
        pack_json(&slow, tree);
        value_to_json(&other, value_read(a, slow.data, slow.len, 1000000, &e));
        if (strcmp(buf_str(&one), buf_str(&other)) != 0)
            abort();
    }
    arena_free(a);
    buf_free(&fast);
    buf_free(&slow);
    buf_free(&one);
    buf_free(&other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *v = json_read((const char *)data, size, NULL), *again;
    struct buf out = {0};

    pack_both_ways((const char *)data, size, v);
    if (v != NULL) {
        json_write(&out, v);
        again = json_read(out.data, out.len, NULL);
        if (again == NULL)
            abort();
        json_decref(again);
    }
    json_decref(v);
    buf_free(&out);
    return 0;
}
