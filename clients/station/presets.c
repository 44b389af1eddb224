// SPDX-License-Identifier: GPL-3.0-or-later
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/music.h"
#include "clients/paths.h"
#include "clients/station/commands.h"
#include "clients/station/station.h"
#include "graph/cli.h"

/* Its title, or what is wrong with it: others may be all right. */
static void print_preset(const char *kind, const char *name)
{
    char path[PATH_MAX], err[4 * PATH_MAX];
    struct music m;
    struct station *s = NULL;
    bool is_music = strcmp(kind, "music") == 0;

    if (paths_preset(kind, name, path, sizeof(path), err, sizeof(err)) < 0 ||
        (is_music ? music_load(&m, path, err) : station_load(&s, path, err)) <
            0)
        printf("%-10s (%s)\n", name, err);
    else
        printf("%-10s %s\n", name, is_music ? m.title : s->title);
    station_free(&s);
}

int command_presets(int argc, char **argv)
{
    bool only_names = false, stations = false;
    struct cli_option table[] = {
        {"names", CLI_FLAG, &only_names, NULL, "without their titles"},
        {"stations", CLI_FLAG, &stations, NULL,
         "the stations that there are instead"},
        {NULL},
    };
    struct cli_program p = {
        .name = "longwave presets",
        .summary = "the music that there is",
        .usage = "[OPTIONS]",
        .options = table,
    };
    char *names[PATHS_NAMES_MAX];
    int parsed = cli_parse(&p, argc, argv);
    const char *kind = stations ? "stations" : "music";
    uint32_t n = parsed > 0 ? paths_names(kind, names) : 0;

    for (uint32_t i = 0; i < n; i++) {
        if (only_names)
            puts(names[i]);
        else
            print_preset(kind, names[i]);
        free(names[i]);
    }
    cli_fini(&p);
    return parsed < 0 ? EXIT_USAGE : EXIT_OK;
}
