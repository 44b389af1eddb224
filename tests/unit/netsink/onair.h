// SPDX-License-Identifier: GPL-3.0-or-later
/* A sink on air without JACK: mounts whose taps are fed with tones, by a thread
   in place of JACK's, and HTTP on free ports of 127.0.0.1. For tests. */
#ifndef TESTS_UNIT_NETSINK_ONAIR_H
#define TESTS_UNIT_NETSINK_ONAIR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "netsink/http.h"

#define ONAIR_MOUNTS 2 /* "live", stereo; "quiet", mono */
#define ONAIR_EVENTS 3 /* who may listen to events */
#define ONAIR_TOKEN  "token-of-the-test"
#define ONAIR_HOST   "studio.test" /* a name of the operator's address */

struct onair {
    struct log log;
    struct hub_budget budget;
    struct mount mounts[ONAIR_MOUNTS];
    struct http *http;
    uint16_t port, admin;
    int64_t epoch; /* unix ms */
    pthread_t pulse;
    atomic_bool stop;
};

/* On air, with some 2 s of sound. */
void onair_start(struct onair *o, uint32_t max_listeners);
void onair_start_with(struct onair *o, uint32_t max_listeners,
                      const struct admin_desk *desk);
void onair_stop(struct onair *o);

/* The number of the timeline's next packet. */
uint64_t onair_seq(const struct onair *o);

#endif
