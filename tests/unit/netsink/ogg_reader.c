// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/netsink/ogg_reader.h"

#include <errno.h>
#include <ogg/ogg.h>
#include <stdbool.h>
#include <string.h>

/* All packets of the page. Returns how many, or -EBADMSG. */
static int read_page(ogg_stream_state *stream, ogg_page *page,
                     ogg_reader_fn *fn, void *ctx)
{
    ogg_packet p;
    int n = 0, got;

    if (ogg_stream_pagein(stream, page))
        return -EBADMSG;
    while ((got = ogg_stream_packetout(stream, &p)) > 0) {
        fn(ctx, p.packet, (size_t)p.bytes, p.granulepos);
        n++;
    }
    return got < 0 ? -EBADMSG : n;
}

int ogg_reader(const uint8_t *data, size_t len, ogg_reader_fn *fn, void *ctx)
{
    ogg_sync_state sync;
    ogg_stream_state stream;
    ogg_page page;
    bool begun = false;
    int n = 0, got;

    ogg_sync_init(&sync);
    char *buf = ogg_sync_buffer(&sync, (long)len);
    memcpy(buf, data, len);
    ogg_sync_wrote(&sync, (long)len);
    while ((got = ogg_sync_pageout(&sync, &page)) > 0) {
        if (!begun)
            ogg_stream_init(&stream, ogg_page_serialno(&page));
        begun = true;
        got = read_page(&stream, &page, fn, ctx);
        if (got < 0)
            break;
        n += got;
    }
    if (begun)
        ogg_stream_clear(&stream);
    ogg_sync_clear(&sync);
    return got < 0 ? -EBADMSG : n;
}
