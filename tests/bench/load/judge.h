// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What one listener got, judged as it arrives, and the figures of many. Time
 * is what the caller says it is: nothing here reads a clock or a socket. One
 * thread at a time; threads fill a pool each and one merges them.
 *
 * Structure (holes, order, checksums) is judged from first to last; what is a
 * matter of time only within the rules' window. The terms:
 *
 * chunk      what arrives together: pages that come within rules.join of the
 *            one before belong to its chunk. Its time is that of its first page
 *            of audio. The burst is none.
 * deviation  |d - median of this listener's d|, where d is the chunk's time
 *            less the position of its first sample on the stream's own clock
 *            (granule positions at 48 kHz).
 * jitter     |d - d of the chunk before|.
 * hole       samples that are missing between one page's granule position and
 *            the next one's samples; an overlap is too many of them.
 * dry        time in which a player that began with the first page of audio and
 *            plays whatever it has got would have had nothing to play. It then
 *            waits: each spell makes it later for good.
 * lead       how much such a player has in hand when the next chunk arrives.
 * behind     d of the last chunk less that of the first one: by how much a
 * listener is later in the end than at first. Less than 0 counts as 0. burst
 * audio that had come 50 ms after the first page of it.
 */
#ifndef BENCH_LOAD_JUDGE_H
#define BENCH_LOAD_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/hist.h"
#include "tests/bench/load/pages.h"

#define JUDGE_STATUS_MAX 600

/* How a listener's connection ended. */
enum judge_end {
    JUDGE_OPEN,    /* it had not, when the time was over */
    JUDGE_LEFT,    /* by us, as asked for */
    JUDGE_DONE,    /* by the last chunk */
    JUDGE_CLOSED,  /* by the server */
    JUDGE_RESET,   /* by a reset */
    JUDGE_REFUSED, /* by a status other than 200 */
    JUDGE_WRONG,   /* by us: what came was not HTTP */
    JUDGE_NOT_CONNECTED,
    JUDGE_ENDS,
};

/* "open", "left", ...: for keys and people. */
extern const char *const judge_end_names[JUDGE_ENDS];

/* [init] constant after start */
struct judge_rules {
    int64_t from, to; /* ns: the window */
    int64_t join;     /* ns: 2 ms unless there is a reason */
};

#define JUDGE_JOIN INT64_C(2000000)

/* One listener. All zero is one that has not asked yet. */
struct judge {
    int64_t asked, connected; /* ns; 0: not yet */
    int64_t first;            /* ns: first page of audio; 0: not yet */
    uint16_t status;          /* of the answer; set by the caller */

    /* The stream. */
    bool has_page, has_granule;
    uint32_t serial, number; /* of the last page */
    int64_t granule;         /* of the last page of audio */
    uint64_t pages, packets, bytes;
    uint32_t sums, bad_sums;
    uint32_t bad_order, new_serials;
    uint32_t bad_granules; /* none, or of another millennium */
    uint32_t holes, overlaps;
    int64_t hole; /* samples */

    /* The player. */
    int64_t began;   /* ns: such that it has played now - began, had it never
                        been dry */
    int64_t samples; /* got */
    int64_t burst;   /* samples */
    int64_t least;   /* ns: the least lead; valid with n_chunks */
    int64_t dry;     /* ns */
    uint32_t spells;

    /* The chunks within the window. */
    int64_t last_at; /* ns: the last page of audio */
    int64_t zero;    /* ns: d of the first one */
    int32_t *d;      /* [n_chunks] us, less zero */
    uint32_t n_chunks, room;
    bool short_of_memory; /* some were not kept */
};

/* Many listeners. All zero is none. */
struct pool {
    uint64_t listeners, with_audio;
    struct hist connect, first; /* ns from the call of connect() */
    struct hist burst;          /* ns of audio */
    struct hist dev, jitter;    /* ns */
    struct hist worst;          /* ns: the largest deviation of each listener */
    struct hist least;          /* ns: the least lead of each */
    struct hist behind;         /* ns: of each */
    uint64_t chunks;
    uint64_t pages, packets, bytes;
    uint64_t sums, bad_sums, bad_order, new_serials, bad_granules, lost;
    uint64_t holes, overlaps, with_hole;
    int64_t hole; /* samples */
    uint64_t spells, with_dry;
    int64_t dry; /* ns */
    uint64_t ends[JUDGE_ENDS];
    uint64_t status[JUDGE_STATUS_MAX]; /* by code; what is beyond: at 0 */
    uint64_t short_of_memory;          /* listeners */
};

/* A page that was complete at now, ns. */
void judge_page(struct judge *j, const struct judge_rules *r,
                const struct pages_page *page, int64_t now);

/* The listener ends at now: adds it to the pool and frees what it holds. lost
   is pages.n_lost. */
void judge_end(struct judge *j, const struct judge_rules *r, enum judge_end how,
               uint32_t lost, int64_t now, struct pool *p);

void pool_merge(struct pool *p, const struct pool *from);

#endif
