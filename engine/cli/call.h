/*
 * call: one request to the running engine over its admin socket.
 */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "base/buf.h"
#include "base/err.h"

/* Send "METHOD path" and append the answer's body to out. Returns the HTTP
 * status, or -1 with ERR_SYSTEM when no engine answers on the socket. */
int call_engine(const char *socket_path, const char *method, const char *path,
                struct buf *out, struct err *e);

/* The same with a body of JSON (NULL: none). */
int call_engine_with(const char *socket_path, const char *method,
                     const char *path, const struct buf *body, struct buf *out,
                     struct err *e);

/* As call_engine_with, for a verb: the socket given, or else the
 * configuration's (NULL: usher.conf.lua). Returns an exit code; what is wrong,
 * a refusal too, is told in the verb's name. */
int call_for_verb(const char *verb, const char *socket_path, const char *config,
                  const char *method, const char *path, const struct buf *body,
                  struct buf *out);

/* Append the admin socket that a configuration names (NULL: usher.conf.lua),
 * without asking for its secrets. Returns an exit code; what is wrong is told
 * in the verb's name. */
int call_find_socket(const char *verb, const char *config, struct buf *out);

/* Append s as one piece of a path: what is no letter, digit or one of "-._~:"
 * percent-encoded. */
void call_path_piece(struct buf *path, const char *s);

/* Append what the body of a refusal says: its detail, else its title. */
void call_problem(const struct buf *body, struct buf *out);

#endif
