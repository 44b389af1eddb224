// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A libevent loop with a letter box: what runs on it is asked for by others
 * through loop_post() alone, and in the order in which it was posted. A loop
 * has one thread; loops share nothing and never wait for each other.
 */
#ifndef NETSINK_LOOP_H
#define NETSINK_LOOP_H

#include <pthread.h>

#include "graph/threads.h"

struct event_base;
struct loop;

/* Priorities of events: after LOOP_SLICE callbacks of those that can wait the
   loop looks whether there is an urgent one. */
enum loop_priority { LOOP_URGENT, LOOP_USUAL, LOOP_PRIORITIES };

#define LOOP_SLICE 64 /* letters are opened in slices, too */

/* For a thread of its own (loop_start) or for the caller's (loop_run). Timers
   are exact to some 0.1 ms (timerfd). Errors: -ENOMEM, -EMFILE. */
int loop_new(struct loop **out, enum thread_id id);

/* What was posted and has not run yet runs within. The thread has ended.
   Accepts NULL. */
void loop_free(struct loop **l);

/* Runs the loop on a new thread. Errors: -EAGAIN. */
int loop_start(struct loop *l);

/* Runs the loop here until loop_stop(). Errors: -EIO. */
int loop_run(struct loop *l);

/* Ends it after what was posted before. Any thread. */
void loop_stop(struct loop *l);

/* loop_start()'s thread. */
pthread_t loop_thread(const struct loop *l);

/* Waits for the end of loop_start()'s thread. Not on the loop. */
void loop_join(struct loop *l);

/*
 * fn(ctx) will run on the loop, once and soon. Any thread, the loop's own too;
 * from there it runs after what is running. Errors: -ENOMEM; then it will not.
 */
int loop_post(struct loop *l, void (*fn)(void *ctx), void *ctx);

/*
 * The same without an allocation, for who can't fail: the letter is the
 * caller's, and free again once fn runs; one that is on its way already is not
 * posted twice (returns then, and fn runs once).
 */
struct loop_letter {
    struct loop_letter *next;
    void (*fn)(void *ctx);
    void *ctx;
    int posted;
};
void loop_send(struct loop *l, struct loop_letter *letter);

/* Takes a letter back: fn does not run any more, unless it runs already. Any
   thread; what it costs grows with what is in the box. */
void loop_recall(struct loop *l, struct loop_letter *letter);

struct event_base *loop_base(const struct loop *l);

/* Aborts in debug builds on any other thread than the loop's. */
void loop_assert(const struct loop *l);

#endif
