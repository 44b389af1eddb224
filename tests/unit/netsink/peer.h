// SPDX-License-Identifier: GPL-3.0-or-later
/* The other end of a connection to a server under test on 127.0.0.1. The
   server's loop runs on the same thread, while a peer waits. For tests. */
#ifndef TESTS_UNIT_NETSINK_PEER_H
#define TESTS_UNIT_NETSINK_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

#define PEER_PATIENCE (20 * NS_PER_S) /* then the test has failed */

static inline int peer_connect(uint16_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline void peer_say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The server's turn, for some ms. */
static inline void peer_turn(struct event_base *base)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
    clock_sleep(NS_PER_MS);
}

/* Waits for bytes: their number, 0 at the end, -errno. */
static inline ssize_t peer_hear(struct event_base *base, int fd, char *text,
                                size_t size)
{
    int64_t begun = clock_now();

    for (;;) {
        ssize_t n = recv(fd, text, size - 1, 0);
        if (n < 0 && errno != EAGAIN)
            return -errno;
        if (n >= 0) {
            text[n] = '\0';
            return n;
        }
        assert_true(clock_now() - begun < PEER_PATIENCE);
        peer_turn(base);
    }
}

/* What comes up to the end, which is 0 or -errno. */
static inline int peer_hear_all(struct event_base *base, int fd, char *text,
                                size_t size)
{
    ssize_t n;

    text[0] = '\0';
    while ((n = peer_hear(base, fd, text, size)) > 0) {
        text += n;
        size -= (size_t)n;
    }
    return (int)n;
}

#endif
