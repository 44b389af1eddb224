// SPDX-License-Identifier: GPL-3.0-or-later
/* The process callback alone, with a JACK whose time and MIDI the test sets. */
#include <errno.h>
#include <jack/midiport.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/jclient_priv.h"
#include "tests/unit/test.h"

static jack_nframes_t now;
static float silence[64];

/* JACK's clock, us, its idea of when the cycle began, and whether it has any.
 */
static jack_time_t jack_now = 5000000, jack_began = 5000000;
static bool jack_unsure;

jack_nframes_t jack_last_frame_time(const jack_client_t *jack)
{
    (void)jack;
    return now;
}

jack_time_t jack_get_time(void)
{
    return jack_now;
}

int jack_get_cycle_times(const jack_client_t *jack, jack_nframes_t *frames,
                         jack_time_t *us, jack_time_t *next_us,
                         float *period_us)
{
    (void)jack;
    if (jack_unsure)
        return -1;
    *frames = now;
    *us = jack_began;
    *next_us = jack_began + 1333;
    *period_us = 1333;
    return 0;
}

void *jack_port_get_buffer(jack_port_t *port, jack_nframes_t n)
{
    (void)n;
    return port ? (void *)port : silence; /* of audio there is but one */
}

/* A MIDI port and its buffer are one here: messages in the order of time. */
struct midi_port {
    uint32_t n;
    jack_midi_event_t event[4];
};

uint32_t jack_midi_get_event_count(void *buffer)
{
    return ((struct midi_port *)buffer)->n;
}

int jack_midi_event_get(jack_midi_event_t *event, void *buffer, uint32_t i)
{
    struct midi_port *p = buffer;

    if (i >= p->n)
        return ENODATA;
    *event = p->event[i];
    return 0;
}

struct seen {
    uint32_t calls, frames;
    uint64_t lost;
    uint32_t n_midi[3];
    struct jclient_midi midi[3][4];
    int64_t time;
    uint32_t rate;
    bool freewheel;
};

static void process_rt(void *ctx, const struct jclient_cycle *cycle)
{
    struct seen *s = ctx;

    s->calls++;
    s->frames += cycle->n_frames;
    s->lost += cycle->lost;
    s->time = cycle->time;
    s->rate = cycle->rate;
    s->freewheel = cycle->freewheel;
    for (uint32_t p = 0; p < 3; p++) {
        s->n_midi[p] = jclient_midi_count_rt(cycle, p);
        for (uint32_t i = 0; i < s->n_midi[p]; i++)
            assert_true(jclient_midi_rt(cycle, p, i, &s->midi[p][i]));
        assert_false(jclient_midi_rt(cycle, p, s->n_midi[p], &s->midi[p][3]));
    }
}

static void test_time_adds_up(void **state)
{
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    struct jclient_link l = {.c = &c, .n_in = 2};
    (void)state;

    now = UINT32_MAX - 100; /* it wraps in the midst of it */
    uint32_t begun = now;
    assert_int_equal(jclient_process_rt(64, &l), 0);
    now += 64;
    jclient_process_rt(64, &l);
    assert_int_equal(s.lost, 0);
    now += 64 + 192; /* three cycles missed, and then woken for each of them */
    for (int i = 0; i < 4; i++)
        jclient_process_rt(64, &l);
    now += 64;
    jclient_process_rt(64, &l);
    assert_int_equal(s.calls, 4);
    assert_int_equal(s.lost, 192);
    assert_int_equal(s.frames + s.lost, now + 64 - begun);
}

static void test_a_clock_set_back_is_no_loss(void **state)
{
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    struct jclient_link l = {.c = &c, .n_out = 2};
    (void)state;

    now = 1000000;
    jclient_process_rt(64, &l);
    now = 0;
    jclient_process_rt(64, &l);
    now = 64;
    jclient_process_rt(64, &l);
    assert_int_equal(s.calls, 3);
    assert_int_equal(s.lost, 0);
}

/* The cycle's time lies age before the moment of the call. */
static void began(struct jclient_link *l, const struct seen *s, int64_t age)
{
    int64_t before = clock_now();
    now += 64;
    jclient_process_rt(64, l);
    assert_true(s->time >= before - age && s->time <= clock_now() - age);
}

static void test_time_is_jack_s_on_our_clock(void **state)
{
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    struct jclient_link l = {.c = &c};
    (void)state;

    atomic_init(&c.rate, 48000);
    l.rate = 48000;
    jack_began = jack_now - 700;
    began(&l, &s, 700 * 1000);
    jack_began = jack_now;
    began(&l, &s, 0);
    /* Not in this cycle, of 1,333 us: JACK is mistaken. */
    jack_began = jack_now - 600000;
    began(&l, &s, 0);
    jack_began = jack_now + 1;
    began(&l, &s, 0);
    jack_began = jack_now - 700;
    jack_unsure = true;
    began(&l, &s, 0);
    jack_unsure = false;
}

static void test_what_was_announced_is_in_the_cycle(void **state)
{
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    struct jclient_link l = {.c = &c, .rate = 44100};
    (void)state;

    atomic_init(&c.rate, 44100);
    jclient_process_rt(64, &l);
    assert_int_equal(s.rate, 44100);
    assert_false(s.freewheel);
    atomic_store(&l.freewheel, true);
    now += 64;
    jclient_process_rt(64, &l);
    assert_true(s.freewheel);
}

/* Until it has joined anew, nothing is processed at the wrong rate, and what
   the server plays meanwhile is silence. */
static void test_another_rate_is_silence(void **state)
{
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    struct jclient_link l = {.c = &c, .rate = 44100, .n_out = 1};
    (void)state;

    atomic_init(&c.rate, 96000);
    silence[5] = 1;
    jclient_process_rt(64, &l);
    assert_int_equal(s.calls, 0);
    assert_true(silence[5] == 0);
}

static void test_nothing_begins_once_closed(void **state)
{
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    struct jclient_link l = {.c = &c};
    (void)state;

    atomic_init(&l.closed, true);
    jclient_process_rt(64, &l);
    assert_int_equal(s.calls, 0);
}

/* A cycle at JACK's frame 0, begun now, in a new stay at hz. */
static void stay(struct jclient *c, uint32_t hz)
{
    struct jclient_link l = {.c = c, .rate = hz};

    atomic_store(&c->rate, hz);
    jack_began = jack_now;
    now = 0;
    jclient_process_rt(64, &l);
}

static void test_time_without_a_server_is_lost(void **state)
{
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    int64_t before = clock_now();
    (void)state;

    stay(&c, 48000);
    assert_int_equal(s.lost, 0); /* there was none before */
    int64_t end = s.time + 64 * NS_PER_S / 48000;
    assert_in_range(c.ended, end - 1, end + 1);
    /* as if ten days ago: in the new server's frames */
    c.ended = before - 864000 * NS_PER_S;
    stay(&c, 44100);
    int64_t lost = (s.time - (before - 864000 * NS_PER_S)) / 1000 * 441 / 10000;
    assert_in_range(s.lost, lost - 1, lost + 1);
    assert_int_equal(atomic_load(&c.count.skipped), 0);
}

static void test_late_cycles_and_overruns(void **state)
{
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    struct jclient_link l = {.c = &c, .rate = 48000};
    (void)state;

    atomic_init(&c.rate, 48000);
    jack_began = jack_now;
    now = 0;
    jclient_process_rt(64, &l);
    assert_int_equal(atomic_load(&c.count.late), 0);
    now += 64 + 128;
    l.due = clock_now() + NS_PER_S; /* in time, but two cycles never came */
    jclient_process_rt(64, &l);
    assert_int_equal(atomic_load(&c.count.late), 1);
    assert_int_equal(atomic_load(&c.count.skipped), 128);
    now += 64;
    l.due = 1; /* none is missing, but this one is long overdue */
    jclient_process_rt(64, &l);
    assert_int_equal(atomic_load(&c.count.late), 2);
    now += 64;
    l.due = 1; /* faster than time nothing is late */
    atomic_store(&l.freewheel, true);
    jclient_process_rt(64, &l);
    assert_int_equal(atomic_load(&c.count.late), 2);
    /* a period of 0 frames is always overrun */
    atomic_store(&l.freewheel, false);
    now += 64;
    uint32_t was = atomic_load(&c.count.overruns);
    jclient_process_rt(0, &l);
    assert_int_equal(atomic_load(&c.count.overruns), was + 1);
    assert_true(atomic_load(&c.count.dsp_max) > 0);
}

/* Each step ends where the next begins, and is at most a quarter wide. */
static void test_steps_join(void **state)
{
    (void)state;
    for (uint32_t i = 0; i + 1 < JCLIENT_TOOK; i++) {
        int64_t end = jclient_step_end_rt(i);
        assert_int_equal(jclient_step_rt(end - 1), i);
        assert_int_equal(jclient_step_rt(end), i + 1);
        if (i >= 4)
            assert_true(end <= jclient_step_end_rt(i - 1) * 5 / 4);
    }
    assert_int_equal(jclient_step_rt(INT64_MAX), JCLIENT_TOOK - 1);
    assert_int_equal(jclient_step_rt(-1), 0);
}

static void test_midi_is_the_port_s(void **state)
{
    uint8_t on[] = {0x90, 60, 1}, sysex[] = {0xf0, 1, 2, 3, 0xf7};
    struct midi_port port[2] = {
        {.n = 0},
        {.n = 2,
         .event = {{.time = 3, .size = 3, .buffer = on},
                   {.time = 9, .size = sizeof(sysex), .buffer = sysex}}}};
    struct seen s = {0};
    struct jclient c = {.o = {.process_rt = process_rt, .rt_ctx = &s}};
    struct jclient_link l = {
        .c = &c,
        .n_in = 1,
        .midi_in = {(jack_port_t *)&port[0], (jack_port_t *)&port[1]},
        .n_midi_in = 2};
    (void)state;

    jclient_process_rt(64, &l);
    assert_int_equal(s.n_midi[0], 0);
    assert_int_equal(s.n_midi[1], 2);
    assert_int_equal(s.n_midi[2], 0); /* there is no such port */
    assert_true(s.midi[1][0].frame == 3 && s.midi[1][0].n == 3 &&
                s.midi[1][0].byte == on);
    assert_true(s.midi[1][1].frame == 9 && s.midi[1][1].n == sizeof(sysex) &&
                s.midi[1][1].byte == sysex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_adds_up),
        cmocka_unit_test(test_a_clock_set_back_is_no_loss),
        cmocka_unit_test(test_time_is_jack_s_on_our_clock),
        cmocka_unit_test(test_what_was_announced_is_in_the_cycle),
        cmocka_unit_test(test_another_rate_is_silence),
        cmocka_unit_test(test_nothing_begins_once_closed),
        cmocka_unit_test(test_time_without_a_server_is_lost),
        cmocka_unit_test(test_late_cycles_and_overruns),
        cmocka_unit_test(test_steps_join),
        cmocka_unit_test(test_midi_is_the_port_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
