#include "script/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "script/memo.h"
#include "script/pages.h"
#include "script/push.h"
#include "script/sandbox_inside.h"
#include "script/sandbox_lib.h"
#include "script/sandbox_load.h"
#include "script/sandbox_rooms.h"
#include "script/vocabulary.h"

/* How often the hook looks: the interval costs nothing, having a hook does. */
#define HOOK_INTERVAL 1000

/* Calls within calls. Lua's own limit is a stack of 16 MiB, which the largest
 * block allowed would end as a lack of memory: no error a script could catch.
 */
#define CALLS_MAX 5000

/* Arena bytes from here on are given back to the system instead of being
 * written over: a page fault is cheaper than clearing many pages. */
#define CLEAR_MAX ((size_t)256 << 10)

/* C memory kept from one call to the next. */
#define SCRATCH_KEEP ((size_t)256 << 10)
#define KEYS_KEEP    4096

const char sandbox_key_entry, sandbox_key_list, sandbox_key_regex;
const char sandbox_key_shared;

char sandbox_last_place[128];

struct sandbox_image {
    size_t size; /* whole pages */
    struct arena_alloc *arena;
    struct sandbox_rooms *rooms; /* where it lies */
    struct pages pages;
    lua_State *L;
    struct vocabulary *words; /* what its rules name; no call changes it */
    struct arena *code;       /* its functions' code; the same */
    unsigned counted;         /* calls that are not tried uncounted */
};

/* A call that ran uncounted and left more than this behind may have been
 * deeper than CALLS_MAX: a call within a call takes a hundred bytes at least.
 */
#define UNCOUNTED_BYTES ((size_t)256 << 10)

/* Of processor time. A timer may be late by tens of microseconds: what is much
 * shorter cannot be told by it, and such calls are counted from the start. */
#define UNCOUNTED_MIN_US 200
#define UNCOUNTED_MAX_US 1000

/* A set whose call was tried in vain is not tried for so many more. */
#define COUNTED_AFTER 16

/* What the protected part of a load or a call works on. */
struct job {
    struct sandbox_loader *set; /* of a load; the rest is of a call */
    const char *function, *packed;
    size_t n;
    struct buf *out;
};

struct sandbox *
sandbox_of(lua_State *L)
{
    return *(struct sandbox **)lua_getextraspace(L);
}

/* --- places --- */

static bool
format_place(const lua_Debug *ar, char out[SANDBOX_PLACE_MAX])
{
    if (ar->currentline <= 0)
        return false;
    snprintf(out, SANDBOX_PLACE_MAX, "%s:%d", ar->source + 1, ar->currentline);
    return true;
}

bool
sandbox_place_at(lua_State *L, int level, char out[SANDBOX_PLACE_MAX])
{
    lua_Debug ar;

    return lua_getstack(L, level, &ar) && lua_getinfo(L, "Sl", &ar) &&
           format_place(&ar, out);
}

bool
sandbox_place(lua_State *L, int level, char out[SANDBOX_PLACE_MAX])
{
    lua_Debug ar;

    for (; level < 64 && lua_getstack(L, level, &ar); level++) {
        if (lua_getinfo(L, "Sl", &ar) && format_place(&ar, out))
            return true;
    }
    return false;
}

/* Where it happened, for the outcome: in the nearest file of the user's, whose
 * chunks are named "@file" (the language's own are "=file"). */
static void
note_place(lua_State *L)
{
    struct sandbox *s = sandbox_of(L);
    lua_Debug ar;

    s->place[0] = '\0';
    for (int level = 0; level < 64 && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0 && ar.source[0] == '@') {
            format_place(&ar, s->place);
            return;
        }
    }
    sandbox_place(L, 0, s->place);
}

/* The wall timer's handler may read between any two of these writes: the
 * first byte is put last, and the end is always a NUL. */
static void
publish_place(lua_State *L, lua_Debug *ar)
{
    volatile char *to = sandbox_last_place;
    char place[SANDBOX_PLACE_MAX];

    if (!lua_getinfo(L, "Sl", ar) || !format_place(ar, place))
        return;
    to[0] = '\0';
    for (size_t i = 1; i < sizeof sandbox_last_place - 1; i++) {
        to[i] = place[i];
        if (place[i] == '\0')
            break;
    }
    to[0] = place[0];
}

/* --- the budget --- */

/* The script cannot catch this value: pcall and xpcall raise it again. */
static _Noreturn void
raise_stop(lua_State *L)
{
    lua_pushlightuserdata(L, sandbox_of(L));
    lua_error(L);
    abort(); /* lua_error does not return, but is not declared so */
}

static bool
over_budget(const struct sandbox *s)
{
    return s->arena->work > s->limits.instructions;
}

static void on_count(lua_State *L, lua_Debug *ar);

/* Within the allocator: looks at the stack of calls and touches nothing. */
static void
on_refused(void *about)
{
    note_place(about);
}

/* From now on the hook fires at every instruction. */
static void
set_stop(lua_State *L, enum script_class class, const char *why)
{
    struct sandbox *s = sandbox_of(L);

    if (s->stop != SCRIPT_OK)
        return;
    s->stop = class;
    s->why = why;
    if (s->arena->refused == ARENA_ALLOC_GRANTED)
        note_place(L);
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
}

/* Whatever ends the call, found out at the next chance. */
static void
check_stop(lua_State *L)
{
    struct sandbox *s = sandbox_of(L);

    if (s->stop == SCRIPT_OK && s->arena->refused != ARENA_ALLOC_GRANTED)
        set_stop(L, SCRIPT_MEMORY, NULL);
    if (s->stop == SCRIPT_OK && (s->late || over_budget(s)))
        set_stop(L, SCRIPT_BUDGET, "instructions");
    if (s->stop != SCRIPT_OK)
        raise_stop(L);
}

/*
 * Nothing is collected in a call until it has half of the heap in use: what
 * a usual decision leaves behind is dropped with the arena. Bytes and
 * instructions decide, so that two runs collect at the same places.
 */
static void
collect_when_half_full(lua_State *L)
{
    const struct sandbox *s = sandbox_of(L);

    if (s->arena->used > s->limits.heap / 2 && !lua_gc(L, LUA_GCISRUNNING))
        lua_gc(L, LUA_GCRESTART);
}

static void
check_depth(lua_State *L)
{
    char place[SANDBOX_PLACE_MAX];
    lua_Debug ar;

    if (!lua_getstack(L, CALLS_MAX, &ar))
        return;
    if (!sandbox_place(L, 0, place))
        place[0] = '\0';
    lua_pushfstring(L, "%s: stack overflow: more than %d calls within calls",
                    place, CALLS_MAX);
    lua_error(L);
}

static void
on_count(lua_State *L, lua_Debug *ar)
{
    struct sandbox *s = sandbox_of(L);

    if (s->stop == SCRIPT_OK) {
        s->arena->work += HOOK_INTERVAL;
        publish_place(L, ar);
        collect_when_half_full(L);
    }
    check_stop(L);
    check_depth(L);
}

MAY_LJMP void
sandbox_charge(lua_State *L, size_t work)
{
    struct arena_alloc *a = sandbox_of(L)->arena;
    const int64_t most = INT64_MAX / 4;

    a->work += work < (size_t)most ? (int64_t)work : most;
    if (a->work > most)
        a->work = most;
    collect_when_half_full(L);
    check_stop(L);
}

bool
sandbox_affords(lua_State *L, size_t work)
{
    const struct sandbox *s = sandbox_of(L);
    int64_t left = s->limits.instructions - s->arena->work;

    return left >= 0 && work <= (size_t)left;
}

MAY_LJMP void
sandbox_charge_bytes(lua_State *L, size_t n)
{
    sandbox_charge(L, n / 64);
}

MAY_LJMP _Noreturn void
sandbox_stop(lua_State *L, enum script_class class, const char *why)
{
    set_stop(L, class, why);
    raise_stop(L);
}

MAY_LJMP void
sandbox_stop_again(lua_State *L)
{
    check_stop(L);
}

MAY_LJMP _Noreturn void
sandbox_fail(lua_State *L, enum script_class class)
{
    sandbox_of(L)->failing = class;
    lua_error(L);
    abort(); /* as in raise_stop */
}

/* --- the scratch buffer --- */

struct buf *
sandbox_scratch(lua_State *L)
{
    struct buf *b = &sandbox_of(L)->scratch;

    buf_clear(b);
    return b;
}

MAY_LJMP void
sandbox_push_scratch(lua_State *L)
{
    struct buf *b = &sandbox_of(L)->scratch;

    lua_pushlstring(L, buf_str(b), b->len);
}

struct order_keys *
sandbox_keys(lua_State *L)
{
    struct order_keys *keys = &sandbox_of(L)->keys;

    keys->count = 0;
    return keys;
}

static void
trim_scratch(struct sandbox *s)
{
    if (s->scratch.cap > SCRATCH_KEEP)
        buf_free(&s->scratch);
    if (s->aside.cap > SCRATCH_KEEP)
        buf_free(&s->aside);
    if (s->strings.cap > SCRATCH_KEEP)
        buf_free(&s->strings);
    s->keys.count = 0;
    if (s->keys.cap > KEYS_KEEP) {
        free(s->keys.items);
        memset(&s->keys, 0, sizeof s->keys);
    }
}

/* --- running --- */

/* Runs where the error is raised, before anything is unwound. */
static int
on_error(lua_State *L)
{
    struct sandbox *s = sandbox_of(L);

    if (s->stop == SCRIPT_OK && s->arena->refused == ARENA_ALLOC_GRANTED)
        note_place(L);
    return 1;
}

static void
begin(struct sandbox *s, const struct script_limits *limits)
{
    s->limits = *limits;
    s->steps = limits->pattern_steps;
    s->stop = s->failing = SCRIPT_OK;
    s->why = NULL;
    s->late = 0;
    s->place[0] = '\0';
    sandbox_last_place[0] = '\0';
    arena_alloc_limit(s->arena, limits->heap, limits->string, limits->block);
}

/* Runs `body` on the job at C top level; L's stack is empty before, and holds
 * the error value alone afterwards if there was one. */
static int
run(lua_State *L, lua_CFunction body, struct job *job, bool counted)
{
    struct sandbox *s = sandbox_of(L);
    int status;

    if (counted)
        lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_INTERVAL);
    s->arena->on_refused = on_refused;
    s->arena->about = L;
    lua_pushcfunction(L, on_error);
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, job);
    s->uncounted = counted ? NULL : L;
    status = lua_pcall(L, 1, 0, 1);
    s->uncounted = NULL;
    lua_remove(L, 1);
    return status;
}

/* Leave nothing of the load or call behind: zero the arena from there to as far
 * as it went. */
static void
clear_from(struct arena_alloc *a, size_t from)
{
    char *base = (char *)a;
    size_t to = a->peak, cut = (from + CLEAR_MAX + 4095) & ~(size_t)4095;

    if (to > cut) {
        madvise(base + cut, ROOM_SIZE - cut, MADV_DONTNEED);
        to = cut;
    }
    if (to > from)
        memset(base + from, 0, to - from);
}

/* Whether its calls begin behind what they share. */
static bool
is_shared(const struct sandbox *s, const struct sandbox_image *image)
{
    return s->shared != NULL && s->shared == image;
}

/* Where a call's own bytes begin. */
static size_t
begins_at(const struct sandbox *s, const struct sandbox_image *image)
{
    return image->size + (is_shared(s, image) ? s->above.len : 0);
}

static void
restore(struct sandbox *s, struct sandbox_image *image)
{
    if (is_shared(s, image)) {
        pages_restore_mark(&image->pages);
        memcpy((char *)image->arena + image->size, s->above.data, s->above.len);
    } else {
        pages_restore(&image->pages);
    }
    s->arena = image->arena;
    s->words = image->words;
    if (s->memo != NULL && memo_words(s->memo) != s->words)
        memo_clear(s->memo, s->words);
}

/* --- loading --- */

static int
load_body(lua_State *L)
{
    const struct job *job = lua_touserdata(L, 1);

    sandbox_lib_open(L);
    sandbox_load_run(L, job->set);
    return 0;
}

/* The state as every call will find it: an empty stack, no hook, nothing that
 * waits to be collected and no collector running. */
static struct sandbox_image *
take_image(struct sandbox *s, lua_State *L, struct arena *code)
{
    struct sandbox_image *image = mem_alloc(sizeof *image);

    lua_sethook(L, NULL, 0, 0);
    s->arena->on_refused = NULL;
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT);
    lua_gc(L, LUA_GCSTOP);
    image->L = L;
    image->arena = s->arena;
    image->rooms = s->rooms;
    image->size = arena_alloc_seal(s->arena, PAGES_SIZE);
    clear_from(s->arena, image->size);
    pages_keep(&image->pages, (char *)s->arena, image->size, s->watches);
    image->words = s->words;
    image->code = code;
    image->counted = 0;
    s->words = NULL;
    return image;
}

static enum script_class load_class(enum script_class class)
{
    return class == SCRIPT_ERROR ? SCRIPT_BAD_SET : class;
}

static struct sandbox_image *
load_set(struct sandbox *s, struct sandbox_loader *set,
         const struct script_limits *limits, struct sandbox_outcome *outcome)
{
    struct job job = {.set = set};
    struct sandbox_image *image = NULL;
    lua_State *L;

    s->words = NULL; /* the last call's image has them */
    set->code = arena_new(0);
    L = lua_newstate(arena_alloc_lua, s->arena);
    *(struct sandbox **)lua_getextraspace(L) = s;
    /* Little garbage: it would lie in the image. At 100 each allocation would
     * run a whole cycle, and a long policy never be loaded. */
    lua_gc(L, LUA_GCINC, 105, 0, 0);
    begin(s, limits);
    sandbox_outcome_fill(s, L, run(L, load_body, &job, true), outcome);
    s->loader = NULL;
    outcome->class = load_class(outcome->class);
    if (outcome->class == SCRIPT_OK) {
        image = take_image(s, L, set->code);
    } else {
        arena_free(set->code);
        room_leave(s->rooms, s->arena);
    }
    vocabulary_free(s->words);
    s->words = NULL;
    trim_scratch(s);
    return image;
}

/* Nothing was run. */
static void
refuse_set(struct sandbox *s, const char *why, struct sandbox_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->class = SCRIPT_BAD_SET;
    sandbox_outcome_text(s, why, strlen(why));
    outcome->text = s->text;
}

struct sandbox_image *
sandbox_load(struct sandbox *s, const char *packed, size_t n,
             const struct script_limits *limits,
             struct sandbox_outcome *outcome)
{
    struct sandbox_image *image = NULL;
    struct arena *a = arena_new(0);
    struct sandbox_loader set;
    struct err e;

    sandbox_forget(s); /* its words may come to lie where others lay */
    if (sandbox_load_read(&set, a, packed, n, &e) != 0)
        refuse_set(s, e.text, outcome);
    else if ((s->arena = room_take(s->rooms)) == NULL)
        refuse_set(s, "too many sets are loaded", outcome);
    else
        image = load_set(s, &set, limits, outcome);
    arena_free(a);
    return image;
}

/* --- calling --- */

static int
call_body(lua_State *L)
{
    const struct job *job = lua_touserdata(L, 1);
    int count;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &sandbox_key_entry);
    lua_pushstring(L, job->function);
    lua_rawget(L, -2);
    if (!lua_isfunction(L, -1))
        return luaL_error(L, "this set has no function '%s'", job->function);
    count = push_arguments(L, job->packed, job->n);
    lua_call(L, count, 1);
    push_result(L, job->out);
    return 0;
}

/* From where calls of the image begin; what it leaves behind is the caller's to
 * clear. */
static void
perform(struct sandbox *s, struct sandbox_image *image, lua_CFunction body,
        struct job *job, const struct script_limits *limits, bool counted,
        struct sandbox_outcome *outcome)
{
    int64_t work;

    restore(s, image);
    work = is_shared(s, image) ? s->arena->work : 0;
    begin(s, limits);
    s->arena->work = work;
    sandbox_outcome_fill(s, image->L, run(image->L, body, job, counted),
                         outcome);
}

static void
attempt(struct sandbox *s, struct sandbox_image *image, struct job *job,
        const struct script_limits *limits, bool counted,
        struct sandbox_outcome *outcome)
{
    perform(s, image, call_body, job, limits, counted, outcome);
    clear_from(s->arena, begins_at(s, image));
    trim_scratch(s);
}

/* Whether it is certain that a counted call ends the same. */
static bool
is_certain(const struct sandbox *s, const struct sandbox_image *image,
           const struct sandbox_outcome *outcome)
{
    return outcome->class == SCRIPT_OK && !s->late &&
           outcome->instructions <= s->limits.instructions / 2 &&
           s->arena->peak - begins_at(s, image) <= UNCOUNTED_BYTES;
}

static bool
call_uncounted(struct sandbox *s, struct sandbox_image *image, struct job *job,
               const struct script_limits *limits,
               struct sandbox_outcome *outcome)
{
    if (!s->tries_uncounted || sandbox_uncounted_us(limits) == 0)
        return false;
    if (image->counted > 0) {
        image->counted--;
        return false;
    }
    attempt(s, image, job, limits, false, outcome);
    if (is_certain(s, image, outcome))
        return true;
    image->counted = COUNTED_AFTER;
    return false;
}

void
sandbox_call(struct sandbox *s, struct sandbox_image *image,
             const char *function, const char *args, size_t args_n,
             const struct script_limits *limits, struct buf *out,
             struct sandbox_outcome *outcome)
{
    struct job job = {
        .function = function, .packed = args, .n = args_n, .out = out};
    size_t before = out->len;

    if (!call_uncounted(s, image, &job, limits, outcome)) {
        buf_cut(out, before);
        attempt(s, image, &job, limits, true, outcome);
    }
    if (outcome->class != SCRIPT_OK)
        buf_cut(out, before);
}

void
sandbox_remember(struct sandbox *s)
{
    if (s->spare == NULL)
        s->spare = memo_new();
    s->memo = s->spare;
}

static int
share_body(lua_State *L)
{
    const struct job *job = lua_touserdata(L, 1);

    push_share(L, job->packed, job->n);
    return 0;
}

/* The state as it is now, for every call until it is dropped. */
static void
keep_shared(struct sandbox *s, struct sandbox_image *image)
{
    lua_sethook(image->L, NULL, 0, 0);
    s->arena->on_refused = NULL;
    pages_mark(&image->pages);
    buf_clear(&s->above);
    buf_add(&s->above, (const char *)s->arena + image->size,
            s->arena->top - image->size);
    s->shared = image;
}

static void
drop_shared(struct sandbox *s)
{
    struct sandbox_image *image = s->shared;

    if (image == NULL)
        return;
    memset((char *)image->arena + image->size, 0, s->above.len);
    s->shared = NULL;
    if (s->above.cap > SCRATCH_KEEP)
        buf_free(&s->above);
}

void
sandbox_share(struct sandbox *s, struct sandbox_image *image,
              const char *shared, size_t n, const struct script_limits *limits,
              struct sandbox_outcome *outcome)
{
    struct job job = {.packed = shared, .n = n};

    drop_shared(s);
    perform(s, image, share_body, &job, limits, false, outcome);
    if (outcome->class == SCRIPT_OK)
        keep_shared(s, image);
    clear_from(s->arena, begins_at(s, image));
}

void
sandbox_forget(struct sandbox *s)
{
    drop_shared(s);
    if (s->memo != NULL)
        memo_clear(s->memo, NULL);
    s->memo = NULL;
}

void
sandbox_watch(struct sandbox *s)
{
    s->watches = pages_watch();
}

void
sandbox_try_uncounted(struct sandbox *s)
{
    s->tries_uncounted = true;
}

int64_t
sandbox_uncounted_us(const struct script_limits *limits)
{
    int64_t us = limits->instructions / 2 / 1000;

    if (us < UNCOUNTED_MIN_US)
        return 0;
    return us < UNCOUNTED_MAX_US ? us : UNCOUNTED_MAX_US;
}

void
sandbox_count(struct sandbox *s)
{
    lua_State *L = s->uncounted;

    if (L == NULL)
        return;
    s->late = 1;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
}

size_t
sandbox_image_size(const struct sandbox_image *image)
{
    return image->size;
}

void
sandbox_image_free(struct sandbox_image *image)
{
    if (image == NULL)
        return;
    pages_free(&image->pages);
    room_leave(image->rooms, image->arena);
    vocabulary_free(image->words);
    arena_free(image->code);
    free(image);
}

/* --- one per process --- */

static int
compare_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 1);
}

/* The first qsort of more than a kilobyte asks the system how much memory
 * there is, which a confined process may not: pairs over a large table would
 * be its end. */
static void
warm_qsort(void)
{
    char bytes[2048] = "";

    qsort(bytes, sizeof bytes, 1, compare_bytes);
}

void
sandbox_seed(struct sandbox *s)
{
    digest_random(&s->seed, sizeof s->seed);
}

struct sandbox *
sandbox_new(struct err *e)
{
    struct sandbox *s = mem_zero(sizeof *s);

    warm_qsort();
    s->rooms = rooms_new(e);
    if (s->rooms == NULL)
        goto fail_rooms;
    sandbox_seed(s);
    if (sandbox_lib_warm(s, e) < 0)
        goto fail_warm;
    return s;

fail_warm:
    rooms_free(s->rooms);
fail_rooms:
    free(s);
    return NULL;
}
