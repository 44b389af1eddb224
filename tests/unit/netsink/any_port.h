// SPDX-License-Identifier: GPL-3.0-or-later
/* A server of a test's own on some free port of the loopback. */
#ifndef TESTS_NETSINK_ANY_PORT_H
#define TESTS_NETSINK_ANY_PORT_H

#include <event2/http.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "tests/unit/test.h"

static inline uint16_t any_port(struct evhttp *http)
{
    struct sockaddr_in a;
    socklen_t len = sizeof(a);
    struct evhttp_bound_socket *s =
        evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);

    assert_non_null(s);
    getsockname(evhttp_bound_socket_get_fd(s), (struct sockaddr *)&a, &len);
    return ntohs(a.sin_port);
}

#endif
