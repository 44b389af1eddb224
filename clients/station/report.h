// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How a running station is asked how it does: a socket with a name in the
 * kernel (unix(7), "abstract"), of the user and the JACK server, so that
 * nothing is left behind whatever happens. Who connects is told one text and
 * hung up on. Both ends see to it that the other is the same user. [main] only.
 */
#ifndef STATION_REPORT_H
#define STATION_REPORT_H

#include <stdint.h>

struct report;

/* server is the JACK server's name. Errors: -EADDRINUSE (a station of this user
   runs on it), -errno of socket(). */
int report_open(struct report **out, const char *server);
void report_close(struct report **r); /* accepts NULL */

/* Readable when somebody asks. */
int report_fd(const struct report *r);

/* Answers all who ask; never waits. text() gives what for free(). */
void report_serve(struct report *r, char *(*text)(void *ctx), void *ctx);

/* The other end: asks the station on that server. *out is for free(). Errors:
   -ENOENT (there is none of this user's), -ETIMEDOUT (it does not answer by
   until_ns, clock_now()), -EPERM (it is another user's), -ENOMEM. */
int report_ask(char **out, const char *server, int64_t until_ns);

#endif
