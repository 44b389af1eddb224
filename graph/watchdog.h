// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether all of a program still moves: each thread that matters has a counter
 * that goes on while it works, [main] looks at them now and then, and says that
 * it is alive only while all have moved since it said so last. Pure; one thread
 * at a time. The saying is notify.h's.
 */
#ifndef GRAPH_WATCHDOG_H
#define GRAPH_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#define WATCHDOG_COUNTS 16 /* at most */

struct watchdog {
    int64_t period; /* ns between two words; 0: nobody asks */
    int64_t due;    /* ns */
    uint32_t n;     /* counters seen last */
    uint64_t seen[WATCHDOG_COUNTS];
};

/* From now on; the first word is due at once. */
void watchdog_init(struct watchdog *w, int64_t period, int64_t now);

/* When watchdog_alive() is to be asked next, ns; INT64_MAX: never. */
int64_t watchdog_due(const struct watchdog *w);

/*
 * Whether it is to be said now: a period has passed and each of the n counters
 * has another value than when it was said last. A set of counters of another
 * size (a part that came or went) starts afresh. While one stands still it is
 * never said, and asked again a quarter of a period later.
 */
bool watchdog_alive(struct watchdog *w, int64_t now, const uint64_t *count,
                    uint32_t n);

#endif
