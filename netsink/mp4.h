// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Opus in fragmented MP4, for Media Source and CMAF (HLS): an initialisation
 * segment, then fragments whose times are the timeline's (DESIGN law 5). Each
 * function's output depends on its arguments alone, so any thread makes the
 * same bytes for the same packets, and a stream may start and go on at any of
 * them. Any thread. Never allocates, keeps nothing, never touches the packets'
 * bytes.
 *
 * Sources: ISO/IEC 14496-12 (boxes), ISO/IEC 23000-19 (CMAF, brand cmfc),
 * "Encapsulation of Opus in ISO Base Media File Format" 0.8 (Opus, dOps).
 */
#ifndef NETSINK_MP4_H
#define NETSINK_MP4_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "netsink/hub.h"
#include "netsink/rung.h"

/* What Chromium and Firefox take; Safari wants "Opus" in the codecs (both
   ought to be tried with isTypeSupported()). */
#define MP4_TYPE "audio/mp4; codecs=\"opus\""

#define MP4_INIT_SIZE 572 /* bytes: every initialisation segment */

#define MP4_PACKETS_MAX HUB_PACKETS /* in a fragment: a minute */

/* Bytes that mp4_fragment() writes for n packets; with their payloads, at most
   RUNG_OPUS_MAX * n more, the fragment is whole. */
#define MP4_FRAGMENT_HEAD(n) (96 + 4 * (size_t)(n))

/*
 * Writes the initialisation segment: ftyp and moov, one track of 48 kHz,
 * without an end and without an edit list. pre_skip: samples at 48 kHz that a
 * decoder is to drop where it starts; times are not moved by it (a fragment's
 * time is its first packet's, dropped samples and all).
 * Returns the bytes written, MP4_INIT_SIZE. Errors: -EINVAL (channels outside
 * 1..2, pre_skip over 65535), -ENOSPC (nothing useful is in buf then).
 */
int mp4_init_segment(uint8_t *buf, size_t size, uint32_t n_channels,
                     uint32_t pre_skip);

/*
 * Writes what comes before the payloads of packets seq, seq + 1, ...
 * seq + n - 1, each of 20 ms: moof and the header of mdat. The payloads follow
 * as they are: the same list goes to writev() after buf. A hole in the numbers
 * ends a fragment, and the next one's time says how long it was.
 * The fragment's time is seq * TIMELINE_PACKET at 48 kHz; its sequence number
 * is the low 32 bits of seq + 1, which wraps after 2.7 years.
 * Returns the bytes written, MP4_FRAGMENT_HEAD(n); *body_len: bytes to follow.
 * Errors: -EINVAL (n outside 1..MP4_PACKETS_MAX, a payload outside
 * 1..RUNG_OPUS_MAX, a time that does not fit 63 bits), -ENOSPC; *body_len is
 * 0 then.
 */
int mp4_fragment(uint8_t *buf, size_t size, uint64_t seq,
                 const struct iovec *packets, uint32_t n, uint32_t *body_len);

#endif
