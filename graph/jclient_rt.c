// SPDX-License-Identifier: GPL-3.0-or-later
#include <jack/midiport.h>

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
 * ours, since JACK's is CLOCK_MONOTONIC_RAW, which drifts away from it. JACK's
 * idea of the moment comes from a loop that settles over seconds after a server
 * stood still; where it lies outside of the cycle it is wrong, and now is
 * nearer. RT safe.
 */
static int64_t began_rt(const struct jclient *c, uint32_t n_frames,
                        uint32_t rate)
{
    jack_nframes_t frames;
    jack_time_t us, next_us;
    float period_us;
    int64_t now = clock_now();

    if (rate == 0 ||
        jack_get_cycle_times(c->jack, &frames, &us, &next_us, &period_us) != 0)
        return now;
    int64_t age = (int64_t)(jack_get_time() - us) * 1000;
    int64_t period = (int64_t)n_frames * NS_PER_S / rate;
    return age >= 0 && age <= period ? now - age : now;
}

int jclient_process_rt(jack_nframes_t n_frames, void *arg)
{
    struct jclient *c = arg;

    /* acquire: pairs with the release in jclient_close() */
    if (atomic_load_explicit(&c->closed, memory_order_acquire))
        return 0;
    const float *in[JCLIENT_PORTS_MAX];
    float *out[JCLIENT_PORTS_MAX];
    void *midi_in[JCLIENT_PORTS_MAX];
    uint32_t now = jack_last_frame_time(c->jack);
    /* JACK's frame time wraps at 2^32: only differences are used. */
    int32_t step = c->seen_cycle ? (int32_t)(now - c->next_frame) : 0;

    /* A client that was too late to run is woken once for each cycle it missed,
       all in the present one: its buffers are done already, and another round
       would put the client ahead of time for good. */
    if (step < 0 && step >= -(int32_t)n_frames)
        return 0;
    /* A long step back (a server's clock set anew) is no loss. */
    uint32_t lost = step > 0 ? (uint32_t)step : 0;
    c->seen_cycle = true;
    c->next_frame = now + n_frames;
    for (uint32_t i = 0; i < c->n_in; i++)
        in[i] = jack_port_get_buffer(c->in[i], n_frames);
    for (uint32_t i = 0; i < c->n_out; i++)
        out[i] = jack_port_get_buffer(c->out[i], n_frames);
    for (uint32_t i = 0; i < c->n_midi_in; i++)
        midi_in[i] = jack_port_get_buffer(c->midi_in[i], n_frames);

    /* relaxed: each is a word of its own that [jk] announces */
    uint32_t rate = atomic_load_explicit(&c->rate, memory_order_relaxed);
    bool freewheel = atomic_load_explicit(&c->freewheel, memory_order_relaxed);
    struct jclient_cycle cycle = {.n_frames = n_frames,
                                  .lost = lost,
                                  .rate = rate,
                                  .time = began_rt(c, n_frames, rate),
                                  .freewheel = freewheel,
                                  .in = in,
                                  .out = out,
                                  .midi_in = midi_in,
                                  .n_midi_in = c->n_midi_in};
    __auto_type was = denormals_off_rt();
    c->process_rt(c->ctx, &cycle);
    denormals_restore_rt(was);
    return 0;
}
