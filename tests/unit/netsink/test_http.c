// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From a request to what a listener gets, and gets again: a sink on air and
 * listeners on real connections.
 */
#include "netsink/http.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "netsink/timeline.h"
#include "tests/unit/netsink/client.h"
#include "tests/unit/netsink/ogg_reader.h"
#include "tests/unit/netsink/onair.h"
#include "tests/unit/test.h"

#define SEATS   20
#define SECOND  12000 /* bytes, about, of the usual rung */
#define PATIENT (20 * NS_PER_S)

static struct onair air;

static int setup(void **state)
{
    (void)state;
    onair_start(&air, SEATS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    onair_stop(&air);
    return 0;
}

static void expect_header(const struct client *c, const char *name,
                          const char *want)
{
    char value[300];

    client_header(c, name, value, sizeof(value));
    if (strcmp(value, want) != 0)
        fail_msg("%s: \"%s\" is not \"%s\"", name, value, want);
}

static uint64_t seq_of(const struct client *c)
{
    char value[64];

    client_header(c, "X-Stream-Seq", value, sizeof(value));
    assert_true(value[0] != '\0');
    return strtoull(value, NULL, 10);
}

/* "Cookie: ...\r\nRange: bytes=N-\r\n" of one who comes back. */
static void back(char *headers, size_t size, const struct client *c,
                 uint64_t offset)
{
    char cookie[300];

    client_header(c, "Set-Cookie", cookie, sizeof(cookie));
    assert_true(cookie[0] != '\0');
    snprintf(headers, size, "Cookie: %.*s\r\nRange: bytes=%llu-\r\n",
             (int)strcspn(cookie, ";"), cookie, (unsigned long long)offset);
}

static json_t *status(void)
{
    struct client c;
    json_error_t e;

    client_get(&c, air.admin, "/status.json", "Connection: close\r\n");
    assert_int_equal(c.status, 200);
    client_read(&c, SIZE_MAX);
    json_t *root = json_loadb((char *)c.body, c.len, 0, &e);
    if (!root)
        fail_msg("status.json: %s in line %d", e.text, e.line);
    client_free(&c);
    return root;
}

static json_int_t total(const char *key)
{
    json_t *root = status();
    json_t *n = json_object_get(json_object_get(root, "totals"), key);

    assert_true(json_is_integer(n));
    json_int_t value = json_integer_value(n);
    json_decref(root);
    return value;
}

static void wait_for_listeners(json_int_t n)
{
    int64_t begun = clock_now();

    while (total("listeners") != n) {
        assert_true(clock_now() - begun < PATIENT);
        clock_sleep(20 * NS_PER_MS);
    }
}

/* The packets of an Ogg stream, in order. */
struct packets {
    struct packet {
        uint8_t data[1500];
        size_t len;
    } all[3000];
    uint32_t n; /* without the two headers */
    uint32_t headers;
    int64_t granule; /* the last one */
    int64_t first_granule;
};

static void on_packet(void *ctx, const uint8_t *data, size_t len,
                      int64_t granule)
{
    struct packets *p = ctx;

    if (len >= 4 && memcmp(data, "Opus", 4) == 0) {
        p->headers++;
        return;
    }
    if (granule >= 0) {
        if (p->granule < 0)
            p->first_granule = granule - (p->n + 1) * TIMELINE_PACKET;
        p->granule = granule;
    }
    assert_true(p->n < 3000 && len <= sizeof(p->all[0].data));
    memcpy(p->all[p->n].data, data, len);
    p->all[p->n++].len = len;
}

static struct packets *packets_of(const uint8_t *data, size_t len)
{
    struct packets *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    p->granule = -1;
    assert_true(ogg_reader(data, len, on_packet, p) >= 0);
    return p;
}

static uint32_t serial_of(const uint8_t *page)
{
    uint32_t serial;

    assert_memory_equal(page, "OggS", 4);
    memcpy(&serial, page + 14, sizeof(serial));
    return serial;
}

static void test_a_stream(void **state)
{
    (void)state;
    struct client c;
    char epoch[32];

    client_get(&c, air.port, "/live.opus?latency=low",
               "Range: bytes=0-\r\nIcy-MetaData: 1\r\n");
    assert_int_equal(c.status, 200);
    expect_header(&c, "Content-Type", "audio/ogg");
    expect_header(&c, "Accept-Ranges", "bytes");
    expect_header(&c, "Transfer-Encoding", "chunked");
    expect_header(&c, "Access-Control-Allow-Origin", "*");
    expect_header(&c, "icy-br", "96");
    snprintf(epoch, sizeof(epoch), "%lld", (long long)air.epoch);
    expect_header(&c, "X-Stream-Epoch", epoch);
    client_read(&c, 3 * SECOND);
    assert_int_equal(c.end, 1);
    struct packets *p = packets_of(c.body, c.len);
    assert_int_equal(p->headers, 2);
    assert_true(p->n > 100);
    assert_int_equal(p->first_granule, 0);
    free(p);
    client_free(&c);
    wait_for_listeners(0);
}

static void test_an_old_client(void **state)
{
    (void)state;
    struct client c;

    client_ask_10(&c, air.port, "/live.opus");
    assert_int_equal(c.status, 200);
    expect_header(&c, "Transfer-Encoding", "");
    expect_header(&c, "Content-Length", "");
    client_read(&c, SECOND);
    assert_memory_equal(c.body, "OggS", 4);
    client_free(&c);
}

static void test_head(void **state)
{
    (void)state;
    struct client c;
    json_int_t ever = total("listeners_ever");

    client_ask(&c, air.port, "HEAD", "/live.opus", "");
    assert_int_equal(c.status, 200);
    expect_header(&c, "Content-Type", "audio/ogg");
    expect_header(&c, "Set-Cookie", "");
    client_read(&c, 1);
    assert_int_equal(c.len, 0);
    assert_int_equal(c.end, 0);
    client_free(&c);
    client_ask(&c, air.port, "HEAD", "/live.opus", "Range: bytes=77-\r\n");
    assert_int_equal(c.status, 206);
    expect_header(&c, "Content-Range", "bytes 77-999999999999/1000000000000");
    client_free(&c);
    assert_int_equal(total("listeners_ever"), ever);
}

/* The bytes from offset on, and all before, are one stream. */
static void expect_joined(const struct client *a, const struct client *b,
                          size_t offset)
{
    size_t both = a->len - offset < b->len ? a->len - offset : b->len;
    uint8_t *all = malloc(offset + b->len);

    assert_non_null(all);
    assert_true(both > 0);
    assert_memory_equal(a->body + offset, b->body, both);
    memcpy(all, a->body, offset);
    memcpy(all + offset, b->body, b->len);
    struct packets *p = packets_of(all, offset + b->len);
    assert_int_equal(p->headers, 2);
    assert_int_equal(p->granule % TIMELINE_PACKET, 0);
    free(p);
    free(all);
}

static void test_a_cut_stream_goes_on_at_its_byte(void **state)
{
    (void)state;
    struct client a, b;
    char headers[400];
    json_int_t resumes = total("resumes");
    /* Within a page, and on an odd byte. */
    const size_t offset = SECOND + 777;

    client_get(&a, air.port, "/live.opus?latency=normal", "");
    client_read(&a, 3 * SECOND);
    client_cut(&a);
    wait_for_listeners(0);
    clock_sleep(NS_PER_S);
    back(headers, sizeof(headers), &a, offset);
    client_get(&b, air.port, "/live.opus?latency=normal", headers);
    assert_int_equal(b.status, 206);
    char range[100];
    snprintf(range, sizeof(range), "bytes %zu-999999999999/1000000000000",
             offset);
    expect_header(&b, "Content-Range", range);
    client_read(&b, 4 * SECOND);
    expect_joined(&a, &b, offset);
    assert_int_equal(total("resumes"), resumes + 1);
    client_free(&a);
    client_free(&b);
    wait_for_listeners(0);
}

/* Bytes of n packets from i on. */
static size_t bytes_of(const struct packets *p, uint32_t i, uint32_t n)
{
    size_t sum = 0;

    assert_true(i + n <= p->n);
    for (uint32_t k = i; k < i + n; k++)
        sum += p->all[k].len;
    return sum;
}

/* It is the same stream, and has the bitrate from a key packet on, as soon as
   there are some. */
static void test_who_comes_back_may_ask_for_another_bitrate(void **state)
{
    (void)state;
    struct client a, b;
    char headers[400];
    json_int_t resumes = total("resumes");

    client_get(&a, air.port, "/live.opus?latency=normal&bitrate=32", "");
    client_read(&a, SECOND / 2);
    client_cut(&a);
    wait_for_listeners(0);
    const size_t offset = a.len;
    struct packets *p = packets_of(a.body, offset);
    const uint32_t cut = p->n;
    free(p);
    back(headers, sizeof(headers), &a, offset);
    client_get(&b, air.port, "/live.opus?latency=normal&bitrate=160", headers);
    assert_int_equal(b.status, 206);
    client_read(&b, 4 * SECOND);
    assert_int_equal(total("resumes"), resumes + 1);
    uint8_t *all = malloc(offset + b.len);
    assert_non_null(all);
    memcpy(all, a.body, offset);
    memcpy(all + offset, b.body, b.len);
    p = packets_of(all, offset + b.len);
    assert_int_equal(p->headers, 2);
    /* Nothing is missing or repeated: positions follow from the packets. */
    assert_int_equal(p->first_granule, 0);
    assert_in_range(p->granule / TIMELINE_PACKET, p->n - 25, p->n);
    const size_t before = bytes_of(p, 0, cut) / cut;
    const size_t after = bytes_of(p, p->n - 25, 25) / 25;
    assert_in_range(before, 40, 120);
    assert_in_range(after, 250, 600);
    free(p);
    free(all);
    client_free(&a);
    client_free(&b);
    wait_for_listeners(0);
}

/* The first connection has not been missed yet when the second one comes. */
static void test_a_second_connection_takes_over(void **state)
{
    (void)state;
    struct client a, b, third;
    char headers[400];

    client_get(&a, air.port, "/live.opus?latency=low", "");
    client_read(&a, 3 * SECOND);
    back(headers, sizeof(headers), &a, a.len);
    size_t offset = a.len;
    client_get(&b, air.port, "/live.opus?latency=low", headers);
    assert_int_equal(b.status, 206);
    client_read(&b, SECOND);
    client_read(&a, SIZE_MAX);
    assert_int_equal(a.end, -ECONNRESET);
    if (a.len > offset)
        expect_joined(&a, &b, offset);
    assert_int_equal(total("listeners"), 1);
    /* And a third, with no one reading the second. */
    back(headers, sizeof(headers), &a, offset + SECOND);
    client_get(&third, air.port, "/live.opus?latency=low", headers);
    assert_int_equal(third.status, 206);
    client_read(&third, 2 * SECOND);
    client_read(&b, SIZE_MAX);
    assert_int_equal(b.end, -ECONNRESET);
    assert_true(b.len > SECOND);
    size_t both = b.len - SECOND < third.len ? b.len - SECOND : third.len;
    assert_memory_equal(b.body + SECOND, third.body, both);
    client_free(&a);
    client_free(&b);
    client_free(&third);
    wait_for_listeners(0);
}

/* The sink was started anew meanwhile: same serial, granules go on. */
static void test_a_session_of_a_sink_before(void **state)
{
    (void)state;
    struct client c;
    char headers[300];

    snprintf(headers, sizeof(headers),
             "Cookie: lw_00000000deadbeef=%lld.500\r\nRange: bytes=900000-\r\n",
             (long long)(air.epoch - 100000));
    client_get(&c, air.port, "/live.opus", headers);
    assert_int_equal(c.status, 206);
    expect_header(&c, "Content-Range",
                  "bytes 900000-999999999999/1000000000000");
    client_read(&c, SECOND);
    struct packets *p = packets_of(c.body, c.len);
    assert_int_equal(p->headers, 2);
    assert_int_equal(serial_of(c.body), 0x5eadbeef);
    /* 100 s between the two, the first of which had begun at 10 s. */
    assert_int_equal(p->first_granule,
                     90 * TIMELINE_RATE +
                         (int64_t)seq_of(&c) * TIMELINE_PACKET);
    free(p);
    client_free(&c);
    /* Without any cookie there is a stream, too. */
    client_get(&c, air.port, "/live.opus", "Range: bytes=900000-\r\n");
    assert_int_equal(c.status, 206);
    client_read(&c, SECOND);
    assert_memory_equal(c.body, "OggS", 4);
    client_free(&c);
    wait_for_listeners(0);
}

static void test_from_joins_bit_exactly(void **state)
{
    (void)state;
    struct client a, b;
    char target[100];

    client_get(&a, air.port, "/live.opus?latency=normal&bitrate=64", "");
    client_read(&a, SECOND);
    client_cut(&a);
    struct packets *p = packets_of(a.body, a.len), *q;
    uint64_t next = seq_of(&a) + p->n / 2;
    clock_sleep(NS_PER_S);
    snprintf(target, sizeof(target), "/live.opus?bitrate=64&from=%llu",
             (unsigned long long)next);
    client_get(&b, air.port, target, "");
    assert_int_equal(b.status, 200);
    assert_int_equal(seq_of(&b), next);
    client_read(&b, SECOND);
    q = packets_of(b.body, b.len);
    assert_true(q->n >= p->n - p->n / 2);
    for (uint32_t i = p->n / 2; i < p->n; i++) {
        const struct packet *x = &p->all[i], *y = &q->all[i - p->n / 2];
        assert_int_equal(x->len, y->len);
        assert_memory_equal(x->data, y->data, x->len);
    }
    free(p);
    free(q);
    client_free(&a);
    client_free(&b);
    /* A little ahead is at the edge; far ahead is a mistake. */
    uint64_t now = onair_seq(&air);
    snprintf(target, sizeof(target), "/live.opus?from=%llu",
             (unsigned long long)now + 400);
    client_get(&a, air.port, target, "");
    assert_int_equal(a.status, 200);
    assert_in_range(seq_of(&a), now - 50, now + 100);
    client_free(&a);
    snprintf(target, sizeof(target), "/live.opus?from=%llu",
             (unsigned long long)now + 5000);
    client_get(&a, air.port, target, "");
    assert_int_equal(a.status, 400);
    client_free(&a);
    client_get(&a, air.port, "/live.opus?from=0", "");
    assert_int_equal(a.status, 200);
    client_free(&a);
}

static void test_other_containers(void **state)
{
    (void)state;
    struct client c;

    client_get(&c, air.port, "/live.mp4?latency=low", "");
    assert_int_equal(c.status, 200);
    expect_header(&c, "Content-Type", "audio/mp4; codecs=\"opus\"");
    client_read(&c, SECOND);
    assert_memory_equal(c.body + 4, "ftyp", 4);
    client_free(&c);
    client_get(&c, air.port, "/live.wav?latency=low&format=s24", "");
    assert_int_equal(c.status, 200);
    expect_header(&c, "Content-Type", "audio/wav");
    expect_header(&c, "icy-br", "");
    client_read(&c, 300000);
    assert_memory_equal(c.body, "RIFF", 4);
    client_cut(&c);
    /* It, too, goes on. */
    struct client d;
    char headers[300];
    back(headers, sizeof(headers), &c, 100001);
    client_get(&d, air.port, "/live.wav?latency=low&format=s24", headers);
    assert_int_equal(d.status, 206);
    client_read(&d, 300000);
    assert_memory_equal(c.body + 100001, d.body, c.len - 100001);
    client_free(&c);
    client_free(&d);
    client_get(&c, air.port, "/quiet.opus?latency=live", "");
    assert_int_equal(c.status, 200);
    client_read(&c, SECOND / 2);
    free(packets_of(c.body, c.len));
    client_free(&c);
    wait_for_listeners(0);
}

/* A browser's audio element reads in blocks of 32 KiB. */
static void test_audio_elements_get_more_at_once(void **state)
{
    (void)state;
    struct client c;
    uint64_t now;

    while (onair_seq(&air) < 400)
        clock_sleep(50 * NS_PER_MS);
    now = onair_seq(&air);
    client_get(&c, air.port, "/live.opus?latency=low", "");
    assert_in_range(seq_of(&c), now - 55, now);
    client_free(&c);
    now = onair_seq(&air);
    client_get(&c, air.port, "/live.opus?latency=low",
               "Sec-Fetch-Dest: audio\r\n");
    /* 48 KiB are 4 s; from the key packet before. */
    assert_in_range(now - seq_of(&c), 200, 260);
    client_read(&c, 48000);
    assert_true(onair_seq(&air) - now < 50);
    client_free(&c);
    /* By its agent where it does not say so; scripts do without. */
    now = onair_seq(&air);
    client_get(&c, air.port, "/live.opus?latency=low",
               "User-Agent: Mozilla/5.0 (X11)\r\nRange: bytes=0-\r\n");
    assert_in_range(now - seq_of(&c), 200, 260);
    client_free(&c);
    now = onair_seq(&air);
    client_get(&c, air.port, "/live.mp4?latency=low",
               "Sec-Fetch-Dest: empty\r\nUser-Agent: Mozilla/5.0\r\n");
    assert_in_range(seq_of(&c), now - 55, now);
    client_free(&c);
    wait_for_listeners(0);
}

static void expect_status(const char *method, const char *target,
                          const char *headers, int code, const char *body)
{
    struct client c;

    client_ask(&c, air.port, method, target, headers);
    if (c.status != code)
        fail_msg("%s %s: %d, not %d", method, target, c.status, code);
    client_read(&c, strlen(body));
    if (body[0] &&
        (c.len < strlen(body) || memcmp(c.body, body, strlen(body)) != 0))
        fail_msg("%s %s: \"%.*s\"", method, target, (int)c.len, c.body);
    client_free(&c);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    struct client c;

    expect_status("GET", "/nothing", "", 404, "not found");
    expect_status("GET", "/live.opus/", "", 404, "");
    expect_status("GET", "/live.opus%00", "", 404, "");
    expect_status("GET", "/status.json", "", 404, "");
    expect_status("POST", "/live.opus", "Content-Length: 0\r\n", 405, "");
    expect_status("GET", "/live.opus?latency=x", "", 400,
                  "latency: allowed are live, low, normal and safe\n");
    expect_status("GET", "/live.opus?bitrate=97", "", 400,
                  "bitrate: allowed are 32, 64, 96, 160 (kbit/s)\n");
    expect_status("GET", "/live.wav?rate=1", "", 400, "rate: ");
    expect_status("HEAD", "/live.wav?rate=1", "", 400, "");
    expect_status("GET", "/live.opus", "Range: bytes=999999999999-\r\n", 416,
                  "");
    client_ask(&c, air.port, "GET", "/live.opus",
               "Range: bytes=99999999999999999999-\r\n");
    assert_int_equal(c.status, 416);
    expect_header(&c, "Content-Range", "bytes */1000000000000");
    client_free(&c);
    client_ask(&c, air.port, "OPTIONS", "/live.mp4",
               "Origin: http://a\r\nAccess-Control-Request-Method: GET\r\n");
    assert_int_equal(c.status, 204);
    expect_header(&c, "Access-Control-Allow-Origin", "*");
    expect_header(&c, "Access-Control-Allow-Headers", "Range");
    client_free(&c);
}

static void test_a_full_house(void **state)
{
    (void)state;
    struct client c[SEATS];

    for (int i = 0; i < SEATS; i++) {
        client_get(&c[i], air.port, "/live.opus", "");
        assert_int_equal(c[i].status, 200);
    }
    struct client more;
    client_get(&more, air.port, "/live.opus", "");
    assert_int_equal(more.status, 503);
    expect_header(&more, "Retry-After", "10");
    client_free(&more);
    expect_status("HEAD", "/live.opus", "", 503, "");
    expect_status("GET", "/", "", 200, "");
    assert_int_equal(total("listeners"), SEATS);
    /* Who comes back to his own seat has one. */
    char headers[300];
    client_read(&c[0], 5000);
    back(headers, sizeof(headers), &c[0], 4000);
    client_get(&more, air.port, "/live.opus", headers);
    assert_int_equal(more.status, 206);
    client_free(&more);
    for (int i = 0; i < SEATS; i++)
        client_free(&c[i]);
    wait_for_listeners(0);
    expect_status("GET", "/live.opus", "", 200, "");
}

static void test_figures(void **state)
{
    (void)state;
    struct client c, m;
    char line[200];

    client_get(&c, air.port, "/live.opus?latency=normal",
               "User-Agent: a \"test\"\r\n");
    client_read(&c, 5 * SECOND);
    json_t *root = status();
    const char *mount, *container, *latency, *agent, *rung;
    json_int_t bytes, packets, resumes;
    double lag, lead, p99;
    assert_int_equal(
        json_unpack(root, "{s:[{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:F,s:F,s:F}]}",
                    "listeners", "mount", &mount, "container", &container,
                    "latency", &latency, "agent", &agent, "rung", &rung,
                    "bytes", &bytes, "packets", &packets, "resumes", &resumes,
                    "lag_s", &lag, "lead_s", &lead, "deviation_p99_ms", &p99),
        0);
    assert_string_equal(mount, "live");
    assert_string_equal(container, "ogg");
    assert_string_equal(latency, "normal");
    assert_string_equal(agent, "a \"test\"");
    assert_string_equal(rung, "96");
    assert_true(bytes >= 2 * SECOND && packets >= 200 && resumes == 0);
    json_t *ended = json_object_get(root, "ended");
    assert_true(json_array_size(ended) > 0);
    json_decref(root);
    client_get(&m, air.admin, "/metrics", "Connection: close\r\n");
    assert_int_equal(m.status, 200);
    client_read(&m, SIZE_MAX);
    m.body = realloc(m.body, m.len + 1);
    m.body[m.len] = '\0';
    const char *text = (const char *)m.body;
    assert_non_null(strstr(
        text, "\nlongwave_listeners{mount=\"live\",class=\"normal\"} 1\n"));
    assert_non_null(
        strstr(text, "\n# TYPE longwave_deviation_seconds histogram\n"));
    assert_non_null(strstr(text, "\nlongwave_rung_listeners{mount=\"live\","
                                 "rung=\"96\"} 1\n"));
    snprintf(line, sizeof(line),
             "\nlongwave_deviation_seconds_count{mount="
             "\"live\"} ");
    assert_non_null(strstr(text, line));
    client_free(&m);
    client_free(&c);
    client_get(&m, air.admin, "/health", "Connection: close\r\n");
    assert_int_equal(m.status, 200);
    client_free(&m);
}

#define CROWD  50
#define ROUNDS 4

struct goer {
    pthread_t thread;
    unsigned number;
    int failed; /* line */
};

/* Comes, listens a while, is cut, and comes back to where it was. */
static void *come_and_go(void *arg)
{
    static const char *const targets[] = {
        "/live.opus?latency=low", "/live.opus", "/live.mp4?latency=normal",
        "/quiet.opus?latency=live", "/live.wav?latency=low&rate=44100"};
    struct goer *g = arg;
    char headers[400];

    for (int i = 0; i < ROUNDS; i++) {
        const char *target = targets[(g->number + (unsigned)i) % 5];
        struct client a, b;

        client_get(&a, air.port, target, "");
        client_read(&a, 2000 + g->number * 97 % 3000);
        if (a.status == 200 && g->number % 3 > 0) {
            back(headers, sizeof(headers), &a, a.len / 2);
            if (g->number % 3 == 1)
                client_cut(&a);
            client_get(&b, air.port, target, headers);
            client_read(&b, a.len - a.len / 2);
            if (b.status == 206 &&
                memcmp(a.body + a.len / 2, b.body, a.len - a.len / 2) != 0)
                g->failed = __LINE__;
            if (b.status != 206 && b.status != 503)
                g->failed = __LINE__;
            client_free(&b);
        } else if (a.status != 200 && a.status != 503) {
            g->failed = __LINE__;
        }
        client_free(&a);
    }
    return NULL;
}

static void test_a_crowd_comes_and_goes(void **state)
{
    (void)state;
    static struct goer goers[CROWD];
    struct client steady;

    client_get(&steady, air.port, "/live.opus?latency=low", "");
    for (unsigned i = 0; i < CROWD; i++) {
        goers[i] = (struct goer){.number = i};
        assert_int_equal(
            pthread_create(&goers[i].thread, NULL, come_and_go, &goers[i]), 0);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        json_decref(status());
        pthread_join(goers[i].thread, NULL);
        if (goers[i].failed)
            fail_msg("listener %u: line %d", i, goers[i].failed);
    }
    /* One who stayed lost nothing. */
    client_read(&steady, 3 * SECOND);
    struct packets *p = packets_of(steady.body, steady.len);
    assert_int_equal(p->first_granule, 0);
    free(p);
    client_free(&steady);
    wait_for_listeners(0);
}

static void test_the_end_is_a_reset(void **state)
{
    (void)state;
    static struct onair other;
    struct client c, kept;

    onair_start(&other, 5);
    client_get(&c, other.port, "/live.opus", "");
    client_read(&c, 1000);
    client_get(&kept, other.admin, "/status.json", "");
    assert_int_equal(kept.status, 200);
    onair_stop(&other);
    client_read(&c, SIZE_MAX);
    assert_int_equal(c.end, -ECONNRESET);
    client_free(&c);
    client_free(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stream),
        cmocka_unit_test(test_an_old_client),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_a_cut_stream_goes_on_at_its_byte),
        cmocka_unit_test(test_who_comes_back_may_ask_for_another_bitrate),
        cmocka_unit_test(test_a_second_connection_takes_over),
        cmocka_unit_test(test_a_session_of_a_sink_before),
        cmocka_unit_test(test_from_joins_bit_exactly),
        cmocka_unit_test(test_other_containers),
        cmocka_unit_test(test_audio_elements_get_more_at_once),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_a_full_house),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_a_crowd_comes_and_goes),
        cmocka_unit_test(test_the_end_is_a_reset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
