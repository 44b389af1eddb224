// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The hub: the last minute of packets of one rung, in slabs of a second, shared
 * by all listeners by reference. [enc] puts packets in; any other thread takes
 * slabs out, under a lock held for some tens of ns. A slab that someone holds
 * outlives its place in the hub. Bounded: a minute, and a budget in bytes that
 * hubs share; for some of them room in it is set aside, which the others can't
 * take.
 */
#ifndef NETSINK_HUB_H
#define NETSINK_HUB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HUB_SECONDS  60
#define HUB_PACKETS  (HUB_SECONDS * 50)
#define SLAB_PACKETS 50 /* a slab begins at a multiple of it */

/* Bytes of packets held by all hubs that share it, and what is allowed. */
struct hub_budget {
    _Atomic uint64_t used;
    _Atomic uint64_t common; /* of those: by hubs with nothing set aside */
    _Atomic uint64_t aside;  /* for the hubs with hub_opts.aside, together */
    uint64_t max;            /* [init] */
};

/*
 * What is known of an Ogg page that holds packets [from, to) of a slab, but for
 * its own header: for netsink/ogg, which combines checksums by it.
 */
struct slab_page {
    uint32_t sum;   /* of lacing values and bodies, from 0 */
    uint32_t shift; /* x^(8 * bytes of those) mod the polynomial */
};

/* Of pages that begin at a multiple of their packets, where those are 1, 5, 10
   or 25; so many are in a slab. */
#define SLAB_PAGES (50 + 10 + 5 + 2)

/*
 * Packets seq, seq + 1, ... of a rung, one after another in data. Constant for
 * those below what hub_range() told: a slab grows while it is the last one.
 */
struct slab {
    uint64_t seq;        /* of packet 0; multiple of SLAB_PACKETS */
    uint32_t first;      /* packets before it are not there */
    uint16_t generation; /* see hub_clear() */
    uint32_t offset[SLAB_PACKETS + 1]; /* packet i: data[offset[i]] up to
                                          data[offset[i + 1]] */
    /* Opus; filled in once all of the page's packets are there, and all 0 where
       one is missing. See slab_page_at(). */
    struct slab_page pages[SLAB_PAGES];

    _Atomic uint32_t refs; /* the hub's own included */
    struct hub_budget *budget;
    bool aside;    /* hub_opts.aside */
    uint32_t size; /* bytes allocated for data */
    uint8_t data[];
};

struct hub;

struct hub_opts {
    uint32_t packet_max;       /* bytes */
    bool ogg;                  /* pages of slabs are to be filled in */
    struct hub_budget *budget; /* borrowed */
    bool aside;                /* its bytes are set aside in the budget */
};

/* Bytes to set aside for a hub of packets of so many bytes at most, so many on
   average. */
uint64_t hub_full(uint32_t packet_max, double bytes_per_s);

/* Sets aside so many bytes more; they are to be given back. Any thread. Errors:
   -ENOMEM (there are not so many); nothing changed then. */
int hub_budget_reserve(struct hub_budget *b, uint64_t bytes);
void hub_budget_return(struct hub_budget *b, uint64_t bytes);

/* What hubs with nothing set aside may hold together. Any thread. */
uint64_t hub_budget_common(const struct hub_budget *b);

/* Errors: -ENOMEM. */
int hub_new(struct hub **out, const struct hub_opts *o);
void hub_free(struct hub **h);

/*
 * [enc] Adds packet seq, which must follow the last one (the first may have any
 * number). Errors: -EINVAL (out of order, empty, or too large), -ENOMEM (or the
 * budget is used up): nothing was added.
 */
int hub_put(struct hub *h, uint64_t seq, const uint8_t *data, uint32_t len);

/*
 * [enc] Adds what was encoded of the time before the first one held: the n
 * packets up to it, from seq on, their bytes one after another in data. Errors:
 * -EINVAL (they don't end where the hub begins, or it is empty, or they would
 * make it hold more than HUB_PACKETS), -ENOMEM; nothing was added then.
 */
int hub_put_before(struct hub *h, uint64_t seq, const uint8_t *data,
                   const uint32_t *lens, uint32_t n);

/* [enc] Forgets all packets. Those put from now on are of the next generation:
   no packet of it need have the bytes, or follow from any, of the one before.
   Counted modulo 2^16: a minute has not so many. */
void hub_clear(struct hub *h);

/* Numbers held: [*first, *end); equal when there are none. Any thread. */
void hub_range(struct hub *h, uint64_t *first, uint64_t *end);

/* The slab with packet seq in it, which is the caller's until slab_unref(), or
   NULL when it is not there (any more). *end: packets below it are there. Any
   thread. */
struct slab *hub_slab(struct hub *h, uint64_t seq, uint64_t *end);

/* The place of the page of packets [from, to) of a slab (their index, not
   number) in its pages, or NULL: it has none. Any thread. */
struct slab_page *slab_page_at(struct slab *s, uint32_t from, uint32_t to);

/* Any thread. Accepts NULL. */
void slab_unref(struct slab *s);

/* One reference more, for who has one. Any thread. */
void slab_ref(struct slab *s);

/*
 * What one thread has looked up in the last moments: thousands of listeners
 * need the same slabs at the same time, and take the lock and a reference once.
 * All zero: nothing.
 */
#define HUB_VIEWS 32

struct hub_views {
    struct {
        struct hub *hub;
        struct slab *slab; /* a reference, or NULL: the place is free */
        uint64_t end;
    } at[HUB_VIEWS];
};

/*
 * As hub_slab(), or what that said a moment ago. Where *own comes out false the
 * slab is the views', until hub_views_clear(); where true it is the caller's:
 * what they hold is let go of by that alone, so a place may be taken.
 */
struct slab *hub_view(struct hub_views *v, struct hub *h, uint64_t seq,
                      uint64_t *end, bool *own);

/* Lets go of all slabs; to be called before they are old. */
void hub_views_clear(struct hub_views *v);

#endif
