// SPDX-License-Identifier: GPL-3.0-or-later
/* The JACK server of a station: somebody's, or our own. */
#include <errno.h>
#include <poll.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/station/run_priv.h"
#include "graph/jgate.h"
#include "graph/clock.h"
#include "graph/keep.h"
#include "graph/pidfd.h"

#define SERVER_WAIT (10 * NS_PER_S) /* for our own to be there */
#define STOP_GRACE  (5 * NS_PER_S)
#define DOUBT_NS    NS_PER_S /* until it is known whose server is there */
#define LOOK_NS     (50 * NS_PER_MS) /* between two looks at one that ends */
#define MISSES_MAX  5 /* in a row, of a server that once has been there */
#define ENDS_MAX    5 /* in a minute, before the station has been on air */

const char *run_server_name(const struct run *r)
{
    return jgate_server(r->order->server);
}

/* Nobody may be there who would get in our way. */
static bool is_free(const struct run *r, const struct jgraph *g)
{
    for (uint32_t i = 0; i < r->n_clients; i++) {
        const struct program *p = &r->client[i].program;

        if (p->kind == PROGRAM_OTHER ||
            !jgraph_has_client(g, p->name, (uint32_t)strlen(p->name)))
            continue;
        log_error(r->log,
                  "'%s' is in the graph of JACK server '%s' already: stop that "
                  "station first, or choose another server with --server",
                  p->name, run_server_name(r));
        return false;
    }
    return true;
}

static void say_unusable(const struct run *r, int e)
{
    if (e == -ETIMEDOUT)
        log_error(r->log,
                  "JACK server '%s' runs but does not answer: it is stopped, "
                  "or hangs; kill -CONT its jackd, or start it again",
                  run_server_name(r));
    else
        log_error(r->log, "JACK server '%s' runs but refuses us (%s)",
                  run_server_name(r),
                  e == -EIO ? "another user's server?" : strerror(-e));
}

bool server_begin(struct run *r)
{
    struct jgraph *g = NULL;
    int e = patchbay_look(&g, r->order->server);
    bool ok = true;

    r->server.limit = RUN_NEVER;
    r->server.own = e == -EHOSTDOWN;
    if (e < 0 && !r->server.own) {
        say_unusable(r, e);
        ok = run_give_up(r, EXIT_ABSENT);
    } else if (!r->server.own && !is_free(r, g)) {
        ok = run_give_up(r, EXIT_RUNNING);
    }
    jgraph_free(&g);
    return ok;
}

/* jackd's command line after "keep FD GRACE". */
static uint32_t fill_jackd(const struct run *r, const char **argv,
                           char rate[16], char period[16])
{
    /* 256 ports: the default takes 105 MB of /dev/shm, more than containers
       have. */
    const char *const words[] = {"jackd", "-n",  run_server_name(r),
                                 "-p",    "256", "-d",
                                 "dummy", "-r",  rate,
                                 "-p",    period};
    uint32_t n = sizeof(words) / sizeof(words[0]);

    snprintf(rate, 16, "%" PRId64, r->station->rate);
    snprintf(period, 16, "%" PRId64, r->station->period);
    memcpy(argv, words, sizeof(words));
    return n;
}

static void close_line(struct run_server *s)
{
    if (s->line >= 0)
        close(s->line);
    s->line = -1;
}

static void tell_clients(const struct run *r)
{
    for (uint32_t i = 0; i < r->n_clients; i++)
        if (r->client[i].proc)
            keep_add(r->server.line, proc_pid(r->client[i].proc),
                     r->client[i].program.kind == PROGRAM_OTHER);
}

static void start_keeper(struct run *r, int64_t now)
{
    struct run_server *s = &r->server;
    static const char *const env[] = {"JACK_NO_AUDIO_RESERVATION=1", NULL};
    char self[PATH_MAX + 16], fd[16], grace[16], rate[16], period[16];
    const char *argv[24] = {self, "keep", fd, grace};
    int line[2] = {-1, -1};
    int e = keep_line(line);

    if (s->own)
        argv[4 + fill_jackd(r, argv + 4, rate, period)] = NULL;
    snprintf(self, sizeof(self), "%slongwave", r->bin);
    snprintf(fd, sizeof(fd), "%d", line[0]);
    snprintf(grace, sizeof(grace), "%d", (int)(STOP_GRACE / NS_PER_MS));
    if (e == 0)
        e = proc_start(&s->keeper, &(struct proc_opts){.log = r->log,
                                                       .name = "jackd",
                                                       .argv = argv,
                                                       .env = env,
                                                       .quiet = true,
                                                       .outlives = true,
                                                       .inherit = {line[0]}});
    if (line[0] >= 0)
        close(line[0]);
    s->line = line[1];
    if (e < 0) {
        close_line(s);
        log_error(r->log, "can't start %s: %s", self, strerror(-e));
        run_give_up(r, EXIT_RUNNING);
        return;
    }
    s->starts++;
    s->came = s->gone = 0;
    s->limit = s->own ? now + SERVER_WAIT : RUN_NEVER;
    tell_clients(r);
    if (s->own)
        log_info(r->log, "jackd started, JACK server '%s'", run_server_name(r));
}

static bool ours_lives(const struct run_server *s)
{
    /* readable once it has ended, whoever is to collect it */
    struct pollfd p = {.fd = s->jackd, .events = POLLIN};

    return s->jackd >= 0 && poll(&p, 1, 0) == 0;
}

static void forget_keeper(struct run_server *s)
{
    if (s->jackd >= 0)
        close(s->jackd);
    s->jackd = -1;
    s->limit = RUN_NEVER;
    s->ended = 0;
    proc_stop(&s->keeper, 0);
    close_line(s);
}

static void give_up(struct run *r, const char *why)
{
    log_error(r->log, "jackd %s; it said:", why);
    proc_complain(r->server.keeper);
    run_give_up(r, EXIT_ABSENT);
}

/* Our own server has ended, or just the keeper. */
static void take_end(struct run *r, int64_t now, int code)
{
    struct run_server *s = &r->server;
    /* The patchbay may have heard of its end before us. */
    int64_t until = s->gone ? s->gone : now;
    int64_t wait = backoff_ended(&s->backoff, s->came ? until - s->came : -1);
    char how[32];

    if (!s->own) {
        s->due = now + NS_PER_S;
    } else if (code == KEEP_NO_EXEC) {
        log_error(r->log,
                  "no JACK server '%s' is running, and jackd can't be started: "
                  "%s",
                  run_server_name(r), proc_last_line(s->keeper));
        run_give_up(r, EXIT_ABSENT);
    } else if (s->backoff.misses >= (s->seen ? MISSES_MAX : 1)) {
        give_up(r, "did not come up");
    } else if (!r->announced && s->backoff.ends >= ENDS_MAX) {
        give_up(r, "does not stay");
    } else {
        log_warn(r->log, "jackd ended with %s: started again%s",
                 client_code_word(code, how),
                 wait > 0 ? ", a little later" : "");
        s->due = now + wait;
    }
    forget_keeper(s);
}

/* Another server has come at the same moment as ours, which therefore failed.
 */
static void take_other(struct run *r, int64_t now)
{
    log_info(r->log, "JACK server '%s' is somebody else's", run_server_name(r));
    r->server.own = false;
    r->server.due = now;
    forget_keeper(&r->server);
}

/*
 * What has ended is ours; what is there may be ours still, if the patchbay has
 * yet to hear of the end. So whoever is there after it, or stays, is somebody
 * else's.
 */
static void judge_end(struct run *r, int64_t now, int code)
{
    struct run_server *s = &r->server;
    bool stays = s->there && s->since <= s->ended;
    /* One that has never been seen may have failed because of another one that
       is not yet seen either. */
    bool unseen = !s->there && !s->came;

    if (ours_lives(s)) { /* the keeper alone was killed */
        if (now >= s->ended + STOP_GRACE)
            pidfd_signal(s->jackd, SIGKILL);
        return;
    }
    if (s->own && code != KEEP_NO_EXEC && (stays || unseen) &&
        now < s->ended + DOUBT_NS)
        return;
    if (s->own && s->there)
        take_other(r, now);
    else
        take_end(r, now, code);
}

static void note_presence(struct run *r, int64_t now)
{
    struct run_server *s = &r->server;
    bool there = patchbay_joined(r->bay);

    if (there == s->there)
        return;
    s->there = there;
    s->since = now;
    if (there)
        s->came = now;
    s->seen = s->seen || there;
    s->gone = there ? 0 : now;
    if (there)
        s->limit = RUN_NEVER;
    if (there && r->announced)
        log_warn(r->log, "JACK server '%s' is back", run_server_name(r));
    else if (!there && patchbay_still(r->bay))
        log_warn(r->log,
                 "JACK server '%s' still does not answer: clients that end are "
                 "not started again before it does",
                 run_server_name(r));
    else if (!there && !s->own)
        log_warn(r->log, "JACK server '%s' has gone: waiting for its return",
                 run_server_name(r));
}

void server_step(struct run *r, int64_t now)
{
    struct run_server *s = &r->server;
    const char *pid;
    int code;

    note_presence(r, now);
    if (s->keeper && s->own && s->jackd < 0 && proc_ready(s->keeper, &pid))
        s->jackd = pidfd_of(atoi(pid));
    if (s->keeper && !proc_running(s->keeper, &code)) {
        if (!s->ended)
            s->ended = now;
        judge_end(r, now, code);
    }
    if (!s->keeper && !r->stop && now >= s->due)
        start_keeper(r, now);
    if (now >= s->limit)
        give_up(r, "did not come up");
}

int64_t server_next(const struct run *r)
{
    const struct run_server *s = &r->server;

    if (s->ended && ours_lives(s))
        return clock_now() + LOOK_NS;
    return !s->keeper ? s->due : s->ended ? s->ended + DOUBT_NS : s->limit;
}

void server_end(struct run *r)
{
    close_line(&r->server); /* which is what it waits for */
    proc_stop(&r->server.keeper, STOP_GRACE + 2 * NS_PER_S);
    forget_keeper(&r->server);
}
