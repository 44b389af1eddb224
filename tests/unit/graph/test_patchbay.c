// SPDX-License-Identifier: GPL-3.0-or-later
/* The patchbay's life where libjack hangs: with a stay of the test's own in
   place of patchbay_stay.c, so that ten seconds pass when the test says so. */
#include "graph/patchbay.h"

#include <errno.h>
#include <stdlib.h>

#include "graph/jkind.h"
#include "graph/patchbay_priv.h"
#include "graph/threads.h"
#include "tests/unit/test.h"

#define LONG_NS (11 * NS_PER_S) /* nobody waits for that */

struct stay {
    bool busy, leaving, left;
    int64_t since;
};

static struct stay the_stay;
static struct {
    bool pipewire, no_threads, leaves_at_once;
    uint32_t begun, dropped;
} world;

bool jkind_is_pipewire(void)
{
    return world.pipewire;
}

int stay_begin(struct stay **out, const char *name, const char *server, int fd)
{
    (void)name;
    (void)server;
    (void)fd;
    the_stay = (struct stay){.busy = true, .since = clock_now()};
    world.begun++;
    *out = &the_stay;
    return 0;
}

int stay_leave(struct stay *s)
{
    if (world.no_threads)
        return -EAGAIN;
    s->leaving = true;
    s->left = world.leaves_at_once;
    return 0;
}

bool stay_left(const struct stay *s)
{
    assert_true(s->leaving);
    return s->left;
}

void stay_drop(struct stay **s)
{
    if (*s) {
        assert_true((*s)->leaving); /* else libjack looks at what is freed */
        world.dropped++;
    }
    *s = NULL;
}

bool stay_busy(struct stay *s)
{
    return s->busy;
}

int64_t stay_since(const struct stay *s)
{
    return s->since;
}

bool stay_hangs(struct stay *s)
{
    return s->busy;
}

int stay_opened(const struct stay *s, jack_status_t *status)
{
    (void)s;
    *status = 0;
    return 0;
}

int stay_look(struct stay *s)
{
    s->busy = true;
    s->since = clock_now();
    return 0;
}

int stay_act(struct stay *s, struct stay_steps *steps)
{
    (void)steps;
    return stay_look(s);
}

void stay_acted(struct stay *s, struct stay_steps *out)
{
    (void)s;
    *out = (struct stay_steps){NULL, 0, 0};
}

int stay_graph(struct stay *s, struct jgraph **out, bool *plain)
{
    int r = jgraph_new(out);

    (void)s;
    *plain = false;
    return r ? r : jgraph_settle(*out);
}

int stay_steps_add(struct stay_steps *s, const struct stay_step *step)
{
    (void)s;
    (void)step;
    return -ENOMEM;
}

void stay_steps_free(struct stay_steps *s)
{
    (void)s;
}

bool stay_moves(const struct stay *s)
{
    (void)s;
    return true;
}

const char *stay_port_name(const struct stay *s, uint32_t id)
{
    (void)s;
    (void)id;
    return NULL;
}

bool stay_event(struct stay *s, struct stay_event *out)
{
    (void)s;
    (void)out;
    return false;
}

bool stay_lost(struct stay *s)
{
    (void)s;
    return false;
}

bool stay_over(const struct stay *s)
{
    (void)s;
    return false;
}

bool stay_freewheel(const struct stay *s)
{
    (void)s;
    return false;
}

uint32_t stay_rate(const struct stay *s)
{
    (void)s;
    return 48000;
}

uint32_t stay_period(const struct stay *s)
{
    (void)s;
    return 256;
}

/* ---- tests --------------------------------------------------------------- */

static struct patchbay *bay(bool pipewire)
{
    struct patchbay *p;

    world.pipewire = pipewire;
    world.no_threads = world.leaves_at_once = false;
    world.begun = world.dropped = 0;
    assert_int_equal(patchbay_open(&p, &(struct patchbay_opts){0}), 0);
    patchbay_tick(p);
    assert_int_equal(p->state, BAY_JOINING);
    return p;
}

/* In a server, and the look that it has begun hangs. */
static struct patchbay *hung_bay(bool pipewire)
{
    struct patchbay *p = bay(pipewire);

    the_stay.busy = false;
    patchbay_tick(p);
    assert_true(patchbay_joined(p));
    assert_true(the_stay.busy);
    the_stay.since -= LONG_NS;
    return p;
}

static void end(struct patchbay *p)
{
    world.no_threads = false;
    the_stay.left = world.leaves_at_once = true;
    patchbay_close(&p);
}

static void test_an_opening_that_hangs_costs_no_time(void **state)
{
    struct patchbay *p = bay(false);
    int64_t now = clock_now();

    (void)state;
    the_stay.since -= LONG_NS;
    assert_true(patchbay_tick(p) > now);
    assert_true(patchbay_still(p));
    assert_int_equal(p->state, BAY_JOINING); /* and there is no other */
    assert_int_equal(world.begun, 1);
    end(p);
}

static void test_what_hangs_is_left_behind(void **state)
{
    struct patchbay *p = hung_bay(false);

    (void)state;
    patchbay_tick(p);
    assert_int_equal(world.dropped, 1);
    p->join_at = 0;
    patchbay_tick(p);
    assert_int_equal(world.begun, 2);
    assert_int_equal(patchbay_failed(p), 0);
    end(p);
}

static void test_on_pipewire_it_fails_at_last(void **state)
{
    struct patchbay *p = hung_bay(true);

    (void)state;
    assert_true(patchbay_tick(p) > clock_now());
    assert_int_equal(p->state, BAY_LEAVING);
    assert_int_equal(patchbay_failed(p), 0);
    p->out_since -= LONG_NS;
    p->leave_by = 0;
    patchbay_tick(p);
    assert_int_equal(patchbay_failed(p), -EIO);
    assert_int_equal(world.begun, 1);
    end(p);
}

static void test_on_pipewire_it_comes_back(void **state)
{
    struct patchbay *p = hung_bay(true);

    (void)state;
    patchbay_tick(p);
    the_stay.left = true;
    p->join_at = 0;
    patchbay_tick(p);
    assert_int_equal(world.begun, 2);
    assert_int_equal(patchbay_failed(p), 0);
    end(p);
}

static void test_without_a_thread_to_leave_it_tries_again(void **state)
{
    struct patchbay *p = hung_bay(false);

    (void)state;
    world.no_threads = true;
    assert_true(patchbay_tick(p) > clock_now());
    assert_true(patchbay_tick(p) > clock_now());
    assert_int_equal(world.dropped, 0); /* libjack may look at it */
    world.no_threads = false;
    patchbay_tick(p);
    assert_int_equal(world.dropped, 1);
    end(p);
}

/* A visit: who makes it opens a client of its own next. */
static void test_a_visit_that_does_not_end(void **state)
{
    struct stay *s = &the_stay;

    (void)state;
    world.no_threads = world.leaves_at_once = false;
    the_stay = (struct stay){.busy = true};
    assert_false(bay_end(&s, false, -1));
    assert_null(s);
    s = &the_stay;
    world.leaves_at_once = true;
    assert_true(bay_end(&s, false, -1));
    s = &the_stay;
    the_stay = (struct stay){.busy = true};
    world.no_threads = true;
    assert_false(bay_end(&s, false, -1)); /* and is not dropped */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_opening_that_hangs_costs_no_time),
        cmocka_unit_test(test_what_hangs_is_left_behind),
        cmocka_unit_test(test_on_pipewire_it_fails_at_last),
        cmocka_unit_test(test_on_pipewire_it_comes_back),
        cmocka_unit_test(test_without_a_thread_to_leave_it_tries_again),
        cmocka_unit_test(test_a_visit_that_does_not_end),
    };
    thread_enter(TH_MAIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
