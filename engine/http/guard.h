/*
 * guard: which resolved addresses a request may reach. Asked in curl's
 * open-socket callback, so that a name that resolves to a private address
 * (or flips to one) is refused at the moment of connecting.
 */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include <stdbool.h>

struct sockaddr;

/* True for addresses of the public internet only: not loopback, private,
 * shared (100.64/10), link-local, unique-local, multicast, unspecified,
 * documentation, benchmarking, NAT64 or v4-mapped forms of these. */
bool guard_is_public(const struct sockaddr *address);

#endif
