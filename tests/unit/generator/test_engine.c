// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/engine.h"
#include "graph/clock.h"
#include "tests/unit/generator/piece.h"
#include "vk/renderer.h"

#define RATE     48000
#define FRAME_DB 1e-5f /* -100 dBFS */

/*
 * A device that works until it is told to fail, in the place of the real one:
 * the linker takes this function before it looks into the library.
 */
struct fake {
    struct renderer base;
    struct renderer *cpu;
};

static int fake_absent;    /* there is no such device */
static int fake_good;      /* renders until it fails */
static int64_t fake_delay; /* ns per chunk */
static int fake_open;      /* devices in use */

static int fake_render(struct renderer *r, const struct scene *s,
                       struct buses *out)
{
    struct fake *f = (struct fake *)r;

    clock_sleep(fake_delay);
    memset(out, 0xff, sizeof(*out)); /* NaN, should it be heard */
    if (fake_good-- <= 0)
        return -EIO;
    return renderer_render(f->cpu, s, out);
}

static void fake_free(struct renderer *r)
{
    struct fake *f = (struct fake *)r;

    renderer_free(&f->cpu);
    free(f);
    fake_open--;
}

static const struct renderer_ops fake_ops = {.render = fake_render,
                                             .free = fake_free};

int renderer_open_vulkan(struct renderer **out, const struct renderer_opts *o)
{
    struct fake *f;

    *out = NULL;
    if (fake_absent)
        return -ENODEV;
    f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->base = (struct renderer){.ops = &fake_ops, .name = "Vulkan (fake)"};
    assert_int_equal(renderer_open_cpu(&f->cpu, o), 0);
    fake_open++;
    *out = &f->base;
    return 0;
}

static struct engine *open_engine(const struct music *m, uint64_t seed,
                                  enum engine_renderer renderer)
{
    struct engine_opts o = {.music = m,
                            .seed = seed,
                            .rate = RATE,
                            .renderer = renderer,
                            .timeout_ns = NS_PER_S};
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
    float *want, *got;
    (void)state;

    /* on the CPU there are fewer of each, which is heard as another take */
    for (uint32_t i = 0; i < m.n_layers; i++)
        m.layer[i].thin = m.layer[i].members;
    cpu = open_engine(&m, 7, ENGINE_CPU);
    want = run(cpu, 0, 94);
    fake_good = 150; /* of the warm-up and what follows */
    e = open_engine(&m, 7, ENGINE_VULKAN);
    assert_string_equal(engine_renderer_name(e), "Vulkan (fake)");
    got = run(e, 0, 94);
    assert_memory_equal(engine_renderer_name(e), "CPU", 3);
    assert_int_equal(fake_open, 0);
    assert_true(fake_good < 0);
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

static void check_auto_takes(const char *name)
{
    struct music m = piece();
    struct engine *e = open_engine(&m, 7, ENGINE_AUTO);

    assert_memory_equal(engine_renderer_name(e), name, strlen(name));
    engine_free(&e);
    assert_int_equal(fake_open, 0);
}

static void test_auto_chooses(void **state)
{
    (void)state;

    fake_good = 1000000;
    check_auto_takes("Vulkan (fake)");
    fake_delay = 30 * NS_PER_MS; /* a chunk lasts 21 ms */
    check_auto_takes("CPU");
    fake_delay = 0;
    fake_good = 0;
    check_auto_takes("CPU");
    fake_absent = 1;
    check_auto_takes("CPU");
    fake_absent = 0;
}

static void test_demanded_device_must_be_there(void **state)
{
    struct music m = piece();
    struct engine_opts o = {
        .music = &m, .rate = RATE, .renderer = ENGINE_VULKAN};
    struct engine *e;
    (void)state;

    fake_absent = 1;
    assert_int_equal(engine_new(&e, &o), -ENODEV);
    fake_absent = 0;
    assert_null(e);
    o.rate = 0;
    assert_int_equal(engine_new(&e, &o), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seek_lands_in_the_chunk),
        cmocka_unit_test(test_seek_equals_the_run_from_before),
        cmocka_unit_test(test_twice_is_bit_identical),
        cmocka_unit_test(test_seeds_differ),
        cmocka_unit_test(test_music_is_in_mid_flow_at_zero),
        cmocka_unit_test(test_lost_device_is_not_heard),
        cmocka_unit_test(test_buses_add_up_to_the_dry_mix),
        cmocka_unit_test(test_auto_chooses),
        cmocka_unit_test(test_demanded_device_must_be_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
