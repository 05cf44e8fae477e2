#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/rows.h"
#include "store/db.h"

/* Decisions of one page: few enough that commits do not wait for it. */
#define PAGE 2000

struct counting {
    json_t *rules;
    int64_t decisions;
    struct buf last; /* "<conversation>/<episode>/<n>" */
};

static void
count_rule(struct counting *c, struct str outcome)
{
    json_t *decision = json_read(outcome.p, outcome.len, NULL);
    const char *rule = json_string_value(json_object_get(decision, "rule"));

    if (rule != NULL)
        json_object_set_new(
            c->rules, rule,
            json_integer(json_integer_value(json_object_get(c->rules, rule)) +
                         1));
    json_decref(decision);
}

static int
take_decision(void *arg, const struct db_row *r, struct err *e)
{
    struct counting *c = arg;
    struct str conv = db_row_text(r, 0);

    (void)e;
    c->decisions++;
    buf_clear(&c->last);
    buf_add(&c->last, conv.p, conv.len);
    buf_addf(&c->last, "/%lld/%lld", (long long)db_row_int(r, 1),
             (long long)db_row_int(r, 2));
    count_rule(c, db_row_text(r, 3));
    return 0;
}

/* Where the page begins: behind this decision. The conversation's id may hold
 * slashes itself. */
static bool
split_key(const char *key, struct str *conv, uint64_t *episode, uint64_t *n)
{
    struct str rest = str_of(key), part[2];

    *conv = (struct str){"", 0};
    *episode = *n = 0;
    if (rest.len == 0)
        return true;
    for (int i = 0; i < 2; i++) {
        const char *slash = memrchr(rest.p, '/', rest.len);

        if (slash == NULL)
            return false;
        part[i] =
            (struct str){slash + 1, (size_t)(rest.p + rest.len - slash - 1)};
        rest.len = (size_t)(slash - rest.p);
    }
    *conv = rest;
    return str_to_u64(part[0], n) && str_to_u64(part[1], episode);
}

static void
put_page(const struct counting *c, struct buf *json)
{
    json_put_key(json, "rules");
    json_write(json, c->rules);
    json_put_member_int(json, "decisions", c->decisions);
    if (c->decisions == PAGE)
        json_put_member(json, "next", buf_str(&c->last));
}

int
run_count_rules(struct db *d, void *arg, struct err *e)
{
    struct row_query *q = arg;
    struct counting c = {.rules = json_object()};
    struct str conv;
    uint64_t episode, n;
    int rc = 0;

    buf_clear(&q->json);
    q->found = split_key(q->key, &conv, &episode, &n);
    if (q->found)
        rc = db_run(d,
                    "SELECT conv, episode, n, outcome FROM decision WHERE"
                    " tenant = $1 AND (conv, episode, n) > ($2, $3, $4)"
                    " ORDER BY conv, episode, n LIMIT 2000",
                    DB_PARAMS(DB_T(q->tenant), DB_TN(conv.p, conv.len),
                              DB_I(episode), DB_I(n)),
                    take_decision, &c, NULL, e);
    if (rc == 0 && q->found) {
        buf_addc(&q->json, '{');
        put_page(&c, &q->json);
        buf_addc(&q->json, '}');
    }
    buf_free(&c.last);
    json_decref(c.rules);
    return rc;
}
