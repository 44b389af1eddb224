// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/netsink/onair.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "graph/clock.h"
#include "netsink/timeline.h"
#include "tests/unit/test.h"

#define PERIOD  480 /* frames */
#define BEGIN_S 2

static const uint32_t ladder[] = {32, 64, 96, 160};

/* Some tones that come and go, so that no packet is as long as the other. */
static void tones(float *left, float *right, uint64_t at)
{
    for (uint32_t i = 0; i < PERIOD; i++) {
        double t = (double)(at + i) / TIMELINE_RATE;
        double swell = 0.5 + 0.5 * sin(2 * M_PI * 0.7 * t);

        left[i] = (float)(0.3 * swell * sin(2 * M_PI * 440 * t) +
                          0.1 * sin(2 * M_PI * 5000 * t * swell));
        right[i] = (float)(0.3 * sin(2 * M_PI * 1000 * t));
    }
}

/* In JACK's place. */
static void *pulse(void *arg)
{
    struct onair *o = arg;
    float left[PERIOD], right[PERIOD];
    const float *in[2] = {left, right};
    int64_t begun = clock_now();

    for (uint64_t at = 0; !atomic_load(&o->stop); at += PERIOD) {
        int64_t time = begun + (int64_t)at * NS_PER_S / TIMELINE_RATE;
        struct jclient_cycle c = {
            .n_frames = PERIOD,
            .rate = TIMELINE_RATE,
            .time = time,
            .in = in,
        };
        int64_t wait = time + 10 * NS_PER_MS - clock_now();

        if (wait > 0)
            clock_sleep(wait);
        tones(left, right, at);
        for (uint32_t i = 0; i < ONAIR_MOUNTS; i++)
            tap_process_rt(o->mounts[i].tap, &c);
    }
    return NULL;
}

static void start_mount(struct onair *o, uint32_t i, const char *name,
                        uint32_t n_channels)
{
    const struct mount_opts mo = {
        .log = &o->log,
        .name = name,
        .n_channels = n_channels,
        .ladder_kbps = ladder,
        .n_ladder = 4,
        .usual_kbps = 96,
        .budget = &o->budget,
        .put = http_put,
        .ctx = o->http,
    };
    assert_int_equal(mount_init(&o->mounts[i], &mo), 0);
}

uint64_t onair_seq(const struct onair *o)
{
    struct encoder_stats e;

    encoder_stats(o->mounts[0].encoder, &e);
    return e.seq;
}

void onair_start(struct onair *o, uint32_t max_listeners)
{
    const struct admin_desk none = {0};

    onair_start_with(o, max_listeners, &none);
}

void onair_start_with(struct onair *o, uint32_t max_listeners,
                      const struct admin_desk *desk)
{
    static const char *const hosts[] = {ONAIR_HOST};
    struct timespec t;

    memset(o, 0, sizeof(*o));
    o->log = (struct log){.program = "test", .level = LOG_WARN};
    o->budget.max = 256 << 20;
    clock_gettime(CLOCK_REALTIME, &t);
    o->epoch = t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
    const struct http_opts ho = {
        .log = &o->log,
        .listen = {"127.0.0.1", 0},
        .admin = {"127.0.0.1", 0},
        .mounts = o->mounts,
        .n_mounts = ONAIR_MOUNTS,
        .budget = &o->budget,
        .epoch = o->epoch,
        .max_listeners = max_listeners,
        .n_loops = 2,
        .max_events = ONAIR_EVENTS,
        .token = ONAIR_TOKEN,
        .admin_hosts = hosts,
        .n_admin_hosts = 1,
    };
    assert_int_equal(http_new(&o->http, &ho), 0);
    o->port = http_listen_port(o->http);
    o->admin = http_admin_port(o->http);
    start_mount(o, 0, "live", 2);
    start_mount(o, 1, "quiet", 1);
    http_desk(o->http, desk);
    assert_int_equal(http_start(o->http), 0);
    assert_int_equal(pthread_create(&o->pulse, NULL, pulse, o), 0);
    while (onair_seq(o) < BEGIN_S * 50)
        clock_sleep(10 * NS_PER_MS);
}

void onair_stop(struct onair *o)
{
    atomic_store(&o->stop, true);
    pthread_join(o->pulse, NULL);
    http_stop(o->http);
    for (uint32_t i = 0; i < ONAIR_MOUNTS; i++)
        mount_fini(&o->mounts[i]);
    /* [desk] may say so as late as this. */
    http_now(o->http, "live", &(struct desk_now){.title = "too late"});
    http_free(&o->http);
    assert_null(o->http);
    assert_int_equal(atomic_load(&o->budget.used), 0);
}
