// SPDX-License-Identifier: GPL-3.0-or-later
/* longwave-gen: a preset played into JACK, or rendered into a file. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clients/generator/control.h"
#include "clients/generator/engine.h"
#include "clients/generator/feed.h"
#include "clients/generator/music.h"
#include "clients/generator/osc.h"
#include "clients/generator/player.h"
#include "clients/generator/resume.h"
#include "clients/generator/wav.h"
#include "clients/generator/settings.h"
#include "clients/paths.h"
#include "clients/telling.h"
#include "clients/keeper.h"
#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/jclient.h"
#include "graph/log.h"
#include "graph/notify.h"
#include "graph/threads.h"
#include "vk/renderer.h"
#include "vk/worker.h"

#define PAUSE_NS \
    (4 * NS_PER_MS)        /* after 64 OSC packets: a flood costs little */
#define STRAY_NS NS_PER_MS /* JACK's clock wanders that far */
#define TELL_NS  (200 * NS_PER_MS) /* between two looks at what is told */

struct options {
    const char *name, *server, *preset, *render, *gpu, *state, *resume;
    uint64_t seed;
    int renderer, simd, level, stem;
    bool thin, list_gpus;
    uint32_t ahead, rate; /* ms, Hz */
    uint32_t threads;
    double start, seconds; /* s */
    struct cli_addr osc;
    struct settings settings; /* the parameters */
};

static const char *const renderers[] = {"auto", "vulkan", "cpu", NULL};
/* In the order of enum renderer_simd. */
static const char *const simds[] = {"auto", "portable", "neon",
                                    "avx2", "avx512",   NULL};
/* The mix, the buses in the order of enum scene_bus, then their sum. */
static const char *const stems[] = {"mix",    "drone", "pad", "bells",
                                    "grains", "dry",   NULL};

enum {
    OPT_NAME,
    OPT_SERVER,
    OPT_PRESET,
    OPT_SEED,
    OPT_RENDERER,
    OPT_GPU,
    OPT_LIST_GPUS,
    OPT_SIMD,
    OPT_THREADS,
    OPT_THIN,
    OPT_AHEAD,
    OPT_START,
    OPT_RESUME,
    OPT_RENDER,
    OPT_SECONDS,
    OPT_RATE,
    OPT_STEM,
    OPT_OSC,
    OPT_LOG_LEVEL,
    OPT_STATE,
    OPT_SETTINGS, /* one per parameter, see settings.h */
    OPT_COUNT = OPT_SETTINGS + PARAM_COUNT,
};

/* clang-format off */
static void fill_table(struct cli_option t[OPT_COUNT + 1], struct options *o)
{
    t[OPT_NAME] = (struct cli_option){"name", CLI_STRING, &o->name, "NAME",
        "JACK client name (longwave-gen)", .keep = CLI_KEEP_NEVER};
    t[OPT_SERVER] = (struct cli_option){"server", CLI_STRING, &o->server,
        "NAME", "JACK server ($JACK_DEFAULT_SERVER or default)",
        .keep = CLI_KEEP_NEVER};
    t[OPT_PRESET] = (struct cli_option){"preset", CLI_STRING, &o->preset,
        "NAME|FILE", "music preset (terminal)", .keep = CLI_KEEP_ALWAYS};
    t[OPT_SEED] = (struct cli_option){"seed", CLI_HEX, &o->seed, "HEX",
        "which of the preset's endless pieces (a random one)",
        .keep = CLI_KEEP_ALWAYS};
    t[OPT_RENDERER] = (struct cli_option){"renderer", CLI_CHOICE, &o->renderer,
        "WHICH", "auto, vulkan or cpu (auto)", .choices = renderers};
    t[OPT_GPU] = (struct cli_option){"gpu", CLI_STRING, &o->gpu, "WHICH",
        "Vulkan device: index, part of its name, or UUID (the best)"};
    t[OPT_LIST_GPUS] = (struct cli_option){"list-gpus", CLI_FLAG,
        &o->list_gpus, NULL, "print the Vulkan devices and exit",
        .keep = CLI_KEEP_NEVER};
    t[OPT_SIMD] = (struct cli_option){"simd", CLI_CHOICE, &o->simd, "WHICH",
        "of the CPU: auto, portable, neon, avx2 or avx512 (auto)",
        .choices = simds};
    t[OPT_THREADS] = (struct cli_option){"threads", CLI_UINT, &o->threads, "N",
        "of the CPU renderer (1)", .min = 1, .max = 64};
    t[OPT_THIN] = (struct cli_option){"thin", CLI_FLAG, &o->thin, NULL,
        "as few partials as the preset allows; on the CPU"};
    t[OPT_AHEAD] = (struct cli_option){"ahead", CLI_UINT, &o->ahead, "MS",
        "how far to render ahead, ms (250)", .min = 20, .max = 10000};
    t[OPT_START] = (struct cli_option){"start", CLI_REAL, &o->start, "SEC",
        "where in the piece to begin, s (0)", .min = 0, .max = 1e9,
        .keep = CLI_KEEP_MOVING};
    t[OPT_RESUME] = (struct cli_option){"resume", CLI_STRING, &o->resume,
        "STATE", "go on where another one was, by what it told as its state",
        .keep = CLI_KEEP_NEVER};
    t[OPT_RENDER] = (struct cli_option){"render", CLI_STRING, &o->render,
        "FILE", "write a WAV file instead of playing into JACK",
        .keep = CLI_KEEP_NEVER};
    t[OPT_SECONDS] = (struct cli_option){"seconds", CLI_REAL, &o->seconds,
        "SEC", "with --render: how long, s (60)", .min = 0.001, .max = 1e7,
        .keep = CLI_KEEP_NEVER};
    t[OPT_RATE] = (struct cli_option){"rate", CLI_UINT, &o->rate, "HZ",
        "with --render: sample rate, Hz (48000)", .min = 8000, .max = 384000,
        .keep = CLI_KEEP_NEVER};
    t[OPT_STEM] = (struct cli_option){"stem", CLI_CHOICE, &o->stem, "WHICH",
        "with --render: mix, one bus without the room, or dry, their sum (mix)",
        .choices = stems, .keep = CLI_KEEP_NEVER};
    t[OPT_OSC] = (struct cli_option){"osc", CLI_ADDR_OR_NONE, &o->osc,
        "ADDR:PORT|none", "control by OSC (127.0.0.1:7770); port 0: any"};
    t[OPT_LOG_LEVEL] = (struct cli_option){"log-level", CLI_CHOICE, &o->level,
        "LEVEL", "error, warn, info or debug (info)",
        .choices = log_level_names, .keep = CLI_KEEP_NEVER};
    t[OPT_STATE] = (struct cli_option){"state", CLI_STRING, &o->state, "FILE",
        "begin as FILE says, if it is there; SIGUSR1 writes it",
        .keep = CLI_KEEP_NEVER};
    settings_options(&o->settings, &t[OPT_SETTINGS]);
    t[OPT_COUNT] = (struct cli_option){NULL};
}
/* clang-format on */

/* Options that mean nothing without another are a mistake of the user's. */
static int check_together(const struct log *log, const struct options *o,
                          const struct cli_option *t)
{
    static const int lone[] = {OPT_SECONDS, OPT_RATE, OPT_STEM};

    for (size_t i = 0; i < sizeof(lone) / sizeof(lone[0]) && !o->render; i++)
        if (t[lone[i]].given) {
            log_error(log, "--%s: goes with --render only", t[lone[i]].name);
            return -EINVAL;
        }
    if (o->render && t[OPT_OSC].given && *o->osc.host) {
        log_error(log, "--osc: doesn't go with --render");
        return -EINVAL;
    }
    if (o->resume && (o->render || t[OPT_PRESET].given || t[OPT_SEED].given ||
                      t[OPT_START].given)) {
        log_error(log, "--resume: doesn't go with --preset, --seed, --start or "
                       "--render");
        return -EINVAL;
    }
    if (o->render && o->state) {
        log_error(log, "--state: doesn't go with --render");
        return -EINVAL;
    }
    if (o->thin && o->renderer == ENGINE_VULKAN) {
        log_error(log, "--thin: is for the CPU, not for --renderer vulkan");
        return -EINVAL;
    }
    return 0;
}

static int take_resume(const struct log *log, struct options *o,
                       struct resume *out)
{
    char err[RESUME_ERROR_MAX];

    if (!o->resume)
        return 0;
    if (resume_read(out, o->resume, err) < 0) {
        log_error(log, "--resume: %s", err);
        return -EINVAL;
    }
    o->preset = out->preset;
    o->seed = out->seed;
    return 0;
}

static int choose_seed(const struct log *log, struct options *o, bool given)
{
    uint8_t x[3]; /* short enough to be told to somebody */

    if (given)
        return 0;
    if (getrandom(x, sizeof(x), 0) != (ssize_t)sizeof(x)) {
        log_error(log, "no random seed: %s; give one by --seed",
                  strerror(errno));
        return -EIO;
    }
    o->seed = (uint64_t)x[0] << 16 | (uint64_t)x[1] << 8 | x[2];
    return 0;
}

static int load_preset(const struct log *log, const char *name,
                       struct music *out)
{
    char path[PATH_MAX], err[4 * PATH_MAX];
    char problem[CONF_ERROR_MAX];

    if (paths_preset("music", name, path, sizeof(path), err, sizeof(err)) < 0) {
        log_error(log, "%s", err);
        return -EINVAL;
    }
    if (music_load(out, path, problem) < 0) {
        log_error(log, "%s", problem);
        return -EINVAL;
    }
    return 0;
}

/* 8192 as "8,192", for people. */
static const char *thousands(uint32_t n, char out[16])
{
    char digits[16];
    int len = snprintf(digits, sizeof(digits), "%" PRIu32, n);
    int at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

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

/* But the rate and what depends on whether anybody waits. */
static void fill_engine(struct engine_opts *e, const struct options *o,
                        const struct music *m)
{
    *e = (struct engine_opts){
        .music = m,
        .seed = o->seed,
        .renderer = o->thin ? ENGINE_CPU : (enum engine_renderer)o->renderer,
        .gpu = o->gpu,
        .simd = o->simd,
        .threads = o->threads,
        .thin = o->thin,
    };
}

static int make_engine(const struct log *log, const struct options *o,
                       const struct music *m, struct engine **out)
{
    struct engine_opts opts;
    char name[ENGINE_NAME_MAX];
    int err;

    fill_engine(&opts, o, m);
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

/* What plays, for the keeper. */
struct playing {
    struct options *o;
    struct log_tail *tail;
    struct player *player;
    struct control *control;
    struct resume now; /* as was told last; before that: where to begin */
    char told[RESUME_TEXT_MAX];
    int64_t tell_at; /* ns */
};

/* Tells whoever started us where the music is, when that has changed. */
static void tell_state(struct playing *p)
{
    const char *preset = control_preset(p->control, &p->o->seed);
    int64_t origin = feed_origin(player_feed(p->player));
    struct resume *r = &p->now;
    char text[RESUME_TEXT_MAX];

    p->tell_at = clock_now() + TELL_NS;
    if (origin == 0)
        return;
    if (llabs(origin - r->origin_ns) > STRAY_NS)
        r->origin_ns = origin;
    r->seed = p->o->seed;
    if (!preset)
        preset = p->o->preset;
    if (strlen(preset) >= sizeof(r->preset))
        return;
    if (preset != r->preset)
        strcpy(r->preset, preset);
    for (int i = 0; i < PARAM_COUNT; i++)
        r->param[i] = engine_get(player_engine(p->player), (enum param)i);
    if (resume_write(r, text) < 0 || strcmp(text, p->told) == 0)
        return;
    strcpy(p->told, text);
    notify_state(text);
}

/* keeper_opts.refresh: the options as they would be given to begin here. */
static void refresh(void *ctx)
{
    struct playing *p = ctx;
    const char *preset = control_preset(p->control, &p->o->seed);
    double at = (double)feed_position(player_feed(p->player)) /
                jclient_rate(player_jack(p->player));

    if (preset)
        p->o->preset = preset;
    p->o->start = fmax(at, 0.0);
    settings_read(&p->o->settings, player_engine(p->player));
}

/* keeper_opts.progress */
static uint32_t progress(void *ctx, uint64_t count[WATCHDOG_COUNTS])
{
    const struct playing *p = ctx;

    count[0] = feed_turns(player_feed(p->player));
    return 1;
}

/* keeper_opts.told */
static char *told(void *ctx, const char *question)
{
    const struct playing *p = ctx;

    return control_tell(p->control, question, p->tail);
}

/* Until a signal comes (0) or something ends by itself (-errno). */
static int watch(struct keeper *keeper, struct playing *p)
{
    int64_t due = clock_now();
    bool more = false;
    int err = 0;

    while (!err) {
        int64_t left = due - clock_now();

        keeper_tell(keeper, p->o->server, jclient_name(player_jack(p->player)));
        if (left < 0)
            left = 0;
        if (more && left > PAUSE_NS)
            left = PAUSE_NS;
        if (keeper_wait(keeper, left, more ? -1 : control_fd(p->control)))
            break;
        more = control_serve(p->control);
        if (clock_now() >= due) {
            due = player_tick(p->player);
            err = player_failed(p->player);
        }
        if (clock_now() >= p->tell_at)
            tell_state(p);
        if (due > p->tell_at)
            due = p->tell_at;
    }
    return err;
}

/* The detail is for longwave: the address of the control and a sentence. */
static void say_ready(const struct log *log, const struct playing *p)
{
    const struct jclient *jack = player_jack(p->player);
    const struct engine *e = player_engine(p->player);
    char status[256], detail[320], n[16], renderer[ENGINE_NAME_MAX];
    char addr[CLI_ADDR_TEXT_MAX];
    uint32_t partials = engine_partials(e);
    uint32_t ms = (uint32_t)((uint64_t)feed_ahead(player_feed(p->player)) *
                             1000 / jclient_rate(jack));

    engine_renderer_name(e, renderer, sizeof(renderer));
    snprintf(status, sizeof(status), "%s, up to %u partials, %u ms ahead",
             renderer, partials, ms);
    snprintf(detail, sizeof(detail), "%s %s, up to %s partials, %u ms ahead",
             control_addr(p->control, addr), renderer, thousands(partials, n),
             ms);
    log_info(log, "playing as %s; patch mix_L and mix_R into something",
             jclient_name(jack));
    notify_ready(status, detail);
}

/* player_opts.prepare */
static void prepare_engine(void *ctx, struct engine *engine)
{
    struct playing *p = ctx;

    char err[PARAM_ERROR_MAX];

    settings_apply(&p->o->settings, engine);
    for (int i = 0; p->o->resume && i < PARAM_COUNT; i++)
        if (p->now.param[i] != param_info((enum param)i)->def)
            engine_set(engine, (enum param)i, p->now.param[i], err);
}

/* player_opts.changed */
static void changed(void *ctx, struct engine *engine, struct feed *feed)
{
    struct playing *p = ctx;

    control_join(p->control, engine, feed, player_jack(p->player));
}

static int run_jack(const struct log *log, const struct options *o,
                    const struct music *m, bool osc_given,
                    struct keeper *keeper, struct playing *p)
{
    struct player_opts player = {.log = log,
                                 .name = o->name,
                                 .server = o->server,
                                 .ahead_ms = o->ahead,
                                 .start_s = o->start,
                                 .resumes = o->resume != NULL,
                                 .origin_ns = p->now.origin_ns,
                                 .changed = changed,
                                 .prepare = prepare_engine,
                                 .ctx = p};
    struct control_opts control = {.log = log,
                                   .addr = o->osc,
                                   .wanted = osc_given,
                                   .music = m,
                                   .preset = o->preset,
                                   .seed = o->seed};
    int err;

    fill_engine(&player.engine, o, m);
    err = player_open(&p->player, &player);
    if (!err)
        err = control_open(&p->control, &control);
    if (!err)
        err = player_start(p->player);
    if (!err)
        err = keeper_ready(keeper, m->title);
    if (err)
        goto out;
    say_ready(log, p);
    err = watch(keeper, p);
    notify_stopping();
out:
    control_close(&p->control);
    player_close(&p->player);
    if (err == -EHOSTDOWN || err == -EADDRNOTAVAIL)
        return EXIT_ABSENT;
    return err ? EXIT_RUNNING : EXIT_OK;
}

/* As keeper_begin(): the options may be others then. */
static int begin(const struct log *log, struct keeper *keeper,
                 struct cli_program *program, struct playing *playing)
{
    struct keeper_opts opts = {
        .log = log,
        .program = program,
        .state = playing->o->state,
        .name = &playing->o->name,
        .changes = true,
        .refresh = refresh,
        .progress = progress,
        .told = told,
        .ctx = playing,
    };
    return keeper_begin(keeper, &opts);
}

/* What the options name is there. Errors, logged: -EINVAL. */
static int prepare(const struct log *log, struct options *o,
                   struct cli_option *table, struct music *music,
                   struct resume *resume)
{
    int err = check_together(log, o, table);

    if (!err)
        err = take_resume(log, o, resume);
    if (!err)
        err = load_preset(log, o->preset, music);
    if (!err)
        err =
            settings_check(&o->settings, log, music, table[OPT_PRESET].source);
    return err;
}

int main(int argc, char **argv)
{
    struct options o = {.name = PLAYER_NAME,
                        .preset = "terminal",
                        .level = LOG_INFO,
                        .ahead = 250,
                        .threads = 1,
                        .rate = 48000,
                        .seconds = 60.0,
                        .osc = {"127.0.0.1", OSC_PORT}};
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
    struct music music;
    struct keeper keeper = {.signals = -1};
    struct playing playing = {.o = &o};
    sigset_t set;
    int code = EXIT_USAGE;
    int parsed, fd = worker_asked(argc, argv);

    if (fd >= 0)
        return worker_main(fd, renderer_open_vulkan);
    thread_enter(TH_MAIN);
    fill_table(table, &o);
    parsed = cli_parse(&program, argc, argv);
    if (parsed == 0)
        code = EXIT_OK;
    if (parsed <= 0)
        goto out;
    log.level = (enum log_level)o.level;
    if (log_tail_new(&playing.tail, TELLING_LOG_LINES) == 0)
        log.tail = playing.tail;
    if (o.list_gpus) {
        code = renderer_list_gpus(stdout, &log) < 0 ? EXIT_ABSENT : EXIT_OK;
        goto out;
    }
    /* before any thread starts, so that all have them blocked */
    stop_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (!o.render) {
        parsed = begin(&log, &keeper, &program, &playing);
        code = parsed == 0         ? EXIT_OK
               : parsed == -EINVAL ? EXIT_USAGE
                                   : EXIT_RUNNING;
        if (parsed <= 0)
            goto out;
    }
    code = EXIT_USAGE;
    if (prepare(&log, &o, table, &music, &playing.now) < 0)
        goto out;
    code = EXIT_RUNNING;
    if (choose_seed(&log, &o, table[OPT_SEED].given || o.resume) < 0)
        goto out;
    code = o.render ? run_file(&log, &o, &music)
                    : run_jack(&log, &o, &music, table[OPT_OSC].given, &keeper,
                               &playing);
out:
    keeper_end(&keeper);
    log_tail_free(&playing.tail);
    cli_fini(&program);
    return code;
}
