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

#endif
