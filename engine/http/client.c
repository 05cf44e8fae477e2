#include "http/client_inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SET(easy, option, value)                                               \
    (void)curl_easy_setopt((easy), (option), (value))

/* A descriptor that curl wants to be watched. */
struct socket_watch {
    struct event event;
    LIST_ENTRY(socket_watch) link;
    struct client *client;
    curl_socket_t fd;
};

/* --- curl asks for descriptors and a timer ---------------------------------
 */

static void collect_finished(struct client *c);

static void
act(struct client *c, curl_socket_t fd, int mask)
{
    int running;
    curl_multi_socket_action(c->multi, fd, mask, &running);
    collect_finished(c);
}

static void
on_socket_ready(evutil_socket_t fd, short what, void *arg)
{
    struct client *c = arg;
    int mask = ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
               ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);
    act(c, fd, mask);
}

static void
on_curl_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
forget_socket(struct socket_watch *w)
{
    event_del(&w->event);
    LIST_REMOVE(w, link);
    free(w);
}

static int
on_want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)easy;
    struct client *c = arg;
    struct socket_watch *w = known;
    if (what == CURL_POLL_REMOVE) {
        /* Cancelled while it connects, the socket is closed already; that the
         * kernel then knows nothing of it does no harm. */
        if (w != NULL)
            forget_socket(w);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (w == NULL) {
        w = mem_zero(sizeof(*w));
        w->client = c;
        w->fd = fd;
        LIST_INSERT_HEAD(&c->sockets, w, link);
        curl_multi_assign(c->multi, fd, w);
    } else {
        event_del(&w->event);
    }
    int events = ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
                 ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0) | EV_PERSIST;
    event_assign(&w->event, loop_base(c->loop), fd, (short)events,
                 on_socket_ready, c);
    event_add(&w->event, NULL);
    return 0;
}

static int
on_want_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct client *c = arg;
    if (ms < 0) {
        event_del(&c->timer);
        return 0;
    }
    /* Also for 0: curl must not be called from inside its own callback. */
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    event_add(&c->timer, &wait);
    return 0;
}

/* --- calls -----------------------------------------------------------------
 */

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct client_call *call = arg;
    if (call->kind == CALL_MAIL) {
        mail_abandon(call, &call->response);
    } else {
        curl_multi_remove_handle(call->client->multi, call->wire.easy);
        wire_result(&call->wire, CURLE_OPERATION_TIMEDOUT, &call->response);
    }
    call_finish(call);
}

static struct client_call *
take_idle(struct client *c)
{
    struct client_call *call = TAILQ_FIRST(&c->idle);
    if (call != NULL) { /* cleared when it was given back */
        TAILQ_REMOVE(&c->idle, call, link);
        c->idle_count--;
        return call;
    }
    call = mem_zero(sizeof(*call));
    call->client = c;
    event_assign(&call->deadline, loop_base(c->loop), -1, 0, on_deadline, call);
    return call;
}

struct client_call *
call_new(struct client *c, enum call_kind kind, client_done *done, void *arg)
{
    struct client_call *call = take_idle(c);
    call->kind = kind;
    call->done = done;
    call->arg = arg;
    call->finished = false;
    call->began_us = clock_mono_us();
    memset(&call->response, 0, sizeof(call->response));
    TAILQ_INSERT_TAIL(&c->calls, call, link);
    c->running++;
    return call;
}

void
call_set_deadline(struct client_call *call, int64_t ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    event_add(&call->deadline, &wait);
}

static void
destroy_call(struct client_call *call)
{
    curl_easy_cleanup(call->wire.easy);
    buf_free(&call->wire.headers);
    buf_free(&call->wire.body);
    free(call);
}

/* Off its list already; not used by curl any more. */
static void
retire(struct client_call *call)
{
    struct client *c = call->client;
    event_del(&call->deadline);
    curl_slist_free_all(call->fields);
    call->fields = NULL;
    wire_clear(&call->wire);
    if (c->idle_count >= c->max_connections) {
        destroy_call(call);
        return;
    }
    TAILQ_INSERT_HEAD(&c->idle, call, link);
    c->idle_count++;
}

static void
leave_running(struct client_call *call)
{
    struct client *c = call->client;
    TAILQ_REMOVE(call->finished ? &c->finished : &c->calls, call, link);
    if (!call->finished)
        c->running--;
}

static void
run_done(struct client_call *call)
{
    call->response.took_us = clock_mono_us() - call->began_us;
    call->done(call->arg, &call->response);
    retire(call);
}

void
call_finish(struct client_call *call)
{
    leave_running(call);
    run_done(call);
}

/* All results are taken from curl first, so that a callback may start and
 * cancel calls as it likes. */
static void
collect_finished(struct client *c)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct client_call *call = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
        if (m->msg != CURLMSG_DONE || call == NULL)
            continue;
        wire_result(&call->wire, m->data.result, &call->response);
        curl_multi_remove_handle(c->multi, call->wire.easy);
        event_del(&call->deadline);
        leave_running(call);
        call->finished = true;
        TAILQ_INSERT_TAIL(&c->finished, call, link);
    }
    struct client_call *call;
    while ((call = TAILQ_FIRST(&c->finished)) != NULL) {
        TAILQ_REMOVE(&c->finished, call, link);
        run_done(call);
    }
}

void
client_cancel(struct client_call *call)
{
    if (call->kind == CALL_MAIL)
        mail_abandon(call, &call->response);
    else if (!call->finished)
        curl_multi_remove_handle(call->client->multi, call->wire.easy);
    leave_running(call);
    retire(call);
}

/* --- a request --------------------------------------------------------------
 */

static bool
is_token(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] == '\0' || (!isalnum((unsigned char)p[i]) &&
                             strchr("!#$%&'*+-.^_`|~", p[i]) == NULL))
            return false;
    return n > 0;
}

/* What curl itself says about the message's length may not be said twice. */
static bool
is_framing(struct str name)
{
    return str_is_nocase(name, "content-length") ||
           str_is_nocase(name, "transfer-encoding");
}

static int
check_field(const char *field, struct err *e)
{
    const char *colon = strchr(field, ':');
    size_t name_n = colon != NULL ? (size_t)(colon - field) : 0;
    if (!is_token(field, name_n))
        return err_set(e, ERR_INPUT, "a header is not of the form Name: value");
    if (field[strcspn(field, "\r\n")] != '\0')
        return err_set(e, ERR_INPUT, "the header %.*s holds a line end",
                       (int)name_n, field);
    if (is_framing((struct str){field, name_n}))
        return err_set(e, ERR_INPUT, "the header %.*s may not be set",
                       (int)name_n, field);
    return 0;
}

static int
check_request(const struct client_request *r, struct err *e)
{
    if (r->method == NULL || !is_token(r->method, strlen(r->method)))
        return err_set(e, ERR_INPUT, "bad method");
    if (r->url == NULL)
        return err_set(e, ERR_INPUT, "no URL");
    if (wire_check_url(r->url, "http", "https", r->allow_plain, e) != 0)
        return -1;
    for (size_t i = 0; r->headers != NULL && r->headers[i] != NULL; i++)
        if (check_field(r->headers[i], e) != 0)
            return -1;
    return 0;
}

static int
append(struct curl_slist **list, const char *text, struct err *e)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (longer == NULL)
        return err_set(e, ERR_SYSTEM, "out of memory");
    *list = longer;
    return 0;
}

/* curl takes "Name:" as a wish to leave the header out; "Name;" sends it
 * empty. */
static int
append_field(struct curl_slist **list, const char *field, struct err *e)
{
    const char *colon = strchr(field, ':');
    if (colon[1 + strspn(colon + 1, " \t")] != '\0')
        return append(list, field, e);
    struct buf empty = {0};
    buf_add(&empty, field, (size_t)(colon - field));
    buf_addc(&empty, ';');
    int rc = append(list, empty.data, e);
    buf_free(&empty);
    return rc;
}

static int
set_fields(struct client_call *call, const struct client_request *r,
           struct err *e)
{
    bool typed = false;
    for (size_t i = 0; r->headers != NULL && r->headers[i] != NULL; i++) {
        if (append_field(&call->fields, r->headers[i], e) != 0)
            return -1;
        typed = typed || strncasecmp(r->headers[i], "content-type:", 13) == 0;
    }
    if (append(&call->fields, "Expect:", e) != 0)
        return -1;
    /* Without a type of ours curl would call any body a form. */
    if (!typed && append(&call->fields, "Content-Type:", e) != 0)
        return -1;
    SET(call->wire.easy, CURLOPT_HTTPHEADER, call->fields);
    return 0;
}

static void
set_method(CURL *easy, const struct client_request *r)
{
    /* These say how long their body is, also when there is none. */
    bool post = strcmp(r->method, "POST") == 0 ||
                strcmp(r->method, "PUT") == 0 ||
                strcmp(r->method, "PATCH") == 0;
    bool get = strcmp(r->method, "GET") == 0 && r->body == NULL;
    if (strcmp(r->method, "HEAD") == 0) {
        SET(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (post || r->body != NULL) {
        SET(easy, CURLOPT_POST, 1L);
        SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_n);
        SET(easy, CURLOPT_POSTFIELDS, r->body != NULL ? r->body : "");
    }
    if (!get)
        SET(easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static int
set_request(struct client_call *call, const struct client_request *r,
            int64_t timeout_ms, struct err *e)
{
    CURL *easy = call->wire.easy;
    int64_t connect_ms =
        r->connect_timeout_ms > 0 ? r->connect_timeout_ms : CLIENT_CONNECT_MS;
    call->wire.allow_private = r->allow_private;
    wire_setup(&call->wire, r->url, r->allow_plain ? "http,https" : "https",
               timeout_ms, connect_ms);
    SET(easy, CURLOPT_PRIVATE, call);
    if (r->ca_file != NULL)
        SET(easy, CURLOPT_CAINFO, r->ca_file);
    set_method(easy, r);
    return set_fields(call, r, e);
}

static CURL *
easy_of(struct client_call *call)
{
    if (call->wire.easy == NULL)
        call->wire.easy = curl_easy_init();
    return call->wire.easy;
}

struct client_call *
client_send(struct client *c, const struct client_request *request,
            client_done *done, void *arg, struct err *e)
{
    if (check_request(request, e) != 0)
        return NULL;
    int64_t timeout_ms =
        request->timeout_ms > 0 ? request->timeout_ms : CLIENT_TIMEOUT_MS;
    CURLMcode code;
    struct client_call *call = call_new(c, CALL_HTTP, done, arg);
    if (easy_of(call) == NULL) {
        err_set(e, ERR_SYSTEM, "cannot start a request: out of memory");
        goto fail;
    }
    if (set_request(call, request, timeout_ms, e) != 0)
        goto fail;
    code = curl_multi_add_handle(c->multi, call->wire.easy);
    if (code != CURLM_OK) {
        err_set(e, ERR_SYSTEM, "cannot start a request: %s",
                curl_multi_strerror(code));
        goto fail;
    }
    call_set_deadline(call, timeout_ms + CLIENT_GRACE_MS);
    return call;
fail:
    leave_running(call);
    retire(call);
    return NULL;
}

/* --- the client -------------------------------------------------------------
 */

static void
set_multi(struct client *c)
{
    CURLM *m = c->multi;
    long max = (long)c->max_connections;
    (void)curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_want_socket);
    (void)curl_multi_setopt(m, CURLMOPT_SOCKETDATA, c);
    (void)curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_want_timer);
    (void)curl_multi_setopt(m, CURLMOPT_TIMERDATA, c);
    (void)curl_multi_setopt(m, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    (void)curl_multi_setopt(m, CURLMOPT_MAX_TOTAL_CONNECTIONS, max);
    (void)curl_multi_setopt(m, CURLMOPT_MAX_HOST_CONNECTIONS, max);
    (void)curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, max);
}

struct client *
client_new(struct loop *l, unsigned max_connections, struct err *e)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(e, ERR_SYSTEM, "cannot start libcurl");
        return NULL;
    }
    struct client *c = mem_zero(sizeof(*c));
    c->loop = l;
    c->max_connections = max_connections > 0 ? max_connections : 1;
    TAILQ_INIT(&c->calls);
    TAILQ_INIT(&c->finished);
    TAILQ_INIT(&c->idle);
    LIST_INIT(&c->sockets);
    event_assign(&c->timer, loop_base(l), -1, 0, on_curl_timer, c);
    c->multi = curl_multi_init();
    if (c->multi == NULL) {
        err_set(e, ERR_SYSTEM, "cannot start libcurl");
        client_free(c);
        return NULL;
    }
    set_multi(c);
    return c;
}

unsigned
client_running(const struct client *c)
{
    return c->running;
}

struct str
client_header(const struct client_response *r, const char *name)
{
    struct str rest = r->headers, line;
    size_t n = strlen(name);
    while (str_cut(&rest, '\n', &line))
        if (line.len > n && memcmp(line.p, name, n) == 0 && line.p[n] == ':')
            return str_trim((struct str){line.p + n + 1, line.len - n - 1});
    return (struct str){NULL, 0};
}

static void
destroy_idle(struct client *c)
{
    while (!TAILQ_EMPTY(&c->idle)) {
        struct client_call *call = TAILQ_FIRST(&c->idle);
        TAILQ_REMOVE(&c->idle, call, link);
        destroy_call(call);
    }
}

void
client_free(struct client *c)
{
    if (c == NULL)
        return;
    while (!TAILQ_EMPTY(&c->calls))
        client_cancel(TAILQ_FIRST(&c->calls));
    while (!TAILQ_EMPTY(&c->finished))
        client_cancel(TAILQ_FIRST(&c->finished));
    mailer_free(c->mailer);
    destroy_idle(c);
    if (c->multi != NULL)
        curl_multi_cleanup(c->multi);
    while (!LIST_EMPTY(&c->sockets))
        forget_socket(LIST_FIRST(&c->sockets));
    event_del(&c->timer);
    free(c);
    curl_global_cleanup();
}
