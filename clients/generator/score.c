// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/score.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "clients/generator/bank.h"
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
    uint32_t n, max; /* entries in use, allocated */
    struct entry *entry;
};

int score_new(struct score **out, const struct music *m, uint64_t seed,
              uint32_t rate)
{
    struct score *s;

    if (rate == 0 || m->n_layers == 0)
        return -EINVAL;
    s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;
    note_source_init(&s->source, m, seed, rate);
    *out = s;
    return 0;
}

void score_free(struct score **s)
{
    if (!*s)
        return;
    for (uint32_t i = 0; i < (*s)->n; i++)
        bank_free(&(*s)->entry[i].bank);
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
    err = bank_new(&e.bank, &s->source.music->layer[layer],
                   s->source.layer[layer], note, s->source.rate);
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
                       int64_t k, struct scene *out, uint32_t *n_partials)
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
    return bank_append(e->bank, out, n_partials);
}

static int append_layer(struct score *s, uint32_t layer, struct scene *out,
                        uint32_t *n_partials)
{
    const struct music_layer *l = &s->source.music->layer[layer];

    for (uint32_t v = 0; v < l->n_voices; v++) {
        int64_t first, last;
        note_turns(&s->source, layer, v, out->first, out->first + SCENE_CHUNK,
                   &first, &last);
        for (int64_t k = first; k <= last; k++) {
            int err = append_turn(s, layer, v, k, out, n_partials);
            if (err)
                return err;
        }
    }
    return 0;
}

int score_chunk(struct score *s, int64_t first, struct scene *out)
{
    const struct music *m = s->source.music;
    uint32_t n_partials = 0;
    int err;

    if (first % SCENE_CHUNK != 0)
        return -EINVAL;
    for (uint32_t i = 0; i < s->n; i++)
        s->entry[i].used = false;
    out->first = first;
    out->n_bands = 0;
    for (uint32_t bus = 0; bus < BUS_COUNT; bus++) {
        out->bus_first[bus] = n_partials;
        for (uint32_t i = 0; i < m->n_layers; i++) {
            if (m->layer[i].bus != (enum scene_bus)bus)
                continue;
            err = append_layer(s, i, out, &n_partials);
            if (err)
                return err;
        }
    }
    out->bus_first[BUS_COUNT] = n_partials;
    drop_unused(s);
    return 0;
}
