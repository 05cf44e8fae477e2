#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "flow/adapter.h"
#include "flow/jwt.h"
#include "http/server.h"

#define SIGNATURES_MAX 8 /* in one header; more is an attack */
#define PARTS_MAX      8

/* The pieces that are signed, in the declared order, without joining them. */
static size_t
signed_parts(const char *form, struct str id, struct str stamp, struct str body,
             struct str parts[PARTS_MAX])
{
    size_t n = 0;
    struct str rest = str_of(form);

    while (rest.len > 0 && n < PARTS_MAX) {
        size_t skip = 1;

        if (str_starts(rest, "{id}")) {
            parts[n] = id;
            skip = 4;
        } else if (str_starts(rest, "{ts}")) {
            parts[n] = stamp;
            skip = 4;
        } else if (str_starts(rest, "{body}")) {
            parts[n] = body;
            skip = 6;
        } else {
            parts[n] = (struct str){rest.p, 1};
        }
        n++;
        rest.p += skip;
        rest.len -= skip;
    }
    return n;
}

static bool
matches(const struct verify *v, struct str given, const uint8_t *mac,
        size_t mac_n)
{
    struct buf bytes = {0};
    bool same;

    if (v->prefix != NULL) {
        size_t n = strlen(v->prefix);

        if (!str_starts(given, v->prefix))
            return false;
        given.p += n;
        given.len -= n;
    }
    same = (v->base64 ? digest_unbase64(&bytes, given)
                      : digest_unhex(&bytes, given)) &&
           digest_equal(bytes.data, bytes.len, mac, mac_n);
    buf_free(&bytes);
    return same;
}

static bool
any_matches(const struct verify *v, struct str header, const uint8_t *mac,
            size_t mac_n)
{
    struct str rest = header, part;
    unsigned seen = 0;

    if (v->list == '\0')
        return matches(v, header, mac, mac_n);
    while (seen++ < SIGNATURES_MAX && str_cut(&rest, v->list, &part))
        if (matches(v, part, mac, mac_n))
            return true;
    return false;
}

static bool
stamp_ms(const struct verify *v, struct str stamp, int64_t *ms)
{
    uint64_t n;

    if (v->stamp == STAMP_ISO)
        return clock_parse(stamp.p, stamp.len, ms);
    if (!str_to_u64(stamp, &n) || n > INT64_MAX / 1000)
        return false;
    *ms = v->stamp == STAMP_MS ? (int64_t)n : (int64_t)n * 1000;
    return true;
}

/* In time that tells nothing of where they differ, nor of a key's length. */
static bool
is_a_key(const struct verify *v, struct str given)
{
    uint8_t have[SHA256_SIZE], want[SHA256_SIZE];
    bool is = false;

    digest_sha256(given.p, given.len, have);
    for (size_t k = 0; k < v->key_count; k++) {
        digest_sha256(v->keys[k].data, v->keys[k].len, want);
        is |= digest_equal(have, sizeof have, want, sizeof want);
    }
    return is;
}

/* True, and *given what stands behind it. */
static bool
take_scheme(struct str *given, const char *scheme)
{
    size_t n = strlen(scheme);

    if (given->len < n || !str_is_nocase((struct str){given->p, n}, scheme))
        return false;
    given->p += n;
    given->len -= n;
    return true;
}

static int
check_bearer(const struct verify *v, struct str given, struct err *e)
{
    if (!take_scheme(&given, "bearer "))
        return err_set(e, ERR_INPUT, "no bearer token in Authorization");
    if (is_a_key(v, given))
        return 0;
    return err_set(e, ERR_INPUT, "the bearer token is not this source's");
}

static int
check_basic(const struct verify *v, struct str given, struct err *e)
{
    struct buf pair = {0};
    bool fine;

    if (!take_scheme(&given, "basic "))
        return err_set(e, ERR_INPUT, "no user and password in Authorization");
    fine = digest_unbase64(&pair, str_trim(given)) &&
           is_a_key(v, (struct str){pair.data, pair.len});
    if (pair.data != NULL)
        explicit_bzero(pair.data, pair.cap);
    buf_free(&pair);
    return fine ? 0
                : err_set(e, ERR_INPUT,
                          "user and password are not this source's (its "
                          "secret is \"user:password\")");
}

/* Older senders show the secret itself where newer ones sign a token. */
static int
check_jwt(const struct verify *v, struct str given, int64_t now_ms, bool *stale,
          struct err *e)
{
    (void)take_scheme(&given, "bearer ");
    given = str_trim(given);
    if (is_a_key(v, given))
        return 0;
    return jwt_check(given, v->keys, v->key_count, now_ms, v->tolerance_s,
                     stale, e);
}

/* What is shown, not signed. */
static int
check_shown(const struct verify *v, struct str given, int64_t now_ms,
            bool *stale, struct err *e)
{
    switch (v->proof) {
    case PROOF_BEARER:
        return check_bearer(v, given, e);
    case PROOF_BASIC:
        return check_basic(v, given, e);
    case PROOF_JWT:
        return check_jwt(v, given, now_ms, stale, e);
    case PROOF_TOKEN:
    case PROOF_SIGNATURE:
        break;
    }
    if (is_a_key(v, given))
        return 0;
    return err_set(e, ERR_INPUT, "%s is not this source's secret", v->header);
}

static int
check_stamp(const struct verify *v, struct str stamp, int64_t now_ms,
            bool *stale, struct err *e)
{
    int64_t ms, off;

    if (v->stamp == STAMP_NONE)
        return 0;
    if (!stamp_ms(v, stamp, &ms))
        return err_set(e, ERR_INPUT, "%s is no timestamp", v->timestamp_header);
    off = now_ms > ms ? now_ms - ms : ms - now_ms;
    if (off <= v->tolerance_s * 1000)
        return 0;
    *stale = true;
    return err_set(e, ERR_INPUT,
                   "%s is %lld s off this machine's clock, more than %lld s; "
                   "check both clocks",
                   v->timestamp_header, (long long)(off / 1000),
                   (long long)v->tolerance_s);
}

int
verify_check(const struct verify *v, header_fn *header, const void *arg,
             struct str body, int64_t now_ms, bool *stale, struct err *e)
{
    unsigned count = 0, count_id = 0, count_stamp = 0;
    struct str given = header(arg, v->header, &count), id = {0}, stamp = {0};
    struct str parts[PARTS_MAX];
    uint8_t mac[DIGEST_MAX];

    *stale = false;
    if (count != 1)
        return err_set(e, ERR_INPUT, "%s header %s", v->header,
                       count == 0 ? "is missing" : "came more than once");
    if (v->proof != PROOF_SIGNATURE)
        return check_shown(v, given, now_ms, stale, e);
    if (v->id_header != NULL)
        id = header(arg, v->id_header, &count_id);
    if (v->timestamp_header != NULL)
        stamp = header(arg, v->timestamp_header, &count_stamp);
    if ((v->id_header != NULL && count_id != 1) ||
        (v->timestamp_header != NULL && count_stamp != 1))
        return err_set(e, ERR_INPUT, "signature headers are missing: %s %s",
                       v->id_header != NULL ? v->id_header : "",
                       v->timestamp_header != NULL ? v->timestamp_header : "");
    /* A dot would let one signed text be read in two ways. */
    if (v->id_header != NULL &&
        ((id.len > 0 && memchr(id.p, '.', id.len) != NULL) ||
         (stamp.len > 0 && memchr(stamp.p, '.', stamp.len) != NULL)))
        return err_set(e, ERR_INPUT, "%s may hold no dot", v->id_header);
    for (size_t k = 0; k < v->key_count; k++) {
        size_t n = signed_parts(v->form, id, stamp, body, parts);
        int mac_n = digest_hmac(v->algorithm, v->keys[k].data, v->keys[k].len,
                                parts, n, mac, e);

        if (mac_n < 0)
            return -1;
        if (any_matches(v, given, mac, (size_t)mac_n))
            return check_stamp(v, stamp, now_ms, stale, e);
    }
    return err_set(e, ERR_INPUT,
                   "%s does not match the body; check that both sides use the "
                   "same secret and that nothing between them changes the body",
                   v->header);
}

static struct str
request_field(const void *arg, const char *name, unsigned *count)
{
    return request_header(arg, name, count);
}

/* Nothing is signed, where a token could be accepted instead. */
static bool
may_want_bearer(const struct adapter *a, const struct request *r)
{
    if (!a->bearer_known)
        return false;
    for (size_t i = 0; i < a->verify_count; i++) {
        unsigned count = 0;

        request_header(r, a->verify[i].header, &count);
        if (a->verify[i].proof == PROOF_BEARER || count > 0)
            return false;
    }
    return true;
}

int
adapter_verify(const struct adapter *a, const struct request *r, int64_t now_ms,
               bool *stale, struct err *e)
{
    *stale = false;
    if (a->open)
        return 0;
    for (size_t i = 0; i < a->verify_count; i++)
        if (verify_check(&a->verify[i], request_field, r, request_body(r),
                         now_ms, stale, e) == 0)
            return 0;
    if (e != NULL && may_want_bearer(a, r))
        err_set(e, ERR_INPUT,
                "%s; for a sender with a bearer token the source says "
                "verify = \"bearer\"",
                e->text);
    return -1;
}
