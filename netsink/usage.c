// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/text.h"

#define TASKS_MAX \
    128 /* threads followed; more are in the process's sum alone */
#define OTHERS "others"
#define MINUTE 60 /* samples */

enum column {
    CPU,
    MEMORY,
    SENT,
    ENCODE,
    THREAD,
    COLUMNS = THREAD + USAGE_THREADS
};

struct task {
    int tid;
    int64_t cpu; /* ns */
};

struct usage {
    float samples[USAGE_S][COLUMNS]; /* a ring */
    uint32_t n, next;

    /* As of the last sample. */
    int64_t at; /* ns; 0: none yet */
    int64_t cpu;
    uint64_t encode_ns;
    struct task tasks[TASKS_MAX];
    uint32_t n_tasks;

    char names[USAGE_THREADS][USAGE_NAME];
    double totals[USAGE_THREADS]; /* s */
    uint32_t n_names;
};

int usage_new(struct usage **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

void usage_free(struct usage **u)
{
    free(*u);
    *u = NULL;
}

/* A small file's text, without its last newline; false: it is not there. */
static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;

    if (fd >= 0)
        close(fd);
    if (n < 0)
        return false;
    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}

/* CPU time of a thread, ns; -1: it has ended. */
static int64_t task_cpu(int tid)
{
    char path[64], text[512];
    int64_t ns;
    unsigned long user, sys;

    snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", tid);
    if (read_text(path, text, sizeof(text)) &&
        sscanf(text, "%" SCNd64, &ns) == 1)
        return ns;
    /* A kernel without those tells ticks; the name, in brackets, may hold
       anything. */
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
    const char *rest =
        read_text(path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
    if (!rest || sscanf(rest,
                        ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
                        "%lu %lu",
                        &user, &sys) != 2)
        return -1;
    return (int64_t)(user + sys) * (NS_PER_S / sysconf(_SC_CLK_TCK));
}

/* The column of a name. */
static uint32_t name_of(struct usage *u, int tid)
{
    char path[64], text[64] = "", name[USAGE_NAME];

    snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
    read_text(path, text, sizeof(text));
    text_clean(name, sizeof(name), text);
    for (uint32_t i = 0; i < u->n_names; i++) {
        if (strcmp(u->names[i], name) == 0)
            return i;
    }
    if (u->n_names == USAGE_THREADS)
        return USAGE_THREADS - 1;
    if (u->n_names == USAGE_THREADS - 1)
        snprintf(name, sizeof(name), OTHERS);
    memcpy(u->names[u->n_names], name, sizeof(name));
    return u->n_names++;
}

/* CPU time that a thread had when last looked at, ns: what it used before its
   first sample belongs to that. */
static int64_t known_cpu(const struct usage *u, int tid)
{
    for (uint32_t i = 0; i < u->n_tasks; i++) {
        if (u->tasks[i].tid == tid)
            return u->tasks[i].cpu;
    }
    return 0;
}

/* s of CPU time of each name since the last sample. */
static void sample_tasks(struct usage *u, double used[USAGE_THREADS])
{
    struct task tasks[TASKS_MAX];
    uint32_t n = 0;
    DIR *dir = opendir("/proc/self/task");

    for (struct dirent *e; dir && n < TASKS_MAX && (e = readdir(dir));) {
        int tid = atoi(e->d_name);
        int64_t cpu = tid > 0 ? task_cpu(tid) : -1;
        if (cpu < 0)
            continue;
        used[name_of(u, tid)] +=
            fmax((double)(cpu - known_cpu(u, tid)) / NS_PER_S, 0);
        tasks[n++] = (struct task){tid, cpu};
    }
    if (dir)
        closedir(dir);
    memcpy(u->tasks, tasks, n * sizeof(tasks[0]));
    u->n_tasks = n;
}

static double memory(void)
{
    char text[128];
    unsigned long resident;

    if (!read_text("/proc/self/statm", text, sizeof(text)) ||
        sscanf(text, "%*u %lu", &resident) != 1)
        return 0;
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static int64_t process_cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void usage_sample(struct usage *u, int64_t now, double sent, uint64_t encode_ns)
{
    double used[USAGE_THREADS] = {0}, s = (double)(now - u->at) / NS_PER_S;
    float *row = u->samples[u->next];
    int64_t cpu = process_cpu();

    sample_tasks(u, used);
    for (uint32_t i = 0; i < USAGE_THREADS; i++)
        u->totals[i] += used[i];
    /* The first one only says where the others begin. */
    if (u->at > 0 && s > 0) {
        row[CPU] = (float)((double)(cpu - u->cpu) / NS_PER_S / s);
        row[MEMORY] = (float)memory();
        row[SENT] = (float)sent;
        row[ENCODE] =
            (float)((double)(encode_ns - u->encode_ns) / NS_PER_S / s);
        for (uint32_t i = 0; i < USAGE_THREADS; i++)
            row[THREAD + i] = (float)(used[i] / s);
        u->next = (u->next + 1) % USAGE_S;
        if (u->n < USAGE_S)
            u->n++;
    }
    u->at = now;
    u->cpu = cpu;
    u->encode_ns = encode_ns;
}

static struct usage_figure figure(const struct usage *u, uint32_t column)
{
    struct usage_figure f = {0};
    uint32_t minute = u->n < MINUTE ? u->n : MINUTE;

    for (uint32_t i = 1; i <= u->n; i++) {
        double v = u->samples[(u->next + USAGE_S - i) % USAGE_S][column];
        if (i == 1)
            f.now = v;
        if (i <= MINUTE) {
            f.minute_mean += v / minute;
            f.minute_max = fmax(f.minute_max, v);
        }
        f.hour_mean += v / u->n;
        f.hour_max = fmax(f.hour_max, v);
    }
    return f;
}

void usage_summary(const struct usage *u, struct usage_summary *out)
{
    *out = (struct usage_summary){
        .cpu = figure(u, CPU),
        .memory = figure(u, MEMORY),
        .sent = figure(u, SENT),
        .encode = figure(u, ENCODE),
        .cpu_total = (double)u->cpu / NS_PER_S,
        .n_threads = u->n_names,
    };
    for (uint32_t i = 0; i < u->n_names; i++) {
        struct usage_thread *t = &out->threads[i];
        memcpy(t->name, u->names[i], sizeof(t->name));
        t->total = u->totals[i];
        t->cpu = figure(u, THREAD + i);
    }
}
