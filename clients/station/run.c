// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/run.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/generator/osc.h"
#include "graph/clock.h"
#include "graph/notify.h"
#include "graph/patch.h"
#include "graph/proc.h"

#define POLL_NS      (20 * NS_PER_MS)
#define WATCH_NS     NS_PER_S
#define JACKD_WAIT   (10 * NS_PER_S)
#define CLIENT_WAIT  (60 * NS_PER_S) /* a cold GPU driver compiles shaders */
#define CONNECT_WAIT (5 * NS_PER_S)
#define STOP_GRACE   (5 * NS_PER_S)

#define GEN_NAME    "longwave-gen"
#define MASTER_NAME "longwave-master"
#define SINK_NAME   "longwave-sink"

struct run {
    const struct run_opts *o;
    /* NULL: not ours, or not started */
    struct proc *jackd, *sink, *master, *gen;
    char bin[512];         /* folder of this program, with a slash */
    uint32_t rate, period; /* the server's, Hz, frames */
    bool stop;             /* asked to */
};

/* Waits up to ns for a signal that asks to stop. */
static bool asked_to_stop(struct run *r, int64_t ns)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD); /* a child's end cuts the wait short */
    struct timespec t = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    int sig = sigtimedwait(&set, NULL, &t);
    if (sig > 0 && sig != SIGCHLD)
        r->stop = true;
    return r->stop;
}

static const char *server_name(const struct run *r)
{
    const char *env = getenv("JACK_DEFAULT_SERVER");
    return r->o->server ? r->o->server : env ? env : "default";
}

/* Takes the server's figures; -EHOSTDOWN when none runs. */
static int visit(struct run *r, struct patch **p)
{
    int e = patch_open(p, r->o->server);
    if (e < 0)
        return e;
    r->rate = patch_rate(*p);
    r->period = patch_period(*p);
    return 0;
}

static int start_jackd(struct run *r)
{
    const struct station *s = r->o->station;
    char rate[16], period[16];
    snprintf(rate, sizeof rate, "%" PRId64, s->rate);
    snprintf(period, sizeof period, "%" PRId64, s->period);
    /* 256 ports: the default takes 105 MB of /dev/shm, more than containers
       have. */
    const char *const argv[] = {"jackd", "-n", server_name(r), "-p",
                                "256",   "-d", "dummy",        "-r",
                                rate,    "-p", period,         NULL};
    setenv("JACK_NO_AUDIO_RESERVATION", "1", 1);
    int e = proc_start(&r->jackd, &(struct proc_opts){.log = r->o->log,
                                                      .name = "jackd",
                                                      .argv = argv,
                                                      .quiet = true});
    if (e < 0) {
        log_error(r->o->log,
                  "no JACK server '%s' is running, and jackd can't "
                  "be started: %s",
                  server_name(r), strerror(-e));
        return EXIT_ABSENT;
    }
    int64_t end = clock_now() + JACKD_WAIT;
    int code;
    while (proc_running(r->jackd, &code) && clock_now() < end) {
        struct patch *p;
        if (visit(r, &p) == 0) {
            patch_close(&p);
            return EXIT_OK;
        }
        /* Also when it is to stop: a jackd that is ended before it stands
           leaves its shared memory behind. */
        clock_sleep(POLL_NS);
        asked_to_stop(r, 0);
    }
    log_error(r->o->log, "jackd did not come up; it said:");
    proc_complain(r->jackd);
    return EXIT_ABSENT;
}

/* Finds a server or starts one. Returns an exit code. */
static int have_server(struct run *r)
{
    struct patch *p;
    int e = visit(r, &p);
    if (e == -EHOSTDOWN)
        return start_jackd(r);
    if (e < 0) {
        log_error(r->o->log,
                  "JACK server '%s' runs but refuses us (another "
                  "user's server?)",
                  server_name(r));
        return EXIT_ABSENT;
    }
    const char *const names[] = {GEN_NAME, MASTER_NAME, SINK_NAME};
    int code = EXIT_OK;
    for (int i = 0; i < 3 && code == EXIT_OK; i++)
        if (patch_has_client(p, names[i])) {
            log_error(r->o->log,
                      "'%s' is in the graph of JACK server '%s' "
                      "already: stop that station first, or choose "
                      "another server with --server",
                      names[i], server_name(r));
            code = EXIT_RUNNING;
        }
    patch_close(&p);
    return code;
}

/* Starts one of our programs with its own options, --server, --log-level. */
static int start_client(struct run *r, struct proc **out, const char *name,
                        const char *const *options)
{
    char path[sizeof r->bin + 64];
    const char *argv[24];
    uint32_t n = 0;
    snprintf(path, sizeof path, "%s%s", r->bin, name);
    argv[n++] = path;
    while (*options)
        argv[n++] = *options++;
    argv[n++] = "--log-level";
    argv[n++] = r->o->log_level;
    if (r->o->server) {
        argv[n++] = "--server";
        argv[n++] = r->o->server;
    }
    argv[n] = NULL;
    int e = proc_start(
        out, &(struct proc_opts){.log = r->o->log, .name = name, .argv = argv});
    if (e == 0)
        return EXIT_OK;
    log_error(r->o->log, "can't start %s: %s", path, strerror(-e));
    return EXIT_RUNNING;
}

static int start_clients(struct run *r)
{
    const struct station *s = r->o->station;
    char listen[CLI_ADDR_TEXT_MAX], osc[CLI_ADDR_TEXT_MAX],
        admin[CLI_ADDR_TEXT_MAX], bitrate[16], seed[20];
    cli_format_addr(&s->listen, listen);
    cli_format_addr(&s->admin, admin);
    cli_format_addr(&s->osc, osc);
    snprintf(bitrate, sizeof bitrate, "%" PRId64, s->bitrate);
    snprintf(seed, sizeof seed, "%" PRIx64, r->o->seed);

    const char *const sink[] = {"--listen",  listen,  "--admin", admin,
                                "--bitrate", bitrate, NULL};
    /* the default is only tried: without it the music plays all the same */
    const char *const gen[] = {"--preset",
                               r->o->music,
                               "--seed",
                               seed,
                               "--renderer",
                               r->o->renderer,
                               s->osc_wanted ? "--osc" : NULL,
                               osc,
                               NULL};
    const char *const master[] = {NULL};
    int code = start_client(r, &r->sink, SINK_NAME, sink);
    if (code == EXIT_OK)
        code = start_client(r, &r->master, MASTER_NAME, master);
    if (code == EXIT_OK)
        code = start_client(r, &r->gen, GEN_NAME, gen);
    return code;
}

/* Waits until the child is ready. Returns an exit code, its own if it ended. */
static int wait_ready(struct run *r, struct proc *p, const char *name,
                      const char **detail)
{
    int64_t end = clock_now() + CLIENT_WAIT;
    int code = 0;
    while (!proc_ready(p, detail)) {
        if (!proc_running(p, &code)) {
            log_error(r->o->log, "%s ended with code %d before it was ready",
                      name, code);
            return code ? code : EXIT_RUNNING;
        }
        if (clock_now() > end) {
            log_error(r->o->log, "%s is not ready after %d s", name,
                      (int)(CLIENT_WAIT / NS_PER_S));
            return EXIT_RUNNING;
        }
        if (asked_to_stop(r, POLL_NS))
            return EXIT_OK;
    }
    return EXIT_OK;
}

/* Makes the station's cables; ports of clients that are not there yet get some
   seconds to appear. */
static int connect_all(struct run *r)
{
    const struct station *s = r->o->station;
    int64_t end = clock_now() + CONNECT_WAIT;
    struct patch *p;
    if (visit(r, &p) < 0) {
        log_error(r->o->log, "JACK server '%s' has gone", server_name(r));
        return EXIT_ABSENT;
    }
    int code = EXIT_OK;
    for (uint32_t i = 0; i < s->n_cables && code == EXIT_OK && !r->stop; i++) {
        int e;
        while ((e = patch_connect(p, s->cable[i].from, s->cable[i].to)) ==
                   -ENOENT &&
               clock_now() < end && !asked_to_stop(r, POLL_NS))
            ;
        if (e < 0 && !r->stop) {
            log_error(r->o->log, "can't connect %s to %s: %s", s->cable[i].from,
                      s->cable[i].to,
                      e == -ENOENT ? "there is no such port"
                                   : "JACK refused it");
            code = EXIT_RUNNING;
        }
    }
    patch_close(&p);
    return code;
}

/* How to reach the generator's control, by a command that can be copied. */
/* Whether the shell finds this program by its bare name. */
static bool is_in_path(const struct run *r)
{
    const char *path = getenv("PATH");
    char own[sizeof r->bin + 16], found[PATH_MAX], *dir, *rest, *list;
    bool yes = false;

    snprintf(own, sizeof own, "%slongwave", r->bin);
    list = rest = path ? strdup(path) : NULL;
    while (!yes && rest && (dir = strsep(&rest, ":"))) {
        char at[PATH_MAX];
        snprintf(at, sizeof at, "%s/longwave", *dir ? dir : ".");
        yes = realpath(at, found) && strcmp(found, own) == 0;
    }
    free(list);
    return yes;
}

static void announce_control(const struct run *r, const char *addr, int len)
{
    char usual[32], at[CLI_ADDR_TEXT_MAX + 8] = "";
    snprintf(usual, sizeof usual, "127.0.0.1:%d", OSC_PORT);
    if (strncmp(addr, "none", (size_t)len) == 0) {
        printf("control  none\n");
        return;
    }
    if (strlen(usual) != (size_t)len || strncmp(addr, usual, (size_t)len) != 0)
        snprintf(at, sizeof at, " --osc %.*s", len, addr);
    printf("control  %slongwave set brightness 1%s   OSC %.*s\n",
           is_in_path(r) ? "" : r->bin, at, len, addr);
}

/* The sink's detail is "LISTEN_URL ADMIN_URL", the generator's "CONTROL" and a
   sentence. */
static void announce(const struct run *r, const char *gen, const char *sink)
{
    const char *name = strrchr(r->o->music, '/');
    name = name ? name + 1 : r->o->music;
    int len = (int)strcspn(name, ".");
    int url = (int)strcspn(sink, " "), osc = (int)strcspn(gen, " ");
    printf("Longwave %s   %.*s, seed %06" PRIx64 "\n", LONGWAVE_VERSION, len,
           name, r->o->seed);
    printf("sound    %s\n", gen + osc + (gen[osc] == ' '));
    printf("graph    %s -> %s -> %s   ", GEN_NAME, MASTER_NAME, SINK_NAME);
    if (r->jackd)
        printf("jackd dummy, ");
    else
        printf("JACK server '%s', ", server_name(r));
    printf("%u Hz, %u frames\n", r->rate, r->period);
    printf("listen   %.*s   mpv %.*slive.opus\n", url, sink, url, sink);
    printf("operate  %sstatus.json\n", sink + url + (sink[url] == ' '));
    announce_control(r, gen, osc);
    printf("Ctrl-C stops the station\n");
    fflush(stdout);
}

/* Until asked to stop, or a process of ours ends. Returns an exit code. */
static int watch(struct run *r)
{
    const struct {
        struct proc *p;
        const char *name;
    } all[] = {{r->jackd, "jackd"},
               {r->sink, SINK_NAME},
               {r->master, MASTER_NAME},
               {r->gen, GEN_NAME}};
    while (!asked_to_stop(r, WATCH_NS))
        for (int i = 0; i < 4; i++) {
            int code;
            if (!all[i].p)
                continue;
            
            if (proc_running(all[i].p, &code))
                continue;
            log_error(r->o->log, "%s ended with code %d: stopping the station",
                      all[i].name, code);
            proc_complain(all[i].p);
            return code ? code : EXIT_RUNNING;
        }
    return EXIT_OK;
}

static int find_bin(struct run *r)
{
    ssize_t n = readlink("/proc/self/exe", r->bin, sizeof r->bin - 1);
    if (n <= 0)
        return EXIT_RUNNING;
    r->bin[n] = '\0';
    strrchr(r->bin, '/')[1] = '\0';
    return EXIT_OK;
}

int run_station(const struct run_opts *o)
{
    struct run r = {.o = o};
    const char *gen = "", *master = "", *sink = "";
    int code = find_bin(&r);
    if (code == EXIT_OK)
        code = have_server(&r);
    if (code == EXIT_OK && !r.stop)
        code = start_clients(&r);
    if (code == EXIT_OK && !r.stop)
        code = wait_ready(&r, r.sink, SINK_NAME, &sink);
    if (code == EXIT_OK && !r.stop)
        code = wait_ready(&r, r.master, MASTER_NAME, &master);
    if (code == EXIT_OK && !r.stop)
        code = wait_ready(&r, r.gen, GEN_NAME, &gen);
    if (code == EXIT_OK && !r.stop)
        code = connect_all(&r);
    if (code == EXIT_OK && !r.stop) {
        announce(&r, gen, sink);
        notify_ready("playing", NULL);
        code = watch(&r);
    }
    notify_stopping();
    proc_stop(&r.gen, STOP_GRACE);
    proc_stop(&r.master, STOP_GRACE);
    proc_stop(&r.sink, STOP_GRACE);
    proc_stop(&r.jackd, STOP_GRACE);
    return code;
}
