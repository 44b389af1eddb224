// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the program uses, sampled every second and kept for an hour: CPU time in
 * all and by the names of its threads, memory, and what its owner tells it:
 * bytes sent and the encoders' CPU time. Reads /proc/self. One thread.
 */
#ifndef NETSINK_USAGE_H
#define NETSINK_USAGE_H

#include <stdint.h>

#define USAGE_S 3600 /* samples kept */
#define USAGE_THREADS                                                     \
    12                /* names of threads told apart; the last one is for \
                         all others */
#define USAGE_NAME 16 /* bytes: a thread's name and its end */

struct usage;

/* Over the samples of a time; 0 where there are none. */
struct usage_figure {
    double now, minute_mean, minute_max, hour_mean, hour_max;
};

struct usage_thread {
    char name[USAGE_NAME]; /* clean text */
    double total;          /* s of CPU time since the start */
    struct usage_figure cpu;
};

struct usage_summary {
    struct usage_figure cpu;    /* cores: s of CPU time per s */
    struct usage_figure memory; /* bytes resident */
    struct usage_figure sent;   /* bytes/s */
    struct usage_figure encode; /* cores */
    double cpu_total;           /* s */
    struct usage_thread threads[USAGE_THREADS];
    uint32_t n_threads;
};

/* Errors: -ENOMEM. */
int usage_new(struct usage **out);
void usage_free(struct usage **u);

/* A sample, of what was used since the one before. sent: bytes/s; encode_ns:
   CPU time of the encoders since the start. */
void usage_sample(struct usage *u, int64_t now, double sent,
                  uint64_t encode_ns);

void usage_summary(const struct usage *u, struct usage_summary *out);

#endif
