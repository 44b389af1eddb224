// SPDX-License-Identifier: GPL-3.0-or-later
/* Other processes' figures, from proc(5) and their CPU clocks. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/text.h"
#include "netsink/desk_priv.h"

#define DEPTH_MAX 4 /* of children's children */

/* A file of a process; false: it has gone, or it is not for us. */
static bool read_file(pid_t pid, const char *what, char *text, size_t size)
{
    char path[96];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, what);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* s, to the ns; under 0: it has gone. */
static double cpu_time(pid_t pid)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
        return -1;
    return (double)t.tv_sec + (double)t.tv_nsec / NS_PER_S;
}

static bool read_stat(struct desk_proc *p, pid_t pid)
{
    char text[1024], *begin, *end;
    long threads, pages;

    if (!read_file(pid, "stat", text, sizeof(text)))
        return false;
    begin = strchr(text, '(');
    end = strrchr(text, ')'); /* a name may hold anything */
    if (!begin || !end ||
        sscanf(end + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
               "%*d %*d %ld %*d %*u %*u %ld",
               &threads, &pages) != 2)
        return false;
    *end = '\0';
    text_clean(p->name, sizeof(p->name), begin + 1);
    p->n_threads = (uint32_t)threads;
    p->rss = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

static struct desk_proc *find(struct desk_procs *p, pid_t pid)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->proc[i].pid == pid)
            return &p->proc[i];
    return NULL;
}

const struct desk_proc *desk_procs_find(const struct desk_procs *p, pid_t pid)
{
    return find((struct desk_procs *)p, pid);
}

void desk_procs_begin(struct desk_procs *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        p->proc[i].seen = false;
}

/* False: it has gone, or there is no room. */
static bool look(struct desk_procs *p, pid_t pid, int64_t now)
{
    double used = cpu_time(pid);
    struct desk_proc *x = find(p, pid);
    bool is_new = !x;

    if (used < 0 || (is_new && p->n == DESK_PROCS_MAX))
        return false;
    if (is_new)
        x = &p->proc[p->n];
    if (!read_stat(x, pid))
        return false;
    if (is_new || used < x->used) /* another one by that number */
        x->share = -1;
    else if (now > x->at)
        x->share = (used - x->used) * NS_PER_S / (double)(now - x->at);
    x->pid = pid;
    x->used = used;
    x->at = now;
    x->seen = true;
    p->n += is_new;
    return true;
}

static void add(struct desk_procs *p, pid_t pid, int64_t now, int depth)
{
    const struct desk_proc *known = find(p, pid);
    char what[64], text[1024], *at, *end;

    if (pid <= 0 || (known && known->seen) || !look(p, pid, now) || depth == 0)
        return;
    /* those of its first thread, which starts what we start */
    snprintf(what, sizeof(what), "task/%ld/children", (long)pid);
    if (!read_file(pid, what, text, sizeof(text)))
        return;
    for (at = text; *at; at = end) {
        long child = strtol(at, &end, 10);
        if (end == at)
            break;
        add(p, (pid_t)child, now, depth - 1);
    }
}

void desk_procs_add(struct desk_procs *p, pid_t pid, int64_t now)
{
    add(p, pid, now, DEPTH_MAX);
}

void desk_procs_end(struct desk_procs *p)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n; i++)
        if (p->proc[i].seen)
            p->proc[n++] = p->proc[i];
    p->n = n;
}

void desk_proc_put(json_t *o, const struct desk_proc *p)
{
    json_object_set_new(o, "cpu_share",
                        p && p->share >= 0
                            ? json_real(round(p->share * 1e5) / 1e5)
                            : json_null());
    json_object_set_new(o, "rss_kb",
                        p ? json_integer((json_int_t)(p->rss >> 10))
                          : json_null());
    json_object_set_new(o, "threads",
                        p ? json_integer(p->n_threads) : json_null());
}

json_t *desk_procs_json(const struct desk_procs *p)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < p->n; i++) {
        json_t *o = json_pack("{s:s, s:I}", "name", p->proc[i].name, "pid",
                              (json_int_t)p->proc[i].pid);
        if (o)
            desk_proc_put(o, &p->proc[i]);
        json_array_append_new(all, o);
    }
    return all;
}
