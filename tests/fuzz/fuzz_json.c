/* Any text is refused or read, and what was read is written and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *v = json_read((const char *)data, size, NULL), *again;
    struct buf out = {0};

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
