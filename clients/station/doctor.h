// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * `longwave doctor`: what a station needs of a machine, whether it is there,
 * and what to type where it is not. Facts are gathered first (doctor_gather(),
 * doctor_ask_...) and judged afterwards by doctor_judge(), a pure function, so
 * that every verdict can be tested without the machine it is about.
 * [main] only. It only looks: no server is started, no file written or removed,
 * and what a driver or a sick server does when asked happens to a child.
 */
#ifndef STATION_DOCTOR_H
#define STATION_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/station/station.h"
#include "vk/choose.h"

#define DOCTOR_UNKNOWN   INT64_MIN /* a figure that could not be read */
#define DOCTOR_UNLIMITED INT64_MAX

#define DOCTOR_PRIORITY 10 /* jackd's own, unless it is given -P */

/* RLIMIT_..., the scheduler, and what would give rights. */
struct doctor_rights {
    int64_t rtprio;      /* limit of realtime priority */
    int64_t rtprio_hard; /* as far as it may be raised without rights */
    int64_t rttime;      /* us a realtime thread may run on end */
    int64_t memlock;     /* bytes */
    int fifo_error;      /* 0: a thread did run as SCHED_FIFO; errno */
    int64_t rt_runtime;  /* us of rt_period for realtime threads; -1: all */
    int64_t rt_period;   /* us */
    bool cap_ipc_lock;   /* memory may be locked whatever the limit */
    bool root;           /* in this user namespace */
    bool container;      /* Docker, Podman or another says so */
    bool group_there;    /* a group 'audio' is known */
    bool group_listed;   /* this user is a member of it */
    bool group_active;   /* and this process has it */
    bool limits_granted; /* a file under /etc/security gives rtprio */
};

struct doctor_shm {
    bool there;            /* /dev/shm can be looked at */
    bool writable;         /* by us */
    int64_t size, free;    /* bytes; 0 and 0: without a limit */
    uint32_t stale_own;    /* files of our JACK servers that are gone */
    int64_t stale_own_b;   /* bytes of them */
    uint32_t stale_others; /* of other users' */
    int64_t stale_others_b;
    uint32_t servers; /* that seem to run, anybody's */
};

enum doctor_libjack { DOCTOR_JACK2, DOCTOR_PIPEWIRE };

enum doctor_server {
    DOCTOR_NO_SERVER,
    DOCTOR_STALE,   /* its socket is there, and nobody behind it */
    DOCTOR_RUNS,    /* and took us as a client */
    DOCTOR_REFUSES, /* answers, and takes no client */
    DOCTOR_HANGS,   /* takes clients and doesn't answer them */
};

struct doctor_jack {
    enum doctor_libjack lib; /* the one this program is linked with */
    char version[32];
    char path[256]; /* of the library */
    bool jackd, pw_jack;
    bool pipewire; /* PipeWire's socket is there */
    char name[64]; /* of the server in question */
    enum doctor_server server;
    uint32_t rate, period; /* Hz, frames; where it runs */
    bool realtime;
    double load;    /* %, JACK's DSP load */
    char other[64]; /* who runs a server of that name beside us, or "" */
};

enum doctor_vulkan_state {
    DOCTOR_NO_LOADER,
    DOCTOR_NO_DEVICE,
    DOCTOR_VULKAN_BROKEN, /* the drivers crashed or hung when asked */
    DOCTOR_DEVICES,
};

struct doctor_vulkan {
    enum doctor_vulkan_state state;
    int broken_by; /* a signal; 0: it did not answer in time */
    uint32_t n;
    struct device_candidate device[CHOOSE_MAX];
    char lost_env[32];    /* a variable that leads to no driver, or "" */
    char lost_value[128]; /* what it is set to */
    char node[64];        /* a graphics card's device file, or "" */
    bool node_denied;     /* and it may not be opened */
    bool nvidia;          /* one of NVIDIA's */
};

enum { DOCTOR_LISTEN, DOCTOR_ADMIN, DOCTOR_OSC, DOCTOR_PORTS };

struct doctor_port {
    struct cli_addr addr; /* host "": none wanted */
    bool wanted;          /* false: the station goes on without it */
    int error;            /* 0: it can be had; errno of bind() */
    int pid;              /* who has it; 0: not to be seen by us */
    char program[32];     /* that process's name */
    uint16_t instead;     /* a port that is free; 0: none found */
};

struct doctor_machine {
    int64_t files;      /* open files allowed to a process, now */
    int64_t files_hard; /* as far as it may raise that itself */
    uint32_t cpus;
    uint32_t cpus_slow; /* that a governor other than performance may slow */
    char governor[32];  /* of one of these */
    char simd[16];      /* level of the CPU renderer */
    char clock[32];     /* kernel's clock source, or "" */
    bool systemd;       /* it runs the machine */
    bool user_manager;  /* and one for this user */
    bool linger;        /* that stays when the user logs out */
};

struct doctor_files {
    char missing[64];  /* a program that should be beside ours, or "" */
    uint32_t music;    /* presets that can be played */
    uint32_t stations; /* the same */
    uint32_t n_broken; /* presets of either kind that can't */
    char broken[CONF_ERROR_MAX]; /* what is wrong with the first of them */
};

struct doctor_facts {
    const char *station; /* as it was named, or NULL: the default one */
    struct doctor_rights rights;
    struct doctor_shm shm;
    struct doctor_jack jack;
    struct doctor_vulkan vulkan;
    struct doctor_port port[DOCTOR_PORTS];
    struct doctor_machine machine;
    struct doctor_files files;
};

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_PROBLEM };

struct doctor_finding {
    enum doctor_level level;
    const char *topic; /* "realtime", "shm"...: a word, the same for ever */
    char text[400];    /* one line */
    char fix[400];     /* one line for a shell, or "" */
};

#define DOCTOR_FINDINGS_MAX 32

struct doctor_report {
    uint32_t n, problems;
    struct doctor_finding f[DOCTOR_FINDINGS_MAX];
};

/* Verdicts in an order of their own, at least one on each topic; a problem
   always has a fix. Pure. */
void doctor_judge(const struct doctor_facts *f, struct doctor_report *out);

/* "ok", "note", "problem". */
const char *doctor_level_name(enum doctor_level level);

/* Looks the machine over for a station on that JACK server (NULL: the usual
   one). It takes some seconds at most. */
void doctor_gather(struct doctor_facts *out, const struct station *s,
                   const char *server);

#endif
