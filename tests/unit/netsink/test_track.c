// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/track.h"

#include <errno.h>
#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/timeline.h"
#include "tests/unit/netsink/music.h"
#include "tests/unit/test.h"

#define PACKETS 300 /* of music; then it begins anew */
#define KEPT    250

static float in[PACKETS * TIMELINE_PACKET][2];

struct world {
    struct hub_budget budget;
    struct history *history;
    uint64_t end;
};

struct lane {
    struct rung_spec spec;
    struct hub *hub;
    struct track track;
};

static void world_init(struct world *w)
{
    *w = (struct world){.budget.max = 64u << 20};
    assert_int_equal(history_new(&w->history, 2, KEPT), 0);
}

static void world_fini(struct world *w)
{
    history_free(&w->history);
    assert_int_equal(atomic_load(&w->budget.used), 0);
    assert_int_equal(atomic_load(&w->budget.common), 0);
}

static void go_on(struct world *w, uint32_t n)
{
    for (; n > 0; n--, w->end++)
        history_put(w->history, in[w->end % PACKETS * TIMELINE_PACKET]);
}

static void lane_init(struct lane *l, struct world *w, struct rung_spec spec)
{
    l->spec = spec;
    const struct hub_opts o = {.packet_max = rung_packet_max(&spec),
                               .ogg = spec.codec == RUNG_OPUS,
                               .budget = &w->budget};
    assert_int_equal(hub_new(&l->hub, &o), 0);
    track_init(&l->track, &l->spec, l->hub, w->history);
}

static void lane_fini(struct lane *l)
{
    track_fini(&l->track);
    assert_false(track_active(&l->track));
    hub_free(&l->hub);
}

static struct rung_spec opus(uint32_t kbps)
{
    return (struct rung_spec){
        .codec = RUNG_OPUS, .n_channels = 2, .kbps = kbps};
}

static void holds(const struct lane *l, uint64_t first, uint64_t end)
{
    uint64_t is_first, is_end;

    hub_range(l->hub, &is_first, &is_end);
    assert_int_equal(is_first, first);
    assert_int_equal(is_end, end);
}

static uint32_t steps(struct lane *l)
{
    uint32_t n = 0;
    int got;

    for (; (got = track_step(&l->track)) != -EAGAIN; n++) {
        assert_in_range(got, 0, 1);
        assert_true(n < 10 * PACKETS);
    }
    return n;
}

/* Packet seq as it lies in the hub. */
static uint32_t packet(const struct lane *l, uint64_t seq, uint8_t *data)
{
    const uint32_t i = (uint32_t)(seq % SLAB_PACKETS);
    uint64_t end;
    struct slab *s = hub_slab(l->hub, seq, &end);

    assert_non_null(s);
    const uint32_t len = s->offset[i + 1] - s->offset[i];
    memcpy(data, s->data + s->offset[i], len);
    slab_unref(s);
    return len;
}

/* Signal-to-noise ratio, in dB, of each packet from first to end, with a
   change from a to b at the seam. */
static void decode(const struct lane *a, const struct lane *b, uint64_t seam,
                   uint64_t first, uint64_t end, double *snr)
{
    const uint32_t n = (uint32_t)(end - first) * TIMELINE_PACKET;
    float *out = calloc((size_t)n * 2, sizeof(float));
    uint8_t data[RUNG_OPUS_MAX];
    int why;

    assert_non_null(out);
    OpusDecoder *d = opus_decoder_create(48000, 2, &why);
    assert_non_null(d);
    for (uint64_t seq = first; seq < end; seq++) {
        uint32_t len = packet(seq < seam ? a : b, seq, data);
        assert_int_equal(
            opus_decode_float(d, data, (opus_int32)len,
                              out + (seq - first) * TIMELINE_PACKET * 2,
                              TIMELINE_PACKET, 0),
            TIMELINE_PACKET);
    }
    opus_decoder_destroy(d);
    for (uint32_t i = 0; i + 1 < end - first; i++) {
        const float *want = in[(first + i) % PACKETS * TIMELINE_PACKET];
        double signal = 0, noise = 0;
        for (uint32_t k = 0; k < TIMELINE_PACKET * 2; k++) {
            float y = out[(i * TIMELINE_PACKET + 120) * 2 + k];
            signal += want[k] * want[k];
            noise += (want[k] - y) * (want[k] - y);
        }
        snr[i] = 10 * log10(signal / noise);
    }
    free(out);
}

/* Begun late, it is there at once, then whole; and it sounds as one that was
   there from the first packet on. */
static void test_begins_where_it_is_wanted(void **state)
{
    (void)state;
    struct world w;
    struct lane plain, cold;
    double a[PACKETS], b[PACKETS], worst = 0, sum = 0;

    world_init(&w);
    lane_init(&plain, &w, opus(96));
    lane_init(&cold, &w, opus(96));
    assert_int_equal(track_begin(&plain.track, 0), 0);
    assert_int_equal(track_step(&cold.track), -EAGAIN);
    for (uint32_t i = 0; i < 220; i++) {
        go_on(&w, 1);
        track_due(&plain.track);
        steps(&plain);
    }

    assert_int_equal(track_begin(&cold.track, 153), 0);
    assert_true(track_active(&cold.track));
    uint32_t n = 1;
    while (track_step(&cold.track) == 0)
        n++;
    assert_in_range(n, 1, rung_warm_up(&cold.spec) + 1);
    holds(&cold, 153, 154);
    assert_int_equal(track_due(&cold.track), 0); /* others' is, not this */
    steps(&cold);
    holds(&cold, 0, 220);
    /* Not twice, but for what warms up: four chunks, and the way forward. */
    assert_int_equal(cold.track.packets, 220 + 5 * rung_warm_up(&cold.spec));

    go_on(&w, 3);
    assert_int_equal(track_due(&cold.track), 3);
    assert_int_equal(track_due(&plain.track), 3);
    assert_int_equal(track_step(&cold.track), -EAGAIN);
    holds(&cold, 0, 223);

    decode(&plain, &plain, 0, 0, 223, a);
    decode(&cold, &cold, 0, 0, 223, b);
    for (uint32_t i = 0; i < 222; i++) {
        worst = fmax(worst, a[i] - b[i]);
        sum += a[i] - b[i];
    }
    print_message("worst %.2f dB, mean %.3f\n", worst, sum / 222);
    assert_true(worst < 4);
    assert_true(sum / 222 < 0.2);
    lane_fini(&plain);
    lane_fini(&cold);
    world_fini(&w);
}

/* Two rungs that began at different times change at the same numbers. */
/* Ended it does nothing, until it is begun again. */
static void test_ends_and_begins_again(void **state)
{
    (void)state;
    struct world w;
    struct lane l;

    world_init(&w);
    lane_init(&l, &w, opus(64));
    go_on(&w, 100);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(track_begin(&l.track, 60), 0);
        if (i == 0)
            track_step(&l.track); /* ended on its way forward, */
        else if (i == 1)
            for (uint32_t k = 0; k < 60; k++)
                track_step(&l.track); /* on its way back, */
        else
            steps(&l); /* and when it had come all the way */
        track_end(&l.track);
        holds(&l, 0, 0);
        go_on(&w, 1);
        assert_int_equal(track_due(&l.track), 0);
        assert_int_equal(track_step(&l.track), -EAGAIN);
        assert_int_equal(atomic_load(&w.budget.used), 0);
    }
    assert_int_equal(track_begin(&l.track, 60), 0);
    steps(&l);
    holds(&l, 0, 103);
    lane_fini(&l);
    world_fini(&w);
}

static void test_rungs_join_at_key_packets(void **state)
{
    (void)state;
    struct world w;
    struct lane low, high;
    double a[PACKETS], b[PACKETS];

    world_init(&w);
    lane_init(&low, &w, opus(64));
    lane_init(&high, &w, opus(160));
    go_on(&w, 120);
    assert_int_equal(track_begin(&low.track, 77), 0);
    steps(&low);
    go_on(&w, 110);
    track_due(&low.track);
    assert_int_equal(track_begin(&high.track, 131), 0);
    steps(&high);
    decode(&high, &high, 0, 0, 230, a);
    for (uint32_t seam = RUNG_KEY; seam < 230; seam += RUNG_KEY) {
        decode(&low, &high, seam, 0, 230, b);
        assert_true(a[seam] - b[seam] < 0.5);
        assert_true(a[seam + 1] - b[seam + 1] < 0.1);
    }
    lane_fini(&low);
    lane_fini(&high);
    world_fini(&w);
}

static void test_wav_is_the_same_from_everywhere(void **state)
{
    (void)state;
    const struct rung_spec spec = {
        .codec = RUNG_WAV, .n_channels = 2, .wav = {WAV_F32, 44100, 2}};
    struct world w;
    struct lane plain, cold;
    float a[882 * 2], b[882 * 2];

    world_init(&w);
    lane_init(&plain, &w, spec);
    lane_init(&cold, &w, spec);
    assert_int_equal(track_begin(&plain.track, 0), 0);
    for (uint32_t i = 0; i < 180; i++) {
        go_on(&w, 1);
        track_due(&plain.track);
        steps(&plain);
    }
    assert_int_equal(track_begin(&cold.track, 111), 0);
    steps(&cold);
    holds(&cold, 0, 180);
    for (uint32_t seq = 0; seq < 180; seq++) {
        assert_int_equal(packet(&plain, seq, (uint8_t *)a), sizeof(a));
        assert_int_equal(packet(&cold, seq, (uint8_t *)b), sizeof(b));
        for (uint32_t i = 0; i < 882 * 2; i++)
            assert_true(fabsf(a[i] - b[i]) < 1e-6f);
    }
    lane_fini(&plain);
    lane_fini(&cold);
    world_fini(&w);
}

static void test_takes_what_the_history_has(void **state)
{
    (void)state;
    struct world w;
    struct lane l;

    world_init(&w);
    lane_init(&l, &w, opus(64));
    go_on(&w, 400);
    assert_int_equal(track_begin(&l.track, 3), 0);
    steps(&l);
    holds(&l, 400 - KEPT, 400);

    /* Of the future, too. */
    assert_int_equal(track_begin(&l.track, 1000), 0);
    holds(&l, 0, 0);
    steps(&l);
    holds(&l, 0, 0);
    go_on(&w, 1);
    assert_int_equal(track_due(&l.track), 1);
    holds(&l, 400, 401);
    steps(&l);
    holds(&l, 401 - KEPT, 401);
    lane_fini(&l);
    world_fini(&w);
}

static void test_says_when_it_was_left_behind(void **state)
{
    (void)state;
    struct world w;
    struct lane l;

    world_init(&w);
    lane_init(&l, &w, opus(64));
    go_on(&w, 100);
    assert_int_equal(track_begin(&l.track, 90), 0);
    steps(&l);
    go_on(&w, KEPT + HISTORY_SLACK + 1);
    assert_int_equal(track_due(&l.track), -ESTALE);
    assert_int_equal(track_begin(&l.track, 0), 0);
    steps(&l);
    holds(&l, 101 + HISTORY_SLACK, 101 + HISTORY_SLACK + KEPT);
    lane_fini(&l);
    world_fini(&w);
}

static void test_outlives_a_budget_that_is_used_up(void **state)
{
    (void)state;
    struct world w;
    struct lane l;

    world_init(&w);
    lane_init(&l, &w, opus(64));
    go_on(&w, SLAB_PACKETS);
    assert_int_equal(track_begin(&l.track, SLAB_PACKETS - 10), 0);
    steps(&l);
    holds(&l, 0, SLAB_PACKETS);
    w.budget.max = 0;
    go_on(&w, 1); /* it needs a slab */
    assert_int_equal(track_due(&l.track), -ENOMEM);
    holds(&l, 0, 0);
    assert_true(track_active(&l.track));
    w.budget.max = 64u << 20;
    go_on(&w, 2);
    assert_int_equal(track_due(&l.track), 2);
    holds(&l, SLAB_PACKETS + 1, SLAB_PACKETS + 3);
    assert_int_equal(track_step(&l.track), -EAGAIN);
    lane_fini(&l);
    world_fini(&w);
}

static int make_music(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PACKETS; i++)
        music_packet(in[i * TIMELINE_PACKET], i, 2);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begins_where_it_is_wanted),
        cmocka_unit_test(test_ends_and_begins_again),
        cmocka_unit_test(test_rungs_join_at_key_packets),
        cmocka_unit_test(test_wav_is_the_same_from_everywhere),
        cmocka_unit_test(test_takes_what_the_history_has),
        cmocka_unit_test(test_says_when_it_was_left_behind),
        cmocka_unit_test(test_outlives_a_budget_that_is_used_up),
    };
    return cmocka_run_group_tests(tests, make_music, NULL);
}
