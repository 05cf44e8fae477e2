#include "flow/request.h"

#include "base/clock.h"
#include "flow/adapter.h"
#include "flow/config.h"
#include "flow/engine.h"
#include "model/outbound.h"

int
request_send(struct engine *en, const struct adapter *a,
             const struct outbound *out, const char *id, struct arena *arena,
             client_done *done, void *arg, struct err *e)
{
    const char *headers[OUTBOUND_HEADERS_MAX + 8];
    size_t count = 0;
    struct str body = {out->body.data, out->body.len};
    struct client_request request = {0};

    for (size_t i = 0; i < out->header_count; i++)
        headers[count++] = out->headers[i];
    if (!adapter_may_send(a, out->url))
        return err_set(e, ERR_INPUT,
                       "its adapter asked for a host that the configuration "
                       "does not name; nothing was sent");
    adapter_authenticate(a, id, body, clock_now_ms(), arena, headers, &count);
    headers[count] = NULL;
    request.method = out->method;
    request.url = out->url;
    request.headers = headers;
    request.body = out->body.data;
    request.body_n = out->body.len;
    request.allow_private = a->part->allow_private;
    request.allow_plain = a->part->allow_plain;
    request.ca_file = a->part->ca_file;
    return client_send(en->client, &request, done, arg, e) != NULL ? 0 : -1;
}
