// SPDX-License-Identifier: GPL-3.0-or-later
/* How partials are drawn: the exponential against the C library's, and the
   distributions that music is written for. */
#include <math.h>

#include "tests/unit/test.h"
#include "vk/partial.h"

#define DRAWS 20000u

static const struct partial_note plain = {
    .key_lo = 123, .key_hi = 456, .n_members = DRAWS, .pan_power = 1.0f};
static const struct partial_band centre = {.inc = {0, 0x01000000u}, .hash = 7};

static uint64_t word(struct wide w)
{
    return (uint64_t)w.hi << 32 | w.lo;
}

/* Detune of a partial, cents. */
static double cents(const struct partial *p, const struct partial_band *b)
{
    return 1200.0 * log2((double)word(p->inc) / (double)word(b->inc));
}

static void exponential(void **state)
{
    double worst = 0.0;
    (void)state;

    for (int64_t x = -INT64_C(0x80000000); x <= 0x7fffffff; x += 4001) {
        double want = exp2((double)x * 0x1p-32);
        double e = fabs(partial_exp2((int32_t)x) * 0x1p-30 / want - 1.0);
        if (e > worst)
            worst = e;
    }
    print_message("largest error %.3g\n", worst);
    assert_true(worst < 2e-9);
}

/* Multiplication in two words against the compiler's. */
static void wide_words(void **state)
{
    const uint64_t a = UINT64_C(0xfedcba9876543210);
    const uint64_t b = UINT64_C(0x0123456789abcdef);
    const struct wide wa = {(uint32_t)a, (uint32_t)(a >> 32)};
    const struct wide wb = {(uint32_t)b, (uint32_t)(b >> 32)};
    (void)state;

    assert_true(word(wide_times(wa, wb)) == a * b);
    assert_true(word(wide_scale(wa, 0x9abcdef0u)) == a * 0x9abcdef0u);
    assert_true(word(wide_add(wa, wb)) == a + b);
    assert_true(word(partial_tune(wb, 1u << 30)) == b);
    assert_true(word(partial_tune(wb, 3u << 29)) == b / 2 * 3 + (b & 1));
    /* half of 10 cycles * 2^32 per frame, upwards and downwards */
    assert_true(word(partial_beat(10, 1 << 30)) == UINT64_C(5) << 32);
    assert_true(word(partial_beat(-10, 1 << 30)) ==
                (uint64_t)(-INT64_C(5) * (INT64_C(1) << 32)));
}

static void detune_near_gaussian(void **state)
{
    struct partial_band b = centre;
    double sum = 0.0, square = 0.0, fourth = 0.0, most = 0.0;
    (void)state;

    b.spread = partial_spread(9.0);
    for (uint32_t m = 0; m < DRAWS; m++) {
        struct partial p = partial_draw(plain, b, m);
        double c = cents(&p, &b);
        sum += c;
        square += c * c;
        fourth += c * c * c * c;
        if (fabs(c) > most)
            most = fabs(c);
    }
    square /= DRAWS;
    print_message("mean %.3f, sd %.3f, kurtosis %.2f, most %.2f cents\n",
                  sum / DRAWS, sqrt(square), fourth / DRAWS / square / square,
                  most);
    assert_true(fabs(sum / DRAWS) < 0.3);
    assert_true(fabs(sqrt(square) - 9.0) < 0.2);
    assert_true(fabs(fourth / DRAWS / square / square - 2.7) < 0.1);
    assert_true(most < 9.0 * 3.47);
}

/* All members together have the band's power, whatever there is to a note. */
static void power_kept(void **state)
{
    static const struct {
        uint32_t flags, members;
        float core;
    } cases[] = {{0, 1, 0.0f},
                 {0, 7, 0.0f},
                 {0, 500, 0.6f},
                 {0, 1, 0.6f},
                 {PARTIAL_PAIR, 2, 0.0f},
                 {PARTIAL_TOGETHER, 60, 0.3f},
                 {PARTIAL_CASCADE, 11, 0.0f},
                 {PARTIAL_CASCADE, 2, 0.0f}};
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct partial_note n = plain;
        struct partial_band b = centre;
        double power = 0.0;

        n.flags = cases[i].flags;
        n.n_members = cases[i].members;
        b.core = cases[i].core;
        b.width = 0.8f;
        b.delay = 0.7f;
        for (uint32_t m = 0; m < n.n_members; m++) {
            struct partial p = partial_draw(n, b, m);
            power += p.gain_l * p.gain_l + p.gain_rs * p.gain_rs +
                     p.gain_rc * p.gain_rc;
        }
        assert_true(fabs(power - 1.0) < 1e-5);
    }
}

/* Places fill the width about the middle, and none is past a side. */
static void places(void **state)
{
    struct partial_band b = centre;
    double sum = 0.0, left = 1.0, right = -1.0;
    (void)state;

    b.pan = 0.25f;
    b.width = 0.5f;
    for (uint32_t m = 0; m < DRAWS; m++) {
        struct partial p = partial_draw(plain, b, m);
        double r = hypot((double)p.gain_rs, (double)p.gain_rc);
        double place = atan2(r, (double)p.gain_l) / atan(1.0) - 1.0;
        sum += place;
        left = fmin(left, place);
        right = fmax(right, place);
    }
    assert_true(fabs(sum / DRAWS - 0.25) < 0.01);
    assert_true(left > -0.2501 && left < -0.24);
    assert_true(right < 0.7501 && right > 0.74);
    b.width = 0.0f;
    b.pan = 3.0f;
    assert_true(fabs((double)partial_draw(plain, b, 0).gain_l) < 1e-7);
}

/* Half of a place's power is lost to no side: phases cover the cycle. */
static void phases_even(void **state)
{
    uint32_t octant[8] = {0};
    (void)state;

    for (uint32_t m = 0; m < DRAWS; m++)
        octant[partial_draw(plain, centre, m).phase >> 29]++;
    for (int i = 0; i < 8; i++)
        assert_true(octant[i] > DRAWS / 8 * 9 / 10 &&
                    octant[i] < DRAWS / 8 * 11 / 10);
}

static void beats_bounded(void **state)
{
    struct partial_band b = centre;
    int64_t low = 0, high = 0;
    (void)state;

    b.beat = 1000;
    for (uint32_t m = 0; m < DRAWS; m++) {
        struct partial p = partial_draw(plain, b, m);
        int64_t off = (int64_t)(word(p.inc) - word(b.inc));
        low = off < low ? off : low;
        high = off > high ? off : high;
    }
    assert_true(high <= INT64_C(1000) << 32 && high > INT64_C(990) << 32);
    assert_true(low >= -(INT64_C(1000) * (INT64_C(1) << 32)) &&
                low < -(INT64_C(990) * (INT64_C(1) << 32)));
}

static void pair_either_side(void **state)
{
    struct partial_note n = plain;
    struct partial_band b = centre;
    struct partial p[2];
    (void)state;

    n.flags = PARTIAL_PAIR;
    n.n_members = 2;
    b.beat = 1 << 10;
    b.spread = partial_spread(30.0); /* not for pairs */
    for (uint32_t m = 0; m < 2; m++)
        p[m] = partial_draw(n, b, m);
    assert_true(word(p[0].inc) + word(p[1].inc) == 2 * word(b.inc));
    assert_true(fabs((double)(word(p[1].inc) - word(b.inc)) * 0x1p-42 - 1.0) <
                1e-8);
}

static void cascade_even(void **state)
{
    struct partial_note n = plain;
    struct partial_band b = centre;
    struct partial p[11];
    (void)state;

    n.flags = PARTIAL_CASCADE;
    n.n_members = 11;
    b.beat = 37;
    b.pan = 0.3f;
    b.width = 0.4f;
    for (uint32_t m = 0; m < 11; m++)
        p[m] = partial_draw(n, b, m);
    assert_true(word(p[5].inc) == word(b.inc));
    assert_true(p[1].phase != p[0].phase);
    for (uint32_t m = 0; m < 10; m++) {
        assert_true(word(p[m + 1].inc) - word(p[m].inc) == UINT64_C(37) << 32);
        assert_true(p[m + 1].phase - p[m].phase == p[1].phase - p[0].phase);
    }
    /* one place for all, and a bell of weights */
    for (uint32_t m = 0; m < 11; m++) {
        double w =
            sin(4.0 * atan(1.0) * (m + 0.5) / 11.0) / sin(2.0 * atan(1.0));
        assert_true(fabs(p[m].gain_l / p[5].gain_l - w) < 1e-5);
        assert_true(fabs(p[m].gain_rs / p[5].gain_rs - w) < 1e-5);
    }
}

/* Players keep their detune, place and delay from band to band; others don't.
 */
static void together(void **state)
{
    struct partial_band low = centre, high = centre;
    struct partial_note n = plain;
    (void)state;

    high.inc.hi *= 3;
    high.hash = 8;
    low.width = high.width = 1.0f;
    for (uint32_t m = 0; m < 50; m++) {
        struct partial a, b;
        n.flags = PARTIAL_TOGETHER;
        a = partial_draw(n, low, m);
        b = partial_draw(n, high, m);
        assert_true(a.gain_l == b.gain_l && a.gain_rs == b.gain_rs);
        assert_true(a.phase != b.phase);
        n.flags = 0;
        a = partial_draw(n, low, m);
        b = partial_draw(n, high, m);
        assert_true(a.gain_l != b.gain_l);
    }
}

static void together_in_tune(void **state)
{
    struct partial_band low = centre, high = centre;
    struct partial_note n = plain;
    (void)state;

    high.inc.hi *= 3;
    high.hash = 8;
    low.spread = high.spread = partial_spread(12.0);
    n.flags = PARTIAL_TOGETHER;
    for (uint32_t m = 0; m < 50; m++) {
        struct partial a = partial_draw(n, low, m);
        struct partial b = partial_draw(n, high, m);
        assert_true(fabs(cents(&a, &low) - cents(&b, &high)) < 1e-4);
        assert_true(m > 0 || fabs(cents(&a, &low)) > 1e-3);
    }
}

static void core_in_tune(void **state)
{
    struct partial_band b = centre;
    (void)state;

    b.spread = partial_spread(20.0);
    b.core = 0.5f;
    assert_true(word(partial_draw(plain, b, 0).inc) == word(b.inc));
    assert_true(word(partial_draw(plain, b, 1).inc) != word(b.inc));
    b.core = 0.0f;
    assert_true(word(partial_draw(plain, b, 0).inc) != word(b.inc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponential),
        cmocka_unit_test(wide_words),
        cmocka_unit_test(detune_near_gaussian),
        cmocka_unit_test(power_kept),
        cmocka_unit_test(places),
        cmocka_unit_test(phases_even),
        cmocka_unit_test(beats_bounded),
        cmocka_unit_test(pair_either_side),
        cmocka_unit_test(cascade_even),
        cmocka_unit_test(together),
        cmocka_unit_test(together_in_tune),
        cmocka_unit_test(core_in_tune),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
