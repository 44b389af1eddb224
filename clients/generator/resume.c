// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/resume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRESET "preset=" /* comes last: a path may hold anything else */

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

/* One NAME=VALUE of n bytes. */
static bool read_word(struct resume *r, const char *word, size_t n)
{
    char text[64], why[PARAM_ERROR_MAX], *value, *end = NULL;
    enum param p;

    if (n >= sizeof(text))
        return false;
    memcpy(text, word, n);
    text[n] = '\0';
    value = strchr(text, '=');
    if (!value || !value[1])
        return false;
    *value++ = '\0';
    if (strcmp(text, "seed") == 0) {
        r->seed = strtoull(value, &end, 16);
    } else if (strcmp(text, "origin") == 0) {
        r->origin_ns = strtoll(value, &end, 10);
    } else {
        p = param_find(text);
        if (p == PARAM_COUNT)
            return false;
        r->param[p] = strtod(value, &end);
        if (param_check(p, r->param[p], why) < 0)
            return false;
    }
    return !*end;
}

int resume_read(struct resume *out, const char *text,
                char err[RESUME_ERROR_MAX])
{
    const char *at = text;

    *out = (struct resume){.preset = ""};
    for (int p = 0; p < PARAM_COUNT; p++)
        out->param[p] = param_info((enum param)p)->def;
    while (strncmp(at, PRESET, strlen(PRESET)) != 0) {
        size_t n = strcspn(at, " ");

        if (!read_word(out, at, n)) {
            snprintf(err, RESUME_ERROR_MAX,
                     "found '%.60s'; allowed: what longwave-gen told, as in "
                     "seed=1f3a9c origin=0 preset=terminal",
                     *at ? at : text);
            return -EINVAL;
        }
        at += n + strspn(at + n, " ");
    }
    at += strlen(PRESET);
    if (!*at || strlen(at) >= sizeof(out->preset)) {
        snprintf(err, RESUME_ERROR_MAX,
                 "found 'preset' of %zu bytes; allowed: 1 to %d", strlen(at),
                 RESUME_PRESET_MAX - 1);
        return -EINVAL;
    }
    strcpy(out->preset, at);
    return 0;
}
