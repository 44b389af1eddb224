// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * load URL: many listeners to one Ogg Opus stream, judged as they listen. Each
 * has a few hundred bytes here, and 4 for each chunk judged.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/log.h"
#include "tests/bench/load/fleet.h"
#include "tests/bench/load/report.h"
#include "tests/bench/load/url.h"
#include "tests/bench/load/usage.h"

#define OPTIONS     22
#define THREADS_MAX 16
#define SPARE_FDS   32
#define PER_SOURCE  250 /* listeners of one address, where we choose */
#define DELAY       (100 * NS_PER_MS) /* until all threads are there */
#define IDLE        NS_PER_S /* the server is watched before the first connect */

static const char *const fault_names[] = {"none", "stop", "slow", "leave",
                                          NULL};

struct options {
    const char *url, *row, *save, *apart;
    uint32_t n, threads, sources, crc, pid, rcvbuf;
    double ramp, warm_up, seconds, faulty, fault_at, fault_for, slow_kbps, stay,
        nap;
    int fault;
    bool json, head, http10;
};

struct load {
    struct log log;
    struct cli_program cli; /* holds texts that options point to */
    struct options o;
    struct fleet_opts fleet;
    struct fleet_figures figures;
    struct report report;
    struct url url;
};

/* clang-format off */
static void fill_table(struct cli_option t[OPTIONS + 1], struct options *o)
{
    t[0] = (struct cli_option){"listeners", CLI_UINT, &o->n, "N",
        "how many (default 10)", 1, 1000000};
    t[1] = (struct cli_option){"ramp", CLI_REAL, &o->ramp, "N",
        "connects per second, 0: all at one instant (default 1000)", 0, 1e6};
    t[2] = (struct cli_option){"warm-up", CLI_REAL, &o->warm_up, "SECONDS",
        "not judged, after the last connect (default 3)", 0, 3600};
    t[3] = (struct cli_option){"seconds", CLI_REAL, &o->seconds, "SECONDS",
        "judged (default 10)", 0.1, 1e6};
    t[4] = (struct cli_option){"sources", CLI_UINT, &o->sources, "N",
        "addresses they come from, on loopback (default one per 250)", 1, 60000};
    t[5] = (struct cli_option){"threads", CLI_UINT, &o->threads, "N",
        "of the load generator (default 1)", 1, THREADS_MAX};
    t[6] = (struct cli_option){"crc", CLI_UINT, &o->crc, "N",
        "check each N-th page's checksum, 0: none (default 16)", 0, 1e9};
    t[7] = (struct cli_option){"pid", CLI_UINT, &o->pid, "PID",
        "the server's process, for its CPU time and memory", 1, 4194304};
    t[8] = (struct cli_option){"apart", CLI_STRING, &o->apart, "NAME",
        "its threads that don't work per listener (default lw:enc)"};
    t[9] = (struct cli_option){"fault", CLI_CHOICE, &o->fault, "FAULT",
        "stop (reads nothing), slow or leave (default none)",
        .choices = fault_names};
    t[10] = (struct cli_option){"faulty", CLI_REAL, &o->faulty, "PERCENT",
        "of listeners that have the fault (default 100)", 0, 100};
    t[11] = (struct cli_option){"fault-at", CLI_REAL, &o->fault_at, "SECONDS",
        "after the judged time began (default 1)", 0, 1e6};
    t[12] = (struct cli_option){"fault-for", CLI_REAL, &o->fault_for, "SECONDS",
        "how long (default 5)", 0, 1e6};
    t[13] = (struct cli_option){"slow-kbps", CLI_REAL, &o->slow_kbps, "KBPS",
        "what a slow one reads, kbit/s (default 40)", 0.1, 1e6};
    t[14] = (struct cli_option){"rcvbuf", CLI_UINT, &o->rcvbuf, "BYTES",
        "receive buffer of the faulty (default the system's; slow: 8192)", 0,
        1e9};
    t[15] = (struct cli_option){"http10", CLI_FLAG, &o->http10, NULL,
        "ask by HTTP/1.0: no chunks"};
    t[16] = (struct cli_option){"json", CLI_FLAG, &o->json, NULL,
        "print JSON instead of a row"};
    t[17] = (struct cli_option){"row", CLI_STRING, &o->row, "LABEL",
        "the row's label"};
    t[18] = (struct cli_option){"head", CLI_FLAG, &o->head, NULL,
        "print the rows' heading too; without a URL nothing else"};
    t[19] = (struct cli_option){"save", CLI_STRING, &o->save, "FILE",
        "write the JSON there as well"};
    t[20] = (struct cli_option){"stay", CLI_REAL, &o->stay, "SECONDS",
        "each leaves so long after its first audio (default: none does)", 0,
        1e6};
    t[21] = (struct cli_option){"nap", CLI_REAL, &o->nap, "MS",
        "while judged look so often, ms, so that the server need not wake the "
        "load generator (default 0: it does)", 0, 1000};
    t[22] = (struct cli_option){NULL};
}
/* clang-format on */

static int wrong(const struct load *l, const char *why)
{
    log_error(&l->log, "URL: found '%s', allowed is http://ADDR:PORT/PATH: %s",
              l->o.url, why);
    return -EINVAL;
}

static int parse_url(struct load *l)
{
    const char *why = "no address";
    int err = url_parse(&l->url, l->o.url, !l->o.http10, &why);

    return err ? wrong(l, why) : 0;
}

/* All of 127.0.0.0/8 is ours to come from, when the server is there. */
static uint32_t choose_sources(const struct load *l)
{
    const struct sockaddr_in *a = (const struct sockaddr_in *)&l->url.addr;

    if (a->sin_family != AF_INET || ntohl(a->sin_addr.s_addr) >> 24 != 127)
        return 0;
    return l->o.sources ? l->o.sources : (l->o.n + PER_SOURCE - 1) / PER_SOURCE;
}

static int64_t ns(double s)
{
    return (int64_t)(s * (double)NS_PER_S);
}

static void fill_fleet(struct load *l)
{
    const struct options *o = &l->o;
    struct fleet_opts *f = &l->fleet;

    f->addr = l->url.addr;
    f->addr_len = l->url.addr_len;
    f->request = l->url.request;
    f->n = o->n;
    f->n_fleets = o->threads;
    f->sources = choose_sources(l);
    f->ramp = o->ramp;
    f->nap = (int64_t)(o->nap * NS_PER_MS);
    f->stay = o->stay < 0 ? -1 : ns(o->stay);
    f->pages.crc_every = o->crc;
    crc_init(&f->pages.crc);
    f->fault = (enum fleet_fault)o->fault;
    f->share = o->faulty / 100;
    f->slow_rate = o->slow_kbps * 125;
    f->rcvbuf = (int)o->rcvbuf;
    if (f->fault == FLEET_SLOW && f->rcvbuf == 0)
        f->rcvbuf = 8192; /* else the kernel would read for it */
}

static void fix_times(struct load *l)
{
    const struct options *o = &l->o;
    struct fleet_opts *f = &l->fleet;

    f->start = clock_now() + DELAY;
    f->rules.from = f->start + ns(o->warm_up);
    if (o->ramp > 0)
        f->rules.from += ns(o->n / o->ramp);
    f->rules.to = f->rules.from + ns(o->seconds);
    f->rules.join = JUDGE_JOIN;
    f->fault_at = f->rules.from + ns(o->fault_at);
    f->fault_end = f->fault_at + ns(o->fault_for);
}

/* One descriptor per listener. */
static int raise_limit(const struct load *l)
{
    struct rlimit r;
    rlim_t need = (rlim_t)l->o.n + l->o.threads + SPARE_FDS;

    if (getrlimit(RLIMIT_NOFILE, &r))
        return -errno;
    if (r.rlim_max < need)
        r.rlim_max = need; /* root may */
    r.rlim_cur = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) == 0)
        return 0;
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    log_error(
        &l->log,
        "only %llu open files are allowed (ulimit -Hn), %u listeners need "
        "%llu",
        (unsigned long long)r.rlim_max, (unsigned)l->o.n,
        (unsigned long long)need);
    return -EMFILE;
}

static void sleep_until(int64_t at)
{
    struct timespec t = {.tv_sec = at / NS_PER_S, .tv_nsec = at % NS_PER_S};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

static int read_usage(struct load *l, struct usage *u)
{
    int err = l->o.pid ? usage_read(u, (pid_t)l->o.pid) : 0;

    if (err)
        log_error(&l->log, "process %u: %s", (unsigned)l->o.pid,
                  strerror(-err));
    return err;
}

/* What the server uses without listeners. */
static int watch_idle(struct load *l)
{
    int err = read_usage(l, &l->report.before);
    int64_t since = clock_now();

    if (err || l->o.pid == 0)
        return err;
    sleep_until(since + IDLE);
    l->report.idle_ns = clock_now() - since;
    return read_usage(l, &l->report.idle);
}

static void *run_fleet(void *arg)
{
    pthread_setname_np(pthread_self(), "load");
    return (void *)(intptr_t)fleet_run(arg);
}

/* Joins all threads that run, whatever happened. */
static int join(struct load *l, pthread_t *threads, struct fleet **fleets,
                uint32_t n)
{
    int err = 0;

    for (uint32_t k = 0; k < n; k++) {
        void *r = NULL;
        pthread_join(threads[k], &r);
        err = err ? err : (int)(intptr_t)r;
        fleet_add(fleets[k], &l->figures);
    }
    return err;
}

static int run(struct load *l)
{
    struct fleet *fleets[THREADS_MAX] = {NULL};
    pthread_t threads[THREADS_MAX];
    uint32_t n = 0;
    int err = 0, joined;

    for (uint32_t k = 0; k < l->o.threads && !err; k++)
        err = fleet_new(&fleets[k], &l->fleet, k);
    if (!err)
        err = watch_idle(l);
    if (err)
        goto out;
    fix_times(l);
    while (n < l->o.threads && !err) {
        err = -pthread_create(&threads[n], NULL, run_fleet, fleets[n]);
        n += !err;
    }
    if (!err) {
        sleep_until(l->fleet.rules.from);
        err = read_usage(l, &l->report.from);
        sleep_until(l->fleet.rules.to);
        joined = read_usage(l, &l->report.to);
        err = err ? err : joined;
    }
    joined = join(l, threads, fleets, n);
    err = err ? err : joined;
out:
    for (uint32_t k = 0; k < THREADS_MAX; k++)
        fleet_free(&fleets[k]);
    return err;
}

static int save(const struct load *l)
{
    FILE *out = fopen(l->o.save, "w");
    int err = out ? report_json(&l->report, out) : -errno;

    if (out && fclose(out) != 0 && !err)
        err = -errno;
    if (err)
        log_error(&l->log, "%s: %s", l->o.save, strerror(-err));
    return err;
}

static int show(struct load *l)
{
    struct report *r = &l->report;

    r->label = l->o.row ? l->o.row : "";
    r->url = l->o.url;
    r->opts = &l->fleet;
    r->figures = &l->figures;
    r->has_usage = l->o.pid > 0;
    r->apart = l->o.apart;
    if (l->figures.error)
        log_warn(&l->log, "connects failed: %s", strerror(l->figures.error));
    int err = l->o.save ? save(l) : 0;
    if (l->o.json)
        return err ? err : report_json(r, stdout);
    report_row(r, stdout);
    return err;
}

static int parse(struct load *l, int argc, char **argv)
{
    struct cli_option table[OPTIONS + 1];

    l->cli = (struct cli_program){
        .name = "load",
        .summary = "Many listeners to one Ogg Opus stream, judged.",
        .usage = "[OPTIONS] http://ADDR:PORT/PATH",
        .options = table,
        .max_args = 1,
        .args = &l->o.url,
    };
    fill_table(table, &l->o);
    int r = cli_parse(&l->cli, argc, argv);
    l->cli.options = NULL; /* they end here */
    if (r > 0 && !l->o.url && !l->o.head) {
        log_error(&l->log, "no URL: allowed is http://ADDR:PORT/PATH");
        r = -EINVAL;
    }
    return r;
}

int main(int argc, char **argv)
{
    struct load *l = calloc(1, sizeof(*l));
    int code = EXIT_OK;

    if (!l)
        return EXIT_RUNNING;
    l->log = (struct log){"load", LOG_INFO};
    l->o = (struct options){
        .apart = "lw:enc",
        .n = 10,
        .threads = 1,
        .crc = 16,
        .ramp = 1000,
        .warm_up = 3,
        .seconds = 10,
        .faulty = 100,
        .fault_at = 1,
        .fault_for = 5,
        .slow_kbps = 40,
        .stay = -1,
    };
    int r = parse(l, argc, argv);
    if (r <= 0) {
        code = r < 0 ? EXIT_USAGE : EXIT_OK;
        goto out;
    }
    if (l->o.head)
        report_head(stdout);
    if (!l->o.url)
        goto out;
    if (parse_url(l) < 0) {
        code = EXIT_USAGE;
        goto out;
    }
    fill_fleet(l);
    int err = raise_limit(l);
    if (!err)
        err = run(l);
    if (!err)
        err = show(l);
    if (err) {
        log_error(&l->log, "%s", strerror(-err));
        code = EXIT_RUNNING;
    }
out:
    cli_fini(&l->cli);
    free(l);
    return code;
}
