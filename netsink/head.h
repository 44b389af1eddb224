// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The head of a stream's answer, as players need it: the first answer is 200
 * with Accept-Ranges, a later one that goes on at a byte is 206, of a length
 * that has no end in sight but is a number: ffmpeg takes none for 0, Firefox
 * drops 2^53. Pure; any thread.
 */
#ifndef NETSINK_HEAD_H
#define NETSINK_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/session.h"
#include "netsink/stream.h"

#define HEAD_MAX   2048                    /* bytes, with the end */
#define HEAD_TOTAL UINT64_C(1000000000000) /* bytes of every stream */
#define HEAD_STALE 8

struct head {
    const struct mount *mount;
    enum stream_kind kind;
    bool chunked;    /* HTTP/1.1; else the end of the connection is the end */
    bool partial;    /* 206, from offset on */
    uint64_t offset; /* bytes, below HEAD_TOTAL */
    int64_t epoch;   /* unix ms of packet 0 */
    uint64_t seq;    /* the first packet */
    bool icy;        /* with a name and, for Opus, the bitrate */
    uint32_t kbps;   /* Opus; else 0 */
    const struct session *session; /* for the cookie; NULL: none is set */
    uint64_t stale[HEAD_STALE];    /* ids whose cookies are to go */
    uint32_t n_stale;
    int64_t now; /* unix s, for Date */
};

/* Content-Type of a container. */
const char *head_type(enum stream_kind kind);

/* ".opus", ".mp4", ".wav". */
const char *head_suffix(enum stream_kind kind);

/* Always fits. */
void head_write(const struct head *h, char text[HEAD_MAX]);

#endif
