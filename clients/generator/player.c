// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/player.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/notify.h"

#define MARGIN_MAX_NS (50 * NS_PER_MS)
/* All but 16 dB of the room's past: starting at once counts for more. */
#define LIVE_WARM_UP_S  2.0
#define MISSED_EVERY_NS (10 * NS_PER_S) /* between two warnings */
#define CATCH_UP_NS     (5 * NS_PER_S)  /* after a server's return */
#define GPU_BELOW       3               /* the process callback's priority */
#define OVERLOAD        0.9             /* of [gpu] */

struct player {
    /* [init] */
    struct player_opts o;
    struct jclient *jack;

    struct music music; /* that the present engine began with */
    struct engine *engine;
    struct feed *feed; /* the process callback's, too */
    uint32_t rate;     /* Hz, of both */

    bool demoted;     /* [gpu] has the ordinary priority for its load */
    uint64_t told;    /* missed frames that were */
    int64_t told_at;  /* ns */
    int64_t quiet_to; /* ns: frames missed until then are no news */
};

/* --- making --------------------------------------------------------------- */

static int new_engine(struct player *p, struct engine **out)
{
    struct engine_opts o = p->o.engine;
    char name[ENGINE_NAME_MAX];
    int err;

    o.log = p->o.log;
    o.music = &p->music;
    o.rate = p->rate;
    o.offline = false;
    o.margin_ns = p->o.ahead_ms * NS_PER_MS / 5;
    if (o.margin_ns > MARGIN_MAX_NS)
        o.margin_ns = MARGIN_MAX_NS;
    err = engine_new(out, &o);
    if (err)
        return err;
    engine_renderer_name(*out, name, sizeof(name));
    log_info(p->o.log, "%s, seed %06" PRIx64 ", %u Hz, %s", p->music.name,
             o.seed, (unsigned)p->rate, name);
    return 0;
}

static int new_feed(struct player *p)
{
    uint32_t period = jclient_period(p->jack);
    struct feed_opts o = {
        .log = p->o.log,
        .engine = p->engine,
        .rate = p->rate,
        .period = period,
        .ahead = (uint32_t)((uint64_t)p->o.ahead_ms * p->rate / 1000),
        .midi = &p->music.midi,
        .resumes = p->o.resumes,
        .origin_ns = p->o.origin_ns,
    };

    if (o.ahead < 2 * period)
        o.ahead = 2 * period;
    return feed_start(&p->feed, &o);
}

/* What the old engine was asked for is as if the new one always had it. */
static void inherit(struct engine *e, struct engine *old)
{
    char err[PARAM_ERROR_MAX];

    for (int i = 0; i < PARAM_COUNT; i++) {
        enum param p = (enum param)i;
        double value = engine_get(old, p);
        if (value != param_info(p)->def)
            (void)engine_set(e, p, value, err);
    }
    engine_settle(e);
}

static int begin(struct player *p)
{
    double start = p->o.start_s;
    int err = new_engine(p, &p->engine);

    if (err)
        return err;
    if (p->o.prepare)
        p->o.prepare(p->o.ctx, p->engine);
    engine_settle(p->engine);
    if (p->o.resumes) /* the feed's first cycle makes it exact */
        start = fmax(0, (double)(clock_now() - p->o.origin_ns) / NS_PER_S);
    err = engine_seek(p->engine, llround(start * p->rate), LIVE_WARM_UP_S);
    if (!err)
        err = new_feed(p);
    p->o.resumes = false; /* a feed that is made anew goes on from this one */
    return err;
}

/* The same music at the same moment, at another rate. */
static int begin_anew(struct player *p, uint32_t was)
{
    struct engine *old = p->engine;
    double at = (double)feed_due(p->feed) / was; /* s */
    int err;

    feed_stop(&p->feed);
    p->music = *engine_music(old);
    p->o.engine.seed = engine_seed(old);
    p->engine = NULL;
    err = new_engine(p, &p->engine);
    if (!err)
        inherit(p->engine, old);
    engine_free(&old);
    if (!err) {
        int64_t passed = (int64_t)jclient_passed(p->jack);
        err = engine_seek(p->engine, llround(at * p->rate) + passed,
                          LIVE_WARM_UP_S);
    }
    return err ? err : new_feed(p);
}

/* --- the graph ------------------------------------------------------------ */

/* Where realtime is not permitted it has the ordinary priority. */
static void promote(struct player *p)
{
    (void)jclient_promote(p->jack, feed_thread(p->feed), GPU_BELOW);
    p->demoted = false;
}

/* Who takes all there is must not have it before everybody else. */
static void watch_load(struct player *p)
{
    const struct sched_param ordinary = {0};
    bool over = feed_load(p->feed) > OVERLOAD;

    if (over && !p->demoted)
        pthread_setschedparam(feed_thread(p->feed), SCHED_OTHER, &ordinary);
    else if (!over && p->demoted)
        promote(p);
    p->demoted = over;
}

/* What a key is pressed for is heard when what is rendered has been played. */
static void tell_latency(struct player *p, struct jclient *jack)
{
    jclient_set_midi_heard(jack, feed_ahead(p->feed));
}

/* jclient_opts.joined */
static int joined(void *ctx, struct jclient *jack)
{
    struct player *p = ctx;
    uint32_t was = p->rate;
    int err = 0;

    p->rate = jclient_rate(jack);
    if (!p->feed) {
        err = begin(p); /* the watchdog begins later */
    } else if (was != p->rate) {
        notify_watchdog_allow(ENGINE_SLOW_S * NS_PER_S);
        err = begin_anew(p, was);
        notify_watchdog_allow(0);
    }
    if (err) {
        log_error(p->o.log, "can't play at %u Hz: %s", (unsigned)p->rate,
                  strerror(-err));
        return err;
    }
    feed_set_period(p->feed, jclient_period(jack));
    if (was != p->rate)
        p->o.changed(p->o.ctx, p->engine, p->feed);
    p->told = feed_missed(p->feed);
    p->quiet_to = was ? clock_now() + CATCH_UP_NS : 0;
    tell_latency(p, jack);
    promote(p);
    return 0;
}

int player_open(struct player **out, const struct player_opts *o)
{
    struct player *p = calloc(1, sizeof(*p));
    struct jclient_opts jack = {
        .log = o->log,
        .name = o->name,
        .pretty =
            strcmp(o->name, PLAYER_NAME) == 0 ? "Longwave Generator" : NULL,
        .icon = "audio-x-generic",
        .server = o->server,
        .out = feed_ports,
        .midi_in = feed_midi_ports,
        .process_rt = feed_process_rt,
        .joined = joined,
    };
    int err = -ENOMEM;

    *out = NULL;
    if (!p)
        return err;
    p->o = *o;
    p->music = *o->engine.music;
    jack.rt_ctx = &p->feed;
    jack.ctx = p;
    err = jclient_open(&p->jack, &jack);
    if (err)
        player_close(&p);
    *out = p;
    return err;
}

void player_close(struct player **p)
{
    if (!*p)
        return;
    jclient_close(&(*p)->jack);
    feed_stop(&(*p)->feed);
    engine_free(&(*p)->engine);
    free(*p);
    *p = NULL;
}

int player_start(struct player *p)
{
    return jclient_activate(p->jack);
}

/* frames: missed since it was last said. */
static void say_missed(const struct player *p, uint64_t frames)
{
    double load = feed_load(p->feed);

    if (load > 1.0)
        log_warn(p->o.log,
                 "this preset takes %.1f times real time here: %" PRIu64
                 " frames were silent; fewer members or harmonics, or another "
                 "--renderer, would help",
                 load, frames);
    else
        log_warn(p->o.log,
                 "rendering came too late for %" PRIu64
                 " frames; a longer --ahead may help",
                 frames);
}

static void watch_missed(struct player *p)
{
    uint64_t missed = feed_missed(p->feed);
    int64_t now = clock_now();

    if (now < p->quiet_to)
        p->told = missed;
    if (missed == p->told || now - p->told_at <= MISSED_EVERY_NS)
        return;
    say_missed(p, missed - p->told);
    p->told = missed;
    p->told_at = now;
}

int64_t player_tick(struct player *p)
{
    int64_t next = jclient_tick(p->jack);

    if (player_failed(p))
        return next;
    if (jclient_alive(p->jack)) {
        feed_set_period(p->feed, jclient_period(p->jack));
        tell_latency(p, p->jack);
        watch_load(p);
    }
    watch_missed(p);
    engine_tidy(p->engine);
    return next;
}

int player_failed(const struct player *p)
{
    int err = jclient_failed(p->jack);

    return err ? err : feed_failed(p->feed);
}

struct engine *player_engine(const struct player *p)
{
    return p->engine;
}

struct feed *player_feed(const struct player *p)
{
    return p->feed;
}

const struct jclient *player_jack(const struct player *p)
{
    return p->jack;
}
