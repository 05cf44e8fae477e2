#include "flow/jwt.h"

#include <string.h>

#include "base/digest.h"
#include "base/json.h"

#define TOKEN_MAX 8192 /* bytes; a header field is not longer */

struct token {
    struct str head, claims, mac;
    struct str covered; /* head and claims with the dot between them */
};

static bool
split(struct str text, struct token *t)
{
    struct str rest = text;

    if (text.len > TOKEN_MAX || !str_cut(&rest, '.', &t->head) ||
        !str_cut(&rest, '.', &t->claims) || !str_cut(&rest, '.', &t->mac) ||
        rest.p != NULL)
        return false;
    t->covered = (struct str){text.p, t->head.len + 1 + t->claims.len};
    return true;
}

/* The object that a part holds; NULL when it is none. */
static json_t *
open_part(struct str part)
{
    struct buf text = {0};
    json_t *object = NULL;

    if (digest_unbase64url(&text, part))
        object = json_read(text.data, text.len, NULL);
    buf_free(&text);
    if (!json_is_object(object)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static bool
is_hs256(struct str head)
{
    json_t *object = open_part(head);
    bool is = strcmp(json_str_or(object, "alg", ""), "HS256") == 0;

    json_decref(object);
    return is;
}

static bool
is_signed(const struct token *t, const struct buf *key, const struct buf *mac)
{
    uint8_t want[DIGEST_MAX];
    int n = digest_hmac(DIGEST_SHA256, key->data, key->len, &t->covered, 1,
                        want, NULL);

    return n > 0 && digest_equal(want, (size_t)n, mac->data, mac->len);
}

/* Seconds since 1970, perhaps with a fraction. */
static int
check_times(const json_t *claims, int64_t now_ms, int64_t tolerance_s,
            struct err *e)
{
    double now = (double)now_ms / 1000, off = (double)tolerance_s;
    const json_t *until = json_object_get(claims, "exp");
    const json_t *from = json_object_get(claims, "nbf");

    if ((until != NULL && !json_is_number(until)) ||
        (from != NULL && !json_is_number(from)))
        return err_set(e, ERR_INPUT, "exp or nbf of the token is no time");
    if (until != NULL && now > json_number_value(until) + off)
        return err_set(e, ERR_INPUT,
                       "the token has expired, by this machine's clock");
    if (from != NULL && now < json_number_value(from) - off)
        return err_set(e, ERR_INPUT,
                       "the token is not valid yet, by this machine's clock");
    return 0;
}

int
jwt_check(struct str token, const struct buf *keys, size_t key_count,
          int64_t now_ms, int64_t tolerance_s, bool *stale, struct err *e)
{
    struct buf mac = {0};
    json_t *claims = NULL;
    struct token t;
    bool known = false;
    int rc = -1;

    *stale = false;
    if (!split(token, &t) || !digest_unbase64url(&mac, t.mac))
        err_set(e, ERR_INPUT, "the token is no JSON Web Token");
    else if (!is_hs256(t.head))
        err_set(e, ERR_INPUT, "the token is not signed with HS256");
    else {
        for (size_t i = 0; i < key_count; i++)
            known |= is_signed(&t, &keys[i], &mac);
        claims = open_part(t.claims);
        if (!known)
            err_set(e, ERR_INPUT,
                    "the token is not signed by this source's "
                    "secret");
        else if (claims == NULL)
            err_set(e, ERR_INPUT, "the token's claims are no JSON object");
        else
            rc = check_times(claims, now_ms, tolerance_s, e);
        *stale = known && claims != NULL && rc != 0;
    }
    json_decref(claims);
    buf_free(&mac);
    return rc;
}
