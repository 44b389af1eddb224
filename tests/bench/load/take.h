// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A stretch of an Ogg Opus stream as it came, each page with the time of its
 * arrival; decoded afterwards, so that decoding makes no page late. One thread
 * at a time.
 */
#ifndef BENCH_LOAD_TAKE_H
#define BENCH_LOAD_TAKE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/load/heard.h"

struct take;

/* Errors: -ENOMEM. */
int take_new(struct take **out);
void take_free(struct take **t);

/* Bytes of the stream (not of HTTP) that were there at now, ns. Errors:
   -ENOMEM. */
int take_feed(struct take *t, const uint8_t *p, size_t len, int64_t now);

/* What was taken, decoded. */
struct take_sound {
    float *x; /* [n] the left channel at 48 kHz, all that was decoded */
    size_t n;
    struct heard_page *pages; /* [n_pages] those with audio */
    size_t n_pages;
};

/* Decodes all of it by libopus; a packet that can't be is concealed. To be
   freed by take_sound_fini(). Errors: -ENOMEM, -EIO (no Opus). */
int take_decode(const struct take *t, struct take_sound *out);
void take_sound_fini(struct take_sound *s);

#endif
