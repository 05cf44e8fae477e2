#include "http/server_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 1024
/* Out of descriptors: how long to leave newcomers in the backlog. */
#define REOPEN_MS 100

/* --- accepting ------------------------------------------------------------ */

static void
switch_listener(struct evconnlistener *listener, bool on)
{
    if (listener == NULL)
        return;
    if (on)
        evconnlistener_enable(listener);
    else
        evconnlistener_disable(listener);
}

static void
update_listeners(struct server *s)
{
    bool on = !s->paused && !s->full && s->reopen == NULL;
    switch_listener(s->tcp, on);
    switch_listener(s->local, on);
}

/* Everybody inside is busy: newcomers wait in the kernel's backlog. */
void
server_check_room(struct server *s)
{
    bool full = s->open >= s->slot_count && TAILQ_EMPTY(&s->silents);
    if (full == s->full)
        return;
    s->full = full;
    update_listeners(s);
}

/* Room for one more: a full house shows out whoever has been silent longest.
 * Connections that never send cannot keep others out. */
static bool
make_room(struct server *s)
{
    if (s->open < s->slot_count)
        return true;
    struct conn *c = TAILQ_FIRST(&s->silents);
    if (c == NULL)
        return false;
    conn_close(c);
    return true;
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
          struct sockaddr *peer, int peer_n, void *arg)
{
    struct server *s = arg;
    if (!make_room(s) || !gate_enter(s->gate, peer)) {
        close(fd);
        return;
    }
    conn_open(s, fd, peer, (unsigned)peer_n,
              listener == s->tcp ? s->tls : NULL);
}

static void
on_reopen(void *arg)
{
    struct server *s = arg;
    s->reopen = NULL;
    update_listeners(s);
}

/* Mostly no descriptor is left. The listener stays readable, so that going on
 * at once would spin. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)listener;
    struct server *s = arg;
    int sys = errno;
    if (s->reopen != NULL)
        return;
    log_warn("listener.paused", LOG_STR("listener", s->name),
             LOG_INT("errno", sys), LOG_INT("connections", s->open));
    s->reopen = loop_after(s->loop, REOPEN_MS, on_reopen, s);
    update_listeners(s);
}

static struct evconnlistener *
listen_on(struct server *s, int fd, struct err *e)
{
    struct evconnlistener *listener = evconnlistener_new(
        loop_base(s->loop), on_accept, s,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (listener == NULL) {
        err_sys(e, "cannot listen");
        close(fd);
        return NULL;
    }
    evconnlistener_set_error_cb(listener, on_accept_error);
    return listener;
}

/* --- TCP ------------------------------------------------------------------ */

static int
note_port(struct server *s, int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t n = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &n) != 0)
        return -1;
    /* getsockname filled in one of the two. */
    in_port_t port = bound.ss_family == AF_INET /* NOLINT */
                         ? ((struct sockaddr_in *)&bound)->sin_port
                         : ((struct sockaddr_in6 *)&bound)->sin6_port;
    s->port = ntohs(port);
    return 0;
}

/* "1.2.3.4:80" or "[::1]:80"; port 0 lets the kernel choose. */
static bool
parse_address(const char *text, struct sockaddr_storage *out, socklen_t *n)
{
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (colon == NULL || !str_to_u64(str_of(colon + 1), &port) || port > 65535)
        return false;
    bool bracketed = text[0] == '[' && colon > text && colon[-1] == ']';
    size_t skip = bracketed ? 1 : 0;
    size_t host_n = (size_t)(colon - text) - 2 * skip;
    char host[INET6_ADDRSTRLEN] = "";
    if (host_n >= sizeof(host))
        return false;
    memcpy(host, text + skip, host_n);
    if (bracketed) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        *n = sizeof(*in6);
        return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
    }
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    *n = sizeof(*in);
    return inet_pton(AF_INET, host, &in->sin_addr) == 1;
}

static int
open_tcp(struct server *s, struct err *e)
{
    const char *text = s->options.address;
    struct sockaddr_storage address = {0};
    socklen_t n = 0;
    if (!parse_address(text, &address, &n))
        return err_set(e, ERR_INPUT,
                       "cannot listen on \"%s\": an address with a port is "
                       "needed, like 127.0.0.1:8080 or [::1]:8080",
                       text);
    int fd = socket(address.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(e, "cannot listen on %s", text);
    /* Both are inherited by what is accepted, which saves calls there. */
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, n) != 0 ||
        note_port(s, fd) != 0) {
        err_sys(e, "cannot listen on %s", text);
        close(fd);
        return -1;
    }
    s->tcp = listen_on(s, fd, e);
    return s->tcp != NULL ? 0 : err_wrap(e, "%s", text);
}

/* --- the unix socket ------------------------------------------------------ */

/* Linux takes the mode of the file from the unbound socket, so that there is
 * no moment in which it is wider, and no umask of the whole process to
 * change. */
static int
new_unix_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A socket that a dead process left behind: nobody answers there. */
static bool
is_stale(const struct sockaddr_un *at)
{
    struct stat st;
    if (lstat(at->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool refused = connect(fd, (const struct sockaddr *)at, sizeof(*at)) != 0 &&
                   errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int
bind_unix(int fd, const struct sockaddr_un *at, struct err *e)
{
    const struct sockaddr *address = (const struct sockaddr *)at;
    if (bind(fd, address, sizeof(*at)) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return err_sys(e, "cannot make socket %s", at->sun_path);
    if (!is_stale(at))
        return err_set(e, ERR_SYSTEM,
                       "cannot make socket %s: another process listens there, "
                       "or it is not a socket",
                       at->sun_path);
    if (unlink(at->sun_path) != 0 || bind(fd, address, sizeof(*at)) != 0)
        return err_sys(e, "cannot replace socket %s", at->sun_path);
    return 0;
}

static int
open_unix(struct server *s, struct err *e)
{
    const char *path = s->unix_path;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(at.sun_path))
        return err_set(e, ERR_INPUT, "the socket path %s is longer than %zu",
                       path, sizeof(at.sun_path) - 1);
    strcpy(at.sun_path, path);
    int fd = new_unix_socket();
    if (fd < 0)
        return err_sys(e, "cannot make socket %s", path);
    struct stat st;
    if (bind_unix(fd, &at, e) != 0 || lstat(path, &st) != 0) {
        close(fd);
        return -1;
    }
    s->unix_dev = st.st_dev;
    s->unix_ino = st.st_ino;
    s->local = listen_on(s, fd, e);
    return s->local != NULL ? 0 : err_wrap(e, "%s", path);
}

/* Done while we still listen, so that no successor has replaced it; and only
 * the file that we made, in case somebody removed ours by hand. */
static void
remove_unix(struct server *s)
{
    struct stat st;
    if (s->unix_ino != 0 && lstat(s->unix_path, &st) == 0 &&
        st.st_dev == s->unix_dev && st.st_ino == s->unix_ino)
        unlink(s->unix_path);
}

/* --- the server ----------------------------------------------------------- */

static void
fill_defaults(struct server_options *o)
{
    o->body_max = o->body_max != 0 ? o->body_max : 1u << 20;
    o->memory_max = o->memory_max != 0 ? o->memory_max : 64u << 20;
    o->connections = o->connections != 0 ? o->connections : 4096;
    o->per_address = o->per_address != 0 ? o->per_address : 256;
    o->header_ms = o->header_ms != 0 ? o->header_ms : 5000;
    o->body_ms = o->body_ms != 0 ? o->body_ms : 10000;
    o->total_ms = o->total_ms != 0 ? o->total_ms : 15000;
    o->idle_ms = o->idle_ms != 0 ? o->idle_ms : 60000;
    o->write_ms = o->write_ms != 0 ? o->write_ms : 15000;
}

/* Clients may not use up the descriptors that the store and the deliveries
 * need: at most three in four. */
static unsigned
fit_descriptors(unsigned connections)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == RLIM_INFINITY)
        return connections;
    rlim_t room = r.rlim_cur - r.rlim_cur / 4;
    return connections < room ? connections : (unsigned)room;
}

static void
make_slots(struct server *s)
{
    s->slot_count = fit_descriptors(s->options.connections);
    s->slots = mem_zero(s->slot_count * sizeof(*s->slots));
    for (uint32_t i = 0; i < s->slot_count; i++)
        s->slots[i].next_free = i + 1;
}

static int
open_listeners(struct server *s, struct err *e)
{
    const struct server_options *o = &s->options;
    if (o->address == NULL && o->unix_path == NULL)
        return err_set(e, ERR_INPUT, "no address and no socket to listen on");
    if (o->tls_cert_file != NULL || o->tls_key_file != NULL) {
        s->tls = tls_context_new(o->tls_cert_file, o->tls_key_file, e);
        if (s->tls == NULL)
            return -1;
    }
    if (o->address != NULL && open_tcp(s, e) != 0)
        return -1;
    return s->unix_path != NULL ? open_unix(s, e) : 0;
}

static char *
copy_text(const char *text)
{
    if (text == NULL)
        return NULL;
    size_t n = strlen(text) + 1;
    return memcpy(mem_alloc(n), text, n);
}

/* What was too much, and what to do where the caller knows it. */
static char *
too_large_text(const struct server_options *o)
{
    struct buf text = {0};
    buf_addf(&text,
             "Nothing was kept: the body is larger than %zu bytes, the most "
             "that is taken here.%s%s",
             o->body_max, o->body_hint != NULL ? " " : "",
             o->body_hint != NULL ? o->body_hint : "");
    char *copy = copy_text(buf_str(&text));
    buf_free(&text);
    return copy;
}

struct server *
server_new(struct loop *l, const struct server_options *options,
           server_handler *handler, void *arg, struct err *e)
{
    struct server *s = mem_zero(sizeof(*s));
    s->loop = l;
    s->options = *options;
    fill_defaults(&s->options);
    s->name = copy_text(options->name != NULL ? options->name : "http");
    s->too_large = too_large_text(&s->options);
    s->unix_path = copy_text(options->unix_path);
    s->handler = handler;
    s->arg = arg;
    TAILQ_INIT(&s->conns);
    TAILQ_INIT(&s->silents);
    s->gate = gate_new(s->options.per_address);
    make_slots(s);
    int rc = open_listeners(s, e);
    /* Theirs, and only good until we return. */
    s->options.address = s->options.unix_path = s->options.name = NULL;
    s->options.tls_cert_file = s->options.tls_key_file = NULL;
    s->options.body_hint = NULL;
    if (rc == 0)
        return s;
    server_free(s);
    return NULL;
}

int
server_port(const struct server *s)
{
    return s->port;
}

unsigned
server_connections(const struct server *s)
{
    return s->open;
}

unsigned
server_pending(const struct server *s)
{
    return s->pending;
}

static void
close_listeners(struct server *s)
{
    if (s->tcp != NULL)
        evconnlistener_free(s->tcp);
    if (s->local != NULL) {
        remove_unix(s);
        evconnlistener_free(s->local);
    }
    s->tcp = s->local = NULL;
    loop_cancel(s->reopen);
    s->reopen = NULL;
}

void
server_drain(struct server *s)
{
    s->draining = true;
    close_listeners(s);
    struct conn *c;
    TAILQ_FOREACH(c, &s->conns, link)
    conn_drain(c);
}

void
server_pause(struct server *s, bool paused)
{
    if (s->paused == paused)
        return;
    s->paused = paused;
    update_listeners(s);
    struct conn *c;
    TAILQ_FOREACH(c, &s->conns, link)
    {
        if (paused)
            conn_pause(c);
        else
            conn_resume(c);
    }
}

void
server_free(struct server *s)
{
    if (s == NULL)
        return;
    close_listeners(s);
    while (!TAILQ_EMPTY(&s->conns))
        conn_close(TAILQ_FIRST(&s->conns));
    SSL_CTX_free(s->tls);
    gate_free(s->gate);
    buf_free(&s->head);
    free(s->slots);
    free(s->unix_path);
    free(s->too_large);
    free(s->name);
    free(s);
}
