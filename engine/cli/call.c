#include "cli/call.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/verbs.h"
#include "flow/config.h"
#include "script/pool.h"

#define ANSWER_MAX (64u << 20)

static int
connect_to(const char *path, struct err *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = 30};
    int fd;

    if (strlen(path) >= sizeof address.sun_path)
        return err_set(e, ERR_INPUT, "%s: the socket's path is too long", path);
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(e, "socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    err_sys(e,
            "no engine answers on %s (is usher serve running with this "
            "configuration?)",
            path);
    close(fd);
    return -1;
}

static int
send_all(int fd, const struct buf *request, struct err *e)
{
    size_t at = 0;

    while (at < request->len) {
        ssize_t n =
            send(fd, request->data + at, request->len - at, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_sys(e, "sending to the engine");
        at += (size_t)n;
    }
    return 0;
}

static int
read_all(int fd, struct buf *answer, struct err *e)
{
    for (;;) {
        char *to = buf_reserve(answer, 65536);
        ssize_t n = recv(fd, to, 65536, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, "reading the engine's answer");
        if (n == 0)
            return 0;
        answer->len += (size_t)n;
        answer->data[answer->len] = '\0';
        if (answer->len > ANSWER_MAX)
            return err_set(e, ERR_SYSTEM, "the engine's answer has no end");
    }
}

/* The request says "Connection: close" and HTTP/1.0: no chunks come back. */
static int
split(const struct buf *answer, struct buf *out, struct err *e)
{
    const char *body =
        answer->len > 12 ? strstr(answer->data, "\r\n\r\n") : NULL;

    if (body == NULL || strncmp(answer->data, "HTTP/1.", 7) != 0)
        return err_set(e, ERR_SYSTEM, "the engine's answer is not HTTP");
    body += 4;
    buf_add(out, body, answer->len - (size_t)(body - answer->data));
    return (int)strtol(answer->data + 9, NULL, 10);
}

int
call_engine(const char *socket_path, const char *method, const char *path,
            struct buf *out, struct err *e)
{
    return call_engine_with(socket_path, method, path, NULL, out, e);
}

int
call_engine_with(const char *socket_path, const char *method, const char *path,
                 const struct buf *body, struct buf *out, struct err *e)
{
    size_t body_n = body != NULL ? body->len : 0;
    struct buf request = {0}, answer = {0};
    int fd = connect_to(socket_path, e), status = -1;

    if (fd < 0)
        return -1;
    buf_addf(&request,
             "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n"
             "Content-Type: application/json\r\nConnection: close\r\n\r\n",
             method, path, body_n);
    if (body_n > 0)
        buf_add(&request, body->data, body_n);
    if (send_all(fd, &request, e) == 0 && read_all(fd, &answer, e) == 0)
        status = split(&answer, out, e);
    close(fd);
    buf_free(&request);
    buf_free(&answer);
    return status;
}

void
call_path_piece(struct buf *path, const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned char byte = (unsigned char)*s;

        if (byte < 128 && (isalnum(byte) || strchr("-._~:", byte) != NULL))
            buf_addc(path, *s);
        else
            buf_addf(path, "%%%02X", byte);
    }
}

void
call_problem(const struct buf *body, struct buf *out)
{
    json_t *problem = json_read(buf_str(body), body->len, NULL);
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    const char *title = json_string_value(json_object_get(problem, "title"));

    if (detail == NULL)
        detail = title != NULL ? title : "the answer is no problem document";
    buf_adds(out, detail);
    json_decref(problem);
}

int
call_find_socket(const char *verb, const char *config, struct buf *out)
{
    struct err e = {0};
    struct pool *pool = pool_new(&(struct pool_options){.workers = 1}, &e);
    struct config *c =
        pool != NULL
            ? config_load(pool, config != NULL ? config : "usher.conf.lua", &e)
            : NULL;
    int code = EXIT_DONE;

    if (c == NULL) {
        fprintf(stderr, "usher %s: %s\n", verb, e.text);
        code = EXIT_CONFIG;
    } else {
        buf_adds(out, c->admin_socket);
    }
    config_free(c);
    pool_free(pool);
    return code;
}

/* The exit code of what came of a call. */
static int
tell(const char *verb, int status, const struct buf *body, const struct err *e)
{
    struct buf why = {0};
    int code = status < 0 ? EXIT_REACH : EXIT_FAILED;

    if (status >= 0 && status < 300)
        return EXIT_DONE;
    if (status < 0)
        buf_adds(&why, e->text);
    else
        call_problem(body, &why);
    fprintf(stderr, "usher %s: %s\n", verb, buf_str(&why));
    buf_free(&why);
    return code;
}

int
call_for_verb(const char *verb, const char *socket_path, const char *config,
              const char *method, const char *path, const struct buf *body,
              struct buf *out)
{
    struct buf found = {0};
    struct err e = {0};
    int code = EXIT_DONE, status;

    if (socket_path == NULL) {
        code = call_find_socket(verb, config, &found);
        socket_path = buf_str(&found);
    }
    if (code == EXIT_DONE) {
        status = call_engine_with(socket_path, method, path, body, out, &e);
        code = tell(verb, status, out, &e);
    }
    buf_free(&found);
    return code;
}
