// SPDX-License-Identifier: GPL-3.0-or-later
/* A listener: one request, its head, and as much of the body as one likes, out
   of its chunks. Any thread. For tests. */
#ifndef TESTS_UNIT_NETSINK_CLIENT_H
#define TESTS_UNIT_NETSINK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_HEAD 4096 /* bytes */

struct client {
    int fd;
    char head[CLIENT_HEAD]; /* with the empty line */
    int status;             /* 0: the connection ended before there was one */
    uint8_t *body;
    size_t len, size; /* bytes there are; there is room for */
    int end;          /* 1 while it lasts, 0: in order, or -errno */

    /* Of the chunks. */
    bool chunked;
    uint64_t left; /* bytes of the chunk */
    char line[32]; /* its size, or the line end before that */
    uint32_t line_len;
};

/* Sends "METHOD TARGET HTTP/1.1" with these header lines, each ended by CR LF,
   and a Host (127.0.0.1) if there is none among them, and reads the head. Waits
   20 s at most for anything. */
void client_ask(struct client *c, uint16_t port, const char *method,
                const char *target, const char *headers);
void client_ask_10(struct client *c, uint16_t port, const char *target);

/* Sends the request as it is, and reads nothing. */
void client_send(struct client *c, uint16_t port, const char *request);

/* The same with a body. */
void client_post(struct client *c, uint16_t port, const char *target,
                 const char *headers, const char *body);

/* The same with GET. */
void client_get(struct client *c, uint16_t port, const char *target,
                const char *headers);

/* Reads until there are so many bytes of the body, or the end has come. */
void client_read(struct client *c, size_t len);

/* A header of the answer; "" if there is none. */
void client_header(const struct client *c, const char *name, char *value,
                   size_t size);

/* Sends a reset, as if the network had; or goes. What was read stays. */
void client_cut(struct client *c);

void client_free(struct client *c);

#endif
