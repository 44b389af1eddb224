// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/stream.h"

#include <errno.h>
#include <string.h>

#include "netsink/mp4.h"
#include "netsink/ogg.h"
#include "netsink/timeline.h"
#include "netsink/wav.h"

#define PAGE_MAX 25 /* packets */

_Static_assert(OGG_START_MAX + OGG_HEAD_MAX <= PIECE_HEAD_MAX, "Ogg");
_Static_assert(MP4_INIT_SIZE + MP4_FRAGMENT_HEAD(PAGE_MAX) <= PIECE_HEAD_MAX,
               "MP4");
_Static_assert(PAGE_MAX <= OGG_PACKETS_MAX, "Ogg");
_Static_assert(RUNG_KEY % SLAB_PACKETS == 0, "a page ends at a key packet");

#define OGG_PAGE_HEAD 27 /* bytes before the lacing values */
#define OGG_STARTS    2  /* pages of headers */
#define PACKETS_PER_S (TIMELINE_RATE / TIMELINE_PACKET)

static bool fits(const struct stream_opts *o, uint32_t rung)
{
    if (rung >= o->mount->n_rungs)
        return false;
    const struct rung_spec *spec = &o->mount->rungs[rung].spec;
    if (o->kind == STREAM_WAV)
        return spec->codec == RUNG_WAV && wav_frame_size(&spec->wav) > 0;
    return spec->codec == RUNG_OPUS;
}

static const struct wav_spec *wav_of(const struct stream *s)
{
    return &s->o.mount->rungs[s->o.rung].spec.wav;
}

/* What comes before the first packet; size is enough for all of them. */
static int put_start(const struct stream *s, uint8_t *buf, size_t size)
{
    const uint32_t n_channels = s->o.mount->n_channels;

    switch (s->o.kind) {
    case STREAM_OGG:
        return ogg_start(buf, size, s->o.serial, n_channels, STREAM_PRE_SKIP);
    case STREAM_MP4:
        return mp4_init_segment(buf, size, n_channels, STREAM_PRE_SKIP);
    case STREAM_WAV:
        break;
    }
    int len = wav_head(wav_of(s), buf, size);
    return len > 0 && s->o.offset >= (uint64_t)len ? 0 : len;
}

/* How long that is, for the first piece. */
static int start_len(const struct stream *s)
{
    uint8_t buf[PIECE_HEAD_MAX];

    return put_start(s, buf, sizeof(buf));
}

static struct stream_turn cursor(const struct stream *s)
{
    return (struct stream_turn){
        .offset = s->offset - s->cut,
        .seq = s->seq,
        .packets = s->packets,
        .pages = s->pages,
        .rung = (uint16_t)s->rung,
    };
}

/* A WAV's frames lie where they lay in the one that was lost. */
static void align(struct stream *s)
{
    uint8_t head[WAV_HEAD_MAX];
    const uint64_t len = (uint64_t)wav_head(wav_of(s), head, sizeof(head));

    if (s->o.offset < len)
        s->cut = (uint32_t)s->o.offset;
    else
        s->cut = (uint32_t)((s->o.offset - len) % wav_frame_size(wav_of(s)));
}

int stream_init(struct stream *s, const struct stream_opts *o)
{
    if (!fits(o, o->rung) || o->page == 0 || o->page > PAGE_MAX ||
        SLAB_PACKETS % o->page != 0)
        return -EINVAL;
    memset(s, 0, sizeof(*s));
    s->o = *o;
    s->seq = o->seq;
    s->offset = s->oldest = o->offset;
    s->pages = o->kind == STREAM_OGG ? OGG_STARTS : 0;
    s->rung = s->want = o->rung;
    if (o->kind == STREAM_WAV)
        align(s);
    s->turns[0] = s->end = cursor(s);
    s->n_turns = 1;
    return 0;
}

/* The cursor leaves the row here, and what was made beyond is no more. */
static void turn(struct stream *s)
{
    const struct stream_turn at = cursor(s);

    s->n_turns = s->row + 1;
    if (s->turns[s->row].offset != at.offset)
        s->n_turns++;
    if (s->n_turns > STREAM_TURNS) {
        memmove(s->turns, s->turns + 1, sizeof(s->turns) - sizeof(*s->turns));
        s->n_turns--;
        s->oldest = s->turns[0].offset;
    }
    s->row = s->n_turns - 1;
    s->turns[s->row] = s->end = at;
}

static bool made_before(const struct stream *s)
{
    return s->offset - s->cut < s->end.offset;
}

/* The slab's packets are not of those that the row is made of. */
static bool begun_again(const struct stream *s, const struct slab *slab)
{
    const struct stream_turn *t = &s->turns[s->row];
    const bool none_yet = s->packets == t->packets && !made_before(s);

    return !none_yet && slab->generation != t->generation;
}

/* The number that the page with packet seq goes up to. */
static uint64_t page_end(const struct stream *s, uint64_t seq)
{
    return seq - seq % s->o.page + s->o.page;
}

/* The same of the cursor's, which a turn ahead may cut short. */
static uint64_t cursor_page_end(const struct stream *s)
{
    const uint64_t end = page_end(s, s->seq);

    if (s->row + 1 < s->n_turns) {
        uint64_t left = s->turns[s->row + 1].packets - s->packets;
        if (left < end - s->seq)
            return s->seq + left;
    }
    return end;
}

static struct slab *slab_at(const struct stream *s, uint32_t rung, uint64_t seq,
                            uint64_t *end)
{
    return hub_slab(s->o.mount->rungs[rung].hub, seq, end);
}

/* The rung of the next page: the wanted one, where it may begin and is there. A
   listener who has a part of the page gets the rest of it first. */
static uint32_t next_rung(const struct stream *s)
{
    uint64_t end;

    if (s->want == s->rung || s->seq % RUNG_KEY != 0 || s->cut > 0)
        return s->rung;
    struct slab *there = slab_at(s, s->want, s->seq, &end);
    slab_unref(there);
    return there ? s->want : s->rung;
}

/* What comes before packets [from, to) of the slab, their index. */
static int put_page(const struct stream *s, uint8_t *buf, size_t size,
                    const struct slab *slab, uint32_t from, uint32_t to)
{
    const uint32_t n = to - from;

    if (s->o.kind == STREAM_OGG) {
        const struct ogg_stamp stamp = {
            .serial = s->o.serial,
            .number = s->pages,
            .granule =
                s->o.granule + (int64_t)(s->packets + n) * TIMELINE_PACKET,
        };
        return ogg_page(buf, size, &stamp, slab, from, to);
    }
    if (s->o.kind == STREAM_MP4) {
        struct iovec packets[PAGE_MAX];
        uint32_t body;

        for (uint32_t i = 0; i < n; i++)
            packets[i] = (struct iovec){
                .iov_len = slab->offset[from + i + 1] - slab->offset[from + i],
            };
        return mp4_fragment(buf, size, slab->seq + from, packets, n, &body);
    }
    return 0;
}

/* The whole piece of packets [from, to) of p->slab. */
static int put_piece(const struct stream *s, struct piece *p, uint32_t from,
                     uint32_t to)
{
    int start = 0, head;

    if (s->packets == 0)
        start = put_start(s, p->head, sizeof(p->head));
    if (start < 0)
        return start;
    head = put_page(s, p->head + start, sizeof(p->head) - (size_t)start,
                    p->slab, from, to);
    if (head < 0)
        return head;
    p->head_len = (uint32_t)(start + head);
    p->body_len = p->slab->offset[to] - p->slab->offset[from];
    p->body = p->slab->data + p->slab->offset[from];
    p->n_packets = to - from;
    return 0;
}

/* Leaves out what the listener has of it, which is less than all. */
static void cut_piece(struct piece *p, uint32_t cut)
{
    const uint32_t head = cut < p->head_len ? cut : p->head_len;

    p->head_len -= head;
    memmove(p->head, p->head + head, p->head_len);
    p->body += cut - head;
    p->body_len -= cut - head;
    p->n_packets = 0;
}

/* Past a piece of n packets, of which len bytes were left to send. */
static void advance(struct stream *s, uint32_t n, uint32_t len)
{
    s->pages++;
    s->packets += n;
    s->seq += n;
    s->offset += len;
    s->cut = 0;
    if (s->offset > s->end.offset)
        s->end = cursor(s);
}

/* Packets of the next page, or 0: it has to wait. there: how far there are
   packets. */
static uint32_t next_packets(const struct stream *s, bool change,
                             uint64_t there, bool now)
{
    const uint64_t end = change ? page_end(s, s->seq) : cursor_page_end(s);

    if (end <= there)
        return (uint32_t)(end - s->seq);
    if (!now || (!change && made_before(s)))
        return 0;
    return (uint32_t)(there - s->seq);
}

static void mark(const struct stream *s, struct stream_mark *m)
{
    *m = (struct stream_mark){
        .seq = s->seq,
        .offset = s->offset,
        .packets = s->packets,
        .oldest = s->oldest,
        .pages = s->pages,
        .rung = s->rung,
        .want = s->want,
        .n_turns = s->n_turns,
        .row = s->row,
        .cut = s->cut,
        .firm = s->firm,
        .end = s->end,
        .turn = s->turns[s->row],
    };
}

/* What stream_try() is given; all NULL for stream_next(). */
struct
try {
    struct hub_views *views;
    struct stream_mark *m;
    struct stream_turn *turns;
};

/* Before a piece changes them. */
static void save_turns(const struct stream *s, const struct try *to)
{
    if (!to->m || to->m->turned)
        return;
    memcpy(to->turns, s->turns, sizeof(s->turns));
    to->m->turned = true;
}

static void take_slab(const struct stream *s, uint32_t rung,
                      struct hub_views *views, struct piece *p, uint64_t *there)
{
    struct hub *h = s->o.mount->rungs[rung].hub;

    if (views) {
        p->slab = hub_view(views, h, s->seq, there, &p->own);
    } else {
        p->slab = hub_slab(h, s->seq, there);
        p->own = true;
    }
}

/* Takes the turn that is ahead since the cursor went back, where it is due. */
static void turn_again(struct stream *s, const struct try *to)
{
    const struct stream_turn *t = &s->turns[s->row + 1];

    if (s->row + 1 == s->n_turns || s->offset != t->offset)
        return;
    s->seq = t->seq;
    if (s->firm && s->want == s->rung && t->rung != s->rung) {
        save_turns(s, to);
        turn(s);
        return;
    }
    s->row++;
    s->want = s->firm ? s->want : t->rung;
    s->rung = t->rung;
}

static int next_piece(struct stream *s, uint64_t limit, bool now,
                      struct piece *p, const struct try *to)
{
    uint64_t there;
    uint32_t n = 0;
    int err = 0;

    p->slab = NULL;
    p->head_len = p->body_len = p->n_packets = 0;
    if (s->seq >= limit)
        return 0;
    const uint32_t rung = next_rung(s);
    take_slab(s, rung, to->views, p, &there);
    if (!p->slab)
        return s->seq < there ? -ENOENT : 0;
    const uint32_t from = (uint32_t)(s->seq - p->slab->seq);
    const bool change = rung != s->rung || begun_again(s, p->slab);
    if (change && s->cut > 0)
        err = -ENOENT; /* the rest of the piece is gone */
    else
        n = next_packets(s, change, there < limit ? there : limit, now);
    if (n > 0)
        err = put_piece(s, p, from, from + n);
    if (n == 0 || err) {
        piece_fini(p);
        return err;
    }
    s->rung = rung;
    if (change) {
        save_turns(s, to);
        turn(s);
    }
    s->turns[s->row].generation = p->slab->generation;
    if (s->cut > 0)
        cut_piece(p, s->cut);
    const bool again = made_before(s);
    advance(s, n, p->head_len + p->body_len);
    if (again) {
        turn_again(s, to);
    } else if (s->seq % s->o.page != 0) {
        save_turns(s, to);
        turn(s);
    }
    return 1;
}

int stream_next(struct stream *s, uint64_t limit, bool now, struct piece *p)
{
    return next_piece(s, limit, now, p, &(struct try){NULL});
}

int stream_try(struct stream *s, uint64_t limit, struct hub_views *views,
               struct piece *p, struct stream_mark *m,
               struct stream_turn turns[STREAM_TURNS])
{
    mark(s, m);
    return next_piece(s, limit, false, p, &(struct try){views, m, turns});
}

void stream_undo(struct stream *s, const struct stream_mark *m,
                 const struct stream_turn *turns)
{
    if (turns)
        memcpy(s->turns, turns, sizeof(s->turns));
    s->seq = m->seq;
    s->offset = m->offset;
    s->packets = m->packets;
    s->oldest = m->oldest;
    s->pages = m->pages;
    s->rung = m->rung;
    s->want = m->want;
    s->n_turns = m->n_turns;
    s->row = m->row;
    s->cut = m->cut;
    s->firm = m->firm;
    s->end = m->end;
    s->turns[s->row] = m->turn;
}

void piece_fini(struct piece *p)
{
    if (p->own)
        slab_unref(p->slab);
    p->slab = NULL;
    p->head_len = p->body_len = p->n_packets = 0;
}

int stream_switch(struct stream *s, uint32_t rung)
{
    if (!fits(&s->o, rung) || (s->o.kind == STREAM_WAV && rung != s->o.rung))
        return -EINVAL;
    s->want = rung;
    s->firm = true;
    return 0;
}

/* Gives up a piece of which the listener has a part. Its start it keeps, and a
   WAV goes on within a frame. Where the piece began could not be found again.
 */
static void give_up(struct stream *s)
{
    const uint32_t start = s->packets == 0 ? (uint32_t)start_len(s) : 0;

    if (s->cut > start && s->o.kind == STREAM_WAV)
        s->cut = start + (s->cut - start) % wav_frame_size(wav_of(s));
    else if (s->cut > start)
        s->cut = start;
    s->oldest = s->offset;
    s->turns[0] = cursor(s);
    s->row = 0;
}

int stream_skip(struct stream *s, uint64_t seq)
{
    if (seq < s->seq)
        return -EINVAL;
    if (seq == s->seq)
        return 0;
    s->seq = seq;
    /* Of a change of rung nothing was made: it waits for a key packet again. */
    if (s->row > 0 && s->turns[s->row].offset == s->offset - s->cut)
        s->rung = s->turns[s->row - 1].rung;
    if (s->cut > 0)
        give_up(s);
    turn(s);
    return 0;
}

/* Bytes of the page or fragment of packets [from, to) in the row that began at
   t, which are of one slab, or -ENOENT. */
static int page_len(const struct stream *s, const struct stream_turn *t,
                    uint64_t from, uint64_t to)
{
    const uint32_t n = (uint32_t)(to - from);
    uint64_t end;
    int len = -ENOENT;
    struct slab *slab = slab_at(s, t->rung, from, &end);

    if (slab && to <= end && slab->generation == t->generation) {
        const uint32_t *at = &slab->offset[from - slab->seq];
        len = (int)(at[n] - at[0]);
        if (s->o.kind == STREAM_MP4)
            len += (int)MP4_FRAGMENT_HEAD(n);
        if (s->o.kind == STREAM_OGG)
            len += OGG_PAGE_HEAD;
        for (uint32_t i = 0; s->o.kind == STREAM_OGG && i < n; i++)
            len += (int)((at[i + 1] - at[i]) / 255 + 1);
    }
    slab_unref(slab);
    return len;
}

/* From *at, which is within the row that began at t or where it ended, to the
   beginning of the piece with byte offset in it. */
static int walk_back(const struct stream *s, const struct stream_turn *t,
                     uint64_t offset, struct stream_turn *at)
{
    while (at->offset > offset) {
        if (at->seq <= t->seq)
            return -ENOENT; /* the hub's packets are not those of then */
        uint64_t from = page_end(s, at->seq - 1) - s->o.page;
        from = from < t->seq ? t->seq : from;
        int len = page_len(s, t, from, at->seq);
        if (len < 0)
            return len;
        at->packets -= at->seq - from;
        at->pages--;
        at->seq = from;
        at->offset -= (uint32_t)len;
        if (at->packets == 0)
            at->offset -= (uint32_t)start_len(s);
    }
    return 0;
}

int stream_seek(struct stream *s, uint64_t offset)
{
    uint32_t row = s->n_turns - 1;

    /* Where the listener has a part of a piece, is its rest still there? */
    if (offset == s->offset && (s->cut == 0 || !made_before(s))) {
        s->want = s->rung;
        s->firm = false;
        return 0;
    }
    if (offset < s->oldest)
        return -ENOENT;
    if (offset > s->end.offset)
        return -ERANGE;
    while (row > 0 && s->turns[row].offset > offset)
        row--;
    const struct stream_turn *t = &s->turns[row];
    struct stream_turn at = row + 1 < s->n_turns ? t[1] : s->end;
    at.seq = t->seq + (at.packets - t->packets);
    int err = walk_back(s, t, offset, &at);
    if (err)
        return err;
    s->row = row;
    s->seq = at.seq;
    s->packets = at.packets;
    s->pages = at.pages;
    s->offset = offset;
    s->cut = (uint32_t)(offset - at.offset);
    s->rung = s->want = t->rung;
    s->firm = false;
    return 0;
}

double stream_bytes_per_s(const struct stream *s)
{
    const double pages = 1.0 * PACKETS_PER_S / s->o.page; /* a second */
    double bytes = rung_bytes_per_s(&s->o.mount->rungs[s->rung].spec);

    switch (s->o.kind) {
    case STREAM_OGG:
        return bytes + pages * OGG_PAGE_HEAD + PACKETS_PER_S + bytes / 255;
    case STREAM_MP4:
        return bytes + pages * (double)MP4_FRAGMENT_HEAD(s->o.page);
    case STREAM_WAV:
        break;
    }
    return bytes;
}
