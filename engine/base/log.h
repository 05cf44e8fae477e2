/*
 * log: one JSON object per line (or key=value for people), to one descriptor.
 * Event names are nouns and past participles: "ticket.created". Ids, counts
 * and durations only: message text, addresses and secrets never. errno
 * survives every call. Thread-safe: a line is one write.
 *
 *   log_info("delivery.retried", LOG_STR("delivery", id),
 *            LOG_INT("after_ms", wait));
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/err.h"

enum log_level {
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG
};
enum log_format {
    LOG_JSON,
    LOG_TEXT
};

struct log_field {
    const char *key; /* NULL ends the list */
    enum {
        LOG_KIND_STR,
        LOG_KIND_INT
    } kind;
    const char *s; /* NULL: the field is left out */
    int64_t i;
};

#define LOG_STR(k, v) ((struct log_field){(k), LOG_KIND_STR, (v), 0})
#define LOG_INT(k, v) ((struct log_field){(k), LOG_KIND_INT, "", (int64_t)(v)})
/* an err's class and text as two fields are written by log_failure */

#define log_write(level, event, ...)                                           \
    log_line((level), (event), (const struct log_field[]){__VA_ARGS__, {0}})
#define log_error(event, ...) log_write(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)  log_write(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...)  log_write(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_write(LOG_DEBUG, event, __VA_ARGS__)

/* Where lines go. Before the first call: descriptor 2, JSON, LOG_INFO. */
void log_open(int fd, enum log_format format, enum log_level level);

void log_line(enum log_level level, const char *event,
              const struct log_field *fields);

/* A line with the error's class and text and one id (id_key may be NULL). */
void log_failure(enum log_level level, const char *event, const char *id_key,
                 const char *id, const struct err *e);

enum log_level log_level_now(void);

#endif
