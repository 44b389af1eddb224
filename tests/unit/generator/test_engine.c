// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/engine.h"
#include "tests/unit/generator/piece.h"
#include "vk/renderer.h"
#include "vk/worker.h"

#define RATE     48000
#define FRAME_DB 1e-5f /* -100 dBFS */

/* "absent", or the number of chunks it is good for. */
#define DEVICE "TEST_ENGINE_DEVICE"

/*
 * A device that works until it is told to fail. The engine's worker is this
 * program again, with that in the place of the real one.
 */
struct fake {
    struct renderer base;
    struct renderer *cpu;
    int good;
};

static int fake_submit(struct renderer *r, const struct scene *s)
{
    return renderer_submit(((struct fake *)r)->cpu, s);
}

static int fake_collect(struct renderer *r, int64_t first, struct buses *out,
                        int64_t timeout_ns)
{
    struct fake *f = (struct fake *)r;

    return f->good-- > 0 ? renderer_collect(f->cpu, first, out, timeout_ns)
                         : -EIO;
}

static void fake_drop(struct renderer *r, int64_t first)
{
    renderer_drop(((struct fake *)r)->cpu, first);
}

static void fake_free(struct renderer *r)
{
    renderer_free(&((struct fake *)r)->cpu);
    free(r);
}

static int open_fake(struct renderer **out, const struct renderer_opts *o)
{
    static const struct renderer_ops ops = {.submit = fake_submit,
                                            .collect = fake_collect,
                                            .drop = fake_drop,
                                            .free = fake_free};
    const char *device = getenv(DEVICE);
    struct fake *f;

    *out = NULL;
    if (!device || strcmp(device, "absent") == 0)
        return -ENODEV;
    f = calloc(1, sizeof(*f));
    if (!f)
        return -ENOMEM;
    f->base = (struct renderer){.ops = &ops, .name = "Vulkan (fake)"};
    f->good = atoi(device);
    *out = &f->base;
    return renderer_open_cpu(&f->cpu, o);
}

static struct engine *open_engine(const struct music *m, uint64_t seed,
                                  enum engine_renderer renderer)
{
    struct engine_opts o = {.music = m,
                            .seed = seed,
                            .rate = RATE,
                            .renderer = renderer,
                            .offline = true};
    struct engine *e;

    assert_int_equal(engine_new(&e, &o), 0);
    return e;
}

static float *run(struct engine *e, int64_t from, uint32_t chunks)
{
    float *out = malloc(chunks * SCENE_CHUNK * 2 * sizeof(*out));

    assert_non_null(out);
    assert_int_equal(engine_seek(e, from, HUGE_VAL), 0);
    for (uint32_t c = 0; c < chunks; c++)
        assert_int_equal(engine_chunk(e, out + c * SCENE_CHUNK * 2), 0);
    return out;
}

static float difference(const float *a, const float *b, size_t n)
{
    float most = 0;

    for (size_t i = 0; i < n; i++) {
        assert_true(isfinite(a[i]) && isfinite(b[i]));
        most = fmaxf(most, fabsf(a[i] - b[i]));
    }
    return most;
}

static float loudest(const float *a, size_t n)
{
    float most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(a[i]));
    return most;
}

static void test_seek_lands_in_the_chunk(void **state)
{
    static const struct {
        int64_t n, chunk;
    } cases[] = {{0, 0},         {1023, 0},
                 {1024, 1024},   {-1, -1024},
                 {-1024, -1024}, {-1025, -2048},
                 {48000, 47104}, {INT64_C(86400) * 48000, 4147200000}};
    struct music m = piece();
    struct engine *e = open_engine(&m, 7, ENGINE_CPU);
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(engine_seek(e, cases[i].n, HUGE_VAL), 0);
        assert_true(engine_position(e) == cases[i].chunk);
    }
    engine_free(&e);
    assert_null(e);
    engine_free(&e);
}

static void test_seek_equals_the_run_from_before(void **state)
{
    const uint32_t chunks = 940, tail = 200; /* 20 s, the last 4 */
    struct music m = piece();
    struct engine *e = open_engine(&m, 7, ENGINE_CPU);
    int64_t later = (int64_t)(chunks - tail) * SCENE_CHUNK;
    float *whole = run(e, 0, chunks);
    float *part = run(e, later + 500, tail);
    const float *same = whole + 2 * later;
    (void)state;

    assert_true(loudest(part, 2 * tail * SCENE_CHUNK) > 0.01f);
    assert_true(difference(same, part, 2 * tail * SCENE_CHUNK) < FRAME_DB);
    free(whole);
    free(part);
    engine_free(&e);
}

static void test_twice_is_bit_identical(void **state)
{
    struct music m = piece();
    struct engine *a = open_engine(&m, 7, ENGINE_CPU);
    struct engine *b = open_engine(&m, 7, ENGINE_CPU);
    const uint32_t n = 469; /* 10 s */
    float *first = run(a, 0, n), *second = run(b, 0, n), *third = run(a, 0, n);
    (void)state;

    assert_memory_equal(first, second, n * SCENE_CHUNK * 2 * sizeof(*first));
    assert_memory_equal(first, third, n * SCENE_CHUNK * 2 * sizeof(*first));
    free(first);
    free(second);
    free(third);
    engine_free(&a);
    engine_free(&b);
}

static void test_seeds_differ(void **state)
{
    struct music m = piece();
    struct engine *a = open_engine(&m, 7, ENGINE_CPU);
    struct engine *b = open_engine(&m, 8, ENGINE_CPU);
    float *x = run(a, 0, 94), *y = run(b, 0, 94);
    (void)state;

    assert_true(difference(x, y, 94 * SCENE_CHUNK * 2) > 0.01f);
    free(x);
    free(y);
    engine_free(&a);
    engine_free(&b);
}

static void test_music_is_in_mid_flow_at_zero(void **state)
{
    struct music m = piece();
    int loud = 0;
    (void)state;

    /* a piece has rests, but not at the start of every seed */
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct engine *e = open_engine(&m, seed, ENGINE_CPU);
        float *x = run(e, 0, 1);
        loud += loudest(x, 64) > 1e-3f;
        free(x);
        engine_free(&e);
    }
    assert_true(loud >= 5);
}

static void test_lost_device_is_not_heard(void **state)
{
    struct music m = piece();
    struct engine *cpu, *e;
    struct supply_stats stats;
    float *want, *got;
    (void)state;

    cpu = open_engine(&m, 7, ENGINE_CPU);
    want = run(cpu, 0, 94);
    setenv(DEVICE, "150", 1); /* of the warm-up and what follows */
    e = open_engine(&m, 7, ENGINE_VULKAN);
    got = run(e, 0, 94);
    engine_stats(e, &stats);
    assert_true(stats.by_gpu > 50);
    assert_int_equal(stats.failovers, 1);
    assert_memory_equal(want, got, 94 * SCENE_CHUNK * 2 * sizeof(*want));
    free(want);
    free(got);
    engine_free(&cpu);
    engine_free(&e);
}

static void test_buses_add_up_to_the_dry_mix(void **state)
{
    struct music m = piece();
    struct engine *e;
    float mix[SCENE_CHUNK * 2], bus[SCENE_CHUNK * 2], sum[SCENE_CHUNK * 2];
    (void)state;

    /* No room, and dry as it is: what is left is the side filter and the DC
       block, which leave the left and right sum of a tone alone. */
    m.room.wet = 0;
    for (int b = 0; b < BUS_COUNT; b++)
        m.room.dry[b] = 1;
    e = open_engine(&m, 7, ENGINE_CPU);
    assert_int_equal(engine_seek(e, 0, 2.0), 0);
    assert_int_equal(engine_chunk(e, mix), 0);
    memset(sum, 0, sizeof(sum));
    for (int b = 0; b < BUS_COUNT; b++) {
        engine_bus(e, (enum scene_bus)b, bus);
        for (int i = 0; i < SCENE_CHUNK * 2; i++)
            sum[i] += bus[i];
    }
    assert_true(loudest(sum, SCENE_CHUNK * 2) > 1e-3f);
    for (int i = 0; i < SCENE_CHUNK; i++) {
        mix[i] = mix[2 * i] + mix[2 * i + 1];
        sum[i] = sum[2 * i] + sum[2 * i + 1];
    }
    /* the DC block turns the phase of the lowest tones a little */
    assert_true(difference(mix, sum, SCENE_CHUNK) <
                0.1f * loudest(sum, SCENE_CHUNK));
    engine_free(&e);
}

static void test_auto_does_without(void **state)
{
    struct music m = piece();
    char name[96];
    (void)state;

    setenv(DEVICE, "absent", 1);
    struct engine *e = open_engine(&m, 7, ENGINE_AUTO);
    free(run(e, 0, 20));
    engine_renderer_name(e, name, sizeof(name));
    assert_memory_equal(name, "CPU", 3);
    engine_free(&e);
}

static void test_demanded_device_must_be_there(void **state)
{
    struct music m = piece();
    struct engine_opts o = {
        .music = &m, .rate = RATE, .renderer = ENGINE_VULKAN};
    struct engine *e;
    (void)state;

    setenv(DEVICE, "absent", 1);
    assert_int_equal(engine_new(&e, &o), -ENODEV);
    assert_null(e);
    o.rate = 0;
    assert_int_equal(engine_new(&e, &o), -EINVAL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seek_lands_in_the_chunk),
        cmocka_unit_test(test_seek_equals_the_run_from_before),
        cmocka_unit_test(test_twice_is_bit_identical),
        cmocka_unit_test(test_seeds_differ),
        cmocka_unit_test(test_music_is_in_mid_flow_at_zero),
        cmocka_unit_test(test_lost_device_is_not_heard),
        cmocka_unit_test(test_buses_add_up_to_the_dry_mix),
        cmocka_unit_test(test_auto_does_without),
        cmocka_unit_test(test_demanded_device_must_be_there),
    };
    int fd = worker_asked(argc, argv);

    if (fd >= 0)
        return worker_main(fd, open_fake);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
