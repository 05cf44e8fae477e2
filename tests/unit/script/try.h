/*
 * try: running a few lines of Lua in the sandbox from a test. What comes back
 * is text: the result as JSON, or "class: message".
 */
#ifndef TESTS_SCRIPT_TRY_H
#define TESTS_SCRIPT_TRY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/str.h"
#include "base/value.h"
#include "script/pool.h"
#include "script/sandbox.h"

struct try_file {
    const char *name, *text;
    bool prelude;
};

/* Calls the function that the user's file returned. */
#define TRY_PRELUDE                                                            \
    "local entry, f = {}, nil\n"                                               \
    "function entry.loaded(name, value) f = value end\n"                       \
    "function entry.run(...) return f(...) end\n"                              \
    "return entry\n"

static struct sandbox *try_sandbox;
static struct sandbox_outcome try_outcome;
static struct script_limits try_limits;
static struct buf try_text, try_packed;

static inline int
try_setup(void **state)
{
    struct err e;

    (void)state;
    try_sandbox = sandbox_new(&e);
    assert_non_null(try_sandbox);
    try_limits = script_limits_default[SCRIPT_DECIDE];
    return 0;
}

static inline int
try_teardown(void **state)
{
    (void)state;
    buf_free(&try_text);
    buf_free(&try_packed);
    return 0;
}

static inline void
try_pack(struct buf *out, const char *json)
{
    struct err e;
    json_t *value = json_read(json, strlen(json), &e);

    if (value == NULL)
        fail_msg("%s: %s", json, e.text);
    pack_json(out, value);
    json_decref(value);
}

/* The set's image, or NULL with try_outcome. given: JSON or NULL. */
static inline struct sandbox_image *
try_load(const struct try_file *files, size_t count, const char *given)
{
    struct buf set = {0};
    struct sandbox_image *image;

    pack_map(&set, 3);
    pack_cstr(&set, "name");
    pack_cstr(&set, "test");
    pack_cstr(&set, "given");
    if (given)
        try_pack(&set, given);
    else
        pack_nil(&set);
    pack_cstr(&set, "files");
    pack_array(&set, count);
    for (size_t i = 0; i < count; i++) {
        pack_array(&set, 3);
        pack_cstr(&set, files[i].name);
        pack_cstr(&set, files[i].text);
        pack_bool(&set, files[i].prelude);
    }
    image = sandbox_load(try_sandbox, set.data, set.len,
                         &script_limits_default[SCRIPT_LOAD], &try_outcome);
    buf_free(&set);
    return image;
}

/* What try_outcome and try_packed say, as text. */
static inline const char *
try_say(void)
{
    struct arena *a = arena_new(0);
    const struct value *v;
    struct err e;

    buf_clear(&try_text);
    if (try_outcome.class != SCRIPT_OK) {
        buf_addf(&try_text, "%s: %s", script_class_name(try_outcome.class),
                 try_outcome.text);
    } else {
        v = value_read(a, try_packed.data, try_packed.len, 1000000, &e);
        if (v == NULL)
            fail_msg("unreadable result: %s", e.text);
        value_to_json(&try_text, v);
    }
    arena_free(a);
    return buf_str(&try_text);
}

static inline const char *
try_call(struct sandbox_image *image, const char *function, const char *json)
{
    struct buf args = {0};

    try_pack(&args, json);
    buf_clear(&try_packed);
    sandbox_call(try_sandbox, image, function, args.data, args.len, &try_limits,
                 &try_packed, &try_outcome);
    buf_free(&args);
    return try_say();
}

/* Load one user file (it returns a function) and call that with the JSON
 * array of arguments. */
static inline const char *
try_file(const char *text, const char *json)
{
    const struct try_file files[] = {{"std.lua", TRY_PRELUDE, true},
                                     {"user.lua", text, false}};
    struct sandbox_image *image = try_load(files, 2, NULL);

    if (image == NULL)
        return try_say();
    try_call(image, "run", json);
    sandbox_image_free(image);
    return buf_str(&try_text);
}

/* Run the lines as a function's body on line 1 of user.lua. */
static inline const char *
try_body(const char *body)
{
    struct buf text = {0};

    buf_addf(&text, "return function(...) %s\nend", body);
    try_file(buf_str(&text), "[]");
    buf_free(&text);
    return buf_str(&try_text);
}

#define assert_body(body, expected)                                            \
    assert_string_equal(try_body(body), expected)

/* The answer begins so. */
#define assert_body_begins(body, expected)                                     \
    do {                                                                       \
        const char *said = try_body(body);                                     \
        if (strncmp(said, expected, strlen(expected)) != 0)                    \
            fail_msg("%s\n  said: %s\n  not: %s", body, said, expected);       \
    } while (0)

#endif
