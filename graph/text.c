// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Length of the printable character at s, or 0. A NUL is no tail byte, so it
   reads no further than the end of the string. */
static size_t char_len(const uint8_t *s)
{
    uint8_t a = s[0];

    if (a < 0x80)
        return a >= 0x20 && a != 0x7f;
    if (a < 0xc2 || a > 0xf4 || !tail(s[1]))
        return 0;
    if (a < 0xe0)
        return a == 0xc2 && s[1] < 0xa0 ? 0 : 2; /* C1 controls */
    if (!tail(s[2]))
        return 0;
    if (a < 0xf0) {
        bool overlong = a == 0xe0 && s[1] < 0xa0;
        bool surrogate = a == 0xed && s[1] >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    if (!tail(s[3]) || (a == 0xf0 && s[1] < 0x90) || (a == 0xf4 && s[1] > 0x8f))
        return 0;
    return 4;
}

void text_clean(char *dst, size_t size, const char *src)
{
    const uint8_t *s = (const uint8_t *)(src ? src : "");
    size_t n = 0;

    if (size == 0)
        return;
    while (*s) {
        size_t len = char_len(s);
        if (n + (len ? len : 1) >= size)
            break;
        if (len)
            memcpy(dst + n, s, len);
        else
            dst[n] = '?';
        n += len ? len : 1;
        s += len ? len : 1;
    }
    dst[n] = '\0';
}
