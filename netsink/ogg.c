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
 * Checksums are polynomials over GF(2): bit i is x^i. What byte b at the top
 * leaves is b x^32 mod the polynomial, and the sum of what its bits leave.
 */
#define POLY 0x04c11db7u /* x^32 */
#define BIT(b, i, sum) \
    ((uint32_t)(b) >> (i)&1 ? (uint32_t)((uint64_t)(sum)&0xffffffffu) : 0)
#define X38 ((uint64_t)POLY << 6 ^ 0x100000000u ^ POLY)
#define X39 (X38 << 1)
#define R1(b)                                                             \
    (BIT(b, 0, POLY) ^ BIT(b, 1, POLY << 1) ^ BIT(b, 2, POLY << 2) ^      \
     BIT(b, 3, POLY << 3) ^ BIT(b, 4, POLY << 4) ^ BIT(b, 5, POLY << 5) ^ \
     BIT(b, 6, X38) ^ BIT(b, 7, X39))
#define R4(b)  R1(b), R1((b) + 1), R1((b) + 2), R1((b) + 3)
#define R16(b) R4(b), R4((b) + 4), R4((b) + 8), R4((b) + 12)
#define R64(b) R16(b), R16((b) + 16), R16((b) + 32), R16((b) + 48)

static const uint32_t remainder_of[256] = {R64(0), R64(64), R64(128), R64(192)};

static uint32_t sum_byte(uint32_t sum, uint32_t byte)
{
    return sum << 8 ^ remainder_of[sum >> 24 ^ byte];
}

static uint32_t sum_bytes(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = sum_byte(sum, p[i]);
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
    uint64_t p = product(a, b);
    uint32_t high = (uint32_t)(p >> 32);

    /* high x^32: four bytes' worth of a checksum. */
    for (uint32_t i = 0; i < 4; i++)
        high = sum_byte(high, 0);
    return high ^ (uint32_t)p;
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
    const uint32_t n = to - from;
    struct slab_page page = {0};

    if (n == SLAB_PACKETS)
        page = slab->ten;
    else if (n == 5 && from % 5 == 0)
        page = slab->five[from / 5];
    else if (n == 1)
        page = slab->one[from];
    if (!page.shift)
        ogg_shared(&page, slab, from, to);
    return page;
}

int ogg_page(uint8_t *buf, size_t size, const struct ogg_stamp *stamp,
             const struct slab *slab, uint32_t from, uint32_t to)
{
    uint32_t n_segments = 0;

    if (from < slab->first || from >= to || to > SLAB_PACKETS)
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
