// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A tick: hear what JACK has announced, look at the graph, plan, act, and look
 * again until there is nothing to do.
 *
 * What is announced comes some time after it is so. A wanted cable that has
 * vanished without a word of a cut or of its ports is therefore held for
 * HOLD_NS, until the word comes: else a cable pulled by hand would be made
 * again before we hear that it was pulled. In freewheel the server takes off
 * what is joined to its sound card, silently, and puts it back afterwards:
 * those are left alone meanwhile.
 */
#include "graph/jgate.h"
#include "graph/patchbay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/jgraph_jack.h"
#include "graph/patchbay_priv.h"
#include "graph/pulls.h"
#include "graph/threads.h"
#include "graph/tries.h"

#define RETURN_NS (100 * NS_PER_MS) /* between tries to join a server */
#define SWEEP_NS  NS_PER_S          /* a look at the graph, whatever happens */
#define HOLD_NS   (100 * NS_PER_MS)
#define QUIET_NS  (15 * NS_PER_MS) /* of ports that come, before a look */
#define BUSY_NS   (60 * NS_PER_MS) /* and no later than so after the first */
#define ROUNDS    8 /* looks in a tick; each acts on what the last one left */

/* Numbers of ports that came since the last look. */
struct came {
    uint32_t *id;
    uint32_t n, room;
    bool all; /* too many to know */
};

struct patchbay {
    /* [init] */
    const struct log *log;
    char *name, *server; /* server NULL: the default one */
    int fd;              /* eventfd: there is something to do */
    struct rules *none;

    /* [main] */
    struct stay *stay;   /* NULL: not in a graph */
    struct jclose close; /* of the one before, where it hangs */
    const struct rules *rules;
    struct jgraph *graph; /* of the last look */
    struct plan *plan;    /* of graph */
    bool seen;            /* plan is of this stay */
    bool dirty;           /* a look is due */
    bool told_absent, told_trouble;
    struct came came;
    struct pulls *pulls;
    struct tries *tries;
    struct pulled *made;    /* by these rules, in this stay */
    struct pulled *parting; /* by us, the word of it is to come */
    int64_t busy_since;     /* ns, the first port that came; 0: none did */
    int64_t quiet_at;       /* ns, no look before it */
    int64_t again_at;       /* ns, a look after what was announced; 0: none */
    bool refused;           /* JACK refused something at the last look */
    int64_t sweep_at, join_at, try_at; /* ns */
    uint32_t rate, period;             /* Hz, frames; 0: never joined */
};

static const char *server_name(const struct patchbay *p)
{
    return jgate_server(p->server);
}

/* How long until what is announced is to be seen, ns: two cycles, and some. */
static int64_t settle_ns(const struct patchbay *p)
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

/* ---- coming and going ---------------------------------------------------- */

static void join(struct patchbay *p, int64_t now)
{
    jack_status_t status;
    int r;

    p->join_at = now + RETURN_NS;
    if (!jclose_permits_open(&p->close))
        return;
    r = stay_begin(&p->stay, p->name, p->server, p->fd, &p->close, &status);
    if (r == 0) {
        p->rate = stay_rate(p->stay);
        p->period = stay_period(p->stay);
        p->seen = p->told_absent = p->told_trouble = false;
        p->dirty = true;
        log_info(p->log, "patchbay: in the graph of JACK server '%s'",
                 server_name(p));
    } else if (r == -EHOSTDOWN && !p->told_absent) {
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
}

static void leave(struct patchbay *p)
{
    log_info(p->log, "patchbay: JACK server '%s' has gone", server_name(p));
    pulls_server_gone(p->pulls, clock_now());
    tries_clear(p->tries);
    pulled_clear(p->made);
    pulled_clear(p->parting);
    stay_end(&p->stay, &p->close, p->log);
    p->seen = false;
    p->join_at = clock_now();
}

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
        pulled_new(&p->made) < 0 || pulled_new(&p->parting) < 0)
        goto out;
    p->rules = p->none;
    p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = -errno;
    if (p->fd < 0)
        goto out;
    join(p, clock_now());
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
    stay_end(&(*p)->stay, &(*p)->close, (*p)->log);
    plan_free(&(*p)->plan);
    jgraph_free(&(*p)->graph);
    pulls_free(&(*p)->pulls);
    tries_free(&(*p)->tries);
    pulled_free(&(*p)->made);
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

/* ---- hearing ------------------------------------------------------------- */

/* NULL where the port has gone. */
static const char *name_of(const struct patchbay *p, uint32_t id)
{
    jack_port_t *port = jack_port_by_id(stay_jack(p->stay), id);

    return port ? jack_port_name(port) : NULL;
}

static void note_came(struct came *c, uint32_t id)
{
    if (c->n == c->room) {
        uint32_t room = c->room ? 2 * c->room : 64;
        uint32_t *more = realloc(c->id, room * sizeof(*more));
        if (!more) {
            c->all = true;
            return;
        }
        c->id = more;
        c->room = room;
    }
    c->id[c->n++] = id;
}

static bool has_come(const struct patchbay *p, const char *port)
{
    bool yes = p->came.all;

    for (uint32_t i = 0; i < p->came.n && !yes; i++) {
        const char *name = name_of(p, p->came.id[i]);
        yes = name && strcmp(name, port) == 0;
    }
    return yes;
}

/* The cable that the plan of this graph has as wanted and there, or NULL. */
static const struct plan_cable *find_present(const struct jgraph *g,
                                             const struct plan *plan,
                                             const char *from, const char *to)
{
    uint32_t a = jgraph_find(g, from), b = jgraph_find(g, to);
    uint32_t low = 0, high = plan->count[PLAN_PRESENT];

    while (low < high) { /* in the graph's order */
        uint32_t mid = low + (high - low) / 2;
        const struct plan_cable *c = &plan->cable[mid];
        uint32_t x = jgraph_find(g, c->from), y = jgraph_find(g, c->to);
        if (x == a && y == b)
            return c;
        if (a < x || (a == x && b < y))
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

static void hear_cut(struct patchbay *p, const struct stay_event *e,
                     int64_t now)
{
    const char *from = name_of(p, e->a), *to = name_of(p, e->b);
    bool ours;

    if (!from || !to)
        return;
    log_debug(p->log, "patchbay: %s from %s was announced as parted", from, to);
    if (pulled_has(p->parting, from, to)) {
        pulled_remove(p->parting, from, to);
        return;
    }
    ours = pulled_has(p->made, from, to);
    pulled_remove(p->made, from, to);
    if (!ours && !tries_held(p->tries, from, to) &&
        !(p->seen && find_present(p->graph, p->plan, from, to)))
        return;
    tries_drop(p->tries, from, to);
    if (pulls_cut(p->pulls, from, to, e->a, e->b, now) < 0)
        log_warn(p->log, "patchbay: out of memory");
}

static void hear_joined(struct patchbay *p, const struct stay_event *e)
{
    const char *from = name_of(p, e->a), *to = name_of(p, e->b);

    if (!from || !to)
        return;
    log_debug(p->log, "patchbay: %s to %s was announced as joined", from, to);
    pulled_remove(p->parting, from, to);
    pulls_joined(p->pulls, from, to);
}

static void hear_came(struct patchbay *p, uint32_t id, int64_t now)
{
    note_came(&p->came, id);
    tries_hurry(p->tries);
    if (!p->busy_since)
        p->busy_since = now;
    p->quiet_at = now + QUIET_NS < p->busy_since + BUSY_NS
                      ? now + QUIET_NS
                      : p->busy_since + BUSY_NS;
}

/* Everything announced so far. */
static void hear(struct patchbay *p, int64_t now)
{
    struct stay_event e;

    while (stay_event(p->stay, &e)) {
        p->dirty = true;
        p->again_at = now + settle_ns(p);
        if (e.kind == STAY_PARTED)
            hear_cut(p, &e, now);
        else if (e.kind == STAY_JOINED)
            hear_joined(p, &e);
        else if (e.kind == STAY_PORT_GONE)
            pulls_port_gone(p->pulls, e.a, now);
        else if (e.kind == STAY_PORT_CAME)
            hear_came(p, e.a, now);
    }
    if (stay_lost(p->stay)) {
        /* what was cut may have been a client's going: none counts */
        p->dirty = p->came.all = true;
        tries_hurry(p->tries);
        pulled_clear(p->parting);
    }
}

/* ---- acting -------------------------------------------------------------- */

static const struct jgraph_port *port_of(const struct patchbay *p,
                                         const char *name)
{
    uint32_t i = jgraph_find(p->graph, name);

    return i == JGRAPH_NONE ? NULL : jgraph_port(p->graph, i);
}

/* In freewheel what is joined to the sound card is the server's business. */
static bool is_servers(const struct patchbay *p, const struct plan_cable *c)
{
    const struct jgraph_port *from, *to;

    if (!stay_freewheel(p->stay))
        return false;
    from = port_of(p, c->from);
    to = port_of(p, c->to);
    return (from && from->physical) || (to && to->physical);
}

/* Whether now is the time for this cable; else when it is. */
static bool is_due(struct patchbay *p, const struct plan_cable *c, int64_t now)
{
    int64_t at = tries_at(p->tries, c->from, c->to);

    if (at > now && at < p->try_at)
        p->try_at = at;
    return at <= now;
}

/* Returns whether JACK did as told. */
static bool make(struct patchbay *p, const struct plan_cable *c, int64_t now)
{
    const char *pulled =
        pulled_has(pulls_now(p->pulls), c->from, c->to)
            ? "; it was pulled by hand, and the rule enforces it"
            : "";
    int r = jack_connect(stay_jack(p->stay), c->from, c->to);

    if (r != 0 && r != EEXIST) {
        if (tries_refused(p->tries, c->from, c->to, now))
            log_warn(p->log,
                     "patchbay: JACK refuses to join %s to %s; trying on",
                     c->from, c->to);
        p->refused = true;
        return false;
    }
    if (r == 0)
        pulled_add(p->made, c->from, c->to); /* else it is foreign one day */
    if (!tries_done(p->tries, c->from, c->to, now, settle_ns(p)))
        return true;
    if (c->rule && c->rule->line > 0)
        log_info(p->log, "patchbay: joined %s to %s (rule of line %d%s%s)",
                 c->from, c->to, c->rule->line,
                 c->rule->fallback ? ", fallback" : "", pulled);
    else
        log_info(p->log, "patchbay: joined %s to %s%s", c->from, c->to, pulled);
    return true;
}

static bool part(struct patchbay *p, const struct plan_cable *c,
                 const char *why, int64_t now)
{
    if (jack_disconnect(stay_jack(p->stay), c->from, c->to) != 0) {
        if (tries_refused(p->tries, c->from, c->to, now))
            log_warn(p->log,
                     "patchbay: JACK refuses to part %s from %s; trying on",
                     c->from, c->to);
        p->refused = true;
        return false;
    }
    pulled_remove(p->made, c->from, c->to);
    pulled_add(p->parting, c->from, c->to);
    if (tries_done(p->tries, c->from, c->to, now, settle_ns(p)))
        log_info(p->log, "patchbay: parted %s from %s (%s)", c->from, c->to,
                 why);
    return true;
}

/* A look before this one, of the same stay; plan NULL: there was none. */
struct before {
    const struct jgraph *graph;
    const struct plan *plan;
};

static const struct plan_cable *was_present(const struct before *was,
                                            const struct plan_cable *c)
{
    return was->plan ? find_present(was->graph, was->plan, c->from, c->to)
                     : NULL;
}

/* A cable that vanished without a word: see at the top. */
static void hold(struct patchbay *p, const struct plan_cable *c,
                 const struct before *was, int64_t now)
{
    if (was_present(was, c) &&
        !pulled_has(pulls_now(p->pulls), c->from, c->to) &&
        !has_come(p, c->from) && !has_come(p, c->to) &&
        tries_hold(p->tries, c->from, c->to, now + HOLD_NS) < 0)
        log_warn(p->log, "patchbay: out of memory");
}

/* Why the cable has to go; NULL: it has not. */
static const char *why_part(const struct patchbay *p,
                            const struct plan_cable *c,
                            const struct before *was)
{
    const struct plan_cable *old;

    if (c->state == PLAN_FOREIGN && pulled_has(p->made, c->from, c->to))
        return "made by a rule that wants it no more";
    if (c->state != PLAN_REMOVE)
        return NULL;
    old = was_present(was, c);
    return old && old->rule && old->rule->fallback ? "the fallback is over"
                                                   : "a rule's exclusive";
}

/* Parts first, so that nothing is heard twice. Returns how much was done. */
static int act(struct patchbay *p, const struct before *was, int64_t now)
{
    int done = 0;

    for (uint32_t i = 0; i < p->plan->n && !stay_over(p->stay); i++) {
        const struct plan_cable *c = &p->plan->cable[i];
        const char *why = why_part(p, c, was);
        if (why && !is_servers(p, c) && is_due(p, c, now)) {
            done += part(p, c, why, now);
            is_due(p, c, now); /* when it is next */
        }
    }
    for (uint32_t i = 0; i < p->plan->n && !stay_over(p->stay); i++) {
        const struct plan_cable *c = &p->plan->cable[i];
        if (c->state != PLAN_ADD || is_servers(p, c))
            continue;
        hold(p, c, was, now);
        if (is_due(p, c, now)) {
            done += make(p, c, now);
            is_due(p, c, now); /* when it is next */
        }
    }
    return done;
}

/* ---- a tick -------------------------------------------------------------- */

/* What is there again is pulled no more. */
static void notice_joined(struct patchbay *p, int64_t now)
{
    const struct jgraph_link *l = jgraph_links(p->graph);

    for (uint32_t i = 0; i < jgraph_n_links(p->graph); i++) {
        const char *from = jgraph_port(p->graph, l[i].from)->name;
        const char *to = jgraph_port(p->graph, l[i].to)->name;
        if (pulled_has(pulls_now(p->pulls), from, to))
            pulls_seen(p->pulls, from, to, now);
    }
}

/* One look and what follows from it. Returns how much was done, or -errno. */
static int round_of(struct patchbay *p, int64_t now)
{
    struct plan *was = p->plan;
    struct jgraph *before = p->graph, *g = NULL;
    int r = jgraph_read(&g, stay_jack(p->stay));

    if (r < 0)
        return r;
    p->graph = g;
    p->plan = NULL;
    notice_joined(p, now);
    r = plan_make(&p->plan, p->graph, p->rules, pulls_now(p->pulls));
    if (r < 0) {
        p->graph = before;
        p->plan = was;
        jgraph_free(&g);
        return r;
    }
    r = act(p, &(struct before){before, p->seen ? was : NULL}, now);
    p->seen = true;
    plan_free(&was);
    jgraph_free(&before);
    return r;
}

static void work(struct patchbay *p, int64_t now)
{
    int r = 1;

    p->dirty = p->refused = false;
    if (now >= p->again_at)
        p->again_at = 0;
    for (int i = 0; i < ROUNDS && r > 0 && !stay_over(p->stay); i++) {
        p->try_at = INT64_MAX; /* act() finds it anew */
        r = round_of(p, now);
    }
    if (r == -ENOMEM)
        log_warn(p->log, "patchbay: out of memory");
    p->came.n = 0;
    p->came.all = false;
    p->busy_since = p->quiet_at = 0;
    p->sweep_at = now + SWEEP_NS;
    p->rate = stay_rate(p->stay);
    p->period = stay_period(p->stay);
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

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t patchbay_tick(struct patchbay *p)
{
    int64_t now = clock_now();
    uint64_t pokes;
    ssize_t n = read(p->fd, &pokes, sizeof(pokes));

    thread_assert(TH_MAIN);
    (void)n; /* nothing there is as good */
    if (p->stay && stay_over(p->stay))
        leave(p);
    if (!p->stay && now >= p->join_at)
        join(p, now);
    if (!p->stay)
        return p->join_at;

    hear(p, now);
    if (now >= p->sweep_at || now >= p->try_at ||
        (p->again_at && now >= p->again_at))
        p->dirty = true;
    if (p->dirty && now >= p->quiet_at)
        work(p, now);
    tell_pulled(p, now);
    if (stay_over(p->stay))
        return now;
    if (p->dirty) /* but not yet */
        return p->quiet_at;
    if (p->again_at && p->again_at < p->try_at)
        return earliest(p->again_at, p->sweep_at);
    return earliest(earliest(p->sweep_at, p->try_at), pulls_news_at(p->pulls));
}

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
    pulled_clear(p->made); /* what others made is left alone */
    p->dirty = true;
    poke(p);
}

int patchbay_apply(struct patchbay *p)
{
    pulls_forget(p->pulls);
    tries_clear(p->tries);
    p->seen = false; /* nothing is held */
    p->dirty = true;
    p->join_at = clock_now(); /* a server that has just come is there */
    patchbay_tick(p);
    if (p->stay && p->dirty) /* ports are coming, but it is asked for now */
        work(p, clock_now());
    if (!p->stay || stay_over(p->stay))
        return -EHOSTDOWN;
    return p->refused ? -EIO : 0;
}

int patchbay_fd(const struct patchbay *p)
{
    return p->fd;
}

bool patchbay_joined(const struct patchbay *p)
{
    return p->stay && !stay_over(p->stay);
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

int patchbay_look(struct jgraph **out, const char *server)
{
    jack_status_t status = 0;
    struct stay *s = NULL;
    struct jclose x = {0};
    int r = -errno, fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    *out = NULL;
    if (fd < 0)
        return r;
    r = stay_begin(&s, "longwave", server, fd, &x, &status);
    if (r == 0)
        r = jgraph_read(out, stay_jack(s));
    stay_end(&s, &x, NULL);
    close(fd);
    return r;
}
