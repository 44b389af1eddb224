// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Lengths are in samples at 48 kHz and scaled to the rate. What leaves a delay
 * line is damped so that sound of any length of path loses 60 dB in the T60 of
 * its frequency; the lines are mixed by a Hadamard matrix, which loses nothing.
 */
#include "clients/generator/reverb.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PI        3.14159265358979323846
#define LINES     16
#define DIFFUSERS 4 /* allpasses in series per channel */
#define DIFFUSION 0.62f
#define LOW_HZ    220.0  /* corner under which t60_low holds */
#define HIGH_HZ   3500.0 /* corner above which t60_high holds */
#define SIDE_HZ   110.0  /* under which the sides are taken out */
#define WIDE_HZ   270.0  /* over which the room's sound is wide */
#define DC_HZ     5.0
#define QUIET     1e-20f /* what is smaller is 0: no denormals */
#define DRIFT_MAX 2.0    /* times the drift, by moves.motion */
#define SPACE_DB  1.6    /* dB, of the whole, for a space of 1 less */

static const double line_length[LINES] = {
    1009, 1153, 1327, 1511, 1733, 1951, 2203, 2473,
    2777, 3109, 3461, 3851, 4271, 4733, 5233, 5779,
};
static const double diffuser_length[2][DIFFUSERS] = {
    {142, 107, 379, 277},
    {149, 113, 367, 283},
};

/* A power of two of samples. */
struct delay {
    float *x;
    uint32_t mask;
};

/* One pole, one zero. */
struct filter {
    float b0, b1, a1;
    float state;
};

struct line {
    struct delay delay;
    double length;           /* samples */
    float in;                /* gain from its channel */
    struct filter low, high; /* damping; low has the gain of the middle */
    struct filter low_step, high_step; /* added each frame while it glides */
};

/* Linear gains. */
struct gains {
    float own, other; /* of the room's sound at its side, and across */
    float send[BUS_COUNT], dry[BUS_COUNT];
};

struct reverb {
    /* [init] */
    struct music_room room;
    uint32_t rate;                   /* Hz */
    double drift;                    /* samples, of the lines' lengths */
    uint32_t pre[BUS_COUNT];         /* samples */
    uint32_t diffuser[2][DIFFUSERS]; /* samples */

    /* state */
    uint32_t at;              /* write index of all delays, wraps */
    double space;             /* that everything is set to, or glides to */
    struct gains gains, step; /* now, and added each frame */
    bool gliding;             /* step is not all 0 */
    struct delay pre_delay[BUS_COUNT][2];
    struct delay diffuse[2][DIFFUSERS];
    struct line line[LINES];
    struct filter wide[2]; /* of the room's sides */
    struct filter side[2]; /* of all sides */
    struct filter dc[2];
};

static int delay_init(struct delay *d, double samples)
{
    uint32_t n = 4;

    while (n < samples + 4.0) /* 4: what the interpolation looks around */
        n *= 2;
    d->x = calloc(n, sizeof(*d->x));
    d->mask = n - 1;
    return d->x ? 0 : -ENOMEM;
}

static void delay_clear(struct delay *d)
{
    memset(d->x, 0, (d->mask + 1) * sizeof(*d->x));
}

static float quiet(float x)
{
    return fabsf(x) < QUIET ? 0.0f : x;
}

static float filter_run(struct filter *f, float x)
{
    float y = f->b0 * x + f->state;
    f->state = quiet(f->b1 * x - f->a1 * y);
    return y;
}

/* (s + gain w) / (s + w), bilinear: gain under hz, 1 above; all times scale. */
static struct filter low_shelf(double hz, double gain, double scale,
                               uint32_t rate)
{
    double k = tan(PI * hz / rate);
    return (struct filter){.b0 = (float)(scale * (1.0 + gain * k) / (1.0 + k)),
                           .b1 = (float)(scale * (gain * k - 1.0) / (1.0 + k)),
                           .a1 = (float)((k - 1.0) / (1.0 + k))};
}

/* (gain s + w) / (s + w): 1 under hz, gain above. */
static struct filter high_shelf(double hz, double gain, uint32_t rate)
{
    double k = tan(PI * hz / rate);
    return (struct filter){.b0 = (float)((gain + k) / (1.0 + k)),
                           .b1 = (float)((k - gain) / (1.0 + k)),
                           .a1 = (float)((k - 1.0) / (1.0 + k))};
}

/* One pole with a zero at DC. */
static struct filter high_pass(double hz, uint32_t rate)
{
    return low_shelf(hz, 0.0, 1.0, rate);
}

/* Damping of a line, all T60 times longer. */
static void line_damping(const struct reverb *r, const struct line *l,
                         double longer, struct filter *out_low,
                         struct filter *out_high)
{
    const struct music_room *room = &r->room;
    double pass = -3.0 * l->length / r->rate;
    /* gain of one pass */
    double low = pow(10.0, pass / (room->t60_low * longer));
    double mid = pow(10.0, pass / (room->t60_mid * longer));
    double high = pow(10.0, pass / (room->t60_high * longer));

    *out_low = low_shelf(LOW_HZ, low / mid, mid, r->rate);
    *out_high = high_shelf(HIGH_HZ, high / mid, r->rate);
}

/* Another filter with the same past. */
static void refilter(struct filter *f, struct filter to)
{
    to.state = f->state;
    *f = to;
}

static int line_init(struct line *l, uint32_t i, const struct music_room *room,
                     uint32_t rate)
{
    double scale = rate / 48000.0;

    l->length = line_length[i] * room->size * scale;
    l->in = (5 * i + 3) >> 2 & 1 ? -0.35f : 0.35f;
    return delay_init(&l->delay, l->length + DRIFT_MAX * room->drift * scale);
}

/* By how much T60 is longer at a space. */
static double longer(double space)
{
    return exp2(space - 1.0);
}

/* A larger room would be a louder one: that is taken back, of the room's own
   sound and of the whole, by figures that were measured on the presets. */
static struct gains gains_at(const struct music_room *room, double space)
{
    double all = pow(10.0, SPACE_DB * (1.0 - space) / 20.0);
    double wet = 0.25 * room->wet * pow(longer(space), -0.4) * all;
    struct gains g = {
        .own = (float)(wet * sqrt(1.0 - room->blend * room->blend)),
        .other = (float)(wet * room->blend),
    };

    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        g.send[b] = (float)(room->send[b] * (0.5 + 0.5 * space));
        g.dry[b] = (float)(room->dry[b] * all);
    }
    /* nearer in a smaller room */
    g.dry[BUS_PAD] *= (float)(1.0 + 0.15 * (1.0 - space));
    return g;
}

static void set_space(struct reverb *r, double space)
{
    for (uint32_t i = 0; i < LINES; i++) {
        struct line *l = &r->line[i];
        struct filter low, high;
        line_damping(r, l, longer(space), &low, &high);
        refilter(&l->low, low);
        refilter(&l->high, high);
    }
    r->gains = gains_at(&r->room, space);
    r->space = space;
}

static int reverb_init(struct reverb *r, const struct music_room *room)
{
    double scale = r->rate / 48000.0;
    int err = 0;

    r->room = *room;
    r->drift = room->drift * scale;
    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        r->pre[b] = (uint32_t)lround(room->pre[b] * r->rate / 1000.0);
        for (uint32_t c = 0; c < 2 && !err; c++)
            err = delay_init(&r->pre_delay[b][c], r->pre[b]);
    }
    for (uint32_t c = 0; c < 2; c++) {
        r->wide[c] = high_pass(WIDE_HZ, r->rate);
        r->side[c] = high_pass(SIDE_HZ, r->rate);
        r->dc[c] = high_pass(DC_HZ, r->rate);
        for (uint32_t i = 0; i < DIFFUSERS && !err; i++) {
            r->diffuser[c][i] = (uint32_t)lround(diffuser_length[c][i] * scale);
            err = delay_init(&r->diffuse[c][i], r->diffuser[c][i]);
        }
    }
    for (uint32_t i = 0; i < LINES && !err; i++)
        err = line_init(&r->line[i], i, room, r->rate);
    set_space(r, 1.0);
    return err;
}

int reverb_new(struct reverb **out, const struct music_room *room,
               uint32_t rate)
{
    struct reverb *r = calloc(1, sizeof(*r));
    int err = -ENOMEM;

    *out = NULL;
    if (!r)
        goto out;
    r->rate = rate;
    err = reverb_init(r, room);
    if (err)
        goto out;
    *out = r;
    r = NULL;
out:
    reverb_free(&r);
    return err;
}

void reverb_free(struct reverb **r)
{
    if (!*r)
        return;
    for (uint32_t c = 0; c < 2; c++) {
        for (uint32_t b = 0; b < BUS_COUNT; b++)
            free((*r)->pre_delay[b][c].x);
        for (uint32_t i = 0; i < DIFFUSERS; i++)
            free((*r)->diffuse[c][i].x);
    }
    for (uint32_t i = 0; i < LINES; i++)
        free((*r)->line[i].delay.x);
    free(*r);
    *r = NULL;
}

void reverb_clear(struct reverb *r)
{
    r->at = 0;
    for (uint32_t c = 0; c < 2; c++) {
        for (uint32_t b = 0; b < BUS_COUNT; b++)
            delay_clear(&r->pre_delay[b][c]);
        for (uint32_t i = 0; i < DIFFUSERS; i++)
            delay_clear(&r->diffuse[c][i]);
        r->wide[c].state = 0.0f;
        r->side[c].state = 0.0f;
        r->dc[c].state = 0.0f;
    }
    for (uint32_t i = 0; i < LINES; i++) {
        delay_clear(&r->line[i].delay);
        r->line[i].low.state = 0.0f;
        r->line[i].high.state = 0.0f;
    }
    set_space(r, 1.0);
}

/* What of frame n goes into the network: sends, each after its pre-delay, and
   then smeared by the allpasses, so that the lines' first echoes are dense. */
static float network_input(struct reverb *r, const struct buses *dry,
                           uint32_t n, uint32_t c)
{
    float x = 0.0f;

    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        struct delay *d = &r->pre_delay[b][c];
        d->x[r->at & d->mask] = dry->x[b][c][n];
        x += r->gains.send[b] * d->x[(r->at - r->pre[b]) & d->mask];
    }
    for (uint32_t i = 0; i < DIFFUSERS; i++) {
        struct delay *d = &r->diffuse[c][i];
        float late = d->x[(r->at - r->diffuser[c][i]) & d->mask];
        float y = late - DIFFUSION * x;
        d->x[r->at & d->mask] = quiet(x + DIFFUSION * y);
        x = y;
    }
    return x;
}

/* What went into the delay `back` samples ago: cubic Hermite between four
   samples. */
static float delay_read(const struct delay *d, uint32_t at, float back)
{
    uint32_t whole = (uint32_t)back;
    float t = back - (float)whole;
    uint32_t i = at - whole;
    float newer = d->x[(i + 1) & d->mask];
    float a = d->x[i & d->mask];
    float b = d->x[(i - 1) & d->mask];
    float older = d->x[(i - 2) & d->mask];
    float c1 = 0.5f * (b - newer);
    float c2 = newer - 2.5f * a + 2.0f * b - 0.5f * older;
    float c3 = 0.5f * (older - newer) + 1.5f * (a - b);

    return ((c3 * t + c2) * t + c1) * t + a;
}

/* Hadamard matrix of 16 rows, times 1/4: orthonormal. */
static void hadamard(float v[LINES])
{
    for (uint32_t half = 1; half < LINES; half *= 2)
        for (uint32_t i = 0; i < LINES; i += 2 * half)
            for (uint32_t j = i; j < i + half; j++) {
                float a = v[j], b = v[j + half];
                v[j] = a + b;
                v[j + half] = a - b;
            }
    for (uint32_t i = 0; i < LINES; i++)
        v[i] *= 0.25f;
}

/* One frame of the network; back is how long each line is now, samples. */
static void network_run(struct reverb *r, const float back[LINES], float in_l,
                        float in_r, float *wet_l, float *wet_r)
{
    float v[LINES];
    float l = 0.0f, rr = 0.0f;

    for (uint32_t i = 0; i < LINES; i++) {
        struct line *line = &r->line[i];
        v[i] = delay_read(&line->delay, r->at, back[i]);
        v[i] = filter_run(&line->high, filter_run(&line->low, v[i]));
        /* two orthogonal rows of signs, so that L and R are unrelated... */
        l += (i ^ i >> 2) & 1 ? -v[i] : v[i];
        rr += (i >> 1 ^ i >> 3) & 1 ? -v[i] : v[i];
    }
    /* ...and then brought a little closer: a lone tone would else sit at a
       random phase between the ears */
    *wet_l = r->gains.own * l + r->gains.other * rr;
    *wet_r = r->gains.own * rr + r->gains.other * l;
    hadamard(v);
    for (uint32_t i = 0; i < LINES; i++) {
        struct delay *d = &r->line[i].delay;
        d->x[r->at & d->mask] =
            quiet(v[i] + r->line[i].in * (i & 1 ? in_r : in_l));
    }
}

/* Lengths of the lines at absolute frame n: each swings slowly at a rate of its
   own, which keeps the room from ringing. */
static void lengths(const struct reverb *r, int64_t n, double motion,
                    double out[LINES])
{
    double t = (double)n / r->rate;

    for (uint32_t i = 0; i < LINES; i++)
        out[i] = r->line[i].length +
                 motion * r->drift *
                     sin(2.0 * PI * (0.11 + 0.029 * i) * t + 2.4 * i);
}

/* Sum of the dry buses and the room, sides out of the bass, no DC. */
static void output(struct reverb *r, const struct buses *dry, uint32_t n,
                   const float wet[2], float *mix)
{
    float x[2], mid, side;

    /*
     * Two ears in a room hear the same of what is low. Around a head their
     * coherence is about sin(x) / x with x = 2 pi f 0.33 m / c (Lindevald and
     * Benade 1986), so the sides are 9 dB under the middle at 200 Hz, 2.4 at
     * 400, and as loud from 520 Hz on: two poles at 270 Hz are within 2 dB.
     * Without, a lone low tone stands in the room in opposite phases at times,
     * and is gone in mono.
     */
    mid = 0.5f * (wet[0] + wet[1]);
    side = 0.5f * (wet[0] - wet[1]);
    side = filter_run(&r->wide[1], filter_run(&r->wide[0], side));
    x[0] = mid + side;
    x[1] = mid - side;

    for (uint32_t b = 0; b < BUS_COUNT; b++)
        for (uint32_t c = 0; c < 2; c++)
            x[c] += r->gains.dry[b] * dry->x[b][c][n];
    mid = 0.5f * (x[0] + x[1]);
    side = 0.5f * (x[0] - x[1]);
    side = filter_run(&r->side[1], filter_run(&r->side[0], side));
    mix[0] = filter_run(&r->dc[0], mid + side);
    mix[1] = filter_run(&r->dc[1], mid - side);
}

/* From filter a to b within SCENE_GRID frames. */
static struct filter filter_step(const struct filter *a, const struct filter *b)
{
    const float per = 1.0f / SCENE_GRID;

    return (struct filter){.b0 = per * (b->b0 - a->b0),
                           .b1 = per * (b->b1 - a->b1),
                           .a1 = per * (b->a1 - a->a1)};
}

static void filter_move(struct filter *f, const struct filter *step)
{
    f->b0 += step->b0;
    f->b1 += step->b1;
    f->a1 += step->a1;
}

/* From space a to b within SCENE_GRID frames, and no coefficient jumps: even
   jumps of a thousandth are clicks beside a quiet tail. */
static void glide(struct reverb *r, double a, double b)
{
    const float per = 1.0f / SCENE_GRID;
    struct gains to = gains_at(&r->room, b);

    if (a == b) {
        if (r->gliding || r->space != a)
            set_space(r, a); /* but for rounding it is there */
        r->gliding = false;
        return;
    }
    if (r->space != a)
        set_space(r, a);
    r->gliding = true;
    r->space = b;
    r->step.own = per * (to.own - r->gains.own);
    r->step.other = per * (to.other - r->gains.other);
    for (uint32_t i = 0; i < BUS_COUNT; i++) {
        r->step.send[i] = per * (to.send[i] - r->gains.send[i]);
        r->step.dry[i] = per * (to.dry[i] - r->gains.dry[i]);
    }
    for (uint32_t i = 0; i < LINES; i++) {
        struct line *l = &r->line[i];
        struct filter low, high;
        line_damping(r, l, longer(b), &low, &high);
        l->low_step = filter_step(&l->low, &low);
        l->high_step = filter_step(&l->high, &high);
    }
}

static void move(struct reverb *r)
{
    r->gains.own += r->step.own;
    r->gains.other += r->step.other;
    for (uint32_t i = 0; i < BUS_COUNT; i++) {
        r->gains.send[i] += r->step.send[i];
        r->gains.dry[i] += r->step.dry[i];
    }
    for (uint32_t i = 0; i < LINES; i++) {
        filter_move(&r->line[i].low, &r->line[i].low_step);
        filter_move(&r->line[i].high, &r->line[i].high_step);
    }
}

void reverb_run(struct reverb *r, int64_t first,
                const struct reverb_moves *moves, const struct buses *dry,
                float *mix)
{
    double from[LINES], to[LINES];
    float back[LINES], wet[2];

    lengths(r, first, moves ? moves->motion[0] : 1.0, to);
    for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
        uint32_t x = n % SCENE_GRID, p = n / SCENE_GRID;
        if (x == 0) {
            memcpy(from, to, sizeof(from));
            lengths(r, first + n + SCENE_GRID,
                    moves ? moves->motion[p + 1] : 1.0, to);
            glide(r, moves ? moves->space[p] : 1.0,
                  moves ? moves->space[p + 1] : 1.0);
        }
        for (uint32_t i = 0; i < LINES; i++)
            back[i] = (float)(from[i] + (to[i] - from[i]) * x / SCENE_GRID);
        network_run(r, back, network_input(r, dry, n, 0),
                    network_input(r, dry, n, 1), &wet[0], &wet[1]);
        output(r, dry, n, wet, &mix[2 * n]);
        if (r->gliding)
            move(r);
        r->at++;
    }
}
