// SPDX-License-Identifier: GPL-3.0-or-later
/* The whole desk without JACK, before a station that answers, hangs and ends.
 */
#include "netsink/desk.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/tell.h"
#include "graph/threads.h"
#include "tests/unit/test.h"

#define PATIENCE (20 * NS_PER_S) /* for a machine that has much to do */

struct world {
    char server[64];
    struct log_tail *tail;
    struct log log;
    struct desk *desk;
    struct tell *station;
    atomic_int ended, err; /* of desk_set() */
    char said[DESK_SAID_MAX];
};

static char *tell_self(void *ctx, const struct jclient *jack,
                       const char *question)
{
    (void)ctx;
    assert_null(jack);
    assert_int_equal(thread_self(), TH_DESK);
    return strdup(strcmp(question, "levels") == 0
                      ? "{\"levels\": {\"in_L\": [-20.5, -3]}}"
                      : "{\"program\": \"longwave-sink\", \"pid\": 1, "
                        "\"levels\": {\"in_L\": [-20.5, -3]}, \"log\": []}");
}

static char *tell_station(void *ctx, const char *question)
{
    (void)ctx;
    (void)question;
    return strdup("{\"program\": \"longwave\", \"title\": \"a\\u001bb\", "
                  "\"log\": [{\"n\": 1, \"unix_ms\": 5, \"level\": \"warn\", "
                  "\"text\": \"hello\"}]}");
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    static const struct desk_mount mount = {"live", {"in_L", "in_R"}, 2};
    struct desk_opts o = {.log = &w->log,
                          .server = w->server,
                          .mounts = &mount,
                          .n_mounts = 1,
                          .tell = tell_self};

    snprintf(w->server, sizeof(w->server), "desk test %ld", (long)getpid());
    assert_int_equal(log_tail_new(&w->tail, 10), 0);
    w->log = (struct log){"longwave-sink", LOG_ERROR, w->tail};
    assert_int_equal(tell_open(&w->station, w->server, ""), 0);
    assert_int_equal(desk_new(&w->desk, &o), 0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    desk_free(&w->desk);
    assert_null(w->desk);
    tell_close(&w->station);
    log_tail_free(&w->tail);
    free(w);
    return 0;
}

/* Until the desk's JSON has that in it; the station answers if it serves. */
static bool shows(struct world *w, char *(*what)(struct desk *d),
                  const char *text, bool serves)
{
    int64_t end = clock_now() + PATIENCE;
    bool there = false;

    while (!there && clock_now() < end) {
        char *json = what(w->desk);
        assert_non_null(json);
        there = strstr(json, text) != NULL;
        free(json);
        if (serves)
            tell_serve(w->station, tell_station, NULL);
        clock_sleep(5 * NS_PER_MS);
    }
    return there;
}

static void test_what_is_told_is_shown_clean(void **state)
{
    struct world *w = *state;
    struct log_line l = {0};
    char *text;
    json_t *o, *own;

    desk_watched(w->desk, true);
    assert_true(shows(w, desk_json, "\"title\":\"a?b\"", true));
    assert_true(shows(w, desk_levels, "\":in_L\":[-20.5,-3]", true));
    text = desk_json(w->desk);
    o = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(o);
    own = json_array_get(json_object_get(o, "clients"), 0);
    assert_string_equal(json_string_value(json_object_get(own, "program")),
                        "longwave-sink");
    assert_int_equal(json_integer_value(json_object_get(own, "pid")),
                     getpid()); /* not what is said */
    assert_true(json_integer_value(json_object_get(own, "rss_kb")) > 0);
    assert_true(json_is_null(json_object_get(o, "graph")));
    assert_null(json_object_get(json_object_get(o, "station"), "log"));
    json_decref(o);
    /* its log is in ours, once */
    assert_true(log_tail_next(desk_log(w->desk), 0, &l));
    assert_string_equal(l.who, "longwave");
    assert_string_equal(l.text, "hello");
    assert_int_equal(l.unix_ms, 5);
    assert_int_equal(l.level, LOG_WARN);
    assert_int_equal(log_tail_newest(desk_log(w->desk)), 1);
}

/* It is asked, and doesn't move: the others go on, and it is shown as what it
   is. */
static void test_who_hangs_holds_nobody_up(void **state)
{
    struct world *w = *state;

    desk_watched(w->desk, true);
    assert_true(shows(w, desk_json, "\"title\":\"a?b\"", true));
    assert_true(shows(w, desk_json, "\"station\":null", false));
    assert_true(shows(w, desk_json, "longwave-sink", false));
    assert_true(shows(w, desk_json, "\"title\":\"a?b\"", true));
}

static void test_our_own_log_is_there_at_once(void **state)
{
    struct world *w = *state;
    struct log_line l = {0};
    int64_t end = clock_now() + PATIENCE;

    log_tail_put(w->tail, 7, LOG_INFO, "longwave-sink", "said");
    while (!log_tail_next(desk_log(w->desk), 0, &l) && clock_now() < end)
        clock_sleep(5 * NS_PER_MS);
    assert_string_equal(l.who, "longwave-sink");
    assert_string_equal(l.text, "said");
}

static void done(void *arg, int err, const char *said)
{
    struct world *w = arg;

    snprintf(w->said, sizeof(w->said), "%s", said);
    atomic_store(&w->err, err);
    atomic_fetch_add(&w->ended, 1);
}

static void test_a_change_without_a_generator(void **state)
{
    struct world *w = *state;
    int64_t end = clock_now() + PATIENCE;
    char longer[1000];

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(
        desk_set(w->desk, NULL, "level", longer, DESK_FADE_NONE, done, w),
        -EINVAL);
    assert_int_equal(
        desk_set(w->desk, NULL, longer, "1", DESK_FADE_NONE, done, w), -EINVAL);
    assert_int_equal(
        desk_set(w->desk, NULL, "level", "1", DESK_FADE_NONE, done, w), 0);
    while (atomic_load(&w->ended) < 1 && clock_now() < end)
        clock_sleep(5 * NS_PER_MS);
    assert_int_equal(atomic_load(&w->ended), 1);
    assert_int_equal(atomic_load(&w->err), -ENOENT);
    assert_string_equal(w->said, "there is no generator that answers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_told_is_shown_clean,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_hangs_holds_nobody_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_our_own_log_is_there_at_once,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_change_without_a_generator,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
