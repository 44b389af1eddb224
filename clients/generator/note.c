// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/note.h"

#include <math.h>

#include "clients/generator/noise.h"

#define PI 3.14159265358979323846

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

static uint64_t voice_key(const struct note_source *src, uint32_t layer,
                          uint32_t voice)
{
    return noise_hash(src->layer[layer], DRAW_VOICE, voice, 0);
}

static double voice_offset(uint64_t key, double period)
{
    return noise_u(noise_hash(key, DRAW_OFFSET, 0, 0)) * period;
}

void note_turns(const struct note_source *src, uint32_t layer, uint32_t voice,
                int64_t from, int64_t to, int64_t *first, int64_t *last)
{
    const struct music_layer *l = &src->music->layer[layer];
    double period = l->period[voice];
    double offset = voice_offset(voice_key(src, layer, voice), period);
    double longest = l->attack.hi + l->hold.hi + l->release.hi;
    double start = (double)from / src->rate - longest - offset;
    double stop = (double)to / src->rate - offset;

    *first = (int64_t)floor(start / period - 0.5 * l->jitter);
    *last = (int64_t)ceil(stop / period + 0.5 * l->jitter);
}

/*
 * The chord that the voice hears at time t: a walk on the ring of chords, of
 * steady pace and a wandering lead. Each voice learns of a new section at its
 * own moment within the lag, so that no change is a cut.
 */
static uint32_t chord_at(const struct note_source *src, uint64_t voice,
                         double t)
{
    const struct music *m = src->music;
    double late = m->lag * noise_u(noise_hash(voice, DRAW_LAG, 0, 0));
    double section = floor((t - late) / m->section);
    double lead = noise_fractal(noise_hash(src->seed, DRAW_WALK, 0, 0),
                                0.31 * section, 2);
    double place = floor(section * m->ring + m->walk * lead);
    double n = m->n_chords;

    return (uint32_t)(place - n * floor(place / n)) % m->n_chords;
}

/* The tone of the chord, in any octave, nearest to x Hz in log frequency. */
static double nearest_tone(const struct music *m, uint32_t chord, double x)
{
    double best = 0.0, best_distance = HUGE_VAL;

    for (uint32_t i = 0; i < m->chord[chord].n; i++) {
        double base = m->root * m->chord[chord].ratio[i];
        double octaves = log2(x / base);
        double distance = fabs(octaves - round(octaves));
        if (distance < best_distance) {
            best_distance = distance;
            best = base * exp2(round(octaves));
        }
    }
    return best;
}

static double pitch(const struct note_source *src, uint32_t layer,
                    uint32_t voice, uint64_t voice_k, uint64_t key, double t)
{
    const struct music *m = src->music;
    const struct music_layer *l = &m->layer[layer];
    uint32_t chord = chord_at(src, voice_k, t);
    double home = l->home[voice];
    double u, bass;

    switch (l->rule) {
    case RULE_HOME:
        home *=
            exp2(l->wander * noise_fractal(noise_hash(voice_k, DRAW_HOME, 0, 0),
                                           t * l->wander_rate, 2));
        return nearest_tone(m, chord, home);
    case RULE_BASS:
        bass = m->root * m->chord[chord].ratio[0];
        return bass * exp2(round(log2(home / bass)));
    case RULE_RANDOM:
        u = 0.5 * (noise_u(noise_hash(key, DRAW_PITCH, 0, 0)) +
                   noise_u(noise_hash(key, DRAW_PITCH, 1, 0)));
        return nearest_tone(m, chord,
                            l->pitch.lo * pow(l->pitch.hi / l->pitch.lo, u));
    }
    return home;
}

static double range_at(const struct music_range *r, uint64_t h)
{
    return r->lo + (r->hi - r->lo) * noise_u(h);
}

static bool sounds(const struct note_source *src, uint32_t layer, uint64_t key,
                   double t)
{
    const struct music_layer *l = &src->music->layer[layer];
    uint64_t swing = noise_hash(src->layer[layer], DRAW_PROB, 0, 0);
    double p =
        l->prob + l->prob_depth * noise_fractal(swing, t * l->prob_rate, 2);

    return noise_u(noise_hash(key, DRAW_SOUNDS, 0, 0)) < p;
}

bool note_draw(const struct note_source *src, uint32_t layer, uint32_t voice,
               int64_t k, struct note *out)
{
    const struct music_layer *l = &src->music->layer[layer];
    uint64_t voice_k = voice_key(src, layer, voice);
    uint64_t key = noise_hash(voice_k, DRAW_NOTE, (uint64_t)k, 0);
    double period = l->period[voice];
    double t =
        (double)k * period + voice_offset(voice_k, period) +
        0.5 * l->jitter * period * noise_s(noise_hash(key, DRAW_JITTER, 0, 0));
    double velocity;

    if (!sounds(src, layer, key, t))
        return false;
    out->key = key;
    out->attack = range_at(&l->attack, noise_hash(key, DRAW_ATTACK, 0, 0));
    out->hold = range_at(&l->hold, noise_hash(key, DRAW_HOLD, 0, 0));
    out->release = range_at(&l->release, noise_hash(key, DRAW_RELEASE, 0, 0));
    out->onset = llround(t * src->rate);
    out->end =
        out->onset +
        (int64_t)ceil((out->attack + out->hold + out->release) * src->rate);
    out->f0 = pitch(src, layer, voice, voice_k, key, t);
    /* clamped at the top: that saves headroom and costs no expression */
    velocity = noise_g(noise_hash(key, DRAW_VELOCITY, 0, 0));
    velocity = l->velocity * fmin(fmax(velocity, -2.0), 1.3);
    out->gain = pow(
        10.0, (l->level + l->slope * log2(out->f0 / 220.0) + velocity) / 20.0);
    /* low notes stay in the middle */
    out->pan = l->pan * noise_s(noise_hash(key, DRAW_PAN, 0, 0)) *
               note_smoothstep(90.0, 260.0, out->f0);
    return true;
}

double note_envelope(const struct note *note, int64_t n, uint32_t rate)
{
    double t = (double)(n - note->onset) / rate;
    double y;

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
    return y * sqrt(y);
}
