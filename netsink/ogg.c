// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/ogg.h"

#include <errno.h>
#include <ogg/ogg.h>
#include <opus.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/timeline.h"

#define PAGE_MAX 65307 /* bytes: the largest page, RFC 3533 6 */
#define ENCODER  "ENCODER=longwave " LONGWAVE_VERSION

struct ogg {
    /* [init] */
    uint32_t n_channels;
    uint32_t pre_skip; /* samples at 48 kHz */
    uint64_t first_seq;
    ogg_page_fn *fn;
    void *ctx;

    ogg_stream_state stream;
    bool initialised; /* stream is there to be cleared */
    bool begun;       /* the headers are out */
    uint64_t next;    /* the lowest number ogg_add() takes */
    int64_t n_in;     /* packets given to libogg, headers included */
    uint32_t n_page;  /* packets in the page under construction */
};

int ogg_new(struct ogg **out, int32_t serial, uint32_t n_channels,
            uint32_t pre_skip, uint64_t first_seq, ogg_page_fn *fn, void *ctx)
{
    struct ogg *o = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (n_channels < 1 || n_channels > 2 || pre_skip > UINT16_MAX)
        return -EINVAL;
    o = calloc(1, sizeof(*o));
    if (!o)
        goto out;
    o->n_channels = n_channels;
    o->pre_skip = pre_skip;
    o->first_seq = o->next = first_seq;
    o->fn = fn;
    o->ctx = ctx;
    if (ogg_stream_init(&o->stream, serial))
        goto out;
    o->initialised = true;
    err = 0;
out:
    if (err)
        ogg_free(&o);
    *out = o;
    return err;
}

void ogg_free(struct ogg **o)
{
    if (!*o)
        return;
    if ((*o)->initialised)
        ogg_stream_clear(&(*o)->stream);
    free(*o);
    *o = NULL;
}

static int put(struct ogg *o, const void *data, uint32_t len, int64_t granule)
{
    ogg_packet p = {
        .packet = (unsigned char *)data, /* libogg copies, never writes */
        .bytes = len,
        .b_o_s = o->n_in == 0,
        .granulepos = granule,
        .packetno = o->n_in,
    };
    if (ogg_stream_packetin(&o->stream, &p))
        return -ENOMEM;
    o->n_in++;
    o->n_page++;
    return 0;
}

int ogg_flush(struct ogg *o)
{
    ogg_page page;

    /* With the plain ogg_stream_flush() libogg would break pages at 4 KiB. */
    while (ogg_stream_flush_fill(&o->stream, &page, PAGE_MAX))
        o->fn(o->ctx, page.header, (uint32_t)page.header_len, page.body,
              (uint32_t)page.body_len);
    o->n_page = 0;
    return ogg_stream_check(&o->stream) ? -ENOMEM : 0;
}

static uint8_t *put_le(uint8_t *p, uint32_t value, uint32_t n_bytes)
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

/* RFC 7845 5.1: the identification header, on a page of its own. */
static int put_head(struct ogg *o)
{
    uint8_t head[19], *p = head;

    p = put_text(p, "OpusHead", 8);
    p = put_le(p, 1, 1); /* version */
    p = put_le(p, o->n_channels, 1);
    p = put_le(p, o->pre_skip, 2);
    p = put_le(p, TIMELINE_RATE, 4); /* of the input; for information */
    p = put_le(p, 0, 2);             /* output gain */
    p = put_le(p, 0, 1);             /* mapping family: mono or stereo */
    int err = put(o, head, (uint32_t)(p - head), 0);
    return err ? err : ogg_flush(o);
}

/* RFC 7845 5.2: the comment header. */
static int put_tags(struct ogg *o)
{
    const char *vendor = opus_get_version_string();
    size_t vendor_len = strlen(vendor), encoder_len = strlen(ENCODER);
    uint8_t tags[256], *p = tags;

    if (8 + 4 + vendor_len + 4 + 4 + encoder_len > sizeof(tags))
        return -EINVAL;
    p = put_text(p, "OpusTags", 8);
    p = put_le(p, (uint32_t)vendor_len, 4);
    p = put_text(p, vendor, vendor_len);
    p = put_le(p, 1, 4);
    p = put_le(p, (uint32_t)encoder_len, 4);
    p = put_text(p, ENCODER, encoder_len);
    int err = put(o, tags, (uint32_t)(p - tags), 0);
    return err ? err : ogg_flush(o);
}

int ogg_headers(struct ogg *o)
{
    int err = put_head(o);

    if (!err)
        err = put_tags(o);
    o->begun = !err;
    return err;
}

int ogg_add(struct ogg *o, uint64_t seq, const uint8_t *data, uint32_t len,
            uint32_t packets_per_page)
{
    int err;

    if (!o->begun || seq < o->next)
        return -EINVAL;
    if (seq > o->next && o->n_page > 0) {
        err = ogg_flush(o);
        if (err)
            return err;
    }
    o->next = seq + 1;
    /* RFC 7845 4: the position at the end of the packet, pre-skip included. */
    err =
        put(o, data, len, (int64_t)(o->next - o->first_seq) * TIMELINE_PACKET);
    if (!err && o->n_page >= packets_per_page)
        err = ogg_flush(o);
    return err;
}
