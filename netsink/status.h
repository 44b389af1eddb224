// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * /status.json: the sink's figures as JSON, the unit in each name. [ev] only.
 */
#ifndef NETSINK_STATUS_H
#define NETSINK_STATUS_H

#include "netsink/figures.h"

/* Listeners shown, those who connected last; all are in the sums. */
#define STATUS_LISTENERS 1000

/* A text for free(), or NULL when memory is short. */
char *status_json(const struct figures *f);

#endif
