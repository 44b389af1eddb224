// SPDX-License-Identifier: GPL-3.0-or-later
/* A recording that is a piece of the reference passes; one with a gap, a
   repeat, a jump, silence or a click put in is found out, and where. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/seam.h"
#include "tests/unit/test.h"

#define RATE  48000
#define N     (20 * RATE) /* of the reference */
#define BEGIN (3 * RATE)  /* the recording's in it */
#define LEN   (12 * RATE)
#define SEAM  (6 * RATE) /* in the recording */
#define MS    (RATE / 1000)

struct world {
    struct sound heard, reference;
    struct seam seam;
};

static const struct seam_opts opts = {.skip_s = 1, .least_s = 5};

/* Noise under 0.3, in which no piece is like another. */
static double noise(uint32_t *r)
{
    *r = *r * 1664525 + 1013904223;
    return 0.3 * ((double)(*r >> 8) / (1 << 23) - 1);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    uint32_t r = 1;

    assert_non_null(w);
    w->reference = (struct sound){calloc(2 * N, sizeof(double)), N, RATE};
    w->heard = (struct sound){calloc(2 * N, sizeof(double)), LEN, RATE};
    assert_true(w->reference.x && w->heard.x);
    for (int64_t i = 0; i < 2 * N; i++)
        w->reference.x[i] = noise(&r);
    /* as another decoder would have it */
    for (int64_t i = 0; i < 2 * LEN; i++)
        w->heard.x[i] = w->reference.x[2 * BEGIN + i] + 1e-4 * noise(&r);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    sound_fini(&w->heard);
    sound_fini(&w->reference);
    free(w);
    return 0;
}

/* From the seam on it is what lies `by` frames later in the reference. */
static void move(struct world *w, int64_t by)
{
    memcpy(w->heard.x + 2 * SEAM, w->reference.x + 2 * (BEGIN + SEAM + by),
           2 * (LEN - SEAM) * sizeof(double));
}

static void judge(struct world *w)
{
    assert_int_equal(seam_judge(&w->seam, &w->heard, &w->reference, &opts), 0);
}

static void passes_one_piece(void **state)
{
    struct world *w = *state;

    judge(w);
    assert_int_equal(w->seam.jump, 0);
    assert_int_equal(w->seam.silence, 0);
    assert_true(w->seam.worst < 1e-4);
    assert_true(fabs(w->seam.at_s - 3) < 1e-9);
    assert_true(fabs(w->seam.judged_s - 11) < 1e-3);
}

/* What a player is silent before and after is no gap. */
static void passes_silence_around(void **state)
{
    struct world *w = *state;

    memmove(w->heard.x + 2 * RATE, w->heard.x, 2 * LEN * sizeof(double));
    memset(w->heard.x, 0, 2 * RATE * sizeof(double));
    w->heard.n = LEN + 3 * RATE;
    judge(w);
    assert_int_equal(w->seam.jump, 0);
    assert_int_equal(w->seam.silence, 0);
    assert_true(w->seam.worst < 1e-4);
}

static void finds_what_is_left_out(void **state)
{
    struct world *w = *state;

    move(w, 960);
    judge(w);
    assert_int_equal(w->seam.jump, 960);
    assert_true(w->seam.worst > 0.1);
    assert_true(w->seam.worst_s >= 6);
}

static void finds_a_repeat(void **state)
{
    struct world *w = *state;

    move(w, -5);
    judge(w);
    assert_int_equal(w->seam.jump, -5);
    assert_true(w->seam.worst > 0.1);
}

/* Silence instead of 20 ms, and back where it would have been. */
static void finds_silence(void **state)
{
    struct world *w = *state;

    memset(w->heard.x + 2 * SEAM, 0, 2 * 20 * MS * sizeof(double));
    judge(w);
    assert_int_equal(w->seam.jump, 0);
    assert_in_range(w->seam.silence, 20 * MS, 20 * MS + 1);
    assert_true(fabs(w->seam.silence_s - 6) < 0.001);
    assert_true(w->seam.worst > 0.1);
}

/* What was sent silent is to be heard silent. */
static void passes_silence_that_was_sent(void **state)
{
    struct world *w = *state;

    memset(w->heard.x + 2 * SEAM, 0, 2 * 20 * MS * sizeof(double));
    memset(w->reference.x + 2 * (BEGIN + SEAM), 0,
           2 * 20 * MS * sizeof(double));
    judge(w);
    assert_int_equal(w->seam.silence, 0);
    assert_true(w->seam.worst < 1e-4);
}

/* The end is quiet, and the begin of the reference loud: it isn't there. */
static void passes_a_quiet_end(void **state)
{
    struct world *w = *state;

    for (int64_t i = 0; i < 2 * RATE; i++)
        w->reference.x[i] *= 3;
    for (int64_t i = 2 * (LEN - 2 * RATE); i < 2 * LEN; i++) {
        w->heard.x[i] *= 0.001;
        w->reference.x[2 * BEGIN + i] *= 0.001;
    }
    judge(w);
    assert_int_equal(w->seam.jump, 0);
}

static void finds_a_click(void **state)
{
    struct world *w = *state;

    w->heard.x[2 * SEAM] += 0.01;
    judge(w);
    assert_int_equal(w->seam.jump, 0);
    assert_true(w->seam.worst > 0.009);
    assert_true(fabs(w->seam.worst_s - 6) < 1e-4);
}

/* A player that stopped at the seam has too little to be judged. */
static void refuses_what_ends_early(void **state)
{
    struct world *w = *state;

    memset(w->heard.x + 2 * 5 * RATE, 0, 2 * (LEN - 5 * RATE) * sizeof(double));
    assert_int_equal(seam_judge(&w->seam, &w->heard, &w->reference, &opts),
                     -EINVAL);
    w->heard.rate = 44100;
    assert_int_equal(seam_judge(&w->seam, &w->heard, &w->reference, &opts),
                     -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(passes_one_piece),
        TEST(passes_silence_around),
        TEST(finds_what_is_left_out),
        TEST(finds_a_repeat),
        TEST(finds_silence),
        TEST(finds_a_click),
        TEST(passes_silence_that_was_sent),
        TEST(passes_a_quiet_end),
        TEST(refuses_what_ends_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
