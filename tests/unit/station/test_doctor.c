// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/doctor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/station/doctor_priv.h"
#include "tests/unit/test.h"

#define MIB INT64_C(1048576)

static struct doctor_facts facts;
static struct doctor_report report;

/* A machine on which nothing is amiss. */
static int well(void **state)
{
    static const struct cli_addr addr[] = {
        {"127.0.0.1", 8000}, {"127.0.0.1", 8001}, {"127.0.0.1", 7770}};
    (void)state;
    facts = (struct doctor_facts){
        .rights = {.rtprio = 95,
                   .rtprio_hard = 95,
                   .rttime = DOCTOR_UNLIMITED,
                   .memlock = DOCTOR_UNLIMITED,
                   .rt_runtime = 950000,
                   .rt_period = 1000000,
                   .group_there = true,
                   .group_listed = true,
                   .group_active = true,
                   .limits_granted = true},
        .shm = {.there = true,
                .writable = true,
                .size = 4096 * MIB,
                .free = 4000 * MIB},
        .jack = {.version = "1.9.21",
                 .path = "/usr/lib/libjack.so.0",
                 .jackd = true,
                 .name = "default"},
        .vulkan = {.state = DOCTOR_DEVICES,
                   .n = 1,
                   .device = {{.type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU,
                               .api = VK_API_VERSION_1_2,
                               .timeline = true,
                               .name = "Card"}},
                   .node = "/dev/dri/renderD128"},
        .machine = {.files = 65536,
                    .files_hard = 65536,
                    .cpus = 4,
                    .simd = "avx2",
                    .clock = "tsc",
                    .systemd = true,
                    .user_manager = true,
                    .linger = true},
        .files = {.music = 13, .stations = 1},
    };
    for (int i = 0; i < DOCTOR_PORTS; i++) {
        facts.port[i].addr = addr[i];
        facts.port[i].wanted = true;
    }
    return 0;
}

/* The first finding of this level about that, whose text has the words in it;
   NULL if there is none. */
static const struct doctor_finding *find(enum doctor_level level,
                                         const char *topic, const char *words)
{
    for (uint32_t i = 0; i < report.n; i++)
        if (report.f[i].level == level &&
            strcmp(report.f[i].topic, topic) == 0 &&
            strstr(report.f[i].text, words))
            return &report.f[i];
    return NULL;
}

/* Judges, and wants exactly this problem, with a fix that has these words. */
static void is_only_problem(const char *topic, const char *words,
                            const char *fix)
{
    const struct doctor_finding *f;

    doctor_judge(&facts, &report);
    f = find(DOCTOR_PROBLEM, topic, words);
    if (!f || report.problems != 1)
        for (uint32_t i = 0; i < report.n; i++)
            print_message("%s %s: %s\n", doctor_level_name(report.f[i].level),
                          report.f[i].topic, report.f[i].text);
    assert_non_null(f);
    assert_int_equal(report.problems, 1);
    assert_non_null(strstr(f->fix, fix));
}

static void is_note(const char *topic, const char *words, const char *fix)
{
    const struct doctor_finding *f;

    doctor_judge(&facts, &report);
    f = find(DOCTOR_NOTE, topic, words);
    assert_non_null(f);
    assert_int_equal(report.problems, 0);
    assert_non_null(strstr(f->fix, fix));
}

static void test_well(void **state)
{
    (void)state;
    doctor_judge(&facts, &report);
    assert_int_equal(report.problems, 0);
    for (uint32_t i = 0; i < report.n; i++) {
        assert_int_equal(report.f[i].level, DOCTOR_OK);
        assert_string_equal(report.f[i].fix, "");
        assert_string_not_equal(report.f[i].text, "");
    }
}

/* Who may not, and why: each has another way out. */
static void test_rights(void **state)
{
    struct doctor_rights *r = &facts.rights;

    (void)state;
    r->fifo_error = EPERM;
    r->rtprio = 0;
    is_only_problem("realtime", "may be raised", "ulimit -r 95");
    r->rtprio_hard = 5; /* below jackd's priority */
    is_only_problem("realtime", "without the limits of", "su --login");
    r->group_active = false;
    is_only_problem("realtime", "after you had logged in", "su --login");
    r->group_listed = false;
    is_only_problem("realtime", "not in the group audio", "usermod -aG audio");
    r->limits_granted = false;
    is_only_problem("realtime", "RLIMIT_RTPRIO is too low",
                    "limits.d/audio.conf");
    r->container = true;
    is_only_problem("realtime", "RLIMIT_RTPRIO is too low",
                    "docker run --ulimit rtp");
    r->rtprio = 95;
    is_only_problem("realtime", "a control group or a sandbox", "SYS_NICE");
    r->container = false;
    is_only_problem("realtime", "a control group or a sandbox",
                    "sysctl -w kernel.sched_rt_runtime_us=-1");
}

static void test_scheduler(void **state)
{
    struct doctor_rights *r = &facts.rights;

    (void)state;
    r->rt_runtime = 0;
    is_only_problem("realtime", "0 of 1000000 us",
                    "sched_rt_runtime_us=950000");
    r->rt_runtime = -1;
    is_note("realtime", "does not throttle", "sched_rt_runtime_us=950000");
    r->rt_runtime = DOCTOR_UNKNOWN; /* kernels without the file */
    doctor_judge(&facts, &report);
    assert_null(find(DOCTOR_OK, "realtime", "1000000"));
    r->rttime = 200000;
    is_note("realtime", "200000 us on end", "rttime=unlimited");
    r->rttime = DOCTOR_UNLIMITED;
    r->memlock = 8 * MIB;
    is_note("memory", "8 MiB of memory", "memlock");
    r->cap_ipc_lock = true;
    doctor_judge(&facts, &report);
    assert_non_null(find(DOCTOR_OK, "memory", ""));
}

static void test_shm(void **state)
{
    struct doctor_shm *s = &facts.shm;

    (void)state;
    s->size = s->free = 64 * MIB;
    is_only_problem("shm", "64 MiB, 64 free: jackd takes up to 105", "remount");
    assert_non_null(find(DOCTOR_PROBLEM, "shm", "up to 47 and fits"));
    facts.rights.container = true;
    is_only_problem("shm", "SIGBUS", "docker run --shm-size=256m");
    s->free = 40 * MIB;
    is_only_problem("shm", "dies as well", "docker run");
    /* what servers that died have is what is lacking */
    s->stale_own = 3;
    s->stale_own_b = 100 * MIB;
    is_only_problem("shm", "dies as well", "rm -f /dev/shm/jack-$(id -u)-*");
    /* a server that runs has its part already */
    facts.jack.server = DOCTOR_RUNS;
    facts.jack.realtime = true;
    doctor_judge(&facts, &report);
    assert_int_equal(report.problems, 0);
    assert_null(find(DOCTOR_NOTE, "shm", "gone"));
    s->free = MIB;
    is_only_problem("shm", "too little for more JACK clients", "docker run");
    s->size = s->free = 0; /* a tmpfs of size=0 */
    doctor_judge(&facts, &report);
    assert_non_null(find(DOCTOR_OK, "shm", "no limit"));
    s->writable = false;
    is_only_problem("shm", "can't be written", "chmod 1777");
    facts.jack.lib = DOCTOR_PIPEWIRE; /* which doesn't care */
    doctor_judge(&facts, &report);
    assert_int_equal(report.problems, 0);
}

static void test_leftovers(void **state)
{
    struct doctor_shm *s = &facts.shm;

    (void)state;
    s->stale_others = 4;
    s->stale_others_b = 200 * MIB;
    is_note("shm", "4 files (200 MiB) in /dev/shm are of other users'", "ls");
    s->servers = 8;
    is_only_problem("shm", "8 JACK servers run", "stop one");
}

static void test_jack(void **state)
{
    struct doctor_jack *j = &facts.jack;

    (void)state;
    j->server = DOCTOR_RUNS;
    j->rate = 48000;
    j->period = 256;
    is_note("jack", "48000 Hz, 256 frames (5.3 ms), not realtime", "jackd -R");
    facts.rights.root = true;
    j->realtime = true;
    doctor_judge(&facts, &report);
    assert_non_null(find(DOCTOR_OK, "jack", "(5.3 ms), realtime"));
    j->server = DOCTOR_REFUSES;
    is_only_problem("jack", "takes no client", "jack_lsp -s default");
    j->server = DOCTOR_HANGS;
    is_only_problem("jack", "does not answer", "-x jackd");
    j->server = DOCTOR_NO_SERVER;
    j->jackd = false;
    is_only_problem("jack", "no jackd to start", "apt install jackd2");
    j->pipewire = j->pw_jack = true;
    is_only_problem("jack", "no jackd to start", "pw-jack longwave run");
    j->jackd = true;
    is_note("jack", "PipeWire runs", "pw-jack longwave run");
    j->lib = DOCTOR_PIPEWIRE;
    j->pipewire = false;
    is_only_problem("jack", "does not run", "systemctl --user start pipewire");
    well(NULL);
    strcpy(facts.jack.other, "mary");
    is_note("jack", "user mary runs a server 'default'", "sudo -i -u mary");
}

static void test_vulkan(void **state)
{
    struct doctor_vulkan *v = &facts.vulkan;

    (void)state;
    v->device[0].type = VK_PHYSICAL_DEVICE_TYPE_CPU;
    is_only_problem("vulkan", "graphics card (/dev/dri/renderD128)",
                    "apt install libvulkan1 mesa-vulkan-drivers");
    assert_non_null(find(DOCTOR_OK, "vulkan", "type CPU: no hardware"));
    v->node_denied = true;
    is_only_problem("vulkan", "/dev/dri", "usermod -aG render,video");
    v->node[0] = '\0'; /* a machine without a card is not ill */
    v->node_denied = false;
    doctor_judge(&facts, &report);
    assert_int_equal(report.problems, 0);
    assert_non_null(find(DOCTOR_NOTE, "vulkan", "the CPU renders"));
    v->n = 0;
    v->state = DOCTOR_NO_DEVICE;
    is_note("vulkan", "no driver is there", "mesa-vulkan-drivers");
    strcpy(v->lost_env, "VK_ICD_FILENAMES");
    strcpy(v->lost_value, "/nonexistent");
    is_only_problem("vulkan", "set to /nonexistent", "unset VK_ICD_FILENAMES");
    v->lost_env[0] = '\0';
    v->state = DOCTOR_NO_LOADER;
    is_note("vulkan", "libvulkan.so.1 is not there", "apt install libvulkan1");
    strcpy(v->node, "/dev/nvidiactl");
    v->nvidia = true;
    is_only_problem("vulkan", "libvulkan.so.1", "nvidia-vulkan-icd");
    v->state = DOCTOR_VULKAN_BROKEN;
    v->broken_by = SIGSEGV;
    is_only_problem("vulkan", "signal 11", "--renderer cpu");
}

/* An old card beside a good one is told of, and not held against it. */
static void test_old_device(void **state)
{
    struct doctor_vulkan *v = &facts.vulkan;

    (void)state;
    v->device[1] = v->device[0];
    v->device[1].api = VK_API_VERSION_1_1;
    v->n = 2;
    is_note("vulkan", "device 1: Card, discrete; lacks", "");
}

static void test_ports(void **state)
{
    struct doctor_port *p = facts.port;

    (void)state;
    p[DOCTOR_ADMIN].error = EADDRINUSE;
    p[DOCTOR_ADMIN].instead = 8011;
    is_only_problem("port",
                    "operator's address 127.0.0.1:8001 is taken by "
                    "another program",
                    "longwave run --admin 127.0.0.1:8011");
    p[DOCTOR_ADMIN].pid = 17;
    strcpy(p[DOCTOR_ADMIN].program, "nginx");
    facts.station = "attic";
    is_only_problem("port", "by nginx (process 17)",
                    "longwave run attic --admin 127.0.0.1:8011");
    strcpy(p[DOCTOR_ADMIN].program, "longwave-sink");
    is_note("port", "a station is on the air there", "--admin");
    p[DOCTOR_ADMIN].error = 0;
    p[DOCTOR_OSC].error = EADDRINUSE;
    is_only_problem("port", "OSC control", "--osc 127.0.0.1:0");
    p[DOCTOR_OSC].wanted = false;
    is_note("port", "the music plays without it", "--osc");
    p[DOCTOR_OSC].addr.host[0] = '\0';
    doctor_judge(&facts, &report);
    assert_null(find(DOCTOR_NOTE, "port", ""));
    strcpy(p[DOCTOR_LISTEN].addr.host, "2001:db8::1");
    p[DOCTOR_LISTEN].error = EADDRNOTAVAIL;
    is_only_problem("port", "[2001:db8::1]:8000 is no address",
                    "longwave run attic --listen 127.0.0.1:8000");
}

static void test_machine(void **state)
{
    struct doctor_machine *m = &facts.machine;

    (void)state;
    m->files = 1024;
    is_note("files", "1024 open files are allowed: about 896", "ulimit -n 102");
    m->files_hard = 4096;
    is_note("files", "about 896", "/etc/security/limits.d");
    m->cpus_slow = 2;
    strcpy(m->governor, "powersave");
    is_note("cpu", "2 are slowed down at will (governor powersave)",
            "echo performance");
    strcpy(m->clock, "hpet");
    is_note("clock", "hpet: slow to read", "available_clocksource");
    m->linger = false;
    is_note("systemd", "until you log out", "enable-linger");
}

static void test_files(void **state)
{
    struct doctor_files *s = &facts.files;

    (void)state;
    s->n_broken = 1;
    strcpy(s->broken, "x.yaml:3: key 'root'");
    is_note("presets", "1 can't be read: x.yaml:3: key 'root'", "");
    s->stations = 0;
    is_only_problem("presets", "no station presets", "LONGWAVE_PRESETS");
    s->stations = 1;
    strcpy(s->missing, "longwave-sink");
    is_only_problem("programs", "longwave-sink is not beside", "./dev build");
}

static void test_everything_at_once(void **state)
{
    (void)state;
    memset(&facts, 0, sizeof(facts)); /* nothing is there, nothing known */
    doctor_judge(&facts, &report);
    assert_in_range(report.problems, 3, DOCTOR_FINDINGS_MAX);
    for (uint32_t i = 0; i < report.n; i++)
        if (report.f[i].level == DOCTOR_PROBLEM)
            assert_string_not_equal(report.f[i].fix, "");
}

/* What is asked of a child: its answer, its death, its silence. */
static void answer(void *out, const void *ctx)
{
    printf("noise that nobody is to see\n");
    *(int *)out = *(const int *)ctx + 1;
}

static void die(void *out, const void *ctx)
{
    (void)out;
    (void)ctx;
    raise(SIGKILL);
}

static void leave(void *out, const void *ctx)
{
    (void)out;
    (void)ctx;
    _exit(3);
}

static void sleep_on(void *out, const void *ctx)
{
    (void)out;
    (void)ctx;
    for (;;)
        pause();
}

static void test_child(void **state)
{
    int in = 41, out = 7;

    (void)state;
    assert_int_equal(doctor_in_child(answer, &in, &out, sizeof(out), 60000), 0);
    assert_int_equal(out, 42);
    assert_int_equal(doctor_in_child(die, &in, &out, sizeof(out), 60000),
                     SIGKILL);
    assert_int_equal(doctor_in_child(leave, &in, &out, sizeof(out), 60000),
                     -EIO);
    assert_int_equal(doctor_in_child(sleep_on, &in, &out, sizeof(out), 50),
                     -ETIMEDOUT);
    assert_int_equal(out, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_well, well),
        cmocka_unit_test_setup(test_rights, well),
        cmocka_unit_test_setup(test_scheduler, well),
        cmocka_unit_test_setup(test_shm, well),
        cmocka_unit_test_setup(test_leftovers, well),
        cmocka_unit_test_setup(test_jack, well),
        cmocka_unit_test_setup(test_vulkan, well),
        cmocka_unit_test_setup(test_old_device, well),
        cmocka_unit_test_setup(test_ports, well),
        cmocka_unit_test_setup(test_machine, well),
        cmocka_unit_test_setup(test_files, well),
        cmocka_unit_test_setup(test_everything_at_once, well),
        cmocka_unit_test(test_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
