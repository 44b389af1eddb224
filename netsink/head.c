// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/head.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "netsink/mp4.h"
#include "netsink/ogg.h"
#include "netsink/wav.h"

/* What does not fit is left out; HEAD_MAX is for the largest of them all. */
struct text {
    char *at, *end;
};

static void add(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(t->at, (size_t)(t->end - t->at), fmt, args);
    va_end(args);
    if (n > 0 && n < t->end - t->at)
        t->at += n;
}

const char *head_type(enum stream_kind kind)
{
    switch (kind) {
    case STREAM_MP4:
        return MP4_TYPE;
    case STREAM_WAV:
        return WAV_TYPE;
    default:
        return OGG_TYPE;
    }
}

const char *head_suffix(enum stream_kind kind)
{
    switch (kind) {
    case STREAM_MP4:
        return ".mp4";
    case STREAM_WAV:
        return ".wav";
    default:
        return ".opus";
    }
}

/* Without an age it lives as long as the player: one that were to end while the
   stream plays would not be there when it is needed. For all paths: VLC would
   not return one of /live.opus to /live.opus?bitrate=96. */
static void add_cookies(struct text *t, const struct head *h)
{
    char cookie[SESSION_COOKIE];

    for (uint32_t i = 0; i < h->n_stale; i++)
        add(t,
            "Set-Cookie: " SESSION_PREFIX "%016" PRIx64
            "=; Path=/; Max-Age=0; SameSite=Lax\r\n",
            h->stale[i]);
    if (!h->session)
        return;
    session_cookie(h->session, cookie);
    add(t, "Set-Cookie: %s; Path=/; SameSite=Lax\r\n", cookie);
}

void head_write(const struct head *h, char text[HEAD_MAX])
{
    struct text t = {text, text + HEAD_MAX};
    time_t now = (time_t)h->now;
    struct tm utc = {0};
    char date[40];

    gmtime_r(&now, &utc);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    add(&t, "HTTP/1.%d %s\r\n", h->chunked,
        h->partial ? "206 Partial Content" : "200 OK");
    add(&t, "Date: %s\r\nContent-Type: %s\r\n", date, head_type(h->kind));
    add(&t, "Accept-Ranges: bytes\r\n");
    if (h->partial)
        add(&t, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
            h->offset, HEAD_TOTAL - 1, HEAD_TOTAL);
    if (h->chunked)
        add(&t, "Transfer-Encoding: chunked\r\n");
    add(&t, "Connection: close\r\nCache-Control: no-store\r\n");
    add(&t, "X-Content-Type-Options: nosniff\r\n");
    add(&t, "Access-Control-Allow-Origin: *\r\n");
    add(&t, "Access-Control-Expose-Headers: X-Stream-Epoch, X-Stream-Seq, "
            "X-Stream-Rung, Content-Range\r\n");
    add(&t, "X-Stream-Epoch: %" PRId64 "\r\nX-Stream-Seq: %" PRIu64 "\r\n",
        h->epoch, h->seq);
    if (h->kbps > 0)
        add(&t, "X-Stream-Rung: %" PRIu32 "\r\n", h->kbps);
    if (h->icy)
        add(&t, "icy-name: Longwave\r\n");
    if (h->icy && h->kbps > 0)
        add(&t, "icy-br: %" PRIu32 "\r\n", h->kbps);
    add_cookies(&t, h);
    add(&t, "\r\n");
}
