// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clients/generator/music_priv.h"

/* Modes of a church bell, a gong, and a wine glass, each with its amplitude. */
static const struct {
    uint32_t n;
    double ratio[MUSIC_TABLE_MAX], amp[MUSIC_TABLE_MAX];
} tables[] = {
    {0},
    {12,
     {.5, 1, 1.2, 1.5, 2, 2.51, 2.66, 3.01, 4.17, 5.43, 6.79, 8.21},
     {.55, 1, .72, .35, .9, .32, .28, .33, .24, .16, .10, .06}},
    {18,
     {1, 1.49, 1.99, 2.03, 2.43, 2.93, 3.36, 3.94, 4.05, 4.73, 5.21, 5.93, 6.6,
      7.45, 8.3, 9.4, 10.6, 12.1},
     {1, .5, .75, .4, .3, .42, .2, .26, .2, .16, .15, .11, .1, .08, .07, .05,
      .04, .03}},
    {6, {1, 2.32, 4.25, 6.63, 9.38, 12.22}, {1, .16, .07, .028, .012, .006}},
};

/* A layer on its way from the file. */
struct reading {
    struct layer_read y;
    const struct conf *c;
    const struct conf_node *n;
    char *err;
};

static int missing(struct reading *r, const char *key, const char *what)
{
    conf_error(r->c, r->n, r->err, "key '%s' is missing (%s needs it)", key,
               what);
    return -EINVAL;
}

/* One value is a range of no width. */
static int to_range(struct reading *r, struct music_range *out,
                    const struct conf_reals *v, const char *key)
{
    out->lo = v->v[0];
    out->hi = v->v[v->n - 1];
    if (out->lo <= out->hi)
        return 0;
    conf_error(r->c, r->n, r->err,
               "key '%s': found %g to %g; allowed: the smaller one first", key,
               out->lo, out->hi);
    return -EINVAL;
}

static int read_home(struct reading *r)
{
    struct layer_read *y = &r->y;
    bool list = conf_kind(y->home) == CONF_LIST;
    bool fixed = y->rule == RULE_FIXED;
    uint32_t homes = list ? conf_count(r->c, y->home) : 1;

    /* one contour is enough for a melody's voices */
    if (homes != y->period.n && !(homes == 1 && y->rule == RULE_MELODY)) {
        conf_error(r->c, y->home, r->err,
                   "key 'home': found %u values; allowed: %u, one for each "
                   "period",
                   homes, y->period.n);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < y->period.n; i++) {
        const struct conf_node *at =
            list ? conf_at(r->c, y->home, i < homes ? i : 0) : y->home;
        if (conf_real(r->c, at, "home", fixed ? 0.25 : 40, fixed ? 64 : 4000,
                      &y->l.home[i], r->err) < 0)
            return -EINVAL;
    }
    return 0;
}

static int read_pitch_range(struct reading *r, const char *what)
{
    if (r->y.pitch.n == 0)
        return missing(r, "pitch", what);
    return to_range(r, &r->y.l.pitch, &r->y.pitch, "pitch");
}

/* The keys that the layer's rule of pitch needs. */
static int read_pitch(struct reading *r)
{
    char what[32];

    if (r->y.rule < 0)
        return missing(r, "rule", "a layer with periods");
    snprintf(what, sizeof(what), "rule '%s'", music_rules[r->y.rule]);
    if (r->y.rule == RULE_RANDOM)
        return read_pitch_range(r, what);
    return r->y.home ? read_home(r) : missing(r, "home", what);
}

/* A follower has its leader's loops, and neither pitches nor chances of its
   own. */
static int read_leader(struct reading *r, const struct music *m)
{
    struct music_layer *l = &r->y.l;

    for (uint32_t i = 0; i < m->n_layers; i++) {
        const struct music_layer *leader = &m->layer[i];
        if (strcmp(leader->name, r->y.echo_of) != 0)
            continue;
        if (leader->n_voices == 0 || leader->leader != MUSIC_NO_LAYER)
            break;
        l->leader = i;
        l->n_voices = leader->n_voices;
        memcpy(l->period, leader->period, sizeof(l->period));
        l->jitter = leader->jitter;
        return 0;
    }
    conf_error(r->c, r->n, r->err,
               "key 'echo_of': found '%s'; allowed: a layer above it that has "
               "periods",
               r->y.echo_of);
    return -EINVAL;
}

/* When notes come, and at what pitch. */
static int read_events(struct reading *r, const struct music *m)
{
    if (r->y.echo_of[0] != '\0') {
        if (r->y.period.n == 0)
            return read_leader(r, m);
        conf_error(r->c, r->n, r->err,
                   "key 'period': found it beside 'echo_of'; allowed: one of "
                   "them");
        return -EINVAL;
    }
    if (r->y.period.n == 0)
        return missing(r, "period", "a layer of notes");
    r->y.l.n_voices = r->y.period.n;
    memcpy(r->y.l.period, r->y.period.v, sizeof(r->y.l.period));
    return read_pitch(r);
}

static int read_envelope(struct reading *r)
{
    struct music_layer *l = &r->y.l;
    bool struck = l->struck > 0.0;

    if (r->y.attack.n == 0)
        return missing(r, "attack", "a layer of notes");
    if (to_range(r, &l->attack, &r->y.attack, "attack") < 0)
        return -EINVAL;
    if (struck && (r->y.hold.n > 0 || r->y.release.n > 0)) {
        conf_error(r->c, r->n, r->err,
                   "key 'struck': found it beside 'hold' or 'release'; "
                   "allowed: one of them");
        return -EINVAL;
    }
    if (struck)
        return 0;
    if (r->y.hold.n == 0)
        return missing(r, "hold", "a layer that is not 'struck'");
    if (r->y.release.n == 0)
        return missing(r, "release", "a layer that is not 'struck'");
    if (to_range(r, &l->hold, &r->y.hold, "hold") < 0)
        return -EINVAL;
    return to_range(r, &l->release, &r->y.release, "release");
}

static int read_table(struct reading *r)
{
    struct layer_read *y = &r->y;
    bool own = y->ratios.n > 0;

    if (own && y->amplitudes.n != y->ratios.n) {
        conf_error(r->c, r->n, r->err,
                   "key 'amplitudes': found %u values; allowed: %u, one for "
                   "each of 'ratios'",
                   y->amplitudes.n, y->ratios.n);
        return -EINVAL;
    }
    if (own == (y->table != 0)) {
        conf_error(r->c, r->n, r->err,
                   "kind 'ratio': found %s of 'table' and 'ratios'; allowed: "
                   "one",
                   own ? "both" : "none");
        return -EINVAL;
    }
    y->l.n_table = own ? y->ratios.n : tables[y->table].n;
    memcpy(y->l.ratio, own ? y->ratios.v : tables[y->table].ratio,
           sizeof(y->l.ratio));
    memcpy(y->l.amp, own ? y->amplitudes.v : tables[y->table].amp,
           sizeof(y->l.amp));
    if (y->harmonics > 0 && y->harmonics < y->l.n_table)
        y->l.n_table = (uint32_t)y->harmonics; /* no more than these */
    y->harmonics = y->l.n_table;
    return 0;
}

static int read_grains(struct reading *r)
{
    if (!r->y.grains)
        return missing(r, "grains", "kind 'grains'");
    if (conf_read(r->c, r->y.grains, music_grains_keys, &r->y, r->err) < 0 ||
        to_range(r, &r->y.l.length, &r->y.length, "length") < 0)
        return -EINVAL;
    r->y.l.slots = (uint32_t)r->y.slots;
    r->y.harmonics = 1;
    return read_pitch_range(r, "kind 'grains'");
}

static int read_field(struct reading *r, const struct music *m)
{
    uint32_t own, most;

    if (read_pitch_range(r, "kind 'field'") < 0)
        return -EINVAL;
    own = music_field(m, &m->chords, m->root, &r->y.l, NULL, NULL, 1);
    most = music_field_most(m, &r->y.l);
    r->y.harmonics = most;
    if (own > 0 && most <= MUSIC_BANDS_MAX)
        return 0;
    conf_error(r->c, r->n, r->err,
               "kind 'field': found %s%u tones of all chords in 'pitch'; "
               "allowed: 1 to %d",
               own > 0 ? "up to " : "", own > 0 ? most : 0, MUSIC_BANDS_MAX);
    return -EINVAL;
}

/* The keys that the layer's kind needs. */
static int read_kind(struct reading *r, const struct music *m)
{
    r->y.l.kind = (enum music_kind)r->y.kind;
    switch (r->y.l.kind) {
    case KIND_GRAINS:
        return read_grains(r);
    case KIND_FIELD:
        return read_field(r, m);
    case KIND_RATIO:
        if (read_table(r) < 0)
            return -EINVAL;
        break;
    case KIND_NOISE:
    case KIND_HARMONIC:
        if (r->y.harmonics == 0)
            return missing(r, "harmonics", "a layer of notes");
        break;
    }
    if (read_events(r, m) < 0)
        return -EINVAL;
    return read_envelope(r);
}

static int read_members(struct reading *r)
{
    struct music_layer *l = &r->y.l;
    int64_t thin = r->y.thin > 0 ? r->y.thin : r->y.members;

    if (r->y.members == 0)
        return missing(r, "members", "a layer");
    if (thin > r->y.members ||
        (l->together == TOGETHER_CASCADE && thin != r->y.members)) {
        conf_error(
            r->c, r->n, r->err,
            "key 'thin': found %d; allowed: %s the %d of 'members'", (int)thin,
            l->together == TOGETHER_CASCADE ? "in a cascade only" : "at most",
            (int)r->y.members);
        return -EINVAL;
    }
    l->members = (uint32_t)r->y.members;
    l->thin = (uint32_t)thin;
    return 0;
}

/* Tables of their own within the layer, and pairs of unlike numbers. */
static int read_parts(struct reading *r)
{
    struct layer_read *y = &r->y;

    if (y->formant &&
        conf_read(r->c, y->formant, music_formant_keys, y, r->err) < 0)
        return -EINVAL;
    if (y->wear && conf_read(r->c, y->wear, music_wear_keys, y, r->err) < 0)
        return -EINVAL;
    y->l.vibrato = y->vibrato.v[0];
    y->l.vibrato_rate = y->vibrato.v[1];
    y->l.drift = y->drift.v[0];
    y->l.drift_rate = y->drift.v[1];
    return 0;
}

static int check_name(struct reading *r, const struct music *m)
{
    for (uint32_t i = 0; i < m->n_layers; i++)
        if (strcmp(m->layer[i].name, r->y.l.name) == 0) {
            conf_error(r->c, r->n, r->err,
                       "key 'name': found '%s' a second time; allowed: a name "
                       "of its own for each layer",
                       r->y.l.name);
            return -EINVAL;
        }
    return 0;
}

int music_read_layer(struct music *m, const struct conf *c,
                     const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct reading r = {.y = {.rule = -1,
                              .l = {.prob = 1.0,
                                    .leader = MUSIC_NO_LAYER,
                                    .transpose = 1.0,
                                    .alpha = 1.0,
                                    .span = 4.0,
                                    .spread = 5.0,
                                    .spread_max = 400.0,
                                    .order = 2.0,
                                    .width = 0.8,
                                    .pan = 0.5,
                                    .pan_power = 1.0}},
                        .c = c,
                        .n = n,
                        .err = err};

    if (conf_read(c, n, music_layer_keys, &r.y, err) < 0)
        return -EINVAL;
    r.y.l.bus = (enum scene_bus)r.y.bus;
    r.y.l.together = (enum music_together)r.y.together;
    if (read_kind(&r, m) < 0 || read_members(&r) < 0 || read_parts(&r) < 0 ||
        check_name(&r, m) < 0)
        return -EINVAL;
    if (r.y.rule >= 0)
        r.y.l.rule = (enum music_rule)r.y.rule;
    r.y.l.harmonics = (uint32_t)r.y.harmonics;
    m->layer[m->n_layers++] = r.y.l;
    return 0;
}
