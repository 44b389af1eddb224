// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clients/station/doctor_priv.h"
#include "vk/renderer.h"
#include "vk/simd.h"

#define GROUPS_MAX 256

static int64_t limit(int which, bool hard)
{
    struct rlimit r;
    rlim_t v;

    if (getrlimit((__rlimit_resource_t)which, &r))
        return DOCTOR_UNKNOWN;
    v = hard ? r.rlim_max : r.rlim_cur;
    return v == RLIM_INFINITY || v > INT64_MAX ? DOCTOR_UNLIMITED : (int64_t)v;
}

static int64_t figure(const char *path)
{
    char line[64], *end;
    long long v;

    if (!doctor_read_line(path, line, sizeof(line)))
        return DOCTOR_UNKNOWN;
    v = strtoll(line, &end, 10);
    return end == line ? DOCTOR_UNKNOWN : v;
}

static void *nothing(void *arg)
{
    return arg;
}

/* What says more than any limit: a thread that asks for it. It ends at once. */
static int try_fifo(void)
{
    struct sched_param p = {.sched_priority = DOCTOR_PRIORITY};
    pthread_attr_t attr;
    pthread_t thread;
    int err;

    pthread_attr_init(&attr);
    pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
    pthread_attr_setschedparam(&attr, &p);
    err = pthread_create(&thread, &attr, nothing, NULL);
    if (err == 0)
        pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    return err;
}

static bool has_capability(int which)
{
    FILE *f = fopen("/proc/self/status", "re");
    char line[256];
    uint64_t set = 0;

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "CapEff: %" SCNx64, &set) == 1)
            break;
    if (f)
        fclose(f);
    return set >> which & 1;
}

/* In a user namespace of its own, as of `unshare -r`, root has capabilities
   that don't reach as far as memory. */
static bool in_first_user_namespace(void)
{
    unsigned inside, outside, count;
    char line[80];

    return doctor_read_line("/proc/self/uid_map", line, sizeof(line)) &&
           sscanf(line, "%u %u %u", &inside, &outside, &count) == 3 &&
           inside == 0 && outside == 0 && count == UINT32_MAX;
}

static void ask_group(struct doctor_rights *out)
{
    const struct group *g = getgrnam("audio");
    const struct passwd *p;
    gid_t ids[GROUPS_MAX], audio;
    int n;

    if (!g)
        return;
    out->group_there = true;
    audio = g->gr_gid;
    n = getgroups(GROUPS_MAX, ids);
    for (int i = 0; i < n; i++)
        out->group_active |= ids[i] == audio;
    out->group_active |= getegid() == audio;
    p = getpwuid(getuid());
    out->group_listed = p && p->pw_gid == audio;
    for (char **m = g->gr_mem; p && *m; m++)
        out->group_listed |= strcmp(*m, p->pw_name) == 0;
}

static bool grants_rtprio(const char *path)
{
    FILE *f = fopen(path, "re");
    char line[512];
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "#\n")] = '\0';
        found = strstr(line, "rtprio") != NULL;
    }
    if (f)
        fclose(f);
    return found;
}

static bool any_grants_rtprio(void)
{
    bool found = grants_rtprio("/etc/security/limits.conf");
    glob_t g = {0};

    if (glob("/etc/security/limits.d/*.conf", 0, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc && !found; i++)
            found = grants_rtprio(g.gl_pathv[i]);
    globfree(&g);
    return found;
}

void doctor_ask_rights(struct doctor_rights *out)
{
    out->rtprio = limit(RLIMIT_RTPRIO, false);
    out->rtprio_hard = limit(RLIMIT_RTPRIO, true);
    out->rttime = limit(RLIMIT_RTTIME, false);
    out->memlock = limit(RLIMIT_MEMLOCK, false);
    out->fifo_error = try_fifo();
    out->rt_runtime = figure("/proc/sys/kernel/sched_rt_runtime_us");
    out->rt_period = figure("/proc/sys/kernel/sched_rt_period_us");
    out->cap_ipc_lock =
        has_capability(CAP_IPC_LOCK) && in_first_user_namespace();
    out->root = geteuid() == 0;
    out->container = access("/.dockerenv", F_OK) == 0 ||
                     access("/run/.containerenv", F_OK) == 0 ||
                     getenv("container");
    ask_group(out);
    out->limits_granted = any_grants_rtprio();
}

static void ask_governors(struct doctor_machine *out)
{
    for (uint32_t i = 0; i < out->cpus; i++) {
        char path[96], name[32];
        snprintf(path, sizeof(path),
                 "/sys/devices/system/cpu/cpu%" PRIu32
                 "/cpufreq/scaling_governor",
                 i);
        if (!doctor_read_line(path, name, sizeof(name)) ||
            strcmp(name, "performance") == 0)
            continue;
        snprintf(out->governor, sizeof(out->governor), "%s", name);
        out->cpus_slow++;
    }
}

static void ask_session(struct doctor_machine *out)
{
    const struct passwd *p = getpwuid(getuid());
    const char *dir = getenv("XDG_RUNTIME_DIR");
    char path[PATH_MAX], usual[64];

    snprintf(usual, sizeof(usual), "/run/user/%u", (unsigned)getuid());
    snprintf(path, sizeof(path), "%s/systemd/private", dir ? dir : usual);
    out->systemd = access("/run/systemd/system", F_OK) == 0;
    out->user_manager = access(path, F_OK) == 0;
    snprintf(path, sizeof(path), "/var/lib/systemd/linger/%s",
             p ? p->pw_name : "");
    out->linger = p && access(path, F_OK) == 0;
}

void doctor_ask_machine(struct doctor_machine *out)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    out->files = limit(RLIMIT_NOFILE, false);
    out->files_hard = limit(RLIMIT_NOFILE, true);
    out->cpus = n > 0 ? (uint32_t)n : 1;
    ask_governors(out);
    snprintf(out->simd, sizeof(out->simd), "%s",
             renderer_simd_name((int)simd_resolve(SIMD_AUTO)));
    doctor_read_line("/sys/devices/system/clocksource/clocksource0/"
                     "current_clocksource",
                     out->clock, sizeof(out->clock));
    ask_session(out);
}
