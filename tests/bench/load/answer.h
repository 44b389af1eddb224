// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An HTTP answer as it arrives: the status, then the body's bytes with the
 * chunks' frames taken away (RFC 9112). For streams: a Content-Length is not
 * looked at. Keeps 40 bytes of a line and nothing of the body; no allocation.
 * One thread at a time.
 */
#ifndef BENCH_LOAD_ANSWER_H
#define BENCH_LOAD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_LINE     40    /* bytes of a line that are looked at */
#define ANSWER_HEAD_MAX 16384 /* bytes of status and headers taken */

enum answer_state {
    ANSWER_STATUS, /* in the status line: where all zero begins */
    ANSWER_HEADERS,
    ANSWER_BODY,  /* up to the connection's end */
    ANSWER_SIZE,  /* in a chunk's size line */
    ANSWER_CHUNK, /* in a chunk */
    ANSWER_CRLF,  /* after a chunk */
    ANSWER_DONE,  /* the last chunk has come */
    ANSWER_WRONG, /* not HTTP */
};

/* All zero is one that has not begun. */
struct answer {
    uint64_t left;   /* bytes of the chunk still to come */
    uint32_t head;   /* bytes of status and headers so far */
    uint16_t status; /* 0 until known */
    uint8_t state;   /* enum answer_state */
    uint8_t len;     /* bytes in line */
    bool long_line;  /* it had more */
    bool chunked;
    char line[ANSWER_LINE];
};

/*
 * Takes bytes from p, at most len of them, and returns how many. Those of the
 * body among them, if any, are then *body, *body_len: a part of p. To be called
 * again while bytes are left. In ANSWER_DONE and ANSWER_WRONG it takes all and
 * says nothing more.
 */
size_t answer_feed(struct answer *a, const uint8_t *p, size_t len,
                   const uint8_t **body, size_t *body_len);

#endif
