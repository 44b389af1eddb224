// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * File descriptors are dealt out by their numbers: streams leave the highest
 * ones to other requests, and listeners' requests leave the very highest to the
 * operator's. Where few are allowed, streams get half of them. Any thread.
 */
#ifndef NETSINK_FDS_H
#define NETSINK_FDS_H

#define FDS_SPARE_STREAMS  128 /* that streams leave, where there are enough */
#define FDS_SPARE_REQUESTS 64  /* that requests of listeners leave */

/* Descriptors that the system allows; INT_MAX: as many as there are. */
int fds_allowed(void);

/* The least descriptor that is none for whoever is to leave `spare` (one of the
   above) of so many allowed ones. */
int fds_end(int allowed, int spare);

/* The least descriptor that is free now. Errors: -EMFILE. */
int fds_next(void);

#endif
