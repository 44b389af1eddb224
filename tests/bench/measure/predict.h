// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Linear prediction by the covariance method: the predictor that leaves the
 * least power of these very samples, with no window (Makhoul, "Linear
 * Prediction: A Tutorial Review", 1975, section II.B). Any one thread.
 * Never allocates.
 */
#ifndef MEASURE_PREDICT_H
#define MEASURE_PREDICT_H

#include <stddef.h>

#define PREDICT_ORDER 32

/*
 * e[i] becomes the magnitude of what the PREDICT_ORDER samples before x[i] do
 * not predict, as the amplitude of the lone wrong sample that would leave as
 * much: the predictor is a filter, which answers such a sample with its own
 * coefficients, so its residual is taken over the largest of them. 0 for the
 * first PREDICT_ORDER. n: some times the order.
 */
void predict_residual(const double *x, size_t n, double *e);

#endif
