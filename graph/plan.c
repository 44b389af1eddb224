// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Each rule says which pairs of ports it wants. Those, sorted, go along with
 * the links, which are sorted the same, and what is only here, only there or in
 * both is the plan.
 */
#include "graph/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/plan_priv.h"

const char *plan_state_word(enum plan_state s)
{
    static const char *const words[] = {"present",        "to add",
                                        "to remove",      "waiting for",
                                        "pulled by hand", "foreign"};
    return words[s];
}

void plan_free(struct plan **p)
{
    struct whole_plan *w = (struct whole_plan *)*p;

    if (!w)
        return;
    texts_fini(&w->texts);
    free(w->plan.cable);
    free(w);
    *p = NULL;
}

int plan_add(struct maker *m, struct plan_cable c)
{
    if (m->n == m->room) {
        uint32_t room = m->room ? 2 * m->room : 256;
        struct plan_cable *more = realloc(m->cable, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        m->cable = more;
        m->room = room;
    }
    m->cable[m->n++] = c;
    return 0;
}

/* ---- beside what is there ----------------------------------------------- */

static int compare_wants(const void *pa, const void *pb)
{
    const struct want *a = pa, *b = pb;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    if (a->yields != b->yields)
        return a->yields ? 1 : -1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

/* n wants of one pair, the first of which counts; n 0: nobody's. */
static int add_pair(struct maker *m, uint32_t from, uint32_t to, bool there,
                    const struct want *w, uint32_t n)
{
    struct plan_cable c = {.from = jgraph_port(m->g, from)->name,
                           .to = jgraph_port(m->g, to)->name};
    bool enforce = false;

    if (n == 0 || w->yields) {
        if (!there)
            return 0;
        c.state = n > 0 || m->rules->all_alone || m->alone[from] || m->alone[to]
                      ? PLAN_REMOVE
                      : PLAN_FOREIGN;
        return plan_add(m, c);
    }
    for (uint32_t i = 0; i < n; i++)
        enforce =
            enforce || (!w[i].yields && m->rules->rule[w[i].rule].enforce);
    c.rule = &m->rules->rule[w->rule];
    if (there)
        c.state = PLAN_PRESENT;
    else if (!enforce && m->pulled && pulled_has(m->pulled, c.from, c.to))
        c.state = PLAN_PULLED;
    else
        c.state = PLAN_ADD;
    return plan_add(m, c);
}

static int order(const struct jgraph_link *l, const struct want *w)
{
    if (l->from != w->from)
        return l->from < w->from ? -1 : 1;
    return (l->to > w->to) - (l->to < w->to);
}

/* How many wants from i on are of the same pair. */
static uint32_t same_pair(const struct maker *m, uint32_t i)
{
    const struct want *w = &m->want[i];
    uint32_t n = 1;

    while (i + n < m->n_wants && w[n].from == w->from && w[n].to == w->to)
        n++;
    return n;
}

static int compare(struct maker *m)
{
    const struct jgraph_link *link = jgraph_links(m->g);
    uint32_t n_links = jgraph_n_links(m->g), l = 0, w = 0, n;
    int r = 0;

    if (m->n_wants > 0)
        qsort(m->want, m->n_wants, sizeof(*m->want), compare_wants);
    while (r == 0 && (l < n_links || w < m->n_wants)) {
        int side = w == m->n_wants ? -1
                   : l == n_links  ? 1
                                   : order(&link[l], &m->want[w]);
        if (side < 0) {
            r = add_pair(m, link[l].from, link[l].to, true, NULL, 0);
            l++;
            continue;
        }
        n = same_pair(m, w);
        r = add_pair(m, m->want[w].from, m->want[w].to, side == 0, &m->want[w],
                     n);
        l += side == 0;
        w += n;
    }
    return r;
}

static int compare_waiting(const void *pa, const void *pb)
{
    const struct plan_cable *a = pa, *b = pb;
    int r = names_compare(a->from, b->from);

    if (r == 0)
        r = names_compare(a->to, b->to);
    if (r == 0) /* of two rules the first */
        r = (a->rule > b->rule) - (a->rule < b->rule);
    return r;
}

/* What waits twice stands once. Returns how many are left. */
static uint32_t sort_waiting(struct plan_cable *c, uint32_t n)
{
    uint32_t left = 0;

    if (n > 0)
        qsort(c, n, sizeof(*c), compare_waiting);
    for (uint32_t i = 0; i < n; i++)
        if (left == 0 || strcmp(c[left - 1].from, c[i].from) != 0 ||
            strcmp(c[left - 1].to, c[i].to) != 0)
            c[left++] = c[i];
    return left;
}

/* Those that wait come before all others until now. */
static int sort_by_state(struct maker *m, uint32_t n_waiting)
{
    struct plan *p = &m->plan->plan;
    uint32_t left = sort_waiting(m->cable, n_waiting);

    p->cable = malloc((m->n + 1) * sizeof(*p->cable));
    if (!p->cable)
        return -ENOMEM;
    for (int s = 0; s <= PLAN_FOREIGN; s++)
        for (uint32_t i = 0; i < m->n; i++) {
            if (m->cable[i].state != (enum plan_state)s ||
                (s == PLAN_WAITING && i >= left))
                continue;
            p->cable[p->n++] = m->cable[i];
            p->count[s]++;
        }
    return 0;
}

int plan_make(struct plan **out, const struct jgraph *g, const struct rules *r,
              const struct pulled *pulled)
{
    uint32_t ports = jgraph_n_ports(g), n_waiting;
    struct maker m = {.g = g, .rules = r, .pulled = pulled};
    int err;

    *out = NULL;
    m.plan = calloc(1, sizeof(*m.plan));
    m.alone = calloc(ports + 1, sizeof(*m.alone));
    m.joined = calloc(ports + 1, sizeof(*m.joined));
    err = sides_init(&m.sides, g);
    if (!m.plan || !m.alone || !m.joined)
        err = -ENOMEM;
    if (err == 0)
        err = plan_want(&m);
    n_waiting = m.n;
    if (err == 0)
        err = compare(&m);
    if (err == 0)
        err = sort_by_state(&m, n_waiting);
    if (err == 0) {
        *out = &m.plan->plan;
        m.plan = NULL;
    }
    if (m.plan) {
        struct plan *half = &m.plan->plan;
        plan_free(&half);
    }
    sides_fini(&m.sides);
    free(m.cable);
    free(m.want);
    free(m.joined);
    free(m.alone);
    return err;
}
