// SPDX-License-Identifier: GPL-3.0-or-later
/* What the desk is made of: the way upstream, what others tell, processes. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/clock.h"
#include "netsink/desk_priv.h"
#include "tests/unit/test.h"

/* ---- the graph ----------------------------------------------------------- */

static void add(struct jgraph *g, const char *name, bool output, bool midi)
{
    struct jgraph_port p = {.name = name, .output = output, .midi = midi};

    assert_int_equal(jgraph_add_port(g, &p, NULL), 0);
}

/* gen -> eq -> master <-> echo, master -> sink; far -> eq; a MIDI cable from
   keys to gen, and an eq that hears the sink's other output: a ring. */
static struct jgraph *studio(void)
{
    static const char *const out[] = {"gen:out",    "far:out",  "eq:out",
                                      "master:out", "echo:out", "other:out"};
    static const char *const in[] = {"eq:in", "master:in", "echo:in",
                                     "sink:in_L", "sink:in_R"};
    static const char *const link[][2] = {
        {"gen:out", "eq:in"},       {"far:out", "gen:audio"},
        {"eq:out", "master:in"},    {"echo:out", "master:in"},
        {"master:out", "echo:in"},  {"master:out", "sink:in_L"},
        {"keys:midi", "gen:notes"},
    };
    struct jgraph *g;

    assert_int_equal(jgraph_new(&g), 0);
    for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
        add(g, out[i], true, false);
    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
        add(g, in[i], false, false);
    add(g, "gen:audio", false, false);
    add(g, "gen:notes", false, true);
    add(g, "keys:midi", true, true);
    for (size_t i = 0; i < sizeof(link) / sizeof(link[0]); i++)
        assert_int_equal(jgraph_add_link(g, link[i][0], link[i][1]), 0);
    assert_int_equal(jgraph_settle(g), 0);
    return g;
}

static bool is_named(void *ctx, const char *client)
{
    return strstr(ctx, client) != NULL;
}

static void upstream(const struct jgraph *g, const char *port, char *which,
                     const char *want)
{
    char name[DESK_NAME_MAX] = "";
    uint32_t i = desk_graph_upstream(g, &port, 1, is_named, which);

    if (i != JGRAPH_NONE)
        desk_graph_client(g, i, name);
    assert_string_equal(name, want);
}

static void test_the_way_upstream(void **state)
{
    struct jgraph *g = studio();

    (void)state;
    upstream(g, "sink:in_L", "gen", "gen");
    upstream(g, "sink:in_L", "far", "far");
    upstream(g, "sink:in_L", "far gen", "gen"); /* the nearer */
    upstream(g, "sink:in_L", "master", "master");
    upstream(g, "sink:in_R", "gen", "");
    upstream(g, "sink:in_L", "other", "");
    upstream(g, "sink:in_L", "keys", ""); /* not by MIDI */
    upstream(g, "gone:in", "gen", "");
    jgraph_free(&g);
}

static void test_a_graph_as_json(void **state)
{
    struct jgraph *g;
    json_t *o, *clients, *port, *link;

    (void)state;
    o = desk_graph_json(NULL);
    assert_true(json_is_null(o));
    json_decref(o);
    assert_int_equal(jgraph_new(&g), 0);
    add(g, "a\x1b:out\xff", true, false);
    add(g, "b:in", false, false);
    assert_int_equal(jgraph_add_link(g, "a\x1b:out\xff", "b:in"), 0);
    assert_int_equal(jgraph_settle(g), 0);
    o = desk_graph_json(g);
    clients = json_object_get(o, "clients");
    assert_int_equal(json_array_size(clients), 2);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(clients, 0), "name")),
        "a?");
    port =
        json_array_get(json_object_get(json_array_get(clients, 0), "ports"), 0);
    assert_string_equal(json_string_value(json_object_get(port, "name")),
                        "out?");
    assert_true(json_is_true(json_object_get(port, "output")));
    assert_true(json_is_false(json_object_get(port, "midi")));
    link = json_array_get(json_object_get(o, "links"), 0);
    assert_string_equal(json_string_value(json_array_get(link, 0)), "a?:out?");
    assert_string_equal(json_string_value(json_array_get(link, 1)), "b:in");
    json_decref(o);
    jgraph_free(&g);
}

/* ---- what is told -------------------------------------------------------- */

static void test_what_is_told_is_bounded(void **state)
{
    json_t *deep = json_object(), *list = json_array(), *o, *x;
    int depth = 0;

    (void)state;
    for (int i = 0; i < 50; i++)
        deep = json_pack("{s:o}", "x", deep);
    for (int i = 0; i < 5000; i++)
        json_array_append_new(list, json_integer(i));
    o = json_pack("{s:o, s:o, s:s, s:f, s:b, s:n}", "deep", deep, "list", list,
                  "a\x07", "text\x1b[1m", "real", 1.5, "yes", 1, "nil");
    x = desk_clean(o);
    assert_true(json_array_size(json_object_get(x, "list")) <= 256);
    for (const json_t *at = json_object_get(x, "deep"); json_is_object(at);
         at = json_object_get(at, "x"))
        depth++;
    assert_in_range(depth, 3, 10);
    assert_string_equal(json_string_value(json_object_get(x, "a?")),
                        "text?[1m");
    assert_true(json_real_value(json_object_get(x, "real")) == 1.5);
    assert_true(json_is_true(json_object_get(x, "yes")));
    assert_true(json_is_null(json_object_get(x, "nil")));
    json_decref(x);
    json_decref(o);
}

static void test_answers_are_taken_in(void **state)
{
    struct desk_peer p = {.name = "gen"};
    struct log_tail *tail;
    struct log_line l = {0};
    json_t *levels = json_object();

    (void)state;
    assert_int_equal(log_tail_new(&tail, 10), 0);
    desk_peer_take(&p, "no JSON", DESK_ALL, tail);
    desk_peer_take(&p, "[1]", DESK_ALL, tail);
    assert_false(p.ours);
    desk_peer_take(&p,
                   "{\"program\": \"longwave-gen\", \"log\": [{\"n\": 3, "
                   "\"text\": \"three\"}, {\"n\": 4, \"text\": \"four\", "
                   "\"level\": \"error\"}, 7, {\"n\": -1}], "
                   "\"levels\": {\"mix_L\": [-3, -1], \"pad_L\": null}, "
                   "\"now\": {\"title\": \"Nave\"}}",
                   DESK_ALL, tail);
    assert_true(p.ours && p.answers && desk_peer_is_generator(&p));
    assert_null(json_object_get(p.told, "log"));
    assert_null(json_object_get(p.told, "levels"));
    assert_int_equal(p.line, 4);
    assert_true(log_tail_next(tail, 1, &l));
    assert_string_equal(l.text, "four");
    assert_string_equal(l.who, "gen");
    assert_int_equal(l.level, LOG_ERROR);
    /* again: nothing is new */
    desk_peer_take(&p, "{\"log\": [{\"n\": 4, \"text\": \"four\"}]}", DESK_ALL,
                   tail);
    assert_int_equal(log_tail_newest(tail), 2);
    /* parts of it leave the rest */
    desk_peer_take(&p, "{\"levels\": {\"mix_L\": [-6, -2]}}", DESK_LEVELS,
                   tail);
    desk_peer_put_levels(&p, levels);
    assert_int_equal(json_object_size(levels), 1);
    assert_true(json_integer_value(json_array_get(
                    json_object_get(levels, "gen:mix_L"), 0)) == -6);
    desk_peer_take(&p, "{\"now\": {\"title\": \"Lids\"}}", DESK_NOW, tail);
    assert_string_equal(json_string_value(json_object_get(p.now, "title")),
                        "Lids");
    json_decref(levels);
    log_tail_free(&tail);
    desk_peer_fini(&p);
}

static char *answer(void *ctx, const char *question)
{
    snprintf(ctx, TELL_QUESTION_MAX, "%s", question);
    return strdup("{\"program\": \"x\", \"log\": [{\"n\": 9, \"text\": "
                  "\"nine\"}]}");
}

/* By a clock of the test's: who doesn't answer is given up, and asked again
   after ever longer; who ends is another one when it comes back. */
static void test_a_peer_hangs_and_comes_back(void **state)
{
    struct desk_peer p = {.name = "gen"};
    char server[64], asked[TELL_QUESTION_MAX] = "";
    struct log_tail *tail;
    struct tell *t;
    int64_t now = NS_PER_S;

    (void)state;
    snprintf(server, sizeof(server), "desk parts %ld", (long)getpid());
    assert_int_equal(log_tail_new(&tail, 10), 0);
    desk_peer_ask(&p, server, DESK_LEVELS, now); /* nobody is there */
    assert_null(p.ask);
    assert_true(p.try_at > now);
    assert_int_equal(tell_open(&t, server, "gen"), 0);
    desk_peer_ask(&p, server, DESK_LEVELS, now); /* too early */
    assert_null(p.ask);
    now = p.try_at;
    desk_peer_ask(&p, server, DESK_LEVELS, now);
    assert_non_null(p.ask);
    tell_serve(t, answer, asked);
    assert_true(desk_peer_step(&p, tail, now));
    assert_string_equal(asked, "log 0"); /* who it is, first */
    assert_int_equal(p.pid, getpid());
    desk_peer_ask(&p, server, DESK_ALL, now);
    tell_serve(t, answer, asked);
    assert_true(desk_peer_step(&p, tail, now));
    assert_string_equal(asked, "log 9");

    desk_peer_ask(&p, server, DESK_LEVELS, now); /* it hangs now */
    assert_false(desk_peer_step(&p, tail, now + NS_PER_S));
    assert_true(p.answers && p.ask);
    now += 5 * NS_PER_S;
    assert_false(desk_peer_step(&p, tail, now));
    assert_null(p.ask);
    assert_false(p.answers);
    assert_true(p.ours && p.told); /* it is still that one */
    now = p.try_at;
    desk_peer_ask(&p, server, DESK_LEVELS, now);
    tell_serve(t, answer, asked);
    assert_true(desk_peer_step(&p, tail, now));
    assert_true(p.answers);

    desk_peer_ask(&p, server, DESK_ALL, now); /* it ends */
    tell_close(&t);
    assert_false(desk_peer_step(&p, tail, now));
    assert_null(p.told);
    assert_int_equal(p.line, 0);
    log_tail_free(&tail);
    desk_peer_fini(&p);
}

/* ---- processes ----------------------------------------------------------- */

/* Burns until it is killed, with a child that sleeps. */
static pid_t start_burner(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (fork() == 0)
            for (;;)
                pause();
        for (volatile int i = 0;; i++)
            ;
    }
    return pid;
}

static void test_processes(void **state)
{
    struct desk_procs p = {.n = 0};
    pid_t burner = start_burner();
    const struct desk_proc *x;
    int64_t now = 0;
    json_t *o;

    (void)state;
    assert_true(burner > 0);
    do { /* until it has a child, and a share */
        desk_procs_begin(&p);
        desk_procs_add(&p, burner, now += NS_PER_S);
        desk_procs_end(&p);
        x = desk_procs_find(&p, burner);
        assert_non_null(x);
    } while (p.n < 2 || !(x->share > 0));
    assert_int_equal(x->n_threads, 1);
    assert_true(x->rss > 0);
    assert_true(*x->name);
    assert_null(desk_procs_find(&p, 0));
    o = desk_procs_json(&p);
    assert_int_equal(json_array_size(o), 2);
    assert_true(json_number_value(
                    json_object_get(json_array_get(o, 0), "cpu_share")) >= 0);
    json_decref(o);
    kill(p.proc[1].pid, SIGKILL);
    kill(burner, SIGKILL);
    waitpid(burner, NULL, 0);
    desk_procs_begin(&p);
    desk_procs_add(&p, burner, now + NS_PER_S);
    desk_procs_end(&p);
    assert_int_equal(p.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_way_upstream),
        cmocka_unit_test(test_a_graph_as_json),
        cmocka_unit_test(test_what_is_told_is_bounded),
        cmocka_unit_test(test_answers_are_taken_in),
        cmocka_unit_test(test_a_peer_hangs_and_comes_back),
        cmocka_unit_test(test_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
