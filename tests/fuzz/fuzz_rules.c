// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Files of rules as strangers write them: what is refused is said, what is
 * taken is written and read back the same, and has a plan.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/plan.h"
#include "graph/rules.h"
#include "tests/fuzz/fuzz.h"

static struct jgraph *make_graph(void)
{
    static const struct jgraph_port ports[] = {
        {.name = "system:capture_1", .output = true, .physical = true},
        {.name = "system:capture_2", .output = true, .alias = {"mic:1"}},
        {.name = "system:playback_1"},
        {.name = "mixer:in_1"},
        {.name = "mixer:in_2"},
        {.name = "mixer:out", .output = true},
        {.name = "a2j:Midi (1): x", .output = true, .midi = true},
        {.name = "syn\xc3\xbc:midi", .midi = true},
        {.name = "caf\xe9:out.[1]", .output = true},
    };
    struct jgraph *g;

    if (jgraph_new(&g) < 0)
        abort();
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        if (jgraph_add_port(g, &ports[i], NULL) < 0)
            abort();
    if (jgraph_add_link(g, "mixer:out", "system:playback_1") < 0 ||
        jgraph_settle(g) < 0)
        abort();
    return g;
}

static int read_rules(struct rules **out, const char *text, size_t size)
{
    const struct conf_node *root, *nodes[2] = {NULL, NULL};
    char err[CONF_ERROR_MAX] = "";
    struct conf *c;
    int r = conf_parse(&c, "rules", text, size, err);

    if (r == 0) {
        root = conf_root(c);
        for (uint32_t i = 0; i < conf_count(c, root); i++)
            if (strcmp(conf_key_at(c, root, i), "connect") == 0)
                nodes[0] = conf_at(c, root, i);
            else if (strcmp(conf_key_at(c, root, i), "exclusive") == 0)
                nodes[1] = conf_at(c, root, i);
        r = rules_read(out, c, nodes[0], nodes[1], err);
        conf_free(&c);
    }
    if ((r < 0) != (err[0] != '\0') || (r < 0 && r != -EINVAL))
        abort();
    return r;
}

static char *write_rules(const struct rules *r, size_t *size)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, size);

    if (!f || rules_write(r, f) < 0 || fclose(f) != 0)
        abort();
    return text;
}

static void check_written(const struct rules *r)
{
    struct rules *again;
    size_t size, size_again;
    char *text = write_rules(r, &size), *text_again;

    if (read_rules(&again, text, size) < 0)
        abort();
    text_again = write_rules(again, &size_again);
    if (size != size_again || memcmp(text, text_again, size) != 0 ||
        r->n != again->n || r->n_alone != again->n_alone)
        abort();
    for (uint32_t i = 0; i < r->n; i++)
        if (strcmp(r->rule[i].from.text, again->rule[i].from.text) != 0 ||
            strcmp(r->rule[i].to.text, again->rule[i].to.text) != 0)
            abort();
    rules_free(&again);
    free(text);
    free(text_again);
}

static void check_plan(const struct jgraph *g, const struct rules *r)
{
    struct plan *p;
    uint32_t n = 0;

    if (plan_make(&p, g, r, NULL) < 0)
        abort();
    for (int s = 0; s <= PLAN_FOREIGN; s++)
        for (uint32_t i = 0; i < p->count[s]; i++, n++)
            if (n >= p->n || p->cable[n].state != (enum plan_state)s)
                abort();
    if (n != p->n || p->count[PLAN_PRESENT] + p->count[PLAN_REMOVE] +
                             p->count[PLAN_FOREIGN] !=
                         jgraph_n_links(g))
        abort();
    plan_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jgraph *g = make_graph();
    struct rules *r;

    if (read_rules(&r, (const char *)data, size) == 0) {
        check_written(r);
        check_plan(g, r);
        rules_free(&r);
    }
    jgraph_free(&g);
    return 0;
}
