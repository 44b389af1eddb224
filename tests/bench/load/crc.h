// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The checksum of Ogg pages (RFC 3533 6: polynomial 0x04c11db7, from 0, not
 * reflected), written for this bench and not by libogg, so that it shares no
 * mistake with what it checks. Any thread, once initialised.
 */
#ifndef BENCH_LOAD_CRC_H
#define BENCH_LOAD_CRC_H

#include <stddef.h>
#include <stdint.h>

/* [init] constant after crc_init() */
struct crc {
    uint32_t table[256];
};

void crc_init(struct crc *c);

/* sum carried on over len bytes. */
uint32_t crc_add(const struct crc *c, uint32_t sum, const uint8_t *p,
                 size_t len);

/* What a sum becomes when n given bytes follow that are all zero: since the
   checksum is linear, sum(a b) = crc_shift(sum(a)) ^ sum(b), n bytes in b. */
struct crc_shift {
    uint32_t table[4][256]; /* per byte of the sum */
};

void crc_shift_init(struct crc_shift *s, const struct crc *c, size_t n);
uint32_t crc_shift(const struct crc_shift *s, uint32_t sum);

#endif
