/*
 * jwt: signed tokens (RFC 7519) as a chat platform puts them before its
 * webhooks: HS256 with the shared secret. A token proves who sends, not what
 * is sent: the body is not covered by it.
 */
#ifndef FLOW_JWT_H
#define FLOW_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* The token is signed by one of the keys and the time lies between its nbf
 * and exp (each may be missing), give or take tolerance_s. Only HS256: a token
 * cannot choose how it is checked. ERR_INPUT says which check failed; *stale:
 * the signature was right and the time was not. */
int jwt_check(struct str token, const struct buf *keys, size_t key_count,
              int64_t now_ms, int64_t tolerance_s, bool *stale,
              struct err *e) MUST_CHECK;

#endif
