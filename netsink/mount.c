// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/mount.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "netsink/timeline.h"

/* How late [enc] may be before cycles are dropped: seconds of a graph at 48
   kHz, half as many at 96. */
#define TAP_SECONDS 4

static const uint32_t wav_rates[] = {44100, 48000, 96000};
#define WAV_RATES 3

static bool clean_name(const char *name)
{
    size_t n = strlen(name);

    return n >= 1 && n <= MOUNT_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static void add(struct mount *m, const struct rung_spec *spec)
{
    m->rungs[m->n_rungs++].spec = *spec;
}

static int list_ladder(struct mount *m, const struct mount_opts *o)
{
    struct rung_spec s = {.codec = RUNG_OPUS, .n_channels = o->n_channels};
    bool found = false;

    if (o->n_ladder < 1 || o->n_ladder > MOUNT_LADDER_MAX)
        return -EINVAL;
    for (uint32_t i = 0; i < o->n_ladder; i++) {
        s.kbps = o->ladder_kbps[i];
        if (i > 0 && s.kbps <= o->ladder_kbps[i - 1])
            return -EINVAL;
        if (s.kbps == o->usual_kbps) {
            m->usual = i;
            found = true;
        }
        add(m, &s);
    }
    m->n_ladder = o->n_ladder;
    return found ? 0 : -EINVAL;
}

static void list_wav(struct mount *m)
{
    struct rung_spec s = {.codec = RUNG_WAV, .n_channels = m->n_channels};

    for (int f = WAV_S16; f <= WAV_F32; f++) {
        for (uint32_t r = 0; r < WAV_RATES; r++) {
            for (uint32_t c = 1; c <= 2; c++) {
                s.wav = (struct wav_spec){(enum wav_format)f, wav_rates[r], c};
                add(m, &s);
            }
        }
    }
}

uint64_t mount_opus_bytes(const uint32_t *ladder_kbps, uint32_t n_ladder)
{
    struct rung_spec s = {.codec = RUNG_OPUS};
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < n_ladder; i++) {
        s.kbps = ladder_kbps[i];
        bytes += hub_full(rung_packet_max(&s), rung_bytes_per_s(&s));
    }
    return bytes;
}

/* So that no crowd of formats leaves a listener without a stream. */
static int reserve(struct mount *m, const struct mount_opts *o)
{
    uint64_t bytes = mount_opus_bytes(o->ladder_kbps, o->n_ladder);
    int err = hub_budget_reserve(o->budget, bytes);

    if (err)
        return err;
    m->budget = o->budget;
    m->aside = bytes;
    return 0;
}

static int make_hubs(struct mount *m, struct hub_budget *budget)
{
    for (uint32_t i = 0; i < m->n_rungs; i++) {
        struct encoder_rung *r = &m->rungs[i];
        const struct hub_opts o = {.packet_max = rung_packet_max(&r->spec),
                                   .ogg = r->spec.codec == RUNG_OPUS,
                                   .budget = budget,
                                   .aside = r->spec.codec == RUNG_OPUS};
        int err = hub_new(&r->hub, &o);
        if (err)
            return err;
    }
    return 0;
}

int mount_init(struct mount *m, const struct mount_opts *o)
{
    int err = -EINVAL;

    memset(m, 0, sizeof(*m));
    if (!clean_name(o->name) || o->n_channels < 1 || o->n_channels > 2)
        return err;
    memcpy(m->name, o->name, strlen(o->name) + 1);
    m->n_channels = o->n_channels;
    err = list_ladder(m, o);
    if (err)
        goto out;
    list_wav(m);
    err = reserve(m, o);
    if (err)
        goto out;
    err = make_hubs(m, o->budget);
    if (err)
        goto out;
    err = tap_new(&m->tap, o->n_channels, TIMELINE_RATE, TAP_SECONDS);
    if (err)
        goto out;
    const struct encoder_opts e = {.log = o->log,
                                   .tap = m->tap,
                                   .n_channels = o->n_channels,
                                   .rungs = m->rungs,
                                   .n_rungs = m->n_rungs,
                                   .budget = o->budget,
                                   .quality = o->quality,
                                   .put = o->put,
                                   .ctx = o->ctx};
    err = encoder_start(&m->encoder, &e);
out:
    if (err)
        mount_fini(m);
    return err;
}

void mount_fini(struct mount *m)
{
    encoder_stop(&m->encoder);
    for (uint32_t i = 0; i < m->n_rungs; i++)
        hub_free(&m->rungs[i].hub);
    tap_free(&m->tap);
    if (m->budget)
        hub_budget_return(m->budget, m->aside);
    m->budget = NULL;
}

int mount_ladder_rung(const struct mount *m, uint32_t kbps)
{
    for (uint32_t i = 0; i < m->n_ladder; i++)
        if (m->rungs[i].spec.kbps == kbps)
            return (int)i;
    return -ENOENT;
}

int mount_wav_rung(const struct mount *m, const struct wav_spec *spec)
{
    for (uint32_t i = m->n_ladder; i < m->n_rungs; i++) {
        const struct wav_spec *w = &m->rungs[i].spec.wav;
        if (w->format == spec->format && w->rate == spec->rate &&
            w->n_channels == spec->n_channels)
            return (int)i;
    }
    return -ENOENT;
}
