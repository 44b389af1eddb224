// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a stream is, from its URL. Numeric addresses only, so that nothing here
 * asks a name server. Any thread.
 */
#ifndef BENCH_LOAD_URL_H
#define BENCH_LOAD_URL_H

#include <sys/socket.h>

#define URL_REQUEST_MAX 2048

struct url {
    struct sockaddr_storage addr;
    socklen_t addr_len;
    char request[URL_REQUEST_MAX]; /* the whole of it */
};

/* http://ADDR:PORT/PATH?QUERY and the request for it, by HTTP/1.minor; *why
   says what is wrong. Errors: -EINVAL. */
int url_parse(struct url *u, const char *text, int minor, const char **why);

#endif
