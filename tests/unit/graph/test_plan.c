// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Graphs are written line by line: >name an output, <name an input, with ! for
 * MIDI after it; @alias, #pretty name of the last one; -from|to a cable. Plans
 * are compared as text.
 */
#include "graph/plan.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

static struct jgraph *g;
static struct rules *rules;
static struct pulled *pulled;
static struct plan *plan;

static int setup(void **state)
{
    (void)state;
    return pulled_new(&pulled);
}

static int teardown(void **state)
{
    (void)state;
    plan_free(&plan);
    jgraph_free(&g);
    rules_free(&rules);
    pulled_free(&pulled);
    return 0;
}

static struct jgraph *graph_of(const char *text)
{
    char *copy = strdup(text), *at = copy, *line;
    struct jgraph_port p = {.name = NULL};
    struct jgraph *out;

    assert_int_equal(jgraph_new(&out), 0);
    do {
        line = strsep(&at, "\n");
        if (p.name && (!line || !strchr("@#", line[0]) || !line[0])) {
            assert_int_equal(jgraph_add_port(out, &p, NULL), 0);
            p.name = NULL;
        }
        if (line && (line[0] == '>' || line[0] == '<')) {
            char *mark = line + strlen(line) - 1;
            p = (struct jgraph_port){.name = line + 1,
                                     .output = line[0] == '>',
                                     .midi = *mark == '!',
                                     .order = INT64_MAX};
            if (p.midi)
                *mark = '\0';
        } else if (line && line[0] == '@') {
            p.alias[p.alias[0] != NULL] = line + 1;
        } else if (line && line[0] == '#') {
            p.pretty = line + 1;
        } else if (line && line[0] == '-') {
            char *to = strchr(line, '|');
            *to = '\0';
            assert_int_equal(jgraph_add_link(out, line + 1, to + 1), 0);
        }
    } while (line);
    free(copy);
    assert_int_equal(jgraph_settle(out), 0);
    return out;
}

static void read_rules(const char *text)
{
    char err[CONF_ERROR_MAX] = "";
    const struct conf_node *root, *nodes[2] = {NULL, NULL};
    struct conf *c;

    rules_free(&rules);
    if (conf_parse(&c, "test", text, strlen(text), err) < 0)
        fail_msg("%s", err);
    root = conf_root(c);
    for (uint32_t i = 0; i < conf_count(c, root); i++)
        nodes[strcmp(conf_key_at(c, root, i), "connect") != 0] =
            conf_at(c, root, i);
    if (rules_read(&rules, c, nodes[0], nodes[1], err) < 0)
        fail_msg("%s", err);
    conf_free(&c);
}

static char *plan_text(const struct plan *p)
{
    static const char *const words[] = {"present", "add",    "remove",
                                        "waiting", "pulled", "foreign"};
    uint32_t count[PLAN_FOREIGN + 1] = {0};
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    for (uint32_t i = 0; i < p->n; i++) {
        const struct plan_cable *c = &p->cable[i];
        count[c->state]++;
        fprintf(f, "%s %s -> %s", words[c->state], c->from, c->to);
        if (c->state == PLAN_WAITING)
            fprintf(f, ": %s", c->missing);
        else
            assert_null(c->missing);
        fputc('\n', f);
        assert_int_equal(c->rule != NULL,
                         c->state != PLAN_REMOVE && c->state != PLAN_FOREIGN);
    }
    assert_memory_equal(count, p->count, sizeof(count));
    fclose(f);
    return text;
}

static void make(void)
{
    plan_free(&plan);
    assert_int_equal(plan_make(&plan, g, rules, pulled), 0);
}

static void is_plan(const char *expected)
{
    char *text;

    make();
    text = plan_text(plan);
    assert_string_equal(text, expected);
    free(text);
}

/* A graph, rules, and their plan. */
static void check(const char *graph, const char *yaml, const char *expected)
{
    jgraph_free(&g);
    g = graph_of(graph);
    read_rules(yaml);
    is_plan(expected);
}

#define SYSTEM                                                   \
    ">system:capture_1\n>system:capture_2\n<system:playback_1\n" \
    "<system:playback_2\n"
#define MIXER "<mixer:in_1\n<mixer:in_2\n<mixer:in_10\n"

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

/* ---- an oracle ---------------------------------------------------------- */

/*
 * The same from the header's words, the slow way: every output with every
 * input, asked of each rule, with regexes anchored by ^( and )$ and groups one
 * further. It knows nothing of runs, caches, sorting and merging.
 */

#define PORTS_MAX 64
#define FILL_MAX  256

static uint32_t seed;

static uint32_t pick(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static bool regex_of(const char *pattern, const char *name, regmatch_t m[12])
{
    char anchored[2 * FILL_MAX];
    regex_t re;
    bool r;

    snprintf(anchored, sizeof(anchored), "^(%s)$", pattern);
    assert_int_equal(regcomp(&re, anchored, REG_EXTENDED), 0);
    r = regexec(&re, name, 12, m, 0) == 0;
    regfree(&re);
    return r;
}

/* What `text` is asked about: a port's or a client's name. */
static const char *asked(const char *pattern, const char *port, char *buf)
{
    snprintf(buf, FILL_MAX, "%s", port);
    if (!strchr(pattern, ':'))
        *strchr(buf, ':') = '\0';
    return buf;
}

static bool stands_for(const char *text, bool regex, uint32_t port)
{
    const struct jgraph_port *p = jgraph_port(g, port);
    char buf[FILL_MAX], pattern[FILL_MAX];
    regmatch_t m[12];

    if (!regex)
        return strcmp(text, asked(text, p->name, buf)) == 0 ||
               (strchr(text, ':') && p->alias[0] &&
                strcmp(text, p->alias[0]) == 0);
    snprintf(pattern, sizeof(pattern), "%.*s", (int)strlen(text) - 2, text + 1);
    return regex_of(pattern, asked(pattern, p->name, buf), m);
}

/* `to` for one output: as it is written, or with its groups filled. */
static void fill(const struct rule *r, uint32_t from, char out[FILL_MAX])
{
    char buf[FILL_MAX];
    const char *name = asked(r->from.name, jgraph_port(g, from)->name, buf);
    regmatch_t m[12];
    size_t n = 0;

    if (!r->to.groups) {
        strcpy(out, r->to.text);
        return;
    }
    assert_true(regex_of(r->from.name, name, m));
    for (const char *p = r->to.text; *p; p++) {
        int group = p[0] == '\\' && p[1] > '0' && p[1] <= '9' ? p[1] - '0' : 0;
        if (!group) {
            out[n++] = *p;
            continue;
        }
        p++;
        if (r->to.regex)
            out[n++] = '(';
        for (regoff_t i = m[group + 1].rm_so; i < m[group + 1].rm_eo; i++) {
            if (r->to.regex &&
                !strchr("abcdefghijklmnopqrstuvwxyz_0123456789", name[i]))
                out[n++] = '\\';
            out[n++] = name[i];
        }
        if (r->to.regex)
            out[n++] = ')';
    }
    out[n] = '\0';
}

static bool same_client(uint32_t a, uint32_t b)
{
    return jgraph_client_of(g, a) == jgraph_client_of(g, b);
}

static bool takes(const struct rule *r, uint32_t port)
{
    bool midi = jgraph_port(g, port)->midi;

    return r->type == RULES_BOTH || midi == (r->type == RULES_MIDI);
}

static bool is_from(const struct rule *r, uint32_t port)
{
    return jgraph_port(g, port)->output && takes(r, port) &&
           stands_for(r->from.text, r->from.regex, port);
}

static bool is_to(const struct rule *r, const char *filled, uint32_t port)
{
    return !jgraph_port(g, port)->output && takes(r, port) &&
           stands_for(filled, r->to.regex, port);
}

/* Whether a rule would join two ports, all other rules left aside. */
static bool pairs(const struct rule *r, uint32_t from, uint32_t to)
{
    const struct jgraph_port *a = jgraph_port(g, from);
    const struct jgraph_port *b = jgraph_port(g, to);
    uint32_t rank_a = 0, rank_b = 0, n_a = 0, n_b = 0;
    char filled[FILL_MAX], other[FILL_MAX];
    const char *group = strchr(r->to.text, '\\');
    const char *colon = strchr(r->to.text, ':');

    if (!a->output || b->output || a->midi != b->midi || !is_from(r, from))
        return false;
    fill(r, from, filled);
    if (!is_to(r, filled, to))
        return false;
    if (same_client(from, to) &&
        !(!r->to.regex &&
          (r->to.groups ? !colon || group < colon : !r->from.regex)))
        return false;
    for (uint32_t i = 0; i < jgraph_n_ports(g); i++) {
        if (jgraph_port(g, i)->midi != a->midi)
            continue;
        if (same_client(i, from) && is_from(r, i)) {
            fill(r, i, other);
            n_a += strcmp(other, filled) == 0;
            rank_a += strcmp(other, filled) == 0 && i < from;
        }
        if (same_client(i, to) && is_to(r, filled, i)) {
            n_b++;
            rank_b += i < to;
        }
    }
    return rank_a == rank_b || r->fan == RULES_FAN_ALL ||
           (r->fan == RULES_FAN_AUTO && (n_a == 1 || n_b == 1));
}

struct oracle {
    bool pairs[16][PORTS_MAX][PORTS_MAX]; /* of each rule */
    bool has[16][PORTS_MAX];              /* any, of an output */
    bool alone[PORTS_MAX];
};

/* Whether a fallback rule has to leave an output to another. */
static bool has_to_yield(const struct oracle *o, uint32_t rule, uint32_t from)
{
    if (!rules->rule[rule].fallback)
        return false;
    for (uint32_t i = 0; i < rules->n; i++)
        if (o->has[i][from] && (!rules->rule[i].fallback || i < rule))
            return true;
    return false;
}

static void ask_rule(struct oracle *o, uint32_t rule)
{
    const struct rule *r = &rules->rule[rule];
    uint32_t n = jgraph_n_ports(g);

    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < n; b++) {
            o->pairs[rule][a][b] = pairs(r, a, b);
            o->has[rule][a] = o->has[rule][a] || o->pairs[rule][a][b];
        }
}

static void ask_alone(struct oracle *o)
{
    uint32_t n = jgraph_n_ports(g);
    char filled[FILL_MAX];

    for (uint32_t i = 0; i < rules->n; i++) {
        const struct rule *r = &rules->rule[i];
        for (uint32_t a = 0; a < n && r->exclusive; a++) {
            if (is_from(r, a) && !has_to_yield(o, i, a))
                o->alone[a] = true;
            if (!r->to.groups && is_to(r, r->to.text, a))
                o->alone[a] = true;
            for (uint32_t b = 0; b < n && r->to.groups; b++) {
                /* whatever type an output has, it fills */
                if (!jgraph_port(g, b)->output ||
                    !stands_for(r->from.text, true, b))
                    continue;
                fill(r, b, filled);
                if (is_to(r, filled, a))
                    o->alone[a] = true;
            }
        }
    }
    for (uint32_t a = 0; a < n; a++) {
        o->alone[a] = o->alone[a] || rules->all_alone;
        for (uint32_t i = 0; i < rules->n_alone; i++)
            if (stands_for(rules->alone[i].text, rules->alone[i].regex, a))
                o->alone[a] = true;
    }
}

/* PLAN_WAITING: no cable at all. */
static enum plan_state ask(const struct oracle *o, uint32_t a, uint32_t b)
{
    const char *from = jgraph_port(g, a)->name, *to = jgraph_port(g, b)->name;
    bool wanted = false, enforce = false, yields = false;

    for (uint32_t i = 0; i < rules->n; i++) {
        bool yield = has_to_yield(o, i, a);
        if (!o->pairs[i][a][b])
            continue;
        yields = yields || yield;
        wanted = wanted || !yield;
        enforce = enforce || (!yield && rules->rule[i].enforce);
    }
    if (jgraph_linked(g, a, b))
        return wanted                                 ? PLAN_PRESENT
               : yields || o->alone[a] || o->alone[b] ? PLAN_REMOVE
                                                      : PLAN_FOREIGN;
    if (!wanted)
        return PLAN_WAITING;
    return pulled_has(pulled, from, to) && !enforce ? PLAN_PULLED : PLAN_ADD;
}

/* Rules that wait, of those without groups, whose ends are told apart. */
static bool waits(const struct oracle *o, uint32_t rule)
{
    for (uint32_t i = 0; i < jgraph_n_ports(g); i++)
        if (o->has[rule][i])
            return false;
    return true;
}

static bool plan_waits(const struct rule *r)
{
    for (uint32_t i = 0; i < plan->n; i++)
        if (plan->cable[i].state == PLAN_WAITING && plan->cable[i].rule == r)
            return true;
    return false;
}

static void plan_is_the_oracles(void)
{
    static struct oracle o;
    uint32_t at = 0, n = jgraph_n_ports(g);

    memset(&o, 0, sizeof(o));
    for (uint32_t i = 0; i < rules->n; i++)
        ask_rule(&o, i);
    ask_alone(&o);
    make();
    for (int s = 0; s <= PLAN_FOREIGN; s++) {
        if (s == PLAN_WAITING) {
            at += plan->count[s];
            continue;
        }
        for (uint32_t a = 0; a < n; a++)
            for (uint32_t b = 0; b < n; b++) {
                if (!jgraph_port(g, a)->output || jgraph_port(g, b)->output ||
                    ask(&o, a, b) != (enum plan_state)s)
                    continue;
                assert_true(at < plan->n);
                assert_int_equal(plan->cable[at].state, s);
                assert_string_equal(plan->cable[at].from,
                                    jgraph_port(g, a)->name);
                assert_string_equal(plan->cable[at].to,
                                    jgraph_port(g, b)->name);
                at++;
            }
    }
    assert_int_equal(at, plan->n);
    for (uint32_t i = 0; i < rules->n; i++) {
        const struct rule *r = &rules->rule[i];
        if (plan_waits(r))
            assert_true(r->to.groups || waits(&o, i));
        else if (waits(&o, i)) /* then the same waits for an earlier one */
            assert_true(plan->count[PLAN_WAITING] > 0);
    }
}

static void random_graph(void)
{
    static const char *const clients[] = {"a", "ab", "b (1)", "c.d", "m-fx"};
    static const char *const ports[] = {"in_1",  "in_2",   "in_10", "out_1",
                                        "out_2", "out_11", "x: y",  "L"};
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    struct jgraph *made;

    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 8; k++) {
            if (pick(5) < 2)
                continue;
            fprintf(f, "%c%s:%s%s\n", pick(4) == 0 ? "<>"[k < 3] : "<>"[k > 2],
                    clients[i], ports[k], pick(4) == 0 ? "!" : "");
            if (pick(6) == 0)
                fprintf(f, "@alias:%d%d\n", i, k);
        }
    fclose(f);
    made = graph_of(text);
    free(text);
    for (uint32_t i = 0; jgraph_n_ports(made) > 0 && i < 40; i++)
        (void)jgraph_add_link(
            made, jgraph_port(made, pick(jgraph_n_ports(made)))->name,
            jgraph_port(made, pick(jgraph_n_ports(made)))->name);
    assert_int_equal(jgraph_settle(made), 0);
    jgraph_free(&g);
    g = made;
}

static void random_rules(void)
{
    static const char *const from[] = {
        "a",           "ab",          "m-fx",
        "a:out_1",     "b (1):x: y",  "gone",
        "alias:03",    "/.*/",        "/a.?/",
        "/.*:out_.*/", "/(.*):(.*)/", "/(..?):out_([0-9])+/",
        "/(.*)/",      "/a|b.*/",     "/.*(c|a).*:(out|in)_(1)*/",
    };
    static const char *const to[] = {
        "b (1)",
        "c.d",
        "a",
        "ab:in_1",
        "m-fx:in_10",
        "gone:in",
        "alias:10",
        "/.*/",
        "/[ab].*/",
        "/.*:in_.*/",
        "/.*:(in_1|L)/",
        /* with groups, of a from that has them */
        "\\1",
        "\\1:in_1",
        "/\\1.*:in_.*/",
        "m-fx:in_\\1",
        "/.*[^:]:\\1/",
        "/.\\1?.*:(L|in_1)/",
    };
    const char *f;
    char err[CONF_ERROR_MAX];
    uint32_t n = 1 + pick(6);

    rules_free(&rules);
    assert_int_equal(rules_new(&rules), 0);
    while (rules->n < n) {
        struct rules_text t = {.fan = (enum rules_fan)pick(3),
                               .type = pick(2) ? RULES_BOTH
                                               : (enum rules_type)pick(3),
                               .exclusive = pick(5) == 0,
                               .fallback = pick(3) == 0,
                               .enforce = pick(4) == 0};
        t.from = f = from[pick(sizeof(from) / sizeof(from[0]))];
        t.to = to[pick(sizeof(to) / sizeof(to[0]))];
        if (strchr(t.to, '\\') && !strchr(f, '('))
            continue;
        if (strchr(t.to, '\\') && f[0] != '/')
            continue;
        assert_int_equal(rules_add(rules, &t, err, sizeof(err)), 0);
    }
    if (pick(4) == 0)
        rules_add_alone(rules, pick(2) ? "/a.*/" : "c.d", err, sizeof(err));
    if (pick(12) == 0)
        rules_add_alone(rules, "graph", err, sizeof(err));
}

static void test_random_plans_are_what_an_oracle_says(void **state)
{
    (void)state;
    uint64_t seen[PLAN_FOREIGN + 1] = {0};

    for (uint32_t i = 1; i <= 300; i++) {
        seed = i;
        random_graph();
        random_rules();
        pulled_clear(pulled);
        make();
        for (uint32_t k = 0; k < plan->n; k++)
            if (plan->cable[k].state == PLAN_ADD && pick(4) == 0)
                pulled_add(pulled, plan->cable[k].from, plan->cable[k].to);
        plan_is_the_oracles();
        for (int s = 0; s <= PLAN_FOREIGN; s++)
            seen[s] += plan->count[s];
    }
    for (int s = 0; s <= PLAN_FOREIGN; s++)
        assert_true(seen[s] > 100); /* there was something to compare */
}

/* What is done as it says is done: nothing remains. */
static void test_one_pass_is_enough(void **state)
{
    (void)state;
    for (uint32_t i = 1000; i < 1200; i++) {
        seed = i;
        random_graph();
        random_rules();
        make();
        struct jgraph *after;
        assert_int_equal(jgraph_new(&after), 0);
        for (uint32_t k = 0; k < jgraph_n_ports(g); k++)
            assert_int_equal(jgraph_add_port(after, jgraph_port(g, k), NULL),
                             0);
        for (uint32_t k = 0; k < plan->n; k++) {
            const struct plan_cable *c = &plan->cable[k];
            if (c->state == PLAN_PRESENT || c->state == PLAN_ADD ||
                c->state == PLAN_FOREIGN)
                assert_int_equal(jgraph_add_link(after, c->from, c->to), 0);
        }
        uint32_t foreign = plan->count[PLAN_FOREIGN];
        assert_int_equal(jgraph_settle(after), 0);
        plan_free(&plan);
        jgraph_free(&g);
        g = after;
        make();
        assert_int_equal(plan->count[PLAN_ADD], 0);
        assert_int_equal(plan->count[PLAN_REMOVE], 0);
        assert_int_equal(plan->count[PLAN_FOREIGN], foreign);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        TEST(test_random_plans_are_what_an_oracle_says),
        TEST(test_one_pass_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
