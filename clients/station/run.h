// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Running a station: uses the JACK server that runs or starts one, starts the
 * clients one after the other, keeps the graph patched, says where to listen,
 * starts again what ends or hangs, takes the station's file anew on SIGHUP, and
 * stops all it started, in reverse order, when it is asked to or can't go on.
 * [main] only: one loop around poll(), nothing is asked in vain.
 */
#ifndef STATION_RUN_H
#define STATION_RUN_H

#include "clients/station/order.h"
#include "graph/log.h"

/* The order's station, taken over. Returns an exit code. All signals of
   run_block_signals() must be blocked in every thread. */
int run_station(const struct log *log, const struct order *o,
                struct station *s);

/* Blocks what run_station() waits for: SIGINT, SIGTERM, SIGHUP, SIGUSR1,
   SIGCHLD. Before any thread is there, so that all inherit it. */
void run_block_signals(void);

#endif
