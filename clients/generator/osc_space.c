// SPDX-License-Identifier: GPL-3.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/music.h"
#include "clients/generator/osc_priv.h"
#include "graph/suggest.h"

#define ADDRESS_MAX 64 /* bytes, of ours */
#define SEED        "%06" PRIx64

/* No reply is a valid request, or a forged sender's address could have two
   generators set each other for ever: each has an argument too many. */

/* "/longwave/level" in out. */
static const char *address_of(const char *name, char out[ADDRESS_MAX])
{
    snprintf(out, ADDRESS_MAX, OSC_PREFIX "%s", name);
    return out;
}

/* An argument that is not what it should be, for people. */
static const char *found(const struct osc_arg *a, char out[128])
{
    if (a->text)
        snprintf(out, 128, "found the text '%s'", a->text);
    else if (a->type == 'T' || a->type == 'F')
        snprintf(out, 128, "found %s", a->type == 'T' ? "true" : "false");
    else
        snprintf(out, 128, "found the number %g", a->number);
    return out;
}

/* For addresses that only ask. False: there are arguments, which was said. */
static bool no_args(struct osc *o, const struct osc_message *m)
{
    if (m->n == 0)
        return true;
    osc_fail(o, m->address, "found %u argument%s, allowed is none", m->n,
             m->n == 1 ? "" : "s");
    return false;
}

static void tell_param(struct osc *o, enum param p)
{
    char address[ADDRESS_MAX];
    double value = o->ops->get(o->ctx, p);
    const char *text = param_info(p)->unit;

    address_of(param_info(p)->name, address);
    if (p == PARAM_MODE)
        text = o->ops->mode(o->ctx, (uint32_t)fmax(value, 0.0));
    osc_reply(o, address, "fs", value, text ? text : "");
}

/* Names of the modes, NULL at the end. */
static void list_modes(struct osc *o, const char *names[MUSIC_MODES_MAX + 2])
{
    uint32_t n = 0;

    while (n <= MUSIC_MODES_MAX && (names[n] = o->ops->mode(o->ctx, n)))
        n++;
    names[n] = NULL;
}

/* The mode of that name. Errors: -EINVAL, answered. */
static int find_mode(struct osc *o, const struct osc_message *m, double *value)
{
    const char *names[MUSIC_MODES_MAX + 2], *near;
    const char *name = m->arg[0].text;
    char list[256] = "";

    list_modes(o, names);
    for (uint32_t i = 0; names[i]; i++) {
        size_t at = strlen(list);

        if (strcmp(names[i], name) == 0) {
            *value = i;
            return 0;
        }
        snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", names[i]);
    }
    near = suggest(name, names);
    osc_fail(o, m->address, "mode: found '%s', allowed are %s%s%s%s", name,
             list, near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
    return -EINVAL;
}

/* The number that the message gives for p. Errors: -EINVAL, answered. */
static int read_value(struct osc *o, const struct osc_message *m, enum param p,
                      double *value)
{
    const struct param_info *i = param_info(p);
    const struct osc_arg *a = &m->arg[0];
    bool is_switch = i->whole && i->max == 1.0;
    bool is_bool = a->type == 'T' || a->type == 'F';
    char what[128];

    if (m->n > 1) {
        osc_fail(o, m->address, "%s: found %u arguments, allowed is one",
                 i->name, m->n);
        return -EINVAL;
    }
    if (p == PARAM_MODE && a->text)
        return find_mode(o, m, value);
    if (a->text || (is_bool && !is_switch)) {
        osc_fail(o, m->address, "%s: %s, allowed are %s from %g to %g%s%s",
                 i->name, found(a, what),
                 i->whole ? "whole numbers" : "numbers", i->min, i->max,
                 *i->unit ? " " : "", i->unit);
        return -EINVAL;
    }
    *value = a->number;
    return 0;
}

static void on_param(struct osc *o, const struct osc_message *m, enum param p)
{
    char err[OSC_ERROR_MAX] = "";
    double value;

    if (m->n > 0) {
        if (read_value(o, m, p, &value) < 0)
            return;
        if (o->ops->set(o->ctx, p, value, err) < 0) {
            osc_fail(o, m->address, "%s", err);
            return;
        }
    }
    tell_param(o, p);
}

static void on_params(struct osc *o, const struct osc_message *m)
{
    if (!no_args(o, m))
        return;
    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct param_info *i = param_info((enum param)p);

        double most = i->max;

        if (p == PARAM_MODE) /* of the preset that plays */
            for (most = 0.0; o->ops->mode(o->ctx, (uint32_t)most + 1); most++)
                ;
        osc_reply(o, OSC_PREFIX "param", "sffffss", i->name,
                  o->ops->get(o->ctx, (enum param)p), i->min, most, i->def,
                  i->unit, i->help);
    }
}

static void on_modes(struct osc *o, const struct osc_message *m)
{
    const char *names[MUSIC_MODES_MAX + 2];
    uint32_t n = 0;

    if (!no_args(o, m))
        return;
    list_modes(o, names);
    while (names[n])
        n++;
    osc_send(o, m->address,
             osc_message_write_texts(o->out, m->address, names, n));
}

static void on_presets(struct osc *o, const struct osc_message *m)
{
    char *names[PATHS_NAMES_MAX];
    uint32_t n;

    if (!no_args(o, m))
        return;
    n = o->ops->presets(o->ctx, names);
    osc_send(o, m->address,
             osc_message_write_texts(o->out, m->address,
                                     (const char *const *)names, n));
    for (uint32_t i = 0; i < n; i++)
        free(names[i]);
}

/* The crossfade, an argument that may be absent. Errors: -EINVAL, answered. */
static int read_fade(struct osc *o, const struct osc_message *m,
                     const char *name, double *fade_s)
{
    const struct osc_arg *a = &m->arg[1];
    char what[128];

    *fade_s = 0.0;
    if (m->n == 1)
        return 0;
    if (m->n > 2)
        osc_fail(o, m->address,
                 "%s: found %u arguments, allowed are it and a crossfade", name,
                 m->n);
    else if (a->text || a->type == 'T' || a->type == 'F' ||
             !(a->number >= OSC_FADE_MIN && a->number <= OSC_FADE_MAX))
        osc_fail(o, m->address,
                 "%s: crossfade: %s, allowed are numbers from %g to %g s", name,
                 found(a, what), OSC_FADE_MIN, OSC_FADE_MAX);
    else {
        *fade_s = a->number;
        return 0;
    }
    return -EINVAL;
}

/* Errors: those of the change, answered. */
static int change(struct osc *o, const struct osc_message *m,
                  const char *preset, uint64_t seed, double fade_s)
{
    char err[OSC_ERROR_MAX] = "";
    int r = -EBUSY;

    if (o->changes > 0) {
        o->changes--;
        r = o->ops->change(o->ctx, preset, seed, fade_s, err);
    }
    if (r == -EBUSY)
        osc_fail(o, m->address,
                 "%s" OSC_BUSY
                 "so many changes are still being heard; try again in some "
                 "seconds",
                 preset ? "preset" : "seed");
    else if (r < 0)
        osc_fail(o, m->address, "%s: %s", preset ? "preset" : "seed", err);
    return r;
}

static void on_preset(struct osc *o, const struct osc_message *m)
{
    const char *name = m->n > 0 ? m->arg[0].text : NULL;
    char what[128], seed[20];
    double fade_s;

    if (m->n > 0 && (!name || !*name)) {
        osc_fail(o, m->address,
                 "preset: %s, allowed is the name of a preset or a file",
                 found(&m->arg[0], what));
        return;
    }
    /* else strangers could have any file looked at, and told what is wrong
       with it */
    if (name && paths_is_path(name) && !osc_from_here(o)) {
        osc_fail(o, m->address,
                 "preset: found the file '%s', allowed from another machine "
                 "are names of presets",
                 name);
        return;
    }
    if (name && (read_fade(o, m, "preset", &fade_s) < 0 ||
                 change(o, m, name, 0, fade_s) < 0))
        return;
    snprintf(seed, sizeof(seed), SEED, o->ops->seed(o->ctx));
    osc_reply(o, m->address, "ss", o->ops->preset(o->ctx), seed);
}

/* Errors: -EINVAL. */
static int read_seed(const struct osc_arg *a, uint64_t *seed)
{
    const char *text = a->text;
    char *end;

    if (!text) {
        *seed = (uint64_t)a->whole;
        return (a->type == 'i' || a->type == 'h') && a->whole >= 0 ? 0
                                                                   : -EINVAL;
    }
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    if (!isxdigit((unsigned char)*text) || strlen(text) > 16)
        return -EINVAL;
    *seed = strtoull(text, &end, 16);
    return *end ? -EINVAL : 0;
}

static void on_seed(struct osc *o, const struct osc_message *m)
{
    char text[20], what[128];
    uint64_t seed;
    double fade_s;

    if (m->n > 0 && read_seed(&m->arg[0], &seed) < 0) {
        osc_fail(o, m->address,
                 "seed: %s, allowed are 1 to 16 hexadecimal digits, or a whole "
                 "number from 0 on",
                 found(&m->arg[0], what));
        return;
    }
    if (m->n > 0 && (read_fade(o, m, "seed", &fade_s) < 0 ||
                     change(o, m, NULL, seed, fade_s) < 0))
        return;
    snprintf(text, sizeof(text), SEED, o->ops->seed(o->ctx));
    osc_reply(o, m->address, "ss", text, o->ops->preset(o->ctx));
}

static void on_status(struct osc *o, const struct osc_message *m)
{
    char *json;

    if (!no_args(o, m))
        return;
    json = o->ops->status(o->ctx);
    if (json)
        osc_reply(o, m->address, "s", json);
    else
        osc_fail(o, m->address, "memory is short");
    free(json);
}

static const struct {
    const char *name;
    void (*run)(struct osc *o, const struct osc_message *m);
} others[] = {
    {"params", on_params}, {"modes", on_modes}, {"presets", on_presets},
    {"preset", on_preset}, {"seed", on_seed},   {"status", on_status},
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

static void refuse(struct osc *o, const struct osc_message *m, const char *name)
{
    const char *names[OTHERS + PARAM_COUNT + 1], *near;

    for (size_t i = 0; i < OTHERS; i++)
        names[i] = others[i].name;
    memcpy(names + OTHERS, param_names(), PARAM_COUNT * sizeof(names[0]));
    names[OTHERS + PARAM_COUNT] = NULL;
    near = name ? suggest(name, names) : NULL;
    if (near)
        osc_fail(o, m->address, "no such address; did you mean '%s%s'?",
                 OSC_PREFIX, near);
    else
        osc_fail(o, m->address,
                 "no such address; allowed are those in README.md, such as "
                 "%sparams",
                 OSC_PREFIX);
}

void osc_handle(struct osc *o, const struct osc_message *m)
{
    const char *name = NULL;
    enum param p;

    if (strncmp(m->address, OSC_PREFIX, strlen(OSC_PREFIX)) == 0)
        name = m->address + strlen(OSC_PREFIX);
    /* an error in answer to an error would go to and fro for ever between two
       generators, once a packet with a forged sender has set it off */
    if (name && strcmp(name, "error") == 0)
        return;
    p = name ? param_find(name) : PARAM_COUNT;
    if (p != PARAM_COUNT) {
        on_param(o, m, p);
        return;
    }
    for (size_t i = 0; name && i < OTHERS; i++)
        if (strcmp(others[i].name, name) == 0) {
            others[i].run(o, m);
            return;
        }
    refuse(o, m, name);
}
