// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/mount.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/test.h"

static const uint32_t ladder[] = {32, 64, 96, 160};

static void on_put(void *ctx)
{
    (void)ctx;
}

static struct mount_opts opts(struct hub_budget *budget)
{
    return (struct mount_opts){.name = "live",
                               .n_channels = 2,
                               .ladder_kbps = ladder,
                               .n_ladder = 4,
                               .usual_kbps = 96,
                               .budget = budget,
                               .put = on_put};
}

static void test_has_every_rung_once(void **state)
{
    (void)state;
    struct hub_budget budget = {.max = 64u << 20};
    const struct mount_opts o = opts(&budget);
    struct encoder_rung_stats s;
    struct mount m;
    char names[ENCODER_RUNGS_MAX][32];

    assert_int_equal(mount_init(&m, &o), 0);
    assert_string_equal(m.name, "live");
    assert_int_equal(m.n_rungs, 4 + 3 * 3 * 2);
    assert_int_equal(m.n_ladder, 4);
    assert_int_equal(m.rungs[m.usual].spec.kbps, 96);
    for (uint32_t i = 0; i < m.n_rungs; i++) {
        rung_name(&m.rungs[i].spec, names[i], sizeof(names[i]));
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(names[i], names[k]);
        assert_non_null(m.rungs[i].hub);
        encoder_rung_stats(m.encoder, i, &s);
        assert_false(s.warm);
    }
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(mount_ladder_rung(&m, ladder[i]), i);
    assert_int_equal(mount_ladder_rung(&m, 128), -ENOENT);
    for (uint32_t i = 4; i < m.n_rungs; i++)
        assert_int_equal(mount_wav_rung(&m, &m.rungs[i].spec.wav), i);
    const struct wav_spec none = {WAV_S16, 8000, 2};
    assert_int_equal(mount_wav_rung(&m, &none), -ENOENT);
    mount_fini(&m);
}

static void refuses(struct mount_opts o)
{
    struct mount m;
    assert_int_equal(mount_init(&m, &o), -EINVAL);
}

static void test_refuses(void **state)
{
    (void)state;
    static const uint32_t falling[] = {64, 64}, high[] = {300};
    struct hub_budget budget = {.max = 64u << 20};
    struct mount_opts o = opts(&budget);

    o.name = "";
    refuses(o);
    o.name = "Live";
    refuses(o);
    o.name = "a/b";
    refuses(o);
    o.name = "a234567890123456789012345678901234";
    refuses(o);
    o = opts(&budget);
    o.n_channels = 3;
    refuses(o);
    o = opts(&budget);
    o.usual_kbps = 128;
    refuses(o);
    o = opts(&budget);
    o.n_ladder = 0;
    refuses(o);
    o = opts(&budget);
    o.ladder_kbps = falling;
    o.n_ladder = 2;
    o.usual_kbps = 64;
    refuses(o);
    o.ladder_kbps = high;
    o.n_ladder = 1;
    o.usual_kbps = 300;
    refuses(o);
}

static void test_mono(void **state)
{
    (void)state;
    struct hub_budget budget = {.max = 64u << 20};
    struct mount_opts o = opts(&budget);
    struct mount m;

    o.name = "quiet_2-a";
    o.n_channels = 1;
    assert_int_equal(mount_init(&m, &o), 0);
    assert_int_equal(m.n_channels, 1);
    for (uint32_t i = 0; i < m.n_rungs; i++)
        assert_int_equal(m.rungs[i].spec.n_channels, 1);
    const struct wav_spec stereo = {WAV_S24, 44100, 2};
    assert_true(mount_wav_rung(&m, &stereo) >= 4);
    mount_fini(&m);
}

/* Every format of a mount is asked for, by someone who need not read any. */
static void test_wav_leaves_room_for_opus(void **state)
{
    (void)state;
    struct hub_budget budget = {.max = 100u << 20};
    struct mount_opts o = opts(&budget);
    struct mount a, b;
    uint32_t n_wav = 0;
    double minutes = 0;

    assert_int_equal(mount_init(&a, &o), 0);
    o.name = "quiet";
    assert_int_equal(mount_init(&b, &o), 0);
    for (uint32_t i = 4; i < a.n_rungs; i++) {
        if (encoder_hold(a.encoder, i, 0))
            continue;
        n_wav++;
        minutes += HUB_SECONDS * rung_bytes_per_s(&a.rungs[i].spec);
    }
    assert_in_range(n_wav, 1, 17);
    assert_true(minutes + 2.0 * (double)mount_opus_bytes(ladder, 4) <=
                (double)budget.max);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(encoder_hold(a.encoder, i, 0), 0);
        assert_int_equal(encoder_hold(b.encoder, i, 0), 0);
    }
    mount_fini(&a);
    mount_fini(&b);
    assert_int_equal(atomic_load(&budget.aside), 0);
}

static void test_room_for_the_whole_ladder_or_none(void **state)
{
    (void)state;
    const uint64_t one = mount_opus_bytes(ladder, 4);
    struct hub_budget budget = {.max = 2 * one - 1};
    struct mount_opts o = opts(&budget);
    struct mount a, b;

    /* 352 kbit/s for a minute are 2.6 MB; four slabs are open. */
    assert_in_range(one, 2640000, 3200000);
    assert_int_equal(mount_init(&a, &o), 0);
    o.name = "quiet";
    assert_int_equal(mount_init(&b, &o), -ENOMEM);
    mount_fini(&a);
    assert_int_equal(mount_init(&b, &o), 0);
    mount_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_has_every_rung_once),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_mono),
        cmocka_unit_test(test_wav_leaves_room_for_opus),
        cmocka_unit_test(test_room_for_the_whole_ladder_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
