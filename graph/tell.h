// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How a running program of ours is asked how it does: a socket with a name in
 * the kernel (unix(7), "abstract"), of the user, the JACK server and the JACK
 * client, so that nothing is left behind whatever happens. Who connects says
 * one line, the question, is told one JSON text, and is hung up on. Both ends
 * see to it that the other is the same user.
 *
 * The one who tells never waits: a text that doesn't fit into the socket goes
 * on when there is room, and who doesn't read it, or says nothing, is hung up
 * on after TELL_GUEST_MS. The one who asks has a deadline. Each object belongs
 * to any one thread.
 *
 * Questions, and what is told of them:
 *   ""        everything; of the log the last 100 lines
 *   "log N"   everything; of the log what is after line N
 *   "levels"  {"levels": {PORT: [RMS, PEAK]}} alone: dBFS over the last 100 ms
 *             by the port's name, null for silence
 *   "now"     {"now": ...} alone: what plays
 * Who is asked something else tells everything.
 */
#ifndef GRAPH_TELL_H
#define GRAPH_TELL_H

#include <stdint.h>
#include <sys/types.h>

#define TELL_QUESTION_MAX 64        /* bytes, with the NUL */
#define TELL_TEXT_MAX     (1 << 20) /* bytes of an answer */
#define TELL_GUEST_MS     2000      /* for who asks, from coming to leaving */

/* ---- who is asked -------------------------------------------------------- */

struct tell;

/*
 * server is the JACK server's name, name the client's in it; "" is the
 * station. Errors: -EADDRINUSE (one of this user's is there), -errno of
 * socket(), -ENOMEM.
 */
int tell_open(struct tell **out, const char *server, const char *name);
void tell_close(struct tell **t); /* accepts NULL */

/* Readable when tell_serve() has something to do; -1 of NULL. */
int tell_fd(const struct tell *t);

/* Answers all who have asked, as far as it goes without waiting. text() gives
   the answer to a question, for free(), or NULL. Does nothing for NULL. */
void tell_serve(struct tell *t, char *(*text)(void *ctx, const char *question),
                void *ctx);

/* ---- who asks ------------------------------------------------------------ */

struct tell_ask;

/* Puts the question, without waiting. Errors: -ENOENT (there is none of this
   user's), -ETIMEDOUT (it has left so many questions unanswered that it takes
   no more), -EPERM (it is another user's), -ENOMEM, -errno of socket(). */
int tell_ask_begin(struct tell_ask **out, const char *server, const char *name,
                   const char *question);

/* Readable when tell_ask_step() gets on. */
int tell_ask_fd(const struct tell_ask *a);

/* Process that is asked, by the kernel's word. */
pid_t tell_ask_pid(const struct tell_ask *a);

/* What has come. 1: all, *out is it, for free(); 0: there is more to come.
   Errors: -ECONNRESET (it ended), -EMSGSIZE, -ENOMEM. */
int tell_ask_step(struct tell_ask *a, char **out);
void tell_ask_end(struct tell_ask **a); /* accepts NULL */

/* All of that in one, which waits. *out is for free(). Errors: as above, and
   -ETIMEDOUT (no answer by until_ns, clock_now()). */
int tell_ask_wait(char **out, const char *server, const char *name,
                  const char *question, int64_t until_ns);

/*
 * Names of all that can be asked on that server, the station's "" too, up to
 * max of them, each for free(); returns how many. Some may be another user's,
 * which only asking shows. Reads /proc/net/unix: for commands, not for loops.
 */
uint32_t tell_names(const char *server, char **names, uint32_t max);

#endif
