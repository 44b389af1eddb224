// SPDX-License-Identifier: GPL-3.0-or-later
/* Both ends of OSC for tests: something fake to be controlled, packets made and
   replies read by liblo alone, through a real socket on loopback. Included
   once, by the test. */
#ifndef TESTS_UNIT_GENERATOR_OSC_WORLD_H
#define TESTS_UNIT_GENERATOR_OSC_WORLD_H

#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <lo/lo.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients/generator/osc.h"
#include "clients/generator/osc_priv.h"
#include "graph/clock.h"
#include "graph/threads.h"
#include "tests/unit/graph/capture.h"

/* What is controlled. */
struct fake {
    double value[PARAM_COUNT];
    char preset[64];
    uint64_t seed;
    double fade_s;
    int changes, refuse; /* with this -errno */
    size_t status_size;
};

static struct fake fake;
static struct osc *osc;
static int client;

static int fake_set(void *ctx, enum param p, double v, char err[OSC_ERROR_MAX])
{
    struct fake *f = ctx;
    int r = param_check(p, v, err);

    if (r == 0)
        f->value[p] = v;
    return r;
}

static double fake_get(void *ctx, enum param p)
{
    return ((struct fake *)ctx)->value[p];
}

static const char *fake_mode(void *ctx, uint32_t i)
{
    static const char *const names[] = {"own", "bright", "dark"};

    (void)ctx;
    return i < 3 ? names[i] : NULL;
}

static int fake_change(void *ctx, const char *preset, uint64_t seed,
                       double fade_s, char err[OSC_ERROR_MAX])
{
    struct fake *f = ctx;

    if (f->refuse) {
        snprintf(err, OSC_ERROR_MAX, "mine.yaml:3: key 'gain': found 'x'");
        return f->refuse;
    }
    f->changes++;
    f->fade_s = fade_s;
    if (preset)
        snprintf(f->preset, sizeof(f->preset), "%s", preset);
    else
        f->seed = seed;
    return 0;
}

static const char *fake_preset(void *ctx)
{
    return ((struct fake *)ctx)->preset;
}

static uint64_t fake_seed(void *ctx)
{
    return ((struct fake *)ctx)->seed;
}

static uint32_t fake_presets(void *ctx, char *names[PATHS_NAMES_MAX])
{
    (void)ctx;
    names[0] = strdup("nave");
    names[1] = strdup("tide");
    return 2;
}

static char *fake_status(void *ctx)
{
    size_t n = ((struct fake *)ctx)->status_size;
    char *s = malloc(n + 1);

    assert_non_null(s);
    memset(s, ' ', n);
    s[n] = '\0';
    return s;
}

static const struct osc_ops ops = {
    fake_set,    fake_get,  fake_mode,    fake_change,
    fake_preset, fake_seed, fake_presets, fake_status,
};

static const struct log log_on = {.program = "test", .level = LOG_WARN};

static void open_osc(const struct log *log)
{
    struct osc_opts o = {
        .log = log, .addr = {"127.0.0.1", 0}, .ops = &ops, .ctx = &fake};
    struct sockaddr_in a = {.sin_family = AF_INET};
    struct cli_addr at;

    assert_int_equal(osc_open(&osc, &o), 0);
    osc_addr(osc, &at);
    assert_string_equal(at.host, "127.0.0.1");
    assert_int_not_equal(at.port, 0);
    client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    a.sin_port = htons(at.port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof(a)), 0);
}

static int setup(void **state)
{
    (void)state;
    fake = (struct fake){
        .preset = "terminal", .seed = 0x1f3a9c, .status_size = 100};
    for (int p = 0; p < PARAM_COUNT; p++)
        fake.value[p] = param_info((enum param)p)->def;
    open_osc(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    osc_close(&osc);
    close(client);
    return 0;
}

/* ---- packets ---- */

struct packet {
    uint8_t b[OSC_PACKET_MAX * 2];
    size_t n;
};

/* Takes over m. */
static struct packet message(const char *address, lo_message m)
{
    struct packet p = {.n = 0};

    lo_message_serialise(m, address, p.b, &p.n);
    lo_message_free(m);
    return p;
}

static lo_message with_string(const char *s)
{
    lo_message m = lo_message_new();

    lo_message_add_string(m, s);
    return m;
}

static lo_message with_float(float f)
{
    lo_message m = lo_message_new();

    lo_message_add_float(m, f);
    return m;
}

/* A bundle of these parts, in network order. */
static struct packet bundle(const struct packet *part, int n)
{
    struct packet p = {.n = 16};

    memcpy(p.b, "#bundle\0\xff\xff\xff\xff\0\0\0\0",
           16); /* in the far future */
    for (int i = 0; i < n; i++) {
        uint32_t size = htonl((uint32_t)part[i].n);

        memcpy(p.b + p.n, &size, 4);
        memcpy(p.b + p.n + 4, part[i].b, part[i].n);
        p.n += 4 + part[i].n;
        assert_true(p.n < OSC_PACKET_MAX);
    }
    return p;
}

static void post(const struct packet *p)
{
    assert_int_equal(send(client, p->b, p->n, 0), (ssize_t)p->n);
}

/* ---- replies ---- */

static struct {
    char address[128], types[128];
    lo_message m;
    lo_arg **argv;
    uint8_t b[OSC_PACKET_MAX + 1];
} got;

/* The next reply; false: there is none. */
static bool next(void)
{
    ssize_t n = recv(client, got.b, sizeof(got.b), 0);

    if (got.m)
        lo_message_free(got.m);
    got.m = NULL;
    if (n < 0)
        return false;
    assert_in_range(n, 1, OSC_PACKET_MAX);
    got.m = lo_message_deserialise(got.b, (size_t)n, NULL);
    assert_non_null(got.m);
    snprintf(got.address, sizeof(got.address), "%.100s", (char *)got.b);
    snprintf(got.types, sizeof(got.types), "%s", lo_message_get_types(got.m));
    got.argv = lo_message_get_argv(got.m);
    return true;
}

static void nothing_more(void)
{
    assert_false(next());
}

/* By hand: liblo's union wants to be at multiples of eight. */
static const char *text_of(int i)
{
    return (const char *)(void *)got.argv[i];
}

static double number_of(int i)
{
    float f;

    memcpy(&f, (void *)got.argv[i], sizeof(f));
    return (double)f;
}

/* Sends, and has the one reply in got. */
static void ask(const struct packet *p)
{
    post(p);
    osc_serve(osc);
    assert_true(next());
}

static void ask_message(const char *address, lo_message m)
{
    struct packet p = message(address, m);

    ask(&p);
}

static void is_value(const char *address, double value)
{
    assert_string_equal(got.address, address);
    assert_string_equal(got.types, "fs");
    assert_true(fabs(number_of(0) - value) < 1e-6);
    nothing_more();
}

static void is_text(const char *address, const char *text)
{
    assert_string_equal(got.address, address);
    assert_string_equal(got.types, "ss");
    assert_string_equal(text_of(0), text);
    nothing_more();
}

static void is_error(const char *address, const char *text)
{
    assert_string_equal(got.address, "/longwave/error");
    assert_string_equal(got.types, "ss");
    assert_string_equal(text_of(0), address);
    assert_string_equal(text_of(1), text);
    nothing_more();
}

#endif
