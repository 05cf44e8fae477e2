#include "script/set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/pack.h"

#define HASH_HEX (2 * SHA256_SIZE)

struct script_file {
    char *name;
    const char *text;
    char *owned; /* the text, unless it is the program's own */
    size_t n;
    bool prelude;
};

struct script_set {
    char *name;
    struct script_file *files; /* prelude files first once sealed */
    size_t count, bytes;
    struct buf given;
    char hash[HASH_HEX + 1];
    unsigned references;
};

static char *
copy_text(const char *p, size_t n)
{
    char *copy = mem_alloc(n + 1);

    memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

static bool
ends_in(const char *name, const char *tail)
{
    size_t n = strlen(name), tail_n = strlen(tail);

    return n >= tail_n && strcmp(name + n - tail_n, tail) == 0;
}

bool
script_file_is_list(const char *name)
{
    return ends_in(name, ".txt");
}

struct script_set *
script_set_new(const char *name)
{
    struct script_set *s = mem_zero(sizeof *s);

    s->name = copy_text(name, strlen(name));
    s->references = 1;
    return s;
}

static int
check_file(const struct script_set *s, const char *name, const char *text,
           size_t n, struct err *e)
{
    if (n > SCRIPT_FILE_MAX)
        return err_set(e, ERR_INPUT, "%s: longer than %u KiB", name,
                       SCRIPT_FILE_MAX >> 10);
    if (n > SCRIPT_SET_MAX - s->bytes)
        return err_set(e, ERR_INPUT, "%s: \"%s\" grows beyond %u KiB", name,
                       s->name, SCRIPT_SET_MAX >> 10);
    if (n > 0 && text[0] == '\033')
        return err_set(e, ERR_INPUT, "%s: bytecode; only source text is loaded",
                       name);
    if (!utf8_valid(text, n))
        return err_set(e, ERR_INPUT, "%s: not UTF-8", name);
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->files[i].name, name) == 0)
            return err_set(e, ERR_INPUT, "%s: added twice to \"%s\"", name,
                           s->name);
    return 0;
}

/* What is embedded is there for good, and in the workers too. */
static bool
is_embedded(const char *name, const char *text)
{
    const struct embedded_file *f = embedded_find(name);

    return f != NULL && f->text == text;
}

static int
add_file(struct script_set *s, const char *name, const char *text, size_t n,
         bool prelude, struct err *e)
{
    struct script_file *f;

    if (check_file(s, name, text, n, e) != 0)
        return -1;
    s->files = mem_grow(s->files, (s->count + 1) * sizeof *s->files);
    f = &s->files[s->count++];
    f->name = copy_text(name, strlen(name));
    f->owned = is_embedded(name, text) ? NULL : copy_text(text, n);
    f->text = f->owned != NULL ? f->owned : text;
    f->n = n;
    f->prelude = prelude;
    s->bytes += n;
    return 0;
}

int
script_set_add(struct script_set *s, const char *name, const char *text,
               size_t n, struct err *e)
{
    return add_file(s, name, text, n, false, e);
}

int
script_set_add_prelude(struct script_set *s, const char *name, const char *text,
                       size_t n, struct err *e)
{
    return add_file(s, name, text, n, true, e);
}

static int
by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static bool
lies_in(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    if (strncmp(path, folder, n) != 0 || path[n] != '/')
        return false;
    return script_file_is_list(path) ||
           (ends_in(path, ".lua") && strchr(path + n + 1, '/') == NULL);
}

int
script_set_prelude(struct script_set *s, const char *folder, struct err *e)
{
    const char **paths = NULL;
    size_t count = 0;
    int rc = 0;

    for (const struct embedded_file *f = embedded_files; f->path != NULL; f++) {
        if (!lies_in(f->path, folder))
            continue;
        paths = mem_grow(paths, (count + 1) * sizeof *paths);
        paths[count++] = f->path;
    }
    if (count == 0)
        return err_set(e, ERR_SYSTEM, "nothing is embedded under %s", folder);
    qsort(paths, count, sizeof *paths, by_name);
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct embedded_file *f = embedded_find(paths[i]);

        rc = add_file(s, f->path, f->text, f->n, !script_file_is_list(f->path),
                      e);
    }
    free(paths);
    return rc;
}

/* --- a folder on disk --- */

static int
read_whole(int fd, const char *shown, struct buf *out, struct err *e)
{
    /* One byte beyond the limit is enough to know that it is too long. */
    while (out->len <= SCRIPT_FILE_MAX) {
        char *room = buf_reserve(out, SCRIPT_FILE_MAX + 1 - out->len);
        ssize_t got = read(fd, room, SCRIPT_FILE_MAX + 1 - out->len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(e, "reading %s", shown);
        if (got == 0)
            break;
        out->len += (size_t)got;
    }
    return 0;
}

/* 1 when a script was added, 0 when a list was or it is no regular file, -1 on
 * failure. */
static int
add_from_disk(struct script_set *s, int folder_fd, const char *folder,
              const char *file, struct err *e)
{
    struct buf text = {0}, shown = {0};
    struct stat st;
    int rc = 0;
    int fd =
        openat(folder_fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    buf_addf(&shown, "%s/%s", folder, file);
    if (fd < 0 && errno == ELOOP)
        goto done;
    if (fd < 0 || fstat(fd, &st) != 0) {
        rc = err_sys(e, "opening %s", shown.data);
        goto done;
    }
    if (!S_ISREG(st.st_mode))
        goto done;
    rc = read_whole(fd, shown.data, &text, e);
    if (rc == 0)
        rc = add_file(s, shown.data, buf_str(&text), text.len, false, e);
    if (rc == 0)
        rc = !script_file_is_list(file);
done:
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    buf_free(&shown);
    return rc;
}

static bool
wanted(const char *file, int tests)
{
    if (file[0] == '.')
        return false;
    return script_file_is_list(file) ||
           (ends_in(file, ".lua") &&
            (tests != 0 || !ends_in(file, "_test.lua")));
}

/* The names of a folder's scripts and lists, sorted; NULL-terminated. */
static char **
list_folder(DIR *dir, int tests)
{
    const struct dirent *entry;
    char **names = mem_zero(sizeof *names);
    size_t count = 0;

    while ((entry = readdir(dir)) != NULL) { // NOLINT(concurrency-mt-unsafe)
        if (!wanted(entry->d_name, tests))
            continue;
        names = mem_grow(names, (count + 2) * sizeof *names);
        names[count++] = copy_text(entry->d_name, strlen(entry->d_name));
        names[count] = NULL;
    }
    qsort(names, count, sizeof *names, by_name);
    return names;
}

int
script_set_add_folder(struct script_set *s, const char *folder, int tests,
                      struct err *e)
{
    DIR *dir = opendir(folder);
    char **names;
    int added = 0, rc = 0;

    if (dir == NULL)
        return err_set(e, ERR_INPUT, "%s: %s", folder, strerror(errno));
    names = list_folder(dir, tests);
    for (size_t i = 0; names[i] != NULL; i++) {
        if (rc >= 0) {
            rc = add_from_disk(s, dirfd(dir), folder, names[i], e);
            added += rc > 0;
        }
        free(names[i]);
    }
    free(names);
    closedir(dir);
    if (rc < 0)
        return -1;
    if (added == 0)
        return err_set(e, ERR_INPUT, "%s: no file ends in .lua", folder);
    return 0;
}

void
script_set_given(struct script_set *s, const struct buf *packed)
{
    buf_clear(&s->given);
    buf_add(&s->given, buf_str(packed), packed->len);
}

/* --- sealing --- */

/* Prelude files keep the order of adding; the others run in name order, the
 * tests behind what they test. */
static int
load_rank(const struct script_file *f)
{
    if (f->prelude)
        return 0;
    return ends_in(f->name, "_test.lua") ? 2 : 1;
}

static bool
runs_before(const struct script_file *a, const struct script_file *b)
{
    if (load_rank(a) != load_rank(b))
        return load_rank(a) < load_rank(b);
    return load_rank(a) != 0 && strcmp(a->name, b->name) < 0;
}

/* Insertion sort: stable, and a set has a few dozen files. */
static void
sort_files(struct script_set *s)
{
    for (size_t i = 1; i < s->count; i++) {
        struct script_file f = s->files[i];
        size_t at = i;

        for (; at > 0 && runs_before(&f, &s->files[at - 1]); at--)
            s->files[at] = s->files[at - 1];
        s->files[at] = f;
    }
}

/* Length first, so that no two different sets join to the same bytes. */
static void
hash_piece(struct digest *d, const char *p, size_t n)
{
    uint8_t length[8];

    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
    digest_add(d, length, sizeof length);
    digest_add(d, p, n);
}

void
script_set_seal(struct script_set *s)
{
    struct digest *d = digest_new();
    uint8_t hash[SHA256_SIZE];
    struct buf hex = {0};

    sort_files(s);
    for (size_t i = 0; i < s->count; i++) {
        const struct script_file *f = &s->files[i];

        hash_piece(d, f->prelude ? "prelude" : "file", f->prelude ? 7 : 4);
        hash_piece(d, f->name, strlen(f->name));
        hash_piece(d, f->text, f->n);
    }
    hash_piece(d, "given", 5);
    hash_piece(d, buf_str(&s->given), s->given.len);
    digest_end(d, hash);
    digest_hex(&hex, hash, sizeof hash);
    memcpy(s->hash, hex.data, HASH_HEX);
    buf_free(&hex);
}

const char *
script_set_hash(const struct script_set *s)
{
    return s->hash;
}

const char *
script_set_name(const struct script_set *s)
{
    return s->name;
}

struct str
script_set_text(const struct script_set *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->files[i].name, name) == 0)
            return (struct str){s->files[i].text, s->files[i].n};
    return (struct str){NULL, 0};
}

bool
script_set_next(const struct script_set *s, size_t *at, struct str *text)
{
    while (*at < s->count) {
        const struct script_file *f = &s->files[(*at)++];

        if (f->prelude || script_file_is_list(f->name))
            continue;
        *text = (struct str){f->text, f->n};
        return true;
    }
    return false;
}

struct script_set *
script_set_hold(struct script_set *s)
{
    s->references++;
    return s;
}

void
script_set_release(struct script_set *s)
{
    if (s == NULL || --s->references > 0)
        return;
    for (size_t i = 0; i < s->count; i++) {
        free(s->files[i].name);
        free(s->files[i].owned);
    }
    free(s->files);
    free(s->name);
    buf_free(&s->given);
    free(s);
}

static void
pack_set(const struct script_set *s, bool whole, struct buf *out)
{
    pack_map(out, 3);
    pack_cstr(out, "name");
    pack_cstr(out, s->name);
    pack_cstr(out, "given");
    if (s->given.len == 0)
        pack_nil(out);
    else
        buf_add(out, s->given.data, s->given.len);
    pack_cstr(out, "files");
    pack_array(out, s->count);
    for (size_t i = 0; i < s->count; i++) {
        const struct script_file *f = &s->files[i];

        pack_array(out, 3);
        pack_cstr(out, f->name);
        if (whole || f->owned != NULL)
            pack_str(out, f->text, f->n);
        else
            pack_nil(out); /* who reads it has it */
        pack_bool(out, f->prelude);
    }
}

void
script_set_pack(const struct script_set *s, struct buf *out)
{
    pack_set(s, false, out);
}

void
script_set_pack_whole(const struct script_set *s, struct buf *out)
{
    pack_set(s, true, out);
}
