// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of what someone is waiting for: 60 % of the time that the best takes, for 0.3
   dB less at most. */
#define HASTY 5

void track_init(struct track *t, const struct rung_spec *spec, struct hub *hub,
                const struct history *history)
{
    *t = (struct track){
        .spec = spec, .hub = hub, .history = history, .complexity = 10};
}

/* Backward no more: all is there, or there is no memory for it. */
static void end_back(struct track *t)
{
    rung_free(&t->back);
    free(t->chunk);
    t->chunk = NULL;
    t->whole = true;
}

void track_end(struct track *t)
{
    rung_free(&t->fore);
    t->live = false;
    end_back(t);
    hub_clear(t->hub);
}

void track_fini(struct track *t)
{
    track_end(t);
}

static void set_complexity(struct track *t)
{
    const bool hasty = !t->live && t->complexity > HASTY;

    if (t->fore)
        rung_set_complexity(t->fore, hasty ? HASTY : t->complexity);
    if (t->back)
        rung_set_complexity(t->back, t->complexity);
}

int track_begin(struct track *t, uint64_t from)
{
    uint64_t first, end;

    track_end(t);
    int err = rung_new(&t->fore, t->spec);
    if (err)
        return err;
    set_complexity(t);
    history_range(t->history, &first, &end);
    t->good = (int64_t)(from < first ? first : from > end ? end : from);
    t->next = t->good - rung_warm_up(t->spec);
    t->live = false;
    t->whole = false;
    return 0;
}

void track_set_complexity(struct track *t, uint32_t complexity)
{
    if (complexity == t->complexity)
        return;
    t->complexity = complexity;
    set_complexity(t);
}

/* The next packet forward. 1: it is in the hub; 0: it was to warm up. */
static int forward(struct track *t)
{
    const float *frames = history_get(t->history, t->next);
    uint8_t data[RUNG_WAV_MAX];

    if (!frames)
        return -ESTALE;
    /* Numbers below 0 wrap, and keep their place among key packets' numbers no
       better than that: they are thrown away. */
    int len = rung_encode(t->fore, (uint64_t)t->next, frames, data);
    if (len < 0)
        return len;
    t->packets++;
    t->next++;
    if (t->next <= t->good)
        return 0;
    int err = hub_put(t->hub, (uint64_t)t->next - 1, data, (uint32_t)len);
    if (!err)
        return 1;
    hub_clear(t->hub);
    end_back(t);
    return err;
}

static bool at_end(const struct track *t)
{
    uint64_t first, end;

    history_range(t->history, &first, &end);
    return t->next >= (int64_t)end;
}

int track_due(struct track *t)
{
    int n = 0;

    while (t->live && !at_end(t)) {
        int err = forward(t);
        if (err < 0)
            return err;
        n += err;
    }
    return n;
}

/* The chunk before what the hub has: up to a key packet's number. False: there
   is none, or no memory, which is no reason to give up what is there. */
static bool begin_back(struct track *t)
{
    uint64_t first, end, oldest;

    hub_range(t->hub, &first, &end);
    history_range(t->history, &oldest, &end);
    if (first <= oldest)
        return false;
    if (!t->chunk)
        t->chunk = malloc((size_t)RUNG_KEY * rung_packet_max(t->spec));
    if (!t->chunk || rung_new(&t->back, t->spec))
        return false;
    set_complexity(t);
    t->back_end = first;
    t->back_first = (first - 1) / RUNG_KEY * RUNG_KEY;
    if (t->back_first < oldest)
        t->back_first = oldest;
    t->back_next = (int64_t)t->back_first - rung_warm_up(t->spec);
    t->filled = 0;
    return true;
}

/* The next packet of the chunk. 1: it was the last one, and they are in the
   hub. */
static int backward(struct track *t)
{
    const int64_t i = t->back_next - (int64_t)t->back_first;
    const float *frames = history_get(t->history, t->back_next);
    const uint32_t n = (uint32_t)(t->back_end - t->back_first);

    if (!frames) {
        end_back(t); /* it took too long: what is there is there */
        return 0;
    }
    if (i + 1 == n)
        rung_end(t->back);
    int len = rung_encode(t->back, (uint64_t)t->back_next, frames,
                          t->chunk + t->filled);
    if (len < 0)
        return len;
    t->packets++;
    t->back_next++;
    if (i < 0)
        return 0;
    t->lens[i] = (uint32_t)len;
    t->filled += (uint32_t)len;
    if (i + 1 < n)
        return 0;
    rung_free(&t->back);
    if (hub_put_before(t->hub, t->back_first, t->chunk, t->lens, n)) {
        end_back(t);
        return 0;
    }
    return 1;
}

int track_step(struct track *t)
{
    if (!t->fore)
        return -EAGAIN;
    if (!t->live) {
        int n = 0;
        if (!at_end(t))
            n = forward(t);
        if (n >= 0 && at_end(t)) {
            t->live = true;
            set_complexity(t);
        }
        return n;
    }
    if (t->whole)
        return -EAGAIN;
    if (!t->back && !begin_back(t)) {
        /* Before its first packet a hub has no begin to go back from. */
        if (t->next > t->good)
            end_back(t);
        return -EAGAIN;
    }
    return backward(t);
}
