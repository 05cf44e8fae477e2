/*
 * folder_watch: says when files of a folder have changed and then been left
 * alone for a moment, as long as it lives; also when the folder itself is
 * replaced (renamed, deleted, made anew).
 */
#ifndef FLOW_FOLDER_WATCH_H
#define FLOW_FOLDER_WATCH_H

#include "base/err.h"

struct folder_watch;
struct loop;

/* Call fn(arg) on the loop, once for each burst of changes, when quiet_ms have
 * passed without another. The path is copied. */
struct folder_watch *folder_watch_new(struct loop *l, const char *path,
                                      int quiet_ms, void (*fn)(void *arg),
                                      void *arg, struct err *e) MUST_CHECK;
void folder_watch_free(struct folder_watch *w); /* NULL is fine */

#endif
