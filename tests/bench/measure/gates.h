// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a piece has to measure: the table of gates in gates.c, each with the
 * page that asks for it. Any thread. Never allocates.
 */
#ifndef MEASURE_GATES_H
#define MEASURE_GATES_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/bench/measure/figures.h"

struct gate {
    size_t offset; /* of the number in struct figures; its key names the gate */
    double min, max; /* allowed, both included; infinite: no limit */
    double needs;    /* s, a shorter piece is not judged */
    double step;     /* what a clear difference is, to compare margins by */
    const char *from;
};

/* Ends with a NULL from. */
extern const struct gate gates[];

enum gates_verdict {
    GATES_PASS,
    GATES_FAIL,   /* or not to be measured though the piece is long enough */
    GATES_SHORT,  /* the piece is too short to tell */
    GATES_WAIVED, /* it failed, and was named as one that may */
};

/* "pass", "FAIL", "short", "waived" */
extern const char *const gates_verdict_names[];

/* waived: keys separated by commas, or NULL. */
enum gates_verdict gates_judge(const struct gate *g, const struct figures *f,
                               const char *waived);

/*
 * How far inside its limits the figure is, in the gate's steps; negative
 * outside, -inf for NaN.
 */
double gates_margin(const struct gate *g, const struct figures *f);

/* The one with the least margin of those that were judged, or NULL. */
const struct gate *gates_worst(const struct figures *f, const char *waived);

/* How many failed. */
size_t gates_failed(const struct figures *f, const char *waived);

/* Whether each of the keys names a gate; else *bad is the first that does not.
 */
bool gates_known(const char *waived, const char **bad);

/* "-21.50 to -18.50", "up to 4.00", "at least 0.10", "none" */
void gates_allowed(const struct gate *g, char *text, size_t size);

#endif
