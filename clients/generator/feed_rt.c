// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "clients/generator/feed_priv.h"
#include "graph/clock.h"

/* What the renderer passed over is owed no more. Both sides may have taken care
   of the same frames at one moment: then the debt falls under 0. */
static void hear_rt(struct feed *f)
{
    /* acquire: pairs with the release in pass_over() */
    uint64_t all = atomic_load_explicit(&f->forgiven, memory_order_acquire);

    f->owed -= (int64_t)(all - f->seen);
    f->seen = all;
}

/* Drops what is owed out of the rings, which keeps the room's tail whole. */
static void drop_rt(struct feed *f)
{
    uint32_t n = ring_readable_rt(f->ring[FEED_FIRST]);

    if (f->owed <= 0)
        return;
    if (n > f->owed)
        n = (uint32_t)f->owed;
    for (uint32_t c = FEED_CHANNELS; c-- > 0;)
        ring_read_end_rt(f->ring[c], n);
    f->owed -= n;
}

/* Tells the renderer. In this order, or it could pair an old debt with the new
   word that part of it is settled, and settle that again. */
static void tell_rt(struct feed *f)
{
    atomic_store_explicit(&f->debt, f->owed, memory_order_relaxed);
    /* release: pairs with the acquire in pass_over() */
    atomic_store_explicit(&f->heard, f->seen, memory_order_release);
}

/* Up to n frames of music; returns how many. */
static uint32_t play_rt(struct feed *f, float *const *out, uint32_t n)
{
    uint32_t have = ring_readable_rt(f->ring[FEED_FIRST]);

    if (n > have)
        n = have;
    for (uint32_t c = FEED_CHANNELS; c-- > 0;)
        ring_read_rt(f->ring[c], out[c], n);
    return n;
}

/* A message that finds the ring full is held until the next cycle finds room,
   or a newer one takes its place: so a knob is where it was left, whatever came
   between. Returns how many were dropped for it. */
static uint32_t pass_midi_rt(struct feed *f, const struct feed_message *m)
{
    uint32_t dropped = f->holds;

    if (!f->holds && ring_write_rt(f->midi, m, 1) == 1)
        return 0;
    f->held = *m;
    f->holds = true;
    return dropped;
}

/* Of a flood, only as many are looked at as the ring could take. */
static void hear_midi_rt(struct feed *f, const struct jclient_cycle *cycle)
{
    uint32_t n = jclient_midi_count_rt(cycle, 0);
    uint32_t i = n > FEED_MIDI ? n - FEED_MIDI : 0;
    uint32_t dropped = i;
    struct jclient_midi midi;

    if (f->holds && ring_write_rt(f->midi, &f->held, 1) == 1)
        f->holds = false;
    for (; i < n && jclient_midi_rt(cycle, 0, i, &midi); i++) {
        struct feed_message m = {.n = (uint8_t)midi.n};
        /* system messages, such as the clock, mean nothing here */
        if (midi.n > sizeof(m.byte) || (midi.n > 0 && midi.byte[0] >= 0xf0))
            continue;
        for (uint32_t b = 0; b < midi.n; b++)
            m.byte[b] = midi.byte[b];
        dropped += pass_midi_rt(f, &m);
    }
    /* relaxed: a count, which nothing else hangs on */
    atomic_fetch_add_explicit(&f->midi_dropped, dropped, memory_order_relaxed);
}

/* In two parts, so that years fit. */
static int64_t frames_rt(int64_t ns, uint32_t rate)
{
    return ns / NS_PER_S * rate + ns % NS_PER_S * rate / NS_PER_S;
}

static int64_t ns_rt(int64_t frames, uint32_t rate)
{
    return frames / rate * NS_PER_S + frames % rate * NS_PER_S / rate;
}

/* Which frame is due now. Music that resumes was rendered from where it was
   when the program began, and owes the time since. */
static void keep_time_rt(struct feed *f, const struct jclient_cycle *cycle)
{
    int64_t origin = atomic_load_explicit(&f->origin, memory_order_relaxed);

    f->owed += (int64_t)cycle->lost;
    f->due += (int64_t)cycle->lost;
    if (f->resumes) {
        int64_t due = frames_rt(cycle->time - origin, f->rate);
        f->owed += due - f->due;
        f->due = due;
        f->resumes = false;
    }
    /* relaxed: a word for people and successors */
    atomic_store_explicit(&f->origin, cycle->time - ns_rt(f->due, f->rate),
                          memory_order_relaxed);
}

void feed_process_rt(void *ctx, const struct jclient_cycle *cycle)
{
    struct feed *f = *(struct feed **)ctx;
    /* In overload the music plays on late until the renderer passes over some:
       dropping what it hardly made in time would leave nothing to play. */
    bool late = atomic_load_explicit(&f->overloaded, memory_order_relaxed);
    uint32_t got = 0;

    hear_midi_rt(f, cycle);
    keep_time_rt(f, cycle);
    hear_rt(f);
    if (!late)
        drop_rt(f);
    if (f->owed == 0 || (f->owed > 0 && late))
        got = play_rt(f, cycle->out, cycle->n_frames);
    if (got < cycle->n_frames) {
        uint32_t rest = cycle->n_frames - got;
        for (uint32_t c = 0; c < FEED_CHANNELS; c++)
            memset(cycle->out[c] + got, 0, rest * sizeof(*cycle->out[c]));
        f->owed += rest;
        /* relaxed: a count, which nothing else hangs on */
        atomic_fetch_add_explicit(&f->missed, rest, memory_order_relaxed);
    }
    f->due += cycle->n_frames;
    for (uint32_t c = 0; c < FEED_CHANNELS; c++)
        gauge_add_rt(&f->gauge, c, cycle->out[c], 1, cycle->n_frames);
    gauge_end_rt(&f->gauge, cycle->n_frames, f->rate, cycle->time);
    tell_rt(f);
}
