// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/judge.h"

#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"

#define RATE         48000
#define BURST_NS     (50 * NS_PER_MS)
#define NS_PER_US    1000
#define GRANULE_MAX  (INT64_C(1) << 50) /* samples: 700 years */
#define CHUNKS_FIRST 16                 /* room for, at first */

const char *const judge_end_names[JUDGE_ENDS] = {
    [JUDGE_OPEN] = "open",      [JUDGE_LEFT] = "left",
    [JUDGE_DONE] = "done",      [JUDGE_CLOSED] = "closed",
    [JUDGE_RESET] = "reset",    [JUDGE_REFUSED] = "refused",
    [JUDGE_WRONG] = "not_http", [JUDGE_NOT_CONNECTED] = "not_connected",
};

/* Samples in ns, without overflow for some thousand years of them. */
static int64_t ns_of(int64_t samples)
{
    return samples / RATE * NS_PER_S + samples % RATE * NS_PER_S / RATE;
}

static bool judged(const struct judge_rules *r, int64_t now)
{
    return now >= r->from && now < r->to;
}

static void check_order(struct judge *j, const struct pages_page *page)
{
    if (page->summed) {
        j->sums++;
        j->bad_sums += !page->sum_ok;
    }
    if (j->has_page && page->serial != j->serial) {
        j->new_serials++;
        j->has_granule = false; /* another stream, another clock */
    } else if (j->has_page && page->number != j->number + 1) {
        j->bad_order++;
    }
    j->has_page = true;
    j->serial = page->serial;
    j->number = page->number;
    j->pages++;
    j->bytes += page->size;
}

/* Whether the page's place is known. */
static bool check_granule(struct judge *j, const struct pages_page *page)
{
    if (page->granule < 0 || page->granule > GRANULE_MAX) {
        j->bad_granules++;
        j->has_granule = false;
        return false;
    }
    int64_t missing = page->granule - page->samples - j->granule;

    if (j->has_granule && missing > 0) {
        j->holes++;
        j->hole += missing;
    } else if (j->has_granule && missing < 0) {
        j->overlaps++;
    }
    j->has_granule = true;
    j->granule = page->granule;
    return true;
}

/* What the player has in hand, ns; negative: for how long it has been dry. */
static int64_t lead(const struct judge *j, int64_t now)
{
    return j->began + ns_of(j->samples) - now;
}

/* The part of [from, now) that is judged. */
static int64_t within(const struct judge_rules *r, int64_t from, int64_t now)
{
    if (from < r->from)
        from = r->from;
    if (now > r->to)
        now = r->to;
    return now > from ? now - from : 0;
}

static void play(struct judge *j, const struct judge_rules *r, int64_t now)
{
    int64_t late = -lead(j, now);

    if (late <= 0)
        return;
    int64_t dry = within(r, now - late, now);
    j->dry += dry;
    j->spells += dry > 0;
    j->began += late;
}

static void keep(struct judge *j, int64_t d)
{
    if (j->n_chunks == j->room) {
        uint32_t room = j->room > 0 ? 2 * j->room : CHUNKS_FIRST;
        int32_t *p = realloc(j->d, room * sizeof(*p));
        if (!p) {
            j->short_of_memory = true;
            return;
        }
        j->d = p;
        j->room = room;
    }
    if (j->n_chunks == 0)
        j->zero = d;
    int64_t us = (d - j->zero) / NS_PER_US;
    us = us > INT32_MAX ? INT32_MAX : us < -INT32_MAX ? -INT32_MAX : us;
    j->d[j->n_chunks++] = (int32_t)us;
}

static void begin_chunk(struct judge *j, const struct judge_rules *r,
                        const struct pages_page *page, int64_t now)
{
    int64_t has = lead(j, now);

    if (!judged(r, now) || now - j->first <= BURST_NS)
        return;
    if (j->n_chunks == 0 || has < j->least)
        j->least = has;
    keep(j, now - ns_of(page->granule - page->samples));
}

void judge_page(struct judge *j, const struct judge_rules *r,
                const struct pages_page *page, int64_t now)
{
    check_order(j, page);
    if (page->n_audio == 0)
        return;
    bool placed = check_granule(j, page);
    if (j->first == 0)
        j->first = j->began = now;
    else if (placed && now - j->last_at > r->join)
        begin_chunk(j, r, page, now);
    j->last_at = now;
    play(j, r, now);
    j->samples += page->samples;
    j->packets += page->n_audio;
    if (now - j->first <= BURST_NS)
        j->burst = j->samples;
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int32_t distance(int32_t a, int32_t b)
{
    int64_t x = (int64_t)a - b;
    x = x < 0 ? -x : x;
    return x > INT32_MAX ? INT32_MAX : (int32_t)x;
}

/* Jitter needs their order, the median loses it. */
static void add_chunks(struct judge *j, struct pool *p)
{
    int64_t worst = 0;

    if (j->n_chunks == 0)
        return;
    for (uint32_t i = 1; i < j->n_chunks; i++)
        hist_add(&p->jitter,
                 (int64_t)distance(j->d[i], j->d[i - 1]) * NS_PER_US);
    hist_add(&p->behind, (int64_t)j->d[j->n_chunks - 1] * NS_PER_US);
    qsort(j->d, j->n_chunks, sizeof(*j->d), by_value);
    int32_t median = j->d[j->n_chunks / 2];
    for (uint32_t i = 0; i < j->n_chunks; i++) {
        int64_t dev = (int64_t)distance(j->d[i], median) * NS_PER_US;
        hist_add(&p->dev, dev);
        worst = dev > worst ? dev : worst;
    }
    hist_add(&p->worst, worst);
    hist_add(&p->least, j->least);
    p->chunks += j->n_chunks;
}

static void add_stream(struct judge *j, struct pool *p)
{
    p->pages += j->pages;
    p->packets += j->packets;
    p->bytes += j->bytes;
    p->sums += j->sums;
    p->bad_sums += j->bad_sums;
    p->bad_order += j->bad_order;
    p->new_serials += j->new_serials;
    p->bad_granules += j->bad_granules;
    p->holes += j->holes;
    p->overlaps += j->overlaps;
    p->with_hole += j->holes > 0;
    p->hole += j->hole;
    p->spells += j->spells;
    p->with_dry += j->dry > 0;
    p->dry += j->dry;
    p->short_of_memory += j->short_of_memory;
}

void judge_end(struct judge *j, const struct judge_rules *r, enum judge_end how,
               uint32_t lost, int64_t now, struct pool *p)
{
    p->listeners++;
    p->ends[how]++;
    p->status[j->status < JUDGE_STATUS_MAX ? j->status : 0]++;
    p->lost += lost;
    if (j->connected > 0)
        hist_add(&p->connect, j->connected - j->asked);
    if (j->first > 0) {
        p->with_audio++;
        hist_add(&p->first, j->first - j->asked);
        hist_add(&p->burst, ns_of(j->burst));
        if (how != JUDGE_LEFT)
            play(j, r, now); /* a silence that nothing ended */
    }
    add_stream(j, p);
    add_chunks(j, p);
    free(j->d);
    memset(j, 0, sizeof(*j));
}

static void add_counts(uint64_t *to, const uint64_t *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] += from[i];
}

void pool_merge(struct pool *p, const struct pool *from)
{
    hist_merge(&p->connect, &from->connect);
    hist_merge(&p->first, &from->first);
    hist_merge(&p->burst, &from->burst);
    hist_merge(&p->dev, &from->dev);
    hist_merge(&p->jitter, &from->jitter);
    hist_merge(&p->worst, &from->worst);
    hist_merge(&p->least, &from->least);
    hist_merge(&p->behind, &from->behind);
    p->listeners += from->listeners;
    p->with_audio += from->with_audio;
    p->chunks += from->chunks;
    p->pages += from->pages;
    p->packets += from->packets;
    p->bytes += from->bytes;
    p->sums += from->sums;
    p->bad_sums += from->bad_sums;
    p->bad_order += from->bad_order;
    p->new_serials += from->new_serials;
    p->bad_granules += from->bad_granules;
    p->lost += from->lost;
    p->holes += from->holes;
    p->overlaps += from->overlaps;
    p->with_hole += from->with_hole;
    p->hole += from->hole;
    p->spells += from->spells;
    p->with_dry += from->with_dry;
    p->dry += from->dry;
    p->short_of_memory += from->short_of_memory;
    add_counts(p->ends, from->ends, JUDGE_ENDS);
    add_counts(p->status, from->status, JUDGE_STATUS_MAX);
}
