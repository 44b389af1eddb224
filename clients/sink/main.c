// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * longwave-sink: serves what is patched into its ports to listeners over HTTP,
 * as Ogg Opus.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "graph/cli.h"
#include "graph/jclient.h"
#include "graph/log.h"
#include "graph/notify.h"
#include "graph/threads.h"
#include "netsink/encoder.h"
#include "netsink/http.h"
#include "netsink/hub.h"
#include "netsink/mount.h"
#include "netsink/tap.h"

#define N_CHANNELS 2
/* How late the encoder may be without a loss: 4 s at 48 kHz, 1 s at 192. */
#define TAP_RATE  48000
#define TAP_S     4.0
#define SPARE_FDS 64 /* besides one per listener */

/* What the user asks for. */
struct wishes {
    const char *name, *server;
    struct cli_addr listen, admin;
    uint32_t kbps;
    double burst_s;
    uint32_t max_listeners;
    int level;
};

struct sink {
    struct log log;
    struct wishes w;
    struct http *http;
    struct jclient *jack;
    struct mount mount;
};

static int parse(struct wishes *w, struct cli_program *p, int argc, char **argv)
{
    struct cli_option options[] = {
        {.name = "name",
         .type = CLI_STRING,
         .dest = &w->name,
         .arg = "NAME",
         .help = "JACK client name (default longwave-sink)"},
        {.name = "server",
         .type = CLI_STRING,
         .dest = &w->server,
         .arg = "NAME",
         .help = "JACK server (default $JACK_DEFAULT_SERVER or 'default')"},
        {.name = "listen",
         .type = CLI_ADDR,
         .dest = &w->listen,
         .arg = "ADDR:PORT",
         .help = "where listeners are served (default 127.0.0.1:8000)"},
        {.name = "admin",
         .type = CLI_ADDR,
         .dest = &w->admin,
         .arg = "ADDR:PORT",
         .help = "where the operator is served (default 127.0.0.1:8001)"},
        {.name = "bitrate",
         .type = CLI_UINT,
         .dest = &w->kbps,
         .arg = "KBPS",
         .help = "of the stream, kbit/s (default 96)",
         .min = 24,
         .max = 256},
        {.name = "burst",
         .type = CLI_REAL,
         .dest = &w->burst_s,
         .arg = "SECONDS",
         .help = "audio sent at once on connect (default 10)",
         .min = 0,
         .max = 30},
        {.name = "max-listeners",
         .type = CLI_UINT,
         .dest = &w->max_listeners,
         .arg = "N",
         .help = "then new ones are refused (default 1000)",
         .min = 1,
         .max = 100000},
        {.name = "log-level",
         .type = CLI_CHOICE,
         .dest = &w->level,
         .arg = "LEVEL",
         .help = "error, warn, info or debug (default info)",
         .choices = log_level_names},
        {.name = NULL},
    };

    p->options = options;
    int r = cli_parse(p, argc, argv);
    p->options = NULL; /* they end here */
    return r;
}

/* One descriptor per listener: as many as the system grants. */
static void raise_limits(const struct sink *s)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r))
        return;
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    if (!getrlimit(RLIMIT_NOFILE, &r) &&
        r.rlim_cur < (rlim_t)s->w.max_listeners + SPARE_FDS)
        log_warn(&s->log,
                 "only %llu open files are allowed (ulimit -n), too few for %u "
                 "listeners; more will have to wait",
                 (unsigned long long)r.rlim_cur, (unsigned)s->w.max_listeners);
}

static int open_http(struct sink *s)
{
    struct http_opts o = {
        .log = &s->log,
        .listen = s->w.listen,
        .admin = s->w.admin,
        .mount = &s->mount,
        .burst_s = s->w.burst_s,
        .max_listeners = s->w.max_listeners,
    };
    return http_new(&s->http, &o);
}

/* The tap comes first, since JACK is to call it, and is sized without knowing
   the graph's rate. */
static int open_jack(struct sink *s)
{
    static const char *const ports[] = {"in_L", "in_R", NULL};
    struct jclient_opts o = {
        .log = &s->log,
        .name = s->w.name,
        .server = s->w.server,
        .in_ports = ports,
        .process_rt = tap_process_rt,
    };
    int err = tap_new(&s->mount.tap, N_CHANNELS, TAP_RATE, TAP_S);

    if (err) {
        log_error(&s->log, "no memory for the input: %s", strerror(-err));
        return err;
    }
    o.ctx = s->mount.tap;
    return jclient_open(&s->jack, &o);
}

static int start_encoder(struct sink *s)
{
    struct encoder_opts o = {
        .log = &s->log,
        .tap = s->mount.tap,
        .hub = s->mount.hub,
        .rate = jclient_rate(s->jack),
        .n_channels = N_CHANNELS,
        .kbps = s->w.kbps,
    };
    int err = encoder_start(&s->mount.encoder, &o);

    if (err)
        log_error(&s->log, "can't encode from %u Hz: %s", (unsigned)o.rate,
                  strerror(-err));
    return err;
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

static void announce(const struct sink *s)
{
    char listen[300], admin[300], status[400], detail[640];

    url(listen, sizeof(listen), &s->w.listen, http_listen_port(s->http));
    url(admin, sizeof(admin), &s->w.admin, http_admin_port(s->http));
    snprintf(status, sizeof(status), "listening on %s", listen);
    snprintf(detail, sizeof(detail), "%s %s", listen, admin);
    log_info(&s->log, "listening on %s (stream: %s%s.opus), operator on %s",
             listen, listen, s->mount.name, admin);
    log_info(&s->log, "JACK client %s, %u Hz; patch something into its ports",
             jclient_name(s->jack), (unsigned)jclient_rate(s->jack));
    notify_ready(status, detail);
}

/* From nothing to the end of service. 0 or -errno, said already. */
static int serve(struct sink *s)
{
    int err = hub_new(&s->mount.hub);

    if (err) {
        log_error(&s->log, "no room for the stream: %s", strerror(-err));
        return err;
    }
    err = open_http(s);
    if (!err)
        err = open_jack(s);
    if (!err)
        err = start_encoder(s);
    if (!err)
        err = jclient_activate(s->jack);
    if (err)
        return err;
    announce(s);
    err = http_run(s->http, s->jack);
    notify_stopping();
    return err;
}

/* JACK first, so that nothing writes into the tap any more. */
static void close_all(struct sink *s)
{
    jclient_close(&s->jack);
    encoder_stop(&s->mount.encoder);
    http_free(&s->http);
    hub_free(&s->mount.hub);
    tap_free(&s->mount.tap);
}

int main(int argc, char **argv)
{
    struct sink s = {
        .log = {.program = "longwave-sink", .level = LOG_INFO},
        .w = {.name = "longwave-sink",
              .listen = {"127.0.0.1", 8000},
              .admin = {"127.0.0.1", 8001},
              .kbps = 96,
              .burst_s = 10,
              .max_listeners = 1000,
              .level = LOG_INFO},
        .mount = {.name = "live", .n_channels = N_CHANNELS},
    };
    struct cli_program p = {
        .name = "longwave-sink",
        .summary = "Serves what is patched into its ports to listeners over "
                   "HTTP, as Ogg Opus.",
        .usage = "[OPTIONS]",
    };
    int code = EXIT_OK;

    thread_enter(TH_MAIN);
    int r = parse(&s.w, &p, argc, argv);
    if (r < 0)
        code = EXIT_USAGE;
    if (r <= 0)
        goto out;
    s.log.level = (enum log_level)s.w.level;
    s.mount.kbps = s.w.kbps;
    raise_limits(&s);
    r = serve(&s);
    if (r)
        code = r == -EHOSTDOWN && !s.jack ? EXIT_ABSENT : EXIT_RUNNING;
    close_all(&s);
out:
    cli_fini(&p);
    return code;
}
