// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>

#include "clients/generator/osc.h"
#include "clients/generator/player.h"
#include "clients/paths.h"
#include "graph/clock.h"

static const char *const renderers[] = {"auto", "vulkan", "cpu", NULL};
/* In the order of enum renderer_simd. */
static const char *const simds[] = {"auto", "portable", "neon",
                                    "avx2", "avx512",   NULL};
/* The mix, the buses in the order of enum scene_bus, then their sum. */
static const char *const stems[] = {"mix",    "drone", "pad", "bells",
                                    "grains", "dry",   NULL};

void options_init(struct options *o)
{
    *o = (struct options){.name = PLAYER_NAME,
                          .preset = "terminal",
                          .level = LOG_INFO,
                          .ahead = 250,
                          .threads = 1,
                          .rate = 48000,
                          .seconds = 60.0,
                          .osc = {"127.0.0.1", OSC_PORT}};
}

/* clang-format off */
void options_fill(struct cli_option t[OPT_COUNT + 1], struct options *o)
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
        "where in the piece to begin, s (0)", .min = 0,
        .max = RESUME_START_MAX,
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
    if (resume_read(out, o->resume, clock_now(), err) < 0) {
        log_error(log, "--resume: %s", err);
        return -EINVAL;
    }
    o->preset = out->preset;
    o->seed = out->seed;
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

int options_prepare(const struct log *log, struct options *o,
                    struct cli_option *t, struct music *music,
                    struct resume *resume)
{
    int err = check_together(log, o, t);

    if (!err)
        err = take_resume(log, o, resume);
    if (!err)
        err = load_preset(log, o->preset, music);
    if (!err)
        err = settings_check(&o->settings, log, music, t[OPT_PRESET].source);
    return err;
}

int options_seed(const struct log *log, struct options *o,
                 const struct cli_option *t)
{
    uint8_t x[3]; /* short enough to be told to somebody */

    if (t[OPT_SEED].given || o->resume)
        return 0;
    if (getrandom(x, sizeof(x), 0) != (ssize_t)sizeof(x)) {
        log_error(log, "no random seed: %s; give one by --seed",
                  strerror(errno));
        return -EIO;
    }
    o->seed = (uint64_t)x[0] << 16 | (uint64_t)x[1] << 8 | x[2];
    return 0;
}

void options_engine(const struct options *o, const struct music *m,
                    struct engine_opts *out)
{
    *out = (struct engine_opts){
        .music = m,
        .seed = o->seed,
        .renderer = o->thin ? ENGINE_CPU : (enum engine_renderer)o->renderer,
        .gpu = o->gpu,
        .simd = o->simd,
        .threads = o->threads,
        .thin = o->thin,
    };
}
