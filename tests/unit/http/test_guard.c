#include "unit/http/raw.h"

#include "http/guard.h"

struct sample {
    const char *ip;
    bool open;
};

/* sec S13: each closed range with its first and last address and its
 * neighbours outside. */
static const struct sample samples4[] = {
    {"0.0.0.0", false},         {"0.255.255.255", false},
    {"1.0.0.0", true},          {"9.255.255.255", true},
    {"10.0.0.0", false},        {"10.255.255.255", false},
    {"11.0.0.0", true},         {"100.63.255.255", true},
    {"100.64.0.0", false},      {"100.127.255.255", false},
    {"100.128.0.0", true},      {"126.255.255.255", true},
    {"127.0.0.1", false},       {"127.255.255.255", false},
    {"128.0.0.0", true},        {"169.253.255.255", true},
    {"169.254.169.254", false}, {"169.255.0.0", true},
    {"172.15.255.255", true},   {"172.16.0.0", false},
    {"172.31.255.255", false},  {"172.32.0.0", true},
    {"192.0.0.8", false},       {"192.0.1.0", true},
    {"192.0.2.1", false},       {"192.0.3.0", true},
    {"192.88.99.1", false},     {"192.167.255.255", true},
    {"192.168.0.1", false},     {"192.169.0.0", true},
    {"198.17.255.255", true},   {"198.18.0.0", false},
    {"198.19.255.255", false},  {"198.20.0.0", true},
    {"198.51.100.7", false},    {"203.0.113.9", false},
    {"203.0.114.0", true},      {"223.255.255.255", true},
    {"224.0.0.1", false},       {"239.255.255.255", false},
    {"240.0.0.1", false},       {"255.255.255.255", false},
    {"8.8.8.8", true},
};

static const struct sample samples6[] = {
    {"::", false},
    {"::1", false},
    {"::8.8.8.8", false}, /* v4-compatible: long dead */
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.1.2.3", false},
    {"::ffff:169.254.169.254", false},
    {"::ffff:8.8.8.8", true},
    {"64:ff9b::7f00:1", false}, /* NAT64 of 127.0.0.1 */
    {"64:ff9b::a9fe:a9fe", false},
    {"64:ff9b::808:808", true},
    {"64:ff9b:1::808:808", false}, /* local NAT64 */
    {"100::1", false},
    {"2000::1", true},
    {"2001::1", false}, /* Teredo */
    {"2001:2::1", false},
    {"2001:10::1", false},
    {"2001:1ff:ffff::1", false},
    {"2001:200::1", true},
    {"2001:db7:ffff::1", true},
    {"2001:db8::1", false},
    {"2001:db9::1", true},
    {"2002:7f00:1::1", false}, /* 6to4 of 127.0.0.1 */
    {"2002:808:808::1", false},
    {"2a00:1450::1", true},
    {"3fff::1", false},
    {"3fff:fff:ffff::1", false},
    {"3fff:1000::1", true},
    {"4000::1", false},
    {"fc00::1", false},
    {"fd12:3456::1", false},
    {"fe80::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
};

static void
v4_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples4) / sizeof(samples4[0]); i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        assert_int_equal(inet_pton(AF_INET, samples4[i].ip, &in.sin_addr), 1);
        if (guard_is_public((struct sockaddr *)&in) != samples4[i].open)
            fail_msg("%s", samples4[i].ip);
    }
}

static void
v6_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples6) / sizeof(samples6[0]); i++) {
        struct sockaddr_in6 in = {.sin6_family = AF_INET6};
        assert_int_equal(inet_pton(AF_INET6, samples6[i].ip, &in.sin6_addr), 1);
        if (guard_is_public((struct sockaddr *)&in) != samples6[i].open)
            fail_msg("%s", samples6[i].ip);
    }
}

static void
other_families_are_closed(void **state)
{
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    assert_false(guard_is_public((struct sockaddr *)&un));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v4_ranges),
        cmocka_unit_test(v6_ranges),
        cmocka_unit_test(other_families_are_closed),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
