// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Packets of anything at all to the control by OSC: values stay within their
 * ranges. By libFuzzer under clang; see CMakeLists.txt.
 */
#include <stdlib.h>
#include <string.h>

#include "clients/generator/osc_priv.h"
#include "graph/threads.h"
#include "tests/fuzz/fuzz.h"

static int set(void *ctx, enum param p, double value, char err[OSC_ERROR_MAX])
{
    double *values = ctx;
    int r = param_check(p, value, err);

    if (r == 0)
        values[p] = value;
    return r;
}

static double get(void *ctx, enum param p)
{
    return ((double *)ctx)[p];
}

static const char *mode(void *ctx, uint32_t i)
{
    (void)ctx;
    return i == 0 ? "own" : i == 1 ? "dark" : NULL;
}

static int change(void *ctx, const char *preset, uint64_t seed, double fade_s,
                  char err[OSC_ERROR_MAX])
{
    (void)ctx;
    (void)seed;
    (void)err;
    if ((preset && strlen(preset) == 0) ||
        (fade_s != 0.0 && !(fade_s >= OSC_FADE_MIN && fade_s <= OSC_FADE_MAX)))
        abort();
    return 0;
}

static const char *preset(void *ctx)
{
    (void)ctx;
    return "nave";
}

static uint64_t seed_of(void *ctx)
{
    (void)ctx;
    return 0x1f3a9c;
}

static uint32_t presets(void *ctx, char *names[PATHS_NAMES_MAX])
{
    (void)ctx;
    names[0] = strdup("nave");
    return names[0] != NULL;
}

static char *status(void *ctx)
{
    (void)ctx;
    return strdup("{}");
}

static const struct osc_ops ops = {
    set, get, mode, change, preset, seed_of, presets, status,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static double values[PARAM_COUNT];
    static struct osc *osc;
    struct osc_opts o = {.addr = {"127.0.0.1", 0}, .ops = &ops, .ctx = values};
    char err[OSC_ERROR_MAX];
    uint8_t *copy;

    if (!osc) {
        thread_enter(TH_MAIN);
        for (int p = 0; p < PARAM_COUNT; p++)
            values[p] = param_info((enum param)p)->def;
        if (osc_open(&osc, &o) < 0)
            abort();
        /* replies go back to where they come from, and are never read */
        osc->from_len = sizeof(osc->from);
        getsockname(osc->fd, (struct sockaddr *)&osc->from, &osc->from_len);
    }
    if (size > OSC_PACKET_MAX)
        return 0;
    copy = malloc(size ? size : 1); /* to the byte, for the sanitizer */
    if (!copy)
        abort();
    memcpy(copy, data, size);
    osc->changes = OSC_CHANGES;
    osc_take(osc, copy, size);
    free(copy);
    for (int p = 0; p < PARAM_COUNT; p++)
        if (param_check((enum param)p, values[p], err) != 0)
            abort();
    return 0;
}
