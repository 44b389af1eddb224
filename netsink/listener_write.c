// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "graph/clock.h"
#include "netsink/listener_priv.h"

static void *const crlf = "\r\n"; /* for iovecs, which are read only */

/* What is being put together. */
struct batch {
    struct scratch *s;
    uint32_t n_frames, n_iov;
    uint32_t bytes; /* the rest's too */
};

static void add_iov(struct batch *b, const void *data, size_t len)
{
    if (len > 0)
        b->s->iov[b->n_iov++] =
            (struct iovec){.iov_base = (void *)data, .iov_len = len};
}

/* Those of the buffers' bytes that are not among the first *skip. */
static void add_after(struct batch *b, const void *data, size_t len,
                      uint32_t *skip)
{
    size_t n = *skip < len ? *skip : len;

    add_iov(b, (const uint8_t *)data + n, len - n);
    *skip -= (uint32_t)n;
}

static void add_rest(struct batch *b, const struct rest *r)
{
    uint32_t skip = r->done;

    add_after(b, r->pre, r->pre_len, &skip);
    add_after(b, r->body, r->body_len, &skip);
    add_after(b, crlf, r->tail_len, &skip);
    b->bytes += r->pre_len + r->body_len + r->tail_len - r->done;
}

/* The line that a chunk of n bytes begins with. Every page has one: printf()
   would be a tenth of what a write costs beside the kernel. */
static uint32_t put_size(char *text, uint32_t n)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t len = 1;

    while (len < 8 && n >> (4 * len))
        len++;
    for (uint32_t i = 0; i < len; i++)
        text[i] = digits[n >> (4 * (len - 1 - i)) & 15];
    memcpy(text + len, crlf, FRAME_TAIL);
    return len + FRAME_TAIL;
}

/* HTTP/1.1: each piece is a chunk, RFC 9112 7.1. */
static void measure(struct frame *f, const struct listener *l)
{
    char *pre = f->text + FRAME_TAIL;

    f->pre_len = 0;
    f->len = f->piece.head_len + f->piece.body_len;
    if (l->chunked) {
        memcpy(f->text, crlf, FRAME_TAIL);
        f->pre_len = put_size(pre, f->len);
        f->len += f->pre_len + FRAME_TAIL;
    }
    memcpy(pre + f->pre_len, f->piece.head, f->piece.head_len);
    f->pre_len += f->piece.head_len;
}

/* All but a chunk's tail, which the next one, or who sends them, puts there. */
static void add_frame(struct batch *b, const struct listener *l)
{
    struct frame *f = &b->s->frames[b->n_frames++];
    const uint32_t tail = l->chunked && b->n_frames > 1 ? FRAME_TAIL : 0;

    add_iov(b, f->text + FRAME_TAIL - tail, tail + f->pre_len);
    add_iov(b, f->piece.body, f->piece.body_len);
    b->bytes += f->len;
}

static void take_back(struct listener *l, const struct scratch *s,
                      const struct frame *f, bool turned)
{
    stream_undo(&l->stream, &f->before, turned ? s->turns : NULL);
}

/* Pieces as long as they fit; says in w why there are no more. After one that
   turned the stream there are none, so that all can be taken back. */
static int gather(struct listener *l, struct batch *b, uint32_t room,
                  uint64_t limit, struct written *w)
{
    bool turned = false;

    while (b->n_frames < LISTENER_PIECES && !turned) {
        struct frame *f = &b->s->frames[b->n_frames];
        int got = stream_try(&l->stream, limit, &b->s->views, &f->piece,
                             &f->before, b->s->turns);
        turned = f->before.turned;
        w->empty = got == 0;
        w->gone = got == -ENOENT;
        if (w->empty || w->gone)
            return 0;
        if (got < 0)
            return got;
        measure(f, l);
        if (b->bytes + f->len > room) {
            piece_fini(&f->piece);
            take_back(l, b->s, f, turned);
            w->full = true;
            return 0;
        }
        add_frame(b, l);
    }
    return 0;
}

/* Keeps what is left of a piece of which done bytes went out. */
static int keep(struct listener *l, struct frame *f, uint32_t done)
{
    struct rest *r = malloc(sizeof(*r) + f->pre_len);

    if (!r)
        return -ENOMEM;
    *r = (struct rest){
        .done = done,
        .pre_len = f->pre_len,
        .body_len = f->piece.body_len,
        .tail_len = l->chunked ? FRAME_TAIL : 0,
        .slab = f->piece.slab,
        .body = f->piece.body,
    };
    memcpy(r->pre, f->text + FRAME_TAIL, f->pre_len);
    if (!f->piece.own)
        slab_ref(f->piece.slab);
    f->piece.slab = NULL;
    l->rest = r;
    return 0;
}

/* The socket took n bytes. What it took none of goes back into the stream. */
static int settle(struct listener *l, struct batch *b, uint32_t n)
{
    int err = 0;
    uint32_t i = 0, left = listener_rest(l);

    if (l->rest && n < left) {
        l->rest->done += n;
        n = 0;
    } else if (l->rest) {
        n -= left;
        slab_unref(l->rest->slab);
        free(l->rest);
        l->rest = NULL;
    }
    for (; i < b->n_frames && n >= b->s->frames[i].len; i++)
        n -= b->s->frames[i].len;
    if (i < b->n_frames && n > 0) {
        err = keep(l, &b->s->frames[i], n);
        i++;
    }
    if (i < b->n_frames)
        take_back(l, b->s, &b->s->frames[i],
                  b->s->frames[b->n_frames - 1].before.turned);
    for (i = 0; i < b->n_frames; i++)
        piece_fini(&b->s->frames[i].piece);
    return err;
}

/* Bytes taken, 0 when there is no room, or -errno: there is no peer. */
static int put_out(int fd, struct batch *b)
{
    const struct msghdr m = {.msg_iov = b->s->iov, .msg_iovlen = b->n_iov};
    ssize_t n;

    if (b->n_iov == 0)
        return 0;
    do
        n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return (int)n;
    /* Memory of the kernel's own comes back. */
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ||
        errno == ENOMEM)
        return 0;
    return -errno;
}

int listener_finish(struct listener *l)
{
    static const char last[] = "0\r\n\r\n"; /* RFC 9112 7.1 */
    const struct rest *r = l->rest;
    const struct {
        const void *data;
        size_t len;
    } parts[] = {
        {r ? r->pre : NULL, r ? r->pre_len : 0},
        {r ? r->body : NULL, r ? r->body_len : 0},
        {crlf, r ? r->tail_len : 0},
        {last, l->chunked ? sizeof(last) - 1 : 0},
    };
    size_t skip = r ? r->done : 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t done = skip < parts[i].len ? skip : parts[i].len;
        size_t len = parts[i].len - done;
        skip -= done;
        if (len == 0)
            continue;
        ssize_t n = send(l->fd, (const char *)parts[i].data + done, len,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return errno == EINTR ? -EAGAIN : -errno;
        if ((size_t)n < len)
            return -EAGAIN;
    }
    return 0;
}

int listener_write(struct listener *l, struct scratch *s, uint32_t room,
                   uint64_t limit, struct written *w)
{
    struct batch b = {.s = s};
    int err = 0;

    *w = (struct written){0};
    if (listener_rest(l) > room) {
        w->full = true;
        return 0;
    }
    if (l->rest)
        add_rest(&b, l->rest);
    err = gather(l, &b, room, limit, w);
    if (l->chunked && b.n_frames > 0)
        add_iov(&b, crlf, FRAME_TAIL);
    w->at = clock_now();
    int n = err ? err : put_out(l->fd, &b);
    w->bytes = n > 0 ? (uint32_t)n : 0;
    if (w->bytes < b.bytes) {
        w->full = true;
        w->empty = w->gone = false;
    }
    l->sent += w->bytes;
    err = settle(l, &b, w->bytes);
    return n < 0 ? n : err;
}
