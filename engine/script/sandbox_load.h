/*
 * sandbox_load: running a set's files: the prelude with globals of its own,
 * then the lock, then everybody else's files, who read the prelude's words
 * and can neither replace one nor add one.
 */
#ifndef SCRIPT_SANDBOX_LOAD_H
#define SCRIPT_SANDBOX_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum sandbox_file_state {
    SANDBOX_FILE_NEW,
    SANDBOX_FILE_RUNS,
    SANDBOX_FILE_RAN
};

struct sandbox_file {
    const char *name, *text;
    size_t n;
    bool prelude;
    enum sandbox_file_state state;
};

/* One load under way. C memory of the caller's, so that source texts take no
 * room in the arena. */
struct sandbox_loader {
    struct sandbox_file *files;
    size_t count, current; /* current: the file that runs */
    const char *given;     /* MessagePack; n = 0: none */
    size_t given_n;
    struct arena *code; /* what the files' functions consist of lies here */
    bool locked;        /* the prelude is through */
};

/* Read a packed set (script_set_pack) into the arena; its bytes are borrowed.
 * -1 when it is none. */
int sandbox_load_read(struct sandbox_loader *loader, struct arena *a,
                      const char *packed, size_t n, struct err *e) MUST_CHECK;

/* Run the files and leave the entry table in the registry. A Lua error when
 * one fails. */
void sandbox_load_run(lua_State *L, struct sandbox_loader *loader);

/* The file of exactly that name, NULL when the set has none. */
const struct sandbox_file *
sandbox_load_find(const struct sandbox_loader *loader, const char *name);

/* The word `require`. */
int sandbox_word_require(lua_State *L);

#endif
