// SPDX-License-Identifier: GPL-3.0-or-later
/* How a preset is played by MIDI: the key control. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/music_priv.h"

/* What the table fills. */
struct control {
    int64_t channel;
    int notes;
    const struct conf_node *cc;
};

enum { NOTES_NONE, NOTES_ROOT };

static const char *const notes_names[] = {"none", "root", NULL};

/* clang-format off */
const struct conf_key music_control_keys[] = {
    {.name = "channel", .type = CONF_INT, .offset = offsetof(struct control, channel),
     .min = 1, .max = MIDI_CHANNELS, .help = "that is listened to"},
    {.name = "notes", .type = CONF_ENUM, .offset = offsetof(struct control, notes),
     .choices = notes_names, .help = "what a note chooses"},
    {.name = "cc", .type = CONF_NODE, .offset = offsetof(struct control, cc),
     .help = "parameters by controller"},
    {0},
};
/* clang-format on */

/* A mapping of controllers on its way from the file. */
struct reading {
    struct midi_map *map;
    uint32_t n_modes;
    const struct conf *c;
    char *err;
};

/* Decimal digits and nothing else: "01" is 1, "0x1" and "-1" are nothing. */
static int read_number(struct reading *r, const struct conf_node *at,
                       const char *text, uint32_t *cc)
{
    size_t n = strlen(text);

    if (n > 0 && n <= 3 && strspn(text, "0123456789") == n) {
        *cc = (uint32_t)strtoul(text, NULL, 10);
        if (*cc < MIDI_CONTROLLERS && !r->map->control[*cc].used)
            return 0;
        if (*cc < MIDI_CONTROLLERS) {
            conf_error(r->c, at, r->err,
                       "key 'cc': found controller %u a second time; allowed: "
                       "once",
                       *cc);
            return -EINVAL;
        }
    }
    conf_error(r->c, at, r->err,
               "key 'cc': found controller '%.16s'; allowed: 0 to %d", text,
               MIDI_CONTROLLERS - 1);
    return -EINVAL;
}

static int read_param(struct reading *r, const struct conf_node *n,
                      enum param *p)
{
    const char *text = conf_text(n);
    char all[256] = "";

    *p = text ? param_find(text) : PARAM_COUNT;
    if (*p != PARAM_COUNT)
        return 0;
    for (int i = 0; i < PARAM_COUNT; i++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
                 i ? ", " : "", param_info((enum param)i)->name);
    conf_error(r->c, n, r->err, "key 'cc': found %s%.32s%s; allowed: %s",
               text ? "'" : "", text ? text : "no name", text ? "'" : "", all);
    return -EINVAL;
}

static int read_end(struct reading *r, const struct conf_node *n, enum param p,
                    double *out)
{
    double min = param_info(p)->min, max = midi_max(p, r->n_modes);

    if (conf_real(r->c, n, "cc", min, max, out, r->err) < 0)
        return -EINVAL;
    if (param_info(p)->whole && *out != floor(*out)) {
        conf_error(r->c, n, r->err,
                   "key 'cc': found '%s'; allowed: a whole number from %g to "
                   "%g",
                   conf_text(n), min, max);
        return -EINVAL;
    }
    return 0;
}

/* A parameter's name, or [name, from, to]. */
static int read_controller(struct reading *r, uint32_t cc,
                           const struct conf_node *n)
{
    enum param p;
    double lo, hi;

    if (conf_kind(n) == CONF_SCALAR) {
        if (read_param(r, n, &p) < 0)
            return -EINVAL;
        lo = param_info(p)->min;
        hi = midi_max(p, r->n_modes);
        midi_map_control(r->map, cc, p, lo, hi, r->n_modes);
        return 0;
    }
    if (conf_kind(n) != CONF_LIST || conf_count(r->c, n) != 3) {
        conf_error(r->c, n, r->err,
                   "key 'cc': found %s for controller %u; allowed: a "
                   "parameter's name, or [name, from, to]",
                   conf_kind(n) == CONF_LIST ? "another list" : "a mapping",
                   cc);
        return -EINVAL;
    }
    if (read_param(r, conf_at(r->c, n, 0), &p) < 0 ||
        read_end(r, conf_at(r->c, n, 1), p, &lo) < 0 ||
        read_end(r, conf_at(r->c, n, 2), p, &hi) < 0)
        return -EINVAL;
    if (lo == hi) {
        conf_error(r->c, n, r->err,
                   "key 'cc': found %g to %g for controller %u; allowed: two "
                   "different values",
                   lo, hi, cc);
        return -EINVAL;
    }
    midi_map_control(r->map, cc, p, lo, hi, r->n_modes);
    return 0;
}

static int read_controllers(struct reading *r, const struct conf_node *n)
{
    if (conf_kind(n) != CONF_MAP) {
        conf_error(r->c, n, r->err,
                   "key 'cc': found %s; allowed: a mapping of controllers to "
                   "parameters",
                   conf_kind(n) == CONF_LIST ? "a list" : "a word");
        return -EINVAL;
    }
    memset(r->map->control, 0, sizeof(r->map->control));
    for (uint32_t i = 0; i < conf_count(r->c, n); i++) {
        const struct conf_node *value = conf_at(r->c, n, i);
        uint32_t cc;
        if (read_number(r, value, conf_key_at(r->c, n, i), &cc) < 0 ||
            read_controller(r, cc, value) < 0)
            return -EINVAL;
    }
    return 0;
}

int music_read_control(struct music *m, const struct conf *c,
                       const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    struct control y = {.notes = NOTES_ROOT};
    struct reading r = {
        .map = &m->midi, .n_modes = m->n_modes, .c = c, .err = err};

    midi_map_default(&m->midi, m->root, m->n_modes);
    if (!n)
        return 0;
    if (conf_read(c, n, music_control_keys, &y, err) < 0)
        return -EINVAL;
    m->midi.channel = (int)y.channel;
    m->midi.notes = y.notes == NOTES_ROOT;
    return y.cc ? read_controllers(&r, y.cc) : 0;
}
