// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Plans of random graphs beside an oracle: the same from the header's words,
 * the slow way: every output with every input, asked of each rule, with regexes
 * anchored by ^( and )$ and groups one further. It knows nothing of runs,
 * caches, sorting and merging.
 */
#include "tests/unit/graph/plan_rig.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_random_plans_are_what_an_oracle_says),
        TEST(test_one_pass_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
