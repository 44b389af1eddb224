// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/music.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>

#include "clients/generator/music_priv.h"

/* What the tables fill; texts and numbers go straight into the preset, lists
   and nested mappings are looked at afterwards. */
struct top {
    struct music m;
    const struct conf_node *harmony, *room, *control, *layers;
};

struct harmony {
    double root, section, lag, walk, ring, roots_every;
    struct conf_reals roots;
    const struct conf_node *chords, *modes;
};

struct room {
    struct conf_reals t60, send, pre, dry;
    double size, drift, wet, blend;
};

/* clang-format off */
#define REAL(s, f, lo, hi, need, text) \
    {.name = #f, .type = CONF_REAL, .offset = offsetof(struct s, f), \
     .min = (lo), .max = (hi), .required = (need), .help = (text)}
#define TOP(f, lo, hi, need, text) \
    {.name = #f, .type = CONF_REAL, .offset = offsetof(struct top, m.f), \
     .min = (lo), .max = (hi), .required = (need), .help = (text)}
#define REALS(s, f, lo, hi, n_min, n_max, need, text) \
    {.name = #f, .type = CONF_REALS, .offset = offsetof(struct s, f), \
     .min = (lo), .max = (hi), .size_min = (n_min), .size_max = (n_max), \
     .required = (need), .help = (text)}
#define NODE(s, f, need, text) \
    {.name = #f, .type = CONF_NODE, .offset = offsetof(struct s, f), \
     .required = (need), .help = (text)}

static const struct conf_key top_keys[] = {
    {.name = "title", .type = CONF_TEXT, .offset = offsetof(struct top, m.title),
     .size_max = sizeof(((struct top *)NULL)->m.title), .required = 1,
     .help = "what people call it"},
    TOP(gain, -60, 20, 1, "dB, of the whole"),
    TOP(arc, 0, 6, 0, "dB, slow swell of the whole"),
    TOP(arc_rate, 0, 0.1, 0, "Hz"),
    TOP(kappa, 0, 1, 0, "levelling of what lasts a minute or two"),
    NODE(top, harmony, 1, "root and chords"),
    NODE(top, room, 1, "the reverb"),
    NODE(top, control, 0, "what MIDI moves"),
    NODE(top, layers, 1, "a list of layers"),
    {0},
};

static const struct conf_key harmony_keys[] = {
    REAL(harmony, root, 40, 160, 1, "Hz, to which the chords' ratios refer"),
    NODE(harmony, chords, 1, "a list of chords, neighbours share tones"),
    NODE(harmony, modes, 0, "other lists of chords, by name"),
    REAL(harmony, section, 10, 3600, 0, "s, how long a chord stays"),
    REAL(harmony, lag, 0, 2400, 0, "s, over which the voices follow"),
    REAL(harmony, walk, 0, 4, 0, "chords, how far the walk strays"),
    REAL(harmony, ring, 0, 1, 0, "chords per section, the steady pace"),
    REALS(harmony, roots, 0.5, 2, 1, MUSIC_ROOTS_MAX, 0, "ratios, in turn"),
    REAL(harmony, roots_every, 60, 7200, 0, "s, between two roots"),
    {0},
};

static const struct conf_key room_keys[] = {
    REALS(room, t60, 0.1, 30, 3, 3, 1, "s: low, mid, high"),
    REAL(room, size, 0.5, 2, 0, "times the delays"),
    REAL(room, drift, 0, 20, 0, "samples at 48 kHz of modulation"),
    REAL(room, wet, 0, 2, 0, "gain"),
    REAL(room, blend, 0, 0.7, 0, "of the other side in the room's sound"),
    REALS(room, send, 0, 2, BUS_COUNT, BUS_COUNT, 0, "gain per bus"),
    REALS(room, pre, 0, 200, BUS_COUNT, BUS_COUNT, 0, "ms per bus"),
    REALS(room, dry, 0, 2, BUS_COUNT, BUS_COUNT, 0, "gain per bus"),
    {0},
};
/* clang-format on */

const struct conf_key *music_keys(uint32_t i, const char **name)
{
    static const struct {
        const char *name;
        const struct conf_key *keys;
    } tables[] = {{"top", top_keys},
                  {"harmony", harmony_keys},
                  {"room", room_keys},
                  {"control", music_control_keys},
                  {"layer", music_layer_keys},
                  {"formant", music_formant_keys},
                  {"grains", music_grains_keys},
                  {"wear", music_wear_keys}};

    if (i >= sizeof(tables) / sizeof(tables[0]))
        return NULL;
    *name = tables[i].name;
    return tables[i].keys;
}

/* key: "chords", or the mode's name. */
static int read_chord(struct music_chord *out, const char *key,
                      const struct conf *c, const struct conf_node *n,
                      char err[CONF_ERROR_MAX])
{
    uint32_t tones = conf_count(c, n);

    if (conf_kind(n) != CONF_LIST || tones < 1 || tones > MUSIC_TONES_MAX) {
        conf_error(c, n, err,
                   "key '%s': found a chord that is no list of 1 to %d ratios",
                   key, MUSIC_TONES_MAX);
        return -EINVAL;
    }
    out->n = tones;
    for (uint32_t j = 0; j < tones; j++)
        if (conf_real(c, conf_at(c, n, j), key, 1.0, 2.0, &out->ratio[j], err) <
            0)
            return -EINVAL;
    return 0;
}

static int read_chords(struct music_chords *out, const char *key,
                       const struct conf *c, const struct conf_node *list,
                       char err[CONF_ERROR_MAX])
{
    uint32_t n = conf_count(c, list);

    if (conf_kind(list) != CONF_LIST || n == 0 || n > MUSIC_CHORDS_MAX) {
        conf_error(c, list, err, "key '%s': found %u chords; allowed: 1 to %d",
                   key, conf_kind(list) == CONF_LIST ? n : 0, MUSIC_CHORDS_MAX);
        return -EINVAL;
    }
    out->n = n;
    for (uint32_t i = 0; i < n; i++)
        if (read_chord(&out->chord[i], key, c, conf_at(c, list, i), err) < 0)
            return -EINVAL;
    return 0;
}

/* People choose a mode by its name, or by its number; "own" are the preset's
   chords. */
static bool is_mode_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    return n > 0 && name[n] == '\0' && isalpha((unsigned char)name[0]) &&
           strcmp(name, "own") != 0 &&
           n < sizeof(((struct music_chords *)NULL)->name);
}

static int read_mode(struct music *m, const char *name, const struct conf *c,
                     const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct music_chords *mode = &m->mode[m->n_modes];

    if (!is_mode_name(name)) {
        conf_error(c, n, err,
                   "key 'modes': found the name '%s'; allowed: a word of at "
                   "most %zu letters, digits, - and _ that begins with a "
                   "letter, but not 'own'",
                   name, sizeof(mode->name) - 1);
        return -EINVAL;
    }
    strcpy(mode->name, name);
    if (read_chords(mode, name, c, n, err) < 0)
        return -EINVAL;
    /* else a change of mode would change the place on the ring */
    if (mode->n != m->chords.n) {
        conf_error(c, n, err,
                   "key '%s': found %u chords; allowed: %u, as many as "
                   "'chords' has",
                   name, mode->n, m->chords.n);
        return -EINVAL;
    }
    m->n_modes++;
    return 0;
}

static int read_modes(struct music *m, const struct conf *c,
                      const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    uint32_t modes = conf_kind(n) == CONF_MAP ? conf_count(c, n) : 0;

    if (modes == 0 || modes > MUSIC_MODES_MAX) {
        conf_error(c, n, err, "key 'modes': found %u modes; allowed: 1 to %d",
                   modes, MUSIC_MODES_MAX);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < modes; i++)
        if (read_mode(m, conf_key_at(c, n, i), c, conf_at(c, n, i), err) < 0)
            return -EINVAL;
    return 0;
}

static int read_harmony(struct music *m, const struct conf *c,
                        const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct harmony h = {.section = 200,
                        .lag = 100,
                        .walk = 1.6,
                        .ring = 0.45,
                        .roots = {.n = 1, .v = {1.0}},
                        .roots_every = 1200};

    if (conf_read(c, n, harmony_keys, &h, err) < 0)
        return -EINVAL;
    /* beyond it two changes of chord are under way at once */
    if (h.lag > 0.8 * h.section) {
        conf_error(c, n, err,
                   "key 'lag': found %g; allowed: at most 4/5 of the section, "
                   "%g",
                   h.lag, 0.8 * h.section);
        return -EINVAL;
    }
    m->root = h.root;
    m->section = h.section;
    m->lag = h.lag;
    m->walk = h.walk;
    m->ring = h.ring;
    m->n_roots = h.roots.n;
    memcpy(m->roots, h.roots.v, sizeof(m->roots));
    m->roots_every = h.roots_every;
    if (read_chords(&m->chords, "chords", c, h.chords, err) < 0)
        return -EINVAL;
    return h.modes ? read_modes(m, c, h.modes, err) : 0;
}

static int read_room(struct music_room *out, const struct conf *c,
                     const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct room r = {.size = 1.0,
                     .drift = 8.0,
                     .wet = 1.0,
                     .blend = 0.2,
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
                               .wet = r.wet,
                               .blend = r.blend};
    memcpy(out->send, r.send.v, sizeof(out->send));
    memcpy(out->pre, r.pre.v, sizeof(out->pre));
    memcpy(out->dry, r.dry.v, sizeof(out->dry));
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
        if (music_read_layer(m, c, conf_at(c, list, i), err) < 0)
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
    struct top t = {.m = {.kappa = 0.5}};
    struct conf *c = NULL;
    int ret = conf_load(&c, path, err);

    if (ret < 0)
        goto out;
    ret = -EINVAL;
    if (name_of(t.m.name, path, err) < 0 ||
        conf_read(c, conf_root(c), top_keys, &t, err) < 0 ||
        read_harmony(&t.m, c, t.harmony, err) < 0 ||
        read_room(&t.m.room, c, t.room, err) < 0 ||
        music_read_control(&t.m, c, t.control, err) < 0 ||
        read_layers(&t.m, c, t.layers, err) < 0)
        goto out;
    *out = t.m;
    ret = 0;
out:
    conf_free(&c);
    return ret;
}
