// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Ogg Opus as it arrives (RFC 3533 6, RFC 7845, RFC 6716 3.1): pages told one
 * by one, with the samples of the packets that end on them. Keeps a page's
 * header and nothing of its body; no allocation. One thread at a time.
 */
#ifndef BENCH_LOAD_PAGES_H
#define BENCH_LOAD_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/load/crc.h"

#define PAGES_HEADER 27  /* bytes, and then the segment table */
#define PAGES_TABLE  255 /* segments at most */

enum pages_flags {
    PAGES_CONTINUED = 1,
    PAGES_BOS = 2,
    PAGES_EOS = 4,
};

/* A page that is complete. */
struct pages_page {
    uint8_t flags; /* enum pages_flags */
    int64_t granule;
    uint32_t serial, number;
    uint32_t n_audio;    /* packets of audio that end on it */
    int64_t samples;     /* of those, at 48 kHz */
    size_t size;         /* bytes */
    bool summed, sum_ok; /* its checksum was looked at, and is right */
};

/* ctx is the listener's. */
typedef void pages_page_fn(void *ctx, const struct pages_page *page);

/* The same for many streams. [init] constant after start. */
struct pages_opts {
    struct crc crc;
    uint32_t crc_every; /* checks the first and each so many-th page;
                           0: none */
    pages_page_fn *on_page;
};

/* All zero is one that has not begun. */
struct pages {
    uint32_t n;       /* pages so far */
    uint32_t n_lost;  /* times that no page began where one had to */
    uint32_t have;    /* bytes of the header and table so far */
    uint32_t segment; /* in the body: which, */
    uint32_t left;    /* and its bytes to come */
    uint32_t sum;     /* of the page so far */
    bool searching;   /* for the next page */
    uint8_t headers;  /* packets of headers still to come */
    uint8_t toc;      /* of the packet that is under way */
    uint32_t at;      /* its bytes so far */
    int64_t duration; /* its samples */
    uint32_t n_audio; /* of the page so far */
    int64_t samples;
    uint8_t header[PAGES_HEADER + PAGES_TABLE];
};

/* Takes len bytes, calling back for what they complete. */
void pages_feed(struct pages *s, const struct pages_opts *o, const uint8_t *p,
                size_t len, void *ctx);

/* Samples at 48 kHz of a packet that begins with toc and next (looked at for
   more than two frames only): RFC 6716 3.1. */
int64_t pages_duration(uint8_t toc, uint8_t next);

#endif
