// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The desk: what an operator sees of the whole station, gathered for the sink
 * by a thread of its own, [desk]. It reads the JACK graph, asks every client in
 * it that is one of ours how it does (graph/tell.h), whatever its name, asks
 * the station where one runs, and looks at the processes. Without a station it
 * is the graph and whoever is in it.
 *
 * Nobody is held up by it: what it gives is the latest that it has. A program
 * that doesn't answer is asked again and again, and the others meanwhile. What
 * other programs say is cleaned and bounded before it is passed on.
 *
 * It costs what is looked at: while nobody watches, once a second what plays
 * and the processes, and the graph when it changes; while somebody does, the
 * graph twice and levels ten times a second. Unless said otherwise: any thread.
 */
#ifndef NETSINK_DESK_H
#define NETSINK_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/jclient.h"
#include "graph/log.h"
#include "netsink/mount.h"

#define DESK_TITLE_MAX  128 /* bytes, with the NUL */
#define DESK_DETAIL_MAX 256
#define DESK_SAID_MAX   512
#define DESK_LOG_LINES  200  /* kept of all programs together */
#define DESK_SETS_MAX   16   /* changes under way at once */
#define DESK_FADE_NONE  (-1) /* no word of a crossfade */

struct desk;

/* What a mount plays, as the generator upstream of it says: clean text. */
struct desk_now {
    char title[DESK_TITLE_MAX];
    char detail[DESK_DETAIL_MAX];
};

/* Whose ports are whose. Texts are copied. */
struct desk_mount {
    const char *name;
    const char *port[2]; /* without the client: "in_L" */
    uint32_t n_ports;
};

struct desk_opts {
    const struct log *log; /* its tail, if it has one, is in desk_log() too */
    const char *server;    /* JACK's; NULL: $JACK_DEFAULT_SERVER or "default" */
    const struct desk_mount *mounts; /* [n_mounts] */
    uint32_t n_mounts;

    /* [desk] This program's own answer to a question (graph/tell.h), for
       free(), or NULL. jack: NULL where there is none. */
    char *(*tell)(void *ctx, const struct jclient *jack, const char *question);
    void *tell_ctx;

    /* [desk] What a mount plays has changed; NULL: nothing that says what it
       is. Told once for each change. Or NULL: nobody wants to know. */
    void (*now)(void *ctx, const char *mount, const struct desk_now *now);
    void *now_ctx;
};

/* [main] Begins the thread. Errors: -ENOMEM, -EAGAIN (no thread), -EMFILE. */
int desk_new(struct desk **out, const struct desk_opts *o);

/* [main] Ends it, in some ms; changes under way end with -ECANCELED. Accepts
   NULL. */
void desk_free(struct desk **d);

/* [main] As http_jack(): the graph's client, or NULL; to be told before it is
   closed. Waits for a look at the graph that is under way, some ms. */
void desk_jack(struct desk *d, const struct jclient *jack);

/* Somebody looks, or nobody any more. Two who look are the caller's to count.
 */
void desk_watched(struct desk *d, bool watched);

/*
 * The latest, for free(), as JSON; NULL: memory is short. Never blocks for
 * longer than a copy.
 *   {"station": what `longwave run` tells | null,
 *    "clients": [{"name": JACK's, "program", "pid", "answers": bool,
 *                 "told": what it tells | null, "cpu_share", "rss_kb",
 *                 "threads"}...],               this sink first
 *    "graph": {"clients": [{"name", "ports": [{"name": without the client,
 *              "pretty": null, "output", "midi", "physical"}]}],
 *              "links": [["a:out", "b:in"]...]} | null: no graph,
 *    "processes": [{"name", "pid", "cpu_share", "rss_kb", "threads"}...]}
 * "cpu_share" is of one core over the last second, null: not known yet. What is
 * told comes without its log and levels, which are below.
 */
char *desk_json(struct desk *d);

/*
 * {"longwave-gen:mix_L": [rms_dbfs, peak_dbfs]...} over the last 100 ms, null
 * for silence (under -140), for free(): of all clients of ours that answer. Ten
 * times a second while watched; else {} or what was last. NULL: memory is
 * short.
 */
char *desk_levels(struct desk *d);

/* Lines of all our programs in one (`who`: this sink's log's program, else the
   JACK client's name, or "longwave" for the station), by the time they came to
   the desk: this program's at once, others' while somebody watches. Borrowed
   until desk_free(). */
struct log_tail *desk_log(struct desk *d);

/*
 * Sets a parameter of a generator, or its "preset" or "seed", by OSC.
 * generator: the JACK client's name; NULL: the one upstream of the first mount
 * that has one, else the first there is. fade_s: a crossfade, s, for preset and
 * seed; DESK_FADE_NONE: as music does. value: as `longwave set` takes it.
 *
 * done() is called once, on [desk]: err 0 and what counts now in said, or
 * -EINVAL (what is wrong: what, found, allowed), -ENOENT (no generator, or none
 * that can be controlled), -EBUSY, -ETIMEDOUT, -ECANCELED, -errno, with a
 * sentence for people in said, clean text. It must not block. Errors, with no
 * call of done(): -EBUSY (DESK_SETS_MAX are under way), -EINVAL (a name or
 * value too long), -ENOMEM.
 */
int desk_set(struct desk *d, const char *generator, const char *name,
             const char *value, double fade_s,
             void (*done)(void *arg, int err, const char *said), void *arg);

#endif
