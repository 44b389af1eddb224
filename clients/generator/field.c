// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/field.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "clients/generator/bank.h"

#define HALF_PI 1.57079632679489661923
#define FADE_S  20.0

struct field {
    const struct note_source *src;
    uint32_t layer;
    struct note_tonality tonality; /* of `now` */
    struct bank *now;
    struct note_tonality coming; /* of `next` */
    struct bank *next;           /* NULL: no change goes on */
    int64_t since;               /* absolute frame at which it began */
};

static int make(struct field *f, const struct note_tonality *t,
                struct bank **out)
{
    struct note note;

    note_field(f->src, f->layer, t, &note);
    return bank_new(out, f->src, f->layer, &note, t);
}

int field_new(struct field **out, const struct note_source *src, uint32_t layer)
{
    struct field *f = calloc(1, sizeof(*f));

    *out = NULL;
    if (!f)
        return -ENOMEM;
    f->src = src;
    f->layer = layer;
    *out = f;
    return 0;
}

void field_free(struct field **f)
{
    if (!*f)
        return;
    bank_free(&(*f)->now);
    bank_free(&(*f)->next);
    free(*f);
    *f = NULL;
}

/* Begins and ends changes. */
static int follow(struct field *f, int64_t first)
{
    struct note_tonality t = note_tonality(f->src, first);

    if (!f->now) {
        f->tonality = t;
        return make(f, &t, &f->now);
    }
    if (f->next && first - f->since >= (int64_t)(FADE_S * f->src->rate)) {
        bank_free(&f->now);
        f->now = f->next;
        f->tonality = f->coming;
        f->next = NULL;
    }
    if (f->next ||
        (t.chords == f->tonality.chords && t.root == f->tonality.root))
        return 0;
    f->coming = t;
    f->since = first;
    return make(f, &f->coming, &f->next);
}

int field_append(struct field *f, const float gain[SCENE_POINTS],
                 struct scene *out)
{
    float from[SCENE_POINTS], to[SCENE_POINTS];
    int err = follow(f, out->first);

    if (err || !f->next)
        return err ? err : bank_append(f->now, gain, out);
    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        double n = (double)(out->first - f->since) + p * SCENE_GRID;
        double x = HALF_PI * fmin(fmax(n, 0.0) / (FADE_S * f->src->rate), 1.0);
        from[p] = gain[p] * (float)fmax(cos(x), 0.0); /* no level is < 0 */
        to[p] = gain[p] * (float)sin(x);
    }
    err = bank_append(f->now, from, out);
    return err ? err : bank_append(f->next, to, out);
}
