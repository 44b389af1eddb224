// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a MIDI message means to the music: by a map, a controller moves a
 * parameter and a note chooses the root. Pure: it keeps nothing and sets
 * nothing. Any thread.
 */
#ifndef GENERATOR_MIDI_H
#define GENERATOR_MIDI_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/params.h"

#define MIDI_CHANNELS    16
#define MIDI_CONTROLLERS 120 /* 120 to 127 are channel mode messages */

struct midi_control {
    bool used;
    enum param param;
    double lo, hi; /* its values at controller value 0 and 127; lo may be the
                      larger one */
    double centre; /* at 64; counts unless the parameter is whole */
};

/* All zeroes maps nothing. */
struct midi_map {
    int channel; /* 1..16; 0: all */
    bool notes;  /* choose the root */
    double root; /* Hz, of the preset: root 0 */
    struct midi_control control[MIDI_CONTROLLERS];
};

/* The map of presets that have none; README.md of presets/music lists it.
   root in Hz, n_modes as of struct music. */
void midi_map_default(struct midi_map *map, double root, uint32_t n_modes);

/* Largest value that the parameter has in a preset with so many modes. */
double midi_max(enum param p, uint32_t n_modes);

/*
 * Has controller cc move p from lo to hi. Between them it is linear; but where
 * they are the parameter's whole range, in either direction, 64 is its default
 * and both halves are linear. Values of whole parameters share the controller's
 * evenly. cc under MIDI_CONTROLLERS, values within the range.
 */
void midi_map_control(struct midi_map *map, uint32_t cc, enum param p,
                      double lo, double hi, uint32_t n_modes);

/*
 * Reads one message of n bytes. Returns 1 with *p and *value set, 0 where the
 * map has nothing for it, -EINVAL where it is no MIDI message. A note moves the
 * root to the nearest pitch of its name in equal temperament, A = 440 Hz:
 * by -6 to 6 semitones, to the cent.
 */
int midi_read(const struct midi_map *map, const uint8_t *byte, uint32_t n,
              enum param *p, double *value);

#endif
