#include <string.h>

#include "base/clock.h"
#include "model/outbound.h"

#define RETRY_AFTER_MAX_S 3600
#define WHY_MAX           300

static const struct {
    const char *name;
    enum result_class class;
} outcomes[] = {
    {"done", RESULT_DONE},       {"found", RESULT_DONE},
    {"retry", RESULT_RETRY},     {"refused", RESULT_REFUSED},
    {"auth", RESULT_AUTH},       {"unknown", RESULT_UNKNOWN},
    {"missing", RESULT_MISSING}, {"again", RESULT_AGAIN},
};

const char *
result_class_name(enum result_class c)
{
    static const char *const names[] = {
        [RESULT_DONE] = "done",       [RESULT_RETRY] = "retry",
        [RESULT_REFUSED] = "refused", [RESULT_AUTH] = "auth",
        [RESULT_UNKNOWN] = "unknown", [RESULT_MISSING] = "missing",
        [RESULT_AGAIN] = "again",
    };

    return (size_t)c < sizeof names / sizeof *names ? names[c] : "unknown";
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7), the one form senders may
 * make. */
static bool
http_date(struct str s, int64_t *ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[32];
    const char *at;

    if (s.len != 29 || s.p[3] != ',' || memcmp(s.p + 26, "GMT", 3) != 0)
        return false;
    for (at = months; *at != '\0'; at += 3)
        if (memcmp(at, s.p + 8, 3) == 0)
            break;
    if (*at == '\0')
        return false;
    memcpy(iso, s.p + 12, 4);
    iso[4] = '-';
    iso[6] = (char)('0' + ((at - months) / 3 + 1) % 10);
    iso[5] = (at - months) / 3 + 1 >= 10 ? '1' : '0';
    iso[7] = '-';
    memcpy(iso + 8, s.p + 5, 2);
    iso[10] = 'T';
    memcpy(iso + 11, s.p + 17, 8);
    iso[19] = 'Z';
    return clock_parse(iso, 20, ms);
}

static int64_t
retry_after_s(struct str header, int64_t now_ms)
{
    uint64_t seconds;
    int64_t at_ms, s = 0;

    header = str_trim(header);
    if (str_to_u64(header, &seconds))
        s = seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (int64_t)seconds;
    else if (http_date(header, &at_ms) && at_ms > now_ms)
        s = (at_ms - now_ms) / 1000 + 1;
    return s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : s;
}

bool
result_from_status(int status, struct str retry_after, bool repeatable,
                   int64_t now_ms, struct result *out)
{
    memset(out, 0, sizeof *out);
    if (status == 401 || status == 403) {
        out->class = RESULT_AUTH;
    } else if (status == 429) {
        out->class = RESULT_RETRY;
        out->after_s = retry_after_s(retry_after, now_ms);
        if (out->after_s == 0)
            out->after_s = 1;
    } else if (status < 200 || (status >= 300 && status < 400) ||
               status == 408 || status >= 500) {
        out->class = repeatable ? RESULT_RETRY : RESULT_UNKNOWN;
        out->after_s = repeatable ? retry_after_s(retry_after, now_ms) : 0;
    } else {
        return false;
    }
    return true;
}

static const char *
text_member(struct arena *a, const struct value *v, const char *key)
{
    const struct value *m = value_get(v, key);
    struct buf number = {0};
    const char *s;

    if (value_type(m) != VALUE_INT)
        return value_get_cstr(v, key, a);
    /* An id that the other side writes as a number is text here. */
    value_to_json(&number, m);
    s = arena_dup(a, number.data, number.len);
    buf_free(&number);
    return s;
}

static void
read_ids(struct arena *a, const struct value *ids, struct result *out)
{
    out->found = value_count(ids);
    for (size_t i = 0; i < out->found && i < 8; i++) {
        struct str s = value_str(value_item(ids, i));
        struct buf number = {0};

        if (s.len == 0) {
            value_to_json(&number, value_item(ids, i));
            s = (struct str){number.data, number.len};
        }
        out->ids[i] = arena_dup(a, s.p, s.len);
        buf_free(&number);
    }
}

int
result_read(struct arena *a, const struct value *v, struct result *out,
            struct err *e)
{
    struct str name = value_str(value_get(v, "outcome"));
    const char *why;
    size_t i, n = sizeof outcomes / sizeof *outcomes;

    memset(out, 0, sizeof *out);
    for (i = 0; i < n && !str_is(name, outcomes[i].name); i++)
        ;
    if (i == n)
        return err_set(e, ERR_SCRIPT, "result.outcome: %.*s is not known",
                       (int)(name.len < 40 ? name.len : 40),
                       name.p != NULL ? name.p : "");
    out->class = outcomes[i].class;
    out->id = text_member(a, v, "id");
    out->display_id = text_member(a, v, "display_id");
    out->url = value_get_cstr(v, "url", a);
    why = value_get_cstr(v, "why", a);
    if (why != NULL)
        out->why = arena_dup(a, why, utf8_clip(why, strlen(why), WHY_MAX));
    out->there = value_get_bool(v, "there", false);
    out->after_s = value_get_int(v, "after_s", 0);
    if (out->after_s < 0 || out->after_s > RETRY_AFTER_MAX_S)
        out->after_s = RETRY_AFTER_MAX_S;
    read_ids(a, value_get(v, "ids"), out);
    if (out->found > 0 && out->id == NULL)
        out->id = out->ids[0];
    if (value_type(value_get(v, "saved")) == VALUE_MAP) {
        /* It outlives the answer it came with. */
        struct buf packed = {0};

        value_pack(&packed, value_get(v, "saved"));
        out->saved = value_read(a, arena_dup(a, packed.data, packed.len),
                                packed.len, 10000, e);
        buf_free(&packed);
        if (out->saved == NULL)
            return -1;
    }
    if (out->class == RESULT_DONE && out->id == NULL && out->saved == NULL &&
        str_is(name, "found"))
        out->class = RESULT_MISSING;
    return 0;
}
