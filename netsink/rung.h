// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A rung: one Opus encoder (libopus, 48 kHz, 20 ms, audio application, VBR).
 * [enc] only.
 */
#ifndef NETSINK_RUNG_H
#define NETSINK_RUNG_H

#include <stdint.h>

struct rung;

/* kbps: 24..256. Errors: -EINVAL, -ENOMEM. */
int rung_new(struct rung **out, uint32_t n_channels, uint32_t kbps);
void rung_free(struct rung **r);

/* Encodes 960 interleaved frames into data[HUB_PACKET_MAX]; returns the
   packet's length in bytes. Errors: -EIO. */
int rung_encode(struct rung *r, const float *frames, uint8_t *data);

/* Samples at 48 kHz that the encoder looks ahead. */
uint32_t rung_lookahead(const struct rung *r);

#endif
