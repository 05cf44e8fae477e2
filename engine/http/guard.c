#include "http/guard.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>

struct range4 {
    uint32_t net;
    unsigned bits;
};

#define NET4(a, b, c, d)                                                       \
    (((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) |    \
     (uint32_t)(d))

/* IANA's registry of special-purpose IPv4 addresses (RFC 6890 and later). */
static const struct range4 closed4[] = {
    {NET4(0, 0, 0, 0), 8},       /* this network */
    {NET4(10, 0, 0, 0), 8},      /* private */
    {NET4(100, 64, 0, 0), 10},   /* shared by carriers */
    {NET4(127, 0, 0, 0), 8},     /* loopback */
    {NET4(169, 254, 0, 0), 16},  /* link-local, cloud metadata */
    {NET4(172, 16, 0, 0), 12},   /* private */
    {NET4(192, 0, 0, 0), 24},    /* protocol assignments */
    {NET4(192, 0, 2, 0), 24},    /* documentation */
    {NET4(192, 88, 99, 0), 24},  /* 6to4 relays */
    {NET4(192, 168, 0, 0), 16},  /* private */
    {NET4(198, 18, 0, 0), 15},   /* benchmarking */
    {NET4(198, 51, 100, 0), 24}, /* documentation */
    {NET4(203, 0, 113, 0), 24},  /* documentation */
    {NET4(224, 0, 0, 0), 4},     /* multicast */
    {NET4(240, 0, 0, 0), 4},     /* reserved, broadcast */
};

struct range6 {
    uint8_t net[16];
    unsigned bits;
};

/* Inside 2000::/3, the only block given out to the public internet. */
static const struct range6 closed6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* protocol assignments, Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4: carries any IPv4 address */
    {{0x3f, 0xff}, 20},             /* documentation */
};

static const struct range6 global6 = {{0x20}, 3};
static const struct range6 mapped6 = {{[10] = 0xff, [11] = 0xff}, 96};
static const struct range6 nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

static bool
is_public4(uint32_t address)
{
    for (size_t i = 0; i < sizeof(closed4) / sizeof(closed4[0]); i++) {
        uint32_t mask = UINT32_MAX << (32 - closed4[i].bits);
        if ((address & mask) == closed4[i].net)
            return false;
    }
    return true;
}

static bool
in_range6(const uint8_t address[16], const struct range6 *r)
{
    size_t whole = r->bits / 8;
    if (memcmp(address, r->net, whole) != 0)
        return false;
    unsigned rest = r->bits % 8;
    if (rest == 0)
        return true;
    uint8_t mask = (uint8_t)(0xff << (8 - rest));
    return (address[whole] & mask) == r->net[whole];
}

static bool
is_public6(const uint8_t a[16])
{
    if (in_range6(a, &mapped6) || in_range6(a, &nat64))
        return is_public4(NET4(a[12], a[13], a[14], a[15]));
    if (!in_range6(a, &global6))
        return false;
    for (size_t i = 0; i < sizeof(closed6) / sizeof(closed6[0]); i++)
        if (in_range6(a, &closed6[i]))
            return false;
    return true;
}

bool
guard_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return is_public4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return is_public6(in6.sin6_addr.s6_addr);
    }
    return false;
}
