// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The latency a listener agrees to: how much audio it is sent ahead, how often
 * it is written to, and how long its pages are. Constant.
 */
#ifndef NETSINK_LATENCY_H
#define NETSINK_LATENCY_H

#include <stdint.h>

enum latency { LATENCY_LIVE, LATENCY_LOW, LATENCY_NORMAL, LATENCY_SAFE };
#define LATENCY_CLASSES 4

struct latency_class {
    const char *name;
    uint32_t lead;    /* packets of 20 ms: sent at once */
    uint32_t cadence; /* packets per write */
    uint32_t page;    /* packets per page */
    uint32_t stagger; /* ms between two moments when listeners of the class are
                         written to: the more at once, the cheaper each is */
};

extern const struct latency_class latency_classes[LATENCY_CLASSES];

#endif
