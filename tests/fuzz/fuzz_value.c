/* Any bytes that a worker could send are read or refused, and what was read
 * can be written and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const struct value *v =
        value_read(a, (const char *)data, size, 10000, NULL);
    struct buf out = {0};

    if (v != NULL) {
        value_pack(&out, v);
        if (value_read(a, out.data, out.len, 10000, NULL) == NULL)
            abort();
        buf_clear(&out);
        value_to_json(&out, v);
    }
    buf_free(&out);
    arena_free(a);
    return 0;
}
