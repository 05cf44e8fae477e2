#include "flow/recordings.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "model/conversation.h"

#define LINE_MAX_BYTES (64u << 20)
#define CHUNK          65536

struct recordings {
    const char *const *files;
    size_t count, at;
    gzFile file; /* reads plain files as well */
    size_t line;
    bool whole;    /* .json: the file is one value */
    json_t *array; /* of a .json file that holds an array */
    size_t item;
    struct buf text;
    char place[512];
};

struct recordings *
recordings_open(const char *const *files, size_t count)
{
    struct recordings *r = mem_zero(sizeof *r);

    r->files = files;
    r->count = count;
    return r;
}

static bool
ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n >= m && strcmp(s + n - m, end) == 0;
}

static void
close_file(struct recordings *r)
{
    if (r->file != NULL)
        gzclose(r->file);
    r->file = NULL;
    json_decref(r->array);
    r->array = NULL;
    r->at++;
}

static int
open_file(struct recordings *r, struct err *e)
{
    const char *name = r->files[r->at];

    r->line = 0;
    r->whole = ends_with(name, ".json");
    r->file =
        strcmp(name, "-") == 0 ? gzdopen(dup(0), "rb") : gzopen(name, "rb");
    snprintf(r->place, sizeof r->place, "%s", name);
    if (r->file != NULL)
        return 0;
    err_sys(e, "%s", name);
    r->at++;
    return -1;
}

/* A line, or with `whole` all there is; false at the end of the file. */
static bool
read_text(struct recordings *r)
{
    char chunk[CHUNK];

    buf_clear(&r->text);
    while (r->text.len < LINE_MAX_BYTES) {
        if (r->whole) {
            int n = gzread(r->file, chunk, sizeof chunk);

            if (n <= 0)
                break;
            buf_add(&r->text, chunk, (size_t)n);
            continue;
        }
        if (gzgets(r->file, chunk, sizeof chunk) == NULL)
            break;
        buf_adds(&r->text, chunk);
        if (r->text.data[r->text.len - 1] == '\n')
            break;
    }
    return r->text.len > 0;
}

static bool
is_blank(const struct buf *b)
{
    return strspn(buf_str(b), " \t\r\n") == b->len;
}

static json_t *
next_item(struct recordings *r)
{
    json_t *one = json_array_get(r->array, r->item++);

    snprintf(r->place, sizeof r->place, "%s[%zu]", r->files[r->at], r->item);
    return json_incref(one);
}

static json_t *
parse(struct recordings *r, bool *broken, struct err *e)
{
    json_t *value = json_read(r->text.data, r->text.len, e);

    if (value == NULL) {
        err_wrap(e, "%s", r->place);
        *broken = true;
    }
    return value;
}

json_t *
recordings_next(struct recordings *r, bool *broken, struct err *e)
{
    *broken = false;
    while (r->at < r->count) {
        json_t *value;

        if (r->file == NULL && open_file(r, e) != 0) {
            *broken = true;
            return NULL;
        }
        if (r->array != NULL && r->item < json_array_size(r->array))
            return next_item(r);
        if (!read_text(r)) {
            close_file(r);
            continue;
        }
        r->line++;
        snprintf(r->place, sizeof r->place, "%s:%zu", r->files[r->at], r->line);
        if (is_blank(&r->text))
            continue;
        value = parse(r, broken, e);
        if (value == NULL || !r->whole || !json_is_array(value))
            return value;
        r->array = value;
        r->item = 0;
    }
    return NULL;
}

bool
recordings_running(const json_t *recording)
{
    struct str name =
        str_of(json_string_value(json_object_get(recording, "state")));
    enum conversation_state state;

    return conversation_state_from_name(name.p, name.len, &state) &&
           state != STATE_RESOLVED && state != STATE_CLOSED;
}

struct str
recordings_text(const struct recordings *r)
{
    return r->array == NULL ? (struct str){r->text.data, r->text.len}
                            : (struct str){0};
}

const char *
recordings_place(const struct recordings *r)
{
    return r->place;
}

void
recordings_close(struct recordings *r)
{
    if (r == NULL)
        return;
    if (r->file != NULL)
        close_file(r);
    buf_free(&r->text);
    free(r);
}

/* --- a folder's, by name --- */

static bool
is_recording(const char *name)
{
    static const char *const ends[] = {".json", ".jsonl", ".jsonl.gz"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (name[0] != '.' && ends_with(name, ends[i]))
            return true;
    return false;
}

static int
read_first(const char *dir, const char *name, json_t *into, struct err *e)
{
    char path[4096];
    const char *file[1] = {path};
    struct recordings *r;
    bool broken = false;
    json_t *first;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    r = recordings_open(file, 1);
    first = recordings_next(r, &broken, e);
    if (first != NULL)
        json_object_set_new(into, name, first);
    recordings_close(r);
    return broken ? -1 : 0;
}

json_t *
recordings_of_folder(const char *dir, struct err *e)
{
    json_t *all = json_object();
    DIR *d = opendir(dir);
    struct dirent *entry;
    int rc = 0;

    while (rc == 0 && d != NULL && (entry = readdir(d)) != NULL)
        if (is_recording(entry->d_name))
            rc = read_first(dir, entry->d_name, all, e);
    if (d != NULL)
        closedir(d);
    if (rc == 0)
        return all;
    json_decref(all);
    return NULL;
}
