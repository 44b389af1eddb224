// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One listener's stream: which bytes come next, of which packets they are made,
 * and which came before. A container (Ogg, fragmented MP4, WAV) around the
 * packets of one rung at a time; it may go over to another one at a key packet,
 * and jump forward. Its bytes are a function of what is kept here (some 700
 * bytes) and of the hubs, so that any byte of the last minute can be made
 * again: a listener who lost the connection goes on at the byte where it was.
 *
 * A page (or fragment) ends where the number of its last packet says: at
 * multiples of the packets in a page. Wherever else one ends, or something
 * other than the next packet of the same rung follows, is a turn, and kept: at
 * a change of the rung or of its hub's generation, at a jump, and at a page cut
 * short. So pages are found again from what lies behind them, and made again to
 * the byte.
 *
 * A value, copied freely; borrows the mount. One thread at a time. No sockets,
 * no clock; allocates nothing.
 */
#ifndef NETSINK_STREAM_H
#define NETSINK_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/hub.h"
#include "netsink/mount.h"

enum stream_kind { STREAM_OGG, STREAM_MP4, STREAM_WAV };

#define STREAM_PRE_SKIP 3840 /* samples: a decoder has settled after 80 ms */
#define STREAM_TURNS    16

/* Bytes before a piece's packets, at most: all headers and a page's. */
#define PIECE_HEAD_MAX 1024

struct stream_opts {
    enum stream_kind kind;
    const struct mount *mount; /* borrowed */
    uint32_t rung;             /* its number in the mount */
    uint64_t seq;              /* the first packet */
    uint32_t page; /* packets in a page or fragment: 1, 5, 10 or 25; those at a
                      seam or at the begin may have fewer */
    uint32_t serial; /* Ogg */
    int64_t granule; /* Ogg: 48 kHz samples before the first packet; 0 but for
                        a stream that is the continuation of a lost one */
    uint64_t offset; /* of its first byte, in the listener's count; 0 but for
                        the same. A WAV that goes on has no head again, and goes
                        on within a frame where the lost one was */
};

/* Where the stream left the row: everything from byte offset on belongs to what
   follows, up to the next turn. */
struct stream_turn {
    uint64_t offset;  /* bytes */
    uint64_t seq;     /* the packet it goes on with */
    uint64_t packets; /* in the stream before it */
    uint32_t pages;   /* before it, headers too */
    uint16_t rung;
    uint16_t generation; /* of the packets after it, once there was one */
};

struct stream {
    struct stream_opts o; /* [init] */

    /* The cursor: what comes next. */
    uint64_t seq;     /* packet */
    uint64_t offset;  /* byte, of the listener's count */
    uint64_t packets; /* in the stream so far */
    uint32_t pages;   /* so far, or fragments; Ogg's headers, which come with
                         the first one, count as two from the begin on */
    uint32_t rung;
    uint32_t want; /* the rung to go over to at the next key packet, */
    bool firm;     /* and to stay on, whatever turns are ahead */
    uint32_t cut;  /* bytes of the next piece that the listener has: it begins
                      so many before offset */

    uint32_t n_turns;
    uint32_t row;
    struct stream_turn end; /* of what was made; end.offset: bytes */
    uint64_t oldest;        /* byte that may be gone back to */

    /* The latest of them, oldest first; turns[0] is where it began, until there
       were more of them. Those behind turns[row] are ahead of a cursor that
       went back, and will be taken again. */
    struct stream_turn turns[STREAM_TURNS];
};

/* What it takes to undo a piece, much less than a copy of the stream. */
struct stream_mark {
    uint64_t seq, offset, packets, oldest;
    uint32_t pages, rung, want, n_turns, row, cut;
    bool firm;
    bool turned;                  /* the piece changed the stream's turns */
    struct stream_turn end, turn; /* turn: turns[row] */
};

/* Bytes to send: first the head, then the packets' bytes in the slab. */
struct piece {
    uint32_t head_len, body_len; /* bytes; not both 0 */
    uint32_t n_packets;          /* it ends so many (0: a part of a piece made
                                    before, see cut) */
    bool own;                    /* the reference is its own, not the views' */
    struct slab *slab;           /* or NULL */
    const uint8_t *body;         /* in the slab */
    uint8_t head[PIECE_HEAD_MAX];
};

/* Errors: -EINVAL (no such rung, of a codec that the container can't hold, or a
   wrong number of packets in a page). */
int stream_init(struct stream *s, const struct stream_opts *o);

/*
 * The next piece, of packets below limit, and moves on. A page is as long as
 * asked for in the options, unless it is the first one after a turn, or is cut
 * short by limit or by what is encoded (then it waits for more, unless `now`
 * says to take what there is; that is a turn, of which few are kept: for the
 * begin and the end of a burst, not for every page. What is made again is not
 * cut short otherwise than it was). Returns 1, 0 (nothing below limit, or not
 * encoded yet), or -ENOENT: the packets are gone from the hub, and
 * stream_skip() is due.
 */
int stream_next(struct stream *s, uint64_t limit, bool now, struct piece *p);

/*
 * As stream_next() with `now` false, of a piece that can be undone: m marks
 * where the stream was before it, and where the piece changes the stream's
 * turns (m->turned), they are saved in turns first. Its slab may be the views'.
 */
int stream_try(struct stream *s, uint64_t limit, struct hub_views *views,
               struct piece *p, struct stream_mark *m,
               struct stream_turn turns[STREAM_TURNS]);

/*
 * Back to before the piece of that mark, when nothing but stream_try() was
 * called since. Of the pieces undone at most the last one may have turned the
 * stream, and turns is what was saved then, or NULL.
 */
void stream_undo(struct stream *s, const struct stream_mark *m,
                 const struct stream_turn *turns);

/* Lets go of the slab, if it is its own. Accepts a piece that is all zero. */
void piece_fini(struct piece *p);

/* From the next key packet on that rung has, packets come from it, also where
   others were made before; the latest wish counts. WAV knows no other rung than
   its first. Errors: -EINVAL. */
int stream_switch(struct stream *s, uint32_t rung);

/*
 * Goes on with packet seq, which lies ahead (or is the next one: nothing
 * happens). Ogg's granule positions and WAV leave no hole: players play on;
 * MP4's times tell the truth. A piece of which the listener has a part is given
 * up, and there is no way back to what lies before then. Errors: -EINVAL.
 */
int stream_skip(struct stream *s, uint64_t seq);

/*
 * Goes to byte offset, which was made before: the same bytes follow, up to the
 * last one that was made, changes of rung and jumps included, unless
 * stream_switch() or stream_skip() is called, or a rung is begun again
 * meanwhile: then its new packets follow, from the next page on. Of a wish for
 * another rung nothing is left. Errors: -ENOENT (longer ago than the hubs or
 * the turns reach, or of packets that were encoded anew since), -ERANGE (not
 * made yet): nothing happened.
 */
int stream_seek(struct stream *s, uint64_t offset);

/* Bytes per second of audio at the present rung, roughly. */
double stream_bytes_per_s(const struct stream *s);

#endif
