// SPDX-License-Identifier: GPL-3.0-or-later
/* The desk's inside, for desk*.c and its tests. All on [desk] but for desk.c's
   own. */
#ifndef NETSINK_DESK_PRIV_H
#define NETSINK_DESK_PRIV_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "graph/jgraph.h"
#include "graph/remote.h"
#include "graph/tell.h"
#include "netsink/desk.h"

#define DESK_NAME_MAX  128 /* bytes of a JACK client's name, with the NUL */
#define DESK_PEERS_MAX 64  /* programs that are asked */
#define DESK_PROCS_MAX 64
#define DESK_PORTS_MAX 1024 /* that are shown */
#define DESK_LINKS_MAX 4096 /* the same */

/* ---- desk_clean.c -------------------------------------------------------- */

/* What another program told, as it may be passed on: texts clean and cut, lists
   and depth bounded. A new one; NULL: memory is short, or it is NULL. */
json_t *desk_clean(const json_t *told);

/* Clean text. */
json_t *desk_text(const char *text);

/* Copies the text at key, or "". */
void desk_copy_text(const json_t *o, const char *key, char *out, size_t size);

/* ---- desk_proc.c --------------------------------------------------------- */

struct desk_proc {
    pid_t pid;
    char name[32]; /* clean text */
    double used;   /* s of CPU time, all in all */
    int64_t at;    /* ns, when that was */
    double share;  /* of a core; under 0: not known yet */
    uint64_t rss;  /* bytes */
    uint32_t n_threads;
    bool seen; /* in this look */
};

struct desk_procs {
    uint32_t n;
    struct desk_proc proc[DESK_PROCS_MAX];
};

/* A look: begin, then each process whose children are wanted too, then end,
   which forgets those that are gone. */
void desk_procs_begin(struct desk_procs *p);
void desk_procs_add(struct desk_procs *p, pid_t pid, int64_t now);
void desk_procs_end(struct desk_procs *p);

/* Or NULL. */
const struct desk_proc *desk_procs_find(const struct desk_procs *p, pid_t pid);

/* Adds "cpu_share", "rss_kb" and "threads"; of NULL they are null. */
void desk_proc_put(json_t *o, const struct desk_proc *p);
json_t *desk_procs_json(const struct desk_procs *p);

/* ---- desk_graph.c -------------------------------------------------------- */

/* As desk_json() says; null for NULL. */
json_t *desk_graph_json(const struct jgraph *g);

/*
 * The nearest client upstream of a port of ours ("client:port") over the
 * cables, whatever lies between, that is_one says yes to: its number, or
 * JGRAPH_NONE.
 */
uint32_t desk_graph_upstream(const struct jgraph *g, const char *const *ports,
                             uint32_t n,
                             bool (*is_one)(void *ctx, const char *client),
                             void *ctx);

/* The name of a client, cut where it is too long for out. */
void desk_graph_client(const struct jgraph *g, uint32_t i,
                       char out[DESK_NAME_MAX]);

/* ---- desk_peer.c --------------------------------------------------------- */

enum desk_question { DESK_NOTHING, DESK_ALL, DESK_LEVELS, DESK_NOW };

/* A program that can be asked, or may be. */
struct desk_peer {
    char name[DESK_NAME_MAX]; /* JACK client's; "": the station */
    bool in_graph;
    struct tell_ask *ask; /* under way, or NULL */
    enum desk_question asked;
    int64_t since;  /* ns, that it is */
    int64_t try_at; /* ns: not before, where it was no use */
    uint32_t tries; /* that were */
    bool ours;      /* it has answered */
    bool answers;   /* it still does */
    pid_t pid;
    json_t *told;   /* without log and levels, clean; NULL: nothing yet */
    json_t *levels; /* {PORT: [rms, peak]}, or NULL */
    json_t *now;    /* what it plays, or NULL: it plays nothing */
    uint64_t line;  /* of its log, taken over last */
};

/* Puts a question, unless one is under way or it is no use. */
void desk_peer_ask(struct desk_peer *p, const char *server,
                   enum desk_question what, int64_t now);

/* What has come. True: an answer, of which p->asked was the question. Lines of
   the log go into tail. */
bool desk_peer_step(struct desk_peer *p, struct log_tail *tail, int64_t now);

/* Takes an answer in, by the text. */
void desk_peer_take(struct desk_peer *p, const char *text,
                    enum desk_question asked, struct log_tail *tail);

bool desk_peer_is_generator(const struct desk_peer *p);

/* One of "clients". */
json_t *desk_peer_json(const struct desk_peer *p,
                       const struct desk_procs *procs);

/* Adds "NAME:PORT": [rms, peak] for each. */
void desk_peer_put_levels(const struct desk_peer *p, json_t *o);

void desk_peer_fini(struct desk_peer *p);

/* ---- desk_set.c ---------------------------------------------------------- */

#define DESK_VALUE_MAX 512 /* bytes, with the NUL */
#define DESK_PARAM_MAX 32

/* A change under way. */
struct desk_job {
    char generator[DESK_NAME_MAX]; /* "": any */
    char name[DESK_PARAM_MAX], value[DESK_VALUE_MAX];
    double fade_s;
    void (*done)(void *arg, int err, const char *said);
    void *arg;
    struct remote *remote; /* NULL: not sent yet */
    int64_t until;         /* ns */
};

/* Sends it to the generator that told that of itself (NULL: there is none).
   True: it is done with. */
bool desk_job_begin(struct desk_job *j, const json_t *told, int64_t now);

/* What has come of it. True: it is done with. */
bool desk_job_step(struct desk_job *j, int64_t now);

/* done() is called, what it had is freed. */
void desk_job_end(struct desk_job *j, int err, const char *said);

/* ---- the desk ------------------------------------------------------------ */

struct desk_port {
    char name[64]; /* without the client */
};

/* A mount, and what it plays. */
struct desk_place {
    char name[MOUNT_NAME_MAX + 1];
    uint32_t n_ports;
    struct desk_port port[2];
    bool plays; /* now is what was told last, else nothing was */
    struct desk_now now;
    char from[DESK_NAME_MAX]; /* the generator, "": none */
    int64_t lost_at; /* ns, since when there is none upstream; 0: there is */
};

struct desk {
    /* [init] */
    struct desk_opts o;
    char server[64];
    struct desk_place place[MOUNT_MAX];
    struct log_tail *log;
    pthread_t thread;
    int wake; /* eventfd */

    /* any>desk */
    atomic_bool stop, watched;

    pthread_mutex_t jack_lock;
    const struct jclient *jack; /* [lock:jack_lock] */

    pthread_mutex_t lock;
    char *json, *levels;                /* [lock:lock] the latest */
    struct desk_job *in[DESK_SETS_MAX]; /* [lock:lock] not begun yet */
    uint32_t n_in, n_jobs;              /* [lock:lock] waiting, and in all */

    /* [desk] */
    bool was_watched;
    int64_t tick_at;  /* ns */
    uint64_t n_ticks; /* since that began or ended */
    struct desk_peer own;
    struct desk_peer peer[DESK_PEERS_MAX];
    uint32_t n_peers;
    struct desk_procs procs;
    struct jgraph *graph;         /* NULL: none */
    uint32_t changes;             /* of the graph, as it was read */
    bool graph_known;             /* changes counts */
    uint64_t own_line;            /* of our own log, taken over last */
    bool compose, compose_levels; /* once all have answered... */
    int64_t compose_by;           /* ...or it is that late */
    struct desk_job *job[DESK_SETS_MAX];
};

/* ---- desk_gather.c ------------------------------------------------------- */

#define DESK_TICK_NS      INT64_C(100000000)  /* while somebody watches */
#define DESK_SLOW_TICK_NS INT64_C(1000000000) /* while nobody does */

/* What is due in a tick. */
void desk_tick(struct desk *d, bool watched, int64_t now);

/* Gives out what has come, once all have answered who do, or it is late. */
void desk_compose(struct desk *d, int64_t now);

/* Everything anew, out of turn. */
void desk_ask_soon(struct desk *d, int64_t now);

/* Or NULL; "" is the station. */
struct desk_peer *desk_find_peer(struct desk *d, const char *name);
/* NULL: there are too many. */
struct desk_peer *desk_add_peer(struct desk *d, const char *name);

#endif
