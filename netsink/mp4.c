// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/mp4.h"

#include <errno.h>
#include <string.h>

#include "netsink/timeline.h"

#define TRACK 1

/* tfhd: offsets count from the start of the moof, which CMAF demands. */
#define TFHD_DEFAULT_BASE_IS_MOOF 0x020000u
#define TRUN_DATA_OFFSET          0x000001u
#define TRUN_SAMPLE_SIZE          0x000200u
/* Depends on no other sample, and is one to start at. */
#define SAMPLE_SYNC 0x02000000u
/* Enabled, in the movie, in the preview. */
#define TKHD_FLAGS 0x000007u
/* The media are in this file. */
#define URL_SELF 0x000001u

/* Bytes written; past size only counted. */
struct out {
    uint8_t *buf;
    size_t size, len;
};

static void put(struct out *o, const void *data, size_t n)
{
    if (o->len <= o->size && n <= o->size - o->len)
        memcpy(o->buf + o->len, data, n);
    o->len += n;
}

static void put_be(struct out *o, uint64_t value, uint32_t n_bytes)
{
    uint8_t b[8];

    for (uint32_t i = 0; i < n_bytes; i++)
        b[i] = (uint8_t)(value >> 8 * (n_bytes - 1 - i));
    put(o, b, n_bytes);
}

static void put_zero(struct out *o, uint32_t n_bytes)
{
    static const uint8_t zero[64];

    put(o, zero, n_bytes);
}

/* Returns where the box begins, for box_end(). */
static size_t box(struct out *o, const char *type)
{
    size_t at = o->len;

    put_be(o, 0, 4); /* the size, by box_end() */
    put(o, type, 4);
    return at;
}

static size_t full_box(struct out *o, const char *type, uint32_t version,
                       uint32_t flags)
{
    size_t at = box(o, type);

    put_be(o, version << 24 | flags, 4);
    return at;
}

static void box_end(struct out *o, size_t at)
{
    struct out size = {.buf = o->buf, .size = o->size, .len = at};

    put_be(&size, o->len - at, 4);
}

static int done(const struct out *o)
{
    return o->len > o->size ? -ENOSPC : (int)o->len;
}

/* 14496-12 8.2.2, 8.3.2: no turn, no zoom. */
static void put_matrix(struct out *o)
{
    static const uint32_t m[9] = {0x10000, 0, 0, 0,         0x10000,
                                  0,       0, 0, 0x40000000};

    for (uint32_t i = 0; i < 9; i++)
        put_be(o, m[i], 4);
}

static void put_ftyp(struct out *o)
{
    size_t at = box(o, "ftyp");

    put(o, "iso6", 4);
    put_be(o, 0, 4); /* minor version */
    put(o, "iso6cmfcmp41", 12);
    box_end(o, at);
}

/* 14496-12 8.2.2. A duration of 0 and no mehd: goes on for ever. */
static void put_mvhd(struct out *o)
{
    size_t at = full_box(o, "mvhd", 0, 0);

    put_be(o, 0, 4); /* made at no time: the bytes are always the same */
    put_be(o, 0, 4);
    put_be(o, TIMELINE_RATE, 4);
    put_be(o, 0, 4);
    put_be(o, 0x10000, 4); /* rate 1 */
    put_be(o, 0x100, 2);   /* volume 1 */
    put_zero(o, 10);
    put_matrix(o);
    put_zero(o, 24);
    put_be(o, TRACK + 1, 4); /* the next one, if there were one */
    box_end(o, at);
}

/* 14496-12 8.3.2. */
static void put_tkhd(struct out *o)
{
    size_t at = full_box(o, "tkhd", 0, TKHD_FLAGS);

    put_be(o, 0, 4);
    put_be(o, 0, 4);
    put_be(o, TRACK, 4);
    put_be(o, 0, 4);
    put_be(o, 0, 4); /* duration */
    put_zero(o, 8);
    put_be(o, 0, 2);     /* layer */
    put_be(o, 0, 2);     /* alternate group */
    put_be(o, 0x100, 2); /* volume 1 */
    put_be(o, 0, 2);
    put_matrix(o);
    put_be(o, 0, 4); /* width and height: nothing to see */
    put_be(o, 0, 4);
    box_end(o, at);
}

/* 14496-12 8.4.2, 8.4.3. */
static void put_mdhd_hdlr(struct out *o)
{
    size_t at = full_box(o, "mdhd", 0, 0);

    put_be(o, 0, 4);
    put_be(o, 0, 4);
    put_be(o, TIMELINE_RATE, 4);
    put_be(o, 0, 4);
    put_be(o, 0x55c4, 2); /* language: und */
    put_be(o, 0, 2);
    box_end(o, at);

    at = full_box(o, "hdlr", 0, 0);
    put_be(o, 0, 4);
    put(o, "soun", 4);
    put_zero(o, 12);
    put(o, "longwave", 9);
    box_end(o, at);
}

/* The sample entry: 14496-12 12.2.3; Opus in ISOBMFF 4.3.2. */
static void put_stsd(struct out *o, uint32_t n_channels, uint32_t pre_skip)
{
    size_t stsd = full_box(o, "stsd", 0, 0);

    put_be(o, 1, 4);
    size_t opus = box(o, "Opus");
    put_zero(o, 6);
    put_be(o, 1, 2); /* data reference: the first */
    put_zero(o, 8);
    put_be(o, n_channels, 2);
    put_be(o, 16, 2); /* bits of a sample, as the mapping demands */
    put_zero(o, 4);
    put_be(o, (uint32_t)TIMELINE_RATE << 16, 4);
    size_t dops = box(o, "dOps");
    put_be(o, 0, 1); /* version */
    put_be(o, n_channels, 1);
    put_be(o, pre_skip, 2);
    put_be(o, TIMELINE_RATE, 4); /* of the input; for information */
    put_be(o, 0, 2);             /* output gain */
    put_be(o, 0, 1);             /* mapping family: mono or stereo */
    box_end(o, dops);
    box_end(o, opus);
    box_end(o, stsd);
}

/* The table of samples in moov, all in fragments instead. */
static void put_stbl(struct out *o, uint32_t n_channels, uint32_t pre_skip)
{
    static const char *const empty[] = {"stts", "stsc", "stco"};
    size_t stbl = box(o, "stbl");

    put_stsd(o, n_channels, pre_skip);
    for (uint32_t i = 0; i < 3; i++) {
        size_t at = full_box(o, empty[i], 0, 0);
        put_be(o, 0, 4);
        box_end(o, at);
    }
    size_t stsz = full_box(o, "stsz", 0, 0);
    put_be(o, 0, 4);
    put_be(o, 0, 4);
    box_end(o, stsz);
    box_end(o, stbl);
}

static void put_minf(struct out *o, uint32_t n_channels, uint32_t pre_skip)
{
    size_t minf = box(o, "minf");

    size_t at = full_box(o, "smhd", 0, 0);
    put_be(o, 0, 2); /* balance */
    put_be(o, 0, 2);
    box_end(o, at);

    size_t dinf = box(o, "dinf");
    size_t dref = full_box(o, "dref", 0, 0);
    put_be(o, 1, 4);
    at = full_box(o, "url ", 0, URL_SELF);
    box_end(o, at);
    box_end(o, dref);
    box_end(o, dinf);

    put_stbl(o, n_channels, pre_skip);
    box_end(o, minf);
}

/* 14496-12 8.8.1, 8.8.3: what fragments need not say. */
static void put_mvex(struct out *o)
{
    size_t mvex = box(o, "mvex");
    size_t trex = full_box(o, "trex", 0, 0);

    put_be(o, TRACK, 4);
    put_be(o, 1, 4); /* sample entry: the first */
    put_be(o, TIMELINE_PACKET, 4);
    put_be(o, 0, 4); /* size: each its own */
    put_be(o, SAMPLE_SYNC, 4);
    box_end(o, trex);
    box_end(o, mvex);
}

int mp4_init_segment(uint8_t *buf, size_t size, uint32_t n_channels,
                     uint32_t pre_skip)
{
    struct out o = {.buf = buf, .size = size};

    if (n_channels < 1 || n_channels > 2 || pre_skip > UINT16_MAX)
        return -EINVAL;
    put_ftyp(&o);
    size_t moov = box(&o, "moov");
    put_mvhd(&o);
    size_t trak = box(&o, "trak");
    put_tkhd(&o);
    size_t mdia = box(&o, "mdia");
    put_mdhd_hdlr(&o);
    put_minf(&o, n_channels, pre_skip);
    box_end(&o, mdia);
    box_end(&o, trak);
    put_mvex(&o);
    box_end(&o, moov);
    return done(&o);
}

/* Adds up the payloads. */
static int measure(uint64_t seq, const struct iovec *packets, uint32_t n,
                   uint32_t *bytes)
{
    uint32_t sum = 0; /* 3000 * 1276 at most */

    if (n < 1 || n > MP4_PACKETS_MAX ||
        seq > (uint64_t)INT64_MAX / TIMELINE_PACKET - n)
        return -EINVAL;
    for (uint32_t i = 0; i < n; i++) {
        if (packets[i].iov_len < 1 || packets[i].iov_len > RUNG_OPUS_MAX)
            return -EINVAL;
        sum += (uint32_t)packets[i].iov_len;
    }
    *bytes = sum;
    return 0;
}

int mp4_fragment(uint8_t *buf, size_t size, uint64_t seq,
                 const struct iovec *packets, uint32_t n, uint32_t *body_len)
{
    struct out o = {.buf = buf, .size = size};
    uint32_t bytes;

    *body_len = 0;
    int err = measure(seq, packets, n, &bytes);
    if (err)
        return err;
    if (size < MP4_FRAGMENT_HEAD(n))
        return -ENOSPC;

    size_t moof = box(&o, "moof");
    size_t at = full_box(&o, "mfhd", 0, 0);
    put_be(&o, (uint32_t)(seq + 1), 4);
    box_end(&o, at);

    size_t traf = box(&o, "traf");
    at = full_box(&o, "tfhd", 0, TFHD_DEFAULT_BASE_IS_MOOF);
    put_be(&o, TRACK, 4);
    box_end(&o, at);
    at = full_box(&o, "tfdt", 1, 0);
    put_be(&o, seq * TIMELINE_PACKET, 8);
    box_end(&o, at);
    at = full_box(&o, "trun", 0, TRUN_DATA_OFFSET | TRUN_SAMPLE_SIZE);
    put_be(&o, n, 4);
    put_be(&o, MP4_FRAGMENT_HEAD(n), 4); /* right behind mdat's header */
    for (uint32_t i = 0; i < n; i++)
        put_be(&o, packets[i].iov_len, 4);
    box_end(&o, at);
    box_end(&o, traf);
    box_end(&o, moof);

    put_be(&o, 8 + (uint64_t)bytes, 4);
    put(&o, "mdat", 4);
    *body_len = bytes;
    return done(&o);
}
