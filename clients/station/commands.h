// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What `longwave` does beside running a station. [main] only. Each takes its
 * own command line, argv[0] being the command, and returns an exit code.
 */
#ifndef STATION_COMMANDS_H
#define STATION_COMMANDS_H

/* longwave set [PARAM [VALUE]]: moves a parameter of the generator that plays,
   or its preset or seed. */
int command_set(int argc, char **argv);

/* longwave status: how it does. */
int command_status(int argc, char **argv);

/* longwave presets: those that there are. */
int command_presets(int argc, char **argv);

/* longwave doctor: what is amiss with the machine; see doctor.h. */
int command_doctor(int argc, char **argv);

/* longwave patch show, diff, apply, save, import, export: the patchbay. */
int command_patch(int argc, char **argv);

#endif
