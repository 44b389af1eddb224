// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/predict.h"

#include <math.h>
#include <string.h>

#define N     PREDICT_ORDER
#define WHITE 1e-12 /* of the power: keeps the equations solvable */

/* c[j][k]: sum of x[i - j] x[i - k] over the predicted samples. */
static void covariance(const double *x, size_t n, double c[N + 1][N + 1])
{
    for (size_t k = 0; k <= N; k++) {
        double sum = 0;
        for (size_t i = N; i < n; i++)
            sum += x[i] * x[i - k];
        c[0][k] = c[k][0] = sum;
    }
    for (size_t j = 1; j <= N; j++)
        for (size_t k = j; k <= N; k++)
            c[j][k] = c[k][j] =
                c[j - 1][k - 1] + x[N - j] * x[N - k] - x[n - j] * x[n - k];
}

/* c[1..][1..] = L times its transpose, by Cholesky; L in the lower half. */
static void factor(double c[N + 1][N + 1])
{
    double white = WHITE * c[0][0];

    for (size_t j = 1; j <= N; j++)
        for (size_t k = 1; k <= j; k++) {
            double s = c[j][k] + (j == k ? white : 0);
            for (size_t m = 1; m < k; m++)
                s -= c[j][m] * c[k][m];
            if (j == k)
                c[j][j] = sqrt(s > white ? s : white);
            else
                c[j][k] = s / c[k][k];
        }
}

/* The a for which x[i] + sum of a[j] x[i - j] has the least power; a[0] = 1. */
static void solve(double c[N + 1][N + 1], double a[N + 1])
{
    a[0] = 1;
    for (size_t j = 1; j <= N; j++) {
        double s = -c[0][j]; /* row 0 is not factored */
        for (size_t k = 1; k < j; k++)
            s -= c[j][k] * a[k];
        a[j] = s / c[j][j];
    }
    for (size_t j = N; j >= 1; j--) {
        double s = a[j];
        for (size_t k = j + 1; k <= N; k++)
            s -= c[k][j] * a[k];
        a[j] = s / c[j][j];
    }
}

/* What a lone sample leaves at most, of an amplitude of 1. */
static double of_one(const double a[N + 1])
{
    double most = 1;

    for (size_t j = 1; j <= N; j++)
        most = fmax(most, fabs(a[j]));
    return most;
}

void predict_residual(const double *x, size_t n, double *e)
{
    double c[N + 1][N + 1], a[N + 1], one;

    memset(e, 0, n * sizeof(*e));
    covariance(x, n, c);
    if (!(c[0][0] > 0))
        return;
    factor(c);
    solve(c, a);
    one = of_one(a);
    for (size_t i = N; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j <= N; j++)
            sum += a[j] * x[i - j];
        e[i] = fabs(sum) / one;
    }
}
