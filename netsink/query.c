// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/query.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MAX 15 /* of a number: it stays exact as a double, too */

/* A piece of the request, not ended by a 0. */
struct text {
    const char *s;
    size_t len;
};

/* What is read before it can be checked: which rungs there are depends on all
   of it. */
struct parse {
    struct query *q;
    char *said;
    uint32_t seen; /* keys, a bit each */
    struct wav_spec wav;
};

struct key {
    const char *name;
    uint32_t kinds; /* it is for, a bit each */
    int (*read)(struct parse *p, struct text value);
};

static const struct {
    const char *suffix;
    enum stream_kind kind;
} kinds[] = {
    {".opus", STREAM_OGG},
    {".mp4", STREAM_MP4},
    {".wav", STREAM_WAV},
};

#define BIT(n)    (UINT32_C(1) << (n))
#define OF_OPUS   (BIT(STREAM_OGG) | BIT(STREAM_MP4))
#define OF_WAV    BIT(STREAM_WAV)
#define N_OF(all) (sizeof(all) / sizeof((all)[0]))

static int refuse(struct parse *p, const char *what)
{
    snprintf(p->said, QUERY_SAID, "%s", what);
    return -EINVAL;
}

static bool is(struct text t, const char *word)
{
    return strlen(word) == t.len && memcmp(t.s, word, t.len) == 0;
}

/* Digits and nothing else. */
static bool number(struct text t, uint64_t *out)
{
    uint64_t n = 0;

    if (t.len == 0 || t.len > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.s[i] < '0' || t.s[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(t.s[i] - '0');
    }
    *out = n;
    return true;
}

static int read_latency(struct parse *p, struct text value)
{
    for (int i = 0; i < LATENCY_CLASSES; i++) {
        if (is(value, latency_classes[i].name)) {
            p->q->latency = (enum latency)i;
            return 0;
        }
    }
    return refuse(p, "latency: allowed are live, low, normal and safe");
}

static int refuse_bitrate(struct parse *p)
{
    const struct mount *m = p->q->mount;
    int n = snprintf(p->said, QUERY_SAID, "bitrate: allowed are");

    for (uint32_t i = 0; i < m->n_ladder && n < QUERY_SAID; i++)
        n += snprintf(p->said + n, (size_t)(QUERY_SAID - n), "%s %u",
                      i > 0 ? "," : "", (unsigned)m->rungs[i].spec.kbps);
    if (n < QUERY_SAID)
        snprintf(p->said + n, (size_t)(QUERY_SAID - n), " (kbit/s)");
    return -EINVAL;
}

static int read_bitrate(struct parse *p, struct text value)
{
    uint64_t kbps;

    if (!number(value, &kbps) || kbps > RUNG_KBPS_MAX)
        return refuse_bitrate(p);
    int rung = mount_ladder_rung(p->q->mount, (uint32_t)kbps);
    if (rung < 0)
        return refuse_bitrate(p);
    p->q->rung = (uint32_t)rung;
    p->q->pinned = true;
    return 0;
}

static int read_from(struct parse *p, struct text value)
{
    if (!number(value, &p->q->from))
        return refuse(p, "from: the number of a packet is allowed, as the "
                         "header X-Stream-Seq has it");
    p->q->has_from = true;
    return 0;
}

static int read_rate(struct parse *p, struct text value)
{
    static const char *const names[] = {"44100", "48000", "96000"};
    static const uint32_t rates[] = {44100, 48000, 96000};

    for (size_t i = 0; i < N_OF(names); i++) {
        if (is(value, names[i])) {
            p->wav.rate = rates[i];
            return 0;
        }
    }
    return refuse(p, "rate: allowed are 44100, 48000 and 96000 (Hz)");
}

static int read_format(struct parse *p, struct text value)
{
    static const char *const names[] = {
        [WAV_S16] = "s16", [WAV_S24] = "s24", [WAV_F32] = "f32"};

    for (size_t i = 0; i < N_OF(names); i++) {
        if (is(value, names[i])) {
            p->wav.format = (enum wav_format)i;
            return 0;
        }
    }
    return refuse(p, "format: allowed are s16, s24 and f32");
}

static int read_channels(struct parse *p, struct text value)
{
    if (!is(value, "1") && !is(value, "2"))
        return refuse(p, "channels: allowed are 1 and 2");
    p->wav.n_channels = (uint32_t)(value.s[0] - '0');
    return 0;
}

static const struct key keys[] = {
    {"latency", OF_OPUS | OF_WAV, read_latency},
    {"bitrate", OF_OPUS, read_bitrate},
    {"from", OF_OPUS | OF_WAV, read_from},
    {"rate", OF_WAV, read_rate},
    {"format", OF_WAV, read_format},
    {"channels", OF_WAV, read_channels},
};

static int read_pair(struct parse *p, struct text name, struct text value)
{
    for (uint32_t i = 0; i < N_OF(keys); i++) {
        if (!is(name, keys[i].name))
            continue;
        if (!(keys[i].kinds & BIT(p->q->kind))) {
            snprintf(p->said, QUERY_SAID, "%s: only %s have it", keys[i].name,
                     keys[i].kinds == OF_WAV ? ".wav streams"
                                             : ".opus and .mp4 streams");
            return -EINVAL;
        }
        if (p->seen & BIT(i)) {
            snprintf(p->said, QUERY_SAID, "%s: allowed once", keys[i].name);
            return -EINVAL;
        }
        p->seen |= BIT(i);
        return keys[i].read(p, value);
    }
    return 0;
}

/* name=value&name=value... */
static int read_pairs(struct parse *p, const char *query)
{
    while (*query) {
        size_t len = strcspn(query, "&"), name = strcspn(query, "&=");
        bool has_value = name < len;
        struct text value = {query + name + has_value, len - name - has_value};
        int err = read_pair(p, (struct text){query, name}, value);

        if (err)
            return err;
        query += len + (query[len] == '&');
    }
    return 0;
}

/* The mount and the container that path names. */
static int read_path(struct query *q, const struct mount *mounts, uint32_t n,
                     const char *path)
{
    for (uint32_t i = 0; i < n && path[0] == '/'; i++) {
        size_t len = strlen(mounts[i].name);
        if (strncmp(path + 1, mounts[i].name, len) != 0)
            continue;
        for (size_t k = 0; k < N_OF(kinds); k++) {
            if (strcmp(path + 1 + len, kinds[k].suffix) == 0) {
                q->mount = &mounts[i];
                q->kind = kinds[k].kind;
                return 0;
            }
        }
    }
    return -ENOENT;
}

static int find_wav(struct parse *p)
{
    int rung = mount_wav_rung(p->q->mount, &p->wav);

    if (rung < 0)
        return refuse(p, "this mount has no WAV in that format");
    p->q->rung = (uint32_t)rung;
    p->q->pinned = true;
    return 0;
}

int query_parse(struct query *q, const struct mount *mounts, uint32_t n_mounts,
                const char *path, const char *query, char said[QUERY_SAID])
{
    struct parse p = {.q = q, .said = said};

    *q = (struct query){.latency = LATENCY_SAFE};
    said[0] = '\0';
    int err = read_path(q, mounts, n_mounts, path);
    if (err)
        return err;
    q->rung = q->mount->usual;
    p.wav = (struct wav_spec){WAV_S16, 48000, q->mount->n_channels};
    if (query)
        err = read_pairs(&p, query);
    if (!err && q->kind == STREAM_WAV)
        err = find_wav(&p);
    return err;
}

/* Of digits alone. Beyond what fits it is as far beyond the end as any. */
static uint64_t offset(struct text t)
{
    uint64_t n;

    while (t.len > 1 && t.s[0] == '0') {
        t.s++;
        t.len--;
    }
    return number(t, &n) ? n : UINT64_MAX;
}

bool query_range(const char *header, uint64_t *first)
{
    static const char unit[] = "bytes="; /* RFC 9110 14.1: in any case */

    if (!header || strncasecmp(header, unit, sizeof(unit) - 1) != 0)
        return false;
    header += sizeof(unit) - 1;
    size_t len = strspn(header, "0123456789");
    if (len == 0 || strcmp(header + len, "-") != 0)
        return false;
    *first = offset((struct text){header, len});
    return true;
}
