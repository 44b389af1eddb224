// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A rung: what of a mount is encoded once for all who listen to it (DESIGN law
 * 4): Opus at a bitrate (libopus, 48 kHz, 20 ms, CELT, constrained VBR), or WAV
 * samples in a format. [enc] only, but for the functions of specs.
 *
 * Every RUNG_KEY packets comes a key packet, coded without prediction from the
 * one before, at the same numbers in all rungs: there one stream may go over
 * from one rung to another. The first packet that is good after rung_new() is a
 * key packet too: it may follow another encoder's last, see rung_end().
 */
#ifndef NETSINK_RUNG_H
#define NETSINK_RUNG_H

#include <stdint.h>

#include "netsink/wav.h"

#define RUNG_KEY      50    /* packets: seq % RUNG_KEY == 0 is a key packet */
#define RUNG_OPUS_MAX 1276  /* bytes: the largest Opus frame, RFC 6716 3.4 */
#define RUNG_WAV_MAX  15360 /* bytes: 20 ms at 96 kHz, two floats a frame */

#define RUNG_KBPS_MIN 24
#define RUNG_KBPS_MAX 256

enum rung_codec { RUNG_OPUS, RUNG_WAV };

struct rung_spec {
    enum rung_codec codec;
    uint32_t n_channels; /* of the mount: 1..2 */
    uint32_t kbps;       /* Opus: 24..256 */
    struct wav_spec wav; /* WAV; its channels may differ from the mount's */
};

struct rung;

/* Errors: -EINVAL, -ENOMEM. */
int rung_new(struct rung **out, const struct rung_spec *spec);
void rung_free(struct rung **r);

/* Opus: 0..10, from the next packet on; what encoding costs. Nothing for WAV.
 */
void rung_set_complexity(struct rung *r, uint32_t complexity);

/*
 * Encodes packet seq, TIMELINE_PACKET interleaved frames of the mount's
 * channels, into data[rung_packet_max()]; returns its length in bytes. Packets
 * are to come in order; the first one may have any number. WAV has the same
 * number of bytes in each packet, whatever the rate. Errors: -EIO.
 */
int rung_encode(struct rung *r, uint64_t seq, const float *frames,
                uint8_t *data);

/* The next packet is this encoder's last: a key packet of another one can
   follow it, whatever its number. */
void rung_end(struct rung *r);

/* Packets to encode, and to throw away, before the first one that is good: a
   resampler's filter and an encoder's predictors have to fill. Any thread. */
uint32_t rung_warm_up(const struct rung_spec *spec);

/* Bytes that a packet has at most; on average. Any thread. */
uint32_t rung_packet_max(const struct rung_spec *spec);
double rung_bytes_per_s(const struct rung_spec *spec);

/* "96" (kbit/s) or "wav-s16-48000-2": clean text. Any thread. */
void rung_name(const struct rung_spec *spec, char *text, uint32_t size);

/* Samples at 48 kHz that what is decoded lies behind what was encoded: of the
   codec, or of the filter to another rate. Constant. Any thread. */
uint32_t rung_lookahead(const struct rung *r);

#endif
