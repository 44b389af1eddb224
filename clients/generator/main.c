// SPDX-License-Identifier: GPL-3.0-or-later
/* longwave-gen: a preset played into JACK, or rendered into a file. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "clients/generator/engine.h"
#include "clients/generator/options.h"
#include "clients/generator/playing.h"
#include "clients/generator/wav.h"
#include "clients/telling.h"
#include "clients/keeper.h"
#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/log.h"
#include "graph/threads.h"
#include "vk/renderer.h"
#include "vk/worker.h"

static void stop_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

/* Whether a signal to stop comes within ns. */
static bool stop_asked(int64_t ns)
{
    struct timespec t = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    sigset_t set;

    stop_signals(&set);
    return sigtimedwait(&set, NULL, &t) > 0;
}

static bool stop_asked_now(void *ctx)
{
    (void)ctx;
    return stop_asked(0);
}

static int make_engine(const struct log *log, const struct options *o,
                       const struct music *m, struct engine **out)
{
    struct engine_opts opts;
    char name[ENGINE_NAME_MAX];
    int err;

    options_engine(o, m, &opts);
    opts.log = log;
    opts.rate = o->rate;
    opts.offline = true;
    err = engine_new(out, &opts);
    if (err)
        return err;
    settings_apply(&o->settings, *out);
    engine_renderer_name(*out, name, sizeof(name));
    log_info(log, "%s, seed %06" PRIx64 ", %u Hz, %s", m->name, o->seed,
             o->rate, name);
    return 0;
}

static int run_file(const struct log *log, const struct options *o,
                    const struct music *m)
{
    struct engine *engine = NULL;
    struct wav_opts wav = {
        .log = log,
        .path = o->render,
        .rate = o->rate,
        .stem = o->stem - 1, /* WAV_MIX, a bus, or WAV_DRY */
        .start = llround(o->start * o->rate),
        .frames = llround(o->seconds * o->rate),
        .progress = isatty(STDERR_FILENO),
        .stopped = stop_asked_now,
    };
    int err = make_engine(log, o, m, &engine);

    if (err)
        goto out;
    wav.engine = engine;
    err = wav_render(&wav);
out:
    engine_free(&engine);
    return err ? EXIT_RUNNING : EXIT_OK;
}

/* What the options ask for. Returns an exit code. */
static int run(const struct log *log, struct options *o,
               struct cli_program *program, struct playing *playing)
{
    struct cli_option *table = program->options;
    struct music music;
    sigset_t set;

    if (o->list_gpus)
        return renderer_list_gpus(stdout, log) < 0 ? EXIT_ABSENT : EXIT_OK;
    /* before any thread starts, so that all have them blocked */
    stop_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (!o->render) {
        int r = playing_begin(playing, log, o, program);
        if (r <= 0)
            return r == 0 ? EXIT_OK : r == -EINVAL ? EXIT_USAGE : EXIT_RUNNING;
    }
    if (options_prepare(log, o, table, &music, &playing->now) < 0)
        return EXIT_USAGE;
    if (options_seed(log, o, table) < 0)
        return EXIT_RUNNING;
    return o->render ? run_file(log, o, &music)
                     : playing_run(playing, &music, table[OPT_OSC].given);
}

int main(int argc, char **argv)
{
    struct options o;
    struct cli_option table[OPT_COUNT + 1];
    struct cli_program program = {
        .name = "longwave-gen",
        .summary = "endless ambient music for JACK",
        .usage = "[OPTIONS]",
        .options = table,
        .notes = "It connects to nothing by itself. Its ports are mix_L and "
                 "mix_R, and dry, without the room, drone, pad, bells and "
                 "grains, _L and _R each. MIDI goes into control.\n"
                 "While it plays it is controlled by OSC, such as "
                 "/longwave/brightness 1,\nor by 'longwave set'. "
                 "/longwave/params lists what there is, README.md has all "
                 "addresses.",
    };
    struct log log = {.program = "longwave-gen", .level = LOG_INFO};
    struct playing playing = {.keeper = {.signals = -1}};
    int code = EXIT_USAGE;
    int parsed, fd = worker_asked(argc, argv);

    if (fd >= 0)
        return worker_main(fd, renderer_open_vulkan);
    thread_enter(TH_MAIN);
    options_init(&o);
    options_fill(table, &o);
    parsed = cli_parse(&program, argc, argv);
    if (parsed == 0)
        code = EXIT_OK;
    if (parsed <= 0)
        goto out;
    log.level = (enum log_level)o.level;
    if (log_tail_new(&playing.tail, TELLING_LOG_LINES) == 0)
        log.tail = playing.tail;
    code = run(&log, &o, &program, &playing);
out:
    keeper_end(&playing.keeper);
    log_tail_free(&playing.tail);
    cli_fini(&program);
    return code;
}
