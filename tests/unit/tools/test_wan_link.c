// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>

#include "graph/clock.h"
#include "tests/tools/wan_link.h"
#include "tests/unit/test.h"

#define ADDRESS 0x0200090a
#define MS      NS_PER_MS
#define QUEUE   10000 /* bytes */

/* A link with these properties; its queue is QUEUE. */
static struct link *make(struct link_set set)
{
    struct link *l = calloc(1, sizeof(*l));

    assert_non_null(l);
    set.queue = QUEUE;
    link_init(l, ADDRESS, &set, 1);
    return l;
}

static void end(struct link *l)
{
    link_fini(l);
    free(l);
}

/* A packet whose first byte tells which it is. */
static void enter(struct link *l, enum link_way way, uint8_t number,
                  uint32_t len, int64_t now)
{
    struct link_packet *p = malloc(sizeof(*p));

    assert_non_null(p);
    p->len = len;
    p->data[0] = number;
    link_enter(l, way, p, now);
}

/* Who arrives at now, not before: its number, or -1. */
static int leaves(struct link *l, enum link_way way, int64_t now)
{
    struct link_packet *p = link_leave(l, way, now - 1);

    assert_null(p);
    p = link_leave(l, way, now);
    int number = p ? p->data[0] : -1;
    free(p);
    return number;
}

/* How many have arrived by now. */
static uint32_t leave(struct link *l, enum link_way way, int64_t now)
{
    struct link_packet *p;
    uint32_t n = 0;

    while ((p = link_leave(l, way, now))) {
        free(p);
        n++;
    }
    return n;
}

static void test_delay_is_exact_both_ways(void **state)
{
    struct link *l = make((struct link_set){.delay = 100 * MS});
    (void)state;

    assert_true(link_next(l) == LINK_NEVER);
    enter(l, LINK_TO, 1, 100, 5 * MS);
    enter(l, LINK_FROM, 2, 100, 7 * MS);
    enter(l, LINK_TO, 3, 100, 9 * MS);
    assert_true(link_next(l) == 105 * MS);
    assert_int_equal(leaves(l, LINK_TO, 105 * MS), 1);
    assert_true(link_next(l) == 107 * MS);
    assert_int_equal(leaves(l, LINK_FROM, 107 * MS), 2);
    assert_int_equal(leaves(l, LINK_TO, 109 * MS), 3);
    assert_true(link_next(l) == LINK_NEVER);
    assert_int_equal(l->way[LINK_TO].counts.passed, 2);
    assert_int_equal(l->way[LINK_TO].counts.bytes, 200);
    end(l);
}

static void test_shorter_delay_overtakes_nobody(void **state)
{
    struct link *l = make((struct link_set){.delay = 100 * MS});
    struct link_set set = l->set;
    (void)state;

    enter(l, LINK_TO, 1, 100, 0);
    set.delay = 10 * MS;
    link_change(l, &set, 1 * MS);
    enter(l, LINK_TO, 2, 100, 2 * MS);
    assert_int_equal(leaves(l, LINK_TO, 100 * MS), 1);
    assert_int_equal(leave(l, LINK_TO, 100 * MS), 1);
    end(l);
}

/* 5,000 bytes/s: a packet of 1,000 each 200 ms, looked at late or not. */
static void test_rate_to_the_address(void **state)
{
    struct link *l = make((struct link_set){.rate = 5000});
    (void)state;

    for (uint8_t i = 0; i < 10; i++)
        enter(l, LINK_TO, i, 1000, 0);
    assert_int_equal(leaves(l, LINK_TO, 200 * MS), 0);
    assert_int_equal(leaves(l, LINK_TO, 400 * MS), 1);
    assert_int_equal(leave(l, LINK_TO, 1999 * MS), 7);
    assert_int_equal(leaves(l, LINK_TO, 2000 * MS), 9);
    /* an idle link has saved nothing up */
    enter(l, LINK_TO, 10, 1000, 9000 * MS);
    assert_int_equal(leaves(l, LINK_TO, 9200 * MS), 10);
    end(l);
}

static void test_rate_not_from_the_address(void **state)
{
    struct link *l = make((struct link_set){.rate = 5000, .delay = MS});
    (void)state;

    for (uint8_t i = 0; i < 100; i++)
        enter(l, LINK_FROM, i, 1000, 0);
    assert_int_equal(leave(l, LINK_FROM, MS), 100);
    end(l);
}

static void test_queue_is_bounded(void **state)
{
    struct link *l = make((struct link_set){.rate = 5000});
    (void)state;

    for (uint8_t i = 0; i < 30; i++)
        enter(l, LINK_TO, i, 1000, 0);
    assert_int_equal(l->way[LINK_TO].counts.full, 30 - QUEUE / 1000);
    assert_int_equal(leave(l, LINK_TO, 60000 * MS), QUEUE / 1000);
    end(l);
}

static void test_rate_changes_while_packets_wait(void **state)
{
    struct link *l = make((struct link_set){.rate = 5000});
    struct link_set set = l->set;
    (void)state;

    for (uint8_t i = 0; i < 6; i++)
        enter(l, LINK_TO, i, 1000, 0);
    assert_int_equal(leaves(l, LINK_TO, 200 * MS), 0);
    set.loss = 0; /* another property: the one on its way goes on */
    link_change(l, &set, 300 * MS);
    assert_int_equal(leaves(l, LINK_TO, 400 * MS), 1);
    set.rate = 10000;
    link_change(l, &set, 400 * MS);
    assert_int_equal(leaves(l, LINK_TO, 500 * MS), 2);
    set.rate = 0;
    link_change(l, &set, 550 * MS);
    assert_int_equal(leave(l, LINK_TO, 550 * MS), 3);
    end(l);
}

/* What is on its way arrives; what sets out in it does not, however late
   somebody looks. */
static void test_outage(void **state)
{
    struct link *l = make((struct link_set){.delay = 50 * MS});
    struct link_set set = l->set;
    (void)state;

    enter(l, LINK_TO, 1, 100, 90 * MS);
    set.outage = 5100 * MS;
    link_change(l, &set, 100 * MS);
    enter(l, LINK_TO, 2, 100, 100 * MS);
    enter(l, LINK_FROM, 3, 100, 5099 * MS);
    enter(l, LINK_TO, 4, 100, 5100 * MS);
    assert_int_equal(leaves(l, LINK_TO, 140 * MS), 1);
    assert_int_equal(leaves(l, LINK_TO, 5150 * MS), 4);
    assert_int_equal(leave(l, LINK_FROM, 9000 * MS), 0);
    assert_int_equal(l->way[LINK_TO].counts.outage, 1);
    assert_int_equal(l->way[LINK_FROM].counts.outage, 1);
    end(l);
}

/* A queue goes on at its rate in an outage, and all of it is lost. */
static void test_outage_behind_a_rate(void **state)
{
    struct link *l = make((struct link_set){.rate = 5000, .outage = 1100 * MS});
    (void)state;

    for (uint8_t i = 0; i < 10; i++)
        enter(l, LINK_TO, i, 1000, 0);
    assert_int_equal(leave(l, LINK_TO, 3000 * MS), 5);
    assert_int_equal(l->way[LINK_TO].counts.outage, 5);
    end(l);
}

/* Which of n packets are lost, as bits: with 1 in 4, by seed and address. */
static uint64_t losses(uint64_t seed, uint32_t address, uint32_t n,
                       uint64_t *lost)
{
    const struct link_set set = {.loss = 0.25};
    struct link *l = make(set);
    uint64_t bits = 0;

    link_init(l, address, &set, seed);
    for (uint32_t i = 0; i < n; i++) {
        enter(l, LINK_TO, 0, 100, i * MS);
        bits = bits << 1 | (leave(l, LINK_TO, i * MS) == 0);
    }
    *lost = l->way[LINK_TO].counts.lost;
    end(l);
    return bits;
}

static void test_loss(void **state)
{
    uint64_t lost, again;
    (void)state;

    losses(1, ADDRESS, 100000, &lost);
    /* 25,000, within 6 times the standard deviation of 137 */
    assert_in_range(lost, 24178, 25822);
    losses(1, ADDRESS, 100000, &again);
    assert_int_equal(lost, again);
    uint64_t bits = losses(1, ADDRESS, 64, &lost);
    assert_int_equal(losses(1, ADDRESS, 64, &lost), bits);
    assert_int_not_equal(losses(2, ADDRESS, 64, &lost), bits);
    assert_int_not_equal(losses(1, ADDRESS + 1, 64, &lost), bits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delay_is_exact_both_ways),
        cmocka_unit_test(test_shorter_delay_overtakes_nobody),
        cmocka_unit_test(test_rate_to_the_address),
        cmocka_unit_test(test_rate_not_from_the_address),
        cmocka_unit_test(test_queue_is_bounded),
        cmocka_unit_test(test_rate_changes_while_packets_wait),
        cmocka_unit_test(test_outage),
        cmocka_unit_test(test_outage_behind_a_rate),
        cmocka_unit_test(test_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
