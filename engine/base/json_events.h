/*
 * json_events: a JSON text told piece by piece, by yajl. What makes a tree or
 * MessagePack of a text reads it here, and leaves to jansson (json.c) all that
 * this does not take: jansson has the last word, and the words for what is
 * wrong.
 */
#ifndef BASE_JSON_EVENTS_H
#define BASE_JSON_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include <yajl/yajl_parse.h>

/* True when the text is JSON, whole and alone, and no callback has ended the
 * reading by returning 0. Texts that the two readers see differently are not
 * taken: what is not UTF-8, what may hold half a surrogate pair, what has
 * vertical tabs or form feeds, nothing. */
bool json_events(const yajl_callbacks *callbacks, void *arg, const char *p,
                 size_t n);

#endif
