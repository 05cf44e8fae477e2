/* How a request proves who sends it, where nothing signs its body: tokens,
 * keys, a user with a password. S89 S90 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/digest.h"
#include "flow/adapter.h"
#include "flow/jwt.h"

#define NOW_MS 1777886127000
#define KEY    "loopback-only"

struct sent {
    const char *name, *value;
    unsigned count;
};

static struct str
field(const void *arg, const char *name, unsigned *count)
{
    const struct sent *s = arg;

    if (strcmp(s->name, name) != 0)
        return (struct str){0};
    *count = s->count;
    return str_of(s->value);
}

static int
check(enum proof proof, const char *header, const char *value)
{
    struct verify v = {
        .proof = proof, .header = header, .tolerance_s = 300, .key_count = 2};
    struct sent s = {header, value, 1};
    bool stale;
    int rc;

    buf_adds(&v.keys[0], "new:er");
    buf_adds(&v.keys[1], KEY);
    rc = verify_check(&v, field, &s, STR("{}"), NOW_MS, &stale, NULL);
    s.count = 2; /* which of the two would count? */
    assert_int_equal(
        verify_check(&v, field, &s, STR("{}"), NOW_MS, &stale, NULL), -1);
    buf_free(&v.keys[0]);
    buf_free(&v.keys[1]);
    return rc;
}

static void
test_what_is_shown(void **state)
{
    (void)state;
    assert_int_equal(check(PROOF_BEARER, "authorization", "Bearer " KEY), 0);
    assert_int_equal(check(PROOF_BEARER, "authorization", "bEARER " KEY), 0);
    assert_int_equal(check(PROOF_BEARER, "authorization", KEY), -1);
    assert_int_equal(check(PROOF_BEARER, "authorization", "Bearer x"), -1);
    assert_int_equal(check(PROOF_TOKEN, "x-api-key", KEY), 0);
    assert_int_equal(check(PROOF_TOKEN, "x-api-key", KEY "x"), -1);
    assert_int_equal(check(PROOF_TOKEN, "x-api-key", ""), -1);
    assert_int_equal(check(PROOF_BASIC, "authorization", "Basic bmV3OmVy"), 0);
    assert_int_equal(check(PROOF_BASIC, "authorization", "Basic bmV3OmV4"), -1);
    assert_int_equal(check(PROOF_BASIC, "authorization", "Basic ****"), -1);
    assert_int_equal(check(PROOF_BASIC, "authorization", "new:er"), -1);
    assert_int_equal(check(PROOF_JWT, "authorization", KEY), 0);
    assert_int_equal(check(PROOF_JWT, "authorization", "Bearer " KEY), 0);
    assert_int_equal(check(PROOF_JWT, "authorization", "x.y.z"), -1);
}

/* A token of these parts, signed with the key. */
static void
make(const char *head, const char *claims, const char *key, struct buf *out)
{
    struct str covered;
    uint8_t mac[DIGEST_MAX];
    int n;

    buf_clear(out);
    digest_base64url(out, head, strlen(head));
    buf_addc(out, '.');
    digest_base64url(out, claims, strlen(claims));
    covered = (struct str){out->data, out->len};
    n = digest_hmac(DIGEST_SHA256, key, strlen(key), &covered, 1, mac, NULL);
    assert_true(n > 0);
    buf_addc(out, '.');
    digest_base64url(out, mac, (size_t)n);
}

static int
check_token(struct str token, bool *stale)
{
    struct buf keys[2] = {{0}, {0}};
    int rc;

    buf_adds(&keys[0], "older");
    buf_adds(&keys[1], KEY);
    rc = jwt_check(token, keys, 2, NOW_MS, 300, stale, NULL);
    buf_free(&keys[0]);
    buf_free(&keys[1]);
    return rc;
}

static void
test_tokens(void **state)
{
    static const struct {
        const char *head, *claims, *key;
        int rc;
        bool stale;
    } cases[] = {
        {"{\"alg\":\"HS256\"}", "{}", KEY, 0, false},
        {"{\"alg\":\"HS256\"}", "{}", "older", 0, false},
        {"{\"alg\":\"HS256\"}", "{}", "other", -1, false},
        {"{\"alg\":\"none\"}", "{}", KEY, -1, false},
        {"{\"alg\":\"HS512\"}", "{}", KEY, -1, false},
        {"{\"alg\":7}", "{}", KEY, -1, false},
        {"[]", "{}", KEY, -1, false},
        {"{\"alg\":\"HS256\"}", "[]", KEY, -1, false},
        {"{\"alg\":\"HS256\"}", "{\"exp\":1777886127}", KEY, 0, false},
        {"{\"alg\":\"HS256\"}", "{\"exp\":1777885827}", KEY, 0, false},
        {"{\"alg\":\"HS256\"}", "{\"exp\":1777885826}", KEY, -1, true},
        {"{\"alg\":\"HS256\"}", "{\"nbf\":1777886427}", KEY, 0, false},
        {"{\"alg\":\"HS256\"}", "{\"nbf\":1777886428}", KEY, -1, true},
        {"{\"alg\":\"HS256\"}", "{\"exp\":\"never\"}", KEY, -1, true},
    };
    struct buf token = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool stale;

        make(cases[i].head, cases[i].claims, cases[i].key, &token);
        assert_int_equal(
            check_token((struct str){token.data, token.len}, &stale),
            cases[i].rc);
        assert_int_equal(stale, cases[i].stale);
    }
    buf_free(&token);
}

/* No byte of a good token can be another, and no part can be missing. */
static void
test_changed_tokens(void **state)
{
    struct buf token = {0};
    bool stale;

    (void)state;
    make("{\"alg\":\"HS256\"}", "{\"sub\":\"a\"}", KEY, &token);
    for (size_t i = 0; i < token.len; i++) {
        char was = token.data[i];

        token.data[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(
            check_token((struct str){token.data, token.len}, &stale), -1);
        token.data[i] = was;
        assert_int_equal(check_token((struct str){token.data, i}, &stale), -1);
    }
    buf_adds(&token, ".x");
    assert_int_equal(check_token((struct str){token.data, token.len}, &stale),
                     -1);
    buf_free(&token);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_shown),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_changed_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
