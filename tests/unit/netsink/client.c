// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/netsink/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 20

static void open_socket(struct client *c, uint16_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct timeval t = {.tv_sec = PATIENCE_S};

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)))
        c->end = -errno;
}

/* The size line of a chunk, byte by byte: with the line end of the chunk before
   it, which is empty. */
static void take_line(struct client *c, char byte)
{
    if (byte != '\n') {
        if (byte != '\r' && c->line_len < sizeof(c->line) - 1)
            c->line[c->line_len++] = byte;
        return;
    }
    c->line[c->line_len] = '\0';
    if (c->line_len > 0) {
        c->left = strtoull(c->line, NULL, 16);
        if (c->left == 0)
            c->end = 0;
    }
    c->line_len = 0;
}

static void take(struct client *c, const uint8_t *data, size_t n)
{
    if (c->len + n > c->size) {
        c->size = 2 * (c->len + n);
        c->body = realloc(c->body, c->size);
        if (!c->body)
            abort();
    }
    while (n > 0) {
        size_t part = n;

        if (c->chunked && c->left == 0) {
            take_line(c, (char)*data);
            part = 1;
        } else {
            if (c->chunked && c->left < part)
                part = c->left;
            memcpy(c->body + c->len, data, part);
            c->len += part;
            c->left -= c->chunked ? part : 0;
        }
        data += part;
        n -= part;
    }
}

/* One read; false at the end. */
static bool hear(struct client *c, uint8_t *data, size_t size, size_t *n)
{
    ssize_t got = c->end > 0 ? recv(c->fd, data, size, 0) : 0;

    if (got <= 0 && c->end > 0)
        c->end = got < 0 ? -errno : 0;
    *n = got > 0 ? (size_t)got : 0;
    return got > 0;
}

static void read_head(struct client *c)
{
    size_t len = 0, n;
    char value[64], *end = NULL;

    while (!end && len < sizeof(c->head) - 1 &&
           hear(c, (uint8_t *)c->head + len, sizeof(c->head) - 1 - len, &n)) {
        len += n;
        c->head[len] = '\0';
        end = strstr(c->head, "\r\n\r\n");
    }
    if (!end)
        return;
    sscanf(c->head, "HTTP/1.%*d %d", &c->status);
    client_header(c, "Transfer-Encoding", value, sizeof(value));
    c->chunked = strcasecmp(value, "chunked") == 0;
    end += 4;
    take(c, (uint8_t *)end, len - (size_t)(end - c->head));
    *end = '\0';
}

void client_send(struct client *c, uint16_t port, const char *request)
{
    *c = (struct client){.end = 1};
    open_socket(c, port);
    if (c->end > 0 && send(c->fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        c->end = -errno;
}

static void ask(struct client *c, uint16_t port, const char *request)
{
    client_send(c, port, request);
    read_head(c);
}

static const char *host_line(const char *headers)
{
    return strstr(headers, "Host: ") ? "" : "Host: 127.0.0.1\r\n";
}

void client_ask(struct client *c, uint16_t port, const char *method,
                const char *target, const char *headers)
{
    char request[4096];

    snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\n%s%s\r\n", method,
             target, host_line(headers), headers);
    ask(c, port, request);
}

void client_post(struct client *c, uint16_t port, const char *target,
                 const char *headers, const char *body)
{
    char request[16384];

    snprintf(request, sizeof(request),
             "POST %s HTTP/1.1\r\n%s%sContent-Length: %zu\r\n\r\n%s", target,
             host_line(headers), headers, strlen(body), body);
    ask(c, port, request);
}

void client_ask_10(struct client *c, uint16_t port, const char *target)
{
    char request[300];

    snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n\r\n", target);
    ask(c, port, request);
}

void client_get(struct client *c, uint16_t port, const char *target,
                const char *headers)
{
    client_ask(c, port, "GET", target, headers);
}

void client_read(struct client *c, size_t len)
{
    uint8_t data[16384];
    size_t n;

    while (c->len < len && hear(c, data, sizeof(data), &n))
        take(c, data, n);
}

void client_header(const struct client *c, const char *name, char *value,
                   size_t size)
{
    char begin[64];

    snprintf(begin, sizeof(begin), "\r\n%s: ", name);
    const char *at = strcasestr(c->head, begin);
    at = at ? at + strlen(begin) : "";
    snprintf(value, size, "%.*s", (int)strcspn(at, "\r"), at);
}

void client_cut(struct client *c)
{
    const struct linger hard = {.l_onoff = 1};

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(c->fd);
    c->fd = -1;
}

void client_free(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->body);
    c->body = NULL;
}
