/*
 * file: whole small files, read and created safely.
 */
#ifndef FLOW_FILE_H
#define FLOW_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Append a regular file's bytes; ERR_INPUT when missing, unreadable, no
 * regular file or longer than max. */
int file_read(const char *path, size_t max, struct buf *out,
              struct err *e) MUST_CHECK;

/* Create a file of mode 0600 with these bytes and sync it; ERR_CONFLICT when
 * it is there already. */
int file_create(const char *path, const void *bytes, size_t n,
                struct err *e) MUST_CHECK;

#endif
