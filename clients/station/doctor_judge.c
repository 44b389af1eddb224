// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clients/station/doctor_priv.h"
#include "netsink/fds.h"

#define MIB INT64_C(1048576)

#define RTPRIO_WANTED    95          /* what the audio groups of systems get */
#define MEMLOCK_WANTED   (256 * MIB) /* a jackd without -p and its clients */
#define LISTENERS_WANTED 10000       /* the sink's --max-listeners */
#define RTTIME_LEAST     1000000     /* us */

#define GRANT                                                             \
    "printf '@audio - rtprio 95\\n@audio - memlock unlimited\\n' | sudo " \
    "tee /etc/security/limits.d/audio.conf && sudo usermod -aG audio "    \
    "\"$USER\"   # then log in again"
#define GRANT_DOCKER "docker run --ulimit rtprio=95 --ulimit memlock=-1"

struct doctor_finding *doctor_add(struct doctor_report *r,
                                  enum doctor_level level, const char *topic)
{
    struct doctor_finding *f = &r->f[r->n];

    if (r->n < DOCTOR_FINDINGS_MAX - 1)
        r->n++;
    *f = (struct doctor_finding){.level = level, .topic = topic};
    return f;
}

const char *doctor_level_name(enum doctor_level level)
{
    static const char *const names[] = {"ok", "note", "problem"};

    return names[level];
}

/* Why realtime scheduling was refused, and what changes that. */
static void explain_refusal(const struct doctor_rights *f,
                            struct doctor_finding *to)
{
    bool allowed = f->rtprio >= DOCTOR_PRIORITY;
    bool by_itself = !allowed && f->rtprio_hard >= DOCTOR_PRIORITY;
    const char *why = "";

    if (by_itself)
        why = ": the limit (RLIMIT_RTPRIO) is low, and may be raised";
    else if (allowed)
        why = " though the limit (RLIMIT_RTPRIO) would allow it: a control "
              "group or a sandbox forbids it";
    else if (f->limits_granted && f->group_listed && !f->group_active)
        why = ": you joined the group audio after you had logged in";
    else if (f->limits_granted && f->group_active)
        why = ": this session began without the limits of "
              "/etc/security/limits.d";
    else if (f->limits_granted && f->group_there && !f->group_listed)
        why = ": you are not in the group audio, whose members may";
    else
        why = " (RLIMIT_RTPRIO is too low)";
    doctor_say(to, "no realtime scheduling: %s%s", strerror(f->fifo_error),
               why);

    if (by_itself)
        doctor_fix(to, "ulimit -r %" PRId64, f->rtprio_hard);
    else if (allowed)
        doctor_fix(to, "%s",
                   f->container
                       ? "docker run --cap-add=SYS_NICE --cpu-rt-runtime=950000"
                       : "sudo sysctl -w kernel.sched_rt_runtime_us=-1");
    else if (f->container)
        doctor_fix(to, GRANT_DOCKER "   # outside of one: " GRANT);
    else if (f->limits_granted && f->group_listed)
        doctor_fix(to, "su --login \"$USER\"   # or log in again");
    else
        doctor_fix(to, GRANT);
}

static void judge_throttle(const struct doctor_rights *f,
                           struct doctor_report *r)
{
    struct doctor_finding *to;

    if (f->rt_runtime == DOCTOR_UNKNOWN || f->rt_period <= 0)
        return;
    if (f->rt_runtime >= 0 && f->rt_runtime < f->rt_period / 2) {
        to = doctor_add(r, DOCTOR_PROBLEM, "realtime");
        doctor_say(to,
                   "the kernel lets realtime threads run for %" PRId64
                   " of %" PRId64 " us only",
                   f->rt_runtime, f->rt_period);
        doctor_fix(to, "sudo sysctl -w kernel.sched_rt_runtime_us=%" PRId64,
                   f->rt_period * 95 / 100);
    } else if (f->rt_runtime < 0) {
        to = doctor_add(r, DOCTOR_NOTE, "realtime");
        doctor_say(to, "the kernel does not throttle realtime threads: one "
                       "that loops stops a processor");
        doctor_fix(to, "sudo sysctl -w kernel.sched_rt_runtime_us=%" PRId64,
                   f->rt_period * 95 / 100);
    } else {
        to = doctor_add(r, DOCTOR_OK, "realtime");
        doctor_say(to,
                   "the kernel lets realtime threads run for %" PRId64
                   " of %" PRId64 " us",
                   f->rt_runtime, f->rt_period);
    }
}

static void judge_realtime(const struct doctor_rights *f,
                           struct doctor_report *r)
{
    struct doctor_finding *to =
        doctor_add(r, f->fifo_error ? DOCTOR_PROBLEM : DOCTOR_OK, "realtime");

    if (f->fifo_error)
        explain_refusal(f, to);
    else if (f->rtprio > 0 && f->rtprio <= RTPRIO_WANTED + 4)
        doctor_say(to,
                   "realtime scheduling (SCHED_FIFO) is permitted, priorities "
                   "up to %" PRId64,
                   f->rtprio);
    else
        doctor_say(to, "realtime scheduling (SCHED_FIFO) is permitted%s",
                   f->root ? ", to root" : "");
    judge_throttle(f, r);
    if (f->rttime < RTTIME_LEAST && f->rttime != DOCTOR_UNKNOWN) {
        to = doctor_add(r, DOCTOR_NOTE, "realtime");
        doctor_say(to,
                   "a realtime thread that runs for %" PRId64
                   " us on end is killed (RLIMIT_RTTIME)",
                   f->rttime);
        doctor_fix(to, "prlimit --pid $$ --rttime=unlimited");
    }
}

static void judge_memory(const struct doctor_rights *f, struct doctor_report *r)
{
    bool enough = f->cap_ipc_lock || f->memlock >= MEMLOCK_WANTED;
    struct doctor_finding *to =
        doctor_add(r, enough ? DOCTOR_OK : DOCTOR_NOTE, "memory");

    if (enough) {
        doctor_say(to, "as much memory as JACK needs may be locked");
        return;
    }
    doctor_say(to,
               "%" PRId64
               " MiB of memory may be locked (RLIMIT_MEMLOCK): JACK would "
               "lock all it uses, so as not to wait for the disk",
               f->memlock < 0 ? 0 : f->memlock / MIB);
    doctor_fix(to, f->container ? GRANT_DOCKER : GRANT);
}

/* Ours are no strangers: then a station is on the air there. */
static bool is_ours(const struct doctor_port *p)
{
    return strncmp(p->program, "longwave-", 9) == 0 ||
           strncmp(p->program, "lw:", 3) == 0;
}

static const char *const port_option[DOCTOR_PORTS] = {"listen", "admin", "osc"};
static const char *const port_words[DOCTOR_PORTS] = {
    "listeners' address", "operator's address", "OSC control"};

static void explain_port(const struct doctor_facts *f, int which,
                         struct doctor_finding *to)
{
    const struct doctor_port *p = &f->port[which];
    struct cli_addr instead = p->addr;
    char at[CLI_ADDR_TEXT_MAX], by[64] = "another program";

    cli_format_addr(&p->addr, at);
    if (p->pid)
        snprintf(by, sizeof(by), "%s (process %d)", p->program, p->pid);
    if (p->error == EADDRINUSE)
        doctor_say(to, "%s %s is taken by %s%s", port_words[which], at, by,
                   is_ours(p)  ? ": a station is on the air there"
                   : p->wanted ? ""
                               : "; the music plays without it");
    else if (p->error == EADDRNOTAVAIL)
        doctor_say(to, "%s %s is no address of this machine", port_words[which],
                   at);
    else
        doctor_say(to, "%s %s can't be had: %s", port_words[which], at,
                   strerror(p->error));
    if (p->error == EADDRNOTAVAIL)
        snprintf(instead.host, sizeof(instead.host), "127.0.0.1");
    else if (p->instead)
        instead.port = p->instead;
    else
        instead.port = 0; /* any that is free */
    doctor_fix(to, "longwave run%s%s --%s %s", f->station ? " " : "",
               f->station ? f->station : "", port_option[which],
               cli_format_addr(&instead, at));
}

static void judge_port(const struct doctor_facts *f, int which,
                       struct doctor_report *r)
{
    const struct doctor_port *p = &f->port[which];
    enum doctor_level level = DOCTOR_PROBLEM;
    struct doctor_finding *to;
    char at[CLI_ADDR_TEXT_MAX];

    if (!*p->addr.host)
        return;
    if (p->error == 0)
        level = DOCTOR_OK;
    else if (is_ours(p) || !p->wanted)
        level = DOCTOR_NOTE;
    to = doctor_add(r, level, "port");
    if (p->error)
        explain_port(f, which, to);
    else
        doctor_say(to, "%s %s is free", port_words[which],
                   cli_format_addr(&p->addr, at));
}

static void judge_limits(const struct doctor_machine *m,
                         struct doctor_report *r)
{
    int64_t seats = m->files - FDS_SPARE_STREAMS;
    int64_t need = LISTENERS_WANTED + 2 * FDS_SPARE_STREAMS;
    bool enough = m->files >= need;
    struct doctor_finding *to =
        doctor_add(r, enough ? DOCTOR_OK : DOCTOR_NOTE, "files");

    if (enough) {
        doctor_say(to, "open files allowed are enough for %d listeners",
                   LISTENERS_WANTED);
        return;
    }
    doctor_say(to,
               "%" PRId64 " open files are allowed: about %" PRId64
               " listeners, of the %d a sink takes",
               m->files, seats < 0 ? 0 : seats, LISTENERS_WANTED);
    if (m->files_hard >= need)
        doctor_fix(to, "ulimit -n %" PRId64, need);
    else
        doctor_fix(to,
                   "echo '* - nofile 20000' | sudo tee "
                   "/etc/security/limits.d/files.conf   # then log in again");
}

static void judge_files(const struct doctor_files *f, struct doctor_report *r)
{
    struct doctor_finding *to;

    if (*f->missing) {
        to = doctor_add(r, DOCTOR_PROBLEM, "programs");
        doctor_say(to, "%s is not beside this program", f->missing);
        doctor_fix(to, "sudo apt install --reinstall longwave   # in a source "
                       "tree: ./dev build");
    } else {
        to = doctor_add(r, DOCTOR_OK, "programs");
        doctor_say(to, "longwave-gen, longwave-master and longwave-sink are "
                       "there");
    }
    if (f->music == 0 || f->stations == 0) {
        to = doctor_add(r, DOCTOR_PROBLEM, "presets");
        doctor_say(to, "no %s presets are found",
                   f->music ? "station" : "music");
        doctor_fix(to, "export LONGWAVE_PRESETS=...   # folder with music/ "
                       "and stations/");
    } else {
        to = doctor_add(r, DOCTOR_OK, "presets");
        doctor_say(to, "%" PRIu32 " of music, %" PRIu32 " of stations",
                   f->music, f->stations);
    }
    if (f->n_broken > 0) {
        to = doctor_add(r, DOCTOR_NOTE, "presets");
        doctor_say(to, "%" PRIu32 " can't be read: %.360s", f->n_broken,
                   f->broken);
    }
}

static void judge_clock(const struct doctor_machine *m, struct doctor_report *r)
{
    static const char *const slow[] = {"hpet", "acpi_pm", "pit", "jiffies"};
    enum doctor_level level = DOCTOR_OK;
    struct doctor_finding *to;

    if (!*m->clock)
        return;
    for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
        if (strcmp(m->clock, slow[i]) == 0)
            level = DOCTOR_NOTE;
    to = doctor_add(r, level, "clock");
    doctor_say(to, "the kernel's clock is %s%s", m->clock,
               level == DOCTOR_OK ? ""
                                  : ": slow to read, which costs at each write "
                                    "to a listener");
    if (level != DOCTOR_OK)
        doctor_fix(to, "cat /sys/devices/system/clocksource/clocksource0/"
                       "available_clocksource   # is there tsc?");
}

static void judge_machine(const struct doctor_machine *m,
                          struct doctor_report *r)
{
    struct doctor_finding *to =
        doctor_add(r, m->cpus_slow ? DOCTOR_NOTE : DOCTOR_OK, "cpu");

    if (m->cpus_slow) {
        doctor_say(to,
                   "%" PRIu32 " processors, SIMD level %s; %" PRIu32
                   " are slowed down at will (governor %s)",
                   m->cpus, m->simd, m->cpus_slow, m->governor);
        doctor_fix(to, "echo performance | sudo tee /sys/devices/system/cpu/"
                       "cpu*/cpufreq/scaling_governor");
    } else {
        doctor_say(to, "%" PRIu32 " processor%s, SIMD level %s", m->cpus,
                   m->cpus == 1 ? "" : "s", m->simd);
    }
    judge_clock(m, r);
    to = doctor_add(r, DOCTOR_OK, "systemd");
    if (!m->systemd)
        doctor_say(to, "it does not run this machine: start a station by hand");
    else if (!m->user_manager)
        doctor_say(to, "it runs this machine; no session of yours: use "
                       "longwave@default.service");
    else
        doctor_say(to, "longwave.service can be used%s",
                   m->linger ? ", and goes on when you log out" : "");
    if (m->systemd && m->user_manager && !m->linger) {
        to->level = DOCTOR_NOTE;
        doctor_say(to, "longwave.service can be used, until you log out");
        doctor_fix(to, "loginctl enable-linger");
    }
}

void doctor_judge(const struct doctor_facts *f, struct doctor_report *out)
{
    out->n = out->problems = 0;
    judge_files(&f->files, out);
    judge_realtime(&f->rights, out);
    judge_memory(&f->rights, out);
    doctor_judge_shm(f, out);
    doctor_judge_jack(f, out);
    doctor_judge_vulkan(f, out);
    for (int i = 0; i < DOCTOR_PORTS; i++)
        judge_port(f, i, out);
    judge_limits(&f->machine, out);
    judge_machine(&f->machine, out);
    for (uint32_t i = 0; i < out->n; i++)
        out->problems += out->f[i].level == DOCTOR_PROBLEM;
}
