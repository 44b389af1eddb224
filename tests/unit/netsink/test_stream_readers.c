// SPDX-License-Identifier: GPL-3.0-or-later
/* Streams of real packets, whenever joined, as others read them. */
#include <errno.h>
#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/stream.h"
#include "netsink/timeline.h"
#include "tests/unit/netsink/hand_mount.h"
#include "tests/unit/netsink/music.h"
#include "tests/unit/netsink/ogg_reader.h"
#include "tests/unit/netsink/shell.h"
#include "tests/unit/netsink/tape.h"
#include "tests/unit/test.h"

#define PACKETS 500
#define FIRST   123450u /* their numbers begin there */
#define END     (FIRST + PACKETS)

static void encode(struct hand *h, uint32_t rung)
{
    const struct rung_spec spec = hand_spec(rung);
    float frames[TIMELINE_PACKET * 2];
    uint8_t data[RUNG_WAV_MAX];
    struct rung *r;

    assert_int_equal(rung_new(&r, &spec), 0);
    rung_set_complexity(r, 2); /* what is heard is not looked at */
    for (uint64_t seq = FIRST; seq < END; seq++) {
        music_packet(frames, seq, 2);
        int len = rung_encode(r, seq, frames, data);
        assert_true(len > 0);
        assert_int_equal(
            hub_put(h->mount.rungs[rung].hub, seq, data, (uint32_t)len), 0);
    }
    rung_free(&r);
}

static int begin(void **state)
{
    struct hand *h = calloc(1, sizeof(*h));

    assert_non_null(h);
    hand_init(h);
    for (uint32_t i = 0; i < HAND_RUNGS; i++)
        encode(h, i);
    *state = h;
    return 0;
}

static int end(void **state)
{
    hand_fini(*state);
    free(*state);
    return 0;
}

/* What was sent, and the numbers of its packets. */
struct sent {
    struct tape t;
    struct stream s;
    uint64_t seqs[PACKETS];
    uint32_t n;
};

/* All there is from packet seq on; moved: with changes of rung and jumps. */
static struct sent *send_all(const struct hand *h, enum stream_kind kind,
                             uint32_t rung, uint64_t seq, uint32_t page,
                             bool moved)
{
    struct sent *out = calloc(1, sizeof(*out));
    const struct stream_opts o = {.kind = kind,
                                  .mount = &h->mount,
                                  .rung = rung,
                                  .seq = seq,
                                  .page = page,
                                  .serial = (uint32_t)seq * 2654435761u};

    assert_non_null(out);
    assert_int_equal(stream_init(&out->s, &o), 0);
    for (uint32_t i = 1; out->s.seq < END; i++) {
        const uint64_t before = out->s.packets;
        /* Now and then less than a page is there. */
        uint64_t limit = moved && i % 7 == 0 ? out->s.seq + 1 : END;
        assert_int_equal(tape_next(&out->t, &out->s, limit, true), 1);
        for (uint64_t n = out->s.packets - before; n > 0; n--)
            out->seqs[out->n++] = out->s.seq - n;
        if (moved && i % 3 == 0 && kind != STREAM_WAV)
            assert_int_equal(stream_switch(&out->s, i % HAND_LADDER), 0);
        if (moved && i % 11 == 0)
            assert_int_equal(stream_skip(&out->s, out->s.seq + i), 0);
    }
    return out;
}

static void sent_free(struct sent *s)
{
    tape_free(&s->t);
    free(s);
}

/* Nothing to say, but that a live stream has no end. */
static void oggz_validate(const char *path)
{
    char command[256];

    if (!shell_has("oggz-validate"))
        return;
    snprintf(command, sizeof(command),
             "oggz-validate %s 2>&1 | grep -v 'missing \\*\\*\\* eos' | "
             "grep -v ': Error:$'",
             path);
    struct shell_out o = shell(command);
    assert_string_equal(o.data, "");
    free(o.data);
}

static void opusinfo(const char *path, uint32_t n)
{
    static const char length[] = "Playback length: 0m:";
    char command[256];

    if (!shell_has("opusinfo"))
        return;
    snprintf(command, sizeof(command), "opusinfo %s 2>&1", path);
    struct shell_out o = shell(command);
    const char *at = strstr(o.data, length);
    assert_non_null(at);
    /* It cuts to ms, not rounds. */
    assert_true(fabs(strtod(at + strlen(length), NULL) -
                     (n * 0.02 - STREAM_PRE_SKIP / 48000.0)) < 0.0015);
    assert_non_null(strstr(o.data, "Pre-skip: 3840"));
    char *warning = strstr(o.data, "WARNING");
    assert_non_null(warning);
    assert_non_null(strstr(warning, "EOS not set"));
    assert_null(strstr(warning + 1, "WARNING"));
    free(o.data);
}

/* Counts packets as libopus decodes them. */
struct decoded {
    OpusDecoder *decoder;
    uint32_t n; /* headers included */
    int64_t granule;
};

static void on_packet(void *ctx, const uint8_t *packet, size_t len,
                      int64_t granule)
{
    struct decoded *d = ctx;
    float frames[TIMELINE_PACKET * 2];

    if (d->n++ < 2)
        return;
    assert_int_equal(opus_decode_float(d->decoder, packet, (opus_int32)len,
                                       frames, TIMELINE_PACKET, 0),
                     TIMELINE_PACKET);
    d->granule = granule >= 0 ? granule : d->granule;
}

static void decodes(const struct sent *s)
{
    int why;
    struct decoded d = {.decoder = opus_decoder_create(48000, 2, &why)};

    assert_non_null(d.decoder);
    assert_int_equal(ogg_reader(s->t.data, s->t.len, on_packet, &d),
                     2 + s->s.packets);
    assert_int_equal(d.granule, s->s.packets * TIMELINE_PACKET);
    opus_decoder_destroy(d.decoder);
}

static void ogg_is_clean(const struct hand *h, uint32_t rung, uint32_t join,
                         uint32_t page, bool moved)
{
    char path[] = SHELL_FILE;
    struct sent *s = send_all(h, STREAM_OGG, rung, FIRST + join, page, moved);

    if (moved)
        assert_true(s->s.n_turns > 3);
    decodes(s);
    shell_file(path, s->t.data, s->t.len);
    oggz_validate(path);
    opusinfo(path, s->n);
    unlink(path);
    sent_free(s);
}

static void test_ogg(void **state)
{
    static const uint32_t pages[] = {1, 5, 10, 25};

    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t join = 0; join < 60; join += 7) {
            ogg_is_clean(*state, join % HAND_LADDER, join, pages[i], false);
            ogg_is_clean(*state, join % HAND_LADDER, join, pages[i], true);
        }
    if (!shell_has("opusinfo") || !shell_has("oggz-validate"))
        skip(); /* the rest was tested */
}

/* Times are the packets' own, so a jump is a hole. */
static void ffprobe_reads_mp4(const struct hand *h, uint32_t join,
                              uint32_t page)
{
    char path[] = SHELL_FILE, command[256];
    struct sent *s = send_all(h, STREAM_MP4, 1, FIRST + join, page, true);

    shell_file(path, s->t.data, s->t.len);
    snprintf(command, sizeof(command),
             "ffprobe -v warning -of csv=p=0 -show_entries packet=pts %s 2>&1",
             path);
    struct shell_out o = shell(command);
    char *at = o.data;
    for (uint32_t i = 0; i < s->n; i++) {
        char *after;
        assert_int_equal(strtoull(at, &after, 10),
                         s->seqs[i] * TIMELINE_PACKET);
        at = after + strspn(after, ",\n");
    }
    assert_string_equal(at, "");
    unlink(path);
    free(o.data);
    sent_free(s);
}

static void test_mp4(void **state)
{
    if (!shell_has("ffprobe"))
        skip();
    ffprobe_reads_mp4(*state, 0, 1);
    ffprobe_reads_mp4(*state, 13, 5);
    ffprobe_reads_mp4(*state, 49, 10);
}

static void ffmpeg_reads_wav(const struct hand *h, uint32_t rung,
                             const char *format, uint32_t head)
{
    char path[] = SHELL_FILE, command[256];
    struct sent *s = send_all(h, STREAM_WAV, rung, FIRST + 33, 5, true);

    shell_file(path, s->t.data, s->t.len);
    snprintf(command, sizeof(command),
             "cat %s | ffmpeg -nostdin -v error -i - -f %s -c copy - 2>&1",
             path, format);
    struct shell_out o = shell(command);
    assert_int_equal(o.len, s->t.len - head);
    assert_memory_equal(o.data, s->t.data + head, o.len);
    unlink(path);
    free(o.data);
    sent_free(s);
}

static void test_wav(void **state)
{
    if (!shell_has("ffmpeg"))
        skip();
    ffmpeg_reads_wav(*state, HAND_S16, "s16le", 44);
    ffmpeg_reads_wav(*state, HAND_S24, "s24le", 68);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ogg),
        cmocka_unit_test(test_mp4),
        cmocka_unit_test(test_wav),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
