// SPDX-License-Identifier: GPL-3.0-or-later
/* The process callback alone, with a JACK whose time the test sets. */
#include <string.h>

#include "graph/jclient_priv.h"
#include "tests/unit/test.h"

static jack_nframes_t now;
static float buffer[64];

jack_nframes_t jack_last_frame_time(const jack_client_t *jack)
{
    (void)jack;
    return now;
}

void *jack_port_get_buffer(jack_port_t *port, jack_nframes_t n)
{
    (void)port;
    (void)n;
    return buffer;
}

struct seen {
    uint32_t calls, frames, lost;
};

static void process_rt(void *ctx, const struct jclient_cycle *cycle)
{
    struct seen *s = ctx;

    s->calls++;
    s->frames += cycle->n_frames;
    s->lost += cycle->lost;
}

static void test_time_adds_up(void **state)
{
    struct seen s = {0};
    struct jclient c = {.n_in = 2, .process_rt = process_rt, .ctx = &s};
    (void)state;

    now = UINT32_MAX - 100; /* it wraps in the midst of it */
    uint32_t begun = now;
    assert_int_equal(jclient_process_rt(64, &c), 0);
    now += 64;
    jclient_process_rt(64, &c);
    assert_int_equal(s.lost, 0);
    now += 64 + 192; /* three cycles missed, and then woken for each of them */
    for (int i = 0; i < 4; i++)
        jclient_process_rt(64, &c);
    now += 64;
    jclient_process_rt(64, &c);
    assert_int_equal(s.calls, 4);
    assert_int_equal(s.lost, 192);
    assert_int_equal(s.frames + s.lost, now + 64 - begun);
}

static void test_a_clock_set_back_is_no_loss(void **state)
{
    struct seen s = {0};
    struct jclient c = {.n_out = 2, .process_rt = process_rt, .ctx = &s};
    (void)state;

    now = 1000000;
    jclient_process_rt(64, &c);
    now = 0;
    jclient_process_rt(64, &c);
    now = 64;
    jclient_process_rt(64, &c);
    assert_int_equal(s.calls, 3);
    assert_int_equal(s.lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_adds_up),
        cmocka_unit_test(test_a_clock_set_back_is_no_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
