// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/osc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/generator/osc_priv.h"
#include "graph/clock.h"
#include "graph/text.h"
#include "graph/threads.h"

#define PACKETS_MAX  64 /* handled per wake */
#define MESSAGES_MAX 64 /* of a packet */
#define DEPTH_MAX    8  /* of bundles in bundles */
#define LINES_MAX    4  /* of the log, per second */

#define BUNDLE_HEAD 16 /* bytes: "#bundle", a time tag */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

static int fill_address(union address *a, const struct cli_addr *addr,
                        socklen_t *len)
{
    *a = (union address){0};
    if (strchr(addr->host, ':')) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons(addr->port);
        *len = sizeof(a->v6);
        return inet_pton(AF_INET6, addr->host, &a->v6.sin6_addr) == 1 ? 0
                                                                      : -EINVAL;
    }
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons(addr->port);
    *len = sizeof(a->v4);
    return inet_pton(AF_INET, addr->host, &a->v4.sin_addr) == 1 ? 0 : -EINVAL;
}

static void read_address(const struct sockaddr_storage *s, struct cli_addr *out)
{
    union address a;

    memcpy(&a.room, s, sizeof(a.room));
    *out = (struct cli_addr){.host = "?"};
    if (s->ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &a.v6.sin6_addr, out->host, sizeof(out->host));
        out->port = ntohs(a.v6.sin6_port);
    } else if (s->ss_family == AF_INET) {
        inet_ntop(AF_INET, &a.v4.sin_addr, out->host, sizeof(out->host));
        out->port = ntohs(a.v4.sin_port);
    }
}

int osc_open(struct osc **out, const struct osc_opts *o)
{
    struct osc *osc = calloc(1, sizeof(*osc));
    union address a;
    socklen_t len;
    int err = -ENOMEM;

    thread_assert(TH_MAIN);
    *out = NULL;
    if (!osc)
        return err;
    osc->log = o->log;
    osc->ops = o->ops;
    osc->ctx = o->ctx;
    osc->fd = -1;
    err = fill_address(&a, &o->addr, &len);
    if (err)
        goto out;
    /* Without SO_REUSEADDR, by which two generators would share a port, and
       one of them hear nothing. */
    osc->fd =
        socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (osc->fd < 0 || bind(osc->fd, &a.any, len) < 0) {
        err = -errno;
        goto out;
    }
    *out = osc;
    osc = NULL;
out:
    osc_close(&osc);
    return err;
}

void osc_close(struct osc **o)
{
    if (!*o)
        return;
    if ((*o)->fd >= 0)
        close((*o)->fd);
    free(*o);
    *o = NULL;
}

int osc_fd(const struct osc *o)
{
    return o->fd;
}

void osc_addr(const struct osc *o, struct cli_addr *out)
{
    struct sockaddr_storage s = {0};
    socklen_t len = sizeof(s);

    getsockname(o->fd, (struct sockaddr *)&s, &len);
    read_address(&s, out);
}

bool osc_from_here(const struct osc *o)
{
    union address a;

    memcpy(&a.room, &o->from, sizeof(a.room));
    if (a.any.sa_family == AF_INET)
        return ntohl(a.v4.sin_addr.s_addr) >> 24 == 127;
    if (IN6_IS_ADDR_V4MAPPED(&a.v6.sin6_addr))
        return a.v6.sin6_addr.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
}

/* What is lost when the sender takes nothing is the sender's. */
static void send_out(struct osc *o, int n)
{
    ssize_t sent = sendto(o->fd, o->out, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL,
                          (struct sockaddr *)&o->from, o->from_len);
    (void)sent;
}

void osc_send(struct osc *o, const char *address, int n)
{
    if (n >= 0)
        send_out(o, n);
    else
        osc_fail(o, address, "the reply can't be made: %s", strerror(-n));
}

void osc_reply(struct osc *o, const char *address, const char *types, ...)
{
    va_list ap;
    int n;

    va_start(ap, types);
    n = osc_message_vwrite(o->out, address, types, ap);
    va_end(ap);
    osc_send(o, address, n);
}

/* What was left out of the log in a second that is over. */
static void say_unsaid(struct osc *o)
{
    if (clock_now() - o->second < NS_PER_S)
        return;
    if (o->unsaid > 0)
        log_warn(o->log, "control: %llu more wrong messages",
                 (unsigned long long)o->unsaid);
    o->second = clock_now();
    o->said = 0;
    o->unsaid = 0;
}

void osc_fail(struct osc *o, const char *address, const char *fmt, ...)
{
    char raw[OSC_ERROR_MAX], what[OSC_ERROR_MAX], where[128];
    char text[CLI_ADDR_TEXT_MAX];
    struct cli_addr from;
    va_list ap;
    int n;

    va_start(ap, fmt);
    vsnprintf(raw, sizeof(raw), fmt, ap);
    va_end(ap);
    text_clean(what, sizeof(what), raw);
    text_clean(where, sizeof(where), address);
    n = osc_message_write(o->out, OSC_PREFIX "error", "ss", where, what);
    if (n >= 0)
        send_out(o, n);
    say_unsaid(o);
    if (o->said == LINES_MAX) {
        o->unsaid++;
        return;
    }
    o->said++;
    read_address(&o->from, &from);
    log_warn(o->log, "control from %s: %s%s%s", cli_format_addr(&from, text),
             where, *where ? ": " : "", what);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static void take_message(struct osc *o, uint8_t *data, size_t len)
{
    struct osc_message m;
    char why[OSC_WHY_MAX];
    int err = osc_message_read(&m, data, len, why);

    if (err == -ENOMEM)
        osc_fail(o, m.address, "memory is short");
    else if (err)
        osc_fail(o, m.address ? m.address : "", "%s", why);
    else
        osc_handle(o, &m);
    osc_message_fini(&m);
}

/*
 * A message, or a bundle of such packets. Bundles are done at once, whatever
 * their time tag says: parameters glide anyway. False: the rest of the packet
 * is not to be looked at.
 */
static bool take_packet(struct osc *o, uint8_t *data, size_t len,
                        uint32_t depth)
{
    if (len < 8 || memcmp(data, "#bundle", 8) != 0) {
        if (o->left == 0) {
            osc_fail(o, "", "a packet of too many messages, allowed are %d",
                     MESSAGES_MAX);
            return false;
        }
        o->left--;
        take_message(o, data, len);
        return true;
    }
    if (depth == DEPTH_MAX || len < BUNDLE_HEAD) {
        osc_fail(o, "", "bundles %s",
                 depth == DEPTH_MAX ? "in bundles, too deep" : "cut short");
        return false;
    }
    for (size_t at = BUNDLE_HEAD; at < len;) {
        size_t room = len - at;
        uint32_t size = room >= 4 ? be32(data + at) : 0;

        if (room < 4 || size == 0 || size % 4 || size > room - 4) {
            osc_fail(o, "", "a bundle whose parts don't fit it");
            return false;
        }
        if (!take_packet(o, data + at + 4, size, depth + 1))
            return false;
        at += 4 + size;
    }
    return true;
}

void osc_take(struct osc *o, uint8_t *data, size_t len)
{
    o->left = MESSAGES_MAX;
    take_packet(o, data, len, 0);
}

bool osc_serve(struct osc *o)
{
    uint32_t packets = 0, messages = 0;

    thread_assert(TH_MAIN);
    o->changes = OSC_CHANGES;
    while (packets < PACKETS_MAX && messages < PACKETS_MAX) {
        o->from_len = sizeof(o->from);
        ssize_t n = recvfrom(o->fd, o->in, sizeof(o->in), MSG_DONTWAIT,
                             (struct sockaddr *)&o->from, &o->from_len);
        if (n < 0)
            break;
        packets++;
        if (n > OSC_PACKET_MAX) {
            osc_fail(o, "", "a packet of more than %d bytes", OSC_PACKET_MAX);
            continue;
        }
        osc_take(o, o->in, (size_t)n);
        messages += MESSAGES_MAX - o->left;
    }
    say_unsaid(o);
    return packets == PACKETS_MAX || messages >= PACKETS_MAX;
}
