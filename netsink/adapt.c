// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/adapt.h"

#include "graph/clock.h"

#define LAG_BAD    0.8 /* s, after */
#define LAG_POOR   0.5 /* s at the look before */
#define LAG_CALM   0.4 /* s */
#define BAD_LOOKS  2
#define OUTAGE     2 /* looks between which nothing came: less may be a lump */
#define SHARE      0.85 /* of what got through: it was seen up to 9 % high */
#define SPARE      1.25 /* of the next rung's rate */
#define DRAINED    5    /* chunks */
#define WINDOW     (2 * NS_PER_S)
#define FALL_GAP   (6 * NS_PER_S)
#define WAIT_LEAST (15 * NS_PER_S)
#define WAIT_MOST  (240 * NS_PER_S)
#define REGRET     (30 * NS_PER_S) /* a fall so soon after a rise is its fault */

void adapt_init(struct adapt *a, const struct adapt_opts *o, uint32_t rung,
                int64_t now)
{
    *a = (struct adapt){.o = *o, .rung = rung, .wait = WAIT_LEAST};
    adapt_reset(a, now);
}

void adapt_reset(struct adapt *a, int64_t now)
{
    a->calm_since = now;
    a->bad = 0;
    a->stood = 0;
    a->drained = 0;
    a->n_looks = 0;
}

void adapt_stay(struct adapt *a, uint32_t rung, int64_t now)
{
    a->rung = rung;
    adapt_reset(a, now);
}

/* What the window says. */
struct seen {
    double through; /* bytes/s */
    bool stands;    /* nothing came since the look before */
    bool mends;     /* the lag is less than at the window's begin */
};

/* Look number i back from the latest. */
#define LOOK(a, i) ((a)->looks[((a)->n_looks - 1 - (i)) % ADAPT_LOOKS])

/*
 * Since the latest look that is older than the window (looks may be seldom
 * while all is well), or the oldest one; false: there is none.
 */
static bool look_back(const struct adapt *a, int64_t now, uint64_t acked,
                      double lag, struct seen *out)
{
    uint32_t n = a->n_looks < ADAPT_LOOKS ? a->n_looks : ADAPT_LOOKS;
    uint32_t i = 0;

    if (n == 0)
        return false;
    while (i + 1 < n && now - LOOK(a, i).at < WINDOW)
        i++;
    int64_t t = now - LOOK(a, i).at;
    out->through =
        (double)(acked - LOOK(a, i).acked) * NS_PER_S / (double)(t > 0 ? t : 1);
    out->stands = acked == LOOK(a, 0).acked;
    out->mends =
        lag < LOOK(a, i).lag || SHARE * out->through >= a->o.rates[a->rung];
    return true;
}

static void note(struct adapt *a, int64_t now, uint64_t acked, double lag)
{
    a->n_looks++;
    LOOK(a, 0).at = now;
    LOOK(a, 0).acked = acked;
    LOOK(a, 0).lag = lag;
}

static void fall(struct adapt *a, int64_t now, double through)
{
    uint32_t rung = a->rung - 1;

    while (rung > 0 && a->o.rates[rung] > SHARE * through)
        rung--;
    a->rung = rung;
    if (a->rose_at && now - a->rose_at < REGRET)
        a->wait = 2 * a->wait < WAIT_MOST ? 2 * a->wait : WAIT_MOST;
    a->fell_at = now;
    a->bad = 0;
    a->drained = 0;
}

static void rise(struct adapt *a, int64_t now)
{
    /* One that was not regretted tells of another network. */
    if (a->rose_at && a->fell_at < a->rose_at && now - a->rose_at > REGRET)
        a->wait = WAIT_LEAST;
    a->rung++;
    a->rose_at = now;
    a->calm_since = now;
    a->drained = 0;
}

uint32_t adapt_look(struct adapt *a, int64_t now, uint64_t acked, double lag)
{
    struct seen s = {0};
    bool known = look_back(a, now, acked, lag, &s);

    if (lag > LAG_BAD)
        a->bad++;
    else
        a->bad = lag > LAG_POOR ? 1 : 0;
    if (lag > LAG_CALM) {
        a->calm_since = now;
        a->drained = 0;
    }
    a->stood = known && s.stands ? a->stood + 1 : 0;
    if (a->stood >= OUTAGE && a->bad > 0) {
        /* What it will let through once it is over is to be seen then. */
        a->n_looks = 0;
        a->bad = 0;
    } else if (a->bad >= BAD_LOOKS && a->rung > 0 && known && !s.stands &&
               !s.mends && (!a->fell_at || now - a->fell_at >= FALL_GAP)) {
        fall(a, now, s.through);
    } else if (a->rung < a->o.top && a->drained >= DRAINED &&
               now - a->calm_since >= a->wait) {
        rise(a, now);
    }
    note(a, now, acked, lag);
    return a->rung;
}

int64_t adapt_drain_time(const struct adapt *a, uint32_t n, int64_t rtt)
{
    if (a->rung >= a->o.top)
        return 0;
    double t = n / (SPARE * a->o.rates[a->rung + 1]);
    return (int64_t)(t * NS_PER_S) + rtt;
}

void adapt_chunk(struct adapt *a, uint32_t n, int64_t t, int64_t rtt)
{
    if (a->rung >= a->o.top)
        return;
    if (t >= 0 && t <= adapt_drain_time(a, n, rtt))
        a->drained++;
    else
        a->drained = 0;
}
