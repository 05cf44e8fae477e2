/*
 * sandbox: the inside of a worker: for each set a 16 MiB arena in which a Lua
 * state lives, its texts compiled once into an image (the arena as it is then),
 * and calls that each begin from that image. Everything a script can reach is
 * here; everything that holds when this file has a bug (processes, seccomp,
 * the wall timer) is in worker.c.
 *
 * Not thread-safe, one per process.
 */
#ifndef SCRIPT_SANDBOX_H
#define SCRIPT_SANDBOX_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "script/pool.h"

struct sandbox;
struct sandbox_image;

/* Map the arena and warm up what needs system calls (PCRE2, lua-cjson, libc
 * locale tables): before confinement. One per process; never freed. */
struct sandbox *sandbox_new(struct err *e) MUST_CHECK;

/* A chance of its own for a process that was forked with a sandbox in which
 * nothing is loaded yet. */
void sandbox_seed(struct sandbox *s);

/* What a load or a call ended with. text and where point into the sandbox and
 * live until its next use. */
struct sandbox_outcome {
    enum script_class class;
    const char *text;     /* printable, <= 1 KiB; "" when OK */
    const char *where;    /* "file:line" or NULL */
    int64_t instructions; /* units of work; of an uncounted call only those of
                             its memory and library */
    size_t peak;
};

/* Compile and run a set's files (packed: what script_set_pack wrote) under
 * the limits and take the image. NULL and an outcome when it fails. The image
 * may not own C memory. */
struct sandbox_image *sandbox_load(struct sandbox *s, const char *packed,
                                   size_t n, const struct script_limits *limits,
                                   struct sandbox_outcome *outcome);

/* Restore the image, call entry[function] with the arguments (a MessagePack
 * array), append the packed result to out. On any failure out is unchanged. */
void sandbox_call(struct sandbox *s, struct sandbox_image *image,
                  const char *function, const char *args, size_t args_n,
                  const struct script_limits *limits, struct buf *out,
                  struct sandbox_outcome *outcome);

/*
 * The calls from here on, until sandbox_forget, are of one conversation, whose
 * texts they all look at: what follows from a text alone is kept between them
 * (memo.h). No outcome depends on it, nor what is charged.
 */
void sandbox_remember(struct sandbox *s);
void sandbox_forget(struct sandbox *s);

/*
 * What their arguments share (pack.h), pushed once: calls of the image begin
 * from there until sandbox_forget, and it must live as long. Each is charged
 * for all of it, a little more than it would have been for what it looks at.
 * Fails as a call does, and then nothing is shared.
 */
void sandbox_share(struct sandbox *s, struct sandbox_image *image,
                   const char *shared, size_t n,
                   const struct script_limits *limits,
                   struct sandbox_outcome *outcome);

/* From now on images are put back page by page, those that a call wrote to
 * (pages.h): for a process that leaves SIGSEGV to it. */
void sandbox_watch(struct sandbox *s);

/*
 * Counting instructions costs a tenth of a call, and most calls are over before
 * they could have used up a budget. From now on a call is tried without, and
 * begins again, counted, when it was no success or too long or too large to say
 * that counting would not have ended it: no outcome depends on it. The caller
 * has a timer whose handler calls sandbox_count after so many microseconds of
 * processor time (an instruction takes a nanosecond at least, so half of the
 * budget is left then).
 */
void sandbox_try_uncounted(struct sandbox *s);
int64_t sandbox_uncounted_us(const struct script_limits *limits);

/* The uncounted time of the call that runs is over. For a signal handler; does
 * nothing when no call runs uncounted. */
void sandbox_count(struct sandbox *s);

size_t sandbox_image_size(const struct sandbox_image *image);
void sandbox_image_free(struct sandbox_image *image);

/* "file:line" of the last place the count hook saw, updated every 1,000
 * instructions; readable from a signal handler (the wall timer's last words).
 * "" when unknown. */
extern char sandbox_last_place[128];

#endif
