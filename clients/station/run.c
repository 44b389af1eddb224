// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clients/station/run_priv.h"
#include "graph/clock.h"
#include "graph/keep.h"
#include "graph/notify.h"

#define COMING_NS NS_PER_S /* until a client's ports are in the plan */
#define STOP_MORE NS_PER_S /* for the kernel to end what is killed */
#define FDS_MAX   (4 + PROC_FDS * (2 * PROGRAMS_MAX + 1))

static void fill_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGUSR1);
    sigaddset(set, SIGCHLD);
}

void run_block_signals(void)
{
    sigset_t set;

    fill_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    /* Of a keeper that has ended, or of a log that nobody reads any more. */
    signal(SIGPIPE, SIG_IGN);
}

bool run_give_up(struct run *r, int code)
{
    if (!r->stop)
        r->code = code;
    r->stop = true;
    return false;
}

const struct client *run_client(const struct run *r, enum program_kind kind)
{
    for (uint32_t i = 0; i < r->n_clients; i++)
        if (r->client[i].program.kind == kind && !r->client[i].leaving)
            return &r->client[i];
    return NULL;
}

/* As seen from c: they begin in order, each when the one before is ready. Who
   has been there before is waited for by listeners, and comes back at once. */
static bool is_its_turn(const struct run *r, const struct client *c)
{
    for (uint32_t i = 0; c->starts == 0 && i < r->n_clients; i++)
        if (r->client[i].state == CLIENT_STARTING)
            return false;
    return !r->stop;
}

static struct client_env environment(const struct run *r,
                                     const struct client *c)
{
    return (struct client_env){
        .log = r->log,
        .keeper = r->server.line,
        .watchdog_ns = (int64_t)(r->station->watchdog * NS_PER_S),
        .server = r->server.there && !r->server.ended,
        .server_since = r->server.since,
        .vars = c->program.kind == PROGRAM_SINK ? r->token_vars : NULL,
        .may_start = is_its_turn(r, c),
        .graph = r->server.there ? patchbay_graph(r->bay) : NULL,
        .on_air = r->announced,
    };
}

/* ---- signals ------------------------------------------------------------- */

static void pass_on(struct run *r, int sig)
{
    for (uint32_t i = 0; i < r->n_clients; i++)
        if (r->client[i].proc && r->client[i].state == CLIENT_RUNNING &&
            r->client[i].program.kind != PROGRAM_OTHER)
            proc_signal(r->client[i].proc, sig);
}

static void read_signals(struct run *r)
{
    struct signalfd_siginfo s;

    while (read(r->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
        if (r->stop) {
            ; /* too late for any of it */
        } else if (s.ssi_signo == SIGHUP) {
            reload(r);
        } else if (s.ssi_signo == SIGUSR1) {
            log_info(r->log, "the clients are told to save");
            pass_on(r, SIGUSR1);
        } else if (s.ssi_signo != SIGCHLD) {
            run_give_up(r, EXIT_OK);
        }
    }
}

/* ---- what is due --------------------------------------------------------- */

static void take_event(struct run *r, struct client *c, enum client_event event)
{
    switch (event) {
    case CLIENT_READY:
        log_info(r->log, "%s is ready", c->program.name);
        break;
    case CLIENT_ENDED:
        if (c->program.kind == PROGRAM_GEN)
            remote_close(&r->control);
        break;
    case CLIENT_GAVE_UP:
        if (c->program.required)
            run_give_up(r, c->code > 0 ? c->code : EXIT_RUNNING);
        break;
    case CLIENT_STARTED:
    case CLIENT_NOTHING:
        break;
    }
}

/* One after the other: an event can change what the others may do. */
static void step_clients(struct run *r, int64_t now)
{
    for (uint32_t i = 0; i < r->n_clients; i++) {
        enum client_event event;
        do {
            struct client_env e = environment(r, &r->client[i]);
            event = client_step(&r->client[i], &e, now);
            take_event(r, &r->client[i], event);
        } while (event != CLIENT_NOTHING);
    }
}

/* Those that have left. */
static void drop_clients(struct run *r)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->n_clients; i++) {
        if (r->client[i].leaving && !r->client[i].proc)
            client_fini(&r->client[i], r->server.line);
        else if (n++ != i)
            r->client[n - 1] = r->client[i];
    }
    r->n_clients = n;
}

static bool all_play(const struct run *r)
{
    bool all = r->server.there;

    for (uint32_t i = 0; i < r->n_clients && all; i++) {
        const struct client *c = &r->client[i];
        all = c->state == CLIENT_RUNNING || c->state == CLIENT_GIVEN_UP ||
              c->leaving;
    }
    return all;
}

/* One of ours that has just begun: the patchbay has not looked since. */
static bool is_coming(const struct run *r, const char *name)
{
    int64_t now = clock_now();

    for (uint32_t i = 0; i < r->n_clients; i++) {
        const struct client *c = &r->client[i];
        if (c->state == CLIENT_RUNNING && now - c->since < COMING_NS &&
            strcmp(c->program.name, name) == 0)
            return true;
    }
    return false;
}

/* What is still to be joined is not yet heard. */
static bool is_patched(const struct run *r)
{
    const struct plan *p = patchbay_plan(r->bay);
    bool all = p && p->count[PLAN_ADD] == 0;

    for (uint32_t i = 0; all && i < p->n; i++)
        all = p->cable[i].state != PLAN_WAITING || !p->cable[i].missing ||
              !is_coming(r, p->cable[i].missing);
    return all;
}

static void say_waiting(const struct run *r)
{
    const struct plan *p = patchbay_plan(r->bay);

    for (uint32_t i = 0; i < p->n; i++)
        if (p->cable[i].state == PLAN_WAITING)
            log_warn(r->log, "%s to %s: joined once %s is there",
                     p->cable[i].from, p->cable[i].to, p->cable[i].missing);
}

/* Tells people and whoever started us when it begins or ceases to play. */
static void tell(struct run *r)
{
    bool playing = !r->stop && all_play(r) && (r->playing || is_patched(r));

    if (playing && !r->announced) {
        r->announced = true;
        announce(r);
        say_waiting(r);
        notify_ready("playing", NULL);
    } else if (playing != r->playing && r->announced) {
        notify_status(playing            ? "playing"
                      : !r->server.there ? "waiting for the JACK server"
                                         : "a client is being restarted");
        log_info(r->log, "%s", playing ? "playing again" : "interrupted");
    }
    r->playing = playing;
}

static void ping(struct run *r, int64_t now)
{
    if (now < r->ping_at)
        return;
    notify_watchdog();
    r->ping_at = now + r->ping_ns;
}

/* What the generator answered to a change of music. */
static void hear_control(struct run *r)
{
    const struct osc_message *m;

    while (r->control && remote_next(r->control, 0, &m) == 0)
        if (strcmp(m->address, "/longwave/error") == 0)
            log_error(r->log, "longwave-gen: %s",
                      m->n > 1 && m->arg[1].text ? m->arg[1].text : "refused");
}

/* ---- the loop ------------------------------------------------------------ */

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t clients_next(const struct run *r)
{
    int64_t next = RUN_NEVER;

    for (uint32_t i = 0; i < r->n_clients; i++) {
        struct client_env e = environment(r, &r->client[i]);
        next = earliest(next, client_next(&r->client[i], &e));
    }
    return next;
}

/* Does what is due; returns when there will be more. */
static int64_t step(struct run *r)
{
    int64_t now = clock_now(), next = patchbay_tick(r->bay);

    if (patchbay_failed(r->bay)) {
        log_error(r->log, "nothing can be patched any more: the station ends, "
                          "to be started anew");
        run_give_up(r, EXIT_RUNNING);
        return now;
    }
    server_step(r, now);
    step_clients(r, now);
    drop_clients(r);
    tell(r);
    ping(r, now);
    next = earliest(next, earliest(server_next(r), r->ping_at));
    return earliest(next, clients_next(r));
}

static char *answer(void *ctx, const char *question)
{
    return run_report(ctx, question);
}

static void wait_for_more(struct run *r, int64_t until)
{
    enum { SIGNALS, BAY, TELL, CONTROL, FIRST };
    struct pollfd fd[FDS_MAX] = {
        [SIGNALS] = {.fd = r->signals, .events = POLLIN},
        /* at the end nobody answers it any more */
        [BAY] = {.fd = r->bay && !r->stop ? patchbay_fd(r->bay) : -1,
                 .events = POLLIN},
        [TELL] = {.fd = r->tell ? tell_fd(r->tell) : -1, .events = POLLIN},
        [CONTROL] = {.fd = r->control ? remote_fd(r->control) : -1,
                     .events = POLLIN},
    };
    int64_t left = until - clock_now();
    int fds[PROC_FDS], code;
    nfds_t n = FIRST;

    for (uint32_t i = 0; i <= r->n_clients; i++) {
        struct proc *p =
            i < r->n_clients ? r->client[i].proc : r->server.keeper;
        uint32_t more = p ? proc_fds(p, fds) : 0;
        for (uint32_t k = 0; k < more; k++)
            fd[n++] = (struct pollfd){.fd = fds[k], .events = POLLIN};
    }
    poll(fd, n, left <= 0 ? 0 : (int)earliest(left / NS_PER_MS + 1, 60000));
    if (fd[SIGNALS].revents)
        read_signals(r);
    if (r->tell && fd[TELL].revents)
        tell_serve(r->tell, answer, r);
    if (fd[CONTROL].revents)
        hear_control(r);
    if (r->server.keeper) /* what it says is kept, and read here */
        proc_running(r->server.keeper, &code);
}

static int find_bin(struct run *r)
{
    ssize_t n = readlink("/proc/self/exe", r->bin, sizeof(r->bin) - 1);

    if (n <= 0)
        return -EIO;
    r->bin[n] = '\0';
    strrchr(r->bin, '/')[1] = '\0';
    return 0;
}

static bool open_tell(struct run *r)
{
    int e = tell_open(&r->tell, run_server_name(r), "");

    if (e == -EADDRINUSE)
        log_error(r->log,
                  "a station runs on JACK server '%s' already: stop it first, "
                  "or choose another server with --server",
                  run_server_name(r));
    else if (e < 0)
        log_error(r->log, "no socket for 'longwave status': %s", strerror(-e));
    return e == 0 || run_give_up(r, EXIT_RUNNING);
}

static bool open_bay(struct run *r)
{
    const struct patchbay_opts o = {.log = r->log, .server = r->order->server};
    int e = patchbay_open(&r->bay, &o);

    if (e < 0) {
        log_error(r->log, "no patchbay: %s", strerror(-e));
        return run_give_up(r, EXIT_RUNNING);
    }
    patchbay_rules(r->bay, r->station->rules);
    return true;
}

static bool begin(struct run *r)
{
    sigset_t set;
    int e = find_bin(r);

    fill_signals(&set);
    r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (e == 0 && r->signals < 0)
        e = -errno;
    if (e == 0)
        e = reload_programs(r, r->station);
    if (e < 0) {
        log_error(r->log, "can't begin: %s", strerror(-e));
        return run_give_up(r, EXIT_RUNNING);
    }
    r->ping_ns = notify_watchdog_period();
    r->ping_at = r->ping_ns > 0 ? r->began : RUN_NEVER;
    return token_begin(r) && server_begin(r) && open_tell(r) && open_bay(r);
}

/* All are told in reverse order and then waited for together: whoever is deaf
   is killed, and none makes the others wait. */
static void end_clients(struct run *r)
{
    int64_t now = clock_now(), limit = now + CLIENT_STOP_NS + STOP_MORE;

    for (uint32_t i = r->n_clients; i-- > 0;)
        client_leave(&r->client[i], now);
    while (r->n_clients > 0 && now < limit) {
        step_clients(r, now);
        drop_clients(r);
        if (r->n_clients > 0)
            wait_for_more(r, earliest(limit, clients_next(r)));
        now = clock_now();
    }
    while (r->n_clients > 0)
        client_fini(&r->client[--r->n_clients], r->server.line);
}

/* The server last. */
static void end(struct run *r)
{
    notify_stopping();
    end_clients(r);
    remote_close(&r->control);
    patchbay_close(&r->bay);
    server_end(r);
    tell_close(&r->tell);
    if (r->signals >= 0)
        close(r->signals);
}

int run_station(const struct log *log, const struct order *o, struct station *s)
{
    struct run *r = calloc(1, sizeof(*r));
    int code = EXIT_RUNNING;

    if (!r) {
        log_error(log, "memory is short");
        station_free(&s);
        return code;
    }
    r->log = log;
    r->order = o;
    r->station = s;
    r->signals = r->server.line = r->server.jackd = -1;
    r->began = clock_now();
    if (begin(r))
        while (!r->stop) {
            int64_t next = step(r);
            if (!r->stop)
                wait_for_more(r, next);
        }
    end(r);
    code = r->code;
    station_free(&r->station);
    free(r);
    return code;
}
