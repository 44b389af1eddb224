// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/head.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/test.h"

static const struct mount mount = {.name = "live"};

/* The line that begins so, or none. */
static void line(const char *text, const char *name, const char *want)
{
    char begin[64], got[300] = "";
    snprintf(begin, sizeof(begin), "\r\n%s: ", name);
    const char *at = strstr(text, begin);

    if (at) {
        at += strlen(begin);
        snprintf(got, sizeof(got), "%.*s", (int)strcspn(at, "\r"), at);
    }
    if (strcmp(got, want) != 0)
        fail_msg("%s: \"%s\" is not \"%s\"", name, got, want);
}

static void test_the_first_answer(void **state)
{
    (void)state;
    struct session ses = {
        .id = 0xab, .epoch = INT64_C(1790000000123), .seq = 42};
    struct head h = {
        .mount = &mount,
        .kind = STREAM_OGG,
        .chunked = true,
        .epoch = INT64_C(1790000000123),
        .seq = 42,
        .icy = true,
        .kbps = 96,
        .session = &ses,
        .now = 784111777,
    };
    char text[HEAD_MAX];

    head_write(&h, text);
    assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
    line(text, "Date", "Sun, 06 Nov 1994 08:49:37 GMT");
    line(text, "Content-Type", "audio/ogg");
    line(text, "Accept-Ranges", "bytes");
    line(text, "Content-Range", "");
    line(text, "Transfer-Encoding", "chunked");
    line(text, "Connection", "close");
    line(text, "Cache-Control", "no-store");
    line(text, "Access-Control-Allow-Origin", "*");
    line(text, "X-Stream-Epoch", "1790000000123");
    line(text, "X-Stream-Seq", "42");
    line(text, "X-Stream-Rung", "96");
    line(text, "icy-br", "96");
    line(text, "Set-Cookie",
         "lw_00000000000000ab=1790000000123.42; Path=/; SameSite=Lax");
    assert_string_equal(text + strlen(text) - 4, "\r\n\r\n");
    h.icy = false;
    head_write(&h, text);
    line(text, "icy-br", "");
    line(text, "icy-name", "");
}

static void test_a_later_one(void **state)
{
    (void)state;
    struct head h = {
        .mount = &mount,
        .kind = STREAM_WAV,
        .partial = true,
        .offset = 143005,
    };
    char text[HEAD_MAX];

    head_write(&h, text);
    assert_memory_equal(text, "HTTP/1.0 206 Partial Content\r\n", 30);
    line(text, "Content-Range", "bytes 143005-999999999999/1000000000000");
    line(text, "Transfer-Encoding", "");
    line(text, "Content-Type", "audio/wav");
    line(text, "icy-br", "");
    line(text, "Set-Cookie", "");
    h.kind = STREAM_MP4;
    head_write(&h, text);
    line(text, "Content-Type", "audio/mp4; codecs=\"opus\"");
}

/* All that there can be, as long as it can be. */
static void test_the_largest_one_fits(void **state)
{
    (void)state;
    struct mount longest = {0};
    struct session ses = {
        .id = UINT64_MAX, .epoch = INT64_MAX, .seq = UINT64_MAX};
    struct head h = {
        .mount = &longest,
        .chunked = true,
        .partial = true,
        .offset = HEAD_TOTAL - 1,
        .epoch = INT64_MIN,
        .seq = UINT64_MAX,
        .kbps = UINT32_MAX,
        .session = &ses,
        .n_stale = HEAD_STALE,
    };
    char text[HEAD_MAX];

    memset(longest.name, 'x', MOUNT_NAME_MAX);
    head_write(&h, text);
    assert_string_equal(text + strlen(text) - 4, "\r\n\r\n");
    assert_non_null(strstr(text, "lw_ffffffffffffffff=9223372036854775807."));
    assert_non_null(strstr(text, "lw_0000000000000000=; Path=/; Max-Age=0"));
    assert_non_null(strstr(text, "Max-Age=0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_answer),
        cmocka_unit_test(test_a_later_one),
        cmocka_unit_test(test_the_largest_one_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
