// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/mute.h"

#include <math.h>
#include <string.h>

#include "tests/unit/test.h"

#define N        960 /* frames of a packet */
#define CHANNELS 2
#define STEP     0.001 /* a click is larger than this, from frame to frame */

/* Full scale, so that what comes out is the gain. */
static void fill(float frames[N * CHANNELS])
{
    for (int i = 0; i < N * CHANNELS; i++)
        frames[i] = i % CHANNELS ? -1 : 1;
}

/* A packet; how its gain goes on from `last` is checked, and told. */
static float play(struct mute *m, bool muted, float last)
{
    float frames[N * CHANNELS], out[N * CHANNELS];

    fill(frames);
    const float *got = mute_frames(m, muted, frames, N, CHANNELS, out);
    for (int i = 0; i < N; i++) {
        assert_true(fabsf(got[i * CHANNELS] - last) < STEP);
        assert_float_equal(got[i * CHANNELS + 1], -got[i * CHANNELS], 0);
        last = got[i * CHANNELS];
    }
    return last;
}

static void test_open_is_untouched(void **state)
{
    (void)state;
    struct mute m = {0};
    float frames[N * CHANNELS], out[N * CHANNELS];

    fill(frames);
    assert_ptr_equal(mute_frames(&m, false, frames, N, CHANNELS, out), frames);
}

static void test_to_silence_and_back(void **state)
{
    (void)state;
    struct mute m = {0};
    float last = 1;

    for (int i = 0; i < MUTE_FADE / N; i++) {
        float was = last;
        last = play(&m, true, last);
        assert_true(last < was);
    }
    for (int i = 0; i < 3; i++)
        last = play(&m, true, last);
    assert_float_equal(last, 0, 0);
    for (int i = 0; i < MUTE_FADE / N; i++)
        last = play(&m, false, last);
    assert_float_equal(play(&m, false, last), 1, 0);
    test_open_is_untouched(state);
}

static void test_a_turn_half_way(void **state)
{
    (void)state;
    struct mute m = {0};
    float last = play(&m, true, play(&m, true, 1));

    /* No step where it turns: play() would have found it. */
    for (int i = 0; i < 2; i++)
        last = play(&m, false, last);
    assert_float_equal(play(&m, false, last), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_is_untouched),
        cmocka_unit_test(test_to_silence_and_back),
        cmocka_unit_test(test_a_turn_half_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
