// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A listener's stream under any order of pieces, changes of rung, jumps and
 * ways back: what it made once it makes again, and all of it is well-formed.
 */
#include <stdlib.h>
#include <string.h>

#include "netsink/stream.h"
#include "netsink/timeline.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/netsink/mp4_walk.h"
#include "tests/unit/netsink/ogg_walk.h"

#define RUNGS    3
#define BASE     1000007u
#define MOST     1000 /* packets */
#define TAPE_MAX (1u << 20)

struct fuzz {
    struct hub_budget budget;
    struct mount mount;
    uint64_t there; /* packets below it are in the hubs */
    struct stream s;
    uint8_t *tape; /* all bytes of the stream, from 0 */
    size_t len;
    bool torn; /* a piece was given up: parts of it are on the tape */
};

static void check(bool good)
{
    if (!good)
        abort();
}

static void put(struct fuzz *f, uint32_t n)
{
    uint8_t data[RUNG_OPUS_MAX];

    for (; n > 0 && f->there < BASE + MOST; n--, f->there++)
        for (uint32_t i = 0; i < RUNGS; i++) {
            uint32_t len = 1 + (uint32_t)(f->there * 51 * (i + 1) % 700);
            memset(data, (int)(f->there + 100 * i), len);
            check(hub_put(f->mount.rungs[i].hub, f->there, data, len) == 0);
        }
}

static void begin(struct fuzz *f, uint8_t how)
{
    static const uint32_t pages[] = {1, 5, 10, 25};
    const struct stream_opts so = {
        .kind = how & 1 ? STREAM_MP4 : STREAM_OGG,
        .mount = &f->mount,
        .rung = how / 2 % RUNGS,
        .seq = BASE + how / 8,
        .page = pages[how >> 6],
        .serial = how,
    };

    memset(f, 0, sizeof(*f));
    f->budget.max = UINT64_MAX;
    f->mount.n_channels = 1 + how % 2;
    f->mount.n_rungs = RUNGS;
    for (uint32_t i = 0; i < RUNGS; i++) {
        const struct hub_opts ho = {
            .packet_max = RUNG_OPUS_MAX, .ogg = true, .budget = &f->budget};
        check(hub_new(&f->mount.rungs[i].hub, &ho) == 0);
    }
    f->there = BASE;
    put(f, 60);
    f->tape = malloc(TAPE_MAX);
    check(f->tape && stream_init(&f->s, &so) == 0);
}

/* Bytes come after those there are, or are the same as before. */
static void onto_tape(struct fuzz *f, size_t at, const uint8_t *p, size_t n)
{
    check(at <= f->len && n <= TAPE_MAX - at);
    size_t old = f->len - at < n ? f->len - at : n;
    check(old == 0 || memcmp(f->tape + at, p, old) == 0);
    if (n > old)
        memcpy(f->tape + f->len, p + old, n - old);
    f->len += n - old;
}

static void next(struct fuzz *f, uint64_t limit, bool now)
{
    const uint64_t at = f->s.offset;
    struct piece p;

    if (at + PIECE_HEAD_MAX + 25 * RUNG_OPUS_MAX > TAPE_MAX)
        return;
    int got = stream_next(&f->s, limit, now, &p);
    check(got == 0 || got == 1); /* nothing is ever gone here */
    if (got == 0)
        return;
    check(p.head_len + p.body_len > 0);
    check(f->s.offset == at + p.head_len + p.body_len);
    onto_tape(f, at, p.head, p.head_len);
    onto_tape(f, at + p.head_len, p.body, p.body_len);
    piece_fini(&p);
}

static void step(struct fuzz *f, uint32_t op, uint32_t arg)
{
    switch (op) {
    case 0:
        put(f, arg);
        break;
    case 1:
        next(f, f->there, false);
        break;
    case 2:
        next(f, f->s.seq + arg % 16, true);
        break;
    case 3:
        check(stream_switch(&f->s, arg % RUNGS) == 0);
        f->len = f->s.offset; /* what comes may differ from here on */
        break;
    case 4:
        f->torn = f->torn || f->s.cut > 0;
        check(stream_skip(&f->s, f->s.seq + arg % 32) == 0);
        f->len = f->s.offset;
        break;
    case 5: {
        const size_t at = f->len * arg / 255;
        check((stream_seek(&f->s, at) == 0) == (at >= f->s.oldest));
        break;
    }
    case 6:
        stream_seek(&f->s, (uint64_t)arg << 56 | arg);
        break;
    default:
        for (uint32_t i = 0; i < arg; i++)
            next(f, f->there, false);
    }
    check(f->s.offset <= f->len);
}

/* Pages in order, whose positions follow from what is in them. */
static void ogg_is_well_formed(const struct fuzz *f)
{
    uint32_t number = 0;
    int64_t packets = -2; /* the headers */

    for (size_t at = 0; at < f->s.offset; number++) {
        struct ogg_walk_page p;
        check(ogg_walk(f->tape + at, f->len - at, &p) == NULL);
        at += p.size;
        packets += p.n_packets;
        check(p.number == number && p.n_parts == p.n_packets);
        check(p.granule == (number < 2 ? 0 : packets * TIMELINE_PACKET));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    char why[64];

    if (size == 0)
        return 0;
    begin(&f, data[0]);
    for (size_t i = 1; i + 1 < size && i < 400; i += 2)
        step(&f, data[i] & 7, data[i + 1]);
    /* To the end of what was begun. */
    if (f.s.cut > 0)
        next(&f, f.there, false);
    if (!f.torn && f.s.o.kind == STREAM_OGG)
        ogg_is_well_formed(&f);
    if (!f.torn && f.s.o.kind == STREAM_MP4)
        check(mp4_walk(f.tape, f.s.offset, why) == NULL);
    free(f.tape);
    for (uint32_t i = 0; i < RUNGS; i++)
        hub_free(&f.mount.rungs[i].hub);
    check(f.budget.used == 0);
    return 0;
}
