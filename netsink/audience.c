// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/audience.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "graph/clock.h"
#include "netsink/audience_priv.h"
#include "netsink/reply.h"

#define METHODS      "GET, HEAD, OPTIONS"
#define COME_AGAIN   "10" /* s: Retry-After of a full house */
#define STALE_KEPT   8    /* cookies of the dead that a browser may keep */
#define COME_SOON    "1"
#define CORS_MAX_AGE "86400" /* s */

const char *const audience_refusal_names[REFUSED_KINDS] = {
    [REFUSED_FULL] = "full",
    [REFUSED_NO_FDS] = "descriptors",
    [REFUSED_NO_MEMORY] = "memory",
    [REFUSED_NOT_READY] = "not ready",
};

int audience_new(struct audience **out, const struct audience_opts *o)
{
    struct audience *a = calloc(1, sizeof(*a));

    *out = a;
    if (!a)
        return -ENOMEM;
    a->o = *o;
    /* As many again may be on their way back. */
    int err = sessions_new(&a->sessions, 2 * o->max_listeners);
    if (err)
        audience_free(out);
    return err;
}

void audience_free(struct audience **a)
{
    if (!*a)
        return;
    sessions_free(&(*a)->sessions);
    free(*a);
    *a = NULL;
}

void audience_open(struct audience *a, struct fan *fan)
{
    a->fan = fan;
}

void audience_close(struct audience *a)
{
    a->fan = NULL;
}

static void refuse(struct audience *a, struct evhttp_request *req,
                   enum audience_refusal why)
{
    static const char *const said[REFUSED_KINDS] = {
        [REFUSED_FULL] = "all seats are taken",
        [REFUSED_NO_FDS] = "all seats are taken",
        [REFUSED_NO_MEMORY] = "out of memory",
        [REFUSED_NOT_READY] = "there is no stream now",
    };

    a->totals.refused[why]++;
    reply_header(req, "Retry-After",
                 why == REFUSED_NOT_READY ? COME_SOON : COME_AGAIN);
    reply_text(req, 503, said[why]);
}

/*
 * Browsers say what a request is for only to servers they trust: local ones and
 * those with TLS. Else it shows by the range, which no script's fetch() asks
 * for by itself.
 */
static bool is_element(struct evhttp_request *req, bool ranged)
{
    const char *dest = reply_said(req, "Sec-Fetch-Dest");
    const char *agent = reply_said(req, "User-Agent");

    if (dest)
        return strcasecmp(dest, "audio") == 0 || strcasecmp(dest, "video") == 0;
    return ranged && agent && strncmp(agent, "Mozilla/", 8) == 0;
}

/* Who didn't ask for them must not see them: VLC takes them for a server
   without ranges, and could not go on after a cut. */
static bool wants_icy(struct evhttp_request *req)
{
    const char *icy = reply_said(req, "Icy-MetaData");
    return icy && strcmp(icy, "1") == 0;
}

static void read_wish(const struct audience *a, struct evhttp_request *req,
                      struct wish *w)
{
    bool ranged = query_range(reply_said(req, "Range"), &w->offset);

    w->chunked = req->major > 1 || (req->major == 1 && req->minor >= 1);
    w->element = is_element(req, ranged);
    w->icy = wants_icy(req);
    w->n_stale = session_stale(a->sessions, reply_said(req, "Cookie"),
                               STALE_KEPT, w->stale, HEAD_STALE);
}

/* The session that the wish goes on with, or NULL. */
static struct session *choose(const struct audience *a,
                              struct evhttp_request *req, struct wish *w)
{
    struct session_claim claim = {0};
    struct session_wish sw = {
        .cookies = reply_said(req, "Cookie"),
        .mount = w->q.mount,
        .kind = w->q.kind,
        .rung = w->q.rung,
        .pinned = w->q.pinned,
        .offset = w->offset,
    };
    struct session *ses = NULL;

    if (w->offset > 0)
        ses = session_choose(a->sessions, &sw, clock_now(), &claim);
    if (ses) {
        w->origin = (struct entry_point){ses->epoch, ses->seq};
    } else if (claim.id) {
        w->claim = claim.id;
        w->origin = (struct entry_point){claim.epoch, claim.seq};
    }
    return ses;
}

/* Only the head, of the answer that there would be. */
static void serve_head(struct audience *a, struct evhttp_request *req,
                       const struct wish *w)
{
    struct entry_point origin;
    struct stream s;
    struct park *park;
    char text[HEAD_MAX];

    if (seat_stream(a, w, 0, &s, &origin) || park_new(&park, req)) {
        refuse(a, req, REFUSED_NO_MEMORY);
        return;
    }
    seat_head(a, w, &s, NULL, text);
    send(park_fd(park), text, strlen(text), MSG_NOSIGNAL);
    park_close(&park);
}

/* REFUSED_KINDS: none. */
static enum audience_refusal refusal(const struct audience *a,
                                     struct evhttp_request *req,
                                     const struct mount *m,
                                     const struct session *ses)
{
    struct bufferevent *b =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    struct encoder_stats e;

    if (!a->fan)
        return REFUSED_NOT_READY;
    encoder_stats(m->encoder, &e);
    if (e.failed)
        return REFUSED_NOT_READY;
    /* A descriptor is the least that is free: so many are in use. */
    if (a->o.fd_max > 0 && bufferevent_getfd(b) >= a->o.fd_max)
        return REFUSED_NO_FDS;
    if (a->n_seats >= a->o.max_listeners && !(ses && ses->on_air))
        return REFUSED_FULL;
    return REFUSED_KINDS;
}

static void refuse_range(struct evhttp_request *req)
{
    char range[48];

    snprintf(range, sizeof(range), "bytes */%" PRIu64, HEAD_TOTAL);
    reply_header(req, "Content-Range", range);
    reply_text(req, 416, "no stream is that long");
}

static void serve_stream(struct audience *a, struct evhttp_request *req,
                         struct wish *w)
{
    struct session *ses;
    enum audience_refusal why;

    read_wish(a, req, w);
    if (w->offset >= HEAD_TOTAL - 1) {
        refuse_range(req);
        return;
    }
    ses = choose(a, req, w);
    why = refusal(a, req, w->q.mount, ses);
    if (why != REFUSED_KINDS) {
        refuse(a, req, why);
        return;
    }
    struct entry_range range = seat_range(w->q.mount, w->q.rung);
    if (w->q.has_from && w->q.from > range.edge + ENTRY_AHEAD_MAX)
        reply_text(req, 400,
                   "from: at most 10 s ahead of what there is is "
                   "allowed");
    else if (reply_is_head(req))
        serve_head(a, req, w);
    else if (seat_take(a, req, w, ses))
        refuse(a, req, REFUSED_NO_MEMORY);
}

/* A page from elsewhere asks whether it may ask (Fetch standard, CORS). */
static void serve_preflight(struct evhttp_request *req)
{
    reply_header(req, "Access-Control-Allow-Methods", METHODS);
    reply_header(req, "Access-Control-Allow-Headers", "Range");
    reply_header(req, "Access-Control-Max-Age", CORS_MAX_AGE);
    reply_header(req, "Allow", METHODS);
    evhttp_send_reply(req, 204, "No Content", NULL);
}

bool audience_serve(struct audience *a, struct evhttp_request *req)
{
    enum evhttp_cmd_type method = evhttp_request_get_command(req);
    struct wish w = {0};
    char said[QUERY_SAID];
    int err = query_parse(&w.q, a->o.mounts, a->o.n_mounts, reply_path(req),
                          reply_query(req), said);

    if (err == -ENOENT)
        return false;
    /* A page from elsewhere may know why, too. */
    reply_header(req, "Access-Control-Allow-Origin", "*");
    if (method == EVHTTP_REQ_OPTIONS) {
        serve_preflight(req);
    } else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
        reply_header(req, "Allow", METHODS);
        reply_text(req, 405, "streams have " METHODS);
    } else if (err) {
        reply_text(req, 400, said);
    } else {
        serve_stream(a, req, &w);
    }
    return true;
}

int audience_drop(struct audience *a, uint64_t number)
{
    struct session *ses = session_next(a->sessions, NULL);

    while (ses && ses->number != number)
        ses = session_next(a->sessions, ses);
    if (!ses || !a->fan)
        return -ENOENT;
    struct seat *seat = ses->ctx;
    seat->dropped = true;
    fan_end(a->fan, seat->listener, LISTENER_DROPPED);
    return 0;
}

void audience_range(const struct mount *m, uint64_t *first, uint64_t *edge)
{
    struct entry_range r = seat_range(m, m->usual);

    *first = r.first;
    *edge = r.edge;
}

void audience_tick(struct audience *a)
{
    sessions_tick(a->sessions, clock_now());
}

void audience_totals(const struct audience *a, struct audience_totals *out)
{
    *out = a->totals;
    out->listeners = sessions_on_air(a->sessions);
}

const struct sessions *audience_sessions(const struct audience *a)
{
    return a->sessions;
}

const struct gone_list *audience_gone(const struct audience *a)
{
    return &a->gone;
}
