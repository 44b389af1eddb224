// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/url.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "graph/cli.h"

static int wrong(const char **why, const char *what)
{
    *why = what;
    return -EINVAL;
}

int url_parse(struct url *u, const char *text, int minor, const char **why)
{
    static const char scheme[] = "http://";
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM},
                    *found = NULL;
    char where[CLI_ADDR_TEXT_MAX], port[8];
    struct cli_addr a;

    if (strncmp(text, scheme, sizeof(scheme) - 1) != 0)
        return wrong(why, "no http://");
    const char *host = text + sizeof(scheme) - 1;
    size_t len = strcspn(host, "/");
    if (len >= sizeof(where))
        return wrong(why, "too long an address");
    snprintf(where, sizeof(where), "%.*s", (int)len, host);
    if (cli_parse_addr(where, &a, why) < 0)
        return -EINVAL;
    snprintf(port, sizeof(port), "%u", (unsigned)a.port);
    if (getaddrinfo(a.host, port, &hints, &found) != 0)
        return wrong(why, "not a numeric address");
    memcpy(&u->addr, found->ai_addr, found->ai_addrlen);
    u->addr_len = found->ai_addrlen;
    freeaddrinfo(found);
    int n = snprintf(u->request, sizeof(u->request),
                     "GET %s HTTP/1.%d\r\nHost: %s\r\nUser-Agent: "
                     "longwave-load\r\nAccept: audio/ogg\r\n\r\n",
                     host[len] ? host + len : "/", minor, where);
    return n < URL_REQUEST_MAX ? 0 : wrong(why, "too long");
}
