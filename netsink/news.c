// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/news.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "graph/clock.h"
#include "netsink/reply.h"
#include "netsink/status_json.h"

#define KEPT      65536 /* bytes of events */
#define PACKET_MS 20

struct news {
    struct news_opts o; /* [init] */
    struct sse *sse;
    struct now_playing playing[MOUNT_MAX];
    char *text;      /* /now.json, until the next tick; or NULL */
    int64_t edge_at; /* ns: when edges are told next */
};

static int64_t unix_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / NS_PER_MS;
}

static struct now_clock clock_of(const struct news *n, uint32_t mount)
{
    struct now_clock c = {.unix_ms = unix_ms()};
    uint64_t first;

    audience_range(&n->o.mounts[mount], &first, &c.edge);
    return c;
}

static bool is_muted(const struct mount *m)
{
    struct encoder_stats e;

    encoder_stats(m->encoder, &e);
    return e.muted;
}

/* ---- texts -------------------------------------------------------------- */

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

/* Into o. */
static void put_heard(json_t *o, const struct now_heard *h)
{
    put_int(o, "seq", h->seq);
    put(o, "title", text_or_null(h->now.title));
    put_text(o, "detail", h->now.detail);
    put_int(o, "unix_ms", (uint64_t)h->now.unix_ms);
}

static json_t *heard_json(const struct now_heard *h)
{
    json_t *o;

    if (!h->now.title[0])
        return json_null();
    o = json_object();
    put_heard(o, h);
    return o;
}

static json_t *mount_json(const struct news *n, uint32_t i)
{
    const struct mount *m = &n->o.mounts[i];
    const struct now_playing *p = &n->playing[i];
    json_t *o = json_object(), *rungs = json_array(), *recent = json_array();
    struct audience_totals t;
    uint64_t first, edge;

    audience_totals(n->o.audience, &t);
    audience_range(m, &first, &edge);
    for (uint32_t k = 0; k < m->n_ladder; k++)
        put_last(rungs, json_integer(m->rungs[k].spec.kbps));
    for (uint32_t k = 0; k < p->n_recent; k++)
        put_last(recent, heard_json(&p->recent[k]));
    put_text(o, "name", m->name);
    put_text(o, "title", m->name);
    put_int(o, "channels", m->n_channels);
    put_bool(o, "muted", is_muted(m));
    put_int(o, "listeners", t.on_mount[i]);
    put_int(o, "edge_seq", edge);
    put_int(o, "first_seq", first);
    put(o, "rungs", rungs);
    put_int(o, "usual", m->rungs[m->usual].spec.kbps);
    put(o, "now", heard_json(&p->now));
    put(o, "recent", recent);
    return o;
}

/* For free(), or NULL. */
static char *compact(json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);

    json_decref(o);
    return text;
}

static char *now_text(const struct news *n)
{
    json_t *root = json_object(), *mounts = json_array();

    for (uint32_t i = 0; i < n->o.n_mounts; i++)
        put_last(mounts, mount_json(n, i));
    put_int(root, "epoch", (uint64_t)n->o.epoch);
    put_int(root, "packet_ms", PACKET_MS);
    put(root, "mounts", mounts);
    return compact(root);
}

/* ---- events ------------------------------------------------------------- */

static char *now_event(const struct news *n, uint32_t i)
{
    json_t *o = json_object();

    put_text(o, "mount", n->o.mounts[i].name);
    put_heard(o, &n->playing[i].now);
    return compact(o);
}

static char *mute_event(const struct news *n, uint32_t i)
{
    json_t *o = json_object();

    put_text(o, "mount", n->o.mounts[i].name);
    put_bool(o, "muted", is_muted(&n->o.mounts[i]));
    return compact(o);
}

static char *edge_event(const struct news *n, uint32_t i)
{
    json_t *o = json_object();
    uint64_t first, edge;

    audience_range(&n->o.mounts[i], &first, &edge);
    put_text(o, "mount", n->o.mounts[i].name);
    put_int(o, "edge_seq", edge);
    return compact(o);
}

static const struct {
    const char *name;
    char *(*text)(const struct news *n, uint32_t mount);
} events[] = {
    {"now", now_event},
    {"mute", mute_event},
    {"edge", edge_event},
};

enum { NOW, MUTE, EDGE, EVENTS };

/* To those who want to know of the mount; or, with hello, to one new one. */
static void tell(struct news *n, int event, uint32_t mount,
                 struct evbuffer *hello)
{
    char *text;

    if (!hello && sse_subscribers(n->sse) == 0)
        return;
    text = events[event].text(n, mount);
    if (text && hello)
        sse_put(n->sse, hello, events[event].name, text);
    else if (text)
        sse_say(n->sse, UINT32_C(1) << mount, events[event].name, text);
    free(text);
}

static void changed(struct news *n, int event, uint32_t mount)
{
    free(n->text);
    n->text = NULL;
    tell(n, event, mount, NULL);
}

void news_tell(struct news *n, uint32_t mount, const char *title,
               const char *detail)
{
    struct now_clock c = clock_of(n, mount);
    struct now now = {.unix_ms = c.unix_ms};

    strncat(now.title, title, sizeof(now.title) - 1);
    strncat(now.detail, detail, sizeof(now.detail) - 1);
    if (now_tell(&n->playing[mount], &now, &c))
        changed(n, NOW, mount);
}

void news_overrule(struct news *n, uint32_t mount, const char *title,
                   const char *detail)
{
    struct now_clock c = clock_of(n, mount);

    if (now_overrule(&n->playing[mount], title, detail, &c))
        changed(n, NOW, mount);
}

void news_mute(struct news *n, uint32_t mount, bool muted)
{
    const struct mount *m = &n->o.mounts[mount];

    if (is_muted(m) == muted)
        return;
    encoder_mute(m->encoder, muted);
    changed(n, MUTE, mount);
}

void news_tick(struct news *n, int64_t now)
{
    free(n->text);
    n->text = NULL;
    sse_tick(n->sse, now);
    if (now < n->edge_at)
        return;
    n->edge_at = now + NEWS_EDGE_S * NS_PER_S;
    for (uint32_t i = 0; i < n->o.n_mounts; i++)
        tell(n, EDGE, i, NULL);
}

/* ---- requests ----------------------------------------------------------- */

/* The mounts that a query names, a bit each, all when it names none; 0: one
   that is not there. */
static uint32_t topics_of(const struct news *n, const char *query)
{
    static const char key[] = "mount=";
    uint32_t topics = 0;

    while (query && *query) {
        size_t len = strcspn(query, "&");
        if (strncmp(query, key, sizeof(key) - 1) == 0) {
            uint32_t i = 0;
            const char *name = query + sizeof(key) - 1;
            size_t name_len = len - (sizeof(key) - 1);
            while (i < n->o.n_mounts &&
                   (strlen(n->o.mounts[i].name) != name_len ||
                    memcmp(n->o.mounts[i].name, name, name_len) != 0))
                i++;
            if (i == n->o.n_mounts)
                return 0;
            topics |= UINT32_C(1) << i;
        }
        query += len + (query[len] == '&');
    }
    return topics ? topics : SSE_TOPICS_ALL;
}

static void serve_events(struct news *n, struct evhttp_request *req)
{
    const uint32_t topics = topics_of(n, reply_query(req));
    struct evbuffer *hello;

    if (topics == 0) {
        reply_header(req, "Access-Control-Allow-Origin", "*");
        reply_text(req, 404, "mount: there is none of that name");
        return;
    }
    hello = evbuffer_new();
    for (uint32_t i = 0; hello && i < n->o.n_mounts; i++) {
        for (int e = NOW; e < EVENTS && topics & UINT32_C(1) << i; e++)
            tell(n, e, i, hello);
    }
    sse_serve(n->sse, req, topics, hello);
    if (hello)
        evbuffer_free(hello);
}

/* Written once for all who ask before the next tick. */
void news_serve_now(struct news *n, struct evhttp_request *req)
{
    if (!n->text)
        n->text = now_text(n);
    if (!n->text) {
        reply_text(req, 503, "out of memory");
        return;
    }
    reply_header(req, "Cache-Control", "no-store");
    reply_body(req, 200, "application/json", n->text, strlen(n->text));
}

bool news_serve(struct news *n, struct evhttp_request *req)
{
    const char *path = reply_path(req);
    bool events_path = strcmp(path, "/events") == 0;

    if (!events_path && strcmp(path, "/now.json") != 0)
        return false;
    if (!reply_method_ok(req))
        return true;
    if (events_path) {
        serve_events(n, req);
    } else {
        reply_header(req, "Access-Control-Allow-Origin", "*");
        news_serve_now(n, req);
    }
    return true;
}

int news_new(struct news **out, const struct news_opts *o)
{
    struct news *n = calloc(1, sizeof(*n));
    struct sse_opts so = {
        .base = o->base,
        .epoch = o->epoch,
        .max = o->max_events,
        .kept = KEPT,
        .fd_max = o->fd_max,
        .anybody = true,
    };

    *out = n;
    if (!n)
        return -ENOMEM;
    n->o = *o;
    int err = sse_new(&n->sse, &so);
    if (err)
        news_free(out);
    return err;
}

void news_free(struct news **n)
{
    if (!*n)
        return;
    sse_free(&(*n)->sse);
    free((*n)->text);
    free(*n);
    *n = NULL;
}

void news_stats(const struct news *n, struct sse_stats *out)
{
    sse_stats(n->sse, out);
}
