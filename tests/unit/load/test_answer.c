// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "tests/bench/load/answer.h"
#include "tests/unit/test.h"

#define BODY_MAX 256
#define CHUNKED  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

struct got {
    struct answer a;
    char body[BODY_MAX + 1];
    size_t len;
};

static void feed(struct got *g, const char *text, size_t len)
{
    while (len > 0) {
        const uint8_t *body;
        size_t body_len;
        size_t n =
            answer_feed(&g->a, (const uint8_t *)text, len, &body, &body_len);
        assert_true(n > 0 && n <= len);
        assert_true(g->len + body_len <= BODY_MAX);
        memcpy(g->body + g->len, body, body_len);
        g->len += body_len;
        text += n;
        len -= n;
    }
}

/* In pieces of every size, each time the same. */
static struct got answer_of(const char *text)
{
    struct got first = {0};

    feed(&first, text, strlen(text));
    for (size_t piece = 1; piece < strlen(text); piece++) {
        struct got g = {0};
        for (size_t at = 0; at < strlen(text); at += piece) {
            size_t left = strlen(text) - at;
            feed(&g, text + at, left < piece ? left : piece);
        }
        assert_int_equal(g.a.state, first.a.state);
        assert_int_equal(g.a.status, first.a.status);
        assert_string_equal(g.body, first.body);
    }
    return first;
}

static void test_to_the_end(void **state)
{
    struct got g = answer_of("HTTP/1.0 200 OK\r\nContent-Type: audio/ogg\r\n"
                             "\r\nOggS\r\n\r\nand more");
    (void)state;

    assert_int_equal(g.a.status, 200);
    assert_int_equal(g.a.state, ANSWER_BODY);
    assert_string_equal(g.body, "OggS\r\n\r\nand more");
}

static void test_chunked(void **state)
{
    struct got g = answer_of("HTTP/1.1 200 OK\r\n"
                             "transfer-ENCODING:\t chunked\r\n\r\n"
                             "5\r\nabcde\r\n"
                             "0A;name=value\r\n0123456789\r\n"
                             "1\r\n\r\r\n");
    (void)state;

    assert_int_equal(g.a.state, ANSWER_SIZE);
    assert_string_equal(g.body, "abcde0123456789\r");
}

static void test_last_chunk(void **state)
{
    struct got g = answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                             "\r\n2\r\nab\r\n0\r\n\r\nHTTP/1.1 200 OK");
    (void)state;

    assert_int_equal(g.a.state, ANSWER_DONE);
    assert_string_equal(g.body, "ab");
}

static void test_status(void **state)
{
    struct got g = answer_of("HTTP/1.1 503 Service Unavailable\r\n"
                             "Retry-After: 30\r\n\r\nfull");
    (void)state;

    assert_int_equal(g.a.status, 503);
    assert_string_equal(g.body, "full");
    g = answer_of("HTTP/1.1 404\r\n\r\n");
    assert_int_equal(g.a.status, 404);
}

/* A header's name or value longer than what is kept of a line. */
static void test_long_header(void **state)
{
    struct got g = answer_of(
        "HTTP/1.1 200 A reason that is longer than what is kept of a line\r\n"
        "X-A-Very-Long-Header-Name-That-Goes-On-And-On: chunked\r\n"
        "Set-Cookie: 0123456789012345678901234567890123456789\r\n"
        "\r\nbody");
    (void)state;

    assert_int_equal(g.a.state, ANSWER_BODY);
    assert_string_equal(g.body, "body");
}

static void test_wrong(void **state)
{
    const char *const wrong[] = {
        "ICY 200 OK\r\n\r\nbody",
        "HTTP/2.0 200 OK\r\n\r\nbody",
        "HTTP/1.1 20x OK\r\n\r\nbody",
        "HTTP/1.1 2000 OK\r\n\r\nbody",
        "\r\n\r\nbody",
        CHUNKED "OggS\r\nbody",
        CHUNKED "\r\nbody",
        CHUNKED "-1\r\nbody",
        CHUNKED "fffffffffffffffff\r\nbody",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct got g = answer_of(wrong[i]);
        assert_int_equal(g.a.state, ANSWER_WRONG);
        assert_int_equal(g.len, 0);
    }
    /* A chunk longer than it said. */
    struct got g = answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                             "\r\n2\r\nabc\r\n");
    assert_int_equal(g.a.state, ANSWER_WRONG);
    assert_string_equal(g.body, "ab");
}

static void test_endless_head(void **state)
{
    struct got g = {0};
    (void)state;

    feed(&g, "HTTP/1.1 200 OK\r\n", 17);
    for (int i = 0; i < ANSWER_HEAD_MAX; i++)
        feed(&g, "x", 1);
    assert_int_equal(g.a.state, ANSWER_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_the_end),   cmocka_unit_test(test_chunked),
        cmocka_unit_test(test_last_chunk),   cmocka_unit_test(test_status),
        cmocka_unit_test(test_long_header),  cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_endless_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
