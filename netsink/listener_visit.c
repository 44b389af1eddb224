// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "graph/clock.h"
#include "netsink/listener_priv.h"
#include "netsink/timeline.h"

#define PACKETS_PER_S (TIMELINE_RATE / TIMELINE_PACKET)
#define TICK          (WHEEL_TICK_MS * NS_PER_MS)
#define TICKS_PER_S   (1000 / WHEEL_TICK_MS)
#define PACKET_TICKS  (TICKS_PER_S / PACKETS_PER_S)

#define QUEUE_S     2.0         /* of audio in the socket at most, */
#define QUEUE_BYTES (36 * 1024) /* or so much at the begin */
#define BEGIN_S     0.6 /* of audio of a burst that is free of tokens: a page */
#define STALL       (120 * NS_PER_S)
#define LAG_MAX     30.0 /* s, then a jump, */
#define TAKEN       4096 /* bytes: once so much was taken since */
#define ON_TIME     (50 * NS_PER_MS)
#define TRUST       (9 * NS_PER_S / 10)
#define LOOK        (500 * NS_PER_MS)
#define LOOK_SLACK  (TICKS_PER_S / 8)
#define BACK_OFF    (TICKS_PER_S / 2)  /* ticks, at most */
#define NO_TOKENS   5                  /* ticks: until there are new ones */
#define PATIENCE    NS_PER_S           /* for the first packet */
#define WAITING     (TICKS_PER_S / 10) /* ticks: while put() is waited for */

/* Listeners that are visited together wait for the same packet. */
static int64_t chunk_due(const struct listener *l, struct due *d)
{
    if (d->seq != l->chunk_end)
        *d = (struct due){
            .seq = l->chunk_end,
            .time = pace_time(encoder_pace(l->mount->encoder), l->chunk_end),
        };
    return d->time + l->off * TICK;
}

static uint64_t chunk_tick(const struct listener *l)
{
    return l->chunk_end * PACKET_TICKS + l->off;
}

/* The first chunk that ends after seq. */
static uint64_t chunk_after(const struct listener *l, uint64_t seq)
{
    uint64_t into = (seq + l->cadence - l->residue) % l->cadence;

    return seq - into + l->cadence;
}

/* The end of the latest chunk that is due at tick. */
static uint64_t chunk_before(const struct listener *l, uint64_t tick)
{
    uint64_t t = tick > l->off ? (tick - l->off) / PACKET_TICKS : 0;
    uint64_t into = (t + l->cadence - l->residue) % l->cadence;

    return t > into ? t - into : 0;
}

/* Chunks end where pages do, so the rest of the phase is a delay, of less than
   a page. */
void listener_place(struct listener *l, uint32_t phase)
{
    uint32_t page = l->stream.o.page;

    if (page > l->cadence)
        page = l->cadence;
    l->phase = phase;
    l->residue = phase / (page * PACKET_TICKS) * page;
    l->off = phase % (page * PACKET_TICKS);
    l->placed = true;
}

static void on_schedule(struct listener *l)
{
    l->state = LISTENER_STEADY;
    l->chunk_from = l->stream.seq;
    l->chunk_end = chunk_after(l, l->stream.seq);
    l->has_last = false;
    l->back_off = 1;
}

/* To ask for the queue costs a tenth of a write. Of one who had taken
   everything a moment ago, and the last chunk wholly, it is not asked each
   time: what may have been queued since is less than the queue may hold. Of
   the class safe it is: two chunks unlooked at would be a second more until it
   falls to a lower rung. */
static bool trusted(const struct listener *l, int64_t now)
{
    return l->quiet && l->state == LISTENER_STEADY && l->queue == 0 &&
           !l->rest && now - l->looked_at < TRUST;
}

/* What the peer has by now. Whether that is more than it was. */
static bool look_at_socket(struct listener *l, int64_t now)
{
    uint64_t was = l->got;

    if (trusted(l, now))
        return false;
    l->looked_at = now;
    l->queue = listener_queue(l);
    /* What an earlier answer on the connection left behind is queued too. */
    if (l->sent > l->queue && l->sent - l->queue > l->got)
        l->got = l->sent - l->queue;
    if (l->got > was || (l->queue == 0 && !l->rest))
        l->taken_at = now;
    return l->got > was;
}

static void look_at_rtt(struct listener *l)
{
    struct tcp_info i;
    socklen_t len = sizeof(i);

    if (getsockopt(l->fd, IPPROTO_TCP, TCP_INFO, &i, &len) || i.tcpi_rtt == 0)
        return;
    int64_t rtt = i.tcpi_rtt * INT64_C(1000);
    if (l->rtt == 0 || rtt < l->rtt)
        l->rtt = rtt;
}

/* What a player that began at once has stood still so far. */
static void count_pauses(struct listener *l, int64_t now)
{
    double lead = listener_lead(l, l->queue, now);

    if (lead < 0)
        l->pauses -= lead;
}

/* Rungs that it is on or goes to are held, others no more. They are all of the
   ladder, where none is ever refused (see encoder_hold()). */
static void hold_rungs(struct listener *l)
{
    const uint64_t one = 1;
    uint64_t need = one << l->stream.rung | one << l->stream.want;

    need &= ~(one << l->own_rung);
    for (uint32_t r = 0; r < l->mount->n_rungs && need != l->held; r++) {
        bool is = l->held >> r & 1, should = need >> r & 1;
        if (is == should)
            continue;
        if (is)
            encoder_release(l->mount->encoder, r);
        else if (encoder_hold(l->mount->encoder, r, l->stream.seq))
            continue;
        l->held ^= one << r;
    }
}

static void change_rung(struct listener *l, uint32_t rung)
{
    uint32_t was = l->stream.want;

    stream_switch(&l->stream, rung);
    hold_rungs(l);
    log_debug(l->log, "listener %llu: rung %u after %u",
              (unsigned long long)l->id, rung, was);
}

/* The stream went over to another rung. */
static void note_rung(struct listener *l, const struct visit *v)
{
    const uint32_t last = LISTENER_RUNGS - 1;
    uint32_t row = l->stream.row;

    if (l->n_rungs > last)
        for (uint32_t i = 0; i < last; i++) {
            l->rungs[i] = l->rungs[i + 1];
            l->rung_seqs[i] = l->rung_seqs[i + 1];
        }
    else
        l->n_rungs++;
    while (row > 0 && l->stream.turns[row - 1].rung == l->stream.rung)
        row--;
    l->rungs[l->n_rungs - 1] = l->stream.rung;
    l->rung_seqs[l->n_rungs - 1] = l->stream.turns[row].seq;
    l->switches++;
    v->figures->switches++;
    hold_rungs(l);
    /* It may have taken an old turn again. */
    if (l->adapts && l->adapt.rung != l->stream.want)
        adapt_stay(&l->adapt, l->stream.want, v->now);
}

static void probe(struct listener *l, int64_t now)
{
    bool drained = l->got >= l->probe_sent;

    if (!l->probe_at || (!drained && now < l->probe_at))
        return;
    /* The wheel's step is no fault of the peer's. */
    drained = drained && now <= l->probe_at + TICK;
    int64_t t = now < l->probe_at ? now : l->probe_at;
    adapt_chunk(&l->adapt, l->probe_n, drained ? t - l->probe_from : -1,
                l->rtt);
    l->probe_at = 0;
}

static void begin_probe(struct listener *l, const struct written *w)
{
    if (!l->adapts || l->probe_at || w->bytes == 0)
        return;
    if (adapt_drain_time(&l->adapt, w->bytes, 0) == 0)
        return;
    look_at_rtt(l);
    l->probe_from = w->at;
    l->probe_n = w->bytes;
    l->probe_sent = l->sent;
    l->probe_at = w->at + adapt_drain_time(&l->adapt, w->bytes, l->rtt);
}

static void adapt(struct listener *l, const struct visit *v)
{
    probe(l, v->now);
    if (!l->adapts || v->now < l->look_at)
        return;
    /* Nothing is to be learnt of one who has all, on the highest rung. */
    bool quiet = l->state == LISTENER_STEADY && l->queue == 0 &&
                 l->adapt.rung >= l->adapt.o.top;
    if (quiet && l->quiet)
        return;
    if (l->quiet)
        adapt_reset(&l->adapt, v->now);
    l->quiet = quiet;
    uint32_t rung =
        adapt_look(&l->adapt, v->now, l->got, listener_lag(l, v->now));
    l->look_at = v->now + LOOK;
    if (rung != l->stream.want)
        change_rung(l, rung);
}

/* A new burst, from where the stream is. */
static void begin_burst(struct listener *l, int64_t now)
{
    l->state = LISTENER_BURST;
    l->burst_at = now;
    l->burst_seq = l->stream.seq;
    l->burst_sent = 0;
    l->probe_at = 0;
    l->back_off = 1;
    adapt_reset(&l->adapt, now);
}

/* Packets of old audio that the peer takes now, after it took nothing: they are
   a part of what it has ahead. */
static uint64_t left_over(const struct listener *l)
{
    double bytes = (double)(l->got - l->far_got) + l->queue;

    if (!l->too_far)
        return 0;
    return (uint64_t)(bytes / l->rates[l->stream.rung] * PACKETS_PER_S);
}

/* To the agreed lead, at a key packet where that makes no difference to it.
   Whether there is anything ahead. */
static bool skip(struct listener *l, const struct visit *v)
{
    uint64_t first, end, was = l->stream.seq;
    uint64_t to = v->tick / PACKET_TICKS;

    hub_range(l->mount->rungs[l->stream.rung].hub, &first, &end);
    uint64_t old = left_over(l), lead = l->lead > old ? l->lead - old : 0;
    to = to > lead ? to - lead : 0;
    if (l->lead > 2 * RUNG_KEY)
        to -= to % RUNG_KEY;
    if (to < first)
        to = first + (RUNG_KEY - first % RUNG_KEY) % RUNG_KEY;
    if (to <= was || stream_skip(&l->stream, to))
        return false;
    l->skips++;
    l->skipped += to - was;
    v->figures->skips++;
    v->figures->skipped += to - was;
    begin_burst(l, v->now);
    return true;
}

static bool too_far_behind(const struct listener *l, int64_t now)
{
    if (l->state == LISTENER_STEADY)
        return false;
    double lag = listener_lag(l, now);
    return lag > LAG_MAX && lag > (double)l->lead / PACKETS_PER_S;
}

/* It is too far behind and takes what it is sent. A peer with a closed window
   takes a byte now and then, and would be behind again once it goes on. */
static bool wants_skip(struct listener *l, int64_t now)
{
    if (!too_far_behind(l, now)) {
        l->too_far = false;
        return false;
    }
    if (!l->too_far)
        l->far_got = l->got;
    l->too_far = true;
    return l->got - l->far_got >= TAKEN;
}

/* What a burst may take without asking: its begin, and as much as is played
   meanwhile, so that nobody runs dry for want of tokens. */
static double burst_share(const struct listener *l, int64_t now)
{
    double rate = l->rates[l->stream.rung];

    return fmax(QUEUE_BYTES, BEGIN_S * rate) +
           rate * (double)(now - l->burst_at) / NS_PER_S;
}

static uint32_t room(const struct listener *l, const struct visit *v,
                     bool *no_tokens)
{
    double cap = QUEUE_S * l->rates[l->stream.rung];

    *no_tokens = false;
    if (l->state == LISTENER_BURST && cap < QUEUE_BYTES)
        cap = QUEUE_BYTES;
    double left = cap - l->queue;
    if (l->state == LISTENER_BURST && v->tokens) {
        double may = burst_share(l, v->now) - (double)l->burst_sent;
        may = (may > 0 ? may : 0) + *v->tokens;
        *no_tokens = may < left;
        left = may < left ? may : left;
    }
    return left > 0 ? (uint32_t)left : 0;
}

static void count_burst(struct listener *l, const struct visit *v, uint32_t n)
{
    double share = burst_share(l, v->now), was = (double)l->burst_sent;

    l->burst_sent += n;
    v->figures->bursts += n;
    if (v->tokens)
        *v->tokens -=
            fmax((double)l->burst_sent - share, 0) - fmax(was - share, 0);
}

static void record(struct listener *l, const struct visit *v, int64_t at)
{
    struct fan_stats *f = v->figures;
    int64_t deviation = at - chunk_due(l, v->due);

    l->chunks++;
    f->chunks++;
    f->on_time += deviation <= ON_TIME;
    hist_add(&f->deviation, deviation);
    spread_add(&l->deviation, deviation);
    if (l->has_last) {
        int64_t jitter = deviation - l->last_deviation;
        hist_add(&f->jitter, jitter < 0 ? -jitter : jitter);
        spread_add(&l->jitter, jitter < 0 ? -jitter : jitter);
    }
    l->has_last = true;
    l->last_deviation = deviation;
}

/* Chunks whose first byte is out now. */
static void record_begun(struct listener *l, const struct visit *v, int64_t at)
{
    while (l->stream.seq > l->chunk_from) {
        record(l, v, at);
        l->chunk_from = l->chunk_end;
        l->chunk_end += l->cadence;
    }
}

/* Packets below it are to be written now. */
static uint64_t limit_of(const struct listener *l, uint64_t tick)
{
    if (l->state == LISTENER_BURST)
        return tick / PACKET_TICKS;
    return chunk_before(l, tick);
}

/* There would be a page below limit, were it encoded. */
static bool starved(const struct listener *l, uint64_t limit)
{
    uint64_t page = l->stream.o.page;

    return l->stream.seq - l->stream.seq % page + page <= limit;
}

/* After a write: the state, and the tick of the next visit. */
static void plan(struct listener *l, const struct visit *v,
                 const struct written *w, uint64_t limit, uint32_t step)
{
    l->waits = w->empty && starved(l, limit);
    if (w->full) {
        if (l->state == LISTENER_STEADY)
            l->state = LISTENER_BEHIND;
        l->has_last = false;
        l->next_tick = v->tick + step;
        return;
    }
    if (w->empty && l->state != LISTENER_STEADY && !l->waits)
        on_schedule(l);
    if (!w->empty)
        l->next_tick = v->tick + 1;
    else if (l->waits)
        l->next_tick = v->tick + WAITING;
    else
        l->next_tick = chunk_tick(l);
}

static uint64_t tick_at(const struct visit *v, int64_t at)
{
    return v->tick + (at > v->now ? (uint64_t)((at - v->now) / TICK + 1) : 1);
}

/* Extra visits, for those whose network is in doubt. */
static void plan_looks(struct listener *l, const struct visit *v)
{
    uint64_t t = LISTENER_NEVER;

    if (!l->adapts)
        return;
    if (l->probe_at)
        t = tick_at(v, l->probe_at);
    /* Not where the next visit is near enough anyway. */
    uint64_t look = tick_at(v, l->look_at);
    if (l->queue > 0 && look + LOOK_SLACK < l->next_tick && look < t)
        t = look;
    if (t < l->next_tick)
        l->next_tick = t;
}

/* A rung that is warm since a moment ago, for one with a shorter lead, is still
   being encoded backwards: what one begins with is worth a wait. */
static bool still_comes(const struct listener *l, int64_t now)
{
    uint64_t first, end;

    if (l->stream.packets != l->begun_packets || now - l->begun > PATIENCE)
        return false;
    encoder_history(l->mount->encoder, &first, &end);
    return l->stream.seq >= first;
}

/* What comes next is no longer there. A peer that takes nothing is skipped once
   it does, or it would be behind again; a hub that has been emptied is as one
   where nothing is encoded yet. */
static void miss(struct listener *l, const struct visit *v, struct written *w)
{
    if (l->too_far && l->queue > 0)
        w->full = true;
    else if (still_comes(l, v->now) || !skip(l, v))
        w->empty = true;
}

static bool write_due(struct listener *l, const struct visit *v, bool progress)
{
    bool no_tokens;
    bool steady = l->state == LISTENER_STEADY;
    uint32_t rung = l->stream.rung;
    uint32_t may = room(l, v, &no_tokens);
    uint64_t limit = limit_of(l, v->tick);
    struct written w;

    int err = listener_write(l, v->scratch, may, limit, &w);
    if (err) {
        l->why = err == -ENOMEM ? LISTENER_NO_MEMORY : LISTENER_LEFT;
        return false;
    }
    v->figures->bytes += w.bytes;
    if (l->state == LISTENER_BURST)
        count_burst(l, v, w.bytes);
    if (steady)
        record_begun(l, v, w.at);
    if (l->stream.rung != rung)
        note_rung(l, v);
    if (w.gone)
        miss(l, v, &w);
    l->back_off = progress || w.bytes > 0 ? 1 : 2 * l->back_off;
    if (l->back_off > BACK_OFF)
        l->back_off = BACK_OFF;
    plan(l, v, &w, limit, no_tokens ? NO_TOKENS : l->back_off);
    if (steady && l->state == LISTENER_STEADY)
        begin_probe(l, &w);
    return true;
}

bool listener_visit(struct listener *l, const struct visit *v)
{
    bool progress = look_at_socket(l, v->now);

    l->heard = 0;
    /* Before its queue grows: the round trip of the handshake. A stream that
       goes on may begin with a wish for another rung. */
    if (l->sent == 0) {
        look_at_rtt(l);
        hold_rungs(l);
    }
    if (v->now - l->taken_at > STALL) {
        l->why = LISTENER_STALLED;
        return false;
    }
    count_pauses(l, v->now);
    adapt(l, v);
    if (wants_skip(l, v->now) && skip(l, v))
        l->too_far = false;
    if (!write_due(l, v, progress))
        return false;
    plan_looks(l, v);
    return true;
}
