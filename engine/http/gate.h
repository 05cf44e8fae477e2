/*
 * gate: how many connections each client address holds. An IPv6 client is
 * counted by its /64, because it owns all addresses in there. Loopback and
 * unix peers pass uncounted: they are proxies and operators.
 */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include <stdbool.h>

struct sockaddr;
struct gate;

struct gate *gate_new(unsigned per_address);

/* Count one more connection from there; false when it would be one too many
 * (then it is not counted). */
bool gate_enter(struct gate *g, const struct sockaddr *peer);

/* One connection from there is gone: once for each gate_enter that said yes. */
void gate_leave(struct gate *g, const struct sockaddr *peer);

/* True for 127.0.0.0/8, ::1 (also as v4-mapped) and unix sockets. */
bool gate_is_loopback(const struct sockaddr *peer);

void gate_free(struct gate *g); /* NULL is fine */

#endif
