// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/ogg.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsink/hub.h"
#include "netsink/rung.h"
#include "netsink/timeline.h"
#include "tests/unit/netsink/ogg_walk.h"
#include "tests/unit/test.h"

#define SERIAL   0x1234abcd
#define PRE_SKIP 3840
#define FIRST    777000u /* number of the first packet */

struct file {
    uint8_t *data;
    size_t len;
    size_t at; /* of the reader */
};

static void on_page(void *ctx, const uint8_t *header, uint32_t header_len,
                    const uint8_t *body, uint32_t body_len)
{
    struct file *f = ctx;
    f->data = realloc(f->data, f->len + header_len + body_len);
    assert_non_null(f->data);
    memcpy(f->data + f->len, header, header_len);
    memcpy(f->data + f->len + header_len, body, body_len);
    f->len += header_len + body_len;
}

static struct ogg *begin(struct file *f, uint32_t n_channels)
{
    struct ogg *o;
    memset(f, 0, sizeof(*f));
    assert_int_equal(
        ogg_new(&o, SERIAL, n_channels, PRE_SKIP, FIRST, on_page, f), 0);
    assert_int_equal(ogg_headers(o), 0);
    return o;
}

static void end(struct file *f, struct ogg **o)
{
    ogg_free(o);
    assert_null(*o);
    free(f->data);
}

static uint32_t make(uint64_t seq, uint32_t len, uint8_t *data)
{
    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(seq * 3 + i);
    return len;
}

static void add(struct ogg *o, uint64_t seq, uint32_t len, uint32_t per_page)
{
    uint8_t data[HUB_PACKET_MAX];
    assert_int_equal(ogg_add(o, seq, data, make(seq, len, data), per_page), 0);
}

/* The next page, with all that must hold of every page. */
static struct ogg_walk_page next(struct file *f, uint32_t number)
{
    struct ogg_walk_page p;
    const char *why = ogg_walk(f->data + f->at, f->len - f->at, &p);
    if (why)
        fail_msg("page %u: %s", (unsigned)number, why);
    f->at += p.size;
    assert_int_equal(p.serial, SERIAL);
    assert_int_equal(p.number, number);
    assert_int_equal(p.flags & OGG_BOS, number == 0 ? OGG_BOS : 0);
    assert_int_equal(p.flags & OGG_EOS, 0);
    assert_int_equal(p.flags & OGG_CONTINUED, 0);
    assert_int_equal(p.n_parts, p.n_packets);
    return p;
}

static void skip_headers(struct file *f)
{
    next(f, 0);
    next(f, 1);
}

static void test_headers(void **state)
{
    (void)state;
    struct file f;
    struct ogg *o = begin(&f, 2);

    struct ogg_walk_page p = next(&f, 0);
    assert_int_equal(p.granule, 0);
    assert_int_equal(p.n_packets, 1);
    assert_int_equal(p.lens[0], 19);
    assert_memory_equal(p.body, "OpusHead\x01\x02\x00\x0f\x80\xbb\0\0\0\0\0",
                        19);

    p = next(&f, 1);
    assert_int_equal(p.granule, 0);
    assert_int_equal(p.n_packets, 1);
    assert_memory_equal(p.body, "OpusTags", 8);
    uint32_t vendor = (uint32_t)ogg_walk_le(p.body + 8, 4);
    assert_memory_equal(p.body + 12, "libopus", 7);
    const uint8_t *list = p.body + 12 + vendor;
    assert_int_equal(ogg_walk_le(list, 4), 1);
    assert_int_equal(ogg_walk_le(list + 4, 4), p.lens[0] - 20 - vendor);
    assert_memory_equal(list + 8, "ENCODER=longwave ", 17);
    assert_int_equal(f.at, f.len);
    end(&f, &o);
}

static void test_pages_of_five(void **state)
{
    (void)state;
    struct file f;
    struct ogg *o = begin(&f, 2);
    uint8_t want[HUB_PACKET_MAX];
    uint64_t seq = FIRST;

    for (uint32_t i = 0; i < 50; i++)
        add(o, FIRST + i, 100 + i * 23, 5); /* up to 1227 bytes */
    skip_headers(&f);
    for (uint32_t k = 0; k < 10; k++) {
        struct ogg_walk_page p = next(&f, 2 + k);
        const uint8_t *body = p.body;
        assert_int_equal(p.n_packets, 5);
        assert_int_equal(p.granule, (k + 1) * 5 * 960);
        for (uint32_t i = 0; i < 5; i++, seq++) {
            uint32_t len = 100 + (uint32_t)(seq - FIRST) * 23;
            assert_int_equal(p.lens[i], len);
            make(seq, len, want);
            assert_memory_equal(body, want, len);
            body += len;
        }
    }
    assert_int_equal(f.at, f.len);
    end(&f, &o);
}

static void test_the_largest_packets_stay_on_their_page(void **state)
{
    (void)state;
    struct file f;
    struct ogg *o = begin(&f, 2);

    for (uint32_t i = 0; i < 40; i++)
        add(o, FIRST + i, HUB_PACKET_MAX, 20);
    skip_headers(&f);
    for (uint32_t k = 0; k < 2; k++) {
        struct ogg_walk_page p = next(&f, 2 + k);
        assert_int_equal(p.n_packets, 20);
        assert_int_equal(p.granule, (k + 1) * 20 * 960);
    }
    assert_int_equal(f.at, f.len);
    end(&f, &o);
}

/* Segments of 255 bytes need a last one of 0. */
static void test_lengths_around_a_segment(void **state)
{
    (void)state;
    static const uint32_t lens[] = {1, 254, 255, 256, 509, 510, 511, 1275};
    struct file f;
    struct ogg *o = begin(&f, 2);

    for (uint32_t i = 0; i < 8; i++)
        add(o, FIRST + i, lens[i], 8);
    skip_headers(&f);
    struct ogg_walk_page p = next(&f, 2);
    assert_int_equal(p.n_packets, 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(p.lens[i], lens[i]);
    end(&f, &o);
}

static void test_flush_ends_the_page(void **state)
{
    (void)state;
    struct file f;
    struct ogg *o = begin(&f, 1);

    assert_int_equal(ogg_flush(o), 0); /* nothing to end */
    add(o, FIRST, 50, 5);
    add(o, FIRST + 1, 50, 5);
    assert_int_equal(ogg_flush(o), 0);
    for (uint32_t i = 2; i < 7; i++)
        add(o, FIRST + i, 50, 5);
    skip_headers(&f);
    struct ogg_walk_page p = next(&f, 2);
    assert_int_equal(p.n_packets, 2);
    assert_int_equal(p.granule, 2 * 960);
    p = next(&f, 3);
    assert_int_equal(p.n_packets, 5);
    assert_int_equal(p.granule, 7 * 960);
    assert_int_equal(f.at, f.len);
    end(&f, &o);
}

static void test_a_jump_is_a_hole_in_the_positions(void **state)
{
    (void)state;
    struct file f;
    struct ogg *o = begin(&f, 2);

    for (uint32_t i = 0; i < 7; i++)
        add(o, FIRST + i, 50, 5);
    for (uint32_t i = 1000; i < 1005; i++)
        add(o, FIRST + i, 50, 5);
    skip_headers(&f);
    assert_int_equal(next(&f, 2).granule, 5 * 960);
    struct ogg_walk_page p = next(&f, 3);
    assert_int_equal(p.n_packets, 2);
    assert_int_equal(p.granule, 7 * 960);
    p = next(&f, 4);
    assert_int_equal(p.n_packets, 5);
    assert_int_equal(p.granule, 1005 * 960);
    assert_int_equal(f.at, f.len);
    end(&f, &o);
}

static void test_refuses(void **state)
{
    (void)state;
    struct file f = {0};
    struct ogg *o;
    uint8_t byte = 0;

    assert_int_equal(ogg_new(&o, 1, 0, 0, 0, on_page, &f), -EINVAL);
    assert_null(o);
    assert_int_equal(ogg_new(&o, 1, 3, 0, 0, on_page, &f), -EINVAL);
    assert_int_equal(ogg_new(&o, 1, 2, 65536, 0, on_page, &f), -EINVAL);
    ogg_free(&o);

    assert_int_equal(ogg_new(&o, 1, 2, 0, 10, on_page, &f), 0);
    assert_int_equal(ogg_add(o, 10, &byte, 1, 5), -EINVAL); /* no headers */
    assert_int_equal(ogg_headers(o), 0);
    assert_int_equal(ogg_add(o, 9, &byte, 1, 5), -EINVAL);
    assert_int_equal(ogg_add(o, 10, &byte, 1, 5), 0);
    assert_int_equal(ogg_add(o, 10, &byte, 1, 5), -EINVAL);
    end(&f, &o);
}

/* Six seconds of a sine, as a listener gets them. */
static void make_stream(struct file *f)
{
    struct ogg *o = begin(f, 1);
    struct rung *r;
    float frames[TIMELINE_PACKET];
    uint8_t data[HUB_PACKET_MAX];

    assert_int_equal(rung_new(&r, 1, 64), 0);
    for (uint32_t i = 0; i < 300; i++) {
        for (uint32_t k = 0; k < TIMELINE_PACKET; k++)
            frames[k] = (float)(0.3 * sin((i * TIMELINE_PACKET + k) * 0.05));
        int len = rung_encode(r, frames, data);
        assert_true(len > 0);
        assert_int_equal(ogg_add(o, FIRST + i, data, (uint32_t)len, 5), 0);
    }
    rung_free(&r);
    ogg_free(&o);
}

/* Runs a shell command; what it prints goes to text. Returns its exit code. */
static int shell(const char *command, char *text, size_t size)
{
    FILE *p = popen(command, "r");
    assert_non_null(p);
    size_t n = fread(text, 1, size - 1, p);
    text[n] = '\0';
    return WEXITSTATUS(pclose(p));
}

static void test_other_readers_agree(void **state)
{
    (void)state;
    char path[] = "/tmp/longwave-test-XXXXXX", command[128], text[8192];
    int fd = mkstemp(path), found = 0;
    struct file f;

    make_stream(&f);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, f.data, f.len), (ssize_t)f.len);
    close(fd);
    free(f.data);

    if (shell("command -v opusinfo", text, sizeof(text)) == 0) {
        snprintf(command, sizeof(command), "opusinfo %s 2>&1", path);
        shell(command, text, sizeof(text));
        /* 300 packets less the pre-skip: 5.92 s, which it cuts, not rounds. */
        assert_non_null(strstr(text, "Playback length: 0m:05.9"));
        assert_non_null(strstr(text, "Pre-skip: 3840"));
        /* The one complaint allowed: a live stream has no end. */
        char *warning = strstr(text, "WARNING");
        assert_non_null(warning);
        assert_non_null(strstr(warning, "EOS not set"));
        assert_null(strstr(warning + 1, "WARNING"));
        found++;
    }
    if (shell("command -v oggz-validate", text, sizeof(text)) == 0) {
        snprintf(command, sizeof(command),
                 "oggz-validate %s 2>&1 | grep -v 'missing \\*\\*\\* eos' | "
                 "grep -v ': Error:$'",
                 path);
        shell(command, text, sizeof(text));
        assert_string_equal(text, "");
        found++;
    }
    unlink(path);
    if (!found)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_pages_of_five),
        cmocka_unit_test(test_the_largest_packets_stay_on_their_page),
        cmocka_unit_test(test_lengths_around_a_segment),
        cmocka_unit_test(test_flush_ends_the_page),
        cmocka_unit_test(test_a_jump_is_a_hole_in_the_positions),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_other_readers_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
