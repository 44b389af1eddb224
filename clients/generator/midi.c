// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/midi.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define CENTRE  64
#define HIGHEST 127

#define NOTE_ON    0x9
#define CONTROLLER 0xb
#define SYSTEM     0xf

/* 1, 7, 71, 74 and 91 are where MIDI has modulation, volume, resonance,
   brightness and reverb; 64 is the hold pedal, 70 the sound's variation. */
static const struct {
    uint32_t cc;
    enum param param;
} usual[] = {{1, PARAM_MOTION}, {7, PARAM_LEVEL},    {64, PARAM_FREEZE},
             {70, PARAM_MODE},  {71, PARAM_DENSITY}, {74, PARAM_BRIGHTNESS},
             {91, PARAM_SPACE}};

double midi_max(enum param p, uint32_t n_modes)
{
    return p == PARAM_MODE ? (double)n_modes : param_info(p)->max;
}

void midi_map_control(struct midi_map *map, uint32_t cc, enum param p,
                      double lo, double hi, uint32_t n_modes)
{
    double min = param_info(p)->min, max = midi_max(p, n_modes);
    bool whole_range = fmin(lo, hi) == min && fmax(lo, hi) == max;

    map->control[cc] = (struct midi_control){
        .used = true,
        .param = p,
        .lo = lo,
        .hi = hi,
        .centre = whole_range ? param_info(p)->def
                              : lo + (hi - lo) * CENTRE / HIGHEST,
    };
}

void midi_map_default(struct midi_map *map, double root, uint32_t n_modes)
{
    memset(map, 0, sizeof(*map));
    map->notes = true;
    map->root = root;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        enum param p = usual[i].param;
        midi_map_control(map, usual[i].cc, p, param_info(p)->min,
                         midi_max(p, n_modes), n_modes);
    }
}

/* From a at t = 0 to b at t = 1, both exactly: an ulp beyond the end of a
   parameter's range would be refused. */
static double mix(double a, double b, double t)
{
    return a * (1.0 - t) + b * t;
}

static double control_value(const struct midi_control *c, uint32_t x)
{
    if (param_info(c->param)->whole) {
        double n = fabs(c->hi - c->lo) + 1.0;
        double step = floor(x * n / (HIGHEST + 1.0));
        return c->hi < c->lo ? c->lo - step : c->lo + step;
    }
    return x <= CENTRE ? mix(c->lo, c->centre, x / (double)CENTRE)
                       : mix(c->centre, c->hi,
                             (x - CENTRE) / (double)(HIGHEST - CENTRE));
}

/* Semitones, -6 to 6, from the preset's root to a pitch of the note's name. */
static double root_of(double root, uint32_t note)
{
    double away = note - (69.0 + 12.0 * log2(root / 440.0));

    away = round(100.0 * away) / 100.0; /* nobody hears less than a cent */
    return away - 12.0 * round(away / 12.0);
}

/* Bytes of a channel message by the upper half of its status. */
static uint32_t length_of(uint32_t kind)
{
    return kind == 0xc || kind == 0xd ? 2 : 3; /* program, pressure */
}

int midi_read(const struct midi_map *map, const uint8_t *byte, uint32_t n,
              enum param *p, double *value)
{
    if (n == 0 || byte[0] < 0x80)
        return -EINVAL;
    uint32_t kind = byte[0] >> 4;
    if (kind == SYSTEM) /* clock, sensing, short pieces of sysex */
        return 0;
    if (n != length_of(kind) || byte[1] > HIGHEST ||
        (n == 3 && byte[2] > HIGHEST))
        return -EINVAL;
    if (map->channel && map->channel != (byte[0] & 0xf) + 1)
        return 0;
    if (kind == NOTE_ON && byte[2] > 0 && map->notes) {
        *p = PARAM_ROOT;
        *value = root_of(map->root, byte[1]);
        return 1;
    }
    if (kind == CONTROLLER && byte[1] < MIDI_CONTROLLERS &&
        map->control[byte[1]].used) {
        *p = map->control[byte[1]].param;
        *value = control_value(&map->control[byte[1]], byte[2]);
        return 1;
    }
    return 0;
}
