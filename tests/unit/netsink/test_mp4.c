// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/mp4.h"

#include <errno.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/ogg.h"
#include "netsink/rung.h"
#include "netsink/timeline.h"
#include "tests/unit/netsink/mp4_walk.h"
#include "tests/unit/netsink/shell.h"
#include "tests/unit/netsink/tone.h"
#include "tests/unit/test.h"

#define LATE     500000000u /* a packet 10^7 s into the timeline */
#define PACKETS  150        /* 3 s */
#define PRE_SKIP 3840

struct file {
    uint8_t *data;
    size_t len;
};

static void append(struct file *f, const void *data, size_t len)
{
    f->data = realloc(f->data, f->len + len);
    assert_non_null(f->data);
    memcpy(f->data + f->len, data, len);
    f->len += len;
}

static void nests(const uint8_t *p, size_t len)
{
    char why[64];
    const char *bad = mp4_walk(p, len, why);
    if (bad)
        fail_msg("%s", bad);
}

static struct mp4_walk_box find(const uint8_t *p, size_t len, const char *path)
{
    struct mp4_walk_box b = mp4_walk_find(p, len, path);
    if (!b.data)
        fail_msg("no %s, or more than one", path);
    return b;
}

static uint64_t field(struct mp4_walk_box b, size_t at, uint32_t n)
{
    assert_true(at + n <= b.len);
    return mp4_walk_be(b.data + at, n);
}

static void test_init_segment(void **state)
{
    (void)state;
    uint8_t p[MP4_INIT_SIZE];
    const size_t len = sizeof(p);

    memset(p, 0xee, len);
    assert_int_equal(mp4_init_segment(p, len, 2, 0x138), MP4_INIT_SIZE);
    nests(p, len);

    struct mp4_walk_box b = find(p, len, "ftyp");
    assert_int_equal(b.len % 4, 0);
    assert_memory_equal(b.data, "iso6", 4);
    assert_non_null(memmem(b.data + 8, b.len - 8, "iso6", 4));
    assert_non_null(memmem(b.data + 8, b.len - 8, "cmfc", 4));

    b = find(p, len, "moov/mvhd");
    assert_int_equal(field(b, 12, 4), 48000);
    assert_int_equal(field(b, 16, 4), 0); /* no end */
    assert_int_equal(field(b, 96, 4), 2); /* next track */
    b = find(p, len, "moov/trak/tkhd");
    assert_int_equal(field(b, 0, 4), 7);
    assert_int_equal(field(b, 12, 4), 1);
    assert_int_equal(field(b, 20, 4), 0);
    b = find(p, len, "moov/trak/mdia/mdhd");
    assert_int_equal(field(b, 12, 4), 48000);
    assert_int_equal(field(b, 16, 4), 0);
    assert_int_equal(field(b, 20, 2), 0x55c4);
    b = find(p, len, "moov/trak/mdia/hdlr");
    assert_memory_equal(b.data + 8, "soun", 4);
    assert_int_equal(b.data[b.len - 1], 0);
    b = find(p, len, "moov/trak/mdia/minf/dinf/dref/url ");
    assert_int_equal(field(b, 0, 4), 1); /* in this file */
    b = find(p, len, "moov/trak/mdia/minf/stbl/stsd");
    assert_int_equal(field(b, 4, 4), 1);
    b = find(p, len, "moov/trak/mdia/minf/stbl/stsd/Opus");
    assert_int_equal(field(b, 6, 2), 1);
    assert_int_equal(field(b, 16, 2), 2);
    assert_int_equal(field(b, 18, 2), 16);
    assert_int_equal(field(b, 24, 4), 48000u << 16);
    b = find(p, len, "moov/trak/mdia/minf/stbl/stsd/Opus/dOps");
    assert_memory_equal(b.data, "\0\x02\x01\x38\0\0\xbb\x80\0\0\0", 11);
    b = find(p, len, "moov/mvex/trex");
    assert_int_equal(field(b, 4, 4), 1);
    assert_int_equal(field(b, 8, 4), 1);
    assert_int_equal(field(b, 12, 4), 960);
    assert_int_equal(field(b, 20, 4), 0x02000000);

    static const char *const empty[] = {"stts", "stsc", "stco", "stsz"};
    for (uint32_t i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof(path), "moov/trak/mdia/minf/stbl/%s", empty[i]);
        b = find(p, len, path);
        for (size_t k = 0; k < b.len; k++)
            assert_int_equal(b.data[k], 0);
    }
    find(p, len, "moov/trak/mdia/minf/smhd");
    assert_null(mp4_walk_find(p, len, "moov/trak/edts").data);
    assert_null(mp4_walk_find(p, len, "moov/mvex/mehd").data);
}

static void test_init_segment_mono(void **state)
{
    (void)state;
    uint8_t p[MP4_INIT_SIZE];

    assert_int_equal(mp4_init_segment(p, sizeof(p), 1, 65535), sizeof(p));
    nests(p, sizeof(p));
    struct mp4_walk_box b =
        find(p, sizeof(p), "moov/trak/mdia/minf/stbl/stsd/Opus");
    assert_int_equal(field(b, 16, 2), 1);
    b = find(p, sizeof(p), "moov/trak/mdia/minf/stbl/stsd/Opus/dOps");
    assert_memory_equal(b.data, "\0\x01\xff\xff\0\0\xbb\x80\0\0\0", 11);
}

/* Payloads that no one reads, of lengths that differ. */
static struct iovec *lengths(uint32_t n, size_t *sum)
{
    struct iovec *v = calloc(n, sizeof(*v));

    assert_non_null(v);
    *sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        v[i].iov_len = 1 + i * 37 % RUNG_OPUS_MAX;
        *sum += v[i].iov_len;
    }
    return v;
}

/* The payloads' places in the file are the moof's and the sizes' alone. */
static void one_fragment(uint64_t seq, uint32_t n)
{
    const size_t head = MP4_FRAGMENT_HEAD(n);
    uint8_t *p = malloc(head), *again = malloc(head);
    uint32_t body, body_again;
    size_t sum;
    struct iovec *v = lengths(n, &sum);

    assert_non_null(p);
    assert_non_null(again);
    memset(p, 0xee, head);
    memset(again, 0x11, head);
    assert_int_equal(mp4_fragment(p, head, seq, v, n, &body), head);
    assert_int_equal(mp4_fragment(again, head, seq, v, n, &body_again), head);
    assert_memory_equal(p, again, head);
    assert_int_equal(body, sum);
    assert_int_equal(body_again, sum);

    const size_t moof = head - 8;
    nests(p, moof);
    assert_int_equal(field(find(p, moof, "moof/mfhd"), 4, 4),
                     (uint32_t)(seq + 1));
    struct mp4_walk_box b = find(p, moof, "moof/traf/tfhd");
    assert_int_equal(field(b, 0, 4), 0x020000);
    assert_int_equal(field(b, 4, 4), 1);
    b = find(p, moof, "moof/traf/tfdt");
    assert_int_equal(field(b, 0, 4), 0x01000000);
    assert_int_equal(field(b, 4, 8), seq * 960);
    b = find(p, moof, "moof/traf/trun");
    assert_int_equal(field(b, 0, 4), 0x201);
    assert_int_equal(field(b, 4, 4), n);
    assert_int_equal(field(b, 8, 4), head);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(field(b, 12 + 4 * i, 4), v[i].iov_len);
    assert_int_equal(mp4_walk_be(p + moof, 4), 8 + sum);
    assert_memory_equal(p + moof + 4, "mdat", 4);
    free(v);
    free(p);
    free(again);
}

static void test_fragments(void **state)
{
    (void)state;
    one_fragment(0, 1);
    one_fragment(4321, 5);
    one_fragment(LATE, 10);
    one_fragment(UINT32_MAX, 50); /* the sequence number wraps to 0 */
    one_fragment(0x123456789abull, MP4_PACKETS_MAX);
    one_fragment(INT64_MAX / 960 - 3, 3); /* the latest there is */
}

/* Nothing is written behind a buffer, however short. */
static void test_short_buffers(void **state)
{
    (void)state;
    uint8_t p[MP4_INIT_SIZE + 16];
    uint32_t body;
    size_t sum;
    struct iovec *v = lengths(10, &sum);

    for (size_t size = 0; size <= MP4_INIT_SIZE; size++) {
        memset(p, 0xee, sizeof(p));
        assert_int_equal(mp4_init_segment(p, size, 2, 0),
                         size < MP4_INIT_SIZE ? -ENOSPC : MP4_INIT_SIZE);
        for (size_t i = size; i < sizeof(p); i++)
            assert_int_equal(p[i], 0xee);
    }
    for (size_t size = 0; size <= MP4_FRAGMENT_HEAD(10); size++) {
        const bool fits = size == MP4_FRAGMENT_HEAD(10);
        memset(p, 0xee, sizeof(p));
        assert_int_equal(mp4_fragment(p, size, 7, v, 10, &body),
                         fits ? (int)size : -ENOSPC);
        assert_int_equal(body, fits ? sum : 0);
        for (size_t i = size; i < sizeof(p); i++)
            assert_int_equal(p[i], 0xee);
    }
    free(v);
}

static void test_refuses(void **state)
{
    (void)state;
    static uint8_t p[MP4_FRAGMENT_HEAD(MP4_PACKETS_MAX + 1)];
    uint32_t body = 1;
    size_t sum;
    struct iovec *v = lengths(MP4_PACKETS_MAX + 1, &sum);

    assert_int_equal(mp4_init_segment(p, sizeof(p), 0, 0), -EINVAL);
    assert_int_equal(mp4_init_segment(p, sizeof(p), 3, 0), -EINVAL);
    assert_int_equal(mp4_init_segment(p, sizeof(p), 2, 65536), -EINVAL);

    assert_int_equal(mp4_fragment(p, sizeof(p), 0, v, 0, &body), -EINVAL);
    assert_int_equal(body, 0);
    assert_int_equal(
        mp4_fragment(p, sizeof(p), 0, v, MP4_PACKETS_MAX + 1, &body), -EINVAL);
    assert_int_equal(
        mp4_fragment(p, sizeof(p), INT64_MAX / 960 - 2, v, 3, &body), -EINVAL);
    assert_int_equal(mp4_fragment(p, sizeof(p), UINT64_MAX, v, 1, &body),
                     -EINVAL);
    v[4].iov_len = 0;
    assert_int_equal(mp4_fragment(p, sizeof(p), 0, v, 5, &body), -EINVAL);
    v[4].iov_len = RUNG_OPUS_MAX + 1;
    assert_int_equal(mp4_fragment(p, sizeof(p), 0, v, 5, &body), -EINVAL);
    v[4].iov_len = ((size_t)1 << 32) + 100;
    assert_int_equal(mp4_fragment(p, sizeof(p), 0, v, 5, &body), -EINVAL);
    v[4].iov_len = RUNG_OPUS_MAX;
    assert_true(mp4_fragment(p, sizeof(p), 0, v, 5, &body) > 0);
    free(v);
}

/* Opus packets of two notes, another on each side. */
struct packets {
    uint8_t data[PACKETS][RUNG_OPUS_MAX];
    struct iovec v[PACKETS];
    uint32_t n_channels;
};

static struct packets *encode(uint32_t n_channels)
{
    const struct rung_spec spec = {
        .codec = RUNG_OPUS, .n_channels = n_channels, .kbps = 64};
    struct packets *p = calloc(1, sizeof(*p));
    float frames[TIMELINE_PACKET * 2];
    struct rung *r;

    assert_non_null(p);
    p->n_channels = n_channels;
    assert_int_equal(rung_new(&r, &spec), 0);
    for (uint32_t i = 0; i < PACKETS; i++) {
        for (uint32_t k = 0; k < TIMELINE_PACKET * n_channels; k++)
            frames[k] = tone(k % n_channels ? 331 : 997, 48000,
                             i * TIMELINE_PACKET + k / n_channels);
        int len = rung_encode(r, i, frames, p->data[i]);
        assert_true(len > 0);
        p->v[i].iov_base = p->data[i];
        p->v[i].iov_len = (size_t)len;
    }
    rung_free(&r);
    return p;
}

/* Packets [from, end) of p, numbered from base, in fragments of n. */
static void add_fragments(struct file *f, struct packets *p, uint64_t base,
                          uint32_t from, uint32_t end, uint32_t n)
{
    uint8_t head[MP4_FRAGMENT_HEAD(PACKETS)];
    uint32_t body;

    for (uint32_t i = from; i < end; i += n) {
        uint32_t now = n < end - i ? n : end - i;
        int len =
            mp4_fragment(head, sizeof(head), base + i, p->v + i, now, &body);
        assert_true(len > 0);
        append(f, head, (size_t)len);
        size_t before = f->len;
        for (uint32_t k = 0; k < now; k++)
            append(f, p->v[i + k].iov_base, p->v[i + k].iov_len);
        assert_int_equal(f->len - before, body);
    }
}

static void add_init(struct file *f, uint32_t n_channels, uint32_t pre_skip)
{
    uint8_t init[MP4_INIT_SIZE];

    assert_int_equal(mp4_init_segment(init, sizeof(init), n_channels, pre_skip),
                     MP4_INIT_SIZE);
    append(f, init, sizeof(init));
}

static void stream_is(const char *path, uint32_t n_channels, uint64_t start)
{
    char command[256], want[256];

    /* Its duration_ts is the end of the last packet. */
    snprintf(command, sizeof(command),
             "ffprobe -v warning -of csv=p=0 -show_entries "
             "stream=codec_name,codec_type,codec_tag_string,sample_rate,"
             "channels,time_base,start_pts,duration_ts %s 2>&1",
             path);
    snprintf(want, sizeof(want), "opus,audio,Opus,48000,%u,1/48000,%llu,%llu\n",
             (unsigned)n_channels, (unsigned long long)start,
             (unsigned long long)start + PACKETS * 960);
    struct shell_out o = shell(command);
    assert_string_equal(o.data, want);
    assert_int_equal(o.status, 0);
    free(o.data);
}

/* ffprobe finds packets [from, end) where and when they are. Returns how many
   bytes of its text it took. */
static size_t packets_are(const char *text, const struct file *f,
                          const struct packets *p, uint64_t base, uint32_t from,
                          uint32_t end)
{
    const char *at = text;
    unsigned long long pts, size, pos;
    char duration[8];
    int used;

    for (uint32_t i = from; i < end; i++) {
        used = 0;
        sscanf(at, "%llu,%7[^,],%llu,%llu,K_\n%n", &pts, duration, &size, &pos,
               &used);
        if (!used)
            fail_msg("packet %u: %.100s", (unsigned)i, at);
        assert_int_equal(pts, (base + i) * 960);
        /* FFmpeg 5.1 has no duration for any Opus in fragments. */
        if (strcmp(duration, "N/A") != 0)
            assert_string_equal(duration, "960");
        assert_int_equal(size, p->v[i].iov_len);
        assert_true(pos + size <= f->len);
        assert_memory_equal(f->data + pos, p->data[i], size);
        at += used;
    }
    return (size_t)(at - text);
}

static struct shell_out show_packets(const char *path)
{
    char command[256];

    /* Standard error too: a warning is no line of ours. */
    snprintf(command, sizeof(command),
             "ffprobe -v warning -of csv=p=0 -show_entries "
             "packet=pts,duration,size,pos,flags %s 2>&1",
             path);
    return shell(command);
}

static void ffprobe_reads(uint32_t n_channels, uint64_t base, uint32_t n)
{
    char path[] = SHELL_FILE;
    struct packets *p = encode(n_channels);
    struct file f = {0};

    add_init(&f, n_channels, PRE_SKIP);
    add_fragments(&f, p, base, 0, PACKETS, n);
    nests(f.data, f.len);
    shell_file(path, f.data, f.len);
    stream_is(path, n_channels, base * 960);
    struct shell_out o = show_packets(path);
    size_t used = packets_are(o.data, &f, p, base, 0, PACKETS);
    assert_string_equal(o.data + used, "");
    unlink(path);
    free(o.data);
    free(f.data);
    free(p);
}

static void test_ffprobe_reads_it(void **state)
{
    (void)state;
    if (!shell_has("ffprobe"))
        skip();
    ffprobe_reads(2, 0, 5);
    ffprobe_reads(2, LATE, 1);
    ffprobe_reads(1, LATE, 5);
    ffprobe_reads(2, LATE, 10);
    ffprobe_reads(1, LATE, 50);
    ffprobe_reads(2, 0x100000000ull, 7); /* sequence numbers beyond 32 bits */
}

static void test_a_hole_in_the_numbers_is_one_in_time(void **state)
{
    (void)state;
    char path[] = SHELL_FILE;
    struct packets *p;
    struct file f = {0};

    if (!shell_has("ffprobe"))
        skip();
    p = encode(2);
    add_init(&f, 2, PRE_SKIP);
    add_fragments(&f, p, LATE, 0, 33, 10); /* the last one holds 3 */
    add_fragments(&f, p, LATE, 40, PACKETS, 10);
    nests(f.data, f.len);
    shell_file(path, f.data, f.len);
    struct shell_out o = show_packets(path);
    size_t used = packets_are(o.data, &f, p, LATE, 0, 33);
    used += packets_are(o.data + used, &f, p, LATE, 40, PACKETS);
    assert_string_equal(o.data + used, "");
    unlink(path);
    free(o.data);
    free(f.data);
    free(p);
}

/* Frames as ffmpeg decodes a file by libopus, not a word on standard error. */
static struct shell_out decode(const struct file *f)
{
    char path[] = SHELL_FILE, command[256];

    shell_file(path, f->data, f->len);
    snprintf(command, sizeof(command),
             "ffmpeg -nostdin -v warning -c:a libopus -request_sample_fmt flt "
             "-i %s -f f32le -c:a pcm_f32le - 2>%s.err </dev/null",
             path, path);
    struct shell_out o = shell(command);
    snprintf(command, sizeof(command), "cat %s.err; rm -f %s %s.err", path,
             path, path);
    struct shell_out said = shell(command);
    assert_string_equal(said.data, "");
    free(said.data);
    assert_int_equal(o.status, 0);
    return o;
}

static float *decode_here(const struct packets *p)
{
    float *out = calloc((size_t)PACKETS * TIMELINE_PACKET * p->n_channels,
                        sizeof(float));
    int why;
    OpusDecoder *d = opus_decoder_create(48000, (int)p->n_channels, &why);

    assert_non_null(out);
    assert_non_null(d);
    for (uint32_t i = 0; i < PACKETS; i++)
        assert_int_equal(
            opus_decode_float(d, p->data[i], (opus_int32)p->v[i].iov_len,
                              out + i * TIMELINE_PACKET * p->n_channels,
                              TIMELINE_PACKET, 0),
            TIMELINE_PACKET);
    opus_decoder_destroy(d);
    return out;
}

/* Packets base, base + 1, ..., a multiple of ten, in pages of five. */
static void add_ogg(struct file *f, const struct packets *p, uint32_t pre_skip,
                    uint64_t base)
{
    struct hub_budget budget = {.max = UINT64_MAX};
    const struct hub_opts o = {
        .packet_max = RUNG_OPUS_MAX, .ogg = true, .budget = &budget};
    struct ogg_stamp stamp = {.serial = 1, .number = 2};
    uint8_t buf[OGG_HEAD_MAX + OGG_START_MAX];
    struct hub *hub;
    uint64_t end;

    int len = ogg_start(buf, sizeof(buf), 1, p->n_channels, pre_skip);
    append(f, buf, (size_t)len);
    assert_int_equal(hub_new(&hub, &o), 0);
    for (uint32_t i = 0; i < PACKETS; i++)
        assert_int_equal(
            hub_put(hub, base + i, p->data[i], (uint32_t)p->v[i].iov_len), 0);
    for (uint32_t i = 0; i < PACKETS; i += 5, stamp.number++) {
        struct slab *s = hub_slab(hub, base + i, &end);
        const uint32_t *at = &s->offset[i % SLAB_PACKETS];
        stamp.granule = (i + 5) * TIMELINE_PACKET;
        len = ogg_page(buf, sizeof(buf), &stamp, s, i % SLAB_PACKETS,
                       i % SLAB_PACKETS + 5);
        append(f, buf, (size_t)len);
        append(f, s->data + at[0], at[5] - at[0]);
        slab_unref(s);
    }
    hub_free(&hub);
}

/* The same packets in MP4, in Ogg and without either sound the same. */
static void decodes_as_ogg(uint32_t n_channels, uint32_t pre_skip,
                           uint64_t base, uint32_t n)
{
    struct packets *p = encode(n_channels);
    struct file mp4 = {0}, ogg = {0};

    add_init(&mp4, n_channels, pre_skip);
    add_fragments(&mp4, p, base, 0, PACKETS, n);
    add_ogg(&ogg, p, pre_skip, base);

    struct shell_out from_mp4 = decode(&mp4), from_ogg = decode(&ogg);
    float *here = decode_here(p);
    size_t want = ((size_t)PACKETS * TIMELINE_PACKET - pre_skip) * n_channels *
                  sizeof(float);
    assert_int_equal(from_ogg.len, want);
    assert_int_equal(from_mp4.len, want);
    assert_memory_equal(from_mp4.data, from_ogg.data, want);
    assert_memory_equal(from_mp4.data, here + pre_skip * n_channels, want);
    free(from_mp4.data);
    free(from_ogg.data);
    free(here);
    free(mp4.data);
    free(ogg.data);
    free(p);
}

static void test_decodes_as_the_same_packets_in_ogg(void **state)
{
    (void)state;
    if (!shell_has("ffmpeg"))
        skip();
    decodes_as_ogg(2, PRE_SKIP, 0, 5);
    decodes_as_ogg(2, 312, LATE, 10);
    decodes_as_ogg(1, PRE_SKIP, LATE, 1);
    decodes_as_ogg(1, 0, LATE, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_segment),
        cmocka_unit_test(test_init_segment_mono),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_short_buffers),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_ffprobe_reads_it),
        cmocka_unit_test(test_a_hole_in_the_numbers_is_one_in_time),
        cmocka_unit_test(test_decodes_as_the_same_packets_in_ogg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
