#include "unit/http/raw.h"

#include "http/gate.h"

static struct sockaddr_storage
at(const char *ip)
{
    struct sockaddr_storage out = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out;
    if (inet_pton(AF_INET, ip, &in->sin_addr) == 1)
        out.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, ip, &in6->sin6_addr) == 1)
        out.ss_family = AF_INET6;
    else
        fail_msg("%s", ip);
    return out;
}

static bool
enter(struct gate *g, const char *ip)
{
    struct sockaddr_storage a = at(ip);
    return gate_enter(g, (struct sockaddr *)&a);
}

static void
leave(struct gate *g, const char *ip)
{
    struct sockaddr_storage a = at(ip);
    gate_leave(g, (struct sockaddr *)&a);
}

/* sec S5 */
static void
one_address_gets_its_share_and_no_more(void **state)
{
    (void)state;
    struct gate *g = gate_new(2);
    assert_true(enter(g, "192.0.2.1"));
    assert_true(enter(g, "192.0.2.1"));
    assert_false(enter(g, "192.0.2.1"));
    assert_true(enter(g, "192.0.2.2"));
    leave(g, "192.0.2.1");
    assert_true(enter(g, "192.0.2.1"));
    assert_false(enter(g, "192.0.2.1"));
    leave(g, "192.0.2.1");
    leave(g, "192.0.2.1");
    assert_true(enter(g, "192.0.2.1"));
    gate_free(g);
    gate_free(NULL);
}

static void
ipv6_is_counted_by_its_network(void **state)
{
    (void)state;
    struct gate *g = gate_new(1);
    assert_true(enter(g, "2001:db8:1:2::1"));
    assert_false(enter(g, "2001:db8:1:2:ffff::9"));
    assert_true(enter(g, "2001:db8:1:3::1"));
    leave(g, "2001:db8:1:2:ffff::9");
    assert_true(enter(g, "2001:db8:1:2::1"));
    gate_free(g);
}

static void
a_mapped_address_is_the_ipv4_one(void **state)
{
    (void)state;
    struct gate *g = gate_new(1);
    assert_true(enter(g, "192.0.2.1"));
    assert_false(enter(g, "::ffff:192.0.2.1"));
    gate_free(g);
}

static void
loopback_passes_uncounted(void **state)
{
    (void)state;
    static const char *const near[] = {"127.0.0.1", "127.9.9.9", "::1",
                                       "::ffff:127.0.0.1"};
    struct gate *g = gate_new(1);
    for (size_t i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++)
            assert_true(enter(g, near[i]));
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    assert_true(gate_enter(g, (struct sockaddr *)&un));
    assert_true(gate_is_loopback((struct sockaddr *)&un));
    struct sockaddr_storage far = at("128.0.0.1");
    assert_false(gate_is_loopback((struct sockaddr *)&far));
    gate_free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_address_gets_its_share_and_no_more),
        cmocka_unit_test(ipv6_is_counted_by_its_network),
        cmocka_unit_test(a_mapped_address_is_the_ipv4_one),
        cmocka_unit_test(loopback_passes_uncounted),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
