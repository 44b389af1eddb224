// SPDX-License-Identifier: GPL-3.0-or-later
/* Between the files that read a preset. */
#ifndef GENERATOR_MUSIC_PRIV_H
#define GENERATOR_MUSIC_PRIV_H

#include "clients/generator/music.h"

/* What the table fills; lists are looked at afterwards. */
struct layer_read {
    struct music_layer l;
    int bus, kind, rule, together, table;
    int64_t harmonics, members, thin, slots;
    char echo_of[32];
    struct conf_reals period, pitch, attack, hold, release, length;
    struct conf_reals ratios, amplitudes, vibrato, drift;
    const struct conf_node *home, *formant, *grains, *wear;
};

extern const char *const music_rules[]; /* names, by enum music_rule */

extern const struct conf_key music_layer_keys[];
extern const struct conf_key music_formant_keys[];
extern const struct conf_key music_grains_keys[];
extern const struct conf_key music_wear_keys[];

extern const struct conf_key music_control_keys[];

/* Fills m->midi, once the harmony is known; n may be NULL: all defaults.
   Errors: -EINVAL, with the message in err. */
int music_read_control(struct music *m, const struct conf *c,
                       const struct conf_node *n, char err[CONF_ERROR_MAX]);

/* Appends a layer to m. Errors: -EINVAL, with the message in err. */
int music_read_layer(struct music *m, const struct conf *c,
                     const struct conf_node *n, char err[CONF_ERROR_MAX]);

#endif
