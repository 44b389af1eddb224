// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/usage.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH 96

static int64_t *thread_named(struct usage *u, const char *name)
{
    for (uint32_t i = 0; i < u->n_threads; i++)
        if (strcmp(u->thread[i].name, name) == 0)
            return &u->thread[i].cpu;
    if (u->n_threads == USAGE_THREADS)
        return NULL;
    snprintf(u->thread[u->n_threads].name, USAGE_NAME, "%s", name);
    return &u->thread[u->n_threads++].cpu;
}

/* A thread that has ended meanwhile is none. */
static void add_thread(struct usage *u, pid_t pid, const char *tid)
{
    char path[PATH], name[USAGE_NAME] = "?";
    int64_t cpu = 0;

    snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", (int)pid,
             tid);
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    int got = fscanf(f, "%" SCNd64, &cpu);
    fclose(f);
    if (got != 1)
        return;
    snprintf(path, sizeof(path), "/proc/%d/task/%.20s/comm", (int)pid, tid);
    f = fopen(path, "r");
    if (f && fgets(name, sizeof(name), f))
        name[strcspn(name, "\n")] = 0;
    if (f)
        fclose(f);
    int64_t *by_name = thread_named(u, name);
    if (by_name)
        *by_name += cpu;
    u->cpu += cpu;
}

/* A line "Name:   123 kB" of the file, bytes; 0 without it. */
static uint64_t field(const char *file, pid_t pid, const char *name)
{
    char path[PATH], line[256];
    uint64_t kb = 0;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            kb = strtoull(line + strlen(name), NULL, 10);
            break;
        }
    }
    if (f)
        fclose(f);
    return kb * 1024;
}

int usage_read(struct usage *u, pid_t pid)
{
    char path[PATH];
    struct dirent *e;

    memset(u, 0, sizeof(*u));
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *d = opendir(path);
    if (!d)
        return errno == EACCES ? -EACCES : -ESRCH;
    while ((e = readdir(d)))
        if (e->d_name[0] != '.')
            add_thread(u, pid, e->d_name);
    closedir(d);
    u->rss = field("status", pid, "VmRSS:");
    u->pss = field("smaps_rollup", pid, "Pss:");
    return 0;
}

int64_t usage_since(const struct usage *u, const struct usage *from,
                    const char *name)
{
    int64_t cpu = 0;

    for (uint32_t i = 0; i < u->n_threads; i++)
        if (strcmp(u->thread[i].name, name) == 0)
            cpu = u->thread[i].cpu;
    for (uint32_t i = 0; i < from->n_threads; i++)
        if (strcmp(from->thread[i].name, name) == 0)
            cpu -= from->thread[i].cpu;
    return cpu;
}
