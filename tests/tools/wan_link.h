// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A link of an emulated network: both ways between the near side and one
 * address on the far side. What is sent to the far address may be limited by a
 * rate with a bounded queue before it; after that, both ways, packets are lost,
 * and the others arrive later by the delay, in order. In an outage all are lost
 * that would set out, not those that are on their way.
 *
 * Time is what the caller says it is, ns, and never goes back: nothing here
 * reads a clock or a device. One thread. What is lost depends on the seed, the
 * address and the number of packets before, on nothing else.
 */
#ifndef TESTS_WAN_LINK_H
#define TESTS_WAN_LINK_H

#include <stdint.h>

#define LINK_MTU   1500       /* bytes: the largest packet */
#define LINK_NEVER INT64_MAX  /* no time */
#define LINK_HELD  (64 << 20) /* bytes in all that a way may hold */

enum link_way { LINK_TO, LINK_FROM, LINK_WAYS }; /* the far address */

struct link_set {
    int64_t delay;  /* ns, one way */
    double loss;    /* of packets, 0 to 1 */
    double rate;    /* bytes/s to the far address; 0: no limit */
    uint32_t queue; /* bytes that may wait for it */
    int64_t outage; /* ns: the end of the outage; 0: none */
};

struct link_packet {
    struct link_packet *next;
    int64_t at; /* ns: when it leaves what it is in */
    uint32_t len;
    uint8_t data[LINK_MTU];
};

struct link_fifo {
    struct link_packet *head, *tail;
    uint64_t bytes;
};

/* Packets, but for bytes: those that passed. */
struct link_counts {
    uint64_t passed, bytes;
    uint64_t lost;   /* at random */
    uint64_t outage; /* in one */
    uint64_t full;   /* found the queue full */
};

struct link {
    uint32_t address; /* [init] of the far side, in network order */
    struct link_set set;
    struct link_fifo queue; /* LINK_TO's, before the rate */
    struct {
        struct link_fifo wire;
        uint64_t random; /* state */
        struct link_counts counts;
    } way[LINK_WAYS];
};

void link_init(struct link *l, uint32_t address, const struct link_set *set,
               uint64_t seed);

/* Frees what is on its way. */
void link_fini(struct link *l);

/* From now on; what waits in the queue meets the new rate. */
void link_change(struct link *l, const struct link_set *set, int64_t now);

/* A packet sets out; the link owns it, p->len is set. */
void link_enter(struct link *l, enum link_way way, struct link_packet *p,
                int64_t now);

/* When something is to be done next: LINK_NEVER if nothing. */
int64_t link_next(const struct link *l);

/* A packet that arrives by now, the caller's, or NULL: no more. */
struct link_packet *link_leave(struct link *l, enum link_way way, int64_t now);

#endif
