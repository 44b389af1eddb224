// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/crc.h"

#define POLYNOMIAL UINT32_C(0x04c11db7)

void crc_init(struct crc *c)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t x = i << 24;
        for (int bit = 0; bit < 8; bit++)
            x = x & UINT32_C(0x80000000) ? x << 1 ^ POLYNOMIAL : x << 1;
        c->table[i] = x;
    }
}

uint32_t crc_add(const struct crc *c, uint32_t sum, const uint8_t *p,
                 size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum = sum << 8 ^ c->table[(sum >> 24 ^ p[i]) & 255];
    return sum;
}

void crc_shift_init(struct crc_shift *s, const struct crc *c, size_t n)
{
    uint32_t bit[32];

    for (int b = 0; b < 32; b++) {
        uint32_t sum = UINT32_C(1) << b;
        for (size_t i = 0; i < n; i++)
            sum = sum << 8 ^ c->table[sum >> 24];
        bit[b] = sum;
    }
    for (int k = 0; k < 4; k++) {
        for (uint32_t v = 0; v < 256; v++) {
            s->table[k][v] = 0;
            for (int b = 0; b < 8; b++)
                s->table[k][v] ^= v >> b & 1 ? bit[8 * k + b] : 0;
        }
    }
}

uint32_t crc_shift(const struct crc_shift *s, uint32_t sum)
{
    return s->table[0][sum & 255] ^ s->table[1][sum >> 8 & 255] ^
           s->table[2][sum >> 16 & 255] ^ s->table[3][sum >> 24];
}
