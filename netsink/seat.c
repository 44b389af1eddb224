// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <event2/http.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "graph/clock.h"
#include "graph/text.h"
#include "netsink/audience_priv.h"
#include "netsink/reply.h"

struct entry_range seat_range(const struct mount *m, uint32_t rung)
{
    struct entry_range r;
    uint64_t first, end;
    double now = pace_position(encoder_pace(m->encoder), clock_now());

    encoder_history(m->encoder, &r.first, &r.edge);
    hub_range(m->rungs[rung].hub, &first, &end);
    /* What is the oldest now is gone before the first of it is written, or
       before a rung that has to be begun has come so far. */
    if (first < end)
        r.first = first + (end - first >= HUB_PACKETS ? RUNG_KEY : 0);
    else if (r.first > 0)
        r.first += rung_warm_up(&m->rungs[rung].spec) + RUNG_KEY;
    if (now < (double)r.edge)
        r.edge = (uint64_t)fmax(now, 0);
    if (r.first > r.edge)
        r.first = r.edge;
    return r;
}

static double rate_of(const struct mount *m, uint32_t rung)
{
    return rung_bytes_per_s(&m->rungs[rung].spec);
}

static uint32_t kbps_of(const struct mount *m, uint32_t rung)
{
    const struct rung_spec *spec = &m->rungs[rung].spec;
    return spec->codec == RUNG_OPUS ? spec->kbps : 0;
}

int seat_stream(const struct audience *a, const struct wish *w, uint64_t id,
                struct stream *s, struct entry_point *origin)
{
    const struct query *q = &w->q;
    struct entry_range range = seat_range(q->mount, q->rung);
    uint32_t lead = entry_lead(q, rate_of(q->mount, q->rung), w->element);
    struct stream_opts o = {
        .kind = q->kind,
        .mount = q->mount,
        .rung = q->rung,
        .page = latency_classes[q->latency].page,
        .serial = entry_serial(id),
        .offset = w->offset,
    };
    int err = entry_seq(q, lead, &range, &o.seq);

    if (err)
        return err;
    struct entry_point at = {a->o.epoch, o.seq};
    *origin = w->origin;
    if (w->origin.epoch == 0 || entry_granule(&w->origin, &at, &o.granule))
        *origin = at;
    return stream_init(s, &o);
}

static void describe(struct seat *seat, struct evhttp_request *req)
{
    char *host = NULL, clean[SESSION_ADDRESS - 10];
    ev_uint16_t port = 0;

    evhttp_connection_get_peer(evhttp_request_get_connection(req), &host,
                               &port);
    text_clean(clean, sizeof(clean), host);
    snprintf(seat->address, sizeof(seat->address),
             strchr(clean, ':') ? "[%s]:%u" : "%s:%u", clean, (unsigned)port);
    text_clean(seat->agent, sizeof(seat->agent), reply_said(req, "User-Agent"));
}

static struct seat *seat_new(struct audience *a, struct evhttp_request *req,
                             const struct wish *w)
{
    struct seat *seat = calloc(1, sizeof(*seat));

    if (!seat)
        return NULL;
    seat->a = a;
    seat->wish = *w;
    describe(seat, req);
    a->n_seats++;
    return seat;
}

/* Its stream ends here, by a reset. */
static void seat_free(struct seat *seat)
{
    if (!seat)
        return;
    seat->a->n_seats--;
    park_reset(&seat->park);
    free(seat);
}

void seat_head(const struct audience *a, const struct wish *w,
               const struct stream *s, const struct session *ses,
               char text[HEAD_MAX])
{
    struct head h = {
        .mount = w->q.mount,
        .kind = w->q.kind,
        .chunked = w->chunked,
        .partial = w->offset > 0,
        .offset = w->offset,
        .epoch = a->o.epoch,
        .seq = s->seq,
        .icy = w->icy,
        .kbps = kbps_of(w->q.mount, s->rung),
        .session = ses,
        .n_stale = w->n_stale,
        .now = (int64_t)time(NULL),
    };

    memcpy(h.stale, w->stale, sizeof(h.stale));
    /* An id that comes to life again is not stale. */
    for (uint32_t i = 0; i < h.n_stale; i++) {
        if (ses && h.stale[i] == ses->id)
            h.stale[i] = h.stale[--h.n_stale];
    }
    head_write(&h, text);
}

/* The session is this seat's from now on, with stream s. */
static void occupy(struct seat *seat, struct session *ses,
                   const struct stream *s, const struct entry_point *origin)
{
    const struct wish *w = &seat->wish;

    seat->ses = ses;
    seat->rung = s->rung;
    ses->mount = w->q.mount;
    ses->latency = w->q.latency;
    ses->pinned = w->q.pinned;
    ses->lead = entry_lead(&w->q, rate_of(w->q.mount, s->rung), w->element);
    ses->epoch = origin->epoch;
    ses->seq = origin->seq;
    ses->stream = *s;
    ses->rate = stream_bytes_per_s(s);
    ses->ctx = seat;
    memcpy(ses->address, seat->address, sizeof(ses->address));
    memcpy(ses->agent, seat->agent, sizeof(ses->agent));
}

/*
 * The session and the stream of a seat, which has none yet or one whose stream
 * it goes on with; its rung is held then. Errors: -ENOMEM; all is as before.
 */
static int enter(struct seat *seat)
{
    struct audience *a = seat->a;
    const struct wish *w = &seat->wish;
    const struct mount *m = w->q.mount;
    struct session *ses = seat->ses;
    struct stream s;
    struct entry_point origin = w->origin;
    int64_t now = clock_now();
    bool exact = false;

    if (ses) {
        s = ses->stream;
        exact = stream_seek(&s, w->offset) == 0;
        /* A bitrate that is asked for is had, from the next key packet on. */
        if (exact && w->q.pinned && s.rung != w->q.rung)
            exact = stream_switch(&s, w->q.rung) == 0;
    } else {
        uint64_t id =
            w->claim && !session_find(a->sessions, w->claim) ? w->claim : 0;
        ses = session_new(a->sessions, id, now);
        if (!ses)
            return -ENOMEM;
    }
    int err = exact ? 0 : seat_stream(a, w, ses->id, &s, &origin);
    if (!err)
        err = encoder_hold(m->encoder, s.rung, s.seq);
    if (err && !seat->ses)
        session_drop(a->sessions, ses);
    if (err)
        return -ENOMEM;
    if (seat->ses)
        session_again(a->sessions, ses, now);
    if (w->offset > 0)
        *(exact ? &a->totals.resumes : &a->totals.restarts) += 1;
    occupy(seat, ses, &s, &origin);
    return 0;
}

/* Undoes enter(). */
static void leave(struct seat *seat)
{
    struct audience *a = seat->a;
    struct session *ses = seat->ses;

    encoder_release(ses->mount->encoder, seat->rung);
    ses->ctx = NULL;
    session_ended(a->sessions, ses, clock_now());
    if (ses->connections <= 1 && ses->past_packets == 0)
        session_drop(a->sessions, ses);
    seat->ses = NULL;
}

/* Onto the fan. */
static int start(struct seat *seat)
{
    struct audience *a = seat->a;
    struct session *ses = seat->ses;
    struct entry_range range = seat_range(ses->mount, seat->rung);
    uint64_t behind =
        range.edge > ses->stream.seq ? range.edge - ses->stream.seq : 0;
    char head[HEAD_MAX];
    struct listener_opts o = {
        .log = a->o.log,
        .id = ses->number,
        .fd = park_fd(seat->park),
        .latency = ses->latency,
        /* What it asked for is what it is to have: not to be skipped over. */
        .lead = behind > ses->lead ? (uint32_t)behind : ses->lead,
        .pinned = ses->pinned,
        .chunked = seat->wish.chunked,
        .head = head,
        .stream = ses->stream,
        .owner = seat,
    };

    seat_head(a, &seat->wish, &ses->stream, ses, head);
    int err = listener_new(&ses->listener, &o);
    if (err)
        return err;
    fan_add(a->fan, ses->listener);
    a->totals.on_mount[ses->mount - a->o.mounts]++;
    seat->listener = ses->listener;
    gone_remove(&a->gone, ses->number);
    log_info(a->o.log, "listener %llu %s %s%s at byte %llu: %s, %s",
             (unsigned long long)ses->number,
             ses->connections > 1 ? "back on" : "connected to",
             ses->mount->name, head_suffix(ses->stream.o.kind),
             (unsigned long long)seat->wish.offset, ses->address,
             ses->agent[0] ? ses->agent : "no agent");
    return 0;
}

/* Takes the place of the connection that ses still has, once that is back. */
static int replace(struct seat *seat, struct evhttp_request *req,
                   struct session *ses)
{
    struct seat *old = ses->ctx;
    int err = park_new(&seat->park, req);

    if (err)
        return err;
    seat->ses = ses;
    /* The latest one is meant. */
    seat_free(old->next);
    old->next = seat;
    fan_end(seat->a->fan, old->listener, LISTENER_REPLACED);
    return 0;
}

int seat_take(struct audience *a, struct evhttp_request *req,
              const struct wish *w, struct session *ses)
{
    struct seat *seat = seat_new(a, req, w);
    int err = -ENOMEM;

    if (!seat)
        return -ENOMEM;
    if (ses && ses->on_air) {
        err = replace(seat, req, ses);
        goto out;
    }
    seat->ses = ses;
    err = enter(seat);
    if (err)
        goto out;
    err = park_new(&seat->park, req);
    if (err)
        leave(seat);
    else if (start(seat)) {
        /* It is not evhttp's any more: a reset is the only answer. */
        leave(seat);
        a->totals.refused[REFUSED_NO_MEMORY]++;
        seat_free(seat);
    }
out:
    if (err)
        seat_free(seat);
    return err;
}

/* What the connection had, for the session's figures. */
static void account(struct session *ses, const struct listener *l)
{
    struct listener_stats had;

    listener_stats(l, clock_now(), &had);
    ses->past_bytes += had.bytes;
    ses->past_packets += had.packets;
    ses->past_skips += had.skips;
    ses->past_switches += had.switches;
    ses->stream = *listener_stream(l);
    ses->rate = stream_bytes_per_s(&ses->stream);
}

/* In order, as far as the socket allows. */
static void finish(struct seat *seat, struct listener *l)
{
    if (listener_finish(l) == 0)
        park_close(&seat->park);
}

/* The next connection of the session, or none. */
static void follow(struct audience *a, struct seat *next)
{
    int err;

    if (!next)
        return;
    if (!a->fan) {
        seat_free(next);
        return;
    }
    err = enter(next);
    if (!err) {
        err = start(next);
        if (err)
            leave(next);
    }
    if (err) {
        a->totals.refused[REFUSED_NO_MEMORY]++;
        seat_free(next);
    }
}

void audience_ended(void *ctx, struct listener *l, enum listener_end why)
{
    struct audience *a = ctx;
    struct seat *seat = listener_owner(l), *next = seat->next;
    struct session *ses = seat->ses;
    const bool dropped = seat->dropped;

    a->totals.on_mount[ses->mount - a->o.mounts]--;
    account(ses, l);
    if (why == LISTENER_DROPPED)
        finish(seat, l);
    listener_free(&l);
    encoder_release(ses->mount->encoder, seat->rung);
    ses->why = dropped ? LISTENER_DROPPED : why;
    ses->ctx = NULL;
    session_ended(a->sessions, ses, clock_now());
    log_info(a->o.log, "listener %llu gone after %.1f s and %llu bytes: %s",
             (unsigned long long)ses->number,
             (double)(ses->ended - ses->begun) / NS_PER_S,
             (unsigned long long)ses->past_bytes, gone_why(ses->why));
    gone_add(&a->gone, ses);
    seat_free(seat);
    if (dropped) {
        seat_free(next);
        session_drop(a->sessions, ses);
    } else {
        follow(a, next);
    }
}
