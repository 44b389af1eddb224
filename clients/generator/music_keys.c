// SPDX-License-Identifier: GPL-3.0-or-later
/* The keys of a layer; presets/music/README.md has them in words. */
#include <stddef.h>

#include "clients/generator/music_priv.h"

static const char *const bus_names[] = {"drone", "pad", "bells", "grains",
                                        NULL};
static const char *const kind_names[] = {"harmonic", "ratio",  "noise",
                                         "field",    "grains", NULL};
const char *const music_rules[] = {"home",   "bass",  "random",
                                   "melody", "fixed", NULL};
static const char *const together_names[] = {"no", "yes", "cascade", NULL};
static const char *const table_names[] = {"none", "bell", "gong", "glass",
                                          NULL};

/* clang-format off */
#define LAYER(f, lo, hi, need, text) \
    {.name = #f, .type = CONF_REAL, .offset = offsetof(struct layer_read, l.f), \
     .min = (lo), .max = (hi), .required = (need), .help = (text)}
#define REALS(f, lo, hi, n_min, n_max, need, text) \
    {.name = #f, .type = CONF_REALS, .offset = offsetof(struct layer_read, f), \
     .min = (lo), .max = (hi), .size_min = (n_min), .size_max = (n_max), \
     .required = (need), .help = (text)}
#define COUNT(f, hi, text) \
    {.name = #f, .type = CONF_INT, .offset = offsetof(struct layer_read, f), \
     .min = 1, .max = (hi), .help = (text)}
#define ENUM(f, names, need, text) \
    {.name = #f, .type = CONF_ENUM, .offset = offsetof(struct layer_read, f), \
     .choices = (names), .required = (need), .help = (text)}
#define NODE(f, text) \
    {.name = #f, .type = CONF_NODE, .offset = offsetof(struct layer_read, f), \
     .help = (text)}
#define PART(key, f, lo, hi, text) \
    {.name = key, .type = CONF_REAL, .offset = offsetof(struct layer_read, l.f), \
     .min = (lo), .max = (hi), .required = 1, .help = (text)}
#define TEXT(key, f, need, text) \
    {.name = key, .type = CONF_TEXT, .offset = offsetof(struct layer_read, f), \
     .size_max = sizeof(((struct layer_read *)NULL)->f), .required = (need), \
     .help = (text)}

const struct conf_key music_layer_keys[] = {
    TEXT("name", l.name, 1, "its own within the preset"),
    ENUM(bus, bus_names, 1, "drone, pad, bells or grains"),
    ENUM(kind, kind_names, 0, "what a note is made of"),
    LAYER(level, -60, 20, 1, "dB, loudness of one note"),
    LAYER(slope, -12, 12, 0, "dB per octave above 220 Hz"),
    REALS(period, 0.2, 1000, 1, MUSIC_VOICES_MAX, 0, "s, per voice"),
    LAYER(jitter, 0, 1, 0, "of half a period"),
    LAYER(prob, 0, 1, 0, "chance that a turn sounds"),
    LAYER(prob_depth, 0, 1, 0, "slow swing of that chance"),
    LAYER(prob_rate, 0, 1, 0, "Hz"),
    TEXT("echo_of", echo_of, 0, "the layer whose notes it repeats"),
    LAYER(delay, 0, 60, 0, "s after them"),
    LAYER(transpose, 0.125, 32, 0, "times their pitch"),
    ENUM(rule, music_rules, 0, "where pitches come from"),
    NODE(home, "Hz per voice, or ratios to the root (fixed)"),
    LAYER(wander, 0, 4, 0, "octaves the home strays"),
    LAYER(wander_rate, 0, 1, 0, "Hz"),
    LAYER(canon, 0, 60, 0, "s from voice to voice on one contour"),
    REALS(pitch, 40, 16000, 2, 2, 0, "Hz, from and to"),
    COUNT(harmonics, 64, "bands of a note"),
    COUNT(members, MUSIC_MEMBERS_MAX, "partials of a band"),
    COUNT(thin, MUSIC_MEMBERS_MAX, "of them on a small machine"),
    ENUM(table, table_names, 0, "modes of a bell, gong or glass"),
    REALS(ratios, 0.1, 40, 1, MUSIC_TABLE_MAX, 0, "modes of one's own"),
    REALS(amplitudes, 0, 10, 1, MUSIC_TABLE_MAX, 0, "of these modes"),
    LAYER(alpha, 0, 4, 0, "harmonic h has amplitude h^-alpha"),
    LAYER(inharmonic, 0, 0.01, 0, "stretch, as of stiff strings"),
    LAYER(odd, 0, 1, 0, "how much even harmonics lack"),
    LAYER(pluck, 0, 0.5, 0, "where the string is plucked"),
    LAYER(span, 0.5, 9, 0, "octaves of noise"),
    LAYER(spread, 0, 400, 0, "cents, of the members' detune"),
    LAYER(spread_power, -2, 2, 0, "spread of harmonic h is times h^this"),
    LAYER(spread_max, 0, 400, 0, "cents, but at most this"),
    ENUM(together, together_names, 0, "members detune all harmonics alike"),
    LAYER(beat, 0, 10, 0, "Hz, of pairs; a cascade's step"),
    REALS(attack, 0.004, 60, 1, 2, 0, "s, from and to"),
    REALS(hold, 0, 120, 1, 2, 0, "s, from and to"),
    REALS(release, 0.02, 60, 1, 2, 0, "s, from and to"),
    LAYER(struck, 0, 30, 0, "s, decay of 220 Hz to 1/e"),
    LAYER(damping, 0, 2, 0, "decay is shorter by frequency^this"),
    LAYER(velocity, 0, 12, 0, "dB, spread of the notes' loudness"),
    LAYER(cutoff, 50, 20000, 1, "Hz, corner of the roll-off"),
    LAYER(order, 1, 8, 0, "of the roll-off; 2 is 12 dB per octave"),
    LAYER(highpass, 0, 5000, 0, "Hz, 18 dB per octave below it"),
    LAYER(follow, 0, 1.3, 0, "how far the corner follows the envelope"),
    LAYER(bright, 0, 4, 0, "octaves the corner wanders"),
    LAYER(bright_rate, 0, 1, 0, "Hz"),
    NODE(formant, "amount, vowel and rate: a voice"),
    LAYER(motion, 0, 12, 0, "dB, each band's own swell"),
    LAYER(motion_rate, 0, 8, 0, "Hz"),
    REALS(vibrato, 0, 100, 2, 2, 0, "cents, Hz"),
    REALS(drift, 0, 100, 2, 2, 0, "cents, Hz"),
    LAYER(width, 0, 1, 0, "spread of the members in space"),
    LAYER(pan, 0, 1, 0, "how far notes are off the middle"),
    LAYER(pan_power, 0.2, 2, 0, "under 1 pushes members outward"),
    NODE(grains, "slots, gap, length, rise, chirp: a cloud"),
    NODE(wear, "epoch, prob, cutoff, level: erosion"),
    {0},
};

const struct conf_key music_formant_keys[] = {
    PART("amount", formant, 0, 1, "how much of a voice it is"),
    PART("vowel", vowel, 0, 4, "u o a e i"),
    PART("rate", formant_rate, 0, 1, "Hz, how fast the vowel wanders"),
    {0},
};

const struct conf_key music_grains_keys[] = {
    {.name = "slots", .type = CONF_INT, .offset = offsetof(struct layer_read, slots),
     .min = 1, .max = MUSIC_SLOTS_MAX, .required = 1,
     .help = "how many can sound at a time"},
    PART("gap", gap, 0.15, 30, "s, mean time between a slot's turns"),
    REALS(length, 0.005, 10, 1, 2, 1, "s, of a grain, from and to"),
    PART("rise", rise, 0.05, 0.95, "of its length"),
    PART("chirp", chirp, -4, 4, "glide, in 6 % of the pitch"),
    {0},
};

const struct conf_key music_wear_keys[] = {
    PART("epoch", epoch, 60, 36000, "s, after which pitches are new"),
    PART("prob", wear_prob, 0, 1, "of the chance, lost in an epoch"),
    PART("cutoff", wear_cutoff, 0, 6, "octaves, lost in an epoch"),
    PART("level", wear_level, 0, 24, "dB, lost in an epoch"),
    {0},
};
/* clang-format on */
