// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Figures and gates in words, as JSON, and as a row of a table. Any one thread.
 */
#ifndef MEASURE_REPORT_H
#define MEASURE_REPORT_H

#include <stdio.h>

#include "tests/bench/measure/figures.h"

/* A line for each figure. */
void report_text(const struct figures *f, FILE *out);

/* A line for each gate: name, figure, what is allowed, verdict, where from. */
void report_gates(const struct figures *f, const char *waived, FILE *out);

/*
 * One JSON object: "figures" by key (null where there is none), "tens",
 * "gates" and "failed". Errors: -ENOMEM, -EIO.
 */
int report_json(const struct figures *f, const char *waived, FILE *out);

/* The table's heading, and a row of it that begins with label. */
void report_head(FILE *out);
void report_row(const struct figures *f, const char *label, const char *waived,
                FILE *out);

#endif
