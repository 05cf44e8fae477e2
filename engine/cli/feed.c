#include "cli/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/past.h"
#include "flow/recordings.h"

struct feed {
    struct recordings *recordings; /* or */
    struct past *past;
    struct past_place place;
    json_t *page;
    size_t item;
    bool failed;
    char shown[512];
};

struct feed *
feed_open(const char *const *files, size_t count, struct past *past,
          int64_t since_ms)
{
    struct feed *f = mem_zero(sizeof *f);

    f->past = past;
    f->place.since_ms = since_ms;
    if (past == NULL)
        f->recordings = recordings_open(files, count);
    return f;
}

static json_t *
next_kept(struct feed *f, struct err *e)
{
    const char *id;
    json_t *one;

    while (f->page == NULL || f->item == json_array_size(f->page)) {
        json_decref(f->page);
        f->item = 0;
        f->page = past_page(f->past, PAST_RECORDINGS, &f->place, e);
        if (f->page == NULL) {
            f->failed = !f->place.ended;
            return NULL;
        }
    }
    one = json_array_get(f->page, f->item++);
    id = json_string_value(json_object_get(one, "id"));
    snprintf(f->shown, sizeof f->shown, "%s", id != NULL ? id : "");
    return json_incref(one);
}

json_t *
feed_next(struct feed *f, bool *broken, struct err *e)
{
    *broken = false;
    if (f->past != NULL)
        return next_kept(f, e);
    return recordings_next(f->recordings, broken, e);
}

struct str
feed_text(const struct feed *f)
{
    return f->past == NULL ? recordings_text(f->recordings) : (struct str){0};
}

bool
feed_failed(const struct feed *f)
{
    return f->failed;
}

const char *
feed_place(const struct feed *f)
{
    const char *place, *slash;

    if (f->past != NULL)
        return f->shown;
    place = recordings_place(f->recordings);
    slash = strrchr(place, '/');
    return slash != NULL ? slash + 1 : place;
}

const char *
feed_reason(const struct feed *f, const char *text)
{
    const char *place = f->past == NULL ? recordings_place(f->recordings) : "";
    size_t n = strlen(place);

    if (n > 0 && strncmp(text, place, n) == 0 && text[n] == ':')
        return text + n + 1 + (text[n + 1] == ' ');
    return text;
}

void
feed_close(struct feed *f)
{
    if (f == NULL)
        return;
    recordings_close(f->recordings);
    json_decref(f->page);
    buf_free(&f->place.next);
    free(f);
}
