// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/hub.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/ogg.h"
#include "tests/unit/test.h"

#define PACKET_MAX 1276

static struct hub_budget plenty(void)
{
    return (struct hub_budget){.max = UINT64_MAX};
}

static struct hub *make_hub(struct hub_budget *b)
{
    const struct hub_opts o = {
        .packet_max = PACKET_MAX, .ogg = true, .budget = b};
    struct hub *h;

    assert_int_equal(hub_new(&h, &o), 0);
    return h;
}

/* A packet that tells its number: length and content follow from it. */
static uint32_t make(uint64_t seq, uint8_t *data)
{
    uint32_t len = 1 + (uint32_t)(seq * 31 % PACKET_MAX);
    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(seq * 7 + i);
    return len;
}

static void put(struct hub *h, uint64_t seq)
{
    uint8_t data[PACKET_MAX];
    uint32_t len = make(seq, data);
    assert_int_equal(hub_put(h, seq, data, len), 0);
}

static int put_before(struct hub *h, uint64_t seq, uint32_t n)
{
    uint8_t *data = malloc((size_t)n * PACKET_MAX);
    uint32_t *lens = calloc(n, sizeof(*lens)), at = 0;

    assert_non_null(data);
    assert_non_null(lens);
    for (uint32_t i = 0; i < n; i++) {
        lens[i] = make(seq + i, data + at);
        at += lens[i];
    }
    int err = hub_put_before(h, seq, data, lens, n);
    free(data);
    free(lens);
    return err;
}

static void check_packet(const struct slab *s, uint64_t seq)
{
    uint8_t want[PACKET_MAX];
    const uint32_t len = make(seq, want), i = (uint32_t)(seq - s->seq);

    assert_in_range(i, s->first, SLAB_PACKETS - 1);
    assert_int_equal(s->offset[i + 1] - s->offset[i], len);
    assert_memory_equal(s->data + s->offset[i], want, len);
}

static void same_page(const struct slab_page *known, const struct slab *s,
                      uint32_t from, uint32_t to)
{
    struct slab_page want;

    ogg_shared(&want, s, from, to);
    assert_int_equal(known->sum, want.sum);
    assert_int_equal(known->shift, want.shift);
}

/* Pages are known as soon as their packets are there, and no others. */
static void check_pages(const struct slab *s, uint32_t end)
{
    static const uint32_t sizes[] = {1, 5, 10, 25};

    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t to = sizes[k]; to <= SLAB_PACKETS; to += sizes[k]) {
            const uint32_t from = to - sizes[k];
            const struct slab_page *known =
                slab_page_at((struct slab *)s, from, to);
            assert_non_null(known);
            if (s->first <= from && to <= end)
                same_page(known, s, from, to);
            else
                assert_int_equal(known->shift, 0);
        }
    assert_null(slab_page_at((struct slab *)s, 0, SLAB_PACKETS));
    assert_null(slab_page_at((struct slab *)s, 1, 6));
}

/* The hub holds packets [first, end), and nothing else. */
static void holds(struct hub *h, uint64_t first, uint64_t end)
{
    uint64_t a, b;

    hub_range(h, &a, &b);
    assert_int_equal(a, first);
    assert_int_equal(b, end);
    assert_null(hub_slab(h, first - 1, &b));
    assert_null(hub_slab(h, end, &b));
    assert_int_equal(b, end);
    for (uint64_t seq = first; seq < end; seq++) {
        struct slab *s = hub_slab(h, seq, &b);
        assert_non_null(s);
        assert_int_equal(b, end);
        assert_int_equal(s->seq, seq - seq % SLAB_PACKETS);
        check_packet(s, seq);
        if (seq % SLAB_PACKETS == 0 || seq == first)
            check_pages(s, end - s->seq < SLAB_PACKETS
                               ? (uint32_t)(end - s->seq)
                               : SLAB_PACKETS);
        slab_unref(s);
    }
}

/* Frees the hub, after which nothing may be left of it. */
static void end_of(struct hub **h, struct hub_budget *b)
{
    hub_free(h);
    assert_null(*h);
    hub_free(h);
    assert_int_equal(b->used, 0);
}

static void test_holds_what_was_put(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    uint64_t first, end;

    hub_range(h, &first, &end);
    assert_int_equal(first, end);
    assert_null(hub_slab(h, 0, &end));
    for (uint64_t seq = 1003; seq < 1060; seq++) {
        put(h, seq); /* the first may have any number */
        holds(h, 1003, seq + 1);
    }
    hub_clear(h);
    hub_range(h, &first, &end);
    assert_int_equal(first, end);
    assert_int_equal(b.used, 0);
    put(h, 17);
    holds(h, 17, 18);
    end_of(&h, &b);
}

static void test_keeps_the_last_minute(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    uint64_t seq = 5;

    for (; seq < HUB_PACKETS * 2 + 17; seq++)
        put(h, seq);
    for (uint32_t i = 0; i < 12; i++, seq++) {
        put(h, seq);
        holds(h, seq + 1 - HUB_PACKETS, seq + 1);
    }
    end_of(&h, &b);
}

/* Memory follows the bytes that packets have, not those they might. */
static void test_takes_what_the_packets_take(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    const uint8_t data[100] = {0};

    for (uint64_t seq = 0; seq < HUB_PACKETS; seq++)
        assert_int_equal(hub_put(h, seq, data, 100), 0);
    assert_int_equal(b.used, HUB_PACKETS * 100);
    assert_int_equal(hub_put(h, HUB_PACKETS, data, 100), 0);
    assert_in_range(b.used, HUB_PACKETS * 100,
                    HUB_PACKETS * 100 + SLAB_PACKETS * PACKET_MAX);
    end_of(&h, &b);
}

static void test_refuses_disorder_and_size(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    uint8_t data[PACKET_MAX + 1] = {0};

    assert_int_equal(hub_put(h, 0, data, 0), -EINVAL);
    assert_int_equal(hub_put(h, 0, data, PACKET_MAX + 1), -EINVAL);
    assert_int_equal(b.used, 0);
    put(h, 5);
    assert_int_equal(hub_put(h, 5, data, 1), -EINVAL);
    assert_int_equal(hub_put(h, 4, data, 1), -EINVAL);
    assert_int_equal(hub_put(h, 7, data, 1), -EINVAL);
    holds(h, 5, 6);
    put(h, 6);
    holds(h, 5, 7);
    end_of(&h, &b);
}

static void test_a_slab_outlives_its_place(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    struct slab *open, *full;
    uint64_t end;

    const uint64_t begun = SLAB_PACKETS + 14;
    for (uint64_t seq = 0; seq < begun; seq++)
        put(h, seq);
    full = hub_slab(h, 3, &end);
    open = hub_slab(h, SLAB_PACKETS, &end);
    assert_int_equal(end, begun);
    for (uint64_t seq = begun; seq < 4000; seq++)
        put(h, seq);
    for (uint64_t seq = 0; seq < SLAB_PACKETS; seq++)
        check_packet(full, seq);
    check_pages(full, SLAB_PACKETS);
    for (uint64_t seq = SLAB_PACKETS; seq < begun; seq++)
        check_packet(open, seq);
    hub_free(&h);
    assert_int_equal(b.used, full->size + open->size);
    check_packet(full, 9);
    slab_unref(full);
    slab_unref(open);
    slab_unref(NULL);
    assert_int_equal(b.used, 0);
}

static void test_puts_before(void **state)
{
    (void)state;
    /* Where the hub begins and ends, and how much comes before it. */
    static const uint32_t cases[][3] = {
        {1000, 1001, 1},   {1000, 1001, 10}, {1000, 1013, 25},
        {1003, 1004, 2},   {1003, 1004, 3},  {1003, 1004, 4},
        {1003, 1009, 1},   {1003, 1010, 1},  {1003, 1010, 500},
        {1009, 1300, 999}, {1005, 1006, 0},  {1049, 1061, 49},
        {1003, 1060, 700},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const uint32_t *c = cases[i];
        struct hub_budget b = plenty();
        struct hub *h = make_hub(&b);
        uint64_t end;

        for (uint64_t seq = c[0]; seq < c[1]; seq++)
            put(h, seq);
        struct slab *held = hub_slab(h, c[0], &end);
        assert_int_equal(put_before(h, c[0] - c[2], c[2]), 0);
        holds(h, c[0] - c[2], c[1]);
        for (uint64_t seq = c[1]; seq < c[1] + 30; seq++)
            put(h, seq); /* the open slab is open still */
        holds(h, c[0] - c[2], c[1] + 30);
        check_packet(held, c[0]);
        slab_unref(held);
        end_of(&h, &b);
    }
}

/* Some of a slab went when the minute was over, and comes again. */
static void test_puts_before_what_it_forgot(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    uint64_t seq = 0;

    for (; seq < HUB_PACKETS + 7; seq++)
        put(h, seq);
    assert_int_equal(put_before(h, 6, 1), -EINVAL); /* it is full */
    hub_clear(h);
    for (seq = 7; seq < 17; seq++)
        put(h, seq);
    assert_int_equal(put_before(h, 2, 5), 0);
    assert_int_equal(put_before(h, 0, 2), 0);
    holds(h, 0, 17);
    end_of(&h, &b);
}

static uint16_t generation_of(struct hub *h, uint64_t seq)
{
    uint64_t end;
    struct slab *s = hub_slab(h, seq, &end);

    assert_non_null(s);
    uint16_t g = s->generation;
    slab_unref(s);
    return g;
}

/* Packets of before and after hub_clear() can be told apart, by whoever holds
   them and whoever finds them; packets put before others are as they are. */
static void test_counts_generations(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    uint64_t end;

    for (uint64_t seq = 40; seq < 65; seq++)
        put(h, seq);
    const uint16_t first = generation_of(h, 40);
    struct slab *held = hub_slab(h, 40, &end);
    assert_int_equal(put_before(h, 15, 25), 0);
    for (uint64_t seq = 15; seq < 65; seq++)
        assert_int_equal(generation_of(h, seq), first);
    hub_clear(h);
    for (uint64_t seq = 44; seq < 65; seq++)
        put(h, seq);
    const uint16_t second = generation_of(h, 44);
    assert_int_not_equal(second, first);
    assert_int_equal(put_before(h, 33, 11), 0);
    for (uint64_t seq = 33; seq < 65; seq++)
        assert_int_equal(generation_of(h, seq), second);
    assert_int_equal(held->generation, first);
    slab_unref(held);
    end_of(&h, &b);
}

static void test_refuses_before(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    const uint8_t data[2] = {0};
    uint32_t lens[2] = {1, 1};

    assert_int_equal(put_before(h, 10, 5), -EINVAL); /* it is empty */
    put(h, 5000);
    assert_int_equal(put_before(h, 4990, 9), -EINVAL);
    assert_int_equal(put_before(h, 4990, 11), -EINVAL);
    assert_int_equal(put_before(h, 5000 - HUB_PACKETS, HUB_PACKETS), -EINVAL);
    assert_int_equal(hub_put_before(h, UINT64_MAX - 1, data, lens, UINT32_MAX),
                     -EINVAL);
    lens[1] = 0;
    assert_int_equal(hub_put_before(h, 4998, data, lens, 2), -EINVAL);
    lens[1] = PACKET_MAX + 1;
    assert_int_equal(hub_put_before(h, 4998, data, lens, 2), -EINVAL);
    holds(h, 5000, 5001);
    assert_int_equal(put_before(h, 5001 - HUB_PACKETS, HUB_PACKETS - 1), 0);
    holds(h, 5001 - HUB_PACKETS, 5001);
    end_of(&h, &b);
}

static void test_what_is_set_aside_stays_free(void **state)
{
    (void)state;
    const uint32_t slab = SLAB_PACKETS * PACKET_MAX;
    struct hub_budget b = {.max = 3 * slab};
    const struct hub_opts o = {
        .packet_max = PACKET_MAX, .ogg = true, .budget = &b, .aside = true};
    struct hub *common = make_hub(&b), *h;
    uint8_t data[PACKET_MAX] = {0};
    uint64_t seq = 0;

    assert_int_equal(hub_new(&h, &o), 0);
    assert_int_equal(hub_budget_reserve(&b, 3 * slab + 1), -ENOMEM);
    assert_int_equal(hub_budget_reserve(&b, 2 * slab), 0);
    assert_int_equal(hub_budget_common(&b), slab);
    while (hub_put(common, seq, data, PACKET_MAX) == 0)
        seq++;
    assert_int_equal(seq, SLAB_PACKETS);
    for (seq = 0; seq < 2 * SLAB_PACKETS; seq++)
        assert_int_equal(hub_put(h, seq, data, PACKET_MAX), 0);
    assert_int_equal(b.used, b.max);
    assert_int_equal(b.common, slab);
    /* Given back it is everyone's. */
    hub_free(&h);
    hub_budget_return(&b, 2 * slab);
    assert_int_equal(hub_put(common, SLAB_PACKETS, data, PACKET_MAX), 0);
    end_of(&common, &b);
    assert_int_equal(b.common, 0);
}

static void test_a_budget_is_a_ceiling(void **state)
{
    (void)state;
    struct hub_budget b = {.max = 3 * SLAB_PACKETS * PACKET_MAX};
    struct hub *h = make_hub(&b), *other = make_hub(&b);
    uint8_t data[PACKET_MAX] = {0};
    uint64_t seq = 0;
    int err;

    while (!(err = hub_put(h, seq, data, PACKET_MAX))) {
        assert_true(b.used <= b.max);
        seq++;
    }
    assert_int_equal(err, -ENOMEM);
    assert_int_equal(seq, 3 * SLAB_PACKETS);
    assert_int_equal(b.used, b.max);
    assert_int_equal(hub_put(other, 0, data, 1), -ENOMEM);
    uint64_t first, end;
    hub_range(h, &first, &end);
    assert_int_equal(end, seq); /* nothing was added */
    hub_range(other, &first, &end);
    assert_int_equal(first, end);

    hub_clear(h);
    assert_int_equal(hub_put(other, 100, data, 1), 0);
    const uint64_t used = b.used;
    b.max = used + 10;
    assert_int_equal(put_before(other, 50, 50), -ENOMEM);
    assert_int_equal(b.used, used);
    hub_range(other, &first, &end);
    assert_int_equal(first, 100);
    hub_free(&other);
    end_of(&h, &b);
}

static void test_samples_need_no_pages(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    const struct hub_opts o = {.packet_max = 15360, .budget = &b};
    static const uint8_t data[15360];
    struct hub *h;
    uint64_t end;

    assert_int_equal(hub_new(&h, &o), 0);
    for (uint64_t seq = 0; seq < 10; seq++)
        assert_int_equal(hub_put(h, seq, data, sizeof(data)), 0);
    struct slab *s = hub_slab(h, 0, &end);
    assert_int_equal(s->offset[10], 153600);
    for (uint32_t i = 0; i < SLAB_PAGES; i++)
        assert_int_equal(s->pages[i].shift, 0);
    slab_unref(s);
    end_of(&h, &b);
}

#define MANY (HUB_PACKETS * 3)

static void *put_many(void *arg)
{
    for (uint64_t seq = 600; seq < MANY; seq++) {
        put(arg, seq);
        if (seq == 1234) /* what lies before comes beside readers too */
            assert_int_equal(put_before(arg, 91, 509), 0);
    }
    return NULL;
}

static void *read_many(void *arg)
{
    uint64_t cursor = 600, first, end = 0;

    while (cursor < MANY) {
        hub_range(arg, &first, &end);
        assert_true(end - first <= HUB_PACKETS);
        if (cursor < first)
            cursor = first;
        struct slab *s = hub_slab(arg, cursor, &end);
        if (!s)
            continue; /* not there yet, or just gone */
        while (cursor < end && cursor < s->seq + SLAB_PACKETS)
            check_packet(s, cursor++);
        if (s->seq + SLAB_PACKETS <= end)
            check_pages(s, SLAB_PACKETS);
        slab_unref(s);
    }
    return NULL;
}

static void test_readers_beside_a_writer(void **state)
{
    (void)state;
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    pthread_t writer, readers[3];

    assert_int_equal(pthread_create(&writer, NULL, put_many, h), 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_many, h), 0);
    pthread_join(writer, NULL);
    for (uint32_t i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    end_of(&h, &b);
}

/* What was looked up is what is there, whoever holds it; nothing is freed while
   it may be looked at, and all is given back. */
static void test_views(void **state)
{
    struct hub_budget b = plenty();
    struct hub *h = make_hub(&b);
    struct hub_views views = {0};
    struct slab *owned[HUB_PACKETS];
    uint32_t n_owned = 0;
    uint64_t end;
    bool own;
    (void)state;

    assert_null(hub_view(&views, h, 0, &end, &own));
    put(h, 5);
    struct slab *first = hub_view(&views, h, 5, &end, &own);
    assert_non_null(first);
    assert_false(own);
    assert_int_equal(end, 6);
    /* A packet that came since, of the same slab; and one that never was. */
    put(h, 6);
    struct slab *again = hub_view(&views, h, 6, &end, &own);
    check_packet(again, 6);
    assert_int_equal(end, 7);
    assert_true(own);
    slab_unref(again);
    assert_null(hub_view(&views, h, 4, &end, &own));

    for (uint64_t seq = 7; seq < 5 + HUB_PACKETS + 100; seq++)
        put(h, seq);
    check_packet(first, 5); /* though the hub has it no more */
    for (uint64_t seq = 110; seq < 5 + HUB_PACKETS; seq += SLAB_PACKETS) {
        struct slab *s = hub_view(&views, h, seq, &end, &own);
        check_packet(s, seq);
        if (own)
            owned[n_owned++] = s;
        struct slab *same = hub_view(&views, h, seq, &end, &own);
        assert_ptr_equal(same, s);
        if (own)
            slab_unref(same);
    }
    /* There are more slabs in a minute than places. */
    assert_true(n_owned > 0);
    while (n_owned > 0)
        slab_unref(owned[--n_owned]);
    hub_views_clear(&views);
    hub_views_clear(&views);
    end_of(&h, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds_what_was_put),
        cmocka_unit_test(test_keeps_the_last_minute),
        cmocka_unit_test(test_takes_what_the_packets_take),
        cmocka_unit_test(test_refuses_disorder_and_size),
        cmocka_unit_test(test_a_slab_outlives_its_place),
        cmocka_unit_test(test_puts_before),
        cmocka_unit_test(test_puts_before_what_it_forgot),
        cmocka_unit_test(test_counts_generations),
        cmocka_unit_test(test_refuses_before),
        cmocka_unit_test(test_a_budget_is_a_ceiling),
        cmocka_unit_test(test_what_is_set_aside_stays_free),
        cmocka_unit_test(test_samples_need_no_pages),
        cmocka_unit_test(test_readers_beside_a_writer),
        cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
