#include "base/pack.h"
#include "script/pool.h"

void
script_series_add(struct script_series *s, const struct buf *args)
{
    size_t at = frame_open(&s->frames);

    buf_add(&s->frames, args->data, args->len);
    frame_close(&s->frames, at);
    s->count++;
}

void
script_series_clear(struct script_series *s)
{
    buf_clear(&s->frames);
    s->count = 0;
}
