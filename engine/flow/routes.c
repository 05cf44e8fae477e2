#include "flow/routes.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/str.h"
#include "flow/admin.h"
#include "flow/ask.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "flow/intake.h"
#include "http/server.h"

struct route {
    const char *method;
    const char *path; /* "*" stands for one or more characters */
    admin_fn *answer;
};

static const struct route admin_routes[] = {
    {"GET", "/healthz", admin_health},
    {"GET", "/readyz", admin_ready},
    {"GET", "/metrics", admin_metrics},
    {"GET", "/v1/conversations", admin_conversations},
    {"GET", "/v1/conversations/*", admin_conversation},
    {"GET", "/v1/decisions/*", admin_decision},
    {"GET", "/v1/handoffs", admin_handoffs},
    {"POST", "/v1/handoffs/*/label", admin_label},
    {"GET", "/v1/handoffs/*", admin_handoff},
    {"GET", "/v1/tickets", admin_tickets},
    {"POST", "/v1/tickets/*/take", admin_ticket_take},
    {"POST", "/v1/tickets/*/assign", admin_ticket_assign},
    {"POST", "/v1/tickets/*/move", admin_ticket_move},
    {"POST", "/v1/tickets/*/wait", admin_ticket_wait},
    {"POST", "/v1/tickets/*/resolve", admin_ticket_resolve},
    {"POST", "/v1/tickets/*/close", admin_ticket_close},
    {"POST", "/v1/tickets/*/reopen", admin_ticket_reopen},
    {"GET", "/v1/tickets/*", admin_ticket},
    {"GET", "/v1/links", admin_links},
    {"GET", "/v1/deliveries", admin_deliveries},
    {"POST", "/v1/deliveries/*/retry", admin_retry},
    {"GET", "/v1/deliveries/*", admin_delivery},
    {"GET", "/v1/groups", admin_groups},
    {"PUT", "/v1/groups/*", admin_group_put},
    {"DELETE", "/v1/groups/*", admin_group_forget},
    {"GET", "/v1/policy", admin_policy},
    {"GET", "/v1/policies", admin_policies},
    {"POST", "/v1/policy/reload", admin_policy_reload},
    {"POST", "/v1/policy/back", admin_policy_back},
    {"GET", "/v1/policies/*", admin_policy_files},
    {"GET", "/v1/policy/draft", admin_draft},
    {"GET", "/v1/policy/diff", admin_draft_diff},
    {"POST", "/v1/policy/draft/*", admin_draft_waits},
    {"POST", "/v1/policy/shadow", admin_draft_shadow},
    {"POST", "/v1/policy/shadow/*", admin_draft_shadow},
    {"POST", "/v1/policy/canary", admin_draft_canary},
    {"POST", "/v1/policy/canary/*", admin_draft_canary},
    {"POST", "/v1/policy/promote", admin_draft_promote},
    {"POST", "/v1/policy/stop", admin_draft_stop},
    {"GET", "/v1/recordings", admin_recordings},
    {"GET", "/v1/decisions", admin_decisions},
    {"GET", "/v1/inputs/*", admin_inputs},
    {"GET", "/v1/rules", admin_rules},
    {"GET", "/v1/rules/*", admin_rules},
};

/* Health is for load balancers too: it says nothing but "up". */
static const struct route public_routes[] = {
    {"GET", "/healthz", admin_health},
};

/* Match a pattern with at most one '*'; what it stood for goes to *name. */
static bool
match_path(const char *pattern, struct str path, struct str *name)
{
    const char *star = strchr(pattern, '*');
    size_t head, tail;

    *name = (struct str){0};
    if (star == NULL)
        return str_is(path, pattern);
    head = (size_t)(star - pattern);
    tail = strlen(star + 1);
    if (path.len <= head + tail || memcmp(path.p, pattern, head) != 0 ||
        memcmp(path.p + path.len - tail, star + 1, tail) != 0)
        return false;
    *name = (struct str){path.p + head, path.len - head - tail};
    return true;
}

static bool
unhex_digit(char c, unsigned *out)
{
    if (c >= '0' && c <= '9')
        *out = (unsigned)(c - '0');
    else if ((c | 32) >= 'a' && (c | 32) <= 'f')
        *out = (unsigned)((c | 32) - 'a' + 10);
    else
        return false;
    return true;
}

/* %XX in a path; false when malformed or a NUL. */
static bool
decode(struct str in, struct buf *out)
{
    for (size_t i = 0; i < in.len; i++) {
        unsigned high, low;

        if (in.p[i] != '%') {
            buf_addc(out, in.p[i]);
            continue;
        }
        if (i + 2 >= in.len || !unhex_digit(in.p[i + 1], &high) ||
            !unhex_digit(in.p[i + 2], &low) || (high | low) == 0)
            return false;
        buf_addc(out, (char)(high << 4 | low));
        i += 2;
    }
    return utf8_valid(out->data, out->len);
}

static bool
dispatch(const struct route *routes, size_t count, struct engine *en,
         struct server *s, struct request *r)
{
    struct str path = request_path(r), name;
    const char *method = request_method(r);
    bool seen = false;

    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = 0; i < count; i++) {
        struct buf decoded = {0};

        if (!match_path(routes[i].path, path, &name))
            continue;
        seen = true;
        if (strcmp(routes[i].method, method) != 0)
            continue;
        if (decode(name, &decoded))
            routes[i].answer(en, s, r,
                             (struct str){buf_str(&decoded), decoded.len});
        else
            server_problem(s, request_handle(r), 400,
                           "The path is not valid percent-encoding.");
        buf_free(&decoded);
        return true;
    }
    if (seen)
        server_problem(s, request_handle(r), 405, NULL);
    return seen;
}

static void
not_found(struct server *s, struct request *r)
{
    server_problem(s, request_handle(r), 404, "There is nothing at this path.");
}

static bool
source_name(struct str path, struct str *name)
{

    if (match_path("/v1/sources/*/events", path, name) ||
        match_path("/v1/sources/*", path, name))
        return name->len > 0 && memchr(name->p, '/', name->len) == NULL;
    return false;
}

void
routes_public(void *arg, struct request *r)
{
    struct engine *en = arg;
    struct str path = request_path(r), name;
    const char *method = request_method(r);
    bool post = strcmp(method, "POST") == 0;

    en->count.requests++;
    if (source_name(path, &name)) {
        intake_source(en, r, name);
    } else if (str_is(path, "/v1/escalations") && post) {
        intake_escalation(en, r);
    } else if (str_is(path, "/v1/decide") && post) {
        ask_decide(en, r);
    } else if (!dispatch(public_routes,
                         sizeof public_routes / sizeof *public_routes, en,
                         en->public_server, r)) {
        not_found(en->public_server, r);
    }
}

static void
admin(struct engine *en, struct server *s, struct request *r)
{
    if (!dispatch(admin_routes, sizeof admin_routes / sizeof *admin_routes, en,
                  s, r))
        not_found(s, r);
}

void
routes_admin(void *arg, struct request *r)
{
    struct engine *en = arg;

    admin(en, en->admin_server, r);
}

/* The Host must be this machine by number or "localhost": a page of some
 * other site that resolves its own name to 127.0.0.1 says that name. */
static bool
host_is_local(struct str host)
{
    static const char *const local[] = {"127.0.0.1", "localhost", "[::1]"};

    for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
        size_t n = strlen(local[i]);

        if (host.len >= n && strncasecmp(host.p, local[i], n) == 0 &&
            (host.len == n || host.p[n] == ':'))
            return true;
    }
    return false;
}

static bool
token_fits(const struct engine *en, struct str given)
{
    uint8_t have[SHA256_SIZE], want[SHA256_SIZE];

    if (en->admin_token.len == 0 || given.len < 7 ||
        !str_is_nocase((struct str){given.p, 7}, "bearer "))
        return false;
    digest_sha256(given.p + 7, given.len - 7, have);
    digest_sha256(en->admin_token.data, en->admin_token.len, want);
    return digest_equal(have, sizeof have, want, sizeof want);
}

void
routes_admin_tcp(void *arg, struct request *r)
{
    struct engine *en = arg;
    struct server *s = en->admin_tcp;

    if (request_is_loopback(r) &&
        !host_is_local(request_header(r, "host", NULL))) {
        server_problem(s, request_handle(r), 421,
                       "The Host of this request is not this machine.");
        return;
    }
    if (!token_fits(en, request_header(r, "authorization", NULL))) {
        log_warn("admin.denied", LOG_STR("peer", request_peer(r)));
        server_problem_with(s, request_handle(r), 401,
                            "The admin listener wants its bearer token.",
                            "WWW-Authenticate: Bearer\r\n");
        return;
    }
    admin(en, s, r);
}
