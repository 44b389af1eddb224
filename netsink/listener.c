// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/listener.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "graph/clock.h"
#include "netsink/listener_priv.h"
#include "netsink/timeline.h"

#define PACKETS_PER_S (TIMELINE_RATE / TIMELINE_PACKET)

/* The answer's head is the rest of a write that took nothing. */
static struct rest *head_rest(const char *head)
{
    size_t len = strlen(head);
    struct rest *r = calloc(1, sizeof(*r) + len);

    if (r) {
        memcpy(r->pre, head, len);
        r->pre_len = (uint32_t)len;
    }
    return r;
}

int listener_new(struct listener **out, const struct listener_opts *o)
{
    struct listener *l = calloc(1, sizeof(*l));
    int err = -ENOMEM;

    *out = NULL;
    if (!l)
        goto out;
    l->log = o->log;
    l->id = o->id;
    l->fd = o->fd;
    l->latency = o->latency;
    l->lead = o->lead;
    l->pinned = o->pinned;
    l->chunked = o->chunked;
    l->owner = o->owner;
    l->mount = o->stream.o.mount;
    l->own_rung = o->stream.rung;
    l->cadence = latency_classes[o->latency].cadence;
    l->stream = o->stream;
    l->begun = l->burst_at = l->taken_at = clock_now();
    l->begun_packets = o->stream.packets;
    l->burst_seq = o->stream.seq;
    l->next_tick = LISTENER_NEVER;
    l->back_off = 1;
    l->rungs[0] = o->stream.rung;
    l->rung_seqs[0] = o->stream.seq;
    l->n_rungs = 1;
    l->rest = head_rest(o->head);
    err = l->rest ? 0 : -ENOMEM;
out:
    if (err)
        listener_free(&l);
    *out = l;
    return err;
}

void listener_release(struct listener *l)
{
    for (uint32_t r = 0; r < l->mount->n_rungs && l->held; r++)
        if (l->held >> r & 1) {
            encoder_release(l->mount->encoder, r);
            l->held &= ~(UINT64_C(1) << r);
        }
}

void listener_free(struct listener **l)
{
    if (!*l)
        return;
    if ((*l)->rest)
        slab_unref((*l)->rest->slab);
    free((*l)->rest);
    free(*l);
    *l = NULL;
}

const struct stream *listener_stream(const struct listener *l)
{
    return &l->stream;
}

void *listener_owner(const struct listener *l)
{
    return l->owner;
}

uint32_t listener_queue(const struct listener *l)
{
    int n = 0;

    return ioctl(l->fd, SIOCOUTQ, &n) || n < 0 ? 0 : (uint32_t)n;
}

uint32_t listener_rest(const struct listener *l)
{
    const struct rest *r = l->rest;

    return r ? r->pre_len + r->body_len + r->tail_len - r->done : 0;
}

/* Audio on its way to the peer, s. Some of it may be of an earlier rung. */
static double on_way(const struct listener *l, uint32_t queue)
{
    const struct stream *s = &l->stream;
    double bytes = (double)queue + listener_rest(l), seconds = 0;
    uint64_t end = s->offset;

    if (bytes == 0)
        return 0;
    for (uint32_t i = s->row; i > 0 && bytes > 0; i--) {
        double row = (double)(end - s->turns[i].offset);
        row = row < bytes ? row : bytes;
        seconds += row / l->rates[s->turns[i].rung];
        bytes -= row;
        end = s->turns[i].offset;
    }
    return seconds + bytes / l->rates[s->turns[0].rung];
}

/*
 * A chunk is due by and by over the cadence before the next one, so that lag is
 * the same whenever one looks; during a burst, as it would be played.
 */
static double lag_of(const struct listener *l, uint32_t queue, int64_t now)
{
    const struct pace *pace = encoder_pace(l->mount->encoder);
    double due =
        pace_position(pace, now) - l->cadence - l->off / 2.0; /* packets */

    if (l->state == LISTENER_BURST) {
        double played = (double)l->burst_seq +
                        (double)(now - l->burst_at) / NS_PER_S * PACKETS_PER_S;
        due = played < due ? played : due;
    }
    double lag =
        (due - (double)l->stream.seq) / PACKETS_PER_S + on_way(l, queue);
    return lag > 0 ? lag : 0;
}

double listener_lag(const struct listener *l, int64_t now)
{
    return lag_of(l, l->queue, now);
}

double listener_lead(const struct listener *l, uint32_t queue, int64_t now)
{
    double got =
        (double)(l->stream.packets - l->begun_packets) / PACKETS_PER_S -
        on_way(l, queue);

    return got - ((double)(now - l->begun) / NS_PER_S - l->pauses);
}

void listener_stats(const struct listener *l, int64_t now,
                    struct listener_stats *out)
{
    /* As it is now, not as it was at the last visit. */
    const uint32_t queue = listener_queue(l);

    *out = (struct listener_stats){
        .id = l->id,
        .latency = l->latency,
        .seconds = (double)(now - l->begun) / NS_PER_S,
        .bytes = l->sent > queue ? l->sent - queue : 0,
        .packets = l->stream.packets - l->begun_packets,
        .chunks = l->chunks,
        .skips = l->skips,
        .skipped = l->skipped,
        .switches = l->switches,
        .lag_s = lag_of(l, queue, now),
        .lead_s = listener_lead(l, queue, now),
        .rung = l->stream.rung,
        .n_rungs = l->n_rungs,
        .deviation_p50 = spread_quantile(&l->deviation, .5),
        .deviation_p99 = spread_quantile(&l->deviation, .99),
        .deviation_max = spread_quantile(&l->deviation, 1),
        .jitter_p95 = spread_quantile(&l->jitter, .95),
        .rtt = l->rtt,
    };
    if (out->lead_s < 0)
        out->lead_s = 0;
    for (uint32_t i = 0; i < l->n_rungs; i++) {
        out->rungs[i].rung = l->rungs[i];
        out->rungs[i].seq = l->rung_seqs[i];
    }
}
