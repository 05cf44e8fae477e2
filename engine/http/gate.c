#include "http/gate.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/map.h"

/* "4" and 8 hex digits, or "6" and 16 */
#define KEY_SIZE 20

struct gate {
    struct map *counts; /* key -> the count as a pointer, never 0 */
    uintptr_t limit;
};

struct gate *
gate_new(unsigned per_address)
{
    struct gate *g = mem_zero(sizeof(*g));
    g->counts = map_new();
    g->limit = per_address;
    return g;
}

static const uint8_t *
bytes6(const struct sockaddr *peer, struct sockaddr_in6 *in6)
{
    memcpy(in6, peer, sizeof(*in6));
    return in6->sin6_addr.s6_addr;
}

/* The IPv4 address, plain or v4-mapped. */
static bool
address4(const struct sockaddr *peer, uint32_t *out)
{
    if (peer->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, peer, sizeof(in));
        *out = ntohl(in.sin_addr.s_addr);
        return true;
    }
    if (peer->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 in6;
    const uint8_t *b = bytes6(peer, &in6);
    if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
        return false;
    *out = ((uint32_t)b[12] << 24) | ((uint32_t)b[13] << 16) |
           ((uint32_t)b[14] << 8) | b[15];
    return true;
}

bool
gate_is_loopback(const struct sockaddr *peer)
{
    uint32_t v4;
    if (peer->sa_family == AF_UNIX)
        return true;
    if (address4(peer, &v4))
        return v4 >> 24 == 127;
    if (peer->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 in6;
    bytes6(peer, &in6);
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

static void
make_key(const struct sockaddr *peer, char key[KEY_SIZE])
{
    uint32_t v4;
    if (address4(peer, &v4)) {
        snprintf(key, KEY_SIZE, "4%08x", v4);
        return;
    }
    struct sockaddr_in6 in6;
    const uint8_t *b = bytes6(peer, &in6);
    snprintf(key, KEY_SIZE, "6%02x%02x%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7]);
}

bool
gate_enter(struct gate *g, const struct sockaddr *peer)
{
    if (gate_is_loopback(peer))
        return true;
    char key[KEY_SIZE];
    make_key(peer, key);
    uintptr_t count = (uintptr_t)map_get(g->counts, key);
    if (count >= g->limit)
        return false;
    map_put(g->counts, key, (void *)(count + 1));
    return true;
}

void
gate_leave(struct gate *g, const struct sockaddr *peer)
{
    if (gate_is_loopback(peer))
        return;
    char key[KEY_SIZE];
    make_key(peer, key);
    uintptr_t count = (uintptr_t)map_get(g->counts, key);
    if (count > 1)
        map_put(g->counts, key, (void *)(count - 1));
    else
        map_remove(g->counts, key);
}

void
gate_free(struct gate *g)
{
    if (g == NULL)
        return;
    map_free(g->counts);
    free(g);
}
