// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/engine.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/deck.h"
#include "clients/generator/live.h"
#include "clients/generator/reverb.h"
#include "graph/clock.h"

#define DECKS    4
#define HURRY_S  3.0  /* in which a preset that leaves makes room for a third */
#define DRONE_S  25.0 /* in which drones fade... */
#define CLASH_S  8.0  /* ...or where the roots don't agree */
#define IN_TUNE  0.4  /* semitones */
#define LONG_AGO (-(INT64_C(1) << 50)) /* frame: before any that is heard */
#define TAKE_NS  (20 * NS_PER_MS)      /* that a deck after this one may need */

/* What is asked of the [gpu] thread. */
struct orders {
    double wanted[PARAM_COUNT];
    bool moved[PARAM_COUNT]; /* wanted was not passed on yet */
    struct deck *coming;     /* NULL: none */
    double fade_s;           /* of coming */
    double mode;             /* of coming */
};

struct engine {
    /* [init] */
    struct engine_opts opts; /* of decks to come; but for: */

    /* [main] */
    struct deck *front; /* the one that plays or comes in; its preset and seed
                           are those of opts [lock:lock] */

    pthread_mutex_t lock;
    struct orders orders;     /* [lock:lock] */
    uint32_t n_over;          /* [lock:lock] */
    struct deck *over[DECKS]; /* [lock:lock] heard no more, to be freed */
    uint32_t n_alive;         /* [lock:lock] decks that play or will */

    /* owner: the one thread */
    int64_t position; /* absolute frame of the next chunk */
    int64_t told;     /* a score was asked for what lies before it */
    struct live *live;
    uint32_t n_decks;
    struct deck *deck[DECKS]; /* the oldest first */
    struct buses *dry;        /* of the last chunk, all decks */
};

static int init(struct engine *e, const struct engine_opts *o)
{
    int err;

    pthread_mutex_init(&e->lock, NULL);
    e->opts = *o;
    for (int p = 0; p < PARAM_COUNT; p++)
        e->orders.wanted[p] = param_info((enum param)p)->def;
    e->dry = calloc(1, sizeof(*e->dry));
    err = e->dry ? live_new(&e->live, o->rate) : -ENOMEM;
    e->told = INT64_MIN;
    if (!err)
        err = deck_new(&e->front, o, e->live);
    if (err)
        return err;
    e->opts.music = deck_music(e->front);
    e->deck[0] = e->front;
    e->n_decks = e->n_alive = 1;
    return 0;
}

int engine_new(struct engine **out, const struct engine_opts *o)
{
    struct engine *e = NULL;
    int err = -EINVAL;

    *out = NULL;
    if (o->rate == 0)
        goto out;
    e = calloc(1, sizeof(*e));
    err = e ? init(e, o) : -ENOMEM;
    if (err)
        goto out;
    *out = e;
    e = NULL;
out:
    engine_free(&e);
    return err;
}

void engine_free(struct engine **e)
{
    if (!*e)
        return;
    for (uint32_t i = 0; i < (*e)->n_decks; i++)
        deck_free(&(*e)->deck[i]);
    deck_free(&(*e)->orders.coming);
    engine_tidy(*e);
    live_free(&(*e)->live);
    free((*e)->dry);
    pthread_mutex_destroy(&(*e)->lock);
    free(*e);
    *e = NULL;
}

/* The chunk that contains frame n starts there. */
static int64_t chunk_start(int64_t n)
{
    int64_t over = n % SCENE_CHUNK;
    return n - (over < 0 ? over + SCENE_CHUNK : over);
}

int engine_seek(struct engine *e, int64_t n, double seconds)
{
    float mix[SCENE_CHUNK * 2];
    int64_t target = chunk_start(n);
    int64_t most = 0;

    for (uint32_t i = 0; i < e->n_decks; i++) {
        int64_t own = deck_warm_up(e->deck[i]);
        most = own > most ? own : most;
    }
    e->position = chunk_start(
        target - (int64_t)fmin(seconds * e->opts.rate, (double)most));
    for (uint32_t i = 0; i < e->n_decks; i++)
        deck_seek(e->deck[i], e->position);
    while (e->position < target) {
        int err = engine_chunk(e, mix);
        if (err)
            return err;
    }
    return 0;
}

/* First frame that no deck's score was ever asked for. */
static int64_t untold(const struct engine *e)
{
    int64_t n = e->position > e->told ? e->position : e->told;

    for (uint32_t i = 0; i < e->n_decks; i++) {
        int64_t filled = deck_filled(e->deck[i]);
        n = filled > n ? filled : n;
    }
    return n;
}

void engine_skip(struct engine *e, uint64_t n)
{
    if (n == 0)
        return;
    e->told = untold(e);
    e->position += (int64_t)n * SCENE_CHUNK;
    for (uint32_t i = 0; i < e->n_decks; i++)
        deck_skip(e->deck[i], e->position);
}

int64_t engine_position(const struct engine *e)
{
    return e->position;
}

/* --- orders --------------------------------------------------------------- */

/* Whether two roots sound together as a unison, third, fourth, fifth or sixth.
 */
static bool in_tune(double a, double b)
{
    static const double good[] = {0, 3, 4, 5, 7, 8, 9, 12};
    double x = fmod(fabs(12.0 * log2(a / b)), 12.0);

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (fabs(x - good[i]) < IN_TUNE)
            return true;
    return false;
}

/* The deck comes in, all others leave. */
static void change_over(struct engine *e, struct deck *d, double fade_s,
                        double mode)
{
    int64_t grid = live_grid(e->live); /* where its mode can change */
    int64_t n = (untold(e) + grid - 1) / grid * grid;

    live_set(e->live, PARAM_MODE, n, mode);
    live_set(e->live, PARAM_FREEZE, n, param_info(PARAM_FREEZE)->def);
    for (uint32_t i = 0; i < e->n_decks; i++) {
        struct deck *old = e->deck[i];
        bool last = i + 1 == e->n_decks;
        double drone_s =
            in_tune(deck_root(old, n), deck_root(d, n)) ? DRONE_S : CLASH_S;
        deck_leave(old, n, last ? fade_s : HURRY_S, drone_s);
    }
    deck_enter(d, n, fade_s);
    e->deck[e->n_decks++] = d;
}

/* What was asked for since the last chunk. What the score reads counts from the
   first scene that isn't made yet, what is done to its sound at once. */
static void take_orders(struct engine *e)
{
    struct orders o;

    pthread_mutex_lock(&e->lock);
    o = e->orders;
    memset(e->orders.moved, 0, sizeof(e->orders.moved));
    e->orders.coming = NULL;
    pthread_mutex_unlock(&e->lock);
    if (o.coming)
        change_over(e, o.coming, o.fade_s, o.mode);
    for (int p = 0; p < PARAM_COUNT; p++) {
        bool at_once = p == PARAM_LEVEL || p == PARAM_SPACE;
        if (o.moved[p])
            live_set(e->live, (enum param)p, at_once ? e->position : untold(e),
                     o.wanted[p]);
    }
}

int engine_set(struct engine *e, enum param p, double value,
               char err[PARAM_ERROR_MAX])
{
    int r = param_check(p, value, err);

    if (r < 0 && p != PARAM_MODE)
        return r;
    pthread_mutex_lock(&e->lock);
    if (p == PARAM_MODE && (r < 0 || value > e->opts.music->n_modes)) {
        snprintf(err, PARAM_ERROR_MAX,
                 "mode: found %g, allowed are whole numbers from 0 to %u, and "
                 "names of modes of '%s'",
                 value, e->opts.music->n_modes, e->opts.music->name);
        r = r < 0 ? r : -ERANGE;
    } else {
        e->orders.wanted[p] = value;
        e->orders.moved[p] = true;
    }
    pthread_mutex_unlock(&e->lock);
    return r;
}

double engine_get(struct engine *e, enum param p)
{
    double value;

    pthread_mutex_lock(&e->lock);
    value = e->orders.wanted[p];
    pthread_mutex_unlock(&e->lock);
    return value;
}

void engine_settle(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    for (int p = 0; p < PARAM_COUNT; p++) {
        if (!e->orders.moved[p] || p == PARAM_FREEZE)
            continue;
        live_set(e->live, (enum param)p, LONG_AGO, e->orders.wanted[p]);
        e->orders.moved[p] = false;
    }
    pthread_mutex_unlock(&e->lock);
}

/* The mode of `to` that has the name of from's mode; 0: there is none. */
static double same_mode(const struct music *from, double mode,
                        const struct music *to)
{
    for (uint32_t i = 0; i < to->n_modes && mode >= 1.0; i++)
        if (strcmp(to->mode[i].name, from->mode[(uint32_t)mode - 1].name) == 0)
            return i + 1;
    return 0.0;
}

int engine_change(struct engine *e, const struct music *m, uint64_t seed,
                  double fade_s)
{
    struct engine_opts o = e->opts;
    struct supply_stats s;
    struct deck *d;
    bool busy;
    int err;

    engine_tidy(e);
    pthread_mutex_lock(&e->lock);
    busy = e->orders.coming || e->n_alive == DECKS;
    pthread_mutex_unlock(&e->lock);
    if (busy)
        return -EBUSY;
    o.music = m;
    o.seed = seed;
    deck_stats(e->front, &s);
    if (o.renderer == ENGINE_AUTO && s.state == SUPPLY_OFF)
        o.renderer = ENGINE_CPU; /* that there is no GPU is known */
    err = deck_new(&d, &o, e->live);
    if (err)
        return err;
    pthread_mutex_lock(&e->lock);
    e->orders.mode =
        same_mode(e->opts.music, e->orders.wanted[PARAM_MODE], deck_music(d));
    e->front = d;
    e->opts.music = deck_music(d);
    e->opts.seed = seed;
    e->orders.coming = d;
    e->orders.fade_s = fade_s;
    e->n_alive++;
    /* as change_over() does; what is asked for from now on is of the new one */
    e->orders.wanted[PARAM_MODE] = e->orders.mode;
    e->orders.wanted[PARAM_FREEZE] = param_info(PARAM_FREEZE)->def;
    e->orders.moved[PARAM_MODE] = e->orders.moved[PARAM_FREEZE] = false;
    pthread_mutex_unlock(&e->lock);
    return 0;
}

uint64_t engine_seed(const struct engine *e)
{
    return e->opts.seed;
}

const struct music *engine_music(const struct engine *e)
{
    return deck_music(e->front);
}

void engine_tidy(struct engine *e)
{
    struct deck *over[DECKS];
    uint32_t n;

    pthread_mutex_lock(&e->lock);
    n = e->n_over;
    memcpy(over, e->over, sizeof(over));
    e->n_over = 0;
    pthread_mutex_unlock(&e->lock);
    for (uint32_t i = 0; i < n; i++)
        deck_free(&over[i]);
}

/* --- sound ---------------------------------------------------------------- */

static const struct reverb_moves *room_moves(const struct engine *e,
                                             struct reverb_moves *out)
{
    if (live_untouched(e->live, PARAM_SPACE) &&
        live_untouched(e->live, PARAM_MOTION))
        return NULL;
    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        int64_t n = e->position + (int64_t)p * SCENE_GRID;
        out->space[p] = live_curve(e->live, PARAM_SPACE, n);
        out->motion[p] = live_curve(e->live, PARAM_MOTION, n);
    }
    return out;
}

static float level_at(const struct engine *e, int64_t n)
{
    return (float)pow(10.0, live_curve(e->live, PARAM_LEVEL, n) / 20.0);
}

static void apply_level(struct engine *e, float *mix)
{
    float from, to = level_at(e, e->position);

    if (live_untouched(e->live, PARAM_LEVEL))
        return;
    from = to;
    for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
        uint32_t x = n % SCENE_GRID;
        if (x == 0) {
            from = to;
            to = level_at(e, e->position + n + SCENE_GRID);
        }
        float g = from + (to - from) * (float)x / SCENE_GRID;
        for (uint32_t c = 0; c < 2; c++) {
            mix[2 * n + c] *= g;
            for (uint32_t b = 0; b < BUS_COUNT; b++)
                e->dry->x[b][c][n] *= g;
        }
    }
}

/* Decks of which nothing is heard any more are left to engine_tidy(), since
   their workers may take a moment to end. */
static void put_away(struct engine *e)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < e->n_decks; i++) {
        struct deck *d = e->deck[i];
        if (!deck_over(d, e->position)) {
            e->deck[kept++] = d;
            continue;
        }
        pthread_mutex_lock(&e->lock);
        e->over[e->n_over++] = d;
        e->n_alive--;
        pthread_mutex_unlock(&e->lock);
    }
    e->n_decks = kept;
}

int engine_chunk_by(struct engine *e, int64_t deadline_ns, float *mix)
{
    struct reverb_moves room;
    const struct reverb_moves *moves;
    int err = 0;

    take_orders(e);
    moves = room_moves(e, &room);
    memset(mix, 0, SCENE_CHUNK * 2 * sizeof(*mix));
    memset(e->dry, 0, sizeof(*e->dry));
    for (uint32_t i = 0; i < e->n_decks && !err; i++)
        err = deck_fill(e->deck[i]);
    for (uint32_t i = 0; i < e->n_decks && !err; i++) {
        int64_t due = deadline_ns;
        if (due != SUPPLY_NEVER)
            due -= (e->n_decks - 1 - i) * TAKE_NS;
        err = deck_chunk(e->deck[i], e->position, due, moves, mix, e->dry);
    }
    if (err)
        return err == -ENOMEM ? err : -EIO;
    apply_level(e, mix);
    e->position += SCENE_CHUNK;
    put_away(e);
    return 0;
}

int engine_chunk(struct engine *e, float *mix)
{
    return engine_chunk_by(e, SUPPLY_NEVER, mix);
}

const struct buses *engine_dry(const struct engine *e)
{
    return e->dry;
}

void engine_bus(const struct engine *e, enum scene_bus bus, float *out)
{
    for (uint32_t n = 0; n < SCENE_CHUNK; n++)
        for (uint32_t c = 0; c < 2; c++)
            out[2 * n + c] = e->dry->x[bus][c][n];
}

/* --- what it does --------------------------------------------------------- */

void engine_stats(const struct engine *e, struct supply_stats *out)
{
    deck_stats(e->front, out);
}

void engine_renderer_name(const struct engine *e, char *out, size_t size)
{
    struct supply_stats s;

    deck_stats(e->front, &s);
    if (s.state == SUPPLY_PROBING && *s.name)
        snprintf(out, size, "%s on trial, %s meanwhile", s.name,
                 deck_cpu_name(e->front));
    else
        snprintf(out, size, "%s",
                 s.state == SUPPLY_GPU ? s.name : deck_cpu_name(e->front));
}

uint32_t engine_partials(const struct engine *e)
{
    struct supply_stats s;

    deck_stats(e->front, &s);
    return music_partials(deck_music(e->front),
                          s.state != SUPPLY_GPU && s.thinned > 0);
}
