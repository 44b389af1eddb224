// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/client.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/keep.h"

#define READY_NS   (60 * NS_PER_S) /* a cold GPU driver compiles shaders */
#define HAUNTED_NS (3 * NS_PER_S)  /* a server can be held up that long */
#define DOUBT_NS   (NS_PER_S / 2)
#define MISSES_MAX 5 /* in a row, once the station has been on air */
#define ARGV_MAX   (2 * STATION_ARGS_MAX)
#define NEVER      INT64_MAX

const char *client_state_word(enum client_state s)
{
    static const char *const words[] = {"waiting", "starting", "running",
                                        "stopping", "given up"};

    return words[s];
}

const char *client_code_word(int code, char out[32])
{
    const char *signal = code > 128 ? sigabbrev_np(code - 128) : NULL;

    if (signal)
        snprintf(out, 32, "SIG%s", signal);
    else
        snprintf(out, 32, "code %d", code);
    return out;
}

static void enter(struct client *c, enum client_state s, int64_t now,
                  int64_t due)
{
    c->state = s;
    c->since = now;
    c->due = due;
}

void client_init(struct client *c, struct program *p, int64_t now)
{
    memset(c, 0, sizeof(*c));
    c->program = *p;
    memset(p, 0, sizeof(*p));
    enter(c, CLIENT_WAITING, now, now);
}

/* What has ended, or is ended by it. */
static void forget_proc(struct client *c, int keeper)
{
    pid_t pid = c->proc ? proc_pid(c->proc) : 0;

    proc_stop(&c->proc, 0);
    if (pid > 0 && keeper >= 0)
        keep_remove(keeper, pid);
}

void client_fini(struct client *c, int keeper)
{
    forget_proc(c, keeper);
    station_args_free(&c->program.argv);
    station_args_free(&c->beginning);
}

static enum client_event give_up(struct client *c, const struct client_env *e,
                                 int64_t now)
{
    char how[32];

    log_error(e->log, "%s can't be started: it ended with %s%s%s%s%s",
              c->program.name, client_code_word(c->code, how),
              *c->words ? "; its last words: " : "", c->words,
              c->code == EXIT_USAGE ? "; mend its options in the station's file"
                                    : "",
              c->program.required
                  ? ""
                  : "; the station goes on without it, SIGHUP tries again");
    enter(c, CLIENT_GIVEN_UP, now, NEVER);
    return CLIENT_GAVE_UP;
}

/* Command line: the program's, and where the music begins or goes on. */
static void fill_argv(const struct client *c, const char *argv[ARGV_MAX])
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < c->program.argv.n; i++)
        argv[n++] = c->program.argv.arg[i];
    if (*c->resume) {
        argv[n++] = "--resume";
        argv[n++] = c->resume;
    } else {
        for (uint32_t i = 0; i < c->beginning.n; i++)
            argv[n++] = c->beginning.arg[i];
    }
    argv[n] = NULL;
}

static enum client_event start(struct client *c, const struct client_env *e,
                               int64_t now)
{
    const char *argv[ARGV_MAX];
    bool foreign = c->program.kind == PROGRAM_OTHER;
    int r;

    fill_argv(c, argv);
    r = proc_start(&c->proc,
                   &(struct proc_opts){.log = e->log,
                                       .name = c->program.name,
                                       .argv = argv,
                                       .env = e->vars,
                                       .foreign = foreign,
                                       .watchdog_ns = e->watchdog_ns});
    if (r < 0) {
        c->code = EXIT_RUNNING;
        snprintf(c->words, sizeof(c->words), "%s: %s", argv[0], strerror(-r));
        return give_up(c, e, now);
    }
    if (e->keeper >= 0)
        keep_add(e->keeper, proc_pid(c->proc), foreign);
    log_info(e->log, "%s started, pid %ld", c->program.name,
             (long)proc_pid(c->proc));
    c->starts++;
    c->killed = c->settled = false;
    enter(c, CLIENT_STARTING, now, now + READY_NS);
    return CLIENT_STARTED;
}

static void say_ended(const struct client *c, const struct client_env *e,
                      int64_t wait)
{
    char how[32];

    client_code_word(c->code, how);
    if (wait == 0)
        log_warn(e->log, "%s ended with %s: started again", c->program.name,
                 how);
    else
        log_warn(e->log, "%s ended with %s: started again in %g s",
                 c->program.name, how, (double)wait / NS_PER_S);
}

/* It ended since the server did. */
static void acquit(struct client *c, const struct client_env *e, int64_t now)
{
    log_info(e->log, "%s ended, as the JACK server did", c->program.name);
    c->doubt = false;
    enter(c, CLIENT_WAITING, now, now);
}

/* It is about to be given up; but that the server has ended may come to be
   known later than the end of who was just joining it. */
static enum client_event resolve(struct client *c, const struct client_env *e,
                                 int64_t now)
{
    if (!e->server || e->server_since > c->since) {
        backoff_reset(&c->backoff);
        acquit(c, e, now);
    } else if (now >= c->due) {
        c->doubt = false;
        return give_up(c, e, now);
    }
    return CLIENT_NOTHING;
}

/* It has ended, which nobody asked for. */
static enum client_event take_end(struct client *c, const struct client_env *e,
                                  int64_t now, int code)
{
    /* Of a stranger that says nothing a second has to do. */
    bool ready =
        c->state == CLIENT_RUNNING &&
        (c->program.kind != PROGRAM_OTHER || now - c->since > NS_PER_S);
    int64_t wait;

    c->code = code;
    snprintf(c->words, sizeof(c->words), "%s", proc_last_line(c->proc));
    if (*proc_state(c->proc))
        snprintf(c->resume, sizeof(c->resume), "%s", proc_state(c->proc));
    if (c->program.kind != PROGRAM_OTHER &&
        (!e->server ||
         (c->state == CLIENT_STARTING && e->server_since > c->since))) {
        /* It is not its fault, and it isn't wanted before that is back. */
        forget_proc(c, e->keeper);
        acquit(c, e, now);
        return CLIENT_ENDED;
    }
    wait = backoff_ended(&c->backoff, ready ? now - c->since : -1);
    forget_proc(c, e->keeper);
    if (!ready && code == EXIT_USAGE && *c->resume) {
        /* What it was to go on with is no longer there: from the beginning. */
        *c->resume = '\0';
        say_ended(c, e, wait);
        enter(c, CLIENT_WAITING, now, now + wait);
        return CLIENT_ENDED;
    }
    if (!ready && (code == EXIT_USAGE ||
                   c->backoff.misses >= (e->on_air ? MISSES_MAX : 1))) {
        if (code == EXIT_USAGE || c->program.kind == PROGRAM_OTHER)
            return give_up(c, e, now);
        c->doubt = true;
        enter(c, CLIENT_WAITING, now, now + DOUBT_NS);
        return CLIENT_ENDED;
    }
    say_ended(c, e, wait);
    enter(c, CLIENT_WAITING, now, now + wait);
    return CLIENT_ENDED;
}

static void end_hard(struct client *c)
{
    c->killed = true;
    proc_signal(c->proc, SIGKILL);
}

static enum client_event look(struct client *c, const struct client_env *e,
                              int64_t now)
{
    const char *detail;
    int code;

    if (!proc_running(c->proc, &code)) {
        if (c->state != CLIENT_STOPPING)
            return take_end(c, e, now, code);
        if (*proc_state(c->proc) && *c->resume && !c->settled)
            snprintf(c->resume, sizeof(c->resume), "%s", proc_state(c->proc));
        forget_proc(c, e->keeper);
        enter(c, CLIENT_WAITING, now, now);
        return CLIENT_ENDED;
    }
    if (c->state == CLIENT_STARTING &&
        (proc_ready(c->proc, &detail) || c->program.kind == PROGRAM_OTHER)) {
        proc_ready(c->proc, &detail);
        snprintf(c->detail, sizeof(c->detail), "%s", detail);
        enter(c, CLIENT_RUNNING, now, NEVER);
        return CLIENT_READY;
    }
    if (c->state == CLIENT_RUNNING && *proc_state(c->proc))
        snprintf(c->resume, sizeof(c->resume), "%s", proc_state(c->proc));
    if (c->killed)
        return CLIENT_NOTHING;
    if (c->state != CLIENT_STOPPING && proc_hangs(c->proc, now)) {
        log_warn(e->log, "%s has not been heard of for %g s: killed",
                 c->program.name, (double)e->watchdog_ns / NS_PER_S);
        end_hard(c);
    } else if (now >= c->due) {
        log_warn(e->log, "%s %s: killed", c->program.name,
                 c->state == CLIENT_STARTING ? "did not become ready"
                                             : "did not stop by itself");
        end_hard(c);
    }
    return CLIENT_NOTHING;
}

/* The server has not yet taken in that the one before is dead: its successor
   would get another name, and no cables. */
static bool is_haunted(const struct client *c, const struct client_env *e)
{
    const char *name = c->program.name;

    return e->graph && c->program.kind != PROGRAM_OTHER &&
           jgraph_has_client(e->graph, name, (uint32_t)strlen(name));
}

/* Whether it may be started, and from when on. */
static bool is_startable(const struct client *c, const struct client_env *e,
                         int64_t *from)
{
    *from = is_haunted(c, e) && c->due < c->since + HAUNTED_NS
                ? c->since + HAUNTED_NS
                : c->due;
    return c->state == CLIENT_WAITING && !c->leaving && e->may_start &&
           (e->server || c->program.kind == PROGRAM_OTHER);
}

enum client_event client_step(struct client *c, const struct client_env *e,
                              int64_t now)
{
    int64_t from;

    if (c->proc)
        return look(c, e, now);
    if (c->doubt)
        return resolve(c, e, now);
    if (is_startable(c, e, &from) && now >= from)
        return start(c, e, now);
    return CLIENT_NOTHING;
}

int64_t client_next(const struct client *c, const struct client_env *e)
{
    int64_t next = c->due, watch;

    if (c->doubt)
        return c->due;
    if (!c->proc)
        return is_startable(c, e, &next) ? next : NEVER;
    if (c->killed)
        return NEVER;
    watch = c->state == CLIENT_STOPPING ? NEVER : proc_watch_at(c->proc);
    if (watch != NEVER)
        watch += NS_PER_MS; /* past it, not at it */
    return watch < next ? watch : next;
}

static void stop(struct client *c, int64_t now)
{
    if (!c->proc || c->state == CLIENT_STOPPING)
        return;
    proc_signal(c->proc, SIGTERM);
    enter(c, CLIENT_STOPPING, now, now + CLIENT_STOP_NS);
}

void client_restart(struct client *c, struct program *p, int64_t now)
{
    if (p) {
        station_args_free(&c->program.argv);
        c->program = *p;
        memset(p, 0, sizeof(*p));
    }
    backoff_reset(&c->backoff);
    c->doubt = false;
    if (c->proc)
        stop(c, now);
    else
        enter(c, CLIENT_WAITING, now, now);
}

void client_return(struct client *c, struct program *p, int64_t now)
{
    c->leaving = false;
    *c->resume = '\0';
    client_restart(c, p, now);
}

void client_leave(struct client *c, int64_t now)
{
    c->leaving = true;
    c->doubt = false;
    if (c->proc)
        stop(c, now);
    else
        enter(c, CLIENT_WAITING, now, NEVER);
}
