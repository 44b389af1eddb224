// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A mount made by hand, with hubs and no encoder: packets that tell who they
 * are. For tests.
 */
#ifndef TESTS_UNIT_NETSINK_HAND_MOUNT_H
#define TESTS_UNIT_NETSINK_HAND_MOUNT_H

#include <string.h>

#include "netsink/mount.h"
#include "tests/unit/test.h"

/* Rungs: three of Opus, two of WAV (44.1 kHz is 882 frames a packet). */
#define HAND_LADDER 3
#define HAND_S16    3
#define HAND_S24    4
#define HAND_RUNGS  5

#define HAND_PACKET_MAX 5292 /* bytes */

struct hand {
    struct mount mount;
    struct hub_budget budget;
};

static inline struct rung_spec hand_spec(uint32_t rung)
{
    static const uint32_t kbps[HAND_LADDER] = {24, 96, 256};

    if (rung < HAND_LADDER)
        return (struct rung_spec){RUNG_OPUS, 2, kbps[rung], {0}};
    if (rung == HAND_S16)
        return (struct rung_spec){RUNG_WAV, 2, 0, {WAV_S16, 48000, 2}};
    return (struct rung_spec){RUNG_WAV, 2, 0, {WAV_S24, 44100, 2}};
}

static inline void hand_init(struct hand *h)
{
    memset(h, 0, sizeof(*h));
    h->budget.max = UINT64_MAX;
    h->mount.n_channels = 2;
    h->mount.n_rungs = HAND_RUNGS;
    h->mount.n_ladder = HAND_LADDER;
    for (uint32_t i = 0; i < HAND_RUNGS; i++) {
        const struct hub_opts o = {
            .packet_max = HAND_PACKET_MAX,
            .ogg = i < HAND_LADDER,
            .budget = &h->budget,
        };
        h->mount.rungs[i].spec = hand_spec(i);
        assert_int_equal(hub_new(&h->mount.rungs[i].hub, &o), 0);
    }
}

/* Nobody holds on to anything of it. */
static inline void hand_fini(struct hand *h)
{
    for (uint32_t i = 0; i < HAND_RUNGS; i++)
        hub_free(&h->mount.rungs[i].hub);
    assert_int_equal(h->budget.used, 0);
}

static inline uint32_t hand_hash(uint64_t x)
{
    x = (x + 1) * 0x9e3779b97f4a7c15u;
    return (uint32_t)((x ^ x >> 29) * 0xbf58476d1ce4e5b9u >> 33);
}

/* Opus: many of them end with an empty segment, and some are as large as they
   may be. */
static inline uint32_t hand_len(uint32_t rung, uint64_t seq)
{
    static const uint32_t most[HAND_LADDER] = {60, 400, RUNG_OPUS_MAX - 12};
    const uint32_t x = hand_hash(seq * HAND_RUNGS + rung);

    if (rung == HAND_S16)
        return 3840;
    if (rung == HAND_S24)
        return 5292;
    if (rung > 0 && x % 8 == 0)
        return 255 * (1 + x / 8 % (rung == 1 ? 1 : 5));
    return rung == 2 && x % 8 == 1 ? RUNG_OPUS_MAX : 12 + x / 8 % most[rung];
}

/* Its number in the first eight bytes, then its rung. Returns its length. */
static inline uint32_t hand_packet(uint32_t rung, uint64_t seq,
                                   uint8_t data[HAND_PACKET_MAX])
{
    const uint32_t len = hand_len(rung, seq);

    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(seq * 7 + rung * 85 + i * 3 + i / 256);
    for (uint32_t i = 0; i < 8; i++)
        data[i] = (uint8_t)(seq >> 8 * i);
    data[8] = (uint8_t)rung;
    return len;
}

static inline void hand_put(struct hand *h, uint32_t rung, uint64_t from,
                            uint64_t to)
{
    uint8_t data[HAND_PACKET_MAX];

    for (uint64_t seq = from; seq < to; seq++) {
        uint32_t len = hand_packet(rung, seq, data);
        assert_int_equal(hub_put(h->mount.rungs[rung].hub, seq, data, len), 0);
    }
}

static inline void hand_put_all(struct hand *h, uint64_t from, uint64_t to)
{
    for (uint32_t i = 0; i < HAND_RUNGS; i++)
        hand_put(h, i, from, to);
}

#endif
