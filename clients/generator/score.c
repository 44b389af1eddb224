// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/score.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "clients/generator/bank.h"
#include "clients/generator/grains.h"
#include "clients/generator/level.h"
#include "clients/generator/note.h"

/* A sounding note. */
struct entry {
    uint32_t layer, voice;
    int64_t k; /* turn of the voice's loop */
    bool used; /* by the chunk being made */
    struct bank *bank;
};

struct score {
    struct note_source source;
    struct level *level;
    struct grains *grains[MUSIC_LAYERS_MAX]; /* NULL: no such layer */
    struct bank *field[MUSIC_LAYERS_MAX];    /* NULL: no such layer */
    uint32_t n, max;                         /* entries in use, allocated */
    struct entry *entry;
};

/* What of a layer is there all the time. */
static int open_layer(struct score *s, uint32_t layer)
{
    struct note note;

    switch (s->source.music->layer[layer].kind) {
    case KIND_GRAINS:
        return grains_new(&s->grains[layer], &s->source, layer);
    case KIND_FIELD:
        note_field(&s->source, layer, &note);
        return bank_new(&s->field[layer], &s->source, layer, &note);
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
    err = level_new(&s->level, &s->source);
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
        bank_free(&(*s)->field[i]);
    }
    level_free(&(*s)->level);
    free((*s)->entry);
    free(*s);
    *s = NULL;
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
    err = bank_new(&e.bank, &s->source, layer, note);
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

/* One turn of a voice, if it sounds within the chunk. The last grid point
   belongs to the next chunk too, so a note that starts there comes with it. */
static int append_turn(struct score *s, uint32_t layer, uint32_t voice,
                       int64_t k, const float gain[SCENE_POINTS],
                       struct scene *out)
{
    struct entry *e = cached(s, layer, voice, k);
    struct note drawn;
    const struct note *note = &drawn;
    int err;

    if (e)
        note = bank_note(e->bank);
    else if (!note_draw(&s->source, layer, voice, k, &drawn))
        return 0;
    if (note->onset >= out->first + SCENE_CHUNK || note->end <= out->first)
        return 0;
    if (!e) {
        err = add(s, layer, voice, k, &drawn, &e);
        if (err)
            return err;
    }
    e->used = true;
    return bank_append(e->bank, gain, out);
}

static int append_notes(struct score *s, uint32_t layer,
                        const float gain[SCENE_POINTS], struct scene *out)
{
    const struct music_layer *l = &s->source.music->layer[layer];

    for (uint32_t v = 0; v < l->n_voices; v++) {
        int64_t first, last;
        note_turns(&s->source, layer, v, out->first, out->first + SCENE_CHUNK,
                   &first, &last);
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
    if (s->grains[layer])
        return grains_append(s->grains[layer], gain, out);
    if (s->field[layer])
        return bank_append(s->field[layer], gain, out);
    return append_notes(s, layer, gain, out);
}

int score_chunk(struct score *s, int64_t first, struct scene *out)
{
    const struct music *m = s->source.music;
    float gain[SCENE_POINTS];
    int err;

    if (first % SCENE_CHUNK != 0)
        return -EINVAL;
    for (uint32_t p = 0; p < SCENE_POINTS; p++)
        gain[p] = (float)level_gain(s->level, first + (int64_t)p * SCENE_GRID);
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
