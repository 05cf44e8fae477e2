/* Whatever an adapter answers becomes events or a complaint; merged, packed,
 * stored and read back without a crash. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/value.h"
#include "model/conversation.h"
#include "model/event.h"
#include "model/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
merge(struct event *events, size_t count, struct arena *a)
{
    struct conversation *c = conversation_new("t", "s", "s:1"), *back;
    struct conversation_change change;
    struct redactor r = REDACTOR_DEFAULT;
    struct buf row = {0};

    for (size_t i = 0; i < count; i++) {
        event_redact(&events[i], &r, a);
        if (conversation_apply(c, &events[i], 1000, &change, NULL) != 0)
            break;
    }
    conversation_row(c, &row);
    back = conversation_from_row("t", "s", "s:1", row.data, row.len, NULL);
    if (back == NULL)
        abort();
    conversation_free(back);
    buf_clear(&row);
    conversation_pack(c, 0, &row);
    if (value_read(a, row.data, row.len, 1000000, NULL) == NULL)
        abort();
    buf_free(&row);
    conversation_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    const struct value *v =
        value_read(a, (const char *)data, size, 10000, NULL);
    struct event *events;
    size_t count;

    if (v != NULL && event_read(a, v, &events, &count, NULL) == 0) {
        merge(events, count, a);
        event_clear(events, count);
    }
    arena_free(a);
    return 0;
}
