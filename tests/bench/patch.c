// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How long a plan takes: 100 clients with 1,000 ports and 1,000 cables, by
 * rules that are exact, of clients, regexes, regexes with groups, and all of
 * them together. Each half of the cables is missing, and as many are foreign.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/plan.h"

#define CLIENTS 100
#define OUTS    5 /* and as many inputs */

struct row {
    const char *name;
    int (*add)(struct rules *r);
};

static int add(struct rules *r, const char *from, const char *to, bool more)
{
    struct rules_text t = {.from = from,
                           .to = to,
                           .fallback = more && r->n % 5 == 0,
                           .exclusive = more && r->n % 7 == 0};
    char err[CONF_ERROR_MAX];
    int e = rules_add(r, &t, err, sizeof(err));

    if (e < 0)
        fprintf(stderr, "bench_patch: %s\n", err);
    return e;
}

/* Calls with two names for each i: "client-I:PORT" by printf forms. */
static int add_each(struct rules *r, int n, const char *from, const char *to,
                    bool more)
{
    char a[128], b[128];
    int e = 0;

    for (int i = 0; i < n && e == 0; i++) {
        snprintf(a, sizeof(a), from, i % CLIENTS, i / CLIENTS + 1);
        snprintf(b, sizeof(b), to, (i + 1) % CLIENTS, i / CLIENTS + 1);
        e = add(r, a, b, more);
    }
    return e;
}

static int add_exact(struct rules *r)
{
    return add_each(r, CLIENTS * OUTS, "client-%d:out_%d", "client-%d:in_%d",
                    false);
}

static int add_clients(struct rules *r)
{
    return add_each(r, CLIENTS, "client-%d", "client-%d", true);
}

/* Most people write the client's name, and a regex for its ports. */
static int add_regexes(struct rules *r)
{
    return add_each(r, 200, "/client-%d:out_[0-%d]/", "/client-%d:in_[%d-9]/",
                    false);
}

/* The worst: each is asked of all ports. */
static int add_open_regexes(struct rules *r)
{
    return add_each(r, 200, "/.*(t-%d|x)+:out_%d.*/", "/.*(t-%d|x)+:in_%d.*/",
                    false);
}

static int add_groups(struct rules *r)
{
    int e = 0;

    for (int i = 0; i < 20 && e == 0; i++) {
        char from[64], to[64];
        snprintf(from, sizeof(from), "/client-%d(.):out_(.)/", i % 10);
        snprintf(to, sizeof(to),
                 i % 2 ? "client-%d\\1:in_\\2" : "/client-%d\\1:in_\\2/",
                 i % 3);
        e = add(r, from, to, true);
    }
    return e;
}

static int add_all(struct rules *r)
{
    int e = add_exact(r);

    if (!e)
        e = add_clients(r);
    if (!e)
        e = add_regexes(r);
    return e ? e : add_groups(r);
}

static const struct row rows[] = {
    {"500 cables, exact", add_exact},
    {"100 clients", add_clients},
    {"200 regexes of a client's ports", add_regexes},
    {"200 regexes of all ports", add_open_regexes},
    {"20 regexes with groups", add_groups},
    {"820 of all of these but the open ones", add_all},
};

static int make_graph(struct jgraph **out)
{
    char name[64], to[64];
    int e = jgraph_new(out);

    for (int i = 0; i < CLIENTS * OUTS * 2 && e == 0; i++) {
        int client = i % CLIENTS, port = i / CLIENTS;
        struct jgraph_port p = {
            .name = name, .output = port < OUTS, .order = INT64_MAX};
        snprintf(name, sizeof(name), "client-%d:%s_%d", client,
                 p.output ? "out" : "in", port % OUTS + 1);
        e = jgraph_add_port(*out, &p, NULL);
    }
    /* half are what the exact rules want */
    for (int i = 0; i < CLIENTS * OUTS * 2 && e == 0; i++) {
        int client = i % CLIENTS, port = i / CLIENTS % OUTS + 1;
        snprintf(name, sizeof(name), "client-%d:out_%d", client, port);
        snprintf(to, sizeof(to), "client-%d:in_%d",
                 (client + (i < CLIENTS * OUTS ? 1 + i % 2 : 7)) % CLIENTS,
                 port);
        e = jgraph_add_link(*out, name, to);
    }
    return e ? e : jgraph_settle(*out);
}

/* ns of this thread: what a plan takes where nothing else runs. */
static int64_t cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int measure(const struct row *row, uint32_t plans)
{
    int64_t *ns = calloc(plans, sizeof(*ns)),
            *cpu = calloc(plans, sizeof(*cpu));
    struct rules *rules = NULL;
    struct plan *plan = NULL;
    struct jgraph *g = NULL;
    int e = ns && cpu ? make_graph(&g) : -ENOMEM;

    if (!e)
        e = rules_new(&rules);
    if (!e)
        e = row->add(rules);
    for (uint32_t i = 0; i < plans && e == 0; i++) {
        plan_free(&plan);
        ns[i] = clock_now();
        cpu[i] = cpu_now();
        e = plan_make(&plan, g, rules, NULL);
        cpu[i] = cpu_now() - cpu[i];
        ns[i] = clock_now() - ns[i];
    }
    if (!e) {
        qsort(ns, plans, sizeof(*ns), by_size);
        qsort(cpu, plans, sizeof(*cpu), by_size);
        printf("%-38s %7.3f %7.3f %7.3f %7u %7u %7u %7u\n", row->name,
               (double)ns[plans / 2] / 1e6, (double)cpu[plans / 2] / 1e6,
               (double)ns[plans - 1] / 1e6, plan->count[PLAN_PRESENT],
               plan->count[PLAN_ADD], plan->count[PLAN_WAITING],
               plan->count[PLAN_FOREIGN] + plan->count[PLAN_REMOVE]);
        fflush(stdout);
    }
    plan_free(&plan);
    rules_free(&rules);
    jgraph_free(&g);
    free(cpu);
    free(ns);
    return e;
}

int main(int argc, char **argv)
{
    uint32_t plans = 100;
    struct cli_option options[] = {
        {"plans", CLI_UINT, &plans, "N", "how many of each (100)", .min = 1,
         .max = 100000},
        {NULL},
    };
    struct cli_program p = {
        .name = "bench_patch",
        .summary = "how long a patchbay's plan takes",
        .usage = "[OPTIONS]",
        .options = options,
    };
    int r = cli_parse(&p, argc, argv);

    if (r <= 0)
        return r < 0 ? EXIT_USAGE : EXIT_OK;
    printf("%d clients, %d ports, %d cables; %u plans of each: median, "
           "median of CPU time, the longest\n\n",
           CLIENTS, CLIENTS * OUTS * 2, CLIENTS * OUTS * 2, plans);
    printf("%-38s %7s %7s %7s %7s %7s %7s %7s\n", "rules", "ms", "CPU", "max",
           "present", "add", "waiting", "foreign");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        r = measure(&rows[i], plans);
        if (r < 0) {
            fprintf(stderr, "bench_patch: %s\n", strerror(-r));
            return EXIT_RUNNING;
        }
    }
    cli_fini(&p);
    return EXIT_OK;
}
