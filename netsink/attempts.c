// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/attempts.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <string.h>

#include "graph/clock.h"

#define V6_NETWORK 8 /* bytes */

static void read_address(const char *text, uint8_t address[16])
{
    struct in6_addr v6;

    memset(address, 0, 16);
    if (inet_pton(AF_INET6, text, &v6) != 1)
        inet_pton(AF_INET, text, address);
    else if (IN6_IS_ADDR_V4MAPPED(&v6))
        memcpy(address, v6.s6_addr + 12, 4);
    else
        memcpy(address, v6.s6_addr, V6_NETWORK);
}

static const struct attempt *find(const struct attempts *a,
                                  const uint8_t address[16])
{
    for (int i = 0; i < ATTEMPTS_PLACES; i++) {
        if (a->all[i].at != 0 && memcmp(a->all[i].address, address, 16) == 0)
            return &a->all[i];
    }
    return NULL;
}

static double left(const struct attempt *at, int64_t now)
{
    return fmin(ATTEMPTS_BURST, at->left + (double)(now - at->at) / NS_PER_S);
}

bool attempts_allowed(const struct attempts *a, const char *address,
                      int64_t now)
{
    uint8_t who[16];

    read_address(address, who);
    const struct attempt *at = find(a, who);
    return !at || left(at, now) >= 1;
}

/* Its place, or that of who erred longest ago. */
static struct attempt *place(struct attempts *a, const uint8_t address[16])
{
    struct attempt *oldest = &a->all[0];

    for (int i = 0; i < ATTEMPTS_PLACES; i++) {
        struct attempt *at = &a->all[i];
        if (at->at != 0 && memcmp(at->address, address, 16) == 0)
            return at;
        if (at->at < oldest->at)
            oldest = at;
    }
    memcpy(oldest->address, address, 16);
    oldest->at = 0;
    return oldest;
}

uint64_t attempts_wrong(struct attempts *a, const char *address, int64_t now)
{
    uint8_t who[16];
    uint64_t n;

    read_address(address, who);
    struct attempt *at = place(a, who);
    at->left = (at->at == 0 ? ATTEMPTS_BURST : left(at, now)) - 1;
    at->at = now;
    a->wrong++;
    n = ++a->untold;
    if (a->told_at != 0 && now - a->told_at < ATTEMPTS_TELL_S * NS_PER_S)
        return 0;
    a->told_at = now;
    a->untold = 0;
    return n;
}
