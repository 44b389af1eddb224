// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From a plan to cables. What is chosen is done on a thread, and the word of it
 * can come before that comes back: so it is noted as done when it is chosen,
 * and taken back where it turns out that it was not. In freewheel the server
 * takes off what is joined to its sound card, silently, and puts it back
 * afterwards: those are left alone meanwhile.
 */
#include <errno.h>

#include "graph/patchbay_priv.h"

#define HOLD_NS (100 * NS_PER_MS)

const struct plan_cable *bay_find_present(const struct jgraph *g,
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

/* ---- choosing ------------------------------------------------------------ */

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

static const struct plan_cable *was_present(const struct bay_before *was,
                                            const struct plan_cable *c)
{
    return was->plan ? bay_find_present(was->graph, was->plan, c->from, c->to)
                     : NULL;
}

/* A cable that vanished without a word: see patchbay_hear.c. */
static void hold(struct patchbay *p, const struct plan_cable *c,
                 const struct bay_before *was, int64_t now)
{
    if (was_present(was, c) &&
        !pulled_has(pulls_now(p->pulls), c->from, c->to) &&
        !bay_has_come(p, c->from) && !bay_has_come(p, c->to) &&
        tries_hold(p->tries, c->from, c->to, now + HOLD_NS) < 0)
        log_warn(p->log, "patchbay: out of memory");
}

/* Why the cable has to go; NULL: it has not. */
static const char *why_part(const struct patchbay *p,
                            const struct plan_cable *c,
                            const struct bay_before *was)
{
    const struct plan_cable *old;

    if (c->state == PLAN_FOREIGN && ours_has(p->ours, c->from, c->to))
        return "made by a rule that wants it no more";
    if (c->state != PLAN_REMOVE)
        return NULL;
    old = was_present(was, c);
    return old && old->rule && old->rule->fallback ? "the fallback is over"
                                                   : "a rule's exclusive";
}

static int choose(struct patchbay *p, const struct plan_cable *c,
                  const char *why, struct stay_steps *out)
{
    struct stay_step step = {
        .from = (char *)c->from,
        .to = (char *)c->to,
        .part = why != NULL,
        .why = why,
        .ours_before = ours_has(p->ours, c->from, c->to),
        .pulled = pulled_has(pulls_now(p->pulls), c->from, c->to),
        .line = c->rule ? c->rule->line : 0,
        .fallback = c->rule && c->rule->fallback,
    };
    int r = stay_steps_add(out, &step);

    if (r == 0)
        r = pulled_add(why ? p->parting : p->joining, c->from, c->to);
    if (r == 0 && !why)
        r = ours_add(p->ours, c->from, c->to);
    return r;
}

int bay_choose(struct patchbay *p, const struct bay_before *was, int64_t now,
               struct stay_steps *out)
{
    int r = 0;

    /* Parts first, so that nothing is heard twice. */
    for (uint32_t i = 0; i < p->plan->n && r == 0; i++) {
        const struct plan_cable *c = &p->plan->cable[i];
        const char *why = why_part(p, c, was);
        if (why && !is_servers(p, c) && is_due(p, c, now))
            r = choose(p, c, why, out);
    }
    for (uint32_t i = 0; i < p->plan->n && r == 0; i++) {
        const struct plan_cable *c = &p->plan->cable[i];
        if (c->state != PLAN_ADD || is_servers(p, c))
            continue;
        hold(p, c, was, now);
        if (is_due(p, c, now))
            r = choose(p, c, NULL, out);
    }
    return r;
}

/* ---- booking ------------------------------------------------------------- */

static void say_joined(const struct patchbay *p, const struct stay_step *s)
{
    const char *pulled =
        s->pulled ? "; it was pulled by hand, and the rule enforces it" : "";

    if (s->line > 0)
        log_info(p->log, "patchbay: joined %s to %s (rule of line %d%s%s)",
                 s->from, s->to, s->line, s->fallback ? ", fallback" : "",
                 pulled);
    else
        log_info(p->log, "patchbay: joined %s to %s%s", s->from, s->to, pulled);
}

/* It was not done: by us, or at all. */
static void take_back(struct patchbay *p, const struct stay_step *s)
{
    pulled_remove(s->part ? p->parting : p->joining, s->from, s->to);
    if (!s->part && !s->ours_before)
        ours_remove(p->ours, s->from, s->to);
}

static void note_next(struct patchbay *p, const struct stay_step *s)
{
    int64_t at = tries_at(p->tries, s->from, s->to);

    if (at < p->try_at)
        p->try_at = at;
}

/* Returns whether JACK did as told. */
static bool book(struct patchbay *p, const struct stay_step *s, int64_t now)
{
    bool there = s->result == 0 || (!s->part && s->result == EEXIST), say;

    if (!s->done || s->result != 0)
        take_back(p, s);
    if (!s->done)
        return false;
    if (there) {
        if (s->part)
            ours_remove(p->ours, s->from, s->to);
        say = tries_done(p->tries, s->from, s->to, now, bay_settle_ns(p));
        if (say && s->part)
            log_info(p->log, "patchbay: parted %s from %s (%s)", s->from, s->to,
                     s->why);
        else if (say)
            say_joined(p, s);
    } else if (tries_refused(p->tries, s->from, s->to, now)) {
        log_warn(p->log, "patchbay: JACK refuses to %s %s %s %s; trying on",
                 s->part ? "part" : "join", s->from, s->part ? "from" : "to",
                 s->to);
    }
    note_next(p, s);
    return there;
}

int bay_book(struct patchbay *p, const struct stay_steps *steps, int64_t now)
{
    int done = 0;

    for (uint32_t i = 0; i < steps->n; i++)
        done += book(p, &steps->step[i], now);
    return done;
}
