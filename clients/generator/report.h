// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The generator's figures as JSON, the unit in each name. [main] only.
 */
#ifndef GENERATOR_REPORT_H
#define GENERATOR_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/engine.h"
#include "clients/generator/music.h"
#include "clients/generator/params.h"
#include "clients/generator/supply.h"
#include "graph/jclient.h"

struct report {
    const char *preset, *title;
    const char *mode; /* name of the one that counts */
    uint64_t seed;
    int64_t position; /* absolute frame that is being heard */
    uint32_t rate;    /* Hz */
    double param[PARAM_COUNT];
    char renderer[ENGINE_NAME_MAX]; /* who renders now */
    struct supply_stats supply;
    uint32_t ahead;        /* frames of look-ahead */
    double load;           /* feed_load() */
    uint64_t missed;       /* frames of silence */
    uint64_t midi_dropped; /* feed_midi_dropped() */
    uint64_t midi_wrong;   /* feed_midi_wrong() */
    bool up;               /* it is in a graph */
    const char *client;
    uint32_t period; /* frames */
    struct jclient_stats jack;
};

/* All of it; NULL when memory is short. */
json_t *report_tree(const struct report *r);

/*
 * Adds to o what can be set, for whoever draws controls of it:
 *   "parameter_info": [{"name", "min", "max", "default", "unit": "" where there
 *       is none, "whole", "help"}], in the order of enum param
 *   "modes": what "mode" can be, "own" first
 *   "fade_s": [least, most]: a crossfade
 */
void report_offers(json_t *o, const struct music *music);

/* The same as text for free(), well under 8 KiB; NULL when memory is short. */
char *report_json(const struct report *r);

#endif
