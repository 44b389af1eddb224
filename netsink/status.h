// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * /status.json: the sink's figures as JSON, the unit in each name. [ev] only.
 */
#ifndef NETSINK_STATUS_H
#define NETSINK_STATUS_H

#include <jansson.h>

#include "netsink/figures.h"

/* Listeners shown, those who connected last; all are in the sums. */
#define STATUS_LISTENERS 1000

/* census_write: a text for free(), or NULL when memory is short. */
char *status_json(const struct figures *f, const char *query);

/* The same without any of those listening; the caller's, or NULL. */
json_t *status_brief(const struct figures *f);

/* One of those on air; the caller's, or NULL. */
json_t *status_listener(const struct figures *f, const struct session *ses);

#endif
