// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/pages.h"

#include <string.h>

int64_t pages_duration(uint8_t toc, uint8_t next)
{
    static const int64_t silk[] = {480, 960, 1920, 2880};
    static const int64_t celt[] = {120, 240, 480, 960};
    uint8_t config = toc >> 3;
    int64_t frame = config < 12   ? silk[config & 3]
                    : config < 16 ? silk[config & 1]
                                  : celt[config & 3];

    switch (toc & 3) {
    case 0:
        return frame;
    case 3:
        return frame * (next & 63);
    default:
        return 2 * frame;
    }
}

static uint64_t le(const uint8_t *p, int n)
{
    uint64_t x = 0;
    while (n-- > 0)
        x = x << 8 | p[n];
    return x;
}

static bool summed(const struct pages *s, const struct pages_opts *o)
{
    return o->crc_every > 0 && s->n % o->crc_every == 0;
}

static uint32_t n_segments(const struct pages *s)
{
    return s->header[26];
}

static void begin_packet(struct pages *s)
{
    s->at = 0;
    s->duration = 0;
}

static void end_packet(struct pages *s)
{
    if (s->headers > 0) {
        s->headers--;
    } else {
        s->n_audio++;
        s->samples += s->duration;
    }
    begin_packet(s);
}

static void end_page(struct pages *s, const struct pages_opts *o, void *ctx)
{
    const uint8_t *h = s->header;
    struct pages_page page = {
        .flags = h[5],
        .granule = (int64_t)le(h + 6, 8),
        .serial = (uint32_t)le(h + 14, 4),
        .number = (uint32_t)le(h + 18, 4),
        .n_audio = s->n_audio,
        .samples = s->samples,
        .size = PAGES_HEADER + n_segments(s),
        .summed = summed(s, o),
    };

    for (uint32_t i = 0; i < n_segments(s); i++)
        page.size += h[PAGES_HEADER + i];
    page.sum_ok = page.summed && s->sum == (uint32_t)le(h + 22, 4);
    s->n++;
    s->have = s->n_audio = 0;
    s->samples = 0;
    o->on_page(ctx, &page);
}

/* Goes on to the next segment that has bytes; packets that end on the way are
   told, and the page where there is none. */
static void next_segment(struct pages *s, const struct pages_opts *o, void *ctx)
{
    while (s->segment < n_segments(s)) {
        uint8_t lace = s->header[PAGES_HEADER + s->segment];
        if (s->left > 0)
            return;
        if (lace < 255)
            end_packet(s);
        if (++s->segment < n_segments(s))
            s->left = s->header[PAGES_HEADER + s->segment];
    }
    end_page(s, o, ctx);
}

/* The header and the table are there. */
static void begin_body(struct pages *s, const struct pages_opts *o, void *ctx)
{
    static const uint8_t zero[4];
    const uint8_t *h = s->header;

    if (h[5] & PAGES_BOS)
        s->headers = 2;
    if (!(h[5] & PAGES_CONTINUED))
        begin_packet(s);
    if (summed(s, o)) {
        s->sum = crc_add(&o->crc, 0, h, 22);
        s->sum = crc_add(&o->crc, s->sum, zero, 4);
        s->sum = crc_add(&o->crc, s->sum, h + 26, s->have - 26);
    }
    s->segment = 0;
    s->left = n_segments(s) > 0 ? h[PAGES_HEADER] : 0;
    next_segment(s, o, ctx);
}

/* The bytes so far can't begin a page: drops the first ones of them. */
static void resync(struct pages *s)
{
    if (!s->searching)
        s->n_lost++;
    s->searching = true;
    do {
        s->have--;
        memmove(s->header, s->header + 1, s->have);
    } while (s->have > 0 &&
             memcmp(s->header, "OggS", s->have < 4 ? s->have : 4) != 0);
}

static bool plausible(const struct pages *s)
{
    if (memcmp(s->header, "OggS", s->have < 4 ? s->have : 4) != 0)
        return false;
    return s->have < 5 || s->header[4] == 0; /* version */
}

/* One byte of a header or its table. */
static void in_header(struct pages *s, const struct pages_opts *o, uint8_t byte,
                      void *ctx)
{
    s->header[s->have++] = byte;
    if (s->have <= 5 && !plausible(s))
        resync(s);
    if (s->have < PAGES_HEADER || s->have < PAGES_HEADER + n_segments(s))
        return;
    s->searching = false;
    begin_body(s, o, ctx);
}

static bool in_body(const struct pages *s)
{
    return s->have >= PAGES_HEADER && s->have == PAGES_HEADER + n_segments(s);
}

/* Part of one segment. */
static void take(struct pages *s, const struct pages_opts *o, const uint8_t *p,
                 uint32_t n)
{
    if (s->at == 0)
        s->toc = p[0];
    if (s->at < 2) {
        uint8_t next = s->at == 1 ? p[0] : n > 1 ? p[1] : 0;
        s->duration = pages_duration(s->toc, next);
    }
    s->at += n;
    if (summed(s, o))
        s->sum = crc_add(&o->crc, s->sum, p, n);
    s->left -= n;
}

void pages_feed(struct pages *s, const struct pages_opts *o, const uint8_t *p,
                size_t len, void *ctx)
{
    while (len > 0) {
        if (!in_body(s)) {
            in_header(s, o, *p++, ctx);
            len--;
            continue;
        }
        uint32_t n = len < s->left ? (uint32_t)len : s->left;
        take(s, o, p, n);
        p += n;
        len -= n;
        next_segment(s, o, ctx);
    }
}
