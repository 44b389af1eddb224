// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/graph/plan_rig.h"

static void test_each_state(void **state)
{
    (void)state;
    const char *const graph = SYSTEM MIXER ">mixer:out\n"
                                           "-system:capture_1|mixer:in_1\n"
                                           "-system:capture_2|mixer:in_10\n";

    pulled_add(pulled, "mixer:out", "system:playback_2");
    check(graph,
          "connect:\n"
          "  - [system:capture_1, mixer:in_1]\n"
          "  - [mixer:out, system:playback_1]\n"
          "  - [mixer:out, system:playback_2]\n"
          "  - [mixer:out, longwave-sink:in_L]\n"
          "  - [system:capture_2, mixer:in_3]\n",
          "present system:capture_1 -> mixer:in_1\n"
          "add mixer:out -> system:playback_1\n"
          "waiting mixer:out -> longwave-sink:in_L: longwave-sink\n"
          "waiting system:capture_2 -> mixer:in_3: mixer:in_3\n"
          "pulled mixer:out -> system:playback_2\n"
          "foreign system:capture_2 -> mixer:in_10\n");
    assert_int_equal(plan->cable[1].rule->line, 3);
    /* without rules all is foreign, without a graph all waits */
    check(graph, "connect: []\n",
          "foreign system:capture_1 -> mixer:in_1\n"
          "foreign system:capture_2 -> mixer:in_10\n");
    check("", "connect:\n  - [/a:.*/, b]\n  - [a, 'b:c']\n  - [a, 'b:c']\n",
          "waiting /a:.*/ -> b: /a:.*/\n"
          "waiting a -> b:c: a\n");
}

static void test_names_are_exact(void **state)
{
    (void)state;
    check(">a:out_1\n>a:out_11\n>a:out 1\n>a b:out_1\n<b:in: (1)\n<b:in\n",
          "connect:\n"
          "  - [a:out_1, 'b:in: (1)']\n"
          "  - [/a:out_1/, b:in]\n",
          "add a:out_1 -> b:in\n"
          "add a:out_1 -> b:in: (1)\n");
    /* a regex is of the whole name, whatever colons a port has in its own */
    check(">a:x:out\n>a:out\n>b:out:y\n<m:in\n",
          "connect:\n  - ['/.*:out/', m]\n",
          "add a:out -> m:in\nadd a:x:out -> m:in\n");
    check(">a.b:x\n>aXb:x\n<b:in\n", "connect:\n  - [a.b, b]\n",
          "add a.b:x -> b:in\n");
}

static void test_aliases_are_for_exact_names(void **state)
{
    (void)state;
    const char *const graph = ">system:capture_1\n@alsa:hw:0,0\n@mic\n#Mic\n"
                              "<system:playback_1\n@alsa:hw:0,0\n"
                              ">b:x\n@c:y\n>c:y\n";

    check(graph,
          "connect:\n"
          "  - ['alsa:hw:0,0', system:playback_1]\n"
          "  - [c:y, system:playback_1]\n"
          "  - [/alsa:.*/, system]\n"
          "  - ['Mic', system]\n"
          "  - ['alsa', system]\n",
          "add c:y -> system:playback_1\n"
          "add system:capture_1 -> system:playback_1\n"
          "waiting /alsa:.*/ -> system:playback_1: /alsa:.*/\n"
          "waiting Mic -> system:playback_1: Mic\n"
          "waiting alsa -> system:playback_1: alsa\n");
}

static void test_clients_are_joined_in_order_and_by_type(void **state)
{
    (void)state;
    check(">s:midi_out!\n>s:out_10\n>s:out_2\n>s:send!\n<s:in\n"
          "<m:in_1\n<m:in_2\n<m:in_3\n<m:midi!\n>m:out\n",
          "connect:\n  - [s, m]\n",
          "add s:midi_out -> m:midi\n"
          "add s:out_2 -> m:in_1\n"
          "add s:out_10 -> m:in_2\n"
          "add s:send -> m:midi\n");
    check(">s:a\n>s:b\n>s:c!\n<m:a\n<m:b\n<m:c!\n",
          "connect:\n  - {from: s, to: m, type: midi}\n", "add s:c -> m:c\n");
    check(">s:a\n>s:b\n>s:c!\n<m:a\n<m:b\n<m:c!\n",
          "connect:\n  - {from: s, to: m, type: audio}\n",
          "add s:a -> m:a\nadd s:b -> m:b\n");
}

static void test_fans(void **state)
{
    (void)state;
    const char *const mono = ">s:o\n<m:in_L\n<m:in_R\n";
    const char *const stereo = ">s:o_1\n>s:o_2\n<m:in_L\n<m:in_R\n";

    check(mono, "connect:\n  - [s, m]\n",
          "add s:o -> m:in_L\nadd s:o -> m:in_R\n");
    check(mono, "connect:\n  - {from: s, to: m, fan: order}\n",
          "add s:o -> m:in_L\n");
    check(stereo, "connect:\n  - [s, '/m:in_L/']\n",
          "add s:o_1 -> m:in_L\nadd s:o_2 -> m:in_L\n");
    check(stereo, "connect:\n  - {from: s, to: m, fan: all}\n",
          "add s:o_1 -> m:in_L\nadd s:o_1 -> m:in_R\n"
          "add s:o_2 -> m:in_L\nadd s:o_2 -> m:in_R\n");
    check(">s:1\n>s:2\n>s:3\n>s:4\n<m:L\n<m:R\n", "connect:\n  - [s, m]\n",
          "add s:1 -> m:L\nadd s:2 -> m:R\n");
}

/* Who else is there changes nothing for a client. */
static void test_each_client_is_joined_for_itself(void **state)
{
    (void)state;
    check(">s1:L\n>s1:R\n>s2:L\n>s2:R\n>s3:mono\n<m:L\n<m:R\n",
          "connect:\n  - ['/s.:.*/', '/m:[LR]/']\n",
          "add s1:L -> m:L\nadd s1:R -> m:R\n"
          "add s2:L -> m:L\nadd s2:R -> m:R\n"
          "add s3:mono -> m:L\nadd s3:mono -> m:R\n");
    check(">s:L\n>s:R\n<m:L\n<m:R\n<n:L\n<n:R\n", "connect:\n  - [s, /./]\n",
          "add s:L -> m:L\nadd s:L -> n:L\n"
          "add s:R -> m:R\nadd s:R -> n:R\n");
}

static void test_a_client_is_joined_with_itself_only_where_said(void **state)
{
    (void)state;
    const char *const graph = ">a:out\n<a:in\n>b:out\n<b:in\n";

    check(graph, "connect:\n  - ['/.*/', '/.*/']\n",
          "add a:out -> b:in\nadd b:out -> a:in\n");
    check(graph, "connect:\n  - ['/.*:out/', a:in]\n", "add b:out -> a:in\n");
    check(graph, "connect:\n  - [a, '/.*:in/']\n", "add a:out -> b:in\n");
    check(graph, "connect:\n  - [a, a]\n  - [b:out, b:in]\n",
          "add a:out -> a:in\nadd b:out -> b:in\n");
    check(graph, "connect:\n  - ['/(.):out/', '\\1:in']\n",
          "add a:out -> a:in\nadd b:out -> b:in\n");
    check(graph, "connect:\n  - ['/.:(o)ut/', 'a:in']\n",
          "add b:out -> a:in\n");
    check(">a:i\n<a:i2\n>b:i\n", "connect:\n  - ['/.:(i)/', 'a:\\12']\n",
          "add b:i -> a:i2\n");
    check(">a:out\n<a:in\n", "connect:\n  - ['/.*/', a]\n  - [a, '/.*/']\n",
          "waiting a:out -> a:in: /.*/\n");
}

static void test_groups(void **state)
{
    (void)state;
    check(">system:capture_1\n>system:capture_2\n>system:capture_10\n"
          "<mixer:in_1\n<mixer:in_10\n<mixer:in_100\n",
          "connect:\n  - ['/system:capture_([0-9]+)/', 'mixer:in_\\1']\n",
          "add system:capture_1 -> mixer:in_1\n"
          "add system:capture_10 -> mixer:in_10\n"
          "waiting system:capture_2 -> mixer:in_2: mixer:in_2\n");
    /* ports that come out alike are one side, and a name is taken literally */
    check(">a.b:out_1\n>a.b:out_2\n>(c:out_1\n>(c:out_2\n"
          "<a.b-fx:L\n<a.b-fx:R\n<aXb-fx:L\n<(c-fx:L\n",
          "connect:\n  - ['/(.*):out_./', '/\\1-fx:[LR]/']\n",
          "add (c:out_1 -> (c-fx:L\n"
          "add (c:out_2 -> (c-fx:L\n"
          "add a.b:out_1 -> a.b-fx:L\n"
          "add a.b:out_2 -> a.b-fx:R\n");
    check(">s:L\n>s:R\n>t:L\n>t:R\n<s fx:1\n<s fx:2\n",
          "connect:\n  - ['/(.)/', '\\1 fx']\n",
          "add s:L -> s fx:1\nadd s:R -> s fx:2\n"
          "waiting t -> t fx: t fx\n");
    check(">s:L\n<m:in\n", "connect:\n  - ['/s:(x?)L/', '\\1']\n",
          "waiting s:L -> \\1: \\1\n");
    check("", "connect:\n  - ['/s:(.)/', 'm:\\1']\n",
          "waiting /s:(.)/ -> m:\\1: /s:(.)/\n");
}

static void test_says_who_is_missing(void **state)
{
    (void)state;
    const char *const graph = ">a:L\n>a:R\n<m:audio\n<n:midi!\n<n:in\n>o:m!\n";

    check(graph,
          "connect:\n"
          "  - [a, gone]\n"            /* a client */
          "  - [a, gone:in]\n"         /* even where a port is named */
          "  - [a, m:other]\n"         /* the port, where the client is there */
          "  - [gone, also-gone]\n"    /* the first of two */
          "  - ['/a:.*/', '/z:.*/']\n" /* a regex as it is written */
          "  - [m, a]\n"               /* there, but */
          "  - [o, m]\n"
          "  - [o:m, m:audio]\n"
          "  - [m:audio, a:L]\n"
          "  - {from: a, to: n:midi, type: midi}\n",
          "waiting /a:.*/ -> /z:.*/: /z:.*/\n"
          "waiting a -> gone: gone\n"
          "waiting a -> gone:in: gone\n"
          "waiting a -> m:other: m:other\n"
          "waiting a -> n:midi: a MIDI output of a\n"
          "waiting gone -> also-gone: gone\n"
          "waiting m -> a: an output of m\n"
          "waiting m:audio -> a:L: an output called m:audio\n"
          "waiting o:m -> m:audio: a MIDI input of m\n");
    check(graph, "connect:\n  - [o:m, m:audio]\n  - [a:L, n:midi]\n",
          "waiting a:L -> n:midi: an audio input called n:midi\n"
          "waiting o:m -> m:audio: a MIDI input called m:audio\n");
}

static void test_exclusive_at_three_scopes(void **state)
{
    (void)state;
    const char *const graph = ">a:1\n>a:2\n>b:1\n<m:1\n<m:2\n<n:1\n"
                              "-a:1|n:1\n-a:2|n:1\n-b:1|m:1\n-b:1|m:2\n"
                              "-a:2|m:2\n";

    check(graph, "connect:\n  - {from: a:1, to: m:1, exclusive: true}\n",
          "add a:1 -> m:1\n"
          "remove a:1 -> n:1\n"
          "remove b:1 -> m:1\n"
          "foreign a:2 -> m:2\n"
          "foreign a:2 -> n:1\n"
          "foreign b:1 -> m:2\n");
    /* what another rule wants is not in the way */
    check(graph,
          "connect:\n  - {from: a:1, to: m:1, exclusive: true}\n"
          "  - [b:1, m:1]\n",
          "present b:1 -> m:1\n"
          "add a:1 -> m:1\n"
          "remove a:1 -> n:1\n"
          "foreign a:2 -> m:2\n"
          "foreign a:2 -> n:1\n"
          "foreign b:1 -> m:2\n");
    check(graph, "connect:\n  - [a:1, m:1]\nexclusive: [m]\n",
          "add a:1 -> m:1\n"
          "remove a:2 -> m:2\n"
          "remove b:1 -> m:1\n"
          "remove b:1 -> m:2\n"
          "foreign a:1 -> n:1\n"
          "foreign a:2 -> n:1\n");
    check(graph, "connect:\n  - [a:1, m:1]\nexclusive: ['/[bn]/']\n",
          "add a:1 -> m:1\n"
          "remove a:1 -> n:1\n"
          "remove a:2 -> n:1\n"
          "remove b:1 -> m:1\n"
          "remove b:1 -> m:2\n"
          "foreign a:2 -> m:2\n");
    check(graph, "connect:\n  - [a:1, n:1]\nexclusive: graph\n",
          "present a:1 -> n:1\n"
          "remove a:2 -> m:2\n"
          "remove a:2 -> n:1\n"
          "remove b:1 -> m:1\n"
          "remove b:1 -> m:2\n");
    /* its ports are kept free while it waits, too */
    check(graph, "connect:\n  - {from: gone, to: m:1, exclusive: true}\n",
          "remove b:1 -> m:1\n"
          "waiting gone -> m:1: gone\n"
          "foreign a:1 -> n:1\n"
          "foreign a:2 -> m:2\n"
          "foreign a:2 -> n:1\n"
          "foreign b:1 -> m:2\n");
}

static void test_a_fallback_yields(void **state)
{
    (void)state;
    const char *const yaml =
        "connect:\n"
        "  - {from: '/s.:.*/', to: system, fallback: true}\n"
        "  - [s1, phones]\n"
        "  - {from: '/s.:.*/', to: tv, fallback: true}\n";
#define SYNTHS ">s1:L\n>s1:R\n>s2:L\n>s2:R\n"

    check(SYNTHS SYSTEM, yaml,
          "add s1:L -> system:playback_1\nadd s1:R -> system:playback_2\n"
          "add s2:L -> system:playback_1\nadd s2:R -> system:playback_2\n"
          "waiting /s.:.*/ -> tv: tv\n"
          "waiting s1 -> phones: phones\n");
    /* output for output, though pairs are counted by all */
    check(SYNTHS SYSTEM "<phones:R\n-s1:L|system:playback_1\n",
          "connect:\n  - {from: '/s1/', to: system, fallback: true}\n"
          "  - [s1:L, phones]\n",
          "add s1:L -> phones:R\nadd s1:R -> system:playback_2\n"
          "remove s1:L -> system:playback_1\n");
    /* what was pulled has the output still */
    pulled_add(pulled, "s1:L", "phones:L");
    check(SYNTHS SYSTEM "<phones:L\n<phones:R\n<tv:in\n", yaml,
          "add s1:R -> phones:R\n"
          "add s2:L -> system:playback_1\nadd s2:R -> system:playback_2\n"
          "pulled s1:L -> phones:L\n");
    /* the second where there is nothing of the first */
    check(SYNTHS "<tv:in\n", yaml,
          "add s1:L -> tv:in\nadd s1:R -> tv:in\n"
          "add s2:L -> tv:in\nadd s2:R -> tv:in\n"
          "waiting /s.:.*/ -> system: system\n"
          "waiting s1 -> phones: phones\n");
    /* an exclusive one keeps its outputs free only while it has them */
    check(">s:L\n<a:in\n<b:in\n<c:in\n-s:L|c:in\n",
          "connect:\n  - [s, a]\n"
          "  - {from: s, to: b, fallback: true, exclusive: true}\n",
          "add s:L -> a:in\nforeign s:L -> c:in\n");
}

static void test_what_was_pulled_stays_out(void **state)
{
    (void)state;
    const char *const graph = ">a:1\n<b:1\n";

    pulled_add(pulled, "a:1", "b:1");
    check(graph, "connect:\n  - [a, b]\n", "pulled a:1 -> b:1\n");
    check(graph, "connect:\n  - {from: a, to: b, enforce: true}\n",
          "add a:1 -> b:1\n");
    /* whichever of the rules it is that insists */
    check(graph, "connect:\n  - [a, b]\n  - {from: a, to: b, enforce: true}\n",
          "add a:1 -> b:1\n");
    assert_int_equal(plan->cable[0].rule->line, 2);
    /* and made again by hand it is there */
    check(">a:1\n<b:1\n-a:1|b:1\n", "connect:\n  - [a, b]\n",
          "present a:1 -> b:1\n");
    check(">a:1\n<b:1\n-a:1|b:1\n", "connect: []\n", "foreign a:1 -> b:1\n");
}

static void test_pulled_is_a_set(void **state)
{
    (void)state;
    char name[16], other[16];

    assert_false(pulled_has(pulled, "a", "b"));
    pulled_remove(pulled, "a", "b");
    for (int i = 0; i < 300; i++) {
        int k = i * 77 % 100; /* each three times, in disorder */
        snprintf(name, sizeof(name), "p:%d", k);
        snprintf(other, sizeof(other), "q:%d", k % 7);
        assert_int_equal(pulled_add(pulled, name, other), 0);
    }
    assert_true(pulled_has(pulled, "p:99", "q:1"));
    assert_false(pulled_has(pulled, "p:99", "q:2"));
    pulled_remove(pulled, "p:99", "q:1"); /* once is enough */
    assert_false(pulled_has(pulled, "p:99", "q:1"));
    assert_true(pulled_has(pulled, "p:98", "q:0"));
    assert_true(pulled_has(pulled, "p:0", "q:0"));
    pulled_clear(pulled);
    assert_false(pulled_has(pulled, "p:0", "q:0"));
    assert_int_equal(pulled_add(pulled, "p:0", "q:0"), 0);
    assert_true(pulled_has(pulled, "p:0", "q:0"));
}

static void test_states_have_words(void **state)
{
    (void)state;
    assert_string_equal(plan_state_word(PLAN_PRESENT), "present");
    assert_string_equal(plan_state_word(PLAN_WAITING), "waiting for");
    assert_string_equal(plan_state_word(PLAN_FOREIGN), "foreign");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_state),
        TEST(test_names_are_exact),
        TEST(test_aliases_are_for_exact_names),
        TEST(test_clients_are_joined_in_order_and_by_type),
        TEST(test_fans),
        TEST(test_each_client_is_joined_for_itself),
        TEST(test_a_client_is_joined_with_itself_only_where_said),
        TEST(test_groups),
        TEST(test_says_who_is_missing),
        TEST(test_exclusive_at_three_scopes),
        TEST(test_a_fallback_yields),
        TEST(test_what_was_pulled_stays_out),
        TEST(test_pulled_is_a_set),
        TEST(test_states_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
