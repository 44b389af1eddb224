// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Wrong tokens, counted by address (an IPv6 network of 64 bits is one): after
 * some at once an address has one attempt a second, right or wrong. Bounded;
 * of many addresses those that tried longest ago are forgotten. Pure; one
 * thread; allocates nothing.
 */
#ifndef NETSINK_ATTEMPTS_H
#define NETSINK_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#define ATTEMPTS_BURST  5
#define ATTEMPTS_PLACES 64
#define ATTEMPTS_TELL_S 60 /* between two complaints */

struct attempt {
    uint8_t address[16]; /* of IPv4 the first four */
    int64_t at;          /* ns: of the last wrong one; 0: a free place */
    double left;         /* attempts, at that time */
};

/* All zero: nobody ever erred. */
struct attempts {
    struct attempt all[ATTEMPTS_PLACES];
    uint64_t wrong;  /* since the start */
    uint64_t untold; /* of those, that no complaint was made of */
    int64_t told_at; /* ns; 0: never */
};

/* address: numeric. False: not now, whatever the token is. */
bool attempts_allowed(const struct attempts *a, const char *address,
                      int64_t now);

/* A wrong one. Returns how many there were that are to be complained of now, or
   0. */
uint64_t attempts_wrong(struct attempts *a, const char *address, int64_t now);

#endif
