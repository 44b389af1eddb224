// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/drawn.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vk/partial.h"

#define KEEP_TURNS 4
#define PI         3.14159265358979323846

/* Compared as bytes. */
_Static_assert(sizeof(struct partial_band) == 36, "no padding");
_Static_assert(sizeof(struct partial_note) == 20, "no padding");

struct note {
    struct note *next; /* of its bucket */
    uint64_t turn;     /* when it was asked for last */
    uint32_t n_bands;
    struct partial_note draw;
    struct partial_band *bands; /* [n_bands] */
    struct drawn_partial *partials;
};

struct drawn_cache {
    uint64_t turn;
    uint32_t mask;         /* buckets - 1 */
    struct note **buckets; /* [mask + 1] */
};

int drawn_cache_new(struct drawn_cache **out, uint32_t notes)
{
    struct drawn_cache *c = calloc(1, sizeof(*c));
    uint32_t buckets = 64;

    *out = NULL;
    if (!c)
        return -ENOMEM;
    while (buckets < notes && buckets < 1u << 20)
        buckets *= 2;
    c->mask = buckets - 1;
    c->buckets = calloc(buckets, sizeof(struct note *));
    *out = c;
    if (!c->buckets)
        drawn_cache_free(out);
    return *out ? 0 : -ENOMEM;
}

static void note_free(struct note **n)
{
    if (!*n)
        return;
    free((*n)->bands);
    free((*n)->partials);
    free(*n);
    *n = NULL;
}

void drawn_cache_free(struct drawn_cache **c)
{
    if (!*c)
        return;
    for (uint32_t i = 0; (*c)->buckets && i <= (*c)->mask; i++)
        while ((*c)->buckets[i]) {
            struct note *n = (*c)->buckets[i];
            (*c)->buckets[i] = n->next;
            note_free(&n);
        }
    free((*c)->buckets);
    free(*c);
    *c = NULL;
}

void drawn_cache_turn(struct drawn_cache *c)
{
    c->turn++;
    for (uint32_t i = 0; i <= c->mask; i++) {
        struct note **at = &c->buckets[i];
        while (*at) {
            struct note *n = *at;
            if (n->turn + KEEP_TURNS >= c->turn) {
                at = &n->next;
                continue;
            }
            *at = n->next;
            note_free(&n);
        }
    }
}

static struct partial_band band_of(const struct scene_band *b)
{
    return (struct partial_band){
        .inc = {b->inc_lo, b->inc_hi},
        .hash = b->hash,
        .spread = b->spread,
        .beat = b->beat,
        .pan = b->pan,
        .width = b->width,
        .delay = b->delay,
        .core = b->core,
    };
}

static void draw_band(struct note *n, uint32_t h)
{
    for (uint32_t m = 0; m < n->draw.n_members; m++) {
        struct partial p = partial_draw(n->draw, n->bands[h], m);
        struct drawn_partial *d = &n->partials[(size_t)m * n->n_bands + h];
        double half;

        d->inc = (uint64_t)p.inc.hi << 32 | p.inc.lo;
        d->phase = p.phase;
        d->gain_l = p.gain_l;
        d->gain_rs = p.gain_rs;
        d->gain_rc = p.gain_rc;
        /* half the angle: the cosine less 1 keeps all its digits */
        half = (double)(int64_t)d->inc * (PI * 0x1p-64);
        d->ws = (float)(2.0 * sin(half) * cos(half));
        d->wm = (float)(-2.0 * sin(half) * sin(half));
    }
}

static int note_new(struct note **out, const struct partial_note *draw,
                    const struct scene_band *bands, uint32_t n_bands)
{
    struct note *n = calloc(1, sizeof(*n));
    int ret = -ENOMEM;

    if (!n)
        goto out;
    n->draw = *draw;
    n->n_bands = n_bands;
    n->bands = calloc(n_bands, sizeof(*n->bands));
    n->partials =
        calloc((size_t)n_bands * draw->n_members, sizeof(*n->partials));
    if (!n->bands || !n->partials)
        goto out;
    for (uint32_t h = 0; h < n_bands; h++) {
        n->bands[h] = band_of(&bands[h]);
        draw_band(n, h);
    }
    *out = n;
    n = NULL;
    ret = 0;
out:
    note_free(&n);
    return ret;
}

int drawn_get(struct drawn_cache *c, const struct scene_note *n,
              const struct scene_band *bands, uint32_t members,
              const struct drawn_partial **out)
{
    const struct partial_note draw = {
        .key_lo = n->key_lo,
        .key_hi = n->key_hi,
        .flags = n->flags,
        .n_members = members,
        .pan_power = n->pan_power,
    };
    uint32_t bucket = (n->key_lo ^ n->key_hi * 0x9e3779b9u) & c->mask;
    struct note *note = c->buckets[bucket];
    int ret;

    /* One already in use in this chunk is another note's, however alike. */
    while (note && (note->turn == c->turn || note->n_bands != n->n_bands ||
                    memcmp(&note->draw, &draw, sizeof(draw)) != 0))
        note = note->next;
    if (!note) {
        ret = note_new(&note, &draw, bands, n->n_bands);
        if (ret < 0)
            return ret;
        note->next = c->buckets[bucket];
        c->buckets[bucket] = note;
    } else {
        for (uint32_t h = 0; h < n->n_bands; h++) {
            struct partial_band b = band_of(&bands[h]);
            if (memcmp(&note->bands[h], &b, sizeof(b)) == 0)
                continue;
            note->bands[h] = b;
            draw_band(note, h);
        }
    }
    note->turn = c->turn;
    *out = note->partials;
    return 0;
}
