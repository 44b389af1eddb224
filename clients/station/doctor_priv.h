// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The parts of the doctor for one another: who judges what, who gathers what.
 * [main] only.
 */
#ifndef STATION_DOCTOR_PRIV_H
#define STATION_DOCTOR_PRIV_H

#include <stddef.h>
#include <sys/types.h>

#include "clients/station/doctor.h"

/* Room for one more finding, its topic and level filled in; a spare one is
   given when all are used. */
struct doctor_finding *doctor_add(struct doctor_report *r,
                                  enum doctor_level level, const char *topic);

#define doctor_say(finding, ...) \
    snprintf((finding)->text, sizeof((finding)->text), __VA_ARGS__)
#define doctor_fix(finding, ...) \
    snprintf((finding)->fix, sizeof((finding)->fix), __VA_ARGS__)

/* doctor_judge.c and doctor_judge_sound.c: pure. */
void doctor_judge_shm(const struct doctor_facts *f, struct doctor_report *r);
void doctor_judge_jack(const struct doctor_facts *f, struct doctor_report *r);
void doctor_judge_vulkan(const struct doctor_facts *f, struct doctor_report *r);

/* Each fills in its part, which starts as zeroes. */
void doctor_ask_rights(struct doctor_rights *out);
void doctor_ask_machine(struct doctor_machine *out);
void doctor_ask_files(struct doctor_files *out);
void doctor_ask_shm(struct doctor_shm *out);
void doctor_ask_jack(struct doctor_jack *out, const char *server);
void doctor_ask_vulkan(struct doctor_vulkan *out);
void doctor_ask_port(struct doctor_port *out, bool udp);

/*
 * Calls ask(out, ctx) in a child, since what it calls may crash, hang or print;
 * out[size] is what the child made of it, if it ended well. Returns 0,
 * -ETIMEDOUT (it was killed), -errno of fork(), or the signal that ended it; a
 * child that exits by itself before it is done gives -EIO.
 */
int doctor_in_child(void (*ask)(void *out, const void *ctx), const void *ctx,
                    void *out, size_t size, int timeout_ms);

/* First line of a small file, without its newline. False where there is none.
 */
bool doctor_read_line(const char *path, char *out, size_t size);

#endif
