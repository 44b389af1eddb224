// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jgraph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

static struct jgraph *g;

static int setup(void **state)
{
    (void)state;
    return jgraph_new(&g);
}

static int teardown(void **state)
{
    (void)state;
    jgraph_free(&g);
    return 0;
}

static int port(const char *name, bool output)
{
    struct jgraph_port p = {.name = name, .output = output, .order = INT64_MAX};
    return jgraph_add_port(g, &p, NULL);
}

static void has_order(const char *const *names, uint32_t n)
{
    assert_int_equal(jgraph_settle(g), 0);
    assert_int_equal(jgraph_n_ports(g), n);
    for (uint32_t i = 0; i < n; i++)
        assert_string_equal(jgraph_port(g, i)->name, names[i]);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(jgraph_find(g, names[i]), i);
}

static void test_splits_names_at_the_first_colon(void **state)
{
    (void)state;
    char name[] = "a2j:Midi Through [14] (capture): Port-0";
    uint32_t i;
    struct jgraph_port p = {.name = name,
                            .alias = {"alsa_midi:Through", NULL},
                            .pretty = "Through",
                            .output = true,
                            .midi = true,
                            .order = INT64_MAX,
                            .instance = 7};

    assert_int_equal(jgraph_add_port(g, &p, &i), 0);
    memset(name, 'x', 10); /* texts are copied */
    assert_int_equal(jgraph_settle(g), 0);
    assert_int_equal(jgraph_port(g, i)->client_len, 3);
    assert_string_equal(jgraph_port(g, i)->port,
                        "Midi Through [14] (capture): Port-0");
    assert_string_equal(jgraph_port(g, i)->alias[0], "alsa_midi:Through");
    assert_null(jgraph_port(g, i)->alias[1]);
    assert_string_equal(jgraph_port(g, i)->pretty, "Through");
    assert_int_equal(jgraph_port(g, i)->instance, 7);
    assert_int_equal(jgraph_find_alias(g, "alsa_midi:Through"), i);
    assert_int_equal(jgraph_find(g, "alsa_midi:Through"), JGRAPH_NONE);
    assert_int_equal(jgraph_find_alias(g, "a2j"), JGRAPH_NONE);
}

static void test_refuses_what_is_no_port(void **state)
{
    (void)state;
    assert_int_equal(port("nocolon", true), -EINVAL);
    assert_int_equal(port(":out", true), -EINVAL);
    assert_int_equal(port("client:", true), -EINVAL);
    assert_int_equal(port("", true), -EINVAL);
    assert_int_equal(port("a:x", true), 0);
    assert_int_equal(port("a:x", false), -EEXIST);
    assert_int_equal(jgraph_n_ports(g), 1);
}

static void test_numbers_count_by_value(void **state)
{
    (void)state;
    /* in_02 and in_2 have one value: what remains is their bytes */
    const char *const sorted[] = {
        "a:out_2", "a:out_10", "a:in",
        "a:in_1",  "a:in_02",  "a:in_2",
        "a:in_2b", "a:in_10",  "a:in_18446744073709551616",
        "a:in_L",  "a:in_R",   "a b:z",
        "ab:in",
    };
    uint32_t n = sizeof(sorted) / sizeof(sorted[0]);

    for (uint32_t i = n; i-- > 0;)
        assert_int_equal(port(sorted[i], strstr(sorted[i], "out")), 0);
    has_order(sorted, n);
}

static void test_an_order_of_the_client_wins(void **state)
{
    (void)state;
    const struct jgraph_port ports[] = {
        {.name = "m:aux", .order = INT64_MAX},
        {.name = "m:a", .order = 2},
        {.name = "m:z", .order = -1},
        {.name = "m:out", .order = 9, .output = true},
    };
    const char *const order[] = {"m:out", "m:z", "m:a", "m:aux"};

    for (int i = 0; i < 4; i++)
        assert_int_equal(jgraph_add_port(g, &ports[i], NULL), 0);
    has_order(order, 4);
}

/* Read without metadata, ports are where they were. */
static void test_an_order_is_kept(void **state)
{
    (void)state;
    const struct jgraph_port ports[] = {
        {.name = "m:a", .order = 2},
        {.name = "m:z", .order = 1},
        {.name = "gone:a", .order = 1},
    };
    const char *const order[] = {"m:z", "m:a", "m:new"};
    struct jgraph *before = g;

    for (int i = 0; i < 3; i++)
        assert_int_equal(jgraph_add_port(before, &ports[i], NULL), 0);
    assert_int_equal(jgraph_settle(before), 0);
    assert_int_equal(jgraph_new(&g), 0);
    assert_int_equal(port("m:new", false), 0);
    assert_int_equal(port("m:a", false), 0);
    assert_int_equal(port("m:z", false), 0);
    assert_int_equal(jgraph_settle(g), 0);
    assert_int_equal(jgraph_keep_order(g, before), 0);
    jgraph_free(&before);
    has_order(order, 3);
}

static void test_clients_are_numbered(void **state)
{
    (void)state;
    assert_false(jgraph_has_client(g, "syn", 3));
    assert_int_equal(port("synth:a", true), 0);
    assert_int_equal(port("syn:a", true), 0);
    assert_int_equal(port("synth:b", false), 0);
    assert_int_equal(port("synth 2:a", false), 0);
    assert_int_equal(jgraph_settle(g), 0);
    assert_int_equal(jgraph_n_clients(g), 3);
    assert_true(jgraph_has_client(g, "syn", 3));
    assert_true(jgraph_has_client(g, "synth:a", 5));
    assert_false(jgraph_has_client(g, "synt", 4));
    uint32_t c = jgraph_find_client(g, "synth", 5);
    assert_int_equal(c, 1);
    assert_int_equal(jgraph_client(g, c)->first, 1);
    assert_int_equal(jgraph_client(g, c)->n, 2);
    assert_int_equal(jgraph_client(g, c)->len, 5);
    assert_int_equal(jgraph_client_of(g, 2), c);
    assert_int_equal(jgraph_client_of(g, 3), 2);
}

static void test_links_follow_their_ports(void **state)
{
    (void)state;
    const struct jgraph_port midi = {
        .name = "b:midi", .midi = true, .order = INT64_MAX};

    assert_int_equal(port("z:out_10", true), 0);
    assert_int_equal(port("z:out_2", true), 0);
    assert_int_equal(port("b:in", false), 0);
    assert_int_equal(port("a:in", false), 0);
    assert_int_equal(jgraph_add_port(g, &midi, NULL), 0);
    assert_int_equal(jgraph_add_link(g, "z:out_10", "b:in"), 0);
    assert_int_equal(jgraph_add_link(g, "z:out_2", "a:in"), 0);
    assert_int_equal(jgraph_add_link(g, "z:out_10", "b:in"), 0);
    assert_int_equal(jgraph_add_link(g, "b:in", "z:out_2"), -ENOENT);
    assert_int_equal(jgraph_add_link(g, "z:out_2", "z:out_10"), -ENOENT);
    assert_int_equal(jgraph_add_link(g, "z:out_2", "nobody:in"), -ENOENT);
    assert_int_equal(jgraph_add_link(g, "z:out_2", "b:midi"), -EINVAL);
    for (int again = 0; again < 2; again++) { /* it may settle twice */
        assert_int_equal(jgraph_settle(g), 0);
        assert_int_equal(jgraph_n_links(g), 2);
        uint32_t a = jgraph_find(g, "a:in"), b = jgraph_find(g, "b:in");
        uint32_t o2 = jgraph_find(g, "z:out_2");
        uint32_t o10 = jgraph_find(g, "z:out_10");
        assert_true(jgraph_linked(g, o10, b));
        assert_true(jgraph_linked(g, o2, a));
        assert_false(jgraph_linked(g, o2, b));
        assert_false(jgraph_linked(g, b, o10));
        assert_int_equal(jgraph_links(g)[0].from, o2);
    }
    assert_int_equal(port("0:first", true), 0); /* and be added to */
    assert_int_equal(jgraph_settle(g), 0);
    assert_true(
        jgraph_linked(g, jgraph_find(g, "z:out_2"), jgraph_find(g, "a:in")));
}

static void test_nothing_is_a_graph_too(void **state)
{
    (void)state;
    assert_int_equal(jgraph_settle(g), 0);
    assert_int_equal(jgraph_n_ports(g), 0);
    assert_int_equal(jgraph_n_links(g), 0);
    assert_int_equal(jgraph_find(g, "a:b"), JGRAPH_NONE);
    assert_false(jgraph_linked(g, 0, 0));
    jgraph_free(&g);
    assert_null(g);
    jgraph_free(&g);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_splits_names_at_the_first_colon),
        TEST(test_refuses_what_is_no_port),
        TEST(test_numbers_count_by_value),
        TEST(test_an_order_of_the_client_wins),
        TEST(test_an_order_is_kept),
        TEST(test_clients_are_numbered),
        TEST(test_links_follow_their_ports),
        TEST(test_nothing_is_a_graph_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
