// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The patchbay's life. A stay in a server opens, then there are looks: hear
 * what JACK has announced, read the graph, plan, act, and look again until
 * there is nothing to do. Whatever talks to JACK is a job of the stay's, one at
 * a time; a tick takes what has come of it and begins the next. A job that
 * takes too long means that the server stands still: most often it moves again
 * and the job comes back, so at first it is just waited for. After HANG_NS the
 * stay is left behind and another one tried, as libjack may have lost an answer
 * of a server that is well. An opening is never left behind: there is never
 * more than one, and the server's end ends it too.
 */
#include "graph/patchbay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "graph/jgate.h"
#include "graph/jkind.h"
#include "graph/patchbay_priv.h"
#include "graph/threads.h"

#define RETURN_NS (100 * NS_PER_MS) /* between tries to join a server */
#define SWEEP_NS  NS_PER_S          /* a look at the graph, whatever happens */
#define STILL_NS  (2 * NS_PER_S)    /* without an answer: that is said */
#define HANG_NS   (10 * NS_PER_S)   /* the stay is left behind */
#define ROUNDS    8 /* looks in a row; each acts on what the last one left */

static const char *server_name(const struct patchbay *p)
{
    return jgate_server(p->server);
}

/* Two cycles, and some. */
int64_t bay_settle_ns(const struct patchbay *p)
{
    uint32_t rate = stay_rate(p->stay);

    return 2 * NS_PER_MS +
           (rate ? 2 * NS_PER_S * stay_period(p->stay) / rate : 0);
}

static void poke(struct patchbay *p)
{
    uint64_t one = 1;
    ssize_t n = write(p->fd, &one, sizeof(one));

    (void)n; /* full means readable */
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- life ---------------------------------------------------------------- */

int patchbay_open(struct patchbay **out, const struct patchbay_opts *o)
{
    struct patchbay *p = calloc(1, sizeof(*p));
    int r = -ENOMEM;

    *out = NULL;
    if (!p)
        return r;
    p->fd = -1;
    p->log = o->log;
    p->name = strdup(o->name ? o->name : "longwave");
    p->server = o->server ? strdup(o->server) : NULL;
    if (!p->name || (o->server && !p->server) || rules_new(&p->none) < 0 ||
        pulls_new(&p->pulls) < 0 || tries_new(&p->tries) < 0 ||
        ours_new(&p->ours) < 0 || pulled_new(&p->joining) < 0 ||
        pulled_new(&p->parting) < 0)
        goto out;
    p->rules = p->none;
    p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = -errno;
    if (p->fd < 0)
        goto out;
    poke(p);
    *out = p;
    p = NULL;
    r = 0;
out:
    patchbay_close(&p);
    return r;
}

void patchbay_close(struct patchbay **p)
{
    if (!*p)
        return;
    bay_end(&(*p)->stay, (*p)->leaves, (*p)->fd);
    plan_free(&(*p)->plan);
    jgraph_free(&(*p)->graph);
    pulls_free(&(*p)->pulls);
    tries_free(&(*p)->tries);
    ours_free(&(*p)->ours);
    pulled_free(&(*p)->joining);
    pulled_free(&(*p)->parting);
    rules_free(&(*p)->none);
    if ((*p)->fd >= 0)
        close((*p)->fd);
    free((*p)->came.id);
    free((*p)->name);
    free((*p)->server);
    free(*p);
    *p = NULL;
}

/* ---- coming and going ---------------------------------------------------- */

static void be_out(struct patchbay *p)
{
    stay_drop(&p->stay);
    p->state = BAY_OUT;
    p->leaves = p->told_held = false;
}

static int64_t tick_out(struct patchbay *p, int64_t now)
{
    if (now < p->join_at)
        return p->join_at;
    p->join_at = now + RETURN_NS;
    if (stay_begin(&p->stay, p->name, p->server, p->fd) < 0) {
        if (!p->told_trouble)
            log_warn(p->log, "patchbay: out of memory, files or threads");
        p->told_trouble = true;
        return p->join_at;
    }
    p->state = BAY_JOINING;
    return now + STILL_NS;
}

static void come_in(struct patchbay *p, int64_t now)
{
    p->state = BAY_IN;
    p->job = BAY_RESTS;
    p->in_since = p->moved_at = now;
    p->rate = stay_rate(p->stay);
    p->period = stay_period(p->stay);
    p->seen = p->told_absent = p->told_trouble = p->told_plain = false;
    p->dirty = true;
    p->quiet_at = p->busy_since = p->again_at = 0;
    p->came.n = p->came.old = 0;
    p->came.all = false;
    ours_server_came(p->ours, now);
    log_info(p->log, "patchbay: in the graph of JACK server '%s'",
             server_name(p));
}

static void leave(struct patchbay *p, int64_t now, int64_t patience)
{
    p->leaves = stay_leave(p->stay) == 0;
    p->state = BAY_LEAVING;
    p->out_since = now;
    p->leave_by = now + patience;
    p->seen = false;
}

/* What is true of one stay alone. */
static void forget_stay(struct patchbay *p, int64_t now)
{
    pulls_server_gone(p->pulls, now);
    tries_clear(p->tries);
    pulled_clear(p->joining);
    pulled_clear(p->parting);
}

static void take_opening(struct patchbay *p, int64_t now)
{
    jack_status_t status;
    int r = stay_opened(p->stay, &status);

    if (r == 0) {
        come_in(p, now);
        return;
    }
    if (r == -EHOSTDOWN && !p->told_absent) {
        p->told_absent = true;
        log_info(p->log, "patchbay: JACK server '%s' does not run; waiting",
                 server_name(p));
    } else if (r != -EHOSTDOWN && !p->told_trouble) {
        p->told_trouble = true;
        log_warn(p->log,
                 "patchbay: JACK server '%s' refuses us (status 0x%x: another "
                 "user's, or too many clients?); trying on",
                 server_name(p), (unsigned)status);
    }
    leave(p, now, BAY_LEAVE_NS);
}

/* No other client may be opened until this one has left. */
static int64_t be_held(struct patchbay *p, int64_t now)
{
    if (now - p->out_since >= HANG_NS && !p->failed) {
        log_error(p->log, "libjack hangs: the patchbay can't join a JACK "
                          "server any more");
        p->failed = -EIO;
    }
    p->leave_by = now + STILL_NS;
    return p->leave_by;
}

static int64_t tick_leaving(struct patchbay *p, int64_t now)
{
    bool left;

    if (!p->leaves) {
        p->leaves = stay_leave(p->stay) == 0;
        if (!p->leaves)
            return now + RETURN_NS; /* a thread may be had soon */
    }
    left = stay_left(p->stay);
    if (!left && now < p->leave_by)
        return p->leave_by;
    if (!left && !p->told_held)
        log_warn(p->log, "JACK does not let go of the patchbay's client");
    p->told_held = !left;
    if (!left && jkind_is_pipewire())
        return be_held(p, now);
    be_out(p);
    return now;
}

/* ---- a server that stands still ------------------------------------------ */

static void be_still(struct patchbay *p)
{
    if (!p->still)
        log_warn(p->log,
                 "patchbay: JACK server '%s' does not answer: it stands still; "
                 "waiting for it",
                 server_name(p));
    p->still = true;
}

static void be_moving(struct patchbay *p)
{
    if (p->still)
        log_warn(p->log, "patchbay: JACK server '%s' answers again",
                 server_name(p));
    p->still = false;
}

/* A look is done from memory, which a server that stands still does not mind:
   its cycles tell. */
static void note_cycles(struct patchbay *p, int64_t now)
{
    if (stay_moves(p->stay)) {
        p->moved_at = now;
        be_moving(p);
    } else if (now - p->moved_at >= STILL_NS) {
        be_still(p);
    }
}

/* The job has not come back yet. Returns when to look again. */
static int64_t note_silence(struct patchbay *p, int64_t now)
{
    int64_t since = stay_since(p->stay);

    if (now - since >= STILL_NS)
        be_still(p);
    if (p->state == BAY_IN && now - since >= HANG_NS) {
        log_debug(p->log, "patchbay: left behind in JACK server '%s'",
                  server_name(p));
        forget_stay(p, now);
        leave(p, now, 0); /* nobody waits for what hangs */
        p->join_at = now + backoff_ended(&p->backoff, now - p->in_since);
        return tick_leaving(p, now);
    }
    if (now - since < STILL_NS)
        return since + STILL_NS;
    /* an opening may last for longer */
    return now < since + HANG_NS ? since + HANG_NS : now + STILL_NS;
}

/* ---- looks --------------------------------------------------------------- */

/* What was heard until now the look that begins will see. */
static void note_look(struct patchbay *p, int64_t now)
{
    p->dirty = false;
    p->came.old = p->came.n;
    p->busy_since = p->quiet_at = 0;
    if (now >= p->again_at)
        p->again_at = 0;
}

static void begin_look(struct patchbay *p, int64_t now)
{
    if (stay_look(p->stay) < 0) {
        p->quiet_at = now + RETURN_NS; /* no thread: soon perhaps */
        return;
    }
    p->job = BAY_LOOKS;
    p->rounds = ROUNDS;
    note_look(p, now);
}

/* What there is no more, nobody wants and nobody has is ours no more. */
static bool keep_ours(void *ctx, const char *from, const char *to)
{
    const struct patchbay *p = ctx;
    uint32_t a = jgraph_find(p->graph, from), b = jgraph_find(p->graph, to);

    if (a == JGRAPH_NONE || b == JGRAPH_NONE || jgraph_linked(p->graph, a, b))
        return true;
    for (uint32_t i = 0; i < p->plan->n; i++)
        if (strcmp(p->plan->cable[i].from, from) == 0 &&
            strcmp(p->plan->cable[i].to, to) == 0)
            return true;
    return false;
}

static void end_looks(struct patchbay *p, int64_t now)
{
    p->job = BAY_RESTS;
    p->came.n -= p->came.old; /* those that came meanwhile are left */
    if (p->came.n > 0)
        memmove(p->came.id, p->came.id + p->came.old,
                p->came.n * sizeof(*p->came.id));
    p->came.old = 0;
    p->came.all = false;
    p->sweep_at = now + SWEEP_NS;
    p->rate = stay_rate(p->stay);
    p->period = stay_period(p->stay);
    if (p->graph && p->plan)
        ours_settle(p->ours, now, keep_ours, p);
}

/* The graph as it is, planned. Errors: -ENOMEM, with nothing changed. */
static int take_graph(struct patchbay *p, struct jgraph *g, bool plain,
                      int64_t now)
{
    struct jgraph *before = p->graph;
    struct plan *was = p->plan;
    int r = plain && before ? jgraph_keep_order(g, before) : 0;

    if (r < 0)
        goto out;
    p->graph = g;
    p->plan = NULL;
    bay_notice(p, now);
    r = plan_make(&p->plan, p->graph, p->rules, pulls_now(p->pulls));
    if (r < 0) {
        p->graph = before;
        p->plan = was;
    }
out:
    return r;
}

static void note_plain(struct patchbay *p, bool plain)
{
    if (plain && !p->told_plain)
        log_warn(p->log, "patchbay: JACK's metadata hang (a program was killed "
                         "while it wrote some): ports have no names for "
                         "people, and no order but their names'");
    p->told_plain = plain;
}

/* A look has come back. Returns whether steps follow. */
static bool take_look(struct patchbay *p, int64_t now)
{
    struct bay_before was = {p->graph, p->seen ? p->plan : NULL};
    struct stay_steps steps = {NULL, 0, 0};
    struct jgraph *graph = p->graph, *g = NULL;
    struct plan *plan = p->plan;
    bool plain;
    int r = stay_graph(p->stay, &g, &plain);

    if (r == 0)
        r = take_graph(p, g, plain, now);
    if (r < 0) {
        jgraph_free(&g);
        goto out;
    }
    note_plain(p, plain);
    note_cycles(p, now);
    p->try_at = INT64_MAX; /* found anew */
    r = bay_choose(p, &was, now, &steps);
    p->seen = true;
    plan_free(&plan);
    jgraph_free(&graph);
out:
    if (r == -ENOMEM)
        log_warn(p->log, "patchbay: out of memory");
    if (steps.n > 0 && stay_act(p->stay, &steps) == 0) {
        p->job = BAY_ACTS;
        note_look(p, now);
        return true;
    }
    bay_book(p, &steps, now); /* none was done */
    stay_steps_free(&steps);
    return false;
}

static void take_job(struct patchbay *p, int64_t now)
{
    struct stay_steps steps;
    bool more = true;

    if (p->job == BAY_ACTS) {
        stay_acted(p->stay, &steps);
        more = bay_book(p, &steps, now) > 0 && --p->rounds > 0;
        stay_steps_free(&steps);
    }
    if (!more || !take_look(p, now))
        end_looks(p, now);
}

static void tell_pulled(struct patchbay *p, int64_t now)
{
    const char *from, *to;

    while (pulls_news(p->pulls, now, &from, &to))
        if (pulled_has(pulls_now(p->pulls), from, to))
            log_info(p->log,
                     "patchbay: %s to %s was pulled by hand: it stays out "
                     "until it is asked for",
                     from, to);
}

/* Whether a look is due; else *at is when. */
static bool is_look_due(struct patchbay *p, int64_t now, int64_t *at)
{
    if (now >= p->sweep_at || now >= p->try_at ||
        (p->again_at && now >= p->again_at))
        p->dirty = true;
    *at = p->dirty ? p->quiet_at : earliest(p->sweep_at, p->try_at);
    if (!p->dirty && p->again_at)
        *at = earliest(*at, p->again_at);
    return p->dirty && now >= p->quiet_at;
}

static int64_t tick_in(struct patchbay *p, int64_t now)
{
    int64_t at = now + STILL_NS;

    if (stay_over(p->stay)) {
        log_info(p->log, "patchbay: JACK server '%s' has gone", server_name(p));
        p->still = false;
        forget_stay(p, now);
        leave(p, now, BAY_LEAVE_NS);
        p->join_at = now;
        return now;
    }
    bay_hear(p, now);
    if (p->job != BAY_RESTS) {
        if (stay_busy(p->stay))
            return note_silence(p, now);
        take_job(p, now);
    }
    if (p->job == BAY_RESTS && is_look_due(p, now, &at))
        begin_look(p, now);
    tell_pulled(p, now);
    return earliest(at, pulls_news_at(p->pulls));
}

static int64_t tick_joining(struct patchbay *p, int64_t now)
{
    if (stay_busy(p->stay))
        return note_silence(p, now);
    be_moving(p);
    take_opening(p, now);
    return now;
}

static int64_t tick(struct patchbay *p, int64_t now)
{
    switch (p->state) {
    case BAY_OUT:
        return tick_out(p, now);
    case BAY_JOINING:
        return tick_joining(p, now);
    case BAY_IN:
        return tick_in(p, now);
    case BAY_LEAVING:
        break;
    }
    return tick_leaving(p, now);
}

int64_t patchbay_tick(struct patchbay *p)
{
    int64_t now = clock_now();
    enum bay_state was;
    uint64_t pokes;
    ssize_t n = read(p->fd, &pokes, sizeof(pokes));
    int64_t at;

    thread_assert(TH_MAIN);
    (void)n; /* nothing there is as good */
    do {
        was = p->state;
        at = tick(p, now);
    } while (p->state != was);
    return earliest(at, now + NS_PER_S);
}

/* ---- what others ask ----------------------------------------------------- */

void patchbay_rules(struct patchbay *p, const struct rules *r)
{
    struct plan *plan = NULL;

    p->rules = r ? r : p->none;
    /* The last plan is of rules that may go now. */
    if (p->graph &&
        plan_make(&plan, p->graph, p->rules, pulls_now(p->pulls)) < 0)
        log_warn(p->log, "patchbay: out of memory");
    plan_free(&p->plan);
    p->plan = plan;
    p->seen = p->seen && plan;
    p->dirty = true;
    poke(p);
}

void patchbay_apply(struct patchbay *p)
{
    pulls_forget(p->pulls);
    tries_clear(p->tries);
    p->seen = false; /* nothing is held */
    p->dirty = true;
    p->quiet_at = 0;          /* ports are coming, but it is asked for now */
    p->join_at = clock_now(); /* a server that has just come is there */
    poke(p);
}

int patchbay_fd(const struct patchbay *p)
{
    return p->fd;
}

bool patchbay_joined(const struct patchbay *p)
{
    return p->state == BAY_IN && !stay_over(p->stay);
}

int patchbay_failed(const struct patchbay *p)
{
    return p->failed;
}

bool patchbay_still(const struct patchbay *p)
{
    return p->still;
}

uint32_t patchbay_rate(const struct patchbay *p)
{
    return p->rate;
}

uint32_t patchbay_period(const struct patchbay *p)
{
    return p->period;
}

const struct jgraph *patchbay_graph(const struct patchbay *p)
{
    return p->graph;
}

const struct plan *patchbay_plan(const struct patchbay *p)
{
    return p->plan;
}
