// SPDX-License-Identifier: GPL-3.0-or-later
/* Sections of a station file whose keys are options of one of our programs. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clients/station/station_priv.h"
#include "netsink/mount.h"
#include "netsink/rung.h"

#define SLOTS_MAX 8

/* The value of a key: each has a place of its own. */
union slot {
    double real;
    int64_t whole;
    int choice;
    char text[256];
    struct conf_reals list;
    const struct conf_node *node;
};

#define AT(i) ((i) * sizeof(union slot))

static const char *const switch_words[] = {"false", "true", NULL};
static const char *const renderer_words[] = {"auto", "vulkan", "cpu", NULL};
static const char *const simd_words[] = {"auto", "portable", "neon",
                                         "avx2", "avx512",   NULL};
static const char *const quality_words[] = {"fastest", "medium", "best", NULL};

static const struct conf_key generator_keys[] = {
    {"renderer", CONF_ENUM, AT(0), .choices = renderer_words,
     .help = "who computes"},
    {"gpu", CONF_TEXT, AT(1), .size_max = 256,
     .help = "Vulkan device: index, part of its name, or UUID"},
    {"simd", CONF_ENUM, AT(2), .choices = simd_words,
     .help = "instructions of the CPU"},
    {"threads", CONF_INT, AT(3), .min = 1, .max = 64,
     .help = "of the CPU renderer"},
    {"thin", CONF_ENUM, AT(4), .choices = switch_words,
     .help = "as few partials as the preset allows"},
    {"ahead", CONF_INT, AT(5), .min = 20, .max = 10000,
     .help = "ms rendered ahead"},
    {NULL},
};

static const struct conf_key master_keys[] = {
    {"target", CONF_REAL, AT(0), .min = -40, .max = -5,
     .help = "loudness to go to, LUFS"},
    {"ceiling", CONF_REAL, AT(1), .min = -20, .max = 0,
     .help = "true peak never to pass, dBTP"},
    {"bypass", CONF_ENUM, AT(2), .choices = switch_words,
     .help = "change nothing"},
    {NULL},
};

static const struct conf_key sink_keys[] = {
    {"bitrate", CONF_INT, AT(0), .min = RUNG_KBPS_MIN, .max = RUNG_KBPS_MAX,
     .help = "of the ladder, where listeners begin, kbit/s"},
    {"ladder", CONF_REALS, AT(1), .min = RUNG_KBPS_MIN, .max = RUNG_KBPS_MAX,
     .size_min = 1, .size_max = MOUNT_LADDER_MAX, .help = "kbit/s, ascending"},
    {"mount", CONF_NODE, AT(2), .help = "list of NAME or NAME:CHANNELS"},
    {"max-listeners", CONF_INT, AT(3), .min = 1, .max = 1000000,
     .help = "then new ones are refused"},
    {"loops", CONF_INT, AT(4), .min = 1, .max = 16, .help = "sending threads"},
    {"burst-limit", CONF_INT, AT(5), .min = 0, .max = 1000000,
     .help = "Mbit/s of what listeners get ahead, together"},
    {"memory", CONF_INT, AT(6), .min = 1, .max = 1000000,
     .help = "MB of encoded audio"},
    {"resample", CONF_ENUM, AT(7), .choices = quality_words,
     .help = "of a graph that is not at 48 kHz"},
    {NULL},
};

const struct conf_key *section_keys(const char *section)
{
    return strcmp(section, "generator") == 0 ? generator_keys
           : strcmp(section, "master") == 0  ? master_keys
           : strcmp(section, "sink") == 0    ? sink_keys
                                             : NULL;
}

static int add_option(struct station_args *a, const char *key,
                      const char *value)
{
    char option[64];
    int r;

    snprintf(option, sizeof(option), "--%s", key);
    r = station_add(a, option);
    return r == 0 && value ? station_add(a, value) : r;
}

/* "32,64,96": rising whole numbers. */
static int add_ladder(struct station_args *a, const struct conf *c,
                      const struct conf_node *n, const struct conf_reals *v,
                      char err[CONF_ERROR_MAX])
{
    char text[128];
    int at = 0;

    for (uint32_t i = 0; i < v->n; i++) {
        if (v->v[i] != floor(v->v[i]) || (i > 0 && v->v[i] <= v->v[i - 1])) {
            conf_error(c, n, err,
                       "key 'ladder': found %g in place %u; allowed: whole "
                       "numbers, each larger than the one before",
                       v->v[i], i + 1);
            return -EINVAL;
        }
        at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%.0f",
                       i ? "," : "", v->v[i]);
    }
    return add_option(a, "ladder", text);
}

/* As longwave-sink has it: NAME, NAME:1 or NAME:2. */
static bool is_mount(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return n >= 1 && n <= MOUNT_NAME_MAX &&
           (!text[n] || strcmp(text + n, ":1") == 0 ||
            strcmp(text + n, ":2") == 0);
}

static int add_mounts(struct station_args *a, const struct conf *c,
                      const struct conf_node *n, char err[CONF_ERROR_MAX])
{
    bool list = conf_kind(n) == CONF_LIST;
    uint32_t count = list ? conf_count(c, n) : 1;
    int r = count >= 1 && count <= MOUNT_MAX ? 0 : -EINVAL;

    for (uint32_t i = 0; i < count && r == 0; i++) {
        const char *text = conf_text(list ? conf_at(c, n, i) : n);
        r = text && is_mount(text) ? add_option(a, "mount", text) : -EINVAL;
    }
    if (r == -EINVAL)
        conf_error(c, n, err,
                   "key 'mount': allowed: a list of 1 to %d of NAME, NAME:1 or "
                   "NAME:2, where NAME is 1 to %d of a-z, 0-9, _ and -",
                   MOUNT_MAX, MOUNT_NAME_MAX);
    return r;
}

static int add_value(struct station_args *a, const struct conf *c,
                     const struct conf_node *n, const struct conf_key *k,
                     const union slot *v, char err[CONF_ERROR_MAX])
{
    char text[32];

    switch (k->type) {
    case CONF_REAL:
        snprintf(text, sizeof(text), "%.12g", v->real);
        return add_option(a, k->name, text);
    case CONF_INT:
        snprintf(text, sizeof(text), "%" PRId64, v->whole);
        return add_option(a, k->name, text);
    case CONF_ENUM:
        if (k->choices == switch_words)
            return v->choice ? add_option(a, k->name, NULL) : 0;
        return add_option(a, k->name, k->choices[v->choice]);
    case CONF_REALS:
        return add_ladder(a, c, n, &v->list, err);
    case CONF_TEXT:
        return add_option(a, k->name, v->text);
    case CONF_NODE:
        return add_mounts(a, c, v->node, err);
    }
    return -EINVAL;
}

/* Where listeners begin has to be there. */
static int check_bitrate(const struct conf *c, const struct conf_node *n,
                         const union slot *v, char err[CONF_ERROR_MAX])
{
    const struct conf_reals *ladder = &v[1].list;

    for (uint32_t i = 0; i < ladder->n; i++)
        if ((int64_t)ladder->v[i] == v[0].whole)
            return 0;
    conf_error(c, n, err,
               "key 'bitrate': found %" PRId64 "; allowed: one of the ladder",
               v[0].whole);
    return -EINVAL;
}

int section_read(struct station_program *p, const struct conf *c,
                 const struct conf_node *n, const char *section,
                 char err[CONF_ERROR_MAX])
{
    const struct conf_key *keys = section_keys(section);
    union slot v[SLOTS_MAX] = {{0}};
    const char *text = n ? conf_text(n) : NULL;

    p->on = !text || strcmp(text, "none") != 0;
    if (!n || !p->on)
        return 0;
    if (conf_kind(n) != CONF_MAP) {
        conf_error(
            c, n, err, "key '%s': found %s%s%s; allowed: none, or a mapping",
            section, text ? "'" : "", text ? text : "a list", text ? "'" : "");
        return -EINVAL;
    }
    if (keys == sink_keys) { /* what the sink has by default */
        v[0].whole = 96;
        v[1].list = (struct conf_reals){.n = 4, .v = {32, 64, 96, 160}};
    }
    int r = conf_read(c, n, keys, v, err);
    for (uint32_t i = 0; i < conf_count(c, n) && r == 0; i++) {
        uint32_t k = 0;
        while (strcmp(keys[k].name, conf_key_at(c, n, i)) != 0)
            k++;
        r = add_value(&p->options, c, conf_at(c, n, i), &keys[k], &v[k], err);
    }
    return r == 0 && keys == sink_keys ? check_bitrate(c, n, v, err) : r;
}
