// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/hub.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

/* A packet that tells its number: length and content follow from it. */
static uint32_t make(uint64_t seq, uint8_t *data)
{
    uint32_t len = 1 + (uint32_t)(seq * 31 % HUB_PACKET_MAX);
    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(seq * 7 + i);
    return len;
}

static void put(struct hub *h, uint64_t seq)
{
    uint8_t data[HUB_PACKET_MAX];
    uint32_t len = make(seq, data);
    assert_int_equal(hub_put(h, seq, data, len), 0);
}

static void check(struct hub *h, uint64_t seq)
{
    uint8_t want[HUB_PACKET_MAX], got[HUB_PACKET_MAX];
    uint32_t len = make(seq, want);
    assert_int_equal(hub_get(h, seq, got), len);
    assert_memory_equal(got, want, len);
}

static void test_holds_what_was_put(void **state)
{
    (void)state;
    struct hub *h;
    uint64_t first, end;
    uint8_t data[HUB_PACKET_MAX];

    assert_int_equal(hub_new(&h), 0);
    hub_range(h, &first, &end);
    assert_int_equal(first, end);
    assert_int_equal(hub_get(h, 0, data), -ENOENT);
    for (uint64_t seq = 1000; seq < 1100; seq++)
        put(h, seq); /* the first may have any number */
    hub_range(h, &first, &end);
    assert_int_equal(first, 1000);
    assert_int_equal(end, 1100);
    for (uint64_t seq = 1000; seq < 1100; seq++)
        check(h, seq);
    assert_int_equal(hub_get(h, 999, data), -ENOENT);
    assert_int_equal(hub_get(h, 1100, data), -ENOENT);
    hub_free(&h);
    assert_null(h);
    hub_free(&h);
}

static void test_keeps_the_last_minute(void **state)
{
    (void)state;
    struct hub *h;
    uint64_t first, end;
    uint8_t data[HUB_PACKET_MAX];

    assert_int_equal(hub_new(&h), 0);
    for (uint64_t seq = 0; seq < HUB_PACKETS * 2 + 17; seq++)
        put(h, seq);
    hub_range(h, &first, &end);
    assert_int_equal(end, HUB_PACKETS * 2 + 17);
    assert_int_equal(end - first, HUB_PACKETS);
    assert_int_equal(hub_get(h, first - 1, data), -ENOENT);
    for (uint64_t seq = first; seq < end; seq++)
        check(h, seq);
    hub_free(&h);
}

static void test_refuses_disorder_and_size(void **state)
{
    (void)state;
    struct hub *h;
    uint64_t first, end;
    uint8_t data[HUB_PACKET_MAX + 1] = {0};

    assert_int_equal(hub_new(&h), 0);
    assert_int_equal(hub_put(h, 0, data, 0), -EINVAL);
    assert_int_equal(hub_put(h, 0, data, HUB_PACKET_MAX + 1), -EINVAL);
    put(h, 5);
    assert_int_equal(hub_put(h, 5, data, 1), -EINVAL);
    assert_int_equal(hub_put(h, 4, data, 1), -EINVAL);
    assert_int_equal(hub_put(h, 7, data, 1), -EINVAL);
    hub_range(h, &first, &end);
    assert_int_equal(first, 5);
    assert_int_equal(end, 6);
    check(h, 5);
    put(h, 6);
    hub_free(&h);
}

static int readable(const struct hub *h)
{
    struct pollfd p = {.fd = hub_fd(h), .events = POLLIN};
    return poll(&p, 1, 0);
}

static void test_wakes_the_reader(void **state)
{
    (void)state;
    struct hub *h;
    uint64_t count;

    assert_int_equal(hub_new(&h), 0);
    assert_int_equal(readable(h), 0);
    put(h, 0);
    put(h, 1);
    assert_int_equal(readable(h), 1);
    assert_int_equal(read(hub_fd(h), &count, sizeof(count)), sizeof(count));
    assert_int_equal(readable(h), 0);
    hub_free(&h);
}

#define MANY (HUB_PACKETS * 5)

static void *put_many(void *arg)
{
    for (uint64_t seq = 0; seq < MANY; seq++)
        put(arg, seq);
    return NULL;
}

static void test_a_reader_beside_a_writer(void **state)
{
    (void)state;
    struct hub *h;
    uint8_t want[HUB_PACKET_MAX], got[HUB_PACKET_MAX];
    uint64_t cursor = 0, first, end, seen = 0;
    pthread_t writer;

    assert_int_equal(hub_new(&h), 0);
    assert_int_equal(pthread_create(&writer, NULL, put_many, h), 0);
    while (cursor < MANY) {
        hub_range(h, &first, &end);
        assert_true(end - first <= HUB_PACKETS);
        if (cursor < first)
            cursor = first;
        int len = hub_get(h, cursor, got);
        if (len < 0)
            continue; /* not there yet, or just gone */
        assert_int_equal(len, make(cursor, want));
        assert_memory_equal(got, want, (size_t)len);
        cursor++;
        seen++;
    }
    pthread_join(writer, NULL);
    assert_true(seen > 0);
    hub_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds_what_was_put),
        cmocka_unit_test(test_keeps_the_last_minute),
        cmocka_unit_test(test_refuses_disorder_and_size),
        cmocka_unit_test(test_wakes_the_reader),
        cmocka_unit_test(test_a_reader_beside_a_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
