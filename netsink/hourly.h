// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The last hour of figures, for the operator's plots: columns of ten seconds,
 * each figure one value a column. What is not put while a column lasts is not
 * known in it. [ev] only; some 100 KB, however long it runs.
 */
#ifndef NETSINK_HOURLY_H
#define NETSINK_HOURLY_H

#include <stdint.h>

#define HOURLY_COLUMNS 360
#define HOURLY_STEP_S  10
#define HOURLY_SERIES  64 /* figures told apart; more are left out */
#define HOURLY_NAME    48 /* bytes of a figure's name, with the end */

struct hourly;

/* Errors: -ENOMEM. */
int hourly_new(struct hourly **out);
void hourly_free(struct hourly **h);

/* A figure of the column that is being made, the latest value counts. name is
   cleaned; not finite: not known. */
void hourly_put(struct hourly *h, const char *name, double value);

/* That column is done, and ends at this time; the next one begins. Figures
   that no column knows any more are forgotten: of a client that has gone. */
void hourly_turn(struct hourly *h, int64_t unix_ms);

/* The answer to GET /history.json, for free(), or NULL: memory is short. */
char *hourly_json(const struct hourly *h);

#endif
