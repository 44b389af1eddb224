// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Graphs are written line by line: >name an output, <name an input, with ! for
 * MIDI after it; @alias, #pretty name of the last one; -from|to a cable. Plans
 * are compared as text.
 * One test at a time: what they work on is here.
 */
#ifndef TESTS_UNIT_GRAPH_PLAN_RIG_H
#define TESTS_UNIT_GRAPH_PLAN_RIG_H

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

static inline int setup(void **state)
{
    (void)state;
    return pulled_new(&pulled);
}

static inline int teardown(void **state)
{
    (void)state;
    plan_free(&plan);
    jgraph_free(&g);
    rules_free(&rules);
    pulled_free(&pulled);
    return 0;
}

static inline struct jgraph *graph_of(const char *text)
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

static inline void read_rules(const char *text)
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

static inline char *plan_text(const struct plan *p)
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

static inline void make(void)
{
    plan_free(&plan);
    assert_int_equal(plan_make(&plan, g, rules, pulled), 0);
}

static inline void is_plan(const char *expected)
{
    char *text;

    make();
    text = plan_text(plan);
    assert_string_equal(text, expected);
    free(text);
}

/* A graph, rules, and their plan. */
static inline void check(const char *graph, const char *yaml,
                         const char *expected)
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
