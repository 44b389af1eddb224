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

#define REPORT_ANSWERS_MAX 8
#define REPORT_WAIT_NS     INT64_C(2000000000)

struct report;

/* server is the JACK server's name. Errors: -EADDRINUSE (a station of this user
   runs on it), -errno of socket(). */
int report_open(struct report **out, const char *server);
void report_close(struct report **r); /* accepts NULL */

/* Readable when report_serve() has something to do. */
int report_fd(const struct report *r);

/* When it has to be called without that, clock_now(); INT64_MAX: never. */
int64_t report_next(const struct report *r);

/* Answers all who ask, as much at a time as they take; never waits. text()
   gives what for free(). Who hasn't taken it all after REPORT_WAIT_NS is hung
   up on; of more than REPORT_ANSWERS_MAX at a time, who has been there the
   longest. */
void report_serve(struct report *r, char *(*text)(void *ctx), void *ctx);

/* The other end: asks the station on that server. *out is for free(). Errors:
   -ENOENT (there is none of this user's), -ETIMEDOUT (it does not answer by
   until_ns, clock_now()), -EPERM (it is another user's), -ENOMEM. */
int report_ask(char **out, const char *server, int64_t until_ns);

#endif
