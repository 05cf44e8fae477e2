#include "base/pack.h"
#include "script/pool.h"

size_t
script_series_open(struct script_series *s)
{
    return frame_open(&s->frames);
}

void
script_series_close(struct script_series *s, size_t at)
{
    frame_close(&s->frames, at);
    s->count++;
}

void
script_series_free(struct script_series *s)
{
    buf_free(&s->frames);
    buf_free(&s->skip);
    buf_free(&s->shared);
}

static void
add_frame(struct buf *out, const struct buf *body)
{
    size_t at = frame_open(out);

    buf_add(out, body->data, body->len);
    frame_close(out, at);
}

/* As a worker reads it: see WIRE_SERIES. */
void
script_series_pack(const struct script_series *s, struct buf *out)
{
    add_frame(out, &s->skip);
    add_frame(out, &s->shared);
    buf_add(out, s->frames.data, s->frames.len);
}

bool script_series_alone(enum script_class class)
{
    return class == SCRIPT_WALL || class == SCRIPT_CRASH ||
           class == SCRIPT_MEMORY || class == SCRIPT_BUDGET;
}
