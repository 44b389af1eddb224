// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/netsink/mounts.h"
#include "tests/unit/test.h"

static struct mount mounts[2];

static int setup(void **state)
{
    (void)state;
    mounts_describe(&mounts[0], "live", 2);
    mounts_describe(&mounts[1], "live-2", 1);
    return 0;
}

static struct query good(const char *path, const char *query)
{
    struct query q;
    char said[QUERY_SAID];
    int err = query_parse(&q, mounts, 2, path, query, said);

    if (err)
        fail_msg("%s?%s: %d, \"%s\"", path, query ? query : "", err, said);
    assert_string_equal(said, "");
    return q;
}

static void bad(const char *path, const char *query, const char *part)
{
    struct query q;
    char said[QUERY_SAID];

    assert_int_equal(query_parse(&q, mounts, 2, path, query, said), -EINVAL);
    if (!strstr(said, part))
        fail_msg("%s?%s: \"%s\" lacks \"%s\"", path, query, said, part);
}

static void test_streams(void **state)
{
    (void)state;
    struct query q = good("/live.opus", NULL);

    assert_ptr_equal(q.mount, &mounts[0]);
    assert_int_equal(q.kind, STREAM_OGG);
    assert_int_equal(q.latency, LATENCY_SAFE);
    assert_int_equal(q.rung, mounts[0].usual);
    assert_false(q.pinned);
    assert_false(q.has_from);
    q = good("/live-2.mp4", "");
    assert_ptr_equal(q.mount, &mounts[1]);
    assert_int_equal(q.kind, STREAM_MP4);
}

static void test_no_such_stream(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",           "/",         "live.opus",   "/live",
        "/live.",     "/live.ogg", "/live.opus/", "/live.opusx",
        "/liv.opus",  "/.opus",    "//live.opus", "/live%2eopus",
        "/LIVE.opus",
    };
    struct query q;
    char said[QUERY_SAID];

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        int err = query_parse(&q, mounts, 2, paths[i], NULL, said);
        if (err != -ENOENT)
            fail_msg("%s: %d", paths[i], err);
        assert_string_equal(said, "");
    }
}

static void test_wishes(void **state)
{
    (void)state;
    struct query q =
        good("/live.opus", "latency=low&bitrate=64&from=123456789012345");

    assert_int_equal(q.latency, LATENCY_LOW);
    assert_int_equal(mounts[0].rungs[q.rung].spec.kbps, 64);
    assert_true(q.pinned);
    assert_true(q.has_from);
    assert_int_equal(q.from, 123456789012345);
    /* What others put there is theirs. */
    q = good("/live.opus", "&t=17&latency=live&&x&=&latencies=a");
    assert_int_equal(q.latency, LATENCY_LIVE);
    q = good("/live.mp4", "from=0");
    assert_true(q.has_from);
    assert_int_equal(q.from, 0);
}

static void test_wav(void **state)
{
    (void)state;
    struct query q = good("/live.wav", NULL);
    const struct wav_spec *w = &mounts[0].rungs[q.rung].spec.wav;

    assert_int_equal(mounts[0].rungs[q.rung].spec.codec, RUNG_WAV);
    assert_int_equal(w->format, WAV_S16);
    assert_int_equal(w->rate, 48000);
    assert_int_equal(w->n_channels, 2);
    assert_true(q.pinned);
    q = good("/live.wav", "channels=1&format=f32&rate=96000&latency=normal");
    w = &mounts[0].rungs[q.rung].spec.wav;
    assert_int_equal(w->format, WAV_F32);
    assert_int_equal(w->rate, 96000);
    assert_int_equal(w->n_channels, 1);
    assert_int_equal(q.latency, LATENCY_NORMAL);
    /* A mount of one channel is one channel, unless asked for. */
    q = good("/live-2.wav", NULL);
    assert_int_equal(mounts[1].rungs[q.rung].spec.wav.n_channels, 1);
}

static void test_what_is_wrong_is_said(void **state)
{
    (void)state;
    bad("/live.opus", "latency=slow", "live, low, normal and safe");
    bad("/live.opus", "latency", "latency: ");
    bad("/live.opus", "latency=Low", "latency: ");
    bad("/live.opus", "latency=lowest", "latency: ");
    bad("/live.opus", "bitrate=95", "32, 64, 96, 160 (kbit/s)");
    bad("/live.opus", "bitrate=+96", "bitrate: ");
    bad("/live.opus", "bitrate=0x60", "bitrate: ");
    bad("/live.opus", "bitrate=18446744073709551712", "bitrate: ");
    bad("/live.opus", "bitrate=4294967392", "bitrate: ");
    bad("/live.opus", "from=-1", "from: ");
    bad("/live.opus", "from=", "from: ");
    bad("/live.opus", "from=1e3", "from: ");
    bad("/live.opus", "from=1&from=1", "from: allowed once");
    bad("/live.opus", "rate=48000", "rate: only .wav");
    bad("/live.wav", "bitrate=96", "bitrate: only .opus and .mp4");
    bad("/live.wav", "rate=22050", "44100, 48000 and 96000");
    bad("/live.wav", "format=s8", "s16, s24 and f32");
    bad("/live.wav", "channels=3", "1 and 2");
    bad("/live.wav", "channels=12", "1 and 2");
}

static void test_ranges(void **state)
{
    (void)state;
    static const char *const others[] = {
        "bytes=-5",  "bytes=0-1", "bytes=1-,5-", "bytes=",     "bytes=-",
        "bytes=1",   "items=1-",  "bytes=+1-",   "",           "bytes= 1-",
        "bytes=1- ", "bytes 1-",  "bytes=1--",   "bytes=0x1-",
    };
    uint64_t first = 7;

    assert_true(query_range("bytes=0-", &first));
    assert_int_equal(first, 0);
    assert_true(query_range("Bytes=143005-", &first));
    assert_int_equal(first, 143005);
    assert_true(query_range("bytes=000000000000000000007-", &first));
    assert_int_equal(first, 7);
    /* Too many digits are too far, not none. */
    assert_true(query_range("bytes=9999999999999-", &first));
    assert_int_equal(first, 9999999999999);
    assert_true(query_range("bytes=99999999999999999999-", &first));
    assert_true(first == UINT64_MAX);
    first = 143005;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (query_range(others[i], &first))
            fail_msg("\"%s\" is taken", others[i]);
    }
    assert_false(query_range(NULL, &first));
    assert_int_equal(first, 143005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_no_such_stream),
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_wav),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_ranges),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
