// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * longwave-sink: serves what is patched into its ports to listeners over HTTP,
 * each with a stream of their own.
 *
 * [main] starts everything, then looks after signals and the JACK server; [ev]
 * answers requests, [fan] writes to listeners, an [enc] per mount encodes,
 * [desk] gathers what the operator sees of the station.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clients/keeper.h"
#include "clients/sink/inlet.h"
#include "clients/sink/options.h"
#include "clients/sink/told.h"
#include "clients/telling.h"
#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/jclient.h"
#include "graph/log.h"
#include "graph/notify.h"
#include "graph/threads.h"
#include "netsink/desk.h"
#include "netsink/http.h"
#include "netsink/mount.h"

#define TICK      (100 * NS_PER_MS)
#define ENC_BELOW 2 /* the process callback's priority */

struct sink {
    struct log log;
    struct log_tail *tail;
    struct options o;
    struct hub_budget budget;
    struct mount mounts[MOUNT_MAX];
    uint32_t n_mounts; /* begun */
    struct http *http;
    struct desk *desk; /* NULL: none */
    struct inlet *inlet;
    char listen[300], admin[300]; /* URLs */
    struct keeper keeper;
};

/* Encoding has to be done before what is encoded can be sent. Where realtime is
   not permitted all have the ordinary priority. */
static void jack_changed(void *ctx, const struct jclient *jack)
{
    struct sink *s = ctx;

    http_jack(s->http, jack);
    if (s->desk)
        desk_jack(s->desk, jack);
    for (uint32_t i = 0; jack && i < s->n_mounts; i++)
        (void)jclient_promote(jack, encoder_thread(s->mounts[i].encoder),
                              ENC_BELOW);
}

/* One descriptor per listener: as many as the system grants. */
static void raise_limits(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r))
        return;
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
}

static int64_t unix_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / NS_PER_MS;
}

static int open_http(struct sink *s)
{
    struct http_opts o = {
        .log = &s->log,
        .listen = s->o.listen,
        .admin = s->o.admin,
        .mounts = s->mounts,
        .n_mounts = s->o.n_mounts,
        .budget = &s->budget,
        .epoch = unix_ms(),
        .max_listeners = s->o.max_listeners,
        .n_loops = s->o.n_loops,
        .burst_rate = s->o.burst_mbit * 1e6 / 8,
        .max_events = s->o.max_events,
        .token = s->o.token,
        .admin_hosts = s->o.admin_hosts.text,
        .n_admin_hosts = s->o.admin_hosts.n,
    };
    return http_new(&s->http, &o);
}

static int start_mounts(struct sink *s)
{
    struct mount_opts o = {
        .log = &s->log,
        .ladder_kbps = s->o.ladder,
        .n_ladder = s->o.n_ladder,
        .usual_kbps = s->o.kbps,
        .budget = &s->budget,
        .quality = (enum resample_quality)s->o.quality,
        .put = http_put,
        .ctx = s->http,
    };

    for (uint32_t i = 0; i < s->o.n_mounts; i++) {
        o.name = s->o.mounts[i].name;
        o.n_channels = s->o.mounts[i].n_channels;
        int err = mount_init(&s->mounts[i], &o);
        if (err) {
            log_error(&s->log, "can't begin mount '%s': %s", o.name,
                      strerror(-err));
            return err;
        }
        s->n_mounts++;
    }
    return 0;
}

/* "http://127.0.0.1:8000/", for people to open. */
static void url(char *text, size_t size, const struct cli_addr *a,
                uint16_t port)
{
    char name[256];
    const char *host = a->host;
    bool all = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;

    /* All addresses are none to open: the machine's name is. */
    if (all && gethostname(name, sizeof(name)) == 0)
        host = name;
    snprintf(text, size,
             strchr(host, ':') ? "http://[%s]:%u/" : "http://%s:%u/", host,
             (unsigned)port);
}

static struct told told(const struct sink *s)
{
    return (struct told){.mounts = s->mounts,
                         .n_mounts = s->n_mounts,
                         .listen = s->listen,
                         .admin = s->admin,
                         .tail = s->tail};
}

/* desk_opts.tell: of ourselves */
static char *tell_desk(void *ctx, const struct jclient *jack,
                       const char *question)
{
    struct told t = told(ctx);

    return told_text(&t, jack, question);
}

/* keeper_opts.told: whoever else asks */
static char *tell_others(void *ctx, const char *question)
{
    const struct sink *s = ctx;
    struct told t = told(s);

    return told_text(&t, s->inlet ? inlet_jack(s->inlet) : NULL, question);
}

/* Streams go on without it. */
static void open_desk(struct sink *s)
{
    char port[MOUNT_MAX][2][INLET_PORT_MAX];
    struct desk_mount mounts[MOUNT_MAX];
    struct desk_opts o = {
        .log = &s->log,
        .server = s->o.server,
        .mounts = mounts,
        .n_mounts = s->n_mounts,
        .tell = tell_desk,
        .tell_ctx = s,
        .now = http_now,
        .now_ctx = s->http,
    };
    struct admin_desk desk = {.json = desk_json,
                              .levels = desk_levels,
                              .watched = desk_watched,
                              .set = desk_set};
    int err;

    for (uint32_t i = 0; i < s->n_mounts; i++) {
        const struct mount *m = &s->mounts[i];
        mounts[i] =
            (struct desk_mount){.name = m->name, .n_ports = m->n_channels};
        for (uint32_t c = 0; c < m->n_channels; c++)
            mounts[i].port[c] =
                inlet_port(port[i][c], m->name, m->n_channels, c);
    }
    err = desk_new(&s->desk, &o);
    if (err) {
        log_warn(&s->log, "the operator does not see the station: %s",
                 strerror(-err));
        return;
    }
    desk.desk = s->desk;
    desk.log = desk_log(s->desk);
    http_desk(s->http, &desk);
}

static int start_http(struct sink *s)
{
    int err = http_start(s->http);

    if (err)
        log_error(&s->log, "can't serve: %s", strerror(-err));
    return err;
}

static int open_jack(struct sink *s)
{
    struct inlet_opts o = {
        .log = &s->log,
        .name = s->o.name,
        .server = s->o.server,
        .mounts = s->mounts,
        .n_mounts = s->n_mounts,
        .joined = jack_changed,
        .ctx = s,
    };
    return inlet_open(&s->inlet, &o);
}

static void announce(const struct sink *s)
{
    const char *listen = s->listen, *admin = s->admin;
    char status[400], detail[640];

    snprintf(status, sizeof(status), "listening on %s", listen);
    snprintf(detail, sizeof(detail), "%s %s", listen, admin);
    for (uint32_t i = 0; i < s->n_mounts; i++)
        log_info(&s->log, "stream %s%s.opus, %s", listen, s->mounts[i].name,
                 s->mounts[i].n_channels == 1 ? "mono" : "stereo");
    log_info(&s->log, "operator on %s; patch something into the ports", admin);
    /* Not by the log, whose lines others may read. Whoever gave us a token has
       it. */
    if (s->o.token_made) {
        if (notify_is_journal(STDOUT_FILENO))
            printf("operate  %s   orders need --admin-token-file\n", admin);
        else
            printf("operate  %s#token=%s\n", admin, s->o.token);
        fflush(stdout);
    }
    notify_ready(status, detail);
}

/* An encoder that gave up, or a JACK client: its -errno. */
static int failed(const struct sink *s)
{
    struct encoder_stats e;

    for (uint32_t i = 0; i < s->n_mounts; i++) {
        encoder_stats(s->mounts[i].encoder, &e);
        if (e.failed)
            return e.failed;
    }
    return inlet_failed(s->inlet);
}

/* ns, TICK at most. */
static int64_t left_until(int64_t then)
{
    int64_t ns = then - clock_now();

    return ns < 0 ? 0 : ns > TICK ? TICK : ns;
}

/* keeper_opts.progress */
static uint32_t progress(void *ctx, uint64_t count[WATCHDOG_COUNTS])
{
    const struct sink *s = ctx;
    struct encoder_stats e;
    uint32_t n = 0;

    count[n++] = http_turns(s->http);
    /* the timeline goes on whether sound comes in or not */
    for (uint32_t i = 0; i < s->n_mounts; i++) {
        encoder_stats(s->mounts[i].encoder, &e);
        count[n++] = e.seq;
    }
    return n;
}

/* As keeper_begin(). */
static int begin(struct sink *s, struct cli_program *p)
{
    struct keeper_opts o = {
        .log = &s->log,
        .program = p,
        .state = s->o.state,
        .name = &s->o.name,
        .progress = progress,
        .told = tell_others,
        .ctx = s,
    };
    return keeper_begin(&s->keeper, &o);
}

/* [main]'s life: until it is asked to end (0), or something failed. */
static int look_after(struct sink *s)
{
    int err = 0;
    int64_t next = clock_now();

    while (!err && !keeper_wait(&s->keeper, left_until(next), -1)) {
        next = inlet_tick(s->inlet);
        keeper_tell(&s->keeper, s->o.server,
                    jclient_name(inlet_jack(s->inlet)));
        err = failed(s);
    }
    return err;
}

/* From nothing to the end of service. 0 or -errno, said already. */
static int serve(struct sink *s)
{
    int err = open_http(s);

    if (err)
        return err;
    url(s->listen, sizeof(s->listen), &s->o.listen, http_listen_port(s->http));
    url(s->admin, sizeof(s->admin), &s->o.admin, http_admin_port(s->http));
    err = start_mounts(s);
    if (!err) {
        open_desk(s);
        err = open_jack(s);
    }
    if (!err)
        err = start_http(s);
    if (err)
        return err;
    err = keeper_ready(&s->keeper, s->listen);
    if (err)
        return err;
    announce(s);
    err = look_after(s);
    notify_stopping();
    return err;
}

/* JACK first, so that nothing writes into the taps any more. */
static void close_all(struct sink *s)
{
    inlet_close(&s->inlet);
    if (s->http)
        http_stop(s->http);
    desk_free(&s->desk); /* it looks at the mounts */
    for (uint32_t i = 0; i < s->n_mounts; i++)
        mount_fini(&s->mounts[i]);
    http_free(&s->http);
}

int main(int argc, char **argv)
{
    struct sink s = {.log = {.program = "longwave-sink", .level = LOG_INFO},
                     .keeper = {.signals = -1}};
    struct cli_program p = {
        .name = "longwave-sink",
        .summary = "Serves what is patched into its ports to listeners over "
                   "HTTP.",
        .usage = "[OPTIONS]",
        .notes =
            "Listeners' URLs: /MOUNT.opus /MOUNT.mp4 ?latency=live|low|normal|"
            "safe\n?bitrate=KBPS, /MOUNT.wav ?rate=HZ ?format=s16|s24|f32 "
            "?channels=1|2.\nThe operator's: / /status.json /metrics /health "
            "/events /listeners.json /history.json.",
    };
    int code = EXIT_OK;

    thread_enter(TH_MAIN);
    int r = options_parse(&s.o, &p, argc, argv);
    s.log.level = (enum log_level)s.o.level;
    if (log_tail_new(&s.tail, TELLING_LOG_LINES) == 0)
        s.log.tail = s.tail;
    if (r > 0)
        r = begin(&s, &p);
    if (r > 0 && options_check(&s.o, &p) < 0)
        r = -EINVAL;
    if (r < 0)
        code = r == -EINVAL ? EXIT_USAGE : EXIT_RUNNING;
    if (r <= 0)
        goto out;
    s.budget.max = (uint64_t)s.o.memory_mb << 20;
    raise_limits();
    r = serve(&s);
    if (r)
        code = r == -EHOSTDOWN && !s.inlet ? EXIT_ABSENT : EXIT_RUNNING;
    close_all(&s);
out:
    keeper_end(&s.keeper);
    log_tail_free(&s.tail);
    cli_fini(&p);
    return code;
}
