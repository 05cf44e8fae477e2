/*
 * beside: the recordings that stand beside a policy's tests, by name.
 */
#ifndef CLI_BESIDE_H
#define CLI_BESIDE_H

#include <jansson.h>

#include "base/err.h"

/* An object: file name -> the file's first conversation (caller
 * json_decref()s), empty when there is none or no such folder; NULL with
 * ERR_INPUT when a file cannot be read. */
json_t *beside_load(const char *dir, struct err *e) MUST_CHECK;

#endif
