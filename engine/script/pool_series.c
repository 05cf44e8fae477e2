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
script_series_clear(struct script_series *s)
{
    buf_clear(&s->frames);
    s->count = 0;
}
