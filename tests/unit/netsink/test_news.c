// SPDX-License-Identifier: GPL-3.0-or-later
/* What listeners are told beside the streams, and links for players: a sink on
   air and real connections. */
#include "netsink/news.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "netsink/desk.h"
#include "tests/unit/netsink/client.h"
#include "tests/unit/netsink/onair.h"
#include "tests/unit/test.h"

#define PATIENT (20 * NS_PER_S)

static struct onair air;

static int setup(void **state)
{
    (void)state;
    onair_start(&air, 10);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    onair_stop(&air);
    return 0;
}

static json_t *now_json(void)
{
    struct client c;

    client_get(&c, air.port, "/now.json", "Connection: close\r\n");
    assert_int_equal(c.status, 200);
    client_read(&c, SIZE_MAX);
    json_t *root = json_loadb((char *)c.body, c.len, 0, NULL);
    assert_non_null(root);
    client_free(&c);
    return root;
}

/* The live mount, or a figure of it. */
static json_t *live(const json_t *root, const char *key)
{
    json_t *m = json_array_get(json_object_get(root, "mounts"), 0);

    return key ? json_object_get(m, key) : m;
}

static json_int_t number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    assert_true(json_is_integer(v));
    return json_integer_value(v);
}

/* Reads on until the body holds it. */
static void hear(struct client *c, const char *want)
{
    while (!c->body || !memmem(c->body, c->len, want, strlen(want))) {
        client_read(c, c->len + 1);
        assert_int_equal(c->end, 1);
    }
}

static void test_now_json(void **state)
{
    (void)state;
    json_t *root = now_json();

    assert_int_equal(number(root, "epoch"), air.epoch);
    assert_int_equal(number(root, "packet_ms"), 20);
    assert_int_equal(json_array_size(json_object_get(root, "mounts")),
                     ONAIR_MOUNTS);
    assert_string_equal(json_string_value(live(root, "name")), "live");
    assert_int_equal(number(live(root, NULL), "channels"), 2);
    assert_int_equal(number(live(root, NULL), "usual"), 96);
    assert_int_equal(json_array_size(live(root, "rungs")), 4);
    assert_true(json_is_false(live(root, "muted")));
    assert_true(json_is_null(live(root, "now")));
    json_int_t edge = number(live(root, NULL), "edge_seq");
    assert_in_range(edge, 1, onair_seq(&air));
    assert_true(number(live(root, NULL), "first_seq") < edge);
    json_decref(root);
}

/* Until the mount has so many; the answer may be some time old. */
static void wait_for_listeners(json_int_t want)
{
    int64_t begun = clock_now();
    json_int_t n = -1;

    while (n != want) {
        assert_true(clock_now() - begun < PATIENT);
        clock_sleep(20 * NS_PER_MS);
        json_t *root = now_json();
        n = number(live(root, NULL), "listeners");
        json_decref(root);
    }
}

static void test_listeners_are_counted(void **state)
{
    (void)state;
    struct client c;

    wait_for_listeners(0);
    client_get(&c, air.port, "/live.opus", "");
    client_read(&c, 1000);
    wait_for_listeners(1);
    client_cut(&c);
    client_free(&c);
    wait_for_listeners(0);
}

static void tell(const char *mount, const char *title, const char *detail)
{
    struct desk_now now;

    snprintf(now.title, sizeof(now.title), "%s", title);
    snprintf(now.detail, sizeof(now.detail), "%s", detail);
    http_now(air.http, mount, title ? &now : NULL);
}

static void test_what_plays(void **state)
{
    (void)state;
    struct client c, quiet;
    uint64_t before = onair_seq(&air);

    client_get(&c, air.port, "/events", "");
    client_get(&quiet, air.port, "/events?mount=quiet", "");
    assert_int_equal(c.status, 200);
    /* All that is known, at once. */
    hear(&c, "{\"mount\":\"live\",\"seq\":0,\"title\":null,");
    hear(&c, "{\"mount\":\"live\",\"muted\":false}");
    hear(&c, "{\"mount\":\"quiet\",\"edge_seq\":");
    tell("nowhere", "lost", "");
    tell("live", "tides", "<b>\"");
    hear(&c, "\"title\":\"tides\",\"detail\":\"<b>\\\"\"");
    json_t *root = now_json();
    const json_t *now = live(root, "now");
    assert_string_equal(json_string_value(json_object_get(now, "title")),
                        "tides");
    assert_in_range(number(now, "seq"), before - 50, onair_seq(&air));
    json_decref(root);
    tell("live", "dawn", "");
    hear(&c, "\"title\":\"dawn\"");
    http_now(air.http, "live", NULL);
    hear(&c, "\"title\":null,\"detail\":\"\",\"unix_ms\":1");
    root = now_json();
    assert_true(json_is_null(live(root, "now")));
    assert_int_equal(json_array_size(live(root, "recent")), 2);
    json_decref(root);
    /* Who wants to know of another mount hears of that alone. */
    tell("quiet", "hush", "");
    hear(&quiet, "\"title\":\"hush\"");
    assert_null(memmem(quiet.body, quiet.len, "live", 4));
    client_free(&c);
    client_free(&quiet);
}

static void test_events_are_bounded(void **state)
{
    (void)state;
    struct client c[ONAIR_EVENTS], over;
    int64_t begun = clock_now();
    char value[64];

    /* Those of the tests before have gone. */
    for (int i = 0; i < ONAIR_EVENTS;) {
        client_get(&c[i], air.port, "/events", "");
        if (c[i].status == 200) {
            i++;
            continue;
        }
        client_free(&c[i]);
        assert_true(clock_now() - begun < PATIENT);
        clock_sleep(20 * NS_PER_MS);
    }
    client_get(&over, air.port, "/events", "Connection: close\r\n");
    assert_int_equal(over.status, 503);
    client_header(&over, "Retry-After", value, sizeof(value));
    assert_true(atoi(value) > 0);
    client_free(&over);
    for (int i = 0; i < ONAIR_EVENTS; i++)
        client_free(&c[i]);
}

static void expect(const char *method, const char *target, const char *headers,
                   int status)
{
    struct client c;
    char lines[300];

    snprintf(lines, sizeof(lines), "%sConnection: close\r\n", headers);
    client_ask(&c, air.port, method, target, lines);
    if (c.status != status)
        fail_msg("%s %s: %d, not %d", method, target, c.status, status);
    client_free(&c);
}

static void test_what_is_refused(void **state)
{
    (void)state;

    expect("GET", "/events?mount=nowhere", "", 404);
    expect("GET", "/events?mount=", "", 404);
    expect("GET", "/events?mount=liv", "", 404);
    expect("POST", "/events", "", 405);
    expect("POST", "/now.json", "", 405);
    expect("HEAD", "/now.json", "", 200);
    expect("GET", "/now.json?x", "", 200);
    expect("GET", "/live.m3u?latency=now", "", 400);
    expect("GET", "/live.m3u", "Host: a/b\r\n", 400);
    expect("GET", "/nowhere.m3u", "", 404);
    expect("POST", "/live.m3u", "", 405);
    expect("HEAD", "/live.xspf", "", 200);
    /* The operator's is not here. */
    expect("GET", "/desk/index.html", "", 404);
    expect("POST", "/control/mute", "", 404);
    expect("GET", "/listeners.json", "", 404);
}

static void test_a_playlist(void **state)
{
    (void)state;
    struct client c;

    client_get(&c, air.port, "/quiet.m3u?bitrate=64",
               "Host: radio.test:80\r\nX-Forwarded-Proto: https\r\n"
               "Connection: close\r\n");
    assert_int_equal(c.status, 200);
    client_read(&c, SIZE_MAX);
    const char *want = "#EXTM3U\n#EXTINF:-1,Longwave quiet\n"
                       "https://radio.test:80/quiet.opus?bitrate=64\n";
    assert_int_equal(c.len, strlen(want));
    assert_memory_equal(c.body, want, c.len);
    client_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_now_json),
        cmocka_unit_test(test_listeners_are_counted),
        cmocka_unit_test(test_what_plays),
        cmocka_unit_test(test_events_are_bounded),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_a_playlist),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
