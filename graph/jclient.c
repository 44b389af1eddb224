// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jclient.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "graph/jclient_priv.h"
#include "graph/jkind.h"
#include "graph/pinned.h"

#define SOON_NS    (10 * NS_PER_MS) /* while a task is at work... */
#define SOON_FOR   NS_PER_S         /* ...which is over soon, as a rule */
#define MOVE_LOOKS 10               /* of JCLIENT_TICK each */
/* The same. A hung client holds the others up too until somebody kills it,
   after 3 s as a rule: who leaves amid that hangs in closing. */
#define IDLE_LOOKS 40
#define TELL_NS    NS_PER_S /* then the metadata hang */
#define HANG_NS    (10 * NS_PER_S)
#define LOCKED     (8 << 20) /* bytes: what our clients lock, at most */
/* For so long nothing but the old name will do. */
#define EXACT_NS (10 * NS_PER_S)

static void set_alive(struct jclient *c, bool alive)
{
    /* release: pairs with the acquire in jclient_alive() */
    atomic_store_explicit(&c->alive, alive, memory_order_release);
}

static uint32_t count(const _Atomic uint32_t *x)
{
    /* relaxed, as all that is counted: nothing else hangs on it */
    return atomic_load_explicit(x, memory_order_relaxed);
}

static void count_one(_Atomic uint32_t *x)
{
    atomic_fetch_add_explicit(x, 1, memory_order_relaxed);
}

/* When to look at a task again. */
static int64_t look_again(const struct aside *t, int64_t now)
{
    return now + (now - t->since < SOON_FOR ? SOON_NS : JCLIENT_TICK);
}

/* --- in ------------------------------------------------------------------- */

/* From now on jclient_graph() reads this one. */
static void show(struct jclient_link *l)
{
    struct jclient *c = l->c;

    pthread_mutex_lock(&c->look_lock);
    c->look = l;
    pthread_mutex_unlock(&c->look_lock);
    atomic_fetch_add_explicit(&c->changes, 1, memory_order_relaxed);
}

static void take_name(struct jclient *c)
{
    pthread_mutex_lock(&c->name_lock);
    snprintf(c->name, sizeof(c->name), "%s",
             jack_get_client_name(c->link->jack));
    pthread_mutex_unlock(&c->name_lock);
}

/* Before the first cycle. Errors: joined()'s, which are for good. */
static int prepare(struct jclient *c)
{
    /* relaxed: a number that nothing else hangs on */
    atomic_store_explicit(&c->joined, c->link->rate, memory_order_relaxed);
    c->failed = c->o.joined ? c->o.joined(c->o.ctx, c) : 0;
    return c->failed;
}

/* Cycles run. */
static void be_in(struct jclient *c)
{
    c->state = JCLIENT_IN;
    c->watched_at = clock_now();
    c->idle = 0;
    c->latency_changed = false;
    jclient_wires_join(c);
    set_alive(c, true);
    show(c->link);
    jclient_link_work(c->link, &c->link->tell, jclient_tell);
}

/* Once in a life: a client that may be paged out plays all the same. */
static void say_locked(const struct log *log)
{
    struct rlimit r = {0, 0};

    if (pinned_permitted(LOCKED))
        return;
    getrlimit(RLIMIT_MEMLOCK, &r);
    log_info(log,
             "memory of the realtime thread is not locked, or not all of it: "
             "the limit is %llu kB, up to %d are used (ulimit -l; group audio; "
             "LimitMEMLOCK= of systemd)",
             (unsigned long long)r.rlim_cur / 1024, LOCKED / 1024);
}

int jclient_open(struct jclient **out, const struct jclient_opts *o)
{
    struct jclient *c = pinned_new(sizeof(*c));
    int err = -ENOMEM;

    *out = NULL;
    if (!c)
        return err;
    pthread_mutex_init(&c->name_lock, NULL);
    pthread_mutex_init(&c->look_lock, NULL);
    if (jclient_opts_take(c, o) < 0)
        goto out;
    snprintf(c->name, sizeof(c->name), "%s", o->name);
    say_locked(o->log);
    c->is_pipewire = jkind_is_pipewire();
    c->link = jclient_link_new(c);
    if (!c->link)
        goto out;
    c->state = JCLIENT_OPEN;
    err = jclient_link_open(c->link);
    if (err) {
        jclient_link_say(c->link);
        goto out;
    }
    take_name(c);
    err = jclient_link_register(c->link, o->log);
    if (err)
        goto out;
    *out = c;
    c = NULL;
out:
    jclient_close(&c);
    return err;
}

int jclient_activate(struct jclient *c)
{
    int err = prepare(c);

    if (err)
        return err;
    err = jclient_link_activate(c->link);
    if (err == 0)
        be_in(c);
    else if (err == -EHOSTDOWN)
        log_error(c->o.log, "the JACK server has gone");
    else
        log_error(c->o.log, "JACK refused to activate the client");
    return err;
}

/* --- out ------------------------------------------------------------------ */

/* The server went at that time, or is left now. */
static int64_t leave(struct jclient *c, int64_t at)
{
    int64_t now = clock_now();

    set_alive(c, false);
    jclient_wires_leave(c, at);
    jclient_link_leave(c->link);
    c->state = JCLIENT_LEAVING;
    c->leave_by = now + JCLIENT_CLOSE_NS;
    c->out_since = now;
    return now + SOON_NS;
}

/* Nothing runs on [rt] any more. */
static void be_out(struct jclient *c)
{
    c->state = JCLIENT_OUT;
    if (c->o.left)
        c->o.left(c->o.ctx, c);
}

/* Cycles may go on too, but what they worked for is the caller's again: none
   begins any more, and one under way has had time. */
static void abandon(struct jclient *c)
{
    log_warn(c->o.log, "JACK does not let go of the client");
    c->link->next = c->stuck;
    c->stuck = c->link;
    c->stuck_since = clock_now();
    c->link = NULL;
}

/* Those that came back after all. */
static void tidy(struct jclient *c)
{
    struct jclient_link **at = &c->stuck;

    while (*at) {
        struct jclient_link *l = *at;
        if (!jclient_link_left(l)) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        jclient_link_free(&l);
    }
}

static int64_t tick_leaving(struct jclient *c, int64_t now)
{
    if (jclient_link_left(c->link))
        jclient_link_free(&c->link);
    else if (now >= c->leave_by)
        abandon(c);
    else
        return look_again(&c->link->close, now);
    be_out(c);
    return now;
}

/* --- in again ------------------------------------------------------------- */

/* Work. */
static void open_link(void *link)
{
    struct jclient_link *l = link;

    if (jclient_link_open(l) == 0)
        l->err = jclient_link_register(l, NULL);
}

/* Work. */
static void activate_link(void *link)
{
    struct jclient_link *l = link;

    l->err = jclient_link_activate(l);
}

static void give_up(struct jclient *c)
{
    log_error(c->o.log, "libjack hangs: this program can't join a JACK server "
                        "any more");
    c->failed = -EIO;
}

static int64_t tick_out(struct jclient *c, int64_t now)
{
    if (c->failed)
        return now + JCLIENT_TICK;
    tidy(c);
    /* see jclient.h */
    if (c->stuck && c->is_pipewire) {
        if (now - c->stuck_since > HANG_NS)
            give_up(c);
        return now + JCLIENT_TICK;
    }
    if (now < c->try_at)
        return c->try_at;
    c->try_at = now + JCLIENT_TICK;
    c->link = jclient_link_new(c);
    if (!c->link)
        return c->try_at;
    c->link->exact = !c->may_vary;
    c->state = JCLIENT_OPENING;
    jclient_link_work(c->link, &c->link->work, open_link);
    return now + SOON_NS;
}

/* It did not work: closed and tried again. */
static int64_t step_back(struct jclient *c, int64_t now)
{
    int64_t since = c->out_since;

    leave(c, now);
    c->out_since = since;
    return now + SOON_NS;
}

/* Whoever has our name should lose it soon: our own self of before perhaps,
   whose end the server hasn't noticed. */
static void doubt_name(struct jclient *c, int64_t now)
{
    bool taken = c->link->status & JackNameNotUnique;

    if (!taken || c->may_vary || now - c->out_since < EXACT_NS)
        return;
    log_warn(c->o.log,
             "another JACK client is called %s: joining under another name",
             c->name);
    c->may_vary = true;
}

static int64_t tick_opening(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;

    if (aside_busy(&l->work)) {
        tidy(c);
        if (c->stuck && now - l->work.since > HANG_NS && !c->failed)
            give_up(c);
        return look_again(&l->work, now);
    }
    if (!l->jack) {
        doubt_name(c, now);
        jclient_link_free(&c->link);
        c->state = JCLIENT_OUT;
        return c->try_at;
    }
    if (c->may_vary)
        take_name(c);
    c->may_vary = false;
    if (l->err || c->failed || prepare(c))
        return step_back(c, now);
    c->state = JCLIENT_ACTIVATING;
    jclient_link_work(l, &l->work, activate_link);
    return clock_now() + SOON_NS;
}

/* What is asked of a server that stands still is answered once it moves again.
   One that goes on has lost the answer, or libjack has: the task hangs. In
   PipeWire time stands still where nothing plays. */
static bool hangs(struct jclient *c, int64_t now)
{
    const struct aside *t = &c->link->work;

    if (now - c->watched_at >= JCLIENT_TICK) {
        uint32_t frame = jack_last_frame_time(c->link->jack);
        bool moves = frame != c->frame || c->is_pipewire;
        c->watched_at = now;
        c->frame = frame;
        c->unanswered = moves ? c->unanswered + 1 : 0;
    }
    return now - t->since >= HANG_NS &&
           (c->unanswered >= MOVE_LOOKS || jclient_link_gone(c->link));
}

static void say_hangs(const struct jclient *c)
{
    log_warn(c->o.log, "the JACK server runs, but does not answer: leaving it "
                       "to join again");
}

static int64_t tick_activating(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;

    if (aside_busy(&l->work)) {
        if (!hangs(c, now))
            return look_again(&l->work, now);
        say_hangs(c);
        return step_back(c, now);
    }
    if (l->err)
        return step_back(c, now);
    be_in(c);
    count_one(&c->count.rejoins);
    log_info(c->o.log, "the JACK server is back: client %s, %u Hz", c->name,
             (unsigned)l->rate);
    return now;
}

/* --- while in ------------------------------------------------------------- */

/* The server runs on, but not us: in jackd 1.9.21 that happens when two clients
   come at one moment. A server that stands still is no cause. In PipeWire it is
   the usual thing: who is connected to nothing that runs does not run. */
static bool forgotten(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;

    if (c->is_pipewire || now - c->watched_at < JCLIENT_TICK)
        return false;
    c->watched_at = now;
    uint32_t cycles = count(&l->cycles);
    uint32_t frame = jack_last_frame_time(l->jack);
    bool idle = cycles == c->cycles && frame != c->frame &&
                !atomic_load_explicit(&l->freewheel, memory_order_relaxed);
    c->idle = idle ? c->idle + 1 : 0;
    c->cycles = cycles;
    c->frame = frame;
    return c->idle >= IDLE_LOOKS;
}

/* Why to leave, or NULL. */
static const char *cause(struct jclient *c, int64_t now)
{
    if (steady_follow(&c->steady, c->link->rate, count(&c->rate), now))
        return "the sample rate has changed";
    if (forgotten(c, now)) {
        count_one(&c->count.forgotten);
        return "the JACK server runs on without us";
    }
    return NULL;
}

static int64_t tick_in(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;
    int64_t gone = jclient_link_gone(l);
    const char *why;

    jclient_hear(c);
    if (gone) {
        log_warn(c->o.log, "the JACK server has gone: waiting for it");
        return leave(c, gone);
    }
    /* One task at a time talks to the server over the one socket that libjack
       has, unless the other one hangs. */
    if (aside_busy(&l->work)) {
        if (!hangs(c, now))
            return look_again(&l->work, now);
        say_hangs(c); /* it may hold a lock: nothing is looked at any more */
        return leave(c, now);
    }
    c->unanswered = 0;
    if (aside_busy(&l->tell) && now - l->tell.since < TELL_NS)
        return now + SOON_NS;
    why = cause(c, now);
    if (why) {
        log_warn(c->o.log, "%s: leaving it to join again", why);
        jclient_look(c, now);
        return leave(c, now);
    }
    return jclient_connect(c, now);
}

int64_t jclient_tick(struct jclient *c)
{
    int64_t now = clock_now();

    switch (c->state) {
    case JCLIENT_OUT:
        return tick_out(c, now);
    case JCLIENT_OPENING:
        return tick_opening(c, now);
    case JCLIENT_ACTIVATING:
        return tick_activating(c, now);
    case JCLIENT_IN:
        return tick_in(c, now);
    case JCLIENT_LEAVING:
        return tick_leaving(c, now);
    case JCLIENT_OPEN:
        break;
    }
    return now + JCLIENT_TICK;
}

void jclient_close(struct jclient **out)
{
    struct jclient *c = *out;
    int64_t end = clock_now() + JCLIENT_CLOSE_NS;

    *out = NULL;
    if (!c)
        return;
    set_alive(c, false);
    if (c->link && c->state != JCLIENT_LEAVING)
        jclient_link_leave(c->link);
    while (c->link && !jclient_link_left(c->link)) {
        if (clock_now() < end)
            clock_sleep(NS_PER_MS);
        else
            abandon(c);
    }
    if (c->link)
        jclient_link_free(&c->link);
    tidy(c);
    wires_fini(&c->wires);
    if (c->stuck) { /* someone may still look at it, and log */
        if (c->log.tail)
            log_tail_hold(c->log.tail);
        return;
    }
    jclient_opts_drop(c);
    pthread_mutex_destroy(&c->look_lock);
    pthread_mutex_destroy(&c->name_lock);
    pinned_free(c, sizeof(*c));
}
