// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The parameters of the music that can be moved while it plays: the only list
 * of them, for whatever sets them (OSC, MIDI, the command line). Constant; any
 * thread.
 */
#ifndef GENERATOR_PARAMS_H
#define GENERATOR_PARAMS_H

#include <stddef.h>

enum param {
    PARAM_ROOT,       /* for notes that start from now on */
    PARAM_MODE,       /* likewise; 0: the preset's own chords, 1..: its modes */
    PARAM_BRIGHTNESS, /* of what sounds, at once */
    PARAM_DENSITY,    /* of notes that start from now on */
    PARAM_MOTION,     /* depth of all slow movement */
    PARAM_SPACE,      /* of the room */
    PARAM_LEVEL,      /* of everything */
    PARAM_FREEZE,     /* 1: no note starts or ends, what sounds goes on */
    PARAM_COUNT,
};

struct param_info {
    const char *name; /* "brightness" */
    const char *unit; /* "octaves"; "" where there is none */
    double min, max, def;
    double glide; /* s until a new value is reached; 0: counts from its moment
                     on */
    int whole;    /* only whole numbers mean something */
    const char *help; /* a line for people */
};

const struct param_info *param_info(enum param p);

/* By its name; PARAM_COUNT: there is none. */
enum param param_find(const char *name);

/* The names, NULL at the end: for suggest() and lists. */
const char *const *param_names(void);

#define PARAM_ERROR_MAX 512

/*
 * Whether value is one that p takes. Errors: -ERANGE (out of range, or not a
 * number), -EINVAL (not whole), with the message in err: what, found, allowed.
 * Modes beyond those of a preset are not found out here.
 */
int param_check(enum param p, double value, char err[PARAM_ERROR_MAX]);

#endif
