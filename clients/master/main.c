// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * longwave-master: a true-peak limiter and loudness leveller between any two
 * JACK clients, with meters.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "clients/master/chain.h"
#include "clients/master/told.h"
#include "clients/keeper.h"
#include "clients/telling.h"
#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/jclient.h"
#include "graph/log.h"
#include "graph/notify.h"
#include "graph/threads.h"

#define WATCH_NS (100 * NS_PER_MS)
#define METER_NS NS_PER_S
#define NAME     "longwave-master"
/* Measuring is heard last of all. */
#define LEV_BELOW 4 /* the process callback's priority */

struct options {
    const char *name, *server, *state;
    double target, ceiling; /* LUFS, dBTP */
    bool bypass, meters;
    int level;
    struct cli_option table[9];
};

struct master {
    struct log log;
    struct log_tail *tail;
    struct options o;
    struct jclient *jack;
    struct chain chain;
    uint32_t rate;   /* Hz, that the chain was made for */
    uint64_t missed; /* frames not measured, as said */
    struct keeper keeper;
};

/* clang-format off */
static void fill_table(struct options *o)
{
    const struct cli_option table[] = {
        {"name", CLI_STRING, &o->name, "NAME",
         "JACK client name (longwave-master)", .keep = CLI_KEEP_NEVER},
        {"server", CLI_STRING, &o->server, "NAME",
         "JACK server ($JACK_DEFAULT_SERVER or default)",
         .keep = CLI_KEEP_NEVER},
        {"target", CLI_REAL, &o->target, "LUFS",
         "loudness to go to, slowly, by 4 dB at most, LUFS (-18)",
         .min = -40, .max = -5, .keep = CLI_KEEP_ALWAYS},
        {"ceiling", CLI_REAL, &o->ceiling, "DBTP",
         "true peak never to pass, dBTP (-1)", .min = -20, .max = 0,
         .keep = CLI_KEEP_ALWAYS},
        {"bypass", CLI_FLAG, &o->bypass, NULL,
         "change nothing, with the same latency", .keep = CLI_KEEP_ALWAYS},
        {"meters", CLI_FLAG, &o->meters, NULL,
         "print a line of JSON per second", .keep = CLI_KEEP_NEVER},
        {"log-level", CLI_CHOICE, &o->level, "LEVEL",
         "error, warn, info or debug (info)", .choices = log_level_names,
         .keep = CLI_KEEP_NEVER},
        {"state", CLI_STRING, &o->state, "FILE",
         "begin as FILE says, if it is there; SIGUSR1 writes it",
         .keep = CLI_KEEP_NEVER},
        {NULL},
    };

    _Static_assert(sizeof(table) == sizeof(o->table), "as many options");
    memcpy(o->table, table, sizeof(table));
}
/* clang-format on */

/* JSON has no infinity: null is silence, or too little sound yet. */
static const char *json_number(double x, char text[16])
{
    if (isfinite(x))
        snprintf(text, 16, "%.2f", x);
    else
        strcpy(text, "null");
    return text;
}

/* False when nobody reads any more. */
static bool print_meters(const struct leveller_meters *m, uint32_t latency,
                         const struct jclient_stats *jack)
{
    char t[6][16];

    printf("{\"lufs_m\": %s, \"lufs_s\": %s, \"lufs_i\": %s, "
           "\"true_peak_dbtp\": %s, \"gain_db\": %s, \"reduction_db\": %s, "
           "\"latency_frames\": %" PRIu32 ", ",
           json_number(m->momentary, t[0]), json_number(m->short_term, t[1]),
           json_number(m->integrated, t[2]), json_number(m->true_peak, t[3]),
           json_number(m->gain_db, t[4]), json_number(m->reduction, t[5]),
           latency);
    printf("\"xruns\": %" PRIu32 ", \"late_cycles\": %" PRIu32
           ", \"skipped_frames\": %" PRIu64 ", \"overruns\": %" PRIu32
           ", \"rejoins\": %" PRIu32 ", \"dsp_ms_p99\": %.3f, "
           "\"dsp_ms_max\": %.3f, \"dsp_load\": %.4f}\n",
           jack->xruns, jack->late, jack->skipped, jack->overruns,
           jack->rejoins, (double)jack->dsp_p99_ns / NS_PER_MS,
           (double)jack->dsp_max_ns / NS_PER_MS, jack->load);
    return fflush(stdout) == 0;
}

static void tell_status(const struct leveller_meters *m)
{
    char status[160];

    if (isfinite(m->short_term))
        snprintf(status, sizeof(status),
                 "%.1f LUFS short-term, peak %.1f dBTP, gain %+.1f dB, "
                 "limited by %.1f dB",
                 m->short_term, m->true_peak, m->gain_db, m->reduction);
    else
        snprintf(status, sizeof(status), "silence");
    notify_status(status);
}

/* What a second has brought. */
static void report(struct master *m)
{
    struct leveller_meters now = leveller_meters(m->chain.leveller);
    uint64_t n = leveller_missed(m->chain.leveller);
    struct jclient_stats jack;

    jclient_stats(m->jack, &jack);
    if (jclient_alive(m->jack))
        tell_status(&now);
    if (m->o.meters &&
        !print_meters(&now, limiter_latency(m->chain.limiter), &jack)) {
        log_warn(&m->log, "nobody reads the meters any more: %s",
                 strerror(errno));
        m->o.meters = false;
    }
    if (n > m->missed)
        log_warn(&m->log, "measuring came too late for %" PRIu64 " frames",
                 n - m->missed);
    m->missed = n;
}

/* ns, WATCH_NS at most. */
static int64_t left_until(int64_t then)
{
    int64_t ns = then - clock_now();

    return ns < 0 ? 0 : ns > WATCH_NS ? WATCH_NS : ns;
}

/* Until a signal comes (0) or something ends by itself (-EIO). */
static int watch(struct master *m)
{
    int64_t next = clock_now() + METER_NS, due = clock_now();

    while (!keeper_wait(&m->keeper, left_until(due), -1)) {
        due = jclient_tick(m->jack);
        keeper_tell(&m->keeper, m->o.server, jclient_name(m->jack));
        if (jclient_failed(m->jack) || leveller_failed(m->chain.leveller))
            return -EIO; /* why was said */
        if (clock_now() < next)
            continue;
        report(m);
        next += METER_NS;
    }
    return 0;
}

/* What depends on the rate. The gain stays; meters begin anew. */
static int make_chain(struct master *m, uint32_t rate)
{
    struct limiter_opts limiter = {
        .rate = rate, .ceiling = m->o.ceiling, .bypass = m->o.bypass};
    struct leveller_opts leveller = {.log = &m->log,
                                     .rate = rate,
                                     .target = m->o.target,
                                     .bypass = m->o.bypass};
    int err = 0;

    /* its delay is full of what came before */
    limiter_free(&m->chain.limiter);
    if (rate != m->rate && m->chain.leveller) {
        leveller.gain_db = leveller_meters(m->chain.leveller).gain_db;
        leveller_free(&m->chain.leveller);
        m->missed = 0;
    }
    m->rate = rate;
    err = limiter_new(&m->chain.limiter, &limiter);
    if (err || m->chain.leveller)
        return err;
    err = leveller_new(&m->chain.leveller, &leveller);
    return err ? err : leveller_start(m->chain.leveller);
}

/* jclient_opts.joined. */
static int joined(void *ctx, struct jclient *jack)
{
    struct master *m = ctx;
    uint32_t rate = jclient_rate(jack);
    int err = make_chain(m, rate);

    if (err) {
        log_error(&m->log, "can't work at %u Hz: %s", (unsigned)rate,
                  strerror(-err));
        return err;
    }
    jclient_set_latency(jack, limiter_latency(m->chain.limiter));
    /* Where realtime is not permitted it has the ordinary priority. */
    (void)jclient_promote(jack, leveller_thread(m->chain.leveller), LEV_BELOW);
    return 0;
}

/* jclient_opts.left. */
static void left(void *ctx, struct jclient *jack)
{
    (void)ctx;
    (void)jack;
    notify_status("waiting for a JACK server");
}

static int open_jack(struct master *m)
{
    struct jclient_opts o = {
        .log = &m->log,
        .name = m->o.name,
        .pretty = strcmp(m->o.name, NAME) == 0 ? "Longwave Master" : NULL,
        .icon = "multimedia-volume-control",
        .server = m->o.server,
        .in = told_in,
        .out = told_out,
        .through = true,
        .process_rt = chain_process_rt,
        .rt_ctx = &m->chain,
        .joined = joined,
        .left = left,
        .ctx = m,
    };

    return jclient_open(&m->jack, &o);
}

static void say_ready(const struct master *m)
{
    uint32_t late = limiter_latency(m->chain.limiter);
    char detail[128];

    if (m->o.bypass)
        snprintf(detail, sizeof(detail), "bypassed");
    else
        snprintf(detail, sizeof(detail), "toward %.1f LUFS, under %.1f dBTP",
                 m->o.target, m->o.ceiling);
    log_info(&m->log,
             "JACK client %s, %s, %u frames late; patch something into in_L "
             "and in_R, and out_L and out_R into something",
             jclient_name(m->jack), detail, (unsigned)late);
    notify_ready(detail, detail);
}

/* From nothing to the end. 0 or -errno, said already. */
static int serve(struct master *m)
{
    int err = open_jack(m);

    if (!err)
        err = jclient_activate(m->jack);
    if (err)
        return err;
    err = keeper_ready(&m->keeper, "levels what is patched in");
    if (err)
        return err;
    say_ready(m);
    err = watch(m);
    notify_stopping();
    return err;
}

/* JACK first, so that nothing runs through the chain any more. */
static void close_all(struct master *m)
{
    jclient_close(&m->jack);
    leveller_free(&m->chain.leveller);
    limiter_free(&m->chain.limiter);
}

/* keeper_opts.progress */
static uint32_t progress(void *ctx, uint64_t count[WATCHDOG_COUNTS])
{
    count[0] = leveller_turns(((struct master *)ctx)->chain.leveller);
    return 1;
}

/* keeper_opts.told */
static char *answer(void *ctx, const char *question)
{
    const struct master *m = ctx;
    const struct told t = {.chain = &m->chain,
                           .jack = m->jack,
                           .target = m->o.target,
                           .ceiling = m->o.ceiling,
                           .bypass = m->o.bypass,
                           .tail = m->tail};

    /* where a rate was refused there is no chain, and the end is near */
    if (!m->chain.leveller || !m->chain.limiter)
        return NULL;
    return told_text(&t, question);
}

/* As keeper_begin(). */
static int begin(struct master *m, struct cli_program *p)
{
    struct keeper_opts o = {
        .log = &m->log,
        .program = p,
        .state = m->o.state,
        .name = &m->o.name,
        .progress = progress,
        .told = answer,
        .ctx = m,
    };
    return keeper_begin(&m->keeper, &o);
}

int main(int argc, char **argv)
{
    struct master m = {
        .log = {.program = "longwave-master"},
        .o = {.name = NAME, .target = -18, .ceiling = -1, .level = LOG_INFO},
        .keeper = {.signals = -1},
    };
    struct cli_program p = {
        .name = "longwave-master",
        .summary = "A true-peak limiter and loudness leveller for JACK, with "
                   "meters.",
        .usage = "[OPTIONS]",
        .options = m.o.table,
        .notes = "It connects to nothing by itself; its ports are in_L, in_R, "
                 "out_L and out_R.",
    };
    int code = EXIT_OK;
    int r;

    thread_enter(TH_MAIN);
    fill_table(&m.o);
    r = cli_parse(&p, argc, argv);
    m.log.level = (enum log_level)m.o.level;
    if (log_tail_new(&m.tail, TELLING_LOG_LINES) == 0)
        m.log.tail = m.tail;
    if (r > 0)
        r = begin(&m, &p);
    if (r < 0)
        code = r == -EINVAL ? EXIT_USAGE : EXIT_RUNNING;
    if (r <= 0)
        goto out;
    signal(SIGPIPE, SIG_IGN); /* the sound goes on without a reader */
    r = serve(&m);
    if (r)
        code = r == -EHOSTDOWN ? EXIT_ABSENT : EXIT_RUNNING;
    close_all(&m);
out:
    keeper_end(&m.keeper);
    log_tail_free(&m.tail);
    cli_fini(&p);
    return code;
}
