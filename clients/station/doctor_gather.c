// SPDX-License-Identifier: GPL-3.0-or-later
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/generator/music.h"
#include "clients/paths.h"
#include "clients/station/doctor_priv.h"

/* The first program of ours that is not in the folder of this one. */
static void find_missing(struct doctor_files *out)
{
    static const char *const programs[] = {"longwave-gen", "longwave-master",
                                           "longwave-sink"};
    char self[PATH_MAX], path[PATH_MAX + 32];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (n <= 0)
        return;
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", self, programs[i]);
        if (access(path, X_OK) == 0)
            continue;
        snprintf(out->missing, sizeof(out->missing), "%s", programs[i]);
        return;
    }
}

/* Errors as those of the loaders; err says what. */
static int read_music(const char *name, char err[CONF_ERROR_MAX])
{
    char path[PATH_MAX];
    struct music m;
    int r =
        paths_preset("music", name, path, sizeof(path), err, CONF_ERROR_MAX);

    return r < 0 ? r : music_load(&m, path, err);
}

static int read_station(const char *name, char err[CONF_ERROR_MAX])
{
    char path[PATH_MAX];
    struct station *s = NULL;
    int r =
        paths_preset("stations", name, path, sizeof(path), err, CONF_ERROR_MAX);

    if (r == 0)
        r = station_load(&s, path, err);
    station_free(&s);
    return r;
}

/* Loads each preset of a kind; returns how many are good, counts the others. */
static uint32_t count_good(const char *kind, struct doctor_files *out,
                           int (*read)(const char *, char[CONF_ERROR_MAX]))
{
    char *names[PATHS_NAMES_MAX], err[CONF_ERROR_MAX];
    uint32_t n = paths_names(kind, names), good = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (read(names[i], err) == 0) {
            good++;
        } else {
            if (!*out->broken)
                snprintf(out->broken, sizeof(out->broken), "%s", err);
            out->n_broken++;
        }
        free(names[i]);
    }
    return good;
}

void doctor_ask_files(struct doctor_files *out)
{
    find_missing(out);
    out->music = count_good("music", out, read_music);
    out->stations = count_good("stations", out, read_station);
}

void doctor_gather(struct doctor_facts *out, const struct station *s,
                   const char *server)
{
    const struct cli_addr addr[DOCTOR_PORTS] = {s->listen, s->admin, s->osc};

    *out = (struct doctor_facts){0};
    doctor_ask_rights(&out->rights);
    doctor_ask_machine(&out->machine);
    doctor_ask_files(&out->files);
    doctor_ask_shm(&out->shm);
    doctor_ask_jack(&out->jack, server);
    doctor_ask_vulkan(&out->vulkan);
    for (int i = 0; i < DOCTOR_PORTS; i++) {
        out->port[i].addr = addr[i];
        out->port[i].wanted = i != DOCTOR_OSC || s->osc_wanted;
        doctor_ask_port(&out->port[i], i == DOCTOR_OSC);
    }
}
