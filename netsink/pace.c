// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/pace.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "graph/clock.h"
#include "graph/threads.h"

#define NOMINAL   20e6  /* ns: a packet of 20 ms */
#define BANDWIDTH 0.015 /* Hz, of the loop */
#define DRIFT     1e-3  /* no card and no clock is further off */
#define ERROR_MAX 40e6  /* ns: what the loop believes of a late packet */
#define JUMP      1e9   /* ns: beyond it the timeline has another time */
#define STEP_MAX  8     /* packets at once that the loop weighs in full */

#define SPANS    10    /* half a minute in so many parts */
#define SPAN     3e9   /* ns */
#define LATE_MAX 300e6 /* ns: no margin beyond */
/* Over the latest packet: as much where a margin has to rise, a glide during
   which it may be missing; up to a wake-up of [enc] and more where it is. */
#define HEADROOM 1e6    /* ns */
#define SLACK    6e6    /* ns */
#define GLIDE    0.02e6 /* ns per packet, up: packets are missing meanwhile; */
#define SETTLE   2e3    /* down, where nothing hurries and all would notice */

struct pace {
    pthread_mutex_t m;

    /* [lock:m] Times are ns after origin. */
    bool set;
    int64_t origin;
    uint64_t end;   /* the loop's packet, */
    double time;    /* its time by the loop, */
    double period;  /* and the time of each after it */
    double margin;  /* on top of the loop's time, */
    double goal;    /* and where it goes */
    double reached; /* no position is below it any more */

    /* [enc] The latest packet of each span, against the loop; a ring. */
    double late[SPANS];
    double span_end;
    uint32_t n_spans; /* begun so far, SPANS at most */
    uint32_t span;    /* the present one */
};

int pace_new(struct pace **out)
{
    struct pace *p = calloc(1, sizeof(*p));

    *out = p;
    if (!p)
        return -ENOMEM;
    thread_mutex_init(&p->m);
    return 0;
}

void pace_free(struct pace **p)
{
    if (!*p)
        return;
    pthread_mutex_destroy(&(*p)->m);
    free(*p);
    *p = NULL;
}

static double loop_time(const struct pace *p, uint64_t seq)
{
    return p->time + (double)(int64_t)(seq - p->end) * p->period;
}

static double position(const struct pace *p, double t)
{
    double x = (double)p->end + (t - p->margin - p->time) / p->period;

    return x > p->reached ? x : p->reached;
}

static void set(struct pace *p, uint64_t end, int64_t now)
{
    p->reached = p->set ? position(p, (double)(now - p->origin)) : 0;
    /* To wait for packets that are late would make them later. */
    if (p->reached > (double)end)
        p->reached = (double)end;
    p->set = true;
    p->origin = now;
    p->end = end;
    p->time = 0;
    p->period = NOMINAL;
    p->margin = p->goal = HEADROOM;
    p->late[0] = 0;
    p->span = 0;
    p->n_spans = 1;
    p->span_end = SPAN;
}

static void note_late(struct pace *p, double t, double late)
{
    while (t >= p->span_end) {
        p->span = (p->span + 1) % SPANS;
        p->late[p->span] = -LATE_MAX;
        if (p->n_spans < SPANS)
            p->n_spans++;
        p->span_end += SPAN;
    }
    if (late > p->late[p->span])
        p->late[p->span] = late < LATE_MAX ? late : LATE_MAX;
}

/* The second latest span's latest packet: what happens time and again counts,
   what happens once does not. */
static double usual_late(const struct pace *p)
{
    double first = -LATE_MAX, second = -LATE_MAX;

    for (uint32_t i = 0; i < p->n_spans; i++) {
        if (p->late[i] > first) {
            second = first;
            first = p->late[i];
        } else if (p->late[i] > second) {
            second = p->late[i];
        }
    }
    return p->n_spans > 1 ? second : first;
}

static void follow(struct pace *p, uint64_t end, double t)
{
    const double w = 2 * M_PI * BANDWIDTH * NOMINAL / 1e9;
    uint64_t step = end - p->end;
    double n = step < STEP_MAX ? (double)step : STEP_MAX;
    double err = t - loop_time(p, end);

    p->time = loop_time(p, end);
    p->end = end;
    err = err > ERROR_MAX ? ERROR_MAX : err < -ERROR_MAX ? -ERROR_MAX : err;
    p->time += M_SQRT2 * w * n * err;
    p->period += w * w * n * err;
    p->period =
        fmin(fmax(p->period, NOMINAL * (1 - DRIFT)), NOMINAL * (1 + DRIFT));

    double late = usual_late(p);
    if (p->goal < late)
        p->goal = late + HEADROOM;
    else if (p->goal > late + SLACK)
        p->goal -= SETTLE * n;
    p->margin = fmax(late - HEADROOM, fmin(p->goal, p->margin + GLIDE * n));
}

void pace_put(struct pace *p, uint64_t end, int64_t now)
{
    pthread_mutex_lock(&p->m);
    double t = (double)(now - p->origin);
    if (!p->set || fabs(t - loop_time(p, end)) > JUMP) {
        set(p, end, now);
    } else if (end > p->end) {
        p->reached = position(p, t);
        /* Of those that came together the first one came latest. */
        note_late(p, t, t - loop_time(p, p->end + 1));
        follow(p, end, t);
    }
    pthread_mutex_unlock(&p->m);
}

/* Asking changes nothing but the lock. */
static void lock(const struct pace *p)
{
    pthread_mutex_lock((pthread_mutex_t *)&p->m);
}

static void unlock(const struct pace *p)
{
    pthread_mutex_unlock((pthread_mutex_t *)&p->m);
}

int64_t pace_time(const struct pace *p, uint64_t seq)
{
    int64_t time = 0;

    lock(p);
    if (p->set)
        time = p->origin + (int64_t)(loop_time(p, seq) + p->margin);
    unlock(p);
    return time;
}

double pace_position(const struct pace *p, int64_t now)
{
    double at = 0;

    lock(p);
    if (p->set)
        at = position(p, (double)(now - p->origin));
    unlock(p);
    return at;
}
