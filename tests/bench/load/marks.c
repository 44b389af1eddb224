// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/marks.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define TONE     480 /* frames of one tone */
#define WINDOW   240 /* frames looked at at once: bins of 200 Hz */
#define BASE     8   /* digits */
#define SINE_HZ  997.0
#define MARK_HZ  2400.0
#define DIGIT_HZ 3200.0 /* and STEP_HZ more for each next digit */
#define STEP_HZ  600.0  /* three bins */
#define SINE     0.1
#define BURST    0.2
#define CLEAR    2.0 /* a digit's tone is so many times as loud as the next */

static double hz_of(uint32_t digit)
{
    return DIGIT_HZ + STEP_HZ * digit;
}

static double turn(double hz)
{
    return 2 * M_PI * hz / MARKS_RATE;
}

float marks_sample(uint64_t frame)
{
    double x = SINE * sin(fmod(turn(SINE_HZ) * (double)frame, 2 * M_PI));
    uint64_t k = frame / MARKS_PERIOD, at = frame % MARKS_PERIOD;

    if (k > 0 && at < MARKS_LEN) {
        uint32_t number = (uint32_t)((k - 1) % MARKS_NUMBERS);
        uint64_t slot = at / TONE;
        double hz = slot == 0   ? MARK_HZ
                    : slot == 1 ? hz_of(number / BASE)
                                : hz_of(number % BASE);
        x += BURST * sin(turn(hz) * (double)(at % TONE));
    }
    return (float)x;
}

/* How loud a tone is in x[WINDOW]: its amplitude. */
static double tone(const float *x, double hz)
{
    double re = 0, im = 0, w = turn(hz);

    for (int i = 0; i < WINDOW; i++) {
        re += x[i] * cos(w * i);
        im += x[i] * sin(w * i);
    }
    return hypot(re, im) * 2 / WINDOW;
}

/* The digit whose tone fills x[TONE]. */
static uint32_t read_digit(const float *x)
{
    double best = 0, next = 0;
    uint32_t digit = MARKS_UNREAD;

    x += (TONE - WINDOW) / 2;
    for (uint32_t d = 0; d < BASE; d++) {
        double a = tone(x, hz_of(d));
        if (a > best) {
            next = best;
            best = a;
            digit = d;
        } else if (a > next) {
            next = a;
        }
    }
    return best > BURST / 4 && best > CLEAR * next ? digit : MARKS_UNREAD;
}

static uint32_t read_number(const float *burst)
{
    uint32_t high = read_digit(burst + TONE);
    uint32_t low = read_digit(burst + TONE + TONE);

    if (high == MARKS_UNREAD || low == MARKS_UNREAD)
        return MARKS_UNREAD;
    return high * BASE + low;
}

/* The mark's tone in x, as sums from its begin: [n + 1] of each part. */
struct sums {
    double *re, *im;
};

static int sums_init(struct sums *s, const float *x, size_t n)
{
    double w = turn(MARK_HZ);

    s->re = calloc(n + 1, sizeof(*s->re));
    s->im = calloc(n + 1, sizeof(*s->im));
    if (!s->re || !s->im)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        /* 20 frames are a whole turn */
        double phase = w * (double)(i % 20);
        s->re[i + 1] = s->re[i] + x[i] * cos(phase);
        s->im[i + 1] = s->im[i] + x[i] * sin(phase);
    }
    return 0;
}

static void sums_fini(struct sums *s)
{
    free(s->re);
    free(s->im);
}

/* By how much the mark's tone is louder in the window after frame i than in the
   one before: largest where it sets in. */
static double edge(const struct sums *s, size_t i)
{
    double after =
        hypot(s->re[i + WINDOW] - s->re[i], s->im[i + WINDOW] - s->im[i]);
    double before =
        hypot(s->re[i] - s->re[i - WINDOW], s->im[i] - s->im[i - WINDOW]);
    return (after - before) * 2 / WINDOW;
}

int marks_find(const float *x, size_t n, struct mark *out, size_t max)
{
    struct sums s = {0};
    size_t found = 0;
    int err = sums_init(&s, x, n);

    if (err)
        goto out;
    for (size_t i = WINDOW; i + MARKS_LEN <= n && found < max; i++) {
        if (edge(&s, i) < BURST / 4)
            continue;
        size_t best = i;
        for (size_t k = i; k < i + WINDOW; k++)
            if (edge(&s, k) > edge(&s, best))
                best = k;
        if (best + MARKS_LEN > n)
            break;
        out[found++] = (struct mark){(int64_t)best, read_number(x + best)};
        i = best + MARKS_LEN;
    }
out:
    sums_fini(&s);
    return err ? err : (int)found;
}
