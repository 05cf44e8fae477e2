/* Any text is refused or read, as jansson alone would, and what was read is
 * written and read again; the way without a tree takes what the way with one
 * takes, and makes the same of it. */
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
    if ((tree != NULL) != (rc == 0))
        abort();
    if (tree != NULL) {
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

/* Deeper than json_read goes is the one thing that jansson alone would take. */
static void
as_jansson_alone(const char *text, size_t n, const json_t *v,
                 const struct err *e)
{
    json_t *alone =
        json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

    if (v == NULL && alone != NULL && strstr(e->text, "nested deeper") == NULL)
        abort();
    if (v != NULL && (alone == NULL || !json_equal(v, alone)))
        abort();
    json_decref(alone);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    json_t *v = json_read((const char *)data, size, &e), *again;
    struct buf out = {0};

    as_jansson_alone((const char *)data, size, v, &e);
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
