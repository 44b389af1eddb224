// SPDX-License-Identifier: GPL-3.0-or-later
/* The operator's address: who may look, who may give orders, what becomes of
   them. A sink on air, real connections, and a desk that plays the station. */
#include "netsink/admin.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "netsink/control.h"
#include "netsink/hourly.h"
#include "tests/unit/netsink/client.h"
#include "tests/unit/netsink/onair.h"
#include "tests/unit/test.h"

#define PATIENT (20 * NS_PER_S)
#define JSON    "Content-Type: application/json\r\n"
#define BEARER  "Authorization: Bearer " ONAIR_TOKEN "\r\n"
#define ORDER   JSON BEARER "Connection: close\r\n"

/* A station of one generator. */
struct desk {
    atomic_int watched; /* how often it began, less how often it ended */
    atomic_uint levels;
    pthread_t thread;  /* that answers, as [desk] does */
    atomic_bool begun; /* releases all below and above, to settle() */
    char generator[64], name[64], value[300];
    double fade_s;
    int err, answer;
    const char *said;
    void (*done)(void *arg, int err, const char *said);
    void *arg;
};

static struct onair air;
static struct desk desk;
static struct log_tail *tail;

static char *desk_says(struct desk *d)
{
    (void)d;
    return strdup("{\"station\": {\"operate\": \"#token=" ONAIR_TOKEN "\"},\n"
                  "\"clients\": []}");
}

static char *desk_measures(struct desk *d)
{
    char text[64];

    snprintf(text, sizeof(text), "{\"gen:mix_L\":[-%u,-9]}",
             atomic_fetch_add(&d->levels, 1) + 1);
    return strdup(text);
}

static void desk_is_watched(struct desk *d, bool on)
{
    atomic_fetch_add(&d->watched, on ? 1 : -1);
}

static void *answer(void *arg)
{
    struct desk *d = arg;

    clock_sleep(50 * NS_PER_MS);
    d->done(d->arg, d->answer, d->said);
    return NULL;
}

static int desk_sets(struct desk *d, const char *generator, const char *name,
                     const char *value, double fade_s,
                     void (*done)(void *arg, int err, const char *said),
                     void *arg)
{
    if (d->err)
        return d->err;
    snprintf(d->generator, sizeof(d->generator), "%s",
             generator ? generator : "");
    snprintf(d->name, sizeof(d->name), "%s", name);
    snprintf(d->value, sizeof(d->value), "%s", value);
    d->fade_s = fade_s;
    d->done = done;
    d->arg = arg;
    int err = -pthread_create(&d->thread, NULL, answer, d);
    atomic_store(&d->begun, !err);
    return err;
}

/* The change has come; it will be answered some ms later. */
static void wait_for_change(void)
{
    int64_t begun = clock_now();

    while (!atomic_load(&desk.begun)) {
        assert_true(clock_now() - begun < PATIENT);
        clock_sleep(NS_PER_MS);
    }
    atomic_store(&desk.begun, false);
}

/* It has come, and was answered. */
static void settle(void)
{
    wait_for_change();
    pthread_join(desk.thread, NULL);
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(log_tail_new(&tail, 300), 0);
    const struct admin_desk d = {.desk = &desk,
                                 .json = desk_says,
                                 .levels = desk_measures,
                                 .watched = desk_is_watched,
                                 .set = desk_sets,
                                 .log = tail};
    onair_start_with(&air, 10, &d);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    onair_stop(&air);
    log_tail_free(&tail);
    return 0;
}

/* ---- asking -------------------------------------------------------------- */

static void expect_status(const struct client *c, const char *what, int status)
{
    if (c->status != status)
        fail_msg("%s: %d, not %d", what, c->status, status);
}

static void expect_get(const char *target, const char *headers, int status)
{
    struct client c;
    char lines[300];

    snprintf(lines, sizeof(lines), "%sConnection: close\r\n", headers);
    client_get(&c, air.admin, target, lines);
    expect_status(&c, target, status);
    client_free(&c);
}

static json_t *get_json(const char *target)
{
    struct client c;

    client_get(&c, air.admin, target, "Connection: close\r\n");
    expect_status(&c, target, 200);
    client_read(&c, SIZE_MAX);
    json_t *root = json_loadb((char *)c.body, c.len, 0, NULL);
    assert_non_null(root);
    client_free(&c);
    return root;
}

/* An order; where it is refused, what is said of it has to have `said` in it.
 */
static void expect_order(const char *target, const char *headers,
                         const char *body, int status, const char *said)
{
    struct client c;

    client_post(&c, air.admin, target, headers, body);
    expect_status(&c, body, status);
    client_read(&c, SIZE_MAX);
    json_t *root = json_loadb((char *)c.body, c.len, 0, NULL);
    assert_non_null(root);
    const char *error = json_string_value(json_object_get(root, "error"));
    if (status == 200)
        assert_true(json_is_true(json_object_get(root, "ok")));
    else if (!error || !strstr(error, said))
        fail_msg("%s: \"%s\" has no \"%s\"", body, error ? error : "", said);
    json_decref(root);
    client_free(&c);
}

static void obeyed(const char *target, const char *body)
{
    expect_order(target, ORDER, body, 200, "");
}

/* Reads on until the body holds it. */
static void hear(struct client *c, const char *want)
{
    while (!c->body || !memmem(c->body, c->len, want, strlen(want))) {
        client_read(c, c->len + 1);
        assert_int_equal(c->end, 1);
    }
}

/* The same, and forgets all up to it. */
static void hear_past(struct client *c, const char *want)
{
    hear(c, want);
    const uint8_t *at = memmem(c->body, c->len, want, strlen(want));
    size_t n = (size_t)(at - c->body) + strlen(want);
    memmove(c->body, c->body + n, c->len - n);
    c->len -= n;
}

static json_t *mount(const json_t *root, size_t i)
{
    return json_array_get(json_object_get(root, "mounts"), i);
}

/* ---- who may look -------------------------------------------------------- */

static void test_hosts(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/status.json",    "/metrics",      "/health",   "/events",
        "/listeners.json", "/history.json", "/style.css"};
    struct client c;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        expect_get(paths[i], "Host: rebound.example\r\n", 421);
        expect_get(paths[i], "Host: localhost:8001\r\n", 200);
    }
    expect_get("/status.json", "Host: " ONAIR_HOST ":1\r\n", 200);
    client_post(&c, air.admin, "/control/mute",
                ORDER "Host: rebound.example\r\n",
                "{\"mount\":\"live\",\"muted\":true}");
    expect_status(&c, "an order", 421);
    client_free(&c);
}

static void expect_header(uint16_t port, const char *target, const char *name,
                          const char *want)
{
    struct client c;
    char value[64];

    client_get(&c, port, target, "Connection: close\r\n");
    client_header(&c, name, value, sizeof(value));
    client_free(&c);
    if (strcmp(value, want) != 0)
        fail_msg("%s: %s is \"%s\", not \"%s\"", target, name, value, want);
}

/* A page from elsewhere, in the operator's own browser. */
static void test_pages_from_elsewhere(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/",       "/status.json",    "/metrics",      "/health",
        "/events", "/listeners.json", "/history.json", "/now.json",
    };
    static const char origin[] = "Access-Control-Allow-Origin";
    static const char policy[] = "Cross-Origin-Resource-Policy";

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        expect_get(paths[i], "Sec-Fetch-Site: cross-site\r\n", 403);
        expect_get(paths[i],
                   "Sec-Fetch-Site: same-site\r\n"
                   "Sec-Fetch-Mode: no-cors\r\n",
                   403);
        expect_get(paths[i],
                   "Sec-Fetch-Site: cross-site\r\n"
                   "Sec-Fetch-Mode: navigate\r\n",
                   i == 0 ? 200 : 403);
        expect_get(paths[i], "Sec-Fetch-Site: same-origin\r\n", 200);
        expect_header(air.admin, paths[i], policy, "same-origin");
        expect_header(air.admin, paths[i], origin, "");
    }
    expect_header(air.port, "/now.json", origin, "*");
}

static void test_methods(void **state)
{
    (void)state;
    struct client c;

    client_ask(&c, air.admin, "POST", "/status.json", "Connection: close\r\n");
    assert_int_equal(c.status, 405);
    client_free(&c);
    client_ask(&c, air.admin, "GET", "/control/mute", ORDER);
    assert_int_equal(c.status, 405);
    client_free(&c);
    expect_get("/control/", "", 404);
    expect_get("/nothing", "", 404);
    expect_get("/live.opus", "", 404);
}

/* ---- who may give orders ------------------------------------------------- */

static void test_orders_of_strangers(void **state)
{
    (void)state;
    static const char body[] = "{\"mount\":\"live\",\"muted\":true}";
    static const struct {
        const char *headers;
        int status;
        const char *said;
    } wrong[] = {
        {JSON, 401, "token is needed"},
        {JSON "Authorization: Bearer wrong-token\r\n", 401, "token is needed"},
        {JSON "Authorization: Basic " ONAIR_TOKEN "\r\n", 401, "token"},
        {JSON BEARER "Sec-Fetch-Site: cross-site\r\n", 403, "elsewhere"},
        {JSON BEARER "Sec-Fetch-Site: same-site\r\n", 403, "elsewhere"},
        {JSON BEARER "Origin: http://evil.example\r\n", 403, "elsewhere"},
        {JSON BEARER "Origin: null\r\n", 403, "elsewhere"},
        {BEARER, 415, "application/json"},
        {BEARER "Content-Type: text/plain\r\n", 415, "application/json"},
    };
    char headers[500];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(headers, sizeof(headers), "%sConnection: close\r\n",
                 wrong[i].headers);
        expect_order("/control/mute", headers, body, wrong[i].status,
                     wrong[i].said);
    }
    json_t *root = get_json("/status.json");
    assert_true(json_is_false(json_object_get(mount(root, 0), "muted")));
    json_decref(root);
    /* The operator's own page says all of that. */
    expect_order("/control/mute",
                 ORDER "Sec-Fetch-Site: same-origin\r\n"
                       "Host: 127.0.0.1:8001\r\n"
                       "Origin: http://127.0.0.1:8001\r\n",
                 "{\"mount\":\"live\",\"muted\":false}", 200, "");
}

static void test_orders_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *target, *body;
        int status;
        const char *said;
    } wrong[] = {
        {"/control/mute", "", 400, "JSON object"},
        {"/control/mute", "{", 400, "JSON object"},
        {"/control/mute", "[]", 400, "JSON object"},
        {"/control/mute", "{\"mount\":\"\xff\"}", 400, "JSON object"},
        {"/control/mute", "{\"mount\":\"live\"}", 400, "muted"},
        {"/control/mute", "{\"mount\":\"live\",\"muted\":1}", 400, "true"},
        {"/control/mute", "{\"mount\":\"live\",\"muted\":true,\"x\":1}", 400,
         "x"},
        {"/control/mute", "{\"mount\":\"nowhere\",\"muted\":true}", 404,
         "live, quiet"},
        {"/control/drop", "{\"id\":\"1\"}", 400, "number"},
        {"/control/drop", "{\"id\":999999}", 404, "listeners.json"},
        {"/control/drop", "{\"id\":-1}", 404, "listeners.json"},
        {"/control/now", "{\"mount\":\"live\"}", 400, "title"},
        {"/control/now", "{\"mount\":\"live\",\"title\":5}", 400, "title"},
        {"/control/now", "{\"mount\":\"x\",\"title\":\"y\"}", 404, "quiet"},
        {"/control/set", "{\"name\":\"root\"}", 400, "value"},
        {"/control/set", "{\"name\":\"root\",\"value\":{}}", 400, "value"},
        {"/control/set", "{\"name\":\"root\",\"value\":1,\"fade_s\":-2}", 400,
         "fade_s"},
        {"/control/set", "{\"name\":\"root\",\"value\":1,\"fade_s\":601}", 400,
         "fade_s"},
        {"/control/nothing", "{}", 404, "/control/set"},
    };
    char large[CONTROL_BODY_MAX + 2];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        expect_order(wrong[i].target, ORDER, wrong[i].body, wrong[i].status,
                     wrong[i].said);
    memset(large, ' ', sizeof(large));
    large[0] = '{';
    large[CONTROL_BODY_MAX] = '}';
    large[CONTROL_BODY_MAX + 1] = '\0';
    expect_order("/control/mute", ORDER, large, 413, "4096");
}

/* ---- orders -------------------------------------------------------------- */

static void test_mute(void **state)
{
    (void)state;
    struct client c;

    client_get(&c, air.port, "/events?mount=quiet", "");
    hear(&c, "event: edge\n");
    obeyed("/control/mute", "{\"mount\":\"quiet\",\"muted\":true}");
    json_t *root = get_json("/status.json");
    assert_true(json_is_true(json_object_get(mount(root, 1), "muted")));
    assert_true(json_is_false(json_object_get(mount(root, 0), "muted")));
    json_decref(root);
    obeyed("/control/mute", "{\"mount\":\"quiet\",\"muted\":true}");
    obeyed("/control/mute", "{\"mount\":\"quiet\",\"muted\":false}");
    hear_past(&c, "\"muted\":true}");
    hear(&c, "\"muted\":false}");
    assert_null(memmem(c.body, c.len, "\"muted\":true", 12)); /* told once */
    client_free(&c);
}

static void test_now(void **state)
{
    (void)state;
    struct client c;

    obeyed("/control/now",
           "{\"mount\":\"live\",\"title\":\"Tea\",\"detail\":\"at five\"}");
    client_get(&c, air.port, "/now.json", "Connection: close\r\n");
    client_read(&c, SIZE_MAX);
    assert_non_null(
        memmem(c.body, c.len, "\"title\":\"Tea\",\"detail\":\"at five\"", 32));
    client_free(&c);
    obeyed("/control/now", "{\"mount\":\"live\",\"title\":null}");
}

/* A listener's number, once it is on air with the agent. */
static json_int_t number_of(const char *agent)
{
    int64_t begun = clock_now();
    json_int_t id = 0;

    while (id == 0) {
        assert_true(clock_now() - begun < PATIENT);
        json_t *root = get_json("/listeners.json"), *l;
        size_t i;
        json_array_foreach(
            json_object_get(root, "listeners"), i,
            l) if (strcmp(json_string_value(json_object_get(l, "agent")),
                          agent) == 0) id =
            json_integer_value(json_object_get(l, "id"));
        json_decref(root);
        clock_sleep(10 * NS_PER_MS);
    }
    return id;
}

static void test_drop(void **state)
{
    (void)state;
    struct client c, other;
    char order[64], cookie[300], headers[400];

    client_get(&c, air.port, "/live.opus", "User-Agent: victim\r\n");
    client_get(&other, air.port, "/live.opus", "User-Agent: other\r\n");
    client_read(&c, 1000);
    snprintf(order, sizeof(order), "{\"id\":%lld}",
             (long long)number_of("victim"));
    obeyed("/control/drop", order);
    client_read(&c, SIZE_MAX);
    /* In order, by the last chunk: not by a reset, from which players come
       back. */
    assert_int_equal(c.end, 0);
    assert_int_equal(c.left, 0);
    expect_order("/control/drop", ORDER, order, 404, "no listener");
    /* And if it came back it would be somebody else. */
    client_header(&c, "Set-Cookie", cookie, sizeof(cookie));
    snprintf(headers, sizeof(headers),
             "Cookie: %.*s\r\nRange: bytes=%zu-\r\nUser-Agent: again\r\n",
             (int)strcspn(cookie, ";"), cookie, c.len);
    client_free(&c);
    client_get(&c, air.port, "/live.opus", headers);
    json_t *root = get_json("/listeners.json"), *l;
    size_t i;
    json_array_foreach(json_object_get(root, "listeners"), i, l)
        assert_int_equal(json_integer_value(json_object_get(l, "resumes")), 0);
    json_decref(root);
    root = get_json("/status.json");
    bool gone = false;
    json_array_foreach(json_object_get(root, "ended"), i, l) gone =
        gone ||
        strcmp(json_string_value(json_object_get(l, "why")), "dropped") == 0;
    assert_true(gone);
    json_decref(root);
    /* The other one never noticed. */
    client_read(&other, other.len + 20000);
    assert_int_equal(other.end, 1);
    client_free(&c);
    client_free(&other);
}

static void test_set(void **state)
{
    (void)state;

    desk.said = "brightness 1 octave";
    obeyed("/control/set", "{\"name\":\"brightness\",\"value\":1.5}");
    settle();
    assert_string_equal(desk.generator, "");
    assert_string_equal(desk.name, "brightness");
    assert_string_equal(desk.value, "1.5");
    assert_true(desk.fade_s < 0);
    obeyed("/control/set", "{\"name\":\"preset\",\"value\":\"tides\","
                           "\"fade_s\":20,\"generator\":\"gen-2\"}");
    settle();
    assert_string_equal(desk.generator, "gen-2");
    assert_string_equal(desk.value, "tides");
    assert_int_equal(desk.fade_s, 20);
    obeyed("/control/set", "{\"name\":\"freeze\",\"value\":true}");
    settle();
    assert_string_equal(desk.value, "on");
}

/* What the generator says of it is passed on. */
static void test_set_refused(void **state)
{
    (void)state;
    static const struct {
        int err, status;
    } ways[] = {
        {-EINVAL, 400}, {-ENOENT, 404}, {-ETIMEDOUT, 504}, {-ECANCELED, 503}};

    desk.said = "brightness: found 99; allowed: -2 to 2";
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        desk.answer = ways[i].err;
        expect_order("/control/set", ORDER,
                     "{\"name\":\"brightness\",\"value\":99}", ways[i].status,
                     desk.said);
        settle();
    }
    desk.answer = 0;
    desk.err = -EBUSY;
    expect_order("/control/set", ORDER, "{\"name\":\"root\",\"value\":1}", 503,
                 "under way");
    desk.err = 0;
}

/* Nobody is there any more when the generator answers. */
static void test_set_and_gone(void **state)
{
    (void)state;
    static const char request[] =
        "POST /control/set HTTP/1.1\r\nHost: 127.0.0.1\r\n" JSON BEARER
        "Content-Length: 32\r\n\r\n{\"name\":\"root\",\"value\":\"absent\"}";
    struct client c;

    for (int i = 0; i < 5; i++) {
        client_send(&c, air.admin, request);
        wait_for_change();
        client_cut(&c);
        client_free(&c);
        pthread_join(desk.thread, NULL);
        assert_string_equal(desk.value, "absent");
    }
    expect_get("/health", "", 200);
}

/* ---- figures ------------------------------------------------------------- */

static void test_listeners_json(void **state)
{
    (void)state;
    struct client c[4];
    char agent[40];

    for (int i = 0; i < 4; i++) {
        snprintf(agent, sizeof(agent), "User-Agent: <l%d>\x01\r\n", i);
        client_get(&c[i], air.port,
                   i % 2 ? "/live.opus?bitrate=32" : "/live.opus?bitrate=160",
                   agent);
        client_read(&c[i], 1000);
    }
    number_of("<l3>?");
    json_t *root = get_json("/listeners.json?sort=started&order=desc&limit=2");
    assert_true(json_integer_value(json_object_get(root, "total")) >= 4);
    json_t *all = json_object_get(root, "listeners");
    assert_int_equal(json_array_size(all), 2);
    const json_t *l = json_array_get(all, 0);
    assert_string_equal(json_string_value(json_object_get(l, "agent")),
                        "<l3>?");
    const json_t *h = json_array_get(json_object_get(l, "rung_history"), 0);
    assert_int_equal(json_integer_value(json_object_get(h, "kbps")), 32);
    json_int_t at = json_integer_value(json_object_get(h, "unix_ms"));
    assert_in_range(at, air.epoch, air.epoch + 3600000);
    json_decref(root);
    root = get_json("/listeners.json?sort=rung&limit=1&offset=0");
    l = json_array_get(json_object_get(root, "listeners"), 0);
    assert_int_equal(json_integer_value(json_object_get(l, "rung_kbps")), 32);
    json_decref(root);
    root = get_json("/listeners.json?offset=1000");
    assert_int_equal(json_array_size(json_object_get(root, "listeners")), 0);
    json_decref(root);
    expect_get("/listeners.json?sort=name", "", 400);
    expect_get("/listeners.json?limit=0", "", 400);
    for (int i = 0; i < 4; i++)
        client_free(&c[i]);
}

static void test_history_json(void **state)
{
    (void)state;
    int64_t begun = clock_now();
    json_t *listeners = NULL;

    /* The first column takes ten seconds. */
    while (!json_is_array(listeners)) {
        assert_true(clock_now() - begun < PATIENT);
        json_t *root = get_json("/history.json");
        assert_int_equal(json_integer_value(json_object_get(root, "step_s")),
                         10);
        json_t *series = json_object_get(root, "series");
        listeners = json_object_get(series, "listeners");
        if (listeners) {
            assert_int_equal(json_array_size(listeners), HOURLY_COLUMNS);
            assert_true(json_is_null(json_array_get(listeners, 0)));
            assert_true(
                json_is_number(json_array_get(listeners, HOURLY_COLUMNS - 1)));
            assert_true(json_is_number(json_array_get(
                json_object_get(series, "cpu"), HOURLY_COLUMNS - 1)));
            json_incref(listeners);
        }
        json_decref(root);
        clock_sleep(200 * NS_PER_MS);
    }
    json_decref(listeners);
}

/* ---- events -------------------------------------------------------------- */

static void wait_for_watched(int n)
{
    int64_t begun = clock_now();

    while (atomic_load(&desk.watched) != n) {
        assert_true(clock_now() - begun < PATIENT);
        clock_sleep(10 * NS_PER_MS);
    }
}

static void test_events(void **state)
{
    (void)state;
    struct client c, second;

    wait_for_watched(0);
    log_tail_put(tail, 1, LOG_INFO, "longwave-gen", "before");
    client_get(&c, air.admin, "/events", "");
    assert_int_equal(c.status, 200);
    hear(&c, "event: log\n");
    hear(&c, "\"level\":\"info\",\"who\":\"longwave-gen\",\"text\":\"before\"");
    hear(&c, "event: status\n");
    hear(&c, "\"desk\":{\"station\"");
    hear(&c, "\"clients\": []}}");
    hear(&c, "event: levels\n");
    hear(&c, "{\"gen:mix_L\":[-2,-9]}");
    assert_int_equal(atomic_load(&desk.watched), 1);
    /* A line that is said while they watch; and another who comes gets both,
       once each. */
    log_tail_put(tail, 2, LOG_WARN, "longwave-sink", ONAIR_TOKEN "<tag>");
    client_get(&second, air.admin, "/events", "");
    hear(&second, "<tag>");
    hear(&c, "<tag>");
    hear(&second, "\"text\":\"before\"");
    const uint8_t *at = memmem(second.body, second.len, "<tag>", 5);
    assert_null(memmem(at + 1, (size_t)(second.body + second.len - at - 1),
                       "<tag>", 5));
    hear(&second, "event: status\n");
    hear(&second, "\"desk\":{");
    /* Whoever may see is not told how to order. */
    assert_null(memmem(c.body, c.len, ONAIR_TOKEN, strlen(ONAIR_TOKEN)));
    assert_null(
        memmem(second.body, second.len, ONAIR_TOKEN, strlen(ONAIR_TOKEN)));
    /* Nor of each listener, which there may be thousands of. */
    assert_null(memmem(c.body, c.len, "\"listeners\":[", 13));
    client_free(&c);
    hear(&second, "event: status\n");
    assert_int_equal(atomic_load(&desk.watched), 1);
    client_free(&second);
    wait_for_watched(0);
    json_t *root = get_json("/status.json");
    const json_t *events =
        json_object_get(json_object_get(root, "events"), "operator");
    assert_true(
        json_integer_value(json_object_get(events, "subscribers_ever")) >= 2);
    assert_int_equal(json_integer_value(json_object_get(events, "subscribers")),
                     0);
    json_decref(root);
    /* Nothing is asked of the desk for nobody. */
    unsigned before = atomic_load(&desk.levels);
    clock_sleep(300 * NS_PER_MS);
    assert_int_equal(atomic_load(&desk.levels), before);
}

static void test_wrong_tokens_are_slowed(void **state)
{
    (void)state;
    static const char wrong[] =
        JSON "Authorization: Bearer wrong-token\r\nConnection: close\r\n";
    static const char body[] = "{\"mount\":\"live\",\"muted\":false}";
    struct client c;
    char value[64];
    int n = 0;

    do {
        client_post(&c, air.admin, "/control/mute", wrong, body);
        client_header(&c, "Retry-After", value, sizeof(value));
        client_free(&c);
        assert_true(++n < 100);
    } while (c.status == 401);
    assert_int_equal(c.status, 429);
    assert_string_equal(value, "1");
    /* Not even the right one is looked at; without any it is as before. */
    expect_order("/control/mute", ORDER, body, 429, "too many");
    expect_order("/control/mute", JSON "Connection: close\r\n", body, 401,
                 "token");
    expect_get("/status.json", "", 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_pages_from_elsewhere),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_orders_of_strangers),
        cmocka_unit_test(test_orders_that_are_wrong),
        cmocka_unit_test(test_mute),
        cmocka_unit_test(test_now),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_set_refused),
        cmocka_unit_test(test_set_and_gone),
        cmocka_unit_test(test_listeners_json),
        cmocka_unit_test(test_history_json),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_wrong_tokens_are_slowed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
