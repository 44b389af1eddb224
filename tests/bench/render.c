// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How much the renderers can do on this machine: partials in real time for each
 * SIMD level of one core and for each Vulkan device, and what a chunk costs in
 * wall time, in the calling thread's CPU time and in the device's own, chunks
 * back to back and paced as in use, when clocks fall and caches cool between
 * them. Needs no JACK.
 *
 *   render [--quick] [--software] [--gpu WHICH]
 *
 * A Vulkan device of type CPU is no hardware: it says so, and is measured only
 * with --software, to see that this program works.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/clock.h"
#include "vk/partial.h"
#include "vk/renderer.h"

#define RATE     48000
#define CHUNK_NS (SCENE_CHUNK * NS_PER_S / RATE)
#define BANDS    50 /* of a note */
#define RUNS_MAX 256

struct options {
    bool quick, software;
    const char *gpu;
};

/* Cost of chunks: median and 99th percentile, ms. */
struct cost {
    double wall, wall_p99, cpu, gpu; /* gpu < 0: unknown */
    double best;                     /* wall */
};

static const struct scene_limits no_limits = {0};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Notes of 50 bands with as many members as it takes, none of them silent. */
static int make_scene(struct scene **out, uint32_t partials, bool modulated)
{
    uint32_t n_notes = partials >= 64 * BANDS ? 16 : 1;
    uint32_t members = partials / (n_notes * BANDS);
    struct scene_limits max = no_limits;
    int ret;

    max.notes = n_notes;
    max.bands = n_notes * BANDS;
    max.mods = 4 * n_notes;
    max.partials = max.thin = n_notes * BANDS * members;
    ret = scene_new(out, &max);
    if (ret < 0)
        return ret;
    scene_begin(*out, 0);
    for (uint32_t i = 0; i < n_notes; i++) {
        const struct scene_note n = {.key_lo = i,
                                     .n_bands = BANDS,
                                     .n_members = members,
                                     .n_thin = members,
                                     .n_mods = modulated ? 4 : 0,
                                     .pan_power = 0.7f};
        struct scene_band *b;
        struct scene_mod *m;

        if (i % (n_notes < 4 ? 1 : n_notes / 4) == 0 && i * 4 / n_notes < 4)
            scene_begin_bus(*out, i * 4 / n_notes);
        ret = scene_add(*out, &n, &b, &m);
        if (ret < 0)
            return ret;
        for (uint32_t h = 0; h < BANDS; h++) {
            double hz = 55.0 * (1 + i % 4) * (h + 1);
            uint64_t inc = (uint64_t)(hz / RATE * 0x1p64);
            b[h] = (struct scene_band){.inc_lo = (uint32_t)inc,
                                       .inc_hi = (uint32_t)(inc >> 32),
                                       .hash = h,
                                       .spread = partial_spread(9.0),
                                       .ratio = (float)(h + 1),
                                       .width = 0.8f,
                                       .delay = 0.4f};
            for (uint32_t k = 0; k < SCENE_POINTS; k++)
                b[h].level[k] = 0.01f + 0.0001f * (float)k;
        }
        for (uint32_t k = 0; k < n.n_mods * SCENE_POINTS; k++)
            m[k / SCENE_POINTS].cycles[k % SCENE_POINTS] =
                0.01f * (float)(k % 7);
    }
    scene_end(*out);
    return 0;
}

/* As the next chunk would be. */
static void advance(struct scene *s)
{
    s->first += SCENE_CHUNK;
    for (uint32_t b = 0; b < s->n_bands; b++) {
        s->bands[b].age_lo += SCENE_CHUNK;
        s->bands[b].age_hi += s->bands[b].age_lo < SCENE_CHUNK;
    }
}

static int measure(struct renderer *r, struct scene *s, uint32_t runs,
                   bool paced, struct cost *out)
{
    double wall[RUNS_MAX], cpu[RUNS_MAX], gpu[RUNS_MAX];
    struct buses *b = malloc(sizeof(*b));
    int64_t next = clock_now();
    int ret = b ? 0 : -ENOMEM;

    for (int i = -2; ret == 0 && i < (int)runs; i++) {
        struct renderer_stats stats;
        int64_t t, c;

        next += CHUNK_NS;
        if (paced && next > clock_now())
            clock_sleep(next - clock_now());
        t = clock_now();
        c = clock_thread_cpu();
        ret = renderer_render(r, s, b);
        advance(s);
        renderer_stats(r, &stats);
        if (i < 0)
            continue; /* draws the notes */
        wall[i] = (double)(clock_now() - t) * 1e-6;
        cpu[i] = (double)(clock_thread_cpu() - c) * 1e-6;
        gpu[i] = stats.gpu_ns < 0 ? -1.0 : (double)stats.gpu_ns * 1e-6;
    }
    free(b);
    if (ret < 0)
        return ret;
    qsort(wall, runs, sizeof(wall[0]), by_value);
    qsort(cpu, runs, sizeof(cpu[0]), by_value);
    qsort(gpu, runs, sizeof(gpu[0]), by_value);
    *out = (struct cost){wall[runs / 2], wall[runs - 1 - runs / 100],
                         cpu[runs / 2], gpu[runs / 2], wall[0]};
    return 0;
}

/* One renderer, opened for just the scene. */
static int measure_fresh(const struct renderer_opts *opts, bool vulkan,
                         uint32_t partials, bool modulated, uint32_t runs,
                         bool paced, struct cost *out)
{
    struct renderer_opts o = *opts;
    struct renderer *r = NULL;
    struct scene *s = NULL;
    int ret = make_scene(&s, partials, modulated);

    if (ret < 0)
        goto out;
    o.max = s->max;
    ret = vulkan ? renderer_open_vulkan(&r, &o) : renderer_open_cpu(&r, &o);
    if (ret < 0)
        goto out;
    ret = measure(r, s, runs, paced, out);
out:
    renderer_free(&r);
    scene_free(&s);
    return ret;
}

static double ns_each(double ms, uint32_t partials)
{
    return ms * 1e6 / SCENE_CHUNK / partials;
}

static void cpu_levels(const struct options *opts)
{
    const uint32_t n = 100000;
    uint32_t runs = opts->quick ? 10 : 50;

    puts("CPU, one core, 100,000 stereo partials, back to back");
    puts("  level     ns per partial and frame  in real time  modulated");
    for (int simd = SIMD_PORTABLE; simd < SIMD_COUNT; simd++) {
        struct renderer_opts o = {.simd = simd};
        struct cost plain, mod;

        if (!renderer_simd_available(simd))
            continue;
        if (measure_fresh(&o, false, n, false, runs, false, &plain) < 0 ||
            measure_fresh(&o, false, n, true, runs, false, &mod) < 0) {
            printf("  %-8s  failed\n", renderer_simd_name(simd));
            continue;
        }
        printf("  %-8s  %24.4f  %12.0f  %9.0f\n", renderer_simd_name(simd),
               ns_each(plain.cpu, n), 1e9 / RATE / ns_each(plain.cpu, n),
               1e9 / RATE / ns_each(mod.cpu, n));
    }
}

/* The most partials, a thousand times a power of two, of which a chunk has been
   rendered in the time it lasts, others on the machine or not. */
static uint32_t ceiling(const struct renderer_opts *o, bool vulkan,
                        uint32_t most)
{
    uint32_t n = 1000;
    struct cost c;

    while (n < most &&
           measure_fresh(o, vulkan, 2 * n, false, 5, false, &c) == 0 &&
           c.best * 1e6 < (double)CHUNK_NS)
        n *= 2;
    return n;
}

static void by_count(const char *name, const struct renderer_opts *o,
                     bool vulkan, const struct options *opts)
{
    static const uint32_t counts[] = {1000,   5000,    20000,  100000,
                                      500000, 2000000, 8000000};
    uint32_t most = ceiling(o, vulkan, opts->quick ? 64000 : 16000000);
    uint32_t runs = opts->quick ? 10 : 100;

    printf("%s, ms per chunk of %d frames (%.2f ms of sound)\n", name,
           SCENE_CHUNK, (double)CHUNK_NS * 1e-6);
    puts("  partials  pace          wall  wall p99   CPU thread       GPU");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        for (int paced = 0; paced < 2 && counts[i] <= most; paced++) {
            struct cost c;
            if (measure_fresh(o, vulkan, counts[i], false, runs, paced != 0,
                              &c) < 0)
                continue;
            printf("  %8u  %-10s  %7.3f  %8.3f  %11.3f  ", counts[i],
                   paced ? "as in use" : "in a row", c.wall, c.wall_p99, c.cpu);
            if (c.gpu < 0.0)
                puts("       -");
            else
                printf("%8.3f\n", c.gpu);
        }
    printf("  at least %u partials in real time\n", most);
}

static void verdict(const struct renderer_opts *gpu, const char *name)
{
    static const uint32_t counts[] = {5000, 20000, 60000};
    struct renderer_opts cpu = {0};

    printf("%s against the CPU's best level, as in use\n", name);
    puts("  partials  CPU ms  GPU wall ms  less    GPU's CPU ms  less");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct cost c, g;
        if (measure_fresh(&cpu, false, counts[i], false, 50, true, &c) < 0 ||
            measure_fresh(gpu, true, counts[i], false, 50, true, &g) < 0)
            return;
        printf("  %8u  %6.2f  %11.2f  %3.0f %%  %12.3f  %3.0f %%  %s\n",
               counts[i], c.wall, g.wall, 100.0 * (1.0 - g.wall / c.wall),
               g.cpu, 100.0 * (1.0 - g.cpu / c.cpu),
               g.wall <= 0.6 * c.wall ? "40 % reached" : "40 % not reached");
    }
}

static void gpus(const struct options *opts)
{
    static const struct log log = {"render", LOG_WARN};
    struct renderer_opts o = {
        .log = &log, .timeout_ns = 10 * NS_PER_S, .gpu = opts->gpu};
    struct scene_limits small = {1, 1, 1, 1, 1};
    struct renderer *r = NULL;
    char name[96];
    bool software;
    int ret;

    o.max = small;
    ret = renderer_open_vulkan(&r, &o);
    if (ret < 0) {
        puts("Vulkan: no hardware (no device)");
        return;
    }
    software = renderer_is_software(r);
    snprintf(name, sizeof(name), "%s", renderer_name(r));
    renderer_free(&r);
    if (software)
        printf("%s: no hardware (a device of type CPU)%s\n", name,
               opts->software ? "; measured to try this program" : "");
    if (software && !opts->software)
        return;
    by_count(name, &o, true, opts);
    if (!software)
        verdict(&o, name);
}

static void every_gpu(struct options *opts)
{
    char *list = NULL, *line, *rest;
    size_t size = 0;
    FILE *f = open_memstream(&list, &size);

    if (!f)
        return;
    if (opts->gpu || renderer_list_gpus(f, NULL) < 0) {
        fclose(f);
        free(list);
        gpus(opts);
        return;
    }
    fclose(f);
    printf("\nVulkan devices\n%s", list);
    rest = list;
    while ((line = strsep(&rest, "\n")) && *line) {
        char index[16];
        snprintf(index, sizeof(index), "%d", atoi(line));
        opts->gpu = index;
        gpus(opts);
    }
    free(list);
}

int main(int argc, char **argv)
{
    struct renderer_opts cpu = {0};
    struct options opts = {0};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0)
            opts.quick = true;
        else if (strcmp(argv[i], "--software") == 0)
            opts.software = true;
        else if (strcmp(argv[i], "--gpu") == 0 && i + 1 < argc)
            opts.gpu = argv[++i];
        else {
            fprintf(stderr, "usage: render [--quick] [--software] "
                            "[--gpu WHICH]\n");
            return 2;
        }
    }
    cpu_levels(&opts);
    puts("");
    by_count("CPU, one thread", &cpu, false, &opts);
    cpu.threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    if (cpu.threads > 1 && !opts.quick) {
        char name[64];
        snprintf(name, sizeof(name), "CPU, %u threads", cpu.threads);
        by_count(name, &cpu, false, &opts);
    }
    every_gpu(&opts);
    return 0;
}
