// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/paths.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIRS_MAX 3
#define SUFFIX   ".yaml"

struct dirs {
    int n;
    char path[DIRS_MAX][PATH_MAX];
};

static bool ends_in_yaml(const char *s)
{
    size_t n = strlen(s), k = strlen(SUFFIX);
    return n > k && strcmp(s + n - k, SUFFIX) == 0;
}

static void add_dir(struct dirs *d, const char *base, const char *under,
                    const char *kind)
{
    int n = snprintf(d->path[d->n], PATH_MAX, "%s%s/%s", base, under, kind);

    if (n > 0 && n < PATH_MAX)
        d->n++;
}

static void find_dirs(struct dirs *d, const char *kind)
{
    const char *env = getenv("LONGWAVE_PRESETS");
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    d->n = 0;
    if (env && *env)
        add_dir(d, env, "", kind);
    if (n <= 0)
        return;
    self[n] = '\0';
    slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    add_dir(d, self, "/../../presets", kind);
    add_dir(d, self, "/../share/longwave/presets", kind);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the presets in all the folders, without repeats. */
static uint32_t collect(const struct dirs *d, char *names[PATHS_NAMES_MAX])
{
    uint32_t n = 0, kept = 0;

    for (int i = 0; i < d->n; i++) {
        DIR *dir = opendir(d->path[i]);
        struct dirent *e;
        while (dir && n < PATHS_NAMES_MAX && (e = readdir(dir)))
            if (ends_in_yaml(e->d_name)) {
                size_t len = strlen(e->d_name) - strlen(SUFFIX);
                names[n] = strndup(e->d_name, len);
                n += names[n] != NULL;
            }
        if (dir)
            closedir(dir);
    }
    qsort(names, n, sizeof(*names), by_name);
    for (uint32_t i = 0; i < n; i++) {
        if (kept > 0 && strcmp(names[kept - 1], names[i]) == 0)
            free(names[i]);
        else
            names[kept++] = names[i];
    }
    return kept;
}

/* Appends text; what does not fit is left out. */
static void append(char *err, size_t size, const char *a, const char *b)
{
    size_t n = strlen(err);

    if (n < size)
        snprintf(err + n, size - n, "%s%s", a, b);
}

static void say_absent(const struct dirs *d, const char *kind, const char *name,
                       char *err, size_t size)
{
    char *names[PATHS_NAMES_MAX];
    uint32_t n = collect(d, names);

    snprintf(err, size, "there is no '%s' in presets/%s; looked in", name,
             kind);
    for (int i = 0; i < d->n; i++)
        append(err, size, i ? ", " : " ", d->path[i]);
    append(err, size, n ? "; there is: " : "; there is none at all", "");
    for (uint32_t i = 0; i < n; i++) {
        append(err, size, i ? ", " : "", names[i]);
        free(names[i]);
    }
}

bool paths_is_path(const char *name)
{
    return strchr(name, '/') || ends_in_yaml(name);
}

void paths_keep(const char *name, char *out, size_t size)
{
    char real[PATH_MAX];

    if (paths_is_path(name) && realpath(name, real))
        name = real;
    snprintf(out, size, "%s", name);
}

int paths_preset(const char *kind, const char *name, char *out, size_t size,
                 char *err, size_t err_size)
{
    struct dirs d;
    int n;

    if (paths_is_path(name)) {
        n = snprintf(out, size, "%s", name);
        if (n >= 0 && (size_t)n < size)
            return 0;
        snprintf(err, err_size, "the preset's path is too long");
        return -ENAMETOOLONG;
    }
    find_dirs(&d, kind);
    for (int i = 0; i < d.n; i++) {
        n = snprintf(out, size, "%s/%s" SUFFIX, d.path[i], name);
        if (n > 0 && (size_t)n < size && access(out, R_OK) == 0)
            return 0;
    }
    say_absent(&d, kind, name, err, err_size);
    return -ENOENT;
}

uint32_t paths_names(const char *kind, char *names[PATHS_NAMES_MAX])
{
    struct dirs d;

    find_dirs(&d, kind);
    return collect(&d, names);
}

int paths_program(const char *name, char out[PATH_MAX])
{
    const char *path = getenv("PATH");
    char *list = path ? strdup(path) : NULL, *rest = list, *dir;
    int r = -ENOENT;

    while (r < 0 && rest && (dir = strsep(&rest, ":"))) {
        char at[PATH_MAX];
        int n = snprintf(at, sizeof(at), "%s/%s", *dir ? dir : ".", name);
        if (n < (int)sizeof(at) && access(at, X_OK) == 0 && realpath(at, out))
            r = 0;
    }
    free(list);
    return r;
}
