// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define RANDOM_BYTES 16

int token_make(char out[TOKEN_MAX + 1])
{
    uint8_t random[RANDOM_BYTES];

    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return -EIO;
    for (int i = 0; i < RANDOM_BYTES; i++)
        sprintf(out + 2 * i, "%02x", random[i]);
    return 0;
}

bool token_ok(const char *text)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
                            "yz0123456789-._~+/=");

    return !text[n] && n >= TOKEN_MIN && n <= TOKEN_MAX;
}

int token_read(const char *path, char out[TOKEN_MAX + 1])
{
    char text[TOKEN_MAX + 3]; /* one too many, to tell, and a CR LF */
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    int err = n < 0 ? -errno : 0;
    close(fd);
    if (err)
        return err;
    text[n] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (!token_ok(text))
        return -EINVAL;
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

bool token_same(const char *a, const char *b)
{
    const size_t na = strlen(a), nb = strlen(b);
    volatile size_t differ = na ^ nb;

    /* As many steps as the first one is long, whatever the second one is. */
    for (size_t i = 0; i < na; i++)
        differ |= (size_t)((unsigned char)a[i] ^
                           (unsigned char)(nb > 0 ? b[i % nb] : 0));
    return differ == 0;
}
