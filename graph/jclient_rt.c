// SPDX-License-Identifier: GPL-3.0-or-later
#include <jack/midiport.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/jclient_priv.h"

#if defined(__SSE2__)
#include <immintrin.h>
/* libjack leaves denormals on; a decaying tail would cost tens of times the
   CPU. Set per cycle, since the server may change the thread. RT safe. */
static unsigned denormals_off_rt(void)
{
    unsigned was = _mm_getcsr();
    _mm_setcsr(was | 0x8040); /* flush to zero, denormals are zero */
    return was;
}
static void denormals_restore_rt(unsigned was)
{
    _mm_setcsr(was);
}
#elif defined(__aarch64__)
static unsigned long denormals_off_rt(void)
{
    unsigned long was;
    __asm__ volatile("mrs %0, fpcr" : "=r"(was));
    __asm__ volatile("msr fpcr, %0" ::"r"(was | (1UL << 24)));
    return was;
}
static void denormals_restore_rt(unsigned long was)
{
    __asm__ volatile("msr fpcr, %0" ::"r"(was));
}
#else
static int denormals_off_rt(void)
{
    return 0;
}
static void denormals_restore_rt(int was)
{
    (void)was;
}
#endif

uint32_t jclient_midi_count_rt(const struct jclient_cycle *cycle, uint32_t port)
{
    if (port >= cycle->n_midi_in)
        return 0;
    return jack_midi_get_event_count(cycle->midi_in[port]);
}

bool jclient_midi_rt(const struct jclient_cycle *cycle, uint32_t port,
                     uint32_t i, struct jclient_midi *out)
{
    jack_midi_event_t event;

    if (port >= cycle->n_midi_in ||
        jack_midi_event_get(&event, cycle->midi_in[port], i) != 0)
        return false;
    out->frame = event.time;
    out->n = (uint32_t)event.size;
    out->byte = event.buffer;
    return true;
}

/*
 * When the present cycle began: how long ago that is by JACK's clock, taken off
 * ours (now), since JACK's is CLOCK_MONOTONIC_RAW, which drifts away from it.
 * JACK's idea of the moment comes from a loop that settles over seconds after a
 * server stood still; where it lies outside of the cycle it is wrong, and now
 * is nearer. RT safe.
 */
static int64_t began_rt(const struct jclient_link *l, int64_t now,
                        int64_t period)
{
    jack_nframes_t frames;
    jack_time_t us, next_us;
    float period_us;

    if (jack_get_cycle_times(l->jack, &frames, &us, &next_us, &period_us) != 0)
        return now;
    int64_t age = (int64_t)(jack_get_time() - us) * 1000;
    return age >= 0 && age <= period ? now - age : now;
}

uint32_t jclient_step_rt(int64_t ns)
{
    uint64_t us = ns > 0 ? (uint64_t)ns / 1000 : 0;

    if (us < 4)
        return (uint32_t)us;
    uint32_t e = 63 - (uint32_t)__builtin_clzll(us); /* 2^e <= us */
    uint32_t i = 4 * (e - 1) + (uint32_t)(us >> (e - 2) & 3);
    return i < JCLIENT_TOOK ? i : JCLIENT_TOOK - 1;
}

int64_t jclient_step_end_rt(uint32_t step)
{
    uint32_t e = step / 4 + 1;

    if (step < 4)
        return (int64_t)(step + 1) * 1000;
    return ((int64_t)(step % 4) + 5) * (INT64_C(1) << (e - 2)) * 1000;
}

/* The counts have one writer, so load and store need not be one. */
static void add_rt(_Atomic uint32_t *x, uint32_t n)
{
    atomic_store_explicit(x, atomic_load_explicit(x, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* What the callback took, begun at `from`. RT safe. */
static void measure_rt(struct jclient_count *n, int64_t from, int64_t period)
{
    int64_t took = clock_now() - from;
    double was = atomic_load_explicit(&n->load, memory_order_relaxed);
    double share = period > 0 ? 1e6 * (double)took / (double)period : 0.0;
    /* a mean over about a second */
    double weight = (double)period / NS_PER_S;

    if (weight > 1.0)
        weight = 1.0;
    if (share > 1e9)
        share = 1e9;
    atomic_store_explicit(&n->load, (uint32_t)(was + (share - was) * weight),
                          memory_order_relaxed);
    if (took > atomic_load_explicit(&n->dsp_max, memory_order_relaxed))
        atomic_store_explicit(&n->dsp_max, took, memory_order_relaxed);
    add_rt(&n->took[jclient_step_rt(took)], 1);
    if (took > period)
        add_rt(&n->overruns, 1);
}

/*
 * Frames between the last cycle and this one. In a stay JACK counts them; what
 * passed before its first cycle only our clock knows. RT safe.
 */
static uint64_t lost_rt(const struct jclient_link *l, int32_t step,
                        int64_t began)
{
    const struct jclient *c = l->c;

    if (l->seen_cycle) /* a long step back, a clock set anew, is no loss */
        return step > 0 ? (uint64_t)step : 0;
    if (c->ended == 0 || began <= c->ended)
        return 0;
    /* seconds apart, for days of 384 kHz */
    uint64_t ns = (uint64_t)(began - c->ended);
    return ns / NS_PER_S * l->rate + ns % NS_PER_S * l->rate / NS_PER_S;
}

/* Counts a cycle that came too late, or after some that never came. RT safe. */
static void count_late_rt(struct jclient_link *l, int64_t now, int64_t period,
                          uint64_t lost)
{
    struct jclient_count *n = &l->c->count;
    uint64_t was = atomic_load_explicit(&n->skipped, memory_order_relaxed);

    if (l->seen_cycle && lost > 0) {
        atomic_store_explicit(&n->skipped, was + lost, memory_order_relaxed);
        add_rt(&n->xruns, 1);
    }
    if ((l->seen_cycle && lost > 0) || (l->due > 0 && now > l->due + period))
        add_rt(&n->late, 1);
    l->due = now + period;
}

static void silence_rt(const struct jclient_link *l, uint32_t n_frames)
{
    for (uint32_t i = 0; i < l->n_out; i++)
        memset(jack_port_get_buffer(l->out[i], n_frames), 0,
               n_frames * sizeof(float));
}

int jclient_process_rt(jack_nframes_t n_frames, void *arg)
{
    struct jclient_link *l = arg;

    /* acquire: pairs with the release in jclient_link_leave() */
    if (atomic_load_explicit(&l->closed, memory_order_acquire))
        return 0;
    struct jclient *c = l->c;
    const float *in[JCLIENT_PORTS_MAX];
    float *out[JCLIENT_PORTS_MAX];
    void *midi_in[JCLIENT_PORTS_MAX];
    int64_t from = clock_now();
    uint32_t now = jack_last_frame_time(l->jack);
    /* JACK's frame time wraps at 2^32: only differences are used. */
    int32_t step = l->seen_cycle ? (int32_t)(now - l->next_frame) : 0;

    add_rt(&l->cycles, 1);
    /* A client that was too late to run is woken once for each cycle it missed,
       all in the present one: its buffers are done already, and another round
       would put the client ahead of time for good. */
    if (step < 0 && step >= -(int32_t)n_frames)
        return 0;
    /* relaxed: each is a word of its own that [jk] announces */
    uint32_t rate = atomic_load_explicit(&c->rate, memory_order_relaxed);
    bool freewheel = atomic_load_explicit(&l->freewheel, memory_order_relaxed);
    if (rate != l->rate) {
        /* it is left and joined anew for that; by our clock the time is not
           lost */
        silence_rt(l, n_frames);
        return 0;
    }
    int64_t period = rate > 0 ? (int64_t)n_frames * NS_PER_S / rate : 0;
    int64_t began = rate > 0 ? began_rt(l, from, period) : from;
    uint64_t lost = lost_rt(l, step, began);
    if (freewheel)
        l->due = 0;
    else
        count_late_rt(l, from, period, lost);
    l->seen_cycle = true;
    l->next_frame = now + n_frames;
    c->ended = began + period;
    for (uint32_t i = 0; i < l->n_in; i++)
        in[i] = jack_port_get_buffer(l->in[i], n_frames);
    for (uint32_t i = 0; i < l->n_out; i++)
        out[i] = jack_port_get_buffer(l->out[i], n_frames);
    for (uint32_t i = 0; i < l->n_midi_in; i++)
        midi_in[i] = jack_port_get_buffer(l->midi_in[i], n_frames);
    struct jclient_cycle cycle = {.n_frames = n_frames,
                                  .lost = lost,
                                  .rate = rate,
                                  .time = began,
                                  .freewheel = freewheel,
                                  .in = in,
                                  .out = out,
                                  .midi_in = midi_in,
                                  .n_midi_in = l->n_midi_in};
    __auto_type was = denormals_off_rt();
    c->o.process_rt(c->o.rt_ctx, &cycle);
    denormals_restore_rt(was);
    if (!freewheel)
        measure_rt(&c->count, from, period);
    return 0;
}
