// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clients/station/doctor_priv.h"

#define MIB INT64_C(1048576)

/* What a jackd2 server takes of /dev/shm, by its -p (ports at most), and a
   little for its clients: measured with 1.9.21. All of it at once where it may
   lock memory, otherwise less than half at first, and more with each port. */
#define SHM_OF_OURS     (47 * MIB)  /* -p 256: `longwave run` starts it so */
#define SHM_OF_USUAL    (105 * MIB) /* -p 2048: jackd without -p */
#define SHM_OF_CLIENTS  (4 * MIB)   /* beside a server that runs */
#define SERVERS_OF_HOST 8           /* MAX_SERVERS in jackd2's shm.h */

#define REMOVE_STALE                                            \
    "rm -f /dev/shm/jack-$(id -u)-* /dev/shm/jack_*_$(id -u)_0" \
    " /dev/shm/jack_sem.$(id -u)_*"
#define ENLARGE        "sudo mount -o remount,size=256m /dev/shm"
#define ENLARGE_DOCKER "docker run --shm-size=256m"

static void fix_shm(const struct doctor_facts *f, int64_t need,
                    struct doctor_finding *to)
{
    const struct doctor_shm *s = &f->shm;

    if (s->free + s->stale_own_b >= need && f->jack.server != DOCTOR_RUNS)
        doctor_fix(to, REMOVE_STALE);
    else if (f->rights.container)
        doctor_fix(to, ENLARGE_DOCKER "   # outside of one: " ENLARGE);
    else
        doctor_fix(to, ENLARGE "   # of a container: " ENLARGE_DOCKER);
}

static void judge_room(const struct doctor_facts *f, struct doctor_report *r)
{
    const struct doctor_shm *s = &f->shm;
    int64_t free = s->size ? s->free : DOCTOR_UNLIMITED;
    bool runs = f->jack.server == DOCTOR_RUNS;
    int64_t need = runs ? SHM_OF_CLIENTS : SHM_OF_USUAL;
    struct doctor_finding *to =
        doctor_add(r, free < need ? DOCTOR_PROBLEM : DOCTOR_OK, "shm");

    if (free >= need && !s->size)
        doctor_say(to, "/dev/shm has no limit");
    else if (free >= need)
        doctor_say(
            to, "/dev/shm has %" PRId64 " MiB, %" PRId64 " free: enough for %s",
            s->size / MIB, free / MIB,
            runs ? "clients of the server that runs" : "any jackd");
    else if (runs)
        doctor_say(to,
                   "/dev/shm has %" PRId64 " MiB, %" PRId64
                   " free: too little for more JACK clients",
                   s->size / MIB, free / MIB);
    else
        doctor_say(to,
                   "/dev/shm has %" PRId64 " MiB, %" PRId64
                   " free: jackd takes up to %" PRId64
                   ", at once where memory may be locked, and dies of SIGBUS "
                   "for want of it; that of longwave run (-p 256) takes up to "
                   "%" PRId64 " and %s",
                   s->size / MIB, free / MIB, SHM_OF_USUAL / MIB,
                   SHM_OF_OURS / MIB,
                   free < SHM_OF_OURS ? "dies as well" : "fits");
    if (free < need)
        fix_shm(f, need, to);
}

static void judge_leftovers(const struct doctor_facts *f,
                            struct doctor_report *r)
{
    const struct doctor_shm *s = &f->shm;
    struct doctor_finding *to;

    /* where a server of ours does run, out of sight, they are its own */
    if (s->stale_own > 0 && f->jack.server != DOCTOR_RUNS) {
        to = doctor_add(r, DOCTOR_NOTE, "shm");
        doctor_say(to,
                   "%" PRIu32 " files (%" PRId64
                   " MiB) in /dev/shm are of JACK servers of yours that are "
                   "gone; the next one takes the space back",
                   s->stale_own, s->stale_own_b / MIB);
        doctor_fix(to, REMOVE_STALE);
    }
    if (s->stale_others > 0) {
        to = doctor_add(r, DOCTOR_NOTE, "shm");
        doctor_say(to,
                   "%" PRIu32 " files (%" PRId64
                   " MiB) in /dev/shm are of other users' JACK servers that "
                   "are gone; only those users, or root, get the space back",
                   s->stale_others, s->stale_others_b / MIB);
        doctor_fix(to, "ls -l /dev/shm/jack*");
    }
    if (s->servers >= SERVERS_OF_HOST && f->jack.server != DOCTOR_RUNS) {
        to = doctor_add(r, DOCTOR_PROBLEM, "shm");
        doctor_say(to,
                   "%" PRIu32 " JACK servers run: a machine has room for %d",
                   s->servers, SERVERS_OF_HOST);
        doctor_fix(to, "ls -l /dev/shm/jack_*_0   # stop one of these");
    }
}

void doctor_judge_shm(const struct doctor_facts *f, struct doctor_report *r)
{
    struct doctor_finding *to;

    if (f->jack.lib == DOCTOR_PIPEWIRE) {
        to = doctor_add(r, DOCTOR_OK, "shm");
        doctor_say(to, "PipeWire's JACK needs none of /dev/shm");
    } else if (!f->shm.there) {
        to = doctor_add(r, DOCTOR_PROBLEM, "shm");
        doctor_say(to, "/dev/shm is not there: JACK can't run");
        doctor_fix(to, "sudo mkdir -p /dev/shm && sudo mount -t tmpfs -o "
                       "size=256m,mode=1777 tmpfs /dev/shm");
    } else if (!f->shm.writable) {
        to = doctor_add(r, DOCTOR_PROBLEM, "shm");
        doctor_say(to, "/dev/shm can't be written to: JACK can't run");
        doctor_fix(to, "sudo chmod 1777 /dev/shm");
    } else {
        judge_room(f, r);
        judge_leftovers(f, r);
    }
}

static void judge_running(const struct doctor_facts *f, struct doctor_report *r)
{
    const struct doctor_jack *j = &f->jack;
    /* without the rights it can't, which is a finding of its own */
    bool could = !j->realtime && f->rights.fifo_error == 0;
    struct doctor_finding *to =
        doctor_add(r, could ? DOCTOR_NOTE : DOCTOR_OK, "jack");

    doctor_say(to,
               "server '%s' runs: %" PRIu32 " Hz, %" PRIu32
               " frames (%.1f ms), %srealtime, load %.0f %%",
               j->name, j->rate, j->period,
               j->rate ? 1e3 * j->period / j->rate : 0.0,
               j->realtime ? "" : "not ", j->load);
    if (could)
        doctor_fix(to, "jackd -R -n %s ...   # start it so, and not with -r",
                   j->name);
}

static void judge_absent(const struct doctor_jack *j, struct doctor_report *r)
{
    bool pipewire = j->lib == DOCTOR_PIPEWIRE;
    bool problem = pipewire || !j->jackd;
    struct doctor_finding *to =
        doctor_add(r, problem ? DOCTOR_PROBLEM : DOCTOR_OK, "jack");

    if (pipewire) {
        doctor_say(to, "PipeWire, whose JACK this is, does not run");
        doctor_fix(to, "systemctl --user start pipewire wireplumber");
    } else if (problem) {
        doctor_say(to, "no server '%s' runs, and there is no jackd to start",
                   j->name);
        doctor_fix(to, "%s",
                   j->pipewire && j->pw_jack ? "pw-jack longwave run"
                                             : "sudo apt install jackd2");
    } else {
        doctor_say(
            to, "no server '%s' runs: longwave run starts one%s", j->name,
            j->server == DOCTOR_STALE ? ", in the place of one that died" : "");
    }
}

static void judge_server(const struct doctor_facts *f, struct doctor_report *r)
{
    const struct doctor_jack *j = &f->jack;
    struct doctor_finding *to;

    switch (j->server) {
    case DOCTOR_RUNS:
        judge_running(f, r);
        return;
    case DOCTOR_NO_SERVER:
    case DOCTOR_STALE:
        judge_absent(j, r);
        return;
    case DOCTOR_REFUSES:
        to = doctor_add(r, DOCTOR_PROBLEM, "jack");
        doctor_say(to, "server '%s' runs and takes no client", j->name);
        doctor_fix(to, "jack_lsp -s %s   # says why", j->name);
        return;
    case DOCTOR_HANGS:
        to = doctor_add(r, DOCTOR_PROBLEM, "jack");
        doctor_say(to, "server '%s' is there and does not answer", j->name);
        doctor_fix(to, "%s",
                   j->lib == DOCTOR_PIPEWIRE
                       ? "systemctl --user restart pipewire wireplumber"
                       : "pkill -KILL -u \"$USER\" -x jackd");
        return;
    }
}

void doctor_judge_jack(const struct doctor_facts *f, struct doctor_report *r)
{
    const struct doctor_jack *j = &f->jack;
    struct doctor_finding *to = doctor_add(r, DOCTOR_OK, "jack");

    doctor_say(to, "libjack %s of %s, %s", j->version,
               j->lib == DOCTOR_PIPEWIRE ? "PipeWire" : "jackd2", j->path);
    judge_server(f, r);
    if (*j->other) {
        to = doctor_add(r, DOCTOR_NOTE, "jack");
        doctor_say(to,
                   "user %s runs a server '%s' too; only programs of that "
                   "user can join it",
                   j->other, j->name);
        doctor_fix(to, "sudo -i -u %s longwave run", j->other);
    }
    if (j->lib == DOCTOR_JACK2 && j->pipewire && j->pw_jack &&
        j->server != DOCTOR_RUNS) {
        to = doctor_add(r, DOCTOR_NOTE, "jack");
        doctor_say(to, "PipeWire runs, and may have the sound card: a station "
                       "can be in its graph");
        doctor_fix(to, "pw-jack longwave run");
    }
}

static void list_devices(const struct doctor_vulkan *v, struct doctor_report *r)
{
    for (uint32_t i = 0; i < v->n && i < CHOOSE_MAX; i++) {
        const struct device_candidate *c = &v->device[i];
        bool usable = choose_best(c, 1) == 0;
        bool software = c->type == VK_PHYSICAL_DEVICE_TYPE_CPU;
        struct doctor_finding *to = doctor_add(
            r, usable || software ? DOCTOR_OK : DOCTOR_NOTE, "vulkan");
        doctor_say(to, "device %" PRIu32 ": %s, %s%s%s%s", i, c->name,
                   software ? "type CPU: no hardware, never taken unasked"
                            : choose_type_name(c->type),
                   *c->driver && !software ? ", " : "",
                   software ? "" : c->driver,
                   usable ? "" : "; lacks what is needed (Vulkan 1.2)");
    }
}

static bool has_hardware(const struct doctor_vulkan *v)
{
    for (uint32_t i = 0; i < v->n && i < CHOOSE_MAX; i++)
        if (v->device[i].type != VK_PHYSICAL_DEVICE_TYPE_CPU)
            return true;
    return false;
}

/* The loader finds no driver of a card, if there is one. */
static void judge_no_driver(const struct doctor_vulkan *v,
                            struct doctor_report *r)
{
    bool loader = v->state != DOCTOR_NO_LOADER;
    bool card = *v->node, missing = loader && v->state != DOCTOR_DEVICES;
    struct doctor_finding *to =
        doctor_add(r, card ? DOCTOR_PROBLEM : DOCTOR_NOTE, "vulkan");

    doctor_say(to, "%s%s%s%s: the CPU renders",
               !loader   ? "libvulkan.so.1 is not there"
               : missing ? "no driver is there"
                         : "no driver of a graphics card is there",
               card ? ", though the machine has a graphics card (" : "",
               v->node, card ? ")" : "");
    if (v->node_denied)
        doctor_fix(to, "sudo usermod -aG render,video \"$USER\"   # then log "
                       "in again");
    else if (v->nvidia)
        doctor_fix(to, "sudo apt install libvulkan1 nvidia-vulkan-icd");
    else if (card || missing || !loader)
        doctor_fix(to, "sudo apt install libvulkan1 mesa-vulkan-drivers");
}

void doctor_judge_vulkan(const struct doctor_facts *f, struct doctor_report *r)
{
    const struct doctor_vulkan *v = &f->vulkan;
    struct doctor_finding *to;

    if (v->state == DOCTOR_DEVICES)
        list_devices(v, r);
    if (v->state == DOCTOR_VULKAN_BROKEN) {
        to = doctor_add(r, DOCTOR_PROBLEM, "vulkan");
        if (v->broken_by)
            doctor_say(to, "a driver ended with signal %d when it was asked",
                       v->broken_by);
        else
            doctor_say(to, "a driver does not answer");
        doctor_fix(to, "longwave run --renderer cpu");
    } else if (*v->lost_env && v->state != DOCTOR_DEVICES) {
        to = doctor_add(r, DOCTOR_PROBLEM, "vulkan");
        doctor_say(to, "no driver is there: %s is set to %s: the CPU renders",
                   v->lost_env, v->lost_value);
        doctor_fix(to,
                   "unset %s   # no driver then either? sudo apt install "
                   "libvulkan1 mesa-vulkan-drivers",
                   v->lost_env);
    } else if (!has_hardware(v)) {
        judge_no_driver(v, r);
    }
}
