/*
 * set: a script set: the texts of one policy, one adapter or one
 * configuration, in the order in which they are loaded, with the data they
 * may see while loading. Immutable once sealed and named by its hash; counted
 * by reference, because calls in flight outlive a reload.
 *
 * Loading, in a worker: the prelude files run first and may define globals
 * (the words of the language); the first prelude file must return the entry
 * table, whose functions are what calls name. Then globals are locked
 * (writing an undeclared one is an error that says "add local"). Then every
 * other file runs, in name order; after each, entry.loaded(name, value) is
 * called if it exists, with what the file returned (nil otherwise). At the
 * end entry.finish() if it exists. `given` is a global table while loading.
 * Then one full collection and the image is taken.
 *
 * Files that end in .txt are lists: nothing runs; require gives their text to
 * whoever asks while the set is loaded, and only what was made of it stays.
 */
#ifndef SCRIPT_SET_H
#define SCRIPT_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SCRIPT_FILE_MAX (256u << 10) /* bytes of one file */
#define SCRIPT_SET_MAX  (1u << 20)   /* bytes of a set */

struct script_set;

/* A new set; name is for messages ("policy", "adapter custom"). */
struct script_set *script_set_new(const char *name);

/* Whether a file of that name is a list. */
bool script_file_is_list(const char *name);

/* Add an embedded prelude folder's files ("rules/std", "adapters/std"), in
 * name order, and the lists in it and below. ERR_SYSTEM when nothing is
 * embedded under it. */
int script_set_prelude(struct script_set *s, const char *folder,
                       struct err *e) MUST_CHECK;

/* Add one text. `name` is what error messages show ("20-refunds.lua");
 * ERR_INPUT when too long, not UTF-8, or begins with the bytecode mark. */
int script_set_add(struct script_set *s, const char *name, const char *text,
                   size_t n, struct err *e) MUST_CHECK;

/* The same as a prelude file: it runs before all others, in the order in which
 * the prelude files were added (tests and the attack corpus bring their own).
 */
int script_set_add_prelude(struct script_set *s, const char *name,
                           const char *text, size_t n,
                           struct err *e) MUST_CHECK;

/* Add every *.lua and *.txt of a folder in name order; those ending in
 * _test.lua only when tests is non-zero, and then behind all the others. Names
 * shown are `folder/file`. Links and sub-folders are not followed. ERR_INPUT
 * when the folder is missing or holds no *.lua. */
int script_set_add_folder(struct script_set *s, const char *folder, int tests,
                          struct err *e) MUST_CHECK;

/* One MessagePack map that the files see as `given` while loading. */
void script_set_given(struct script_set *s, const struct buf *packed);

/* Close it and compute the hash over prelude, names, texts and given. */
void script_set_seal(struct script_set *s);

/* 64 hex characters; valid after the seal. */
const char *script_set_hash(const struct script_set *s);
const char *script_set_name(const struct script_set *s);

/* The text of a file as it was added (for showing lines), empty if absent. */
struct str script_set_text(const struct script_set *s, const char *name);

/* The text of the next script that is not the prelude's; *at from 0. False:
 * there is none any more. */
bool script_set_next(const struct script_set *s, size_t *at, struct str *text);

struct script_set *script_set_hold(struct script_set *s);
void script_set_release(struct script_set *s); /* NULL is fine */

/* The load frame's body for a worker (pool.c). Of embedded files it has the
 * names only; whole, the texts too, for another version of the program. */
void script_set_pack(const struct script_set *s, struct buf *out);
void script_set_pack_whole(const struct script_set *s, struct buf *out);

/* --- embedded files (generated at build from rules/ and adapters/) --- */
struct embedded_file {
    const char *path; /* "adapters/sources/custom.lua" */
    const char *text;
    size_t n;
};
extern const struct embedded_file embedded_files[]; /* path NULL ends it */
const struct embedded_file *embedded_find(const char *path); /* or NULL */

#endif
