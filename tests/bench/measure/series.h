// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A growing list of numbers and what is asked of it. Any one thread.
 * A zeroed struct is an empty list. When memory ends, failed is set, further
 * numbers are dropped, and nothing else happens.
 */
#ifndef MEASURE_SERIES_H
#define MEASURE_SERIES_H

#include <stdbool.h>
#include <stddef.h>

struct series {
    double *v; /* [n] */
    size_t n;
    size_t room;
    bool failed;
};

void series_push(struct series *s, double x);

/* Frees the numbers; the list is empty again. */
void series_fini(struct series *s);

/* Of v[n]; NaN when n is 0. */
double series_mean(const double *v, size_t n);

/* Standard deviation (of the population) of v[n]; NaN when n is 0. */
double series_sd(const double *v, size_t n);

/*
 * The value that the share p (0 to 1) of the list lies under, linear between
 * neighbours; NaN for an empty list or without memory.
 */
double series_percentile(const struct series *s, double p);

#endif
