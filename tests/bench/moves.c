// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Presets as they are played: every parameter at both ends of its range, moved
 * to and fro, all of them at once and without end, frozen, and one preset after
 * another, faded and as music does it. For each preset two tables: what the
 * ends do to loudness and colour, and whether anything clicks that doesn't in
 * the same stretch when it is left alone.
 *
 *   bench_moves [--seconds N] [PRESET...]
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/engine.h"
#include "clients/generator/noise.h"
#include "clients/paths.h"
#include "graph/cli.h"
#include "graph/log.h"
#include "tests/bench/measure/measure.h"

#define RATE        48000
#define START       (INT64_C(5000) * RATE)
#define CHUNKS_S    ((double)RATE / SCENE_CHUNK)
#define MOVES_S     120.0   /* of a script */
#define CHANGE_S    100.0   /* of a change of preset */
#define AIR_DB      (-60.0) /* dBFS, the gate of DESIGN section 3 */
#define PRESETS_MAX 32

static const struct log quiet = {.program = "bench_moves", .level = LOG_WARN};

/* What to do before chunk c, t s after the start; next: a preset to change to.
 */
typedef void script(struct engine *e, uint64_t c, double t,
                    const struct music *next);

static void set(struct engine *e, enum param p, double value)
{
    char err[PARAM_ERROR_MAX];

    if (engine_set(e, p, value, err) < 0) {
        fprintf(stderr, "bench_moves: %s\n", err);
        abort();
    }
}

static double most(const struct engine *e, enum param p)
{
    return p == PARAM_MODE ? engine_music(e)->n_modes : param_info(p)->max;
}

static void leave_alone(struct engine *e, uint64_t c, double t,
                        const struct music *next)
{
    (void)e;
    (void)c;
    (void)t;
    (void)next;
}

/* Each in turn, every 3 s: up, down, home again after half a glide. */
static void one_by_one(struct engine *e, uint64_t c, double t,
                       const struct music *next)
{
    uint64_t step = (uint64_t)(t / 3.0);
    enum param p = (enum param)(step / 4 % PARAM_COUNT);
    const struct param_info *i = param_info(p);
    const double to[] = {most(e, p), i->min, most(e, p), i->def};

    (void)c;
    (void)next;
    set(e, p, to[step % 4]);
}

/* A controller gone mad. */
static void flood(struct engine *e, uint64_t c, double t,
                  const struct music *next)
{
    (void)t;
    (void)next;
    for (int x = 0; x < PARAM_COUNT; x++) {
        enum param p = (enum param)x;
        double u = noise_u(noise_hash(9, c, (uint64_t)x, 0));
        double v = param_info(p)->min + (most(e, p) - param_info(p)->min) * u;
        if (p == PARAM_LEVEL) /* no louder: peaks are judged */
            v = fmin(v, 0.0);
        if (p != PARAM_FREEZE)
            set(e, p, param_info(p)->whole ? round(v) : v);
    }
}

static void freeze(struct engine *e, uint64_t c, double t,
                   const struct music *next)
{
    (void)c;
    (void)next;
    set(e, PARAM_FREEZE, fmod(t, 40.0) > 10.0 && fmod(t, 40.0) < 35.0);
}

static void change(struct engine *e, uint64_t c, const struct music *next,
                   double fade_s)
{
    if (c == (uint64_t)(10 * CHUNKS_S) && engine_change(e, next, 1, fade_s) < 0)
        abort();
}

static void change_as_music(struct engine *e, uint64_t c, double t,
                            const struct music *next)
{
    (void)t;
    change(e, c, next, 0.0);
}

static void change_by_fade(struct engine *e, uint64_t c, double t,
                           const struct music *next)
{
    (void)t;
    change(e, c, next, 3.0);
}

struct result {
    struct figures f;
    double least, most; /* dB, power of 5 s against the mean of all */
};

static void add_window(struct result *r, double power)
{
    double db = 10.0 * log10(power + 1e-12);

    r->least = fmin(r->least, db);
    r->most = fmax(r->most, db);
}

/* Plays the preset for so many s under a script. hold: one parameter at a
   value from the start, or PARAM_COUNT. */
static int play(const struct music *m, const struct music *next, double seconds,
                script *todo, enum param hold, double value, struct result *out)
{
    struct engine_opts o = {.log = &quiet,
                            .music = m,
                            .seed = 1,
                            .rate = RATE,
                            .renderer = ENGINE_CPU,
                            .offline = true,
                            .thin = true};
    uint64_t chunks = (uint64_t)(seconds * CHUNKS_S);
    uint64_t window = (uint64_t)(5.0 * CHUNKS_S);
    float mix[2 * SCENE_CHUNK];
    struct measure *measure = NULL;
    struct engine *e = NULL;
    double power = 0.0;
    int err = engine_new(&e, &o);

    *out = (struct result){.least = HUGE_VAL, .most = -HUGE_VAL};
    if (!err && hold < PARAM_COUNT)
        set(e, hold, value);
    if (!err)
        err = engine_seek(e, START, 12.0);
    if (!err)
        err = measure_new(&measure, RATE);
    for (uint64_t c = 0; c < chunks && !err; c++) {
        todo(e, c, (double)c / CHUNKS_S, next);
        err = engine_chunk(e, mix);
        if (!err)
            err = measure_add(measure, mix, SCENE_CHUNK);
        for (uint32_t i = 0; i < 2 * SCENE_CHUNK; i++)
            power +=
                (double)mix[i] * mix[i] / (2.0 * SCENE_CHUNK) / (double)window;
        if ((c + 1) % window == 0) {
            add_window(out, power);
            power = 0.0;
        }
    }
    if (!err)
        err = measure_end(measure, &out->f);
    measure_free(&measure);
    engine_free(&e);
    return err;
}

/* What the ends of a parameter do. */
static int print_ends(const struct music *m, double seconds)
{
    static const enum param params[] = {PARAM_BRIGHTNESS, PARAM_DENSITY,
                                        PARAM_MOTION,     PARAM_SPACE,
                                        PARAM_ROOT,       PARAM_MODE};
    struct result still, r;
    int err = play(m, NULL, seconds, leave_alone, PARAM_COUNT, 0, &still);

    if (err)
        return err;
    printf("%-10s left alone      %6.1f LUFS          %5.0f Hz  LRA %4.1f\n",
           m->name, still.f.lufs, still.f.centroid, still.f.lra);
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        const struct param_info *info = param_info(params[i]);
        double ends[2] = {info->min, info->max};
        if (params[i] == PARAM_MODE) {
            ends[0] = 1;
            ends[1] = m->n_modes;
        } else if (params[i] == PARAM_ROOT) { /* an octave changes little */
            ends[0] = -5;
            ends[1] = 6;
        }
        for (int k = 0; k < 2; k++) {
            if (params[i] == PARAM_MODE && m->n_modes <= (uint32_t)k)
                continue;
            err = play(m, NULL, seconds, leave_alone, params[i], ends[k], &r);
            if (err)
                return err;
            printf("%-10s %-10s %5g %6.1f LUFS %+5.1f LU %5.0f Hz  LRA %4.1f\n",
                   m->name, info->name, ends[k], r.f.lufs,
                   r.f.lufs - still.f.lufs, r.f.centroid, r.f.lra);
            fflush(stdout);
        }
    }
    return 0;
}

/* Returns how many rows failed, or -errno. */
static int print_moves(const struct music *m, const struct music *next)
{
    static const struct {
        const char *name;
        script *todo;
        double seconds;
    } rows[] = {
        {"left alone", leave_alone, MOVES_S},
        {"one by one", one_by_one, MOVES_S},
        {"flood", flood, MOVES_S},
        {"freeze", freeze, MOVES_S},
        {"change", change_as_music, CHANGE_S},
        {"fade 3 s", change_by_fade, CHANGE_S},
    };
    struct result r;
    int failed = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int err =
            play(m, next, rows[i].seconds, rows[i].todo, PARAM_COUNT, 0, &r);
        bool bad;
        if (err)
            return err;
        bad = r.f.clicks > 0 || r.f.air_peak > AIR_DB || r.f.nans > 0 ||
              r.f.infs > 0;
        failed += bad;
        printf("%-10s %-10s %6.1f LUFS  5 s: %6.1f to %5.1f dB  peak %5.1f "
               "dBTP  over 16 kHz %6.1f dBFS  clicks %3.0f%s\n",
               m->name, rows[i].name, r.f.lufs, r.least, r.most, r.f.true_peak,
               r.f.air_peak, r.f.clicks, bad ? "  FAIL" : "");
        fflush(stdout);
    }
    return failed;
}

static int load(const char *name, struct music *out)
{
    char path[PATH_MAX], err[4 * PATH_MAX], problem[CONF_ERROR_MAX];

    if (paths_preset("music", name, path, sizeof(path), err, sizeof(err)) < 0) {
        log_error(&quiet, "%s", err);
        return -EINVAL;
    }
    if (music_load(out, path, problem) < 0) {
        log_error(&quiet, "%s", problem);
        return -EINVAL;
    }
    return 0;
}

/* All presets where none is named. */
static int load_all(const char *const *names, uint32_t n, struct music *m)
{
    char pattern[PATH_MAX];
    glob_t found;
    int err = 0;
    uint32_t loaded = 0;

    for (uint32_t i = 0; i < n; i++)
        if (load(names[i], &m[loaded++]) < 0)
            return -EINVAL;
    if (n > 0)
        return (int)loaded;
    snprintf(pattern, sizeof(pattern), "%s/music/*.yaml",
             getenv("LONGWAVE_PRESETS") ? getenv("LONGWAVE_PRESETS")
                                        : "presets");
    if (glob(pattern, 0, NULL, &found) != 0) {
        log_error(&quiet, "no presets at %s", pattern);
        return -ENOENT;
    }
    for (size_t i = 0; i < found.gl_pathc && loaded < PRESETS_MAX && !err; i++)
        err = load(found.gl_pathv[i], &m[loaded++]);
    globfree(&found);
    return err ? err : (int)loaded;
}

int main(int argc, char **argv)
{
    static struct music m[PRESETS_MAX];
    const char *names[PRESETS_MAX] = {NULL};
    double seconds = 60;
    struct cli_option options[] = {
        {"seconds", CLI_REAL, &seconds, "N",
         "how long the ends of a parameter are measured, s (60; 0: not)",
         .min = 0, .max = 3600},
        {NULL},
    };
    struct cli_program p = {
        .name = "bench_moves",
        .summary = "what moving parameters and changing presets does",
        .usage = "[PRESET...] [OPTIONS]",
        .options = options,
        .max_args = PRESETS_MAX,
        .args = names,
    };
    int r = cli_parse(&p, argc, argv), n, failed = 0;
    uint32_t given = 0;

    if (r <= 0)
        return r < 0 ? EXIT_USAGE : EXIT_OK;
    while (given < PRESETS_MAX && names[given])
        given++;
    n = load_all(names, given, m);
    if (n < 0)
        return EXIT_USAGE;
    printf("thinned, seed 1, from 5000 s; CPU renderer\n\n");
    for (int i = 0; i < n && seconds > 0; i++)
        if (print_ends(&m[i], seconds) < 0)
            return EXIT_RUNNING;
    printf("\nmoved while it plays; a change is to the next preset\n\n");
    for (int i = 0; i < n; i++) {
        r = print_moves(&m[i], &m[(i + 1) % n]);
        if (r < 0)
            return EXIT_RUNNING;
        failed += r;
    }
    printf("\n%d rows failed\n", failed);
    cli_fini(&p);
    return failed ? EXIT_RUNNING : EXIT_OK;
}
