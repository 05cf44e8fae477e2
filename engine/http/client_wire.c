#include "http/client_inside.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/guard.h"

/* curl complains at compile time about wrong types; what it refuses at run
 * time is an option that this libcurl was built without. */
#define SET(easy, option, value)                                               \
    (void)curl_easy_setopt((easy), (option), (value))

/* --- addresses ------------------------------------------------------------ */

static void
note_refused(struct wire *w, const struct sockaddr *address)
{
    const void *from = NULL;
    if (address->sa_family == AF_INET)
        from = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address->sa_family == AF_INET6)
        from = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (from == NULL || inet_ntop(address->sa_family, from, w->address,
                                  sizeof(w->address)) == NULL)
        snprintf(w->address, sizeof(w->address), "of another family");
    w->refused = true;
}

static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct wire *w = arg;
    if (!w->allow_private && !guard_is_public(&address->addr)) {
        note_refused(w, &address->addr);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

static bool
is_public_text(const char *ip)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, ip, &in.sin_addr) == 1)
        return guard_is_public((const struct sockaddr *)&in);
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    return inet_pton(AF_INET6, ip, &in6.sin6_addr) == 1 &&
           guard_is_public((const struct sockaddr *)&in6);
}

/* The connection stands and the request comes next. A reused connection was
 * not opened for this request, so its address is looked at here; and it may
 * have died: curl would send the request again on a new one, although the
 * first may have arrived. */
static int
on_before_request(void *arg, char *peer_ip, char *local_ip, int peer_port,
                  int local_port)
{
    (void)local_ip;
    (void)peer_port;
    (void)local_port;
    struct wire *w = arg;
    if (w->sendings > 0)
        return CURL_PREREQFUNC_ABORT;
    if (!w->allow_private && !is_public_text(peer_ip)) {
        snprintf(w->address, sizeof(w->address), "%.60s", peer_ip);
        w->refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    w->sendings++;
    return CURL_PREREQFUNC_OK;
}

/* --- what comes back ------------------------------------------------------ */

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct wire *w = arg;
    size_t n = size * count;
    size_t room = CLIENT_RESPONSE_MAX - w->body.len;
    buf_add(&w->body, bytes, n < room ? n : room);
    if (n <= room)
        return n;
    w->too_long = true;
    return 0;
}

static void
add_header(struct wire *w, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n);
    if (colon == NULL)
        return;
    size_t name_n = (size_t)(colon - line);
    char *to = buf_reserve(&w->headers, name_n);
    for (size_t i = 0; i < name_n; i++)
        to[i] = (char)tolower((unsigned char)line[i]);
    w->headers.len += name_n;
    buf_adds(&w->headers, ": ");
    struct str value = {colon + 1, n - name_n - 1};
    value = str_trim(value);
    buf_add(&w->headers, value.p, value.len);
    buf_addc(&w->headers, '\n');
}

/* A reply line of SMTP, "550 no such user". Once the mail itself is being
 * handed over a refusal is final; curl would now say QUIT and wait for the
 * answer, which a dead connection spares us. */
static void
note_mail_line(struct wire *w, const char *line, size_t n)
{
    bool refusal =
        n >= 3 && (line[0] == '4' || line[0] == '5') && line[3] != '-';
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (refusal && w->sendings > 0 &&
        curl_easy_getinfo(w->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
        fd != CURL_SOCKET_BAD)
        shutdown(fd, SHUT_RDWR);
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct wire *w = arg;
    size_t n = size * count;
    size_t line_n = n;
    while (line_n > 0 &&
           (bytes[line_n - 1] == '\n' || bytes[line_n - 1] == '\r'))
        line_n--;
    if (w->is_mail) {
        note_mail_line(w, bytes, line_n);
        return n;
    }
    if (line_n >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        buf_clear(&w->headers); /* an interim answer's do not count */
        w->headers_done = false;
        return n;
    }
    if (line_n == 0)
        w->headers_done = true;
    if (w->headers_done) /* trailers are dropped */
        return n;
    if (w->headers.len + line_n > CLIENT_HEADERS_MAX) {
        w->too_long = true;
        return 0;
    }
    add_header(w, bytes, line_n);
    return n;
}

/* --- setting up ----------------------------------------------------------- */

static void
set_rules(CURL *easy)
{
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
    SET(easy, CURLOPT_PROXY, "");
    SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    SET(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(easy, CURLOPT_TCP_NODELAY, 1L);
    SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    SET(easy, CURLOPT_MAXAGE_CONN, 50L);
    SET(easy, CURLOPT_MAXLIFETIME_CONN, 300L);
    /* A resolver that hangs must not be waited for. */
    SET(easy, CURLOPT_QUICK_EXIT, 1L);
    SET(easy, CURLOPT_USERAGENT, "usher/" USHER_VERSION);
}

void
wire_setup(struct wire *w, const char *url, const char *protocols,
           int64_t timeout_ms, int64_t connect_timeout_ms)
{
    CURL *easy = w->easy;
    curl_easy_reset(easy);
    set_rules(easy);
    SET(easy, CURLOPT_URL, url);
    SET(easy, CURLOPT_PROTOCOLS_STR, protocols);
    SET(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_timeout_ms);
    SET(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(easy, CURLOPT_LOW_SPEED_TIME, (long)((timeout_ms + 999) / 1000));
    SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(easy, CURLOPT_OPENSOCKETDATA, w);
    SET(easy, CURLOPT_PREREQFUNCTION, on_before_request);
    SET(easy, CURLOPT_PREREQDATA, w);
    SET(easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, CURLOPT_WRITEDATA, w);
    SET(easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(easy, CURLOPT_HEADERDATA, w);
}

void
wire_clear(struct wire *w)
{
    CURL *easy = w->easy;
    struct buf headers = w->headers, body = w->body;
    buf_clear(&headers);
    if (body.cap > (64u << 10))
        buf_free(&body);
    else
        buf_clear(&body);
    memset(w, 0, sizeof(*w));
    w->easy = easy;
    w->headers = headers;
    w->body = body;
}

/* --- the outcome ---------------------------------------------------------- */

static enum client_wire
seen_by_mail(const struct wire *w, CURLcode code, long status)
{
    if (code == CURLE_OK)
        return WIRE_ANSWERED;
    /* Refusing to encrypt is no answer about this mail. */
    if (status >= 400 && code != CURLE_USE_SSL_FAILED)
        return WIRE_ANSWERED;
    return atomic_load(&w->stage) == MAIL_LEAVING ? WIRE_SENT : WIRE_NOT_SENT;
}

static void
explain(struct wire *w, CURLcode code, struct client_response *out)
{
    if (w->refused && out->wire == WIRE_NOT_SENT)
        err_set(&out->err, ERR_REFUSED,
                "the address %s is not public, and this destination may not "
                "reach private ones",
                w->address);
    else if (w->too_long)
        err_set(&out->err, ERR_RETRY, "the answer is longer than %u bytes",
                CLIENT_RESPONSE_MAX);
    else if ((code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_OK) &&
             w->sendings > 0)
        err_set(&out->err, ERR_RETRY,
                "the connection broke before the answer came");
    else
        err_set(&out->err, ERR_RETRY, "%s", curl_easy_strerror(code));
}

void
wire_result(struct wire *w, CURLcode code, struct client_response *out)
{
    long status = 0;
    curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &status);
    err_clear(&out->err);
    out->status = (int)status;
    out->too_long = w->too_long;
    out->headers = (struct str){w->headers.data, w->headers.len};
    out->body = (struct str){w->body.data, w->body.len};
    if (w->is_mail)
        out->wire = seen_by_mail(w, code, status);
    /* curl is content with a header that breaks off in the middle. */
    else if (code == CURLE_OK && w->headers_done)
        out->wire = WIRE_ANSWERED;
    else
        out->wire = w->sendings > 0 ? WIRE_SENT : WIRE_NOT_SENT;
    if (out->wire != WIRE_ANSWERED)
        explain(w, code, out);
}

/* --- URLs ----------------------------------------------------------------- */

static bool
has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool found = curl_url_get(url, part, &text, 0) == CURLUE_OK &&
                 text != NULL && text[0] != '\0';
    curl_free(text);
    return found;
}

static int
check_scheme(CURLU *url, const char *plain, const char *secure,
             bool allow_plain, struct err *e)
{
    char *scheme = NULL;
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return err_set(e, ERR_INPUT, "the URL has no scheme");
    int rc = 0;
    bool is_plain = strcmp(scheme, plain) == 0;
    if (!is_plain && strcmp(scheme, secure) != 0)
        rc = err_set(e, ERR_INPUT, "the URL must begin with %s://", secure);
    else if (is_plain && !allow_plain)
        rc = err_set(e, ERR_REFUSED,
                     "%s:// is not encrypted, and this destination does not "
                     "allow that; use %s://",
                     plain, secure);
    curl_free(scheme);
    return rc;
}

int
wire_check_url(const char *text, const char *plain, const char *secure,
               bool allow_plain, struct err *e)
{
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return err_set(e, ERR_INPUT,
                           "the URL holds a space or a control byte");
    CURLU *url = curl_url();
    if (url == NULL)
        return err_set(e, ERR_SYSTEM, "out of memory");
    int rc = -1;
    CURLUcode code =
        curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    if (code != CURLUE_OK)
        err_set(e, ERR_INPUT, "bad URL: %s", curl_url_strerror(code));
    else if (!has_part(url, CURLUPART_HOST))
        err_set(e, ERR_INPUT, "the URL has no host");
    else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
        err_set(e, ERR_INPUT, "the URL must not hold a user or a password");
    else
        rc = check_scheme(url, plain, secure, allow_plain, e);
    curl_url_cleanup(url);
    return rc;
}
