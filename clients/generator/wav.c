// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/wav.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/clock.h"

#define RIFF_BYTES_MAX INT64_C(0xffff0000) /* sizes in RIFF have 32 bits */
#define PROGRESS_NS    (200 * NS_PER_MS)

/*
 * Where the file is to be: what a link points to, so that the link stays. Only
 * what is absent or a plain file can be replaced: a rename over a device or a
 * pipe would destroy it. Errors: -EINVAL, those of realpath().
 */
static int find_target(const char *path, char out[PATH_MAX])
{
    struct stat st;

    if (lstat(path, &st) < 0) {
        if (errno != ENOENT)
            return -errno;
        int n = snprintf(out, PATH_MAX, "%s", path);
        return n < PATH_MAX ? 0 : -ENAMETOOLONG;
    }
    if (!realpath(path, out) || stat(out, &st) < 0)
        return -errno;
    return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

static int open_temp(const struct wav_opts *o, const char *target,
                     char path[PATH_MAX], SNDFILE **out)
{
    bool large = o->frames * 2 * (int64_t)sizeof(float) > RIFF_BYTES_MAX;
    SF_INFO info = {.samplerate = (int)o->rate,
                    .channels = 2,
                    .format = (large ? SF_FORMAT_RF64 : SF_FORMAT_WAV) |
                              SF_FORMAT_FLOAT};
    int fd, n = snprintf(path, PATH_MAX, "%s.XXXXXX", target);

    if (n < 0 || n >= PATH_MAX) {
        path[0] = '\0';
        return -ENAMETOOLONG;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        path[0] = '\0';
        return -errno;
    }
    *out = sf_open_fd(fd, SFM_WRITE, &info, SF_TRUE);
    if (!*out) /* which has closed fd */
        return -EIO;
    /* it holds the time of day: the same music would give other bytes */
    sf_command(*out, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
    return 0;
}

static void show(const struct wav_opts *o, int64_t done, int64_t began)
{
    double s = (double)done / o->rate;
    double took = (double)(clock_now() - began) / NS_PER_S;

    fprintf(stderr, "\r%.1f of %.1f s, %.1f times real time ", s,
            (double)o->frames / o->rate, took > 0.0 ? s / took : 0.0);
}

static int write_frames(SNDFILE *f, const float *x, int64_t n)
{
    errno = 0;
    if (sf_writef_float(f, x, n) == n)
        return 0;
    return errno ? -errno : -EIO;
}

/* The buses of the last chunk, without the room. */
static void sum_buses(const struct engine *e, float *out)
{
    float bus[SCENE_CHUNK * 2];

    engine_bus(e, (enum scene_bus)0, out);
    for (int b = 1; b < BUS_COUNT; b++) {
        engine_bus(e, (enum scene_bus)b, bus);
        for (int i = 0; i < 2 * SCENE_CHUNK; i++)
            out[i] += bus[i];
    }
}

/* The next chunk of what is asked for: interleaved [SCENE_CHUNK][2]. */
static int take_chunk(const struct wav_opts *o, float *x)
{
    int err = engine_chunk(o->engine, x);

    if (!err && o->stem == WAV_DRY)
        sum_buses(o->engine, x);
    else if (!err && o->stem != WAV_MIX)
        engine_bus(o->engine, (enum scene_bus)o->stem, x);
    return err;
}

static int render(const struct wav_opts *o, SNDFILE *f)
{
    float x[SCENE_CHUNK * 2];
    int64_t began = clock_now(), shown = began;
    int64_t done = 0;
    /* what is dry has no past */
    int err =
        engine_seek(o->engine, o->start, o->stem == WAV_MIX ? HUGE_VAL : 0);

    while (!err && done < o->frames) {
        int64_t skip = o->start + done - engine_position(o->engine);
        int64_t n = SCENE_CHUNK - skip;
        if (n > o->frames - done)
            n = o->frames - done;
        err = take_chunk(o, x);
        if (!err)
            err = write_frames(f, x + 2 * skip, n);
        done += n;
        if (!err && o->stopped && o->stopped(o->ctx))
            err = -EINTR;
        if (o->progress && clock_now() - shown > PROGRESS_NS) {
            shown = clock_now();
            show(o, done, began);
        }
    }
    if (o->progress) {
        show(o, done, began);
        fputc('\n', stderr);
    }
    return err;
}

/* mkostemp() makes it private; the file shall be as others the user makes. */
static int publish(const char *temp, const char *path)
{
    mode_t mask = umask(0);

    umask(mask);
    if (chmod(temp, 0666 & ~mask) < 0 || rename(temp, path) < 0)
        return -errno;
    return 0;
}

int wav_render(const struct wav_opts *o)
{
    char target[PATH_MAX], temp[PATH_MAX];
    SNDFILE *f = NULL;
    int err = find_target(o->path, target);

    temp[0] = '\0';
    if (!err)
        err = open_temp(o, target, temp, &f);
    if (err)
        goto out;
    err = render(o, f);
    if (sf_close(f) && !err)
        err = -EIO;
    if (!err)
        err = publish(temp, target);
out:
    if (err) {
        log_error(o->log, "cannot write '%s': %s", o->path,
                  err == -EINTR    ? "stopped"
                  : err == -EINVAL ? "it is no plain file"
                                   : strerror(-err));
        if (temp[0])
            unlink(temp);
    }
    return err;
}
