// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/params.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clients/generator/music.h"

/* Ranges and glides after music.md section 5. */
static const struct param_info table[PARAM_COUNT] = {
    [PARAM_ROOT] = {"root", "semitones", -12, 12, 0, 0.0, 0,
                    "the key of notes that start from now on"},
    [PARAM_MODE] = {"mode", "", 0, MUSIC_MODES_MAX, 0, 0.0, 1,
                    "the chords of notes that start from now on: 0, the "
                    "preset's own, or one of its modes"},
    [PARAM_BRIGHTNESS] = {"brightness", "octaves", -2, 2, 0, 1.0, 0,
                          "how far the sound opens"},
    [PARAM_DENSITY] = {"density", "times", 0.25, 2, 1, 10.0, 0,
                       "how many notes start from now on"},
    [PARAM_MOTION] = {"motion", "times", 0, 2, 1, 1.0, 0,
                      "depth of swells, vibrato and drift"},
    [PARAM_SPACE] = {"space", "", 0, 2, 1, 1.0, 0, "the size of the room"},
    [PARAM_LEVEL] = {"level", "dB", -24, 6, 0, 0.1, 0, "of everything"},
    [PARAM_FREEZE] = {"freeze", "", 0, 1, 0, 0.0, 1,
                      "1: what sounds stays; nothing starts or ends"},
};

const struct param_info *param_info(enum param p)
{
    return &table[p];
}

enum param param_find(const char *name)
{
    int p = 0;

    while (p < PARAM_COUNT && strcmp(table[p].name, name) != 0)
        p++;
    return (enum param)p;
}

const char *const *param_names(void)
{
    static const char *const names[PARAM_COUNT + 1] = {
        "root",  "mode",  "brightness", "density", "motion",
        "space", "level", "freeze",     NULL};

    return names;
}

int param_check(enum param p, double value, char err[PARAM_ERROR_MAX])
{
    const struct param_info *i = &table[p];
    const char *kind = i->whole ? "whole numbers" : "numbers";

    if (value >= i->min && value <= i->max &&
        (!i->whole || value == floor(value)))
        return 0;
    snprintf(err, PARAM_ERROR_MAX,
             "%s: found %g, allowed are %s from %g to %g%s%s", i->name, value,
             kind, i->min, i->max, *i->unit ? " " : "", i->unit);
    return value >= i->min && value <= i->max ? -EINVAL : -ERANGE;
}
