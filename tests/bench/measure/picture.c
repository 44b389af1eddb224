// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/picture.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/measure/canvas.h"
#include "tests/bench/measure/stft.h"

#define SIZE     16384 /* frames */
#define LEFT     84
#define TOP      16
#define PLOT_W   1400
#define PLOT_H   840
#define SCALE_X  (LEFT + PLOT_W + 16)
#define SCALE_W  24
#define LO_HZ    30.0
#define HI_HZ    16000.0
#define RANGE_DB 80
#define STEP_DB  10
#define TICK     6
#define HOP_MAX  8192 /* frames: half a window */
/* Of a sine's power 1/2, the Hann window leaves 2/3 in its largest bin. */
#define TONE (1.0 / 3.0)

static const struct canvas_colour ink = {220, 220, 220}, paper = {24, 24, 28};

struct picture {
    struct canvas canvas;
    struct stft stft;
    double seconds, bin_hz;
    int64_t frames;
    uint64_t columns;            /* of the transform so far */
    float power[PLOT_W][PLOT_H]; /* of the loudest bin, from the bottom */
    uint32_t count[PLOT_W];      /* columns in each */
};

static double row_hz(double row)
{
    return LO_HZ * pow(HI_HZ / LO_HZ, row / PLOT_H);
}

/* The loudest bin of a row, or between two bins where rows are finer. */
static double row_power(const struct picture *p, const double *power,
                        size_t bins, int row)
{
    double lo = row_hz(row) / p->bin_hz, hi = row_hz(row + 1) / p->bin_hz;
    size_t from = (size_t)ceil(lo), to = (size_t)ceil(hi);
    double most = 0, mid = (lo + hi) / 2;

    for (size_t k = from; k < to && k < bins; k++)
        most = fmax(most, power[k]);
    if (hi - lo > 1)
        return most;
    from = (size_t)mid;
    if (from + 1 >= bins)
        return 0;
    return exp(log(power[from] + 1e-20) * (1 - (mid - (double)from)) +
               log(power[from + 1] + 1e-20) * (mid - (double)from));
}

static void column(void *ctx, const double *power, size_t bins)
{
    struct picture *p = ctx;
    double middle = (double)(p->columns++ * p->stft.hop) + SIZE / 2.0;
    int x = (int)(middle / (double)p->frames * PLOT_W);

    if (x >= PLOT_W)
        return;
    for (int row = 0; row < PLOT_H; row++)
        p->power[x][row] += (float)(row_power(p, power, bins, row) / TONE);
    p->count[x]++;
}

int picture_new(struct picture **out, double rate, int64_t frames)
{
    struct picture *p = calloc(1, sizeof(*p));
    int64_t hop = frames / PLOT_W, parts = hop / HOP_MAX + 1;

    *out = p;
    if (!p)
        return -ENOMEM;
    p->frames = frames;
    p->seconds = (double)frames / rate;
    p->bin_hz = rate / SIZE;
    hop = hop / parts > 1 ? hop / parts : 1;
    if (stft_init(&p->stft, SIZE, (size_t)hop, column, p) < 0) {
        picture_free(out);
        return -ENOMEM;
    }
    return 0;
}

void picture_free(struct picture **p)
{
    if (!*p)
        return;
    stft_fini(&(*p)->stft);
    free(*p);
    *p = NULL;
}

void picture_add(struct picture *p, const float *x, size_t frames)
{
    stft_add(&p->stft, x, frames);
}

/* The column nearest to x that has anything, or -1. */
static int nearest(const struct picture *p, int x)
{
    for (int d = 0; d < PLOT_W; d++) {
        if (x - d >= 0 && p->count[x - d])
            return x - d;
        if (x + d < PLOT_W && p->count[x + d])
            return x + d;
    }
    return -1;
}

static double cell_db(const struct picture *p, int x, int row)
{
    return 10 * log10(p->power[x][row] / (double)p->count[x] + 1e-20);
}

/* The level of the lightest colour: over all but the loudest few cells. */
static int top_db(const struct picture *p)
{
    size_t above[400] = {0}, all = 0, seen = 0;
    int db = 0;

    for (int x = 0; x < PLOT_W; x++)
        for (int row = 0; p->count[x] && row < PLOT_H; row++, all++) {
            double under = -cell_db(p, x, row);
            above[under < 0 ? 0 : under > 399 ? 399 : (int)under]++;
        }
    while (db < 399 && (seen += above[db]) <= all / 5000)
        db++;
    return -(db / STEP_DB) * STEP_DB;
}

static void draw_cells(struct picture *p, int top)
{
    for (int x = 0; x < PLOT_W; x++) {
        int from = nearest(p, x);
        for (int row = 0; from >= 0 && row < PLOT_H; row++) {
            double heat = (cell_db(p, from, row) - top) / RANGE_DB + 1;
            canvas_fill(&p->canvas, LEFT + x, TOP + PLOT_H - 1 - row, 1, 1,
                        canvas_heat(heat));
        }
    }
}

static void draw_frequencies(struct picture *p)
{
    static const int marks[] = {30,   50,   100,  200,   500,
                                1000, 2000, 5000, 10000, 16000};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        double share = log(marks[i] / LO_HZ) / log(HI_HZ / LO_HZ);
        int y = TOP + PLOT_H - 1 - (int)lround(share * (PLOT_H - 1));
        bool kilo = marks[i] >= 1000;
        char text[24];
        snprintf(text, sizeof(text), "%d%s", kilo ? marks[i] / 1000 : marks[i],
                 kilo ? "kHz" : "Hz");
        canvas_fill(&p->canvas, LEFT - TICK, y, TICK, 1, ink);
        canvas_tint(&p->canvas, LEFT, y, PLOT_W, 1, ink, 0.18);
        canvas_text(&p->canvas, LEFT - TICK - 4 - canvas_text_width(text),
                    y - CANVAS_LETTER_H / 2, text, ink);
    }
}

/* A round number of seconds that gives at most 14 ticks. */
static int time_step(double seconds)
{
    static const int steps[] = {1,   2,   5,    10,   15,   30,   60,   120,
                                300, 600, 1200, 1800, 3600, 7200, 14400};
    size_t last = sizeof(steps) / sizeof(steps[0]) - 1, i = 0;

    while (i < last && seconds / steps[i] > 14)
        i++;
    return steps[i];
}

static void draw_times(struct picture *p)
{
    int step = time_step(p->seconds);

    for (int64_t t = 0; (double)t <= p->seconds; t += step) {
        int x = LEFT + (int)((double)t / p->seconds * (PLOT_W - 1));
        char text[48];
        int sec = (int)(t % 60), min = (int)(t / 60 % 60);
        if (p->seconds >= 3600)
            snprintf(text, sizeof(text), "%d:%02d:%02d", (int)(t / 3600), min,
                     sec);
        else
            snprintf(text, sizeof(text), "%d:%02d", min, sec);
        canvas_fill(&p->canvas, x, TOP + PLOT_H, 1, TICK, ink);
        canvas_tint(&p->canvas, x, TOP, 1, PLOT_H, ink, 0.18);
        canvas_text(&p->canvas, x - canvas_text_width(text) / 2,
                    TOP + PLOT_H + TICK + 4, text, ink);
    }
}

static void draw_scale(struct picture *p, int top)
{
    for (int i = 0; i < PLOT_H; i++)
        canvas_fill(&p->canvas, SCALE_X, TOP + i, SCALE_W, 1,
                    canvas_heat(1 - (double)i / (PLOT_H - 1)));
    for (int db = 0; db <= RANGE_DB; db += STEP_DB) {
        int y = TOP + db * (PLOT_H - 1) / RANGE_DB;
        char text[24];
        snprintf(text, sizeof(text), "%d%s", top - db, db ? "" : "dB");
        canvas_fill(&p->canvas, SCALE_X + SCALE_W, y, TICK, 1, ink);
        canvas_text(&p->canvas, SCALE_X + SCALE_W + TICK + 4,
                    y - CANVAS_LETTER_H / 2, text, ink);
    }
}

int picture_write(struct picture *p, const char *path)
{
    int top = top_db(p);

    canvas_fill(&p->canvas, 0, 0, CANVAS_W, CANVAS_H, paper);
    canvas_fill(&p->canvas, LEFT, TOP, PLOT_W, PLOT_H, canvas_heat(0));
    draw_cells(p, top);
    draw_frequencies(p);
    draw_times(p);
    draw_scale(p, top);
    return canvas_write(&p->canvas, path);
}
