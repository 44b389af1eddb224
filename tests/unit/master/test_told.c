// SPDX-License-Identifier: GPL-3.0-or-later
/* What the master tells of its ports, of sound that is known. */
#include "clients/master/told.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "clients/master/leveller_priv.h"
#include "graph/clock.h"
#include "tests/unit/master/sound.h"

#define RATE   48000
#define PERIOD 256

/* 5 s of a square of that level, so that its RMS is its peak; with a limiter
   that has nothing to do. */
static void play(struct chain *c, float level)
{
    float in[PERIOD], out[2][PERIOD];

    for (uint32_t i = 0; i < PERIOD; i++)
        in[i] = i / 16 % 2 ? level : -level;
    for (uint32_t at = 0; at < 5 * RATE; at += PERIOD) {
        chain_process_rt(c, &(struct jclient_cycle){
                                .n_frames = PERIOD,
                                .rate = RATE,
                                .time = clock_now(),
                                .in = (const float *const[]){in, in},
                                .out = (float *const[]){out[0], out[1]},
                            });
        assert_int_equal(leveller_drain(c->leveller), 0);
    }
}

static double level(const json_t *o, const char *port, size_t i)
{
    const json_t *pair = json_object_get(json_object_get(o, "levels"), port);

    assert_int_equal(json_array_size(pair), 2);
    return json_number_value(json_array_get(pair, i));
}

static void test_levels(void **state)
{
    struct leveller_opts v = {.rate = RATE, .target = -18, .bypass = true};
    struct limiter_opts m = {.rate = RATE, .ceiling = -1, .bypass = true};
    struct chain c = {.leveller = NULL};
    struct told t = {.chain = &c};
    char *text;
    json_t *o;

    (void)state;
    assert_int_equal(leveller_new(&c.leveller, &v), 0);
    assert_int_equal(limiter_new(&c.limiter, &m), 0);
    text = told_text(&t, "levels");
    assert_string_equal(text, "{\"levels\":{\"in_L\":null,\"in_R\":null,"
                              "\"out_L\":null,\"out_R\":null}}");
    free(text);
    play(&c, 0.25f);
    text = told_text(&t, "levels");
    o = json_loads(text, 0, NULL);
    assert_int_equal(json_object_size(o), 1);
    for (size_t i = 0; i < 2; i++) {
        assert_float_equal(level(o, "in_L", i), -12, 0.1);
        assert_float_equal(level(o, "out_R", i), -12, 0.1);
    }
    json_decref(o);
    free(text);
    leveller_free(&c.leveller);
    limiter_free(&c.limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
