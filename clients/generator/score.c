// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/score.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "clients/generator/bank.h"
#include "clients/generator/field.h"
#include "clients/generator/grains.h"
#include "clients/generator/level.h"
#include "clients/generator/note.h"

#define PI      3.14159265358979323846
#define ENTER_S 16.0 /* over which what is held fades in... */
#define LEAVE_S 25.0 /* ...and out */
#define TAPS    8    /* looks back, for what density has done so far */

/* A sounding note. */
struct entry {
    uint32_t layer, voice;
    int64_t k; /* turn of the voice's loop */
    bool used; /* by the chunk being made */
    struct bank *bank;
};

struct score {
    struct note_source source;
    struct note_source plain; /* the same without what is moved: for the level,
                                 which is known in advance */
    struct level *level;
    double drone_s; /* over which the drone bus fades when it leaves */
    struct grains *grains[MUSIC_LAYERS_MAX]; /* NULL: no such layer */
    struct field *field[MUSIC_LAYERS_MAX];   /* NULL: no such layer */
    uint32_t n, max;                         /* entries in use, allocated */
    struct entry *entry;
};

/* What of a layer is there all the time. */
static int open_layer(struct score *s, uint32_t layer)
{
    switch (s->source.music->layer[layer].kind) {
    case KIND_GRAINS:
        return grains_new(&s->grains[layer], &s->source, layer);
    case KIND_FIELD:
        return field_new(&s->field[layer], &s->source, layer);
    case KIND_HARMONIC:
    case KIND_RATIO:
    case KIND_NOISE:
        break;
    }
    return 0;
}

int score_new(struct score **out, const struct music *m, uint64_t seed,
              uint32_t rate)
{
    struct score *s;
    int err;

    *out = NULL;
    if (rate == 0 || m->n_layers == 0)
        return -EINVAL;
    s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;
    note_source_init(&s->source, m, seed, rate);
    s->plain = s->source;
    err = level_new(&s->level, &s->plain);
    for (uint32_t i = 0; i < m->n_layers && !err; i++)
        err = open_layer(s, i);
    if (err)
        goto out;
    *out = s;
    s = NULL;
out:
    score_free(&s);
    return err;
}

void score_free(struct score **s)
{
    if (!*s)
        return;
    for (uint32_t i = 0; i < (*s)->n; i++)
        bank_free(&(*s)->entry[i].bank);
    for (uint32_t i = 0; i < MUSIC_LAYERS_MAX; i++) {
        grains_free(&(*s)->grains[i]);
        field_free(&(*s)->field[i]);
    }
    level_free(&(*s)->level);
    free((*s)->entry);
    free(*s);
    *s = NULL;
}

void score_follow(struct score *s, const struct live *live)
{
    s->source.live = live;
}

void score_enter(struct score *s, int64_t n)
{
    s->source.from = n;
}

void score_leave(struct score *s, int64_t n, double drone_s)
{
    s->source.until = n;
    s->drone_s = drone_s;
}

void score_hand_over(struct score *s, int64_t n)
{
    s->source.left = n;
}

double score_root(const struct score *s, int64_t n)
{
    struct note_tonality tonality = note_tonality(&s->source, n);
    double t = (double)live_event(s->source.live, n) / s->source.rate;
    const struct music *m = s->source.music;
    double turn = floor(t / m->roots_every);

    return tonality.root *
           m->roots[(uint32_t)(turn - m->n_roots * floor(turn / m->n_roots))];
}

static struct entry *cached(struct score *s, uint32_t layer, uint32_t voice,
                            int64_t k)
{
    for (uint32_t i = 0; i < s->n; i++) {
        struct entry *e = &s->entry[i];
        if (e->layer == layer && e->voice == voice && e->k == k)
            return e;
    }
    return NULL;
}

static int add(struct score *s, uint32_t layer, uint32_t voice, int64_t k,
               const struct note *note, struct entry **out)
{
    struct entry e = {.layer = layer, .voice = voice, .k = k};
    int err;

    if (s->n == s->max) {
        uint32_t max = s->max ? 2 * s->max : 32;
        struct entry *grown = realloc(s->entry, max * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        s->entry = grown;
        s->max = max;
    }
    err = bank_new(&e.bank, &s->source, layer, note, NULL);
    if (err)
        return err;
    s->entry[s->n] = e;
    *out = &s->entry[s->n++];
    return 0;
}

static void drop_unused(struct score *s)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < s->n; i++) {
        if (s->entry[i].used)
            s->entry[kept++] = s->entry[i];
        else
            bank_free(&s->entry[i].bank);
    }
    s->n = kept;
}

/* Part of what is held at absolute frame n that a preset which comes in has
   reached. */
static double entered(const struct score *s, int64_t n)
{
    double x = (double)(n - s->source.from) / (ENTER_S * s->source.rate);

    return sin(0.5 * PI * fmin(fmax(x, 0.0), 1.0));
}

/* Part of a level at absolute frame n that is left of a preset which leaves and
   fades within `seconds`. */
static double left(const struct score *s, double seconds, int64_t n)
{
    double x = (double)(n - s->source.until) / (seconds * s->source.rate);
    double y = cos(0.5 * PI * fmin(fmax(x, 0.0), 1.0));

    return x >= 1.0 ? 0.0 : y * y;
}

/* gain, times what coming in and leaving make of a layer's note, which ends at
   `end` on the event clock. */
static const float *presence(const struct score *s, const struct music_layer *l,
                             int64_t end, int64_t first,
                             const float gain[SCENE_POINTS],
                             float own[SCENE_POINTS])
{
    const struct note_source *src = &s->source;
    double fade_s = l->bus == BUS_DRONE ? s->drone_s : LEAVE_S;
    int64_t fade = (int64_t)(fade_s * src->rate);
    bool enters = src->from > INT64_MIN && note_is_held(l);
    /* what has less left than the fade takes ends by itself */
    bool leaves = src->until < INT64_MAX && l->struck <= 0.0 &&
                  end - fade > live_event(src->live, src->until);

    if (!enters && !leaves)
        return gain;
    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        int64_t n = first + (int64_t)p * SCENE_GRID;
        double x = enters ? entered(s, n) : 1.0;
        own[p] = gain[p] * (float)(leaves ? x * left(s, fade_s, n) : x);
    }
    return own;
}

static bool is_silent(const float gain[SCENE_POINTS])
{
    for (uint32_t p = 0; p < SCENE_POINTS; p++)
        if (gain[p] > 0.0f)
            return false;
    return true;
}

/* One turn of a voice, if it sounds within the chunk. The last grid point
   belongs to the next chunk too, so a note that starts there comes with it. */
static int append_turn(struct score *s, uint32_t layer, uint32_t voice,
                       int64_t k, const float gain[SCENE_POINTS],
                       struct scene *out)
{
    const struct live *live = s->source.live;
    struct entry *e = cached(s, layer, voice, k);
    float own[SCENE_POINTS];
    struct note drawn;
    const struct note *note = &drawn;
    int err;

    if (e)
        note = bank_note(e->bank);
    else if (!note_draw(&s->source, layer, voice, k, &drawn))
        return 0;
    if (note->onset >= live_event(live, out->first + SCENE_CHUNK) ||
        note->end <= live_event(live, out->first))
        return 0;
    if (!e) {
        err = add(s, layer, voice, k, &drawn, &e);
        if (err)
            return err;
    }
    e->used = true;
    gain = presence(s, &s->source.music->layer[layer], note->end, out->first,
                    gain, own);
    return is_silent(gain) ? 0 : bank_append(e->bank, gain, out);
}

static int append_notes(struct score *s, uint32_t layer,
                        const float gain[SCENE_POINTS], struct scene *out)
{
    const struct music_layer *l = &s->source.music->layer[layer];
    int64_t from = live_event(s->source.live, out->first);
    int64_t to = live_event(s->source.live, out->first + SCENE_CHUNK);

    for (uint32_t v = 0; v < l->n_voices; v++) {
        int64_t first, last;
        note_turns(&s->source, layer, v, from, to, &first, &last);
        for (int64_t k = first; k <= last; k++) {
            int err = append_turn(s, layer, v, k, gain, out);
            if (err)
                return err;
        }
    }
    return 0;
}

static int append_layer(struct score *s, uint32_t layer,
                        const float gain[SCENE_POINTS], struct scene *out)
{
    float own[SCENE_POINTS];

    if (s->grains[layer])
        return grains_append(s->grains[layer], gain, out);
    if (s->field[layer]) {
        gain = presence(s, &s->source.music->layer[layer], INT64_MAX,
                        out->first, gain, own);
        return is_silent(gain) ? 0 : field_append(s->field[layer], gain, out);
    }
    return append_notes(s, layer, gain, out);
}

/* The density that what sounds at absolute frame n was started with. */
static double past_density(const struct score *s, int64_t n)
{
    double step = level_memory(s->level) * s->source.rate / (TAPS - 1);
    const struct live *live = s->source.live;
    int64_t event = live_event(live, n);
    double sum = 0.0;

    if (live_untouched(live, PARAM_DENSITY))
        return 1.0;
    for (int i = 0; i < TAPS; i++)
        sum += live_curve(live, PARAM_DENSITY,
                          live_frame(live, event - llround(i * step)));
    return sum / TAPS;
}

/* Gain of everything at absolute frame n. */
static double gain_at(const struct score *s, int64_t n)
{
    const struct live *live = s->source.live;

    return level_gain(s->level, live_event(live, n)) *
           level_trim(s->level, past_density(s, n),
                      live_curve(live, PARAM_MOTION, n));
}

int score_chunk(struct score *s, int64_t first, struct scene *out)
{
    const struct music *m = s->source.music;
    float gain[SCENE_POINTS];
    int err;

    if (first % SCENE_CHUNK != 0)
        return -EINVAL;
    for (uint32_t p = 0; p < SCENE_POINTS; p++)
        gain[p] = (float)gain_at(s, first + (int64_t)p * SCENE_GRID);
    for (uint32_t i = 0; i < s->n; i++)
        s->entry[i].used = false;
    scene_begin(out, first);
    for (uint32_t bus = 0; bus < BUS_COUNT; bus++) {
        scene_begin_bus(out, (enum scene_bus)bus);
        for (uint32_t i = 0; i < m->n_layers; i++) {
            if (m->layer[i].bus != (enum scene_bus)bus)
                continue;
            err = append_layer(s, i, gain, out);
            if (err)
                return err;
        }
    }
    scene_end(out);
    drop_unused(s);
    return 0;
}
