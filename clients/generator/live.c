// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/live.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "vk/scene.h"

/* What is forgotten must be older than any note that sounds: at four a second
   that is 17 minutes, and a note lasts ten at most (music_longest() of the
   schema's widest ranges). */
#define POINTS 4096
#define SLOW_S 0.256 /* what a coarse grid comes to */

struct point {
    int64_t since; /* frame */
    double value;
    int64_t frozen; /* of freeze: frames spent frozen before `since` */
};

/* A ring of the last POINTS breakpoints. */
struct curve {
    uint64_t n; /* ever set */
    struct point point[POINTS];
};

struct live {
    uint32_t rate; /* Hz */
    struct curve curve[PARAM_COUNT];
};

int live_new(struct live **out, uint32_t rate)
{
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return -ENOMEM;
    (*out)->rate = rate;
    return 0;
}

void live_free(struct live **l)
{
    free(*l);
    *l = NULL;
}

/* The i-th breakpoint from the last one; NULL: there is none, or it was
   forgotten. */
static const struct point *back(const struct curve *c, uint64_t i)
{
    return i < c->n && i < POINTS ? &c->point[(c->n - 1 - i) % POINTS] : NULL;
}

/* The breakpoint in force at frame n; NULL: the default is. */
static const struct point *point_at(const struct live *l, enum param p,
                                    int64_t n)
{
    const struct point *x;
    uint64_t i = 0;

    if (!l)
        return NULL;
    for (x = back(&l->curve[p], 0); x && x->since > n;)
        x = back(&l->curve[p], ++i);
    return x;
}

static bool slow(enum param p)
{
    return p == PARAM_ROOT || p == PARAM_MODE || p == PARAM_DENSITY ||
           p == PARAM_FREEZE;
}

int64_t live_grid(const struct live *l)
{
    int64_t chunks = llround(SLOW_S * l->rate / SCENE_CHUNK);

    return (chunks > 1 ? chunks : 1) * SCENE_CHUNK;
}

void live_set(struct live *l, enum param p, int64_t from, double value)
{
    int64_t grid = slow(p) ? live_grid(l) : SCENE_CHUNK;
    int64_t over = from % grid;
    int64_t since = over == 0  ? from
                    : over < 0 ? from - over
                               : from + grid - over;
    struct curve *c = &l->curve[p];
    const struct point *last = back(c, 0);
    struct point x = {.since = since, .value = value};

    if (last && last->since == since) { /* not heard yet */
        c->n--;
        last = back(c, 0);
    }
    if ((last ? last->value : param_info(p)->def) == value)
        return;
    if (p == PARAM_FREEZE && last)
        x.frozen = last->frozen + (last->value > 0.0 ? since - last->since : 0);
    c->point[c->n % POINTS] = x;
    c->n++;
}

double live_value(const struct live *l, enum param p, int64_t n)
{
    const struct point *x = point_at(l, p, n);

    return x ? x->value : param_info(p)->def;
}

int live_untouched(const struct live *l, enum param p)
{
    return !l || l->curve[p].n == 0;
}

int64_t live_event(const struct live *l, int64_t n)
{
    const struct point *x = point_at(l, PARAM_FREEZE, n);

    if (!x)
        return n;
    return (x->value > 0.0 ? x->since : n) - x->frozen;
}

/* Frames from breakpoint x of p to frame n that its glide has had: density is
   of notes that start, so it waits while none does. */
static int64_t age(const struct live *l, enum param p, const struct point *x,
                   int64_t n)
{
    if (p != PARAM_DENSITY || live_untouched(l, PARAM_FREEZE))
        return n - x->since;
    return live_event(l, n) - live_event(l, x->since);
}

/* Each breakpoint adds its step, as far as it has come; what is a glide ago is
   complete. */
double live_curve(const struct live *l, enum param p, int64_t n)
{
    double glide = param_info(p)->glide;
    const struct curve *c;
    const struct point *x, *before;
    double sum = 0.0;
    uint64_t i = 0;

    if (!l || l->curve[p].n == 0)
        return param_info(p)->def;
    c = &l->curve[p];
    for (x = back(c, 0); x && x->since > n;)
        x = back(c, ++i);
    for (; x; x = before) {
        double t = glide > 0.0
                       ? fmin((double)age(l, p, x, n) / (glide * l->rate), 1.0)
                       : 1.0;
        before = back(c, ++i);
        if (t >= 1.0)
            return x->value + sum;
        sum += (x->value - (before ? before->value : param_info(p)->def)) * t *
               t * (3.0 - 2.0 * t);
    }
    return param_info(p)->def + sum;
}

int64_t live_frame(const struct live *l, int64_t event)
{
    const struct curve *c;
    const struct point *x;

    if (!l || l->curve[PARAM_FREEZE].n == 0)
        return event;
    c = &l->curve[PARAM_FREEZE];
    /* the last stretch of running that began before the event */
    for (uint64_t i = 0; (x = back(c, i)); i++)
        if (x->value <= 0.0 && x->since - x->frozen < event)
            return event + x->frozen;
    return c->n > POINTS ? event + back(c, POINTS - 1)->frozen : event;
}
