// SPDX-License-Identifier: GPL-3.0-or-later
/* `longwave patch apply`: makes a station's cables, once or for good. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clients/station/patch.h"
#include "clients/station/options.h"
#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/notify.h"
#include "graph/patchbay.h"
#include "graph/text.h"

#define PROGRAM  "longwave patch apply"
#define TEXT_MAX 512      /* bytes shown of a name */
#define PATIENCE NS_PER_S /* ports of clients that just come refuse cables */
#define JOIN_NS  (PATCHBAY_LOOK_MS * NS_PER_MS)

static void print_cable(const char *what, const char *from, const char *to,
                        const char *missing)
{
    char a[TEXT_MAX], b[TEXT_MAX], m[TEXT_MAX];

    text_clean(a, sizeof(a), from);
    text_clean(b, sizeof(b), to);
    text_clean(m, sizeof(m), missing);
    printf("%-8s  %s -> %s%s%s\n", what, a, b, missing ? "  for " : "", m);
}

static bool linked(const struct jgraph *g, const char *from, const char *to)
{
    uint32_t a = jgraph_find(g, from), b = jgraph_find(g, to);

    return a != JGRAPH_NONE && b != JGRAPH_NONE && jgraph_linked(g, a, b);
}

/* What one visit did, by the graph before and after it. */
static void report(const struct jgraph *before, const struct jgraph *after,
                   const struct plan *plan)
{
    uint32_t joined = 0, parted = 0;

    for (uint32_t i = 0; i < jgraph_n_links(before); i++) {
        const struct jgraph_link *l = &jgraph_links(before)[i];
        const char *from = jgraph_port(before, l->from)->name;
        const char *to = jgraph_port(before, l->to)->name;
        if (linked(after, from, to))
            continue;
        print_cable("parted", from, to, NULL);
        parted++;
    }
    for (uint32_t i = 0; i < plan->n; i++) {
        const struct plan_cable *c = &plan->cable[i];
        if (c->state == PLAN_WAITING) {
            print_cable("waiting", c->from, c->to, c->missing);
        } else if (c->state == PLAN_ADD || c->state == PLAN_REMOVE) {
            print_cable("refused", c->from, c->to, NULL);
        } else if (c->state == PLAN_PRESENT &&
                   !linked(before, c->from, c->to)) {
            print_cable("joined", c->from, c->to, NULL);
            joined++;
        }
    }
    printf("%u joined, %u parted, %u were there, %u waiting\n", joined, parted,
           plan->count[PLAN_PRESENT] - joined, plan->count[PLAN_WAITING]);
}

static bool is_done(const struct patchbay *pb)
{
    const struct plan *plan = patchbay_plan(pb);

    return plan && plan->count[PLAN_ADD] + plan->count[PLAN_REMOVE] == 0;
}

/* Until it is to be seen in the graph, or that takes too long. Errors:
   -EHOSTDOWN (it went meanwhile), -ETIMEDOUT (it does not answer), -EIO (JACK
   refuses a cable). */
static int work(struct patchbay *pb)
{
    int64_t end = clock_now() + JOIN_NS;
    struct pollfd on = {.fd = patchbay_fd(pb), .events = POLLIN};
    bool planned = false;

    for (int64_t now = clock_now(); !is_done(pb) && now < end;) {
        int64_t at = patchbay_tick(pb);
        if (!planned && patchbay_plan(pb)) {
            planned = true;
            end = clock_now() + PATIENCE;
        }
        at = at < end ? at : end;
        if (!is_done(pb) && at > now)
            poll(&on, 1, (int)((at - now) / NS_PER_MS) + 1);
        now = clock_now();
    }
    if (is_done(pb))
        return 0;
    if (patchbay_still(pb))
        return -ETIMEDOUT;
    return patchbay_joined(pb) ? -EIO : -EHOSTDOWN;
}

static int once(const struct log *log, const char *server,
                const struct rules *rules)
{
    struct jgraph *before = NULL;
    struct patchbay *pb = NULL;
    int code = patch_visit(PROGRAM, server, &before), r;

    if (code != EXIT_OK)
        return code;
    r = patchbay_open(&pb, &(struct patchbay_opts){log, NULL, server});
    if (r == 0) {
        patchbay_rules(pb, rules);
        r = work(pb);
    }
    if ((r == 0 || r == -EIO) && patchbay_plan(pb))
        report(before, patchbay_graph(pb), patchbay_plan(pb));
    if (r == -EHOSTDOWN || r == -ETIMEDOUT)
        code = patch_no_server(PROGRAM, server, r);
    else if (r == -EIO)
        fprintf(stderr, PROGRAM ": JACK refused what is marked so\n");
    else if (r < 0)
        fprintf(stderr, PROGRAM ": out of memory or files\n");
    patchbay_close(&pb);
    jgraph_free(&before);
    return r < 0 && code == EXIT_OK ? EXIT_RUNNING : code;
}

/* ---- for good ------------------------------------------------------------ */

/* The signals that came, blocked since main(). Returns whether to stop. */
static bool take_signals(int fd, bool *reload)
{
    struct signalfd_siginfo info;
    bool stop = false;

    while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGHUP)
            *reload = true;
        else
            stop = true;
    }
    return stop;
}

static int signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Other rules, if the file can be read; else those that were. */
static void reload(const struct log *log, struct patchbay *pb, const char *path,
                   struct rules **rules)
{
    char err[CONF_ERROR_MAX];
    struct rules *fresh = NULL;

    if (rules_load(&fresh, path, err) < 0) {
        log_error(log, "%s; the rules stay as they were", err);
        return;
    }
    patchbay_rules(pb, fresh);
    rules_free(rules);
    *rules = fresh;
    log_info(log, "read %s again", path);
}

static int watch(const struct log *log, const char *server, const char *path,
                 struct rules **rules)
{
    struct patchbay *pb = NULL;
    int fd = signals(), r;
    bool stop = false;

    if (fd < 0)
        return EXIT_RUNNING;
    r = patchbay_open(&pb, &(struct patchbay_opts){log, NULL, server});
    if (r == 0) {
        patchbay_rules(pb, *rules);
        notify_ready("patching", NULL);
    }
    while (r == 0 && !stop) {
        int64_t at = patchbay_tick(pb), now = clock_now();
        struct pollfd on[2] = {{patchbay_fd(pb), POLLIN, 0}, {fd, POLLIN, 0}};
        bool again = false;
        r = patchbay_failed(pb);
        if (r < 0)
            break;
        poll(on, 2, at > now ? (int)((at - now) / NS_PER_MS) + 1 : 0);
        stop = take_signals(fd, &again);
        if (again && !stop)
            reload(log, pb, path, rules);
    }
    if (r < 0 && !(pb && patchbay_failed(pb))) /* which said so */
        log_error(log, "out of memory or files");
    notify_stopping();
    patchbay_close(&pb);
    close(fd);
    return r < 0 ? EXIT_RUNNING : EXIT_OK;
}

int patch_apply(int argc, char **argv)
{
    char path[PATCH_PATH_MAX];
    const char *server = NULL, *name;
    struct rules *rules = NULL;
    struct log log = {.program = PROGRAM};
    bool keep = false;
    int level = LOG_INFO;
    struct cli_option table[] = {
        {"watch", CLI_FLAG, &keep, NULL,
         "goes on until Ctrl-C, also when JACK goes and returns; SIGHUP reads "
         "the file again"},
        option_server(&server),
        option_log_level(
            &level, "of --watch: error, warn, info or debug (default: info)"),
        {NULL},
    };
    struct cli_program p = {
        .name = PROGRAM,
        .summary = "makes the cables that the rules of a station want",
        .usage = "[STATION|FILE] [OPTIONS]",
        .options = table,
        .notes = "STATION is a file of presets/stations (default: default).\n"
                 "What waits for a client that is not there is no error.",
        .max_args = 1,
        .args = &name,
    };
    int parsed = cli_parse(&p, argc, argv);
    int code = parsed < 0 ? EXIT_USAGE : EXIT_OK;

    if (parsed <= 0)
        goto out;
    log.level = keep ? (enum log_level)level : LOG_ERROR;
    code = patch_load(PROGRAM, name, path, &rules);
    if (code == EXIT_OK)
        code = keep ? watch(&log, server, path, &rules)
                    : once(&log, server, rules);
out:
    rules_free(&rules);
    cli_fini(&p);
    return code;
}
