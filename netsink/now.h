// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a mount plays, and what it played: as the generator tells, or the
 * operator, whose word goes first. Pure but for memory; one thread at a time.
 */
#ifndef NETSINK_NOW_H
#define NETSINK_NOW_H

#include <stdbool.h>
#include <stdint.h>

#define NOW_TITLE  129 /* bytes of UTF-8, with the end */
#define NOW_DETAIL 257
#define NOW_RECENT 10

struct now {
    char title[NOW_TITLE];   /* clean text; "": it is not known */
    char detail[NOW_DETAIL]; /* clean text; may be "" */
    int64_t unix_ms;         /* when it began */
};

/* One that was on air, with the packet it was first heard in. */
struct now_heard {
    struct now now;
    uint64_t seq;
};

/* Of one mount. All zero: nothing is known. */
struct now_playing {
    struct now told;                     /* by the generator */
    bool overruled;                      /* by the operator */
    struct now_heard now;                /* title "": nothing */
    struct now_heard recent[NOW_RECENT]; /* the latest first, without now */
    uint32_t n_recent;
};

/* Where a mount's timeline is: to find the packet of a moment. */
struct now_clock {
    uint64_t edge;   /* packet that is heard first now */
    int64_t unix_ms; /* now */
};

/* The generator plays this from now->unix_ms on (which is made one of this
   timeline). True: what is on air has changed. */
bool now_tell(struct now_playing *p, const struct now *now,
              const struct now_clock *c);

/* The operator says this, from this moment on; title NULL or "": what the
   generator tells is said again. Texts as they come, cleaned here. True: what
   is on air has changed. */
bool now_overrule(struct now_playing *p, const char *title, const char *detail,
                  const struct now_clock *c);

#endif
