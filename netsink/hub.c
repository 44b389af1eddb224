// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/hub.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "graph/threads.h"
#include "netsink/ogg.h"

/* A minute that begins within a slab ends in one more. */
#define HUB_SLABS (HUB_PACKETS / SLAB_PACKETS + 1)

/*
 * Only [enc] changes anything, so it reads without the lock; what it writes to
 * a slab that is in the hub already lies at `end` and beyond, where nobody
 * looks before the lock has told them a later one.
 */
struct hub {
    struct hub_opts o; /* [init] */
    pthread_mutex_t m;

    /* [lock:m] */
    uint64_t first, end;           /* numbers held: [first, end) */
    uint16_t generation;           /* of those */
    struct slab *slabs[HUB_SLABS]; /* slab k (packets 50 k...) at k mod that;
                                      a reference each */
};

/* What a codec's rate varies by, of a minute. */
#define HUB_VARIES 0.1

uint64_t hub_full(uint32_t packet_max, double bytes_per_s)
{
    double minute = HUB_SECONDS * bytes_per_s;

    /* The slab that grows has room for the largest packets. */
    return (uint64_t)(minute * (1 + HUB_VARIES)) +
           (uint64_t)SLAB_PACKETS * packet_max;
}

/* n more of what is counted there, up to max. */
static int take(_Atomic uint64_t *count, uint64_t n, uint64_t max)
{
    uint64_t is = atomic_load_explicit(count, memory_order_relaxed);

    do {
        if (is > max || n > max - is)
            return -ENOMEM;
    } while (!atomic_compare_exchange_weak_explicit(
        count, &is, is + n, memory_order_relaxed, memory_order_relaxed));
    return 0;
}

static void give(_Atomic uint64_t *count, uint64_t n)
{
    atomic_fetch_sub_explicit(count, n, memory_order_relaxed);
}

int hub_budget_reserve(struct hub_budget *b, uint64_t bytes)
{
    return take(&b->aside, bytes, b->max);
}

void hub_budget_return(struct hub_budget *b, uint64_t bytes)
{
    give(&b->aside, bytes);
}

uint64_t hub_budget_common(const struct hub_budget *b)
{
    return b->max - atomic_load_explicit(&b->aside, memory_order_relaxed);
}

static int budget_take(struct hub_budget *b, uint32_t n, bool aside)
{
    int err = aside ? 0 : take(&b->common, n, hub_budget_common(b));

    if (err)
        return err;
    err = take(&b->used, n, b->max);
    if (err && !aside)
        give(&b->common, n);
    return err;
}

static void budget_give(struct hub_budget *b, uint32_t n, bool aside)
{
    give(&b->used, n);
    if (!aside)
        give(&b->common, n);
}

/* One reference: the caller's. NULL: no memory, or no budget for it. */
static struct slab *slab_new(const struct hub *h, uint64_t seq, uint32_t size)
{
    struct hub_budget *b = h->o.budget;
    struct slab *s;

    if (budget_take(b, size, h->o.aside))
        return NULL;
    s = malloc(sizeof(*s) + size);
    if (!s) {
        budget_give(b, size, h->o.aside);
        return NULL;
    }
    memset(s, 0, sizeof(*s));
    s->seq = seq - seq % SLAB_PACKETS;
    s->first = (uint32_t)(seq % SLAB_PACKETS);
    s->generation = h->generation;
    s->budget = b;
    s->aside = h->o.aside;
    s->size = size;
    atomic_init(&s->refs, 1);
    return s;
}

void slab_unref(struct slab *s)
{
    /* The release of all who let go, and the acquire of the one who frees. */
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    budget_give(s->budget, s->size, s->aside);
    free(s);
}

void slab_ref(struct slab *s)
{
    /* relaxed: whoever passes a reference on orders it */
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

/* Packets in a page that slabs know. */
static const uint32_t page_sizes[] = {1, 5, 10, 25};
#define N_SIZES (sizeof(page_sizes) / sizeof(page_sizes[0]))

struct slab_page *slab_page_at(struct slab *s, uint32_t from, uint32_t to)
{
    uint32_t at = 0;

    for (uint32_t k = 0; k < N_SIZES; k++) {
        const uint32_t size = page_sizes[k];
        if (to - from == size && from % size == 0)
            return &s->pages[at + from / size];
        at += SLAB_PACKETS / size;
    }
    return NULL;
}

/* Of the pages that end with packet end - 1 all is there now. */
static void know_pages(struct slab *s, uint32_t end)
{
    for (uint32_t k = 0; k < N_SIZES; k++) {
        const uint32_t size = page_sizes[k];
        if (end % size == 0 && s->first + size <= end)
            ogg_shared(slab_page_at(s, end - size, end), s, end - size, end);
    }
}

/* Packet i, the next one of the slab, which has room for it. */
static void slab_add(struct slab *s, uint32_t i, const uint8_t *data,
                     uint32_t len, bool ogg)
{
    memcpy(s->data + s->offset[i], data, len);
    s->offset[i + 1] = s->offset[i] + len;
    if (ogg)
        know_pages(s, i + 1);
}

/* A slab as full as this one, in as much memory as it takes. */
static struct slab *slab_shrink(const struct hub *h, const struct slab *s)
{
    const uint32_t size = s->offset[SLAB_PACKETS];
    struct slab *out = slab_new(h, s->seq + s->first, size);

    if (!out)
        return NULL;
    memcpy(out->offset, s->offset, sizeof(s->offset));
    memcpy(out->pages, s->pages, sizeof(s->pages));
    memcpy(out->data, s->data, size);
    return out;
}

static struct slab **place(struct hub *h, uint64_t seq)
{
    return &h->slabs[seq / SLAB_PACKETS % HUB_SLABS];
}

int hub_new(struct hub **out, const struct hub_opts *o)
{
    struct hub *h = calloc(1, sizeof(*h));

    *out = h;
    if (!h)
        return -ENOMEM;
    h->o = *o;
    thread_mutex_init(&h->m);
    return 0;
}

void hub_free(struct hub **h)
{
    if (!*h)
        return;
    hub_clear(*h);
    pthread_mutex_destroy(&(*h)->m);
    free(*h);
    *h = NULL;
}

void hub_clear(struct hub *h)
{
    struct slab *old[HUB_SLABS];

    pthread_mutex_lock(&h->m);
    memcpy(old, h->slabs, sizeof(old));
    memset(h->slabs, 0, sizeof(h->slabs));
    h->first = h->end = 0;
    h->generation++;
    pthread_mutex_unlock(&h->m);
    for (uint32_t i = 0; i < HUB_SLABS; i++)
        slab_unref(old[i]);
}

/* An open slab has room for the largest packets there are. */
static struct slab *slab_open(const struct hub *h, uint64_t seq)
{
    return slab_new(h, seq, SLAB_PACKETS * h->o.packet_max);
}

int hub_put(struct hub *h, uint64_t seq, const uint8_t *data, uint32_t len)
{
    const uint32_t i = (uint32_t)(seq % SLAB_PACKETS);
    const bool begins = h->first == h->end;
    struct slab *open, *now, *gone = NULL;

    if (len == 0 || len > h->o.packet_max || (!begins && seq != h->end))
        return -EINVAL;
    open = begins || i == 0 ? slab_open(h, seq) : *place(h, seq);
    if (!open)
        return -ENOMEM;
    slab_add(open, i, data, len, h->o.ogg);
    now = i == SLAB_PACKETS - 1 ? slab_shrink(h, open) : open;
    if (!now)
        now = open; /* no room for both: it stays as large as it is */

    pthread_mutex_lock(&h->m);
    *place(h, seq) = now;
    h->first = begins ? seq : h->first;
    h->end = seq + 1;
    if (h->end - h->first > HUB_PACKETS && ++h->first % SLAB_PACKETS == 0) {
        gone = *place(h, h->first - 1);
        *place(h, h->first - 1) = NULL;
    }
    pthread_mutex_unlock(&h->m);
    if (now != open)
        slab_unref(open);
    slab_unref(gone);
    return 0;
}

/* What is to come before what a hub holds. */
struct before {
    uint64_t seq, end; /* [seq, end) */
    const uint8_t *data;
    const uint32_t *lens;
};

/* How much of it is in the slab that begins at packet `at`. */
static uint32_t before_bytes(const struct before *b, uint64_t at)
{
    const uint64_t end = at + SLAB_PACKETS;
    uint32_t size = 0, k = 0;

    for (uint64_t seq = b->seq; seq < b->end && seq < end; seq++, k++)
        size += b->lens[k];
    return size;
}

/* The next slab of b, of which its packets are taken, and whatever follows them
   there in the hub. NULL: no memory. */
static struct slab *before_slab(struct hub *h, struct before *b)
{
    const uint64_t at = b->seq - b->seq % SLAB_PACKETS;
    const struct slab *rest = NULL;
    uint64_t end = at + SLAB_PACKETS;
    uint32_t size = SLAB_PACKETS * h->o.packet_max;
    struct slab *s;

    if (b->end < end)
        rest = *place(h, at);
    if (end > h->end)
        end = h->end; /* which goes on to grow */
    else
        size = before_bytes(b, at) +
               (rest ? rest->offset[SLAB_PACKETS] -
                           rest->offset[b->end % SLAB_PACKETS]
                     : 0);
    s = slab_new(h, b->seq, size);
    if (!s)
        return NULL;
    for (uint64_t seq = b->seq; seq < end; seq++) {
        const uint32_t i = (uint32_t)(seq - at);
        if (seq < b->end) {
            slab_add(s, i, b->data, *b->lens, h->o.ogg);
            b->data += *b->lens++;
            b->seq++;
        } else {
            slab_add(s, i, rest->data + rest->offset[i],
                     rest->offset[i + 1] - rest->offset[i], h->o.ogg);
        }
    }
    return s;
}

int hub_put_before(struct hub *h, uint64_t seq, const uint8_t *data,
                   const uint32_t *lens, uint32_t n)
{
    struct before b = {.seq = seq, .end = h->first, .data = data, .lens = lens};
    struct slab *slabs[HUB_SLABS]; /* the new ones; then those they replace */
    uint32_t n_slabs = 0;
    int err = 0;

    if (h->first == h->end || n > HUB_PACKETS || seq + n != h->first ||
        h->end - seq > HUB_PACKETS)
        return -EINVAL;
    for (uint32_t i = 0; i < n; i++)
        if (lens[i] == 0 || lens[i] > h->o.packet_max)
            return -EINVAL;
    while (b.seq < b.end) {
        slabs[n_slabs] = before_slab(h, &b);
        if (!slabs[n_slabs]) {
            err = -ENOMEM;
            goto out;
        }
        n_slabs++;
    }
    pthread_mutex_lock(&h->m);
    for (uint32_t i = 0; i < n_slabs; i++) {
        struct slab **at = place(h, slabs[i]->seq), *old = *at;
        *at = slabs[i];
        slabs[i] = old;
    }
    h->first = seq;
    pthread_mutex_unlock(&h->m);
out:
    for (uint32_t i = 0; i < n_slabs; i++)
        slab_unref(slabs[i]);
    return err;
}

void hub_range(struct hub *h, uint64_t *first, uint64_t *end)
{
    pthread_mutex_lock(&h->m);
    *first = h->first;
    *end = h->end;
    pthread_mutex_unlock(&h->m);
}

struct slab *hub_slab(struct hub *h, uint64_t seq, uint64_t *end)
{
    struct slab *s = NULL;

    pthread_mutex_lock(&h->m);
    *end = h->end;
    if (seq >= h->first && seq < h->end) {
        s = *place(h, seq);
        /* The lock orders it; the hub's own keeps it from being the last. */
        slab_ref(s);
    }
    pthread_mutex_unlock(&h->m);
    return s;
}

struct slab *hub_view(struct hub_views *v, struct hub *h, uint64_t seq,
                      uint64_t *end, bool *own)
{
    const uint64_t k = seq / SLAB_PACKETS;
    /* Another hub's are elsewhere, as hubs lie far apart. */
    const uint32_t i = (uint32_t)(k + (uintptr_t)h / sizeof(*h)) % HUB_VIEWS;
    struct slab *s = v->at[i].slab;

    *own = false;
    if (s && v->at[i].hub == h && s->seq == k * SLAB_PACKETS &&
        seq < v->at[i].end && seq - s->seq >= s->first) {
        *end = v->at[i].end;
        return s;
    }
    *own = s != NULL;
    s = hub_slab(h, seq, end);
    if (s && !*own) {
        v->at[i].hub = h;
        v->at[i].slab = s;
        v->at[i].end = *end;
    }
    return s;
}

void hub_views_clear(struct hub_views *v)
{
    for (uint32_t i = 0; i < HUB_VIEWS; i++) {
        slab_unref(v->at[i].slab);
        v->at[i].slab = NULL;
    }
}
