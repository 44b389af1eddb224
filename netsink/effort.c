// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/effort.h"

#define MUCH     0.6 /* of the thread's time: less than is there */
#define TOO_MUCH 0.85
#define LITTLE   0.4 /* so that a step up stays below MUCH */

#define WAIT_MIN (10 * NS_PER_S)
#define WAIT_MAX (160 * NS_PER_S)
#define SETTLE   (NS_PER_S / 2)  /* until a step down is seen to have helped */
#define REGRET   (30 * NS_PER_S) /* a fall so soon after a rise: too early */

void effort_init(struct effort *e, int64_t now)
{
    *e = (struct effort){.complexity = EFFORT_MAX,
                         .begin = now,
                         .calm = now,
                         .rose = now - REGRET,
                         .fell = now - SETTLE,
                         .wait = WAIT_MIN};
}

static void fall(struct effort *e, int64_t now, uint32_t steps)
{
    e->calm = now;
    if (now - e->fell < SETTLE)
        return;
    if (now - e->rose < REGRET)
        e->wait = e->wait < WAIT_MAX / 2 ? 2 * e->wait : WAIT_MAX;
    e->complexity = e->complexity > steps ? e->complexity - steps : 0;
    e->fell = now;
    /* Regretted once. */
    e->rose = now - REGRET;
}

static void rise(struct effort *e, int64_t now)
{
    e->calm = now;
    if (e->complexity == EFFORT_MAX) {
        e->wait = WAIT_MIN;
        return;
    }
    e->complexity++;
    e->rose = now;
}

uint32_t effort_pass(struct effort *e, int64_t now, int64_t late, int64_t busy)
{
    e->busy += busy;
    if (late > EFFORT_LATE)
        fall(e, now, 2);
    if (now - e->begin < NS_PER_S)
        return e->complexity;

    double share = (double)e->busy / (double)(now - e->begin);
    e->begin = now;
    e->busy = 0;
    if (share > MUCH)
        fall(e, now, share > TOO_MUCH ? 4 : 1);
    else if (share > LITTLE)
        e->calm = now; /* just right */
    else if (now - e->calm >= e->wait)
        rise(e, now);
    return e->complexity;
}
