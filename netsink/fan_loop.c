// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/threads.h"
#include "netsink/fan_priv.h"
#include "netsink/timeline.h"

#define TICK         (WHEEL_TICK_MS * NS_PER_MS)
#define PACKET_TICKS 2 /* of 20 ms */

#define LINE      64          /* bytes of a cache's */
#define BRING     64          /* listeners brought home at once */
#define FRESH     NS_PER_MS   /* the time of a mount is asked for as often */
#define NONSENSE  (16 * 1024) /* bytes heard of a listener between visits */
#define TOKENS_S  0.1         /* of the rate that may be saved up, */
#define TOKENS_IN 65536.0     /* or so many bytes */

/* A mount's time, in ticks. */

static int64_t tick_time(const struct fan_mount *m, uint64_t tick)
{
    return pace_time(encoder_pace(m->mount->encoder), tick / PACKET_TICKS) +
           (int64_t)(tick % PACKET_TICKS) * TICK;
}

/* The latest tick whose time has come. Both ways are asked, since a fraction
   may be rounded to either side. */
static uint64_t tick_now(const struct fan_mount *m, int64_t now)
{
    const struct pace *p = encoder_pace(m->mount->encoder);
    uint64_t t = (uint64_t)(pace_position(p, now) * PACKET_TICKS);

    if (t > 0 && tick_time(m, t) > now)
        return t - 1;
    return tick_time(m, t + 1) <= now ? t + 1 : t;
}

/* The same as it was up to a millisecond ago: of hundreds that are visited
   together each would ask. */
static uint64_t fresh_tick(struct fan_mount *m, int64_t now)
{
    if (now - m->tick_at >= FRESH) {
        m->tick = tick_now(m, now);
        m->tick_at = now;
        m->due.seq = 0;
    }
    return m->tick;
}

static bool start_wheel(struct fan_mount *m, int64_t now)
{
    if (!m->turns && pace_time(encoder_pace(m->mount->encoder), 0) != 0) {
        wheel_init(&m->wheel, tick_now(m, now));
        m->turns = true;
    }
    return m->turns;
}

/* Sets the timer to the next tick with a visit. */
static void arm(struct fan_loop *fl)
{
    int64_t at = 0;

    for (uint32_t i = 0; i < fl->fan->o.n_mounts; i++) {
        struct fan_mount *m = &fl->mounts[i];
        uint64_t tick;
        if (!m->turns || !wheel_next(&m->wheel, &tick))
            continue;
        int64_t t = tick_time(m, tick);
        /* 0 is never, to the timer. */
        t = t > 0 ? t : 1;
        at = at == 0 || t < at ? t : at;
    }
    if (at == fl->armed)
        return;
    const struct itimerspec when = {
        .it_value = {.tv_sec = at / NS_PER_S, .tv_nsec = at % NS_PER_S}};
    timerfd_settime(fl->timer, TFD_TIMER_ABSTIME, &when, NULL);
    fl->armed = at;
}

static void eager_add(struct fan_loop *fl, struct listener *l)
{
    struct fan_mount *m = &fl->mounts[l->mount_no];

    l->eager = true;
    l->eager_prev = NULL;
    l->eager_next = m->eager;
    if (m->eager)
        m->eager->eager_prev = l;
    m->eager = l;
    atomic_fetch_add_explicit(&fl->n_eager, 1, memory_order_release);
}

static void eager_remove(struct fan_loop *fl, struct listener *l)
{
    if (!l->eager)
        return;
    if (l->eager_prev)
        l->eager_prev->eager_next = l->eager_next;
    else
        fl->mounts[l->mount_no].eager = l->eager_next;
    if (l->eager_next)
        l->eager_next->eager_prev = l->eager_prev;
    l->eager = false;
    atomic_fetch_sub_explicit(&fl->n_eager, 1, memory_order_relaxed);
}

static void send_home(struct fan_loop *fl, struct listener *l, bool end_seen)
{
    pthread_mutex_lock(&fl->home);
    l->end_seen = l->end_seen || end_seen;
    if (!l->at_home) {
        l->at_home = true;
        l->home_next = NULL;
        *fl->home_last = l;
        fl->home_last = &l->home_next;
    }
    pthread_mutex_unlock(&fl->home);
    loop_send(fl->fan->o.ev, &fl->bring);
}

static bool hurries(const struct listener *l)
{
    return l->latency == LATENCY_LIVE || l->latency == LATENCY_LOW;
}

static void link_listener(struct fan_loop *fl, struct listener *l)
{
    struct fan_mount *m = &fl->mounts[l->mount_no];

    l->on_loop = true;
    l->prev = NULL;
    l->next_on_loop = fl->all;
    if (fl->all)
        fl->all->prev = l;
    fl->all = l;
    fl->n++;
    m->figures.listeners++;
    m->figures.by_class[l->latency]++;
    if (hurries(l))
        encoder_hurry(m->mount->encoder, true);
}

static void unlink_listener(struct fan_loop *fl, struct listener *l)
{
    struct fan_mount *m = &fl->mounts[l->mount_no];

    fan_parts_forget(fl, l);
    l->on_loop = false;
    if (l->prev)
        l->prev->next_on_loop = l->next_on_loop;
    else
        fl->all = l->next_on_loop;
    if (l->next_on_loop)
        l->next_on_loop->prev = l->prev;
    fl->n--;
    m->figures.listeners--;
    m->figures.by_class[l->latency]--;
    if (hurries(l))
        encoder_hurry(m->mount->encoder, false);
}

/* Takes it off the loop and sends it home. */
static void end(struct fan_loop *fl, struct listener *l, enum listener_end why,
                bool end_seen)
{
    struct fan_mount *m = &fl->mounts[l->mount_no];

    l->why = why;
    m->figures.ends[why]++;
    wheel_remove(&l->item);
    if (l->placed && l->latency != LATENCY_LIVE)
        wheel_leave_place(&m->wheel, l->cadence * PACKET_TICKS, l->phase);
    l->placed = false;
    eager_remove(fl, l);
    unlink_listener(fl, l);
    if (l->read)
        event_free(l->read);
    l->read = NULL;
    listener_release(l);
    send_home(fl, l, end_seen);
}

static void take_place(struct fan_mount *m, struct listener *l)
{
    uint32_t phase = 0;

    /* Live ones are written to when their packet's time has come, all at once:
       to spread them would make most of them wait. */
    if (l->latency != LATENCY_LIVE)
        phase = wheel_take_place(&m->wheel, l->cadence * PACKET_TICKS,
                                 latency_classes[l->latency].stagger /
                                     WHEEL_TICK_MS);
    listener_place(l, phase);
}

static double *count_tokens(struct fan_loop *fl, int64_t now)
{
    double rate = fl->fan->o.burst_rate / fl->fan->o.n_loops;
    double most = rate * TOKENS_S > TOKENS_IN ? rate * TOKENS_S : TOKENS_IN;

    if (rate <= 0)
        return NULL;
    fl->tokens += rate * (double)(now - fl->tokens_at) / NS_PER_S;
    fl->tokens = fl->tokens < most ? fl->tokens : most;
    fl->tokens_at = now;
    return &fl->tokens;
}

static void visit(struct fan_loop *fl, struct listener *l)
{
    struct fan_mount *m = &fl->mounts[l->mount_no];
    const int64_t now = clock_now();

    if (!start_wheel(m, now)) {
        if (!l->eager)
            eager_add(fl, l);
        return;
    }
    if (!l->placed)
        take_place(m, l);
    uint64_t tick = fresh_tick(m, now);
    const struct visit v = {
        .scratch = &fl->scratch,
        .due = &m->due,
        .figures = &m->figures,
        .tokens = count_tokens(fl, now),
        .now = now,
        /* The clock may have been put back a little since the wheel turned. */
        .tick = tick > m->wheel.tick ? tick : m->wheel.tick,
    };
    bool on = listener_visit(l, &v);
    if (on && l->waits && !l->eager) {
        /* What was put before this was known is seen now. */
        eager_add(fl, l);
        on = listener_visit(l, &v);
    }
    if (!on) {
        end(fl, l, l->why, false);
        return;
    }
    if (l->eager && !l->waits)
        eager_remove(fl, l);
    if (l->next_tick != LISTENER_NEVER)
        wheel_put(&m->wheel, &l->item, l->next_tick);
    else
        wheel_remove(&l->item);
}

static struct listener *listener_of(struct wheel_item *i)
{
    return (struct listener *)((char *)i - offsetof(struct listener, item));
}

static void fetch_range(const void *from, const void *to)
{
    for (const char *p = from; p < (const char *)to; p += LINE)
        __builtin_prefetch(p);
}

/* A second after its last visit nothing of a listener is in the caches. Nor is
   of the one after it, to whom its place on the wheel points. */
static void fetch(const struct listener *l)
{
    fetch_range(l, l->stream.turns + 1);
    fetch_range(&l->adapt, l->adapt.looks);
    fetch_range(&l->deviation, l->deviation.count);
    fetch_range(&l->jitter, l->jitter.count);
    __builtin_prefetch(l->item.next);
}

/* Visits those that are due at tick. */
static void turn(struct fan_loop *fl, struct fan_mount *m, uint64_t tick)
{
    struct wheel_item *i, *next;

    wheel_turn(&m->wheel, tick);
    while ((i = wheel_pop(&m->wheel))) {
        next = wheel_peek(&m->wheel);
        if (next)
            fetch(listener_of(next));
        visit(fl, listener_of(i));
    }
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct fan_loop *fl = ctx;
    const int64_t now = clock_now();
    uint64_t n;
    (void)what;

    if (read(fd, &n, sizeof(n)) < 0)
        return;
    fl->armed = 0;
    for (uint32_t i = 0; i < fl->fan->o.n_mounts; i++) {
        struct fan_mount *m = &fl->mounts[i];
        if (m->turns)
            turn(fl, m, tick_now(m, now));
    }
    hub_views_clear(&fl->scratch.views);
    arm(fl);
}

/* [fan] Packets were put. */
static void on_put(void *ctx)
{
    struct fan_loop *fl = ctx;

    for (uint32_t i = 0; i < fl->fan->o.n_mounts; i++) {
        struct listener *l = fl->mounts[i].eager, *next;
        for (; l; l = next) {
            next = l->eager_next;
            visit(fl, l);
        }
    }
    hub_views_clear(&fl->scratch.views);
    arm(fl);
}

/*
 * A listener has nothing to say. The event comes at each edge, so that what it
 * says and is not read costs nothing, and a reset after a half-close still
 * shows.
 */
static void on_read(evutil_socket_t fd, short what, void *ctx)
{
    struct listener *l = ctx;
    (void)what;

    while (l->heard < NONSENSE) {
        /* TCP throws away what is read with this flag. */
        ssize_t n = recv(fd, NULL, NONSENSE, MSG_TRUNC | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            end(l->loop, l, LISTENER_LEFT, false);
            return;
        }
        /* 0: it has closed its side, and may well go on listening. */
        if (n <= 0)
            return;
        l->heard += (uint32_t)n;
    }
}

static int listen_to(struct fan_loop *fl, struct listener *l)
{
    l->read = event_new(loop_base(fl->loop), l->fd,
                        EV_READ | EV_PERSIST | EV_ET, on_read, l);
    return l->read && event_add(l->read, NULL) == 0 ? 0 : -ENOMEM;
}

static void begin_adapting(struct fan_mount *m, struct listener *l)
{
    const uint32_t rung = l->stream.rung, n = m->mount->n_ladder;
    const struct adapt_opts o = {
        .rates = m->rates,
        .n_rungs = n,
        .top = rung > m->mount->usual ? rung : m->mount->usual,
    };

    l->rates = m->rates;
    l->adapts = !l->pinned && rung < n && n > 1;
    adapt_init(&l->adapt, &o, rung, clock_now());
}

void fan_loop_add(void *ctx)
{
    struct listener *l = ctx;
    struct fan_loop *fl = l->loop;

    begin_adapting(&fl->mounts[l->mount_no], l);
    link_listener(fl, l);
    if (fl->closing)
        end(fl, l, LISTENER_CUT, false);
    else if (listen_to(fl, l))
        end(fl, l, LISTENER_NO_MEMORY, false);
    else
        visit(fl, l);
    hub_views_clear(&fl->scratch.views);
    arm(fl);
}

void fan_loop_end(void *ctx)
{
    struct listener *l = ctx;

    if (l->on_loop)
        end(l->loop, l, l->asked_why, true);
    else
        send_home(l->loop, l, true);
}

/* [ev] */
static void on_bring(void *ctx)
{
    struct fan_loop *fl = ctx;

    if (fan_bring(fl, BRING))
        loop_send(fl->fan->o.ev, &fl->bring);
}

static int new_timer(struct fan_loop *fl)
{
    fl->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fl->timer < 0)
        return -errno;
    fl->tick = event_new(loop_base(fl->loop), fl->timer, EV_READ | EV_PERSIST,
                         on_tick, fl);
    if (!fl->tick)
        return -ENOMEM;
    event_priority_set(fl->tick, LOOP_URGENT);
    return event_add(fl->tick, NULL) ? -ENOMEM : 0;
}

int fan_loop_new(struct fan_loop **out, struct fan *f)
{
    struct fan_loop *fl =
        calloc(1, sizeof(*fl) + f->o.n_mounts * sizeof(fl->mounts[0]));

    *out = fl;
    if (!fl)
        return -ENOMEM;
    fl->fan = f;
    fl->timer = -1;
    thread_mutex_init(&fl->home);
    fl->home_last = &fl->home_first;
    fl->put = (struct loop_letter){.fn = on_put, .ctx = fl};
    fl->bring = (struct loop_letter){.fn = on_bring, .ctx = fl};
    fl->tokens_at = clock_now();
    for (uint32_t i = 0; i < f->o.n_mounts; i++) {
        struct fan_mount *m = &fl->mounts[i];
        m->mount = &f->o.mounts[i];
        for (uint32_t r = 0; r < m->mount->n_rungs; r++)
            m->rates[r] = rung_bytes_per_s(&m->mount->rungs[r].spec);
    }
    int err = loop_new(&fl->loop, TH_FAN);
    if (!err)
        err = new_timer(fl);
    if (err) {
        fan_loop_close(fl);
        fan_loop_free(out);
    }
    return err;
}

void fan_loop_close(struct fan_loop *fl)
{
    fl->closing = true;
    while (fl->all)
        end(fl, fl->all, LISTENER_CUT, false);
    if (fl->tick)
        event_free(fl->tick);
    fl->tick = NULL;
    loop_free(&fl->loop); /* runs what was posted */
    while (fan_bring(fl, BRING))
        ;
    loop_recall(fl->fan->o.ev, &fl->bring);
}

void fan_loop_free(struct fan_loop **fl)
{
    if (!*fl)
        return;
    if ((*fl)->timer >= 0)
        close((*fl)->timer);
    pthread_mutex_destroy(&(*fl)->home);
    free(*fl);
    *fl = NULL;
}
