// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/reply.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <string.h>

static const char *reason(int code)
{
    switch (code) {
    case 200:
        return "OK";
    case 204:
        return "No Content";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 416:
        return "Range Not Satisfiable";
    case 421:
        return "Misdirected Request";
    case 429:
        return "Too Many Requests";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "Error";
    }
}

const char *reply_said(struct evhttp_request *req, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(req), name);
}

const char *reply_query(struct evhttp_request *req)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    return uri ? evhttp_uri_get_query(uri) : NULL;
}

const char *reply_path(struct evhttp_request *req)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    return path ? path : "";
}

bool reply_is_head(struct evhttp_request *req)
{
    return evhttp_request_get_command(req) == EVHTTP_REQ_HEAD;
}

bool reply_method_ok(struct evhttp_request *req)
{
    enum evhttp_cmd_type method = evhttp_request_get_command(req);

    if (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD)
        return true;
    reply_header(req, "Allow", "GET, HEAD");
    reply_text(req, 405, "only GET and HEAD are served here");
    return false;
}

void reply_header(struct evhttp_request *req, const char *name,
                  const char *value)
{
    evhttp_add_header(evhttp_request_get_output_headers(req), name, value);
}

void reply_body(struct evhttp_request *req, int code, const char *type,
                const void *body, size_t len)
{
    struct evbuffer *buf = NULL;
    char text[24];

    snprintf(text, sizeof(text), "%zu", len);
    reply_header(req, "Content-Type", type);
    reply_header(req, "X-Content-Type-Options", "nosniff");
    if (reply_is_head(req)) {
        /* Said by us: evhttp says it only of what it sends. */
        reply_header(req, "Content-Length", text);
    } else {
        buf = evbuffer_new();
        if (!buf || evbuffer_add(buf, body, len)) {
            /* No memory for an answer: the connection is all there is. */
            if (buf)
                evbuffer_free(buf);
            evhttp_connection_free(evhttp_request_get_connection(req));
            return;
        }
    }
    evhttp_send_reply(req, code, reason(code), buf);
    if (buf)
        evbuffer_free(buf);
}

void reply_text(struct evhttp_request *req, int code, const char *text)
{
    char line[256];

    snprintf(line, sizeof(line), "%s\n", text);
    reply_header(req, "Cache-Control", "no-store");
    reply_body(req, code, "text/plain; charset=utf-8", line, strlen(line));
}

void reply_gone(struct evhttp_request *req)
{
    /* evhttp has taken it out of its connection, if the peer or time ended
       that: libevent 2.1.12 then frees it no more. */
    if (!evhttp_request_get_connection(req))
        evhttp_request_free(req);
}
