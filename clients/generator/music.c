// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/music.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LOWEST_RATE 8000 /* Hz; there a chunk lasts longest */

/* What the tables fill; texts and numbers go straight into the preset, lists
   and nested mappings are looked at afterwards. */
struct top {
    struct music m;
    const struct conf_node *harmony, *room, *layers;
};

struct harmony {
    double root, section, lag, walk, ring;
    const struct conf_node *chords;
};

struct room {
    struct conf_reals t60, send, pre, dry;
    double size, drift, wet;
};

struct layer {
    struct music_layer l;
    int bus, rule, together;
    int64_t harmonics, members;
    struct conf_reals period, home, pitch, attack, hold, release;
    const struct conf_node *home_node;
};

static const char *const bus_names[] = {"drone", "pad", "bells", "grains",
                                        NULL};
static const char *const rule_names[] = {"home", "bass", "random", NULL};
static const char *const yes_names[] = {"no", "yes", NULL};

/* clang-format off */
#define REAL(s, f, lo, hi, need, text) \
    {.name = #f, .type = CONF_REAL, .offset = offsetof(struct s, f), \
     .min = (lo), .max = (hi), .required = (need), .help = (text)}
#define REALS(s, f, lo, hi, n_min, n_max, need, text) \
    {.name = #f, .type = CONF_REALS, .offset = offsetof(struct s, f), \
     .min = (lo), .max = (hi), .size_min = (n_min), .size_max = (n_max), \
     .required = (need), .help = (text)}
#define NODE(s, f, text) \
    {.name = #f, .type = CONF_NODE, .offset = offsetof(struct s, f), \
     .required = 1, .help = (text)}
#define LAYER(f, lo, hi, need, text) \
    {.name = #f, .type = CONF_REAL, .offset = offsetof(struct layer, l.f), \
     .min = (lo), .max = (hi), .required = (need), .help = (text)}
#define COUNT(f, hi, text) \
    {.name = #f, .type = CONF_INT, .offset = offsetof(struct layer, f), \
     .min = 1, .max = (hi), .required = 1, .help = (text)}
#define ENUM(f, names, need, text) \
    {.name = #f, .type = CONF_ENUM, .offset = offsetof(struct layer, f), \
     .choices = (names), .required = (need), .help = (text)}
#define TEXT(s, key, f, need, text) \
    {.name = key, .type = CONF_TEXT, .offset = offsetof(struct s, f), \
     .size_max = sizeof(((struct s *)NULL)->f), .required = (need), \
     .help = (text)}

static const struct conf_key top_keys[] = {
    TEXT(top, "title", m.title, 1, "what people call it"),
    {.name = "gain", .type = CONF_REAL, .offset = offsetof(struct top, m.gain),
     .min = -60, .max = 20, .required = 1, .help = "dB, of the whole"},
    NODE(top, harmony, "root and chords"),
    NODE(top, room, "the reverb"),
    NODE(top, layers, "a list of layers"),
    {0},
};

static const struct conf_key harmony_keys[] = {
    REAL(harmony, root, 40, 160, 1, "Hz, to which the chords' ratios refer"),
    NODE(harmony, chords, "a list of chords, neighbours share tones"),
    REAL(harmony, section, 10, 3600, 0, "s, how long a chord stays"),
    REAL(harmony, lag, 0, 2400, 0, "s, over which the voices follow"),
    REAL(harmony, walk, 0, 4, 0, "chords, how far the walk strays"),
    REAL(harmony, ring, 0, 1, 0, "chords per section, the steady pace"),
    {0},
};

static const struct conf_key room_keys[] = {
    REALS(room, t60, 0.1, 30, 3, 3, 1, "s: low, mid, high"),
    REAL(room, size, 0.5, 2, 0, "times the delays"),
    REAL(room, drift, 0, 20, 0, "samples at 48 kHz of modulation"),
    REAL(room, wet, 0, 2, 0, "gain"),
    REALS(room, send, 0, 2, BUS_COUNT, BUS_COUNT, 0, "gain per bus"),
    REALS(room, pre, 0, 200, BUS_COUNT, BUS_COUNT, 0, "ms per bus"),
    REALS(room, dry, 0, 2, BUS_COUNT, BUS_COUNT, 0, "gain per bus"),
    {0},
};

static const struct conf_key layer_keys[] = {
    TEXT(layer, "name", l.name, 1, "its own within the preset"),
    ENUM(bus, bus_names, 1, "drone, pad, bells or grains"),
    LAYER(level, -60, 20, 1, "dB, loudness of one note"),
    LAYER(slope, -12, 12, 0, "dB per octave above 220 Hz"),
    REALS(layer, period, 1, 1000, 1, MUSIC_VOICES_MAX, 1, "s, per voice"),
    LAYER(jitter, 0, 1, 0, "of half a period"),
    LAYER(prob, 0, 1, 0, "chance that a turn sounds"),
    LAYER(prob_depth, 0, 1, 0, "slow swing of that chance"),
    LAYER(prob_rate, 0, 1, 0, "Hz"),
    ENUM(rule, rule_names, 1, "home, bass or random"),
    {.name = "home", .type = CONF_NODE,
     .offset = offsetof(struct layer, home_node), .help = "Hz per voice"},
    LAYER(wander, 0, 4, 0, "octaves the home strays"),
    LAYER(wander_rate, 0, 1, 0, "Hz"),
    REALS(layer, pitch, 40, 8000, 2, 2, 0, "Hz, from and to"),
    COUNT(harmonics, MUSIC_BANDS_MAX, "bands of a note"),
    COUNT(members, MUSIC_MEMBERS_MAX, "partials of a band"),
    LAYER(alpha, 0, 4, 0, "harmonic h has amplitude h^-alpha"),
    LAYER(spread, 0, 100, 0, "cents, of the members' detune"),
    LAYER(spread_power, -2, 2, 0, "spread of harmonic h is times h^this"),
    LAYER(spread_max, 0, 200, 0, "cents, but at most this"),
    ENUM(together, yes_names, 0, "members detune all harmonics alike"),
    REALS(layer, attack, 0.02, 60, 1, 2, 1, "s, from and to"),
    REALS(layer, hold, 0, 120, 1, 2, 1, "s, from and to"),
    REALS(layer, release, 0.02, 60, 1, 2, 1, "s, from and to"),
    LAYER(velocity, 0, 12, 0, "dB, spread of the notes' loudness"),
    LAYER(cutoff, 50, 20000, 1, "Hz, corner of the roll-off"),
    LAYER(order, 1, 8, 0, "of the roll-off; 2 is 12 dB per octave"),
    LAYER(follow, 0, 1.3, 0, "how far the corner follows the envelope"),
    LAYER(bright, 0, 4, 0, "octaves the corner wanders"),
    LAYER(bright_rate, 0, 1, 0, "Hz"),
    LAYER(motion, 0, 12, 0, "dB, each band's own swell"),
    LAYER(motion_rate, 0, 2, 0, "Hz"),
    LAYER(width, 0, 1, 0, "spread of the members in space"),
    LAYER(pan, 0, 1, 0, "how far notes are off the middle"),
    LAYER(pan_power, 0.2, 2, 0, "under 1 pushes members outward"),
    {0},
};
/* clang-format on */

static int read_chords(struct music *m, const struct conf *c,
                       const struct conf_node *list, char err[CONF_ERROR_MAX])
{
    const struct conf_key tone = {.name = "chords",
                                  .type = CONF_REALS,
                                  .min = 1.0,
                                  .max = 2.0,
                                  .size_min = 1,
                                  .size_max = MUSIC_TONES_MAX};
    uint32_t n = conf_count(c, list);

    if (conf_kind(list) != CONF_LIST || n == 0 || n > MUSIC_CHORDS_MAX) {
        conf_error(c, list, err,
                   "key 'chords': found %u chords; allowed: 1 to %d",
                   conf_kind(list) == CONF_LIST ? n : 0, MUSIC_CHORDS_MAX);
        return -EINVAL;
    }
    m->n_chords = n;
    for (uint32_t i = 0; i < n; i++) {
        const struct conf_node *at = conf_at(c, list, i);
        uint32_t tones = conf_count(c, at);
        if (conf_kind(at) != CONF_LIST || tones < 1 ||
            tones > MUSIC_TONES_MAX) {
            conf_error(c, at, err,
                       "key 'chords': found a chord that is no list of 1 to "
                       "%d ratios",
                       MUSIC_TONES_MAX);
            return -EINVAL;
        }
        m->chord[i].n = tones;
        for (uint32_t j = 0; j < tones; j++)
            if (conf_real(c, conf_at(c, at, j), tone.name, tone.min, tone.max,
                          &m->chord[i].ratio[j], err) < 0)
                return -EINVAL;
    }
    return 0;
}

static int read_harmony(struct music *m, const struct conf *c,
                        const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct harmony h = {.section = 200, .lag = 100, .walk = 1.6, .ring = 0.45};

    if (conf_read(c, n, harmony_keys, &h, err) < 0)
        return -EINVAL;
    if (h.lag > h.section / 1.5) {
        conf_error(c, n, err,
                   "key 'lag': found %g; allowed: at most two thirds of the "
                   "section, %g",
                   h.lag, h.section / 1.5);
        return -EINVAL;
    }
    m->root = h.root;
    m->section = h.section;
    m->lag = h.lag;
    m->walk = h.walk;
    m->ring = h.ring;
    return read_chords(m, c, h.chords, err);
}

static int read_room(struct music_room *out, const struct conf *c,
                     const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct room r = {.size = 1.0,
                     .drift = 8.0,
                     .wet = 1.0,
                     .send = {.n = 4, .v = {0.6, 0.6, 0.6, 0.6}},
                     .pre = {.n = 4, .v = {25, 25, 25, 25}},
                     .dry = {.n = 4, .v = {0.9, 0.9, 0.9, 0.9}}};

    if (conf_read(c, n, room_keys, &r, err) < 0)
        return -EINVAL;
    *out = (struct music_room){.t60_low = r.t60.v[0],
                               .t60_mid = r.t60.v[1],
                               .t60_high = r.t60.v[2],
                               .size = r.size,
                               .drift = r.drift,
                               .wet = r.wet};
    memcpy(out->send, r.send.v, sizeof(out->send));
    memcpy(out->pre, r.pre.v, sizeof(out->pre));
    memcpy(out->dry, r.dry.v, sizeof(out->dry));
    return 0;
}

/* One value is a range of no width. */
static int to_range(struct music_range *out, const struct conf_reals *v,
                    const struct conf *c, const struct conf_node *layer,
                    const char *key, char err[CONF_ERROR_MAX])
{
    out->lo = v->v[0];
    out->hi = v->v[v->n - 1];
    if (out->lo <= out->hi)
        return 0;
    conf_error(c, layer, err,
               "key '%s': found %g to %g; allowed: the smaller one first", key,
               out->lo, out->hi);
    return -EINVAL;
}

/* The keys that the layer's rule of pitch needs. */
static int read_pitch(struct layer *y, const struct conf *c,
                      const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    const char *rule = rule_names[y->rule];
    uint32_t homes;

    if (y->rule == RULE_RANDOM) {
        if (y->pitch.n > 0)
            return to_range(&y->l.pitch, &y->pitch, c, n, "pitch", err);
        conf_error(c, n, err,
                   "key 'pitch' is missing (rule 'random' needs it)");
        return -EINVAL;
    }
    if (!y->home_node) {
        conf_error(c, n, err, "key 'home' is missing (rule '%s' needs it)",
                   rule);
        return -EINVAL;
    }
    homes =
        conf_kind(y->home_node) == CONF_LIST ? conf_count(c, y->home_node) : 1;
    if (homes != y->period.n) {
        conf_error(c, y->home_node, err,
                   "key 'home': found %u values; allowed: %u, one for each "
                   "period",
                   homes, y->period.n);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < homes; i++) {
        const struct conf_node *at = conf_kind(y->home_node) == CONF_LIST
                                         ? conf_at(c, y->home_node, i)
                                         : y->home_node;
        if (conf_real(c, at, "home", 40, 4000, &y->l.home[i], err) < 0)
            return -EINVAL;
    }
    return 0;
}

static int read_layer(struct music *m, const struct conf *c,
                      const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct layer y = {.l = {.prob = 1.0,
                            .alpha = 1.0,
                            .spread = 5.0,
                            .spread_max = 200.0,
                            .order = 2.0,
                            .width = 0.8,
                            .pan = 0.5,
                            .pan_power = 1.0}};

    if (conf_read(c, n, layer_keys, &y, err) < 0 ||
        read_pitch(&y, c, n, err) < 0 ||
        to_range(&y.l.attack, &y.attack, c, n, "attack", err) < 0 ||
        to_range(&y.l.hold, &y.hold, c, n, "hold", err) < 0 ||
        to_range(&y.l.release, &y.release, c, n, "release", err) < 0)
        return -EINVAL;
    for (uint32_t i = 0; i < m->n_layers; i++)
        if (strcmp(m->layer[i].name, y.l.name) == 0) {
            conf_error(c, n, err,
                       "key 'name': found '%s' a second time; allowed: a name "
                       "of its own for each layer",
                       y.l.name);
            return -EINVAL;
        }
    y.l.bus = (enum scene_bus)y.bus;
    y.l.rule = (enum music_rule)y.rule;
    y.l.together = y.together;
    y.l.harmonics = (uint32_t)y.harmonics;
    y.l.members = (uint32_t)y.members;
    y.l.n_voices = y.period.n;
    memcpy(y.l.period, y.period.v, sizeof(y.l.period));
    m->layer[m->n_layers++] = y.l;
    return 0;
}

static int read_layers(struct music *m, const struct conf *c,
                       const struct conf_node *list, char err[CONF_ERROR_MAX])
{
    uint32_t n = conf_kind(list) == CONF_LIST ? conf_count(c, list) : 0;

    if (n == 0 || n > MUSIC_LAYERS_MAX) {
        conf_error(c, list, err,
                   "key 'layers': found %u layers; allowed: 1 to %d", n,
                   MUSIC_LAYERS_MAX);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < n; i++)
        if (read_layer(m, c, conf_at(c, list, i), err) < 0)
            return -EINVAL;
    return 0;
}

/* File name without folders and .yaml. */
static int name_of(char out[32], const char *path, char err[CONF_ERROR_MAX])
{
    const char *base = strrchr(path, '/');
    size_t n;

    base = base ? base + 1 : path;
    n = strlen(base);
    if (n > 5 && strcmp(base + n - 5, ".yaml") == 0)
        n -= 5;
    if (n >= 32) {
        snprintf(err, CONF_ERROR_MAX,
                 "%s: the file's name is too long; allowed: 31 bytes before "
                 ".yaml",
                 path);
        return -EINVAL;
    }
    memcpy(out, base, n);
    out[n] = '\0';
    return 0;
}

int music_load(struct music *out, const char *path, char err[CONF_ERROR_MAX])
{
    struct top t = {0};
    struct conf *c = NULL;
    int ret = conf_load(&c, path, err);

    if (ret < 0)
        goto out;
    ret = -EINVAL;
    if (name_of(t.m.name, path, err) < 0 ||
        conf_read(c, conf_root(c), top_keys, &t, err) < 0 ||
        read_harmony(&t.m, c, t.harmony, err) < 0 ||
        read_room(&t.m.room, c, t.room, err) < 0 ||
        read_layers(&t.m, c, t.layers, err) < 0)
        goto out;
    *out = t.m;
    ret = 0;
out:
    conf_free(&c);
    return ret;
}

/* Onsets stray by half a jitter to both sides, and a note sounds from before a
   chunk's end until after its start: as many turns as fit into that. */
static uint32_t most_notes(const struct music_layer *l, uint32_t voice)
{
    double longest = l->attack.hi + l->hold.hi + l->release.hi;
    double chunk = (SCENE_CHUNK + 2.0) / LOWEST_RATE;
    double window = longest + chunk + l->jitter * l->period[voice];

    return (uint32_t)floor(window / l->period[voice]) + 1;
}

void music_bounds(const struct music *m, uint32_t *partials, uint32_t *bands)
{
    *partials = 0;
    *bands = 0;
    for (uint32_t i = 0; i < m->n_layers; i++) {
        const struct music_layer *l = &m->layer[i];
        for (uint32_t v = 0; v < l->n_voices; v++) {
            uint32_t notes = most_notes(l, v);
            *bands += notes * l->harmonics;
            *partials += notes * l->harmonics * l->members;
        }
    }
}
