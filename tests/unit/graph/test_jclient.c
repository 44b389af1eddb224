// SPDX-License-Identifier: GPL-3.0-or-later
/* The client's life where libjack hangs: with a link of the test's own in place
   of jclient_link.c, and a JACK that the test moves. */
#include "graph/jclient.h"

#include <errno.h>
#include <jack/metadata.h>
#include <stdlib.h>
#include <string.h>

#include "graph/jclient_priv.h"
#include "graph/jkind.h"
#include "graph/threads.h"
#include "tests/unit/test.h"

#define LONG_NS (11 * NS_PER_S) /* nobody waits for that */

static struct {
    jack_nframes_t frame;
    bool pipewire, closes;
    uint32_t looks; /* at a port's connections */
    int64_t look_ns;
} world;

/* ---- JACK ---------------------------------------------------------------- */

bool jkind_is_pipewire(void)
{
    return world.pipewire;
}

jack_nframes_t jack_last_frame_time(const jack_client_t *jack)
{
    (void)jack;
    return world.frame;
}

char *jack_get_client_name(jack_client_t *jack)
{
    (void)jack;
    return "test";
}

const char **jack_port_get_connections(const jack_port_t *port)
{
    (void)port;
    world.looks++;
    clock_sleep(world.look_ns);
    return NULL;
}

/* ---- the link ------------------------------------------------------------ */

struct jclient_link *jclient_link_new(struct jclient *c)
{
    struct jclient_link *l = calloc(1, sizeof(*l));

    assert_non_null(l);
    assert_int_equal(
        ring_new(&l->notices, JCLIENT_NOTICES, sizeof(struct jclient_notice)),
        0);
    l->c = c;
    return l;
}

void jclient_link_free(struct jclient_link **l)
{
    ring_free(&(*l)->notices);
    free(*l);
    *l = NULL;
}

int jclient_link_open(struct jclient_link *l)
{
    l->jack = (jack_client_t *)&world;
    return 0;
}

void jclient_link_say(const struct jclient_link *l)
{
    (void)l;
}

int jclient_link_register(struct jclient_link *l, const struct log *log)
{
    (void)log;
    while (l->c->o.in && l->c->o.in[l->n_in].name)
        l->in[l->n_in++] = (jack_port_t *)&world;
    return 0;
}

int jclient_link_activate(struct jclient_link *l)
{
    (void)l;
    return 0;
}

int64_t jclient_link_gone(const struct jclient_link *l)
{
    return l->gone_at;
}

/* Nothing is under way but what a test says. */
void jclient_link_work(struct jclient_link *l, struct aside *a,
                       void (*work)(void *link))
{
    (void)l;
    (void)a;
    (void)work;
}

void jclient_link_leave(struct jclient_link *l)
{
    (void)l;
}

bool jclient_link_left(struct jclient_link *l)
{
    (void)l;
    return world.closes;
}

/* ---- tests --------------------------------------------------------------- */

static const struct jclient_port ports[] = {{"a", "A", "g"},
                                            {"b", NULL, NULL},
                                            {"c", NULL, NULL},
                                            {"d", "D", "g"},
                                            {NULL, NULL, NULL}};

/* In a server. */
static struct jclient *client(void)
{
    struct jclient *c;

    world.frame = 0;
    world.pipewire = false;
    world.closes = true;
    world.look_ns = 0;
    assert_int_equal(
        jclient_open(&c, &(struct jclient_opts){.name = "test", .in = ports}),
        0);
    assert_int_equal(jclient_activate(c), 0);
    return c;
}

/* A task that has not come back for so long. */
static void hang(struct jclient *c, int64_t ns)
{
    c->link->work.busy = true;
    c->link->work.since = clock_now() - ns;
}

/* Two seconds of ticks; moves: the server has cycles. */
static void go_on(struct jclient *c, bool moves)
{
    for (int i = 0; i < 20; i++) {
        world.frame += moves ? 256 : 0;
        c->watched_at -= JCLIENT_TICK;
        if (c->state == JCLIENT_IN || c->state == JCLIENT_ACTIVATING)
            jclient_tick(c);
    }
}

/* The task has come back, as its thread would leave it. */
static void end(struct jclient *c)
{
    if (c->link)
        c->link->work.busy = false;
    world.closes = true;
    jclient_close(&c);
}

static void test_a_hung_task_is_left_behind(void **state)
{
    struct jclient *c = client();

    (void)state;
    hang(c, NS_PER_S);
    go_on(c, true);
    assert_int_equal(c->state, JCLIENT_IN); /* it has time */
    c->unanswered = 0;
    hang(c, LONG_NS);
    go_on(c, true);
    assert_int_equal(c->state, JCLIENT_LEAVING);
    assert_false(jclient_alive(c));
    end(c);
}

static void test_a_server_that_stands_still_is_waited_for(void **state)
{
    struct jclient *c = client();

    (void)state;
    hang(c, LONG_NS);
    go_on(c, false);
    assert_int_equal(c->state, JCLIENT_IN);
    world.frame += 256; /* it moves again: the answer may be on its way */
    c->watched_at -= JCLIENT_TICK;
    jclient_tick(c);
    assert_int_equal(c->state, JCLIENT_IN);
    end(c);
}

static void test_a_hung_activation_is_left_behind(void **state)
{
    struct jclient *c = client();

    (void)state;
    c->state = JCLIENT_ACTIVATING;
    hang(c, LONG_NS);
    go_on(c, false);
    assert_int_equal(c->state, JCLIENT_ACTIVATING);
    go_on(c, true);
    assert_int_equal(c->state, JCLIENT_LEAVING);
    end(c);
}

static void test_on_pipewire_time_may_stand_still(void **state)
{
    struct jclient *c = client();

    (void)state;
    c->is_pipewire = true;
    hang(c, LONG_NS);
    go_on(c, false);
    assert_int_equal(c->state, JCLIENT_LEAVING);
    end(c);
}

/* What the client borrows, a thread left behind would still read. */
static void test_texts_are_its_own(void **state)
{
    char name[] = "test", port[] = "in_1", pretty[] = "In", group[] = "in";
    char title[] = "Test", icon[] = "audio", server[] = "srv";
    struct jclient_port in[] = {{port, pretty, group}, {NULL, NULL, NULL}};
    struct log log = {.program = "test", .level = LOG_ERROR};
    struct jclient_opts o = {.log = &log,
                             .name = name,
                             .pretty = title,
                             .icon = icon,
                             .server = server,
                             .in = in};
    struct jclient *c;

    (void)state;
    assert_int_equal(jclient_open(&c, &o), 0);
    name[0] = port[0] = pretty[0] = group[0] = '#';
    title[0] = icon[0] = server[0] = '#';
    in[0].name = NULL;
    log.program = NULL;
    assert_string_equal(c->o.name, "test");
    assert_string_equal(c->o.pretty, "Test");
    assert_string_equal(c->o.icon, "audio");
    assert_string_equal(c->o.server, "srv");
    assert_string_equal(c->o.log->program, "test");
    assert_string_equal(c->o.in[0].name, "in_1");
    assert_string_equal(c->o.in[0].pretty, "In");
    assert_string_equal(c->o.in[0].group, "in");
    assert_null(c->o.in[1].name);
    assert_null(c->o.out[0].name);
    end(c);
}

/* A look ends in time, and in the end all ports are seen. */
static void test_a_look_amid_a_change(void **state)
{
    struct jclient *c = client();
    uint32_t before = world.looks;

    (void)state;
    world.look_ns = 60 * NS_PER_MS; /* more than a look takes */
    assert_false(jclient_look(c, clock_now()));
    assert_int_equal(world.looks - before, 1);
    world.look_ns = 0;
    for (int i = 0; i < 1000 && !jclient_look(c, clock_now()); i++)
        ; /* the machine may be slow */
    assert_int_equal(world.looks - before, 4);
    assert_true(jclient_look(c, clock_now())); /* and from the first again */
    assert_int_equal(world.looks - before, 8);
    end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hung_task_is_left_behind),
        cmocka_unit_test(test_a_server_that_stands_still_is_waited_for),
        cmocka_unit_test(test_a_hung_activation_is_left_behind),
        cmocka_unit_test(test_on_pipewire_time_may_stand_still),
        cmocka_unit_test(test_texts_are_its_own),
        cmocka_unit_test(test_a_look_amid_a_change),
    };
    thread_enter(TH_MAIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
