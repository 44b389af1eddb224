// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/take.h"

#include <errno.h>
#include <ogg/ogg.h>
#include <opus/opus.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS  2
#define HEADERS   2    /* packets before the audio */
#define FRAME_MAX 5760 /* samples: 120 ms, RFC 6716 2.1.4 */
#define ROOM      1024

struct packet {
    size_t at; /* in bytes[] */
    int32_t len;
    size_t page;
};

struct take {
    ogg_sync_state sync;
    ogg_stream_state stream;
    bool has_stream;
    uint64_t n_told; /* packets, headers too */
    uint8_t *bytes;  /* [n_bytes], room for room_bytes */
    size_t n_bytes, room_bytes;
    struct packet *packets; /* [n_packets], room for room_packets */
    size_t n_packets, room_packets;
    int64_t *arrived; /* [n_pages] ns, of pages of audio; room for room_pages */
    size_t n_pages, room_pages;
};

int take_new(struct take **out)
{
    struct take *t = calloc(1, sizeof(*t));

    if (t)
        ogg_sync_init(&t->sync);
    *out = t;
    return t ? 0 : -ENOMEM;
}

void take_free(struct take **t)
{
    if (!*t)
        return;
    ogg_sync_clear(&(*t)->sync);
    if ((*t)->has_stream)
        ogg_stream_clear(&(*t)->stream);
    free((*t)->bytes);
    free((*t)->packets);
    free((*t)->arrived);
    free(*t);
    *t = NULL;
}

/* Room for one more of size bytes in *p, [n]. */
static int make_room(void *p, size_t n, size_t *room, size_t size)
{
    void **array = p;

    if (n < *room)
        return 0;
    size_t more = *room > 0 ? 2 * *room : ROOM;
    void *bigger = realloc(*array, more * size);
    if (!bigger)
        return -ENOMEM;
    *array = bigger;
    *room = more;
    return 0;
}

static int keep(struct take *t, const ogg_packet *p)
{
    size_t len = (size_t)p->bytes;

    while (t->n_bytes + len > t->room_bytes)
        if (make_room(&t->bytes, t->room_bytes, &t->room_bytes, 1))
            return -ENOMEM;
    if (make_room(&t->packets, t->n_packets, &t->room_packets,
                  sizeof(*t->packets)))
        return -ENOMEM;
    memcpy(t->bytes + t->n_bytes, p->packet, len);
    t->packets[t->n_packets++] =
        (struct packet){t->n_bytes, (int32_t)len, t->n_pages};
    t->n_bytes += len;
    return 0;
}

static int on_page(struct take *t, ogg_page *page, int64_t now)
{
    size_t before = t->n_packets;
    ogg_packet p;

    if (ogg_page_bos(page)) {
        if (t->has_stream)
            ogg_stream_clear(&t->stream);
        t->has_stream =
            ogg_stream_init(&t->stream, ogg_page_serialno(page)) == 0;
        t->n_told = 0;
    }
    if (!t->has_stream || ogg_stream_pagein(&t->stream, page))
        return 0;
    while (ogg_stream_packetout(&t->stream, &p) != 0)
        if (t->n_told++ >= HEADERS && keep(t, &p))
            return -ENOMEM;
    if (t->n_packets == before)
        return 0;
    if (make_room(&t->arrived, t->n_pages, &t->room_pages, sizeof(*t->arrived)))
        return -ENOMEM;
    t->arrived[t->n_pages++] = now;
    return 0;
}

int take_feed(struct take *t, const uint8_t *p, size_t len, int64_t now)
{
    char *to = ogg_sync_buffer(&t->sync, (long)len);
    ogg_page page;
    int err = 0, got;

    if (!to)
        return -ENOMEM;
    memcpy(to, p, len);
    ogg_sync_wrote(&t->sync, (long)len);
    while (!err && (got = ogg_sync_pageout(&t->sync, &page)) != 0)
        if (got > 0)
            err = on_page(t, &page, now);
    return err;
}

static int decode(const struct take *t, OpusDecoder *opus,
                  struct take_sound *out)
{
    float frame[FRAME_MAX * CHANNELS];
    size_t room = 0;

    for (size_t i = 0; i < t->n_packets; i++) {
        const struct packet *p = &t->packets[i];
        int n = opus_decode_float(opus, t->bytes + p->at, p->len, frame,
                                  FRAME_MAX, 0);
        if (n < 0)
            n = opus_decode_float(opus, NULL, 0, frame, FRAME_MAX / 6, 0);
        if (n < 0)
            return -EIO;
        while (out->n + (size_t)n > room)
            if (make_room(&out->x, room, &room, sizeof(*out->x)))
                return -ENOMEM;
        struct heard_page *page = &out->pages[p->page];
        if (page->samples == 0)
            page->first = (int64_t)out->n;
        page->samples += n;
        for (int k = 0; k < n; k++)
            out->x[out->n++] = frame[CHANNELS * k];
    }
    return 0;
}

int take_decode(const struct take *t, struct take_sound *out)
{
    int why = OPUS_OK, err = -ENOMEM;
    OpusDecoder *opus = opus_decoder_create(MARKS_RATE, CHANNELS, &why);

    *out = (struct take_sound){.n_pages = t->n_pages};
    out->pages = calloc(t->n_pages + 1, sizeof(*out->pages));
    if (opus && out->pages) {
        for (size_t i = 0; i < t->n_pages; i++)
            out->pages[i].at = t->arrived[i];
        err = decode(t, opus, out);
    }
    if (opus)
        opus_decoder_destroy(opus);
    if (err)
        take_sound_fini(out);
    return err;
}

void take_sound_fini(struct take_sound *s)
{
    free(s->x);
    free(s->pages);
    *s = (struct take_sound){0};
}
