// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/note.h"

#include <math.h>

#include "clients/generator/noise.h"

#define PI      3.14159265358979323846
#define TAU_LOW 55.0 /* Hz, below which notes ring no longer */
#define RAMP_S  20.0 /* over which a preset that comes in gathers its notes */

/* What a draw is for; values are part of how a seed sounds. */
enum draw {
    DRAW_LAYER = 1,
    DRAW_VOICE,
    DRAW_OFFSET,
    DRAW_LAG,
    DRAW_HOME,
    DRAW_PROB,
    DRAW_NOTE,
    DRAW_JITTER,
    DRAW_SOUNDS,
    DRAW_PITCH,
    DRAW_ATTACK,
    DRAW_HOLD,
    DRAW_RELEASE,
    DRAW_VELOCITY,
    DRAW_PAN,
    DRAW_WALK,
    DRAW_TAU,
    DRAW_ECHO,
    DRAW_CONTOUR,
};

/* What a note and those that follow it have in common. */
struct event {
    uint64_t voice, key;
    double t; /* s */
    double f0;
    double velocity; /* dB */
    double wear;     /* 0..1 */
};

/* FNV-1a (Fowler, Noll, Vo 1991). */
static uint64_t text_hash(const char *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return h;
}

void note_source_init(struct note_source *src, const struct music *m,
                      uint64_t seed, uint32_t rate)
{
    src->music = m;
    src->rate = rate;
    src->live = NULL;
    src->from = INT64_MIN;
    src->until = INT64_MAX;
    src->left = INT64_MAX;
    src->seed = noise_hash(seed, text_hash(m->title), 0, 0);
    for (uint32_t i = 0; i < m->n_layers; i++)
        src->layer[i] =
            noise_hash(src->seed, DRAW_LAYER, text_hash(m->layer[i].name), 0);
}

double note_smoothstep(double lo, double hi, double x)
{
    double t = fmin(fmax((x - lo) / (hi - lo), 0.0), 1.0);
    return t * t * (3.0 - 2.0 * t);
}

struct note_tonality note_tonality(const struct note_source *src, int64_t n)
{
    const struct music *m = src->music;
    double mode =
        live_value(src->live, PARAM_MODE, n < src->left ? n : src->left - 1);
    double key = live_value(src->live, PARAM_ROOT, n);
    uint32_t i = mode >= 1.0 && mode <= m->n_modes ? (uint32_t)mode : 0;

    return (struct note_tonality){
        .chords = i > 0 ? &m->mode[i - 1] : &m->chords,
        .root = m->root * exp2(key / 12.0),
        .key = key,
    };
}

bool note_is_held(const struct music_layer *l)
{
    return l->kind == KIND_FIELD || (l->n_voices > 0 && l->struck <= 0.0);
}

uint64_t note_voice(const struct note_source *src, uint32_t layer,
                    uint32_t voice)
{
    return noise_hash(src->layer[layer], DRAW_VOICE, voice, 0);
}

/* Where in its turn a loop drops its note, s; anew for each epoch. */
static double offset_in(uint64_t voice, double period, int64_t epoch)
{
    return noise_u(noise_hash(voice, DRAW_OFFSET, (uint64_t)epoch, 0)) * period;
}

static int64_t epoch_at(const struct music_layer *l, double t)
{
    return l->epoch > 0.0 ? (int64_t)floor(t / l->epoch) : 0;
}

static const struct music_layer *leader_of(const struct note_source *src,
                                           uint32_t *layer)
{
    const struct music *m = src->music;

    if (m->layer[*layer].leader != MUSIC_NO_LAYER)
        *layer = m->layer[*layer].leader;
    return &m->layer[*layer];
}

void note_turns(const struct note_source *src, uint32_t layer, uint32_t voice,
                int64_t from, int64_t to, int64_t *first, int64_t *last)
{
    const struct music_layer *l = &src->music->layer[layer];
    uint32_t of = layer;
    const struct music_layer *leader = leader_of(src, &of);
    double period = leader->period[voice];
    double start = (double)from / src->rate - l->delay -
                   music_longest(src->music, l, voice);
    double stop = (double)to / src->rate - l->delay;
    double early = 0.0, late = period;

    if (leader->epoch <= 0.0)
        early = late = offset_in(note_voice(src, of, voice), period, 0);
    *first = (int64_t)floor((start - late) / period - 0.5 * leader->jitter);
    *last = (int64_t)ceil((stop - early) / period + 0.5 * leader->jitter);
}

/* Each voice learns of a new section at its own moment within the lag, so that
   no change is a cut. */
static double lateness(const struct music *m, uint64_t voice)
{
    return m->lag * noise_u(noise_hash(voice, DRAW_LAG, 0, 0));
}

double note_section(const struct note_source *src, uint64_t voice, double t)
{
    const struct music *m = src->music;
    double late = lateness(m, voice);

    return floor((t - late) / m->section) * m->section + late;
}

static uint32_t wrap(double place, uint32_t n)
{
    return (uint32_t)(place - n * floor(place / n)) % n;
}

/* A walk on the ring of chords, of steady pace and a wandering lead; and roots
   in turn. */
struct note_harmony note_harmony(const struct note_source *src,
                                 const struct note_tonality *tonality,
                                 uint64_t voice, double t)
{
    const struct music *m = src->music;
    double now = t - lateness(m, voice);
    double section = floor(now / m->section);
    double lead = noise_fractal(noise_hash(src->seed, DRAW_WALK, 0, 0),
                                0.31 * section, 2);
    double place = floor(section * m->ring + m->walk * lead);
    double root = floor(now / m->roots_every);

    return (struct note_harmony){
        .chord = &tonality->chords->chord[wrap(place, tonality->chords->n)],
        .root = tonality->root * m->roots[wrap(root, m->n_roots)],
    };
}

double note_nearest(const struct note_harmony *h, double x)
{
    double best = 0.0, best_distance = HUGE_VAL;

    for (uint32_t i = 0; i < h->chord->n; i++) {
        double base = h->root * h->chord->ratio[i];
        double octaves = log2(x / base);
        double distance = fabs(octaves - round(octaves));
        if (distance < best_distance) {
            best_distance = distance;
            best = base * exp2(round(octaves));
        }
    }
    return best;
}

/* The pitch around which a voice's chord tones are looked for at t. */
static double home_at(const struct note_source *src, uint32_t layer,
                      uint32_t voice, uint64_t voice_k, double t)
{
    const struct music_layer *l = &src->music->layer[layer];
    uint64_t seed = noise_hash(voice_k, DRAW_HOME, 0, 0);
    int octaves = 2;

    if (l->rule == RULE_MELODY) {
        /* one contour, which each voice comes to later than the last */
        seed = noise_hash(src->layer[layer], DRAW_CONTOUR, 0, 0);
        t -= voice * l->canon;
        octaves = 3;
    }
    return l->home[voice] *
           exp2(l->wander * noise_fractal(seed, t * l->wander_rate, octaves));
}

/* key draws a random pitch of a note that starts at absolute frame n; its
   harmony is that of time t. */
static double pitch(const struct note_source *src, uint32_t layer,
                    uint32_t voice, uint64_t voice_k, uint64_t key, double t,
                    int64_t n)
{
    const struct music_layer *l = &src->music->layer[layer];
    struct note_tonality tonality = note_tonality(src, n);
    struct note_harmony h = note_harmony(src, &tonality, voice_k, t);
    double home = l->home[voice];
    double u, bass;

    switch (l->rule) {
    case RULE_HOME:
    case RULE_MELODY:
        return note_nearest(&h, home_at(src, layer, voice, voice_k, t));
    case RULE_BASS:
        bass = h.root * h.chord->ratio[0];
        return bass * exp2(round(log2(home / bass)));
    case RULE_RANDOM:
        u = 0.5 * (noise_u(noise_hash(key, DRAW_PITCH, 0, 0)) +
                   noise_u(noise_hash(key, DRAW_PITCH, 1, 0)));
        return note_nearest(&h,
                            l->pitch.lo * pow(l->pitch.hi / l->pitch.lo, u));
    case RULE_FIXED:
        return h.root * home;
    }
    return home;
}

static double range_at(const struct music_range *r, uint64_t h)
{
    return r->lo + (r->hi - r->lo) * noise_u(h);
}

/* Whether a preset that comes in or leaves lets a layer's note start. */
static bool is_let_in(const struct note_source *src,
                      const struct music_layer *l, int64_t n)
{
    return n < src->until && (n >= src->from || note_is_held(l));
}

double note_density(const struct note_source *src, uint32_t layer, int64_t n)
{
    const struct music_layer *l = &src->music->layer[layer];
    double x = live_curve(src->live, PARAM_DENSITY, n);

    if (!is_let_in(src, l, n))
        return 0.0;
    if (src->from > INT64_MIN && !note_is_held(l))
        x *= note_smoothstep(0.0, RAMP_S, (double)(n - src->from) / src->rate);
    return x;
}

double note_chance(const struct note_source *src, uint32_t layer, double t,
                   double density)
{
    const struct music_layer *l = &src->music->layer[layer];
    uint64_t swing = noise_hash(src->layer[layer], DRAW_PROB, 0, 0);
    double p = l->prob * density;

    if (l->prob_depth > 0.0)
        p += l->prob_depth * noise_fractal(swing, t * l->prob_rate, 2);
    return fmin(fmax(p, 0.0), 1.0);
}

double note_velocity(const struct music_layer *l, uint64_t h)
{
    return l->velocity * fmin(fmax(noise_g(h), -2.0), 1.3);
}

/* Turn k of a voice of a layer that leads; false when it stays silent. */
static bool event_draw(const struct note_source *src, uint32_t layer,
                       uint32_t voice, int64_t k, struct event *out)
{
    const struct music_layer *l = &src->music->layer[layer];
    uint64_t voice_k = note_voice(src, layer, voice);
    uint64_t key = noise_hash(voice_k, DRAW_NOTE, (uint64_t)k, 0);
    uint64_t phrase = key;
    double period = l->period[voice];
    double turn = (double)k * period;
    int64_t epoch = epoch_at(l, turn);
    double t =
        turn + offset_in(voice_k, period, epoch) +
        0.5 * l->jitter * period * noise_s(noise_hash(key, DRAW_JITTER, 0, 0));
    int64_t n = live_frame(src->live, llround(t * src->rate));
    double chance = note_chance(src, layer, t, note_density(src, layer, n));

    out->wear = 0.0;
    if (l->epoch > 0.0) {
        out->wear = turn / l->epoch - (double)epoch;
        /* little is lost at first; 1.4 after Basinski's tapes */
        chance *= 1.0 - l->wear_prob * pow(out->wear, 1.4);
        phrase = noise_hash(voice_k, DRAW_PITCH, (uint64_t)epoch, 0);
    }
    if (noise_u(noise_hash(key, DRAW_SOUNDS, 0, 0)) >= chance)
        return false;
    out->voice = voice_k;
    out->key = key;
    out->t = t;
    out->f0 =
        pitch(src, layer, voice, voice_k, phrase, l->epoch > 0.0 ? turn : t, n);
    out->velocity = note_velocity(l, noise_hash(key, DRAW_VELOCITY, 0, 0));
    return true;
}

double note_tau(const struct music_layer *l, double f0)
{
    return l->struck * sqrt(220.0 / fmax(f0, TAU_LOW));
}

/* Draws the times of a note; returns how long it sounds, s. */
static double draw_times(const struct music_layer *l, struct note *n)
{
    n->attack = range_at(&l->attack, noise_hash(n->key, DRAW_ATTACK, 0, 0));
    n->tau = 0.0;
    if (l->struck > 0.0) {
        double u = noise_u(noise_hash(n->key, DRAW_TAU, 0, 0));
        n->tau = note_tau(l, n->f0) * (0.8 + (NOTE_TAU_MOST - 0.8) * u);
        n->hold = 0.75 * NOTE_DECAYS * n->tau;
        n->release = 0.25 * NOTE_DECAYS * n->tau;
    } else {
        n->hold = range_at(&l->hold, noise_hash(n->key, DRAW_HOLD, 0, 0));
        n->release =
            range_at(&l->release, noise_hash(n->key, DRAW_RELEASE, 0, 0));
    }
    return n->attack + n->hold + n->release;
}

bool note_draw(const struct note_source *src, uint32_t layer, uint32_t voice,
               int64_t k, struct note *out)
{
    const struct music_layer *l = &src->music->layer[layer];
    uint32_t of = layer;
    struct event e;
    double loudness, longest;

    leader_of(src, &of);
    if (!event_draw(src, of, voice, k, &e))
        return false;
    /* a follower shares pitch, time and loudness, but no draw of its partials:
       equal phases would make a comb */
    out->key = of == layer ? e.key
                           : noise_hash(e.key, DRAW_ECHO, src->layer[layer], 0);
    out->voice = e.voice;
    out->wear = e.wear;
    out->f0 = e.f0 * l->transpose;
    out->onset = llround((e.t + l->delay) * src->rate);
    out->born = live_frame(src->live, out->onset);
    if (!is_let_in(src, l, out->born))
        return false;
    longest = draw_times(l, out);
    out->end = out->onset + (int64_t)ceil(longest * src->rate);
    loudness = l->level + l->slope * log2(out->f0 / 220.0) + e.velocity -
               l->wear_level * e.wear;
    out->gain = pow(10.0, loudness / 20.0);
    /* low notes stay in the middle */
    out->pan = l->pan * noise_s(noise_hash(out->key, DRAW_PAN, 0, 0)) *
               note_smoothstep(90.0, 260.0, out->f0);
    return true;
}

/* Part of a field's power that its mask lets through: so many of the classes
   are in a chord. */
static double mask_power(const struct music *m,
                         const struct music_chords *chords)
{
    double ratio[MUSIC_BANDS_MAX];
    uint32_t tones = 0;

    for (uint32_t c = 0; c < chords->n; c++)
        tones += chords->chord[c].n;
    return (double)tones / chords->n /
           music_classes(m, chords, ratio, MUSIC_BANDS_MAX);
}

void note_field(const struct note_source *src, uint32_t layer,
                const struct note_tonality *tonality, struct note *out)
{
    const struct music_layer *l = &src->music->layer[layer];
    uint64_t voice = note_voice(src, layer, 0);
    const struct music *m = src->music;
    uint64_t mode = tonality->chords == &m->chords
                        ? 0
                        : (uint64_t)(tonality->chords - m->mode) + 1;

    /* phases count from frame 0; another mode has others, or what both have in
       common would grow louder while one gives way to the other */
    *out = (struct note){
        .key = noise_hash(voice, DRAW_NOTE, mode, 0),
        .voice = voice,
        .onset = 0,
        .end = INT64_MAX,
        .f0 = sqrt(l->pitch.lo * l->pitch.hi),
        .gain = pow(10.0, l->level / 20.0) /
                sqrt(mask_power(src->music, tonality->chords)),
    };
}

double note_decaying(const struct note *note, int64_t n, uint32_t rate)
{
    return fmax((double)(n - note->onset) / rate - note->attack, 0.0);
}

double note_envelope(const struct note *note, int64_t n, uint32_t rate)
{
    double t = (double)(n - note->onset) / rate;
    double y;

    if (note->end == INT64_MAX)
        return 1.0;
    if (n <= note->onset || n >= note->end)
        return 0.0;
    if (t < note->attack)
        return 0.5 - 0.5 * cos(PI * t / note->attack);
    t -= note->attack + note->hold;
    if (t <= 0.0)
        return 1.0;
    if (t >= note->release)
        return 0.0;
    y = 0.5 + 0.5 * cos(PI * t / note->release);
    return note->tau > 0.0 ? y : y * sqrt(y);
}
