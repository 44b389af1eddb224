// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/resume.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"

#define PRESET        "preset=" /* comes last: a path may hold anything else */
#define SEED_DIGITS   16
#define ORIGIN_DIGITS 18       /* far under what 64 bits hold */
#define AHEAD_NS      NS_PER_S /* JACK's clock may be ahead of ours */

int resume_write(const struct resume *r, char out[RESUME_TEXT_MAX])
{
    int n = snprintf(out, RESUME_TEXT_MAX, "seed=%06" PRIx64 " origin=%" PRId64,
                     r->seed, r->origin_ns);

    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct param_info *i = param_info((enum param)p);
        if (r->param[p] < i->def || r->param[p] > i->def)
            n += snprintf(out + n, RESUME_TEXT_MAX - (size_t)n, " %s=%.17g",
                          i->name, r->param[p]);
    }
    n += snprintf(out + n, RESUME_TEXT_MAX - (size_t)n, " " PRESET "%s",
                  r->preset);
    return n < RESUME_TEXT_MAX ? 0 : -ENAMETOOLONG;
}

/* Digits only: strtoull() takes signs, blanks and 0x as well, and what doesn't
   fit for the largest that does. */
static bool read_seed(uint64_t *out, const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");

    *out = strtoull(text, NULL, 16);
    return n >= 1 && n <= SEED_DIGITS && !text[n];
}

static bool read_origin(int64_t *out, const char *text, int64_t now_ns)
{
    const char *digits = text + (*text == '-');
    size_t n = strspn(digits, "0123456789");

    *out = strtoll(text, NULL, 10);
    return n >= 1 && n <= ORIGIN_DIGITS && !digits[n] &&
           *out >= -RESUME_START_MAX * NS_PER_S && *out <= now_ns + AHEAD_NS;
}

/* A parameter's number. Errors: -EINVAL with the message in err. */
static int read_param(struct resume *r, const char *name, const char *text,
                      char err[RESUME_ERROR_MAX])
{
    enum param p = param_find(name);
    char why[PARAM_ERROR_MAX], *end = NULL;

    if (p == PARAM_COUNT) {
        snprintf(err, RESUME_ERROR_MAX,
                 "found '%.40s'; allowed: seed, origin, preset and parameters",
                 name);
        return -EINVAL;
    }
    r->param[p] = strtod(text, &end);
    if (!*text || *end || !isfinite(r->param[p])) {
        snprintf(err, RESUME_ERROR_MAX, "%s: found '%.40s'; allowed: a number",
                 name, text);
        return -EINVAL;
    }
    if (param_check(p, r->param[p], why) < 0) {
        snprintf(err, RESUME_ERROR_MAX, "%s: %s", name, why);
        return -EINVAL;
    }
    return 0;
}

/* One NAME=VALUE of n bytes. */
static int read_word(struct resume *r, const char *word, size_t n,
                     int64_t now_ns, char err[RESUME_ERROR_MAX])
{
    char text[64] = "", *value;

    if (n < sizeof(text))
        memcpy(text, word, n);
    value = strchr(text, '=');
    if (!value) {
        snprintf(err, RESUME_ERROR_MAX,
                 "found '%.60s'; allowed: what longwave-gen told, as in "
                 "seed=1f3a9c origin=0 preset=terminal",
                 word);
        return -EINVAL;
    }
    *value++ = '\0';
    if (strcmp(text, "seed") == 0) {
        if (read_seed(&r->seed, value))
            return 0;
        snprintf(err, RESUME_ERROR_MAX,
                 "seed: found '%.40s'; allowed: 1 to %d hex digits", value,
                 SEED_DIGITS);
        return -EINVAL;
    }
    if (strcmp(text, "origin") == 0) {
        if (read_origin(&r->origin_ns, value, now_ns))
            return 0;
        snprintf(err, RESUME_ERROR_MAX,
                 "origin: found '%.40s'; allowed: ns of this machine's "
                 "CLOCK_MONOTONIC, from -%d s to now, %" PRId64,
                 value, RESUME_START_MAX, now_ns);
        return -EINVAL;
    }
    return read_param(r, text, value, err);
}

int resume_read(struct resume *out, const char *text, int64_t now_ns,
                char err[RESUME_ERROR_MAX])
{
    const char *at = text;

    *out = (struct resume){.preset = ""};
    for (int p = 0; p < PARAM_COUNT; p++)
        out->param[p] = param_info((enum param)p)->def;
    while (strncmp(at, PRESET, strlen(PRESET)) != 0) {
        size_t n = strcspn(at, " ");

        if (read_word(out, at, n, now_ns, err) < 0)
            return -EINVAL;
        at += n + strspn(at + n, " ");
    }
    at += strlen(PRESET);
    if (!*at || strlen(at) >= sizeof(out->preset)) {
        snprintf(err, RESUME_ERROR_MAX,
                 "preset: found '%.40s', %zu bytes; allowed: 1 to %d", at,
                 strlen(at), RESUME_PRESET_MAX - 1);
        return -EINVAL;
    }
    strcpy(out->preset, at);
    return 0;
}
