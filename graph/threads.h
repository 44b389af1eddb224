// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The threads of Longwave: the only list of them. A thread says who it is when
 * it starts ([rt] and [jk] are libjack's and don't), and a function bound to
 * one thread may assert it, in debug builds. Any thread may call thread_enter()
 * once, for itself. Never blocks.
 */
#ifndef GRAPH_THREADS_H
#define GRAPH_THREADS_H

#include <pthread.h>

enum thread_id {
    TH_NONE,  /* not said yet */
    TH_MAIN,  /* [main] start and stop, signals, JACK's coming and going */
    TH_RT,    /* [rt]   JACK process callback; libjack's own thread */
    TH_JK,    /* [jk]   JACK notifications; libjack's own thread */
    TH_EV,    /* [ev]   libevent loop: requests, sessions, figures */
    TH_FAN,   /* [fan]  libevent loops that write to listeners */
    TH_ENC,   /* [enc]  tap -> timeline -> resampler -> Opus -> hub */
    TH_GPU,   /* [gpu]  renders ahead of the process callback */
    TH_LEV,   /* [lev]  measures the master's loudness, sets its gain */
    TH_ASIDE, /* [aside] what in libjack can hang; see graph/aside.h */
    TH_DESK,  /* [desk] gathers the graph and what other programs tell */
};

/* Names the calling thread, to the kernel too ("lw:enc"). */
void thread_enter(enum thread_id id);

/* The calling thread's name, TH_NONE before thread_enter(). */
enum thread_id thread_self(void);

/*
 * For a lock that threads of different priorities share: while one of realtime
 * waits, who has it runs at that one's priority, so that nothing in between
 * keeps both. Where the system does not know that, it is a plain one.
 */
void thread_mutex_init(pthread_mutex_t *m);

/* Aborts in debug builds when called on another thread than id. */
#ifdef NDEBUG
#define thread_assert(id) ((void)0)
#else
void thread_assert_failed(enum thread_id want, const char *func);
#define thread_assert(id) \
    (thread_self() == (id) ? (void)0 : thread_assert_failed((id), __func__))
#endif

#endif
