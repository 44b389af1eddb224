// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/ogg.h"

#include <errno.h>
#include <opus.h>
#include <string.h>

#include "netsink/timeline.h"

#define PAGE_HEAD 27 /* bytes before the lacing values, RFC 3533 6 */
#define BOS       2  /* flag of a stream's first page */
#define ENCODER   "ENCODER=longwave " LONGWAVE_VERSION

/*
 * Checksums are polynomials over GF(2): bit i is x^i. Xn: what remains of x^n,
 * x^(n + 1) ... x^(n + 7) divided by x^32 + 0x04c11db7.
 */
#define X32                                                                 \
    0x04c11db7, 0x09823b6e, 0x130476dc, 0x2608edb8, 0x4c11db70, 0x9823b6e0, \
        0x34867077, 0x690ce0ee
#define X40                                                                 \
    0xd219c1dc, 0xa0f29e0f, 0x452421a9, 0x8a484352, 0x10519b13, 0x20a33626, \
        0x41466c4c, 0x828cd898
#define X48                                                                 \
    0x01d8ac87, 0x03b1590e, 0x0762b21c, 0x0ec56438, 0x1d8ac870, 0x3b1590e0, \
        0x762b21c0, 0xec564380
#define X56                                                                 \
    0xdc6d9ab7, 0xbc1a28d9, 0x7cf54c05, 0xf9ea980a, 0xf7142da3, 0xeae946f1, \
        0xd1139055, 0xa6e63d1d

/* What remains of byte b times x^n: the sum of what its bits leave. */
#define REST(b, ...) REST_(b, __VA_ARGS__)
#define REST_(b, r0, r1, r2, r3, r4, r5, r6, r7)                \
    (((b)&1 ? r0 : 0) ^ ((b)&2 ? r1 : 0) ^ ((b)&4 ? r2 : 0) ^   \
     ((b)&8 ? r3 : 0) ^ ((b)&16 ? r4 : 0) ^ ((b)&32 ? r5 : 0) ^ \
     ((b)&64 ? r6 : 0) ^ ((b)&128 ? r7 : 0))
#define REST4(b, ...)                                 \
    REST(b, __VA_ARGS__), REST((b) + 1, __VA_ARGS__), \
        REST((b) + 2, __VA_ARGS__), REST((b) + 3, __VA_ARGS__)
#define REST16(b, ...)                                  \
    REST4(b, __VA_ARGS__), REST4((b) + 4, __VA_ARGS__), \
        REST4((b) + 8, __VA_ARGS__), REST4((b) + 12, __VA_ARGS__)
#define REST64(b, ...)                                     \
    REST16(b, __VA_ARGS__), REST16((b) + 16, __VA_ARGS__), \
        REST16((b) + 32, __VA_ARGS__), REST16((b) + 48, __VA_ARGS__)
#define REST256(...)                                                           \
    REST64(0, __VA_ARGS__), REST64(64, __VA_ARGS__), REST64(128, __VA_ARGS__), \
        REST64(192, __VA_ARGS__)

/* [k][b]: of b x^(32 + 8 k) */
static const uint32_t rest_of[4][256] = {
    {REST256(X32)},
    {REST256(X40)},
    {REST256(X48)},
    {REST256(X56)},
};

/* a x^32 */
static uint32_t times_x32(uint32_t a)
{
    return rest_of[3][a >> 24] ^ rest_of[2][a >> 16 & 255] ^
           rest_of[1][a >> 8 & 255] ^ rest_of[0][a & 255];
}

static uint32_t sum_byte(uint32_t sum, uint32_t byte)
{
    return sum << 8 ^ rest_of[0][sum >> 24 ^ byte];
}

static uint32_t sum_bytes(uint32_t sum, const uint8_t *p, size_t n)
{
    for (; n >= 4; n -= 4, p += 4)
        sum = times_x32(sum ^ ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
                               (uint32_t)p[2] << 8 | p[3]));
    for (; n > 0; n--)
        sum = sum_byte(sum, *p++);
    return sum;
}

/*
 * The product of two polynomials. Their bits are spread over integers with
 * holes of three, so that a carry has room and never reaches the next one.
 */
static uint64_t product(uint32_t a, uint32_t b)
{
    const uint64_t every = 0x1111111111111111u;
    uint64_t x[4], y[4], out = 0;

    for (uint32_t i = 0; i < 4; i++) {
        x[i] = a & every << i;
        y[i] = b & every << i;
    }
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t z = x[0] * y[i] ^ x[1] * y[(i + 3) % 4] ^
                     x[2] * y[(i + 2) % 4] ^ x[3] * y[(i + 1) % 4];
        out |= z & every << i;
    }
    return out;
}

static uint32_t multiply(uint32_t a, uint32_t b)
{
    const uint64_t p = product(a, b);

    return times_x32((uint32_t)(p >> 32)) ^ (uint32_t)p;
}

/* x^(8 n) */
static uint32_t shift_of(uint32_t n)
{
    uint32_t result = 1, power = 1 << 8;

    for (; n > 0; n >>= 1) {
        if (n & 1)
            result = multiply(result, power);
        power = multiply(power, power);
    }
    return result;
}

static uint8_t *put_le(uint8_t *p, uint64_t value, uint32_t n_bytes)
{
    for (uint32_t i = 0; i < n_bytes; i++)
        *p++ = (uint8_t)(value >> 8 * i);
    return p;
}

static uint8_t *put_text(uint8_t *p, const char *text, size_t len)
{
    memcpy(p, text, len);
    return p + len;
}

/* RFC 3533 6: segments of 255 bytes, and one that is shorter, if only by being
   empty. */
static uint8_t *put_lacing(uint8_t *p, uint32_t len)
{
    for (; len >= 255; len -= 255)
        *p++ = 255;
    *p++ = (uint8_t)len;
    return p;
}

static uint32_t lacing_len(uint32_t len)
{
    return len / 255 + 1;
}

/* The 27 bytes of a page with n_segments, whose rest is known. */
static void put_head(uint8_t *p, uint32_t flags, const struct ogg_stamp *stamp,
                     uint32_t n_segments, const struct slab_page *rest)
{
    uint8_t *at = put_text(p, "OggS", 4);

    at = put_le(at, 0, 1); /* version */
    at = put_le(at, flags, 1);
    at = put_le(at, (uint64_t)stamp->granule, 8);
    at = put_le(at, stamp->serial, 4);
    at = put_le(at, stamp->number, 4);
    uint8_t *checksum = at;
    at = put_le(at, 0, 4);
    put_le(at, n_segments, 1);
    uint32_t own = sum_bytes(0, p, PAGE_HEAD);
    put_le(checksum, multiply(own, rest->shift) ^ rest->sum, 4);
}

/* A page of one packet of len bytes under 255, which is at p + 28. Returns
   where it ends. */
static uint8_t *put_header_page(uint8_t *p, uint32_t flags, uint32_t serial,
                                uint32_t number, uint32_t len)
{
    const struct ogg_stamp stamp = {.serial = serial, .number = number};
    uint8_t *lacing = p + PAGE_HEAD;

    *lacing = (uint8_t)len;
    const struct slab_page rest = {.sum = sum_bytes(0, lacing, 1 + len),
                                   .shift = shift_of(1 + len)};
    put_head(p, flags, &stamp, 1, &rest);
    return lacing + 1 + len;
}

/* RFC 7845 5.1: the identification header. */
static uint32_t put_opus_head(uint8_t *p, uint32_t n_channels,
                              uint32_t pre_skip)
{
    uint8_t *at = put_text(p, "OpusHead", 8);

    at = put_le(at, 1, 1); /* version */
    at = put_le(at, n_channels, 1);
    at = put_le(at, pre_skip, 2);
    at = put_le(at, TIMELINE_RATE, 4); /* of the input; for information */
    at = put_le(at, 0, 2);             /* output gain */
    at = put_le(at, 0, 1);             /* mapping family: mono or stereo */
    return (uint32_t)(at - p);
}

/* RFC 7845 5.2: the comment header. */
static uint32_t put_opus_tags(uint8_t *p, const char *vendor, size_t vendor_len)
{
    const size_t encoder_len = strlen(ENCODER);
    uint8_t *at = put_text(p, "OpusTags", 8);

    at = put_le(at, vendor_len, 4);
    at = put_text(at, vendor, vendor_len);
    at = put_le(at, 1, 4);
    at = put_le(at, encoder_len, 4);
    at = put_text(at, ENCODER, encoder_len);
    return (uint32_t)(at - p);
}

int ogg_start(uint8_t *buf, size_t size, uint32_t serial, uint32_t n_channels,
              uint32_t pre_skip)
{
    const uint32_t before = PAGE_HEAD + 1, opus_head = 19;
    const char *vendor = opus_get_version_string();
    const size_t vendor_len = strlen(vendor);
    const size_t tags = 8 + 4 + vendor_len + 4 + 4 + strlen(ENCODER);
    uint8_t *at = buf;

    if (n_channels < 1 || n_channels > 2 || pre_skip > UINT16_MAX)
        return -EINVAL;
    if (tags >= 255 || size < before + opus_head + before + tags)
        return -ENOSPC;
    uint32_t len = put_opus_head(at + before, n_channels, pre_skip);
    at = put_header_page(at, BOS, serial, 0, len);
    len = put_opus_tags(at + before, vendor, vendor_len);
    at = put_header_page(at, 0, serial, 1, len);
    return (int)(at - buf);
}

static uint32_t packet_len(const struct slab *slab, uint32_t i)
{
    return slab->offset[i + 1] - slab->offset[i];
}

void ogg_shared(struct slab_page *out, const struct slab *slab, uint32_t from,
                uint32_t to)
{
    const uint32_t body = slab->offset[to] - slab->offset[from];
    uint32_t n = 0, sum = 0;

    for (uint32_t i = from; i < to; i++) {
        const uint32_t len = packet_len(slab, i);
        for (uint32_t k = 0; k < len / 255; k++)
            sum = sum_byte(sum, 255);
        sum = sum_byte(sum, len % 255);
        n += lacing_len(len);
    }
    out->sum = sum_bytes(sum, slab->data + slab->offset[from], body);
    out->shift = shift_of(n + body);
}

/* No power of x is 0: what was not filled in is. */
static struct slab_page shared_of(const struct slab *slab, uint32_t from,
                                  uint32_t to)
{
    const struct slab_page *known = slab_page_at((struct slab *)slab, from, to);
    struct slab_page page;

    if (known && known->shift)
        return *known;
    ogg_shared(&page, slab, from, to);
    return page;
}

int ogg_page(uint8_t *buf, size_t size, const struct ogg_stamp *stamp,
             const struct slab *slab, uint32_t from, uint32_t to)
{
    uint32_t n_segments = 0;

    if (from < slab->first || from >= to || to > SLAB_PACKETS ||
        to - from > OGG_PACKETS_MAX)
        return -EINVAL;
    for (uint32_t i = from; i < to; i++) {
        const uint32_t len = packet_len(slab, i);
        if (len < 1 || len > RUNG_OPUS_MAX)
            return -EINVAL;
        n_segments += lacing_len(len);
    }
    if (size < PAGE_HEAD + n_segments)
        return -ENOSPC;
    uint8_t *at = buf + PAGE_HEAD;
    for (uint32_t i = from; i < to; i++)
        at = put_lacing(at, packet_len(slab, i));
    const struct slab_page rest = shared_of(slab, from, to);
    put_head(buf, 0, stamp, n_segments, &rest);
    return (int)(at - buf);
}
