// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * /metrics: the sink's figures for Prometheus, text format 0.0.4. [ev] only.
 */
#ifndef NETSINK_METRICS_H
#define NETSINK_METRICS_H

#include "netsink/figures.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* census_write: a text for free(), or NULL when memory is short. */
char *metrics_text(const struct figures *f, const char *query);

#endif
